import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { AbortedError, ServiceUnavailableError } from "../../../core/mod.ts";
import {
  changesOf,
  keyOf,
  orderChanges,
  type RecordSet,
  type RecordSetChange,
  RecordSetConflictError,
  type RecordSetInput,
  targetOf,
} from "../../../core/dns/mod.ts";
import {
  applyPlan,
  isNameServers,
  type PlanOptions,
  planZone,
  StalePlanError,
  syncZone,
  type ZonePlan,
} from "../../../core/dns/plan.ts";
import {
  MEMORY_DRIVERS,
  MemoryDnsDriver,
  type MemoryDriver,
  MemorySinglesDriver,
} from "../../_support/dns_memory.ts";

const WWW: RecordSetInput = a("www", "192.0.2.1");
const MAIL: RecordSetInput = {
  name: "@",
  type: "MX",
  ttl: 300,
  data: [{ preference: 10, host: "mx1.example.com" }],
};

function a(name: string, ...data: string[]): RecordSetInput {
  return { name, type: "A", ttl: 300, data };
}

function cname(name: string, host: string): RecordSetInput {
  return { name, type: "CNAME", ttl: 300, data: [host] };
}

/** As many names with an address. */
function many(count: number): RecordSetInput[] {
  return Array.from(
    { length: count },
    (_, index) => a(`host${index}`, `192.0.2.${index}`),
  );
}

async function setUp<D extends MemoryDriver>(
  driver: D,
  ...sets: readonly RecordSetInput[]
) {
  const zone = await driver.createZone({ name: "example.com" });
  for (const set of sets) driver.put(zone, set);
  return { driver, zone };
}

/** The content of a zone, in an order that does not depend on its history. */
async function contentOf(
  driver: MemoryDriver,
  zone: { readonly id: string },
): Promise<unknown[]> {
  const sets: readonly RecordSet[] = await driver.listRecordSets(zone);
  return sets.map(({ name, type, ttl, data }) => ({
    name,
    type,
    ttl,
    data: data.map((it) => JSON.stringify(it)).sort(),
  })).sort((one, other) => keyOf(one) < keyOf(other) ? -1 : 1);
}

const describe = (change: RecordSetChange) =>
  `${change.action} ${keyOf(targetOf(change))}`;

const overJson = (plan: ZonePlan): ZonePlan => JSON.parse(JSON.stringify(plan));

