/**
 * DNS: the interface of every driver for zones and record sets.
 *
 * @module
 */

export * from "./capabilities.ts";
export {
  applyEach,
  type ChangeCall,
  isReasonOf,
  isUnchanged,
  needsCheck,
  orderChanges,
  targetOf,
  withApplied,
} from "./changes.ts";
export {
  checkRecordSet,
  checkRecordSetKey,
  checkTtl,
  checkTypeIn,
  checkZoneName,
  checkZoneRef,
  MAX_TTL,
  type NamedZone,
} from "./check.ts";
export {
  dataKey,
  keyOf,
  missingIn,
  presentIn,
  sameValues,
  without,
} from "./data.ts";
export * from "./driver.ts";
export * from "./errors.ts";
export {
  absoluteName,
  hostName,
  nameInZone,
  type NameOptions,
  relativeName,
  toAscii,
  zoneName,
} from "./names.ts";
export * from "./options.ts";
export {
  type FormatDataOptions,
  formatRecordData,
  isRecordType,
  joinText,
  normalizeRecordData,
  normalizeValues,
  type ParseDataOptions,
  parseRecordData,
} from "./rdata.ts";
export type { Radix } from "./octets.ts";
export type * from "./records.ts";
export * from "./singles.ts";
export type { ValueWrite } from "./writers.ts";
