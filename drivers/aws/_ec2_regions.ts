/**
 * Regions of EC2, and the countries they are in: code that goes with its data,
 * and is loaded with it. It imports nothing else that runs, so that a bundler
 * puts both into one chunk and leaves the core whole.
 *
 * @module
 */

import data from "../../data/ec2_regions.json" with { type: "json" };
import type { Ec2Location, Ec2Region } from "./_ec2_records.ts";

/**
 * Makes a record of what EC2 tells of a region.
 *
 * @param extra What EC2 tells.
 * @returns The region.
 * @throws {TypeError} If EC2 does not say what it is called.
 */
export function toRegion(extra: Ec2Region["extra"]): Ec2Region {
  const { regionName: id } = extra;
  if (!id) throw new TypeError("There is no regionName");
  const { name = id, country } = data.regions.find((it) => it.id === id) ?? {};
  return { id, name, country, extra };
}

/**
 * Makes a record of what EC2 tells of a zone.
 *
 * @param extra What EC2 tells.
 * @returns The location.
 * @throws {TypeError} If EC2 does not say what it or its region is called.
 */
export function toLocation(extra: Ec2Location["extra"]): Ec2Location {
  const { zoneName: id, zoneType = "" } = extra;
  if (!id) throw new TypeError("There is no zoneName");
  const { country } = toRegion(extra);
  // A local zone may be in another country than its region.
  const isLocal = /^[lw]/.test(zoneType);
  return { id, name: id, country: isLocal ? undefined : country, extra };
}
