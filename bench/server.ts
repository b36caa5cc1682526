/**
 * The server of the benchmarks, run in its own process. It sends lists of
 * NephoScale nodes from memory; the simulator generated them at the start.
 *
 * `/<n>/server/cloud/` lists n nodes. Pass the values of n as arguments. The
 * server prints its port, and exits when its standard input is closed.
 *
 * @module
 */

import { NephoScaleSimulator } from "../simulators/nephoscale/mod.ts";

const authorization = `Basic ${btoa("user:password")}`;
const lists = new Map<string, Uint8Array<ArrayBuffer>>();
for (const count of Deno.args) {
  const { fetch } = new NephoScaleSimulator({ nodes: Number(count) });
  const url = "http://127.0.0.1/server/cloud/";
  const request = new Request(url, { headers: { authorization } });
  const response = await fetch(request);
  lists.set(
    `/${count}/server/cloud/`,
    new Uint8Array(await response.arrayBuffer()),
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
  // A body of bytes gives the response a content-length header.
  return list
    ? new Response(list, { headers: { "content-type": "application/json" } })
    : new Response(null, { status: 404 });
});

for await (const _ of Deno.stdin.readable);
await server.shutdown();
