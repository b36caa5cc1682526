import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { path } from "../../tools/deno.ts";
import { makeProject } from "./_project.ts";

Deno.test("tools/test.ts runs tests and examples and ends with the counts", async () => {
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

Deno.test("tools/test.ts prints a line for each group, then what was skipped, then the counts", async () => {
  await using project = await makeProject();
  await project.write({
    "tests/core/noisy_test.ts":
      'console.log("noise");\nDeno.test("noisy", () => console.log("noise"));\n',
    "tests/interop/any_test.ts":
      'Deno.test({ name: "left out", ignore: true, fn: () => {} });\n',
  });
  const { code, stdout } = await project.run(["tools/test.ts"]);
  assertEquals(code, 0, stdout);
  const lines = stdout.replace(/\(\d+ s\)/g, "(0 s)").split("\n");
  // The groups may end in any order.
  assertEquals(lines.slice(0, 2).toSorted(), [
    "interop: 0 passed, 0 failed, 1 skipped (0 s)",
    "unit: 4 passed, 0 failed, 0 skipped (0 s)",
  ]);
  assertEquals(lines.slice(2), [
    "",
    "Skipped tests:",
    "  1 skipped: no reason given",
    "    tests/interop/any_test.ts:1 left out",
    "",
    "4 passed, 0 failed, 1 skipped",
    "",
  ]);
  const log = await Deno.readTextFile(`${project.folder}/.out/test/unit.log`);
  assertEquals(log.match(/^noise$/gm)?.length, 2, log);
});

Deno.test("tools/test.ts prints the full output if --verbose is set", async () => {
  await using project = await makeProject();
  const { code, stdout } = await project.run(["tools/test.ts", "--verbose"]);
  assertEquals(code, 0, stdout);
  assertStringIncludes(stdout, "half() halves ... ok");
  assertEquals(lastLine(stdout), "3 passed, 0 failed, 0 skipped");
});

Deno.test("needs() skips a test and prints the reason and the packages if a requirement is missing", async () => {
  await using project = await makeProject();
  await project.write({
    "tests/_support/needs.ts": await Deno.readTextFile(
      path("tests/_support/needs.ts"),
    ),
    "tests/interop/any_test.ts": `import { needs } from "../_support/needs.ts";

Deno.test({ ...needs("has it", { commands: ["git"] }), fn: () => {} });
Deno.test({
  ...needs("lacks it", {
    commands: ["/no/such/program", "busybox", "sudo"],
    files: ["no_such.json"],
    python: ["libcloud.no_such_module"],
    env: ["NO_SUCH_VARIABLE"],
  }),
  fn: () => {},
});
`,
  });
  // A PATH with neither busybox nor sudo.
  const bin = `${project.folder}/bin`;
  await project.write({ "bin/git": "" });
  const run = (env: Record<string, string>) =>
    project.run(["tools/test.ts", "tests/interop"], {
      env: { PATH: bin, NEPHOS_REQUIRE_ALL: "", ...env },
    });
  const reason =
    "needs /no/such/program, busybox, sudo, no_such.json, the Python module libcloud.no_such_module for /usr/bin/python3, the variable NO_SUCH_VARIABLE";
  const lenient = await run({});
  assertEquals(lenient.code, 0, lenient.stdout);
  assertStringIncludes(
    lenient.stdout,
    `
  1 skipped: ${reason.slice(0, 200)}
    tests/interop/any_test.ts:4 lacks it
To run more tests: apt-get install busybox python3-libcloud sudo

1 passed, 0 failed, 1 skipped
`,
  );
  const strict = await run({ NEPHOS_REQUIRE_ALL: "1" });
  assertEquals(strict.code, 1);
  assertStringIncludes(
    strict.stdout,
    "\n    skipped, but NEPHOS_REQUIRE_ALL is set: needs /no/such/program",
  );
  assertEquals(lastLine(strict.stdout), "1 passed, 1 failed, 0 skipped");
  const excused = await run({
    NEPHOS_REQUIRE_ALL: "1",
    NEPHOS_MAY_SKIP: "tests/a_test.ts tests/interop/any_test.ts",
  });
  assertEquals(excused.code, 0);
  assertEquals(lastLine(excused.stdout), "1 passed, 0 failed, 1 skipped");
});

Deno.test("tools/test.ts runs only the files and folders in its arguments", async () => {
  await using project = await makeProject();
  const { stdout } = await project.run(["tools/test.ts", "./tests/core/"]);
  assertEquals(lastLine(stdout), "1 passed, 0 failed, 0 skipped");
});

Deno.test("tools/test.ts does not count tests that --filter leaves out", async () => {
  await using project = await makeProject();
  const { stdout } = await project.run([
    "tools/test.ts",
    "--filter=halves",
    "tests",
  ]);
  assertEquals(lastLine(stdout), "1 passed, 0 failed, 0 skipped");
});

Deno.test("tools/test.ts shows each failed test and restricts the permissions of unit tests", async () => {
  await using project = await makeProject();
  const bodies = {
    "fails": 'throw new Error("no");',
    "reads a file outside": 'Deno.readTextFileSync("/etc/hostname");',
    "reads the environment": 'Deno.env.get("HOME");',
    "writes a file": 'Deno.writeTextFileSync("mod.ts", "");',
    "runs a program": 'new Deno.Command("true").outputSync();',
  };
  const others = {
    "connects to another host": 'await fetch("http://192.0.2.1/");',
    "leaves a timer": "setTimeout(() => {}, 5000);",
    "leaves a file open": 'Deno.openSync("mod.ts");',
  };
  const toSource = (bodies: Record<string, string>) =>
    Object.entries(bodies).map(([name, body]) =>
      `Deno.test("${name}", async () => {\n  ${body}\n  await 0;\n});\n`
    ).join("");
  await project.write({
    "tests/core/bad_test.ts": toSource(bodies),
    "tests/core/worse_test.ts": toSource(others),
    "tests/interop/bad_test.ts":
      'Deno.test("fails too", () => {\n  throw new Error("never");\n});\n',
    "CONTRIBUTING.md": '# How\n\n```ts\nthrow new Error("no");\n```\n',
  });
  const { code, stdout } = await project.run(["tools/test.ts"]);
  assertEquals(code, 1);
  for (
    const [file, names] of [
      ["bad_test.ts", Object.keys(bodies)],
      ["worse_test.ts", Object.keys(others)],
    ] as const
  ) {
    names.forEach((name, at) =>
      assertStringIncludes(
        stdout,
        `\n  tests/core/${file}:${1 + at * 4} ${name}\n`,
      )
    );
  }
  assertStringIncludes(
    stdout,
    `
  tests/interop/bad_test.ts:1 fails too
    Error: never
      at tests/interop/bad_test.ts:2:9
`,
  );
  assertMatch(stdout, /\n {2}CONTRIBUTING\.md#3-6\.ts \(same error\)\n/);
  const [logs, , counts] = stdout.trimEnd().split("\n").slice(-3);
  assertEquals(
    logs,
    "Full output: .out/test/unit.log, .out/test/interop.log",
  );
  assertEquals(counts, "3 passed, 10 failed, 0 skipped");
});

/** Errors that leave no report or are missing in it. */
const BROKEN: readonly {
  readonly what: string;
  readonly file: string;
  readonly text: string;
  /** Tests that pass nevertheless. */
  readonly passed: number;
  readonly shown: RegExp;
}[] = [
  {
    what: "a type error",
    file: "tests/core/bad_test.ts",
    text: 'const n: number = "one";\nDeno.test("fits", () => void n);\n',
    passed: 0,
    shown:
      /group "unit" ended with exit code 1\n {4}TS2322.*'string' is not assignable/,
  },
  {
    what: "an error outside of a test",
    file: "tests/core/bad_test.ts",
    text: 'throw new Error("no");\n',
    passed: 3,
    shown:
      /tests\/core\/bad_test\.ts Uncaught error outside of a test\n {4}\(in promise\) Error: no\n {6}at tests\/core\/bad_test\.ts:1:7/,
  },
  {
    what: "a process that is killed",
    file: "tests/interop/bad_test.ts",
    text: 'Deno.test("ends", () => Deno.kill(Deno.pid, "SIGKILL"));\n',
    passed: 3,
    shown:
      /group "interop" ended with exit code 137\n(?: {4}.*\n)* {4}ends \.\.\./,
  },
  {
    what: "a file that ends its process",
    file: "tests/interop/bad_test.ts",
    text: 'Deno.exit(0);\nDeno.test("never runs", () => {});\n',
    passed: 3,
    shown: /bad_test\.ts .*\n {4}Deno\.exit\(0\) ended the file before/,
  },
];

for (const { what, file, text, passed, shown } of BROKEN) {
  Deno.test(`tools/test.ts counts and shows ${what}`, async () => {
    await using project = await makeProject();
    await project.write({ [file]: text });
    const { code, stdout } = await project.run(["tools/test.ts"]);
    assertEquals(code, 1);
    assertMatch(stdout, shown);
    assertEquals(lastLine(stdout), `${passed} passed, 1 failed, 0 skipped`);
  });
}

Deno.test("tools/test.ts ends its groups, starts no others and shows what ran if it is interrupted", async () => {
  await using project = await makeProject();
  const slow = `Deno.test("waits", async () => {
  await Deno.writeTextFile("NAME", "");
  await new Promise((resolve) => setTimeout(resolve, 60_000));
});
`;
  await project.write({
    "tests/interop/slow_test.ts": slow.replace("NAME", "interop-runs"),
    "tests/tools/slow_test.ts": slow.replace("NAME", "tools-runs"),
    "tests/runtimes/slow_test.ts": slow.replace("NAME", "runtimes-runs"),
  });
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "tools/test.ts",
      "tests/interop",
      "tests/tools",
      "tests/runtimes",
    ],
    cwd: project.folder,
    stdin: "null",
    stdout: "piped",
    stderr: "null",
    env: { NEPHOS_STD: "bundled", NEPHOS_RESULTS: "", NEPHOS_REQUIRE_ALL: "" },
  }).spawn();
  const names = async () =>
    (await Array.fromAsync(Deno.readDir(project.folder)))
      .filter(({ isFile }) => isFile).map(({ name }) => name);
  const endsAt = performance.now() + 60_000;
  let running: string[] = [];
  while (!running.includes("interop-runs") || !running.includes("tools-runs")) {
    assert(performance.now() < endsAt, "the tests did not start");
    await new Promise((resolve) => setTimeout(resolve, 100));
    running = await names();
  }
  child.kill("SIGTERM");
  const { code, stdout } = await child.output();
  const printed = new TextDecoder().decode(stdout);
  assertEquals(code, 1);
  assertEquals((await names()).includes("runtimes-runs"), false);
  assertMatch(
    printed,
    /group "tools" ended with exit code 143\n(?: {4}.*\n)* {4}waits \.\.\./,
  );
  assertStringIncludes(
    printed,
    '  The group "runtimes" was not run, because of SIGTERM\n',
  );
  assertEquals(lastLine(printed), "0 passed, 3 failed, 0 skipped");
});

Deno.test("tools/test.ts fails if no tests were run or a path does not exist", async () => {
  await using project = await makeProject();
  const { code, stdout } = await project.run([
    "tools/test.ts",
    "tests/_support",
  ]);
  assertEquals(code, 1);
  assertStringIncludes(stdout, "No tests were run.\n");
  assertEquals(lastLine(stdout), "0 passed, 1 failed, 0 skipped");
  const missing = await project.run(["tools/test.ts", "tests/nowhere"]);
  assertEquals(missing.code, 2);
  assertEquals(missing.stdout, "");
  assertEquals(missing.stderr.match(/^.*nowhere.*$/gm), [
    "tests/nowhere does not exist",
  ]);
});

function lastLine(text: string): string {
  return text.trimEnd().split("\n").at(-1) ?? "";
}
