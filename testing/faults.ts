/**
 * Fault injection for any `fetch`: simulates network errors, gateway failures
 * and rate limits in tests.
 *
 * Wrap the `fetch` of a simulator to test how a script handles failures:
 *
 * ```ts
 * import { NephoScaleNodeDriver } from "@nephos/nephos/drivers/nephoscale";
 * import { faults, withFaults } from "@nephos/nephos/testing";
 * import { NephoScaleSimulator } from "@nephos/nephos/simulators/nephoscale";
 *
 * const simulator = new NephoScaleSimulator({ nodes: 2 });
 * const cloud = new NephoScaleNodeDriver({
 *   ...simulator.credentials,
 *   fetch: withFaults(simulator.fetch, [
 *     faults.rateLimit(0), // first request
 *     faults.reset(), // first retry
 *   ]),
 * });
 * console.log((await cloud.listNodes()).length); // 2, from the second retry
 * ```
 *
 * The result has the signature of `fetch`, so you can wrap it again or pass it
 * to an HTTP server. Behind a server, only faults that return a response work.
 * {@linkcode Faults.refuse} and {@linkcode Faults.reset} reject, so they need a
 * client in the same process.
 *
 * @module
 */

import type { Fetch } from "../core/mod.ts";

/**
 * A fault: handles one request instead of the wrapped `fetch`. If
 * {@linkcode faults} lacks the one that you need, write your own.
 *
 * @param request Request to handle.
 * @param fetch The wrapped `fetch`, which a fault may call.
 * @returns The response.
 *
 * @example
 * ```ts
 * import type { Fault } from "@nephos/nephos/testing";
 *
 * const teapot: Fault = () =>
 *   Promise.resolve(new Response("short and stout", { status: 418 }));
 * ```
 */
export type Fault = (
  request: Request,
  fetch: Fetch,
) => Promise<Response>;

/** Faults for the requests that match a rule. */
export interface FaultRule {
  /**
   * Requests that the rule applies to:
   *
   * - `"POST"`: a method
   * - `"/server/cloud/"`: a path
   * - `"POST /server/cloud/"`: both
   * - a regular expression, which is matched against `"<method> <path>"`
   * - a function that returns whether the rule applies
   * - `undefined`: all requests
   */
  readonly on?:
    | string
    | RegExp
    | ((request: Request) => boolean)
    | undefined;
  /** Faults for consecutive matching requests, one each. */
  readonly faults: readonly Fault[];
  /**
   * How to continue after the last fault: pass all further requests through
   * (`"stop"`), repeat the last fault (`"repeat"`), or start again with the
   * first one (`"restart"`).
   *
   * @default {"stop"}
   */
  readonly then?: "stop" | "repeat" | "restart" | undefined;
}

/**
 * Assigns faults to requests. One of:
 *
 * - a list of faults: one for each request, in order
 * - a list of rules: the first rule that matches a request determines its fault
 * - a function that gets the request and its number, from 1, and returns a
 *   fault
 */
export type FaultPlan =
  | readonly Fault[]
  | readonly FaultRule[]
  | ((request: Request, number: number) => Fault | undefined);

/** Options of faults that do not return the response of the service. */
export interface FaultOptions {
  /**
   * Calls the wrapped `fetch` first and discards its response. This simulates a
   * failure after the service has applied the request.
   *
   * @default {false}
   */
  readonly applied?: boolean | undefined;
}

/** Options of {@linkcode faults.status}. */
export interface StatusFaultOptions extends FaultOptions {
  /** Headers of the response. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /**
   * Body of the response. A string is sent as it is, any other value as JSON.
   *
   * @default {""}
   */
  readonly body?: unknown;
}

