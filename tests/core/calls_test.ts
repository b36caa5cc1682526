import {
  assert,
  assertEquals,
  assertGreater,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import {
  AbortedError,
  ApiError,
  CloudError,
  ConnectionError,
  MalformedResponseError,
  NotFoundError,
  type Operation,
  poll,
  type PollOptions,
  RateLimitReachedError,
  sequence,
  ServiceUnavailableError,
  TimeoutError,
} from "../../core/mod.ts";
import { rejection } from "./_acme.ts";

const ABOUT = { provider: "acme", operation: "createImage" };

const REFUSED = {
  ...ABOUT,
  method: "GET",
  url: "https://api.acme.example/",
  body: "",
};

function notFound(): NotFoundError {
  const message = "createImage: Acme refused (404)";
  return new NotFoundError(message, { ...REFUSED, status: 404 });
}

Deno.test("poll() calls the check until it returns a value", async () => {
  let checks = 0;
  const options: PollOptions = { intervalMs: 1, headers: { "x-a": "1" } };
  const value = await poll(ABOUT, options, (call) => {
    assertEquals(call.headers, options.headers);
    assertEquals(call.timeoutMs, undefined);
    assert(call.signal);
    return Promise.resolve(++checks === 3 ? "done" : undefined);
  });
  assertEquals([value, checks], ["done", 3]);
});

Deno.test("poll() rejects with TimeoutError and the described state after timeoutMs", async () => {
  const error = await assertRejects(
    () =>
      poll(
        { ...ABOUT, describe: () => "image web is pending" },
        { intervalMs: 5, timeoutMs: 30 },
        () => Promise.resolve(undefined),
      ),
    TimeoutError,
  );
  assertEquals(
    error.message,
    "createImage: timed out after 30 ms; image web is pending",
  );
});

Deno.test("poll() and sequence() reject an invalid intervalMs before any request", async () => {
  const never = () => Promise.reject(new Error("unexpected request"));
  for (const intervalMs of [0, -1, NaN, Infinity, 2 ** 31]) {
    for (
      const run of [
        () => poll(ABOUT, { intervalMs }, never),
        () => sequence(ABOUT, { intervalMs }, never),
      ]
    ) {
      await assertRejects(
        run,
        RangeError,
        `createImage: intervalMs must be a number from 1 to 2147483647, got ${intervalMs}`,
      );
    }
  }
});

Deno.test("sequence() applies one time limit to all requests", async () => {
  const error = await assertRejects(
    () =>
      sequence(ABOUT, { timeoutMs: 30, intervalMs: 5 }, async (sequence) => {
        await sequence.write(() => Promise.resolve({ id: "7" }), "action");
        return await sequence.poll(() => Promise.resolve(undefined));
      }),
    TimeoutError,
  );
  assertEquals(error.mayHaveBeenApplied, true);
  assertEquals(
    error.message,
    "createImage: timed out after 30 ms; action 7 was accepted before that",
  );
});

Deno.test("sequence() adds the result of the write to a later error", async () => {
  const action = { id: "7" };
  const fail = (created?: string) =>
    assertRejects(
      () =>
        sequence(ABOUT, {}, async ({ write }) => {
          await write(() => Promise.resolve(action), created);
          throw notFound();
        }),
      NotFoundError,
    );
  const named = await fail("action");
  assertStrictEquals(Reflect.get(named, "action"), action);
  assertEquals(named.mayHaveBeenApplied, true);
  assertEquals(
    named.message,
    "createImage: Acme refused (404); action 7 was accepted before that",
  );
  const unnamed = await fail();
  assertEquals(
    unnamed.message,
    "createImage: Acme refused (404); the change was accepted before that",
  );
});

Deno.test("sequence() does not change errors before or during the write", async () => {
  for (const isDuring of [false, true]) {
    const error = await assertRejects(
      () =>
        sequence(ABOUT, {}, async ({ write }) => {
          if (!isDuring) throw notFound();
          return await write(() => Promise.reject(notFound()), "node");
        }),
      NotFoundError,
    );
    assertEquals(error.message, "createImage: Acme refused (404)");
    assertEquals(error.mayHaveBeenApplied, false);
  }
});

Deno.test("sequence() rejects with an AbortedError that has the result of the write if the caller aborts later", async () => {
  const controller = new AbortController();
  const reason = new CloudError("test: enough", {});
  const action = { id: "7" };
  const run = (property?: string, about: Operation = ABOUT) =>
    rejection(
      sequence(about, { signal: controller.signal }, async (sequence) => {
        await sequence.write(() => Promise.resolve(action), property);
        controller.abort(reason);
        return await sequence.poll(() => Promise.resolve(undefined));
      }),
    );
  const error = await run("action");
  assertInstanceOf(error, AbortedError);
  assertEquals(error.name, "AbortError");
  assertStrictEquals(error.cause, reason);
  assertStrictEquals(Reflect.get(error, "action"), action);
  assertEquals(error.mayHaveBeenApplied, true);
  assertEquals(
    error.message,
    "createImage: aborted; action 7 was accepted before that",
  );
  // The reason itself does not change.
  assertEquals(reason.message, "test: enough");
  assertEquals(reason.mayHaveBeenApplied, false);
  // A change that created nothing leaves nothing behind.
  assertStrictEquals(await run(), reason);
  // A response may not tell what was created.
  const untold = await run(undefined, { ...ABOUT, creates: true });
  assertInstanceOf(untold, AbortedError);
  assertEquals(
    untold.message,
    "createImage: aborted; the change was accepted before that",
  );
});

Deno.test("sequence() does not change an error of the caller after the write", async () => {
  for (const reason of [Object.freeze(new Error("no")), "no", null]) {
    const error = await rejection(
      sequence(ABOUT, {}, async ({ write }) => {
        await write(() => Promise.resolve({ id: "7" }), "action");
        throw reason;
      }),
    );
    assertStrictEquals(error, reason);
  }
});

Deno.test("sequence() shows the id of a result on one line", async () => {
  const error = await assertRejects(
    () =>
      sequence(ABOUT, {}, async ({ write }) => {
        await write(() => Promise.resolve({ id: "7\n8" }), "action");
        throw notFound();
      }),
    NotFoundError,
  );
  assertEquals(
    error.message,
    "createImage: Acme refused (404); action 7 8 was accepted before that",
  );
});

Deno.test("sequence() passes the options of the caller to each request, without the time limit", async () => {
  const options: PollOptions = { timeoutMs: 9000, retry: false };
  const calls = await sequence(ABOUT, options, async ({ write, poll }) => [
    await write((call) => Promise.resolve(call)),
    await poll((call) => Promise.resolve(call)),
  ]);
  for (const { timeoutMs, retry, signal } of calls) {
    assertEquals([timeoutMs, retry], [undefined, false]);
    assertInstanceOf(signal, AbortSignal);
  }
});

Deno.test("sequence() keeps an error that is not the reason of an abort", async () => {
  const controller = new AbortController();
  const error = await rejection(
    sequence(ABOUT, { signal: controller.signal }, async ({ write }) => {
      await write(() => Promise.resolve({ id: "7" }), "action");
      controller.abort("enough");
      throw notFound();
    }),
  );
  assertInstanceOf(error, NotFoundError);
  assertEquals(
    error.message,
    "createImage: Acme refused (404); action 7 was accepted before that",
  );
});

Deno.test("sequence() says that the write may have been applied if the time limit is reached during it", async () => {
  for (const isSent of [false, true]) {
    const error = await assertRejects(
      () =>
        sequence(ABOUT, { timeoutMs: 20 }, async ({ write, deadline }) => {
          const never = () => deadline.sleep(60_000);
          return await (isSent ? write(never) : never());
        }),
      TimeoutError,
    );
    assertEquals(error.mayHaveBeenApplied, isSent);
  }
});

Deno.test("sequence() adds a result that was found later to errors", async () => {
  const image = { id: "9" };
  const error = await assertRejects(
    () =>
      sequence(ABOUT, {}, async ({ write, keep }) => {
        await write(() => Promise.resolve({ id: "7" }), "action");
        assertStrictEquals(keep("image", image), image);
        throw notFound();
      }),
    NotFoundError,
    "createImage: Acme refused (404); image 9 was accepted before that",
  );
  assertStrictEquals(Reflect.get(error, "image"), image);
  assertEquals(Reflect.get(error, "action"), { id: "7" });
});

/** Failures that pass. */
const PASSING: readonly CloudError[] = [
  new ServiceUnavailableError("busy", { ...REFUSED, status: 503 }),
  new RateLimitReachedError("slow", {
    ...REFUSED,
    status: 429,
    retryAfterMs: 1,
  }),
  new ApiError("late", { ...REFUSED, status: 408 }),
  new ConnectionError("lost", { ...ABOUT, isUnsent: false }),
  new TimeoutError("stalled", ABOUT),
];

Deno.test("poll() and sequence() continue after failures that may pass", async () => {
  const check = (failures: Error[]) => () => {
    const failure = failures.shift();
    return failure ? Promise.reject(failure) : Promise.resolve("done");
  };
  const options = { intervalMs: 1 };
  assertEquals(await poll(ABOUT, options, check([...PASSING])), "done");
  const done = sequence(ABOUT, options, async ({ poll }) => {
    return await poll(check([...PASSING]));
  });
  assertEquals(await done, "done");
});

Deno.test("poll() rejects at once with a failure that does not pass", async () => {
  const lasting = [
    notFound(),
    new ServiceUnavailableError("no", { ...REFUSED, status: 501 }),
    new MalformedResponseError("createImage: unexpected fields", ABOUT),
    new TypeError("mistake"),
  ];
  for (const failure of lasting) {
    const call = poll(ABOUT, {}, () => Promise.reject(failure));
    assertStrictEquals(await rejection(call), failure);
  }
});

Deno.test("poll() reports the failure of the last check if the time limit is reached", async () => {
  const [failure] = PASSING;
  await assertRejects(
    () =>
      poll(
        { ...ABOUT, describe: () => "image web is pending" },
        { intervalMs: 5, timeoutMs: 30 },
        () => Promise.reject(failure),
      ),
    TimeoutError,
    "createImage: timed out after 30 ms; image web is pending; " +
      "last check failed: busy",
  );
});

Deno.test("poll() does not report a failure that has passed", async () => {
  let checks = 0;
  const error = await assertRejects(
    () =>
      poll(ABOUT, { intervalMs: 1, timeoutMs: 40 }, () => {
        const [failure] = PASSING;
        return ++checks === 1
          ? Promise.reject(failure)
          : Promise.resolve(undefined);
      }),
    TimeoutError,
  );
  assertGreater(checks, 1);
  assertEquals(error.message, "createImage: timed out after 40 ms");
});

Deno.test("poll() waits as long as the provider requests", async () => {
  const at: number[] = [];
  await poll(ABOUT, { intervalMs: 1 }, () => {
    at.push(performance.now());
    if (at.length > 1) return Promise.resolve(true);
    return Promise.reject(
      new RateLimitReachedError("slow", {
        ...REFUSED,
        status: 429,
        retryAfterMs: 60,
      }),
    );
  });
  assertGreater((at[1] ?? 0) - (at[0] ?? 0), 55);
});
