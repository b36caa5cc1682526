/**
 * The price list of AWS, as its price API and its offer files describe it.
 *
 * @module
 */

/**
 * Attributes of the products whose prices nephos knows: sizes on demand, with
 * Linux, on shared hardware, without licences.
 */
export const ON_DEMAND: Readonly<Record<string, string>> = {
  // Capacity that is reserved and not used has a price, too.
  capacitystatus: "Used",
  licenseModel: "No License required",
  // Local zones have other prices.
  locationType: "AWS Region",
  marketoption: "OnDemand",
  operatingSystem: "Linux",
  preInstalledSw: "NA",
  tenancy: "Shared",
};

/** The offers for a product on demand, by their ids. */
export type TermsJson = Readonly<
  Record<string, {
    readonly priceDimensions?: Readonly<Record<string, DimensionJson>>;
  }>
>;

interface DimensionJson {
  readonly unit?: string;
  /** Decimal number by currency, such as `{ "USD": "0.0104000000" }`. */
  readonly pricePerUnit?: Readonly<Record<string, string>>;
}

/** A price per hour. */
export interface HourlyPrice {
  /** ISO 4217 code. */
  readonly currency: string;
  /** The price. */
  readonly hourly: number;
}

/**
 * Reads the price per hour of a product.
 *
 * @param terms The offers for the product on demand.
 * @returns The price. `undefined` if it is 0, which means that the size is paid
 *   in another way, or if there are several prices.
 */
export function toHourlyPrice(terms: TermsJson = {}): HourlyPrice | undefined {
  const [price, another] = Object.values(terms)
    .flatMap(({ priceDimensions = {} }) => Object.values(priceDimensions))
    .filter(({ unit }) => unit === "Hrs")
    .flatMap(({ pricePerUnit = {} }) => Object.entries(pricePerUnit))
    .map(([currency, amount]) => ({ currency, hourly: Number(amount) }));
  return price && !another && price.hourly > 0 ? price : undefined;
}
