/**
 * Options of OpenStack's compute methods.
 *
 * @module
 */

import type {
  CallOptions,
  ListOptions,
  PollOptions,
  Ref,
} from "../../core/mod.ts";
import type {
  CreateImageOptions,
  CreateNodeOptions,
  CreateVolumeOptions,
  CreateVolumeSnapshotOptions,
  NodeListOptions,
  ResizeNodeOptions,
  TagInput,
} from "../../core/compute/mod.ts";

/** Options of {@linkcode OpenStackNodeDriver.listNodes}. */
export interface OpenStackListNodesOptions extends NodeListOptions {
  /** Lists only nodes whose name matches this regular expression of Nova. */
  readonly name?: string | undefined;
  /** Lists only nodes with this status, such as `"ACTIVE"`. */
  readonly status?: string | undefined;
  /** Lists only nodes that have all of these server tags. */
  readonly serverTags?: readonly string[] | undefined;
  /**
   * Lists only nodes that changed since this time, in ISO 8601. The list also
   * contains nodes that were deleted since then.
   */
  readonly changedSince?: string | undefined;
  /**
   * Lists the nodes of all projects. Only an administrator may do this.
   *
   * @default {false}
   */
  readonly allProjects?: boolean | undefined;
}

/** Options of {@linkcode OpenStackNodeDriver.listSizes}. */
export interface OpenStackListSizesOptions extends ListOptions {
  /**
   * `true` lists only public sizes, `false` only private ones, and `"all"` both.
   * Only an administrator may pass `false` or `"all"`.
   *
   * @default {public sizes, and private ones that the project may use}
   */
  readonly isPublic?: boolean | "all" | undefined;
}

/** Options of {@linkcode OpenStackNodeDriver.listImages}. */
export interface OpenStackListImagesOptions extends ListOptions {
  /** Lists only images with exactly this name. */
  readonly name?: string | undefined;
  /** Lists only images with this status, such as `"active"`. */
  readonly status?: string | undefined;
  /**
   * Lists only images with this visibility.
   *
   * @default {all images of the project, public ones and accepted shared ones}
   */
  readonly visibility?:
    | "public"
    | "private"
    | "shared"
    | "community"
    | "all"
    | undefined;
}

/** A connection of a new node to a network. */
export interface OpenStackNetworkAttachment {
  /** The network, on which Nova creates a port. Pass this or `port`. */
  readonly network?: Ref | undefined;
  /** An existing port, whose addresses the node gets. */
  readonly port?: Ref | undefined;
  /**
   * Address in `network`.
   *
   * @default {an address that OpenStack chooses}
   */
  readonly ip?: string | undefined;
}

/** The volume that a new node boots from. */
export interface OpenStackBootVolume {
  /**
   * Existing bootable volume. The node has no `image` then.
   *
   * @default {a new volume, from `snapshot` or from the image}
   */
  readonly volume?: Ref | undefined;
  /** Snapshot that the new volume is created from, instead of the image. */
  readonly snapshot?: Ref | undefined;
  /**
   * Capacity of the new volume in GiB. It is required if the volume is created
   * from the image.
   */
  readonly sizeGb?: number | undefined;
  /**
   * Type of the new volume. It needs compute microversion 2.67.
   *
   * @default {the default type of the cloud}
   */
  readonly volumeType?: string | undefined;
  /**
   * Whether the volume is destroyed with the node.
   *
   * @default {false}
   */
  readonly deleteOnTermination?: boolean | undefined;
}

/** Options of {@linkcode OpenStackNodeDriver.createNode}. */
export interface OpenStackCreateNodeOptions
  extends Omit<CreateNodeOptions, "image"> {
  /**
   * Image, from `listImages()`. It is required unless `bootVolume` is an
   * existing volume or a snapshot.
   */
  readonly image?: Ref | undefined;
  /** Availability zone, from `listLocations()`. */
  readonly location?: Ref | undefined;
  /** Key pair, by name. OpenStack accepts only one. */
  readonly keyPairs?: readonly Ref[] | undefined;
  /**
   * Tags of the node, which OpenStack calls metadata. A key consists of letters,
   * digits, spaces, `-`, `_`, `:` and `.`; a key and a value have at most 255
   * characters.
   */
  readonly tags?: TagInput | undefined;
  /**
   * Networks of the node: networks, or connections to networks and ports. With
   * `"auto"`, OpenStack uses the network of the project, or creates one if it
   * has none. With `"none"`, the node has no network.
   *
   * @default {"auto"}
   */
  readonly networks?:
    | "auto"
    | "none"
    | readonly (Ref | OpenStackNetworkAttachment)[]
    | undefined;
  /**
   * Security groups, by name or id. They have no effect on existing ports.
   *
   * @default {the group "default" of the project}
   */
  readonly securityGroups?: readonly Ref[] | undefined;
  /**
   * Boots from a volume instead of the disk of the size.
   *
   * @default {the disk of the size}
   */
  readonly bootVolume?: OpenStackBootVolume | undefined;
  /** Server tags: strings without `/` and `,`. They need microversion 2.52. */
  readonly serverTags?: readonly string[] | undefined;
  /** Server group, whose policy chooses the host of the node. */
  readonly serverGroup?: Ref | undefined;
  /**
   * Whether the node gets its user data and metadata from a drive, besides the
   * metadata service.
   *
   * @default {the setting of the image or of the cloud}
   */
  readonly configDrive?: boolean | undefined;
  /** Description for people. It needs microversion 2.19. */
  readonly description?: string | undefined;
}

