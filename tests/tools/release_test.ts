import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { path, runDeno } from "../../tools/deno.ts";
import { notesFor, problemsOf, type Release } from "../../tools/release.ts";
import { isPlaceholder, REPOSITORY } from "../../tools/repository.ts";
import { needs } from "../_support/needs.ts";

const CHANGELOG = `# Changelog

Versions follow a rule.

## 0.2.0

### Added

- A line.

## 0.1.0

- Another line.
`;

const READY: Release = {
  version: "0.2.0",
  changelog: CHANGELOG,
  released: "0.2.0",
  changes: 0,
  repository: "https://host.example/acme/nephos",
  tag: "v0.2.0",
  origin: "https://host.example/acme/nephos",
};

Deno.test("problemsOf() finds none if everything is ready", () => {
  assertEquals(problemsOf(READY), []);
  assertEquals(problemsOf({ ...READY, tag: undefined, origin: undefined }), []);
});

Deno.test("problemsOf() finds each reason not to release", () => {
  const cases: [Partial<Release>, string][] = [
    [{ tag: "v0.1.0" }, "tag must be v0.2.0, got v0.1.0"],
    [
      { changelog: CHANGELOG.replace("## 0.2.0", "## Unreleased") },
      "the newest section of CHANGELOG.md must be 0.2.0, got Unreleased",
    ],
    [
      { changelog: "## 0.2.0\n\n## 0.1.0\n\n- A line.\n" },
      "the section 0.2.0 of CHANGELOG.md is empty",
    ],
    [
      { released: "0.1.0" },
      'tools/api/released.txt must have the public types of 0.2.0; run "deno task api --save"',
    ],
    [
      { changes: 1 },
      'tools/api/released.txt must have the public types of 0.2.0; run "deno task api --save"',
    ],
    [
      { repository: "https://repository.invalid/nephos" },
      "tools/repository.ts still has a placeholder",
    ],
    [
      { origin: "https://host.example/fork/nephos" },
      "tools/repository.ts must have the address https://host.example/fork/nephos, got https://host.example/acme/nephos",
    ],
  ];
  for (const [facts, problem] of cases) {
    assertEquals(problemsOf({ ...READY, ...facts }), [problem]);
  }
});

Deno.test("notesFor() returns the section of a version", () => {
  assertEquals(notesFor("0.2.0", CHANGELOG), "### Added\n\n- A line.");
  assertEquals(notesFor("0.1.0", CHANGELOG), "- Another line.");
  assertEquals(notesFor("0.1", CHANGELOG), "");
});

Deno.test("tools/release.ts fails with a tag of another version", async () => {
  const { code, stdout } = await runDeno(
    ["run", "-A", path("tools/release.ts"), "--tag", "v99.0.0"],
    { capture: true },
  );
  assertEquals(code, 1);
  assertStringIncludes(stdout, "got v99.0.0\n");
  assertStringIncludes(stdout, " cannot be released yet\n");
});

Deno.test("tools/release.ts prints its usage if an option is unknown", async () => {
  const { code, output } = await runDeno(
    ["run", "-A", path("tools/release.ts"), "--publish"],
    { capture: true },
  );
  assertEquals(code, 2);
  assertStringIncludes(output, "usage: deno task release");
});

Deno.test({
  ...needs("the address of the repository is in one file only", {
    commands: ["git"],
  }),
  fn: async () => {
    const { hostname, pathname } = new URL(REPOSITORY);
    const address = hostname + pathname;
    const output = await new Deno.Command("git", {
      args: ["grep", "--fixed-strings", "--files-with-matches", address],
      cwd: path("."),
      stdin: "null",
    }).output();
    const files = new TextDecoder().decode(output.stdout).trim().split("\n");
    assert(isPlaceholder("https://repository.invalid/nephos"));
    // The checklist names the placeholder, not the address.
    const named = isPlaceholder() ? ["docs/release.md"] : [];
    assertEquals(
      files.filter((name) => name !== "tests/tools/release_test.ts"),
      [...named, "tools/repository.ts"],
    );
  },
});
