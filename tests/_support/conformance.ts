/**
 * What every driver must do, as checks that any test runner can run. A driver
 * and its simulator pass them all:
 *
 * ```ts ignore
 * for (const { name, run } of conformance(options)) {
 *   Deno.test(`AcmeNodeDriver ${name}`, run);
 * }
 * ```
 *
 * This needs no runtime of its own: no files, no network, no `Deno`.
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
  CloudError,
  ConnectionError,
  type ConnectionOptions,
  type Fetch,
  InvalidCredsError,
  isPublicIp,
  Listing,
  NotFoundError,
  RateLimitReachedError,
  TimeoutError,
} from "../../core/mod.ts";
import {
  CAPABILITIES,
  type Capability,
  type CreateNodeOptions,
  DeploymentError,
  type KeyPair,
  type Node,
  NodeDriver,
  type NodeState,
  supports,
} from "../../core/compute/mod.ts";
import {
  badInputChecks,
  type Call,
  callsOf,
  type Check,
  createDriver,
  each,
  IdleTransport,
  methodsOf,
  outcomeOf,
  secretsOf,
  show,
  type Subject,
  withInherited,
} from "./bad_input.ts";

/** A driver, its simulator, and what to do with them. */
export interface ConformanceOptions extends Subject {
  /** Credentials that the simulator refuses. */
  readonly wrongCredentials: Readonly<Record<string, string>>;
  /** A node that can be created; what else the driver takes may be here too. */
  readonly create: CreateNodeOptions;
  /** Id that no node has, and that could be one. */
  readonly unknownId: string;
  /**
   * Status with which the provider says that there is no such node.
   *
   * @default {404}
   */
  readonly unknownStatus?: number;
  /**
   * Whether the provider refuses a second node of the same name.
   *
   * @default {false}
   */
  readonly hasUniqueNames?: boolean;
  /**
   * Which request creates a node.
   *
   * @default {any POST}
   */
  readonly isCreate?: (request: Request) => boolean;
  /** Shows a value as the runtime's console does, where it has a way. */
  readonly inspect?: (value: unknown) => string;
}

/** First pause of every wait, in milliseconds. */
const INTERVAL_MS = 2;
/** After this long, what has not happened will not. */
const PATIENCE_MS = 5_000;

const PUBLIC_KEY =
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGFtZXhhbXBsZWtleWFtZXhhbXBsZWtleWFtZXhhbXBs me@example.com";

// An object, so that the compiler finds a state that is missing.
const STATES = {
  pending: true,
  starting: true,
  running: true,
  rebooting: true,
  stopping: true,
  stopped: true,
  suspended: true,
  paused: true,
  reconfiguring: true,
  migrating: true,
  updating: true,
  terminated: true,
  error: true,
  normal: true,
  unknown: true,
} as const satisfies Record<NodeState, true>;

const CAPABILITY_METHODS: Readonly<
  Record<Capability, { all: readonly string[]; some?: readonly string[] }>
> = {
  power: { all: ["startNode", "stopNode"] },
  renaming: { all: ["renameNode"] },
  resizing: { all: ["resizeNode"] },
  keyPairs: {
    all: ["listKeyPairs", "importKeyPair", "deleteKeyPair"],
    some: ["getKeyPair", "createKeyPair"],
  },
  images: {
    all: ["getImage", "createImage", "deleteImage"],
    some: ["copyImage"],
  },
  volumes: {
    all: [
      "listVolumes",
      "createVolume",
      "attachVolume",
      "detachVolume",
      "destroyVolume",
    ],
  },
  snapshots: {
    all: [
      "listVolumeSnapshots",
      "createVolumeSnapshot",
      "destroyVolumeSnapshot",
    ],
  },
};

/** Answers that make no sense to anybody, with a status that says all is well. */
const NONSENSE: readonly {
  readonly what: string;
  readonly body: string;
  /** Whether it is neither JSON nor XML, so that nobody can call it "done". */
  readonly isIllegible?: boolean;
}[] = [
  { what: "an empty body", body: "" },
  {
    what: "a page of HTML",
    body: "<!doctype html><title>Sign in</title><p>Sign in<br>",
    isIllegible: true,
  },
  {
    what: "half of its JSON",
    body: '{"success": true, "data": [{"id',
    isIllegible: true,
  },
  { what: "the JSON null", body: "null" },
  { what: "a JSON text", body: '"fine"' },
  { what: "a JSON number", body: "0" },
  { what: "a JSON list", body: "[]" },
  { what: "a JSON list of null", body: "[null]" },
  { what: "an empty JSON object", body: "{}" },
];

/** Answers one request in place of a service, or with its help. */
type Fault = (request: Request, fetch: Fetch) => Promise<Response>;

/**
 * Makes the checks of a driver.
 *
 * @param subject The driver.
 * @returns The checks; each makes simulators and drivers of its own.
 */
