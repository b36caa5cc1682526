/**
 * Launch of EC2 instances.
 *
 * @module
 */

import { decodeBase64 } from "@std/encoding/base64";
import { type InstanceType, NOT_IN_FIRST_ZONE, TYPES } from "./catalog.ts";
import { availableImage } from "./images.ts";
import { GROUP, pick, SNAPSHOT, SUBNET, zoneOf } from "./lookup.ts";
import {
  boolean,
  integer,
  list,
  oneOf,
  refuse,
  refuseValue,
  required,
  string,
  structure,
  type Tags,
  tagsFor,
  tagSpecifications,
  timestamp,
  type Values,
} from "./query.ts";
import type { Image, Instance, SecurityGroup, Subnet } from "./records.ts";
import type { Region } from "./region.ts";
import { addVolume, VOLUME_TYPES } from "./volumes.ts";

/** Most instances that one request can launch. */
const MAX_RUN = 1000;

/** Longest user data, in bytes. */
const MAX_USER_DATA = 16_384;

const blockDevice = structure({
  DeviceName: required(string),
  NoDevice: string,
  VirtualName: string,
  Ebs: structure({
    DeleteOnTermination: boolean,
    Encrypted: boolean,
    Iops: integer(1),
    KmsKeyId: string,
    SnapshotId: string,
    Throughput: integer(1),
    VolumeSize: integer(1, 65_536),
    VolumeType: oneOf(...VOLUME_TYPES),
  }),
});

const ipv6Address = structure({
  Ipv6Address: required(string),
  IsPrimaryIpv6: boolean,
});

/** Parameters of RunInstances. */
export const RUN = {
  AdditionalInfo: string,
  BlockDeviceMapping: list(blockDevice),
  ClientToken: string,
  CpuOptions: structure({
    AmdSevSnp: oneOf("enabled", "disabled"),
    CoreCount: integer(1),
    ThreadsPerCore: integer(1, 2),
  }),
  // Not stored, because no simulated operation returns it.
  CreditSpecification: structure({
    CpuCredits: required(oneOf("standard", "unlimited")),
  }),
  DisableApiStop: boolean,
  DisableApiTermination: boolean,
  EbsOptimized: boolean,
  HibernationOptions: structure({ Configured: boolean }),
  IamInstanceProfile: structure({ Arn: string, Name: string }),
  ImageId: required(string),
  InstanceInitiatedShutdownBehavior: oneOf("stop", "terminate"),
  InstanceMarketOptions: structure({
    MarketType: oneOf("spot", "on-demand"),
    SpotOptions: structure({
      BlockDurationMinutes: integer(),
      InstanceInterruptionBehavior: oneOf("hibernate", "stop", "terminate"),
      MaxPrice: string,
      SpotInstanceType: oneOf("one-time", "persistent"),
      ValidUntil: timestamp,
    }),
  }),
  InstanceType: string,
  Ipv6Address: list(ipv6Address),
  Ipv6AddressCount: integer(0, 100),
  KeyName: string,
  MaintenanceOptions: structure({ AutoRecovery: oneOf("disabled", "default") }),
  MaxCount: required(integer(1)),
  MetadataOptions: structure({
    HttpEndpoint: oneOf("disabled", "enabled"),
    HttpProtocolIpv6: oneOf("disabled", "enabled"),
    HttpPutResponseHopLimit: integer(1, 64),
    HttpTokens: oneOf("optional", "required"),
    InstanceMetadataTags: oneOf("disabled", "enabled"),
  }),
  MinCount: required(integer(1)),
  Monitoring: structure({ Enabled: required(boolean) }),
  NetworkInterface: list(structure({
    AssociatePublicIpAddress: boolean,
    DeleteOnTermination: boolean,
    Description: string,
    DeviceIndex: integer(),
    Ipv6AddressCount: integer(0, 100),
    Ipv6Addresses: list(ipv6Address),
    PrivateIpAddress: string,
    SecurityGroupId: list(required(string)),
    SubnetId: string,
  })),
  Placement: structure({
    AvailabilityZone: string,
    AvailabilityZoneId: string,
    Tenancy: oneOf("default", "dedicated", "host"),
  }),
  PrivateIpAddress: string,
  SecurityGroup: list(required(string)),
  SecurityGroupId: list(required(string)),
  SubnetId: string,
  TagSpecification: tagSpecifications,
  UserData: string,
} as const;

