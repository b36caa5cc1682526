/**
 * Checks of the listings of a driver of any service.
 *
 * @module
 */

import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { Listing, MalformedResponseError } from "../core/mod.ts";
import { type Check, outcomeOf } from "./checks.ts";
import { type CallContext, sleep } from "./context.ts";
import type { TestedDriver } from "./table.ts";

/**
 * Creates the checks of listings.
 *
 * @typeParam D The driver.
 * @param context The driver.
 * @param total Name of the JSON field with the number of all items, if any.
 * @returns The checks.
 */
export function pagingChecks<D extends TestedDriver>(
  context: CallContext<D>,
  total: string | undefined,
): Check[] {
  return [
    {
      name:
        "listings send no request until they are read, and new requests each time",
      run: () => checkLaziness(context),
    },
    {
      name:
        "listings return the same records awaited, iterated, by page and concurrently",
      run: () => checkWaysToRead(context),
    },
    ...(total === undefined ? [] : [{
      name: "listings with fewer items than the provider's total are errors",
      rule:
        "If expected.total names a field, a list whose items it does not match is a MalformedResponseError.",
      see: "lists",
      run: () => checkTotals(context, total),
    }]),
    {
      name: "listings continue from a cursor in another process",
      run: () => checkCursors(context),
    },
    {
      name: "listings request no further page after a break",
      run: () => checkBreaks(context),
    },
  ];
}

async function checkLaziness<D extends TestedDriver>(
  context: CallContext<D>,
): Promise<void> {
  await context.eachList(async (method) => {
    const { driver, sent } = context.open();
    const listing = context.list(driver, method);
    assertInstanceOf(listing, Listing);
    const pages = listing.pages();
    await sleep(1);
    assertEquals(sent.length, 0, "requests before the listing was read");
    await pages.return();
    const first = await listing;
    // A driver may keep something that all lists need, such as a currency.
    const before = sent.length;
    assertEquals(await listing, first);
    const requests = sent.length - before;
    assert(requests > 0, "expected at least one request");
    assertEquals(await listing, first);
    assertEquals(
      sent.length - before,
      2 * requests,
      "requests after reading twice",
    );
  });
}

async function checkWaysToRead<D extends TestedDriver>(
  context: CallContext<D>,
): Promise<void> {
  await context.eachList(async (method) => {
    const { driver } = context.open();
    const listing = context.list(driver, method, { pageSize: 1 });
    const expected = await listing;
    const iterated: unknown[] = [];
    for await (const record of listing) iterated.push(record);
    assertEquals(iterated, expected, "iterated");
    const paged: unknown[] = [];
    for await (const { items } of listing.pages()) paged.push(...items);
    assertEquals(paged, expected, "by page");
    assertEquals(
      await Promise.all([listing, listing]),
      [expected, expected],
      "concurrently",
    );
    let isOver = false;
    assertEquals(await listing.finally(() => isOver = true), expected);
    assert(isOver);
    assertEquals(await listing.catch(() => []), expected);
  });
}

async function checkTotals<D extends TestedDriver>(
  context: CallContext<D>,
  total: string,
): Promise<void> {
  let isFound = false;
  const field = new RegExp(`("${total}"\\s*:\\s*)(\\d+)`);
  await context.eachList(async (method) => {
    const changed: string[] = [];
    const { driver } = context.open(async (request, fetch) => {
      const body = await (await fetch(request)).text();
      const larger = body.replace(
        field,
        (_all, name, count) => name + (Number(count) + 1),
      );
      if (larger !== body) changed.push(request.url);
      return new Response(larger);
    });
    const outcome = await outcomeOf(() => context.list(driver, method));
    // Some lists have no total.
    if (changed.length === 0) return;
    isFound = true;
    assert(
      "error" in outcome,
      `${method}() resolves, although ${total} is larger than its number of ` +
        "items; if its paging reads no total, leave out expected.total",
    );
    assertInstanceOf(outcome.error, MalformedResponseError);
  });
  assert(isFound, `no response has the field ${total}`);
}

async function checkCursors<D extends TestedDriver>(
  context: CallContext<D>,
): Promise<void> {
  await context.eachList(async (method) => {
    const { driver, observer } = context.open();
    const all = await context.list(observer, method);
    const pages = context.list(driver, method, { pageSize: 1 }).pages();
    let count = 0;
    for await (const { items, next } of pages) {
      count += items.length;
      if (next === undefined) continue;
      const from = JSON.parse(JSON.stringify(next));
      assertEquals(
        await context.list(observer, method, { from, pageSize: 1 }),
        all.slice(count),
        `from ${from}`,
      );
    }
    assertEquals(count, all.length);
  });
}

async function checkBreaks<D extends TestedDriver>(
  context: CallContext<D>,
): Promise<void> {
  const { wholeLists = [] } = context.options;
  await context.eachList(async (method) => {
    if (wholeLists.includes(method)) return;
    const { driver, sent } = context.open();
    await context.list(driver, method);
    // Without what the driver keeps for all its lists.
    const before = sent.length;
    // A driver may have to find something first, such as the name of a zone.
    const pages = () => {
      const paths = sent.slice(before).map(({ url }) => new URL(url).pathname);
      return paths.filter((path) => path === paths.at(-1)).length;
    };
    const listing = context.list(driver, method, { pageSize: 1 });
    for await (const _ of listing) break;
    assertEquals(pages(), 1);
    for await (const _ of listing.pages()) break;
    await sleep(1);
    assertEquals(pages(), 2);
  });
}
