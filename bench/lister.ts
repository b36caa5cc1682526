/**
 * Lists nodes with two peers in one process: the driver, and a baseline that
 * uses `fetch` directly. Deno runs this file; Node runs a bundle of it.
 *
 * Each line of input is one turn, `{"peer", "url", "calls"}`. The line of
 * output is its cost, `{"cpuMs", "wallMs", "nodes"}`. Garbage is collected between two
 * turns, and this time is not measured.
 *
 * @module
 */

import process from "node:process";
import { createInterface } from "node:readline";
import { NephoScaleNodeDriver } from "../drivers/nephoscale.ts";

const credentials = { username: "user", password: "password" };

/** Each lists nodes, reads name, state and addresses, and returns the count. */
const PEERS: Readonly<Record<string, (url: string) => Promise<number>>> = {
  async baseline(url) {
    const { username, password } = credentials;
    const response = await fetch(`${url}/server/cloud/`, {
      headers: { authorization: `Basic ${btoa(`${username}:${password}`)}` },
    });
    const { data } = await response.json();
    let read = 0;
    for (const { name, power_status, ipaddresses } of data) {
      read += name.length + power_status.length + ipaddresses.length;
    }
    return read > 0 ? data.length : 0;
  },
  async nephos(baseUrl) {
    // One driver for each address, as in a typical program.
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
if (!collectGarbage) {
  throw new Error("lister: gc() is missing; run with --expose-gc");
}

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
