/**
 * Records of DigitalOcean's compute service: their types, the JSON of the API,
 * and the functions that convert the JSON into records.
 *
 * @module
 */

import {
  given,
  lookUp,
  splitIps,
  toBoolean,
  toId,
  toIds,
  toNumber,
  toOptionalId,
  toRequiredNumber,
  toText,
  toTexts,
  toTime,
} from "../../core/mod.ts";
import {
  type KeyPair,
  type Node,
  type NodeImage,
  type NodeLocation,
  type NodeSize,
  type NodeState,
  toTags,
  type Volume,
  type VolumeSnapshot,
} from "../../core/compute/mod.ts";

/** An IP address of a node. */
export interface DigitalOceanAddress {
  /** IPv4 or IPv6 address. */
  readonly ip: string;
  /** DigitalOcean's own word for the network: `"public"` or `"private"`. */
  readonly type?: string | undefined;
  /** IP address of the gateway. */
  readonly gateway?: string | undefined;
}

/** A node at DigitalOcean. DigitalOcean calls nodes droplets. */
export type DigitalOceanNode = Node<{
  /** DigitalOcean's own word for the state, such as `"active"`. */
  readonly status?: string | undefined;
  /**
   * Whether an action is in progress. The state of the node changes only when
   * the action is completed.
   */
  readonly isLocked?: boolean | undefined;
  /** Slug of the image, such as `"debian-12-x64"`. Snapshots have no slug. */
  readonly imageSlug?: string | undefined;
  /** Number of virtual processors. */
  readonly vcpus?: number | undefined;
  /** Memory in MiB. */
  readonly ramMib?: number | undefined;
  /** Disk in GB. */
  readonly diskGb?: number | undefined;
  /** Enabled features, such as `"backups"`. */
  readonly features: readonly string[];
  /** Ids of the attached volumes. */
  readonly volumeIds: readonly string[];
  /** Id of the private network (VPC). */
  readonly vpcId?: string | undefined;
  /** All IP addresses, public and private. */
  readonly addresses: readonly DigitalOceanAddress[];
}>;

/** A size at DigitalOcean. */
export interface DigitalOceanSize extends
  NodeSize<{
    /** Family of the size, such as `"Basic"`. */
    readonly description?: string | undefined;
    /** Model of the GPUs, such as `"nvidia_h100"`. */
    readonly gpuName?: string | undefined;
  }> {
  /** Ids of the locations that offer the size. */
  readonly locationIds: readonly string[];
}

/** An image at DigitalOcean. */
export type DigitalOceanImage = NodeImage<{
  /**
   * Name, such as `"debian-12-x64"`. When DigitalOcean updates the image, the
   * id changes, but the slug stays the same.
   */
  readonly slug?: string | undefined;
  /** Kind of image: `"base"`, `"snapshot"`, `"backup"`, `"custom"` or `"admin"`. */
  readonly type?: string | undefined;
  /** Linux distribution, such as `"Debian"`. */
  readonly distribution?: string | undefined;
  /** DigitalOcean's own word for the state, such as `"available"`. */
  readonly status?: string | undefined;
  /** Description for people. */
  readonly description?: string | undefined;
  /** Whether every account can use the image. */
  readonly isPublic?: boolean | undefined;
  /** Smallest disk that a node with this image needs, in GB. */
  readonly minDiskGb?: number | undefined;
  /** Size in GB. */
  readonly sizeGb?: number | undefined;
  /** Ids of the locations where the image is available. */
  readonly locationIds: readonly string[];
  /** Time of creation, ISO 8601 in UTC. */
  readonly createdAt?: string | undefined;
}>;

/** A region of DigitalOcean. */
export type DigitalOceanLocation = NodeLocation<{
  /** Whether nodes can be created there. */
  readonly isAvailable?: boolean | undefined;
  /** Features that nodes can have there, such as `"ipv6"`. */
  readonly features: readonly string[];
  /** Ids of the sizes that nodes can have there. */
  readonly sizeIds: readonly string[];
}>;

/** A volume at DigitalOcean. */
export type DigitalOceanVolume = Volume<{
  /** Description for people. */
  readonly description?: string | undefined;
  /** File system that the volume was created with, such as `"ext4"`. */
  readonly filesystem?: string | undefined;
  /** Tags. */
  readonly tags: readonly string[];
}>;

