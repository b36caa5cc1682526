/**
 * One pass over the lists of several drivers at the same time.
 *
 * @module
 */

import { toReason } from "../calls.ts";
import { race } from "../deadline.ts";
import { CloudError } from "../errors.ts";
import {
  limitRequests,
  type Release,
  type RequestLimiter,
  type RequestSlots,
} from "../limiter.ts";
import type { Listing, Page, Position } from "../listing.ts";
import type { CallOptions, ListOptions } from "../options.ts";
import { DriverError } from "./fleet_errors.ts";
import {
  type FleetList,
  FleetProgress,
  MAX_POSITION_BYTES,
} from "./fleet_position.ts";

/**
 * Requests of a budget for each driver that is listed at the same time: a login,
 * a page, and retries. With fewer requests, drivers that begin could use up the
 * budget before one of them has a page.
 */
const REQUESTS_PER_DRIVER = 8;

/** The list of one driver. */
export interface FleetMember<T> {
  /** Name of the driver in the fleet. */
  readonly name: string;
  /** Id of the provider. */
  readonly provider: string;
  /** Calls the method of the driver. */
  list(options: ListOptions): Listing<T>;
}

/** The lists of several drivers, and how to read them. */
export interface FleetPlan<T> extends FleetList {
  /** Method of the drivers, such as `"listNodes"`. */
  readonly method: string;
  /** The drivers, in the order of their names. */
  readonly members: readonly FleetMember<T>[];
  /** Admits the requests of all drivers. */
  readonly slots: RequestSlots;
  /** Largest number of connections, and of drivers at the same time. */
  readonly connections: number;
  /** Options of the caller. */
  readonly options: CallOptions & {
    readonly budget?: number | undefined;
    readonly from?: Position | undefined;
    readonly pageSize?: number | undefined;
  };
}

/** How a pass reads the lists. */
export interface FleetReading {
  /** Whether each page tells the position behind it. */
  readonly hasPositions: boolean;
  /** Whether the list of a driver is read as a whole, not page by page. */
  readonly isWhole?: boolean | undefined;
}

/**
 * A record of a driver, with the name of the driver.
 *
 * @typeParam T The record, as the driver returns it.
 * @typeParam Name Name of the driver.
 */
export type InFleet<T, Name extends string = string> = T & {
  /** Name of the driver in the fleet. */
  readonly driver: Name;
};

/**
 * A page of a driver, or the error with which its list ended.
 *
 * @typeParam T A record of the list, with the name of its driver.
 */
export interface FleetPage<T extends InFleet<unknown>> {
  /** Name of the driver. */
  readonly driver: T["driver"];
  /** Records of the driver; empty if it failed. */
  readonly items: readonly T[];
  /** Why the driver failed. No further page of it follows. */
  readonly error?: DriverError | undefined;
  /**
   * Position after this page, for the option `from` in any process; absent on
   * the last page of the list. If the last page that you get has a position, the
   * budget is spent.
   */
  readonly next?: Position | undefined;
}

/** A driver that is being listed. */
interface Reader<T> {
  readonly index: number;
  readonly member: FleetMember<T>;
  readonly pages: AsyncGenerator<Page<T>, void, undefined>;
  readonly limiter: MemberLimiter;
}

/** A page that was loaded and not yet handed to the caller, or an error. */
interface Arrival<T> {
  readonly reader: Reader<T>;
  readonly page: Page<T>;
  readonly error?: unknown;
}

/**
 * Reads the lists of several drivers. Pages come as they arrive. While the caller
 * has a page of a driver, the next page of that driver is not requested.
 *
 * @typeParam T A record of the list.
 * @param plan The lists.
 * @param reading How to read them.
 * @throws {RangeError} If the budget was spent before any driver had a page.
 * @throws The reason of the caller's signal, if it aborts.
 */