export function conformance(subject: ConformanceOptions): Check[] {
  const options = { ...subject, methods: withInherited(subject.methods) };
  const suite = new Suite(options);
  const lists = {
    listNodes: checkNode,
    listSizes: checkSize,
    listImages: checkRecord,
    listLocations: checkLocation,
  } as const;
  const check = (name: string, run: () => Promise<void>) => ({ name, run });
  const all: (Check | false)[] = [
    check(
      "has all methods of its capabilities, and none of the others",
      () => suite.capabilities(),
    ),
    ...Object.entries(lists).map(([method, examine]) =>
      check(
        `${method}() resolves to plain records`,
        () => suite.records(method, examine),
      )
    ),
    check(
      "listings ask for nothing until they are read, and anew each time",
      () => suite.laziness(),
    ),
    check(
      "listings give the same awaited, iterated, by pages and at once",
      () => suite.readings(),
    ),
    check(
      "listings go on from a position in another process",
      () => suite.positions(),
    ),
    check(
      "listings that are left early ask for no further page",
      () => suite.breaks(),
    ),
    check(
      "getNode() gets what listNodes() lists, by id and by record",
      () => suite.getNode(),
    ),
    check(
      "getNode() rejects with NotFoundError where there is no such node",
      () => suite.unknownNode(),
    ),
    check(
      "every method rejects with InvalidCredsError on wrong credentials",
      () => suite.wrongCredentials(),
    ),
    check(
      "createNode() to destroyNode(): the life of a node",
      () => suite.life(),
    ),
    check(
      "createNode() makes a node for each of two calls at once",
      () => suite.twins(),
    ),
    check(
      "deployNode() resolves to a node that runs, and destroys it on demand",
      () => suite.deploying(),
    ),
    check(
      "waitUntilRunning() tells how things stand, once or until the end",
      () => suite.waiting(),
    ),
    suite.has("power") &&
    check(
      "stopNode() stops a node, and startNode() starts it again",
      () => suite.power(),
    ),
    suite.has("renaming") &&
    check("renameNode() gives a node another name", () => suite.renaming()),
    suite.has("keyPairs") &&
    check(
      "importKeyPair() to deleteKeyPair(): the life of a key",
      () => suite.keyPairs(),
    ),
    check(
      "every method rejects with the reason of a signal that has fired",
      () => suite.abortedBefore(),
    ),
    check(
      "every method rejects with the reason when a signal fires meanwhile",
      () => suite.abortedDuring(),
    ),
    check(
      "every method keeps to timeoutMs where no answer comes",
      () => suite.stalls(),
    ),
    check(
      "every method keeps to timeoutMs where a body does not end",
      () => suite.stalledBodies(),
    ),
    check(
      "calls fetch as a plain function with one Request",
      () => suite.plainFetch(),
    ),
    check(
      "shows no secret in itself, its errors and its hooks",
      () => suite.secrets(),
    ),
    check(
      "lists are complete after two failures of each",
      () => suite.failingLists(),
    ),
    ...suite.createFaults().map(({ label, run }) =>
      check(`createNode() ${label}`, run)
    ),
    check(
      "every method survives answers that are nonsense",
      () => suite.nonsense(),
    ),
    check(
      "writes whose answer is nonsense say that they may have been applied",
      () => suite.nonsenseToWrites(),
    ),
    check(
      "every method survives a gateway that answers in HTML",
      () => suite.gateways(),
    ),
    ...badInputChecks(options),
  ];
  return all.filter((it) => it !== false);
}

class Suite {
  readonly #options: ConformanceOptions;
  readonly #calls: readonly Call[];

