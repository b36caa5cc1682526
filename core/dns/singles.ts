/**
 * Base class of DNS drivers whose provider keeps single records with ids of their
 * own, instead of record sets.
 *
 * @module
 */

import { ConflictError, NotFoundError } from "../errors.ts";
import type { Extra } from "../extra.ts";
import { Listing, onePage } from "../listing.ts";
import type { CallOptions, ListOptions } from "../options.ts";
import { applyEach, isUnchanged, targetOf, withApplied } from "./changes.ts";
import { dataKey, keyOf } from "./data.ts";
import {
  type ChangeSupport,
  DnsDriver,
  type RecordSetFilter,
  type ZoneTarget,
} from "./driver.ts";
import type {
  ChangeResult,
  RecordData,
  RecordSet,
  RecordSetChange,
  RecordSetInput,
  RecordSetKey,
  RecordType,
  Zone,
} from "./records.ts";

/**
 * A record of the provider.
 *
 * @typeParam E Type of `extra`.
 */
export interface SingleRecord<E extends Extra = Extra> {
  /** Id of the record at the provider. */
  readonly id: string;
  /** Name inside the zone. */
  readonly name: string;
  /** Type of the record. */
  readonly type: RecordType;
  /** TTL in seconds, if the record has its own. */
  readonly ttl: number | undefined;
  /** The value, in the form that `normalizeRecordSet()` returns. */
  readonly data: RecordData;
  /** Fields that only this provider has. */
  readonly extra: E;
}

/**
 * What to write into a record.
 *
 * @typeParam E Type of `extra`.
 */
export interface SingleRecordInput<E extends Extra = Extra>
  extends RecordSetKey {
  /** TTL in seconds. */
  readonly ttl: number | undefined;
  /** The value. */
  readonly data: RecordData;
  /** Fields that only this provider has, as `fitRecordSet()` returned them. */
  readonly extra?: Partial<E> | undefined;
}

/**
 * The writes that make one change of a record set.
 *
 * @typeParam E Type of `extra` of a record.
 */
export interface RecordWrites<E extends Extra = Extra> {
  /** The change. */
  readonly change: RecordSetChange;
  /** Records that change, and what to write into them. */
  readonly updates: readonly (readonly [
    SingleRecord<E>,
    SingleRecordInput<E>,
  ])[];
  /** Records to create. */
  readonly creations: readonly SingleRecordInput<E>[];
  /** Records to delete. */
  readonly deletions: readonly SingleRecord<E>[];
}

/**
 * A record of a record set; the value is at the same place in `data` of the set.
 *
 * @typeParam E Type of `extra` of a record.
 */
export interface RecordOfSet<E extends Extra = Extra> {
  /** Id of the record at the provider. */
  readonly id: string;
  /**
   * TTL in seconds, if it differs from that of the record set; `undefined` if the
   * record has that of the zone, and others have their own.
   */
  readonly ttl?: number | undefined;
  /** Fields that only this provider has. */
  readonly extra: E;
}

/**
 * Fields of a record set whose provider keeps single records.
 *
 * @typeParam E Type of `extra` of a record.
 */
export interface SinglesExtra<E extends Extra = Extra> extends Extra {
  /** The records, in the order of `data`. */
  readonly records: readonly RecordOfSet<E>[];
}

/**
 * A record set whose provider keeps single records.
 *
 * @typeParam E Type of `extra` of a record.
 */
export type SinglesRecordSet<E extends Extra = Extra> = RecordSet<
  SinglesExtra<E>
>;

/**
 * Base class of DNS drivers whose provider keeps single records. It groups them
 * into record sets by name and type, and turns a change of a set into changes of
 * records: a value that changes is updated in place, new values are created, and
 * then the others are deleted, so the name is never empty in between.
 *
 * @typeParam Z A zone of the provider.
 * @typeParam E Fields of a record that only this provider has.
 * @typeParam R A record set of the provider.
 */
