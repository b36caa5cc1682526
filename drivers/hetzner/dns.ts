/**
 * Hetzner Cloud: DNS zones and their record sets.
 *
 * ```ts
 * import { HetznerDnsDriver } from "@nephos/nephos/drivers/hetzner/dns";
 * import { HetznerSimulator } from "@nephos/nephos/simulators/hetzner";
 *
 * const { credentials, fetch } = new HetznerSimulator();
 * const dns = new HetznerDnsDriver({ ...credentials, fetch });
 * const zone = await dns.createZone({ name: "example.com" });
 * const change = await dns.addRecord(zone, {
 *   name: "www",
 *   type: "A",
 *   ttl: 300,
 *   data: ["192.0.2.1"],
 * });
 * await dns.waitForChange(change);
 * for (const set of await dns.listRecordSets(zone, { name: "www" })) {
 *   console.log(set.name, set.type, set.data);
 * }
 * ```
 *
 * The older DNS Console of Hetzner (`dns.hetzner.com`) is another service.
 *
 * @see {@link https://docs.hetzner.cloud/reference/cloud#zones | Hetzner Cloud API reference}
 *
 * @module
 */

import {
  type CallOptions,
  checkText,
  ConflictError,
  type Connection,
  type EnvironmentVariable,
  field,
  given,
  JsonKind,
  JsonResources,
  type Listing,
  type ListOptions,
  lookUp,
  mistake,
  NotFoundError,
  type Path,
  path,
  poll,
  sequence,
  shareConnection,
  type SharedConnection,
  toId,
  toNumber,
  toText,
  toTime,
  ValidationError,
} from "../../core/mod.ts";
import {
  applyEach,
  type ChangeResult,
  type ChangeSupport,
  checkTtl,
  checkTypeIn,
  checkZoneName,
  checkZoneRef,
  type CreateSecondaryZoneOptions,
  type CreateZoneOptions,
  dataKey,
  DnsDriver,
  formatRecordData,
  hostName,
  isRecordType,
  isUnchanged,
  keyOf,
  missingIn,
  parseRecordData,
  presentIn,
  type RecordData,
  type RecordOptions,
  type RecordSet,
  type RecordSetChange,
  type RecordSetFilter,
  type RecordSetInput,
  type RecordSetKey,
  type RecordType,
  sameValues,
  type SecondaryZones,
  targetOf,
  type UpdateZoneOptions,
  type ValueWrite,
  withApplied,
  type Zone,
  type ZoneFiles,
  zoneName,
  type ZoneRef,
  type ZoneTarget,
  type ZoneUpdates,
} from "../../core/dns/mod.ts";
import { type HetznerAction, isCompleted, toAction } from "./_actions.ts";
import {
  DISPLAY_NAME,
  HetznerConnection,
  type HetznerOptions,
  type PageJson,
  PAGES,
  RECORD_SET_PAGES,
  VARIABLES,
} from "./_connection.ts";

export type { HetznerOptions } from "./_connection.ts";

/** Fields of a zone that only Hetzner has. */
export type HetznerZoneExtra = {
  /** Hetzner's own word for the state, such as `"ok"`. */
  readonly status: string | undefined;
  /** Labels, which are tags of Hetzner. */
  readonly labels: Readonly<Record<string, string>>;
  /** Whether the zone cannot be deleted. */
  readonly isProtected: boolean;
  /** Whether the registrar names the servers of Hetzner, such as `"valid"`. */
  readonly delegation: string | undefined;
  /** Number of records. */
  readonly recordCount: number | undefined;
  /** Addresses of the servers that a secondary zone is copied from. */
  readonly primaries: readonly string[];
};

/** A zone at Hetzner Cloud. */
export type HetznerZone = Zone<HetznerZoneExtra>;

/** A record at Hetzner Cloud. */
export interface HetznerRecord {
  /** The value in the form of a zone file, as Hetzner has it. */
  readonly value: string;
  /** The comment, if there is one. A change of other values keeps it. */
  readonly comment?: string | undefined;
}

/** Fields of a record set that only Hetzner has. */
export type HetznerRecordSetExtra = {
  /** Labels, which are tags of Hetzner. */
  readonly labels: Readonly<Record<string, string>>;
  /** Whether the record set cannot be changed or deleted. */
  readonly isProtected: boolean;
  /** The records, in the order of `data`. */
  readonly records: readonly HetznerRecord[];
};

