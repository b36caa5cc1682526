/**
 * `nephos sizes` and `nephos locations`: what a provider offers.
 *
 * @module
 */

import type { Open } from "../context.ts";
import { LOCATION, SIZE } from "../kinds.ts";
import { withList } from "../options.ts";
import { group, type Program } from "../root.ts";

/** Adds the commands for sizes and locations. */
export function addCatalog(program: Program, open: Open): void {
  const sizes = group(program, "sizes", "see sizes and prices");
  withList(sizes.command("list"))
    .description("list the sizes that a server can have")
    .action(async (_, command) => {
      const options = command.optsWithGlobals();
      const context = open(options);
      await context.list(SIZE, options, async () => {
        const driver = await context.driver();
        return driver.listSizes(context.call);
      });
    });
  const locations = group(program, "locations", "see locations");
  withList(locations.command("list"))
    .description("list the locations that a server can run in")
    .action(async (_, command) => {
      const options = command.optsWithGlobals();
      const context = open(options);
      await context.list(LOCATION, options, async () => {
        const driver = await context.driver();
        return driver.listLocations(context.call);
      });
    });
}
