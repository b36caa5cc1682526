/**
 * Compares the EC2 simulator, the fixtures and the requests of the driver with
 * the official model of the service. The model is not part of this repository.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { ApiError, CloudError } from "../../core/mod.ts";
import { Ec2NetworkDriver } from "../../drivers/aws/ec2_network.ts";
import { Ec2Simulator } from "../../simulators/aws/ec2.ts";
import { type AwsModel, heldTo, readXml } from "../_support/aws_model.ts";
import { methodsOf } from "../../testing/subject.ts";
import { IMMEDIATE } from "../_support/immediate.ts";
import { needsReference, readReference } from "../_support/reference.ts";
import { until } from "../_support/until.ts";

const FILE = "aws-ec2.model.json";
const FIXTURES = new URL("../../fixtures/ec2/", import.meta.url);
const NAME =
  "Ec2NodeDriver, Ec2Simulator and the fixtures conform to the official model";
const model = await readReference<AwsModel>(
  FILE,
);

/** Differences between the model and the service. */
const EXCEPT = [
  // The service sends lower case, as other pages of its documentation say.
  /<(?:imagesSet|reservationSet\.item\.instancesSet)\.item\.platform> has the unknown value "windows"$/,
  // A fixture contains an invented instance type.
  /instanceType> has the unknown value "z99\.new"$/,
];

Deno.test({
  ...needsReference(NAME, FILE, model),
  async fn() {
    const simulator = new Ec2Simulator({
      ...IMMEDIATE.ec2,
      nodes: 12,
      createMs: 3,
      actionMs: 3,
      keyBits: 1024,
    });
    const held = heldTo(model!, simulator.fetch, EXCEPT);
    const called = new Set<string>();
    const cloud = watched(
      new Ec2NetworkDriver({
        ...simulator.credentials,
        region: "us-east-1",
        fetch: (request) =>
          // The price API has a model of its own.
          request.headers.has("x-amz-target")
            ? simulator.fetch(request)
            : held.fetch(request),
      }),
      called,
    );
    await exercise(cloud);
    assertEquals(held.faults, []);
    // deployNode() needs a node with SSH, and sends no requests of its own.
    const methods = methodsOf(Ec2NetworkDriver)
      .filter((name) => !["deployNode", "constructor"].includes(name));
    assertEquals(methods.filter((name) => !called.has(name)), []);
    const { count: exercised } = held;
    const actions = held.operations.size;
    const parameters = held.parameters.size;

    let fixtures = 0;
    for (const { name } of Deno.readDirSync(FIXTURES)) {
      if (!name.endsWith(".xml")) continue;
      const xml = await Deno.readTextFile(new URL(name, FIXTURES));
      const root = readXml(xml).name;
      held.checkResponse(root.replace(/Response$/, "") || name, xml);
      fixtures++;
    }
    console.log(
      `compared ${exercised} requests of ${methods.length} methods and their responses, for ${actions} of ${
        Object.keys(model!.operations).length
      } actions with ${parameters} parameters, and ${fixtures} fixtures`,
    );
    assertEquals(held.faults, []);
    assert(
      exercised >= 100 && actions >= 42 && parameters >= 190,
      `${exercised} ${actions} ${parameters}`,
    );
  },
});

Deno.test({
  ...needsReference(
    "Ec2Simulator conforms to the official model in every operation",
    FILE,
    model,
  ),
  async fn() {
    const simulator = new Ec2Simulator({
      ...IMMEDIATE.ec2,
      nodes: 6,
      keyBits: 1024,
    });
    const held = heldTo(model!, simulator.fetch, EXCEPT);
    const { connection } = new Ec2NetworkDriver({
      ...simulator.credentials,
      region: "us-east-1",
      fetch: held.fetch,
      retry: false,
    });
    const send = async (form: Readonly<Record<string, string>>) => {
      await connection.request("/", {
        method: "POST",
        data: { Version: "2016-11-15", ...form },
      }).catch((error) => assert(CloudError.is(error), String(error)));
    };
    for (const Action of Object.keys(model!.operations)) await send({ Action });
    // Operations that the driver lacks.
    const node = "i-086b3704aea5f0394";
    const one = { "InstanceId.1": node };
    await send({
      Action: "DescribeInstanceStatus",
      IncludeAllInstances: "true",
    });
    await send({ Action: "MonitorInstances", ...one });
    await send({ Action: "UnmonitorInstances", ...one });
    await send({ Action: "GetPasswordData", InstanceId: node });
    await send({
      Action: "DescribeInstanceTypeOfferings",
      LocationType: "availability-zone-id",
      MaxResults: "5",
    });
    await send({ Action: "DescribeTags", MaxResults: "5" });
    for (
      const Attribute of [
        "instanceType",
        "userData",
        "kernel",
        "ramdisk",
        "disableApiTermination",
        "disableApiStop",
        "instanceInitiatedShutdownBehavior",
        "rootDeviceName",
        "blockDeviceMapping",
        "productCodes",
        "sourceDestCheck",
        "groupSet",
        "ebsOptimized",
        "sriovNetSupport",
        "enaSupport",
        "enclaveOptions",
      ]
    ) {
      await send({
        Action: "DescribeInstanceAttribute",
        InstanceId: node,
        Attribute,
      });
    }
    // Required parameters were left out on purpose.
    const faults = held.faults.filter((it) => !it.endsWith(" is missing"));
    assertEquals(faults, []);
    assertEquals(
      [...held.operations].sort(),
      Object.keys(model!.operations).sort(),
    );
    console.log(
      `compared ${held.count} responses to ${held.operations.size} operations`,
    );
  },
});

