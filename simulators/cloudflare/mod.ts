/**
 * Simulator of Cloudflare: zones and DNS records, in memory behind a `fetch`
 * function.
 *
 * It has zones, records, batches, export, DNSSEC and the settings of a zone. It
 * has no import and no scan, and serves no DNS. Where reports leave details open,
 * the simulator behaves as follows:
 *
 * - Unknown fields are ignored. Codes of errors for which there is no report are
 *   invented; the others are those of the service.
 * - A new zone is `pending` until a client requests `activation_check`. Any name
 *   of two labels or more can be a zone.
 * - A name that is not in the zone is taken for relative, as by the service.
 * - CNAME excludes A and AAAA; below the zone itself, NS excludes all but DS.
 * - If one operation of a batch fails, none is made.
 * - The account has the Free plan: 200 records per zone, 200 operations in a
 *   batch, no tags, and comments of 100 characters.
 * - After too many requests, all are refused for five minutes.
 *
 * @see {@link https://developers.cloudflare.com/api/resources/dns/ | Cloudflare API reference}
 *
 * @module
 */

import {
  changeRecord,
  type Context,
  createRecord,
  deleteRecord,
  type DnsRecord,
  exportZone,
  findRecord,
  replaceRecord,
  runBatch,
  selectRecords,
  toJson,
} from "./_records.ts";
import {
  errorResponse,
  invalidField,
  listResponse,
  meets,
  noRoute,
  refusal,
  resultResponse,
  sorted,
  toId,
  toTime,
} from "./_requests.ts";
import {
  type Call,
  callback,
  count,
  Fields,
  FixedWindow,
  isObject,
  type JsonObject,
  numericIds,
  readBearerToken,
  readJson,
  readOptions,
  Refusal,
  type Routes,
  serveRoutes,
  type Settings,
  text,
} from "../kit/mod.ts";

/** Options of {@linkcode CloudflareSimulator}. */
export interface CloudflareSimulatorOptions {
  /**
   * API token that requests must have.
   *
   * @default {"token"}
   */
  readonly token?: string | undefined;
  /**
   * Email address of the user, for requests with the old global key.
   *
   * @default {"user@example.com"}
   */
  readonly email?: string | undefined;
  /**
   * Global key of the user, which old clients send instead of a token.
   *
   * @default {"global-key"}
   */
  readonly apiKey?: string | undefined;
  /**
   * Id of the account.
   *
   * @default {"023e105f4ecef8ad9ca31a8372d0c353"}
   */
  readonly accountId?: string | undefined;
  /**
   * Number of active zones at the start: `zone-1.example`, `zone-2.example` and so
   * on. Each has a few records, one of them proxied.
   *
   * @default {0}
   */
  readonly zones?: number | undefined;
  /**
   * Number of records that a zone can have.
   *
   * @default {200}
   */
  readonly recordLimit?: number | undefined;
  /**
   * Number of operations that a batch can have.
   *
   * @default {200}
   */
  readonly batchLimit?: number | undefined;
  /**
   * Largest page that is sent, even if the client requests a larger one.
   *
   * @default {Infinity}
   */
  readonly largestPage?: number | undefined;
  /**
   * Number of requests that are allowed in five minutes.
   *
   * @default {1200}
   */
  readonly requests?: number | undefined;
  /**
   * Clock, in milliseconds since 1970. To control the time in a test, pass your
   * own function.
   *
   * @default {Date.now}
   */
  readonly now?: (() => number) | undefined;
}

/** What exists in a simulated account, for assertions in tests. */
export interface CloudflareInventory {
  /** The zones, in the order of their creation. */
  readonly zones: readonly {
    /** Id of the zone. */
    readonly id: string;
    /** Name of the zone. */
    readonly name: string;
    /** The records, as the API shows them. */
    readonly records: readonly JsonObject[];
  }[];
}

const OPTIONS = {
  token: text("token"),
  email: text("user@example.com"),
  apiKey: text("global-key"),
  accountId: text("023e105f4ecef8ad9ca31a8372d0c353"),
  zones: count(0),
  recordLimit: count(200),
  batchLimit: count(200, 1),
  largestPage: count(Infinity, 1),
  requests: count(1200, 1),
  now: callback(() => Date.now()),
};

