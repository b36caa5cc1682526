/**
 * Prices of Amazon EC2 from the public offer files of AWS, which need no
 * credentials. Each region has a file of its own, with hundreds of megabytes.
 *
 * The files exist as JSON and as CSV. This module reads the JSON: a file that
 * was cut off has no closing bracket, but may end between two lines of CSV; and
 * each line of CSV repeats the product, so the files are larger. The library is
 * small, has no dependencies, and runs on Deno.
 *
 * @see {@link https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-the-aws-price-list-bulk-api-fetching-price-list-files-manually.html | Getting price list files manually}
 *
 * @module
 */

import { JSONParser } from "npm:@streamparser/json@0.0.26";
import type { SizeData } from "../../core/compute/mod.ts";
import {
  type HourlyPrice,
  ON_DEMAND,
  type TermsJson,
  toHourlyPrice,
} from "../../drivers/aws/_price_list.ts";

/** Where AWS publishes the offer files of a group of regions. */
interface Partition {
  /** Matches the ids of its regions. */
  readonly regions: RegExp;
  readonly origin: string;
  /** Path of the list of all services. */
  readonly index: string;
}

const PARTITIONS: readonly Partition[] = [
  {
    regions: /^cn-/,
    origin: "https://pricing.cn-north-1.amazonaws.com.cn",
    index: "/offers/v1.0/cn/index.json",
  },
  {
    // The European Sovereign Cloud publishes no files here.
    regions: /^(?!eusc-)/,
    origin: "https://pricing.us-east-1.amazonaws.com",
    index: "/offers/v1.0/aws/index.json",
  },
];

const SERVICE = "AmazonEC2";

/** What the offer file of a region tells about sizes. */
export interface RegionOffers {
  /** Id of the region. */
  readonly region: string;
  /** Day of the prices. */
  readonly updated: string;
  /** Currency of the prices. */
  readonly currency: string;
  /** Price per hour by the id of the size. */
  readonly hourly: ReadonlyMap<string, number>;
  /** Ids of sizes with several prices. Their price is unknown. */
  readonly unclear: readonly string[];
  /** The sizes, as far as the offer file describes them. */
  readonly sizes: readonly SizeData[];
}

interface IndexJson {
  offers?: Record<string, { currentRegionIndexUrl?: string }>;
}

interface RegionIndexJson {
  regions?: Record<string, { currentVersionUrl?: string }>;
}

interface ProductJson {
  sku?: string;
  productFamily?: string;
  attributes?: Record<string, string>;
}

/** The offer file of a region. */
export interface OfferFile {
  /** Id of the region. */
  readonly region: string;
  /** URL of the file. */
  readonly url: URL;
}

/**
 * Finds the offer files of regions.
 *
 * @param regions Ids of the regions.
 * @param origin Origin of all files. The default is AWS.
 * @returns The files of those regions that have one.
 * @throws {Error} If a list cannot be loaded.
 */
export async function findOfferFiles(
  regions: readonly string[],
  origin?: string,
): Promise<OfferFile[]> {
  const files: OfferFile[] = [];
  let rest = regions;
  for (const { regions: pattern, index, ...partition } of PARTITIONS) {
    const ours = rest.filter((region) => pattern.test(region));
    rest = rest.filter((region) => !pattern.test(region));
    if (ours.length === 0) continue;
    const base = origin ?? partition.origin;
    const { offers } = await loadJson<IndexJson>(urlOf(base, index));
    const path = offers?.[SERVICE]?.currentRegionIndexUrl;
    const list = await loadJson<RegionIndexJson>(urlOf(base, path));
    for (const region of ours) {
      const path = list.regions?.[region]?.currentVersionUrl;
      if (path !== undefined) files.push({ region, url: urlOf(base, path) });
    }
  }
  return files.sort((a, b) => a.region < b.region ? -1 : 1);
}

/**
 * Loads the offers of a region.
 *
 * @param file Its offer file.
 * @returns The offers.
 * @throws {Error} If the file cannot be loaded, is incomplete, or has no prices.
 */
export async function loadOffers(
  { region, url }: OfferFile,
): Promise<RegionOffers> {
  const response = await load(url);
  return await readOffers(region, response.body ?? new ReadableStream());
}

/**
 * Reads the offers of a region from an offer file. It reads the file in parts,
 * and stops as soon as all prices on demand are known: most of the file is
 * about reserved capacity.
 *
 * @param region Id of the region.
 * @param body The file.
 * @returns The offers.
 * @throws {Error} If the file is not valid JSON, is incomplete, or has no prices.
 */
