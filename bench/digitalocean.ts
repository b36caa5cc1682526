/**
 * Measures the cost of listing DigitalOcean nodes with 200 nodes per page, and
 * compares it with a hand-written loop over the same pages.
 *
 * ```sh
 * deno run -A tools/deno.ts run -A bench/digitalocean.ts
 * ```
 *
 * - Wall time for 10 000 nodes if each response takes 20 ms, relative to one
 *   request at a time.
 * - CPU time for 1 000 nodes, relative to a loop with `fetch` and
 *   `response.json()`, and relative to Apache Libcloud.
 * - Peak memory while iterating over 100 000 nodes without storing them,
 *   relative to that loop. Each runs in its own process.
 *
 * A missed target is printed, but does not fail the run, because the machine
 * may be busy.
 *
 * @module
 */

import process from "node:process";
import { DigitalOceanSimulator } from "../simulators/digitalocean/mod.ts";
import { config, path } from "../tools/deno.ts";
import { start } from "./_child.ts";
import { DIGITALOCEAN_PEERS, PAGE, TOKEN } from "./_digitalocean_peers.ts";

const PYTHON = "/usr/bin/python3";
const LATENCY_MS = 20;
const SELF = "bench/digitalocean.ts";

/** Cost of a turn. */
interface Cost {
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly nodes: number;
  /** Peak memory of the process, in MiB. */
  readonly peakMib: number;
}

/**
 * Serves lists from memory; the simulator generated them at the start.
 * `/<n>/v2/...` lists n nodes, and `/slow/<n>/v2/...` does so after a delay.
 */
async function serve(counts: readonly number[]): Promise<void> {
  const pages = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const count of counts) {
    const simulator = new DigitalOceanSimulator({ token: TOKEN, nodes: count });
    for (let page = 1; page <= Math.ceil(count / PAGE); page++) {
      const url = `http://a.test/v2/droplets?page=${page}&per_page=${PAGE}`;
      const headers = { authorization: `Bearer ${TOKEN}` };
      const response = await simulator.fetch(new Request(url, { headers }));
      const bytes = new Uint8Array(await response.arrayBuffer());
      pages.set(`/${count}/${page}`, bytes);
    }
  }
  let inFlight = 0;
  let most = 0;
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: ({ port }) => console.log(JSON.stringify({ port })),
  }, async (request) => {
    const { pathname, searchParams } = new URL(request.url);
    const [, slow, count] = /^(\/slow)?\/(\d+)\//.exec(pathname) ?? [];
    if (count === undefined) {
      const response = Response.json({ most });
      most = 0;
      return response;
    }
    most = Math.max(most, ++inFlight);
    if (slow) await new Promise((resolve) => setTimeout(resolve, LATENCY_MS));
    inFlight--;
    const body = pages.get(`/${count}/${searchParams.get("page") ?? 1}`);
    const headers = { "content-type": "application/json" };
    return body
      ? new Response(body, { headers })
      : new Response(null, { status: 404 });
  });
  for await (const _ of Deno.stdin.readable);
  await server.shutdown();
}

/**
 * Runs turns. Each line of input names the peer, the URL and the number of
 * calls.
 */
