import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  Connection,
  type ConnectionOptions,
  type Fetch,
  type RequestOptions,
  TimeoutError,
} from "../../core/mod.ts";
import { faults, withFaults } from "../../testing/faults.ts";
import {
  ACME,
  acme,
  AcmeConnection,
  AcmeResponse,
  acmeToken,
  inTime,
  json,
  rejection,
  send,
} from "./_acme.ts";
import { head, serveWire, type WireServer } from "./_wire.ts";

// Short, and far below the time after which `inTime()` gives up.
const LIMIT_MS = 100;

type Phase = (options: RequestOptions) => Promise<unknown>;

/** Sends a request to a server that never completes its response. */
function over(
  handle: Parameters<typeof serveWire>[0],
  connection: ConnectionOptions = {},
): Phase {
  return async (options) => {
    await using server: WireServer = await serveWire(handle);
    await send(server.url, "/servers", { ...options, connection });
  };
}

/** Sends a request with a custom `fetch`. */
function by(fetch: Fetch): Phase {
  return (options) =>
    send(ACME, "/servers", { ...options, connection: { fetch } });
}

const never = () => new Promise<never>(() => {});
const endless = () =>
  new ReadableStream({
    start: (controller) => controller.enqueue(new Uint8Array([123])),
  });

class Slow extends Connection {
  override readonly provider = "acme";
  protected override readonly responseClass = AcmeResponse;
  protected override addDefaultHeaders() {
    return never();
  }
}

class SlowParams extends AcmeConnection {
  protected override addDefaultParams() {
    return never();
  }
}

class SlowRenewal extends AcmeConnection {
  protected override renewCredentials() {
    return never();
  }
}

const rejectCredentials: Fetch = () =>
  Promise.resolve(json({}, { status: 401 }));
const user = { username: "me", password: "pw" };

const PHASES: Record<string, Phase> = {
  "while the connection is not accepted": async (options) => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    await send(`http://127.0.0.1:${listener.addr.port}`, "/", options);
  },
  "before the headers": over((wire) => wire.hungUp),
  "in the headers": over(async (wire) => {
    await wire.send("HTTP/1.1 200 OK\r\ncontent-");
    await wire.hungUp;
  }),
  "before the body": over(async (wire) => {
    await wire.send(head(200, { "content-length": 10 }));
    await wire.hungUp;
  }),
  "in a body of known length": over(async (wire) => {
    await wire.send(head(200, { "content-length": 10 }) + '{"a"');
    await wire.hungUp;
  }),
  "in a chunked body": over(async (wire) => {
    await wire.send(head(200, { "transfer-encoding": "chunked" }) + "1\r\n{");
    await wire.hungUp;
  }),
  "in the body of a failure": over(async (wire) => {
    await wire.send(head(500, { "content-length": 10 }) + "{");
    await wire.hungUp;
  }),
  "in a body that arrives slowly": over(async (wire) => {
    await wire.send(head(200, { "transfer-encoding": "chunked" }));
    while (await wire.send("1\r\n \r\n")) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }),
  "in a body with a custom fetch": over(async (wire) => {
    await wire.send(head(200, { "content-length": 10 }) + "{");
    await wire.hungUp;
  }, { fetch: (request) => fetch(request) }),
  "between retries": by(() => Promise.reject(new TypeError("reset"))),
  "during Retry-After": by(() =>
    Promise.resolve(
      json({}, { status: 429, headers: { "retry-after": "0.01" } }),
    )
  ),
  "in a fetch that observes its signal": by(
    withFaults(never, [{ faults: [faults.stall()], then: "repeat" }]),
  ),
  "in a fetch that ignores its signal": by(never),
  "in a body that ignores the signal": by(() =>
    Promise.resolve(new Response(endless()))
  ),
  "in addDefaultHeaders()": (options) =>
    new Slow(ACME, { fetch: never }).request("/", options),
  "in addDefaultParams()": (options) =>
    new SlowParams(ACME, { ...user, fetch: never }).request("/", options),
  "in renewCredentials()": (options) =>
    new SlowRenewal(ACME, { ...user, fetch: rejectCredentials })
      .request("/", options),
  "in the token function": (options) =>
    acmeToken(ACME, never, { fetch: never }).request("/", options),
};

