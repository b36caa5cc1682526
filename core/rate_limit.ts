/**
 * Rate limit information.
 *
 * @module
 */

/** Rate limit, as the provider reports it. */
export interface RateLimit {
  /** Requests per period. */
  readonly limit?: number | undefined;
  /** Requests left in this period. */
  readonly remaining?: number | undefined;
  /** End of the period, ISO 8601 in UTC. */
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
 * Computes the time until a rate limit resets.
 *
 * @param limit The rate limit.
 * @param headers Headers of the response; their `Date` is the provider's clock.
 * @returns Milliseconds from 0 to one day, or `undefined` if unknown.
 */
export function rateLimitResetMs(
  limit: RateLimit | undefined,
  headers: Headers,
): number | undefined {
  if (!limit?.resetsAt) return undefined;
  const now = Date.parse(headers.get("date") ?? "") || Date.now();
  const ms = Date.parse(limit.resetsAt) - now;
  return Math.min(Math.max(ms, 0), 86_400_000);
}
