import {
  assert,
  assertEquals,
  assertGreater,
  assertGreaterOrEqual,
  assertInstanceOf,
  assertLess,
  assertRejects,
  assertThrows,
} from "@std/assert";
import {
  ApiError,
  CloudError,
  ConflictError,
  ConnectionError,
  type ConnectionOptions,
  type Fetch,
  InvalidCredsError,
  MalformedResponseError,
  NotFoundError,
  RateLimitReachedError,
  type RequestOptions,
  type RetryEvent,
  ServiceUnavailableError,
  ValidationError,
} from "../../core/mod.ts";
import { faults, withFaults } from "../../testing/faults.ts";
import { ACME, acme, FAST, json, rejection, send } from "./_acme.ts";
import { head, KEEP, serveWire } from "./_wire.ts";

const IDEMPOTENT = ["GET", "HEAD", "PUT", "DELETE"];
const NOT_IDEMPOTENT = ["POST", "PATCH"];

/** A `fetch` that returns one status after the other, and repeats the last. */
function statuses(...codes: number[]) {
  const methods: string[] = [];
  const fetch: Fetch = (request) => {
    const status = codes[methods.length] ?? codes.at(-1) ?? 200;
    methods.push(request.method);
    const isEmpty = request.method === "HEAD" || status === 204;
    return Promise.resolve(new Response(isEmpty ? null : "{}", { status }));
  };
  return { fetch, methods };
}

/** Sends a request; returns its status or error, and the number of attempts. */
async function outcome(
  codes: number[],
  options: RequestOptions & { connection?: ConnectionOptions } = {},
) {
  const { fetch, methods } = statuses(...codes);
  const connection = { fetch, ...options.connection };
  const call = send(ACME, "/servers", { ...options, connection });
  const result = await call.then(({ status }) => status, (error) => error);
  return { result, sent: methods.length };
}

Deno.test("Connection.request() retries idempotent methods after 408, 429 and 5xx", async () => {
  for (const method of IDEMPOTENT) {
    for (const status of [408, 429, 500, 502, 503, 504]) {
      const { result, sent } = await outcome([status, status, 200], { method });
      assertEquals([method, status, result, sent], [method, status, 200, 3]);
    }
  }
});

Deno.test("Connection.request() retries POST and PATCH only after 429", async () => {
  for (const method of NOT_IDEMPOTENT) {
    for (const status of [408, 500, 502, 503, 504]) {
      const { result, sent } = await outcome([status, 200], { method });
      assertInstanceOf(result, ApiError);
      assertEquals([result.status, sent], [status, 1]);
      assertEquals(result.mayHaveBeenApplied, status >= 500, `${status}`);
    }
    assertEquals(await outcome([429, 429, 201], { method }), {
      result: 201,
      sent: 3,
    });
  }
});

Deno.test("Connection.request() does not retry other client errors and 501", async () => {
  for (const status of [400, 401, 403, 404, 405, 409, 410, 418, 422, 501]) {
    const { result, sent } = await outcome([status, 200]);
    assertInstanceOf(result, ApiError);
    assertEquals([result.status, sent], [status, 1]);
    assertEquals(result.mayHaveBeenApplied, false);
  }
});

Deno.test("Connection.request() rejects with the last error after four attempts", async () => {
  const { result, sent } = await outcome([500, 502, 503, 504]);
  assertInstanceOf(result, ServiceUnavailableError);
  assertEquals([result.status, sent], [504, 4]);
});

Deno.test("Connection.request() prefers the retry policy of the call to that of the connection", async () => {
  const count = async (
    retry: RequestOptions["retry"],
    usual: RequestOptions["retry"],
  ) => (await outcome([503], { retry, connection: { retry: usual } })).sent;
  assertEquals(await count(undefined, { ...FAST, maxAttempts: 2 }), 2);
  assertEquals(await count({ ...FAST, maxAttempts: 6 }, false), 6);
  assertEquals(await count({ maxAttempts: 1 }, FAST), 1);
  assertEquals(await count(false, FAST), 1);
  assertEquals(await count(undefined, false), 1);
});

