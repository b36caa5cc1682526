/**
 * `nephos fleet --serve`: the fleet page for the accounts of a command.
 *
 * @module
 */

import { assert, assertEquals, assertFalse, assertMatch } from "@std/assert";
import { serveHttp } from "../../cli/http_server.ts";
import { HetznerSimulator } from "../../simulators/hetzner/mod.ts";
import { type Ended, nephos, type Setting } from "./_nephos.ts";

/** The page, as `-o json` prints it. */
interface Served {
  readonly url: string;
  readonly user: string;
  readonly password: string;
}

/** Runs `nephos fleet --serve`, calls a function while it runs, and stops it. */
async function serving(
  args: string,
  use: (served: Served) => Promise<void>,
  setting: Setting = {},
): Promise<Ended> {
  const controller = new AbortController();
  const { promise, resolve } = Promise.withResolvers<Served>();
  const ended = nephos(`fleet --serve -o json ${args}`, {
    signal: controller.signal,
    serve: serveHttp,
    onWrite: (text) => text.startsWith("{") && resolve(JSON.parse(text)),
    ...setting,
  });
  const failed = ended.then(({ stderr }) => Promise.reject(new Error(stderr)));
  try {
    await use(await Promise.race([promise, failed]));
  } finally {
    controller.abort();
    failed.catch(() => {});
  }
  return await ended;
}

function headers({ user, password }: Served) {
  return { authorization: `Basic ${btoa(`${user}:${password}`)}` };
}

async function linesOf(response: Response): Promise<Record<string, unknown>[]> {
  const text = await response.text();
  return text.trimEnd().split("\n").map((line) => JSON.parse(line));
}

Deno.test("nephos fleet --serve shows the accounts of the command", async () => {
  const args = "-p hetzner -p linode --simulate";
  const { code, stderr } = await serving(args, async (served) => {
    const { url } = served;
    assertMatch(url, /^http:\/\/127\.0\.0\.1:\d+$/);
    const page = await fetch(url, { headers: headers(served) });
    assertEquals(page.status, 200);
    assertMatch(await page.text(), /<h1>Fleet<\/h1>/);
    const nodes = await linesOf(
      await fetch(`${url}/nodes`, { headers: headers(served) }),
    );
    assertEquals(nodes.pop(), { complete: true });
    assertEquals(nodes.map(({ account }) => account).sort(), [
      "hetzner",
      "linode",
    ]);
    const prices = await fetch(`${url}/prices`, { headers: headers(served) });
    assertEquals((await linesOf(prices)).at(-1), { complete: true });
  });
  assertEquals([code, stderr], [0, ""]);
});

Deno.test("nephos fleet --serve refuses everyone without its password", async () => {
  const passwords: string[] = [];
  for (let count = 0; count < 2; count++) {
    await serving("-p hetzner --simulate", async (served) => {
      passwords.push(served.password);
      for (const target of ["/", "/nodes", "/prices", "/other"]) {
        for (const given of [{}, headers({ ...served, password: "" })]) {
          const response = await fetch(served.url + target, { headers: given });
          assertEquals(response.status, 401);
          assertEquals(await response.text(), "Unauthorized\n");
        }
      }
    });
  }
  const [one = "", other] = passwords;
  assert(one.length > 30);
  assertFalse(one === other);
});

