/**
 * Measures the cost of the EC2 driver, and compares it with other clients.
 *
 * ```sh
 * deno run -A tools/deno.ts run -A bench/ec2.ts
 * ```
 *
 * - CPU time for 1 000 nodes, relative to AWS's own client from npm, and also
 *   relative to Apache Libcloud.
 * - Wall time for 1 000 nodes with 100 nodes per page if each response takes
 *   20 ms, relative to a loop with `fetch` and `response.text()` that does not
 *   parse the pages.
 * - Memory that 100 000 nodes occupy, relative to the same records from
 *   `JSON.parse`.
 * - Bundle size of the driver, compared with AWS's own client.
 *
 * A missed target is printed, but does not fail the run, because the machine
 * may be busy.
 *
 * @module
 */

import process from "node:process";
import { gzipSync } from "node:zlib";
import { Ec2NodeDriver } from "../drivers/aws/ec2.ts";
import { Ec2Simulator } from "../simulators/aws/ec2.ts";
import { config, path, runDeno } from "../tools/deno.ts";
import { start } from "./_child.ts";
import { driverFor, EC2_PEERS, KEYS, REGION } from "./_ec2_peers.ts";

/** Must be the version in the import of `_ec2_peers.ts`. */
const SDK_VERSION = "3.1169.0";
const PYTHON = "/usr/bin/python3";
const LATENCY_MS = 20;
const SELF = "bench/ec2.ts";
/** Cost and result of a turn. */
interface Cost {
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly nodes: number;
  /** Checksum of the nodes that the peer read. */
  readonly sum: number;
}

/** Memory that nodes occupy, in bytes per node. */
interface Kept {
  readonly nephos: number;
  readonly json: number;
}

/**
 * Serves lists from memory; the simulator generated the nodes at the start.
 * `/<n>x<p>/` lists n nodes with p nodes per page, and `/slow/<n>x<p>/` does so
 * after a delay. Signatures are not verified.
 */
async function serve(): Promise<void> {
  const text = await write(1000);
  const [head = "", ...rest] = text.split(/(?=\n {8}<item>)/);
  const [last = "", tail = ""] = (rest.pop() ?? "").split(
    /(?=\n {4}<\/reservationSet>)/,
  );
  const items = [...rest, last];
  const encoder = new TextEncoder();
  const pages = new Map<string, Uint8Array<ArrayBuffer>>();

  /** Writes a page. After 1 000 nodes, they repeat with other ids. */
  function page(count: number, size: number, first: number) {
    const key = `${count}x${size}@${first}`;
    const found = pages.get(key);
    if (found) return found;
    const parts = [head];
    for (let at = first; at < Math.min(count, first + size); at++) {
      const item = items[at % items.length] ?? "";
      const turn = Math.floor(at / items.length).toString(16).padStart(4, "0");
      parts.push(
        item.replace(/(?<=<instanceId>i-0).{4}/, turn),
      );
    }
    const next = first + size < count
      ? `\n    <nextToken>${first + size}</nextToken>`
      : "";
    parts.push(tail.replace("</reservationSet>", `</reservationSet>${next}`));
    const bytes = encoder.encode(parts.join(""));
    if (count <= 10_000) pages.set(key, bytes);
    return bytes;
  }

  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: ({ port }) => console.log(JSON.stringify({ port })),
  }, async (request) => {
    const url = new URL(request.url);
    const [, slow, count, size] =
      /^(\/slow)?\/(\d+)x(\d+)\//.exec(url.pathname) ?? [];
    if (!count) return new Response(null, { status: 404 });
    const form = new URLSearchParams(await request.text());
    const get = (name: string) => url.searchParams.get(name) ?? form.get(name);
    const headers = { "content-type": "text/xml;charset=UTF-8" };
    if (get("Action") !== "DescribeInstances") {
      // Libcloud also requests the elastic IPs; this account has none.
      return new Response(
        `<DescribeAddressesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><addressesSet/></DescribeAddressesResponse>`,
        { headers },
      );
    }
    const body = page(
      Number(count),
      Number(size),
      Number(get("NextToken") ?? 0),
    );
    if (slow) await new Promise((resolve) => setTimeout(resolve, LATENCY_MS));
    return new Response(body, { headers });
  });
  for await (const _ of Deno.stdin.readable);
  await server.shutdown();
}

