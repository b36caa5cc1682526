/**
 * The records of EC2, and how they are read out of its XML.
 *
 * @module
 */

import {
  type KeyPair,
  lookUp,
  type Node,
  type NodeImage,
  type NodeLocation,
  type NodeSize,
  type NodeState,
  type Price,
  splitIps,
  toNumber,
  toTime,
  type Volume,
  type VolumeSnapshot,
  type VolumeSnapshotState,
  type VolumeState,
  type XmlElement,
} from "../core/mod.ts";

/** Tags by their keys. */
export type Ec2Tags = Readonly<Record<string, string>>;

/** A security group, as the things in it name it. */
export interface Ec2GroupName {
  /** Id, such as `"sg-0123456789abcdef0"`. */
  readonly id: string;
  /** Name. */
  readonly name?: string | undefined;
}

/** A volume of a node. */
export interface Ec2NodeVolume {
  /** Name of the device, such as `"/dev/sda1"`. */
  readonly device?: string | undefined;
  /** Id of the volume. */
  readonly volumeId?: string | undefined;
  /** `"attaching"`, `"attached"`, `"detaching"` or `"detached"`. */
  readonly status?: string | undefined;
  /** Whether the volume goes when the node does. */
  readonly deleteOnTermination?: boolean | undefined;
}

/** A node at EC2: an instance. */
export type Ec2Node = Node<{
  /** EC2's own word for the state, such as `"shutting-down"`. */
  readonly state?: string | undefined;
  /** Code of why it is in this state. */
  readonly stateReason?: string | undefined;
  /** The same in words. */
  readonly stateMessage?: string | undefined;
  /** `"spot"`, `"scheduled"`, `"capacity-block"`; absent where on demand. */
  readonly lifecycle?: string | undefined;
  /** Name of the key it was given. */
  readonly keyName?: string | undefined;
  /** Id of the private network. */
  readonly vpcId?: string | undefined;
  /** Id of the subnet. */
  readonly subnetId?: string | undefined;
  /** Security groups it is in. */
  readonly securityGroups: readonly Ec2GroupName[];
  /** Volumes. */
  readonly volumes: readonly Ec2NodeVolume[];
  /** Tags; the one called `Name` is the name. */
  readonly tags: Ec2Tags;
  /** Such as `"x86_64"` or `"arm64"`. */
  readonly architecture?: string | undefined;
  /** Such as `"Linux/UNIX"`. */
  readonly platform?: string | undefined;
  /** Name in the public DNS. */
  readonly publicDns?: string | undefined;
  /** Name in the private DNS. */
  readonly privateDns?: string | undefined;
  /** ARN of the IAM instance profile. */
  readonly iamProfile?: string | undefined;
  /** Id of the launch it came from. */
  readonly reservationId?: string | undefined;
  /** Number of the account. */
  readonly ownerId?: string | undefined;
}>;

/** A size at EC2: an instance type. */
export type Ec2Size = NodeSize<{
  /** Such as `"x86_64"` or `"arm64"`. */
  readonly architecture?: string | undefined;
  /** Network bandwidth in Mbit/s that it always has. */
  readonly networkMbps?: number | undefined;
  /** Bandwidth to its volumes in Mbit/s that it always has. */
  readonly ebsMbps?: number | undefined;
  /** `false` where AWS advises a newer one. */
  readonly currentGeneration?: boolean | undefined;
  /** Number of graphics processors. */
  readonly gpus?: number | undefined;
  /** What they are. */
  readonly gpuName?: string | undefined;
  /** Their memory in MiB, all together. */
  readonly gpuMib?: number | undefined;
  /** Day of what is said here, if older than the rest of the list. */
  readonly asOf?: string | undefined;
}>;

