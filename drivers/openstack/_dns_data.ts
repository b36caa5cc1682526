/**
 * Data of records in the form of Designate, and what it cannot hold. It has its
 * own rules for each type, and no quotes except in texts.
 *
 * @module
 */

import {
  checkTypeIn,
  formatRecordData,
  isRecordType,
  joinText,
  parseRecordData,
  type RecordData,
  type RecordSetInput,
  type RecordType,
} from "../../core/dns/mod.ts";
import { DISPLAY_NAME } from "./_connection.ts";

/**
 * Types that can be written. HTTPS, SVCB and TLSA are newer than the others: a
 * cloud that does not have them refuses them.
 */
export const TYPES = [
  "A",
  "AAAA",
  "CAA",
  "CERT",
  "CNAME",
  "HTTPS",
  "MX",
  "NAPTR",
  "NS",
  "PTR",
  "SPF",
  "SRV",
  "SSHFP",
  "SVCB",
  "TLSA",
  "TXT",
] as const satisfies readonly RecordType[];

/** The value of a record, with its type. */
type TypedData = {
  readonly [T in RecordType]: {
    readonly type: T;
    readonly data: RecordData<T>;
  };
}[RecordType];

/** Where a value is, for errors. */
interface Place {
  readonly operation: string;
  readonly field: string;
}

/** Longest string of a text, in quotes and with its escapes. */
const MAX_STRING = 255;

