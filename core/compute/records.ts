/**
 * The records that every driver returns: plain, readonly, JSON-safe data.
 *
 * @module
 */

/** What a record knows beyond the portable fields; each driver types its own. */
export type Extra = Readonly<Record<string, unknown>>;

/**
 * State of a node. A provider's word that a driver does not know becomes
 * `"unknown"`, and `extra` keeps the word.
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

/** A price in one currency; what is not known is absent, and 0 means free. */
export interface Price {
  /** ISO 4217 code, such as `"USD"`. */
  readonly currency: string;
  /** Price of an hour. */
  readonly hourly?: number | undefined;
  /** Price of a month, where the provider bills by the month or caps it. */
  readonly monthly?: number | undefined;
  /** Day of the price list shipped with this package; absent on live prices. */
  readonly asOf?: string | undefined;
}

/** A virtual machine. */
export interface Node<E extends Extra = Extra> {
  /** Id at the provider. */
  readonly id: string;
  /** Name, which may repeat. */
  readonly name: string;
  /** State, in words all providers share. */
  readonly state: NodeState;
  /** Addresses reachable from the internet, IPv4 and IPv6. */
  readonly publicIps: readonly string[];
  /** Addresses reachable only inside the provider's or the account's network. */
  readonly privateIps: readonly string[];
  /** Time of creation, ISO 8601 in UTC. */
  readonly createdAt?: string | undefined;
  /** Id of its size. */
  readonly sizeId?: string | undefined;
  /** Id of the image it was made from. */
  readonly imageId?: string | undefined;
  /** Id of the location it runs in. */
  readonly locationId?: string | undefined;
  /** What only this provider tells. */
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
  /** Outgoing transfer included, in GB a month, as the provider counts them. */
  readonly transferGb?: number | undefined;
  /** What it costs; absent where it is not known. */
  readonly price?: Price | undefined;
  /** What only this provider tells. */
  readonly extra: E;
}

/** An image that a node can be made from. */
export interface NodeImage<E extends Extra = Extra> {
  /** Id at the provider. */
  readonly id: string;
  /** Name for people. */
  readonly name: string;
  /** What only this provider tells. */
  readonly extra: E;
}

/** A location that a node can run in. */
export interface NodeLocation<E extends Extra = Extra> {
  /** Id at the provider. */
  readonly id: string;
  /** Name for people. */
  readonly name: string;
  /** ISO 3166-1 alpha-2 code of its country. */
  readonly country?: string | undefined;
  /** What only this provider tells. */
  readonly extra: E;
}

/** A key that new nodes can be given. */
export interface KeyPair<E extends Extra = Extra> {
  /** Id at the provider. */
  readonly id: string;
  /** Name for people. */
  readonly name: string;
  /** Public half, as in `authorized_keys`. */
  readonly publicKey?: string | undefined;
  /** Fingerprint, in the provider's notation. */
  readonly fingerprint?: string | undefined;
  /** Private half: only in the answer to `createKeyPair()`, once. */
  readonly privateKey?: string | undefined;
  /** What only this provider tells. */
  readonly extra: E;
}

/** A disk that lives apart from nodes. */
export interface Volume<E extends Extra = Extra> {
  /** Id at the provider. */
  readonly id: string;
  /** Name for people. */
  readonly name: string;
  /** Capacity in GB, as the provider counts them. */
  readonly sizeGb: number;
  /** State, in words all providers share. */
  readonly state: VolumeState;
  /** Id of the node it is attached to. */
  readonly nodeId?: string | undefined;
  /** Id of its location. */
  readonly locationId?: string | undefined;
  /** Time of creation, ISO 8601 in UTC. */
  readonly createdAt?: string | undefined;
  /** What only this provider tells. */
  readonly extra: E;
}

/** A copy of a volume at one moment. */
export interface VolumeSnapshot<E extends Extra = Extra> {
  /** Id at the provider. */
  readonly id: string;
  /** Name for people. */
  readonly name?: string | undefined;
  /** Size in GB, as the provider counts them. */
  readonly sizeGb?: number | undefined;
  /** State, in words all providers share. */
  readonly state: VolumeSnapshotState;
  /** Id of the volume it was made from. */
  readonly volumeId?: string | undefined;
  /** Time of creation, ISO 8601 in UTC. */
  readonly createdAt?: string | undefined;
  /** What only this provider tells. */
  readonly extra: E;
}