/** An image at EC2: an AMI. */
export type Ec2Image = NodeImage<{
  /** EC2's own word for the state, such as `"available"`. */
  readonly state?: string | undefined;
  /** Text for people. */
  readonly description?: string | undefined;
  /** Number of the account it belongs to. */
  readonly ownerId?: string | undefined;
  /** Such as `"amazon"`, where AWS has verified the owner. */
  readonly ownerAlias?: string | undefined;
  /** Whether everyone can use it. */
  readonly isPublic?: boolean | undefined;
  /** Such as `"x86_64"` or `"arm64"`. */
  readonly architecture?: string | undefined;
  /** Such as `"Linux/UNIX"`. */
  readonly platform?: string | undefined;
  /** Device of the root volume. */
  readonly rootDevice?: string | undefined;
  /** Smallest root volume in GiB. */
  readonly minDiskGb?: number | undefined;
  /** Ids of the snapshots it is made of. */
  readonly snapshotIds: readonly string[];
  /** Time of creation, ISO 8601 in UTC. */
  readonly createdAt?: string | undefined;
  /** When it is, or was, to be used no more, ISO 8601 in UTC. */
  readonly deprecatedAt?: string | undefined;
  /** Tags. */
  readonly tags: Ec2Tags;
}>;

/** A location at EC2: an availability zone. */
export type Ec2Location = NodeLocation<{
  /** Id of its region. */
  readonly regionId?: string | undefined;
  /** Id that is the same in all accounts, such as `"use1-az1"`. */
  readonly zoneId?: string | undefined;
  /** `"availability-zone"`, `"local-zone"` or `"wavelength-zone"`. */
  readonly type?: string | undefined;
  /** Such as `"available"`. */
  readonly state?: string | undefined;
  /** Such as `"opt-in-not-required"`. */
  readonly optInStatus?: string | undefined;
}>;

/** A region of AWS. */
export type Ec2Region = NodeLocation<{
  /** Host of its API. */
  readonly endpoint?: string | undefined;
  /** Such as `"opt-in-not-required"`. */
  readonly optInStatus?: string | undefined;
}>;

/** A key at EC2; its id is its name, which is what nodes are created with. */
export type Ec2KeyPair = KeyPair<{
  /** Id of the key itself, such as `"key-0123456789abcdef0"`. */
  readonly keyPairId?: string | undefined;
  /** `"rsa"` or `"ed25519"`. */
  readonly type?: string | undefined;
  /** Time of creation, ISO 8601 in UTC. */
  readonly createdAt?: string | undefined;
  /** Tags. */
  readonly tags: Ec2Tags;
}>;

/** A volume at EC2. */
export type Ec2Volume = Volume<{
  /** EC2's own word for the state, such as `"in-use"`. */
  readonly status?: string | undefined;
  /** Such as `"gp3"`. */
  readonly type?: string | undefined;
  /** Operations a second. */
  readonly iops?: number | undefined;
  /** MiB a second. */
  readonly throughput?: number | undefined;
  /** Whether it is encrypted. */
  readonly isEncrypted?: boolean | undefined;
  /** ARN of the key it is encrypted with. */
  readonly kmsKeyId?: string | undefined;
  /** Id of the snapshot it was filled from. */
  readonly snapshotId?: string | undefined;
  /** Name of the device at the node. */
  readonly device?: string | undefined;
  /** Ids of all nodes it is attached to; few kinds allow more than one. */
  readonly nodeIds: readonly string[];
  /** Tags; the one called `Name` is the name. */
  readonly tags: Ec2Tags;
}>;

/** A snapshot of a volume at EC2. */
export type Ec2VolumeSnapshot = VolumeSnapshot<{
  /** EC2's own word for the state, such as `"completed"`. */
  readonly status?: string | undefined;
  /** How far it is, such as `"87%"`. */
  readonly progress?: string | undefined;
  /** Text for people. */
  readonly description?: string | undefined;
  /** Number of the account it belongs to. */
  readonly ownerId?: string | undefined;
  /** Whether it is encrypted. */
  readonly isEncrypted?: boolean | undefined;
  /** `"standard"` or `"archive"`. */
  readonly storageTier?: string | undefined;
  /** Tags; the one called `Name` is the name. */
  readonly tags: Ec2Tags;
}>;

