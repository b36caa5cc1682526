/**
 * Linode, the cloud of Akamai: domains and their records.
 *
 * ```ts
 * import { LinodeDnsDriver } from "@nephos/nephos/drivers/linode/dns";
 * import { LinodeSimulator } from "@nephos/nephos/simulators/linode";
 *
 * const { credentials, fetch } = new LinodeSimulator();
 * const dns = new LinodeDnsDriver({ ...credentials, fetch });
 * const zone = await dns.createZone({
 *   name: "example.com",
 *   soaEmail: "admin@example.com",
 * });
 * await dns.setRecordSet(zone, {
 *   name: "@",
 *   type: "MX",
 *   ttl: 300,
 *   data: [{ preference: 10, host: "mx1.example.com" }],
 * });
 * for (const set of await dns.listRecordSets(zone)) {
 *   console.log(set.name, set.type, set.data);
 * }
 * ```
 *
 * @see {@link https://techdocs.akamai.com/linode-api/reference/post-domain | Linode API}
 *
 * @module
 */

import {
  type CallOptions,
  checkText,
  type Connection,
  type EnvironmentVariable,
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
  toId,
  toNumber,
  toText,
  toTexts,
  toTime,
} from "../../core/mod.ts";
import {
  checkTypeIn,
  checkZoneName,
  type CreateSecondaryZoneOptions,
  type CreateZoneOptions,
  hostName,
  parseRecordData,
  type RecordData,
  type RecordSetInput,
  type RecordSetKey,
  type RecordType,
  type SecondaryZones,
  type SingleRecord,
  type SingleRecordInput,
  SinglesDnsDriver,
  type SinglesRecordSet,
  type UpdateZoneOptions,
  withApplied,
  type Zone,
  type ZoneFiles,
  zoneName,
  type ZoneRef,
  type ZoneTarget,
  type ZoneUpdates,
} from "../../core/dns/mod.ts";
import {
  BASE_URL,
  DISPLAY_NAME,
  filtered,
  LinodeConnection,
  type LinodeListOptions,
  type LinodeOptions,
  type PageJson,
  PAGES,
  VARIABLES,
} from "./_connection.ts";

export type { LinodeListOptions, LinodeOptions } from "./_connection.ts";

/** Fields of a zone that only Linode has. */
export type LinodeZoneExtra = {
  /** Linode's own word for the state, such as `"active"`. */
  readonly status: string | undefined;
  /** Address for mails about the zone. */
  readonly soaEmail: string | undefined;
  /** Description, if there is one. */
  readonly description: string | undefined;
  /** Tags. */
  readonly tags: readonly string[];
  /** Addresses of the servers that a secondary zone is copied from. */
  readonly primaries: readonly string[];
};

/** A zone at Linode, where it is called a domain. */
export type LinodeZone = Zone<LinodeZoneExtra>;

/** A record set at Linode; `extra.records` has the id of each record. */
export type LinodeRecordSet = SinglesRecordSet;

/** Options of `createZone()`. */
export interface LinodeCreateZoneOptions extends CreateZoneOptions {
  /**
   * Address for mails about the zone.
   *
   * @default {`hostmaster@` and the name of the zone}
   */
  readonly soaEmail?: string | undefined;
  /**
   * Tags of the zone.
   *
   * @default {none}
   */
  readonly tags?: readonly string[] | undefined;
}

/** Options of `updateZone()`. */
export interface LinodeUpdateZoneOptions extends UpdateZoneOptions {
  /**
   * Address for mails about the zone.
   *
   * @default {it stays as it is}
   */
  readonly soaEmail?: string | undefined;
}

/** Types that Linode can hold. */
const TYPES = [
  "A",
  "AAAA",
  "CAA",
  "CNAME",
  "MX",
  "NS",
  "PTR",
  "SRV",
  "TXT",
] as const satisfies readonly RecordType[];

/** The only TTLs that Linode has, in seconds. */
const TTLS = [30, 120, 300]
  .concat([1, 2, 4, 8, 16, 24, 48, 96].map((hours) => hours * 3600))
  .concat([1, 2, 4].map((weeks) => weeks * 604_800));

/** Largest priority of MX and SRV records. */
const MAX_PRIORITY = 255;

/** Longest name of a record. */
const MAX_NAME = 100;

const SERVICE = /^_([^.]+)\._([^.]+)$/;