/** Parameters of RunInstances, as they are read. */
export type Run = Values<typeof RUN>;

/**
 * Finds an instance type.
 *
 * @param name Name of the type.
 * @returns The type.
 * @throws {Ec2Refusal} If there is no such type.
 */
export function typeOf(name: string): InstanceType {
  return TYPES.find((type) => type.name === name) ??
    refuseValue(`Invalid value '${name}' for InstanceType.`);
}

/**
 * Launches instances.
 *
 * @param params Parameters of the request.
 * @param region Region of the request.
 * @returns The new instances, which are pending.
 * @throws {Ec2Refusal} If a parameter is invalid.
 */
export function run(params: Run, region: Region): readonly Instance[] {
  const { MinCount: min, MaxCount: max } = params;
  if (min > max) {
    refuse(
      "InvalidParameterCombination",
      "The parameter minCount must not be greater than maxCount",
    );
  }
  if (min > MAX_RUN) {
    refuse(
      "InstanceLimitExceeded",
      `Your quota allows for ${MAX_RUN} more running instance(s). You requested at least ${min}`,
    );
  }
  const image = availableImage(region, params.ImageId);
  const type = typeOf(params.InstanceType ?? "m1.small");
  const arch = type.arch ?? "x86_64";
  if (image.arch !== arch) {
    refuseValue(
      `The architecture '${arch}' of the specified instance type does not match the architecture '${image.arch}' of the specified AMI. Specify an instance type and an AMI that have matching architectures, and try again.`,
    );
  }
  const { KeyName: keyName } = params;
  if (keyName !== undefined && !region.keyPairs.has(keyName)) {
    refuse(
      "InvalidKeyPair.NotFound",
      `The key pair '${keyName}' does not exist`,
    );
  }
  const { subnet, groups, isPublic } = placementOf(params, region);
  if (subnet.zone === region.zones[0] && NOT_IN_FIRST_ZONE.has(type.name)) {
    refuse(
      "Unsupported",
      `Your requested instance type (${type.name}) is not supported in your requested Availability Zone (${subnet.zone.name}). Please retry your request by not specifying an Availability Zone or choosing another one.`,
    );
  }
  const userData = readUserData(params.UserData);
  const others = ["volume", "network-interface", "spot-instances-request"];
  const tags = tagsFor(params.TagSpecification, "instance", others);
  const volumeTags = tagsFor(params.TagSpecification, "volume", [
    "instance",
    ...others,
  ]);
  const profile = profileOf(params, region);
  const disks = disksOf(params, image, region);
  const isSpot = isSpotRun(params);
  const { MetadataOptions: metadata, NetworkInterface: [card] } = params;
  const privateIp = params.PrivateIpAddress ?? card?.PrivateIpAddress;
  if (privateIp !== undefined && max > 1) {
    refuse(
      "InvalidParameterCombination",
      "A private IP address cannot be given for more than one instance",
    );
  }
  const ipv6 = [...params.Ipv6Address, ...card?.Ipv6Addresses ?? []]
    .map((it) => it.Ipv6Address);
  const ipv6Count = params.Ipv6AddressCount ?? card?.Ipv6AddressCount ??
    ipv6.length;
  const launch: Launch = {
    reservation: { id: region.ids.next("r") },
    image,
    type,
    keyName,
    userData,
    subnet,
    groups,
    isPublic,
    privateIp,
    ipv6,
    ipv6Count,
    tags,
    volumeTags,
    disks,
    clientToken: params.ClientToken,
    isMonitored: params.Monitoring?.Enabled ?? false,
    profile,
    isSpot,
    interfaceDescription: card?.Description ?? "",
    isPersistent: params.InstanceMarketOptions?.SpotOptions
      ?.SpotInstanceType === "persistent",
    cpu: {
      coreCount: params.CpuOptions?.CoreCount ?? Math.max(1, type.vcpus >> 1),
      threadsPerCore: params.CpuOptions?.ThreadsPerCore ??
        (type.arch || type.vcpus === 1 ? 1 : 2),
    },
    recovery: params.MaintenanceOptions?.AutoRecovery ?? "default",
    tenancy: params.Placement?.Tenancy ?? "default",
    metadata: {
      httpTokens: metadata?.HttpTokens ?? "optional",
      httpPutResponseHopLimit: metadata?.HttpPutResponseHopLimit ?? 1,
      httpEndpoint: metadata?.HttpEndpoint ?? "enabled",
      httpProtocolIpv6: metadata?.HttpProtocolIpv6 ?? "disabled",
      instanceMetadataTags: metadata?.InstanceMetadataTags ?? "disabled",
    },
    mayHibernate: params.HibernationOptions?.Configured ?? false,
    isProtected: params.DisableApiTermination ?? false,
    isStopProtected: params.DisableApiStop ?? false,
    shutdownBehavior: params.InstanceInitiatedShutdownBehavior ?? "stop",
    isEbsOptimized: params.EbsOptimized ?? false,
  };
  return Array.from({ length: Math.min(max, MAX_RUN) }, (_, index) => {
    const instance = addInstance(region, launch, index, region.now);
    instance.reason = { code: "pending", message: "pending" };
    region.boot(instance, "RunInstances");
    return instance;
  });
}

