/**
 * The records of EC2, and how they are read out of its XML.
 *
 * @module
 */

import {
  lookUp,
  splitIps,
  toNumber,
  toTime,
  type XmlElement,
} from "../../core/mod.ts";
import {
  type KeyPair,
  type Node,
  type NodeImage,
  type NodeLocation,
  type NodeSize,
  type NodeState,
  type Volume,
  type VolumeSnapshot,
  type VolumeSnapshotState,
  type VolumeState,
} from "../../core/compute/mod.ts";

/** Tags by their keys. */
export type Ec2Tags = Readonly<Record<string, string>>;

/** A security group, as what is in it names it. */
export interface Ec2GroupName {
  /** Id, such as `"sg-0123456789abcdef0"`. */
  readonly groupId: string;
  /** Name. */
  readonly groupName?: string | undefined;
}

/** A volume of a node. */
export interface Ec2NodeVolume {
  /** Name of the device, such as `"/dev/sda1"`. */
  readonly deviceName?: string | undefined;
  /** Id of the volume. */
  readonly volumeId?: string | undefined;
}

/** A node at EC2: an instance. */
export type Ec2Node = Node<{
  /** EC2's own word for the state, such as `"shutting-down"`. */
  readonly instanceState?: string | undefined;
  /** Code of why it is in this state. */
  readonly stateReason?: string | undefined;
  /** The same in words. */
  readonly stateMessage?: string | undefined;
  /** `"spot"`, `"scheduled"`, `"capacity-block"`; absent where on demand. */
  readonly instanceLifecycle?: string | undefined;
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
  readonly dnsName?: string | undefined;
  /** Name in the private DNS. */
  readonly privateDnsName?: string | undefined;
  /** ARN of the IAM instance profile. */
  readonly iamProfile?: string | undefined;
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
  /** Memory of each of them in MiB. */
  readonly gpuMib?: number | undefined;
  /** Day of what is said here, if older than the rest of the list. */
  readonly asOf?: string | undefined;
}>;

/** A volume that an image begins with. */
export interface Ec2ImageVolume {
  /** Name of the device, such as `"/dev/xvda"`. */
  readonly deviceName?: string | undefined;
  /** What it is. */
  readonly ebs?:
    | {
      /** Id of the snapshot it is filled from. */
      readonly snapshotId?: string | undefined;
      /** Capacity in GiB. */
      readonly volumeSize?: number | undefined;
      /** Such as `"gp3"`. */
      readonly volumeType?: string | undefined;
      /** Whether it is encrypted. */
      readonly encrypted?: boolean | undefined;
      /** Whether it goes when the node does. */
      readonly deleteOnTermination?: boolean | undefined;
    }
    | undefined;
}

/**
 * An image at EC2: an AMI. `extra` is all that EC2 tells, as it names it, which
 * is more than is typed here.
 */
export type Ec2Image = NodeImage<{
  /** EC2's own word for the state, such as `"available"`. */
  readonly imageState?: string | undefined;
  /** Text for people. */
  readonly description?: string | undefined;
  /** Number of the account it belongs to. */
  readonly imageOwnerId?: string | undefined;
  /** Such as `"amazon"`, where AWS has verified the owner. */
  readonly imageOwnerAlias?: string | undefined;
  /** Whether everyone can use it. */
  readonly isPublic?: boolean | undefined;
  /** Such as `"x86_64"` or `"arm64"`. */
  readonly architecture?: string | undefined;
  /** Such as `"Linux/UNIX"`. */
  readonly platformDetails?: string | undefined;
  /** Such as `"uefi"`. */
  readonly bootMode?: string | undefined;
  /** Device of the root volume. */
  readonly rootDeviceName?: string | undefined;
  /** Volumes it begins with. */
  readonly blockDeviceMapping?: readonly Ec2ImageVolume[] | undefined;
  /** Time of creation, ISO 8601 in UTC. */
  readonly creationDate?: string | undefined;
  /** When it is, or was, to be used no more, ISO 8601 in UTC. */
  readonly deprecationTime?: string | undefined;
  /** Tags. */
  readonly tags: Ec2Tags;
}>;

/** A location at EC2: an availability zone; `extra` is as EC2 names it. */
export type Ec2Location = NodeLocation<{
  /** Its own name, which is its id. */
  readonly zoneName?: string | undefined;
  /** Id of its region. */
  readonly regionName?: string | undefined;
  /** Id that is the same in all accounts, such as `"use1-az1"`. */
  readonly zoneId?: string | undefined;
  /** `"availability-zone"`, `"local-zone"` or `"wavelength-zone"`. */
  readonly zoneType?: string | undefined;
  /** Such as `"available"`. */
  readonly zoneState?: string | undefined;
  /** Such as `"opt-in-not-required"`. */
  readonly optInStatus?: string | undefined;
}>;

