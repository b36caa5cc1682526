import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertNotMatch,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  ApiResponse,
  Connection,
  type ConnectionOptions,
  type Fetch,
  type Params,
  type RequestEvent,
  type RequestOptions,
  type ResponseEvent,
  type RetryEvent,
  ServiceUnavailableError,
  toSearchParams,
  VERSION,
} from "../../core/mod.ts";
import { replay } from "../_support/mock_fetch.ts";
import { serve } from "../_support/serve.ts";
import {
  ACME,
  acme,
  AcmeConnection,
  AcmeResponse,
  ask,
  FAST,
  json,
  rejection,
} from "./_acme.ts";

/** URL of the project, as stack traces show it. */
const ROOT = new URL("../../", import.meta.url).href;

/** A connection whose requests are kept, and never leave. */
function setUp(options: ConnectionOptions = {}, baseUrl = ACME) {
  const sent: Request[] = [];
  const connection = acme(baseUrl, {
    fetch(request) {
      sent.push(request);
      return Promise.resolve(json({}));
    },
    ...options,
  });
  return { connection, sent };
}

Deno.test("Connection.request() authenticates, and parses what comes back", async () => {
  using fetch = replay([{
    request: `GET ${ACME}/servers`,
    headers: {
      authorization: "Basic bWU6cMOkNTU=",
      accept: "application/json",
      "content-type": null,
    },
    json: { servers: [] },
    responseHeaders: { "x-request-id": "r-1" },
  }]);
  const options = { username: "me", password: "pä55", fetch };
  const response = await new AcmeConnection(ACME, options)
    .request<{ servers: unknown[] }>("/servers");
  assertEquals(response.object, { servers: [] });
  assertEquals(response.status, 200);
  assertEquals(response.requestId(), "r-1");
  assertEquals(response.text, '{"servers":[]}');
});

Deno.test("Connection.request() sends method, query, headers and data", async () => {
  using fetch = replay([{
    request: `PATCH ${ACME}/servers?a=1&tag=x&tag=y%26z&on=false`,
    headers: { "content-type": "application/json", "x-more": "yes" },
    body: { name: "wéb" },
    status: 204,
  }]);
  const response = await ask(ACME, "/servers?a=1", {
    method: "patch",
    params: { tag: ["x", "y&z"], on: false, left: undefined },
    headers: { "X-More": "yes" },
    data: { name: "wéb" },
    connection: { fetch },
  });
  assertStrictEquals(response.object, undefined);
});

Deno.test("Connection.request() lets headers of a call replace the default ones, whatever their case", async () => {
  const { connection, sent } = setUp();
  await connection.request("/", { headers: { Accept: "text/csv" } });
  await connection.request("/", { headers: { "User-Agent": "curl" } });
  assertEquals(sent[0]?.headers.get("accept"), "text/csv");
  assertEquals(sent[1]?.headers.get("user-agent"), "curl");
});

Deno.test("Connection.request() lets no header of a call replace the credentials", async () => {
  const { connection, sent } = setUp();
  await connection.request("/", { headers: { Authorization: "Basic eDp5" } });
  assertEquals(
    sent[0]?.headers.get("authorization"),
    "Basic dXNlci1uYW1lOnBhc3Mtd29yZA==",
  );
});

Deno.test("Connection.addDefaultParams() adds to every query, also where it takes its time", async () => {
  class Keyed extends AcmeConnection {
    protected override async addDefaultParams(params: URLSearchParams) {
      await Promise.resolve();
      params.set("key", "k-1");
    }
  }
  using fetch = replay([
    { request: `GET ${ACME}/a?x=1&key=k-1` },
    { request: `GET ${ACME}/b?key=k-1` },
  ]);
  const keyed = new Keyed(ACME, { username: "me", password: "pw", fetch });
  await keyed.request("/a", { params: { x: 1 } });
  await keyed.request("/b");
});

