/**
 * A compute driver under test, and the facts that the checks compare it with.
 *
 * @module
 */

import type {
  CreateNodeOptions,
  KeyPair,
  Node,
  NodeDriver,
  NodeImage,
  NodeLocation,
  NodeSize,
  NodeState,
  Price,
  Volume,
  VolumeSnapshot,
  VolumeSnapshotState,
  VolumeState,
} from "../../core/compute/mod.ts";
import type { DescriptionOptions } from "../description.ts";
import type { ErrorFacts } from "../errors.ts";
import type { Simulator, Subject } from "../subject.ts";

/**
 * All fields of a record, except `extra` and `createdAt`, which you may omit.
 * Fields that you omit must be absent in the record.
 *
 * @typeParam R The record.
 */
export type RecordFacts<R> =
  & Omit<R, "extra" | "createdAt" | "price">
  & { readonly extra?: Readonly<Record<string, unknown>> }
  & { readonly createdAt?: string };

/** All fields of a size, with those of its price. */
export type SizeFacts = RecordFacts<NodeSize> & Partial<Omit<Price, "asOf">>;

/**
 * The provider's words for the states of a node, a volume or a snapshot.
 *
 * @typeParam S The states of the record.
 */
export interface StateFacts<S extends string = NodeState> {
  /**
   * Name of the JSON field or XML element in the response that contains the
   * word.
   */
  readonly field: string;
  /** The state for each word that the provider documents. */
  readonly words: Readonly<Record<string, S>>;
  /**
   * The state for all other words.
   *
   * @default {"unknown"}
   */
  readonly others?: S;
}

/**
 * Facts from the provider's documentation and price list. The records must
 * exist in the simulator. Do not copy them from the output of the driver:
 * otherwise the checks prove nothing.
 */
export interface ComputeFacts {
  /**
   * Address of the API, which every request of `listNodes()` begins with. The
   * checks do not set `baseUrl`, so it is the default of the driver.
   *
   * @default {any address with HTTPS}
   */
  readonly baseUrl?: string;
  /** A size, with its units and price. */
  readonly size: SizeFacts;
  /** A running node, with all its addresses. */
  readonly node: RecordFacts<Node>;
  /** An image. */
  readonly image: RecordFacts<NodeImage>;
  /** A location. */
  readonly location: RecordFacts<NodeLocation>;
  /** A key pair; required if the driver lists key pairs. */
  readonly keyPair?: RecordFacts<KeyPair>;
  /** A volume; required if the driver lists volumes. */
  readonly volume?: RecordFacts<Volume>;
  /** A snapshot; required if the driver lists snapshots. */
  readonly snapshot?: RecordFacts<VolumeSnapshot>;
  /** The provider's words for the states of a node. */
  readonly states: StateFacts;
  /** The provider's words for the states of a volume, if volumes have them. */
  readonly volumeStates?:
    | StateFacts<VolumeState>
    | readonly StateFacts<VolumeState>[];
  /** The provider's words for the states of a snapshot, if they have them. */
  readonly snapshotStates?: StateFacts<VolumeSnapshotState>;
  /**
   * Name of the JSON field with the number of all items of a list, such as
   * `"total"`. If it does not match the items, the list must be an error.
   *
   * @default {the provider does not tell the number}
   */
  readonly total?: string;
  /** Error responses, at least one for each code that the driver knows. */
  readonly errors: readonly ErrorFacts[];
  /**
   * Largest user data in bytes; required if the driver accepts user data.
   *
   * @default {the provider has no user data}
   */
  readonly maxUserDataBytes?: number;
}

/** A driver, its simulator, and arguments for the checks. */
export interface ComputeSubject extends Subject<NodeDriver> {
  /**
   * Creates a simulator with at least two running nodes, whose operations take
   * milliseconds. It has all delays of the provider: new nodes are unknown,
   * lists are old, nodes are busy, and addresses are late.
   */
  createSimulator(): Simulator;
  /** Creates the same simulator without these delays. */
  createPromptSimulator(): Simulator;
  /** Facts from the provider's documentation. */
  readonly expected: ComputeFacts;
  /**
   * Lists that send no request, because the provider has no endpoint for them:
   * `Listing.of()` with data of the package.
   *
   * @default {none}
   */
  readonly staticLists?: readonly string[];
  /**
   * Published description of the API, for requests and responses of all methods.
   *
   * @default {none}
   */
  readonly description?: DescriptionOptions;
  /** Credentials that the simulator rejects. */
  readonly wrongCredentials: Readonly<Record<string, string>>;
  /** Options for `createNode()`, including required ones of the driver. */
  readonly create: CreateNodeOptions;
  /** Well-formed id of a node that does not exist. */
  readonly unknownId: string;
  /**
   * Status of the response for an unknown node.
   *
   * @default {404}
   */
  readonly unknownStatus?: number;
  /**
   * Whether the provider rejects a second node with the same name.
   *
   * @default {false}
   */
  readonly hasUniqueNames?: boolean;
  /**
   * Whether lists are JSON arrays, without an object around them. Then `[]` is a
   * valid response.
   *
   * @default {false}
   */
  readonly hasArrayBodies?: boolean;
  /**
   * Whether a node must be stopped before it is resized.
   *
   * @default {false}
   */
  readonly resizesStopped?: boolean;
  /**
   * Whether a request creates a node.
   *
   * @default {true for every POST}
   */
  readonly isCreate?: (request: Request) => boolean;
  /** Formats a value as the console of the runtime does. */
  readonly inspect?: (value: unknown) => string;
}
