/**
 * PowerDNS Authoritative Server: zones and record sets of your own name server.
 *
 * ```ts
 * import { PowerDnsDriver } from "@nephos/nephos/drivers/powerdns/dns";
 * import { PowerDnsSimulator } from "@nephos/nephos/simulators/powerdns";
 *
 * const { credentials, fetch } = new PowerDnsSimulator();
 * const dns = new PowerDnsDriver({ ...credentials, fetch });
 * const zone = await dns.createZone({
 *   name: "example.com",
 *   nameServers: ["ns1.example.net", "ns2.example.net"],
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
 * @see {@link https://doc.powerdns.com/authoritative/http-api/ | HTTP API of PowerDNS}
 *
 * @module
 */

import {
  type CallOptions,
  choose,
  type Connection,
  type EnvironmentVariable,
  given,
  type Listing,
  type ListOptions,
  mistake,
  Path,
  refuse,
} from "../../core/mod.ts";
import {
  absoluteName,
  type ChangeResult,
  type ChangeSupport,
  checkZoneName,
  type CreateSecondaryZoneOptions,
  type CreateZoneOptions,
  DnsDriver,
  type Dnssec,
  type DnssecState,
  formatRecordData,
  hostName,
  isRecordType,
  nameInZone,
  parseRecordData,
  type RecordData,
  type RecordSet,
  type RecordSetChange,
  type RecordSetFilter,
  type RecordSetInput,
  type RecordSetKey,
  type RecordType,
  type SecondaryZones,
  type SetDnssecOptions,
  targetOf,
  type Zone,
  type ZoneFiles,
  zoneName,
  type ZoneRef,
  type ZoneTarget,
} from "../../core/dns/mod.ts";
import {
  DISPLAY_NAME,
  PowerDnsConnection,
  type PowerDnsOptions,
  VARIABLES,
} from "./_connection.ts";

export type { PowerDnsOptions } from "./_connection.ts";

/** Kind of a zone, in the words of PowerDNS. */
export type PowerDnsKind =
  | "Native"
  | "Master"
  | "Slave"
  | "Producer"
  | "Consumer";

/** Fields of a zone that only PowerDNS has. */
export type PowerDnsZoneExtra = {
  /** Kind of the zone. */
  readonly kind: string;
  /** Serial number of the SOA record. */
  readonly serial: number | undefined;
  /** Servers that a secondary zone is copied from. */
  readonly primaries: readonly string[];
  /** The account that the zone belongs to, if it has one. */
  readonly account: string | undefined;
};

/**
 * A zone of PowerDNS. Lists do not have its `nameServers`; `getZone()` and
 * `createZone()` read them from the NS records of the zone.
 */
export type PowerDnsZone = Zone<PowerDnsZoneExtra>;

/** A comment on a record set. */
export interface PowerDnsComment {
  /** The comment. */
  readonly content: string;
  /** Who wrote it; may be empty. */
  readonly account: string;
  /** Time of the last change, ISO 8601 in UTC. */
  readonly modifiedAt: string | undefined;
}

/** Fields of a record set that only PowerDNS has. */
export type PowerDnsRecordSetExtra = {
  /** Values that are kept, and not served. */
  readonly disabled: readonly RecordData[];
  /** Comments on the record set. */
  readonly comments: readonly PowerDnsComment[];
};

/**
 * A record set of PowerDNS. Types that only PowerDNS has, such as ALIAS and LUA,
 * are listed with their text. `data` is empty if all values are disabled.
 */
export type PowerDnsRecordSet = RecordSet<PowerDnsRecordSetExtra>;

/** Options of `createZone()`. */
export interface PowerDnsCreateZoneOptions extends CreateZoneOptions {
  /**
   * Hosts of the NS records of the zone.
   *
   * @default {none}
   */
  readonly nameServers?: readonly string[] | undefined;
  /**
   * Whether the servers copy the zone by DNS (`"Master"`), or have the same
   * database (`"Native"`).
   *
   * @default {"Native"}
   */
  readonly kind?: "Native" | "Master" | undefined;
}

/** TTL of a record set whose TTL is not given, in seconds. */
const DEFAULT_TTL = 3600;

/** So many changes fit into a request of at most 2 MB. */
const MAX_CHANGES = 1000;

const ZONES = "/api/v1/servers/localhost/zones";

const KINDS: Readonly<Record<string, Zone["kind"]>> = {
  Native: "primary",
  Master: "primary",
  Producer: "primary",
  Slave: "secondary",
  Consumer: "secondary",
};

const NEW_KINDS = { Native: "Native", Master: "Master" };

