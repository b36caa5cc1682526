import { assert, assertEquals, assertThrows } from "@std/assert";
import { Random, schedules } from "./_random.ts";

Deno.test("Random gives the same numbers for the same seed, and others for another seed", () => {
  const numbers = (seed: number) => {
    const random = new Random(seed);
    return Array.from({ length: 20 }, () => random.int(0, 1_000_000));
  };
  assertEquals(numbers(7), numbers(7));
  assert(numbers(7).join() !== numbers(8).join());
});

Deno.test("Random.int() reaches both limits and stays within them", () => {
  const random = new Random(1);
  const seen = new Set(Array.from({ length: 500 }, () => random.int(-1, 3)));
  assertEquals([...seen].sort((a, b) => a - b), [-1, 0, 1, 2, 3]);
});

Deno.test("Random.chance() is never true for 0, always for 1, and about as often as p", () => {
  const random = new Random(2);
  const count = (p: number) =>
    Array.from({ length: 2000 }, () => random.chance(p)).filter(Boolean).length;
  assertEquals(count(0), 0);
  assertEquals(count(1), 2000);
  assert(Math.abs(count(0.25) - 500) < 100);
});

Deno.test("Random.pick() and shuffle() keep the items of a list", () => {
  const random = new Random(3);
  const list = [1, 2, 3, 4];
  const picked = Array.from({ length: 100 }, () => random.pick(list));
  assertEquals([...new Set(picked)].sort(), list);
  const orders = Array.from({ length: 500 }, () => random.shuffle(list).join());
  assertEquals(new Set(orders).size, 24);
  assertEquals(list, [1, 2, 3, 4]);
  assertThrows(() => random.pick([]), RangeError, "the list is empty");
});

Deno.test("schedules() reads the number of schedules and the seed", () => {
  assertEquals(schedules(["--schedules=10000", "--seed=42"]), {
    count: 10_000,
    seed: 42,
  });
  assertEquals(schedules(["--seed=5"], ""), { count: 500, seed: 5 });
  assertEquals(schedules(["--seed=5"], "10000"), { count: 10_000, seed: 5 });
  assert(Number.isSafeInteger(schedules([]).seed));
  for (const arg of ["--schedules=0", "--schedules=many", "--seed=-1"]) {
    assertThrows(() => schedules([arg]), RangeError, arg);
  }
});
