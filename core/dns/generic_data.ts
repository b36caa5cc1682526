/**
 * Data in the form of RFC 3597, `\# <length> <hex>`, of types that have a form of
 * their own. Programs write it for types that are newer than they are: older
 * ones write HTTPS records as `TYPE65`.
 *
 * @module
 */

import { mistake } from "../check.ts";
import { type Place, quote } from "./fields.ts";
import { formatLabels } from "./names.ts";
import type { RecordType } from "./records.ts";
import { keyName } from "./service_params.ts";
import type { Word } from "./words.ts";

/** A record whose data has the form of its type. */
export interface NamedData {
  /** The type by name. */
  readonly type: RecordType;
  /** The data, as if it was written in a zone file. */
  readonly words: readonly Word[];
}

// The number of each type, and its fields: letters of FIELDS.
const TYPES: Readonly<Record<string, readonly [number, fields: string]>> = {
  A: [1, "i"],
  NS: [2, "n"],
  CNAME: [5, "n"],
  SOA: [6, "nn44444"],
  PTR: [12, "n"],
  HINFO: [13, "ss"],
  MX: [15, "2n"],
  TXT: [16, "S"],
  RP: [17, "nn"],
  AFSDB: [18, "2n"],
  AAAA: [28, "I"],
  SRV: [33, "222n"],
  NAPTR: [35, "22sssn"],
  KX: [36, "2n"],
  CERT: [37, "221b"],
  DNAME: [39, "n"],
  DS: [43, "211h"],
  SSHFP: [44, "11h"],
  DNSKEY: [48, "211b"],
  DHCID: [49, "b"],
  TLSA: [52, "111h"],
  SMIMEA: [53, "111h"],
  CDS: [59, "211h"],
  CDNSKEY: [60, "211b"],
  OPENPGPKEY: [61, "b"],
  ZONEMD: [63, "411h"],
  SVCB: [64, "2np"],
  HTTPS: [65, "2np"],
  SPF: [99, "S"],
  URI: [256, "22t"],
  CAA: [257, "1st"],
};

// Reads the words of one field.
const FIELDS: Readonly<Record<string, (octets: Octets) => Word[]>> = {
  // Integers of 1, 2 and 4 bytes.
  1: (octets) => [bare(octets.integer(1))],
  2: (octets) => [bare(octets.integer(2))],
  4: (octets) => [bare(octets.integer(4))],
  // A name.
  n: (octets) => [bare(octets.name())],
  // One character-string, several up to the end, and text up to the end.
  s: (octets) => [text(octets.string())],
  S: (octets) => octets.until(() => text(octets.string())),
  t: (octets) => [text(octets.rest())],
  // Bytes up to the end.
  h: (octets) => [bare(toHex(octets.rest()))],
  b: (octets) => [bare(btoa(octets.rest()))],
  // Addresses.
  i: (octets) => [bare(toIpv4(octets.take(4)))],
  I: (octets) => [bare(toIpv6(octets.take(16)))],
  // Parameters of a service.
  p: (octets) => octets.until(() => parameter(octets)).flat(),
};

// Values of parameters, by the number of the key (RFC 9460, section 14.3.2).
const PARAMS: Readonly<Record<number, (octets: Octets) => string>> = {
  0: (octets) => octets.until(() => keyName(octets.integer(2))).join(),
  1: (octets) => octets.until(() => toListItem(octets.string())).join(),
  3: (octets) => String(octets.integer(2)),
  4: (octets) => octets.until(() => toIpv4(octets.take(4))).join(),
  5: (octets) => btoa(octets.rest()),
  6: (octets) => octets.until(() => toIpv6(octets.take(16))).join(),
};

/**
 * Converts data of RFC 3597 into the form of its type.
 *
 * @param type The type, by name or by number.
 * @param data The data: `\\# <length> <hex>`, checked.
 * @param place What an error says.
 * @returns The data by words; `undefined` if the type is a number that has no
 *   form of its own here.
 * @throws {TypeError} If the type is a name whose bytes are not known here, or the
 *   bytes are no data of this type.
 */
