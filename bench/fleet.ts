/**
 * Measures a list across many accounts: a `Fleet` compared with a pool of
 * workers that call `fetch` and `response.json()`, as a program without a
 * library does.
 *
 * ```sh
 * deno run -A tools/deno.ts run -A bench/fleet.ts
 * deno run -A tools/deno.ts run -A bench/fleet.ts --smoke # a quick test run
 * ```
 *
 * Each peer lists 100 accounts at DigitalOcean with 1 000 nodes each, over 6
 * connections, from a server in another process. The pool keeps two fields of
 * each node; the fleet returns complete records. The memory is the peak of the
 * resident memory in a new process, above that at its start (Linux only). V8
 * collects garbage late if the machine has memory left, so it is measured with
 * `--optimize-for-size`, too.
 *
 * @module
 */

import process from "node:process";
import { Fleet } from "../core/compute/mod.ts";
import { DigitalOceanNodeDriver } from "../drivers/digitalocean/compute.ts";
import { DigitalOceanSimulator } from "../simulators/digitalocean/mod.ts";
import { config, path } from "../tools/deno.ts";
import { type Child, start } from "./_child.ts";
import { compare, type Cost } from "./_stats.ts";

const SELF = "bench/fleet.ts";
const TOKEN = "bench-token";
const CONNECTIONS = 6;
const NODES = 1000;

const PEERS = ["pool", "await", "stream"] as const;

/** Who lists: the pool of workers, or a fleet, awaited or streamed. */
type Peer = typeof PEERS[number];

/** A turn: who lists, how many accounts, and where. */
interface Turn {
  readonly peer: Peer;
  readonly accounts: number;
  readonly port: number;
}

/** What a turn took. */
interface Result extends Cost {
  readonly nodes: number;
  readonly grownMib: number;
}

/** Serves one account. Its pages are kept, since they never change. */
async function serve(): Promise<void> {
  const simulator = new DigitalOceanSimulator({
    token: TOKEN,
    nodes: NODES,
    requestsPerHour: Infinity,
    requestsPerMinute: Infinity,
  });
  const kept = new Map<string, Uint8Array<ArrayBuffer>>();
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: ({ port }) => console.log(JSON.stringify({ port })),
  }, async (request) => {
    let bytes = kept.get(request.url);
    if (!bytes) {
      const response = await simulator.fetch(request);
      if (!response.ok) return response;
      bytes = new Uint8Array(await response.arrayBuffer());
      kept.set(request.url, bytes);
    }
    return new Response(bytes, {
      headers: { "content-type": "application/json" },
    });
  });
  for await (const _ of Deno.stdin.readable);
  await server.shutdown();
}

interface PageJson {
  readonly droplets: readonly {
    readonly name: string;
    readonly status: string;
  }[];
  readonly links?: { readonly pages?: { readonly next?: string } };
}

/** Lists with `fetch` alone: each worker takes the next account. */
async function listWithPool({ accounts, port }: Turn): Promise<number> {
  const nodes: { name: string; status: string }[] = [];
  const headers = { authorization: `Bearer ${TOKEN}` };
  let taken = 0;
  const work = async () => {
    while (taken++ < accounts) {
      let query: string | undefined = "?per_page=200";
      while (query !== undefined) {
        const url: string = `http://127.0.0.1:${port}/v2/droplets${query}`;
        const response = await fetch(url, { headers });
        const page: PageJson = await response.json();
        nodes.push(...page.droplets.map(({ name, status }) => (
          { name, status }
        )));
        const { next } = page.links?.pages ?? {};
        query = next && new URL(next).search;
      }
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, work));
  return nodes.length;
}

function createFleet({ accounts, port }: Turn): Fleet {
  const baseUrl = `http://127.0.0.1:${port}/v2`;
  const drivers = Array.from({ length: accounts }, (_, index) =>
    [
      `account-${index}`,
      new DigitalOceanNodeDriver({ token: TOKEN, baseUrl }),
    ] as const);
  return new Fleet(Object.fromEntries(drivers), { connections: CONNECTIONS });
}

