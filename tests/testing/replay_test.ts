import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { type Exchange, replay } from "../_support/replay.ts";

const BASE = "https://api.example.com";
const get = (path: string) => new Request(`${BASE}${path}`);

/** Replays one exchange; returns the messages of the request and of disposing. */
async function run(exchange: Exchange, request: Request) {
  const fetch = replay([exchange]);
  const message = (error: unknown) => (error as Error).message;
  const rejected = await fetch(request).then(() => undefined, message);
  try {
    fetch[Symbol.dispose]();
    return { rejected, thrown: undefined };
  } catch (error) {
    return { rejected, thrown: message(error) };
  }
}

Deno.test("replay() returns the responses in order", async () => {
  using fetch = replay([
    { request: "GET /a?x=1", json: { a: 1 } },
    { request: `POST ${BASE}/b`, status: 202 },
    { request: "GET /c", text: "c", responseHeaders: { "X-Id": "7" } },
    { request: "GET /d", fixture: "nephoscale/list_nodes.json" },
    { request: "GET /e", fixture: "nephoscale/error_404.json" },
    { request: "GET /f", respond: () => new Response("f") },
  ]);
  assertEquals(await (await fetch(get("/a?x=1"))).json(), { a: 1 });
  const posted = await fetch(new Request(`${BASE}/b`, { method: "POST" }));
  assertEquals([posted.status, posted.body], [202, null]);
  const text = await fetch(get("/c"));
  assertEquals([text.headers.get("X-Id"), await text.text()], ["7", "c"]);
  const nodes = await fetch(get("/d"));
  assertEquals(nodes.headers.get("Content-Type"), "application/json");
  assertEquals((await nodes.json()).total_count, 2);
  assertEquals((await fetch(get("/e"))).status, 404);
  assertEquals(await (await fetch(get("/f"))).text(), "f");
  assertEquals(fetch.requests.length, 6);
});

Deno.test("replay() matches requests in any order if anyOrder is set", async () => {
  using fetch = replay([
    { request: "GET /a", json: 1 },
    { request: "GET /b", json: 2 },
    { request: "GET /a", json: 3 },
  ], { anyOrder: true });
  const bodies: unknown[] = [];
  for (const path of ["/b", "/a", "/a"]) {
    bodies.push(await (await fetch(get(path))).json());
  }
  assertEquals(bodies, [2, 1, 3]);
});

Deno.test("replay() rejects an unexpected request, and throws again when it is disposed", async () => {
  const fetch = replay([]);
  const message = "request 1: expected no further request, got GET /a";
  await assertRejects(() => fetch(get("/a")), Error, message);
  assertThrows(() => fetch[Symbol.dispose](), Error, message);
  const either = replay([{ request: "GET /b" }, { request: "GET /c" }], {
    anyOrder: true,
  });
  await assertRejects(
    () => either(get("/a")),
    Error,
    "request 1: expected one of GET /b, GET /c, got GET /a",
  );
  const ordered = replay([{ request: "GET /b" }]);
  await assertRejects(
    () => ordered(get("/a")),
    Error,
    "request 1: expected GET /b, got GET /a",
  );
});

Deno.test("replay() throws when it is disposed if an exchange was not used", () => {
  const fetch = replay([{ request: "GET /a" }, { request: "GET /b" }]);
  assertThrows(
    () => fetch[Symbol.dispose](),
    Error,
    "expected 2 requests, got 0; not sent: GET /a, GET /b",
  );
});

Deno.test("replay() compares the method, target, headers and body of a request", async () => {
  const form = (text: string) =>
    new Request(`${BASE}/a`, {
      method: "POST",
      body: new URLSearchParams(text),
    });
  const json = (value: unknown) =>
    new Request(`${BASE}/a`, {
      method: "POST",
      body: JSON.stringify(value),
      headers: { "Content-Type": "application/json", "X-A": "1" },
    });
  const request = "POST /a";
  const good: [Exchange, Request][] = [
    [{ request, body: "a=1&b=2" }, form("a=1&b=2")],
    [{ request, body: { b: "2", a: "1" } }, form("a=1&b=2")],
    [{ request, body: new URLSearchParams("a=1&a=2") }, form("a=1&a=2")],
    [{ request, body: /^a=/ }, form("a=1")],
    [{ request, body: { a: [1] } }, json({ a: [1] })],
    [{ request, body: [1] }, json([1])],
    [
      { request, body: [1], headers: { "x-a": "1", "x-b": null } },
      json([1]),
    ],
    [{ request, body: [1], headers: { "x-a": /\d/ } }, json([1])],
    [{ request: `GET ${BASE}/a` }, get("/a")],
  ];
  for (const [exchange, sent] of good) {
    assertEquals(await run(exchange, sent), {
      rejected: undefined,
      thrown: undefined,
    });
  }
  const bad: [Exchange, Request][] = [
    [{ request: "GET /a" }, get("/a?x=1")],
    [{ request: "GET /a?x=1&y=2" }, get("/a?y=2&x=1")],
    [{ request: "GET https://elsewhere.example/a" }, get("/a")],
    [{ request: "PUT /a" }, get("/a")],
    [{ request }, form("a=1")],
    [{ request, body: "" }, form("a=1")],
    [{ request, body: { a: "1" } }, form("a=1&b=2")],
    [{ request, body: { a: "2" } }, form("a=1&a=2")],
    [{ request, body: new URLSearchParams("a=1&b=2") }, form("b=2&a=1")],
    [{ request, body: /^b=/ }, form("a=1")],
    [{ request, body: { a: 1 } }, json({ a: "1" })],
    [{ request, body: [1], headers: { "x-a": "2" } }, json([1])],
    [{ request, body: [1], headers: { "x-a": null } }, json([1])],
    [{ request, body: [1], headers: { "x-a": /\D/ } }, json([1])],
  ];
  for (const [exchange, sent] of bad) {
    const { rejected, thrown } = await run(exchange, sent);
    assertEquals(typeof rejected, "string", `${exchange.request} matched`);
    assertEquals(thrown, rejected);
  }
});

Deno.test("replay() rejects with the error of the exchange", async () => {
  const reset = new TypeError("reset");
  using fetch = replay([{ request: "GET /a", error: reset }]);
  assertEquals(await assertRejects(() => fetch(get("/a"))), reset);
});

Deno.test("replay() rejects with the reason of a signal that is already aborted", async () => {
  using fetch = replay([]);
  const reason = new Error("aborted");
  const signal = AbortSignal.abort(reason);
  const request = new Request(BASE, { signal });
  assertEquals(await assertRejects(() => fetch(request)), reason);
});
