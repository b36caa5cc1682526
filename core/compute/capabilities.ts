/**
 * Capabilities: features that some providers have and others do not.
 *
 * @module
 */

import type { Listing } from "../listing.ts";
import type { CallOptions, ListOptions } from "../options.ts";
import type { Ref } from "../ref.ts";
import type { Nodes } from "./nodes.ts";
import type { KeyPair, NodeImage, Volume, VolumeSnapshot } from "./records.ts";

/** Nodes can be stopped and started. */
export interface PowerControl {
  /** Starts a stopped node. Resolves when the provider has accepted the request. */
  startNode(node: Ref, options?: CallOptions): Promise<void>;
  /** Stops a running node. Most providers keep billing stopped nodes. */
  stopNode(node: Ref, options?: CallOptions): Promise<void>;
}

/** Nodes can be renamed. */
export interface Renaming {
  /** Renames a node. */
  renameNode(node: Ref, options: RenameNodeOptions): Promise<void>;
}

/** Options of {@linkcode Renaming}. */
export interface RenameNodeOptions extends CallOptions {
  /** The new name. */
  readonly name: string;
}

/** Nodes can be resized. */
export interface Resizing {
  /** Resizes a node. Resolves when the provider has accepted the request. */
  resizeNode(node: Ref, options: ResizeNodeOptions): Promise<void>;
}

/** Options of {@linkcode Resizing}. */
export interface ResizeNodeOptions extends CallOptions {
  /** The new size. */
  readonly size: Ref;
}

/**
 * Key pairs that new nodes can use. `getKeyPair()` and `createKeyPair()` are
 * optional; every provider with this capability has the other methods.
 */
export interface KeyPairs {
  /** Lists the key pairs of the account. */
  listKeyPairs(options?: ListOptions): Listing<KeyPair>;
  /** Gets one key pair. */
  getKeyPair?(keyPair: Ref, options?: CallOptions): Promise<KeyPair>;
  /**
   * Creates a key pair at the provider. The private key is returned once, in this
   * response only.
   */
  createKeyPair?(options: CreateKeyPairOptions): Promise<KeyPair>;
  /** Uploads a public key. */
  importKeyPair(options: ImportKeyPairOptions): Promise<KeyPair>;
  /** Deletes a key pair. Nodes that use it keep the key. */
  deleteKeyPair(keyPair: Ref, options?: CallOptions): Promise<void>;
}

/** Options of `createKeyPair()`. */
export interface CreateKeyPairOptions extends CallOptions {
  /** Name of the key pair. */
  readonly name: string;
}

/** Options of `importKeyPair()`. */
export interface ImportKeyPairOptions extends CallOptions {
  /** Name of the key pair. */
  readonly name: string;
  /** Public key, in the form of a line of `authorized_keys`. */
  readonly publicKey: string;
}

/** Images can be created from nodes. */
export interface Images {
  /** Gets one image. */
  getImage(image: Ref, options?: CallOptions): Promise<NodeImage>;
  /** Creates an image of a node. */
  createImage(node: Ref, options: CreateImageOptions): Promise<NodeImage>;
  /** Copies an image to another location. */
  copyImage?(image: Ref, options: CopyImageOptions): Promise<NodeImage>;
  /** Deletes an image of the account. Its data is lost. */
  deleteImage(image: Ref, options?: CallOptions): Promise<void>;
}

/** Options of `createImage()`. */
export interface CreateImageOptions extends CallOptions {
  /** Name of the image. */
  readonly name: string;
  /** Description for people. */
  readonly description?: string | undefined;
}

/** Options of `copyImage()`. */
export interface CopyImageOptions extends CallOptions {
  /** Location of the copy. */
  readonly location: Ref;
  /** Name of the copy. */
  readonly name?: string | undefined;
}

