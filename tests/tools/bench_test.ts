import { assertEquals, assertStringIncludes } from "@std/assert";
import { path, runDeno } from "../../tools/deno.ts";

Deno.test("bench/ is well typed", async () => {
  const { code, output } = await runDeno(
    ["check", "--quiet", path("bench")],
    { capture: true },
  );
  assertEquals(code, 0, output);
});

Deno.test("bench/main.ts runs through", async () => {
  const before = await Deno.readTextFile(path("bench/README.md"));
  const { code, output } = await runDeno(
    ["run", "--allow-all", path("bench/main.ts"), "--smoke"],
    { capture: true },
  );
  assertEquals(code, 0, output);
  assertStringIncludes(output, "### Lists: Deno, from source");
  assertStringIncludes(output, "### Cold start, bundled");
  assertStringIncludes(output, "### Cold start, from source");
  // What says nothing is not kept.
  assertEquals(await Deno.readTextFile(path("bench/README.md")), before);
});

Deno.test("bench/main.ts refuses flags that it does not know", async () => {
  const { code, output } = await runDeno(
    ["run", "--allow-all", path("bench/main.ts"), "--fast"],
    { capture: true },
  );
  assertEquals(code, 2, output);
  assertStringIncludes(output, "usage: deno task bench");
});
