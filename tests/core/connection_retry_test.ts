import {
  assert,
  assertEquals,
  assertGreater,
  assertInstanceOf,
  assertLess,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import {
  ApiError,
  CloudError,
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
} from "../../core/mod.ts";
import { faults, withFaults } from "../../testing/faults.ts";
import { ACME, acme, ask, FAST, json, rejection } from "./_acme.ts";
import { head, KEEP, serveWire } from "./_wire.ts";

const READS_AND_REPEATABLE_WRITES = ["GET", "HEAD", "PUT", "DELETE"];
const OTHER_WRITES = ["POST", "PATCH"];

/** Answers with one status after the other, and keeps on with the last. */
function statuses(...codes: number[]) {
  const methods: string[] = [];
  const fetch: Fetch = (request) => {
    const status = codes[methods.length] ?? codes.at(-1) ?? 200;
    methods.push(request.method);
    const isBare = request.method === "HEAD" || status === 204;
    return Promise.resolve(new Response(isBare ? null : "{}", { status }));
  };
  return { fetch, methods };
}

/** What became of a request, and how often it was sent. */
async function outcome(
  codes: number[],
  options: RequestOptions & { connection?: ConnectionOptions } = {},
) {
  const { fetch, methods } = statuses(...codes);
  const connection = { fetch, ...options.connection };
  const call = ask(ACME, "/servers", { ...options, connection });
  const result = await call.then(({ status }) => status, (error) => error);
  return { result, sent: methods.length };
}

Deno.test("Connection.request() repeats what may be repeated after 408, 429 and 5xx", async () => {
  for (const method of READS_AND_REPEATABLE_WRITES) {
    for (const status of [408, 429, 500, 502, 503, 504]) {
      const { result, sent } = await outcome([status, status, 200], { method });
      assertEquals([method, status, result, sent], [method, status, 200, 3]);
    }
  }
});

Deno.test("Connection.request() repeats no POST and no PATCH, but after 429", async () => {
  for (const method of OTHER_WRITES) {
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

Deno.test("Connection.request() repeats no refusal that would stay one", async () => {
  for (const status of [400, 401, 403, 404, 405, 409, 410, 418, 422, 501]) {
    const { result, sent } = await outcome([status, 200]);
    assertInstanceOf(result, ApiError);
    assertEquals([result.status, sent], [status, 1]);
    assertEquals(result.mayHaveBeenApplied, false);
  }
});

Deno.test("Connection.request() gives up after four attempts, and throws the last failure", async () => {
  const { result, sent } = await outcome([500, 502, 503, 504]);
  assertInstanceOf(result, ServiceUnavailableError);
  assertEquals([result.status, sent], [504, 4]);
});

Deno.test("Connection.request() takes its number of attempts from the call, then the connection", async () => {
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

Deno.test("Connection.request() repeats a POST that says it is idempotent, and no GET that says it is not", async () => {
  const repeated = { method: "POST", idempotent: true };
  assertEquals(await outcome([503, 201], repeated), { result: 201, sent: 2 });
  const { sent } = await outcome([503, 200], { idempotent: false });
  assertEquals(sent, 1);
});

Deno.test("Connection.request() sends the same request again, data and headers included", async () => {
  const seen: string[] = [];
  await ask(ACME, "/servers?a=1", {
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

// --- Lines that break, over sockets ---

Deno.test("Connection.request() sends a GET again when the connection is reset, closed, or ends too early", async () => {
  const breaks = {
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
  for (const [name, breakOff] of Object.entries(breaks)) {
    await using server = await serveWire((wire) =>
      wire.number === 1 ? breakOff(wire) : wire.answer(200, '{"ok":true}')
    );
    const response = await ask(server.url, "/");
    assertEquals(response.object, { ok: true }, name);
    assertEquals(server.requests.length, 2, name);

    await using dead = await serveWire(breakOff);
    const error = await assertRejects(
      () => ask(dead.url, "/"),
      ConnectionError,
      "Cannot GET /: ",
      name,
    );
    assertEquals(dead.requests.length, 4, name);
    assert(!error.isUnsent && !error.mayHaveBeenApplied, name);
  }
});

Deno.test("Connection.request() sends a POST once when the connection breaks after it was read", async () => {
  for (const how of ["reset", "close"] as const) {
    await using server = await serveWire((wire) => wire[how]());
    const error = await assertRejects(
      () => ask(server.url, "/servers", { method: "POST", data: { a: 1 } }),
      ConnectionError,
    );
    assertEquals(server.requests.length, 1);
    assertEquals(server.requests[0]?.method, "POST");
    assert(error.mayHaveBeenApplied);
    assert(!error.isUnsent);
  }
});

Deno.test("Connection.request() sends a POST once when a connection that was used before breaks", async () => {
  // Deno would send it again by itself, but for a body that it cannot repeat
  // (denoland/deno#32566); so without a body it does.
  for (const method of ["POST", "PATCH"]) {
    for (const how of ["reset", "close"] as const) {
      await using server = await serveWire(async (wire) => {
        if (wire.method !== "GET") return wire[how]();
        await wire.answer(200, "{}", { connection: "keep-alive" });
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

Deno.test("Connection.request() sends a POST once when its answer is cut off", async () => {
  await using server = await serveWire((wire) =>
    wire.send(head(201, { "content-length": 100 }) + '{"id":')
  );
  const error = await assertRejects(
    () => ask(server.url, "/servers", { method: "POST", data: {} }),
    ConnectionError,
  );
  assertEquals(server.requests.length, 1);
  assert(error.mayHaveBeenApplied);
});

Deno.test("Connection.request() sends a POST again when the connection was refused, for nothing was sent", async () => {
  // A port that nobody listens on any more.
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const retries: RetryEvent[] = [];
  const error = await assertRejects(
    () =>
      ask(`http://127.0.0.1:${port}`, "/servers", {
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
  assertEquals((await ask(ACME, "/", post)).status, 201);
  assertEquals(methods.length, 1);
});

Deno.test("Connection.request() sends a POST once when the line breaks, whatever its path is called", async () => {
  for (
    const path of ["/refused", "/ECONNREFUSED/(connect)", "/a?b=ENOTFOUND"]
  ) {
    let sent = 0;
    const fetch: Fetch = ({ url }) => {
      sent++;
      // As Deno says it: with the URL in the message.
      const cause = new Error("Connection reset by peer (os error 104)");
      throw new TypeError(`error sending request for url (${url})`, { cause });
    };
    const error = await assertRejects(
      () => ask(ACME, path, { method: "POST", connection: { fetch } }),
      ConnectionError,
    );
    assertEquals([sent, error.mayHaveBeenApplied], [1, true], path);
  }
});

Deno.test("ConnectionError shows no query string, for some providers want a key in it", async () => {
  const fetch: Fetch = ({ url }) => {
    const cause = new Error(`cannot reach ${url}`);
    throw new TypeError(`error sending request for url (${url})`, { cause });
  };
  const error = await assertRejects(
    () => ask(ACME, "/a", { params: { key: "canary" }, connection: { fetch } }),
    ConnectionError,
    `Cannot GET /a: error sending request for url (${ACME}/a)`,
  );
  assert(!Deno.inspect(error).includes("canary"));
});

Deno.test("ConnectionError says why, in the words of the runtime", async () => {
  const cause = Object.assign(new Error("read ECONNRESET"), { code: "ECONN" });
  const fetch: Fetch = () => {
    throw new TypeError("fetch failed", { cause });
  };
  const error = await assertRejects(
    () => ask(ACME, "/", { operation: "listNodes", connection: { fetch } }),
    ConnectionError,
    "Cannot listNodes: fetch failed; read ECONNRESET ECONN",
  );
  assertEquals(error.provider, "acme");
  assertEquals(error.operation, "listNodes");
  for (const nonsense of [undefined, null, "text", 5, {}]) {
    await assertRejects(
      () =>
        ask(ACME, "/", {
          connection: { fetch: () => Promise.reject(nonsense) },
        }),
      ConnectionError,
      "Cannot GET /: the line broke",
    );
  }
});

// --- DELETE ---

Deno.test("Connection.request() takes a 404 for success when an earlier DELETE may have been applied", async () => {
  const remove = { method: "DELETE" };
  for (const first of [500, 502, 503, 504]) {
    assertEquals(await outcome([first, 404], remove), { result: 404, sent: 2 });
  }
  await using server = await serveWire((wire) =>
    wire.number === 1 ? wire.reset() : wire.answer(404)
  );
  assertEquals((await ask(server.url, "/1", remove)).status, 404);
});

Deno.test("Connection.request() throws NotFoundError when no earlier DELETE can have been applied", async () => {
  const remove = { method: "DELETE" };
  for (const codes of [[404], [429, 404], [408, 404], [429, 429, 404]]) {
    const { result, sent } = await outcome(codes, remove);
    assertInstanceOf(result, NotFoundError);
    assertEquals(sent, codes.length);
    assertEquals(result.mayHaveBeenApplied, false);
  }
  const { fetch } = statuses(404);
  const refused = withFaults(fetch, [faults.refuse()]);
  await assertRejects(
    () => ask(ACME, "/1", { ...remove, connection: { fetch: refused } }),
    NotFoundError,
  );
  const { result } = await outcome([503, 404], { method: "PUT" });
  assertInstanceOf(result, NotFoundError);
});

Deno.test("CloudError.mayHaveBeenApplied remembers the attempts before the last one", async () => {
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

Deno.test("CloudError.mayHaveBeenApplied is true for a write whose answer cannot be read", async () => {
  const fetch: Fetch = () => Promise.resolve(new Response('{"id":', {}));
  for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE"]) {
    const error = await assertRejects(
      () => ask(ACME, "/", { method, connection: { fetch } }),
      MalformedResponseError,
    );
    assertEquals(error.mayHaveBeenApplied, method !== "GET");
  }
});

// --- Retry-After ---

/** The pause after an answer with such headers, as the hook tells it. */
async function pauseAfter(
  headers: Record<string, string>,
  status = 429,
): Promise<number | undefined> {
  const stop = new Error("seen enough");
  const delays: number[] = [];
  const call = ask(ACME, "/", {
    method: status === 429 ? "POST" : "GET",
    timeoutMs: 2 ** 31 - 1,
    connection: {
      fetch: () => Promise.resolve(json({}, { status, headers })),
      hooks: {
        onRetry({ delayMs }) {
          delays.push(delayMs);
          throw stop;
        },
      },
    },
  });
  assertStrictEquals(await rejection(call), stop);
  const [delay] = delays;
  return delay !== undefined && delay <= FAST.maxMs && delay > 0 &&
      !Number.isInteger(delay)
    ? undefined
    : delay;
}

Deno.test("Connection.request() waits as long as Retry-After says, in seconds", async () => {
  for (
    const [value, ms] of Object.entries({
      "0": 0,
      "1": 1000,
      "120": 120_000,
      " 7 ": 7000,
      "1.5": 1500,
      "-5": 0,
      "86400": 86_400_000,
      "86401": 86_400_000,
      "99999999999999999999": 86_400_000,
    })
  ) {
    assertEquals(await pauseAfter({ "retry-after": value }), ms, value);
    assertEquals(await pauseAfter({ "retry-after": value }, 503), ms, value);
  }
});

Deno.test("Connection.request() waits until the date in Retry-After, by the server's own clock", async () => {
  // The three forms of RFC 9110, of which servers must send the first and
  // clients must read all; this server's clock is decades wrong.
  const date = "Sun, 06 Nov 1994 08:49:07 GMT";
  for (
    const value of [
      "Sun, 06 Nov 1994 08:49:37 GMT",
      "Sunday, 06-Nov-94 08:49:37 GMT",
      "Sun Nov  6 08:49:37 1994",
    ]
  ) {
    assertEquals(
      await pauseAfter({ "retry-after": value, date }),
      30_000,
      value,
    );
    // Without that clock, by ours the date is long gone.
    assertEquals(await pauseAfter({ "retry-after": value }), 0, value);
  }
  const past = { "retry-after": "Sun, 06 Nov 1994 08:48:00 GMT", date };
  assertEquals(await pauseAfter(past), 0);
  const far = { "retry-after": "Fri, 06 Nov 2054 08:48:00 GMT", date };
  assertEquals(await pauseAfter(far), 86_400_000);
});

Deno.test("Connection.request() waits until the date in Retry-After, by our clock where the server has none", async () => {
  const soon = new Date(Date.now() + 60_000).toUTCString();
  for (const date of ["", "nonsense"]) {
    const ms = await pauseAfter({ "retry-after": soon, ...(date && { date }) });
    assertGreater(ms ?? 0, 30_000);
    assertLess(ms ?? 0, 61_000);
  }
});

Deno.test("Connection.request() chooses the pause itself where Retry-After is nonsense", async () => {
  for (
    const value of ["", " ", "soon", "1 minute", "NaN", "1,5", "later 2", "-"]
  ) {
    assertEquals(
      await pauseAfter({ "retry-after": value }),
      undefined,
      JSON.stringify(value),
    );
  }
});

Deno.test("Connection.request() does not wait for what would come after its time limit", async () => {
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
        ask(ACME, "/", {
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
    // A caller that has more time can read how much is needed.
    assertGreater(error.retryAfterMs ?? 0, 3_599_999);
  }
});

Deno.test("Connection.request() asks again after Retry-After, over a socket", async () => {
  await using server = await serveWire((wire) =>
    wire.number === 1
      ? wire.answer(429, "", { "retry-after": "0" })
      : wire.answer(201, "{}")
  );
  const { status } = await ask(server.url, "/servers", { method: "POST" });
  assertEquals([status, server.requests.length], [201, 2]);
});

// --- The budget ---

Deno.test("Connection repeats only a small part of its requests when everything fails", async () => {
  const { fetch, methods } = statuses(503);
  const connection = acme(ACME, { fetch });
  const calls = Array.from({ length: 100 }, () => connection.request("/"));
  for (const { status } of await Promise.allSettled(calls)) {
    assertEquals(status, "rejected");
  }
  assertEquals(methods.length, 120);
});

Deno.test("Connection earns its retries back by what succeeds, however much failed before", async () => {
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

Deno.test("Connection spends nothing on pauses that the provider asked for", async () => {
  let sent = 0;
  const connection = acme(ACME, {
    fetch() {
      sent++;
      const headers = { "retry-after": "0" };
      return Promise.resolve(json({}, { status: 429, headers }));
    },
  });
  for (let call = 0; call < 20; call++) {
    await assertRejects(() => connection.request("/"), RateLimitReachedError);
  }
  assertEquals(sent, 80);
});

// --- The right class for every failure ---

Deno.test("Connection.request() chooses the class of an error by the status, whatever the body is", async () => {
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
    for (const [kind, text] of Object.entries(bodies)) {
      const fetch: Fetch = () =>
        Promise.resolve(
          new Response(text, {
            status: Number(status),
            headers: { "x-request-id": "r-9", "content-type": "text/html" },
          }),
        );
      const error = await assertRejects(
        () =>
          ask(ACME, "/servers/1", {
            operation: "getNode",
            params: { key: "hidden" },
            retry: false,
            connection: { fetch },
          }),
        ApiError,
        "Cannot getNode: ",
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

Deno.test("Connection.request() survives a reason and a code that are no texts", async () => {
  for (
    const odd of [5, 0, true, null, [], ["a"], {}, { toString: 1, valueOf: 1 }]
  ) {
    const fetch: Fetch = () =>
      Promise.resolve(
        json({ fault: { text: odd, code: odd } }, { status: 401 }),
      );
    await assertRejects(
      () => ask(ACME, "/", { connection: { fetch } }),
      InvalidCredsError,
      "Cannot GET /: ",
      JSON.stringify(odd),
    );
  }
});

Deno.test("Connection.request() gives HTML with 502 its class, over a socket", async () => {
  await using server = await serveWire((wire) =>
    wire.answer(502, "<h1>Bad Gateway</h1>", { "content-type": "text/html" })
  );
  const error = await assertRejects(
    () => ask(server.url, "/", { retry: false }),
    ServiceUnavailableError,
    "Cannot GET /: HTTP 502",
  );
  assertEquals(error.body, "<h1>Bad Gateway</h1>");
});
