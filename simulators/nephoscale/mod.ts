/**
 * NephoScale as it was in October 2013, as a `fetch` function: two zones, 13
 * sizes, 18 images, nodes that boot, restart, stop and vanish, SSH and password
 * keys.
 *
 * The service is closed and no description of it survives but what one client
 * called and what was recorded of the answers. Paths, fields, ids, statuses and
 * the envelope are those. Where nothing is recorded, this simulator chooses:
 *
 * - A refusal has the same envelope, with `success` false, the reason in
 *   `message` and no `data`. A `subcode` of 1 says no more than that.
 * - HTTP 401, 404 and 405 are sent as such. A request that is understood and
 *   refused (a field that is missing, unknown, given twice or no number, an id
 *   of a size, image, zone or key that does not exist, a node in the wrong
 *   state, a body that is not a form) is HTTP 200, and `response` says 400, 409
 *   or 415: success is the envelope's to tell.
 * - Only what is recorded is there: no single node, no job, no pages.
 * - A new node is listed with `power_status` "unknown", `postinit_state` 0 and
 *   no address until it has booted. While it restarts it is "off".
 * - `"None"` for a key or zone means none: one client sends that, and was
 *   served.
 * - Any key of the server group may be the `server_key`, any of the console
 *   group the `console_key`. A deleted key vanishes from its nodes, too. Names
 *   of nodes and keys may repeat. A node that names no zone runs in SJC-1.
 *
 * @module
 */

import { STATUS_CODE } from "@std/http/status";
import {
  type Image,
  IMAGES,
  type Size,
  SIZES,
  type Zone,
  ZONES,
} from "./_catalog.ts";
import {
  type Call,
  jsonResponse,
  jsonTextResponse,
  readBasicCredentials,
  readForm,
  Refusal,
  serveRoutes,
} from "../_router.ts";

/** Settings of {@linkcode NephoScaleSimulator}; times are in milliseconds. */
export interface NephoScaleSimulatorOptions {
  /**
   * User to accept; it may not hold a colon.
   *
   * @default {"user"}
   */
  readonly username?: string | undefined;
  /**
   * Password to accept.
   *
   * @default {"password"}
   */
  readonly password?: string | undefined;
  /**
   * Number of running nodes to begin with. They share one SSH key and one
   * console key; without nodes there are no keys to begin with.
   *
   * @default {0}
   */
  readonly nodes?: number | undefined;
  /**
   * From the answer to a create until the node is listed.
   *
   * @default {20}
   */
  readonly createMs?: number | undefined;
  /**
   * From a node being listed until it is on and has its addresses.
   *
   * @default {50}
   */
  readonly bootMs?: number | undefined;
  /**
   * From the answer to a restart, start or stop until it is done. The node
   * takes no other action meanwhile.
   *
   * @default {20}
   */
  readonly actionMs?: number | undefined;
  /**
   * From the answer to a destroy until the node is gone.
   *
   * @default {0}
   */
  readonly destroyMs?: number | undefined;
  /**
   * Addresses that every node gets, such as `["127.0.0.1"]` where something
   * listens that is to stand for it.
   *
   * @default {a public and a private one of each node, which are nobody's}
   */
  readonly addresses?: readonly string[] | undefined;
  /**
   * Where the addresses in the answers' `uri` fields point to.
   *
   * @default {"https://api.nephoscale.com"}
   */
  readonly baseUrl?: string | undefined;
  /**
   * The clock, in milliseconds since 1970; a test may pass its own and move
   * it. It is read when a request comes in; nothing happens in between.
   *
   * @default {Date.now}
   */
  readonly now?: (() => number) | undefined;
}

/** A cloud server, as the simulator keeps it. */
interface Server {
  readonly id: number;
  name: string;
  hostname: string;
  readonly zone: Zone;
  readonly size: Size;
  readonly image: Image;
  readonly serverKey: number | undefined;
  readonly consoleKey: number | undefined;
  readonly createTime: string;
  addresses: string;
  power: "on" | "off" | "unknown";
  /** Whether a job on it is under way. */
  busy: boolean;
}

type KeyKind = "sshrsa" | "password";

interface Key {
  readonly id: number;
  readonly name: string;
  readonly kind: KeyKind;
  readonly group: number;
  readonly createTime: string;
  /** The public key or the password. */
  readonly value: string;
}

