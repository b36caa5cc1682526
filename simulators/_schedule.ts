/**
 * What is still to happen in a simulator, by its clock.
 *
 * @module
 */

/** Something that happens; it is told at which point of time. */
export type Happening = (at: number) => void;

/**
 * Things that happen at points of time. Time passes only when it is looked at:
 * nothing runs in between, and nothing has to be closed.
 */
export class Schedule {
  /** What is to happen, the soonest first. */
  readonly #dues: { readonly at: number; readonly happen: Happening }[] = [];

  /**
   * Adds something that is to happen.
   *
   * @param at When, in milliseconds since 1970.
   * @param happen What.
   */
  add(at: number, happen: Happening): void {
    const before = this.#dues.findLastIndex((due) => due.at <= at);
    this.#dues.splice(before + 1, 0, { at, happen });
  }

  /**
   * Lets happen what is due by now, in its order.
   *
   * @param now The time, in milliseconds since 1970.
   */
  advance(now: number): void {
    for (let due = this.#dues[0]; due && due.at <= now; due = this.#dues[0]) {
      this.#dues.shift();
      due.happen(due.at);
    }
  }
}