// Retries until the time limit.
const MANY_RETRIES = { maxAttempts: 1e9, baseMs: 20, maxMs: 20 };

for (const [name, phase] of Object.entries(PHASES)) {
  Deno.test(`Connection.request() enforces timeoutMs ${name}`, async () => {
    const error = await rejection(
      phase({
        timeoutMs: LIMIT_MS,
        operation: "listNodes",
        retry: MANY_RETRIES,
      }),
    );
    if (/retries|Retry-After/.test(name)) {
      // If no time is left for another attempt, the last failure is thrown.
      assertInstanceOf(error, Error);
      return;
    }
    assertInstanceOf(error, TimeoutError);
    assertEquals(
      error.message,
      `listNodes: timed out after ${LIMIT_MS} ms`,
    );
    assertEquals(error.provider, "acme");
    assertEquals(error.operation, "listNodes");
    assert(!error.mayHaveBeenApplied);
  });

  Deno.test(`Connection.request() rejects with the unchanged reason of an abort ${name}`, async () => {
    for (const reason of [new Error("aborted"), 0]) {
      const controller = new AbortController();
      const timer = setTimeout(() => controller.abort(reason), 30);
      const call = phase({ signal: controller.signal, retry: MANY_RETRIES });
      assertStrictEquals(await rejection(call), reason);
      clearTimeout(timer);
    }
  });
}

Deno.test("Connection.request() enforces timeoutMs over all attempts", async () => {
  let sent = 0;
  const error = await assertRejects(() =>
    send(ACME, "/", {
      timeoutMs: LIMIT_MS,
      retry: MANY_RETRIES,
      connection: {
        fetch() {
          sent++;
          const headers = { "retry-after": "0.02" };
          return Promise.resolve(json({}, { status: 503, headers }));
        },
      },
    })
  );
  assertInstanceOf(error, Error);
  assert(sent > 1 && sent <= 9, `${sent} requests`);
});

Deno.test("Connection.request() prefers timeoutMs of the call to that of the connection", async () => {
  const fetch = never;
  await assertRejects(
    () => send(ACME, "/", { connection: { fetch, timeoutMs: 20 } }),
    TimeoutError,
    "GET /: timed out after 20 ms",
  );
  await assertRejects(
    () =>
      send(ACME, "/", { timeoutMs: 21, connection: { fetch, timeoutMs: 5e8 } }),
    TimeoutError,
    "GET /: timed out after 21 ms",
  );
  for (const timeoutMs of [0, -1, NaN, Infinity, 2 ** 31]) {
    await assertRejects(
      () => send(ACME, "/", { timeoutMs, connection: { fetch } }),
      RangeError,
      `GET /: timeoutMs must be a number from 1 to 2147483647, got ${timeoutMs}`,
    );
  }
});

Deno.test("TimeoutError.mayHaveBeenApplied is true for a write", async () => {
  let sent = 0;
  const fetch = () => {
    sent++;
    return new Promise<never>(() => {});
  };
  for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
    const options = { method, timeoutMs: LIMIT_MS, connection: { fetch } };
    const error = await assertRejects(
      () => send(ACME, "/", options),
      TimeoutError,
    );
    assert(error.mayHaveBeenApplied, method);
  }
  assertEquals(sent, 4);
});

