import { assertEquals, assertStrictEquals } from "@std/assert";
import { mapConcurrently } from "../../core/concurrency.ts";
import { rejection } from "./_acme.ts";

Deno.test("mapConcurrently() returns the results in the order of the items", async () => {
  const delays = [3, 1, 2];
  const results = await mapConcurrently(delays, 3, async (turns) => {
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    return turns * 10;
  });
  assertEquals(results, [30, 10, 20]);
});

Deno.test("mapConcurrently() converts at most limit items at the same time", async () => {
  for (const [count, limit, expected] of [[9, 3, 3], [2, 3, 2], [0, 3, 0]]) {
    let pending = 0;
    let most = 0;
    await mapConcurrently(Array(count).fill(0), limit!, async () => {
      most = Math.max(most, ++pending);
      await Promise.resolve();
      pending--;
    });
    assertEquals(most, expected);
  }
});

Deno.test("mapConcurrently() rejects with the first error and converts no further item", async () => {
  const reason = new Error("no");
  const converted: number[] = [];
  const failing = mapConcurrently([0, 1, 2, 3, 4, 5], 2, async (item) => {
    converted.push(item);
    await Promise.resolve();
    if (item === 1) throw reason;
  });
  assertStrictEquals(await rejection(failing), reason);
  // The other worker is at an item that it took before, and then ends.
  await new Promise((resolve) => setTimeout(resolve, 0));
  assertEquals(converted, [0, 1, 2]);
});
