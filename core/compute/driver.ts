/**
 * The interface of compute drivers.
 *
 * @module
 */

import { poll } from "../calls.ts";
import { idOf } from "../check.ts";
import type { Connection } from "../connection.ts";
import {
  type EnvironmentVariable,
  optionsFromEnv,
  type OptionsOverEnvironment,
} from "../environment.ts";
import type { Listing } from "../listing.ts";
import { oneLine } from "../message.ts";
import type { CallOptions, ListOptions } from "../options.ts";
import type { Ref } from "../ref.ts";
import type { DeployedNode, DeployNodeOptions } from "./deployment.ts";
import { NodeFailedError } from "./errors.ts";
import type {
  CreateNodeOptions,
  Nodes,
  WaitOptions,
  WaitProgress,
} from "./nodes.ts";
import type { Node, NodeImage, NodeLocation, NodeSize } from "./records.ts";

/**
 * Every compute driver has these methods. More methods come from capability
 * interfaces; test for them with `supports()`.
 *
 * @typeParam N A node of the provider.
 */
export abstract class NodeDriver<N extends Node = Node> implements Nodes<N> {
  /** Id of the provider, such as `"digitalocean"`. */
  abstract readonly provider: string;
  /** Connection to the API. Use it for endpoints that the driver lacks. */
  abstract readonly connection: Connection;

  /** Name of the provider in messages, such as `"DigitalOcean"`. */
  get displayName(): string {
    return this.connection.displayName ?? this.provider;
  }

  /**
   * Creates a driver from environment variables, which you pass in. The static
   * property `variables` of the class lists them.
   *
   * ```ts
   * import { DigitalOceanNodeDriver } from "@nephos/nephos/drivers/digitalocean";
   *
   * const env = { DIGITALOCEAN_TOKEN: "secret" }; // Deno.env.toObject()
   * const driver = DigitalOceanNodeDriver.fromEnv(env);
   * console.log(driver.provider); // "digitalocean"
   * ```
   *
   * @typeParam O Options of the driver.
   * @typeParam D The driver.
   * @param env The variables by name: `Deno.env.toObject()`, `process.env`, or
   *   the `env` of a Worker.
   * @param options Options of the driver. They take precedence over variables.
   * @returns The driver.
   * @throws {TypeError} If a variable is missing. The message names all missing
   *   variables, but contains no values.
   */
  static fromEnv<O extends object, D>(
    this: {
      new (options: O): D;
      readonly variables: readonly EnvironmentVariable[];
    },
    env: object,
    options?: OptionsOverEnvironment<O>,
  ): D {
    // A class from JavaScript may lack them.
    if (!this.variables) {
      throw new TypeError(
        "fromEnv: this driver reads no environment variables",
      );
    }
    return new this(optionsFromEnv<O>("fromEnv", env, this.variables, options));
  }

  /** Lists the nodes of the account. */
  abstract listNodes(options?: ListOptions): Listing<N>;
  /** Lists the sizes that a node can have. */
  abstract listSizes(options?: ListOptions): Listing<NodeSize>;
  /** Lists the images that a node can be created from. */
  abstract listImages(options?: ListOptions): Listing<NodeImage>;
  /** Lists the locations that a node can run in. */
  abstract listLocations(options?: ListOptions): Listing<NodeLocation>;

  /**
   * Gets one node.
   *
   * @param node The node or its id.
   * @param options Options of the call.
   * @returns The node.
   * @throws {NotFoundError} If no node has that id.
   */
  async getNode(node: Ref, options: CallOptions = {}): Promise<N> {
    return await this.readNode("getNode", node, options);
  }

  /**
   * Creates a node. Resolves as soon as the node has an id, even if the node is
   * not running yet. If an error occurs after the node was created, the
   * provider bills the node. Then `nodeOf(error)` returns the node.
   */
  abstract createNode(options: CreateNodeOptions): Promise<N>;

  /** Restarts a node. Resolves when the provider has accepted the request. */
  abstract rebootNode(node: Ref, options?: CallOptions): Promise<void>;

  /**
   * Destroys a node. All data on its disk is lost. Resolves when the provider has
   * accepted the request.
   */
  abstract destroyNode(node: Ref, options?: CallOptions): Promise<void>;

