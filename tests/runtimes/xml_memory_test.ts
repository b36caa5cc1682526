/**
 * Strings from an XML page must not keep the whole page in memory. V8 may store
 * a substring of a long string as a pointer into that string.
 *
 * @module
 */

import { assertEquals, assertLess } from "@std/assert";
import { path, runDeno } from "../../tools/deno.ts";
import { needs } from "../_support/needs.ts";
import { NEEDS, run, tool } from "./_runtimes.ts";

const PROGRAM = path("tests/runtimes/_xml_memory.ts");

/** Fails if the strings occupy 100 kB or more of a page of about 1 MB. */
function assertFreed(output: string): void {
  const { bytes, kept } = JSON.parse(output.trim().split("\n").at(-1) ?? "");
  console.log(`${Math.round(bytes)} bytes stay in memory per page of 1 MB`);
  assertEquals(kept, 80);
  assertLess(bytes, 100_000);
}

Deno.test("XmlElement returns strings that do not keep the page in memory on Deno", async () => {
  const flags = ["--v8-flags=--expose-gc"];
  const { code, output, stdout } = await runDeno(
    ["run", ...flags, PROGRAM],
    { capture: true },
  );
  assertEquals(code, 0, output);
  assertFreed(stdout);
});

Deno.test({
  ...needs(
    "XmlElement returns strings that do not keep the page in memory on Node",
    NEEDS,
  ),
  fn: async () => {
    const folder = await Deno.makeTempDir({ prefix: "nephos-xml-" });
    try {
      const bundle = `${folder}/memory.mjs`;
      const { code, output } = await runDeno(
        ["bundle", "--platform=deno", `--output=${bundle}`, PROGRAM],
        { capture: true },
      );
      assertEquals(code, 0, output);
      const { stdout } = await run(
        await tool(".bin/node"),
        ["--expose-gc", bundle],
      );
      assertFreed(stdout);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
