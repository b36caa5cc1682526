/**
 * The records of Amazon EC2, and the converters that create them from its XML.
 *
 * @module
 */

import {
  lookUp,
  splitIps,
  toNumber,
  toRequiredNumber,
  toTime,
  type XmlElement,
} from "../../core/mod.ts";
import type {
  KeyPair,
  Node,
  NodeImage,
  NodeLocation,
  NodeSize,
  NodeState,
  Tags,
  Volume,
  VolumeSnapshot,
  VolumeSnapshotState,
  VolumeState,
} from "../../core/compute/mod.ts";

/** A security group in the record of a node. */
export interface Ec2GroupName {
  /** Id, such as `"sg-0123456789abcdef0"`. */
  readonly groupId: string;
  /** Name. */
  readonly groupName?: string | undefined;
}

/** A volume in the record of a node. */
export interface Ec2NodeVolume {
  /** Name of the device, such as `"/dev/sda1"`. */
  readonly deviceName?: string | undefined;
  /** Id of the volume. */
  readonly volumeId?: string | undefined;
}

/**
 * A node at EC2: an instance. Its tag `Name` is its name, and is not in `tags`.
 */
export type Ec2Node = Node<{
  /** The provider's own word for the state, such as `"shutting-down"`. */
  readonly instanceState?: string | undefined;
  /** Code of the reason for the state. */
  readonly stateReason?: string | undefined;
  /** Reason for the state, in words. */
  readonly stateMessage?: string | undefined;
  /** `"spot"`, `"scheduled"` or `"capacity-block"`; absent if on demand. */
  readonly instanceLifecycle?: string | undefined;
  /** Name of the key pair that it was created with. */
  readonly keyName?: string | undefined;
  /** Id of the VPC. */
  readonly vpcId?: string | undefined;
  /** Id of the subnet. */
  readonly subnetId?: string | undefined;
  /** Security groups of the node. */
  readonly securityGroups: readonly Ec2GroupName[];
  /** Attached volumes. */
  readonly volumes: readonly Ec2NodeVolume[];
  /** Architecture, such as `"x86_64"` or `"arm64"`. */
  readonly architecture?: string | undefined;
  /** Platform, such as `"Linux/UNIX"`. */
  readonly platform?: string | undefined;
  /** Public DNS name. */
  readonly dnsName?: string | undefined;
  /** Private DNS name. */
  readonly privateDnsName?: string | undefined;
  /** ARN of the IAM instance profile. */
  readonly iamProfile?: string | undefined;
}>;

/** A size at EC2: an instance type. */
export type Ec2Size = NodeSize<{
  /** Baseline of the network bandwidth in Mbit/s. */
  readonly networkMbps?: number | undefined;
  /** Baseline of the bandwidth to volumes in Mbit/s. */
  readonly ebsMbps?: number | undefined;
  /** Whether the type is current; AWS recommends a newer one otherwise. */
  readonly currentGeneration?: boolean | undefined;
  /** Model of the GPUs. */
  readonly gpuName?: string | undefined;
  /** Memory of each GPU in MiB. */
  readonly gpuMib?: number | undefined;
  /** Day of this entry, if it is not that of the rest of the bundled list. */
  readonly asOf?: string | undefined;
}>;

/** A volume that every node of an image starts with. */
export interface Ec2ImageVolume {
  /** Name of the device, such as `"/dev/xvda"`. */
  readonly deviceName?: string | undefined;
  /** Properties of the volume. */
  readonly ebs?:
    | {
      /** Id of the snapshot that it is created from. */
      readonly snapshotId?: string | undefined;
      /** Capacity in GiB. */
      readonly volumeSize?: number | undefined;
      /** Type, such as `"gp3"`. */
      readonly volumeType?: string | undefined;
      /** Whether it is encrypted. */
      readonly encrypted?: boolean | undefined;
      /** Whether it is deleted when the node is destroyed. */
      readonly deleteOnTermination?: boolean | undefined;
    }
    | undefined;
}

/**
 * An image at EC2: an AMI. `extra` has all fields of the response under their
 * original names, including fields that are not typed here.
 */
