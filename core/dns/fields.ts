/**
 * The fields of record data, and their form in a zone file.
 *
 * @module
 */

import { checkNumber, mistake } from "../check.ts";
import { show } from "../message.ts";
import {
  absoluteLabels,
  formatHost,
  formatLabels,
  hostName,
  type Labels,
  type NameOptions,
  parseName,
} from "./names.ts";
import {
  escapeOctets,
  type Escapes,
  fromOctets,
  isEncodable,
  toOctets,
  unescapeOctets,
} from "./octets.ts";
import type { Word } from "./words.ts";

/** Where a value is, for errors, and how it is escaped. */
export interface Place extends NameOptions {
  /** Name of the method. */
  readonly operation: string;
  /** The field, such as `data[0].host` or `MX host`. */
  readonly field: string;
}

/** A field of record data. */
export interface Field {
  /** Reads the field from words, and checks it. */
  read(words: Words, place: Place): unknown;
  /** Checks the value, and returns its words. */
  write(value: unknown, place: Place): string;
}

/** The words of a record that are not read yet. */
export class Words {
  readonly #words: readonly Word[];
  #at = 0;

  /** Creates a reader; without an origin, names must be absolute. */
  constructor(words: readonly Word[], readonly origin?: Labels) {
    this.#words = words;
  }

  /** Returns the next word. */
  next({ operation, field }: Place): Word {
    const word = this.#words[this.#at++];
    if (word) return word;
    throw new TypeError(`${operation}: ${field} is missing`);
  }

  /** Returns the next word, if there is one, and does not move on. */
  peek(): Word | undefined {
    return this.#words[this.#at];
  }

  /** Returns all other words. */
  rest(): readonly Word[] {
    const rest = this.#words.slice(this.#at);
    this.#at = this.#words.length;
    return rest;
  }

  /** Checks that there are no other words. */
  end({ operation, field }: Place): void {
    const word = this.peek();
    if (word === undefined) return;
    throw new TypeError(
      `${operation}: ${field} has unexpected data, ${show(word.text)}`,
    );
  }
}

/** Longest character-string, in bytes (RFC 1035, section 3.3). */
const MAX_STRING = 255;

/** Longest data of a record, in bytes. */
const MAX_DATA = 65_535;

