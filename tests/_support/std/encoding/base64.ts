/**
 * Stands in for `jsr:@std/encoding/base64` where JSR does not answer.
 *
 * Unlike the other stand-ins this one ends up in bundles, whose size and speed
 * are measured, so it uses web APIs only. It is about as small as the true one
 * (1 kB); a bundle that holds it is never published.
 *
 * @module
 */

import { toBytes } from "./_bytes.ts";

/** Writes bytes, or the UTF-8 of a string, in base64 of RFC 4648. */
export function encodeBase64(src: string | Uint8Array | ArrayBuffer): string {
  let binary = "";
  for (const byte of toBytes(src)) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** Reads base64 of RFC 4648. */
export function decodeBase64(src: string): Uint8Array<ArrayBuffer> {
  let binary: string;
  try {
    binary = atob(src);
  } catch (cause) {
    // atob() throws a DOMException, the true one a TypeError.
    throw new TypeError("Cannot decode input as base64", { cause });
  }
  return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}