export type Ec2Image = NodeImage<{
  /** The provider's own word for the state, such as `"available"`. */
  readonly imageState?: string | undefined;
  /** Description for people. */
  readonly description?: string | undefined;
  /** Number of the account that owns it. */
  readonly imageOwnerId?: string | undefined;
  /** Alias of an owner that AWS has verified, such as `"amazon"`. */
  readonly imageOwnerAlias?: string | undefined;
  /** Whether every account can use it. */
  readonly isPublic?: boolean | undefined;
  /** Architecture, such as `"x86_64"` or `"arm64"`. */
  readonly architecture?: string | undefined;
  /** Platform, such as `"Linux/UNIX"`. */
  readonly platformDetails?: string | undefined;
  /** Boot mode, such as `"uefi"`. */
  readonly bootMode?: string | undefined;
  /** Device of the root volume. */
  readonly rootDeviceName?: string | undefined;
  /** Volumes that every node starts with. */
  readonly blockDeviceMapping?: readonly Ec2ImageVolume[] | undefined;
  /** Time of creation, ISO 8601 in UTC. */
  readonly creationDate?: string | undefined;
  /** Time of deprecation, past or future, ISO 8601 in UTC. */
  readonly deprecationTime?: string | undefined;
  /** Tags. */
  readonly tags: Tags;
}>;

/**
 * A location at EC2: an availability zone. `extra` has the fields of the
 * response under their original names.
 */
export type Ec2Location = NodeLocation<{
  /** Name of the zone, which is its id here. */
  readonly zoneName?: string | undefined;
  /** Id of the region. */
  readonly regionName?: string | undefined;
  /** Id that is the same in all accounts, such as `"use1-az1"`. */
  readonly zoneId?: string | undefined;
  /** `"availability-zone"`, `"local-zone"` or `"wavelength-zone"`. */
  readonly zoneType?: string | undefined;
  /** State, such as `"available"`. */
  readonly zoneState?: string | undefined;
  /** Whether the account can use it, such as `"opt-in-not-required"`. */
  readonly optInStatus?: string | undefined;
}>;

/**
 * A region of AWS. `extra` has the fields of the response under their original
 * names.
 */
export type Ec2Region = NodeLocation<{
  /** Name of the region, which is its id here. */
  readonly regionName?: string | undefined;
  /** Host of the API. */
  readonly regionEndpoint?: string | undefined;
  /** Whether the account can use it, such as `"opt-in-not-required"`. */
  readonly optInStatus?: string | undefined;
}>;

/**
 * A key pair at EC2. Its id is its name, because nodes are created with the
 * name. `extra` has the fields of the response under their original names.
 */
export type Ec2KeyPair = KeyPair<{
  /** EC2's id of the key pair, such as `"key-0123456789abcdef0"`. */
  readonly keyPairId?: string | undefined;
  /** Type: `"rsa"` or `"ed25519"`. */
  readonly keyType?: string | undefined;
  /** Time of creation, ISO 8601 in UTC. */
  readonly createTime?: string | undefined;
  /** Tags. */
  readonly tags: Tags;
}>;

/** The attachment of a volume to a node. */
export interface Ec2Attachment {
  /** Id of the node. */
  readonly instanceId?: string | undefined;
  /** Name of the device. */
  readonly device?: string | undefined;
  /** `"attaching"`, `"attached"`, `"detaching"`, `"detached"` or `"busy"`. */
  readonly status?: string | undefined;
  /** Time of the attachment, ISO 8601 in UTC. */
  readonly attachTime?: string | undefined;
  /** Whether the volume is deleted when the node is destroyed. */
  readonly deleteOnTermination?: boolean | undefined;
}

/**
 * A volume at EC2. `extra` has all fields of the response under their original
 * names, including fields that are not typed here.
 */
export type Ec2Volume = Volume<{
  /** The provider's own word for the state, such as `"in-use"`. */
  readonly status?: string | undefined;
  /** Type, such as `"gp3"`. */
  readonly volumeType?: string | undefined;
  /** I/O operations per second. */
  readonly iops?: number | undefined;
  /** Throughput in MiB per second. */
  readonly throughput?: number | undefined;
  /** Whether it is encrypted. */
  readonly encrypted?: boolean | undefined;
  /** ARN of the KMS key that encrypts it. */
  readonly kmsKeyId?: string | undefined;
  /** Id of the snapshot that it was created from. */
  readonly snapshotId?: string | undefined;
  /** Attachments; few types of volumes allow more than one. */
  readonly attachmentSet?: readonly Ec2Attachment[] | undefined;
  /** Tags; the tag `Name` is the name of the volume. */
  readonly tags: Tags;
}>;

