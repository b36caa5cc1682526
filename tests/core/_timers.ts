/**
 * Counts timers, for tests that none is left.
 *
 * @module
 */

/** Timers that are set and not cleared. */
export interface Timers extends Disposable {
  /** Milliseconds of each of them. */
  readonly durations: readonly unknown[];
}

/** Counts the timers from now on, until the result is disposed of. */
export function countTimers(): Timers {
  const { setTimeout, clearTimeout } = globalThis;
  const { timeout } = AbortSignal;
  const timers = new Map<unknown, unknown>();
  const restore = () => {
    Object.assign(globalThis, { setTimeout, clearTimeout });
    Object.assign(AbortSignal, { timeout });
  };
  globalThis.setTimeout = ((run: () => void, ms?: number) => {
    const timer = setTimeout(run, ms);
    timers.set(timer, ms);
    return timer;
  }) as typeof setTimeout;
  globalThis.clearTimeout = (timer) => {
    timers.delete(timer);
    clearTimeout(timer);
  };
  // Its timer cannot be cleared.
  AbortSignal.timeout = (ms) => {
    timers.set({}, ms);
    return timeout.call(AbortSignal, ms);
  };
  return {
    get durations() {
      return [...timers.values()];
    },
    [Symbol.dispose]: restore,
  };
}
