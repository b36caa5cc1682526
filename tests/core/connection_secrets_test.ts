import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { encodeBase64 } from "@std/encoding/base64";
import { ApiError } from "../../core/mod.ts";
import type {
  Connection,
  ConnectionOptions,
  Fetch,
  RequestOptions,
} from "../../core/mod.ts";
import { NodeDriver } from "../../core/compute/mod.ts";
import {
  ACME,
  AcmeConnection,
  AcmeKeyConnection,
  acmeToken,
  AcmeTokenConnection,
  FAST,
  json,
} from "./_acme.ts";
import { head, serveWire, type Wire } from "./_wire.ts";

// Characters that JSON, forms and URLs encode differently.
const SPECIAL = 'ä"\\ /+%&';
const USER = `user-canary${SPECIAL}`;
const PASSWORD = `password-canary${SPECIAL}`;
const TOKEN = `token-canary"\\ /+%&`;
const SECRET = `secret-canary${SPECIAL}`;
const ALL = [USER, PASSWORD, TOKEN, SECRET];

/** Encoded forms in which a service may return a string. */
function formsOf(text: string): Record<string, string> {
  const ascii = JSON.stringify(text).slice(1, -1).replace(
    /[^\0-~]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  const encoded = encodeURIComponent(text);
  return {
    plain: text,
    json: JSON.stringify(text).slice(1, -1),
    "json in ASCII, as encoded by Python": ascii,
    "json with escaped slashes, as encoded by PHP": ascii.replaceAll(
      "/",
      "\\/",
    ),
    url: encoded,
    "url in lower case": encoded.replace(/%../g, (it) => it.toLowerCase()),
    form: new URLSearchParams({ x: text }).toString().slice(2),
  };
}

/** Fails if a string contains a secret or its first part. */
function assertClean(text: string, about: string) {
  // The special characters come last, so that this finds every encoded form.
  const found = /(?:user|password|token|secret)-canary/.exec(text)?.[0] ??
    [encodeBase64(`${USER}:${PASSWORD}`)].find((it) => text.includes(it));
  assert(found === undefined, `${about}: "${found}" in ${text}`);
}

/** Checks everything of an error that is printed or serialized. */
function assertCleanError(error: unknown, about: string) {
  assertInstanceOf(error, Error, about);
  for (
    let one: unknown = error;
    one instanceof Error;
    one = one.cause
  ) {
    assertClean(String(one), `${about}, text`);
    assertClean(one.message, `${about}, message`);
    assertClean(one.stack ?? "", `${about}, stack`);
    assertClean(JSON.stringify(one), `${about}, JSON`);
    for (const key of Reflect.ownKeys(one)) {
      assertClean(String(Reflect.get(one, key)), `${about}, ${String(key)}`);
    }
  }
  assertClean(Deno.inspect(error, { depth: 20, showHidden: true }), about);
}

const CONNECTIONS: Record<
  string,
  (url: string, options: ConnectionOptions) => Connection
> = {
  Basic: (url, options) =>
    new AcmeConnection(url, { ...options, username: USER, password: PASSWORD }),
  Bearer: (url, options) => acmeToken(url, () => TOKEN, options),
  "X-Auth-Token": (url, options) =>
    new AcmeKeyConnection(url, { ...options, key: TOKEN }),
};

/** Sends requests that contain secrets; returns the errors and the hook events. */
async function collect(
  connect: (url: string, options: ConnectionOptions) => Connection,
  url: string,
  fetch?: Fetch,
) {
  const events: unknown[] = [];
  const keep = (event: unknown) => void events.push(event);
  const connection = connect(url, {
    fetch,
    retry: { ...FAST, maxAttempts: 2 },
    hooks: { onRequest: keep, onResponse: keep, onRetry: keep },
    timeoutMs: 300,
  });
  const requests: [string, RequestOptions][] = [
    ["/get", { params: { password: SECRET }, secrets: [SECRET] }],
    ["/put", {
      method: "PUT",
      data: { password: SECRET },
      secrets: [SECRET],
    }],
    ["/post", {
      method: "POST",
      data: { password: SECRET },
      secrets: [SECRET],
      operation: "createKeyPair",
    }],
  ];
  const errors: unknown[] = [];
  for (const [path, options] of requests) {
    const result = await connection.request(path, options)
      .catch((error) => error);
    if (result instanceof Error) errors.push(result);
  }
  return { events, errors, connection };
}

const echo = (text: string, status: number, headers = {}): Fetch => () =>
  Promise.resolve(new Response(text, { status, headers }));

for (const [scheme, connect] of Object.entries(CONNECTIONS)) {
  Deno.test(`Errors and hooks redact secrets in response bodies, with ${scheme} credentials`, async () => {
    const credentials = encodeBase64(`${USER}:${PASSWORD}`);
    const echoes: Record<string, string> = {};
    for (const secret of ALL) {
      for (const [form, text] of Object.entries(formsOf(secret))) {
        echoes[`${secret.slice(0, 5)}, ${form}`] = text;
      }
    }
    echoes["base64"] = credentials;
    echoes["base64 in a URL"] = encodeURIComponent(credentials);
    for (const [name, text] of Object.entries(echoes)) {
      // A connection only knows its own credentials.
      if (
        scheme === "Basic"
          ? name.startsWith("token")
          : /^(user|passw|base)/.test(name)
      ) {
        continue;
      }
      const responses: Record<string, Fetch> = {
        "in plain text": echo(`Wrong: ${text}!`, 401),
        "in HTML": echo(`<p>${text}</p>`, 502),
        "in a reason": echo(
          `{"fault":{"text":"no ${text}","code":"${text}"}}`,
          403,
        ),
        "beyond the shown part": echo(" ".repeat(4090) + text, 409),
        "in an unusable success": echo(`<p>${text}</p>`, 200),
      };
      for (const [where, fetch] of Object.entries(responses)) {
        const { errors, events } = await collect(connect, ACME, fetch);
        assertEquals(errors.length, 3);
        for (const error of errors) assertCleanError(error, `${name} ${where}`);
        assertClean(Deno.inspect(events, { depth: 20 }), `${name} ${where}`);
        assertClean(JSON.stringify(events), `${name} ${where}`);
      }
    }
  });

  Deno.test(`Errors and hooks redact secrets in response headers, with ${scheme} credentials`, async () => {
    const known = scheme === "Basic" ? [USER, PASSWORD] : [TOKEN];
    for (const secret of [...known, SECRET]) {
      const forms = formsOf(secret);
      for (
        const text of [
          forms["url"]!,
          forms["json in ASCII, as encoded by Python"]!,
        ]
      ) {
        const headers = {
          "x-request-id": text,
          "content-type": `text/plain; ${text}`,
          "www-authenticate": text,
          "retry-after": text,
          location: `/${forms["url"]}`,
        };
        for (const status of [200, 302, 401, 429, 500]) {
          const fetch = echo("not JSON", status, headers);
          const { errors, events } = await collect(connect, ACME, fetch);
          assertEquals(errors.length, 3);
          for (const error of errors) {
            assertCleanError(error, `${status} ${text}`);
          }
          assertClean(Deno.inspect(events, { depth: 20 }), `${status}`);
        }
      }
    }
  });

  Deno.test(`Errors and hooks redact secrets over a socket, with ${scheme} credentials`, async () => {
    const known = scheme === "Basic" ? PASSWORD : TOKEN;
    const secret = encodeURIComponent(known);
    const responders: Record<string, (wire: Wire) => unknown> = {
      reset: (wire) => wire.reset(),
      close: () => {},
      stall: (wire) => wire.hungUp,
      "in the status line": (wire) =>
        wire.send(`HTTP/1.1 500 ${secret}\r\ncontent-length: 0\r\n\r\n`),
      "in an invalid header": (wire) =>
        wire.send(`HTTP/1.1 200 OK\r\n${secret}\r\n\r\n`),
      "in a redirect to another origin": (wire) =>
        wire.respond(302, "", { location: `https://evil.example/${secret}` }),
      "in a redirect on the same origin": (wire) =>
        wire.respond(302, "", { location: `/${secret}?${secret}` }),
      "in a redirect and then 404": (wire) =>
        wire.target.includes("canary")
          ? wire.respond(404)
          : wire.respond(302, "", { location: `/${secret}?${secret}` }),
      "in a truncated body": (wire) =>
        wire.send(head(200, { "content-length": 999 }) + secret),
      "in an echo of the request": (wire) =>
        wire.respond(
          500,
          `${[...wire.headers]} ${wire.target} ${wire.body}`,
        ),
    };
    for (const [name, respond] of Object.entries(responders)) {
      await using server = await serveWire(respond);
      const { errors, events } = await collect(connect, server.url);
      // The server got the credentials.
      assert(
        server.requests.every(({ headers }) =>
          headers.has("authorization") || headers.has("x-auth-token")
        ),
      );
      assertEquals(errors.length, 3, name);
      for (const error of errors) assertCleanError(error, name);
      assertClean(Deno.inspect(events, { depth: 20 }), name);
    }
  });

  Deno.test(`Connections and drivers show no secret if they are printed, with ${scheme} credentials`, async () => {
    const { connection } = await collect(connect, ACME, echo("{}", 200));
    class Driver extends NodeDriver {
      override readonly provider = "acme";
      override readonly connection = connection;
      override listNodes = never;
      override listSizes = never;
      override listImages = never;
      override listLocations = never;
      protected override readNode = never;
      override createNode = never;
      override rebootNode = never;
      override destroyNode = never;
    }
    const response = await connection.request("/", { secrets: [SECRET] });
    const driver = new Driver();
    for (const thing of [connection, driver, { connection }, response]) {
      for (const showHidden of [false, true]) {
        assertClean(
          Deno.inspect(thing, { depth: 20, showHidden, getters: true }),
          "inspect",
        );
      }
      assertClean(JSON.stringify(thing), "JSON");
      assertClean(String(Object.entries(thing)), "entries");
    }
    for (const list of [connection.list("/", { items: () => [] })]) {
      assertClean(Deno.inspect(list, { depth: 20, showHidden: true }), "list");
    }
  });

  Deno.test(`Errors of a custom fetch are redacted, with ${scheme} credentials`, async () => {
    for (const code of ["ECONNRESET", "ECONNREFUSED"]) {
      const fetch: Fetch = async (request) => {
        const all = [
          request.url,
          ...request.headers.values(),
          await request.text(),
          ...(scheme === "Basic" ? [USER, PASSWORD] : [TOKEN]),
        ].join(" ");
        const cause = Object.assign(new Error(`because ${all}`), { code });
        throw new TypeError(`fetch failed for ${all}`, { cause });
      };
      const { errors, events } = await collect(connect, ACME, fetch);
      assertEquals(errors.length, 3);
      for (const error of errors) {
        assertCleanError(error, code);
        assertStringIncludes(String(error), "fetch failed");
      }
      assertClean(Deno.inspect(events, { depth: 20 }), code);
    }
  });
}

const never = () => {
  throw new Error("unexpected call");
};

Deno.test("Errors redact secrets before they are shortened", async () => {
  const password = `password-canary-${"x".repeat(500)}`;
  for (const text of [password, `${password} `, `ab ${password}`]) {
    for (const before of [0, 1, 2000, 3800, 4090, 65_000, 65_530]) {
      const body = " ".repeat(before) + text.repeat(400);
      const connection = new AcmeConnection(ACME, {
        username: "user",
        password,
        fetch: () => Promise.resolve(new Response(body, { status: 404 })),
      });
      const error = await connection.request("/").catch((error) => error);
      assertCleanError(error, `after ${before}`);
    }
  }
});

Deno.test("Errors keep text that is not secret", async () => {
  const fetch: Fetch = () =>
    Promise.resolve(
      json({ fault: { text: `no node for ${USER}` } }, { status: 404 }),
    );
  const { errors } = await collect(CONNECTIONS["Basic"]!, ACME, fetch);
  assertEquals(
    (errors[0] as Error).message,
    'GET /get: Acme refused: "no node for [redacted]" (404)',
  );
  assertEquals(
    (errors[0] as { body: string }).body,
    '{"fault":{"text":"no node for [redacted]"}}',
  );
});

Deno.test("Errors and hooks redact secrets in the path of a request", async () => {
  const connections = { ...CONNECTIONS, Token: acmeTokenOnly };
  for (const [scheme, connect] of Object.entries(connections)) {
    const known = scheme === "Basic" ? PASSWORD : TOKEN;
    for (const secret of [SECRET, known]) {
      // A connection learns the key in its own header from `secrets`.
      const secrets = scheme === "X-Auth-Token" ? ALL : [SECRET];
      const path = `/x/${encodeURIComponent(secret)}/y`;
      const events: unknown[] = [];
      const keep = (event: unknown) => void events.push(event);
      const hooks = { onRequest: keep, onResponse: keep, onRetry: keep };
      const stalled: Fetch = () => new Promise(() => {});
      const refused: Fetch = () => Promise.reject(new TypeError("refused"));
      const responses: readonly (readonly [Fetch, RequestOptions])[] = [
        [echo("{}", 404), {}],
        [echo("<p>", 200), {}],
        [echo("", 302, { location: `https://${"a".repeat(9)}.example` }), {}],
        [stalled, { timeoutMs: 20 }],
        [refused, { retry: { ...FAST, maxAttempts: 2 } }],
      ];
      // Before the first request, nobody knows the token of a function.
      const isKnown = secret !== TOKEN || scheme !== "Bearer";
      const mistakes: typeof responses = [
        [refused, { headers: { "a b": "" } }],
        [refused, { timeoutMs: -1 }],
      ];
      for (
        const [fetch, options] of [...responses, ...isKnown ? mistakes : []]
      ) {
        const connection = connect(ACME, { fetch, hooks });
        const error = await connection.request(path, { ...options, secrets })
          .catch((error) => error);
        assertCleanError(error, `${scheme} ${secret}`);
        assertMatch(String(error), /: GET \/x\/\[redacted\]\/y: /);
      }
      if (!isKnown) continue;
      assert(events.length > 0);
      assertClean(Deno.inspect(events, { depth: 20 }), scheme);
      const error = await connect(ACME, { fetch: refused, hooks })
        .request(path.slice(1), { secrets }).catch((error) => error);
      assertCleanError(error, scheme);
    }
  }
});

/** A connection that knows its token from the beginning. */
function acmeTokenOnly(url: string, options: ConnectionOptions): Connection {
  return new AcmeTokenConnection(url, { ...options, token: TOKEN });
}

Deno.test("Errors keep a user name that is an ordinary word", async () => {
  for (const username of ["server", "cloud-admin", "root"]) {
    const connection = new AcmeConnection("https://server.example/api", {
      username,
      password: "pa55wd",
      fetch: echo(
        `{"fault":{"text":"no ${username} for password pa55wd in /server"}}`,
        404,
      ),
    });
    const error = await connection.request("/server/5").catch((error) => error);
    assertEquals(
      error.message,
      `GET /server/5: Acme refused: "no ${username} for password [redacted] ` +
        'in /server" (404)',
    );
    assertEquals(error.url, "https://server.example/api/server/5");
  }
});

Deno.test("Errors show the reason, code and request id of a provider in one line of limited length", async () => {
  const hostile = "a\r\n\x1b[31m\u202eb\u2028".repeat(20_000);
  const fault = { text: hostile, code: hostile };
  for (const status of [302, 404, 500]) {
    const connection = acmeToken(ACME, () => TOKEN, {
      retry: false,
      fetch: () =>
        Promise.resolve({
          status,
          headers: {
            get: (name: string) => name === "location" ? null : hostile,
            has: () => false,
          },
          body: new Response(JSON.stringify({ fault })).body,
        } as unknown as Response),
    });
    const error = await connection.request("/x").catch((error) => error);
    assertInstanceOf(error, ApiError);
    for (const text of [error.message, error.code, error.requestId]) {
      assert(text !== undefined && text.length <= 1000, `${text?.length}`);
      assert(!/[\p{Cc}\p{Bidi_Control}\u2028]/u.test(text), text);
    }
    assertEquals(error.body.length, 4096);
  }
});
