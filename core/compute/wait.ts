/**
 * Waiting until nodes are in a state.
 *
 * @module
 */

import { poll, WAIT_MS } from "../calls.ts";
import { checkNumber, idOf } from "../check.ts";
import { Deadline } from "../deadline.ts";
import { joinFew, oneLine } from "../message.ts";
import type { CallOptions } from "../options.ts";
import type { Ref } from "../ref.ts";
import { ProgressCallback } from "../callback.ts";
import { NodeFailedError } from "./errors.ts";
import type { NodeWaitOptions, WaitProgress } from "./nodes.ts";
import type { Node } from "./records.ts";

/**
 * The parts of a driver that a wait needs.
 *
 * @typeParam N A node of the provider.
 */
export interface WaitSource<N extends Node> {
  /** Id of the provider. */
  readonly provider: string;
  /** How long the provider may not know a new node, in milliseconds. */
  readonly notFoundGraceMs: number;
  /**
   * Requests nodes. Nodes that the provider does not know are left out. Further
   * nodes may be returned if they need no further request.
   */
  readNodes(ids: readonly string[], options: CallOptions): Promise<N[]>;
  /** Requests one node; rejects if the provider does not know it. */
  readNode(id: string, options: CallOptions): Promise<N>;
  /** Milliseconds since this process created the node, if it did. */
  ageMs(id: string): number | undefined;
  /** Reason in the provider's words why a node failed, if it tells one. */
  reasonOf(node: N): string | undefined;
}

/**
 * What a wait waits for.
 *
 * @typeParam N A node of the provider.
 */
export interface WaitGoal<N extends Node> {
  /** Method of the driver, for errors. */
  readonly operation: string;
  /** Whether the node is as it should be. */
  isDone(node: N): boolean;
  /** Whether the node cannot get there. */
  isFailed(node: N): boolean;
  /** Describes a node that is not as it should be, for a timeout. */
  describe(node: N): string;
  /**
   * Creates the record of a node that no longer exists, if that is the goal.
   *
   * @default {a node that does not exist is an error}
   */
  toGone?(id: string, known: N | undefined): N;
}

/**
 * Polls nodes until all of them are as they should be at the same look.
 *
 * @typeParam N A node of the provider.
 * @param source The parts of the driver.
 * @param refs The nodes or their ids.
 * @param goal What to wait for.
 * @param options Options of the caller.
 * @returns The nodes in the given order, as they were at the last look. With
 *   `once`, the progress after one look.
 * @throws {NodeFailedError} If a node cannot get to the goal.
 * @throws {NotFoundError} If a node does not exist.
 * @throws {TimeoutError} If the time limit is reached.
 */
export async function waitForNodes<N extends Node>(
  source: WaitSource<N>,
  refs: Ref | readonly Ref[],
  goal: WaitGoal<N>,
  options: NodeWaitOptions<N>,
): Promise<N[] | WaitProgress<N>> {
  checkNumber(options.intervalMs, goal.operation, "intervalMs");
  checkNumber(options.notFoundGraceMs, goal.operation, "notFoundGraceMs", 0);
  const wait = new Wait(source, [refs].flat(), goal, options);
  const { provider } = source;
  const { operation } = goal;
  const about = { provider, operation, describe: () => wait.describe() };
  if (!options.once) {
    return await poll(about, options, (call) => wait.look(call));
  }
  const { signal, timeoutMs = WAIT_MS } = options;
  return await Deadline.run({ signal, timeoutMs }, about, (deadline) => {
    const { signal } = deadline;
    const look = wait.lookOnce({ ...options, signal, timeoutMs: undefined });
    return deadline.race(look);
  });
}

class Wait<N extends Node> {
  readonly #source: WaitSource<N>;
  /** Without repetition. */
  readonly #ids: readonly string[];
  /** As the caller passed them. */
  readonly #requested: readonly string[];
  readonly #goal: WaitGoal<N>;
  readonly #graceMs: number;
  readonly #startedAt = performance.now();
  readonly #progress: ProgressCallback<WaitProgress<N>>;
  /** Each node as it was at its last look. */
  readonly #seen = new Map<string, N>();
  /** Nodes that the provider did not know at their last look. */
  readonly #unknown = new Set<string>();
  /** The records that the caller passed. */
  readonly #passed = new Map<string, N>();

