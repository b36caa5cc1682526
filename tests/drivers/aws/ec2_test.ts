import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertRejects,
  assertThrows,
} from "@std/assert";
import {
  ApiError,
  CloudError,
  ConflictError,
  ConnectionError,
  InvalidCredsError,
  MalformedResponseError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitReachedError,
  ServiceUnavailableError,
  TimeoutError,
  ValidationError,
} from "../../../core/mod.ts";
import {
  CAPABILITIES,
  NodeFailedError,
  supports,
} from "../../../core/compute/mod.ts";
import {
  type Ec2CreateNodeOptions,
  Ec2NodeDriver,
  type Ec2Options,
} from "../../../drivers/aws/ec2.ts";
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
  simulated,
  VERSION,
} from "./_ec2.ts";
import { replay } from "../../_support/replay.ts";
import {
  IMAGE,
  NODE,
  OTHER_NODE,
  PUBLIC_KEY,
  VOLUME,
} from "../../conformance/ec2.ts";

// Beyond the conformance suite

Deno.test("Ec2NodeDriver has every capability, and accepts 16384 bytes of user data", () => {
  const cloud = ec2(undefined);
  for (const capability of CAPABILITIES) assert(supports(cloud, capability));
  assertEquals(cloud.region, "us-east-1");
  assertEquals(cloud.userDataSupport, { maxBytes: 16384, takesBytes: true });
});

Deno.test("Ec2NodeDriver sends requests to the domain of the region's partition", () => {
  for (
    const [region, host] of [
      ["us-east-1", "ec2.us-east-1.amazonaws.com"],
      ["us-gov-west-1", "ec2.us-gov-west-1.amazonaws.com"],
      ["cn-north-1", "ec2.cn-north-1.amazonaws.com.cn"],
      ["eusc-de-east-1", "ec2.eusc-de-east-1.amazonaws.eu"],
      ["us-iso-east-1", "ec2.us-iso-east-1.c2s.ic.gov"],
      ["us-isob-east-1", "ec2.us-isob-east-1.sc2s.sgov.gov"],
      ["eu-isoe-west-1", "ec2.eu-isoe-west-1.cloud.adc-e.uk"],
      ["us-isof-south-1", "ec2.us-isof-south-1.csp.hci.ic.gov"],
    ] as const
  ) {
    const cloud = ec2(undefined, { region });
    assertEquals(cloud.connection.baseUrl, `https://${host}`);
  }
  for (
    const region of [
      ...["", "us east", "us-east-1.example.com", "x/../y", "x#", "US", "-a"],
      // Zones are not regions.
      ...["us-east-1a", "us-gov-west-1b", "us-west-2-lax-1a"],
      ...["us-east-1-wl1-bos-wlz-1", "use1-az1"],
      ...[undefined, null, 5, {}],
    ]
  ) {
    const error = assertThrows(
      () => ec2(undefined, { region: region as string }),
      TypeError,
    );
    assertMatch(
      error.message,
      /^Ec2NetworkDriver: region must be a region such as "eu-central-1", got /,
    );
  }
});

Deno.test("Ec2NodeDriver.listNodes() converts the instances of all reservations on all pages", async () => {
  using fetch = replay([
    {
      request: `GET https://ec2.us-east-1.amazonaws.com/${
        get("DescribeInstances", { MaxResults: "1000" }).slice("GET /".length)
      }`,
      headers: { authorization: /Credential=AKIDEXAMPLE\/.*Signature=/ },
      fixture: "ec2/list_nodes_1.xml",
    },
    {
      request: get("DescribeInstances", {
        MaxResults: "1000",
        NextToken: "eyJ2IjoiMiJ9/+=&",
      }),
      fixture: "ec2/list_nodes_2.xml",
    },
  ]);
  const nodes = await ec2(fetch).listNodes();
  assertEquals(nodes[0], {
    id: "i-1234567890abcdef0",
    name: "Server_1",
    state: "running",
    publicIps: ["203.0.113.25", "203.0.113.26", "2001:db8:1234:1a2b::123"],
    privateIps: ["192.168.1.88", "192.168.1.89", "10.0.0.5"],
    createdAt: "2018-05-08T16:46:19.000Z",
    sizeId: "t2.micro",
    imageId: "ami-bff32ccc",
    locationId: "eu-west-1c",
    tags: { empty: "" },
    extra: {
      instanceState: "running",
      stateReason: undefined,
      stateMessage: undefined,
      instanceLifecycle: undefined,
      keyName: "my_keypair",
      vpcId: "vpc-11112222",
      subnetId: "subnet-56f5f633",
      securityGroups: [{ groupId: "sg-e4076980", groupName: "SecurityGroup1" }],
      volumes: [{ deviceName: "/dev/xvda", volumeId: "vol-1234567890abcdef0" }],
      architecture: "x86_64",
      platform: "Linux/UNIX",
      dnsName: "ec2-203-0-113-25.eu-west-1.compute.amazonaws.com",
      privateDnsName: "ip-192-168-1-88.eu-west-1.compute.internal",
      iamProfile:
        "arn:aws:iam::123456789012:instance-profile/AmazonECSContainerInstanceRole",
    },
  });
  assertEquals(
    nodes.map(({ id, name, state }) => [id, name, state]),
    [
      ["i-1234567890abcdef0", "Server_1", "running"],
      ["i-1234567890abcdef1", "i-1234567890abcdef1", "stopped"],
      ["i-1234567890abcdef2", "i-1234567890abcdef2", "terminated"],
    ],
  );
  const { extra } = nodes[1]!;
  assertEquals(extra.stateReason, "Client.UserInitiatedShutdown");
  assertMatch(extra.stateMessage!, /User initiated shutdown$/);
  assertEquals([extra.instanceLifecycle, extra.platform], ["spot", "windows"]);
});

Deno.test("Ec2NodeDriver.listNodes() sends filters, and page sizes from 5 to 1000", async () => {
  const fixture = "ec2/get_node_empty.xml";
  using fetch = replay([
    {
      request: get("DescribeInstances", {
        "Filter.1.Name": "tag:env",
        "Filter.1.Value.1": "prod *",
        "Filter.1.Value.2": "test",
        "Filter.2.Name": "instance-state-name",
        "Filter.2.Value.1": "running",
        MaxResults: "5",
      }),
      fixture,
    },
    { request: get("DescribeInstances", { MaxResults: "1000" }), fixture },
  ]);
  const cloud = ec2(fetch);
  const filters = {
    "tag:env": ["prod *", "test"],
    "instance-state-name": "running",
  };
  assertEquals(await cloud.listNodes({ filters, pageSize: 1 }), []);
  assertEquals(await cloud.listNodes({ pageSize: 5000 }), []);
});

Deno.test("Ec2NodeDriver.listNodes() requests no further page after a break", async () => {
  const { cloud, requests } = simulated({ nodes: 12 });
  for await (const _ of cloud.listNodes({ pageSize: 5 })) break;
  assertEquals(requests.length, 1);
  const nodes = await cloud.listNodes({ pageSize: 5 });
  assertEquals([nodes.length, requests.length], [12, 4]);
});

Deno.test("Ec2NodeDriver maps the states of nodes by the low byte of their codes", async () => {
  for (
    const [word, code, state] of [
      ["pending", 0, "pending"],
      ["running", 16, "running"],
      ["shutting-down", 32, "stopping"],
      ["terminated", 48, "terminated"],
      ["stopping", 64, "stopping"],
      ["stopped", 80, "stopped"],
      // EC2 uses the high byte internally.
      ["dozing", 272, "running"],
      ["dozing", 336, "stopped"],
      ["dozing", 7, "unknown"],
      ["constructor", 255, "unknown"],
      ["__proto__", 255, "unknown"],
    ] as const
  ) {
    using fetch = replay([{
      request: get("DescribeInstances", { "InstanceId.1": "i-1" }),
      ...instances(
        `<instanceId>i-1</instanceId><instanceState><code>${code}</code><name>${word}</name></instanceState>`,
      ),
    }]);
    const node = await ec2(fetch).getNode("i-1");
    assertEquals([node.state, node.extra.instanceState], [state, word]);
  }
  using fetch = replay([{
    request: get("DescribeInstances", { "InstanceId.1": "i-1" }),
    ...instances("<instanceId>i-1</instanceId>"),
  }]);
  const node = await ec2(fetch).getNode({ id: "i-1" });
  assertEquals(node.state, "unknown");
  assertEquals([node.publicIps, node.privateIps], [[], []]);
});

