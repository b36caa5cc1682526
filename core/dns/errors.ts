/**
 * Errors about record sets.
 *
 * @module
 */

import { type ApiErrorOptions, CloudError, ConflictError } from "../errors.ts";
import type { RecordData, RecordSetChange, RecordSetKey } from "./records.ts";

/** Options of every {@linkcode RecordSetConflictError}. */
export interface RecordSetConflictErrorOptions extends ApiErrorOptions {
  /** The record set. */
  readonly recordSet: RecordSetKey;
  /** Values that were to be added or removed, and were not. */
  readonly lost: readonly RecordData[];
}

/**
 * Another writer changed the record set: it is not the one that you have read, or
 * a value could not be added or removed although the driver tried several times.
 */
export class RecordSetConflictError extends ConflictError {
  /** Name of the class; it survives minification. */
  static override readonly kind: string = "RecordSetConflictError";
  /** The record set. */
  declare readonly recordSet: RecordSetKey;
  /**
   * Values that were to be added or removed, and were not; empty if all changes
   * of a call were refused.
   */
  declare readonly lost: readonly RecordData[];

  /** Creates an error; see {@linkcode CloudError}. */
  constructor(message: string, options: RecordSetConflictErrorOptions) {
    super(message, options);
  }
}

/** Which changes of a call were made before an error occurred. */
export interface ChangeProgress {
  /** Changes that the provider accepted. */
  readonly done: readonly RecordSetChange[];
  /**
   * Changes that were not made. If `mayHaveBeenApplied` of the error is `true`,
   * the first one may have been made, completely or in part.
   */
  readonly left: readonly RecordSetChange[];
}

/**
 * Returns which changes were made before `changeRecordSets()` failed. To finish,
 * call it again with `left`, or make and apply a new plan.
 *
 * ```ts
 * import { changesOf, type DnsDriver } from "@nephos/nephos/dns";
 * import type { RecordSetChange, ZoneRef } from "@nephos/nephos/dns";
 *
 * async function apply(
 *   driver: DnsDriver,
 *   zone: ZoneRef,
 *   changes: readonly RecordSetChange[],
 * ) {
 *   try {
 *     await driver.changeRecordSets(zone, changes);
 *   } catch (error) {
 *     console.log("made:", changesOf(error)?.done.length ?? 0);
 *     throw error;
 *   }
 * }
 * ```
 *
 * @param error Any thrown value.
 * @returns The changes, or `undefined` if the error does not tell.
 */
export function changesOf(error: unknown): ChangeProgress | undefined {
  if (!CloudError.is(error)) return undefined;
  return (error as { readonly changes?: ChangeProgress }).changes;
}
