/**
 * Values that are loaded once for all calls that wait for them.
 *
 * @module
 */

import { race } from "./deadline.ts";

/**
 * A value that is loaded when it is needed first, such as a token. All calls
 * that need it at the same time wait for the same load. If the load fails, the
 * calls that wait for it fail, and the next call loads the value again.
 *
 * @typeParam T The value.
 */
export class SharedValue<T> {
  readonly #load: () => T | Promise<T>;
  readonly #isFresh: (value: T) => boolean;
  #current: Promise<T> | undefined;
  #loaded: { readonly value: T } | undefined;

  /**
   * Describes how to load a value. Nothing is loaded yet.
   *
   * @param load Loads the value.
   * @param isFresh Whether a loaded value can still be used. If not, the next
   *   call loads another one.
   */
  constructor(
    load: () => T | Promise<T>,
    isFresh: (value: T) => boolean = () => true,
  ) {
    this.#load = load;
    this.#isFresh = isFresh;
  }

  /** The current load, which is started if there is no fresh value. */
  get current(): Promise<T> {
    if (this.#loaded && !this.#isFresh(this.#loaded.value)) {
      this.forget(this.#current);
    }
    return this.#current ??= this.#start();
  }

  /**
   * Waits for a load.
   *
   * @param signal Ends the wait. If it aborts, the next call loads the value
   *   again, because this load may never end.
   * @param current The load.
   * @returns The value.
   */
  async get(
    signal: AbortSignal,
    current: Promise<T> = this.current,
  ): Promise<T> {
    try {
      return await race(current, signal);
    } catch (error) {
      this.forget(current);
      throw error;
    }
  }

  /**
   * Forgets a value, so that the next call loads another one.
   *
   * @param current The load of that value. A later load is not forgotten.
   */
  forget(current: Promise<T> | undefined): void {
    if (this.#current !== current) return;
    this.#current = undefined;
    this.#loaded = undefined;
  }

  #start(): Promise<T> {
    // Even if the function throws at once, the promise is stored before.
    const current = Promise.resolve().then(() => this.#load());
    current.then(
      (value) => {
        if (this.#current === current) this.#loaded = { value };
      },
      () => this.forget(current),
    );
    return current;
  }
}