const KINDS: Readonly<Record<string, Zone["kind"]>> = {
  master: "primary",
  slave: "secondary",
};

const STATES: Readonly<Record<string, Zone["state"]>> = {
  active: "active",
  disabled: "paused",
  edit_mode: "pending",
  has_errors: "error",
};

const NAME_SERVERS = [1, 2, 3, 4, 5].map((number) => `ns${number}.linode.com`);

const DOMAINS = new JsonKind("/domains", "zone", toZone, {
  plural: "data",
  singular: "",
});

interface DomainJson {
  id: number;
  domain: string;
  type: string;
  status: string;
  ttl_sec: number;
  soa_email?: string;
  description?: string | null;
  tags?: readonly string[];
  master_ips?: readonly string[];
  // The description lacks this field, which clients of others read.
  created?: string;
}

interface RecordJson {
  id: number;
  type: RecordType;
  name: string;
  target: string;
  ttl_sec: number;
  priority: number;
  weight: number;
  port: number;
  service: string | null;
  protocol: string | null;
  tag: string | null;
}

/** The fields of a record that a type uses. */
type RecordFields =
  & Pick<RecordJson, "target">
  & Partial<
    Pick<
      RecordJson,
      "priority" | "weight" | "port" | "service" | "protocol" | "tag"
    >
  >;

/**
 * DNS driver for Linode.
 *
 * Linode keeps single records. The driver reads all pages of a zone before it
 * returns record sets, because the records of a set may be on any page. Linode
 * publishes changes after some minutes, and does not tell when.
 *
 * Linode has only some TTLs, from 30 seconds to 4 weeks. `normalizeRecordSet()`
 * returns the nearest one, which all methods send. The NS records of the zone
 * itself that name Linode's servers are not listed.
 */
