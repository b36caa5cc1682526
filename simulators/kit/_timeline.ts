/**
 * Time of a simulated account, and what its requests see late.
 *
 * @module
 */

import { History } from "./_history.ts";
import { Schedule, type Task } from "./_schedule.ts";
import type { Store } from "./_store.ts";

/** Clock of an account, and its delays in milliseconds. */
export interface TimelineSettings {
  /** Returns the current time, in milliseconds since 1970. */
  readonly now: () => number;
  /** How long requests do not see a new resource. */
  readonly hiddenMs: number;
  /** How far lists lag behind. */
  readonly listLagMs: number;
  /** How long a resource refuses changes after an operation on it has ended. */
  readonly busyMs: number;
}

/** A resource that can be busy with an operation. */
export interface Occupied {
  /**
   * Identity of the operation in progress; `undefined` if the resource has no
   * operation in progress. Only {@linkcode Timeline.begin} sets it.
   */
  operation: object | undefined;
  /** Time until which the resource refuses changes, also after an operation. */
  busyUntil: number;
}

/**
 * Clock of an account, its scheduled changes and its earlier states.
 *
 * No timers run: {@linkcode serveRoutes} calls {@linkcode Timeline.advance} at
 * the start of each request. There is nothing to close.
 *
 * @typeParam T Type of the state that lists show, which must be plain data, in
 * maps and sets, without functions.
 */
export class Timeline<T> {
  readonly #settings: TimelineSettings;
  readonly #contents: T;
  readonly #schedule = new Schedule((at) => this.#record(at));
  #history: History<T> | undefined;
  #version = 0;

  /**
   * Creates a timeline on which requests see everything at once, for the
   * creation of the initial contents.
   *
   * @param settings Clock and delays.
   * @param contents The state that lists show: the stores of the account.
   */
  constructor(settings: TimelineSettings, contents: T) {
    this.#settings = settings;
    this.#contents = contents;
  }

  /**
   * Ends the creation of the initial contents. New resources are hidden from now
   * on, and lists lag.
   */
  start(): void {
    const { listLagMs } = this.#settings;
    this.#history = new History(listLagMs, () => this.#contents);
  }

  /** Current time, in milliseconds since 1970. */
  get now(): number {
    return this.#settings.now();
  }

  /**
   * Number of changes so far. While it stays the same, what you have derived
   * from the state of the account is still true.
   */
  get version(): number {
    return this.#version;
  }

  /** The present state, which requests of single resources show. */
  get present(): T {
    return this.#contents;
  }

  /** The state that lists show: the present one, or that of a while ago. */
  get listed(): T {
    return this.past() ?? this.#contents;
  }

  /**
   * Returns the state that lists show if it is not the present one.
   *
   * @returns A copy of the earlier state, or `undefined` if lists do not lag.
   */
  past(): T | undefined {
    return this.#history?.past(this.now);
  }

  /** Applies the changes that are due. */
  advance(): void {
    this.#schedule.advance(this.now);
  }

  /** Notes that a request has changed the state. */
  changed(): void {
    this.#record(this.now);
  }

  /**
   * Schedules a change.
   *
   * @param ms Time until the change, in milliseconds.
   * @param change Applies the change; it gets the time for which it was
   * scheduled.
   * @param from Time from which `ms` counts, by default now.
   */
  after(ms: number, change: Task, from: number = this.now): void {
    this.#schedule.add(from + ms, change);
  }

  /**
   * Adds a new resource, which requests do not see for a while.
   *
   * @typeParam Id Type of the ids.
   * @typeParam R Type of the resources.
   * @param store Store to add it to.
   * @param resource Resource to add.
   * @returns The resource.
   */
  add<Id, R extends { readonly id: Id }>(
    store: Store<Id, R>,
    resource: NoInfer<R>,
  ): R {
    const { hiddenMs } = this.#settings;
    if (this.#history === undefined || hiddenMs === 0) {
      return store.add(resource);
    }
    store.hide(resource.id, resource);
    this.after(hiddenMs, () => store.reveal(resource.id));
    return resource;
  }

  /**
   * Starts an operation on a resource, which is busy until it ends.
   *
   * If another operation on the resource starts meanwhile, it replaces this one,
   * and `end` is never called.
   *
   * @param resource Resource to change.
   * @param ms Duration, in milliseconds.
   * @param end Applies the change; it gets the time of the end.
   * @param from Start of the operation, by default now.
   */
  begin(
    resource: Occupied,
    ms: number,
    end: Task,
    from: number = this.now,
  ): void {
    const operation = {};
    resource.operation = operation;
    this.after(ms, (at) => {
      if (resource.operation !== operation) return;
      resource.operation = undefined;
      this.keepBusy(resource, at);
      end(at);
    }, from);
  }

  /**
   * Makes a resource refuse changes for `busyMs`.
   *
   * @param resource Resource that was changed.
   * @param at Time of the change, by default now.
   */
  keepBusy(
    resource: Pick<Occupied, "busyUntil">,
    at: number = this.now,
  ): void {
    resource.busyUntil = at + this.#settings.busyMs;
  }

  /**
   * Whether a resource refuses changes now.
   *
   * @param resource Resource to check.
   * @returns Whether an operation on it is in progress, or has just ended.
   */
  isBusy({ operation, busyUntil }: Readonly<Partial<Occupied>>): boolean {
    return operation !== undefined || this.now < (busyUntil ?? 0);
  }

  #record(at: number): void {
    this.#version++;
    this.#history?.record(at);
  }
}
