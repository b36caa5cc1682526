/**
 * Values that are loaded once for all calls that wait for them.
 *
 * @module
 */

import { race } from "./deadline.ts";
import { inheritLimiter, isRefusedToOther } from "./limiter.ts";

/**
 * A value that is loaded when it is needed first, such as a token. All calls
 * that need it at the same time wait for the same load. If the load fails, the
 * calls that wait for it fail, and the next call loads the value again. If no
 * call waits for a load any longer, the load is cancelled.
 *
 * @typeParam T The value.
 */
export class SharedValue<T> {
  readonly #load: (signal: AbortSignal) => T | Promise<T>;
  readonly #isFresh: (value: T) => boolean;
  #current: SharedLoad<T> | undefined;

  /**
   * Describes how to load a value. Nothing is loaded yet.
   *
   * @param load Loads the value. Its signal aborts if no call waits any longer.
   * @param isFresh Whether a loaded value can still be used. If not, the next
   *   call loads another one.
   */
  constructor(
    load: (signal: AbortSignal) => T | Promise<T>,
    isFresh: (value: T) => boolean = () => true,
  ) {
    this.#load = load;
    this.#isFresh = isFresh;
  }

  /**
   * Waits for the value, which is loaded if there is no fresh one.
   *
   * @param signal Ends the wait. If it aborts, the next call loads the value
   *   again, because this load may never end. If the load is started by this
   *   call, the limiter of the signal admits the requests of the load.
   * @param onLoad Called with the load that this call waits for.
   * @returns The value.
   */
  async get(
    signal: AbortSignal,
    onLoad?: (load: SharedLoad<T>) => void,
  ): Promise<T> {
    for (;;) {
      const load = this.#currentFor(signal);
      onLoad?.(load);
      try {
        return await this.#wait(load, signal);
      } catch (error) {
        this.forget(load);
        if (signal.aborted || !isRefusedToOther(error, signal)) throw error;
      }
    }
  }

  /**
   * Forgets a value, so that the next call loads another one.
   *
   * @param load The load of that value. A later load is not forgotten.
   */
  forget(load: SharedLoad<T> | undefined): void {
    if (this.#current === load) this.#current = undefined;
  }

  /** The current load, which is started if there is no fresh value. */
  #currentFor(signal: AbortSignal): SharedLoad<T> {
    const loaded = this.#current?.loaded;
    if (loaded && !this.#isFresh(loaded.value)) this.forget(this.#current);
    return this.#current ??= this.#start(signal);
  }

  async #wait(load: SharedLoad<T>, signal: AbortSignal): Promise<T> {
    load.waiting++;
    try {
      return await race(load.promise, signal);
    } finally {
      load.waiting--;
      if (load.waiting === 0 && !load.loaded) load.cancel();
    }
  }

  #start(signal: AbortSignal): SharedLoad<T> {
    const controller = new AbortController();
    inheritLimiter(controller.signal, signal);
    const load: SharedLoad<T> = {
      // Even if the function throws at once, the load is stored before.
      promise: Promise.resolve().then(() => this.#load(controller.signal)),
      waiting: 0,
      loaded: undefined,
      cancel: () => controller.abort(),
    };
    load.promise.then(
      (value) => load.loaded = { value },
      () => this.forget(load),
    );
    return load;
  }
}

/**
 * One load of a {@linkcode SharedValue}.
 *
 * @typeParam T The value.
 */
export interface SharedLoad<T> {
  /** Resolves to the value. */
  readonly promise: Promise<T>;
  /** Number of calls that wait for the value. */
  waiting: number;
  /** The value, if the load has ended. */
  loaded: { readonly value: T } | undefined;
  /** Cancels the load. */
  readonly cancel: () => void;
}
