import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { MalformedResponseError, NotFoundError } from "../../../core/mod.ts";
import { Ec2NodeDriver } from "../../../drivers/aws/ec2.ts";
import { replay } from "../../_support/replay.ts";
import {
  done,
  ec2,
  errorOf,
  get,
  instances,
  noRequest,
  post,
  refusal,
  REGION,
} from "./_ec2.ts";

const NODES = get("DescribeInstances", { MaxResults: "1000" });
const ADDRESSES = get("DescribeAddresses");
const MINE = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA me@example.com";

// White space

Deno.test("Ec2NodeDriver reads white space in an empty list as an empty list", async () => {
  using fetch = replay([
    {
      request: NODES,
      ...instances(
        `<instanceId>i-1</instanceId><groupSet>
        </groupSet><blockDeviceMapping> </blockDeviceMapping><tagSet>
        </tagSet><networkInterfaceSet>\t</networkInterfaceSet>`,
      ),
    },
    {
      request: get("DescribeVolumes", { MaxResults: "1000" }),
      ...done(
        "DescribeVolumes",
        `<volumeSet><item><volumeId>vol-1</volumeId><size>8</size>
          <status>available</status><attachmentSet>
          </attachmentSet><tagSet> </tagSet></item></volumeSet>`,
      ),
    },
  ]);
  const cloud = ec2(fetch);
  const [node] = await cloud.listNodes();
  assertEquals(node?.tags, {});
  assertEquals([node?.extra.securityGroups, node?.extra.volumes], [[], []]);
  assertEquals([node?.publicIps, node?.privateIps], [[], []]);
  const [volume] = await cloud.listVolumes();
  assertEquals([volume?.state, volume?.nodeId], ["available", undefined]);
  assertEquals(volume?.extra.attachmentSet, undefined);
  assertEquals(volume?.extra.tags, {});
});

Deno.test("Ec2NodeDriver leaves out white space around texts, except in tags", async () => {
  using fetch = replay([{
    request: NODES,
    ...instances(`
      <instanceId>
        i-1
      </instanceId>
      <instanceState><code> 16 </code><name>\nrunning\n</name></instanceState>
      <ipAddress> 203.0.113.5 </ipAddress>
      <launchTime>\n2018-05-08T16:46:19.000Z</launchTime>
      <tagSet><item><key>note </key><value> a b\n</value></item></tagSet>`),
  }]);
  const [node] = await ec2(fetch).listNodes();
  assertEquals([node?.id, node?.name, node?.state], ["i-1", "i-1", "running"]);
  assertEquals(node?.publicIps, ["203.0.113.5"]);
  assertEquals(node?.createdAt, "2018-05-08T16:46:19.000Z");
  assertEquals(node?.extra.instanceState, "running");
  assertEquals(node?.tags, { "note ": " a b\n" });
});

Deno.test("Ec2NodeDriver leaves out white space around the code and the message of an error", async () => {
  using fetch = replay([{
    request: NODES,
    status: 400,
    text: refusal("\n  InvalidInstanceID.NotFound\n", "\n  No such node.\n"),
  }]);
  const error = await errorOf(ec2(fetch).listNodes().then());
  assert(error instanceof NotFoundError);
  assertEquals(error.code, "InvalidInstanceID.NotFound");
  assertEquals(
    error.message,
    'listNodes: Amazon EC2 refused: "No such node." ' +
      "(400, code InvalidInstanceID.NotFound, request id req-7)",
  );
});

// States

Deno.test("Ec2NodeDriver maps a code that is not the code of a state to unknown", async () => {
  const codes = ["", "x", "pending", "NaN", "-1", "-256", "0.5", "1e300"]
    .concat("65536", "4294967296", "17");
  using fetch = replay([{
    request: NODES,
    ...instances(
      ...codes.map((code, index) =>
        `<instanceId>i-${index}</instanceId>` +
        `<instanceState><code>${code}</code><name>odd</name></instanceState>`
      ),
      "<instanceId>i-none</instanceId>",
      // EC2 uses the high byte internally.
      "<instanceId>i-high</instanceId><instanceState><code>272</code></instanceState>",
    ),
  }]);
  const nodes = await ec2(fetch).listNodes();
  assertEquals(nodes.map(({ state }) => state), [
    ...codes.map(() => "unknown" as const),
    "unknown",
    "running",
  ]);
  assertEquals(nodes[0]?.extra.instanceState, "odd");
});