/** What a security group lets through. */
export interface Ec2Rule {
  /** `"tcp"`, `"udp"`, `"icmp"`, `"icmpv6"`, a number, or `"-1"` for all. */
  readonly protocol: string;
  /** First port, or the type of ICMP, where -1 is for all. */
  readonly fromPort?: number | undefined;
  /**
   * Last port, or the code of ICMP, where -1 is for all.
   *
   * @default {the first port}
   */
  readonly toPort?: number | undefined;
  /** Networks, IPv4 and IPv6, such as `"203.0.113.0/24"`. */
  readonly cidrs?: readonly string[] | undefined;
  /** Ids of security groups whose members it is for. */
  readonly groupIds?: readonly string[] | undefined;
  /** Text for people, kept with each network. */
  readonly description?: string | undefined;
}

/** A security group. */
export interface Ec2SecurityGroup {
  /** Id, such as `"sg-0123456789abcdef0"`. */
  readonly id: string;
  /** Name. */
  readonly name: string;
  /** Text for people. */
  readonly description?: string | undefined;
  /** Id of the private network. */
  readonly vpcId?: string | undefined;
  /** What may come in. */
  readonly ingress: readonly Ec2Rule[];
  /** What may go out. */
  readonly egress: readonly Ec2Rule[];
  /** Tags. */
  readonly tags: Ec2Tags;
}

/** A private network. */
export interface Ec2Vpc {
  /** Id, such as `"vpc-0123456789abcdef0"`. */
  readonly id: string;
  /** Name, from the tag. */
  readonly name: string;
  /** `"pending"` or `"available"`. */
  readonly state?: string | undefined;
  /** Its networks, IPv4 and IPv6. */
  readonly cidrs: readonly string[];
  /** Whether nodes are in it that say nothing else. */
  readonly isDefault?: boolean | undefined;
  /** Tags. */
  readonly tags: Ec2Tags;
}

/** A subnet of a private network, in one zone. */
export interface Ec2Subnet {
  /** Id, such as `"subnet-0123456789abcdef0"`. */
  readonly id: string;
  /** Name, from the tag. */
  readonly name: string;
  /** Such as `"available"`. */
  readonly state?: string | undefined;
  /** Id of the private network. */
  readonly vpcId?: string | undefined;
  /** Id of the zone. */
  readonly locationId?: string | undefined;
  /** Its networks, IPv4 and IPv6. */
  readonly cidrs: readonly string[];
  /** How many addresses are free. */
  readonly freeIps?: number | undefined;
  /** Whether nodes are in it that say no more than the zone. */
  readonly isDefault?: boolean | undefined;
  /** Whether nodes in it get a public address. */
  readonly hasPublicIps?: boolean | undefined;
  /** Tags. */
  readonly tags: Ec2Tags;
}

/** An elastic address. */
export interface Ec2Address {
  /** Id of the allocation, such as `"eipalloc-0123456789abcdef0"`. */
  readonly id: string;
  /** The address. */
  readonly ip?: string | undefined;
  /** Id of the node that it leads to. */
  readonly nodeId?: string | undefined;
  /** Id of the network interface that it leads to. */
  readonly networkInterfaceId?: string | undefined;
  /** The private address that it leads to. */
  readonly privateIp?: string | undefined;
  /** Id of what ties it to a node. */
  readonly associationId?: string | undefined;
  /** Tags. */
  readonly tags: Ec2Tags;
}

/** A tag of something. */
export interface Ec2Tag {
  /** Id of what has it. */
  readonly resourceId: string;
  /** What that is, such as `"instance"`. */
  readonly resourceType?: string | undefined;
  /** Key. */
  readonly key: string;
  /** Value, which may be empty. */
  readonly value: string;
}

/** What a node has written to its console. */
export interface Ec2ConsoleOutput {
  /** The last of it, up to 64 KiB; empty right after the start. */
  readonly text: string;
  /** When it was read, ISO 8601 in UTC. */
  readonly readAt?: string | undefined;
}

