/**
 * Replaces `jsr:@std/encoding/base64` if JSR is not reachable.
 *
 * Unlike the other stand-ins, this one is part of bundles whose size and speed are
 * measured, so it uses web APIs only. It is about as small as the original (1 kB).
 * Bundles that contain it are not published.
 *
 * @module
 */

import { toBytes } from "./_bytes.ts";

/** Encodes bytes, or the UTF-8 of a string, as base64 of RFC 4648. */
export function encodeBase64(src: string | Uint8Array | ArrayBuffer): string {
  let binary = "";
  for (const byte of toBytes(src)) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** Decodes base64 of RFC 4648. */
export function decodeBase64(src: string): Uint8Array<ArrayBuffer> {
  let binary: string;
  try {
    binary = atob(src);
  } catch (cause) {
    // atob() throws a DOMException, the original a TypeError.
    throw new TypeError("Cannot decode input as base64", { cause });
  }
  return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}
