/**
 * Plans and their options.
 *
 * @module
 */

import type { CallOptions } from "../options.ts";
import type { MisfitPolicy } from "./fit.ts";
import type { RecordSetChange, RecordSetInput } from "./records.ts";

/**
 * What has to change so that a zone has certain record sets. A plan is plain data
 * that survives JSON, so one process can make it and another can apply it.
 */
export interface ZonePlan {
  /** Id of the provider. */
  readonly provider: string;
  /** The zone. */
  readonly zone: {
    /** Id of the zone at the provider. */
    readonly id: string;
    /** Name of the zone, without the final dot. */
    readonly name: string;
  };
  /**
   * Digest of the zone that the plan was made from. It is no signature: it detects
   * mistakes, not forgeries.
   */
  readonly basis: string;
  /** The changes, in the order in which to make them. */
  readonly changes: readonly RecordSetChange[];
  /** Number of record sets that stay as they are, without those left alone. */
  readonly unchanged: number;
}

/** Which record sets a plan leaves alone. */
export interface LeaveOptions {
  /**
   * Returns whether a record set is left alone: in the zone, and among the wanted
   * ones. Pass the same function to `planZone()` and `applyPlan()`.
   *
   * SOA records are always left alone. A record set that only the provider has,
   * such as an alias, is never deleted. It is replaced if you want one with the
   * same name and type.
   *
   * @default {isNameServers}
   */
  readonly ignores?: ((set: RecordSetInput) => boolean) | undefined;
}

/** Options of `planZone()`. */
export interface PlanOptions extends CallOptions, LeaveOptions {
  /**
   * Whether record sets that are not wanted are deleted.
   *
   * @default {false}
   */
  readonly prunes?: boolean | undefined;
  /**
   * How to treat a record set that the provider cannot hold as it is. `"refuse"`
   * throws before any request. `"adapt"` chooses the nearest TTL, and accepts what
   * `normalizeRecordSet()` makes of the values. A type that the provider does not
   * support is refused in any case.
   *
   * @default {"refuse"}
   */
  readonly onMisfit?: MisfitPolicy | undefined;
}

/** Options of `applyPlan()`. */
export interface ApplyOptions extends CallOptions, LeaveOptions {
  /**
   * Largest part of the record sets of the zone that may be deleted, from 0 to 1.
   * It applies to zones with 10 or more record sets, without those left alone.
   *
   * @default {0.3}
   */
  readonly maxDeletedShare?: number | undefined;
  /**
   * Called before the first request that changes something, and after each one.
   * If it throws, no further changes are made.
   *
   * @default {nothing is reported}
   */
  readonly onProgress?:
    | ((
      done: readonly RecordSetChange[],
      left: readonly RecordSetChange[],
    ) => void)
    | undefined;
}

/** Options of `syncZone()`. */
export interface SyncOptions extends PlanOptions, ApplyOptions {}