/**
 * Wraps a `fetch` function to inject faults. Requests without a fault are
 * passed through.
 *
 * @param fetch Function to wrap, such as the `fetch` of a simulator.
 * @param plan Faults to inject.
 * @returns A function with the signature of `fetch`. Each wrapper counts its
 * own requests.
 * @throws {TypeError} If `plan` contains both faults and rules.
 *
 * @example With rules
 * ```ts
 * import { faults, withFaults } from "@nephos/nephos/testing";
 * import { NephoScaleSimulator } from "@nephos/nephos/simulators/nephoscale";
 *
 * const { fetch } = new NephoScaleSimulator();
 * const flaky = withFaults(fetch, [
 *   // The first create request is applied, but its response is lost.
 *   { on: "POST /server/cloud/", faults: [faults.reset({ applied: true })] },
 *   // All other requests are slow.
 *   { faults: [faults.latency(20)], then: "repeat" },
 * ]);
 * ```
 *
 * @example With a function
 * ```ts
 * import { faults, withFaults } from "@nephos/nephos/testing";
 * import { NephoScaleSimulator } from "@nephos/nephos/simulators/nephoscale";
 *
 * const { fetch } = new NephoScaleSimulator();
 * const everyThird = withFaults(
 *   fetch,
 *   (_request, number) => number % 3 === 0 ? faults.status(503) : undefined,
 * );
 * ```
 */
export function withFaults(
  fetch: Fetch,
  plan: FaultPlan,
): Fetch {
  const choose = typeof plan === "function" ? plan : followRules(toRules(plan));
  let number = 0;
  return async (request) => {
    number++;
    const fault = choose(request, number) ?? faults.none();
    request.signal.throwIfAborted();
    return await fault(request, fetch);
  };
}

function toRules(
  plan: readonly Fault[] | readonly FaultRule[],
): readonly FaultRule[] {
  if (plan.every((it) => typeof it === "function")) return [{ faults: plan }];
  if (plan.every((it) => typeof it !== "function")) return plan;
  throw new TypeError(
    "withFaults: plan must be a list of faults or a list of rules, got both",
  );
}

function followRules(rules: readonly FaultRule[]) {
  const counts = rules.map(() => 0);
  return (request: Request): Fault | undefined => {
    const index = rules.findIndex((rule) => matches(rule, request));
    const rule = rules[index];
    if (rule === undefined) return undefined;
    const count = counts[index]!;
    counts[index] = count + 1;
    switch (rule.then) {
      case "repeat":
        return rule.faults[Math.min(count, rule.faults.length - 1)];
      case "restart":
        return rule.faults[count % rule.faults.length];
      default:
        return rule.faults[count];
    }
  };
}

function matches({ on }: FaultRule, request: Request): boolean {
  if (on === undefined) return true;
  if (typeof on === "function") return on(request);
  const { method, url } = request;
  const { pathname } = new URL(url);
  const target = `${method} ${pathname}`;
  // Unlike test(), search() ignores the lastIndex of a global pattern.
  if (typeof on !== "string") return target.search(on) >= 0;
  return on === method || on === pathname || on === target;
}

/** Functions that create faults. */
export interface Faults {
  /**
   * Passes a request through. Use it to skip a request in a list of faults.
   *
   * @returns A fault that passes the request through.
   */
  none(): Fault;

  /**
   * Responds with a status.
   *
   * @param status HTTP status, from 200 to 599.
   * @param options Headers and body, and whether the request is applied.
   * @returns The fault.
   * @throws {RangeError} If `status` is not an integer from 200 to 599.
   *
   * @example
   * ```ts
   * import { faults } from "@nephos/nephos/testing";
   *
   * faults.status(503);
   * faults.status(500, { body: { message: "out of paper" }, applied: true });
   * ```
   */
  status(status: number, options?: StatusFaultOptions): Fault;

  /**
   * Responds with 429.
   *
   * @param retryAfter Value of the header `Retry-After`: seconds, a date, or
   * any string, to simulate invalid values. If absent, there is no such header.
   * @returns The fault.
   *
   * @example
   * ```ts
   * import { faults } from "@nephos/nephos/testing";
   *
   * faults.rateLimit();
   * faults.rateLimit(2);
   * faults.rateLimit(new Date("2030-01-01T00:00:00Z"));
   * faults.rateLimit("soon");
   * ```
   */
  rateLimit(retryAfter?: number | Date | string): Fault;

  /**
   * Responds with an HTML page, as gateways do.
   *
   * @param status HTTP status, by default 502.
   * @param options Whether the request is applied.
   * @returns The fault.
   * @throws {RangeError} If `status` is not an integer from 200 to 599.
   *
   * @example
   * ```ts
   * import { faults } from "@nephos/nephos/testing";
   *
   * faults.html();
   * faults.html(200); // a captive portal
   * ```
   */
  html(status?: number, options?: FaultOptions): Fault;

