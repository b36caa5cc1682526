/**
 * A `fetch` that replays prepared exchanges in order. The test fails if a request
 * differs from the next exchange, or if an exchange is left over.
 *
 * @module
 */

import { assert, assertEquals, AssertionError, assertMatch } from "@std/assert";
import { show } from "./checks.ts";

/** A request that the test expects, and its response. */
export interface Exchange {
  /**
   * Method and target, such as `"GET /v1/servers?page=2"`. The query must be
   * exactly the same. With a complete URL instead of the path, the origin is
   * compared too.
   */
  readonly request: string;
  /**
   * Headers of the request; a header that is `null` must be absent. Other headers
   * are ignored.
   */
  readonly headers?: Readonly<Record<string, string | RegExp | null>>;
  /**
   * Body of the request: the exact string, a pattern, or the values of a form or
   * JSON body (by the `Content-Type` of the request).
   *
   * @default {the request has no body}
   */
  readonly body?:
    | string
    | RegExp
    | URLSearchParams
    | Readonly<Record<string, unknown>>
    | readonly unknown[];
  /** Name of the fixture with the body of the response; see `readFixture`. */
  readonly fixture?: string;
  /** Value whose JSON is the body of the response. */
  readonly json?: unknown;
  /** Body of the response, without a `Content-Type`. */
  readonly text?: string;
  /**
   * Status of the response.
   *
   * @default {the status in the name of the fixture (`error_404.json`), or 200}
   */
  readonly status?: number;
  /** Headers of the response. They override the `Content-Type`. */
  readonly responseHeaders?: Readonly<Record<string, string>>;
  /** Reason with which `fetch` rejects. */
  readonly error?: unknown;
  /** Creates the response, instead of the properties above. */
  readonly respond?: (request: Request) => Response | Promise<Response>;
}

/** Settings of {@linkcode replay}. */
export interface ReplayOptions {
  /**
   * Whether a request may match any unused exchange, for concurrent requests.
   *
   * @default {false}
   */
  readonly anyOrder?: boolean;
  /**
   * Reads a fixture by its name, such as `"acme/list_nodes.json"`.
   *
   * @default {an exchange with a fixture fails}
   */
  readonly readFixture?: (name: string) => string | Promise<string>;
}

/**
 * A `fetch` function of {@linkcode replay}. Declare it with `using`, or call
 * `assertDone()` at the end of the test.
 */
export interface Replay extends Disposable {
  /** Compares a request with the next exchange and returns its response. */
  (request: Request): Promise<Response>;
  /**
   * Checks that every exchange was used. If a request was rejected as
   * unexpected, it throws the same error again.
   */
  assertDone(): void;
  /** Requests so far. Their bodies are consumed. */
  readonly requests: readonly Request[];
}

/**
 * Creates a `fetch` function that replays exchanges.
 *
 * It rejects with an `AssertionError` if a request differs from the expected one.
 * Disposing throws the same error again, since a driver may have wrapped it in an
 * error that the test expects.
 *
 * @param exchanges Expected requests and their responses, in order.
 * @param options Whether the order matters.
 * @returns The function. Disposing checks that every exchange was used.
 *
 * @example
 * ```ts
 * import { replay } from "@nephos/nephos/testing";
 *
 * const fetch = replay([{ request: "GET /v1/servers", json: { servers: [] } }]);
 * await fetch(new Request("https://api.acme.example/v1/servers"));
 * fetch.assertDone();
 * ```
 */
export function replay(
  exchanges: readonly Exchange[],
  options: ReplayOptions = {},
): Replay {
  const unused = [...exchanges];
  const requests: Request[] = [];
  let failure: unknown;

  async function match(request: Request): Promise<Response> {
    assert(
      request instanceof Request,
      `expected fetch to be called with a Request, got ${show(request)}`,
    );
    // Like the real one, it sends nothing if the signal is aborted.
    request.signal.throwIfAborted();
    requests.push(request);
    const actual = targetOf(request);
    const index = options.anyOrder
      ? unused.findIndex((exchange) => isFor(exchange, request))
      : 0;
    const exchange = unused[index];
    if (exchange === undefined) {
      const expected = options.anyOrder && unused.length > 0
        ? `one of ${list(unused)}`
        : "no further request";
      throw new AssertionError(
        `request ${requests.length}: expected ${expected}, got ${actual}`,
      );
    }
    if (!isFor(exchange, request)) {
      throw new AssertionError(
        `request ${requests.length}: expected ${exchange.request}, got ${actual}`,
      );
    }
    unused.splice(index, 1);
    assertHeaders(exchange, request);
    await assertBody(exchange, request);
    if (exchange.error !== undefined) throw new Fault(exchange.error);
    return await respond(exchange, request, options);
  }

  async function fetch(request: Request): Promise<Response> {
    try {
      return await match(request);
    } catch (error) {
      if (error instanceof Fault) throw error.reason;
      // The test may abort on purpose; any other error is a failure of the test.
      if (!request.signal?.aborted) failure ??= error;
      throw error;
    }
  }

  function assertDone(): void {
    if (failure !== undefined) throw failure;
    if (unused.length > 0) {
      throw new AssertionError(
        `expected ${exchanges.length} requests, got ${requests.length}; ` +
          `not sent: ${list(unused)}`,
      );
    }
  }

  return Object.assign(fetch, {
    requests,
    assertDone,
    [Symbol.dispose]: assertDone,
  });
}

/** Marks the reason of an exchange, as opposed to a failure of the test. */
class Fault {
  constructor(readonly reason: unknown) {}
}

function list(exchanges: readonly Exchange[]): string {
  return exchanges.map(({ request }) => request).join(", ");
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
    const message = `header "${name}" of ${exchange.request}`;
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
  const message = `body of ${exchange.request}`;
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
      `${message} contains a field twice: ${actual}`,
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
  { readFixture }: ReplayOptions,
): Promise<Response> {
  if (exchange.respond !== undefined) return await exchange.respond(request);
  const { fixture, json, text } = exchange;
  const status = exchange.status ??
    Number(fixture?.match(/\/error_(\d{3})[_.]/)?.[1] ?? 200);
  const headers = new Headers();
  let body: string | null = null;
  if (fixture !== undefined) {
    assert(readFixture, `readFixture is missing, which reads ${fixture}`);
    body = await readFixture(fixture);
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
