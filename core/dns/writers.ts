/**
 * Changes of single values of a record set that others may write at the same
 * time.
 *
 * @module
 */

import { Deadline } from "../deadline.ts";
import { CloudError, ConflictError, isTransient } from "../errors.ts";
import type { CallOptions } from "../options.ts";
import { backoffMs } from "../retry.ts";
import { isReasonOf } from "./changes.ts";
import type { RecordSetConflictError } from "./errors.ts";
import type { RecordOptions } from "./options.ts";
import type { ChangeResult, RecordData } from "./records.ts";

/** Largest number of times that a record set is written. */
const MAX_WRITES = 30;

/**
 * Attempts at a write that fails, unless the caller's retry policy has a number.
 * A server whose database is locked by other writers fails several times.
 */
const MAX_FAILURES = 10;

/** Delays between two writes: with jitter, one of many writers is the first. */
const BACKOFF = { baseMs: 50, maxMs: 2000 };

/** Default of `settleMs`. */
const SETTLE_MS = 1000;

/** How many times slower than this writer another one may be. */
const SLOWER = 10;

/** Longest delay that follows from it. */
const MAX_SLOWER_MS = 10_000;

/**
 * How values of one record set are written.
 *
 * @typeParam S The record set.
 */
export interface ValueWrite<S> {
  /** Writes the changed record set, given the one that was read. */
  write(current: S | undefined, call: CallOptions): Promise<ChangeResult>;
  /** Returns the values that the record set lacks, or has too many. */
  lostIn(current: S | undefined): readonly RecordData[];
  /**
   * Whether the same write would fail again.
   *
   * @default {no `ConflictError` is final}
   */
  isFinal?(error: ConflictError): boolean;
}

/**
 * A change of values of one record set.
 *
 * @typeParam S The record set.
 */
export interface Write<S> extends ValueWrite<S> {
  /** Id of the provider, for errors. */
  readonly provider: string;
  /** Method of the driver, for errors. */
  readonly operation: string;
  /** Reads the record set before it is written. */
  read(call: CallOptions): Promise<S | undefined>;
  /** Reads the record set after it was written. */
  verify(call: CallOptions): Promise<S | undefined>;
  /** Runs a function when no other call of this driver changes the record set. */
  turn<T>(run: () => Promise<T>): Promise<T>;
  /** Creates the error for a change that other writers undid every time. */
  giveUp(lost: readonly RecordData[]): RecordSetConflictError;
}

/**
 * Changes values at a provider that compares record sets: a change of a record
 * set that is not as it was read is refused. Then the driver reads it again.
 *
 * @typeParam S The record set.
 * @param change The change.
 * @param options Options of the caller.
 * @returns The result of the last write.
 */
export async function writeByCompare<S>(
  change: Write<S>,
  options: RecordOptions,
): Promise<ChangeResult> {
  return await run(change, options, async (attempt) => {
    const { lost, result } = await change.turn(attempt);
    return { lost, result: result ?? { state: "done" } };
  });
}

/**
 * Changes values at a provider that only replaces record sets. Another writer may
 * have read the record set before this change, and replace it after it. Therefore
 * the driver reads it again, also after a while, and repeats the change if it was
 * undone. It never writes what it read before another writer's change.
 *
 * @typeParam S The record set.
 * @param change The change.
 * @param options Options of the caller.
 * @returns The result of the last write.
 */
export async function writeByReadBack<S>(
  change: Write<S>,
  options: RecordOptions,
): Promise<ChangeResult> {
  const { settleMs = SETTLE_MS } = options;
  let last: ChangeResult | undefined;
  return await run(change, options, async (attempt, { call, deadline }) => {
    const attempted = await change.turn(attempt);
    const { result, isUnclear, tookMs } = attempted;
    // Nothing had to be changed, or another writer has created the record set.
    if (!result && !last && !isUnclear) {
      return { lost: attempted.lost, result: DONE };
    }
    last = result ?? last ?? DONE;
    let lost = change.lostIn(await change.verify(call));
    if (lost.length === 0 && settleMs > 0) {
      // Other writers are as slow as this one.
      const slowerMs = Math.min(SLOWER * tookMs, MAX_SLOWER_MS);
      await deadline.sleep(Math.max(settleMs, slowerMs));
      lost = change.lostIn(await change.verify(call));
    }
    return { lost, result: last };
  });
}

