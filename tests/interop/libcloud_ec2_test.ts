/**
 * The EC2 driver of Apache Libcloud with the EC2 simulator, over loopback.
 * Libcloud and the driver list the same resources, and each sees the other's
 * changes.
 *
 * Known differences of Libcloud:
 *
 * - Nodes in transitional states have the state `unknown`. Elastic IP addresses
 *   are listed twice, and IPv6 addresses are missing.
 * - It has no pages, takes sizes from its own table, and numbers locations.
 * - It sends writes as a GET, with booleans as `1` and `True`.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { Ec2NetworkDriver } from "../../drivers/aws/ec2_network.ts";
import {
  Ec2Simulator,
  type Ec2SimulatorOptions,
} from "../../simulators/aws/ec2.ts";
import { IMMEDIATE } from "../_support/immediate.ts";
import { startLibcloud } from "../_support/libcloud.ts";
import { needs } from "../_support/needs.ts";
import { serve } from "../_support/serve.ts";
import { until } from "../_support/until.ts";

/** A node of Libcloud. */
interface LibcloudNode {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly public_ips: readonly string[];
  readonly private_ips: readonly string[];
  readonly created_at: string;
  readonly size: string;
  readonly image: string;
  readonly zone: string;
  readonly key: string | null;
  readonly status: string;
  readonly groups: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
}

const SCRIPT = "libcloud_ec2.py";
const PUBLIC_KEY =
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGFtZXhhbXBsZWtleWFtZXhhbXBsZWtleWFtZXhhbXBs me@example.com";

const libcloud = (name: string, fn: () => Promise<void>) =>
  Deno.test({
    ...needs(name, { python: ["libcloud.compute.drivers.ec2"] }),
    fn,
  });

