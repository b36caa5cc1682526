import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  type ConnectionOptions,
  InvalidCredsError,
  JsonApi,
  linkedPages,
  MalformedResponseError,
  ServiceUnavailableError,
} from "../../core/mod.ts";
import { ACME, AcmeConnection, json } from "./_acme.ts";

/** A provider that tells the URL of its API after a login. */
class LateConnection extends AcmeConnection {
  constructor(
    readonly login: (operation: string) => string | Promise<string>,
    options: ConnectionOptions,
  ) {
    super(ACME, { username: "user-name", password: "pass-word", ...options });
  }

  protected override async findBaseUrl(
    _signal: AbortSignal,
    operation: string,
  ) {
    return await this.login(operation);
  }
}

Deno.test("Connection.findBaseUrl() moves the path and the query to another URL, once per request", async () => {
  const seen: string[] = [];
  const logins: string[] = [];
  const connection = new LateConnection((operation) => {
    logins.push(operation);
    return "https://api.eu.example/v2/";
  }, {
    fetch: ({ url }) => {
      seen.push(url);
      const status = seen.length === 1 ? 503 : 200;
      return Promise.resolve(json({}, { status }));
    },
    retry: { baseMs: 1, maxMs: 1 },
  });
  await connection.request("/nodes/7?full=1", {
    operation: "getNode",
    params: { page: 2 },
  });
  const url = "https://api.eu.example/v2/nodes/7?full=1&page=2";
  assertEquals([seen, logins], [[url, url], ["getNode"]]);
});

for (
  const url of [
    "http://api.example",
    "https://me:secret@api.example",
    "https://api.example/?key=1",
    "no URL",
    "",
  ]
) {
  Deno.test(`Connection.request() sends nothing if findBaseUrl() returns "${url}"`, async () => {
    let sent = 0;
    const connection = new LateConnection(() => url, {
      fetch: () => {
        sent++;
        return Promise.resolve(json({}));
      },
    });
    const error = await assertRejects(
      () =>
        connection.request("/nodes", { method: "POST", operation: "create" }),
      MalformedResponseError,
      "create: the provider's endpoint",
    );
    assertEquals([sent, error.mayHaveBeenApplied], [0, false]);
  });
}

Deno.test("Connection.request() allows plain http: from findBaseUrl() with allowInsecure", async () => {
  const connection = new LateConnection(() => "http://api.example", {
    fetch: () => Promise.resolve(json({})),
    allowInsecure: true,
  });
  assertEquals((await connection.request("/")).url, "http://api.example/");
});

Deno.test("Connection.list() takes only the query of a link, and stays at the URL of findBaseUrl()", async () => {
  const seen: string[] = [];
  const connection = new LateConnection(() => "https://api.eu.example/v2", {
    fetch: ({ url }) => {
      seen.push(url);
      const next = "https://internal.example/v9/nodes?marker=b&key=secret";
      return Promise.resolve(
        json(seen.length === 1 ? { nodes: ["a"], next } : { nodes: ["b"] }),
      );
    },
  });
  const pages = linkedPages<{ next?: string }>(["marker"], ({ next }) => next);
  const api = new JsonApi(connection, pages);
  const nodes = await api.list("listNodes", "/nodes", "nodes", (it) => it);
  const url = "https://api.eu.example/v2/nodes";
  assertEquals([nodes, seen], [["a", "b"], [url, `${url}?marker=b`]]);
});

Deno.test("Connection.request() rejects with the error of a login, sends nothing, and does not repeat the login", async () => {
  for (const errorClass of [InvalidCredsError, ServiceUnavailableError]) {
    let logins = 0;
    class LoginConnection extends AcmeConnection {
      protected override addDefaultHeaders(): Promise<void> {
        logins++;
        const details = { provider: "acme", operation: "login" };
        const failed = { status: 503, method: "POST", url: ACME, body: "" };
        const options = { ...details, ...failed };
        return Promise.reject(new errorClass("login: failed", options));
      }
    }
    let sent = 0;
    const events: string[] = [];
    const connection = new LoginConnection(ACME, {
      username: "user-name",
      password: "pass-word",
      fetch: () => {
        sent++;
        return Promise.resolve(json({}));
      },
      hooks: {
        onRequest: () => events.push("request"),
        onRetry: () => events.push("retry"),
      },
    });
    const error = await assertRejects(
      () => connection.request("/nodes", { method: "PUT" }),
      errorClass,
    );
    assertEquals([sent, logins, events], [0, 1, []]);
    assert(!error.mayHaveBeenApplied);
  }
});
