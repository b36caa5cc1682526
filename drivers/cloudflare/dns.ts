/**
 * Cloudflare: zones and their records.
 *
 * ```ts
 * import { CloudflareDnsDriver } from "@nephos/nephos/drivers/cloudflare/dns";
 * import { CloudflareSimulator } from "@nephos/nephos/simulators/cloudflare";
 *
 * const { credentials, fetch } = new CloudflareSimulator();
 * const dns = new CloudflareDnsDriver({ ...credentials, fetch });
 * const zone = await dns.createZone({ name: "example.com" });
 * console.log(zone.state, zone.nameServers);
 * await dns.setRecordSet(zone, {
 *   name: "www",
 *   type: "A",
 *   data: ["192.0.2.1", "192.0.2.2"],
 *   extra: { proxied: true },
 * });
 * for (const set of await dns.listRecordSets(zone, { name: "www" })) {
 *   console.log(set.name, set.type, set.data, set.extra.proxied);
 * }
 * ```
 *
 * @see {@link https://developers.cloudflare.com/api/resources/dns/ | Cloudflare API reference}
 *
 * @module
 */

import {
  ApiError,
  type ApiResponse,
  type CallOptions,
  checkText,
  type Connection,
  type EnvironmentVariable,
  type Extra,
  field,
  given,
  JsonKind,
  JsonResources,
  type Listing,
  type ListOptions,
  lookUp,
  mistake,
  type Path,
  path,
  refuse,
  shareConnection,
  type SharedConnection,
} from "../../core/mod.ts";
import {
  absoluteName,
  type ChangeResult,
  type ChangeSupport,
  checkTtl,
  checkTypeIn,
  checkZoneName,
  type CreateZoneOptions,
  type Dnssec,
  type DnssecState,
  nameInZone,
  parseRecordData,
  type RecordData,
  type RecordOptions,
  type RecordSetChange,
  type RecordSetInput,
  type RecordSetKey,
  type RecordType,
  type RecordWrites,
  type SetDnssecOptions,
  type SingleRecord,
  type SingleRecordInput,
  SinglesDnsDriver,
  type SinglesExtra,
  type SinglesRecordSet,
  toAscii,
  type Zone,
  type ZoneFiles,
  zoneName,
  type ZoneRef,
  type ZoneTarget,
} from "../../core/dns/mod.ts";
import {
  CloudflareConnection,
  type CloudflareOptions,
  DISPLAY_NAME,
  OVERTAKEN,
  type PageJson,
  pagesOf,
  VARIABLES,
} from "./_connection.ts";
import {
  checkValueJson,
  type Place,
  toData,
  toValueJson,
  TYPES,
  type ValueJson,
} from "./_data.ts";

export type { CloudflareOptions } from "./_connection.ts";

/** Fields of a zone that only Cloudflare has. */
export type CloudflareZoneExtra = {
  /** State in the words of Cloudflare: `"active"`, `"pending"`, `"moved"` …. */
  readonly status: string;
  /** Whether the proxy is off for the whole zone. */
  readonly isPaused: boolean;
  /** `"full"`, `"partial"`, `"secondary"` or `"internal"`. */
  readonly type: string;
  /** Id of the account that the zone belongs to. */
  readonly accountId: string | undefined;
  /** Name of the plan, such as `"Free Website"`. */
  readonly plan: string | undefined;
  /** Hosts that the registrar named before. */
  readonly originalNameServers: readonly string[];
};

/**
 * A zone at Cloudflare. It is `"pending"` until the registrar of the domain names
 * its `nameServers`, and `"paused"` while the proxy is off for the whole zone.
 */
export type CloudflareZone = Zone<CloudflareZoneExtra>;

/** Fields of a record that only Cloudflare has. */
export type CloudflareRecordExtra = {
  /** Whether Cloudflare forwards the requests of clients, and hides the host. */
  readonly proxied: boolean;
  /** Whether the TTL is Cloudflare's choice, which is 5 minutes. */
  readonly isTtlAutomatic: boolean;
  /** Comment on the record, if it has one. */
  readonly comment: string | undefined;
  /** Tags of the record, such as `"team:web"`. */
  readonly tags: readonly string[];
};

