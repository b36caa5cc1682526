/**
 * Checks of the lifecycle of nodes and key pairs.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertStrictEquals,
  equal,
} from "@std/assert";
import {
  AbortedError,
  InvalidCredsError,
  NotFoundError,
} from "../../core/mod.ts";
import {
  type Capability,
  DeploymentError,
  type Node,
  supports,
} from "../../core/compute/mod.ts";
import { type Check, each, show } from "../checks.ts";
import { createDriver } from "../subject.ts";
import { IdleTransport } from "./inherited.ts";
import { hasCapability } from "./capabilities.ts";
import {
  Context,
  destroy,
  rejection,
  TIMEOUT_MS,
  until,
  untilListed,
  WAIT,
  waitForNode,
  whileBusy,
} from "./context.ts";
import { PUBLIC_KEY } from "./common_options.ts";
import { assertNoSecrets, checkKeyPair, checkNode } from "./records.ts";

/** Creates the checks of nodes and key pairs. */
export function lifecycleChecks(context: Context): Check[] {
  const has = (capability: Capability) =>
    hasCapability(context.options.Driver, capability);
  return [
    {
      name: "getNode() returns the record of listNodes(), by id and by record",
      run: () => checkGetNode(context),
    },
    {
      name: "methods of nodes reject with NotFoundError for an unknown node",
      run: () => checkUnknownNode(context),
    },
    {
      name: "every method rejects with InvalidCredsError for wrong credentials",
      run: () => checkWrongCredentials(context),
    },
    {
      name: "createNode() creates a node that can be rebooted and destroyed",
      run: () => checkLifecycle(context),
    },
    {
      name:
        "waitForState() believes that a new node is gone once it is destroyed",
      run: () => checkEarlyDestroy(context),
    },
    {
      name: "createNode() creates one node for each of two concurrent calls",
      run: () => checkConcurrentCreates(context),
    },
    {
      name:
        'deployNode() resolves to a running node, and destroys it after a failure if onFailure is "destroy"',
      run: () => checkDeployment(context),
    },
    {
      name:
        "deployNode() destroys a node that the provider does not know yet, if its signal aborts",
      run: () => checkEarlyCleanUp(context),
    },
    {
      name:
        "waitUntilRunning() reports progress once, or until all nodes are running",
      run: () => checkWaiting(context),
    },
    ...(has("power")
      ? [{
        name: "stopNode() stops a node, and startNode() starts it again",
        run: () => checkPower(context),
      }]
      : []),
    ...(has("renaming")
      ? [{
        name: "renameNode() renames a node",
        run: () => checkRenaming(context),
      }]
      : []),
    ...(has("keyPairs")
      ? [{
        name:
          "importKeyPair() and createKeyPair() create key pairs that can be listed and deleted",
        run: () => checkKeyPairs(context),
      }]
      : []),
  ];
}

async function checkGetNode(context: Context): Promise<void> {
  const { driver } = context.open();
  const nodes = await driver.listNodes();
  assert(nodes.length >= 2, "the simulator must have at least two nodes");
  for (const node of nodes) {
    assertEquals(await driver.getNode(node), node);
    assertEquals(await driver.getNode(node.id), node);
    assertEquals(await driver.getNode({ id: node.id }), node);
  }
}

/** Options of waits that do not wait until a node is known. */
const UNKNOWN = { timeoutMs: TIMEOUT_MS, notFoundGraceMs: 0 } as const;

async function checkUnknownNode(context: Context): Promise<void> {
  const { unknownId, unknownStatus = 404 } = context.options;
  const { driver } = context.open();
  const error = await rejection(() => driver.getNode(unknownId));
  assertInstanceOf(error, NotFoundError);
  assertEquals(error.provider, driver.provider);
  assertEquals(error.operation, "getNode");
  assertEquals(error.status, unknownStatus);
  for (
    const call of [
      () => driver.rebootNode(unknownId),
      () => driver.destroyNode(unknownId),
      () => driver.waitUntilRunning(unknownId, UNKNOWN),
      () => driver.waitForState(unknownId, { ...UNKNOWN, state: "running" }),
    ]
  ) assertInstanceOf(await rejection(call), NotFoundError);
}

async function checkWrongCredentials(context: Context): Promise<void> {
  await each(context.calls, async (call) => {
    const { fetch } = context.open();
    const unauthorized = createDriver(context.options, {
      ...context.options.wrongCredentials,
      fetch,
    });
    const error = await rejection(() => call.run(unauthorized));
    assertInstanceOf(error, InvalidCredsError);
    assertEquals(error.status, 401);
    assertEquals(error.provider, unauthorized.provider);
    assertEquals(error.operation, call.spec.operation ?? call.method);
    assertEquals(error.mayHaveBeenApplied, false);
  });
}