/** Sizes, and what they cost, in `data/`. */
export interface SizeData {
  readonly sizes: readonly {
    readonly id: string;
    readonly vcpus: number;
    readonly ramMib: number;
    readonly diskGb?: number;
    readonly extra: Ec2Size["extra"];
  }[];
  readonly prices: Readonly<
    Record<string, {
      readonly currency: string;
      readonly asOf: string;
      readonly hourly: Readonly<Record<string, number>>;
    }>
  >;
}

/** Regions, in `data/`. */
export interface RegionData {
  readonly regions: readonly {
    readonly id: string;
    readonly name: string;
    readonly country: string;
  }[];
}

// By EC2's word and, where it is a new one, by the low byte of its code.
const STATES: Readonly<Record<string, NodeState>> = {
  pending: "pending",
  0: "pending",
  running: "running",
  16: "running",
  // It will end as terminated.
  "shutting-down": "stopping",
  32: "stopping",
  terminated: "terminated",
  48: "terminated",
  stopping: "stopping",
  64: "stopping",
  stopped: "stopped",
  80: "stopped",
};

const VOLUME_STATES: Readonly<Record<string, VolumeState>> = {
  creating: "creating",
  available: "available",
  "in-use": "inuse",
  deleting: "deleting",
  deleted: "deleted",
  error: "error",
  // Of the attachment, while the volume itself is in use.
  attaching: "attaching",
  detaching: "detaching",
};

const SNAPSHOT_STATES: Readonly<Record<string, VolumeSnapshotState>> = {
  pending: "creating",
  completed: "available",
  error: "error",
  // Deleted, and still in the recycle bin.
  recoverable: "deleted",
  recovering: "restoring",
};

const IPS = [
  "ipAddress",
  "publicIp",
  "carrierIp",
  "privateIpAddress",
  "ipv6Address",
];

/** Reads the number at the end of a path. */
function numberAt(
  element: XmlElement,
  ...names: readonly string[]
): number | undefined {
  return toNumber(element.textAt(...names));
}

/** Reads the yes or no at the end of a path. */
function flagAt(
  element: XmlElement,
  ...names: readonly string[]
): boolean | undefined {
  const text = element.textAt(...names);
  return text ? text === "true" : undefined;
}

/** Reads the time at the end of a path. */
function timeAt(
  element: XmlElement,
  ...names: readonly string[]
): string | undefined {
  return toTime(element.textAt(...names));
}

/**
 * Reads what must be there.
 *
 * @throws {TypeError} If it is not.
 */
export function idAt(element: XmlElement, name: string): string {
  const id = element.textAt(name);
  if (!id) throw new TypeError(`There is no ${name}`);
  return id;
}

/** Reads the same field of all items of a list. */
function textsAt(element: XmlElement, list: string, name: string): string[] {
  return element.all(list, "item").flatMap((item) => item.textAt(name) ?? []);
}

function tagsOf(element: XmlElement): Ec2Tags {
  return Object.fromEntries(
    element.all("tagSet", "item").map((
      tag,
    ) => [tag.textAt("key") ?? "", tag.textAt("value") ?? ""]),
  );
}

function nameOf(tags: Ec2Tags): string | undefined {
  return lookUp(tags, "Name") || undefined;
}

