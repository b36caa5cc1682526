import {
  assert,
  assertEquals,
  assertNotMatch,
  assertRejects,
  assertStringIncludes,
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
  ask,
  FAST,
  json,
} from "./_acme.ts";
import { serveWire } from "./_wire.ts";

const STATUSES = [301, 302, 303, 307, 308];

const CONNECTIONS: Record<string, (url: string) => Connection> = {
  "Basic": (url) => acme(url),
  "Bearer": (url) => acmeToken(url, () => "token-canary"),
  "X-Auth-Token": (url) =>
    new AcmeKeyConnection(url, { key: "key-canary", retry: FAST }),
};

/** A server that sends everybody to a place. */
function sender(location: string, status = 302) {
  return serveWire((wire) => wire.answer(status, "moved", { location }));
}

for (const [scheme, connect] of Object.entries(CONNECTIONS)) {
  Deno.test(`Connection.request() follows no redirect to another origin, with ${scheme} credentials`, async () => {
    for (const method of ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]) {
      for (const status of STATUSES) {
        await using thief = await serveWire((wire) => wire.answer(200, "{}"));
        await using server = await sender(`${thief.url}/servers`, status);
        const options: RequestOptions = method === "GET" || method === "HEAD"
          ? { method }
          : { method, data: { name: "web" } };
        const error = await assertRejects(
          () => connect(server.url).request("/servers", options),
          ApiError,
        );
        const about = `${method} ${status}`;
        assertEquals(thief.requests.length, 0, about);
        assertEquals(server.requests.length, 1, about);
        assertEquals(error.status, status);
        assertStringIncludes(error.message, thief.url);
        assertEquals(
          error.mayHaveBeenApplied,
          method !== "GET" && method !== "HEAD",
          about,
        );
      }
    }
  });
}

