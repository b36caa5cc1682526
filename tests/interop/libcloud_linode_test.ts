/**
 * Runs Apache Libcloud's driver for Linode's API v4 against the simulator over
 * loopback, as an independent client, and compares its results with those of
 * `LinodeNodeDriver`.
 *
 * Known differences:
 *
 * - Libcloud leaves out IPv6 addresses, reports disks in MB, and names locations
 *   by their id. It has no key pairs for Linode.
 * - Libcloud reports nodes that are provisioned as "starting", and those that
 *   are rebuilt as "updating". A status that it does not know fails its list.
 * - Libcloud requests 25 items per page; callers cannot change that.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { InvalidCredsError, NotFoundError } from "../../core/mod.ts";
import { toTagStrings } from "../../core/compute/mod.ts";
import { LinodeNodeDriver } from "../../drivers/linode/compute.ts";
import { LinodeSimulator } from "../../simulators/linode/mod.ts";
import { Clock } from "../_support/clock.ts";
import { IMMEDIATE } from "../_support/immediate.ts";
import { startLibcloud } from "../_support/libcloud.ts";
import { needs } from "../_support/needs.ts";
import { serve } from "../_support/serve.ts";

/** A node as the Python program prints it. */
interface LibcloudNode {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly public_ips: string[];
  readonly private_ips: string[];
  readonly size: string;
  readonly image: string;
  readonly extra: { readonly location: string; readonly tags: string[] };
}

/** A volume as the Python program prints it. */
interface LibcloudVolume {
  readonly id: string;
  readonly name: string;
  readonly size: number;
  readonly state: string;
  readonly node: number | null;
  readonly location: string;
}

const TOKEN = "abc.DEF-123";

const libcloud = (name: string, fn: () => Promise<void>) =>
  Deno.test({
    ...needs(name, { python: ["libcloud.compute.drivers.linode"] }),
    fn,
  });

