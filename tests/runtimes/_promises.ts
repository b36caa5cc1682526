/**
 * Checks of the guarantees of the transport that depend on the runtime.
 *
 * @module
 */

import {
  ApiError,
  CloudError,
  ConnectionError,
  MalformedResponseError,
  TimeoutError,
  VERSION,
} from "@nephos/nephos";
import type { RequestOptions } from "@nephos/nephos/core";
import {
  NephoScaleNodeDriver,
  type NephoScaleOptions,
} from "@nephos/nephos/drivers/nephoscale";
import type { Seen } from "./_faulty_server.ts";

/** URLs of the test servers. */
export interface Input {
  /** The server that injects faults. */
  readonly url: string;
  /** A server at another origin, which must receive no request. */
  readonly foreignUrl: string;
  /** Servers that a request can stop. */
  readonly dyingUrls: readonly string[];
  /** A closed port. */
  readonly closedUrl: string;
}

/** Result of the program. */
export interface Report {
  /** Name and version of the runtime, from `navigator.userAgent`. */
  readonly runtime: string;
  /** Result of each check: `"ok"` or the messages of the error. */
  readonly checks: Readonly<Record<string, string>>;
}

type Settings = Partial<NephoScaleOptions>;
type Check = (it: Tools) => Promise<void>;

interface Tools extends Input {
  /** Creates a driver for a fault. By default it does not retry. */
  cloud(fault: string, settings?: Settings): NephoScaleNodeDriver;
  /** Sends a POST with a body. */
  post(fault: string, settings?: Settings): Promise<unknown>;
  /** Waits until the client has closed this many stalled connections. */
  ended(fault: string, count: number): Promise<void>;
  /** Gets the requests that a server received for a fault. */
  seen(fault: string, url?: string): Promise<Seen[]>;
}

/** The runtime's own `fetch`, and one of the caller. */
const WAYS: readonly Settings[] = [{}, { fetch: (request) => fetch(request) }];

const CREDENTIALS = { username: "me", password: "pä55" };
const AUTHORIZATION = "Basic bWU6cMOkNTU=";

/** Writes that stop a server, one server each. */
export const DYING_WRITES: readonly RequestOptions[] = [
  { method: "POST", data: { a: 1 } },
  { method: "POST" },
  { method: "PUT", data: { a: 1 } },
  { method: "DELETE" },
];

