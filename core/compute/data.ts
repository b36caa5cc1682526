/**
 * Shape of the files in `data/`: sizes, prices, regions and images of providers
 * that have no endpoint for them.
 *
 * @module
 */

import type { Extra } from "../extra.ts";

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

/**
 * The rules that find the official images of a provider, for `findImage()`. An
 * image is official if all its fields match the patterns of a rule.
 */
export interface ImageRuleList extends DataPart {
  /**
   * Options of `listImages()` for all rules. In strings, `{version}` is replaced
   * by the wanted version and `*`, and `{architecture}` by the wanted
   * architecture; by `*` if any is wanted. They only make the list shorter: the
   * patterns decide.
   */
  readonly list?: Extra;
  /** Patterns of fields for all rules; see {@linkcode ImageRule.fields}. */
  readonly fields?: Readonly<Record<string, string>>;
  /**
   * Field with the time of creation, which decides between images of the same
   * version.
   *
   * @default {"extra.createdAt"}
   */
  readonly createdAt?: string;
  /** The rules. For images of the same version, the first rule is preferred. */
  readonly rules: readonly ImageRule[];
}

/** A rule that finds the official images of one distribution. */
export interface ImageRule {
  /** Name of the distribution: lower-case letters, such as `"debian"`. */
  readonly distribution: string;
  /**
   * Version of all images.
   *
   * @default {the group `version` of the patterns}
   */
  readonly version?: string;
  /**
   * Architecture of all images.
   *
   * @default {the group `architecture` of the patterns, else "x86_64"}
   */
  readonly architecture?: string;
  /** Options of `listImages()`, besides those for all rules. */
  readonly list?: Extra;
  /**
   * Regular expressions by the path of a field, such as `"extra.slug"`. They
   * match the whole value, without regard to case. A field that is absent has
   * the value `""`. The named groups `version` and `architecture` read those.
   */
  readonly fields: Readonly<Record<string, string>>;
}
