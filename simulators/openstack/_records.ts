/**
 * Records of the simulated cloud.
 *
 * @module
 */

/** A flavor, which is the size of a server. */
export interface Flavor {
  readonly id: string;
  readonly name: string;
  /** MiB. */
  readonly ram: number;
  /** GiB. */
  readonly disk: number;
  readonly vcpus: number;
  /** GiB. */
  readonly ephemeral: number;
  /** MiB. */
  readonly swap: number;
  readonly extraSpecs: Readonly<Record<string, string>>;
}

/** An image. Glance shows all fields; custom properties are in `properties`. */
export interface Image {
  readonly id: string;
  name: string | null;
  status: string;
  visibility: string;
  protected: boolean;
  tags: string[];
  readonly created_at: string;
  updated_at: string;
  owner: string;
  size: number | null;
  min_disk: number;
  min_ram: number;
  disk_format: string | null;
  container_format: string | null;
  checksum: string | null;
  /** SHA-512 of the data, if a client has uploaded it. */
  sha512?: string;
  os_hidden: boolean;
  properties: Record<string, string>;
}

/** Where a volume is attached, as Cinder shows it. */
export interface VolumeAttachment {
  readonly server_id: string;
  readonly attachment_id: string;
  readonly attached_at: string;
  readonly host_name: string | null;
  readonly volume_id: string;
  readonly device: string;
  readonly id: string;
}

/** A volume. */
export interface Volume {
  readonly id: string;
  name: string | null;
  description: string | null;
  status: string;
  /** GiB. */
  size: number;
  readonly created_at: string;
  updated_at: string | null;
  volume_type: string;
  bootable: boolean;
  readonly availability_zone: string;
  readonly snapshot_id: string | null;
  readonly source_volid: string | null;
  metadata: Record<string, string>;
  attachments: VolumeAttachment[];
  multiattach: boolean;
  /** Id of the image that the volume was created from. */
  readonly imageId: string | undefined;
}

/** A snapshot of a volume. */
export interface VolumeSnapshot {
  readonly id: string;
  name: string | null;
  description: string | null;
  status: string;
  /** GiB. */
  readonly size: number;
  readonly volume_id: string;
  readonly created_at: string;
  updated_at: string | null;
  metadata: Record<string, string>;
}

/** A key pair; its name is its id. */
export interface KeyPair {
  readonly id: string;
  readonly name: string;
  readonly publicKey: string;
  readonly fingerprint: string;
  readonly type: string;
  /** Number of the key pair in the database. */
  readonly number: number;
  readonly createdAt: string;
}

/** A group of servers with a placement policy. */
export interface ServerGroup {
  readonly id: string;
  readonly name: string;
  readonly policy: string;
  readonly rules: Readonly<Record<string, number>>;
  readonly members: string[];
}

/** A volume of a server. */
export interface Attachment {
  readonly volume: string;
  readonly device: string;
  readonly deletesWithServer: boolean;
  readonly tag: string | null;
}

/** Why a server failed. */
export interface Fault {
  readonly code: number;
  readonly message: string;
  readonly created: string;
}

/** A server. */
export interface Server {
  readonly id: string;
  name: string;
  description: string | null;
  status: string;
  vmState: string;
  taskState: string | null;
  /** 0 is pending, 1 running, 3 paused, 4 shut down, 7 suspended. */
  powerState: number;
  progress: number;
  flavor: Flavor;
  /** Flavor before a resize that is not confirmed yet. */
  oldFlavor: Flavor | undefined;
  /** Id of the image; `""` if the server boots from a volume. */
  imageId: string;
  readonly keyName: string | null;
  metadata: Record<string, string>;
  tags: string[];
  attachments: Attachment[];
  readonly availabilityZone: string;
  readonly configDrive: boolean;
  readonly userData: string | undefined;
  readonly created: string;
  updated: string;
  launchedAt: string | null;
  lockedReason: string | null;
  isLocked: boolean;
  accessIPv4: string;
  accessIPv6: string;
  fault: Fault | undefined;
  group: string | undefined;
  /** Time from which the addresses are shown. */
  addressesAt: number;
  isDeleted: boolean;
}
