/**
 * The values of records: what the API accepts, and how it shows them.
 *
 * @module
 */

import { refusal, ValidationRefusal } from "./_requests.ts";
import {
  ipv4ToNumber,
  ipv6ToNumber,
  isObject,
  type JsonObject,
  numberToIpv6,
} from "../kit/mod.ts";

/** The fields of a record with its value. */
export interface Value {
  /** The value as one text. */
  readonly content: string;
  /** The parts of the value, for the types that have them. */
  readonly data?: JsonObject;
  /** Priority of MX, SRV and URI. */
  readonly priority?: number;
}

/** A part of a value. */
type Part =
  | { readonly kind: "integer"; readonly max: number }
  | { readonly kind: "number"; readonly min: number; readonly max: number }
  | { readonly kind: "text" | "word" | "host" }
  | { readonly kind: "choice"; readonly choices: readonly string[] };

const UINT8: Part = { kind: "integer", max: 255 };
const UINT16: Part = { kind: "integer", max: 65_535 };
const TEXT: Part = { kind: "text" };
const WORD: Part = { kind: "word" };
const HOST: Part = { kind: "host" };
const METRES: Part = { kind: "number", min: 0, max: 90_000_000 };
const SECONDS: Part = { kind: "number", min: 0, max: 59.999 };
const MINUTES: Part = { kind: "integer", max: 59 };

const BINDING = { priority: UINT16, target: HOST, value: TEXT };
const CERTIFICATE = {
  usage: UINT8,
  selector: UINT8,
  matching_type: UINT8,
  certificate: WORD,
};

/** The parts of the types whose value has parts, in the order of `content`. */
const PARTS: Readonly<Record<string, Readonly<Record<string, Part>>>> = {
  CAA: { flags: UINT8, tag: WORD, value: TEXT },
  CERT: { type: UINT16, key_tag: UINT16, algorithm: UINT8, certificate: WORD },
  DNSKEY: {
    flags: UINT16,
    protocol: UINT8,
    algorithm: UINT8,
    public_key: WORD,
  },
  DS: { key_tag: UINT16, algorithm: UINT8, digest_type: UINT8, digest: WORD },
  HTTPS: BINDING,
  LOC: {
    lat_degrees: { kind: "integer", max: 90 },
    lat_minutes: MINUTES,
    lat_seconds: SECONDS,
    lat_direction: { kind: "choice", choices: ["N", "S"] },
    long_degrees: { kind: "integer", max: 180 },
    long_minutes: MINUTES,
    long_seconds: SECONDS,
    long_direction: { kind: "choice", choices: ["E", "W"] },
    altitude: { kind: "number", min: -100_000, max: 42_849_672.95 },
    size: METRES,
    precision_horz: METRES,
    precision_vert: METRES,
  },
  NAPTR: {
    order: UINT16,
    preference: UINT16,
    flags: TEXT,
    service: TEXT,
    regex: TEXT,
    replacement: HOST,
  },
  SMIMEA: CERTIFICATE,
  SRV: { priority: UINT16, weight: UINT16, port: UINT16, target: HOST },
  SSHFP: { algorithm: UINT8, type: UINT8, fingerprint: WORD },
  SVCB: BINDING,
  TLSA: CERTIFICATE,
  URI: { weight: UINT16, target: TEXT },
};

/** The types whose value is one text. */
const TEXTS: readonly string[] = ["A", "AAAA", "CNAME", "MX", "NS"]
  .concat(["OPENPGPKEY", "PTR", "TXT"]);

/** All types that the API accepts. */
export const TYPES: readonly string[] = [...TEXTS, ...Object.keys(PARTS)];

/** Longest record in bytes, as DNS sends it. */
const MAX_BYTES = 4096;

/** Longest string of a TXT record, in bytes. */
const MAX_STRING = 255;

const PRIVATE = /^(?:10\.|127\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.)/;

const INVALID: Readonly<Record<string, readonly [number, string]>> = {
  A: [9005, "Content for A record must be a valid IPv4 address."],
  AAAA: [9006, "Content for AAAA record must be a valid IPv6 address."],
  CNAME: [9007, "Content for CNAME record is invalid."],
  NS: [9008, "Content for NS record is invalid."],
  MX: [9009, "Content for MX record must be a hostname."],
  PTR: [9010, "Content for PTR record is invalid."],
  OPENPGPKEY: [9014, "Content for OPENPGPKEY record must be Base64."],
};

/**
 * Reads the value of a record.
 *
 * @param type Type of the record.
 * @param body The request, or the record as it will be.
 * @returns The value, as the API keeps it.
 * @throws {Refusal} If the value is invalid.
 */