/** Reads the nodes of a launch. */
export function toNodes(reservation: XmlElement): Ec2Node[] {
  const reservationId = reservation.textAt("reservationId");
  const ownerId = reservation.textAt("ownerId");
  return reservation.all("instancesSet", "item").map((instance) => {
    const text = (...names: string[]) => instance.textAt(...names);
    const tags = tagsOf(instance);
    const id = idAt(instance, "instanceId");
    const state = text("instanceState", "name");
    const code = Number(text("instanceState", "code") ?? -1);
    return {
      id,
      name: nameOf(tags) ?? id,
      state: lookUp(STATES, state) ?? lookUp(STATES, `${code & 0xff}`) ??
        "unknown",
      ...splitIps(ipsOf(instance)),
      createdAt: timeAt(instance, "launchTime"),
      sizeId: text("instanceType"),
      imageId: text("imageId"),
      locationId: text("placement", "availabilityZone"),
      extra: {
        state,
        stateReason: text("stateReason", "code"),
        stateMessage: text("stateReason", "message"),
        lifecycle: text("instanceLifecycle"),
        keyName: text("keyName"),
        vpcId: text("vpcId"),
        subnetId: text("subnetId"),
        securityGroups: instance.all("groupSet", "item").map((group) => ({
          id: idAt(group, "groupId"),
          name: group.textAt("groupName"),
        })),
        volumes: instance.all("blockDeviceMapping", "item").map((disk) => ({
          device: disk.textAt("deviceName"),
          volumeId: disk.textAt("ebs", "volumeId"),
          status: disk.textAt("ebs", "status"),
          deleteOnTermination: flagAt(disk, "ebs", "deleteOnTermination"),
        })),
        tags,
        architecture: text("architecture"),
        platform: text("platformDetails") ?? text("platform"),
        publicDns: text("dnsName"),
        privateDns: text("privateDnsName"),
        iamProfile: text("iamInstanceProfile", "arn"),
        reservationId,
        ownerId,
      },
    };
  });
}

/** Reads the addresses of a node: the main ones first, each of them once. */
function ipsOf(instance: XmlElement): string[] {
  const ips = new Set<string>();
  const interfaces = instance.all("networkInterfaceSet", "item");
  for (
    const at of [instance, ...interfaces].flatMap((at) => [
      at,
      ...at.all("privateIpAddressesSet", "item"),
      ...at.all("privateIpAddressesSet", "item", "association"),
      ...at.all("ipv6AddressesSet", "item"),
    ])
  ) {
    for (const name of IPS) ips.add(at.textAt(name) ?? "");
  }
  return [...ips];
}

/** Looks up what a size costs in a region. */
export function priceIn(
  { prices }: SizeData,
  region: string,
  sizeId: string,
): Price | undefined {
  const list = lookUp(prices, region);
  const hourly = list && lookUp(list.hourly, sizeId);
  return hourly === undefined ? hourly : { ...list!, hourly };
}

/** Reads a size, and adds what else is known of it, and what it costs. */
export function toSize(
  type: XmlElement,
  data: SizeData,
  region: string,
): Ec2Size {
  const id = idAt(type, "instanceType");
  return {
    id,
    name: id,
    vcpus: numberAt(type, "vCpuInfo", "defaultVCpus"),
    ramMib: numberAt(type, "memoryInfo", "sizeInMiB"),
    diskGb: numberAt(type, "instanceStorageInfo", "totalSizeInGB"),
    price: priceIn(data, region, id),
    extra: {
      ...data.sizes.find((size) => size.id === id)?.extra,
      // The last is the widest: old types name "i386" first.
      architecture: type.all("processorInfo", "supportedArchitectures", "item")
        .at(-1)?.text,
      currentGeneration: flagAt(type, "currentGeneration"),
    },
  };
}

/** Reads an image. */
export function toImage(image: XmlElement): Ec2Image {
  const id = idAt(image, "imageId");
  const text = (name: string) => image.textAt(name);
  const rootDevice = text("rootDeviceName");
  const disks = image.all("blockDeviceMapping", "item");
  const root = disks.find((disk) => disk.textAt("deviceName") === rootDevice);
  return {
    id,
    name: text("name") ?? id,
    extra: {
      state: text("imageState"),
      description: text("description"),
      ownerId: text("imageOwnerId"),
      ownerAlias: text("imageOwnerAlias"),
      isPublic: flagAt(image, "isPublic"),
      architecture: text("architecture"),
      platform: text("platformDetails") ?? text("platform"),
      rootDevice,
      minDiskGb: root && numberAt(root, "ebs", "volumeSize"),
      snapshotIds: disks.flatMap((disk) =>
        disk.textAt("ebs", "snapshotId") ?? []
      ),
      createdAt: timeAt(image, "creationDate"),
      deprecatedAt: timeAt(image, "deprecationTime"),
      tags: tagsOf(image),
    },
  };
}

