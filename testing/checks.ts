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
  /** The rule, in one sentence. */
  readonly rule?: string;
  /** Section of `docs/write-a-driver.md` about the rule, such as `"options"`. */
  readonly see?: string;
  /** Runs the check; rejects if it fails. */
  run(): Promise<void>;
}

/** Page with the rules. */
const GUIDE = "docs/write-a-driver.md";

/**
 * Adds to the message of a failed check which rule was broken, where the rule is
 * written, and how to run the check again.
 *
 * @param check The check.
 * @returns The same check with longer messages.
 */
export function explained(check: Check): Check {
  const { name, rule, see = "conformance" } = check;
  return {
    ...check,
    async run() {
      try {
        await check.run();
      } catch (error) {
        if (error instanceof Error) {
          error.message = [
            error.message,
            "",
            ...(rule === undefined ? [] : [`Rule: ${rule}`]),
            `More about it: ${GUIDE}#${see}`,
            `To run only this check: filter by ${JSON.stringify(name)}`,
          ].join("\n");
        }
        throw error;
      }
    },
  };
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

/** Longest duration of a check of one item. */
const LIMIT_MS = 120_000;

/** Rejects if a check does not end, so that its label is known. */
async function limited(run: () => Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    const error = new Error("the check did not end within 2 minutes");
    timer = setTimeout(reject, LIMIT_MS, error);
  });
  try {
    await Promise.race([run(), limit]);
  } finally {
    clearTimeout(timer);
  }
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
      await limited(() => check(item));
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
      part === undefined || part instanceof Error || Number.isNaN(part)
        ? String(part)
        : part,
  ) ?? String(value);
}
