/**
 * Context of the conformance checks: the driver under test, its simulator, and
 * helpers to call and await it.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { ConnectionOptions, Listing } from "../../../core/mod.ts";
import type {
  CreateNodeOptions,
  Node,
  NodeDriver,
} from "../../../core/compute/mod.ts";
import {
  type Call,
  callsOf,
  createDriver,
  each,
  methodsOf,
  outcomeOf,
  show,
  type Subject,
} from "../bad_input.ts";
import type { Fault } from "./responses.ts";

/** A driver, its simulator, and arguments for the checks. */
export interface ConformanceOptions extends Subject {
  /** Credentials that the simulator rejects. */
  readonly wrongCredentials: Readonly<Record<string, string>>;
  /** Options for `createNode()`, including required ones of the driver. */
  readonly create: CreateNodeOptions;
  /** Well-formed id of a node that does not exist. */
  readonly unknownId: string;
  /**
   * Status of the response for an unknown node.
   *
   * @default {404}
   */
  readonly unknownStatus?: number;
  /**
   * Whether the provider rejects a second node with the same name.
   *
   * @default {false}
   */
  readonly hasUniqueNames?: boolean;
  /**
   * Whether a request creates a node.
   *
   * @default {true for every POST}
   */
  readonly isCreate?: (request: Request) => boolean;
  /** Formats a value as the console of the runtime does. */
  readonly inspect?: (value: unknown) => string;
}

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
  /** The simulator. */
  readonly simulator: ReturnType<Subject["createSimulator"]>;
}

/** The driver under test and its calls. */
export class Context {
  /** Driver, simulator and arguments. */
  readonly options: ConformanceOptions;
  /** A call for each variant of each method. */
  readonly calls: readonly Call[];

  /** Creates a context. */
  constructor(options: ConformanceOptions) {
    this.options = options;
    this.calls = callsOf(options.methods).map((call) => ({
      ...call,
      run: (driver, options, ...rest) =>
        call.run(driver, { timeoutMs: TIMEOUT_MS, ...options }, ...rest),
    }));
  }

  /** Creates a simulator and a driver whose requests pass through a fault. */
  open(fault?: Fault, settings: ConnectionOptions = {}): Account {
    const simulator = this.options.createSimulator();
    const sent: Request[] = [];
    const driver = createDriver(this.options, {
      fetch: async (request) => {
        sent.push(request);
        return await (fault?.(request, simulator.fetch) ??
          simulator.fetch(request));
      },
      ...settings,
    });
    const observer = createDriver(this.options, { fetch: simulator.fetch });
    return { driver, sent, observer, simulator };
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
    const call = this.calls.find((call) => call.method === method);
    assert(call, `the table has no arguments for ${method}()`);
    return call.run(driver, options) as Listing<{ readonly id: string }>;
  }

  /** Runs a check for every list method of the driver. */
  async eachList(check: (method: string) => Promise<void>): Promise<void> {
    const lists = methodsOf(this.options.Driver)
      .filter((method) => method.startsWith("list"))
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

/** Waits until a node is running. */
export async function waitForNode(
  driver: NodeDriver,
  id: string,
): Promise<Node> {
  const [node] = await driver.waitUntilRunning(id, WAIT);
  assert(node);
  assertEquals(node.id, id);
  return node;
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

/** Waits until a condition is true. */
export async function until(isTrue: () => Promise<boolean>): Promise<void> {
  const endsAt = performance.now() + TIMEOUT_MS;
  while (!await isTrue()) {
    assert(performance.now() < endsAt, `condition not met: ${isTrue}`);
    await sleep(INTERVAL_MS);
  }
}

/** Waits. */
export async function sleep(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
