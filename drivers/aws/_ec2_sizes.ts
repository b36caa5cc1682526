/**
 * Sizes of Amazon EC2 and their prices, from the lists in `data/ec2_sizes.json`.
 *
 * This module is loaded on demand, together with its data. It imports only
 * types, so that a bundler can put it into a chunk of its own.
 *
 * @module
 */

import type {
  LocationPrices,
  Price,
  SizeData,
} from "../../core/compute/mod.ts";
import data from "../../data/ec2_sizes.json" with { type: "json" };
import type { Ec2Size } from "./_ec2_records.ts";

/** The fields of an instance type in a response. */
export interface InstanceTypeFields {
  readonly instanceType?: string;
  readonly vCpuInfo?: { readonly defaultVCpus?: string };
  readonly memoryInfo?: { readonly sizeInMiB?: string };
  readonly instanceStorageInfo?: { readonly totalSizeInGB?: string };
  readonly processorInfo?: {
    readonly supportedArchitectures?: readonly string[];
  };
  readonly gpuInfo?: { readonly gpus?: readonly GpuFields[] };
  readonly currentGeneration?: boolean;
}

/** The GPUs of one kind. */
interface GpuFields {
  readonly count?: string;
}

interface Ec2SizeData extends SizeData {
  readonly extra: Ec2Size["extra"];
}

const sizes: readonly Ec2SizeData[] = data.sizes.items;
const { locations }: LocationPrices = data.prices;

/**
 * Lists all sizes of the bundled list.
 *
 * @param region Region of the prices.
 * @returns The sizes.
 */
export function bundledSizes(region: string): Ec2Size[] {
  return sizes.map((size) => ({
    ...size,
    name: size.id,
    price: bundledPrice(region, size.id),
    extra: { ...size.extra },
  }));
}

/**
 * Creates the record of an instance type from a response. The fields of `extra`
 * that the response lacks come from the bundled list.
 *
 * @param type The fields of the response.
 * @param findPrice Finds the price of a size by its id.
 * @returns The size.
 * @throws {TypeError} If the response does not contain its name.
 */
export function toSize(
  type: InstanceTypeFields,
  findPrice: (id: string) => Price | undefined,
): Ec2Size {
  const { instanceType: id, vCpuInfo, memoryInfo, instanceStorageInfo } = type;
  if (!id) throw new TypeError('the response has no field "instanceType"');
  return {
    id,
    name: id,
    vcpus: toNumber(vCpuInfo?.defaultVCpus),
    ramMib: toNumber(memoryInfo?.sizeInMiB),
    diskGb: toNumber(instanceStorageInfo?.totalSizeInGB),
    // The last one is the widest: old types have "i386" first.
    architecture: type.processorInfo?.supportedArchitectures?.at(-1),
    gpus: gpusOf(type),
    price: findPrice(id),
    extra: {
      ...sizes.find((size) => size.id === id)?.extra,
      currentGeneration: type.currentGeneration === true,
    },
  };
}

/** Number of GPUs; `undefined` if the type has none. */
function gpusOf({ gpuInfo }: InstanceTypeFields): number | undefined {
  const counts = gpuInfo?.gpus?.map(({ count }) => toNumber(count) ?? 0) ?? [];
  return counts.reduce((sum, count) => sum + count, 0) || undefined;
}

/**
 * Looks up a price in the bundled list.
 *
 * @param region Region of the price.
 * @param sizeId Id of the size.
 * @returns The price, with its day. `undefined` if it is unknown.
 */
export function bundledPrice(
  region: string,
  sizeId: string,
): Price | undefined {
  const list = Object.hasOwn(locations, region) ? locations[region] : undefined;
  if (!list || !Object.hasOwn(list.sizes, sizeId)) return undefined;
  return { currency: list.currency, ...list.sizes[sizeId], asOf: list.updated };
}

function toNumber(value: unknown): number | undefined {
  const number = Number(value ?? NaN);
  return Number.isFinite(number) ? number : undefined;
}
