/**
 * Shape of the files in `data/`: sizes, prices, regions and images of providers
 * that have no endpoint for them.
 *
 * @module
 */

import type { Extra } from "./records.ts";

/** Origin of a part of a data file. Each part has its own. */
export interface DataPart {
  /** Source of the figures. */
  readonly source: string | readonly string[];
  /** Day of the figures, ISO 8601. */
  readonly updated: string;
}

/** A file in `data/`. A part is absent if the provider's API tells it. */
export interface ProviderData {
  /** Sizes. */
  readonly sizes?: SizeList;
  /** Prices of the sizes. */
  readonly prices?: PriceList | LocationPrices;
  /** Regions. */
  readonly regions?: RegionList;
  /** Rules that find the official images. */
  readonly images?: ImageRuleList;
}

/** The sizes of a provider. */
export interface SizeList extends DataPart {
  /** The sizes; ids are unique. */
  readonly items: readonly SizeData[];
}

/** A size. The fields are those of `NodeSize`. */
export interface SizeData {
  /** Id at the provider. */
  readonly id: string;
  /**
   * Name for people.
   *
   * @default {the id}
   */
  readonly name?: string;
  /** Number of virtual processors. */
  readonly vcpus?: number;
  /** Memory in MiB. */
  readonly ramMib?: number;
  /** Disk in GB, as the provider counts them. */
  readonly diskGb?: number;
  /** Architecture of the processors, such as `"x86_64"` or `"arm64"`. */
  readonly architecture?: string;
  /** Number of GPUs; absent if the size has none. */
  readonly gpus?: number;
  /** Provider-specific fields. */
  readonly extra?: Extra;
}

/** Prices of sizes, in one currency and of one day. */
export interface PriceList extends DataPart {
  /** ISO 4217 code of all prices. */
  readonly currency: string;
  /** Price of each size by its id. A size whose price is unknown is absent. */
  readonly sizes: Readonly<Record<string, SizePrice>>;
}

/** The price of a size: numbers above 0. At least one of the two is known. */
export interface SizePrice {
  /** Price per hour. */
  readonly hourly?: number;
  /** Price per month. */
  readonly monthly?: number;
}

/** Price lists of a provider whose prices depend on the location. */
export interface LocationPrices {
  /** Price list of each location by its id. */
  readonly locations: Readonly<Record<string, PriceList>>;
}

/** The regions of a provider. */
export interface RegionList extends DataPart {
  /** The regions; ids are unique. */
  readonly items: readonly RegionData[];
}

/** A region. */
export interface RegionData {
  /** Id at the provider. */
  readonly id: string;
  /** Name for people. */
  readonly name: string;
  /** ISO 3166-1 alpha-2 code of the country. */
  readonly country: string;
}

/** The rules that find the official images of a provider. */
export interface ImageRuleList extends DataPart {
  /** The rules. */
  readonly rules: readonly Extra[];
}