/** Returns a list of nodes in XML, from the simulator. */
async function write(nodes: number): Promise<string> {
  const simulator = new Ec2Simulator({ ...KEYS, region: REGION, nodes });
  let text = "";
  const driver = new Ec2NodeDriver({
    ...KEYS,
    region: REGION,
    async fetch(request) {
      const response = await simulator.fetch(request);
      text = await response.clone().text();
      return response;
    },
  });
  await driver.listNodes();
  return text;
}

const { gc: collectGarbage = () => {} } = globalThis as { gc?: () => void };

/**
 * Runs turns. Each line of input names the peer, the URL and the number of
 * calls.
 */
async function list(): Promise<void> {
  // Each line arrives as one chunk: it is short, and the next one comes later.
  for await (const chunk of Deno.stdin.readable) {
    const line = new TextDecoder().decode(chunk);
    const { peer, url, calls } = JSON.parse(line);
    const run = EC2_PEERS[peer];
    if (!run) throw new Error(`list: there is no peer "${peer}"`);
    let nodes = 0;
    let sum = 0;
    collectGarbage();
    const startedAt = performance.now();
    const before = process.cpuUsage();
    for (let call = 0; call < calls; call++) {
      const seen = await run(url);
      nodes += seen.nodes;
      sum = seen.sum;
    }
    const { user, system } = process.cpuUsage(before);
    const wallMs = performance.now() - startedAt;
    const cost: Cost = { cpuMs: (user + system) / 1000, wallMs, nodes, sum };
    console.log(JSON.stringify(cost));
  }
  // Otherwise kept-alive connections would keep the process running.
  Deno.exit();
}