/** Something that happens at a point of time. */
interface Due {
  readonly at: number;
  readonly happen: (at: number) => void;
}

const SERVER_GROUP = 1;
const CONSOLE_GROUP = 4;

const KEY_TYPES: Readonly<Record<KeyKind, number>> = { password: 1, sshrsa: 2 };
const KEY_FIELDS = { password: "password", sshrsa: "public_key" } as const;

const PROCESSED = "Your request was processed successfully.";

/** Refusals that come in an envelope of HTTP 200. */
const ENVELOPED: ReadonlySet<number> = new Set([
  STATUS_CODE.BadRequest,
  STATUS_CODE.Conflict,
  STATUS_CODE.UnsupportedMediaType,
]);

// Ids begin where the recordings do, and go up by two as theirs seem to.
const FIRST_SERVER = 88241;
const FIRST_KEY = 71757;
const FIRST_JOB = 141229;
const STEP = 2;

const SEEDED_TIME = "2013-09-25 07:38:53";
const SEEDED_PUBLIC_KEY =
  "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDGp9Lttsr/+XxFcizLf32M+QpweRRj8n50La3v+nuD0ewoYASHWFoTrUEfVC1vIkRDWzygTTsCSZiTR8XsetScoEBnzPUIbayxbBCTUe6wHGQ2ShXraD6Q8GyHRkZHPTU8PBydWVAUIL+i2PrHG5P9H6KDV3v3Soj+a46AdHKvAw== user@example.com";

/**
 * A NephoScale account in memory.
 *
 * Pass {@linkcode NephoScaleSimulator.fetch} to a driver and nothing touches
 * the network, or to a server and any client can use it. Time passes by the
 * clock alone: nothing runs between requests, and nothing has to be closed.
 *
 * @example Testing a script in process
 * ```ts
 * import { NephoScaleNodeDriver } from "@nephos/nephos/drivers/nephoscale";
 * import { NephoScaleSimulator } from "@nephos/nephos/simulators/nephoscale";
 *
 * const simulator = new NephoScaleSimulator({ nodes: 3 });
 * const cloud = new NephoScaleNodeDriver({
 *   ...simulator.credentials,
 *   fetch: simulator.fetch,
 * });
 * const nodes = await cloud.listNodes();
 * console.log(nodes.length); // 3
 * ```
 *
 * @example Serving other clients
 * ```ts
 * import { NephoScaleSimulator } from "@nephos/nephos/simulators/nephoscale";
 *
 * function serve(): void {
 *   Deno.serve({ port: 8080 }, new NephoScaleSimulator({ nodes: 3 }).fetch);
 * }
 * ```
 */
export class NephoScaleSimulator {
  /**
   * Answers one request, as the service would. It is bound: it can be passed
   * on as it is. It rejects only if the signal of the request has fired.
   */
  readonly fetch: (request: Request) => Promise<Response>;

  /** User and password that it accepts, to hand to a driver. */
  readonly credentials: {
    readonly username: string;
    readonly password: string;
  };

  readonly #createMs: number;
  readonly #bootMs: number;
  readonly #actionMs: number;
  readonly #destroyMs: number;
  readonly #addresses: string | undefined;
  readonly #baseUrl: string;
  readonly #clock: () => number;
  readonly #servers = new Map<number, Server>();
  readonly #keys = new Map<number, Key>();
  /** What is still to happen, the soonest first. */
  readonly #dues: Due[] = [];
  #nextServer = FIRST_SERVER;
  #nextKey = FIRST_KEY;
  #nextJob = FIRST_JOB;
  #addressed = 0;
  /** The list of nodes as it was last sent, until something changes. */
  #serverList: string | undefined;

