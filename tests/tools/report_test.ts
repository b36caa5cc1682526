import { assert, assertEquals } from "@std/assert";
import {
  count,
  type Ended,
  readReport,
  readResults,
  requireAll,
  summarize,
  type TestResult,
} from "../../tools/report.ts";
import { ROOT } from "../../tools/deno.ts";

/** A report with one file, whose test cases are given as XML. */
function report(...cases: readonly string[]): string {
  return `<testsuites name="deno test"><testsuite name="./tests/a_test.ts">${
    cases.join("\n")
  }</testsuite></testsuites>`;
}

function testCase(name: string, body = "", time = ' time="0.001"'): string {
  return `<testcase name="${name}" classname="./tests/a_test.ts"${time} line="3" col="6">
        ${body}
    </testcase>`;
}

function failed(name: string, detail: string, file = "a_test.ts"): TestResult {
  return { name, file, line: 3, status: "failed", detail };
}

function skipped(name: string, detail: string): TestResult {
  return { name, file: "a_test.ts", line: 3, status: "skipped", detail };
}

const ENDED: Ended = {
  group: "unit",
  code: 0,
  xml: report(),
  output: "",
  isFiltered: false,
};

Deno.test("readReport() reads the name, the place, the status and the error of each test", () => {
  assertEquals(
    readReport(report(
      testCase("adds &lt;1&gt;"),
      testCase("waits", "<skipped/>"),
      testCase("fails", '<failure message="Uncaught">&quot;no&quot;</failure>'),
      testCase("breaks", '<error message="Cancelled"/>'),
    )),
    ([
      ["adds <1>", "passed", ""],
      ["waits", "skipped", ""],
      ["fails", "failed", '"no"'],
      ["breaks", "failed", "Cancelled"],
    ] as const).map(([name, status, detail]) => ({
      name,
      file: "tests/a_test.ts",
      line: 3,
      status,
      detail,
    })),
  );
  assertEquals(readReport(""), []);
});

Deno.test("readReport() makes a failed step part of its test", () => {
  const stepFailed = "<failure>1 test step failed.</failure>";
  const results = readReport(report(
    testCase("adds", stepFailed),
    testCase("adds &gt; small", ""),
    testCase("adds &gt; large", stepFailed),
    testCase("adds &gt; large &gt; 2", "<failure>&lt;testcase&gt;</failure>"),
    testCase("adds &gt; large &gt; 3", "<failure>too large</failure>"),
    // No test has this name: this is not a step.
    testCase("a &gt; b"),
  ));
  assertEquals(results.map(({ name, detail }) => [name, detail]), [
    ["adds", 'step "large > 2": <testcase>\nstep "large > 3": too large'],
    ["a > b", ""],
  ]);
});

Deno.test("readReport() leaves out tests that --filter leaves out", () => {
  const xml = report(testCase("other", "<skipped/>", ""), testCase("chosen"));
  assertEquals(readReport(xml).map(({ name }) => name), ["chosen"]);
});

Deno.test("readResults() reads the reasons of skipped tests from the output", () => {
  const ended = {
    ...ENDED,
    xml: report(
      testCase("dash: waits", "<skipped/>"),
      testCase("sleeps", "<skipped/>"),
    ),
    output: "SKIP dash: waits: needs dash; apt-get install dash\n" +
      "SKIP is not defined: needs root\n",
  };
  const expected = [
    ["dash: waits", "needs dash; apt-get install dash"],
    ["sleeps", "no reason given"],
  ];
  const undefinedTest = ["is not defined", "needs root"];
  const read = (ended: Ended) =>
    readResults(ended).map(({ name, status, detail }) => {
      assertEquals(status, "skipped");
      return [name, detail];
    });
  assertEquals(read(ended), [...expected, undefinedTest]);
  assertEquals(read({ ...ended, isFiltered: true }), expected);
});

Deno.test("readResults() adds a failed test for each error outside of a test", () => {
  const results = readResults({
    ...ENDED,
    code: 1,
    xml: report(testCase("adds"), testCase("fails", "<failure>no</failure>")),
    output: `
note ./tests/c_test.ts called \`Deno.exit(0)\` from outside any test. The isolate

 ERRORS

./tests/b_test.ts (uncaught error)
\x1b[0m\x1b[1m\x1b[31merror\x1b[0m: Error: late
    at file:///b_test.ts:1:54
This error was not caught from a test and caused the test runner to fail

 FAILURES

./tests/b_test.ts (uncaught error)
`,
  });
  assertEquals(
    results.slice(2).map(({ file, status, detail }) => [file, status, detail]),
    [
      [
        "tests/b_test.ts",
        "failed",
        "Error: late\n    at file:///b_test.ts:1:54",
      ],
      [
        "tests/c_test.ts",
        "failed",
        "Deno.exit(0) ended the file before its tests ran",
      ],
    ],
  );
});

