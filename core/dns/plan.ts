/**
 * Plans: what has to change so that a zone has certain record sets. No driver
 * loads this module.
 *
 * ```ts
 * import type { DnsDriver } from "@nephos/nephos/dns";
 * import { applyPlan, planZone } from "@nephos/nephos/dns/plan";
 *
 * async function update(driver: DnsDriver) {
 *   const plan = await planZone(driver, { name: "example.com" }, [
 *     { name: "www", type: "A", ttl: 300, data: ["192.0.2.1"] },
 *     { name: "@", type: "TXT", ttl: 300, data: ["v=spf1 -all"] },
 *   ]);
 *   for (const change of plan.changes) console.log(change.action);
 *   await applyPlan(driver, plan);
 * }
 * ```
 *
 * @module
 */

import { ProgressCallback } from "../callback.ts";
import { choose, mistake } from "../check.ts";
import { ConflictError } from "../errors.ts";
import { oneLine } from "../message.ts";
import type { CallOptions } from "../options.ts";
import { orderChanges, targetOf, withProgress } from "./changes.ts";
import { checkZoneRef } from "./check.ts";
import { keyOf, sameValues } from "./data.ts";
import type { DnsDriver } from "./driver.ts";
import { changesOf } from "./errors.ts";
import { fitRecordSets, MISFIT_POLICIES } from "./fit.ts";
import { relativeName } from "./names.ts";
import type {
  ApplyOptions,
  LeaveOptions,
  PlanOptions,
  SyncOptions,
  ZonePlan,
} from "./plan_records.ts";
import { compareWithZone, digestOf, hasExtra, hasTtl } from "./plan_state.ts";
import { normalizeValues } from "./rdata.ts";
import type {
  ChangeResult,
  RecordSet,
  RecordSetChange,
  RecordSetInput,
  ZoneRef,
} from "./records.ts";
import { within } from "./within.ts";

export type { MisfitPolicy } from "./fit.ts";
export type * from "./plan_records.ts";

/** Default of `maxDeletedShare`. */
const MAX_DELETED_SHARE = 0.3;

/** A smaller zone may lose any part of its record sets. */
const SMALLEST_LIMITED_ZONE = 10;

/** Changes between two reports, where each is a request or more anyway. */
const CHANGES_PER_REPORT = 20;

/**
 * The zone has changed since the plan was made, or is another one. Nothing was
 * changed. Make a new plan.
 */
export class StalePlanError extends ConflictError {
  /** Name of the class; it survives minification. */
  static override readonly kind: string = "StalePlanError";
}

/**
 * Returns whether a record set is the list of name servers of the zone itself,
 * which belongs to the provider. This is the default of `ignores`.
 *
 * ```ts
 * import { isNameServers, type PlanOptions } from "@nephos/nephos/dns/plan";
 *
 * const options: PlanOptions = {
 *   prunes: true,
 *   ignores: (set) => isNameServers(set) || set.name === "_acme-challenge",
 * };
 * console.log(options.ignores?.({ name: "@", type: "NS", data: [] })); // true
 * ```
 *
 * @param set The record set.
 * @returns Whether it has the name `"@"` and the type `"NS"`.
 */
export function isNameServers({ name, type }: RecordSetInput): boolean {
  return name === "@" && type === "NS";
}

/**
 * Plans the changes after which a zone has certain record sets. Changes nothing.
 *
 * Other record sets stay, unless `prunes` is set, or unless they are in the way: a
 * name that gets a CNAME loses its other record sets, and the other way round. A
 * wanted record set without a TTL leaves the TTL of the zone's record set as it
 * is, unless the provider has a default of its own.
 *
 * @param driver The driver.
 * @param zone The zone, its id, or `{ name }`.
 * @param desired The record sets that are wanted, such as those of a zone file.
 * @param options Whether others are deleted, and how to treat misfits.
 * @returns The plan.
 * @throws {TypeError} If a record set is invalid, is wanted twice, is wanted
 *   beside a CNAME of the same name, or cannot be held by the provider.
 * @throws {RangeError} If a number is out of the provider's range.
 * @throws {NotFoundError} If there is no such zone.
 */
export async function planZone(
  driver: DnsDriver,
  zone: ZoneRef,
  desired: Iterable<RecordSetInput>,
  options: PlanOptions = {},
): Promise<ZonePlan> {
  const wishes = checkWishes("planZone", driver, zone, desired, options);
  return await within(
    driver,
    "planZone",
    options,
    (call) => makePlan(driver, wishes, call),
  );
}

