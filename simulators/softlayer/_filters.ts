/**
 * Object filters: the records of a list, and their order.
 *
 * @module
 */

import { isObject, type JsonObject } from "../kit/mod.ts";

/** A comparison of a property with a value. */
type Compare = (property: unknown, value: string) => boolean;

const same: Compare = (property, value) =>
  String(property).toLowerCase() === value.toLowerCase();
const textOf = (property: unknown) => String(property ?? "").toLowerCase();

// The longest operators are first.
const COMPARISONS: readonly (readonly [operator: string, Compare])[] = [
  ["!=", (property, value) => !same(property, value)],
  [">=", (property, value) => Number(property) >= Number(value)],
  ["<=", (property, value) => Number(property) <= Number(value)],
  ["*=", (property, value) => textOf(property).includes(value.toLowerCase())],
  ["^=", (property, value) => textOf(property).startsWith(value.toLowerCase())],
  ["$=", (property, value) => textOf(property).endsWith(value.toLowerCase())],
  [">", (property, value) => Number(property) > Number(value)],
  ["<", (property, value) => Number(property) < Number(value)],
  ["_=", same],
];

/**
 * Filters and sorts records. SoftLayer ignores what it does not understand.
 *
 * @param records The records.
 * @param filter The filter of the list.
 * @param toJson Converts a record to the properties that a filter names.
 * @returns The records. Without an order, the newest are first.
 */
export function applyFilter<T>(
  records: readonly T[],
  filter: unknown,
  toJson: (record: T) => object,
): readonly T[] {
  if (!isObject(filter)) return records.toReversed();
  const { sort, conditions } = split(filter);
  const found = Object.keys(conditions).length === 0
    ? [...records]
    : records.filter((record) => matches(toJson(record), conditions));
  if (sort === undefined) return found.reverse();
  const { name, isDescending } = sort;
  // The conversion takes time, and there may be many records.
  const keyOf = (record: T) =>
    (Object.hasOwn(Object(record), name)
      ? record as JsonObject
      : toJson(record) as JsonObject)[name];
  const isSorted = found.every((record, index) =>
    index === 0 || order(keyOf(found[index - 1]!), keyOf(record)) <= 0
  );
  if (!isSorted) found.sort((a, b) => order(keyOf(a), keyOf(b)));
  return isDescending ? found.reverse() : found;
}

/** Separates the order of a filter from its conditions. */
function split(filter: JsonObject) {
  const entries = Object.entries(filter);
  const isSort = ([, condition]: [string, unknown]) =>
    isObject(condition) && condition.operation === "orderBy";
  const sort = entries.find(isSort);
  const conditions = Object.fromEntries(
    entries.filter((entry) => !isSort(entry)),
  );
  if (sort === undefined) return { sort, conditions };
  const [name, condition] = sort;
  const isDescending = optionOf(condition, "sort")?.[0] !== "ASC";
  return { sort: { name, isDescending }, conditions };
}

function order(a: unknown, b: unknown): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return textOf(a) < textOf(b) ? -1 : 1;
}

function matches(value: unknown, condition: unknown): boolean {
  if (!isObject(condition)) return true;
  if (Array.isArray(value)) return value.some((it) => matches(it, condition));
  const { operation } = condition;
  if (operation !== undefined) return compare(value, operation, condition);
  return Object.entries(condition).every(([name, inner]) =>
    matches(isObject(value) ? value[name] : undefined, inner)
  );
}

function compare(value: unknown, operation: unknown, condition: JsonObject) {
  if (operation === "in") {
    return (optionOf(condition, "data") ?? [])
      .some((it) => same(value, String(it)));
  }
  if (operation === "is null") return value === undefined || value === null;
  if (operation === "not null") return value !== undefined && value !== null;
  const text = String(operation);
  const [operator, test] =
    COMPARISONS.find(([operator]) => text.startsWith(operator)) ??
      ["", same];
  return test(value, text.slice(operator.length).trim());
}

/** The value of an option of a condition. */
function optionOf(condition: unknown, name: string): unknown[] | undefined {
  const options = isObject(condition) ? condition.options : undefined;
  const option = Array.isArray(options)
    ? options.find((it) => isObject(it) && it.name === name)
    : undefined;
  return Array.isArray(option?.value) ? option.value : undefined;
}
