/**
 * Measures the conformance suite: breaks a driver in many ways, and tells which
 * of them the suite of that driver notices.
 *
 * ```sh
 * deno task mutate nephoscale
 * deno task mutate powerdns_dns
 * deno task mutate nephoscale --list
 * deno task mutate nephoscale --only=3,17
 * ```
 *
 * A mutant is a copy of the driver with one mistake, such as a swapped verb, a
 * lost page or an undeclared secret; `mutate/kinds/` has the kinds. The same
 * sources and the same seed give the same mutants. Each runs
 * `tests/conformance/<id>_test.ts` alone, without type checks, until the first
 * check fails. If the suite passes, the mutant has escaped. If a check does not
 * end, the mutant counts as caught.
 *
 * Mutants that behave as the driver does are listed in `mutate/equivalent.json`
 * with a reason. No other mutants take their place.
 *
 * Flags:
 *
 * - `--list`: prints the mutants and runs nothing.
 * - `--only=3,17`: runs the mutants with these numbers.
 * - `--count=40`: number of mutants of each driver.
 * - `--seed=1`: another seed gives other mutants.
 * - `--jobs=4`: number of suites that run at the same time.
 * - `--minutes=6`: time limit. Mutants that have not started then are left out.
 * - `--changed`: the drivers whose sources changed, or else one in turn.
 * - `--without-description`: hides the published descriptions of the APIs, which
 *   are not part of the repository, from the suite.
 *
 * The exit code is 1 if a suite catches less than 90 % of the mutants that are
 * not equivalent, or fails on the driver as it is.
 *
 * Environment variables:
 *
 * - `NEPHOS_RESULTS`: file to write the numbers of passed and failed mutants to.
 *   Escaped mutants have failed only if there are too many of them.
 *
 * @module
 */

import { selectChanged } from "./mutate/changed.ts";
import { reasonFor, unusedEntries } from "./mutate/equivalent.ts";
import { type Lane, makeLanes, type TimeLimits } from "./mutate/lane.ts";
import { chooseMutants } from "./mutate/mutants.ts";
import {
  isEnough,
  type Result,
  tallyOf,
  toLine,
  toSummary,
  toTable,
} from "./mutate/result.ts";
import { type DriverSource, readDrivers } from "./mutate/source.ts";

/** What the command line says. */
interface Flags {
  readonly ids: readonly string[];
  readonly isList: boolean;
  readonly isChanged: boolean;
  readonly hasDescriptions: boolean;
  readonly only: ReadonlySet<number> | undefined;
  readonly count: number;
  readonly seed: number;
  readonly jobs: number;
  readonly minutes: number | undefined;
}

const USAGE = "usage: deno task mutate [driver] [--list] [--only=3,17] " +
  "[--count=40] [--seed=1] [--jobs=4] [--minutes=6] [--changed] " +
  "[--without-description]";

/** Time limits of the suite on the driver as it is. */
const FIRST: TimeLimits = { checkMs: 120_000, totalMs: 600_000 };

function toFlags(args: readonly string[]): Flags {
  const values = new Map<string, string>();
  const ids: string[] = [];
  for (const arg of args) {
    const [, name = "", value = ""] =
      /^--(list|changed|without-description)$/.exec(arg) ??
        /^--(only)=(\d+(?:,\d+)*)$/.exec(arg) ??
        /^--(count|seed|jobs|minutes)=([1-9]\d*)$/.exec(arg) ?? [];
    if (name) values.set(name, value);
    else if (/^[a-z\d]+(?:_[a-z]+)?$/.test(arg)) ids.push(arg);
    else throw new RangeError(`${arg} is not known\n${USAGE}`);
  }
  const number = (name: string, byDefault: number) =>
    Number(values.get(name) ?? byDefault);
  const only = values.get("only")?.split(",").map(Number);
  return {
    ids,
    isList: values.has("list"),
    isChanged: values.has("changed"),
    hasDescriptions: !values.has("without-description"),
    only: only && new Set(only),
    count: number("count", 40),
    seed: number("seed", 1),
    jobs: number("jobs", 4),
    minutes: values.has("minutes") ? number("minutes", 0) : undefined,
  };
}

async function selectDrivers(flags: Flags): Promise<readonly DriverSource[]> {
  const all = readDrivers();
  const known = all.map(({ id }) => id);
  const unknown = flags.ids.find((id) => !known.includes(id));
  if (unknown !== undefined) {
    throw new RangeError(
      `no driver has the id ${unknown}; known ids: ${known.join(", ")}`,
    );
  }
  if (flags.ids.length > 0) {
    return all.filter(({ id }) => flags.ids.includes(id));
  }
  if (!flags.isChanged) return all;
  const { drivers, reason } = await selectChanged(all);
  console.log(`${drivers.map(({ id }) => id).join(", ")}: ${reason}`);
  return drivers;
}

