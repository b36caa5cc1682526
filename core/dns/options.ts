/**
 * Options of the methods that every DNS driver has.
 *
 * @module
 */

import type { PollOptions } from "../calls.ts";
import type { CallOptions, ListOptions } from "../options.ts";
import type { RecordType } from "./records.ts";

/** Options of `createZone()`, the same for all drivers. */
export interface CreateZoneOptions extends CallOptions {
  /** Name of the zone, such as `"example.com"`. */
  readonly name: string;
  /**
   * TTL of record sets without their own, in seconds.
   *
   * @default {the provider's choice}
   */
  readonly ttl?: number | undefined;
}

/** Options of `listRecordSets()`, the same for all drivers. */
export interface ListRecordSetsOptions extends ListOptions {
  /**
   * Lists only record sets with this name: `"www"`, or `"@"` for the zone itself.
   *
   * @default {record sets with any name}
   */
  readonly name?: string | undefined;
  /**
   * Lists only record sets of this type.
   *
   * @default {record sets of all types}
   */
  readonly type?: RecordType | undefined;
}

/** Options of `addRecord()` and `removeRecord()`. */
export interface RecordOptions extends CallOptions {
  /**
   * Delay before the values are verified, in milliseconds. It matters only if
   * `changeSupport.adds` is `"readBack"`. Another writer that takes longer than
   * this between its read and its write may still undo the change. If the provider
   * is slow, the delay is longer: 10 times the time of this change, at most 10
   * seconds. 0 means that the values are verified once, right after the write.
   *
   * @default {1000}
   */
  readonly settleMs?: number | undefined;
}

/** Options of `waitForChange()`. The default time limit is 10 minutes. */
export interface ChangeWaitOptions extends PollOptions {
  /**
   * Checks once, instead of waiting. Use this option in edge functions, which
   * cannot run for minutes.
   *
   * @default {false}
   */
  readonly once?: boolean | undefined;
}
