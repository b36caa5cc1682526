/**
 * Checks of zones.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import {
  ConflictError,
  InvalidCredsError,
  NotFoundError,
} from "../../core/mod.ts";
import type { DnsDriver, Zone } from "../../core/dns/mod.ts";
import type { Check } from "../checks.ts";
import { rejection } from "../context.ts";
import { createDriver } from "../subject.ts";
import type { DnsContext } from "./context.ts";

const KINDS = ["primary", "secondary", "unknown"];
const STATES = ["active", "pending", "paused", "error", "unknown"];

/** Creates the checks of zones. */
export function zoneChecks(context: DnsContext): Check[] {
  return [
    {
      name: "getZone() returns the zone of expected.zone",
      run: () => checkFacts(context),
    },
    {
      name: "listZones() resolves to plain records",
      run: () => checkRecords(context),
    },
    {
      name: "createZone() creates a zone, once, and deleteZone() deletes it",
      run: () => checkLife(context),
    },
    {
      name:
        "every method accepts a zone as a record, by its id and by its name",
      run: () => checkReferences(context),
    },
    {
      name: "findZone() returns the zone with the longest name that fits",
      run: () => checkFindZone(context),
    },
    {
      name:
        "getZone() and deleteZone() reject with a NotFoundError if there is no such zone",
      run: () => checkMissing(context),
    },
    {
      name: "rejects with an InvalidCredsError if the credentials are wrong",
      run: () => checkCredentials(context),
    },
    {
      name: "sends its requests to expected.baseUrl",
      run: () => checkBaseUrl(context),
    },
  ];
}

async function checkFacts(context: DnsContext): Promise<void> {
  const { zone } = context.options.expected;
  const { driver } = context.open();
  const actual = await driver.getZone(zone.id);
  const { extra, ...rest } = actual;
  const { extra: expectedExtra, ...expected } = zone;
  const hasTime = "createdAt" in zone;
  assertEquals(
    present({ ...rest, createdAt: hasTime ? rest.createdAt : undefined }),
    present(expected),
  );
  for (const [key, value] of Object.entries(expectedExtra)) {
    assertEquals(extra[key], value, `extra.${key}`);
  }
}

function present(record: object): object {
  return Object.fromEntries(
    Object.entries(record).filter(([, value]) => value !== undefined),
  );
}

async function checkRecords(context: DnsContext): Promise<void> {
  const { driver } = context.open();
  const zones = await driver.listZones();
  assert(zones.length > 1, "the simulator needs at least two zones");
  for (const zone of zones) checkZone(zone);
  const ids = zones.map(({ id }) => id);
  assertEquals(new Set(ids).size, ids.length, "ids must be unique");
}

function checkZone(zone: Zone): void {
  const { extra, ...rest } = zone;
  assertEquals(JSON.parse(JSON.stringify(rest)), present(rest));
  JSON.stringify(extra);
  assert(typeof zone.id === "string" && zone.id !== "");
  assert(/^[^A-Z\s]+[^.]$/.test(zone.name), `the name ${zone.name}`);
  assert(KINDS.includes(zone.kind), `the kind ${zone.kind}`);
  assert(STATES.includes(zone.state), `the state ${zone.state}`);
  assert(Array.isArray(zone.nameServers));
  for (const host of zone.nameServers) assert(!host.endsWith("."), host);
}

async function checkLife(context: DnsContext): Promise<void> {
  const { create } = context.options;
  const { driver } = context.open();
  const before = await namesOf(driver);
  const zone = await driver.createZone(create);
  checkZone(zone);
  assertEquals(zone.name, create.name);
  assertEquals(await namesOf(driver), [...before, create.name].sort());
  const again = await rejection(() => driver.createZone(create));
  assert(ConflictError.is(again), `expected a ConflictError, got ${again}`);
  assertEquals(await driver.deleteZone(zone), undefined);
  assertEquals(await namesOf(driver), before);
  const gone = await rejection(() => driver.getZone(zone));
  assert(NotFoundError.is(gone), `expected a NotFoundError, got ${gone}`);
}

async function namesOf(driver: DnsDriver): Promise<string[]> {
  return (await driver.listZones()).map(({ name }) => name).sort();
}

async function checkReferences(context: DnsContext): Promise<void> {
  const { id, name } = context.options.expected.zone;
  const { driver } = context.open();
  const zone = await driver.getZone(id);
  const references = [
    zone,
    id,
    { id },
    { name },
    { name: `${name}.` },
    { name: name.toUpperCase() },
  ];
  const sets = await driver.listRecordSets(zone);
  assert(sets.length > 0, "the zone of expected.zone needs record sets");
  for (const reference of references) {
    assertEquals((await driver.getZone(reference)).id, zone.id);
    assertEquals((await driver.listRecordSets(reference)).length, sets.length);
    const set = context.address("by-reference", "192.0.2.9");
    await driver.setRecordSet(reference, set);
    assertEquals((await driver.getRecordSet(reference, set)).data, set.data);
    await driver.deleteRecordSet(reference, set);
  }
}

async function checkFindZone(context: DnsContext): Promise<void> {
  const { create } = context.options;
  const { driver } = context.open();
  const { id } = await driver.createZone(create);
  const { name } = create;
  for (
    const host of [
      name,
      `www.${name}`,
      `a.b.${name}.`,
      `_x.${name.toUpperCase()}`,
    ]
  ) {
    assertEquals((await driver.findZone(host)).id, id, host);
  }
  for (
    const host of [`x${name}`, "nowhere.invalid", name.replace(/^[^.]+\./, "")]
  ) {
    const error = await rejection(() => driver.findZone(host));
    assert(NotFoundError.is(error), `expected a NotFoundError for ${host}`);
  }
  const inner = await driver.createZone({ ...create, name: `sub.${name}` })
    .catch(() => undefined);
  // Some providers have no zones inside zones.
  if (!inner) return;
  assertEquals((await driver.findZone(`www.sub.${name}`)).id, inner.id);
  assertEquals((await driver.findZone(`www.${name}`)).id, id);
}

async function checkMissing(context: DnsContext): Promise<void> {
  const { driver } = context.open();
  const zone = { name: context.options.create.name };
  for (
    const run of [
      () => driver.getZone(zone),
      () => driver.deleteZone(zone),
      () => driver.listRecordSets(zone),
      () => driver.setRecordSet(zone, context.address("a", "192.0.2.1")),
    ]
  ) {
    const error = await rejection(run);
    assert(NotFoundError.is(error), `expected a NotFoundError, got ${error}`);
  }
}

async function checkCredentials(context: DnsContext): Promise<void> {
  const { options } = context;
  const { fetch } = context.open();
  const driver = createDriver(options, { fetch, ...options.wrongCredentials });
  const error = await rejection(() => driver.listZones());
  assert(
    InvalidCredsError.is(error),
    `expected InvalidCredsError, got ${error}`,
  );
}

async function checkBaseUrl(context: DnsContext): Promise<void> {
  const { baseUrl = "https://" } = context.options.expected;
  const { driver, sent } = context.open();
  await driver.listZones();
  for (const { url } of sent) {
    assert(url.startsWith(baseUrl), `expected ${baseUrl}, got ${url}`);
  }
}
