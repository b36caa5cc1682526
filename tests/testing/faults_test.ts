import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  type Fault,
  type FaultPlan,
  faults,
  withFaults,
} from "../../testing/faults.ts";
import { serve } from "../_support/serve.ts";

const URL_ = "https://api.example.com/things/";

/** Creates a service that returns JSON and records its requests. */
function setUp(plan: FaultPlan) {
  const seen: string[] = [];
  const fetch = withFaults(async (request) => {
    seen.push(`${request.method} ${new URL(request.url).pathname}`);
    await request.text();
    return new Response('{"things":[1,2,3]}', {
      headers: { "Content-Type": "application/json", "X-Kept": "yes" },
    });
  }, plan);
  const get = (path = "", init: RequestInit = {}) =>
    fetch(new Request(new URL(path, URL_), init));
  return { fetch, get, seen };
}

function codeOf(error: unknown): unknown {
  assertInstanceOf(error, TypeError);
  assertInstanceOf(error.cause, Error);
  return (error.cause as Error & { code?: unknown }).code;
}

const ok = async (response: Response) => {
  assertEquals(response.status, 200);
  assertEquals(await response.json(), { things: [1, 2, 3] });
};

Deno.test("withFaults() injects one fault per request and then passes requests through", async () => {
  const { get, seen } = setUp([
    faults.status(503),
    faults.none(),
    faults.status(500),
  ]);
  assertEquals((await get()).status, 503);
  await ok(await get());
  assertEquals((await get("elsewhere")).status, 500);
  for (let i = 0; i < 3; i++) await ok(await get());
  assertEquals(seen.length, 4);
});

Deno.test("withFaults() passes all requests through if the plan is empty", async () => {
  const { get } = setUp([]);
  await ok(await get());
});

Deno.test("withFaults() applies the first rule that matches a request", async () => {
  const rules = [
    { on: "POST /things/", faults: [faults.status(501)] },
    { on: "DELETE", faults: [faults.status(502)] },
    { on: "/things/7", faults: [faults.status(503)] },
    { on: /^GET .*\/things\/\d$/g, faults: [faults.status(504)] },
    {
      on: (request: Request) => request.headers.has("X-Bad"),
      faults: [faults.status(505)],
    },
  ];
  const { get } = setUp(rules);
  assertEquals((await get("", { method: "POST" })).status, 501);
  await ok(await get("", { method: "POST" }));
  assertEquals((await get("?page=2", { method: "DELETE" })).status, 502);
  assertEquals((await get("7?page=2")).status, 503);
  // A rule without remaining faults still hides the rules after it.
  await ok(await get("7"));
  assertEquals((await get("8")).status, 504);
  await ok(await get("8"));
  assertEquals((await get("x", { headers: { "X-Bad": "" } })).status, 505);
  await ok(await get("x"));
});

Deno.test("withFaults() matches a global pattern every time", async () => {
  const { get } = setUp([
    { on: /^GET/g, faults: [faults.status(500)], then: "repeat" },
  ]);
  for (let i = 0; i < 3; i++) assertEquals((await get()).status, 500);
});

Deno.test("withFaults() stops, repeats or restarts after the last fault of a rule", async () => {
  const list = [faults.status(500), faults.status(503)];
  const statuses = async (then: "stop" | "repeat" | "restart") => {
    const { get } = setUp([{ faults: list, then }]);
    const all: number[] = [];
    for (let i = 0; i < 5; i++) all.push((await get()).status);
    return all;
  };
  assertEquals(await statuses("stop"), [500, 503, 200, 200, 200]);
  assertEquals(await statuses("repeat"), [500, 503, 503, 503, 503]);
  assertEquals(await statuses("restart"), [500, 503, 500, 503, 500]);
  for (const then of ["repeat", "restart"] as const) {
    const { get } = setUp([{ faults: [], then }]);
    await ok(await get());
  }
});

