/**
 * Fields of request bodies and of queries, read by type.
 *
 * @module
 */

import { Refusal } from "./_refusal.ts";

/** A JSON object from a request; its fields are not validated. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** A field of a request that is invalid. */
export interface InvalidField {
  /** Name of the field, such as `"label"`. */
  readonly field: string;
  /**
   * The rule that the value breaks:
   *
   * - `"missing"`: the field is required.
   * - `"unknown"`: the API has no such field.
   * - `"type"`: the value has another type.
   * - `"length"`: the string or the list is too short or too long.
   * - `"range"`: the number is too small or too large.
   * - `"choice"`: the string is not one of the allowed ones.
   */
  readonly rule: "missing" | "unknown" | "type" | "length" | "range" | "choice";
  /** Value of the field; `undefined` if it is missing. */
  readonly value: unknown;
  /**
   * What the API expects, such as `"a string"` or `"3-64 characters"`; `""` for
   * a field that is missing or unknown.
   */
  readonly expected: string;
  /** A reason for people to read, such as `"label must be a string"`. */
  readonly message: string;
}

/**
 * Creates the error of an invalid field, in the provider's words: usually a
 * {@linkcode Refusal}.
 */
export type Invalid = (invalid: InvalidField) => Error;

/** Smallest and largest number, or length of a string or a list. */
export interface Limits {
  /** Smallest value. */
  readonly min?: number | undefined;
  /** Largest value. */
  readonly max?: number | undefined;
}

/** How {@linkcode Fields} reads a request. */
export interface FieldsOptions {
  /**
   * Creates the error of an invalid field.
   *
   * @default {a refusal with status 400}
   */
  readonly invalid?: Invalid | undefined;
  /**
   * Fields that the API knows. Others are refused.
   *
   * @default {all}
   */
  readonly known?: readonly string[] | undefined;
}

/**
 * Optional fields of a request. A missing field is `undefined`, and `null`
 * counts as missing. Fields of forms and queries are strings; their numbers and
 * booleans are parsed.
 */
export class OptionalFields {
  /** Creates the error of an invalid field. */
  protected readonly invalid: Invalid;
  readonly #values: JsonObject;
  readonly #isText: boolean;

  /**
   * Creates a reader.
   *
   * @param values A JSON object, or the values of a form or a query by name.
   * @param options Known fields, and how to refuse invalid ones.
   * @throws {Error} If there is an unknown field; the error is that of
   * `options.invalid`.
   */
  constructor(
    values: JsonObject | ReadonlyMap<string, string> | URLSearchParams,
    options: FieldsOptions = {},
  ) {
    const { invalid = toBadRequest, known } = options;
    this.#isText = values instanceof Map || values instanceof URLSearchParams;
    this.#values = this.#isText
      ? Object.fromEntries(values as Iterable<readonly [string, string]>)
      : values as JsonObject;
    this.invalid = invalid;
    const unknown = known &&
      Object.keys(this.#values).find((it) => !known.includes(it));
    if (unknown !== undefined) {
      this.refuse(unknown, "unknown");
    }
  }

  /**
   * Reads a field that may have several types, such as an id or a name.
   *
   * @param name Name of the field.
   * @returns The value, or `undefined`.
   */
  any(name: string): unknown {
    return this.#value(name);
  }

  /**
   * Reads a string. White space alone counts as an empty string.
   *
   * @param name Name of the field.
   * @param limits Smallest and largest length, by default from 1.
   * @returns The string, or `undefined`.
   * @throws {Error} If the value is not a string, or its length is out of range.
   */
  string(name: string, { min = 1, max }: Limits = {}): string | undefined {
    const value = this.#read(name, "a string", isString);
    const length = value?.trim() === "" ? 0 : value?.length;
    this.#checkLength(name, length, "characters", { min, max });
    return value;
  }

  /**
   * Reads one of several strings.
   *
   * @typeParam T Type of the strings.
   * @param name Name of the field.
   * @param choices Allowed values.
   * @returns The string, or `undefined`.
   * @throws {Error} If the value is another one.
   */
  choice<const T extends string>(
    name: string,
    choices: readonly T[],
  ): T | undefined {
    const value = this.#read(name, "a string", isString);
    const choice = choices.find((it) => it === value);
    if (value !== undefined && choice === undefined) {
      this.refuse(name, "choice", choices.join(" or "));
    }
    return choice;
  }

  /**
   * Reads an integer.
   *
   * @param name Name of the field.
   * @param limits Smallest and largest value, by default any.
   * @returns The integer, or `undefined`.
   * @throws {Error} If the value is not an integer, or is out of range.
   */
  integer(name: string, limits: Limits = {}): number | undefined {
    const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } =
      limits;
    const isAny = limits.min === undefined && limits.max === undefined;
    const kind = isAny ? "an integer" : `a number from ${min} to ${max}`;
    const parse = (text: string) =>
      /^-?\d{1,15}$/.test(text) ? Number(text) : text;
    const value = this.#read(name, kind, isInteger, parse);
    if (value !== undefined && (value < min || value > max)) {
      this.refuse(name, "range", kind);
    }
    return value;
  }

