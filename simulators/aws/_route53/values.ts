/**
 * Values of records, and what Route 53 says about those that are invalid.
 *
 * @module
 */

import { ipv4ToNumber, ipv6ToNumber } from "../../kit/mod.ts";
import { parseName } from "./names.ts";

/** Largest numbers of values in a record set, and of characters and bytes. */
const MAX_VALUES = 400;
const MAX_LENGTH = 4000;
const MAX_STRING = 255;
const SINGLES: ReadonlySet<string> = new Set(["CNAME", "SOA"]);

/** Returns the problem with a value, in the words of Route 53, if there is one. */
type Check = (value: string) => string | undefined;

const CHECKS: Readonly<Record<string, Check>> = {
  A: (value) =>
    Number.isNaN(ipv4ToNumber(value))
      ? "ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address)"
      : undefined,
  AAAA: (value) =>
    ipv6ToNumber(value) === undefined
      ? "AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 address)"
      : undefined,
  CAA: words(8, /^\d+ [a-zA-Z0-9]+ (".*")$/, (text) => checkText(text, true)),
  CNAME: checkHost,
  DS: words(16, /^\d+ \d+ \d+ [0-9a-fA-F]+$/),
  HTTPS: words(16, /^\d+ (\S+)(?: .*)?$/, checkHost),
  MX: words(16, /^\d+ (\S+)$/, checkHost),
  NAPTR: words(
    16,
    /^\d+ \d+ "[^"]*" "[^"]*" "(?:[^"\\]|\\[^])*" (\S+)$/,
    checkHost,
  ),
  NS: checkHost,
  PTR: checkHost,
  SOA: words(16, /^(\S+) \S+ \d+ \d+ \d+ \d+ \d+$/, checkHost),
  SPF: checkTexts,
  SRV: words(16, /^\d+ \d+ \d+ (\S+)$/, checkHost),
  SSHFP: words(8, /^\d+ \d+ [0-9a-fA-F]+$/),
  SVCB: words(16, /^\d+ (\S+)(?: .*)?$/, checkHost),
  TLSA: words(8, /^\d+ \d+ \d+ [0-9a-fA-F]+$/),
  TXT: checkTexts,
};

/**
 * Whether Route 53 has a type of records.
 *
 * @param type The type.
 * @returns Whether record sets can have it.
 */
export function isType(type: string): boolean {
  return Object.hasOwn(CHECKS, type);
}

/**
 * Checks the values of a record set.
 *
 * @param type The type of the records; see {@linkcode isType}.
 * @param values The values.
 * @returns What is wrong with them, in the words of Route 53.
 */
export function problemsIn(type: string, values: readonly string[]): string[] {
  const max = SINGLES.has(type) ? 1 : MAX_VALUES;
  if (values.length > max) {
    return [`Number of resource records for ${type} may not exceed ${max}`];
  }
  const seen = new Set<string>();
  return values.flatMap((value) => {
    if (seen.has(value)) return [`Duplicate Resource Record: '${value}'`];
    seen.add(value);
    const problem = value.length > MAX_LENGTH
      ? "ValueTooLong (Value is too long)"
      : /^[ -~]+$/.test(value)
      ? CHECKS[type]!(value)
      : "UnsupportedCharacter (Value contains unsupported characters)";
    return problem === undefined ? [] : [
      `Invalid Resource Record: 'FATAL problem: ${problem} encountered with '${value}''`,
    ];
  });
}

function checkHost(host: string): string | undefined {
  return parseName(host).problem;
}

/**
 * Checks a value that consists of words. Its numbers have a number of bits, and
 * the part of it in parentheses is checked as well.
 */
function words(bits: number, form: RegExp, check?: Check): Check {
  return (value) => {
    const match = form.exec(value);
    const numbers = /^[\d ]*(?= |$)/.exec(value)?.[0].trim().split(/ +/) ?? [];
    if (!match || numbers.some((it) => Number(it) >= 2 ** bits)) {
      return "InvalidRRDATA (Value is not valid for its type)";
    }
    return match[1] === undefined ? undefined : check?.(match[1]);
  };
}

/** Checks one or more strings in quotes, each of at most 255 bytes. */
function checkTexts(value: string): string | undefined {
  const text = /"(?:[^"\\]|\\[0-3][0-7]{2}|\\[^0-9])*"/.source;
  if (!new RegExp(`^${text}(?: +${text})*$`).test(value)) {
    return "InvalidCharacterString (Value should be enclosed in quotation marks)";
  }
  const strings = value.match(new RegExp(text, "g")) ?? [];
  return strings.map((it) => checkText(it)).find((it) => it !== undefined);
}

/** Checks one string in quotes. */
function checkText(quoted: string, isLong = false): string | undefined {
  const bytes = quoted.slice(1, -1)
    .replace(/\\(?:[0-3][0-7]{2}|[^0-9])/g, ".");
  if (/["\\]/.test(bytes)) {
    return "InvalidCharacterString (Value contains an invalid escape)";
  }
  return bytes.length > MAX_STRING && !isLong
    ? "CharacterStringTooLong (Value is too long)"
    : undefined;
}
