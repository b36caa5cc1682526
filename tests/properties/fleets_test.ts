/**
 * Property: a list across a fleet that is resumed again and again, each time in
 * another process, returns every node exactly once.
 *
 * Each schedule makes up accounts with different pagings, logins and failures
 * that pass, a number of connections, and for each process a budget and a way to
 * read. The drivers are in another order in each process. A schedule also checks
 * that no process exceeds its budget or its connections, that no position is
 * longer than 2000 bytes or changes in a link, and that every process makes
 * progress.
 *
 * A position of an account that does not fit into the position of the fleet is
 * an error of that account, and of no other.
 *
 * @module
 */

import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import {
  Fleet,
  type FleetListOptions,
  type Node,
  type NodeDriver,
} from "../../core/compute/mod.ts";
import { json } from "../core/_acme.ts";
import {
  type AcmeAccount,
  drive,
  type Intercept,
  named,
} from "../core/compute/_fleet.ts";
import { Random, schedules } from "./_random.ts";

/** Padding with which a position is too long for a fleet. */
const TOO_LONG = 1200;

/** With this budget, an account without failures has a page. */
const ENOUGH = 2;

/** What a process has received. */
interface Received {
  readonly keys: string[];
  readonly failed: string[];
  readonly next?: string | undefined;
  /** Whether the budget was too small for a page. */
  readonly isStuck?: boolean;
}

/** Counts the requests of a process. */
class Wire {
  sent = 0;
  most = 0;
  #pending = 0;

  async send<T>(run: () => Promise<T>): Promise<T> {
    this.sent++;
    this.most = Math.max(this.most, ++this.#pending);
    try {
      return await run();
    } finally {
      this.#pending--;
    }
  }
}

/** Makes up an account. With long tokens, positions of fleets become full. */
function makeAccount(
  random: Random,
  name: string,
  hasLongTokens: boolean,
): AcmeAccount {
  const longest = hasLongTokens ? 220 : 20;
  return {
    nodes: named(name, random.int(0, random.pick([3, 20, 60]))),
    paging: hasLongTokens ? "linked" : random.pick(["numbered", "linked"]),
    pageSize: random.int(1, 12),
    padding: "+".repeat(
      random.chance(0.05) ? TOO_LONG : random.int(0, longest),
    ),
    hasLogin: random.chance(0.4),
  };
}

/** Whether the positions of the account are too long, if it has any. */
function isTooLong({ paging, padding }: AcmeAccount): boolean {
  return paging === "linked" && padding!.length === TOO_LONG;
}

/**
 * Responds after a random number of turns. Some responses are failures, but not
 * two in a row, so that a retry succeeds.
 */
function slowly(random: Random, wire: Wire, failing: number): Intercept {
  let hasFailed = false;
  return (request, respond) =>
    wire.send(async () => {
      for (let turns = random.int(0, 60); turns > 0; turns--) {
        await Promise.resolve();
      }
      hasFailed = !hasFailed && random.chance(failing);
      if (!hasFailed) return await respond(request);
      const retryAfter = { "retry-after": "0" };
      return json({ fault: {} }, { status: 429, headers: retryAfter });
    });
}

async function read(
  fleet: Fleet,
  options: FleetListOptions,
  random: Random,
): Promise<Received> {
  const keys: string[] = [];
  const keyOf = ({ driver, id }: Node & { driver: string }) =>
    `${driver}/${id}`;
  const way = random.pick(["await", "pages", "break"]);
  if (way === "await") {
    const { items, errors, next } = await fleet.listNodes(options);
    return { keys: items.map(keyOf), failed: Object.keys(errors), next };
  }
  const failed: string[] = [];
  let left = way === "break" ? random.int(1, 6) : Infinity;
  let next: string | undefined;
  for await (const page of fleet.listNodes(options).pages()) {
    keys.push(...page.items.map(keyOf));
    if (page.error) failed.push(page.driver);
    next = page.next;
    if (--left === 0) break;
  }
  return { keys, failed, next };
}

async function runSchedule(seed: number): Promise<number> {
  const random = new Random(seed);
  const hasLongTokens = random.chance(0.3);
  const accounts = new Map<string, AcmeAccount>();
  for (const name of named("acc.ount", random.int(1, 9))) {
    accounts.set(name, makeAccount(random, name, hasLongTokens));
  }
  const failing = random.chance(0.3) ? 0.1 : 0;
  const connections = random.int(1, 8);
  const keys: string[] = [];
  const failed: string[] = [];
  let from: string | undefined;
  let processes = 0;
  for (let isDone = false; !isDone;) {
    const wire = new Wire();
    const drivers: [string, NodeDriver][] = random.shuffle([...accounts])
      .map(([name, it]) => [name, drive(it, slowly(random, wire, failing))]);
    const fleet = new Fleet(Object.fromEntries(drivers), { connections });
    const budget = random.chance(0.1)
      ? undefined
      : random.int(1, random.pick([4, 12, 60]));
    const pageSize = random.chance(0.5) ? undefined : random.int(1, 50);
    const reading = read(fleet, { budget, pageSize, from }, random);
    const received = await reading.catch((error): Received => {
      assert(error instanceof RangeError, String(error));
      assert(failing > 0 || budget! < ENOUGH, error.message);
      return { keys: [], failed: [], next: from, isStuck: true };
    });
    assertLessOrEqual(wire.sent, budget ?? Infinity, "budget");
    assertLessOrEqual(wire.most, connections, "connections");
    const { next } = received;
    if (next !== undefined) {
      assertLessOrEqual(next.length, 2000);
      assertEquals(encodeURIComponent(next), next);
      assertEquals(String(new URLSearchParams({ next })), `next=${next}`);
    }
    if (!received.isStuck) assert(next !== from || next === undefined);
    keys.push(...received.keys);
    failed.push(...received.failed);
    from = next;
    isDone = next === undefined && !received.isStuck;
    processes++;
    assert(processes < 2000, "no end");
  }
  const tooLong = [...accounts].filter(([name, it]) =>
    isTooLong(it) && failed.includes(name)
  ).map(([name]) => name);
  assertEquals(failed.sort(), tooLong.sort());
  const expected = [...accounts].flatMap(([name, { nodes }]) =>
    tooLong.includes(name) ? [] : nodes.map((id) => `${name}/${id}`)
  );
  const complete = keys.filter((key) =>
    !tooLong.includes(key.replace(/\/.*$/, ""))
  );
  assertEquals(new Set(keys).size, keys.length, "a node is doubled");
  assertEquals(complete.sort(), expected.sort());
  return processes;
}

Deno.test("a list of a fleet that is resumed in other processes has every node once", async () => {
  const { count: all, seed } = schedules();
  // A schedule of a fleet has many lists, and takes as long as ten others.
  const count = Math.ceil(all / 10);
  let processes = 0;
  for (let index = 0; index < count; index++) {
    try {
      processes += await runSchedule(seed + index);
    } catch (error) {
      throw new Error(`schedule --seed=${seed + index} failed`, {
        cause: error,
      });
    }
  }
  console.log(`${count} schedules, ${processes} processes`);
  // Guards against schedules that are never resumed.
  assert(processes > count * 2);
});
