/**
 * When a request may be sent again, and how long to wait before.
 *
 * @module
 */

import { checkNumber } from "./check.ts";

/** How often and how patiently requests are repeated. */
export interface RetryOptions {
  /**
   * Attempts in all, the first included.
   *
   * @default {4}
   */
  readonly maxAttempts?: number | undefined;
  /**
   * Longest first pause in milliseconds; each pause is a random part of a
   * limit that doubles.
   *
   * @default {250}
   */
  readonly baseMs?: number | undefined;
  /**
   * Longest pause in milliseconds, unless the provider asks for a longer one.
   *
   * @default {20000}
   */
  readonly maxMs?: number | undefined;
}

/**
 * Chooses a pause: exponential with full jitter, so that clients which failed
 * together do not come back together.
 *
 * @param attempt The attempt that failed, from 1.
 * @param retry Limits of the pause.
 * @returns Milliseconds.
 * @see {@link https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ | Exponential backoff and jitter}
 */
export function backoffMs(
  attempt: number,
  { baseMs = 250, maxMs = 20_000 }: RetryOptions,
): number {
  return Math.random() * Math.min(maxMs, baseMs * 2 ** (attempt - 1));
}

/**
 * Reads `Retry-After`: seconds, or a date, which is compared with the server's
 * own clock where it tells it.
 *
 * @param headers Headers of the answer.
 * @returns Milliseconds, 0 to a day, or `undefined` where nothing legible is
 *   said.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#field.retry-after | RFC 9110, Retry-After}
 */
export function retryAfterMs(headers: Headers): number | undefined {
  const value = headers.get("retry-after") ?? "";
  const now = Date.parse(headers.get("date") ?? "") || Date.now();
  const ms = /^-?[\d.]+$/.test(value)
    ? Number(value) * 1000
    // A date has a time, and one that names no zone is in GMT: asctime().
    : Date.parse(/:/.test(value) ? value.replace(/\d{4}$/, "$& GMT") : "") -
      now;
  return ms === ms ? Math.min(Math.max(ms, 0), 86_400_000) : undefined;
}

/**
 * Checks what a caller chose.
 *
 * @param retry What it chose, if anything.
 * @throws {RangeError} If a number makes no sense.
 */
export function checkRetry(retry: RetryOptions | false | undefined): void {
  for (const [name, value] of Object.entries(retry || {})) {
    checkNumber(name, value, 0);
  }
}
