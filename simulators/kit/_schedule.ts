/**
 * Delayed state changes of a simulator, driven by its clock.
 *
 * @module
 */

/** A state change; it gets the time for which it was scheduled. */
export type Task = (at: number) => void;

/**
 * Tasks that become due at points in time.
 *
 * No timers run: a simulator calls {@linkcode Schedule.advance} at the start of
 * each request. There is nothing to close.
 */
export class Schedule {
  /** Pending tasks, the earliest first. */
  readonly #pending: { readonly at: number; readonly run: Task }[] = [];
  readonly #afterTask: Task;

  /**
   * Creates an empty schedule.
   *
   * @param afterTask Runs after each task, with the due time of the task.
   */
  constructor(afterTask: Task = () => {}) {
    this.#afterTask = afterTask;
  }

  /**
   * Adds a task. Tasks that are due at the same time run in the order in which
   * they were added.
   *
   * @param at Due time, in milliseconds since 1970.
   * @param run Task to run.
   */
  add(at: number, run: Task): void {
    const before = this.#pending.findLastIndex((entry) => entry.at <= at);
    this.#pending.splice(before + 1, 0, { at, run });
  }

  /**
   * Runs all tasks that are due, in order. A task may add further tasks.
   *
   * @param now Current time, in milliseconds since 1970.
   */
  advance(now: number): void {
    let next = this.#pending[0];
    while (next && next.at <= now) {
      this.#pending.shift();
      next.run(next.at);
      this.#afterTask(next.at);
      next = this.#pending[0];
    }
  }
}
