import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertStringIncludes,
} from "@std/assert";
import { encodeBase64 } from "@std/encoding/base64";
import {
  type Connection,
  type ConnectionOptions,
  type Fetch,
  type RequestOptions,
} from "../../core/mod.ts";
import { NodeDriver } from "../../core/compute/mod.ts";
import {
  ACME,
  AcmeConnection,
  AcmeKeyConnection,
  acmeToken,
  FAST,
  json,
} from "./_acme.ts";
import { head, serveWire, type Wire } from "./_wire.ts";

// What forms, JSON, URLs and HTML each write in another way.
const ODD = 'ä"\\ /+%&';
const USER = `user-canary${ODD}`;
const PASSWORD = `password-canary${ODD}`;
const TOKEN = `token-canary"\\ /+%&`;
const SECRET = `secret-canary${ODD}`;
const ALL = [USER, PASSWORD, TOKEN, SECRET];

/** Every way in which a service may repeat a text. */
function formsOf(text: string): Record<string, string> {
  const ascii = JSON.stringify(text).slice(1, -1).replace(
    /[^\0-~]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  const encoded = encodeURIComponent(text);
  return {
    plain: text,
    json: JSON.stringify(text).slice(1, -1),
    "json in ASCII, as Python writes it": ascii,
    "json with escaped slashes, as PHP writes it": ascii.replaceAll("/", "\\/"),
    url: encoded,
    "url in lower case": encoded.replace(/%../g, (it) => it.toLowerCase()),
    form: new URLSearchParams({ x: text }).toString().slice(2),
  };
}

/** Fails if a text shows a secret, or a good part of one. */
function assertClean(text: string, about: string) {
  // Part of a form is as bad as the whole: the odd letters come last.
  const found = /(?:user|password|token|secret)-canary/.exec(text)?.[0] ??
    [encodeBase64(`${USER}:${PASSWORD}`)].find((it) => text.includes(it));
  assert(found === undefined, `${about}: "${found}" in ${text}`);
}

/** Looks at an error as everything that people print does. */
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

/** Sends requests with everything in them that must not be seen. */
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
  Deno.test(`Errors and hooks show no secret that the service repeats, with ${scheme} credentials`, async () => {
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
      // What a connection does not know, it cannot keep to itself.
      if (
        scheme === "Basic"
          ? name.startsWith("token")
          : /^(user|passw|base)/.test(name)
      ) {
        continue;
      }
      const answers: Record<string, Fetch> = {
        "in a text": echo(`Wrong: ${text}!`, 401),
        "in HTML": echo(`<p>${text}</p>`, 502),
        "in a reason": echo(
          `{"fault":{"text":"no ${text}","code":"${text}"}}`,
          403,
        ),
        "far down": echo(" ".repeat(4090) + text, 409),
        "in a success that makes no sense": echo(`<p>${text}</p>`, 200),
      };
      for (const [where, fetch] of Object.entries(answers)) {
        const { errors, events } = await collect(connect, ACME, fetch);
        assertEquals(errors.length, 3);
        for (const error of errors) assertCleanError(error, `${name} ${where}`);
        assertClean(Deno.inspect(events, { depth: 20 }), `${name} ${where}`);
        assertClean(JSON.stringify(events), `${name} ${where}`);
      }
    }
  });

  Deno.test(`Errors and hooks show no secret that headers repeat, with ${scheme} credentials`, async () => {
    const known = scheme === "Basic" ? [USER, PASSWORD] : [TOKEN];
    for (const secret of [...known, SECRET]) {
      const forms = formsOf(secret);
      for (
        const text of [
          forms["url"]!,
          forms["json in ASCII, as Python writes it"]!,
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
          const fetch = echo("no JSON", status, headers);
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

  Deno.test(`Errors and hooks show no secret over a socket, with ${scheme} credentials`, async () => {
    const known = scheme === "Basic" ? PASSWORD : TOKEN;
    const secret = encodeURIComponent(known);
    const answers: Record<string, (wire: Wire) => unknown> = {
      reset: (wire) => wire.reset(),
      close: () => {},
      stall: (wire) => wire.hungUp,
      "in the status line": (wire) =>
        wire.send(`HTTP/1.1 500 ${secret}\r\ncontent-length: 0\r\n\r\n`),
      "in a header that is none": (wire) =>
        wire.send(`HTTP/1.1 200 OK\r\n${secret}\r\n\r\n`),
      "in a redirect to another origin": (wire) =>
        wire.answer(302, "", { location: `https://evil.example/${secret}` }),
      "in a redirect to itself": (wire) =>
        wire.answer(302, "", { location: `/${secret}?${secret}` }),
      "in a redirect and then 404": (wire) =>
        wire.target.includes("canary")
          ? wire.answer(404)
          : wire.answer(302, "", { location: `/${secret}?${secret}` }),
      "cut off": (wire) =>
        wire.send(head(200, { "content-length": 999 }) + secret),
      "what it was sent": (wire) =>
        wire.answer(
          500,
          `${[...wire.headers]} ${wire.target} ${wire.body}`,
        ),
    };
    for (const [name, answer] of Object.entries(answers)) {
      await using server = await serveWire(answer);
      const { errors, events } = await collect(connect, server.url);
      // What it is sent is all there; the GET has it in its query.
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

  Deno.test(`Connections and drivers show no secret when they are printed, with ${scheme} credentials`, async () => {
    const { connection } = await collect(connect, ACME, echo("{}", 200));
    class Driver extends NodeDriver {
      override readonly provider = "acme";
      override readonly connection = connection;
      override listNodes = never;
      override listSizes = never;
      override listImages = never;
      override listLocations = never;
      override getNode = never;
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

  Deno.test(`Errors of a caller's own fetch show no secret, with ${scheme} credentials`, async () => {
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
  throw new Error("Nobody calls it");
};

Deno.test("Errors show no secret that their shortening cuts in half", async () => {
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

Deno.test("Errors keep what is no secret", async () => {
  const fetch: Fetch = () =>
    Promise.resolve(
      json({ fault: { text: `no node for ${USER}` } }, { status: 404 }),
    );
  const { errors } = await collect(CONNECTIONS["Basic"]!, ACME, fetch);
  assertEquals(
    (errors[0] as Error).message,
    "Cannot GET /get: no node for [redacted]",
  );
  assertEquals(
    (errors[0] as { body: string }).body,
    '{"fault":{"text":"no node for [redacted]"}}',
  );
});
