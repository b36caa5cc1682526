/**
 * The driver and the simulator of docs/write-a-driver.md: the files are taken
 * from the page, and pass the conformance suite.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { path, runDeno } from "../../tools/deno.ts";
import { filesIn, tableRows } from "../_support/markdown.ts";

const PAGE = Deno.readTextFileSync(path("docs/write-a-driver.md"));
const FILES = filesIn(PAGE);

/** Files that need packages which Deno does not have. */
const FOREIGN = ["acme_vitest.test.ts"];

Deno.test("docs/write-a-driver.md contains the files that it lists", () => {
  const listed = tableRows(PAGE)
    .map(([cell = ""]) => /^`(acme[\w.]*)`$/.exec(cell)?.[1])
    .filter((name) => name !== undefined);
  assert(listed.length > 5);
  assertEquals([...FILES.keys()].sort(), listed.sort());
});

Deno.test("The driver of docs/write-a-driver.md passes the conformance suite", async () => {
  // Only files of this repository may import it by name.
  await Deno.mkdir(path(".out"), { recursive: true });
  const folder = await Deno.makeTempDir({ dir: path(".out"), prefix: "docs-" });
  const deno = async (...args: readonly string[]) => {
    const options = { cwd: folder, capture: true, env: { NO_COLOR: "1" } };
    const { code, output } = await runDeno(args, options);
    assertEquals(code, 0, output);
    return output;
  };
  try {
    for (const [name, text] of FILES) {
      await Deno.writeTextFile(`${folder}/${name}`, text);
    }
    const ours = [...FILES.keys()]
      .filter((name) => name.endsWith(".ts") && !FOREIGN.includes(name));
    await deno("check", ...ours);
    const tests = ["acme_test.ts", "acme_image_test.ts"];
    const output = await deno("test", "--no-check", "--no-prompt", ...tests);
    const [, passed] = /\bok \| (\d+) passed \| 0 failed/.exec(output) ?? [];
    assert(Number(passed) > 60, output);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
