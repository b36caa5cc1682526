/**
 * Commands that list records of an account.
 *
 * @module
 */

import type { Listing } from "../core/listing.ts";
import type { Context, Open } from "./context.ts";
import { withList } from "./options.ts";
import type { Kind, Row } from "./output.ts";
import type { Group } from "./root.ts";

/** What a command lists. */
export interface ListCommand {
  /** Purpose of the command. */
  readonly description: string;
  /** Kind of the records. */
  readonly kind: Kind;
  /** Reads the list. */
  readonly read: (context: Context) => Promise<Listing<Row> | readonly Row[]>;
}

/**
 * Adds the command `list` to a group.
 *
 * @param group The group.
 * @param open Prepares the command when it runs.
 * @param list What it lists.
 */
export function addList(
  group: Group,
  open: Open,
  { description, kind, read }: ListCommand,
): void {
  withList(group.command("list"))
    .description(description)
    .action(async (_, command) => {
      const options = command.optsWithGlobals();
      const context = open(options);
      await context.list(kind, options, () => read(context));
    });
}
