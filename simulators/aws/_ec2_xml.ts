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

const STEP = "    ";
/** What the lines of each depth begin with. */
const INDENTS = Array.from({ length: 20 }, (_, depth) => STEP.repeat(depth));

/**
 * Writes elements, indented as EC2 does it.
 *
 * @param name The element.
 * @param content What is in it.
 * @param attributes What follows its name.
 * @returns The lines, each with its end; none for what is undefined.
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
 * Writes a text so that it is one.
 *
 * @param text The text.
 * @returns The text in XML.
 */
export function escapeXml(text: string): string {
  // Few texts hold any, and to look is cheaper than to replace.
  if (text.search(SPECIAL) < 0) return text;
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