  constructor(options: ConformanceOptions) {
    this.#options = options;
    this.#calls = callsOf(options.methods).map((call) => ({
      ...call,
      // What waits, waits briefly.
      run: (driver, options, ...rest) =>
        call.run(driver, { timeoutMs: PATIENCE_MS, ...options }, ...rest),
    }));
  }

  has(capability: Capability): boolean {
    const methods = methodsOf(this.#options.Driver);
    return CAPABILITY_METHODS[capability].all.every((it) =>
      methods.includes(it)
    );
  }

  /** A driver with a simulator of its own, and what the driver has sent. */
  #open(fault?: Fault, settings: ConnectionOptions = {}) {
    const simulator = this.#options.createSimulator();
    const seen: Request[] = [];
    const driver = createDriver(this.#options, {
      fetch: async (request) => {
        seen.push(request);
        return await (fault?.(request, simulator.fetch) ??
          simulator.fetch(request));
      },
      ...settings,
    });
    // Looks at the same account past the faults.
    const witness = createDriver(this.#options, { fetch: simulator.fetch });
    return { driver, seen, witness, simulator };
  }

  #create(driver: NodeDriver, options: Partial<CreateNodeOptions> = {}) {
    return driver.createNode({
      timeoutMs: PATIENCE_MS,
      ...this.#options.create,
      ...options,
    });
  }

  async #createRunning(driver: NodeDriver): Promise<Node> {
    const { id } = await this.#create(driver);
    return await runs(driver, id);
  }

  /** Lists, and of what the table says where a list is of one thing. */
  #list(
    driver: NodeDriver,
    method: string,
    options: Readonly<Record<string, unknown>> = {},
  ): Listing<{ readonly id: string }> {
    const call = this.#calls.find((call) => call.method === method);
    assert(call, `the table has no ${method}()`);
    return call.run(driver, options) as Listing<{ readonly id: string }>;
  }

  async #eachList(check: (method: string) => Promise<void>): Promise<void> {
    const lists = methodsOf(this.#options.Driver)
      .filter((method) => method.startsWith("list"))
      .map((label) => ({ label }));
    await each(lists, ({ label }) => check(label));
  }

  async capabilities(): Promise<void> {
    const { driver } = this.#open();
    assertInstanceOf(driver, NodeDriver);
    assert(/^[a-z][a-z\d]*$/.test(driver.provider), driver.provider);
    assertEquals(driver.connection.provider, driver.provider);
    const methods = methodsOf(this.#options.Driver);
    const isMethod = (name: string) => methods.includes(name);
    assertEquals(
      Object.keys(CAPABILITY_METHODS).sort(),
      [...CAPABILITIES].sort(),
    );
    for (const capability of CAPABILITIES) {
      const { all, some = [] } = CAPABILITY_METHODS[capability];
      assertEquals(
        supports(driver, capability)
          ? all.filter((name) => !isMethod(name))
          : [...all, ...some].filter(isMethod),
        [],
        `"${capability}" is there in part`,
      );
    }
    return await Promise.resolve();
  }

  async records(
    method: string,
    examine: (record: never) => void,
  ): Promise<void> {
    const { driver } = this.#open();
    const records = await this.#list(driver, method);
    assert(records.length > 0, "nothing is listed");
    for (const record of records) examine(record as never);
    const ids = records.map(({ id }) => id);
    assertEquals(new Set(ids).size, ids.length, "an id is there twice");
  }

  async laziness(): Promise<void> {
    await this.#eachList(async (method) => {
      const { driver, seen } = this.#open();
      const listing = this.#list(driver, method);
      assertInstanceOf(listing, Listing);
      const pages = listing.pages();
      await pause(1);
      assertEquals(seen.length, 0, "asked before it was awaited");
      await pages.return();
      const first = await listing;
      const requests = seen.length;
      assert(requests > 0, "nothing was asked");
      assertEquals(await listing, first);
      assertEquals(seen.length, 2 * requests, "did not ask anew");
    });
  }

  async readings(): Promise<void> {
    await this.#eachList(async (method) => {
      const { driver } = this.#open();
      const listing = this.#list(driver, method, { pageSize: 1 });
      const expected = await listing;
      const iterated: unknown[] = [];
      for await (const record of listing) iterated.push(record);
      assertEquals(iterated, expected, "iterated");
      const paged: unknown[] = [];
      for await (const { items } of listing.pages()) paged.push(...items);
      assertEquals(paged, expected, "by pages");
      assertEquals(
        await Promise.all([listing, listing]),
        [expected, expected],
        "twice at once",
      );
      let isOver = false;
      assertEquals(await listing.finally(() => isOver = true), expected);
      assert(isOver);
      assertEquals(await listing.catch(() => []), expected);
    });
  }

  async positions(): Promise<void> {
    await this.#eachList(async (method) => {
      const { driver, witness } = this.#open();
      const all = await this.#list(witness, method);
      const pages = this.#list(driver, method, { pageSize: 1 }).pages();
      let count = 0;
      for await (const { items, next } of pages) {
        count += items.length;
        if (next === undefined) continue;
        const from = JSON.parse(JSON.stringify(next));
        assertEquals(
          await this.#list(witness, method, { from, pageSize: 1 }),
          all.slice(count),
          `from ${from}`,
        );
      }
      assertEquals(count, all.length);
    });
  }

  async breaks(): Promise<void> {
    await this.#eachList(async (method) => {
      const { driver, seen } = this.#open();
      const listing = this.#list(driver, method, { pageSize: 1 });
      for await (const _ of listing) break;
      assertEquals(seen.length, 1);
      for await (const _ of listing.pages()) break;
      await pause(1);
      assertEquals(seen.length, 2);
    });
  }

  async getNode(): Promise<void> {
    const { driver } = this.#open();
    const nodes = await driver.listNodes();
    assert(nodes.length >= 2, "the simulator has less than two nodes");
    for (const node of nodes) {
      assertEquals(await driver.getNode(node), node);
      assertEquals(await driver.getNode(node.id), node);
      assertEquals(await driver.getNode({ id: node.id }), node);
    }
  }

  async unknownNode(): Promise<void> {
    const { unknownId, unknownStatus = 404 } = this.#options;
    const { driver } = this.#open();
    const error = await rejection(() => driver.getNode(unknownId));
    assertInstanceOf(error, NotFoundError);
    assertEquals(error.provider, driver.provider);
    assertEquals(error.operation, "getNode");
    assertEquals(error.status, unknownStatus);
    for (
      const call of [
        () => driver.rebootNode(unknownId),
        () => driver.destroyNode(unknownId),
        () => driver.waitUntilRunning(unknownId, { timeoutMs: PATIENCE_MS }),
      ]
    ) assertInstanceOf(await rejection(call), NotFoundError);
  }

  async wrongCredentials(): Promise<void> {
    await each(this.#calls, async (call) => {
      const { simulator } = this.#open();
      const stranger = createDriver(this.#options, {
        ...this.#options.wrongCredentials,
        fetch: simulator.fetch,
      });
      const error = await rejection(() => call.run(stranger));
      assertInstanceOf(error, InvalidCredsError);
      assertEquals(error.status, 401);
      assertEquals(error.provider, stranger.provider);
      assertEquals(error.operation, call.spec.operation ?? call.method);
      assertEquals(error.mayHaveBeenApplied, false);
    });
  }

  async life(): Promise<void> {
    const { create } = this.#options;
    const { driver } = this.#open();
    const before = (await driver.listNodes()).map(({ id }) => id);

    const node = await this.#create(driver);
    checkNode(node);
    assert(!before.includes(node.id), "the node was there before");
    assertEquals(node.name, create.name);
    await until(async () =>
      (await driver.listNodes()).some(({ id }) => id === node.id)
    );

    const running = await runs(driver, node.id);
    checkNode(running);
    assertEquals(running.name, create.name);
    assertEquals(running.state, "running");
    assert(running.publicIps.length + running.privateIps.length > 0);
    assertEquals(running.sizeId ?? idOf(create.size), idOf(create.size));
    assertEquals(running.imageId ?? idOf(create.image), idOf(create.image));
    const { location } = create;
    if (location !== undefined) {
      assertEquals(running.locationId ?? idOf(location), idOf(location));
    }
    assertEquals(await driver.getNode(node), running);

    assertStrictEquals(await driver.rebootNode(node), undefined);
    await runs(driver, node.id);

    assertStrictEquals(await driver.destroyNode(node), undefined);
    await until(async () =>
      !(await driver.listNodes()).some(({ id }) => id === node.id)
    );
    assertInstanceOf(
      await rejection(() => driver.getNode(node)),
      NotFoundError,
    );
    assertInstanceOf(
      await rejection(() => driver.destroyNode(node)),
      NotFoundError,
    );
    assertEquals((await driver.listNodes()).map(({ id }) => id), before);
  }

  async twins(): Promise<void> {
    const { create, hasUniqueNames } = this.#options;
    const { driver } = this.#open();
    const before = await driver.listNodes();
    const name = hasUniqueNames ? `${create.name}-b` : create.name;
    const twins = await Promise.all([
      this.#create(driver),
      this.#create(driver, { name }),
    ]);
    const [first, second] = twins;
    assert(first.id !== second.id, `both are ${first.id}`);
    await driver.waitUntilRunning(twins, WAIT);
    assertEquals((await driver.listNodes()).length, before.length + 2);
  }

  async deploying(): Promise<void> {
    const { driver } = this.#open();
    const before = (await driver.listNodes()).map(({ id }) => id);
    const options = { ...this.#options.create, ...WAIT, deploy: [] };
    const { node, steps } = await driver.deployNode({
      ...options,
      via: new IdleTransport(),
    });
    checkNode(node);
    assertEquals(node.state, "running");
    // It may have more: what was told when it was created.
    assertEquals({ ...node, ...await driver.getNode(node) }, node);
    assertEquals(steps, []);
    await driver.destroyNode(node);
    const isGone = async () =>
      (await driver.listNodes()).every(({ id }) => before.includes(id));
    await until(isGone);

    const cause = new Error("it is of no use");
    const error = await rejection(() =>
      driver.deployNode({
        ...options,
        via: new IdleTransport(cause),
        onFailure: "destroy",
      })
    );
    assert(DeploymentError.is(error), show(error));
    assertEquals(error.provider, driver.provider);
    assertEquals(error.operation, "deployNode");
    assertEquals(error.isDestroyed, true);
    assertStrictEquals(error.cause, cause);
    checkNode(error.node);
    await until(isGone);
  }

  async waiting(): Promise<void> {
    const { driver } = this.#open();
    const [first, second] = await driver.listNodes();
    assert(first && second);
    const created = await this.#create(driver);
    const once = await driver.waitUntilRunning(first, { once: true });
    assertEquals(once.ready.map(({ id }) => id), [first.id]);
    assertEquals(once.waiting, []);
    assert(once.elapsedMs >= 0);

    const looks: string[] = [];
    const nodes = await driver.waitUntilRunning(
      [second.id, created, first, second],
      {
        ...WAIT,
        onProgress: ({ ready, waiting, elapsedMs }) => {
          assertEquals(ready.length + waiting.length, 4);
          assert(elapsedMs >= 0);
          looks.push(`${ready.length}`);
        },
      },
    );
    assertEquals(
      nodes.map(({ id }) => id),
      [second.id, created.id, first.id, second.id],
    );
    for (const node of nodes) {
      checkNode(node);
      assertEquals(node.state, "running");
    }
    assertEquals(looks.at(-1), "4");
    assertEquals(await driver.waitUntilRunning([]), []);
  }

  async power(): Promise<void> {
    const { driver } = this.#open();
    assert(supports(driver, "power"));
    const node = await this.#createRunning(driver);
    assertStrictEquals(await driver.stopNode(node), undefined);
    await until(async () => (await driver.getNode(node)).state === "stopped");
    const { waiting } = await driver.waitUntilRunning(node, { once: true });
    assertEquals(waiting.map(({ id }) => id), [node.id]);
    assertStrictEquals(await driver.startNode(node), undefined);
    await runs(driver, node.id);
  }

  async renaming(): Promise<void> {
    const { driver } = this.#open();
    assert(supports(driver, "renaming"));
    const { id } = await this.#createRunning(driver);
    // Nothing in it is special, wherever it ends up.
    const name = "another-name";
    assertStrictEquals(await driver.renameNode(id, { name }), undefined);
    await until(async () => (await driver.getNode(id)).name === name);
    const names = (await driver.listNodes()).filter((it) => it.name === name);
    assertEquals(names.map((node) => node.id), [id]);
  }

  async keyPairs(): Promise<void> {
    const { driver } = this.#open();
    assert(supports(driver, "keyPairs"));
    const before = (await driver.listKeyPairs()).map(({ id }) => id);
    const made = [
      await driver.importKeyPair({ name: "imported", publicKey: PUBLIC_KEY }),
      ...(driver.createKeyPair
        ? [await driver.createKeyPair({ name: "created" })]
        : []),
    ];
    for (const keyPair of made) {
      checkKeyPair(keyPair);
      const { id, name } = keyPair;
      assert(!before.includes(id));
      const listed = (await driver.listKeyPairs()).find((it) => it.id === id);
      assert(listed, `${name} is not listed`);
      assertEquals(listed.name, name);
      const got = await driver.getKeyPair?.(id);
      if (got) assertEquals([got.id, got.name], [id, name]);
      const named = await driver.getKeyPair?.(keyPair);
      if (named) assertEquals([named.id, named.name], [id, name]);
      for (const seen of [listed, got, named]) {
        if (!seen) continue;
        checkKeyPair(seen);
        assertNoSecrets(keyPair, seen);
      }
    }
    assertEquals(made.map(({ name }) => name)[0], "imported");
    for (const keyPair of made) {
      assertStrictEquals(await driver.deleteKeyPair(keyPair), undefined);
      await until(async () =>
        !(await driver.listKeyPairs()).some(({ id }) => id === keyPair.id)
      );
      assertInstanceOf(
        await rejection(() => driver.deleteKeyPair(keyPair)),
        NotFoundError,
      );
      if (!driver.getKeyPair) continue;
      assertInstanceOf(
        await rejection(() => driver.getKeyPair?.(keyPair)),
        NotFoundError,
      );
    }
    assertEquals((await driver.listKeyPairs()).map(({ id }) => id), before);
  }

  async abortedBefore(): Promise<void> {
    await each(this.#calls, async (call) => {
      for (const reason of reasons()) {
        const { driver, seen } = this.#open();
        const signal = AbortSignal.abort(reason);
        const error = await rejection(() => call.run(driver, { signal }));
        assertStrictEquals(error, signal.reason);
        assertEquals(seen.length, 0, "a request was sent");
      }
    });
  }

  async abortedDuring(): Promise<void> {
    await each(this.#calls, async (call) => {
      const requests = await this.#countRequests(call);
      for (let number = 1; number <= requests; number++) {
        for (const reason of reasons()) {
          for (const inBody of [false, true]) {
            const controller = new AbortController();
            const { signal } = controller;
            // Those that go out side by side are sent before the abort.
            let sent = 0;
            const { driver, seen } = this.#open((request, fetch) => {
              if (seen.length < number) return fetch(request);
              setTimeout(() => {
                sent ||= seen.length;
                controller.abort(reason);
              });
              return inBody ? stalledBody() : never();
            });
            const outcome = await outcomeOf(() => call.run(driver, { signal }));
            // What polls may be done after fewer requests than it was before.
            if (seen.length < number) continue;
            assert("error" in outcome, `it resolved in request ${number}`);
            assertStrictEquals(outcome.error, reason, `in request ${number}`);
            await pause(1);
            assertEquals(seen.length, sent, "a request after the abort");
          }
        }
      }
    });
  }

  async stalls(): Promise<void> {
    await each(this.#calls, (call) => this.#stall(call, never));
  }

  async stalledBodies(): Promise<void> {
    await each(this.#calls, (call) => this.#stall(call, stalledBody));
  }

  async #stall(call: Call, stall: () => Promise<Response>): Promise<void> {
    const requests = await this.#countRequests(call);
    for (let number = 1; number <= requests; number++) {
      const { driver, seen } = this.#open((request, fetch) =>
        seen.length < number ? fetch(request) : stall()
      );
      const startedAt = performance.now();
      const outcome = await outcomeOf(() =>
        call.run(driver, { timeoutMs: 60 })
      );
      const ms = performance.now() - startedAt;
      // What polls may be done after fewer requests than it was before.
      if (seen.length < number) continue;
      assert("error" in outcome, `it resolved in request ${number}`);
      const isDeployment = call.method === "deployNode";
      // A node that is there comes with the error.
      const error = isDeployment && DeploymentError.is(outcome.error)
        ? outcome.error.cause
        : outcome.error;
      assertInstanceOf(error, TimeoutError);
      assert(ms > 50 && ms < PATIENCE_MS, `it took ${ms} ms`);
      assertEquals(
        error.mayHaveBeenApplied,
        // A deployment does not know which requests createNode() has sent.
        isDeployment || seen.some(isWrite),
        `mayHaveBeenApplied, stalled in request ${number}`,
      );
      // A list that spans pages does not know whose they are.
      assertEquals(error.provider ?? driver.provider, driver.provider);
    }
  }

  /** How many requests a call makes; some may be refused by now. */
  async #countRequests(call: Call): Promise<number> {
    const { driver, seen } = this.#open();
    await outcomeOf(() => call.run(driver));
    assert(seen.length > 0, "no request was sent");
    return seen.length;
  }

  async plainFetch(): Promise<void> {
    const { fetch: answer } = this.#options.createSimulator();
    const faults: string[] = [];
    const driver = createDriver(this.#options, {
      // deno-lint-ignore no-explicit-any -- whatever it is called with
      fetch: function (this: unknown, ...args: any[]) {
        if (this !== undefined) faults.push("as a method");
        if (args.length !== 1 || !(args[0] instanceof Request)) {
          faults.push(`with ${args.length} arguments`);
        }
        if (!/\bnephos\/\d/.test(args[0].headers.get("user-agent"))) {
          faults.push("without a User-Agent of ours");
        }
        return answer(args[0]);
      },
    });
    await each(this.#calls, async (call) => {
      await outcomeOf(() => call.run(driver));
    });
    assertEquals(faults, []);
  }

  async secrets(): Promise<void> {
    const { inspect = () => "" } = this.#options;
    const secrets = secretsOf(this.#options);
    const hold = (what: string, ...texts: (string | undefined)[]) => {
      for (const text of texts) {
        for (const secret of secrets) {
          assert(!text?.includes(secret), `${what} shows ${secret}: ${text}`);
        }
      }
    };
    const shown = (value: unknown): string[] => [
      String(value),
      JSON.stringify(value) ?? "",
      inspect(value),
      ...(value instanceof Error
        ? [
          value.message,
          value.stack ?? "",
          ...Reflect.ownKeys(value).map((key) =>
            String(Reflect.get(value, key))
          ),
          ...(value.cause === undefined ? [] : shown(value.cause)),
        ]
        : []),
    ];
    const events: unknown[] = [];
    const onEvent = (event: unknown) => void events.push(event);
    const hooks = {
      onRequest: onEvent,
      onResponse: onEvent,
      onRetry: onEvent,
    };
    for (const { label, fault } of echoes()) {
      await each(this.#calls, async (call) => {
        const { driver } = this.#open(fault, { hooks });
        const outcome = await outcomeOf(() =>
          call.run(driver, { timeoutMs: 100 })
        );
        if ("error" in outcome) hold(label, ...shown(outcome.error));
        hold("the driver", ...shown(driver), ...shown(driver.connection));
        for (const event of events.splice(0)) {
          const { error } = event as { error?: unknown };
          hold("a hook", ...shown(event), ...shown(error));
        }
      });
    }
    const { driver } = this.#open(undefined, { hooks });
    await driver.listNodes();
    assert(events.length > 0, "no hook was called");
    hold("a hook", ...events.flatMap(shown));
    hold("a listing", ...shown(driver.listNodes()));
  }

  async failingLists(): Promise<void> {
    await this.#eachList(async (method) => {
      const failures = new Map<string, number>();
      const { driver, witness } = this.#open((request, fetch) => {
        const count = (failures.get(request.url) ?? 0) + 1;
        failures.set(request.url, count);
        return count > 2 ? fetch(request) : answer("", count === 1 ? 500 : 503);
      });
      assertEquals(
        await this.#list(driver, method),
        await this.#list(witness, method),
      );
      for (const count of failures.values()) assertEquals(count, 3);
    });
  }

  createFaults(): { label: string; run(): Promise<void> }[] {
    const { isCreate = ({ method }) => method === "POST" } = this.#options;
    /** Creates a node with a fault for the first request that creates it. */
    const create = async (
      fault: Fault,
      examine: (outcome: {
        readonly node?: Node;
        readonly error?: unknown;
        readonly made: readonly Node[];
      }) => void,
      made: number,
    ) => {
      let creates = 0;
      const { driver, witness } = this.#open((request, fetch) =>
        isCreate(request) && ++creates === 1
          ? fault(request, fetch)
          : fetch(request)
      );
      const before = (await witness.listNodes()).map(({ id }) => id);
      const outcome = await outcomeOf(() => this.#create(driver));
      assert(creates > 0, "isCreate knows no request that creates a node");
      const news = async () =>
        (await witness.listNodes()).filter(({ id }) => !before.includes(id));
      await until(async () => (await news()).length >= made);
      // A second one would take about as long as the first.
      await pause(50);
      const nodes = await news();
      assertEquals(nodes.length, made, "nodes that were made");
      examine(
        "error" in outcome
          ? { error: outcome.error, made: nodes }
          : { node: outcome.value as Node, made: nodes },
      );
    };
    /** A provider that knows repeated requests may succeed; others must warn. */
    const mayWarn = (
      { node, error, made }: {
        readonly node?: Node;
        readonly error?: unknown;
        readonly made: readonly Node[];
      },
    ) => {
      if (node) return assertEquals(node.id, made[0]?.id);
      assert(CloudError.is(error), show(error));
      assertEquals(error.mayHaveBeenApplied, true);
      assertEquals(error.operation, "createNode");
    };
    const apply = async (request: Request, fetch: Fetch) => {
      await (await fetch(request)).body?.cancel();
    };
    return [
      {
        label: "makes one node where the line breaks after the provider did it",
        run: () =>
          create(
            async (request, fetch) => {
              await apply(request, fetch);
              throw networkError("ECONNRESET");
            },
            mayWarn,
            1,
          ),
      },
      {
        label: "makes one node where a gateway fails after the provider did it",
        run: () =>
          create(
            async (request, fetch) => {
              await apply(request, fetch);
              return await answer("<h1>502</h1>", 502);
            },
            mayWarn,
            1,
          ),
      },
      {
        label: "makes one node where the answer breaks off",
        run: () =>
          create(
            async (request, fetch) => {
              await apply(request, fetch);
              return await answer('{"succ');
            },
            mayWarn,
            1,
          ),
      },
      {
        label: "is sent again where it certainly was not sent",
        run: () =>
          create(
            () => Promise.reject(networkError("ECONNREFUSED")),
            ({ node, error, made }) => {
              assert(node, show(error));
              assertEquals(node.id, made[0]?.id);
            },
            1,
          ),
      },
      {
        label: "is sent again where the provider asked for patience",
        run: () =>
          create(
            () => answer("", 429, { "retry-after": "0" }),
            ({ node, error, made }) => {
              assert(node, show(error));
              assertEquals(node.id, made[0]?.id);
            },
            1,
          ),
      },
      {
        label: "says that nothing was made where it was refused",
        run: () =>
          create(
            () => answer("", 403),
            ({ error }) => {
              assert(CloudError.is(error), show(error));
              assertEquals(error.mayHaveBeenApplied, false);
            },
            0,
          ),
      },
    ];
  }

  async nonsense(): Promise<void> {
    await each(this.#calls, async (call) => {
      for (const { what, body, isIllegible } of NONSENSE) {
        const { driver } = this.#open(() => answer(body));
        const outcome = await outcomeOf(() =>
          call.run(driver, { timeoutMs: 200 })
        );
        if ("error" in outcome) {
          assertCloudError(outcome.error, what);
          assert(!RateLimitReachedError.is(outcome.error));
        } else {
          // What says nothing more than "done" may believe the status.
          assert(!isIllegible, `${what} was believed`);
          assertEquals(outcome.value, undefined, `${what} was believed`);
        }
      }
    });
  }

  async nonsenseToWrites(): Promise<void> {
    await each(this.#calls, async (call) => {
      for (const { what, body, isIllegible } of NONSENSE) {
        const { driver, seen } = this.#open((request, fetch) =>
          isWrite(request) ? answer(body) : fetch(request)
        );
        const outcome = await outcomeOf(() =>
          call.run(driver, { timeoutMs: 100 })
        );
        if (!seen.some(isWrite)) return;
        if ("error" in outcome) {
          const error = assertCloudError(outcome.error, what);
          assertEquals(error.mayHaveBeenApplied, true, what);
        } else {
          assert(!isIllegible, `${what} was believed`);
          assertEquals(outcome.value, undefined, `${what} was believed`);
        }
      }
    });
  }

  async gateways(): Promise<void> {
    await each(this.#calls, async (call) => {
      for (const status of [400, 404, 409, 422, 429, 500, 502, 503, 504, 418]) {
        for (const { what, body } of NONSENSE) {
          const { driver, seen } = this.#open(() => answer(body, status), {
            retry: false,
          });
          const error = assertCloudError(
            await rejection(() => call.run(driver, { timeoutMs: 500 })),
            `${what} with status ${status}`,
          );
          assertEquals(
            (error as { status?: unknown }).status,
            status,
            `${what}: ${show(error)}`,
          );
          assertEquals(
            error.mayHaveBeenApplied,
            status >= 500 && seen.some(isWrite),
            `mayHaveBeenApplied after ${status}`,
          );
        }
      }
    });
  }
}

