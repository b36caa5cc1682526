import { assertEquals, assertRejects } from "@std/assert";
import { keyOf, type RecordSetInput, targetOf } from "../../../core/dns/mod.ts";
import { copyZone, ZoneCopyError } from "../../../core/dns/copy.ts";
import { planZone } from "../../../core/dns/plan.ts";
import {
  MEMORY_DRIVERS,
  MemoryDnsDriver,
  MemorySinglesDriver,
} from "../../_support/dns_memory.ts";

const SETS: readonly RecordSetInput[] = [
  { name: "@", type: "NS", ttl: 3600, data: ["ns1.example.net"] },
  {
    name: "@",
    type: "SOA",
    ttl: 60,
    data: ["a.example. b.example. 1 2 3 4 5"],
  },
  { name: "@", type: "TXT", ttl: 60, data: ["v=spf1 -all", "other"] },
  { name: "www", type: "CNAME", ttl: 60, data: ["web.example.net"] },
  { name: "no-ttl", type: "A", data: ["192.0.2.1"] },
];

async function original() {
  const driver = new MemoryDnsDriver();
  const zone = await driver.createZone({ name: "example.com", ttl: 900 });
  for (const set of SETS) driver.put(zone, set);
  return { driver, zone: { name: "example.com" }, id: zone.id };
}

for (const [kind, create] of Object.entries(MEMORY_DRIVERS)) {
  Deno.test(`copyZone() copies all but what belongs to the provider: ${kind}`, async () => {
    const from = await original();
    const driver = create();
    const zone = await driver.createZone({ name: "example.com" });
    const servers = {
      ...SETS[0]!,
      data: ["ns9.example.org"],
    } as RecordSetInput;
    driver.put(zone, servers);
    driver.put(zone, { name: "old", type: "A", ttl: 60, data: ["192.0.2.9"] });
    const plan = await copyZone(from, { driver, zone }, { prunes: true });
    assertEquals(plan.changes.length, 4);
    const sets = await driver.listRecordSets(zone);
    assertEquals(
      Object.fromEntries(sets.map((set) => [keyOf(set), [set.ttl, set.data]])),
      {
        "@ NS": [3600, ["ns9.example.org"]],
        "@ TXT": [60, ["v=spf1 -all", "other"]],
        "www CNAME": [60, ["web.example.net"]],
        // The zone of the original had a TTL.
        "no-ttl A": [900, ["192.0.2.1"]],
      },
    );
    const again = await copyZone(from, { driver, zone }, { prunes: true });
    assertEquals(again.changes, []);
    assertEquals(from.driver.account.writes, 0);
  });
}

Deno.test("copyZone() copies into a zone with another name", async () => {
  const from = await original();
  const driver = new MemorySinglesDriver();
  const zone = await driver.createZone({ name: "example.org" });
  await copyZone(from, { driver, zone: { name: "example.org" } });
  assertEquals((await driver.listRecordSets(zone)).length, 3);
});

Deno.test("copyZone() refuses what the other provider cannot hold", async () => {
  const from = await original();
  const driver = new MemoryDnsDriver({ minTtl: 300 });
  const zone = await driver.createZone({ name: "example.com" });
  await assertRejects(
    () => copyZone(from, { driver, zone }),
    RangeError,
    "2 record sets do not fit Memory: @ TXT: ttl must be",
  );
  assertEquals(driver.account.writes, 0);
  await copyZone(from, { driver, zone }, { onMisfit: "adapt" });
  const { ttl } = await driver.getRecordSet(zone, { name: "@", type: "TXT" });
  assertEquals(ttl, 300);
});

Deno.test("copyZone() refuses what only the original's provider has, unless it is left out", async () => {
  const from = await original();
  const alias = { name: "@", type: "ALIAS", ttl: 60, data: ["a.example."] };
  from.driver.put({ id: from.id }, alias as unknown as RecordSetInput);
  const driver = new MemoryDnsDriver();
  const zone = await driver.createZone({ name: "example.com" });
  await assertRejects(
    () => copyZone(from, { driver, zone }),
    TypeError,
    "copyZone: only Memory has record sets such as @ ALIAS; leave them out with " +
      "ignores",
  );
  const ignores = (set: RecordSetInput) =>
    ["ALIAS", "NS"].includes(set.type as string);
  const plan = await copyZone(from, { driver, zone }, { ignores });
  assertEquals(plan.changes.length, 3);
});

Deno.test("copyZone() rejects if the copy is not the same afterwards", async () => {
  const from = await original();
  const driver = new MemoryDnsDriver();
  const zone = await driver.createZone({ name: "example.com" });
  const onProgress = (_done: unknown, left: readonly unknown[]) => {
    if (left.length > 0) return;
    driver.put(zone, {
      name: "www",
      type: "CNAME",
      ttl: 60,
      data: ["b.example"],
    });
  };
  const error = await assertRejects(
    () => copyZone(from, { driver, zone }, { onProgress }),
    ZoneCopyError,
    "copyZone: the copy of the zone differs in www CNAME",
  );
  assertEquals(error.plan.changes.map(targetOf).map(keyOf), ["www CNAME"]);
  assertEquals(error.mayHaveBeenApplied, true);
});

Deno.test("copyZone() rejects invalid arguments before any request", async () => {
  const from = await original();
  const { driver } = from;
  for (
    const [field, args] of [
      ["from", [undefined, from]],
      ["from", [{ zone: "a" }, from]],
      ["to", [from, driver]],
      ["zone", [from, { driver, zone: 5 }]],
    ] as const
  ) {
    await assertRejects(
      () => copyZone(...args as unknown as Parameters<typeof copyZone>),
      TypeError,
      `copyZone: ${field} must be `,
    );
  }
  assertEquals(driver.account.reads, 0);
  const plan = await planZone(driver, from.zone, []);
  assertEquals(plan.changes, []);
});
