/**
 * Results of mutants, and how people see them.
 *
 * @module
 */

import type { Outcome } from "./lane.ts";
import type { Mutant } from "./mutants.ts";

/** Share of the mutants that a suite must catch, without equivalent ones. */
const THRESHOLD = 0.9;

/** What became of a mutant. */
export interface Result {
  /** Number in the list, from 1. */
  readonly number: number;
  /** The mutant. */
  readonly mutant: Mutant;
  /** Why the mutant is equivalent; `undefined` if it is not. */
  readonly reason?: string | undefined;
  /** How the suite ended; `undefined` if it was not run. */
  readonly outcome?: Outcome | undefined;
}

/** Numbers of mutants. */
export interface Tally {
  /** All of them, without those for which there was no time. */
  readonly all: number;
  /** Those that the suite caught, or that made it hang. */
  readonly caught: number;
  /** Those that made the suite hang. */
  readonly timedOut: number;
  /** Those that no suite can catch. */
  readonly equivalent: number;
  /** Those that should have been caught. */
  readonly escaped: number;
  /** Those for which there was no time. */
  readonly left: number;
}

/**
 * Counts mutants.
 *
 * @param results The results.
 * @returns The numbers.
 */
export function tallyOf(results: readonly Result[]): Tally {
  const count = (verdict: Verdict) =>
    results.filter((result) => verdictOf(result) === verdict).length;
  const left = count("left");
  const timedOut = count("timed out");
  return {
    all: results.length - left,
    caught: count("caught") + timedOut,
    timedOut,
    equivalent: count("equivalent"),
    escaped: count("escaped"),
    left,
  };
}

/**
 * Decides whether a suite caught enough. Mutants that were not run count as
 * caught: a few of them say nothing about the rest.
 *
 * @param tally The numbers.
 * @returns Whether it did.
 */
export function isEnough({ all, left, equivalent, escaped }: Tally): boolean {
  const counting = all + left - equivalent;
  return counting - escaped >= THRESHOLD * counting;
}

/**
 * Renders one mutant.
 *
 * @param result The mutant and its result.
 * @returns One line.
 */
export function toLine(result: Result): string {
  const { number, mutant } = result;
  const { kind, file, line, place, edit } = mutant;
  const end = endOf(result);
  return `${String(number).padStart(3)} ${kind.padEnd(7)} ` +
    `${file}:${line} in ${place}: ${edit}${end && `; ${end}`}`;
}

/**
 * Renders the numbers by kind.
 *
 * @param results The results.
 * @returns Several lines.
 */
export function toTable(results: readonly Result[]): string {
  const kinds = Map.groupBy(results, ({ mutant }) => mutant.kind);
  const rows = [...kinds].map(([kind, results]) => {
    const { all, caught, equivalent, escaped } = tallyOf(results);
    return [kind, all, caught, equivalent, escaped];
  });
  return [["kind", "mutants", "caught", "equivalent", "escaped"], ...rows]
    .map(([kind, ...cells]) =>
      String(kind).padEnd(8) +
      cells.map((cell) => String(cell).padStart(11)).join("")
    ).join("\n");
}

/**
 * Renders the numbers of a driver.
 *
 * @param id Id of the provider.
 * @param tally The numbers.
 * @returns One line.
 */
export function toSummary(id: string, tally: Tally): string {
  const { all, caught, timedOut, equivalent, escaped, left } = tally;
  return [
    `${id}: ${all} mutants`,
    `${caught} caught${timedOut > 0 ? ` (${timedOut} by the time limit)` : ""}`,
    `${equivalent} equivalent`,
    `${escaped} escaped`,
    ...left > 0 ? [`${left} not run for lack of time`] : [],
  ].join(", ");
}

type Verdict = "caught" | "timed out" | "equivalent" | "escaped" | "left";

function verdictOf({ reason, outcome }: Result): Verdict {
  if (reason !== undefined) return "equivalent";
  if (outcome === undefined) return "left";
  if (outcome.status === "timed out") return "timed out";
  return outcome.status === "failed" ? "caught" : "escaped";
}

function endOf(result: Result): string {
  switch (verdictOf(result)) {
    case "caught":
      return `caught by "${result.outcome!.check}"`;
    case "timed out":
      return "caught: a check did not end within the time limit";
    case "escaped":
      return "ESCAPED";
    case "equivalent":
      return `equivalent: ${result.reason}`;
    case "left":
      return "";
  }
}