export async function readOffers(
  region: string,
  body: ReadableStream<Uint8Array>,
): Promise<RegionOffers> {
  let published = "";
  const products = new Map<string, Record<string, string>>();
  const prices = new Map<string, HourlyPrice>();
  let isComplete = false;

  const parser = new JSONParser({
    paths: [
      "$.publicationDate",
      "$.products.*",
      "$.terms.OnDemand.*",
      "$.terms.Reserved.*",
    ],
    keepStack: false,
  });
  parser.onValue = ({ value, key, stack }) => {
    // From the outside in: the file, "products" or "terms", …
    const part = stack.at(-1)?.key ?? key;
    if (part === "publicationDate") published = String(value);
    if (part === "products") {
      const { attributes = {} } = value as ProductJson;
      if (isWanted(value as ProductJson)) products.set(String(key), attributes);
    }
    if (part === "OnDemand") {
      const price = toHourlyPrice(value as TermsJson);
      if (price) prices.set(String(key), price);
    }
    isComplete ||= part === "Reserved" && products.size > 0;
  };
  try {
    for await (const chunk of body) {
      parser.write(chunk);
      if (isComplete) break;
    }
  } catch (cause) {
    const { message } = cause as Error;
    throw new Error(`${region}: offer file is unreadable: ${message}`, {
      cause,
    });
  }
  if (!isComplete && !parser.isEnded) {
    throw new Error(`${region}: offer file is incomplete`);
  }
  return toOffers(region, published, products, prices);
}

function toOffers(
  region: string,
  published: string,
  products: ReadonlyMap<string, Record<string, string>>,
  prices: ReadonlyMap<string, HourlyPrice>,
): RegionOffers {
  const [updated = ""] = /^\d{4}-\d{2}-\d{2}/.exec(published) ?? [];
  if (!updated) throw new Error(`${region}: offer file has no date`);
  const hourly = new Map<string, number>();
  const sizes = new Map<string, SizeData>();
  const currencies = new Set<string>();
  const unclear = new Set<string>();
  for (const [sku, attributes] of products) {
    const id = attributes.instanceType ?? "";
    const price = prices.get(sku);
    if (!price) continue;
    const isRepeated = hourly.has(id) && hourly.get(id) !== price.hourly;
    if (isRepeated) unclear.add(id);
    hourly.set(id, price.hourly);
    sizes.set(id, toSize(id, attributes));
    currencies.add(price.currency);
  }
  for (const id of unclear) hourly.delete(id);
  const [currency, another] = currencies;
  if (currency === undefined || another !== undefined) {
    const got = another ? "prices in several currencies" : "no prices";
    throw new Error(`${region}: offer file has ${got}`);
  }
  return {
    region,
    updated,
    currency,
    hourly,
    unclear: [...unclear],
    sizes: [...sizes.values()],
  };
}

function isWanted({ productFamily = "", attributes = {} }: ProductJson) {
  return attributes.instanceType !== undefined &&
    // "Compute Instance" or "Compute Instance (bare metal)".
    productFamily.startsWith("Compute Instance") &&
    Object.entries(ON_DEMAND).every(([name, value]) =>
      attributes[name] === value
    );
}

/** Describes a size, in the units of data files. */
function toSize(id: string, attributes: Record<string, string>): SizeData {
  const { memory, vcpu, storage = "", gpu, physicalProcessor = "" } =
    attributes;
  // "8 GiB", "1,952 GiB"
  const ramGib = numberIn(memory);
  // "EBS only", "1 x 300 NVMe SSD", "2 x 1900 GB NVMe SSD", "900 GB NVMe SSD"
  const [, disks = "1", diskGb] =
    /^(?:(\d+) x )?([\d,.]+)(?= |$)/.exec(storage) ?? [];
  const fields = {
    id,
    vcpus: numberIn(vcpu),
    ramMib: ramGib && Math.round(ramGib * 1024),
    diskGb: diskGb && Number(disks) * numberIn(diskGb)!,
    architecture: /Graviton|arm/i.test(physicalProcessor) ? "arm64" : "x86_64",
    gpus: numberIn(gpu),
  };
  const known = Object.entries(fields).filter(([, value]) => value);
  return Object.fromEntries(known) as unknown as SizeData;
}

function numberIn(text = ""): number | undefined {
  const number = parseFloat(text.replaceAll(",", ""));
  return Number.isFinite(number) ? number : undefined;
}

async function loadJson<T>(url: URL): Promise<T> {
  const response = await load(url);
  try {
    return await response.json();
  } catch (cause) {
    throw new Error(`${url}: response is not valid JSON`, { cause });
  }
}

async function load(url: URL): Promise<Response> {
  let response;
  try {
    response = await fetch(url);
  } catch (cause) {
    throw new Error(`${url}: could not connect`, { cause });
  }
  if (response.ok) return response;
  await response.body?.cancel();
  throw new Error(`${url}: HTTP ${response.status}`);
}

/** The URL of a path. An index must not lead to another server. */
function urlOf(origin: string, path = ""): URL {
  if (!path.startsWith("/")) {
    throw new Error(`${origin}: index has no path of ${SERVICE}`);
  }
  return new URL(origin.replace(/\/$/, "") + path);
}
