/**
 * DNS drivers that keep their zones in memory, for tests of what is built on
 * drivers. They differ as providers do: record sets or single records, all
 * changes of a call or none, and three ways to add a value.
 *
 * @module
 */

import {
  type CallOptions,
  ConflictError,
  Connection,
  JsonResponse,
  Listing,
  type ListOptions,
  NotFoundError,
  ServiceUnavailableError,
} from "../../core/mod.ts";
import {
  applyEach,
  type ChangeResult,
  type ChangeSupport,
  checkTtl,
  type CreateZoneOptions,
  DnsDriver,
  isUnchanged,
  keyOf,
  type RecordSet,
  type RecordSetChange,
  type RecordSetFilter,
  type RecordSetInput,
  type RecordSetKey,
  type SingleRecord,
  type SingleRecordInput,
  SinglesDnsDriver,
  targetOf,
  type Zone,
  type ZoneTarget,
} from "../../core/dns/mod.ts";

/** Decides what happens to a write; `step` counts the writes from 0. */
export type Fault = (step: number) => "before" | "after" | undefined;

/** Options of the drivers. */
export interface MemoryOptions {
  /** How the driver changes record sets. */
  readonly changeSupport?: Partial<ChangeSupport>;
  /** Smallest TTL that the provider accepts, in seconds. */
  readonly minTtl?: number;
  /** TTL of record sets without one, in seconds. */
  readonly defaultTtl?: number | undefined;
}

class MemoryConnection extends Connection {
  override readonly provider = "memory";
  override readonly displayName = "Memory";
  protected override readonly responseClass = JsonResponse;
}

const connection = new MemoryConnection("https://memory.invalid");

/** What both drivers have in common: the zones, the faults, and the counts. */
class Account {
  readonly zones = new Map<string, Zone>();
  /** Number of writes that were tried. */
  writes = 0;
  /** Number of zones that were read completely. */
  reads = 0;
  fault: Fault = () => undefined;

  create({ name, ttl }: CreateZoneOptions): Zone {
    const zone: Zone = {
      id: `zone-${this.zones.size + 1}`,
      name,
      kind: "primary",
      state: "active",
      ttl,
      nameServers: [],
      extra: {},
    };
    this.zones.set(zone.id, zone);
    return zone;
  }

  find(operation: string, id: string): Zone {
    const zone = this.zones.get(id);
    if (zone) return zone;
    throw new NotFoundError(
      `${operation}: no zone ${id}`,
      about(operation, 404),
    );
  }

  /** Runs a write, which may fail before or after it had its effect. */
  write(operation: string, run: () => void): void {
    const fault = this.fault(this.writes++);
    if (fault !== "before") run();
    if (fault === undefined) return;
    throw new ServiceUnavailableError(`${operation}: the provider failed`, {
      ...about(operation, 503),
      mayHaveBeenApplied: true,
    });
  }
}

function about(operation: string, status: number) {
  const url = connection.baseUrl;
  return {
    provider: "memory",
    operation,
    status,
    method: "GET",
    url,
    body: "",
  };
}

/** A provider that keeps record sets. */
export class MemoryDnsDriver extends DnsDriver {
  override readonly provider = "memory";
  override readonly connection: Connection = connection;
  override readonly changeSupport: ChangeSupport;
  /** The account. */
  readonly account = new Account();
  readonly #options: MemoryOptions;
  readonly #sets = new Map<string, Map<string, RecordSet>>();

  constructor(options: MemoryOptions = {}) {
    super();
    this.#options = options;
    this.changeSupport = {
      isAtomic: true,
      adds: "readBack",
      maxChanges: 1000,
      ...options.changeSupport,
    };
  }

  /** Record sets of a zone by name and type, to change them from outside. */
  setsOf({ id }: Pick<Zone, "id">): Map<string, RecordSet> {
    const sets = this.#sets.get(id) ?? new Map<string, RecordSet>();
    this.#sets.set(id, sets);
    return sets;
  }

  /** Puts a record set into a zone, whatever is there. */
  put(zone: Pick<Zone, "id">, set: RecordSetInput, extra = {}): void {
    const id = keyOf(set);
    this.setsOf(zone).set(id, { ...set, id, extra } as RecordSet);
  }

  override listZones(_options?: ListOptions): Listing<Zone> {
    return Listing.of([...this.account.zones.values()]);
  }

  override createZone(options: CreateZoneOptions): Promise<Zone> {
    return Promise.resolve(this.account.create(options));
  }

  protected override async readZone(operation: string, { id }: ZoneTarget) {
    return await Promise.resolve(this.account.find(operation, id));
  }

  protected override removeZone(_: string, { id }: ZoneTarget): Promise<void> {
    this.account.zones.delete(id);
    return Promise.resolve();
  }

  protected override readRecordSets(
    operation: string,
    zone: ZoneTarget,
    { keep = () => true }: RecordSetFilter,
  ): Listing<RecordSet> {
    this.account.find(operation, zone.id);
    this.account.reads++;
    // A copy, as from JSON.
    const sets = structuredClone([...this.setsOf(zone).values()]);
    return Listing.of(sets.filter(keep));
  }

  protected override async writeChanges(
    operation: string,
    zone: ZoneTarget,
    changes: readonly RecordSetChange[],
    { signal }: CallOptions,
  ): Promise<ChangeResult> {
    const write = (changes: readonly RecordSetChange[]) =>
      this.account.write(
        operation,
        () => this.#replaceSets(operation, zone, changes),
      );
    if (this.changeSupport.isAtomic) {
      await Promise.resolve(write(changes));
    } else {
      const about = { provider: this.provider, operation, signal };
      await applyEach(about, changes, async (change) => {
        await Promise.resolve(write([change]));
      });
    }
    return { state: "done" };
  }

