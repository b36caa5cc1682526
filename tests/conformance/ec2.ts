/**
 * Conformance of the driver for Amazon EC2: valid arguments of its methods, and a
 * simulated account.
 *
 * @module
 */

import { Ec2NetworkDriver } from "../../drivers/aws/ec2_network.ts";
import { Ec2Simulator } from "../../simulators/aws/ec2.ts";
import {
  type ComputeSubject,
  count,
  type ErrorFacts,
  id,
  optional,
  type ResponseSpec,
  text,
  time,
} from "../../testing/mod.ts";
import type { Account, AccountOptions } from "../_support/accounts.ts";
import { type Cloud, randomFaults } from "../_support/clouds.ts";
import { IMMEDIATE } from "../_support/immediate.ts";
import { REGION } from "../drivers/aws/_ec2.ts";

export const credentials = {
  accessKeyId: "AKIACANARYKEYID",
  secretAccessKey: "canary/secret+access/key",
  sessionToken: "canary/session+token",
};
// Resources of a simulator with two nodes.
export const NODE = "i-086b3704aea5f0394";
export const OTHER_NODE = "i-016d4483078739cf6";
export const IMAGE = "ami-0b671bfeb87750ea2";
const DEBIAN = "ami-0184b757333638052";
export const VOLUME = "vol-093f3b08b2618635e";
const ROOT_VOLUME = "vol-0bb619a38db7357e4";
const SNAPSHOT = "snap-0359e1e17ef9dc4c8";
const ROOT_SNAPSHOT = "snap-0e60a6680cf981afc";
const GROUP = "sg-0b77f37702fb4fcc3";
const SUBNET = "subnet-0bcb26d7926ebf115";
const VPC = "vpc-042305ee4fc714021";
const ADDRESS = "eipalloc-0b8c24597a829d124";
const ASSOCIATION = "eipassoc-0e985b721395986aa";
const KEY_PAIR = "nephos";
const SIZE = "t3.micro";
const SEEDED_AT = "2024-03-05T09:12:30.000Z";
export const PUBLIC_KEY =
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGFtZXhhbXBsZWtleWFtZXhhbXBsZWtleWFtZXhhbXBs me@example.com";

export const tagged = { tags: { env: "prod" } };
const rules = [
  {
    ipProtocol: "tcp",
    fromPort: 22,
    toPort: 22,
    ipRanges: [{ cidrIp: "203.0.113.0/24" }],
  },
  { ipProtocol: "-1", groups: [{ groupId: GROUP }] },
];
const VOLUME_TAGS = [{ Key: "backup", Value: "daily" }];
/** The form of `rules`, as the model of the API flattens it. */
const RULES_FORM = {
  GroupId: GROUP,
  "IpPermissions.1.IpProtocol": "tcp",
  "IpPermissions.1.FromPort": "22",
  "IpPermissions.1.ToPort": "22",
  "IpPermissions.1.IpRanges.1.CidrIp": "203.0.113.0/24",
  "IpPermissions.2.IpProtocol": "-1",
  "IpPermissions.2.Groups.1.GroupId": GROUP,
};

/** The request of an action that writes, and the fields that it must have. */
function action(
  Action: string,
  fields: Readonly<Record<string, string>>,
): string {
  return `POST / ${
    JSON.stringify({ Action, Version: "2016-11-15", ...fields })
  }`;
}

/** The request of an action that reads, and parameters that it must have. */
function read(
  Action: string,
  parameters: Readonly<Record<string, string>>,
): string {
  return `GET / ${
    JSON.stringify({ Action, Version: "2016-11-15", ...parameters })
  }`;
}

/** A response to an action. */
function response(action: string, content: string): string {
  return `<${action}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">` +
    `<requestId>8f7724cf-496f-496e-8fe3-example</requestId>` +
    `${content}</${action}Response>`;
}

/** A response with an item that has no id. */
function nameless(action: string, list: string): ResponseSpec {
  return {
    body: response(action, `<${list}><item><a>b</a></item></${list}>`),
    throws: "MalformedResponseError",
  };
}

/** Nodes with addresses in all places where the API has them. */
const ADDRESSES = response(
  "DescribeInstances",
  "<reservationSet><item><instancesSet>" +
    "<item><instanceId>i-1</instanceId>" +
    "<privateIpAddress>10.0.0.5</privateIpAddress>" +
    "<ipAddress>203.0.113.5</ipAddress></item>" +
    "<item><instanceId>i-2</instanceId><networkInterfaceSet>" +
    "<item><privateIpAddressesSet><item>" +
    "<privateIpAddress>10.0.0.6</privateIpAddress><association>" +
    "<publicIp>203.0.113.6</publicIp></association></item>" +
    "<item><privateIpAddress>10.0.0.7</privateIpAddress><association>" +
    "<carrierIp>203.0.113.7</carrierIp></association></item>" +
    "</privateIpAddressesSet><ipv6AddressesSet><item>" +
    "<ipv6Address>2001:db8::6</ipv6Address></item></ipv6AddressesSet>" +
    "</item></networkInterfaceSet></item>" +
    "</instancesSet></item></reservationSet>",
);
const NODES_WITH_ADDRESSES = [
  {
    id: "i-1",
    name: "i-1",
    state: "unknown",
    publicIps: ["203.0.113.5"],
    privateIps: ["10.0.0.5"],
  },
  {
    id: "i-2",
    publicIps: ["203.0.113.6", "203.0.113.7", "2001:db8::6"],
    privateIps: ["10.0.0.6", "10.0.0.7"],
  },
];

