/**
 * Simulator of the PowerDNS Authoritative Server: its HTTP API, in memory behind
 * a `fetch` function.
 *
 * It has zones, record sets with comments and disabled records, export, and
 * signed zones. It behaves as version 4.7.3 does, and is as strict:
 *
 * - Names are absolute and end in a dot. Content must be as the server would
 *   write it: targets end in a dot, TXT is in quotes, and numbers have no leading
 *   zeros. Everything else gets 422.
 * - A PATCH is all or nothing, in the given order. Changes of records raise the
 *   serial of the zone.
 * - There is no check whether another client has changed a record set.
 * - Errors 400, 401, 404, 405 and 409 are text, unless the request accepts JSON.
 * - Lists with the filter `rrset_name` leave out disabled records, and contain
 *   other record sets that have comments, without their records.
 *
 * It serves no DNS, and zones are not copied. Keys of signed zones are invented.
 *
 * @see {@link https://doc.powerdns.com/authoritative/http-api/ | HTTP API of PowerDNS}
 *
 * @module
 */

import { STATUS_CODE, STATUS_TEXT } from "@std/http/status";
import {
  type Call,
  callback,
  count,
  Fields,
  isObject,
  type JsonObject,
  jsonResponse,
  noContent,
  type OptionalFields,
  readBody,
  readOptions,
  Refusal,
  serveRoutes,
  text,
} from "../kit/mod.ts";
import {
  checkName,
  isCopy,
  keyOf,
  patch,
  raiseSerial,
  readSet,
  type RecordSet,
  refuse,
  serialOf,
  toKind,
  type Zone,
} from "./_zones.ts";

/** Options of {@linkcode PowerDnsSimulator}. */
export interface PowerDnsSimulatorOptions {
  /**
   * Key of the API that requests must have.
   *
   * @default {"pdns-simulator"}
   */
  readonly apiKey?: string | undefined;
  /**
   * Number of zones at the start: `zone-1.example`, `zone-2.example` and so on.
   * Each has a SOA, two NS, an MX and a few other records.
   *
   * @default {0}
   */
  readonly zones?: number | undefined;
  /**
   * Clock, in milliseconds since 1970. To control the time in a test, pass your
   * own function.
   *
   * @default {Date.now}
   */
  readonly now?: (() => number) | undefined;
}

/** What exists at a simulated server, for assertions in tests. */
export interface PowerDnsInventory {
  /** The zones, in the order of their creation. */
  readonly zones: readonly {
    /** Name, with the final dot. */
    readonly name: string;
    /** The record sets, as the API shows them. */
    readonly rrsets: readonly {
      /** Name, with the final dot. */
      readonly name: string;
      /** Type of the records. */
      readonly type: string;
      /** TTL in seconds. */
      readonly ttl: number;
      /** The values, in the form of a zone file. */
      readonly records: readonly {
        /** The value. */
        readonly content: string;
        /** Whether the value is kept, and not served. */
        readonly disabled: boolean;
      }[];
      /** The comments. */
      readonly comments: readonly {
        /** The comment. */
        readonly content: string;
        /** Who wrote it; may be empty. */
        readonly account: string;
      }[];
    }[];
  }[];
}

const OPTIONS = {
  apiKey: text("pdns-simulator"),
  zones: count(0),
  now: callback(() => Date.now()),
};

const SERVER = "/api/v1/servers/localhost";

const SERVER_JSON = {
  autoprimaries_url: `${SERVER}/autoprimaries{/autoprimary}`,
  config_url: `${SERVER}/config{/config_setting}`,
  daemon_type: "authoritative",
  id: "localhost",
  type: "Server",
  url: SERVER,
  version: "4.7.3",
  zones_url: `${SERVER}/zones{/zone}`,
};

/** The errors that have a body of their own. The others depend on `Accept`. */
const WITH_BODY: ReadonlySet<number> = new Set([422, 500]);

/**
 * A simulated PowerDNS server, kept in memory.
 *
 * Pass {@linkcode PowerDnsSimulator.fetch} to a driver to test without a network,
 * or to an HTTP server to serve any other client. No timers run in the
 * background, so there is nothing to close.
 *
 * @example Testing a script in process
 * ```ts
 * import { PowerDnsDriver } from "@nephos/nephos/drivers/powerdns/dns";
 * import { PowerDnsSimulator } from "@nephos/nephos/simulators/powerdns";
 *
 * const { credentials, fetch } = new PowerDnsSimulator({ zones: 2 });
 * const dns = new PowerDnsDriver({ ...credentials, fetch });
 * console.log((await dns.listZones()).map(({ name }) => name));
 * ```
 */
