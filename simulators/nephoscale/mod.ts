/**
 * Simulator of NephoScale as of October 2013: an in-memory account behind a
 * `fetch` function.
 *
 * It has two zones, 13 sizes, 18 images, SSH keys, password keys, and nodes
 * that boot, restart, stop and are destroyed. The service has shut down, and
 * no API description survives. Paths, fields, ids, statuses and the response
 * envelope follow recorded responses and the calls of one client. Where nothing
 * is recorded, the simulator behaves as follows:
 *
 * - An error response has the same envelope: `success` is false, `message` has
 *   the reason, and there is no `data`. `subcode` is always 1.
 * - The errors 401, 404 and 405 have that HTTP status. All other errors have
 *   HTTP status 200, and `response` has 400, 409 or 415. Reasons for these are
 *   invalid or repeated fields, unknown ids in a form, a node in the wrong
 *   state, and a body that is not a form.
 * - Only recorded endpoints exist. You cannot get a single node or a job, and
 *   lists have no pages.
 * - Until it has booted, a new node has the `power_status` "unknown", the
 *   `postinit_state` 0 and no IP address. During a restart it is "off".
 * - A node that cannot be created is never listed. After another failed job its
 *   `power_status` is as before.
 * - The value `"None"` for a key or zone counts as missing, because one client
 *   sends it.
 * - Any key of the server group can be the `server_key`, and any key of the
 *   console group the `console_key`. Deleting a key also removes it from its
 *   nodes. Names of nodes and keys can repeat. The default zone is SJC-1.
 *
 * @module
 */

import { STATUS_CODE } from "@std/http/status";
import { IMAGES, SIZES, ZONES } from "./_catalog.ts";
import {
  errorResponse,
  findById,
  findInPath,
  Form,
  notFound,
  unknownId,
} from "./_form.ts";
import { Converter } from "./_json.ts";
import type { Contents, Key, KeyKind, Server } from "./_records.ts";
import type { Fails } from "../_failures.ts";
import { type Inventory, toInventory } from "../_inventory.ts";
import {
  checkCount,
  checkFunction,
  checkNames,
  checkNumber,
} from "../_options.ts";
import { Resources } from "../_resources.ts";
import {
  type Call,
  jsonResponse,
  jsonTextResponse,
  readBasicCredentials,
  readForm,
  Refusal,
  serveRoutes,
} from "../_router.ts";
import type { Task } from "../_schedule.ts";
import { Timeline } from "../_timeline.ts";

export type { Fails, SimulatedOperation } from "../_failures.ts";
export type { Inventory, InventoryItem } from "../_inventory.ts";

/** Options of {@linkcode NephoScaleSimulator}; times are in milliseconds. */
export interface NephoScaleSimulatorOptions {
  /**
   * User name that requests must have. It must not contain a colon.
   *
   * @default {"user"}
   */
  readonly username?: string | undefined;
  /**
   * Password that requests must have.
   *
   * @default {"password"}
   */
  readonly password?: string | undefined;
  /**
   * Number of running nodes at the start. They share one SSH key and one
   * console key. Without nodes the account has no keys at the start.
   *
   * @default {0}
   */
  readonly nodes?: number | undefined;
  /**
   * Time from the response to a create request until the node is listed. The
   * response does not have its id, so that it is unknown until then.
   *
   * @default {20}
   */
  readonly createMs?: number | undefined;
  /**
   * Time from the listing of a new node until it is on and has its IP
   * addresses.
   *
   * @default {50}
   */
  readonly bootMs?: number | undefined;
  /**
   * Time from the response to a restart, start or stop until it is done. During
   * this time the node refuses other actions.
   *
   * @default {20}
   */
  readonly actionMs?: number | undefined;
  /**
   * Time from the response to a destroy request until the node is gone.
   *
   * @default {0}
   */
  readonly destroyMs?: number | undefined;
  /**
   * How far lists lag behind: a new item is missing, a deleted one is still
   * there, a power status is old. Nothing about this is recorded of the service.
   *
   * @default {0}
   */
  readonly listLagMs?: number | undefined;
  /**
   * Time from the moment when a new node is on until it has its IP addresses.
   * Nothing about this is recorded of the service.
   *
   * @default {0}
   */
  readonly addressMs?: number | undefined;
  /**
   * How long a node still refuses actions after a job on it is done. If this is
   * more than 0, it also refuses to be destroyed during a job and this time.
   * Nothing about this is recorded of the service.
   *
   * @default {0}
   */
  readonly busyMs?: number | undefined;
  /**
   * Decides which jobs on nodes fail; it is called at the start of each. `name`
   * is `"create"`, `"restart"`, `"start"` or `"stop"`.
   *
   * @default {() => false}
   */
  readonly fails?: Fails | undefined;
  /**
   * IP addresses of every node. Pass `["127.0.0.1"]` to let a local server,
   * such as an SSH server, stand in for the nodes.
   *
   * @default {a public and a private address per node, from reserved ranges}
   */
  readonly addresses?: readonly string[] | undefined;
  /**
   * Base URL of the `uri` fields in responses.
   *
   * @default {"https://api.nephoscale.com"}
   */
  readonly baseUrl?: string | undefined;
  /**
   * Clock, in milliseconds since 1970. To control the time in a test, pass your
   * own function.
   *
   * @default {Date.now}
   */
  readonly now?: (() => number) | undefined;
}

