/**
 * Checks of changes: replace, compare, order, and what was done when one fails.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { CloudError, ConflictError } from "../../core/mod.ts";
import {
  changesOf,
  type RecordSetChange,
  type RecordSetInput,
} from "../../core/dns/mod.ts";
import { type Check, show } from "../checks.ts";
import { rejection } from "../context.ts";
import {
  assertSameSet,
  type DnsContext,
  find,
  type NewZone,
  QUICK,
  sorted,
} from "./context.ts";

/** Creates the checks of changes. */
export function changeChecks(context: DnsContext): Check[] {
  return [
    {
      name: "setRecordSet() replaces all values, and no other record set",
      run: () => checkReplace(context),
    },
    {
      name: "addRecord() and removeRecord() change these values and no others",
      run: () => checkValues(context),
    },
    {
      name: "deleteRecordSet() of a set that is not there does nothing",
      run: () => checkDelete(context),
    },
    {
      name:
        "changeRecordSets() rejects with a ConflictError if a set is not as it was read",
      run: () => checkBefore(context),
    },
    {
      name:
        "changeRecordSets() replaces a CNAME by other types, and the other way round",
      run: () => checkAlias(context),
    },
    {
      name: "changeRecordSets() is all or nothing, or tells what was done",
      run: () => checkFailure(context),
    },
    {
      name:
        "changeRecordSets() rejects changes that are invalid before any request",
      run: () => checkMistakes(context),
    },
    {
      name: "waitForChange() resolves when a change is done",
      run: () => checkWait(context),
    },
  ];
}

async function checkReplace(context: DnsContext): Promise<void> {
  const it = await context.openZone();
  const { driver, zone } = it;
  const www = (...data: readonly string[]) => context.address("www", ...data);
  const others = [
    context.address("other", "192.0.2.1"),
    { name: "www", type: "TXT", ttl: context.options.ttl, data: ["text"] },
  ] as const;
  for (const set of others) await driver.setRecordSet(zone, set);
  const steps = [
    ["192.0.2.1"],
    ["192.0.2.1", "192.0.2.2", "192.0.2.3"],
    ["192.0.2.3", "192.0.2.4"],
    ["192.0.2.5"],
    ["192.0.2.5"],
  ];
  for (const data of steps) {
    await driver.setRecordSet(zone, www(...data));
    assertSameSet(await find(it, www("")), www(...data));
  }
  await driver.deleteRecordSet(zone, www(""));
  assertEquals(await find(it, www("")), undefined);
  for (const set of others) assertSameSet(await find(it, set), set);
}

async function checkValues(context: DnsContext): Promise<void> {
  const it = await context.openZone();
  const { driver, zone } = it;
  const set = (...data: readonly string[]) => context.address("www", ...data);
  const add = async (...data: readonly string[]) => {
    const change = await driver.addRecord(zone, set(...data), QUICK);
    assert(["done", "pending"].includes(change.state), show(change));
  };
  const remove = async (...data: readonly string[]) => {
    await driver.removeRecord(zone, set(...data), QUICK);
  };
  const data = async () => sorted((await find(it, set("")))?.data ?? []);
  const values = (...all: readonly string[]) => sorted(all);
  await add("192.0.2.1");
  await add("192.0.2.2", "192.0.2.3");
  assertEquals(await data(), values("192.0.2.1", "192.0.2.2", "192.0.2.3"));
  it.sent.length = 0;
  await add("192.0.2.2");
  assertEquals(await data(), values("192.0.2.1", "192.0.2.2", "192.0.2.3"));
  const isWrite = (request: Request) => context.isWrite(request);
  assert(!it.sent.some(isWrite), "a value that is there was written again");
  // The TTL of the set stays the same.
  const { ttl } = context.options;
  await driver.addRecord(zone, { ...set("192.0.2.4"), ttl: ttl * 2 }, QUICK);
  assertEquals((await find(it, set("")))?.ttl, ttl);
  await remove("192.0.2.1", "192.0.2.4", "192.0.2.99");
  assertEquals(await data(), values("192.0.2.2", "192.0.2.3"));
  await remove("192.0.2.2", "192.0.2.3");
  assertEquals(await find(it, set("")), undefined);
  await remove("192.0.2.2");
  assertEquals(await find(it, set("")), undefined);
}

async function checkDelete(context: DnsContext): Promise<void> {
  const { driver, zone } = await context.openZone();
  const before = await driver.listRecordSets(zone);
  const key = { name: "none", type: "A" } as const;
  await driver.deleteRecordSet(zone, key);
  await driver.changeRecordSets(zone, [{ action: "delete", before: key }]);
  assertEquals(
    (await driver.listRecordSets(zone)).map(({ id }) => id),
    before.map(({ id }) => id),
  );
}