/**
 * Makes the changes of a plan.
 *
 * Before the first change, the zone is read and compared with the plan. If it has
 * changed since the plan was made, nothing is done. A plan that broke off may be
 * applied again: changes that are made already are skipped.
 *
 * If the provider makes all changes of a call or none (`isAtomic`), the changes
 * are sent in calls as large as possible. Otherwise, they are made one after the
 * other. If a change fails, `changesOf(error)` tells what was done and what is
 * left.
 *
 * @param driver A driver for the account that the plan was made from.
 * @param plan The plan.
 * @param options Limit of deletions, and a callback for the progress.
 * @returns The last change, for `waitForChange()`.
 * @throws {TypeError} If the plan is invalid, or is for another provider.
 * @throws {RangeError} If the plan deletes too large a part of the zone.
 * @throws {StalePlanError} If the zone has changed since, or is another one.
 */
export async function applyPlan(
  driver: DnsDriver,
  plan: ZonePlan,
  options: ApplyOptions = {},
): Promise<ChangeResult> {
  const operation = "applyPlan";
  checkPlan(driver, plan, operation);
  const ignores = checkIgnores(options, operation);
  checkProgress(options, operation);
  checkDeletions(plan, options, operation);
  if (plan.changes.length === 0) return { state: "done" };
  return await within(driver, operation, options, async (call) => {
    const sets = await driver.listRecordSets(plan.zone, call);
    const ours = withoutLeft(sets, ignores);
    const { isAtomic } = driver.changeSupport;
    const state = await compareWithZone(plan, ours, isAtomic);
    if (!state) throw stalePlan(driver, plan, operation);
    const { done, left } = state;
    return await make({ driver, operation, plan, options }, done, left, call);
  });
}

/**
 * Changes a zone so that it has certain record sets: plans the changes, and makes
 * them. If it breaks off, call it again: it ends the same.
 *
 * @param driver The driver.
 * @param zone The zone, its id, or `{ name }`.
 * @param desired The record sets that are wanted, such as those of a zone file.
 * @param options Those of `planZone()` and `applyPlan()`.
 * @returns The plan that was applied; it has no changes if there was nothing to do.
 * @throws {TypeError} See {@linkcode planZone}.
 * @throws {RangeError} If a number is out of the provider's range, or if too large
 *   a part of the zone would be deleted. Then nothing was changed.
 * @throws {NotFoundError} If there is no such zone.
 */
export async function syncZone(
  driver: DnsDriver,
  zone: ZoneRef,
  desired: Iterable<RecordSetInput>,
  options: SyncOptions = {},
): Promise<ZonePlan> {
  const operation = "syncZone";
  const wishes = checkWishes(operation, driver, zone, desired, options);
  checkProgress(options, operation);
  checkShare(options.maxDeletedShare, operation);
  return await within(driver, operation, options, async (call) => {
    const plan = await makePlan(driver, wishes, call);
    checkDeletions(plan, options, operation);
    await make({ driver, operation, plan, options }, [], plan.changes, call);
    return plan;
  });
}

type Ignores = (set: RecordSetInput) => boolean;

/** What a caller wants a zone to be, after all checks that need no request. */
interface Wishes {
  readonly operation: string;
  readonly zone: ZoneRef;
  readonly sets: readonly RecordSetInput[];
  readonly ignores: Ignores;
  readonly prunes: boolean;
}

function checkWishes(
  operation: string,
  driver: DnsDriver,
  zone: ZoneRef,
  desired: Iterable<RecordSetInput>,
  options: PlanOptions,
): Wishes {
  checkZoneRef(zone, operation);
  const ignores = checkIgnores(options, operation);
  const { prunes = false, onMisfit = "refuse" } = options;
  if (typeof prunes !== "boolean") {
    throw mistake(operation, "prunes", "a boolean", prunes);
  }
  const policy = choose(MISFIT_POLICIES, onMisfit, operation, "onMisfit");
  if (typeof Object(desired)[Symbol.iterator] !== "function") {
    throw mistake(operation, "desired", "an iterable of record sets", desired);
  }
  const wanted = [...desired].filter((set) =>
    Object(set) !== set || !isLeftAlone(set, ignores)
  );
  const sets = fitRecordSets(operation, driver, wanted, policy);
  return { operation, zone, sets, ignores, prunes };
}

