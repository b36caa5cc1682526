/**
 * Faults for any `fetch`: what networks, gateways and busy services do to a
 * client, on purpose and on cue.
 *
 * Wrap the `fetch` of a simulator to see how a script copes:
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
 *     faults.rateLimit(0), // the first request
 *     faults.reset(), // its repetition
 *   ]),
 * });
 * console.log((await cloud.listNodes()).length); // 2, with the third
 * ```
 *
 * The result is a `fetch` again: wrap it once more, or serve it. Over a real
 * socket the faults that answer work as they are; those that reject
 * ({@linkcode Faults.refuse}, {@linkcode Faults.reset}) are for use in process.
 *
 * @module
 */

import type { Fetch } from "../core/mod.ts";

/**
 * Answers one request in place of the wrapped `fetch`, or with its help; write
 * your own where {@linkcode faults} lacks one.
 *
 * @param request The request.
 * @param fetch The wrapped `fetch`.
 * @returns The answer.
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

/** Faults for some requests. */
export interface FaultRule {
  /**
   * Which requests: a method (`"POST"`), a path (`"/server/cloud/"`), both
   * (`"POST /server/cloud/"`), a pattern for both, or a function. All of them
   * without this.
   */
  readonly on?:
    | string
    | RegExp
    | ((request: Request) => boolean)
    | undefined;
  /** One fault for each request that the rule is for, in turn. */
  readonly faults: readonly Fault[];
  /**
   * What comes after the last fault: no more faults, the last one for ever, or
   * the first one again.
   *
   * @default {"stop"}
   */
  readonly then?: "stop" | "repeat" | "restart" | undefined;
}

/**
 * Which request meets which fault: one after the other, whatever they ask for;
 * or by rules, of which the first that is for a request decides; or by a
 * function of the request and its number, from 1.
 */
export type FaultPlan =
  | readonly Fault[]
  | readonly FaultRule[]
  | ((request: Request, number: number) => Fault | undefined);

/** Settings of the faults that answer by themselves. */
export interface FaultOptions {
  /**
   * Lets the wrapped `fetch` answer first and drops that answer, as a gateway
   * that fails after the service has done the work.
   *
   * @default {false}
   */
  readonly applied?: boolean | undefined;
}

/** Settings of {@linkcode faults.status}. */
export interface StatusFaultOptions extends FaultOptions {
  /** Headers of the answer. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /**
   * Body of the answer; text as it is, anything else as JSON.
   *
   * @default {""}
   */
  readonly body?: unknown;
}

/**
 * Wraps a `fetch` function so that requests meet the faults of a plan. A
 * request that the plan has no fault for goes through.
 *
 * @param fetch The function to wrap, such as the `fetch` of a simulator.
 * @param plan Which request meets which fault.
 * @returns A function that counts its requests by itself.
 * @throws {TypeError} If the plan mixes faults and rules.
 *
 * @example By rules
 * ```ts
 * import { faults, withFaults } from "@nephos/nephos/testing";
 * import { NephoScaleSimulator } from "@nephos/nephos/simulators/nephoscale";
 *
 * const { fetch } = new NephoScaleSimulator();
 * const flaky = withFaults(fetch, [
 *   // The first create is done, but its answer is lost.
 *   { on: "POST /server/cloud/", faults: [faults.reset({ applied: true })] },
 *   // Everything else is slow.
 *   { faults: [faults.latency(20)], then: "repeat" },
 * ]);
 * ```
 *
 * @example By a function
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
  throw new TypeError("Cannot plan faults: the plan mixes faults and rules");
}

function followRules(rules: readonly FaultRule[]) {
  const seen = rules.map(() => 0);
  return (request: Request): Fault | undefined => {
    const index = rules.findIndex((rule) => isFor(rule, request));
    const rule = rules[index];
    if (rule === undefined) return undefined;
    const turn = seen[index]!;
    seen[index] = turn + 1;
    switch (rule.then) {
      case "repeat":
        return rule.faults[Math.min(turn, rule.faults.length - 1)];
      case "restart":
        return rule.faults[turn % rule.faults.length];
      default:
        return rule.faults[turn];
    }
  };
}

function isFor({ on }: FaultRule, request: Request): boolean {
  if (on === undefined) return true;
  if (typeof on === "function") return on(request);
  const { method, url } = request;
  const { pathname } = new URL(url);
  const target = `${method} ${pathname}`;
  // search() because test() of a global pattern remembers where it was.
  if (typeof on !== "string") return target.search(on) >= 0;
  return on === method || on === pathname || on === target;
}

/** The faults that come with this module; each call makes one. */
export interface Faults {
  /**
   * Lets a request through: a gap in a list of faults.
   *
   * @returns A fault that is none.
   */
  none(): Fault;

