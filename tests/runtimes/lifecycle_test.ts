/**
 * The lifecycle of a node on every runtime.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Step } from "../../examples/lifecycle.ts";
import { DENO_VERSION } from "../../tools/deno.ts";
import { needs } from "../_support/needs.ts";
import type { Report } from "./_lifecycle.ts";
import {
  makeProject,
  NEEDS,
  PACKAGES,
  printTable,
  type Runtime,
  RUNTIMES,
} from "./_runtimes.ts";

/** The expected node. Its size and image depend on the simulator. */
const NODE = {
  name: "web-1",
  state: "running",
  publicIps: ["203.0.113.1"],
  privateIps: ["10.128.0.0"],
};
const LIFECYCLE: readonly Step[] = [
  { call: "importKeyPair()", result: "laptop" },
  { call: "createKeyPair()", result: "console" },
  { call: "createNode()", result: "web-1" },
  { call: "waitUntilRunning()", result: NODE },
  { call: "listNodes()", result: [NODE] },
  { call: "rebootNode()", result: "running" },
  { call: "stopNode()", result: "stopped" },
  { call: "startNode()", result: "running" },
  { call: "renameNode()", result: "web-2" },
  { call: "destroyNode()", result: [] },
  { call: "deleteKeyPair()", result: [] },
];

/** Expected `navigator.userAgent`: proves that the right runtime ran. */
const USER_AGENTS: Readonly<Record<Runtime, string>> = {
  "Deno (source)": `Deno/${DENO_VERSION}`,
  "Deno": `Deno/${DENO_VERSION}`,
  "Node 22": "Node.js/22",
  "Bun": `Bun/${PACKAGES.bun}`,
  "workerd": "Cloudflare-Workers",
};

Deno.test({
  ...needs("lifecycle() returns the same results on every runtime", NEEDS),
  fn: async (t) => {
    await using project = await makeProject();
    const reports = new Map<Runtime, Report>();
    for (const runtime of RUNTIMES) {
      await t.step(runtime, async () => {
        const { result } = await project.run<Report>(
          runtime,
          "_lifecycle.ts",
          null,
        );
        reports.set(runtime, result);
        assertStringIncludes(result.runtime, USER_AGENTS[runtime]);
        assertEquals(result.imported.slice(-LIFECYCLE.length), LIFECYCLE);
        assertEquals(result.byName, result.imported);
        assert(
          result.isOneCopy,
          "both drivers must share one copy of the core",
        );
        // Includes sizes, prices and images.
        assertEquals(
          result.imported,
          reports.get(RUNTIMES[0]!)?.imported,
        );
      });
    }
    const calls = reports.get(RUNTIMES[0]!)?.imported.map(({ call }) => call);
    printTable(
      "call",
      new Map(
        calls?.map((call, index) => [
          call,
          new Map([...reports].map(([runtime, { imported }]) => [
            runtime,
            summary(imported[index]?.result),
          ])),
        ]),
      ),
    );
  },
});

function summary(result: unknown): string {
  if (Array.isArray(result)) return `${result.length} listed`;
  return typeof result === "string"
    ? result
    : (result as { state?: string } | undefined)?.state ?? "MISSING";
}
