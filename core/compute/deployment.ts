/**
 * Deployments: a node that is created and then made ready, by steps that are
 * plain data and a transport that carries them out.
 *
 * Nothing here opens a connection, and a driver holds no more of it than one
 * method: all else comes with the transport that the caller passes in.
 *
 * @module
 */

import { checkNumber, choose, MAX_MS } from "../check.ts";
import type { CallOptions } from "../connection.ts";
import { Deadline } from "../deadline.ts";
import { NotFoundError } from "../errors.ts";
import { redact } from "../redact.ts";
import { DeploymentError, NodeFailedError, nodeOf } from "./errors.ts";
import type { CreateNodeOptions, Nodes } from "./nodes.ts";
import type { Node } from "./records.ts";
import {
  type Deployment,
  type DeploymentStep,
  type StepResult,
  steps,
  type StepSummary,
} from "./steps.ts";

/** How far a deployment is. */
export type DeploymentPhase =
  | "creating"
  | "waiting"
  | "connecting"
  | "running"
  | "destroying";

/**
 * How a deployment stands.
 *
 * @typeParam N What nodes look like at this provider.
 */
export interface DeploymentProgress<N extends Node = Node> {
  /** How far it is. */
  readonly phase: DeploymentPhase;
  /** The node, once it has an id, with the fields that all nodes have. */
  readonly node?: Node<N["extra"]> | undefined;
  /** The step that begins, or that has ended. */
  readonly step?: StepSummary | undefined;
  /** How the step went, when it has ended. */
  readonly result?: StepResult | undefined;
  /** Milliseconds since the deployment began. */
  readonly elapsedMs: number;
}

/**
 * What {@linkcode NodeDriver.deployNode} takes besides the options of
 * `createNode()`.
 *
 * @typeParam D The driver.
 * @typeParam N What nodes look like at this provider.
 */
export interface DeploymentOptions<
  D extends Nodes = Nodes,
  N extends Node = Node,
> extends CallOptions {
  /** What is done to the node. */
  readonly deploy: Deployment;
  /** How it is done: `ssh()` or `cloudInit()`, from their own modules. */
  readonly via: DeploymentTransport<D>;
  /**
   * What becomes of the node if it was created and the rest failed. A node that
   * is kept costs money.
   *
   * @default {"keep"}
   */
  readonly onFailure?: "keep" | "destroy" | undefined;
  /** Called as the deployment goes on. */
  readonly onProgress?:
    | ((progress: DeploymentProgress<N>) => void)
    | undefined;
  /**
   * First pause in milliseconds between two looks at the node, or between two
   * attempts to connect; it grows.
   *
   * @default {1000}
   */
  readonly intervalMs?: number | undefined;
}

/**
 * Options of {@linkcode NodeDriver.deployNode}: those of `createNode()`, with
 * what this provider adds to them, and how to go on from there.
 *
 * @typeParam D The driver.
 * @typeParam N What nodes look like at this provider.
 */
export type DeployNodeOptions<D extends Nodes, N extends Node> =
  & Parameters<D["createNode"]>[0]
  & DeploymentOptions<D, N>;

/**
 * A node that was created and made ready.
 *
 * @typeParam N What nodes look like at this provider.
 */
export interface DeployedNode<N extends Node = Node> {
  /**
   * The node as seen when it first ran, with what was told of it only when it
   * was created, such as a password. No event and no error has that.
   */
  readonly node: N;
  /** How the steps went; empty where nobody reports that. */
  readonly steps: readonly StepResult[];
}

/** What a step came to. */
export interface StepOutcome
  extends Pick<StepResult, "exitStatus" | "stdout" | "stderr"> {
  /** Why it has no exit status, in few words. */
  readonly reason?: string | undefined;
}

/** What a transport is given to work with. */
export interface DeploymentContext {
  /** Ends all that runs under it when the time is up or the caller aborts. */
  readonly deadline: Deadline;
  /** First pause in milliseconds between two attempts, if the caller chose. */
  readonly intervalMs: number | undefined;
  /** Tells the caller that the transport is now connecting. */
  connecting(): void;
  /**
   * Runs a step, tells the caller of it, and keeps its result.
   *
   * @throws {DeploymentError} If the step did not exit with 0.
   */
  run(step: DeploymentStep, run: () => Promise<StepOutcome>): Promise<void>;
}

