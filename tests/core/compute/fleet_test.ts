import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  ConnectionError,
  InvalidCredsError,
  type Listing,
  NotFoundError,
} from "../../../core/mod.ts";
import {
  AmbiguousNameError,
  DriverError,
  Fleet,
  type FleetDrivers,
  FleetError,
  type LocationPrice,
  type Node,
  type NodeDriver,
  type Price,
  type Volume,
} from "../../../core/compute/mod.ts";
import type { DigitalOceanNodeDriver } from "../../../drivers/digitalocean/compute.ts";
import type { LinodeNodeDriver } from "../../../drivers/linode/compute.ts";
import { inTime, json, rejection } from "../_acme.ts";
import { drive, type Intercept, named } from "./_fleet.ts";

const never: Intercept = ({ url }) =>
  Promise.reject(new Error(`unexpected request to ${url}`));

/** Responds with status 401. */
const refused: Intercept = () =>
  Promise.resolve(json({ fault: { text: "no" } }, { status: 401 }));

/** Never responds, even if the request is aborted. */
const hanging: Intercept = () => new Promise(() => {});

/** Counts requests, and those in progress, of all drivers that share it. */
class Counter {
  sent = 0;
  pending = 0;
  most = 0;

  readonly intercept: Intercept = async (request, respond) => {
    this.sent++;
    this.most = Math.max(this.most, ++this.pending);
    await new Promise((resolve) => setTimeout(resolve));
    this.pending--;
    return await respond(request);
  };
}

/** A fleet whose drivers have two nodes each. */
function fleetOf(intercepts: Readonly<Record<string, Intercept | undefined>>) {
  const drivers = Object.entries(intercepts).map(([name, intercept]) =>
    [name, drive({ nodes: named(name, 2) }, intercept)] as const
  );
  return new Fleet(Object.fromEntries(drivers));
}

function refsOf(nodes: readonly (Node & { driver: string })[]): string[] {
  return nodes.map(({ driver, id }) => `${driver}/${id}`);
}

Deno.test("Fleet refuses names and values that are no names and no drivers", () => {
  const driver = drive({ nodes: [] });
  const table: readonly (readonly [unknown, string])[] = [
    [{ "": driver }, 'Fleet: name must be a non-empty string, got ""'],
    [
      { "a/b": driver },
      'Fleet: name must be a string without "/", got "a/b"',
    ],
    [
      { a: Promise.resolve(driver) },
      'Fleet: drivers["a"] must be a driver, got an object',
    ],
    [{ a: undefined }, 'Fleet: drivers["a"] must be a driver, got undefined'],
    [{ a: driver, b: driver }, 'Fleet: "a" and "b" are the same driver'],
    [undefined, "Fleet: drivers must be an object with drivers, got undefined"],
  ];
  for (const [drivers, message] of table) {
    const create = () => new Fleet(drivers as FleetDrivers);
    assertEquals(assertThrows(create, TypeError).message, message);
  }
  assertThrows(() => new Fleet({}, { connections: 0 }), RangeError);
});

Deno.test("Fleet.listNodes() returns the nodes of all drivers, in the order of the fleet", async () => {
  const fleet = fleetOf({ b: undefined, a: undefined });
  const { items, errors, unsupported, next } = await fleet.listNodes();
  assertEquals(refsOf(items), ["b/b-0", "b/b-1", "a/a-0", "a/a-1"]);
  assertEquals([errors, unsupported, next], [{}, [], undefined]);
});

Deno.test("Fleet.listNodes() of a fleet without drivers is empty", async () => {
  const { items, next } = await new Fleet({}).listNodes();
  assertEquals([items, next], [[], undefined]);
});

Deno.test("Fleet.listNodes() streams nodes while another driver has not responded", async () => {
  const gate = Promise.withResolvers<void>();
  const fleet = fleetOf({
    slow: async (request, respond) => {
      await gate.promise;
      return await respond(request);
    },
    fast: undefined,
  });
  const refs: string[] = [];
  for await (const { driver, id } of fleet.listNodes()) {
    refs.push(`${driver}/${id}`);
    if (refs.length === 2) gate.resolve();
  }
  assertEquals(refs, [
    "fast/fast-0",
    "fast/fast-1",
    "slow/slow-0",
    "slow/slow-1",
  ]);
});