  constructor(
    source: WaitSource<N>,
    refs: readonly Ref[],
    goal: WaitGoal<N>,
    options: NodeWaitOptions<N>,
  ) {
    this.#source = source;
    this.#goal = goal;
    this.#requested = refs.map((ref) => {
      const id = idOf(ref, goal.operation, "node");
      if (typeof ref === "object") this.#passed.set(id, ref as N);
      return id;
    });
    this.#ids = [...new Set(this.#requested)];
    this.#graceMs = options.notFoundGraceMs ?? source.notFoundGraceMs;
    this.#progress = new ProgressCallback(options.onProgress);
  }

  /** Looks once; returns the nodes if all of them are done. */
  async look(call: CallOptions): Promise<N[] | undefined> {
    const looked = new Set<string>();
    let ids = this.#open();
    while (ids.length > 0) {
      for (const id of await this.#read(ids, call)) looked.add(id);
      // If the last nodes are done, those that were done at an earlier look are
      // requested again: they may have failed in the meantime.
      ids = this.#open().length > 0
        ? []
        : this.#ids.filter((id) => !looked.has(id));
    }
    const isDone = this.#open().length === 0;
    this.#progress.report(this.#toProgress());
    if (!isDone) return undefined;
    await this.#progress.end();
    return this.#all();
  }

  /** Looks once, whether or not the nodes are done. */
  async lookOnce(call: CallOptions): Promise<WaitProgress<N>> {
    await this.#read(this.#ids, call);
    const progress = this.#toProgress();
    this.#progress.report(progress);
    await this.#progress.end();
    return progress;
  }

  /** Describes the nodes that are not done, such as "web-1 is stopped". */
  describe(): string {
    const states = this.#open().map((id) => {
      const node = this.#seen.get(id);
      if (node) return this.#goal.describe(node);
      return this.#unknown.has(id)
        ? `node ${oneLine(id)} is not known yet`
        : `no response about node ${oneLine(id)} yet`;
    });
    return joinFew(states);
  }

  /** Reads nodes. Returns the ids of those that were looked at. */
  async #read(ids: readonly string[], call: CallOptions): Promise<string[]> {
    if (ids.length === 0) return [];
    const nodes = await this.#source.readNodes(ids, call);
    const missing = new Set(ids);
    for (const node of nodes.filter(({ id }) => this.#ids.includes(id))) {
      missing.delete(node.id);
      this.#see(node);
    }
    for (const id of missing) await this.#miss(id, call);
    return [...ids, ...nodes.map(({ id }) => id)];
  }

  #see(node: N): void {
    this.#seen.set(node.id, node);
    this.#unknown.delete(node.id);
    if (!this.#goal.isFailed(node)) return;
    const { provider } = this.#source;
    const { operation } = this.#goal;
    const name = oneLine(node.id);
    const reason = this.#source.reasonOf(node);
    throw new NodeFailedError(
      `${operation}: node ${name} is in state "${node.state}"` +
        (reason ? `: "${oneLine(reason)}"` : ""),
      { provider, operation, node },
    );
  }

  /** Handles a node that the provider does not know: not yet, or no longer. */
  async #miss(id: string, call: CallOptions): Promise<void> {
    const goal = this.#goal;
    const known = this.#seen.get(id) ?? this.#passed.get(id);
    const wasSeen = this.#seen.delete(id);
    this.#unknown.add(id);
    // Some servers of a provider may know a new node, and others not yet.
    if (this.#isYoung(id) && !(goal.toGone && wasSeen)) return;
    if (goal.toGone) this.#see(goal.toGone(id, known));
    // Rejects, unless the node is known again.
    else this.#see(await this.#source.readNode(id, call));
  }

  /** Whether the node is so young that the provider may not know it yet. */
  #isYoung(id: string): boolean {
    const createdAt = Date.parse(this.#passed.get(id)?.createdAt ?? "");
    const waitedMs = performance.now() - this.#startedAt;
    const ageMs = this.#source.ageMs(id) ??
      (Number.isNaN(createdAt) ? waitedMs : Date.now() - createdAt);
    return ageMs < this.#graceMs;
  }

  #open(): string[] {
    return this.#ids.filter((id) => !this.#isDone(this.#seen.get(id)));
  }

  #isDone(node: N | undefined): boolean {
    return node !== undefined && this.#goal.isDone(node);
  }

  #all(): N[] {
    return this.#requested.flatMap((id) => this.#seen.get(id) ?? []);
  }

  #toProgress(): WaitProgress<N> {
    const all = this.#all();
    return {
      ready: all.filter((node) => this.#isDone(node)),
      waiting: all.filter((node) => !this.#isDone(node)),
      unknown: [...this.#unknown],
      elapsedMs: performance.now() - this.#startedAt,
    };
  }
}