interface ZoneJson {
  id: string;
  name: string;
  kind: string;
  serial?: number;
  masters?: readonly string[];
  account?: string;
  dnssec?: boolean;
  rrsets?: readonly RecordSetJson[];
}

interface RecordSetJson {
  name: string;
  type: RecordType;
  ttl: number;
  records: readonly { content: string; disabled?: boolean }[];
  comments?: readonly {
    content: string;
    account: string;
    modified_at?: number;
  }[];
}

interface KeyJson {
  active: boolean;
  ds?: readonly string[];
}

/**
 * Driver for the PowerDNS Authoritative Server.
 *
 * PowerDNS replaces whole record sets, and does not notice that another writer
 * has changed them since. Therefore `addRecord()` and `removeRecord()` read the
 * set again after a change.
 *
 * PowerDNS sends a zone in one response. All changes of a call are made in one
 * request, or none of them.
 *
 * `setRecordSet()` and `deleteRecordSet()` also delete values that are disabled.
 * `addRecord()`, `removeRecord()` and plans that replace values keep them. So does
 * a change whose `before` is from a list of all record sets.
 */
export class PowerDnsDriver extends DnsDriver<PowerDnsZone, PowerDnsRecordSet>
  implements ZoneFiles, Dnssec, SecondaryZones {
  /** Environment variables that `fromEnv()` reads. */
  static readonly variables: readonly EnvironmentVariable[] = VARIABLES;

  /** Id of the provider. */
  override readonly provider = "powerdns";
  /** Connection to the API. Use it for endpoints that this class lacks. */
  override readonly connection: Connection;
  /** All changes of a call are made, or none. */
  override readonly changeSupport: ChangeSupport = {
    isAtomic: true,
    adds: "readBack",
    maxChanges: MAX_CHANGES,
  };

  /**
   * Creates a driver. Nothing is sent until the first call.
   *
   * @param options Key and settings.
   * @throws {TypeError} If `apiKey` or `baseUrl` is invalid.
   */
  constructor(options: PowerDnsOptions) {
    super();
    this.connection = new PowerDnsConnection(options, "PowerDnsDriver");
  }

  /** Lists the zones of the server, in one page and without `nameServers`. */
  override listZones(options: ListOptions = {}): Listing<PowerDnsZone> {
    return this.#list("listZones", options);
  }

  /**
   * Creates a zone with a SOA record, and with NS records if you pass
   * `nameServers`. Without them, resolvers reject the zone.
   *
   * @param options Name of the zone, and its name servers. `ttl` is rejected,
   *   because zones have none.
   * @returns The zone.
   * @throws {TypeError} If an option is invalid or not supported.
   * @throws {ConflictError} If there is a zone with this name.
   */
  override async createZone(
    options: PowerDnsCreateZoneOptions,
  ): Promise<PowerDnsZone> {
    const operation = "createZone";
    const { nameServers = [], kind = "Native" } = options;
    if (!Array.isArray(nameServers)) {
      throw mistake(operation, "nameServers", "an array", nameServers);
    }
    return await this.#create(operation, options, {
      kind: choose(NEW_KINDS, kind, operation, "kind"),
      nameservers: nameServers.map((host: string, index) =>
        withDot(hostName(host, { operation, field: `nameServers[${index}]` }))
      ),
    });
  }

  /**
   * Creates a zone that the server copies from other name servers.
   *
   * @param options Name of the zone, and the addresses of the other servers.
   * @returns The zone.
   * @throws {TypeError} If an option is invalid or not supported.
   * @throws {ConflictError} If there is a zone with this name.
   */
  async createSecondaryZone(
    options: CreateSecondaryZoneOptions,
  ): Promise<PowerDnsZone> {
    const operation = "createSecondaryZone";
    const { primaries } = options;
    if (!Array.isArray(primaries) || primaries.length === 0) {
      throw mistake(operation, "primaries", "a non-empty array", primaries);
    }
    return await this.#create(operation, options, {
      kind: "Slave",
      masters: primaries,
      nameservers: [],
    });
  }

  /**
   * Returns the zone as the text of a zone file. Values that are disabled are
   * left out.
   */
  async exportZoneFile(
    zone: ZoneRef,
    options: CallOptions = {},
  ): Promise<string> {
    const operation = "exportZoneFile";
    const target = await this.resolve(operation, zone, options);
    const response = await this.connection.request<{ zone: string }>(
      pathOf(target, "/export"),
      { ...options, operation },
    );
    return response.read(({ zone }) => {
      if (typeof zone === "string") return zone;
      throw new TypeError("the response has no zone file");
    });
  }

  /** Returns whether a zone is signed, and its DS records. */
  async getDnssec(
    zone: ZoneRef,
    options: CallOptions = {},
  ): Promise<DnssecState> {
    const operation = "getDnssec";
    const target = await this.resolve(operation, zone, options);
    const response = await this.connection.request<readonly KeyJson[]>(
      pathOf(target, "/cryptokeys"),
      { ...options, operation },
    );
    return response.read((keys) => {
      const active = keys.filter((key) => key.active);
      return {
        isSigned: active.length > 0,
        ds: active.flatMap(({ ds = [] }) =>
          ds.map((text) => parseRecordData("DS", text))
        ),
      };
    });
  }

  /**
   * Starts or stops signing a zone. While the parent zone has a DS record,
   * resolvers reject a zone that is not signed.
   */
  async setDnssec(zone: ZoneRef, options: SetDnssecOptions): Promise<void> {
    const operation = "setDnssec";
    const { isSigned, ...call } = options;
    if (typeof isSigned !== "boolean") {
      throw mistake(operation, "isSigned", "true or false", isSigned);
    }
    const target = await this.resolve(operation, zone, call);
    await this.connection.request(pathOf(target), {
      ...call,
      operation,
      method: "PUT",
      data: { dnssec: isSigned },
    });
  }

  /** Ids are made from names. */
  protected override zoneIdOf(name: string): string {
    const escaped = name.replace(
      /[^a-z\d.-]/gi,
      (character) =>
        `=${
          character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")
        }`,
    );
    return `${escaped}.`;
  }

  /** Ids are made from names. */
  protected override zoneNameOf(id: string): string {
    const name = id.replace(
      /=([\dA-F]{2})/gi,
      (_, digits) => String.fromCharCode(parseInt(digits, 16)),
    );
    return zoneName(name);
  }

  /** Requests one zone, with its name servers. */
  protected override async readZone(
    operation: string,
    zone: ZoneTarget,
    options: CallOptions,
  ): Promise<PowerDnsZone> {
    const response = await this.connection.request<ZoneJson>(pathOf(zone), {
      ...options,
      operation,
      params: { rrset_name: withDot(zone.name), rrset_type: "NS" },
    });
    return response.read(toZone);
  }

  /** Deletes a zone. */
  protected override async removeZone(
    operation: string,
    zone: ZoneTarget,
    options: CallOptions,
  ): Promise<void> {
    const request = { ...options, operation, method: "DELETE" };
    await this.connection.request(pathOf(zone), request);
  }

  /** Lists all zones; the lookup of one by its name takes one request, too. */
  protected override readZones(
    operation: string,
    options: ListOptions,
  ): Listing<PowerDnsZone> {
    return this.#list(operation, options);
  }

  /** Adds the default TTL. PowerDNS can hold every type. */
  protected override fitRecordSet(
    _operation: string,
    set: RecordSetInput,
  ): RecordSetInput {
    return { ...set, ttl: set.ttl ?? DEFAULT_TTL };
  }

  /**
   * Lists record sets, in one page. With a filter, versions before 5.0 leave out
   * values that are disabled.
   */
  protected override readRecordSets(
    operation: string,
    zone: ZoneTarget,
    { name, type, keep = () => true }: RecordSetFilter,
    options: ListOptions,
  ): Listing<PowerDnsRecordSet> {
    return this.connection.list(pathOf(zone), {
      items: ({ rrsets }: ZoneJson) => {
        if (rrsets) return rrsets;
        throw new TypeError('the response has no field "rrsets"');
      },
      convert: (json: RecordSetJson) => toRecordSet(json, zone.name),
      // A record set that has only comments is none.
      keep: (set: PowerDnsRecordSet) =>
        set.data.length + set.extra.disabled.length > 0 && keep(set),
    }, {
      ...options,
      operation,
      params: {
        rrset_name: given(name, (it) => withDot(absoluteName(it, zone.name))),
        // Versions before 4.8 want a name with a type.
        rrset_type: name === undefined ? undefined : type,
        include_disabled: name === undefined ? undefined : true,
      },
    });
  }

  /** Reads the whole zone, because a filter may leave out disabled values. */
  protected override async readBeforeWrite(
    operation: string,
    zone: ZoneTarget,
    { name, type }: RecordSetKey,
    options: CallOptions,
  ): Promise<PowerDnsRecordSet | undefined> {
    const keep = (set: RecordSet) => set.name === name && set.type === type;
    const [set] = await this.readRecordSets(operation, zone, { keep }, options);
    return set;
  }

  /** Makes all changes in one request. */
  protected override async writeChanges(
    operation: string,
    zone: ZoneTarget,
    changes: readonly RecordSetChange[],
    options: CallOptions,
  ): Promise<ChangeResult> {
    await this.connection.request(pathOf(zone), {
      ...options,
      operation,
      method: "PATCH",
      data: { rrsets: changes.map((change) => toForm(change, zone.name)) },
    });
    return { state: "done" };
  }

  /** Keeps values that are disabled. */
  protected override toRemoval(current: PowerDnsRecordSet): RecordSetChange {
    return current.extra.disabled.length === 0
      ? super.toRemoval(current)
      : { action: "replace", before: current, after: { ...current, data: [] } };
  }

  #list(operation: string, options: ListOptions): Listing<PowerDnsZone> {
    return this.connection.list(ZONES, {
      items: (body: readonly ZoneJson[]) => body,
      convert: toZone,
    }, { ...options, operation, params: { dnssec: false } });
  }

  /** Creates a zone of some kind. */
  async #create(
    operation: string,
    options: CreateZoneOptions,
    data: Readonly<Record<string, unknown>>,
  ): Promise<PowerDnsZone> {
    refuse(operation, DISPLAY_NAME, options, { ttl: "set it on record sets" });
    const name = withDot(checkZoneName(options.name, operation));
    const response = await this.connection.request<ZoneJson>(ZONES, {
      ...options,
      operation,
      method: "POST",
      creates: true,
      data: { name, ...data },
    });
    return response.read(toZone);
  }
}

