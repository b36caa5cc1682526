/**
 * Runs the turns of a benchmark, on any runtime.
 *
 * @module
 */

import process from "node:process";
import { createInterface } from "node:readline";

/** Lists nodes, reads a part of their fields, and returns their number. */
export type Peer = (url: string) => Promise<number>;

/**
 * Runs one turn for each line of input, `{"peer", "url", "calls"}`. The line of
 * output is its cost, `{"cpuMs", "wallMs", "nodes"}`. Garbage is collected
 * between two turns if the runtime offers `gc()`; this time is not measured.
 *
 * @param peers The peers, by name.
 */
export async function runTurns(
  peers: Readonly<Record<string, Peer>>,
): Promise<void> {
  const { gc: collectGarbage } = globalThis as { gc?: () => void };
  for await (const line of createInterface({ input: process.stdin })) {
    const { peer, url, calls } = JSON.parse(line);
    const list = peers[peer];
    if (!list) throw new Error(`runTurns: there is no peer "${peer}"`);
    let nodes = 0;
    collectGarbage?.();
    const startedAt = performance.now();
    const before = process.cpuUsage();
    for (let call = 0; call < calls; call++) nodes += await list(url);
    const { user, system } = process.cpuUsage(before);
    const wallMs = performance.now() - startedAt;
    const cpuMs = (user + system) / 1000;
    console.log(JSON.stringify({ cpuMs, wallMs, nodes }));
  }
  // Otherwise kept-alive connections would keep the process running.
  process.exit();
}
