/**
 * Changes of record sets: their order, the check that nothing has changed
 * meanwhile, and what was done when one fails.
 *
 * @module
 */

import { Deadline } from "../deadline.ts";
import { AbortedError, CloudError } from "../errors.ts";
import { show } from "../message.ts";
import { keyOf, sameValues } from "./data.ts";
import { type ChangeProgress, changesOf } from "./errors.ts";
import type {
  RecordSet,
  RecordSetChange,
  RecordSetInput,
  RecordSetKey,
} from "./records.ts";

/**
 * Returns the record set that a change is about.
 *
 * @param change The change.
 * @returns Name and type of the record set.
 */
export function targetOf(change: RecordSetChange): RecordSetKey {
  return change.action === "delete" ? change.before : change.after;
}

/**
 * Sorts changes so that each can be made after those before it: a name that has a
 * CNAME can have no other record set, so the old record sets of a name are
 * deleted right before a CNAME is created, and the other way round. All other
 * record sets are deleted last. So no name is missing for longer than necessary.
 *
 * @param changes The changes.
 * @returns The changes in the order in which to make them. Those that write the
 *   same name are next to each other. A part of the result has the same order, so
 *   that changes can go on where they broke off.
 */
export function orderChanges(
  changes: readonly RecordSetChange[],
): readonly RecordSetChange[] {
  const byName = Map.groupBy(changes, (change) => targetOf(change).name);
  const isInTheWay = (change: RecordSetChange) =>
    change.action === "delete" &&
    byName.get(change.before.name)?.some((it) =>
      it.action !== "delete" && isAlias(it) !== isAlias(change)
    );
  const isLast = (change: RecordSetChange) =>
    change.action === "delete" && !isInTheWay(change);
  const first = changes.filter((change) => !isLast(change));
  const groups = Map.groupBy(first, (change) => targetOf(change).name);
  const ordered = [...groups.values()].flatMap((group) => [
    ...group.filter(isInTheWay),
    ...group.filter((change) => !isInTheWay(change)),
  ]);
  return [...ordered, ...changes.filter(isLast)];
}

function isAlias(change: RecordSetChange): boolean {
  return targetOf(change).type === "CNAME";
}

/**
 * Rejects changes that name the same record set twice.
 *
 * @param changes The changes.
 * @param operation Name of the method, for the error.
 * @throws {TypeError} If two changes are about the same record set.
 */
export function checkDistinct(
  changes: readonly RecordSetChange[],
  operation: string,
): void {
  const seen = new Set<string>();
  for (const change of changes) {
    const { name, type } = targetOf(change);
    // Sets that share name and type differ by their ids.
    const { id = "" } = targetOf(change) as Partial<RecordSet>;
    const key = `${keyOf({ name, type })} ${id}`;
    if (seen.has(key)) {
      throw new TypeError(
        `${operation}: changes name the record set ${show(name)} ${type} twice`,
      );
    }
    seen.add(key);
  }
}

/**
 * Whether a change can be made only if the record set is as it was read.
 *
 * @param change The change.
 * @returns Whether the current record set must be compared.
 */
export function needsCheck(change: RecordSetChange): boolean {
  return change.action === "create" || expectedIn(change) !== undefined;
}

/**
 * Whether a record set is still what the caller has read, so that a change may be
 * made.
 *
 * @param change The change.
 * @param current The record set as it is now; `undefined` if it does not exist.
 * @returns Whether the change may be made.
 */
export function isUnchanged(
  change: RecordSetChange,
  current: RecordSetInput | undefined,
): boolean {
  if (change.action === "create") return current === undefined;
  const expected = expectedIn(change);
  if (!expected) return true;
  // A record set that is gone need not be deleted any more.
  if (!current) return change.action === "delete";
  return sameValues(expected, current) &&
    (expected.ttl === undefined || expected.ttl === current.ttl);
}

/** A call that makes changes. */
export interface ChangeCall {
  /** Id of the provider. */
  readonly provider: string;
  /** Method of the driver. */
  readonly operation: string;
  /** Signal of the caller. Its reason is never modified. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Makes changes one after the other. If one fails, the error tells which changes
 * were made; see `changesOf()`.
 *
 * @typeParam C A change.
 * @param about The call, for errors.
 * @param changes The changes, in the order in which to make them.
 * @param apply Makes one change.
 */
export async function applyEach<C extends RecordSetChange>(
  about: ChangeCall,
  changes: readonly C[],
  apply: (change: C) => Promise<void>,
): Promise<void> {
  for (const [index, change] of changes.entries()) {
    try {
      await apply(change);
    } catch (error) {
      const done = changes.slice(0, index);
      throw withProgress(about, error, { done, left: changes.slice(index) });
    }
  }
}

/**
 * Adds to an error which changes were made.
 *
 * @param call The driver's method, for errors.
 * @param error What a change failed with.
 * @param changes Which changes were made, and which were not.
 * @param isOfCaller Whether a function of the caller threw the error.
 * @returns The error to throw.
 */
export function withProgress(
  { provider, operation, signal }: ChangeCall,
  error: unknown,
  changes: ChangeProgress,
  isOfCaller: boolean = isReasonOf(signal, error),
): unknown {
  const made = describeProgress(changes);
  if (!isOfCaller) {
    if (!CloudError.is(error)) return error;
    // A driver may have told which of a part of the changes were made.
    const before = changesOf(error);
    const known = before ? describeProgress(before) : "";
    const message = known && error.message.endsWith(known)
      ? error.message.slice(0, -known.length)
      : error.message;
    error.message = `${message}${made}`;
    // A time limit ends the whole call, whatever its last request was.
    const isLate = changes.done.length > 0 && Deadline.isTimeout(error);
    const mayHaveBeenApplied = isLate || error.mayHaveBeenApplied;
    return Object.assign(error, { changes, mayHaveBeenApplied });
  }
  // The reason stays as it is, unless it would hide what was done.
  if (changes.done.length === 0) return error;
  const aborted = new AbortedError(`${operation}: aborted${made}`, {
    provider,
    operation,
    mayHaveBeenApplied: true,
    cause: error,
  });
  return Object.assign(aborted, { changes });
}

/**
 * Whether an error is the reason with which the caller aborted. It belongs to the
 * caller, and must not be modified.
 *
 * @param signal The signal of the caller.
 * @param error Any thrown value.
 * @returns Whether the caller aborted with it.
 */
export function isReasonOf(
  signal: AbortSignal | undefined,
  error: unknown,
): boolean {
  return signal?.aborted === true && Object.is(error, signal.reason) &&
    !Deadline.isTimeout(error);
}

/**
 * Tells in an error that something was changed before, or may have been.
 *
 * @param error Any thrown value.
 * @param signal The signal of the caller. Its reason stays as it is.
 * @returns The error to throw.
 */
export function withApplied(
  error: unknown,
  signal: AbortSignal | undefined,
): unknown {
  return !CloudError.is(error) || isReasonOf(signal, error)
    ? error
    : Object.assign(error, { mayHaveBeenApplied: true });
}

/** The end of a message; empty if no change was made. */
function describeProgress({ done, left }: ChangeProgress): string {
  return done.length === 0
    ? ""
    : `; ${done.length} of ${done.length + left.length} changes were made`;
}

/** The record set that the caller has read, if the change contains its data. */
function expectedIn(change: RecordSetChange): RecordSet | undefined {
  if (change.action === "create") return undefined;
  const { before } = change;
  // Only record sets of the provider have ids.
  return before && "data" in before && "id" in before ? before : undefined;
}
