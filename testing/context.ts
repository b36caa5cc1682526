/**
 * Context of the conformance checks of any service: the driver under test, its
 * simulator, and helpers to call it.
 *
 * @module
 */

import { assert } from "@std/assert";
import type { ConnectionOptions, Fetch, Listing } from "../core/mod.ts";
import { each, outcomeOf, show } from "./checks.ts";
import type { Fault } from "./faults.ts";
import { isWrite } from "./requests.ts";
import { createDriver, methodsOf, type Subject } from "./subject.ts";
import {
  type Call,
  callsOf,
  type MethodSpec,
  type TestedDriver,
  valueOf,
} from "./table.ts";

/** Time limit of calls and waits, in milliseconds. */
export const TIMEOUT_MS = 5_000;

/** What the checks of any service need to know about a driver. */
export interface CallSubject<D extends TestedDriver = TestedDriver>
  extends Subject<D> {
  /** Lists that send no request. */
  readonly staticLists?: readonly string[];
  /** Whether lists are JSON arrays, so that `[]` is a valid response. */
  readonly hasArrayBodies?: boolean;
  /**
   * Lists that read all pages before they return the first record.
   *
   * @default {none}
   */
  readonly wholeLists?: readonly string[];
  /** Formats a value as the console of the runtime does. */
  readonly inspect?: (value: unknown) => string;
}

/** A driver with its own simulator. */
export interface CallAccount<D extends TestedDriver = TestedDriver> {
  /** Driver under test. */
  readonly driver: D;
  /** Requests that the driver has sent. */
  readonly sent: readonly Request[];
  /** Driver for the same account, without faults. */
  readonly observer: D;
  /** Sends a request to the simulator, without faults. */
  readonly fetch: Fetch;
}

/**
 * The driver under test and its calls.
 *
 * @typeParam D The driver.
 * @typeParam S What the checks know about it.
 */
export class CallContext<
  D extends TestedDriver = TestedDriver,
  S extends CallSubject<D> = CallSubject<D>,
> {
  /** Driver, simulator and arguments. */
  readonly options: S;
  /** A call for each variant of each method, including static lists. */
  readonly allCalls: readonly Call[];
  /** A call for each variant of each method that sends requests. */
  readonly calls: readonly Call[];

  /** Creates a context. */
  constructor(options: S) {
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
  open(fault?: Fault, settings: ConnectionOptions = {}): CallAccount<D> {
    return this.connect(this.options.createSimulator, fault, settings);
  }

  /** Calls a list method with its valid arguments. */
  list(
    driver: D,
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

  /** Creates drivers for a simulator, which is created at the first request. */
  protected connect<T extends { readonly fetch: Fetch }>(
    create: () => T,
    fault: Fault | undefined,
    settings: ConnectionOptions,
  ): CallAccount<D> & { simulator(): T } {
    let created: T | undefined;
    // Late, because many checks send no request to it.
    const simulator = () => created ??= create();
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
    return { driver, sent, observer, fetch, simulator };
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

/** Waits. */
export async function sleep(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