Deno.test("Ec2NodeDriver.getNode() rejects with the class for EC2's code, and with NotFoundError for an empty list", async () => {
  using fetch = replay([
    {
      request: get("DescribeInstances", { "InstanceId.1": "i-1a2b" }),
      fixture: "ec2/error_400_not_found.xml",
    },
    // EC2 decides whether an id is well-formed.
    {
      request: get("DescribeInstances", { "InstanceId.1": "web" }),
      fixture: "ec2/error_400_malformed.xml",
    },
    {
      request: get("DescribeInstances", { "InstanceId.1": "i-1" }),
      fixture: "ec2/get_node_empty.xml",
    },
    {
      request: get("DescribeInstances", { "InstanceId.1": "i-2" }),
      fixture: "ec2/get_node.xml",
    },
  ]);
  const cloud = ec2(fetch);
  const error = await assertRejects(
    () => cloud.getNode("i-1a2b"),
    NotFoundError,
  );
  assertEquals(
    error.message,
    "getNode: Amazon EC2 refused: \"The instance ID 'i-1a2b3c4d5e6f7a8b9' does " +
      'not exist" (400, code InvalidInstanceID.NotFound, ' +
      "request id ea966190-f9aa-478e-9ede-cb5432daacc0)",
  );
  assertEquals(error.status, 400);
  assertEquals(error.code, "InvalidInstanceID.NotFound");
  assertEquals(error.requestId, "ea966190-f9aa-478e-9ede-cb5432daacc0");
  assertEquals(error.url, "https://ec2.us-east-1.amazonaws.com/");
  await assertRejects(() => cloud.getNode("web"), ValidationError);
  const missing = await assertRejects(
    () => cloud.getNode("i-1"),
    NotFoundError,
  );
  assertEquals(missing.message, "getNode: no node has the id i-1");
  assertEquals((await cloud.getNode("i-2")).name, "Server_1");
});

Deno.test("Ec2NodeDriver chooses the error class by EC2's code", async () => {
  const classes: readonly (readonly [
    number,
    string,
    new (...args: never[]) => ApiError,
  ])[] = [
    [401, "AuthFailure", InvalidCredsError],
    // A resource of another account; the keys are valid.
    [400, "AuthFailure", PermissionDeniedError],
    [400, "InvalidClientToken", ValidationError],
    [400, "MaxSpotInstanceCountExceeded", PermissionDeniedError],
    [403, "SignatureDoesNotMatch", InvalidCredsError],
    [400, "IncompleteSignature", InvalidCredsError],
    [403, "InvalidClientTokenId", InvalidCredsError],
    [403, "MissingAuthenticationToken", InvalidCredsError],
    [400, "RequestExpired", InvalidCredsError],
    [400, "ExpiredToken", InvalidCredsError],
    [403, "UnauthorizedOperation", PermissionDeniedError],
    [400, "OptInRequired", PermissionDeniedError],
    [400, "OperationNotPermitted", PermissionDeniedError],
    [400, "Blocked", PermissionDeniedError],
    [400, "PendingVerification", PermissionDeniedError],
    [400, "InstanceLimitExceeded", PermissionDeniedError],
    [400, "VcpuLimitExceeded", PermissionDeniedError],
    [400, "AddressLimitExceeded", PermissionDeniedError],
    [400, "InvalidInstanceID.NotFound", NotFoundError],
    [400, "InvalidKeyPair.NotFound", NotFoundError],
    [400, "InvalidAMIID.NotFound", NotFoundError],
    [400, "InvalidAMIID.Unavailable", NotFoundError],
    [400, "InvalidVolume.NotFound", NotFoundError],
    [400, "InvalidGroup.NotFound", NotFoundError],
    [400, "InvalidAttachment.NotFound", NotFoundError],
    [400, "IncorrectInstanceState", ConflictError],
    [400, "IncorrectState", ConflictError],
    [400, "IncorrectModificationState", ConflictError],
    [400, "InvalidKeyPair.Duplicate", ConflictError],
    [400, "InvalidPermission.Duplicate", ConflictError],
    [400, "InvalidAMIName.Duplicate", ConflictError],
    [400, "VolumeInUse", ConflictError],
    [400, "InvalidSnapshot.InUse", ConflictError],
    [400, "DependencyViolation", ConflictError],
    [400, "Resource.AlreadyAssociated", ConflictError],
    [400, "IdempotentParameterMismatch", ConflictError],
    [400, "VolumeModificationRateExceeded", ConflictError],
    [500, "InsufficientInstanceCapacity", ConflictError],
    [500, "InsufficientAddressCapacity", ConflictError],
    [400, "InsufficientFreeAddressesInSubnet", ConflictError],
    [503, "RequestLimitExceeded", RateLimitReachedError],
    [400, "Throttling", RateLimitReachedError],
    [400, "ThrottlingException", RateLimitReachedError],
    [500, "InternalError", ServiceUnavailableError],
    [503, "Unavailable", ServiceUnavailableError],
    [400, "InvalidPaginationToken", ValidationError],
    [400, "InvalidParameterValue", ValidationError],
    [400, "InvalidInstanceID.Malformed", ValidationError],
    [400, "MissingParameter", ValidationError],
    [400, "UnknownParameter", ValidationError],
    [400, "Unsupported", ValidationError],
    [400, "UserDataLimit", ValidationError],
  ];
  for (const [status, code, Class] of classes) {
    using fetch = replay([
      { ...post("RunInstances", {}), body: /./, text: refusal(code), status },
    ]);
    const error = await errorOf(ec2(fetch, { retry: false }).createNode(NEW));
    assert(error instanceof ApiError);
    assertEquals(error.constructor, Class, code);
    assertEquals([error.status, error.code, error.requestId], [
      status,
      code,
      "req-7",
    ]);
    // A refusal with a reason was not applied.
    assertEquals(
      error.mayHaveBeenApplied,
      Class === ServiceUnavailableError,
      code,
    );
  }
});

const NEW: Ec2CreateNodeOptions = {
  name: "web-1",
  size: "t2.micro",
  image: "ami-bff32ccc",
  idempotencyKey: "once",
};
const NEW_FORM = {
  ImageId: "ami-bff32ccc",
  InstanceType: "t2.micro",
  ClientToken: "once",
  "TagSpecification.1.ResourceType": "instance",
  "TagSpecification.1.Tag.1.Key": "Name",
  "TagSpecification.1.Tag.1.Value": "web-1",
  MinCount: "1",
  MaxCount: "1",
};

Deno.test("Ec2NodeDriver.createNode() sends no spot options for false, and adds tags from parameters", async () => {
  const TagSpecification = [{
    ResourceType: "volume",
    Tag: [{ Key: "of", Value: "web-1" }],
  }];
  using fetch = replay([
    post("RunInstances", {
      ...NEW_FORM,
      "TagSpecification.2.ResourceType": "volume",
      "TagSpecification.2.Tag.1.Key": "of",
      "TagSpecification.2.Tag.1.Value": "web-1",
      EbsOptimized: "true",
    }, { fixture: "ec2/create_node.xml" }),
  ]);
  const parameters = { TagSpecification, EbsOptimized: true };
  await ec2(fetch).createNode({ ...NEW, spot: false, parameters });
});

Deno.test("Ec2NodeDriver.createNode() retries after a rate limit, and not if EC2 has no capacity", async () => {
  using fetch = replay([
    post("RunInstances", NEW_FORM, { fixture: "ec2/error_503_limit.xml" }),
    post("RunInstances", NEW_FORM, { fixture: "ec2/create_node.xml" }),
    post("RunInstances", NEW_FORM, { fixture: "ec2/error_500_capacity.xml" }),
  ]);
  const cloud = ec2(fetch);
  const node = await cloud.createNode(NEW);
  assertEquals(
    [node.id, node.name, node.state, node.privateIps],
    ["i-1234567890abcdef3", "web-1", "pending", ["172.31.0.7"]],
  );
  await assertRejects(() => cloud.createNode(NEW), ConflictError, "sufficient");
});

