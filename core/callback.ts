/**
 * Callbacks of the caller that report progress.
 *
 * @module
 */

/**
 * A progress callback of the caller. If it throws, the call that it reports on
 * fails. If it returns a promise that rejects, the call fails at the next
 * report, and the rejection does not end the process.
 *
 * @typeParam A Argument of the callback.
 */
export class ProgressCallback<A> {
  readonly #callback: ((argument: A) => unknown) | undefined;
  #failure: { readonly error: unknown } | undefined;

  /** Keeps a callback, if there is one. */
  constructor(callback: ((argument: A) => unknown) | undefined) {
    this.#callback = callback;
  }

  /**
   * Calls the callback.
   *
   * @param argument What to report.
   * @throws {unknown} If the callback throws, or an earlier call has rejected.
   */
  report(argument: A): void {
    this.#throwFailure();
    const result = this.#callback?.(argument);
    if (typeof (result as PromiseLike<unknown>)?.then !== "function") return;
    Promise.resolve(result).catch((error) => this.#failure = { error });
  }

  /**
   * Reports no more.
   *
   * @throws {unknown} If a call has rejected.
   */
  async end(): Promise<void> {
    // An async function that throws at once has rejected by then.
    await new Promise<void>((resolve) => queueMicrotask(resolve));
    this.#throwFailure();
  }

  #throwFailure(): void {
    if (this.#failure) throw this.#failure.error;
  }
}