Deno.test("Fleet.listNodes() returns a typed error for each driver that failed, beside the others' nodes", async () => {
  const lost: Intercept = () => Promise.reject(new Error("ECONNRESET"));
  const fleet = fleetOf({ a: refused, b: undefined, c: lost });
  const { items, errors } = await fleet.listNodes();
  assertEquals(refsOf(items), ["b/b-0", "b/b-1"]);
  assertEquals(Object.keys(errors).sort(), ["a", "c"]);
  const { a, c } = errors;
  assertInstanceOf(a, DriverError);
  assertEquals([a.driver, a.provider, a.operation], ["a", "acme", "listNodes"]);
  assertEquals(a.message, 'listNodes: a: Acme refused: "no" (401)');
  assertInstanceOf(a.cause, InvalidCredsError);
  assertInstanceOf(c?.cause, ConnectionError);
});

Deno.test("Fleet.listNodes() throws a FleetError after all nodes of an iteration, if drivers failed", async () => {
  const fleet = fleetOf({ a: refused, b: undefined, c: refused });
  const refs: string[] = [];
  const error = await rejection((async () => {
    for await (const node of fleet.listNodes()) refs.push(...refsOf([node]));
  })());
  assertEquals(refs, ["b/b-0", "b/b-1"]);
  assertInstanceOf(error, FleetError);
  assertEquals(Object.keys(error.errors).sort(), ["a", "c"]);
  assertEquals(
    error.message,
    'listNodes: 2 of 3 drivers failed: a: Acme refused: "no" (401), ' +
      'c: Acme refused: "no" (401)',
  );
});

Deno.test("Fleet.listNodes().pages() returns an error as a page", async () => {
  const fleet = fleetOf({ a: refused, b: undefined });
  const pages = await Array.fromAsync(fleet.listNodes().pages());
  assertEquals(
    pages.map(({ driver, items, error }) => [driver, items.length, !!error])
      .sort(),
    [["a", 0, true], ["b", 2, false]],
  );
  assertEquals(pages.at(-1)?.next, undefined);
});

Deno.test("Fleet.listNodes() takes an exception of a driver as an error of that driver", async () => {
  const broken = {
    ...drive({ nodes: [] }),
    listNodes: () => {
      throw new TypeError("listNodes: Zeta does not support tags");
    },
  } as unknown as NodeDriver;
  const fleet = new Fleet({ broken, a: drive({ nodes: ["a-0"] }) });
  const { items, errors } = await fleet.listNodes();
  assertEquals(refsOf(items), ["a/a-0"]);
  assertInstanceOf(errors.broken?.cause, TypeError);
  assertEquals(
    errors.broken.message,
    "listNodes: broken: Zeta does not support tags",
  );
});

Deno.test("Fleet.listNodes() does not change the records of a driver", async () => {
  const driver = drive({ nodes: [] });
  const record = Object.freeze({ id: "s-1", name: "s-1", extra: {} });
  const listing = { pages: async function* () {}, then: undefined };
  Object.assign(driver, {
    listSizes: () => ({
      ...listing,
      async *pages() {
        yield await Promise.resolve({ items: [record] });
      },
    }),
  });
  const fleet = new Fleet({ a: driver });
  for await (const size of fleet.listSizes()) {
    assertEquals(size, { ...record, driver: "a" });
  }
});

Deno.test("Fleet cancels all requests when an iteration ends early", async () => {
  const signals: AbortSignal[] = [];
  const slow: Intercept = (request) => {
    signals.push(request.signal);
    return new Promise((_resolve, reject) => {
      request.signal.addEventListener(
        "abort",
        () => reject(request.signal.reason),
      );
    });
  };
  const fleet = fleetOf({ a: slow, b: undefined, c: slow });
  for await (const node of fleet.listNodes()) {
    assertEquals(node.driver, "b");
    break;
  }
  assertEquals(signals.map(({ aborted }) => aborted), [true, true]);
  // An unhandled rejection would fail the test.
  await new Promise((resolve) => setTimeout(resolve, 5));
});

