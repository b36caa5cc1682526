/**
 * Microversions of Nova, which a header selects.
 *
 * @module
 */

import type { Account } from "./_account.ts";
import { badRequest } from "./_requests.ts";
import { Refusal } from "../kit/mod.ts";

/** Microversion that the headers of a request name, such as `"2.46"`. */
function nameOf({ headers }: Request): string | undefined {
  const header = headers.get("openstack-api-version") ?? "";
  return /(?:^|,)\s*compute\s+([^,\s]+)/i.exec(header)?.[1] ??
    headers.get("x-openstack-nova-api-version") ?? undefined;
}

function newestOf({ settings }: Account): number {
  return Number(settings.newestMicroversion.split(".")[1] ?? 1);
}

/**
 * Minor number of the microversion of a request: 46 for 2.46.
 *
 * @param account The account.
 * @param request The request.
 * @returns The number; 1 if the request names no version, or if the cloud has no
 * microversions.
 */
export function microversionOf(account: Account, request: Request): number {
  const name = nameOf(request);
  if (name === undefined || account.settings.newestMicroversion === "") {
    return 1;
  }
  return name === "latest" ? newestOf(account) : Number(name.split(".")[1]);
}

/** Refuses invalid microversions, and those that are too new. */
export function requireMicroversion(account: Account, request: Request): void {
  if (account.settings.newestMicroversion === "") return;
  const name = nameOf(request) ?? "2.1";
  if (name !== "latest" && !/^\d+\.\d+$/.test(name)) {
    throw badRequest(
      `API Version String ${name} is of invalid format. Must be of format ` +
        "MajorNum.MinorNum.",
    );
  }
  const newest = newestOf(account);
  const minor = microversionOf(account, request);
  if (minor <= newest && minor >= 1) return;
  throw new Refusal(
    406,
    `Version 2.${minor} is not supported by the API. Minimum is 2.1 and ` +
      `maximum is 2.${newest}.`,
  );
}

/** Adds the headers that tell the microversion of a response. */
export function addMicroversion(
  account: Account,
  headers: Headers,
  request: Request,
): void {
  if (account.settings.newestMicroversion === "") return;
  const version = `2.${microversionOf(account, request)}`;
  headers.set("OpenStack-API-Version", `compute ${version}`);
  headers.set("X-OpenStack-Nova-API-Version", version);
  headers.set("Vary", "OpenStack-API-Version, X-OpenStack-Nova-API-Version");
}
