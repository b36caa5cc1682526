/**
 * Public clouds that speak the API of OpenStack: where to log in, and regions.
 *
 * @module
 */

import { choose, joinWords, mistake } from "../../core/mod.ts";
import data from "../../data/openstack.json" with { type: "json" };

/** A public cloud. */
export interface CloudProfile {
  /** Name of the cloud. */
  readonly name: string;
  /** URL of the identity service; it may contain {@linkcode REGION}. */
  readonly authUrl: string;
  /** Known regions. The cloud may have more by now. */
  readonly regions: readonly string[];
  /** Web site, which files may name instead of the id. */
  readonly site?: string | undefined;
}

/** The public clouds by id. */
export const PROFILES: Readonly<Record<string, CloudProfile>> =
  data.clouds.items;

/** Stands for the region in a URL, as in OpenStack's own profiles. */
export const REGION = "{region_name}";

/**
 * Finds a public cloud by its id.
 *
 * @param id The id, such as `"ovh"`.
 * @param operation Name of the method or the class, for errors.
 * @param region The region that the caller chose.
 * @returns The cloud. `authUrl` is complete, and `region` is the chosen region
 *   or the only one.
 * @throws {TypeError} If the id is unknown. If the region is missing, and each
 *   region has its own identity service.
 */
export function profileOf(
  id: string,
  operation: string,
  region?: string,
): CloudProfile & { readonly region: string | undefined } {
  const profile = choose(PROFILES, id, operation, "profile");
  const chosen = region ?? onlyRegion(profile);
  if (chosen === undefined && profile.authUrl.includes(REGION)) {
    throw mistake(operation, "region", joinWords(profile.regions), region);
  }
  const authUrl = fillRegion(profile.authUrl, chosen ?? "");
  return { ...profile, authUrl, region: chosen };
}

/**
 * Finds the region that needs no choice.
 *
 * @param profile The public cloud.
 * @returns The only region, or `undefined` if there are several.
 */
export function onlyRegion({ regions }: CloudProfile): string | undefined {
  return regions.length === 1 ? regions[0] : undefined;
}

/**
 * Writes the region into a URL.
 *
 * @param url The URL, with or without {@linkcode REGION}.
 * @param region The region.
 * @returns The complete URL.
 */
export function fillRegion(url: string, region: string): string {
  return url.replaceAll(REGION, () => encodeURIComponent(region));
}
