/**
 * Checks of arguments, made before any request is sent.
 *
 * If a check fails, it throws a `TypeError` or a `RangeError`. The message
 * names the method, the option, the expected value and the given value.
 *
 * @module
 */

import { joinWords, show, toNoun } from "./message.ts";
import type { Ref } from "./ref.ts";

// One or two dots, plain or percent-encoded. `encodeURIComponent("..")` does
// not change "..". Servers that decode twice read "%2e%2e" as "..".
const DOTS = /^(?:\.|%2e){1,2}$/i;
// Control characters and lone surrogates.
const UNPRINTABLE = /[\p{Cc}\p{Cs}]/u;

/** The longest delay that a timer accepts, in milliseconds. */
export const MAX_MS = 2 ** 31 - 1;

/**
 * Reads the id of the resource that a call acts on.
 *
 * @param ref An id, or a record with an id.
 * @param operation Name of the method, for the error.
 * @param field Name of the option, for the error.
 * @returns The id.
 * @throws {TypeError} If the id is not a string, is blank, consists of one or
 *   two dots (percent-encoded or not), or contains control characters.
 */
export function idOf(ref: Ref, operation = "path", field = "id"): string {
  const isRecord = typeof ref === "object" && ref !== null &&
    !Array.isArray(ref);
  const id: unknown = isRecord ? ref.id : ref;
  if (isPrintable(id) && !DOTS.test(id)) return id;
  const noun = toNoun(field);
  const expected = field === "id" ? "an id" : `${noun} or its id`;
  const got = isRecord ? `an object with id ${show(id)}` : show(id);
  throw new TypeError(`${operation}: ${field} must be ${expected}, got ${got}`);
}

/**
 * Reads the ids of several resources.
 *
 * @param refs Ids, or records that have one.
 * @param operation Name of the method, for the error.
 * @param field Name of the option, for the error.
 * @returns The ids; `undefined` if `refs` is.
 * @throws {TypeError} If `refs` is not an array, or an id is invalid; see
 *   {@linkcode idOf}.
 */
export function idsOf(
  refs: readonly Ref[] | undefined,
  operation: string,
  field: string,
): string[] | undefined {
  if (refs === undefined) return undefined;
  if (!Array.isArray(refs)) throw mistake(operation, field, "an array", refs);
  return refs.map((ref, index) => idOf(ref, operation, `${field}[${index}]`));
}

/**
 * Reads an id for a JSON body, for providers whose ids are numbers in JSON.
 *
 * @param ref An id, or a record with an id.
 * @param operation Name of the method, for the error.
 * @param field Name of the option, for the error.
 * @returns A number if the id is a positive safe integer without leading zeros.
 *   Otherwise, the id as a string.
 * @throws {TypeError} If the id is invalid; see {@linkcode idOf}.
 */
export function idJson(
  ref: Ref,
  operation: string,
  field: string,
): string | number {
  const id = idOf(ref, operation, field);
  const number = Number(id);
  const isNumber = Number.isSafeInteger(number) && String(number) === id;
  return isNumber && number >= 0 ? number : id;
}

/**
 * Converts a value that may be absent.
 *
 * @typeParam T Type of the value.
 * @typeParam R Type of the result.
 * @param value The value, or `undefined`.
 * @param convert Converts a value that is present.
 * @returns The result, or `undefined` if the value is `undefined`.
 */
export function given<T, R>(
  value: T | undefined,
  convert: (value: T) => R,
): R | undefined {
  return value === undefined ? undefined : convert(value);
}

/**
 * Checks a string, such as a name.
 *
 * @param value The value that the caller passed.
 * @param operation Name of the method, for the error.
 * @param field Name of the option, for the error.
 * @returns The string.
 * @throws {TypeError} If the value is not a string, is blank, or contains
 *   control characters.
 */
export function checkText(
  value: unknown,
  operation: string,
  field: string,
): string {
  if (isPrintable(value)) return value;
  const isBlank = typeof value !== "string" || value.trim() === "";
  const expected = isBlank
    ? "a non-empty string"
    : "a string without control characters";
  throw mistake(operation, field, expected, value);
}

/** Characters that a secret must not contain. */
export interface ForbiddenCharacters {
  /** Matches such a character. */
  readonly pattern: RegExp;
  /** Description for the message "username contains …", such as `"a colon"`. */
  readonly description: string;
}

