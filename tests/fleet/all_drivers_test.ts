/**
 * Every driver of the package in one fleet, with its simulator.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Fetch } from "../../core/mod.ts";
import {
  Fleet,
  type FleetMethod,
  type InFleet,
  type NodeDriver,
} from "../../core/compute/mod.ts";
import { ACCOUNTS } from "../_support/accounts.ts";

/** Number of nodes of each account, and the largest page. */
const SIZES = { nodes: 7, largestPage: 3 };

const METHODS: readonly FleetMethod[] = [
  "listImages",
  "listKeyPairs",
  "listLocations",
  "listNodes",
  "listSizes",
  "listVolumes",
  "listVolumeSnapshots",
];

const accounts = Object.entries(ACCOUNTS).map(([provider, open]) =>
  [provider, open(SIZES)] as const
);

/**
 * Creates a driver for each account, as a new process does.
 *
 * @param note Called before each `fetch`.
 */
function connect(note: () => void = () => {}): Record<string, NodeDriver> {
  return Object.fromEntries(accounts.map(([provider, account]) => {
    const fetch: Fetch = (request) => {
      note();
      return account.fetch(request);
    };
    return [provider, account.connect({ fetch })];
  }));
}

/** Calls a list of one driver, if the driver has it. */
async function own(driver: NodeDriver, method: FleetMethod) {
  const list = (driver as unknown as Record<string, unknown>)[method];
  if (typeof list !== "function") return [];
  return await list.call(driver) as InFleet<object>[];
}

for (const method of METHODS) {
  Deno.test(`Fleet.${method}() returns what all drivers return, awaited, streamed and in parts`, async () => {
    const drivers = connect();
    const expected: unknown[] = [];
    for (const [driver, it] of Object.entries(drivers)) {
      const records = await own(it, method);
      expected.push(...records.map((record) => ({ ...record, driver })));
    }
    assert(expected.length > 0);
    const fleet = new Fleet(drivers);
    const list = (options = {}): ReturnType<typeof fleet.listImages> =>
      (fleet[method] as typeof fleet.listImages)(options);
    const { items, errors } = await list();
    assertEquals([items, errors], [expected, {}]);
    const sorted = (records: readonly unknown[]) =>
      records.map((it) => JSON.stringify(it)).sort();
    const streamed = await Array.fromAsync(list());
    assertEquals(sorted(streamed), sorted(expected));
    const resumed: unknown[] = [];
    let from: string | undefined;
    let parts = 0;
    do {
      const part = await (new Fleet(connect())[method] as typeof list)(
        { budget: 8, from },
      );
      assertEquals(part.errors, {});
      resumed.push(...part.items);
      from = part.next;
      parts++;
    } while (from !== undefined);
    assertEquals(sorted(resumed), sorted(expected));
    assert(method !== "listNodes" || parts > 1);
  });
}

for (const provider of Object.keys(ACCOUNTS)) {
  Deno.test(`the budget of a fleet counts every fetch of the driver for ${provider}`, async () => {
    for (const method of METHODS) {
      let sent = 0;
      const list = async (budget?: number) => {
        sent = 0;
        const driver = connect(() => sent++)[provider]!;
        const fleet = new Fleet({ [provider]: driver });
        const listing = (fleet[method] as typeof fleet.listImages)({ budget });
        // With a position, pages are read one by one, too.
        const pages = await Array.fromAsync(listing.pages());
        return pages.at(-1)?.next;
      };
      await list();
      const needed = sent;
      if (needed === 0) continue;
      assertEquals([await list(needed), sent], [undefined, needed], method);
      if (needed === 1) continue;
      const short = needed - 1;
      const next = await list(short).catch((error) => {
        // A login, and no page.
        assert(error instanceof RangeError, String(error));
        return "from the start";
      });
      assertEquals([typeof next, sent], ["string", short], method);
    }
  });
}

Deno.test("Fleet.get(), find() and monthlyCost() work with every driver", async () => {
  const drivers = connect();
  const fleet = new Fleet(drivers);
  const { items } = await fleet.listNodes();
  for (const name of Object.keys(drivers)) {
    const node = items.find(({ driver }) => driver === name)!;
    assertEquals(await fleet.get(`${name}/${node.id}`), await fleet.get(node));
    assertEquals((await fleet.get(node)).driver, name);
  }
  const names = items.map(({ name }) => name);
  const unique = items.find(({ name }) =>
    names.indexOf(name) === names.lastIndexOf(name)
  );
  if (unique) assertEquals((await fleet.find(unique.name)).id, unique.id);
  await assertRejects(() => fleet.find("no such node"));
  const { total, byDriver, byProvider, errors } = await fleet.monthlyCost();
  assertEquals(errors, {});
  const count = Object.keys(drivers).length * SIZES.nodes;
  assertEquals(total.nodes, count);
  assertEquals(byDriver, byProvider);
  for (const { nodes, unpriced, monthly } of Object.values(byDriver)) {
    assertEquals(nodes, SIZES.nodes);
    assertEquals(Object.keys(monthly).length === 0, unpriced === nodes);
    for (const sum of Object.values(monthly)) assert(sum > 0);
  }
});