  /**
   * Reads a boolean.
   *
   * @param name Name of the field.
   * @returns The boolean, or `undefined`.
   * @throws {Error} If the value is not a boolean; as text, if it is neither
   * `true` nor `false`.
   */
  boolean(name: string): boolean | undefined {
    const parse = (text: string) =>
      text === "true" || (text === "false" ? false : text);
    return this.#read(name, "a boolean", isBoolean, parse);
  }

  /**
   * Reads an array.
   *
   * @param name Name of the field.
   * @param limits Smallest and largest length, by default any.
   * @returns The array, or `undefined`.
   * @throws {Error} If the value is not an array, or its length is out of range.
   */
  list(name: string, limits: Limits = {}): readonly unknown[] | undefined {
    const value = this.#read(name, "an array", isList);
    this.#checkLength(name, value?.length, "items", limits);
    return value;
  }

  /**
   * Reads an array of strings.
   *
   * @param name Name of the field.
   * @param limits Smallest and largest length of the array, by default any.
   * @returns The array, or `undefined`.
   * @throws {Error} If the value is not an array of strings, or its length is
   * out of range.
   */
  strings(name: string, limits: Limits = {}): readonly string[] | undefined {
    const list = this.list(name, limits);
    if (list === undefined || list.every(isString)) return list;
    return this.refuse(name, "type", "an array of strings");
  }

  /**
   * Reads an array of integers.
   *
   * @param name Name of the field.
   * @param limits Smallest and largest length of the array, by default any.
   * @returns The array, or `undefined`.
   * @throws {Error} If the value is not an array of integers, or its length is
   * out of range.
   */
  integers(name: string, limits: Limits = {}): readonly number[] | undefined {
    const list = this.list(name, limits);
    if (list === undefined || list.every(isInteger)) return list;
    return this.refuse(name, "type", "an array of integers");
  }

  /**
   * Reads an object.
   *
   * @param name Name of the field.
   * @returns The object, whose fields are not validated, or `undefined`.
   * @throws {Error} If the value is not an object.
   */
  record(name: string): JsonObject | undefined {
    return this.#read(name, "an object", isObject);
  }

  /**
   * Reads an object whose values are strings, such as labels.
   *
   * @param name Name of the field.
   * @returns The object, or `undefined`.
   * @throws {Error} If the value is not an object, or has another value.
   */
  labels(name: string): Readonly<Record<string, string>> | undefined {
    const record = this.record(name);
    if (record === undefined || Object.values(record).every(isString)) {
      return record as Readonly<Record<string, string>> | undefined;
    }
    return this.refuse(name, "type", "an object of strings");
  }

  /**
   * Refuses a field.
   *
   * @param field Name of the field.
   * @param rule The rule that its value breaks.
   * @param expected What the API expects.
   * @throws {Error} Always; the error is that of the option `invalid`.
   */
  refuse(field: string, rule: InvalidField["rule"], expected = ""): never {
    const value = this.#value(field);
    const message = `${field} ${REASONS[rule] ?? "must be"} ${expected}`.trim();
    throw this.invalid({ field, rule, value, expected, message });
  }

  #value(name: string): unknown {
    // An object from JSON also inherits properties, such as "constructor".
    return Object.hasOwn(this.#values, name)
      ? this.#values[name] ?? undefined
      : undefined;
  }

