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
  type Fetch,
  type Listing,
  NotFoundError,
} from "../../core/mod.ts";
import type {
  CreateNodeOptions,
  Node,
  NodeDriver,
} from "../../core/compute/mod.ts";
import { type Call, callsOf, type MethodSpec, valueOf } from "../table.ts";
import { createDriver, methodsOf, type Simulator } from "../subject.ts";
import { each, outcomeOf, show } from "../checks.ts";
import type { Fault } from "../faults.ts";
import type { ComputeSubject } from "./subject.ts";
import { isWrite } from "../requests.ts";

/** First delay between polls, in milliseconds. */
export const INTERVAL_MS = 2;
/** Time limit of calls and waits, in milliseconds. */
export const TIMEOUT_MS = 5_000;
/** Options of waits. */
export const WAIT = { intervalMs: INTERVAL_MS, timeoutMs: TIMEOUT_MS } as const;

/** A driver with its own simulator. */
export interface Account {
  /** Driver under test. */
  readonly driver: NodeDriver;
  /** Requests that the driver has sent. */
  readonly sent: readonly Request[];
  /** Driver for the same account, without faults. */
  readonly observer: NodeDriver;
  /** Sends a request to the simulator, without faults. */
  readonly fetch: Fetch;
  /** Ids of the nodes that exist, whether or not requests see them yet. */
  nodeIds(): string[];
}

/** The driver under test and its calls. */
export class Context {
  /** Driver, simulator and arguments. */
  readonly options: ComputeSubject;
  /** A call for each variant of each method, including static lists. */
  readonly allCalls: readonly Call[];
  /** A call for each variant of each method that sends requests. */
  readonly calls: readonly Call[];

  /** Creates a context. */
  constructor(options: ComputeSubject) {
    this.options = options;
    this.allCalls = callsOf(options.methods).map((call) => ({
      ...call,
      run: (driver, options, ...rest) =>
        call.run(driver, { timeoutMs: TIMEOUT_MS, ...options }, ...rest),
    }));
    this.calls = this.allCalls.filter((call) => this.sendsRequests(call));
  }

  /** Whether a request changes something. */
  isWrite(request: Request): boolean {
    return (this.options.isWrite ?? isWrite)(request);
  }

  /** Whether a list sends no request. */
  isStatic(method: string): boolean {
    return this.options.staticLists?.includes(method) ?? false;
  }

  /** Whether a call sends requests. */
  sendsRequests({ method, spec }: Call): boolean {
    return !this.isStatic(method) && !spec.isStatic;
  }

  /** Creates a simulator and a driver whose requests pass through a fault. */
  open(fault?: Fault, settings: ConnectionOptions = {}): Account {
    let created: Simulator | undefined;
    // Late, because many checks send no request to it.
    const simulator = () => created ??= this.options.createSimulator();
    const fetch = (request: Request) => simulator().fetch(request);
    const sent: Request[] = [];
    const driver = createDriver(this.options, {
      fetch: async (request) => {
        sent.push(request);
        return await (fault?.(request, fetch) ?? fetch(request));
      },
      ...settings,
    });
    const observer = createDriver(this.options, { fetch });
    const nodeIds = () =>
      simulator().inventory().nodes
        .filter((node) => !node.isDestroyed)
        .map(({ id }) => id);
    return { driver, sent, observer, fetch, nodeIds };
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

  /** Calls a list method with its valid arguments. */
  list(
    driver: NodeDriver,
    method: string,
    options: Readonly<Record<string, unknown>> = {},
  ): Listing<{ readonly id: string }> {
    const call = this.allCalls.find((call) => call.method === method);
    assert(call, `the table has no arguments for ${method}()`);
    return call.run(driver, options) as Listing<{ readonly id: string }>;
  }

  /** Valid options of a method, by the first entry of the table. */
  valuesOf(method: string): Readonly<Record<string, unknown>> {
    const { options = {} } = this.specOf(method);
    return Object.fromEntries(
      Object.entries(options).map(([name, input]) => [name, valueOf(input)]),
    );
  }

  /** The first entry of the table for a method. */
  specOf(method: string): MethodSpec {
    const call = this.calls.find((call) => call.method === method);
    assert(call, `the table has no arguments for ${method}()`);
    return call.spec;
  }

  /** Runs a check for every list method of the driver. */
  async eachList(check: (method: string) => Promise<void>): Promise<void> {
    const { Driver, lacks = [] } = this.options;
    const lists = methodsOf(Driver)
      .filter((method) =>
        method.startsWith("list") && !this.isStatic(method) &&
        !lacks.includes(method)
      )
      .map((label) => ({ label }));
    await each(lists, ({ label }) => check(label));
  }

  /** Counts the requests of a call; the call may fail. */
  async countRequests(call: Call): Promise<number> {
    const { driver, sent } = this.open();
    await outcomeOf(() => call.run(driver));
    assert(sent.length > 0, "expected at least one request");
    return sent.length;
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

/** Waits for the reason with which a call rejects. */
export async function rejection(run: () => unknown): Promise<unknown> {
  const outcome = await outcomeOf(run);
  assert(
    "error" in outcome,
    `expected a rejection, got ${
      "value" in outcome ? show(outcome.value) : ""
    }`,
  );
  return outcome.error;
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

/** Waits. */
export async function sleep(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