/** Starts the simulator on loopback and a Python process, and creates a driver. */
function setUp(nodes = 60) {
  const clock = new Clock();
  const simulator = new LinodeSimulator({
    ...IMMEDIATE.linode,
    token: TOKEN,
    nodes,
    provisionMs: 20,
    bootMs: 20,
    actionMs: 20,
    now: clock.now,
  });
  const server = serve(simulator.fetch);
  const theirs = startLibcloud("libcloud_linode.py", [
    "127.0.0.1",
    String(server.port),
    TOKEN,
  ]);
  const url = `${server.url}/v4`;
  const ours = new LinodeNodeDriver({ token: TOKEN, baseUrl: url });
  return {
    call: theirs.call,
    clock,
    ours,
    url,
    reaches: async (id: string, state: string) => {
      while ((await ours.getNode(id)).state !== state);
    },
    async [Symbol.asyncDispose]() {
      await theirs[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** Lists the nodes with our driver, and converts them to Libcloud's form. */
async function listLikeLibcloud(
  ours: LinodeNodeDriver,
): Promise<LibcloudNode[]> {
  return (await ours.listNodes()).map((node) => ({
    id: node.id,
    name: node.name,
    state: node.state.toUpperCase(),
    public_ips: node.publicIps.filter((ip) => !ip.includes(":")),
    private_ips: [...node.privateIps],
    size: node.sizeId!,
    image: node.imageId!,
    extra: {
      location: node.locationId!,
      tags: toTagStrings(node.tags, "test") ?? [],
    },
  }));
}

function trim({ extra, ...node }: LibcloudNode): LibcloudNode {
  return { ...node, extra: { location: extra.location, tags: extra.tags } };
}

libcloud(
  "Libcloud lists the same locations, sizes and images as LinodeNodeDriver",
  async () => {
    await using api = setUp(1);
    const { call, ours } = api;
    assertEquals(
      await call("list_locations"),
      (await ours.listLocations()).map(({ id, country }) => ({ id, country })),
    );
    assertEquals(
      await call("list_sizes"),
      (await ours.listSizes()).map((size) => ({
        id: size.id,
        name: size.name,
        ram: size.ramMib,
        disk: size.diskGb! * 1024,
        price: size.price?.hourly,
        monthly: size.price?.monthly,
        transfer: size.transferGb,
        vcpus: size.vcpus,
      })),
    );
    const images = await call<unknown[]>("list_images");
    assertEquals(images.length, 13);
    assertEquals(
      images,
      (await ours.listImages()).map(({ id, name }) => ({ id, name })),
    );
  },
);

libcloud(
  "Libcloud lists the same nodes and volumes as LinodeNodeDriver",
  async () => {
    await using api = setUp();
    const { call, ours } = api;
    const [first] = await ours.listNodes();
    await ours.stopNode(first!);
    await api.reaches(first!.id, "stopped");
    const nodes = (await call<LibcloudNode[]>("list_nodes")).map(trim);
    assertEquals(nodes.length, 60);
    assertEquals(nodes, await listLikeLibcloud(ours));
    assertEquals(nodes[0]!.state, "STOPPED");
    assert(nodes.some(({ private_ips }) => private_ips.length === 1));
    assert(nodes.every(({ public_ips }) => public_ips.length === 1));

    const volumes = await call<LibcloudVolume[]>("list_volumes");
    assertEquals(volumes.length, 2);
    assertEquals(
      volumes,
      (await ours.listVolumes()).map((volume) => ({
        id: volume.id,
        name: volume.name,
        size: volume.sizeGb,
        state: volume.extra.status === "active" ? "available" : "?",
        node: volume.nodeId === undefined ? null : Number(volume.nodeId),
        location: volume.locationId!,
      })),
    );
  },
);

libcloud(
  "Libcloud creates, changes and destroys a node that LinodeNodeDriver reads",
  async () => {
    await using api = setUp(1);
    const { call, ours } = api;
    const created = await call<LibcloudNode>(
      "create_node",
      ["us-east", "g6-standard-1", "linode/debian12"],
      {
        name: "theirs",
        root_pass: "Tr0ub4dor&3",
        ex_authorized_keys: ["ssh-ed25519 AAAA me@example.com"],
        ex_tags: ["web-server"],
        ex_private_ip: true,
      },
    );
    const { id } = created;
    const [node] = await ours.waitUntilRunning(id, { intervalMs: 5 });
    assertEquals(
      [node?.name, node?.sizeId, node?.imageId, node?.locationId],
      ["theirs", "g6-standard-1", "linode/debian12", "us-east"],
    );
    assertEquals(node?.tags, { "web-server": "" });
    assertEquals(
      (await call<LibcloudNode[]>("list_nodes")).map(trim),
      await listLikeLibcloud(ours),
    );
    assertEquals(
      await call("list_disks", [id]),
      (await ours.listDisks(id)).map(({ id, name, filesystem, sizeMib }) => [
        id,
        name,
        filesystem,
        sizeMib,
      ]),
    );
    await api.clock.stoppedDuring(async () => {
      assertEquals(await call("act", ["reboot_node", id]), true);
      await assertRejects(
        () => call("act", ["reboot_node", id]),
        Error,
        "Linode busy.",
      );
    });
    await api.reaches(id, "running");
    assertEquals(await call("act", ["stop_node", id]), true);
    await api.reaches(id, "stopped");
    assertEquals(await call("act", ["start_node", id]), true);
    await api.reaches(id, "running");
    const options = { name: "renamed" };
    await call("act", ["ex_rename_node", id], options);
    assertEquals((await ours.getNode(id)).name, "renamed");

    const image = await call<{ id: string }>("create_image", [id, "golden-2"]);
    assertEquals((await ours.getImage(image.id)).name, "golden-2");
    assertEquals(await call("delete_image", [image.id]), true);
    await assertRejects(() => ours.getImage(image.id), NotFoundError);

    assertEquals(await call("act", ["destroy_node", id]), true);
    await assertRejects(() => ours.getNode(id), NotFoundError);
  },
);

libcloud(
  "Libcloud reads a node that LinodeNodeDriver created, and creates a volume for it",
  async () => {
    await using api = setUp(1);
    const { call, ours } = api;
    const node = await ours.createNode({
      name: "ours",
      size: "g6-standard-1",
      image: "linode/debian12",
      location: "us-east",
    });
    await ours.waitUntilRunning(node, { intervalMs: 5 });
    const seen = (await call<LibcloudNode[]>("list_nodes"))
      .find(({ id }) => id === node.id);
    assertEquals([seen?.name, seen?.state], ["ours", "RUNNING"]);

    const volume = await call<LibcloudVolume>("create_volume", [
      "theirs",
      20,
      "us-east",
    ]);
    while ((await ours.getVolume(volume.id)).state !== "available");
    await call("attach_volume", [volume.id, node.id]);
    const attached = await ours.getVolume(volume.id);
    assertEquals([attached.state, attached.nodeId], ["inuse", node.id]);
    assertEquals(
      await call("act_on_volume", ["detach_volume", volume.id]),
      true,
    );
    await call("act_on_volume", ["ex_resize_volume", volume.id, 40]);
    while ((await ours.getVolume(volume.id)).state !== "available");
    assertEquals((await ours.getVolume(volume.id)).sizeGb, 40);
    assertEquals(
      await call("act_on_volume", ["destroy_volume", volume.id]),
      true,
    );
    await assertRejects(() => ours.getVolume(volume.id), NotFoundError);
  },
);

libcloud(
  "Libcloud and LinodeNodeDriver reject with the same errors",
  async () => {
    await using api = setUp(1);
    const { call, ours, url } = api;
    await assertRejects(
      () => call("list_nodes_as", ["wrong"]),
      Error,
      "InvalidCredsError",
    );
    const stranger = new LinodeNodeDriver({ token: "wrong", baseUrl: url });
    await assertRejects(
      async () => await stranger.listNodes(),
      InvalidCredsError,
    );
    await assertRejects(
      () => call("act", ["reboot_node", "1"]),
      Error,
      "Not found Status code: 404.",
    );
    await assertRejects(() => ours.rebootNode("1"), NotFoundError);
  },
);