export abstract class SinglesDnsDriver<
  Z extends Zone = Zone,
  E extends Extra = Extra,
  R extends SinglesRecordSet<E> = SinglesRecordSet<E>,
> extends DnsDriver<Z, R> {
  /** How this driver changes record sets: one record after the other. */
  override readonly changeSupport: ChangeSupport = {
    isAtomic: false,
    adds: "native",
    maxChanges: Infinity,
  };

  /**
   * Lists the records of a zone.
   *
   * @param operation Method that the caller called, for errors.
   * @param zone The zone.
   * @param filter Name and type, if the provider can filter by them. Other
   *   records may be among the result.
   * @param options Options of the call.
   * @returns The listing.
   */
  protected abstract listRecords(
    operation: string,
    zone: ZoneTarget,
    filter: Partial<RecordSetKey>,
    options: ListOptions,
  ): Listing<SingleRecord<E>>;

  /**
   * Creates a record.
   *
   * @param operation Method that the caller called, for errors.
   * @param zone The zone.
   * @param record What to write.
   * @param options Options of the call.
   */
  protected abstract createRecord(
    operation: string,
    zone: ZoneTarget,
    record: SingleRecordInput<E>,
    options: CallOptions,
  ): Promise<void>;

  /**
   * Changes a record.
   *
   * @param operation Method that the caller called, for errors.
   * @param zone The zone.
   * @param id Id of the record.
   * @param record What to write. Name and type stay the same.
   * @param options Options of the call.
   */
  protected abstract updateRecord(
    operation: string,
    zone: ZoneTarget,
    id: string,
    record: SingleRecordInput<E>,
    options: CallOptions,
  ): Promise<void>;

  /**
   * Deletes a record.
   *
   * @param operation Method that the caller called, for errors.
   * @param zone The zone.
   * @param id Id of the record.
   * @param options Options of the call.
   * @throws {NotFoundError} If there is no such record.
   */
  protected abstract deleteRecord(
    operation: string,
    zone: ZoneTarget,
    id: string,
    options: CallOptions,
  ): Promise<void>;

  /**
   * Whether a record with the wanted value can stay as it is. If records have
   * options of their own, override this method.
   *
   * @param record The record.
   * @param wanted What it should be.
   * @returns Whether it is.
   */
  protected isAsWanted(
    record: SingleRecord<E>,
    wanted: SingleRecordInput<E>,
  ): boolean {
    return wanted.ttl === undefined || record.ttl === wanted.ttl;
  }

  /**
   * Completes a new record, so that it fits the others of its record set. If
   * records have options of their own, override this method.
   *
   * @param record The new record.
   * @param _others The records that the record set has already.
   * @returns The record to create.
   */
  protected completeRecord(
    record: SingleRecordInput<E>,
    _others: readonly SingleRecord<E>[],
  ): SingleRecordInput<E> {
    return record;
  }

  /**
   * Adds the fields of a record set that only this provider has.
   *
   * @param set The record set with its records.
   * @returns The record set of the driver.
   */
  protected toSet(set: SinglesRecordSet<E>): R {
    return set as R;
  }

  /**
   * Makes changes, one record after the other. If the provider can make several
   * changes at once, override this method.
   *
   * @param operation Method that the caller called, for errors.
   * @param zone The zone.
   * @param writes The writes of each change, in the order in which to make them.
   * @param options Options of the call.
   */
  protected async writeRecords(
    operation: string,
    zone: ZoneTarget,
    writes: readonly RecordWrites<E>[],
    options: CallOptions,
  ): Promise<void> {
    const { signal } = options;
    const about = { provider: this.provider, operation, signal };
    const byChange = new Map(writes.map((it) => [it.change, it]));
    await applyEach(about, [...byChange.keys()], async (change) => {
      const steps = byChange.get(change) as RecordWrites<E>;
      await runSteps(this.#stepsFor(operation, zone, steps, options), signal);
    });
  }

  /**
   * Lists record sets, in one page: the records of a set may be on any page of the
   * provider.
   */
  protected override readRecordSets(
    operation: string,
    zone: ZoneTarget,
    { name, type, keep = () => true }: RecordSetFilter,
    options: ListOptions,
  ): Listing<R> {
    const { from: _, ...call } = options;
    return new Listing(
      onePage(async (limits) => {
        const filter = { ...name && { name }, ...type && { type } };
        const records = await this.listRecords(operation, zone, filter, {
          ...call,
          ...limits,
        });
        return toRecordSets(records).filter(keep)
          .map((set) => this.toSet(set));
      }, operation),
      { ...options, operation },
    );
  }

  /** Makes changes, one record after the other. */
  protected override async writeChanges(
    operation: string,
    zone: ZoneTarget,
    changes: readonly RecordSetChange[],
    options: CallOptions,
  ): Promise<ChangeResult> {
    const [only] = changes;
    const filter = only && changes.length === 1 ? targetOf(only) : undefined;
    const current = await this.#read(operation, zone, filter, options);
    for (const change of changes) {
      const [set] = toRecordSets(current.get(keyOf(targetOf(change))) ?? []);
      if (!isUnchanged(change, set)) throw this.conflict(operation, change);
    }
    const writes = changes.map((change) =>
      this.#toWrites(change, current.get(keyOf(targetOf(change))) ?? [])
    );
    await this.writeRecords(operation, zone, writes, options);
    return { state: "done" };
  }

  /** Adds the values that are not there yet, each as a record. */
  protected override async addValues(
    operation: string,
    zone: ZoneTarget,
    set: RecordSetInput,
    options: CallOptions,
  ): Promise<ChangeResult> {
    const find = async () =>
      (await this.#read(operation, zone, set, options)).get(keyOf(set)) ?? [];
    const records = await find();
    const present = new Set(records.map(({ data }) => dataKey(data)));
    // Without a TTL of their own, they have that of the zone.
    const ttl = records.length > 0 ? smallestTtl(records) : set.ttl;
    const missing = toInputs<E>({ ...set, ttl } as RecordSetInput)
      .filter(({ data }) => !present.has(dataKey(data)));
    await runSteps(
      missing.map((input) => async () => {
        const record = this.completeRecord(input, records);
        try {
          await this.createRecord(operation, zone, record, options);
        } catch (error) {
          if (!ConflictError.is(error)) throw error;
          // Another writer may have added the same value.
          const key = dataKey(input.data);
          const isThere = (await find()).some((it) => dataKey(it.data) === key);
          if (!isThere) throw error;
        }
      }),
      options.signal,
    );
    return { state: "done" };
  }

  /** Removes the records with these values. */
  protected override async removeValues(
    operation: string,
    zone: ZoneTarget,
    set: RecordSetInput,
    options: CallOptions,
  ): Promise<ChangeResult> {
    const current = await this.#read(operation, zone, set, options);
    const keys = new Set((set.data as readonly RecordData[]).map(dataKey));
    const records = (current.get(keyOf(set)) ?? [])
      .filter(({ data }) => keys.has(dataKey(data)));
    await runSteps(
      records.map(({ id }) => () => this.#delete(operation, zone, id, options)),
      options.signal,
    );
    return { state: "done" };
  }

  /** Does nothing: `writeChanges()` compares the records that it reads anyway. */
  protected override checkUnchanged(): Promise<void> {
    return Promise.resolve();
  }

  /** Reads the records of one record set, or of the zone, by name and type. */
  async #read(
    operation: string,
    zone: ZoneTarget,
    key: RecordSetKey | undefined,
    options: CallOptions,
  ): Promise<ReadonlyMap<string, readonly SingleRecord<E>[]>> {
    const { name, type } = key ?? {};
    const filter = { ...name && { name }, ...type && { type } };
    const records = await this.listRecords(operation, zone, filter, options);
    return Map.groupBy(records, keyOf);
  }

  /** Finds out what to write for one change of a record set. */
  #toWrites(
    change: RecordSetChange,
    records: readonly SingleRecord<E>[],
  ): RecordWrites<E> {
    const wanted = change.action === "delete" ? [] : toInputs<E>(change.after);
    const byValue = Map.groupBy(records, ({ data }) => dataKey(data));
    const kept = new Map(
      wanted.map((input) => [input, byValue.get(dataKey(input.data))?.[0]]),
    );
    const keptRecords = new Set(kept.values());
    const spare = records.filter((record) => !keptRecords.has(record));
    const missing = wanted.filter((input) => kept.get(input) === undefined);
    const pairs = missing.slice(0, spare.length)
      .map((input, index) => [spare[index] as SingleRecord<E>, input] as const);
    const outdated = [...kept].flatMap(([input, record]) =>
      record && !this.isAsWanted(record, input)
        ? [[record, input] as const]
        : []
    );
    return {
      change,
      updates: [...outdated, ...pairs],
      creations: missing.slice(spare.length)
        .map((input) => this.completeRecord(input, records)),
      deletions: spare.slice(missing.length),
    };
  }

  /** The requests that make one change of a record set. */
  #stepsFor(
    operation: string,
    zone: ZoneTarget,
    { updates, creations, deletions }: RecordWrites<E>,
    options: CallOptions,
  ): readonly (() => Promise<void>)[] {
    return [
      ...updates.map(([old, record]) => async () => {
        try {
          await this.updateRecord(operation, zone, old.id, record, options);
        } catch (error) {
          // Another writer has deleted the record.
          if (!NotFoundError.is(error)) throw error;
          const complete = this.completeRecord(record, [old]);
          await this.createRecord(operation, zone, complete, options);
        }
      }),
      ...creations.map((record) => () =>
        this.createRecord(operation, zone, record, options)
      ),
      ...deletions.map(({ id }) => () =>
        this.#delete(operation, zone, id, options)
      ),
    ];
  }

  /** Deletes a record, unless another writer has deleted it. */
  async #delete(
    operation: string,
    zone: ZoneTarget,
    id: string,
    options: CallOptions,
  ): Promise<void> {
    try {
      await this.deleteRecord(operation, zone, id, options);
    } catch (error) {
      if (!NotFoundError.is(error)) throw error;
    }
  }
}