/** Properties of instances to launch. */
export interface Launch extends
  Pick<
    Instance,
    | "reservation"
    | "image"
    | "type"
    | "keyName"
    | "userData"
    | "subnet"
    | "groups"
    | "isPublic"
    | "tags"
    | "clientToken"
    | "isMonitored"
    | "profile"
    | "interfaceDescription"
    | "isPersistent"
    | "cpu"
    | "recovery"
    | "tenancy"
    | "metadata"
    | "mayHibernate"
    | "isProtected"
    | "isStopProtected"
    | "shutdownBehavior"
    | "isEbsOptimized"
  > {
  /** Private address to use, or `undefined` for the next free one. */
  readonly privateIp: string | undefined;
  /** IPv6 addresses to use. */
  readonly ipv6: readonly string[];
  /** Number of IPv6 addresses. */
  readonly ipv6Count: number;
  /** Tags of the volumes. */
  readonly volumeTags: Tags;
  /** Volumes to create. */
  readonly disks: readonly Disk[];
  /** Whether to launch spot instances. */
  readonly isSpot: boolean;
}

/**
 * Adds a running instance.
 *
 * @param region Region of the instance.
 * @param launch Properties of the instance.
 * @param launchIndex Index of the instance within its reservation.
 * @param at Launch time, in milliseconds since 1970.
 * @returns The instance.
 */
export function addInstance(
  region: Region,
  launch: Launch,
  launchIndex: number,
  at: number,
): Instance {
  const { privateIp, ipv6, ipv6Count, volumeTags, disks, isSpot, ...rest } =
    launch;
  const id = region.ids.next("i");
  const { order } = region.ids;
  const instance: Instance = {
    ...rest,
    id,
    order,
    launchIndex,
    privateIp: region.takeAddress(rest.subnet, privateIp),
    publicIp: rest.isPublic ? region.takePublicIp() : undefined,
    ipv6: Array.from(
      { length: ipv6Count },
      (_, index) => ipv6[index] ?? ipv6Of(order, index),
    ),
    interfaceId: region.ids.next("eni"),
    attachmentId: region.ids.next("eni-attach"),
    mac: ["0a:00", ...hexBytes(order, 8)].join(":"),
    state: "running",
    operation: undefined,
    reason: undefined,
    transition: "",
    launchedAt: at,
    createdAt: at,
    publicAt: 0,
    busyUntil: 0,
    tags: new Map(rest.tags),
    spotRequest: isSpot ? region.ids.next("sir") : undefined,
    sourceDestCheck: true,
    volumes: new Map(),
  };
  for (const { device, isDeletedOnTermination, ...disk } of disks) {
    const volume = addVolume(region, {
      ...disk,
      zone: rest.subnet.zone,
      isMultiAttach: false,
      tags: new Map(volumeTags),
    });
    volume.state = "in-use";
    volume.attachment = {
      instance,
      device,
      status: "attached",
      at,
      isDeletedOnTermination,
    };
    instance.volumes.set(device, volume);
  }
  region.timeline.add(region.instances, instance);
  return instance;
}

function hexBytes(number: number, digits: number): readonly string[] {
  return number.toString(16).padStart(digits, "0").match(/../g) ?? [];
}

