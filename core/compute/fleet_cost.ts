/**
 * What the nodes of a fleet cost.
 *
 * @module
 */

import type { DriverError } from "./fleet_errors.ts";
import type { FleetPage, InFleet } from "./fleet_run.ts";
import { monthlyPrice } from "./price.ts";
import type { Node, NodeSize, Price } from "./records.ts";

/** What a group of nodes costs. */
export interface NodeCosts {
  /** Number of nodes. */
  readonly nodes: number;
  /** Number of those nodes whose price is unknown. No sum contains them. */
  readonly unpriced: number;
  /** Sums per month of the other nodes, by currency, such as `{ USD: 24 }`. */
  readonly monthly: Readonly<Record<string, number>>;
}

/** What the nodes of a fleet cost. */
export interface FleetCosts {
  /** All nodes. */
  readonly total: NodeCosts;
  /** The nodes of each driver, by its name. */
  readonly byDriver: Readonly<Record<string, NodeCosts>>;
  /** The nodes at each provider, by its id. */
  readonly byProvider: Readonly<Record<string, NodeCosts>>;
  /**
   * The nodes in each location, by the provider's id and the location's, such as
   * `"digitalocean/fra1"`. Nodes whose location is unknown are under the
   * provider's id.
   */
  readonly byLocation: Readonly<Record<string, NodeCosts>>;
  /**
   * Errors of the drivers that failed, by their names. If the nodes of a driver
   * cannot be listed, they are missing; if its sizes cannot, its nodes are
   * unpriced.
   */
  readonly errors: Readonly<Record<string, DriverError>>;
}

/** Nodes of a driver that cost the same. */
interface Group {
  readonly driver: string;
  readonly sizeId: string | undefined;
  readonly locationId: string | undefined;
  count: number;
}

/** Nodes of a fleet, counted by driver, size and location. */
export class NodeCounts {
  readonly #groups = new Map<string, Group>();
  /** Prices of the sizes that nodes have, by driver and size. */
  readonly #sizes = new Map<string, NodeSize[]>();

  /** Counts the nodes of a page. Terminated nodes cost nothing. */
  addNodes({ items }: FleetPage<InFleet<Node>>): void {
    for (const { driver, sizeId, locationId, state } of items) {
      if (state === "terminated") continue;
      const key = JSON.stringify([driver, sizeId, locationId]);
      const group = this.#groups.get(key) ??
        { driver, sizeId, locationId, count: 0 };
      group.count++;
      this.#groups.set(key, group);
      this.#sizes.set(sizeKey(driver, sizeId), []);
    }
  }

  /** Keeps the sizes of a page that nodes have. */
  addSizes({ items }: FleetPage<InFleet<NodeSize>>): void {
    for (const size of items) {
      this.#sizes.get(sizeKey(size.driver, size.id))?.push(size);
    }
  }

  /** Names of the drivers that have nodes. */
  get drivers(): ReadonlySet<string> {
    return new Set([...this.#groups.values()].map(({ driver }) => driver));
  }

  /**
   * Adds up the prices of the nodes.
   *
   * @param providers Ids of the providers, by the name of the driver.
   * @returns The sums.
   */
  sums(providers: ReadonlyMap<string, string>): Omit<FleetCosts, "errors"> {
    const sums = {
      total: new Sums(),
      byDriver: new Sums(),
      byProvider: new Sums(),
      byLocation: new Sums(),
    };
    for (const group of this.#groups.values()) {
      const { driver, locationId } = group;
      const provider = providers.get(driver) ?? "";
      const price = this.#priceOf(group);
      sums.total.add("", group.count, price);
      sums.byDriver.add(driver, group.count, price);
      sums.byProvider.add(provider, group.count, price);
      const place = locationId === undefined ? [] : [locationId];
      sums.byLocation.add([provider, ...place].join("/"), group.count, price);
    }
    const none: NodeCosts = { nodes: 0, unpriced: 0, monthly: {} };
    return {
      total: sums.total.toRecord()[""] ?? none,
      byDriver: sums.byDriver.toRecord(),
      byProvider: sums.byProvider.toRecord(),
      byLocation: sums.byLocation.toRecord(),
    };
  }

  /** The price of a node; `undefined` if it is unknown, or there are several. */
  #priceOf({ driver, sizeId, locationId }: Group): MonthlyPrice | undefined {
    const sizes = this.#sizes.get(sizeKey(driver, sizeId)) ?? [];
    const [first, ...others] = sizes
      .map((size) => toMonthlyPrice(priceIn(size, locationId)));
    const isSame = others.every((other) =>
      other?.amount === first?.amount && other?.currency === first?.currency
    );
    return isSame ? first : undefined;
  }
}

function sizeKey(driver: string, sizeId: string | undefined): string {
  return JSON.stringify([driver, sizeId]);
}

/** A price per month. */
interface MonthlyPrice {
  readonly currency: string;
  readonly amount: number;
}

/** Sums of several groups of nodes, each under a key. */
class Sums {
  readonly #sums = new Map<
    string,
    { nodes: number; unpriced: number; monthly: Map<string, number> }
  >();

  add(key: string, nodes: number, price: MonthlyPrice | undefined): void {
    const sum = this.#sums.get(key) ??
      { nodes: 0, unpriced: 0, monthly: new Map<string, number>() };
    this.#sums.set(key, sum);
    sum.nodes += nodes;
    if (!price) {
      sum.unpriced += nodes;
      return;
    }
    const { currency, amount } = price;
    const before = sum.monthly.get(currency) ?? 0;
    sum.monthly.set(currency, before + nodes * amount);
  }

  toRecord(): Record<string, NodeCosts> {
    return Object.fromEntries(
      [...this.#sums].map(([key, { nodes, unpriced, monthly }]) => {
        const amounts = [...monthly].map(([currency, amount]) =>
          [currency, toRounded(amount)] as const
        );
        return [key, { nodes, unpriced, monthly: Object.fromEntries(amounts) }];
      }),
    );
  }
}

/** Removes the errors of adding fractions. */
function toRounded(amount: number): number {
  return Math.round(amount * 10_000) / 10_000;
}

/** The price of a size in a location. */
function priceIn(
  { price, locationPrices = [] }: NodeSize,
  locationId: string | undefined,
): Price | undefined {
  return locationPrices.find((it) => it.locationId === locationId) ?? price;
}

function toMonthlyPrice(price: Price | undefined): MonthlyPrice | undefined {
  const amount = monthlyPrice(price);
  return price && amount !== undefined
    ? { currency: price.currency, amount }
    : undefined;
}