const WAIT = { intervalMs: INTERVAL_MS, timeoutMs: PATIENCE_MS } as const;

async function runs(driver: NodeDriver, id: string): Promise<Node> {
  const [node] = await driver.waitUntilRunning(id, WAIT);
  assert(node);
  assertEquals(node.id, id);
  return node;
}

function idOf(ref: string | { readonly id: string }): string {
  return typeof ref === "string" ? ref : ref.id;
}

/** What a caller may abort with; none of it is ours to write on. */
function reasons(): unknown[] {
  return [
    "enough",
    new Error("enough"),
    new CloudError("Cannot go on: enough", {}),
    new ConnectionError("Cannot go on: another call broke", {
      isUnsent: false,
    }),
    new TimeoutError("Cannot go on: another call took too long", {}),
  ].map((reason) => Object.freeze(reason));
}

/** Answers that hold what was asked, so that errors might show it. */
function echoes(): { label: string; fault: Fault }[] {
  const echo = async (request: Request) => {
    const { headers, url, method } = request;
    return {
      sent: [...headers].map(([name, value]) => `${name}: ${value}`).join(";"),
      text: JSON.stringify({
        message: `${method} ${url} ${[...headers]} ${await request.text()}`,
        error: { message: `${[...headers]}` },
      }),
    };
  };
  const statuses = [200, 302, 400, 401, 403, 404, 409, 422, 429, 500, 503];
  return [
    ...statuses.map((status) => ({
      label: `an error after an echo with status ${status}`,
      fault: async (request: Request) => {
        const { sent, text } = await echo(request);
        return await answer(text, status, {
          "x-request-id": sent,
          ...(status === 302
            ? { location: `https://elsewhere.example/${sent}?${sent}` }
            : {}),
        });
      },
    })),
    ...["ECONNRESET", "ECONNREFUSED"].map((code) => ({
      label: `an error after ${code}`,
      fault: async (request: Request) => {
        const { sent, text } = await echo(request);
        throw networkError(code, `${sent} ${text}`);
      },
    })),
  ];
}

