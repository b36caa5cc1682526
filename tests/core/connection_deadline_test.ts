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
  ask,
  inTime,
  json,
  rejection,
} from "./_acme.ts";
import { head, serveWire, type WireServer } from "./_wire.ts";

// Short enough to wait for, and far below what counts as "did not end".
const LIMIT_MS = 100;

type Phase = (options: RequestOptions) => Promise<unknown>;

/** Runs a request against a server that never comes to an end. */
function over(
  handle: Parameters<typeof serveWire>[0],
  connection: ConnectionOptions = {},
): Phase {
  return async (options) => {
    await using server: WireServer = await serveWire(handle);
    await ask(server.url, "/servers", { ...options, connection });
  };
}

/** Runs a request with a `fetch` of the caller's. */
function by(fetch: Fetch): Phase {
  return (options) =>
    ask(ACME, "/servers", { ...options, connection: { fetch } });
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

const refuseLogin: Fetch = () => Promise.resolve(json({}, { status: 401 }));
const user = { username: "me", password: "pw" };

const PHASES: Record<string, Phase> = {
  "while nobody accepts the connection": async (options) => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    await ask(`http://127.0.0.1:${listener.addr.port}`, "/", options);
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
  "in a body that drips": over(async (wire) => {
    await wire.send(head(200, { "transfer-encoding": "chunked" }));
    while (await wire.send("1\r\n \r\n")) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }),
  "in a body through the caller's own fetch": over(async (wire) => {
    await wire.send(head(200, { "content-length": 10 }) + "{");
    await wire.hungUp;
  }, { fetch: (request) => fetch(request) }),
  "between retries": by(() => Promise.reject(new TypeError("reset"))),
  "while Retry-After passes": by(() =>
    Promise.resolve(
      json({}, { status: 429, headers: { "retry-after": "0.01" } }),
    )
  ),
  "in a fetch that listens to its signal": by(
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
    new SlowRenewal(ACME, { ...user, fetch: refuseLogin })
      .request("/", options),
  "in a function that gets the token": (options) =>
    acmeToken(ACME, never, { fetch: never }).request("/", options),
};

// Retries that go on for as long as they are let.
const PATIENT = { maxAttempts: 1e9, baseMs: 20, maxMs: 20 };

for (const [name, phase] of Object.entries(PHASES)) {
  Deno.test(`Connection.request() ends in time ${name}`, async () => {
    const error = await rejection(
      phase({
        timeoutMs: LIMIT_MS,
        operation: "listNodes",
        retry: PATIENT,
      }),
    );
    if (/retries|Retry-After/.test(name)) {
      // With no time for another attempt left, the last failure says more.
      assertInstanceOf(error, Error);
      return;
    }
    assertInstanceOf(error, TimeoutError);
    assertEquals(
      error.message,
      `Cannot listNodes: not done after ${LIMIT_MS} ms`,
    );
    assertEquals(error.provider, "acme");
    assertEquals(error.operation, "listNodes");
    assert(!error.mayHaveBeenApplied);
  });

  Deno.test(`Connection.request() rethrows the caller's reason untouched ${name}`, async () => {
    for (const reason of [new Error("changed my mind"), 0]) {
      const controller = new AbortController();
      const timer = setTimeout(() => controller.abort(reason), 30);
      const call = phase({ signal: controller.signal, retry: PATIENT });
      assertStrictEquals(await rejection(call), reason);
      clearTimeout(timer);
    }
  });
}

Deno.test("Connection.request() ends in time even where retries would go on", async () => {
  let sent = 0;
  const error = await assertRejects(() =>
    ask(ACME, "/", {
      timeoutMs: LIMIT_MS,
      retry: PATIENT,
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

Deno.test("Connection.request() takes its time limit from the call, then the connection", async () => {
  const fetch = never;
  await assertRejects(
    () => ask(ACME, "/", { connection: { fetch, timeoutMs: 20 } }),
    TimeoutError,
    "after 20 ms",
  );
  await assertRejects(
    () =>
      ask(ACME, "/", { timeoutMs: 21, connection: { fetch, timeoutMs: 5e8 } }),
    TimeoutError,
    "after 21 ms",
  );
  for (const timeoutMs of [0, -1, NaN, Infinity, 2 ** 31]) {
    await assertRejects(
      () => ask(ACME, "/", { timeoutMs, connection: { fetch } }),
      RangeError,
    );
  }
});

Deno.test("TimeoutError of a write says that it may have been applied", async () => {
  await using server = await serveWire((wire) => wire.hungUp);
  for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
    const error = await assertRejects(
      () => ask(server.url, "/", { method, timeoutMs: LIMIT_MS }),
      TimeoutError,
    );
    assert(error.mayHaveBeenApplied, method);
  }
  assertEquals(server.requests.length, 4);
});

Deno.test("Connection.request() sends nothing for a signal that has fired", async () => {
  let sent = 0;
  const events: unknown[] = [];
  const connection = acme(ACME, {
    fetch() {
      sent++;
      return Promise.resolve(json({}));
    },
    hooks: { onRequest: (event) => events.push(event) },
  });
  for (const reason of [new Error("too late"), "text", null]) {
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

Deno.test("Connection.request() lets go of the server when it gives up", async () => {
  const gone: string[] = [];
  await using server = await serveWire(async (wire) => {
    // Before the headers as well as in the body.
    if (wire.target === "/body") {
      await wire.send(head(200, { "content-length": 10 }) + "{");
    }
    await wire.hungUp;
    gone.push(wire.target);
  });
  const timeoutMs = LIMIT_MS;
  const own: Fetch = (request) => fetch(request);
  for (const connection of [{}, { fetch: own }]) {
    for (const path of ["/head", "/body"]) {
      await assertRejects(
        () => ask(server.url, path, { timeoutMs, connection }),
        TimeoutError,
      );
    }
  }
  for (let turn = 0; gone.length < 4 && turn < 1000; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assertEquals(gone.sort(), ["/body", "/body", "/head", "/head"]);
});

Deno.test("Connection.request() cancels the body that a fetch brings after the time limit", async () => {
  const cancelled = Promise.withResolvers<void>();
  const late = Promise.withResolvers<Response>();
  await assertRejects(
    () =>
      ask(ACME, "/", {
        timeoutMs: 20,
        connection: { fetch: () => late.promise },
      }),
    TimeoutError,
  );
  late.resolve(new Response(new ReadableStream({ cancel: cancelled.resolve })));
  await inTime(cancelled.promise);
});

// --- Nothing is left behind; the sanitizers see timers and sockets ---

/** Counts the listeners that are added to any signal, less those removed. */
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

Deno.test("Connection.request() removes every listener, however the request ends", async () => {
  using listeners = countListeners();
  // A signal that follows a timer: with a listener left on it, a Deno process
  // would live for an hour.
  const signal = AbortSignal.timeout(3_600_000);
  await using server = await serveWire(async (wire) => {
    switch (wire.target) {
      case "/ok":
        return await wire.answer(200, "{}");
      case "/error":
        return await wire.answer(404, "{}");
      case "/again":
        return await wire.answer(wire.number % 2 ? 503 : 200, "{}");
      case "/reset":
        return wire.reset();
      default:
        return await wire.hungUp;
    }
  });
  const own: Fetch = (request) => fetch(request);
  for (const connection of [{}, { fetch: own }]) {
    for (const path of ["/ok", "/error", "/again", "/reset", "/stall"]) {
      const options = { signal, timeoutMs: path === "/stall" ? 50 : 5000 };
      await ask(server.url, path, { ...options, connection }).catch(() => {});
      // What was cancelled gets a turn to end.
      await new Promise((resolve) => setTimeout(resolve, 0));
      assertEquals(listeners.left, 0, path);
    }
  }
  assert(listeners.seen > 0);
});

Deno.test("Connection.request() removes every listener even where nothing ever answers", async () => {
  using listeners = countListeners();
  const signal = AbortSignal.timeout(3_600_000);
  for (const name of ["fetch", "body"]) {
    const fetch: Fetch = name === "fetch"
      ? never
      : () => Promise.resolve(new Response(endless()));
    await assertRejects(
      () => ask(ACME, "/", { signal, timeoutMs: 20, connection: { fetch } }),
      TimeoutError,
    );
    // What was cancelled gets a turn to end.
    await new Promise((resolve) => setTimeout(resolve, 0));
    assertEquals(listeners.left, 0, name);
  }
});

Deno.test("Connection refuses time limits that no timer can count, before any request", () => {
  for (const timeoutMs of [0, -5, NaN, Infinity, 2 ** 31]) {
    assertThrows(() => acme(ACME, { timeoutMs }), RangeError, "Cannot");
  }
});