Deno.test("Ec2NodeDriver.createNode() sends every option", async () => {
  const created = { fixture: "ec2/create_node.xml" };
  using fetch = replay([
    post("RunInstances", {
      ...NEW_FORM,
      KeyName: "me",
      UserData: btoa("#!/bin/sh\necho hi\n"),
      "Placement.AvailabilityZone": "us-east-1a",
      "Placement.Tenancy": "dedicated",
      SubnetId: "subnet-1",
      "SecurityGroupId.1": "sg-1",
      "SecurityGroupId.2": "sg-2",
      "IamInstanceProfile.Name": "web",
      "InstanceMarketOptions.MarketType": "spot",
      "InstanceMarketOptions.SpotOptions.MaxPrice": "0.01",
      "InstanceMarketOptions.SpotOptions.SpotInstanceType": "persistent",
      "MetadataOptions.HttpTokens": "required",
      "MetadataOptions.HttpPutResponseHopLimit": "2",
      "BlockDeviceMapping.1.DeviceName": "/dev/xvda",
      "BlockDeviceMapping.1.Ebs.VolumeSize": "20",
      "BlockDeviceMapping.1.Ebs.Encrypted": "true",
      "BlockDeviceMapping.2.DeviceName": "/dev/sdb",
      "BlockDeviceMapping.2.NoDevice": "",
      "Monitoring.Enabled": "true",
      InstanceInitiatedShutdownBehavior: "terminate",
      DisableApiTermination: "true",
      "CpuOptions.CoreCount": "2",
      "TagSpecification.1.Tag.1.Key": "env",
      "TagSpecification.1.Tag.1.Value": "prod",
      "TagSpecification.1.Tag.2.Key": "Name",
      "TagSpecification.1.Tag.2.Value": "web-1",
    }, created),
    post("RunInstances", {
      ...NEW_FORM,
      "IamInstanceProfile.Arn": "arn:aws:iam::1:instance-profile/web",
      "InstanceMarketOptions.MarketType": "spot",
      "NetworkInterface.1.DeviceIndex": "0",
      "NetworkInterface.1.AssociatePublicIpAddress": "false",
      "NetworkInterface.1.SubnetId": "subnet-1",
      "NetworkInterface.1.SecurityGroupId.1": "sg-1",
      "TagSpecification.1.Tag.1.Key": "web",
      "TagSpecification.1.Tag.1.Value": "",
      "TagSpecification.1.Tag.2.Key": "Name",
      "TagSpecification.1.Tag.2.Value": "web-1",
    }, created),
  ]);
  const cloud = ec2(fetch);
  await cloud.createNode({
    ...NEW,
    keyPairs: [{ id: "me" }],
    userData: "#!/bin/sh\necho hi\n",
    location: { id: "us-east-1a" },
    subnet: "subnet-1",
    securityGroups: ["sg-1", { id: "sg-2" }],
    iamProfile: "web",
    spot: { maxPrice: 0.01, spotInstanceType: "persistent" },
    metadataOptions: { httpTokens: "required", httpPutResponseHopLimit: 2 },
    blockDevices: [
      { deviceName: "/dev/xvda", ebs: { volumeSize: 20, encrypted: true } },
      { deviceName: "/dev/sdb", noDevice: "" },
    ],
    monitoring: true,
    instanceInitiatedShutdownBehavior: "terminate",
    disableApiTermination: true,
    tags: { env: "prod" },
    parameters: {
      CpuOptions: { CoreCount: 2 },
      Placement: { Tenancy: "dedicated" },
    },
  });
  await cloud.createNode({
    ...NEW,
    iamProfile: "arn:aws:iam::1:instance-profile/web",
    spot: true,
    associatePublicIpAddress: false,
    subnet: "subnet-1",
    securityGroups: ["sg-1"],
    tags: ["web"],
  });
});

Deno.test("Ec2NodeDriver.createNode() rejects unsupported options before any request", async () => {
  const cloud = ec2(noRequest);
  const auth = "Amazon EC2 does not support auth; " +
    "use importKeyPair()";
  const refused: readonly [object, ErrorConstructor, string][] = [
    [{ auth: { sshKey: PUBLIC_KEY } }, TypeError, auth],
    [{ auth: { password: "canary" } }, TypeError, auth],
    [
      { keyPairs: ["a", "b"] },
      TypeError,
      "Amazon EC2 accepts one key pair per node, got 2",
    ],
    [
      { keyPairs: [""] },
      TypeError,
      'keyPairs[0] must be a key pair or its id, got ""',
    ],
    [
      { userData: "x".repeat(16385) },
      RangeError,
      "userData is 16385 bytes; Amazon EC2 accepts at most 16384",
    ],
    [
      { userData: "ä".repeat(8193) },
      RangeError,
      "userData is 16386 bytes; Amazon EC2 accepts at most 16384",
    ],
    [
      { userData: new Uint8Array(16385) },
      RangeError,
      "userData is 16385 bytes; Amazon EC2 accepts at most 16384",
    ],
    [
      { userData: 5 },
      TypeError,
      "userData must be a string or a Uint8Array, got number 5",
    ],
    [
      { userData: new ArrayBuffer(8) },
      TypeError,
      "userData must be a string or a Uint8Array, got an object",
    ],
    [
      { tags: { Name: "other" } },
      TypeError,
      "tags must not contain Name, which is the name; use name",
    ],
    [
      { tags: ["Name:other"] },
      TypeError,
      "tags must not contain Name, which is the name; use name",
    ],
    ...["Action", "MinCount", "MaxCount", "maxCount"].map((
      name,
    ): [object, ErrorConstructor, string] => [
      { parameters: { [name]: 5 } },
      TypeError,
      `parameters must not contain ${
        name.replace("max", "Max")
      }; one call creates one node`,
    ]),
    [
      { parameters: { KernelId: null } },
      TypeError,
      "KernelId must be a string, a finite number, a boolean, a valid Date, " +
      "an array or an object, got null",
    ],
  ];
  for (const [options, errorClass, message] of refused) {
    const error = await assertRejects(
      () => cloud.createNode({ ...NEW, ...options }),
      errorClass,
    );
    assertEquals(error.message, `createNode: ${message}`);
  }
});

Deno.test("Ec2NodeDriver.createNode() sends user data as bytes, and errors do not show user data", async () => {
  const bytes = Uint8Array.from({ length: 16384 }, (_, i) => i);
  const { cloud, requests } = simulated();
  await cloud.createNode({ ...NEW, image: IMAGE, userData: bytes });
  const form = new URLSearchParams(await requests[0]!.text());
  assertEquals(
    Uint8Array.from(atob(form.get("UserData")!), (it) => it.charCodeAt(0)),
    bytes,
  );

  const userData = "#!/bin/sh\npassword=canary-in-user-data\n";
  for (const encode of [(text: string) => text, (text: string) => btoa(text)]) {
    using fetch = replay([{
      ...post("RunInstances", {}),
      body: /./,
      status: 400,
      text: refusal("InvalidParameterValue", `Bad: ${encode(userData)}`),
    }]);
    const error = await errorOf(ec2(fetch).createNode({ ...NEW, userData }));
    assert(error instanceof ValidationError);
    const shown = Deno.inspect(error) + error.body + error.message;
    assert(!shown.includes("canary"), shown);
    assert(!shown.includes(btoa(userData)), shown);
  }
});

Deno.test("Ec2NodeDriver.createNode() creates one node if responses are lost", async () => {
  for (
    const lose of [
      () => {
        throw new TypeError("connection reset");
      },
      () => new Response("<h1>502</h1>", { status: 502 }),
    ]
  ) {
    const { simulator } = simulated();
    const tokens: (string | null)[] = [];
    const cloud = ec2(async (request) => {
      const form = new URLSearchParams(await request.clone().text());
      const response = await simulator.fetch(request);
      if (!form.has("ClientToken")) return response;
      tokens.push(form.get("ClientToken"));
      return tokens.length < 3 ? lose() : response;
    }, simulator.credentials);
    const { idempotencyKey: _, ...options } = NEW;
    const node = await cloud.createNode({ ...options, image: IMAGE });
    assertEquals(new Set(tokens).size, 1);
    assertEquals(tokens.length, 3);
    assertMatch(tokens[0]!, /^[\da-f-]{36}$/);
    const others = (await cloud.listNodes()).filter(({ name }) =>
      name === "web-1"
    );
    assertEquals(others.map(({ id }) => id), [node.id]);
    // Another call creates another node.
    const second = await cloud.createNode({ ...options, image: IMAGE });
    assert(second.id !== node.id);
    assertEquals(new Set(tokens).size, 2);
  }
});

Deno.test("Ec2NodeDriver.waitUntilRunning() waits for a new node that EC2 does not know yet", async () => {
  const { cloud } = simulated({ hiddenMs: 500, createMs: 600 });
  const node = await cloud.createNode({ ...NEW, image: IMAGE });
  // getNode() reports what EC2 says.
  await assertRejects(() => cloud.getNode(node), NotFoundError);
  const states: string[] = [];
  const [running] = await cloud.waitUntilRunning(node, {
    intervalMs: 5,
    onProgress: ({ waiting, unknown }) =>
      states.push(...unknown, ...waiting.map(({ state }) => state)),
  });
  assertEquals(running?.state, "running");
  assertEquals([...new Set(states)], [node.id, "pending"]);
});

