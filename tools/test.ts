/**
 * Runs every test and every example in the documentation, and sums them up.
 *
 * The unit tests and the examples may read this repository and use the
 * loopback network; Deno denies everything else. Tests that start other
 * programs, or replace clocks, run in groups of their own, with all
 * permissions. Groups run side by side.
 *
 * ```sh
 * deno task test
 * deno task test tests/core/ tests/size_test.ts
 * deno task test --filter=Listing
 * deno task test --verbose tests/core/
 * ```
 *
 * Types are checked in the unit tests and the examples. `deno task ok` checks
 * them everywhere.
 *
 * The full output goes to `.out/test/`; `--verbose` prints it, too, and runs
 * one group after the other. The last line is `N passed, N failed, N skipped`.
 *
 * Environment variables:
 *
 * - `NEPHOS_REQUIRE_ALL`: if set, a skipped test counts as a failed one.
 * - `NEPHOS_MAY_SKIP`: files, separated by spaces, that this does not apply to.
 * - `NEPHOS_SCHEDULES`: number of random schedules of each property test.
 * - `NEPHOS_SSH_DEPLOYMENTS`: number of deployments beside a busy event loop.
 * - `NEPHOS_RESULTS`: file to write the numbers of passed and failed tests to.
 *
 * @module
 */

import { path, ROOT, runDeno, SIGNALS } from "./deno.ts";
import {
  count,
  type Counts,
  readResults,
  requireAll,
  summarize,
  type TestResult,
} from "./report.ts";

/** Documentation with examples in it. */
const DOCUMENTED: readonly string[] = [
  "mod.ts",
  "cli",
  "core",
  "drivers",
  "simulators",
  "deploy",
  "testing",
  "fleet_page",
  "docs",
  "README.md",
  "CONTRIBUTING.md",
];

/** Tests that need a process of their own, by the name of their group. */
const FOREIGN: Readonly<Record<string, readonly string[]>> = {
  cli: ["tests/cli"],
  interop: ["tests/interop"],
  fleet: ["tests/fleet"],
  // They replace timers and clocks.
  properties: ["tests/properties"],
  tools: [
    "tests/tools",
    "tests/docs",
    "tests/package_test.ts",
    "tests/size_test.ts",
  ],
  runtimes: ["tests/runtimes"],
};

/** Tests that run only if they are named: `deno task test:openstack` does. */
const NAMED: Readonly<Record<string, readonly string[]>> = {
  openstack: ["tests/openstack"],
};

/** Folder of the logs. */
const LOGS = ".out/test";

/** Processes of `deno test` that run at the same time. */
const LANES = 2;

/**
 * Files of the unit group that run at the same time. Tests wait more than they
 * compute, but some of them measure time: more files than cores make them fail.
 */
const JOBS = Math.max(2, navigator.hardwareConcurrency);

/** Tests that run in one process. */
interface Group {
  readonly name: string;
  readonly args: readonly string[];
}

/**
 * Runs the tests and prints the summary.
 *
 * @param args Paths, relative to the repository, of the tests to run, by
 * default all; flags of `deno test`, each in one word; `--verbose`.
 * @returns The counts.
 * @throws {RangeError} If a path does not exist.
 */
export async function runTests(args: readonly string[]): Promise<Counts> {
  const isVerbose = args.includes("--verbose");
  const groups = groupsOf(args.filter((arg) => arg !== "--verbose"));
  await Deno.remove(path(LOGS), { recursive: true }).catch(() => {});
  await Deno.mkdir(path(LOGS), { recursive: true });
  using progress = new Progress();
  using interrupt = new Interrupt();
  const ended = new Map<Group, TestResult[]>();
  const queue = [...groups];
  const lane = async () => {
    for (let group = queue.shift(); group; group = queue.shift()) {
      ended.set(
        group,
        interrupt.signal === undefined
          ? await runGroup(group, isVerbose, progress)
          : [toInterrupted(group, interrupt.signal)],
      );
    }
  };
  await Promise.all(
    Array.from({ length: isVerbose ? 1 : LANES }, () => lane()),
  );
  const results = groups.flatMap((group) => ended.get(group)!);
  const logs = groups.filter((group) => count(ended.get(group)!).failed > 0)
    .map(logOf);
  const counts = count(results);
  const summary = summarize(results, logs);
  if (summary !== "") console.log(summary.trimEnd());
  const isEmpty = counts.passed + counts.failed === 0;
  if (isEmpty) console.log("\nNo tests were run.");
  const all = isEmpty ? { ...counts, failed: 1 } : counts;
  console.log(
    `\n${all.passed} passed, ${all.failed} failed, ${all.skipped} skipped`,
  );
  return all;
}