/**
 * A snapshot of a volume at EC2. `extra` has all fields of the response under
 * their original names, including fields that are not typed here.
 */
export type Ec2VolumeSnapshot = VolumeSnapshot<{
  /** The provider's own word for the state, such as `"completed"`. */
  readonly status?: string | undefined;
  /** Progress, such as `"87%"`. */
  readonly progress?: string | undefined;
  /** Description for people. */
  readonly description?: string | undefined;
  /** Number of the account that owns it. */
  readonly ownerId?: string | undefined;
  /** Whether it is encrypted. */
  readonly encrypted?: boolean | undefined;
  /** Storage tier: `"standard"` or `"archive"`. */
  readonly storageTier?: string | undefined;
  /** Tags; the tag `Name` is the name of the snapshot. */
  readonly tags: Tags;
}>;

/** A rule of a security group, with the names of the API. */
export interface Ec2Rule {
  /** `"tcp"`, `"udp"`, `"icmp"`, `"icmpv6"`, a number, or `"-1"` for all. */
  readonly ipProtocol: string;
  /** First port, or the ICMP type; -1 for all ICMP types. */
  readonly fromPort?: number | undefined;
  /** Last port, or the ICMP code; -1 for all ICMP codes. */
  readonly toPort?: number | undefined;
  /** IPv4 networks. */
  readonly ipRanges?:
    | readonly {
      /** The network, such as `"203.0.113.0/24"`. */
      readonly cidrIp: string;
      /** Description for people. */
      readonly description?: string | undefined;
    }[]
    | undefined;
  /** IPv6 networks. */
  readonly ipv6Ranges?:
    | readonly {
      /** The network, such as `"2001:db8::/32"`. */
      readonly cidrIpv6: string;
      /** Description for people. */
      readonly description?: string | undefined;
    }[]
    | undefined;
  /** Security groups; the rule applies to traffic of their members. */
  readonly groups?:
    | readonly {
      /** Id of the group. */
      readonly groupId: string;
      /** Description for people. */
      readonly description?: string | undefined;
    }[]
    | undefined;
  /** Prefix lists. */
  readonly prefixListIds?:
    | readonly {
      /** Id of the prefix list. */
      readonly prefixListId: string;
      /** Description for people. */
      readonly description?: string | undefined;
    }[]
    | undefined;
}

/**
 * A security group. The record also has the other fields of the response, under
 * their original names.
 */
export interface Ec2SecurityGroup {
  /** Id, such as `"sg-0123456789abcdef0"`. */
  readonly id: string;
  /** Name. */
  readonly name: string;
  /** Description for people. */
  readonly groupDescription?: string | undefined;
  /** Id of the VPC. */
  readonly vpcId?: string | undefined;
  /** Rules for incoming traffic. */
  readonly ipPermissions?: readonly Ec2Rule[] | undefined;
  /** Rules for outgoing traffic. */
  readonly ipPermissionsEgress?: readonly Ec2Rule[] | undefined;
  /** Tags. */
  readonly tags: Tags;
}

/**
 * A VPC: a private network. The record also has the other fields of the
 * response, under their original names.
 */
export interface Ec2Vpc {
  /** Id, such as `"vpc-0123456789abcdef0"`. */
  readonly id: string;
  /** Value of the tag `Name`, or the id. */
  readonly name: string;
  /** State: `"pending"` or `"available"`. */
  readonly state?: string | undefined;
  /** Primary IPv4 network, such as `"172.31.0.0/16"`. */
  readonly cidrBlock?: string | undefined;
  /** Whether it is the default VPC of the region. */
  readonly isDefault?: boolean | undefined;
  /** Tags. */
  readonly tags: Tags;
}

/**
 * A subnet: the part of a VPC in one availability zone. The record also has the
 * other fields of the response, under their original names.
 */
export interface Ec2Subnet {
  /** Id, such as `"subnet-0123456789abcdef0"`. */
  readonly id: string;
  /** Value of the tag `Name`, or the id. */
  readonly name: string;
  /** State, such as `"available"`. */
  readonly state?: string | undefined;
  /** Id of the VPC. */
  readonly vpcId?: string | undefined;
  /** Name of the availability zone. */
  readonly availabilityZone?: string | undefined;
  /** IPv4 network, such as `"172.31.0.0/20"`. */
  readonly cidrBlock?: string | undefined;
  /** Number of free IPv4 addresses. */
  readonly availableIpAddressCount?: number | undefined;
  /** Whether it is the default subnet of its availability zone. */
  readonly defaultForAz?: boolean | undefined;
  /** Whether new nodes in it get a public IPv4 address by default. */
  readonly mapPublicIpOnLaunch?: boolean | undefined;
  /** Tags. */
  readonly tags: Tags;
}