const PREFIX = "/client/v4";
const ID = /^[\da-f]{32}$/;
const ZONE_TYPES = ["full", "partial", "secondary", "internal"] as const;
const FIVE_MINUTES_MS = 300_000;
const MINUTE_MS = 60_000;

/** Requests for zone files that are allowed in a minute. */
const EXPORTS = 3;

interface Zone {
  readonly id: string;
  readonly name: string;
  readonly createdAt: number;
  modifiedAt: number;
  activatedAt: number | undefined;
  type: typeof ZONE_TYPES[number];
  isPaused: boolean;
  isSigned: boolean;
  signedAt: number;
  settings: JsonObject;
  records: ReadonlyMap<string, DnsRecord>;
}

/**
 * A simulated account of Cloudflare, kept in memory.
 *
 * Pass {@linkcode CloudflareSimulator.fetch} to a driver to test without a
 * network, or to an HTTP server to serve any other client below `/client/v4`. No
 * timers run in the background, so there is nothing to close.
 *
 * @example Testing a script in process
 * ```ts
 * import { CloudflareDnsDriver } from "@nephos/nephos/drivers/cloudflare/dns";
 * import { CloudflareSimulator } from "@nephos/nephos/simulators/cloudflare";
 *
 * const { credentials, fetch } = new CloudflareSimulator({ zones: 2 });
 * const dns = new CloudflareDnsDriver({ ...credentials, fetch });
 * console.log((await dns.listZones()).map(({ name }) => name));
 * ```
 */
export class CloudflareSimulator {
  /**
   * Handles one request. The function is bound, so you can pass it on as it is.
   * It rejects only if the signal of the request is aborted.
   */
  readonly fetch: (request: Request) => Promise<Response>;

  /** API token and account to pass to a driver. */
  readonly credentials: { readonly token: string; readonly accountId: string };

  readonly #settings: Settings<typeof OPTIONS>;
  readonly #zones = new Map<string, Zone>();
  readonly #takeZone = numericIds(1);
  readonly #takeRecord = numericIds(1);
  readonly #exports: FixedWindow;

  /**
   * Creates an account.
   *
   * @param options Credentials, initial zones and limits.
   * @throws {TypeError} If an option is unknown or has the wrong type.
   * @throws {RangeError} If a number is out of range.
   */
  constructor(options: CloudflareSimulatorOptions = {}) {
    const settings = readOptions("CloudflareSimulator", options, OPTIONS);
    const { token, accountId, zones, requests, now } = settings;
    this.credentials = { token, accountId };
    this.#settings = settings;
    this.#exports = new FixedWindow(EXPORTS, MINUTE_MS, now);
    for (let number = 1; number <= zones; number++) this.#seed(number);
    const window = new FixedWindow(requests, FIVE_MINUTES_MS, now);
    let blockedUntil = -Infinity;
    this.fetch = serveRoutes({
      before: (request) => {
        if (now() >= blockedUntil && !window.take()) {
          blockedUntil = now() + FIVE_MINUTES_MS;
        }
        if (now() < blockedUntil) throw tooMany(requests, blockedUntil - now());
        this.#authenticate(request);
      },
      after: (headers) => {
        const { remaining, resetAt } = window;
        const seconds = Math.ceil((resetAt - now()) / 1000);
        headers.set("Ratelimit", `"default";r=${remaining};t=${seconds}`);
        headers.set("Ratelimit-Policy", `"default";q=${requests};w=300`);
      },
      error: errorResponse,
      routes: this.#routes(),
    });
  }