function answer(
  body: string,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return Promise.resolve(new Response(body, { status, headers }));
}

/** A `fetch` that does not even listen to its signal. */
function never(): Promise<Response> {
  return new Promise(() => {});
}

/** Headers, the first byte, and then nothing. */
function stalledBody(): Promise<Response> {
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new Uint8Array([0x20])),
  });
  return Promise.resolve(new Response(body));
}

/** What `fetch` rejects with where there is no answer. */
function networkError(code: string, reason = "the line broke"): TypeError {
  return new TypeError(`fetch failed: ${reason}`, {
    cause: Object.assign(new Error(reason), { code }),
  });
}

function isWrite({ method }: Request): boolean {
  return method !== "GET" && method !== "HEAD";
}

async function rejection(run: () => unknown): Promise<unknown> {
  const outcome = await outcomeOf(run);
  assert(
    "error" in outcome,
    `it resolved to ${"value" in outcome ? show(outcome.value) : ""}`,
  );
  return outcome.error;
}

function assertCloudError(error: unknown, what: string): CloudError {
  assert(CloudError.is(error), `${what} gives ${show(error)}`);
  assert(/^Cannot \S+/.test(error.message), error.message);
  return error;
}

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  const endsAt = performance.now() + PATIENCE_MS;
  while (!await isTrue()) {
    assert(performance.now() < endsAt, "it did not come to pass");
    await pause(INTERVAL_MS);
  }
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