export function toNamedData(
  type: RecordType,
  data: string,
  place: Place,
): NamedData | undefined {
  const found = Object.entries(TYPES).find(([name, [number]]) =>
    type === name || type === `TYPE${number}`
  );
  if (found) {
    const [name, [, fields]] = found;
    const octets = fromHex(data.split(" ")[2] ?? "", place);
    return { type: name as RecordType, words: readFields(octets, fields) };
  }
  if (type.startsWith("TYPE")) return undefined;
  throw mistake(place.operation, place.field, "data in its own form", data);
}

function readFields(octets: Octets, fields: string): Word[] {
  const words = [...fields].flatMap((letter) => FIELDS[letter]?.(octets) ?? []);
  octets.end();
  return words;
}

function parameter(octets: Octets): Word[] {
  const number = octets.integer(2);
  const value = octets.part(octets.integer(2));
  const read = PARAMS[number] ?? ((all: Octets) => all.rest());
  const words = [bare(`${keyName(number)}=`), {
    ...text(read(value)),
    isAdjacent: true,
  }];
  value.end();
  return words;
}

/** Bytes that are read from the first to the last. */
class Octets {
  readonly #octets: string;
  readonly #place: Place;
  #at = 0;

  constructor(octets: string, place: Place) {
    this.#octets = octets;
    this.#place = place;
  }

  take(length: number): string {
    const end = this.#at + length;
    if (end > this.#octets.length) throw this.#mistake("more");
    const octets = this.#octets.slice(this.#at, end);
    this.#at = end;
    return octets;
  }

  part(length: number): Octets {
    return new Octets(this.take(length), this.#place);
  }

  rest(): string {
    return this.take(this.#octets.length - this.#at);
  }

  end(): void {
    if (this.#at < this.#octets.length) throw this.#mistake("fewer");
  }

  integer(length: number): number {
    return parseInt(toHex(this.take(length)), 16);
  }

  string(): string {
    return this.take(this.integer(1));
  }

  /** Reads a name. Data in text cannot have pointers to other names. */
  name(): string {
    const labels: string[] = [];
    for (let label = this.string(); label !== ""; label = this.string()) {
      labels.push(label);
    }
    return `${formatLabels(labels)}.`;
  }

  /** Repeats a step until all bytes are read. */
  until<T>(step: () => T): T[] {
    const results: T[] = [];
    while (this.#at < this.#octets.length) results.push(step());
    return results;
  }

  #mistake(expected: string): TypeError {
    const { operation, field } = this.#place;
    const { length } = this.#octets;
    return new TypeError(
      `${operation}: ${field} must have ${expected} bytes, got ${length}`,
    );
  }
}

function fromHex(hex: string, place: Place): Octets {
  const bytes = hex.match(/../g) ?? [];
  const octets = bytes.map((byte) => String.fromCharCode(parseInt(byte, 16)));
  return new Octets(octets.join(""), place);
}

function toHex(octets: string): string {
  return Array.from(
    octets,
    (octet) => octet.charCodeAt(0).toString(16).padStart(2, "0"),
  ).join("");
}

function toIpv4(octets: string): string {
  return Array.from(octets, (octet) => octet.charCodeAt(0)).join(".");
}

function toIpv6(octets: string): string {
  return toHex(octets).match(/.{4}/g)?.join(":") ?? "";
}

/** Escapes what would end an item of a list. */
function toListItem(octets: string): string {
  return octets.replace(/[\\,]/g, "\\$&");
}

function bare(value: string | number): Word {
  return { text: String(value), isQuoted: false, isAdjacent: false };
}

function text(octets: string): Word {
  const quoted = quote(octets, {});
  return { text: quoted.slice(1, -1), isQuoted: true, isAdjacent: false };
}
