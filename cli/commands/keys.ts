/**
 * `nephos keys`: key pairs for logins.
 *
 * @module
 */

import { destroyEach } from "../changes.ts";
import type { Open } from "../context.ts";
import { usageError } from "../errors.ts";
import { readText } from "../files.ts";
import { KEY_PAIR, withSecret } from "../kinds.ts";
import { addList } from "../lists.ts";
import { withColumns, withDryRun, withYes } from "../options.ts";
import { checkSelection } from "../output.ts";
import { group, type Program } from "../root.ts";
import { choose, toTarget } from "../references.ts";

/** Adds the commands for key pairs. */
export function addKeys(program: Program, open: Open): void {
  const keys = group(program, "keys", "manage key pairs");
  addList(keys, open, {
    description: "list the key pairs of an account",
    kind: KEY_PAIR,
    read: async (context) => {
      const driver = await context.capable("keyPairs", "key pairs");
      return driver.listKeyPairs(context.call);
    },
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
  withDryRun(withColumns(keys.command("create")))
    .description("create a key pair; its private key is shown only once")
    .argument("<name>", "name of the key pair")
    .action(async (name, _, command) => {
      const options = command.optsWithGlobals();
      const context = open(options);
      checkSelection(KEY_PAIR, options);
      const driver = await context.capable("keyPairs", "key pairs");
      const create = driver.createKeyPair?.bind(driver);
      if (create === undefined) {
        throw usageError(
          `${driver.displayName} cannot create a key pair`,
          'create it with ssh-keygen, and run "nephos keys import"',
        );
      }
      const created = await context.change(
        options,
        `create the key pair ${name} at ${driver.displayName}`,
        (call) => create({ ...call, name }),
      );
      if (created === undefined) return;
      const { value: keyPair } = created;
      const isTable = options.output === "table" && !options.columns;
      // In a table, a key would lose its line breaks.
      if (isTable && keyPair.privateKey !== undefined) {
        const text = `${keyPair.privateKey.trimEnd()}\n`;
        context.surroundings.stdout.write(text);
        return;
      }
      const kind = withSecret(KEY_PAIR, keyPair, "password");
      await context.show(kind, keyPair, options);
    });
  withDryRun(withColumns(keys.command("import")))
    .description("upload a public key")
    .argument("<name>", "name of the key pair")
    .argument("<file>", "file with the public key, such as id_ed25519.pub")
    .action(async (name, file, _, command) => {
      const options = command.optsWithGlobals();
      const context = open(options);
      checkSelection(KEY_PAIR, options);
      const publicKey = (await readText(context.surroundings, file)).trim();
      const driver = await context.capable("keyPairs", "key pairs");
      const imported = await context.change(
        options,
        `import the key pair ${name} at ${driver.displayName}`,
        (call) => driver.importKeyPair({ ...call, name, publicKey }),
      );
      if (imported) await context.show(KEY_PAIR, imported.value, options);
    });
  withYes(keys.command("delete"))
    .description("delete key pairs; servers that use them keep the keys")
    .argument("<key...>", "ids or names")
    .action(async (refs, _, command) => {
      const options = command.optsWithGlobals();
      const context = open(options);
      const driver = await context.capable("keyPairs", "key pairs");
      const all = await driver.listKeyPairs(context.call);
      const found = refs.map((ref) => toTarget(all, ref, KEY_PAIR.noun));
      await destroyEach(context, options, found, {
        noun: KEY_PAIR.noun,
        words: { verb: "delete", done: "deleted" },
        lost: "The",
        run: (key, call) => driver.deleteKeyPair(key, call),
      });
    });
}