Deno.test("Fleet rejects with the reason of an abort, even if a driver ignores the signal", async () => {
  const reason = new Error("enough");
  const ways: readonly ((signal: AbortSignal) => Promise<unknown>)[] = [
    async (signal) => await fleetOf({ a: hanging }).listNodes({ signal }),
    (signal) => Array.fromAsync(fleetOf({ a: hanging }).listNodes({ signal })),
    (signal) =>
      Array.fromAsync(fleetOf({ a: hanging }).listNodes({ signal }).pages()),
    (signal) => fleetOf({ a: hanging }).find("a-0", { signal }),
    (signal) => fleetOf({ a: hanging }).get("a/a-0", { signal }),
    (signal) => fleetOf({ a: hanging }).monthlyCost({ signal }),
  ];
  for (const run of ways) {
    const controller = new AbortController();
    const running = run(controller.signal);
    running.catch(() => {});
    await new Promise((resolve) => setTimeout(resolve));
    controller.abort(reason);
    assertStrictEquals(await rejection(inTime(running)), reason);
    // Nothing is requested if the signal is already aborted.
    const again = run(controller.signal);
    assertStrictEquals(await rejection(again), reason);
  }
});

Deno.test("Fleet.listNodes() passes its options to the drivers", async () => {
  const urls: string[] = [];
  const fleet = fleetOf({
    a: (request, respond) => {
      urls.push(request.url.replace(/^.*\?/, ""), request.headers.get("x")!);
      return respond(request);
    },
  });
  await fleet.listNodes({ pageSize: 1, headers: { x: "y" } });
  assertEquals(urls, ["size=1", "y", "size=1&page=2", "y"]);
});

Deno.test("Fleet.listNodes() limits the time of each driver, and names the one that hangs", async () => {
  const fleet = new Fleet({
    a: drive({ nodes: ["a-0"] }),
    b: drive({ nodes: [] }, hanging),
  });
  const { items, errors } = await fleet.listNodes({ timeoutMs: 50 });
  assertEquals(refsOf(items), ["a/a-0"]);
  assertEquals(errors.b?.message, "listNodes: b: timed out after 50 ms");
});

Deno.test("Fleet has at most 6 connections at once, or as many as you set, for all its lists together", async () => {
  for (const [options, expected] of [[{}, 6], [{ connections: 2 }, 2]]) {
    const counter = new Counter();
    const drivers = named("a", 12).map((name) =>
      [name, drive({ nodes: named(name, 7) }, counter.intercept)] as const
    );
    const fleet = new Fleet(Object.fromEntries(drivers), options as object);
    const lists = await Promise.all([
      fleet.listNodes(),
      fleet.listNodes({ budget: 500 }),
      Array.fromAsync(fleet.listNodes()).then((items) => ({ items })),
    ]);
    assertEquals(lists.map(({ items }) => items.length), [84, 84, 84]);
    assertEquals([counter.most, counter.sent], [expected, 12 * 4 * 3]);
  }
});

Deno.test("Fleet.listNodes() ends with a position when the budget is spent, which counts logins and retries", async () => {
  // A login, a failure, and two pages.
  const account = { nodes: named("a", 4), hasLogin: true };
  for (const [budget, pages] of [[3, 1], [4, 2], [5, 2]] as const) {
    const counter = new Counter();
    let hasFailed = false;
    const fleet = new Fleet({
      a: drive(
        account,
        (request, respond) =>
          counter.intercept(request, (request) => {
            if (hasFailed || request.method === "POST") return respond(request);
            hasFailed = true;
            return Promise.resolve(json({ fault: {} }, { status: 503 }));
          }),
      ),
    });
    const { items, next } = await fleet.listNodes({ budget });
    assertEquals([items.length, counter.sent], [
      2 * pages,
      Math.min(budget, 4),
    ]);
    assertEquals(next === undefined, pages === 2);
  }
});

Deno.test("Fleet.listNodes() throws the position in an iteration when the budget is spent", async () => {
  const fleet = new Fleet({ a: drive({ nodes: named("a", 5) }) });
  const read = async (from?: string) => {
    const ids: string[] = [];
    try {
      for await (const { id } of fleet.listNodes({ budget: 2, from })) {
        ids.push(id);
      }
      return { ids };
    } catch (error) {
      assertInstanceOf(error, FleetError);
      assertEquals(
        error.message,
        "listNodes: the budget is spent; resume from next",
      );
      return { ids, next: error.next };
    }
  };
  const first = await read();
  assertEquals(first.ids, named("a", 4));
  assertEquals(await read(first.next), { ids: ["a-4"] });
});

Deno.test("Fleet.listNodes() rejects a budget with which no driver has a page", async () => {
  const drivers = { a: drive({ nodes: ["a-0"], hasLogin: true }) };
  const error = await assertRejects(
    () => Promise.resolve(new Fleet(drivers).listNodes({ budget: 1 })),
    RangeError,
  );
  assertEquals(
    error.message,
    "listNodes: budget must be larger; no driver had a page after 1 requests",
  );
});

