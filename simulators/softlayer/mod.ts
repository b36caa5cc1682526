/**
 * Simulator of SoftLayer: an account in memory, behind a `fetch` function. It
 * speaks the REST API, versions 3 and 3.1.
 *
 * It has virtual servers, SSH keys, images of the account, upgrades of
 * processors and memory, and a selection of data centers, operating systems and
 * flavors. Object masks, object filters and result limits work for all lists.
 * Methods, properties and types follow SoftLayer's metadata; the texts of errors
 * are those that users reported. Where these leave details open, the simulator
 * behaves as follows:
 *
 * - A mask with a property that the type does not have gets the status 500 and
 *   the code `SoftLayer_Exception_Public`. It knows the properties that this
 *   package and SoftLayer's own client name.
 * - Without an order in the filter, the newest records come first.
 * - A guest runs one transaction at a time: its provisioning, an upgrade, a
 *   copy to an image, or its removal. During a transaction it refuses a second
 *   one, power actions included. Power actions are no transactions.
 * - A power action in a state that it does not change is accepted.
 * - A guest whose provisioning fails is removed. If another operation fails,
 *   everything is as before.
 * - A guest that was deleted is listed until its removal has ended.
 * - Image `createDate` and the like are in the time zone -06:00.
 *
 * @module
 */

import {
  Account,
  type AccountSettings,
  findDatacenter,
  type Guest,
} from "./_account.ts";
import { errorResponse, invalid } from "./_errors.ts";
import { applyFilter } from "./_filters.ts";
import { applyMask, checkMask, type Mask, parseMask } from "./_masks.ts";
import {
  type Method,
  readFingerprint,
  type Services,
  servicesOf,
} from "./_services.ts";
import {
  type Call,
  COMMON_OPTIONS,
  type CommonOptions,
  count,
  FixedWindow,
  hasUser,
  type Inventory,
  isObject,
  jsonResponse,
  readBody,
  readOptions,
  Refusal,
  type Routes,
  serveRoutes,
  text,
  toInventory,
  toItems,
  toNumericId,
  userName,
} from "../kit/mod.ts";

export type {
  CommonOptions,
  Fails,
  Inventory,
  InventoryItem,
  SimulatedOperation,
} from "../kit/mod.ts";

/**
 * Options of {@linkcode SoftLayerSimulator}; times are in milliseconds. With
 * nodes at the start there are also an SSH key and an image of the account. No
 * report shows that the service hides new resources, or that lists lag.
 */
export interface SoftLayerSimulatorOptions extends CommonOptions {
  /**
   * User name that requests must have. It must not contain a colon.
   *
   * @default {"user"}
   */
  readonly username?: string | undefined;
  /**
   * API key that requests must have.
   *
   * @default {"key"}
   */
  readonly apiKey?: string | undefined;
  /**
   * Most records that a list sends if the client sends a limit.
   *
   * @default {Infinity}
   */
  readonly largestPage?: number | undefined;
  /**
   * Number of virtual servers that the account can have.
   *
   * @default {Infinity}
   */
  readonly guestLimit?: number | undefined;
  /**
   * Number of requests that are allowed per second.
   *
   * @default {Infinity}
   */
  readonly requests?: number | undefined;
}

const OPTIONS = {
  ...COMMON_OPTIONS,
  username: userName("user"),
  apiKey: text("key"),
  largestPage: count(Infinity, 1),
  guestLimit: count(Infinity),
  requests: count(Infinity, 1),
};

const SEEDED_KEY =
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGFtZXhhbXBsZWtleWFtZXhhbXBsZWtleWFtZXhhbXBs me@example.com";

/** Methods of services that stand for HTTP methods. */
const CRUD: Readonly<Record<string, string>> = {
  GET: "getObject",
  POST: "createObject",
  PUT: "editObject",
  DELETE: "deleteObject",
};

/**
 * A simulated account of SoftLayer, kept in memory.
 *
 * Pass {@linkcode SoftLayerSimulator.fetch} to a driver to test without a
 * network, or to an HTTP server to serve any other client below `/rest/v3.1`.
 * Time comes only from the option `now`: no timers run in the background, so
 * there is nothing to close.
 *
 * @example Testing a script in process
 * ```ts
 * import { SoftLayerNodeDriver } from "@nephos/nephos/drivers/softlayer";
 * import { SoftLayerSimulator } from "@nephos/nephos/simulators/softlayer";
 *
 * const { credentials, fetch } = new SoftLayerSimulator({ nodes: 3 });
 * const cloud = new SoftLayerNodeDriver({ ...credentials, fetch });
 * const nodes = await cloud.listNodes();
 * console.log(nodes.length); // 3
 * ```
 *
 * @example Serving other clients
 * ```ts
 * import { SoftLayerSimulator } from "@nephos/nephos/simulators/softlayer";
 *
 * function serve(): void {
 *   Deno.serve({ port: 8080 }, new SoftLayerSimulator({ nodes: 3 }).fetch);
 * }
 * ```
 */