const DONE: ChangeResult = { state: "done" };

/** What became of one attempt. */
interface Attempt {
  /** Values that were not added or removed. */
  readonly lost: readonly RecordData[];
  /** Result of the write, if something was written. */
  readonly result: ChangeResult | undefined;
  /** Whether the write failed, and may have been applied all the same. */
  readonly isUnclear: boolean;
  /** Time from the start of the read to the end of the write. */
  readonly tookMs: number;
}

interface Run {
  /** Options for each request: those of the caller, without a time limit. */
  readonly call: CallOptions;
  readonly deadline: Deadline;
}

/** Repeats attempts under one time limit until no value is lost. */
async function run<S>(
  change: Write<S>,
  options: RecordOptions,
  step: (
    attempt: () => Promise<Attempt>,
    run: Run,
  ) => Promise<Pick<Attempt, "lost"> & { readonly result: ChangeResult }>,
): Promise<ChangeResult> {
  const { provider, operation } = change;
  const { settleMs: _, ...callOptions } = options;
  const limited = { provider, operation, mayHaveBeenApplied: false };
  let failures = 0;
  const attempt = async (call: CallOptions): Promise<Attempt> => {
    const startedAt = performance.now();
    const current = await change.read(call);
    const lost = change.lostIn(current);
    const ended = (values: Partial<Attempt> = {}): Attempt => ({
      lost,
      result: undefined,
      isUnclear: false,
      tookMs: performance.now() - startedAt,
      ...values,
    });
    if (lost.length === 0) return ended();
    try {
      const result = await change.write(current, call);
      limited.mayHaveBeenApplied = true;
      return ended({ lost: [], result });
    } catch (error) {
      if (ConflictError.is(error) && !change.isFinal?.(error)) return ended();
      // The record set is read again, so nothing is written twice.
      const { maxAttempts = MAX_FAILURES } = options.retry || {};
      const canRepeat = options.retry !== false && ++failures < maxAttempts;
      if (!canRepeat || !isTransient(error)) throw error;
      limited.mayHaveBeenApplied ||= (error as CloudError).mayHaveBeenApplied;
      return ended({ isUnclear: true });
    }
  };
  try {
    return await Deadline.run(options, limited, async (deadline) => {
      const call = {
        ...callOptions,
        signal: deadline.signal,
        timeoutMs: undefined,
      };
      for (let writes = 1;; writes++) {
        const { lost, result } = await step(() => attempt(call), {
          call,
          deadline,
        });
        if (lost.length === 0) return result;
        if (writes === MAX_WRITES) throw change.giveUp(lost);
        await deadline.sleep(backoffMs(Math.min(writes, 10), BACKOFF));
      }
    });
  } catch (error) {
    const { mayHaveBeenApplied } = limited;
    const isForeign = !CloudError.is(error) ||
      isReasonOf(options.signal, error);
    if (!mayHaveBeenApplied || isForeign) throw error;
    throw Object.assign(error, { mayHaveBeenApplied });
  }
}

/** Runs functions one after the other that have the same key. */
export class Turns {
  readonly #last = new Map<string, Promise<void>>();

  /**
   * Runs a function after those with the same key that were passed before.
   *
   * @typeParam T Result of the function.
   * @param key The key.
   * @param run The function. It must end in time.
   * @returns The result of the function.
   */
  async take<T>(key: string, run: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key);
    const result = before ? before.then(run) : run();
    const end = result.then(() => {}, () => {});
    this.#last.set(key, end);
    try {
      return await result;
    } finally {
      if (this.#last.get(key) === end) this.#last.delete(key);
    }
  }
}