/** Measures the memory of nodes, and of the same records from `JSON.parse`. */
async function keep(url: string): Promise<void> {
  const used = () => {
    collectGarbage();
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  await driverFor(url.replace(/\d+x/, "1000x")).listNodes();
  const before = used();
  let nodes = await driverFor(url).listNodes();
  const { length } = nodes;
  const nephos = (used() - before) / length;
  const texts: string[] = [];
  for (let at = 0; at < length; at += 1000) {
    texts.push(JSON.stringify(nodes.slice(at, at + 1000)));
  }
  nodes = [];
  const without = used();
  const parsed = texts.map((text) => JSON.parse(text));
  const json = (used() - without) / length;
  if (parsed.flat().length !== length) {
    throw new Error(`keep: JSON.parse must return ${length} nodes`);
  }
  const kept: Kept = { nephos, json };
  console.log(JSON.stringify(kept));
  Deno.exit();
}

/** Size of the driver in a browser bundle: the part that is loaded at once. */
async function driverSize(folder: string): Promise<number> {
  const { code, output } = await runDeno([
    "bundle",
    "--platform=browser",
    "--minify",
    "--code-splitting",
    `--outdir=${folder}/driver`,
    path("drivers/aws/ec2.ts"),
  ], { capture: true });
  if (code !== 0) throw new Error(output);
  // Sizes and prices are in another file, which is loaded on demand.
  return zippedSize(`${folder}/driver/ec2.js`);
}

/** Size of AWS's own client with only one of its commands. */
async function sdkSize(folder: string): Promise<number> {
  const run = async (command: string, ...args: string[]) => {
    const { success, stderr } = await new Deno.Command(command, {
      args,
      cwd: folder,
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
  };
  await Deno.writeTextFile(`${folder}/package.json`, "{}");
  await Deno.writeTextFile(
    `${folder}/entry.js`,
    `export { DescribeInstancesCommand, EC2Client } from "@aws-sdk/client-ec2";`,
  );
  const packages = [`@aws-sdk/client-ec2@${SDK_VERSION}`, "esbuild@0.28.2"];
  await run("npm", "install", "--no-audit", "--no-fund", ...packages);
  await run(
    `${folder}/node_modules/.bin/esbuild`,
    "--bundle",
    "--minify",
    "--platform=browser",
    "--format=esm",
    "--outfile=sdk.js",
    "entry.js",
  );
  return zippedSize(`${folder}/sdk.js`);
}

async function zippedSize(file: string): Promise<number> {
  return gzipSync(await Deno.readFile(file), { level: 9 }).byteLength;
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
    } (target: ${target})`,
  );
}

async function main(rounds: number, kept: number): Promise<void> {
  const found = await config();
  const child = (role: string, ...args: string[]) =>
    start(Deno.execPath(), [
      "run",
      `--config=${found}`,
      "--v8-flags=--expose-gc,--max-old-space-size=4096",
      "-A",
      path(SELF),
      role,
      ...args,
    ]);
  await using server = child("serve");
  const { port } = await server.read<{ port: number }>();
  const base = `http://127.0.0.1:${port}`;

  /** Runs peers alternately, and returns the median cost of each. */
  async function compare(
    lister: ReturnType<typeof start>,
    peers: readonly string[],
    list: string,
    calls: number,
  ): Promise<Record<string, Cost>> {
    const costs: Record<string, Cost[]> = {};
    for (let round = -2; round < rounds; round++) {
      for (const peer of peers) {
        const turn = { peer, url: base + list, path: `${list}/`, calls };
        const cost = await lister.request<Cost>(turn);
        if (cost.nodes !== 1000 * calls) {
          throw new Error(
            `compare: ${peer} must list ${
              1000 * calls
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
        nodes: 1000,
        sum: all[0]?.sum ?? NaN,
      }]),
    );
  }

  {
    await using lister = child("list");
    const { aws, nephos } = await compare(
      lister,
      ["aws", "nephos"],
      "/1000x1000",
      3,
    );
    if (aws!.sum !== nephos!.sum) {
      throw new Error("main: the checksums of aws and nephos differ");
    }
    const cpuMs = nephos!.cpuMs;
    console.log(
      `1 000 nodes: CPU time ${cpuMs.toFixed(1)} ms, wall time ${
        nephos!.wallMs.toFixed(1)
      } ms; with @aws-sdk/client-ec2: ${aws!.cpuMs.toFixed(1)} ms and ${
        aws!.wallMs.toFixed(1)
      } ms`,
    );
    report("CPU time relative to @aws-sdk/client-ec2", cpuMs / aws!.cpuMs, 0.2);
    const python = start(PYTHON, [
      path("bench/ec2_with_libcloud.py"),
      "127.0.0.1",
      String(port),
      KEYS.accessKeyId,
      KEYS.secretAccessKey,
    ]);
    try {
      const { libcloud } = await compare(
        python,
        ["libcloud"],
        "/1000x1000",
        1,
      );
      console.log(
        `1 000 nodes with Libcloud: CPU time ${
          libcloud!.cpuMs.toFixed(1)
        } ms, wall time ${libcloud!.wallMs.toFixed(1)} ms`,
      );
      report(
        "CPU time of Libcloud relative to nephos",
        libcloud!.cpuMs / cpuMs,
        6,
        true,
      );
    } catch (error) {
      console.log(`SKIP Libcloud: ${error}`);
    } finally {
      await python[Symbol.asyncDispose]();
    }

    for (const size of [100, 1000]) {
      const nodes = `1 000 nodes, ${size} per page at ${LATENCY_MS} ms`;
      const { baseline, nephos } = await compare(
        lister,
        ["baseline", "nephos"],
        `/slow/1000x${size}`,
        3,
      );
      console.log(
        `${nodes}: wall time ${nephos!.wallMs.toFixed(0)} ms, CPU time ${
          nephos!.cpuMs.toFixed(1)
        } ms; with fetch and text() only: ${
          baseline!.wallMs.toFixed(0)
        } ms and ${baseline!.cpuMs.toFixed(1)} ms`,
      );
      if (size === 100) {
        report(
          "wall time relative to fetch and text()",
          nephos!.wallMs / baseline!.wallMs,
          1.25,
        );
      }
    }
  }

  await using keeper = child("keep", `${base}/${kept}x1000`);
  const { nephos, json } = await keeper.read<Kept>();
  console.log(
    `${kept} nodes in memory: ${nephos.toFixed(0)} bytes per node, ${
      json.toFixed(0)
    } from JSON.parse`,
  );
  report("memory relative to JSON.parse", nephos / json, 1.3);

  const folder = await Deno.makeTempDir({ prefix: "nephos-size-" });
  try {
    const bytes = await driverSize(folder);
    const sdkBytes = await sdkSize(folder);
    console.log(
      `browser bundle, gzipped: ${bytes} bytes; @aws-sdk/client-ec2: ${sdkBytes} bytes`,
    );
    report("size of the driver in kB", bytes / 1000, 18);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const [role, ...args] = Deno.args;
if (role === "serve") await serve();
else if (role === "list") await list();
else if (role === "keep") await keep(args[0] ?? "");
else if (role === "--smoke") await main(1, 2000);
else await main(11, 100_000);