async function checkLifecycle(context: Context): Promise<void> {
  const { create } = context.options;
  const { driver, nodeIds } = context.open();
  const before = (await driver.listNodes()).map(({ id }) => id);

  const node = await context.create(driver);
  checkNode(node);
  assert(!before.includes(node.id), "the id must be new");
  assertEquals(node.name, create.name);
  assertEquals(nodeIds().filter((id) => !before.includes(id)), [node.id]);

  const running = await waitForNode(driver, node.id);
  checkNode(running);
  assertEquals(running.name, create.name);
  assertEquals(running.sizeId ?? idOf(create.size), idOf(create.size));
  assertEquals(running.imageId ?? idOf(create.image), idOf(create.image));
  const { location } = create;
  if (location !== undefined) {
    assertEquals(running.locationId ?? idOf(location), idOf(location));
  }
  const latest = await driver.getNode(node);
  assertEquals(withoutAddresses(latest), withoutAddresses(running));
  await until(async () => {
    const listed = (await driver.listNodes()).find(({ id }) => id === node.id);
    return equal(listed, await driver.getNode(node));
  }, "listNodes() and getNode() return different records");

  assertStrictEquals(
    await whileBusy(() => driver.rebootNode(node)),
    undefined,
  );
  await waitForNode(driver, node.id);

  await destroy(driver, node);
  assertInstanceOf(
    await rejection(() => driver.destroyNode(node)),
    NotFoundError,
  );
  await untilListed(() => driver.listNodes(), before);
  assertEquals(nodeIds().sort(), before.toSorted());
}

async function checkEarlyDestroy({ options }: Context): Promise<void> {
  // Without delays, no poll sees the node before it is gone.
  const createSimulator = options.createPromptSimulator;
  const context = new Context({ ...options, createSimulator });
  const { driver } = context.open();
  const node = await context.create(driver);
  await whileBusy(() => driver.destroyNode(node));
  // The time limit is shorter than the time in which a new node may be unknown.
  const [gone] = await driver.waitForState(node, {
    ...WAIT,
    state: "terminated",
  });
  assertEquals([gone?.id, gone?.state], [node.id, "terminated"]);
}

async function checkConcurrentCreates(context: Context): Promise<void> {
  const { create, hasUniqueNames } = context.options;
  const { driver, nodeIds } = context.open();
  const before = nodeIds();
  const name = hasUniqueNames ? `${create.name}-b` : create.name;
  const nodes = await Promise.all([
    context.create(driver),
    context.create(driver, { name }),
  ]);
  const [first, second] = nodes;
  assert(first.id !== second.id, `both calls returned ${first.id}`);
  const ids = nodeIds();
  assertEquals(
    ids.filter((id) => !before.includes(id)).sort(),
    [first.id, second.id].sort(),
  );
  await driver.waitUntilRunning(nodes, WAIT);
  await until(
    async () => (await driver.listNodes()).length >= ids.length,
    "listNodes() lacks a new node",
  );
  assertEquals(
    (await driver.listNodes()).map(({ id }) => id).sort(),
    ids.sort(),
  );
}

async function checkDeployment(context: Context): Promise<void> {
  const { driver, nodeIds } = context.open();
  const before = nodeIds();
  const options = { ...context.options.create, ...WAIT, deploy: [] };
  const { node, steps } = await driver.deployNode({
    ...options,
    via: new IdleTransport(),
  });
  checkNode(node);
  assertEquals(node.state, "running");
  // It may also have fields that only createNode() returns.
  const latest = { ...node, ...await driver.getNode(node) };
  assertEquals(withoutAddresses(latest), withoutAddresses(node));
  assertEquals(steps, []);
  assertEquals(nodeIds().filter((id) => !before.includes(id)), [node.id]);
  await destroy(driver, node);

  const cause = new Error("the transport failed");
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
  assert(error.node.id !== node.id);
  assertEquals(nodeIds().sort(), before.toSorted());
}

