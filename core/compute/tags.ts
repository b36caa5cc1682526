/**
 * Tags: pairs of a key and a value, also for providers whose tags are strings.
 *
 * A string such as `"env:prod"` is the key `env` with the value `prod`. A string
 * without a key or a value, such as `"web"`, is a key with the value `""`.
 *
 * @module
 */

import { checkText, mistake } from "../check.ts";

/** Values of tags by key. A tag without a value has the value `""`. */
export type Tags = Readonly<Record<string, string>>;

/**
 * Tags that a caller passes: values by key, or strings such as `"web"` and
 * `"env:prod"`.
 */
export type TagInput = Tags | readonly string[];

const SEPARATOR = ":";

/**
 * Converts the tags of a provider whose tags are strings. A string is split at
 * its first colon if both sides are non-empty, and if no other string of the
 * list has that key. Otherwise the whole string is the key, and the value is
 * `""`. Therefore {@linkcode joinTag} returns each string unchanged.
 *
 * ```ts
 * import { toTags } from "@nephos/nephos/compute";
 *
 * console.log(toTags(["web", "env:prod"])); // { web: "", env: "prod" }
 * console.log(toTags(["role:db", "role:web"])); // { "role:db": "", … }
 * ```
 *
 * @param strings The strings. Repeated strings count once.
 * @returns The tags.
 */
export function toTags(strings: readonly string[]): Tags {
  const tags: Record<string, string> = {};
  for (const string of strings) {
    const [key, value] = split(string);
    // As a property, "__proto__" would have a special meaning.
    const isSpecial = key in tags || key === "__proto__";
    if (isSpecial) return toUniqueTags([...new Set(strings)]);
    tags[key] = value;
  }
  return tags;
}

/** Converts strings of which several may have the same key. */
function toUniqueTags(strings: readonly string[]): Tags {
  const pairs = strings.map(split);
  const counts = new Map<string, number>();
  for (const [key] of pairs) counts.set(key, (counts.get(key) ?? 0) + 1);
  return Object.fromEntries(
    pairs.map(([key, value], index): [string, string] =>
      counts.get(key) === 1 ? [key, value] : [strings[index] as string, ""]
    ),
  );
}

/**
 * Converts one tag into a string.
 *
 * @param key Key of the tag.
 * @param value Value of the tag.
 * @returns `"key:value"`; the key alone if the value is `""`.
 */
export function joinTag(key: string, value: string): string {
  return value === "" ? key : `${key}${SEPARATOR}${value}`;
}

/**
 * Checks tags for a provider whose tags have keys and values.
 *
 * @param tags Tags of the caller. Strings are converted; see
 *   {@linkcode toTags}.
 * @param operation Name of the method, for the error.
 * @returns The tags.
 * @throws {TypeError} If `tags` is neither an object nor an array, a key is
 *   empty, a value is not a string, or a tag is repeated.
 */
export function checkTags(tags: TagInput, operation: string): Tags {
  return Array.isArray(tags)
    ? toTags(checkStrings(tags, operation))
    : Object.fromEntries(entriesOf(tags, operation));
}

/**
 * Checks and converts tags for a provider whose tags are strings.
 *
 * @param tags Tags of the caller.
 * @param operation Name of the method, for the error.
 * @returns The strings; `undefined` if `tags` is.
 * @throws {TypeError} If `tags` is neither an object nor an array, a key is
 *   empty, a value is not a string, or two tags become the same string.
 */
export function toTagStrings(
  tags: TagInput | undefined,
  operation: string,
): string[] | undefined {
  if (tags === undefined) return undefined;
  const strings = Array.isArray(tags)
    ? tags
    : entriesOf(tags, operation).map(([key, value]) => joinTag(key, value));
  return checkStrings(strings, operation);
}

/**
 * Checks that tags to filter by are not empty.
 *
 * @typeParam T Type of the tags.
 * @param tags Tags of the caller.
 * @param operation Name of the method, for the error.
 * @returns The tags.
 * @throws {TypeError} If there are no tags. A program that computed the tags
 *   would otherwise act on all records.
 */
export function checkSomeTags<T extends TagInput>(
  tags: T,
  operation: string,
): T {
  if (Object.keys(Object(tags)).length > 0) return tags;
  throw mistake(operation, "tags", "at least one tag", tags);
}

/**
 * Checks whether a record has tags that are strings at the provider.
 *
 * @param tags Tags of the record.
 * @param strings The strings to look for.
 * @returns Whether the record has all of them.
 */
export function hasTagStrings(
  tags: Tags,
  strings: readonly string[],
): boolean {
  const has = new Set(
    Object.entries(tags).map(([key, value]) => joinTag(key, value)),
  );
  return strings.every((string) => has.has(string));
}

/**
 * Checks whether a record has tags with these keys and values.
 *
 * @param tags Tags of the record.
 * @param wanted The tags to look for.
 * @returns Whether the record has all of them.
 */
export function hasTags(tags: Tags, wanted: Tags): boolean {
  return Object.entries(wanted).every(([key, value]) =>
    Object.hasOwn(tags, key) && tags[key] === value
  );
}

/** Splits a string at its first colon, if both sides are non-empty. */
function split(string: string): readonly [key: string, value: string] {
  const at = string.indexOf(SEPARATOR);
  return at < 1 || at === string.length - 1
    ? [string, ""]
    : [string.slice(0, at), string.slice(at + 1)];
}

function entriesOf(tags: TagInput, operation: string): [string, string][] {
  // Object.entries() would find no entries of a Map, and letters of a string.
  const isTable = typeof tags === "object" && tags !== null &&
    !(Symbol.iterator in tags);
  if (!isTable) {
    throw mistake(operation, "tags", "an object or an array of strings", tags);
  }
  return Object.entries(tags).map(([key, value]) => {
    if (key === "") throw mistake(operation, "tags", "non-empty keys", key);
    if (typeof value !== "string") {
      throw mistake(operation, `tags["${key}"]`, "a string", value);
    }
    checkText(joinTag(key, value), operation, "tags");
    return [key, value];
  });
}

function checkStrings(
  strings: readonly string[],
  operation: string,
): string[] {
  const seen = new Set<string>();
  for (const string of strings) {
    checkText(string, operation, "tags");
    if (seen.has(string)) {
      throw mistake(operation, "tags", "different tags", string);
    }
    seen.add(string);
  }
  return [...seen];
}
