/**
 * Octets of DNS data, and their escapes in text.
 *
 * Here, octets are a string in which each character, from U+0000 to U+00FF, is
 * one byte.
 *
 * @module
 */

/** Base of the digits in escapes: 10 in zone files, 8 at Route 53. */
export type Radix = 8 | 10;

// One character of valid UTF-8 with more than one byte, or any other byte.
const UTF8 = new RegExp(
  "[\\xc2-\\xdf][\\x80-\\xbf]|" +
    "(?:\\xe0[\\xa0-\\xbf]|\\xed[\\x80-\\x9f]|[\\xe1-\\xec\\xee\\xef][\\x80-\\xbf])" +
    "[\\x80-\\xbf]|" +
    "(?:\\xf0[\\x90-\\xbf]|\\xf4[\\x80-\\x8f]|[\\xf1-\\xf3][\\x80-\\xbf])" +
    "[\\x80-\\xbf]{2}|" +
    "[\\x80-\\xff]",
  "g",
);
// Surrogates that are not part of a pair, except those that stand for a byte.
const UNUSABLE = /[\ud800-\udc7f\udd00-\udfff]/u;
// From this character on, lone surrogates stand for bytes.
const FIRST_BYTE = 0xdc00;
const ESCAPE = /\\(?:(\d{3})|([^]?))/g;

/**
 * Checks whether text can be encoded.
 *
 * @param text The text.
 * @returns Whether each surrogate is part of a pair, or stands for a byte.
 */
export function isEncodable(text: string): boolean {
  return !UNUSABLE.test(text);
}

/**
 * Encodes text.
 *
 * @param text The text. A lone surrogate from U+DC80 to U+DCFF is one byte; all
 *   other characters are UTF-8.
 * @returns The octets.
 */
export function toOctets(text: string): string {
  return text.replace(/[^\0-\x7f]/gu, (character) => {
    const code = character.charCodeAt(0) - FIRST_BYTE;
    return character.length === 1 && code >= 0x80 && code <= 0xff
      ? String.fromCharCode(code)
      : String.fromCharCode(...new TextEncoder().encode(character));
  });
}

/**
 * Decodes octets.
 *
 * @param octets The octets.
 * @returns The text. A byte that is not part of valid UTF-8 becomes a lone
 *   surrogate from U+DC80 to U+DCFF.
 */
export function fromOctets(octets: string): string {
  return octets.replace(
    UTF8,
    (character) =>
      character.length === 1
        ? String.fromCharCode(FIRST_BYTE + character.charCodeAt(0))
        : new TextDecoder("utf-8", { ignoreBOM: true }).decode(
          Uint8Array.from(character, (octet) => octet.charCodeAt(0)),
        ),
  );
}

/** Which characters are escaped, and how. Both patterns are global. */
export interface Escapes {
  /** Matches printable characters that get a backslash. */
  readonly special: RegExp;
  /** Matches octets that become digits. */
  readonly digits: RegExp;
}

/**
 * Escapes octets for a zone file.
 *
 * @param octets The octets.
 * @param escapes The characters to escape.
 * @param radix Base of the digits.
 * @returns The text.
 */
export function escapeOctets(
  octets: string,
  escapes: Escapes,
  radix: Radix = 10,
): string {
  return octets.replace(escapes.special, "\\$&").replace(
    escapes.digits,
    (octet) => `\\${octet.charCodeAt(0).toString(radix).padStart(3, "0")}`,
  );
}

/**
 * Resolves the escapes of text in a zone file.
 *
 * @param text The text. Characters outside ASCII are UTF-8.
 * @param radix Base of the digits.
 * @returns The octets, or `undefined` if an escape is invalid.
 */
export function unescapeOctets(
  text: string,
  radix: Radix = 10,
): string | undefined {
  let isValid = isEncodable(text);
  const octets = toOctets(text).replace(
    ESCAPE,
    (_, digits: string | undefined, character = "") => {
      if (digits === undefined) {
        isValid &&= /^\D$/.test(character);
        return character;
      }
      const code = parseInt(digits, radix);
      isValid &&= code <= 0xff && !(radix === 8 && /[89]/.test(digits));
      return String.fromCharCode(code);
    },
  );
  return isValid ? octets : undefined;
}
