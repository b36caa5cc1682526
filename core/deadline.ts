/**
 * Time limits that end what they limit, and leave nothing behind.
 *
 * @module
 */

import { checkNumber, MAX_MS } from "./check.ts";
import { TimeoutError } from "./errors.ts";

/** What limits a call: the time and the caller's signal. */
export interface Limits {
  /** Time limit in milliseconds. */
  readonly timeoutMs?: number | undefined;
  /** Ends the call when it aborts; its reason is thrown untouched. */
  readonly signal?: AbortSignal | undefined;
}

/** What is limited, for the error when the time is up. */
export interface Limited {
  /** Id of the provider. */
  readonly provider?: string | undefined;
  /** What was asked of the driver, such as `"createNode"`. */
  readonly operation: string;
  /** Whether it may have been applied; read when the time is up. */
  readonly mayHaveBeenApplied?: boolean | undefined;
}

/**
 * A time limit and a caller's signal as one signal; {@linkcode Deadline.run}
 * makes one and cleans up after it.
 */
export class Deadline {
  /** Aborts when the time is up, the caller aborts, or `abort()` is called. */
  readonly signal: AbortSignal;
  readonly #own = new AbortController();
  readonly #endsAt: number;
  readonly #timer: AbortSignal | undefined;
  readonly #expire: () => void;

  /**
   * Starts counting.
   *
   * @param limits The time and the caller's signal.
   * @param limited What is limited.
   * @throws {RangeError} If the time is not from 1 to 2147483647 ms.
   */
  constructor({ timeoutMs, signal }: Limits, limited: Limited) {
    checkNumber("timeoutMs", timeoutMs);
    this.signal = signal
      ? AbortSignal.any([signal, this.#own.signal])
      : this.#own.signal;
    this.#endsAt = performance.now() + (timeoutMs ?? Infinity);
    this.#expire = () => {
      const { provider, operation, mayHaveBeenApplied } = limited;
      this.abort(
        new TimeoutError(
          `Cannot ${operation}: not done after ${timeoutMs} ms`,
          { provider, operation, mayHaveBeenApplied },
        ),
      );
    };
    // Not setTimeout(): touching it costs Deno more than all else that happens
    // before the first request. Nor does this keep a process alive that waits
    // for nothing, once the listener is gone.
    if (timeoutMs === undefined) return;
    this.#timer = AbortSignal.timeout(timeoutMs);
    this.#timer.addEventListener("abort", this.#expire);
  }

  /**
   * Runs a task under a deadline. If it fails, all else that runs under the
   * deadline ends too.
   *
   * @typeParam T What the task resolves to.
   * @param limits The time and the caller's signal.
   * @param limited What is limited.
   * @param task Does it, by means of the deadline.
   * @returns What the task resolves to.
   * @throws {RangeError} If the time is not from 1 to 2147483647 ms.
   */
  static async run<T>(
    limits: Limits,
    limited: Limited,
    task: (deadline: Deadline) => Promise<T>,
  ): Promise<T> {
    const deadline = new Deadline(limits, limited);
    try {
      return await task(deadline);
    } catch (error) {
      deadline.abort(error);
      throw error;
    } finally {
      deadline.clear();
    }
  }

  /** Milliseconds left; negative once the time is up. */
  get remainingMs(): number {
    return this.#endsAt - performance.now();
  }

  /** Ends everything that runs under this deadline. */
  abort(reason: unknown): void {
    this.#own.abort(reason);
  }

  /** Stops the clock. */
  clear(): void {
    this.#timer?.removeEventListener("abort", this.#expire);
  }

  /**
   * Waits for a promise, but no longer than this deadline allows, whether or
   * not what it stands for listens to signals.
   */
  race<T>(promise: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const { signal } = this;
      const abort = () => {
        stop();
        reject(signal.reason);
      };
      // Listeners are removed: one that stays on a signal that follows
      // AbortSignal.timeout() keeps a Deno process alive until it fires.
      const stop = () => signal.removeEventListener("abort", abort);
      if (signal.aborted) abort();
      else signal.addEventListener("abort", abort);
      promise.then(resolve, reject).finally(stop);
    });
  }

  /** Waits some milliseconds. */
  async sleep(ms: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      await this.race(
        new Promise<void>((resolve) => {
          timer = setTimeout(resolve, Math.min(ms, MAX_MS));
        }),
      );
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Repeats a step until it returns something.
   *
   * @typeParam T What the step finds.
   * @param step Looks once.
   * @param intervalMs First pause in milliseconds; pauses grow by half each
   *   time, up to tenfold.
   * @returns What the step found.
   * @throws {RangeError} If the interval is not from 1 to 2147483647 ms.
   */
  async poll<T>(
    step: () => Promise<T | undefined>,
    intervalMs = 1000,
  ): Promise<T> {
    checkNumber("intervalMs", intervalMs);
    for (let pauseMs = intervalMs;; pauseMs *= 1.5) {
      const found = await this.race(step());
      if (found !== undefined) return found;
      await this.sleep(Math.min(pauseMs, intervalMs * 10));
    }
  }
}
