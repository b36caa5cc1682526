import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  CloudError,
  type Fetch,
  limitRequests,
  type Release,
  type RequestLimiter,
  RequestSlots,
  SharedValue,
} from "../../core/mod.ts";
import { inheritLimiter, limiterOf } from "../../core/limiter.ts";
import { ACME, acme, acmeToken, inTime, json, rejection } from "./_acme.ts";

/** Admits every request, and counts. */
class Counter implements RequestLimiter {
  acquired = 0;
  pending = 0;

  acquire(): Promise<Release> {
    this.acquired++;
    this.pending++;
    return Promise.resolve(() => this.pending--);
  }
}

/** Admits a number of requests, and refuses all others. */
class Budget implements RequestLimiter {
  readonly refusal = new CloudError("no more requests", {});
  left: number;

  constructor(count: number) {
    this.left = count;
  }

  acquire(): Promise<Release> {
    if (this.left-- > 0) return Promise.resolve(() => {});
    return Promise.reject(this.refusal);
  }
}

/** Sends the responses one after the other. */
function responding(responses: readonly (() => Response)[]): Fetch {
  let index = 0;
  return () => Promise.resolve(responses[index++]!());
}

Deno.test("limitRequests() admits every request: retries, redirects and attempts with a renewed token", async () => {
  const limiter = new Counter();
  const location = `${ACME}/elsewhere`;
  const fetch = responding([
    () => json({ fault: {} }, { status: 503 }),
    () => new Response(null, { status: 302, headers: { location } }),
    () => json({ fault: {} }, { status: 401 }),
    () => json({ id: 1 }),
  ]);
  const connection = acmeToken(ACME, () => "to-ken", { fetch });
  const { object } = await connection.request("/servers", {
    signal: limitRequests(limiter),
  });
  assertEquals(object, { id: 1 });
  assertEquals(limiter, Object.assign(new Counter(), { acquired: 4 }));
});

Deno.test("Connection.request() ends a request for the limiter when the body was read", async () => {
  const limiter = new Counter();
  const body = new TransformStream<Uint8Array>();
  const answered = Promise.withResolvers<void>();
  const fetch = () => {
    answered.resolve();
    return Promise.resolve(new Response(body.readable));
  };
  const signal = limitRequests(limiter);
  const sent = acme(ACME, { fetch }).request("/servers", { signal });
  await answered.promise;
  const writer = body.writable.getWriter();
  await writer.write(new TextEncoder().encode("{}"));
  assertEquals(limiter.pending, 1);
  await writer.close();
  await sent;
  assertEquals(limiter.pending, 0);
});

Deno.test("Connection.request() ends a request for the limiter at an abort, even if fetch ignores it", async () => {
  const limiter = new Counter();
  const controller = new AbortController();
  const signal = limitRequests(limiter, controller.signal);
  const started = Promise.withResolvers<void>();
  const fetch = () => {
    started.resolve();
    return new Promise<Response>(() => {});
  };
  const sent = acme(ACME, { fetch }).request("/servers", { signal });
  await started.promise;
  controller.abort(new Error("enough"));
  await assertRejects(() => sent, Error, "enough");
  assertEquals(limiter.pending, 0);
});

Deno.test("Connection.request() rejects with the error of a limiter, and sends nothing", async () => {
  for (const refusal of [new CloudError("spent", {}), new Error("no")]) {
    const signal = limitRequests({ acquire: () => Promise.reject(refusal) });
    const fetch = () => Promise.reject(new Error("unexpected request"));
    const sent = acme(ACME, { fetch }).request("/servers", { signal });
    assertStrictEquals(await rejection(sent), refusal);
  }
});

Deno.test("Connection.request() marks a refusal if an earlier attempt may have been applied", async () => {
  const limiter = new Budget(1);
  const fetch = () => Promise.resolve(json({ fault: {} }, { status: 503 }));
  const signal = limitRequests(limiter);
  const sent = acme(ACME, { fetch }).request("/servers", {
    method: "PUT",
    signal,
  });
  assertStrictEquals(await rejection(sent), limiter.refusal);
  assert(limiter.refusal.mayHaveBeenApplied);
});

Deno.test("SharedValue.get() admits the requests of a load by the limiter of the call that starts it", async () => {
  const limiter = new Counter();
  const value = new SharedValue((signal) => limiterOf(signal));
  assertStrictEquals(await value.get(limitRequests(limiter)), limiter);
});

Deno.test("SharedValue.get() loads again if the limiter of another call refused the load", async () => {
  const spent = new Budget(0);
  const fetch = () => Promise.resolve(json("to-ken"));
  const connection = acme(ACME, { fetch });
  const value = new SharedValue(async (signal) =>
    (await connection.request("/login", { signal })).object
  );
  const waiting = [
    value.get(limitRequests(spent)),
    value.get(limitRequests(new Counter())),
    value.get(new AbortController().signal),
  ];
  assertStrictEquals(await rejection(waiting[0]!), spent.refusal);
  assertEquals(await Promise.all(waiting.slice(1)), ["to-ken", "to-ken"]);
});

Deno.test("limitRequests() aborts with the signal, and inheritLimiter() keeps a signal without limiter", () => {
  const controller = new AbortController();
  const limited = limitRequests(new Counter(), controller.signal);
  controller.abort(new Error("enough"));
  assertStrictEquals(limited.reason, controller.signal.reason);
  const { signal } = new AbortController();
  assertStrictEquals(inheritLimiter(signal, controller.signal), signal);
  assertEquals(limiterOf(signal), undefined);
});

Deno.test("RequestSlots.acquire() grants slots in order, and a released slot once", async () => {
  const slots = new RequestSlots(2);
  const { signal } = new AbortController();
  const order: number[] = [];
  const acquired = [0, 1, 2, 3].map(async (index) => {
    const release = await slots.acquire(signal);
    order.push(index);
    return release;
  });
  const [first, second] = await Promise.all(acquired.slice(0, 2));
  assertEquals(order, [0, 1]);
  first!();
  first!();
  await acquired[2];
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals(order, [0, 1, 2]);
  second!();
  await inTime(acquired[3]!);
  assertEquals(order, [0, 1, 2, 3]);
});

Deno.test("RequestSlots.acquire() rejects at an abort, and passes the slot to the next request", async () => {
  const slots = new RequestSlots(1);
  const { signal } = new AbortController();
  const release = await slots.acquire(signal);
  const controller = new AbortController();
  const aborted = slots.acquire(controller.signal);
  const waiting = slots.acquire(signal);
  controller.abort(new Error("enough"));
  await assertRejects(() => aborted, Error, "enough");
  release();
  await inTime(waiting);
  await assertRejects(() => slots.acquire(controller.signal), Error, "enough");
});

Deno.test("RequestSlots refuses a count below 1", () => {
  assertThrows(
    () => new RequestSlots(0),
    RangeError,
    "RequestSlots: count must be an integer from 1 to 2147483647, got 0",
  );
});
