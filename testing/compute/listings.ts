/**
 * Checks of the listings of a driver.
 *
 * @module
 */

import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { Listing } from "../../core/mod.ts";
import type { Check } from "../checks.ts";
import { pagingChecks } from "../listings.ts";
import type { Context } from "./context.ts";
import { checkLocation, checkNode, checkRecord, checkSize } from "./records.ts";

const LISTS = {
  listNodes: checkNode,
  listSizes: checkSize,
  listImages: checkRecord,
  listLocations: checkLocation,
} as const;

/** Creates the checks of listings and their records. */
export function listingChecks(context: Context): Check[] {
  const { total } = context.options.expected;
  return [
    ...Object.entries(LISTS).map(([method, examine]) => ({
      name: `${method}() resolves to plain records`,
      run: () => checkRecords(context, method, examine),
    })),
    ...(context.allCalls.length > context.calls.length
      ? [{
        name: "static lists send no request and are always the same",
        rule:
          "A list in staticLists is a Listing of data in the package, without requests.",
        see: "static-lists",
        run: () => checkStaticLists(context),
      }]
      : []),
    ...pagingChecks(context, total),
  ];
}

async function checkRecords(
  context: Context,
  method: string,
  examine: (record: never) => void,
): Promise<void> {
  const { driver } = context.open();
  const records = await context.list(driver, method);
  assert(records.length > 0, "expected at least one record");
  for (const record of records) examine(record as never);
  const ids = records.map(({ id }) => id);
  assertEquals(new Set(ids).size, ids.length, "ids must be unique");
}

async function checkStaticLists(context: Context): Promise<void> {
  for (const call of context.allCalls) {
    if (context.sendsRequests(call)) continue;
    const { driver, sent } = context.open();
    const listing = call.run(driver);
    assertInstanceOf(listing, Listing);
    const records = await listing;
    assertEquals(await call.run(driver), records);
    const iterated: unknown[] = [];
    for await (const record of listing) iterated.push(record);
    assertEquals(iterated, records, `${call.label} iterated`);
    assertEquals(sent.length, 0, `${call.label} sent a request`);
  }
}
