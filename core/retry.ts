/**
 * Retry policy.
 *
 * @module
 */

import { checkNumber } from "./check.ts";

/** Retry policy. */
export interface RetryOptions {
  /**
   * Largest number of attempts, including the first.
   *
   * @default {4}
   */
  readonly maxAttempts?: number | undefined;
  /**
   * Upper bound of the first delay in milliseconds. Delays use exponential
   * backoff with full jitter.
   *
   * @default {250}
   */
  readonly baseMs?: number | undefined;
  /**
   * Largest delay in milliseconds, unless the provider requests a longer delay.
   *
   * @default {20000}
   */
  readonly maxMs?: number | undefined;
}

/**
 * Chooses the delay before the next attempt: exponential backoff with full
 * jitter. With jitter, clients that failed together retry at different times.
 *
 * @param attempt Number of the failed attempt, from 1.
 * @param retry The retry policy.
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
 * Reads the header `Retry-After`: seconds, or a date. If the response has the
 * header `Date`, the date is compared with this time of the server.
 *
 * @param headers Headers of the response.
 * @returns Milliseconds from 0 to one day, or `undefined` if the header is absent
 *   or invalid.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#field.retry-after | RFC 9110, Retry-After}
 */
export function retryAfterMs(headers: Headers): number | undefined {
  const value = headers.get("retry-after") ?? "";
  const now = Date.parse(headers.get("date") ?? "") || Date.now();
  const ms = /^-?[\d.]+$/.test(value)
    ? Number(value) * 1000
    // A date without a time zone is in GMT, as asctime() writes it.
    : Date.parse(/:/.test(value) ? value.replace(/\d{4}$/, "$& GMT") : "") -
      now;
  return ms === ms ? Math.min(Math.max(ms, 0), 86_400_000) : undefined;
}

/**
 * Checks a retry policy.
 *
 * @param retry The policy that the caller passed, if any.
 * @param operation Name of the method or the class, for the error.
 * @throws {RangeError} If a number is out of range.
 */
export function checkRetry(
  retry: RetryOptions | false | undefined,
  operation: string,
): void {
  for (const [name, value] of Object.entries(retry || {})) {
    checkNumber(value, operation, `retry.${name}`, 0);
  }
}
