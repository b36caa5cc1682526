/**
 * Responses of EC2 in XML.
 *
 * @module
 */

/** XML namespace of all responses except errors. */
export const NAMESPACE = "http://ec2.amazonaws.com/doc/2016-11-15/";

/**
 * Contents of an element: a string, a number, a boolean, child elements by
 * name, or a list, whose elements are named `item`. An `undefined` element is
 * omitted; an empty list becomes an empty element.
 */
export type Xml =
  | string
  | number
  | boolean
  | undefined
  | readonly Xml[]
  | { readonly [name: string]: Xml };

/** Characters that must be escaped, and characters that XML does not allow. */
// deno-lint-ignore no-control-regex -- XML does not allow control characters
const SPECIAL = /[&<>"\r]|[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g;

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\r": "&#xD;",
};

const STEP = "    ";
/** Indentation by depth. */
const INDENTS = Array.from({ length: 20 }, (_, depth) => STEP.repeat(depth));

/**
 * Writes an element, indented as EC2 does.
 *
 * @param name Name of the element.
 * @param content Contents of the element.
 * @param attributes Attributes, with a leading space.
 * @returns The XML, or an empty string if `content` is `undefined`.
 */
export function toXml(name: string, content: Xml, attributes = ""): string {
  const lines: string[] = [];
  write(lines, name, content, 0, attributes);
  return lines.join("");
}

function write(
  lines: string[],
  name: string,
  content: Xml,
  depth: number,
  attributes = "",
): void {
  if (content === undefined) return;
  const indent = INDENTS[depth] ?? STEP.repeat(depth);
  if (typeof content !== "object") {
    const text = String(content);
    lines.push(
      text === ""
        ? `${indent}<${name}${attributes}/>\n`
        : `${indent}<${name}${attributes}>${escapeXml(text)}</${name}>\n`,
    );
    return;
  }
  const { length } = lines;
  lines.push(`${indent}<${name}${attributes}>\n`);
  if (isList(content)) {
    for (const item of content) write(lines, "item", item, depth + 1);
  } else {
    for (const key in content) write(lines, key, content[key], depth + 1);
  }
  if (lines.length > length + 1) lines.push(`${indent}</${name}>\n`);
  else lines[length] = `${indent}<${name}${attributes}/>\n`;
}

function isList(content: object): content is readonly Xml[] {
  return Array.isArray(content);
}

/**
 * Escapes a string for XML. Characters that XML does not allow are replaced by
 * U+FFFD.
 *
 * @param text String to escape.
 * @returns The escaped string.
 */
export function escapeXml(text: string): string {
  // Most strings need no escaping, and a search is faster than a replacement.
  if (text.search(SPECIAL) < 0) return text;
  return text.replaceAll(SPECIAL, (char) => ENTITIES[char] ?? "\ufffd");
}

/**
 * Formats a time as EC2 does: whole seconds, with a fraction of `.000`.
 *
 * @param at Time in milliseconds since 1970.
 * @returns The time in ISO 8601.
 */
export function toTimestamp(at: number): string {
  return new Date(Math.floor(at / 1000) * 1000).toISOString();
}

/**
 * Formats a time as EC2 does in the reasons of state changes.
 *
 * @param at Time in milliseconds since 1970.
 * @returns The time, such as `2024-03-05 09:12:30 GMT`.
 */
export function toGmt(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace("T", " ")} GMT`;
}
