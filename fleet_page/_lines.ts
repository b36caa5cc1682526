/**
 * The lists of the fleet page as NDJSON: each line is a JSON object.
 *
 * @module
 */

import { Fleet, type FleetListOptions } from "../core/compute/fleet.ts";
import type { FleetListing } from "../core/compute/fleet_listing.ts";
import type { InFleet } from "../core/compute/fleet_run.ts";
import { monthlyPrice } from "../core/compute/price.ts";
import type { Node, NodeSize, Price } from "../core/compute/records.ts";
import type { Accounts } from "./accounts.ts";

/** Node of a line; `extra` is left out. */
export type LineNode = Omit<Node, "extra">;

/** What a size costs per month. */
export interface LinePrice {
  /** Currency, such as `"USD"`. */
  readonly currency: string;
  /** Price of a month in that currency. */
  readonly monthly: number;
}

/** Prices of a size. */
export interface LineSize extends Partial<LinePrice> {
  /** Id of the size. */
  readonly id: string;
  /** Prices in single locations, by the id of the location. */
  readonly locations?: Readonly<Record<string, LinePrice | null>>;
}

/** The account that a line is about. */
export interface LineAccount {
  /** Name of the account. */
  readonly account: string;
  /** Id of its provider. */
  readonly provider: string;
}

/** Records of a page, or the error with which the list of an account ended. */
export type PageContent =
  | { readonly nodes: readonly LineNode[] }
  | { readonly sizes: readonly LineSize[] }
  | { readonly error: string };

/** A page of an account. */
export type PageLine = LineAccount & PageContent;

/** The last line. A list without it is incomplete. */
export type LastLine =
  | { readonly complete: true }
  | { readonly complete: false; readonly next: string }
  | { readonly complete: false; readonly error: string };

/** A line of a list. */
export type Line = PageLine | LastLine;

/**
 * Lists the nodes of all accounts.
 *
 * @param accounts The accounts.
 * @param options Options of the list of the fleet.
 * @returns The lines.
 */
export async function* nodeLines(
  { drivers, unusable = {} }: Accounts,
  options: FleetListOptions,
): AsyncGenerator<Line, void, undefined> {
  // Only the first part of a list names them.
  if (options.from === undefined) {
    for (const [account, { provider, error }] of Object.entries(unusable)) {
      yield { account, provider, error };
    }
  }
  const listing = new Fleet(drivers).listNodes(options);
  yield* linesOf(drivers, listing, (items) => ({
    nodes: items.map(toLineNode),
  }));
}

/**
 * Lists the prices of the sizes of accounts.
 *
 * @param accounts The accounts.
 * @param names Names of the accounts to list; if there are none, all.
 * @param options Options of the list of the fleet.
 * @returns The lines.
 */
export async function* priceLines(
  { drivers }: Accounts,
  names: readonly string[],
  options: FleetListOptions,
): AsyncGenerator<Line, void, undefined> {
  const chosen = Object.entries(drivers)
    .filter(([name]) => names.length === 0 || names.includes(name));
  const fleet = new Fleet(Object.fromEntries(chosen));
  yield* linesOf(drivers, fleet.listSizes(options), (items) => ({
    sizes: items.map(toLineSize),
  }));
}

/** Makes a line of each page, and the last line. */
async function* linesOf<T extends InFleet<unknown>>(
  drivers: Accounts["drivers"],
  listing: FleetListing<T>,
  toContent: (items: readonly T[]) => PageContent,
): AsyncGenerator<Line, void, undefined> {
  let next: string | undefined;
  for await (const page of listing.pages()) {
    const { driver: account, items, error } = page;
    const { provider } = drivers[account]!;
    const content = error ? { error: error.message } : toContent(items);
    next = page.next;
    yield { account, provider, ...content };
  }
  yield next === undefined ? { complete: true } : { complete: false, next };
}

function toLineNode(
  { driver: _driver, extra: _extra, ...node }: InFleet<Node>,
): LineNode {
  return node;
}

function toLineSize({ id, price, locationPrices }: NodeSize): LineSize {
  return {
    id,
    ...toLinePrice(price),
    ...locationPrices && {
      locations: Object.fromEntries(
        locationPrices.map((it) => [it.locationId, toLinePrice(it) ?? null]),
      ),
    },
  };
}

function toLinePrice(price: Price | undefined): LinePrice | undefined {
  const monthly = monthlyPrice(price);
  return price && monthly !== undefined
    ? { currency: price.currency, monthly }
    : undefined;
}

/**
 * Streams lines. The next line is made while the client reads the one before, so
 * the memory that is needed does not depend on the length of the list.
 *
 * @param list Makes the lines, until the signal aborts.
 * @returns The response; status 400 if the position is one of another list.
 */
export async function toNdjson(
  list: (signal: AbortSignal) => AsyncGenerator<Line, void, undefined>,
): Promise<Response> {
  const left = new AbortController();
  const lines = list(left.signal);
  const headers = { "content-type": "application/x-ndjson" };
  let line: IteratorResult<Line, void>;
  try {
    line = await lines.next();
  } catch (error) {
    // A TypeError is a mistake of the caller; a RangeError is a small budget.
    const status = error instanceof TypeError ? 400 : 500;
    return new Response(toText(toFailure(error)), { status, headers });
  }
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      if (line.done) return controller.close();
      controller.enqueue(encoder.encode(toText(line.value)));
      line = await lines.next()
        .catch((error) => ({ done: false, value: toFailure(error) }));
    },
    // The client has left.
    cancel: () => left.abort(),
  });
  return new Response(body, { headers });
}

function toFailure(error: unknown): LastLine {
  return { complete: false, error: (error as Error).message };
}

function toText(line: Line): string {
  return `${JSON.stringify(line)}\n`;
}
