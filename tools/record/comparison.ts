/**
 * Compares what a provider sent with what its simulator sent for the same
 * operations.
 *
 * @module
 */

import type { ListRead, Reading } from "./reading.ts";
import type { Exchange } from "./recorder.ts";
import {
  addToShape,
  compareShapes,
  type Difference,
  emptyShape,
  type Shape,
} from "./shape.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** Requests and responses of an account, and what the driver made of them. */
export interface Recording {
  /** The requests and responses. */
  readonly exchanges: readonly Exchange[];
  /** What the reading methods returned. */
  readonly reading: Reading;
}

// Headers that clients use: rate limits, request ids, pages.
const HEADER = /rate-?limit|request-?id|correlation-id|^retry-after$|^link$/i;

/**
 * Compares two recordings.
 *
 * @param provider What the provider sent.
 * @param simulator What the simulator sent.
 * @param known Words of the simulator and of the fixtures.
 * @returns The differences, by operation. `"headers"` stands for all of them.
 */
export function compare(
  provider: Recording,
  simulator: Recording,
  known: Vocabulary,
): Map<string, Difference[]> {
  const differences = new Map<string, Difference[]>();
  const ours = byOperation(simulator.exchanges);
  for (const [operation, exchanges] of byOperation(provider.exchanges)) {
    const others = ours.get(operation);
    if (!others) continue;
    const found = [
      ...compareShapes(
        shapeOf(exchanges),
        shapeOf(others),
        (keys, word) => known.has(keys, word),
      ),
      ...compareResponses(exchanges, others),
      ...comparePages(
        provider.reading.lists.get(operation),
        simulator.reading.lists.get(operation),
      ),
    ];
    if (found.length > 0) differences.set(operation, found);
  }
  const headers = compareHeaders(provider.exchanges, simulator.exchanges);
  if (headers.length > 0) differences.set("headers", headers);
  return differences;
}

/**
 * Groups the responses that are not errors by the method of the driver. A wait
 * gets the node as often as it takes, so it belongs to getNode().
 */
function byOperation(
  exchanges: readonly Exchange[],
): Map<string, Exchange[]> {
  return Map.groupBy(
    exchanges.filter(({ status, operation }) => status < 300 && operation),
    ({ operation }) => operation.startsWith("wait") ? "getNode" : operation,
  );
}

function shapeOf(exchanges: readonly Exchange[]): Shape {
  const shape = emptyShape();
  for (const { document } of exchanges) {
    if (document) addToShape(shape, document.value);
  }
  return shape;
}

/** Compares statuses and types of bodies. */
function compareResponses(
  provider: readonly Exchange[],
  simulator: readonly Exchange[],
): Difference[] {
  const read: Readonly<Record<string, (exchange: Exchange) => string>> = {
    "status": ({ status }) => String(status),
    "content-type": ({ headers }) =>
      headers.get("content-type")?.toLowerCase().replace(/\s/g, "") ?? "none",
  };
  return Object.entries(read).flatMap(([at, read]) => {
    const ours = [...new Set(simulator.map(read))];
    const theirs = [...new Set(provider.map(read))];
    if (theirs.every((it) => ours.includes(it))) return [];
    const what = `is ${theirs.join(" or ")}, in the simulator `;
    return { at, what: what + ours.join(" or ") };
  });
}

/** Compares the sizes of pages that are full. */
function comparePages(
  provider: ListRead | undefined,
  simulator: ListRead | undefined,
): Difference[] {
  const full = fullPage(provider);
  if (!provider || !simulator || full === undefined) return [];
  const largest = Math.max(...simulator.pages);
  const simulated = fullPage(simulator);
  const isSame = simulated === undefined ? largest <= full : simulated === full;
  if (isSame) return [];
  const what = `a full page has ${full} items, in the simulator ` +
    (simulated ?? `at least ${largest}`);
  return [{ at: "page size", what }];
}

/** Number of items on a page that is not the last one. */
function fullPage(list: ListRead | undefined): number | undefined {
  const isFull = list && (list.pages.length > 1 || list.hasMore);
  return isFull ? list.pages[0] : undefined;
}

function compareHeaders(
  provider: readonly Exchange[],
  simulator: readonly Exchange[],
): Difference[] {
  const theirs = headersOf(provider);
  const ours = headersOf(simulator);
  return [
    ...[...theirs.difference(ours)].map((at) => ({
      at,
      what: "missing in the simulator",
    })),
    ...[...ours.difference(theirs)].map((at) => ({
      at,
      what: "only in the simulator",
    })),
  ];
}

function headersOf(exchanges: readonly Exchange[]): Set<string> {
  return new Set(
    exchanges.flatMap(({ headers }) => [...headers.keys()])
      .filter((name) => HEADER.test(name)),
  );
}
