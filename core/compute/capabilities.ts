/**
 * What some providers have and others do not.
 *
 * @module
 */

import type { CallOptions, ListOptions } from "../connection.ts";
import type { Listing } from "../listing.ts";
import type { Ref } from "../ref.ts";
import type { Nodes } from "./nodes.ts";
import type { KeyPair, NodeImage, Volume, VolumeSnapshot } from "./records.ts";

/** Nodes can be switched off and on. */
export interface PowerControl {
  /** Starts a stopped node; resolves once the provider has accepted it. */
  startNode(node: Ref, options?: CallOptions): Promise<void>;
  /** Stops a running node; most providers keep charging for it. */
  stopNode(node: Ref, options?: CallOptions): Promise<void>;
}

/** Nodes can be renamed. */
export interface Renaming {
  /** Gives a node another name. */
  renameNode(node: Ref, options: RenameNodeOptions): Promise<void>;
}

/** Options of {@linkcode Renaming}. */
export interface RenameNodeOptions extends CallOptions {
  /** The new name. */
  readonly name: string;
}

/** Nodes can change their size. */
export interface Resizing {
  /** Gives a node another size; resolves once the provider has accepted it. */
  resizeNode(node: Ref, options: ResizeNodeOptions): Promise<void>;
}

/** Options of {@linkcode Resizing}. */
export interface ResizeNodeOptions extends CallOptions {
  /** The new size. */
  readonly size: Ref;
}

/**
 * Keys that new nodes can be given. A provider has some of these methods;
 * `importKeyPair()` is the one they all have.
 */
export interface KeyPairs {
  /** Lists the keys of the account. */
  listKeyPairs(options?: ListOptions): Listing<KeyPair>;
  /** Gets one key. */
  getKeyPair?(keyPair: Ref, options?: CallOptions): Promise<KeyPair>;
  /** Has the provider make a key; the private half is in this answer only. */
  createKeyPair?(options: CreateKeyPairOptions): Promise<KeyPair>;
  /** Uploads the public half of a key. */
  importKeyPair(options: ImportKeyPairOptions): Promise<KeyPair>;
  /** Deletes a key; nodes that were given it keep it. */
  deleteKeyPair(keyPair: Ref, options?: CallOptions): Promise<void>;
}

/** Options of `createKeyPair()`. */
export interface CreateKeyPairOptions extends CallOptions {
  /** Name of the key. */
  readonly name: string;
}

/** Options of `importKeyPair()`. */
export interface ImportKeyPairOptions extends CallOptions {
  /** Name of the key. */
  readonly name: string;
  /** Public half, as in `authorized_keys`. */
  readonly publicKey: string;
}

/** Images can be made of nodes. */
export interface Images {
  /** Gets one image. */
  getImage(image: Ref, options?: CallOptions): Promise<NodeImage>;
  /** Makes an image of a node. */
  createImage(node: Ref, options: CreateImageOptions): Promise<NodeImage>;
  /** Copies an image to another location. */
  copyImage?(image: Ref, options: CopyImageOptions): Promise<NodeImage>;
  /** Deletes an image of the account. */
  deleteImage(image: Ref, options?: CallOptions): Promise<void>;
}

/** Options of `createImage()`. */
export interface CreateImageOptions extends CallOptions {
  /** Name of the image. */
  readonly name: string;
  /** Text for people. */
  readonly description?: string | undefined;
}

/** Options of `copyImage()`. */
export interface CopyImageOptions extends CallOptions {
  /** Where the copy goes. */
  readonly location: Ref;
  /** Name of the copy. */
  readonly name?: string | undefined;
}

/** Disks that live apart from nodes. */
export interface Volumes {
  /** Lists the volumes of the account. */
  listVolumes(options?: ListOptions): Listing<Volume>;
  /** Makes a volume. */
  createVolume(options: CreateVolumeOptions): Promise<Volume>;
  /** Attaches a volume to a node. */
  attachVolume(volume: Ref, options: AttachVolumeOptions): Promise<void>;
  /** Detaches a volume from its node. */
  detachVolume(volume: Ref, options?: CallOptions): Promise<void>;
  /** Destroys a volume and what is on it. */
  destroyVolume(volume: Ref, options?: CallOptions): Promise<void>;
}

/** Options of `createVolume()`. */
export interface CreateVolumeOptions extends CallOptions {
  /** Name of the volume. */
  readonly name: string;
  /** Capacity in GB, as the provider counts them. */
  readonly sizeGb: number;
  /** Where it is made. */
  readonly location?: Ref | undefined;
  /** Snapshot it is filled from. */
  readonly snapshot?: Ref | undefined;
}

/** Options of `attachVolume()`. */
export interface AttachVolumeOptions extends CallOptions {
  /** The node it is attached to. */
  readonly node: Ref;
  /** Name of the device, where the provider lets one choose. */
  readonly device?: string | undefined;
}

/** Volumes can be copied at a moment. */
export interface Snapshots {
  /** Lists the snapshots of the account, or of one volume. */
  listVolumeSnapshots(
    volume?: Ref,
    options?: ListOptions,
  ): Listing<VolumeSnapshot>;
  /** Makes a snapshot of a volume. */
  createVolumeSnapshot(
    volume: Ref,
    options?: CreateVolumeSnapshotOptions,
  ): Promise<VolumeSnapshot>;
  /** Destroys a snapshot. */
  destroyVolumeSnapshot(snapshot: Ref, options?: CallOptions): Promise<void>;
}

/** Options of `createVolumeSnapshot()`. */
export interface CreateVolumeSnapshotOptions extends CallOptions {
  /** Name of the snapshot. */
  readonly name?: string | undefined;
}

/** Every capability by its key. */
export interface Capabilities {
  /** Nodes can be switched off and on. */
  readonly power: PowerControl;
  /** Nodes can be renamed. */
  readonly renaming: Renaming;
  /** Nodes can change their size. */
  readonly resizing: Resizing;
  /** Keys that new nodes can be given. */
  readonly keyPairs: KeyPairs;
  /** Images can be made of nodes. */
  readonly images: Images;
  /** Disks that live apart from nodes. */
  readonly volumes: Volumes;
  /** Volumes can be copied at a moment. */
  readonly snapshots: Snapshots;
}

/** Key of a capability, such as `"volumes"`. */
export type Capability = keyof Capabilities;

// The method that a class cannot have the capability without.
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
 * Tells whether a driver has a capability, and narrows its type.
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
 * @typeParam C The capability.
 * @param driver Any driver.
 * @param capability Key of the capability.
 * @returns Whether the driver has it.
 */
export function supports<D extends Nodes, C extends Capability>(
  driver: D,
  capability: C,
): driver is D & Capabilities[C] {
  const probe = PROBES[capability];
  return typeof (driver as unknown as Record<string, unknown>)[probe] ===
    "function";
}
