/**
 * DigitalOcean: domains and their records.
 *
 * ```ts
 * import { DigitalOceanDnsDriver } from "@nephos/nephos/drivers/digitalocean/dns";
 * import { DigitalOceanSimulator } from "@nephos/nephos/simulators/digitalocean";
 *
 * const { credentials, fetch } = new DigitalOceanSimulator();
 * const dns = new DigitalOceanDnsDriver({ ...credentials, fetch });
 * const zone = await dns.createZone({ name: "example.com" });
 * await dns.setRecordSet(zone, {
 *   name: "www",
 *   type: "A",
 *   ttl: 300,
 *   data: ["192.0.2.1", "192.0.2.2"],
 * });
 * for (const set of await dns.listRecordSets(zone, { name: "www" })) {
 *   console.log(set.name, set.type, set.data);
 * }
 * ```
 *
 * @see {@link https://docs.digitalocean.com/reference/api/digitalocean/#tag/Domain-Records | DigitalOcean API reference}
 *
 * @module
 */

import {
  type CallOptions,
  checkText,
  ConflictError,
  type Connection,
  type EnvironmentVariable,
  given,
  JsonKind,
  JsonResources,
  type Listing,
  type ListOptions,
  type Path,
  path,
  refuse,
  shareConnection,
  type SharedConnection,
} from "../../core/mod.ts";
import {
  absoluteName,
  checkTtl,
  checkTypeIn,
  checkZoneName,
  type CreateZoneOptions,
  formatRecordData,
  hostName,
  parseRecordData,
  type RecordData,
  type RecordSetInput,
  type RecordSetKey,
  type RecordType,
  relativeName,
  type SingleRecord,
  type SingleRecordInput,
  SinglesDnsDriver,
  type SinglesRecordSet,
  type Zone,
  type ZoneFiles,
  zoneName,
  type ZoneRef,
  type ZoneTarget,
} from "../../core/dns/mod.ts";
import {
  DigitalOceanConnection,
  type DigitalOceanOptions,
  DISPLAY_NAME,
  type PageJson,
  PAGES,
  VARIABLES,
} from "./_connection.ts";

export type { DigitalOceanOptions } from "./_connection.ts";

/** A zone at DigitalOcean, where it is called a domain. */
export type DigitalOceanZone = Zone;

/** A record set at DigitalOcean; `extra.records` has the id of each record. */
export type DigitalOceanRecordSet = SinglesRecordSet;

/** Options of `createZone()`. */
export interface DigitalOceanCreateZoneOptions extends CreateZoneOptions {
  /**
   * IPv4 address of a new A record for the zone itself.
   *
   * @default {no record}
   */
  readonly ipAddress?: string | undefined;
}

/** Types that can be written. A zone also has one SOA record, which is listed. */
const TYPES = [
  "A",
  "AAAA",
  "CAA",
  "CNAME",
  "MX",
  "NS",
  "SRV",
  "TXT",
] as const satisfies readonly RecordType[];

/** TTL of every domain, in seconds. */
const DEFAULT_TTL = 1800;

/** Smallest TTL of a record, in seconds. */
const MIN_TTL = 30;

/** Longest text of a TXT record, in quotes and cut as in a zone file. */
const MAX_TEXT = 512;

const NAME_SERVERS = [1, 2, 3].map((number) => `ns${number}.digitalocean.com`);

const DOMAINS = new JsonKind("/v2/domains", "zone", toZone);

interface DomainJson {
  name: string;
  ttl?: number | null;
  zone_file?: string | null;
}

interface RecordJson {
  id: number;
  type: RecordType;
  name: string;
  data: string;
  priority: number | null;
  port: number | null;
  ttl: number;
  weight: number | null;
  flags: number | null;
  tag: string | null;
}

/** The fields of a record that a type uses. */
type RecordFields =
  & Pick<RecordJson, "data">
  & Partial<
    Pick<RecordJson, "priority" | "port" | "weight" | "flags" | "tag">
  >;

/**
 * DNS driver for DigitalOcean.
 *
 * DigitalOcean keeps single records. The driver reads all pages of a zone before
 * it returns record sets, because the records of a set may be on any page.
 */