/** The image that is being made, of which no more than its id is told. */
export function newImage(
  answer: XmlElement,
  name: string,
  description: string | undefined,
): Ec2Image {
  const { id, extra } = toImage(answer);
  return { id, name, extra: { ...extra, state: "pending", description } };
}

/** Reads a zone. */
export function toLocation(
  zone: XmlElement,
  { regions }: RegionData,
): Ec2Location {
  const id = idAt(zone, "zoneName");
  const regionId = zone.textAt("regionName");
  const type = zone.textAt("zoneType");
  const region = regions.find(({ id }) => id === regionId);
  return {
    id,
    name: id,
    // A local zone may be in another country than its region.
    country: type === "local-zone" || type === "wavelength-zone"
      ? undefined
      : region?.country,
    extra: {
      regionId,
      zoneId: zone.textAt("zoneId"),
      type,
      state: zone.textAt("zoneState"),
      optInStatus: zone.textAt("optInStatus"),
    },
  };
}

/** Reads a region. */
export function toRegion(
  region: XmlElement,
  { regions }: RegionData,
): Ec2Region {
  const id = idAt(region, "regionName");
  const known = regions.find((known) => known.id === id);
  return {
    id,
    name: known?.name ?? id,
    country: known?.country,
    extra: {
      endpoint: region.textAt("regionEndpoint"),
      optInStatus: region.textAt("optInStatus"),
    },
  };
}

/** Reads a key; the private half is in one answer only. */
export function toKeyPair(key: XmlElement): Ec2KeyPair {
  const name = idAt(key, "keyName");
  return {
    id: name,
    name,
    publicKey: key.textAt("publicKey")?.trim(),
    fingerprint: key.textAt("keyFingerprint")?.trim(),
    privateKey: key.textAt("keyMaterial"),
    extra: {
      keyPairId: key.textAt("keyPairId"),
      type: key.textAt("keyType"),
      createdAt: timeAt(key, "createTime"),
      tags: tagsOf(key),
    },
  };
}

/** Reads a volume. */
export function toVolume(volume: XmlElement): Ec2Volume {
  const id = idAt(volume, "volumeId");
  const tags = tagsOf(volume);
  const status = volume.textAt("status");
  const [attachment] = volume.all("attachmentSet", "item");
  const nodeIds = textsAt(volume, "attachmentSet", "instanceId");
  return {
    id,
    name: nameOf(tags) ?? id,
    sizeGb: numberAt(volume, "size") ?? 0,
    state:
      (status === "in-use"
        ? lookUp(VOLUME_STATES, attachment?.textAt("status"))
        : undefined) ?? lookUp(VOLUME_STATES, status) ?? "unknown",
    nodeId: nodeIds[0],
    locationId: volume.textAt("availabilityZone"),
    createdAt: timeAt(volume, "createTime"),
    extra: {
      status,
      type: volume.textAt("volumeType"),
      iops: numberAt(volume, "iops"),
      throughput: numberAt(volume, "throughput"),
      isEncrypted: flagAt(volume, "encrypted"),
      kmsKeyId: volume.textAt("kmsKeyId"),
      snapshotId: volume.textAt("snapshotId"),
      device: attachment?.textAt("device"),
      nodeIds,
      tags,
    },
  };
}

/** Reads a snapshot. */
export function toSnapshot(snapshot: XmlElement): Ec2VolumeSnapshot {
  const tags = tagsOf(snapshot);
  const status = snapshot.textAt("status");
  const volumeId = snapshot.textAt("volumeId");
  return {
    id: idAt(snapshot, "snapshotId"),
    name: nameOf(tags),
    sizeGb: numberAt(snapshot, "volumeSize"),
    state: lookUp(SNAPSHOT_STATES, status) ?? "unknown",
    // What copies have in its place, and is no volume.
    volumeId: volumeId === "vol-ffffffff" ? undefined : volumeId,
    createdAt: timeAt(snapshot, "startTime"),
    extra: {
      status,
      progress: snapshot.textAt("progress"),
      description: snapshot.textAt("description"),
      ownerId: snapshot.textAt("ownerId"),
      isEncrypted: flagAt(snapshot, "encrypted"),
      storageTier: snapshot.textAt("storageTier"),
      tags,
    },
  };
}