  /**
   * Creates an account.
   *
   * @param options What is in it and how fast it is.
   * @throws {TypeError} If the user holds a colon.
   * @throws {RangeError} If a number is negative or not finite, or `nodes` no
   * integer.
   */
  constructor(options: NephoScaleSimulatorOptions = {}) {
    const { username = "user", password = "password", nodes = 0 } = options;
    if (username.includes(":")) {
      throw new TypeError(
        "Cannot create a NephoScaleSimulator: the user holds a colon, which Basic authentication cannot carry",
      );
    }
    this.credentials = { username, password };
    this.#createMs = toDuration("createMs", options.createMs ?? 20);
    this.#bootMs = toDuration("bootMs", options.bootMs ?? 50);
    this.#actionMs = toDuration("actionMs", options.actionMs ?? 20);
    this.#destroyMs = toDuration("destroyMs", options.destroyMs ?? 0);
    this.#addresses = options.addresses?.join(", ");
    this.#baseUrl = (options.baseUrl ?? "https://api.nephoscale.com")
      .replace(/\/+$/, "");
    this.#clock = options.now ?? Date.now;
    if (!(Number.isSafeInteger(nodes) && nodes >= 0)) {
      throw new RangeError(
        `Cannot create a NephoScaleSimulator: nodes is ${nodes}, not an integer from 0`,
      );
    }
    if (nodes > 0) this.#seed(nodes);
    this.fetch = serveRoutes({
      before: (request) => {
        this.#authenticate(request);
        this.#advance();
      },
      refuse,
      routes: {
        "GET /datacenter/zone/": () => this.#listZones(),
        "GET /image/server/": () => this.#listImages(),
        "GET /server/type/cloud/": () => this.#listSizes(),
        "GET /server/cloud/": () => this.#listServers(),
        "POST /server/cloud/": (call) => this.#createServer(call),
        "PUT /server/cloud/{id}/": (call) => this.#renameServer(call),
        "DELETE /server/cloud/{id}/": (call) => this.#destroyServer(call),
        "POST /server/cloud/{id}/initiator/restart/": (call) =>
          this.#act(call, "restart"),
        "POST /server/cloud/{id}/initiator/start/": (call) =>
          this.#act(call, "start"),
        "POST /server/cloud/{id}/initiator/stop/": (call) =>
          this.#act(call, "stop"),
        "GET /key/": () => this.#listKeys(),
        "GET /key/sshrsa/": () => this.#listKeys("sshrsa"),
        "POST /key/sshrsa/": (call) => this.#createKey(call, "sshrsa"),
        "DELETE /key/sshrsa/{id}/": (call) => this.#deleteKey(call, "sshrsa"),
        "GET /key/password/": () => this.#listKeys("password"),
        "POST /key/password/": (call) => this.#createKey(call, "password"),
        "DELETE /key/password/{id}/": (call) =>
          this.#deleteKey(call, "password"),
      },
    });
  }