/** A snapshot of a volume at DigitalOcean. */
export type DigitalOceanVolumeSnapshot = VolumeSnapshot<{
  /** Ids of the locations where the snapshot is available. */
  readonly locationIds: readonly string[];
  /** Smallest volume that the snapshot can be restored to, in GB. */
  readonly minDiskGb?: number | undefined;
  /** Tags. */
  readonly tags: readonly string[];
}>;

/** An action: a change that DigitalOcean makes in the background. */
export interface DigitalOceanAction {
  /** Id at DigitalOcean. */
  readonly id: string;
  /** Kind of action, such as `"reboot"`. */
  readonly type?: string | undefined;
  /** Progress: `"in-progress"`, `"completed"` or `"errored"`. */
  readonly status?: string | undefined;
  /** Start time, ISO 8601 in UTC. */
  readonly startedAt?: string | undefined;
  /** End time, ISO 8601 in UTC; absent while the action is in progress. */
  readonly completedAt?: string | undefined;
  /** Id of the resource that the action changes. */
  readonly resourceId?: string | undefined;
  /** Kind of that resource, such as `"droplet"`. */
  readonly resourceType?: string | undefined;
  /** Id of the location. */
  readonly locationId?: string | undefined;
}

/** A tag; its id is its name. */
export interface DigitalOceanTag {
  /** Name of the tag. */
  readonly id: string;
  /** Name of the tag. */
  readonly name: string;
  /** Number of resources that have the tag. */
  readonly count?: number | undefined;
}

/** A reserved IP address; its id is the address. */
export interface DigitalOceanReservedIp {
  /** The address. */
  readonly id: string;
  /** The address. */
  readonly ip: string;
  /** Id of the node that the address is assigned to. */
  readonly nodeId?: string | undefined;
  /** Id of the location. */
  readonly locationId?: string | undefined;
  /** Whether an action is in progress. */
  readonly isLocked?: boolean | undefined;
}

/** A firewall. */
export interface DigitalOceanFirewall {
  /** Id at DigitalOcean. */
  readonly id: string;
  /** Name for people. */
  readonly name: string;
  /** State of the latest change: `"waiting"`, `"succeeded"` or `"failed"`. */
  readonly status?: string | undefined;
  /** Ids of the nodes that the firewall is assigned to. */
  readonly nodeIds: readonly string[];
  /** Tags of the nodes that the firewall applies to. */
  readonly tags: readonly string[];
}

/** The account that a token belongs to. */
export interface DigitalOceanAccount {
  /** Id at DigitalOcean. */
  readonly id: string;
  /** Name for people. */
  readonly name?: string | undefined;
  /** Email address. */
  readonly email?: string | undefined;
  /** State of the account: `"active"`, `"warning"` or `"locked"`. */
  readonly status?: string | undefined;
  /** Largest number of nodes that the account can have. */
  readonly nodeLimit?: number | undefined;
}

const STATES: Readonly<Record<string, NodeState>> = {
  new: "pending",
  active: "running",
  off: "stopped",
  // An archived droplet is off, and the API cannot start it again.
  archive: "terminated",
};

// The slug of a region is a city and a number: "nyc3" is the third data center
// in New York.
const COUNTRIES: Readonly<Record<string, string>> = {
  ams: "NL",
  atl: "US",
  blr: "IN",
  fra: "DE",
  lon: "GB",
  nyc: "US",
  sfo: "US",
  sgp: "SG",
  syd: "AU",
  tor: "CA",
};

interface DropletJson {
  id: number;
  name: string;
  status?: string;
  locked?: boolean;
  memory?: number;
  vcpus?: number;
  disk?: number;
  created_at?: string;
  size_slug?: string;
  image?: ImageJson | null;
  region?: RegionJson | null;
  tags?: string[];
  features?: string[];
  volume_ids?: string[];
  vpc_uuid?: string;
  networks?: { v4?: AddressJson[]; v6?: AddressJson[] };
}

interface AddressJson {
  ip_address: string;
  type?: string;
  gateway?: string;
}

interface SizeJson {
  slug: string;
  memory?: number;
  vcpus?: number;
  disk?: number;
  transfer?: number;
  price_monthly?: number;
  price_hourly?: number;
  regions?: string[];
  available?: boolean;
  description?: string;
  gpu_info?: { count?: number; model?: string };
}

interface ImageJson {
  id: number;
  name?: string;
  type?: string;
  distribution?: string;
  slug?: string | null;
  public?: boolean;
  regions?: string[];
  created_at?: string;
  min_disk_size?: number | null;
  size_gigabytes?: number | null;
  description?: string;
  status?: string;
}

interface RegionJson {
  slug: string;
  name?: string;
  features?: string[];
  available?: boolean;
  sizes?: string[];
}

