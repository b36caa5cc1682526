/**
 * Lists across the drivers of a fleet.
 *
 * @module
 */

import { joinFew } from "../message.ts";
import type { Position } from "../listing.ts";
import { type DriverError, FleetError } from "./fleet_errors.ts";
import {
  type FleetPage,
  type FleetPlan,
  type InFleet,
  runFleet,
} from "./fleet_run.ts";

/**
 * What you get if you await a list of a fleet.
 *
 * @typeParam T A record of the list, with the name of its driver.
 */
export interface FleetResult<T extends InFleet<unknown>> {
  /**
   * The records: driver by driver in the order of the fleet, and within a driver
   * in the provider's order.
   */
  readonly items: T[];
  /**
   * Errors of the drivers that failed, by their names; `{}` if none did. Records
   * that such a driver had sent before are in `items`, if it was read page by
   * page.
   */
  readonly errors: Readonly<Record<string, DriverError>>;
  /** Names of the drivers whose provider does not have such records. */
  readonly unsupported: readonly T["driver"][];
  /** If the budget was spent, the position to resume from. */
  readonly next?: Position | undefined;
}

/** The lists of several drivers, and what the fleet knows about them. */
export interface FleetListingPlan<T> extends FleetPlan<T> {
  /** Names of the drivers in the order of the fleet. */
  readonly names: readonly string[];
  /** Names of the drivers without the method. */
  readonly unsupported: readonly string[];
}

/**
 * A list across several drivers.
 *
 * - Await it to get all records, and the errors of drivers that failed.
 * - Iterate it to stream the records as they come, with a page of each driver
 *   under way in memory. If drivers failed, the iteration throws a
 *   {@linkcode FleetError} after all records of the others.
 * - Call `pages()` to stream the pages, the errors, and the positions.
 *
 * Nothing is requested until you await or iterate it. Each await or iteration
 * sends new requests. If you leave an iteration early, all requests are
 * cancelled. While you process a page of a driver, only other drivers are
 * requested.
 *
 * The records of a driver are complete, or the driver is among the errors.
 *
 * @typeParam T A record of the list, with the name of its driver.
 */
export interface FleetListing<T extends InFleet<unknown>>
  extends PromiseLike<FleetResult<T>>, AsyncIterable<T> {
  /** Reads all records, and calls `onRejected` if that fails. */
  catch<E = never>(
    onRejected?: ((reason: unknown) => E | PromiseLike<E>) | null,
  ): Promise<FleetResult<T> | E>;
  /** Reads all records, and calls `onFinally` afterwards. */
  finally(onFinally?: (() => void) | null): Promise<FleetResult<T>>;
  /**
   * Streams the records as they come.
   *
   * @throws {FleetError} After the last record, if drivers failed or the budget
   *   was spent.
   */
  [Symbol.asyncIterator](): AsyncGenerator<T, void, undefined>;
  /**
   * Streams the pages as they come. A driver that fails is a page with an error.
   * If the budget is spent, the stream ends after a page that has `next`.
   */
  pages(): AsyncGenerator<FleetPage<T>, void, undefined>;
}

/** The list of a plan. */
export class PlannedListing<T extends InFleet<unknown>>
  implements FleetListing<T> {
  readonly #plan: FleetListingPlan<T>;

  constructor(plan: FleetListingPlan<T>) {
    this.#plan = plan;
    // If you forgot to await a list, the console shows this. Not in a static
    // block, with which bundles of drivers would contain this file.
    const value = () => "FleetListing (await it, or iterate it)";
    const symbol = Symbol.for("nodejs.util.inspect.custom");
    Object.defineProperty(this, symbol, { value });
  }

  then<R = FleetResult<T>, E = never>(
    onFulfilled?: ((result: FleetResult<T>) => R | PromiseLike<R>) | null,
    onRejected?: ((reason: unknown) => E | PromiseLike<E>) | null,
  ): Promise<R | E> {
    return this.#all().then(onFulfilled, onRejected);
  }

  catch<E = never>(
    onRejected?: ((reason: unknown) => E | PromiseLike<E>) | null,
  ): Promise<FleetResult<T> | E> {
    return this.#all().catch(onRejected);
  }

  finally(onFinally?: (() => void) | null): Promise<FleetResult<T>> {
    return this.#all().finally(onFinally);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    const { operation, count, options } = this.#plan;
    const hasPositions = options.budget !== undefined;
    const errors: DriverError[] = [];
    let next: Position | undefined;
    for await (const page of this.#run({ hasPositions })) {
      if (page.error) errors.push(page.error);
      next = page.next;
      yield* page.items;
    }
    if (errors.length > 0 || next !== undefined) {
      throw toFleetError(operation, count, errors, next);
    }
  }

  pages(): AsyncGenerator<FleetPage<T>, void, undefined> {
    return this.#run({ hasPositions: true });
  }

  #run(
    reading: Parameters<typeof runFleet>[1],
  ): AsyncGenerator<FleetPage<T>, void, undefined> {
    // The records get the names of their drivers there.
    const pages: AsyncGenerator<FleetPage<InFleet<T>>, void, undefined> =
      runFleet(this.#plan, reading);
    return pages;
  }

  async #all(): Promise<FleetResult<T>> {
    const { options: { from, budget }, names, unsupported } = this.#plan;
    const hasPositions = budget !== undefined;
    const isWhole = !hasPositions && from === undefined;
    const chunks = new Map<string, T[][]>(names.map((name) => [name, []]));
    const errors: DriverError[] = [];
    let next: Position | undefined;
    for await (const page of this.#run({ hasPositions, isWhole })) {
      chunks.get(page.driver)?.push([...page.items]);
      if (page.error) errors.push(page.error);
      next = page.next;
    }
    const items = [...chunks.values()].flat(2) as T[];
    return { items, errors: byDriver(errors), unsupported, next };
  }
}

/** Creates the error of a list that is incomplete. */
export function toFleetError(
  operation: string,
  count: number,
  errors: readonly DriverError[],
  next?: Position,
): FleetError {
  const reasons = errors.map(({ message }) =>
    message.slice(`${operation}: `.length)
  );
  const parts = [
    ...errors.length > 0
      ? [`${errors.length} of ${count} drivers failed: ${joinFew(reasons)}`]
      : [],
    ...next === undefined ? [] : ["the budget is spent; resume from next"],
  ];
  return new FleetError(`${operation}: ${parts.join("; ")}`, {
    operation,
    errors: byDriver(errors),
    next,
  });
}

/** The errors by the name of the driver. */
export function byDriver(
  errors: readonly DriverError[],
): Record<string, DriverError> {
  return Object.fromEntries(errors.map((error) => [error.driver, error]));
}
