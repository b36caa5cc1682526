/**
 * Runs Apache Libcloud's driver for OpenStack against the simulator over
 * loopback, as an independent client, and compares its results with those of
 * `OpenStackNodeDriver`.
 *
 * Known differences:
 *
 * - Libcloud has no availability zones as locations, and stops at the largest
 *   page of Nova.
 * - Libcloud sends requests for floating addresses and deletions of images to
 *   Nova. These proxies ended with microversion 2.36, and the simulator has none.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import { InvalidCredsError, NotFoundError } from "../../core/mod.ts";
import { OpenStackNodeDriver } from "../../drivers/openstack/compute.ts";
import { OpenStackSimulator } from "../../simulators/openstack/mod.ts";
import { startLibcloud } from "../_support/libcloud.ts";
import { needs } from "../_support/needs.ts";
import { serve } from "../_support/serve.ts";

/** A node as the Python program prints it. */
interface LibcloudNode {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly addresses: readonly string[];
  readonly size: string;
  readonly image: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly key_name: string | null;
}

const PASSWORD = "canary-secret";
const FAST = { intervalMs: 5 };

const libcloud = (name: string, fn: () => Promise<void>) =>
  Deno.test({
    ...needs(name, { python: ["libcloud.compute.drivers.openstack"] }),
    fn,
  });