for (const [kind, create] of Object.entries(MEMORY_DRIVERS)) {
  Deno.test(`applyPlan() makes the changes of a plan that went over JSON: ${kind}`, async () => {
    const { driver, zone } = await setUp(create(), a("old", "192.0.2.9"), MAIL);
    const desired = [a("www", "192.0.2.1", "192.0.2.2"), { ...MAIL, ttl: 600 }];
    const plan = await planZone(driver, zone, desired, { prunes: true });
    assertEquals(plan.changes.map(describe), [
      "create www A",
      "replace @ MX",
      "delete old A",
    ]);
    assertEquals(plan.zone, { id: zone.id, name: "example.com" });
    assertEquals(await applyPlan(driver, overJson(plan)), { state: "done" });
    const names = (await driver.listRecordSets(zone)).map(keyOf).sort();
    assertEquals(names, ["@ MX", "www A"]);
    const again = await planZone(driver, zone, desired, { prunes: true });
    assertEquals(again.changes, []);
    assertEquals(again.unchanged, 2);
  });

  Deno.test(`syncZone() replaces a CNAME by addresses and back: ${kind}`, async () => {
    const { driver, zone } = await setUp(create(), WWW, MAIL);
    const addresses: RecordSetInput[] = [WWW, {
      name: "www",
      type: "AAAA",
      ttl: 300,
      data: ["2001:db8::1"],
    }];
    const alias = [cname("www", "web.example.net")];
    for (const desired of [alias, addresses, alias]) {
      await syncZone(driver, zone, desired);
      const sets = await driver.listRecordSets(zone, { name: "www" });
      assertEquals(
        sets.map(({ type }) => type).sort(),
        desired.map(({ type }) => type),
      );
      const again = await planZone(driver, zone, desired);
      assertEquals(again.changes, []);
    }
    // It is not in the way.
    assertEquals((await driver.listRecordSets(zone, { name: "@" })).length, 1);
  });

  Deno.test(`applyPlan() refuses a zone that is not the one of the plan: ${kind}`, async () => {
    const { driver, zone } = await setUp(create(), WWW);
    const desired = [a("www", "192.0.2.2")];
    const plan = await planZone(driver, zone, desired);
    const other = await setUp(create(), a("www", "192.0.2.9"));
    const { writes } = other.driver.account;
    await assertRejects(
      () => applyPlan(other.driver, plan),
      StalePlanError,
      "applyPlan: the zone example.com is not the one that the plan was made " +
        "from, or has changed since; make a new plan",
    );
    assertEquals(other.driver.account.writes, writes);
    // A set that the plan does not change counts, too.
    const another = await setUp(create(), WWW, MAIL);
    await assertRejects(() => applyPlan(another.driver, plan), StalePlanError);
    // Another zone of the account with the same content.
    const second = await driver.createZone({ name: "example.net" });
    driver.put(second, WWW);
    const moved = { ...plan, zone: { id: second.id, name: "example.net" } };
    await assertRejects(() => applyPlan(driver, moved), StalePlanError);
    assertEquals(driver.account.writes, 0);
    await applyPlan(driver, plan);
  });

  Deno.test(`applyPlan() refuses a zone that has changed since: ${kind}`, async () => {
    const changes: readonly ((driver: MemoryDriver, id: string) => void)[] = [
      (driver, id) => driver.put({ id }, a("new", "192.0.2.7")),
      (driver, id) => driver.put({ id }, { ...MAIL, ttl: 60 }),
      (driver, id) => driver.put({ id }, a("www", "192.0.2.8")),
    ];
    for (const change of changes) {
      const { driver, zone } = await setUp(create(), WWW, MAIL);
      const plan = await planZone(driver, zone, [a("www", "192.0.2.2")]);
      change(driver, zone.id);
      const before = await contentOf(driver, zone);
      await assertRejects(() => applyPlan(driver, plan), StalePlanError);
      assertEquals(await contentOf(driver, zone), before);
    }
  });

  Deno.test(`applyPlan() tells what was done if it breaks off, and goes on: ${kind}`, async () => {
    const sets = many(12);
    const desired = [
      ...sets.slice(0, 4).map(({ name }) => a(name, "198.51.100.1")),
      a("new", "192.0.2.1", "192.0.2.2"),
      cname("host5", "web.example.net"),
    ];
    const options: PlanOptions = { prunes: true };
    const maxDeletedShare = 1;
    for (let step = 0;; step++) {
      const { driver, zone } = await setUp(create(), ...sets);
      const plan = await planZone(driver, zone, desired, options);
      driver.account.fault = (at) =>
        at === step ? step % 2 === 0 ? "before" : "after" : undefined;
      let error: unknown;
      try {
        await applyPlan(driver, plan, { maxDeletedShare });
      } catch (it) {
        error = it;
      }
      if (!error) {
        assert(step > 0);
        break;
      }
      assert(error instanceof ServiceUnavailableError, String(error));
      const { done, left } = changesOf(error)!;
      assertEquals(
        [...done, ...left].map(describe).sort(),
        plan.changes.map(describe).sort(),
      );
      if (done.length > 0) {
        assertMatch(
          error.message,
          new RegExp(
            `failed; ${done.length} of ${plan.changes.length} changes`,
          ),
        );
      }
      driver.account.fault = () => undefined;
      await applyPlan(driver, overJson(plan), { maxDeletedShare });
      const again = await planZone(driver, zone, desired, options);
      assertEquals(again.changes, [], `after a failure at step ${step}`);
    }
  });
}

Deno.test("applyPlan() reports the progress and divides changes into calls", async () => {
  const { driver, zone } = await setUp(
    new MemoryDnsDriver({ changeSupport: { maxChanges: 3 } }),
    cname("b", "web.example.net"),
  );
  const desired: RecordSetInput[] = [
    a("a", "192.0.2.1"),
    a("b", "192.0.2.1"),
    { name: "b", type: "AAAA", ttl: 300, data: ["2001:db8::1"] },
    a("c", "192.0.2.1"),
  ];
  const plan = await planZone(driver, zone, desired);
  const progress: string[] = [];
  await applyPlan(driver, plan, {
    onProgress: (done, left) => {
      progress.push(`${done.length} + ${left.length}`);
    },
  });
  // The three changes of "b" are in one call.
  assertEquals(progress, ["0 + 5", "1 + 4", "4 + 1", "5 + 0"]);
  assertEquals(driver.account.writes, 3);
});

