/**
 * Bodies of requests to services of AWS that speak REST with XML.
 *
 * @module
 */

import { mistake } from "../../core/mod.ts";

/**
 * The content of an element: text, or child elements by name, in the order in
 * which they are written. An array becomes one element for each of its items; an
 * element that is `undefined` is left out.
 */
export type XmlContent =
  | string
  | number
  | boolean
  | undefined
  | XmlContents
  | readonly XmlContent[];

/** Child elements by name. */
export interface XmlContents {
  readonly [name: string]: XmlContent;
}

// Characters that no XML document can contain, not even as a reference.
// deno-lint-ignore no-control-regex -- these are the control characters
const IMPOSSIBLE = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Cs}/u;
// The last three would be changed by a parser.
const SPECIAL = /[&<>\r\n\t]/g;

/**
 * Writes a document.
 *
 * @param contents The root element, as in `{ Delete: { Object: [] } }`.
 * @param namespace XML namespace of the elements.
 * @param operation Name of the method, for the error.
 * @returns The document.
 * @throws {TypeError} If a text contains a character that XML has not.
 */
export function toXml(
  contents: XmlContents,
  namespace: string,
  operation: string,
): string {
  const write = (
    name: string,
    content: XmlContent,
    attributes = "",
  ): string => {
    if (content === undefined) return "";
    if (Array.isArray(content)) {
      return content.map((item: XmlContent) => write(name, item)).join("");
    }
    const inside = typeof content === "object"
      ? writeAll(content as XmlContents)
      : escape(String(content), name, operation);
    return `<${name}${attributes}>${inside}</${name}>`;
  };
  const writeAll = (contents: XmlContents) =>
    Object.entries(contents).map(([name, content]) => write(name, content))
      .join("");
  return '<?xml version="1.0" encoding="UTF-8"?>' +
    Object.entries(contents).map(([name, content]) =>
      write(name, content, ` xmlns="${namespace}"`)
    ).join("");
}

function escape(text: string, name: string, operation: string): string {
  if (IMPOSSIBLE.test(text)) {
    throw mistake(operation, name, "text without control characters", text);
  }
  return text.replace(
    SPECIAL,
    (character) => `&#${character.charCodeAt(0)};`,
  );
}
