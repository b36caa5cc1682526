/**
 * Regions and availability zones of Amazon EC2, and their countries.
 *
 * This module is loaded on demand, together with its data. It imports only
 * types, so that a bundler can put it into a chunk of its own.
 *
 * @module
 */

import data from "../../data/ec2.json" with { type: "json" };
import type { Ec2Location, Ec2Region } from "./_ec2_records.ts";

/**
 * Creates the record of a region.
 *
 * @param extra The fields of the response.
 * @returns The region.
 * @throws {TypeError} If the response does not contain its name.
 */
export function toRegion(extra: Ec2Region["extra"]): Ec2Region {
  const { regionName: id } = extra;
  if (!id) throw new TypeError('the response has no field "regionName"');
  const { name = id, country } =
    data.regions.items.find((region) => region.id === id) ?? {};
  return { id, name, country, extra };
}

/**
 * Creates the record of an availability zone.
 *
 * @param extra The fields of the response.
 * @returns The location.
 * @throws {TypeError} If the response lacks the name of the zone or the region.
 */
export function toLocation(extra: Ec2Location["extra"]): Ec2Location {
  const { zoneName: id, zoneType = "" } = extra;
  if (!id) throw new TypeError('the response has no field "zoneName"');
  const { country } = toRegion(extra);
  // A local zone or a Wavelength zone may be in another country than its
  // region.
  const isElsewhere = /^[lw]/.test(zoneType);
  return { id, name: id, country: isElsewhere ? undefined : country, extra };
}
