/**
 * Shows the sizes and prices in `data/`, and updates those that have a public
 * source.
 *
 * ```sh
 * deno task prices --provider ec2 --location us-east-1
 * deno task prices --update
 * deno task prices --update --location us-east-1 --location eu-west-1
 * ```
 *
 * @module
 */

import { parseArgs } from "node:util";
import {
  type LocationPrices,
  monthlyPrice,
  type PriceList,
  type ProviderData,
  type SizeData,
} from "../core/compute/mod.ts";
import { path } from "./deno.ts";
import {
  findOfferFiles,
  loadOffers,
  type RegionOffers,
} from "./prices/aws_offers.ts";
import { describeChanges } from "./prices/changes.ts";
import { formatData } from "./prices/format.ts";
import { type Cell, formatTable } from "./prices/table.ts";

const USAGE = `usage: deno task prices --provider <id> [--location <id> ...]
       deno task prices --update [--location <id> ...]
  [--provider <id>]  show the sizes and prices of this provider
  [--location <id>]  only this location; may be repeated
  [--update]         load the prices of EC2 from AWS, and say what changed
  [--from <url>]     load from another server than that of AWS
  [--data <folder>]  the data files; the default is data/`;

/** Settings of {@linkcode showPrices} and {@linkcode updatePrices}. */
export interface PricesOptions {
  /** Ids of the locations; all if there are none. */
  readonly locations?: readonly string[] | undefined;
  /** Folder with the data files. */
  readonly folder?: string | undefined;
}

/** Settings of {@linkcode updatePrices}. */
export interface UpdateOptions extends PricesOptions {
  /** Origin of the offer files. The default is AWS. */
  readonly from?: string | undefined;
}

const HEADER = [
  "location",
  "size",
  "vcpus",
  "RAM MiB",
  "disk GB",
  "architecture",
  "GPUs",
  "hourly",
  "monthly",
  "currency",
  "day",
];

/** Source of sizes that an update adds. */
const ADDED_SIZES = "AWS offer files, if extra.asOf is after `updated`";

/** Data of a provider that has sizes or prices. */
interface PriceData extends ProviderData {
  readonly prices: PriceList | LocationPrices;
}

/**
 * Shows the sizes and prices of a provider.
 *
 * @param provider Id of the provider.
 * @param options The locations.
 * @returns A table, and the sources of the prices.
 * @throws {TypeError} If there are no prices of the provider, or none of a
 *   location.
 */
export async function showPrices(
  provider: string,
  { locations = [], folder = path("data") }: PricesOptions = {},
): Promise<string> {
  const data = await readPrices(folder, provider);
  const lists = choose(data.prices, locations);
  const sizes = new Map(data.sizes?.items.map((size) => [size.id, size]));
  const rows = lists.flatMap(([location, list]) =>
    Object.entries(list.sizes).map(([id, price]): Cell[] => {
      const size: Partial<SizeData> = sizes.get(id) ?? {};
      const { vcpus, ramMib, diskGb, architecture, gpus } = size;
      const { hourly } = price;
      const monthly = Number(monthlyPrice({ currency: "", ...price }));
      const day = [list.currency, list.updated];
      const specs = [vcpus, ramMib, diskGb, architecture, gpus];
      return [location, id, ...specs, hourly, round(monthly), ...day];
    })
  );
  const sources = new Set(lists.flatMap(([, { source }]) => source));
  const unpriced = [...sizes.keys()]
    .filter((id) => !lists.some(([, list]) => Object.hasOwn(list.sizes, id)));
  return [
    formatTable(HEADER, rows),
    "",
    ...[...sources].map((source) => `source: ${source}`),
    ...(unpriced.length > 0
      ? [`sizes without a price: ${unpriced.join(" ")}`]
      : []),
  ].join("\n");
}

/**
 * Loads the prices of EC2 from the public offer files of AWS, and writes them to
 * the data file. If a file cannot be loaded, the data file does not change.
 *
 * @param options The regions.
 * @returns What changed, in lines.
 * @throws {Error} If a file cannot be loaded.
 */
