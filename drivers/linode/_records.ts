/**
 * The records of Linode's compute service, and their conversion from Linode's
 * JSON.
 *
 * @module
 */

import {
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
  type LocationPrice,
  type Node,
  type NodeImage,
  type NodeLocation,
  type NodeSize,
  type NodeState,
  type Price,
  toTags,
  type Volume,
  type VolumeState,
} from "../../core/compute/mod.ts";

/** A node at Linode. */
export interface LinodeNode extends
  Node<{
    /** Linode's own word for the state, such as `"shutting_down"`. */
    readonly status?: string | undefined;
    /** Number of virtual processors. */
    readonly vcpus?: number | undefined;
    /** Memory in MiB. */
    readonly ramMib?: number | undefined;
    /** Disk in GB, as Linode counts them. */
    readonly diskGb?: number | undefined;
    /** Outgoing transfer included, in GB a month. */
    readonly transferGb?: number | undefined;
    /** Whether the backup service is enabled. */
    readonly isBackedUp?: boolean | undefined;
    /** Whether the node was created with user data. */
    readonly hasUserData?: boolean | undefined;
    /** Id of the Kubernetes cluster that the node belongs to. */
    readonly lkeClusterId?: string | undefined;
    /** Time of the last change, ISO 8601 in UTC. */
    readonly updatedAt?: string | undefined;
  }> {
  /**
   * Root password that the driver generated because `auth` contained no
   * password: only in the result of `createNode()`, `deployNode()` and
   * `rebuildNode()`.
   */
  readonly rootPassword?: string | undefined;
}

/** A size at Linode. */
export interface LinodeSize extends
  NodeSize<{
    /** Class of the size, such as `"dedicated"`. */
    readonly class?: string | undefined;
    /** Outgoing bandwidth in Mbit/s. */
    readonly networkMbps?: number | undefined;
    /** Price of the backup service, in addition to `price`. */
    readonly backupPrice?: Price | undefined;
    /** Id of the size that replaces this one. */
    readonly successorId?: string | undefined;
  }> {
  /** Prices in locations that differ from `price`. */
  readonly locationPrices: readonly LocationPrice[];
}

/** The copy of an image in one location. */
export interface LinodeImageCopy {
  /** Id of the location. */
  readonly locationId: string;
  /** Linode's own word for the state, such as `"available"`. */
  readonly status?: string | undefined;
}

/** An image at Linode. */
export type LinodeImage = NodeImage<{
  /** Description for people. */
  readonly description?: string | undefined;
  /** Linode's own word for the state, such as `"creating"` or `"available"`. */
  readonly status?: string | undefined;
  /** Whether the image belongs to Linode: `false` for images of accounts. */
  readonly isPublic?: boolean | undefined;
  /** Whether Linode is going to remove the image. */
  readonly isDeprecated?: boolean | undefined;
  /** Name of the distribution, such as `"Debian"`. */
  readonly vendor?: string | undefined;
  /** Size in MiB. */
  readonly sizeMib?: number | undefined;
  /** Features of the image, such as `"cloud-init"`. */
  readonly capabilities: readonly string[];
  /** Locations that hold a copy of the image. */
  readonly copies: readonly LinodeImageCopy[];
  /** Tags. */
  readonly tags: readonly string[];
  /** Time of creation, ISO 8601 in UTC. */
  readonly createdAt?: string | undefined;
  /** End of support by the distribution, ISO 8601 in UTC. */
  readonly endOfLifeAt?: string | undefined;
  /** Time when Linode deletes the image, ISO 8601 in UTC. */
  readonly expiresAt?: string | undefined;
}>;

/** A region of Linode. */
export type LinodeLocation = NodeLocation<{
  /** Linode's own word for the state: `"ok"` or `"outage"`. */
  readonly status?: string | undefined;
  /** Kind of site: `"core"` or `"distributed"`. */
  readonly siteType?: string | undefined;
  /** Services in this region, such as `"Block Storage"`. */
  readonly capabilities: readonly string[];
}>;

