/**
 * Rate limit information.
 *
 * @module
 */

import { toDelayMs } from "./retry.ts";

/** Rate limit, as the provider reports it. */
export interface RateLimit {
  /** Requests per period. */
  readonly limit?: number | undefined;
  /** Requests left now. */
  readonly remaining?: number | undefined;
  /**
   * Time at which the provider accepts more requests, ISO 8601 in UTC. This is
   * the end of the period. If the period has no fixed end, this is the time when
   * the provider forgets the oldest request, as at DigitalOcean.
   */
  readonly resetsAt?: string | undefined;
}

/**
 * Reads the headers `limit`, `remaining` and `reset` that many providers send.
 *
 * @param headers Headers of the response.
 * @param prefix Beginning of the names of these headers, such as
 *   `"ratelimit-"`.
 * @returns The rate limit, or `undefined` if none of the headers is valid.
 */
export function readRateLimit(
  headers: Headers,
  prefix: string,
): RateLimit | undefined {
  const read = (name: string) => {
    const text = headers.get(prefix + name);
    return text && /^\d{1,12}$/.test(text) ? Number(text) : undefined;
  };
  const limit = read("limit");
  const remaining = read("remaining");
  const reset = read("reset");
  if (limit === undefined && remaining === undefined && reset === undefined) {
    return undefined;
  }
  const resetsAt = reset === undefined
    ? undefined
    : new Date(reset * 1000).toISOString();
  return { limit, remaining, resetsAt };
}

/**
 * Computes the time until a provider that refused a request accepts requests.
 *
 * @param limit The rate limit.
 * @param headers Headers of the response; their `Date` is the provider's clock.
 * @returns Milliseconds, at most one day. `undefined` if this rate limit does not
 *   tell: it is unknown, it ended in the past, or it has requests left. In the
 *   last case, the provider has another limit, such as one for bursts.
 */
export function rateLimitResetMs(
  limit: RateLimit | undefined,
  headers: Headers,
): number | undefined {
  if (!limit?.resetsAt || limit.remaining) return undefined;
  const now = Date.parse(headers.get("date") ?? "") || Date.now();
  return toDelayMs(Date.parse(limit.resetsAt) - now);
}
