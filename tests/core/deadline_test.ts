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
import { countTimers } from "./_timers.ts";

const ABOUT = { provider: "acme", operation: "createNode" };

const never = () => new Promise<never>(() => {});

function run<T>(limits: Limits, task: (deadline: Deadline) => Promise<T>) {
  return inTime(Deadline.run(limits, ABOUT, task));
}

Deno.test("Deadline.run() settles as its task, and clears its timer", async () => {
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

Deno.test("Deadline.run() aborts its signal if the task rejects", async () => {
  const reason = new Error("no");
  let signal: AbortSignal | undefined;
  await rejection(run({}, (deadline) => {
    ({ signal } = deadline);
    return Promise.reject(reason);
  }));
  assertStrictEquals(signal?.reason, reason);
});

Deno.test("Deadline.race() rejects with TimeoutError if its promise never settles", async () => {
  const limited = { ...ABOUT, mayHaveBeenApplied: true };
  const error = await assertRejects(
    () => Deadline.run({ timeoutMs: 20 }, limited, (it) => it.race(never())),
    TimeoutError,
    "createNode: timed out after 20 ms",
  );
  assertEquals<object>({ ...error }, limited);
});

Deno.test("Deadline.race() reads mayHaveBeenApplied when the timeout occurs", async () => {
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

Deno.test("Deadline.race() rejects with the unchanged reason of an abort", async () => {
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

Deno.test("Deadline.race() settles as its promise before the timeout", async () => {
  await run({ timeoutMs: 60_000 }, async (deadline) => {
    assertEquals(await deadline.race(Promise.resolve(5)), 5);
    const reason = new Error("no");
    const failure = deadline.race(Promise.reject(reason));
    assertStrictEquals(await rejection(failure), reason);
  });
});

Deno.test("Deadline.sleep() rejects when the deadline ends", async () => {
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

Deno.test("Deadline.sleep() waits if the duration exceeds the range of setTimeout()", async () => {
  // setTimeout() fires at once for a delay of more than 2 ** 31 - 1.
  await assertRejects(
    () => run({ timeoutMs: 50 }, (deadline) => deadline.sleep(1e15)),
    TimeoutError,
  );
});

Deno.test("Deadline.remainingMs is the time until the timeout, or Infinity", async () => {
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

Deno.test("Deadline.poll() repeats the step with growing delays until it returns a value", async () => {
  const calls: number[] = [];
  const value = await run(
    { timeoutMs: 60_000 },
    (deadline) =>
      deadline.poll(() => {
        calls.push(performance.now());
        return Promise.resolve(calls.length === 5 ? "value" : undefined);
      }, 8),
  );
  assertEquals(value, "value");
  assertEquals(calls.length, 5);
  // 8, 12, 18 and 27 ms; timers may fire slightly early.
  const [first = 0, , , , last = 0] = calls;
  assert(last - first > 60, `${last - first} ms`);
});

Deno.test("Deadline.poll() calls the step at once and returns any value except undefined", async () => {
  for (const expected of [0, "", false, null]) {
    let calls = 0;
    const value = await run({}, (deadline) =>
      deadline.poll(() => {
        calls++;
        return Promise.resolve(expected);
      }, 60_000));
    assertEquals([value, calls], [expected, 1]);
  }
});

Deno.test("Deadline.poll() rejects when the deadline ends, also while a step is pending", async () => {
  for (const step of [never, () => Promise.resolve(undefined)]) {
    await assertRejects(
      () => run({ timeoutMs: 30 }, (deadline) => deadline.poll(step, 5)),
      TimeoutError,
    );
  }
});

Deno.test("Deadline.run() leaves no timer after success, failure and abort", async () => {
  using timers = countTimers();
  const { signal } = new AbortController();
  for (
    const task of [
      () => Promise.resolve(),
      () => Promise.reject(new Error("no")),
      () => {
        throw new Error("no");
      },
    ]
  ) {
    const call = Deadline.run({ timeoutMs: 60_000, signal }, ABOUT, () => {
      assertEquals(timers.durations, [60_000]);
      return task();
    });
    await call.catch(() => {});
    assertEquals(timers.durations, []);
  }
});

Deno.test("Deadline.sleep() leaves no timer after the pause and after an abort", async () => {
  using timers = countTimers();
  const { signal } = new AbortController();
  await Deadline.run({ signal }, ABOUT, (deadline) => deadline.sleep(1));
  assertEquals(timers.durations, []);
  const controller = new AbortController();
  const call = Deadline.run(controller, ABOUT, (deadline) => {
    const pause = deadline.sleep(60_000);
    assertEquals(timers.durations, [60_000]);
    controller.abort("enough");
    return pause;
  });
  assertEquals(await call.catch((reason) => reason), "enough");
  assertEquals(timers.durations, []);
});

Deno.test("Deadline.poll() limits the delay to 10 times the first one", async () => {
  const pauses: number[] = [];
  const steps = Array.from({ length: 9 }, (_, step) => step === 8 || undefined);
  await run({}, (deadline) => {
    deadline.sleep = (ms) => Promise.resolve(void pauses.push(ms));
    return deadline.poll(() => Promise.resolve(steps.shift()), 16);
  });
  assertEquals(pauses, [16, 24, 36, 54, 81, 121.5, 160, 160]);
});

Deno.test("Deadline.run() rounds a time limit with a fraction up", async () => {
  using timers = countTimers();
  for (
    const [timeoutMs, ms] of [[1500.5, 1501], [1.001, 2], [
      2 ** 31 - 1.5,
      2 ** 31 - 1,
    ]]
  ) {
    await Deadline.run({ timeoutMs }, ABOUT, () => {
      assertEquals(timers.durations, [ms]);
      return Promise.resolve();
    });
  }
});

Deno.test("Deadline rejects time limits out of range", async () => {
  for (const timeoutMs of [0, -1, NaN, Infinity, 2 ** 31, "5"]) {
    const limits = { timeoutMs: timeoutMs as number };
    await assertRejects(
      () => run(limits, never),
      RangeError,
      "createNode: timeoutMs must be a number from 1 to 2147483647, got " +
        Deno.inspect(timeoutMs),
    );
  }
});

Deno.test("Deadline describes the state on one line when the time limit is reached", async () => {
  for (
    const [describe, message] of [
      [
        () => "web\n-1 is stopped",
        "createNode: timed out after 20 ms; web -1 is stopped",
      ],
      [() => {
        throw new Error("no state");
      }, "createNode: timed out after 20 ms"],
    ] as const
  ) {
    const error = await rejection(
      Deadline.run(
        { timeoutMs: 20 },
        { ...ABOUT, describe },
        (deadline) => deadline.race(never()),
      ),
    );
    assertInstanceOf(error, TimeoutError);
    assertEquals(error.message, message);
  }
});