/** A public key of the user at Linode. Linode reports no fingerprints. */
export type LinodeKeyPair = KeyPair<{
  /** Time of creation, ISO 8601 in UTC. */
  readonly createdAt?: string | undefined;
}>;

/** A volume at Linode. */
export type LinodeVolume = Volume<{
  /** Linode's own word for the state, such as `"active"`. */
  readonly status?: string | undefined;
  /** Path of the device inside the node. */
  readonly path?: string | undefined;
  /** Storage hardware: `"nvme"` or `"hdd"`. */
  readonly hardware?: string | undefined;
  /** Tags. */
  readonly tags: readonly string[];
  /** Time of the last change, ISO 8601 in UTC. */
  readonly updatedAt?: string | undefined;
}>;

/** A disk of a node. */
export interface LinodeDisk {
  /** Id at Linode. */
  readonly id: string;
  /** Name for people. */
  readonly name: string;
  /** Size in MiB. */
  readonly sizeMib?: number | undefined;
  /** File system, such as `"ext4"` or `"swap"`. */
  readonly filesystem?: string | undefined;
  /** Linode's own word for the state: `"ready"`, `"not ready"`, `"deleting"`. */
  readonly status?: string | undefined;
}

/** A backup of a node. */
export interface LinodeBackup {
  /** Id at Linode. */
  readonly id: string;
  /** Name; only backups from `takeBackup()` have one. */
  readonly name?: string | undefined;
  /** Kind of backup: `"auto"`, or `"snapshot"` from `takeBackup()`. */
  readonly type?: string | undefined;
  /** Linode's own word for the state, such as `"successful"` or `"failed"`. */
  readonly status?: string | undefined;
  /** Whether the backup can be restored. */
  readonly isAvailable?: boolean | undefined;
  /** Time when the backup began, ISO 8601 in UTC. */
  readonly createdAt?: string | undefined;
  /** Time when the backup was finished, ISO 8601 in UTC. */
  readonly finishedAt?: string | undefined;
}

/** A StackScript, which can be run on new nodes. */
export interface LinodeStackScript {
  /** Id at Linode. */
  readonly id: string;
  /** Name for people. */
  readonly name: string;
  /** Description for people. */
  readonly description?: string | undefined;
  /** User who created it. */
  readonly username?: string | undefined;
  /** Whether it belongs to the account. */
  readonly isMine?: boolean | undefined;
  /** Whether every account can use it. */
  readonly isPublic?: boolean | undefined;
  /** Ids of the images that it supports. */
  readonly imageIds: readonly string[];
  /** Names of the fields in `stackScriptData`. */
  readonly fields: readonly string[];
  /** Source of the script. */
  readonly script?: string | undefined;
}

/** A tag. */
export interface LinodeTag {
  /** The tag; it is its own id. */
  readonly id: string;
}

/** An event in the account. */
export interface LinodeEvent {
  /** Id at Linode. */
  readonly id: string;
  /** Kind of event, such as `"linode_boot"`. */
  readonly action?: string | undefined;
  /**
   * Linode's own word for the state: `"scheduled"`, `"started"`, `"finished"`,
   * `"failed"`, or `"notification"` for events without a duration.
   */
  readonly status?: string | undefined;
  /** Kind of record that the event is about, such as `"linode"` for a node. */
  readonly entityType?: string | undefined;
  /** Id of that record. */
  readonly entityId?: string | undefined;
  /** Name of that record. */
  readonly entityName?: string | undefined;
  /** Progress, from 0 to 100. */
  readonly percent?: number | undefined;
  /** Details for people. */
  readonly message?: string | undefined;
  /** User who caused the event. */
  readonly username?: string | undefined;
  /** Time of creation, ISO 8601 in UTC. */
  readonly createdAt?: string | undefined;
}

