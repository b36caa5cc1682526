/**
 * One life cycle, on every runtime.
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

/** What becomes of the node; what is on offer is the simulator's to choose. */
const NODE = {
  name: "web-1",
  state: "running",
  publicIps: ["203.0.113.1"],
  privateIps: ["10.128.0.0"],
};
const LIFE: readonly Step[] = [
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

/** What the runtimes call themselves, lest one is taken for another. */
const USER_AGENTS: Readonly<Record<Runtime, string>> = {
  "Deno (source)": `Deno/${DENO_VERSION}`,
  "Deno": `Deno/${DENO_VERSION}`,
  "Node 22": "Node.js/22",
  "Bun": `Bun/${PACKAGES.bun}`,
  "workerd": "Cloudflare-Workers",
};

Deno.test({
  ...needs("lifecycle() is the same on every runtime", NEEDS),
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
        assertEquals(result.alone.slice(-LIFE.length), LIFE);
        assertEquals(result.byName, result.alone);
        assert(result.isOneCopy, "both ways lead to one copy of the core");
        // Sizes, prices and images as well.
        assertEquals(result.alone, reports.get(RUNTIMES[0]!)?.alone);
      });
    }
    const calls = reports.get(RUNTIMES[0]!)?.alone.map(({ call }) => call);
    printTable(
      "call",
      new Map(
        calls?.map((call, index) => [
          call,
          new Map([...reports].map(([runtime, { alone }]) => [
            runtime,
            summary(alone[index]?.result),
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