// Records

interface AnyRecord {
  readonly id: string;
  readonly name?: string | undefined;
  readonly extra: Readonly<Record<string, unknown>>;
}

/** Plain, JSON-safe, and without the many ways to say nothing. */
function checkRecord(record: AnyRecord): void {
  const { id, name, extra } = record;
  assert(typeof id === "string" && id !== "", `id ${show(id)}`);
  assert(typeof name === "string" && name !== "", `name ${show(name)}`);
  assert(typeof extra === "object" && extra !== null, `extra ${show(extra)}`);
  checkValue(record, "record");
  assertEquals(
    JSON.parse(JSON.stringify(record)),
    withoutUndefined(record),
    "the record does not survive JSON",
  );
}

function checkValue(value: unknown, at: string): void {
  switch (typeof value) {
    case "undefined":
    case "boolean":
      return;
    case "string":
      assert(value !== "", `${at} is empty`);
      if (/(?:At|Time)$/.test(at)) checkTime(value, at);
      return;
    case "number":
      assert(Number.isFinite(value) && value !== -1, `${at} is ${value}`);
      return;
    case "object":
      break;
    default:
      throw new TypeError(`${at} is a ${typeof value}`);
  }
  assert(value !== null, `${at} is null`);
  if (Array.isArray(value)) {
    value.forEach((item, index) => checkValue(item, `${at}[${index}]`));
    return;
  }
  assertStrictEquals(
    Object.getPrototypeOf(value),
    Object.prototype,
    `${at} is not plain`,
  );
  for (const key of Reflect.ownKeys(value)) {
    assert(typeof key === "string", `${at} has a symbol`);
    const { get } = Object.getOwnPropertyDescriptor(value, key) ?? {};
    assert(!get, `${at}.${key} is computed`);
    checkValue(Reflect.get(value, key), `${at}.${key}`);
  }
}