Deno.test("readResults() adds a failed test with the end of the output if the process wrote no report", () => {
  const types = `Check tests/a_test.ts
TS2322 [ERROR]: Type 'string' is not assignable to type 'number'.
    at file:///a_test.ts:1:7

error: Type checking failed.

Stack backtrace:
   0: <unknown>
`;
  const cases: [Partial<Ended>, string][] = [
    [
      { code: 1, xml: "", output: types },
      "TS2322 [ERROR]: Type 'string' is not assignable to type 'number'.\n" +
      "    at file:///a_test.ts:1:7\nerror: Type checking failed.",
    ],
    [{ code: 137, xml: "", output: "waits ...\n" }, "waits ..."],
    [{ code: 1, output: "error: unknown flag\n" }, "error: unknown flag"],
    [{ code: 0, xml: "", output: "gone\n" }, "gone"],
  ];
  for (const [ended, detail] of cases) {
    const [result, ...rest] = readResults({ ...ENDED, ...ended });
    assertEquals(result, {
      name:
        `The process of the group "unit" ended with exit code ${ended.code}`,
      file: "",
      status: "failed",
      detail,
    });
    assertEquals(rest, []);
  }
});

Deno.test("requireAll() fails skipped tests, except those in the given files", () => {
  const results = [
    skipped("waits", "needs dash"),
    { ...skipped("compares", "needs the model"), file: "b_test.ts" },
    failed("fails", "no"),
  ];
  const required = requireAll(results, ["b_test.ts"]);
  assertEquals(count(required), { passed: 0, failed: 2, skipped: 1 });
  assertEquals(
    required[0]?.detail,
    "skipped, but NEPHOS_REQUIRE_ALL is set: needs dash",
  );
  assertEquals(
    required.slice(1),
    results.slice(1).toSpliced(0, 1, results[1]!),
  );
});

Deno.test("summarize() is empty if every test passed", () => {
  const passed: TestResult = { ...failed("adds", ""), status: "passed" };
  assertEquals(summarize([passed], ["unit.log"]), "");
});

Deno.test("summarize() lists skipped tests by reason, then the packages they need", () => {
  const python = "needs the module x; apt-get install python3-x dash";
  assertEquals(
    summarize([
      skipped("one", python),
      skipped("two", python),
      skipped("three", python),
      skipped("four", "needs bash; apt-get install bash dash"),
      skipped("five", "no reason given"),
    ], []),
    `
Skipped tests:
  3 skipped: needs the module x
    a_test.ts:3 one
    a_test.ts:3 two
    and 1 more test
  1 skipped: needs bash
    a_test.ts:3 four
  1 skipped: no reason given
    a_test.ts:3 five
To run more tests: apt-get install bash dash python3-x
`,
  );
});

Deno.test("summarize() ends with the failed tests, their errors and the logs", () => {
  const detail = `AssertionError: Values are not equal.

  throw new AssertionError(
        ^
    at assertEquals (${ROOT.href}tests/_support/std/assert/mod.ts:55:9)
    at add (${ROOT.href}tests/core/a_test.ts:5:69)
    at innerWrapped (ext:cli/40_test.js:300:11)
    at ${ROOT.href}tests/core/b_test.ts:5:48
    at ${ROOT.href}tests/core/c_test.ts:5:48
`;
  const cancelled = failed("never runs", "Cancelled");
  assertEquals(
    summarize([
      cancelled,
      failed("adds", detail),
      failed("adds again", detail),
      skipped("waits", "needs dash"),
      { ...failed("Group", "killed", ""), line: undefined },
    ], ["unit.log", "interop.log"]),
    `
Skipped tests:
  1 skipped: needs dash
    a_test.ts:3 waits

Failed tests:
  a_test.ts:3 adds
    AssertionError: Values are not equal.
      at add (tests/core/a_test.ts:5:69)
      at tests/core/b_test.ts:5:48
  a_test.ts:3 adds again (same error)
  Group
    killed
  a_test.ts:3 never runs (cancelled)

Full output: unit.log, interop.log
`,
  );
});

Deno.test("summarize() shows every file that fails, even if one has many failed tests", () => {
  const many = Array.from({ length: 30 }, (_, at) => failed(`${at}`, "no"));
  const summary = summarize([...many, failed("b", "no", "b_test.ts")], []);
  assertEquals(summary.match(/^ {2}a_test\.ts:3 /gm)?.length, 6);
  assert(summary.includes("  b_test.ts:3 b (same error)\n  and 24 more tests"));
});

Deno.test("summarize() fits on a screen, whatever fails", () => {
  const results = Array.from({ length: 500 }, (_, at) => [
    failed(
      `test ${at}`,
      `Error: ${at}\n${`${"x".repeat(9999)}\n`.repeat(99)}`,
      `tests/${at % 9}_test.ts`,
    ),
    skipped(`skipped ${at}`, `needs ${at}`),
  ]).flat();
  const lines = summarize(results, ["unit.log"]).split("\n");
  assert(lines.length < 120, `${lines.length} lines`);
  for (const line of lines) assert(line.length < 220, line);
  assert(lines.includes("  and 480 more tests"));
  assert(lines.includes("  and 492 more reasons"));
});