/** Returns an address of the IPv6 range for documentation. */
function ipv6Of(order: number, index: number): string {
  const [high, low] = [order >>> 16, order & 0xffff];
  return `2001:db8:${high.toString(16)}:${low.toString(16)}::${
    (index + 1).toString(16)
  }`;
}

/**
 * Reads the subnet, the security groups, and whether to assign a public
 * address.
 */
function placementOf(
  params: Run,
  region: Region,
): {
  readonly subnet: Subnet;
  readonly groups: readonly SecurityGroup[];
  readonly isPublic: boolean;
} {
  const { NetworkInterface: cards, Placement: placement } = params;
  const [card] = cards;
  if (cards.length > 1) {
    refuse(
      "UnsupportedOperation",
      "This simulator attaches one network interface to an instance",
    );
  }
  if (card !== undefined) {
    if (card.DeviceIndex !== 0) {
      refuse(
        "MissingParameter",
        "The request must contain a network interface with the device index 0",
      );
    }
    if (card.DeleteOnTermination === false) {
      refuse(
        "UnsupportedOperation",
        "This simulator has no network interfaces that outlive their instance",
      );
    }
    const conflict = params.SubnetId !== undefined
      ? "an instance-level subnet ID"
      : params.SecurityGroupId.length + params.SecurityGroup.length > 0
      ? "instance-level security groups"
      : params.PrivateIpAddress !== undefined
      ? "an instance-level private IP address"
      : undefined;
    if (conflict !== undefined) {
      refuse(
        "InvalidParameterCombination",
        `Network interfaces and ${conflict} may not be specified on the same request`,
      );
    }
  }
  const subnetId = card?.SubnetId ?? params.SubnetId;
  const zone = zoneOf(region, placement);
  const subnet = subnetId !== undefined
    ? pick(region.subnets, subnetId, SUBNET)
    : [...region.subnets.values()].find((it) =>
      it.isDefault && (zone === undefined || it.zone === zone)
    )!;
  if (zone !== undefined && subnet.zone !== zone) {
    refuseValue(
      `The availability zone '${zone.name}' does not match that of the subnet '${subnet.id}'`,
    );
  }
  const named = params.SecurityGroup;
  const given = card?.SecurityGroupId ?? params.SecurityGroupId;
  if (named.length > 0 && (given.length > 0 || subnetId !== undefined)) {
    refuse(
      "InvalidParameterCombination",
      "The parameter groupName cannot be used with the parameter subnet",
    );
  }
  const names = named.length + given.length > 0 ? named : ["default"];
  const groups = [
    ...given.map((id) => pick(region.groups, id, GROUP)),
    ...names.map((name) => groupNamed(region, name, subnet.vpc)),
  ];
  for (const { id, vpc } of groups) {
    if (vpc === subnet.vpc) continue;
    refuse(
      "InvalidParameter",
      `Security group ${id} and subnet ${subnet.id} belong to different networks.`,
    );
  }
  return {
    subnet,
    groups,
    isPublic: card?.AssociatePublicIpAddress ?? subnet.isDefault,
  };
}

function groupNamed(
  region: Region,
  name: string,
  vpc: SecurityGroup["vpc"],
): SecurityGroup {
  return [...region.groups.values()]
    .find((it) => it.name === name && it.vpc === vpc) ??
    refuse(
      "InvalidGroup.NotFound",
      `The security group '${name}' does not exist in VPC '${vpc.id}'`,
    );
}

/** Checks user data, which stays base64-encoded. */
export function readUserData(encoded: string | undefined): string | undefined {
  if (!encoded) return undefined;
  let size: number;
  try {
    size = decodeBase64(encoded).length;
  } catch {
    refuse("InvalidUserData.Malformed", "Invalid BASE64 encoding of user data");
  }
  if (size > MAX_USER_DATA) {
    refuseValue(`User data is limited to ${MAX_USER_DATA} bytes`);
  }
  return encoded;
}

