/**
 * Runs Hetzner's command line and Hetzner's Python client against the simulator
 * over loopback, as independent clients, and compares what they see with what
 * `HetznerNodeDriver` sees.
 *
 * @module
 */

import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { NotFoundError } from "../../core/mod.ts";
import { HetznerNodeDriver } from "../../drivers/hetzner/compute.ts";
import { HetznerSimulator } from "../../simulators/hetzner/mod.ts";
import { startLibcloud } from "../_support/libcloud.ts";
import { needs } from "../_support/needs.ts";
import { serve } from "../_support/serve.ts";

/** The command line; the Python module has the same name. */
const HCLOUD = "/usr/bin/hcloud";
const TOKEN = "abc.DEF-123";

// deno-lint-ignore no-explicit-any -- JSON of the command line is read without types
type Json = any;

/** Starts the simulator on loopback. */
function setUp(nodes = 2) {
  const simulator = new HetznerSimulator({ token: TOKEN, nodes });
  const server = serve(simulator.fetch);
  const url = `${server.url}/v1`;
  return {
    simulator,
    url,
    /** Runs a command; rejects with what it writes to its error output. */
    async hcloud(command: string, token = TOKEN): Promise<string> {
      const { success, stdout, stderr } = await new Deno.Command(HCLOUD, {
        args: [...command.split(" "), "--poll-interval", "10ms"],
        env: {
          HCLOUD_ENDPOINT: url,
          HCLOUD_TOKEN: token,
          HOME: "/nonexistent",
        },
      }).output();
      if (!success) throw new Error(new TextDecoder().decode(stderr));
      return new TextDecoder().decode(stdout);
    },
    ours: new HetznerNodeDriver({ token: TOKEN, baseUrl: url }),
    python: () => startLibcloud("hcloud_client.py", [url, TOKEN]),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

const test = (name: string, fn: () => Promise<void>) =>
  Deno.test({
    ...needs(name, { commands: [HCLOUD], python: ["hcloud"] }),
    fn,
  });

test("hcloud creates, changes and deletes a server with all that belongs to it", async () => {
  await using api = setUp();
  const { hcloud } = api;
  const describe = async (kind: string, name: string): Promise<Json> =>
    JSON.parse(await hcloud(`${kind} describe ${name} -o json`));
  const created = await hcloud(
    "server create --name web-1 --type cx22 --image debian-12 --location nbg1 " +
      "--ssh-key me --label env=test --placement-group spread",
  );
  assertMatch(created, /^Waiting for server 53 to have started \.\.\. done$/m);
  assertMatch(created, /^IPv4: 203\.0\.113\.4\nIPv6: 2001:db8:0:3::1$/m);
  await hcloud("server poweroff web-1");
  assertEquals((await describe("server", "web-1")).status, "off");
  await hcloud("server change-type web-1 cx32");
  await hcloud("server poweron web-1");
  await hcloud("server reboot web-1");
  await hcloud("server enable-rescue web-1 --ssh-key me");
  await hcloud("server rebuild web-1 --image ubuntu-24.04");
  await hcloud("server update web-1 --name web-2");
  await hcloud("server add-label web-2 role=db");
  await hcloud("volume create --name disk --size 12 --server web-2");
  await hcloud("volume resize disk --size 20");
  await hcloud("network create --name net --ip-range 10.9.0.0/16");
  await hcloud(
    "network add-subnet net --type cloud --network-zone eu-central --ip-range 10.9.1.0/24",
  );
  await hcloud("server attach-to-network web-2 --network net --ip 10.9.1.7");
  await hcloud("floating-ip create --type ipv4 --name entry --server web-2");
  await hcloud("firewall create --name wall");
  await hcloud(
    "firewall add-rule wall --direction in --protocol tcp --port 443 --source-ips 0.0.0.0/0",
  );
  await hcloud("firewall apply-to-resource wall --type server --server web-2");
  const server = await describe("server", "web-2");
  const { volumes, public_net: { floating_ips, firewalls } } = server;
  assertEquals(
    [server.status, server.server_type.name, server.image.name, server.labels],
    ["running", "cx32", "ubuntu-24.04", { env: "test", role: "db" }],
  );
  assertEquals(
    [server.rescue_enabled, server.private_net[0].ip, server.primary_disk_size],
    [true, "10.9.1.7", 80],
  );
  assertEquals(
    [volumes.length, floating_ips.length, firewalls.length],
    [1, 1, 1],
  );
  assertEquals((await describe("volume", "disk")).size, 20);
  assertEquals((await describe("firewall", "wall")).rules[0].port, "443");

  await hcloud(
    "server create-image web-2 --type snapshot --description golden-2",
  );
  assertMatch(await hcloud("image list -t snapshot"), /golden-2/);
  await hcloud("server enable-protection web-2 delete");
  await assertRejects(
    () => hcloud("server delete web-2"),
    Error,
    "server is protected (protected)",
  );
  await hcloud("server disable-protection web-2 delete");
  await assertRejects(
    () => hcloud("volume delete disk"),
    Error,
    "(resource_in_use)",
  );
  await hcloud("volume detach disk");
  await hcloud("volume delete disk");
  await hcloud("server delete web-2");
  // hcloud does not wait for the end of the deletion.
  const nodes = api.simulator.inventory().nodes
    .filter(({ isDestroyed }) => !isDestroyed);
  assertEquals(nodes.map(({ name }) => name), ["node-1", "node-2"]);
});

test("hcloud and Hetzner's Python client list the same resources in pages", async () => {
  await using api = setUp(60);
  await using python = api.python();
  const list = async (command: string): Promise<Json[]> =>
    JSON.parse(await api.hcloud(`${command} -o json`));
  const servers = await python.call<Json[]>("list_servers");
  assertEquals(servers.length, 60);
  assertEquals(
    (await list("server list")).map((
      { id, name, status, labels },
    ) => [id, name, status, labels]),
    servers.map(({ id, name, status, labels }) => [id, name, status, labels]),
  );
  const selected = await list("server list -l env=prod,!none");
  assertEquals(selected.length, 30);
  assertEquals(
    (await python.call<Json[]>("list_servers", [], {
      label_selector: "env in (prod)",
    })).length,
    30,
  );
  const types = await python.call<Json[]>("list_types");
  assertEquals(types[5], ["cx22", 2, 4, 40, "0.0060000000"]);
  assertEquals(
    (await list("server-type list")).map(({ name }) => name),
    types.map(([name]) => name),
  );
  // hcloud reads only one page of primary IPs.
  const kinds = ["locations", "datacenters", "volumes", "networks", "firewalls"]
    .concat(["floating_ips", "ssh_keys", "placement_groups"]);
  for (const kind of kinds) {
    const command = kind.slice(0, -1).replace("_", "-");
    const listed = (await list(`${command} list`)).map(({ name }) => name);
    const names = await python.call<string[]>("list_names", [kind]);
    assertEquals([kind, names], [kind, listed]);
  }
});

test("Hetzner's Python client creates, changes and deletes what hcloud lists", async () => {
  await using api = setUp();
  await using python = api.python();
  const { call } = python;
  const created = await call<Json>("create_server", ["web-1", "hel1"], {
    labels: { env: "test" },
    user_data: "#cloud-config\n",
  });
  assertEquals(created, {
    id: 53,
    name: "web-1",
    status: "running",
    type: "cx22",
    image: "ubuntu-24.04",
    location: "hel1",
    labels: { env: "test" },
    ipv4: "203.0.113.4",
    ipv6: "2001:db8:0:3::/64",
    private: [],
    volumes: [],
  });
  assertEquals((await call<Json>("act", ["web-1", "shutdown"])).status, "off");
  assertEquals(
    (await call<Json>("change_type", ["web-1", "cx32"])).type,
    "cx32",
  );
  assertEquals(
    (await call<Json>("act", ["web-1", "power_on"])).status,
    "running",
  );
  for (
    const command of ["reboot", "reset", "reset_password", "enable_rescue"]
  ) {
    await call("act", ["web-1", command]);
  }
  const changes = { name: "web-2", labels: { role: "db" } };
  const updated = await call<Json>("update_server", ["web-1", changes]);
  assertEquals([updated.name, updated.labels], ["web-2", { role: "db" }]);
  const ids = await call<Json>("attach", ["web-2"]);
  const server = await call<Json>("get_server", [53]);
  assertEquals([server.private, server.volumes], [["10.7.1.7"], [ids.volume]]);
  assertMatch(await api.hcloud("volume list"), /theirs +20 GB +web-2/);
  assertMatch(await api.hcloud("floating-ip list"), / hel1 +web-2 /);
  assertMatch(await api.hcloud("firewall list"), /theirs +1 Rule +1 Server/);
  assertEquals(
    await call("create_image", ["web-2"]),
    ["snapshot", "available", "web-2"],
  );
  await call("delete_server", ["web-2"]);
  assertEquals(await call("delete_volume", ["theirs"]), true);
  assertEquals(await call("delete_key", ["me"]), true);
  assertEquals(api.simulator.inventory().keyPairs, []);
});

test("hcloud and Hetzner's Python client report the errors of the simulator", async () => {
  await using api = setUp();
  await using python = api.python();
  const cases: readonly [string, unknown[], string][] = [
    ["list_as", ["wrong"], "unable to authenticate (unauthorized)"],
    ["get_server", [1], "server with ID '1' not found (not_found)"],
    [
      "create_server",
      ["node-1", "fsn1"],
      "server name is already used (uniqueness_error)",
    ],
    ["create_server", ["a_b", "fsn1"], "invalid input in field 'name'"],
    [
      "create_server",
      ["web-1", "ash"],
      "unsupported location for server type (invalid_input)",
    ],
    [
      "change_type",
      ["node-1", "cx32"],
      "server must be powered off (server_not_stopped)",
    ],
    ["delete_volume", ["logs"], "(resource_in_use)"],
    [
      "create_key",
      ["k", "ssh-rsa"],
      "is not a valid public key (invalid_input)",
    ],
  ];
  for (const [name, args, message] of cases) {
    await assertRejects(() => python.call(name, args), Error, message);
  }
  await assertRejects(
    () => api.hcloud("server list", "wrong"),
    Error,
    "unable to authenticate (unauthorized)",
  );
  await assertRejects(
    () => api.hcloud("server change-type node-1 cx32"),
    Error,
    "server must be powered off (server_not_stopped)",
  );
});

test("HetznerNodeDriver, hcloud and Hetzner's Python client see what each other creates", async () => {
  await using api = setUp(60);
  await using python = api.python();
  const { ours, hcloud } = api;
  const created = await ours.createNode({
    name: "ours",
    size: "cx22",
    image: "debian-12",
    location: "hel1",
    keyPairs: ["me"],
    tags: { role: "web" },
  });
  await ours.waitUntilRunning(created, { intervalMs: 10 });
  await python.call("create_server", ["theirs", "nbg1"]);
  await hcloud("server create --name cli --type cpx11 --image ubuntu-24.04");
  const nodes = (await ours.listNodes()).map((node) => ({
    id: Number(node.id),
    name: node.name,
    type: node.sizeId,
    location: node.locationId,
    labels: node.tags,
    ipv4: node.publicIps[0],
    // The Python program prints no alias IPs.
    private: node.privateIps.slice(0, 1),
    isRunning: node.state === "running",
  }));
  const servers = (await python.call<Json[]>("list_servers")).map((it) => ({
    id: it.id,
    name: it.name,
    type: it.type,
    location: it.location,
    labels: it.labels,
    ipv4: it.ipv4,
    private: it.private,
    isRunning: it.status === "running",
  }));
  assertEquals(nodes.length, 63);
  assertEquals(nodes, servers);
  const listed: Json[] = JSON.parse(await hcloud("server list -o json"));
  assertEquals(
    listed.map(({ id, name, public_net }) => [id, name, public_net.ipv4.ip]),
    nodes.map(({ id, name, ipv4 }) => [id, name, ipv4]),
  );
  await hcloud("volume create --name disk --size 12 --server ours");
  const volume = (await ours.listVolumes()).find(({ name }) => name === "disk");
  assertEquals([volume?.sizeGb, volume?.nodeId], [12, created.id]);
  await ours.stopNode(created);
  while ((await ours.getNode(created)).state !== "stopped");
  const { status } = JSON.parse(await hcloud("server describe ours -o json"));
  assertEquals(status, "off");
  await hcloud("server delete ours");
  await assertRejects(async () => {
    while (await ours.getNode(created));
  }, NotFoundError);
});
