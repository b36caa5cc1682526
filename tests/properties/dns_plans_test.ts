/**
 * Property: a plan ends the same, whatever breaks off in between.
 *
 * Each schedule makes up a zone, the record sets that are wanted, a provider, and
 * faults: a request fails before or after it had its effect. The plan, or the whole
 * synchronization, is repeated until it succeeds. Then the zone must be what a
 * simple model says, and another plan must be empty. In between, no record set may
 * have values that are neither old nor new, and none that is there before and after
 * may be missing.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { CloudError, type Fetch } from "../../core/mod.ts";
import {
  changesOf,
  type DnsDriver,
  keyOf,
  type RecordData,
  type RecordSet,
  type RecordSetInput,
  type RecordType,
  targetOf,
  type ZoneRef,
} from "../../core/dns/mod.ts";
import {
  applyPlan,
  planZone,
  type SyncOptions,
  syncZone,
} from "../../core/dns/plan.ts";
import { MEMORY_DRIVERS } from "../_support/dns_memory.ts";
import {
  DNS_PROVIDERS,
  simulatedDns,
} from "../_support/simulated_dns_drivers.ts";
import { Random, schedules } from "./_random.ts";

const NAMES = ["@", "a", "b", "*.c", "d.e", "_f"];
const TTLS = [300, 3600, 86_400];

/** Values of each type that all providers accept. */
const VALUES: Readonly<Record<string, readonly RecordData[]>> = {
  A: ["192.0.2.1", "192.0.2.2", "192.0.2.3"],
  AAAA: ["2001:db8::1", "2001:db8::2"],
  TXT: ["one", "v=spf1 -all", "a long text ".repeat(25).trim()],
  MX: [10, 20].map((preference) => ({ preference, host: "mx.example.net" })),
  CNAME: ["web.example.net", "other.example.net"],
  CAA: [{ flags: 0, tag: "issue", value: "ca.example" }],
};

/** Repetitions after which a schedule is taken for endless. */
const ENDLESS = 500;

type Content = ReadonlyMap<string, RecordSetInput>;

/** Makes up the record sets of a zone. */
function makeSets(random: Random): RecordSetInput[] {
  return NAMES.flatMap((name) => {
    if (random.chance(0.2)) return [];
    const alias = name !== "@" && random.chance(0.25);
    const types = Object.keys(VALUES).filter((type) =>
      alias ? type === "CNAME" : type !== "CNAME" && random.chance(0.4)
    );
    return types.map((type) => {
      const values = random.shuffle(VALUES[type]!);
      const count = alias ? 1 : random.int(1, values.length);
      const ttl = random.pick(TTLS);
      return {
        name,
        type,
        ttl,
        data: values.slice(0, count),
      } as RecordSetInput;
    });
  });
}

/** What the zone must be in the end. */
function model(
  current: Content,
  desired: readonly RecordSetInput[],
  prunes: boolean,
): Content {
  const isAlias = (type: RecordType) => type === "CNAME";
  const kept = [...current.values()].filter(({ name, type }) =>
    !prunes &&
    !desired.some((set) =>
      set.name === name && isAlias(set.type) !== isAlias(type)
    )
  );
  return new Map([...kept, ...desired].map((set) => [keyOf(set), set]));
}

/** Record sets in a form that can be compared. */
function toText(sets: Iterable<RecordSetInput>): string[] {
  return [...sets].map(({ name, type, ttl, data }) =>
    JSON.stringify([
      name,
      type,
      ttl,
      data.map((it) => JSON.stringify(it)).sort(),
    ])
  ).sort();
}

/** Those record sets of a zone that do not belong to the provider. */
async function read(driver: DnsDriver, zone: ZoneRef): Promise<RecordSet[]> {
  const sets = await driver.listRecordSets(zone);
  return sets.filter(({ name, type }) =>
    type !== "SOA" && !(name === "@" && type === "NS")
  );
}

function toContent(sets: readonly RecordSetInput[]): Content {
  return new Map(sets.map((set) => [keyOf(set), set]));
}