const CHECKS: Readonly<Record<string, Check>> = {
  async "requests carry the credentials in UTF-8 and a User-Agent"(it) {
    await it.cloud("ok", { userAgent: "script/1" }).listNodes();
    const [request] = await it.seen("ok");
    expect(request?.headers["authorization"], AUTHORIZATION);
    expect(request?.headers["user-agent"], `script/1 nephos/${VERSION}`);
  },

  async "concurrent calls each get their own response"(it) {
    const { connection } = it.cloud("echo");
    const paths = Array.from({ length: 20 }, (_, index) => `/${index}/`);
    const responses = await Promise.all(
      paths.map((path) => connection.request<{ data: string }>(path)),
    );
    expect(
      responses.map(({ object }) => object.data).join(),
      paths.map((path) => `/echo${path}`).join(),
    );
  },

  async "a redirect within the origin is followed"(it) {
    await it.cloud("moved").listNodes();
    const [request] = (await it.seen("ok")).filter(({ target }) =>
      target === "/ok/moved/"
    );
    expect(request?.headers["authorization"], AUTHORIZATION);
  },

  async "a redirect of a GET to another origin is not followed"(it) {
    for (const status of [302, 307]) {
      const fault = `foreign-${status}`;
      const error = await failure(it.cloud(fault).listNodes());
      expect(ApiError.is(error) && error.status, status);
    }
    expect((await it.seen("ok", it.foreignUrl)).length, 0);
  },

  async "a redirect of a POST to another origin is not followed"(it) {
    for (const status of [302, 307]) {
      const error = await failure(it.post(`foreign-${status}`));
      expect(ApiError.is(error) && error.status, status);
    }
    expect((await it.seen("ok", it.foreignUrl)).length, 0);
  },

  async "timeoutMs aborts a response that stalls"(it) {
    for (const fault of ["stall-headers", "stall-body", "stall-chunks"]) {
      const start = performance.now();
      const error = await failure(
        it.cloud(fault, { timeoutMs: 200 }).listNodes(),
      );
      expect(TimeoutError.is(error), true, error);
      const ms = performance.now() - start;
      expect(ms > 150 && ms < 2000, true, `${fault}: ${ms} ms`);
    }
  },

  async "an aborted call rejects with the signal's reason"(it) {
    for (const fault of ["stall-headers", "stall-body", "stall-chunks"]) {
      const controller = new AbortController();
      const reason = { because: "of a test" };
      const nodes = failure(
        it.cloud(fault).listNodes({ signal: controller.signal }),
      );
      setTimeout(() => controller.abort(reason), 100);
      expect(await nodes, reason);
    }
  },

  async "a stalled body is cancelled if the call ends"(it) {
    let count = 0;
    for (const settings of WAYS) {
      const error = await failure(
        it.cloud("stall-body-end", { ...settings, timeoutMs: 200 }).listNodes(),
      );
      expect(TimeoutError.is(error), true, error);
      await it.ended("stall-body-end", ++count);
      const controller = new AbortController();
      const { signal } = controller;
      const reason = { because: "of a test" };
      const nodes = failure(
        it.cloud("stall-body-end", settings).listNodes({ signal }),
      );
      setTimeout(() => controller.abort(reason), 100);
      expect(await nodes, reason);
      await it.ended("stall-body-end", ++count);
    }
  },

  async "a POST is reported as not applied if the port is closed"(it) {
    const error = await failure(it.post("ok", { baseUrl: it.closedUrl }));
    expect(ConnectionError.is(error), true, error);
    expect(
      CloudError.is(error) && error.mayHaveBeenApplied,
      false,
      messages(error),
    );
  },

  async "a POST is retried if the port is closed"(it) {
    let retries = 0;
    await failure(it.post("ok", {
      baseUrl: it.closedUrl,
      retry: { maxAttempts: 3, baseMs: 1 },
      hooks: { onRetry: () => void retries++ },
    }));
    expect(retries, 2);
  },

  async "a POST is sent once if the connection is reset"(it) {
    await failsOnce(it, "reset");
  },

  async "a POST is sent once if the connection is closed"(it) {
    await failsOnce(it, "close");
  },

  async "a POST is sent once if a reused connection is closed"(it) {
    const cloud = it.cloud("close-reused");
    for (let i = 0; i < 3; i++) await cloud.listNodes();
    await failsOnce(it, "close-reused");
  },

  async "an empty POST is sent once if a reused connection is closed"(it) {
    const cloud = it.cloud("close-empty");
    await cloud.listNodes();
    const error = await failure(cloud.rebootNode("1"));
    expect(CloudError.is(error) && error.mayHaveBeenApplied, true);
    expect(await countPosts(it, "close-empty"), 1);
  },

  async "a write is reported as possibly applied if it stops the server"(it) {
    // Runtimes that repeat a write by themselves cannot connect then.
    for (const [index, url] of it.dyingUrls.entries()) {
      const cloud = it.cloud("ok", { baseUrl: `${url}/die`, retry: {} });
      await cloud.listNodes();
      const error = await failure(
        cloud.connection.request("/post/", DYING_WRITES[index]),
      );
      expect(
        CloudError.is(error) && error.mayHaveBeenApplied,
        true,
        messages(error),
      );
    }
  },

  async "a truncated response is an error"(it) {
    for (const fault of ["cut-body", "cut-chunks"]) {
      const error = await failure(it.cloud(fault).listNodes());
      expect(ConnectionError.is(error), true, error);
      const posted = await failure(it.post(fault));
      expect(ConnectionError.is(posted), true, posted);
      expect(CloudError.is(posted) && posted.mayHaveBeenApplied, true);
    }
  },

  async "an endless body is an error"(it) {
    const cloud = it.cloud("endless", { maxBodyBytes: 1e6, timeoutMs: 10_000 });
    const error = await failure(cloud.listNodes());
    expect(MalformedResponseError.is(error), true, error);
  },

  async "an endless body with a Content-Length is an error"(it) {
    for (const settings of WAYS) {
      const limits = { ...settings, maxBodyBytes: 1e6, timeoutMs: 10_000 };
      const error = await failure(
        it.cloud("endless-length", limits).listNodes(),
      );
      // Node refuses such a response.
      const isError = MalformedResponseError.is(error) ||
        ConnectionError.is(error);
      expect(isError, true, error);
    }
  },

  async "maxBodyBytes limits a body after decompression"(it) {
    for (const settings of WAYS) {
      const { connection } = it.cloud("bomb", {
        ...settings,
        maxBodyBytes: 1e6,
      });
      const error = await failure(connection.request("/"));
      expect(
        messages(error),
        "MalformedResponseError: GET /: response body is longer than " +
          "maxBodyBytes (1000000)",
      );
    }
  },

  async "a body of UTF-8 is decoded up to maxBodyBytes"(it) {
    for (const settings of WAYS) {
      const request = (maxBodyBytes: number) =>
        it.cloud("eleven-bytes", { ...settings, maxBodyBytes })
          .connection.request("/");
      // The byte order mark takes three bytes, and is removed.
      expect((await request(11)).object, "aé✓");
      const error = await failure(request(10));
      expect(MalformedResponseError.is(error), true, error);
    }
  },

  async "a retry waits for the time in Retry-After"(it) {
    for (const fault of ["busy-seconds", "busy-date"]) {
      const start = performance.now();
      await it.post(fault, { retry: {} });
      const ms = performance.now() - start;
      expect(ms > 900 && ms < 4000, true, `${fault}: ${ms} ms`);
      expect((await it.seen(fault)).length, 2);
    }
  },

  async "the caller's signal keeps no listener after a call"(it) {
    // The test fails if the process runs until this timeout.
    const signal = AbortSignal.timeout(30_000);
    await it.cloud("ok").listNodes({ signal });
    await failure(it.cloud("cut-body").listNodes({ signal }));
  },
};

