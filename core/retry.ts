/**
 * Retry policy.
 *
 * @module
 */

import { checkNumber, mistake } from "./check.ts";

/** Retry policy. */
export interface RetryOptions {
  /**
   * Largest number of attempts, including the first: 1 or more.
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
 * @returns Milliseconds, at most one day. `undefined` if the header is absent or
 *   invalid, or if it contains no time in the future.
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
  return toDelayMs(ms);
}

/**
 * Limits a delay that a provider requests.
 *
 * @param ms Milliseconds. `NaN` if the delay is unknown.
 * @returns Milliseconds, at most one day. `undefined` if the provider requests no
 *   delay: a limit that was reached, but ended in the past, says nothing.
 */
export function toDelayMs(ms: number): number | undefined {
  return ms > 0 ? Math.min(ms, 86_400_000) : undefined;
}

/**
 * Checks a retry policy.
 *
 * @param retry The policy that the caller passed, if any.
 * @param operation Name of the method or the class, for the error.
 * @throws {TypeError} If the policy is neither an object nor `false`.
 * @throws {RangeError} If a number is out of range.
 */
export function checkRetry(
  retry: RetryOptions | false | undefined,
  operation: string,
): void {
  if (retry === undefined || retry === false) return;
  if (typeof retry !== "object" || retry === null) {
    throw mistake(operation, "retry", "an object or false", retry);
  }
  checkNumber(retry.maxAttempts, operation, "retry.maxAttempts", 1);
  checkNumber(retry.baseMs, operation, "retry.baseMs", 0);
  checkNumber(retry.maxMs, operation, "retry.maxMs", 0);
}
