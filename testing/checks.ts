/**
 * Checks for any test runner, and helpers to write them.
 *
 * @module
 */

import { mapConcurrently } from "../core/concurrency.ts";

/** A check of a driver, for any test runner. */
export interface Check {
  /** Name of the check, to follow the name of the driver. */
  readonly name: string;
  /** Runs the check; rejects if it fails. */
  run(): Promise<void>;
}

/** Outcome of a call: a value or an error. */
export type Outcome = { readonly value: unknown } | { readonly error: unknown };

/**
 * Waits for the outcome of a call that may also throw synchronously.
 *
 * @param run The call.
 * @returns The value or the error.
 */
export async function outcomeOf(run: () => unknown): Promise<Outcome> {
  try {
    return { value: await run() };
  } catch (error) {
    return { error };
  }
}

/** Largest number of checks that run at the same time. */
const SIDE_BY_SIDE = 16;

/**
 * Runs a check for each item, several at the same time: most checks wait.
 *
 * @typeParam T An item.
 * @param items The items.
 * @param check The check; it must not share state with those of other items.
 */
export async function sideBySide<T>(
  items: readonly T[],
  check: (item: T) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  await mapConcurrently(items, SIDE_BY_SIDE, async (item) => {
    if (failures.length > 0) return;
    try {
      await check(item);
    } catch (error) {
      failures.push(error);
    }
  });
  // Only now, so that nothing runs on into the next test.
  if (failures.length > 0) throw failures[0];
}

/**
 * Runs a check for each item, as {@linkcode sideBySide} does. The error of a
 * check begins with the label of the item.
 *
 * @typeParam T An item.
 * @param items The items.
 * @param check The check; it must not share state with those of other items.
 */
export async function each<T extends { readonly label: string }>(
  items: readonly T[],
  check: (item: T) => Promise<void>,
): Promise<void> {
  await sideBySide(items, async (item) => {
    try {
      await check(item);
    } catch (error) {
      if (error instanceof Error) {
        error.message = `${item.label}: ${error.message}`;
      }
      throw error;
    }
  });
}

/**
 * Formats a value for messages of the checks.
 *
 * @param value Any value.
 * @returns The string.
 */
export function show(value: unknown): string {
  if (value instanceof Error) return value.stack ?? String(value);
  return JSON.stringify(
    value,
    (_key, part) =>
      part === undefined ? "undefined" : part !== part ? "NaN" : part,
  ) ?? String(value);
}
