import { assert, assertEquals, assertFalse, assertMatch } from "@std/assert";
import { type Env, makeWorker } from "../../examples/deploy_edge.ts";
import { DigitalOceanNodeDriver } from "../../drivers/digitalocean/compute.ts";
import { DigitalOceanSimulator } from "../../simulators/digitalocean/mod.ts";
import { path, runDeno } from "../../tools/deno.ts";
import { configOf } from "../deploy/_cloud_init.ts";

const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExample me@example.com";

/** Creates the edge function, connected to a simulator. */
function setUp() {
  const simulator = new DigitalOceanSimulator({ createMs: 1 });
  const sent: string[] = [];
  const { token } = simulator.credentials;
  const env: Env = {
    DIGITALOCEAN_TOKEN: token,
    ACCESS_TOKEN: "open-sesame",
    READY_SECRET: "s3cr3t",
  };
  const worker = makeWorker({
    intervalMs: 1,
    fetch: async (request) => {
      if (request.method === "POST") {
        sent.push((await request.clone().json()).user_data);
      }
      return await simulator.fetch(request);
    },
  });
  const post = async (body: unknown, token = "open-sesame") =>
    await worker.fetch(
      new Request("https://deploy.example.com/", {
        method: "POST",
        headers: { Authorization: `Bearer ${token}` },
        body: JSON.stringify(body),
      }),
      env,
    );
  const cloud = new DigitalOceanNodeDriver({ token, fetch: simulator.fetch });
  return { post, cloud, env, sent, worker };
}

Deno.test("deploy_edge creates a node that sets itself up by cloud-init", async () => {
  const { post, cloud, sent } = setUp();
  const text = "It's <b>here</b>";
  const response = await post({ name: "web-1", publicKey: KEY, text });
  assertEquals(response.status, 201);
  const { id, publicIps } = await response.json();
  const node = await cloud.getNode(id);
  assertEquals([node.name, node.state], ["web-1", "running"]);
  assertEquals(publicIps, node.publicIps);
  const config = configOf(sent[0]!);
  assertEquals(config.ssh_authorized_keys, [KEY]);
  assertEquals(config.write_files?.[0]?.content, "This is web-1\n");
  assert(config.runcmd?.some((line) => line.includes("'It'\\''s <b>")));
  const { url } = config.phone_home as { url: string };
  assertMatch(
    url,
    /^https:\/\/deploy\.example\.com\/ready\?name=web-1&signature=[\da-f]{64}$/,
  );
});

Deno.test("deploy_edge creates no node if the token or the input is invalid", async () => {
  const { post, cloud, sent } = setUp();
  const body = { name: "web-1", publicKey: KEY, text: "" };
  const wrong = await post(body, "open");
  assertEquals([wrong.status, await wrong.text()], [401, "Unauthorized"]);
  for (
    const bad of [
      { ...body, publicKey: "no" },
      { ...body, publicKey: "ssh-ed25519 AAAA" },
      { ...body, name: "" },
      { ...body, text: undefined },
      {},
      [],
      null,
      undefined,
      5,
    ]
  ) {
    const response = await post(bad);
    assertEquals(response.status, 400);
    const { error } = await response.json();
    assertMatch(error, /^\w+: \w/);
  }
  const { error } = await (await post({ ...body, name: "a b" })).json();
  assertMatch(error, /^\w+: \w/);
  assertEquals(await cloud.listNodes(), []);
  // Only the last one was sent, and the provider refused it.
  assertEquals(sent.length, 1);
});

Deno.test("deploy_edge accepts a phone-home request only if its signature is valid", async () => {
  const { post, env, sent, worker } = setUp();
  const log = console.log;
  const lines: string[] = [];
  console.log = (line: string) => lines.push(line);
  try {
    await post({ name: "web-1", publicKey: KEY, text: "" });
    const { url } = configOf(sent[0]!).phone_home as { url: string };
    const call = async (url: string) =>
      (await worker.fetch(
        new Request(url, { method: "POST", body: "instance_id=7" }),
        env,
      )).status;
    assertEquals(await call(url), 200);
    for (
      const forged of [
        url.replace("web-1", "web-2"),
        url.replace("web-1", "a%0Ab"),
        url.replace(/&.*/, ""),
        url.replace(/\?.*/, ""),
        url.replace(/.$/, (it) => it === "0" ? "1" : "0"),
        "https://deploy.example.com/ready/7",
      ]
    ) assertEquals(await call(forged), 401, forged);
  } finally {
    console.log = log;
  }
  assertEquals(lines, ["web-1 is ready"]);
});

Deno.test("deploy_edge returns 500 if one of its secrets is not set", async () => {
  const { cloud, env, worker } = setUp();
  for (const unset of ["ACCESS_TOKEN", "READY_SECRET"] as const) {
    for (const value of [undefined, ""]) {
      const response = await worker.fetch(
        new Request("https://deploy.example.com/", {
          method: "POST",
          headers: { Authorization: `Bearer ${value}` },
          body: JSON.stringify({ name: "web-1", publicKey: KEY, text: "" }),
        }),
        { ...env, [unset]: value } as Env,
      );
      assertEquals(response.status, 500);
      assertMatch(await response.text(), /^Set ACCESS_TOKEN and READY_SECRET$/);
    }
  }
  assertEquals(await cloud.listNodes(), []);
});

Deno.test("deploy_edge can be bundled without modules of Node.js", async () => {
  const folder = await Deno.makeTempDir({ prefix: "nephos-edge-" });
  try {
    const file = `${folder}/bundle.js`;
    const { code, output } = await runDeno([
      "bundle",
      "--platform=browser",
      "--minify",
      `--output=${file}`,
      path("examples/deploy_edge.ts"),
    ], { capture: true });
    assert(code === 0, output);
    const bundle = await Deno.readTextFile(file);
    assertFalse(/["']node:|\brequire\(|\bDeno\./.test(bundle));
    // The bundle is complete: it has no imports.
    assertFalse(
      /\bimport(?:\s*["'{(*]|\s+\w+\s+from\b)|\}\s*from\s*["']/.test(bundle),
    );
    // Run the bundle.
    const { default: worker } = await import(`file://${file}`);
    const response = await worker.fetch(new Request("https://example.com/"), {
      ACCESS_TOKEN: "open-sesame",
      READY_SECRET: "s3cr3t",
    });
    assertEquals([response.status, await response.text()], [
      401,
      "Unauthorized",
    ]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
