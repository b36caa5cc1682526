/**
 * Rate limits. The simulator adds the headers and the error.
 *
 * @module
 */

/** A rate limit. All times are in milliseconds since 1970. */
export interface RateLimit {
  /** Number of requests that are allowed at most. */
  readonly limit: number;
  /** Number of requests that are allowed now. */
  readonly remaining: number;
  /** Time from which `remaining` is `limit` if no further request is sent. */
  readonly resetAt: number;
  /** Time from which the next request is allowed. */
  readonly nextAt: number;
  /**
   * Counts a request, if it is allowed.
   *
   * @returns Whether it is allowed.
   */
  take(): boolean;
}

/**
 * A rate limit that allows a number of requests in each period. A period begins
 * when you first use or read the limit after the previous period.
 */
export class FixedWindow implements RateLimit {
  /** Number of requests that are allowed in a period. */
  readonly limit: number;
  readonly #windowMs: number;
  readonly #now: () => number;
  #since = -Infinity;
  #count = 0;

  /**
   * Creates a rate limit.
   *
   * @param limit Number of requests that are allowed in a period.
   * @param windowMs Duration of a period, in milliseconds.
   * @param now Clock of the simulator.
   */
  constructor(limit: number, windowMs: number, now: () => number) {
    this.limit = limit;
    this.#windowMs = windowMs;
    this.#now = now;
  }

  /** Number of requests that are still allowed in this period. */
  get remaining(): number {
    this.#advance();
    return Math.max(0, this.limit - this.#count);
  }

  /** End of the period. */
  get resetAt(): number {
    this.#advance();
    return this.#since + this.#windowMs;
  }

  /** Time from which the next request is allowed. */
  get nextAt(): number {
    return this.remaining > 0 ? this.#now() : this.resetAt;
  }

  /** Counts a request, if it is allowed. */
  take(): boolean {
    if (this.remaining <= 0) return false;
    this.#count++;
    return true;
  }

  #advance(): void {
    const now = this.#now();
    if (now < this.#since + this.#windowMs) return;
    this.#since = now;
    this.#count = 0;
  }
}

/**
 * A rate limit that is refilled all the time, one request after the other.
 */
export class TokenBucket implements RateLimit {
  /** Number of requests that are allowed at most, one right after the other. */
  readonly limit: number;
  readonly #refillMs: number;
  readonly #now: () => number;
  #tokens: number;
  /** Time of the last refill. */
  #since: number;

  /**
   * Creates a rate limit that is full.
   *
   * @param limit Number of requests that are allowed at most.
   * @param refillMs Time until one more request is allowed, in milliseconds.
   * @param now Clock of the simulator.
   */
  constructor(limit: number, refillMs: number, now: () => number) {
    this.limit = limit;
    this.#refillMs = refillMs;
    this.#now = now;
    this.#tokens = limit;
    this.#since = now();
  }

  /** Number of requests that are allowed now. */
  get remaining(): number {
    this.#refill();
    return this.#tokens;
  }

  /** Time from which the bucket is full again. It is not how long to wait. */
  get resetAt(): number {
    const missing = this.limit - this.remaining;
    return missing === 0 ? this.#now() : this.#since + missing * this.#refillMs;
  }

  /** Time from which the next request is allowed. */
  get nextAt(): number {
    return this.remaining > 0 ? this.#now() : this.#since + this.#refillMs;
  }

  /** Counts a request, if it is allowed. */
  take(): boolean {
    if (this.remaining === 0) return false;
    this.#tokens--;
    return true;
  }

  #refill(): void {
    const now = this.#now();
    const refills = Math.floor((now - this.#since) / this.#refillMs);
    // A full bucket starts to refill when the next request is counted.
    if (this.#tokens + refills >= this.limit) {
      this.#tokens = this.limit;
      this.#since = now;
    } else {
      this.#tokens += refills;
      this.#since += refills * this.#refillMs;
    }
  }
}

/**
 * Returns the value of the header `Retry-After` for a rate limit.
 *
 * @param limit Rate limit that has refused a request.
 * @param now Current time, in milliseconds since 1970.
 * @returns Seconds until the next request is allowed, rounded up.
 */
export function retryAfter({ nextAt }: RateLimit, now: number): string {
  return String(Math.max(0, Math.ceil((nextAt - now) / 1000)));
}
