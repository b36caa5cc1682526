/**
 * The cheapest sizes that fit, across several drivers.
 *
 * @module
 */

import { toReason } from "../calls.ts";
import { checkNumber, given, idOf, mistake } from "../check.ts";
import { mapConcurrently } from "../concurrency.ts";
import type { CallOptions } from "../options.ts";
import type { Ref } from "../ref.ts";
import type { NodeDriver } from "./driver.ts";
import { DriverError } from "./fleet_errors.ts";
import { checkArchitecture, DEFAULT_ARCHITECTURE } from "./find_image.ts";
import { monthlyPrice } from "./price.ts";
import type { NodeLocation, NodeSize, Price } from "./records.ts";

/** Options of {@linkcode cheapest}. */
export interface CheapestOptions extends CallOptions {
  /** Smallest number of virtual processors. */
  readonly vcpus: number;
  /** Smallest memory in MiB. */
  readonly ramMib: number;
  /**
   * Smallest disk in GB. Sizes without a disk of their own, such as most of
   * EC2, do not fit then: their price does not include a disk.
   *
   * @default {0}
   */
  readonly diskGb?: number | undefined;
  /**
   * Architecture of the processors, such as `"arm64"`, or `"any"`. A size whose
   * architecture the provider does not tell counts as `"x86_64"`.
   *
   * @default {"x86_64"}
   */
  readonly architecture?: string | undefined;
  /**
   * Smallest number of GPUs.
   *
   * @default {0}
   */
  readonly gpus?: number | undefined;
  /** A location or its id. Drivers without this location have no offers then. */
  readonly location?: Ref | undefined;
  /**
   * ISO 3166-1 alpha-2 code of a country, such as `"DE"`. Locations whose
   * country is unknown do not fit then.
   */
  readonly country?: string | undefined;
  /**
   * ISO 4217 code of the currency of the result. Prices in other currencies are
   * converted if `rates` has their rate.
   *
   * @default {the currency of each price}
   */
  readonly currency?: string | undefined;
  /**
   * Value of one unit of other currencies in `currency`, such as
   * `{ EUR: 1.08 }` if `currency` is `"USD"`. There are no rates by default.
   */
  readonly rates?: Readonly<Record<string, number>> | undefined;
  /**
   * Largest number of offers in each currency, and without a price.
   *
   * @default {10}
   */
  readonly limit?: number | undefined;
}

/** A size that fits, in all locations where it has the same price. */
export interface SizeOffer {
  /** Name of the driver; for an array of drivers, its index, such as `"0"`. */
  readonly driver: string;
  /** Id of the provider. */
  readonly provider: string;
  /** The size. */
  readonly size: NodeSize;
  /** The locations; `[]` if the provider has none. */
  readonly locations: readonly NodeLocation[];
  /** Price at the provider, in its own currency; absent if it is unknown. */
  readonly price?: Price | undefined;
  /**
   * Price per month in `currency`, to a millionth; absent if it is unknown.
   */
  readonly monthly?: number | undefined;
  /** ISO 4217 code of the currency of `monthly`. */
  readonly currency?: string | undefined;
  /** Where the price comes from: the provider's API, or a list of `asOf`. */
  readonly source: "live" | "data" | "unknown";
  /** Day of the price list, if `source` is `"data"`. */
  readonly asOf?: string | undefined;
}

/** Result of {@linkcode cheapest}. */
export interface CheapestSizes {
  /**
   * The offers. Those in the currency of the options come first, then those in
   * each other currency in alphabetical order, then those without a price. In
   * each of these groups, the cheapest comes first.
   */
  readonly offers: readonly SizeOffer[];
  /**
   * Errors of the drivers that failed, by the name of the driver. `cause` is the
   * error of the driver.
   */
  readonly errors: Readonly<Record<string, DriverError>>;
}

/** Largest number of drivers that are asked at the same time. */
const CONCURRENCY = 6;

const LIMIT = 10;

/** The options, checked. */
interface Wanted {
  readonly vcpus: number;
  readonly ramMib: number;
  readonly diskGb: number;
  readonly architecture: string | undefined;
  readonly gpus: number;
  readonly locationId: string | undefined;
  readonly country: string | undefined;
  readonly currency: string | undefined;
  readonly rates: Readonly<Record<string, number>>;
  readonly limit: number;
}

