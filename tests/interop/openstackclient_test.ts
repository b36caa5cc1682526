/**
 * Runs OpenStack's own command line, `openstack`, against the simulator over
 * loopback, and compares what it shows with what `OpenStackNodeDriver` sees.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { OpenStackNodeDriver } from "../../drivers/openstack/compute.ts";
import { OpenStackSimulator } from "../../simulators/openstack/mod.ts";
import { needs } from "../_support/needs.ts";
import { serve } from "../_support/serve.ts";

const PASSWORD = "canary-secret";

const test = (name: string, fn: () => Promise<void>) =>
  Deno.test({ ...needs(name, { commands: ["openstack"] }), fn });

/** A row of a list, as the command line prints it. */
type Row = Readonly<Record<string, unknown>>;

function setUp(nodes: number) {
  const simulator = new OpenStackSimulator({ password: PASSWORD, nodes });
  const server = serve(simulator.fetch);
  const authUrl = `${server.url}/identity/v3`;
  const env = {
    OS_AUTH_URL: authUrl,
    OS_IDENTITY_API_VERSION: "3",
    OS_USERNAME: "demo",
    OS_PASSWORD: PASSWORD,
    OS_PROJECT_NAME: "demo",
    OS_USER_DOMAIN_ID: "default",
    OS_PROJECT_DOMAIN_ID: "default",
    OS_REGION_NAME: "RegionOne",
  };
  return {
    ours: OpenStackNodeDriver.fromEnv(env),
    run: (command: string) => openstack(env, command.split(" ")),
    list: async (command: string): Promise<Row[]> =>
      JSON.parse(
        await openstack(env, [...command.split(" "), "-f", "json"]),
      ),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Runs the command line; returns its output. */
async function openstack(
  env: Readonly<Record<string, string>>,
  args: readonly string[],
): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command("openstack", {
    args: [...args],
    env: { ...env, no_proxy: "127.0.0.1" },
    stdin: "null",
  }).output();
  if (code !== 0) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

test("openstack lists the same as OpenStackNodeDriver", async () => {
  await using cloud = setUp(3);
  const { ours, list } = cloud;
  const [servers, flavors, images, keys] = await Promise.all([
    list("server list --no-name-lookup"),
    list("flavor list"),
    list("image list"),
    list("keypair list"),
  ]);
  assertEquals(servers.length, 3);
  assertEquals(
    servers.map((it) => [it["ID"], it["Name"], it["Networks"]]),
    (await ours.listNodes()).map((node) => [node.id, node.name, {
      private: [...node.privateIps],
    }]),
  );
  assertEquals(
    flavors.map((it) => [it["ID"], it["RAM"], it["Disk"], it["VCPUs"]]),
    (await ours.listSizes()).map(({ id, ramMib, diskGb, vcpus }) => [
      id,
      ramMib,
      diskGb,
      vcpus,
    ]),
  );
  assertEquals(
    // The command sorts by name, and the driver by time.
    images.map((it) => it["ID"]).sort(),
    (await ours.listImages()).map(({ id }) => id).sort(),
  );
  assertEquals(
    keys.map((it) => [it["Name"], it["Fingerprint"]]),
    (await ours.listKeyPairs()).map(({ id, fingerprint }) => [id, fingerprint]),
  );
});

test("openstack creates a server and a volume that OpenStackNodeDriver reads", async () => {
  await using cloud = setUp(1);
  const { ours, run, list } = cloud;
  await run(
    "server create --flavor m1.tiny --image tiny-linux --network private " +
      "--key-name seed-key --property role=db --wait theirs",
  );
  const node = (await ours.listNodes()).find(({ name }) => name === "theirs");
  assert(node, "no server has the name");
  assertEquals(
    [node.state, node.sizeId, node.tags, node.privateIps.length],
    ["running", "1", { role: "db" }, 1],
  );
  await run("volume create --size 2 theirs");
  const [volume] = await ours.listVolumes();
  assertEquals([volume?.name, volume?.sizeGb], ["theirs", 2]);
  await ours.stopNode(node);
  await ours.waitForState(node, { state: "stopped", intervalMs: 5 });
  const [stopped] = await list("server list --no-name-lookup --status SHUTOFF");
  assertEquals(stopped?.["ID"], node.id);
  await run(`server delete --wait ${node.id}`);
  assertEquals((await ours.listNodes()).length, 1);
  await assertRejects(
    () => run("server show theirs"),
    Error,
    "No server with a name or ID of 'theirs' exists.",
  );
});
