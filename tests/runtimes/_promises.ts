/**
 * The promises of the transport that depend on the runtime, kept or not.
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
import {
  NephoScaleNodeDriver,
  type NephoScaleOptions,
} from "@nephos/nephos/drivers/nephoscale";
import type { Seen } from "./_faulty_server.ts";

/** Where the servers are. */
export interface Input {
  /** The server with the faults. */
  readonly url: string;
  /** A server that nothing must be sent to. */
  readonly foreignUrl: string;
  /** A server that goes away when it is asked to. */
  readonly dyingUrl: string;
  /** Where nobody listens. */
  readonly closedUrl: string;
}

/** What it comes to. */
export interface Report {
  /** The runtime, as it calls itself. */
  readonly runtime: string;
  /** Of each promise `"ok"`, or how it was broken. */
  readonly promises: Readonly<Record<string, string>>;
}

type Settings = Partial<NephoScaleOptions>;
type Check = (it: Tools) => Promise<void>;

interface Tools extends Input {
  /** Makes a driver for a fault; it tries once, unless told otherwise. */
  cloud(fault: string, settings?: Settings): NephoScaleNodeDriver;
  /** Sends a POST with a body. */
  post(fault: string, settings?: Settings): Promise<unknown>;
  /** Asks a server what it has seen. */
  seen(fault: string, url?: string): Promise<Seen[]>;
}

const CREDENTIALS = { username: "me", password: "pä55" };
const AUTHORIZATION = "Basic bWU6cMOkNTU=";

const CHECKS: Readonly<Record<string, Check>> = {
  async "sends credentials in UTF-8 and a User-Agent"(it) {
    await it.cloud("ok", { userAgent: "script/1" }).listNodes();
    const [request] = await it.seen("ok");
    expect(request?.headers["authorization"], AUTHORIZATION);
    expect(request?.headers["user-agent"], `script/1 nephos/${VERSION}`);
  },

  async "keeps many calls at once apart"(it) {
    const { connection } = it.cloud("echo");
    const paths = Array.from({ length: 20 }, (_, index) => `/${index}/`);
    const answers = await Promise.all(
      paths.map((path) => connection.request<{ data: string }>(path)),
    );
    expect(
      answers.map(({ object }) => object.data).join(),
      paths.map((path) => `/echo${path}`).join(),
    );
  },

  async "follows a redirect within the origin"(it) {
    await it.cloud("moved").listNodes();
    const [request] = (await it.seen("ok")).filter(({ target }) =>
      target === "/ok/moved/"
    );
    expect(request?.headers["authorization"], AUTHORIZATION);
  },

  async "refuses a foreign redirect of a GET"(it) {
    for (const status of [302, 307]) {
      const fault = `foreign-${status}`;
      const error = await failure(it.cloud(fault).listNodes());
      expect(ApiError.is(error) && error.status, status);
    }
    expect((await it.seen("ok", it.foreignUrl)).length, 0);
  },

  async "refuses a foreign redirect of a POST"(it) {
    for (const status of [302, 307]) {
      const error = await failure(it.post(`foreign-${status}`));
      expect(ApiError.is(error) && error.status, status);
    }
    expect((await it.seen("ok", it.foreignUrl)).length, 0);
  },

  async "timeoutMs ends an answer that stalls"(it) {
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

  async "an abort rethrows its reason"(it) {
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

  async "a POST to a closed port was not applied"(it) {
    const error = await failure(it.post("ok", { baseUrl: it.closedUrl }));
    expect(ConnectionError.is(error), true, error);
    expect(
      CloudError.is(error) && error.mayHaveBeenApplied,
      false,
      messages(error),
    );
  },

  async "a POST to a closed port is tried again"(it) {
    let retries = 0;
    await failure(it.post("ok", {
      baseUrl: it.closedUrl,
      retry: { maxAttempts: 3, baseMs: 1 },
      hooks: { onRetry: () => void retries++ },
    }));
    expect(retries, 2);
  },

  async "a POST reset before its answer is sent once"(it) {
    await failsOnce(it, "reset");
  },

  async "a POST closed before its answer is sent once"(it) {
    await failsOnce(it, "close");
  },

  async "a POST closed on a reused connection is sent once"(it) {
    const cloud = it.cloud("close-reused");
    for (let i = 0; i < 3; i++) await cloud.listNodes();
    await failsOnce(it, "close-reused");
  },

  async "an empty POST closed on a reused connection is sent once"(it) {
    const cloud = it.cloud("close-empty");
    await cloud.listNodes();
    const error = await failure(cloud.rebootNode("1"));
    expect(CloudError.is(error) && error.mayHaveBeenApplied, true);
    expect(await countPosts(it, "close-empty"), 1);
  },

  async "a POST that takes its server down may have been applied"(it) {
    const cloud = it.cloud("ok", { baseUrl: `${it.dyingUrl}/die`, retry: {} });
    await cloud.listNodes();
    const error = await failure(
      cloud.connection.request("/post/", { method: "POST", data: { a: 1 } }),
    );
    expect(
      CloudError.is(error) && error.mayHaveBeenApplied,
      true,
      messages(error),
    );
  },

  async "an answer cut short is an error"(it) {
    for (const fault of ["cut-body", "cut-chunks"]) {
      const error = await failure(it.cloud(fault).listNodes());
      expect(ConnectionError.is(error), true, error);
      const posted = await failure(it.post(fault));
      expect(ConnectionError.is(posted), true, posted);
      expect(CloudError.is(posted) && posted.mayHaveBeenApplied, true);
    }
  },

  async "a body without an end is given up"(it) {
    const cloud = it.cloud("endless", { maxBodyBytes: 1e6, timeoutMs: 10_000 });
    const error = await failure(cloud.listNodes());
    expect(MalformedResponseError.is(error), true, error);
  },

  async "waits as long as Retry-After says"(it) {
    for (const fault of ["busy-seconds", "busy-date"]) {
      const start = performance.now();
      await it.post(fault, { retry: {} });
      const ms = performance.now() - start;
      expect(ms > 900 && ms < 4000, true, `${fault}: ${ms} ms`);
      expect((await it.seen(fault)).length, 2);
    }
  },

  async "leaves nothing on the caller's signal"(it) {
    // The harness sees whether the process ends before this does.
    const signal = AbortSignal.timeout(30_000);
    await it.cloud("ok").listNodes({ signal });
    await failure(it.cloud("cut-body").listNodes({ signal }));
  },
};

/** Names of the promises, in order. */
export const PROMISES: readonly string[] = Object.keys(CHECKS);

/** Checks them all, one after the other. */
export default async function main(input: Input): Promise<Report> {
  const promises: Record<string, string> = {};
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
    async seen(fault, url = input.url) {
      return await (await fetch(`${url}/seen/${fault}`)).json();
    },
  };
  for (const [name, check] of Object.entries(CHECKS)) {
    promises[name] = await check(tools).then(() => "ok", messages);
  }
  return { runtime: navigator.userAgent, promises };
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
  throw new Error("it succeeded");
}

function expect(actual: unknown, expected: unknown, hint: unknown = ""): void {
  if (actual === expected) return;
  throw new Error(
    `${actual} instead of ${expected}${hint && `: ${messages(hint)}`}`,
  );
}

function messages(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error ? ` (${error.code})` : "";
  return `${error.name}: ${error.message}${code}${
    error.cause ? `; ${messages(error.cause)}` : ""
  }`;
}
