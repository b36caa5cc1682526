/**
 * Time limits that cancel the underlying work and clean up their timers.
 *
 * @module
 */

import { checkNumber, MAX_MS } from "./check.ts";
import { TimeoutError } from "./errors.ts";
import { inheritLimiter } from "./limiter.ts";
import { formatMs, oneLine } from "./message.ts";

// Errors of deadlines that were reached.
const TIMEOUTS = new WeakSet<object>();

/** Limits of a call. */
export interface Limits {
  /** Time limit in milliseconds. */
  readonly timeoutMs?: number | undefined;
  /** Cancels the call. The call rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** The limited call, for the `TimeoutError`. */
export interface Limited {
  /** Id of the provider. */
  readonly provider?: string | undefined;
  /** Method of the driver, such as `"createNode"`. */
  readonly operation: string;
  /**
   * Whether a write may have been applied. Read when the time limit is reached.
   */
  readonly mayHaveBeenApplied?: boolean | undefined;
  /** Describes the state of the call, for the message of a timeout. */
  readonly describe?: (() => string) | undefined;
}

/**
 * A time limit and the caller's signal, combined into one signal. To create a
 * deadline, call {@linkcode Deadline.run}.
 */
export class Deadline {
  /**
   * Aborts if the time limit is reached, the caller aborts, or the task fails.
   */
  readonly signal: AbortSignal;
  readonly #endsAt: number;

  private constructor(signal: AbortSignal, endsAt: number) {
    this.signal = signal;
    this.#endsAt = endsAt;
  }

  /**
   * Runs a task under a deadline. If the task fails, everything else that runs
   * under the deadline is cancelled.
   *
   * @typeParam T Result of the task.
   * @param limits The time limit and the caller's signal.
   * @param limited The limited call, for the `TimeoutError`.
   * @param task The work; receives the deadline.
   * @returns The result of the task.
   * @throws {RangeError} If `timeoutMs` is not from 1 to 2147483647.
   * @throws {TimeoutError} If the time limit is reached.
   */
  static async run<T>(
    { timeoutMs, signal }: Limits,
    limited: Limited,
    task: (deadline: Deadline) => Promise<T>,
  ): Promise<T> {
    checkNumber(timeoutMs, limited.operation, "timeoutMs");
    const own = new AbortController();
    const expire = () => {
      const { provider, operation, mayHaveBeenApplied, describe } = limited;
      let state: string | undefined;
      try {
        state = describe && oneLine(describe());
      } catch {
        // The timeout matters more than its description.
      }
      const error = new TimeoutError(
        `${operation}: timed out after ${formatMs(timeoutMs ?? 0)}` +
          (state ? `; ${state}` : ""),
        { provider, operation, mayHaveBeenApplied },
      );
      TIMEOUTS.add(error);
      own.abort(error);
    };
    // Not AbortSignal.timeout(): its timer cannot be cleared, and in Node.js and
    // Bun it does not keep a process alive while the task runs.
    const timer = timeoutMs === undefined
      ? undefined
      : setTimeout(expire, Math.ceil(timeoutMs));
    try {
      return await task(
        new Deadline(
          signal
            ? inheritLimiter(AbortSignal.any([signal, own.signal]), signal)
            : own.signal,
          performance.now() + (timeoutMs ?? Infinity),
        ),
      );
    } catch (error) {
      own.abort(error);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Checks whether a deadline that was reached created the error. A signal may
   * abort with any error, even with a `TimeoutError` of the caller.
   *
   * @param error Any thrown value.
   * @returns Whether a deadline created the error.
   */
  static isTimeout(error: unknown): error is TimeoutError {
    return TIMEOUTS.has(Object(error));
  }

  /** Milliseconds left; negative after the time limit. */
  get remainingMs(): number {
    return this.#endsAt - performance.now();
  }

  /**
   * Waits for a promise until the deadline, even if the work behind the promise
   * ignores signals.
   */
  race<T>(promise: Promise<T>): Promise<T> {
    return race(promise, this.signal);
  }

  /** Waits for a number of milliseconds, or until the deadline. */
  async sleep(ms: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const pause = new Promise<void>((resolve) =>
      timer = setTimeout(resolve, Math.min(ms, MAX_MS))
    );
    await this.race(pause).finally(() => clearTimeout(timer));
  }

  /**
   * Calls `step` until `step` returns a value other than `undefined`.
   *
   * @typeParam T Type of the value.
   * @param step Checks once.
   * @param intervalMs First delay in milliseconds. Each delay is 1.5 times the
   *   previous delay, up to 10 times the first delay.
   * @returns The value.
   */
  async poll<T>(
    step: () => Promise<T | undefined>,
    intervalMs = 1000,
  ): Promise<T> {
    checkNumber(intervalMs, "poll", "intervalMs");
    for (let pauseMs = intervalMs;; pauseMs *= 1.5) {
      const found = await this.race(step());
      if (found !== undefined) return found;
      await this.sleep(Math.min(pauseMs, intervalMs * 10));
    }
  }
}

/**
 * Waits for a promise until a signal aborts, even if the work behind the promise
 * ignores signals.
 *
 * @typeParam T Result of the promise.
 * @param promise The promise.
 * @param signal Ends the wait.
 * @returns The result of the promise. If the signal aborts first, the promise
 *   rejects with its reason.
 */
export function race<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const abort = () => {
      stop();
      reject(signal.reason);
    };
    // If a listener stays on a signal derived from AbortSignal.timeout(), a Deno
    // process stays alive until the time limit.
    const stop = () => signal.removeEventListener("abort", abort);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort);
    promise.then(stop, stop);
    promise.then(resolve, reject);
  });
}