/** A record set at Hetzner Cloud. Without a TTL, it has that of the zone. */
export type HetznerRecordSet = RecordSet<HetznerRecordSetExtra>;

/** Options of `createZone()`. */
export interface HetznerCreateZoneOptions extends CreateZoneOptions {
  /**
   * Labels of the zone.
   *
   * @default {none}
   */
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** Types that Hetzner can hold. */
const TYPES = [
  "A",
  "AAAA",
  "CAA",
  "CNAME",
  "DS",
  "HINFO",
  "HTTPS",
  "MX",
  "NS",
  "PTR",
  "RP",
  "SOA",
  "SRV",
  "SVCB",
  "TLSA",
  "TXT",
] as const satisfies readonly RecordType[];

/** Smallest TTL, in seconds. */
const MIN_TTL = 60;

/** Largest number of records in one request. */
const MAX_RECORDS = 50;

/** First delay between two looks at an action. */
const INTERVAL_MS = 200;

/** Result of each change: it is applied when the call ends. */
const DONE: ChangeResult = { state: "done" };

const KINDS: Readonly<Record<string, Zone["kind"]>> = {
  primary: "primary",
  secondary: "secondary",
};

const STATES: Readonly<Record<string, Zone["state"]>> = {
  ok: "active",
  updating: "pending",
  error: "error",
};

const ZONES = new JsonKind("/zones", "zone", toZone);

const ACTIONS = new JsonKind("/zones/actions", "action", toAction);

const readAction = field("action", toAction);

interface ZoneJson {
  id: number;
  name: string;
  mode: string;
  status: string;
  ttl: number;
  created: string;
  labels: Record<string, string>;
  protection: { delete: boolean };
  authoritative_nameservers: {
    assigned: readonly string[];
    delegation_status?: string;
  };
  primary_nameservers?: readonly ServerJson[];
  record_count?: number;
}

interface ServerJson {
  address: string;
  port?: number | undefined;
}

interface RecordSetJson {
  name: string;
  type: RecordType;
  ttl: number | null;
  labels: Record<string, string>;
  protection: { change: boolean };
  records: readonly { value: string; comment?: string }[];
}

/**
 * DNS driver for Hetzner Cloud.
 *
 * Hetzner applies changes in the background. Methods wait until their change is
 * applied, and reject if Hetzner could not apply it. A call that makes several
 * changes waits for each of them before it makes the next one.
 *
 * Values may be relative to the zone. Therefore a bare id of a zone, unless it is
 * the name, costs one more request.
 */
export class HetznerDnsDriver extends DnsDriver<HetznerZone, HetznerRecordSet>
  implements ZoneFiles, SecondaryZones, ZoneUpdates {
  /** Environment variables that `fromEnv()` reads. */
  static readonly variables: readonly EnvironmentVariable[] = VARIABLES;

  /** Id of the provider. */
  override readonly provider = "hetzner";
  /** Connection to the API. Use it for endpoints that this class lacks. */
  override readonly connection: Connection;
  /** Hetzner adds and removes single values; changes are made one by one. */
  override readonly changeSupport: ChangeSupport = {
    isAtomic: false,
    adds: "native",
    maxChanges: Infinity,
  };
  /** The name is needed for values that are relative to the zone. */
  protected override readonly needsZoneName = true;
  readonly #api: JsonResources<PageJson>;

  /**
   * Creates a driver. Nothing is sent until the first call.
   *
   * @param options Token and settings, or the connection of another driver for
   *   Hetzner Cloud.
   * @throws {TypeError} If `token`, `baseUrl` or `connection` is invalid.
   */
  constructor(options: HetznerOptions | SharedConnection) {
    super();
    const owner = "HetznerDnsDriver";
    this.connection = shareConnection(
      options,
      this.provider,
      owner,
      (options) => new HetznerConnection(options, owner),
    );
    this.#api = new JsonResources(this.connection, PAGES);
  }

  /** Lists the zones of the project, at most 50 per page. */
  override listZones(options: ListOptions = {}): Listing<HetznerZone> {
    return this.#api.listOf("listZones", ZONES, options);
  }

  /**
   * Creates a zone. It has a SOA record and NS records from the start.
   *
   * @param options Name of the zone: a registered domain, no subdomain. The TTL
   *   is at least 60 seconds.
   * @returns The zone. Until Hetzner has published it, it is `"pending"`.
   * @throws {TypeError} If an option is invalid.
   * @throws {RangeError} If the TTL is out of range.
   * @throws {ConflictError} If there is a zone with this name.
   */
  override async createZone(
    options: HetznerCreateZoneOptions,
  ): Promise<HetznerZone> {
    const { labels } = options;
    return await this.#create("createZone", options, {
      mode: "primary",
      labels,
    });
  }

  /**
   * Creates a zone that Hetzner copies from other name servers.
   *
   * @param options Name of the zone, and the addresses of the other servers, with
   *   their ports if these are not 53: `"192.0.2.53"`, `"[2001:db8::1]:5300"`.
   * @returns The zone.
   * @throws {TypeError} If an option is invalid.
   * @throws {ConflictError} If there is a zone with this name.
   */
  async createSecondaryZone(
    options: CreateSecondaryZoneOptions,
  ): Promise<HetznerZone> {
    const operation = "createSecondaryZone";
    const { primaries } = options;
    if (!Array.isArray(primaries) || primaries.length === 0) {
      throw mistake(operation, "primaries", "a non-empty array", primaries);
    }
    return await this.#create(operation, options, {
      mode: "secondary",
      primary_nameservers: primaries.map((server: string, index) =>
        toServer(checkText(server, operation, `primaries[${index}]`))
      ),
    });
  }

  /**
   * Changes the TTL of a zone, and waits until it is changed.
   *
   * @param zone The zone, its id, or `{ name }`.
   * @param options The TTL in seconds, at least 60.
   * @returns The zone.
   * @throws {RangeError} If the TTL is out of range.
   */
  async updateZone(
    zone: ZoneRef,
    options: UpdateZoneOptions,
  ): Promise<HetznerZone> {
    const operation = "updateZone";
    const { ttl, ...call } = options;
    checkTtl(ttl, operation, MIN_TTL);
    const target = toTarget(zone, operation);
    if (ttl === undefined) return await this.readZone(operation, target, call);
    const about = { provider: this.provider, operation };
    return await sequence(about, call, async ({ call, write }) => {
      const action = path`/zones/${{ zone: target.id }}/actions/change_ttl`;
      await write((call) => this.#act(operation, action, call, { ttl }));
      return await this.readZone(operation, target, call);
    });
  }

  /** Returns the zone as the text of a zone file, with comments. */
  async exportZoneFile(
    zone: ZoneRef,
    options: CallOptions = {},
  ): Promise<string> {
    const operation = "exportZoneFile";
    const { id } = toTarget(zone, operation);
    const read = ({ zonefile }: { zonefile: string }) => zonefile.toString();
    const file = path`/zones/${{ zone: id }}/zonefile`;
    return await this.#api.get(operation, file, read, options);
  }

  /**
   * Replaces all record sets of a zone by those of a zone file.
   *
   * @param zone The zone, its id, or `{ name }`.
   * @param text The zone file. It must contain the SOA record, and NS records
   *   with the name servers of the zone. Its `$TTL` becomes the TTL of the zone.
   * @param options Options of the call.
   * @returns The change.
   * @throws {TypeError} If `text` is not a string.
   */
  async importZoneFile(
    zone: ZoneRef,
    text: string,
    options: CallOptions = {},
  ): Promise<ChangeResult> {
    const operation = "importZoneFile";
    if (typeof text !== "string") {
      throw mistake(operation, "text", "a string", text);
    }
    const { id } = toTarget(zone, operation);
    const action = path`/zones/${{ zone: id }}/actions/import_zonefile`;
    const form = { zonefile: text };
    await this.#act(operation, action, options, form, true);
    return DONE;
  }

  /** Hetzner accepts the name instead of the id. */
  protected override zoneIdOf(name: string): string {
    return name;
  }

  /** An id that is not a number is the name. */
  protected override zoneNameOf(id: string): string | undefined {
    return /^\d+$/.test(id) ? undefined : id.toLowerCase();
  }

  /** Requests one zone. */
  protected override async readZone(
    operation: string,
    { id }: ZoneTarget,
    options: CallOptions,
  ): Promise<HetznerZone> {
    return await this.#api.getOf(operation, ZONES, id, options);
  }

  /** Deletes a zone. */
  protected override async removeZone(
    operation: string,
    { id }: ZoneTarget,
    options: CallOptions,
  ): Promise<void> {
    await this.#api.deleteOf(operation, ZONES, id, options);
  }

  /** Checks what Hetzner cannot hold. */
  protected override fitRecordSet(
    operation: string,
    set: RecordSetInput,
  ): RecordSetInput {
    checkTypeIn(set.type, TYPES, operation, DISPLAY_NAME);
    checkTtl(set.ttl, operation, MIN_TTL);
    const { length } = set.data;
    if (length > MAX_RECORDS) {
      throw new RangeError(
        `${operation}: data has ${length} values; ${DISPLAY_NAME} accepts at ` +
          `most ${MAX_RECORDS}`,
      );
    }
    return set;
  }

  /** Lists record sets, at most 100 per page. */
  protected override readRecordSets(
    operation: string,
    zone: ZoneTarget,
    { name, type, keep }: RecordSetFilter,
    options: ListOptions,
  ): Listing<HetznerRecordSet> {
    const convert = (json: RecordSetJson) => toRecordSet(json, zone.name);
    const params = {
      name,
      type: given(type, (type) => isKnown(type) ? type : undefined),
    };
    const settings = { params, keep, pages: RECORD_SET_PAGES };
    const sets = path`/zones/${{ zone: zone.id }}/rrsets`;
    return this.#api.list(
      operation,
      sets,
      "rrsets",
      convert,
      options,
      settings,
    );
  }

  /** Makes changes, one after the other. */
  protected override async writeChanges(
    operation: string,
    zone: ZoneTarget,
    changes: readonly RecordSetChange[],
    options: CallOptions,
  ): Promise<ChangeResult> {
    const [only] = changes;
    const key = only && changes.length === 1 ? targetOf(only) : undefined;
    const current = await this.#read(operation, zone, key, options);
    for (const change of changes) {
      if (isUnchanged(change, current.get(keyOf(targetOf(change))))) continue;
      throw this.conflict(operation, change);
    }
    const about = {
      provider: this.provider,
      operation,
      signal: options.signal,
    };
    await applyEach(about, changes, async (change) => {
      const set = current.get(keyOf(targetOf(change)));
      await this.#apply(operation, zone, change, set, options);
    });
    return DONE;
  }

  /** Adds the values that are not there yet. */
  protected override async addValues(
    operation: string,
    zone: ZoneTarget,
    set: RecordSetInput,
    options: RecordOptions,
  ): Promise<ChangeResult> {
    return await this.#changeValues(operation, zone, set, options, {
      verb: "add_records",
      lostIn: (current) => missingIn(current, set.data),
      toForm: (current, values) => ({
        records: values.map((data) => toRecord(set.type, data)),
        // That of a record set cannot be changed here.
        ttl: current ? undefined : set.ttl,
      }),
    });
  }

  /** Removes values. The record set is deleted with the last one. */
  protected override async removeValues(
    operation: string,
    zone: ZoneTarget,
    set: RecordSetInput,
    options: RecordOptions,
  ): Promise<ChangeResult> {
    return await this.#changeValues(operation, zone, set, options, {
      verb: "remove_records",
      lostIn: (current) => presentIn(current, set.data),
      // Hetzner compares the text, so it gets its own.
      toForm: (current, values) => ({
        records: recordsOf(current, values).map(({ value }) => ({ value })),
      }),
    });
  }

  /** Does nothing: `writeChanges()` compares the record sets that it reads. */
  protected override checkUnchanged(): Promise<void> {
    return Promise.resolve();
  }

  /** Creates a zone of some kind. */
  async #create(
    operation: string,
    options: CreateZoneOptions,
    data: Readonly<Record<string, unknown>>,
  ): Promise<HetznerZone> {
    const { name, ttl, ...call } = options;
    checkTtl(ttl, operation, MIN_TTL);
    return await this.#api.createOf(operation, ZONES, call, {
      name: checkZoneName(name, operation),
      ttl,
      ...data,
    });
  }

  /** Reads one record set, or all of a zone, by name and type. */
  async #read(
    operation: string,
    zone: ZoneTarget,
    key: RecordSetKey | undefined,
    options: CallOptions,
  ): Promise<ReadonlyMap<string, HetznerRecordSet>> {
    const { name, type } = key ?? {};
    const sets = await this.readRecordSets(
      operation,
      zone,
      { name, type },
      options,
    );
    return new Map(sets.map((set) => [keyOf(set), set]));
  }

  /** Makes one change of a record set, given the one that was read. */
  async #apply(
    operation: string,
    zone: ZoneTarget,
    change: RecordSetChange,
    current: HetznerRecordSet | undefined,
    options: CallOptions,
  ): Promise<void> {
    if (change.action === "create") {
      return await this.#createSet(operation, zone, change.after, options);
    }
    try {
      if (change.action === "delete") {
        if (current) await this.#deleteSet(operation, zone, current, options);
        return;
      }
      const { after } = change;
      if (current) {
        await this.#replaceSet(operation, zone, current, after, options);
      } else {
        await this.#createSet(operation, zone, after, options);
      }
    } catch (error) {
      const hasChanged = current
        ? NotFoundError.is(error)
        : ConflictError.is(error);
      if (!hasChanged || hasExpectation(change)) throw error;
      // Another writer has deleted or created the record set meanwhile.
      const key = targetOf(change);
      const now = (await this.#read(operation, zone, key, options))
        .get(keyOf(key));
      if (!now === !current) throw error;
      await this.#apply(operation, zone, change, now, options);
    }
  }

  async #createSet(
    operation: string,
    zone: ZoneTarget,
    { name, type, ttl, data }: RecordSetInput,
    options: CallOptions,
  ): Promise<void> {
    const records = data.map((value: RecordData) => toRecord(type, value));
    const sets = path`/zones/${{ zone: zone.id }}/rrsets`;
    const form = { name, type, ttl, records };
    await this.#act(operation, sets, options, form, true);
  }

  async #deleteSet(
    operation: string,
    zone: ZoneTarget,
    set: RecordSetKey,
    options: CallOptions,
  ): Promise<void> {
    const response = await this.#api.send(
      operation,
      "DELETE",
      pathOf(zone, set),
      options,
    );
    const action = response.read((body) => readAction(body as never));
    await this.#settle(operation, action, options);
  }

  /** Changes the values and the TTL, as far as they differ. */
  async #replaceSet(
    operation: string,
    zone: ZoneTarget,
    current: HetznerRecordSet,
    after: RecordSetInput,
    options: CallOptions,
  ): Promise<void> {
    const { type, ttl, data } = after;
    const isChanged = !sameValues(current, after);
    if (isChanged) {
      const [added, kept] = [
        missingIn(current, data),
        recordsOf(current, data),
      ];
      await this.#act(
        operation,
        pathOf(zone, current, "set_records"),
        options,
        { records: [...kept, ...added.map((it) => toRecord(type, it))] },
      );
    }
    if (ttl === current.ttl) return;
    try {
      await this.#act(
        operation,
        pathOf(zone, current, "change_ttl"),
        options,
        { ttl: ttl ?? null },
      );
    } catch (error) {
      throw isChanged ? withApplied(error, options.signal) : error;
    }
  }

  /** Adds or removes single values. */
  async #changeValues(
    operation: string,
    zone: ZoneTarget,
    set: RecordSetInput,
    options: RecordOptions,
    { verb, lostIn, toForm }: {
      readonly verb: string;
      readonly lostIn: ValueWrite<HetznerRecordSet>["lostIn"];
      toForm(
        current: HetznerRecordSet | undefined,
        values: readonly RecordData[],
      ): object;
    },
  ): Promise<ChangeResult> {
    return await this.writeValues(operation, zone, set, options, {
      lostIn,
      isFinal: ({ code }) => code === "protected",
      write: async (current, call) => {
        const action = pathOf(zone, set, verb);
        const form = toForm(current, lostIn(current));
        try {
          await this.#act(operation, action, call, form);
          return DONE;
        } catch (error) {
          if (!NotFoundError.is(error) && !ValidationError.is(error)) {
            throw error;
          }
          // The reason may be that another writer changed the record set.
          const now = await this.readRecordSet(operation, zone, set, call);
          if (isSame(current, now)) throw error;
          throw this.conflict(operation, { action: "replace", after: set });
        }
      },
    });
  }

  /** Sends a change, and waits until Hetzner has applied it. */
  async #act(
    operation: string,
    path: Path,
    options: CallOptions,
    data: object,
    creates = false,
  ): Promise<void> {
    const call = { ...options, creates };
    const action = await this.#api.create(
      operation,
      path,
      readAction,
      call,
      data,
    );
    await this.#settle(operation, action, options);
  }

  /** Waits until an action is completed. Until then, lists lack the change. */
  async #settle(
    operation: string,
    action: HetznerAction,
    options: CallOptions,
  ): Promise<void> {
    const { provider } = this;
    const about = { provider, operation };
    if (isCompleted(action, about)) return;
    const describe = () => `action ${action.id} is not completed`;
    const settings = { ...options, intervalMs: INTERVAL_MS };
    try {
      await poll({ ...about, describe }, settings, async (look) => {
        const { intervalMs: _, ...call } = look;
        const now = await this.#api.getOf(operation, ACTIONS, action.id, call);
        return isCompleted(now, about) ? now : undefined;
      });
    } catch (error) {
      throw withApplied(error, options.signal);
    }
  }
}