/** Starts a simulator on loopback, Libcloud in its own process, and a driver. */
function setUp(
  options: Ec2SimulatorOptions = {},
  { secret, token, version = "" }: {
    readonly secret?: string;
    readonly token?: string;
    readonly version?: string;
  } = {},
) {
  const simulator = new Ec2Simulator({
    ...IMMEDIATE.ec2,
    nodes: 13,
    createMs: 200,
    actionMs: 10,
    ...options,
  });
  const server = serve(simulator.fetch);
  const { accessKeyId, secretAccessKey, sessionToken = "" } =
    simulator.credentials;
  const { call, ...process } = startLibcloud(SCRIPT, [
    "127.0.0.1",
    String(server.port),
    accessKeyId,
    secret ?? secretAccessKey,
    token ?? sessionToken,
    version,
  ]);
  const connect = (region: string) =>
    new Ec2NetworkDriver({
      ...simulator.credentials,
      region,
      baseUrl: server.url,
    });
  return {
    call,
    ours: connect("us-east-1"),
    elsewhere: connect,
    nodes: () => call<LibcloudNode[]>("list_nodes"),
    async [Symbol.asyncDispose]() {
      await process[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

const LIBCLOUD_STATES: Readonly<Record<string, string>> = {
  pending: "PENDING",
  running: "RUNNING",
  terminated: "TERMINATED",
  stopped: "STOPPED",
};

/** Removes the fraction of a second from a time. */
const seconds = (time?: string) => time?.replace(/\.\d+/, "");

/** Lists nodes with the driver, in Libcloud's format. */
async function oursLikeTheirs(
  cloud: Ec2NetworkDriver,
): Promise<LibcloudNode[]> {
  const elastic = new Set(
    (await cloud.listAddresses())
      .filter(({ instanceId }) => instanceId)
      .map(({ publicIp }) => publicIp),
  );
  return (await cloud.listNodes({ pageSize: 5 })).map((node) => {
    const ips = node.publicIps.filter((ip) => !ip.includes(":"));
    const state = node.extra.instanceState!;
    return {
      id: node.id,
      name: node.name,
      state: LIBCLOUD_STATES[state] ?? "UNKNOWN",
      public_ips: ips.flatMap((ip) => elastic.has(ip) ? [ip, ip] : [ip]),
      private_ips: [...node.privateIps],
      created_at: seconds(node.createdAt)!,
      size: node.sizeId!,
      image: node.imageId!,
      zone: node.locationId!,
      key: node.extra.keyName ?? null,
      status: state,
      groups: node.extra.securityGroups.map(({ groupId }) => groupId),
      tags: { Name: node.name, ...node.tags },
    };
  });
}

/** Lists volumes with the driver, in Libcloud's format. */
async function volumesLikeTheirs(cloud: Ec2NetworkDriver) {
  return (await cloud.listVolumes()).map((volume) => ({
    id: volume.id,
    name: volume.name,
    size: volume.sizeGb,
    state: volume.extra.status,
    zone: volume.locationId,
    node: volume.nodeId ?? null,
    device: volume.extra.attachmentSet?.[0]?.device ?? null,
  }));
}

/** Lists snapshots with the driver, in Libcloud's format. */
async function snapshotsLikeTheirs(cloud: Ec2NetworkDriver) {
  return (await cloud.listVolumeSnapshots()).map((snapshot) => ({
    id: snapshot.id,
    name: snapshot.name ?? snapshot.id,
    size: snapshot.sizeGb,
    state: snapshot.extra.status,
    volume: snapshot.volumeId,
    created: seconds(snapshot.createdAt),
  }));
}

libcloud("Libcloud and Ec2NodeDriver list the same nodes", async () => {
  await using api = setUp();
  const nodes = await api.nodes();
  assertEquals(nodes.length, 13);
  assertEquals(nodes, await oursLikeTheirs(api.ours));
});

libcloud(
  "Libcloud and Ec2NetworkDriver list the same zones, images, keys, volumes, snapshots, addresses, groups and networks",
  async () => {
    await using api = setUp();
    const { call, ours } = api;
    assertEquals(
      await call("list_zones"),
      (await ours.listLocations()).map(({ id }) => ({
        name: id,
        region: "us-east-1",
        state: "available",
      })),
    );
    for (const owner of ["self", "amazon", "099720109477"]) {
      const images = await call<unknown[]>("list_images", [owner]);
      assert(images.length > 0);
      assertEquals(
        images,
        (await ours.listImages({ owners: [owner], pageSize: 2 }))
          .map(({ id, name, extra }) => ({
            id,
            name,
            state: extra.imageState,
            owner: extra.imageOwnerId,
            architecture: extra.architecture,
            is_public: extra.isPublic,
          })),
      );
    }
    assertEquals(
      await call("list_key_pairs"),
      (await ours.listKeyPairs())
        .map(({ name, fingerprint }) => ({ name, fingerprint })),
    );
    const volumes = await call<unknown[]>("list_volumes");
    assertEquals(volumes.length, 14);
    assertEquals(volumes, await volumesLikeTheirs(ours));
    const snapshots = await call<unknown[]>("list_snapshots");
    assertEquals(snapshots.length, 2);
    assertEquals(snapshots, await snapshotsLikeTheirs(ours));
    assertEquals(
      await call("list_addresses"),
      (await ours.listAddresses()).map((it) => ({
        ip: it.publicIp,
        node: it.instanceId,
        allocation: it.id,
      })),
    );
    const groups = await call<
      { id: string; name: string; ingress: unknown[] }[]
    >(
      "list_groups",
    );
    assertEquals(
      groups.map(({ id, name }) => ({ id, name })),
      (await ours.listSecurityGroups()).map(({ id, name }) => ({ id, name })),
    );
    assertEquals(groups.map(({ ingress }) => ingress.length), [1, 1]);
    assertEquals(
      await call("list_networks"),
      (await ours.listVpcs())
        .map(({ id, cidrBlock }) => ({ id, cidr: cidrBlock })),
    );
    assertEquals(
      await call("list_subnets"),
      (await ours.listSubnets()).map((it) => ({
        id: it.id,
        zone: it.availabilityZone,
        cidr: it.cidrBlock,
      })),
    );
    const { resource } = await call<{ resource: Record<string, number> }>(
      "limits",
    );
    assertEquals(resource["max-elastic-ips"], 5);
  },
);

libcloud(
  "Ec2NodeDriver sees a node that Libcloud creates, changes and destroys",
  async () => {
    await using api = setUp({ nodes: 1 });
    const { call, ours } = api;
    const [image] = await ours.listImages({
      owners: ["136693071363"],
      name: "debian-12-amd64-*",
    });
    const create = () =>
      call<LibcloudNode>("create_node", [
        "theirs",
        "t3.small",
        image!.id,
        "us-east-1b",
      ], {
        ex_keyname: "nephos",
        ex_userdata: "#!/bin/sh\n",
        ex_clienttoken: "token",
        ex_metadata: { "a & b": "<é>" },
        ex_blockdevicemappings: [
          { DeviceName: "/dev/xvda", "Ebs": { "VolumeSize": 20 } },
        ],
      });
    const { id, state, tags } = await create();
    assertEquals([state, tags], ["PENDING", {
      Name: "theirs",
      "a & b": "<é>",
    }]);
    // The same client token creates no second node.
    assertEquals((await create()).id, id);
    const [node] = await ours.waitUntilRunning([id], { intervalMs: 5 });
    assertEquals(
      [node?.name, node?.sizeId, node?.locationId, node?.extra.keyName],
      ["theirs", "t3.small", "us-east-1b", "nephos"],
    );
    assertEquals(await api.nodes(), await oursLikeTheirs(ours));
    const isNow = (state: string) =>
      until(async () => (await ours.getNode(id)).state === state);
    assertEquals(await call("act", ["reboot_node", id]), true);
    assertEquals(await call("act", ["stop_node", id]), true);
    await isNow("stopped");
    assertEquals(await call("resize", [id, "t3.large"]), true);
    assertEquals(await call("act", ["start_node", id]), true);
    await isNow("running");
    assertEquals((await ours.getNode(id)).sizeId, "t3.large");
    assertEquals(
      await call("console", [id]),
      await ours.getConsoleOutput(id),
    );
    assertEquals(await call("tag_node", [id, { env: "prod" }]), true);
    assertEquals((await ours.getNode(id)).tags.env, "prod");
    assertEquals(await call("untag_node", [id, { env: "prod" }]), true);
    assertEquals(
      await call("tags_of", [id]),
      await ours.getNode(id).then(({ name, tags }) => ({
        Name: name,
        ...tags,
      })),
    );

    const ip = await call<string>("allocate_address");
    await call("associate_address", [id, ip]);
    assertEquals((await ours.getNode(id)).publicIps, [ip]);
    assertEquals(await call("disassociate_address", [ip]), true);
    assertEquals(await call("release_address", [ip]), true);

    const copied = await call<string>("create_image", [id, "theirs"]);
    await until(async () =>
      (await ours.getImage(copied)).extra.imageState === "available"
    );
    const there = await call<string>("copy_image", [
      copied,
      "eu-west-1",
      "theirs",
    ]);
    const copy = await api.elsewhere("eu-west-1").getImage(there);
    assertEquals([copy.name, copy.extra.description], ["theirs", "a copy"]);
    assertEquals(await call("delete_image", [copied]), true);

    assertEquals(await call("act", ["destroy_node", id]), true);
    await isNow("terminated");
    assertEquals(await api.nodes(), await oursLikeTheirs(ours));
  },
);

libcloud(
  "Ec2NetworkDriver sees keys, volumes, snapshots and groups that Libcloud creates",
  async () => {
    await using api = setUp({ nodes: 1 });
    const { call, ours } = api;
    const made = await call<{ private_key: string; fingerprint: string }>(
      "create_key_pair",
      ["made"],
    );
    assert(made.private_key.startsWith("-----BEGIN RSA PRIVATE KEY-----"));
    const imported = await call<{ fingerprint: string }>("import_key_pair", [
      "imported",
      PUBLIC_KEY,
    ]);
    assertEquals(
      (await ours.listKeyPairs()).slice(1).map((
        it,
      ) => [it.name, it.fingerprint]),
      [["made", made.fingerprint], ["imported", imported.fingerprint]],
    );
    assertEquals(
      (await ours.getKeyPair("imported")).publicKey?.split(" ")[1],
      PUBLIC_KEY.split(" ")[1],
    );
    assertEquals(await call("delete_key_pair", ["made"]), true);
    await assertRejects(
      () => call("get_key_pair", ["made"]),
      Error,
      "KeyPairDoesNotExistError",
    );

    const [node] = await ours.listNodes();
    const volume = await call<{ id: string; state: string }>(
      "create_volume",
      [10, "data", node!.locationId],
    );
    assertEquals(volume.state, "creating");
    const isNow = (state: string) =>
      until(async () => (await ours.getVolume(volume.id)).state === state);
    await isNow("available");
    assertEquals((await ours.getVolume(volume.id)).name, "data");
    await call("attach_volume", [node!.id, volume.id, "/dev/sdg"]);
    assertEquals((await ours.getVolume(volume.id)).nodeId, node!.id);
    assertEquals(await call("list_volumes"), await volumesLikeTheirs(ours));
    await isNow("inuse");
    await call("detach_volume", [volume.id]);
    await isNow("available");
    assertEquals(await call("resize_volume", [volume.id, 20]), 20);
    await until(async () => (await ours.getVolume(volume.id)).sizeGb === 20);
    const snapshot = await call<{ id: string }>("create_snapshot", [
      volume.id,
      "backup",
    ]);
    assertEquals(
      (await ours.listVolumeSnapshots(volume)).map((
        { id, name },
      ) => [id, name]),
      [[snapshot.id, "backup"]],
    );
    assertEquals(await call("destroy_snapshot", [snapshot.id]), true);
    assertEquals(await call("destroy_volume", [volume.id]), true);

    const group = await call<string>("create_group", ["db", "Data bases"]);
    const ingress = async () => {
      const groups = await ours.listSecurityGroups();
      const found = groups.find(({ id }) => id === group);
      return (found?.ipPermissions ?? []).map((it) => [
        it.fromPort,
        it.toPort,
        it.ipRanges?.map(({ cidrIp }) => cidrIp),
      ]);
    };
    assertEquals(await ingress(), []);
    await call("authorize", [group, 5432, "203.0.113.0/24"]);
    assertEquals(await ingress(), [[5432, 5432, ["203.0.113.0/24"]]]);
    await call("revoke", [group, 5432, "203.0.113.0/24"]);
    assertEquals(await ingress(), []);
    assertEquals(await call("delete_group", [group]), true);
    assertEquals((await ours.listSecurityGroups()).length, 2);
  },
);

libcloud("Libcloud sees the resources that Ec2NodeDriver creates", async () => {
  await using api = setUp({ nodes: 1 });
  const { call, ours } = api;
  const [image] = await ours.listImages();
  const keyPair = await ours.importKeyPair({
    name: "ours",
    publicKey: PUBLIC_KEY,
  });
  const node = await ours.createNode({
    name: "ours",
    size: "t3.small",
    image: image!,
    location: "us-east-1a",
    keyPairs: [keyPair],
    tags: { "a & b": "<é>" },
  });
  await ours.waitUntilRunning(node, { intervalMs: 5 });
  const seen = (await api.nodes()).find(({ id }) => id === node.id);
  assertEquals(
    [seen?.name, seen?.state, seen?.size, seen?.key, seen?.tags],
    ["ours", "RUNNING", "t3.small", "ours", { Name: "ours", "a & b": "<é>" }],
  );
  assertEquals(await call("get_key_pair", ["ours"]), {
    name: "ours",
    fingerprint: keyPair.fingerprint,
  });
  const volume = await ours.createVolume({
    name: "data",
    sizeGb: 10,
    location: "us-east-1a",
  });
  await until(async () => (await ours.getVolume(volume)).state === "available");
  await ours.attachVolume(volume, { node, device: "/dev/sdh" });
  const snapshot = await ours.createVolumeSnapshot(volume, { name: "backup" });
  // The two clients read one after the other, so nothing may change in between.
  await until(async () =>
    (await ours.getVolume(volume)).state === "inuse" &&
    (await ours.getVolumeSnapshot(snapshot)).state === "available"
  );
  assertEquals(await call("list_volumes"), await volumesLikeTheirs(ours));
  assertEquals(await call("list_snapshots"), await snapshotsLikeTheirs(ours));
  await ours.renameNode(node, { name: "renamed" });
  await ours.stopNode(node);
  await until(async () => (await ours.getNode(node)).state === "stopped");
  assertEquals(await api.nodes(), await oursLikeTheirs(ours));
  await ours.destroyNode(node);
  await until(async () => (await ours.getNode(node)).state === "terminated");
  assertEquals(
    (await api.nodes()).find(({ id }) => id === node.id)?.state,
    "TERMINATED",
  );
});

libcloud(
  "Libcloud is refused with wrong keys, and with Signature Version 2",
  async () => {
    const failure = async (
      ...args: Parameters<typeof setUp>
    ): Promise<string> => {
      await using api = setUp(...args);
      return await api.nodes().then(() => "none", (error) => error.message);
    };
    const refusal = /^InvalidCredsError: .*AuthFailure/;
    const wrongSecret = await failure({}, { secret: "wrong" });
    assert(refusal.test(wrongSecret), wrongSecret);
    const wrongToken = await failure({ sessionToken: "token" }, {
      token: "other",
    });
    assert(refusal.test(wrongToken), wrongToken);
    // Libcloud signs with version 2 by default.
    const retired = await failure({}, { version: "2" });
    assert(refusal.test(retired), retired);
    assertEquals(await failure({ sessionToken: "token" }), "none");
  },
);
