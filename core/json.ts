/**
 * Small readers for the converters of drivers: what a provider's JSON should
 * hold, and sometimes does not.
 *
 * A converter may take a well-formed answer for granted: what it throws becomes
 * a `MalformedResponseError`. These are for fields that may be absent, or come
 * as text here and as a number there.
 *
 * @module
 */

/**
 * Reads an id, which JSON may hold as a number.
 *
 * @param value What the answer holds.
 * @returns The id as text.
 * @throws {TypeError} If there is none.
 */
export function toId(value: unknown): string {
  const id = toOptionalId(value);
  if (id === undefined) throw new TypeError("There is no id");
  return id;
}

/**
 * Reads an id that may be absent.
 *
 * @param value What the answer holds.
 * @returns The id as text, or `undefined`.
 */
export function toOptionalId(value: unknown): string | undefined {
  return typeof value === "number" || (typeof value === "string" && value)
    ? String(value)
    : undefined;
}

/**
 * Reads a text.
 *
 * @param value What the answer holds.
 * @returns The text, or `undefined` where it is empty or none.
 */
export function toText(value: unknown): string | undefined {
  return typeof value === "string" && value ? value : undefined;
}

/**
 * Reads a yes or no.
 *
 * @param value What the answer holds.
 * @returns The value, or `undefined` where it is none.
 */
export function toBoolean(value: unknown): boolean | undefined {
  return typeof value === "boolean" ? value : undefined;
}

/**
 * Reads a number, which JSON may hold as text.
 *
 * @param value What the answer holds.
 * @returns The number, or `undefined` where it is none or not finite.
 */
export function toNumber(value: unknown): number | undefined {
  const number = typeof value === "string" && value.trim() !== ""
    ? Number(value)
    : value;
  return typeof number === "number" && Number.isFinite(number)
    ? number
    : undefined;
}

// A regular expression and no Date: this runs once for each node of a list.
const UTC = /^\d{4}-\d\d-\d\d[T ][\d:]{8}(?:\.\d+)?Z?$/;

/**
 * Reads a time in UTC: as ISO 8601 has it, or with a space for the `T`, with or
 * without the `Z`.
 *
 * @param value What the answer holds.
 * @returns The time as ISO 8601, or `undefined` where it is none in UTC.
 */
export function toTime(value: unknown): string | undefined {
  if (typeof value !== "string" || !UTC.test(value)) return undefined;
  // What is put together takes more memory than what came.
  const time = value.replace(" ", "T");
  return time.endsWith("Z") ? time : `${time}Z`;
}

/**
 * Looks a provider's word up in a table, where words such as `"constructor"`
 * are words like any other.
 *
 * @typeParam T What the table holds.
 * @param table The table.
 * @param word What the answer holds.
 * @returns What the table has for it, or `undefined`.
 */
export function lookUp<T>(
  table: Readonly<Record<string, T>>,
  word: unknown,
): T | undefined {
  return typeof word === "string" && Object.hasOwn(table, word)
    ? table[word]
    : undefined;
}