export class LinodeDnsDriver extends SinglesDnsDriver<LinodeZone>
  implements ZoneFiles, SecondaryZones, ZoneUpdates {
  /** Environment variables that `fromEnv()` reads. */
  static readonly variables: readonly EnvironmentVariable[] = VARIABLES;

  /** Id of the provider. */
  override readonly provider = "linode";
  /** Connection to the API. Use it for endpoints that this class lacks. */
  override readonly connection: Connection;
  readonly #api: JsonResources<PageJson>;

  /**
   * Creates a driver. Nothing is sent until the first call.
   *
   * @param options Token and settings, or the connection of another driver for
   *   Linode.
   * @throws {TypeError} If `token`, `baseUrl` or `connection` is invalid.
   */
  constructor(options: LinodeOptions | SharedConnection) {
    super();
    const owner = "LinodeDnsDriver";
    this.connection = shareConnection(
      options,
      this.provider,
      owner,
      (options) => new LinodeConnection(BASE_URL, options, owner),
    );
    this.#api = new JsonResources(this.connection, PAGES);
  }

  /** Lists the zones of the account, at most 500 per page. */
  override listZones(options: LinodeListOptions = {}): Listing<LinodeZone> {
    return this.#api.listOf("listZones", DOMAINS, filtered(options));
  }

  /**
   * Creates a zone.
   *
   * @param options Name of the zone. `ttl` must be one that Linode has.
   * @returns The zone.
   * @throws {TypeError} If an option is invalid.
   * @throws {RangeError} If Linode does not have the TTL.
   * @throws {ConflictError} If there is a zone with this name.
   */
  override async createZone(
    options: LinodeCreateZoneOptions,
  ): Promise<LinodeZone> {
    const operation = "createZone";
    const { soaEmail, tags } = options;
    const name = checkZoneName(options.name, operation);
    return await this.#api.createOf(operation, DOMAINS, options, {
      domain: name,
      type: "master",
      soa_email: soaEmail === undefined
        ? `hostmaster@${name}`
        : checkText(soaEmail, operation, "soaEmail"),
      ttl_sec: checkStep(options.ttl, operation),
      tags,
    });
  }

  /**
   * Creates a zone that Linode copies from other name servers.
   *
   * @param options Name of the zone, and the addresses of the other servers.
   *   `ttl` is rejected, because the zone has its own.
   * @returns The zone.
   * @throws {TypeError} If an option is invalid or not supported.
   * @throws {ConflictError} If there is a zone with this name.
   */
  async createSecondaryZone(
    options: CreateSecondaryZoneOptions,
  ): Promise<LinodeZone> {
    const operation = "createSecondaryZone";
    const { primaries } = options;
    refuse(operation, DISPLAY_NAME, options, { ttl: "set it at the primary" });
    if (!Array.isArray(primaries) || primaries.length === 0) {
      throw mistake(operation, "primaries", "a non-empty array", primaries);
    }
    return await this.#api.createOf(operation, DOMAINS, options, {
      domain: checkZoneName(options.name, operation),
      type: "slave",
      master_ips: primaries,
    });
  }

  /**
   * Changes the settings of a zone. Options that are absent stay as they are.
   *
   * @param zone The zone, its id, or `{ name }`.
   * @param options The settings. `ttl` must be one that Linode has.
   * @returns The zone.
   * @throws {TypeError} If an option is invalid.
   * @throws {RangeError} If Linode does not have the TTL.
   */
  async updateZone(
    zone: ZoneRef,
    options: LinodeUpdateZoneOptions,
  ): Promise<LinodeZone> {
    const operation = "updateZone";
    const { ttl, soaEmail, ...call } = options;
    const form = {
      ttl_sec: checkStep(ttl, operation),
      soa_email: given(
        soaEmail,
        (email) => checkText(email, operation, "soaEmail"),
      ),
    };
    const response = await this.withZone(
      operation,
      zone,
      call,
      ({ id }, call) =>
        this.#api.send(operation, "PUT", DOMAINS.at(id), call, form),
    );
    return response.read((body) => toZone(body as DomainJson));
  }

  /** Returns the zone as the text of a zone file. */
  async exportZoneFile(
    zone: ZoneRef,
    options: CallOptions = {},
  ): Promise<string> {
    const operation = "exportZoneFile";
    const read = ({ zone_file }: { zone_file: readonly string[] }) =>
      [...zone_file, ""].join("\n");
    return await this.withZone(
      operation,
      zone,
      options,
      ({ id }, call) =>
        this.#api.get(operation, DOMAINS.at(id, "/zone-file"), read, call),
    );
  }

  /** Requests the zones with some names, and returns the first of the names. */
  protected override async readZoneNamed(
    operation: string,
    names: readonly string[],
    options: CallOptions,
  ): Promise<LinodeZone | undefined> {
    const filter = { "+or": names.map((domain) => ({ domain })) };
    const call = filtered({ ...options, filter });
    const zones = await this.#api.listOf(operation, DOMAINS, call);
    const found = names.map((name) => zones.find((zone) => zone.name === name));
    return found.find((zone) => zone !== undefined);
  }

  /** Requests one zone. */
  protected override async readZone(
    operation: string,
    { id }: ZoneTarget,
    options: CallOptions,
  ): Promise<LinodeZone> {
    return await this.#api.getOf(operation, DOMAINS, id, options);
  }

  /** Deletes a zone. */
  protected override async removeZone(
    operation: string,
    { id }: ZoneTarget,
    options: CallOptions,
  ): Promise<void> {
    await this.#api.deleteOf(operation, DOMAINS, id, options);
  }

  /** Checks what Linode cannot hold, and chooses the nearest TTL. */
  protected override fitRecordSet(
    operation: string,
    set: RecordSetInput,
  ): RecordSetInput {
    const { name, type, data } = set;
    checkTypeIn(type, TYPES, operation, DISPLAY_NAME);
    checkName(set, operation);
    for (const [index, value] of data.entries()) {
      const place = { operation, field: `data[${index}]` };
      checkData({ name, type, data: value } as TypedData, place);
    }
    return { ...set, ttl: given(set.ttl, toNearestTtl) };
  }

  /** Lists the records of a zone. */
  protected override listRecords(
    operation: string,
    zone: ZoneTarget,
    { name, type }: Partial<RecordSetKey>,
    options: ListOptions,
  ): Listing<SingleRecord> {
    const filter = {
      // The name of the zone itself is empty, and that of SRV is not the name.
      name: name === "@" || name?.startsWith("_") ? undefined : name,
      type: given(type, (type) => isKnown(type) ? type : undefined),
    };
    const call = filtered(options, filter);
    return this.#api.list(operation, records(zone), "data", toRecord, call);
  }

  /** Creates a record. */
  protected override async createRecord(
    operation: string,
    zone: ZoneTarget,
    record: SingleRecordInput,
    options: CallOptions,
  ): Promise<void> {
    const form = toForm(record, operation);
    const call = { ...options, creates: true };
    const response = await this.#api.send(
      operation,
      "POST",
      records(zone),
      call,
      { type: record.type, ...form },
    );
    const { id, ttl } = response.read((body) => toRecord(body as RecordJson));
    // At times, Linode does not keep the TTL of a new record.
    if (ttl === record.ttl) return;
    try {
      await this.updateRecord(operation, zone, id, record, options);
    } catch (error) {
      throw withApplied(error, options.signal);
    }
  }

  /** Changes a record. */
  protected override async updateRecord(
    operation: string,
    zone: ZoneTarget,
    id: string,
    record: SingleRecordInput,
    options: CallOptions,
  ): Promise<void> {
    const form = toForm(record, operation);
    await this.#api.send(operation, "PUT", one(zone, id), options, form);
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
}