// Seconds of each unit.
const UNITS: Readonly<Record<string, number>> = {
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
};
const STRINGS = /[^]{1,255}/g;
const TEXT: Escapes = { special: /["\\]/g, digits: /[^ -~]/g };

const IPV4_PATTERN =
  /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
const HEX_PATTERN = /^(?:[\da-f]{2})+$/i;
const BASE64_PATTERN =
  /^(?=.)(?:[a-z\d+/]{4})*(?:[a-z\d+/]{2}==|[a-z\d+/]{3}=)?$/i;

/** An integer of 8 bits. */
export const UINT8: Field = integer(2 ** 8 - 1);

/** An integer of 16 bits. */
export const UINT16: Field = integer(2 ** 16 - 1);

/** An integer of 32 bits. */
export const UINT32: Field = integer(2 ** 32 - 1);

/** Seconds, in zone files also with units: `1h30m`. */
export const SECONDS: Field = {
  read(words, place) {
    const { text } = words.next(place);
    const seconds = parseSeconds(text) ?? text;
    checkInteger(seconds, place, 2 ** 32 - 1);
    return seconds;
  },
  write: UINT32.write,
};

/** An IPv4 address. */
export const IPV4: Field = word(
  "an IPv4 address",
  (text) => IPV4_PATTERN.test(text) ? text : undefined,
);

/** An IPv6 address, converted to the form of RFC 5952. */
export const IPV6: Field = word("an IPv6 address", toIpv6);

/** A word of letters, digits and a few marks, in upper case. */
export const NAME: Field = word(
  "a name or a number",
  (text) => /^[\w+-]+$/.test(text) ? text.toUpperCase() : undefined,
);

/** Kind of a certificate, by number or by name. */
export const CERTIFICATE: Field = mnemonic(UINT16, {
  PKIX: 1,
  SPKI: 2,
  PGP: 3,
  IPKIX: 4,
  ISPKI: 5,
  IPGP: 6,
  ACPKIX: 7,
  IACPKIX: 8,
  URI: 253,
  OID: 254,
});

/** Algorithm of DNSSEC, by number or by name. */
export const ALGORITHM: Field = mnemonic(UINT8, {
  RSAMD5: 1,
  DH: 2,
  DSA: 3,
  RSASHA1: 5,
  "DSA-NSEC3-SHA1": 6,
  "RSASHA1-NSEC3-SHA1": 7,
  RSASHA256: 8,
  RSASHA512: 10,
  "ECC-GOST": 12,
  ECDSAP256SHA256: 13,
  ECDSAP384SHA384: 14,
  ED25519: 15,
  ED448: 16,
  INDIRECT: 252,
  PRIVATEDNS: 253,
  PRIVATEOID: 254,
});

/** Tag of a CAA record, in lower case. */
export const TAG: Field = word(
  "letters and digits",
  (text) => /^[a-z\d]{1,255}$/i.test(text) ? text.toLowerCase() : undefined,
);

/** Bytes in hexadecimal, up to the end. */
export const HEX: Field = words(
  "bytes in hexadecimal",
  4,
  (text) => HEX_PATTERN.test(text) ? text.toLowerCase() : undefined,
);

/** Salt in hexadecimal; `-` is an empty one. */
export const SALT: Field = word(
  'bytes in hexadecimal or "-"',
  (text) =>
    text === "-" || HEX_PATTERN.test(text) ? text.toLowerCase() : undefined,
);

/** Bytes in Base64, up to the end. */
export const BASE64: Field = words(
  "bytes in Base64",
  6,
  (text) => BASE64_PATTERN.test(text) ? text : undefined,
);

/** An IEEE identifier with hyphens, such as `00-00-5e-00-53-2a`. */
export const EUI: Field = word(
  "bytes in hexadecimal with hyphens",
  (text) =>
    /^[\da-f]{2}(?:-[\da-f]{2}){5}(?:-[\da-f]{2}-[\da-f]{2})?$/i.test(text)
      ? text.toLowerCase()
      : undefined,
);

/** Other words up to the end, such as types of records; there may be none. */
export const NAMES: Field = {
  read: (words, { operation, field }) =>
    words.rest().map(({ text }) => {
      if (/^[\w!:./-]+$/.test(text)) return text.toUpperCase();
      throw mistake(operation, field, "words of letters and digits", text);
    }).join(" "),
  write: String,
};

/** An absolute host. */
export const HOST: Field = {
  read(words, place) {
    const { text } = words.next(place);
    return words.origin
      ? formatHost(absoluteLabels(text, words.origin, place))
      : hostName(text, place);
  },
  write(value, { radix, ...place }) {
    const { labels } = parseName(hostName(value as string, place), place);
    return `${formatLabels(labels, radix)}.`;
  },
};

/** A character-string: text of at most 255 bytes. */
export const STRING: Field = {
  read: (words, place) =>
    fromOctets(checkString(octetsOf(words.next(place), place), place)),
  write: (value, place) =>
    quote(checkString(encode(value, place), place), place),
};

/** One text of any length, in quotes. */
export const LONG_STRING: Field = {
  read: (words, place) =>
    fromOctets(checkLength(octetsOf(words.next(place), place), place)),
  write: (value, place) =>
    quote(checkLength(encode(value, place), place), place),
};

/** Character-strings up to the end; see `RecordDataTypes.TXT`. */
export const TEXTS: Field = {
  read(words, place) {
    const first = octetsOf(words.next(place), place);
    const others = words.rest().map((word) => octetsOf(word, place));
    return joinStrings(checkStrings([first, ...others], place));
  },
  write: (value, place) =>
    stringsOf(value, place).map((octets) => quote(octets, place)).join(" "),
};

/**
 * Joins the text of a TXT record.
 *
 * @param data Data of the record.
 * @returns The text, regardless of where it is cut.
 */
export function joinText(data: string | readonly string[]): string {
  return fromOctets(toOctets(typeof data === "string" ? data : data.join("")));
}

/**
 * Parses a number of seconds in a zone file.
 *
 * @param text Digits, or numbers with units, such as `1h30m`.
 * @returns The seconds, or `undefined` if the text has another form.
 */
export function parseSeconds(text: string): number | undefined {
  if (/^\d{1,10}$/.test(text)) return Number(text);
  if (!/^(?:\d{1,10}[smhdw]){1,9}$/i.test(text)) return undefined;
  return text.match(/\d+./g)?.reduce(
    (sum, part) =>
      sum + parseInt(part) * (UNITS[part.slice(-1).toLowerCase()] ?? 0),
    0,
  );
}

/** Cuts octets into strings of 255 bytes. */
function cut(octets: string): readonly string[] {
  return octets.match(STRINGS) ?? [""];
}

/** Joins strings, unless they are cut where cut() does not cut them. */
function joinStrings(strings: readonly string[]): string | readonly string[] {
  const joined = strings.join("");
  const usual = strings.length === 1 ? strings : cut(joined);
  const isUsual = usual.length === strings.length &&
    usual.every((octets, index) => octets === strings[index]);
  return isUsual ? fromOctets(joined) : strings.map(fromOctets);
}

function stringsOf(value: unknown, place: Place): readonly string[] {
  const strings = Array.isArray(value)
    ? value.map((item, index) => {
      const part = { ...place, field: `${place.field}[${index}]` };
      return checkString(encode(item, part), part);
    })
    : cut(encode(value, place));
  if (strings.length === 0) {
    throw mistake(place.operation, place.field, "at least one string", value);
  }
  return checkStrings(strings, place);
}

function checkStrings(
  strings: readonly string[],
  place: Place,
): readonly string[] {
  // Each string has an octet with its length.
  checkLength(strings.map((octets) => ` ${octets}`).join(""), place);
  return strings;
}

function encode(value: unknown, { operation, field }: Place): string {
  if (typeof value !== "string") {
    throw mistake(operation, field, "a string", value);
  }
  if (isEncodable(value)) return toOctets(value);
  throw mistake(operation, field, "text without lone surrogates", value);
}

function octetsOf({ text }: Word, place: Place): string {
  const octets = unescapeOctets(text, place.radix);
  if (octets !== undefined) return octets;
  const { operation, field } = place;
  throw mistake(operation, field, "text with valid escapes", text);
}

function checkString(octets: string, place: Place): string {
  return checkLength(octets, place, MAX_STRING);
}

function checkLength(octets: string, place: Place, max = MAX_DATA): string {
  checkSize(octets.length, place, max);
  return octets;
}

function checkSize(
  bytes: number,
  { operation, field }: Place,
  max = MAX_DATA,
): void {
  if (bytes <= max) return;
  throw new RangeError(
    `${operation}: ${field} is ${bytes} bytes; DNS accepts at most ${max}`,
  );
}

/**
 * Puts octets in quotes.
 *
 * @param octets The octets.
 * @param place Base of the digits in escapes.
 * @returns The text as in a zone file.
 */
export function quote(
  octets: string,
  { radix }: Pick<NameOptions, "radix">,
): string {
  return `"${escapeOctets(octets, TEXT, radix)}"`;
}

function toIpv6(text: string): string | undefined {
  if (!/^[\da-f:.]+$/i.test(text)) return undefined;
  return URL.parse(`http://[${text}]`)?.hostname.slice(1, -1);
}

/** An integer from 0 to `max`. */
function integer(max: number): Field {
  return {
    read(words, place) {
      const { text } = words.next(place);
      const value = /^\d{1,10}$/.test(text) ? Number(text) : text;
      checkInteger(value, place, max);
      return value;
    },
    write(value, place) {
      checkInteger(value, place, max);
      return String(value);
    },
  };
}

/** A number that may also be one of these names. */
function mnemonic(
  number: Field,
  names: Readonly<Record<string, number>>,
): Field {
  return {
    read(words, place) {
      const name = words.peek()?.text.toUpperCase() ?? "";
      if (!Object.hasOwn(names, name)) return number.read(words, place);
      words.next(place);
      return names[name];
    },
    write: number.write,
  };
}

function checkInteger(value: unknown, place: Place, max: number): void {
  const { operation, field } = place;
  if (typeof value === "number") checkNumber(value, operation, field, 0, max);
  else throw mistake(operation, field, `an integer from 0 to ${max}`, value);
}

type Convert = (text: string) => string | undefined;

/** One word. `convert` returns `undefined` if the word is invalid. */
function word(expected: string, convert: Convert): Field {
  const check = checked(expected, convert);
  return {
    read: (words, place) => check(words.next(place).text, place),
    write: check,
  };
}

/** All words up to the end, as one. Each character has some bits of the data. */
function words(expected: string, bits: number, convert: Convert): Field {
  const checkForm = checked(expected, convert);
  const check = (value: unknown, place: Place) => {
    const length = typeof value === "string" ? value.length : 0;
    checkSize(Math.floor(length * bits / 8), place);
    return checkForm(value, place);
  };
  const join = (words: Words) => words.rest().map(({ text }) => text).join("");
  return { read: (words, place) => check(join(words), place), write: check };
}

function checked(expected: string, convert: Convert) {
  return (value: unknown, { operation, field }: Place): string => {
    const text = typeof value === "string" ? convert(value) : undefined;
    if (text !== undefined) return text;
    throw mistake(operation, field, expected, value);
  };
}
