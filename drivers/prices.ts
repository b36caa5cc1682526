/**
 * Prices from the files in `data/`, for programs that have no driver. Only this
 * file knows all price lists; it loads one when it is needed first.
 *
 * @module
 */

import { choose, given, idOf, mistake, type Ref } from "../core/mod.ts";
import {
  type LocationPrices,
  type Price,
  type PriceList,
  priceOf,
} from "../core/compute/mod.ts";

/** Id of a provider whose prices are part of this package. */
export type PricedProviderId =
  | "ec2"
  | "nephoscale"
  | "rackspace"
  | "softlayer";

/** Options of {@linkcode getSizePrice}. */
export interface GetSizePriceOptions {
  /**
   * The location: a region of EC2, or one of its availability zones; a region of
   * Rackspace. NephoScale and SoftLayer have one price list for all locations.
   */
  readonly location?: Ref | undefined;
}

/** A data file with prices, as a module. */
interface PricesModule {
  readonly default: { readonly prices: PriceList | LocationPrices };
}

const FILES: Readonly<Record<PricedProviderId, () => Promise<PricesModule>>> = {
  ec2: () => import("../data/ec2_sizes.json", { with: { type: "json" } }),
  nephoscale: () =>
    import("../data/nephoscale.json", { with: { type: "json" } }),
  rackspace: () => import("../data/rackspace.json", { with: { type: "json" } }),
  softlayer: () => import("../data/softlayer.json", { with: { type: "json" } }),
};

/**
 * Looks up the price of a size in the price list of this package. It sends no
 * request, and needs no credentials. The price lists may be old: see `asOf` of
 * the price.
 *
 * Other providers tell their prices: use `price` of the sizes that
 * `listSizes()` returns.
 *
 * ```ts
 * import { getSizePrice } from "@nephos/nephos";
 *
 * const location = "us-east-1";
 * const price = await getSizePrice("ec2", "t3.micro", { location });
 * console.log(price?.hourly, price?.currency, price?.asOf);
 * ```
 *
 * @param provider Id of the provider.
 * @param size The size or its id.
 * @param options The location, if prices depend on it.
 * @returns The price; `undefined` if it is unknown.
 * @throws {TypeError} If there is no price list of the provider, or an argument
 *   is invalid. If prices depend on the location, and it is missing.
 */
export async function getSizePrice(
  provider: PricedProviderId,
  size: Ref,
  options: GetSizePriceOptions = {},
): Promise<Price | undefined> {
  const operation = "getSizePrice";
  const load = choose(FILES, provider, operation, "provider");
  const sizeId = idOf(size, operation, "size");
  const location = given(
    options.location,
    (ref) => toRegion(idOf(ref, operation, "location")),
  );
  const { default: { prices } } = await load();
  if ("locations" in prices && location === undefined) {
    const [example = ""] = Object.keys(prices.locations);
    const expected = `a location such as ${JSON.stringify(example)}`;
    throw mistake(operation, "location", expected, location);
  }
  return priceOf(prices, sizeId, location);
}

/** The region of an availability zone of AWS, such as `"us-east-1a"`. */
function toRegion(location: string): string {
  return location.replace(/(?<=-\d)[a-z]$/, "");
}
