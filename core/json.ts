/**
 * Helpers that read optional or loosely typed fields of a provider's JSON.
 *
 * A converter may rely on the documented shape of a response. If the converter
 * throws, the caller gets a `MalformedResponseError`. Use these helpers for
 * fields that may be absent, or that are sometimes a string and sometimes a
 * number.
 *
 * @module
 */

/**
 * Reads an id that is a string or a number.
 *
 * @param value The field of the response.
 * @returns The id as a string.
 * @throws {TypeError} If the field is neither a number nor a non-empty string.
 */
export function toId(value: unknown): string {
  const id = toOptionalId(value);
  if (id === undefined) throw new TypeError("the id is missing");
  return id;
}

/**
 * Reads an id that may be absent.
 *
 * @param value The field of the response.
 * @returns The id as a string, or `undefined`.
 */
export function toOptionalId(value: unknown): string | undefined {
  return typeof value === "number" || (typeof value === "string" && value)
    ? String(value)
    : undefined;
}

/**
 * Reads a string.
 *
 * @param value The field of the response.
 * @returns The string, or `undefined` if the field is empty or not a string.
 */
export function toText(value: unknown): string | undefined {
  return typeof value === "string" && value ? value : undefined;
}

/**
 * Reads a boolean.
 *
 * @param value The field of the response.
 * @returns The boolean, or `undefined` if the field is not a boolean.
 */
export function toBoolean(value: unknown): boolean | undefined {
  return typeof value === "boolean" ? value : undefined;
}

/**
 * Reads a number, or a string that contains a number.
 *
 * @param value The field of the response.
 * @returns The number, or `undefined` if the field is not a finite number.
 */
export function toNumber(value: unknown): number | undefined {
  const number = typeof value === "string" && value.trim() !== ""
    ? Number(value)
    : value;
  return typeof number === "number" && Number.isFinite(number)
    ? number
    : undefined;
}

// A regular expression is faster than a Date: this runs for each node of a list.
const UTC = /^\d{4}-\d\d-\d\d[T ][\d:]{8}(?:\.\d+)?Z?$/;

/**
 * Reads a time in UTC. A space instead of `T`, and a missing `Z`, are accepted.
 *
 * @param value The field of the response.
 * @returns The time in ISO 8601, or `undefined` if the field is not a time in
 *   UTC.
 */
export function toTime(value: unknown): string | undefined {
  if (typeof value !== "string" || !UTC.test(value)) return undefined;
  // A concatenated string takes more memory than the original.
  const time = value.replace(" ", "T");
  return time.endsWith("Z") ? time : `${time}Z`;
}

/**
 * Looks up a provider's word in a table. Words such as `"constructor"` have no
 * special meaning.
 *
 * @typeParam T Type of the values.
 * @param table Value of each word.
 * @param word The field of the response.
 * @returns The value, or `undefined` if the word is not in the table.
 */
export function lookUp<T>(
  table: Readonly<Record<string, T>>,
  word: unknown,
): T | undefined {
  return typeof word === "string" && Object.hasOwn(table, word)
    ? table[word]
    : undefined;
}
