/**
 * Requests and responses of Route 53 in XML.
 *
 * @module
 */

import { parseXml, type XmlElement } from "../../../core/mod.ts";
import { escapeXml } from "../_ec2/xml.ts";
import { refuse, refuseInput } from "./refusal.ts";

/** Content of an element; an array repeats the element. */
export type Xml =
  | string
  | number
  | boolean
  | undefined
  | readonly Xml[]
  | { readonly [name: string]: Xml };

/** What a request may contain, with the elements in their order. */
export type Shape = "text" | { readonly [name: string]: Shape | ListShape };

/** Elements of one name in a list, at least one. */
export interface ListShape {
  /** Name of the elements. */
  readonly list: string;
  /** Their content. */
  readonly of: Shape;
}

/** Elements whose members clients of AWS itself send in another order. */
const UNORDERED: ReadonlySet<string> = new Set(["ChangeBatch"]);

/** The content of a request: texts, objects and arrays. */
export interface Parsed {
  readonly [name: string]: string | Parsed | readonly Parsed[] | undefined;
}

/**
 * Returns the XML namespace of a version of the API.
 *
 * @param version The version, such as `"2013-04-01"`.
 * @returns The namespace.
 */
export function namespaceOf(version: string): string {
  return `https://route53.amazonaws.com/doc/${version}/`;
}

/**
 * Writes a document.
 *
 * @param name Name of the root.
 * @param content Content of the root.
 * @param version Version of the API.
 * @returns The document.
 */
export function toXml(name: string, content: Xml, version: string): string {
  return `<?xml version="1.0"?>\n${
    write(name, content, ` xmlns="${namespaceOf(version)}"`)
  }`;
}

function write(name: string, content: Xml, attributes = ""): string {
  if (content === undefined) return "";
  if (isArray(content)) return content.map((it) => write(name, it)).join("");
  const inside = typeof content === "object"
    ? Object.entries(content).map(([key, value]) => write(key, value)).join("")
    : escapeXml(String(content));
  return `<${name}${attributes}>${inside}</${name}>`;
}

function isArray(content: Xml): content is readonly Xml[] {
  return Array.isArray(content);
}

/**
 * Reads the body of a request. As at Route 53, its elements must have the right
 * namespace, and the order of the documentation.
 *
 * @param body The body.
 * @param root Name of the root.
 * @param shape What the root contains.
 * @param version Version of the API.
 * @returns The content.
 */
export function readRequest(
  body: string,
  root: string,
  shape: Shape,
  version: string,
): Parsed {
  let element: XmlElement;
  try {
    element = parseXml(body);
  } catch {
    return refuse("MalformedInput", "Unable to parse request");
  }
  const [start = ""] = /<[^?!][^>]*>/.exec(body) ?? [];
  const isNamed = start.includes(`xmlns="${namespaceOf(version)}"`) ||
    start.includes(`xmlns='${namespaceOf(version)}'`);
  if (element.name !== root || !isNamed) {
    refuseXml(
      `cvc-elt.1: Cannot find the declaration of element '${element.name}'.`,
    );
  }
  return read(element, shape) as Parsed;
}

function read(element: XmlElement, shape: Shape): string | Parsed {
  if (shape === "text") {
    const [child] = element.children;
    if (child) refuseElement(child.name, []);
    return element.text;
  }
  const names = Object.keys(shape);
  const found: Record<string, string | Parsed | readonly Parsed[]> = {};
  const hasOrder = !UNORDERED.has(element.name);
  let next = 0;
  for (const child of element.children) {
    const at = names.indexOf(child.name, next);
    if (at < 0) refuseElement(child.name, names.slice(next));
    if (hasOrder) next = at + 1;
    const part = shape[child.name]!;
    found[child.name] = isList(part)
      ? readList(child, part)
      : read(child, part);
  }
  return found;
}

function readList(element: XmlElement, { list, of }: ListShape): Parsed[] {
  const { children } = element;
  const other = children.find(({ name }) => name !== list);
  if (other) refuseElement(other.name, [list]);
  if (children.length === 0) {
    refuseXml(
      `cvc-complex-type.2.4.b: The content of element '${element.name}' is not ` +
        `complete. One of '{${list}}' is expected.`,
    );
  }
  return children.map((child) => read(child, of) as Parsed);
}

function isList(shape: Shape | ListShape): shape is ListShape {
  return typeof shape === "object" && typeof shape.list === "string" &&
    "of" in shape;
}

function refuseElement(name: string, expected: readonly string[]): never {
  refuseXml(
    "cvc-complex-type.2.4.a: Invalid content was found starting with element " +
      `'${name}'. One of '{${expected.join(", ")}}' is expected.`,
  );
}

function refuseXml(reason: string): never {
  refuseInput(
    "Invalid XML ; javax.xml.stream.XMLStreamException: " +
      `org.xml.sax.SAXParseException; ${reason}`,
  );
}
