/**
 * Options of DigitalOcean's compute methods, and their conversion into the
 * bodies of requests.
 *
 * @module
 */

import {
  type CallOptions,
  checkText,
  given,
  idJson,
  idOf,
  idsOf,
  type ListOptions,
  mistake,
  type PollOptions,
  type Ref,
  refuse,
} from "../../core/mod.ts";
import {
  checkSize,
  checkUserData,
  type CopyImageOptions,
  type CreateImageOptions,
  type CreateNodeOptions,
  type CreateVolumeOptions,
  type NodeListOptions,
  type ResizeNodeOptions,
  type TagInput,
  toTagStrings,
  type UserDataSupport,
} from "../../core/compute/mod.ts";
import { DISPLAY_NAME } from "./_connection.ts";

/** Options of {@linkcode DigitalOceanNodeDriver.listNodes}. */
export interface DigitalOceanListNodesOptions extends NodeListOptions {
  /** Lists only nodes with this name. */
  readonly name?: string | undefined;
  /**
   * Lists nodes with GPUs instead of the other nodes.
   *
   * @default {false}
   */
  readonly hasGpu?: boolean | undefined;
}

/** Options of {@linkcode DigitalOceanNodeDriver.listImages}. */
export interface DigitalOceanListImagesOptions extends ListOptions {
  /** Lists only public images of this type. */
  readonly type?: "distribution" | "application" | undefined;
  /**
   * Lists only images of the account: snapshots, backups and uploaded images.
   *
   * @default {false}
   */
  readonly isPrivate?: boolean | undefined;
  /** Lists only images with this tag. */
  readonly tag?: Ref | undefined;
}

/** Options of {@linkcode DigitalOceanNodeDriver.createNode}. */
export interface DigitalOceanCreateNodeOptions extends CreateNodeOptions {
  /**
   * Tags of the node. A tag with a value becomes `"key:value"`. If a firewall
   * applies to one of the tags, it protects the node from the start.
   */
  readonly tags?: TagInput | undefined;
  /**
   * Gives the node an IPv6 address.
   *
   * @default {false}
   */
  readonly ipv6?: boolean | undefined;
  /**
   * Makes regular backups, which DigitalOcean bills.
   *
   * @default {false}
   */
  readonly backups?: boolean | undefined;
  /**
   * Installs the agent that reports metrics such as memory and disk usage.
   *
   * @default {false}
   */
  readonly monitoring?: boolean | undefined;
  /**
   * Private network (VPC) of the node.
   *
   * @default {the default VPC of the location}
   */
  readonly vpc?: Ref | undefined;
  /** Volumes to attach. They must be in the location of the node. */
  readonly volumes?: readonly Ref[] | undefined;
  /**
   * Firewalls to assign. The node is unprotected for a moment, because each
   * firewall takes a separate request after the node was created. To avoid
   * that, use `tags`.
   */
  readonly firewalls?: readonly Ref[] | undefined;
}

/** Options of the methods that stop or restart a node. */
export interface DigitalOceanStopOptions extends CallOptions {
  /**
   * Powers the node off immediately. Data that is not yet written to the disk
   * is lost. If `false`, the operating system shuts down first.
   *
   * @default {false}
   */
  readonly force?: boolean | undefined;
}

/** Options of {@linkcode DigitalOceanNodeDriver.resizeNode}. */
export interface DigitalOceanResizeNodeOptions extends ResizeNodeOptions {
  /**
   * Enlarges the disk too. This cannot be undone: you can never resize the node
   * to a size with a smaller disk.
   *
   * @default {false}
   */
  readonly disk?: boolean | undefined;
}

/** Options of {@linkcode DigitalOceanNodeDriver.rebuildNode}. */
export interface DigitalOceanRebuildNodeOptions extends CallOptions {
  /** The new image: its record, its id or its slug. */
  readonly image: Ref;
}

/** Type of an action for {@linkcode DigitalOceanNodeDriver.startAction}. */
export type DigitalOceanActionType =
  | "change_kernel"
  | "disable_backups"
  | "enable_backups"
  | "enable_ipv6"
  | "password_reset"
  | "power_cycle"
  | "power_off"
  | "power_on"
  | "reboot"
  | "rebuild"
  | "rename"
  | "resize"
  | "restore"
  | "shutdown"
  | "snapshot";

/** Options of {@linkcode DigitalOceanNodeDriver.startAction}. */
export interface DigitalOceanStartActionOptions extends CallOptions {
  /** Type of the action. */
  readonly type: DigitalOceanActionType;
  /**
   * Further fields of the request. Their names are those of the API, as in
   * `{ image: 7 }`. A field `type` is rejected.
   */
  readonly fields?: Readonly<Record<string, unknown>> | undefined;
}

/** Options of {@linkcode DigitalOceanNodeDriver.listActions}. */
export interface DigitalOceanListActionsOptions extends ListOptions {
  /** Lists only actions on this node. */
  readonly node?: Ref | undefined;
}

/** Options of {@linkcode DigitalOceanNodeDriver.createImage}. */
export interface DigitalOceanCreateImageOptions
  extends CreateImageOptions, PollOptions {}

/** Options of {@linkcode DigitalOceanNodeDriver.copyImage}. */
export interface DigitalOceanCopyImageOptions
  extends CopyImageOptions, PollOptions {}