Deno.test("Connection.request() retries depending on the option idempotent", async () => {
  const repeated = { method: "POST", idempotent: true };
  assertEquals(await outcome([503, 201], repeated), { result: 201, sent: 2 });
  const { sent } = await outcome([503, 200], { idempotent: false });
  assertEquals(sent, 1);
});

Deno.test("Connection.request() treats a POST that writes nothing as a GET", async () => {
  const reading = { method: "POST", writes: false };
  assertEquals(await outcome([503, 200], reading), { result: 200, sent: 2 });
  const { sent } = await outcome([503, 200], { ...reading, idempotent: false });
  assertEquals(sent, 1);
  const { result } = await outcome([500], { ...reading, retry: false });
  assertEquals(result.mayHaveBeenApplied, false);
  const written = await outcome([500], { method: "POST", retry: false });
  assertEquals(written.result.mayHaveBeenApplied, true);
  // A redirect could lead to another method.
  const redirect: Fetch = () =>
    Promise.resolve(
      new Response(null, { status: 307, headers: { location: "/elsewhere" } }),
    );
  const error = await rejection(
    send(ACME, "/servers", { ...reading, connection: { fetch: redirect } }),
  );
  assertInstanceOf(error, ApiError);
  assertEquals(error.mayHaveBeenApplied, false);
});

Deno.test("Connection.request() knows by the option writes whether a request changes something", async () => {
  const mayHaveBeenApplied = async (options: RequestOptions) => {
    const { result, sent } = await outcome([503], options);
    assertInstanceOf(result, ServiceUnavailableError);
    return [sent, result.mayHaveBeenApplied];
  };
  // A GET that changes something is like a POST, and a POST that reads like a GET.
  assertEquals(await mayHaveBeenApplied({}), [4, false]);
  assertEquals(await mayHaveBeenApplied({ writes: true }), [1, true]);
  assertEquals(await mayHaveBeenApplied({ method: "POST" }), [1, true]);
  const read = { method: "POST", writes: false };
  assertEquals(await mayHaveBeenApplied(read), [4, false]);
  for (const method of ["PUT", "DELETE"]) {
    const write = { method, writes: true };
    assertEquals(await mayHaveBeenApplied(write), [4, true]);
  }
  const twice = { writes: true, idempotent: true };
  assertEquals(await mayHaveBeenApplied(twice), [4, true]);
});

Deno.test("Connection.request() retries with the same query, headers and data", async () => {
  const seen: string[] = [];
  await send(ACME, "/servers?a=1", {
    method: "PUT",
    data: { name: "web" },
    headers: { "x-token": "t-1" },
    connection: {
      async fetch(request) {
        const { method, url, headers } = request;
        seen.push(
          `${method} ${url} ${[...headers]} ${await request.text()}`,
        );
        return json({}, { status: seen.length < 3 ? 503 : 200 });
      },
    },
  });
  assertEquals(seen.length, 3);
  assertEquals(new Set(seen).size, 1);
});

// --- Lost connections, over sockets ---

Deno.test("Connection.request() retries a GET if the connection is reset or closed early", async () => {
  const failures = {
    reset: (wire: Parameters<Parameters<typeof serveWire>[0]>[0]) =>
      wire.reset(),
    closed: () => {},
    "in the head": (wire) => wire.send("HTTP/1.1 200 OK\r\ncontent-"),
    "in the body": (wire) =>
      wire.send(head(200, { "content-length": 100 }) + '{"a":'),
    "reset in the body": async (wire) => {
      await wire.send(head(200, { "content-length": 100 }) + '{"a":');
      wire.reset();
    },
    "in a chunk": (wire) =>
      wire.send(head(200, { "transfer-encoding": "chunked" }) + '40\r\n{"a"'),
    "between chunks": (wire) =>
      wire.send(
        head(200, { "transfer-encoding": "chunked" }) + "2\r\n{}\r\n",
      ),
  } satisfies Record<string, Parameters<typeof serveWire>[0]>;
  for (const [name, fail] of Object.entries(failures)) {
    await using server = await serveWire((wire) =>
      wire.number === 1 ? fail(wire) : wire.respond(200, '{"ok":true}')
    );
    const response = await send(server.url, "/");
    assertEquals(response.object, { ok: true }, name);
    assertEquals(server.requests.length, 2, name);

    await using failing = await serveWire(fail);
    const error = await assertRejects(
      () => send(failing.url, "/"),
      ConnectionError,
      "GET /: connection to 127.0.0.1:",
      name,
    );
    assertEquals(failing.requests.length, 4, name);
    assert(!error.isUnsent && !error.mayHaveBeenApplied, name);
  }
});

