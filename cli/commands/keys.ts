/**
 * `nephos keys`: key pairs for logins.
 *
 * @module
 */

import type { Open } from "../context.ts";
import { KEY_PAIR } from "../kinds.ts";
import { withColumns, withList } from "../options.ts";
import { checkSelection } from "../output.ts";
import type { Program } from "../root.ts";
import { choose } from "../references.ts";

/** Adds the commands for key pairs. */
export function addKeys(program: Program, open: Open): void {
  const keys = program.command("keys").description("manage key pairs");
  withList(keys.command("list"))
    .description("list the key pairs of an account")
    .action(async (_, command) => {
      const options = command.optsWithGlobals();
      const context = open(options);
      await context.list(KEY_PAIR, options, async () => {
        const driver = await context.capable("keyPairs", "key pairs");
        return driver.listKeyPairs(context.call);
      });
    });
  withColumns(keys.command("get"))
    .description("show a key pair")
    .argument("<key>", "id or name")
    .action(async (key, _, command) => {
      const options = command.optsWithGlobals();
      const context = open(options);
      checkSelection(KEY_PAIR, options);
      const driver = await context.capable("keyPairs", "key pairs");
      const all = await driver.listKeyPairs(context.call);
      await context.show(KEY_PAIR, choose(all, key, KEY_PAIR.noun), options);
    });
}
