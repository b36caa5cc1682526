/**
 * Virtual time: replaces the timers and clocks of this process, so that minutes
 * of waiting pass within milliseconds.
 *
 * Time stands still while code runs. When nothing is left to do, the clock jumps
 * to the next timer. Work that the runtime does outside of JavaScript, such as
 * signatures, must be announced with {@linkcode VirtualTime.whileBusy}.
 *
 * Use it in a process of its own: all timers of the process are replaced.
 *
 * @module
 */

import { setImmediate } from "node:timers";

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

// A body that is read outside of JavaScript arrives one turn later.
const IDLE_TURNS = 3;
// A task that repeats something for ever would not end otherwise.
const LONGEST_TASK_MS = 86_400_000;

/** The virtual clock of this process. */
export class VirtualTime {
  #nowMs = Date.UTC(2026, 0, 1);
  readonly #startedAt = this.#nowMs;
  readonly #timers = new Map<number, Timer>();
  #lastId = 0;
  #busy = 0;

  private constructor() {}

  /**
   * Replaces `setTimeout()`, `clearTimeout()`, `Date.now()`,
   * `performance.now()` and `AbortSignal.timeout()`.
   *
   * @returns The clock.
   */
  static install(): VirtualTime {
    const time = new VirtualTime();
    Object.assign(globalThis, {
      setTimeout: (run: () => void, ms = 0) => time.#start(run, ms),
      clearTimeout: (id: number) => time.#timers.delete(id),
    });
    Date.now = () => Math.floor(time.#nowMs);
    performance.now = () => time.#nowMs - time.#startedAt;
    AbortSignal.timeout = (ms) => {
      const controller = new AbortController();
      const reason = new DOMException("Signal timed out.", "TimeoutError");
      time.#start(() => controller.abort(reason), ms);
      return controller.signal;
    };
    for (const name of ["sign", "digest", "importKey"] as const) {
      const work = crypto.subtle[name].bind(crypto.subtle) as (
        ...args: unknown[]
      ) => Promise<unknown>;
      Object.assign(crypto.subtle, {
        [name]: (...args: unknown[]) => time.whileBusy(work(...args)),
      });
    }
    return time;
  }

  /** Milliseconds since the clock was installed. */
  get elapsedMs(): number {
    return this.#nowMs - this.#startedAt;
  }

  /** Keeps the clock from jumping until a promise has settled. */
  async whileBusy<T>(work: Promise<T>): Promise<T> {
    this.#busy++;
    try {
      return await work;
    } finally {
      this.#busy--;
    }
  }

  /** Waits for a number of virtual milliseconds. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.#start(resolve, ms));
  }

  /**
   * Runs a task. While it waits, the clock jumps from timer to timer.
   *
   * @typeParam T Result of the task.
   * @param task The task.
   * @returns The result of the task.
   * @throws {Error} If the task waits for something that never happens, or takes
   *   longer than a virtual day.
   */
  async run<T>(task: () => Promise<T>): Promise<T> {
    let isSettled = false;
    const result = task().finally(() => isSettled = true);
    // Handled below, when the clock stops.
    result.catch(() => {});
    const startedAt = this.#nowMs;
    for (;;) {
      await this.#idle();
      if (isSettled) return await result;
      if (this.#nowMs - startedAt > LONGEST_TASK_MS) {
        throw new Error("the task takes longer than a day");
      }
      if (!this.#jump()) throw new Error("the task waits for ever");
    }
  }

  #start(run: () => void, ms: number): number {
    const id = ++this.#lastId;
    this.#timers.set(id, { at: this.#nowMs + Math.max(0, ms), run });
    return id;
  }

  /** Waits until no code of this process can run without a timer. */
  async #idle(): Promise<void> {
    for (let turns = 0; turns < IDLE_TURNS; turns++) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (this.#busy > 0) turns = -1;
    }
  }

  /** Moves the clock to the next timer and runs it. */
  #jump(): boolean {
    let next: readonly [number, Timer] | undefined;
    for (const entry of this.#timers) {
      if (next === undefined || entry[1].at < next[1].at) next = entry;
    }
    if (!next) return false;
    const [id, { at, run }] = next;
    this.#timers.delete(id);
    this.#nowMs = Math.max(this.#nowMs, at);
    run();
    return true;
  }
}