  protected override fitRecordSet(
    operation: string,
    set: RecordSetInput,
  ): RecordSetInput {
    return fit(operation, set, this.#options);
  }

  /** Makes all changes, or none. */
  #replaceSets(
    operation: string,
    zone: ZoneTarget,
    changes: readonly RecordSetChange[],
  ): void {
    const sets = new Map(this.setsOf(zone));
    for (const change of changes) {
      const key = keyOf(targetOf(change));
      if (!isUnchanged(change, sets.get(key))) {
        throw this.conflict(operation, change);
      }
      if (change.action === "delete") sets.delete(key);
      else sets.set(key, toRecordSet(change.after));
      checkAliases([...sets.values()], operation);
    }
    this.#sets.set(zone.id, sets);
  }
}

/** A provider that keeps single records. */
export class MemorySinglesDriver extends SinglesDnsDriver {
  override readonly provider = "memory";
  override readonly connection: Connection = connection;
  /** The account. */
  readonly account = new Account();
  readonly #options: MemoryOptions;
  readonly #records = new Map<string, Map<string, SingleRecord>>();
  #ids = 0;

  constructor(options: MemoryOptions = {}) {
    super();
    this.#options = options;
  }

  /** Puts the records of a set into a zone, whatever is there. */
  put(zone: Pick<Zone, "id">, { name, type, ttl, data }: RecordSetInput): void {
    for (const value of data) {
      this.#add(zone, { name, type, ttl, data: value });
    }
  }

  override listZones(_options?: ListOptions): Listing<Zone> {
    return Listing.of([...this.account.zones.values()]);
  }

  override createZone(options: CreateZoneOptions): Promise<Zone> {
    return Promise.resolve(this.account.create(options));
  }

  protected override async readZone(operation: string, { id }: ZoneTarget) {
    return await Promise.resolve(this.account.find(operation, id));
  }

  protected override removeZone(_: string, { id }: ZoneTarget): Promise<void> {
    this.account.zones.delete(id);
    return Promise.resolve();
  }

  protected override listRecords(
    operation: string,
    zone: ZoneTarget,
    { name, type }: Partial<RecordSetKey>,
  ): Listing<SingleRecord> {
    this.account.find(operation, zone.id);
    this.account.reads++;
    const records = structuredClone([...this.#recordsOf(zone).values()]);
    return Listing.of(
      records.filter((record) =>
        (name === undefined || record.name === name) &&
        (type === undefined || record.type === type)
      ),
    );
  }

  protected override async createRecord(
    operation: string,
    zone: ZoneTarget,
    record: SingleRecordInput,
  ): Promise<void> {
    await Promise.resolve(
      this.account.write(operation, () => {
        checkAliases([...this.#recordsOf(zone).values(), record], operation);
        this.#add(zone, record);
      }),
    );
  }

  protected override async updateRecord(
    operation: string,
    zone: ZoneTarget,
    id: string,
    record: SingleRecordInput,
  ): Promise<void> {
    await Promise.resolve(
      this.account.write(operation, () => {
        this.#recordsOf(zone).set(id, { ...record, id, extra: {} });
      }),
    );
  }

  protected override async deleteRecord(
    operation: string,
    zone: ZoneTarget,
    id: string,
  ): Promise<void> {
    await Promise.resolve(
      this.account.write(operation, () => {
        this.#recordsOf(zone).delete(id);
      }),
    );
  }

  protected override fitRecordSet(
    operation: string,
    set: RecordSetInput,
  ): RecordSetInput {
    return fit(operation, set, this.#options);
  }

  #recordsOf({ id }: Pick<Zone, "id">): Map<string, SingleRecord> {
    const records = this.#records.get(id) ?? new Map<string, SingleRecord>();
    this.#records.set(id, records);
    return records;
  }

  #add(zone: Pick<Zone, "id">, record: SingleRecordInput): void {
    const id = `record-${++this.#ids}`;
    this.#recordsOf(zone).set(id, { ...record, id, extra: {} });
  }
}

/** A driver of either kind. */
export type MemoryDriver = MemoryDnsDriver | MemorySinglesDriver;

/** Creates a driver of each kind, by the name of the kind. */
export const MEMORY_DRIVERS: Readonly<
  Record<string, (options?: MemoryOptions) => MemoryDriver>
> = {
  "atomic sets": (options) => new MemoryDnsDriver(options),
  "atomic sets, 3 at once": (options) =>
    new MemoryDnsDriver({
      ...options,
      changeSupport: { maxChanges: 3, adds: "compare" },
    }),
  "one set after the other": (options) =>
    new MemoryDnsDriver({ ...options, changeSupport: { isAtomic: false } }),
  "single records": (options) => new MemorySinglesDriver(options),
};

function fit(
  operation: string,
  set: RecordSetInput,
  { minTtl = 0, defaultTtl }: MemoryOptions,
): RecordSetInput {
  const { ttl = defaultTtl } = set;
  checkTtl(ttl, operation, minTtl);
  return { ...set, ttl };
}

function toRecordSet(set: RecordSetInput): RecordSet {
  return { ...set, id: keyOf(set), extra: {} } as RecordSet;
}

/** Refuses a CNAME beside other types, as every provider does. */
function checkAliases(sets: readonly RecordSetKey[], operation: string): void {
  for (const group of Map.groupBy(sets, ({ name }) => name).values()) {
    const types = new Set(group.map(({ type }) => type));
    if (!types.has("CNAME") || types.size === 1) continue;
    const [{ name }] = group as [RecordSetKey];
    throw new ConflictError(
      `${operation}: ${name} has a CNAME and other records`,
      about(operation, 409),
    );
  }
}