/** Options of {@linkcode OpenStackNodeDriver.rebootNode}. */
export interface OpenStackRebootOptions extends CallOptions {
  /**
   * Cuts the power at once. Data that is not yet written to the disk is lost. If
   * `false`, the operating system gets a signal to restart.
   *
   * @default {false}
   */
  readonly force?: boolean | undefined;
}

/** Options of {@linkcode OpenStackNodeDriver.resizeNode}. */
export interface OpenStackResizeNodeOptions
  extends ResizeNodeOptions, PollOptions {
  /**
   * Whether to wait until the node runs with the new size, and to confirm it. If
   * `false`, the method resolves when OpenStack has accepted the request. Then
   * call `confirmResize()` or `revertResize()` when `extra.status` of the node
   * is `"VERIFY_RESIZE"`.
   *
   * @default {true}
   */
  readonly confirm?: boolean | undefined;
}

/** Options of {@linkcode OpenStackNodeDriver.rebuildNode}. */
export interface OpenStackRebuildNodeOptions extends CallOptions {
  /** The new image. */
  readonly image: Ref;
  /**
   * New name.
   *
   * @default {the name of the node}
   */
  readonly name?: string | undefined;
  /**
   * New password of the administrator.
   *
   * @default {a password that OpenStack generates}
   */
  readonly password?: string | undefined;
  /**
   * All tags of the node.
   *
   * @default {the tags of the node}
   */
  readonly tags?: TagInput | undefined;
}

/** Options of {@linkcode OpenStackNodeDriver.rescueNode}. */
export interface OpenStackRescueNodeOptions extends CallOptions {
  /**
   * Image of the rescue system.
   *
   * @default {the rescue image of the cloud, or else the image of the node}
   */
  readonly image?: Ref | undefined;
  /**
   * Password of the administrator in the rescue system.
   *
   * @default {a password that OpenStack generates}
   */
  readonly password?: string | undefined;
}

/** Options of {@linkcode OpenStackNodeDriver.changePassword}. */
export interface OpenStackChangePasswordOptions extends CallOptions {
  /** The new password of the administrator. */
  readonly password: string;
}

/** Options of {@linkcode OpenStackNodeDriver.getConsoleLog}. */
export interface OpenStackConsoleLogOptions extends CallOptions {
  /**
   * Number of lines at the end of the log.
   *
   * @default {all lines that OpenStack keeps}
   */
  readonly lines?: number | undefined;
}

/** Options of {@linkcode OpenStackNodeDriver.getConsoleUrl}. */
export interface OpenStackConsoleUrlOptions extends CallOptions {
  /**
   * Kind of the console.
   *
   * @default {"novnc"}
   */
  readonly kind?: "novnc" | "spice-html5" | "serial" | undefined;
}

/** Options of {@linkcode OpenStackNodeDriver.createImage}. */
export interface OpenStackCreateImageOptions extends CreateImageOptions {
  /** Further properties of the image. */
  readonly properties?: Readonly<Record<string, string>> | undefined;
}

/** Options of {@linkcode OpenStackNodeDriver.createVolume}. */
export interface OpenStackCreateVolumeOptions extends CreateVolumeOptions {
  /** Availability zone of Cinder, which may differ from those of nodes. */
  readonly location?: Ref | undefined;
  /**
   * Type of the volume, by name or id.
   *
   * @default {the default type of the cloud}
   */
  readonly volumeType?: string | undefined;
  /** Image that the volume is created from. A node can boot from it. */
  readonly image?: Ref | undefined;
  /** Description for people. */
  readonly description?: string | undefined;
  /** Tags of the volume, which OpenStack calls metadata. */
  readonly tags?: TagInput | undefined;
}

/** Options of {@linkcode OpenStackNodeDriver.detachVolume}. */
export interface OpenStackDetachVolumeOptions extends CallOptions {
  /**
   * Node that the volume is attached to. It is required if the volume is
   * attached to several nodes.
   *
   * @default {the node in the record of the volume}
   */
  readonly node?: Ref | undefined;
}

/** Options of {@linkcode OpenStackNodeDriver.resizeVolume}. */
export interface OpenStackResizeVolumeOptions extends CallOptions {
  /** New capacity in GiB. A volume cannot become smaller. */
  readonly sizeGb: number;
}

/** Options of {@linkcode OpenStackNodeDriver.createVolumeSnapshot}. */
export interface OpenStackCreateVolumeSnapshotOptions
  extends CreateVolumeSnapshotOptions {
  /** Description for people. */
  readonly description?: string | undefined;
  /** Tags of the snapshot, which OpenStack calls metadata. */
  readonly tags?: TagInput | undefined;
}

/** Options of `setTags()` and `addTags()`. */
export interface OpenStackTagsOptions extends CallOptions {
  /** The tags. */
  readonly tags: TagInput;
}

/** Options of {@linkcode OpenStackNodeDriver.deleteTag}. */
export interface OpenStackDeleteTagOptions extends CallOptions {
  /** Key of the tag. */
  readonly key: string;
}

/** Options of {@linkcode OpenStackNodeDriver.setServerTags}. */
export interface OpenStackServerTagsOptions extends CallOptions {
  /** All server tags of the node: at most 50 strings without `/` and `,`. */
  readonly serverTags: readonly string[];
}

/** Options of {@linkcode OpenStackNodeDriver.createServerGroup}. */
export interface OpenStackCreateServerGroupOptions extends CallOptions {
  /** Name of the group. */
  readonly name: string;
  /**
   * How the hosts of its nodes are chosen: the same host (`"affinity"`) or
   * different ones (`"anti-affinity"`), always or if possible (`"soft-…"`).
   */
  readonly policy:
    | "affinity"
    | "anti-affinity"
    | "soft-affinity"
    | "soft-anti-affinity";
}