Deno.test("Ec2NodeDriver.waitUntilRunning() rejects if EC2 does not know a new node after 2 minutes", async () => {
  const now = performance.now.bind(performance);
  const notFound = { fixture: "ec2/error_400_not_found.xml" };
  const id = "i-1234567890abcdef3";
  const look = {
    request: get("DescribeInstances", {
      "Filter.1.Name": "instance-id",
      "Filter.1.Value.1": id,
      MaxResults: "1000",
    }),
    fixture: "ec2/get_node_empty.xml",
  };
  using fetch = replay([
    post("RunInstances", NEW_FORM, { fixture: "ec2/create_node.xml" }),
    look,
    look,
    look,
    {
      request: get("DescribeInstances", { "InstanceId.1": id }),
      ...notFound,
    },
  ]);
  const cloud = ec2(fetch);
  try {
    const node = await cloud.createNode(NEW);
    for (const ms of [0, 119_000]) {
      performance.now = () => now() + ms;
      const { unknown } = await cloud.waitUntilRunning(node, { once: true });
      assertEquals(unknown, [id]);
    }
    performance.now = () => now() + 121_000;
    await assertRejects(
      () => cloud.waitUntilRunning(node, { once: true }),
      NotFoundError,
    );
  } finally {
    performance.now = now;
  }
});

Deno.test("Ec2NodeDriver.waitUntilRunning() requests 100 nodes at a time", async () => {
  const { cloud, requests } = simulated({ nodes: 250 });
  const ids = (await cloud.listNodes()).map(({ id }) => id);
  requests.length = 0;
  const nodes = await cloud.waitUntilRunning(ids);
  assertEquals(nodes.map(({ id }) => id), ids);
  assertEquals(requests.length, 3);
  for (const { url } of requests) assert(url.length < 6000, `${url.length}`);
});

Deno.test("Ec2NodeDriver.waitUntilRunning() rejects at once if a node is terminated", async () => {
  const { cloud } = simulated();
  await cloud.destroyNode(NODE);
  const error = await assertRejects(
    () => cloud.waitUntilRunning([NODE, OTHER_NODE], { intervalMs: 2 }),
    NodeFailedError,
  );
  assertEquals(error.node.id, NODE);
});

Deno.test("Ec2NodeDriver rejects ids with wildcards where they become filters", async () => {
  const cloud = ec2(noRequest);
  for (const id of ["*", "i-?", "i-*", "a\\b"]) {
    await assertRejects(() => cloud.waitUntilRunning(id), TypeError);
    const error = assertThrows(() => cloud.listVolumeSnapshots(id), TypeError);
    assertEquals(
      error.message,
      "listVolumeSnapshots: volume must be an id without *, ? and \\, got " +
        JSON.stringify(id),
    );
  }
});

Deno.test("Ec2NodeDriver sends the documented form for each change of a node", async () => {
  const states = (action: string) => done(action, "<instancesSet/>");
  using fetch = replay([
    post("RebootInstances", { "InstanceId.1": "i-1" }),
    post("StartInstances", { "InstanceId.1": "i-1" }, states("StartInstances")),
    post("StopInstances", { "InstanceId.1": "i-1" }, states("StopInstances")),
    post(
      "StopInstances",
      { "InstanceId.1": "i-1", Force: "true", Hibernate: "false" },
      states("StopInstances"),
    ),
    post("CreateTags", {
      "ResourceId.1": "i-1",
      "Tag.1.Key": "Name",
      "Tag.1.Value": "web-2 & more",
    }),
    post("ModifyInstanceAttribute", {
      InstanceId: "i-1",
      "InstanceType.Value": "t3.large",
    }),
    post(
      "TerminateInstances",
      { "InstanceId.1": "i-1" },
      states("TerminateInstances"),
    ),
  ]);
  const cloud = ec2(fetch);
  await cloud.rebootNode("i-1");
  await cloud.startNode("i-1");
  await cloud.stopNode({ id: "i-1" });
  await cloud.stopNode("i-1", { force: true, hibernate: false });
  await cloud.renameNode("i-1", { name: "web-2 & more" });
  await cloud.resizeNode("i-1", { size: { id: "t3.large" } });
  await cloud.destroyNode("i-1");
});

Deno.test("Ec2NodeDriver retries writes only if they are idempotent", async () => {
  const lost = { error: new TypeError("connection reset") };
  const form = { "InstanceId.1": "i-1" };
  const stop = post("StopInstances", form, done("StopInstances"));
  using fetch = replay([
    post("StopInstances", form, lost),
    stop,
    post("RebootInstances", form, lost),
    post("CreateSnapshot", { VolumeId: "vol-1" }, lost),
  ]);
  const cloud = ec2(fetch);
  await cloud.stopNode("i-1");
  for (
    const run of [
      () => cloud.rebootNode("i-1"),
      () => cloud.createVolumeSnapshot("vol-1"),
    ]
  ) {
    const error = await assertRejects(run, ConnectionError);
    assertEquals(error.mayHaveBeenApplied, true);
  }
});

Deno.test("Ec2NodeDriver.destroyVolume() resolves if a lost attempt destroyed the volume", async () => {
  const form = { VolumeId: "vol-1" };
  const gone = { text: refusal("InvalidVolume.NotFound"), status: 400 };
  using fetch = replay([
    post("DeleteVolume", form, { status: 503, text: "" }),
    post("DeleteVolume", form, gone),
    post("DeleteVolume", form, gone),
  ]);
  const cloud = ec2(fetch);
  await cloud.destroyVolume("vol-1");
  await assertRejects(() => cloud.destroyVolume("vol-1"), NotFoundError);
});

Deno.test("Ec2NodeDriver.listSizes() lists the bundled sizes with the prices of the region and their day", async () => {
  const sizes = await ec2(noRequest).listSizes();
  assert(sizes.length >= 1395);
  for (const { id, vcpus, ramMib } of sizes) {
    assert(vcpus! > 0 && ramMib! > 0, id);
  }
  const priced = sizes.filter(({ price }) => price);
  assert(priced.length > 1300, `${priced.length}`);
  const micro = sizes.find(({ id }) => id === "t3.micro");
  assertEquals(micro, {
    id: "t3.micro",
    name: "t3.micro",
    vcpus: 2,
    ramMib: 1024,
    architecture: "x86_64",
    price: { currency: "USD", hourly: 0.0104, asOf: "2026-07-20" },
    extra: micro!.extra,
  });
  assertEquals(
    sizes.filter(({ id }) => /^(?:g5\.12xlarge|c7g\.large)$/.test(id))
      .map(({ id, architecture, gpus }) => [id, architecture, gpus]),
    [["c7g.large", "arm64", undefined], ["g5.12xlarge", "x86_64", 4]],
  );
  const china = await ec2(noRequest, { region: "cn-north-1" }).listSizes();
  assertEquals(
    china.find(({ id }) => id === "c5.large")?.price,
    { currency: "CNY", hourly: 0.739, asOf: "2024-11-06" },
  );
  // Unknown prices are absent.
  const nowhere = await ec2(noRequest, { region: "xx-new-1" }).listSizes();
  assertEquals(nowhere.length, sizes.length);
  assert(nowhere.every(({ price }) => price === undefined));
});

Deno.test("Ec2NodeDriver.listSizes() iterates, rejects when its signal aborts, and rejects filters", async () => {
  const cloud = ec2(undefined);
  let count = 0;
  for await (const _ of cloud.listSizes()) count++;
  assert(count >= 1395);
  const reason = new Error("enough");
  const signal = AbortSignal.abort(reason);
  assertEquals(await errorOf(cloud.listSizes({ signal }).then()), reason);
  assertEquals(
    await errorOf(cloud.listSizes({ signal }).pages().next()),
    reason,
  );
  const error = assertThrows(
    () => cloud.listSizes({ filters: { "instance-type": "t3.*" } }),
    TypeError,
  );
  assertEquals(
    error.message,
    "listSizes: Amazon EC2 does not support filters; set live: true",
  );
});

Deno.test("Ec2NodeDriver.listSizes() requests the types of the region with live, and adds bundled data", async () => {
  using fetch = replay([{
    request: get("DescribeInstanceTypes", {
      "Filter.1.Name": "instance-type",
      "Filter.1.Value.1": "*",
      MaxResults: "100",
    }),
    fixture: "ec2/list_sizes_live.xml",
  }]);
  const filters = { "instance-type": "*" };
  const [known, unknown] = await ec2(fetch).listSizes({
    live: true,
    prices: "bundled",
    filters,
  });
  assertEquals(known, {
    id: "c5d.large",
    name: "c5d.large",
    vcpus: 2,
    ramMib: 4096,
    diskGb: 50,
    architecture: "x86_64",
    gpus: undefined,
    price: { currency: "USD", hourly: 0.096, asOf: "2026-07-20" },
    extra: {
      networkMbps: 750,
      ebsMbps: 4750,
      currentGeneration: true,
    },
  });
  assertEquals(unknown, {
    id: "z99.new",
    name: "z99.new",
    vcpus: 4,
    ramMib: 8192,
    diskGb: undefined,
    architecture: undefined,
    gpus: undefined,
    price: undefined,
    extra: { currentGeneration: true },
  });
});