/** Runs requests one after the other. If one fails, tells that others did not. */
async function runSteps(
  steps: readonly (() => Promise<void>)[],
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const [index, step] of steps.entries()) {
    try {
      await step();
    } catch (error) {
      throw index === 0 ? error : withApplied(error, signal);
    }
  }
}

function toInputs<E extends Extra>(
  set: RecordSetInput & { readonly extra?: Partial<E> | undefined },
): SingleRecordInput<E>[] {
  const { name, type, ttl, extra } = set;
  return (set.data as readonly RecordData[])
    .map((data) => ({ name, type, ttl, data, ...extra && { extra } }));
}

/**
 * Groups records into record sets, in the order in which the first record of each
 * set occurs.
 *
 * @typeParam E Fields of a record that only the provider has.
 * @param records The records.
 * @returns The record sets.
 */
export function toRecordSets<E extends Extra>(
  records: readonly SingleRecord<E>[],
): SinglesRecordSet<E>[] {
  return [...Map.groupBy(records, keyOf)].map(([key, group]) => {
    const { name, type } = group[0] as SingleRecord<E>;
    const ttl = smallestTtl(group);
    return {
      id: key,
      name,
      type,
      ttl,
      data: group.map(({ data }) => data),
      extra: {
        records: group.map(({ id, ttl: own, extra }) => ({
          id,
          ...own !== ttl && { ttl: own },
          extra,
        })),
      },
    } as SinglesRecordSet<E>;
  });
}

function smallestTtl(
  records: readonly Pick<SingleRecord, "ttl">[],
): number | undefined {
  const ttls = records.map(({ ttl }) => ttl).filter((ttl) => ttl !== undefined);
  return ttls.length > 0 ? Math.min(...ttls) : undefined;
}
