import {
  assert,
  assertEquals,
  assertGreater,
  assertLess,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import {
  type CallOptions,
  Listing,
  NotFoundError,
  type Ref,
  TimeoutError,
} from "../../../core/mod.ts";
import {
  type Node,
  NodeDriver,
  NodeFailedError,
  type NodeState,
  type WaitProgress,
} from "../../../core/compute/mod.ts";
import { ACME, acme, rejection } from "../_acme.ts";

/** State of a node in each response; the last one is repeated. */
type States = readonly (NodeState | "no address" | Error)[];

function toNode(id: string, state: NodeState | "no address"): Node {
  return {
    id,
    name: `node ${id}`,
    state: state === "no address" ? "running" : state,
    publicIps: [],
    privateIps: state === "running" ? ["10.0.0.1"] : [],
    extra: {},
  };
}

/** A driver whose nodes change with each request. */
class Acme extends NodeDriver {
  override readonly provider = "acme";
  override readonly connection = acme(ACME);
  readonly states: Readonly<Record<string, States>>;
  readonly requested: string[] = [];
  readonly requestedAt: number[] = [];
  readonly options: CallOptions[] = [];

  constructor(states: Readonly<Record<string, States>>) {
    super();
    this.states = states;
  }

  override listNodes = () => Listing.of<Node>([]);
  override listSizes = () => Listing.of([]);
  override listImages = () => Listing.of([]);
  override listLocations = () => Listing.of([]);
  override createNode = never;
  override rebootNode = never;
  override destroyNode = never;

  protected override async readNode(
    _operation: string,
    ref: Ref,
    options: CallOptions,
  ): Promise<Node> {
    const id = typeof ref === "string" ? ref : ref.id;
    const states = this.states[id] ?? [];
    const index = this.requested.filter((it) => it === id).length;
    this.requested.push(id);
    this.requestedAt.push(performance.now());
    this.options.push(options);
    await Promise.resolve();
    const state = states[Math.min(index, states.length - 1)];
    if (state === undefined) throw notFound(id);
    if (state instanceof Error) throw state;
    return toNode(id, state);
  }
}

function never(): never {
  throw new Error("unexpected call");
}

function notFound(id: string): NotFoundError {
  return new NotFoundError(`getNode: no node has the id ${id}`, {
    status: 404,
    method: "GET",
    url: ACME,
    body: "",
  });
}

const FAST = { intervalMs: 1, timeoutMs: 20_000 };

Deno.test("NodeDriver.waitUntilRunning() waits until every node is running and has an address", async () => {
  const driver = new Acme({
    a: ["pending", "starting", "no address", "running"],
    b: ["running"],
    c: ["unknown", "stopped", "rebooting", "running"],
  });
  const nodes = await driver.waitUntilRunning(["c", { id: "a" }, "b"], FAST);
  assertEquals(nodes, ["c", "a", "b"].map((id) => toNode(id, "running")));
  // A node that is running is not requested again.
  assertEquals(driver.requested.filter((id) => id === "b").length, 1);
  assertEquals(driver.requested.filter((id) => id === "a").length, 4);
});

Deno.test("NodeDriver.waitUntilRunning() accepts one node or an array of nodes", async () => {
  const driver = new Acme({ a: ["pending", "running"] });
  for (const nodes of ["a", { id: "a" }, ["a"]]) {
    assertEquals(await driver.waitUntilRunning(nodes, FAST), [
      toNode("a", "running"),
    ]);
  }
});

Deno.test("NodeDriver.waitUntilRunning() requests a node once that is passed twice, and returns it twice", async () => {
  const driver = new Acme({ a: ["pending", "running"] });
  const nodes = await driver.waitUntilRunning(["a", { id: "a" }], FAST);
  assertEquals(nodes, [toNode("a", "running"), toNode("a", "running")]);
  assertEquals(driver.requested, ["a", "a"]);
});

Deno.test("NodeDriver.waitUntilRunning() sends no request for an empty array", async () => {
  const driver = new Acme({});
  assertEquals(await driver.waitUntilRunning([]), []);
  const { ready, waiting } = await driver.waitUntilRunning([], { once: true });
  assertEquals([ready, waiting, driver.requested], [[], [], []]);
});

Deno.test("NodeDriver.waitUntilRunning() waits longer before each further request", async () => {
  const driver = new Acme({ a: [...Array(5).fill("pending"), "running"] });
  await driver.waitUntilRunning("a", { intervalMs: 8 });
  const pauses = driver.requestedAt.slice(1).map((at, index) =>
    at - (driver.requestedAt[index] ?? 0)
  );
  assertEquals(pauses.length, 5);
  // 8, 12, 18, 27 and 40 ms; timers may fire slightly early.
  const total = pauses.reduce((sum, pause) => sum + pause);
  assertGreater(total, 95);
  assertGreater(pauses.at(-1) ?? 0, 35);
});

Deno.test("NodeDriver.waitUntilRunning() rejects at once if a node fails or is terminated", async () => {
  for (const state of ["error", "terminated"] as const) {
    const driver = new Acme({ a: ["pending"], b: ["pending", state] });
    const error = await assertRejects(
      () => driver.waitUntilRunning(["a", "b"], FAST),
      NodeFailedError,
      `waitUntilRunning: node b is in state "${state}"`,
    );
    assertEquals(error.node, toNode("b", state));
    assertEquals(error.provider, "acme");
    assertEquals(error.operation, "waitUntilRunning");
    assertEquals(driver.requested.filter((id) => id === "b").length, 2);
    await assertRejects(
      () => driver.waitUntilRunning("b", { once: true }),
      NodeFailedError,
    );
  }
});

Deno.test("NodeDriver.waitUntilRunning() keeps waiting in all other states", async () => {
  const states: NodeState[] = [
    "pending",
    "starting",
    "rebooting",
    "stopping",
    "stopped",
    "suspended",
    "paused",
    "reconfiguring",
    "migrating",
    "updating",
    "normal",
    "unknown",
  ];
  const sequences = Object.fromEntries(
    states.map((state) => [state, [state, "running"] as const]),
  );
  const nodes = await new Acme(sequences).waitUntilRunning(states, FAST);
  assertEquals(nodes.map(({ id }) => id), states);
});

Deno.test("NodeDriver.waitUntilRunning() requests each node once if `once` is set, and separates ready from waiting nodes", async () => {
  const driver = new Acme({
    a: ["pending", "running"],
    b: ["running"],
    c: ["no address"],
  });
  const seen: WaitProgress[] = [];
  const { ready, waiting, elapsedMs } = await driver.waitUntilRunning(
    ["a", "b", "c"],
    { once: true, onProgress: (progress) => seen.push(progress) },
  );
  assertEquals(ready, [toNode("b", "running")]);
  assertEquals(waiting, [toNode("a", "pending"), toNode("c", "no address")]);
  assert(elapsedMs >= 0);
  assertEquals(driver.requested, ["a", "b", "c"]);
  assertEquals(seen.length, 1);
});

Deno.test("NodeDriver.waitUntilRunning() reports progress after each round of requests", async () => {
  const driver = new Acme({
    a: ["pending", "pending", "running"],
    b: ["pending", "running"],
  });
  const seen: WaitProgress[] = [];
  await driver.waitUntilRunning(["a", "b"], {
    ...FAST,
    onProgress: (progress) => seen.push(progress),
  });
  assertEquals(
    seen.map(({ ready, waiting }) => [
      ready.map(({ id }) => id),
      waiting.map(({ id }) => id),
    ]),
    [[[], ["a", "b"]], [["b"], ["a"]], [["a", "b"], []]],
  );
  const times = seen.map(({ elapsedMs }) => elapsedMs);
  assertEquals(times, times.toSorted((a, b) => a - b));
});

Deno.test("NodeDriver.waitUntilRunning() rejects with the error that onProgress throws", async () => {
  const reason = new Error("the listener failed");
  const call = new Acme({ a: ["pending"] }).waitUntilRunning("a", {
    onProgress() {
      throw reason;
    },
  });
  assertStrictEquals(await rejection(call), reason);
});

Deno.test("NodeDriver.waitUntilRunning() enforces timeoutMs, also if a request never settles", async () => {
  class Stuck extends Acme {
    protected override readNode = () => new Promise<never>(() => {});
  }
  for (
    const [driver, state] of [
      [new Acme({ a: ["pending"] }), "node a is pending"],
      [new Stuck({}), "no response about node a yet"],
    ] as const
  ) {
    const startedAt = performance.now();
    const error = await assertRejects(
      () => driver.waitUntilRunning("a", { timeoutMs: 40, intervalMs: 5 }),
      TimeoutError,
      `waitUntilRunning: timed out after 40 ms; ${state}`,
    );
    assertLess(performance.now() - startedAt, 10_000);
    assertEquals(error.provider, "acme");
    assertEquals(error.mayHaveBeenApplied, false);
  }
});

Deno.test("NodeDriver.waitUntilRunning() rejects with the reason of an abort before and during the wait", async () => {
  const reason = { why: "enough" };
  const driver = new Acme({ a: ["pending"] });
  const controller = new AbortController();
  const { signal } = controller;
  const call = driver.waitUntilRunning("a", {
    signal,
    intervalMs: 60_000,
    onProgress: () => controller.abort(reason),
  });
  assertStrictEquals(await rejection(call), reason);
  const late = driver.waitUntilRunning("a", { signal });
  assertStrictEquals(await rejection(late), reason);
});

Deno.test("NodeDriver.waitUntilRunning() rejects if a node does not exist, and aborts the other requests", async () => {
  const signals: (AbortSignal | undefined)[] = [];
  class Slow extends Acme {
    protected override async readNode(
      _operation: string,
      ref: Ref,
      options: CallOptions,
    ): Promise<Node> {
      signals.push(options.signal);
      if (ref === "gone") throw notFound("gone");
      return await new Promise<never>((_resolve, reject) =>
        options.signal?.addEventListener(
          "abort",
          () => reject(options.signal?.reason),
          { once: true },
        )
      );
    }
  }
  const error = await assertRejects(
    () => new Slow({}).waitUntilRunning(["a", "gone", "b"], FAST),
    NotFoundError,
  );
  assertEquals(signals.length, 3);
  for (const signal of signals) assertStrictEquals(signal?.reason, error);
});

Deno.test("NodeDriver.waitUntilRunning() passes headers and retry on to each request, but not timeoutMs", async () => {
  const driver = new Acme({ a: ["running"] });
  const headers = { "x-more": "yes" };
  await driver.waitUntilRunning("a", { headers, retry: false, timeoutMs: 9e6 });
  const [options] = driver.options;
  assertEquals(options?.headers, headers);
  assertEquals(options?.retry, false);
  assertEquals(options?.timeoutMs, undefined);
});

Deno.test("NodeDriver.waitUntilRunning() rejects invalid nodes and options before any request", async () => {
  const driver = new Acme({ a: ["running"] });
  const got: [unknown, string][] = [
    ["", '""'],
    ["..", '".."'],
    [{ id: "" }, 'an object with id ""'],
    [null, "null"],
    [undefined, "undefined"],
    [5, "number 5"],
    [["a", ""], '""'],
  ];
  for (const [nodes, description] of got) {
    const error = await assertRejects(
      () => driver.waitUntilRunning(nodes as string),
      TypeError,
    );
    assertEquals(
      error.message,
      `waitUntilRunning: node must be a node or its id, got ${description}`,
    );
  }
  for (const field of ["intervalMs", "timeoutMs"]) {
    for (const value of [0, NaN]) {
      const error = await assertRejects(
        () => driver.waitUntilRunning("a", { [field]: value }),
        RangeError,
      );
      assertEquals(
        error.message,
        `waitUntilRunning: ${field} must be a number from 1 to 2147483647, got ${value}`,
      );
    }
  }
  assertEquals(driver.requested, []);
});

Deno.test("NodeDriver.getNodes() may return several nodes in any order", async () => {
  const batches: (readonly string[])[] = [];
  class Batch extends Acme {
    protected override getNodes(ids: readonly string[]): Promise<Node[]> {
      batches.push(ids);
      const state = batches.length > 1 ? "running" : "pending";
      // In another order.
      return Promise.resolve(ids.map((id) => toNode(id, state)).reverse());
    }
  }
  const nodes = await new Batch({}).waitUntilRunning(["a", "b", "a"], FAST);
  assertEquals(nodes.map(({ id }) => id), ["a", "b", "a"]);
  assertEquals(batches, [["a", "b"], ["a", "b"]]);
});