/** The zone of a call that does not need its name. */
function toTarget(zone: ZoneRef, operation: string): ZoneTarget {
  const { id, name } = checkZoneRef(zone, operation);
  return { id: id ?? name, name };
}

/** Reads an address of a name server, which may have a port. */
function toServer(text: string): ServerJson {
  const { ipv6, host = ipv6, port } =
    /^(?:\[(?<ipv6>.+)\]|(?<host>[^:]+)):(?<port>\d+)$/.exec(text)?.groups ??
      {};
  return host ? { address: host, port: Number(port) } : { address: text };
}

function toAddress({ address, port = 53 }: ServerJson): string {
  if (port === 53) return address;
  return `${address.includes(":") ? `[${address}]` : address}:${port}`;
}

/** Path of a record set, or of an action on it. */
function pathOf(zone: ZoneTarget, set: RecordSetKey, verb?: string): Path {
  const { name, type } = set;
  const named = { zone: zone.id };
  return verb === undefined
    ? path`/zones/${named}/rrsets/${{ name }}/${{ type }}`
    : path`/zones/${named}/rrsets/${{ name }}/${{ type }}/actions/${{ verb }}`;
}

/** Whether Hetzner can filter by a type. */
function isKnown(type: RecordType): boolean {
  return (TYPES as readonly RecordType[]).includes(type);
}

