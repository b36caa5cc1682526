/**
 * `nephos volumes`: disks that exist independently of servers.
 *
 * @module
 */

import type { Open } from "../context.ts";
import { VOLUME } from "../kinds.ts";
import { withColumns, withList } from "../options.ts";
import { checkSelection } from "../output.ts";
import type { Program } from "../root.ts";
import { choose } from "../references.ts";

/** Adds the commands for volumes. */
export function addVolumes(program: Program, open: Open): void {
  const volumes = program.command("volumes").description("manage volumes");
  withList(volumes.command("list"))
    .description("list the volumes of an account")
    .action(async (_, command) => {
      const options = command.optsWithGlobals();
      const context = open(options);
      await context.list(VOLUME, options, async () => {
        const driver = await context.capable("volumes", "volumes");
        return driver.listVolumes(context.call);
      });
    });
  withColumns(volumes.command("get"))
    .description("show a volume")
    .argument("<volume>", "id or name")
    .action(async (volume, _, command) => {
      const options = command.optsWithGlobals();
      const context = open(options);
      checkSelection(VOLUME, options);
      const driver = await context.capable("volumes", "volumes");
      const all = await driver.listVolumes(context.call);
      await context.show(VOLUME, choose(all, volume, VOLUME.noun), options);
    });
}