Deno.test("withFaults() passes the request and its number to a function", async () => {
  const { get } = setUp((request, number) =>
    request.method === "GET" && number % 2 === 0
      ? faults.status(500)
      : undefined
  );
  await ok(await get());
  assertEquals((await get()).status, 500);
  await ok(await get());
  await ok(await get("", { method: "POST" }));
});

Deno.test("withFaults() rejects a plan that contains both faults and rules", () => {
  assertThrows(
    // deno-lint-ignore no-explicit-any -- the types do not allow this plan
    () => setUp([faults.none(), { faults: [] }] as any),
    TypeError,
    "withFaults: plan must be a list of faults or a list of rules, got both",
  );
});

Deno.test("withFaults() returns a function that can be wrapped again", async () => {
  const inner = setUp([faults.status(500)]);
  const outer = withFaults(inner.fetch, [faults.none(), faults.status(503)]);
  const statuses: number[] = [];
  for (let i = 0; i < 3; i++) {
    statuses.push((await outer(new Request(URL_))).status);
  }
  assertEquals(statuses, [500, 503, 200]);
});

Deno.test("withFaults() sends nothing if the signal is already aborted", async () => {
  const reason = new Error("enough");
  for (const fault of [faults.none(), faults.status(500), faults.stall()]) {
    const { get, seen } = setUp([fault]);
    const signal = AbortSignal.abort(reason);
    assertEquals(await assertRejects(() => get("", { signal })), reason);
    assertEquals(seen, []);
  }
});

Deno.test("faults.status() responds with the given status, headers and body", async () => {
  const { get, seen } = setUp([
    faults.status(503, { headers: { "Retry-After": "1" }, body: "busy" }),
    faults.status(500, { body: { message: "out of paper" } }),
    faults.status(204),
    faults.status(304, { body: "dropped" }),
    faults.status(400),
  ]);
  const busy = await get();
  assertEquals(busy.headers.get("Retry-After"), "1");
  assertEquals(await busy.text(), "busy");
  const broken = await get();
  assertEquals(broken.headers.get("Content-Type"), "application/json");
  assertEquals(await broken.json(), { message: "out of paper" });
  assertEquals((await get()).body, null);
  assertEquals((await get()).body, null);
  const empty = await get();
  assertEquals([empty.status, await empty.text()], [400, ""]);
  assertEquals(seen, []);
  for (const status of [0, 100, 199, 600, 404.5, NaN]) {
    assertThrows(
      () => faults.status(status),
      RangeError,
      `faults.status: status must be an integer from 200 to 599, got ${status}`,
    );
  }
});

Deno.test("faults with `applied` call the service first", async () => {
  const { get, seen } = setUp([
    faults.status(500, { applied: true }),
    faults.html(502, { applied: true }),
    faults.reset({ applied: true }),
  ]);
  assertEquals((await get("1", { method: "POST", body: "x" })).status, 500);
  assertEquals((await get("2")).status, 502);
  assertEquals(codeOf(await assertRejects(() => get("3"))), "ECONNRESET");
  assertEquals(seen, ["POST /things/1", "GET /things/2", "GET /things/3"]);
});

Deno.test("faults.rateLimit() sends any value of Retry-After", async () => {
  const values = [undefined, 0, 2.5, "soon", new Date("2030-01-01T00:00:00Z")];
  const { get } = setUp(values.map((value) => faults.rateLimit(value)));
  const sent: (string | null)[] = [];
  for (const _ of values) {
    const { status, headers } = await get();
    assertEquals(status, 429);
    sent.push(headers.get("Retry-After"));
  }
  assertEquals(sent, [
    null,
    "0",
    "2.5",
    "soon",
    "Tue, 01 Jan 2030 00:00:00 GMT",
  ]);
});

Deno.test("faults.html() responds with an HTML page", async () => {
  const { get } = setUp([faults.html(), faults.html(200)]);
  const gateway = await get();
  assertEquals(gateway.status, 502);
  assertEquals(gateway.headers.get("Content-Type"), "text/html");
  assertStringIncludes(await gateway.text(), "<h1>502</h1>");
  assertEquals((await get()).status, 200);
});

