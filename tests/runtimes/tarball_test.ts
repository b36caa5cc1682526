/**
 * The tarball of the npm package: what publint and Are The Types Wrong find in it,
 * and the program that the workflow runs on further runtimes.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  checkPackage,
  createPackageFromTarballData,
} from "npm:@arethetypeswrong/core@0.18.5";
import { publint } from "npm:publint@0.3.25";
import { formatMessage } from "npm:publint@0.3.25/utils";
import { path } from "../../tools/deno.ts";
import { needs } from "../_support/needs.ts";
import { builtPackage } from "./_package.ts";
import { makeProject, NEEDS, run, tool } from "./_runtimes.ts";

Deno.test({
  ...needs("publint finds nothing in the npm package", NEEDS),
  fn: async () => {
    const { tarball } = await builtPackage();
    const bytes = await Deno.readFile(tarball);
    const { messages, pkg } = await publint({
      pack: { tarball: bytes.buffer },
      strict: true,
    });
    assertEquals(
      messages.map((it) => formatMessage(it, pkg, { color: false })),
      [],
    );
  },
});

Deno.test({
  ...needs(
    "the types of the npm package are right for every resolution",
    NEEDS,
  ),
  fn: async () => {
    const { tarball } = await builtPackage();
    const result = await checkPackage(
      createPackageFromTarballData(await Deno.readFile(tarball)),
    );
    assert(result.types);
    // The package has only ES modules, and no entry points for versions of
    // TypeScript that do not read `exports`.
    const accepted = [
      "CJSResolvesToESM node16-cjs",
      "NoResolution node10",
    ];
    const problems = result.problems.map((problem) => {
      const { kind, resolutionKind = "" } = problem as {
        kind: string;
        resolutionKind?: string;
      };
      return `${kind} ${resolutionKind}`;
    });
    assertEquals([...new Set(problems)].sort(), accepted);
  },
});

Deno.test({
  ...needs("tests/runtimes/smoke.mjs passes on Node.js, Bun and Deno", NEEDS),
  fn: async (t) => {
    await using project = await makeProject();
    const { folder } = project;
    await Deno.copyFile(
      path("tests/runtimes/smoke.mjs"),
      `${folder}/smoke.mjs`,
    );
    const runtimes: Record<string, string[]> = {
      "Node.js": [await tool(".bin/node")],
      Bun: [await tool(".bin/bun")],
      Deno: [Deno.execPath(), "run", "--no-prompt", "--allow-read"],
    };
    for (const [name, [command = "", ...args]] of Object.entries(runtimes)) {
      await t.step(name, async () => {
        const { code, stdout, stderr } = await run(
          command,
          [...args, "smoke.mjs"],
          { cwd: folder },
        );
        assertEquals(code, 0, stderr);
        assertMatch(
          stdout,
          new RegExp(`^nephos \\S+ on ${name}/\\d.*created and destroyed`),
        );
      });
    }
  },
});
