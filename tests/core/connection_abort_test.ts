import {
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import {
  AbortedError,
  type ConnectionOptions,
  Deadline,
  type Fetch,
  JsonApi,
  MalformedResponseError,
  type RequestOptions,
  TimeoutError,
} from "../../core/mod.ts";
import { type Fault, faults, withFaults } from "../../testing/faults.ts";
import {
  ACME,
  acme,
  AcmeConnection,
  acmeToken,
  FAST,
  json,
  rejection,
  send,
} from "./_acme.ts";

const never = () => new Promise<never>(() => {});
const CREATE: RequestOptions = {
  method: "POST",
  operation: "createNode",
  data: { name: "web" },
  creates: true,
};

/** Reasons of aborts, frozen so that a modification throws. */
function reasons(): unknown[] {
  return [
    new Error("enough"),
    "enough",
    0,
    null,
    new TimeoutError("test: another call took too long", {}),
  ].map((reason) => Object.freeze(reason));
}

/** Sends a request, and aborts it when the delay before a retry begins. */
function abortedInDelay(
  reason: unknown,
  fetch: Fetch,
  options: RequestOptions,
): Promise<unknown> {
  const controller = new AbortController();
  const connection: ConnectionOptions = {
    fetch,
    retry: { baseMs: 60_000 },
    hooks: { onRetry: () => controller.abort(reason) },
  };
  const { signal } = controller;
  return rejection(send(ACME, "/", { ...options, signal, connection }));
}

Deno.test("Connection.request() rejects with AbortedError if the signal aborts after a create was sent", async () => {
  const body = () => Promise.resolve(new Response(new ReadableStream()));
  for (const respond of [never, body]) {
    for (const reason of reasons()) {
      const controller = new AbortController();
      const fetch: Fetch = () => {
        setTimeout(() => controller.abort(reason));
        return respond();
      };
      const { signal } = controller;
      const error = await rejection(
        send(ACME, "/servers", { ...CREATE, signal, connection: { fetch } }),
      );
      assertInstanceOf(error, AbortedError);
      assertStrictEquals(error.cause, reason);
      assertEquals(
        String(error),
        "AbortError: createNode: aborted; the request may have been applied",
      );
      assertEquals<object>({ ...error }, {
        provider: "acme",
        operation: "createNode",
        mayHaveBeenApplied: true,
      });
    }
  }
});

Deno.test("Connection.request() rejects with AbortedError if the signal aborts after an attempt to create may have been applied", async () => {
  const fetch = withFaults(never, [faults.reset()]);
  const options = { ...CREATE, idempotent: true };
  const error = await abortedInDelay("enough", fetch, options);
  assertInstanceOf(error, AbortedError);
  assertEquals([error.cause, error.mayHaveBeenApplied], ["enough", true]);
});

Deno.test("Connection.request() rejects with the reason of an abort if the provider did not apply the create", async () => {
  for (const reason of reasons()) {
    for (const fault of [faults.rateLimit(), faults.refuse()]) {
      const fetch = withFaults(never, [fault]);
      const error = await abortedInDelay(reason, fetch, CREATE);
      assertStrictEquals(error, reason);
    }
    const controller = new AbortController();
    const { signal } = controller;
    const connection = acmeToken(ACME, never, { fetch: never });
    const call = rejection(connection.request("/", { ...CREATE, signal }));
    controller.abort(reason);
    assertStrictEquals(await call, reason);
  }
});

Deno.test("Connection.request() rejects with the reason of an abort if the request creates nothing", async () => {
  for (const method of ["GET", "POST", "DELETE"]) {
    for (const reason of reasons()) {
      const controller = new AbortController();
      const fetch: Fetch = () => {
        setTimeout(() => controller.abort(reason));
        return never();
      };
      const { signal } = controller;
      const options = { method, signal, connection: { fetch } };
      assertStrictEquals(await rejection(send(ACME, "/", options)), reason);
    }
  }
});

/** Sends a create, and aborts it when its response has arrived. */
function abortedAfter(
  response: Response,
  faults: readonly Fault[] = [],
): Promise<unknown> {
  const controller = new AbortController();
  const { signal } = controller;
  const connection: ConnectionOptions = {
    fetch: withFaults(() => Promise.resolve(response), faults),
    retry: FAST,
    hooks: { onResponse: () => controller.abort("enough") },
  };
  const options = { ...CREATE, idempotent: true, signal, connection };
  return rejection(send(ACME, "/", options));
}

Deno.test("Connection.request() rejects with AbortedError if the signal aborts after a response that leaves a create unclear", async () => {
  const error = await abortedAfter(json({}, { status: 500 }));
  assertInstanceOf(error, AbortedError);
  assertEquals([error.cause, error.mayHaveBeenApplied], ["enough", true]);
  // The provider has refused these.
  for (const status of [401, 422, 429]) {
    assertEquals(await abortedAfter(json({}, { status })), "enough");
  }
});

Deno.test("Connection.request() keeps the error of a response to a create if the signal aborts after it", async () => {
  for (const lost of [[], [faults.reset()]]) {
    const error = await abortedAfter(new Response("{"), lost);
    assertInstanceOf(error, MalformedResponseError);
    assertEquals(error.mayHaveBeenApplied, true);
  }
});

Deno.test("Connection.request() rejects with the TimeoutError of a deadline around it, which says that the write may have been applied", async () => {
  for (const isSent of [true, false]) {
    const connection = isSent
      ? acme(ACME, { fetch: never })
      : acmeToken(ACME, never, { fetch: never });
    const error = await assertRejects(
      () =>
        Deadline.run(
          { timeoutMs: 20 },
          { operation: "deployNode" },
          ({ signal }) => connection.request("/", { ...CREATE, signal }),
        ),
      TimeoutError,
      "deployNode: timed out after 20 ms",
    );
    assertEquals(error.mayHaveBeenApplied, isSent);
  }
});

Deno.test("TimeoutError.mayHaveBeenApplied is false if the write was not sent, or was refused", async () => {
  const unsent = acmeToken(ACME, never, { fetch: never });
  let tokens = 0;
  const refused = acmeToken(ACME, () => ++tokens === 1 ? "token" : never(), {
    fetch: () => Promise.resolve(json({}, { status: 401 })),
  });
  for (const connection of [unsent, refused]) {
    const error = await rejection(
      connection.request("/", { ...CREATE, timeoutMs: 20 }),
    );
    assertInstanceOf(error, TimeoutError);
    assertEquals(error.mayHaveBeenApplied, false);
  }
});

Deno.test("TimeoutError.mayHaveBeenApplied is true if the time limit is reached after a response that leaves a write unclear", async () => {
  class Renewing extends AcmeConnection {
    protected override renewCredentials = never;
  }
  const credentials = { username: "user-name", password: "pass-word" };
  for (const [status, isUnclear] of [[500, true], [401, false]] as const) {
    const fetch: Fetch = () => Promise.resolve(json({}, { status }));
    const connection = new Renewing(ACME, { ...credentials, fetch });
    const error = await rejection(
      connection.request("/", { ...CREATE, timeoutMs: 20 }),
    );
    assertInstanceOf(error, TimeoutError);
    assertEquals(error.mayHaveBeenApplied, isUnclear);
  }
});

Deno.test("JsonApi.create() rejects with AbortedError after an abort, unless it creates nothing", async () => {
  for (const creates of [undefined, true, false]) {
    const controller = new AbortController();
    const { signal } = controller;
    const fetch: Fetch = () => {
      setTimeout(() => controller.abort("enough"));
      return never();
    };
    const error = await rejection(
      new JsonApi(acme(ACME, { fetch })).create(
        "createNode",
        "/servers",
        () => json({}),
        { signal, creates },
        {},
      ),
    );
    assertEquals(AbortedError.is(error), creates !== false);
  }
});
