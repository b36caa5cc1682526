/**
 * Content of records: the server parses it, formats it again, and refuses it if
 * the result differs.
 *
 * @module
 */

import { Refusal } from "../kit/mod.ts";

/** Characters of names: letters, digits, and what DNS-SD and SRV use. */
const LABEL = String.raw`(?:[\w*/-]|\\[^\d]|\\\d{3})+`;
const HOST = String.raw`(?:(?:${LABEL}\.)+|\.)`;
const UINT = String.raw`(?:0|[1-9]\d{0,9})`;
const STRING = String.raw`"(?:[^"\\]|\\(?:["\\]|\d{3}))*"`;
const HEX = "(?:[0-9a-f]{2})+";
const BASE64 = "[A-Za-z0-9+/]+={0,2}";
const BYTE = String.raw`(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)`;
const TYPES = String.raw`(?: [A-Z][A-Z\d]*)*`;
const KEY = String.raw`${UINT} ${UINT} ${UINT} ${BASE64}`;
const DS = `${UINT} ${UINT} ${UINT} ${HEX}`;
const DISTANCE = String.raw`\d+\.\d{2}m`;
const PARAM = String.raw`(?:mandatory=[\w,-]+|alpn=[\w,/.-]+|no-default-alpn|` +
  String.raw`port=${UINT}|ipv4hint=[\d.,]+|ech="${BASE64}"|` +
  String.raw`ipv6hint=[\da-f:,.]+|key\d+=${STRING})`;
const SERVICE = `${UINT} ${HOST}(?: ${PARAM})*`;

/** Canonical content of each type that the server knows. */
const FORMATS: Readonly<Record<string, string>> = {
  A: String.raw`${BYTE}(?:\.${BYTE}){3}`,
  AAAA: "[0-9a-f:.]+",
  AFSDB: `${UINT} ${HOST}`,
  ALIAS: HOST,
  APL: String.raw`!?[12]:\S+(?: !?[12]:\S+)*`,
  CAA: `${UINT} [A-Za-z0-9]+ ${STRING}`,
  CDNSKEY: KEY,
  CDS: DS,
  CERT: KEY,
  CNAME: HOST,
  CSYNC: `${UINT} ${UINT}${TYPES}`,
  DHCID: BASE64,
  DNAME: HOST,
  DNSKEY: KEY,
  DS,
  EUI48: "[0-9a-f]{2}(?:-[0-9a-f]{2}){5}",
  EUI64: "[0-9a-f]{2}(?:-[0-9a-f]{2}){7}",
  HINFO: `${STRING} ${STRING}`,
  HTTPS: SERVICE,
  KX: `${UINT} ${HOST}`,
  LOC: String.raw`\d+ \d+ \d+\.\d{3} [NS] \d+ \d+ \d+\.\d{3} [EW] ` +
    String.raw`-?${DISTANCE} ${DISTANCE} ${DISTANCE} ${DISTANCE}`,
  LUA: `[A-Z]+ ${STRING}`,
  MX: `${UINT} ${HOST}`,
  NAPTR: `${UINT} ${UINT} ${STRING} ${STRING} ${STRING} ${HOST}`,
  NS: HOST,
  OPENPGPKEY: BASE64,
  PTR: HOST,
  RP: `${HOST} ${HOST}`,
  SMIMEA: DS,
  SOA: `${HOST} ${HOST}(?: ${UINT}){5}`,
  SPF: `${STRING}(?: ${STRING})*`,
  SRV: `${UINT} ${UINT} ${UINT} ${HOST}`,
  SSHFP: `${UINT} ${UINT} ${HEX}`,
  SVCB: SERVICE,
  TLSA: DS,
  TXT: `${STRING}(?: ${STRING})*`,
  URI: `${UINT} ${UINT} ${STRING}`,
  ZONEMD: `${UINT} ${UINT} ${UINT} ${HEX}`,
};

const PATTERNS: ReadonlyMap<string, RegExp> = new Map(
  Object.entries(FORMATS).map((
    [type, format],
  ) => [type, new RegExp(`^${format}$`)]),
);

// An empty one ends in a space.
const UNKNOWN = /^\\# (?:0 |[1-9]\d* [0-9a-f]+)$/;

/** Types whose hexadecimal digits the server turns into lower case. */
const LOWERED: ReadonlySet<string> = new Set([
  "CDS",
  "DS",
  "SMIMEA",
  "SSHFP",
  "TLSA",
  "ZONEMD",
]);

/**
 * Checks the content of a record.
 *
 * @param name Name of the record set.
 * @param type Type of the record set.
 * @param content Content that a client sent.
 * @returns The content as the server keeps it.
 * @throws {Refusal} If the content is not canonical: 422.
 */
export function checkContent(
  name: string,
  type: string,
  content: string,
): string {
  // The server keeps such a record, although it cannot serve it.
  if (type === "TXT" && content === "") return content;
  const format = PATTERNS.get(type) ?? UNKNOWN;
  const kept = type === "AAAA"
    ? shortIpv6(content)
    : LOWERED.has(type)
    ? content.toLowerCase()
    : content;
  if (kept !== undefined && format.test(kept) && inRange(type, kept)) {
    return kept;
  }
  throw new Refusal(
    422,
    `Record ${name}/${type} '${content}': Not in expected format`,
  );
}

/** Whether the server knows a type. */
export function isType(type: unknown): type is string {
  return typeof type === "string" &&
    (PATTERNS.has(type) || /^TYPE(?:[1-9]\d{0,4}|0)$/.test(type));
}

/** Numbers of 16 bits at the start of these types. */
function inRange(type: string, content: string): boolean {
  if (!/^(?:AFSDB|HTTPS|KX|MX|NAPTR|SRV|SVCB|URI)$/.test(type)) return true;
  return content.split(" ").slice(0, 3)
    .filter((word) => /^\d+$/.test(word))
    .every((word) => Number(word) < 65_536);
}

function shortIpv6(content: string): string | undefined {
  return /^[\da-f:.]+$/i.test(content)
    ? URL.parse(`http://[${content}]`)?.hostname.slice(1, -1)
    : undefined;
}
