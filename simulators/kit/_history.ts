/**
 * Earlier states of a simulated account, for lists that lag behind.
 *
 * @module
 */

/**
 * Copies of a state over time. Without a lag it holds none.
 *
 * @typeParam T Type of the state, which must be plain data.
 */
export class History<T> {
  readonly #lagMs: number;
  readonly #state: () => T;
  /** Copies and the times from which they were true, the earliest first. */
  readonly #copies: { readonly since: number; readonly state: T }[] = [];

  /**
   * Creates a history whose first copy is the present state.
   *
   * @param lagMs How far {@linkcode History.past} goes back, in milliseconds.
   * @param state Returns the present state.
   */
  constructor(lagMs: number, state: () => T) {
    this.#lagMs = lagMs;
    this.#state = state;
    this.record(-Infinity);
  }

  /**
   * Copies the present state. Call it after each change.
   *
   * @param at Time of the change, in milliseconds since 1970.
   */
  record(at: number): void {
    if (this.#lagMs === 0) return;
    const copies = this.#copies;
    // A request that took a while may end after a change that was due earlier.
    const since = Math.max(at, copies.at(-1)?.since ?? at);
    const replaced = copies.at(-1)?.since === since ? 1 : 0;
    const state = structuredClone(this.#state());
    copies.splice(copies.length - replaced, replaced, { since, state });
    const needed = copies.findLastIndex((it) => it.since <= at - this.#lagMs);
    copies.splice(0, Math.max(0, needed));
  }

  /**
   * Returns the state of a while ago.
   *
   * @param now Current time, in milliseconds since 1970.
   * @returns The earlier state, or `undefined` if there is no lag.
   */
  past(now: number): T | undefined {
    const copy = this.#copies.findLast((it) => it.since <= now - this.#lagMs) ??
      this.#copies[0];
    return copy?.state;
  }
}
