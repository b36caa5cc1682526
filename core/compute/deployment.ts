/**
 * Deployments: create a node, wait until it is running, and run steps on it.
 *
 * The steps are plain data. A transport, such as SSH or cloud-init, runs them.
 * A driver has only the method `deployNode()`. All other code belongs to the
 * transport that the caller passes in.
 *
 * @module
 */

import { type PollOptions, WAIT_MS } from "../calls.ts";
import { checkNumber, choose, MAX_MS } from "../check.ts";
import { Deadline } from "../deadline.ts";
import { NotFoundError } from "../errors.ts";
import { SECRETS } from "../options.ts";
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

/** Current phase of a deployment. */
export type DeploymentPhase =
  | "creating"
  | "waiting"
  | "connecting"
  | "running"
  | "destroying";

/**
 * Progress of a deployment.
 *
 * @typeParam N A node of the provider.
 */
export interface DeploymentProgress<N extends Node = Node> {
  /** Current phase. */
  readonly phase: DeploymentPhase;
  /**
   * The node, with the fields that the nodes of all providers have. Absent
   * until the node has an id.
   */
  readonly node?: Node<N["extra"]> | undefined;
  /** The step that begins, or that has just ended. */
  readonly step?: StepSummary | undefined;
  /** Result of the step that has just ended. */
  readonly result?: StepResult | undefined;
  /** Milliseconds since the deployment began. */
  readonly elapsedMs: number;
}

/**
 * Options of `deployNode()` besides those of `createNode()`.
 *
 * @typeParam D The driver.
 * @typeParam N A node of the provider.
 */
export interface DeploymentOptions<
  D extends Nodes = Nodes,
  N extends Node = Node,
> extends PollOptions {
  /** Steps to run on the node. */
  readonly deploy: Deployment;
  /** Transport that runs the steps: `ssh()` or `cloudInit()`. */
  readonly via: DeploymentTransport<D>;
  /**
   * Whether to keep or to destroy the node if the deployment fails. If the node
   * is kept, the provider bills it. If the node is destroyed, all its data is
   * lost.
   *
   * @default {"keep"}
   */
  readonly onFailure?: "keep" | "destroy" | undefined;
  /** Called at each change of phase, and when a step begins or ends. */
  readonly onProgress?:
    | ((progress: DeploymentProgress<N>) => void)
    | undefined;
}

/**
 * Options of `deployNode()`: those of `createNode()` of this driver, the steps,
 * and the transport that runs them.
 *
 * @typeParam D The driver.
 * @typeParam N A node of the provider.
 */
export type DeployNodeOptions<D extends Nodes, N extends Node> =
  & Parameters<D["createNode"]>[0]
  & DeploymentOptions<D, N>;

/**
 * Result of a deployment.
 *
 * @typeParam N A node of the provider.
 */
export interface DeployedNode<N extends Node = Node> {
  /**
   * The node, as it was when it started running. The record includes the fields
   * that only `createNode()` returns, such as a password. Events and errors do
   * not contain these fields.
   */
  readonly node: N;
  /** Results of the steps; empty if the transport does not report them. */
  readonly steps: readonly StepResult[];
}

/** Outcome of a step, as the transport reports it. */
export interface StepOutcome
  extends Pick<StepResult, "exitStatus" | "stdout" | "stderr"> {
  /** Reason for a missing exit status, for the message. */
  readonly reason?: string | undefined;
}

/** Functions and limits of one deployment, for the transport. */
export interface DeploymentContext {
  /** Cancels everything if the time limit is reached or the caller aborts. */
  readonly deadline: Deadline;
  /** First delay between two attempts in milliseconds, if the caller chose it. */
  readonly intervalMs: number | undefined;
  /** Reports the phase `"connecting"`. */
  connecting(): void;
  /**
   * Runs a step, reports its progress, and keeps its result.
   *
   * @param step The step.
   * @param run Runs the step on the node.
   * @throws {Error} If the exit status is not 0. Do not catch this error: it
   *   makes `deployNode()` reject with a `DeploymentError`.
   */
  run(step: DeploymentStep, run: () => Promise<StepOutcome>): Promise<void>;
}

