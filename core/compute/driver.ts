/**
 * The interface that every provider is behind.
 *
 * @module
 */

import type { CallOptions, Connection, ListOptions } from "../connection.ts";
import { Deadline } from "../deadline.ts";
import type { DeployedNode, DeployNodeOptions } from "./deployment.ts";
import { NodeFailedError } from "./errors.ts";
import type { Listing } from "../listing.ts";
import { idOf, mistake } from "../check.ts";
import type { Ref } from "../ref.ts";
import type {
  CreateNodeOptions,
  Nodes,
  WaitOptions,
  WaitProgress,
} from "./nodes.ts";
import type { Node, NodeImage, NodeLocation, NodeSize } from "./records.ts";

/**
 * A provider: every driver has these methods, and more by the capability
 * interfaces, which {@linkcode supports} tells.
 *
 * @typeParam N What nodes look like at this provider.
 */
export abstract class NodeDriver<N extends Node = Node> implements Nodes<N> {
  /** Id of the provider. */
  abstract readonly provider: string;
  /** Connection to the API, for what the driver does not cover. */
  abstract readonly connection: Connection;

  /** Lists the nodes of the account. */
  abstract listNodes(options?: ListOptions): Listing<N>;
  /** Lists the sizes that a node can have. */
  abstract listSizes(options?: ListOptions): Listing<NodeSize>;
  /** Lists the images that a node can be made from. */
  abstract listImages(options?: ListOptions): Listing<NodeImage>;
  /** Lists the locations that a node can run in. */
  abstract listLocations(options?: ListOptions): Listing<NodeLocation>;

  /**
   * Gets one node.
   *
   * @throws {NotFoundError} If there is none of that id.
   */
  abstract getNode(node: Ref, options?: CallOptions): Promise<N>;

  /**
   * Creates a node; resolves once it has an id, ready or not. Where there is a
   * node although something else went wrong, `nodeOf()` finds it in the error.
   */
  abstract createNode(options: CreateNodeOptions): Promise<N>;

  /** Restarts a node; resolves once the provider has accepted it. */
  abstract rebootNode(node: Ref, options?: CallOptions): Promise<void>;

  /**
   * Destroys a node and what is on it; resolves once the provider has accepted
   * it.
   */
  abstract destroyNode(node: Ref, options?: CallOptions): Promise<void>;

  /**
   * Waits until nodes run and have an address.
   *
   * @param nodes The nodes.
   * @param options Pauses, limits, and whom to tell; 600 000 ms in all, unless
   *   `timeoutMs` says otherwise.
   * @returns The nodes as last seen, in the given order; with `once`, what is
   *   ready and what is not.
   * @throws {NodeFailedError} If one is in state `error` or `terminated`.
   * @throws {TimeoutError} If the time is up first.
   */
  waitUntilRunning(
    nodes: Ref | readonly Ref[],
    options: WaitOptions<N> & { readonly once: true },
  ): Promise<WaitProgress<N>>;
  /** Waits until nodes run and have an address. */
  waitUntilRunning(
    nodes: Ref | readonly Ref[],
    options?: WaitOptions<N> & { readonly once?: false | undefined },
  ): Promise<N[]>;
  async waitUntilRunning(
    nodes: Ref | readonly Ref[],
    options: WaitOptions<N> = {},
  ): Promise<N[] | WaitProgress<N>> {
    const { signal, timeoutMs = 600_000, once, onProgress, intervalMs } =
      options;
    const operation = "waitUntilRunning";
    const about = { provider: this.provider, operation };
    const ids = [nodes].flat().map((node) => idOf(node as Ref, operation));
    const startedAt = performance.now();
    const seen = new Map<string, N>();
    return await Deadline.run(
      { signal, timeoutMs },
      about,
      (deadline) =>
        deadline.poll<N[] | WaitProgress<N>>(async () => {
          const unready = [...new Set(ids)].filter((id) =>
            !isReady(seen.get(id))
          );
          const { signal } = deadline;
          const call = { ...options, signal, timeoutMs: undefined };
          const nodes = unready.length > 0
            ? await this.getNodes(unready, call)
            : [];
          for (const node of nodes) {
            seen.set(node.id, node);
            if (node.state === "error" || node.state === "terminated") {
              throw new NodeFailedError(
                `Cannot ${operation}: the state of ${node.id} is "${node.state}"`,
                { ...about, node },
              );
            }
          }
          const all = ids.flatMap((id) => seen.get(id) ?? []);
          const ready = all.filter(isReady);
          const progress: WaitProgress<N> = {
            ready,
            waiting: all.filter((node) => !isReady(node)),
            elapsedMs: performance.now() - startedAt,
          };
          onProgress?.(progress);
          if (once) return progress;
          return ready.length === ids.length ? ready : undefined;
        }, intervalMs),
    );
  }

  /**
   * Creates a node and makes it ready: waits until it runs and has an address,
   * and carries out steps. An abort is thrown as it is: after the node was
   * destroyed, if it is to be. If that fails, a `DeploymentError` says so, and
   * the abort is its cause. An abort, or a time-out, while the node is being
   * created may leave one that nobody knows of: `mayHaveBeenApplied`.
   *
   * @param options Options of `createNode()`, and what is done to the node, and
   *   how; 600 000 ms in all, unless `timeoutMs` says otherwise.
   * @returns The node, and how the steps went.
   * @throws {DeploymentError} If the node was created, but not made ready; it
   *   says whether the node is still there.
   * @throws {TypeError} If a step or an option cannot be carried out.
   */
  async deployNode(
    options: DeployNodeOptions<this, N>,
  ): Promise<DeployedNode<N>> {
    const { via } = options;
    if (!via) throw mistake("deployNode", via, "a way to deploy");
    return await via.deploy(this, options);
  }

  /**
   * Gets some nodes, for {@linkcode NodeDriver.waitUntilRunning}. A driver that
   * can get many at once overrides it.
   */
  protected getNodes(
    ids: readonly string[],
    options: CallOptions,
  ): Promise<N[]> {
    return Promise.all(ids.map((id) => this.getNode(id, options)));
  }
}

function isReady(node: Node | undefined): boolean {
  return node?.state === "running" &&
    node.publicIps.length + node.privateIps.length > 0;
}
