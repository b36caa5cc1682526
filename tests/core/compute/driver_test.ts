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

/** How a node is seen, look by look; the last one stays. */
type Looks = readonly (NodeState | "no address" | Error)[];

function toNode(id: string, look: NodeState | "no address"): Node {
  return {
    id,
    name: `node ${id}`,
    state: look === "no address" ? "running" : look,
    publicIps: [],
    privateIps: look === "running" ? ["10.0.0.1"] : [],
    extra: {},
  };
}

/** A driver whose nodes change with each look at them. */
class Acme extends NodeDriver {
  override readonly provider = "acme";
  override readonly connection = acme(ACME);
  readonly looks: Readonly<Record<string, Looks>>;
  readonly asked: string[] = [];
  readonly askedAt: number[] = [];
  readonly options: CallOptions[] = [];

  constructor(looks: Readonly<Record<string, Looks>>) {
    super();
    this.looks = looks;
  }

  override listNodes = () => Listing.of<Node>([]);
  override listSizes = () => Listing.of([]);
  override listImages = () => Listing.of([]);
  override listLocations = () => Listing.of([]);
  override createNode = never;
  override rebootNode = never;
  override destroyNode = never;

  override async getNode(ref: Ref, options: CallOptions = {}): Promise<Node> {
    const id = typeof ref === "string" ? ref : ref.id;
    const looks = this.looks[id] ?? [];
    const turn = this.asked.filter((asked) => asked === id).length;
    this.asked.push(id);
    this.askedAt.push(performance.now());
    this.options.push(options);
    await Promise.resolve();
    const look = looks[Math.min(turn, looks.length - 1)];
    if (look === undefined) throw notFound(id);
    if (look instanceof Error) throw look;
    return toNode(id, look);
  }
}

function never(): never {
  throw new Error("Nobody calls it");
}

function notFound(id: string): NotFoundError {
  return new NotFoundError(`Cannot getNode: no ${id}`, {
    status: 404,
    method: "GET",
    url: ACME,
    body: "",
  });
}

const FAST = { intervalMs: 1, timeoutMs: 20_000 };

Deno.test("NodeDriver.waitUntilRunning() waits until every node runs and has an address", async () => {
  const driver = new Acme({
    a: ["pending", "starting", "no address", "running"],
    b: ["running"],
    c: ["unknown", "stopped", "rebooting", "running"],
  });
  const nodes = await driver.waitUntilRunning(["c", { id: "a" }, "b"], FAST);
  assertEquals(nodes, ["c", "a", "b"].map((id) => toNode(id, "running")));
  // Who runs is not asked again.
  assertEquals(driver.asked.filter((id) => id === "b").length, 1);
  assertEquals(driver.asked.filter((id) => id === "a").length, 4);
});

Deno.test("NodeDriver.waitUntilRunning() takes one node as well as many", async () => {
  const driver = new Acme({ a: ["pending", "running"] });
  for (const nodes of ["a", { id: "a" }, ["a"]]) {
    assertEquals(await driver.waitUntilRunning(nodes, FAST), [
      toNode("a", "running"),
    ]);
  }
});

Deno.test("NodeDriver.waitUntilRunning() gives a node twice that was given twice, and asks once", async () => {
  const driver = new Acme({ a: ["pending", "running"] });
  const nodes = await driver.waitUntilRunning(["a", { id: "a" }], FAST);
  assertEquals(nodes, [toNode("a", "running"), toNode("a", "running")]);
  assertEquals(driver.asked, ["a", "a"]);
});

Deno.test("NodeDriver.waitUntilRunning() has nothing to wait for in an empty list", async () => {
  const driver = new Acme({});
  assertEquals(await driver.waitUntilRunning([]), []);
  const { ready, waiting } = await driver.waitUntilRunning([], { once: true });
  assertEquals([ready, waiting, driver.asked], [[], [], []]);
});

Deno.test("NodeDriver.waitUntilRunning() looks again after pauses that grow", async () => {
  const driver = new Acme({ a: [...Array(5).fill("pending"), "running"] });
  await driver.waitUntilRunning("a", { intervalMs: 8 });
  const pauses = driver.askedAt.slice(1).map((at, index) =>
    at - (driver.askedAt[index] ?? 0)
  );
  assertEquals(pauses.length, 5);
  // 8, 12, 18, 27 and 40 ms, less what a timer may be early.
  const total = pauses.reduce((sum, pause) => sum + pause);
  assertGreater(total, 95);
  assertGreater(pauses.at(-1) ?? 0, 35);
});

