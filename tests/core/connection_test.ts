import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertNotMatch,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
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
import { replay } from "../_support/replay.ts";
import { serve } from "../_support/serve.ts";
import {
  ACME,
  acme,
  AcmeConnection,
  AcmeResponse,
  FAST,
  inTime,
  json,
  send,
} from "./_acme.ts";

/** URL of the project, as stack traces show it. */
const ROOT = new URL("../../", import.meta.url).href;

/** A connection without a network, and the requests that it has sent. */
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

Deno.test("Connection.request() authenticates the request and parses the response", async () => {
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

Deno.test("Connection.request() sends the method, query, headers and data", async () => {
  using fetch = replay([{
    request: `PATCH ${ACME}/servers?a=1&tag=x&tag=y%26z&on=false`,
    headers: { "content-type": "application/json", "x-more": "yes" },
    body: { name: "wéb" },
    status: 204,
  }]);
  const response = await send(ACME, "/servers?a=1", {
    method: "patch",
    params: { tag: ["x", "y&z"], on: false, left: undefined },
    headers: { "X-More": "yes" },
    data: { name: "wéb" },
    connection: { fetch },
  });
  assertStrictEquals(response.object, undefined);
});

Deno.test("Connection.request() prefers headers of the call to default headers, ignoring case", async () => {
  const { connection, sent } = setUp();
  await connection.request("/", { headers: { Accept: "text/csv" } });
  await connection.request("/", { headers: { "User-Agent": "curl" } });
  assertEquals(sent[0]?.headers.get("accept"), "text/csv");
  assertEquals(sent[1]?.headers.get("user-agent"), "curl");
});

Deno.test("Connection.request() does not allow headers of the call to replace the credentials", async () => {
  const { connection, sent } = setUp();
  await connection.request("/", { headers: { Authorization: "Basic eDp5" } });
  assertEquals(
    sent[0]?.headers.get("authorization"),
    "Basic dXNlci1uYW1lOnBhc3Mtd29yZA==",
  );
});

Deno.test("Connection.addDefaultParams() may add to every query asynchronously", async () => {
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

Deno.test("Connection.encodeData() determines the encoding of the body", async () => {
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

Deno.test("Connection.request() calls fetch as a plain function with one Request", async () => {
  const calls: { self: unknown; args: unknown[] }[] = [];
  const fetch = function (this: unknown, ...args: unknown[]) {
    calls.push({ self: this, args });
    return Promise.resolve(json({}));
  };
  await send(ACME, "/", { connection: { fetch } });
  assertEquals(calls.length, 1);
  assertStrictEquals(calls[0]?.self, undefined);
  assertEquals(calls[0]?.args.length, 1);
  const [request] = calls[0]?.args ?? [];
  assertInstanceOf(request, Request);
  assertEquals(request.redirect, "manual");
  assert(!request.signal.aborted);
});

Deno.test("Connection.request() sends the name and version of the package as User-Agent", async () => {
  const seen: (string | null)[] = [];
  await using server = serve((request) => {
    seen.push(request.headers.get("user-agent"));
    return json({});
  });
  await send(server.url, "/");
  await send(server.url, "/", { connection: { userAgent: "shop/2 (é)" } });
  assertEquals(seen, [`nephos/${VERSION}`, `shop/2 (é) nephos/${VERSION}`]);
});

Deno.test("Connection.request() rejects invalid headers and does not show their values", async () => {
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
      value === "canary"
        ? `GET /: headers has the invalid name "${name}"`
        : `GET /: the header ${name} has an invalid value`,
    );
    assertNotMatch(Deno.inspect(error), /canary/);
  }
  for (const userAgent of ["a\r\nb", "✓"]) {
    assertThrows(
      () => acme(ACME, { userAgent }),
      TypeError,
      "connection: the header user-agent has an invalid value",
    );
  }
  assertEquals(sent, []);
});

Deno.test("Connection.addDefaultParams() gets the original query at every attempt", async () => {
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

Deno.test("Connection.addDefaultHeaders() gets the original headers at every attempt", async () => {
  class Appending extends AcmeConnection {
    #calls = 0;
    protected override addDefaultHeaders(headers: Headers) {
      this.#calls++;
      headers.append("x-attempt", String(this.#calls));
      if (this.#calls === 1) headers.set("x-session", "of the first attempt");
    }
  }
  using fetch = replay([
    {
      request: `GET ${ACME}/a`,
      headers: { "x-attempt": "1", "x-session": "of the first attempt" },
      status: 503,
    },
    {
      request: `GET ${ACME}/a`,
      headers: { "x-attempt": "2", "x-session": null },
    },
  ]);
  const options = { username: "me", password: "pw", fetch, retry: FAST };
  await new Appending(ACME, options).request("/a");
});

Deno.test("Connection.request() sends the same body at every attempt, even if the caller changes the data", async () => {
  const data = { name: "web-1" };
  const bodies: string[] = [];
  await send(ACME, "/", {
    method: "PUT",
    data,
    connection: {
      async fetch(request) {
        bodies.push(await request.text());
        data.name = "web-2";
        return json({}, { status: bodies.length === 1 ? 503 : 200 });
      },
    },
  });
  assertEquals(bodies, ['{"name":"web-1"}', '{"name":"web-1"}']);
});

Deno.test("Connection.request() encodes query parameters without loss", async () => {
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

Deno.test("Connection accepts a base URL with or without trailing slashes", async () => {
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

Deno.test("Connection rejects plain http to other hosts unless allowInsecure is set", () => {
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
      "connection: baseUrl must start with https:// (or set allowInsecure)",
      host,
    );
    acme(`http://${host}/v1`, { allowInsecure: true });
    acme(`https://${host}/v1`);
  }
});

Deno.test("Connection rejects an invalid base URL and does not show it", () => {
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
      "connection: baseUrl must be an https:// URL without credentials, query or fragment",
      baseUrl,
    );
    assertNotMatch(Deno.inspect(error), /canary/, baseUrl);
    assertThrows(() => acme(ACME, { baseUrl }), TypeError);
  }
});

Deno.test("Connection rejects settings out of range", () => {
  const duration = "must be a number from 1 to 2147483647, got";
  const invalid: [ConnectionOptions, string][] = [
    [{ timeoutMs: 0 }, `timeoutMs ${duration} 0`],
    [{ timeoutMs: -1 }, `timeoutMs ${duration} -1`],
    [{ timeoutMs: NaN }, `timeoutMs ${duration} NaN`],
    [{ timeoutMs: Infinity }, `timeoutMs ${duration} Infinity`],
    [{ timeoutMs: 2 ** 31 }, `timeoutMs ${duration} 2147483648`],
    [
      { maxBodyBytes: 0 },
      "maxBodyBytes must be an integer from 1 to 2147483647, got 0",
    ],
    [
      { maxBodyBytes: NaN },
      "maxBodyBytes must be an integer from 1 to 2147483647, got NaN",
    ],
    [
      { retry: { maxAttempts: 0 } },
      "retry.maxAttempts must be an integer from 1 to 2147483647, got 0",
    ],
    [
      { retry: { maxAttempts: 1.5 } },
      "retry.maxAttempts must be an integer from 1 to 2147483647, got 1.5",
    ],
    [
      { retry: { baseMs: -1 } },
      "retry.baseMs must be a number from 0 to 2147483647, got -1",
    ],
    [
      { retry: { maxMs: NaN } },
      "retry.maxMs must be a number from 0 to 2147483647, got NaN",
    ],
  ];
  for (const [options, message] of invalid) {
    assertThrows(
      () => acme(ACME, options),
      RangeError,
      `connection: ${message}`,
    );
  }
});

Deno.test("Connection rejects a fetch and hooks that are not functions", () => {
  const invalid: [object, string][] = [
    [{ fetch: "fetch" }, 'fetch must be a function, got "fetch"'],
    [{ fetch: null }, "fetch must be a function, got null"],
    [
      { hooks: { onRetry: true } },
      "hooks.onRetry must be a function, got true",
    ],
    [
      { hooks: { onError: {} } },
      "hooks.onError must be a function, got an obj",
    ],
  ];
  for (const [options, message] of invalid) {
    assertThrows(
      () => acme(ACME, options),
      TypeError,
      `connection: ${message}`,
    );
  }
});

Deno.test("Connection.request() rejects invalid options before any request", async () => {
  const attempts = "must be an integer from 1 to 2147483647, got";
  const delay = "must be a number from 0 to 2147483647, got";
  const { signal } = new AbortController();
  const invalid: [object, new () => Error, string][] = [
    [{ retry: { maxAttempts: -1 } }, RangeError, `maxAttempts ${attempts} -1`],
    [{ retry: { maxAttempts: 0 } }, RangeError, `maxAttempts ${attempts} 0`],
    [{ retry: { baseMs: -1 } }, RangeError, `retry.baseMs ${delay} -1`],
    [{ retry: { maxMs: NaN } }, RangeError, `retry.maxMs ${delay} NaN`],
    [{ retry: true }, TypeError, "retry must be an object or false, got true"],
    [{ timeoutMs: 0 }, RangeError, "timeoutMs must be a number from 1 to"],
    [
      { signal: { signal } },
      TypeError,
      "signal must be an AbortSignal, got an",
    ],
    [{ method: "" }, TypeError, 'method must be an HTTP method, got ""'],
    [{ method: "GET /" }, TypeError, "method must be an HTTP method, got "],
    [{ method: "TRACE" }, TypeError, "method must be an HTTP method, got "],
    [{ data: {} }, TypeError, "data is not possible with GET"],
  ];
  const { connection, sent } = setUp();
  for (const [options, type, message] of invalid) {
    await assertRejects(
      () => connection.request("/", { operation: "listNodes", ...options }),
      type as new () => TypeError,
      "listNodes: ",
    ).then((error) => assertStringIncludes(error.message, message));
  }
  assertEquals(sent, []);
});

Deno.test("BasicConnection rejects missing and invalid credentials and does not show them", () => {
  const invalid: [object, string][] = [
    [{ username: "" }, "username is required"],
    [{ username: undefined }, "username is required"],
    [{ username: 5 }, "username must be a string, got number"],
    [
      { username: "us:er" },
      "username contains a colon or a control character",
    ],
    [
      { username: "us\ner" },
      "username contains a colon or a control character",
    ],
    [{ password: "" }, "password is required"],
    [{ password: null }, "password is required"],
    [{ password: "pass\r\nword" }, "password contains control characters"],
    [{ password: "pass\0word" }, "password contains control characters"],
  ];
  for (const [credentials, message] of invalid) {
    const options = { username: "user", password: "word", ...credentials };
    const error = assertThrows(
      () => new AcmeConnection(ACME, options as never),
      TypeError,
      `connection: ${message}`,
    );
    // The path of the project may contain these words.
    const shown = Deno.inspect(error).replaceAll(ROOT, "");
    assertNotMatch(shown, /us.?er\b(?!name)|pass\W+word/);
  }
});

// --- Paths ---

Deno.test("Connection.request() rejects a path that could leave the base URL", async () => {
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
      "path must be a path that begins with a slash, got ",
      Deno.inspect(path),
    );
  }
  assertEquals(sent, []);
});

Deno.test("Connection.request() keeps every accepted path below the base URL", async () => {
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
  // Also if the base URL has no path.
  const bare = setUp({}, "https://api.acme.example");
  for (const path of paths) await bare.connection.request(path);
  for (const { url } of bare.sent) {
    assertEquals(new URL(url).host, "api.acme.example");
  }
});

// --- Hooks ---

Deno.test("Hooks get an event for every attempt, with the documented fields only", async () => {
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
  await send(ACME, "/servers/1", {
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
  const [first, failed, retry, second, succeeded] = events.map(([, it]) => it);
  const about = {
    provider: "acme",
    operation: "renameNode",
    method: "PUT",
    path: "/servers/1",
  };
  assertEquals(first, { ...about, attempt: 1 });
  assertEquals(second, { ...about, attempt: 2 });
  const { ms, requestId: noId, rateLimit, ...rest } = failed as ResponseEvent;
  assert(ms >= 0 && ms < 60_000);
  assertEquals([noId, rateLimit], [undefined, undefined]);
  assertEquals(rest, { ...about, attempt: 1, status: 503 });
  const { delayMs, error, ...again } = retry as RetryEvent;
  assert(delayMs >= 0 && delayMs <= FAST.maxMs);
  assertInstanceOf(error, ServiceUnavailableError);
  assertEquals(again, { ...about, attempt: 1 });
  const { requestId, status } = succeeded as ResponseEvent;
  assertEquals([requestId, status], ["r-2", 200]);
  assertNotMatch(Deno.inspect(events, { depth: 20 }), /canary/);
});

Deno.test("ResponseEvent.ms is the duration of the attempt", async () => {
  const seen: number[] = [];
  const fetch = async () => {
    await new Promise((resolve) => setTimeout(resolve, 10));
    return json({});
  };
  const hooks = { onResponse: ({ ms }: ResponseEvent) => seen.push(ms) };
  await send(ACME, "/", { connection: { fetch, hooks } });
  const [ms = 0] = seen;
  // Timers may fire slightly early.
  assert(ms > 5, `${ms}`);
});

Deno.test("Hooks get the path without the query if no operation is given", async () => {
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

/** Ways in which a hook fails. */
const FAILURES: Record<string, (reason: unknown) => unknown> = {
  "throws": (reason) => {
    throw reason;
  },
  "rejects": (reason) => Promise.reject(reason),
  "returns an object whose then() throws": (reason) => ({
    then() {
      throw reason;
    },
  }),
};

for (const name of ["onRequest", "onResponse", "onRetry"] as const) {
  for (const [how, fail] of Object.entries(FAILURES)) {
    Deno.test(`Hooks do not affect the call if ${name} ${how}, and onError gets the error`, async () => {
      const reason = new Error("the hook failed");
      // An unhandled rejection would fail the test.
      for (const onErrorFails of [undefined, false, true]) {
        const reported: unknown[] = [];
        let sent = 0;
        const { object } = await send(ACME, "/", {
          method: "PUT",
          connection: {
            fetch: () => {
              const status = ++sent === 1 ? 503 : 200;
              return Promise.resolve(json({ id: 1 }, { status }));
            },
            hooks: {
              [name]: () => fail(reason),
              onError: onErrorFails === undefined
                ? undefined
                : (error, { operation, attempt }) => {
                  reported.push([error, operation, attempt]);
                  return onErrorFails && fail(reason);
                },
            },
          },
        });
        // Lets rejections settle.
        await new Promise((resolve) => setTimeout(resolve));
        assertEquals([object, sent], [{ id: 1 }, 2]);
        const attempts = name === "onRetry" ? [1] : [1, 2];
        assertEquals(
          reported,
          onErrorFails === undefined
            ? []
            : attempts.map((attempt) => [reason, "PUT /", attempt]),
        );
      }
    });
  }
}

Deno.test("Hooks are called as methods, and calls do not wait for them", async () => {
  class Observer {
    readonly seen: string[] = [];
    onRequest(): Promise<void> {
      this.seen.push("request");
      return new Promise(() => {});
    }
    onResponse(): Promise<void> {
      this.seen.push("response");
      return new Promise(() => {});
    }
  }
  const hooks = new Observer();
  const { connection } = setUp({ hooks });
  await inTime(connection.request("/"));
  assertEquals(hooks.seen, ["request", "response"]);
});

Deno.test("Hooks that change their event do not change other events", async () => {
  const paths: unknown[] = [];
  const hook = (event: RequestEvent) => {
    paths.push([event.path, event.attempt]);
    Object.assign(event, { path: "changed", attempt: 9 });
  };
  let sent = 0;
  await send(ACME, "/servers", {
    connection: {
      fetch: () =>
        Promise.resolve(json({}, { status: ++sent === 1 ? 503 : 200 })),
      hooks: { onRequest: hook, onResponse: hook, onRetry: hook },
    },
  });
  const [first, second] = [["/servers", 1], ["/servers", 2]];
  assertEquals(paths, [first, first, first, second, second]);
});

// --- Concurrent calls ---

Deno.test("Connection keeps 100 concurrent calls apart", async () => {
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

Deno.test("Connection keeps the errors of concurrent calls apart", async () => {
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
    assertEquals(
      result.reason.message,
      `GET /${id}: Acme refused: "number ${id}" (${result.reason.status})`,
    );
    assertEquals(result.reason.url, `${server.url}/${id}`);
  });
});

// --- Response classes ---

Deno.test("ApiResponse.object is the text of the body", async () => {
  class TextConnection extends Connection {
    override readonly provider = "acme";
    protected override readonly responseClass = ApiResponse;
  }
  const fetch: Fetch = () => Promise.resolve(new Response("<servers/>"));
  const response = await new TextConnection(ACME, { fetch }).request("/");
  assertEquals(response.object, "<servers/>");
});

Deno.test("ApiResponse.isSuccess() may treat a response with status 200 as a failure", async () => {
  class Envelope<T> extends AcmeResponse<T> {
    override isSuccess(): boolean {
      return super.isSuccess() && !("fault" in (this.body as object));
    }
  }
  class Enveloped extends AcmeConnection {
    protected override readonly responseClass = Envelope;
  }
  const fetch: Fetch = () =>
    Promise.resolve(json({ fault: { text: "out of stock", code: "E7" } }));
  const error = await assertRejects(() =>
    new Enveloped(ACME, { username: "me", password: "pw", fetch })
      .request("/", { operation: "listNodes" })
  );
  assertInstanceOf(error, Error);
  const { message, status, code } = error as Error & RequestOptions & {
    status: number;
    code: string;
  };
  assertEquals(
    message,
    'listNodes: Acme refused: "out of stock" (200, code E7)',
  );
  assertEquals([status, code], [200, "E7"]);
});
