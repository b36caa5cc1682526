/**
 * Data of records, and its form in a zone file: RFC 1035 and the newer types.
 *
 * @module
 */

import { mistake } from "../check.ts";
import {
  ALGORITHM,
  BASE64,
  CERTIFICATE,
  EUI,
  type Field,
  HEX,
  HOST,
  IPV4,
  IPV6,
  LONG_STRING,
  NAME,
  NAMES,
  type Place,
  SALT,
  SECONDS,
  STRING,
  TAG,
  TEXTS,
  UINT16,
  UINT32,
  UINT8,
  Words,
} from "./fields.ts";
import { LOCATION_FIELD } from "./location.ts";
import { type Labels, type NameOptions, parseName } from "./names.ts";
import type { Radix } from "./octets.ts";
import type { RecordData, RecordType, ServiceBinding } from "./records.ts";
import { PARAMS } from "./service_params.ts";
import { entriesOf, type Word } from "./words.ts";

export { joinText } from "./fields.ts";

/** How data is written, and what an error says. */
export interface FormatDataOptions extends NameOptions {
  /** Name of the field, for the error. The default is `"data"`. */
  readonly field?: string | undefined;
}

/** How data is read, and what an error says. */
export interface ParseDataOptions {
  /** Name of the method, for the error. */
  readonly operation?: string | undefined;
  /**
   * The name that names without a final dot are relative to.
   *
   * @default {the root, so that they are absolute}
   */
  readonly origin?: string | undefined;
  /**
   * Base of the digits in escapes.
   *
   * @default {10}
   */
  readonly radix?: Radix | undefined;
}

/** Converts the data of one type. */
interface Codec {
  parse(words: Words, place: Place): unknown;
  format(data: unknown, place: Place): string;
}

const CDNSKEY = line({
  flags: UINT16,
  protocol: UINT8,
  algorithm: ALGORITHM,
  key: BASE64,
});
const DS = {
  keyTag: UINT16,
  algorithm: UINT8,
  digestType: UINT8,
  digest: HEX,
};
const TLSA = {
  usage: UINT8,
  selector: UINT8,
  matchingType: UINT8,
  data: HEX,
};
const SERVICE = service({ priority: UINT16, target: HOST, params: PARAMS });

// The fields of each type, in the order of a zone file.
const CODECS: Readonly<Record<string, Codec>> = {
  A: single(IPV4),
  AAAA: single(IPV6),
  AFSDB: line({ subtype: UINT16, host: HOST }),
  APL: line({ prefixes: NAMES }),
  CAA: record({ flags: UINT8, tag: TAG, value: LONG_STRING }),
  CDNSKEY,
  CDS: line(DS),
  CERT: line({
    type: CERTIFICATE,
    keyTag: UINT16,
    algorithm: ALGORITHM,
    data: BASE64,
  }),
  CNAME: single(HOST),
  CSYNC: line({ serial: UINT32, flags: UINT16, types: NAMES }),
  DHCID: line({ data: BASE64 }),
  DNAME: single(HOST),
  DNSKEY: CDNSKEY,
  DS: record(DS),
  EUI48: line({ address: EUI }),
  EUI64: line({ address: EUI }),
  HINFO: line({ cpu: STRING, os: STRING }),
  HTTPS: SERVICE,
  KX: line({ preference: UINT16, host: HOST }),
  LOC: line({ location: LOCATION_FIELD }),
  MX: record({ preference: UINT16, host: HOST }),
  NAPTR: record({
    order: UINT16,
    preference: UINT16,
    flags: STRING,
    services: STRING,
    regexp: STRING,
    replacement: HOST,
  }),
  NS: single(HOST),
  NSEC: line({ next: HOST, types: NAMES }),
  NSEC3: line({
    algorithm: UINT8,
    flags: UINT8,
    iterations: UINT16,
    salt: SALT,
    next: NAME,
    types: NAMES,
  }),
  NSEC3PARAM: line({
    algorithm: UINT8,
    flags: UINT8,
    iterations: UINT16,
    salt: SALT,
  }),
  OPENPGPKEY: line({ key: BASE64 }),
  PTR: single(HOST),
  RP: line({ mailbox: HOST, text: HOST }),
  RRSIG: line({
    type: NAME,
    algorithm: ALGORITHM,
    labels: UINT8,
    ttl: UINT32,
    expiration: NAME,
    inception: NAME,
    keyTag: UINT16,
    signer: HOST,
    signature: BASE64,
  }),
  SMIMEA: line(TLSA),
  SOA: line({
    primary: HOST,
    mailbox: HOST,
    serial: UINT32,
    refresh: SECONDS,
    retry: SECONDS,
    expire: SECONDS,
    minimum: SECONDS,
  }),
  SPF: line({ text: TEXTS }),
  SRV: record({ priority: UINT16, weight: UINT16, port: UINT16, host: HOST }),
  SSHFP: record({ algorithm: UINT8, fingerprintType: UINT8, fingerprint: HEX }),
  SVCB: SERVICE,
  TLSA: record(TLSA),
  TXT: single(TEXTS),
  URI: line({ priority: UINT16, weight: UINT16, target: LONG_STRING }),
  ZONEMD: line({
    serial: UINT32,
    scheme: UINT8,
    algorithm: UINT8,
    digest: HEX,
  }),
};

