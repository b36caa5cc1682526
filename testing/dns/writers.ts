/**
 * Checks that writers lose nothing although they change one record set at once.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import {
  RecordSetConflictError,
  type RecordSetInput,
} from "../../core/dns/mod.ts";
import { type Check, show } from "../checks.ts";
import { type DnsContext, find, sorted } from "./context.ts";

/** Number of writers. */
const WRITERS = 20;

/** How long writers wait before they look again, in milliseconds. */
const SETTLE_MS = 100;

/** Creates the checks of writers. */
export function writerChecks(context: DnsContext): Check[] {
  return [
    {
      name: "20 writers that add 20 values at once lose nothing",
      run: () => checkAdd(context, true),
    },
    {
      name: "20 calls of one driver that add 20 values at once lose nothing",
      run: () => checkAdd(context, false),
    },
    {
      name: "20 writers that remove 20 values at once leave all others",
      run: () => checkRemove(context),
    },
    {
      name:
        "writers that add and remove values at once do not disturb each other",
      run: () => checkBoth(context),
    },
  ];
}

const VALUES = Array.from({ length: WRITERS }, (_, index) => `value-${index}`);

const SET = { name: "_acme-challenge", type: "TXT" } as const;

function textSet(
  context: DnsContext,
  ...data: readonly string[]
): RecordSetInput {
  return { ...SET, ttl: context.options.ttl, data };
}

async function checkAdd(
  context: DnsContext,
  areMany: boolean,
): Promise<void> {
  const it = await context.openZone();
  const one = it.another();
  const outcomes = await Promise.allSettled(VALUES.map((value) => {
    const driver = areMany ? it.another() : one;
    const options = { settleMs: SETTLE_MS };
    return driver.addRecord(it.zone, textSet(context, value), options);
  }));
  // A writer that loses must be told; the others have their values.
  const added = VALUES.filter((_, index) =>
    outcomes[index]?.status === "fulfilled"
  );
  for (const outcome of outcomes) {
    if (outcome.status === "fulfilled") continue;
    const { reason } = outcome;
    assert(RecordSetConflictError.is(reason), show(reason));
    assertEquals(reason.lost.length, 1);
  }
  assert(added.length >= WRITERS / 2, `only ${added.length} writers succeeded`);
  const data = sorted((await find(it, SET))?.data ?? []);
  assertEquals(added.filter((value) => !data.includes(show(value))), []);
}

async function checkRemove(context: DnsContext): Promise<void> {
  const it = await context.openZone();
  await it.driver.setRecordSet(it.zone, textSet(context, "other", ...VALUES));
  await Promise.all(
    VALUES.map((value) =>
      it.another().removeRecord(it.zone, textSet(context, value), {
        settleMs: SETTLE_MS,
      })
    ),
  );
  assertEquals((await find(it, SET))?.data, ["other"]);
}

async function checkBoth(context: DnsContext): Promise<void> {
  const it = await context.openZone();
  const half = WRITERS / 2;
  const [old, added] = [VALUES.slice(0, half), VALUES.slice(half)];
  await it.driver.setRecordSet(it.zone, textSet(context, "other", ...old));
  const options = { settleMs: SETTLE_MS };
  await Promise.all([
    ...old.map((value) =>
      it.another().removeRecord(it.zone, textSet(context, value), options)
    ),
    ...added.map((value) =>
      it.another().addRecord(it.zone, textSet(context, value), options)
    ),
  ]);
  assertEquals(
    sorted((await find(it, SET))?.data ?? []),
    sorted(["other", ...added]),
  );
}
