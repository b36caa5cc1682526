/**
 * Checks of what callers give, made before any request.
 *
 * @module
 */

import type { Ref } from "./ref.ts";

// One dot or two, each plain or percent-encoded: `encodeURIComponent("..")` is
// still "..", and servers that decode twice read "%2e%2e" the same way.
const DOTS = /^(?:\.|%2e){1,2}$/i;
// Control characters, and surrogates that have lost their other half.
const UNPRINTABLE = /[\p{Cc}\p{Cs}]/u;

/** The longest time that a timer can count, in milliseconds. */
export const MAX_MS = 2 ** 31 - 1;

/**
 * Reads the id out of what a caller wants to act on.
 *
 * @param ref An id, or anything that has one.
 * @param what What was asked, for the message.
 * @returns The id.
 * @throws {TypeError} If it is not a text, or empty, a dot or two (encoded or
 *   not), or holds control characters.
 */
export function idOf(ref: Ref, what = "build a path"): string {
  const id: unknown = typeof ref === "object" ? ref?.id : ref;
  if (isText(id) && !DOTS.test(id)) return id;
  throw mistake(what, id, "an id");
}

/**
 * Checks a text that a caller gave, such as a name.
 *
 * @param value What the caller gave.
 * @param what What was asked, such as `"create a node"`.
 * @param field Name of the field.
 * @returns The text.
 * @throws {TypeError} If it is not a text, or blank, or holds control
 *   characters.
 */
export function checkText(value: unknown, what: string, field: string): string {
  if (isText(value)) return value;
  throw mistake(what, value, `a ${field}`);
}

/**
 * Checks a secret that a caller gave, and never shows it.
 *
 * @param name Name of the option.
 * @param value What the caller gave.
 * @param forbidden Characters that it cannot have.
 * @throws {TypeError} If it is not a text, or empty, or has such characters.
 */
export function checkSecret(
  name: string,
  value: unknown,
  forbidden: RegExp = UNPRINTABLE,
): asserts value is string {
  if (typeof value === "string" && value && !forbidden.test(value)) return;
  throw new TypeError(
    `Cannot use the ${name}: it is missing or malformed`,
  );
}

/**
 * Checks a number that a caller gave.
 *
 * @param name Name of the option.
 * @param value What the caller gave, if anything.
 * @param min The smallest that makes sense.
 * @param max The largest that makes sense.
 * @throws {RangeError} If it is not between them.
 */
export function checkNumber(
  name: string,
  value: number | undefined,
  min = 1,
  max: number = MAX_MS,
): void {
  // Times may have fractions, counts may not.
  const isKind = name.endsWith("Ms")
    ? typeof value === "number"
    : Number.isInteger(value);
  if (value === undefined || isKind && value >= min && value <= max) return;
  throw new RangeError(
    `Cannot use ${show(value)} as ${name}: not from ${min} to ${max}`,
  );
}

/**
 * Looks up one of a few words that a caller can choose from.
 *
 * @typeParam T What the words stand for.
 * @param table What each word stands for.
 * @param word What the caller chose.
 * @param field Name of the option.
 * @returns What it stands for.
 * @throws {TypeError} If it is another word.
 */
export function choose<T>(
  table: Readonly<Record<string, T>>,
  word: string,
  field: string,
): T {
  if (Object.hasOwn(table, word)) return table[word] as T;
  throw mistake("choose", word, `a ${field}: ${Object.keys(table)}`);
}

/**
 * Refuses options that a provider cannot honour, rather than ignoring them.
 *
 * @typeParam O The options.
 * @param what What was asked, such as `"create a node"`.
 * @param options The options.
 * @param unsupported Names of those that the provider has nothing for.
 * @throws {TypeError} If one of them is set.
 */
export function refuse<O extends object>(
  what: string,
  options: O,
  unsupported: readonly (keyof O & string)[],
): void {
  for (const name of unsupported) {
    if (options[name] !== undefined) {
      throw new TypeError(`Cannot ${what}: the provider has no "${name}"`);
    }
  }
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.trim() !== "" &&
    !UNPRINTABLE.test(value);
}

/**
 * Makes the error for a value of the wrong kind.
 *
 * @param what What was asked, such as `"create a node"`.
 * @param value What the caller gave.
 * @param wanted What it should have been, such as `"an id"`.
 * @returns The error.
 */
export function mistake(
  what: string,
  value: unknown,
  wanted: string,
): TypeError {
  return new TypeError(`Cannot ${what}: ${show(value)} is not ${wanted}`);
}

function show(value: unknown): string {
  return typeof value === "string"
    ? JSON.stringify(value.slice(0, 32))
    : String(value);
}