/** A region of AWS; `extra` is as EC2 names it. */
export type Ec2Region = NodeLocation<{
  /** Its own name, which is its id. */
  readonly regionName?: string | undefined;
  /** Host of its API. */
  readonly regionEndpoint?: string | undefined;
  /** Such as `"opt-in-not-required"`. */
  readonly optInStatus?: string | undefined;
}>;

/**
 * A key at EC2; its id is its name, which is what nodes are created with.
 * `extra` is as EC2 names it.
 */
export type Ec2KeyPair = KeyPair<{
  /** Id of the key itself, such as `"key-0123456789abcdef0"`. */
  readonly keyPairId?: string | undefined;
  /** `"rsa"` or `"ed25519"`. */
  readonly keyType?: string | undefined;
  /** Time of creation, ISO 8601 in UTC. */
  readonly createTime?: string | undefined;
  /** Tags. */
  readonly tags: Ec2Tags;
}>;

/** What ties a volume to a node. */
export interface Ec2Attachment {
  /** Id of the node. */
  readonly instanceId?: string | undefined;
  /** Name of the device. */
  readonly device?: string | undefined;
  /** `"attaching"`, `"attached"`, `"detaching"`, `"detached"` or `"busy"`. */
  readonly status?: string | undefined;
  /** When it was attached, ISO 8601 in UTC. */
  readonly attachTime?: string | undefined;
  /** Whether the volume goes when the node does. */
  readonly deleteOnTermination?: boolean | undefined;
}

/**
 * A volume at EC2. `extra` is all that EC2 tells, as it names it, which is more
 * than is typed here.
 */
export type Ec2Volume = Volume<{
  /** EC2's own word for the state, such as `"in-use"`. */
  readonly status?: string | undefined;
  /** Such as `"gp3"`. */
  readonly volumeType?: string | undefined;
  /** Operations a second. */
  readonly iops?: number | undefined;
  /** MiB a second. */
  readonly throughput?: number | undefined;
  /** Whether it is encrypted. */
  readonly encrypted?: boolean | undefined;
  /** ARN of the key it is encrypted with. */
  readonly kmsKeyId?: string | undefined;
  /** Id of the snapshot it was filled from. */
  readonly snapshotId?: string | undefined;
  /** Where it is attached; few types allow more than one node. */
  readonly attachmentSet?: readonly Ec2Attachment[] | undefined;
  /** Tags; the one called `Name` is the name. */
  readonly tags: Ec2Tags;
}>;

/**
 * A snapshot of a volume at EC2. `extra` is all that EC2 tells, as it names it,
 * which is more than is typed here.
 */
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
  readonly encrypted?: boolean | undefined;
  /** `"standard"` or `"archive"`. */
  readonly storageTier?: string | undefined;
  /** Tags; the one called `Name` is the name. */
  readonly tags: Ec2Tags;
}>;

/** What a security group lets through, as EC2 names it. */
export interface Ec2Rule {
  /** `"tcp"`, `"udp"`, `"icmp"`, `"icmpv6"`, a number, or `"-1"` for all. */
  readonly ipProtocol: string;
  /** First port, or the type of ICMP, where -1 is for all. */
  readonly fromPort?: number | undefined;
  /** Last port, or the code of ICMP, where -1 is for all. */
  readonly toPort?: number | undefined;
  /** Networks in IPv4. */
  readonly ipRanges?:
    | readonly {
      /** Such as `"203.0.113.0/24"`. */
      readonly cidrIp: string;
      /** Text for people. */
      readonly description?: string | undefined;
    }[]
    | undefined;
  /** Networks in IPv6. */
  readonly ipv6Ranges?:
    | readonly {
      /** Such as `"2001:db8::/32"`. */
      readonly cidrIpv6: string;
      /** Text for people. */
      readonly description?: string | undefined;
    }[]
    | undefined;
  /** Security groups whose members it is for. */
  readonly groups?:
    | readonly {
      /** Id of the group. */
      readonly groupId: string;
      /** Text for people. */
      readonly description?: string | undefined;
    }[]
    | undefined;
  /** Prefix lists. */
  readonly prefixListIds?:
    | readonly {
      /** Id of the list. */
      readonly prefixListId: string;
      /** Text for people. */
      readonly description?: string | undefined;
    }[]
    | undefined;
}

/** A security group; what EC2 tells besides has its names. */
export interface Ec2SecurityGroup {
  /** Id, such as `"sg-0123456789abcdef0"`. */
  readonly id: string;
  /** Name. */
  readonly name: string;
  /** Text for people. */
  readonly groupDescription?: string | undefined;
  /** Id of the private network. */
  readonly vpcId?: string | undefined;
  /** What may come in. */
  readonly ipPermissions?: readonly Ec2Rule[] | undefined;
  /** What may go out. */
  readonly ipPermissionsEgress?: readonly Ec2Rule[] | undefined;
  /** Tags. */
  readonly tags: Ec2Tags;
}