  #authenticate(request: Request): void {
    const given = readBasicCredentials(request);
    if (
      given?.username !== this.credentials.username ||
      given.password !== this.credentials.password
    ) {
      throw new Refusal(
        STATUS_CODE.Unauthorized,
        "Authorization failed.",
        { "WWW-Authenticate": 'Basic realm="NephoScale API", charset="UTF-8"' },
      );
    }
  }

  // Time

  /** Lets happen what was due by now, in its order. */
  #advance(): void {
    const now = this.#clock();
    let due: Due | undefined;
    while ((due = this.#dues[0]) !== undefined && due.at <= now) {
      this.#dues.shift();
      due.happen(due.at);
      this.#serverList = undefined;
    }
  }

  #schedule(at: number, happen: (at: number) => void): void {
    const before = this.#dues.findLastIndex((due) => due.at <= at);
    this.#dues.splice(before + 1, 0, { at, happen });
  }

  #timestamp(): string {
    return new Date(this.#clock()).toISOString().slice(0, 19).replace("T", " ");
  }

  // What is on offer

  #listZones(): Response {
    return listResponse(ZONES.map((zone) => ({
      datacenter: {
        airport_code: zone.datacenter.airport,
        name: zone.datacenter.name,
        uri: this.#uri("datacenter", zone.datacenter.id),
        id: zone.datacenter.id,
      },
      ...this.#zoneJson(zone),
    })));
  }

  #listImages(): Response {
    return listResponse(IMAGES.map((image) => this.#imageJson(image)));
  }

  #listSizes(): Response {
    return listResponse(SIZES.map((size) => ({
      ...this.#sizeJson(size),
      storage: size.diskGb,
      ram: size.ramMib,
      vcpus: size.vcpus,
    })));
  }

  // Nodes

  #listServers(): Response {
    this.#serverList ??= JSON.stringify(
      listOf([...this.#servers.values()].map((it) => this.#serverJson(it))),
    );
    return jsonTextResponse(STATUS_CODE.OK, this.#serverList);
  }

  async #createServer({ request }: Call): Promise<Response> {
    const form = new Form(await readForm(request), [
      "name",
      "hostname",
      "service_type",
      "image",
      "server_key",
      "console_key",
      "zone",
    ]);
    const name = form.text("name");
    const hostname = form.optionalText("hostname") ?? name;
    const size = pick(SIZES, form.number("service_type"), "service_type");
    const image = pick(IMAGES, form.number("image"), "image");
    const zoneId = form.optionalNumber("zone");
    const zone = zoneId === undefined ? ZONES[0]! : pick(ZONES, zoneId, "zone");
    const serverKey = this.#pickKey(form, "server_key", SERVER_GROUP);
    const consoleKey = this.#pickKey(form, "console_key", CONSOLE_GROUP);
    const server: Server = {
      id: this.#takeServerId(),
      name,
      hostname,
      zone,
      size,
      image,
      serverKey,
      consoleKey,
      createTime: this.#timestamp(),
      addresses: "",
      power: "unknown",
      busy: true,
    };
    this.#schedule(this.#clock() + this.#createMs, (listedAt) => {
      this.#servers.set(server.id, server);
      this.#schedule(listedAt + this.#bootMs, () => {
        server.addresses = this.#takeAddresses();
        server.power = "on";
        server.busy = false;
      });
    });
    return this.#jobResponse();
  }

  async #renameServer(call: Call): Promise<Response> {
    const server = find(this.#servers, call);
    const form = new Form(await readForm(call.request), ["name", "hostname"]);
    const name = form.text("name");
    const hostname = form.optionalText("hostname");
    server.name = name;
    server.hostname = hostname ?? server.hostname;
    this.#serverList = undefined;
    return this.#jobResponse();
  }

  #destroyServer(call: Call): Response {
    const server = find(this.#servers, call);
    server.busy = true;
    this.#schedule(this.#clock() + this.#destroyMs, () => {
      this.#servers.delete(server.id);
    });
    return this.#jobResponse();
  }

  #act(call: Call, action: "restart" | "start" | "stop"): Response {
    const server = find(this.#servers, call);
    if (server.busy) {
      throw new Refusal(
        STATUS_CODE.Conflict,
        `Cannot ${action} the server: another job on it is under way.`,
      );
    }
    if ((server.power === "on") === (action === "start")) {
      throw new Refusal(
        STATUS_CODE.Conflict,
        `Cannot ${action} the server: it is ${server.power}.`,
      );
    }
    server.busy = true;
    if (action === "restart") {
      server.power = "off";
      this.#serverList = undefined;
    }
    this.#schedule(this.#clock() + this.#actionMs, () => {
      server.power = action === "stop" ? "off" : "on";
      server.busy = false;
    });
    return this.#jobResponse();
  }

  // Keys

  #listKeys(kind?: KeyKind): Response {
    const keys = [...this.#keys.values()];
    return listResponse(
      kind === undefined
        ? keys.map((key) => this.#keyJson(key))
        : keys.filter((key) => key.kind === kind).map((key) => ({
          ...this.#keyJson(key),
          [KEY_FIELDS[kind]]: key.value,
        })),
    );
  }

  async #createKey({ request }: Call, kind: KeyKind): Promise<Response> {
    const valueField = KEY_FIELDS[kind];
    const form = new Form(
      await readForm(request),
      ["name", valueField, "key_group"],
    );
    const name = form.text("name");
    const value = form.text(valueField);
    const group = form.number("key_group");
    if (group !== SERVER_GROUP && group !== CONSOLE_GROUP) {
      throw new Refusal(
        STATUS_CODE.BadRequest,
        `Field "key_group" must be ${SERVER_GROUP} or ${CONSOLE_GROUP}.`,
      );
    }
    const key = this.#addKey({
      name,
      kind,
      group,
      value,
      createTime: this.#timestamp(),
    });
    return jsonResponse(STATUS_CODE.Created, {
      success: true,
      subcode: 0,
      message: PROCESSED,
      response: STATUS_CODE.Created,
      data: { id: key.id, uri: this.#keyUri(key) },
    });
  }

  #deleteKey(call: Call, kind: KeyKind): Response {
    const key = find(this.#keys, call);
    if (key.kind !== kind) throw notFound();
    this.#keys.delete(key.id);
    this.#serverList = undefined;
    return this.#jobResponse();
  }

  #pickKey(form: Form, field: string, group: number): number | undefined {
    const id = form.optionalNumber(field);
    if (id === undefined) return undefined;
    const key = this.#keys.get(id);
    if (key === undefined) throw unknownId(field, id);
    if (key.group !== group) {
      throw new Refusal(
        STATUS_CODE.BadRequest,
        `Field "${field}": key ${id} is of key_group ${key.group}.`,
      );
    }
    return id;
  }

  #addKey(key: Omit<Key, "id">): Key {
    const added = { id: this.#nextKey, ...key };
    this.#nextKey += STEP;
    this.#keys.set(added.id, added);
    return added;
  }

  // Beginnings

  #seed(nodes: number): void {
    const shared = { createTime: SEEDED_TIME };
    const serverKey = this.#addKey({
      ...shared,
      name: "server",
      kind: "sshrsa",
      group: SERVER_GROUP,
      value: SEEDED_PUBLIC_KEY,
    }).id;
    const consoleKey = this.#addKey({
      ...shared,
      name: "console",
      kind: "password",
      group: CONSOLE_GROUP,
      value: "23d493j5",
    }).id;
    for (let index = 0; index < nodes; index++) {
      const id = this.#takeServerId();
      const name = `node-${index + 1}`;
      this.#servers.set(id, {
        ...shared,
        id,
        name,
        hostname: name,
        zone: ZONES[index % ZONES.length]!,
        size: SIZES[index % SIZES.length]!,
        image: IMAGES[index % IMAGES.length]!,
        serverKey,
        consoleKey,
        addresses: this.#takeAddresses(),
        power: "on",
        busy: false,
      });
    }
  }

  #takeServerId(): number {
    const id = this.#nextServer;
    this.#nextServer += STEP;
    return id;
  }

  /** A public and a private address, none of which is anybody's. */
  #takeAddresses(): string {
    if (this.#addresses !== undefined) return this.#addresses;
    const index = this.#addressed++;
    // The addresses for documentation first, then those for benchmarks.
    const spare = index - 254;
    const publicIp = spare < 0
      ? `203.0.113.${index + 1}`
      : `198.${18 + (spare >> 16) % 2}.${lowBytes(spare)}`;
    const privateIp = `10.${128 + (index >> 16) % 128}.${lowBytes(index)}`;
    return `${publicIp}, ${privateIp}`;
  }

  // The provider's JSON

  #uri(path: string, id: number): string {
    return `${this.#baseUrl}/${path}/${id}/`;
  }

  #keyUri(key: Key): string {
    return this.#uri(`key/${key.kind}`, key.id);
  }

  #jobResponse(): Response {
    const id = this.#nextJob;
    this.#nextJob += STEP;
    return jsonResponse(STATUS_CODE.Accepted, {
      subcode: 0,
      message: PROCESSED,
      data: { id, resource_type: "/job", uri: this.#uri("job", id) },
      response: STATUS_CODE.Accepted,
      success: true,
    });
  }

  #zoneJson(zone: Zone) {
    return {
      uri: this.#uri("datacenter/zone", zone.id),
      id: zone.id,
      name: zone.name,
    };
  }

  #imageJson(image: Image) {
    return {
      max_cpu: 64,
      deployable_type: image.deployableType,
      is_active: true,
      friendly_name: image.name,
      uri: this.#uri("image/server", image.id),
      max_memory: 128,
      id: image.id,
      is_default: image.isDefault,
      create_time: image.createTime,
      architecture: image.architecture,
      base_type: image.family,
    };
  }

  #sizeJson(size: Size) {
    return {
      sku: size.sku,
      friendly_name: size.name,
      uri: this.#uri("server/type/cloud", size.id),
      id: size.id,
      billable_type: 1,
    };
  }

  #keyJson(key: Key) {
    return {
      name: key.name,
      key_group: key.group,
      uri: this.#keyUri(key),
      key_type: KEY_TYPES[key.kind],
      create_time: key.createTime,
      id: key.id,
    };
  }

  #serverJson(server: Server) {
    return {
      server_keys: this.#keyRefs(server.serverKey),
      name: server.name,
      zone: this.#zoneJson(server.zone),
      image: { ...this.#imageJson(server.image), has_agent: true },
      hostname: server.hostname,
      podzone: "P1A2",
      uri: this.#uri("server/cloud", server.id),
      ipaddresses: server.addresses,
      power_status: server.power,
      create_time: server.createTime,
      postinit_state: server.addresses ? 1 : 0,
      console_keys: this.#keyRefs(server.consoleKey),
      memory: server.size.ramMib,
      service_type: this.#sizeJson(server.size),
      network_ports: [
        portJson(server, "eth0", 0, "public"),
        portJson(server, "eth1", 1, "private"),
      ],
      id: server.id,
      is_console_enabled: server.consoleKey !== undefined,
    };
  }

  #keyRefs(id: number | undefined) {
    const key = id === undefined ? undefined : this.#keys.get(id);
    if (key === undefined) return [];
    return [{
      key_type: KEY_TYPES[key.kind],
      key_group: key.group,
      id: key.id,
      uri: this.#keyUri(key),
    }];
  }
}

