/**
 * Checks and conversions of arguments that compute drivers share.
 *
 * @module
 */

import { checkNumber, mistake } from "../check.ts";
import { formatPublicKey, parsePublicKey } from "./public_key.ts";

/**
 * Checks the capacity of a volume.
 *
 * @param sizeGb The value that the caller passed.
 * @param operation Name of the method, for the error.
 * @param maxGb Largest capacity that the provider accepts, in GB.
 * @returns The capacity.
 * @throws {TypeError} If `sizeGb` is missing.
 * @throws {RangeError} If `sizeGb` is not an integer from 1 to `maxGb`.
 */
export function checkSize(
  sizeGb: number,
  operation: string,
  maxGb?: number,
): number {
  if (sizeGb === undefined) {
    throw mistake(operation, "sizeGb", "an integer", sizeGb);
  }
  checkNumber(sizeGb, operation, "sizeGb", 1, maxGb);
  return sizeGb;
}

/**
 * Checks a public key. The error never shows the value, because a caller may
 * have passed a private key by mistake.
 *
 * @param publicKey The value that the caller passed: a line of
 *   `authorized_keys`, or a key in the format of RFC 4716.
 * @param operation Name of the method, for the error.
 * @param field Name of the option, for the error.
 * @returns The key in one line, without a line break at its end.
 * @throws {TypeError} If the value is not a string of one line, or begins with
 *   options of `authorized_keys`, which providers do not accept.
 */
export function checkPublicKey(
  publicKey: unknown,
  operation: string,
  field = "publicKey",
): string {
  const text = typeof publicKey === "string" ? publicKey.trim() : "";
  const key = parsePublicKey(text);
  if (key?.options !== undefined) {
    throw new TypeError(
      `${operation}: ${field} must begin with the type of the key, without ` +
        "options",
    );
  }
  // Providers may know types of keys that are unknown here.
  const line = key ? formatPublicKey(key) : text;
  const isOneLine = line !== "" && !/[\p{Cc}\p{Cs}]/u.test(line);
  if (isOneLine && !line.includes("PRIVATE KEY")) return line;
  throw new TypeError(
    `${operation}: ${field} must be one line, as in authorized_keys`,
  );
}
