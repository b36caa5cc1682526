/**
 * Record sets.
 *
 * @module
 */

import { formatName, isInZone, parseName, sortKey } from "./names.ts";
import { refuse, refuseInput } from "./refusal.ts";
import { isType } from "./values.ts";
import type { Parsed, Shape, Xml } from "./xml.ts";

/** Members of a record set that belong to a routing policy. */
const POLICIES = [
  "Weight",
  "Region",
  "GeoLocation",
  "Failover",
  "MultiValueAnswer",
  "CidrRoutingConfig",
  "GeoProximityLocation",
] as const;

/** Name of a routing policy: the member that belongs to it. */
export type Policy = (typeof POLICIES)[number];

/** A record set. */
export interface RecordSet {
  /** Name, as `formatName()` writes it. */
  readonly name: string;
  /** Type of the records. */
  readonly type: string;
  /** Tells record sets with a routing policy apart. */
  readonly setIdentifier: string | undefined;
  /** The member of the routing policy, if there is one. */
  readonly policy: Policy | undefined;
  /** Content of that member. */
  readonly routing: string | Parsed | undefined;
  /** TTL in seconds; `undefined` for an alias. */
  readonly ttl: number | undefined;
  /** Values, as they were sent; empty for an alias. */
  readonly values: readonly string[];
  /** The target of an alias. */
  readonly alias: Alias | undefined;
  /** Id of a health check. */
  readonly healthCheckId: string | undefined;
}

/** The target of an alias. */
export interface Alias {
  /** Id of the zone of the target. */
  readonly HostedZoneId: string;
  /** Name of the target, with a dot at its end. */
  readonly DNSName: string;
  /** Whether the health of the target counts. */
  readonly EvaluateTargetHealth: string;
}

/** A change in a batch. */
export interface Change {
  /** What is done. */
  readonly action: "CREATE" | "DELETE" | "UPSERT";
  /** The record set. */
  readonly set: RecordSet;
}

/** What a record set may contain in a request, in this order. */
const SET: Shape = {
  Name: "text",
  Type: "text",
  SetIdentifier: "text",
  Weight: "text",
  Region: "text",
  GeoLocation: {
    ContinentCode: "text",
    CountryCode: "text",
    SubdivisionCode: "text",
  },
  Failover: "text",
  MultiValueAnswer: "text",
  TTL: "text",
  ResourceRecords: { list: "ResourceRecord", of: { Value: "text" } },
  AliasTarget: {
    HostedZoneId: "text",
    DNSName: "text",
    EvaluateTargetHealth: "text",
  },
  HealthCheckId: "text",
  TrafficPolicyInstanceId: "text",
  CidrRoutingConfig: { CollectionId: "text", LocationName: "text" },
  GeoProximityLocation: {
    AWSRegion: "text",
    LocalZoneGroup: "text",
    Coordinates: { Latitude: "text", Longitude: "text" },
    Bias: "text",
  },
};

/** What the body of ChangeResourceRecordSets contains. */
export const CHANGES: Shape = {
  ChangeBatch: {
    Comment: "text",
    Changes: {
      list: "Change",
      of: { Action: "text", ResourceRecordSet: SET },
    },
  },
};

const MAX_TTL = 2 ** 31 - 1;
const MAX_COMMENT = 256;
const HEALTH_CHECK = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;

/** Forms of the members of routing policies that have one text. */
const FORMS: Readonly<Partial<Record<Policy, RegExp>>> = {
  Weight: /^(?:\d{1,2}|1\d\d|2[0-4]\d|25[0-5])$/,
  Region: /^[a-z]+(?:-[a-z]+)+-\d$/,
  Failover: /^(?:PRIMARY|SECONDARY)$/,
  MultiValueAnswer: /^true$/,
};

/**
 * Reads a batch of changes. Everything that is wrong with a single record set,
 * whatever is in the zone, is refused here.
 *
 * @param body The content of the request.
 * @returns The changes, and the comment on them.
 */