/**
 * Checks a secret. The error never shows the value.
 *
 * @param value The value that the caller passed.
 * @param operation Name of the method or the class, for the error.
 * @param field Name of the option, for the error.
 * @param forbidden Characters that the secret must not contain.
 * @throws {TypeError} If the value is missing, is not a string, or contains
 *   forbidden characters.
 */
export function checkSecret(
  value: unknown,
  operation: string,
  field: string,
  forbidden: ForbiddenCharacters = {
    pattern: UNPRINTABLE,
    description: "control characters",
  },
): asserts value is string {
  const problem = value === undefined || value === null || value === ""
    ? "is required"
    : typeof value !== "string"
    ? `must be a string, got ${Array.isArray(value) ? "array" : typeof value}`
    : forbidden.pattern.test(value)
    ? `contains ${forbidden.description}`
    : undefined;
  if (problem) throw new TypeError(`${operation}: ${field} ${problem}`);
}

/**
 * Checks a number. `undefined` is valid.
 *
 * @param value The value that the caller passed.
 * @param operation Name of the method or the class, for the error.
 * @param field Name of the option. If it ends in `Ms`, the number is a duration
 *   and may have a fraction. All other numbers must be integers.
 * @param min Smallest value. The default is 1.
 * @param max Largest value. The default is {@linkcode MAX_MS}.
 * @throws {RangeError} If the value is not such a number from `min` to `max`.
 */
export function checkNumber(
  value: number | undefined,
  operation: string,
  field: string,
  min = 1,
  max: number = MAX_MS,
): void {
  if (value === undefined) return;
  const isDuration = /(?:^m|M)s$/.test(field);
  const isKind = isDuration
    ? typeof value === "number"
    : Number.isInteger(value);
  if (isKind && value >= min && value <= max) return;
  const kind = isDuration ? "a number" : "an integer";
  const got = typeof value === "number" ? value : show(value);
  throw new RangeError(
    `${operation}: ${field} must be ${kind} from ${min} to ${max}, got ${got}`,
  );
}

/**
 * Looks up a word in a table of allowed words.
 *
 * @typeParam T Type of the values.
 * @param table Value of each word.
 * @param word The word that the caller passed.
 * @param operation Name of the method, for the error.
 * @param field Name of the option, for the error.
 * @returns The value of the word.
 * @throws {TypeError} If the table lacks the word.
 */
export function choose<T>(
  table: Readonly<Record<string, T>>,
  word: unknown,
  operation: string,
  field: string,
): T {
  if (typeof word === "string" && Object.hasOwn(table, word)) {
    return table[word] as T;
  }
  throw mistake(operation, field, joinWords(Object.keys(table)), word);
}

/**
 * Rejects options that a provider does not support, instead of ignoring them.
 *
 * @typeParam O Type of the options.
 * @param operation Name of the method, for the error.
 * @param provider Name of the provider, for the error.
 * @param options The options that the caller passed.
 * @param unsupported Unsupported options by name. The value is a next step for
 *   the message, such as `"use importKeyPair()"`, or `""`.
 * @throws {TypeError} If one of these options is present.
 */
export function refuse<O extends object>(
  operation: string,
  provider: string,
  options: O,
  unsupported: Readonly<Partial<Record<keyof O & string, string>>>,
): void {
  for (const [name, hint] of Object.entries(unsupported)) {
    if (options[name as keyof O] === undefined) continue;
    const nextStep = hint ? `; ${hint}` : "";
    throw new TypeError(
      `${operation}: ${provider} does not support ${name}${nextStep}`,
    );
  }
}

/**
 * Creates the error for an invalid argument.
 *
 * @param operation Name of the method.
 * @param field Name of the option.
 * @param expected Description of a valid value, such as `"a string"`.
 * @param value The value that the caller passed.
 * @returns The error.
 */
export function mistake(
  operation: string,
  field: string,
  expected: string,
  value: unknown,
): TypeError {
  return new TypeError(
    `${operation}: ${field} must be ${expected}, got ${show(value)}`,
  );
}

function isPrintable(value: unknown): value is string {
  return typeof value === "string" && value.trim() !== "" &&
    !UNPRINTABLE.test(value);
}