/**
 * Finds the cheapest sizes that fit, across several drivers. Each driver lists
 * its sizes and its locations. Sizes that are not available are left out.
 *
 * The price per month of a size that is billed by the hour is that of 730 hours.
 * Prices in different currencies are not compared, unless you pass `rates`. A
 * price that is unknown is never taken for free: such sizes come last.
 *
 * ```ts
 * import { cheapest } from "@nephos/nephos";
 * import { DigitalOceanNodeDriver } from "@nephos/nephos/drivers/digitalocean";
 * import { LinodeNodeDriver } from "@nephos/nephos/drivers/linode";
 * import { DigitalOceanSimulator } from "@nephos/nephos/simulators/digitalocean";
 * import { LinodeSimulator } from "@nephos/nephos/simulators/linode";
 *
 * const digitalocean = new DigitalOceanSimulator();
 * const linode = new LinodeSimulator();
 * const drivers = {
 *   digitalocean: new DigitalOceanNodeDriver({
 *     ...digitalocean.credentials,
 *     fetch: digitalocean.fetch,
 *   }),
 *   linode: new LinodeNodeDriver({ ...linode.credentials, fetch: linode.fetch }),
 * };
 * const { offers } = await cheapest(drivers, { vcpus: 2, ramMib: 4096 });
 * for (const { driver, size, monthly, currency } of offers) {
 *   console.log(driver, size.id, monthly, currency);
 * }
 * ```
 *
 * @param drivers The drivers, as an array or by name.
 * @param options What the size must have, and how to compare prices.
 * @returns The offers, and the errors of drivers that failed.
 * @throws {TypeError} If an option or a driver is invalid.
 * @throws {RangeError} If a number is out of range.
 */
export async function cheapest(
  drivers: readonly NodeDriver[] | Readonly<Record<string, NodeDriver>>,
  options: CheapestOptions,
): Promise<CheapestSizes> {
  const wanted = toWanted(options);
  const named = toNamed(drivers);
  const call = toCall(options);
  const errors: Record<string, DriverError> = {};
  const offers = await mapConcurrently(
    named,
    CONCURRENCY,
    async ([name, driver]) => {
      try {
        return await offersOf(name, driver, wanted, call);
      } catch (error) {
        options.signal?.throwIfAborted();
        errors[name] = toError(name, driver, error);
        return [];
      }
    },
  );
  return { offers: select(offers.flat(), wanted), errors };
}

function toNamed(
  drivers: readonly NodeDriver[] | Readonly<Record<string, NodeDriver>>,
): (readonly [name: string, driver: NodeDriver])[] {
  if (typeof drivers !== "object" || drivers === null || isDriver(drivers)) {
    const expected = "an array or an object with drivers";
    throw mistake("cheapest", "drivers", expected, drivers);
  }
  const named: [string, NodeDriver][] = Object.entries(drivers);
  const wrong = named.find(([, driver]) => !isDriver(driver));
  if (!wrong) return named;
  throw mistake("cheapest", `drivers.${wrong[0]}`, "a driver", wrong[1]);
}

function isDriver(value: unknown): boolean {
  return typeof (Object(value) as NodeDriver).listSizes === "function";
}

function toError(
  driver: string,
  { provider }: NodeDriver,
  cause: unknown,
): DriverError {
  return new DriverError(`cheapest: ${driver}: ${toReason(cause)}`, {
    driver,
    provider,
    operation: "cheapest",
    cause,
  });
}

/** The options of the calls. */
function toCall(options: CheapestOptions): CallOptions {
  const { signal, timeoutMs, headers, retry } = options;
  return { signal, timeoutMs, headers, retry };
}

function toWanted(options: CheapestOptions): Wanted {
  const operation = "cheapest";
  const {
    vcpus,
    ramMib,
    diskGb = 0,
    architecture = DEFAULT_ARCHITECTURE,
    gpus = 0,
    location,
    country,
    currency,
    rates = {},
    limit = LIMIT,
  } = Object(options) as CheapestOptions;
  checkAmounts({ vcpus, ramMib, diskGb, gpus });
  checkNumber(limit, operation, "limit");
  checkCode(country, "country", /^[A-Z]{2}$/, 'such as "DE"');
  checkCode(currency, "currency", /^[A-Z]{3}$/, 'such as "USD"');
  return {
    vcpus,
    ramMib,
    diskGb,
    architecture: architecture === "any"
      ? undefined
      : checkArchitecture(architecture, operation),
    gpus,
    locationId: given(location, (ref) => idOf(ref, operation, "location")),
    country,
    currency,
    rates: checkRates(rates, currency),
    limit,
  };
}

function checkAmounts(amounts: Readonly<Record<string, number>>): void {
  for (const [name, amount] of Object.entries(amounts)) {
    if (Number.isFinite(amount) && amount >= 0) continue;
    const expected = "a number that is not negative";
    throw mistake("cheapest", name, expected, amount);
  }
}

function checkCode(
  code: string | undefined,
  name: string,
  form: RegExp,
  example: string,
): void {
  if (code === undefined || form.test(code)) return;
  throw mistake("cheapest", name, `a code of capitals, ${example}`, code);
}

function checkRates(
  rates: Readonly<Record<string, number>>,
  currency: string | undefined,
): Readonly<Record<string, number>> {
  const entries = Object.entries(rates);
  if (entries.length > 0 && currency === undefined) {
    throw new TypeError("cheapest: rates need currency, to which they convert");
  }
  for (const [code, rate] of entries) {
    if (Number.isFinite(rate) && rate > 0) continue;
    throw mistake("cheapest", `rates.${code}`, "a number above 0", rate);
  }
  return rates;
}