/** Plan of a transport for one deployment. */
export interface DeploymentPlan {
  /** Options for `createNode()`. */
  readonly create: CreateNodeOptions;
  /** Strings that no error, event or result may show. */
  readonly secrets?: readonly string[] | undefined;
  /**
   * Runs the steps, if the node does not run them by itself. When the signal of
   * the deadline aborts, this method must close everything that it opened, and
   * then settle.
   */
  run?(node: Node, context: DeploymentContext): Promise<void>;
}

/**
 * Runs the steps of deployments. One transport can run many deployments at the
 * same time. The state of each deployment is in its plan.
 *
 * @typeParam D Interface that a driver needs for this transport.
 */
export abstract class DeploymentTransport<
  in D extends Nodes = Nodes,
> {
  /**
   * Plans one deployment, before any request.
   *
   * @param driver The driver that creates the node.
   * @param steps The steps to run.
   * @param options The caller's options for `createNode()`.
   * @returns The plan.
   * @throws {TypeError} If the transport does not support a step or an option.
   */
  protected abstract plan(
    driver: D,
    steps: readonly DeploymentStep[],
    options: CreateNodeOptions,
  ): DeploymentPlan | Promise<DeploymentPlan>;

  /**
   * Creates a node and runs the steps, for `deployNode()` of a driver.
   *
   * @typeParam N A node of the provider.
   * @param driver The driver.
   * @param options Options of `deployNode()`.
   * @returns The node, and the results of the steps.
   */
  async deploy<N extends Node>(
    driver: D & Nodes<N>,
    options: CreateNodeOptions & DeploymentOptions<never, N>,
  ): Promise<DeployedNode<N>> {
    const { deploy, via: _via, onFailure, onProgress: _progress, ...create } =
      options;
    const { signal, timeoutMs = WAIT_MS, intervalMs } = options;
    const operation = "deployNode";
    const destroys = choose(
      { keep: false, destroy: true },
      onFailure ?? "keep",
      operation,
      "onFailure",
    );
    checkNumber(intervalMs, operation, "intervalMs");
    checkNumber(timeoutMs, operation, "timeoutMs");
    const plan = await this.plan(driver, steps(deploy), create);
    const run = new Run<N>(driver, plan, destroys, options);
    return await Deadline.run(
      { timeoutMs, signal },
      // The time limit may be reached while the node is being created.
      { ...run.about, mayHaveBeenApplied: true },
      (deadline) => run.start(deadline),
    );
  }
}

/** One deployment in progress. */
class Run<N extends Node> {
  readonly about: { readonly provider: string; readonly operation: string };
  readonly #driver: Nodes<N>;
  readonly #plan: DeploymentPlan;
  /** Whether the node is destroyed if the deployment fails. */
  readonly #destroys: boolean;
  readonly #options: DeploymentOptions<never, N>;
  readonly #startedAt = performance.now();
  readonly #results: StepResult[] = [];
  #node: N | undefined;
  #step: StepSummary | undefined;

  constructor(
    driver: Nodes<N>,
    plan: DeploymentPlan,
    destroys: boolean,
    options: DeploymentOptions<never, N>,
  ) {
    this.about = { provider: driver.provider, operation: "deployNode" };
    this.#driver = driver;
    this.#plan = plan;
    this.#destroys = destroys;
    this.#options = options;
  }

