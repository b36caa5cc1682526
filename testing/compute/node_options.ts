/**
 * Checks of user data, tags and sizes of nodes.
 *
 * @module
 */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { supports, takesUserData } from "../../core/compute/mod.ts";
import { type Check, outcomeOf, show } from "../checks.ts";
import { contains, readRequest, record } from "../requests.ts";
import { createDriver } from "../subject.ts";
import { hasCapability } from "./capabilities.ts";
import { USER_DATA } from "./common_options.ts";
import {
  type Context,
  TIMEOUT_MS,
  untilRight,
  WAIT,
  waitForNode,
  whileBusy,
} from "./context.ts";
import { respond } from "../responses.ts";

/** Creates the checks of user data, tags and sizes. */
export function nodeOptionChecks(context: Context): Check[] {
  return [
    {
      name:
        "createNode() sends user data up to the limit, and does not show it",
      rule:
        "User data above expected.maxUserDataBytes is refused; no record, list, error or hook shows user data.",
      see: "user-data",
      run: () => checkUserData(context),
    },
    {
      name:
        "createNode() gives a node its tags, and listNodes() filters by them",
      rule:
        "Node.tags has all tags; listNodes({ tags }) returns the nodes that have all of them.",
      see: "tags",
      run: () => checkTags(context),
    },
    ...(hasCapability(context.options.Driver, "resizing")
      ? [{
        name: "resizeNode() changes the size of a node",
        rule: "A resized node has the new sizeId.",
        see: "resizing",
        run: () => checkResizing(context),
      }]
      : []),
  ];
}

async function checkUserData(context: Context): Promise<void> {
  const { maxUserDataBytes } = context.options.expected;
  const { driver } = context.open();
  const support = takesUserData(driver) ? driver.userDataSupport : undefined;
  assertEquals(
    support?.maxBytes,
    maxUserDataBytes,
    "userDataSupport.maxBytes of the driver, and expected.maxUserDataBytes",
  );
  if (support === undefined) return;
  const longest = USER_DATA.padEnd(support.maxBytes, "x");
  assert(await isSent(context, longest), "user data of the largest size");
  assert(
    !await isSent(context, `${longest}x`),
    "user data above the limit must be refused before any request",
  );
  // Two bytes in UTF-8.
  const wide = USER_DATA.padEnd(support.maxBytes - 1, "x") + "ä";
  assert(!await isSent(context, wide), "the limit must count bytes");
  const bytes = new Uint8Array([0x1f, 0x8b, 0xff, 0x00]);
  assertEquals(
    await isSent(context, bytes),
    support.takesBytes,
    "whether bytes are sent, and userDataSupport.takesBytes",
  );
  await checkHidden(context);
}

/** Whether createNode() sends user data; otherwise it must refuse it. */
async function isSent(
  context: Context,
  userData: string | Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const { options } = context;
  const { requests, fetch } = record(context.open().fetch);
  const driver = createDriver(options, { fetch });
  const outcome = await outcomeOf(() => context.create(driver, { userData }));
  if (requests.length === 0) {
    const { error } = outcome as { readonly error?: unknown };
    assert(
      error instanceof TypeError || error instanceof RangeError,
      `expected a TypeError or RangeError, got ${show(error)}`,
    );
    return false;
  }
  const sent = await Promise.all(requests.map(readRequest));
  const wanted = typeof userData === "string"
    ? userData
    : btoa(String.fromCharCode(...userData));
  assert(
    sent.some((request) => contains(request, wanted)),
    "no request contains the user data",
  );
  return true;
}

async function checkHidden(context: Context): Promise<void> {
  const seen: unknown[] = [];
  const see = (event: unknown) => void seen.push(event);
  const hooks = { onRequest: see, onResponse: see, onRetry: see };
  const { driver } = context.open(undefined, { hooks });
  const node = await context.create(driver, { userData: USER_DATA });
  seen.push(node, await waitForNode(driver, node.id), await driver.listNodes());
  const echoing = context.open(
    async (request, fetch) => {
      const sent = await readRequest(request.clone());
      if (!contains(sent, USER_DATA)) return await fetch(request);
      // The provider may have decoded it.
      const text = `${await request.text()} ${USER_DATA} ${btoa(USER_DATA)}`;
      return await respond(text, 400);
    },
    { hooks },
  );
  const outcome = await outcomeOf(() =>
    context.create(echoing.driver, { userData: USER_DATA })
  );
  assert("error" in outcome, "expected status 400 to be an error");
  const { error } = outcome;
  seen.push(error, { ...error as object }, String(error));
  for (const value of seen) {
    for (const form of [USER_DATA.split("\n")[1]!, btoa(USER_DATA)]) {
      assert(
        !(JSON.stringify(value) ?? "").includes(form),
        `user data is visible in ${show(value).slice(0, 500)}`,
      );
    }
  }
}

async function checkTags(context: Context): Promise<void> {
  const { driver, sent } = context.open();
  const { create, hasUniqueNames } = context.options;
  const tags = { canary: "yellow", cage: "" };
  const refused = await outcomeOf(() => context.create(driver, { tags }));
  if (sent.length === 0) {
    // Without tags, a filter by tags cannot work either.
    const listed = await outcomeOf(() => driver.listNodes({ tags }));
    for (const outcome of [refused, listed]) {
      assert(
        "error" in outcome && outcome.error instanceof TypeError,
        "expected a TypeError for tags, because createNode() refuses them",
      );
    }
    return;
  }
  assert("value" in refused, `createNode() failed: ${show(refused)}`);
  for (const none of [{}, []]) {
    const before = sent.length;
    const outcome = await outcomeOf(() => driver.listNodes({ tags: none }));
    assert(
      "error" in outcome && outcome.error instanceof TypeError,
      "expected a TypeError for a filter without tags",
    );
    assertEquals(sent.length, before, "requests for a filter without tags");
  }
  const { id } = refused.value as { readonly id: string };
  const name = hasUniqueNames ? `${create.name}-b` : create.name;
  const other = await context.create(driver, {
    name,
    tags: { canary: "green", cage: "" },
  });
  assertEquals((await waitForNode(driver, id)).tags, tags);
  const list = (tags: Readonly<Record<string, string>>) => async () =>
    (await driver.listNodes({ tags })).map((node) => node.id);
  await untilRight(
    list({ cage: "" }),
    (ids) => ids.includes(id) && ids.includes(other.id),
    "listNodes({ tags }) lacks a node that has the tag",
  );
  assertEquals(await list(tags)(), [id], "nodes that have all tags");
}

async function checkResizing(context: Context): Promise<void> {
  const { driver } = context.open();
  assert(supports(driver, "resizing"));
  const node = await context.createRunning(driver);
  const { size } = context.valuesOf("resizeNode");
  const sizeId = (size as { id?: string }).id ?? size as string;
  assert(
    sizeId !== node.sizeId,
    "the table of methods must resize a node to another size",
  );
  if (context.options.resizesStopped && supports(driver, "power")) {
    await whileBusy(() => driver.stopNode(node));
    await driver.waitForState(node, { ...WAIT, state: "stopped" });
  }
  assertStrictEquals(
    await whileBusy(() =>
      driver.resizeNode(node, { timeoutMs: TIMEOUT_MS, size: sizeId })
    ),
    undefined,
  );
  const [resized] = await untilRight(
    async () => [await driver.getNode(node)],
    ([it]) => it?.sizeId === sizeId,
    "the node does not have the new size",
  );
  assertEquals(resized?.id, node.id);
}