// Sizes

Deno.test("Ec2NodeDriver rejects a volume without a size", async () => {
  for (const size of ["", "<size/>", "<size>many</size>"]) {
    using fetch = replay([{
      request: get("DescribeVolumes", { "VolumeId.1": "vol-1" }),
      ...done(
        "DescribeVolumes",
        `<volumeSet><item><volumeId>vol-1</volumeId>${size}</item></volumeSet>`,
      ),
    }]);
    const error = await assertRejects(
      () => ec2(fetch).getVolume("vol-1"),
      MalformedResponseError,
    );
    assertEquals(
      (error.cause as Error).message,
      'the response has no number "size"',
    );
  }
});

Deno.test("Ec2NodeDriver.listSizes() adds up the GPUs of all kinds with live", async () => {
  using fetch = replay([{
    request: get("DescribeInstanceTypes", { MaxResults: "100" }),
    ...done(
      "DescribeInstanceTypes",
      `<instanceTypeSet>
        <item><instanceType>x1.gpu</instanceType><processorInfo>
          <supportedArchitectures><item>i386</item><item>x86_64</item>
          </supportedArchitectures></processorInfo><gpuInfo><gpus>
          <item><name>A</name><count>2</count></item>
          <item><name>B</name><count>1</count></item></gpus></gpuInfo></item>
        <item><instanceType>x1.plain</instanceType><gpuInfo><gpus>
          <item><name>A</name><count>0</count></item></gpus></gpuInfo></item>
      </instanceTypeSet>`,
    ),
  }]);
  const sizes = await ec2(fetch).listSizes({ live: true, prices: "bundled" });
  assertEquals(
    sizes.map(({ id, architecture, gpus }) => [id, architecture, gpus]),
    [["x1.gpu", "x86_64", 3], ["x1.plain", undefined, undefined]],
  );
});

// What was just created

Deno.test("Ec2NodeDriver returns the tags of the request if the response lacks them", async () => {
  const tag = (type: string, name?: string) => ({
    "TagSpecification.1.ResourceType": type,
    "TagSpecification.1.Tag.1.Key": "env",
    "TagSpecification.1.Tag.1.Value": "prod",
    ...name && {
      "TagSpecification.1.Tag.2.Key": "Name",
      "TagSpecification.1.Tag.2.Value": name,
    },
  });
  const key = "<keyName>me</keyName><keyPairId>key-1</keyPairId>";
  const volume = "<volumeId>vol-1</volumeId><size>8</size>";
  using fetch = replay([
    post("CreateKeyPair", { KeyName: "me", ...tag("key-pair") }, {
      ...done("CreateKeyPair", key),
    }),
    post("ImportKeyPair", {
      KeyName: "me",
      PublicKeyMaterial: btoa(MINE),
      ...tag("key-pair"),
    }, done("ImportKeyPair", key)),
    post("CreateVolume", {
      AvailabilityZone: "us-east-1a",
      Size: "8",
      ClientToken: "once",
      ...tag("volume", "data"),
    }, done("CreateVolume", volume)),
    post("CreateSnapshot", { VolumeId: "vol-1", ...tag("snapshot", "old") }, {
      ...done("CreateSnapshot", "<snapshotId>snap-1</snapshotId>"),
    }),
    post("AllocateAddress", { Domain: "vpc", ...tag("elastic-ip") }, {
      ...done("AllocateAddress", "<allocationId>eipalloc-1</allocationId>"),
    }),
  ]);
  const cloud = ec2(fetch);
  const tags = { env: "prod" };
  const created = await cloud.createKeyPair({ name: "me", tags });
  assertEquals(created.extra.tags, tags);
  const imported = await cloud.importKeyPair({
    name: "me",
    publicKey: MINE,
    tags,
  });
  assertEquals([imported.extra.tags, imported.publicKey], [tags, MINE]);
  const data = await cloud.createVolume({
    name: "data",
    sizeGb: 8,
    location: "us-east-1a",
    idempotencyKey: "once",
    tags,
  });
  assertEquals([data.name, data.extra.tags], ["data", {
    env: "prod",
    Name: "data",
  }]);
  const old = await cloud.createVolumeSnapshot("vol-1", { name: "old", tags });
  assertEquals([old.name, old.extra.tags], ["old", {
    env: "prod",
    Name: "old",
  }]);
  const address = await cloud.allocateAddress({ tags });
  assertEquals(address.tags, tags);
});

