/**
 * Random passwords.
 *
 * @module
 */

import { encodeBase64 } from "@std/encoding/base64";

/**
 * Generates a password from 18 cryptographically random bytes.
 *
 * @returns 24 letters and digits.
 */
export function generatePassword(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(18));
  // Characters that are special in forms, shells or URLs are replaced.
  return encodeBase64(bytes).replace(/\W/g, "x");
}
