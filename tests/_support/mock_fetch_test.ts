import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { type Exchange, replay } from "./mock_fetch.ts";

const BASE = "https://api.example.com";
const get = (path: string) => new Request(`${BASE}${path}`);

/** Replays one exchange and tells what becomes of a request and of the end. */
async function run(exchange: Exchange, request: Request) {
  const fetch = replay([exchange]);
  const message = (error: unknown) => (error as Error).message;
  const answer = await fetch(request).then(() => undefined, message);
  try {
    fetch[Symbol.dispose]();
    return { answer, end: undefined };
  } catch (error) {
    return { answer, end: message(error) };
  }
}

Deno.test("replay() answers in order", async () => {
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

Deno.test("replay() answers in any order where it may", async () => {
  using fetch = replay([
    { request: "GET /a", json: 1 },
    { request: "GET /b", json: 2 },
    { request: "GET /a", json: 3 },
  ], { anyOrder: true });
  const answers: unknown[] = [];
  for (const path of ["/b", "/a", "/a"]) {
    answers.push(await (await fetch(get(path))).json());
  }
  assertEquals(answers, [2, 1, 3]);
});

Deno.test("replay() fails on a request that nobody expected, also where it was caught", async () => {
  const fetch = replay([]);
  const nobody = "Nobody expected GET /a";
  await assertRejects(() => fetch(get("/a")), Error, nobody);
  assertThrows(() => fetch[Symbol.dispose](), Error, nobody);
});

Deno.test("replay() fails on an exchange that nobody asked for", () => {
  const fetch = replay([{ request: "GET /a" }, { request: "GET /b" }]);
  assertThrows(
    () => fetch[Symbol.dispose](),
    Error,
    "Requests that were never sent: GET /a, GET /b",
  );
});

Deno.test("replay() holds a request to its method, target, headers and body", async () => {
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
      answer: undefined,
      end: undefined,
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
    const { answer, end } = await run(exchange, sent);
    assertEquals(typeof answer, "string", `${exchange.request} passed`);
    assertEquals(end, answer);
  }
});

Deno.test("replay() rejects with what it is told to", async () => {
  const reset = new TypeError("reset");
  using fetch = replay([{ request: "GET /a", error: reset }]);
  assertEquals(await assertRejects(() => fetch(get("/a"))), reset);
});

Deno.test("replay() sends nothing for a signal that has fired", async () => {
  using fetch = replay([]);
  const reason = new Error("enough");
  const signal = AbortSignal.abort(reason);
  const request = new Request(BASE, { signal });
  assertEquals(await assertRejects(() => fetch(request)), reason);
});
