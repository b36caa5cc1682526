import { assertEquals, assertStringIncludes } from "@std/assert";
import { path, runDeno } from "../../tools/deno.ts";

Deno.test("bench/ has no type errors", async () => {
  const { code, output } = await runDeno(
    ["check", "--quiet", path("bench")],
    { capture: true },
  );
  assertEquals(code, 0, output);
});

Deno.test("bench/main.ts prints every table and keeps its README if --smoke is set", async () => {
  const before = await Deno.readTextFile(path("bench/README.md"));
  const { code, output } = await runDeno(
    ["run", "--allow-all", path("bench/main.ts"), "--smoke"],
    { capture: true },
  );
  assertEquals(code, 0, output);
  assertStringIncludes(output, "### Lists: Deno, from source");
  assertStringIncludes(output, "### Cold start, bundled");
  assertStringIncludes(output, "### Cold start, from source");
  assertEquals(await Deno.readTextFile(path("bench/README.md")), before);
});

Deno.test("bench/main.ts prints its usage if a flag is unknown", async () => {
  const { code, output } = await runDeno(
    ["run", "--allow-all", path("bench/main.ts"), "--fast"],
    { capture: true },
  );
  assertEquals(code, 2, output);
  assertStringIncludes(output, "usage: deno task bench");
});
