/**
 * Forms of values, such as addresses and keys, and reserved values of the same
 * form.
 *
 * @module
 */

import { encodeBase64 } from "@std/encoding/base64";
import { isPublicIp } from "../../core/ip.ts";
import { parsePublicKey } from "../../core/compute/public_key.ts";

/** A form of values. */
export interface Form {
  /** Name, for people. */
  readonly name: string;
  /** Whether the values are never words of the provider. */
  readonly isUnique: boolean;
  /** Tells whether a text has the form. */
  readonly has: (text: string) => boolean;
  /** Makes the reserved value with a number; other numbers make other values. */
  readonly make: (text: string, number: number) => string;
}

const PEM = /^-----BEGIN ([A-Z0-9 ]+)-----[^]*-----END \1-----\s*$/;
const EMAIL = /^[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+$/;
const UUID = /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/i;
const MAC = /^[\da-f]{2}(?:[:-][\da-f]{2}){5}$/i;
const HEX_PAIRS = /^(?:MD5:)?[\da-f]{2}(?::[\da-f]{2}){7,}$/i;
const SHA256 = /^SHA256:[A-Za-z\d+/]{43}=?$/;
const PREFIXED = /^([A-Za-z]{1,12}[-_])[\da-f]{8,}$/;
const HEX = /^(?=.*\d)[\da-f]{16,}$/i;
const DIGITS = /^\d+$/;
const HOST = /^(?:[a-z\d](?:[a-z\d-]*[a-z\d])?\.)+[a-z]{2,}\.?$/i;
// A word is shorter, has no digit, and no capital after a small letter.
const BASE64 =
  /^(?=[^]{16}|[^]*=\s*$)(?=[^]*(?:\d|[a-z][A-Z]|=\s*$))[A-Za-z\d+/\r\n]+={0,2}\s*$/;

/**
 * Finds what an id such as `"vol-0123456789abcdef0"` begins with.
 *
 * @param text The id.
 * @returns The prefix, such as `"vol-"`; `undefined` if the id has no prefix.
 */
export function prefixOf(text: string): string | undefined {
  return PREFIXED.exec(text)?.[1];
}

/** Forms of a whole text; the first one that fits counts. */
export const FORMS: readonly Form[] = [
  {
    name: "PEM",
    isUnique: true,
    has: (text) => PEM.test(text),
    make: (text, n) => {
      const [, kind] = PEM.exec(text)!;
      const body = encodeBase64(new TextEncoder().encode(`example ${n}`));
      return `-----BEGIN ${kind}-----\n${body}\n-----END ${kind}-----\n`;
    },
  },
  {
    name: "public key",
    isUnique: true,
    has: (text) => parsePublicKey(text) !== undefined,
    make: toPublicKey,
  },
  {
    name: "e-mail address",
    isUnique: true,
    has: (text) => EMAIL.test(text),
    make: (_, n) => `user-${n}@example.com`,
  },
  {
    name: "UUID",
    isUnique: true,
    has: (text) => UUID.test(text),
    make: (_, n) => `00000000-0000-4000-8000-${hex(n, 12)}`,
  },
  {
    name: "MAC address",
    isUnique: true,
    has: (text) => MAC.test(text),
    // Reserved for documentation (RFC 7042), then locally administered ones.
    make: (_, n) =>
      (n < 256 ? `00005e0053${hex(n, 2)}` : `02${hex(n, 10)}`)
        .replace(/..(?=.)/g, "$&:"),
  },
  {
    name: "fingerprint",
    isUnique: true,
    has: (text) => HEX_PAIRS.test(text) || SHA256.test(text),
    make: (text, n) => {
      if (text.startsWith("SHA256:")) {
        return `SHA256:${String(n).padStart(43, "A")}`;
      }
      const [prefix = ""] = /^MD5:/.exec(text) ?? [];
      const digits = text.slice(prefix.length).replaceAll(":", "").length;
      return prefix + hex(n, digits).replace(/..(?=.)/g, "$&:");
    },
  },
  {
    name: "id with a prefix",
    isUnique: true,
    has: (text) => PREFIXED.test(text),
    make: (text, n) => {
      const prefix = prefixOf(text) ?? "";
      return prefix + hex(n, text.length - prefix.length);
    },
  },
  {
    name: "digits",
    isUnique: false,
    has: (text) => DIGITS.test(text),
    make: toRoundNumber,
  },
  {
    name: "hexadecimal",
    isUnique: false,
    has: (text) => HEX.test(text),
    make: (text, n) => hex(n, text.length),
  },
  {
    name: "host name",
    isUnique: false,
    has: (text) => HOST.test(text),
    make: (_, n) => `host-${n}.example.com`,
  },
  {
    name: "Base64",
    isUnique: false,
    has: (text) => BASE64.test(text) && isBase64(text),
    make: (_, n) => encodeBase64(new TextEncoder().encode(`example ${n}`)),
  },
];

/**
 * Makes a round number with as many digits as another one, and at least five.
 *
 * @param text The other number.
 * @param number Number of the value.
 * @returns The digits, such as `"100001"`.
 */
export function toRoundNumber(text: string, number: number): string {
  const digits = Math.min(Math.max(text.length, 5), 15);
  return String(10 ** (digits - 1) + number);
}

/** Keeps the type, the exponent and the name of the curve. */
function toPublicKey(text: string, n: number): string {
  const { type, base64 } = parsePublicKey(text)!;
  const bytes = bytesOf(base64) ?? new Uint8Array();
  const view = new DataView(bytes.buffer);
  for (let at = 0; at + 4 <= bytes.length;) {
    const length = view.getUint32(at);
    const end = Math.min(at + 4 + length, bytes.length);
    const isType = at === 0;
    at += 4;
    // The first byte may be the sign of a number, or the form of a point.
    if (!isType && length > 8) bytes.fill(n, at + 1, end);
    at = end;
  }
  const comment = `user-${n}@example.com`;
  return `${type} ${encodeBase64(bytes)} ${comment}`;
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function isBase64(text: string): boolean {
  return bytesOf(text.replace(/\s/g, "")) !== undefined;
}

function hex(n: number, digits: number): string {
  return n.toString(16).padStart(digits, "0");
}

const ADDRESS = /^([\da-f:.]*[.:][\da-f:.]*)(\/\d{1,3})?$/i;
const SPECIAL = /^(?:0\.0\.0\.0|127\.\d+\.\d+\.\d+|255\.[\d.]+|::1?)$/;

/**
 * Tells whether a text consists of IP addresses, with or without the length of
 * a prefix, and separated by commas or spaces.
 *
 * @param text The text.
 * @returns Whether it does.
 */
export function hasAddresses(text: string): boolean {
  const parts = text.split(/[\s,]+/).filter((part) => part !== "");
  return parts.length > 0 && parts.every((part) => {
    const [, address = ""] = ADDRESS.exec(part) ?? [];
    return isPublicIp(address) !== undefined;
  });
}

/**
 * Replaces the addresses of a text. Netmasks, and addresses that mean any host
 * or this host, stay.
 *
 * @param text A text that consists of addresses.
 * @param alias Returns the reserved address for an address; the function it gets
 *   makes the one with a number.
 * @returns The text with reserved addresses.
 */
export function replaceAddresses(
  text: string,
  alias: (address: string, make: (number: number) => string) => string,
): string {
  return text.replace(/[^\s,]+/g, (part) => {
    const [, address = "", length = ""] = ADDRESS.exec(part) ?? [];
    if (SPECIAL.test(address)) return part;
    return alias(address, (n) => toReservedAddress(address, n)) + length;
  });
}

/** A public address becomes another public one, and a private one a private. */
function toReservedAddress(address: string, n: number): string {
  const isPublic = isPublicIp(address);
  if (address.includes(":")) {
    const local = /^fe/i.test(address) ? "fe80" : "fd00";
    return `${isPublic ? "2001:db8" : local}::${n.toString(16)}`;
  }
  // Documentation (RFC 5737), then benchmarks (RFC 2544).
  if (isPublic && n < 255) return `203.0.113.${n}`;
  const low = `${(n >> 8) & 255}.${n & 255}`;
  return isPublic ? `198.18.${low}` : `10.0.${low}`;
}

const TIME =
  /^(\d{4}-\d\d-\d\d)(?:([T ])(\d\d:\d\d)(:\d\d)?(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?$/;

/**
 * Reads a time.
 *
 * @param text The text.
 * @returns Milliseconds since 1970; `undefined` if the text is not a time.
 */
export function timeOf(text: string): number | undefined {
  const [, date, , time = "00:00", seconds = "", , zone = "Z"] =
    TIME.exec(text) ?? [];
  const ms = date ? Date.parse(`${date}T${time}${seconds}${zone}`) : NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

/**
 * Writes a time in the form of another one.
 *
 * @param text The other time.
 * @param ms Milliseconds since 1970.
 * @returns The text.
 */
export function writeTime(text: string, ms: number): string {
  const [, , separator, , seconds, fraction, zone = ""] = TIME.exec(text)!;
  const iso = new Date(ms).toISOString();
  const date = iso.slice(0, 10);
  if (!separator) return date + zone;
  const time = iso.slice(11, seconds ? 19 : 16);
  return date + separator + time + (fraction?.replace(/\d/g, "0") ?? "") + zone;
}

/**
 * Names the form of a text, for people.
 *
 * @param text The text.
 * @returns Its name; `undefined` for words and sentences.
 */
export function formOf(text: string): string | undefined {
  if (timeOf(text) !== undefined) return `time like ${writeTime(text, 0)}`;
  if (/^-?\d+$/.test(text)) return "integer";
  if (/^-?\d+\.\d+$/.test(text)) return "decimal number";
  if (/^(?:true|false)$/.test(text)) return "boolean";
  if (hasAddresses(text)) return text.includes(":") ? "IPv6" : "IPv4";
  if (/^https?:\/\//.test(text)) return "URL";
  return FORMS.find(({ has, isUnique }) => isUnique && has(text))?.name;
}