Deno.test("Fleet.listNodes() goes on if another list of the same driver has spent its budget at the login", async () => {
  const account = { nodes: named("a", 2), hasLogin: true };
  const fleet = new Fleet({ b: drive(account), a: drive(account) });
  const small = Promise.resolve(fleet.listNodes({ budget: 2 }));
  const [{ items, next }, all] = await Promise.all([small, fleet.listNodes()]);
  assertEquals([items.length, typeof next], [2, "string"]);
  assertEquals([all.items.length, all.errors], [4, {}]);
});

Deno.test("Fleet.listNodes() refuses positions of other lists before any request", async () => {
  const nodes = named("a", 5);
  const position = async (fleet: Fleet, options: object = {}) => {
    const { next } = await fleet.listNodes({ budget: 1, ...options });
    assert(next);
    return next;
  };
  const next = await position(new Fleet({ a: drive({ nodes }) }));
  const fleet = new Fleet({ a: drive({ nodes }, never) });
  const other = /from is a position of another list: the method, the tags/;
  const invalid = /from must be the next of an earlier page, got/;
  const provider = (provider: string) =>
    ({ ...drive({ nodes }, never), provider }) as NodeDriver;
  const table: readonly (readonly [() => PromiseLike<unknown>, RegExp])[] = [
    [() => new Fleet({ b: drive({ nodes }) }).listNodes({ from: next }), other],
    [
      () =>
        new Fleet({ a: drive({ nodes }), b: drive({ nodes }) })
          .listNodes({ from: next }),
      other,
    ],
    [
      () => new Fleet({ a: provider("zeta") }).listNodes({ from: next }),
      other,
    ],
    [() => fleet.listSizes({ from: next }), other],
    [() => fleet.listNodes({ from: next, tags: ["web"] }), other],
    [
      () => fleet.listNodes({ from: next.replace(/^1/, "2") }),
      /from is a position of another version of nephos/,
    ],
    [() => fleet.listNodes({ from: `${next}!` }), invalid],
    [() => fleet.listNodes({ from: next.replace(/\.\d+\./, ".0.") }), invalid],
    [() => fleet.listNodes({ from: next.replace(/\.\d+\./, ".7.") }), invalid],
    [() => fleet.listNodes({ from: `${next}.0` }), invalid],
    [() => fleet.listNodes({ from: next.replace(/-.*/, "-*ff") }), invalid],
    [() => fleet.listNodes({ from: next + "0".repeat(2000) }), invalid],
    [() => fleet.listNodes({ from: "" }), /from must be a non-empty string/],
  ];
  for (const [list, message] of table) {
    const error = await rejection((async () => await list())());
    assertInstanceOf(error, TypeError);
    assert(message.test(error.message), error.message);
  }
});

Deno.test("Fleet.listNodes() checks its options before any request", () => {
  const fleet = fleetOf({ a: never });
  assertThrows(() => fleet.listNodes({ budget: 0 }), RangeError);
  assertThrows(() => fleet.listNodes({ pageSize: 0.5 }), RangeError);
  assertThrows(() => fleet.listNodes({ timeoutMs: -1 }), RangeError);
  assertThrows(() => fleet.listNodes({ tags: [] }), TypeError);
  const signal = {} as AbortSignal;
  assertThrows(() => fleet.listNodes({ signal }), TypeError);
});

Deno.test("Fleet.listNodes() treats a position that does not fit as an error of its driver", async () => {
  const padding = "+".repeat(400);
  const paging = "linked";
  const fleet = new Fleet({
    a: drive({ nodes: named("a", 3), paging, padding }),
    b: drive({ nodes: named("b", 3), paging }),
  });
  const { items, errors } = await fleet.listNodes({ budget: 100 });
  assertEquals(items.length, 3);
  assertEquals(
    errors.a?.message,
    "listNodes: a: the driver's position is too long for a position of 2000 " +
      "bytes; list it without the fleet",
  );
  // Without positions, there is no limit.
  assertEquals((await fleet.listNodes()).items.length, 6);
  assertEquals((await Array.fromAsync(fleet.listNodes())).length, 6);
});