Deno.test("applyPlan() stops if the progress callback throws", async () => {
  const { driver, zone } = await setUp(
    new MemoryDnsDriver({ changeSupport: { maxChanges: 1 } }),
  );
  const plan = await planZone(driver, zone, many(3));
  const reason = new Error("enough");
  const error = await assertRejects(
    () =>
      applyPlan(driver, plan, {
        onProgress: (done) => {
          if (done.length === 2) throw reason;
        },
      }),
    AbortedError,
    "applyPlan: aborted; 2 of 3 changes were made",
  );
  assertEquals(error.cause, reason);
  assertEquals(driver.account.writes, 2);
  assertEquals(changesOf(error)?.left.map(describe), ["create host2 A"]);
});

Deno.test("applyPlan() makes no change after an abort", async () => {
  const { driver, zone } = await setUp(new MemorySinglesDriver());
  const plan = await planZone(driver, zone, many(30));
  const controller = new AbortController();
  const error = await assertRejects(
    () =>
      applyPlan(driver, plan, {
        signal: controller.signal,
        onProgress: (done) => {
          if (done.length === 20) controller.abort(new Error("stop"));
        },
      }),
    AbortedError,
    "20 of 30 changes were made",
  );
  assertEquals(driver.account.writes, 20);
  assertEquals(changesOf(error)?.left.length, 10);
});

Deno.test("applyPlan() stops at more than 30 % deletions", async () => {
  const { driver, zone } = await setUp(new MemoryDnsDriver(), ...many(10));
  const options = { prunes: true };
  const plan = await planZone(driver, zone, many(6), options);
  for (
    const run of [
      () => applyPlan(driver, plan),
      () => syncZone(driver, zone, many(6), options),
    ]
  ) {
    await assertRejects(
      run,
      RangeError,
      "4 of 10 record sets would be deleted; maxDeletedShare permits 3",
    );
  }
  assertEquals(driver.account.writes, 0);
  await syncZone(driver, zone, many(7), options);
  // A small zone may lose everything.
  await syncZone(driver, zone, [], options);
  assertEquals(await contentOf(driver, zone), []);
});

Deno.test("applyPlan() deletes as much as maxDeletedShare permits", async () => {
  const { driver, zone } = await setUp(new MemoryDnsDriver(), ...many(20));
  const options = { prunes: true, maxDeletedShare: 0 };
  await assertRejects(
    () => syncZone(driver, zone, many(19), options),
    RangeError,
    "maxDeletedShare permits 0",
  );
  for (const share of [-0.1, 1.1, NaN]) {
    await assertRejects(
      () => syncZone(driver, zone, [], { maxDeletedShare: share }),
      RangeError,
      `syncZone: maxDeletedShare must be a number from 0 to 1, got ${share}`,
    );
  }
  await syncZone(driver, zone, [], { prunes: true, maxDeletedShare: 1 });
  assertEquals(await contentOf(driver, zone), []);
});

Deno.test("applyPlan() refuses a plan for another provider, and what is none", async () => {
  const { driver, zone } = await setUp(new MemoryDnsDriver(), WWW);
  const plan = await planZone(driver, zone, [a("www", "192.0.2.2")]);
  const { reads } = driver.account;
  await assertRejects(
    () => applyPlan(driver, { ...plan, provider: "elsewhere" }),
    TypeError,
    "applyPlan: the plan is for elsewhere, and the driver is for Memory",
  );
  const [change] = plan.changes;
  const wrong: readonly unknown[] = [
    undefined,
    "plan",
    {},
    { ...plan, basis: "" },
    { ...plan, zone: "example.com" },
    { ...plan, changes: [{ ...change, action: "drop" }] },
    { ...plan, changes: [{ action: "replace", after: WWW }] },
    {
      ...plan,
      changes: [{ action: "delete", before: { name: "a", type: "A" } }],
    },
  ];
  for (const it of wrong) {
    await assertRejects(
      () => applyPlan(driver, it as ZonePlan),
      TypeError,
      "applyPlan: plan must be a plan that planZone() returned, got ",
    );
  }
  assertEquals(driver.account.reads, reads);
});