/** Fields of a record set that only Cloudflare has. */
export interface CloudflareRecordSetExtra
  extends SinglesExtra<CloudflareRecordExtra> {
  /** Whether one of the records is proxied, which makes all of them proxied. */
  readonly proxied: boolean;
}

/** A record set at Cloudflare; `extra.records` has the id of each record. */
export type CloudflareRecordSet =
  & SinglesRecordSet<CloudflareRecordExtra>
  & { readonly extra: CloudflareRecordSetExtra };

/** A record set to write, with the options that only Cloudflare has. */
export type CloudflareRecordSetInput = RecordSetInput & {
  /** Options that only Cloudflare has. Fields with other names are ignored. */
  readonly extra?: {
    /**
     * Whether Cloudflare forwards the requests of clients, and hides the host:
     * for A, AAAA and CNAME. The TTL is then 5 minutes.
     *
     * @default {as it is; false for a new record set}
     */
    readonly proxied?: boolean | undefined;
  } | undefined;
};

/** Options of `createZone()`. */
export interface CloudflareCreateZoneOptions extends CreateZoneOptions {
  /**
   * Id of the account that the zone will belong to.
   *
   * @default {the account of the driver}
   */
  readonly accountId?: string | undefined;
}

/** Options of `setPaused()`. */
export interface CloudflarePauseOptions extends CallOptions {
  /** Whether the proxy is off for the whole zone. */
  readonly isPaused: boolean;
}

/** Types of records that can be proxied. */
const PROXIABLE: readonly RecordType[] = ["A", "AAAA", "CNAME"];

/** What Cloudflare sends and accepts for its own choice of the TTL. */
const AUTOMATIC = 1;

/** The TTL that Cloudflare chooses, in seconds. */
const AUTOMATIC_TTL = 300;

/** Smallest TTL in seconds. */
const MIN_TTL = 60;

/** Smallest TTL in the Enterprise plan, in seconds. */
const ENTERPRISE_MIN_TTL = 30;

/** Largest TTL in seconds. */
const MAX_TTL = 86_400;

/** Longest record, in bytes on the wire. */
const MAX_RECORD = 4096;

/** Longest text of all records of a record set, in characters. */
const MAX_TEXT = 8192;

/** Operations in one request. The Free plan accepts 200, and the others 3500. */
const MAX_OPERATIONS = 200;

/** Attempts at a change, if other writers are faster each time. */
const MAX_ATTEMPTS = 5;

const ZONE_PAGES = pagesOf(5, 50);
// Cloudflare accepts more. This page has about half a megabyte.
const RECORD_PAGES = pagesOf(1, 1000);

// By Cloudflare's words. The others are unknown.
const KINDS: Readonly<Record<string, Zone["kind"]>> = {
  full: "primary",
  partial: "primary",
  internal: "primary",
  secondary: "secondary",
};

const STATES: Readonly<Record<string, Zone["state"]>> = {
  initializing: "pending",
  pending: "pending",
  active: "active",
  // The registrar names other hosts now.
  moved: "error",
};

const ZONES = new JsonKind("/zones", "zone", toZone, {
  plural: "result",
  singular: "result",
});

interface ZoneJson {
  id: string;
  name: string;
  status?: string;
  paused?: boolean;
  type?: string;
  name_servers?: readonly string[] | null;
  original_name_servers?: readonly string[] | null;
  created_on?: string;
  account?: { id?: string };
  plan?: { name?: string };
}

interface RecordJson extends ValueJson {
  id: string;
  type: RecordType;
  name: string;
  ttl: number;
  proxied?: boolean;
  comment?: string | null;
  tags?: readonly string[];
}

interface DnssecJson {
  status?: string;
  algorithm?: string | null;
  digest?: string | null;
  digest_type?: string | null;
  key_tag?: number | null;
}

/**
 * DNS driver for Cloudflare.
 *
 * Cloudflare keeps single records. The driver reads all pages of a zone before it
 * returns record sets, because the records of a set may be on any page. All
 * changes of a call are made in one request, or none of them.
 *
 * The TTL of a record may be Cloudflare's own choice, which is 5 minutes. It is
 * listed as 300 seconds, and `ttl: 300` selects it. A proxied record always has
 * this TTL.
 *
 * The NS records and the SOA record of the zone itself are not listed.
 */
