/**
 * Checks of a driver against facts that its author read in the provider's
 * documentation.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { Fetch } from "../../core/mod.ts";
import type { NodeDriver } from "../../core/compute/mod.ts";
import { type Check, each, show } from "../checks.ts";
import { errorCheck } from "../errors.ts";
import type { Context } from "./context.ts";
import type { StateFacts } from "./subject.ts";

/** The list with each kind of record. */
const LISTS = {
  size: "listSizes",
  node: "listNodes",
  image: "listImages",
  location: "listLocations",
  keyPair: "listKeyPairs",
  volume: "listVolumes",
  snapshot: "listVolumeSnapshots",
} as const;

type Kind = keyof typeof LISTS;

/** Creates the checks of facts. */
export function factChecks(context: Context): Check[] {
  const { expected } = context.options;
  const methods = new Set(context.allCalls.map(({ method }) => method));
  const kinds = (Object.keys(LISTS) as Kind[])
    .filter((kind) => methods.has(LISTS[kind]));
  return [
    ...kinds.map((kind) => ({
      name: `${LISTS[kind]}() returns the ${kind} of expected.${kind}`,
      rule:
        `Fields of a ${kind} have the units and prices of the provider's documentation, which expected.${kind} states.`,
      see: "facts",
      run: () => checkRecord(context, kind),
    })),
    {
      name: "sends its requests to expected.baseUrl",
      rule: "Requests and credentials go to the documented address.",
      see: "facts",
      run: () => checkBaseUrl(context),
    },
    ...stateChecks(context),
    errorCheck(context, expected.errors, async (driver) => {
      await driver.rebootNode(expected.node.id);
    }),
  ];
}

async function checkRecord(context: Context, kind: Kind): Promise<void> {
  const { driver } = context.open();
  const records = await context.list(driver, LISTS[kind]);
  const facts = context.options.expected[kind];
  const example = records[0];
  assert(
    facts !== undefined,
    `expected.${kind} is missing; the list has ${show(example)}`,
  );
  const record = records.find(({ id }) => id === facts.id);
  assert(record, `no ${kind} has the id ${facts.id} of expected.${kind}`);
  const { extra, ...wanted } = facts as Record<string, unknown>;
  const { extra: actualExtra, createdAt, ...actual } = flat(record);
  const hasTime = "createdAt" in facts;
  assertEquals(
    withoutUndefined(hasTime ? { ...actual, createdAt } : actual),
    withoutUndefined(wanted),
    `the ${kind} differs from expected.${kind}`,
  );
  for (const [key, value] of Object.entries(extra ?? {})) {
    assertEquals(
      (actualExtra as Record<string, unknown>)[key],
      value,
      `extra.${key} of the ${kind} differs from expected.${kind}`,
    );
  }
}

async function checkBaseUrl(context: Context): Promise<void> {
  const { baseUrl = "https://" } = context.options.expected;
  const { driver, sent } = context.open();
  await driver.listNodes();
  for (const { url } of sent) {
    assert(url.startsWith(baseUrl), `expected ${baseUrl}, got ${url}`);
  }
}

/** A record whose price is in fields of its own. */
function flat(record: object): Record<string, unknown> {
  const { price = {}, ...rest } = record as { price?: Record<string, unknown> };
  const { asOf: _asOf, ...prices } = price;
  return { ...rest, ...prices };
}

function withoutUndefined(record: object): object {
  return Object.fromEntries(
    Object.entries(record).filter(([, value]) => value !== undefined),
  );
}

/** Creates a check for each kind of record with states. */
function stateChecks(context: Context): Check[] {
  const { states, volumeStates, snapshotStates } = context.options.expected;
  const all = [
    { field: "states", facts: states, kind: "node" },
    { field: "volumeStates", facts: volumeStates, kind: "volume" },
    { field: "snapshotStates", facts: snapshotStates, kind: "snapshot" },
  ] as const;
  return all.flatMap(({ field, facts, kind }) =>
    facts === undefined ? [] : [{
      name: `maps each word of expected.${field} to its state`,
      rule:
        'Each word of the provider has the right state; other words are "unknown".',
      see: "states",
      async run() {
        const all: readonly StateFacts<string>[] = [facts].flat();
        for (const facts of all) await checkStates(context, kind, facts);
      },
    }]
  );
}

async function checkStates(
  context: Context,
  kind: "node" | "volume" | "snapshot",
  { field, words, others = "unknown" }: StateFacts<string>,
): Promise<void> {
  const { id, state: usual } = context.options.expected[kind]!;
  const usualWords = Object.keys(words).filter((it) => words[it] === usual);
  assert(
    usualWords.length > 0,
    `no word has the state "${usual}" of expected.${kind}`,
  );
  const usualField = new RegExp(
    `(["<]${escapeRegExp(field)}["\\s]*[:>]\\s*"?)` +
      `(?:${usualWords.map(escapeRegExp).join("|")})(?=["<])`,
    "g",
  );
  const cases = Object.entries({ ...words, "canary-state": others })
    .map(([word, state]) => ({ label: `the word ${word}`, word, state }));
  await each(cases, async ({ word, state }) => {
    let isFound = false;
    const { driver, observer } = context.open(async (request, fetch) => {
      const { status, headers, body } = await readResponse(request, fetch);
      isFound ||= body.search(usualField) >= 0;
      const changed = body.replace(usualField, (_all, name) => name + word);
      return new Response(changed, { status, headers });
    });
    const read = async (driver: NodeDriver) =>
      kind === "node"
        ? await driver.getNode(id)
        : (await context.list(driver, LISTS[kind])).find((it) => it.id === id);
    assertEquals(stateOf(await read(observer)), usual);
    const changed = await read(driver);
    assert(
      isFound,
      `no response has the field ${field} with ${usualWords.join(" or ")}`,
    );
    assertEquals(stateOf(changed), state);
  });
}

function stateOf(record: object | undefined): unknown {
  return record && Reflect.get(record, "state");
}

async function readResponse(
  request: Request,
  fetch: Fetch,
): Promise<{ status: number; headers: Headers; body: string }> {
  const response = await fetch(request);
  const headers = new Headers(response.headers);
  // The body is going to change.
  headers.delete("content-length");
  return { status: response.status, headers, body: await response.text() };
}

function escapeRegExp(text: string): string {
  return text.replace(/[$()*+.?[\\\]^{|}-]/g, "\\$&");
}
