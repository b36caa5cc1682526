/**
 * Comparison of record sets and of their values.
 *
 * @module
 */

import { joinText } from "./fields.ts";
import type { RecordData, RecordSetInput, RecordSetKey } from "./records.ts";

/**
 * Returns a string that two record sets of a zone share only if they have the
 * same name and type.
 *
 * @param set The record set.
 * @returns The string, such as `"www A"`.
 */
export function keyOf({ name, type }: RecordSetKey): string {
  return `${name} ${type}`;
}

/**
 * Returns a string that two values share only if they are the same. Both must be
 * in the form that `normalizeRecordSet()` returns. The places where a text is cut
 * make no difference.
 *
 * @param data The value.
 * @returns The string.
 */
export function dataKey(data: RecordData): string {
  if (typeof data === "string") return data;
  if (Array.isArray(data)) return joinText(data);
  return JSON.stringify(data, sortKeys);
}

/**
 * Whether two record sets have the same values, in any order.
 *
 * @param a A record set.
 * @param b Another one of the same type.
 * @returns Whether the values are the same.
 */
export function sameValues(
  a: Pick<RecordSetInput, "data">,
  b: Pick<RecordSetInput, "data">,
): boolean {
  return missingIn(a, b.data).length === 0 && missingIn(b, a.data).length === 0;
}

/**
 * Returns the values that a record set lacks.
 *
 * @param set The record set; `undefined` if it does not exist.
 * @param values The values.
 * @returns Those of the values that the record set does not have.
 */
export function missingIn(
  set: Pick<RecordSetInput, "data"> | undefined,
  values: readonly RecordData[],
): readonly RecordData[] {
  const present = new Set(set?.data.map(dataKey));
  return values.filter((value) => !present.has(dataKey(value)));
}

/**
 * Returns the values that a record set has.
 *
 * @param set The record set; `undefined` if it does not exist.
 * @param values The values.
 * @returns Those values of the record set that are among the values.
 */
export function presentIn(
  set: Pick<RecordSetInput, "data"> | undefined,
  values: readonly RecordData[],
): readonly RecordData[] {
  const wanted = new Set(values.map(dataKey));
  const present: readonly RecordData[] = set?.data ?? [];
  return present.filter((value) => wanted.has(dataKey(value)));
}

/**
 * Returns the values that are left of a record set.
 *
 * @param set The record set.
 * @param values The values to leave out.
 * @returns The other values of the record set.
 */
export function without(
  set: Pick<RecordSetInput, "data">,
  values: readonly RecordData[],
): readonly RecordData[] {
  return missingIn({ data: values } as RecordSetInput, set.data);
}

function sortKeys(_key: string, value: unknown): unknown {
  if (Object(value) !== value || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value as object).sort(([a], [b]) => a < b ? -1 : 1),
  );
}
