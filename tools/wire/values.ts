/**
 * Makes values that match a schema.
 *
 * @module
 */

import type { Description, Flat, Schema } from "./description.ts";

// The state of a resource that is in use is the most useful one.
const PREFERRED = ["running", "active", "available", "success", "ready", "ok"];

const FORMATS: Readonly<Record<string, string>> = {
  "date": "2026-01-02",
  "date-time": "2026-01-02T03:04:05Z",
  "email": "me@example.com",
  "hostname": "web-1.example.com",
  "ip": "203.0.113.1",
  "ipv4": "203.0.113.1",
  "ipv6": "2001:db8::1",
  "time": "03:04:05Z",
  "uri": "https://example.com/",
  "url": "https://example.com/",
  "uuid": "11111111-2222-4333-8444-555555555555",
};

/** A public key whose bytes count up. */
const PUBLIC_KEY =
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f me@example.com";

/** Strings for properties without an example, by the end of their name. */
const NAMES: readonly (readonly [RegExp, string])[] = [
  [/(?:^|_)(?:created|updated|modif|.*_at$|.*_date$)/i, FORMATS["date-time"]!],
  [/mac/i, "00:00:5e:00:53:01"],
  [/(?:^|_)ip(?:v?4)?$|address$/i, FORMATS["ipv4"]!],
  [/ipv?6$|v6_\w*ip$/i, FORMATS["ipv6"]!],
  [/(?:^|_)id$/i, FORMATS["uuid"]!],
  [/hostname$|dns/i, FORMATS["hostname"]!],
  [/name$|label$/i, "web-1"],
  [/public_key$/i, PUBLIC_KEY],
];

/** Strings that match common patterns. */
const CANDIDATES = [
  ...Object.values(FORMATS),
  "a",
  "abc",
  "1",
  "web-1",
  "abcdefgh",
  "a1b2c3d4e5f60718293a4b5c6d7e8f90",
  "00:00:5e:00:53:01",
  "3b:16:bf:e4:8b:00:8b:b8:59:8c:a9:d3:f0:19:45:fa",
  "1.0",
];

/**
 * Makes a value from a schema: its example, else a value of its type.
 *
 * @param description The description.
 * @param schema The schema.
 * @returns The value.
 */
export function valueOf(description: Description, schema: Schema): unknown {
  return make(schema, "", []) ?? null;

  /** Makes a value; `undefined` if a component contains itself. */
  function make(
    schema: Schema,
    key: string,
    outer: readonly string[],
  ): unknown {
    const described = description.flatten(schema);
    const { ref } = described;
    // Some generators repeat the names of properties as examples.
    const example = repeatsNames(described.example, key)
      ? undefined
      : described.example;
    const flat = { ...described, example };
    if (ref !== undefined && outer.includes(ref)) return undefined;
    const within = ref === undefined ? outer : [...outer, ref];
    const [first] = flat.alternatives;
    const isObject = Object.keys(flat.properties).length > 0;
    if (example !== undefined && !isObject && fits(flat, example)) {
      return example;
    }
    if (first !== undefined) {
      const value = make(first, key, within);
      return isRecord(value) && isObject
        ? { ...makeObject(flat, within), ...value }
        : value;
    }
    if (flat.nullable && !saysMore(flat)) return null;
    switch (flat.type) {
      case "object":
        return makeObject(flat, within);
      case "array":
        return makeArray(flat, key, within);
      case "number":
        return flat.enum?.[0] ?? Math.max(flat.minimum ?? 1, 1);
      case "boolean":
        return flat.enum?.[0] ?? false;
      case "string":
        return makeText(flat, key);
      default:
        return flat.enum?.[0] ?? (flat.nullable ? null : {});
    }
  }

  function makeObject(
    flat: Flat,
    outer: readonly string[],
  ): Record<string, unknown> {
    const example = isRecord(flat.example) ? flat.example : {};
    const value: Record<string, unknown> = {};
    for (const [key, schema] of Object.entries(flat.properties)) {
      const given = example[key] ?? make(schema, key, outer);
      const isNullable = description.flatten(schema).nullable;
      if (given !== undefined) value[key] = given;
      else if (isNullable) value[key] = null;
    }
    return value;
  }

  function makeArray(
    { items = {}, minItems = 1 }: Flat,
    key: string,
    outer: readonly string[],
  ): unknown[] {
    const item = make(items, key.replace(/s$/, ""), outer);
    return item === undefined ? [] : Array(Math.max(minItems, 1)).fill(item);
  }
}

function makeText(flat: Flat, key: string): unknown {
  const { enum: values, format = "", minLength = 0, pattern } = flat;
  if (values !== undefined) {
    return PREFERRED.find((it) => values.includes(it)) ?? values[0];
  }
  const candidates = [
    FORMATS[format],
    NAMES.find(([name]) => name.test(key))?.[1],
    "example",
    ...CANDIDATES,
  ].filter((it) => it !== undefined);
  const matches = pattern === undefined
    ? () => true
    : (it: string) => new RegExp(pattern).test(it);
  return candidates.find((it) => it.length >= minLength && matches(it)) ??
    "x".repeat(minLength);
}

/** Whether a value contains a string that is the name of its property. */
function repeatsNames(value: unknown, key: string): boolean {
  if (typeof value === "string") return value === key;
  const entries = Object.entries(Object(value));
  return entries.some(([inner, item]) =>
    repeatsNames(item, Array.isArray(value) ? key : inner)
  );
}

/** Whether a schema says more about its values than their type. */
function saysMore({ type, format, enum: values }: Flat): boolean {
  return type === "object" || type === "array" || format !== undefined ||
    values !== undefined;
}

/** Whether an example has the type of its schema; some are wrong. */
function fits(flat: Flat, example: unknown): boolean {
  const { type, alternatives, nullable, enum: values } = flat;
  if (example === null) return nullable;
  if (values !== undefined && !Array.isArray(example)) {
    return values.includes(example);
  }
  const found = Array.isArray(example) ? "array" : typeof example;
  return type === undefined || alternatives.length > 0 || found === type;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