async function checkBefore(context: DnsContext): Promise<void> {
  const it = await context.openZone();
  const { driver, zone } = it;
  const set = (...data: readonly string[]) => context.address("www", ...data);
  await driver.setRecordSet(zone, set("192.0.2.1"));
  const old = await driver.getRecordSet(zone, set(""));
  await driver.setRecordSet(zone, set("192.0.2.2"));
  const other = context.address("other", "192.0.2.3");
  const refused: readonly RecordSetChange[] = [
    { action: "create", after: set("192.0.2.4") },
    { action: "replace", before: old, after: set("192.0.2.4") },
    { action: "delete", before: old },
  ];
  for (const change of refused) {
    for (
      const changes of [[change], [
        change,
        { action: "create", after: other } as const,
      ]]
    ) {
      const error = await rejection(() =>
        driver.changeRecordSets(zone, changes)
      );
      assert(ConflictError.is(error), `expected a ConflictError, got ${error}`);
      assertEquals(error.operation, "changeRecordSets");
      assertSameSet(await find(it, set("")), set("192.0.2.2"));
      assertEquals(await find(it, other), undefined);
    }
  }
  const error = await rejection(() => driver.deleteRecordSet(zone, old));
  assert(ConflictError.is(error), `expected a ConflictError, got ${error}`);
  const current = await driver.getRecordSet(zone, set(""));
  await driver.changeRecordSets(zone, [
    { action: "replace", before: current, after: set("192.0.2.5") },
    { action: "create", after: other },
  ]);
  assertSameSet(await find(it, set("")), set("192.0.2.5"));
  assertSameSet(await find(it, other), other);
  await driver.deleteRecordSet(zone, await driver.getRecordSet(zone, other));
  assertEquals(await find(it, other), undefined);
}

async function checkAlias(context: DnsContext): Promise<void> {
  const it = await context.openZone();
  const { driver, zone } = it;
  const { ttl } = context.options;
  const address = context.address("www", "192.0.2.1");
  const alias: RecordSetInput = {
    name: "www",
    type: "CNAME",
    ttl,
    data: ["www.example.net"],
  };
  await driver.setRecordSet(zone, address);
  await driver.changeRecordSets(zone, [
    { action: "create", after: alias },
    { action: "delete", before: address },
  ]);
  assertSameSet(await find(it, alias), alias);
  assertEquals(await find(it, address), undefined);
  await driver.changeRecordSets(zone, [
    { action: "replace", after: address },
    { action: "delete", before: alias },
  ]);
  assertSameSet(await find(it, address), address);
  assertEquals(await find(it, alias), undefined);
}

/** Changes of which one fails: a name that has another record has no CNAME. */
async function checkFailure(context: DnsContext): Promise<void> {
  const it = await context.openZone();
  const { driver, zone } = it;
  const taken = context.address("taken", "192.0.2.1");
  await driver.setRecordSet(zone, taken);
  const first = context.address("first", "192.0.2.2");
  const last = context.address("last", "192.0.2.3");
  const alias = {
    name: "taken",
    type: "CNAME",
    data: ["www.example.net"],
  } as const;
  const changes: readonly RecordSetChange[] = [first, alias, last]
    .map((after) => ({ action: "replace", after }));
  const error = await rejection(() => driver.changeRecordSets(zone, changes));
  assert(CloudError.is(error), `expected a CloudError, got ${error}`);
  assertSameSet(await find(it, taken), taken);
  assertEquals(await find(it, alias), undefined);
  assertEquals(await find(it, last), undefined);
  if (driver.changeSupport.isAtomic) {
    assertEquals(await find(it, first), undefined);
    return;
  }
  assertSameSet(await find(it, first), first);
  const progress = changesOf(error);
  assert(progress, "changesOf() of the error must tell what was done");
  assertEquals(namesIn(progress.done), ["first"]);
  assertEquals(namesIn(progress.left), ["taken", "last"]);
  await driver.deleteRecordSet(zone, taken);
  await driver.changeRecordSets(zone, progress.left);
  assert(await find(it, alias), "the changes that were left can be made");
  assertSameSet(await find(it, last), last);
}

function namesIn(changes: readonly RecordSetChange[]): string[] {
  return changes.map((change) =>
    change.action === "delete" ? change.before.name : change.after.name
  );
}

async function checkMistakes(context: DnsContext): Promise<void> {
  const { driver, zone, sent }: NewZone = await context.openZone();
  const after = context.address("www", "192.0.2.1");
  const create = { action: "create", after } as const;
  const { maxChanges } = driver.changeSupport;
  const cases: readonly unknown[] = [
    undefined,
    {},
    "create",
    [undefined],
    [{}],
    [{ action: "upsert", after }],
    [{ action: "create" }],
    [{ action: "delete" }],
    [create, create],
    [create, { action: "delete", before: { name: "WWW", type: "A" } }],
    ...maxChanges < Infinity
      ? [Array.from({ length: maxChanges + 1 }, (_, index) => ({
        action: "create",
        after: context.address(`n${index}`, "192.0.2.1"),
      }))]
      : [],
  ];
  for (const changes of cases) {
    const error = await rejection(() =>
      driver.changeRecordSets(zone, changes as never)
    );
    assert(
      error instanceof TypeError || error instanceof RangeError,
      `expected ${show(changes).slice(0, 100)} to be rejected, got ${error}`,
    );
    assert(error.message.startsWith("changeRecordSets: "), error.message);
  }
  assertEquals(sent.length, 0, "requests in spite of a mistake");
  assertEquals(await driver.changeRecordSets(zone, []), { state: "done" });
  assertEquals(sent.length, 0, "requests without changes");
}

async function checkWait(context: DnsContext): Promise<void> {
  const { driver, zone } = await context.openZone();
  const set = context.address("www", "192.0.2.1");
  const change = await driver.setRecordSet(zone, set);
  const done = await driver.waitForChange(change, { intervalMs: 2 });
  assertEquals(done.state, "done");
  const once = await driver.waitForChange(change, { once: true });
  assertEquals(once.state, "done");
  const error = await rejection(() => driver.waitForChange(null as never));
  assert(error instanceof TypeError, `expected a TypeError, got ${error}`);
}
