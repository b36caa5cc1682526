/**
 * A `fetch` that replays prepared exchanges, with the fixtures of this project.
 *
 * @module
 */

import {
  type Exchange,
  type Replay,
  replay as replayWith,
  type ReplayOptions,
} from "../../testing/replay.ts";

export type { Exchange, Replay };

const FIXTURES = new URL("../../fixtures/", import.meta.url);

// If a test fails before all exchanges were used, `using` throws a
// SuppressedError, and Deno prints neither of its two errors. As its cause, the
// error of the test is printed.
Object.defineProperty(SuppressedError.prototype, "cause", {
  configurable: true,
  get(this: SuppressedError): unknown {
    return this.suppressed;
  },
});

/**
 * Creates a `fetch` function that replays exchanges.
 *
 * @param exchanges Expected requests and their responses, in order.
 * @param options Whether the order matters.
 * @returns The function. Disposing checks that every exchange was used.
 */
export function replay(
  exchanges: readonly Exchange[],
  options: Omit<ReplayOptions, "readFixture"> = {},
): Replay {
  const readFixture = (name: string) =>
    Deno.readTextFile(new URL(name, FIXTURES));
  return replayWith(exchanges, { ...options, readFixture });
}