export function readBatch(
  body: Parsed,
): { readonly changes: readonly Change[]; readonly comment?: string } {
  const batch = (body.ChangeBatch ?? {}) as Parsed;
  const changes = batch.Changes as readonly Parsed[] | undefined;
  if (!changes) {
    refuseInput(
      "1 validation error detected: Value null at 'changeBatch.changes' failed " +
        "to satisfy constraint: Member must not be null",
    );
  }
  const comment = batch.Comment as string | undefined;
  if (comment !== undefined && comment.length > MAX_COMMENT) {
    refuseLength("changeBatch.comment", MAX_COMMENT);
  }
  return {
    changes: changes.map(readChange),
    ...comment !== undefined && { comment },
  };
}

/**
 * Refuses a text that is too long.
 *
 * @param member Path of the member.
 * @param max Largest length.
 */
export function refuseLength(member: string, max: number): never {
  refuseInput(
    `1 validation error detected: Value at '${member}' failed to satisfy ` +
      `constraint: Member must have length less than or equal to ${max}`,
  );
}

function readChange({ Action, ResourceRecordSet }: Parsed): Change {
  const action = Action as Change["action"];
  if (!["CREATE", "DELETE", "UPSERT"].includes(action)) {
    refuseInput(
      `1 validation error detected: Value '${action}' at ` +
        "'changeBatch.changes.1.member.action' failed to satisfy constraint: " +
        "Member must satisfy enum value set: [CREATE, DELETE, UPSERT]",
    );
  }
  const set = (ResourceRecordSet ?? {}) as Parsed;
  const { Name = "", Type = "", SetIdentifier } = set as Record<
    string,
    string | undefined
  >;
  const about = `Change with [Action=${action}, Name=${Name}, Type=${Type}, ` +
    `SetIdentifier=${SetIdentifier ?? "null"}]`;
  if (!isType(Type)) {
    refuseInput(
      `1 validation error detected: Value '${Type}' at ` +
        "'changeBatch.changes.1.member.resourceRecordSet.type' failed to " +
        "satisfy constraint: Member must satisfy enum value set",
    );
  }
  const name = parseName(Name);
  if (!name.labels) {
    refuse(
      "InvalidChangeBatch",
      `[FATAL problem: ${name.problem} encountered with '${Name}']`,
    );
  }
  const alias = readAlias(set.AliasTarget as Parsed | undefined);
  const values = (set.ResourceRecords as readonly Parsed[] | undefined)
    ?.map(({ Value }) => Value as string);
  const isPlain = set.TTL !== undefined && values !== undefined;
  const hasBoth = set.TTL !== undefined || values !== undefined;
  if (alias ? hasBoth : !isPlain) {
    refuseInput(
      "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and " +
        `ResourceRecords], or TrafficPolicyInstanceId], but found ${
          alias ? "more than one" : "none"
        } in ${about}`,
    );
  }
  const policies = POLICIES.filter((it) => set[it] !== undefined);
  const [policy] = policies;
  if (policies.length > 1) {
    refuseInput(
      `Invalid request: Expected at most one of [${
        policies.join(", ")
      }] in ${about}`,
    );
  }
  if (policy && !SetIdentifier) {
    refuseInput(`Invalid request: Missing field 'SetIdentifier' in ${about}`);
  }
  if (SetIdentifier !== undefined && !policy) {
    refuseInput(
      "Invalid request: Expected exactly one of [Weight, Region, Failover, " +
        `GeoLocation, MultiValueAnswer, CidrRoutingConfig, or ` +
        `GeoProximityLocation], but found none in ${about}`,
    );
  }
  const routing = policy && set[policy] as string | Parsed;
  const form = policy && FORMS[policy];
  if (form && !form.test(String(routing))) {
    refuseInput(`Invalid request: Invalid value of '${policy}' in ${about}`);
  }
  const healthCheckId = set.HealthCheckId as string | undefined;
  if (healthCheckId !== undefined && !HEALTH_CHECK.test(healthCheckId)) {
    refuse(
      "NoSuchHealthCheck",
      `A health check with id '${healthCheckId}' does not exist.`,
      404,
    );
  }
  return {
    action,
    set: {
      name: formatName(name.labels),
      type: Type,
      setIdentifier: SetIdentifier,
      policy,
      routing,
      ttl: set.TTL === undefined ? undefined : readTtl(set.TTL as string),
      values: values ?? [],
      alias,
      healthCheckId,
    },
  };
}

