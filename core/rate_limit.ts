/**
 * How much a provider still lets one ask.
 *
 * @module
 */

/** What a provider says about its limit of requests. */
export interface RateLimit {
  /** Requests allowed in the period. */
  readonly limit?: number | undefined;
  /** Requests left. */
  readonly remaining?: number | undefined;
  /** When there are more, ISO 8601 in UTC. */
  readonly resetsAt?: string | undefined;
}

/**
 * Reads the three headers that many providers have, such as
 * `ratelimit-remaining`.
 *
 * @param headers Headers of the answer.
 * @param prefix What their names begin with, such as `"ratelimit-"`.
 * @returns What they say, or `undefined` where none is legible.
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
 * Says how long to wait until a limit is lifted.
 *
 * @param limit What the provider says.
 * @param headers Headers of the answer, whose `Date` is the provider's clock.
 * @returns Milliseconds, 0 to a day, or `undefined` where nothing is known.
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
