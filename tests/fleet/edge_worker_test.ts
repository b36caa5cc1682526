/**
 * The Worker of `fleet_page/` with 100 accounts at all providers. One
 * process serves the accounts, another one is the Worker, and this one reads.
 *
 * @module
 */

import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { Provider } from "../../drivers/registry.ts";
import type { Line } from "../../fleet_page/_lines.ts";
import type { MemoryReport } from "./_memory.ts";
import {
  nameOf,
  type ServerStats,
  startProcess,
  statsOf,
} from "./_processes.ts";

/** Number of accounts, and of nodes of each. */
const ACCOUNTS = 100;
const NODES = 1000;

/** By how much the memory of the Worker may grow. */
const MAX_GROWTH_MIB = 64;

const providers = Object.values(Provider);
const accounts = Array.from(
  { length: ACCOUNTS },
  (_, index) => providers[index % providers.length]!,
);

/** Reads a list in NDJSON line by line. */
async function* linesOf({ body }: Response): AsyncGenerator<Line> {
  let rest = "";
  for await (const text of body!.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) yield JSON.parse(line);
  }
  assertEquals(rest, "");
}

Deno.test(`edge_fleet lists ${ACCOUNTS} accounts with ${NODES} nodes each in one response, begins at once and needs little memory`, async () => {
  const settings = { accounts, nodes: NODES };
  await using server = await startProcess("_server.ts", settings);
  const { port } = await server.read<{ port: number }>();
  await using worker = await startProcess(
    "_edge_worker.ts",
    { port, accounts },
    "scarce",
  );
  const own = await worker.read<{ port: number }>();
  const counts: Record<string, number> = {};
  let atFirst: ServerStats | undefined;
  let last: Line | undefined;
  const response = await fetch(`http://127.0.0.1:${own.port}/nodes`);
  for await (const line of linesOf(response)) {
    last = line;
    if (!("account" in line)) continue;
    assert("nodes" in line, "error" in line ? line.error : "");
    if (line.nodes.length > 0) atFirst ??= await statsOf(port);
    counts[line.account] = (counts[line.account] ?? 0) + line.nodes.length;
  }
  assertEquals(last, { complete: true });
  const names = accounts.map((provider, index) => nameOf(index, provider));
  assertEquals(Object.keys(counts).sort(), names.sort());
  assertEquals(new Set(Object.values(counts)), new Set([NODES]));
  const { startMib, peakMib } = await worker.request<MemoryReport>({});
  console.log(`${Math.round(peakMib - startMib)} MiB above the start`);
  assertLessOrEqual(peakMib - startMib, MAX_GROWTH_MIB);
  // Lines are on their way while this process asks, so others have responded.
  assertLessOrEqual(atFirst!.answered, ACCOUNTS / 2);
  const { most, answered } = await statsOf(port);
  assertEquals(answered, ACCOUNTS);
  assertLessOrEqual(most, 6);
});