const SERVER_GROUP = 1;
const CONSOLE_GROUP = 4;

const KEY_FIELDS = { password: "password", sshrsa: "public_key" } as const;

const PROCESSED = "Your request was processed successfully.";

// Recorded ids start here, and seem to increase by two.
const FIRST_SERVER = 88241;
const FIRST_KEY = 71757;
const FIRST_JOB = 141229;
const STEP = 2;

const SEEDED_TIME = "2013-09-25 07:38:53";
const SEEDED_PUBLIC_KEY =
  "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDGp9Lttsr/+XxFcizLf32M+QpweRRj8n50La3v+nuD0ewoYASHWFoTrUEfVC1vIkRDWzygTTsCSZiTR8XsetScoEBnzPUIbayxbBCTUe6wHGQ2ShXraD6Q8GyHRkZHPTU8PBydWVAUIL+i2PrHG5P9H6KDV3v3Soj+a46AdHKvAw== user@example.com";

/**
 * A simulated NephoScale account, kept in memory.
 *
 * Pass {@linkcode NephoScaleSimulator.fetch} to a driver to test without a
 * network, or to an HTTP server to serve any other client. Time comes only from
 * the option `now`: no timers run in the background, so there is nothing to
 * close.
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
   * Options that switch on every delay that the service may have had. The times
   * are short, for tests.
   */
  static readonly realistic: NephoScaleSimulatorOptions = {
    listLagMs: 40,
    addressMs: 20,
    busyMs: 40,
  };

  /**
   * Handles one request. The function is bound, so you can pass it on as it is.
   * It rejects only if the signal of the request is aborted.
   */
  readonly fetch: (request: Request) => Promise<Response>;

  /** User name and password to pass to a driver. */
  readonly credentials: {
    readonly username: string;
    readonly password: string;
  };

  readonly #createMs: number;
  readonly #bootMs: number;
  readonly #actionMs: number;
  readonly #destroyMs: number;
  readonly #addressMs: number;
  readonly #busyMs: number;
  readonly #fails: Fails;
  readonly #addresses: string | undefined;
  readonly #json: Converter;
  readonly #clock: () => number;
  readonly #servers = new Resources<number, Server>();
  readonly #keys = new Map<number, Key>();
  readonly #timeline: Timeline<Contents>;
  #nextServer = FIRST_SERVER;
  #nextKey = FIRST_KEY;
  #nextJob = FIRST_JOB;
  #nextAddress = 0;
  /** Cached JSON of the list of nodes; `undefined` after a change. */
  #serverList: string | undefined;

  /**
   * Creates an account.
   *
   * @param options Initial contents and timing of the simulated account.
   * @throws {TypeError} If `username` contains a colon, if an option is unknown,
   * or if `fails` or `now` is not a function.
   * @throws {RangeError} If a number is negative or not finite, or if `nodes`
   * is not an integer.
   */
  constructor(options: NephoScaleSimulatorOptions = {}) {
    const {
      username = "user",
      password = "password",
      nodes = 0,
      createMs = 20,
      bootMs = 50,
      actionMs = 20,
      destroyMs = 0,
      listLagMs = 0,
      addressMs = 0,
      busyMs = 0,
      fails = () => false,
      addresses,
      baseUrl = "https://api.nephoscale.com",
      now = Date.now,
      ...unknown
    } = options;
    checkNames("NephoScaleSimulator", unknown);
    // The message omits the value, which may be "user:password".
    if (username.includes(":")) {
      throw new TypeError(
        `NephoScaleSimulator: username must be a string without a colon, got a colon at index ${
          username.indexOf(":")
        }`,
      );
    }
    this.credentials = { username, password };
    this.#createMs = checkDelay("createMs", createMs);
    this.#bootMs = checkDelay("bootMs", bootMs);
    this.#actionMs = checkDelay("actionMs", actionMs);
    this.#destroyMs = checkDelay("destroyMs", destroyMs);
    this.#addressMs = checkDelay("addressMs", addressMs);
    this.#busyMs = checkDelay("busyMs", busyMs);
    checkDelay("listLagMs", listLagMs);
    this.#fails = checkFunction("NephoScaleSimulator", "fails", fails);
    this.#addresses = addresses?.join(", ");
    this.#json = new Converter(baseUrl.replace(/\/+$/, ""));
    this.#clock = checkFunction("NephoScaleSimulator", "now", now);
    this.#timeline = new Timeline(now);
    checkCount("NephoScaleSimulator", "nodes", nodes);
    if (nodes > 0) this.#seed(nodes);
    // A new node is hidden for `createMs`.
    this.#timeline.start({ hiddenMs: createMs, listLagMs }, () => ({
      servers: this.#servers,
      keys: this.#keys,
    }));
    this.fetch = serveRoutes({
      before: (request) => {
        this.#authenticate(request);
        this.#timeline.advance();
      },
      changed: () => this.#timeline.changed(),
      refuse: errorResponse,
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

  /**
   * Lists the resources that exist now, for assertions in tests. Nodes that are
   * not listed yet are included. NephoScale has no volumes, snapshots and images
   * of an account.
   *
   * @returns The resources, in the order of their creation.
   */
  inventory(): Inventory {
    this.#timeline.advance();
    const nameOf = ({ name }: { readonly name: string }) => name;
    return {
      nodes: toInventory(
        this.#servers.all,
        nameOf,
        ({ isDestroyed }) => isDestroyed,
      ),
      volumes: [],
      images: [],
      snapshots: [],
      keyPairs: toInventory(this.#keys.values(), nameOf),
    };
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

  // Clock

  /** Schedules a change of nodes, which makes the cached list invalid. */
  #changeLater(at: number, change: Task): void {
    this.#timeline.schedule.add(at, (time) => {
      change(time);
      this.#serverList = undefined;
    });
  }

  #timestamp(): string {
    return new Date(this.#clock()).toISOString().slice(0, 19).replace("T", " ");
  }

  // Catalog

  #listZones(): Response {
    return listResponse(ZONES.map((zone) => ({
      datacenter: {
        airport_code: zone.datacenter.airport,
        name: zone.datacenter.name,
        uri: this.#json.uri("datacenter", zone.datacenter.id),
        id: zone.datacenter.id,
      },
      ...this.#json.zone(zone),
    })));
  }

  #listImages(): Response {
    return listResponse(IMAGES.map((image) => this.#json.image(image)));
  }

  #listSizes(): Response {
    return listResponse(SIZES.map((size) => ({
      ...this.#json.size(size),
      storage: size.diskGb,
      ram: size.ramMib,
      vcpus: size.vcpus,
    })));
  }

  // Nodes

  #listServers(): Response {
    const past = this.#timeline.past();
    if (past !== undefined) return listResponse(this.#json.servers(past));
    this.#serverList ??= JSON.stringify(
      listOf(this.#json.servers({ servers: this.#servers, keys: this.#keys })),
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
    const name = form.string("name");
    const hostname = form.optionalString("hostname") ?? name;
    const size = findById(SIZES, form.integer("service_type"), "service_type");
    const image = findById(IMAGES, form.integer("image"), "image");
    const zoneId = form.optionalInteger("zone");
    const zone = zoneId === undefined
      ? ZONES[0]!
      : findById(ZONES, zoneId, "zone");
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
      busyUntil: 0,
      isDestroyed: false,
    };
    const fails = this.#willFail("create", "create", server);
    this.#timeline.add(this.#servers, server.id, server);
    this.#changeLater(this.#clock() + this.#createMs, (listedAt) => {
      if (fails) {
        this.#servers.delete(server.id);
        return;
      }
      this.#changeLater(listedAt + this.#bootMs, (bootedAt) => {
        server.power = "on";
        this.#endJob(server, bootedAt);
        this.#changeLater(bootedAt + this.#addressMs, () => {
          server.addresses = this.#takeAddresses();
        });
      });
    });
    return this.#jobResponse();
  }

  async #renameServer(call: Call): Promise<Response> {
    const server = findInPath(this.#servers, call);
    const form = new Form(await readForm(call.request), ["name", "hostname"]);
    const name = form.string("name");
    const hostname = form.optionalString("hostname");
    server.name = name;
    server.hostname = hostname ?? server.hostname;
    this.#serverList = undefined;
    return this.#jobResponse();
  }

  #destroyServer(call: Call): Response {
    const server = findInPath(this.#servers, call);
    if (this.#busyMs > 0) this.#requireIdle(server, "destroy");
    server.busy = true;
    server.isDestroyed = true;
    this.#changeLater(this.#clock() + this.#destroyMs, () => {
      this.#servers.delete(server.id);
    });
    return this.#jobResponse();
  }

  #act(call: Call, action: "restart" | "start" | "stop"): Response {
    const server = findInPath(this.#servers, call);
    this.#requireIdle(server, action);
    if ((server.power === "on") === (action === "start")) {
      throw new Refusal(
        STATUS_CODE.Conflict,
        `Cannot ${action} the server: it is ${server.power}.`,
      );
    }
    const fails = this.#willFail("action", action, server);
    const { power } = server;
    server.busy = true;
    if (action === "restart") {
      server.power = "off";
      this.#serverList = undefined;
    }
    this.#changeLater(this.#clock() + this.#actionMs, (at) => {
      server.power = fails ? power : action === "stop" ? "off" : "on";
      this.#endJob(server, at);
    });
    return this.#jobResponse();
  }

  #willFail(
    kind: "create" | "action",
    name: string,
    { id }: Server,
  ): boolean {
    return this.#fails({ kind, name, id: String(id) });
  }

  #endJob(server: Server, at: number): void {
    server.busy = false;
    server.busyUntil = at + this.#busyMs;
  }

  #requireIdle({ busy, busyUntil }: Server, action: string): void {
    if (!busy && this.#clock() >= busyUntil) return;
    throw new Refusal(
      STATUS_CODE.Conflict,
      `Cannot ${action} the server: another job on it is under way.`,
    );
  }

  // Keys

  #listKeys(kind?: KeyKind): Response {
    const keys = [...(this.#timeline.past()?.keys ?? this.#keys).values()];
    return listResponse(
      kind === undefined
        ? keys.map((key) => this.#json.key(key))
        : keys.filter((key) => key.kind === kind).map((key) => ({
          ...this.#json.key(key),
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
    const name = form.string("name");
    const value = form.string(valueField);
    const group = form.integer("key_group");
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
      data: { id: key.id, uri: this.#json.key(key).uri },
    });
  }

  #deleteKey(call: Call, kind: KeyKind): Response {
    const key = findInPath(this.#keys, call);
    if (key.kind !== kind) throw notFound();
    this.#keys.delete(key.id);
    this.#serverList = undefined;
    return this.#jobResponse();
  }

  #pickKey(form: Form, field: string, group: number): number | undefined {
    const id = form.optionalInteger(field);
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

  // Initial contents

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
        busyUntil: 0,
        isDestroyed: false,
      });
    }
  }

  #takeServerId(): number {
    const id = this.#nextServer;
    this.#nextServer += STEP;
    return id;
  }

  /** Returns a public and a private address, both from reserved ranges. */
  #takeAddresses(): string {
    if (this.#addresses !== undefined) return this.#addresses;
    const index = this.#nextAddress++;
    // First the range for documentation, then the range for benchmarks.
    const spare = index - 254;
    const publicIp = spare < 0
      ? `203.0.113.${index + 1}`
      : `198.${18 + (spare >> 16) % 2}.${lowBytes(spare)}`;
    const privateIp = `10.${128 + (index >> 16) % 128}.${lowBytes(index)}`;
    return `${publicIp}, ${privateIp}`;
  }

  // Responses

  #jobResponse(): Response {
    const id = this.#nextJob;
    this.#nextJob += STEP;
    return jsonResponse(STATUS_CODE.Accepted, {
      subcode: 0,
      message: PROCESSED,
      data: { id, resource_type: "/job", uri: this.#json.uri("job", id) },
      response: STATUS_CODE.Accepted,
      success: true,
    });
  }
}

function checkDelay(field: string, value: number): number {
  return checkNumber("NephoScaleSimulator", field, value, { isFinite: true });
}

function lowBytes(index: number): string {
  return `${(index >> 8) % 256}.${index % 256}`;
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