Deno.test("Ec2NodeDriver.listImages() lists the account's own images unless owners or ids are given", async () => {
  const response = { fixture: "ec2/list_images.xml" };
  const page = { MaxResults: "1000" };
  const expect = (params: Readonly<Record<string, string>>) => ({
    request: get("DescribeImages", params),
    ...response,
  });
  using fetch = replay([
    expect({ ...page, "Owner.1": "self" }),
    expect({
      ...page,
      "Owner.1": "136693071363",
      "Filter.1.Name": "name",
      "Filter.1.Value.1": "debian-12-*",
      "Filter.2.Name": "architecture",
      "Filter.2.Value.1": "arm64",
    }),
    // EC2 refuses a page size together with ids.
    expect({ "ImageId.1": "ami-1", "ImageId.2": "ami-2" }),
    expect(page),
  ]);
  const cloud = ec2(fetch);
  const [image] = await cloud.listImages();
  assertEquals(
    image,
    {
      id: "ami-5731123e",
      name: "My server",
      extra: {
        imageId: "ami-5731123e",
        imageLocation: "123456789012/My server",
        imageState: "available",
        imageOwnerId: "123456789012",
        creationDate: "2023-05-01T10:00:00.000Z",
        isPublic: false,
        architecture: "x86_64",
        imageType: "machine",
        kernelId: "aki-88aa75e1",
        name: "My server",
        description: "true",
        rootDeviceType: "ebs",
        rootDeviceName: "/dev/sda1",
        blockDeviceMapping: [{
          deviceName: "/dev/sda1",
          ebs: {
            snapshotId: "snap-1234567890abcdef0",
            volumeSize: 8,
            deleteOnTermination: true,
            volumeType: "standard",
          },
        }],
        virtualizationType: "paravirtual",
        hypervisor: "xen",
        sriovNetSupport: "simple",
        tags: {},
      },
    } as typeof image,
  );
  await cloud.listImages({
    owners: ["136693071363"],
    name: "debian-12-*",
    filters: { architecture: "arm64" },
  });
  await cloud.listImages({ ids: ["ami-1", { id: "ami-2" }] });
  await cloud.listImages({ owners: "any" });
});

Deno.test("Ec2NodeDriver creates, copies and deregisters images", async () => {
  const made = (action: string) => done(action, "<imageId>ami-9</imageId>");
  const copy = {
    SourceImageId: "ami-1",
    SourceRegion: "us-east-1",
    ClientToken: "once",
  };
  using fetch = replay([
    post("CreateImage", {
      InstanceId: "i-1",
      Name: "golden",
      Description: "of web-1",
      NoReboot: "true",
      "TagSpecification.1.ResourceType": "image",
      "TagSpecification.1.Tag.1.Key": "env",
      "TagSpecification.1.Tag.1.Value": "prod",
    }, made("CreateImage")),
    {
      ...post("CopyImage", { ...copy, Name: "golden" }, made("CopyImage")),
      request: "POST https://ec2.us-west-2.amazonaws.com/",
      headers: { authorization: /\/us-west-2\/ec2\/aws4_request/ },
    },
    {
      ...post(
        "CopyImage",
        {
          ...copy,
          Name: "copy",
          Description: "of golden",
          Encrypted: "true",
          KmsKeyId: "alias/mine",
          CopyImageTags: "true",
        },
        made("CopyImage"),
      ),
      request: "POST https://ec2.cn-north-1.amazonaws.com.cn/",
    },
    {
      ...post("CopyImage", { ...copy, Name: "ami-1" }, made("CopyImage")),
      request: "POST https://ec2.us-east-1.amazonaws.com/",
    },
    post("DeregisterImage", { ImageId: "ami-9" }),
    post("DeregisterImage", {
      ImageId: "ami-9",
      DeleteAssociatedSnapshots: "true",
    }),
  ]);
  const cloud = ec2(fetch);
  assertEquals(
    await cloud.createImage("i-1", {
      name: "golden",
      description: "of web-1",
      noReboot: true,
      tags: { env: "prod" },
    }),
    {
      id: "ami-9",
      name: "golden",
      extra: {
        imageState: "pending",
        description: "of web-1",
        tags: { env: "prod" },
      },
    },
  );
  const image = { id: "ami-1", name: "golden", extra: { tags: { a: "b" } } };
  const idempotencyKey = "once";
  const copied = await cloud.copyImage(image, {
    location: "us-west-2-lax-1a",
    idempotencyKey,
  });
  assertEquals([copied.id, copied.name], ["ami-9", "golden"]);
  assertEquals(copied.extra.tags, {});
  const tagged = await cloud.copyImage(image, {
    location: { id: "cn-north-1" },
    name: "copy",
    description: "of golden",
    encrypted: true,
    kmsKeyId: "alias/mine",
    copyImageTags: true,
    idempotencyKey,
  });
  assertEquals(tagged.extra.tags, { a: "b" });
  await cloud.copyImage("ami-1", { location: "us-east-1b", idempotencyKey });
  const error = await assertRejects(
    () => cloud.copyImage("ami-1", { location: "evil.example/#" }),
    TypeError,
  );
  assertEquals(
    error.message,
    'copyImage: location must be a region such as "eu-central-1", ' +
      'got "evil.example/#"',
  );
  await cloud.deleteImage("ami-9");
  await cloud.deleteImage("ami-9", { deleteAssociatedSnapshots: true });
});

