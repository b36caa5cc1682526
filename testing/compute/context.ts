/**
 * Context of the conformance checks: the driver under test, its simulator, and
 * helpers to call and await it.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertStrictEquals,
} from "@std/assert";
import {
  ConflictError,
  type ConnectionOptions,
  type Listing,
  NotFoundError,
} from "../../core/mod.ts";
import type {
  CreateNodeOptions,
  Node,
  NodeDriver,
} from "../../core/compute/mod.ts";
import { outcomeOf, show } from "../checks.ts";
import {
  type CallAccount,
  CallContext,
  sleep,
  TIMEOUT_MS,
} from "../context.ts";
import type { Fault } from "../faults.ts";
import type { ComputeSubject } from "./subject.ts";

export { rejection, sleep, TIMEOUT_MS } from "../context.ts";

/** First delay between polls, in milliseconds. */
export const INTERVAL_MS = 2;
/** Options of waits. */
export const WAIT = { intervalMs: INTERVAL_MS, timeoutMs: TIMEOUT_MS } as const;

/** A driver with its own simulator. */
export interface Account extends CallAccount<NodeDriver> {
  /** Ids of the nodes that exist, whether or not requests see them yet. */
  nodeIds(): string[];
}

/** The driver under test and its calls. */
export class Context extends CallContext<NodeDriver, ComputeSubject> {
  /** Creates a simulator and a driver whose requests pass through a fault. */
  override open(fault?: Fault, settings: ConnectionOptions = {}): Account {
    const { simulator, ...account } = this.connect(
      this.options.createSimulator,
      fault,
      settings,
    );
    const nodeIds = () =>
      simulator().inventory().nodes
        .filter((node) => !node.isDestroyed)
        .map(({ id }) => id);
    return { ...account, nodeIds };
  }

  /** Creates a node with the options of the suite. */
  create(
    driver: NodeDriver,
    options: Partial<CreateNodeOptions> = {},
  ): Promise<Node> {
    return driver.createNode({
      timeoutMs: TIMEOUT_MS,
      ...this.options.create,
      ...options,
    });
  }

  /** Creates a node and waits until it is running. */
  async createRunning(driver: NodeDriver): Promise<Node> {
    const { id } = await this.create(driver);
    return await waitForNode(driver, id);
  }
}

/** Waits until a node is running and has an address. */
export async function waitForNode(
  driver: NodeDriver,
  id: string,
): Promise<Node> {
  const [node] = await driver.waitUntilRunning(id, WAIT);
  assert(node);
  assertEquals(node.id, id);
  assertEquals(node.state, "running");
  assert(node.publicIps.length + node.privateIps.length > 0);
  return node;
}

/** Destroys a node, and waits until the provider no longer knows it. */
export async function destroy(driver: NodeDriver, node: Node): Promise<void> {
  assertStrictEquals(
    await whileBusy(() => driver.destroyNode(node)),
    undefined,
  );
  // The driver remembers that it destroyed the node, and does not take it for one
  // that is too new to be known.
  const [gone] = await driver.waitForState(node, {
    ...WAIT,
    state: "terminated",
  });
  assertEquals([gone?.id, gone?.state], [node.id, "terminated"]);
  // Some providers show a terminated node for a while.
  await until(async () => {
    const outcome = await outcomeOf(() => driver.getNode(node));
    if ("value" in outcome) return false;
    assertInstanceOf(outcome.error, NotFoundError);
    return true;
  }, "getNode() still returns the destroyed node");
}

/** Repeats a change while the provider is busy with an earlier one. */
export async function whileBusy<T>(change: () => Promise<T>): Promise<T> {
  const endsAt = performance.now() + TIMEOUT_MS;
  for (;;) {
    try {
      return await change();
    } catch (error) {
      const isBusy = ConflictError.is(error) && performance.now() < endsAt;
      if (!isBusy) throw error;
      await sleep(INTERVAL_MS);
    }
  }
}

/** Reads a list until it has exactly these ids, because lists lag behind. */
export async function untilListed(
  list: () => Listing<{ readonly id: string }>,
  ids: readonly string[],
): Promise<void> {
  const endsAt = performance.now() + TIMEOUT_MS;
  for (;;) {
    const listed = (await list()).map(({ id }) => id);
    if (listed.join() === ids.join()) return;
    if (performance.now() > endsAt) assertEquals(listed, ids);
    await sleep(INTERVAL_MS);
  }
}

/** Repeats a request until its result is right. */
export async function untilRight<T>(
  look: () => Promise<T>,
  isRight: (result: T) => boolean,
  problem: string,
): Promise<T> {
  const endsAt = performance.now() + TIMEOUT_MS;
  for (;;) {
    const result = await look();
    if (isRight(result)) return result;
    assert(
      performance.now() < endsAt,
      `${problem}: ${show(result)}`,
    );
    await sleep(INTERVAL_MS);
  }
}

/** Waits until a condition is true. */
export async function until(
  isTrue: () => Promise<boolean>,
  problem: string,
): Promise<void> {
  const endsAt = performance.now() + TIMEOUT_MS;
  while (!await isTrue()) {
    assert(performance.now() < endsAt, problem);
    await sleep(INTERVAL_MS);
  }
}