/** Reads a zone, and plans its changes. */
async function makePlan(
  driver: DnsDriver,
  { operation, zone, sets, ignores, prunes }: Wishes,
  call: CallOptions,
): Promise<ZonePlan> {
  const { id, name } = await identify(driver, operation, zone, call);
  // Some names were absolute before.
  const wanted = withoutLeft(inZone(sets, name, operation), ignores);
  const current = withoutLeft(
    await driver.listRecordSets({ id, name }, call),
    ignores,
  );
  const about = { provider: driver.provider, zone: { id, name } };
  const changes = compare(driver, operation, current, wanted, prunes);
  const kept = current.length -
    changes.filter(({ action }) => action !== "create").length;
  return {
    ...about,
    basis: await digestOf(about, current),
    changes: orderChanges(changes),
    unchanged: kept,
  };
}

/** Id and name of a zone; sends a request if the caller does not know both. */
async function identify(
  driver: DnsDriver,
  operation: string,
  ref: ZoneRef,
  call: CallOptions,
): Promise<ZonePlan["zone"]> {
  const { id, name } = checkZoneRef(ref, operation);
  return id !== undefined && name
    ? { id, name }
    : await driver.getZone(ref, call);
}

/** Makes the names of record sets relative, and checks that all can be there. */
function inZone(
  sets: readonly RecordSetInput[],
  zone: string,
  operation: string,
): RecordSetInput[] {
  const relative = sets.map((set) => ({
    ...set,
    name: relativeName(set.name, zone, { operation }),
  }));
  for (const group of Map.groupBy(relative, keyOf).values()) {
    const [set, another] = group;
    if (set && another) {
      throw new TypeError(
        `${operation}: desired has the record set ${nameOf(set)} twice`,
      );
    }
  }
  for (const group of Map.groupBy(relative, ({ name }) => name).values()) {
    const alias = group.find(({ type }) => type === "CNAME");
    if (alias && group.length > 1) {
      throw new TypeError(
        `${operation}: desired has the record set ${
          nameOf(alias)
        } and another ` +
          "one with the same name",
      );
    }
  }
  return relative;
}

/** Lists the changes that turn record sets into others, in any order. */
function compare(
  driver: DnsDriver,
  operation: string,
  current: readonly RecordSet[],
  wanted: readonly RecordSetInput[],
  prunes: boolean,
): RecordSetChange[] {
  const byKey = Map.groupBy(current, keyOf);
  const byName = Map.groupBy(wanted, ({ name }) => name);
  const keys = new Set(wanted.map(keyOf));
  const isInTheWay = ({ name, type }: RecordSet) =>
    byName.get(name)?.some((set) =>
      (set.type === "CNAME") !== (type === "CNAME")
    );
  const written = wanted.flatMap((after): RecordSetChange[] => {
    const [before, another] = byKey.get(keyOf(after)) ?? [];
    if (!before) return [{ action: "create", after }];
    if (another) {
      throw new TypeError(
        `${operation}: ${nameOf(after)} are several record sets, as only ` +
          `${driver.displayName} has them; change them with its driver`,
      );
    }
    const set = inPlaceOf(driver, before, after);
    if (isKept(driver, before, set)) return [];
    const ttl = set.ttl ?? before.ttl;
    return [{ action: "replace", before, after: { ...set, ttl } }];
  });
  const deleted = current
    .filter((set) => !keys.has(keyOf(set)) && (prunes || isInTheWay(set)))
    .filter((set) => isPortable(set) && driver.isPlain(set))
    .filter((set) => byKey.get(keyOf(set))?.length === 1)
    .map((before): RecordSetChange => ({ action: "delete", before }));
  return [...written, ...deleted];
}

/** Whether a record set of the zone is what is wanted. */
function isKept(
  driver: DnsDriver,
  current: RecordSet,
  wanted: RecordSetInput,
): boolean {
  const kept = asKept(driver, current);
  return isPortable(current) && sameValues(kept, wanted) &&
    hasTtl({ ...current, ttl: kept.ttl }, wanted.ttl) &&
    hasExtra(current, wanted);
}

/**
 * A wanted record set as the provider will keep it in place of another one. It
 * keeps the provider's own options of that one, unless it has others. They may
 * decide about its TTL.
 */
function inPlaceOf(
  driver: DnsDriver,
  current: RecordSet,
  wanted: RecordSetInput,
): RecordSetInput {
  if (!driver.isPlain(current)) return wanted;
  const { extra } = wanted as Partial<RecordSet>;
  try {
    return driver.normalizeRecordSet(
      {
        ...wanted,
        extra: { ...current.extra, ...extra },
      } as RecordSetInput & Pick<RecordSet, "extra">,
    );
  } catch {
    return wanted;
  }
}