/** Volumes: disks that exist independently of nodes. */
export interface Volumes {
  /** Lists the volumes of the account. */
  listVolumes(options?: ListOptions): Listing<Volume>;
  /** Creates a volume. */
  createVolume(options: CreateVolumeOptions): Promise<Volume>;
  /** Attaches a volume to a node. */
  attachVolume(volume: Ref, options: AttachVolumeOptions): Promise<void>;
  /** Detaches a volume from its node. */
  detachVolume(volume: Ref, options?: CallOptions): Promise<void>;
  /** Destroys a volume. All its data is lost. */
  destroyVolume(volume: Ref, options?: CallOptions): Promise<void>;
}

/** Options of `createVolume()`. */
export interface CreateVolumeOptions extends CallOptions {
  /** Name of the volume. */
  readonly name: string;
  /** Capacity in GB, as the provider counts them. */
  readonly sizeGb: number;
  /** Location of the volume. */
  readonly location?: Ref | undefined;
  /** Snapshot to restore. */
  readonly snapshot?: Ref | undefined;
}

/** Options of `attachVolume()`. */
export interface AttachVolumeOptions extends CallOptions {
  /** Node to attach the volume to. */
  readonly node: Ref;
  /** Name of the device, if the provider supports this option. */
  readonly device?: string | undefined;
}

/** Snapshots of volumes. */
export interface Snapshots {
  /** Lists the snapshots of the account, or of one volume. */
  listVolumeSnapshots(
    volume?: Ref,
    options?: ListOptions,
  ): Listing<VolumeSnapshot>;
  /** Creates a snapshot of a volume. */
  createVolumeSnapshot(
    volume: Ref,
    options?: CreateVolumeSnapshotOptions,
  ): Promise<VolumeSnapshot>;
  /** Destroys a snapshot. Its data is lost. */
  destroyVolumeSnapshot(snapshot: Ref, options?: CallOptions): Promise<void>;
}

/** Options of `createVolumeSnapshot()`. */
export interface CreateVolumeSnapshotOptions extends CallOptions {
  /** Name of the snapshot. */
  readonly name?: string | undefined;
}

/** Every capability by its key. */
export interface Capabilities {
  /** Nodes can be stopped and started. */
  readonly power: PowerControl;
  /** Nodes can be renamed. */
  readonly renaming: Renaming;
  /** Nodes can be resized. */
  readonly resizing: Resizing;
  /** Key pairs that new nodes can use. */
  readonly keyPairs: KeyPairs;
  /** Images can be created from nodes. */
  readonly images: Images;
  /** Volumes: disks that exist independently of nodes. */
  readonly volumes: Volumes;
  /** Snapshots of volumes. */
  readonly snapshots: Snapshots;
}

/** Key of a capability, such as `"volumes"`. */
export type Capability = keyof Capabilities;

// A method that every class with the capability has.
const PROBES: Readonly<Record<Capability, string>> = {
  power: "stopNode",
  renaming: "renameNode",
  resizing: "resizeNode",
  keyPairs: "importKeyPair",
  images: "createImage",
  volumes: "createVolume",
  snapshots: "createVolumeSnapshot",
};

/** Keys of all capabilities. */
export const CAPABILITIES: readonly Capability[] = [
  "power",
  "renaming",
  "resizing",
  "keyPairs",
  "images",
  "volumes",
  "snapshots",
];

/**
 * Checks whether a driver has a capability, and narrows its type.
 *
 * ```ts
 * import { type NodeDriver, supports } from "@nephos/nephos";
 *
 * async function stopAll(driver: NodeDriver): Promise<void> {
 *   if (!supports(driver, "power")) return;
 *   for await (const node of driver.listNodes()) {
 *     if (node.state === "running") await driver.stopNode(node);
 *   }
 * }
 * ```
 *
 * @typeParam D The driver, as far as it is known.
 * @typeParam C Key of the capability.
 * @param driver The driver.
 * @param capability Key of the capability.
 * @returns Whether the driver has the capability.
 */
export function supports<D extends Nodes, C extends Capability>(
  driver: D,
  capability: C,
): driver is D & Capabilities[C] {
  const probe = PROBES[capability];
  return typeof (driver as unknown as Record<string, unknown>)[probe] ===
    "function";
}