/** Fields of a form, asked for by what they have to be. */
class Form {
  readonly #fields: ReadonlyMap<string, string>;

  constructor(fields: ReadonlyMap<string, string>, known: readonly string[]) {
    for (const name of fields.keys()) {
      if (!known.includes(name)) {
        throw new Refusal(
          STATUS_CODE.BadRequest,
          `Field ${JSON.stringify(name)} is unknown.`,
        );
      }
    }
    this.#fields = fields;
  }

  text(name: string): string {
    const value = this.optionalText(name);
    if (value === undefined) {
      throw new Refusal(STATUS_CODE.BadRequest, `Field "${name}" is required.`);
    }
    return value;
  }

  optionalText(name: string): string | undefined {
    const value = this.#fields.get(name);
    if (value?.trim() === "") {
      throw new Refusal(STATUS_CODE.BadRequest, `Field "${name}" is empty.`);
    }
    return value;
  }

  number(name: string): number {
    const value = this.text(name);
    if (!/^\d{1,9}$/.test(value)) {
      throw new Refusal(
        STATUS_CODE.BadRequest,
        `Field "${name}" is not a number.`,
      );
    }
    return Number(value);
  }

  /** A number, unless the field is absent or says "None", as one client does. */
  optionalNumber(name: string): number | undefined {
    const value = this.#fields.get(name);
    return value === undefined || value === "None"
      ? undefined
      : this.number(name);
  }
}

