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

// Integers above 2 ** 53 have at least 16 digits. Prices may have as many after
// the point. V8 searches for this pattern five times as fast as for "\d{16}".
const LONG_NUMBER = new RegExp(`(?<![.\\d])${"\\d".repeat(16)}`);
// An escape in a string, the begin or the end of a string, or a number.
const JSON_PART = /\\[^]|"|[\d-][\d.eE+-]*/g;

/**
 * Parses JSON. Integers that a number cannot represent exactly, such as ids above
 * 2⁵³, become strings with the same digits.
 *
 * @param text The JSON.
 * @returns The value.
 * @throws {SyntaxError} If the text is not JSON. The message may quote the text.
 */
export function parseJson(text: string): unknown {
  const value = JSON.parse(text);
  if (!LONG_NUMBER.test(text)) return value;
  let isInString = false;
  // The text is valid JSON. Therefore the parts need no further checks. Not a
  // reviver: not all runtimes give it the source of a number.
  const exact = text.replace(JSON_PART, (part) => {
    if (part === '"') isInString = !isInString;
    const isExact = isInString || !/^-?\d{16,}$/.test(part) ||
      Number.isSafeInteger(Number(part));
    return isExact ? part : `"${part}"`;
  });
  return exact === text ? value : JSON.parse(exact);
}

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
 * Reads a list of strings.
 *
 * @param value The field of the response.
 * @returns The non-empty strings. Items of another type are left out. `[]` if
 *   the field is not an array.
 */
export function toTexts(value: unknown): string[] {
  return listOf(value, toText);
}

/**
 * Reads a list of ids that are strings or numbers.
 *
 * @param value The field of the response.
 * @returns The ids as strings. Items of another type are left out. `[]` if the
 *   field is not an array.
 */
export function toIds(value: unknown): string[] {
  return listOf(value, toOptionalId);
}

function listOf(
  value: unknown,
  read: (item: unknown) => string | undefined,
): string[] {
  const items: readonly unknown[] = Array.isArray(value) ? value : [];
  const texts: string[] = [];
  // A loop, because this runs several times for each node of a list.
  for (const item of items) {
    const text = read(item);
    if (text !== undefined) texts.push(text);
  }
  return texts;
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
 * Reads a number that every response has, or a string that contains it.
 *
 * @param value The field of the response.
 * @param name Name of the field, for the error.
 * @returns The number.
 * @throws {TypeError} If the field is not a finite number.
 */
export function toRequiredNumber(value: unknown, name: string): number {
  const number = toNumber(value);
  if (number !== undefined) return number;
  throw new TypeError(`the response has no number "${name}"`);
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
// A time with an offset, such as "+02:00" or "-0330".
const WITH_OFFSET =
  /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.\d+)?([+-]\d\d):?(\d\d)$/;

/**
 * Reads a time, and converts it into UTC. A space instead of `T` is accepted. A
 * time without an offset is in UTC.
 *
 * @param value The field of the response.
 * @returns The time in ISO 8601 in UTC, or `undefined` if the field is not a
 *   time.
 */
export function toTime(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  if (!UTC.test(value)) return fromOffset(value);
  // A concatenated string takes more memory than the original.
  const time = value.replace(" ", "T");
  return time.endsWith("Z") ? time : `${time}Z`;
}

/** Converts a time with an offset. Offsets do not change the fraction. */
function fromOffset(value: string): string | undefined {
  const [, date, time, fraction = "", hours, minutes] =
    WITH_OFFSET.exec(value) ?? [];
  const ms = Date.parse(`${date}T${time}${hours}:${minutes}`);
  return Number.isNaN(ms)
    ? undefined
    : `${new Date(ms).toISOString().slice(0, 19)}${fraction}Z`;
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
