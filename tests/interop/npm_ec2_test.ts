/**
 * The EC2 client of the AWS SDK with the EC2 simulator, over loopback. The client
 * and the driver list the same resources, and each sees the other's changes.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import * as sdk from "npm:@aws-sdk/client-ec2@3.1169.0";
import { ApiError } from "../../core/mod.ts";
import { Ec2NetworkDriver } from "../../drivers/aws/ec2_network.ts";
import {
  Ec2Simulator,
  type Ec2SimulatorOptions,
} from "../../simulators/aws/ec2.ts";
import { IMMEDIATE } from "../_support/immediate.ts";
import { serve } from "../_support/serve.ts";
import { until } from "../_support/until.ts";

const PUBLIC_KEY =
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGFtZXhhbXBsZWtleWFtZXhhbXBsZWtleWFtZXhhbXBs me@example.com";

/** Starts a simulator on loopback, with a client of the AWS SDK and a driver. */
function setUp(
  options: Ec2SimulatorOptions = {},
  credentials: Partial<Ec2Simulator["credentials"]> = {},
) {
  const simulator = new Ec2Simulator({
    ...IMMEDIATE.ec2,
    nodes: 23,
    createMs: 20,
    actionMs: 10,
    ...options,
  });
  const server = serve(simulator.fetch);
  const connect = (region: string) =>
    new sdk.EC2Client({
      endpoint: server.url,
      region,
      credentials: { ...simulator.credentials, ...credentials },
    });
  const theirs = connect("us-east-1");
  const ours = new Ec2NetworkDriver({
    ...simulator.credentials,
    region: "us-east-1",
    baseUrl: server.url,
  });
  const others: sdk.EC2Client[] = [];
  return {
    theirs,
    ours,
    /** Creates a client for another region. */
    elsewhere(region: string) {
      const client = connect(region);
      others.push(client);
      return client;
    },
    async [Symbol.asyncDispose]() {
      for (const client of [theirs, ...others]) client.destroy();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** The fields of a node that are compared. */
interface Seen {
  readonly id: string | undefined;
  readonly name: string | undefined;
  readonly state: string | undefined;
  readonly reason: string | undefined;
  readonly createdAt: number | undefined;
  readonly sizeId: string | undefined;
  readonly imageId: string | undefined;
  readonly locationId: string | undefined;
  readonly ips: readonly string[];
  readonly keyName: string | undefined;
  readonly subnetId: string | undefined;
  readonly groups: readonly (string | undefined)[] | undefined;
  readonly volumes: readonly (string | undefined)[] | undefined;
  readonly lifecycle: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
}

/** Lists nodes with the AWS SDK. */
async function theirNodes(client: sdk.EC2Client): Promise<Seen[]> {
  const nodes = [];
  const pages = sdk.paginateDescribeInstances({ client, pageSize: 7 }, {});
  for await (const { Reservations } of pages) {
    nodes.push(...Reservations!.flatMap(({ Instances }) => Instances!));
  }
  return nodes.map((it) => ({
    id: it.InstanceId,
    name: nameOf(it),
    state: it.State?.Name,
    reason: it.StateReason?.Code,
    createdAt: it.LaunchTime?.getTime(),
    sizeId: it.InstanceType,
    imageId: it.ImageId,
    locationId: it.Placement?.AvailabilityZone,
    ips: ipsOf(it),
    keyName: it.KeyName,
    subnetId: it.SubnetId,
    groups: it.SecurityGroups?.map(({ GroupId }) => GroupId),
    volumes: it.BlockDeviceMappings?.map(({ Ebs }) => Ebs?.VolumeId),
    lifecycle: it.InstanceLifecycle,
    tags: tagsOf(it),
  }));
}

interface Tagged {
  readonly Tags?: readonly sdk.Tag[] | undefined;
}

const nameOf = ({ Tags = [] }: Tagged) =>
  Tags.find(({ Key }) => Key === "Name")?.Value;

const tagsOf = ({ Tags = [] }: Tagged) =>
  Object.fromEntries(Tags.map(({ Key, Value }) => [Key!, Value!]));

function ipsOf(it: sdk.Instance): string[] {
  return [
    it.PublicIpAddress,
    it.PrivateIpAddress,
    ...it.NetworkInterfaces?.flatMap(({ Ipv6Addresses = [] }) =>
      Ipv6Addresses.map(({ Ipv6Address }) => Ipv6Address)
    ) ?? [],
  ].filter((ip) => ip !== undefined).sort();
}

/** Lists nodes with the driver. */
async function ourNodes(cloud: Ec2NetworkDriver): Promise<Seen[]> {
  const nodes = await cloud.listNodes({ pageSize: 10 });
  return nodes.map(({ extra, ...it }) => ({
    id: it.id,
    name: it.name,
    state: extra.instanceState,
    reason: extra.stateReason,
    createdAt: Date.parse(it.createdAt!),
    sizeId: it.sizeId,
    imageId: it.imageId,
    locationId: it.locationId,
    ips: [...it.publicIps, ...it.privateIps].sort(),
    keyName: extra.keyName,
    subnetId: extra.subnetId,
    groups: extra.securityGroups.map(({ groupId }) => groupId),
    volumes: extra.volumes.map(({ volumeId }) => volumeId),
    lifecycle: extra.instanceLifecycle,
    tags: { Name: it.name, ...it.tags },
  }));
}

Deno.test("The AWS SDK and Ec2NodeDriver list the same nodes, page by page", async () => {
  await using api = setUp();
  const nodes = await theirNodes(api.theirs);
  assertEquals(nodes.length, 23);
  assertEquals(nodes, await ourNodes(api.ours));
  assertEquals(nodes[0]?.ips.length, 3);
});

Deno.test("The AWS SDK and Ec2NodeDriver list the same zones, regions and sizes", async () => {
  await using api = setUp({ largestPage: 10 });
  const { theirs: client, ours } = api;
  const zones = await client.send(new sdk.DescribeAvailabilityZonesCommand());
  assertEquals(
    zones.AvailabilityZones?.map(({ ZoneName }) => ZoneName),
    (await ours.listLocations()).map(({ id }) => id),
  );
  for (const all of [false, true]) {
    const regions = await client.send(
      new sdk.DescribeRegionsCommand({ AllRegions: all }),
    );
    assertEquals(
      regions.Regions?.map(({ RegionName }) => RegionName),
      (await ours.listRegions({ all })).map(({ id }) => id),
    );
  }
  const sizes: sdk.InstanceTypeInfo[] = [];
  const pages = sdk.paginateDescribeInstanceTypes({ client }, {});
  for await (const { InstanceTypes } of pages) sizes.push(...InstanceTypes!);
  assertEquals(sizes.length, 35);
  const live = await ours.listSizes({ live: true });
  assertEquals(
    sizes.map((it) => ({
      id: it.InstanceType as string,
      vcpus: it.VCpuInfo?.DefaultVCpus,
      ramMib: it.MemoryInfo?.SizeInMiB,
      diskGb: it.InstanceStorageInfo?.TotalSizeInGB,
      architecture: it.ProcessorInfo?.SupportedArchitectures
        ?.[0] as string | undefined,
    })),
    live.map(({ id, vcpus, ramMib, diskGb, architecture }) => ({
      id,
      vcpus,
      ramMib,
      diskGb,
      architecture,
    })),
  );
  // The bundled list has the same values.
  const known = new Map((await ours.listSizes()).map((it) => [it.id, it]));
  for (const { id, vcpus, ramMib } of live) {
    const size = known.get(id);
    assertEquals([size?.vcpus, size?.ramMib], [vcpus, ramMib], id);
  }
});

Deno.test("The AWS SDK and Ec2NetworkDriver list the same images, keys, volumes, snapshots, addresses and networks", async () => {
  await using api = setUp();
  const { theirs: client, ours } = api;
  for (const owners of [["self"], ["amazon"], ["099720109477", "self"]]) {
    const images: sdk.Image[] = [];
    const pages = sdk.paginateDescribeImages({ client, pageSize: 4 }, {
      Owners: owners,
    });
    for await (const { Images } of pages) images.push(...Images!);
    assert(images.length > 0);
    assertEquals(
      images.map((it) => [it.ImageId, it.Name, it.State as string, it.OwnerId]),
      (await ours.listImages({ owners, pageSize: 3 }))
        .map(({ id, name, extra }) => [
          id,
          name,
          extra.imageState,
          extra.imageOwnerId,
        ]),
    );
  }
  const keys = await client.send(new sdk.DescribeKeyPairsCommand());
  assertEquals(
    keys.KeyPairs?.map((it) => [it.KeyName, it.KeyFingerprint]),
    (await ours.listKeyPairs()).map((it) => [it.name, it.fingerprint]),
  );
  const volumes: sdk.Volume[] = [];
  const pages = sdk.paginateDescribeVolumes({ client, pageSize: 5 }, {});
  for await (const { Volumes } of pages) volumes.push(...Volumes!);
  assertEquals(volumes.length, 24);
  assertEquals(
    volumes.map((it) => [
      it.VolumeId,
      nameOf(it) ?? it.VolumeId,
      it.Size,
      it.AvailabilityZone,
      it.Attachments?.[0]?.InstanceId,
      it.CreateTime?.getTime(),
    ]),
    (await ours.listVolumes({ pageSize: 9 })).map((it) => [
      it.id,
      it.name,
      it.sizeGb,
      it.locationId,
      it.nodeId,
      Date.parse(it.createdAt!),
    ]),
  );
  const snapshots = await client.send(
    new sdk.DescribeSnapshotsCommand({ OwnerIds: ["self"] }),
  );
  assertEquals(
    snapshots.Snapshots?.map((
      it,
    ) => [it.SnapshotId, it.VolumeSize, it.VolumeId]),
    (await ours.listVolumeSnapshots()).map((it) => [
      it.id,
      it.sizeGb,
      it.volumeId,
    ]),
  );
  const addresses = await client.send(new sdk.DescribeAddressesCommand());
  assertEquals(
    addresses.Addresses
      ?.map((it) => [it.AllocationId, it.PublicIp, it.InstanceId]),
    (await ours.listAddresses())
      .map((it) => [it.id, it.publicIp, it.instanceId]),
  );
  const groups = await client.send(new sdk.DescribeSecurityGroupsCommand());
  assertEquals(
    groups.SecurityGroups?.map((it) => [it.GroupId, it.GroupName, it.VpcId]),
    (await ours.listSecurityGroups())
      .map((it) => [it.id, it.name, it.vpcId]),
  );
  const subnets = await client.send(new sdk.DescribeSubnetsCommand());
  assertEquals(
    subnets.Subnets?.map(({ SubnetId }) => SubnetId),
    (await ours.listSubnets()).map(({ id }) => id),
  );
  const vpcs = await client.send(new sdk.DescribeVpcsCommand());
  assertEquals(
    vpcs.Vpcs?.map(({ VpcId }) => VpcId),
    (await ours.listVpcs()).map(({ id }) => id),
  );
});

Deno.test("Ec2NodeDriver sees the resources that the AWS SDK creates", async () => {
  await using api = setUp({ nodes: 1 });
  const { theirs: client, ours } = api;
  const [image] = await ours.listImages({
    owners: ["136693071363"],
    name: "debian-12-amd64-*",
  });
  await client.send(
    new sdk.ImportKeyPairCommand({
      KeyName: "theirs",
      PublicKeyMaterial: new TextEncoder().encode(PUBLIC_KEY),
    }),
  );
  const made = await client.send(
    new sdk.CreateKeyPairCommand({ KeyName: "made", KeyType: "ed25519" }),
  );
  assert(made.KeyMaterial?.startsWith("-----BEGIN OPENSSH PRIVATE KEY-----"));
  assertEquals((await ours.listKeyPairs()).map(({ name }) => name), [
    "nephos",
    "theirs",
    "made",
  ]);
  assertEquals(
    (await ours.getKeyPair("made")).fingerprint,
    made.KeyFingerprint,
  );

  const run = await client.send(
    new sdk.RunInstancesCommand({
      ImageId: image!.id,
      InstanceType: "t3.small",
      MinCount: 2,
      MaxCount: 2,
      KeyName: "theirs",
      UserData: btoa("#!/bin/sh\n"),
      Placement: { AvailabilityZone: "us-east-1c" },
      MetadataOptions: { HttpTokens: "required" },
      BlockDeviceMappings: [
        { DeviceName: "/dev/xvda", Ebs: { VolumeSize: 20, VolumeType: "gp3" } },
      ],
      TagSpecifications: [{
        ResourceType: "instance",
        Tags: [
          { Key: "Name", Value: "theirs" },
          { Key: "a & b", Value: "<é>" },
        ],
      }],
    }),
  );
  const ids = run.Instances!.map(({ InstanceId }) => InstanceId!);
  const nodes = await ours.waitUntilRunning(ids, { intervalMs: 2 });
  assertEquals(
    nodes.map(({ name, sizeId, locationId, tags }) => ({
      name,
      sizeId,
      locationId,
      tags: { ...tags },
    })),
    Array(2).fill({
      name: "theirs",
      sizeId: "t3.small",
      locationId: "us-east-1c",
      tags: { "a & b": "<é>" },
    }),
  );
  assertEquals(await theirNodes(client), await ourNodes(ours));

  const [id = ""] = ids;
  const isNow = (state: string) =>
    until(async () => (await ours.getNode(id)).state === state);
  await client.send(new sdk.StopInstancesCommand({ InstanceIds: [id] }));
  await isNow("stopped");
  await client.send(
    new sdk.ModifyInstanceAttributeCommand({
      InstanceId: id,
      InstanceType: { Value: "t3.large" },
    }),
  );
  await client.send(new sdk.StartInstancesCommand({ InstanceIds: [id] }));
  await isNow("running");
  await client.send(new sdk.RebootInstancesCommand({ InstanceIds: [id] }));
  assertEquals((await ours.getNode(id)).sizeId, "t3.large");
  await client.send(
    new sdk.CreateTagsCommand({
      Resources: [id],
      Tags: [{ Key: "Name", Value: "renamed" }],
    }),
  );
  assertEquals((await ours.getNode(id)).name, "renamed");
  await client.send(
    new sdk.DeleteTagsCommand({ Resources: [id], Tags: [{ Key: "a & b" }] }),
  );
  assertEquals((await ours.getNode(id)).tags, {});

  const volume = await client.send(
    new sdk.CreateVolumeCommand({
      AvailabilityZone: "us-east-1c",
      Size: 10,
      TagSpecifications: [{
        ResourceType: "volume",
        Tags: [{ Key: "Name", Value: "data" }],
      }],
    }),
  );
  const VolumeId = volume.VolumeId!;
  await until(async () =>
    (await ours.getVolume(VolumeId)).state === "available"
  );
  await client.send(
    new sdk.AttachVolumeCommand({
      VolumeId,
      InstanceId: id,
      Device: "/dev/sdf",
    }),
  );
  assertEquals((await ours.getVolume(VolumeId)).nodeId, id);
  const snapshot = await client.send(
    new sdk.CreateSnapshotCommand({ VolumeId, Description: "theirs" }),
  );
  assertEquals(
    (await ours.listVolumeSnapshots(VolumeId)).map((it) => it.id),
    [snapshot.SnapshotId],
  );
  const own = await client.send(
    new sdk.CreateImageCommand({ InstanceId: id, Name: "theirs" }),
  );
  assertEquals((await ours.getImage(own.ImageId!)).name, "theirs");
  const address = await client.send(
    new sdk.AllocateAddressCommand({ Domain: "vpc" }),
  );
  await client.send(
    new sdk.AssociateAddressCommand({
      AllocationId: address.AllocationId,
      InstanceId: id,
    }),
  );
  assertEquals((await ours.getNode(id)).publicIps, [address.PublicIp!]);
  await client.send(new sdk.TerminateInstancesCommand({ InstanceIds: ids }));
  await until(async () =>
    (await theirNodes(client)).every(({ id, state }) =>
      state === (ids.includes(id!) ? "terminated" : "running")
    )
  );
  assertEquals(await theirNodes(client), await ourNodes(ours));
});

Deno.test("The AWS SDK sees the resources that Ec2NodeDriver creates", async () => {
  await using api = setUp({ nodes: 1 });
  const { theirs: client, ours } = api;
  const [image] = await ours.listImages();
  const key = await ours.importKeyPair({ name: "ours", publicKey: PUBLIC_KEY });
  const node = await ours.createNode({
    name: "ours",
    size: "t3.small",
    image: image!,
    location: "us-east-1b",
    keyPairs: [key],
    userData: "#cloud-config\n",
    tags: { "a & b": "<é>" },
    blockDevices: [{ deviceName: "/dev/sdf", ebs: { volumeSize: 5 } }],
  });
  const waiter = { client, maxWaitTime: 10, minDelay: 1, maxDelay: 1 };
  const { state } = await sdk.waitUntilInstanceRunning(waiter, {
    InstanceIds: [node.id],
  });
  assertEquals(`${state}`, "SUCCESS");
  const mine = (await theirNodes(client)).find(({ id }) => id === node.id);
  assertEquals(
    [mine?.name, mine?.sizeId, mine?.locationId, mine?.keyName, mine?.tags],
    ["ours", "t3.small", "us-east-1b", "ours", {
      Name: "ours",
      "a & b": "<é>",
    }],
  );
  assertEquals(mine?.volumes?.length, 2);
  const data = await client.send(
    new sdk.DescribeInstanceAttributeCommand({
      InstanceId: node.id,
      Attribute: "userData",
    }),
  );
  assertEquals(atob(data.UserData!.Value!), "#cloud-config\n");
  assertEquals(
    (await client.send(
      new sdk.DescribeKeyPairsCommand({
        KeyNames: ["ours"],
        IncludePublicKey: true,
      }),
    )).KeyPairs?.map(({ KeyType, PublicKey }) => [
      KeyType as string,
      PublicKey?.split(" ")[1],
    ]),
    [["ed25519", PUBLIC_KEY.split(" ")[1]]],
  );
  const volume = await ours.createVolume({
    name: "data",
    sizeGb: 10,
    location: "us-east-1b",
  });
  const seen = async () =>
    (await client.send(
      new sdk.DescribeVolumesCommand({ VolumeIds: [volume.id] }),
    )).Volumes![0]!;
  await until(async () => (await seen()).State === "available");
  await ours.attachVolume(volume, { node });
  // /dev/sdf is taken.
  assertEquals((await seen()).Attachments?.map((it) => it.Device), [
    "/dev/sdg",
  ]);
  assertEquals(nameOf(await seen()), "data");
  const snapshot = await ours.createVolumeSnapshot(volume, { name: "backup" });
  const { Snapshots } = await client.send(
    new sdk.DescribeSnapshotsCommand({ SnapshotIds: [snapshot.id] }),
  );
  assertEquals(Snapshots?.map(nameOf), ["backup"]);
  await ours.createTags(node, { tags: { env: "prod" } });
  const { Tags } = await client.send(
    new sdk.DescribeTagsCommand({
      Filters: [{ Name: "resource-id", Values: [node.id] }],
    }),
  );
  assertEquals(Tags?.map(({ Key, Value }) => `${Key}=${Value}`).sort(), [
    "Name=ours",
    "a & b=<é>",
    "env=prod",
  ]);
  const copy = await ours.copyImage(image!, { location: "eu-west-1" });
  const { Images } = await api.elsewhere("eu-west-1").send(
    new sdk.DescribeImagesCommand({ ImageIds: [copy.id] }),
  );
  assertEquals(
    Images?.map((it) => [it.SourceImageId, it.SourceImageRegion]),
    [[image!.id, "us-east-1"]],
  );
  await ours.destroyNode(node);
  await sdk.waitUntilInstanceTerminated(waiter, { InstanceIds: [node.id] });
});

Deno.test("The AWS SDK and Ec2NodeDriver report the same errors", async () => {
  await using api = setUp({ nodes: 1 });
  const { theirs: client, ours } = api;
  const unknown = "i-0123456789abcdef0";
  const theirError = await assertRejects(
    () =>
      client.send(new sdk.DescribeInstancesCommand({ InstanceIds: [unknown] })),
    sdk.EC2ServiceException,
  );
  assertEquals(theirError.name, "InvalidInstanceID.NotFound");
  const ourError = await assertRejects(() => ours.getNode(unknown), ApiError);
  assertEquals(
    [ourError.code, ourError.status],
    [theirError.name, theirError.$metadata.httpStatusCode],
  );
  assert(ourError.message.includes(theirError.message), ourError.message);
  const dry = await assertRejects(
    () => client.send(new sdk.DescribeInstancesCommand({ DryRun: true })),
    sdk.EC2ServiceException,
  );
  assertEquals(dry.name, "DryRunOperation");
});

Deno.test("The AWS SDK is refused with wrong keys, or without its session token", async () => {
  const wrong = { secretAccessKey: "wrong" };
  for (
    const [options, credentials] of [
      [{}, wrong],
      [{}, { accessKeyId: "AKIAWRONG" }],
      [{ sessionToken: "token" }, { sessionToken: "other" }],
    ] as const
  ) {
    await using api = setUp(options, credentials);
    const error = await assertRejects(
      () => api.theirs.send(new sdk.DescribeRegionsCommand()),
      sdk.EC2ServiceException,
    );
    assertEquals(
      [error.name, error.$metadata.httpStatusCode],
      ["AuthFailure", 401],
    );
  }
  await using api = setUp({ sessionToken: "token" });
  await api.theirs.send(new sdk.DescribeRegionsCommand());
});

Deno.test("The AWS SDK corrects its clock by the simulator's", async () => {
  await using api = setUp({ clockOffsetMs: 3_600_000, nodes: 3 });
  const nodes = await theirNodes(api.theirs);
  assertEquals(nodes.length, 3);
  assertEquals(nodes, await ourNodes(api.ours));
});