/** How a transport carries out one deployment. */
export interface DeploymentPlan {
  /** Options to create the node with. */
  readonly create: CreateNodeOptions;
  /** What no error, event or result may show. */
  readonly secrets?: readonly string[] | undefined;
  /**
   * Carries out what the new node does not do by itself. When the signal of the
   * deadline fires it rejects, with all closed that it opened.
   */
  run?(node: Node, context: DeploymentContext): Promise<void>;
}

/**
 * A way to carry out the steps of a deployment. One serves many deployments at
 * once: what belongs to one of them is in its plan.
 *
 * @typeParam D What a driver must have for it.
 */
export abstract class DeploymentTransport<
  in D extends Nodes = Nodes,
> {
  /**
   * Makes the plan of one deployment, before any request.
   *
   * @param driver The driver that creates the node.
   * @param steps What is to be done.
   * @param options Options of `createNode()`, as the caller gave them.
   * @returns The plan.
   * @throws {TypeError} If a step or an option cannot be carried out.
   */
  protected abstract plan(
    driver: D,
    steps: readonly DeploymentStep[],
    options: CreateNodeOptions,
  ): DeploymentPlan | Promise<DeploymentPlan>;

  /**
   * Creates a node and makes it ready, for
   * {@linkcode NodeDriver.deployNode}.
   *
   * @typeParam N What nodes look like at this provider.
   * @param driver The driver.
   * @param options Options of `deployNode()`.
   * @returns The node, and how the steps went.
   */
  async deploy<N extends Node>(
    driver: D & Nodes<N>,
    options: CreateNodeOptions & DeploymentOptions<never, N>,
  ): Promise<DeployedNode<N>> {
    const { deploy, via: _via, onFailure, onProgress: _tell, ...create } =
      options;
    const { signal, timeoutMs = DEPLOY_MS } = options;
    const isDoomed = choose(DOOMED, onFailure ?? "keep", "way to fail");
    checkNumber("intervalMs", options.intervalMs);
    checkNumber("timeoutMs", timeoutMs);
    const plan = await this.plan(driver, steps(deploy), create);
    const run = new Run<N>(driver, plan, isDoomed, options);
    return await Deadline.run(
      { timeoutMs, signal },
      // The time may be up while a node is being made.
      { ...run.about, mayHaveBeenApplied: true },
      (deadline) => run.start(deadline),
    );
  }
}

const DEPLOY_MS = 600_000;
const DOOMED = { keep: false, destroy: true };

/** One deployment under way. */
class Run<N extends Node> {
  readonly about: { readonly provider: string; readonly operation: string };
  readonly #driver: Nodes<N>;
  readonly #plan: DeploymentPlan;
  readonly #isDoomed: boolean;
  readonly #options: DeploymentOptions<never, N>;
  readonly #startedAt = performance.now();
  readonly #results: StepResult[] = [];
  #node: N | undefined;
  #step: StepSummary | undefined;

  constructor(
    driver: Nodes<N>,
    plan: DeploymentPlan,
    isDoomed: boolean,
    options: DeploymentOptions<never, N>,
  ) {
    this.about = { provider: driver.provider, operation: "deployNode" };
    this.#driver = driver;
    this.#plan = plan;
    this.#isDoomed = isDoomed;
    this.#options = options;
  }

  /** Does it all, within a deadline that limits each part as well. */
  async start(deadline: Deadline): Promise<DeployedNode<N>> {
    const { headers, retry, intervalMs } = this.#options;
    const { signal } = deadline;
    const call = { headers, retry, signal, timeoutMs: undefined };
    this.#report("creating");
    try {
      const create = { ...this.#plan.create, ...call };
      const made = this.#node = await this.#driver.createNode(create);
      this.#report("waiting");
      const wait = { ...call, intervalMs, timeoutMs: MAX_MS };
      const [seen] = await this.#driver.waitUntilRunning(made, wait);
      const node = this.#node = { ...made, ...seen };
      await this.#plan.run?.(node, {
        deadline,
        intervalMs,
        connecting: () => this.#report("connecting"),
        run: (step, run) => this.#run(step, run),
      });
      return { node, steps: this.#results };
    } catch (error) {
      // What the caller aborted with may be about another node.
      const node = this.#node ??
        (error === signal.reason ? undefined : nodeOf(error));
      if (!node) throw this.#purge(error);
      this.#node ??= node as N;
      throw await this.#fail(this.#node, error, signal);
    }
  }