export class PowerDnsSimulator {
  /**
   * Handles one request. The function is bound, so you can pass it on as it is.
   * It rejects only if the signal of the request is aborted.
   */
  readonly fetch: (request: Request) => Promise<Response>;

  /** Key to pass to a driver. */
  readonly credentials: { readonly apiKey: string };

  readonly #zones = new Map<string, Zone>();
  readonly #now: () => number;

  /**
   * Creates a server.
   *
   * @param options Key and initial zones.
   * @throws {TypeError} If an option is unknown or has the wrong type.
   * @throws {RangeError} If `zones` is not an integer from 0.
   */
  constructor(options: PowerDnsSimulatorOptions = {}) {
    const { apiKey, zones, now } = readOptions(
      "PowerDnsSimulator",
      options,
      OPTIONS,
    );
    this.credentials = { apiKey };
    this.#now = now;
    for (let number = 1; number <= zones; number++) this.#seed(number);
    const one = `${SERVER}/zones/{id}`;
    const serve = serveRoutes({
      before: (request) => this.#authenticate(request),
      error: (refusal) => errorResponse(refusal),
      routes: {
        "GET /api": () => jsonResponse(200, [{ url: "/api/v1", version: 1 }]),
        "GET /api/v1": () =>
          jsonResponse(200, [{
            api_features: [],
            server_url: "/api/v1/servers{/server}",
          }]),
        "GET /api/v1/servers": () => jsonResponse(200, [SERVER_JSON]),
        [`GET ${SERVER}`]: () => jsonResponse(200, SERVER_JSON),
        [`GET ${SERVER}/zones`]: (call) => this.#list(call),
        [`POST ${SERVER}/zones`]: (call) => this.#create(call),
        [`GET ${one}`]: (call) => this.#get(call),
        [`PATCH ${one}`]: (call) => this.#patch(call),
        [`PUT ${one}`]: (call) => this.#update(call),
        [`DELETE ${one}`]: (call) => {
          this.#zones.delete(this.#find(call).name);
          return noContent();
        },
        [`GET ${one}/export`]: (call) => this.#export(call),
        [`GET ${one}/cryptokeys`]: (call) =>
          jsonResponse(200, keysOf(this.#find(call))),
      },
    });
    this.fetch = async (request, ...server: readonly unknown[]) =>
      asAccepted(await serve(request, ...server as []), request);
  }

  /**
   * Lists the zones and record sets that exist now, for assertions in tests.
   *
   * @returns The zones.
   */
  inventory(): PowerDnsInventory {
    return {
      zones: [...this.#zones.values()].map(({ name, sets }) => ({
        name,
        rrsets: [...sets.values()],
      })),
    };
  }

