/**
 * A clock for simulators that a test can stop, so that an action does not end
 * before the test has seen it.
 *
 * @module
 */

const readTime = () => performance.timeOrigin + performance.now();

/** The time of the machine, or the time at which the clock was stopped. */
export class Clock {
  #stoppedAt: number | undefined;
  #behindMs = 0;

  /** Reads the time. The function is bound, so you can pass it on as it is. */
  readonly now = (): number => this.#stoppedAt ?? readTime() - this.#behindMs;

  /**
   * Stops the clock while a function runs.
   *
   * @typeParam T Result of the function.
   * @param run The function.
   * @returns The result.
   */
  async stoppedDuring<T>(run: () => Promise<T>): Promise<T> {
    const stoppedAt = this.now();
    this.#stoppedAt = stoppedAt;
    try {
      return await run();
    } finally {
      this.#stoppedAt = undefined;
      this.#behindMs = readTime() - stoppedAt;
    }
  }
}
