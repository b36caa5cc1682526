/**
 * Options of Hetzner Cloud's compute methods.
 *
 * @module
 */

import type { CallOptions, ListOptions, Ref } from "../../core/mod.ts";
import type {
  CreateImageOptions,
  CreateNodeOptions,
  CreateVolumeOptions,
  ResizeNodeOptions,
  TagInput,
} from "../../core/compute/mod.ts";
import type { HetznerFirewallRule, HetznerSubnet } from "./_records.ts";

/** Options of {@linkcode HetznerNodeDriver.createNode}. */
export interface HetznerCreateNodeOptions extends CreateNodeOptions {
  /** Key pairs, by id or name. Without any, Hetzner generates a root password. */
  readonly keyPairs?: readonly Ref[] | undefined;
  /**
   * Tags of the node, which Hetzner calls labels. A value has at most 63
   * characters: letters, digits, `-`, `_` and `.`.
   */
  readonly tags?: TagInput | undefined;
  /**
   * `false` creates the node without a public IPv4 address. A primary IP address
   * becomes the address of the node.
   *
   * @default {a new address, which Hetzner bills}
   */
  readonly ipv4?: false | Ref | undefined;
  /**
   * `false` creates the node without a public IPv6 network. A primary IP address
   * becomes the network of the node.
   *
   * @default {a new network}
   */
  readonly ipv6?: false | Ref | undefined;
  /** Private networks to attach the node to. */
  readonly networks?: readonly Ref[] | undefined;
  /** Firewalls that protect the node from the start. */
  readonly firewalls?: readonly Ref[] | undefined;
  /** Volumes to attach. They must be in the location of the node. */
  readonly volumes?: readonly Ref[] | undefined;
  /**
   * Whether the volumes are mounted.
   *
   * @default {false}
   */
  readonly automount?: boolean | undefined;
  /** Placement group that the node joins. */
  readonly placementGroup?: Ref | undefined;
  /**
   * Whether the node is started. Otherwise it stays stopped.
   *
   * @default {true}
   */
  readonly startAfterCreate?: boolean | undefined;
}

/** Options of the methods that stop or restart a node. */
export interface HetznerStopOptions extends CallOptions {
  /**
   * Cuts the power at once. Data that is not yet written to the disk is lost. If
   * `false`, the operating system gets a signal to shut down or to restart.
   *
   * @default {false}
   */
  readonly force?: boolean | undefined;
}

/** Options of {@linkcode HetznerNodeDriver.resizeNode}. */
export interface HetznerResizeNodeOptions extends ResizeNodeOptions {
  /**
   * Enlarges the disk too. This cannot be undone: you can never resize the node
   * to a size with a smaller disk.
   *
   * @default {false}
   */
  readonly disk?: boolean | undefined;
}

/** Options of {@linkcode HetznerNodeDriver.rebuildNode}. */
export interface HetznerRebuildNodeOptions extends CallOptions {
  /** The new image: its record, its id or its name. */
  readonly image: Ref;
  /** User data, which replaces that of the node: a string of at most 32 KiB. */
  readonly userData?: string | undefined;
}

/** Options of {@linkcode HetznerNodeDriver.enableRescue}. */
export interface HetznerEnableRescueOptions extends CallOptions {
  /** Key pairs that may log in to the rescue system. */
  readonly keyPairs?: readonly Ref[] | undefined;
}

/** Options of {@linkcode HetznerNodeDriver.createImage}. */
export interface HetznerCreateImageOptions extends CreateImageOptions {
  /** Tags of the image. */
  readonly tags?: TagInput | undefined;
}

/** Options of {@linkcode HetznerNodeDriver.createVolume}. */
export interface HetznerCreateVolumeOptions extends CreateVolumeOptions {
  /**
   * Location of the volume. It is required unless `node` is given.
   *
   * @default {the location of `node`}
   */
  readonly location?: Ref | undefined;
  /** Node to attach the volume to. */
  readonly node?: Ref | undefined;
  /**
   * File system to create.
   *
   * @default {the volume is not formatted}
   */
  readonly format?: "ext4" | "xfs" | undefined;
  /** Tags of the volume. */
  readonly tags?: TagInput | undefined;
}

