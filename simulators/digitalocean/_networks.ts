/**
 * Networks and IP addresses.
 *
 * @module
 */

import { type Region, REGIONS } from "./_catalog.ts";
import type { Addresses } from "./_account.ts";
import { toUuid } from "../kit/mod.ts";

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
 * Returns the networks of a droplet.
 *
 * @param addresses Addresses of the droplet.
 * @param isPublic Whether there are public addresses besides the private one.
 * @param hasIpv6 Whether one of them is an IPv6 address.
 * @returns The networks, in the format of the API.
 */
export function networksOf(
  { publicIp, privateIp, ipv6 }: Addresses,
  isPublic: boolean,
  hasIpv6: boolean,
) {
  const privateNetwork = {
    ip_address: privateIp,
    netmask: "255.128.0.0",
    // The service sends this string.
    gateway: "nil",
    type: "private",
  };
  if (!isPublic) return { v4: [privateNetwork], v6: [] };
  return {
    v4: [privateNetwork, {
      ip_address: publicIp,
      netmask: "255.255.255.0",
      gateway: publicIp.replace(/\d+$/, "1"),
      type: "public",
    }],
    v6: hasIpv6
      ? [{
        ip_address: ipv6,
        netmask: 64,
        gateway: "2001:db8::1",
        type: "public",
      }]
      : [],
  };
}
