/**
 * The same change of several records.
 *
 * @module
 */

import type { CallOptions } from "../core/options.ts";
import type { ChangeOptions, Context } from "./context.ts";
import { CHANGE } from "./kinds.ts";
import { distinct, type Named } from "./references.ts";

/** A change, in words. */
export interface ChangeWords {
  /** What to do, such as `"destroy"`. */
  readonly verb: string;
  /** What was done, such as `"destroyed"`. */
  readonly done: string;
}

/** Options of commands that change several records. */
export interface ChangeEachOptions extends ChangeOptions {
  /** Whether the command waits, and shows the result later. */
  readonly wait?: boolean | undefined;
}

/**
 * Changes records one after the other, and shows what was changed, also if a
 * change fails.
 *
 * @typeParam T A record.
 * @param context The command.
 * @param options Whether it is a dry run, and whether the command waits.
 * @param records The records.
 * @param words The change, in words.
 * @param run Changes one record.
 * @returns The records that were changed: all, or none after a dry run.
 */
export async function changeEach<T extends Named>(
  context: Context,
  options: ChangeEachOptions,
  records: readonly T[],
  { verb, done }: ChangeWords,
  run: (record: T, call: CallOptions) => Promise<unknown>,
): Promise<T[]> {
  const changed: T[] = [];
  try {
    for (const record of records) {
      const doing = `${verb} ${label(record)}`;
      const result = await context.change(
        options,
        doing,
        (call) => run(record, call),
      );
      if (result !== undefined) changed.push(record);
    }
  } finally {
    if (changed.length > 0 && !options.wait) {
      const rows = changed.map(({ id, name }) => ({ id, name, action: done }));
      await context.show(CHANGE, rows);
    }
  }
  return changed;
}

/** What a command destroys. */
export interface Destruction {
  /** Word for one record, such as `"volume"`. */
  readonly noun: string;
  /** The change, in words. */
  readonly words: ChangeWords;
  /** What is lost, before the word for the records. */
  readonly lost: "All data of the" | "The";
  /** Destroys one record. */
  readonly run: (record: Named, call: CallOptions) => Promise<unknown>;
}

/**
 * Destroys records after the user has confirmed it.
 *
 * @param context The command.
 * @param options Whether the user has confirmed, and whether it is a dry run.
 * @param records The records.
 * @param destruction What is destroyed, and how.
 */
export async function destroyEach(
  context: Context,
  options: ChangeEachOptions,
  records: readonly Named[],
  { noun, words, lost, run }: Destruction,
): Promise<void> {
  const { displayName } = await context.driver();
  const all = distinct(records);
  const nouns = all.length === 1 ? noun : `${noun}s`;
  const names = all.map(label).join(", ");
  await context.confirm(
    options,
    `${lost} ${nouns} ${names} at ${displayName} will be deleted`,
  );
  await changeEach(context, options, all, words, run);
}

/**
 * Names a record for people. The id is there because names need not be unique.
 *
 * @param record The record.
 * @returns The words, such as `web-1 (7)`.
 */
export function label({ id, name }: Named): string {
  return name === undefined || name === id ? id : `${name} (${id})`;
}