/** Starts the simulator on loopback and a Python process, and creates a driver. */
async function setUp(nodes: number) {
  const simulator = new OpenStackSimulator({ password: PASSWORD, nodes });
  const server = serve(simulator.fetch);
  const authUrl = `${server.url}/identity/v3`;
  const theirs = startLibcloud("libcloud_openstack.py", [authUrl, PASSWORD]);
  const credentials = { ...simulator.credentials, authUrl };
  const ours = new OpenStackNodeDriver(credentials);
  // Waits for Python here, so that the delays of a test do not include its start.
  await theirs.call("list_sizes");
  return {
    call: theirs.call,
    ours,
    credentials,
    volumeReaches: async (id: string, state: string) => {
      const find = async () =>
        (await ours.listVolumes()).find((volume) => volume.id === id);
      while ((await find())?.state !== state);
    },
    async [Symbol.asyncDispose]() {
      await theirs[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** Lists the nodes with our driver, and converts them to Libcloud's form. */
async function listLikeLibcloud(
  ours: OpenStackNodeDriver,
): Promise<LibcloudNode[]> {
  return (await ours.listNodes()).map((node) => ({
    id: node.id,
    name: node.name,
    state: node.state.toUpperCase(),
    addresses: [...node.publicIps, ...node.privateIps].sort(),
    size: node.sizeId!,
    image: node.imageId!,
    metadata: node.tags,
    key_name: node.extra.keyPairId ?? null,
  }));
}

libcloud("Libcloud lists the same as OpenStackNodeDriver", async () => {
  await using api = await setUp(30);
  const { call, ours } = api;
  assertEquals(
    await call("list_sizes"),
    (await ours.listSizes()).map((size) => ({
      id: size.id,
      name: size.name,
      ram: size.ramMib,
      disk: size.diskGb,
      vcpus: size.vcpus,
    })),
  );
  assertEquals(
    await call("list_images"),
    (await ours.listImages()).map(({ id, name }) => ({ id, name })),
  );
  assertEquals(
    await call("list_key_pairs"),
    (await ours.listKeyPairs()).map(({ name, fingerprint }) => [
      name,
      fingerprint,
    ]),
  );
  const [first] = await ours.listNodes();
  await ours.stopNode(first!);
  await ours.waitForState(first!, { ...FAST, state: "stopped" });
  const nodes = await call<LibcloudNode[]>("list_nodes");
  assertEquals(nodes.length, 30);
  assertEquals(nodes, await listLikeLibcloud(ours));
  assertEquals(nodes[0]!.state, "STOPPED");
});

libcloud(
  "Libcloud creates, changes and destroys a node that OpenStackNodeDriver reads",
  async () => {
    await using api = await setUp(1);
    const { call, ours } = api;
    const [image] = await ours.listImages();
    const { id } = await call<LibcloudNode>("create_node", [
      "theirs",
      "1",
      image!.id,
      "seed-key",
    ]);
    const [node] = await ours.waitUntilRunning(id, FAST);
    assertEquals(
      [node?.name, node?.sizeId, node?.imageId, node?.tags],
      ["theirs", "1", image!.id, { role: "db" }],
    );
    assertEquals(await call("list_nodes"), await listLikeLibcloud(ours));
    assertEquals(await call("act", ["reboot_node", id]), true);
    await ours.waitUntilRunning(id, FAST);
    assertEquals(await call("act", ["stop_node", id]), true);
    await ours.waitForState(id, { ...FAST, state: "stopped" });
    await assertRejects(
      () => call("act", ["stop_node", id]),
      Error,
      "Cannot 'stop' instance",
    );
    assertEquals(await call("act", ["start_node", id]), true);
    await ours.waitUntilRunning(id, FAST);
    await call("act", ["ex_set_server_name", id, "renamed"]);
    assertEquals((await ours.getNode(id)).name, "renamed");

    assertEquals(await call("resize", [id, "2"]), true);
    while ((await ours.getNode(id)).extra.status !== "VERIFY_RESIZE");
    assertEquals(await call("act", ["ex_confirm_resize", id]), true);
    assertEquals((await ours.getNode(id)).sizeId, "2");

    const golden = await call<{ id: string }>("create_image", [id, "golden"]);
    assertEquals((await ours.getImage(golden.id)).name, "golden");
    await ours.deleteImage(golden.id);
    await assertRejects(() => ours.getImage(golden.id), NotFoundError);

    await ours.waitUntilRunning(id, FAST);
    assertEquals(await call("act", ["destroy_node", id]), true);
    await ours.waitForState(id, { ...FAST, state: "terminated" });
    await assertRejects(() => ours.getNode(id), NotFoundError);
  },
);

libcloud(
  "Libcloud creates a volume for a node that OpenStackNodeDriver created",
  async () => {
    await using api = await setUp(1);
    const { call, ours, volumeReaches } = api;
    const [image] = await ours.listImages();
    const node = await ours.createNode({
      name: "ours",
      size: "1",
      image: image!,
      tags: { role: "web" },
    });
    await ours.waitUntilRunning(node, FAST);
    const seen = (await call<LibcloudNode[]>("list_nodes"))
      .find(({ id }) => id === node.id);
    assertEquals([seen?.name, seen?.state], ["ours", "RUNNING"]);

    const { id } = await call<{ id: string }>("create_volume", ["theirs", 2]);
    await volumeReaches(id, "available");
    assertEquals(await call("attach_volume", [id, node.id]), true);
    await volumeReaches(id, "inuse");
    const volume = (await ours.listVolumes()).find((it) => it.id === id);
    assertEquals([volume?.nodeId, volume?.sizeGb], [node.id, 2]);
    const volumes = await call<{ id: string }[]>("list_volumes");
    assertEquals(volumes.find((it) => it.id === id), {
      id,
      name: "theirs",
      size: 2,
      state: "inuse",
      node: node.id,
    } as { id: string });
    assertEquals(await call("act_on_volume", ["detach_volume", id]), true);
    await volumeReaches(id, "available");
    const snapshot = await call("create_snapshot", [id, "theirs-1"]);
    const [ourSnapshot] = await ours.listVolumeSnapshots(id);
    assertEquals(ourSnapshot?.id, snapshot);
    await assertRejects(
      () => call("act_on_volume", ["destroy_volume", id]),
      Error,
      "must not be migrating, attached, belong to a group, have snapshots",
    );
  },
);

libcloud(
  "Libcloud and OpenStackNodeDriver reject with the same errors",
  async () => {
    await using api = await setUp(1);
    const { call, ours, credentials } = api;
    await assertRejects(
      () => call("list_nodes_as", ["wrong"]),
      Error,
      "InvalidCredsError",
    );
    const stranger = new OpenStackNodeDriver({
      ...credentials,
      password: "wrong",
    });
    await assertRejects(
      async () => await stranger.listNodes(),
      InvalidCredsError,
    );
    await assertRejects(
      () => call("act_on_volume", ["destroy_volume", "nope"]),
      Error,
      "Volume nope could not be found",
    );
    await assertRejects(() => ours.destroyVolume("nope"), NotFoundError);
  },
);
