/**
 * `nephos images`: images for servers.
 *
 * @module
 */

import { destroyEach, label } from "../changes.ts";
import { type Open, unsupported } from "../context.ts";
import { IMAGE } from "../kinds.ts";
import { addList } from "../lists.ts";
import { withColumns, withDryRun, withYes } from "../options.ts";
import { checkSelection } from "../output.ts";
import { findNodes } from "../references.ts";
import { group, type Program } from "../root.ts";

/** Adds the commands for images. */
export function addImages(program: Program, open: Open): void {
  const images = group(program, "images", "manage images");
  addList(images, open, {
    description: "list the images that a server can be created from",
    kind: IMAGE,
    read: async (context) => (await context.driver()).listImages(context.call),
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
  withDryRun(withColumns(images.command("create")))
    .description("create an image of a server")
    .argument("<name>", "name of the image")
    .requiredOption("--node <node>", "id or name of the server")
    .option("--description <text>", "description for people")
    .action(async (name, _, command) => {
      const options = command.optsWithGlobals();
      const context = open(options);
      checkSelection(IMAGE, options);
      const driver = await context.capable("images", "images of servers");
      const [node] = await findNodes(driver, [options.node], context.call);
      const { description } = options;
      const created = await context.change(
        options,
        `create the image ${name} of ${label(node!)}`,
        (call) => driver.createImage(node!, { ...call, name, description }),
      );
      if (created) await context.show(IMAGE, created.value, options);
    });
  withDryRun(withColumns(images.command("copy")))
    .description("copy an image to another location")
    .argument("<image>", "id")
    .requiredOption("--location <id>", "location of the copy")
    .option("--name <name>", "name of the copy")
    .action(async (image, _, command) => {
      const options = command.optsWithGlobals();
      const context = open(options);
      checkSelection(IMAGE, options);
      const driver = await context.capable("images", "images of servers");
      const copy = driver.copyImage?.bind(driver);
      if (copy === undefined) throw unsupported(driver, "copies of images");
      const { location, name } = options;
      const copied = await context.change(
        options,
        `copy the image ${image} to ${location}`,
        (call) => copy(image, { ...call, location, name }),
      );
      if (copied) await context.show(IMAGE, copied.value, options);
    });
  withYes(images.command("delete"))
    .description("delete images of the account; their data is lost")
    .argument("<image...>", "ids")
    .action(async (ids, _, command) => {
      const options = command.optsWithGlobals();
      const context = open(options);
      const driver = await context.capable("images", "images of servers");
      await destroyEach(context, options, ids.map((id) => ({ id })), {
        noun: IMAGE.noun,
        words: { verb: "delete", done: "deleted" },
        lost: "The",
        run: ({ id }, call) => driver.deleteImage(id, call),
      });
    });
}
