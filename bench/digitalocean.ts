/**
 * Measures what a list of many pages costs, beside the same pages asked for by
 * hand: DigitalOcean's, 200 nodes to a page.
 *
 * ```sh
 * deno run -A tools/deno.ts run -A bench/digitalocean.ts
 * ```
 *
 * - Wall time of 10 000 nodes where each answer takes 20 ms, beside asking for
 *   one page after the other.
 * - CPU time of 1 000 nodes, beside a loop over `fetch` and `response.json()`,
 *   and beside Apache Libcloud.
 * - Peak memory of iterating over 100 000 nodes and keeping none, beside that
 *   loop, each in a process of its own.
 *
 * A bound that is not met is printed, and does not fail the run: the machine
 * may be busy.
 *
 * @module
 */

import process from "node:process";
import { DigitalOceanNodeDriver } from "../drivers/digitalocean/compute.ts";
import { DigitalOceanSimulator } from "../simulators/digitalocean/mod.ts";
import { config, path } from "../tools/deno.ts";
import { start } from "./_child.ts";

const PYTHON = "/usr/bin/python3";
const TOKEN = "dop_v1_bench";
const PAGE = 200;
const LATENCY_MS = 20;
const SELF = "bench/digitalocean.ts";

/** What a turn costs. */
interface Cost {
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly nodes: number;
  /** Most memory that the process ever had, in MiB. */
  readonly peakMib: number;
}

/** A page as it comes, as far as it is read here. */
interface PageJson {
  readonly droplets: readonly {
    readonly name: string;
    readonly status: string;
    readonly networks: { readonly v4: readonly { ip_address: string }[] };
  }[];
  readonly links: { readonly pages?: { readonly next?: string } };
}

/**
 * Serves lists from memory, as the simulator once wrote them: `/<n>/v2/...` has
 * n nodes, and `/slow/<n>/v2/...` has them after a while.
 */