Deno.test("Connection.request() does not retry a POST if the connection is lost after it was received", async () => {
  for (const how of ["reset", "close"] as const) {
    await using server = await serveWire((wire) => wire[how]());
    const error = await assertRejects(
      () => send(server.url, "/servers", { method: "POST", data: { a: 1 } }),
      ConnectionError,
    );
    assertEquals(server.requests.length, 1);
    assertEquals(server.requests[0]?.method, "POST");
    assert(error.mayHaveBeenApplied);
    assert(!error.isUnsent);
  }
});

Deno.test("Connection.request() does not retry a POST if a reused connection is lost", async () => {
  // Deno itself retries a request on a reused connection, unless the request has a
  // streaming body (denoland/deno#32566). Without a body it still does.
  for (const method of ["POST", "PATCH"]) {
    for (const how of ["reset", "close"] as const) {
      await using server = await serveWire(async (wire) => {
        if (wire.method !== "GET") return wire[how]();
        await wire.respond(200, "{}", { connection: "keep-alive" });
        return KEEP;
      });
      const connection = acme(server.url);
      await connection.request("/servers");
      const error = await assertRejects(
        () => connection.request("/servers", { method, data: { name: "web" } }),
        ConnectionError,
      );
      assert(error.mayHaveBeenApplied, `${method} ${how}`);
      assertEquals(
        server.requests.map(({ method }) => method),
        ["GET", method],
        how,
      );
    }
  }
});

Deno.test("Connection.request() does not retry a POST if its response is truncated", async () => {
  await using server = await serveWire((wire) =>
    wire.send(head(201, { "content-length": 100 }) + '{"id":')
  );
  const error = await assertRejects(
    () => send(server.url, "/servers", { method: "POST", data: {} }),
    ConnectionError,
  );
  assertEquals(server.requests.length, 1);
  assert(error.mayHaveBeenApplied);
});

Deno.test("Connection.request() retries a POST if the connection was refused", async () => {
  // A port that is closed again.
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const retries: RetryEvent[] = [];
  const error = await assertRejects(
    () =>
      send(`http://127.0.0.1:${port}`, "/servers", {
        method: "POST",
        data: {},
        connection: { hooks: { onRetry: (event) => retries.push(event) } },
      }),
    ConnectionError,
  );
  assert(error.isUnsent);
  assert(!error.mayHaveBeenApplied);
  assertEquals(retries.length, 3);

  const { fetch, methods } = statuses(201);
  const refused = withFaults(fetch, [faults.refuse(), faults.refuse()]);
  const post = { method: "POST", connection: { fetch: refused } };
  assertEquals((await send(ACME, "/", post)).status, 201);
  assertEquals(methods.length, 1);
});

Deno.test("Connection.request() does not retry a POST after a reset if its URL contains words like ECONNREFUSED", async () => {
  for (
    const path of ["/refused", "/ECONNREFUSED/(connect)", "/a?b=ENOTFOUND"]
  ) {
    let sent = 0;
    const fetch: Fetch = ({ url }) => {
      sent++;
      // The message of Deno contains the URL.
      const cause = new Error("Connection reset by peer (os error 104)");
      throw new TypeError(`error sending request for url (${url})`, { cause });
    };
    const error = await assertRejects(
      () => send(ACME, path, { method: "POST", connection: { fetch } }),
      ConnectionError,
    );
    assertEquals([sent, error.mayHaveBeenApplied], [1, true], path);
  }
});

