/**
 * The records that every driver returns: plain, readonly, JSON-safe data.
 *
 * @module
 */

import type { Extra } from "../extra.ts";
import type { Tags } from "./tags.ts";

export type { Extra };

/**
 * State of a node. If the driver does not know the provider's word for a state,
 * the state is `"unknown"`. `extra` contains the word.
 */
export type NodeState =
  | "pending"
  | "starting"
  | "running"
  | "rebooting"
  | "stopping"
  | "stopped"
  | "suspended"
  | "paused"
  | "reconfiguring"
  | "migrating"
  | "updating"
  | "terminated"
  | "error"
  | "normal"
  | "unknown";

/** State of a volume. */
export type VolumeState =
  | "available"
  | "attaching"
  | "inuse"
  | "detaching"
  | "creating"
  | "deleting"
  | "deleted"
  | "migrating"
  | "updating"
  | "error"
  | "unknown";

/** State of a volume snapshot. */
export type VolumeSnapshotState =
  | "available"
  | "creating"
  | "restoring"
  | "deleting"
  | "deleted"
  | "error"
  | "unknown";

/** A price in one currency. An unknown price is absent; 0 means free. */
export interface Price {
  /** ISO 4217 code, such as `"USD"`. */
  readonly currency: string;
  /** Price per hour. */
  readonly hourly?: number | undefined;
  /** Price per month, or the highest price per month if billed by the hour. */
  readonly monthly?: number | undefined;
  /** Day of the price list in this package; absent for live prices. */
  readonly asOf?: string | undefined;
}

/** A price that holds in one location. */
export interface LocationPrice extends Price {
  /** Id of the location. */
  readonly locationId: string;
}

/** A virtual machine. */
export interface Node<E extends Extra = Extra> {
  /** Id at the provider. */
  readonly id: string;
  /** Name. Several nodes may have the same name. */
  readonly name: string;
  /** State, in words that all providers share. */
  readonly state: NodeState;
  /** Addresses that are reachable from the internet, IPv4 and IPv6. */
  readonly publicIps: readonly string[];
  /** Addresses that are reachable only inside a private network. */
  readonly privateIps: readonly string[];
  /** Time of creation, ISO 8601 in UTC. */
  readonly createdAt?: string | undefined;
  /** Id of the size. */
  readonly sizeId?: string | undefined;
  /** Id of the image that the node was created from. */
  readonly imageId?: string | undefined;
  /** Id of the location that the node runs in. */
  readonly locationId?: string | undefined;
  /** Tags: values by key; `{}` if there are none. */
  readonly tags: Tags;
  /** Provider-specific fields. */
  readonly extra: E;
}

/** A size that a node can have. */
export interface NodeSize<E extends Extra = Extra> {
  /** Id at the provider. */
  readonly id: string;
  /** Name for people. */
  readonly name: string;
  /** Number of virtual processors. */
  readonly vcpus?: number | undefined;
  /** Memory in MiB. */
  readonly ramMib?: number | undefined;
  /** Disk in GB, as the provider counts them. */
  readonly diskGb?: number | undefined;
  /**
   * Outgoing transfer per month that the price includes, in the provider's GB.
   */
  readonly transferGb?: number | undefined;
  /** Architecture of the processors, such as `"x86_64"` or `"arm64"`. */
  readonly architecture?: string | undefined;
  /**
   * Number of GPUs; absent if the size has none, or the provider does not tell.
   */
  readonly gpus?: number | undefined;
  /**
   * Price in every location that `locationPrices` does not name; absent if it is
   * unknown.
   */
  readonly price?: Price | undefined;
  /** Prices in single locations; absent if `price` holds in all of them. */
  readonly locationPrices?: readonly LocationPrice[] | undefined;
  /**
   * Ids of the locations that offer the size; absent if all do, or the provider
   * does not tell.
   */
  readonly locationIds?: readonly string[] | undefined;
  /**
   * `false` if the provider does not offer the size for new nodes, or is going
   * to remove it.
   */
  readonly isAvailable?: boolean | undefined;
  /** Provider-specific fields. */
  readonly extra: E;
}

/** An image that a node can be created from. */
export interface NodeImage<E extends Extra = Extra> {
  /** Id at the provider. */
  readonly id: string;
  /** Name for people. */
  readonly name: string;
  /** Provider-specific fields. */
  readonly extra: E;
}

/** A location that a node can run in. */
export interface NodeLocation<E extends Extra = Extra> {
  /** Id at the provider. */
  readonly id: string;
  /** Name for people. */
  readonly name: string;
  /** ISO 3166-1 alpha-2 code of the country. */
  readonly country?: string | undefined;
  /** Provider-specific fields. */
  readonly extra: E;
}

/** A key pair that new nodes can use. */
export interface KeyPair<E extends Extra = Extra> {
  /** Id at the provider. */
  readonly id: string;
  /** Name for people. */
  readonly name: string;
  /** Public key, in the form of a line of `authorized_keys`. */
  readonly publicKey?: string | undefined;
  /** Fingerprint, in the provider's notation. */
  readonly fingerprint?: string | undefined;
  /** Private key: only in the result of `createKeyPair()`. */
  readonly privateKey?: string | undefined;
  /** Provider-specific fields. */
  readonly extra: E;
}

/** A disk that exists independently of nodes. */
export interface Volume<E extends Extra = Extra> {
  /** Id at the provider. */
  readonly id: string;
  /** Name for people. */
  readonly name: string;
  /** Capacity in GB, as the provider counts them. */
  readonly sizeGb: number;
  /** State, in words that all providers share. */
  readonly state: VolumeState;
  /** Id of the node that it is attached to. */
  readonly nodeId?: string | undefined;
  /** Id of the location. */
  readonly locationId?: string | undefined;
  /** Time of creation, ISO 8601 in UTC. */
  readonly createdAt?: string | undefined;
  /** Provider-specific fields. */
  readonly extra: E;
}

/** A snapshot: the state of a volume at one moment. */
export interface VolumeSnapshot<E extends Extra = Extra> {
  /** Id at the provider. */
  readonly id: string;
  /** Name for people. */
  readonly name?: string | undefined;
  /** Size in GB, as the provider counts them. */
  readonly sizeGb?: number | undefined;
  /** State, in words that all providers share. */
  readonly state: VolumeSnapshotState;
  /** Id of the volume that it was created from. */
  readonly volumeId?: string | undefined;
  /** Time of creation, ISO 8601 in UTC. */
  readonly createdAt?: string | undefined;
  /** Provider-specific fields. */
  readonly extra: E;
}
