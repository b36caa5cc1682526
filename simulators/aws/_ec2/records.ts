/**
 * Resources of EC2, as the simulator stores them.
 *
 * @module
 */

import type { InstanceType, Zone } from "./catalog.ts";
import type { Tags } from "./query.ts";
import type { Occupied } from "../../kit/mod.ts";

/** Id of the account. */
export const ACCOUNT = "123456789012";

/** Codes of the instance states. */
export const STATES = {
  pending: 0,
  running: 16,
  "shutting-down": 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
} as const;

/** State of an instance. */
export type State = keyof typeof STATES;

/** A launch of one or more instances. */
export interface Reservation {
  /** Id of the reservation. */
  readonly id: string;
}

/** An instance. */
export interface Instance extends Occupied {
  readonly id: string;
  readonly order: number;
  readonly reservation: Reservation;
  readonly launchIndex: number;
  readonly image: Image;
  type: InstanceType;
  readonly keyName: string | undefined;
  userData: string | undefined;
  readonly subnet: Subnet;
  groups: readonly SecurityGroup[];
  readonly privateIp: string;
  /** Public address; an elastic address takes its place. */
  publicIp: string | undefined;
  /** Whether the instance gets a public address at each start. */
  readonly isPublic: boolean;
  readonly ipv6: readonly string[];
  readonly interfaceId: string;
  readonly interfaceDescription: string;
  readonly attachmentId: string;
  readonly mac: string;
  state: State;
  reason: { readonly code: string; readonly message: string } | undefined;
  /** Reason of the last state change, in the format of the element `reason`. */
  transition: string;
  launchedAt: number;
  readonly createdAt: number;
  /** Time from which the public address is shown. */
  publicAt: number;
  readonly tags: Tags;
  readonly clientToken: string | undefined;
  isMonitored: boolean;
  readonly profile: { readonly arn: string; readonly id: string } | undefined;
  readonly spotRequest: string | undefined;
  /** Whether the spot request is persistent, so that the instance can stop. */
  readonly isPersistent: boolean;
  readonly cpu: { readonly coreCount: number; readonly threadsPerCore: number };
  readonly recovery: string;
  readonly tenancy: string;
  readonly metadata: {
    readonly httpTokens: string;
    readonly httpPutResponseHopLimit: number;
    readonly httpEndpoint: string;
    readonly httpProtocolIpv6: string;
    readonly instanceMetadataTags: string;
  };
  readonly mayHibernate: boolean;
  isProtected: boolean;
  isStopProtected: boolean;
  shutdownBehavior: string;
  isEbsOptimized: boolean;
  sourceDestCheck: boolean;
  /** Volumes by device name. */
  readonly volumes: Map<string, Volume>;
}

/** A volume. */
export interface Volume {
  readonly id: string;
  readonly order: number;
  readonly zone: Zone;
  readonly createdAt: number;
  sizeGib: number;
  type: string;
  iops: number | undefined;
  throughput: number | undefined;
  readonly snapshotId: string | undefined;
  readonly isEncrypted: boolean;
  /** Key that encrypts the volume. */
  readonly kmsKeyId: string | undefined;
  readonly isMultiAttach: boolean;
  state: "creating" | "available" | "in-use" | "deleting" | "error";
  attachment: Attachment | undefined;
  /** Whether a modification is in progress. */
  isModifying: boolean;
  /** Time until which it counts as in use, also after it is detached. */
  busyUntil: number;
  readonly tags: Tags;
}

/** Attachment of a volume to an instance. */
export interface Attachment {
  readonly instance: Instance;
  readonly device: string;
  status: "attaching" | "attached" | "detaching";
  readonly at: number;
  isDeletedOnTermination: boolean;
}

/** A snapshot of a volume. */
export interface Snapshot {
  readonly id: string;
  readonly order: number;
  readonly volumeId: string;
  readonly sizeGib: number;
  readonly description: string;
  readonly isEncrypted: boolean;
  readonly kmsKeyId: string | undefined;
  readonly startedAt: number;
  readonly owner: string;
  readonly alias: string | undefined;
  state: "pending" | "completed" | "error";
  readonly tags: Tags;
}

/** A disk of an image. */
export interface ImageDisk {
  readonly device: string;
  readonly snapshot: Snapshot;
  readonly sizeGib: number;
  readonly type: string;
  readonly isDeletedOnTermination: boolean;
}

/** An image. */
export interface Image {
  readonly id: string;
  readonly order: number;
  readonly name: string;
  readonly description: string;
  readonly owner: string;
  readonly alias: string | undefined;
  readonly arch: "x86_64" | "arm64";
  readonly createdAt: string;
  readonly deprecatedAt?: string | undefined;
  readonly isPublic: boolean;
  readonly isWindows: boolean;
  readonly rootDevice: string;
  readonly disks: readonly ImageDisk[];
  readonly source:
    | { readonly instance: string }
    | { readonly image: string; readonly region: string }
    | undefined;
  state: "pending" | "available" | "failed";
  readonly tags: Tags;
}

/** A key pair. */
export interface KeyPair {
  readonly id: string;
  readonly name: string;
  readonly type: "rsa" | "ed25519";
  readonly fingerprint: string;
  /** Public key in OpenSSH's format, without a comment. */
  readonly line: string;
  readonly createdAt: number;
  readonly tags: Tags;
}

/** A VPC. */
export interface Vpc {
  readonly id: string;
  readonly order: number;
  readonly cidr: string;
  readonly isDefault: boolean;
  readonly tags: Tags;
}

/** A subnet. */
export interface Subnet {
  readonly id: string;
  readonly order: number;
  readonly vpc: Vpc;
  readonly zone: Zone;
  /** First address, as a number. */
  readonly base: number;
  /** Length of the network prefix. */
  readonly bits: number;
  readonly isDefault: boolean;
  /** Addresses in use, as numbers. */
  readonly taken: Set<number>;
  /** Where the search for a free address starts. */
  nextAddress: number;
  readonly tags: Tags;
}

/** A rule of a security group, with one protocol and one peer. */
export interface Rule {
  readonly id: string;
  readonly isEgress: boolean;
  readonly protocol: string;
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly peer: {
    readonly kind: "cidr" | "cidr6" | "group" | "prefix";
    readonly value: string;
  };
  readonly description: string | undefined;
}

/** A security group. */
export interface SecurityGroup {
  readonly id: string;
  readonly order: number;
  readonly name: string;
  readonly description: string;
  readonly vpc: Vpc;
  rules: readonly Rule[];
  readonly tags: Tags;
}

/** An elastic IP address. */
export interface Address {
  readonly allocationId: string;
  readonly ip: string;
  associationId: string | undefined;
  instance: Instance | undefined;
  readonly tags: Tags;
}

/** A resource that can have tags. */
export interface Tagged {
  /** Type of the resource, such as `"instance"`. */
  readonly type: string;
  readonly tags: Tags;
}
