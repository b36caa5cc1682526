import {
  assert,
  assertEquals,
  assertNotMatch,
  assertRejects,
} from "@std/assert";
import {
  ApiError,
  type Connection,
  type Fetch,
  linkedPages,
  MalformedResponseError,
  type RequestOptions,
} from "../../core/mod.ts";
import {
  ACME,
  acme,
  AcmeConnection,
  AcmeKeyConnection,
  acmeToken,
  FAST,
  json,
  send,
} from "./_acme.ts";
import { serveWire } from "./_wire.ts";

const STATUSES = [301, 302, 303, 307, 308];

const CONNECTIONS: Record<string, (url: string) => Connection> = {
  "Basic": (url) => acme(url),
  "Bearer": (url) => acmeToken(url, () => "token-canary"),
  "X-Auth-Token": (url) =>
    new AcmeKeyConnection(url, { key: "key-canary", retry: FAST }),
};

/** A server that redirects every request. */
function redirectingTo(location: string, status = 302) {
  return serveWire((wire) => wire.respond(status, "moved", { location }));
}

for (const [scheme, connect] of Object.entries(CONNECTIONS)) {
  Deno.test(`Connection.request() does not follow redirects to another origin, with ${scheme} credentials`, async () => {
    for (const method of ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]) {
      for (const status of STATUSES) {
        await using other = await serveWire((wire) => wire.respond(200, "{}"));
        await using server = await redirectingTo(
          `${other.url}/servers`,
          status,
        );
        const options: RequestOptions = method === "GET" || method === "HEAD"
          ? { method }
          : { method, data: { name: "web" } };
        const error = await assertRejects(
          () => connect(server.url).request("/servers", options),
          ApiError,
        );
        const description = `${method} ${status}`;
        assertEquals(other.requests.length, 0, description);
        assertEquals(server.requests.length, 1, description);
        assertEquals(error.status, status);
        assertEquals(
          error.message,
          `${method} /servers: redirect to ${other.url} is not followed`,
        );
        assertEquals(
          error.mayHaveBeenApplied,
          method !== "GET" && method !== "HEAD",
          description,
        );
      }
    }
  });
}

Deno.test("Connection.request() does not follow redirects to another scheme, port or host in any notation", async () => {
  const targets: string[] = [];
  await using server = await serveWire((wire) =>
    wire.respond(302, "", {
      location: targets[Number(wire.target.slice(1))] ?? "",
    })
  );
  const { port, url } = server;
  targets.push(
    `https://127.0.0.1:${port}/x`,
    `http://127.0.0.1:${port + 1 & 0xffff}/x`,
    `http://localhost:${port}/x`,
    `//localhost:${port}/x`,
    `http://127.0.0.1.evil.example:${port}/x`,
    "https://evil.example",
    "//evil.example/x",
    "\\\\evil.example\\x",
    "http:\\\\evil.example",
    "ftp://evil.example/x",
    "data:application/json,{}",
    "javascript:alert(1)",
    "about:blank",
    "file:///etc/passwd",
    "blob:http://127.0.0.1/x",
    "http://[",
    "http://",
  );
  for (const [index, target] of targets.entries()) {
    await assertRejects(
      () => send(url, `/${index}`),
      ApiError,
      "redirect",
      target,
    );
    assertEquals(server.requests.length, index + 1, target);
  }
});

Deno.test("Connection.request() does not use the credentials in a redirect", async () => {
  await using server = await serveWire((wire) =>
    wire.target === "/a"
      ? wire.respond(302, "", {
        location:
          `http://canary-user:canary-password@127.0.0.1:${server.port}/b`,
      })
      : wire.respond(200, "{}")
  );
  const error = await assertRejects(() => send(server.url, "/a"), ApiError);
  assertNotMatch(Deno.inspect(error), /canary/);
  assertEquals(server.requests.length, 1);
});

for (const [scheme, connect] of Object.entries(CONNECTIONS)) {
  Deno.test(`Connection.request() follows redirects of a GET on the same origin, with ${scheme} credentials`, async () => {
    for (const method of ["GET", "HEAD"]) {
      for (const status of STATUSES) {
        await using server = await serveWire((wire) =>
          wire.target === "/v1/old?a=1"
            ? wire.respond(status, "moved", { location: "../new/place?b=2" })
            : wire.respond(200, method === "GET" ? '{"ok":true}' : "")
        );
        const response = await connect(`${server.url}/v1`)
          .request("/old?a=1", { method, headers: { "x-more": "yes" } });
        assertEquals(response.status, 200);
        assertEquals(
          server.requests.map(({ method, target }) => `${method} ${target}`),
          [`${method} /v1/old?a=1`, `${method} /new/place?b=2`],
        );
        const [first, second] = server.requests;
        assertEquals([...second!.headers], [...first!.headers]);
        assert(
          first!.headers.has("authorization") ||
            first!.headers.has("x-auth-token"),
        );
      }
    }
  });
}

Deno.test("Connection.request() adds the default parameters to the target of a redirect", async () => {
  class Keyed extends AcmeConnection {
    protected override addDefaultParams(params: URLSearchParams) {
      params.set("key", "k-1");
    }
  }
  await using server = await serveWire((wire) =>
    wire.target.startsWith("/a")
      ? wire.respond(302, "", { location: "/b?x=1" })
      : wire.respond(200, "{}")
  );
  await new Keyed(server.url, { username: "me", password: "pw" }).request("/a");
  assertEquals(server.requests.map(({ target }) => target), [
    "/a?key=k-1",
    "/b?x=1&key=k-1",
  ]);
});