export async function* runFleet<T>(
  plan: FleetPlan<T>,
  reading: FleetReading,
): AsyncGenerator<FleetPage<InFleet<T>>, void, undefined> {
  const run = new FleetRun(plan, reading);
  try {
    for (;;) {
      const page = await run.next();
      if (!page) return;
      yield page;
    }
  } finally {
    run.stop();
  }
}

class FleetRun<T> {
  readonly #plan: FleetPlan<T>;
  readonly #reading: FleetReading;
  readonly #progress: FleetProgress;
  readonly #waiting: Iterator<number>;
  readonly #own = new AbortController();
  /** Aborts when the caller's signal does, or at the end of the run. */
  readonly #signal: AbortSignal;
  readonly #budget: Budget;
  /** Largest number of drivers at the same time. */
  readonly #width: number;
  readonly #readers = new Set<Reader<T>>();
  #arrivals: Arrival<T>[] = [];
  #loading = 0;
  #arrived = Promise.withResolvers<void>();
  /** The driver whose page the caller has, if more pages of it follow. */
  #handed: Reader<T> | undefined;
  #hasPages = false;

  constructor(plan: FleetPlan<T>, reading: FleetReading) {
    const { connections, options: { budget, signal, from } } = plan;
    this.#plan = plan;
    this.#reading = reading;
    this.#progress = new FleetProgress(plan, from);
    this.#waiting = this.#progress.remaining();
    this.#signal = AbortSignal.any([this.#own.signal, signal ?? []].flat());
    this.#budget = new Budget(plan.operation, budget);
    this.#width = Math.min(
      connections,
      Math.max(1, Math.floor((budget ?? Infinity) / REQUESTS_PER_DRIVER)),
    );
  }

  /** Waits for the next page; `undefined` at the end, or of the budget. */
  async next(): Promise<FleetPage<InFleet<T>> | undefined> {
    // Not before the caller is done with the page before.
    if (this.#handed) this.#load(this.#handed);
    this.#handed = undefined;
    for (;;) {
      this.#signal.throwIfAborted();
      this.#start();
      const arrival = this.#take();
      if (arrival) return this.#hand(arrival);
      if (this.#loading === 0) return this.#finish();
      await race(this.#arrived.promise, this.#signal);
      this.#arrived = Promise.withResolvers();
    }
  }

  /** Rejects a budget with which there was no page: no process would end. */
  #finish(): undefined {
    if (this.#hasPages || !this.#budget.isSpent) return undefined;
    const { operation, options: { budget } } = this.#plan;
    throw new RangeError(
      `${operation}: budget must be larger; no driver had a page after ` +
        `${budget} requests`,
    );
  }

  /** Cancels everything that is still under way. */
  stop(): void {
    this.#own.abort();
    for (const { pages } of this.#readers) pages.return().catch(() => {});
    this.#readers.clear();
  }

  /** Starts drivers, as many as may be listed at the same time. */
  #start(): void {
    while (this.#readers.size < this.#width && !this.#budget.isSpent) {
      const { value: index } = this.#waiting.next();
      if (typeof index !== "number") return;
      const member = this.#plan.members[index] as FleetMember<T>;
      const limiter = new MemberLimiter(this.#plan.slots, this.#budget);
      const pages = this.#pagesOf(member, this.#optionsFor(index, limiter));
      const reader = { index, member, pages, limiter };
      this.#readers.add(reader);
      this.#load(reader);
    }
  }

  #optionsFor(index: number, limiter: RequestLimiter): ListOptions {
    const { budget: _budget, ...options } = this.#plan.options;
    return {
      ...options,
      from: this.#progress.positionOf(index),
      signal: limitRequests(limiter, this.#signal),
    };
  }

  async *#pagesOf(
    member: FleetMember<T>,
    options: ListOptions,
  ): AsyncGenerator<Page<T>, void, undefined> {
    if (!this.#reading.isWhole) return yield* member.list(options).pages();
    const { connections, members } = this.#plan;
    const concurrency = Math.max(1, Math.floor(connections / members.length));
    yield { items: await member.list({ ...options, concurrency }) };
  }

  /** Loads the next page of a driver. */
  #load(reader: Reader<T>): void {
    this.#loading++;
    const arrive = (arrival?: Arrival<T>) => {
      this.#loading--;
      if (arrival) this.#arrivals.push(arrival);
      this.#arrived.resolve();
    };
    reader.pages.next().then(
      ({ value }) => arrive({ reader, page: value ?? { items: [] } }),
      (error) => {
        // The driver goes on where it is, with another budget.
        if (reader.limiter.hasRefused) arrive();
        else arrive({ reader, page: { items: [] }, error });
      },
    );
  }

  /** Takes the first page that the position can hold. */
  #take(): Arrival<T> | undefined {
    const { hasPositions } = this.#reading;
    for (const [at, arrival] of this.#arrivals.entries()) {
      const { reader: { index }, page: { next } } = arrival;
      const step = hasPositions ? this.#progress.canStep(index, next) : "now";
      if (step === "later") continue;
      this.#arrivals.splice(at, 1);
      return step === "now" ? arrival : this.#withoutPosition(arrival);
    }
    return undefined;
  }

  #withoutPosition({ reader }: Arrival<T>): Arrival<T> {
    const error = new RangeError(
      "the driver's position is too long for a position of " +
        `${MAX_POSITION_BYTES} bytes; list it without the fleet`,
    );
    return { reader, page: { items: [] }, error };
  }

  /** Hands a page to the caller. */
  #hand(arrival: Arrival<T>): FleetPage<InFleet<T>> {
    const { reader, page: { items, next }, error } = arrival;
    const driver = reader.member.name as InFleet<T>["driver"];
    this.#hasPages = true;
    if (this.#reading.hasPositions) this.#progress.step(reader.index, next);
    if (next === undefined) this.#end(reader);
    else this.#handed = reader;
    return {
      driver,
      items: items.map((item) => ({ ...item, driver })),
      ...error !== undefined && { error: this.#toError(reader, error) },
      next: this.#reading.hasPositions ? this.#progress.write() : undefined,
    };
  }

  #end(reader: Reader<T>): void {
    this.#readers.delete(reader);
    reader.pages.return().catch(() => {});
  }

  #toError({ member }: Reader<T>, cause: unknown): DriverError {
    const { name: driver, provider } = member;
    const { operation, method } = this.#plan;
    // The caller's mistakes have no property with the name of the method.
    const reason = toReason(cause).replace(`${method}: `, "");
    return new DriverError(`${operation}: ${driver}: ${reason}`, {
      driver,
      provider,
      operation,
      cause,
    });
  }
}

