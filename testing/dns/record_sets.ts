/**
 * Checks of record sets: types, names, TTL and text.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { NotFoundError } from "../../core/mod.ts";
import type { DnsDriver, RecordSetInput, Zone } from "../../core/dns/mod.ts";
import { type Check, outcomeOf, show } from "../checks.ts";
import { rejection } from "../context.ts";
import { assertSameSet, type DnsContext, find, sorted } from "./context.ts";
import { SAMPLES, TEXTS } from "./samples.ts";

/** Creates the checks of record sets. */
export function recordSetChecks(context: DnsContext): Check[] {
  const { types, samples: own = [] } = context.options;
  const samples = SAMPLES.filter(({ type }) => types.includes(type))
    .map((set) => own.find(({ type }) => type === set.type) ?? set);
  return [
    {
      name: "listRecordSets() returns the sets of expected.recordSets",
      run: () => checkFacts(context),
    },
    {
      name:
        "listRecordSets() resolves to plain records, one for each name and type",
      run: () => checkRecords(context),
    },
    {
      name: "listRecordSets() selects by name, by type and by both",
      run: () => checkFilters(context),
    },
    ...samples.map((set) => ({
      name:
        `keeps a record set of type ${set.type} as normalizeRecordSet() returns it`,
      run: () => checkSample(context, set),
    })),
    {
      name: "normalizeRecordSet() is pure, and the same if it is called again",
      run: () => checkNormalize(context, samples),
    },
    {
      name: "carries every text that it does not refuse before any request",
      run: () => checkTexts(context),
    },
    {
      name: "accepts relative names, absolute names in the zone, and @",
      run: () => checkNames(context),
    },
    {
      name: "rejects names that are invalid or outside the zone",
      run: () => checkBadNames(context),
    },
    {
      name: "keeps the TTL, and uses that of normalizeRecordSet() by default",
      run: () => checkTtl(context),
    },
    {
      name:
        "rejects record sets that DNS or the provider cannot hold before any request",
      run: () => checkMisfits(context),
    },
    {
      name:
        "getRecordSet() rejects with a NotFoundError if there is no such record set",
      run: () => checkMissing(context),
    },
  ];
}

async function checkFacts(context: DnsContext): Promise<void> {
  const { zone, recordSets } = context.options.expected;
  assert(recordSets.length > 0, "expected.recordSets is empty");
  const { driver } = context.open();
  const sets = await driver.listRecordSets(zone.id);
  for (const expected of recordSets) {
    const actual = sets.find(({ id }) => id === expected.id);
    assert(actual, `no record set has the id ${expected.id}`);
    assertSameSet(actual, expected);
    for (const [key, value] of Object.entries(expected.extra)) {
      assertEquals(actual.extra[key], value, `extra.${key} of ${expected.id}`);
    }
  }
}

async function checkRecords(context: DnsContext): Promise<void> {
  const { driver } = context.open();
  const sets = await driver.listRecordSets(context.options.expected.zone.id);
  for (const set of sets) {
    assertEquals(JSON.parse(JSON.stringify(set)), withoutUndefined(set));
    assert(/^[A-Z\d-]+$/.test(set.type), `the type ${set.type}`);
    assert(/^(?:@|[^A-Z\s]*[^.])$/.test(set.name), `the name ${set.name}`);
    assertEquals(new Set(sorted(set.data)).size, set.data.length);
  }
  const ids = sets.map(({ id }) => id);
  assertEquals(new Set(ids).size, ids.length, "ids must be unique");
}