Deno.test("Fleet.listVolumes() leaves out drivers without volumes, and names them", async () => {
  const volume = { id: "v-1", name: "v-1", sizeGb: 1, state: "inuse" };
  const withVolumes = Object.assign(drive({ nodes: [] }), {
    listVolumes: () => Promise.resolve([volume]) as unknown as Listing<Volume>,
  });
  const fleet = new Fleet({ a: drive({ nodes: [] }, never), b: withVolumes });
  const { items, unsupported } = await fleet.listVolumes();
  assertEquals(items.map(({ driver, id }) => [driver, id]), [["b", "v-1"]]);
  assertEquals(unsupported, ["a"]);
});

Deno.test("Fleet.listVolumeSnapshots() passes the options as the second argument", async () => {
  const calls: unknown[] = [];
  const driver = Object.assign(drive({ nodes: [] }), {
    listVolumeSnapshots: (volume: unknown, { pageSize }: never) => {
      calls.push(volume, pageSize);
      return Promise.resolve([]);
    },
  });
  await new Fleet({ a: driver }).listVolumeSnapshots({ pageSize: 7 });
  assertEquals(calls, [undefined, 7]);
});

Deno.test("Fleet.get() gets a node of one driver, by a reference or a node of a list", async () => {
  const fleet = new Fleet({
    a: drive({ nodes: ["web/1"] }),
    b: drive({ nodes: [] }, never),
  });
  const node = await fleet.get("a/web/1");
  assertEquals([node.driver, node.id], ["a", "web/1"]);
  assertEquals(await fleet.get(node), node);
  await assertRejects(() => fleet.get("a/web-2"), NotFoundError);
});

Deno.test("Fleet.get() refuses references without a driver of the fleet", async () => {
  const fleet = fleetOf({ a: never, b: never });
  const table: readonly (readonly [unknown, string])[] = [
    [
      "c/1",
      'get: no driver has the name "c"; known names: a, b',
    ],
    [
      "toString/1",
      'get: no driver has the name "toString"; known names: a, b',
    ],
    [
      "a",
      "get: node must be a node of the fleet, or a name and an id as in " +
      'do-prod/123, got "a"',
    ],
    ["/1", undefined as never],
    [{ driver: "a", id: "" }, undefined as never],
    [{ id: "1" }, undefined as never],
  ];
  for (const [ref, message] of table) {
    const error = await assertRejects(
      () => fleet.get(ref as string),
      TypeError,
    );
    if (message) assertEquals(error.message, message);
  }
});

Deno.test("Fleet.find() finds the node with a name", async () => {
  const fleet = fleetOf({ a: undefined, b: undefined });
  const node = await fleet.find("b-1");
  assertEquals([node.driver, node.id], ["b", "b-1"]);
  const error = await assertRejects(() => fleet.find("b-"), NotFoundError);
  assertEquals(error.message, "find: no node has the name b-");
  await assertRejects(() => fleet.find(""), TypeError);
});

Deno.test("Fleet.find() rejects if several nodes have the name, and returns them in the error", async () => {
  const fleet = new Fleet({
    a: drive({ nodes: ["web-1"] }),
    b: drive({ nodes: ["web-1", "web-2"] }),
  });
  const error = await assertRejects(
    () => fleet.find("web-1"),
    AmbiguousNameError,
  );
  assertEquals(refsOf(error.nodes).sort(), ["a/web-1", "b/web-1"]);
  assertEquals(
    error.message,
    'find: 2 nodes have the name "web-1": a/web-1, b/web-1; use get()',
  );
});

Deno.test("Fleet.find() rejects if a driver failed, because it may have such a node, too", async () => {
  const fleet = fleetOf({ a: undefined, b: refused });
  const error = await assertRejects(() => fleet.find("a-0"), FleetError);
  assertEquals(
    error.message,
    'find: 1 of 2 drivers failed: b: Acme refused: "no" (401)',
  );
});

const size = (
  id: string,
  price?: Price,
  others?: readonly LocationPrice[],
) => ({
  id,
  name: id,
  price,
  locationPrices: others,
});