Deno.test("faults.redirect() responds with the given location and status", async () => {
  const { get } = setUp([
    faults.redirect("https://elsewhere.example/?a=1"),
    faults.redirect("//elsewhere.example", 307),
  ]);
  for (
    const [status, location] of [
      [302, "https://elsewhere.example/?a=1"],
      [307, "//elsewhere.example"],
    ] as const
  ) {
    const response = await get();
    assertEquals(response.status, status);
    assertEquals(response.headers.get("Location"), location);
  }
});

Deno.test("faults.refuse() and faults.reset() reject with the error codes of fetch", async () => {
  const { get, seen } = setUp([faults.refuse(), faults.reset()]);
  const refused = await assertRejects(() => get());
  assertEquals(codeOf(refused), "ECONNREFUSED");
  const reset = await assertRejects(() => get());
  assertEquals(codeOf(reset), "ECONNRESET");
  assertEquals(seen, []);
});

Deno.test("faults.truncate() shortens the body without an error", async () => {
  const { get } = setUp([
    faults.truncate(),
    faults.truncate(0),
    faults.truncate(5),
    faults.truncate(1000),
  ]);
  const half = await get();
  assertEquals(half.status, 200);
  assertEquals(half.headers.get("X-Kept"), "yes");
  assertEquals(await half.text(), '{"things"');
  assertEquals(await (await get()).text(), "");
  assertEquals(await (await get()).text(), '{"thi');
  await ok(await get());
});

Deno.test("faults.truncate() removes Content-Length and Content-Encoding", async () => {
  const fetch = withFaults(
    () =>
      Promise.resolve(
        new Response("0123456789", {
          headers: { "Content-Length": "10", "Content-Encoding": "gzip" },
        }),
      ),
    [faults.truncate()],
  );
  const response = await fetch(new Request(URL_));
  assertEquals([...response.headers.keys()], ["content-type"]);
  assertEquals(await response.text(), "01234");
});

Deno.test("faults of the body do not change a response without a body", async () => {
  const fetch = withFaults(
    () => Promise.resolve(new Response(null, { status: 204 })),
    [faults.truncate(), faults.resetBody(), faults.stallBody()],
  );
  for (let i = 0; i < 3; i++) {
    const response = await fetch(new Request(URL_));
    assertEquals([response.status, response.body], [204, null]);
  }
});

Deno.test("faults.resetBody() fails a body after its first bytes", async () => {
  const { get } = setUp([faults.resetBody(5), faults.resetBody(0)]);
  const response = await get();
  const reader = response.body!.getReader();
  const { value } = await reader.read();
  assertEquals(new TextDecoder().decode(value), '{"thi');
  const error = await assertRejects(() => reader.read());
  assertEquals(codeOf(error), "ECONNRESET");
  const second = await get();
  assertEquals(
    codeOf(await assertRejects(() => second.json())),
    "ECONNRESET",
  );
});

Deno.test("faults.stallBody() stalls until the signal is aborted", async () => {
  for (const bytes of [5, 0]) {
    const { get } = setUp([faults.stallBody(bytes)]);
    const controller = new AbortController();
    const response = await get("", { signal: controller.signal });
    const text = response.text();
    assertEquals(await settled(text), false);
    const reason = new Error("enough");
    controller.abort(reason);
    assertEquals(await assertRejects(() => text), reason);
  }
});

Deno.test("faults.stallBody() rejects at once if the signal is aborted before the body is read", async () => {
  const { get } = setUp([faults.stallBody(5)]);
  const controller = new AbortController();
  const response = await get("", { signal: controller.signal });
  const reason = new Error("enough");
  controller.abort(reason);
  assertEquals(await assertRejects(() => response.text()), reason);
});