async function serve(counts: readonly number[]): Promise<void> {
  const pages = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const count of counts) {
    const simulator = new DigitalOceanSimulator({ token: TOKEN, nodes: count });
    for (let page = 1; page <= Math.ceil(count / PAGE); page++) {
      const url = `http://a.test/v2/droplets?page=${page}&per_page=${PAGE}`;
      const headers = { authorization: `Bearer ${TOKEN}` };
      const answer = await simulator.fetch(new Request(url, { headers }));
      const bytes = new Uint8Array(await answer.arrayBuffer());
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
      const answer = Response.json({ most });
      most = 0;
      return answer;
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

const clients: Record<string, DigitalOceanNodeDriver> = {};

function client(baseUrl: string): DigitalOceanNodeDriver {
  return clients[baseUrl] ??= new DigitalOceanNodeDriver({
    token: TOKEN,
    baseUrl,
  });
}

async function* pagesByHand(url: string): AsyncGenerator<PageJson["droplets"]> {
  const headers = { authorization: `Bearer ${TOKEN}` };
  for (let page = 1;; page++) {
    const query = `page=${page}&per_page=${PAGE}`;
    const answer = await fetch(`${url}/v2/droplets?${query}`, { headers });
    const { droplets, links }: PageJson = await answer.json();
    yield droplets;
    if (!links.pages?.next) return;
  }
}

/** Ways to list nodes; each tells how many there were. */
const PEERS: Readonly<Record<string, (url: string) => Promise<number>>> = {
  async handAll(url) {
    const all: PageJson["droplets"][number][] = [];
    for await (const droplets of pagesByHand(url)) all.push(...droplets);
    let read = 0;
    for (const { name, status, networks } of all) {
      read += name.length + status.length +
        (networks.v4[0]?.ip_address.length ?? 0);
    }
    return read > 0 ? all.length : 0;
  },
  async nephosAll(url) {
    const all = await client(url).listNodes();
    let read = 0;
    for (const { name, state, publicIps } of all) {
      read += name.length + state.length + (publicIps[0]?.length ?? 0);
    }
    return read > 0 ? all.length : 0;
  },
  async nephosSideBySide(url) {
    return (await client(url).listNodes({ concurrency: 8 })).length;
  },
  async nephosOneByOne(url) {
    return (await client(url).listNodes({ concurrency: 1 })).length;
  },
  async handEach(url) {
    let count = 0;
    for await (const droplets of pagesByHand(url)) {
      for (const { name } of droplets) if (name) count++;
    }
    return count;
  },
  async nephosEach(url) {
    let count = 0;
    for await (const { name } of client(url).listNodes()) if (name) count++;
    return count;
  },
};

/** Takes turns: a line says which peer lists what, and how often. */
async function list(): Promise<void> {
  const collectGarbage = (globalThis as { gc?: () => void }).gc;
  // One question at a time, and each is shorter than a chunk.
  for await (const chunk of Deno.stdin.readable) {
    const line = new TextDecoder().decode(chunk);
    const { peer, url, calls } = JSON.parse(line);
    const run = PEERS[peer];
    if (!run) throw new Error(`Cannot run "${peer}"`);
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
  // Connections that are kept alive keep the process alive, too.
  Deno.exit();
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? NaN;
}

function report(what: string, ratio: number, limit: number, isLeast = false) {
  const isMet = isLeast ? ratio >= limit : ratio <= limit;
  const bound = `${isLeast ? "at least" : "at most"} ${limit}`;
  console.log(
    `${isMet ? "ok  " : "MISS"} ${what}: ${ratio.toFixed(2)}x (${bound})`,
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

  /** Has peers take turns, and tells the median cost of each. */
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
        const cost = await lister.ask<Cost>(turn);
        if (cost.nodes !== expected * calls) {
          throw new Error(`Cannot compare: ${peer} saw ${cost.nodes} nodes`);
        }
        // The first rounds warm up.
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
    await lister.ask({ peer: "nephosAll", url: `${base}/10000`, calls: 1 });
    await most();
    const slow = "/slow/10000";
    const together = await compare(
      lister,
      ["nephosSideBySide"],
      slow,
      1,
      10_000,
    );
    const inFlight = await most();
    const alone = await compare(lister, ["nephosOneByOne"], slow, 1, 10_000);
    const { wallMs } = together.nephosSideBySide!;
    const { wallMs: aloneMs } = alone.nephosOneByOne!;
    console.log(
      `10 000 nodes at ${LATENCY_MS} ms a page: ${
        wallMs.toFixed(0)
      } ms with ${inFlight} requests in flight, ${
        aloneMs.toFixed(0)
      } ms one by one`,
    );
    report("wall time beside one page after the other", wallMs / aloneMs, 0.35);
    report("requests in flight", inFlight, 8);

    const peers = ["handAll", "nephosAll"];
    const { handAll, nephosAll } = await compare(
      lister,
      peers,
      "/1000",
      10,
      1000,
    );
    const cpuMs = nephosAll!.cpuMs;
    console.log(
      `1 000 nodes: ${cpuMs.toFixed(2)} ms of CPU, ${
        handAll!.cpuMs.toFixed(2)
      } ms by hand`,
    );
    report("CPU beside fetch and response.json()", cpuMs / handAll!.cpuMs, 1.3);
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
        `1 000 nodes: ${libcloud!.cpuMs.toFixed(1)} ms with Libcloud`,
      );
      report("Libcloud's CPU beside ours", libcloud!.cpuMs / cpuMs, 2, true);
    } catch (error) {
      console.log(`SKIP Libcloud: ${error}`);
    } finally {
      await python[Symbol.asyncDispose]();
    }
  }

  const peaks: Record<string, number[]> = { handEach: [], nephosEach: [] };
  for (let round = 0; round < 5; round++) {
    for (const [peer, all] of Object.entries(peaks)) {
      await using lister = child("list");
      const url = `${base}/100000`;
      const cost = await lister.ask<Cost>({ peer, url, calls: 1 });
      if (cost.nodes !== 100_000) throw new Error(`${peer}: ${cost.nodes}`);
      all.push(cost.peakMib);
    }
  }
  const [hand, nephos] = [median(peaks.handEach!), median(peaks.nephosEach!)];
  console.log(
    `100 000 nodes, none kept: ${nephos.toFixed(0)} MiB at most, ${
      hand.toFixed(0)
    } MiB by hand`,
  );
  report("peak memory beside a loop by hand", nephos / hand, 1.25);
}

const [role, ...args] = Deno.args;
if (role === "serve") await serve(args.map(Number));
else if (role === "list") await list();
else await main(role === "--smoke" ? 1 : 15);