  #read<T>(
    name: string,
    kind: string,
    isKind: (value: unknown) => value is T,
    parse: (text: string) => unknown = (text) => text,
  ): T | undefined {
    const raw = this.#value(name);
    const value = this.#isText && isString(raw) ? parse(raw) : raw;
    if (value === undefined || isKind(value)) return value;
    return this.refuse(name, "type", kind);
  }

  #checkLength(
    name: string,
    length: number | undefined,
    unit: string,
    { min = 0, max = Infinity }: Limits,
  ): void {
    if (length === undefined || length >= min && length <= max) return;
    const range = max === Infinity ? `at least ${min}` : `${min}-${max}`;
    this.refuse(name, "length", `${range} ${unit}`);
  }
}

/**
 * Fields of a request. The methods are those of {@linkcode OptionalFields}, but
 * refuse a missing field.
 */
export class Fields {
  /** The same fields; a missing one is `undefined`. */
  readonly optional: OptionalFields;

  /**
   * Creates a reader.
   *
   * @param values A JSON object, or the values of a form or a query by name.
   * @param options Known fields, and how to refuse invalid ones.
   * @throws {Error} If there is an unknown field; the error is that of
   * `options.invalid`.
   */
  constructor(
    values: JsonObject | ReadonlyMap<string, string> | URLSearchParams,
    options: FieldsOptions = {},
  ) {
    this.optional = new OptionalFields(values, options);
  }

  /**
   * Reads a field that may have several types, such as an id or a name.
   *
   * @param name Name of the field.
   * @returns The value, which is neither `undefined` nor `null`.
   * @throws {Error} If it is missing.
   */
  any(name: string): unknown {
    return this.#required(name, this.optional.any(name));
  }

  /**
   * Reads a string. White space alone counts as an empty string.
   *
   * @param name Name of the field.
   * @param limits Smallest and largest length, by default from 1.
   * @returns The string.
   * @throws {Error} If it is missing or invalid.
   */
  string(name: string, limits?: Limits): string {
    return this.#required(name, this.optional.string(name, limits));
  }

  /**
   * Reads one of several strings.
   *
   * @typeParam T Type of the strings.
   * @param name Name of the field.
   * @param choices Allowed values.
   * @returns The string.
   * @throws {Error} If it is missing or invalid.
   */
  choice<const T extends string>(name: string, choices: readonly T[]): T {
    return this.#required(name, this.optional.choice(name, choices));
  }

  /**
   * Reads an integer.
   *
   * @param name Name of the field.
   * @param limits Smallest and largest value, by default any.
   * @returns The integer.
   * @throws {Error} If it is missing or invalid.
   */
  integer(name: string, limits?: Limits): number {
    return this.#required(name, this.optional.integer(name, limits));
  }

  /**
   * Reads a boolean.
   *
   * @param name Name of the field.
   * @returns The boolean.
   * @throws {Error} If it is missing or invalid.
   */
  boolean(name: string): boolean {
    return this.#required(name, this.optional.boolean(name));
  }

  /**
   * Reads an array.
   *
   * @param name Name of the field.
   * @param limits Smallest and largest length, by default any.
   * @returns The array.
   * @throws {Error} If it is missing or invalid.
   */
  list(name: string, limits?: Limits): readonly unknown[] {
    return this.#required(name, this.optional.list(name, limits));
  }

  /**
   * Reads an array of strings.
   *
   * @param name Name of the field.
   * @param limits Smallest and largest length, by default any.
   * @returns The array.
   * @throws {Error} If it is missing or invalid.
   */
  strings(name: string, limits?: Limits): readonly string[] {
    return this.#required(name, this.optional.strings(name, limits));
  }

  /**
   * Reads an object.
   *
   * @param name Name of the field.
   * @returns The object, whose fields are not validated.
   * @throws {Error} If it is missing or invalid.
   */
  record(name: string): JsonObject {
    return this.#required(name, this.optional.record(name));
  }

  #required<T>(name: string, value: T | undefined): T {
    if (value !== undefined) return value;
    return this.optional.refuse(name, "missing");
  }
}

/**
 * Whether a value is a JSON object.
 *
 * @param value Value to check.
 * @returns Whether it is an object, and neither an array nor `null`.
 */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Starts of reasons; that of the other rules is "must be". */
const REASONS: Partial<Record<InvalidField["rule"], string>> = {
  missing: "is required",
  unknown: "is unknown",
  length: "must have",
};

function toBadRequest({ field, message }: InvalidField): Refusal {
  return new Refusal(400, message, { field });
}

function isString(value: unknown): value is string {
  return typeof value === "string";
}

function isInteger(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function isBoolean(value: unknown): value is boolean {
  return typeof value === "boolean";
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}
