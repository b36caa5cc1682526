/**
 * The promises of the transport, on every runtime, over real sockets.
 *
 * @module
 */

import { assertEquals, assertLess, assertNotEquals } from "@std/assert";
import { needs } from "../_support/needs.ts";
import { serveFaults } from "./_faulty_server.ts";
import { type Input, PROMISES, type Report } from "./_promises.ts";
import {
  makeProject,
  NEEDS,
  printTable,
  type Runtime,
  RUNTIMES,
} from "./_runtimes.ts";

/** What Deno does on its own; it is the same from source and from npm. */
const DENO: Readonly<Record<string, string>> = {
  "an empty POST closed on a reused connection is sent once":
    "Deno sends it again by itself (denoland/deno#32566); one with a body it leaves alone",
};

/** Which promise a runtime leaves us no way to keep, and why. */
const DIFFERENCES: Partial<
  Record<Runtime, Readonly<Record<string, string>>>
> = {
  "Deno (source)": DENO,
  "Deno": DENO,
  "workerd": {
    "a POST to a closed port was not applied":
      'workerd says "Network connection lost." whether anything was sent or not, so it may have been',
    "a POST to a closed port is tried again":
      "it may have been applied, for the same reason",
  },
};

/** A signal of the last promise keeps the process that long, if it is kept. */
const SIGNAL_MS = 30_000;

Deno.test({
  ...needs("the promises of the transport hold on every runtime", NEEDS),
  fn: async (t) => {
    await using project = await makeProject();
    const closedUrl = await findClosedUrl();
    const reports = new Map<Runtime, Report>();
    for (const runtime of RUNTIMES) {
      await t.step(runtime, async () => {
        await using foreign = serveFaults();
        await using dying = serveFaults();
        await using server = serveFaults(foreign.url);
        const { result, ms } = await project.run<Report>(
          runtime,
          "_promises.ts",
          {
            url: server.url,
            foreignUrl: foreign.url,
            dyingUrl: dying.url,
            closedUrl,
          } satisfies Input,
        );
        reports.set(runtime, result);
        assertLess(ms, SIGNAL_MS);
        for (const name of PROMISES) {
          const why = DIFFERENCES[runtime]?.[name];
          if (why === undefined) {
            assertEquals(result.promises[name], "ok", name);
          } // Once a runtime changes, this has to change as well.
          else assertNotEquals(result.promises[name], "ok", name);
        }
      });
    }
    printTable(
      "promise",
      new Map(PROMISES.map((name) => [
        name,
        new Map([...reports].map(([runtime, { promises }]) => [
          runtime,
          promises[name] === "ok"
            ? "ok"
            : DIFFERENCES[runtime]?.[name]
            ? "differs"
            : "BROKEN",
        ])),
      ])),
    );
    for (const [runtime, differences] of Object.entries(DIFFERENCES)) {
      for (const [name, why] of Object.entries(differences)) {
        console.log(`${runtime}: ${name}: ${why}`);
      }
    }
  },
});

/** A port that was free a moment ago; fetch refuses some of the low ones. */
async function findClosedUrl(): Promise<string> {
  await using server = serveFaults();
  return server.url;
}
