/**
 * Sizes of EC2, and what they cost: code that goes with its data, and is loaded
 * with it. It imports nothing else that runs, so that a bundler puts both into
 * one chunk and leaves the core whole.
 *
 * @module
 */

import type { Price } from "../../core/compute/mod.ts";
import data from "../../data/ec2.json" with { type: "json" };
import type { Ec2Size } from "./_ec2_records.ts";

/** A type of instances, as EC2 tells it. */
export interface TypeJson {
  readonly instanceType?: string;
  readonly vCpuInfo?: { readonly defaultVCpus?: string };
  readonly memoryInfo?: { readonly sizeInMiB?: string };
  readonly instanceStorageInfo?: { readonly totalSizeInGB?: string };
  readonly processorInfo?: {
    readonly supportedArchitectures?: readonly string[];
  };
  readonly currentGeneration?: boolean;
}

interface SizeData {
  readonly sizes: readonly {
    readonly id: string;
    readonly vcpus: number;
    readonly ramMib: number;
    readonly diskGb?: number;
    readonly extra: Ec2Size["extra"];
  }[];
  readonly prices: Readonly<
    Record<string, {
      readonly currency: string;
      readonly asOf: string;
      readonly hourly: Readonly<Record<string, number>>;
    }>
  >;
}

const { sizes, prices }: SizeData = data;

/**
 * Lists all sizes in the data.
 *
 * @param region Region whose prices count.
 * @returns The sizes.
 */
export function knownSizes(region: string): Ec2Size[] {
  return sizes.map((size) => ({
    ...size,
    name: size.id,
    price: priceOf(region, size.id),
    extra: { ...size.extra },
  }));
}

/**
 * Makes a record of what EC2 tells of a type, with what else is known of it.
 *
 * @param region Region whose prices count.
 * @param type What EC2 tells.
 * @returns The size.
 * @throws {TypeError} If EC2 does not say what it is called.
 */
export function toSize(region: string, type: TypeJson): Ec2Size {
  const { instanceType: id, vCpuInfo, memoryInfo, instanceStorageInfo } = type;
  if (!id) throw new TypeError("There is no instanceType");
  return {
    id,
    name: id,
    vcpus: toNumber(vCpuInfo?.defaultVCpus),
    ramMib: toNumber(memoryInfo?.sizeInMiB),
    diskGb: toNumber(instanceStorageInfo?.totalSizeInGB),
    price: priceOf(region, id),
    extra: {
      ...sizes.find((size) => size.id === id)?.extra,
      // The last is the widest: old types name "i386" first.
      architecture: type.processorInfo?.supportedArchitectures?.at(-1),
      currentGeneration: type.currentGeneration === true,
    },
  };
}

function priceOf(region: string, sizeId: string): Price | undefined {
  if (!Object.hasOwn(prices, region)) return undefined;
  const list = prices[region]!;
  return Object.hasOwn(list.hourly, sizeId)
    ? { ...list, hourly: list.hourly[sizeId] }
    : undefined;
}

function toNumber(value: unknown): number | undefined {
  const number = Number(value ?? NaN);
  return Number.isFinite(number) ? number : undefined;
}
