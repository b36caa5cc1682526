/**
 * Batches of changes: all are made, or none.
 *
 * @module
 */

import { refuse } from "./refusal.ts";
import { type Change, isEqual, isIn, keyOf, type RecordSet } from "./sets.ts";
import { problemsIn } from "./values.ts";

/** Record sets by their key. */
export type RecordSets = ReadonlyMap<string, RecordSet>;

/** The zone that is changed. */
export interface ChangedZone {
  /** Id of the zone. */
  readonly id: string;
  /** Name of the zone. */
  readonly name: string;
  /** Whether the zone is private. */
  readonly isPrivate: boolean;
  /** Its record sets. */
  readonly sets: RecordSets;
}

const MAX_RECORDS = 1000;
const MAX_CHARACTERS = 32_000;
const MAX_POLICY_SETS = 100;

/** Zone of all distributions of CloudFront, which private zones cannot have. */
const CLOUDFRONT = "Z2FDTNDATAQYW2";

/** Members of which each record set of a name and type must have its own. */
const EXCLUSIVE = new Set(["Region", "GeoLocation", "Failover"]);

/**
 * Makes changes one after the other.
 *
 * @param zone The zone, which stays as it is.
 * @param changes The changes.
 * @returns The record sets after the changes.
 * @throws {Refusal} If one of them cannot be made, with all reasons.
 */
export function applyBatch(
  zone: ChangedZone,
  changes: readonly Change[],
): Map<string, RecordSet> {
  const problems = sizeProblems(changes);
  if (problems.length > 0) refuseBatch(problems);
  const sets = new Map(zone.sets);
  const actions = new Map<string, string>();
  for (const { action, set } of changes) {
    const key = keyOf(set);
    const earlier = actions.get(key);
    actions.set(key, action);
    // A record set may be deleted and created, but not changed twice.
    if (earlier && !(earlier === "DELETE" && action === "CREATE")) {
      problems.push(
        "The request contains an invalid set of changes for a resource record " +
          `set '${set.type} ${set.name}'`,
      );
      continue;
    }
    const found = action === "DELETE"
      ? problemsOfDelete(set, sets)
      : problemsOfWrite(action, set, sets, zone);
    problems.push(...found);
    if (found.length > 0) continue;
    if (action === "DELETE") sets.delete(key);
    else sets.set(key, set);
  }
  problems.push(...problemsOfApex(sets, zone.name));
  if (problems.length > 0) refuseBatch(problems);
  return sets;
}

function refuseBatch(problems: readonly string[]): never {
  refuse("InvalidChangeBatch", `[${problems.join(", ")}]`);
}

/** An UPSERT counts twice. */
function sizeProblems(changes: readonly Change[]): string[] {
  const sum = (sizeOf: (set: RecordSet) => number) =>
    changes.reduce(
      (all, { action, set }) =>
        all + sizeOf(set) * (action === "UPSERT" ? 2 : 1),
      0,
    );
  const records = sum(({ values }) => Math.max(1, values.length));
  const characters = sum(({ values }) =>
    values.reduce((all, { length }) => all + length, 0)
  );
  return [
    ...records > MAX_RECORDS || changes.length > MAX_RECORDS
      ? [`Number of records limit of ${MAX_RECORDS} exceeded.`]
      : [],
    ...characters > MAX_CHARACTERS
      ? [`Number of characters limit of ${MAX_CHARACTERS} exceeded.`]
      : [],
  ];
}

function describe({ name, type, setIdentifier }: RecordSet): string {
  const id = setIdentifier === undefined
    ? ""
    : `, set-identifier='${setIdentifier}'`;
  return `resource record set [name='${name}', type='${type}'${id}]`;
}

function problemsOfDelete(set: RecordSet, sets: RecordSets): string[] {
  const current = sets.get(keyOf(set));
  if (!current) {
    return [`Tried to delete ${describe(set)} but it was not found`];
  }
  return isEqual(current, set) ? [] : [
    `Tried to delete ${describe(set)} but the values provided do not match ` +
    "the current values",
  ];
}

