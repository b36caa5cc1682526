/**
 * Serves the Worker of `fleet_page/` for accounts that another process
 * serves. It prints its port, and its memory for each line of input. It exits
 * when its standard input is closed.
 *
 * @module
 */

import { makeWorker } from "../../fleet_page/mod.ts";
import { startMeasuring } from "./_memory.ts";
import { connect, type EdgeSettings, nameOf } from "./_processes.ts";

const { port, accounts }: EdgeSettings = JSON.parse(Deno.args[0] ?? "{}");
const worker = makeWorker(() => {
  const drivers = accounts.map((provider, index) => [
    nameOf(index, provider),
    connect(provider, index, { port }),
  ]);
  return Promise.resolve({
    drivers: Object.fromEntries(drivers),
    isSimulated: true,
  });
});

// Loads the code that a request needs before the start is measured.
await (await worker.fetch(new Request("http://127.0.0.1/"))).text();
const memory = startMeasuring();
const server = Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  onListen: ({ port }) => console.log(JSON.stringify({ port })),
}, async (request) => {
  memory.sample();
  return await worker.fetch(request, { SUBREQUESTS: "100000" });
});
for await (const _ of Deno.stdin.readable) {
  console.log(JSON.stringify(memory.end()));
}
void server;
Deno.exit(0);
