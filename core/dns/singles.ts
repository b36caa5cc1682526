/**
 * Base class of DNS drivers whose provider keeps single records with ids of their
 * own, instead of record sets.
 *
 * @module
 */

import { CloudError, ConflictError, NotFoundError } from "../errors.ts";
import type { Extra } from "../extra.ts";
import { Listing, onePage } from "../listing.ts";
import type { CallOptions, ListOptions } from "../options.ts";
import { applyEach, isReasonOf, isUnchanged, targetOf } from "./changes.ts";
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

/** What to write into a record. */
export interface SingleRecordInput extends RecordSetKey {
  /** TTL in seconds. */
  readonly ttl: number | undefined;
  /** The value. */
  readonly data: RecordData;
}

/**
 * A record of a record set; the value is at the same place in `data` of the set.
 *
 * @typeParam E Type of `extra` of a record.
 */
export interface RecordOfSet<E extends Extra = Extra> {
  /** Id of the record at the provider. */
  readonly id: string;
  /** TTL in seconds, if it differs from that of the record set. */
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
 */
export abstract class SinglesDnsDriver<
  Z extends Zone = Zone,
  E extends Extra = Extra,
> extends DnsDriver<Z, SinglesRecordSet<E>> {
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
    record: SingleRecordInput,
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
    record: SingleRecordInput,
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
   * Lists record sets, in one page: the records of a set may be on any page of the
   * provider.
   */
  protected override readRecordSets(
    operation: string,
    zone: ZoneTarget,
    { name, type, keep = () => true }: RecordSetFilter,
    options: ListOptions,
  ): Listing<SinglesRecordSet<E>> {
    const { from: _, ...call } = options;
    return new Listing(
      onePage(async (limits) => {
        const filter = { ...name && { name }, ...type && { type } };
        const records = await this.listRecords(operation, zone, filter, {
          ...call,
          ...limits,
        });
        return toRecordSets(records).filter(keep);
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
    const { signal } = options;
    const about = { provider: this.provider, operation, signal };
    await applyEach(about, changes, async (change) => {
      const records = current.get(keyOf(targetOf(change))) ?? [];
      const steps = this.#stepsFor(operation, zone, change, records, options);
      await runSteps(steps, signal);
    });
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
    const ttl = smallestTtl(records) ?? set.ttl;
    const { name, type } = set;
    const missing = (set.data as readonly RecordData[])
      .filter((data) => !present.has(dataKey(data)));
    await runSteps(
      missing.map((data) => async () => {
        const record = { name, type, ttl, data };
        try {
          await this.createRecord(operation, zone, record, options);
        } catch (error) {
          if (!ConflictError.is(error)) throw error;
          // Another writer may have added the same value.
          const key = dataKey(data);
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

  /** The requests that make one change of a record set. */
  #stepsFor(
    operation: string,
    zone: ZoneTarget,
    change: RecordSetChange,
    records: readonly SingleRecord<E>[],
    options: CallOptions,
  ): readonly (() => Promise<void>)[] {
    const wanted = change.action === "delete" ? [] : toInputs(change.after);
    const { updates, creations, deletions } = pair(records, wanted);
    return [
      ...updates.map(([{ id }, record]) => async () => {
        try {
          await this.updateRecord(operation, zone, id, record, options);
        } catch (error) {
          // Another writer has deleted the record.
          if (!NotFoundError.is(error)) throw error;
          await this.createRecord(operation, zone, record, options);
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

/** How the records of a set become others. */
interface Pairs<R> {
  /** Records that get another value or another TTL. */
  readonly updates: readonly (readonly [R, SingleRecordInput])[];
  readonly creations: readonly SingleRecordInput[];
  readonly deletions: readonly R[];
}

/** Pairs the records that are there with those that are wanted. */
function pair<R extends SingleRecord>(
  records: readonly R[],
  wanted: readonly SingleRecordInput[],
): Pairs<R> {
  const byValue = Map.groupBy(records, ({ data }) => dataKey(data));
  const kept = new Map(
    wanted.map((input) => [input, byValue.get(dataKey(input.data))?.[0]]),
  );
  const keptRecords = new Set(kept.values());
  const spare = records.filter((record) => !keptRecords.has(record));
  const missing = wanted.filter((input) => kept.get(input) === undefined);
  const pairs = missing.slice(0, spare.length)
    .map((input, index) => [spare[index] as R, input] as const);
  const otherTtl = [...kept].flatMap(([input, record]) =>
    record && input.ttl !== undefined && record.ttl !== input.ttl
      ? [[record, input] as const]
      : []
  );
  return {
    updates: [...otherTtl, ...pairs],
    creations: missing.slice(spare.length),
    deletions: spare.slice(missing.length),
  };
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
      const isForeign = !CloudError.is(error) || isReasonOf(signal, error);
      if (index === 0 || isForeign) throw error;
      throw Object.assign(error, { mayHaveBeenApplied: true });
    }
  }
}

function toInputs({ name, type, ttl, data }: RecordSetInput) {
  return (data as readonly RecordData[])
    .map((data): SingleRecordInput => ({ name, type, ttl, data }));
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
