/**
 * Time of a simulated account, and what its requests see late.
 *
 * @module
 */

import { History } from "./_history.ts";
import type { Resources } from "./_resources.ts";
import { Schedule } from "./_schedule.ts";

/** What requests see late; times are in milliseconds. */
export interface Lateness {
  /** How long requests do not see a new resource. */
  readonly hiddenMs: number;
  /** How far lists lag behind. */
  readonly listLagMs: number;
}

/**
 * Clock of an account, its scheduled changes and its earlier states.
 *
 * @typeParam T Type of the state that lists show, which must be plain data.
 */
export class Timeline<T> {
  /** Changes that become due later. */
  readonly schedule: Schedule = new Schedule((at) => this.#history?.record(at));
  /** Returns the current time, in milliseconds since 1970. */
  readonly now: () => number;
  #hiddenMs = 0;
  #history: History<T> | undefined;

  /**
   * Creates a timeline on which requests see everything at once, for the
   * creation of the initial contents.
   *
   * @param now Returns the current time, in milliseconds since 1970.
   */
  constructor(now: () => number) {
    this.now = now;
  }

  /**
   * Ends the creation of the initial contents. New resources are hidden from now
   * on, and lists lag.
   *
   * @param lateness What requests see late.
   * @param state Returns the state that lists show.
   */
  start({ hiddenMs, listLagMs }: Lateness, state: () => T): void {
    this.#hiddenMs = hiddenMs;
    this.#history = new History(listLagMs, state);
  }

  /** Applies the changes that are due. */
  advance(): void {
    this.schedule.advance(this.now());
  }

  /** Notes that a request has changed the state. */
  changed(): void {
    this.#history?.record(this.now());
  }

  /** Returns the state that lists show, or `undefined` if it is the present. */
  past(): T | undefined {
    return this.#history?.past(this.now());
  }

  /**
   * Adds a new resource, which requests do not see for a while.
   *
   * @typeParam Id Type of the id.
   * @typeParam R Type of the resource.
   * @param all Collection to add it to.
   * @param id Id of the resource.
   * @param resource Resource to add.
   */
  add<Id, R>(all: Resources<Id, R>, id: Id, resource: R): void {
    if (this.#hiddenMs === 0) {
      all.set(id, resource);
      return;
    }
    all.hide(id, resource);
    this.schedule.add(this.now() + this.#hiddenMs, () => all.reveal(id));
  }
}
