import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import {
  CloudError,
  NotFoundError,
  poll,
  type PollOptions,
  sequence,
  TimeoutError,
} from "../../core/mod.ts";
import { rejection } from "./_acme.ts";

const ABOUT = { provider: "acme", operation: "createImage" };

function notFound(): NotFoundError {
  return new NotFoundError("createImage: Acme refused (404)", {
    ...ABOUT,
    status: 404,
    method: "GET",
    url: "https://api.acme.example/",
    body: "",
  });
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

Deno.test("sequence() rejects with the unchanged reason of an abort after the write", async () => {
  const controller = new AbortController();
  const reason = new CloudError("test: enough", {});
  const error = await rejection(
    sequence(ABOUT, { signal: controller.signal }, async ({ write, poll }) => {
      await write(() => Promise.resolve({ id: "7" }), "action");
      controller.abort(reason);
      return await poll(() => Promise.resolve(undefined));
    }),
  );
  assertStrictEquals(error, reason);
  assertEquals(reason.message, "test: enough");
  assertEquals(reason.mayHaveBeenApplied, false);
});