/** Chooses the mutants of a driver, and finds those that are equivalent. */
function prepare(driver: DriverSource, flags: Flags): Result[] {
  const unused = unusedEntries(driver);
  if (unused.length > 0) {
    throw new RangeError(
      `mutate/equivalent.json names mutants that do not exist:\n${
        unused.join("\n")
      }`,
    );
  }
  return chooseMutants(driver, flags)
    .map((mutant, index) => ({
      number: index + 1,
      mutant,
      reason: reasonFor(mutant),
    }))
    .filter(({ number }) => flags.only?.has(number) ?? true);
}

/**
 * Runs the mutants of a driver and prints each as soon as all before it are done.
 *
 * @returns The results; `undefined` if the suite fails on the driver as it is.
 */
async function runDriver(
  { id }: DriverSource,
  planned: readonly Result[],
  flags: Flags,
  endMs: number,
): Promise<readonly Result[] | undefined> {
  const { jobs, hasDescriptions } = flags;
  await using copies = await makeLanes({ id, count: jobs, hasDescriptions });
  const { lanes } = copies;
  const start = performance.now();
  const first = await lanes[0]!.run(FIRST);
  const elapsedMs = performance.now() - start;
  if (first.status !== "passed") {
    const what = first.status === "timed out"
      ? "does not end"
      : `fails in "${first.check}":\n${first.detail}`;
    console.log(
      `${id}: the suite must pass on the driver as it is, but it ${what}`,
    );
    return undefined;
  }
  console.log(
    `${id}: the suite passes in ${(elapsedMs / 1000).toFixed(0)} s; ` +
      `${planned.length} mutants, ${jobs} at the same time`,
  );
  // Suites that run at the same time slow each other down, and a mutant may
  // repeat requests. Only a check that does not end should reach the limit.
  const limits = {
    checkMs: 30_000 + 8 * first.slowestMs,
    totalMs: 60_000 + 20 * elapsedMs,
  };
  const results = [...planned];
  const ended = new Set<number>();
  let printed = 0;
  const end = (index: number) => {
    ended.add(index);
    for (; ended.has(printed); printed++) {
      console.log(toLine(results[printed]!));
    }
  };
  const queue = planned.keys();
  const work = async (lane: Lane) => {
    for (const index of queue) {
      const result = planned[index]!;
      if (result.reason === undefined && performance.now() < endMs) {
        const outcome = await lane.runMutant(result.mutant, limits);
        results[index] = { ...result, outcome };
      }
      end(index);
    }
  };
  await Promise.all(lanes.map(work));
  return results;
}

/** Prints the numbers of a driver, and returns those that count. */
function conclude(
  { id }: DriverSource,
  results: readonly Result[] | undefined,
): { readonly passed: number; readonly failed: number } {
  if (!results) return { passed: 0, failed: 1 };
  const tally = tallyOf(results);
  console.log(`\n${toTable(results)}\n\n${toSummary(id, tally)}\n`);
  return {
    passed: tally.caught,
    failed: isEnough(tally) ? 0 : tally.escaped,
  };
}

async function main(args: readonly string[]): Promise<number> {
  const flags = toFlags(args);
  const drivers = await selectDrivers(flags);
  const start = performance.now();
  const limitMs = flags.minutes === undefined
    ? Infinity
    : flags.minutes * 60_000;
  const total = { passed: 0, failed: 0 };
  for (const [index, driver] of drivers.entries()) {
    const planned = prepare(driver, flags);
    if (flags.isList) {
      console.log(`${driver.id}: ${planned.length} mutants`);
      for (const result of planned) console.log(toLine(result));
      continue;
    }
    // Each driver gets the same part of the time.
    const endMs = start + limitMs * (index + 1) / drivers.length;
    const results = await runDriver(driver, planned, flags, endMs);
    const { passed, failed } = conclude(driver, results);
    total.passed += passed;
    total.failed += failed;
  }
  const report = Deno.env.get("NEPHOS_RESULTS");
  if (report) {
    await Deno.writeTextFile(report, `${total.passed} ${total.failed}\n`);
  }
  return total.failed === 0 ? 0 : 1;
}

if (import.meta.main) {
  const code = await main(Deno.args).catch((error) => {
    if (!(error instanceof RangeError)) throw error;
    console.error(error.message);
    return 2;
  });
  Deno.exit(code);
}