Deno.test("Ec2NodeDriver prefers the tags of the response to those of the request", async () => {
  using fetch = replay([{
    request: "POST /",
    body: /./,
    ...done(
      "CreateSnapshot",
      "<snapshotId>snap-1</snapshotId><tagSet>" +
        "<item><key>env</key><value>PROD</value></item>" +
        "<item><key>by</key><value>policy</value></item></tagSet>",
    ),
  }]);
  const { extra } = await ec2(fetch).createVolumeSnapshot("vol-1", {
    tags: { env: "prod" },
  });
  assertEquals(extra.tags, { env: "PROD", by: "policy" });
});

// Addresses

Deno.test("Ec2NetworkDriver.listAddresses() lists an address without an allocation under itself", async () => {
  using fetch = replay([
    {
      request: ADDRESSES,
      ...done(
        "DescribeAddresses",
        `<addressesSet>
          <item><publicIp>203.0.113.5</publicIp><domain>standard</domain></item>
          <item><allocationId>eipalloc-1</allocationId><publicIp>203.0.113.6</publicIp></item>
          <item><carrierIp>203.0.113.7</carrierIp><domain>vpc</domain></item>
        </addressesSet>`,
      ),
    },
    post("DisassociateAddress", { PublicIp: "203.0.113.5" }),
    post("ReleaseAddress", { PublicIp: "203.0.113.5" }),
  ]);
  const cloud = ec2(fetch);
  const [classic, elastic, carrier] = await cloud.listAddresses();
  assertEquals(
    [classic, elastic, carrier].map((address) => [address?.id, address?.name]),
    [
      ["203.0.113.5", "203.0.113.5"],
      ["eipalloc-1", "eipalloc-1"],
      ["203.0.113.7", "203.0.113.7"],
    ],
  );
  await cloud.disassociateAddress(classic!);
  await cloud.releaseAddress(classic!);
});

Deno.test("Ec2NetworkDriver.listAddresses() rejects an address without any id", async () => {
  using fetch = replay([{
    request: ADDRESSES,
    ...done(
      "DescribeAddresses",
      "<addressesSet><item><domain>vpc</domain></item></addressesSet>",
    ),
  }]);
  await assertRejects(
    async () => await ec2(fetch).listAddresses(),
    MalformedResponseError,
  );
});

// Requests

Deno.test("Ec2NodeDriver.createNode() sends a Date in parameters in ISO 8601", async () => {
  const validUntil = new Date(Date.UTC(2030, 0, 2, 3, 4, 5));
  const requests: Request[] = [];
  const cloud = ec2(async (request) => {
    requests.push(request);
    const { text } = done(
      "RunInstances",
      "<instancesSet><item><instanceId>i-1</instanceId></item></instancesSet>",
    );
    return await Promise.resolve(new Response(text));
  });
  await cloud.createNode({
    name: "web-1",
    size: "t3.micro",
    image: "ami-1",
    parameters: { instanceMarketOptions: { SpotOptions: { validUntil } } },
  });
  const form = new URLSearchParams(await requests[0]!.text());
  assertEquals(
    form.get("InstanceMarketOptions.SpotOptions.ValidUntil"),
    "2030-01-02T03:04:05.000Z",
  );
});