Deno.test("Connection.encodeData() decides how data travels", async () => {
  class Forms extends AcmeConnection {
    protected override encodeData(data: Params, headers: Headers): string {
      headers.set("content-type", "application/x-www-form-urlencoded");
      return toSearchParams(data).toString();
    }
  }
  using fetch = replay([{
    request: `POST ${ACME}/servers`,
    headers: { "content-type": /^application\/x-www-form-urlencoded/ },
    body: { name: "a b&c" },
  }]);
  await new Forms(ACME, { username: "me", password: "pw", fetch })
    .request("/servers", { method: "POST", data: { name: "a b&c" } });
});

Deno.test("Connection.request() calls fetch as a plain function, with one Request and no redirect of its own", async () => {
  const calls: { self: unknown; args: unknown[] }[] = [];
  const fetch = function (this: unknown, ...args: unknown[]) {
    calls.push({ self: this, args });
    return Promise.resolve(json({}));
  };
  await ask(ACME, "/", { connection: { fetch } });
  assertEquals(calls.length, 1);
  assertStrictEquals(calls[0]?.self, undefined);
  assertEquals(calls[0]?.args.length, 1);
  const [request] = calls[0]?.args ?? [];
  assertInstanceOf(request, Request);
  assertEquals(request.redirect, "manual");
  assert(!request.signal.aborted);
});

Deno.test("Connection.request() names this package in User-Agent, over a socket as well", async () => {
  const seen: (string | null)[] = [];
  await using server = serve((request) => {
    seen.push(request.headers.get("user-agent"));
    return json({});
  });
  await ask(server.url, "/");
  await ask(server.url, "/", { connection: { userAgent: "shop/2 (é)" } });
  assertEquals(seen, [`nephos/${VERSION}`, `shop/2 (é) nephos/${VERSION}`]);
});

Deno.test("Connection.request() refuses headers that none are, and does not show their values", async () => {
  const { connection, sent } = setUp();
  for (
    const [name, value] of Object.entries({
      "x-lines": "canary\r\nx-evil: 1",
      "x-null": "canary\0",
      "x-wide": "canary ✓",
      "x space": "canary",
      "": "canary",
      "x-ключ": "canary",
      "x-colon:": "canary",
    })
  ) {
    const error = await assertRejects(
      () => connection.request("/", { headers: { [name]: value } }),
      TypeError,
      "Cannot send the header",
    );
    assertNotMatch(Deno.inspect(error), /canary/);
  }
  for (const userAgent of ["a\r\nb", "✓"]) {
    assertThrows(() => acme(ACME, { userAgent }), TypeError, "Cannot send");
  }
  assertEquals(sent, []);
});

Deno.test("Connection.addDefaultParams() starts from the same query at every attempt", async () => {
  class Signed extends AcmeConnection {
    protected override addDefaultParams(params: URLSearchParams) {
      params.append("signed", String([...params.keys()].length));
    }
  }
  using fetch = replay([
    { request: `GET ${ACME}/a?x=1&signed=1`, status: 503 },
    { request: `GET ${ACME}/a?x=1&signed=1` },
  ]);
  const options = { username: "me", password: "pw", fetch, retry: FAST };
  await new Signed(ACME, options).request("/a", { params: { x: 1 } });
});

Deno.test("Connection.request() gives query parameters to the letter", async () => {
  const { connection, sent } = setUp();
  const params = { "a b": "c+d", "ä": "é&=#?/", empty: "", "__proto__x": 0 };
  await connection.request("/?first=1", { params });
  const { searchParams } = new URL(sent[0]!.url);
  assertEquals([...searchParams], [
    ["first", "1"],
    ["a b", "c+d"],
    ["ä", "é&=#?/"],
    ["empty", ""],
    ["__proto__x", "0"],
  ]);
});

// --- Base URLs ---

Deno.test("Connection takes a base URL with or without slashes at its end", async () => {
  for (const baseUrl of [ACME, `${ACME}/`, `${ACME}///`]) {
    const { connection, sent } = setUp({}, baseUrl);
    await connection.request("/servers");
    assertEquals(connection.baseUrl, ACME);
    assertEquals(sent[0]?.url, `${ACME}/servers`);
  }
  const { connection, sent } = setUp({ baseUrl: "https://eu.acme.example" });
  await connection.request("/servers");
  assertEquals(sent[0]?.url, "https://eu.acme.example/servers");
});

