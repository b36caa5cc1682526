/**
 * Names of zones, record sets and hosts.
 *
 * A name consists of labels with dots between them, in lower case. Characters
 * with a meaning in zone files have a backslash in front of them, as in `"a\\.b"`.
 * Other bytes, except letters, digits and the characters `-`, `_`, `*` and `/`,
 * are `\DDD`: three decimal digits, or octal ones at Route 53.
 *
 * @module
 */

import { mistake } from "../check.ts";
import { show } from "../message.ts";
import {
  escapeOctets,
  type Escapes,
  type Radix,
  unescapeOctets,
} from "./octets.ts";

/** The labels of a name, each as octets in lower case. */
export type Labels = readonly string[];

/** What an error about a name says, and how the name is written. */
export interface NameOptions {
  /** Name of the method, for the error. */
  readonly operation?: string | undefined;
  /** Name of the option, for the error. */
  readonly field?: string | undefined;
  /**
   * Base of the digits in escapes.
   *
   * @default {10}
   */
  readonly radix?: Radix | undefined;
}

/** A name, before it is known what it is relative to. */
export interface ParsedName {
  /** The labels. */
  readonly labels: Labels;
  /** Whether the name ends in a dot. */
  readonly isAbsolute: boolean;
}

// Limits of RFC 1035, section 2.3.4. The longest name has 253 characters, or up
// to four times as many if it has escapes.
const MAX_LABEL = 63;
const MAX_NAME = 255;
const MAX_TEXT = 4 * MAX_NAME;