/** The account of a token. */
export interface LinodeAccount {
  /** Id at Linode, a UUID. */
  readonly id: string;
  /** Name of the company. */
  readonly company?: string | undefined;
  /** Email address for invoices. */
  readonly email?: string | undefined;
  /** Balance in USD: the amount due, or a credit if it is negative. */
  readonly balance?: number | undefined;
  /** Time of creation, ISO 8601 in UTC. */
  readonly createdAt?: string | undefined;
}

const STATES: Readonly<Record<string, NodeState>> = {
  running: "running",
  offline: "stopped",
  stopped: "stopped",
  booting: "starting",
  rebooting: "rebooting",
  shutting_down: "stopping",
  provisioning: "pending",
  // Booting, while a placement group is assigned.
  busy: "pending",
  deleting: "terminated",
  migrating: "migrating",
  rebuilding: "reconfiguring",
  cloning: "reconfiguring",
  restoring: "reconfiguring",
  resizing: "reconfiguring",
  billing_suspension: "suspended",
};

// "active" covers both attached and detached volumes.
const VOLUME_STATES: Readonly<Record<string, VolumeState>> = {
  creating: "creating",
  active: "available",
  resizing: "updating",
  key_rotating: "updating",
};

interface NodeJson {
  id: number;
  label: string;
  status?: string;
  type?: string;
  region?: string;
  image?: string | null;
  ipv4?: string[];
  ipv6?: string | null;
  created?: string;
  updated?: string;
  tags?: string[];
  has_user_data?: boolean;
  lke_cluster_id?: number | null;
  backups?: { enabled?: boolean };
  specs?: { disk?: number; memory?: number; vcpus?: number; transfer?: number };
}

interface IpsJson {
  ipv4?: { vpc?: { address?: string | null }[] };
}

interface PriceJson {
  hourly?: number | null;
  monthly?: number | null;
}

interface SizeJson {
  id: string;
  label: string;
  class?: string;
  disk?: number;
  memory?: number;
  vcpus?: number;
  gpus?: number;
  transfer?: number;
  network_out?: number;
  price?: PriceJson;
  region_prices?: (PriceJson & { id: string })[];
  addons?: { backups?: { price?: PriceJson } };
  successor?: string | null;
}

interface ImageJson {
  id: string;
  label: string;
  description?: string | null;
  status?: string;
  is_public?: boolean;
  deprecated?: boolean;
  vendor?: string | null;
  size?: number;
  capabilities?: string[];
  regions?: { region: string; status?: string }[];
  tags?: string[];
  created?: string;
  eol?: string | null;
  expiry?: string | null;
}

interface RegionJson {
  id: string;
  label: string;
  country?: string;
  status?: string;
  site_type?: string;
  capabilities?: string[];
}

/** A public key in Linode's JSON. */
export interface KeyJson {
  id: number;
  label: string;
  ssh_key: string;
  created?: string;
}

interface VolumeJson {
  id: number;
  label: string;
  size: number;
  status?: string;
  region?: string;
  linode_id?: number | null;
  filesystem_path?: string;
  hardware_type?: string;
  tags?: string[];
  created?: string;
  updated?: string;
}

interface DiskJson {
  id: number;
  label: string;
  size?: number;
  filesystem?: string;
  status?: string;
}

interface BackupJson {
  id: number;
  label?: string | null;
  type?: string;
  status?: string;
  available?: boolean;
  created?: string;
  finished?: string;
}

/** The backups of a node in Linode's JSON, which has no pages. */
export interface BackupsJson {
  automatic: BackupJson[];
  snapshot?: {
    current?: BackupJson | null;
    in_progress?: BackupJson | null;
  };
}

interface StackScriptJson {
  id: number;
  label: string;
  description?: string;
  username?: string;
  mine?: boolean;
  is_public?: boolean;
  images?: string[];
  user_defined_fields?: { name: string }[];
  script?: string;
}