/** Path of the records of a zone. */
function records({ id }: ZoneTarget): Path {
  return DOMAINS.at(id, "/records");
}

/** Path of one record. */
function one({ id }: ZoneTarget, record: string): Path {
  return path`/domains/${{ zone: id }}/records/${{ record }}`;
}

/** Whether Linode can filter by a type. */
function isKnown(type: RecordType): boolean {
  return (TYPES as readonly RecordType[]).includes(type);
}

/** Returns the TTL that Linode has and that is nearest to another one. */
function toNearestTtl(ttl: number): number {
  return TTLS.reduce((nearest, step) =>
    Math.abs(step - ttl) < Math.abs(nearest - ttl) ? step : nearest
  );
}

/** Checks the TTL of a zone. */
function checkStep(
  ttl: number | undefined,
  operation: string,
): number | undefined {
  if (ttl === undefined || TTLS.includes(ttl)) return ttl;
  throw new RangeError(
    `${operation}: ttl must be one of ${TTLS.join(", ")}, got ${ttl}`,
  );
}

function toZone(json: DomainJson): LinodeZone {
  const { id, domain, type, status, ttl_sec } = json;
  return {
    id: toId(id),
    name: zoneName(domain),
    kind: lookUp(KINDS, type) ?? "unknown",
    state: lookUp(STATES, status) ?? "unknown",
    ttl: toTtl(ttl_sec),
    nameServers: NAME_SERVERS,
    createdAt: toTime(json.created),
    extra: {
      status: toText(status),
      soaEmail: toText(json.soa_email) || undefined,
      description: toText(json.description) || undefined,
      tags: toTexts(json.tags),
      primaries: toTexts(json.master_ips),
    },
  };
}

/** Converts a TTL; 0 stands for the default. */
function toTtl(seconds: unknown): number | undefined {
  return toNumber(seconds) || undefined;
}

function toRecord(json: RecordJson): SingleRecord {
  const { id, type, ttl_sec } = json;
  return {
    id: toId(id),
    name: toName(json),
    type,
    ttl: toTtl(ttl_sec),
    data: toData(json),
    extra: {},
  };
}

/** Converts the name, which is empty for the zone itself. */
function toName({ type, name, service, protocol }: RecordJson): string {
  if (type !== "SRV") return name === "" ? "@" : name.toLowerCase();
  // Linode adds the underscores if they are missing.
  const labels = [service ?? "", protocol ?? ""];
  return labels.map((it) => `_${it.replace(/^_/, "")}`).join(".").toLowerCase();
}

function toData(json: RecordJson): RecordData {
  const { type, target, priority, weight, port, tag } = json;
  switch (type) {
    case "CNAME":
    case "NS":
    case "PTR":
      return toHost(target);
    case "MX":
      return { preference: priority, host: toHost(target) };
    case "SRV":
      return { priority, weight, port, host: toHost(target) };
    case "CAA":
      return { flags: 0, tag: tag ?? "", value: target };
    case "A":
    case "AAAA":
      return parseRecordData(type, target);
    default:
      return target;
  }
}

/** Converts a host, which Linode returns without the final dot. */
function toHost(host: string): string {
  return hostName(host.endsWith(".") ? host : `${host}.`);
}

