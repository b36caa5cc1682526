/**
 * A `fetch` that replays prepared exchanges in order, and fails the test on a
 * request nobody expected or an exchange nobody asked for.
 *
 * @module
 */

import { assert, assertEquals, AssertionError, assertMatch } from "@std/assert";

// When a test fails before all exchanges were used, the `using` makes a
// SuppressedError of both errors, of which Deno prints neither: show the test's.
Object.defineProperty(SuppressedError.prototype, "cause", {
  configurable: true,
  get(this: SuppressedError): unknown {
    return this.suppressed;
  },
});

/** One request that the test expects, and the answer it gets. */
export interface Exchange {
  /**
   * Method and target, such as `"GET /v1/servers?page=2"`. The query is
   * compared to the letter, so its absence and its order count. A whole URL in
   * place of the path compares the origin too.
   */
  readonly request: string;
  /**
   * Headers the request must have; `null` is one that it must not have. Others
   * are not looked at.
   */
  readonly headers?: Readonly<Record<string, string | RegExp | null>>;
  /**
   * Body the request must have: text to the letter, a pattern, or the values
   * of a form or JSON body (by the request's `Content-Type`). Without this the
   * request must have none.
   */
  readonly body?:
    | string
    | RegExp
    | URLSearchParams
    | Readonly<Record<string, unknown>>
    | readonly unknown[];
  /** Answer read from this file under `fixtures/`. */
  readonly fixture?: string;
  /** Answer that is the JSON of this value. */
  readonly json?: unknown;
  /** Answer that is this text, of no type. */
  readonly text?: string;
  /**
   * Status of the answer.
   *
   * @default {200} or what the fixture's name says: `error_404.json` is 404
   */
  readonly status?: number;
  /** Headers of the answer, put over the type that `fixture` and `json` have. */
  readonly responseHeaders?: Readonly<Record<string, string>>;
  /** What the call rejects with instead of answering. */
  readonly error?: unknown;
  /** Makes the answer where none of the above will do. */
  readonly respond?: (request: Request) => Response | Promise<Response>;
}

/** Settings of {@linkcode replay}. */
export interface ReplayOptions {
  /**
   * Lets each request take the first unused exchange of its method and target,
   * for requests that go out side by side.
   *
   * @default {false}
   */
  readonly anyOrder?: boolean;
}

/** What {@linkcode replay} makes: a `fetch` that a `using` declaration checks. */
export interface Replay extends Disposable {
  /** Answers one request. */
  (request: Request): Promise<Response>;
  /** Requests seen so far, their bodies read already. */
  readonly requests: readonly Request[];
}

/**
 * Makes a `fetch` function that replays exchanges.
 *
 * A request that differs from the expected one makes the call reject with an
 * `AssertionError`. As a driver may turn that into an error of its own, which a
 * test might even expect, disposing throws it once more.
 *
 * @param exchanges The requests to expect and their answers, in order.
 * @param options Whether the order counts.
 * @returns The function; dispose of it to check that every exchange was used.
 *
 * @example
 * ```ts ignore
 * using fetch = replay([
 *   { request: "GET /v1/servers", fixture: "acme/list_nodes.json" },
 *   { request: "POST /v1/servers", body: { name: "web" }, status: 202 },
 * ]);
 * ```
 */