  /**
   * Responds with a redirect, as a `fetch` with `redirect: "manual"` returns
   * it.
   *
   * @param location Value of the header `Location`.
   * @param status HTTP status, by default 302.
   * @returns The fault.
   * @throws {RangeError} If `status` is not an integer from 200 to 599.
   *
   * @example
   * ```ts
   * import { faults } from "@nephos/nephos/testing";
   *
   * faults.redirect("https://elsewhere.example/", 307);
   * ```
   */
  redirect(location: string, status?: number): Fault;

  /**
   * Refuses the connection, so the request is certainly not sent. Rejects with
   * a `TypeError` whose `cause` has the code `ECONNREFUSED`.
   *
   * @returns The fault.
   *
   * @example
   * ```ts
   * import { faults } from "@nephos/nephos/testing";
   *
   * faults.refuse();
   * ```
   */
  refuse(): Fault;

  /**
   * Resets the connection before the response. Rejects with a `TypeError` whose
   * `cause` has the code `ECONNRESET`. The caller cannot know whether the
   * request was applied.
   *
   * @param options Whether the request is applied.
   * @returns The fault.
   *
   * @example
   * ```ts
   * import { faults } from "@nephos/nephos/testing";
   *
   * faults.reset();
   * faults.reset({ applied: true });
   * ```
   */
  reset(options?: FaultOptions): Fault;

  /**
   * Truncates the body of the response, as if it were complete.
   *
   * @param bytes Number of bytes to keep; by default half of the body.
   * @returns The fault.
   *
   * @example
   * ```ts
   * import { faults } from "@nephos/nephos/testing";
   *
   * faults.truncate();
   * faults.truncate(0); // an empty body
   * ```
   */
  truncate(bytes?: number): Fault;

  /**
   * Resets the connection in the middle of the response body. Reading it
   * rejects with the same error as {@linkcode Faults.reset}.
   *
   * @param bytes Number of bytes that arrive; by default half of the body.
   * @returns The fault.
   *
   * @example
   * ```ts
   * import { faults } from "@nephos/nephos/testing";
   *
   * faults.resetBody(10);
   * ```
   */
  resetBody(bytes?: number): Fault;

  /**
   * Stalls in the middle of the response body. Reading rejects when the signal
   * of the request is aborted. No timer runs while the body stalls.
   *
   * @param bytes Number of bytes that arrive; by default half of the body.
   * @returns The fault.
   *
   * @example
   * ```ts
   * import { faults } from "@nephos/nephos/testing";
   *
   * faults.stallBody(0);
   * ```
   */
  stallBody(bytes?: number): Fault;

  /**
   * Sends no response. Rejects when the signal of the request is aborted.
   *
   * @param options Whether the request is applied.
   * @returns The fault.
   *
   * @example
   * ```ts
   * import { faults } from "@nephos/nephos/testing";
   *
   * faults.stall();
   * ```
   */
  stall(options?: FaultOptions): Fault;

  /**
   * Delays a request. Rejects if the signal of the request is aborted
   * meanwhile.
   *
   * @param ms Delay in milliseconds.
   * @param fault Fault to inject afterwards; by default the request is passed
   * through.
   * @returns The fault.
   *
   * @example
   * ```ts
   * import { faults } from "@nephos/nephos/testing";
   *
   * faults.latency(200);
   * faults.latency(200, faults.status(504));
   * ```
   */
  latency(ms: number, fault?: Fault): Fault;
}

