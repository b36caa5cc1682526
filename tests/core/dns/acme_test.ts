import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { NotFoundError, TimeoutError } from "../../../core/mod.ts";
import type { ChangeResult, ChangeWaitOptions } from "../../../core/dns/mod.ts";
import {
  dns01,
  type Dns01Options,
  dns01Value,
} from "../../../core/dns/acme.ts";
import type { Resolve } from "../../../core/dns/propagation.ts";
import {
  MEMORY_DRIVERS,
  MemoryDnsDriver,
  type MemoryDriver,
} from "../../_support/dns_memory.ts";

const ONE = await dns01Value("one");
const TWO = await dns01Value("two");
const SET = { name: "_acme-challenge", type: "TXT" } as const;

async function setUp<D extends MemoryDriver>(driver: D) {
  const zone = await driver.createZone({ name: "x.test" });
  await driver.createZone({ name: "test" });
  const valuesOf = async () =>
    (await driver.listRecordSets(zone, SET))
      .flatMap(({ data }) => data as readonly string[]).sort();
  return { driver, zone, valuesOf };
}

/** Options for tests: no look-ups, and no delays. */
const QUICK: Dns01Options = { resolve: [], settleMs: 0 };

for (const [kind, create] of Object.entries(MEMORY_DRIVERS)) {
  Deno.test(`dns01() adds two values to one name, and removes only its own: ${kind}`, async () => {
    const { driver, zone, valuesOf } = await setUp(create());
    driver.put(zone, { ...SET, ttl: 300, data: ["of another writer"] });
    const challenges = dns01(driver, QUICK);
    const [record] = await Promise.all([
      challenges.add("x.test", ONE),
      challenges.add("*.x.test", TWO),
    ]);
    assertEquals(record, {
      zone: { id: zone.id, name: "x.test" },
      name: "_acme-challenge.x.test",
      value: ONE,
      change: { state: "done" },
      isServed: true,
    });
    assertEquals(await valuesOf(), [ONE, TWO, "of another writer"].sort());
    await challenges.remove("x.test", ONE);
    assertEquals(await valuesOf(), [TWO, "of another writer"].sort());
    await challenges.remove("*.x.test", TWO);
    // A value that is gone need not be removed.
    await challenges.remove("x.test", ONE);
    assertEquals(await valuesOf(), ["of another writer"]);
  });
}

Deno.test("dns01() waits until the resolvers have the value", async () => {
  const { driver, valuesOf } = await setUp(new MemoryDnsDriver());
  const seen: unknown[] = [];
  const resolve: Resolve = async (name, type) => {
    seen.push([name, type, await valuesOf()]);
    return seen.length < 3 ? [] : ["other", ONE];
  };
  const challenges = dns01(driver, { ...QUICK, resolve, intervalMs: 1 });
  const { isServed } = await challenges.add("x.test", ONE);
  assertEquals(isServed, true);
  assertEquals(
    seen,
    Array(3).fill(["_acme-challenge.x.test", "TXT", [ONE]]),
  );
});

Deno.test("dns01() with once does not wait, and goes on later", async () => {
  const { driver } = await setUp(new MemoryDnsDriver());
  const answers = [[], [], [ONE]];
  const resolve: Resolve = () => Promise.resolve(answers.shift() ?? []);
  const challenges = dns01(driver, { ...QUICK, resolve });
  const once = { once: true };
  const record = await challenges.add("x.test", ONE, once);
  assertEquals(record.isServed, false);
  // In another process.
  const later = dns01(driver, { ...QUICK, resolve });
  const kept = JSON.parse(JSON.stringify(record));
  assertEquals((await later.wait(kept, once)).isServed, false);
  assertEquals((await later.wait(kept, once)).isServed, true);
});

/** A driver whose provider tells when its name servers have a change. */
class TellingDriver extends MemoryDnsDriver {
  readonly waits: ChangeWaitOptions[] = [];
  pending = 1;

  override async addRecord(
    ...args: Parameters<MemoryDnsDriver["addRecord"]>
  ): Promise<ChangeResult> {
    await super.addRecord(...args);
    return { id: "change-1", state: "pending" };
  }

  protected override readChange(
    _operation: string,
    id: string,
    options: ChangeWaitOptions,
  ): Promise<ChangeResult> {
    this.waits.push(options);
    const state = this.pending-- > 0 ? "pending" : "done";
    return Promise.resolve({ id, state });
  }
}

Deno.test("dns01() believes a provider that tells when a change is served", async () => {
  const { driver } = await setUp(new TellingDriver());
  // Without `resolve`, public resolvers are not asked.
  const challenges = dns01(driver, { settleMs: 0, intervalMs: 1 });
  const { change, isServed } = await challenges.add("x.test", ONE);
  assertEquals({ change, isServed }, {
    change: { id: "change-1", state: "done" },
    isServed: true,
  });
  assertEquals(driver.waits.length, 2);
  driver.pending = 1;
  const record = await challenges.add("x.test", TWO, { once: true });
  assertEquals(record.isServed, false);
  assertEquals((await challenges.wait(record, { once: true })).isServed, true);
});

