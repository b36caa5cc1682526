/**
 * Runs Apache Libcloud's DigitalOcean driver against the simulator over
 * loopback, and compares its results with those of this package's driver.
 *
 * Differences that the comparison allows for:
 *
 * - Libcloud keeps only the last public and the last private address of a node,
 *   and no IPv6 address.
 * - Libcloud does not add the distribution to the name of an image: Debian 12 is
 *   "12 x64".
 * - Libcloud keeps the rounding errors of prices, and counts transfer in TB.
 * - Libcloud's locations have no country, and its keys have their id in `extra`.
 * - Libcloud's nodes have the name of the location instead of its id.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { toTagStrings } from "../../core/compute/mod.ts";
import { DigitalOceanNodeDriver } from "../../drivers/digitalocean/compute.ts";
import { DigitalOceanSimulator } from "../../simulators/digitalocean/mod.ts";
import { IMMEDIATE } from "../_support/immediate.ts";
import { startLibcloud } from "../_support/libcloud.ts";
import { needs } from "../_support/needs.ts";
import { serve } from "../_support/serve.ts";

/** A node in the form that the Python script prints. */
interface LibcloudNode {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly public_ips: string[];
  readonly private_ips: string[];
  readonly created_at: string;
  readonly size: string;
  readonly image: string;
  readonly region: string;
  readonly tags: string[];
  readonly locked: boolean;
}

const TOKEN = "dop_v1_0123456789abcdef";
const SCRIPT = "libcloud_digitalocean.py";
const PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA me@example.com";

const libcloud = (name: string, fn: () => Promise<void>) =>
  Deno.test({
    ...needs(name, { python: ["libcloud.compute.drivers.digitalocean"] }),
    fn,
  });

