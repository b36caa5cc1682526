/**
 * Copies of the repository in which mutants run.
 *
 * A copy is used for one mutant after the other, because Deno keeps the compiled
 * form of files that did not change. Several copies run at the same time.
 *
 * @module
 */

import { config, path, runDeno } from "../deno.ts";
import { readResults } from "../report.ts";
import { apply } from "./edit.ts";
import type { Mutant } from "./mutants.ts";

/** Folder of the copies. */
const FOLDER = ".out/mutate";

/** Folders that no suite needs. */
const LEFT_OUT = new Set(["bench", "coverage", "dist", "docs", "node_modules"]);

/** Descriptions of APIs, which are no part of the repository. */
const SHARED = "../shared";

/** Exit codes after SIGHUP, SIGINT, SIGKILL and SIGTERM. */
const INTERRUPTED: readonly number[] = [129, 130, 137, 143];

/** Time limits of a suite. A busy machine may slow all of its checks down. */
export interface TimeLimits {
  /** Time for one check. */
  readonly checkMs: number;
  /** Time for all checks. */
  readonly totalMs: number;
}

/** How the suite ended. */
export interface Outcome {
  /** Whether every check passed, one failed, or the suite did not end. */
  readonly status: "passed" | "failed" | "timed out";
  /** Name of the first check that failed; empty if none did. */
  readonly check: string;
  /** Error of that check. */
  readonly detail: string;
  /** Time of the slowest check, or of the start if that took longer. */
  readonly slowestMs: number;
}

/** Settings of {@linkcode makeLanes}. */
export interface LaneOptions {
  /** Id of the provider. */
  readonly id: string;
  /** Number of copies. */
  readonly count: number;
  /** Whether the suite may read the descriptions of APIs. */
  readonly hasDescriptions: boolean;
}

/**
 * Copies the repository.
 *
 * @param options Number of copies, and what they contain.
 * @returns The copies; `await using` removes them.
 */
export async function makeLanes(
  { id, count, hasDescriptions }: LaneOptions,
): Promise<Lanes> {
  const folder = path(`${FOLDER}/${id}`);
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  const lanes = Array.from(
    { length: count },
    (_, index) => new Lane(id, `${folder}/${index + 1}`),
  );
  for (const lane of lanes) {
    await copy(path("."), lane.folder);
    // The links of this configuration are relative to it.
    await Deno.copyFile(await config(), `${lane.folder}/deno.json`);
  }
  // The suite looks for them beside the repository.
  const shared = await Deno.realPath(path(SHARED)).catch(() => undefined);
  if (hasDescriptions && shared) {
    await Deno.symlink(shared, `${folder}/shared`);
  }
  return {
    lanes,
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

/** Copies of the repository. */
export interface Lanes extends AsyncDisposable {
  /** The copies. */
  readonly lanes: readonly Lane[];
}

/** A copy of the repository, which runs the suite of one driver. */
export class Lane {
  /** Path of the copy, without a trailing slash. */
  readonly folder: string;
  readonly #suite: string;

  /**
   * Names a copy.
   *
   * @param id Id of the provider.
   * @param folder Path of the copy.
   */
  constructor(id: string, folder: string) {
    this.folder = folder;
    this.#suite = `tests/conformance/${id}_test.ts`;
  }

  /**
   * Runs the suite on a broken driver.
   *
   * @param mutant The mutant.
   * @param limits Time limits.
   * @returns How the suite ended.
   */
  async runMutant(mutant: Mutant, limits: TimeLimits): Promise<Outcome> {
    const file = `${this.folder}/${mutant.file}`;
    const text = await Deno.readTextFile(file);
    await Deno.writeTextFile(file, apply(text, mutant.changes));
    try {
      return await this.run(limits);
    } finally {
      await Deno.writeTextFile(file, text);
    }
  }

  /**
   * Runs the suite. It ends at the first check that fails.
   *
   * @param limits Time limits.
   * @returns How the suite ended.
   */
  async run(limits: TimeLimits): Promise<Outcome> {
    const report = `${this.folder}/report.xml`;
    await Deno.remove(report).catch(() => {});
    using watch = new Watch(limits);
    const { code, output } = await runDeno([
      "test",
      "--no-check",
      "--no-prompt",
      "--fail-fast",
      "--allow-read",
      "--allow-net=127.0.0.1",
      `--junit-path=${report}`,
      this.#suite,
    ], {
      cwd: this.folder,
      capture: true,
      env: { NO_COLOR: "1" },
      config: `${this.folder}/deno.json`,
      signal: watch.signal,
      // Each check writes a line when it ends.
      onOutput: () => watch.note(),
    });
    const { slowestMs } = watch;
    if (watch.signal.aborted) {
      return { status: "timed out", check: "", detail: "", slowestMs };
    }
    if (INTERRUPTED.includes(code)) {
      throw new Error(`the suite was ended from outside, with code ${code}`);
    }
    if (output.includes("source code could not be parsed")) {
      throw new Error(`the mutant has no valid syntax:\n${output}`);
    }
    const xml = await Deno.readTextFile(report).catch(() => "");
    const failed = readResults({
      group: this.#suite,
      code,
      xml,
      output,
      isFiltered: false,
    }).find(({ status }) => status === "failed");
    const { name: check = "", detail = "" } = failed ?? {};
    return { status: failed ? "failed" : "passed", check, detail, slowestMs };
  }
}

/** Watches a suite, and aborts a signal when a time limit is reached. */
class Watch implements Disposable {
  /** Longest time between two notes, in milliseconds. */
  slowestMs = 0;
  readonly #limits: TimeLimits;
  readonly #controller = new AbortController();
  readonly #total: ReturnType<typeof setTimeout>;
  #check: ReturnType<typeof setTimeout> | undefined;
  #noted = performance.now();

  constructor(limits: TimeLimits) {
    this.#limits = limits;
    this.#total = this.#abortAfter(limits.totalMs);
    this.note();
  }

  /** Aborts at a time limit. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Notes that a check has ended. */
  note(): void {
    const now = performance.now();
    this.slowestMs = Math.max(this.slowestMs, now - this.#noted);
    this.#noted = now;
    clearTimeout(this.#check);
    this.#check = this.#abortAfter(this.#limits.checkMs);
  }

  #abortAfter(ms: number): ReturnType<typeof setTimeout> {
    return setTimeout(() => this.#controller.abort(), ms);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#total);
    clearTimeout(this.#check);
  }
}

async function copy(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory, isFile } of Deno.readDir(from)) {
    if (name.startsWith(".") || LEFT_OUT.has(name)) continue;
    if (isDirectory) await copy(`${from}/${name}`, `${to}/${name}`);
    else if (isFile) await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
  }
}
