/**
 * Values of DNS records, in the form of a zone file.
 *
 * @module
 */

import { invalid } from "./_requests.ts";

const LABEL = String.raw`(?:[\w*/-]|\\[^\d]|\\\d{3})+`;
const HOST = String.raw`(?:@|\.|${LABEL}(?:\.${LABEL})*\.?)`;
const BYTE = String.raw`(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)`;
const UINT8 = BYTE;
const UINT16 = String.raw`(?:6553[0-5]|655[0-2]\d|65[0-4]\d\d|6[0-4]\d{3}|` +
  String.raw`[1-5]\d{4}|[1-9]\d{0,3}|0)`;
const UINT32 = String.raw`\d{1,10}`;
const CHARACTER = String.raw`(?:[^"\\]|\\[^\d]|\\\d{3})`;
const STRING = `"${CHARACTER}*"`;
const HEX = "(?:[0-9a-fA-F]{2})+";
const PARAM = String.raw`[a-z\d-]+(?:=(?:${STRING}|[^\s"]+))?`;
const SERVICE = `${UINT16} ${HOST}(?: ${PARAM})*`;

/** The form of values of each type that Hetzner can hold. */
const FORMATS: Readonly<Record<string, string>> = {
  A: String.raw`${BYTE}(?:\.${BYTE}){3}`,
  AAAA: "[0-9a-fA-F:.]+",
  CAA: `${UINT8} [A-Za-z0-9]+ ${STRING}`,
  CNAME: HOST,
  DS: `${UINT16} ${UINT8} ${UINT8} ${HEX}`,
  HINFO: `${STRING} ${STRING}`,
  HTTPS: SERVICE,
  MX: `${UINT16} ${HOST}`,
  NS: HOST,
  PTR: HOST,
  RP: `${HOST} ${HOST}`,
  SOA: `${HOST} ${HOST}(?: ${UINT32}){5}`,
  SRV: `${UINT16} ${UINT16} ${UINT16} ${HOST}`,
  SVCB: SERVICE,
  TLSA: `${UINT8} ${UINT8} ${UINT8} ${HEX}`,
  TXT: `${STRING}(?: ${STRING})*`,
};

const PATTERNS: ReadonlyMap<string, RegExp> = new Map(
  Object.entries(FORMATS).map(([type, form]) => [
    type,
    new RegExp(`^${form}$`, "u"),
  ]),
);

/** Longest string of a TXT record, in bytes. */
const MAX_STRING = 255;

/** Types of which a name has at most one record. */
export const SINGLES: ReadonlySet<string> = new Set(["CNAME", "SOA"]);

/** Whether Hetzner can hold a type. */
export function isType(type: string): boolean {
  return PATTERNS.has(type);
}

/**
 * Checks the value of a record.
 *
 * @param type Type of the record.
 * @param value The value.
 * @throws {Refusal} If the value does not have the form of its type.
 */
export function checkValue(type: string, value: string): void {
  const isValid = PATTERNS.get(type)?.test(value) &&
    (type !== "AAAA" || URL.canParse(`http://[${value}]`)) &&
    stringsIn(value).every((it) => lengthOf(it) <= MAX_STRING);
  if (!isValid) {
    throw invalid("records", `'${value}' is not valid for type ${type}`);
  }
}

function stringsIn(value: string): readonly string[] {
  return value.match(new RegExp(STRING, "gu")) ?? [];
}

/** Bytes of a string in quotes. */
function lengthOf(quoted: string): number {
  const text = quoted.slice(1, -1).replace(/\\(?:\d{3}|[^\d])/g, "x");
  return new TextEncoder().encode(text).length;
}
