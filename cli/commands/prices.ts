/**
 * `nephos prices`: prices from the lists in this package, without an account.
 *
 * @module
 */

import {
  Argument,
  InvalidArgumentError,
} from "npm:@commander-js/extra-typings@15.1.0";
import type { PricedProviderId } from "../../drivers/prices.ts";
import type { Open } from "../context.ts";
import { CommandError, ExitCode, usageError } from "../errors.ts";
import { PRICE } from "../kinds.ts";
import { withColumns } from "../options.ts";
import { checkSelection } from "../output.ts";
import type { Program } from "../root.ts";

/** Other providers tell their prices: see `nephos sizes list`. */
const PROVIDERS = [
  "ec2",
  "nephoscale",
  "rackspace",
  "softlayer",
] as const satisfies readonly PricedProviderId[];

/** Names the option of the command instead of that of the function. */
function toUsageError(error: Error): Error {
  const [, problem] = /^\w+: location (.+)$/s.exec(error.message) ?? [];
  if (problem === undefined) return error;
  return usageError(
    `prices: --location ${problem}`,
    "add for example --location us-east-1",
  );
}

/** The provider; says where the prices of the others are. */
function providerArgument() {
  const argument = new Argument("<provider>", "provider")
    .argParser((value): typeof PROVIDERS[number] => {
      const provider = PROVIDERS.find((it) => it === value);
      if (provider !== undefined) return provider;
      throw new InvalidArgumentError(
        `Use ${PROVIDERS.join(", ")}; for others, run "nephos sizes list".`,
      );
    });
  // For the help and the completions; `choices()` would replace the parser.
  argument.argChoices = [...PROVIDERS];
  return argument;
}

/** Adds the command that looks up prices. */
export function addPrices(program: Program, open: Open): void {
  withColumns(program.command("prices"))
    .description("look up prices in the lists of this package, offline")
    .addArgument(providerArgument())
    .argument("<size...>", "ids of sizes")
    .option("--location <id>", "location or region, at ec2 and rackspace")
    .action(async (provider, sizes, _, command) => {
      const options = command.optsWithGlobals();
      const context = open(options);
      checkSelection(PRICE, options);
      const { getSizePrice } = await import("../../drivers/prices.ts");
      const rows = await Promise.all(sizes.map(async (size) => {
        const { location } = options;
        const price = await getSizePrice(provider, size, { location })
          .catch((error) => {
            throw toUsageError(error);
          });
        if (price !== undefined) return { id: size, ...price };
        throw new CommandError(
          ExitCode.NOT_FOUND,
          `the price of ${JSON.stringify(size)} is unknown`,
          `run "nephos sizes list --provider ${provider} --simulate" for the ids`,
        );
      }));
      await context.show(PRICE, rows, options);
    });
}