export class SoftLayerSimulator {
  /**
   * Options that switch on every delay that the service has or may have. The
   * times are short, for tests.
   */
  static readonly realistic: SoftLayerSimulatorOptions = {
    hiddenMs: 20,
    listLagMs: 40,
    addressMs: 20,
    busyMs: 40,
  };

  /**
   * Handles one request. The function is bound, so you can pass it on as it is.
   * It rejects only if the signal of the request is aborted.
   */
  readonly fetch: (request: Request) => Promise<Response>;

  /** User name and API key to pass to a driver. */
  readonly credentials: { readonly username: string; readonly apiKey: string };

  readonly #account: Account;
  readonly #services: Services;
  readonly #largestPage: number;

  /**
   * Creates an account.
   *
   * @param options Initial contents and timing of the simulated account.
   * @throws {TypeError} If an option is unknown or has the wrong type.
   * @throws {RangeError} If a number is out of range.
   */
  constructor(options: SoftLayerSimulatorOptions = {}) {
    const settings = readOptions("SoftLayerSimulator", options, OPTIONS);
    const { username, apiKey, nodes, requests, largestPage, now } = settings;
    const account = new Account(settings as AccountSettings);
    const limit = new FixedWindow(requests, 1000, now);
    this.credentials = { username, apiKey };
    this.#account = account;
    this.#services = servicesOf(account);
    this.#largestPage = largestPage;
    if (nodes > 0) seed(account, nodes);
    account.timeline.start();
    this.fetch = serveRoutes({
      timeline: account.timeline,
      before(request) {
        if (!hasUser(request, { username, password: apiKey })) {
          throw new Refusal(401, "Invalid API token.");
        }
        if (!limit.take()) throw new Refusal(429, "Too many requests.");
      },
      error: errorResponse,
      routes: this.#routes(),
    });
  }

  /**
   * Lists the resources that exist now, for assertions in tests. There are no
   * volumes and snapshots.
   *
   * @returns The resources, in the order of their creation.
   */
  inventory(): Inventory {
    const { timeline, guests, templates, keys } = this.#account;
    timeline.advance();
    const nodes = guests.all.map((guest) => ({
      id: guest.id,
      name: guest.hostname,
      isGoing: this.#account.isGoing(guest),
    }));
    return toInventory({
      nodes: toItems(nodes, ({ name }) => name, ({ isGoing }) => isGoing),
      images: toItems(
        templates.all.map(({ globalIdentifier: id, name }) => ({ id, name })),
      ),
      keyPairs: toItems(keys.all.map(({ id, label }) => ({ id, name: label }))),
    });
  }

