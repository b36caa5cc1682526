/**
 * Values that are loaded once for all calls that wait for them.
 *
 * @module
 */

import { race } from "./deadline.ts";

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

  /** The current load, which is started if there is no fresh value. */
  get current(): SharedLoad<T> {
    const loaded = this.#current?.loaded;
    if (loaded && !this.#isFresh(loaded.value)) this.forget(this.#current);
    return this.#current ??= this.#start();
  }

  /**
   * Waits for a load.
   *
   * @param signal Ends the wait. If it aborts, the next call loads the value
   *   again, because this load may never end.
   * @param load The load.
   * @returns The value.
   */
  async get(
    signal: AbortSignal,
    load: SharedLoad<T> = this.current,
  ): Promise<T> {
    load.waiting++;
    try {
      return await race(load.promise, signal);
    } catch (error) {
      this.forget(load);
      throw error;
    } finally {
      load.waiting--;
      if (load.waiting === 0 && !load.loaded) load.cancel();
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

  #start(): SharedLoad<T> {
    const controller = new AbortController();
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
