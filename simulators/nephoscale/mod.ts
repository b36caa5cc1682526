/**
 * Simulator of NephoScale as of October 2013: an in-memory account behind a
 * `fetch` function.
 *
 * It has two zones, 13 sizes, 20 images, SSH keys, password keys, and nodes
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
  notFound,
  readFields,
  unknownId,
} from "./_form.ts";
import { Converter } from "./_json.ts";
import type { Contents, Key, KeyKind, Server } from "./_records.ts";
import {
  AddressPool,
  baseUrl,
  type Call,
  callback,
  count,
  duration,
  type Fails,
  type Fields,
  hasUser,
  type Inventory,
  jsonResponse,
  jsonTextResponse,
  numericIds,
  PRIVATE_IPV4,
  PUBLIC_IPV4,
  readOptions,
  Refusal,
  serveRoutes,
  type Settings,
  Store,
  text,
  Timeline,
  toInventory,
  toItems,
  unchecked,
  userName,
} from "../kit/mod.ts";

export type {
  Fails,
  Inventory,
  InventoryItem,
  SimulatedOperation,
} from "../kit/mod.ts";

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

const OPTIONS = {
  username: userName("user"),
  password: text("password"),
  nodes: count(0),
  createMs: duration(20),
  bootMs: duration(50),
  actionMs: duration(20),
  destroyMs: duration(0),
  listLagMs: duration(0),
  addressMs: duration(0),
  busyMs: duration(0),
  fails: callback<Fails>(() => false),
  addresses: unchecked<readonly string[] | undefined>(undefined),
  baseUrl: baseUrl("https://api.nephoscale.com"),
  now: callback(() => Date.now()),
};

/** Range of ids in forms. */
const IDS = { min: 0, max: 999_999_999 } as const;

const SERVER_GROUP = 1;
const CONSOLE_GROUP = 4;

const KEY_FIELDS = { password: "password", sshrsa: "public_key" } as const;