// Data of a type that has no name here (RFC 3597): `\# 3 abcdef`.
const GENERIC: Codec = line({
  bytes: {
    read(words, place) {
      const [mark, length, ...rest] = words.rest().map(({ text }) => text);
      const digits = rest.join("").toLowerCase();
      const isValid = mark === "\\#" && /^[\da-f]*$/.test(digits) &&
        length === String(digits.length / 2) && Number(length) < 2 ** 16;
      if (isValid) return `\\# ${length} ${digits}`.trimEnd();
      const text = [mark, length, ...rest].join(" ");
      throw mistake(place.operation, place.field, '"\\# <length> <hex>"', text);
    },
    write: String,
  },
});

/**
 * Formats the data of one record as in a zone file.
 *
 * ```ts
 * import { formatRecordData } from "@nephos/nephos/dns";
 *
 * const mx = { preference: 10, host: "mx1.example.com" };
 * console.log(formatRecordData("MX", mx)); // 10 mx1.example.com.
 * console.log(formatRecordData("TXT", 'a "b"')); // "a \"b\""
 * ```
 *
 * @typeParam T The type of the record.
 * @param type The type of the record.
 * @param data The data.
 * @param options How it is written, and what an error says.
 * @returns The data on one line: hosts absolute with the final dot, text in
 *   quotes and cut into strings of at most 255 bytes.
 * @throws {TypeError} If the type is unknown, or the data is invalid.
 * @throws {RangeError} If a number is out of range, or a name or text is too
 *   long.
 */
export function formatRecordData<T extends RecordType>(
  type: T,
  data: RecordData<T>,
  options: FormatDataOptions = {},
): string {
  const { operation = "formatRecordData", field = "data", radix } = options;
  return codecOf(type, operation).format(data, { operation, field, radix });
}

/**
 * Parses the data of one record, as it is in a zone file.
 *
 * ```ts
 * import { parseRecordData } from "@nephos/nephos/dns";
 *
 * console.log(parseRecordData("MX", "10 mx1.example.com.").host);
 * // mx1.example.com
 * console.log(parseRecordData("TXT", '"a;" "b"')); // [ "a;", "b" ]
 * ```
 *
 * @typeParam T The type of the record.
 * @param type The type of the record.
 * @param text The data. Strings in quotes may contain line breaks.
 * @param options How it is read, and what an error says.
 * @returns The data in its usual form: hosts without the final dot, addresses
 *   and hexadecimal digits in lower case.
 * @throws {TypeError} If the type is unknown, or the text is invalid.
 * @throws {RangeError} If a number is out of range, or a name or text is too
 *   long.
 */
export function parseRecordData<T extends RecordType>(
  type: T,
  text: string,
  options: ParseDataOptions = {},
): RecordData<T> {
  const { operation = "parseRecordData", origin = ".", radix } = options;
  const { labels } = parseName(origin, { operation, field: "origin" });
  const words = wordsOf(text, { operation, field: type, radix });
  return parseWords(type, words, labels, { operation, radix });
}

/**
 * Parses the data of one record from words.
 *
 * @typeParam T The type of the record.
 * @param type The type of the record.
 * @param words The words.
 * @param origin Labels of the name that names without a final dot are relative
 *   to.
 * @param place What an error says, and how escapes are read.
 * @returns The data.
 * @throws {TypeError} If the type is unknown, or the text is invalid.
 * @throws {RangeError} If a number is out of range, or a name or text is too
 *   long.
 */
export function parseWords<T extends RecordType>(
  type: T,
  words: readonly Word[],
  origin: Labels | undefined,
  place: Omit<Place, "field">,
): RecordData<T> {
  const reader = new Words(words, origin);
  const at = { ...place, field: type };
  const data = codecOf(type, place.operation).parse(reader, at);
  reader.end(at);
  return data as RecordData<T>;
}

/**
 * Parses data in the form of RFC 3597.
 *
 * @param words The words.
 * @param place What an error says.
 * @returns The data, `\\# <length> <hex>`; `undefined` if it has another form.
 * @throws {TypeError} If the length is wrong, or the digits are invalid.
 */
export function parseGeneric(
  words: readonly Word[],
  place: Place,
): string | undefined {
  const [mark] = words;
  if (mark?.text !== "\\#" || mark.isQuoted) return undefined;
  return GENERIC.parse(new Words(words), place) as string;
}