/** The offers of one driver. */
async function offersOf(
  name: string,
  driver: NodeDriver,
  wanted: Wanted,
  call: CallOptions,
): Promise<SizeOffer[]> {
  const [sizes, locations] = await Promise.all([
    driver.listSizes(call),
    driver.listLocations(call),
  ]);
  const { provider } = driver;
  return sizes.filter((size) => fits(size, wanted)).flatMap((size) =>
    pricesOf(size, locations, wanted).map(({ price, locations }) => ({
      driver: name,
      provider,
      size,
      locations,
      price,
      ...convert(price, wanted),
      source: toSource(price),
      asOf: price?.asOf,
    }))
  );
}

function fits(size: NodeSize, wanted: Wanted): boolean {
  const { architecture = DEFAULT_ARCHITECTURE, isAvailable = true } = size;
  return isAvailable &&
    (size.vcpus ?? -1) >= wanted.vcpus &&
    (size.ramMib ?? -1) >= wanted.ramMib &&
    (size.diskGb ?? 0) >= wanted.diskGb &&
    (size.gpus ?? 0) >= wanted.gpus &&
    architecture === (wanted.architecture ?? architecture);
}

/** The prices of a size, each with the wanted locations in which it holds. */
function pricesOf(
  { price, locationPrices = [], locationIds }: NodeSize,
  all: readonly NodeLocation[],
  { locationId, country }: Wanted,
): { price: Price | undefined; locations: readonly NodeLocation[] }[] {
  // A location may be so new that no list has it yet.
  const offered =
    locationIds?.map((id) =>
      all.find((it) => it.id === id) ?? { id, name: id, extra: {} }
    ) ?? all;
  const isAnywhere = locationId === undefined && country === undefined;
  if (locationIds === undefined && all.length === 0 && isAnywhere) {
    return [{ price, locations: [] }];
  }
  const locations = offered.filter((it) =>
    it.id === (locationId ?? it.id) && it.country === (country ?? it.country)
  );
  const priceIn = ({ id }: NodeLocation) => {
    const own = locationPrices.find((it) => it.locationId === id);
    return own ? withoutLocation(own) : price;
  };
  const groups = Map.groupBy(
    locations.map((location) => ({ location, price: priceIn(location) })),
    ({ price }) => JSON.stringify([price?.currency, monthlyPrice(price)]),
  );
  return [...groups.values()].map((group) => ({
    price: group[0]?.price,
    locations: group.map(({ location }) => location),
  }));
}

function withoutLocation({ currency, hourly, monthly, asOf }: Price): Price {
  return { currency, hourly, monthly, asOf };
}

/** The price per month in the wanted currency, if it can be converted. */
function convert(
  price: Price | undefined,
  { currency, rates }: Wanted,
): { monthly?: number; currency?: string } {
  const monthly = monthlyPrice(price);
  if (!price || monthly === undefined) return {};
  const rate = Object.hasOwn(rates, price.currency)
    ? rates[price.currency]
    : undefined;
  return currency !== undefined && currency !== price.currency && rate
    ? { monthly: rounded(monthly * rate), currency }
    : { monthly: rounded(monthly), currency: price.currency };
}

/** Removes errors such as in 0.1 * 3 = 0.30000000000000004. */
function rounded(amount: number): number {
  return Math.round(amount * 1e6) / 1e6;
}

function toSource(price: Price | undefined): SizeOffer["source"] {
  if (monthlyPrice(price) === undefined) return "unknown";
  return price?.asOf === undefined ? "live" : "data";
}

/** Orders the offers, and takes the first ones of each currency. */
function select(offers: readonly SizeOffer[], wanted: Wanted): SizeOffer[] {
  const groups = Map.groupBy(offers, ({ currency }) => currency);
  const currencies = [...groups.keys()].sort((one, other) =>
    rankOf(one, wanted) - rankOf(other, wanted) ||
    (String(one) < String(other) ? -1 : 1)
  );
  return currencies.flatMap((currency) =>
    (groups.get(currency) ?? []).sort(cheapestFirst).slice(0, wanted.limit)
  );
}

/** The wanted currency comes first, and unknown prices come last. */
function rankOf(currency: string | undefined, wanted: Wanted): number {
  if (currency === undefined) return 2;
  return currency === wanted.currency ? 0 : 1;
}

/** Of sizes with the same price, or without one, the smallest comes first. */
function cheapestFirst(one: SizeOffer, other: SizeOffer): number {
  const { ramMib = 0, vcpus = 0 } = one.size;
  return (one.monthly ?? 0) - (other.monthly ?? 0) ||
    ramMib - (other.size.ramMib ?? 0) || vcpus - (other.size.vcpus ?? 0);
}
