/**
 * Figures that drivers return, compared with those that were collected by hand
 * from the sources. Each comparison includes the day that users see.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { NodeSize, Price } from "../../core/compute/mod.ts";
import { Ec2NodeDriver } from "../../drivers/aws/ec2.ts";
import { NephoScaleNodeDriver } from "../../drivers/nephoscale.ts";
import { RackspaceNodeDriver } from "../../drivers/rackspace.ts";
import { SoftLayerNodeDriver } from "../../drivers/softlayer/compute.ts";
import { NephoScaleSimulator } from "../../simulators/nephoscale/mod.ts";
import { RackspaceSimulator } from "../../simulators/rackspace/mod.ts";
import { SoftLayerSimulator } from "../../simulators/softlayer/mod.ts";
import { needsReference, readReference } from "../_support/reference.ts";

const FOLDER = "sizes-and-prices";

/** Ten items, evenly spread over a list, the first and the last included. */
function tenOf<T>(items: readonly T[]): readonly T[] {
  assert(items.length >= 10, `only ${items.length} figures`);
  const step = (items.length - 1) / 9;
  return Array.from({ length: 10 }, (_, n) => items[Math.round(n * step)]!);
}

function usd(hourly: number, asOf: string): Price {
  return { currency: "USD", hourly, asOf };
}

/** Lists the sizes that EC2 has in a region, without a request. */
async function ec2Sizes(region: string): Promise<Map<string, NodeSize>> {
  const ec2 = new Ec2NodeDriver({
    accessKeyId: "AKIDEXAMPLE",
    secretAccessKey: "secret",
    region,
    fetch: () => Promise.reject(new Error("a request was sent")),
  });
  return byId(await ec2.listSizes());
}

function byId(sizes: readonly NodeSize[]): Map<string, NodeSize> {
  return new Map(sizes.map((size) => [size.id, size]));
}

/** Sizes with prices per hour. */
interface SizeFigures {
  readonly date: string;
  readonly sizes: readonly {
    readonly id: number;
    readonly name: string;
    readonly vcpus: number;
    readonly ramMiB: number;
    readonly diskGB: number;
    readonly pricePerHour: number;
  }[];
}

/** Drivers whose sizes were collected, with their prices. */
const LISTS: readonly {
  readonly name: string;
  readonly file: string;
  readonly list: () => PromiseLike<readonly NodeSize[]>;
}[] = [
  {
    name: "NephoScaleNodeDriver",
    file: `${FOLDER}/nephoscale.json`,
    list() {
      const { credentials, fetch } = new NephoScaleSimulator();
      return new NephoScaleNodeDriver({ ...credentials, fetch }).listSizes();
    },
  },
  {
    name: "SoftLayerNodeDriver",
    file: `${FOLDER}/softlayer.json`,
    list() {
      const { credentials, fetch } = new SoftLayerSimulator();
      return new SoftLayerNodeDriver({ ...credentials, fetch }).listSizes();
    },
  },
];

for (const { name, file, list } of LISTS) {
  const figures = await readReference<SizeFigures>(file);
  const test = `${name}.listSizes() returns ten figures as collected`;
  Deno.test({
    ...needsReference(test, file, figures),
    async fn() {
      const sizes = byId(await list());
      const { date, sizes: collected } = figures!;
      const day = date.slice(0, "2026-11-29".length);
      for (const figure of tenOf(collected)) {
        const { id, name, vcpus, ramMiB, diskGB, pricePerHour } = figure;
        const size = sizes.get(String(id));
        assertEquals(
          [size?.name, size?.vcpus, size?.ramMib, size?.diskGb, size?.price],
          // A price of 0 is unknown.
          [
            name,
            vcpus,
            ramMiB,
            diskGB,
            pricePerHour === 0 ? undefined : usd(pricePerHour, day),
          ],
        );
      }
    },
  });
}

