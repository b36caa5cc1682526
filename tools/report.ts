/**
 * Reads what `deno test` wrote and renders a summary that fits on one screen.
 *
 * @module
 */

import { ROOT } from "./deno.ts";

/** How one test ended. */
export interface TestResult {
  /** Name of the test. */
  readonly name: string;
  /** File of the test, relative to the repository; empty if unknown. */
  readonly file: string;
  /** Line of the test in `file`; `undefined` if unknown. */
  readonly line?: number | undefined;
  /** Outcome of the test. */
  readonly status: "passed" | "failed" | "skipped";
  /** Error message and stack, or the reason for a skip. */
  readonly detail: string;
}

/** Number of tests by outcome. Steps belong to their test. */
export interface Counts {
  /** Tests that passed. */
  readonly passed: number;
  /** Tests that failed, and processes that ended without a report. */
  readonly failed: number;
  /** Tests that were skipped. */
  readonly skipped: number;
}

/** Start of a line that names a skipped test; `needs()` prints it. */
const SKIP_LINE = /^SKIP (.*): (needs .*)$/gm;

/** Failures that are shown, in all and for each file. */
const MAX_FAILURES = 20;
const MAX_FAILURES_PER_FILE = 6;

/** Lines of the list of failures after which it has names only. */
const MAX_DETAILED_LINES = 40;

/** Lines of an error message that are shown. */
const MAX_LINES = 8;

/** Stack frames that are shown. */
const MAX_FRAMES = 2;

/** Characters of a line that are shown. */
const MAX_WIDTH = 200;

/** Reasons for skips that are shown, and names for each of them. */
const MAX_REASONS = 8;
const MAX_NAMES = 2;

/**
 * Reads a report of `deno test --junit-path`.
 *
 * The report also has a case for every step, named `<test> > <step>`. A step
 * that failed becomes part of the detail of its test.
 *
 * @param xml The report.
 * @returns The tests, in the order of the report.
 */