export function readValue(type: string, body: JsonObject): Value {
  const parts = PARTS[type];
  if (parts) return readParts(type, parts, body);
  const { content } = body;
  if (typeof content !== "string" || content === "") {
    throw new ValidationRefusal(9101, "content is a required field");
  }
  switch (type) {
    case "A":
      if (Number.isNaN(ipv4ToNumber(content))) throw invalid(type);
      return { content };
    case "AAAA": {
      const number = ipv6ToNumber(content);
      if (number === undefined) throw invalid(type);
      return { content: numberToIpv6(number) };
    }
    case "TXT":
      return { content: readText(content) };
    case "OPENPGPKEY":
      if (!/^[a-z\d+/]+={0,2}$/i.test(content)) throw invalid(type);
      return { content };
    case "MX":
      return {
        content: readHost(type, content),
        priority: readPriority(body.priority),
      };
    default:
      return { content: readHost(type, content) };
  }
}

/** Whether Cloudflare can forward the requests to the target of a record. */
export function isProxiable(type: string, { content }: Value): boolean {
  return type === "A" && !PRIVATE.test(content) ||
    type === "AAAA" && !/^(?:f[cd]|fe[89ab]|::1$)/.test(content) ||
    type === "CNAME";
}

/** Formats a value as in a zone file: with final dots, and priorities. */
export function toZoneFile(type: string, value: Value): string {
  const { content, priority, data } = value;
  const dotted = (host: unknown) => host === "." ? "." : `${host}.`;
  switch (type) {
    case "CNAME":
    case "NS":
    case "PTR":
      return dotted(content);
    case "MX":
      return `${priority} ${dotted(content)}`;
    case "SRV":
      return `${priority} ${data?.weight} ${data?.port} ${
        dotted(data?.target)
      }`;
    case "URI":
      return `${priority} ${content}`;
    case "HTTPS":
    case "SVCB":
      return `${data?.priority} ${dotted(data?.target)} ${data?.value}`.trim();
    case "TXT":
      return content.startsWith('"')
        ? content
        : `"${content.replace(/["\\]/g, "\\$&")}"`;
    default:
      return content;
  }
}

/**
 * Reads the name of a record.
 *
 * @param name The name: complete, relative to the zone, or `"@"`.
 * @param zone Name of the zone.
 * @returns The complete name in lower case, in Punycode and without a dot.
 * @throws {Refusal} If the name is invalid.
 */
export function readName(name: unknown, zone: string): string {
  if (typeof name !== "string" || name === "") {
    throw new ValidationRefusal(9000, "DNS name is invalid.");
  }
  const plain = toAscii(name.replace(/\.$/, ""));
  const isComplete = plain === zone || plain.endsWith(`.${zone}`);
  const complete = plain === "@"
    ? zone
    : isComplete
    ? plain
    : `${plain}.${zone}`;
  const labels = complete.split(".");
  const isValid = complete.length <= 253 &&
    labels.every((label, index) =>
      LABEL.test(label) || label === "*" && !index
    );
  if (isValid) return complete;
  throw new ValidationRefusal(9000, "DNS name is invalid.");
}

const LABEL = /^(?!-)[a-z\d_-]{1,63}(?<!-)$/;

function toAscii(name: string): string {
  return name.split(".").map((label) => {
    if (/^[\0-\x7f]*$/.test(label)) return label.toLowerCase();
    return URL.parse(`http://${label}.x`)?.hostname.slice(0, -2) ?? label;
  }).join(".");
}

function readHost(type: string, host: string): string {
  if (host === ".") {
    if (type === "MX") return host;
    throw invalid(type);
  }
  const plain = toAscii(host.replace(/\.$/, ""));
  const isHost = plain.length <= 253 &&
    plain.split(".").every((label) => LABEL.test(label)) &&
    Number.isNaN(ipv4ToNumber(plain));
  if (isHost) return plain;
  throw invalid(type);
}

function invalid(type: string): Error {
  const [code, message] = INVALID[type] ??
    [9012, `Content for ${type} record is invalid.`];
  return refusal(code, message);
}

function readPriority(value: unknown): number {
  if (Number.isInteger(value) && Number(value) >= 0 && Number(value) < 65_536) {
    return Number(value);
  }
  throw new ValidationRefusal(
    9102,
    value === undefined
      ? "priority is a required field."
      : "priority must be between 0 and 65535.",
  );
}