/** Options of {@linkcode HetznerNodeDriver.resizeVolume}. */
export interface HetznerResizeVolumeOptions extends CallOptions {
  /** New capacity in GB, at most 10240. A volume cannot become smaller. */
  readonly sizeGb: number;
}

/** Options of the methods that create something with a name and tags. */
export interface HetznerNamedOptions extends CallOptions {
  /** Name, which must be unique in the project. */
  readonly name: string;
  /** Tags. */
  readonly tags?: TagInput | undefined;
}

/** Options of {@linkcode HetznerNodeDriver.addToPlacementGroup}. */
export interface HetznerAddToPlacementGroupOptions extends CallOptions {
  /** The placement group. */
  readonly placementGroup: Ref;
}

/** Options of {@linkcode HetznerNodeDriver.listImages}. */
export interface HetznerListImagesOptions extends ListOptions {
  /**
   * Lists only images of this kind. System images are those of Hetzner.
   *
   * @default {images of all kinds}
   */
  readonly type?: "system" | "app" | "snapshot" | "backup" | undefined;
}

/** Options of {@linkcode HetznerNodeDriver.listActions}. */
export interface HetznerListActionsOptions extends ListOptions {
  /**
   * Lists only actions on this node.
   *
   * @default {actions on all nodes}
   */
  readonly node?: Ref | undefined;
}

/** Options of {@linkcode HetznerNodeDriver.createNetwork}. */
export interface HetznerCreateNetworkOptions extends HetznerNamedOptions {
  /** All addresses of the network, such as `"10.0.0.0/16"`. */
  readonly ipRange: string;
  /** Subnets to create. Nodes need one. */
  readonly subnets?: readonly HetznerSubnet[] | undefined;
}

/** Options of {@linkcode HetznerNodeDriver.detachFromNetwork}. */
export interface HetznerDetachFromNetworkOptions extends CallOptions {
  /** The network. */
  readonly network: Ref;
}

/** Options of {@linkcode HetznerNodeDriver.attachToNetwork}. */
export interface HetznerAttachToNetworkOptions
  extends HetznerDetachFromNetworkOptions {
  /**
   * Address of the node in the network.
   *
   * @default {the first free address}
   */
  readonly ip?: string | undefined;
}

/** Options of {@linkcode HetznerNodeDriver.createFirewall}. */
export interface HetznerCreateFirewallOptions extends HetznerNamedOptions {
  /** What the firewall allows. */
  readonly rules?: readonly HetznerFirewallRule[] | undefined;
  /** Nodes to protect. */
  readonly nodes?: readonly Ref[] | undefined;
}

/** Options of {@linkcode HetznerNodeDriver.setFirewallRules}. */
export interface HetznerSetFirewallRulesOptions extends CallOptions {
  /** All rules. With an empty array, all incoming traffic is dropped. */
  readonly rules: readonly HetznerFirewallRule[];
}

/** Options of `applyFirewall()` and `removeFirewall()`. */
export interface HetznerFirewallNodesOptions extends CallOptions {
  /** The nodes. With an empty array, no request is sent. */
  readonly nodes: readonly Ref[];
}

/** Options of the methods for primary and floating IP addresses. */
export interface HetznerAddressOptions extends CallOptions {
  /**
   * `"primary"` for the address that a node has by itself, `"floating"` for a
   * further address, which the node has to configure.
   */
  readonly kind: "primary" | "floating";
}

/** Options of {@linkcode HetznerNodeDriver.createAddress}. */
export interface HetznerCreateAddressOptions
  extends HetznerAddressOptions, HetznerNamedOptions {
  /** Version of the address. */
  readonly type: "ipv4" | "ipv6";
  /** Location of the address. It is required unless `node` is given. */
  readonly location?: Ref | undefined;
  /** Node to assign the address to. */
  readonly node?: Ref | undefined;
}

/** Options of {@linkcode HetznerNodeDriver.assignAddress}. */
export interface HetznerAssignAddressOptions extends HetznerAddressOptions {
  /** The node. */
  readonly node: Ref;
}