Deno.test("ConnectionError does not show the query string", async () => {
  const fetch: Fetch = ({ url }) => {
    const cause = new Error(`cannot reach ${url}`);
    throw new TypeError(`error sending request for url (${url})`, { cause });
  };
  const error = await assertRejects(
    () =>
      send(ACME, "/a", { params: { key: "canary" }, connection: { fetch } }),
    ConnectionError,
    `GET /a: connection to api.acme.example lost (error sending request for url (${ACME}/a)`,
  );
  assert(!Deno.inspect(error).includes("canary"));
});

Deno.test("ConnectionError contains the reason that the runtime gives", async () => {
  const cause = Object.assign(new Error("read ECONNRESET"), { code: "ECONN" });
  const fetch: Fetch = () => {
    throw new TypeError("fetch failed", { cause });
  };
  const error = await assertRejects(
    () => send(ACME, "/", { operation: "listNodes", connection: { fetch } }),
    ConnectionError,
    "listNodes: connection to api.acme.example lost (read ECONNRESET)",
  );
  assertEquals(error.provider, "acme");
  assertEquals(error.operation, "listNodes");
  for (const thrown of [undefined, null, "text", 5, {}]) {
    await assertRejects(
      () =>
        send(ACME, "/", {
          connection: { fetch: () => Promise.reject(thrown) },
        }),
      ConnectionError,
      "GET /: connection to api.acme.example lost",
    );
  }
});

// --- DELETE ---

Deno.test("Connection.request() accepts a 404 for a DELETE if an earlier attempt may have been applied", async () => {
  const remove = { method: "DELETE" };
  for (const first of [500, 502, 503, 504]) {
    assertEquals(await outcome([first, 404], remove), { result: 404, sent: 2 });
  }
  await using server = await serveWire((wire) =>
    wire.number === 1 ? wire.reset() : wire.respond(404)
  );
  assertEquals((await send(server.url, "/1", remove)).status, 404);
});

Deno.test("Connection.request() rejects with NotFoundError for a DELETE if no earlier attempt may have been applied", async () => {
  const remove = { method: "DELETE" };
  for (const codes of [[404], [429, 404], [408, 404], [429, 429, 404]]) {
    const { result, sent } = await outcome(codes, remove);
    assertInstanceOf(result, NotFoundError);
    assertEquals(sent, codes.length);
    // A runtime may have sent the DELETE twice.
    assertEquals(result.mayHaveBeenApplied, true);
  }
  const { fetch } = statuses(404);
  const refused = withFaults(fetch, [faults.refuse()]);
  await assertRejects(
    () => send(ACME, "/1", { ...remove, connection: { fetch: refused } }),
    NotFoundError,
  );
  const { result } = await outcome([503, 404], { method: "PUT" });
  assertInstanceOf(result, NotFoundError);
});

Deno.test("CloudError.mayHaveBeenApplied is true if any attempt of a write may have been applied", async () => {
  for (const method of ["PUT", "DELETE"]) {
    const { result, sent } = await outcome([503, 403], { method });
    assertInstanceOf(result, ApiError);
    assertEquals([result.status, sent], [403, 2]);
    assert(result.mayHaveBeenApplied, method);
  }
  const { result } = await outcome([503, 403]);
  assertInstanceOf(result, ApiError);
  assert(!result.mayHaveBeenApplied);
});

Deno.test("CloudError.mayHaveBeenApplied is true if the response to a write cannot be parsed", async () => {
  const fetch: Fetch = () => Promise.resolve(new Response('{"id":', {}));
  for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE"]) {
    const error = await assertRejects(
      () => send(ACME, "/", { method, connection: { fetch } }),
      MalformedResponseError,
    );
    assertEquals(error.mayHaveBeenApplied, method !== "GET");
  }
});

