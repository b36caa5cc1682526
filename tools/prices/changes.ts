/**
 * Differences between two price lists, for people.
 *
 * @module
 */

import type { PriceList } from "../../core/compute/mod.ts";

/** A line for each price that was added, removed or changed. */
interface Changes {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}

/**
 * Describes what a new price list changes.
 *
 * @param location Id of the location.
 * @param before The old list; `undefined` if there was none.
 * @param after The new list.
 * @returns Lines: a summary, and one line for each price.
 */
export function describeChanges(
  location: string,
  before: PriceList | undefined,
  after: PriceList,
): string[] {
  const { added, removed, changed } = changesBetween(before, after);
  const days = before === undefined
    ? after.updated
    : before.updated === after.updated
    ? `still ${after.updated}`
    : `${before.updated} → ${after.updated}`;
  const counts = `${added.length} added, ${removed.length} removed, ` +
    `${changed.length} changed`;
  return [
    `${location} (${days}): ${counts}`,
    ...added.map((line) => `  added    ${line}`),
    ...removed.map((line) => `  removed  ${line}`),
    ...changed.map((line) => `  changed  ${line}`),
  ];
}

function changesBetween(
  before: PriceList | undefined,
  after: PriceList,
): Changes {
  const old = pricesIn(before);
  const now = pricesIn(after);
  return {
    added: [...now]
      .filter(([id]) => !old.has(id))
      .map(([id, price]) => `${id} ${price}`),
    removed: [...old]
      .filter(([id]) => !now.has(id))
      .map(([id, price]) => `${id} ${price}`),
    changed: [...now]
      .filter(([id, price]) => old.has(id) && old.get(id) !== price)
      .map(([id, price]) => `${id} ${old.get(id)} → ${price}`),
  };
}

/** Each price in words, by the id of the size. */
function pricesIn(list: PriceList | undefined): ReadonlyMap<string, string> {
  if (!list) return new Map();
  const { currency, sizes } = list;
  return new Map(
    Object.entries(sizes).map(([id, { hourly, monthly }]) => {
      const amounts = [
        ...(hourly === undefined ? [] : [`${hourly} ${currency}/h`]),
        ...(monthly === undefined ? [] : [`${monthly} ${currency}/month`]),
      ];
      return [id, amounts.join(", ")];
    }),
  );
}