Deno.test("NodeDriver.waitUntilRunning() fails at once when a node will not come up", async () => {
  for (const state of ["error", "terminated"] as const) {
    const driver = new Acme({ a: ["pending"], b: ["pending", state] });
    const error = await assertRejects(
      () => driver.waitUntilRunning(["a", "b"], FAST),
      NodeFailedError,
      `"${state}"`,
    );
    assertEquals(error.node, toNode("b", state));
    assertEquals(error.provider, "acme");
    assertEquals(error.operation, "waitUntilRunning");
    assertEquals(driver.asked.filter((id) => id === "b").length, 2);
    await assertRejects(
      () => driver.waitUntilRunning("b", { once: true }),
      NodeFailedError,
    );
  }
});

Deno.test("NodeDriver.waitUntilRunning() waits through all other states", async () => {
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
  const looks = Object.fromEntries(
    states.map((state) => [state, [state, "running"] as const]),
  );
  const nodes = await new Acme(looks).waitUntilRunning(states, FAST);
  assertEquals(nodes.map(({ id }) => id), states);
});

Deno.test("NodeDriver.waitUntilRunning() looks just once with `once`, and tells ready from not", async () => {
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
  assertEquals(driver.asked, ["a", "b", "c"]);
  assertEquals(seen.length, 1);
});

Deno.test("NodeDriver.waitUntilRunning() tells how it stands after each look", async () => {
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

Deno.test("NodeDriver.waitUntilRunning() fails with what its listener throws", async () => {
  const reason = new Error("the listener is broken");
  const call = new Acme({ a: ["pending"] }).waitUntilRunning("a", {
    onProgress() {
      throw reason;
    },
  });
  assertStrictEquals(await rejection(call), reason);
});

Deno.test("NodeDriver.waitUntilRunning() ends in time, even where a look never ends", async () => {
  class Stuck extends Acme {
    override getNode = () => new Promise<never>(() => {});
  }
  for (const driver of [new Acme({ a: ["pending"] }), new Stuck({})]) {
    const startedAt = performance.now();
    const error = await assertRejects(
      () => driver.waitUntilRunning("a", { timeoutMs: 40, intervalMs: 5 }),
      TimeoutError,
      "Cannot waitUntilRunning: ",
    );
    assertLess(performance.now() - startedAt, 10_000);
    assertEquals(error.provider, "acme");
    assertEquals(error.mayHaveBeenApplied, false);
  }
});

Deno.test("NodeDriver.waitUntilRunning() rethrows the caller's reason, before and while it waits", async () => {
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

Deno.test("NodeDriver.waitUntilRunning() fails when a node is not there, and ends the other looks", async () => {
  const signals: (AbortSignal | undefined)[] = [];
  class Slow extends Acme {
    override async getNode(ref: Ref, options: CallOptions = {}): Promise<Node> {
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

Deno.test("NodeDriver.waitUntilRunning() passes headers and retries on, but not its own limit", async () => {
  const driver = new Acme({ a: ["running"] });
  const headers = { "x-more": "yes" };
  await driver.waitUntilRunning("a", { headers, retry: false, timeoutMs: 9e6 });
  const [options] = driver.options;
  assertEquals(options?.headers, headers);
  assertEquals(options?.retry, false);
  assertEquals(options?.timeoutMs, undefined);
});

Deno.test("NodeDriver.waitUntilRunning() refuses what makes no sense, before any look", async () => {
  const driver = new Acme({ a: ["running"] });
  for (const nodes of ["", "..", { id: "" }, null, undefined, 5, ["a", ""]]) {
    await assertRejects(
      () => driver.waitUntilRunning(nodes as string),
      TypeError,
      "",
      Deno.inspect(nodes),
    );
  }
  for (
    const options of [{ intervalMs: 0 }, { intervalMs: NaN }, { timeoutMs: 0 }]
  ) {
    await assertRejects(
      () => driver.waitUntilRunning("a", options),
      RangeError,
    );
  }
  assertEquals(driver.asked, []);
});

Deno.test("NodeDriver.getNodes() may get many at once", async () => {
  const asked: (readonly string[])[] = [];
  class Batch extends Acme {
    protected override getNodes(ids: readonly string[]): Promise<Node[]> {
      asked.push(ids);
      const state = asked.length > 1 ? "running" : "pending";
      // In an order of its own.
      return Promise.resolve(ids.map((id) => toNode(id, state)).reverse());
    }
  }
  const nodes = await new Batch({}).waitUntilRunning(["a", "b", "a"], FAST);
  assertEquals(nodes.map(({ id }) => id), ["a", "b", "a"]);
  assertEquals(asked, [["a", "b"], ["a", "b"]]);
});