// Patterns of Designate. It does not accept escapes in names.
const LABEL = "(?!-)[a-z0-9_-]{1,63}(?<!-)";
const NAME = new RegExp(`^(?:\\*\\.|\\*$)?(?:${LABEL}(?:\\.(?!$)|\\.?$))*$`);
const HOST = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`, "i");
const SERVICE_NAME = /^_[a-z0-9_-]{1,63}\._[a-z0-9_-]{1,63}(?:\.|$)/;
const FINGERPRINT = /^(?:[\da-f]{10,40}|[\da-f]{64})$/;
const MAIL_URL = /^mailto:[\w-]+(?:\+[\w-]+)?@([^@]*)$/;
const WEB_URL = /^https?:\/\/([^/]*)\//;
const NAPTR_FLAGS = /^(?!.*(.).*\1)[APSU]+$/;
// The delimiter is one of the characters that need no escape.
const NAPTR_REGEXP = /^(?![\di"();\\])([!-~])(.*)\1.+\1i?/;
const MATCHING_LENGTHS: Readonly<Record<number, number>> = { 1: 64, 2: 128 };
const CERTIFICATE_TYPES = new Set([
  ...["PKIX", "SPKI", "PGP", "IPKIX", "ISPKI", "IPGP"],
  ...["ACPKIX", "IACPKIX", "URI", "OID"],
]);
const CERTIFICATE_ALGORITHMS = new Set([
  ...["RSAMD5", "DSA", "RSASHA1", "RSASHA256", "RSASHA512"],
  ...["ECDSAP256SHA256", "ECDSAP384SHA384", "ED25519", "ED448"],
]);
const ALPN = new Set(["h3", "h2", "h2c", "http/1.1", "http/1.0"]);
const SERVICE_KEYS = new Set([
  ...["alpn", "dohpath", "ech", "ipv4hint", "ipv6hint"],
  ...["mandatory", "no-default-alpn", "port"],
]);

/**
 * Checks that Designate can hold a record set.
 *
 * @param set The record set, in its usual form.
 * @param operation Method of the driver, for errors.
 * @throws {TypeError} If Designate cannot hold its name, its type or a value.
 * @throws {RangeError} If a number or a length is out of range.
 */
export function checkHolds(set: RecordSetInput, operation: string): void {
  const { name, type } = set;
  checkTypeIn(type, TYPES, operation, DISPLAY_NAME);
  checkName(set, { operation, field: "name" });
  if (name === "@" && (type === "CNAME" || type === "NS")) {
    refuse(
      { operation, field: "name" },
      `the type ${type} for the zone itself`,
    );
  }
  for (const [index, data] of set.data.entries()) {
    const typed = { type, data } as TypedData;
    checkData(typed, { operation, field: `data[${index}]` });
  }
}

/**
 * Converts a value into the text that Designate accepts.
 *
 * @param type Type of the record.
 * @param data The value.
 * @returns The text.
 */
export function toContent(type: RecordType, data: RecordData): string {
  const text = formatRecordData(type, data);
  switch (type) {
    case "TXT":
      return cutText(data as string | readonly string[]);
    case "CAA":
    case "NAPTR":
      return text.replace(/"((?:\\.|[^"\\])*)"/g, (_, inner) => toWord(inner));
    default:
      return text;
  }
}

/**
 * Converts the text of a record of Designate.
 *
 * @param type Type of the record.
 * @param content The text.
 * @returns The value.
 */
export function toData(type: RecordType, content: string): RecordData {
  if (!isRecordType(type)) return content;
  const data = parseRecordData(type, content);
  if (type !== "TXT" || !Array.isArray(data)) return data;
  // Strings that this driver has cut are one text.
  const text = joinText(data);
  return content === cutText(text) ? text : data;
}

/** Quotes a text, and cuts it where Designate would find it too long. */
function cutText(data: string | readonly string[]): string {
  const quoted = formatRecordData("TXT", data);
  if (typeof data !== "string" || quoted.length <= MAX_STRING) return quoted;
  const marks = quoted.slice(1, -1).replaceAll('" "', "")
    // Designate would take a quote and a space at the end for an end of a string.
    .replaceAll('\\" ', '\\"\\032')
    .match(/\\\d{3}|\\.|[^\\]/g) ?? [];
  const strings = [""];
  for (const mark of marks) {
    const last = `${strings.at(-1)}${mark}`;
    if (last.length + 2 <= MAX_STRING) strings[strings.length - 1] = last;
    else strings.push(mark);
  }
  return strings.map((string) => `"${string}"`).join(" ");
}

/** Converts what is inside quotes into a word without quotes. */
function toWord(inner: string): string {
  return inner.replace(
    /\\(\d{3}|.)|[ ;()]/g,
    (escape, escaped = escape) =>
      /^[";() ]$/.test(escaped)
        ? `\\${String(escaped.charCodeAt(0)).padStart(3, "0")}`
        : escape,
  );
}

function checkName({ name, type }: RecordSetInput, place: Place): void {
  if (name === "@") return;
  if (!NAME.test(name)) refuse(place, `the name ${name}`);
  if (type === "SRV" && !SERVICE_NAME.test(name)) {
    throw new TypeError(
      `${place.operation}: ${place.field} of a SRV record must begin with a ` +
        `service and a protocol, such as "_sip._tcp", got "${name}"`,
    );
  }
  if (type === "NS" && name.startsWith("*")) refuse(place, "NS at a wildcard");
}

function checkData(typed: TypedData, place: Place): void {
  switch (typed.type) {
    case "CNAME":
    case "NS":
    case "PTR":
      return checkHost(typed.data, place);
    case "SRV":
      return checkHost(typed.data.host, place);
    case "TXT":
      return checkText(typed.data, place);
    case "SPF":
      // Several strings have a space between them, which is outside of quotes.
      if (/^"(?:\\.|[^"\\])*"$/.test(typed.data)) return;
      return refuse(place, "several strings");
    case "CAA":
      return checkAuthority(typed.data, place);
    case "SSHFP": {
      const { algorithm, fingerprintType, fingerprint } = typed.data;
      checkMax(algorithm, 4, { ...place, field: `${place.field}.algorithm` });
      checkMax(fingerprintType, 2, {
        ...place,
        field: `${place.field}.fingerprintType`,
      });
      if (FINGERPRINT.test(fingerprint)) return;
      return refuse(place, `a fingerprint of ${fingerprint.length} digits`);
    }
    case "TLSA": {
      const { matchingType, data } = typed.data;
      const digits = MATCHING_LENGTHS[matchingType];
      if (digits === undefined || data.length === digits) return;
      return refuse(place, `data of ${data.length} digits`);
    }
    case "NAPTR":
      return checkRule(typed.data, place);
    case "CERT":
      return checkCertificate(typed.data, place);
    case "HTTPS":
    case "SVCB":
      return checkService(typed.data, place);
  }
}

/** Checks a host, which has a final dot only if it is one label or the root. */
function checkHost(host: string, place: Place): void {
  checkDomain(host.replace(/\.$/, ""), place);
}

function checkDomain(domain: string, place: Place): void {
  if (!HOST.test(domain)) refuse(place, `the host "${domain || "."}"`);
}

function checkCertificate(data: string, place: Place): void {
  const [type = "", , algorithm = ""] = data.split(" ");
  const isKnown = (word: string, known: ReadonlySet<string>) =>
    /^\d+$/.test(word) || known.has(word);
  if (!isKnown(type, CERTIFICATE_TYPES)) refuse(place, `the type ${type}`);
  if (!isKnown(algorithm, CERTIFICATE_ALGORITHMS)) {
    refuse(place, `the algorithm ${algorithm}`);
  }
}

function checkText(data: string | readonly string[], place: Place): void {
  if (typeof data === "string") return;
  const content = formatRecordData("TXT", data, place);
  const strings = content.match(/"(?:\\.|[^"\\])*"/g) ?? [];
  // Designate looks for several strings only in a text that is too long for one.
  const isHeld = strings.every(({ length }) => length <= MAX_STRING) &&
    (strings.length === 1 || content.length > MAX_STRING);
  if (!isHeld) refuse(place, "these strings; use one text");
}

function checkAuthority(
  { flags, tag, value }: RecordData<"CAA">,
  place: Place,
): void {
  checkMax(flags, 1, { ...place, field: `${place.field}.flags` });
  switch (tag) {
    case "issue":
    case "issuewild":
      // Designate accepts parameters, and its name servers leave them out.
      return checkDomain(value, place);
    case "iodef": {
      const [, host] = MAIL_URL.exec(value) ?? WEB_URL.exec(value) ?? [];
      if (host === undefined) return refuse(place, `the value "${value}"`);
      return checkDomain(host, place);
    }
    default:
      return refuse(place, `the tag "${tag}"`);
  }
}

function checkRule(rule: RecordData<"NAPTR">, place: Place): void {
  const { flags, services, regexp, replacement } = rule;
  if (!NAPTR_FLAGS.test(flags)) refuse(place, `the flags "${flags}"`);
  if (services === "") refuse(place, "empty services");
  if (!NAPTR_REGEXP.test(regexp)) refuse(place, `the regexp "${regexp}"`);
  checkHost(replacement, place);
}

function checkService(
  { target, params }: RecordData<"SVCB">,
  place: Place,
): void {
  checkHost(target, place);
  for (const [key, value] of Object.entries(params)) {
    if (!SERVICE_KEYS.has(key)) refuse(place, `the parameter "${key}"`);
    const isHeld = key === "alpn"
      ? value.split(",").every((protocol) => ALPN.has(protocol))
      : !/["\s\\]/.test(value) && (key === "ech" || !value.includes("="));
    if (!isHeld) refuse(place, `the value "${value}" of "${key}"`);
  }
}

function checkMax(value: number, max: number, place: Place): void {
  if (value <= max) return;
  const { operation, field } = place;
  throw new RangeError(
    `${operation}: ${field} must be at most ${max} for ${DISPLAY_NAME}, ` +
      `got ${value}`,
  );
}

function refuse({ operation, field }: Place, what: string): never {
  throw new TypeError(
    `${operation}: ${DISPLAY_NAME} does not support ${what} in ${field}`,
  );
}
