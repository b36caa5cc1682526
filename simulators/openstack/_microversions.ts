/**
 * Microversions of Nova, which a header selects.
 *
 * @module
 */

import type { Account } from "./_account.ts";
import { Refusal } from "../kit/mod.ts";

/**
 * Minor number of the microversion of a request: 46 for 2.46.
 *
 * @param request The request.
 * @returns The number; 1 if the request names no version.
 */
export function microversionOf(request: Request): number {
  const header = request.headers.get("openstack-api-version") ?? "";
  const named = /(?:^|,)\s*compute\s+2\.(\d+)/.exec(header)?.[1] ??
    /^2\.(\d+)$/.exec(
      request.headers.get("x-openstack-nova-api-version") ?? "",
    )?.[1];
  return Number(named ?? 1);
}

/** Refuses microversions that are too new. */
export function requireMicroversion(account: Account, request: Request): void {
  const newest = Number(account.settings.newestMicroversion.split(".")[1] ?? 1);
  const minor = microversionOf(request);
  if (minor <= newest && minor >= 1) return;
  throw new Refusal(
    406,
    `Version 2.${minor} is not supported by the API. Minimum is 2.1 and ` +
      `maximum is 2.${newest}.`,
  );
}
