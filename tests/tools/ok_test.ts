import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { makeProject } from "./_project.ts";

Deno.test("tools/ok.ts passes in every step if the project has no fault", async () => {
  await using project = await makeProject();
  const { code, stdout, stderr } = await project.run(["tools/ok.ts"]);
  assertEquals(code, 0, stdout + stderr);
  assertEquals(verdicts(stdout), {
    format: "ok",
    lint: "ok",
    types: "ok",
    tests: "ok",
    docs: "ok",
    publish: "ok",
  });
  assert(stdout.split("\n").length < 30, stdout);
});

Deno.test("tools/ok.ts runs every step and fails in those that find a fault", async () => {
  await using project = await makeProject();
  await project.write({
    "tools/ugly.ts": "export const  UGLY :number=1\n",
    "tools/vague.ts": "export const VAGUE: any = 1;\n",
    "tools/wrong.ts": 'export const WRONG: number = "one";\n',
    // No documentation and no explicit type.
    "mod.ts": "export const SILENT = new Date(0).getTime();\n",
  });
  const { code, stdout } = await project.run([
    "tools/ok.ts",
    "--without=tests",
  ]);
  assertEquals(code, 1, stdout);
  assertEquals(verdicts(stdout), {
    format: "FAILED",
    lint: "FAILED",
    types: "FAILED",
    docs: "FAILED",
    publish: "FAILED",
  });
  assertStringIncludes(stdout, "ugly.ts");
  assertStringIncludes(stdout, "no-explicit-any");
  assertStringIncludes(stdout, "TS2322");
  assertStringIncludes(stdout, "missing-jsdoc");
});

Deno.test("tools/ok.ts fails if a test fails", async () => {
  await using project = await makeProject();
  await project.write({
    "tests/core/bad_test.ts":
      'Deno.test("fails", () => {\n  throw new Error("no");\n});\n',
  });
  const { code, stdout } = await project.run([
    "tools/ok.ts",
    "--without=format,lint,types,docs,publish",
  ]);
  assertEquals(code, 1);
  assertEquals(verdicts(stdout), { tests: "FAILED" });
});

Deno.test("tools/ok.ts prints its usage if a step is unknown", async () => {
  await using project = await makeProject();
  const { code } = await project.run(["tools/ok.ts", "--without=everything"]);
  assertEquals(code, 2);
});

function verdicts(stdout: string): Record<string, string> {
  return Object.fromEntries(
    [...stdout.matchAll(/^([a-z]+) +(ok|FAILED) \(/gm)].map((
      [, name, verdict],
    ) => [name, verdict]),
  );
}