  /** Runs the whole deployment. The deadline limits all parts together. */
  async start(deadline: Deadline): Promise<DeployedNode<N>> {
    const { headers, retry, intervalMs } = this.#options;
    const { signal } = deadline;
    const call = { headers, retry, signal, timeoutMs: undefined };
    this.#report("creating");
    try {
      const { secrets } = this.#plan;
      const create = { ...this.#plan.create, ...call, [SECRETS]: secrets };
      const created = this.#node = await this.#driver.createNode(create);
      this.#report("waiting");
      const wait = { ...call, intervalMs, timeoutMs: MAX_MS };
      const [running] = await this.#driver.waitUntilRunning(created, wait);
      const node = this.#node = { ...created, ...running };
      await this.#plan.run?.(node, {
        deadline,
        intervalMs,
        connecting: () => this.#report("connecting"),
        run: (step, run) => this.#run(step, run),
      });
      return { node, steps: this.#results };
    } catch (error) {
      // If the caller aborts, the reason may be an error about another node.
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
      throw new StepFailure(reason ?? `exited with status ${exitStatus}`);
    }
    this.#step = undefined;
  }

  #clean(output: string): string {
    return clean(output, this.#plan.secrets ?? []);
  }

  /**
   * Removes secrets from an error, unless it is the reason of the caller's
   * abort.
   */
  #purge(error: unknown): unknown {
    return error === this.#options.signal?.reason
      ? error
      : purge(error, this.#plan.secrets ?? []);
  }

  /** Keeps or destroys the node, and creates the error for the caller. */
  async #fail(node: N, error: unknown, signal: AbortSignal): Promise<unknown> {
    // If the time limit was reached, the error of the cancelled step tells how
    // far the step got. Both reasons go into the message.
    const cause = this.#purge(signal.aborted ? signal.reason : error);
    const obstacle = this.#destroys ? await this.#destroy(node) : undefined;
    const { signal: callerSignal } = this.#options;
    if (callerSignal?.aborted && !obstacle) return callerSignal.reason;
    const reasons = [...new Set([cause, this.#purge(error)].map(describe))];
    const fate = obstacle
      ? `could not be destroyed: ${obstacle}`
      : this.#destroys
      ? "was destroyed"
      : "is kept and billed";
    const at = this.#step ? `step ${JSON.stringify(this.#step.name)}: ` : "";
    const reason = `${at}${reasons.join("; ")}; node ${node.id} ${fate}`;
    return new DeploymentError(
      `${this.about.operation}: ${redact(reason, this.#plan.secrets ?? [])}`,
      {
        ...this.about,
        mayHaveBeenApplied: true,
        node: toPortable(NodeFailedError.is(cause) ? cause.node : node),
        isDestroyed: this.#destroys && !obstacle,
        step: this.#step,
        steps: this.#results,
        cause: cause instanceof StepFailure ? undefined : cause,
      },
    );
  }

  /** Destroys a node. If that fails, returns the reason. */
  async #destroy(node: N): Promise<string | undefined> {
    const { headers, retry } = this.#options;
    try {
      this.#report("destroying");
    } catch {
      // Even if the progress callback throws, the node must be destroyed.
    }
    try {
      // The deadline and the caller's signal may have aborted, so they are not
      // used here.
      await this.#driver.destroyNode(node, { headers, retry });
      return undefined;
    } catch (error) {
      // The node may be gone already.
      return NotFoundError.is(error) ? undefined : describe(error);
    }
  }
}

/** A step that ran and failed. */
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

/** Removes provider-specific fields, which may hold a password. */
function toPortable<N extends Node>(node: N): Node<N["extra"]> {
  const fields = Object.entries(node).filter(([name]) =>
    Object.hasOwn(PORTABLE, name)
  );
  return Object.fromEntries(fields) as unknown as Node<N["extra"]>;
}

/**
 * Removes secrets from a text. A text without secrets is not changed, because
 * `redact()` would normalize its escapes.
 */
function clean(text: string, secrets: readonly string[]): string {
  const cleaned = redact(text, secrets);
  return cleaned === redact(text, []) ? text : cleaned;
}

/** Removes secrets from an error and from its causes. */
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

/** Message of an error, without the name of the method at its beginning. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { operation } = error as { operation?: unknown };
  const prefix = `${operation}: `;
  return error.message.startsWith(prefix)
    ? error.message.slice(prefix.length)
    : error.message;
}
