/**
 * Lists nodes with two peers in one process: the driver, and a baseline that
 * uses `fetch` directly. Deno runs this file; Node runs a bundle of it.
 *
 * @module
 */

import { NEPHOSCALE_PEERS } from "./_nephoscale_peers.ts";
import { runTurns } from "./_turns.ts";

if (!(globalThis as { gc?: unknown }).gc) {
  throw new Error("lister: gc() is missing; run with --expose-gc");
}
await runTurns(NEPHOSCALE_PEERS);