Deno.test({
  ...needsReference(
    "Ec2Simulator conforms to the official model with delays and failures",
    FILE,
    model,
  ),
  async fn() {
    // The driver signs with the time of the system.
    let now = Date.now();
    const simulator = new Ec2Simulator({
      ...Ec2Simulator.realistic,
      nodes: 1,
      now: () => now,
      fails: () => true,
    });
    const held = heldTo(model!, simulator.fetch, EXCEPT);
    const { connection } = new Ec2NetworkDriver({
      ...simulator.credentials,
      region: "us-east-1",
      fetch: held.fetch,
      retry: false,
    });
    const codes = new Set<string | undefined>();
    const send = async (form: Readonly<Record<string, string>>) => {
      await connection.request("/", {
        method: "POST",
        data: { Version: "2016-11-15", ...form },
      }).catch((error) => {
        assert(ApiError.is(error), String(error));
        codes.add(error.code);
      });
    };
    const { nodes: [node], images: [image] } = simulator.inventory();
    const volume = simulator.inventory().volumes
      .find(({ name }) => name === "data-1");
    assert(node && image && volume);
    const launch = { InstanceType: "t3.micro", MinCount: "1", MaxCount: "1" };
    await send({ Action: "RunInstances", ImageId: image.id, ...launch });
    await send({ Action: "CreateSnapshot", VolumeId: volume.id });
    await send({ Action: "CreateImage", InstanceId: node.id, Name: "failed" });
    await send({ Action: "DetachVolume", VolumeId: volume.id });
    const { nodes, images, snapshots } = simulator.inventory();
    for (let round = 0; round < 20; round++) {
      for (const { id } of nodes) {
        await send({ Action: "DescribeInstances", "InstanceId.1": id });
      }
      for (const { id } of images) {
        await send({ Action: "DescribeImages", "ImageId.1": id });
      }
      for (const { id } of snapshots) {
        await send({ Action: "DescribeSnapshots", "SnapshotId.1": id });
      }
      for (const kind of ["Instances", "Volumes", "Tags", "Addresses"]) {
        await send({ Action: `Describe${kind}` });
      }
      await send({ Action: "DeleteVolume", VolumeId: volume.id });
      await send({ Action: "StartInstances", "InstanceId.1": node.id });
      await send({ Action: "StopInstances", "InstanceId.1": node.id });
      now += 10;
    }
    assertEquals(held.faults, []);
    assertEquals([...codes].sort(), [
      "IncorrectInstanceState",
      "IncorrectState",
      "InvalidAMIID.NotFound",
      "InvalidInstanceID.NotFound",
      "InvalidSnapshot.NotFound",
      "InvalidVolume.NotFound",
      "VolumeInUse",
    ]);
  },
});

/** Records which methods of a driver are called. */
function watched<T extends object>(driver: T, called: Set<string>): T {
  return new Proxy(driver, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      called.add(String(name));
      return value.bind(target);
    },
  });
}

const PUBLIC_KEY =
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGFtZXhhbXBsZWtleWFtZXhhbXBsZWtleWFtZXhhbXBs me@example.com";