  #authenticate(request: Request): void {
    const { apiKey } = this.credentials;
    const query = new URL(request.url).searchParams.get("api-key");
    if ((request.headers.get("X-API-Key") ?? query) === apiKey) return;
    throw new Refusal(STATUS_CODE.Unauthorized, "");
  }

  #find({ params }: Call): Zone {
    const id = params.get("id") ?? "";
    const name = id.toLowerCase().replace(
      /=([\da-f]{2})/g,
      (_, digits) => String.fromCharCode(parseInt(digits, 16)),
    );
    const zone = this.#zones.get(name.endsWith(".") ? name : `${name}.`);
    if (zone) return zone;
    throw new Refusal(STATUS_CODE.NotFound, "");
  }

  #list({ url }: Call): Response {
    const wanted = url.searchParams.get("zone");
    if (wanted !== null) checkName(wanted);
    const zones = [...this.#zones.values()].filter(({ name }) =>
      wanted === null || wanted.toLowerCase() === name
    );
    const isBrief = url.searchParams.get("dnssec") === "false";
    return jsonResponse(200, zones.map((zone) => toListed(zone, isBrief)));
  }

  async #create(call: Call): Promise<Response> {
    const body = await readObject(call);
    const fields = new Fields(body);
    const { name } = body;
    if (typeof name !== "string") {
      return refuse("Key 'name' not present or not a String");
    }
    const zoneName = checkName(name).toLowerCase();
    if (this.#zones.has(zoneName)) {
      throw new Refusal(STATUS_CODE.Conflict, "");
    }
    const { kind } = body;
    if (typeof kind !== "string") {
      return refuse("Key 'kind' not present or not a String");
    }
    const zone = this.#add(zoneName, toKind(kind), {
      masters: readMasters(fields.optional) ?? [],
      account: fields.optional.string("account", { min: 0 }) ?? "",
      isSigned: body.dnssec === true,
      soaEditApi: fields.optional.string("soa_edit_api", { min: 0 }) ??
        "DEFAULT",
    }, fields);
    return jsonResponse(STATUS_CODE.Created, this.#toJson(call, zone));
  }

  /** Adds a zone with its SOA record, its NS records and what a client sent. */
  #add(
    name: string,
    kind: string,
    settings: Pick<Zone, "masters" | "account" | "isSigned" | "soaEditApi">,
    fields: Fields,
  ): Zone {
    const hosts = (fields.optional.strings("nameservers") ?? []).map(checkName);
    const sets = new Map<string, RecordSet>();
    for (const item of fields.optional.list("rrsets") ?? []) {
      const own = new Fields(isObject(item) ? item : {});
      const set = readSet(
        checkName(own.string("name")),
        own.string("type"),
        own,
        this.#now(),
      );
      sets.set(keyOf(set.name, set.type), set);
    }
    const toSet = (type: string, contents: readonly string[]) => ({
      name,
      type,
      ttl: 3600,
      records: contents.map((content) => ({ content, disabled: false })),
      comments: [],
    });
    if (hosts.length > 0 && sets.has(keyOf(name, "NS"))) {
      refuse("Nameservers list MUST NOT be mixed with zone-level NS in rrsets");
    }
    if (hosts.length > 0) sets.set(keyOf(name, "NS"), toSet("NS", hosts));
    if (!isCopy(kind) && !sets.has(keyOf(name, "SOA"))) {
      const soa =
        `ns1.example.net. hostmaster.${name} 0 10800 3600 604800 3600`;
      sets.set(keyOf(name, "SOA"), toSet("SOA", [soa]));
    }
    const zone: Zone = { name, kind, ...settings, sets };
    raiseSerial(zone, this.#now());
    this.#zones.set(name, zone);
    return zone;
  }

  #get(call: Call): Response {
    return jsonResponse(200, this.#toJson(call, this.#find(call)));
  }

  async #patch(call: Call): Promise<Response> {
    const body = await readObject(call);
    const zone = this.#find(call);
    const { rrsets } = body;
    if (!Array.isArray(rrsets)) {
      return refuse("No rrsets given in update request");
    }
    const changes = rrsets.map((item) =>
      new Fields(isObject(item) ? item : {})
    );
    patch(zone, changes, this.#now());
    return noContent();
  }

  async #update(call: Call): Promise<Response> {
    const body = await readObject(call);
    const zone = this.#find(call);
    const { optional } = new Fields(body);
    zone.kind = toKind(optional.string("kind") ?? zone.kind);
    zone.masters = readMasters(optional) ?? zone.masters;
    zone.account = optional.string("account", { min: 0 }) ?? zone.account;
    zone.isSigned = optional.boolean("dnssec") ?? zone.isSigned;
    return noContent();
  }

  #export(call: Call): Response {
    const { sets } = this.#find(call);
    const lines = [...sets.values()].flatMap(({ name, type, ttl, records }) =>
      records.filter(({ disabled }) => !disabled)
        .map(({ content }) => `${name}\t${ttl}\tIN\t${type}\t${content}\n`)
    );
    const zone = lines.join("");
    return acceptsJson(call.request)
      ? jsonResponse(200, { zone })
      : new Response(zone, { headers: { "Content-Type": "text/plain" } });
  }

  #toJson({ url }: Call, zone: Zone): JsonObject {
    const json = {
      ...toListed(zone, false),
      api_rectify: false,
      master_tsig_key_ids: [],
      nsec3narrow: false,
      nsec3param: "",
      slave_tsig_key_ids: [],
      soa_edit: "",
      soa_edit_api: zone.soaEditApi,
    };
    return url.searchParams.get("rrsets") === "false"
      ? json
      : { ...json, rrsets: selectSets(zone, url.searchParams) };
  }

  #seed(number: number): void {
    const name = `zone-${number}.example.`;
    const toSet = (
      owner: string,
      type: string,
      ttl: number,
      ...contents: readonly string[]
    ) => ({
      name: `${owner}${name}`,
      type,
      ttl,
      records: contents.map((content) => ({ content })),
    });
    this.#add(
      name,
      "Native",
      {
        masters: [],
        account: "",
        isSigned: false,
        soaEditApi: "DEFAULT",
      },
      new Fields({
        nameservers: ["ns1.example.net.", "ns2.example.net."],
        rrsets: [
          toSet("", "MX", 300, `10 mx1.${name}`, `20 mx2.${name}`),
          toSet("", "TXT", 3600, '"v=spf1 mx -all"'),
          toSet("www.", "A", 300, "192.0.2.1", "192.0.2.2"),
          toSet("www.", "AAAA", 300, "2001:db8::1"),
          toSet("*.dev.", "CNAME", 300, `www.${name}`),
        ],
      }),
    );
  }
}