/** A record set in the form in which the provider keeps it. */
function asKept(driver: DnsDriver, set: RecordSetInput): RecordSetInput {
  try {
    return driver.normalizeRecordSet(set);
  } catch {
    // The provider keeps what it would refuse now.
    return set;
  }
}

/**
 * Returns whether a record set is one that other providers can hold, too: its type
 * is known, and it has values that are valid.
 *
 * @param set The record set.
 * @returns Whether it is.
 */
export function isPortable({ type, data }: RecordSetInput): boolean {
  try {
    return normalizeValues(type, data, "isPortable").length > 0;
  } catch {
    return false;
  }
}

function isLeftAlone(set: RecordSetInput, ignores: Ignores): boolean {
  return set.type === "SOA" || ignores(set);
}

function withoutLeft<S extends RecordSetInput>(
  sets: readonly S[],
  ignores: Ignores,
): S[] {
  return sets.filter((set) => !isLeftAlone(set, ignores));
}

/** A plan that is applied. */
interface Work {
  readonly driver: DnsDriver;
  readonly operation: string;
  readonly plan: ZonePlan;
  readonly options: ApplyOptions;
}

/** Makes the changes that are left, and reports the progress. */
async function make(
  { driver, operation, plan, options: { onProgress } }: Work,
  alreadyDone: readonly RecordSetChange[],
  changes: readonly RecordSetChange[],
  call: CallOptions,
): Promise<ChangeResult> {
  const { provider } = driver;
  const progress = new ProgressCallback(
    onProgress &&
      ((made: number) =>
        onProgress(
          [...alreadyDone, ...changes.slice(0, made)],
          changes.slice(made),
        )),
  );
  const about = { provider, operation, signal: call.signal };
  let result: ChangeResult = { state: "done" };
  let made = 0;
  let isOfCaller: boolean | undefined = true;
  try {
    if (changes.length > 0) progress.report(made);
    for (const batch of toBatches(driver, changes)) {
      isOfCaller = undefined;
      const latest = await driver.changeRecordSets(plan.zone, batch, call);
      if (latest.state === "pending") result = latest;
      made += batch.length;
      isOfCaller = true;
      progress.report(made);
    }
    await progress.end();
    return result;
  } catch (error) {
    const part = new Set(
      changesOf(error)?.done.map((it) => keyOf(targetOf(it))),
    );
    const isDone = (change: RecordSetChange, index: number) =>
      index < made || part.has(keyOf(targetOf(change)));
    const parts = {
      done: [...alreadyDone, ...changes.filter(isDone)],
      left: changes.filter((change, index) => !isDone(change, index)),
    };
    throw withProgress(about, error, parts, isOfCaller);
  }
}

/**
 * Divides changes into calls. A name whose CNAME gives way to other records, or
 * the other way round, is changed in one call, so that it is never missing where
 * the provider makes all changes of a call or none.
 */
function toBatches(
  { changeSupport: { isAtomic, maxChanges, shareOf } }: DnsDriver,
  changes: readonly RecordSetChange[],
): RecordSetChange[][] {
  const size = isAtomic ? maxChanges : Math.min(maxChanges, CHANGES_PER_REPORT);
  // One in a million more, because shares are rounded.
  const most = 1 + 1e-6;
  const sumOf = (group: readonly RecordSetChange[]) =>
    group.reduce(
      (sum, change) => sum + Math.max(1 / size, shareOf?.(change) ?? 0),
      0,
    );
  const batches: RecordSetChange[][] = [];
  let filled = Infinity;
  const add = (group: readonly RecordSetChange[]) => {
    const share = sumOf(group);
    if (filled + share <= most) {
      batches.at(-1)?.push(...group);
      filled += share;
    } else if (share <= most || group.length === 1) {
      batches.push([...group]);
      filled = share;
    } else {
      for (const change of group) add([change]);
    }
  };
  for (const group of groupsOf(changes)) add(group);
  return batches;
}

/** Changes of the same name that follow each other. */
function groupsOf(changes: readonly RecordSetChange[]): RecordSetChange[][] {
  const groups: RecordSetChange[][] = [];
  for (const change of changes) {
    const last = groups.at(-1);
    const isSameName = last?.[0] &&
      targetOf(last[0]).name === targetOf(change).name;
    if (isSameName) last.push(change);
    else groups.push([change]);
  }
  return groups;
}