/** Reads strings in quotes, or a text without. Long strings are cut. */
function readText(content: string): string {
  if (!/^[ -~]*$/.test(content)) {
    const reason =
      "Invalid TXT record. Record may only contain printable ASCII!";
    throw new ValidationRefusal(9051, reason);
  }
  if (!content.startsWith('"')) return checkBytes(content, content.length + 1);
  if (!/^(?:"(?:\\\d{3}|\\\D|[^"\\])*"(?:\s+|$))+$/.test(content)) {
    throw new ValidationRefusal(9052, "Invalid TXT record. Quotes must match.");
  }
  const strings = (content.match(/"(?:\\\d{3}|\\\D|[^"\\])*"/g) ?? [])
    .map((text) => text.slice(1, -1).match(/\\\d{3}|\\\D|[^\\]/g) ?? []);
  const bytes = strings.flat();
  if (bytes.some((byte) => /^\\\d/.test(byte) && Number(byte.slice(1)) > 255)) {
    throw new ValidationRefusal(9052, "Invalid TXT record. Escape is invalid.");
  }
  if (bytes.length === 0) {
    throw new ValidationRefusal(9101, "content is a required field");
  }
  const cut = strings.flatMap((text) =>
    text.length === 0 ? [text] : chunks(text)
  );
  checkBytes(content, bytes.length + cut.length);
  return cut.map((text) => `"${text.join("")}"`).join(" ");
}

function chunks<T>(items: readonly T[]): T[][] {
  const count = Math.ceil(items.length / MAX_STRING);
  return Array.from(
    { length: count },
    (_, index) => items.slice(index * MAX_STRING, (index + 1) * MAX_STRING),
  );
}

function checkBytes(content: string, bytes: number): string {
  if (bytes <= MAX_BYTES) return content;
  throw new ValidationRefusal(
    9015,
    `Content exceeds the maximum length of ${MAX_BYTES} bytes in wire format.`,
  );
}

function readParts(
  type: string,
  parts: Readonly<Record<string, Part>>,
  body: JsonObject,
): Value {
  const { data } = body;
  if (!isObject(data)) {
    throw new ValidationRefusal(9101, `data is a required field for ${type}.`);
  }
  const read = Object.fromEntries(
    Object.entries(parts)
      .map(([name, part]) => [name, readPart(type, name, part, data[name])]),
  );
  const values = Object.values(read);
  switch (type) {
    case "SRV":
      return {
        content: values.slice(1).join(" "),
        data: read,
        priority: Number(read.priority),
      };
    case "URI":
      return {
        content: `${read.weight} ${quote(read.target)}`,
        data: read,
        priority: readPriority(body.priority),
      };
    case "CAA":
      return {
        content: `${read.flags} ${read.tag} ${quote(read.value)}`,
        data: read,
      };
    case "NAPTR": {
      const { order, preference, flags, service, regex, replacement } = read;
      const texts = [flags, service, regex].map(quote).join(" ");
      const content = `${order} ${preference} ${texts} ${replacement}`;
      return { content, data: read };
    }
    case "LOC":
      return { content: toLocation(read), data: read };
    default:
      return { content: values.join(" ").trim(), data: read };
  }
}

function readPart(
  type: string,
  name: string,
  part: Part,
  value: unknown,
): string | number {
  const fail = (reason: string) =>
    new ValidationRefusal(9102, `data.${name} of ${type} ${reason}.`);
  switch (part.kind) {
    case "integer":
      // A string of digits will do.
      if (/^\d+$/.test(String(value)) && Number(value) <= part.max) {
        return Number(value);
      }
      throw fail(`must be an integer from 0 to ${part.max}`);
    case "number":
      if (
        typeof value === "number" && value >= part.min && value <= part.max
      ) return value;
      throw fail(`must be a number from ${part.min} to ${part.max}`);
    case "choice":
      if (part.choices.includes(String(value))) return String(value);
      throw fail(`must be ${part.choices.join(" or ")}`);
    case "host":
      if (typeof value !== "string") throw fail("must be a hostname");
      if (value === ".") return value;
      // The service keeps the final dot of this type.
      return type === "NAPTR" && readHost(type, value)
        ? value
        : readHost(type, value);
    case "word":
      if (typeof value === "string" && /^[\w+/=-]+$/.test(value)) return value;
      throw fail("must be a word");
    case "text":
      if (typeof value === "string" && /^[ -~]*$/.test(value)) return value;
      throw fail("must be printable ASCII");
  }
}

function quote(text: unknown): string {
  return `"${String(text).replace(/["\\]/g, "\\$&")}"`;
}

function toLocation(data: Readonly<Record<string, string | number>>): string {
  const angle = (name: string) =>
    `${data[`${name}_degrees`]} ${data[`${name}_minutes`]} ${
      Number(data[`${name}_seconds`]).toFixed(3)
    } ${data[`${name}_direction`]}`;
  const metres = ["altitude", "size", "precision_horz", "precision_vert"]
    .map((name) => Number(data[name]).toFixed(2));
  return [angle("lat"), angle("long"), ...metres].join(" ");
}
