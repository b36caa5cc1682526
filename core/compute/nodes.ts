/**
 * Interface of the methods for nodes that every driver has, and their options.
 *
 * @module
 */

import type { PollOptions } from "../calls.ts";
import type { CallOptions, ListOptions } from "../options.ts";
import type { Ref } from "../ref.ts";
import type { Node, NodeState } from "./records.ts";
import type { TagInput } from "./tags.ts";

/** Options of `listNodes()`, the same for all drivers. */
export interface NodeListOptions extends ListOptions {
  /**
   * Lists only nodes that have all of these tags. A tag with the value `""`
   * matches only nodes that have the tag without a value. An object or an array
   * without tags is rejected, and so is the option if the provider has no tags.
   *
   * @default {nodes with any tags, and without tags}
   */
  readonly tags?: TagInput | undefined;
}

/** Login for a new node: a public key or a password. */
export type NodeAuth =
  | { readonly sshKey: string }
  | { readonly password: string };

/**
 * Options of `createNode()`, the same for all drivers. An option that a provider
 * does not support is rejected before any request.
 */
export interface CreateNodeOptions extends CallOptions {
  /** Name of the node. */
  readonly name: string;
  /** Size, from `listSizes()`. */
  readonly size: Ref;
  /** Image, from `listImages()`. */
  readonly image: Ref;
  /**
   * Location, from `listLocations()`.
   *
   * @default {the provider's choice}
   */
  readonly location?: Ref | undefined;
  /** A public key or a password that is used only for this node. */
  readonly auth?: NodeAuth | undefined;
  /** Key pairs that the provider already has, from `listKeyPairs()`. */
  readonly keyPairs?: readonly Ref[] | undefined;
  /** User data, which cloud-init reads on first boot. */
  readonly userData?: string | Uint8Array<ArrayBuffer> | undefined;
  /**
   * Tags of the node: values by key, or strings such as `"web"` and
   * `"env:prod"`.
   */
  readonly tags?: TagInput | undefined;
  /**
   * Idempotency key: the provider creates only one node for requests with the
   * same key.
   */
  readonly idempotencyKey?: string | undefined;
}

/**
 * Progress of `waitUntilRunning()` and `waitForState()`.
 *
 * @typeParam N A node of the provider.
 */
export interface WaitProgress<N extends Node = Node> {
  /** Nodes that are as they should be: running with an address, or in the state. */
  readonly ready: readonly N[];
  /** Nodes that are not as they should be yet. */
  readonly waiting: readonly N[];
  /** Ids of new nodes that the provider does not know yet. */
  readonly unknown: readonly string[];
  /** Milliseconds since the wait began. */
  readonly elapsedMs: number;
}

/**
 * Options of the methods that wait for nodes. The default time limit is 10
 * minutes.
 *
 * @typeParam N A node of the provider.
 */
export interface NodeWaitOptions<N extends Node = Node> extends PollOptions {
  /**
   * Called after each check. If the callback throws, or returns a promise that
   * rejects, the wait rejects with the same error.
   */
  readonly onProgress?:
    | ((progress: WaitProgress<N>) => void)
    | undefined;
  /**
   * Checks once and returns the progress, instead of waiting. Use this option
   * in edge functions, which cannot run for minutes.
   *
   * @default {false}
   */
  readonly once?: boolean | undefined;
  /**
   * How long the provider may not know a new node, in milliseconds. During this
   * time the wait continues although the provider reports that the node does
   * not exist. The time counts from the creation of the node by this process,
   * else from `createdAt` of the record that you pass, else from the start of
   * the wait. 0 means that the wait rejects at once.
   *
   * @default {120000 for EC2, 30000 for all others}
   */
  readonly notFoundGraceMs?: number | undefined;
}

/**
 * Options of `waitUntilRunning()`. The default time limit is 10 minutes.
 *
 * @typeParam N A node of the provider.
 */
export interface WaitOptions<N extends Node = Node> extends NodeWaitOptions<N> {
  /**
   * Whether a node must have an address:
   *
   * - `true`: a public or a private one.
   * - `"public"`: a public one. Some providers assign it a moment after the node
   *   is running.
   * - `false`: none is needed. The provider may list no address of the node.
   *
   * @default {true}
   */
  readonly needsAddress?: boolean | "public" | undefined;
}

/**
 * Options of `waitForState()`. The default time limit is 10 minutes.
 *
 * @typeParam N A node of the provider.
 */
export interface WaitForStateOptions<N extends Node = Node>
  extends NodeWaitOptions<N> {
  /** The state to wait for. */
  readonly state: NodeState;
}

/**
 * The methods for nodes that deployments call. Every compute driver has them.
 *
 * @typeParam N A node of the provider.
 */
export interface Nodes<N extends Node = Node> {
  /** Id of the provider, such as `"digitalocean"`. */
  readonly provider: string;
  /** Name of the provider in messages, such as `"DigitalOcean"`. */
  readonly displayName: string;
  /** How long the provider may not know a new node, in milliseconds. */
  readonly notFoundGraceMs: number;
  /** Gets one node. */
  getNode(node: Ref, options?: CallOptions): Promise<N>;
  /** Creates a node. Resolves as soon as the node has an id. */
  createNode(options: CreateNodeOptions): Promise<N>;
  /**
   * Destroys a node. All data on its disk is lost. Resolves when the provider
   * has accepted the request.
   */
  destroyNode(node: Ref, options?: CallOptions): Promise<void>;
  /** Waits until nodes are running and have an address. */
  waitUntilRunning(
    nodes: Ref | readonly Ref[],
    options?: WaitOptions<N> & { readonly once?: false | undefined },
  ): Promise<N[]>;
}