/**
 * An Elastic IP address. The record also has the other fields of the response,
 * under their original names.
 */
export interface Ec2Address {
  /**
   * Id of the allocation, such as `"eipalloc-0123456789abcdef0"`. An address
   * without an allocation, as in EC2-Classic, is its own id.
   */
  readonly id: string;
  /** Value of the tag `Name`, or the id. */
  readonly name: string;
  /** The IP address. */
  readonly publicIp?: string | undefined;
  /** Id of the node that it is associated with. */
  readonly instanceId?: string | undefined;
  /** Id of the network interface that it is associated with. */
  readonly networkInterfaceId?: string | undefined;
  /** Private IP address that it is associated with. */
  readonly privateIpAddress?: string | undefined;
  /** Id of the association with a node. */
  readonly associationId?: string | undefined;
  /** Tags. */
  readonly tags: Tags;
}

/** Key of the tag that is the name of a resource. */
export const NAME = "Name";

// By the low byte of the state's code; EC2 uses the high byte internally.
const NODE_STATES: Readonly<Record<string, NodeState>> = {
  0: "pending",
  16: "running",
  // "shutting-down": the node ends as "terminated".
  32: "stopping",
  48: "terminated",
  64: "stopping",
  80: "stopped",
};

// The code is an unsigned integer of 16 bits.
const MAX_CODE = 0xffff;

const VOLUME_STATES: Readonly<Record<string, VolumeState>> = {
  creating: "creating",
  available: "available",
  "in-use": "inuse",
  deleting: "deleting",
  deleted: "deleted",
  error: "error",
  // Not documented, but emulators send them.
  attaching: "attaching",
  detaching: "detaching",
};

