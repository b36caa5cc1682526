/**
 * Bodies of responses as data: JSON as it is, XML as objects and arrays.
 *
 * @module
 */

import { parseXml, type XmlElement } from "../../core/mod.ts";

/** A value in a body. */
export type Value =
  | null
  | boolean
  | number
  | string
  | readonly Value[]
  | { readonly [key: string]: Value };

/** A body that could be read. */
export interface Document {
  /** Format of the body, and the extension of its fixture. */
  readonly format: "json" | "xml";
  /** What the body says. */
  readonly value: Value;
  /** First tag of an XML body, with its attributes. */
  readonly root?: string;
}

const FIRST_TAG = /<([A-Za-z_][^\s/>]*(?:\s[^>]*?)?)\s*\/?>/;

/**
 * Reads the body of a response.
 *
 * @param text The body.
 * @returns What it says; `undefined` if it is empty, or neither JSON nor XML.
 */
export function readDocument(text: string): Document | undefined {
  try {
    if (!text.trimStart().startsWith("<")) {
      return { format: "json", value: JSON.parse(text) };
    }
    const value = toValue(parseXml(text));
    const [, root = ""] = FIRST_TAG.exec(text) ?? [];
    return { format: "xml", value, root };
  } catch {
    // A page in HTML, or a body that was cut off.
    return undefined;
  }
}

/**
 * Writes a body as the text of a fixture.
 *
 * @param document The body.
 * @returns The text, with a line break at the end.
 */
export function writeDocument({ format, value, root = "" }: Document): string {
  if (format === "json") return JSON.stringify(value, null, 2) + "\n";
  const prolog = '<?xml version="1.0" encoding="UTF-8"?>\n';
  return prolog + toXml(root, value, "");
}

/** Elements that repeat, and those named "item", become arrays. */
function toValue(element: XmlElement): Value {
  const { children } = element;
  // An element without content may stand for a text, a list or an object.
  if (children.length === 0) return element.text || null;
  const names = [...new Set(children.map(({ name }) => name))];
  return Object.fromEntries(names.map((name) => {
    const values = element.all(name).map(toValue);
    return [name, values.length > 1 || name === "item" ? values : values[0]!];
  }));
}

function toXml(tag: string, value: Value, indent: string): string {
  if (Array.isArray(value)) {
    return value.map((item) => toXml(tag, item, indent)).join("");
  }
  if (value === null) return `${indent}<${tag}/>\n`;
  const [name] = tag.split(/\s/);
  if (typeof value !== "object") {
    const text = String(value).replace(/[&<>]/g, (it) => ESCAPES[it]!);
    return `${indent}<${tag}>${text}</${name}>\n`;
  }
  const inner = Object.entries(value)
    .map(([key, child]) => toXml(key, child, `${indent}    `)).join("");
  return `${indent}<${tag}>\n${inner}${indent}</${name}>\n`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
};

// Objects whose keys the customer chooses.
const MAP =
  /^(?:labels?|tags?|metadata|annotations|attributes|properties|env(?:ironment)?|variables)$/i;

/** Keys that lead to a value; the last one is its own. */
export type Keys = readonly string[];

/**
 * Tells whether the keys of an object are data, as those of labels are.
 *
 * @param keys Keys that lead to the object.
 * @returns Whether they are data.
 */
export function isMap(keys: Keys): boolean {
  return MAP.test(keys.at(-1) ?? "");
}

/**
 * Visits every number and string of a value.
 *
 * @param value The value.
 * @param visit Called with each number and string, and the keys that lead to it.
 * @param keys Keys that lead to the value.
 */
export function visitLeaves(
  value: Value,
  visit: (leaf: string | number, keys: Keys) => void,
  keys: Keys = [],
): void {
  if (typeof value === "string" || typeof value === "number") {
    visit(value, keys);
  } else if (Array.isArray(value)) {
    for (const item of value) visitLeaves(item, visit, keys);
  } else if (typeof value === "object" && value !== null) {
    for (const [key, child] of Object.entries(value)) {
      visitLeaves(child, visit, [...keys, key]);
    }
  }
}
