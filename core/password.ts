/**
 * Passwords that nobody can guess.
 *
 * @module
 */

import { encodeBase64 } from "@std/encoding/base64";

/**
 * Makes a password from random numbers of cryptographic quality.
 *
 * @returns 24 letters and digits, which 18 random bytes make.
 */
export function generatePassword(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(18));
  // Without signs that forms, shells or URLs take for something else.
  return encodeBase64(bytes).replace(/\W/g, "x");
}
