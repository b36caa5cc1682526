/**
 * Deployments: create a node, wait until it is running, and run steps on it.
 *
 * The steps are plain data. A transport, such as SSH or cloud-init, runs them.
 * A driver has only the method `deployNode()`. All other code belongs to the
 * transport that the caller passes in.
 *
 * @module
 */

import { type PollOptions, toReason, WAIT_MS } from "../calls.ts";
import { checkNumber, choose, MAX_MS } from "../check.ts";
import { Deadline, type Limited } from "../deadline.ts";
import { AbortedError } from "../errors.ts";
import { type CallOptions, SECRETS } from "../options.ts";
import { oneLine } from "../message.ts";
import { redact } from "../redact.ts";
import { ProgressCallback } from "../callback.ts";
import { cleanUp } from "./clean_up.ts";
import { DeploymentError, NodeFailedError, nodeOf } from "./errors.ts";
import type { CreateNodeOptions, Nodes, WaitOptions } from "./nodes.ts";
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
> extends PollOptions, Pick<WaitOptions, "needsAddress" | "notFoundGraceMs"> {
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
  /**
   * Called at each change of phase, and when a step begins or ends. If the
   * callback throws, or returns a promise that rejects, the deployment fails.
   */
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
   * Requests the node again, for addresses that arrive late. If the request
   * fails, returns the latest record.
   */
  readNode(): Promise<Node>;
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
    const { notFoundGraceMs } = options;
    checkNumber(notFoundGraceMs, operation, "notFoundGraceMs", 0);
    const plan = await this.plan(driver, steps(deploy), create);
    const run = new Run<N>(driver, plan, destroys, options);
    return await Deadline.run(
      { timeoutMs, signal },
      run.limited,
      (deadline) => run.start(deadline),
    );
  }
}

/**
 * How long a node that is being created is waited for after an abort or after
 * the time limit, in milliseconds, if it is then destroyed.
 */
const SETTLE_MS = 30_000;

/** Time limit of a request for a record that only may be newer: 10 seconds. */
const READ_MS = 10_000;

/** One deployment in progress. */
class Run<N extends Node> {
  readonly limited: Limited;
  readonly #about: { readonly provider: string; readonly operation: string };
  readonly #driver: Nodes<N>;
  readonly #plan: DeploymentPlan;
  /** Whether the node is destroyed if the deployment fails. */
  readonly #destroys: boolean;
  readonly #options: DeploymentOptions<never, N>;
  readonly #progress: ProgressCallback<DeploymentProgress<N>>;
  readonly #startedAt = performance.now();
  readonly #results: StepResult[] = [];
  #node: N | undefined;
  #createdAt = NaN;
  #step: StepSummary | undefined;

