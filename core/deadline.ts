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
  /** Aborts when the time is up, the caller aborts, or the task fails. */
  readonly signal: AbortSignal;
  readonly #endsAt: number;

  private constructor(signal: AbortSignal, endsAt: number) {
    this.signal = signal;
    this.#endsAt = endsAt;
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
    { timeoutMs, signal }: Limits,
    limited: Limited,
    task: (deadline: Deadline) => Promise<T>,
  ): Promise<T> {
    checkNumber("timeoutMs", timeoutMs);
    const own = new AbortController();
    const expire = () => {
      const { provider, operation, mayHaveBeenApplied } = limited;
      own.abort(
        new TimeoutError(
          `Cannot ${operation}: not done after ${timeoutMs} ms`,
          { provider, operation, mayHaveBeenApplied },
        ),
      );
    };
    // Not setTimeout(): touching it costs Deno more than all else that happens
    // before the first request. Nor does this keep a process alive that waits
    // for nothing, once the listener is gone.
    const timer = timeoutMs ? AbortSignal.timeout(timeoutMs) : undefined;
    timer?.addEventListener("abort", expire);
    try {
      return await task(
        new Deadline(
          signal ? AbortSignal.any([signal, own.signal]) : own.signal,
          performance.now() + (timeoutMs ?? Infinity),
        ),
      );
    } catch (error) {
      own.abort(error);
      throw error;
    } finally {
      timer?.removeEventListener("abort", expire);
    }
  }

  /** Milliseconds left; negative once the time is up. */
  get remainingMs(): number {
    return this.#endsAt - performance.now();
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
    const pause = new Promise<void>((resolve) =>
      timer = setTimeout(resolve, Math.min(ms, MAX_MS))
    );
    await this.race(pause).finally(() => clearTimeout(timer));
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
