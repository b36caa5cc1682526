/**
 * Replaces `jsr:@std/encoding/hex` if JSR is not reachable.
 *
 * @module
 */

import { toBytes } from "./_bytes.ts";

/** Encodes bytes, or the UTF-8 of a string, as lower case hexadecimal digits. */
export function encodeHex(src: string | Uint8Array | ArrayBuffer): string {
  let hex = "";
  for (const byte of toBytes(src)) hex += byte.toString(16).padStart(2, "0");
  return hex;
}

/** Decodes hexadecimal digits of either case. */
export function decodeHex(src: string): Uint8Array<ArrayBuffer> {
  if (src.length % 2 !== 0 || /[^0-9a-f]/i.test(src)) {
    throw new TypeError(`Cannot decode input as hex: "${src}"`);
  }
  const bytes = new Uint8Array(src.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = parseInt(src.slice(i * 2, i * 2 + 2), 16);
  }
  return bytes;
}