interface KeyJson {
  id: number;
  name: string;
  fingerprint?: string;
  public_key?: string;
}

/** A volume in DigitalOcean's JSON. */
export interface VolumeJson {
  id: string;
  name: string;
  size_gigabytes: number;
  droplet_ids?: number[] | null;
  region?: RegionJson;
  created_at?: string;
  description?: string;
  filesystem_type?: string;
  tags?: string[] | null;
}

interface SnapshotJson {
  // A string even for snapshots of droplets. The ids of their images are
  // numbers.
  id: string;
  name?: string;
  created_at?: string;
  regions?: string[];
  min_disk_size?: number;
  size_gigabytes?: number;
  resource_id?: string;
  tags?: string[] | null;
}

interface ActionJson {
  id: number;
  type?: string;
  status?: string;
  started_at?: string;
  completed_at?: string | null;
  resource_id?: number | null;
  resource_type?: string;
  region_slug?: string | null;
}

interface TagJson {
  name: string;
  resources?: { count?: number };
}

interface ReservedIpJson {
  ip: string;
  region?: RegionJson;
  droplet?: { id?: number } | null;
  locked?: boolean;
}

interface FirewallJson {
  id: string;
  name: string;
  status?: string;
  droplet_ids?: number[] | null;
  tags?: string[] | null;
}

interface AccountJson {
  uuid: string;
  name?: string;
  email?: string;
  status?: string;
  droplet_limit?: number;
}

/** Converts a droplet. */
export function toNode(droplet: DropletJson): DigitalOceanNode {
  const id = toId(droplet.id);
  const { image, networks } = droplet;
  const addresses = [...networks?.v4 ?? [], ...networks?.v6 ?? []]
    .flatMap(toAddresses);
  const { publicIps, privateIps } = splitIps(addresses.map(({ ip }) => ip));
  return {
    id,
    name: toText(droplet.name) ?? id,
    state: lookUp(STATES, droplet.status) ?? "unknown",
    publicIps,
    privateIps,
    createdAt: toTime(droplet.created_at),
    sizeId: toText(droplet.size_slug),
    imageId: toOptionalId(image?.id),
    locationId: toText(droplet.region?.slug),
    tags: toTags(toTexts(droplet.tags)),
    extra: {
      status: toText(droplet.status),
      isLocked: toBoolean(droplet.locked),
      imageSlug: toText(image?.slug),
      vcpus: toNumber(droplet.vcpus),
      ramMib: toNumber(droplet.memory),
      diskGb: toNumber(droplet.disk),
      features: toTexts(droplet.features),
      volumeIds: toIds(droplet.volume_ids),
      vpcId: toText(droplet.vpc_uuid),
      addresses,
    },
  };
}

/** Converts an entry of a network; `[]` if it has no address. */
function toAddresses(address: AddressJson): DigitalOceanAddress[] {
  const { type, gateway } = address;
  const ip = toText(address.ip_address);
  return ip === undefined ? [] : [{
    ip,
    type: toText(type),
    // Private addresses can have the string "nil" instead of a gateway.
    gateway: gateway === "nil" ? undefined : toText(gateway),
  }];
}

/** Converts a size. */
export function toSize(size: SizeJson): DigitalOceanSize {
  const id = toId(size.slug);
  const hourly = toRounded(size.price_hourly);
  const monthly = toRounded(size.price_monthly);
  const hasPrice = hourly !== undefined || monthly !== undefined;
  const transferTb = toNumber(size.transfer);
  return {
    id,
    name: id,
    vcpus: toNumber(size.vcpus),
    ramMib: toNumber(size.memory),
    diskGb: toNumber(size.disk),
    transferGb: given(transferTb, (tb) => toRounded(tb * 1000)),
    gpus: toNumber(size.gpu_info?.count) || undefined,
    price: hasPrice ? { currency: "USD", hourly, monthly } : undefined,
    locationIds: toTexts(size.regions),
    isAvailable: toBoolean(size.available),
    extra: {
      description: toText(size.description),
      gpuName: toText(size.gpu_info?.model),
    },
  };
}

// Some numbers have the rounding error of single precision, such as
// 0.00743999984115362.
function toRounded(value: unknown): number | undefined {
  return given(toNumber(value), (number) => Math.round(number * 1e5) / 1e5);
}

