/**
 * Credentials that can be renewed.
 *
 * @module
 */

import { type SharedLoad, SharedValue } from "./shared_value.ts";

// Earlier credentials that a response may still contain.
const KEPT = 4;

/**
 * Credentials, or a function of the caller that returns credentials. The
 * function is called once for all requests that wait for its result. The result
 * is kept until the provider refuses it or it is no longer fresh.
 *
 * @typeParam T The credentials.
 */
export class CredentialsSource<T> {
  readonly #shared: SharedValue<T>;
  readonly #isRenewable: boolean;
  #recent: readonly T[] = [];
  readonly #usedBy = new WeakMap<Headers, SharedLoad<T>>();

  /**
   * Keeps credentials, or a function that returns credentials.
   *
   * @param source The credentials or the function, as the caller passed it.
   * @param check Checks the credentials, and returns what is sent.
   * @param isFresh Whether the credentials from the function can still be used.
   * @throws {TypeError} If `source` is not a function and `check` throws it.
   */
  constructor(
    source: unknown,
    check: (credentials: unknown) => T,
    isFresh?: (credentials: T) => boolean,
  ) {
    this.#isRenewable = typeof source === "function";
    const keep = (credentials: T) => {
      this.#recent = [credentials, ...this.#recent].slice(0, KEPT);
      return credentials;
    };
    if (typeof source === "function") {
      const load = async (signal: AbortSignal) =>
        keep(check(await source(signal)));
      this.#shared = new SharedValue(load, isFresh);
    } else {
      const credentials = keep(check(source));
      this.#shared = new SharedValue(() => credentials);
    }
  }

  /** The last few credentials, which a response may contain. */
  get recent(): readonly T[] {
    return this.#recent;
  }

  /**
   * Gets the credentials for a request.
   *
   * @param headers Headers of the request; they identify it in
   *   {@linkcode CredentialsSource.renew}.
   * @param signal Ends the wait. If it aborts, the next request calls the
   *   function again, because the function may never return.
   * @returns The credentials.
   */
  async get(headers: Headers, signal: AbortSignal): Promise<T> {
    const note = (load: SharedLoad<T>) => this.#usedBy.set(headers, load);
    return await this.#shared.get(signal, note);
  }

  /**
   * Forgets credentials that the provider refused. If the provider refuses
   * several requests with the same credentials, only the first one counts.
   *
   * @param headers Headers of the request.
   * @returns Whether there may be other credentials.
   */
  renew(headers: Headers): boolean {
    if (!this.#isRenewable) return false;
    this.#shared.forget(this.#usedBy.get(headers));
    return true;
  }
}