Deno.test("Connection takes plain http to this host only, unless told otherwise", () => {
  for (
    const host of [
      "localhost",
      "localhost:8080",
      "LOCALHOST",
      "api.localhost",
      "127.0.0.1",
      "127.1.2.3",
      "127.1",
      "2130706433",
      "[::1]",
      "[0:0:0:0:0:0:0:1]:80",
    ]
  ) {
    acme(`http://${host}/v1`);
  }
  for (
    const host of [
      "api.acme.example",
      "localhost.acme.example",
      "127.0.0.1.acme.example",
      "127.acme.example",
      "mylocalhost",
      "0.0.0.0",
      "10.0.0.1",
      "128.0.0.1",
      "[::2]",
      "[::]",
      "[fe80::1]",
    ]
  ) {
    assertThrows(
      () => acme(`http://${host}/v1`),
      TypeError,
      "plain https",
      host,
    );
    acme(`http://${host}/v1`, { allowInsecure: true });
    acme(`https://${host}/v1`);
  }
});

Deno.test("Connection refuses a base URL that is none, or holds what it must not, and does not show it", () => {
  for (
    const baseUrl of [
      "",
      "acme.example",
      "/v1",
      "ftp://acme.example",
      "file:///canary",
      "data:text/plain,canary",
      "javascript:canary",
      "https://",
      "https://canary@acme.example",
      "https://canary:x@acme.example",
      "https://:canary@acme.example",
      "https://acme.example/v1?key=canary",
      "https://acme.example/v1?",
      "https://acme.example/v1#canary",
      "https://acme.example/v1#",
    ]
  ) {
    const error = assertThrows(
      () => acme(baseUrl, { allowInsecure: true }),
      TypeError,
      "Cannot connect",
      baseUrl,
    );
    assertNotMatch(Deno.inspect(error), /canary/, baseUrl);
    assertThrows(() => acme(ACME, { baseUrl }), TypeError);
  }
});

Deno.test("Connection refuses settings that make no sense", () => {
  const wrong: ConnectionOptions[] = [
    { timeoutMs: 0 },
    { timeoutMs: -1 },
    { timeoutMs: NaN },
    { timeoutMs: Infinity },
    { timeoutMs: 2 ** 31 },
    { maxBodyBytes: 0 },
    { maxBodyBytes: NaN },
    { retry: { maxAttempts: -1 } },
    { retry: { maxAttempts: 1.5 } },
    { retry: { baseMs: -1 } },
    { retry: { maxMs: NaN } },
  ];
  for (const options of wrong) {
    assertThrows(
      () => acme(ACME, options),
      RangeError,
      "Cannot",
      Deno.inspect(options),
    );
  }
});

Deno.test("BasicConnection refuses credentials that are missing or impossible", () => {
  const wrong = [
    { username: "" },
    { username: undefined },
    { username: 5 },
    { username: "us:er" },
    { username: "us\ner" },
    { password: "" },
    { password: null },
    { password: "pass\r\nword" },
    { password: "pass\0word" },
  ];
  for (const credentials of wrong) {
    const options = { username: "user", password: "word", ...credentials };
    const error = assertThrows(
      () => new AcmeConnection(ACME, options as never),
      TypeError,
      "Cannot use the ",
    );
    // The path of the project may contain these words.
    const shown = Deno.inspect(error).replaceAll(ROOT, "");
    assertNotMatch(shown, /us.?er\b(?!name)|pass\W+word/);
  }
});

// --- Paths ---