function readAlias(target: Parsed | undefined): Alias | undefined {
  if (!target) return undefined;
  const { HostedZoneId, DNSName, EvaluateTargetHealth } = target as Record<
    string,
    string | undefined
  >;
  const name = parseName(DNSName ?? "");
  const isComplete = HostedZoneId && name.labels &&
    /^(?:true|false)$/.test(EvaluateTargetHealth ?? "");
  if (!isComplete) refuseInput("Invalid request: AliasTarget is not complete");
  return {
    HostedZoneId: HostedZoneId!.replace(/^\/?hostedzone\//, ""),
    DNSName: formatName(name.labels!),
    EvaluateTargetHealth: EvaluateTargetHealth!,
  };
}

function readTtl(text: string): number {
  if (/^\d{1,10}$/.test(text) && Number(text) <= MAX_TTL) return Number(text);
  refuseInput(
    `1 validation error detected: Value '${text}' at ` +
      "'changeBatch.changes.1.member.resourceRecordSet.tTL' failed to satisfy " +
      `constraint: Member must have value less than or equal to ${MAX_TTL}`,
  );
}

/**
 * Returns what identifies a record set in its zone.
 *
 * @param set The record set.
 * @returns The key; keys sort as Route 53 lists record sets.
 */
export function keyOf(
  { name, type, setIdentifier = "" }: Pick<
    RecordSet,
    "name" | "type" | "setIdentifier"
  >,
): string {
  return `${sortKey(name)}\u0001${type}\u0001${setIdentifier}`;
}

/**
 * Whether two record sets are equal in everything that a DELETE must repeat. The
 * order of the values does not matter.
 *
 * @param a A record set.
 * @param b Another one with the same key.
 * @returns Whether they are equal.
 */
export function isEqual(a: RecordSet, b: RecordSet): boolean {
  const textOf = (set: RecordSet) =>
    JSON.stringify({ ...set, values: set.values.toSorted() });
  return textOf(a) === textOf(b);
}

/**
 * Whether a zone must always have the record set.
 *
 * @param set The record set.
 * @param zone Name of the zone.
 * @returns Whether it is the SOA or the NS record set of the zone.
 */
export function isRequired({ name, type }: RecordSet, zone: string): boolean {
  return name === zone && (type === "SOA" || type === "NS");
}

/**
 * Whether a record set is in a zone.
 *
 * @param set The record set.
 * @param zone Name of the zone.
 * @returns Whether its name is that of the zone, or below it.
 */
export function isIn({ name }: RecordSet, zone: string): boolean {
  return isInZone(name, zone);
}

/**
 * Writes a record set for a response.
 *
 * @param set The record set.
 * @returns The content of its element.
 */
export function toElement(set: RecordSet): Xml {
  const { name, type, setIdentifier, policy, routing, ttl, values, alias } =
    set;
  const isLate = policy === "CidrRoutingConfig" ||
    policy === "GeoProximityLocation";
  const member = policy && { [policy]: routing as Xml };
  return {
    Name: name,
    Type: type,
    SetIdentifier: setIdentifier,
    ...!isLate && member,
    TTL: ttl,
    ResourceRecords: alias
      ? undefined
      : { ResourceRecord: values.map((Value) => ({ Value })) },
    AliasTarget: alias && { ...alias },
    HealthCheckId: set.healthCheckId,
    ...isLate && member,
  };
}
