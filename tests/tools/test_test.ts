import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { countReport } from "../../tools/test.ts";
import { makeProject } from "./_project.ts";

Deno.test("countReport() counts tests, not their steps", () => {
  const cases = [
    ["adds", ""],
    ["waits &gt; long", "<skipped/>"],
    ["fails", '<failure message="a step failed">a step failed</failure>'],
    ["adds &gt; small", ""],
    ["fails &gt; deep", "<failure>&lt;testcase&gt;</failure>"],
  ].map(([name, body]) =>
    `<testcase name="${name}" classname="x" line="1">${body}</testcase>`
  );
  assertEquals(
    countReport(
      `<testsuites name="deno test"><testsuite name="a" tests="6">${
        cases.join("\n")
      }</testsuite><testsuite name="b"><testcase name="adds &gt; here" line="2">
      </testcase></testsuite></testsuites>`,
    ),
    { passed: 2, failed: 1, skipped: 1 },
  );
});

Deno.test("countReport() finds nothing in a report that was never written", () => {
  assertEquals(countReport(""), { passed: 0, failed: 0, skipped: 0 });
});

Deno.test("tools/test.ts passes tests and examples, and counts them last", async () => {
  await using project = await makeProject();
  await project.write({
    "tests/interop/any_test.ts":
      'Deno.test("runs programs", () => {\n  Deno.env.get("HOME");\n});\n',
    "tests/core/left_out_test.ts":
      'Deno.test({ name: "left out", ignore: true, fn: () => {} });\n',
  });
  const { code, stdout, stderr } = await project.run(["tools/test.ts"], {
    env: { NEPHOS_RESULTS: `${project.folder}/results` },
  });
  assertEquals(code, 0, stdout + stderr);
  assertEquals(lastLine(stdout), "4 passed, 0 failed, 1 skipped");
  assertEquals(
    await Deno.readTextFile(`${project.folder}/results`),
    "4 0\n",
  );
});

Deno.test("needs() leaves a test out and says why, or fails where all is required", async () => {
  await using project = await makeProject();
  await project.write({
    "tests/_support/needs.ts": await Deno.readTextFile(
      new URL("../_support/needs.ts", import.meta.url),
    ),
    "tests/interop/any_test.ts": `import { needs } from "../_support/needs.ts";

Deno.test({ ...needs("has it", { commands: ["git"] }), fn: () => {} });
Deno.test({
  ...needs("lacks it", {
    commands: ["/no/such/program"],
    files: ["no_such.json"],
    python: ["no_such_module"],
    env: ["NO_SUCH_VARIABLE"],
  }),
  fn: () => {},
});
`,
  });
  const args = ["tools/test.ts", "tests/interop"];
  const lenient = await project.run(args, { env: { NEPHOS_REQUIRE_ALL: "" } });
  assertEquals(lenient.code, 0, lenient.stdout);
  assertStringIncludes(
    lenient.stdout,
    "SKIP lacks it: needs /no/such/program, no_such.json, the Python module no_such_module for /usr/bin/python3, NO_SUCH_VARIABLE\n",
  );
  assertEquals(lastLine(lenient.stdout), "1 passed, 0 failed, 1 skipped");
  const strict = await project.run(args, { env: { NEPHOS_REQUIRE_ALL: "1" } });
  assertEquals(strict.code, 1);
  assertEquals(lastLine(strict.stdout), "1 passed, 1 failed, 1 skipped");
});

Deno.test("tools/test.ts runs just what it is asked for", async () => {
  await using project = await makeProject();
  const { stdout } = await project.run(["tools/test.ts", "./tests/core/"]);
  assertEquals(lastLine(stdout), "1 passed, 0 failed, 0 skipped");
});

Deno.test("tools/test.ts counts what fails, and holds unit tests to their permissions", async () => {
  await using project = await makeProject();
  const bodies = {
    fails: 'throw new Error("no");',
    "reads what is not ours": 'Deno.readTextFileSync("/etc/hostname");',
    "reads the environment": 'Deno.env.get("HOME");',
    "writes": 'Deno.writeTextFileSync("mod.ts", "");',
    "runs a program": 'new Deno.Command("true").outputSync();',
    "talks to a stranger": 'await fetch("http://192.0.2.1/");',
    "leaves a timer behind": "setTimeout(() => {}, 5000);",
    "leaves a file open": 'Deno.openSync("mod.ts");',
  };
  await project.write({
    "tests/core/bad_test.ts": Object.entries(bodies).map(([name, body]) =>
      `Deno.test("${name}", async () => {\n  ${body}\n  await 0;\n});\n`
    ).join(""),
    "tests/interop/bad_test.ts":
      'Deno.test("fails too", () => {\n  throw new Error("no");\n});\n',
    "CONTRIBUTING.md": '# How\n\n```ts\nthrow new Error("no");\n```\n',
  });
  const { code, stdout } = await project.run(["tools/test.ts"]);
  assertEquals(code, 1);
  for (const name of Object.keys(bodies)) {
    assertStringIncludes(stdout, `${name} ... FAILED`);
  }
  assertStringIncludes(stdout, "fails too ... FAILED");
  assertMatch(stdout, /CONTRIBUTING\.md#3-6\.ts \.\.\. FAILED/);
  assertEquals(lastLine(stdout), "3 passed, 10 failed, 0 skipped");
});

/** What ends a run before it can report, and how many tests pass all the same. */
const BROKEN: readonly (readonly [string, string, string, number])[] = [
  [
    "a type that does not fit",
    "tests/core/bad_test.ts",
    'const n: number = "one";\nDeno.test("fits", () => void n);\n',
    0,
  ],
  [
    "an error outside of a test",
    "tests/core/bad_test.ts",
    'throw new Error("no");\n',
    3,
  ],
  [
    "a process that ends itself",
    "tests/interop/bad_test.ts",
    'Deno.test("ends", () => Deno.kill(Deno.pid, "SIGKILL"));\n',
    3,
  ],
];

for (const [what, file, text, passed] of BROKEN) {
  Deno.test(`tools/test.ts fails on ${what}`, async () => {
    await using project = await makeProject();
    await project.write({ [file]: text });
    const { code, stdout } = await project.run(["tools/test.ts"]);
    assertEquals(code, 1);
    assertEquals(lastLine(stdout), `${passed} passed, 1 failed, 0 skipped`);
  });
}

Deno.test("tools/test.ts fails where there is no test", async () => {
  await using project = await makeProject();
  const { code, stdout } = await project.run([
    "tools/test.ts",
    "tests/_support",
  ]);
  assertEquals(code, 1);
  assertEquals(lastLine(stdout), "0 passed, 1 failed, 0 skipped");
  assert((await project.run(["tools/test.ts", "tests/nowhere"])).code !== 0);
});

function lastLine(text: string): string {
  return text.trimEnd().split("\n").at(-1) ?? "";
}