/** Whether a change must not be made to a record set that has changed. */
function hasExpectation(change: RecordSetChange): boolean {
  return change.action === "replace" && change.before !== undefined;
}

/** Whether two record sets have the same values, or both are missing. */
function isSame(
  a: HetznerRecordSet | undefined,
  b: HetznerRecordSet | undefined,
): boolean {
  return a && b ? sameValues(a, b) : a === b;
}

/** The records of a set that have certain values. */
function recordsOf(
  set: HetznerRecordSet | undefined,
  values: readonly RecordData[],
): readonly HetznerRecord[] {
  const wanted = new Set(values.map(dataKey));
  const data: readonly RecordData[] = set?.data ?? [];
  return set?.extra.records.filter((_, index) =>
    wanted.has(dataKey(data[index] as RecordData))
  ) ?? [];
}

function toRecord(type: RecordType, data: RecordData): HetznerRecord {
  return { value: formatRecordData(type, data) };
}

function toZone(json: ZoneJson): HetznerZone {
  const { authoritative_nameservers: servers, mode, status } = json;
  return {
    id: toId(json.id),
    name: zoneName(json.name),
    kind: lookUp(KINDS, mode) ?? "unknown",
    state: lookUp(STATES, status) ?? "unknown",
    ttl: toNumber(json.ttl),
    nameServers: servers.assigned.map((host) => hostName(host)),
    createdAt: toTime(json.created),
    extra: {
      status: toText(status),
      labels: json.labels,
      isProtected: json.protection.delete,
      delegation: toText(servers.delegation_status),
      recordCount: toNumber(json.record_count),
      primaries: (json.primary_nameservers ?? []).map(toAddress),
    },
  };
}

function toRecordSet(json: RecordSetJson, origin: string): HetznerRecordSet {
  const { name, type, ttl, labels, protection } = json;
  return {
    id: keyOf({ name, type }),
    name,
    type,
    ttl: toNumber(ttl),
    // A type that is newer than this package stays text.
    data: json.records.map(({ value }) =>
      isRecordType(type) ? parseRecordData(type, value, { origin }) : value
    ),
    extra: {
      labels,
      isProtected: protection.change,
      records: json.records.map(({ value, comment }) => ({
        value,
        comment: toText(comment) || undefined,
      })),
    },
  } as HetznerRecordSet;
}