  /**
   * Answers with a status and nothing of use.
   *
   * @param status The status, from 200 to 599.
   * @param options What else the answer holds.
   * @returns The fault.
   * @throws {RangeError} If the status is none.
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
   * Answers 429.
   *
   * @param retryAfter The header `Retry-After`: seconds, a date, or any text,
   * as services send nonsense too; none without this.
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
   * Answers with a page of HTML, as gateways do.
   *
   * @param status The status of the answer; 502 without this.
   * @param options Whether the service did the work.
   * @returns The fault.
   * @throws {RangeError} If the status is none.
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
   * Answers with a redirect, as a `fetch` with `redirect: "manual"` sees it.
   *
   * @param location Where to, as it is to stand in the header `Location`.
   * @param status The status of the answer; 302 without this.
   * @returns The fault.
   * @throws {RangeError} If the status is none.
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
   * Refuses the connection: the request was certainly not sent. Rejects with a
   * `TypeError` whose cause has the code `ECONNREFUSED`.
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
   * Resets the connection before there is an answer. Rejects with a
   * `TypeError` whose cause has the code `ECONNRESET`; whether the request was
   * applied, the caller cannot know.
   *
   * @param options Whether it was applied.
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
   * Ends the body of the answer early, as if it were complete.
   *
   * @param bytes How much of the body is left; half of it without this.
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
   * Resets the connection in the middle of the body: reading it rejects as for
   * {@linkcode Faults.reset}.
   *
   * @param bytes How much of the body arrives; half of it without this.
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
   * Stalls in the middle of the body: the rest never comes. Reading ends when
   * the signal of the request fires; until then nothing is held but memory.
   *
   * @param bytes How much of the body arrives; half of it without this.
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
   * Never answers; rejects when the signal of the request fires.
   *
   * @param options Whether the service does the work.
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
   * Waits before anything else; ends early when the signal of the request
   * fires.
   *
   * @param ms How long, in milliseconds.
   * @param fault What comes then; without this, the request goes through.
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

/** The faults that come with this module. */
export const faults: Faults = {
  none() {
    return (request, fetch) => fetch(request);
  },

  status(status, { headers, body = "", applied } = {}) {
    const isText = typeof body === "string";
    return answer(status, isText ? body : JSON.stringify(body), {
      ...(isText ? {} : { "Content-Type": "application/json" }),
      ...headers,
    }, applied);
  },

  rateLimit(retryAfter) {
    if (retryAfter === undefined) return answer(429, "");
    const value = retryAfter instanceof Date
      ? retryAfter.toUTCString()
      : String(retryAfter);
    return answer(429, "", { "Retry-After": value });
  },

  html(status = 502, { applied } = {}) {
    const page = `<!doctype html>
<html><head><title>${status}</title></head><body><h1>${status}</h1></body></html>
`;
    return answer(status, page, { "Content-Type": "text/html" }, applied);
  },

  redirect(location, status = 302) {
    return answer(status, "", { Location: location });
  },

  refuse() {
    return () =>
      Promise.reject(networkError("ECONNREFUSED", "connection refused"));
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
      // Nobody listens any more to a body that was cancelled.
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

function answer(
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
  applied: boolean = false,
): Fault {
  if (!(Number.isInteger(status) && status >= 200 && status <= 599)) {
    throw new RangeError(
      `Cannot make a fault: ${status} is not a status from 200 to 599`,
    );
  }
  return async (request, fetch) => {
    if (applied) await apply(request, fetch);
    // An answer of such a status has no body, and Response insists.
    return new Response(hasBody(status) ? body : null, { status, headers });
  };
}

/** Lets the service do the work, and drops its answer. */
async function apply(request: Request, fetch: Fetch): Promise<void> {
  const response = await fetch(request);
  await response.body?.cancel();
}

function hasBody(status: number): boolean {
  return status !== 204 && status !== 205 && status !== 304;
}

/** Lets the first bytes of an answer through, and then something happen. */
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
    // Both would be wrong now; the inner fetch has undone the encoding.
    headers.delete("Content-Length");
    headers.delete("Content-Encoding");
    return new Response(body, {
      status: response.status,
      statusText: response.statusText,
      headers,
    });
  };
}

/** Waits until a signal fires, or something else has happened. */
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
  return networkError("ECONNRESET", "connection reset by peer");
}

/** What `fetch` rejects with; the code is where Node.js puts it. */
function networkError(code: string, reason: string): TypeError {
  return new TypeError(`fetch failed: ${reason}`, {
    cause: Object.assign(new Error(reason), { code }),
  });
}
