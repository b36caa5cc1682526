/**
 * `nephos simulate`: simulated accounts as local servers, and their state.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { Provider } from "../../drivers/registry.ts";
import { nephos, real, simulating } from "./_nephos.ts";

for (const provider of Object.values(Provider)) {
  Deno.test(`nephos simulate ${provider} prints variables that nephos needs`, async () => {
    const { code, stderr } = await simulating(
      `${provider} --nodes 2`,
      async (env) => {
        const list = await nephos("nodes list -o json", { env, fetch: real });
        assertEquals([list.code, list.stderr], [0, ""]);
        assertEquals(JSON.parse(list.stdout).length, 2);
      },
    );
    assertEquals([code, stderr], [0, ""]);
  });
}

for (const provider of ["powerdns", "route53"]) {
  Deno.test(`nephos simulate ${provider} prints variables that nephos dns needs`, async () => {
    const { code, stderr } = await simulating(
      `${provider} --nodes 2`,
      async (env) => {
        const list = await nephos("dns zones -o json", { env, fetch: real });
        assertEquals([list.code, list.stderr], [0, ""]);
        assertEquals(JSON.parse(list.stdout).length, 2);
      },
    );
    assertEquals([code, stderr], [0, ""]);
  });
}

Deno.test("nephos simulate -o json prints the URL and the variables", async () => {
  const controller = new AbortController();
  let text = "";
  await nephos("simulate linode -o json", {
    signal: controller.signal,
    serve: () =>
      Promise.resolve({
        url: "http://127.0.0.1:8080",
        close: () => Promise.resolve(),
      }),
    onWrite(it) {
      text += it;
      controller.abort();
    },
  });
  assertEquals(JSON.parse(text), {
    provider: "linode",
    url: "http://127.0.0.1:8080/v4",
    variables: {
      NEPHOS_PROVIDER: "linode",
      NEPHOS_ENDPOINT: "http://127.0.0.1:8080/v4",
      LINODE_TOKEN: "token",
    },
  });
});

Deno.test("nephos simulate --debug shows the requests", async () => {
  const { stderr } = await simulating("hetzner --debug", async (env) => {
    await nephos("nodes get 42", { env, fetch: real });
  });
  assertEquals(stderr, "debug: GET /v1/servers/42 200\n");
});

/** A node of each provider, for `nodes create`. */
const NODES: Readonly<Record<string, string>> = {
  digitalocean: "--size s-1vcpu-1gb --image debian-12-x64 --location fra1",
  ec2: "--size t3.micro --image ami-0184b757333638052",
  hetzner: "--size cx22 --image debian-12",
  linode: "--size g6-nanode-1 --image linode/debian12 --location eu-central",
  nephoscale: "--size 5 --image 177 --location 86945",
  openstack: "--size 1",
  rackspace: "--size performance1-1",
  softlayer: "--size 5 --image DEBIAN_12_64 --location dal05",
};

for (const [provider, node] of Object.entries(NODES)) {
  Deno.test(`--state keeps the changes of ${provider}`, async () => {
    const files: Record<string, string> = {};
    const list = async (env: Record<string, string>) =>
      (await nephos("nodes list -o json", { env, fetch: real })).stdout;
    const args = `${provider} --nodes 2 --state kept`;
    let before = "";
    await simulating(args, async (env) => {
      const run = async (args: string) => {
        const { code, stderr } = await nephos(args, { env, fetch: real });
        assertEquals([
          code,
          stderr.replace(/^created .*|^\d of .*/gm, "").trim(),
        ], [0, ""]);
      };
      let image = "";
      if (!node.includes("--image")) {
        const images = await nephos("images list -o name", {
          env,
          fetch: real,
        });
        image = ` --image ${images.stdout.split("\n")[0]}`;
      }
      await run(`nodes create kept ${node}${image} --wait`);
      await run("nodes stop kept --wait");
      before = await list(env);
      assertStringIncludes(before, '"kept"');
    }, { files });
    assert(files.kept!.split("\n").length > 2);
    const { stderr } = await simulating(args, async (env) => {
      assertEquals(JSON.parse(await list(env)), JSON.parse(before));
    }, { files });
    assertMatch(stderr, /^\d+ changes from kept\n$/);
  });
}

Deno.test("--state keeps reads out of the file, and refuses other files", async () => {
  const files: Record<string, string> = { other: "profiles: {}\n" };
  await simulating("ec2 --state kept", async (env) => {
    await nephos("nodes list", { env, fetch: real });
  }, { files });
  assertEquals(files.kept!.split("\n").length, 2);
  const wrong = async (args: string) => {
    const { code, stderr } = await nephos(`simulate ${args}`, { files });
    assertEquals(code, 2);
    return stderr.split("\n")[0];
  };
  assertEquals(
    await wrong("ec2 --state other"),
    'error: --state: "other" is no state of a simulator',
  );
  assertEquals(
    await wrong("linode --state kept"),
    'error: --state: "kept" is of ec2',
  );
});
