/**
 * Fleets of 100 accounts at all providers, which another process serves on
 * loopback. A third process lists them, and measures its memory.
 *
 * @module
 */

import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { Provider } from "../../drivers/registry.ts";
import {
  type Fault,
  list,
  nameOf,
  type ServerSettings,
  startProcess,
  statsOf,
} from "./_processes.ts";

/** Number of accounts, and of nodes of each. */
const ACCOUNTS = 100;
const NODES = 1000;

/** By how much the memory of a streamed pass may grow. */
const MAX_GROWTH_MIB = 64;

const providers = Object.values(Provider);
const accounts = Array.from(
  { length: ACCOUNTS },
  (_, index) => providers[index % providers.length]!,
);
const names = accounts.map((provider, index) => nameOf(index, provider)).sort();

async function serve(settings: Omit<ServerSettings, "accounts">) {
  const server = await startProcess("_server.ts", { accounts, ...settings });
  const { port } = await server.read<{ port: number }>();
  return {
    port,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

Deno.test(`a stream of ${ACCOUNTS} accounts with ${NODES} nodes each begins at once, needs little memory, and has 6 connections`, async () => {
  await using server = await serve({ nodes: NODES });
  const { port } = server;
  const settings = { port, accounts, way: "stream", pageSize: 200 } as const;
  const report = await list(settings, "scarce");
  assertEquals(report.errors, {});
  assertEquals(Object.keys(report.counts).sort(), names);
  assertEquals(new Set(Object.values(report.counts)), new Set([NODES]));
  const { startMib, peakMib } = report.memory;
  console.log(`${Math.round(peakMib - startMib)} MiB above the start`);
  assertLessOrEqual(peakMib - startMib, MAX_GROWTH_MIB);
  // Only drivers that are listed at the same time can have responded.
  assertLessOrEqual(report.atFirst!.answered, 6);
  const { most, answered } = await statsOf(port);
  assertEquals(answered, ACCOUNTS);
  assertLessOrEqual(most, 6);
  // Guards against a server whose requests never overlap.
  assert(most > 1);
});

Deno.test(`of ${ACCOUNTS} accounts, one that hangs, one that is refused and one that is cut off are named, and 97 are complete`, async () => {
  const faults: Record<number, Fault> = { 3: "hang", 20: "refuse", 60: "cut" };
  await using server = await serve({ nodes: 30, largestPage: 20, faults });
  const { port } = server;
  const failing = Object.keys(faults).map((index) =>
    nameOf(Number(index), accounts[Number(index)]!)
  );
  // Only the account that hangs has a time limit, so that no other account
  // depends on the speed of the machine.
  const timeouts = { 3: 300 };
  for (const way of ["await", "pages"] as const) {
    const report = await list({ port, accounts, way, timeouts });
    assertEquals(Object.keys(report.errors).sort(), failing.sort());
    const classes = failing.map((name) => report.errors[name]!.split(":")[0]);
    assertEquals(
      classes.sort(),
      ["ConnectionError", "InvalidCredsError", "TimeoutError"],
    );
    const complete = names.filter((name) => !failing.includes(name));
    assertEquals(
      Object.entries(report.counts).sort(),
      complete.map((name) => [name, 30]),
    );
  }
});

Deno.test(`a budget of 50 requests ends with a position, from which a second process completes ${ACCOUNTS} accounts without a double`, async () => {
  await using server = await serve({ nodes: NODES });
  const { port } = server;
  const settings = { port, accounts, keepsIds: true } as const;
  const first = await list({ ...settings, way: "await", budget: 50 });
  const { requests } = await statsOf(port);
  assertEquals(requests, 50);
  const { next = "" } = first;
  assert(next.length > 0);
  assertLessOrEqual(next.length, 2000);
  const second = await list({ ...settings, way: "pages", from: next });
  assertEquals([first.errors, second.errors], [{}, {}]);
  assertEquals(second.next, undefined);
  const ids = [...first.ids, ...second.ids];
  assert(first.ids.length > 0);
  assertEquals(
    [ids.length, new Set(ids).size],
    Array(2).fill(ACCOUNTS * NODES),
  );
});