/** Starts a simulator on loopback and Libcloud, and creates our driver. */
function setUp(token = TOKEN) {
  const simulator = new DigitalOceanSimulator({
    ...IMMEDIATE.digitalocean,
    token: TOKEN,
    nodes: 23,
    // Libcloud must list the nodes before they run.
    createMs: 1500,
    actionMs: 10,
  });
  const server = serve(simulator.fetch);
  const args = ["127.0.0.1", String(server.port), token];
  const { call, ...process } = startLibcloud(SCRIPT, args);
  const ours = new DigitalOceanNodeDriver({
    token: TOKEN,
    baseUrl: server.url,
  });
  return {
    call,
    ours,
    nodes: () => call<LibcloudNode[]>("list_nodes"),
    /** Waits until the newest action is completed. */
    async settle() {
      const [latest] = await ours.listActions();
      assert(latest);
      return await ours.waitForAction(latest, { intervalMs: 2 });
    },
    async [Symbol.asyncDispose]() {
      await process[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** Lists our nodes in Libcloud's form. */
async function oursLikeTheirs(
  cloud: DigitalOceanNodeDriver,
): Promise<LibcloudNode[]> {
  const locations = new Map(
    (await cloud.listLocations()).map(({ id, name }) => [id, name]),
  );
  return (await cloud.listNodes()).map((node) => ({
    id: node.id,
    name: node.name,
    state: node.state.toUpperCase(),
    public_ips: node.publicIps.filter((ip) => !ip.includes(":")),
    private_ips: [...node.privateIps],
    created_at: node.createdAt!.replace("Z", "+00:00"),
    size: node.sizeId!,
    image: node.imageId!,
    region: locations.get(node.locationId!)!,
    tags: toTagStrings(node.tags, "test") ?? [],
    locked: node.extra.isLocked!,
  }));
}

libcloud(
  "Libcloud and DigitalOceanNodeDriver list the same locations, sizes, images, keys, volumes and IP addresses",
  async () => {
    await using api = setUp();
    const { call, ours } = api;
    assertEquals(
      await call("list_locations"),
      (await ours.listLocations()).map(({ id, name, extra }) => ({
        id,
        name,
        features: [...extra.features],
      })),
    );
    const sizes = await call<
      { id: string; price: number; bandwidth: number }[]
    >("list_sizes");
    assertEquals(sizes.length, 10);
    assertEquals(
      sizes.map((size) => ({
        ...size,
        bandwidth: size.bandwidth * 1000,
        price: Math.round(size.price * 1e5) / 1e5,
      })),
      (await ours.listSizes()).map((size) => ({
        id: size.id,
        ram: size.ramMib!,
        disk: size.diskGb!,
        bandwidth: size.transferGb!,
        price: size.price!.hourly!,
        monthly: size.price!.monthly!,
        vcpus: size.vcpus!,
      })),
    );
    const images = await call<
      {
        id: string;
        name: string;
        extra: {
          slug: string | null;
          distribution: string;
          public: boolean;
          regions: string[];
          min_disk_size: number;
          created_at: string;
        };
      }[]
    >("list_images");
    assertEquals(images.length, 12);
    assertEquals(
      images.map(({ id, name, extra }) => [
        id,
        extra.public && !name.includes(extra.distribution)
          ? `${extra.distribution} ${name}`
          : name,
        extra.slug ?? undefined,
        extra.distribution,
        extra.regions,
        extra.min_disk_size,
        extra.created_at,
      ]),
      (await ours.listImages()).map(({ id, name, extra }) => [
        id,
        name,
        extra.slug,
        extra.distribution,
        extra.locationIds,
        extra.minDiskGb,
        extra.createdAt,
      ]),
    );
    assertEquals(
      await call("list_key_pairs"),
      (await ours.listKeyPairs()).map((key) => ({
        id: key.id,
        name: key.name,
        public_key: key.publicKey!,
        fingerprint: key.fingerprint!,
      })),
    );
    assertEquals(
      await call("list_volumes"),
      (await ours.listVolumes()).map((volume) => ({
        id: volume.id,
        name: volume.name,
        size: volume.sizeGb,
        region: volume.locationId!,
        droplets: [Number(volume.nodeId)],
      })),
    );
    const [volume] = await ours.listVolumes();
    const snapshots = await ours.listVolumeSnapshots(volume);
    assertEquals(snapshots.length, 1);
    assertEquals(
      await call("list_volume_snapshots", [volume!.id]),
      snapshots.map((snapshot) => ({
        id: snapshot.id,
        name: snapshot.name!,
        size: snapshot.sizeGb!,
        volume: snapshot.volumeId!,
      })),
    );
    assertEquals(
      await call("list_floating_ips"),
      (await ours.listReservedIps()).map(({ ip, nodeId }) => ({
        ip,
        node: Number(nodeId),
      })),
    );
    const { email } = await call<{ email: string }>("account");
    assertEquals(email, (await ours.getAccount()).email);
  },
);

libcloud(
  "Libcloud and DigitalOceanNodeDriver list the same nodes in every state",
  async () => {
    await using api = setUp();
    const { ours, nodes } = api;
    // The first call waits until Python has started; later calls are quick.
    await nodes();
    const all = await ours.listNodes();
    await ours.stopNode(all[4]!);
    await api.settle();
    await ours.createNode({
      name: "new-one",
      size: "s-1vcpu-1gb",
      image: "debian-12-x64",
      ipv6: true,
      tags: ["web"],
    });
    const listed = await nodes();
    assertEquals(listed.length, 24);
    assertEquals(
      [...new Set(listed.map(({ state }) => state))].sort(),
      ["PENDING", "RUNNING", "STOPPED"],
    );
    await ours.waitUntilRunning(listed.at(-1)!.id, { intervalMs: 2 });
    assertEquals(await nodes(), await oursLikeTheirs(ours));
  },
);

libcloud("Libcloud creates, changes, images and destroys a node", async () => {
  await using api = setUp();
  const { call, ours, nodes } = api;
  const made = await call<LibcloudNode>(
    "create_node",
    ["web-1", "s-1vcpu-1gb", "155133621", "fra1"],
    { tags: ["web"], ipv6: true, ssh_keys: [512189] },
  );
  assertEquals([made.name, made.state, made.public_ips], [
    "web-1",
    "PENDING",
    [],
  ]);
  const [node] = await ours.waitUntilRunning(made.id, { intervalMs: 2 });
  assertEquals(node!.publicIps.length, 2);
  const steps: readonly [string, unknown[], string][] = [
    ["reboot_node", [], "RUNNING"],
    ["ex_hard_reboot", [], "RUNNING"],
    ["ex_shutdown_node", [], "STOPPED"],
    ["ex_power_on_node", [], "RUNNING"],
    ["ex_rename_node", ["web-2"], "RUNNING"],
    ["ex_rebuild_node", [], "RUNNING"],
    ["ex_enable_ipv6", [], "RUNNING"],
    ["create_image", ["image"], "RUNNING"],
  ];
  for (const [method, args, state] of steps) {
    assertEquals(await call("act", [method, made.id, ...args]), true, method);
    const { status, type } = await api.settle();
    assertEquals(status, "completed", type);
    const seen = (await nodes()).find(({ id }) => id === made.id);
    assertEquals(seen?.state, state, method);
  }
  assertEquals((await ours.getNode(made.id)).name, "web-2");
  const [, image] = await ours.listImages({ isPrivate: true });
  assertEquals(image?.name, "image");
  assertEquals(await nodes(), await oursLikeTheirs(ours));
  assertEquals(await call("act", ["destroy_node", made.id]), true);
  assertEquals((await nodes()).length, 23);
});

libcloud(
  "Libcloud creates and deletes a key, and creates, attaches, detaches and destroys a volume",
  async () => {
    await using api = setUp();
    const { call, ours } = api;
    const key = await call<{ id: string; fingerprint: string }>(
      "create_key_pair",
      ["me", PUBLIC_KEY],
    );
    const ourKey = await ours.getKeyPair(key.fingerprint);
    assertEquals([ourKey.id, ourKey.publicKey], [key.id, PUBLIC_KEY]);
    assertEquals(await call("delete_key_pair", ["me"]), true);
    assertEquals((await ours.listKeyPairs()).length, 1);

    const volume = await call<{ id: string }>("create_volume", [
      7,
      "data-2",
      "nyc1",
    ]);
    const find = async () =>
      (await ours.listVolumes()).find(({ id }) => id === volume.id);
    assertEquals((await find())?.sizeGb, 7);
    const [node] = await ours.listNodes();
    assertEquals(await call("attach_volume", [node!.id, volume.id]), true);
    await api.settle();
    assertEquals((await find())?.nodeId, node!.id);
    const snapshot = await call<{ id: string }>("create_volume_snapshot", [
      volume.id,
      "data-2-1",
    ]);
    const [ourSnapshot] = await ours.listVolumeSnapshots(volume);
    assertEquals(ourSnapshot?.id, snapshot.id);
    assertEquals(await call("detach_volume", [volume.id]), true);
    await api.settle();
    assertEquals((await find())?.state, "available");
    assertEquals(await call("destroy_volume", [volume.id]), true);
    assertEquals(await find(), undefined);
  },
);

libcloud(
  "Libcloud raises InvalidCredsError if the token is wrong",
  async () => {
    await using api = setUp("wrong");
    await assertRejects(
      () => api.nodes(),
      Error,
      "InvalidCredsError: 'Unable to authenticate you.'",
    );
  },
);
