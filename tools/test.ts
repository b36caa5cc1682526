/**
 * Runs every test and every example in the documentation, and counts them.
 *
 * Unit tests and examples may read this repository and talk to themselves over
 * loopback; Deno holds them to it. What starts other programs runs on its own,
 * with every permission.
 *
 * ```sh
 * deno task test
 * deno task test tests/core/ tests/size_test.ts
 * deno task test --filter=Listing
 * ```
 *
 * The last line is `N passed, N failed, N skipped`.
 *
 * @module
 */

import { path, ROOT, runDeno } from "./deno.ts";

/** How many tests ended in which way; a step is part of its test. */
export interface Counts {
  /** Those that passed. */
  readonly passed: number;
  /** Those that failed, and runs that broke off. */
  readonly failed: number;
  /** Those that were left out. */
  readonly skipped: number;
}

/** What is documentation with examples in it, besides the tests. */
const DOCUMENTED: readonly string[] = [
  "mod.ts",
  "core",
  "drivers",
  "simulators",
  "deploy",
  "testing",
  "docs",
  "README.md",
  "CONTRIBUTING.md",
];

/** What starts other programs. */
const FOREIGN: readonly string[] = [
  "tests/interop",
  "tests/runtimes",
  "tests/tools",
  "tests/package_test.ts",
  "tests/size_test.ts",
];

/**
 * Runs the tests.
 *
 * @param args Paths from the top folder to run just those, and flags of
 * `deno test`, each in one word.
 * @returns The counts.
 */
export async function runTests(args: readonly string[]): Promise<Counts> {
  const flags = args.filter((arg) => arg.startsWith("-"));
  const chosen = args.filter((arg) => !arg.startsWith("-")).map(clean);
  const missing = chosen.filter((name) => !isThere(name));
  if (missing.length > 0) {
    throw new RangeError(`Cannot test ${missing.join(", ")}: no such file`);
  }
  const units = chosen.length > 0
    ? chosen.filter((name) => !FOREIGN.some((top) => isIn(name, top)))
    : ["tests", ...DOCUMENTED].filter(isThere);
  const foreign = chosen.length > 0
    ? chosen.filter((name) => FOREIGN.some((top) => isIn(name, top)))
    : FOREIGN.filter(isThere);
  const runs: Counts[] = [];
  if (units.length > 0) {
    runs.push(
      await runGroup([
        "--doc",
        `--allow-read=${path(".")}`,
        "--allow-net=127.0.0.1",
        "--sanitize-ops",
        "--sanitize-resources",
        `--ignore=${FOREIGN.join(",")}`,
        ...flags,
        ...units,
      ]),
    );
  }
  if (foreign.length > 0) {
    runs.push(await runGroup(["--allow-all", ...flags, ...foreign]));
  }
  const counts = runs.reduce(add, { passed: 0, failed: 0, skipped: 0 });
  if (counts.passed + counts.failed > 0) return counts;
  console.error("Cannot call this a pass: no test ran");
  return { ...counts, failed: 1 };
}

/** Runs `deno test` once, and reads its report rather than what it prints. */
async function runGroup(args: readonly string[]): Promise<Counts> {
  const folder = await Deno.makeTempDir({ prefix: "nephos-test-" });
  try {
    const report = `${folder}/report.xml`;
    const { code } = await runDeno(
      [
        "test",
        "--no-prompt",
        "--permit-no-files",
        `--junit-path=${report}`,
        ...args,
      ],
      { cwd: path(".") },
    );
    const xml = await Deno.readTextFile(report).catch(() => "");
    const counts = countReport(xml);
    // What does not compile, or throws outside of a test, is in no report.
    return code !== 0 && counts.failed === 0
      ? { ...counts, failed: 1 }
      : counts;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/**
 * Counts the tests in a report of `deno test --junit-path`.
 *
 * The report has a case for every step of a test as well, named
 * `<test> > <step>`; those are not counted.
 *
 * @param xml The report.
 * @returns The counts.
 */
export function countReport(xml: string): Counts {
  let counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  for (const [suite] of xml.matchAll(/<testsuite .*?<\/testsuite>/gs)) {
    const names = new Set<string>();
    for (
      const [, name = "", body = ""] of suite.matchAll(
        /<testcase name="([^"]*)".*?>(.*?)<\/testcase>/gs,
      )
    ) {
      // A step comes after the test that it is part of.
      const isStep = [...name.matchAll(/ &gt; /g)].some(({ index }) =>
        names.has(name.slice(0, index))
      );
      if (isStep) continue;
      names.add(name);
      counts = add(counts, {
        passed: /<(failure|error|skipped)\b/.test(body) ? 0 : 1,
        failed: /<(failure|error)\b/.test(body) ? 1 : 0,
        skipped: /<skipped\b/.test(body) ? 1 : 0,
      });
    }
  }
  return counts;
}

function add(a: Counts, b: Counts): Counts {
  return {
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    skipped: a.skipped + b.skipped,
  };
}

function clean(name: string): string {
  return name.replace(/^\.\//, "").replace(/\/$/, "");
}

function isIn(name: string, top: string): boolean {
  return name === top || name.startsWith(`${top}/`);
}

function isThere(name: string): boolean {
  try {
    return Deno.statSync(new URL(name, ROOT)) !== undefined;
  } catch {
    return false;
  }
}

if (import.meta.main) {
  const { passed, failed, skipped } = await runTests(Deno.args);
  // A process that broke off may have left a line unfinished.
  console.log(`\n${passed} passed, ${failed} failed, ${skipped} skipped`);
  // For a program that runs this one, as .ci/run does.
  const results = Deno.env.get("NEPHOS_RESULTS");
  if (results) await Deno.writeTextFile(results, `${passed} ${failed}\n`);
  Deno.exit(failed === 0 ? 0 : 1);
}