Deno.test("applyPlan() names the record set that another writer changes meanwhile", async () => {
  const { driver, zone } = await setUp(
    new MemoryDnsDriver({ changeSupport: { maxChanges: 1 } }),
    ...many(3),
  );
  const plan = await planZone(
    driver,
    zone,
    many(3).map((set) => ({ ...set, ttl: 60 })),
  );
  const error = await assertRejects(
    () =>
      applyPlan(driver, plan, {
        onProgress: (done) => {
          if (done.length === 1) driver.put(zone, a("host1", "203.0.113.1"));
        },
      }),
    RecordSetConflictError,
    "the record set host1 A has changed since it was read; 1 of 3 changes were made",
  );
  assertEquals(error.recordSet, { name: "host1", type: "A" });
});

Deno.test("applyPlan() goes on in a record set that is half changed, where that can be", async () => {
  for (const [kind, create] of Object.entries(MEMORY_DRIVERS)) {
    const { driver, zone } = await setUp(create());
    const desired = [a("a", "198.51.100.1"), a("b", "198.51.100.1")];
    const start = desired.map(({ name }) => a(name, "192.0.2.1", "192.0.2.2"));
    await syncZone(driver, zone, start);
    const plan = await planZone(driver, zone, desired);
    const half = (name: string) => a(name, "192.0.2.1", "198.51.100.1");
    await driver.setRecordSet(zone, half("a"));
    if (driver.changeSupport.isAtomic) {
      await assertRejects(
        () => applyPlan(driver, plan),
        StalePlanError,
        "",
        kind,
      );
      continue;
    }
    // This plan changes one record set after the other.
    await driver.setRecordSet(zone, half("b"));
    await assertRejects(
      () => applyPlan(driver, plan),
      StalePlanError,
      "",
      kind,
    );
    await driver.setRecordSet(zone, start[1]!);
    await applyPlan(driver, plan);
    assertEquals((await planZone(driver, zone, desired)).changes, []);
  }
});

Deno.test("planZone() leaves alone what is not wanted, unless it prunes", async () => {
  const soa: RecordSetInput = {
    name: "@",
    type: "SOA",
    ttl: 300,
    data: ["ns1.example.net. admin.example.net. 1 2 3 4 5"],
  };
  const servers: RecordSetInput = {
    name: "@",
    type: "NS",
    ttl: 300,
    data: ["ns1.example.net"],
  };
  const sub: RecordSetInput = { ...servers, name: "sub" };
  const { driver, zone } = await setUp(
    new MemoryDnsDriver(),
    soa,
    servers,
    sub,
    WWW,
  );
  const changesFor = async (
    desired: readonly RecordSetInput[],
    options?: PlanOptions,
  ) => (await planZone(driver, zone, desired, options)).changes.map(describe);
  assertEquals(await changesFor([]), []);
  assertEquals(await changesFor([], { prunes: true }), [
    "delete sub NS",
    "delete www A",
  ]);
  // Those of a zone file are no wishes.
  const other = { ...servers, data: ["ns9.example.org"] };
  const otherSoa = { ...soa, data: ["ns9.example.org. a.example. 9 2 3 4 5"] };
  assertEquals(await changesFor([other, otherSoa]), []);
  assertEquals(await changesFor([other], { ignores: () => false }), [
    "replace @ NS",
  ]);
  const ignores = (set: RecordSetInput) =>
    isNameServers(set) || set.name === "www";
  assertEquals(await changesFor([], { prunes: true, ignores }), [
    "delete sub NS",
  ]);
});

Deno.test("planZone() is not stale if what it leaves alone changes", async () => {
  const lent: RecordSetInput = {
    name: "_acme-challenge",
    type: "TXT",
    ttl: 60,
    data: ["1"],
  };
  const { driver, zone } = await setUp(new MemoryDnsDriver(), WWW, lent);
  const ignores = (set: RecordSetInput) => set.name === "_acme-challenge";
  const desired = [a("www", "192.0.2.2")];
  const plan = await planZone(driver, zone, desired, { ignores });
  driver.put(zone, { ...lent, data: ["2"] });
  await assertRejects(() => applyPlan(driver, plan), StalePlanError);
  await applyPlan(driver, plan, { ignores });
});

