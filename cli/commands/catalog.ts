/**
 * `nephos sizes` and `nephos locations`: what a provider offers.
 *
 * @module
 */

import type { Open } from "../context.ts";
import { LOCATION, SIZE } from "../kinds.ts";
import { addList } from "../lists.ts";
import { group, type Program } from "../root.ts";

/** Adds the commands for sizes and locations. */
export function addCatalog(program: Program, open: Open): void {
  addList(group(program, "sizes", "see sizes and prices"), open, {
    description: "list the sizes that a server can have",
    kind: SIZE,
    read: async (context) => (await context.driver()).listSizes(context.call),
  });
  addList(group(program, "locations", "see locations"), open, {
    description: "list the locations that a server can run in",
    kind: LOCATION,
    read: async (context) =>
      (await context.driver()).listLocations(context.call),
  });
}
