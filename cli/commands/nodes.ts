/**
 * `nephos nodes`: servers.
 *
 * @module
 */

import type { Open } from "../context.ts";
import { checkSelection } from "../output.ts";
import { NODE } from "../kinds.ts";
import { withColumns, withList } from "../options.ts";
import type { Program } from "../root.ts";
import { findNodes } from "../references.ts";
import { withoutTags } from "../tags.ts";

/** Adds the commands for servers. */
export function addNodes(program: Program, open: Open): void {
  const nodes = program.command("nodes").description("manage servers");
  withList(nodes.command("list"))
    .description(
      "list the servers of an account; --filter tag=env:prod for tags",
    )
    .action(async (_, command) => {
      const options = command.optsWithGlobals();
      const context = open(options);
      const { tags, filter } = withoutTags(options.filter);
      await context.list(NODE, { ...options, filter }, async () => {
        const driver = await context.driver();
        return driver.listNodes({ ...context.call, tags });
      });
    });
  withColumns(nodes.command("get"))
    .description("show servers")
    .argument("<node...>", "ids or names")
    .action(async (refs, _, command) => {
      const options = command.optsWithGlobals();
      const context = open(options);
      checkSelection(NODE, options);
      const found = await findNodes(await context.driver(), refs, context.call);
      await context.show(NODE, found.length === 1 ? found[0]! : found, options);
    });
}
