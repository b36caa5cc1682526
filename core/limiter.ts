/**
 * Limiters of requests: they decide when each request of a call is sent.
 *
 * A limiter belongs to a signal, because every driver passes its signal to all
 * that it does: to each page of a list, to retries and redirects, and to the
 * login that the requests need. Therefore no request goes past the limiter, and
 * a driver does not have to know that there is one.
 *
 * @module
 */

import { checkNumber } from "./check.ts";

/** Returns what `acquire()` granted. */
export type Release = () => void;

/** Decides when each request of a call is sent. */
export interface RequestLimiter {
  /**
   * Called before each use of `fetch`, also for retries, redirects and logins.
   *
   * @param signal Aborts if the request is no longer needed. Then reject, or
   *   release what you granted.
   * @returns When the request may be sent: a function that is called once the
   *   response was read, or failed. If the promise rejects, nothing is sent, and
   *   the call rejects with that error.
   */
  acquire(signal: AbortSignal): Promise<Release>;
}

// The signals that a call derives from the signal of its caller are in here, too.
const LIMITERS = new WeakMap<AbortSignal, RequestLimiter>();
// Errors with which a limiter refused a request, and that limiter.
const REFUSALS = new WeakMap<object, RequestLimiter>();

/**
 * Creates a signal for calls whose requests a limiter admits: pass it as the
 * option `signal`. If two calls wait for the same login, it counts for one of
 * them.
 *
 * If your driver or your own code combines signals, pass on one that this
 * package derived: `AbortSignal.any()` does not keep the limiter.
 *
 * ```ts
 * import { limitRequests, RequestSlots } from "@nephos/nephos";
 * import { DigitalOceanNodeDriver } from "@nephos/nephos/drivers/digitalocean";
 * import { DigitalOceanSimulator } from "@nephos/nephos/simulators/digitalocean";
 *
 * const { credentials, fetch } = new DigitalOceanSimulator();
 * const cloud = new DigitalOceanNodeDriver({ ...credentials, fetch });
 * const signal = limitRequests(new RequestSlots(2)); // two requests at once
 * await Promise.all([
 *   cloud.listNodes({ signal }),
 *   cloud.listSizes({ signal }),
 *   cloud.listImages({ signal }),
 * ]);
 * ```
 *
 * @param limiter Admits the requests.
 * @param signal Cancels the calls; none by default.
 * @returns The signal. It aborts when `signal` does.
 */
export function limitRequests(
  limiter: RequestLimiter,
  signal?: AbortSignal,
): AbortSignal {
  const limited = AbortSignal.any(signal ? [signal] : []);
  LIMITERS.set(limited, limiter);
  return limited;
}

/**
 * Finds the limiter of a signal.
 *
 * @param signal The signal of a call.
 * @returns The limiter, if the signal has one.
 */
export function limiterOf(
  signal: AbortSignal | undefined,
): RequestLimiter | undefined {
  return signal && LIMITERS.get(signal);
}

/**
 * Gives a signal the limiter of another one. Whatever derives a signal from that
 * of a caller must call this function.
 *
 * @param derived The new signal.
 * @param signal The signal of the caller, if any.
 * @returns The new signal.
 */
export function inheritLimiter(
  derived: AbortSignal,
  signal: AbortSignal | undefined,
): AbortSignal {
  const limiter = limiterOf(signal);
  if (limiter) LIMITERS.set(derived, limiter);
  return derived;
}

/**
 * Waits until a request may be sent.
 *
 * @param signal The signal of the request.
 * @returns Ends what the limiter granted; call it once. `undefined` if the
 *   signal has no limiter.
 */
export async function admit(
  signal: AbortSignal,
): Promise<Release | undefined> {
  const limiter = limiterOf(signal);
  if (!limiter) return undefined;
  let release: Release;
  try {
    release = await limiter.acquire(signal);
  } catch (error) {
    if (!signal.aborted) REFUSALS.set(Object(error), limiter);
    throw error;
  }
  // A limiter may ignore the signal.
  if (signal.aborted) release();
  signal.throwIfAborted();
  return release;
}

/**
 * Checks whether the limiter of another call refused a request, on which this
 * call depends, such as a login.
 *
 * @param error Any thrown value.
 * @param signal The signal of this call.
 * @returns Whether this call may try again with its own limiter.
 */
export function isRefusedToOther(error: unknown, signal: AbortSignal): boolean {
  const limiter = REFUSALS.get(Object(error));
  return limiter !== undefined && limiter !== limiterOf(signal);
}

/** A limiter that lets a number of requests be in progress at the same time. */
export class RequestSlots implements RequestLimiter {
  #free: number;
  readonly #waiting = new Set<() => void>();

  /**
   * Creates a limiter.
   *
   * @param count Largest number of requests in progress. A request ends when its
   *   response was read.
   * @throws {RangeError} If `count` is not an integer of 1 or more.
   */
  constructor(count: number) {
    checkNumber(count, "RequestSlots", "count");
    this.#free = count;
  }

  /** Waits for a free slot. The first request that waits gets it first. */
  async acquire(signal: AbortSignal): Promise<Release> {
    signal.throwIfAborted();
    if (this.#free > 0) this.#free--;
    else await this.#wait(signal);
    let isReleased = false;
    return () => {
      if (isReleased) return;
      isReleased = true;
      this.#release();
    };
  }

  /** Hands the slot to the next request that waits, if there is one. */
  #release(): void {
    const [next] = this.#waiting;
    if (next) next();
    else this.#free++;
  }

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = () => {
        this.#waiting.delete(take);
        signal.removeEventListener("abort", abort);
      };
      const take = () => {
        stop();
        resolve();
      };
      const abort = () => {
        stop();
        reject(signal.reason);
      };
      this.#waiting.add(take);
      signal.addEventListener("abort", abort);
    });
  }
}