// They describe a volume in use better than its own state does.
const ATTACHMENT_STATES: Readonly<Record<string, VolumeState>> = {
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

// Copies of snapshots have this id in place of a volume's.
const NO_VOLUME = "vol-ffffffff";

// XML has only strings: these names show which fields are numbers, and which
// fields stay strings although they may contain "true".
const NUMBER_NAME = /(?:[sS]ize|Port|iops|throughput|Count)$/;
const TEXT_NAME = /name|description/i;
const BOOLEAN = /^(?:true|false)$/;
// Tags are read by `tagsOf()`; the id of the request is not part of a record.
const SKIPPED_NAME = /^(?:tagSet|requestId)$/;

/**
 * Reads a field that every response has.
 *
 * @param element The element.
 * @param name Name of the field.
 * @returns The text of the field.
 * @throws {TypeError} If the field is missing or empty.
 */
export function textOf(element: XmlElement, name: string): string {
  const text = element.textAt(name);
  if (text) return text;
  throw new TypeError(`the response has no field "${name}"`);
}

/** Reads the tags, exactly as they are: white space is part of them. */
function tagsOf(element: XmlElement): Tags {
  return Object.fromEntries(
    element.all("tagSet", "item").map((tag) => [
      tag.get("key")?.text ?? "",
      tag.get("value")?.text ?? "",
    ]),
  );
}

function nameOf(tags: Tags): string | undefined {
  return lookUp(tags, NAME)?.trim() || undefined;
}

/** Leaves out the tag that is the name of a node. */
function withoutName({ [NAME]: _, ...tags }: Tags): Tags {
  return tags;
}

/**
 * Converts an element with all its fields into plain data, under their original
 * names.
 *
 * @typeParam T Type of the data in the provider's documentation. It is not
 *   verified.
 * @param element The element.
 * @returns Arrays for lists, objects for elements with fields, and otherwise
 *   numbers, booleans or strings, depending on the name of the field.
 */
export function toPlain<T>(element: XmlElement): T {
  return plainOf(element) as T;
}

function plainOf(element: XmlElement): unknown {
  const { name, children } = element;
  const text = element.textAt() ?? "";
  if (children[0]?.name === "item") return children.map(plainOf);
  if (children.length > 0) {
    return Object.fromEntries(
      children
        .filter((child) => !SKIPPED_NAME.test(child.name))
        .map((child) => [child.name, plainOf(child)] as const)
        // An empty list has no items, and looks like an empty string, or like
        // white space.
        .filter(([, value]) => value !== ""),
    );
  }
  if (NUMBER_NAME.test(name)) return toNumber(text);
  return BOOLEAN.test(text) && !TEXT_NAME.test(name) ? text === "true" : text;
}

/**
 * Converts an element with all its fields, and its tags.
 *
 * @param element The element.
 * @param given Tags of the request, which some responses lack.
 */
function extraOf<E extends object>(
  element: XmlElement,
  given: Tags = {},
): E & { readonly tags: Tags } {
  return { ...toPlain<E>(element), tags: { ...given, ...tagsOf(element) } };
}

/** State of a node by its code; `"unknown"` if the code is not a number. */
function stateOf(code: string | undefined): NodeState {
  const number = toNumber(code) ?? -1;
  const isCode = Number.isInteger(number) && number >= 0 && number <= MAX_CODE;
  const state = isCode ? lookUp(NODE_STATES, String(number & 0xff)) : undefined;
  return state ?? "unknown";
}

/** Converts an instance. */
export function toNode(instance: XmlElement): Ec2Node {
  const text = (...names: string[]) => instance.textAt(...names);
  const tags = tagsOf(instance);
  const id = textOf(instance, "instanceId");
  const { publicIps, privateIps } = splitIps(ipsOf(instance));
  return {
    id,
    name: nameOf(tags) ?? id,
    state: stateOf(text("instanceState", "code")),
    publicIps,
    privateIps,
    createdAt: toTime(text("launchTime")),
    sizeId: text("instanceType"),
    imageId: text("imageId"),
    locationId: text("placement", "availabilityZone"),
    tags: withoutName(tags),
    extra: {
      instanceState: text("instanceState", "name"),
      stateReason: text("stateReason", "code"),
      stateMessage: text("stateReason", "message"),
      instanceLifecycle: text("instanceLifecycle"),
      keyName: text("keyName"),
      vpcId: text("vpcId"),
      subnetId: text("subnetId"),
      securityGroups: instance.all("groupSet", "item").map((group) => ({
        groupId: textOf(group, "groupId"),
        groupName: group.textAt("groupName"),
      })),
      volumes: instance.all("blockDeviceMapping", "item").map((device) => ({
        deviceName: device.textAt("deviceName"),
        volumeId: device.textAt("ebs", "volumeId"),
      })),
      architecture: text("architecture"),
      platform: text("platformDetails") ?? text("platform"),
      dnsName: text("dnsName"),
      privateDnsName: text("privateDnsName"),
      iamProfile: text("iamInstanceProfile", "arn"),
    },
  };
}

/** Reads the IP addresses of a node: the primary ones first, each once. */
function ipsOf(instance: XmlElement): string[] {
  const ips = new Set([
    instance.textAt("ipAddress"),
    instance.textAt("privateIpAddress"),
  ]);
  for (const networkInterface of instance.all("networkInterfaceSet", "item")) {
    for (const ip of networkInterface.all("privateIpAddressesSet", "item")) {
      ips.add(ip.textAt("association", "publicIp"))
        .add(ip.textAt("association", "carrierIp"))
        .add(ip.textAt("privateIpAddress"));
    }
    for (const ip of networkInterface.all("ipv6AddressesSet", "item")) {
      ips.add(ip.textAt("ipv6Address"));
    }
  }
  return [...ips].filter((ip) => ip !== undefined);
}

/** Converts the response of `RunInstances`, which created one instance. */
export function toNewNode(body: XmlElement): Ec2Node {
  const [instance] = body.all("instancesSet", "item");
  if (instance) return toNode(instance);
  throw new TypeError("the response has no instance");
}

/** Converts an image. */
export function toImage(image: XmlElement): Ec2Image {
  const id = textOf(image, "imageId");
  return { id, name: image.textAt("name") ?? id, extra: extraOf(image) };
}

/** The properties of a new image, which the response lacks. */
export interface NewImage {
  /** Name of the image. */
  readonly name: string;
  /** Description of the image. */
  readonly description: string | undefined;
  /** Tags of the image. */
  readonly tags: Tags;
}

/**
 * Creates the record of a new image. The response contains only its id.
 *
 * @param body The response.
 * @param image The other properties.
 * @returns The image.
 */
export function toNewImage(body: XmlElement, image: NewImage): Ec2Image {
  const { name, description, tags } = image;
  const id = textOf(body, "imageId");
  return { id, name, extra: { imageState: "pending", description, tags } };
}

/**
 * Converts a key pair. Only one response contains the private key.
 *
 * @param keyPair The element.
 * @param given Tags of the request.
 * @returns The key pair.
 */
export function toKeyPair(keyPair: XmlElement, given?: Tags): Ec2KeyPair {
  const name = textOf(keyPair, "keyName");
  const { keyMaterial, keyFingerprint, publicKey, ...extra } = extraOf<
    Readonly<Record<string, string>>
  >(keyPair, given);
  return {
    id: name,
    name,
    publicKey: publicKey?.trim(),
    fingerprint: keyFingerprint,
    privateKey: keyMaterial,
    extra,
  };
}

/**
 * Converts a volume.
 *
 * @param volume The element.
 * @param given Tags of the request.
 * @returns The volume.
 */
export function toVolume(volume: XmlElement, given?: Tags): Ec2Volume {
  const id = textOf(volume, "volumeId");
  const extra = extraOf<Ec2Volume["extra"]>(volume, given);
  const [attachment] = extra.attachmentSet ?? [];
  const state = lookUp(VOLUME_STATES, extra.status) ?? "unknown";
  const attachmentState = lookUp(ATTACHMENT_STATES, attachment?.status);
  return {
    id,
    name: nameOf(extra.tags) ?? id,
    sizeGb: toRequiredNumber(volume.textAt("size"), "size"),
    state: state === "inuse" ? attachmentState ?? state : state,
    nodeId: attachment?.instanceId,
    locationId: volume.textAt("availabilityZone"),
    createdAt: toTime(volume.textAt("createTime")),
    extra,
  };
}

/**
 * Converts a snapshot.
 *
 * @param snapshot The element.
 * @param given Tags of the request.
 * @returns The snapshot.
 */
export function toSnapshot(
  snapshot: XmlElement,
  given?: Tags,
): Ec2VolumeSnapshot {
  const extra = extraOf<Ec2VolumeSnapshot["extra"]>(snapshot, given);
  const volumeId = snapshot.textAt("volumeId");
  return {
    id: textOf(snapshot, "snapshotId"),
    name: nameOf(extra.tags),
    sizeGb: toNumber(snapshot.textAt("volumeSize")),
    state: lookUp(SNAPSHOT_STATES, extra.status) ?? "unknown",
    volumeId: volumeId === NO_VOLUME ? undefined : volumeId,
    createdAt: toTime(snapshot.textAt("startTime")),
    extra,
  };
}

/** Converts a security group. */
export function toSecurityGroup(group: XmlElement): Ec2SecurityGroup {
  const name = group.textAt("groupName");
  const record = toResource(group, "groupId");
  return { ...record, name: name ?? record.name };
}

/** Converts a VPC. */
export function toVpc(vpc: XmlElement): Ec2Vpc {
  return toResource(vpc, "vpcId");
}

/** Converts a subnet. */
export function toSubnet(subnet: XmlElement): Ec2Subnet {
  return toResource(subnet, "subnetId");
}

/**
 * Converts an Elastic IP address. An address without an allocation, as in
 * EC2-Classic, is identified by itself.
 *
 * @param address The element.
 * @param given Tags of the request.
 * @returns The address.
 */
export function toAddress(address: XmlElement, given?: Tags): Ec2Address {
  const names = ["allocationId", "publicIp", "carrierIp"];
  const idName = names.find((name) => address.textAt(name)) ?? names[0]!;
  return toResource(address, idName, given);
}

/** Converts something that has no record that all providers share. */
function toResource(element: XmlElement, idName: string, given?: Tags) {
  const id = textOf(element, idName);
  const extra = extraOf(element, given);
  return { ...extra, id, name: nameOf(extra.tags) ?? id };
}

/** Decodes the output of a console. */
export function toConsoleText(body: XmlElement): string {
  const output = atob(body.textAt("output") ?? "");
  const bytes = Uint8Array.from(output, (byte) => byte.charCodeAt(0));
  return new TextDecoder().decode(bytes);
}