/** A `fetch` whose first response is a success that was cut off. */
function cutOffOnce(init: ResponseInit = {}) {
  const keys: unknown[] = [];
  const fetch: Fetch = async (request) => {
    keys.push(await request.text());
    const text = keys.length === 1 ? '{"id":' : '{"id":1}';
    return new Response(text, init);
  };
  return { fetch, keys };
}

Deno.test("MalformedResponseError.mayHaveBeenApplied of a converter is true for writes only", async () => {
  for (const [method, isWrite] of [["GET", false], ["POST", true]] as const) {
    const { fetch } = statuses(200);
    const response = await send(ACME, "/", { method, connection: { fetch } });
    const error = assertThrows(
      () =>
        response.read(() => {
          throw new Error("no id");
        }),
      MalformedResponseError,
    );
    assertEquals(error.mayHaveBeenApplied, isWrite);
  }
});

Deno.test("Connection.request() retries an idempotent request if its response cannot be parsed", async () => {
  for (const method of ["GET", "PUT", "DELETE"]) {
    const { fetch, keys } = cutOffOnce();
    const response = await send(ACME, "/", { method, connection: { fetch } });
    assertEquals([response.object, keys.length], [{ id: 1 }, 2], method);
  }
  // With an idempotency key, both attempts create the same thing.
  const { fetch, keys } = cutOffOnce({ status: 201 });
  const { object } = await send(ACME, "/", {
    method: "POST",
    idempotent: true,
    data: { key: "k-1" },
    connection: { fetch },
  });
  assertEquals([object, keys], [{ id: 1 }, ['{"key":"k-1"}', '{"key":"k-1"}']]);
});

Deno.test("Connection.request() does not retry a POST if its response cannot be parsed", async () => {
  const { fetch, keys } = cutOffOnce({ status: 201 });
  const error = await assertRejects(
    () => send(ACME, "/", { method: "POST", connection: { fetch } }),
    MalformedResponseError,
  );
  assertEquals([keys.length, error.mayHaveBeenApplied], [1, true]);
});

Deno.test("Connection.request() limits the attempts if no response can be parsed", async () => {
  let sent = 0;
  const fetch: Fetch = () => {
    sent++;
    return Promise.resolve(new Response("<html>"));
  };
  const connection = acme(ACME, { fetch });
  await assertRejects(() => connection.request("/"), MalformedResponseError);
  assertEquals(sent, 4);
  for (let call = 0; call < 50; call++) {
    await assertRejects(() => connection.request("/"), MalformedResponseError);
  }
  // The retry budget.
  assertEquals(sent, 51 + 20);
});

Deno.test("Connection.request() retries an idempotent request if a gateway rejects it with status 400", async () => {
  const html = { "content-type": "text/html" };
  for (
    const [text, headers] of [
      ["<h1>400 Bad Request</h1>", html],
      ["<html></html>", html],
      ["Bad Request", {}],
    ] as const
  ) {
    for (const method of ["GET", "DELETE", "POST"]) {
      let sent = 0;
      const fetch: Fetch = () =>
        Promise.resolve(
          ++sent === 1
            ? new Response(text, { status: 400, headers })
            : new Response("{}"),
        );
      const call = send(ACME, "/", { method, connection: { fetch } });
      const result = await call.then(({ status }) => status, (error) => error);
      if (method === "POST") {
        assertInstanceOf(result, ValidationError);
        assertEquals([sent, result.mayHaveBeenApplied], [1, false]);
      } else assertEquals([result, sent], [200, 2], method);
    }
  }
});

// --- Retry-After ---

/**
 * Sends requests that get such a response, and aborts each in the delay before
 * the retry. Returns the delays; `undefined` stands for no retry.
 */