function problemsOfWrite(
  action: "CREATE" | "UPSERT",
  set: RecordSet,
  sets: RecordSets,
  zone: ChangedZone,
): string[] {
  const { name, type, alias } = set;
  if (!isIn(set, zone.name)) {
    return [
      `RRSet with DNS name ${name} is not permitted in zone ${zone.name}`,
    ];
  }
  const current = sets.get(keyOf(set));
  if (action === "CREATE" && current) {
    return [`Tried to create ${describe(set)} but it already exists`];
  }
  if (type === "CNAME" && name === zone.name) {
    return [
      `RRSet of type CNAME with DNS name ${name} is not permitted at apex in ` +
      `zone ${zone.name}`,
    ];
  }
  if (type === "SOA" && name !== zone.name) {
    return [
      `RRSet of type SOA with DNS name ${name} is only permitted at apex in ` +
      `zone ${zone.name}`,
    ];
  }
  return [
    ...problemsIn(type, set.values),
    ...problemsOfName(set, sets, zone),
    ...problemsOfPolicy(set, sets),
    ...alias ? problemsOfAlias(set, sets, zone) : [],
  ];
}

/** A name that has a CNAME has no other record sets. */
function problemsOfName(
  { name, type }: RecordSet,
  sets: RecordSets,
  zone: ChangedZone,
): string[] {
  const others = [...sets.values()].filter((it) =>
    it.name === name && it.type !== type
  );
  if (type === "CNAME" && others.length > 0) {
    return [
      `RRSet of type CNAME with DNS name ${name} is not permitted as it ` +
      `conflicts with other records with the same DNS name in zone ${zone.name}`,
    ];
  }
  return others.some((it) => it.type === "CNAME")
    ? [
      `RRSet of type ${type} with DNS name ${name} is not permitted because a ` +
      "conflicting RRSet of type CNAME with the same DNS name already exists " +
      `in zone ${zone.name}`,
    ]
    : [];
}

/** All record sets of a name and type have the same routing policy, or none. */
function problemsOfPolicy(set: RecordSet, sets: RecordSets): string[] {
  const { name, type, setIdentifier = "null", policy } = set;
  const others = [...sets.values()].filter((it) =>
    it.name === name && it.type === type && keyOf(it) !== keyOf(set)
  );
  const subject = `RRSet with DNS name ${name}, type ${type}, SetIdentifier ` +
    `${setIdentifier} cannot be created because`;
  const other = others.find((it) => it.policy !== policy);
  if (other) {
    return [
      `${subject} a RRSet with the routing policy ${
        other.policy ?? "Simple"
      } and the same name and type exists`,
    ];
  }
  const isTaken = policy && EXCLUSIVE.has(policy) &&
    others.some((it) =>
      JSON.stringify(it.routing) === JSON.stringify(set.routing)
    );
  if (isTaken) return [`${subject} a RRSet with the same ${policy} exists`];
  return others.length >= MAX_POLICY_SETS
    ? [`${subject} there are ${MAX_POLICY_SETS} RRSets already`]
    : [];
}

function problemsOfAlias(
  { name, type, alias, setIdentifier }: RecordSet,
  sets: RecordSets,
  zone: ChangedZone,
): string[] {
  const { HostedZoneId, DNSName } = alias!;
  const subject = `Tried to create an alias that targets ${DNSName}, type ` +
    `${type} in zone ${HostedZoneId}, but`;
  if (type === "NS" || type === "SOA") {
    return [`RRSet of type ${type} with DNS name ${name} must not be an alias`];
  }
  if (HostedZoneId !== zone.id) {
    const isKnown = /^Z[A-Z0-9]{5,31}$/.test(HostedZoneId) &&
      !(HostedZoneId === CLOUDFRONT && zone.isPrivate);
    return isKnown ? [] : [
      `${subject} the alias target name does not lie within the target zone`,
    ];
  }
  const target = [...sets.values()].some((it) =>
    it.name === DNSName && it.type === type &&
    (it.name !== name || it.setIdentifier !== setIdentifier)
  );
  return target ? [] : [`${subject} that target was not found`];
}

function problemsOfApex(sets: RecordSets, zone: string): string[] {
  const has = (type: string) =>
    [...sets.values()].some((it) => it.name === zone && it.type === type);
  return [
    ...has("SOA") ? [] : ["A HostedZone must contain exactly one SOA record."],
    ...has("NS") ? [] : [
      "A HostedZone must contain at least one NS record for the zone itself.",
    ],
  ];
}