  #report(phase: DeploymentPhase, result?: StepResult): void {
    this.#options.onProgress?.({
      phase,
      node: this.#node && toPortable(this.#node),
      step: this.#step,
      result,
      elapsedMs: performance.now() - this.#startedAt,
    });
  }

  async #run(
    { kind, name }: DeploymentStep,
    run: () => Promise<StepOutcome>,
  ): Promise<void> {
    this.#step = { kind, name };
    this.#report("running");
    const startedAt = performance.now();
    const { exitStatus, stdout, stderr, reason } = await run();
    const result = {
      name,
      exitStatus,
      stdout: this.#clean(stdout),
      stderr: this.#clean(stderr),
      durationMs: performance.now() - startedAt,
    };
    this.#results.push(result);
    this.#report("running", result);
    if (exitStatus !== 0) {
      throw new StepFailure(reason ?? `it exited with ${exitStatus}`);
    }
    this.#step = undefined;
  }

  #clean(output: string): string {
    return clean(output, this.#plan.secrets ?? []);
  }

  /** Takes the secrets out of an error, unless the caller aborted with it. */
  #purge(error: unknown): unknown {
    return error === this.#options.signal?.reason
      ? error
      : purge(error, this.#plan.secrets ?? []);
  }

  /** Does with the node as the caller wants, and says what happened. */
  async #fail(node: N, error: unknown, signal: AbortSignal): Promise<unknown> {
    // Whatever broke off when the time was up says where it was by then.
    const cause = this.#purge(signal.aborted ? signal.reason : error);
    const obstacle = this.#isDoomed ? await this.#destroy(node) : undefined;
    const { signal: callers } = this.#options;
    if (callers?.aborted && !obstacle) return callers.reason;
    const reasons = [...new Set([cause, this.#purge(error)].map(describe))];
    const fate = obstacle
      ? `could not be destroyed: ${obstacle}`
      : this.#isDoomed
      ? "is destroyed"
      : "is kept";
    const at = this.#step ? `step "${this.#step.name}": ` : "";
    const reason = `${at}${reasons.join(": ")}; node ${node.id} ${fate}`;
    const prefix = `Cannot ${this.about.operation}: `;
    return new DeploymentError(
      prefix +
        redact(reason.replaceAll(prefix, ""), this.#plan.secrets ?? []),
      {
        ...this.about,
        mayHaveBeenApplied: true,
        node: toPortable(NodeFailedError.is(cause) ? cause.node : node),
        isDestroyed: this.#isDoomed && !obstacle,
        step: this.#step,
        steps: this.#results,
        cause: cause instanceof StepFailure ? undefined : cause,
      },
    );
  }

  /** Destroys a node, and says what was in the way, if anything. */
  async #destroy(node: N): Promise<string | undefined> {
    const { headers, retry } = this.#options;
    try {
      this.#report("destroying");
    } catch {
      // A listener that throws, perhaps for the second time, saves no node.
    }
    try {
      // Neither the deadline nor the caller's signal: they may be what failed.
      await this.#driver.destroyNode(node, { headers, retry });
      return undefined;
    } catch (error) {
      // It may have gone by itself.
      return NotFoundError.is(error) ? undefined : describe(error);
    }
  }
}

/** A step that ran, and did not end well. */
class StepFailure extends Error {}

const PORTABLE: Readonly<Record<keyof Node, true>> = {
  id: true,
  name: true,
  state: true,
  publicIps: true,
  privateIps: true,
  createdAt: true,
  sizeId: true,
  imageId: true,
  locationId: true,
  extra: true,
};

/** Leaves out what only this provider has, which may be a password. */
function toPortable<N extends Node>(node: N): Node<N["extra"]> {
  const fields = Object.entries(node).filter(([name]) =>
    Object.hasOwn(PORTABLE, name)
  );
  return Object.fromEntries(fields) as unknown as Node<N["extra"]>;
}

/**
 * Takes secrets out of a text, which is not touched where it has none:
 * `redact()` would write escapes in another way.
 */
function clean(text: string, secrets: readonly string[]): string {
  const cleaned = redact(text, secrets);
  return cleaned === redact(text, []) ? text : cleaned;
}

/** Takes secrets out of an error, and out of those behind it. */
function purge(
  error: unknown,
  secrets: readonly string[],
  seen: Set<unknown> = new Set(),
): unknown {
  if (typeof error === "string") return clean(error, secrets);
  if (error instanceof Error && !seen.has(error)) {
    seen.add(error);
    for (const name of ["message", "stack", "body", "cause"]) {
      const told = Reflect.get(error, name);
      const cleaned = purge(told, secrets, seen);
      if (cleaned !== told) Reflect.set(error, name, cleaned);
    }
  }
  return error;
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