async function delaysAfter(
  { count = 1, retry = FAST, ...init }: ResponseInit & {
    readonly count?: number;
    readonly retry?: RequestOptions["retry"];
  },
): Promise<(number | undefined)[]> {
  let stop = new AbortController();
  let delay: number | undefined;
  const connection = acme(ACME, {
    retry,
    fetch: () => Promise.resolve(json({}, init)),
    hooks: {
      onRetry({ delayMs }) {
        delay = delayMs;
        stop.abort("stop");
      },
    },
  });
  const delays: (number | undefined)[] = [];
  while (delays.length < count) {
    stop = new AbortController();
    delay = undefined;
    const call = connection.request("/", {
      method: init.status === 503 ? "GET" : "POST",
      timeoutMs: 2 ** 31 - 1,
      signal: stop.signal,
    });
    assertEquals(await rejection(call) === "stop", delay !== undefined);
    delays.push(delay);
  }
  return delays;
}

/** Delay after a response with such headers; `undefined` if it is random. */
async function delayAfter(
  headers: Record<string, string>,
  status = 429,
): Promise<number | undefined> {
  const [delay] = await delaysAfter({ headers, status });
  assert(delay !== undefined);
  return delay <= FAST.maxMs ? undefined : delay;
}

Deno.test("Connection.request() waits for the seconds of Retry-After, up to a day", async () => {
  for (
    const [value, ms] of Object.entries({
      "0": undefined,
      "1": 1000,
      "120": 120_000,
      " 7 ": 7000,
      "1.5": 1500,
      "-5": undefined,
      "86400": 86_400_000,
      "86401": 86_400_000,
      "99999999999999999999": 86_400_000,
    })
  ) {
    assertEquals(await delayAfter({ "retry-after": value }), ms, value);
    assertEquals(await delayAfter({ "retry-after": value }, 503), ms, value);
  }
});

Deno.test("Connection.request() waits until the date of Retry-After, relative to the Date header", async () => {
  // The three formats of RFC 9110: servers must send the first, and clients must
  // parse all. The clock of this server is decades slow.
  const date = "Sun, 06 Nov 1994 08:49:07 GMT";
  for (
    const value of [
      "Sun, 06 Nov 1994 08:49:37 GMT",
      "Sunday, 06-Nov-94 08:49:37 GMT",
      "Sun Nov  6 08:49:37 1994",
    ]
  ) {
    assertEquals(
      await delayAfter({ "retry-after": value, date }),
      30_000,
      value,
    );
    // Without the Date header, the date is long past.
    assertEquals(await delayAfter({ "retry-after": value }), undefined, value);
  }
  const past = { "retry-after": "Sun, 06 Nov 1994 08:48:00 GMT", date };
  assertEquals(await delayAfter(past), undefined);
  const far = { "retry-after": "Fri, 06 Nov 2054 08:48:00 GMT", date };
  assertEquals(await delayAfter(far), 86_400_000);
});

Deno.test("Connection.request() waits until the date of Retry-After, by the local clock if there is no valid Date header", async () => {
  const soon = new Date(Date.now() + 60_000).toUTCString();
  for (const date of ["", "invalid"]) {
    const ms = await delayAfter({ "retry-after": soon, ...(date && { date }) });
    assertGreater(ms ?? 0, 30_000);
    assertLess(ms ?? 0, 61_000);
  }
});

Deno.test("Connection.request() uses the backoff delay if Retry-After is invalid", async () => {
  for (
    const value of [
      "",
      " ",
      "soon",
      "1 minute",
      "NaN",
      "1,5",
      "later 2099",
      "-",
    ]
  ) {
    assertEquals(
      await delayAfter({ "retry-after": value }),
      undefined,
      JSON.stringify(value),
    );
  }
});

Deno.test("Connection.request() rejects at once if Retry-After exceeds the time limit", async () => {
  for (
    const value of [
      "3600",
      "99999999",
      new Date(Date.now() + 1e8).toUTCString(),
    ]
  ) {
    let sent = 0;
    const error = await assertRejects(
      () =>
        send(ACME, "/", {
          connection: {
            fetch() {
              sent++;
              const headers = { "retry-after": value };
              return Promise.resolve(json({}, { status: 429, headers }));
            },
          },
        }),
      RateLimitReachedError,
    );
    assertEquals(sent, 1);
    // The caller can read the required delay.
    assertGreater(error.retryAfterMs ?? 0, 3_599_999);
  }
});

