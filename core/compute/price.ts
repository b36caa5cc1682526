/**
 * Prices per month, and prices from the files in `data/`, for providers without
 * an endpoint for prices.
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

// 365 days of 24 hours, divided by 12. AWS and other providers use the same
// number in their estimates.
const HOURS_PER_MONTH = 730;

/**
 * Returns the price of a month, to compare sizes of several providers.
 *
 * @param price The price of a size; `undefined` if it is unknown.
 * @returns The price per month, in the currency of the price. If only the price
 *   per hour is known, the price of 730 hours. `undefined` if both are unknown.
 */
export function monthlyPrice(price: Price | undefined): number | undefined {
  const { monthly, hourly } = price ?? {};
  return monthly ?? (hourly === undefined ? hourly : hourly * HOURS_PER_MONTH);
}