Deno.test("Connection.request() sends nothing if the signal is already aborted", async () => {
  let sent = 0;
  const events: unknown[] = [];
  const connection = acme(ACME, {
    fetch() {
      sent++;
      return Promise.resolve(json({}));
    },
    hooks: { onRequest: (event) => events.push(event) },
  });
  for (const reason of [new Error("aborted"), "text", null]) {
    const signal = AbortSignal.abort(reason);
    assertStrictEquals(
      await rejection(connection.request("/", { signal })),
      reason,
    );
  }
  const signal = AbortSignal.abort();
  const error = await rejection(connection.request("/", { signal }));
  assertStrictEquals(error, signal.reason);
  assertEquals([sent, events], [0, []]);
});

/** Waits before a request is sent, in every place where it is possible. */
const SLOW: Record<
  string,
  (wait: () => Promise<void>, fetch: Fetch) => Connection
> = {
  "the token function": (wait, fetch) =>
    acmeToken(ACME, () => wait().then(() => "token"), { fetch }),
  "addDefaultHeaders()": (wait, fetch) =>
    new class extends AcmeConnection {
      protected override addDefaultHeaders = wait;
    }(ACME, { ...user, fetch }),
  "addDefaultParams()": (wait, fetch) =>
    new class extends AcmeConnection {
      protected override addDefaultParams = wait;
    }(ACME, { ...user, fetch }),
  "signRequest()": (wait, fetch) =>
    new class extends AcmeConnection {
      protected override signRequest = wait;
    }(ACME, { ...user, fetch }),
};

for (const [name, connect] of Object.entries(SLOW)) {
  Deno.test(`Connection.request() hands nothing to fetch after a timeout or an abort in ${name}`, async () => {
    for (const how of ["timeout", "abort"]) {
      let sent = 0;
      const gate = Promise.withResolvers<void>();
      const connection = connect(() => gate.promise, () => {
        sent++;
        return Promise.resolve(json({}));
      });
      const controller = new AbortController();
      const call = rejection(
        connection.request("/", {
          method: "POST",
          signal: controller.signal,
          timeoutMs: how === "timeout" ? 20 : 60_000,
        }),
      );
      if (how === "abort") controller.abort("enough");
      const error = await call;
      if (how === "abort") assertEquals(error, "enough");
      else {
        assertInstanceOf(error, TimeoutError);
        assertEquals(error.mayHaveBeenApplied, false);
      }
      gate.resolve();
      // Lets the rest of the attempt run.
      await new Promise((resolve) => setTimeout(resolve, 5));
      assertEquals(sent, 0, how);
    }
  });
}

Deno.test("Connection.request() hands nothing to fetch if onRequest aborts", async () => {
  let sent = 0;
  const controller = new AbortController();
  const call = send(ACME, "/", {
    signal: controller.signal,
    connection: {
      fetch() {
        sent++;
        return Promise.resolve(json({}));
      },
      hooks: { onRequest: () => controller.abort("enough") },
    },
  });
  assertEquals(await rejection(call), "enough");
  assertEquals(sent, 0);
});

Deno.test("Connection.request() accepts a timeoutMs with a fraction", async () => {
  const fetch: Fetch = () => Promise.resolve(json({ id: 1 }));
  const { object } = await send(ACME, "/", {
    timeoutMs: 1500.5,
    connection: { fetch, timeoutMs: 60_000.25 },
  });
  assertEquals(object, { id: 1 });
});