/** Calls every method of the driver with all its options. */
async function exercise(cloud: Ec2NetworkDriver): Promise<void> {
  const wait = { intervalMs: 1 };
  const tags = { env: "prod", "a b": "é & <c>" };

  // Lists
  await cloud.listNodes();
  await cloud.listNodes({ pageSize: 5 });
  for await (const _ of cloud.listNodes({ pageSize: 1 }));
  await cloud.listNodes({
    filters: {
      "tag:Name": ["node-*", "web"],
      "instance-state-name": "running",
    },
  });
  await cloud.listSizes();
  await cloud.listSizes({ live: true });
  await cloud.listSizes({
    live: true,
    pageSize: 10,
    filters: { "current-generation": "true" },
  });
  await cloud.listImages();
  await cloud.listImages({ owners: ["self", "amazon"], pageSize: 3 });
  const [image] = await cloud.listImages({
    owners: ["136693071363"],
    name: "debian-12-amd64-*",
    filters: { architecture: "x86_64" },
  });
  assert(image);
  await cloud.listImages({ ids: [image, image.id] });
  await cloud.listLocations();
  await cloud.listLocations({ all: true, filters: { state: "available" } });
  await cloud.listRegions();
  await cloud.listRegions({ all: true, filters: { "region-name": "eu-*" } });
  await cloud.listVpcs({ filters: { isDefault: "true" } });
  const [subnet] = await cloud.listSubnets({
    filters: { "availability-zone": "us-east-1b" },
  });
  await cloud.listSecurityGroups();

  // Keys
  const key = await cloud.importKeyPair({
    name: "me",
    publicKey: PUBLIC_KEY,
    tags,
  });
  await cloud.createKeyPair({ name: "rsa" });
  await cloud.createKeyPair({
    name: "ed25519",
    keyType: "ed25519",
    keyFormat: "pem",
    tags,
  });
  await cloud.listKeyPairs({ filters: { "key-name": "*" } });
  await cloud.getKeyPair(key);

  // Groups
  const group = await cloud.createSecurityGroup({
    name: "db",
    description: "Data bases",
    tags,
  });
  const rules = [
    {
      ipProtocol: "tcp",
      fromPort: 5432,
      toPort: 5433,
      ipRanges: [{ cidrIp: "203.0.113.0/24", description: "Clients" }],
      ipv6Ranges: [{ cidrIpv6: "2001:db8::/32" }],
      groups: [{ groupId: group.id, description: "Each other" }],
      prefixListIds: [{ prefixListId: "pl-0123456789abcdef0" }],
    },
    { ipProtocol: "-1", ipRanges: [{ cidrIp: "192.0.2.1/32" }] },
    {
      ipProtocol: "icmp",
      fromPort: 8,
      toPort: -1,
      ipRanges: [{ cidrIp: "0.0.0.0/0" }],
    },
  ];
  await cloud.authorizeIngress(group, { rules });
  await cloud.listSecurityGroups({ filters: { "group-name": "db" } });
  await cloud.revokeIngress(group, { rules });

  // Nodes
  const node = await cloud.createNode({
    name: "web-1",
    size: "t3.micro",
    image,
    location: "us-east-1b",
    keyPairs: [key],
    userData: "#cloud-config\n",
    tags,
    subnet: subnet!,
    securityGroups: [group],
    associatePublicIpAddress: true,
    iamProfile: "web",
    metadataOptions: {
      httpTokens: "required",
      httpPutResponseHopLimit: 2,
      httpEndpoint: "enabled",
      httpProtocolIpv6: "disabled",
      instanceMetadataTags: "enabled",
    },
    blockDevices: [
      {
        deviceName: "/dev/xvda",
        ebs: {
          volumeSize: 20,
          volumeType: "gp3",
          iops: 3000,
          throughput: 125,
          encrypted: true,
          kmsKeyId: "alias/aws/ebs",
          deleteOnTermination: true,
        },
      },
      { deviceName: "/dev/sdz", noDevice: "" },
    ],
    monitoring: true,
    instanceInitiatedShutdownBehavior: "terminate",
    disableApiTermination: false,
    idempotencyKey: "one",
    parameters: { CpuOptions: { CoreCount: 1, ThreadsPerCore: 1 } },
  });
  const spot = await cloud.createNode({
    name: "spot",
    size: "t3.micro",
    image,
    subnet: subnet!,
    securityGroups: [group.id],
    userData: new Uint8Array([0x1f, 0x8b, 0, 255]),
    iamProfile: "arn:aws:iam::123456789012:instance-profile/web",
    spot: {
      maxPrice: 0.01,
      spotInstanceType: "persistent",
      instanceInterruptionBehavior: "stop",
      validUntil: "2030-01-01T00:00:00Z",
    },
  });
  const plain = await cloud.createNode({
    name: "plain",
    size: "t3.micro",
    image,
    spot: true,
  });
  await cloud.waitUntilRunning([node, spot, plain], wait);
  await cloud.waitUntilRunning(node, { once: true });
  await cloud.getNode(node);
  await cloud.getConsoleOutput(node);
  await cloud.getConsoleOutput(node, { latest: true });
  await cloud.renameNode(node, { name: "web-2" });
  await cloud.createTags([node, group], { tags });
  await cloud.createTags(node, { tags: ["bare"] });
  await cloud.deleteTags(node, { keys: ["bare", "env"] });
  await cloud.rebootNode(node);
  const settle = (state: "running" | "stopped") =>
    cloud.waitForState(node, { ...wait, state });
  for (const options of [{}, { force: true }, { hibernate: true }]) {
    await cloud.stopNode(node, options);
    await settle("stopped");
    await cloud.resizeNode(node, { size: "t3.small" });
    await cloud.startNode(node);
    await settle("running");
  }

  // Addresses
  const address = await cloud.allocateAddress({ tags });
  await cloud.associateAddress(address, { node, allowReassociation: false });
  await cloud.listAddresses({ filters: { "instance-id": node.id } });
  await cloud.disassociateAddress(address);
  await cloud.releaseAddress(address);

  // Volumes
  const volume = await cloud.createVolume({
    name: "data",
    sizeGb: 10,
    location: "us-east-1b",
    volumeType: "io2",
    iops: 1000,
    encrypted: true,
    kmsKeyId: "alias/aws/ebs",
    multiAttachEnabled: true,
    idempotencyKey: "two",
    tags,
  });
  const isIn = (state: string) =>
    until(async () => (await cloud.getVolume(volume)).state === state);
  await isIn("available");
  for (
    const [attach, detach] of [
      [{ node }, {}],
      [{ node, device: "/dev/sdk" }, { node, force: true }],
    ] as const
  ) {
    await cloud.attachVolume(volume, attach);
    await isIn("inuse");
    await cloud.detachVolume(volume, detach);
    await isIn("available");
  }
  await cloud.listVolumes({ pageSize: 5, filters: { status: "*" } });
  await cloud.resizeVolume(volume, {
    sizeGb: 20,
    volumeType: "gp3",
    iops: 3000,
    throughput: 125,
  });
  await until(async () => (await cloud.getVolume(volume)).sizeGb === 20);
  const snapshot = await cloud.createVolumeSnapshot(volume, {
    name: "backup",
    description: "Before",
    tags,
  });
  await until(async () =>
    (await cloud.getVolumeSnapshot(snapshot)).extra.status === "completed"
  );
  await cloud.listVolumeSnapshots();
  await cloud.listVolumeSnapshots(volume, {
    owners: ["self", "amazon"],
    pageSize: 5,
    filters: { status: "completed" },
  });
  const copy = await cloud.createVolume({
    name: "copy",
    sizeGb: 30,
    location: "us-east-1a",
    snapshot,
  });
  await until(async () => (await cloud.getVolume(copy)).state === "available");
  await cloud.destroyVolume(copy);
  await cloud.destroyVolumeSnapshot(snapshot);
  await cloud.destroyVolume(volume);

  // Images
  const own = await cloud.createImage(node, {
    name: "image",
    description: "Mine",
    noReboot: true,
    tags,
  });
  await until(async () =>
    (await cloud.getImage(own)).extra.imageState === "available"
  );
  await cloud.copyImage(own, { location: "eu-west-1" });
  await cloud.copyImage(own, {
    location: "us-west-2a",
    name: "copy",
    description: "Theirs",
    encrypted: true,
    kmsKeyId: "alias/aws/ebs",
    copyImageTags: true,
    idempotencyKey: "three",
  });
  await cloud.deleteImage(own, { deleteAssociatedSnapshots: true });

  for (const it of [node, spot, plain]) await cloud.destroyNode(it);
  await until(async () =>
    (await cloud.listNodes()).every(({ name, state }) =>
      name.startsWith("node-") || state === "terminated"
    )
  );
  await cloud.deleteSecurityGroup(group);
  await cloud.deleteKeyPair(key);

  // The model describes refusals as well.
  const nowhere = { name: "a", size: "t3.micro", image: "none" };
  for (
    const refused of [
      () => cloud.getNode("none"),
      () => cloud.getNode("i-0123456789abcdef0"),
      () => cloud.createNode(nowhere),
      () => cloud.getKeyPair("none"),
      () => cloud.deleteKeyPair("none"),
      () => cloud.getImage("none"),
      () => cloud.deleteImage(image),
      () => cloud.importKeyPair({ name: "a", publicKey: "none" }),
      () => cloud.destroyVolume("vol-0123456789abcdef0"),
    ]
  ) {
    const error = await refused().then(() => undefined, (error) => error);
    assert(CloudError.is(error), String(error));
  }
}
