/**
 * The command line as a tree of commands. It loads no driver: a command loads
 * what it needs when it runs.
 *
 * @module
 */

import { addCheapest } from "./commands/cheapest.ts";
import { addCompletion } from "./commands/completion.ts";
import { addDns } from "./commands/dns.ts";
import { addFleet } from "./commands/fleet.ts";
import { addImages } from "./commands/images.ts";
import { addKeys } from "./commands/keys.ts";
import { addCatalog } from "./commands/catalog.ts";
import { addNodes } from "./commands/nodes.ts";
import { addPrices } from "./commands/prices.ts";
import { addSimulate } from "./commands/simulate.ts";
import { addSnapshots } from "./commands/snapshots.ts";
import { addTags } from "./commands/tags.ts";
import { addVolumes } from "./commands/volumes.ts";
import type { Open } from "./context.ts";
import { type Program, rootCommand } from "./root.ts";
import type { Surroundings } from "./surroundings.ts";

/**
 * Creates the tree of commands.
 *
 * @param surroundings Where help is written.
 * @param open Called with the options of the command that runs.
 * @returns The program.
 */
export function createProgram(
  surroundings: Surroundings,
  open: Open,
): Program {
  const program = rootCommand(surroundings);
  for (
    const add of [
      addNodes,
      addCatalog,
      addImages,
      addKeys,
      addVolumes,
      addSnapshots,
      addTags,
      addDns,
      addCheapest,
      addPrices,
      addFleet,
      addSimulate,
      addCompletion,
    ]
  ) add(program, open);
  return program;
}
