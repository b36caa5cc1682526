/**
 * Settings of a cloud from YAML files and environment variables, each with the
 * place that it comes from. Errors name the place and show no value.
 *
 * @module
 */

import { joinWords, mistake } from "../../core/mod.ts";
import { parse } from "@std/yaml/parse";

/** Name of the function that the caller calls, for errors. */
export const OPERATION = "cloudOptions";

// The work for a file with aliases is at most the product of these numbers.
const MAX_CHARACTERS = 262_144;
const MAX_ALIASES = 1000;
const ALIAS = /(?:^|[\s,:[{-])\*\w/gm;

/**
 * Booleans and numbers of YAML 1.1, which OpenStack's own tools read. They are
 * strings in YAML 1.2, which the parser here reads.
 */
const YAML_1_1 =
  /^(?:yes|no|on|off|[-+]?\d[\d_]*(?::[0-5]?\d)+(?:\.[\d_]*)?)$/i;

/**
 * Names that errors show. If a quote or a brace is missing in a file, a name can
 * contain the lines after it, with passwords.
 */
const NAME = /^[\w.-]{1,64}$/;

/** A mapping of YAML. */
export type Mapping = Readonly<Record<string, unknown>>;

/** A file that was parsed. */
export interface YamlFile {
  /** Name of the file, for errors. */
  readonly name: string;
  /** The whole text. */
  readonly text: string;
  /** The parsed text. */
  readonly content: Mapping;
}

/** A value, and where it comes from. */
export interface Setting {
  /** The value, which may have any type. */
  readonly value: unknown;
  /** The file; `undefined` if it is an environment variable. */
  readonly file: YamlFile | undefined;
  /** Where the value is in the file, or the name of the variable. */
  readonly path: string;
  /** The key as it is written in the file. */
  readonly key: string;
}

/** Settings by key, such as `region_name` or `auth.password`. */
export type Settings = ReadonlyMap<string, Setting>;

/**
 * Parses a file.
 *
 * @param name Name of the file, for errors.
 * @param text The text; `undefined` if there is no such file.
 * @param option Name of the option with the text, for errors.
 * @returns The file. A file without content is an empty mapping.
 * @throws {TypeError} If the text is not a mapping in valid YAML.
 */
export function parseFile(
  name: string,
  text: string | undefined,
  option: string,
): YamlFile {
  if (text === undefined) return { name, text: "", content: {} };
  if (typeof text !== "string") {
    throw mistake(OPERATION, option, "the text of the file", text);
  }
  if (text.length > MAX_CHARACTERS) {
    throw problem(name, `has more than ${MAX_CHARACTERS} characters`);
  }
  if ((text.match(ALIAS)?.length ?? 0) > MAX_ALIASES) {
    throw problem(name, `has more than ${MAX_ALIASES} aliases`);
  }
  return { name, text, content: toMapping(parseText(name, text), name) };
}

function parseText(name: string, text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    // The message and the stack quote the text, which contains secrets.
    const { message } = error as Error;
    const [, line, column] = / at line (\d+), column (-?\d+)/.exec(message) ??
      [];
    // For a key that occurs twice, the parser counts from another line.
    const where = line === undefined
      ? ""
      : Number(column) > 0
      ? ` at line ${line}, column ${column}`
      : ` at line ${line}`;
    const isRepeated = /^[\w :]*duplicated/.test(message);
    throw problem(
      name,
      `is invalid YAML${where}${isRepeated ? "; a key occurs twice" : ""}`,
    );
  }
}

/**
 * Gets a mapping.
 *
 * @param value A value of a file; `null` is an empty mapping.
 * @param place File and key, for errors.
 * @returns The mapping.
 * @throws {TypeError} If the value is something else.
 */
export function toMapping(value: unknown, place: string): Mapping {
  if (value === null || value === undefined) return {};
  const type = typeOf(value);
  if (type === "mapping") return value as Mapping;
  throw problem(place, `must be a mapping, got ${type}`);
}

/**
 * Reads the settings of a mapping. `-` and `_` in keys are the same. A key
 * without a value is absent.
 *
 * @param file The file that contains the mapping.
 * @param path Where the mapping is in the file.
 * @param value The mapping.
 * @returns The settings. Keys in `auth` begin with `auth.`.
 */
export function settingsOf(
  file: YamlFile,
  path: string,
  value: unknown,
): Settings {
  const settings = new Map<string, Setting>();
  const add = (parent: string, value: unknown, prefix: string): void => {
    const mapping = toMapping(value, placeIn(file, parent));
    for (const [key, value] of Object.entries(mapping)) {
      if (value === null) continue;
      const name = prefix + key.replaceAll("-", "_");
      const path = member(parent, key);
      if (name === "auth") add(path, value, "auth.");
      else settings.set(name, { value, file, path, key });
    }
  };
  add(path, value, "");
  return settings;
}

/**
 * Reads the settings of environment variables. An empty variable is absent.
 *
 * @param env The variables.
 * @returns The settings; the key of `OS_REGION_NAME` is `region_name`.
 * @throws {TypeError} If `env` is not an object.
 */
export function settingsOfEnv(env: object): Settings {
  if (Object(env) !== env) throw mistake(OPERATION, "env", "an object", env);
  return new Map(
    Object.entries(env)
      .filter(([name, value]) =>
        /^OS_(?!TEST|STD|LOG)\w/.test(name) && typeof value === "string" &&
        value !== ""
      )
      .map(([name, value]) => [
        name.slice("OS_".length).toLowerCase(),
        { value, file: undefined, path: name, key: name },
      ]),
  );
}

/** Settings of several places; those of later ones win. */
export function merge(...all: readonly Settings[]): Settings {
  return new Map(all.flatMap((settings) => [...settings]));
}

/** Writes a key of a mapping into a path; an unusual key is left out. */
export function member(path: string, key: string): string {
  return NAME.test(key) ? `${path}.${key}` : `${path}[…]`;
}

/**
 * Lists names of clouds and regions for an error.
 *
 * @param names Names in a file.
 * @param otherwise What to write if no name can be shown.
 * @returns The names, without unusual ones.
 */
export function listNames(
  names: readonly string[],
  otherwise: string,
): string {
  const shown = names.filter((name) => NAME.test(name));
  return shown.length > 0 ? joinWords(shown) : otherwise;
}

/** Writes a file and a path, such as `clouds.yaml: clouds.mine.auth`. */
export function placeIn(file: YamlFile | undefined, path: string): string {
  return file === undefined ? path : `${file.name}: ${path}`;
}

/**
 * Gets a string.
 *
 * @param setting The setting.
 * @returns The string.
 * @throws {TypeError} If the value has another type or is empty.
 */
export function toString(setting: Setting): string {
  const { value } = setting;
  const type = typeIn11(setting) ?? typeOf(value);
  if (typeof value === "string" && type === "string") {
    if (value.trim() === "") throw problem(setting, "must not be empty");
    return value;
  }
  const isScalar = !["list", "mapping"].includes(type);
  throw problem(
    setting,
    `must be a string, got ${type}${isScalar ? "; put quotes around it" : ""}`,
  );
}

/**
 * Gets the items of a list.
 *
 * @param setting The setting.
 * @returns The items, with their own paths.
 * @throws {TypeError} If the value is not a list.
 */
export function toList(setting: Setting): Setting[] {
  const { value, path } = setting;
  if (!Array.isArray(value)) throw problem(setting, "must be a list");
  return value.map((item, index) => ({
    ...setting,
    value: item,
    path: `${path}[${index}]`,
  }));
}

/**
 * Creates the error for a setting.
 *
 * @param place The setting, or file and key.
 * @param text Description of the problem, without the value.
 * @returns The error.
 */
export function problem(place: Setting | string, text: string): TypeError {
  const where = typeof place === "string"
    ? place
    : placeIn(place.file, place.path);
  return new TypeError(`${OPERATION}: ${where} ${text}`);
}

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return "list";
  if (value instanceof Date) return "date";
  if (value instanceof Uint8Array) return "bytes";
  return typeof value === "object" ? "mapping" : typeof value;
}

/** Type of a string in YAML 1.1, if it is another one there. */
function typeIn11({ file, key, value }: Setting): string | undefined {
  if (typeof value !== "string" || file === undefined) return undefined;
  if (!YAML_1_1.test(value)) return undefined;
  const [name, word] = [key, value].map((it) =>
    it.replace(/[^\w-]/g, (character) => `\\${character}`)
  );
  // Quotes make it a string, and comments do not count.
  const isPlain = new RegExp(
    `^(?:[^#\\n]*[\\s{,])?["']?${name}["']?\\s*:\\s+${word}\\s*(?:$|[,}#])`,
    "m",
  ).test(file.text);
  if (!isPlain) return undefined;
  return /\d/.test(value) ? "number" : "boolean";
}