/** Checks that nothing is lost or invented while a plan is applied. */
function checkBetween(
  sets: readonly RecordSet[],
  before: Content,
  after: Content,
) {
  for (const set of sets) {
    const known = [before, after].flatMap((content): readonly RecordData[] =>
      content.get(keyOf(set))?.data ?? []
    ).map((it) => JSON.stringify(it));
    for (const value of set.data.map((it) => JSON.stringify(it))) {
      assert(known.includes(value), `${keyOf(set)} has ${value}`);
    }
  }
  const present = new Set(sets.map(keyOf));
  for (const key of before.keys()) {
    if (after.has(key)) assert(present.has(key), `${key} is missing`);
  }
}

/** Runs one schedule, and returns how often something failed. */
async function run(
  random: Random,
  driver: DnsDriver,
  zone: ZoneRef,
  setFaults: (areOn: boolean) => void,
): Promise<number> {
  setFaults(false);
  const start = makeSets(random);
  await syncZone(driver, zone, start);
  const before = toContent(await read(driver, zone));
  const desired = makeSets(random);
  const options: SyncOptions = {
    prunes: random.chance(0.5),
    maxDeletedShare: 1,
  };
  const after = model(before, desired, options.prunes ?? false);
  const plan = await planZone(driver, zone, desired, options);
  const usesPlan = random.chance(0.5);
  for (let failures = 0;; failures++) {
    assert(failures < ENDLESS, "it does not end");
    setFaults(true);
    try {
      if (usesPlan) {
        await applyPlan(driver, JSON.parse(JSON.stringify(plan)), options);
      } else {
        await syncZone(driver, zone, desired, options);
      }
      setFaults(false);
      assertEquals(toText(await read(driver, zone)), toText(after.values()));
      const again = await planZone(driver, zone, desired, options);
      assertEquals(again.changes, []);
      return failures;
    } catch (error) {
      if (!CloudError.is(error)) throw error;
      setFaults(false);
      const progress = changesOf(error);
      if (usesPlan && progress) {
        const keys = [...progress.done, ...progress.left].map(targetOf).map(
          keyOf,
        );
        assertEquals(keys.sort(), plan.changes.map(targetOf).map(keyOf).sort());
      }
      checkBetween(await read(driver, zone), before, after);
    }
  }
}

const { count: all, seed } = schedules();

// Each schedule makes many calls.
const count = Math.ceil(all / 4);

/** A simulator is slower than memory. */
const SIMULATED = Math.ceil(all / 40);

/** Guards against faults that never happen. */
function checkFailures(failures: number, schedules: number): void {
  // Few schedules may have none by chance.
  if (schedules < 100) return;
  assert(failures > schedules / 20, `${failures} failures`);
}

for (const [kind, create] of Object.entries(MEMORY_DRIVERS)) {
  Deno.test(`a plan ends the same, whatever breaks off: ${kind}`, async () => {
    let failures = 0;
    for (let index = 0; index < count; index++) {
      const random = new Random(seed + index);
      const driver = create();
      const zone = await driver.createZone({ name: "example.com" });
      try {
        failures += await run(random, driver, zone, (areOn) => {
          driver.account.fault = () =>
            areOn && random.chance(0.3)
              ? random.pick(["before", "after"])
              : undefined;
        });
      } catch (error) {
        throw new Error(`--schedules=1 --seed=${seed + index}`, {
          cause: error,
        });
      }
    }
    checkFailures(failures, count);
  });
}

for (const id of DNS_PROVIDERS) {
  Deno.test(`a plan ends the same, whatever breaks off: ${id}`, async () => {
    let failures = 0;
    for (let index = 0; index < SIMULATED; index++) {
      const random = new Random(seed + index);
      let areOn = false;
      const fail = () => areOn && random.chance(0.2);
      const wrap = (fetch: Fetch): Fetch => async (request) => {
        const isRead = request.method === "GET";
        if (isRead || !fail()) return await fetch(request);
        if (random.chance(0.5)) await fetch(request);
        return new Response("no", { status: 503 });
      };
      try {
        const { driver, createZone } = await simulatedDns(id, { wrap });
        const zone = await createZone("example.com");
        failures += await run(random, driver, zone, (it) => {
          areOn = it;
        });
      } catch (error) {
        throw new Error(`--schedules=1 --seed=${seed + index}`, {
          cause: error,
        });
      }
    }
    checkFailures(failures, SIMULATED);
  });
}