function profileOf(
  { IamInstanceProfile: given }: Run,
  region: Region,
): Instance["profile"] {
  const { Arn: arn, Name: name } = given ?? {};
  if (arn === undefined && name === undefined) return undefined;
  if (arn !== undefined && name !== undefined) {
    refuse(
      "InvalidParameterCombination",
      "The parameter 'iamInstanceProfile.name' may not be used in combination with 'iamInstanceProfile.arn'",
    );
  }
  if (name !== undefined && !/^[\w+=,.@-]{1,128}$/.test(name)) {
    refuseValue(
      `Value (${name}) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name`,
    );
  }
  if (
    arn !== undefined &&
    !/^arn:[\w-]+:iam::\d{12}:instance-profile\/[\w+=,.@/-]+$/.test(arn)
  ) {
    refuseValue(
      `Value (${arn}) for parameter iamInstanceProfile.arn is invalid. Invalid IAM Instance Profile ARN`,
    );
  }
  return {
    arn: arn ?? region.arn(`instance-profile/${name}`, "iam"),
    id: "AIPACKCEVSQ6C2EXAMPLE",
  };
}

function isSpotRun({ InstanceMarketOptions: market }: Run): boolean {
  const { MaxPrice: price } = market?.SpotOptions ?? {};
  if (market?.MarketType !== "spot") {
    if (market?.SpotOptions === undefined) return false;
    refuse(
      "InvalidParameterCombination",
      "Spot options may only be given for the market type 'spot'",
    );
  }
  if (price !== undefined && !(Number(price) > 0)) {
    refuse("InvalidSpotMaxPrice", `The maximum price ${price} is not valid`);
  }
  return true;
}

/** A volume to create with an instance. */
export interface Disk {
  readonly device: string;
  readonly isDeletedOnTermination: boolean;
  readonly sizeGib: number;
  readonly type: string;
  readonly iops: number | undefined;
  readonly throughput: number | undefined;
  readonly snapshotId: string | undefined;
  readonly isEncrypted: boolean;
  readonly kmsKeyId: string | undefined;
}

/**
 * Returns the volumes of a new instance: those of the image, changed by the
 * block device mappings of the request.
 *
 * @param params Parameters of the request.
 * @param image Image of the instance.
 * @param region Region of the request.
 * @returns The volumes.
 * @throws {Ec2Refusal} If a mapping is invalid.
 */
export function disksOf(
  params: Pick<Run, "BlockDeviceMapping">,
  image: Image,
  region: Region,
): readonly Disk[] {
  const disks = new Map<string, Disk>(image.disks.map((disk) => [
    disk.device,
    {
      device: disk.device,
      isDeletedOnTermination: disk.isDeletedOnTermination,
      sizeGib: disk.sizeGib,
      type: disk.type,
      iops: undefined,
      throughput: undefined,
      snapshotId: disk.snapshot.id,
      isEncrypted: disk.snapshot.isEncrypted,
      kmsKeyId: disk.snapshot.kmsKeyId,
    },
  ]));
  for (
    const {
      DeviceName: device,
      NoDevice: removed,
      Ebs: ebs,
      VirtualName: local,
    } of params.BlockDeviceMapping
  ) {
    const before = disks.get(device);
    if (removed !== undefined) {
      disks.delete(device);
      continue;
    }
    // The instance type determines the local disks; their names do not matter.
    if (local !== undefined) continue;
    const snapshotId = ebs?.SnapshotId ?? before?.snapshotId;
    const snapshot = snapshotId === undefined
      ? undefined
      : pick(region.snapshots, snapshotId, SNAPSHOT);
    const sizeGib = ebs?.VolumeSize ?? before?.sizeGib ?? snapshot?.sizeGib;
    if (sizeGib === undefined) {
      refuse(
        "MissingParameter",
        `The request must contain the parameter size or snapshotId for ${device}`,
      );
    }
    if (snapshot !== undefined && sizeGib < snapshot.sizeGib) {
      refuse(
        "InvalidBlockDeviceMapping",
        `Volume of size ${sizeGib}GB is smaller than snapshot '${snapshot.id}', expect size >= ${snapshot.sizeGib}GB`,
      );
    }
    disks.set(device, {
      device,
      isDeletedOnTermination: ebs?.DeleteOnTermination ??
        before?.isDeletedOnTermination ?? true,
      sizeGib,
      type: ebs?.VolumeType ?? before?.type ?? "gp2",
      iops: ebs?.Iops,
      throughput: ebs?.Throughput,
      snapshotId,
      isEncrypted: ebs?.Encrypted ?? snapshot?.isEncrypted ?? false,
      kmsKeyId: ebs?.KmsKeyId ?? snapshot?.kmsKeyId,
    });
  }
  return [...disks.values()];
}
