import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertLess,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { Deadline, type Limits, TimeoutError } from "../../core/mod.ts";
import { inTime, rejection } from "./_acme.ts";

const ABOUT = { provider: "acme", operation: "createNode" };

const never = () => new Promise<never>(() => {});

function run<T>(limits: Limits, task: (deadline: Deadline) => Promise<T>) {
  return inTime(Deadline.run(limits, ABOUT, task));
}

Deno.test("Deadline.run() gives what its task gives, and leaves no timer", async () => {
  assertEquals(await run({ timeoutMs: 60_000 }, () => Promise.resolve(5)), 5);
  assertEquals(await run({}, () => Promise.resolve(5)), 5);
  const reason = new Error("no");
  const failure = run({ timeoutMs: 60_000 }, () => Promise.reject(reason));
  assertStrictEquals(await rejection(failure), reason);
  const thrown = run({ timeoutMs: 60_000 }, () => {
    throw reason;
  });
  assertStrictEquals(await rejection(thrown), reason);
});

Deno.test("Deadline.run() ends what else goes on when its task fails", async () => {
  const reason = new Error("no");
  let signal: AbortSignal | undefined;
  await rejection(run({}, (deadline) => {
    ({ signal } = deadline);
    return Promise.reject(reason);
  }));
  assertStrictEquals(signal?.reason, reason);
});

Deno.test("Deadline.race() ends in time, whatever it waits for", async () => {
  const limited = { ...ABOUT, mayHaveBeenApplied: true };
  const error = await assertRejects(
    () => Deadline.run({ timeoutMs: 20 }, limited, (it) => it.race(never())),
    TimeoutError,
    "Cannot createNode: not done after 20 ms",
  );
  assertEquals<object>({ ...error }, limited);
});

Deno.test("Deadline.race() asks only when the time is up whether it may have been applied", async () => {
  const limited = { ...ABOUT, mayHaveBeenApplied: false };
  const error = await rejection(
    Deadline.run({ timeoutMs: 20 }, limited, (deadline) => {
      limited.mayHaveBeenApplied = true;
      return deadline.race(never());
    }),
  );
  assertInstanceOf(error, TimeoutError);
  assert(error.mayHaveBeenApplied);
});

Deno.test("Deadline.race() rethrows the reason of the caller's signal untouched", async () => {
  for (const reason of [new Error("enough"), "text", 0, null, { a: 1 }]) {
    const controller = new AbortController();
    const { signal } = controller;
    const call = rejection(
      run({ signal, timeoutMs: 60_000 }, (deadline) => deadline.race(never())),
    );
    controller.abort(reason);
    assertStrictEquals(await call, reason);
    const late = run({ signal }, (deadline) => deadline.race(never()));
    assertStrictEquals(await rejection(late), reason);
  }
});

Deno.test("Deadline.race() passes on what comes in time", async () => {
  await run({ timeoutMs: 60_000 }, async (deadline) => {
    assertEquals(await deadline.race(Promise.resolve(5)), 5);
    const reason = new Error("no");
    const failure = deadline.race(Promise.reject(reason));
    assertStrictEquals(await rejection(failure), reason);
  });
});

Deno.test("Deadline.sleep() ends early with the deadline, and clears its timer", async () => {
  const startedAt = performance.now();
  await assertRejects(
    () => run({ timeoutMs: 20 }, (deadline) => deadline.sleep(60_000)),
    TimeoutError,
  );
  const signal = AbortSignal.abort("enough");
  const call = run({ signal }, (deadline) => deadline.sleep(60_000));
  assertEquals(await rejection(call), "enough");
  assertLess(performance.now() - startedAt, 30_000);
  await run({}, (deadline) => deadline.sleep(1));
});

Deno.test("Deadline.sleep() does not take a long time for none", async () => {
  // setTimeout() fires at once for what it cannot count to.
  await assertRejects(
    () => run({ timeoutMs: 50 }, (deadline) => deadline.sleep(1e15)),
    TimeoutError,
  );
});

Deno.test("Deadline.remainingMs tells how much time there is", async () => {
  await run({ timeoutMs: 60_000 }, (deadline) => {
    const { remainingMs } = deadline;
    assert(remainingMs > 30_000 && remainingMs <= 60_000);
    return Promise.resolve();
  });
  await run({}, (deadline) => {
    assertEquals(deadline.remainingMs, Infinity);
    return Promise.resolve();
  });
});

Deno.test("Deadline.poll() looks until there is something, in pauses that grow", async () => {
  const looks: number[] = [];
  const found = await run(
    { timeoutMs: 60_000 },
    (deadline) =>
      deadline.poll(() => {
        looks.push(performance.now());
        return Promise.resolve(looks.length === 5 ? "it" : undefined);
      }, 8),
  );
  assertEquals(found, "it");
  assertEquals(looks.length, 5);
  // 8, 12, 18 and 27 ms, less what a timer may be early.
  const [first = 0, , , , last = 0] = looks;
  assert(last - first > 60, `${last - first} ms`);
});

Deno.test("Deadline.poll() looks at once, and takes any answer but undefined", async () => {
  for (const answer of [0, "", false, null]) {
    let looks = 0;
    const found = await run({}, (deadline) =>
      deadline.poll(() => {
        looks++;
        return Promise.resolve(answer);
      }, 60_000));
    assertEquals([found, looks], [answer, 1]);
  }
});

Deno.test("Deadline.poll() ends with the deadline, even while a look hangs", async () => {
  for (const look of [never, () => Promise.resolve(undefined)]) {
    await assertRejects(
      () => run({ timeoutMs: 30 }, (deadline) => deadline.poll(look, 5)),
      TimeoutError,
    );
  }
});

Deno.test("Deadline refuses times that make no sense", async () => {
  for (const timeoutMs of [0, -1, NaN, Infinity, 2 ** 31, "5"]) {
    const limits = { timeoutMs: timeoutMs as number };
    await assertRejects(() => run(limits, never), RangeError);
  }
  for (const intervalMs of [0, -1, NaN, Infinity]) {
    await assertRejects(
      () => run({}, (deadline) => deadline.poll(never, intervalMs)),
      RangeError,
    );
  }
});