export class CloudflareDnsDriver extends SinglesDnsDriver<
  CloudflareZone,
  CloudflareRecordExtra,
  CloudflareRecordSet
> implements ZoneFiles, Dnssec {
  /** Environment variables that `fromEnv()` reads. */
  static readonly variables: readonly EnvironmentVariable[] = VARIABLES;

  /** Id of the provider. */
  override readonly provider = "cloudflare";
  /** Connection to the API. Use it for endpoints that this class lacks. */
  override readonly connection: Connection;
  /**
   * All changes of a call are made, or none. Each record that is created, changed
   * or deleted counts as an operation. The Free plan accepts 200 operations in a
   * call, and the other plans 3500; Cloudflare refuses more.
   */
  override readonly changeSupport: ChangeSupport = {
    isAtomic: true,
    adds: "native",
    maxChanges: MAX_OPERATIONS,
    shareOf: (change) => Math.min(operationsOf(change) / MAX_OPERATIONS, 1),
  };
  /** Names of records are absolute. */
  protected override readonly needsZoneName = true;
  readonly #api: JsonResources<PageJson>;
  readonly #accountId: string | undefined;
  readonly #minTtl: number;

  /**
   * Creates a driver. Nothing is sent until the first call.
   *
   * @param options Token and settings, or the connection of another driver for
   *   Cloudflare.
   * @throws {TypeError} If `token`, `accountId`, `isEnterprise`, `baseUrl` or
   *   `connection` is invalid.
   */
  constructor(
    options:
      | CloudflareOptions
      | SharedConnection
        & Pick<CloudflareOptions, "accountId" | "isEnterprise">,
  ) {
    super();
    const owner = "CloudflareDnsDriver";
    const { accountId, isEnterprise = false, ...settings } = Object(
      options,
    ) as CloudflareOptions;
    this.connection = shareConnection(
      settings,
      this.provider,
      owner,
      (settings) => new CloudflareConnection(settings, owner),
    );
    this.#accountId = given(
      accountId,
      (id) => checkText(id, owner, "accountId"),
    );
    checkBoolean(isEnterprise, owner, "isEnterprise");
    this.#minTtl = isEnterprise ? ENTERPRISE_MIN_TTL : MIN_TTL;
    this.#api = new JsonResources(this.connection, ZONE_PAGES);
  }

  /** Lists the zones of the account, at most 50 per page. */
  override listZones(options: ListOptions = {}): Listing<CloudflareZone> {
    return this.#listZones("listZones", options);
  }

  /**
   * Creates a zone. It is `"pending"` until the registrar of the domain names its
   * `nameServers`. You can write record sets before.
   *
   * @param options Name of the zone, and its account. `ttl` is rejected: zones
   *   have none.
   * @returns The zone.
   * @throws {TypeError} If an option is invalid or not supported, or if neither
   *   the options nor the driver have an account.
   * @throws {ConflictError} If there is a zone with this name.
   */
  override async createZone(
    options: CloudflareCreateZoneOptions,
  ): Promise<CloudflareZone> {
    const operation = "createZone";
    refuse(operation, DISPLAY_NAME, options, { ttl: "set it on record sets" });
    const { accountId = this.#accountId } = options;
    return await this.#api.createOf(operation, ZONES, options, {
      name: checkZoneName(options.name, operation),
      account: { id: checkText(accountId, operation, "accountId") },
      type: "full",
    });
  }

  /**
   * Replaces all values of a name and type, or creates the record set. Records
   * that change keep their comments and tags. They also stay proxied, and new
   * ones become so, unless `extra.proxied` says otherwise.
   *
   * @param zone The zone, its id, or `{ name }`.
   * @param set The record set.
   * @param options Options of the call.
   * @returns The change.
   * @throws {TypeError} If a value is invalid, or if Cloudflare cannot hold it.
   * @throws {RangeError} If the TTL is out of range, or a text is too long.
   */
  override async setRecordSet(
    zone: ZoneRef,
    set: CloudflareRecordSetInput,
    options: CallOptions = {},
  ): Promise<ChangeResult> {
    return await super.setRecordSet(zone, set, options);
  }

  /**
   * Adds values to a record set, or creates it. All other values stay. If the
   * record set is proxied, so are the new records.
   *
   * @param zone The zone, its id, or `{ name }`.
   * @param set Name, type, and the values to add.
   * @param options Options of the call.
   * @returns The change.
   */
  override async addRecord(
    zone: ZoneRef,
    set: CloudflareRecordSetInput,
    options: RecordOptions = {},
  ): Promise<ChangeResult> {
    return await super.addRecord(zone, set, options);
  }

  /**
   * Returns a record set as Cloudflare will keep it. Sends nothing.
   *
   * @param set The record set.
   * @returns The record set, with its TTL.
   * @throws {TypeError} If a value is invalid, or if Cloudflare cannot hold it.
   * @throws {RangeError} If the TTL is out of range, or a text is too long.
   */
  override normalizeRecordSet(
    set: CloudflareRecordSetInput,
  ): CloudflareRecordSetInput {
    return super.normalizeRecordSet(set) as CloudflareRecordSetInput;
  }

  /**
   * Returns the zone as the text of a zone file. Comments tell which records are
   * proxied. Cloudflare accepts three such requests per minute.
   *
   * @param zone The zone, its id, or `{ name }`.
   * @param options Options of the call.
   * @returns The zone file.
   */
  async exportZoneFile(
    zone: ZoneRef,
    options: CallOptions = {},
  ): Promise<string> {
    const operation = "exportZoneFile";
    const response = await this.withZone(
      operation,
      zone,
      options,
      ({ id }, call) =>
        this.connection.request<string>(
          path`/zones/${{ zone: id }}/dns_records/export`,
          { ...call, operation },
        ),
    );
    return response.read((text) => {
      if (typeof text === "string") return toZoneFile(text);
      throw new TypeError("the response is no text");
    });
  }

  /** Returns whether Cloudflare signs a zone, and its DS record. */
  async getDnssec(
    zone: ZoneRef,
    options: CallOptions = {},
  ): Promise<DnssecState> {
    const operation = "getDnssec";
    const state = field("result", toDnssec);
    return await this.withZone(
      operation,
      zone,
      options,
      ({ id }, call) => this.#api.get(operation, dnssec(id), state, call),
    );
  }

  /**
   * Starts or stops signing a zone. While the parent zone has a DS record,
   * resolvers reject a zone that is not signed.
   *
   * @param zone The zone, its id, or `{ name }`.
   * @param options Whether Cloudflare signs the zone.
   */
  async setDnssec(zone: ZoneRef, options: SetDnssecOptions): Promise<void> {
    const operation = "setDnssec";
    const { isSigned, ...call } = options;
    checkBoolean(isSigned, operation, "isSigned");
    const status = isSigned ? "active" : "disabled";
    await this.withZone(
      operation,
      zone,
      call,
      ({ id }, call) => this.#patch(operation, dnssec(id), call, { status }),
    );
  }

  /**
   * Switches the proxy of the whole zone off or on. While it is off, clients
   * learn the addresses of proxied records, and connect to them directly.
   *
   * @param zone The zone, its id, or `{ name }`.
   * @param options Whether the proxy is off.
   * @returns The zone.
   */
  async setPaused(
    zone: ZoneRef,
    options: CloudflarePauseOptions,
  ): Promise<CloudflareZone> {
    const operation = "setPaused";
    const { isPaused, ...call } = options;
    checkBoolean(isPaused, operation, "isPaused");
    const data = { paused: isPaused };
    const response = await this.withZone(
      operation,
      zone,
      call,
      ({ id }, call) => this.#patch(operation, ZONES.at(id), call, data),
    );
    return response.read(ZONES.convertBody);
  }

  /** Requests one zone. */
  protected override async readZone(
    operation: string,
    { id }: ZoneTarget,
    options: CallOptions,
  ): Promise<CloudflareZone> {
    return await this.#api.getOf(operation, ZONES, id, options);
  }

  /** Looks up one name after the other. */
  protected override async readZoneNamed(
    operation: string,
    names: readonly string[],
    options: CallOptions,
  ): Promise<CloudflareZone | undefined> {
    // No zone is a whole top-level domain.
    const candidates = names.filter((name) => name.includes("."));
    for (const name of candidates) {
      const zones = await this.#listZones(operation, options, name);
      const found = zones.filter((zone) => zone.name === name);
      // Several accounts may have the same zone; only one of them is active.
      const active = found.find(({ state }) => state === "active");
      if (found.length > 0) return active ?? found[0];
    }
    return undefined;
  }

  /** Deletes a zone. */
  protected override async removeZone(
    operation: string,
    { id }: ZoneTarget,
    options: CallOptions,
  ): Promise<void> {
    await this.#api.deleteOf(operation, ZONES, id, options);
  }

  /** Checks what Cloudflare cannot hold, and adds its default TTL. */
  protected override fitRecordSet(
    operation: string,
    set: RecordSetInput,
    extra: Extra,
  ): RecordSetInput {
    const { type } = set;
    checkTypeIn(type, TYPES, operation, DISPLAY_NAME);
    const proxied = checkProxied(type, extra.proxied, operation);
    const { ttl = AUTOMATIC } = set;
    if (ttl !== AUTOMATIC) checkTtl(ttl, operation, this.#minTtl, MAX_TTL);
    checkValues(type, set.data, operation);
    const isAutomatic = ttl === AUTOMATIC || proxied;
    const fitted = { ...set, ttl: isAutomatic ? AUTOMATIC_TTL : ttl };
    return proxied === undefined
      ? fitted as RecordSetInput
      : { ...fitted, extra: { proxied } } as CloudflareRecordSetInput;
  }

  /** Lists the records of a zone. */
  protected override listRecords(
    operation: string,
    zone: ZoneTarget,
    { name, type }: Partial<RecordSetKey>,
    options: ListOptions,
  ): Listing<SingleRecord<CloudflareRecordExtra>> {
    const convert = (json: RecordJson) => toRecord(json, zone.name);
    const params = {
      "name.exact": given(name, (name) => absoluteName(name, zone.name)),
      type: given(type, (type) => includes(TYPES, type) ? type : undefined),
    };
    return this.#api.list(
      operation,
      records(zone),
      "result",
      convert,
      options,
      {
        params,
        pages: RECORD_PAGES,
      },
    );
  }

  /** Creates a record. */
  protected override async createRecord(
    operation: string,
    zone: ZoneTarget,
    record: SingleRecordInput<CloudflareRecordExtra>,
    options: CallOptions,
  ): Promise<void> {
    const form = toForm(record, zone);
    const call = { ...options, creates: true };
    await this.#api.send(operation, "POST", records(zone), call, form);
  }

  /** Changes a record; what the form lacks stays as it is. */
  protected override async updateRecord(
    operation: string,
    zone: ZoneTarget,
    id: string,
    record: SingleRecordInput<CloudflareRecordExtra>,
    options: CallOptions,
  ): Promise<void> {
    const form = toForm(record, zone);
    await this.#patch(operation, one(zone, id), options, form);
  }

  /** Deletes a record. */
  protected override async deleteRecord(
    operation: string,
    zone: ZoneTarget,
    id: string,
    options: CallOptions,
  ): Promise<void> {
    await this.#api.send(operation, "DELETE", one(zone, id), options);
  }

  /** A proxied record has no TTL of its own. */
  protected override isAsWanted(
    record: SingleRecord<CloudflareRecordExtra>,
    wanted: SingleRecordInput<CloudflareRecordExtra>,
  ): boolean {
    const { proxied } = record.extra;
    return proxied === (wanted.extra?.proxied ?? proxied) &&
      (proxied || super.isAsWanted(record, wanted));
  }

  /** Makes new records of a proxied record set proxied. */
  protected override completeRecord(
    record: SingleRecordInput<CloudflareRecordExtra>,
    others: readonly SingleRecord<CloudflareRecordExtra>[],
  ): SingleRecordInput<CloudflareRecordExtra> {
    const { proxied = others.some(({ extra }) => extra.proxied) } =
      record.extra ?? {};
    return { ...record, extra: { proxied } };
  }

  /** Tells whether a record set is proxied. */
  protected override toSet(
    set: SinglesRecordSet<CloudflareRecordExtra>,
  ): CloudflareRecordSet {
    const { records } = set.extra;
    const proxied = records.some(({ extra }) => extra.proxied);
    return { ...set, extra: { records, proxied } } as CloudflareRecordSet;
  }

  /** Makes changes. If another writer was faster, reads the records again. */
  protected override async writeChanges(
    operation: string,
    zone: ZoneTarget,
    changes: readonly RecordSetChange[],
    options: CallOptions,
  ): Promise<ChangeResult> {
    for (let attempt = 1;; attempt++) {
      try {
        return await super.writeChanges(operation, zone, changes, options);
      } catch (error) {
        const code = ApiError.is(error) ? error.code : undefined;
        const isOvertaken = lookUp(OVERTAKEN, code) !== undefined;
        if (!isOvertaken || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }

  /** Makes all changes in one request, or none of them. */
  protected override async writeRecords(
    operation: string,
    zone: ZoneTarget,
    writes: readonly RecordWrites<CloudflareRecordExtra>[],
    options: CallOptions,
  ): Promise<void> {
    const deletes = writes.flatMap(({ deletions }) =>
      deletions.map(({ id }) => ({ id }))
    );
    const patches = writes.flatMap(({ updates }) =>
      updates.map(([{ id }, record]) => ({ id, ...toForm(record, zone) }))
    );
    const posts = writes.flatMap(({ creations }) =>
      creations.map((record) => toForm(record, zone))
    );
    if (deletes.length + patches.length + posts.length < 2) {
      await super.writeRecords(operation, zone, writes, options);
      return;
    }
    const batch = path`/zones/${{ zone: zone.id }}/dns_records/batch`;
    const call = { ...options, creates: true };
    // Cloudflare makes the changes in this order.
    const data = {
      deletes: orAbsent(deletes),
      patches: orAbsent(patches),
      posts: orAbsent(posts),
    };
    await this.#api.send(operation, "POST", batch, call, data);
  }

  /** Changes the fields that `data` contains. Twice has the same effect. */
  async #patch(
    operation: string,
    path: Path,
    options: CallOptions,
    data: unknown,
  ): Promise<ApiResponse> {
    const call = { ...options, idempotent: true };
    return await this.#api.send(operation, "PATCH", path, call, data);
  }

  #listZones(
    operation: string,
    options: ListOptions,
    name?: string,
  ): Listing<CloudflareZone> {
    const params = { name, "account.id": this.#accountId };
    return this.#api.listOf(operation, ZONES, options, { params });
  }
}

/** Path of the records of a zone. */
function records({ id }: ZoneTarget): Path {
  return path`/zones/${{ zone: id }}/dns_records`;
}

/** Path of one record. */
function one({ id }: ZoneTarget, record: string): Path {
  return path`/zones/${{ zone: id }}/dns_records/${{ record }}`;
}

/** Path of the signatures of a zone. */
function dnssec(zone: string): Path {
  return path`/zones/${{ zone }}/dnssec`;
}

function toZone(json: ZoneJson): CloudflareZone {
  const { id, status = "", paused = false, type = "" } = json;
  const state = STATES[status] ?? "unknown";
  return {
    id,
    // Cloudflare writes internationalized names in Unicode.
    name: zoneName(toAscii(json.name)),
    kind: KINDS[type] ?? "unknown",
    state: state === "active" && paused ? "paused" : state,
    nameServers: json.name_servers ?? [],
    createdAt: given(json.created_on, toTime),
    extra: {
      status,
      isPaused: paused,
      type,
      accountId: json.account?.id,
      plan: json.plan?.name,
      originalNameServers: json.original_name_servers ?? [],
    },
  };
}

/** Converts a time, which has up to six digits after the point. */
function toTime(time: string): string {
  return new Date(time).toISOString();
}

/** Converts what Cloudflare writes otherwise than RFC 1035. */
function toZoneFile(text: string): string {
  return text
    // The SOA record has an absolute name without the final dot.
    .replace(/^(\S+[^.\s])(?=\t\d+\tIN\tSOA\t)/m, "$1.")
    // A TTL that is Cloudflare's choice.
    .replace(/^(\S+\t)1(?=\tIN\t)/gm, `$1${AUTOMATIC_TTL}`);
}

function toRecord(
  json: RecordJson,
  zone: string,
): SingleRecord<CloudflareRecordExtra> {
  const { id, type, ttl, proxied = false, comment, tags = [] } = json;
  const isTtlAutomatic = ttl === AUTOMATIC;
  return {
    id,
    name: nameInZone(toAscii(json.name), zone),
    type,
    ttl: isTtlAutomatic ? AUTOMATIC_TTL : ttl,
    data: toData(type, json),
    extra: { proxied, isTtlAutomatic, comment: comment ?? undefined, tags },
  };
}

function toForm(
  record: SingleRecordInput<CloudflareRecordExtra>,
  zone: ZoneTarget,
) {
  const { name, type, ttl = AUTOMATIC_TTL, data, extra } = record;
  const isAutomatic = extra?.proxied || ttl === AUTOMATIC_TTL;
  return {
    type,
    name: absoluteName(name, zone.name),
    ...toValueJson(type, data),
    ttl: isAutomatic ? AUTOMATIC : ttl,
    proxied: extra?.proxied,
  };
}

/**
 * The most operations that a change can take: a record that has another value
 * now is changed, and each further one is created or deleted.
 */
function operationsOf(change: RecordSetChange): number {
  const sets = change.action === "create"
    ? [change.after]
    : change.action === "replace"
    ? [change.before, change.after]
    : [change.before];
  const counts = sets.map((set) => set && "data" in set ? set.data.length : 0);
  return Math.max(...counts);
}

/** Leaves out a list without operations. */
function orAbsent<T>(operations: readonly T[]): readonly T[] | undefined {
  return operations.length > 0 ? operations : undefined;
}

function toDnssec(json: DnssecJson): DnssecState {
  const { status = "", key_tag, algorithm, digest_type, digest } = json;
  const isSigned = status === "active" || status === "pending";
  if (!isSigned || !digest) return { isSigned, ds: [] };
  const text = `${key_tag} ${algorithm} ${digest_type} ${digest}`;
  return { isSigned, ds: [parseRecordData("DS", text)] };
}

function checkBoolean(value: unknown, operation: string, field: string): void {
  if (typeof value === "boolean") return;
  throw mistake(operation, field, "true or false", value);
}

/** Checks the option `proxied`, which may also come from another provider. */
function checkProxied(
  type: RecordType,
  proxied: unknown,
  operation: string,
): boolean | undefined {
  if (proxied === undefined) return undefined;
  checkBoolean(proxied, operation, "extra.proxied");
  if (!proxied || includes(PROXIABLE, type)) return Boolean(proxied);
  throw new TypeError(
    `${operation}: ${DISPLAY_NAME} supports extra.proxied only for ` +
      `${PROXIABLE.join(", ")}, got ${type}`,
  );
}

/** Checks what Cloudflare cannot hold, although DNS can. */
function checkValues(
  type: RecordType,
  data: readonly RecordData[],
  operation: string,
): void {
  const values = data.map((value, index) => {
    const place = { operation, field: `data[${index}]` };
    const json = toValueJson(type, value);
    checkValueJson(type, json, place);
    if (type === "TXT") checkTextContent(json.content ?? "", place);
    return json;
  });
  if (type !== "TXT") return;
  const length = values.reduce((sum, it) => sum + (it.content ?? "").length, 0);
  checkLength(length, MAX_TEXT, "characters", { operation, field: "data" });
}

function checkTextContent(content: string, place: Place): void {
  // Each string has an octet with its length, and each escape is one octet.
  const strings = content.replace(/\\(?:\d{3}|.)/g, "x").match(/"[^"]*"/g) ??
    [];
  const octets = strings.reduce((sum, it) => sum + it.length - 1, 0);
  if (octets === strings.length) {
    const { operation, field } = place;
    throw new TypeError(
      `${operation}: ${DISPLAY_NAME} does not support an empty text in ${field}`,
    );
  }
  checkLength(octets, MAX_RECORD, "bytes", place);
}

function checkLength(
  length: number,
  max: number,
  unit: string,
  { operation, field }: Place,
): void {
  if (length <= max) return;
  throw new RangeError(
    `${operation}: ${field} is ${length} ${unit}; ` +
      `${DISPLAY_NAME} accepts at most ${max}`,
  );
}

function includes(types: readonly RecordType[], type: RecordType): boolean {
  return types.includes(type);
}
