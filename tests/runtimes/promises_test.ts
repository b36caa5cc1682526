/**
 * The guarantees of the transport on every runtime, over real sockets.
 *
 * @module
 */

import { assertEquals, assertLess, assertNotEquals } from "@std/assert";
import { needs } from "../_support/needs.ts";
import { serveFaults } from "./_faulty_server.ts";
import { DYING_WRITES, type Input, NAMES, type Report } from "./_promises.ts";
import {
  makeProject,
  NEEDS,
  printTable,
  type Runtime,
  RUNTIMES,
} from "./_runtimes.ts";

/** Differences on Deno, which are the same from source and from npm. */
const DENO: Readonly<Record<string, string>> = {
  "an empty POST is sent once if a reused connection is closed":
    "Deno repeats a request without a body by itself (denoland/deno#32566)",
};

/** Checks that fail because of a runtime, with the reason. */
const DIFFERENCES: Partial<
  Record<Runtime, Readonly<Record<string, string>>>
> = {
  "Deno (source)": DENO,
  "Deno": DENO,
  "workerd": {
    "a POST is reported as not applied if the port is closed":
      'workerd reports "Network connection lost." even if nothing was sent',
    "a POST is retried if the port is closed":
      "for the same reason, the POST may have been applied",
  },
};

/** Timeout of the signal in the last check. A leak would delay the exit. */
const SIGNAL_MS = 30_000;

Deno.test({
  ...needs("the guarantees of the transport hold on every runtime", NEEDS),
  fn: async (t) => {
    await using project = await makeProject();
    const closedUrl = await findClosedUrl();
    const reports = new Map<Runtime, Report>();
    for (const runtime of RUNTIMES) {
      await t.step(runtime, async () => {
        await using foreign = serveFaults();
        await using dying = new AsyncDisposableStack();
        const dyingUrls = DYING_WRITES.map(() => dying.use(serveFaults()).url);
        await using server = serveFaults(foreign.url);
        const { result, ms } = await project.run<Report>(
          runtime,
          "_promises.ts",
          {
            url: server.url,
            foreignUrl: foreign.url,
            dyingUrls,
            closedUrl,
          } satisfies Input,
        );
        reports.set(runtime, result);
        assertLess(ms, SIGNAL_MS);
        for (const name of NAMES) {
          const why = DIFFERENCES[runtime]?.[name];
          if (why === undefined) {
            assertEquals(result.checks[name], "ok", name);
          } else {
            // Fails when the runtime is fixed; then remove the difference.
            assertNotEquals(result.checks[name], "ok", name);
          }
        }
      });
    }
    for (const runtime of RUNTIMES) {
      await t.step(
        `a call without a response ends on time on ${runtime}`,
        async () => {
          const { result } = await project.run<string>(
            runtime,
            "_never_settles.ts",
            {},
          );
          assertEquals(result, "TimeoutError");
        },
      );
    }
    printTable(
      "guarantee",
      new Map(NAMES.map((name) => [
        name,
        new Map([...reports].map(([runtime, { checks }]) => [
          runtime,
          checks[name] === "ok"
            ? "ok"
            : DIFFERENCES[runtime]?.[name]
            ? "differs"
            : "FAILED",
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

/**
 * Finds a closed port: one that a stopped server used. A fixed low port would
 * not do, because `fetch` rejects some of them.
 */
async function findClosedUrl(): Promise<string> {
  await using server = serveFaults();
  return server.url;
}