Deno.test("planZone() keeps record sets that only the provider has", async () => {
  const { driver, zone } = await setUp(new MemoryDnsDriver(), WWW);
  const alias = { name: "@", type: "ALIAS", ttl: 60, data: ["a.example."] };
  driver.put(zone, alias as unknown as RecordSetInput);
  driver.put(zone, { ...a("off"), data: [] });
  const one = { ...a("twice", "192.0.2.1"), extra: {} };
  driver.setsOf(zone).set("1", { ...one, id: "1" } as RecordSet);
  driver.setsOf(zone).set("2", { ...one, id: "2" } as RecordSet);
  const plan = await planZone(driver, zone, [], { prunes: true });
  assertEquals(plan.changes.map(describe), ["delete www A"]);
  assertEquals(plan.unchanged, 4);
  // One that is named is replaced.
  const named = await planZone(driver, zone, [a("off", "192.0.2.3")]);
  assertEquals(named.changes.map(describe), ["replace off A"]);
  await assertRejects(
    () => planZone(driver, zone, [a("twice", "192.0.2.3")]),
    TypeError,
    "planZone: twice A are several record sets, as only Memory has them",
  );
});

Deno.test("planZone() accepts absolute names, and refuses others and doubles", async () => {
  const { driver, zone } = await setUp(new MemoryDnsDriver(), WWW);
  const plan = await planZone(driver, zone, [
    a("WWW.example.com.", "192.0.2.1"),
  ]);
  assertEquals(plan.changes, []);
  const wrong: readonly (readonly [RecordSetInput[], string])[] = [
    [[a("www.example.net.", "192.0.2.1")], 'in the zone "example.com"'],
    [[WWW, a("www.example.com.", "192.0.2.2")], "the record set www A twice"],
    [
      [WWW, cname("www", "web.example.net")],
      "the record set www CNAME and another one with the same name",
    ],
  ];
  for (const [desired, message] of wrong) {
    await assertRejects(
      () => planZone(driver, zone, desired),
      TypeError,
      message,
    );
  }
});

Deno.test("planZone() names all record sets that do not fit, before any request", async () => {
  const { driver, zone } = await setUp(new MemoryDnsDriver({ minTtl: 60 }));
  const short = { ...a("a", "192.0.2.1"), ttl: 30 };
  await assertRejects(
    () => planZone(driver, zone, [short, { ...short, name: "b" }]),
    RangeError,
    "planZone: 2 record sets do not fit Memory: " +
      "a A: ttl must be an integer from 60 to 2147483647, got 30; b A: ttl ",
  );
  const error = await assertRejects(
    () => planZone(driver, zone, [short, a("c", "192.0.2.300"), WWW]),
    TypeError,
  );
  assertStringIncludes(error.message, "c A: data[0] must be an IPv4 address");
  const wrong: readonly unknown[] = [undefined, 5, [undefined], ["a"]];
  for (const desired of wrong) {
    await assertRejects(
      () => planZone(driver, zone, desired as RecordSetInput[]),
      TypeError,
      "planZone: ",
    );
  }
  const options: readonly Record<string, unknown>[] = [
    { prunes: "yes" },
    { ignores: true },
    { onMisfit: "drop" },
  ];
  for (const it of options) {
    await assertRejects(
      () => planZone(driver, zone, [], it),
      TypeError,
      `planZone: ${Object.keys(it)} must be `,
    );
  }
  assertEquals(driver.account.reads, 0);
});

Deno.test("planZone() adapts a TTL to the nearest that the provider accepts", async () => {
  const { driver, zone } = await setUp(new MemoryDnsDriver({ minTtl: 60 }));
  const desired = [{ ...WWW, ttl: 5 }, { ...MAIL, ttl: 77 }];
  const options = { onMisfit: "adapt" } as const;
  const plan = await syncZone(driver, zone, desired, options);
  assertEquals(
    plan.changes.map((it) => it.action === "create" && it.after.ttl),
    [60, 77],
  );
  const again = await planZone(driver, zone, desired, options);
  assertEquals(again.changes, []);
  // Not everything can be adapted.
  await assertRejects(
    () => planZone(driver, zone, [a("www", "x")], options),
    TypeError,
    "www A: data[0] must be an IPv4 address",
  );
});