/** Converts an image. */
export function toImage(image: ImageJson): DigitalOceanImage {
  const id = toId(image.id);
  const name = toText(image.name) ?? id;
  const distribution = toText(image.distribution);
  return {
    id,
    // The name of a public image can be only its version, such as "12 x64".
    name: image.public && distribution && !name.includes(distribution)
      ? `${distribution} ${name}`
      : name,
    extra: {
      slug: toText(image.slug),
      type: toText(image.type),
      distribution,
      status: toText(image.status),
      description: toText(image.description),
      isPublic: toBoolean(image.public),
      minDiskGb: toNumber(image.min_disk_size),
      sizeGb: toNumber(image.size_gigabytes),
      locationIds: toTexts(image.regions),
      createdAt: toTime(image.created_at),
    },
  };
}

/** Converts a region. */
export function toLocation(region: RegionJson): DigitalOceanLocation {
  const id = toId(region.slug);
  return {
    id,
    name: toText(region.name) ?? id,
    country: lookUp(COUNTRIES, id.replace(/\d+$/, "")),
    extra: {
      isAvailable: toBoolean(region.available),
      features: toTexts(region.features),
      sizeIds: toTexts(region.sizes),
    },
  };
}

/** Converts an SSH key. */
export function toKeyPair(key: KeyJson): KeyPair {
  const id = toId(key.id);
  return {
    id,
    name: toText(key.name) ?? id,
    publicKey: toText(key.public_key),
    fingerprint: toText(key.fingerprint),
    extra: {},
  };
}

/** Converts a volume. */
export function toVolume(volume: VolumeJson): DigitalOceanVolume {
  const id = toId(volume.id);
  const [nodeId] = toIds(volume.droplet_ids);
  return {
    id,
    name: toText(volume.name) ?? id,
    sizeGb: toRequiredNumber(volume.size_gigabytes, "size_gigabytes"),
    // DigitalOcean sends no state.
    state: nodeId ? "inuse" : "available",
    nodeId,
    locationId: toText(volume.region?.slug),
    createdAt: toTime(volume.created_at),
    extra: {
      description: toText(volume.description),
      filesystem: toText(volume.filesystem_type),
      tags: toTexts(volume.tags),
    },
  };
}

/** Converts a snapshot, of a volume or of a droplet. */
export function toSnapshot(snapshot: SnapshotJson): DigitalOceanVolumeSnapshot {
  return {
    id: toId(snapshot.id),
    name: toText(snapshot.name),
    sizeGb: toNumber(snapshot.size_gigabytes),
    // DigitalOcean sends no state, and lists only snapshots that are complete.
    state: "available",
    volumeId: toText(snapshot.resource_id),
    createdAt: toTime(snapshot.created_at),
    extra: {
      locationIds: toTexts(snapshot.regions),
      minDiskGb: toNumber(snapshot.min_disk_size),
      tags: toTexts(snapshot.tags),
    },
  };
}

/** Converts an action: the object itself, or `{"action": {...}}`. */
export function toAction(
  body: ActionJson | { readonly action: ActionJson },
): DigitalOceanAction {
  // The API reference shows actions on images in both forms.
  const action = "action" in body ? body.action : body;
  return {
    id: toId(action.id),
    type: toText(action.type),
    status: toText(action.status),
    startedAt: toTime(action.started_at),
    completedAt: toTime(action.completed_at),
    resourceId: toOptionalId(action.resource_id),
    resourceType: toText(action.resource_type),
    locationId: toText(action.region_slug),
  };
}

/** Converts a tag. */
export function toTag(tag: TagJson): DigitalOceanTag {
  const id = toId(tag.name);
  return { id, name: id, count: toNumber(tag.resources?.count) };
}

/** Converts a reserved IP address. */
export function toReservedIp(reserved: ReservedIpJson): DigitalOceanReservedIp {
  const id = toId(reserved.ip);
  return {
    id,
    ip: id,
    nodeId: toOptionalId(reserved.droplet?.id),
    locationId: toText(reserved.region?.slug),
    isLocked: toBoolean(reserved.locked),
  };
}

/** Converts a firewall. */
export function toFirewall(firewall: FirewallJson): DigitalOceanFirewall {
  const id = toId(firewall.id);
  return {
    id,
    name: toText(firewall.name) ?? id,
    status: toText(firewall.status),
    nodeIds: toIds(firewall.droplet_ids),
    tags: toTexts(firewall.tags),
  };
}

/** Converts an account. */
export function toAccount(account: AccountJson): DigitalOceanAccount {
  return {
    id: toId(account.uuid),
    name: toText(account.name),
    email: toText(account.email),
    status: toText(account.status),
    nodeLimit: toNumber(account.droplet_limit),
  };
}
