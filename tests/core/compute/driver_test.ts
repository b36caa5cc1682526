import {
  assert,
  assertEquals,
  assertGreater,
  assertInstanceOf,
  assertLess,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import {
  type CallOptions,
  Listing,
  NotFoundError,
  PermissionDeniedError,
  RateLimitReachedError,
  type Ref,
  ServiceUnavailableError,
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
type States = readonly (NodeState | "no address" | typeof UNKNOWN | Error)[];

/** Marks a response that says that there is no such node. */
const UNKNOWN = Symbol("unknown");

function toNode(id: string, state: NodeState | "no address"): Node {
  return {
    id,
    name: `node ${id}`,
    state: state === "no address" ? "running" : state,
    publicIps: [],
    privateIps: state === "running" ? ["10.0.0.1"] : [],
    tags: {},
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
    if (state === undefined || state === UNKNOWN) throw notFound(id);
    if (state instanceof Error) throw state;
    return toNode(id, state);
  }

  /** Notes the creation of a node, as `createNode()` of a driver does. */
  note(node: Node): void {
    this.noteCreated(node);
  }

  /** Notes the end of a node, as `destroyNode()` of a driver does. */
  noteEnd(node: Ref): void {
    this.noteDestroyed(node);
  }

  /** Whether the node is young, as `destroyNode()` of a driver asks. */
  knowsAsYoung(node: Ref): boolean {
    return this.isYoung(node);
  }
}

function never(): never {
  throw new Error("unexpected call");
}

const REFUSED = { method: "GET", url: ACME, body: "" };

function notFound(id: string): NotFoundError {
  const message = `getNode: no node has the id ${id}`;
  return new NotFoundError(message, { ...REFUSED, status: 404 });
}

const OUTAGE = new ServiceUnavailableError("out", { ...REFUSED, status: 503 });
const TOO_MANY = new RateLimitReachedError("slow", {
  ...REFUSED,
  status: 429,
  retryAfterMs: 1,
});

const FAST = { intervalMs: 1, timeoutMs: 20_000 };
const NO_GRACE = { ...FAST, notFoundGraceMs: 0 };

Deno.test("NodeDriver.waitUntilRunning() waits until every node is running and has an address", async () => {
  const driver = new Acme({
    a: ["pending", "starting", "no address", "running"],
    b: ["running"],
    c: ["unknown", "stopped", "rebooting", "running"],
  });
  const nodes = await driver.waitUntilRunning(["c", { id: "a" }, "b"], FAST);
  assertEquals(nodes, ["c", "a", "b"].map((id) => toNode(id, "running")));
  // A node that is running is requested again only at the last look.
  assertEquals(driver.requested.filter((id) => id === "b").length, 2);
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

Deno.test("NodeDriver.waitUntilRunning() rejects with the provider's reason if the driver reads it", async () => {
  class Telling extends Acme {
    protected override failureOf({ id }: Node) {
      return `No valid host for ${id}.\nTry again`;
    }
  }
  await assertRejects(
    () => new Telling({ a: ["error"] }).waitUntilRunning("a", FAST),
    NodeFailedError,
    'node a is in state "error": "No valid host for a. Try again"',
  );
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
    { once: true, onProgress: (progress) => void seen.push(progress) },
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
    onProgress: (progress) => void seen.push(progress),
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
  const options = { timeoutMs: 20, once: true } as const;
  const call = new Stuck({}).waitUntilRunning("a", options);
  assertInstanceOf(await rejection(call), TimeoutError);
});

Deno.test("NodeDriver.waitUntilRunning() describes at most 5 nodes at a timeout", async () => {
  const described = (count: number) =>
    Array.from({ length: count }, (_, id) => `node ${id} is stopped`)
      .join(", ");
  for (const [count, expected] of [[5, ""], [6, " and 1 more"]] as const) {
    const ids = Array.from({ length: count }, (_, index) => `${index}`);
    const states = ids.map((id) => [id, ["stopped"] as const]);
    const driver = new Acme(Object.fromEntries(states));
    const error = await assertRejects(
      () => driver.waitUntilRunning(ids, { ...FAST, timeoutMs: 20 }),
      TimeoutError,
    );
    assertEquals(
      error.message,
      `waitUntilRunning: timed out after 20 ms; ${described(5)}${expected}`,
    );
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

Deno.test("NodeDriver.waitUntilRunning() aborts the other requests if one fails", async () => {
  const signals: (AbortSignal | undefined)[] = [];
  const failure = new PermissionDeniedError("no", { ...REFUSED, status: 403 });
  class Slow extends Acme {
    protected override async readNode(
      _operation: string,
      ref: Ref,
      options: CallOptions,
    ): Promise<Node> {
      signals.push(options.signal);
      if (ref === "secret") throw failure;
      return await new Promise<never>((_resolve, reject) =>
        options.signal?.addEventListener(
          "abort",
          () => reject(options.signal?.reason),
          { once: true },
        )
      );
    }
  }
  const call = new Slow({}).waitUntilRunning(["a", "secret", "b"], FAST);
  assertStrictEquals(await rejection(call), failure);
  assertEquals(signals.length, 3);
  for (const signal of signals) assertStrictEquals(signal?.reason, failure);
});

// Young nodes

Deno.test("NodeDriver.waitUntilRunning() waits for a node that the provider does not know yet", async () => {
  const driver = new Acme({ a: [UNKNOWN, UNKNOWN, "pending", "running"] });
  const seen: (readonly string[])[] = [];
  const [node] = await driver.waitUntilRunning("a", {
    ...FAST,
    onProgress: ({ unknown }) => void seen.push(unknown),
  });
  assertEquals(node, toNode("a", "running"));
  assertEquals(seen, [["a"], ["a"], [], []]);
});

Deno.test("NodeDriver.waitUntilRunning() waits again for a node that some servers of the provider do not know yet", async () => {
  const driver = new Acme({
    a: ["running", UNKNOWN, "running"],
    b: ["pending", "running"],
  });
  await driver.waitUntilRunning(["a", "b"], FAST);
  assertEquals(driver.requested, ["a", "b", "b", "a", "a", "b"]);
});

Deno.test("NodeDriver.waitUntilRunning() rejects with NotFoundError after notFoundGraceMs, counted from the start of the wait", async () => {
  const driver = new Acme({ a: [UNKNOWN] });
  const startedAt = performance.now();
  await assertRejects(
    () => driver.waitUntilRunning("a", { ...FAST, notFoundGraceMs: 50 }),
    NotFoundError,
    "getNode: no node has the id a",
  );
  assertGreater(performance.now() - startedAt, 49);
});

Deno.test("NodeDriver.waitUntilRunning() counts notFoundGraceMs from the creation of the node", async () => {
  const old = { ...toNode("a", "running"), createdAt: "2020-01-01T00:00:00Z" };
  for (const [node, options] of [[old, FAST], ["a", NO_GRACE]] as const) {
    const driver = new Acme({ a: [UNKNOWN] });
    const call = () => driver.waitUntilRunning(node, options);
    await assertRejects(call, NotFoundError);
    // One look, and one request that rejects.
    assertEquals(driver.requested.length, 2);
  }
  // The clock of the provider may be wrong: the creation by this driver counts.
  const driver = new Acme({ a: [UNKNOWN, UNKNOWN, UNKNOWN, "running"] });
  driver.note(old);
  driver.note(toNode("b", "running"));
  assertEquals(await driver.waitUntilRunning(old, FAST), [
    toNode("a", "running"),
  ]);
});

Deno.test("NodeDriver.isYoung() is true for nodes that this process created during notFoundGraceMs", () => {
  class Certain extends Acme {
    override readonly notFoundGraceMs = 0;
  }
  const node = toNode("a", "running");
  for (
    const [driver, expected] of [
      [new Acme({}), true],
      [new Certain({}), false],
    ] as const
  ) {
    driver.note(node);
    assertEquals(driver.knowsAsYoung(node), expected);
    assertEquals(driver.knowsAsYoung("a"), expected);
    assertEquals(driver.knowsAsYoung("b"), false);
  }
});

Deno.test("NodeDriver.waitUntilRunning() returns the ids of unknown nodes if `once` is set", async () => {
  const driver = new Acme({ a: ["running"], b: [UNKNOWN], c: ["pending"] });
  const progress = await driver.waitUntilRunning(["a", "b", "c"], {
    once: true,
  });
  assertEquals(progress.ready.map(({ id }) => id), ["a"]);
  assertEquals(progress.waiting.map(({ id }) => id), ["c"]);
  assertEquals(progress.unknown, ["b"]);
});

// Failures that pass

Deno.test("NodeDriver.waitUntilRunning() outlives failures of the provider", async () => {
  const driver = new Acme({
    a: [OUTAGE, "pending", TOO_MANY, OUTAGE, "running"],
  });
  await driver.waitUntilRunning("a", FAST);
  assertEquals(driver.requested.length, 5);
});

Deno.test("NodeDriver.waitUntilRunning() rejects with a failure of the provider if `once` is set", async () => {
  const driver = new Acme({ a: [OUTAGE] });
  const call = driver.waitUntilRunning("a", { once: true });
  assertStrictEquals(await rejection(call), OUTAGE);
});

Deno.test("NodeDriver.waitUntilRunning() sends at most 4 requests at the same time", async () => {
  let open = 0;
  let most = 0;
  class Counting extends Acme {
    protected override async readNode(
      ...args: [string, Ref, CallOptions]
    ): Promise<Node> {
      most = Math.max(most, ++open);
      await new Promise((resolve) => setTimeout(resolve, 1));
      open--;
      return await super.readNode(...args);
    }
  }
  const ids = Array.from({ length: 20 }, (_, index) => `${index}`);
  const driver = new Counting(
    Object.fromEntries(ids.map((id) => [id, ["running"] as const])),
  );
  const nodes = await driver.waitUntilRunning(ids, FAST);
  assertEquals(nodes.map(({ id }) => id), ids);
  assertEquals(most, 4);
});

Deno.test("NodeDriver.waitUntilRunning() returns only nodes that were running at the last look", async () => {
  const failing = new Acme({
    a: ["running", "error"],
    b: ["pending", "pending", "running"],
  });
  await assertRejects(
    () => failing.waitUntilRunning(["a", "b"], FAST),
    NodeFailedError,
    'waitUntilRunning: node a is in state "error"',
  );
  const rebooting = new Acme({
    a: ["running", "rebooting", "running"],
    b: ["pending", "running"],
  });
  const nodes = await rebooting.waitUntilRunning(["a", "b"], FAST);
  assertEquals(nodes, [toNode("a", "running"), toNode("b", "running")]);
});

Deno.test("NodeDriver.waitUntilRunning() accepts a node without an address if needsAddress is false", async () => {
  const driver = new Acme({ a: ["pending", "no address"] });
  const options = { ...FAST, needsAddress: false };
  assertEquals(await driver.waitUntilRunning("a", options), [
    toNode("a", "no address"),
  ]);
});

Deno.test('NodeDriver.waitUntilRunning() waits for a public address if needsAddress is "public"', async () => {
  class Late extends Acme {
    protected override async readNode(
      ...args: [string, Ref, CallOptions]
    ): Promise<Node> {
      const node = await super.readNode(...args);
      const publicIps = this.requested.length > 2 ? ["203.0.113.1"] : [];
      return { ...node, publicIps };
    }
  }
  const options = { ...FAST, needsAddress: "public" } as const;
  const driver = new Late({ a: ["running"] });
  const [node] = await driver.waitUntilRunning("a", options);
  assertEquals(node?.publicIps, ["203.0.113.1"]);
  assertEquals(driver.requested.length, 3);
  await assertRejects(
    () =>
      new Acme({ a: ["running"] }).waitUntilRunning("a", {
        ...options,
        timeoutMs: 20,
      }),
    TimeoutError,
    "waitUntilRunning: timed out after 20 ms; node a has no public address",
  );
});

Deno.test("NodeDriver.waitUntilRunning() rejects an invalid needsAddress before any request", async () => {
  const driver = new Acme({ a: ["running"] });
  for (const needsAddress of ["private", 1, null]) {
    await assertRejects(
      () =>
        driver.waitUntilRunning("a", {
          needsAddress: needsAddress as "public",
        }),
      TypeError,
      'waitUntilRunning: needsAddress must be true, false or "public", got ',
    );
  }
  assertEquals(driver.requested, []);
});

Deno.test("NodeDriver.waitUntilRunning() rejects with the error that an async onProgress rejects with", async () => {
  const reason = new Error("the listener failed");
  const driver = () => new Acme({ a: ["pending", "running"] });
  for (const failsAt of [1, 2]) {
    let calls = 0;
    const call = driver().waitUntilRunning("a", {
      ...FAST,
      onProgress() {
        if (++calls === failsAt) return Promise.reject(reason);
      },
    });
    assertStrictEquals(await rejection(call), reason);
  }
  // Promises of other libraries may have no catch().
  const thenable = {
    then: (_resolve: unknown, reject: (reason: unknown) => void) =>
      reject(reason),
  };
  const foreign = driver().waitUntilRunning("a", {
    ...FAST,
    onProgress: () => thenable,
  });
  assertStrictEquals(await rejection(foreign), reason);
  const once = driver().waitUntilRunning("a", {
    once: true,
    onProgress: () => Promise.reject(reason),
  });
  assertStrictEquals(await rejection(once), reason);
});

// Other states

Deno.test("NodeDriver.waitForState() waits until every node is in the state", async () => {
  const driver = new Acme({
    a: ["running", "stopping", "stopped"],
    b: ["stopped"],
  });
  const options = { ...FAST, state: "stopped" } as const;
  const nodes = await driver.waitForState(["b", "a"], options);
  assertEquals(nodes, [toNode("b", "stopped"), toNode("a", "stopped")]);
  const { waiting } = await new Acme({ a: ["running"] }).waitForState("a", {
    state: "stopped",
    once: true,
  });
  assertEquals(waiting, [toNode("a", "running")]);
});

Deno.test("NodeDriver.waitForState() rejects if the node fails, unless it waits for that state", async () => {
  for (const state of ["error", "terminated"] as const) {
    const driver = new Acme({ a: ["stopping", state] });
    await assertRejects(
      () => driver.waitForState("a", { ...FAST, state: "stopped" }),
      NodeFailedError,
      `waitForState: node a is in state "${state}"`,
    );
    const [node] = await driver.waitForState("a", { ...FAST, state });
    assertEquals(node?.state, state);
  }
});

Deno.test("NodeDriver.waitForState() accepts a node that no longer exists as terminated", async () => {
  const options = { ...FAST, state: "terminated" } as const;
  const seen = new Acme({ a: ["stopping", UNKNOWN] });
  assertEquals(await seen.waitForState("a", options), [
    { ...toNode("a", "stopping"), state: "terminated" },
  ]);
  const old = { ...toNode("a", "running"), createdAt: "2020-01-01T00:00:00Z" };
  const passed = new Acme({ a: [UNKNOWN] });
  assertEquals(await passed.waitForState(old, options), [
    { ...old, state: "terminated" },
  ]);
  const [node] = await passed.waitForState("a", { ...options, ...NO_GRACE });
  assertEquals([node?.id, node?.state, node?.publicIps], [
    "a",
    "terminated",
    [],
  ]);
  // A young node may only not be known yet.
  const young = new Acme({ a: [UNKNOWN, "running", UNKNOWN] });
  await young.waitForState("a", options);
  assertEquals(young.requested.length, 3);
});

Deno.test("NodeDriver.waitForState() rejects with NotFoundError if the node does not exist, unless it waits for its end", async () => {
  const driver = new Acme({ a: ["running", UNKNOWN] });
  const wait = { ...NO_GRACE, state: "stopped" } as const;
  await assertRejects(() => driver.waitForState("a", wait), NotFoundError);
});

Deno.test("NodeDriver.waitForState() believes that a young node is gone if this driver has destroyed it", async () => {
  const node = toNode("a", "running");
  for (const ref of ["a", node]) {
    const driver = new Acme({ a: [UNKNOWN], b: ["running"] });
    driver.note(node);
    driver.noteEnd(ref);
    // Another node must not make the driver forget.
    driver.note(toNode("b", "running"));
    const options = { ...FAST, state: "terminated" } as const;
    const [gone] = await driver.waitForState(ref, options);
    assertEquals(gone?.state, "terminated");
    assertEquals(driver.requested, ["a"]);
  }
});

Deno.test("NodeDriver.waitForState() names the state at a timeout", async () => {
  await assertRejects(
    () =>
      new Acme({ a: ["stopping"] }).waitForState("a", {
        state: "stopped",
        intervalMs: 5,
        timeoutMs: 30,
      }),
    TimeoutError,
    "waitForState: timed out after 30 ms; node a is stopping",
  );
});

Deno.test("NodeDriver.waitForState() rejects an unknown state before any request", async () => {
  const driver = new Acme({ a: ["running"] });
  for (const state of ["off", undefined, "constructor"]) {
    await assertRejects(
      () => driver.waitForState("a", { ...FAST, state: state as "stopped" }),
      TypeError,
      'waitForState: state must be "pending", "starting", ',
    );
  }
  assertEquals(driver.requested, []);
});

Deno.test("NodeDriver.waitUntilRunning() passes headers and retry on to each request, but not timeoutMs", async () => {
  const driver = new Acme({ a: ["running"] });
  const headers = { "x-more": "yes" };
  const wait = { headers, retry: false, timeoutMs: 9e6 } as const;
  await driver.waitUntilRunning("a", wait);
  await driver.waitUntilRunning("a", { ...wait, once: true });
  assertEquals(driver.options.length, 2);
  for (const options of driver.options) {
    assertEquals(options.headers, headers);
    assertEquals(options.retry, false);
    assertEquals(options.timeoutMs, undefined);
  }
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
  for (const field of ["intervalMs", "timeoutMs", "notFoundGraceMs"]) {
    for (const value of [-1, NaN]) {
      const error = await assertRejects(
        () => driver.waitUntilRunning("a", { [field]: value }),
        RangeError,
      );
      assertEquals(
        error.message,
        `waitUntilRunning: ${field} must be a number from ` +
          `${field === "notFoundGraceMs" ? 0 : 1} to 2147483647, got ${value}`,
      );
    }
  }
  assertEquals(driver.requested, []);
});

Deno.test("NodeDriver.readNodes() may return several nodes in any order", async () => {
  const batches: (readonly string[])[] = [];
  class Batch extends Acme {
    protected override readNodes(
      _operation: string,
      ids: readonly string[],
    ): Promise<Node[]> {
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

Deno.test("NodeDriver.readNodes() may return nodes that the caller does not wait for", async () => {
  const batches: (readonly string[])[] = [];
  class Everything extends Acme {
    protected override readNodes(
      _operation: string,
      ids: readonly string[],
    ): Promise<Node[]> {
      batches.push(ids);
      return Promise.resolve([
        toNode("a", "running"),
        toNode("b", batches.length > 1 ? "running" : "pending"),
        toNode("of somebody else", "error"),
      ]);
    }
  }
  const nodes = await new Everything({}).waitUntilRunning(["a", "b"], FAST);
  assertEquals(nodes.map(({ id }) => id), ["a", "b"]);
  // The second response contains both nodes, so "a" is not requested again.
  assertEquals(batches, [["a", "b"], ["b"]]);
});