function withoutUndefined(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

async function checkFilters(context: DnsContext): Promise<void> {
  const { driver, zone } = await context.openZone();
  await driver.setRecordSet(zone, context.address("www", "192.0.2.1"));
  await driver.setRecordSet(zone, context.address("a.www", "192.0.2.2"));
  await driver.setRecordSet(zone, context.address("@", "192.0.2.3"));
  await driver.setRecordSet(zone, { name: "www", type: "TXT", data: ["a"] });
  const all = await driver.listRecordSets(zone);
  const keysOf = (sets: readonly { name: string; type: string }[]) =>
    sets.map(({ name, type }) => `${name} ${type}`).sort();
  const filters = [
    { name: "www" },
    { name: "WWW" },
    { name: `www.${zone.name}.` },
    { name: "@" },
    { type: "A" },
    { type: "TXT" },
    { name: "www", type: "A" },
    { name: "@", type: "A" },
    { name: "none" },
    { name: "www", type: "MX" },
  ] as const;
  for (const filter of filters) {
    const { name = undefined, type = undefined } = filter as {
      readonly name?: string;
      readonly type?: string;
    };
    const wanted = name?.toLowerCase().replace(`.${zone.name}.`, "");
    const expected = all.filter((set) =>
      (wanted === undefined || set.name === wanted) &&
      (type === undefined || set.type === type)
    );
    const actual = await driver.listRecordSets(zone, filter);
    assertEquals(keysOf(actual), keysOf(expected), show(filter));
  }
}

async function checkSample(
  context: DnsContext,
  sample: RecordSetInput,
): Promise<void> {
  const set = { ...sample, ttl: context.options.ttl } as RecordSetInput;
  const { driver, zone } = await context.openZone();
  assertSameSet(driver.normalizeRecordSet(set), set);
  await driver.setRecordSet(zone, set);
  assertSameSet(await find({ driver, zone }, set), set);
  assertSameSet(await driver.getRecordSet(zone, set), set);
  // A plan would find nothing to change.
  assertSameSet(
    driver.normalizeRecordSet(await driver.getRecordSet(zone, set)),
    set,
  );
  await driver.deleteRecordSet(zone, set);
  assertEquals(await find({ driver, zone }, set), undefined);
}

async function checkNormalize(
  context: DnsContext,
  samples: readonly RecordSetInput[],
): Promise<void> {
  const { driver, sent } = context.open();
  for (const sample of samples) {
    const frozen = Object.freeze({
      ...sample,
      data: Object.freeze(sample.data),
    });
    const once = driver.normalizeRecordSet(frozen as RecordSetInput);
    assertEquals(driver.normalizeRecordSet(once), once);
  }
  const twice = driver.normalizeRecordSet({
    name: "WWW",
    type: "CNAME",
    ttl: context.options.ttl,
    data: ["Host.Example.NET.", "host.example.net"],
  });
  assertSameSet(twice, {
    name: "www",
    type: "CNAME",
    ttl: context.options.ttl,
    data: ["host.example.net"],
  });
  await Promise.resolve();
  assertEquals(sent.length, 0, "normalizeRecordSet() sent a request");
}

async function checkTexts(context: DnsContext): Promise<void> {
  const { ttl } = context.options;
  const { driver, zone, sent } = await context.openZone();
  let carried = 0;
  for (const text of TEXTS) {
    const set = { name: "text", type: "TXT", ttl, data: [text] } as const;
    const before = sent.length;
    const outcome = await outcomeOf(() => driver.setRecordSet(zone, set));
    if ("error" in outcome) {
      assertRefused(outcome.error, text);
      assertEquals(sent.length, before, `requests with ${show(text)}`);
      assertRefused(
        await rejection(() => driver.normalizeRecordSet(set)),
        text,
      );
      continue;
    }
    carried++;
    assertEquals((await find({ driver, zone }, set))?.data, [text]);
  }
  assert(carried > TEXTS.length / 3, `only ${carried} texts are carried`);
}

function assertRefused(error: unknown, what: unknown): void {
  assert(
    error instanceof TypeError || error instanceof RangeError,
    `expected ${show(what)} to be kept or refused, got ${show(error)}`,
  );
}

async function checkNames(context: DnsContext): Promise<void> {
  const { driver, zone } = await context.openZone();
  const names: readonly (readonly [given: string, listed: string])[] = [
    ["www", "www"],
    ["WWW", "www"],
    ["a.b.c", "a.b.c"],
    ["_dmarc", "_dmarc"],
    ["*", "*"],
    ["*.dev", "*.dev"],
    ["@", "@"],
    [`${zone.name}.`, "@"],
    [`abs.${zone.name}.`, "abs"],
    // Without the final dot, it is relative.
    [zone.name, zone.name],
  ];
  for (const [name, listed] of names) {
    const set = { name, type: "TXT", data: ["text"] } as const;
    await driver.setRecordSet(zone, set);
    const found = await find({ driver, zone }, { ...set, name: listed });
    assert(found, `the name ${name} is not listed as ${listed}`);
    assertEquals((await driver.getRecordSet(zone, set)).name, listed);
    await driver.removeRecord(zone, set, { settleMs: 0 });
    assertEquals(
      await find({ driver, zone }, { ...set, name: listed }),
      undefined,
    );
  }
}

async function checkBadNames(context: DnsContext): Promise<void> {
  const { driver, zone, sent } = await context.openZone();
  const names = [
    "",
    " ",
    "a b",
    "a\nb",
    ".",
    "..",
    "a..b",
    ".a",
    "ä",
    "www.example.invalid.",
    `x${zone.name}.`,
    `${"a".repeat(64)}.b`,
    "a.".repeat(130),
    5,
    null,
    undefined,
    {},
  ];
  for (const name of names) {
    const set = { name, type: "A", data: ["192.0.2.1"] } as RecordSetInput;
    await assertRejectsAll(driver, zone, set, `the name ${show(name)}`);
  }
  assertEquals(sent.length, 0, "requests in spite of a bad name");
}

async function checkTtl(context: DnsContext): Promise<void> {
  const { ttl } = context.options;
  const { driver, zone, sent } = await context.openZone();
  const set = { name: "ttl", type: "A", data: ["192.0.2.1"] } as const;
  const usual = driver.normalizeRecordSet(set).ttl ?? zone.ttl;
  assert(usual !== ttl, "ttl of the subject is the default");
  await driver.setRecordSet(zone, set);
  // A record set without a TTL has that of the zone.
  const found = await driver.getRecordSet(zone, set);
  assertEquals(found.ttl ?? zone.ttl, usual);
  await driver.setRecordSet(zone, { ...set, ttl });
  assertEquals((await driver.getRecordSet(zone, set)).ttl, ttl);
  sent.length = 0;
  for (const bad of [-1, 1.5, NaN, 2 ** 31, Infinity, "300", null]) {
    const wrong = { ...set, ttl: bad } as RecordSetInput;
    await assertRejectsAll(driver, zone, wrong, `the TTL ${bad}`);
  }
  assertEquals(sent.length, 0, "requests in spite of a bad TTL");
}

async function checkMisfits(context: DnsContext): Promise<void> {
  const { misfits = [], types } = context.options;
  const { driver, zone, sent } = await context.openZone();
  const bad = (type: string, ...data: readonly unknown[]) => ({
    name: "bad",
    type,
    data,
  } as RecordSetInput);
  const all = [
    ...misfits,
    ...SAMPLES.filter(({ type }) => !types.includes(type)),
    bad("A"),
    bad("A", "192.0.2.256"),
    bad("A", "2001:db8::1"),
    bad("AAAA", "192.0.2.1"),
    bad("CNAME", "www"),
    bad("CNAME", "a.example.net", "b.example.net"),
    bad("MX", "10 mx.example.net"),
    bad("MX", { preference: 65_536, host: "mx.example.net" }),
    bad("MX", { preference: 10, host: "mx" }),
    bad("SRV", { priority: 1, weight: 2, port: -1, host: "a.example.net" }),
    bad("TXT", 5),
    bad("TXT", "\ud800"),
    bad("TXT", ["x".repeat(256)]),
    bad("NOPE", "x"),
    bad("a", "192.0.2.1"),
    { name: "bad", type: "A", data: "192.0.2.1" } as unknown as RecordSetInput,
  ];
  for (const set of all) {
    const what = `${set.type} ${show(set.data)}`;
    await assertRejectsAll(driver, zone, set, what);
  }
  for (const set of [undefined, null, 5, "www A"]) {
    await assertRejectsAll(driver, zone, set as never, show(set));
  }
  assertEquals(sent.length, 0, "requests in spite of a misfit");
}

/** Checks that no method that writes accepts a record set. */
async function assertRejectsAll(
  driver: DnsDriver,
  zone: Zone,
  set: RecordSetInput,
  what: string,
): Promise<void> {
  for (
    const run of [
      () => driver.setRecordSet(zone, set),
      () => driver.addRecord(zone, set),
      () =>
        driver.changeRecordSets(zone, [
          { action: "replace", after: set },
        ]),
      () =>
        driver.changeRecordSets(zone, [
          { action: "create", after: set },
        ]),
    ]
  ) {
    const error = await rejection(run);
    assert(
      error instanceof TypeError || error instanceof RangeError,
      `expected ${what} to be rejected, got ${show(error)}`,
    );
  }
}

async function checkMissing(context: DnsContext): Promise<void> {
  const { driver, zone } = await context.openZone();
  await driver.setRecordSet(zone, context.address("www", "192.0.2.1"));
  for (
    const key of [{ name: "none", type: "A" }, {
      name: "www",
      type: "TXT",
    }] as const
  ) {
    const error = await rejection(() => driver.getRecordSet(zone, key));
    assert(NotFoundError.is(error), `expected a NotFoundError, got ${error}`);
    assertEquals(error.operation, "getRecordSet");
  }
}