async function listWithFleet(turn: Turn): Promise<number> {
  const fleet = createFleet(turn);
  if (turn.peer === "await") return (await fleet.listNodes()).items.length;
  let count = 0;
  for await (const _ of fleet.listNodes()) count++;
  return count;
}

/** Runs turns. Each line of input is one {@linkcode Turn}. */
async function list(): Promise<void> {
  const collectGarbage = (globalThis as { gc?: () => void }).gc;
  // Each line arrives as one chunk: it is short, and the next one comes later.
  for await (const chunk of Deno.stdin.readable) {
    const turn: Turn = JSON.parse(new TextDecoder().decode(chunk));
    collectGarbage?.();
    const startMib = residentMib("VmRSS");
    resetPeak();
    const startedAt = performance.now();
    const before = process.cpuUsage();
    const run = turn.peer === "pool" ? listWithPool : listWithFleet;
    const nodes = await run(turn);
    const { user, system } = process.cpuUsage(before);
    const wallMs = performance.now() - startedAt;
    const cpuMs = (user + system) / 1000;
    const grownMib = residentMib("VmHWM") - startMib;
    const result: Result = { cpuMs, wallMs, nodes, grownMib };
    console.log(JSON.stringify(result));
  }
  // Otherwise kept-alive connections would keep the process running.
  Deno.exit();
}

/** Lets Linux measure the peak of the memory from now on. */
function resetPeak(): void {
  try {
    Deno.writeTextFileSync("/proc/self/clear_refs", "5");
  } catch {
    // Not Linux: there is no peak.
  }
}

/** Resident memory as Linux counts it; `NaN` elsewhere. */
function residentMib(field: "VmRSS" | "VmHWM"): number {
  try {
    const status = Deno.readTextFileSync("/proc/self/status");
    return Number(status.match(`${field}:\\s*(\\d+) kB`)?.[1]) / 1024;
  } catch {
    return NaN;
  }
}

async function measure(child: Child, turn: Turn): Promise<Result> {
  const result = await child.request<Result>(turn);
  const expected = NODES * turn.accounts;
  if (result.nodes === expected) return result;
  throw new Error(`measure: expected ${expected} nodes, got ${result.nodes}`);
}

async function main(accounts: number, rounds: number): Promise<void> {
  const found = await config();
  const child = (role: string, flags = "") =>
    start(Deno.execPath(), [
      "run",
      "-A",
      `--config=${found}`,
      `--v8-flags=--expose-gc${flags}`,
      path(SELF),
      role,
    ]);
  await using server = child("serve");
  const { port } = await server.read<{ port: number }>();
  await using lister = child("list");
  for (const peer of ["await", "stream"] as const) {
    const { base, peer: fleet, ratio } = await compare(
      rounds,
      () => measure(lister, { peer: "pool", accounts, port }),
      () => measure(lister, { peer, accounts, port }),
    );
    const show = ({ cpuMs, wallMs }: Cost) =>
      `${cpuMs.toFixed(0)} ms of CPU time, ${wallMs.toFixed(0)} ms in total`;
    console.log(
      `fleet, ${peer}: ${show(fleet)}; pool: ${show(base)}; ` +
        `CPU time ${ratio.cpuMs.toFixed(2)}x, total ${
          ratio.wallMs.toFixed(2)
        }x`,
    );
  }
  for (const flags of ["", ",--optimize-for-size"]) {
    // Awaited, the records themselves take most of the memory.
    const peers = PEERS.filter((peer) => flags === "" || peer !== "await");
    for (const peer of peers) {
      await using fresh = child("list", flags);
      const { grownMib } = await measure(fresh, { peer, accounts, port });
      console.log(
        `memory above the start, ${peer}${flags.replace(",", " ")}: ` +
          `${grownMib.toFixed(0)} MiB`,
      );
    }
  }
}

const [role] = Deno.args;
if (role === "serve") await serve();
else if (role === "list") await list();
else if (role === "--smoke") await main(3, 1);
else await main(100, 5);