Deno.test("Connection.request() retries after Retry-After, over a socket", async () => {
  await using server = await serveWire((wire) =>
    wire.number === 1
      ? wire.respond(429, "", { "retry-after": "0" })
      : wire.respond(201, "{}")
  );
  const { status } = await send(server.url, "/servers", { method: "POST" });
  assertEquals([status, server.requests.length], [201, 2]);
});

// --- Retry budget ---

Deno.test("Connection limits retries to a budget if all requests fail", async () => {
  const { fetch, methods } = statuses(503);
  const connection = acme(ACME, { fetch });
  const calls = Array.from({ length: 100 }, () => connection.request("/"));
  for (const { status } of await Promise.allSettled(calls)) {
    assertEquals(status, "rejected");
  }
  assertEquals(methods.length, 120);
});

Deno.test("Connection restores its retry budget by successful requests", async () => {
  let status = 503;
  let sent = 0;
  const connection = acme(ACME, {
    fetch() {
      sent++;
      return Promise.resolve(json({}, { status }));
    },
  });
  const count = async (times: number) => {
    const before = sent;
    for (let time = 0; time < times; time++) {
      await connection.request("/").catch(() => {});
    }
    return sent - before;
  };
  assertEquals(await count(200), 220);
  status = 200;
  assertEquals(await count(15), 15);
  status = 503;
  assertEquals(await count(1), 2);
  assertEquals(await count(1), 1);
});

Deno.test("Connection does not save up a larger retry budget by successful requests", async () => {
  const init = { status: 200 };
  let sent = 0;
  const connection = acme(ACME, {
    fetch() {
      sent++;
      return Promise.resolve(json({}, init));
    },
  });
  for (let time = 0; time < 50; time++) await connection.request("/");
  assertEquals(sent, 50);
  init.status = 503;
  const calls = Array.from({ length: 100 }, () => connection.request("/"));
  await Promise.allSettled(calls);
  assertEquals(sent, 50 + 120);
});

Deno.test("Connection.request() waits for the longer of Retry-After and the backoff delay", async () => {
  const delays = await delaysAfter({
    status: 429,
    headers: { "retry-after": "1" },
    retry: { baseMs: 60_000, maxMs: 60_000 },
    count: 20,
  });
  assertGreaterOrEqual(Math.min(...delays.map(Number)), 1000);
  assertGreater(Math.max(...delays.map(Number)), 1000);
});

Deno.test("Connection limits retries to a budget if the provider requests no delay", async () => {
  const responses: ResponseInit[] = [
    { status: 423 },
    ...["0", "-5", "0.001", "Sun, 06 Nov 1994 08:49:37 GMT"].map((value) => ({
      status: 429,
      headers: { "retry-after": value },
    })),
  ];
  for (const init of responses) {
    let sent = 0;
    const connection = acme(ACME, {
      fetch() {
        sent++;
        return Promise.resolve(json({}, init));
      },
    });
    const calls = Array.from(
      { length: 100 },
      () => connection.request("/", { method: "POST" }),
    );
    await Promise.allSettled(calls);
    assertEquals(sent, 120, Deno.inspect(init));
  }
});

Deno.test("Connection does not charge retries to the budget if the provider requests a delay", async () => {
  for (const status of [429, 423, 503]) {
    const headers = { "retry-after": "1" };
    const delays = await delaysAfter({ status, headers, count: 30 });
    assertEquals(delays, Array(30).fill(1000));
  }
});

// --- Classes of errors ---

