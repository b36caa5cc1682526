/**
 * Runs all checks: format, lint, types, tests, docs and a dry run of publishing.
 *
 * A failed step prints its output and does not stop the later ones. The last
 * lines show the result of each step. To skip steps, run `deno task ok --without=tests,docs`.
 *
 * @module
 */

import { path, ROOT, runDeno } from "./deno.ts";
import { runTests } from "./test.ts";

interface Step {
  readonly name: string;
  /** Resolves to whether the step passed. */
  readonly run: () => Promise<boolean>;
}

/** Files and folders with TypeScript. */
const SOURCES: readonly string[] = [
  "mod.ts",
  "cli",
  "core",
  "drivers",
  "simulators",
  "deploy",
  "testing",
  "fleet_page",
  "tests",
  "bench",
  "examples",
  "tools",
];

const STEPS: readonly Step[] = [
  { name: "format", run: () => deno("fmt", "--check") },
  { name: "lint", run: () => deno("lint") },
  { name: "types", run: async () => deno("check", ...await present(SOURCES)) },
  { name: "tests", run: async () => (await runTests([])).failed === 0 },
  {
    // One call: otherwise types that another entry point exports count as private.
    name: "docs",
    run: async () => deno("doc", "--lint", ...await entryPoints()),
  },
  {
    name: "publish",
    run: () => deno("publish", "--dry-run", "--allow-dirty"),
  },
];

/** Runs Deno and prints its output if it fails. */
async function deno(...args: readonly string[]): Promise<boolean> {
  const { code, output } = await runDeno(args, {
    cwd: path("."),
    capture: true,
    env: { NO_COLOR: "1" },
  });
  if (code !== 0) console.log(output.replace(/^Check .*\n/gm, ""));
  return code === 0;
}

async function entryPoints(): Promise<string[]> {
  const text = await Deno.readTextFile(new URL("deno.json", ROOT));
  return Object.values(JSON.parse(text).exports as Record<string, string>);
}

/** Filters for files and folders that exist. */
async function present(names: readonly string[]): Promise<string[]> {
  const there: string[] = [];
  for await (const { name } of Deno.readDir(ROOT)) {
    if (names.includes(name)) there.push(name);
  }
  return there.sort();
}

async function main(args: readonly string[]): Promise<number> {
  const without = args.flatMap((arg) =>
    arg.startsWith("--without=") ? arg.slice(10).split(",") : []
  );
  const unknown = without.filter((name) => !STEPS.some((s) => s.name === name));
  if (unknown.length > 0 || args.some((arg) => !arg.startsWith("--without="))) {
    console.error(
      `usage: deno task ok [--without=${STEPS.map((s) => s.name).join(",")}]`,
    );
    return 2;
  }
  const results: { name: string; ok: boolean; seconds: number }[] = [];
  for (const { name, run } of STEPS) {
    if (without.includes(name)) continue;
    console.log(`\n== ${name}`);
    const start = performance.now();
    const ok = await run().catch((error) => {
      console.error(error);
      return false;
    });
    results.push({ name, ok, seconds: (performance.now() - start) / 1000 });
  }
  console.log("");
  for (const { name, ok, seconds } of results) {
    console.log(
      `${name.padEnd(10)}${ok ? "ok" : "FAILED"} (${seconds.toFixed(1)} s)`,
    );
  }
  const failed = results.filter(({ ok }) => !ok).length;
  console.log(`${results.length - failed} passed, ${failed} failed`);
  const report = Deno.env.get("NEPHOS_RESULTS");
  if (report) {
    await Deno.writeTextFile(report, `${results.length - failed} ${failed}\n`);
  }
  return failed === 0 ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