export function readReport(xml: string): TestResult[] {
  const results: TestResult[] = [];
  for (const [suite] of xml.matchAll(/<testsuite .*?<\/testsuite>/gs)) {
    const tests = new Map<string, TestResult>();
    for (
      const [, attributes = "", body = ""] of suite.matchAll(
        /<testcase ([^>]*)>(.*?)<\/testcase>/gs,
      )
    ) {
      const name = attribute(attributes, "name");
      const failure = /<(?:failure|error)\b([^>]*?)(?:\/>|>(.*?)<\/)/s.exec(
        body,
      );
      const detail = failure === null
        ? ""
        : decode(failure[2] ?? "") || attribute(failure[1]!, "message");
      // A step comes after the test that it is part of.
      const parent = parentOf(name, tests);
      if (parent !== undefined) {
        // A step that contains the failed step has no message of its own.
        if (failure !== null && !isStepCount(detail)) {
          const step = name.slice(parent.name.length + " > ".length);
          tests.set(parent.name, {
            ...parent,
            detail: `${
              isStepCount(parent.detail) ? "" : parent.detail + "\n"
            }${`step "${step}": `}${detail}`,
          });
        }
        continue;
      }
      const isSkipped = /<skipped\b/.test(body);
      // Tests that --filter leaves out have no time.
      if (isSkipped && !/\btime="/.test(attributes)) continue;
      tests.set(name, {
        name,
        file: attribute(attributes, "classname").replace(/^\.\//, ""),
        line: Number(attribute(attributes, "line")) || undefined,
        status: failure !== null ? "failed" : isSkipped ? "skipped" : "passed",
        detail,
      });
    }
    results.push(...tests.values());
  }
  return results;
}

function parentOf(
  name: string,
  tests: ReadonlyMap<string, TestResult>,
): TestResult | undefined {
  for (const { index } of name.matchAll(/ > /g)) {
    const parent = tests.get(name.slice(0, index));
    if (parent !== undefined) return parent;
  }
  return undefined;
}

function isStepCount(detail: string): boolean {
  return /^\d+ test steps? failed\.?$/.test(detail);
}

function attribute(attributes: string, name: string): string {
  const match = new RegExp(`\\b${name}="([^"]*)"`).exec(attributes);
  return decode(match?.[1] ?? "");
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  apos: "'",
  gt: ">",
  lt: "<",
  quot: '"',
};

function decode(text: string): string {
  return text.replace(
    /&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi,
    (reference, decimal?: string, hex?: string, name?: string) =>
      decimal !== undefined
        ? String.fromCodePoint(Number(decimal))
        : hex !== undefined
        ? String.fromCodePoint(parseInt(hex, 16))
        : ENTITIES[name!] ?? reference,
  );
}

/** A process of `deno test` that has ended. */
export interface Ended {
  /** Name of its group of tests. */
  readonly group: string;
  /** Exit code. */
  readonly code: number;
  /** Report; empty if the process wrote none. */
  readonly xml: string;
  /** Standard output and standard error. */
  readonly output: string;
  /** Whether `--filter` was set. */
  readonly isFiltered: boolean;
}

/**
 * Finds out how each test of a process ended. The report does not mention
 * errors outside of tests, such as a type error or a crash; they come from the
 * output, each as one failed test.
 *
 * @param ended The process.
 * @returns The tests.
 */
export function readResults(ended: Ended): TestResult[] {
  const { group, code, xml, isFiltered } = ended;
  const output = stripAnsiCode(ended.output);
  const reasons = new Map(
    [...output.matchAll(SKIP_LINE)].map(([, name = "", why = ""]) =>
      [name, why] as const
    ),
  );
  const results = readReport(xml).map((test) =>
    test.status === "skipped"
      ? { ...test, detail: reasons.get(test.name) ?? "no reason given" }
      : test
  );
  for (const { name } of results) reasons.delete(name);
  // Some tests are not even defined if something is missing.
  if (!isFiltered) {
    for (const [name, detail] of reasons) {
      results.push({ name, file: "", status: "skipped", detail });
    }
  }
  results.push(...errorsOutsideOfTests(output));
  const isBroken = code !== 0
    ? !results.some(({ status }) => status === "failed")
    : xml === "";
  if (isBroken) {
    results.push({
      name: `The process of the group "${group}" ended with exit code ${code}`,
      file: "",
      status: "failed",
      detail: endOf(output),
    });
  }
  return results;
}

/** Removes colours: `deno test` prints some although `NO_COLOR` is set. */
function stripAnsiCode(text: string): string {
  // deno-lint-ignore no-control-regex -- Escape sequences start with one.
  return text.replace(/\x1b\[[\d;]*m/g, "");
}

function errorsOutsideOfTests(output: string): TestResult[] {
  const errors = output.matchAll(
    /^(\S.*) \(uncaught error\)\nerror: ([^]*?)\nThis error was not caught from/gm,
  );
  const exits = output.matchAll(
    /^note (\S.*) called `(Deno\.exit\(.*?\))` from outside any test/gm,
  );
  const toResult = (file: string, detail: string): TestResult => ({
    name: "Uncaught error outside of a test",
    file: file.replace(/^\.\//, ""),
    status: "failed",
    detail,
  });
  return [
    ...[...errors].map(([, file = "", detail = ""]) => toResult(file, detail)),
    ...[...exits].map(([, file = "", call = ""]) =>
      toResult(file, `${call} ended the file before its tests ran`)
    ),
  ];
}

/** The last error in the output or, if there is none, its last lines. */
function endOf(output: string): string {
  const lines = output.trimEnd().split("\n")
    .filter((line) => !/^(?:Stack backtrace:| +\d+: <unknown>)?$/.test(line));
  const at = lines.findIndex((line) =>
    /^(?:error: (?!Test failed)|TS\d+ \[ERROR\])/.test(line)
  );
  return lines.slice(at < 0 ? -MAX_LINES : at).join("\n");
}

/**
 * Turns skipped tests into failed ones.
 *
 * @param results The tests.
 * @param mayBeSkipped Files whose tests may be skipped.
 * @returns The tests.
 */
export function requireAll(
  results: readonly TestResult[],
  mayBeSkipped: readonly string[],
): TestResult[] {
  return results.map((test) =>
    test.status !== "skipped" || mayBeSkipped.includes(test.file) ? test : {
      ...test,
      status: "failed",
      detail: `skipped, but NEPHOS_REQUIRE_ALL is set: ${test.detail}`,
    }
  );
}

/**
 * Counts tests.
 *
 * @param results The tests.
 * @returns The counts.
 */
export function count(results: readonly TestResult[]): Counts {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const { status } of results) counts[status]++;
  return counts;
}

/**
 * Renders the summary: first the skipped tests with the Debian packages that
 * they need, then the failed tests with their error messages.
 *
 * @param results The tests.
 * @param logs Files with the full output; named if a test failed.
 * @returns The summary; empty if every test passed.
 */
export function summarize(
  results: readonly TestResult[],
  logs: readonly string[],
): string {
  const skipped = results.filter(({ status }) => status === "skipped");
  const failed = results.filter(({ status }) => status === "failed");
  return [
    ...skipped.length > 0 ? [skips(skipped)] : [],
    ...failed.length > 0
      ? [failures(failed), `Full output: ${logs.join(", ")}`]
      : [],
  ].map((part) => `\n${part}\n`).join("");
}

function skips(skipped: readonly TestResult[]): string {
  const reasons = Map.groupBy(skipped, ({ detail }) => detail);
  const packages = new Set(
    skipped.flatMap(({ detail }) =>
      /apt-get install (.*)$/.exec(detail)?.[1]?.split(" ") ?? []
    ),
  );
  const lines = [...reasons].slice(0, MAX_REASONS).flatMap(([why, tests]) => [
    `  ${tests.length} skipped: ${cut(why.split("; apt-get install ")[0]!)}`,
    ...tests.slice(0, MAX_NAMES).map((test) => `    ${cut(title(test))}`),
    ...more(tests.length - MAX_NAMES, "    "),
  ]);
  return [
    "Skipped tests:",
    ...lines,
    ...more(reasons.size - MAX_REASONS, "  ", "reasons"),
    ...packages.size > 0
      ? [`To run more tests: apt-get install ${[...packages].sort().join(" ")}`]
      : [],
  ].join("\n");
}

function failures(failed: readonly TestResult[]): string {
  // The error that cancelled a test is listed as well.
  const sorted = [
    ...failed.filter((test) => !isCancelled(test)),
    ...failed.filter(isCancelled),
  ];
  const lines = ["Failed tests:"];
  const errors = new Set<string>();
  const perFile = new Map<string, number>();
  let shown = 0;
  for (const test of sorted) {
    const number = (perFile.get(test.file) ?? 0) + 1;
    if (shown === MAX_FAILURES || number > MAX_FAILURES_PER_FILE) continue;
    perFile.set(test.file, number);
    shown++;
    const { message, frames } = shorten(test.detail);
    const error = message.join("\n");
    lines.push(
      `  ${cut(title(test))}${
        isCancelled(test)
          ? " (cancelled)"
          : errors.has(error)
          ? " (same error)"
          : ""
      }`,
    );
    if (
      isCancelled(test) || errors.has(error) ||
      lines.length > MAX_DETAILED_LINES
    ) {
      continue;
    }
    errors.add(error);
    lines.push(...[...message, ...frames].map((line) => `    ${cut(line)}`));
  }
  return [...lines, ...more(failed.length - shown, "  ")].join("\n");
}

function isCancelled({ detail }: TestResult): boolean {
  return detail === "Cancelled";
}

function more(count: number, indent: string, what = "tests"): string[] {
  return count > 0
    ? [
      `${indent}and ${count} more ${
        count === 1 ? what.replace(/s$/, "") : what
      }`,
    ]
    : [];
}

function title({ name, file, line }: TestResult): string {
  const oneLine = name.replaceAll("\n", " ").replaceAll(ROOT.href, "");
  const place = [file, ...line === undefined ? [] : [line]].join(":");
  return file === "" || oneLine === file ? oneLine : `${place} ${oneLine}`;
}

/** Keeps the first lines of an error message and the frames of this project. */
function shorten(
  detail: string,
): { readonly message: string[]; readonly frames: string[] } {
  const lines = detail.replaceAll(ROOT.href, "").trimEnd().split("\n");
  const message: string[] = [];
  const frames: string[] = [];
  for (const line of lines) {
    if (/^ +at /.test(line)) {
      if (
        !/\(?(?:<anonymous>|ext:|node:|[a-z]+:\/\/)|tests\/_support\/std\//
          .test(line)
      ) {
        frames.push(`  ${line.trim()}`);
      }
    } else if (/^ *\^$/.test(line)) {
      // It points into the line before, which the stack names as well.
      message.pop();
    } else if (line.trim() !== "") {
      message.push(line);
    }
  }
  return {
    message: [
      ...message.slice(0, MAX_LINES),
      ...more(message.length - MAX_LINES, "", "lines"),
    ],
    frames: frames.slice(0, MAX_FRAMES),
  };
}

function cut(line: string): string {
  return line.length > MAX_WIDTH ? `${line.slice(0, MAX_WIDTH)}…` : line;
}