Deno.test("Fleet.monthlyCost() adds up by driver, provider, location and currency, and counts unknown prices apart", async () => {
  const fleet = new Fleet({
    a: drive({
      nodes: ["s", "m", "m", "gone-1", "unknown"],
      locationId: "fra",
      sizes: [
        size("s", { currency: "USD", hourly: 0.01 }),
        size("m", { currency: "USD", monthly: 0.1, hourly: 99 }),
        size("gone-1", { currency: "USD", monthly: 1000 }),
      ],
    }),
    b: drive({
      nodes: ["s", "free", "l", "unpriced"],
      sizes: [
        size("s", { currency: "EUR", monthly: 5 }),
        size("free", { currency: "USD", monthly: 0 }),
        size("l", { currency: "USD", monthly: 1 }, [
          { locationId: "nyc", currency: "USD", monthly: 7 },
        ]),
        size("unpriced"),
      ],
    }),
    c: drive({
      nodes: ["l"],
      locationId: "nyc",
      sizes: [
        size("l", { currency: "USD", monthly: 1 }, [
          { locationId: "fra", currency: "USD", monthly: 3 },
          { locationId: "nyc", currency: "USD", monthly: 7 },
        ]),
      ],
    }),
  });
  const { errors, ...costs } = await fleet.monthlyCost();
  assertEquals(errors, {});
  const a = { nodes: 4, unpriced: 1, monthly: { USD: 7.5 } };
  const b = { nodes: 4, unpriced: 1, monthly: { EUR: 5, USD: 1 } };
  const c = { nodes: 1, unpriced: 0, monthly: { USD: 7 } };
  const total = { nodes: 9, unpriced: 2, monthly: { USD: 15.5, EUR: 5 } };
  assertEquals(costs, {
    total,
    byDriver: { a, b, c },
    byProvider: { acme: total },
    byLocation: { "acme/fra": a, acme: b, "acme/nyc": c },
  });
});

Deno.test("Fleet.monthlyCost() lists the sizes once per driver that has nodes", async () => {
  const paths: string[] = [];
  const note: Intercept = (request, respond) => {
    paths.push(new URL(request.url).pathname.replace("/v1/", ""));
    return respond(request);
  };
  const fleet = new Fleet({
    a: drive({ nodes: named("a", 3) }, note),
    b: drive({ nodes: [] }, note),
    c: drive({ nodes: ["gone-1"] }, note),
  });
  const { total } = await fleet.monthlyCost();
  assertEquals(total, { nodes: 3, unpriced: 3, monthly: {} });
  assertEquals(paths.sort(), [
    "servers",
    "servers",
    "servers",
    "servers",
    "sizes",
  ]);
});

Deno.test("Fleet.monthlyCost() names drivers that failed; nodes without sizes are unpriced", async () => {
  const fleet = fleetOf({
    a: refused,
    b: (request, respond) =>
      /sizes/.test(request.url) ? refused(request, respond) : respond(request),
    c: undefined,
  });
  const { total, errors } = await fleet.monthlyCost();
  assertEquals(total, { nodes: 4, unpriced: 4, monthly: {} });
  assertEquals(
    Object.values(errors).map(({ message }) => message).sort(),
    [
      'monthlyCost: a: Acme refused: "no" (401)',
      'monthlyCost: b: Acme refused: "no" (401)',
    ],
  );
});

Deno.test("Fleet.monthlyCost() does not guess if a size has several prices", async () => {
  const sizes = (prices: readonly number[]) =>
    prices.map((monthly) => size("s", { currency: "USD", monthly }));
  const fleet = new Fleet({
    a: drive({ nodes: ["s"], sizes: sizes([1, 2]) }),
    b: drive({ nodes: ["s"], sizes: sizes([3, 3]) }),
  });
  const { total } = await fleet.monthlyCost();
  assertEquals(total, { nodes: 2, unpriced: 1, monthly: { USD: 3 } });
});

Deno.test("Fleet knows the type of a node by the name of its driver", () => {
  // Only checked by the compiler.
  async function read(
    fleet: Fleet<{
      "do-prod": DigitalOceanNodeDriver;
      linode: LinodeNodeDriver;
      any: NodeDriver;
    }>,
  ): Promise<void> {
    const node = await fleet.find("web-1");
    if (node.driver === "do-prod") {
      const vpc: string | undefined = node.extra.vpcId;
      const drivers: DigitalOceanNodeDriver = fleet.drivers[node.driver];
      await drivers.destroyNode(node, { signal: AbortSignal.abort(vpc) });
    }
    // @ts-expect-error The fleet has no driver with that name.
    if (node.driver === "ec2") return;
    const { items } = await fleet.listVolumes();
    const sizes: number[] = items.map(({ sizeGb }) => sizeGb);
    await fleet.drivers[node.driver].rebootNode(node, { retry: false });
    console.log(sizes);
  }
  assertEquals(typeof read, "function");
});
