/**
 * Mutants that no test can find, because the driver behaves as before. Each has a
 * reason in `equivalent.json`.
 *
 * @module
 */

import entries from "./equivalent.json" with { type: "json" };
import { allMutants, describe, type Mutant } from "./mutants.ts";
import type { DriverSource } from "./source.ts";

/** An entry of `equivalent.json`. It names no line, because lines change. */
export interface Equivalent {
  /** File of the mutant. */
  readonly file: string;
  /** Kind of the mutant. */
  readonly kind: string;
  /** Method, function or constant. */
  readonly place: string;
  /** The edit, as `deno task mutate --list` prints it. */
  readonly edit: string;
  /** Why the driver behaves as before. */
  readonly reason: string;
}

const EQUIVALENTS: readonly Equivalent[] = entries;

/**
 * Finds the reason why a mutant is equivalent.
 *
 * @param mutant The mutant.
 * @returns The reason; `undefined` if the suite should find the mutant.
 */
export function reasonFor(mutant: Mutant): string | undefined {
  return EQUIVALENTS
    .find((entry) => describe(entry) === describe(mutant))?.reason;
}

/**
 * Finds the entries that no mutant of a driver has, because the code changed.
 *
 * @param driver The driver.
 * @returns The descriptions of the entries.
 */
export function unusedEntries(driver: DriverSource): string[] {
  const files = new Set(driver.files.map(({ fileName }) => fileName));
  const known = new Set(
    [...allMutants(driver).values()].flat().map(describe),
  );
  return EQUIVALENTS.filter(({ file }) => files.has(file)).map(describe)
    .filter((description) => !known.has(description));
}