function toDuration(name: string, value: number): number {
  if (!(Number.isFinite(value) && value >= 0)) {
    throw new RangeError(
      `Cannot create a NephoScaleSimulator: ${name} is ${value}, not a number from 0`,
    );
  }
  return value;
}

function lowBytes(index: number): string {
  return `${(index >> 8) % 256}.${index % 256}`;
}

function portJson(
  server: Server,
  devname: string,
  index: number,
  kind: string,
) {
  const hex = (server.id * 2 + index).toString(16).padStart(6, "0").slice(-6);
  return {
    macaddress: `00:16:3e:${hex.match(/../g)!.join(":")}`,
    devname,
    network_domain: {
      domain_type: index,
      name: `default_${kind}_network_${server.zone.datacenter.airport}`,
    },
  };
}

function listOf(data: readonly unknown[]) {
  return {
    success: true,
    total_count: data.length,
    subcode: 0,
    message: PROCESSED,
    data,
    response: STATUS_CODE.OK,
  };
}

function listResponse(data: readonly unknown[]): Response {
  return jsonResponse(STATUS_CODE.OK, listOf(data));
}

function refuse({ status, message, headers }: Refusal): Response {
  return jsonResponse(
    ENVELOPED.has(status) ? STATUS_CODE.OK : status,
    { subcode: 1, message, response: status, success: false },
    headers,
  );
}

function notFound(): Refusal {
  return new Refusal(
    STATUS_CODE.NotFound,
    "The resource you are looking for is not found.",
  );
}

function unknownId(field: string, id: number): Refusal {
  return new Refusal(
    STATUS_CODE.BadRequest,
    `Field "${field}": there is no ${id}.`,
  );
}

/** Finds what a path's id names. */
function find<T>(things: ReadonlyMap<number, T>, { params }: Call): T {
  const id = params.get("id") ?? "";
  // Only the digits of the API's own addresses: "0x1", "1e3" or "01" are none.
  const thing = /^[1-9]\d{0,8}$/.test(id) ? things.get(Number(id)) : undefined;
  if (thing === undefined) throw notFound();
  return thing;
}

/** Finds what a form's id names. */
function pick<T extends { readonly id: number }>(
  things: readonly T[],
  id: number,
  field: string,
): T {
  const thing = things.find((thing) => thing.id === id);
  if (thing === undefined) throw unknownId(field, id);
  return thing;
}
