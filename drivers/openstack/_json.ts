/**
 * The JSON of Nova, Glance and Cinder, as far as the driver reads it. The
 * published descriptions leave the responses open. Therefore this follows the
 * samples in the documentation.
 *
 * @see {@link https://docs.openstack.org/api-ref/compute/ | Compute API}
 * @see {@link https://docs.openstack.org/api-ref/image/v2/ | Image API}
 * @see {@link https://docs.openstack.org/api-ref/block-storage/v3/ | Block Storage API}
 *
 * @module
 */

/** A server. Fields with a `?` need a microversion, or a role. */
export interface ServerJson {
  id: string;
  name: string;
  status: string;
  "OS-EXT-STS:task_state"?: string | null;
  "OS-EXT-STS:vm_state"?: string;
  "OS-EXT-STS:power_state"?: number;
  /** Addresses by the name of the network. */
  addresses?: Record<string, readonly AddressJson[]>;
  accessIPv4?: string;
  accessIPv6?: string;
  created?: string;
  updated?: string;
  "OS-SRV-USG:launched_at"?: string | null;
  "OS-SRV-USG:terminated_at"?: string | null;
  /** Until 2.46 the id of the flavor, then its properties. */
  flavor?: ServerFlavorJson;
  /** The empty string if the server boots from a volume. */
  image?: { id: string } | "" | null;
  key_name?: string | null;
  metadata?: Record<string, string>;
  tenant_id?: string;
  user_id?: string;
  hostId?: string;
  progress?: number;
  config_drive?: string | boolean;
  description?: string | null;
  locked?: boolean;
  locked_reason?: string | null;
  tags?: readonly string[];
  security_groups?: readonly { name: string }[];
  server_groups?: readonly string[];
  "OS-EXT-AZ:availability_zone"?: string;
  "OS-EXT-SRV-ATTR:host"?: string | null;
  "os-extended-volumes:volumes_attached"?: readonly { id: string }[];
  fault?: { code: number; message: string; created?: string };
}

export interface ServerFlavorJson {
  id?: string;
  original_name?: string;
  vcpus?: number;
  ram?: number;
  disk?: number;
}

export interface AddressJson {
  addr: string;
  version: number;
  /** "fixed" or "floating". */
  "OS-EXT-IPS:type"?: string;
  "OS-EXT-IPS-MAC:mac_addr"?: string;
}

/** A new server: the response has neither its name nor its status. */
export interface CreatedJson {
  id: string;
  adminPass?: string;
}

export interface FlavorJson {
  id: string;
  name: string;
  vcpus: number;
  /** MiB. */
  ram: number;
  /** GiB. */
  disk: number;
  "OS-FLV-EXT-DATA:ephemeral"?: number;
  /** MiB; the empty string until 2.74 if there is none. */
  swap?: number | "";
  rxtx_factor?: number;
  "os-flavor-access:is_public"?: boolean;
  "OS-FLV-DISABLED:disabled"?: boolean;
  description?: string | null;
  /** Since 2.61. */
  extra_specs?: Record<string, string>;
}

/** An image of Glance; other properties are beside these fields. */
export interface ImageJson {
  id: string;
  name?: string | null;
  status?: string;
  visibility?: string;
  size?: number | null;
  min_disk?: number;
  min_ram?: number;
  disk_format?: string | null;
  container_format?: string | null;
  owner?: string | null;
  protected?: boolean;
  os_hidden?: boolean;
  tags?: readonly string[];
  created_at?: string;
  updated_at?: string;
  architecture?: string;
  os_distro?: string;
  os_version?: string;
  description?: string;
  image_type?: string;
  instance_uuid?: string;
}

export interface ZoneJson {
  zoneName: string;
  zoneState?: { available: boolean };
}

export interface KeyPairJson {
  name: string;
  public_key?: string;
  private_key?: string;
  fingerprint?: string;
  /** Since 2.2: "ssh" or "x509". */
  type?: string;
  user_id?: string;
  created_at?: string;
}

export interface VolumeJson {
  id: string;
  name?: string | null;
  size: number;
  status: string;
  attachments?: readonly VolumeAttachedJson[];
  availability_zone?: string | null;
  created_at?: string;
  description?: string | null;
  volume_type?: string | null;
  bootable?: string;
  encrypted?: boolean;
  multiattach?: boolean;
  snapshot_id?: string | null;
  source_volid?: string | null;
  metadata?: Record<string, string>;
}

export interface VolumeAttachedJson {
  server_id: string | null;
  device?: string | null;
}

export interface SnapshotJson {
  id: string;
  name?: string | null;
  size?: number;
  status: string;
  volume_id: string;
  created_at?: string;
  description?: string | null;
  metadata?: Record<string, string>;
}

export interface VolumeTypeJson {
  id: string;
  name: string;
  description?: string | null;
  is_public?: boolean;
  extra_specs?: Record<string, string>;
}

export interface AttachmentJson {
  volumeId: string;
  serverId: string;
  device?: string | null;
}

export interface ServerGroupJson {
  id: string;
  name: string;
  /** Since 2.64. */
  policy?: string;
  /** Until 2.63. */
  policies?: readonly string[];
  members?: readonly string[];
}

export interface ActionJson {
  request_id: string;
  action: string;
  start_time?: string;
  message?: string | null;
  user_id?: string | null;
  project_id?: string | null;
}

/** Each number is -1 if it is unlimited. */
export interface QuotasJson {
  instances?: number;
  cores?: number;
  ram?: number;
  key_pairs?: number;
  metadata_items?: number;
  server_groups?: number;
  server_group_members?: number;
}

export interface LimitsJson {
  /** Each maximum is -1 if it is unlimited. */
  absolute: {
    maxTotalInstances?: number;
    totalInstancesUsed?: number;
    maxTotalCores?: number;
    totalCoresUsed?: number;
    maxTotalRAMSize?: number;
    totalRAMUsed?: number;
    maxTotalKeypairs?: number;
    maxServerMeta?: number;
    maxServerGroups?: number;
    totalServerGroupsUsed?: number;
    maxServerGroupMembers?: number;
  };
}
