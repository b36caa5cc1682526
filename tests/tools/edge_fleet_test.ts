import {
  assert,
  assertEquals,
  assertFalse,
  assertLessOrEqual,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import worker from "../../examples/edge_fleet.ts";
import { makeWorker, openAccounts, type Worker } from "../../fleet_page/mod.ts";
import type { Line, LineSize } from "../../fleet_page/_lines.ts";
import type { Fetch } from "../../core/mod.ts";
import { DigitalOceanNodeDriver } from "../../drivers/digitalocean/compute.ts";
import { DigitalOceanSimulator } from "../../simulators/digitalocean/mod.ts";
import { config, path, runDeno } from "../../tools/deno.ts";
import { makeText, TEXT } from "../../tools/fleet_page.ts";

const ORIGIN = "https://fleet.example.com";
const PASSWORD = "pä55";

/** Sends a request to a Worker. */
async function get(
  { fetch }: Worker,
  target: string,
  { env = {}, password, method = "GET" }: {
    env?: object;
    password?: string;
    method?: string;
  } = {},
): Promise<Response> {
  const headers = new Headers();
  if (password !== undefined) {
    const bytes = new TextEncoder().encode(`anyone:${password}`);
    headers.set(
      "authorization",
      `Basic ${btoa(String.fromCharCode(...bytes))}`,
    );
  }
  return await fetch(
    new Request(`${ORIGIN}${target}`, { method, headers }),
    env,
  );
}

/** Reads a list in NDJSON. */
async function linesOf(response: Response): Promise<Line[]> {
  assertEquals(response.headers.get("content-type"), "application/x-ndjson");
  const text = await response.text();
  assert(text.endsWith("\n"));
  return text.trimEnd().split("\n").map((line) => JSON.parse(line));
}

/** A worker whose accounts of DigitalOcean have three pages each. */
function simulate(
  accounts: number,
  wrap: (fetch: Fetch) => Fetch = (it) => it,
) {
  const { credentials, fetch } = new DigitalOceanSimulator({
    nodes: 7,
    largestPage: 3,
  });
  return makeWorker(() => {
    const drivers = Array.from({ length: accounts }, (_, index) => [
      `do-${index}`,
      new DigitalOceanNodeDriver({
        token: index === 5 ? "wrong" : credentials.token,
        fetch: wrap(fetch),
      }),
    ]);
    const unusable = { broken: { provider: "linode", error: "no token" } };
    return Promise.resolve({
      drivers: Object.fromEntries(drivers),
      unusable,
      isSimulated: true,
    });
  });
}

Deno.test("edge_fleet lists all nodes in parts of at most 50 requests", async () => {
  let requests = 0;
  const worker = simulate(40, (fetch) => (request) => {
    requests++;
    return fetch(request);
  });
  const refs: string[] = [];
  const failed: string[] = [];
  let parts = 0;
  let target: string | undefined = "/nodes";
  while (target) {
    requests = 0;
    const lines = await linesOf(await get(worker, target));
    assertLessOrEqual(requests, 50);
    assertLessOrEqual(`${ORIGIN}${target}`.length, 2048);
    const last = lines.pop();
    target = undefined;
    for (const line of lines) {
      assert("account" in line);
      if ("error" in line) failed.push(`${line.account}: ${line.error}`);
      if (!("nodes" in line)) continue;
      assertLessOrEqual(line.nodes.length, 3);
      refs.push(...line.nodes.map(({ id }) => `${line.account}/${id}`));
    }
    if (last && "next" in last) {
      assertEquals(last.complete, false);
      target = `/nodes?${new URLSearchParams({ from: last.next })}`;
    } else {
      assertEquals(last, { complete: true });
    }
    parts++;
  }
  assertEquals(failed.length, 2);
  assertEquals(failed[0], "broken: no token");
  assertMatch(
    failed[1]!,
    /^do-5: listNodes: do-5: DigitalOcean refused: .+401/,
  );
  assertEquals(refs.length, 39 * 7);
  assertEquals(new Set(refs).size, refs.length);
  assertLessOrEqual(3, parts);
});

Deno.test("edge_fleet sends the first nodes while an account has not responded", async () => {
  const released = Promise.withResolvers<void>();
  let calls = 0;
  const worker = simulate(2, (fetch) => async (request) => {
    if (++calls > 1) await released.promise;
    return await fetch(request);
  });
  const { body } = await get(worker, "/nodes");
  const reader = body!.pipeThrough(new TextDecoderStream()).getReader();
  assertMatch((await reader.read()).value!, /"error":"no token"/);
  assertMatch((await reader.read()).value!, /"nodes":\[\{/);
  released.resolve();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    text += value;
  }
  assertMatch(text, /\n\{"complete":true\}\n$/);
});

Deno.test("edge_fleet cancels its requests when the client leaves", async () => {
  const started = Promise.withResolvers<AbortSignal>();
  const worker = simulate(1, () => async (request) => {
    started.resolve(request.signal);
    return await new Promise<never>((_, reject) => {
      const { signal } = request;
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  });
  const { body } = await get(worker, "/nodes");
  const reader = body!.getReader();
  // The account that is unusable.
  await reader.read();
  const signal = await started.promise;
  await reader.cancel();
  assert(signal.aborted);
});

Deno.test("edge_fleet lists the prices of the sizes of the accounts that are named", async () => {
  const response = await get(worker, "/prices?account=tools-hetzner");
  const [line, ...rest] = await linesOf(response);
  assert(line && "sizes" in line);
  assertEquals([line.account, line.provider], ["tools-hetzner", "hetzner"]);
  const sizes = new Map<string, LineSize>(line.sizes.map((it) => [it.id, it]));
  assertEquals(sizes.get("cx22"), {
    id: "cx22",
    currency: "EUR",
    monthly: 3.79,
    locations: Object.fromEntries(
      ["fsn1", "nbg1", "hel1"].map((id) => [
        id,
        { currency: "EUR", monthly: 3.79 },
      ]),
    ),
  });
  assertEquals(rest, [{ complete: true }]);
  const all = await linesOf(await get(worker, "/prices"));
  const names = all.flatMap((line) => "account" in line ? [line.account] : []);
  assertEquals([...new Set(names)].sort(), [
    "lab-openstack",
    "shop-digitalocean",
    "tools-hetzner",
  ]);
});

Deno.test("edge_fleet refuses callers without the password, other methods, paths and positions", async () => {
  const { credentials, fetch } = new DigitalOceanSimulator({ nodes: 1 });
  let requests = 0;
  const worker = makeWorker(() =>
    Promise.resolve({
      drivers: {
        one: new DigitalOceanNodeDriver({
          ...credentials,
          fetch: (request) => {
            requests++;
            return fetch(request);
          },
        }),
      },
    })
  );
  const env = { PAGE_PASSWORD: PASSWORD };
  for (const target of ["/", "/nodes", "/prices"]) {
    for (const password of [undefined, "", "pa55"]) {
      const response = await get(worker, target, {
        env,
        ...password !== undefined && { password },
      });
      assertEquals([response.status, await response.text()], [
        401,
        "Unauthorized\n",
      ]);
      assertMatch(response.headers.get("www-authenticate")!, /^Basic /);
    }
    const open = await get(worker, target, { password: "" });
    assertEquals([open.status, await open.text()], [
      500,
      "Set PAGE_PASSWORD\n",
    ]);
  }
  const call = async (target: string, method = "GET") => {
    const options = { env, password: PASSWORD, method };
    const response = await get(worker, target, options);
    return [response.status, (await response.text()).trim()] as const;
  };
  assertEquals(await call("/", "POST"), [405, "Use GET"]);
  assertEquals(await call("/other"), [404, "Not found"]);
  const [status, text] = await call("/nodes?from=1.abc.0");
  assertEquals(status, 400);
  assertMatch(text, /^\{"complete":false,"error":"listNodes: from is /);
  assertEquals(requests, 0);
  assertEquals((await call("/nodes"))[0], 200);
  assertEquals(requests, 1);
});

Deno.test("edge_fleet says so if no account can be listed with the budget", async () => {
  const env = { SUBREQUESTS: "x" };
  const response = await get(worker, "/nodes", { env });
  assertEquals(response.status, 500);
  const [line] = await linesOf(response);
  assert(line && "error" in line);
  assertMatch(line.error, /^listNodes: budget must be /);
});

Deno.test("the page of edge_fleet allows only its own style and script", async () => {
  const policies = new Set<string>();
  for (let count = 0; count < 2; count++) {
    const response = await get(worker, "/");
    const policy = response.headers.get("content-security-policy")!;
    policies.add(policy);
    const [, nonce = ""] = /script-src 'nonce-([\w-]{20,})'/.exec(policy) ?? [];
    assertStringIncludes(policy, "default-src 'none'");
    assertFalse(policy.includes("unsafe"));
    const page = await response.text();
    const tags = page.match(/<(?:script|style)\b[^>]*>/g) ?? [];
    assertEquals(tags, [
      `<style nonce="${nonce}">`,
      `<script type="module" nonce="${nonce}">`,
    ]);
    assertEquals(page.match(/<\/script>/g)?.length, 1);
    assertFalse(/\son\w+=|\sstyle=/.test(page));
  }
  assertEquals(policies.size, 2);
});

Deno.test("the page of edge_fleet escapes the names of accounts, and contains no secret", async () => {
  const name = `"><script>alert(1)<\\`;
  const { credentials, fetch } = new DigitalOceanSimulator();
  const worker = makeWorker(() =>
    Promise.resolve({
      drivers: {
        [name]: new DigitalOceanNodeDriver({ ...credentials, fetch }),
      },
    })
  );
  const env = { PAGE_PASSWORD: PASSWORD };
  const response = await get(worker, "/", { env, password: PASSWORD });
  const page = await response.text();
  const [, content = ""] = /<meta name="settings" content="([^"]*)">/
    .exec(page) ?? [];
  const json = content.replaceAll("&quot;", '"').replaceAll("&amp;", "&");
  assertEquals(JSON.parse(json), {
    accounts: [{ name, provider: "digitalocean", displayName: "DigitalOcean" }],
    isSimulated: false,
  });
  assertFalse(page.includes(PASSWORD));
  assertFalse(page.includes(credentials.token));
});

Deno.test("edge_fleet opens an account for each provider and prefix whose variables are set", async () => {
  const { drivers, unusable = {}, isSimulated } = await openAccounts({
    AWS_REGION: "eu-central-1",
    DIGITALOCEAN_TOKEN: "one",
    PROD__DIGITALOCEAN_TOKEN: "two",
    TEAM_A__HCLOUD_TOKEN: "three",
    TEAM_A__RS_USERNAME: "four",
    OTHER: "five",
    KV: {},
  });
  assertEquals(
    Object.entries(drivers).map(([name, { provider }]) => [name, provider]),
    [
      ["digitalocean", "digitalocean"],
      ["prod-digitalocean", "digitalocean"],
      ["team-a-hetzner", "hetzner"],
    ],
  );
  assertEquals(unusable, {
    "team-a-rackspace": {
      provider: "rackspace",
      error: "fromEnv: missing environment variables: " +
        "RS_API_KEY or RAX_API_KEY, RS_REGION_NAME or RAX_REGION",
    },
  });
  assertEquals(isSimulated, undefined);
});

Deno.test("edge_fleet shows simulators of three providers without any variable", async () => {
  const { drivers, isSimulated } = await openAccounts({ AWS_REGION: "x" });
  assertEquals(isSimulated, true);
  const providers = Object.values(drivers).map(({ provider }) => provider);
  assertEquals(providers.sort(), ["digitalocean", "hetzner", "openstack"]);
});

Deno.test("edge_fleet reads the variables of the process behind Deno.serve()", async () => {
  Deno.env.set("PAGE_PASSWORD", PASSWORD);
  try {
    const remoteAddr = { transport: "tcp", hostname: "127.0.0.1", port: 1 };
    const response = await get(worker, "/", { env: { remoteAddr } });
    assertEquals(response.status, 401);
  } finally {
    Deno.env.delete("PAGE_PASSWORD");
  }
});

Deno.test(`${TEXT} has the text of the page`, async () => {
  const text = await Deno.readTextFile(path(TEXT));
  assertEquals(text, await makeText(), "run `deno task fleet-page`");
});

Deno.test("deno serve runs edge_fleet", async () => {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "serve",
      "--no-prompt",
      "--no-check",
      "--allow-net=127.0.0.1",
      "--allow-env",
      "--host=127.0.0.1",
      "--port=0",
      `--config=${await config()}`,
      path("examples/edge_fleet.ts"),
    ],
    env: { NO_COLOR: "1" },
    stdout: "null",
    stderr: "piped",
  }).spawn();
  try {
    let url: string | undefined;
    let said = "";
    for await (
      const text of child.stderr.pipeThrough(new TextDecoderStream())
    ) {
      said += text;
      [url] = /http:\/\/127\.0\.0\.1:\d+\//.exec(said) ?? [];
      if (url) break;
    }
    assert(url, said);
    const lines = await linesOf(await fetch(`${url}nodes`));
    assertEquals(lines.at(-1), { complete: true });
  } finally {
    child.kill("SIGKILL");
    await child.status;
  }
});

Deno.test("edge_fleet can be bundled without modules of Node.js", async () => {
  const folder = await Deno.makeTempDir({ prefix: "nephos-edge-" });
  try {
    const file = `${folder}/bundle.js`;
    const { code, output } = await runDeno([
      "bundle",
      "--platform=browser",
      "--minify",
      `--output=${file}`,
      path("examples/edge_fleet.ts"),
    ], { capture: true });
    assert(code === 0, output);
    const bundle = await Deno.readTextFile(file);
    assertFalse(/["']node:|\brequire\(/.test(bundle));
    const { default: worker } = await import(`file://${file}`);
    const page = await (await get(worker, "/")).text();
    assertStringIncludes(page, "<h1>Fleet</h1>");
    assertEquals((await linesOf(await get(worker, "/nodes"))).at(-1), {
      complete: true,
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