Deno.test("dns01().wait() has one time limit for the provider and the resolvers", async () => {
  class SlowDriver extends TellingDriver {
    override async waitForChange(
      change: ChangeResult,
      { timeoutMs }: ChangeWaitOptions = {},
    ): Promise<ChangeResult> {
      limits.push(timeoutMs);
      await new Promise((resolve) => setTimeout(resolve, 30));
      return { ...change, state: "done" };
    }
  }
  const limits: (number | undefined)[] = [];
  const { driver } = await setUp(new SlowDriver());
  const resolve: Resolve = () => Promise.resolve([]);
  const challenges = dns01(driver, { ...QUICK, resolve, intervalMs: 1 });
  const record = {
    zone: { id: "zone-1", name: "x.test" },
    name: "_acme-challenge.x.test",
    value: ONE,
    change: { id: "change-1", state: "pending" },
    isServed: false,
  } as const;
  const error = await assertRejects(
    () => challenges.wait(record, { timeoutMs: 100 }),
    TimeoutError,
  );
  assertEquals(limits, [100]);
  const [, ms] = /timed out after (\d+) ms/.exec(error.message) ?? [];
  assert(Number(ms) <= 71, error.message);
});

Deno.test("dns01() keeps the value if the wait times out, and can remove it", async () => {
  const { driver, valuesOf } = await setUp(new MemoryDnsDriver());
  const resolve: Resolve = () => Promise.resolve([]);
  const challenges = dns01(driver, { ...QUICK, resolve, intervalMs: 1 });
  await assertRejects(
    () => challenges.add("x.test", ONE, { timeoutMs: 50 }),
    TimeoutError,
    "timed out after 50 ms",
  );
  assertEquals(await valuesOf(), [ONE]);
  await challenges.remove("x.test", ONE);
  assertEquals(await valuesOf(), []);
});

Deno.test("dns01() writes to the longest zone, with a TTL that the provider accepts", async () => {
  const { driver, zone } = await setUp(new MemoryDnsDriver({ minTtl: 300 }));
  await dns01(driver, QUICK).add("*.a.b.x.test", ONE);
  const set = await driver.getRecordSet(zone, {
    name: "_acme-challenge.a.b",
    type: "TXT",
  });
  assertEquals({ ttl: set.ttl, data: set.data }, { ttl: 300, data: [ONE] });
  await assertRejects(
    () => dns01(driver, QUICK).add("x.example", ONE),
    NotFoundError,
    "no zone contains _acme-challenge.x.example",
  );
});

Deno.test("dns01() writes to the name that aliasOf returns", async () => {
  const { driver, valuesOf } = await setUp(new MemoryDnsDriver());
  const challenges = dns01(driver, {
    ...QUICK,
    aliasOf: (name) =>
      name === "_acme-challenge.www.example.com"
        ? "_acme-challenge.x.test"
        : undefined,
  });
  const { name } = await challenges.add("www.example.com", ONE);
  assertEquals(name, "_acme-challenge.x.test");
  assertEquals(await valuesOf(), [ONE]);
  await challenges.remove("www.example.com", ONE);
  assertEquals(await valuesOf(), []);
});

Deno.test("dns01() rejects invalid arguments before any request", async () => {
  const { driver } = await setUp(new MemoryDnsDriver());
  assertThrows(
    () => dns01(driver, { resolve: "8.8.8.8" as unknown as Resolve }),
    TypeError,
    "dns01: resolve must be a function or an array of them",
  );
  assertThrows(
    () => dns01(driver, { aliasOf: "x" as never }),
    TypeError,
    "dns01: aliasOf must be a function",
  );
  const challenges = dns01(driver, QUICK);
  const { reads } = driver.account;
  // The key authorization itself is a frequent mistake.
  const wrong = [["x.test", "token.thumbprint"], ["", ONE], ["a..b", ONE], [
    5,
    ONE,
  ]];
  for (const [domain, value] of wrong) {
    for (const method of ["add", "remove"] as const) {
      const error = await assertRejects(() =>
        challenges[method](domain as string, value as string)
      );
      assertMatch(
        String(error),
        /^TypeError: dns01: (?:domain|value) must be /,
      );
    }
  }
  await assertRejects(
    () => challenges.wait({} as never),
    TypeError,
    "dns01: record must be the result of add()",
  );
  assertEquals(driver.account.reads, reads);
});

Deno.test("dns01Value() is the digest of RFC 8555", async () => {
  // echo -n a.b | openssl dgst -sha256 -binary | basenc --base64url
  assertEquals(
    await dns01Value("a.b"),
    "LnM23I66h-9HLfVow1SCq_JXXcPl6sDFxiuP-urCyTQ",
  );
  await assertRejects(() => dns01Value(""), TypeError, "dns01Value: ");
});