/** Functions that create faults, for {@linkcode withFaults}. */
export const faults: Faults = {
  none() {
    return (request, fetch) => fetch(request);
  },

  status(status, { headers, body = "", applied } = {}) {
    const isString = typeof body === "string";
    return respond("status", status, isString ? body : JSON.stringify(body), {
      ...(isString ? {} : { "Content-Type": "application/json" }),
      ...headers,
    }, applied);
  },

  rateLimit(retryAfter) {
    if (retryAfter === undefined) return respond("rateLimit", 429, "");
    const value = retryAfter instanceof Date
      ? retryAfter.toUTCString()
      : String(retryAfter);
    return respond("rateLimit", 429, "", { "Retry-After": value });
  },

  html(status = 502, { applied } = {}) {
    const page = `<!doctype html>
<html><head><title>${status}</title></head><body><h1>${status}</h1></body></html>
`;
    return respond(
      "html",
      status,
      page,
      { "Content-Type": "text/html" },
      applied,
    );
  },

  redirect(location, status = 302) {
    return respond("redirect", status, "", { Location: location });
  },

  refuse() {
    return () =>
      Promise.reject(
        networkError("ECONNREFUSED", "connection refused", "connect"),
      );
  },

  reset({ applied } = {}) {
    return async (request, fetch) => {
      if (applied) await apply(request, fetch);
      throw resetError();
    };
  },

  truncate(bytes) {
    return cutBody(bytes, (_request, controller) => controller.close());
  },

  resetBody(bytes) {
    return cutBody(
      bytes,
      (_request, controller) => controller.error(resetError()),
    );
  },

  stallBody(bytes) {
    return cutBody(bytes, async ({ signal }, controller, cancelled) => {
      await aborted(signal, cancelled);
      // A cancelled body has no reader that needs the error.
      if (signal.aborted) controller.error(signal.reason);
    });
  },

  stall({ applied } = {}) {
    return async (request, fetch) => {
      if (applied) await apply(request, fetch);
      await aborted(request.signal);
      throw request.signal.reason;
    };
  },

  latency(ms, fault = faults.none()) {
    return async (request, fetch) => {
      await sleep(ms, request.signal);
      return await fault(request, fetch);
    };
  },
};

/**
 * Creates a fault that responds; `name` is its function, for the error message.
 */
function respond(
  name: keyof Faults,
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
  applied: boolean = false,
): Fault {
  if (!(Number.isInteger(status) && status >= 200 && status <= 599)) {
    throw new RangeError(
      `faults.${name}: status must be an integer from 200 to 599, got ${status}`,
    );
  }
  return async (request, fetch) => {
    if (applied) await apply(request, fetch);
    // The Response constructor rejects a body for some statuses.
    return new Response(hasBody(status) ? body : null, { status, headers });
  };
}

/** Lets the service apply the request, and discards its response. */
async function apply(request: Request, fetch: Fetch): Promise<void> {
  const response = await fetch(request);
  await response.body?.cancel();
}

function hasBody(status: number): boolean {
  return status !== 204 && status !== 205 && status !== 304;
}

/**
 * Creates a fault that passes on the start of a response body and then ends it.
 */
function cutBody(
  bytes: number | undefined,
  end: (
    request: Request,
    controller: ReadableStreamDefaultController<Uint8Array>,
    cancelled: Promise<void>,
  ) => void | Promise<void>,
): Fault {
  return async (request, fetch) => {
    const response = await fetch(request);
    if (response.body === null) return response;
    const whole = new Uint8Array(await response.arrayBuffer());
    const part = whole.subarray(0, bytes ?? whole.length >> 1);
    const { promise: cancelled, resolve: cancel } = Promise
      .withResolvers<void>();
    let sent = part.length === 0;
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull(controller) {
        if (sent) return end(request, controller, cancelled);
        sent = true;
        controller.enqueue(part);
      },
      cancel: () => cancel(),
    }, { highWaterMark: 0 });
    const headers = new Headers(response.headers);
    // The length has changed, and the inner fetch has decoded the body.
    headers.delete("Content-Length");
    headers.delete("Content-Encoding");
    return new Response(body, {
      status: response.status,
      statusText: response.statusText,
      headers,
    });
  };
}

/** Waits until the signal is aborted or `other` resolves. */
async function aborted(
  signal: AbortSignal,
  other?: Promise<void>,
): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const listener = () => resolve();
  signal.addEventListener("abort", listener);
  try {
    await (other === undefined ? promise : Promise.race([promise, other]));
  } finally {
    signal.removeEventListener("abort", listener);
  }
}

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  try {
    await aborted(signal, promise);
  } finally {
    clearTimeout(timer);
  }
  signal.throwIfAborted();
}

function resetError(): TypeError {
  return networkError("ECONNRESET", "connection reset by peer", "read");
}

/**
 * Creates the error that `fetch` rejects with. The code and the system call of
 * its cause are as in Node.js.
 */
function networkError(
  code: string,
  reason: string,
  syscall: string,
): TypeError {
  return new TypeError(`fetch failed: ${reason}`, {
    cause: Object.assign(new Error(reason), { code, syscall }),
  });
}
