/**
 * Zones of an account, and the changes in them.
 *
 * @module
 */

import type { Xml } from "./xml.ts";
import { keyOf, type RecordSet } from "./sets.ts";

/** A VPC in which a private zone is served. */
export interface Vpc {
  /** Region of the VPC. */
  readonly VPCRegion: string;
  /** Id of the VPC. */
  readonly VPCId: string;
}

/** A zone. */
export interface Zone {
  /** Id, such as `"Z0000000000000000001"`. */
  readonly id: string;
  /** Name, as `formatName()` writes it. */
  readonly name: string;
  /** Idempotency key of its creation. */
  readonly callerReference: string;
  /** Whether the zone is private. */
  readonly isPrivate: boolean;
  /** The comment; it can be changed. */
  comment: string | undefined;
  /** VPCs of a private zone. */
  readonly vpcs: readonly Vpc[];
  /** Id of a reusable delegation set. */
  readonly delegationSetId: string | undefined;
  /** Name servers, without the final dot. */
  readonly nameServers: readonly string[];
  /** Record sets by their key; replaced by each change. */
  sets: ReadonlyMap<string, RecordSet>;
  /** Time until which other changes are refused. */
  busyUntil: number;
}

/** A change that name servers take over. */
export interface ChangeInfo {
  /** Id, such as `"C0000000000000000001"`. */
  readonly id: string;
  /** Time of the change. */
  readonly at: number;
  /** Comment on the change. */
  readonly comment: string | undefined;
}

const DOMAINS = ["org", "co.uk", "com", "net"];
const NS_TTL = 172_800;
const SOA_TTL = 900;

/**
 * Creates an id, as Route 53 has them.
 *
 * @param kind First letter.
 * @param number Number of the item.
 * @returns The id.
 */
export function toId(kind: "C" | "Z", number: number): string {
  return `${kind}${String(number).padStart(20, "0")}`;
}

/**
 * Chooses the name servers of a zone.
 *
 * @param number Number of the zone.
 * @returns Four names, without the final dot.
 */
export function nameServersOf(number: number): string[] {
  return DOMAINS.map((domain, index) => {
    const server = (number * 37 + index * 512) % 2048;
    return `ns-${server}.awsdns-${
      String(number % 64).padStart(2, "0")
    }.${domain}`;
  });
}

/**
 * Creates a record set without a routing policy.
 *
 * @param name Name, as `formatName()` writes it.
 * @param type Type of the records.
 * @param ttl TTL in seconds.
 * @param values The values.
 * @returns The record set.
 */
export function plainSet(
  name: string,
  type: string,
  ttl: number,
  values: readonly string[],
): RecordSet {
  return {
    name,
    type,
    setIdentifier: undefined,
    policy: undefined,
    routing: undefined,
    ttl,
    values,
    alias: undefined,
    healthCheckId: undefined,
  };
}

/**
 * Creates the record sets that every zone has.
 *
 * @param name Name of the zone.
 * @param nameServers Its name servers.
 * @returns The SOA and the NS record set, by their keys.
 */
export function requiredSets(
  name: string,
  nameServers: readonly string[],
): Map<string, RecordSet> {
  const soa = `${nameServers[0]}. awsdns-hostmaster.amazon.com. 1 7200 900 ` +
    "1209600 86400";
  const hosts = nameServers.map((host) => `${host}.`);
  return byKey([
    plainSet(name, "NS", NS_TTL, hosts),
    plainSet(name, "SOA", SOA_TTL, [soa]),
  ]);
}

/**
 * Returns record sets by their keys.
 *
 * @param sets The record sets.
 * @returns The same, by their keys.
 */
export function byKey(sets: readonly RecordSet[]): Map<string, RecordSet> {
  return new Map(sets.map((set) => [keyOf(set), set]));
}

/**
 * Returns the record sets of an ordinary zone, for the start of a simulation.
 * There are an alias and two record sets with weights.
 *
 * @param name Name of the zone.
 * @returns The record sets.
 */
export function exampleSets(name: string): RecordSet[] {
  const weighted = (setIdentifier: string, weight: string, value: string) => ({
    ...plainSet(`api.${name}`, "A", 60, [value]),
    setIdentifier,
    policy: "Weight" as const,
    routing: weight,
  });
  return [
    plainSet(name, "MX", 300, [`10 mx1.${name}`, `20 mx2.${name}`]),
    plainSet(name, "TXT", 300, ['"v=spf1 -all"', '"a;b \\"q\\" c" "second"']),
    {
      ...plainSet(name, "A", 0, []),
      ttl: undefined,
      alias: {
        HostedZoneId: "Z2FDTNDATAQYW2",
        DNSName: "d111111abcdef8.cloudfront.net.",
        EvaluateTargetHealth: "false",
      },
    },
    plainSet(`\\052.${name}`, "CNAME", 300, [`www.${name}`]),
    weighted("blue", "90", "192.0.2.1"),
    weighted("green", "10", "192.0.2.2"),
    plainSet(`www.${name}`, "A", 300, ["192.0.2.10", "192.0.2.11"]),
    plainSet(`www.${name}`, "AAAA", 300, ["2001:db8::10"]),
  ];
}

/**
 * Writes a zone for a response.
 *
 * @param zone The zone.
 * @returns The content of its element.
 */
export function zoneElement(zone: Zone): Xml {
  return {
    Id: `/hostedzone/${zone.id}`,
    Name: zone.name,
    CallerReference: zone.callerReference,
    Config: { Comment: zone.comment, PrivateZone: zone.isPrivate },
    ResourceRecordSetCount: zone.sets.size,
  };
}

/**
 * Writes the name servers of a zone for a response.
 *
 * @param zone The zone.
 * @returns The content of the element.
 */
export function delegationElement(
  { delegationSetId, nameServers }: Zone,
): Xml {
  return {
    Id: delegationSetId && `/delegationset/${delegationSetId}`,
    CallerReference: undefined,
    NameServers: { NameServer: nameServers },
  };
}
