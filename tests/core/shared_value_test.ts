import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { type SharedLoad, SharedValue } from "../../core/mod.ts";

const { signal } = new AbortController();

Deno.test("SharedValue.get() loads the value once for all calls", async () => {
  let loads = 0;
  const value = new SharedValue(() => ++loads);
  assertEquals(loads, 0);
  const values = await Promise.all([value.get(signal), value.get(signal)]);
  assertEquals([...values, await value.get(signal)], [1, 1, 1]);
});

Deno.test("SharedValue.get() loads the value again once for all calls if it is no longer fresh", async () => {
  let loads = 0;
  let fresh = 1;
  const value = new SharedValue(() => ++loads, (it) => it >= fresh);
  assertEquals(await value.get(signal), 1);
  fresh = 2;
  const values = await Promise.all([value.get(signal), value.get(signal)]);
  assertEquals(values, [2, 2]);
});

Deno.test("SharedValue.get() rejects for all calls if the load fails, and loads again for the next call", async () => {
  let loads = 0;
  const reason = new Error("the load failed");
  const value = new SharedValue(() => {
    if (++loads === 1) throw reason;
    return loads;
  });
  const [first, second] = await Promise.allSettled([
    value.get(signal),
    value.get(signal),
  ]);
  for (const result of [first, second]) {
    assertStrictEquals((result as PromiseRejectedResult).reason, reason);
  }
  assertEquals(await value.get(signal), 2);
});

Deno.test("SharedValue.get() loads the value again if the wait for it was aborted", async () => {
  let loads = 0;
  const value = new SharedValue(() =>
    ++loads === 1 ? new Promise<number>(() => {}) : loads
  );
  const controller = new AbortController();
  const waiting = value.get(controller.signal);
  controller.abort(new Error("enough"));
  await assertRejects(() => waiting, Error, "enough");
  assertEquals(await value.get(signal), 2);
});

Deno.test("SharedValue.forget() ignores an earlier load", async () => {
  let loads = 0;
  const value = new SharedValue(() => ++loads);
  let first: SharedLoad<number> | undefined;
  assertEquals(await value.get(signal, (load) => first = load), 1);
  value.forget(first);
  assertEquals(await value.get(signal), 2);
  value.forget(first);
  assertEquals(await value.get(signal), 2);
});

Deno.test("SharedValue.get() cancels a load when the last call that waits is aborted", async () => {
  let signalOfLoad: AbortSignal | undefined;
  const value = new SharedValue((signal) => {
    signalOfLoad = signal;
    return new Promise<number>(() => {});
  });
  const controllers = [new AbortController(), new AbortController()];
  const waiting = controllers.map(({ signal }) => value.get(signal));
  await Promise.resolve();
  for (const [index, controller] of controllers.entries()) {
    assertEquals(signalOfLoad?.aborted, false);
    controller.abort(new Error("enough"));
    await assertRejects(() => waiting[index]!, Error, "enough");
  }
  assertEquals(signalOfLoad?.aborted, true);
});