/**
 * Converts data into its usual form: hosts in lower case and without the final
 * dot, addresses in their short form, text joined.
 *
 * @typeParam T The type of the record.
 * @param type The type of the record.
 * @param data The data.
 * @param options What an error says.
 * @returns The data in its usual form. If two values mean the same, it is equal.
 * @throws {TypeError} If the type is unknown, or the data is invalid.
 * @throws {RangeError} If a number is out of range, or a name or text is too
 *   long.
 */
export function normalizeRecordData<T extends RecordType>(
  type: T,
  data: RecordData<T>,
  options: Omit<FormatDataOptions, "radix"> = {},
): RecordData<T> {
  return parseRecordData(type, formatRecordData(type, data, options));
}

/**
 * Checks the data of a record set, and converts it into its usual form.
 *
 * @typeParam T The type of the records.
 * @param type The type of the records.
 * @param data The data of each record.
 * @param operation Name of the method, for the error.
 * @returns Each value in its usual form, and once.
 * @throws {TypeError} If the type is unknown, or the data is empty or invalid.
 * @throws {RangeError} If a number is out of range, or a name or text is too
 *   long.
 */
export function normalizeValues<T extends RecordType>(
  type: T,
  data: readonly RecordData<T>[],
  operation: string,
): RecordData<T>[] {
  if (!Array.isArray(data) || data.length === 0) {
    throw mistake(operation, "data", "a non-empty array", data);
  }
  const texts = data.map((value: RecordData<T>, index) =>
    formatRecordData(type, value, { operation, field: `data[${index}]` })
  );
  return [...new Set(texts)].map((text) => parseRecordData(type, text));
}

/**
 * Checks whether there is such a type.
 *
 * @param type A word, in upper case.
 * @returns Whether data of this type can be read and written.
 */
export function isRecordType(type: string): type is RecordType {
  return findCodec(type) !== undefined;
}

function codecOf(type: string, operation: string): Codec {
  const codec = findCodec(type);
  if (codec) return codec;
  throw mistake(operation, "type", 'a type such as "A" or "TYPE65280"', type);
}

function findCodec(type: string): Codec | undefined {
  if (Object.hasOwn(CODECS, type)) return CODECS[type];
  const number = Number(/^TYPE(0|[1-9]\d{0,4})$/.exec(type)?.[1] ?? NaN);
  return number < 2 ** 16 ? GENERIC : undefined;
}

function wordsOf(text: string, { operation, field }: Place): readonly Word[] {
  if (typeof text !== "string") {
    throw mistake(operation, field, "a string", text);
  }
  const fail = (problem: string) =>
    new TypeError(`${operation}: ${field} is invalid: ${problem}`);
  const [entry, another] = entriesOf(text, { multiline: true, fail });
  if (another) throw fail("it has several lines");
  return entry?.words ?? [];
}

/** Data that is one field. */
function single(field: Field): Codec {
  return { parse: field.read, format: field.write };
}

/** Data that is an object. */
function record(fields: Readonly<Record<string, Field>>): Codec {
  const entries = Object.entries(fields);
  return {
    parse: (words, place) =>
      Object.fromEntries(entries.map(([key, field]) => {
        const at = { ...place, field: `${place.field} ${key}` };
        return [key, field.read(words, at)];
      })),
    format(data, place) {
      if (typeof data !== "object" || data === null) {
        throw mistake(place.operation, place.field, "an object", data);
      }
      return entries.map(([key, field]) => {
        const at = { ...place, field: `${place.field}.${key}` };
        return field.write((data as Record<string, unknown>)[key], at);
      }).filter((text) => text !== "").join(" ");
    },
  };
}

/** Data that stays text, but with its words checked. */
function line(fields: Readonly<Record<string, Field>>): Codec {
  const { parse, format } = record(fields);
  return {
    parse: (words, { radix, ...place }) =>
      format(parse(words, { ...place, radix }), place),
    format(data, { radix, ...place }) {
      const words = new Words(wordsOf(data as string, place));
      const fields = parse(words, place);
      words.end(place);
      return format(fields, { ...place, radix });
    },
  };
}

/** Data of SVCB and HTTPS: an alias has no parameters. */
function service(fields: Readonly<Record<string, Field>>): Codec {
  const { parse, format } = record(fields);
  const check = (data: unknown, { operation, field }: Place) => {
    const { priority, params } = data as ServiceBinding;
    if (priority > 0 || Object.keys(params).length === 0) return;
    throw new TypeError(
      `${operation}: ${field} has priority 0, and must have no params`,
    );
  };
  return {
    parse(words, place) {
      const data = parse(words, place);
      check(data, place);
      return data;
    },
    format(data, place) {
      const text = format(data, place);
      check(data, place);
      return text;
    },
  };
}