Deno.test("Connection.request() refuses a path that could leave the API", async () => {
  const { connection, sent } = setUp();
  for (
    const path of [
      "",
      "servers",
      "/\\evil.example",
      "\\\\evil.example",
      "http://evil.example/",
      "https:evil.example",
      "@evil.example/",
      ".evil.example/",
      ":8080/",
      "?x=1",
      "#",
      "/a#b",
      "/a#",
      "/ä",
      "/\ud800",
      "/..",
      "/.",
      "/../x",
      "/./x",
      "/a/..",
      "/a/../b",
      "/a/..?x=1",
      "/a/%2e%2e/b",
      "/a/.%2E/b",
      "/a/%2E./b",
      "/a/%2e/b",
      "/%2e%2e",
      "/a b",
      "/a\tb",
      "/.\t./a",
      "/a\nb",
      "/a\r\nb",
      "/a\0b",
      "/a\u0085b",
      " /a",
      "/a ",
      undefined,
      null,
      5,
      new URL("https://evil.example/"),
    ]
  ) {
    await assertRejects(
      () => connection.request(path as string),
      TypeError,
      "is not a path",
      Deno.inspect(path),
    );
  }
  assertEquals(sent, []);
});

Deno.test("Connection.request() keeps every path that it takes below the base URL", async () => {
  const { connection, sent } = setUp();
  const paths = [
    "/",
    "/a//b",
    "//evil.example/",
    "/@evil.example",
    "/:8080/x",
    "/http://evil.example/",
    "/...",
    "/..a/.b",
    "/a%2F..%2Fb",
    "/a%252e%252e/b",
    "/%C3%A4",
    "/a?b=c&d=/e",
  ];
  for (const path of paths) await connection.request(path);
  assertEquals(sent.map(({ url }) => url), paths.map((path) => ACME + path));
  // Nor does one lead elsewhere where the base URL is a host and no more.
  const bare = setUp({}, "https://api.acme.example");
  for (const path of paths) await bare.connection.request(path);
  for (const { url } of bare.sent) {
    assertEquals(new URL(url).host, "api.acme.example");
  }
});

// --- Hooks ---

Deno.test("Hooks see every attempt, and nothing but what they are promised", async () => {
  const events: [string, RequestEvent][] = [];
  using fetch = replay([
    {
      request: `PUT ${ACME}/servers/1?key=canary`,
      body: /canary/,
      status: 503,
    },
    {
      request: `PUT ${ACME}/servers/1?key=canary`,
      body: /canary/,
      json: {},
      responseHeaders: { "x-request-id": "r-2" },
    },
  ]);
  await ask(ACME, "/servers/1", {
    method: "PUT",
    operation: "renameNode",
    params: { key: "canary" },
    data: { name: "canary" },
    headers: { "x-canary": "canary" },
    connection: {
      fetch,
      hooks: {
        onRequest: (event) => events.push(["request", event]),
        onResponse: (event) => events.push(["response", event]),
        onRetry: (event) => events.push(["retry", event]),
      },
    },
  });
  assertEquals(events.map(([name]) => name), [
    "request",
    "response",
    "retry",
    "request",
    "response",
  ]);
  const [first, refused, retry, second, accepted] = events.map(([, it]) => it);
  const about = {
    provider: "acme",
    operation: "renameNode",
    method: "PUT",
    path: "/servers/1",
  };
  assertEquals(first, { ...about, attempt: 1 });
  assertEquals(second, { ...about, attempt: 2 });
  const { ms, requestId: none, rateLimit, ...rest } = refused as ResponseEvent;
  assert(ms >= 0 && ms < 60_000);
  assertEquals([none, rateLimit], [undefined, undefined]);
  assertEquals(rest, { ...about, attempt: 1, status: 503 });
  const { delayMs, error, ...again } = retry as RetryEvent;
  assert(delayMs >= 0 && delayMs <= FAST.maxMs);
  assertInstanceOf(error, ServiceUnavailableError);
  assertEquals(again, { ...about, attempt: 1 });
  const { requestId, status } = accepted as ResponseEvent;
  assertEquals([requestId, status], ["r-2", 200]);
  assertNotMatch(Deno.inspect(events, { depth: 20 }), /canary/);
});