/** Names of the checks, in order. */
export const NAMES: readonly string[] = Object.keys(CHECKS);

/** Runs all checks, one after the other. */
export default async function main(input: Input): Promise<Report> {
  const checks: Record<string, string> = {};
  const tools: Tools = {
    ...input,
    cloud: (fault, settings) =>
      new NephoScaleNodeDriver({
        ...CREDENTIALS,
        baseUrl: `${input.url}/${fault}`,
        retry: false,
        ...settings,
      }),
    post: (fault, settings) =>
      tools.cloud(fault, settings).connection.request("/post/", {
        method: "POST",
        data: { name: "x".repeat(1000) },
      }),
    async ended(fault, count) {
      for (let pause = 0; pause < 50; pause++) {
        const response = await fetch(`${input.url}/ended/${fault}`);
        if (await response.json() === count) return;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      throw new Error(`${fault}: the connection is still open`);
    },
    async seen(fault, url = input.url) {
      return await (await fetch(`${url}/seen/${fault}`)).json();
    },
  };
  for (const [name, check] of Object.entries(CHECKS)) {
    checks[name] = await check(tools).then(() => "ok", messages);
  }
  return { runtime: navigator.userAgent, checks };
}

async function failsOnce(it: Tools, fault: string): Promise<void> {
  const error = await failure(it.post(fault, { retry: {} }));
  expect(ConnectionError.is(error), true, error);
  expect(CloudError.is(error) && error.mayHaveBeenApplied, true);
  expect(await countPosts(it, fault), 1);
}

async function countPosts(it: Tools, fault: string): Promise<number> {
  const requests = await it.seen(fault);
  return requests.filter(({ method }) => method === "POST").length;
}

async function failure(promise: PromiseLike<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("the call must fail, but it succeeded");
}

function expect(actual: unknown, expected: unknown, hint: unknown = ""): void {
  if (actual === expected) return;
  throw new Error(
    `expected ${expected}, got ${actual}${hint && `: ${messages(hint)}`}`,
  );
}

function messages(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error ? ` (${error.code})` : "";
  return `${error.name}: ${error.message}${code}${
    error.cause ? `; ${messages(error.cause)}` : ""
  }`;
}
