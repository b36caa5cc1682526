/**
 * `nephos snapshots`: snapshots of volumes.
 *
 * @module
 */

import type { Open } from "../context.ts";
import { SNAPSHOT, VOLUME } from "../kinds.ts";
import { withList } from "../options.ts";
import type { Program } from "../root.ts";
import { choose } from "../references.ts";

/** Adds the commands for snapshots. */
export function addSnapshots(program: Program, open: Open): void {
  const snapshots = program.command("snapshots")
    .description("manage snapshots of volumes");
  withList(snapshots.command("list"))
    .description("list the snapshots of an account")
    .option("--volume <volume>", "id or name of the volume")
    .action(async (_, command) => {
      const options = command.optsWithGlobals();
      const context = open(options);
      await context.list(SNAPSHOT, options, async () => {
        const driver = await context.capable("snapshots", "snapshots");
        if (options.volume === undefined) {
          return driver.listVolumeSnapshots(undefined, context.call);
        }
        const { listVolumes } = await context.capable("volumes", "volumes");
        const all = await listVolumes.call(driver, context.call);
        const volume = choose(all, options.volume, VOLUME.noun);
        return driver.listVolumeSnapshots(volume, context.call);
      });
    });
}