interface EventJson {
  id: number;
  action?: string;
  status?: string;
  entity?: { type?: string; id?: number | string; label?: string } | null;
  percent_complete?: number | null;
  message?: string | null;
  username?: string | null;
  created?: string;
}

interface AccountJson {
  euuid: string;
  company?: string;
  email?: string;
  balance?: number;
  active_since?: string;
}

/** Converts a node. */
export function toNode(node: NodeJson): LinodeNode {
  const id = toId(node.id);
  const specs = node.specs ?? {};
  // Linode writes "2001:db8::1337/128".
  const ipv6 = toText(node.ipv6)?.replace(/\/\d+$/, "");
  return {
    id,
    name: toText(node.label) ?? id,
    state: lookUp(STATES, node.status) ?? "unknown",
    ...splitIps([...toTexts(node.ipv4), ...ipv6 ? [ipv6] : []]),
    createdAt: toTime(node.created),
    sizeId: toOptionalId(node.type),
    imageId: toOptionalId(node.image),
    locationId: toOptionalId(node.region),
    tags: toTags(toTexts(node.tags)),
    extra: {
      status: toText(node.status),
      vcpus: toNumber(specs.vcpus),
      ramMib: toNumber(specs.memory),
      diskGb: toGb(specs.disk),
      transferGb: toNumber(specs.transfer),
      isBackedUp: toBoolean(node.backups?.enabled),
      hasUserData: toBoolean(node.has_user_data),
      lkeClusterId: toOptionalId(node.lke_cluster_id),
      updatedAt: toTime(node.updated),
    },
  };
}

/** Reads the addresses in VPCs from the addresses of a node. */
export function toVpcIps({ ipv4 }: IpsJson): string[] {
  return (ipv4?.vpc ?? []).flatMap(({ address }) => toText(address) ?? []);
}

/** Converts MiB to the GB of Linode's price list, which are 1024 MiB each. */
function toGb(mib: unknown): number | undefined {
  const number = toNumber(mib);
  return number === undefined ? undefined : number / 1024;
}

function toPrice(price: PriceJson | null | undefined): Price | undefined {
  const hourly = toNumber(price?.hourly);
  const monthly = toNumber(price?.monthly);
  return hourly === undefined && monthly === undefined
    ? undefined
    : { currency: "USD", hourly, monthly };
}

/** Converts a size. */
export function toSize(size: SizeJson): LinodeSize {
  const id = toId(size.id);
  return {
    id,
    name: toText(size.label) ?? id,
    vcpus: toNumber(size.vcpus),
    ramMib: toNumber(size.memory),
    diskGb: toGb(size.disk),
    transferGb: toNumber(size.transfer),
    // 0 means that the size has none.
    gpus: toNumber(size.gpus) || undefined,
    price: toPrice(size.price),
    locationPrices: (size.region_prices ?? []).flatMap((json) => {
      const price = toPrice(json);
      return price ? [{ locationId: toId(json.id), ...price }] : [];
    }),
    extra: {
      class: toText(size.class),
      networkMbps: toNumber(size.network_out),
      backupPrice: toPrice(size.addons?.backups?.price),
      successorId: toText(size.successor),
    },
  };
}

/** Converts an image. */
export function toImage(image: ImageJson): LinodeImage {
  const id = toId(image.id);
  return {
    id,
    name: toText(image.label) ?? id,
    extra: {
      description: toText(image.description),
      status: toText(image.status),
      isPublic: toBoolean(image.is_public),
      isDeprecated: toBoolean(image.deprecated),
      vendor: toText(image.vendor),
      sizeMib: toNumber(image.size),
      capabilities: toTexts(image.capabilities),
      copies: (image.regions ?? []).map(({ region, status }) => ({
        locationId: toId(region),
        status: toText(status),
      })),
      tags: toTexts(image.tags),
      createdAt: toTime(image.created),
      endOfLifeAt: toTime(image.eol),
      expiresAt: toTime(image.expiry),
    },
  };
}