async function list(): Promise<void> {
  const collectGarbage = (globalThis as { gc?: () => void }).gc;
  // Each line arrives as one chunk: it is short, and the next one comes later.
  for await (const chunk of Deno.stdin.readable) {
    const line = new TextDecoder().decode(chunk);
    const { peer, url, calls } = JSON.parse(line);
    const run = DIGITALOCEAN_PEERS[peer];
    if (!run) throw new Error(`list: there is no peer "${peer}"`);
    let nodes = 0;
    collectGarbage?.();
    const startedAt = performance.now();
    const before = process.cpuUsage();
    for (let call = 0; call < calls; call++) nodes += await run(url);
    const { user, system } = process.cpuUsage(before);
    const wallMs = performance.now() - startedAt;
    const peakMib = process.resourceUsage().maxRSS / 1024;
    const cpuMs = (user + system) / 1000;
    const cost: Cost = { cpuMs, wallMs, nodes, peakMib };
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
  console.log(
    `${isMet ? "ok  " : "MISS"} ${name}: ${
      ratio.toFixed(2)
    }x (target: ${target})`,
  );
}

async function main(rounds: number): Promise<void> {
  const found = await config();
  const child = (role: string, ...args: string[]) =>
    start(Deno.execPath(), [
      "run",
      `--config=${found}`,
      "--v8-flags=--expose-gc",
      "-A",
      path(SELF),
      role,
      ...args,
    ]);
  await using server = child("serve", "1000", "10000", "100000");
  const { port } = await server.read<{ port: number }>();
  const base = `http://127.0.0.1:${port}`;
  const most = async () =>
    (await (await fetch(`${base}/most`)).json()).most as number;

  /** Runs peers alternately, and returns the median cost of each. */
  async function compare(
    lister: ReturnType<typeof start>,
    peers: readonly string[],
    list: string,
    calls: number,
    expected: number,
  ): Promise<Record<string, { cpuMs: number; wallMs: number }>> {
    const costs: Record<string, Cost[]> = {};
    for (let round = -2; round < rounds; round++) {
      for (const peer of peers) {
        const turn = { peer, url: base + list, path: list, calls };
        const cost = await lister.request<Cost>(turn);
        if (cost.nodes !== expected * calls) {
          throw new Error(
            `compare: ${peer} must list ${
              expected * calls
            } nodes, got ${cost.nodes}`,
          );
        }
        // The first two rounds warm up.
        if (round >= 0) (costs[peer] ??= []).push(cost);
      }
    }
    return Object.fromEntries(
      Object.entries(costs).map(([peer, all]) => [peer, {
        cpuMs: median(all.map(({ cpuMs }) => cpuMs / calls)),
        wallMs: median(all.map(({ wallMs }) => wallMs / calls)),
      }]),
    );
  }

  {
    await using lister = child("list");
    await lister.request({ peer: "nephosAll", url: `${base}/10000`, calls: 1 });
    await most();
    const slow = "/slow/10000";
    const concurrent = await compare(
      lister,
      ["nephosConcurrent"],
      slow,
      1,
      10_000,
    );
    const inFlight = await most();
    const sequential = await compare(
      lister,
      ["nephosSequential"],
      slow,
      1,
      10_000,
    );
    const { wallMs } = concurrent.nephosConcurrent!;
    const { wallMs: sequentialMs } = sequential.nephosSequential!;
    console.log(
      `10 000 nodes at ${LATENCY_MS} ms per page: ${
        wallMs.toFixed(0)
      } ms with ${inFlight} requests in flight, ${
        sequentialMs.toFixed(0)
      } ms with one request at a time`,
    );
    report(
      "wall time relative to one request at a time",
      wallMs / sequentialMs,
      0.35,
    );
    report("requests in flight", inFlight, 8);

    const peers = ["loopAll", "nephosAll"];
    const { loopAll, nephosAll } = await compare(
      lister,
      peers,
      "/1000",
      10,
      1000,
    );
    const cpuMs = nephosAll!.cpuMs;
    console.log(
      `1 000 nodes: ${cpuMs.toFixed(2)} ms of CPU time with nephos, ${
        loopAll!.cpuMs.toFixed(2)
      } ms with the loop`,
    );
    report("CPU time relative to the loop", cpuMs / loopAll!.cpuMs, 1.3);
    const python = start(PYTHON, [
      path("bench/digitalocean_with_libcloud.py"),
      "127.0.0.1",
      String(port),
      TOKEN,
    ]);
    try {
      const { libcloud } = await compare(
        python,
        ["libcloud"],
        "/1000",
        2,
        1000,
      );
      console.log(
        `1 000 nodes: ${
          libcloud!.cpuMs.toFixed(1)
        } ms of CPU time with Libcloud`,
      );
      report(
        "CPU time of Libcloud relative to nephos",
        libcloud!.cpuMs / cpuMs,
        2,
        true,
      );
    } catch (error) {
      console.log(`SKIP Libcloud: ${error}`);
    } finally {
      await python[Symbol.asyncDispose]();
    }
  }

  const peaks: Record<string, number[]> = { loopEach: [], nephosEach: [] };
  for (let round = 0; round < 5; round++) {
    for (const [peer, all] of Object.entries(peaks)) {
      await using lister = child("list");
      const url = `${base}/100000`;
      const cost = await lister.request<Cost>({ peer, url, calls: 1 });
      if (cost.nodes !== 100_000) {
        throw new Error(
          `main: ${peer} must list 100000 nodes, got ${cost.nodes}`,
        );
      }
      all.push(cost.peakMib);
    }
  }
  const [loop, nephos] = [median(peaks.loopEach!), median(peaks.nephosEach!)];
  console.log(
    `100 000 nodes: peak memory ${nephos.toFixed(0)} MiB with nephos, ${
      loop.toFixed(0)
    } MiB with the loop`,
  );
  report("peak memory relative to the loop", nephos / loop, 1.25);
}

const [role, ...args] = Deno.args;
if (role === "serve") await serve(args.map(Number));
else if (role === "list") await list();
else await main(role === "--smoke" ? 1 : 15);
