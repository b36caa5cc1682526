/**
 * The records of OpenStack's compute, image and block storage services, and
 * their conversion from OpenStack's JSON.
 *
 * @module
 */

import {
  given,
  isPublicIp,
  lookUp,
  type SplitIps,
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
import type {
  ActionJson,
  AttachmentJson,
  CreatedJson,
  FlavorJson,
  ImageJson,
  KeyPairJson,
  LimitsJson,
  QuotasJson,
  ServerFlavorJson,
  ServerGroupJson,
  ServerJson,
  SnapshotJson,
  VolumeJson,
  VolumeTypeJson,
  ZoneJson,
} from "./_json.ts";

/** An address of a node in one of its networks. */
export interface OpenStackAddress {
  /** Name of the network. */
  readonly network: string;
  /** The address. */
  readonly address: string;
  /** Kind of address: `"fixed"` or `"floating"`. */
  readonly kind?: string | undefined;
  /** MAC address of the port. */
  readonly macAddress?: string | undefined;
}

/** Why a node has the state `"error"`. */
export interface OpenStackFault {
  /** Status, as in a response of HTTP. */
  readonly code?: number | undefined;
  /** The message of Nova. */
  readonly message: string;
  /** Time of the failure, ISO 8601 in UTC. */
  readonly createdAt?: string | undefined;
}

/** Properties of the size of a node, as they were when it got the size. */
export interface OpenStackNodeSize {
  /** Name of the size. */
  readonly name?: string | undefined;
  /** Number of virtual processors. */
  readonly vcpus?: number | undefined;
  /** Memory in MiB. */
  readonly ramMib?: number | undefined;
  /** Disk in GiB. */
  readonly diskGb?: number | undefined;
}

/** A node at OpenStack. */
export interface OpenStackNode extends
  Node<{
    /** Nova's own word for the state, such as `"SHUTOFF"`. */
    readonly status?: string | undefined;
    /** What Nova does with the node at the moment, such as `"powering-off"`. */
    readonly taskState?: string | undefined;
    /** State of the virtual machine, such as `"stopped"`. */
    readonly vmState?: string | undefined;
    /** State of the power: 1 means running, and 4 shut down. */
    readonly powerState?: number | undefined;
    /** Why the state of the node is `"error"`. */
    readonly fault?: OpenStackFault | undefined;
    /** Progress of a change in percent. */
    readonly progress?: number | undefined;
    /** Addresses, with their networks. */
    readonly addresses: readonly OpenStackAddress[];
    /** IPv4 address that the owner declared as the one to use. */
    readonly accessIpv4?: string | undefined;
    /** IPv6 address that the owner declared as the one to use. */
    readonly accessIpv6?: string | undefined;
    /** Properties of the size; absent before microversion 2.47. */
    readonly size?: OpenStackNodeSize | undefined;
    /** Name of the key pair. */
    readonly keyPairId?: string | undefined;
    /** Names of the security groups. */
    readonly securityGroups: readonly string[];
    /** Ids of attached volumes. */
    readonly volumeIds: readonly string[];
    /** Server tags; they are not in `tags`. */
    readonly serverTags: readonly string[];
    /** Ids of server groups; empty before microversion 2.71. */
    readonly serverGroupIds: readonly string[];
    /** Description for people. */
    readonly description?: string | undefined;
    /** Whether only an administrator can change the node. */
    readonly isLocked?: boolean | undefined;
    /** Whether the node has a configuration drive. */
    readonly hasConfigDrive: boolean;
    /** Id of the project. */
    readonly projectId?: string | undefined;
    /** Id of the user who created the node. */
    readonly userId?: string | undefined;
    /** Hash of host and project: nodes on one host have the same one. */
    readonly hostId?: string | undefined;
    /** Name of the host; only administrators see it. */
    readonly host?: string | undefined;
    /** Time of the last change, ISO 8601 in UTC. */
    readonly updatedAt?: string | undefined;
    /** Time of the first start, ISO 8601 in UTC. */
    readonly launchedAt?: string | undefined;
    /** Time of the deletion, ISO 8601 in UTC. */
    readonly terminatedAt?: string | undefined;
  }> {
  /**
   * Password of the administrator: only in the results of `createNode()` and
   * `deployNode()`. Absent if the cloud sets no passwords.
   */
  readonly rootPassword?: string | undefined;
}

/** A size at OpenStack, which calls it a flavor. OpenStack has no prices. */
export type OpenStackSize = NodeSize<{
  /** Further disk in GiB, which is empty at the start. */
  readonly ephemeralGb?: number | undefined;
  /** Swap space in MiB. */
  readonly swapMib: number;
  /** Factor for the bandwidth of the network. */
  readonly bandwidthFactor?: number | undefined;
  /** Whether all projects may use the size. */
  readonly isPublic?: boolean | undefined;
  /** Description for people; absent before microversion 2.55. */
  readonly description?: string | undefined;
  /** Extra specs; absent before microversion 2.61. */
  readonly extraSpecs?: Readonly<Record<string, string>> | undefined;
}>;

/** An image at OpenStack. An image without a name has its id as the name. */
export type OpenStackImage = NodeImage<{
  /** Glance's own word for the state, such as `"active"`. */
  readonly status?: string | undefined;
  /** Who sees it: `"public"`, `"private"`, `"shared"` or `"community"`. */
  readonly visibility?: string | undefined;
  /** Kind of image; `"snapshot"` if it was created from a node. */
  readonly type?: string | undefined;
  /** Id of the node that the image was created from. */
  readonly nodeId?: string | undefined;
  /** Size in bytes; absent until the image is complete. */
  readonly sizeBytes?: number | undefined;
  /** Smallest disk in GiB that a node needs. */
  readonly minDiskGb?: number | undefined;
  /** Smallest memory in MiB that a node needs. */
  readonly minRamMib?: number | undefined;
  /** Format of the disk, such as `"qcow2"`. */
  readonly diskFormat?: string | undefined;
  /** Format of the container, such as `"bare"`. */
  readonly containerFormat?: string | undefined;
  /** Architecture of the processors, such as `"x86_64"`. */
  readonly architecture?: string | undefined;
  /** Name of the operating system, such as `"debian"`. */
  readonly osDistro?: string | undefined;
  /** Version of the operating system, such as `"12"`. */
  readonly osVersion?: string | undefined;
  /** Description for people. */
  readonly description?: string | undefined;
  /** Id of the project that owns it. */
  readonly projectId?: string | undefined;
  /** Whether the image cannot be deleted. */
  readonly isProtected?: boolean | undefined;
  /** Whether lists should not show the image. */
  readonly isHidden?: boolean | undefined;
  /** Tags, which are strings. */
  readonly tags: readonly string[];
  /** Time of creation, ISO 8601 in UTC. */
  readonly createdAt?: string | undefined;
  /** Time of the last change, ISO 8601 in UTC. */
  readonly updatedAt?: string | undefined;
}>;

/** An availability zone of a region. */
export type OpenStackLocation = NodeLocation<{
  /** Whether nodes can be created in the zone. */
  readonly isAvailable?: boolean | undefined;
}>;

/** A region of the cloud. A driver works in one region. */
export interface OpenStackRegion {
  /** Name, for the option `region` of a driver. */
  readonly id: string;
}

/** A key pair at OpenStack. Its id is its name. */
export type OpenStackKeyPair = KeyPair<{
  /** Kind of key: `"ssh"` or `"x509"`. */
  readonly type?: string | undefined;
  /** Id of the user who owns it. */
  readonly userId?: string | undefined;
  /** Time of creation, ISO 8601 in UTC; absent in lists. */
  readonly createdAt?: string | undefined;
}>;

/** A volume at OpenStack. A volume without a name has its id as the name. */
export type OpenStackVolume = Volume<{
  /** Cinder's own word for the state, such as `"in-use"`. */
  readonly status?: string | undefined;
  /** Ids of all nodes that it is attached to. */
  readonly nodeIds: readonly string[];
  /** Path of the device inside the node, as Nova proposed it. */
  readonly device?: string | undefined;
  /** Name of the type. */
  readonly volumeType?: string | undefined;
  /** Description for people. */
  readonly description?: string | undefined;
  /** Whether a node can boot from it. */
  readonly isBootable: boolean;
  /** Whether the volume is encrypted. */
  readonly isEncrypted?: boolean | undefined;
  /** Whether several nodes can have it at the same time. */
  readonly isMultiattach?: boolean | undefined;
  /** Id of the snapshot that it was created from. */
  readonly snapshotId?: string | undefined;
  /** Id of the volume that it was created from. */
  readonly sourceVolumeId?: string | undefined;
  /** Tags, which OpenStack calls metadata. */
  readonly tags: Tags;
}>;

/** A snapshot of a volume at OpenStack. */
export type OpenStackVolumeSnapshot = VolumeSnapshot<{
  /** Cinder's own word for the state, such as `"available"`. */
  readonly status?: string | undefined;
  /** Description for people. */
  readonly description?: string | undefined;
  /** Tags, which OpenStack calls metadata. */
  readonly tags: Tags;
}>;

/** A type of volumes. */
export interface OpenStackVolumeType {
  /** Id at OpenStack. */
  readonly id: string;
  /** Name, for the option `volumeType`. */
  readonly name: string;
  /** Description for people. */
  readonly description?: string | undefined;
  /** Whether all projects may use the type. */
  readonly isPublic?: boolean | undefined;
  /** Extra specs. */
  readonly extraSpecs: Readonly<Record<string, string>>;
}

/** A volume that is attached to a node. */
export interface OpenStackVolumeAttachment {
  /** Id of the volume. */
  readonly volumeId: string;
  /** Id of the node. */
  readonly nodeId: string;
  /** Path of the device inside the node, as Nova proposed it. */
  readonly device?: string | undefined;
}

/** A server group: its policy chooses the hosts of its nodes. */
export interface OpenStackServerGroup {
  /** Id at OpenStack. */
  readonly id: string;
  /** Name for people. */
  readonly name: string;
  /** The policy, such as `"anti-affinity"`. */
  readonly policy?: string | undefined;
  /** Ids of its nodes. */
  readonly nodeIds: readonly string[];
}

/** Something that was done with a node. */
export interface OpenStackAction {
  /** Id of the request. */
  readonly id: string;
  /** Kind of action, such as `"create"` or `"reboot"`. */
  readonly action: string;
  /** Message of the failure, if the action failed. */
  readonly message?: string | undefined;
  /** Id of the user who requested it. */
  readonly userId?: string | undefined;
  /** Id of the project of that user. */
  readonly projectId?: string | undefined;
  /** Start time, ISO 8601 in UTC. */
  readonly startedAt?: string | undefined;
}

/** A password that OpenStack set. */
export interface OpenStackPassword {
  /**
   * Password of the administrator: only in this result. Absent if the cloud
   * sets no passwords.
   */
  readonly rootPassword?: string | undefined;
}

/** Quotas of a project. One that is absent is unlimited, or not known. */
export interface OpenStackQuotas {
  /** Number of nodes. */
  readonly maxNodes?: number | undefined;
  /** Number of virtual processors of all nodes. */
  readonly maxVcpus?: number | undefined;
  /** Memory of all nodes in MiB. */
  readonly maxRamMib?: number | undefined;
  /** Number of key pairs of a user. */
  readonly maxKeyPairs?: number | undefined;
  /** Number of tags of a node. */
  readonly maxTags?: number | undefined;
  /** Number of server groups. */
  readonly maxServerGroups?: number | undefined;
  /** Number of nodes in a server group. */
  readonly maxServerGroupMembers?: number | undefined;
}

/** Limits of a project, and how much of them is used. */
export interface OpenStackLimits extends OpenStackQuotas {
  /** Number of nodes that exist. */
  readonly usedNodes?: number | undefined;
  /** Number of virtual processors in use. */
  readonly usedVcpus?: number | undefined;
  /** Memory in use in MiB. */
  readonly usedRamMib?: number | undefined;
  /** Number of server groups that exist. */
  readonly usedServerGroups?: number | undefined;
}

const STATES: Readonly<Record<string, NodeState>> = {
  ACTIVE: "running",
  BUILD: "pending",
  DELETED: "terminated",
  ERROR: "error",
  HARD_REBOOT: "rebooting",
  MIGRATING: "migrating",
  PASSWORD: "running",
  PAUSED: "paused",
  REBOOT: "rebooting",
  REBUILD: "reconfiguring",
  RESCUE: "running",
  RESIZE: "reconfiguring",
  REVERT_RESIZE: "reconfiguring",
  SHELVED: "suspended",
  SHELVED_OFFLOADED: "suspended",
  SHUTOFF: "stopped",
  SOFT_DELETED: "terminated",
  SUSPENDED: "suspended",
  UNKNOWN: "unknown",
  // The node runs with the new size, until the resize is confirmed.
  VERIFY_RESIZE: "running",
};

// While Nova does this, the status is still the one from before.
const TASKS: Readonly<Record<string, NodeState>> = {
  "deleting": "stopping",
  "soft-deleting": "stopping",
  "powering-off": "stopping",
  "powering-on": "starting",
};

const VOLUME_STATES: Readonly<Record<string, VolumeState>> = {
  available: "available",
  attaching: "attaching",
  reserved: "attaching",
  "in-use": "inuse",
  detaching: "detaching",
  creating: "creating",
  downloading: "creating",
  deleting: "deleting",
  deleted: "deleted",
  retyping: "updating",
  extending: "updating",
  maintenance: "updating",
  uploading: "updating",
  "awaiting-transfer": "updating",
  "backing-up": "updating",
  "restoring-backup": "updating",
  error: "error",
  error_deleting: "error",
  error_extending: "error",
  error_managing: "error",
  error_restoring: "error",
  "error_backing-up": "error",
};

const SNAPSHOT_STATES: Readonly<Record<string, VolumeSnapshotState>> = {
  available: "available",
  "backing-up": "available",
  creating: "creating",
  restoring: "restoring",
  deleting: "deleting",
  unmanaging: "deleting",
  deleted: "deleted",
  error: "error",
  error_deleting: "error",
};

/**
 * Converts a server.
 *
 * @param server The server.
 * @param locationId Its location, if the cloud has no availability zones.
 */
export function toNode(
  server: ServerJson,
  locationId?: string,
): OpenStackNode {
  const { fault, flavor, image, locked } = server;
  const { publicIps, privateIps, all } = toAddresses(server.addresses);
  const taskState = toText(server["OS-EXT-STS:task_state"]);
  return {
    id: toId(server.id),
    name: server.name,
    state: toState(server.status, taskState),
    publicIps,
    privateIps,
    createdAt: toTime(server.created),
    sizeId: toOptionalId(flavor?.id),
    imageId: image ? toOptionalId(image.id) : undefined,
    locationId: locationId ?? toText(server["OS-EXT-AZ:availability_zone"]),
    tags: server.metadata ?? {},
    extra: {
      status: toText(server.status),
      taskState,
      vmState: toText(server["OS-EXT-STS:vm_state"]),
      powerState: toNumber(server["OS-EXT-STS:power_state"]),
      fault: fault && {
        code: toNumber(fault.code),
        message: fault.message,
        createdAt: toTime(fault.created),
      },
      progress: toNumber(server.progress),
      addresses: all,
      accessIpv4: toText(server.accessIPv4),
      accessIpv6: toText(server.accessIPv6),
      size: flavor && toNodeSize(flavor),
      keyPairId: toText(server.key_name),
      securityGroups: toTexts(server.security_groups?.map(({ name }) => name)),
      volumeIds: toIds(
        server["os-extended-volumes:volumes_attached"]?.map(({ id }) => id),
      ),
      serverTags: toTexts(server.tags),
      serverGroupIds: toIds(server.server_groups),
      description: toText(server.description),
      isLocked: toBoolean(locked),
      hasConfigDrive: Boolean(server.config_drive),
      projectId: toOptionalId(server.tenant_id),
      userId: toOptionalId(server.user_id),
      hostId: toText(server.hostId),
      host: toText(server["OS-EXT-SRV-ATTR:host"]),
      updatedAt: toTime(server.updated),
      launchedAt: toTime(server["OS-SRV-USG:launched_at"]),
      terminatedAt: toTime(server["OS-SRV-USG:terminated_at"]),
    },
  };
}

/** Converts a status and what Nova does at the moment. */
function toState(status: string, taskState: string | undefined): NodeState {
  const state = lookUp(STATES, status) ?? "unknown";
  return state === "terminated" ? state : lookUp(TASKS, taskState) ?? state;
}

/** Addresses of a server: as Nova describes them, and by their kind. */
interface NodeAddresses extends SplitIps {
  readonly all: OpenStackAddress[];
}

/**
 * Converts addresses, and separates public and private ones. A floating address
 * makes a node reachable from outside, also in a cloud whose addresses are all
 * private. One pass, because this runs for each node of a list.
 */
function toAddresses(addresses: ServerJson["addresses"]): NodeAddresses {
  const split: NodeAddresses = { publicIps: [], privateIps: [], all: [] };
  for (const network in addresses) {
    for (const address of addresses[network] ?? []) {
      const { addr } = address;
      const kind = toText(address["OS-EXT-IPS:type"]);
      const macAddress = toText(address["OS-EXT-IPS-MAC:mac_addr"]);
      const isPublic = isPublicIp(addr);
      if (isPublic || kind === "floating") split.publicIps.push(addr);
      else if (isPublic === false) split.privateIps.push(addr);
      split.all.push({ network, address: addr, kind, macAddress });
    }
  }
  return split;
}

function toNodeSize(flavor: ServerFlavorJson): OpenStackNodeSize | undefined {
  if (flavor.original_name === undefined) return undefined;
  return {
    name: toText(flavor.original_name),
    vcpus: toNumber(flavor.vcpus),
    ramMib: toNumber(flavor.ram),
    diskGb: toNumber(flavor.disk),
  };
}

/** Adds the password of the administrator, if the cloud sets one. */
export function withPassword<T extends OpenStackPassword>(
  record: T,
  adminPass: string | undefined,
): T {
  return adminPass ? { ...record, rootPassword: adminPass } : record;
}

/** Reads the password of the administrator, if the cloud sets one. */
export function toPassword(
  { adminPass }: Pick<CreatedJson, "adminPass">,
): OpenStackPassword | undefined {
  return adminPass ? { rootPassword: adminPass } : undefined;
}

/** Converts a flavor. */
export function toSize(flavor: FlavorJson): OpenStackSize {
  return {
    id: toId(flavor.id),
    name: flavor.name,
    vcpus: toNumber(flavor.vcpus),
    ramMib: toNumber(flavor.ram),
    diskGb: toNumber(flavor.disk),
    isAvailable: given(
      toBoolean(flavor["OS-FLV-DISABLED:disabled"]),
      (isDisabled) => !isDisabled,
    ),
    extra: {
      ephemeralGb: toNumber(flavor["OS-FLV-EXT-DATA:ephemeral"]),
      swapMib: toNumber(flavor.swap) ?? 0,
      bandwidthFactor: toNumber(flavor.rxtx_factor),
      isPublic: toBoolean(flavor["os-flavor-access:is_public"]),
      description: toText(flavor.description),
      extraSpecs: flavor.extra_specs,
    },
  };
}

/** Converts an image. */
export function toImage(image: ImageJson): OpenStackImage {
  const id = toId(image.id);
  return {
    id,
    name: toText(image.name) ?? id,
    extra: {
      status: toText(image.status),
      visibility: toText(image.visibility),
      type: toText(image.image_type),
      nodeId: toOptionalId(image.instance_uuid),
      sizeBytes: toNumber(image.size),
      minDiskGb: toNumber(image.min_disk),
      minRamMib: toNumber(image.min_ram),
      diskFormat: toText(image.disk_format),
      containerFormat: toText(image.container_format),
      architecture: toText(image.architecture),
      osDistro: toText(image.os_distro),
      osVersion: toText(image.os_version),
      description: toText(image.description),
      projectId: toOptionalId(image.owner),
      isProtected: toBoolean(image.protected),
      isHidden: toBoolean(image.os_hidden),
      tags: toTexts(image.tags),
      createdAt: toTime(image.created_at),
      updatedAt: toTime(image.updated_at),
    },
  };
}

/** Converts an availability zone. */
export function toLocation(zone: ZoneJson): OpenStackLocation {
  const id = toId(zone.zoneName);
  return {
    id,
    name: id,
    extra: { isAvailable: toBoolean(zone.zoneState?.available) },
  };
}

/** Converts a key pair, which has no id but its name. */
export function toKeyPair({ keypair }: { keypair: KeyPairJson }) {
  const id = toId(keypair.name);
  return {
    id,
    name: id,
    publicKey: toText(keypair.public_key)?.trim(),
    fingerprint: toText(keypair.fingerprint),
    extra: {
      type: toText(keypair.type),
      userId: toOptionalId(keypair.user_id),
      createdAt: toTime(keypair.created_at),
    },
  } satisfies OpenStackKeyPair;
}

/** Converts a key pair that Nova generated. */
export function toNewKeyPair(body: { keypair: KeyPairJson }): OpenStackKeyPair {
  return { ...toKeyPair(body), privateKey: toText(body.keypair.private_key) };
}

/**
 * Converts a volume.
 *
 * @param volume The volume.
 * @param locationId Its location, if the cloud has no availability zones.
 */
export function toVolume(
  volume: VolumeJson,
  locationId?: string,
): OpenStackVolume {
  const { attachments = [] } = volume;
  const id = toId(volume.id);
  const nodeIds = toIds(attachments.map(({ server_id }) => server_id));
  return {
    id,
    name: toText(volume.name) ?? id,
    sizeGb: toRequiredNumber(volume.size, "size"),
    state: lookUp(VOLUME_STATES, volume.status) ?? "unknown",
    nodeId: nodeIds[0],
    locationId: locationId ?? toText(volume.availability_zone),
    createdAt: toTime(volume.created_at),
    extra: {
      status: toText(volume.status),
      nodeIds,
      device: toText(attachments[0]?.device),
      volumeType: toText(volume.volume_type),
      description: toText(volume.description),
      // A string in every version of Cinder.
      isBootable: volume.bootable === "true",
      isEncrypted: toBoolean(volume.encrypted),
      isMultiattach: toBoolean(volume.multiattach),
      snapshotId: toOptionalId(volume.snapshot_id),
      sourceVolumeId: toOptionalId(volume.source_volid),
      tags: volume.metadata ?? {},
    },
  };
}

/** Converts a snapshot of a volume. */
export function toSnapshot(snapshot: SnapshotJson): OpenStackVolumeSnapshot {
  return {
    id: toId(snapshot.id),
    name: toText(snapshot.name),
    sizeGb: toNumber(snapshot.size),
    state: lookUp(SNAPSHOT_STATES, snapshot.status) ?? "unknown",
    volumeId: toOptionalId(snapshot.volume_id),
    createdAt: toTime(snapshot.created_at),
    extra: {
      status: toText(snapshot.status),
      description: toText(snapshot.description),
      tags: snapshot.metadata ?? {},
    },
  };
}

/** Converts a type of volumes. */
export function toVolumeType(type: VolumeTypeJson): OpenStackVolumeType {
  return {
    id: toId(type.id),
    name: type.name,
    description: toText(type.description),
    isPublic: toBoolean(type.is_public),
    extraSpecs: type.extra_specs ?? {},
  };
}

/** Converts an attached volume. */
export function toAttachment(
  attachment: AttachmentJson,
): OpenStackVolumeAttachment {
  return {
    volumeId: toId(attachment.volumeId),
    nodeId: toId(attachment.serverId),
    device: toText(attachment.device),
  };
}

/** Converts a server group. */
export function toServerGroup(group: ServerGroupJson): OpenStackServerGroup {
  return {
    id: toId(group.id),
    name: group.name,
    policy: toText(group.policy) ?? toText(group.policies?.[0]),
    nodeIds: toIds(group.members),
  };
}

/** Converts an action. */
export function toAction(action: ActionJson): OpenStackAction {
  return {
    id: toId(action.request_id),
    action: action.action,
    message: toText(action.message),
    userId: toOptionalId(action.user_id),
    projectId: toOptionalId(action.project_id),
    startedAt: toTime(action.start_time),
  };
}

/** Converts the quotas of a project. */
export function toQuotas(quotas: QuotasJson): OpenStackQuotas {
  return {
    maxNodes: toLimit(quotas.instances),
    maxVcpus: toLimit(quotas.cores),
    maxRamMib: toLimit(quotas.ram),
    maxKeyPairs: toLimit(quotas.key_pairs),
    maxTags: toLimit(quotas.metadata_items),
    maxServerGroups: toLimit(quotas.server_groups),
    maxServerGroupMembers: toLimit(quotas.server_group_members),
  };
}

/** Converts the limits of a project. */
export function toLimits({ absolute }: LimitsJson): OpenStackLimits {
  return {
    maxNodes: toLimit(absolute.maxTotalInstances),
    usedNodes: toNumber(absolute.totalInstancesUsed),
    maxVcpus: toLimit(absolute.maxTotalCores),
    usedVcpus: toNumber(absolute.totalCoresUsed),
    maxRamMib: toLimit(absolute.maxTotalRAMSize),
    usedRamMib: toNumber(absolute.totalRAMUsed),
    maxKeyPairs: toLimit(absolute.maxTotalKeypairs),
    maxTags: toLimit(absolute.maxServerMeta),
    maxServerGroups: toLimit(absolute.maxServerGroups),
    usedServerGroups: toNumber(absolute.totalServerGroupsUsed),
    maxServerGroupMembers: toLimit(absolute.maxServerGroupMembers),
  };
}

// -1 means: unlimited.
function toLimit(value: number | undefined): number | undefined {
  return value === -1 ? undefined : toNumber(value);
}