/** The requests that a pass may send. */
class Budget {
  readonly #operation: string;
  readonly #count: number;
  #left: number;
  /** Whether a request was refused. */
  isSpent = false;

  constructor(operation: string, count = Infinity) {
    this.#operation = operation;
    this.#count = count;
    this.#left = count;
  }

  /** Takes a request from the budget. */
  take(): void {
    if (this.#left > 0) {
      this.#left--;
      return;
    }
    this.isSpent = true;
    throw new CloudError(
      `${this.#operation}: the budget of ${this.#count} requests is spent`,
      { operation: this.#operation },
    );
  }

  /** Puts a request back that was not sent. */
  putBack(): void {
    this.#left++;
  }
}

/** Admits the requests of one driver, within the limits of all. */
class MemberLimiter implements RequestLimiter {
  readonly #slots: RequestSlots;
  readonly #budget: Budget;
  /** Whether a request of the driver was refused. */
  hasRefused = false;

  constructor(slots: RequestSlots, budget: Budget) {
    this.#slots = slots;
    this.#budget = budget;
  }

  async acquire(signal: AbortSignal): Promise<Release> {
    try {
      this.#budget.take();
    } catch (error) {
      this.hasRefused = true;
      throw error;
    }
    try {
      return await this.#slots.acquire(signal);
    } catch (error) {
      this.#budget.putBack();
      throw error;
    }
  }
}
