/**
 * Prices from the files in `data/`, for providers without an endpoint for
 * prices.
 *
 * @module
 */

import { lookUp } from "../json.ts";
import type { Price } from "./records.ts";

/** A price list of this package: a file in `data/`. */
export interface PriceList {
  /** Source of the prices. */
  readonly source: string;
  /** Day of the prices, ISO 8601. */
  readonly updated: string;
  /** ISO 4217 code of all prices. */
  readonly currency: string;
  /** Prices of the sizes, by id. */
  readonly sizes: Readonly<
    Record<string, { readonly hourly?: number; readonly monthly?: number }>
  >;
}

/**
 * Looks up the price of a size.
 *
 * @param list The price list.
 * @param sizeId Id of the size.
 * @returns The price, with the day of the list. `undefined` if the list does
 *   not contain the size.
 */
export function priceOf(list: PriceList, sizeId: string): Price | undefined {
  const price = lookUp(list.sizes, sizeId);
  return price && { currency: list.currency, ...price, asOf: list.updated };
}
