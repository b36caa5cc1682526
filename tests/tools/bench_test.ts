import { assertEquals, assertStringIncludes } from "@std/assert";
import { path, runDeno } from "../../tools/deno.ts";

Deno.test("bench/ type-checks", async () => {
  const { code, output } = await runDeno(
    ["check", "--quiet", path("bench")],
    { capture: true },
  );
  assertEquals(code, 0, output);
});

Deno.test("bench/main.ts prints tables and leaves the README unchanged with --smoke", async () => {
  const before = await Deno.readTextFile(path("bench/README.md"));
  const { code, output } = await runDeno(
    ["run", "--allow-all", path("bench/main.ts"), "--smoke"],
    { capture: true },
  );
  assertEquals(code, 0, output);
  assertStringIncludes(output, "### Lists: Deno, from source");
  assertStringIncludes(output, "### Cold start, bundled");
  assertStringIncludes(output, "### Cold start, from source");
  // Figures of a test run must not be published.
  assertEquals(await Deno.readTextFile(path("bench/README.md")), before);
});

Deno.test("bench/main.ts exits with 2 and its usage if a flag is unknown", async () => {
  const { code, output } = await runDeno(
    ["run", "--allow-all", path("bench/main.ts"), "--fast"],
    { capture: true },
  );
  assertEquals(code, 2, output);
  assertStringIncludes(output, "usage: deno task bench");
});

Deno.test("bench/cli.ts compares the command line with its parser", async () => {
  const { code, output } = await runDeno(
    ["run", "--allow-all", path("bench/cli.ts"), "--smoke"],
    { capture: true },
  );
  assertEquals(code, 0, output);
  const ratios = output.match(/^nephos .+, relative to parser\w*: \d/gm);
  assertEquals(ratios?.length, 3, output);
});