/** A private network; what EC2 tells besides has its names. */
export interface Ec2Vpc {
  /** Id, such as `"vpc-0123456789abcdef0"`. */
  readonly id: string;
  /** Name, from the tag. */
  readonly name: string;
  /** `"pending"` or `"available"`. */
  readonly state?: string | undefined;
  /** Its first network, such as `"172.31.0.0/16"`. */
  readonly cidrBlock?: string | undefined;
  /** Whether nodes are in it that say nothing else. */
  readonly isDefault?: boolean | undefined;
  /** Tags. */
  readonly tags: Ec2Tags;
}

/**
 * A subnet of a private network, in one zone; what EC2 tells besides has its
 * names.
 */
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
  readonly availabilityZone?: string | undefined;
  /** Its network, such as `"172.31.0.0/20"`. */
  readonly cidrBlock?: string | undefined;
  /** How many addresses are free. */
  readonly availableIpAddressCount?: number | undefined;
  /** Whether nodes are in it that say no more than the zone. */
  readonly defaultForAz?: boolean | undefined;
  /** Whether nodes in it get a public address. */
  readonly mapPublicIpOnLaunch?: boolean | undefined;
  /** Tags. */
  readonly tags: Ec2Tags;
}

/** An elastic address; what EC2 tells besides has its names. */
export interface Ec2Address {
  /** Id of the allocation, such as `"eipalloc-0123456789abcdef0"`. */
  readonly id: string;
  /** Name, from the tag. */
  readonly name: string;
  /** The address. */
  readonly publicIp?: string | undefined;
  /** Id of the node that it leads to. */
  readonly instanceId?: string | undefined;
  /** Id of the network interface that it leads to. */
  readonly networkInterfaceId?: string | undefined;
  /** The private address that it leads to. */
  readonly privateIpAddress?: string | undefined;
  /** Id of what ties it to a node. */
  readonly associationId?: string | undefined;
  /** Tags. */
  readonly tags: Ec2Tags;
}

// By the low byte of the code, which new words have as well.
const STATES: Readonly<Record<string, NodeState>> = {
  0: "pending",
  16: "running",
  // It will end as terminated.
  32: "stopping",
  48: "terminated",
  64: "stopping",
  80: "stopped",
};

// Those that are called so here as well; the last two are of the attachment.
const SAME_STATE =
  /^(?:creating|available|deleting|deleted|error|attaching|detaching)$/;

const SNAPSHOT_STATES: Readonly<Record<string, VolumeSnapshotState>> = {
  pending: "creating",
  completed: "available",
  error: "error",
  // Deleted, and still in the recycle bin.
  recoverable: "deleted",
  recovering: "restoring",
};

// What EC2 writes as text, and what it is.
const NUMBER = /(?:[sS]ize|Port|iops|throughput|Count)$/;
const FLAG = /^(?:true|false)$/;
const PROSE = /name|description/i;
// Tags have a form of their own.
const SKIPPED = /^(?:tagSet|requestId)$/;

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

/** Reads all that an element has in it, under EC2's names. */
export function plain({ name, text, children }: XmlElement): unknown {
  if (children[0]?.name === "item") return children.map(plain);
  if (children.length > 0) {
    return Object.fromEntries(
      children.map((child) => [child.name, plain(child)])
        // An empty list has no items, and looks like an empty text.
        .filter(([name, value]) => value !== "" && !SKIPPED.test(`${name}`)),
    );
  }
  if (NUMBER.test(name)) return toNumber(text);
  return FLAG.test(text) && !PROSE.test(name) ? text === "true" : text;
}

/** Reads all that an element has in it, and the tags as a table. */
function extraOf<E>(element: XmlElement): E & { readonly tags: Ec2Tags } {
  return { ...plain(element) as object, tags: tagsOf(element) } as
    & E
    & { readonly tags: Ec2Tags };
}

