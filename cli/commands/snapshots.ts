/**
 * `nephos snapshots`: snapshots of volumes.
 *
 * @module
 */

import { destroyEach, label } from "../changes.ts";
import type { Context, Open } from "../context.ts";
import { SNAPSHOT, VOLUME } from "../kinds.ts";
import { withColumns, withDryRun, withList, withYes } from "../options.ts";
import { checkSelection } from "../output.ts";
import { group, type Program } from "../root.ts";
import { type Named, toTarget } from "../references.ts";

/** Adds the commands for snapshots. */
export function addSnapshots(program: Program, open: Open): void {
  const snapshots = group(program, "snapshots", "manage snapshots of volumes");
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
        const volume = await findVolume(context, options.volume);
        return driver.listVolumeSnapshots(volume, context.call);
      });
    });
  withDryRun(withColumns(snapshots.command("create")))
    .description("create a snapshot of a volume")
    .argument("<volume>", "id or name of the volume")
    .option("--name <name>", "name of the snapshot")
    .action(async (ref, _, command) => {
      const options = command.optsWithGlobals();
      const context = open(options);
      checkSelection(SNAPSHOT, options);
      const driver = await context.capable("snapshots", "snapshots");
      const volume = await findVolume(context, ref);
      const { name } = options;
      const created = await context.change(
        options,
        `create a snapshot of ${label(volume)}`,
        (call) => driver.createVolumeSnapshot(volume, { ...call, name }),
      );
      if (created) await context.show(SNAPSHOT, created.value, options);
    });
  withYes(snapshots.command("destroy"))
    .description("destroy snapshots; their data is deleted")
    .argument("<snapshot...>", "ids or names")
    .action(async (refs, _, command) => {
      const options = command.optsWithGlobals();
      const context = open(options);
      const driver = await context.capable("snapshots", "snapshots");
      const all = await driver.listVolumeSnapshots(undefined, context.call);
      const found = refs.map((ref) => toTarget(all, ref, SNAPSHOT.noun));
      await destroyEach(context, options, found, {
        noun: SNAPSHOT.noun,
        words: { verb: "destroy", done: "destroyed" },
        lost: "All data of the",
        run: (snapshot, call) => driver.destroyVolumeSnapshot(snapshot, call),
      });
    });
}

/** Finds a volume of the account, by its id or its name. */
async function findVolume(context: Context, ref: string): Promise<Named> {
  const driver = await context.capable("volumes", "volumes");
  return toTarget(await driver.listVolumes(context.call), ref, VOLUME.noun);
}
