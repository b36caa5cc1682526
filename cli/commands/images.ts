/**
 * `nephos images`: images for servers.
 *
 * @module
 */

import type { Open } from "../context.ts";
import { IMAGE } from "../kinds.ts";
import { withColumns, withList } from "../options.ts";
import { checkSelection } from "../output.ts";
import type { Program } from "../root.ts";

/** Adds the commands for images. */
export function addImages(program: Program, open: Open): void {
  const images = program.command("images").description("manage images");
  withList(images.command("list"))
    .description("list the images that a server can be created from")
    .action(async (_, command) => {
      const options = command.optsWithGlobals();
      const context = open(options);
      await context.list(IMAGE, options, async () => {
        const driver = await context.driver();
        return driver.listImages(context.call);
      });
    });
  withColumns(images.command("get"))
    .description("show an image")
    .argument("<image>", "id")
    .action(async (image, _, command) => {
      const options = command.optsWithGlobals();
      const context = open(options);
      checkSelection(IMAGE, options);
      const driver = await context.capable("images", "images of its own");
      await context.show(
        IMAGE,
        await driver.getImage(image, context.call),
        options,
      );
    });
  withColumns(images.command("find"))
    .description("find the newest official image of a distribution")
    .argument("<distribution>", "distribution, such as debian")
    .argument("[version]", "version, such as 12; the newest by default")
    .option("--architecture <name>", "architecture; x86_64 by default")
    .action(async (distribution, version, _, command) => {
      const options = command.optsWithGlobals();
      const context = open(options);
      checkSelection(IMAGE, options);
      const { findImage } = await import("../../core/compute/find_image.ts");
      const image = await findImage(await context.driver(), {
        ...context.call,
        distribution,
        version,
        architecture: options.architecture,
      });
      await context.show(IMAGE, image, options);
    });
}