Deno.test("planZone() leaves the TTL of a record set without one as it is", async () => {
  for (const create of Object.values(MEMORY_DRIVERS)) {
    const { driver, zone } = await setUp(create(), WWW);
    const wish: RecordSetInput = {
      name: "www",
      type: "A",
      data: ["192.0.2.1"],
    };
    assertEquals((await planZone(driver, zone, [wish])).changes, []);
    await syncZone(driver, zone, [
      { ...wish, data: ["192.0.2.2"] } as typeof wish,
    ]);
    const { ttl, data } = await driver.getRecordSet(zone, wish);
    assertEquals({ ttl, data }, { ttl: 300, data: ["192.0.2.2"] });
  }
});

Deno.test("planZone() makes the TTLs of single records the same", async () => {
  const { driver, zone } = await setUp(new MemorySinglesDriver());
  driver.put(zone, a("www", "192.0.2.1"));
  driver.put(zone, { ...a("www", "192.0.2.2"), ttl: 900 });
  const desired = [a("www", "192.0.2.1", "192.0.2.2")];
  const plan = await syncZone(driver, zone, desired);
  assertEquals(plan.changes.map(describe), ["replace www A"]);
  const { extra } = await driver.getRecordSet(zone, desired[0]!);
  assertEquals(extra.records.map(({ ttl }) => ttl), [undefined, undefined]);
  assertEquals((await planZone(driver, zone, desired)).changes, []);
});

Deno.test("planZone() makes the TTLs the same if a record has that of the zone", async () => {
  const { driver, zone } = await setUp(new MemorySinglesDriver());
  driver.put(zone, { ...a("www", "192.0.2.1"), ttl: undefined });
  driver.put(zone, a("www", "192.0.2.2"));
  const desired = [a("www", "192.0.2.1", "192.0.2.2")];
  const plan = await syncZone(driver, zone, desired);
  assertEquals(plan.changes.map(describe), ["replace www A"]);
  assertEquals((await planZone(driver, zone, desired)).changes, []);
});

Deno.test("planZone() leaves alone what is wanted with an absolute name", async () => {
  const { driver, zone } = await setUp(new MemoryDnsDriver());
  const ns = (name: string, host: string): RecordSetInput => ({
    name,
    type: "NS",
    ttl: 300,
    data: [host],
  });
  driver.put(zone, ns("@", "ns1.memory.example"));
  const desired = [ns("example.com.", "ns1.old.example"), WWW];
  const plan = await planZone(driver, zone, desired);
  assertEquals(plan.changes.map(describe), ["create www A"]);
});

Deno.test("planZone() sends no request for what a zone record tells", async () => {
  const { driver, zone } = await setUp(new MemoryDnsDriver(), WWW);
  for (const ref of [zone, zone.id, { name: "example.com" }]) {
    const plan = await planZone(driver, ref, []);
    assertEquals(plan.zone, { id: zone.id, name: "example.com" });
  }
  const listed: unknown[] = [];
  driver.getZone = () => {
    listed.push("getZone");
    return Promise.resolve(zone);
  };
  await planZone(driver, zone, []);
  assertEquals(listed, []);
});

Deno.test("orderChanges() keeps the order of the changes that are left", () => {
  const before = (set: RecordSetInput) => ({ ...set, id: "", extra: {} });
  const ordered: RecordSetChange[] = [
    { action: "create", after: a("b", "192.0.2.1") },
    { action: "delete", before: before(cname("a", "web.example.net")) },
    { action: "delete", before: before({ ...MAIL, name: "b" }) },
  ];
  for (let start = 0; start < ordered.length; start++) {
    const left = ordered.slice(start);
    assertEquals(orderChanges(left), left);
  }
});

Deno.test("orderChanges() deletes what is in the way just before, and the rest last", () => {
  const before = (set: RecordSetInput) => ({ ...set, id: "", extra: {} });
  const changes: RecordSetChange[] = [
    { action: "delete", before: before(a("gone", "192.0.2.1")) },
    { action: "delete", before: before(a("b", "192.0.2.1")) },
    { action: "create", after: a("a", "192.0.2.1") },
    { action: "create", after: cname("b", "web.example.net") },
    { action: "delete", before: before(cname("c", "web.example.net")) },
    { action: "create", after: a("c", "192.0.2.1") },
  ];
  assertEquals(orderChanges(changes).map(describe), [
    "delete b A",
    "create b CNAME",
    "create a A",
    "delete c CNAME",
    "create c A",
    "delete gone A",
  ]);
});
