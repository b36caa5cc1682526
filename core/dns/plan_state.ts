/**
 * A plan compared with the zone that it changes: whether the zone is still the
 * one that the plan was made from, and which changes are left.
 *
 * @module
 */

import { targetOf } from "./changes.ts";
import { dataKey, keyOf, missingIn, sameValues } from "./data.ts";
import type { ZonePlan } from "./plan_records.ts";
import type { RecordSet, RecordSetChange, RecordSetInput } from "./records.ts";
import type { SinglesExtra } from "./singles.ts";

/** Which changes of a plan were made, and which are left. */
export interface PlanState {
  /** Changes that are made already. */
  readonly done: readonly RecordSetChange[];
  /** Changes that are left; `before` is the record set as it is now. */
  readonly left: readonly RecordSetChange[];
}

/** Version of the digest. */
const FORMAT = "nephos zone 1";

/**
 * Calculates the digest of a zone. It is the same for two zones only if they have
 * the same id, name and record sets.
 *
 * @param plan Provider and zone.
 * @param sets The record sets of the zone.
 * @returns The digest, in hexadecimal.
 */
export async function digestOf(
  { provider, zone }: Pick<ZonePlan, "provider" | "zone">,
  sets: readonly RecordSet[],
): Promise<string> {
  const lines = sets.map(({ id, name, type, ttl = null, data }) =>
    JSON.stringify([name, type, id, ttl, data.map(dataKey).sort()])
  );
  const text = [
    JSON.stringify([FORMAT, provider, zone.id, zone.name]),
    ...lines.sort(),
  ].join("\n");
  const bytes = new TextEncoder().encode(text);
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return [...new Uint8Array(digest)]
    .map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Compares a plan with its zone. A plan that broke off can go on: each record set
 * that it changes may be as before or as planned. Where the provider changes a
 * record set in several steps, one of them may be in between.
 *
 * @param plan The plan.
 * @param sets The record sets of the zone as they are now.
 * @param isAtomic Whether the provider makes all changes of a call, or none.
 * @returns What is left; `undefined` if the zone has changed otherwise.
 */
export async function compareWithZone(
  plan: ZonePlan,
  sets: readonly RecordSet[],
  isAtomic: boolean,
): Promise<PlanState | undefined> {
  const current = Map.groupBy(sets, keyOf);
  const steps = plan.changes.map((change) => {
    const [set, another] = current.get(keyOf(targetOf(change))) ?? [];
    return { change, set, status: another ? "other" : statusOf(change, set) };
  });
  const count = (status: Status) =>
    steps.filter((step) => step.status === status).length;
  if (count("other") > 0 || count("started") > (isAtomic ? 0 : 1)) {
    return undefined;
  }
  // The zone as it would be if no change had been made.
  const touched = new Set(plan.changes.map((it) => keyOf(targetOf(it))));
  const original = [
    ...sets.filter((set) => !touched.has(keyOf(set))),
    ...plan.changes.flatMap((change) => beforeOf(change) ?? []),
  ];
  if (await digestOf(plan, original) !== plan.basis) return undefined;
  const left = steps.filter(({ status }) => status !== "done");
  return {
    done: steps.filter(({ status }) => status === "done")
      .map(({ change }) => change),
    left: left.map(({ change, set }) => withCurrent(change, set)),
  };
}

/** How far a change is; `"other"` if another writer has changed the record set. */
type Status = "open" | "started" | "done" | "other";

function statusOf(
  change: RecordSetChange,
  current: RecordSet | undefined,
): Status {
  const before = beforeOf(change);
  const after = change.action === "delete" ? undefined : change.after;
  if (isAsWanted(current, after)) return "done";
  if (isUntouched(current, before)) return "open";
  if (!current) return "other";
  const unknown = missingIn(before, missingIn(after, current.data));
  const isBetween = unknown.length === 0 &&
    [before?.ttl, after?.ttl].includes(current.ttl);
  return isBetween ? "started" : "other";
}

/** Whether a record set is as planned. */
function isAsWanted(
  current: RecordSet | undefined,
  after: RecordSetInput | undefined,
): boolean {
  if (!after || !current) return after === current;
  return sameValues(after, current) && hasTtl(current, after.ttl) &&
    hasExtra(current, after);
}

/**
 * Returns whether a record set has the options that only its provider has.
 *
 * @param set The record set.
 * @param wanted The record set that is wanted; it may have such options.
 * @returns Whether it has all of them.
 */
export function hasExtra(
  { extra }: RecordSet,
  wanted: RecordSetInput,
): boolean {
  const { extra: options = {} } = wanted as Partial<RecordSet>;
  return Object.entries(options).every(([name, value]) =>
    value === undefined ||
    JSON.stringify(extra[name]) === JSON.stringify(value)
  );
}

/**
 * Returns whether all records of a set have a TTL.
 *
 * @param set The record set. Only a provider that keeps single records can have
 *   several TTLs in it.
 * @param wanted The TTL that is wanted; `undefined` if any will do.
 * @returns Whether they have.
 */
export function hasTtl(
  { ttl, extra }: RecordSet,
  wanted: number | undefined,
): boolean {
  if (wanted === undefined) return true;
  const { records } = extra as Partial<SinglesExtra>;
  const isMixed = Array.isArray(records) &&
    records.some((record) => Object.hasOwn(Object(record), "ttl"));
  return ttl === wanted && !isMixed;
}

function isUntouched(
  current: RecordSetInput | undefined,
  before: RecordSetInput | undefined,
): boolean {
  if (!before || !current) return before === current;
  return sameValues(before, current) && before.ttl === current.ttl;
}

/** The record set that a change was planned from; plans keep it complete. */
function beforeOf(change: RecordSetChange): RecordSet | undefined {
  return change.action === "create"
    ? undefined
    : change.before as RecordSet | undefined;
}

/** The change, made from the record set as it is now. */
function withCurrent(
  change: RecordSetChange,
  current: RecordSet | undefined,
): RecordSetChange {
  if (!current) return change;
  return change.action === "delete"
    ? { action: "delete", before: current }
    : { action: "replace", before: current, after: change.after };
}
