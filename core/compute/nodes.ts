/**
 * Interface of the methods for nodes that every driver has, and their options.
 *
 * @module
 */

import type { PollOptions } from "../calls.ts";
import type { CallOptions } from "../options.ts";
import type { Ref } from "../ref.ts";
import type { Node } from "./records.ts";

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
  /** Tags of the node. */
  readonly tags?:
    | Readonly<Record<string, string>>
    | readonly string[]
    | undefined;
  /**
   * Idempotency key: the provider creates only one node for requests with the
   * same key.
   */
  readonly idempotencyKey?: string | undefined;
}

/**
 * Progress of `waitUntilRunning()`.
 *
 * @typeParam N A node of the provider.
 */
export interface WaitProgress<N extends Node = Node> {
  /** Nodes that are running and have an address. */
  readonly ready: readonly N[];
  /** Nodes that are not running yet, or have no address. */
  readonly waiting: readonly N[];
  /** Milliseconds since the wait began. */
  readonly elapsedMs: number;
}

/**
 * Options of `waitUntilRunning()`. The default time limit is 10 minutes.
 *
 * @typeParam N A node of the provider.
 */
export interface WaitOptions<N extends Node = Node> extends PollOptions {
  /** Called after each check. */
  readonly onProgress?: ((progress: WaitProgress<N>) => void) | undefined;
  /**
   * Checks once and returns the progress, instead of waiting. Use this option
   * in edge functions, which cannot run for minutes.
   *
   * @default {false}
   */
  readonly once?: boolean | undefined;
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
