import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { path, runDeno } from "../../tools/deno.ts";
import { needs } from "../_support/needs.ts";
import { NEEDS, startWorker } from "./_runtimes.ts";

Deno.test({
  ...needs("edge_fleet runs as a Worker of workerd", NEEDS),
  fn: async () => {
    const folder = await Deno.makeTempDir({ prefix: "nephos-edge-" });
    try {
      // As docs/fleet.md tells.
      const file = `${folder}/worker.js`;
      const { code, output } = await runDeno([
        "bundle",
        "--platform=browser",
        `--output=${file}`,
        path("examples/edge_fleet.ts"),
      ], { capture: true, cwd: path(".") });
      assert(code === 0, output);
      const modules = { "worker.js": await Deno.readTextFile(file) };
      await using worker = await startWorker(folder, modules, []);
      const page = await (await fetch(worker.url)).text();
      assertStringIncludes(page, "<h1>Fleet</h1>");
      // Several requests share the simulators.
      for (const list of ["nodes", "prices", "nodes"]) {
        const text = await (await fetch(worker.url + list)).text();
        const lines = text.trimEnd().split("\n").map((it) => JSON.parse(it));
        assertEquals(lines.pop(), { complete: true });
        const names = lines.map(({ account }) => account);
        assertEquals(new Set(names).size, 3);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