/** Options of {@linkcode DigitalOceanNodeDriver.createVolume}. */
export interface DigitalOceanCreateVolumeOptions extends CreateVolumeOptions {
  /** Description for people. */
  readonly description?: string | undefined;
  /**
   * File system to create, such as `"ext4"`.
   *
   * @default {the volume is not formatted}
   */
  readonly filesystem?: string | undefined;
  /** Tags of the volume. A tag with a value becomes `"key:value"`. */
  readonly tags?: TagInput | undefined;
}

/** Options of {@linkcode DigitalOceanNodeDriver.detachVolume}. */
export interface DigitalOceanDetachVolumeOptions extends CallOptions {
  /**
   * Node that the volume is attached to.
   *
   * @default {the node in the volume's record, requested if you pass an id}
   */
  readonly node?: Ref | undefined;
}

/** Options of {@linkcode DigitalOceanNodeDriver.resizeVolume}. */
export interface DigitalOceanResizeVolumeOptions extends CallOptions {
  /** New capacity in GB, at most 16384. A volume cannot become smaller. */
  readonly sizeGb: number;
}

/** Options of {@linkcode DigitalOceanNodeDriver.createTag}. */
export interface DigitalOceanCreateTagOptions extends CallOptions {
  /** Name of the tag: letters, digits, colons, dashes and underscores. */
  readonly name: string;
}

/** Options of `tagNode()` and `untagNode()`. */
export interface DigitalOceanTagNodeOptions extends CallOptions {
  /** The tag. It must exist. */
  readonly tag: Ref;
}

/** Options of the methods that assign an IP address or a firewall to a node. */
export interface DigitalOceanAssignOptions extends CallOptions {
  /** The node. */
  readonly node: Ref;
}

/**
 * Options of {@linkcode DigitalOceanNodeDriver.createReservedIp}. Pass either
 * `node` or `location`.
 */
export interface DigitalOceanCreateReservedIpOptions extends CallOptions {
  /** Node to assign the address to. */
  readonly node?: Ref | undefined;
  /**
   * Location of the address, if you do not assign the address to a node yet.
   */
  readonly location?: Ref | undefined;
}

/** User data that DigitalOcean accepts. */
export const USER_DATA: UserDataSupport = {
  maxBytes: 65_536,
  takesBytes: false,
};

/** Largest capacity of a volume in GB. */
export const MAX_VOLUME_GB = 16_384;

/** Public images by type. */
export const IMAGE_TYPES: Readonly<
  Record<NonNullable<DigitalOceanListImagesOptions["type"]>, string>
> = {
  distribution: "distribution",
  application: "application",
};

/** Body of the request that creates a droplet (node). */
export interface DropletForm {
  readonly name: string;
  readonly region: string | undefined;
  readonly size: string;
  readonly image: string | number;
  readonly ssh_keys: readonly (string | number)[] | undefined;
  readonly user_data: string | undefined;
  readonly tags: readonly string[] | undefined;
  readonly ipv6: boolean | undefined;
  readonly backups: boolean | undefined;
  readonly monitoring: boolean | undefined;
  readonly vpc_uuid: string | undefined;
  readonly volumes: readonly string[] | undefined;
}

/** Body of the request that creates a volume. */
export interface VolumeForm {
  readonly name: string;
  readonly size_gigabytes: number;
  readonly region: string;
  readonly snapshot_id: string | undefined;
  readonly description: string | undefined;
  readonly filesystem_type: string | undefined;
  readonly tags: readonly string[] | undefined;
}

/** Body of a request that starts an action. */
export interface ActionForm {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** Converts the options of `createNode()`, except `firewalls`. */
export function toDropletForm(
  options: DigitalOceanCreateNodeOptions,
): DropletForm {
  const operation = "createNode";
  refuse(operation, DISPLAY_NAME, options, {
    auth: "use importKeyPair()",
    idempotencyKey: "",
  });
  const { userData } = options;
  checkUserData(userData, operation, DISPLAY_NAME, USER_DATA);
  const id = (field: string) => (ref: Ref) => idOf(ref, operation, field);
  return {
    name: checkText(options.name, operation, "name"),
    region: given(options.location, id("location")),
    size: idOf(options.size, operation, "size"),
    // In JSON, an id is a number, and a slug or a fingerprint is a string.
    image: idJson(options.image, operation, "image"),
    ssh_keys: options.keyPairs?.map((keyPair, index) =>
      idJson(keyPair, operation, `keyPairs[${index}]`)
    ),
    user_data: typeof userData === "string" ? userData : undefined,
    tags: toTagStrings(options.tags, operation),
    ipv6: options.ipv6,
    backups: options.backups,
    monitoring: options.monitoring,
    vpc_uuid: given(options.vpc, id("vpc")),
    volumes: idsOf(options.volumes, operation, "volumes"),
  };
}

/** Converts the options of `createVolume()`. */
export function toVolumeForm(
  options: DigitalOceanCreateVolumeOptions,
): VolumeForm {
  const operation = "createVolume";
  const { location, snapshot } = options;
  // In the common interface `location` is optional, but DigitalOcean requires
  // it.
  if (location === undefined) {
    throw mistake(operation, "location", "a location or its id", location);
  }
  return {
    name: checkText(options.name, operation, "name"),
    size_gigabytes: checkSize(options.sizeGb, operation, MAX_VOLUME_GB),
    region: idOf(location, operation, "location"),
    snapshot_id: given(snapshot, (ref) => idOf(ref, operation, "snapshot")),
    description: options.description,
    filesystem_type: options.filesystem,
    tags: toTagStrings(options.tags, operation),
  };
}
