/**
 * Microversions, links and quotas of Cinder.
 *
 * @module
 */

import type { Account } from "./_account.ts";
import { linkBase } from "./_requests.ts";
import { type Handler, Refusal } from "../kit/mod.ts";

/** Newest microversion, 3.70. */
export const NEWEST = 70;

/** Second number of the microversion of a request; the default is 3.0. */
export function cinderMinor({ headers }: Request): number {
  const version = headers.get("openstack-api-version") ?? "";
  if (/\bvolume latest\b/.test(version)) return NEWEST;
  return Number(/\bvolume 3\.(\d+)/.exec(version)?.[1] ?? 0);
}

/** Refuses requests with a microversion that is too new, and tells the others. */
export function requireVolumeVersion(handler: Handler): Handler {
  return async (call) => {
    const minor = cinderMinor(call.request);
    const headers = {
      "Openstack-Api-Version": `volume 3.${minor}`,
      Vary: "OpenStack-API-Version",
    };
    try {
      if (minor > NEWEST) {
        throw new Refusal(
          406,
          `Version 3.${minor} is not supported by the API. Minimum is 3.0 and ` +
            `maximum is 3.${NEWEST}.`,
        );
      }
      const response = await handler(call);
      for (const [name, value] of Object.entries(headers)) {
        response.headers.set(name, value);
      }
      return response;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { status, message, code } = error;
      const all = { ...headers, ...error.headers };
      throw new Refusal(status, message, { code, headers: all });
    }
  };
}

/** Links of a resource to itself. */
export function linksOf(
  account: Account,
  url: URL,
  path: string,
  id: string,
): object[] {
  const base = linkBase(account, "volume", url);
  const rest = `${account.projectId}/${path}/${id}`;
  return [
    { rel: "self", href: `${base}/v3/${rest}` },
    { rel: "bookmark", href: `${base}/${rest}` },
  ];
}

/** Refuses a volume or a snapshot above a quota. */
export function requireQuota(
  { settings: { quotas } }: Account,
  kind: "volumes" | "snapshots",
  used: Readonly<Record<"volumes" | "snapshots" | "gigabytes", number>>,
  sizeGb: number,
): void {
  const limit = quotas[kind] ?? -1;
  if (limit >= 0 && used[kind] >= limit) {
    const end = kind === "volumes" ? " for quota 'volumes'" : "";
    throw overLimit(
      `${
        kind === "volumes" ? "VolumeLimitExceeded" : "SnapshotLimitExceeded"
      }` +
        `: Maximum number of ${kind} allowed (${limit}) exceeded${end}.`,
    );
  }
  const gigabytes = quotas["gigabytes"] ?? -1;
  if (gigabytes >= 0 && used.gigabytes + sizeGb > gigabytes) {
    throw overLimit(
      "VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds " +
        `allowed gigabytes quota. Requested ${sizeGb}G, quota is ` +
        `${gigabytes}G and ${used.gigabytes}G has been consumed.`,
    );
  }
}

function overLimit(message: string): Refusal {
  return new Refusal(413, message, { headers: { "Retry-After": "0" } });
}