export async function updatePrices(
  { locations = [], folder = path("data"), from }: UpdateOptions = {},
): Promise<string[]> {
  const data = await readPrices(folder, "ec2");
  const { regions } = await readData(`${folder}/ec2.json`);
  const known = regions?.items.map(({ id }) => id) ?? [];
  const wanted = locations.length > 0 ? locations : known;
  const files = await findOfferFiles(wanted, from);
  const found = new Set(files.map(({ region }) => region));
  const missing = wanted.filter((region) => !found.has(region));
  if (missing.length > 0 && missing.some((id) => locations.includes(id))) {
    throw new TypeError(`AWS has no offer file of ${missing.join(", ")}`);
  }
  const lines = missing.map((region) => `${region}: AWS has no offer file`);
  let updated = data;
  for (const file of files) {
    const offers = await loadOffers(file);
    const list = toPriceList(offers);
    const before = listsOf(updated.prices).get(file.region);
    lines.push(
      ...describeChanges(file.region, before, list),
      ...offers.unclear.map((id) => `  several prices: ${id}`),
    );
    updated = withOffers(updated, offers, list);
  }
  const target = `${folder}/ec2_sizes.json`;
  const text = formatData(updated);
  if (text === await Deno.readTextFile(target)) {
    return [...lines, "no change"];
  }
  // A rename replaces the whole file, or nothing.
  await Deno.writeTextFile(`${target}.new`, text);
  await Deno.rename(`${target}.new`, target);
  return [...lines, `wrote ${target}`];
}

function toPriceList({ region, updated, currency, hourly }: RegionOffers) {
  const sizes = [...hourly]
    .sort(([a], [b]) => a < b ? -1 : 1)
    .map(([id, hourly]) => [id, { hourly }] as const);
  return {
    source: `AWS offer file of ${region}: on demand, Linux, shared tenancy`,
    updated,
    currency,
    sizes: Object.fromEntries(sizes),
  };
}

/** Adds a price list, and the sizes that were not known. */
function withOffers(
  data: PriceData,
  { region, updated, sizes }: RegionOffers,
  list: PriceList,
): PriceData {
  const lists = [...listsOf(data.prices).set(region, list)]
    .sort(([a], [b]) => a < b ? -1 : 1);
  const prices = { locations: Object.fromEntries(lists) };
  const known = new Set(data.sizes?.items.map(({ id }) => id));
  const added = sizes.filter(({ id }) => !known.has(id))
    .map((size) => ({ ...size, extra: { asOf: updated } }));
  if (!data.sizes || added.length === 0) return { ...data, prices };
  const items = [...data.sizes.items, ...added]
    .sort((a, b) => a.id < b.id ? -1 : 1);
  const source = [...new Set([data.sizes.source, ADDED_SIZES].flat())];
  return { ...data, sizes: { ...data.sizes, source, items }, prices };
}

async function readPrices(
  folder: string,
  provider: string,
): Promise<PriceData> {
  const files = Array.from(Deno.readDirSync(folder), ({ name }) => name)
    .filter((name) => name.endsWith(".json"))
    .sort();
  const providers = new Map<string, PriceData>();
  for (const name of files) {
    const { prices, ...data } = await readData(`${folder}/${name}`);
    const id = name.replace(/(?:_sizes)?\.json$/, "");
    if (prices) providers.set(id, { ...data, prices });
  }
  const data = providers.get(provider);
  if (data) return data;
  throw new TypeError(
    `no prices of ${JSON.stringify(provider)}; there are prices of ` +
      [...providers.keys()].join(", "),
  );
}

async function readData(file: string): Promise<ProviderData> {
  return JSON.parse(await Deno.readTextFile(file));
}

/** The price lists by location; `""` stands for all locations. */
function listsOf(prices: PriceList | LocationPrices): Map<string, PriceList> {
  return new Map(
    "locations" in prices ? Object.entries(prices.locations) : [["", prices]],
  );
}

/** The price lists of some locations; of all if none is given. */
function choose(
  prices: PriceList | LocationPrices,
  locations: readonly string[],
): [location: string | undefined, list: PriceList][] {
  if (!("locations" in prices)) return [[undefined, prices]];
  const lists = listsOf(prices);
  if (locations.length === 0) return [...lists];
  return locations.map((location) => {
    const list = lists.get(location);
    if (list) return [location, list];
    throw new TypeError(
      `no prices of ${JSON.stringify(location)}; there are prices of ` +
        [...lists.keys()].join(", "),
    );
  });
}

function round(price: number): number {
  return Number(price.toFixed(2));
}

async function main(args: readonly string[]): Promise<number> {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        provider: { type: "string" },
        location: { type: "string", multiple: true },
        update: { type: "boolean" },
        from: { type: "string" },
        data: { type: "string" },
      },
    }));
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`);
    return 2;
  }
  const { provider, location: locations, update, from, data: folder } = values;
  const isValid = update
    ? provider === undefined || provider === "ec2"
    : provider !== undefined;
  if (!isValid) {
    console.error(USAGE);
    return 2;
  }
  try {
    if (update) {
      const lines = await updatePrices({ locations, from, folder });
      console.log(lines.join("\n"));
    } else {
      console.log(await showPrices(provider ?? "", { locations, folder }));
    }
  } catch (error) {
    console.error(`prices: ${(error as Error).message}`);
    return 1;
  }
  return 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