  constructor(
    driver: Nodes<N>,
    plan: DeploymentPlan,
    destroys: boolean,
    options: DeploymentOptions<never, N>,
  ) {
    this.#about = { provider: driver.provider, operation: "deployNode" };
    // The time limit may be reached while the node is being created.
    this.limited = { ...this.#about, mayHaveBeenApplied: true };
    this.#driver = driver;
    this.#plan = plan;
    this.#destroys = destroys;
    this.#options = options;
    this.#progress = new ProgressCallback(options.onProgress);
  }

  /** Runs the whole deployment. The deadline limits all parts together. */
  async start(deadline: Deadline): Promise<DeployedNode<N>> {
    const { headers, retry, intervalMs } = this.#options;
    const { needsAddress, notFoundGraceMs } = this.#options;
    const { signal } = deadline;
    const call = { headers, retry, signal, timeoutMs: undefined };
    this.#report("creating");
    try {
      const created = this.#node = await this.#create(call);
      this.#createdAt = performance.now();
      signal.throwIfAborted();
      this.#report("waiting");
      const [running] = await this.#driver.waitUntilRunning(created, {
        ...call,
        intervalMs,
        needsAddress,
        notFoundGraceMs,
        timeoutMs: MAX_MS,
      });
      this.#update(running);
      await this.#plan.run?.(this.#node, {
        deadline,
        intervalMs,
        connecting: () => this.#report("connecting"),
        readNode: () => this.#read(call),
        run: (step, run) => this.#run(step, run),
      });
      await this.#progress.end();
      return { node: this.#node, steps: this.#results };
    } catch (error) {
      // If the caller aborts, the reason may be an error about another node.
      const node = this.#node ??
        (error === signal.reason ? undefined : nodeOf(error));
      if (!node) throw this.#purge(error);
      this.#node ??= node as N;
      throw await this.#fail(this.#node, error, signal);
    }
  }

  /**
   * Creates the node. If the deployment ends in the meantime and the node would
   * be destroyed, waits for its id: only then can it be destroyed.
   */
  async #create(
    call: CallOptions & { readonly signal: AbortSignal },
  ): Promise<N> {
    const { create, secrets } = this.#plan;
    const options = { ...create, ...call, [SECRETS]: secrets };
    if (!this.#destroys) return await this.#driver.createNode(options);
    const { signal } = call;
    signal.throwIfAborted();
    const settled = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const settle = () => {
      timer = setTimeout(() => settled.abort(signal.reason), SETTLE_MS);
    };
    signal.addEventListener("abort", settle);
    try {
      const { signal } = settled;
      return await this.#driver.createNode({ ...options, signal });
    } finally {
      signal.removeEventListener("abort", settle);
      clearTimeout(timer);
    }
  }

  /** Reads the node again, for a transport. */
  async #read(call: CallOptions): Promise<N> {
    const node = this.#node!;
    // A slow provider must not delay the next attempt to connect.
    const quick = { ...call, retry: false, timeoutMs: READ_MS } as const;
    try {
      return this.#update(await this.#driver.getNode(node, quick));
    } catch {
      // The transport goes on with what is known, until the time limit.
      return node;
    }
  }

  /** Updates the record. Fields that only `createNode()` returns are kept. */
  #update(latest: N | undefined): N {
    return this.#node = { ...this.#node!, ...latest };
  }

  #report(phase: DeploymentPhase, result?: StepResult): void {
    this.#progress.report({
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
    return redact(output, this.#plan.secrets ?? []);
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
    const isAborted = this.#options.signal?.aborted;
    const obstacle = this.#destroys ? await this.#destroy(node) : undefined;
    const fate = `node ${oneLine(node.id)} ` +
      (obstacle
        ? `could not be destroyed: ${obstacle}`
        : this.#destroys
        ? "was destroyed"
        : "is kept and billed");
    const outcome = {
      ...this.#about,
      mayHaveBeenApplied: true,
      node: toPortable(NodeFailedError.is(cause) ? cause.node : node),
      isDestroyed: this.#destroys && !obstacle,
      step: this.#step,
      steps: this.#results,
    };
    const at = this.#step ? `step ${JSON.stringify(this.#step.name)}: ` : "";
    if (isAborted) {
      const message = this.#toMessage(`${at}aborted; ${fate}`);
      return new AbortedError(message, { ...outcome, cause });
    }
    const reasons = [...new Set([cause, this.#purge(error)].map(toReason))];
    const message = this.#toMessage(`${at}${reasons.join("; ")}; ${fate}`);
    return new DeploymentError(message, {
      ...outcome,
      cause: cause instanceof StepFailure ? undefined : cause,
    });
  }

  #toMessage(reason: string): string {
    const { operation } = this.#about;
    return `${operation}: ${redact(reason, this.#plan.secrets ?? [])}`;
  }

  /** Destroys a node. If that fails, returns the reason. */
  async #destroy(node: N): Promise<string | undefined> {
    try {
      this.#report("destroying");
    } catch {
      // Even if the progress callback throws, the node must be destroyed.
    }
    const { headers, intervalMs } = this.#options;
    const { notFoundGraceMs = this.#driver.notFoundGraceMs } = this.#options;
    const age = performance.now() - this.#createdAt;
    // The deadline and the caller's signal may have aborted, so they are not
    // used here.
    return await cleanUp(this.#driver, node, {
      headers,
      intervalMs,
      graceMs: Math.max(0, notFoundGraceMs - (age || 0)),
    });
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
  tags: true,
  extra: true,
};

/** Removes provider-specific fields, which may hold a password. */
function toPortable<N extends Node>(node: N): Node<N["extra"]> {
  const fields = Object.entries(node).filter(([name]) =>
    Object.hasOwn(PORTABLE, name)
  );
  return Object.fromEntries(fields) as unknown as Node<N["extra"]>;
}

// Properties of errors that may repeat what a provider or a library said.
const TEXTS = ["message", "stack", "code", "requestId", "url", "body", "cause"];

/** Removes secrets from an error and from its causes. */
function purge(
  error: unknown,
  secrets: readonly string[],
  seen: Set<unknown> = new Set(),
): unknown {
  if (typeof error === "string") return redact(error, secrets);
  if (error instanceof Error && !seen.has(error)) {
    seen.add(error);
    for (const name of TEXTS) {
      const told = Reflect.get(error, name);
      const cleaned = purge(told, secrets, seen);
      if (cleaned !== told) Reflect.set(error, name, cleaned);
    }
  }
  return error;
}