export class DigitalOceanDnsDriver extends SinglesDnsDriver<DigitalOceanZone>
  implements ZoneFiles {
  /** Environment variables that `fromEnv()` reads. */
  static readonly variables: readonly EnvironmentVariable[] = VARIABLES;

  /** Id of the provider. */
  override readonly provider = "digitalocean";
  /** Connection to the API. Use it for endpoints that this class lacks. */
  override readonly connection: Connection;
  readonly #api: JsonResources<PageJson>;

  /**
   * Creates a driver. Nothing is sent until the first call.
   *
   * @param options Token and settings, or the connection of another driver for
   *   DigitalOcean.
   * @throws {TypeError} If `token`, `baseUrl` or `connection` is invalid.
   */
  constructor(options: DigitalOceanOptions | SharedConnection) {
    super();
    const owner = "DigitalOceanDnsDriver";
    this.connection = shareConnection(
      options,
      this.provider,
      owner,
      (options) => new DigitalOceanConnection(options, owner),
    );
    this.#api = new JsonResources(this.connection, PAGES);
  }

  /** Lists the zones of the account, at most 200 per page. */
  override listZones(options: ListOptions = {}): Listing<DigitalOceanZone> {
    return this.#api.listOf("listZones", DOMAINS, options);
  }

  /**
   * Creates a zone. It has a SOA record and NS records from the start.
   *
   * @param options Name of the zone. `ttl` is rejected: every zone has a TTL of
   *   30 minutes.
   * @returns The zone. Until DigitalOcean has published it, it is `"pending"`.
   * @throws {TypeError} If an option is invalid or not supported.
   * @throws {ConflictError} If there is a zone with this name.
   */
  override async createZone(
    options: DigitalOceanCreateZoneOptions,
  ): Promise<DigitalOceanZone> {
    const operation = "createZone";
    refuse(operation, DISPLAY_NAME, options, { ttl: "set it on record sets" });
    return await this.#api.createOf(operation, DOMAINS, options, {
      name: checkZoneName(options.name, operation),
      ip_address: given(
        options.ipAddress,
        (address) => checkText(address, operation, "ipAddress"),
      ),
    });
  }

  /**
   * Returns the zone file that DigitalOcean publishes.
   *
   * @param zone The zone, its id, or `{ name }`.
   * @param options Options of the call.
   * @returns The zone file.
   * @throws {ConflictError} If the zone has not been published yet.
   */
  async exportZoneFile(
    zone: ZoneRef,
    options: CallOptions = {},
  ): Promise<string> {
    const operation = "exportZoneFile";
    const { id } = await this.resolve(operation, zone, options);
    const response = await this.connection.request<{ domain: DomainJson }>(
      path`/v2/domains/${{ zone: id }}`,
      { ...options, operation },
    );
    const text = response.read(({ domain }) => domain.zone_file);
    if (typeof text === "string") return text;
    const reason = "DigitalOcean has not published the zone yet";
    throw response.error(reason, ConflictError, 409);
  }

  /** Ids are names. */
  protected override zoneIdOf(name: string): string {
    return name;
  }

  /** Ids are names. */
  protected override zoneNameOf(id: string): string {
    return checkZoneName(id, "zone");
  }

  /** Requests one zone. */
  protected override async readZone(
    operation: string,
    { id }: ZoneTarget,
    options: CallOptions,
  ): Promise<DigitalOceanZone> {
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

  /** Checks what DigitalOcean cannot hold, and adds its default TTL. */
  protected override fitRecordSet(
    operation: string,
    set: RecordSetInput,
  ): RecordSetInput {
    const { ttl = DEFAULT_TTL } = set;
    checkTypeIn(set.type, TYPES, operation, DISPLAY_NAME);
    checkTtl(ttl, operation, MIN_TTL);
    for (const [index, data] of set.data.entries()) {
      checkData(set.type, data, { operation, field: `data[${index}]` });
    }
    return { ...set, ttl };
  }

  /** Lists the records of a zone. */
  protected override listRecords(
    operation: string,
    zone: ZoneTarget,
    { name, type }: Partial<RecordSetKey>,
    options: ListOptions,
  ): Listing<SingleRecord> {
    const convert = (json: RecordJson) => toRecord(json, zone.name);
    const params = {
      // Unlike the names in records, this one is absolute.
      name: given(name, (name) => absoluteName(name, zone.name)),
      type: given(type, (type) => isKnown(type) ? type : undefined),
    };
    const key = "domain_records";
    return this.#api.list(operation, records(zone), key, convert, options, {
      params,
    });
  }

  /** Creates a record. */
  protected override async createRecord(
    operation: string,
    zone: ZoneTarget,
    record: SingleRecordInput,
    options: CallOptions,
  ): Promise<void> {
    const form = toForm(record);
    const call = { ...options, creates: true };
    await this.#api.send(operation, "POST", records(zone), call, form);
  }

  /** Changes a record. */
  protected override async updateRecord(
    operation: string,
    zone: ZoneTarget,
    id: string,
    record: SingleRecordInput,
    options: CallOptions,
  ): Promise<void> {
    const form = toForm(record);
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
  return path`/v2/domains/${{ zone: id }}/records`;
}

/** Path of one record. */
function one({ id }: ZoneTarget, record: string): Path {
  return path`/v2/domains/${{ zone: id }}/records/${{ record }}`;
}

/** Whether DigitalOcean can filter by a type. */
function isKnown(type: RecordType): boolean {
  return type === "SOA" || (TYPES as readonly RecordType[]).includes(type);
}