Deno.test("nephos fleet --serve takes all profiles, and shows no credentials", async () => {
  const { credentials, fetch: send } = new HetznerSimulator({ nodes: 2 });
  const account = "{ provider: hetzner, credentials: { token: { env: T } } }";
  const secret = "c5f1-secret";
  const setting: Setting = {
    files: {
      "/.config/nephos/config.yaml":
        `profiles:\n  one: ${account}\n  two: ${account}\n`,
    },
    env: { T: secret },
    fetch(request) {
      const { headers } = request;
      assertEquals(headers.get("authorization"), `Bearer ${secret}`);
      headers.set("authorization", `Bearer ${credentials.token}`);
      return send(request);
    },
  };
  const { code, stdout, stderr } = await serving("--debug", async (served) => {
    const page = await fetch(served.url, { headers: headers(served) });
    const html = await page.text();
    assertMatch(html, /&quot;isSimulated&quot;:false/);
    const response = await fetch(`${served.url}/nodes`, {
      headers: headers(served),
    });
    const lines = await linesOf(response);
    assertFalse((html + JSON.stringify(lines)).includes(secret));
    assertEquals(lines.map(({ account }) => account).sort(), [
      "one",
      "two",
      undefined,
    ]);
  }, setting);
  assertEquals(code, 0);
  assertMatch(stderr, /^debug: hetzner GET \/servers 200 /m);
  assertFalse((stdout + stderr).includes(secret));
  // The password is printed once, for the user.
  const { password } = JSON.parse(stdout) as Served;
  assertFalse(stderr.includes(password));
});

Deno.test("nephos fleet --serve sends the first nodes while an account has not responded", async () => {
  const released = Promise.withResolvers<void>();
  const { credentials, fetch: send } = new HetznerSimulator({ nodes: 1 });
  let requests = 0;
  const setting: Setting = {
    env: {
      HCLOUD_TOKEN: credentials.token,
      LINODE_TOKEN: "any",
    },
    async fetch(request) {
      requests++;
      if (request.url.includes("hetzner")) return await send(request);
      await released.promise;
      return new Response(null, { status: 401 });
    },
  };
  await serving("-p hetzner -p linode", async (served) => {
    const { body } = await fetch(`${served.url}/nodes`, {
      headers: headers(served),
    });
    const reader = body!.pipeThrough(new TextDecoderStream()).getReader();
    assertMatch((await reader.read()).value!, /"hetzner","nodes":\[\{/);
    released.resolve();
    let text = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      text += value;
    }
    assertMatch(text, /"linode","error":".*\n\{"complete":true\}\n$/);
  }, setting);
  assert(requests >= 2);
});

Deno.test("nephos fleet --serve cancels its requests when the browser leaves", async () => {
  const aborted = Promise.withResolvers<void>();
  const started = Promise.withResolvers<void>();
  const { credentials, fetch: send } = new HetznerSimulator({ nodes: 1 });
  const setting: Setting = {
    env: { HCLOUD_TOKEN: credentials.token, LINODE_TOKEN: "any" },
    async fetch(request) {
      if (request.url.includes("hetzner")) return await send(request);
      const { signal } = request;
      started.resolve();
      return await new Promise<never>((_, reject) => {
        signal.addEventListener("abort", () => {
          aborted.resolve();
          reject(signal.reason);
        });
      });
    },
  };
  await serving("-p hetzner -p linode", async (served) => {
    const left = new AbortController();
    const { body } = await fetch(`${served.url}/nodes`, {
      headers: headers(served),
      signal: left.signal,
    });
    const { value } = await body!.getReader().read();
    assertMatch(new TextDecoder().decode(value), /"nodes":\[\{/);
    await started.promise;
    left.abort();
    await aborted.promise;
  }, setting);
});

Deno.test("nephos fleet --serve needs the credentials of every account", async () => {
  const { code, stderr } = await nephos("fleet --serve -p linode");
  assertEquals(code, 4);
  assertMatch(stderr, /^error: linode: missing environment variables: /);
});

Deno.test("nephos fleet --serve says that a port is in use", async () => {
  await serving("-p hetzner --simulate", async ({ url }) => {
    const { port } = new URL(url);
    const args = `-p hetzner --simulate --port ${port}`;
    const { code, stderr } = await nephos(`fleet --serve ${args}`, {
      serve: serveHttp,
    });
    assertEquals([code, stderr], [
      2,
      `error: --port: another program listens on port ${port}\n` +
      "hint: use another port, or leave --port out for any free port\n",
    ]);
  });
});
