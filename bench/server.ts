/**
 * The server of the benchmarks, in a process of its own: lists of NephoScale
 * nodes, written once by the simulator and sent from memory.
 *
 * `/<n>/server/cloud/` lists n nodes; the numbers are the arguments. It prints
 * its port, and ends when its standard input does.
 *
 * @module
 */

import { NephoScaleSimulator } from "../simulators/nephoscale/mod.ts";

const authorization = `Basic ${btoa("user:password")}`;
const lists = new Map<string, Uint8Array<ArrayBuffer>>();
for (const count of Deno.args) {
  const { fetch } = new NephoScaleSimulator({ nodes: Number(count) });
  const url = "http://127.0.0.1/server/cloud/";
  const answer = await fetch(new Request(url, { headers: { authorization } }));
  lists.set(
    `/${count}/server/cloud/`,
    new Uint8Array(await answer.arrayBuffer()),
  );
}

const server = Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  onListen: ({ port }) => console.log(JSON.stringify({ port })),
}, (request) => {
  if (request.headers.get("authorization") !== authorization) {
    return new Response(null, { status: 401 });
  }
  const list = lists.get(new URL(request.url).pathname);
  // Bytes, so that the answer has a content-length.
  return list
    ? new Response(list, { headers: { "content-type": "application/json" } })
    : new Response(null, { status: 404 });
});

for await (const _ of Deno.stdin.readable);
await server.shutdown();
