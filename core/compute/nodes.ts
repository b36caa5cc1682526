/**
 * The verbs that every driver has for nodes, as an interface, and their options.
 *
 * @module
 */

import type { CallOptions } from "../connection.ts";
import type { Ref } from "../ref.ts";
import type { Node } from "./records.ts";

/** How one logs in to a new node: with a key, or with a password. */
export type NodeAuth =
  | { readonly sshKey: string }
  | { readonly password: string };

/**
 * Options of {@linkcode NodeDriver.createNode}, the same for all drivers. What
 * a provider cannot do is refused before any request.
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
  /** A public key or a password for this node alone. */
  readonly auth?: NodeAuth | undefined;
  /** Keys that are already at the provider, from `listKeyPairs()`. */
  readonly keyPairs?: readonly Ref[] | undefined;
  /** What cloud-init reads when the node boots first. */
  readonly userData?: string | Uint8Array<ArrayBuffer> | undefined;
  /** Tags of the node. */
  readonly tags?:
    | Readonly<Record<string, string>>
    | readonly string[]
    | undefined;
  /**
   * A text by which the provider knows a repeated request again, so that it
   * makes one node only.
   */
  readonly idempotencyKey?: string | undefined;
}

/** How a wait stands. */
export interface WaitProgress<N extends Node = Node> {
  /** Nodes that run and have an address. */
  readonly ready: readonly N[];
  /** Nodes that do not yet. */
  readonly waiting: readonly N[];
  /** Milliseconds since the wait began. */
  readonly elapsedMs: number;
}

/** Options of {@linkcode NodeDriver.waitUntilRunning}. */
export interface WaitOptions<N extends Node = Node> extends CallOptions {
  /**
   * First pause in milliseconds between two looks; it grows up to tenfold.
   *
   * @default {1000}
   */
  readonly intervalMs?: number | undefined;
  /** Called after each look at the nodes. */
  readonly onProgress?: ((progress: WaitProgress<N>) => void) | undefined;
  /** Looks once and says how things stand, where one cannot sit and wait. */
  readonly once?: boolean | undefined;
}

/**
 * The verbs for nodes that deployments call. Every driver has them.
 *
 * @typeParam N What nodes look like at this provider.
 */
export interface Nodes<N extends Node = Node> {
  /** Id of the provider. */
  readonly provider: string;
  /** Creates a node; resolves once it has an id, ready or not. */
  createNode(options: CreateNodeOptions): Promise<N>;
  /** Destroys a node; resolves once the provider has accepted the request. */
  destroyNode(node: Ref, options?: CallOptions): Promise<void>;
  /** Waits until nodes run and have an address. */
  waitUntilRunning(
    nodes: Ref | readonly Ref[],
    options?: WaitOptions<N> & { readonly once?: false | undefined },
  ): Promise<N[]>;
}