interface RackspaceFigures {
  readonly date: Readonly<Record<string, string>>;
  readonly prices: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

const RACKSPACE = `${FOLDER}/rackspace.json`;
const RACKSPACE_LISTS: readonly (readonly [region: string, list: string])[] = [
  ["DFW", "rackspacenovaus"],
  ["IAD", "rackspacenovaus"],
  ["LON", "rackspacenovalon"],
  ["ORD", "rackspacenovaus"],
  ["SYD", "rackspacenovasyd"],
];
const rackspace = await readReference<RackspaceFigures>(RACKSPACE);

Deno.test({
  ...needsReference(
    "RackspaceNodeDriver.listSizes() returns ten figures as collected",
    RACKSPACE,
    rackspace,
  ),
  async fn() {
    const { date, prices } = rackspace!;
    const figures: (readonly [string, NodeSize, Price])[] = [];
    for (const [region, list] of RACKSPACE_LISTS) {
      const { credentials, fetch } = new RackspaceSimulator({ region });
      const driver = new RackspaceNodeDriver({ ...credentials, region, fetch });
      for (const size of await driver.listSizes()) {
        const hourly = prices[list]?.[size.id];
        if (hourly === undefined) continue;
        figures.push([region, size, usd(hourly, date[list]!)]);
      }
    }
    for (const [region, { id, price }, expected] of tenOf(figures)) {
      assertEquals(price, expected, `${region} ${id}`);
    }
  },
});

interface Ec2Prices {
  /** Day of all regions, or of each. */
  readonly date: string | Readonly<Record<string, string>>;
  readonly prices: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

const EC2_CURRENT = `${FOLDER}/ec2-prices.json`;
const EC2_OLD = `${FOLDER}/ec2-prices-2017.json`;
const current = await readReference<Ec2Prices>(EC2_CURRENT);
const old = await readReference<Ec2Prices>(EC2_OLD);

for (
  const [file, figures, others] of [
    [EC2_CURRENT, current, undefined],
    // The newer figures of the other file replace those of the same region.
    [EC2_OLD, old, current],
  ] as const
) {
  Deno.test({
    ...needsReference(
      `Ec2NodeDriver.listSizes() returns ten prices as collected in ${file}`,
      file,
      figures,
    ),
    async fn() {
      const { date, prices } = figures!;
      const rows = Object.entries(prices)
        .filter(([region]) => others?.prices[region] === undefined)
        .flatMap(([region, list]) =>
          Object.entries(list).map(([id, hourly]) => ({ region, id, hourly }))
        );
      for (const { region, id, hourly } of tenOf(rows)) {
        const day = typeof date === "string" ? date : date[region];
        const size = (await ec2Sizes(region)).get(id);
        assertEquals(size?.price, {
          currency: region.startsWith("cn-") ? "CNY" : "USD",
          hourly,
          asOf: day?.slice(0, 10),
        }, `${region} ${id}`);
      }
    },
  });
}

interface Ec2Types {
  readonly types: Readonly<
    Record<string, {
      readonly vcpu: number;
      readonly ramMiB: number;
      readonly gpu: number;
      readonly arch: string;
      readonly localNvmeGB?: number;
    }>
  >;
}

const EC2_TYPES = `${FOLDER}/ec2-instance-types.json`;
const types = await readReference<Ec2Types>(EC2_TYPES);

Deno.test({
  ...needsReference(
    "Ec2NodeDriver.listSizes() returns ten sizes as collected",
    EC2_TYPES,
    types,
  ),
  async fn() {
    const sizes = await ec2Sizes("us-east-1");
    for (const [id, figure] of tenOf(Object.entries(types!.types))) {
      const { vcpu, ramMiB, gpu, arch } = figure;
      const size = sizes.get(id);
      assertEquals(
        [size?.vcpus, size?.ramMib, size?.gpus ?? 0, size?.architecture],
        [vcpu, ramMiB, gpu, arch === "amd64" ? "x86_64" : arch],
        id,
      );
      if (figure.localNvmeGB) assertEquals(size?.diskGb, figure.localNvmeGB);
    }
  },
});