/** Reads a node. */
export function toNode(instance: XmlElement): Ec2Node {
  const text = (...names: string[]) => instance.textAt(...names);
  const tags = tagsOf(instance);
  const id = idAt(instance, "instanceId");
  const code = Number(text("instanceState", "code") ?? -1);
  const { publicIps, privateIps } = splitIps(ipsOf(instance));
  return {
    id,
    name: nameOf(tags) ?? id,
    state: lookUp(STATES, `${code & 0xff}`) ?? "unknown",
    publicIps,
    privateIps,
    createdAt: toTime(text("launchTime")),
    sizeId: text("instanceType"),
    imageId: text("imageId"),
    locationId: text("placement", "availabilityZone"),
    extra: {
      instanceState: text("instanceState", "name"),
      stateReason: text("stateReason", "code"),
      stateMessage: text("stateReason", "message"),
      instanceLifecycle: text("instanceLifecycle"),
      keyName: text("keyName"),
      vpcId: text("vpcId"),
      subnetId: text("subnetId"),
      securityGroups: instance.all("groupSet", "item").map((group) => ({
        groupId: idAt(group, "groupId"),
        groupName: group.textAt("groupName"),
      })),
      volumes: instance.all("blockDeviceMapping", "item").map((disk) => ({
        deviceName: disk.textAt("deviceName"),
        volumeId: disk.textAt("ebs", "volumeId"),
      })),
      tags,
      architecture: text("architecture"),
      platform: text("platformDetails") ?? text("platform"),
      dnsName: text("dnsName"),
      privateDnsName: text("privateDnsName"),
      iamProfile: text("iamInstanceProfile", "arn"),
    },
  };
}

/** Reads the addresses of a node: the main ones first, each of them once. */
function ipsOf(instance: XmlElement): string[] {
  const ips = new Set([
    instance.textAt("ipAddress"),
    instance.textAt("privateIpAddress"),
  ]);
  for (const nic of instance.all("networkInterfaceSet", "item")) {
    for (const at of nic.all("privateIpAddressesSet", "item")) {
      ips.add(at.textAt("association", "publicIp"))
        .add(at.textAt("association", "carrierIp"))
        .add(at.textAt("privateIpAddress"));
    }
    for (const at of nic.all("ipv6AddressesSet", "item")) {
      ips.add(at.textAt("ipv6Address"));
    }
  }
  return [...ips].filter((ip) => ip !== undefined);
}

/** Reads an image. */
export function toImage(image: XmlElement): Ec2Image {
  const id = idAt(image, "imageId");
  return { id, name: image.textAt("name") ?? id, extra: extraOf(image) };
}

/** The image that is being made, of which no more than its id is told. */
export function newImage(
  answer: XmlElement,
  name: string,
  description: string | undefined,
): Ec2Image {
  const id = idAt(answer, "imageId");
  return { id, name, extra: { imageState: "pending", description, tags: {} } };
}

/** Reads a key; the private half is in one answer only. */
export function toKeyPair(key: XmlElement): Ec2KeyPair {
  const name = idAt(key, "keyName");
  const { keyMaterial, keyFingerprint, publicKey, ...extra } = extraOf<
    Readonly<Record<string, string>>
  >(key);
  return {
    id: name,
    name,
    publicKey: publicKey?.trim(),
    fingerprint: keyFingerprint,
    privateKey: keyMaterial,
    extra,
  };
}

/** Reads a volume. */
export function toVolume(volume: XmlElement): Ec2Volume {
  const id = idAt(volume, "volumeId");
  const extra = extraOf<Ec2Volume["extra"]>(volume);
  const [attachment] = extra.attachmentSet ?? [];
  const { status } = extra;
  const isInUse = status === "in-use";
  return {
    id,
    name: nameOf(extra.tags) ?? id,
    sizeGb: toNumber(volume.textAt("size")) ?? 0,
    state:
      [isInUse && attachment?.status, status].find((it) =>
        SAME_STATE.test(`${it}`)
      ) as VolumeState ?? (isInUse ? "inuse" : "unknown"),
    nodeId: attachment?.instanceId,
    locationId: volume.textAt("availabilityZone"),
    createdAt: toTime(volume.textAt("createTime")),
    extra,
  };
}

/** Reads a snapshot. */
export function toSnapshot(snapshot: XmlElement): Ec2VolumeSnapshot {
  const extra = extraOf<Ec2VolumeSnapshot["extra"]>(snapshot);
  const volumeId = snapshot.textAt("volumeId");
  return {
    id: idAt(snapshot, "snapshotId"),
    name: nameOf(extra.tags),
    sizeGb: toNumber(snapshot.textAt("volumeSize")),
    state: lookUp(SNAPSHOT_STATES, extra.status) ?? "unknown",
    // What copies have in its place, and is no volume.
    volumeId: volumeId === "vol-ffffffff" ? undefined : volumeId,
    createdAt: toTime(snapshot.textAt("startTime")),
    extra,
  };
}

/** Reads a thing that has no form that all providers share. */
export function toThing<T>(idName: string): (element: XmlElement) => T {
  return (element) => {
    const id = idAt(element, idName);
    const extra = extraOf(element);
    const name = element.textAt("groupName") ?? nameOf(extra.tags) ?? id;
    return { ...extra, id, name } as T;
  };
}

/** Reads what a console has shown. */
export function toConsoleText(answer: XmlElement): string {
  const output = atob(answer.textAt("output") ?? "");
  const bytes = Uint8Array.from(output, (byte) => byte.charCodeAt(0));
  return new TextDecoder().decode(bytes);
}
