/**
 * Capabilities: features that some DNS providers have and others do not.
 *
 * @module
 */

import type { CallOptions } from "../options.ts";
import type { CreateZoneOptions } from "./options.ts";
import type {
  ChangeResult,
  RecordDataTypes,
  Zone,
  ZoneRef,
} from "./records.ts";

/** The provider writes zone files. */
export interface ZoneFiles {
  /** Returns the zone as the text of a zone file (RFC 1035). */
  exportZoneFile(zone: ZoneRef, options?: CallOptions): Promise<string>;
  /** Replaces the record sets of the zone by those of a zone file. */
  importZoneFile?(
    zone: ZoneRef,
    text: string,
    options?: CallOptions,
  ): Promise<ChangeResult>;
}

/** State of the signatures of a zone. */
export interface DnssecState {
  /** Whether the provider signs the zone. */
  readonly isSigned: boolean;
  /** DS records for the parent zone; empty if the zone is not signed. */
  readonly ds: readonly RecordDataTypes["DS"][];
}

/** Options of `setDnssec()`. */
export interface SetDnssecOptions extends CallOptions {
  /** Whether the provider signs the zone. */
  readonly isSigned: boolean;
}

/** The provider signs zones (DNSSEC). */
export interface Dnssec {
  /** Returns whether a zone is signed, and its DS records. */
  getDnssec(zone: ZoneRef, options?: CallOptions): Promise<DnssecState>;
  /**
   * Starts or stops signing a zone. While the parent zone has a DS record,
   * resolvers reject a zone that is not signed.
   */
  setDnssec(zone: ZoneRef, options: SetDnssecOptions): Promise<void>;
}

/** Options of `createSecondaryZone()`. */
export interface CreateSecondaryZoneOptions extends CreateZoneOptions {
  /** Addresses of the servers to copy the zone from. */
  readonly primaries: readonly string[];
}

/** The provider copies zones from other name servers. */
export interface SecondaryZones {
  /** Creates a zone that is copied from other name servers. */
  createSecondaryZone(options: CreateSecondaryZoneOptions): Promise<Zone>;
}

/** Options of `updateZone()`. */
export interface UpdateZoneOptions extends CallOptions {
  /** TTL of record sets without their own, in seconds. */
  readonly ttl?: number | undefined;
}

/** Zones can be changed. */
export interface ZoneUpdates {
  /** Changes the settings of a zone. Options that are absent stay as they are. */
  updateZone(zone: ZoneRef, options: UpdateZoneOptions): Promise<Zone>;
}

/** Every capability by its key. */
export interface DnsCapabilities {
  /** The provider writes zone files. */
  readonly zoneFiles: ZoneFiles;
  /** The provider signs zones. */
  readonly dnssec: Dnssec;
  /** The provider copies zones from other name servers. */
  readonly secondaryZones: SecondaryZones;
  /** Zones can be changed. */
  readonly zoneUpdates: ZoneUpdates;
}

/** Key of a capability, such as `"zoneFiles"`. */
export type DnsCapability = keyof DnsCapabilities;

// A method that every class with the capability has.
const PROBES: Readonly<Record<DnsCapability, string>> = {
  zoneFiles: "exportZoneFile",
  dnssec: "getDnssec",
  secondaryZones: "createSecondaryZone",
  zoneUpdates: "updateZone",
};

/** Keys of all capabilities. */
export const DNS_CAPABILITIES: readonly DnsCapability[] = [
  "zoneFiles",
  "dnssec",
  "secondaryZones",
  "zoneUpdates",
];

/**
 * Checks whether a DNS driver has a capability, and narrows its type.
 *
 * ```ts
 * import { type DnsDriver, supportsDns } from "@nephos/nephos/dns";
 *
 * async function backUp(driver: DnsDriver): Promise<void> {
 *   if (!supportsDns(driver, "zoneFiles")) return;
 *   for await (const zone of driver.listZones()) {
 *     console.log(await driver.exportZoneFile(zone));
 *   }
 * }
 * ```
 *
 * @typeParam D The driver, as far as it is known.
 * @typeParam C Key of the capability.
 * @param driver The driver.
 * @param capability Key of the capability.
 * @returns Whether the driver has the capability.
 */
export function supportsDns<D extends object, C extends DnsCapability>(
  driver: D,
  capability: C,
): driver is D & DnsCapabilities[C] {
  const method: unknown = Reflect.get(driver, PROBES[capability]);
  return typeof method === "function";
}
