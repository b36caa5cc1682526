/**
 * Networks and IP addresses.
 *
 * @module
 */

import { type Region, REGIONS } from "./_catalog.ts";
import { toUuid } from "./_requests.ts";

const CREATED_AT = "2024-03-05T09:12:30Z";

/** Returns the id of the VPC of a region. */
export function vpcOf({ slug }: Region): string {
  const index = REGIONS.findIndex((region) => region.slug === slug);
  return toUuid(index + 1, "760e09ef-dc84-11e8-981e");
}

/** Converts the VPC of a region to the format of the API. */
export function vpcJson(region: Region) {
  const id = vpcOf(region);
  return {
    id,
    urn: `do:vpc:${id}`,
    name: `default-${region.slug}`,
    description: "",
    region: region.slug,
    ip_range: "10.128.0.0/9",
    default: true,
    created_at: CREATED_AT,
  };
}

/**
 * Returns the networks of a droplet. All addresses are reserved ones.
 *
 * @param index Number that the addresses derive from.
 * @param isPublic Whether there are public addresses besides the private one.
 * @param hasIpv6 Whether one of them is an IPv6 address.
 * @returns The networks, in the format of the API.
 */
export function networksOf(
  index: number,
  isPublic: boolean,
  hasIpv6: boolean,
) {
  const privateNetwork = {
    ip_address: `10.${128 + (index >> 16) % 128}.${lowBytes(index)}`,
    netmask: "255.128.0.0",
    // The service sends this string.
    gateway: "nil",
    type: "private",
  };
  if (!isPublic) return { v4: [privateNetwork], v6: [] };
  // First the range for documentation, then the range for benchmarks.
  const spare = index - 252;
  const publicIp = spare < 0
    ? `203.0.113.${index + 2}`
    : `198.${18 + (spare >> 16) % 2}.${lowBytes(spare)}`;
  return {
    v4: [privateNetwork, {
      ip_address: publicIp,
      netmask: "255.255.255.0",
      gateway: publicIp.replace(/\d+$/, "1"),
      type: "public",
    }],
    v6: hasIpv6
      ? [{
        ip_address: `2001:db8::${(index + 2).toString(16)}`,
        netmask: 64,
        gateway: "2001:db8::1",
        type: "public",
      }]
      : [],
  };
}

function lowBytes(index: number): string {
  return `${(index >> 8) % 256}.${index % 256}`;
}
