/**
 * Record sets that a provider cannot hold as they are.
 *
 * @module
 */

import { oneLine } from "../message.ts";
import { checkRecordSet } from "./check.ts";
import { keyOf, sameValues } from "./data.ts";
import type { DnsDriver } from "./driver.ts";
import type { RecordSet, RecordSetInput } from "./records.ts";

/** How to treat a record set that the provider cannot hold as it is. */
export type MisfitPolicy = "refuse" | "adapt";

/** The policies, to check the choice of a caller. */
export const MISFIT_POLICIES: Readonly<Record<MisfitPolicy, MisfitPolicy>> = {
  refuse: "refuse",
  adapt: "adapt",
};

/**
 * TTLs that providers offer, and the limits of their ranges, in seconds. Each
 * provider accepts at least one of them that is near to any other TTL.
 */
const USUAL_TTLS: readonly number[] = [
  1,
  30,
  60,
  120,
  180,
  300,
  600,
  900,
  1800,
  3600,
  7200,
  14_400,
  28_800,
  43_200,
  57_600,
  86_400,
  172_800,
  345_600,
  604_800,
  1_209_600,
  2_419_200,
  2_147_483_647,
];

/** Number of record sets that an error describes. */
const SHOWN = 5;

/**
 * Brings record sets into the form in which the provider will keep them. Sends
 * nothing.
 *
 * @param operation Name of the function, for errors.
 * @param driver The driver.
 * @param sets The record sets of the caller.
 * @param onMisfit How to treat those that the provider cannot hold.
 * @returns The record sets.
 * @throws {TypeError} If a value is invalid, or the provider cannot hold it. The
 *   message names each such record set.
 * @throws {RangeError} If all that is wrong are numbers out of range.
 */
export function fitRecordSets(
  operation: string,
  driver: DnsDriver,
  sets: readonly RecordSetInput[],
  onMisfit: MisfitPolicy,
): RecordSetInput[] {
  const fitted: RecordSetInput[] = [];
  const misfits: { readonly set: RecordSetInput; readonly error: Error }[] = [];
  for (const set of sets) {
    try {
      fitted.push(fitRecordSet(operation, driver, set, onMisfit));
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof RangeError)) {
        throw error;
      }
      misfits.push({ set, error });
    }
  }
  if (misfits.length === 0) return fitted;
  const reasons = misfits.slice(0, SHOWN)
    .map(({ set, error }) => describe(set, error));
  const more = misfits.length - reasons.length;
  if (more > 0) reasons.push(`${more} more`);
  const Class = misfits.every(({ error }) => error instanceof RangeError)
    ? RangeError
    : TypeError;
  const count = misfits.length === 1
    ? "a record set does"
    : `${misfits.length} record sets do`;
  throw new Class(
    `${operation}: ${count} not fit ${driver.displayName}: ${
      reasons.join("; ")
    }`,
  );
}

/**
 * Brings a record set into the form in which the provider will keep it.
 *
 * @param operation Name of the function, for errors.
 * @param driver The driver.
 * @param set The record set of the caller.
 * @param onMisfit How to treat it if the provider cannot hold it. `"adapt"`
 *   chooses the nearest TTL, and accepts what the provider makes of the values.
 * @returns The record set.
 * @throws {TypeError} If a value is invalid, or the provider cannot hold it.
 * @throws {RangeError} If a number is out of the provider's range.
 */
export function fitRecordSet(
  operation: string,
  driver: DnsDriver,
  set: RecordSetInput,
  onMisfit: MisfitPolicy,
): RecordSetInput {
  const checked = checkRecordSet(set, operation);
  // Options that only the provider has.
  const { extra } = set as Partial<RecordSet>;
  const wanted = extra === undefined
    ? checked
    : { ...checked, extra } as RecordSetInput & Pick<RecordSet, "extra">;
  if (onMisfit === "adapt") return adapt(driver, wanted);
  const fitted = driver.normalizeRecordSet(wanted);
  if (wanted.ttl !== undefined && wanted.ttl !== fitted.ttl) {
    throw new RangeError(
      `${operation}: ttl ${wanted.ttl} would become ${fitted.ttl}`,
    );
  }
  if (!sameValues(wanted, fitted)) {
    throw new TypeError(`${operation}: data would become other data`);
  }
  return fitted;
}

/** Chooses the nearest TTL, if the provider does not accept that of the caller. */
function adapt(driver: DnsDriver, set: RecordSetInput): RecordSetInput {
  const { ttl } = set;
  try {
    return driver.normalizeRecordSet(set);
  } catch (error) {
    if (ttl === undefined || !(error instanceof RangeError)) throw error;
    const nearest = USUAL_TTLS.toSorted((a, b) =>
      Math.abs(a - ttl) - Math.abs(b - ttl)
    );
    for (const ttl of nearest) {
      try {
        return driver.normalizeRecordSet({ ...set, ttl });
      } catch {
        // The next one may be accepted. If none is, the TTL is not the problem.
      }
    }
    throw error;
  }
}

function describe(set: RecordSetInput, { message }: Error): string {
  // Without the name of the method.
  const reason = message.replace(/^\w+: /, "");
  return Object(set) === set ? `${oneLine(keyOf(set))}: ${reason}` : reason;
}