function checkTime(value: string, at: string): void {
  assert(
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/.test(value) &&
      !Number.isNaN(Date.parse(value)),
    `${at} is "${value}", which is not ISO 8601 in UTC`,
  );
}

function checkNode(node: Node): void {
  checkRecord(node);
  assert(Object.hasOwn(STATES, node.state), `state ${show(node.state)}`);
  for (const ip of node.publicIps) assertEquals(isPublicIp(ip), true, ip);
  for (const ip of node.privateIps) assertEquals(isPublicIp(ip), false, ip);
  for (const id of [node.sizeId, node.imageId, node.locationId]) {
    assert(id === undefined || typeof id === "string", `id ${show(id)}`);
  }
}

function checkSize(
  size: AnyRecord & {
    readonly price?: Readonly<Record<string, unknown>> | undefined;
  } & Readonly<Record<string, unknown>>,
): void {
  checkRecord(size);
  for (const key of ["vcpus", "ramMib", "diskGb", "transferGb"]) {
    const value = size[key];
    assert(
      value === undefined || (typeof value === "number" && value >= 0),
      `${key} ${show(value)}`,
    );
  }
  if (size.price === undefined) return;
  const { currency, hourly, monthly, asOf } = size.price;
  assert(/^[A-Z]{3}$/.test(String(currency)), `currency ${show(currency)}`);
  assert(hourly !== undefined || monthly !== undefined, "a price of nothing");
  for (const price of [hourly, monthly]) {
    assert(
      price === undefined || (typeof price === "number" && price >= 0),
      `price ${show(price)}`,
    );
  }
  assert(
    asOf === undefined || /^\d{4}-\d\d-\d\d$/.test(String(asOf)),
    `asOf ${show(asOf)}`,
  );
}