function groupsOf(args: readonly string[]): Group[] {
  const flags = args.filter((arg) => arg.startsWith("-"));
  const chosen = args.filter((arg) => !arg.startsWith("-")).map(clean);
  const missing = chosen.filter((name) => !isThere(name));
  if (missing.length > 0) {
    throw new RangeError(`${missing.join(", ")} does not exist`);
  }
  const foreign = Object.values({ ...FOREIGN, ...NAMED }).flat();
  const units = chosen.length > 0
    ? chosen.filter((name) => !foreign.some((top) => isIn(name, top)))
    : ["tests", ...DOCUMENTED].filter(isThere);
  const groups: Group[] = [{
    name: "unit",
    args: [
      "--doc",
      "--parallel",
      `--allow-read=${path(".")}`,
      "--allow-net=127.0.0.1",
      "--sanitize-ops",
      "--sanitize-resources",
      `--ignore=${foreign.join(",")}`,
      ...flags,
      ...units,
    ],
  }];
  if (units.length === 0) groups.pop();
  const others = chosen.length > 0 ? { ...FOREIGN, ...NAMED } : FOREIGN;
  for (const [name, tops] of Object.entries(others)) {
    const files = chosen.length > 0
      ? chosen.filter((name) => tops.some((top) => isIn(name, top)))
      : tops.filter(isThere);
    if (files.length > 0) {
      const own = ["--allow-all", "--no-check"];
      groups.push({ name, args: [...own, ...flags, ...files] });
    }
  }
  return groups;
}

/** Runs `deno test` once. */
async function runGroup(
  group: Group,
  isVerbose: boolean,
  progress: Progress,
): Promise<TestResult[]> {
  const { name, args } = group;
  const start = performance.now();
  const folder = await Deno.makeTempDir({ prefix: "nephos-test-" });
  const log = await Deno.open(path(logOf(group)), {
    create: true,
    truncate: true,
    write: true,
  });
  progress.start(name);
  try {
    const report = `${folder}/report.xml`;
    const { code, output } = await runDeno(
      [
        "test",
        "--no-prompt",
        "--permit-no-files",
        `--junit-path=${report}`,
        ...args,
      ],
      {
        cwd: path("."),
        capture: true,
        env: { NO_COLOR: "1", DENO_JOBS: String(JOBS) },
        onOutput: (bytes) => {
          writeAll(log, bytes);
          if (isVerbose) writeAll(Deno.stdout, bytes);
          else progress.read(bytes);
        },
      },
    );
    const xml = await Deno.readTextFile(report).catch(() => "");
    const results = readResults({
      group: name,
      code,
      xml,
      output,
      isFiltered: args.some((arg) => arg.startsWith("--filter")),
    });
    const all = Deno.env.get("NEPHOS_REQUIRE_ALL")
      ? requireAll(results, Deno.env.get("NEPHOS_MAY_SKIP")?.split(" ") ?? [])
      : results;
    const { passed, failed, skipped } = count(all);
    const seconds = ((performance.now() - start) / 1000).toFixed(0);
    progress.end(
      name,
      `${name}: ${passed} passed, ${failed} failed, ${skipped} skipped (${seconds} s)`,
    );
    return all;
  } finally {
    log.close();
    await Deno.remove(folder, { recursive: true });
  }
}

/** Remembers the signal that asked this process to end. */
class Interrupt implements Disposable {
  /** The signal; `undefined` if there was none. */
  signal: Deno.Signal | undefined;
  readonly #listeners = SIGNALS.map((signal) => {
    const listener = () => {
      this.signal = signal;
    };
    Deno.addSignalListener(signal, listener);
    return () => Deno.removeSignalListener(signal, listener);
  });

  [Symbol.dispose](): void {
    for (const remove of this.#listeners) remove();
  }
}

function toInterrupted({ name }: Group, signal: Deno.Signal): TestResult {
  return {
    name: `The group "${name}" was not run, because of ${signal}`,
    file: "",
    status: "failed",
    detail: "",
  };
}

/** Prints a line for each group and, on a terminal, counts the tests. */
class Progress implements Disposable {
  readonly #isTerminal = Deno.stdout.isTerminal();
  readonly #running = new Set<string>();
  readonly #timer: ReturnType<typeof setInterval> | undefined;
  #done = 0;

  constructor() {
    if (this.#isTerminal) this.#timer = setInterval(() => this.#draw(), 500);
  }

  start(group: string): void {
    this.#running.add(group);
  }

  read(bytes: Uint8Array): void {
    if (!this.#isTerminal) return;
    const text = new TextDecoder().decode(bytes);
    this.#done += text.match(/ \.\.\. (?:ok|FAILED|ignored) \(/g)?.length ?? 0;
  }

  end(group: string, line: string): void {
    this.#running.delete(group);
    console.log(`${this.#isTerminal ? "\r\x1b[K" : ""}${line}`);
  }

  #draw(): void {
    const line = `${this.#done} tests and steps done; running: ${
      [...this.#running].join(", ")
    }`;
    writeAll(Deno.stdout, new TextEncoder().encode(`\r\x1b[K${line}`));
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

function writeAll(
  file: { writeSync(bytes: Uint8Array): number },
  bytes: Uint8Array,
): void {
  for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
}

function logOf({ name }: Group): string {
  return `${LOGS}/${name}.log`;
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
  const { passed, failed } = await runTests(Deno.args).catch((error) => {
    if (!(error instanceof RangeError)) throw error;
    console.error(error.message);
    Deno.exit(2);
  });
  // For a program that runs this one, as .ci/run does.
  const results = Deno.env.get("NEPHOS_RESULTS");
  if (results) await Deno.writeTextFile(results, `${passed} ${failed}\n`);
  Deno.exit(failed === 0 ? 0 : 1);
}