const NAME = /^(?:(?:\\[^]|[^.\\])+\.)*(?:\\[^]|[^.\\])*$/;
const LABEL = /(?:\\[^]|[^.\\])+/g;
// Knot DNS reads no other characters without an escape.
const ESCAPES: Readonly<Record<Radix, Escapes>> = {
  8: { special: /(?!)/g, digits: /[^a-z0-9_*-]/g },
  10: { special: /["().;\\@$]/g, digits: /[^a-z0-9_*/"().;\\@$-]/g },
};
// All dots that separate labels (UTS #46).
const DOTS = /[.\u3002\uff0e\uff61]/;
// Characters that a URL would take for the end of its host.
const NO_HOST = /[\s"#%/:<>?@[\\\]^`{|}]/;

/**
 * Converts an internationalized name into ASCII, with Punycode.
 *
 * ```ts
 * import { toAscii } from "@nephos/nephos/dns";
 *
 * console.log(toAscii("*.Bücher.example")); // *.xn--bcher-kva.example
 * ```
 *
 * @param name The name, relative or absolute.
 * @returns The name in ASCII and in lower case.
 * @throws {TypeError} If a label is not valid in internationalized names.
 */
export function toAscii(name: string): string {
  if (typeof name !== "string") {
    throw mistake("toAscii", "name", "a string", name);
  }
  return name.split(DOTS).map((label) => {
    if (/^[\0-\x7f]*$/.test(label)) return label.toLowerCase();
    const url = NO_HOST.test(label) ? null : URL.parse(`http://${label}.x`);
    const ascii = url?.hostname.slice(0, -".x".length);
    if (!ascii) throw mistake("toAscii", "name", "a valid name", name);
    return ascii;
  }).join(".");
}

/**
 * Reads the name of a zone.
 *
 * @param name The name, with or without the final dot.
 * @param options What an error says.
 * @returns The name in lower case, without the final dot.
 * @throws {TypeError} If the name is not a valid one.
 * @throws {RangeError} If the name or one of its labels is too long.
 */
export function zoneName(name: string, options: NameOptions = {}): string {
  const { labels } = parseName(name, { operation: "zoneName", ...options });
  if (labels.length > 0 && name !== "@") return formatLabels(labels);
  throw nameMistake(name, options, 'a name such as "example.com"');
}

/**
 * Reads the name of a record set.
 *
 * ```ts
 * import { relativeName } from "@nephos/nephos/dns";
 *
 * console.log(relativeName("WWW", "example.com")); // www
 * console.log(relativeName("www.example.com.", "example.com")); // www
 * console.log(relativeName("example.com.", "example.com")); // @
 * ```
 *
 * @param name A name relative to the zone, `"@"` for the zone itself, or an
 *   absolute name that ends in a dot.
 * @param zone Name of the zone.
 * @param options What an error says.
 * @returns The name relative to the zone; `"@"` for the zone itself.
 * @throws {TypeError} If the name is not a valid one, or not in the zone.
 * @throws {RangeError} If the name or one of its labels is too long.
 */
export function relativeName(
  name: string,
  zone: string,
  options: NameOptions = {},
): string {
  const labels = absoluteLabels(name, labelsOfZone(zone), options);
  return labelsInZone(labels, zone, name, options);
}

/**
 * Returns the absolute name of a record set.
 *
 * @param name As for {@linkcode relativeName}.
 * @param zone Name of the zone.
 * @param options What an error says, and the escapes of the result.
 * @returns The name, without the final dot: `"www.example.com"`.
 * @throws {TypeError} If the name is not a valid one, or not in the zone.
 * @throws {RangeError} If the name or one of its labels is too long.
 */
export function absoluteName(
  name: string,
  zone: string,
  options: NameOptions = {},
): string {
  const { radix, ...inDecimal } = options;
  const labels = absoluteLabels(name, labelsOfZone(zone), inDecimal);
  labelsInZone(labels, zone, name, inDecimal);
  return formatLabels(labels, radix);
}

/**
 * Converts an absolute name, as a provider returns it.
 *
 * @param name The absolute name, with or without the final dot.
 * @param zone Name of the zone.
 * @param options What an error says, and the escapes of the name.
 * @returns The name relative to the zone; `"@"` for the zone itself.
 * @throws {TypeError} If the name is not a valid one, or not in the zone.
 * @throws {RangeError} If the name or one of its labels is too long.
 */
export function nameInZone(
  name: string,
  zone: string,
  options: NameOptions = {},
): string {
  const { labels } = parseName(name, options);
  return labelsInZone(labels, zone, name, options);
}

/**
 * Reads the name of a host, such as the target of a record.
 *
 * @param host The absolute name, with or without the final dot. A name of one
 *   label needs it. The root is `"."`.
 * @param options What an error says, and the escapes of the host.
 * @returns The name in lower case, without the final dot, except if it has one
 *   label or none.
 * @throws {TypeError} If the name is not a valid one, or is one label without a
 *   dot.
 * @throws {RangeError} If the name or one of its labels is too long.
 */
export function hostName(host: string, options: NameOptions = {}): string {
  const { labels, isAbsolute } = parseName(host, options);
  if (isAbsolute || labels.length > 1) return formatHost(labels);
  throw nameMistake(
    host,
    options,
    'an absolute name such as "mx1.example.com" or "localhost."',
  );
}

/**
 * Formats the name of a host.
 *
 * @param labels The labels.
 * @returns The name without the final dot, except if it has one label or none.
 */
export function formatHost(labels: Labels): string {
  const name = formatLabels(labels);
  return labels.length > 1 ? name : `${name}.`;
}

/**
 * Formats labels.
 *
 * @param labels The labels.
 * @param radix Base of the digits in escapes.
 * @returns The name, without the final dot.
 */
export function formatLabels(labels: Labels, radix: Radix = 10): string {
  return labels.map((label) => escapeOctets(label, ESCAPES[radix], radix))
    .join(".");
}

/**
 * Parses a name.
 *
 * @param name The name; `"@"` is one label here.
 * @param options What an error says, and the escapes of the name.
 * @returns The labels in lower case, and whether the name ends in a dot.
 * @throws {TypeError} If the name is not a valid one.
 * @throws {RangeError} If the name or one of its labels is too long.
 */
export function parseName(name: string, options: NameOptions): ParsedName {
  if (typeof name !== "string" || name === "") {
    throw nameMistake(name, options, "a non-empty string");
  }
  if (name === ".") return { labels: [], isAbsolute: true };
  if (!/^[\0-\x7f]*$/.test(name)) {
    throw nameMistake(name, options, "ASCII, as toAscii() returns it");
  }
  checkOctets(name.length, MAX_TEXT, "is", options);
  const labels = NAME.test(name)
    ? name.match(LABEL)?.map((label) => unescapeOctets(label, options.radix))
    : undefined;
  if (labels === undefined || !labels.every((it) => it !== undefined)) {
    throw nameMistake(name, options, "labels with dots between them");
  }
  checkLabels(labels, options);
  return {
    labels: labels.map(toLowerCase),
    isAbsolute: name.replace(/\\[^]/g, "_").endsWith("."),
  };
}

/**
 * Makes the labels of a name absolute.
 *
 * @param name The name: relative, absolute with the final dot, or `"@"`.
 * @param origin Labels that a relative name gets at its end.
 * @param options What an error says, and the escapes of the name.
 * @returns The labels.
 * @throws {TypeError} If the name is not a valid one.
 * @throws {RangeError} If the name or one of its labels is too long.
 */
export function absoluteLabels(
  name: string,
  origin: Labels,
  options: NameOptions,
): Labels {
  if (name === "@") return origin;
  const { labels, isAbsolute } = parseName(name, options);
  if (isAbsolute) return labels;
  const joined = [...labels, ...origin];
  checkLabels(joined, options);
  return joined;
}

/**
 * Makes labels relative to a zone.
 *
 * @param labels The labels of an absolute name.
 * @param zone The labels of the zone.
 * @returns The name, `"@"` for the zone itself, or `undefined` if the name is not
 *   in the zone.
 */
export function relativeLabels(
  labels: Labels,
  zone: Labels,
): string | undefined {
  const length = labels.length - zone.length;
  if (length < 0 || zone.some((label, at) => label !== labels[length + at])) {
    return undefined;
  }
  return length === 0 ? "@" : formatLabels(labels.slice(0, length));
}

function labelsInZone(
  labels: Labels,
  zone: string,
  name: string,
  options: NameOptions,
): string {
  const relative = relativeLabels(labels, labelsOfZone(zone));
  if (relative !== undefined) return relative;
  throw nameMistake(name, options, `in the zone ${show(zone)}`);
}

function labelsOfZone(zone: string): Labels {
  return parseName(zone, { field: "zone" }).labels;
}

function checkLabels(labels: Labels, options: NameOptions): void {
  for (const label of labels) {
    checkOctets(label.length, MAX_LABEL, "has a label of", options);
  }
  // Each label has an octet with its length; so has the root.
  const octets = labels.reduce((sum, label) => sum + label.length + 1, 1);
  checkOctets(octets, MAX_NAME, "is", options);
}

function checkOctets(
  octets: number,
  max: number,
  verb: string,
  { operation = "name", field = "name" }: NameOptions,
): void {
  if (octets <= max) return;
  throw new RangeError(
    `${operation}: ${field} ${verb} ${octets} bytes; DNS accepts at most ${max}`,
  );
}

function nameMistake(
  name: unknown,
  { operation = "name", field = "name" }: NameOptions,
  expected: string,
): TypeError {
  return mistake(operation, field, expected, name);
}

// Only ASCII: toLowerCase() would change bytes such as 0xC4.
function toLowerCase(label: string): string {
  return label.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