function checkLocation(
  location: AnyRecord & { readonly country?: string | undefined },
): void {
  checkRecord(location);
  const { country } = location;
  if (country === undefined) return;
  assert(/^[A-Z]{2}$/.test(country), `country ${show(country)}`);
  // Reserved, and used for countries all the same.
  assert(!["UK", "EU"].includes(country), `country ${show(country)}`);
  const names = new Intl.DisplayNames(["en"], {
    type: "region",
    fallback: "none",
  });
  assert(names.of(country) !== undefined, `country ${show(country)}`);
}

function checkKeyPair(keyPair: KeyPair): void {
  checkRecord(keyPair);
  for (const key of ["publicKey", "fingerprint", "privateKey"] as const) {
    const value = keyPair[key];
    assert(value === undefined || typeof value === "string", show(value));
  }
}

/** What was returned once, when it was made, is never returned again. */
function assertNoSecrets(made: KeyPair, seen: KeyPair): void {
  for (const field of ["privateKey", "password"]) {
    assertEquals(Reflect.get(seen, field), undefined, field);
    const secret = Reflect.get(made, field);
    if (secret === undefined) continue;
    assert(!JSON.stringify(seen).includes(secret), `${field} is seen again`);
  }
}

function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, part]) => part !== undefined)
      .map(([key, part]) => [key, withoutUndefined(part)]),
  );
}
