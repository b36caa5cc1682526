/**
 * The interface of compute drivers.
 *
 * @module
 */

import { choose, given, mistake } from "../check.ts";
import { mapConcurrently } from "../concurrency.ts";
import type { Connection } from "../connection.ts";
import {
  driverFromEnv,
  type EnvironmentVariable,
  type OptionsOverEnvironment,
} from "../environment.ts";
import { NotFoundError } from "../errors.ts";
import type { Listing } from "../listing.ts";
import { oneLine } from "../message.ts";
import type { CallOptions, ListOptions } from "../options.ts";
import type { Ref } from "../ref.ts";
import type { ImageRuleList } from "./data.ts";
import type { DeployedNode, DeployNodeOptions } from "./deployment.ts";
import type {
  CreateNodeOptions,
  NodeListOptions,
  Nodes,
  NodeWaitOptions,
  WaitForStateOptions,
  WaitOptions,
  WaitProgress,
} from "./nodes.ts";
import type { Node, NodeImage, NodeLocation, NodeSize } from "./records.ts";
import { NODE_STATES } from "./states.ts";
import { waitForNodes, type WaitGoal } from "./wait.ts";

/** Largest number of requests that a wait sends at the same time. */
const WAIT_CONCURRENCY = 4;

/** How long it is noted that a node was created or destroyed: 1 hour. */
const MAX_GRACE_MS = 3_600_000;

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
  /**
   * How long the provider may not know a new node, in milliseconds. During this
   * time, waits and clean-ups do not believe that the node does not exist.
   */
  readonly notFoundGraceMs: number = 30_000;
  // When this process created and destroyed nodes lately, by their ids.
  readonly #createdAt = new Map<string, number>();
  readonly #destroyedAt = new Map<string, number>();

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
    return driverFromEnv(this, env, options);
  }

  /** Lists the nodes of the account, or those with certain tags. */
  abstract listNodes(options?: NodeListOptions): Listing<N>;
  /** Lists the sizes that a node can have. */
  abstract listSizes(options?: ListOptions): Listing<NodeSize>;
  /** Lists the images that a node can be created from. */
  abstract listImages(options?: ListOptions): Listing<NodeImage>;
  /** Lists the locations that a node can run in. */
  abstract listLocations(options?: ListOptions): Listing<NodeLocation>;

  /**
   * Returns the rules that tell which images are official, for `findImage()`.
   * Drivers whose provider has official images override this method. They load
   * the rules when it is called.
   *
   * @returns The rules; `undefined` if the driver has no rules.
   */
  imageRules(): Promise<ImageRuleList | undefined> {
    return Promise.resolve(undefined);
  }

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
   * provider bills the node. Then `nodeOf(error)` returns the node. If the
   * response was lost, `mayHaveBeenApplied` of the error is `true`, and there is
   * at most one such node.
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
   * The wait continues while the provider fails, limits the rate of requests, or
   * does not know a new node yet. All nodes that it returns were running at its
   * last check.
   *
   * @param nodes The nodes or their ids. For an empty array, no request is sent.
   * @param options Polling interval, time limit and progress callback. The
   *   default time limit is 10 minutes.
   * @returns The nodes, in the given order. With `once`, the progress.
   * @throws {NodeFailedError} If the state of a node is `"error"` or
   *   `"terminated"`.
   * @throws {NotFoundError} If a node does not exist; see `notFoundGraceMs`.
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
    const { needsAddress = true } = options;
    if (typeof needsAddress !== "boolean" && needsAddress !== "public") {
      const allowed = 'true, false or "public"';
      throw mistake(operation, "needsAddress", allowed, needsAddress);
    }
    const kind = needsAddress === "public" ? "public address" : "address";
    return await this.#wait(nodes, options, {
      operation,
      isDone: (node) =>
        node.state === "running" && hasAddress(node, needsAddress),
      isFailed: ({ state }) => state === "error" || state === "terminated",
      describe: (node) =>
        node.state === "running"
          ? `${nameOf(node)} has no ${kind}`
          : stateOf(node),
    });
  }

  /**
   * Waits until nodes are in a state, such as `"stopped"` after `stopNode()`.
   *
   * If you wait for `"terminated"`, a node that the provider no longer knows
   * counts as terminated. Its record is the last one that is known, with the
   * state `"terminated"`. If no record is known, the result has
   * only the id and the state.
   *
   * @param nodes The nodes or their ids. For an empty array, no request is sent.
   * @param options The state, polling interval, time limit and progress
   *   callback. The default time limit is 10 minutes.
   * @returns The nodes, in the given order. With `once`, the progress.
   * @throws {TypeError} If `state` is not a state.
   * @throws {NodeFailedError} If the state of a node is `"error"` or
   *   `"terminated"`, and you do not wait for this state.
   * @throws {NotFoundError} If a node does not exist; see `notFoundGraceMs`.
   * @throws {TimeoutError} If the time limit is reached.
   */
  waitForState(
    nodes: Ref | readonly Ref[],
    options: WaitForStateOptions<N> & { readonly once: true },
  ): Promise<WaitProgress<N>>;
  /** Waits until nodes are in a state. */
  waitForState(
    nodes: Ref | readonly Ref[],
    options: WaitForStateOptions<N> & { readonly once?: false | undefined },
  ): Promise<N[]>;
  async waitForState(
    nodes: Ref | readonly Ref[],
    options: WaitForStateOptions<N>,
  ): Promise<N[] | WaitProgress<N>> {
    const operation = "waitForState";
    const { state: wanted } = options ?? {};
    choose(NODE_STATES, wanted, operation, "state");
    return await this.#wait(nodes, options, {
      operation,
      isDone: ({ state }) => state === wanted,
      isFailed: ({ state }) =>
        state !== wanted && (state === "error" || state === "terminated"),
      describe: stateOf,
      ...wanted === "terminated" && { toGone: toTerminated<N> },
    });
  }

  /**
   * Creates a node, waits until it is running and has an address, and runs the
   * deployment steps.
   *
   * If the deployment fails after the node was created, `nodeOf(error)` returns
   * the node, and `isDestroyed` tells whether it was destroyed. With
   * `onFailure: "destroy"`, the node is destroyed even if the provider is busy,
   * fails, or does not know the node yet: attempts are repeated for 2 minutes.
   *
   * If `signal` aborts before the node is being created, the promise rejects
   * with the reason of the signal. Later, it rejects with an `AbortedError`.
   * While the node is being created, an abort or the time limit has this effect:
   *
   * - With `"keep"`, the request is cancelled. There may be a node that is
   *   billed; then `mayHaveBeenApplied` of the error is `true`.
   * - With `"destroy"`, the driver waits for the response for up to 30 seconds,
   *   and destroys the node.
   *
   * @param options Options of `createNode()`, the steps, and the transport that
   *   runs them. The default time limit is 10 minutes.
   * @returns The node, and the results of the steps.
   * @throws {DeploymentError} If the node was created but could not be set up.
   * @throws {AbortedError} If `signal` aborts after the node was requested.
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
   * Requests several nodes, for the methods that wait. If the provider can
   * return several nodes in one response, override this method.
   *
   * @param operation Method that the caller called, for errors.
   * @param ids Ids of the nodes, without repetition.
   * @param options Options of the call.
   * @returns The nodes that the provider knows, in any order. Further nodes may
   *   be among them.
   */
  protected async readNodes(
    operation: string,
    ids: readonly string[],
    options: CallOptions,
  ): Promise<N[]> {
    const read = async (id: string): Promise<N | undefined> => {
      try {
        return await this.readNode(operation, id, options);
      } catch (error) {
        if (NotFoundError.is(error)) return undefined;
        throw error;
      }
    };
    const nodes = await mapConcurrently(ids, WAIT_CONCURRENCY, read);
    return nodes.filter((node) => node !== undefined);
  }

  /**
   * Reads the reason why a node failed, for the error of a wait. If the provider
   * tells a reason, override this method.
   *
   * @param _node A node in the state `"error"` or `"terminated"`.
   * @returns The reason in the provider's words.
   */
  protected failureOf(_node: N): string | undefined {
    return undefined;
  }

  /**
   * Notes that this process created a node. For {@linkcode notFoundGraceMs}
   * after this call, waits do not believe that the node does not exist. Call
   * this method in `createNode()`.
   *
   * @param node The new node.
   * @returns The node.
   */
  protected noteCreated<T extends N>(node: T): T {
    note(this.#createdAt, node.id);
    return node;
  }

  /**
   * Notes that the provider accepted to destroy a node. From then on, waits
   * believe that the node does not exist. Call this method in `destroyNode()`.
   *
   * @param node The node or its id.
   */
  protected noteDestroyed(node: Ref): void {
    note(this.#destroyedAt, rawIdOf(node));
  }

  /**
   * Whether this process created a node so recently that the provider may not
   * know it yet.
   *
   * @param node The node or its id.
   * @returns Whether the node is younger than {@linkcode notFoundGraceMs}.
   */
  protected isYoung(node: Ref): boolean {
    return (this.#ageMs(rawIdOf(node)) ?? Infinity) < this.notFoundGraceMs;
  }

  /**
   * Milliseconds since this process created a node, if it did. A node that it
   * destroyed is as old as can be.
   */
  #ageMs(id: string): number | undefined {
    if (this.#destroyedAt.has(id)) return Infinity;
    const createdAt = this.#createdAt.get(id);
    return given(createdAt, (at) => performance.now() - at);
  }

  #wait(
    nodes: Ref | readonly Ref[],
    options: NodeWaitOptions<N>,
    goal: WaitGoal<N>,
  ): Promise<N[] | WaitProgress<N>> {
    const { operation } = goal;
    const source = {
      provider: this.provider,
      notFoundGraceMs: this.notFoundGraceMs,
      readNodes: (ids: readonly string[], call: CallOptions) =>
        this.readNodes(operation, ids, call),
      readNode: (id: string, call: CallOptions) =>
        this.readNode(operation, id, call),
      ageMs: (id: string) => this.#ageMs(id),
      reasonOf: (node: N) => this.failureOf(node),
    };
    return waitForNodes(source, nodes, goal, options);
  }
}

/** Notes the time for a node, and forgets what was noted long ago. */
function note(times: Map<string, number>, id: string): void {
  const now = performance.now();
  for (const [id, at] of times) {
    if (now - at > MAX_GRACE_MS) times.delete(id);
  }
  times.set(id, now);
}

/** The id of a node, which is not checked. */
function rawIdOf(node: Ref): string {
  const { id = node } = Object(node) as { readonly id?: unknown };
  return id as string;
}

function hasAddress(
  { publicIps, privateIps }: Node,
  needed: WaitOptions["needsAddress"],
): boolean {
  const ips = needed === "public" ? publicIps : [...publicIps, ...privateIps];
  return needed === false || ips.length > 0;
}

function nameOf({ name }: Node): string {
  return oneLine(name);
}

function stateOf(node: Node): string {
  return `${nameOf(node)} is ${node.state}`;
}

/** The record of a node that the provider no longer knows. */
function toTerminated<N extends Node>(id: string, known: N | undefined): N {
  const nothing: Node = {
    id,
    name: id,
    state: "unknown",
    publicIps: [],
    privateIps: [],
    tags: {},
    extra: {},
  };
  return { ...nothing, ...known as N, state: "terminated" };
}