/** The form of the tags of a new resource: `tagged`, after those in `first`. */
function tagForm(
  resourceType: string,
  tags: readonly (readonly [string, string])[] = [["env", "prod"]],
): Record<string, string> {
  const prefix = "TagSpecification.1";
  return Object.fromEntries([
    [`${prefix}.ResourceType`, resourceType],
    ...tags.flatMap(([key, value], index) => [
      [`${prefix}.Tag.${index + 1}.Key`, key],
      [`${prefix}.Tag.${index + 1}.Value`, value],
    ]),
  ]);
}

/** A refusal, in the form that the API reference documents. */
function refusal(
  status: number,
  code: string,
  errorClass: string,
  isBusy = false,
): ErrorFacts {
  return {
    status,
    body: '<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error>' +
      `<Code>${code}</Code><Message>The reason &amp; more</Message></Error>` +
      "</Errors><RequestID>ea966190-f9aa-478e-9ede-example</RequestID></Response>",
    errorClass,
    code,
    reason: "The reason & more",
    requestId: "ea966190-f9aa-478e-9ede-example",
    isBusy,
  };
}

/** Options of the simulated accounts of the conformance suite. */
const ACCOUNT = {
  ...credentials,
  nodes: 2,
  createMs: 5,
  actionMs: 3,
  listedMs: 3,
  keyBits: 1024,
} as const;