Deno.test("faults.stallBody() removes its listeners when the body is cancelled", async () => {
  const { fetch } = setUp([faults.stallBody(5), faults.stallBody(0)]);
  for (let i = 0; i < 2; i++) {
    const request = new Request(URL_);
    const count = countListeners(request.signal);
    const response = await fetch(request);
    await settled(new Promise(() => {}));
    assertEquals(count(), 0);
    const reader = response.body!.getReader();
    if (i === 0) await reader.read();
    const pending = reader.read();
    assertEquals(await settled(pending), false);
    assertEquals(count(), 1);
    await reader.cancel();
    assertEquals((await pending).done, true);
    await settled(new Promise(() => {}));
    assertEquals(count(), 0);
  }
});

Deno.test("faults.stall() stays pending until the signal is aborted", async () => {
  const { get, seen } = setUp([
    faults.stall(),
    faults.stall({ applied: true }),
  ]);
  for (let i = 0; i < 2; i++) {
    const controller = new AbortController();
    const response = get("", { signal: controller.signal });
    assertEquals(await settled(response), false);
    assertEquals(seen.length, i);
    const reason = new Error("enough");
    controller.abort(reason);
    assertEquals(await assertRejects(() => response), reason);
  }
});

Deno.test("faults.latency() delays a request or another fault", async () => {
  const { get, seen } = setUp([
    faults.latency(20),
    faults.latency(0, faults.status(504)),
  ]);
  const before = performance.now();
  await ok(await get());
  assert(performance.now() - before >= 19);
  assertEquals((await get()).status, 504);
  assertEquals(seen.length, 1);
});

Deno.test("faults.latency() rejects and clears its timer when the signal is aborted", async () => {
  const { get, seen } = setUp([faults.latency(3_600_000)]);
  const controller = new AbortController();
  const response = get("", { signal: controller.signal });
  const reason = new Error("enough");
  controller.abort(reason);
  assertEquals(await assertRejects(() => response), reason);
  // The sanitizers of Deno.test() would report a leaked timer.
  assertEquals(seen, []);
});

Deno.test("withFaults() accepts a fault that the caller wrote", async () => {
  const doubled: Fault = async (request, fetch) => {
    await (await fetch(request.clone())).body?.cancel();
    return await fetch(request);
  };
  const { get, seen } = setUp([doubled]);
  await ok(await get("", { method: "POST", body: "x" }));
  assertEquals(seen.length, 2);
});

Deno.test("faults that return a response work behind an HTTP server", async () => {
  const { fetch: faulty } = setUp([
    faults.rateLimit(3),
    faults.truncate(),
    faults.redirect("https://elsewhere.example/"),
    faults.stallBody(5),
    faults.none(),
  ]);
  await using server = serve(faulty);
  const get = (init: RequestInit = {}) =>
    fetch(server.url, { redirect: "manual", ...init });

  const limited = await get();
  assertEquals(limited.headers.get("Retry-After"), "3");
  await limited.body?.cancel();
  assertEquals(await (await get()).text(), '{"things"');
  const away = await get();
  assertEquals(away.status, 302);
  await away.body?.cancel();

  const controller = new AbortController();
  const stalled = await get({ signal: controller.signal });
  const text = stalled.text();
  assertEquals(await settled(text), false);
  controller.abort();
  await assertRejects(() => text);
  await ok(await get());
});

/** Whether a promise settles within 30 ms. */
async function settled(promise: Promise<unknown>): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const pending = Symbol();
  const first = await Promise.race([
    promise.catch(() => undefined),
    new Promise((resolve) => timer = setTimeout(resolve, 30, pending)),
  ]);
  clearTimeout(timer);
  return first !== pending;
}

/** Counts the listeners that are added to a signal from now on. */
function countListeners(signal: AbortSignal): () => number {
  const listeners = new Set<unknown>();
  const { addEventListener, removeEventListener } = signal;
  Object.assign(signal, {
    addEventListener(...args: Parameters<typeof addEventListener>) {
      listeners.add(args[1]);
      addEventListener.apply(signal, args);
    },
    removeEventListener(...args: Parameters<typeof removeEventListener>) {
      listeners.delete(args[1]);
      removeEventListener.apply(signal, args);
    },
  });
  return () => listeners.size;
}