Deno.test("Connection.request() rejects with the class for the status, independent of the body", async () => {
  const bodies = {
    json: '{"fault":{"text":"no"}}',
    empty: "",
    html: "<html><body><h1>502 Bad Gateway</h1></body></html>",
    truncated: '{"fault":{"te',
    null: "null",
    number: "5",
    text: "no",
    binary: "\0\u0001\ufffd",
  };
  const classes = {
    400: "ValidationError",
    401: "InvalidCredsError",
    402: "ApiError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    409: "ConflictError",
    410: "ApiError",
    422: "ValidationError",
    429: "RateLimitReachedError",
    500: "ServiceUnavailableError",
    502: "ServiceUnavailableError",
    503: "ServiceUnavailableError",
    599: "ServiceUnavailableError",
  };
  for (const [status, name] of Object.entries(classes)) {
    const verb = Number(status) < 500 ? "refused" : "failed";
    for (const [kind, text] of Object.entries(bodies)) {
      const reason = kind === "json" ? ': "no"' : "";
      const fetch: Fetch = () =>
        Promise.resolve(
          new Response(text, {
            status: Number(status),
            headers: { "x-request-id": "r-9", "content-type": "text/html" },
          }),
        );
      const error = await assertRejects(
        () =>
          send(ACME, "/servers/1", {
            operation: "getNode",
            params: { key: "hidden" },
            retry: false,
            connection: { fetch },
          }),
        ApiError,
        `getNode: Acme ${verb}${reason} (${status}, request id r-9)`,
        `${status} ${kind}`,
      );
      assertEquals(error.name, name);
      assertEquals({ ...error }, {
        provider: "acme",
        operation: "getNode",
        mayHaveBeenApplied: false,
        status: Number(status),
        code: undefined,
        requestId: "r-9",
        retryAfterMs: undefined,
        method: "GET",
        url: `${ACME}/servers/1`,
        body: text,
      });
      assert(CloudError.is(error));
    }
  }
});

Deno.test("Connection.request() ignores a reason that is not a string and a code that is not a string or number", async () => {
  for (
    const value of [5, 0, true, null, [], ["a"], {}, {
      toString: 1,
      valueOf: 1,
    }]
  ) {
    const fetch: Fetch = () =>
      Promise.resolve(
        json({ fault: { text: value, code: value } }, { status: 401 }),
      );
    await assertRejects(
      () => send(ACME, "/", { connection: { fetch } }),
      InvalidCredsError,
      `GET /: Acme refused (401${
        typeof value === "number" ? `, code ${value}` : ""
      })`,
      JSON.stringify(value),
    );
  }
});

Deno.test("Connection.request() rejects with ServiceUnavailableError for HTML with status 502, over a socket", async () => {
  await using server = await serveWire((wire) =>
    wire.respond(502, "<h1>Bad Gateway</h1>", { "content-type": "text/html" })
  );
  const error = await assertRejects(
    () => send(server.url, "/", { retry: false }),
    ServiceUnavailableError,
    "GET /: Acme failed (502)",
  );
  assertEquals(error.body, "<h1>Bad Gateway</h1>");
});

// --- Busy refusals ---

Deno.test("Connection.request() sends a POST again while the provider is busy, and then rejects with ConflictError", async () => {
  const busy = () =>
    json({ fault: { text: "wait", busy: true } }, { status: 400 });
  for (const refusals of [2, 9]) {
    let sent = 0;
    const fetch: Fetch = () =>
      Promise.resolve(++sent <= refusals ? busy() : json({}));
    const call = send(ACME, "/", { method: "POST", connection: { fetch } });
    if (refusals === 2) {
      assertEquals((await call).status, 200);
      assertEquals(sent, 3);
    } else {
      const error = await assertRejects(() => call, ConflictError);
      assertEquals([sent, error.mayHaveBeenApplied], [4, false]);
    }
  }
});

Deno.test("Connection.request() treats status 423 as busy, and obeys retry: false", async () => {
  let sent = 0;
  const fetch: Fetch = () => {
    sent++;
    return Promise.resolve(new Response(null, { status: 423 }));
  };
  const options = { method: "POST", connection: { fetch } };
  await assertRejects(
    () => send(ACME, "/", { ...options, retry: false }),
    ConflictError,
  );
  assertEquals(sent, 1);
});