  /**
   * Waits until nodes are running and have an address.
   *
   * @param nodes The nodes or their ids.
   * @param options Polling interval, time limit and progress callback. The
   *   default time limit is 10 minutes.
   * @returns The nodes, in the given order. With `once`, the progress.
   * @throws {NodeFailedError} If the state of a node is `"error"` or
   *   `"terminated"`.
   * @throws {TimeoutError} If the time limit is reached.
   */
  waitUntilRunning(
    nodes: Ref | readonly Ref[],
    options: WaitOptions<N> & { readonly once: true },
  ): Promise<WaitProgress<N>>;
  /** Waits until nodes are running and have an address. */
  waitUntilRunning(
    nodes: Ref | readonly Ref[],
    options?: WaitOptions<N> & { readonly once?: false | undefined },
  ): Promise<N[]>;
  async waitUntilRunning(
    nodes: Ref | readonly Ref[],
    options: WaitOptions<N> = {},
  ): Promise<N[] | WaitProgress<N>> {
    const operation = "waitUntilRunning";
    const { provider } = this;
    const ids = [nodes].flat()
      .map((node) => idOf(node as Ref, operation, "node"));
    const startedAt = performance.now();
    const seen = new Map<string, N>();
    const unready = () =>
      [...new Set(ids)].filter((id) => !isReady(seen.get(id)));
    const about = {
      provider,
      operation,
      describe: () => describeWaiting(unready(), seen),
    };
    return await poll<WaitOptions<N>, N[] | WaitProgress<N>>(
      about,
      options,
      async (call) => {
        const missing = unready();
        const nodes = missing.length > 0
          ? await this.getNodes(missing, call)
          : [];
        for (const node of nodes) {
          seen.set(node.id, node);
          if (node.state === "error" || node.state === "terminated") {
            throw new NodeFailedError(
              `${operation}: node ${
                oneLine(node.id)
              } is in state "${node.state}"`,
              { provider, operation, node },
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
        options.onProgress?.(progress);
        if (options.once) return progress;
        return ready.length === ids.length ? ready : undefined;
      },
    );
  }

  /**
   * Creates a node, waits until it is running and has an address, and runs the
   * deployment steps.
   *
   * If an abort or a timeout interrupts `createNode()`, there may be a node
   * that is billed. After a timeout, `mayHaveBeenApplied` of the error is
   * `true`. After an abort, list the nodes to find out.
   *
   * If `signal` aborts, the promise rejects with the reason of the signal. With
   * `onFailure: "destroy"`, the node is destroyed first. If the node cannot be
   * destroyed, the promise rejects with a `DeploymentError` whose `cause` is
   * the reason.
   *
   * @param options Options of `createNode()`, the steps, and the transport that
   *   runs them. The default time limit is 10 minutes.
   * @returns The node, and the results of the steps.
   * @throws {DeploymentError} If the node was created but could not be set up.
   *   `isDestroyed` of the error tells whether the node still exists.
   * @throws {TypeError} If a step or an option is invalid.
   */
  async deployNode(
    options: DeployNodeOptions<this, N>,
  ): Promise<DeployedNode<N>> {
    const { via } = options;
    if (typeof via?.deploy !== "function") {
      throw new TypeError(
        "deployNode: via is required, e.g. via: cloudInit() or via: ssh(...)",
      );
    }
    return await via.deploy(this, options);
  }

  /**
   * Requests one node, for `getNode()` and for the methods that wait.
   *
   * @param operation Method that the caller called, for errors.
   * @param node The node or its id.
   * @param options Options of the call.
   * @returns The node.
   * @throws {NotFoundError} If no node has that id.
   */
  protected abstract readNode(
    operation: string,
    node: Ref,
    options: CallOptions,
  ): Promise<N>;

  /**
   * Requests several nodes, for {@linkcode NodeDriver.waitUntilRunning}. If the
   * provider can return several nodes in one response, override this method.
   */
  protected async getNodes(
    ids: readonly string[],
    options: CallOptions,
  ): Promise<N[]> {
    return await Promise.all(
      ids.map((id) => this.readNode("waitUntilRunning", id, options)),
    );
  }
}

function isReady(node: Node | undefined): boolean {
  return node?.state === "running" && hasAddress(node);
}

function hasAddress({ publicIps, privateIps }: Node): boolean {
  return publicIps.length + privateIps.length > 0;
}

/** Describes the nodes that are not ready yet, such as "web-1 is stopped". */
function describeWaiting(
  ids: readonly string[],
  seen: ReadonlyMap<string, Node>,
): string {
  const states = ids.slice(0, 5).map((id) => {
    const node = seen.get(id);
    if (!node) return `no response about node ${id} yet`;
    const name = oneLine(node.name);
    return node.state === "running" && !hasAddress(node)
      ? `${name} has no address`
      : `${name} is ${node.state}`;
  });
  const more = ids.length - states.length;
  return states.join(", ") + (more > 0 ? ` and ${more} more` : "");
}
