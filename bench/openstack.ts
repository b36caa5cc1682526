/**
 * Measures the CPU time of listing 1 000 OpenStack nodes, relative to a loop with
 * `fetch` and `response.json()`, and relative to Apache Libcloud.
 *
 * ```sh
 * deno run -A tools/deno.ts run -A bench/openstack.ts
 * ```
 *
 * A missed target is printed, but does not fail the run, because the machine
 * may be busy.
 *
 * @module
 */

import process from "node:process";
import { OpenStackNodeDriver } from "../drivers/openstack/compute.ts";
import { OpenStackSimulator } from "../simulators/openstack/mod.ts";
import { config, path } from "../tools/deno.ts";
import { type Child, start } from "./_child.ts";

const PYTHON = "/usr/bin/python3";
const SELF = "bench/openstack.ts";
const PASSWORD = "bench-secret";
const NODES = 1000;

/** Cost of a turn. */
interface Cost {
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly nodes: number;
}

/** A turn: who lists, how often, and where Keystone is. */
interface Turn {
  readonly peer: "loop" | "nephos";
  readonly calls: number;
  readonly authUrl: string;
}

/** Serves a cloud. Its lists are kept, since they never change. */
async function serve(): Promise<void> {
  const simulator = new OpenStackSimulator({
    password: PASSWORD,
    nodes: NODES,
  });
  const kept = new Map<string, Uint8Array<ArrayBuffer>>();
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: ({ port }) => console.log(JSON.stringify({ port })),
  }, async (request) => {
    const isList = request.url.includes("/servers/detail");
    const headers = { "content-type": "application/json" };
    const known = isList ? kept.get(request.url) : undefined;
    if (known) return new Response(known, { headers });
    const response = await simulator.fetch(request);
    if (!isList) return response;
    const bytes = new Uint8Array(await response.arrayBuffer());
    kept.set(request.url, bytes);
    return new Response(bytes, { headers });
  });
  for await (const _ of Deno.stdin.readable);
  await server.shutdown();
}

interface PageJson {
  readonly servers: readonly {
    readonly name: string;
    readonly status: string;
  }[];
  readonly servers_links?: readonly { readonly href: string }[];
}

/** Lists with `fetch` alone, as a program without a library does. */
function createLoop(authUrl: string): () => Promise<number> {
  let token: string | undefined;
  const login = async () => {
    const response = await fetch(`${authUrl}/auth/tokens`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        auth: {
          identity: {
            methods: ["password"],
            password: {
              user: {
                name: "demo",
                domain: { id: "default" },
                password: PASSWORD,
              },
            },
          },
          scope: { project: { name: "demo", domain: { id: "default" } } },
        },
      }),
    });
    await response.body?.cancel();
    return response.headers.get("x-subject-token")!;
  };
  return async () => {
    token ??= await login();
    const headers = {
      "x-auth-token": token,
      "openstack-api-version": "compute 2.46",
    };
    const nodes: { name: string; status: string }[] = [];
    const root = authUrl.replace("/identity/v3", "/compute/v2.1");
    let url: string | undefined = `${root}/servers/detail?limit=1000`;
    while (url) {
      const response = await fetch(url, { headers });
      const page = await response.json() as PageJson;
      nodes.push(...page.servers);
      url = page.servers_links?.[0]?.href;
    }
    return nodes.length;
  };
}

function createNephos(authUrl: string): () => Promise<number> {
  const cloud = new OpenStackNodeDriver({
    authUrl,
    username: "demo",
    password: PASSWORD,
    projectName: "demo",
  });
  return async () => (await cloud.listNodes()).length;
}

/** Runs turns. Each line of input is one {@linkcode Turn}. */
async function list(): Promise<void> {
  const collectGarbage = (globalThis as { gc?: () => void }).gc;
  const peers = new Map<string, () => Promise<number>>();
  // Each line arrives as one chunk: it is short, and the next one comes later.
  for await (const chunk of Deno.stdin.readable) {
    const { peer, calls, authUrl }: Turn = JSON.parse(
      new TextDecoder().decode(chunk),
    );
    const create = peer === "loop" ? createLoop : createNephos;
    const run = peers.get(peer) ?? create(authUrl);
    peers.set(peer, run);
    let nodes = 0;
    collectGarbage?.();
    const startedAt = performance.now();
    const before = process.cpuUsage();
    for (let call = 0; call < calls; call++) nodes += await run();
    const { user, system } = process.cpuUsage(before);
    const wallMs = performance.now() - startedAt;
    const cost: Cost = { cpuMs: (user + system) / 1000, wallMs, nodes };
    console.log(JSON.stringify(cost));
  }
  // Otherwise kept-alive connections would keep the process running.
  Deno.exit();
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? NaN;
}

function report(name: string, ratio: number, limit: number, isMinimum = false) {
  const isMet = isMinimum ? ratio >= limit : ratio <= limit;
  const target = `${isMinimum ? "at least" : "at most"} ${limit}`;
  const shown = ratio.toFixed(2);
  console.log(
    `${isMet ? "ok  " : "MISS"} ${name}: ${shown}x (target: ${target})`,
  );
}

/** Runs a turn, and returns the CPU time of one call. */
async function measure(child: Child, turn: Turn): Promise<number> {
  const { cpuMs, nodes } = await child.request<Cost>(turn);
  const expected = NODES * turn.calls;
  if (nodes === expected) return cpuMs / turn.calls;
  throw new Error(`measure: expected ${expected} nodes, got ${nodes}`);
}

async function main(rounds: number): Promise<void> {
  const found = await config();
  const flags = [`--config=${found}`, "--v8-flags=--expose-gc", "-A"];
  const child = (role: string) =>
    start(Deno.execPath(), ["run", ...flags, path(SELF), role]);
  await using server = child("serve");
  const { port } = await server.read<{ port: number }>();
  const authUrl = `http://127.0.0.1:${port}/identity/v3`;
  await using lister = child("list");
  const costs = { loop: [] as number[], nephos: [] as number[] };
  for (let round = -2; round < rounds; round++) {
    for (const peer of ["loop", "nephos"] as const) {
      const cost = await measure(lister, { peer, calls: 10, authUrl });
      // The first two rounds warm up.
      if (round >= 0) costs[peer].push(cost);
    }
  }
  const [loop, nephos] = [median(costs.loop), median(costs.nephos)];
  console.log(
    `${NODES} nodes: ${nephos.toFixed(2)} ms of CPU time with nephos, ` +
      `${loop.toFixed(2)} ms with the loop`,
  );
  report("CPU time relative to the loop", nephos / loop, 1.15);
  const python = start(PYTHON, [
    path("bench/openstack_with_libcloud.py"),
    authUrl,
    PASSWORD,
  ]);
  try {
    const libcloud: number[] = [];
    for (let round = -1; round < Math.min(rounds, 5); round++) {
      const turn: Turn = { peer: "nephos", calls: 2, authUrl };
      const cost = await measure(python, turn);
      if (round >= 0) libcloud.push(cost);
    }
    console.log(
      `${NODES} nodes: ${median(libcloud).toFixed(1)} ms with Libcloud`,
    );
    const ratio = median(libcloud) / nephos;
    report("CPU time of Libcloud relative to nephos", ratio, 3, true);
  } catch (error) {
    console.log(`SKIP Libcloud: ${error}`);
  } finally {
    await python[Symbol.asyncDispose]();
  }
}

const [role] = Deno.args;
if (role === "serve") await serve();
else if (role === "list") await list();
else await main(role === "--smoke" ? 1 : 15);