  #routes(): Routes {
    const routes: Record<string, (call: Call) => Promise<Response>> = {};
    for (const version of ["v3", "v3.1"]) {
      for (const verb of Object.keys(CRUD)) {
        for (const rest of ["", "/{first}", "/{first}/{second}"]) {
          routes[`${verb} /rest/${version}/{service}${rest}`] = (call) =>
            this.#call(call);
        }
      }
    }
    return routes;
  }

  /** Calls the method that a request names. */
  async #call(call: Call): Promise<Response> {
    const { request, url } = call;
    const { service, id, name } = this.#target(call);
    const methods = this.#services[service];
    if (!methods) throw new Refusal(404, "Service does not exist");
    const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
    if (!method) {
      const reason =
        `Function ("${name}") is not a valid method for this service`;
      throw invalid(reason, "Public");
    }
    const result = method.run({ id, args: await readParameters(request) });
    // Methods without parameters are called by GET, also those that change
    // something.
    if (!name.startsWith("get")) this.#account.timeline.changed();
    const mask = maskOf(url, method);
    const status = name === "createObject" ? 201 : 200;
    if (Array.isArray(result) && method.toJson) {
      return this.#page(url, method, result, mask);
    }
    return jsonResponse(
      status,
      mask ? applyMask(result, mask, method.type!) : result,
    );
  }

  /** The service, the id and the method in the path. */
  #target({ request, params }: Call) {
    const segments = ["service", "first", "second"]
      .flatMap((name) => params.get(name) ?? []);
    const [service = "", ...rest] = segments
      .map((it, index) =>
        index === segments.length - 1 ? it.replace(/\.json$/, "") : it
      );
    const crud = CRUD[request.method]!;
    const [first = "", second] = rest;
    if (second !== undefined) return { service, id: first, name: second };
    // Ids are numbers, and names of methods are not.
    if (!Number.isNaN(toNumericId(first))) {
      return { service, id: first, name: crud };
    }
    return { service, id: undefined, name: first || crud };
  }

  /** Sends the part of a list that the limit selects. */
  #page(
    url: URL,
    method: Method,
    all: readonly unknown[],
    mask: Mask | undefined,
  ): Response {
    const toJson = method.toJson as (record: unknown) => object;
    const filter = readFilter(url);
    const found = applyFilter(
      all,
      method.relation ? filter?.[method.relation] : filter,
      toJson,
    );
    const [offset, limit] = readLimit(url);
    // Without a limit, everything comes at once.
    const size = limit === Infinity
      ? limit
      : Math.min(limit, this.#largestPage);
    const items = found.slice(offset, offset + size).map(toJson)
      .map((item) => applyMask(item, mask!, method.type!));
    const total = { "softlayer-total-items": String(found.length) };
    return jsonResponse(200, items, total);
  }
}

/** Reads `{"parameters": [...]}`, whatever the type of the body is. */
async function readParameters(request: Request): Promise<readonly unknown[]> {
  const text = new TextDecoder().decode(await readBody(request));
  if (text === "") return [];
  try {
    const { parameters } = JSON.parse(text);
    if (Array.isArray(parameters)) return parameters;
  } catch {
    // It is refused below.
  }
  throw invalid("Unable to parse the parameters.", "Public");
}

/** The mask of a request; `undefined` if the result is no object. */
function maskOf(url: URL, { type }: Method): Mask | undefined {
  if (type === undefined) return undefined;
  const mask: Mask = url.searchParams.get("objectMask")
    ? parseMask(url.searchParams.get("objectMask")!)
    : new Map();
  checkMask(mask, type);
  return mask;
}

function readFilter(url: URL) {
  const json = url.searchParams.get("objectFilter");
  if (!json) return undefined;
  try {
    const filter: unknown = JSON.parse(json);
    if (isObject(filter)) return filter;
  } catch {
    // It is refused below.
  }
  throw invalid("Unable to parse object filter.", "Public");
}

/** Reads `OFFSET,LIMIT`. A limit of 0 is none. */
function readLimit(url: URL): [offset: number, limit: number] {
  const value = url.searchParams.get("resultLimit");
  if (!value) return [0, Infinity];
  const [, offset = "0", limit] = /^(?:(\d+),)?(\d+)$/.exec(value) ?? [];
  if (limit === undefined) throw invalid("Invalid result limit.", "Public");
  return [Number(offset), Number(limit) || Infinity];
}

/** Fills an account with running guests, a key and an image. */
function seed(account: Account, nodes: number): void {
  const createDate = "2015-10-20T09:30:00-06:00";
  const datacenter = findDatacenter("dal05")!;
  for (let number = 1; number <= nodes; number++) {
    const guest: Guest = account.addGuest({
      hostname: `node-${number}`,
      domain: "example.com",
      datacenter,
      image: { code: "DEBIAN_12_64" },
      flavor: undefined,
      cpus: 2,
      ramMib: 4096,
      diskGb: 100,
      isLocal: true,
      isHourly: true,
      isDedicated: false,
      isPrivate: false,
      maxSpeed: 100,
      sshKeys: [],
      userData: undefined,
      postInstallScriptUri: undefined,
    });
    Object.assign(guest, { createDate });
    account.provision(guest, Date.parse("2015-10-20T15:34:12Z"));
    account.addAddresses(guest);
  }
  const id = account.takeId();
  const fingerprint = readFingerprint(SEEDED_KEY);
  const label = "me";
  const key = SEEDED_KEY;
  account.keys.add({
    id,
    createDate,
    label,
    key,
    fingerprint,
    notes: undefined,
  });
  account.templates.add({
    id: account.takeId(),
    globalIdentifier: "07beadaa-1e11-476e-a188-3f7795feb9fb",
    createDate,
    name: "golden",
    note: "the image of the team",
    code: "DEBIAN_12_64",
  });
}