/** Path of a zone, or of something below it. */
function pathOf({ id }: ZoneTarget, rest = ""): Path {
  return new Path([`${ZONES}/`, rest], [{ zone: id }]);
}

function toZone(json: ZoneJson): PowerDnsZone {
  const { id, kind, serial, masters = [], account, rrsets = [] } = json;
  const name = zoneName(json.name);
  const nameServers = rrsets
    .filter((set) => set.type === "NS" && nameInZone(set.name, name) === "@")
    .flatMap(({ records }) => records.filter(({ disabled }) => !disabled))
    .map(({ content }) => parseRecordData("NS", content));
  return {
    id,
    name,
    kind: KINDS[kind] ?? "unknown",
    state: "active",
    nameServers,
    extra: { kind, serial, primaries: masters, account: account || undefined },
  };
}

function toRecordSet(json: RecordSetJson, zone: string): PowerDnsRecordSet {
  const { type, ttl, records, comments = [] } = json;
  const name = nameInZone(json.name, zone);
  // ALIAS and LUA have no form that other providers know.
  const toData = (content: string): RecordData =>
    isRecordType(type) ? parseRecordData(type, content) : content;
  const dataOf = (isDisabled: boolean) =>
    records.filter(({ disabled = false }) => disabled === isDisabled)
      .map(({ content }) => toData(content));
  return {
    id: `${name} ${type}`,
    name,
    type,
    ttl,
    data: dataOf(false),
    extra: {
      disabled: dataOf(true),
      comments: comments.map(({ content, account, modified_at }) => ({
        content,
        account,
        modifiedAt: given(modified_at, toTime),
      })),
    },
  } as PowerDnsRecordSet;
}