function toZone({ name, ttl, zone_file }: DomainJson): DigitalOceanZone {
  return {
    id: name,
    name: zoneName(name),
    kind: "primary",
    state: zone_file === null ? "pending" : "active",
    ttl: ttl ?? undefined,
    nameServers: NAME_SERVERS,
    extra: {},
  };
}

function toRecord(json: RecordJson, zone: string): SingleRecord {
  const { id, type, name, ttl } = json;
  return {
    id: String(id),
    name: relativeName(name, zone),
    type,
    ttl,
    data: toData(json, zone),
    extra: {},
  };
}

/** Converts the fields of a record. Null stands for a field that is not used. */
function toData(json: RecordJson, zone: string): RecordData {
  const { type, data } = json;
  const priority = json.priority ?? 0;
  switch (type) {
    case "CNAME":
    case "NS":
      return toHost(data, zone);
    case "MX":
      return { preference: priority, host: toHost(data, zone) };
    case "SRV": {
      const { weight, port } = json;
      const host = toHost(data, zone);
      return { priority, weight: weight ?? 0, port: port ?? 0, host };
    }
    case "CAA": {
      const value = data.replace(/\.$/, "");
      return { flags: json.flags ?? 0, tag: json.tag ?? "", value };
    }
    case "A":
    case "AAAA":
      return parseRecordData(type, data);
    default:
      // The data of a SOA record is not that of a zone file.
      return data;
  }
}

/** Converts a host, which DigitalOcean returns without the final dot. */
function toHost(host: string, zone: string): string {
  if (host === "@") return hostName(`${zone}.`);
  return hostName(host.endsWith(".") ? host : `${host}.`);
}

function toForm({ name, type, ttl, data }: SingleRecordInput) {
  const fields = toFields({ type, data } as TypedData);
  return {
    type,
    name,
    priority: null,
    port: null,
    weight: null,
    flags: null,
    tag: null,
    ...fields,
    ttl,
  };
}

/** The value of a record, with its type. */
type TypedData = {
  readonly [T in RecordType]: {
    readonly type: T;
    readonly data: RecordData<T>;
  };
}[RecordType];

function toFields({ type, data }: TypedData): RecordFields {
  switch (type) {
    case "CNAME":
    case "NS":
      return { data: toAbsolute(data) };
    case "MX":
      return { data: toAbsolute(data.host), priority: data.preference };
    case "SRV": {
      const { priority, weight, port, host } = data;
      return { data: toAbsolute(host), priority, weight, port };
    }
    case "CAA": {
      const { flags, tag, value } = data;
      // DigitalOcean takes the name of the authority for a host.
      const isHost = tag !== "iodef" && value !== ";";
      return { data: isHost ? toAbsolute(value) : value, flags, tag };
    }
    default:
      return { data: data as string };
  }
}

/** Adds the final dot, without which DigitalOcean takes a host for relative. */
function toAbsolute(host: string): string {
  return host.endsWith(".") ? host : `${host}.`;
}

/** Where a value is, for errors. */
interface Place {
  readonly operation: string;
  readonly field: string;
}

/** Checks what DigitalOcean cannot hold, although DNS can. */
function checkData(type: RecordType, data: RecordData, place: Place): void {
  const typed = { type, data } as TypedData;
  if (typed.type === "TXT") checkTextData(typed.data, place);
  if (typed.type === "MX" && typed.data.host === ".") {
    refuseData(place, 'the host "."');
  }
  if (typed.type === "CAA") {
    const { tag, value } = typed.data;
    if (!["issue", "issuewild", "iodef"].includes(tag)) {
      refuseData(place, "tags other than issue, issuewild and iodef");
    }
    const isPlain = tag === "iodef" || value === ";" || !/[\s;]/.test(value);
    if (!isPlain || value === "") {
      refuseData(place, "parameters in the value of a CAA record");
    }
  }
}

function checkTextData(data: string | readonly string[], place: Place): void {
  if (typeof data !== "string") refuseData(place, "strings that are cut");
  if (data === "") refuseData(place, "an empty text");
  if (/\\/.test(data)) refuseData(place, "backslashes in a text");
  if (/[\p{Cc}\p{Cs}]/u.test(data)) {
    refuseData(place, "bytes that are not printable text");
  }
  const { length } = formatRecordData("TXT", data, place);
  if (length > MAX_TEXT) {
    throw new RangeError(
      `${place.operation}: ${place.field} is ${length} bytes in quotes; ` +
        `${DISPLAY_NAME} accepts at most ${MAX_TEXT}`,
    );
  }
}

function refuseData({ operation, field }: Place, what: string): never {
  throw new TypeError(
    `${operation}: ${DISPLAY_NAME} does not support ${what} in ${field}`,
  );
}