Deno.test("Connection.request() follows no redirect to another scheme, port or host, however it is written", async () => {
  const targets: string[] = [];
  await using server = await serveWire((wire) =>
    wire.answer(302, "", {
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
      () => ask(url, `/${index}`),
      ApiError,
      "redirect",
      target,
    );
    assertEquals(server.requests.length, index + 1, target);
  }
});

Deno.test("Connection.request() puts no credentials of a redirect in the place of its own", async () => {
  await using server = await serveWire((wire) =>
    wire.target === "/a"
      ? wire.answer(302, "", {
        location: `http://mallory:canary@127.0.0.1:${server.port}/b`,
      })
      : wire.answer(200, "{}")
  );
  const error = await assertRejects(() => ask(server.url, "/a"), ApiError);
  assertNotMatch(Deno.inspect(error), /canary|mallory/);
  assertEquals(server.requests.length, 1);
});

for (const [scheme, connect] of Object.entries(CONNECTIONS)) {
  Deno.test(`Connection.request() follows a GET on the same origin, with its ${scheme} credentials`, async () => {
    for (const method of ["GET", "HEAD"]) {
      for (const status of STATUSES) {
        await using server = await serveWire((wire) =>
          wire.target === "/v1/old?a=1"
            ? wire.answer(status, "moved", { location: "../new/place?b=2" })
            : wire.answer(200, method === "GET" ? '{"ok":true}' : "")
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

Deno.test("Connection.request() adds its default parameters to where a redirect leads", async () => {
  class Keyed extends AcmeConnection {
    protected override addDefaultParams(params: URLSearchParams) {
      params.set("key", "k-1");
    }
  }
  await using server = await serveWire((wire) =>
    wire.target.startsWith("/a")
      ? wire.answer(302, "", { location: "/b?x=1" })
      : wire.answer(200, "{}")
  );
  await new Keyed(server.url, { username: "me", password: "pw" }).request("/a");
  assertEquals(server.requests.map(({ target }) => target), [
    "/a?key=k-1",
    "/b?x=1&key=k-1",
  ]);
});

Deno.test("Connection.request() follows no redirect of a write, not even on the same origin", async () => {
  for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
    for (const status of STATUSES) {
      await using server = await serveWire((wire) =>
        wire.answer(status, "", { location: "/elsewhere" })
      );
      const error = await assertRejects(
        () => ask(server.url, "/servers", { method, data: { a: 1 } }),
        ApiError,
        "redirect",
      );
      assertEquals(server.requests.length, 1);
      assertEquals(error.status, status);
      assert(error.mayHaveBeenApplied);
    }
  }
});

Deno.test("Connection.request() gives up on redirects that never end", async () => {
  await using server = await serveWire((wire) =>
    wire.answer(302, "", { location: `/${wire.number}` })
  );
  await assertRejects(() => ask(server.url, "/"), ApiError, "redirect");
  assertEquals(server.requests.length, 6);
  await using loop = await sender("/");
  await assertRejects(() => ask(loop.url, "/"), ApiError, "redirect");
  assertEquals(loop.requests.length, 6);
});

Deno.test("Connection.request() follows five redirects, and repeats what comes then", async () => {
  await using server = await serveWire((wire) =>
    wire.number <= 5
      ? wire.answer(307, "", { location: `/${wire.number}` })
      : wire.answer(wire.number === 6 ? 503 : 200, "{}")
  );
  const { status } = await ask(server.url, "/");
  assertEquals([status, server.requests.length], [200, 7]);
});

Deno.test("Connection.request() takes 3xx without a place to go for a failure", async () => {
  for (const status of [300, 301, 302, 304, 307]) {
    const fetch: Fetch = () => Promise.resolve(new Response(null, { status }));
    const error = await assertRejects(
      () => ask(ACME, "/", { connection: { fetch } }),
      ApiError,
      `HTTP ${status}`,
    );
    assertEquals(error.status, status);
  }
});

Deno.test("Connection.request() takes a redirect that a browser hides for a failure", async () => {
  // Browsers answer `redirect: "manual"` with status 0, and no place to go.
  let sent = 0;
  const fetch: Fetch = () => {
    sent++;
    return Promise.resolve(Response.error());
  };
  await assertRejects(
    () => ask(ACME, "/", { connection: { fetch } }),
    ApiError,
    "redirect",
  );
  assertEquals(sent, 1);
});

Deno.test("Connection.request() tells fetch not to follow redirects by itself", async () => {
  // With "follow", runtimes send X-Auth-Token on to the other origin.
  const modes: string[] = [];
  const fetch: Fetch = (request) => {
    modes.push(request.redirect);
    return Promise.resolve(json({}));
  };
  for (const method of ["GET", "POST"]) {
    await ask(ACME, "/", { method, connection: { fetch } });
  }
  assertEquals(modes, ["manual", "manual"]);
});

Deno.test("Connection.request() leaves no body of a redirect unread, followed or not", async () => {
  for (const location of ["/b", "https://evil.example/"]) {
    const answers: Response[] = [];
    const fetch: Fetch = () => {
      const answer = new Response("moved", {
        status: answers.length === 0 ? 302 : 200,
        headers: { location },
      });
      answers.push(answer);
      return Promise.resolve(answer);
    };
    await ask(ACME, "/a", { connection: { fetch } }).catch(() => {});
    for (const answer of answers) assert(answer.bodyUsed);
  }
});

Deno.test("Connection.list() takes only the query from a link to the next page", async () => {
  await using thief = await serveWire((wire) => wire.answer(200, "{}"));
  await using server = await serveWire((wire) =>
    wire.answer(
      200,
      JSON.stringify(
        wire.number === 1
          ? { items: [{ id: "1" }], next: `${thief.url}/x/y?page=2#top` }
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
      pages: linkedPages((page: PageJson) => page.next),
    },
    { params: { tag: "web" } },
  );
  assertEquals(items, [{ id: "1" }, { id: "2" }]);
  assertEquals(thief.requests.length, 0);
  assertEquals(server.requests.map(({ target }) => target), [
    "/servers?tag=web",
    "/servers?tag=web&page=2",
  ]);
  assertEquals(
    server.requests[1]?.headers.get("authorization"),
    server.requests[0]?.headers.get("authorization"),
  );
});

Deno.test("Connection.list() refuses a link to the next page that is none", async () => {
  for (const next of ["http://[", "http://", "//"]) {
    const fetch: Fetch = () => Promise.resolve(json({ next }));
    await assertRejects(
      async () =>
        await acme(ACME, { fetch }).list("/servers", {
          items: () => [{ id: "1" }],
          pages: linkedPages((page: { next: string }) => page.next),
        }),
      MalformedResponseError,
    );
  }
});