Deno.test("Hooks get the path without its query, also where nobody named the operation", async () => {
  const seen: RequestEvent[] = [];
  const { connection } = setUp({
    hooks: { onRequest: (event) => seen.push(event) },
  });
  await connection.request("/servers?key=canary");
  assertEquals(seen, [{
    provider: "acme",
    operation: "GET /servers",
    method: "GET",
    path: "/servers",
    attempt: 1,
  }]);
});

for (const name of ["onRequest", "onResponse", "onRetry"] as const) {
  Deno.test(`Hooks.${name}() fails the call with what it throws`, async () => {
    const reason = new Error("the hook is broken");
    let sent = 0;
    const call = ask(ACME, "/", {
      connection: {
        fetch: () => {
          sent++;
          return Promise.resolve(json({}, { status: 503 }));
        },
        hooks: {
          [name]: () => {
            throw reason;
          },
        },
      },
    });
    assertStrictEquals(await rejection(call), reason);
    assertEquals(sent, name === "onRequest" ? 0 : 1);
  });
}

// --- One client, many calls ---

Deno.test("Connection serves 100 calls at once without mixing them up", async () => {
  await using server = serve(async (request) => {
    const { pathname, searchParams } = new URL(request.url);
    const { id } = await request.json();
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 20));
    return json({
      id,
      pathname,
      query: searchParams.get("id"),
      header: request.headers.get("x-id"),
    }, { headers: { "x-request-id": `r-${id}` } });
  });
  const connection = acme(server.url);
  await Promise.all(Array.from({ length: 100 }, async (_, number) => {
    const id = String(number);
    const response = await connection.request(`/servers/${id}`, {
      method: "PUT",
      params: { id },
      headers: { "x-id": id },
      data: { id },
    });
    assertEquals(response.object, {
      id,
      pathname: `/servers/${id}`,
      query: id,
      header: id,
    });
    assertEquals(response.requestId(), `r-${id}`);
  }));
});

Deno.test("Connection keeps the failures of calls at once apart", async () => {
  await using server = serve((request) => {
    const id = Number(new URL(request.url).pathname.slice(1));
    const status = [200, 401, 403, 404, 409, 422][id % 6] ?? 200;
    return json({ fault: { text: `number ${id}` } }, { status });
  });
  const connection = acme(server.url);
  const results = await Promise.allSettled(
    Array.from({ length: 60 }, (_, id) => connection.request(`/${id}`)),
  );
  results.forEach((result, id) => {
    assertEquals(result.status === "fulfilled", id % 6 === 0);
    if (result.status === "fulfilled") return;
    assertEquals(result.reason.message, `Cannot GET /${id}: number ${id}`);
    assertEquals(result.reason.url, `${server.url}/${id}`);
  });
});

// --- Responses of other kinds ---

Deno.test("ApiResponse gives text as it is", async () => {
  class TextConnection extends Connection {
    override readonly provider = "acme";
    protected override readonly responseClass = ApiResponse;
  }
  const fetch: Fetch = () => Promise.resolve(new Response("<servers/>"));
  const response = await new TextConnection(ACME, { fetch }).request("/");
  assertEquals(response.object, "<servers/>");
});

Deno.test("ApiResponse.isSuccess() may see a failure in an answer with status 200", async () => {
  class Envelope<T> extends AcmeResponse<T> {
    override isSuccess(): boolean {
      return super.isSuccess() && !("fault" in (this.body as object));
    }
  }
  class Enveloped extends AcmeConnection {
    protected override readonly responseClass = Envelope;
  }
  const fetch: Fetch = () =>
    Promise.resolve(json({ fault: { text: "out of paper", code: "E7" } }));
  const error = await assertRejects(() =>
    new Enveloped(ACME, { username: "me", password: "pw", fetch })
      .request("/", { operation: "listNodes" })
  );
  assertInstanceOf(error, Error);
  const { message, status, code } = error as Error & RequestOptions & {
    status: number;
    code: string;
  };
  assertMatch(message, /^Cannot listNodes: out of paper$/);
  assertEquals([status, code], [200, "E7"]);
});
