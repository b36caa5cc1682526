/**
 * Copies of zones, from one provider to another. No driver loads this module.
 *
 * @module
 */

import { mistake } from "../check.ts";
import { ConflictError } from "../errors.ts";
import { joinFew, oneLine } from "../message.ts";
import { targetOf } from "./changes.ts";
import { checkZoneRef } from "./check.ts";
import { keyOf } from "./data.ts";
import type { DnsDriver } from "./driver.ts";
import { applyPlan, isNameServers, isPortable, planZone } from "./plan.ts";
import type { SyncOptions, ZonePlan } from "./plan_records.ts";
import type { RecordSet, RecordSetInput, ZoneRef } from "./records.ts";
import { within } from "./within.ts";

/** A zone of an account. */
export interface ZoneOf {
  /** The driver of the account. */
  readonly driver: DnsDriver;
  /** The zone, its id, or `{ name }`. */
  readonly zone: ZoneRef;
}

/** Options of {@linkcode copyZone}. */
export type CopyZoneOptions = SyncOptions;

/**
 * The copy is not the same as the original: another writer changed it meanwhile, or
 * the provider does not keep what it accepted.
 */
export class ZoneCopyError extends ConflictError {
  /** Name of the class; it survives minification. */
  static override readonly kind: string = "ZoneCopyError";
  /** What has to change so that the copy is the same. */
  declare readonly plan: ZonePlan;
}

/**
 * Copies the record sets of a zone into another zone, and verifies the copy: a plan
 * that is made afterwards must have no changes. The zones may belong to different
 * providers, and may have different names. Names inside of data stay as they are.
 *
 * The name servers of the zone and its SOA record are not copied. With `prunes`,
 * record sets that the original does not have are deleted.
 *
 * ```ts
 * import { copyZone } from "@nephos/nephos/dns/copy";
 * import type { DnsDriver } from "@nephos/nephos/dns";
 *
 * async function move(old: DnsDriver, target: DnsDriver) {
 *   const zone = await target.createZone({ name: "example.com" });
 *   await copyZone(
 *     { driver: old, zone: { name: "example.com" } },
 *     { driver: target, zone },
 *   );
 *   console.log("let the registrar name", zone.nameServers);
 * }
 * ```
 *
 * @param from The original. It is only read.
 * @param to The zone to write. It must exist.
 * @param options Those of `planZone()` and `applyPlan()`.
 * @returns The plan that was applied.
 * @throws {TypeError} If the other provider cannot hold a record set, or if the
 *   original has record sets that only its provider has. Nothing was changed. Let
 *   `ignores` return `true` for them to leave them out.
 * @throws {RangeError} If a number is out of the other provider's range, or too
 *   large a part of the zone would be deleted. Nothing was changed.
 * @throws {ZoneCopyError} If the copy is not the same afterwards.
 */
export async function copyZone(
  from: ZoneOf,
  to: ZoneOf,
  options: CopyZoneOptions = {},
): Promise<ZonePlan> {
  const operation = "copyZone";
  for (const [field, zone] of Object.entries({ from, to })) {
    if (typeof zone?.driver?.listRecordSets !== "function") {
      throw mistake(operation, field, "a driver and a zone", zone);
    }
    checkZoneRef(zone.zone, operation);
  }
  const { ignores = isNameServers, maxDeletedShare, onProgress } = options;
  return await within(to.driver, operation, options, async (call) => {
    const original = await from.driver.getZone(from.zone, call);
    const sets = await from.driver.listRecordSets(original, call);
    const wanted = sets.filter((set) => set.type !== "SOA" && !ignores(set));
    checkPortable(from.driver, wanted, operation);
    const desired = wanted.map(({ name, type, ttl = original.ttl, data }) =>
      ({ name, type, ttl, data }) as RecordSetInput
    );
    const planning = { ...options, ...call, timeoutMs: undefined };
    const target = await to.driver.getZone(to.zone, call);
    const plan = await planZone(to.driver, target, desired, planning);
    const change = await applyPlan(to.driver, plan, {
      ...call,
      ignores,
      maxDeletedShare,
      onProgress,
    });
    // Some providers list a change only when it is served.
    await to.driver.waitForChange(change, call);
    const rest = await planZone(to.driver, target, desired, planning);
    if (rest.changes.length > 0) throw differs(to.driver, rest, operation);
    return plan;
  });
}

/** Rejects what only one provider has, because a copy would lack it. */
function checkPortable(
  driver: DnsDriver,
  sets: readonly RecordSet[],
  operation: string,
): void {
  const groups = Map.groupBy(sets, keyOf);
  const special = [...groups].filter(([, group]) =>
    group.length > 1 ||
    !group.every((set) => isPortable(set) && driver.isPlain(set))
  );
  if (special.length === 0) return;
  const names = joinFew(special.map(([key]) => oneLine(key)));
  throw new TypeError(
    `${operation}: only ${driver.displayName} has record sets such as ${names}; leave ` +
      "them out with ignores",
  );
}

function differs(
  { provider, connection }: DnsDriver,
  plan: ZonePlan,
  operation: string,
): ZoneCopyError {
  const names = joinFew(plan.changes.map((it) => oneLine(keyOf(targetOf(it)))));
  const error = new ZoneCopyError(
    `${operation}: the copy of the zone differs in ${names}`,
    {
      provider,
      operation,
      status: 409,
      method: "GET",
      url: connection.baseUrl,
      body: "",
      mayHaveBeenApplied: true,
    },
  );
  return Object.assign(error, { plan });
}