Deno.test("Connection.request() does not follow redirects of a write, also on the same origin", async () => {
  for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
    for (const status of STATUSES) {
      await using server = await serveWire((wire) =>
        wire.respond(status, "", { location: "/elsewhere" })
      );
      const error = await assertRejects(
        () => send(server.url, "/servers", { method, data: { a: 1 } }),
        ApiError,
        "redirect",
      );
      assertEquals(server.requests.length, 1);
      assertEquals(error.status, status);
      assert(error.mayHaveBeenApplied);
    }
  }
});

Deno.test("Connection.request() rejects after five redirects", async () => {
  await using server = await serveWire((wire) =>
    wire.respond(302, "", { location: `/${wire.number}` })
  );
  await assertRejects(() => send(server.url, "/"), ApiError, "redirect");
  assertEquals(server.requests.length, 6);
  await using loop = await redirectingTo("/");
  await assertRejects(() => send(loop.url, "/"), ApiError, "redirect");
  assertEquals(loop.requests.length, 6);
});

Deno.test("Connection.request() follows five redirects and retries the request after them", async () => {
  await using server = await serveWire((wire) =>
    wire.number <= 5
      ? wire.respond(307, "", { location: `/${wire.number}` })
      : wire.respond(wire.number === 6 ? 503 : 200, "{}")
  );
  const { status } = await send(server.url, "/");
  assertEquals([status, server.requests.length], [200, 7]);
});

Deno.test("Connection.request() rejects a 3xx response without a Location header", async () => {
  for (const status of [300, 301, 302, 304, 307]) {
    const fetch: Fetch = () => Promise.resolve(new Response(null, { status }));
    const error = await assertRejects(
      () => send(ACME, "/", { connection: { fetch } }),
      ApiError,
      `GET /: Acme refused (${status})`,
    );
    assertEquals(error.status, status);
  }
});

Deno.test("Connection.request() does not follow a 3xx response whose status is no redirect, also with a Location header", async () => {
  for (const status of [300, 304, 305, 306, 310]) {
    let sent = 0;
    const fetch: Fetch = () => {
      sent++;
      const headers = { location: "/v1/elsewhere" };
      return Promise.resolve(new Response(null, { status, headers }));
    };
    const error = await assertRejects(
      () => send(ACME, "/", { connection: { fetch } }),
      ApiError,
      `GET /: Acme refused (${status})`,
    );
    assertEquals([error.status, sent], [status, 1]);
  }
});

Deno.test("Connection.request() rejects an opaque redirect of a browser", async () => {
  // With `redirect: "manual"`, browsers return status 0 and no headers.
  let sent = 0;
  const fetch: Fetch = () => {
    sent++;
    return Promise.resolve(Response.error());
  };
  await assertRejects(
    () => send(ACME, "/", { connection: { fetch } }),
    ApiError,
    "redirect",
  );
  assertEquals(sent, 1);
});

Deno.test("Connection.request() calls fetch with redirect: manual", async () => {
  // With "follow", runtimes send X-Auth-Token to the other origin.
  const modes: string[] = [];
  const fetch: Fetch = (request) => {
    modes.push(request.redirect);
    return Promise.resolve(json({}));
  };
  for (const method of ["GET", "POST"]) {
    await send(ACME, "/", { method, connection: { fetch } });
  }
  assertEquals(modes, ["manual", "manual"]);
});

Deno.test("Connection.request() consumes the body of every redirect", async () => {
  for (const location of ["/b", "https://evil.example/"]) {
    const responses: Response[] = [];
    const fetch: Fetch = () => {
      const response = new Response("moved", {
        status: responses.length === 0 ? 302 : 200,
        headers: { location },
      });
      responses.push(response);
      return Promise.resolve(response);
    };
    await send(ACME, "/a", { connection: { fetch } }).catch(() => {});
    for (const { bodyUsed } of responses) assert(bodyUsed);
  }
});

Deno.test("Connection.list() uses only the query of a link to the next page", async () => {
  await using other = await serveWire((wire) => wire.respond(200, "{}"));
  await using server = await serveWire((wire) =>
    wire.respond(
      200,
      JSON.stringify(
        wire.number === 1
          ? { items: [{ id: "1" }], next: `${other.url}/x/y?page=2#top` }
          : { items: [{ id: "2" }] },
      ),
    )
  );
  interface PageJson {
    items: { id: string }[];
    next?: string;
  }
  const items = await acme(server.url).list(
    "/servers",
    {
      items: (page: PageJson) => page.items,
      pages: linkedPages(["page"], (page: PageJson) => page.next),
    },
    { params: { tag: "web" } },
  );
  assertEquals(items, [{ id: "1" }, { id: "2" }]);
  assertEquals(other.requests.length, 0);
  assertEquals(server.requests.map(({ target }) => target), [
    "/servers?tag=web",
    "/servers?tag=web&page=2",
  ]);
  assertEquals(
    server.requests[1]?.headers.get("authorization"),
    server.requests[0]?.headers.get("authorization"),
  );
});

Deno.test("Connection.list() rejects an invalid link to the next page", async () => {
  for (const next of ["http://[", "http://", "//"]) {
    const fetch: Fetch = () => Promise.resolve(json({ next }));
    await assertRejects(
      async () =>
        await acme(ACME, { fetch }).list("/servers", {
          items: () => [{ id: "1" }],
          pages: linkedPages(["page"], (page: { next: string }) => page.next),
        }),
      MalformedResponseError,
    );
  }
});