Deno.test("Connection.request() closes the connection after a timeout", async () => {
  const closed: string[] = [];
  await using server = await serveWire(async (wire) => {
    // Both before the headers and in the body.
    if (wire.target === "/body") {
      await wire.send(head(200, { "content-length": 10 }) + "{");
    }
    await wire.hungUp;
    closed.push(wire.target);
  });
  const timeoutMs = LIMIT_MS;
  const custom: Fetch = (request) => fetch(request);
  for (const connection of [{}, { fetch: custom }]) {
    for (const path of ["/head", "/body"]) {
      await assertRejects(
        () => send(server.url, path, { timeoutMs, connection }),
        TimeoutError,
      );
    }
  }
  for (let turn = 0; closed.length < 4 && turn < 1000; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assertEquals(closed.sort(), ["/body", "/body", "/head", "/head"]);
});

Deno.test("Connection.request() cancels the body of a response that arrives after the timeout", async () => {
  const cancelled = Promise.withResolvers<void>();
  const late = Promise.withResolvers<Response>();
  await assertRejects(
    () =>
      send(ACME, "/", {
        timeoutMs: 20,
        connection: { fetch: () => late.promise },
      }),
    TimeoutError,
  );
  late.resolve(new Response(new ReadableStream({ cancel: cancelled.resolve })));
  await inTime(cancelled.promise);
});

// --- Listeners; timers and sockets are checked by the sanitizers of the test runner ---

/** Counts the listeners added to any signal and not yet removed. */
function countListeners() {
  const { addEventListener, removeEventListener } = AbortSignal.prototype;
  const listening = new Map<AbortSignal, Set<unknown>>();
  AbortSignal.prototype.addEventListener = function (
    this: AbortSignal,
    ...args: unknown[]
  ) {
    const listeners = listening.get(this) ?? new Set();
    listening.set(this, listeners.add(args[1]));
    return Reflect.apply(addEventListener, this, args);
  };
  AbortSignal.prototype.removeEventListener = function (
    this: AbortSignal,
    ...args: unknown[]
  ) {
    listening.get(this)?.delete(args[1]);
    return Reflect.apply(removeEventListener, this, args);
  };
  return {
    get left() {
      return [...listening.values()].reduce((sum, { size }) => sum + size, 0);
    },
    get seen() {
      return listening.size;
    },
    [Symbol.dispose]() {
      Object.assign(AbortSignal.prototype, {
        addEventListener,
        removeEventListener,
      });
    },
  };
}

Deno.test("Connection.request() removes every listener after success, failure and timeout", async () => {
  using listeners = countListeners();
  // With a listener left on such a signal, a Deno process would not exit before
  // the timer fires.
  const signal = AbortSignal.timeout(3_600_000);
  await using server = await serveWire(async (wire) => {
    switch (wire.target) {
      case "/ok":
        return await wire.respond(200, "{}");
      case "/error":
        return await wire.respond(404, "{}");
      case "/again":
        return await wire.respond(wire.number % 2 ? 503 : 200, "{}");
      case "/reset":
        return wire.reset();
      default:
        return await wire.hungUp;
    }
  });
  const custom: Fetch = (request) => fetch(request);
  for (const connection of [{}, { fetch: custom }]) {
    for (const path of ["/ok", "/error", "/again", "/reset", "/stall"]) {
      const options = { signal, timeoutMs: path === "/stall" ? 50 : 5000 };
      await send(server.url, path, { ...options, connection }).catch(() => {});
      // Lets cancelled work finish.
      await new Promise((resolve) => setTimeout(resolve, 0));
      assertEquals(listeners.left, 0, path);
    }
  }
  assert(listeners.seen > 0);
});

Deno.test("Connection.request() removes every listener if no response arrives", async () => {
  using listeners = countListeners();
  const signal = AbortSignal.timeout(3_600_000);
  for (const name of ["fetch", "body"]) {
    const fetch: Fetch = name === "fetch"
      ? never
      : () => Promise.resolve(new Response(endless()));
    await assertRejects(
      () => send(ACME, "/", { signal, timeoutMs: 20, connection: { fetch } }),
      TimeoutError,
    );
    // Lets cancelled work finish.
    await new Promise((resolve) => setTimeout(resolve, 0));
    assertEquals(listeners.left, 0, name);
  }
});

Deno.test("Connection rejects time limits out of range", () => {
  for (const timeoutMs of [0, -5, NaN, Infinity, 2 ** 31]) {
    assertThrows(
      () => acme(ACME, { timeoutMs }),
      RangeError,
      `connection: timeoutMs must be a number from 1 to 2147483647, got ${timeoutMs}`,
    );
  }
});