const PROCESSED = "Your request was processed successfully.";

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

  readonly #settings: Settings<typeof OPTIONS>;
  readonly #json: Converter;
  readonly #servers = new Store<number, Server>();
  readonly #keys = new Store<number, Key>();
  readonly #timeline: Timeline<Contents>;
  readonly #publicIps = new AddressPool(PUBLIC_IPV4);
  readonly #privateIps = new AddressPool(PRIVATE_IPV4, { first: 0 });
  // Recorded ids start here, and seem to increase by two.
  readonly #takeServerId = numericIds(88241, 2);
  readonly #takeKeyId = numericIds(71757, 2);
  readonly #takeJobId = numericIds(141229, 2);
  /** JSON of the list of nodes, at a version of the timeline. */
  #serverList = { version: -1, json: "" };

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
    const settings = readOptions("NephoScaleSimulator", options, OPTIONS);
    const { username, password, nodes, createMs, baseUrl } = settings;
    this.credentials = { username, password };
    this.#settings = settings;
    this.#json = new Converter(baseUrl);
    // A new node is hidden for `createMs`.
    this.#timeline = new Timeline({ ...settings, hiddenMs: createMs }, {
      servers: this.#servers,
      keys: this.#keys,
    });
    if (nodes > 0) this.#seed(nodes);
    this.#timeline.start();
    this.fetch = serveRoutes({
      timeline: this.#timeline,
      before: (request) => this.#authenticate(request),
      error: errorResponse,
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
    return toInventory({
      nodes: toItems(
        this.#servers.all,
        ({ name }) => name,
        ({ isDestroyed }) => isDestroyed,
      ),
      keyPairs: toItems(this.#keys.all),
    });
  }

  #authenticate(request: Request): void {
    if (hasUser(request, this.credentials)) return;
    throw new Refusal(STATUS_CODE.Unauthorized, "Authorization failed.", {
      headers: {
        "WWW-Authenticate": 'Basic realm="NephoScale API", charset="UTF-8"',
      },
    });
  }

  #timestamp(): string {
    const now = new Date(this.#timeline.now);
    return now.toISOString().slice(0, 19).replace("T", " ");
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
    const { version, listed } = this.#timeline;
    if (this.#serverList.version !== version) {
      const json = JSON.stringify(listOf(this.#json.servers(listed)));
      this.#serverList = { version, json };
    }
    return jsonTextResponse(STATUS_CODE.OK, this.#serverList.json);
  }

  async #createServer({ request }: Call): Promise<Response> {
    const form = await readFields(request, [
      "name",
      "hostname",
      "service_type",
      "image",
      "server_key",
      "console_key",
      "zone",
    ]);
    const name = form.string("name");
    const hostname = form.optional.string("hostname") ?? name;
    const size = findById(
      SIZES,
      form.integer("service_type", IDS),
      "service_type",
    );
    const image = findById(IMAGES, form.integer("image", IDS), "image");
    const zoneId = form.optional.integer("zone", IDS);
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
      operation: undefined,
      busyUntil: 0,
      isDestroyed: false,
    };
    const { createMs, bootMs, addressMs } = this.#settings;
    const fails = this.#willFail("create", "create", server);
    this.#timeline.add(this.#servers, server);
    this.#timeline.begin(server, createMs, (listedAt) => {
      if (fails) {
        this.#servers.delete(server.id);
        return;
      }
      this.#timeline.begin(server, bootMs, (bootedAt) => {
        server.power = "on";
        this.#timeline.after(addressMs, () => {
          server.addresses = this.#takeAddresses();
        }, bootedAt);
      }, listedAt);
    });
    return this.#jobResponse();
  }

  async #renameServer(call: Call): Promise<Response> {
    const server = findInPath(this.#servers, call);
    const form = await readFields(call.request, ["name", "hostname"]);
    const name = form.string("name");
    const hostname = form.optional.string("hostname");
    server.name = name;
    server.hostname = hostname ?? server.hostname;
    return this.#jobResponse();
  }

  #destroyServer(call: Call): Response {
    const server = findInPath(this.#servers, call);
    if (this.#settings.busyMs > 0) this.#requireIdle(server, "destroy");
    server.isDestroyed = true;
    this.#timeline.begin(server, this.#settings.destroyMs, () => {
      this.#servers.delete(server.id);
      const addresses = server.addresses.split(", ");
      this.#publicIps.release(...addresses);
      this.#privateIps.release(...addresses);
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
    if (action === "restart") server.power = "off";
    this.#timeline.begin(server, this.#settings.actionMs, () => {
      server.power = fails ? power : action === "stop" ? "off" : "on";
    });
    return this.#jobResponse();
  }

  #willFail(
    kind: "create" | "action",
    name: string,
    { id }: Server,
  ): boolean {
    return this.#settings.fails({ kind, name, id: String(id) });
  }

  #requireIdle(server: Server, action: string): void {
    if (!this.#timeline.isBusy(server)) return;
    throw new Refusal(
      STATUS_CODE.Conflict,
      `Cannot ${action} the server: another job on it is under way.`,
    );
  }

  // Keys

  #listKeys(kind?: KeyKind): Response {
    const keys = [...this.#timeline.listed.keys.values()];
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
    const form = await readFields(request, ["name", valueField, "key_group"]);
    const name = form.string("name");
    const value = form.string(valueField);
    const group = form.integer("key_group", IDS);
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
    return this.#jobResponse();
  }

  #pickKey(form: Fields, field: string, group: number): number | undefined {
    const id = form.optional.integer(field, IDS);
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
    return this.#keys.add({ id: this.#takeKeyId(), ...key });
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
      this.#servers.add({
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
        operation: undefined,
        busyUntil: 0,
        isDestroyed: false,
      });
    }
  }

  /** Returns a public and a private address. */
  #takeAddresses(): string {
    const fixed = this.#settings.addresses;
    return (fixed ?? [this.#publicIps.take(), this.#privateIps.take()])
      .join(", ");
  }

  // Responses

  #jobResponse(): Response {
    const id = this.#takeJobId();
    return jsonResponse(STATUS_CODE.Accepted, {
      subcode: 0,
      message: PROCESSED,
      data: { id, resource_type: "/job", uri: this.#json.uri("job", id) },
      response: STATUS_CODE.Accepted,
      success: true,
    });
  }
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