function toForm(
  { name, type, ttl, data }: SingleRecordInput,
  operation: string,
) {
  // The name may have been absolute before.
  checkName({ name, type }, operation);
  return {
    // The name of the zone itself is empty, which is the default.
    name: name === "@" || type === "SRV" ? undefined : name,
    ttl_sec: ttl ?? 0,
    ...toFields({ name, type, data } as TypedData),
  };
}

/** The value of a record, with its type and name. */
type TypedData = {
  readonly [T in RecordType]: {
    readonly name: string;
    readonly type: T;
    readonly data: RecordData<T>;
  };
}[RecordType];

function toFields({ name, type, data }: TypedData): RecordFields {
  switch (type) {
    case "CNAME":
    case "NS":
    case "PTR":
      return { target: withoutDot(data) };
    case "MX":
      return { target: withoutDot(data.host), priority: data.preference };
    case "SRV": {
      const [, service = "", protocol = ""] = SERVICE.exec(name) ?? [];
      const { priority, weight, port, host } = data;
      return {
        target: withoutDot(host),
        priority,
        weight,
        port,
        service,
        protocol,
      };
    }
    case "CAA":
      return { target: data.value, tag: data.tag };
    default:
      return { target: data as string };
  }
}

/** Removes the final dot, which only the root and short names have. */
function withoutDot(host: string): string {
  return host.replace(/\.$/, "");
}

/** Where a value is, for errors. */
interface Place {
  readonly operation: string;
  readonly field: string;
}

/** Checks the name of a record set. */
function checkName({ name, type }: RecordSetKey, operation: string): void {
  // An absolute one is checked when it is known what it is relative to.
  if (name.endsWith(".")) return;
  if (name.length > MAX_NAME) {
    throw new RangeError(
      `${operation}: name is ${name.length} characters; ` +
        `${DISPLAY_NAME} accepts at most ${MAX_NAME}`,
    );
  }
  if (type === "CNAME" && name === "@") {
    throw new TypeError(
      `${operation}: ${DISPLAY_NAME} does not support a CNAME for the zone itself`,
    );
  }
  if (type === "SRV" && !SERVICE.test(name)) {
    throw new TypeError(
      `${operation}: name of an SRV record must be "_service._protocol" at ` +
        `${DISPLAY_NAME}, got ${JSON.stringify(name)}`,
    );
  }
}

/** Checks what Linode cannot hold, although DNS can. */
function checkData(typed: TypedData, place: Place): void {
  switch (typed.type) {
    case "MX": {
      const { preference, host } = typed.data;
      checkPriority(preference, {
        ...place,
        field: `${place.field}.preference`,
      });
      if (host === "." && (preference !== 0 || typed.name !== "@")) {
        refuseData(place, 'the host "." except with preference 0 and name "@"');
      }
      break;
    }
    case "SRV": {
      const { priority, host } = typed.data;
      checkPriority(priority, { ...place, field: `${place.field}.priority` });
      if (host === ".") refuseData(place, 'the host "."');
      break;
    }
    case "CAA":
      checkAuthority(typed.data, place);
      break;
    case "TXT":
      checkTextData(typed.data, place);
      break;
    case "NS":
      if (typed.name.startsWith("*")) {
        refuseData(place, "NS records of wildcards");
      }
  }
}

function checkPriority(value: number, { operation, field }: Place): void {
  if (value <= MAX_PRIORITY) return;
  throw new RangeError(
    `${operation}: ${field} is ${value}; ${DISPLAY_NAME} accepts at most ` +
      MAX_PRIORITY,
  );
}

function checkAuthority(
  { flags, tag, value }: RecordData<"CAA">,
  place: Place,
): void {
  if (flags !== 0) refuseData(place, "flags other than 0");
  if (!["issue", "issuewild", "iodef"].includes(tag)) {
    refuseData(place, "tags other than issue, issuewild and iodef");
  }
  if (value === "" || /[^!-~]/.test(value)) {
    refuseData(place, "spaces in the value of a CAA record");
  }
}

function checkTextData(data: string | readonly string[], place: Place): void {
  if (typeof data !== "string") refuseData(place, "strings that are cut");
  if (/[\p{Cc}\p{Cs}]/u.test(data)) {
    refuseData(place, "bytes that are not printable text");
  }
}

function refuseData({ operation, field }: Place, what: string): never {
  throw new TypeError(
    `${operation}: ${DISPLAY_NAME} does not support ${what} in ${field}`,
  );
}
