/**
 * Prices that a provider has no endpoint for, from the files in `data/`.
 *
 * @module
 */

import { lookUp } from "../json.ts";
import type { Price } from "./records.ts";

/** A price list shipped with this package: a file in `data/`. */
export interface PriceList {
  /** Where the figures come from. */
  readonly source: string;
  /** Day the figures are from, ISO 8601. */
  readonly updated: string;
  /** ISO 4217 code of all prices. */
  readonly currency: string;
  /** Prices of the sizes, by id. */
  readonly sizes: Readonly<
    Record<string, { readonly hourly?: number; readonly monthly?: number }>
  >;
}

/**
 * Looks up what a size costs.
 *
 * @param list The price list.
 * @param sizeId Id of the size.
 * @returns Its price, with the day of the list; `undefined` where the list has
 *   none.
 */
export function priceOf(list: PriceList, sizeId: string): Price | undefined {
  const price = lookUp(list.sizes, sizeId);
  return price && { currency: list.currency, ...price, asOf: list.updated };
}