export function replay(
  exchanges: readonly Exchange[],
  options: ReplayOptions = {},
): Replay {
  const waiting = [...exchanges];
  const requests: Request[] = [];
  let failure: unknown;

  async function answer(request: Request): Promise<Response> {
    assert(request instanceof Request, "fetch was not called with a Request");
    // As the real one: nothing is sent for a signal that has fired.
    request.signal.throwIfAborted();
    requests.push(request);
    const seen = targetOf(request);
    const index = options.anyOrder
      ? waiting.findIndex((exchange) => isFor(exchange, request))
      : 0;
    const exchange = waiting[index];
    if (exchange === undefined) {
      throw new AssertionError(`Nobody expected ${seen}`);
    }
    if (!isFor(exchange, request)) {
      throw new AssertionError(
        `Expected request ${requests.length} to be ${exchange.request}, but it is ${seen}`,
      );
    }
    waiting.splice(index, 1);
    assertHeaders(exchange, request);
    await assertBody(exchange, request);
    if (exchange.error !== undefined) throw new Fault(exchange.error);
    return await respond(exchange, request);
  }

  async function fetch(request: Request): Promise<Response> {
    try {
      return await answer(request);
    } catch (error) {
      if (error instanceof Fault) throw error.reason;
      // An abort is the test's doing; all else is the harness speaking.
      if (!request.signal?.aborted) failure ??= error;
      throw error;
    }
  }

  return Object.assign(fetch, {
    requests,
    [Symbol.dispose]() {
      if (failure !== undefined) throw failure;
      if (waiting.length > 0) {
        const left = waiting.map((exchange) => exchange.request).join(", ");
        throw new AssertionError(`Requests that were never sent: ${left}`);
      }
    },
  });
}

/** Carries what an exchange rejects with past the check for real failures. */
class Fault {
  constructor(readonly reason: unknown) {}
}

function targetOf(request: Request): string {
  const { pathname, search } = new URL(request.url);
  return `${request.method} ${pathname}${search}`;
}

function isFor(exchange: Exchange, request: Request): boolean {
  return exchange.request === targetOf(request) ||
    exchange.request === `${request.method} ${request.url}`;
}

function assertHeaders(exchange: Exchange, request: Request): void {
  for (const [name, expected] of Object.entries(exchange.headers ?? {})) {
    const actual = request.headers.get(name);
    const message = `Header "${name}" of ${exchange.request}`;
    if (expected instanceof RegExp) {
      assertMatch(actual ?? "", expected, message);
    } else {
      assertEquals(actual, expected, message);
    }
  }
}

async function assertBody(exchange: Exchange, request: Request): Promise<void> {
  const { body: expected } = exchange;
  const actual = await request.text();
  const message = `Body of ${exchange.request}`;
  if (expected === undefined || typeof expected === "string") {
    assertEquals(actual, expected ?? "", message);
  } else if (expected instanceof RegExp) {
    assertMatch(actual, expected, message);
  } else if (expected instanceof URLSearchParams) {
    assertEquals(
      [...new URLSearchParams(actual)],
      [...expected],
      message,
    );
  } else if (isForm(request)) {
    const params = new URLSearchParams(actual);
    const fields = Object.fromEntries(params);
    assertEquals(
      [...params].length,
      Object.keys(fields).length,
      `${message} repeats a field: ${actual}`,
    );
    assertEquals<unknown>(fields, expected, message);
  } else {
    assertEquals<unknown>(JSON.parse(actual), expected, message);
  }
}

function isForm(request: Request): boolean {
  const type = request.headers.get("Content-Type") ?? "";
  return type.startsWith("application/x-www-form-urlencoded");
}

async function respond(
  exchange: Exchange,
  request: Request,
): Promise<Response> {
  if (exchange.respond !== undefined) return await exchange.respond(request);
  const { fixture, json, text } = exchange;
  const status = exchange.status ??
    Number(fixture?.match(/\/error_(\d{3})[_.]/)?.[1] ?? 200);
  const headers = new Headers();
  let body: string | null = null;
  if (fixture !== undefined) {
    body = await Deno.readTextFile(
      new URL(`../../fixtures/${fixture}`, import.meta.url),
    );
    headers.set(
      "Content-Type",
      fixture.endsWith(".xml") ? "application/xml" : "application/json",
    );
  } else if (json !== undefined) {
    body = JSON.stringify(json);
    headers.set("Content-Type", "application/json");
  } else if (text !== undefined) {
    body = text;
  }
  for (const [name, value] of Object.entries(exchange.responseHeaders ?? {})) {
    headers.set(name, value);
  }
  return new Response(body, { status, headers });
}