function checkIgnores(
  { ignores = isNameServers }: LeaveOptions,
  operation: string,
): Ignores {
  if (typeof ignores === "function") return ignores;
  throw mistake(operation, "ignores", "a function", ignores);
}

function checkProgress({ onProgress }: ApplyOptions, operation: string): void {
  if (onProgress === undefined || typeof onProgress === "function") return;
  throw mistake(operation, "onProgress", "a function", onProgress);
}

function checkShare(share: unknown, operation: string): void {
  if (share === undefined) return;
  if (typeof share === "number" && share >= 0 && share <= 1) return;
  const field = "maxDeletedShare";
  if (typeof share !== "number") {
    throw mistake(operation, field, "a number from 0 to 1", share);
  }
  throw new RangeError(
    `${operation}: ${field} must be a number from 0 to 1, got ${share}`,
  );
}

/**
 * Rejects a plan that deletes too large a part of the zone. `applyPlan()` and
 * `syncZone()` do so; call this function to know it before you ask for
 * confirmation.
 *
 * @param plan The plan.
 * @param options The limit.
 * @param operation Name of the function, for the error.
 * @throws {RangeError} If the plan deletes more than the limit permits.
 */
export function checkDeletions(
  { changes, unchanged }: ZonePlan,
  { maxDeletedShare = MAX_DELETED_SHARE }: Pick<
    ApplyOptions,
    "maxDeletedShare"
  > = {},
  operation = "checkDeletions",
): void {
  checkShare(maxDeletedShare, operation);
  const count = (action: string) =>
    changes.filter((change) => change.action === action).length;
  const deleted = count("delete");
  const all = unchanged + count("replace") + deleted;
  if (all < SMALLEST_LIMITED_ZONE || deleted <= maxDeletedShare * all) return;
  throw new RangeError(
    `${operation}: ${deleted} of ${all} record sets would be deleted; ` +
      `maxDeletedShare permits ${Math.floor(maxDeletedShare * all)}`,
  );
}

/**
 * Checks a plan, which may come from a file. `applyPlan()` does so, too. Sends
 * nothing.
 *
 * @param driver The driver that is to apply the plan.
 * @param plan The plan.
 * @param operation Name of the function, for the error.
 * @throws {TypeError} If the plan is invalid, or is for another provider.
 */
export function checkPlan(
  { provider, displayName }: DnsDriver,
  plan: ZonePlan,
  operation = "checkPlan",
): void {
  const { zone, basis, changes, unchanged } = Object(plan) as Partial<ZonePlan>;
  const { id, name } = Object(zone) as Partial<ZonePlan["zone"]>;
  const isPlan = [plan?.provider, id, name, basis]
    .every((text) => typeof text === "string" && text !== "") &&
    Array.isArray(changes) && changes.every(isPlanned) &&
    Number.isInteger(unchanged);
  if (!isPlan) {
    throw mistake(operation, "plan", "a plan that planZone() returned", plan);
  }
  if (plan.provider === provider) return;
  throw new TypeError(
    `${operation}: the plan is for ${
      oneLine(plan.provider)
    }, and the driver is ` +
      `for ${displayName}`,
  );
}

/** Whether a change has all that a plan needs to compare it with the zone. */
function isPlanned(change: unknown): boolean {
  const { action, before, after } = Object(change) as {
    readonly action?: unknown;
    readonly before?: unknown;
    readonly after?: unknown;
  };
  return (action === "create" || isSet(before)) &&
    (action === "delete" || isSet(after)) &&
    ["create", "replace", "delete"].includes(action as string);
}

function isSet(value: unknown): boolean {
  const { name, type, data } = Object(value) as Partial<RecordSetInput>;
  return typeof name === "string" && typeof type === "string" &&
    Array.isArray(data);
}

function stalePlan(
  { provider, connection }: DnsDriver,
  { zone }: ZonePlan,
  operation: string,
): StalePlanError {
  return new StalePlanError(
    `${operation}: the zone ${
      oneLine(zone.name)
    } is not the one that the plan ` +
      "was made from, or has changed since; make a new plan",
    {
      provider,
      operation,
      status: 409,
      method: "GET",
      url: connection.baseUrl,
      body: "",
    },
  );
}

function nameOf(set: RecordSetInput): string {
  return oneLine(keyOf(set));
}
