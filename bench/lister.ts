/**
 * Two peers that list nodes, taking turns in one process: the driver, and the
 * floor beneath it. Runs on Deno as it stands, and on Node once bundled.
 *
 * Reads one turn a line, `{"peer", "url", "calls"}`, and answers with what the
 * turn cost, `{"cpuMs", "wallMs", "nodes"}`. Garbage of one turn is collected
 * before the next, and is not on the bill of either.
 *
 * @module
 */

import process from "node:process";
import { createInterface } from "node:readline";
import { NephoScaleNodeDriver } from "../drivers/nephoscale.ts";

const credentials = { username: "user", password: "password" };

/** Lists nodes, reads name, state and addresses; tells how many there were. */
const PEERS: Readonly<Record<string, (url: string) => Promise<number>>> = {
  async floor(url) {
    const { username, password } = credentials;
    const answer = await fetch(`${url}/server/cloud/`, {
      headers: { authorization: `Basic ${btoa(`${username}:${password}`)}` },
    });
    const { data } = await answer.json();
    let read = 0;
    for (const { name, power_status, ipaddresses } of data) {
      read += name.length + power_status.length + ipaddresses.length;
    }
    return read > 0 ? data.length : 0;
  },
  async nephos(baseUrl) {
    // One client to an address, as a program would have.
    clients[baseUrl] ??= new NephoScaleNodeDriver({ ...credentials, baseUrl });
    const nodes = await clients[baseUrl].listNodes();
    let read = 0;
    for (const { name, state, publicIps, privateIps } of nodes) {
      read += name.length + state.length +
        (publicIps[0]?.length ?? 0) + (privateIps[0]?.length ?? 0);
    }
    return read > 0 ? nodes.length : 0;
  },
};
const clients: Record<string, NephoScaleNodeDriver> = {};

const collectGarbage = (globalThis as { gc?: () => void }).gc;
if (!collectGarbage) throw new Error("Cannot measure without --expose-gc");

for await (const line of createInterface({ input: process.stdin })) {
  const { peer, url, calls } = JSON.parse(line);
  const list = PEERS[peer]!;
  let nodes = 0;
  collectGarbage();
  const startedAt = performance.now();
  const before = process.cpuUsage();
  for (let call = 0; call < calls; call++) nodes += await list(url);
  const { user, system } = process.cpuUsage(before);
  const wallMs = performance.now() - startedAt;
  console.log(JSON.stringify({
    cpuMs: (user + system) / 1000,
    wallMs,
    nodes,
  }));
}