/** Reads a security group. */
export function toSecurityGroup(group: XmlElement): Ec2SecurityGroup {
  return {
    id: idAt(group, "groupId"),
    name: idAt(group, "groupName"),
    description: group.textAt("groupDescription"),
    vpcId: group.textAt("vpcId"),
    ingress: group.all("ipPermissions", "item").map(toRule),
    egress: group.all("ipPermissionsEgress", "item").map(toRule),
    tags: tagsOf(group),
  };
}

function toRule(rule: XmlElement): Ec2Rule {
  const ranges = ["ipRanges", "ipv6Ranges", "groups"]
    .flatMap((list) => rule.all(list, "item"));
  const texts = (name: string) =>
    ranges.flatMap((range) => range.textAt(name) ?? []);
  return {
    protocol: idAt(rule, "ipProtocol"),
    fromPort: numberAt(rule, "fromPort"),
    toPort: numberAt(rule, "toPort"),
    cidrs: [...texts("cidrIp"), ...texts("cidrIpv6")],
    groupIds: texts("groupId"),
    description: texts("description")[0],
  };
}

/** Reads a private network. */
export function toVpc(vpc: XmlElement): Ec2Vpc {
  const id = idAt(vpc, "vpcId");
  const tags = tagsOf(vpc);
  return {
    id,
    name: nameOf(tags) ?? id,
    state: vpc.textAt("state"),
    cidrs: cidrsOf(vpc),
    isDefault: flagAt(vpc, "isDefault"),
    tags,
  };
}

/** Reads a subnet. */
export function toSubnet(subnet: XmlElement): Ec2Subnet {
  const id = idAt(subnet, "subnetId");
  const tags = tagsOf(subnet);
  return {
    id,
    name: nameOf(tags) ?? id,
    state: subnet.textAt("state"),
    vpcId: subnet.textAt("vpcId"),
    locationId: subnet.textAt("availabilityZone"),
    cidrs: cidrsOf(subnet),
    freeIps: numberAt(subnet, "availableIpAddressCount"),
    isDefault: flagAt(subnet, "defaultForAz"),
    hasPublicIps: flagAt(subnet, "mapPublicIpOnLaunch"),
    tags,
  };
}

function cidrsOf(network: XmlElement): string[] {
  const cidrs = new Set([
    ...network.all("cidrBlock").map(({ text }) => text),
    ...textsAt(network, "cidrBlockAssociationSet", "cidrBlock"),
    ...textsAt(network, "ipv6CidrBlockAssociationSet", "ipv6CidrBlock"),
  ]);
  return [...cidrs];
}

/** Reads an elastic address. */
export function toAddress(address: XmlElement): Ec2Address {
  return {
    id: idAt(address, "allocationId"),
    ip: address.textAt("publicIp"),
    nodeId: address.textAt("instanceId"),
    networkInterfaceId: address.textAt("networkInterfaceId"),
    privateIp: address.textAt("privateIpAddress"),
    associationId: address.textAt("associationId"),
    tags: tagsOf(address),
  };
}

/** Reads a tag, and what has it. */
export function toTag(tag: XmlElement): Ec2Tag {
  return {
    resourceId: idAt(tag, "resourceId"),
    resourceType: tag.textAt("resourceType"),
    key: idAt(tag, "key"),
    value: tag.textAt("value") ?? "",
  };
}

/** Reads what a console has shown. */
export function toConsoleOutput(answer: XmlElement): Ec2ConsoleOutput {
  const output = atob(answer.textAt("output") ?? "");
  const bytes = Uint8Array.from(output, (byte) => byte.charCodeAt(0));
  return {
    text: new TextDecoder().decode(bytes),
    readAt: timeAt(answer, "timestamp"),
  };
}