Deno.test("Ec2NodeDriver.createNode() adds tags of parameters whatever the case of their name", async () => {
  for (const name of ["TagSpecification", "tagSpecification"]) {
    const requests: Request[] = [];
    const cloud = ec2(async (request) => {
      requests.push(request);
      return await Promise.resolve(new Response(refusal("DryRunOperation")));
    });
    const Tag = [{ Key: "disk", Value: "root" }];
    await errorOf(cloud.createNode({
      name: "web-1",
      size: "t3.micro",
      image: "ami-1",
      parameters: { [name]: [{ ResourceType: "volume", Tag }] },
    }));
    const form = new URLSearchParams(await requests[0]!.text());
    assertEquals(form.get("TagSpecification.1.Tag.1.Value"), "web-1");
    assertEquals(form.get("TagSpecification.2.Tag.1.Value"), "root");
  }
});

Deno.test("Ec2NodeDriver rejects a response to another action, and a page of a proxy, for every write", async () => {
  const bodies = [
    done("MonitorInstances").text,
    '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body><p>Sign in</p></body></html>',
  ];
  for (const body of bodies) {
    const cloud = ec2(() => Promise.resolve(new Response(body)));
    const writes = [
      () => cloud.rebootNode("i-1"),
      () => cloud.destroyNode("i-1"),
      () => cloud.startNode("i-1"),
      () => cloud.stopNode("i-1"),
      () => cloud.renameNode("i-1", { name: "web-1" }),
      () => cloud.resizeNode("i-1", { size: "t3.micro" }),
      () => cloud.deleteImage("ami-1"),
      () => cloud.detachVolume("vol-1"),
      () => cloud.destroyVolume("vol-1"),
      () => cloud.createTags("i-1", { tags: { a: "b" } }),
      () => cloud.releaseAddress("eipalloc-1"),
    ];
    for (const write of writes) {
      const error = await assertRejects(write, MalformedResponseError);
      assertEquals(error.mayHaveBeenApplied, true, error.message);
    }
  }
});

// Regions

Deno.test("Ec2NodeDriver.copyImage() finds the region of a zone with several digits", async () => {
  const hosts: string[] = [];
  const cloud = ec2((request) => {
    hosts.push(new URL(request.url).host);
    const { text } = done("CopyImage", "<imageId>ami-9</imageId>");
    return Promise.resolve(new Response(text));
  });
  const zones = ["xx-yyyy-10b", "us-gov-east-12-lax-1a", "us-isob-east-1c"];
  for (const location of [...zones, "xx-yyyy-10"]) {
    await cloud.copyImage("ami-1", { location });
  }
  assertEquals(hosts, [
    "ec2.xx-yyyy-10.amazonaws.com",
    "ec2.us-gov-east-12.amazonaws.com",
    "ec2.us-isob-east-1.sc2s.sgov.gov",
    "ec2.xx-yyyy-10.amazonaws.com",
  ]);
});

Deno.test("Ec2NodeDriver and Ec2NetworkDriver name themselves in errors", () => {
  const message = (create: () => unknown) => {
    try {
      return create();
    } catch (error) {
      return (error as Error).message;
    }
  };
  const options = { accessKeyId: "", secretAccessKey: "s", region: REGION };
  assertEquals(
    message(() => new Ec2NodeDriver(options)),
    "Ec2NodeDriver: accessKeyId is required",
  );
  assertEquals(
    message(() => ec2(noRequest, options)),
    "Ec2NetworkDriver: accessKeyId is required",
  );
});

Deno.test("Ec2NodeDriver rejects a filter besides the option that means the same", () => {
  const cloud = ec2(noRequest);
  const images = { name: "debian-*", filters: { name: "ubuntu-*" } };
  const snapshots = { filters: { "volume-id": "vol-2" } };
  for (
    const [list, message] of [
      [
        () => cloud.listImages(images),
        'listImages: filters must not contain "name" together with name',
      ],
      [
        () => cloud.listVolumeSnapshots("vol-1", snapshots),
        'listVolumeSnapshots: filters must not contain "volume-id" together with volume',
      ],
    ] as const
  ) {
    assertEquals(assertThrows(list, TypeError).message, message);
  }
});