async function checkEarlyCleanUp(context: Context): Promise<void> {
  const { driver, nodeIds } = context.open();
  const before = nodeIds();
  const controller = new AbortController();
  const reason = new Error("enough");
  const error = await rejection(() =>
    driver.deployNode({
      ...context.options.create,
      ...WAIT,
      deploy: [],
      via: new IdleTransport(),
      onFailure: "destroy",
      signal: controller.signal,
      onProgress: ({ phase }) => {
        if (phase === "waiting") controller.abort(reason);
      },
    })
  );
  assert(AbortedError.is(error), show(error));
  assertStrictEquals(error.cause, reason);
  assertEquals(error.isDestroyed, true, error.message);
  assertEquals(nodeIds().sort(), before.toSorted());
}

async function checkWaiting(context: Context): Promise<void> {
  const { driver } = context.open();
  const [first, second] = await driver.listNodes();
  assert(first && second);
  const created = await context.create(driver);
  const once = await driver.waitUntilRunning(first, { once: true });
  assertEquals(once.ready.map(({ id }) => id), [first.id]);
  assertEquals(once.waiting, []);
  assert(once.elapsedMs >= 0);

  const counts: number[] = [];
  const nodes = await driver.waitUntilRunning(
    [second.id, created, first, second],
    {
      ...WAIT,
      onProgress: ({ ready, waiting, unknown, elapsedMs }) => {
        assertEquals(ready.length + waiting.length + unknown.length, 4);
        // The provider may not know a new node yet.
        assert(unknown.every((id) => id === created.id));
        assert(elapsedMs >= 0);
        counts.push(ready.length);
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
  assertEquals(counts.at(-1), 4);
  assertEquals(await driver.waitUntilRunning([]), []);
}

async function checkPower(context: Context): Promise<void> {
  const { driver } = context.open();
  assert(supports(driver, "power"));
  const node = await context.createRunning(driver);
  assertStrictEquals(await whileBusy(() => driver.stopNode(node)), undefined);
  const [stopped] = await driver.waitForState(node, {
    ...WAIT,
    state: "stopped",
  });
  assertEquals([stopped?.id, stopped?.state], [node.id, "stopped"]);
  assertEquals((await driver.getNode(node)).state, "stopped");
  const { waiting } = await driver.waitUntilRunning(node, { once: true });
  assertEquals(waiting.map(({ id }) => id), [node.id]);
  assertStrictEquals(
    await whileBusy(() => driver.startNode(node)),
    undefined,
  );
  await waitForNode(driver, node.id);
}

async function checkRenaming(context: Context): Promise<void> {
  const { driver } = context.open();
  assert(supports(driver, "renaming"));
  const { id } = await context.createRunning(driver);
  // Valid for every provider.
  const name = "another-name";
  assertStrictEquals(
    await whileBusy(() => driver.renameNode(id, { name })),
    undefined,
  );
  await until(
    async () => (await driver.getNode(id)).name === name,
    "getNode() does not return the new name",
  );
  const named = async () =>
    (await driver.listNodes()).filter((node) => node.name === name);
  await until(
    async () => (await named()).length > 0,
    "listNodes() does not return the new name",
  );
  assertEquals((await named()).map((node) => node.id), [id]);
}

async function checkKeyPairs(context: Context): Promise<void> {
  const { driver } = context.open();
  assert(supports(driver, "keyPairs"));
  const before = (await driver.listKeyPairs()).map(({ id }) => id);
  const created = [
    await driver.importKeyPair({ name: "imported", publicKey: PUBLIC_KEY }),
    ...(driver.createKeyPair
      ? [await driver.createKeyPair({ name: "created" })]
      : []),
  ];
  for (const keyPair of created) {
    checkKeyPair(keyPair);
    const { id, name } = keyPair;
    assert(!before.includes(id));
    const find = async () =>
      (await driver.listKeyPairs()).find((it) => it.id === id);
    await until(
      async () => await find() !== undefined,
      `listKeyPairs() lacks the new key pair ${name}`,
    );
    const listed = await find();
    assertEquals(listed?.name, name);
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
  assertEquals(created.map(({ name }) => name)[0], "imported");
  let kept = (await driver.listKeyPairs()).map(({ id }) => id);
  for (const keyPair of created) {
    assertStrictEquals(await driver.deleteKeyPair(keyPair), undefined);
    kept = kept.filter((id) => id !== keyPair.id);
    await untilListed(() => driver.listKeyPairs(), kept);
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
  assertEquals(kept, before);
}

/**
 * Removes what may arrive after a node is running: its public addresses, and
 * what `extra` says about them.
 */
function withoutAddresses(node: Node): object {
  const { publicIps: _ips, extra: _extra, ...rest } = node;
  return rest;
}

function idOf(ref: string | { readonly id: string }): string {
  return typeof ref === "string" ? ref : ref.id;
}
