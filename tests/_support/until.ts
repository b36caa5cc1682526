/**
 * Waits for what happens in another process.
 *
 * @module
 */

import { assert } from "@std/assert";

/** Longer than a busy machine needs, so that only a real fault reaches it. */
const LIMIT_MS = 60_000;
const INTERVAL_MS = 5;

/**
 * Waits until a check returns `true`.
 *
 * @param check Called again and again.
 * @throws {AssertionError} If it did not return `true` within a minute.
 */
export async function until(
  check: () => Promise<boolean> | boolean,
): Promise<void> {
  const endsAt = performance.now() + LIMIT_MS;
  while (!await check()) {
    assert(performance.now() < endsAt, `not within a minute: ${check}`);
    await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
  }
}