/** The driver under test. */
export const subject: ComputeSubject = {
  // It has the methods of Ec2NodeDriver, and those for networks.
  Driver: Ec2NetworkDriver,
  credentials,
  optionalCredentials: ["sessionToken"],
  wrongCredentials: { secretAccessKey: "wrong" },
  badCredentials: [
    { accessKeyId: "AKIA canary" },
    { secretAccessKey: "canary secret" },
    { sessionToken: "canary\r\n" },
    { sessionToken: "" },
  ],
  settings: { region: REGION },
  // The price API reads by POST.
  isWrite: ({ method, headers }) =>
    method !== "GET" && !headers.has("x-amz-target"),
  createSimulator: () =>
    new Ec2Simulator({ ...Ec2Simulator.realistic, ...ACCOUNT }),
  createPromptSimulator: () =>
    new Ec2Simulator({ ...IMMEDIATE.ec2, ...ACCOUNT }),
  create: {
    name: "web-1",
    size: SIZE,
    image: { id: IMAGE },
    location: "us-east-1a",
    keyPairs: [KEY_PAIR],
    tags: { env: "prod" },
  },
  expected: {
    baseUrl: "https://ec2.us-east-1.amazonaws.com/",
    size: {
      id: "g4dn.xlarge",
      name: "g4dn.xlarge",
      vcpus: 4,
      ramMib: 16_384,
      diskGb: 125,
      architecture: "x86_64",
      gpus: 1,
      currency: "USD",
      hourly: 0.526,
      extra: {
        networkMbps: 5000,
        ebsMbps: 3500,
        gpuName: "t4",
        gpuMib: 16_384,
        currentGeneration: true,
      },
    },
    node: {
      id: NODE,
      name: "node-1",
      state: "running",
      publicIps: ["198.51.100.1", "2001:db8:0:79::1"],
      privateIps: ["172.31.0.4"],
      createdAt: SEEDED_AT,
      sizeId: SIZE,
      imageId: DEBIAN,
      locationId: "us-east-1a",
      tags: { env: "prod" },
      extra: {
        instanceState: "running",
        keyName: KEY_PAIR,
        vpcId: VPC,
        subnetId: SUBNET,
        securityGroups: [{ groupId: GROUP, groupName: "web" }],
        volumes: [
          { deviceName: "/dev/xvda", volumeId: ROOT_VOLUME },
          { deviceName: "/dev/sdf", volumeId: VOLUME },
        ],
        architecture: "x86_64",
        platform: "Linux/UNIX",
        dnsName: "ec2-198-51-100-1.compute-1.amazonaws.com",
        privateDnsName: "ip-172-31-0-4.ec2.internal",
      },
    },
    image: {
      id: IMAGE,
      name: "node-1-image",
      extra: {
        imageState: "available",
        description: "Image of node-1",
        imageOwnerId: "123456789012",
        isPublic: false,
        architecture: "x86_64",
        platformDetails: "Linux/UNIX",
        rootDeviceName: "/dev/xvda",
        blockDeviceMapping: [{
          deviceName: "/dev/xvda",
          ebs: {
            snapshotId: ROOT_SNAPSHOT,
            volumeSize: 8,
            deleteOnTermination: true,
            volumeType: "gp3",
            encrypted: false,
          },
        }],
        creationDate: SEEDED_AT,
        tags: { Name: "node-1-image" },
      },
    },
    location: {
      id: "us-east-1a",
      name: "us-east-1a",
      country: "US",
      extra: {
        zoneName: "us-east-1a",
        regionName: "us-east-1",
        zoneId: "use1-az1",
        zoneType: "availability-zone",
        zoneState: "available",
        optInStatus: "opt-in-not-required",
      },
    },
    keyPair: {
      id: KEY_PAIR,
      name: KEY_PAIR,
      publicKey:
        "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDGp9Lttsr/+XxFcizLf32M+QpweRRj8n50La3v+nuD0ewoYASHWFoTrUEfVC1vIkRDWzygTTsCSZiTR8XsetScoEBnzPUIbayxbBCTUe6wHGQ2ShXraD6Q8GyHRkZHPTU8PBydWVAUIL+i2PrHG5P9H6KDV3v3Soj+a46AdHKvAw== nephos",
      fingerprint: "05:18:5f:e7:d4:d8:68:e4:8c:58:9a:cd:d2:4b:9c:07",
      extra: { keyType: "rsa", createTime: SEEDED_AT, tags: {} },
    },
    volume: {
      id: VOLUME,
      name: "data-1",
      sizeGb: 100,
      state: "inuse",
      nodeId: NODE,
      locationId: "us-east-1a",
      createdAt: SEEDED_AT,
      extra: {
        status: "in-use",
        volumeType: "gp3",
        iops: 3000,
        throughput: 125,
        encrypted: false,
        attachmentSet: [{
          volumeId: VOLUME,
          instanceId: NODE,
          device: "/dev/sdf",
          status: "attached",
          attachTime: SEEDED_AT,
          deleteOnTermination: false,
        }],
        tags: { Name: "data-1" },
      },
    },
    snapshot: {
      id: SNAPSHOT,
      name: "backup-1",
      sizeGb: 100,
      state: "available",
      volumeId: VOLUME,
      createdAt: SEEDED_AT,
      extra: {
        status: "completed",
        progress: "100%",
        description: "Backup of data-1 in us-east-1",
        ownerId: "123456789012",
        encrypted: false,
        storageTier: "standard",
        tags: { Name: "backup-1" },
      },
    },
    states: {
      field: "code",
      words: {
        0: "pending",
        16: "running",
        32: "stopping",
        48: "terminated",
        64: "stopping",
        80: "stopped",
        // The high byte is for internal purposes.
        272: "running",
      },
    },
    volumeStates: [
      {
        field: "status",
        words: {
          creating: "creating",
          available: "available",
          "in-use": "inuse",
          deleting: "deleting",
          deleted: "deleted",
          error: "error",
          // Not documented, but emulators send them.
          attaching: "attaching",
          detaching: "detaching",
        },
      },
      {
        // The states of its attachment.
        field: "status",
        words: {
          attached: "inuse",
          attaching: "attaching",
          detaching: "detaching",
          busy: "inuse",
        },
        others: "inuse",
      },
    ],
    snapshotStates: {
      field: "status",
      words: {
        pending: "creating",
        completed: "available",
        error: "error",
        // In the recycle bin.
        recoverable: "deleted",
        recovering: "restoring",
      },
    },
    errors: [
      refusal(401, "AuthFailure", "InvalidCredsError"),
      refusal(403, "SignatureDoesNotMatch", "InvalidCredsError"),
      refusal(403, "InvalidClientTokenId", "InvalidCredsError"),
      refusal(403, "MissingAuthenticationToken", "InvalidCredsError"),
      refusal(400, "UnrecognizedClientException", "InvalidCredsError"),
      refusal(400, "RequestExpired", "InvalidCredsError"),
      {
        ...refusal(400, "RequestExpired", "InvalidCredsError"),
        // The clocks agree, so the keys have expired.
        headers: { date: new Date(Date.now() - 60_000).toUTCString() },
      },
      {
        ...refusal(400, "RequestExpired", "InvalidCredsError"),
        // The clock of this machine is wrong; the driver corrects it once.
        headers: { date: new Date(Date.now() + 600_000).toUTCString() },
        isBusy: true,
      },
      // About a resource of another account: the keys are valid.
      refusal(400, "AuthFailure", "PermissionDeniedError"),
      refusal(400, "UnauthorizedOperation", "PermissionDeniedError"),
      refusal(400, "AccessDenied", "PermissionDeniedError"),
      refusal(400, "OperationNotPermitted", "PermissionDeniedError"),
      refusal(400, "OptInRequired", "PermissionDeniedError"),
      refusal(400, "Blocked", "PermissionDeniedError"),
      refusal(400, "PendingVerification", "PermissionDeniedError"),
      refusal(400, "InstanceLimitExceeded", "PermissionDeniedError"),
      refusal(400, "MaxSpotInstanceCountExceeded", "PermissionDeniedError"),
      refusal(400, "InvalidInstanceID.NotFound", "NotFoundError"),
      refusal(400, "InvalidAMIID.Unavailable", "NotFoundError"),
      refusal(400, "InvalidVolumeID.Unknown", "NotFoundError"),
      refusal(400, "IncorrectInstanceState", "ConflictError"),
      refusal(400, "VolumeInUse", "ConflictError"),
      refusal(400, "InvalidKeyPair.Duplicate", "ConflictError"),
      refusal(400, "InvalidSubnet.Conflict", "ConflictError"),
      refusal(400, "Resource.AlreadyAssociated", "ConflictError"),
      refusal(400, "IdempotentParameterMismatch", "ConflictError"),
      refusal(400, "DependencyViolation", "ConflictError"),
      refusal(400, "VolumeModificationRateExceeded", "ConflictError"),
      refusal(400, "ConcurrentTagAccess", "ConflictError", true),
      // No capacity: nothing was created.
      refusal(500, "InsufficientInstanceCapacity", "ConflictError"),
      refusal(503, "RequestLimitExceeded", "RateLimitReachedError", true),
      refusal(400, "Throttling", "RateLimitReachedError", true),
      refusal(500, "InternalError", "ServiceUnavailableError"),
      refusal(503, "Unavailable", "ServiceUnavailableError"),
      refusal(400, "InvalidParameterValue", "ValidationError"),
    ],
    maxUserDataBytes: 16_384,
  },
  resizesStopped: true,
  unknownId: "i-0123456789abcdef0",
  // EC2 sends 400 for most errors; the code decides.
  unknownStatus: 400,
  inspect: (value) => Deno.inspect(value, { depth: 10, showHidden: true }),
  methods: {
    listNodes: [
      {
        sends: read("DescribeInstances", { MaxResults: "1000" }),
        returns: [NODE, OTHER_NODE],
        refuses: [{ tags: { Name: "web-1" } }, { filters: { "vpc-id": 5 } }],
        responds: [{ body: ADDRESSES, returns: NODES_WITH_ADDRESSES }],
      },
      {
        options: { filters: { "availability-zone": "us-east-1b" } },
        returns: [OTHER_NODE],
      },
      {
        options: {
          filters: { "instance-id": [NODE], "tag:env": ["test", "prod"] },
        },
        returns: [NODE],
      },
      { options: { tags: [text("env:prod")] }, returns: [NODE] },
      // A filter of the API would take it for a pattern.
      { options: { tags: { env: "pro?" } }, returns: [] },
      {
        options: {
          tags: { env: "prod", web: "" },
          filters: { "vpc-id": VPC },
        },
        sends: read("DescribeInstances", {
          "Filter.1.Name": "tag:env",
          "Filter.1.Value.1": "prod",
          // There is no filter for an empty value.
          "Filter.2.Name": "tag-key",
          "Filter.2.Value.1": "web",
          "Filter.3.Name": "vpc-id",
          "Filter.3.Value.1": VPC,
        }),
        returns: [],
      },
    ],
    listSizes: [
      {
        options: { live: true, prices: "bundled" },
        sends: read("DescribeInstanceTypes", { MaxResults: "100" }),
        responds: [{
          body: response(
            "DescribeInstanceTypes",
            "<instanceTypeSet><item><instanceType>x9.metal</instanceType>" +
              "<processorInfo><supportedArchitectures><item>i386</item>" +
              "<item>x86_64</item></supportedArchitectures></processorInfo>" +
              "<gpuInfo><gpus><item><count>4</count></item>" +
              "<item><count>2</count></item></gpus></gpuInfo>" +
              "</item></instanceTypeSet>",
          ),
          returns: [{
            id: "x9.metal",
            architecture: "x86_64",
            gpus: 6,
            price: undefined,
          }],
        }, nameless("DescribeInstanceTypes", "instanceTypeSet")],
        returns: { id: SIZE, vcpus: 2, ramMib: 1024, diskGb: undefined },
      },
      {
        options: { live: true },
        returns: {
          id: SIZE,
          price: { currency: "USD", hourly: 0.0104, asOf: undefined },
        },
      },
      {
        options: {
          live: true,
          filters: { "processor-info.supported-architecture": "arm64" },
        },
        returns: { id: "t4g.nano", ramMib: 512, architecture: "arm64" },
      },
      {
        options: {},
        isStatic: true,
        refuses: [{ filters: { "instance-type": SIZE } }],
        returns: {
          id: "g4dn.12xlarge",
          name: "g4dn.12xlarge",
          vcpus: 48,
          ramMib: 196_608,
          diskGb: 900,
          architecture: "x86_64",
          gpus: 4,
          price: { currency: "USD", hourly: 3.912, asOf: "2026-07-20" },
          extra: {
            networkMbps: 50_000,
            ebsMbps: 9500,
            gpuName: "t4",
            gpuMib: 16_384,
          },
        },
      },
    ],
    listImages: [
      {
        sends: read("DescribeImages", {
          MaxResults: "1000",
          "Owner.1": "self",
        }),
        returns: [IMAGE],
        refuses: [
          { owners: "self" },
          { name: "a*", filters: { name: "b*" } },
        ],
      },
      {
        options: {
          owners: [text("136693071363")],
          name: optional(text("debian-*20240305*")),
        },
        returns: [DEBIAN, "ami-02372ad4dfc532a82"],
      },
      {
        options: { owners: "any", filters: { architecture: "arm64" } },
        returns: { id: "ami-02372ad4dfc532a82" },
      },
      { options: { ids: [id(DEBIAN)] }, returns: [DEBIAN] },
    ],
    listLocations: [
      {
        responds: [{
          // A Wavelength Zone may be in another country than its region.
          body: response(
            "DescribeAvailabilityZones",
            "<availabilityZoneInfo><item><zoneName>us-east-1-wl1-x</zoneName>" +
              "<regionName>us-east-1</regionName>" +
              "<zoneType>wavelength-zone</zoneType>" +
              "</item></availabilityZoneInfo>",
          ),
          returns: [{ id: "us-east-1-wl1-x", country: undefined }],
        }, nameless("DescribeAvailabilityZones", "availabilityZoneInfo")],
      },
      { options: { all: true } },
      {
        options: { filters: { "zone-id": "use1-az2" } },
        returns: ["us-east-1b"],
      },
    ],
    getNode: {
      on: id(NODE),
      returns: NODE,
      responds: [{
        body: response("DescribeInstances", "<reservationSet/>"),
        throws: "NotFoundError",
      }],
    },
    createNode: [
      {
        options: {
          name: text("web-1"),
          size: id(SIZE),
          image: id(IMAGE),
          location: optional(id("us-east-1a")),
          keyPairs: [id(KEY_PAIR)],
          subnet: optional(id(SUBNET)),
          securityGroups: [id(GROUP)],
          iamProfile: optional(id("web")),
          userData: "#cloud-config\n",
          tags: [text("env:prod")],
        },
        refuses: [
          { tags: { Name: "web-2" } },
          { keyPairs: [KEY_PAIR, "other"] },
          { auth: { password: "Canary-Passw0rd-77" } },
          { parameters: { MaxCount: 2 } },
          { parameters: { CpuOptions: null } },
          { securityGroups: GROUP },
        ],
        sends: action("RunInstances", {
          MinCount: "1",
          MaxCount: "1",
          InstanceType: SIZE,
          ImageId: IMAGE,
          "Placement.AvailabilityZone": "us-east-1a",
          KeyName: KEY_PAIR,
          SubnetId: SUBNET,
          "SecurityGroupId.1": GROUP,
          "IamInstanceProfile.Name": "web",
          UserData: "I2Nsb3VkLWNvbmZpZwo=",
          ...tagForm("instance", [["env", "prod"], ["Name", "web-1"]]),
        }),
        returns: {
          name: "web-1",
          state: "pending",
          sizeId: SIZE,
          imageId: IMAGE,
          locationId: "us-east-1a",
          tags: { env: "prod" },
          extra: {
            keyName: KEY_PAIR,
            subnetId: SUBNET,
            securityGroups: [{ groupId: GROUP, groupName: "web" }],
            iamProfile: "arn:aws:iam::123456789012:instance-profile/web",
          },
        },
        isIdempotent: true,
      },
      {
        options: {
          name: text("web-1"),
          size: id(SIZE),
          image: id(IMAGE),
          idempotencyKey: optional(text("abc")),
          associatePublicIpAddress: false,
          subnet: optional(id(SUBNET)),
          securityGroups: [id(GROUP)],
          spot: {
            maxPrice: "0.02",
            spotInstanceType: "persistent",
            instanceInterruptionBehavior: "stop",
          },
          iamProfile: "arn:aws:iam::123456789012:instance-profile/web",
          parameters: {
            CpuOptions: { CoreCount: 1, ThreadsPerCore: 1 },
            TagSpecification: [{ ResourceType: "volume", Tag: VOLUME_TAGS }],
          },
        },
        sends: action("RunInstances", {
          ClientToken: "abc",
          "NetworkInterface.1.DeviceIndex": "0",
          "NetworkInterface.1.AssociatePublicIpAddress": "false",
          "NetworkInterface.1.SubnetId": SUBNET,
          "NetworkInterface.1.SecurityGroupId.1": GROUP,
          "InstanceMarketOptions.MarketType": "spot",
          "InstanceMarketOptions.SpotOptions.MaxPrice": "0.02",
          "InstanceMarketOptions.SpotOptions.SpotInstanceType": "persistent",
          "InstanceMarketOptions.SpotOptions.InstanceInterruptionBehavior":
            "stop",
          "IamInstanceProfile.Arn":
            "arn:aws:iam::123456789012:instance-profile/web",
          "CpuOptions.CoreCount": "1",
          "CpuOptions.ThreadsPerCore": "1",
          ...tagForm("instance", [["Name", "web-1"]]),
          "TagSpecification.2.ResourceType": "volume",
          "TagSpecification.2.Tag.1.Key": "backup",
          "TagSpecification.2.Tag.1.Value": "daily",
        }),
        returns: {
          name: "web-1",
          tags: {},
          publicIps: [],
          extra: { instanceLifecycle: "spot" },
        },
        isIdempotent: true,
      },
      {
        options: {
          name: text("web-1"),
          size: id(SIZE),
          image: id(IMAGE),
          spot: true,
          metadataOptions: { httpTokens: "required" },
          blockDevices: [{
            deviceName: "/dev/sdh",
            ebs: { volumeSize: 20, volumeType: "gp3" },
          }],
          monitoring: true,
          instanceInitiatedShutdownBehavior: "terminate",
          disableApiTermination: true,
        },
        sends: action("RunInstances", {
          "InstanceMarketOptions.MarketType": "spot",
          "MetadataOptions.HttpTokens": "required",
          "BlockDeviceMapping.1.DeviceName": "/dev/sdh",
          "BlockDeviceMapping.1.Ebs.VolumeSize": "20",
          "BlockDeviceMapping.1.Ebs.VolumeType": "gp3",
          "Monitoring.Enabled": "true",
          InstanceInitiatedShutdownBehavior: "terminate",
          DisableApiTermination: "true",
        }),
        isIdempotent: true,
      },
    ],
    rebootNode: {
      on: id(NODE),
      sends: action("RebootInstances", { "InstanceId.1": NODE }),
    },
    destroyNode: {
      on: id(NODE),
      sends: action("TerminateInstances", { "InstanceId.1": NODE }),
      isIdempotent: true,
    },
    waitUntilRunning: [
      { on: id(NODE), options: { intervalMs: time(2) } },
      { on: [id(NODE), id(OTHER_NODE)] },
      { on: id(NODE), options: { once: true, intervalMs: time(2) } },
    ],
    startNode: {
      on: id(NODE),
      sends: action("StartInstances", { "InstanceId.1": NODE }),
      isIdempotent: true,
    },
    stopNode: [
      {
        on: id(NODE),
        sends: action("StopInstances", { "InstanceId.1": NODE }),
        isIdempotent: true,
      },
      {
        on: id(NODE),
        options: { force: true },
        sends: action("StopInstances", { "InstanceId.1": NODE, Force: "true" }),
        isIdempotent: true,
      },
      {
        on: id(NODE),
        options: { hibernate: true },
        sends: action("StopInstances", {
          "InstanceId.1": NODE,
          Hibernate: "true",
        }),
        isIdempotent: true,
      },
    ],
    renameNode: {
      on: id(NODE),
      options: { name: text("web-2") },
      sends: action("CreateTags", {
        "ResourceId.1": NODE,
        "Tag.1.Key": "Name",
        "Tag.1.Value": "web-2",
      }),
      isIdempotent: true,
    },
    resizeNode: {
      on: id(NODE),
      options: { size: id("t3.small") },
      sends: action("ModifyInstanceAttribute", {
        InstanceId: NODE,
        "InstanceType.Value": "t3.small",
      }),
      isIdempotent: true,
    },
    listKeyPairs: [
      { returns: [KEY_PAIR] },
      { options: { filters: { "key-name": "x*" } }, returns: [] },
    ],
    getKeyPair: {
      on: id(KEY_PAIR),
      returns: {
        id: KEY_PAIR,
        fingerprint: "05:18:5f:e7:d4:d8:68:e4:8c:58:9a:cd:d2:4b:9c:07",
      },
    },
    createKeyPair: [
      {
        options: { name: text("made"), keyType: "ed25519" },
        sends: action("CreateKeyPair", { KeyName: "made", KeyType: "ed25519" }),
      },
      {
        options: {
          name: text("made"),
          keyFormat: "pem",
          tags: [text("env:prod")],
        },
        sends: action("CreateKeyPair", {
          KeyName: "made",
          KeyFormat: "pem",
          ...tagForm("key-pair"),
        }),
        returns: {
          id: "made",
          name: "made",
          extra: {
            tags: { env: "prod" },
            keyMaterial: undefined,
            privateKey: undefined,
            requestId: undefined,
          },
        },
      },
    ],
    importKeyPair: {
      options: { name: text("me"), publicKey: text(PUBLIC_KEY), ...tagged },
      sends: action("ImportKeyPair", {
        KeyName: "me",
        PublicKeyMaterial: btoa(PUBLIC_KEY),
        ...tagForm("key-pair"),
      }),
      returns: {
        id: "me",
        name: "me",
        publicKey: PUBLIC_KEY,
        extra: { tags: { env: "prod" } },
      },
    },
    deleteKeyPair: {
      on: id(KEY_PAIR),
      sends: action("DeleteKeyPair", { KeyName: KEY_PAIR }),
    },
    getImage: { on: id(IMAGE), returns: { id: IMAGE, name: "node-1-image" } },
    createImage: [
      {
        on: id(NODE),
        options: { name: text("image"), ...tagged },
        sends: action("CreateImage", {
          InstanceId: NODE,
          Name: "image",
          ...tagForm("image"),
        }),
        returns: {
          name: "image",
          extra: { imageState: "pending", tags: { env: "prod" } },
        },
      },
      {
        on: id(NODE),
        options: {
          name: text("image"),
          description: "Before the update",
          noReboot: true,
        },
        sends: action("CreateImage", {
          InstanceId: NODE,
          Name: "image",
          Description: "Before the update",
          NoReboot: "true",
        }),
        returns: { extra: { description: "Before the update", tags: {} } },
      },
    ],
    copyImage: [
      {
        on: id(IMAGE),
        options: { location: "us-west-2" },
        sends: action("CopyImage", {
          SourceImageId: IMAGE,
          SourceRegion: "us-east-1",
          // A copy needs a name.
          Name: IMAGE,
        }),
        returns: { name: IMAGE, extra: { imageState: "pending", tags: {} } },
        // The id of a zone does not tell its region.
        refuses: [{ location: "use1-az1" }],
        isIdempotent: true,
      },
      {
        on: id(IMAGE),
        options: {
          location: "us-east-1",
          name: optional(text("copy")),
          description: "Encrypted copy",
          encrypted: true,
          kmsKeyId: "alias/images",
          copyImageTags: true,
          idempotencyKey: optional(text("abc")),
        },
        sends: action("CopyImage", {
          SourceImageId: IMAGE,
          SourceRegion: "us-east-1",
          Name: "copy",
          Description: "Encrypted copy",
          Encrypted: "true",
          KmsKeyId: "alias/images",
          CopyImageTags: "true",
          ClientToken: "abc",
        }),
        returns: { name: "copy", extra: { description: "Encrypted copy" } },
        isIdempotent: true,
      },
    ],
    deleteImage: {
      on: id(IMAGE),
      options: { deleteAssociatedSnapshots: true },
      sends: action("DeregisterImage", {
        ImageId: IMAGE,
        DeleteAssociatedSnapshots: "true",
      }),
      isIdempotent: true,
    },
    listVolumes: [
      { sends: read("DescribeVolumes", { MaxResults: "1000" }) },
      {
        options: { filters: { size: "100" } },
        returns: [VOLUME],
      },
    ],
    getVolume: {
      on: id(VOLUME),
      returns: { id: VOLUME, sizeGb: 100, nodeId: NODE },
    },
    createVolume: [
      {
        options: {
          name: text("data-2"),
          sizeGb: count(100),
          location: id("us-east-1a"),
          snapshot: optional(id(SNAPSHOT)),
          idempotencyKey: optional(text("abc")),
          volumeType: "gp3",
          ...tagged,
        },
        // The largest volumes have 64 TiB.
        refuses: [{ sizeGb: 65_537 }, { tags: { Name: "data-3" } }],
        sends: action("CreateVolume", {
          AvailabilityZone: "us-east-1a",
          Size: "100",
          SnapshotId: SNAPSHOT,
          VolumeType: "gp3",
          ClientToken: "abc",
          ...tagForm("volume", [["env", "prod"], ["Name", "data-2"]]),
        }),
        returns: {
          name: "data-2",
          sizeGb: 100,
          state: "creating",
          nodeId: undefined,
          locationId: "us-east-1a",
          extra: {
            snapshotId: SNAPSHOT,
            tags: { env: "prod", Name: "data-2" },
          },
        },
        isIdempotent: true,
      },
      {
        options: {
          name: text("data-2"),
          sizeGb: count(100),
          location: id("us-east-1a"),
          volumeType: "io2",
          iops: 4000,
          throughput: 250,
          encrypted: true,
          kmsKeyId: "alias/volumes",
          multiAttachEnabled: true,
        },
        sends: action("CreateVolume", {
          VolumeType: "io2",
          Iops: "4000",
          Throughput: "250",
          Encrypted: "true",
          KmsKeyId: "alias/volumes",
          MultiAttachEnabled: "true",
        }),
        isIdempotent: true,
      },
    ],
    attachVolume: [
      {
        on: id(VOLUME),
        options: { node: id(NODE) },
        sends: action("AttachVolume", {
          VolumeId: VOLUME,
          InstanceId: NODE,
          // The first recommended name; /dev/sdf is in use.
          Device: "/dev/sdg",
        }),
      },
      {
        on: id(VOLUME),
        options: { node: id(OTHER_NODE), device: optional(text("/dev/sdh")) },
        sends: action("AttachVolume", {
          VolumeId: VOLUME,
          InstanceId: OTHER_NODE,
          Device: "/dev/sdh",
        }),
      },
    ],
    detachVolume: [
      {
        on: id(VOLUME),
        sends: action("DetachVolume", { VolumeId: VOLUME }),
      },
      {
        on: id(VOLUME),
        options: { node: optional(id(NODE)), force: true },
        sends: action("DetachVolume", {
          VolumeId: VOLUME,
          InstanceId: NODE,
          Force: "true",
        }),
      },
    ],
    destroyVolume: {
      on: id(VOLUME),
      sends: action("DeleteVolume", { VolumeId: VOLUME }),
      isIdempotent: true,
    },
    resizeVolume: {
      on: id(VOLUME),
      options: {
        sizeGb: count(200),
        volumeType: "gp3",
        iops: 4000,
        throughput: 250,
      },
      refuses: [{ sizeGb: 65_537 }],
      sends: action("ModifyVolume", {
        VolumeId: VOLUME,
        Size: "200",
        VolumeType: "gp3",
        Iops: "4000",
        Throughput: "250",
      }),
    },
    listVolumeSnapshots: [
      {
        on: optional(id(VOLUME)),
        sends: read("DescribeSnapshots", {
          MaxResults: "1000",
          "Owner.1": "self",
          "Filter.1.Name": "volume-id",
          "Filter.1.Value.1": VOLUME,
        }),
        returns: [SNAPSHOT],
        refuses: [
          { owners: "self" },
          { filters: { "volume-id": ROOT_VOLUME } },
        ],
        responds: [{
          // Copies have this id in place of a volume's.
          body: response(
            "DescribeSnapshots",
            "<snapshotSet><item><snapshotId>snap-1</snapshotId>" +
              "<volumeId>vol-ffffffff</volumeId><status>completed</status>" +
              "</item></snapshotSet>",
          ),
          returns: [{ id: "snap-1", name: undefined, volumeId: undefined }],
        }],
      },
      { on: undefined, returns: [SNAPSHOT, ROOT_SNAPSHOT] },
      {
        on: optional(id(ROOT_VOLUME)),
        options: { owners: ["123456789012"], filters: { progress: "100%" } },
        returns: [ROOT_SNAPSHOT],
      },
    ],
    getVolumeSnapshot: {
      on: id(SNAPSHOT),
      returns: { id: SNAPSHOT, sizeGb: 100, volumeId: VOLUME },
    },
    createVolumeSnapshot: {
      on: id(VOLUME),
      options: {
        name: optional(text("data-2")),
        description: "Before the update",
        ...tagged,
      },
      sends: action("CreateSnapshot", {
        VolumeId: VOLUME,
        Description: "Before the update",
        ...tagForm("snapshot", [["env", "prod"], ["Name", "data-2"]]),
      }),
      returns: {
        name: "data-2",
        state: "creating",
        sizeGb: 100,
        volumeId: VOLUME,
        extra: { tags: { env: "prod", Name: "data-2" } },
      },
    },
    destroyVolumeSnapshot: {
      on: id(SNAPSHOT),
      sends: action("DeleteSnapshot", { SnapshotId: SNAPSHOT }),
      isIdempotent: true,
    },
    listRegions: [
      {
        responds: [nameless("DescribeRegions", "regionInfo")],
        returns: {
          id: "us-east-1",
          name: "US East (N. Virginia)",
          country: "US",
          extra: { regionEndpoint: "ec2.us-east-1.amazonaws.com" },
        },
      },
      {
        options: { all: true },
        returns: { id: "af-south-1", country: "ZA" },
      },
      {
        options: { filters: { "region-name": "eu-central-1" } },
        returns: [{ id: "eu-central-1", country: "DE" }],
      },
    ],
    listSecurityGroups: [
      {
        sends: read("DescribeSecurityGroups", { MaxResults: "1000" }),
        returns: {
          id: GROUP,
          name: "web",
          groupDescription: "Web servers",
          vpcId: VPC,
          ipPermissions: [{
            ipProtocol: "tcp",
            fromPort: 443,
            toPort: 443,
            ipRanges: [{
              cidrIp: "0.0.0.0/0",
              description: "HTTPS from everywhere",
            }],
          }],
          tags: {},
        },
      },
      { options: { filters: { "group-name": "web" } }, returns: [GROUP] },
    ],
    createSecurityGroup: {
      options: {
        name: text("db"),
        description: text("Data bases"),
        vpc: optional(id(VPC)),
        ...tagged,
      },
      sends: action("CreateSecurityGroup", {
        GroupName: "db",
        GroupDescription: "Data bases",
        VpcId: VPC,
        ...tagForm("security-group"),
      }),
    },
    authorizeIngress: {
      on: id(GROUP),
      options: { rules },
      refuses: [{ rules: rules[0] }],
      sends: action("AuthorizeSecurityGroupIngress", RULES_FORM),
    },
    revokeIngress: {
      on: id(GROUP),
      options: { rules },
      sends: action("RevokeSecurityGroupIngress", RULES_FORM),
    },
    deleteSecurityGroup: {
      on: id(GROUP),
      sends: action("DeleteSecurityGroup", { GroupId: GROUP }),
      isIdempotent: true,
    },
    listVpcs: [
      {
        sends: read("DescribeVpcs", { MaxResults: "1000" }),
        returns: [{
          id: VPC,
          name: VPC,
          state: "available",
          cidrBlock: "172.31.0.0/16",
          isDefault: true,
          tags: {},
        }],
      },
      { options: { filters: { "is-default": "false" } }, returns: [] },
    ],
    listSubnets: [
      {
        sends: read("DescribeSubnets", { MaxResults: "1000" }),
        returns: {
          id: SUBNET,
          name: SUBNET,
          state: "available",
          vpcId: VPC,
          availabilityZone: "us-east-1a",
          cidrBlock: "172.31.0.0/20",
          availableIpAddressCount: 4090,
          defaultForAz: true,
          mapPublicIpOnLaunch: true,
        },
      },
      { options: { filters: { "subnet-id": SUBNET } }, returns: [SUBNET] },
    ],
    createTags: [
      {
        on: id(NODE),
        options: tagged,
        sends: action("CreateTags", {
          "ResourceId.1": NODE,
          "Tag.1.Key": "env",
          "Tag.1.Value": "prod",
        }),
        isIdempotent: true,
      },
      {
        on: [id(NODE), id(VOLUME)],
        options: { tags: [text("web")] },
        sends: action("CreateTags", {
          "ResourceId.1": NODE,
          "ResourceId.2": VOLUME,
          "Tag.1.Key": "web",
          "Tag.1.Value": "",
        }),
        isIdempotent: true,
      },
    ],
    deleteTags: {
      on: [id(NODE), id(VOLUME)],
      options: { keys: [text("env")] },
      // Without keys, all tags would be deleted.
      refuses: [{ keys: [] }],
      sends: action("DeleteTags", {
        "ResourceId.1": NODE,
        "ResourceId.2": VOLUME,
        "Tag.1.Key": "env",
      }),
      isIdempotent: true,
    },
    listAddresses: [
      {
        responds: [{
          // An address without an allocation is its own id.
          body: response(
            "DescribeAddresses",
            "<addressesSet><item><publicIp>203.0.113.9</publicIp>" +
              "</item></addressesSet>",
          ),
          returns: [{ id: "203.0.113.9", name: "203.0.113.9" }],
        }],
        returns: [{
          id: ADDRESS,
          name: ADDRESS,
          publicIp: "198.51.100.1",
          instanceId: NODE,
          privateIpAddress: "172.31.0.4",
          tags: {},
        }],
      },
      { options: { filters: { "instance-id": OTHER_NODE } }, returns: [] },
    ],
    allocateAddress: {
      options: { tags: { env: "prod", Name: "shop" } },
      sends: action("AllocateAddress", {
        Domain: "vpc",
        ...tagForm("elastic-ip", [["env", "prod"], ["Name", "shop"]]),
      }),
      returns: {
        name: "shop",
        tags: { env: "prod", Name: "shop" },
        instanceId: undefined,
      },
    },
    associateAddress: [
      {
        on: id(ADDRESS),
        options: { node: id(OTHER_NODE) },
        sends: action("AssociateAddress", {
          AllocationId: ADDRESS,
          InstanceId: OTHER_NODE,
        }),
        isIdempotent: true,
      },
      {
        on: id(ADDRESS),
        options: { node: id(NODE), allowReassociation: false },
        sends: action("AssociateAddress", {
          AllocationId: ADDRESS,
          InstanceId: NODE,
          AllowReassociation: "false",
        }),
        isIdempotent: true,
      },
    ],
    disassociateAddress: {
      on: id(ADDRESS),
      sends: action("DisassociateAddress", { AssociationId: ASSOCIATION }),
    },
    releaseAddress: [
      {
        on: id(ADDRESS),
        sends: action("ReleaseAddress", { AllocationId: ADDRESS }),
        isIdempotent: true,
      },
      {
        // An address without an allocation is its own id.
        on: id("198.51.100.1"),
        sends: action("ReleaseAddress", { PublicIp: "198.51.100.1" }),
        isIdempotent: true,
      },
    ],
    getConsoleOutput: [
      { on: id(NODE) },
      { on: id(NODE), options: { latest: true } },
    ],
  },
};

/** Facts for property tests. */
export const cloud: Cloud = {
  node: { size: SIZE, image: "ami-0184b757333638052" },
  volume: { sizeGb: 10, location: "us-east-1a" },
  paging: "linked",
  simulate: (random) =>
    new Ec2Simulator({
      ...randomFaults(random),
      nodes: 1,
      createMs: random.int(0, 60_000),
      actionMs: random.int(0, 20_000),
      hiddenMs: random.int(0, 90_000),
      addressMs: random.int(0, 5_000),
    }),
};

/**
 * Opens a simulated account with short pages and no delays.
 *
 * @param options Number of nodes, and size of the largest page.
 * @returns The account.
 */
export function account(options: AccountOptions): Account {
  const { credentials, fetch } = new Ec2Simulator({
    ...IMMEDIATE.ec2,
    ...options,
    createMs: 0,
    actionMs: 0,
    listedMs: 0,
    keyBits: 1024,
  });
  const region = "us-east-1";
  return {
    fetch,
    connect: (settings) =>
      new Ec2NetworkDriver({ ...credentials, region, fetch, ...settings }),
  };
}