  /**
   * Lists the zones and records that exist now, for assertions in tests.
   *
   * @returns The zones.
   */
  inventory(): CloudflareInventory {
    return {
      zones: [...this.#zones.values()].map(({ id, name, records }) => ({
        id,
        name,
        records: [...records.values()].map(toJson),
      })),
    };
  }

  #routes(): Routes {
    const zone = "/zones/{zone}";
    const records = `${zone}/dns_records`;
    const one = `${records}/{id}`;
    const routes: Routes = {
      "GET /zones": (call) => this.#list(call),
      "POST /zones": (call) => this.#create(call),
      [`GET ${zone}`]: (call) => resultResponse(this.#show(this.#find(call))),
      [`PATCH ${zone}`]: (call) => this.#edit(call),
      [`DELETE ${zone}`]: (call) => {
        const { id } = this.#find(call);
        this.#zones.delete(id);
        return resultResponse({ id });
      },
      [`PUT ${zone}/activation_check`]: (call) => {
        const found = this.#find(call);
        found.activatedAt ??= this.#settings.now();
        return resultResponse({ id: found.id });
      },
      [`GET ${zone}/dnssec`]: (call) =>
        resultResponse(dnssecOf(this.#find(call))),
      [`PATCH ${zone}/dnssec`]: (call) => this.#sign(call),
      [`DELETE ${zone}/dnssec`]: (call) => {
        this.#find(call).isSigned = false;
        return resultResponse("");
      },
      [`GET ${zone}/dns_settings`]: (call) =>
        resultResponse(settingsOf(this.#find(call))),
      [`PATCH ${zone}/dns_settings`]: async (call) => {
        const found = this.#find(call);
        const body = await readJson(call.request);
        found.settings = { ...found.settings, ...body };
        return resultResponse(settingsOf(found));
      },
      [`GET ${records}`]: (call) => {
        const found = selectRecords(this.#find(call), call.url.searchParams);
        const { largestPage: largest } = this.#settings;
        const rules = { min: 1, max: 5_000_000, defaultSize: 100, largest };
        return listResponse(found, call.url, rules, toJson);
      },
      [`POST ${records}`]: (call) =>
        this.#write(
          call,
          (zone, body, context) => toJson(createRecord(zone, body, context)),
        ),
      // Before the paths with an id, which would match as well.
      [`POST ${records}/batch`]: (call) => this.#write(call, runBatch),
      [`GET ${records}/export`]: (call) => this.#export(call),
      [`GET ${one}`]: (call) =>
        resultResponse(toJson(findRecord(this.#find(call), idIn(call)))),
      [`PUT ${one}`]: (call) =>
        this.#write(
          call,
          (zone, body, context) =>
            toJson(replaceRecord(zone, idIn(call), body, context)),
        ),
      [`PATCH ${one}`]: (call) =>
        this.#write(
          call,
          (zone, body, context) =>
            toJson(changeRecord(zone, idIn(call), body, context)),
        ),
      [`DELETE ${one}`]: (call) => {
        const { id } = deleteRecord(this.#find(call), idIn(call));
        return resultResponse({ id });
      },
    };
    return Object.fromEntries(
      Object.entries(routes)
        .map(([route, handler]) => [route.replace(" ", ` ${PREFIX}`), handler]),
    );
  }

  #authenticate(request: Request): void {
    const { token, email, apiKey } = this.#settings;
    const { headers } = request;
    const given = readBearerToken(request);
    if (given === token) return;
    const key = headers.get("X-Auth-Key");
    if (key === apiKey && headers.get("X-Auth-Email") === email) return;
    if (given === undefined && key === null) {
      throw refusal(6003, "Invalid request headers");
    }
    throw refusal(10000, "Authentication error", 401);
  }

  #find({ url, params }: Call): Zone {
    const zone = this.#zones.get(params.get("zone") ?? "");
    if (zone) return zone;
    throw noRoute(url.pathname);
  }

  #list({ url }: Call): Response {
    const query = url.searchParams;
    const conditions: ((zone: JsonObject) => boolean)[] = [...query]
      .flatMap(([key, value]) => {
        switch (key) {
          case "name":
            return [(it: JsonObject) => meets(`${it.name}`, value)];
          case "status":
            return [(it: JsonObject) => it.status === value];
          case "type":
            return [
              (it: JsonObject) => value.split(",").includes(`${it.type}`),
            ];
          case "account.id":
            return [(it: JsonObject) => Object(it.account).id === value];
          case "account.name":
            return [(it: JsonObject) => meets(Object(it.account).name, value)];
          default:
            return [];
        }
      });
    if (!query.has("type")) conditions.push(({ type }) => type !== "internal");
    const isAny = query.get("match") === "any";
    const zones = [...this.#zones.values()].map((zone) => this.#show(zone))
      .filter((zone) =>
        isAny
          ? conditions.some((meets) => meets(zone))
          : conditions.every((meets) => meets(zone))
      );
    const rules = {
      min: 5,
      max: 50,
      defaultSize: 20,
      largest: this.#settings.largestPage,
    };
    const all = sorted(zones, query.get("order"), query.get("direction"));
    return listResponse(all, url, rules, (zone) => zone);
  }

  async #create({ request }: Call): Promise<Response> {
    const body = await readJson(request);
    const fields = new Fields(body, { invalid: invalidField });
    const name = fields.string("name").toLowerCase();
    const account = fields.record("account");
    if (
      !/^(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)+[a-z\d-]{2,63}$/.test(name)
    ) {
      throw refusal(1002, "Invalid domain name.");
    }
    if (account.id !== this.#settings.accountId) {
      throw refusal(9109, "Unauthorized to access requested resource", 403);
    }
    if ([...this.#zones.values()].some((zone) => zone.name === name)) {
      throw refusal(1061, `${name} already exists`);
    }
    const type = fields.optional.choice("type", ZONE_TYPES) ?? "full";
    return resultResponse(this.#show(this.#add(name, type)));
  }

  async #edit(call: Call): Promise<Response> {
    const zone = this.#find(call);
    const body = await readJson(call.request);
    const { optional } = new Fields(body, { invalid: invalidField });
    if (Object.keys(body).length !== 1) {
      throw refusal(1093, "Only one zone property can be changed at a time");
    }
    zone.isPaused = optional.boolean("paused") ?? zone.isPaused;
    zone.type = optional.choice("type", ZONE_TYPES) ?? zone.type;
    zone.modifiedAt = this.#settings.now();
    return resultResponse(this.#show(zone));
  }

  async #sign(call: Call): Promise<Response> {
    const zone = this.#find(call);
    const body = await readJson(call.request);
    const { optional } = new Fields(body, { invalid: invalidField });
    const status = optional.choice("status", ["active", "disabled"]);
    if (status !== undefined) {
      zone.isSigned = status === "active";
      zone.signedAt = this.#settings.now();
    }
    return resultResponse(dnssecOf(zone));
  }

  async #write(
    call: Call,
    write: (zone: Zone, body: JsonObject, context: Context) => JsonObject,
  ): Promise<Response> {
    const zone = this.#find(call);
    const body = await readJson(call.request);
    return resultResponse(write(zone, body, this.#context()));
  }

  #export(call: Call): Response {
    const zone = this.#find(call);
    const { now } = this.#settings;
    if (!this.#exports.take()) throw tooMany(EXPORTS, MINUTE_MS);
    const text = exportZone(zone, nameServersOf(zone), now());
    const headers = { "Content-Type": "text/plain; charset=utf-8" };
    return new Response(text, { headers });
  }

  #context(): Context {
    const { now, recordLimit, batchLimit } = this.#settings;
    const takeId = () => toId(`record ${this.#takeRecord()}`);
    return { now: now(), recordLimit, batchLimit, takeId };
  }

  #add(name: string, type: Zone["type"]): Zone {
    const now = this.#settings.now();
    const zone: Zone = {
      id: toId(`zone ${this.#takeZone()}`),
      name,
      createdAt: now,
      modifiedAt: now,
      activatedAt: undefined,
      type,
      isPaused: false,
      isSigned: false,
      signedAt: now,
      settings: {},
      records: new Map(),
    };
    this.#zones.set(zone.id, zone);
    return zone;
  }

  #show(zone: Zone): JsonObject {
    const { id, name, type, isPaused, createdAt, modifiedAt, activatedAt } =
      zone;
    const { accountId, email } = this.#settings;
    return {
      id,
      name,
      status: activatedAt === undefined ? "pending" : "active",
      paused: isPaused,
      type,
      development_mode: 0,
      name_servers: nameServersOf(zone),
      original_name_servers: ["ns1.example.net", "ns2.example.net"],
      original_registrar: null,
      original_dnshost: null,
      modified_on: toTime(modifiedAt),
      created_on: toTime(createdAt),
      activated_on: activatedAt === undefined ? null : toTime(activatedAt),
      vanity_name_servers: [],
      meta: {
        step: 2,
        custom_certificate_quota: 0,
        page_rule_quota: 3,
        phishing_detected: false,
      },
      owner: { id: toId(email), type: "user", name: email },
      account: { id: accountId, name: `${email}'s Account` },
      permissions: ["#dns_records:edit", "#dns_records:read", "#zone:read"],
      plan: {
        id: "0feeeeeeeeeeeeeeeeeeeeeeeeeeeeee",
        name: "Free Website",
        price: 0,
        currency: "USD",
        frequency: "",
        is_subscribed: false,
        can_subscribe: false,
        legacy_id: "free",
        legacy_discount: false,
        externally_managed: false,
      },
    };
  }

  #seed(number: number): void {
    const name = `zone-${number}.example`;
    const zone = this.#add(name, "full");
    zone.activatedAt = this.#settings.now();
    const records: readonly JsonObject[] = [
      { type: "A", name: "@", content: "192.0.2.1", proxied: true },
      { type: "A", name: "www", content: "192.0.2.1", ttl: 3600 },
      { type: "A", name: "www", content: "192.0.2.2", ttl: 3600 },
      { type: "AAAA", name: "www", content: "2001:db8::1", ttl: 3600 },
      { type: "CNAME", name: "*.dev", content: `www.${name}` },
      { type: "MX", name: "@", content: `mx1.${name}`, priority: 10 },
      { type: "MX", name: "@", content: `mx2.${name}`, priority: 20 },
      { type: "TXT", name: "@", content: '"v=spf1 mx -all"' },
      {
        type: "SRV",
        name: "_sip._tcp",
        data: { priority: 10, weight: 5, port: 5060, target: `sip.${name}` },
      },
      {
        type: "CAA",
        name: "@",
        data: { flags: 0, tag: "issue", value: "letsencrypt.org" },
      },
    ];
    for (const record of records) createRecord(zone, record, this.#context());
  }
}

/** The id of a record in the path; other words are no route. */
function idIn({ url, params }: Call): string {
  const id = params.get("id") ?? "";
  if (ID.test(id)) return id;
  throw noRoute(url.pathname);
}

function tooMany(requests: number, waitMs: number): Refusal {
  const seconds = Math.ceil(waitMs / 1000);
  return new Refusal(
    429,
    `More than ${requests} requests per 300 seconds reached. Please wait and ` +
      "consider throttling your request speed",
    { headers: { "Retry-After": `${seconds}` } },
  );
}

/** The two hosts of a zone. Different zones have different ones. */
function nameServersOf({ id }: Zone): readonly string[] {
  const names = ["ada", "bob", "cora", "drew", "elle", "finn", "gina", "hugh"];
  const first = parseInt(id.slice(0, 2), 16) % 4;
  return [names[first * 2], names[first * 2 + 1]]
    .map((name) => `${name}.ns.cloudflare.com`);
}

function dnssecOf(zone: Zone): JsonObject {
  const { id, name, isSigned, signedAt, activatedAt } = zone;
  if (!isSigned) {
    return {
      status: "disabled",
      flags: null,
      algorithm: null,
      key_type: null,
      digest_type: null,
      digest_algorithm: null,
      digest: null,
      ds: null,
      key_tag: null,
      public_key: null,
    };
  }
  const digest = `${id}${toId(id)}`.toUpperCase();
  const key_tag = parseInt(id.slice(0, 4), 16);
  return {
    // The parent zone has no DS record before the zone is active.
    status: activatedAt === undefined ? "pending" : "active",
    flags: 257,
    algorithm: "13",
    key_type: "ECDSAP256SHA256",
    digest_type: "2",
    digest_algorithm: "SHA256",
    digest,
    ds: `${name}. 3600 IN DS ${key_tag} 13 2 ${digest}`,
    key_tag,
    public_key: btoa(`${id}${id}`),
    modified_on: toTime(signedAt),
  };
}

function settingsOf(zone: Zone): JsonObject {
  const { settings } = zone;
  const [first] = nameServersOf(zone);
  const nameservers = isObject(settings.nameservers)
    ? settings.nameservers
    : { type: "cloudflare.standard" };
  return {
    flatten_all_cnames: false,
    foundation_dns: false,
    multi_provider: false,
    internal_dns: {},
    ns_ttl: 86_400,
    secondary_overrides: false,
    soa: {
      mname: first,
      rname: "dns.cloudflare.com",
      refresh: 10_000,
      retry: 2400,
      expire: 604_800,
      min_ttl: 3600,
      ttl: 3600,
    },
    zone_mode: "standard",
    ...settings,
    nameservers,
  };
}
