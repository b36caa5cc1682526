/**
 * Prices per month, and sizes and prices from the files in `data/`, for
 * providers without an endpoint for them.
 *
 * @module
 */

import { lookUp } from "../json.ts";
import type { LocationPrices, PriceList, ProviderData } from "./data.ts";
import type { NodeSize, Price } from "./records.ts";

/**
 * Looks up the price of a size.
 *
 * @param prices The prices of a data file.
 * @param sizeId Id of the size.
 * @param location Id of the location, if prices depend on it.
 * @returns The price, with the day of its price list. `undefined` if the price
 *   is unknown.
 */
export function priceOf(
  prices: PriceList | LocationPrices,
  sizeId: string,
  location?: string,
): Price | undefined {
  const list = "locations" in prices
    ? lookUp(prices.locations, location)
    : prices;
  const price = list && lookUp(list.sizes, sizeId);
  return price && { currency: list.currency, ...price, asOf: list.updated };
}

/**
 * Returns the sizes of a data file, with their prices.
 *
 * @param data The data file.
 * @param location Id of the location, if prices depend on it.
 * @returns The sizes, in the order of the file.
 */
export function sizesOf(
  { sizes, prices }: Pick<ProviderData, "sizes" | "prices">,
  location?: string,
): NodeSize[] {
  return sizes?.items.map((size) => ({
    ...size,
    name: size.name ?? size.id,
    price: prices && priceOf(prices, size.id, location),
    extra: { ...size.extra },
  })) ?? [];
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