/** Converts seconds since 1970; 0 stands for none. */
function toTime(seconds: number): string | undefined {
  return seconds > 0 ? new Date(seconds * 1000).toISOString() : undefined;
}

function toForm(change: RecordSetChange, zone: string) {
  const { name, type } = targetOf(change);
  const key = { name: withDot(absoluteName(name, zone)), type };
  if (change.action === "delete") return { ...key, changetype: "DELETE" };
  const { ttl, data } = change.after;
  const { extra } = change.action === "replace" && change.before || {};
  const { disabled = [] } = (extra ?? {}) as Partial<PowerDnsRecordSetExtra>;
  const toRecord = (isDisabled: boolean) => (value: RecordData) => ({
    content: toContent(type, value),
    disabled: isDisabled,
  });
  return {
    ...key,
    ttl,
    changetype: "REPLACE",
    records: [
      ...(data as readonly RecordData[]).map(toRecord(false)),
      ...disabled.map(toRecord(true)),
    ],
  };
}

/** Formats a value as PowerDNS would write it, which is what it accepts. */
function toContent(type: RecordType, value: RecordData): string {
  return formatRecordData(type, value)
    .replace(/(?<= )ech=([^" ]+)/, 'ech="$1"')
    .replace(/^\\# 0$/, "\\# 0 ");
}

/** Makes a name absolute for the API. */
function withDot(name: string): string {
  return name.endsWith(".") ? name : `${name}.`;
}
