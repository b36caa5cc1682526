/**
 * Credentials that can be renewed.
 *
 * @module
 */

import { race } from "./deadline.ts";

// Earlier credentials that a response may still contain.
const KEPT = 4;

/**
 * Credentials, or a function of the caller that returns credentials. The
 * function is called once for all requests that wait for its result. The result
 * is kept until the provider refuses it.
 *
 * @typeParam T The credentials.
 */
export class CredentialsSource<T> {
  readonly #get: (() => Promise<T>) | undefined;
  #current: Promise<T> | undefined;
  #recent: readonly T[] = [];
  readonly #usedBy = new WeakMap<Headers, Promise<T>>();

  /**
   * Keeps credentials, or a function that returns credentials.
   *
   * @param source The credentials or the function, as the caller passed it.
   * @param check Checks the credentials, and returns what is sent.
   * @throws {TypeError} If `source` is not a function and `check` throws it.
   */
  constructor(source: unknown, check: (credentials: unknown) => T) {
    if (typeof source === "function") {
      this.#get = async () => check(await source());
    } else {
      const credentials = check(source);
      this.#recent = [credentials];
      this.#current = Promise.resolve(credentials);
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
    const current = this.#current ??= this.#request();
    this.#usedBy.set(headers, current);
    try {
      return await race(current, signal);
    } catch (error) {
      this.#forget(current);
      throw error;
    }
  }

  /**
   * Forgets credentials that the provider refused. If the provider refuses
   * several requests with the same credentials, only the first one counts.
   *
   * @param headers Headers of the request.
   * @returns Whether there may be other credentials.
   */
  renew(headers: Headers): boolean {
    if (!this.#get) return false;
    this.#forget(this.#usedBy.get(headers));
    return true;
  }

  #request(): Promise<T> {
    // Even if the function throws at once, the promise is stored before.
    const request = Promise.resolve().then(() => this.#get!());
    request.then(
      (credentials) => {
        this.#recent = [credentials, ...this.#recent].slice(0, KEPT);
      },
      () => this.#forget(request),
    );
    return request;
  }

  #forget(credentials: Promise<T> | undefined): void {
    if (this.#get && this.#current === credentials) this.#current = undefined;
  }
}
