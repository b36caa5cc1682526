/**
 * `nephos volumes`: disks that exist independently of servers.
 *
 * @module
 */

import { changeEach, destroyEach, label } from "../changes.ts";
import type { Open } from "../context.ts";
import { VOLUME } from "../kinds.ts";
import { addList } from "../lists.ts";
import { toCount, withColumns, withDryRun, withYes } from "../options.ts";
import { checkSelection } from "../output.ts";
import { group, type Program } from "../root.ts";
import { choose, findNodes, toTarget } from "../references.ts";

/** Adds the commands for volumes. */
export function addVolumes(program: Program, open: Open): void {
  const volumes = group(program, "volumes", "manage volumes");
  addList(volumes, open, {
    description: "list the volumes of an account",
    kind: VOLUME,
    read: async (context) => {
      const driver = await context.capable("volumes", "volumes");
      return driver.listVolumes(context.call);
    },
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
  withDryRun(withColumns(volumes.command("create")))
    .description("create a volume")
    .argument("<name>", "name of the volume")
    .requiredOption("--size <gb>", "capacity in GB", toCount)
    .option("--location <id>", "location of the volume")
    .option("--snapshot <id>", "snapshot to restore")
    .action(async (name, _, command) => {
      const options = command.optsWithGlobals();
      const context = open(options);
      checkSelection(VOLUME, options);
      const driver = await context.capable("volumes", "volumes");
      const { size: sizeGb, location, snapshot } = options;
      const created = await context.change(
        options,
        `create the volume ${name} at ${driver.displayName}`,
        (call) =>
          driver.createVolume({ ...call, name, sizeGb, location, snapshot }),
      );
      if (created) await context.show(VOLUME, created.value, options);
    });
  withDryRun(volumes.command("attach"))
    .description("attach a volume to a server")
    .argument("<volume>", "id or name")
    .requiredOption("--node <node>", "id or name of the server")
    .option("--device <name>", "name of the device, at some providers")
    .action(async (ref, _, command) => {
      const options = command.optsWithGlobals();
      const context = open(options);
      const driver = await context.capable("volumes", "volumes");
      const all = await driver.listVolumes(context.call);
      const volume = toTarget(all, ref, VOLUME.noun);
      const [node] = await findNodes(driver, [options.node], context.call);
      const { device } = options;
      const words = { verb: `attach to ${label(node!)}`, done: "attached" };
      await changeEach(
        context,
        options,
        [volume],
        words,
        (it, call) => driver.attachVolume(it, { ...call, node: node!, device }),
      );
    });
  withDryRun(volumes.command("detach"))
    .description("detach volumes from their servers; unmount them before")
    .argument("<volume...>", "ids or names")
    .action(async (refs, _, command) => {
      const options = command.optsWithGlobals();
      const context = open(options);
      const driver = await context.capable("volumes", "volumes");
      const all = await driver.listVolumes(context.call);
      const found = refs.map((ref) => toTarget(all, ref, VOLUME.noun));
      const words = { verb: "detach", done: "detached" };
      await changeEach(
        context,
        options,
        found,
        words,
        (volume, call) => driver.detachVolume(volume, call),
      );
    });
  withYes(volumes.command("destroy"))
    .description("destroy volumes; all their data is deleted")
    .argument("<volume...>", "ids or names")
    .action(async (refs, _, command) => {
      const options = command.optsWithGlobals();
      const context = open(options);
      const driver = await context.capable("volumes", "volumes");
      const all = await driver.listVolumes(context.call);
      const found = refs.map((ref) => toTarget(all, ref, VOLUME.noun));
      await destroyEach(context, options, found, {
        noun: VOLUME.noun,
        words: { verb: "destroy", done: "destroyed" },
        lost: "All data of the",
        run: (volume, call) => driver.destroyVolume(volume, call),
      });
    });
}