Deno.test("Ec2NodeDriver.copyImage() replaces the region in a custom base URL", async () => {
  for (
    const [baseUrl, expected] of [
      ["https://ec2.us-east-1.api.aws", "https://ec2.eu-west-1.api.aws/"],
      // An endpoint for all regions finds the region in the signature.
      ["http://127.0.0.1:4566", "http://127.0.0.1:4566/"],
    ] as const
  ) {
    using fetch = replay([{
      request: `POST ${expected}`,
      headers: { authorization: /\/eu-west-1\/ec2\// },
      body: /SourceRegion=us-east-1/,
      ...done("CopyImage", "<imageId>ami-9</imageId>"),
    }]);
    const cloud = ec2(fetch, { baseUrl });
    await cloud.copyImage("ami-1", { location: "eu-west-1" });
  }
});

Deno.test("Ec2NodeDriver.copyImage() creates an image that a driver of the other region finds", async () => {
  const { cloud, simulator } = simulated();
  const there = ec2(simulator.fetch, {
    ...simulator.credentials,
    region: "eu-central-1",
  });
  const copy = await cloud.copyImage(IMAGE, {
    location: "eu-central-1",
    name: "copy",
  });
  assertEquals((await there.listImages()).map(({ id }) => id), [copy.id]);
  await assertRejects(() => cloud.getImage(copy), NotFoundError);
});

Deno.test("Ec2NodeDriver converts key pairs, and returns a private key only after creation", async () => {
  using fetch = replay([
    {
      request: get("DescribeKeyPairs", { IncludePublicKey: "true" }),
      fixture: "ec2/list_key_pairs.xml",
    },
    {
      request: get("DescribeKeyPairs", {
        IncludePublicKey: "true",
        "KeyName.1": "my-key-pair",
      }),
      fixture: "ec2/list_key_pairs.xml",
    },
    post("CreateKeyPair", {
      KeyName: "my-key-pair",
      KeyType: "rsa",
      KeyFormat: "pem",
      "TagSpecification.1.ResourceType": "key-pair",
      "TagSpecification.1.Tag.1.Key": "team",
      "TagSpecification.1.Tag.1.Value": "web",
    }, { fixture: "ec2/create_key_pair.xml" }),
    post("ImportKeyPair", {
      KeyName: "gsg-keypair",
      PublicKeyMaterial: btoa(PUBLIC_KEY),
    }, { fixture: "ec2/import_key_pair.xml" }),
  ]);
  const cloud = ec2(fetch);
  const [listed] = await cloud.listKeyPairs();
  assertEquals(
    listed,
    {
      id: "my-key-pair",
      name: "my-key-pair",
      publicKey:
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGFtZXhhbXBsZWtleWFtZXhhbXBsZWtleWFtZXhhbXBs my-key-pair",
      fingerprint: "flHtEf5hCSTlvZoLVHNVyDYFZCmEXAMPLE=",
      privateKey: undefined,
      extra: {
        keyPairId: "key-0123456789abcdef0",
        keyType: "ed25519",
        keyName: "my-key-pair",
        createTime: "2022-02-10T09:00:00.000Z",
        tags: { team: "web" },
      },
    } as typeof listed,
  );
  assertEquals(await cloud.getKeyPair("my-key-pair"), listed);
  const created = await cloud.createKeyPair({
    name: "my-key-pair",
    keyType: "rsa",
    keyFormat: "pem",
    tags: { team: "web" },
  });
  assertMatch(created.privateKey!, /^-----BEGIN[^]*canary[^]*END/);
  assert(!JSON.stringify(created.extra).includes("canary"));
  const imported = await cloud.importKeyPair({
    name: "gsg-keypair",
    publicKey: `${PUBLIC_KEY}\n`,
  });
  assertEquals(imported.publicKey, PUBLIC_KEY);
  assertMatch(imported.fingerprint!, /^(?:00:){15}00$/);
});

Deno.test("Ec2NodeDriver.deleteKeyPair() rejects with NotFoundError if the response has no id", async () => {
  using fetch = replay([
    post(
      "DeleteKeyPair",
      { KeyName: "me" },
      done(
        "DeleteKeyPair",
        "<return>true</return><keyPairId>key-1</keyPairId>",
      ),
    ),
    post("DeleteKeyPair", { KeyName: "me" }),
  ]);
  const cloud = ec2(fetch);
  await cloud.deleteKeyPair("me");
  const error = await assertRejects(
    () => cloud.deleteKeyPair("me"),
    NotFoundError,
  );
  assertEquals(error.message, "deleteKeyPair: no key pair has the id me");
  assertEquals(error.mayHaveBeenApplied, false);
});

Deno.test("Ec2NodeDriver converts availability zones and regions", async () => {
  using fetch = replay([
    {
      request: get("DescribeAvailabilityZones"),
      fixture: "ec2/list_locations.xml",
    },
    {
      request: get("DescribeAvailabilityZones", {
        AllAvailabilityZones: "true",
      }),
      fixture: "ec2/list_locations.xml",
    },
    {
      request: get("DescribeRegions", { AllRegions: "true" }),
      fixture: "ec2/list_regions.xml",
    },
  ]);
  const cloud = ec2(fetch);
  const [zone, local] = await cloud.listLocations();
  assertEquals(
    zone,
    {
      id: "us-west-2a",
      name: "us-west-2a",
      country: "US",
      extra: {
        optInStatus: "opt-in-not-required",
        zoneName: "us-west-2a",
        zoneId: "usw2-az1",
        zoneState: "available",
        regionName: "us-west-2",
        groupName: "us-west-2",
        zoneType: "availability-zone",
      },
    } as typeof zone,
  );
  // A local zone may be in another country than its region.
  assertEquals([local!.id, local!.country], ["us-west-2-lax-1a", undefined]);
  await cloud.listLocations({ all: true });
  assertEquals(
    (await cloud.listRegions({ all: true })).map((
      { id, name, country },
    ) => [id, name, country]),
    [
      ["eu-central-1", "Europe (Frankfurt)", "DE"],
      ["xx-new-1", "xx-new-1", undefined],
    ],
  );
});

Deno.test("Ec2NodeDriver converts volumes", async () => {
  using fetch = replay([
    {
      request: get("DescribeVolumes", { MaxResults: "1000" }),
      fixture: "ec2/list_volumes.xml",
    },
    {
      request: get("DescribeVolumes", {
        "VolumeId.1": "vol-049df61146c4d7901",
      }),
      fixture: "ec2/list_volumes.xml",
    },
  ]);
  const cloud = ec2(fetch);
  const [volume] = await cloud.listVolumes();
  assertEquals<unknown>(
    volume,
    {
      id: "vol-049df61146c4d7901",
      name: "data-1",
      sizeGb: 8,
      state: "inuse",
      nodeId: "i-1234567890abcdef0",
      locationId: "us-east-1a",
      createdAt: "2013-12-18T22:35:00.084Z",
      extra: {
        volumeId: "vol-049df61146c4d7901",
        size: 8,
        snapshotId: "snap-1234567890abcdef0",
        availabilityZone: "us-east-1a",
        status: "in-use",
        createTime: "2013-12-18T22:35:00.084Z",
        attachmentSet: [{
          volumeId: "vol-049df61146c4d7901",
          instanceId: "i-1234567890abcdef0",
          device: "/dev/sda1",
          status: "attached",
          attachTime: "2013-12-18T22:35:00.000Z",
          deleteOnTermination: true,
        }],
        volumeType: "io1",
        iops: 100,
        encrypted: false,
        tags: { Name: "data-1" },
      },
    },
  );
  assertEquals(await cloud.getVolume(volume!), volume);
});

Deno.test("Ec2NodeDriver maps every status of volumes and snapshots", async () => {
  const volumes = [
    ["creating", "", "creating"],
    ["available", "", "available"],
    ["in-use", "attached", "inuse"],
    ["in-use", "attaching", "attaching"],
    ["in-use", "detaching", "detaching"],
    ["in-use", "busy", "inuse"],
    ["deleting", "", "deleting"],
    ["deleted", "", "deleted"],
    ["error", "", "error"],
    ["dozing", "attached", "unknown"],
    ["constructor", "", "unknown"],
  ] as const;
  const snapshots = [
    ["pending", "creating"],
    ["completed", "available"],
    ["error", "error"],
    ["recoverable", "deleted"],
    ["recovering", "restoring"],
    ["dozing", "unknown"],
    ["__proto__", "unknown"],
  ] as const;
  using fetch = replay([
    {
      request: get("DescribeVolumes", { MaxResults: "1000" }),
      ...done(
        "DescribeVolumes",
        `<volumeSet>${
          volumes.map(([status, attachment], i) =>
            `<item><volumeId>vol-${i}</volumeId><size>1</size><status>${status}</status><attachmentSet>${
              attachment && `<item><status>${attachment}</status></item>`
            }</attachmentSet></item>`
          ).join("")
        }</volumeSet>`,
      ),
    },
    {
      request: get("DescribeSnapshots", {
        MaxResults: "1000",
        "Owner.1": "self",
      }),
      ...done(
        "DescribeSnapshots",
        `<snapshotSet>${
          snapshots.map(([status], i) =>
            `<item><snapshotId>snap-${i}</snapshotId><status>${status}</status></item>`
          ).join("")
        }</snapshotSet>`,
      ),
    },
  ]);
  const cloud = ec2(fetch);
  assertEquals(
    (await cloud.listVolumes()).map(({ state }) => state),
    volumes.map(([, , state]) => state),
  );
  assertEquals(
    (await cloud.listVolumeSnapshots()).map(({ state }) => state),
    snapshots.map(([, state]) => state),
  );
});

Deno.test("Ec2NodeDriver sends the documented form for each change of a volume", async () => {
  const attachment = (action: string) =>
    done(action, "<status>attaching</status>");
  using fetch = replay([
    post("CreateVolume", {
      AvailabilityZone: "us-east-1a",
      Size: "80",
      VolumeType: "gp3",
      Iops: "3000",
      Throughput: "125",
      Encrypted: "true",
      KmsKeyId: "alias/mine",
      SnapshotId: "snap-1",
      MultiAttachEnabled: "false",
      ClientToken: "once",
      "TagSpecification.1.ResourceType": "volume",
      "TagSpecification.1.Tag.1.Key": "env",
      "TagSpecification.1.Tag.1.Value": "prod",
      "TagSpecification.1.Tag.2.Key": "Name",
      "TagSpecification.1.Tag.2.Value": "data-2",
    }, { fixture: "ec2/create_volume.xml" }),
    post(
      "AttachVolume",
      { VolumeId: "vol-1", InstanceId: "i-1", Device: "/dev/sdh" },
      attachment("AttachVolume"),
    ),
    post("DetachVolume", { VolumeId: "vol-1" }, attachment("DetachVolume")),
    post("DetachVolume", {
      VolumeId: "vol-1",
      InstanceId: "i-1",
      Force: "true",
    }, attachment("DetachVolume")),
    post("ModifyVolume", {
      VolumeId: "vol-1",
      Size: "200",
      VolumeType: "gp3",
      Iops: "4000",
      Throughput: "250",
    }, done("ModifyVolume", "<volumeModification/>")),
    post("DeleteVolume", { VolumeId: "vol-1" }),
  ]);
  const cloud = ec2(fetch);
  const volume = await cloud.createVolume({
    name: "data-2",
    sizeGb: 80,
    location: { id: "us-east-1a" },
    volumeType: "gp3",
    iops: 3000,
    throughput: 125,
    encrypted: true,
    kmsKeyId: "alias/mine",
    snapshot: "snap-1",
    multiAttachEnabled: false,
    tags: { env: "prod" },
    idempotencyKey: "once",
  });
  assertEquals(
    [volume.id, volume.sizeGb, volume.state],
    ["vol-1234567890abcdef0", 80, "creating"],
  );
  assert(!("requestId" in volume.extra));
  await cloud.attachVolume("vol-1", { node: "i-1", device: "/dev/sdh" });
  await cloud.detachVolume("vol-1");
  await cloud.detachVolume("vol-1", { node: { id: "i-1" }, force: true });
  await cloud.resizeVolume("vol-1", {
    sizeGb: 200,
    volumeType: "gp3",
    iops: 4000,
    throughput: 250,
  });
  await cloud.destroyVolume("vol-1");
});

Deno.test("Ec2NodeDriver rejects volumes of an invalid size or without a location, before any request", async () => {
  const cloud = ec2(noRequest);
  const location = "us-east-1a";
  for (
    const [sizeGb, errorClass, message] of [
      [0, RangeError, "an integer from 1 to 65536, got 0"],
      [65537, RangeError, "an integer from 1 to 65536, got 65537"],
      [1.5, RangeError, "an integer from 1 to 65536, got 1.5"],
      [undefined as never, TypeError, "an integer, got undefined"],
    ] as const
  ) {
    const created = await assertRejects(
      () => cloud.createVolume({ name: "a", sizeGb, location }),
      errorClass,
    );
    assertEquals(created.message, `createVolume: sizeGb must be ${message}`);
    const resized = await assertRejects(
      () => cloud.resizeVolume("vol-1", { sizeGb }),
      errorClass,
    );
    assertEquals(resized.message, `resizeVolume: sizeGb must be ${message}`);
  }
  const error = await assertRejects(
    () => cloud.createVolume({ name: "a", sizeGb: 1 }),
    TypeError,
  );
  assertEquals(
    error.message,
    "createVolume: location must be a location or its id, got undefined",
  );
});

Deno.test("Ec2NodeDriver.attachVolume() chooses the first free device", async () => {
  const { cloud, requests } = simulated();
  const devices: (string | undefined)[] = [];
  for (let i = 0; i < 3; i++) {
    const volume = await cloud.createVolume({
      name: `more-${i}`,
      sizeGb: 1,
      location: "us-east-1a",
    });
    while ((await cloud.getVolume(volume)).state !== "available");
    requests.length = 0;
    await cloud.attachVolume(volume, { node: NODE });
    assertEquals(requests.map(({ method }) => method), ["GET", "POST"]);
    const attached = await cloud.getVolume(volume);
    assertEquals(attached.nodeId, NODE);
    devices.push(attached.extra.attachmentSet?.[0]?.device);
  }
  // The simulator attaches a volume as /dev/sdf at the start.
  assertEquals(devices, ["/dev/sdg", "/dev/sdh", "/dev/sdi"]);
});

Deno.test("Ec2NodeDriver.attachVolume() sends both requests under one time limit", async () => {
  let requests = 0;
  const { simulator } = simulated();
  const cloud = ec2(
    (request) =>
      ++requests === 1 ? simulator.fetch(request) : new Promise(() => {}),
    simulator.credentials,
  );
  const error = await assertRejects(
    () => cloud.attachVolume(VOLUME, { node: NODE, timeoutMs: 60 }),
    TimeoutError,
  );
  assertEquals([requests, error.mayHaveBeenApplied], [2, true]);
});

Deno.test("Ec2NodeDriver converts, creates and destroys snapshots", async () => {
  const params = {
    MaxResults: "1000",
    "Owner.1": "self",
    "Filter.1.Name": "volume-id",
    "Filter.1.Value.1": "vol-1",
  };
  const fixture = "ec2/list_volume_snapshots.xml";
  using fetch = replay([
    { request: get("DescribeSnapshots", params), fixture },
    {
      request: get("DescribeSnapshots", {
        MaxResults: "1000",
        "Owner.1": "amazon",
      }),
      fixture,
    },
    {
      request: get("DescribeSnapshots", { "SnapshotId.1": "snap-1" }),
      fixture,
    },
    post("CreateSnapshot", {
      VolumeId: "vol-1",
      Description: "of the root",
      "TagSpecification.1.ResourceType": "snapshot",
      "TagSpecification.1.Tag.1.Key": "Name",
      "TagSpecification.1.Tag.1.Value": "monday",
    }, { fixture: "ec2/create_volume_snapshot.xml" }),
    post("DeleteSnapshot", { SnapshotId: "snap-1" }),
  ]);
  const cloud = ec2(fetch);
  const [own, copy] = await cloud.listVolumeSnapshots({ id: "vol-1" });
  assertEquals(
    [own!.id, own!.name, own!.sizeGb, own!.state, own!.volumeId],
    [
      "snap-1234567890abcdef0",
      undefined,
      8,
      "available",
      "vol-049df61146c4d7901",
    ],
  );
  assertEquals(own!.createdAt, "2014-02-28T21:28:32.000Z");
  // EC2 does not report the volume of a copy.
  assertEquals(
    [copy!.name, copy!.state, copy!.volumeId, copy!.extra.progress],
    ["copy", "creating", undefined, "87%"],
  );
  await cloud.listVolumeSnapshots(undefined, { owners: ["amazon"] });
  assertEquals((await cloud.getVolumeSnapshot("snap-1")).id, own!.id);
  const made = await cloud.createVolumeSnapshot("vol-1", {
    name: "monday",
    description: "of the root",
  });
  assertEquals([made.id, made.state], ["snap-066877671789bd71b", "creating"]);
  await cloud.destroyVolumeSnapshot("snap-1");
});

Deno.test("Ec2NodeDriver creates tags, and deletes only the given keys", async () => {
  using fetch = replay([
    post("CreateTags", {
      "ResourceId.1": "i-1",
      "ResourceId.2": "vol-1",
      "Tag.1.Key": "env",
      "Tag.1.Value": "prod",
      "Tag.2.Key": "__proto__",
      "Tag.2.Value": "x",
    }),
    post("DeleteTags", {
      "ResourceId.1": "i-1",
      "Tag.1.Key": "env",
      "Tag.2.Key": "web",
    }),
  ]);
  const cloud = ec2(fetch);
  const tags = JSON.parse('{ "env": "prod", "__proto__": "x" }');
  await cloud.createTags(["i-1", { id: "vol-1" }], { tags });
  await cloud.deleteTags("i-1", { keys: ["env", "web"] });
  for (const keys of [[], undefined as never]) {
    const error = await assertRejects(
      () => cloud.deleteTags("i-1", { keys }),
      TypeError,
    );
    assertEquals(
      error.message,
      "deleteTags: keys is required; without keys, Amazon EC2 deletes all tags",
    );
  }
  await assertRejects(
    () => cloud.deleteTags("i-1", { keys: ["env", ""] }),
    TypeError,
    'deleteTags: keys must be a non-empty string, got ""',
  );
});

Deno.test("Ec2NodeDriver rejects tags that are neither an object nor an array, before any request", async () => {
  using fetch = replay([]);
  const cloud = ec2(fetch);
  for (const tags of ["env", 5, true, null] as never[]) {
    const calls: Record<string, () => Promise<unknown>> = {
      createNode: () => cloud.createNode({ ...NEW, tags }),
      createKeyPair: () => cloud.createKeyPair({ name: "laptop", tags }),
      createImage: () => cloud.createImage(NODE, { name: "web", tags }),
      createVolumeSnapshot: () => cloud.createVolumeSnapshot(VOLUME, { tags }),
      createTags: () => cloud.createTags(NODE, { tags }),
      allocateAddress: () => cloud.allocateAddress({ tags }),
    };
    for (const [operation, call] of Object.entries(calls)) {
      const error = await assertRejects(call, TypeError);
      const start = `${operation}: tags must be an object or an array`;
      assert(error.message.startsWith(start), error.message);
    }
  }
});

Deno.test("Ec2NodeDriver.getConsoleOutput() decodes the output", async () => {
  using fetch = replay([
    {
      request: get("GetConsoleOutput", { InstanceId: "i-1" }),
      fixture: "ec2/get_console_output.xml",
    },
    {
      request: get("GetConsoleOutput", { InstanceId: "i-1", Latest: "true" }),
      ...done("GetConsoleOutput", "<instanceId>i-1</instanceId><output/>"),
    },
    {
      request: get("GetConsoleOutput", { InstanceId: "i-1" }),
      ...done("GetConsoleOutput", "<output>&lt;&gt;</output>"),
    },
  ]);
  const cloud = ec2(fetch);
  assertEquals(
    await cloud.getConsoleOutput("i-1"),
    "[    0.000000] Linux …\r\ngültig\n",
  );
  assertEquals(await cloud.getConsoleOutput("i-1", { latest: true }), "");
  await assertRejects(
    () => cloud.getConsoleOutput("i-1"),
    MalformedResponseError,
  );
});

Deno.test("Ec2NodeDriver.listNodes() rejects a response to another action", async () => {
  for (
    const text of [
      done("DescribeImages", "<reservationSet/>").text,
      "<html><body>Sign in</body></html>",
      `<Response><Errors><Error><Code>Blocked</Code></Error></Errors></Response>`,
      `<!DOCTYPE a [<!ENTITY b "c">]><DescribeInstancesResponse>&b;</DescribeInstancesResponse>`,
      "<DescribeInstancesResponse><reservationSet><item>",
      "<a>".repeat(100_000),
      instances("<imageId>ami-1</imageId>").text,
    ]
  ) {
    using fetch = replay([{
      request: get("DescribeInstances", { MaxResults: "1000" }),
      text,
    }]);
    const cloud = ec2(fetch, { retry: false });
    const error = await errorOf(cloud.listNodes().then());
    assertInstanceOf(error, CloudError);
    assertEquals(error.operation, "listNodes");
  }
});

Deno.test("Ec2NodeDriver reads names such as __proto__ as data", async () => {
  using fetch = replay([{
    request: get("DescribeVolumes", { "VolumeId.1": "vol-1" }),
    ...done(
      "DescribeVolumes",
      "<volumeSet><item><volumeId>vol-1</volumeId><__proto__><a>1</a></__proto__><constructor>x</constructor><size>7</size><tagSet><item><key>__proto__</key><value>y</value></item></tagSet></item></volumeSet>",
    ),
  }]);
  const { name, sizeGb, extra } = await ec2(fetch).getVolume("vol-1");
  assertEquals([name, sizeGb], ["vol-1", 7]);
  assertEquals(Object.getPrototypeOf(extra), Object.prototype);
  assertEquals(
    JSON.stringify(extra),
    '{"volumeId":"vol-1","__proto__":{"a":"1"},"constructor":"x","size":7,"tags":{"__proto__":"y"}}',
  );
});

Deno.test("Ec2NodeDriver.connection sends actions that the driver lacks", async () => {
  using fetch = replay([
    {
      request: get("DescribeInstanceStatus", { "InstanceId.1": "i-1" }),
      ...done("DescribeInstanceStatus", "<instanceStatusSet/>"),
    },
    post("MonitorInstances", { "InstanceId.1": "i-1", DryRun: "true" }, {
      fixture: "ec2/error_412_dry_run.xml",
    }),
    post("MonitorInstances", { "InstanceId.1": "i-1", DryRun: "true" }, {
      fixture: "ec2/error_403.xml",
    }),
  ]);
  const { connection } = ec2(fetch);
  const response = await connection.request("/", {
    params: {
      Action: "DescribeInstanceStatus",
      Version: VERSION,
      "InstanceId.1": "i-1",
    },
  });
  assertEquals(response.requestId(), "r-1");
  const dry = {
    method: "POST",
    data: {
      Action: "MonitorInstances",
      Version: VERSION,
      InstanceId: ["i-1"],
      DryRun: true,
    },
  };
  // A dry run always ends in an error, whose code tells the result.
  const error = await assertRejects(
    () => connection.request("/", dry),
    ApiError,
  );
  assertEquals(
    [error.status, error.code, error.mayHaveBeenApplied],
    [412, "DryRunOperation", false],
  );
  await assertRejects(
    () => connection.request("/", dry),
    PermissionDeniedError,
  );
});

Deno.test("Ec2NodeDriver accepts temporary keys, and a function that gets keys", async () => {
  const { simulator } = simulated({ sessionToken: "canary-token" });
  const credentials = {
    ...simulator.credentials,
    sessionToken: "canary-token",
  };
  const cloud = ec2(simulator.fetch, credentials);
  assertEquals((await cloud.listNodes()).length, 2);
  let calls = 0;
  const renewing = new Ec2NodeDriver({
    region: REGION,
    fetch: simulator.fetch,
    credentials: () => {
      calls++;
      return calls === 1
        ? { ...credentials, sessionToken: "old" }
        : credentials;
    },
  });
  assertEquals((await renewing.listNodes()).length, 2);
  assertEquals(calls, 2);
});

Deno.test("Ec2NodeDriver retries a write that EC2 refuses because another one is running", async () => {
  const busy = {
    text: refusal("ConcurrentTagAccess", "Another request is in progress."),
    status: 400,
  };
  const form = { VolumeId: "vol-1" };
  const snapshot = { fixture: "ec2/create_volume_snapshot.xml" };
  using fetch = replay([
    post("CreateSnapshot", form, busy),
    post("CreateSnapshot", form, snapshot),
    post("CreateSnapshot", form, busy),
    post("CreateSnapshot", form, busy),
  ]);
  // Not even a write without an idempotency key was applied.
  await ec2(fetch).createVolumeSnapshot("vol-1");
  const error = await assertRejects(
    () =>
      ec2(fetch).createVolumeSnapshot("vol-1", {
        retry: { maxAttempts: 2, baseMs: 1 },
      }),
    ConflictError,
  );
  assertEquals(error.mayHaveBeenApplied, false);
  assertEquals(
    error.message,
    'createVolumeSnapshot: Amazon EC2 refused: "Another request is in ' +
      'progress." (400, code ConcurrentTagAccess, request id req-7)',
  );
});

const ENV = {
  AWS_ACCESS_KEY_ID: "AKIDENVIRONMENT",
  AWS_SECRET_ACCESS_KEY: "canary-secret",
  AWS_SESSION_TOKEN: "canary-token",
  AWS_REGION: "eu-west-1",
  AWS_DEFAULT_REGION: "us-west-2",
};

/** Sends a request, and returns the parts that the environment decides. */
async function sentBy(
  create: (fetch: Ec2Options["fetch"]) => Ec2NodeDriver,
): Promise<readonly (string | null)[]> {
  let sent: Request | undefined;
  const cloud = create((request) => {
    sent = request;
    return Promise.resolve(
      new Response(done("DescribeInstances", "<reservationSet/>").text),
    );
  });
  await cloud.listNodes();
  const [, scope = ""] = /Credential=(\S+),/
    .exec(sent?.headers.get("authorization") ?? "") ?? [];
  const [keyId = "", , region = ""] = scope.split("/");
  return [keyId, region, sent!.headers.get("x-amz-security-token")];
}

Deno.test("Ec2NodeDriver.fromEnv() reads the variables of the AWS tools", async () => {
  assertEquals(
    await sentBy((fetch) => Ec2NodeDriver.fromEnv(ENV, { fetch })),
    ["AKIDENVIRONMENT", "eu-west-1", "canary-token"],
  );
  const { AWS_REGION: _region, AWS_SESSION_TOKEN: _token, ...env } = ENV;
  assertEquals(
    await sentBy((fetch) => Ec2NodeDriver.fromEnv(env, { fetch })),
    ["AKIDENVIRONMENT", "us-west-2", null],
  );
});

Deno.test("Ec2NodeDriver.fromEnv() reads no key if the caller passes one", async () => {
  const keys = { accessKeyId: "AKIDCALLER", secretAccessKey: "secret" };
  assertEquals(
    await sentBy((fetch) => Ec2NodeDriver.fromEnv(ENV, { ...keys, fetch })),
    ["AKIDCALLER", "eu-west-1", null],
  );
  const region = "ca-central-1";
  const credentials = () => ({ ...keys, sessionToken: "own" });
  assertEquals(
    await sentBy((fetch) =>
      Ec2NodeDriver.fromEnv({}, { credentials, region, fetch })
    ),
    ["AKIDCALLER", "ca-central-1", "own"],
  );
  // The secret of the environment belongs to another key.
  const error = assertThrows(
    () => Ec2NodeDriver.fromEnv(ENV, { accessKeyId: "AKIDCALLER" }),
    TypeError,
  );
  assertEquals(error.message, "Ec2NodeDriver: secretAccessKey is required");
});

Deno.test("Ec2NodeDriver.fromEnv() names all missing variables", () => {
  const error = assertThrows(() => Ec2NodeDriver.fromEnv({}), TypeError);
  assertEquals(
    error.message,
    "fromEnv: missing environment variables: AWS_ACCESS_KEY_ID, " +
      "AWS_SECRET_ACCESS_KEY, AWS_REGION or AWS_DEFAULT_REGION",
  );
});