/** Converts a region. */
export function toLocation(region: RegionJson): LinodeLocation {
  const id = toId(region.id);
  const country = toText(region.country)?.toUpperCase();
  return {
    id,
    name: toText(region.label) ?? id,
    // Linode had London in "uk", which is not a code of ISO 3166-1.
    country: country === "UK" ? "GB" : country,
    extra: {
      status: toText(region.status),
      siteType: toText(region.site_type),
      capabilities: toTexts(region.capabilities),
    },
  };
}

/** Converts a public key. */
export function toKeyPair(key: KeyJson): LinodeKeyPair {
  const id = toId(key.id);
  return {
    id,
    name: toText(key.label) ?? id,
    publicKey: toText(key.ssh_key),
    extra: { createdAt: toTime(key.created) },
  };
}

/** Converts a volume. */
export function toVolume(volume: VolumeJson): LinodeVolume {
  const id = toId(volume.id);
  const nodeId = toOptionalId(volume.linode_id);
  const state = lookUp(VOLUME_STATES, volume.status) ?? "unknown";
  return {
    id,
    name: toText(volume.label) ?? id,
    sizeGb: toRequiredNumber(volume.size, "size"),
    state: state === "available" && nodeId ? "inuse" : state,
    nodeId,
    locationId: toOptionalId(volume.region),
    createdAt: toTime(volume.created),
    extra: {
      status: toText(volume.status),
      path: toText(volume.filesystem_path),
      hardware: toText(volume.hardware_type),
      tags: toTexts(volume.tags),
      updatedAt: toTime(volume.updated),
    },
  };
}

/** Converts a disk. */
export function toDisk(disk: DiskJson): LinodeDisk {
  const id = toId(disk.id);
  return {
    id,
    name: toText(disk.label) ?? id,
    sizeMib: toNumber(disk.size),
    filesystem: toText(disk.filesystem),
    status: toText(disk.status),
  };
}

/** Lists the backups of a node: the automatic ones, then the snapshots. */
export function backupsOf({ automatic, snapshot }: BackupsJson): BackupJson[] {
  const snapshots = [snapshot?.current, snapshot?.in_progress];
  return [...automatic, ...snapshots.flatMap((backup) => backup ?? [])];
}

/** Converts a backup. */
export function toBackup(backup: BackupJson): LinodeBackup {
  return {
    id: toId(backup.id),
    name: toText(backup.label),
    type: toText(backup.type),
    status: toText(backup.status),
    isAvailable: toBoolean(backup.available),
    createdAt: toTime(backup.created),
    finishedAt: toTime(backup.finished),
  };
}

/** Converts a StackScript. */
export function toStackScript(script: StackScriptJson): LinodeStackScript {
  const id = toId(script.id);
  return {
    id,
    name: toText(script.label) ?? id,
    description: toText(script.description),
    username: toText(script.username),
    isMine: toBoolean(script.mine),
    isPublic: toBoolean(script.is_public),
    imageIds: toIds(script.images),
    fields: toTexts(
      (script.user_defined_fields ?? []).map(({ name }) => name),
    ),
    script: toText(script.script),
  };
}

/** Converts a tag. */
export function toTag({ label }: { label: string }): LinodeTag {
  return { id: toId(label) };
}

/** Converts an event. */
export function toEvent(event: EventJson): LinodeEvent {
  const { entity } = event;
  return {
    id: toId(event.id),
    action: toText(event.action),
    status: toText(event.status),
    entityType: toText(entity?.type),
    entityId: toOptionalId(entity?.id),
    entityName: toText(entity?.label),
    percent: toNumber(event.percent_complete),
    message: toText(event.message),
    username: toText(event.username),
    createdAt: toTime(event.created),
  };
}

/** Converts an account. */
export function toAccount(account: AccountJson): LinodeAccount {
  return {
    id: toId(account.euuid),
    company: toText(account.company),
    email: toText(account.email),
    balance: toNumber(account.balance),
    createdAt: toTime(account.active_since),
  };
}