/** A zone, as lists show it. */
function toListed(zone: Zone, isBrief: boolean): JsonObject {
  const { name, kind, masters, account, isSigned } = zone;
  const serial = serialOf(zone);
  const id = name.replace(
    /[^\w.-]|_/g,
    (character) =>
      `=${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
  return {
    account,
    catalog: "",
    ...!isBrief && { dnssec: isSigned, edited_serial: serial },
    id,
    kind,
    last_check: 0,
    masters,
    name,
    notified_serial: 0,
    serial,
    url: `${SERVER}/zones/${id}`,
  };
}

/** The record sets of a response. A filter does strange things; see above. */
function selectSets({ sets }: Zone, query: URLSearchParams): RecordSet[] {
  const name = query.get("rrset_name")?.toLowerCase();
  const type = query.get("rrset_type")?.toUpperCase();
  if (name === undefined && type === undefined) return [...sets.values()];
  const isSelected = (set: RecordSet) =>
    (name === undefined || set.name.toLowerCase() === name) &&
    (type === undefined || set.type === type);
  return [...sets.values()].flatMap((set) => {
    const records = isSelected(set)
      ? set.records.filter(({ disabled }) => !disabled)
      : [];
    if (records.length > 0) return [{ ...set, records }];
    return set.comments.length > 0 ? [{ ...set, records: [], ttl: 0 }] : [];
  });
}

/** Reads the body, whatever the request says about its type. */
async function readObject({ request }: Call): Promise<JsonObject> {
  const text = new TextDecoder().decode(await readBody(request));
  try {
    const body: unknown = JSON.parse(text);
    if (isObject(body)) return body;
  } catch {
    // Not JSON.
  }
  throw new Refusal(STATUS_CODE.BadRequest, "");
}

/** Reads the servers that a zone is copied from: addresses, or with a port. */
function readMasters(
  optional: OptionalFields,
): readonly string[] | undefined {
  const masters = optional.strings("masters");
  for (const master of masters ?? []) {
    const isAddress =
      /^(?:[\d.]+(?::\d+)?|[\da-f:]*:[\da-f:.]*|\[[\da-f:.]+\](?::\d+)?)$/i
        .test(master);
    if (!isAddress) refuse(`Master (${master}) is not an IP address`);
  }
  return masters;
}

/** The invented key of a signed zone. */
function keysOf({ isSigned }: Zone): readonly JsonObject[] {
  if (!isSigned) return [];
  return [{
    active: true,
    algorithm: "ECDSAP256SHA256",
    bits: 256,
    dnskey: "257 3 13 AAAA",
    ds: [`7626 13 2 ${"ab".repeat(32)}`],
    flags: 257,
    id: 1,
    keytype: "csk",
    published: true,
    type: "Cryptokey",
  }];
}

function acceptsJson({ headers }: Request): boolean {
  return headers.get("Accept")?.includes("application/json") ?? false;
}

/** Turns an error without a body of its own into text, unless JSON is accepted. */
function asAccepted(response: Response, request: Request): Response {
  const { status } = response;
  const isText = status >= 400 && !WITH_BODY.has(status) &&
    !acceptsJson(request);
  if (!isText) return response;
  return new Response(wordFor(status), {
    status,
    headers: { "Content-Type": "text/plain; charset=utf-8" },
  });
}

function errorResponse({ status, message, headers }: Refusal): Response {
  const error = WITH_BODY.has(status) ? message : wordFor(status);
  return jsonResponse(status, { error }, headers);
}

function wordFor(status: number): string {
  return STATUS_TEXT[status as keyof typeof STATUS_TEXT] ?? "Error";
}
