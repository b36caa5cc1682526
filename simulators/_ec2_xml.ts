/**
 * Answers of EC2 in its XML.
 *
 * @module
 */

/** The namespace of every answer that is no error. */
export const NAMESPACE = "http://ec2.amazonaws.com/doc/2016-11-15/";

/**
 * What an element holds: a text, elements by name, or a list, whose elements
 * are all called `item`. What is undefined is left out; an empty list is an
 * empty element.
 */
export type Xml =
  | string
  | number
  | boolean
  | undefined
  | readonly Xml[]
  | { readonly [name: string]: Xml };

/** Characters that need another form, and those that XML cannot have. */
// deno-lint-ignore no-control-regex -- these are what it is about
const SPECIAL = /[&<>"\r]|[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g;

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\r": "&#xD;",
};

/**
 * Writes elements, indented as EC2 does it.
 *
 * @param name The element.
 * @param content What is in it.
 * @param indent What its line begins with.
 * @param attributes What follows its name.
 * @returns The lines, each with its end; none for what is undefined.
 */
export function toXml(
  name: string,
  content: Xml,
  indent = "",
  attributes = "",
): string {
  if (content === undefined) return "";
  const open = `${indent}<${name}${attributes}`;
  if (typeof content !== "object") {
    const text = String(content);
    return text === ""
      ? `${open}/>\n`
      : `${open}>${escapeXml(text)}</${name}>\n`;
  }
  const within = `${indent}    `;
  let inner = "";
  if (isList(content)) {
    for (const item of content) inner += toXml("item", item, within);
  } else {
    for (const key in content) inner += toXml(key, content[key], within);
  }
  return inner === ""
    ? `${open}/>\n`
    : `${open}>\n${inner}${indent}</${name}>\n`;
}

function isList(content: object): content is readonly Xml[] {
  return Array.isArray(content);
}

/**
 * Writes a text so that it is one.
 *
 * @param text The text.
 * @returns The text in XML.
 */
export function escapeXml(text: string): string {
  return text.replaceAll(SPECIAL, (char) => ENTITIES[char] ?? "\ufffd");
}

/**
 * Writes a point of time as EC2 does: to the second, with a fraction.
 *
 * @param at Milliseconds since 1970.
 * @returns The time in ISO 8601.
 */
export function toTimestamp(at: number): string {
  return new Date(Math.floor(at / 1000) * 1000).toISOString();
}
