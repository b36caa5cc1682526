/**
 * Lookup of resources by id.
 *
 * @module
 */

import type { Zone } from "./catalog.ts";
import { refuse, refuseValue } from "./query.ts";

/** How a type of resource is identified, and how unknown ids are refused. */
export interface LookupSpec {
  /** Prefix of the ids. */
  readonly prefix: string;
  /** Error code prefix for a malformed id. */
  readonly malformed: string;
  /** Error code for an unknown id. */
  readonly notFound: string;
  /** Name of the resource in error messages. */
  readonly label: string;
}

/** Volumes. */
export const VOLUME = {
  prefix: "vol",
  malformed: "InvalidVolumeID",
  notFound: "InvalidVolume.NotFound",
  label: "volume",
} as const;

/** Snapshots. */
export const SNAPSHOT = {
  prefix: "snap",
  malformed: "InvalidSnapshotID",
  notFound: "InvalidSnapshot.NotFound",
  label: "snapshot",
} as const;

/** Images. */
export const IMAGE = {
  prefix: "ami",
  malformed: "InvalidAMIID",
  notFound: "InvalidAMIID.NotFound",
  label: "image id",
} as const;

/** Security groups. */
export const GROUP = {
  prefix: "sg",
  malformed: "InvalidGroupId",
  notFound: "InvalidGroup.NotFound",
  label: "security group",
} as const;

/** Subnets. */
export const SUBNET = {
  prefix: "subnet",
  malformed: "InvalidSubnetID",
  notFound: "InvalidSubnetID.NotFound",
  label: "subnet ID",
} as const;

/** VPCs. */
export const VPC = {
  prefix: "vpc",
  malformed: "InvalidVpcID",
  notFound: "InvalidVpcID.NotFound",
  label: "vpc ID",
} as const;

/**
 * Refuses a malformed id.
 *
 * @param id Id to check.
 * @param prefix Prefix that the id must have.
 * @param code Prefix of the error code.
 * @throws {Ec2Refusal} If `id` is malformed.
 */
export function checkId(id: string, prefix: string, code: string): void {
  if (new RegExp(`^${prefix}-(?:[0-9a-f]{8}|[0-9a-f]{17})$`).test(id)) return;
  refuse(
    `${code}.Malformed`,
    `Invalid id: "${id}"${
      prefix === "i" ? "" : ` (expecting "${prefix}-...")`
    }`,
  );
}

/**
 * Finds a resource by its id.
 *
 * @typeParam T Type of the resource.
 * @param all Resources to search, by id.
 * @param id Id to find.
 * @param spec Type of the resource.
 * @returns The resource.
 * @throws {Ec2Refusal} If `id` is malformed or unknown.
 */
export function pick<T>(
  all: ReadonlyMap<string, T>,
  id: string,
  spec: LookupSpec,
): T {
  checkId(id, spec.prefix, spec.malformed);
  return all.get(id) ??
    refuse(spec.notFound, `The ${spec.label} '${id}' does not exist`);
}

/**
 * Finds resources by their ids, or returns all of them if there are no ids.
 *
 * @typeParam T Type of the resource.
 * @param all Resources to search, by id.
 * @param ids Ids to find; duplicates are ignored.
 * @param spec Type of the resource.
 * @returns The resources, in the order of their creation.
 * @throws {Ec2Refusal} If an id is malformed or unknown.
 */
export function pickAll<T extends { readonly order: number }>(
  all: ReadonlyMap<string, T>,
  ids: readonly string[],
  spec: LookupSpec,
): readonly T[] {
  if (ids.length === 0) return [...all.values()];
  const picked = ids.map((id) => pick(all, id, spec));
  return [...new Set(picked)].sort((a, b) => a.order - b.order);
}

/**
 * Finds an availability zone.
 *
 * @param region Region of the zone.
 * @param given Parameters with the name or the id of the zone.
 * @returns The zone, or `undefined` if the parameters have neither.
 * @throws {Ec2Refusal} If there is no such zone.
 */
export function zoneOf(
  region: { readonly zones: readonly Zone[] },
  given: {
    readonly AvailabilityZone?: string | undefined;
    readonly AvailabilityZoneId?: string | undefined;
  } | undefined,
): Zone | undefined {
  const requested = given?.AvailabilityZone ?? given?.AvailabilityZoneId;
  if (requested === undefined) return undefined;
  return region.zones.find(({ name, id }) =>
    requested === (given?.AvailabilityZone === undefined ? id : name)
  ) ?? refuseValue(`Invalid availability zone: [${requested}]`);
}
