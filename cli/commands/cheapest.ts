/**
 * `nephos cheapest`: the cheapest sizes that fit.
 *
 * @module
 */

import { failIfAny, type Open } from "../context.ts";
import { InvalidArgumentError } from "npm:@commander-js/extra-typings@15.1.0";
import { OFFER } from "../kinds.ts";
import { toCount, toRates, withColumns } from "../options.ts";
import { checkSelection } from "../output.ts";
import type { Program } from "../root.ts";

/** Adds the command that compares sizes. */
export function addCheapest(program: Program, open: Open): void {
  withColumns(program.command("cheapest"))
    .description("find the cheapest sizes that fit, at one or more providers")
    .requiredOption("--vcpus <count>", "smallest number of processors", toCount)
    .requiredOption(
      "--ram <size>",
      "smallest memory, such as 4G or 512M",
      toMib,
    )
    .option("--disk <gb>", "smallest disk in GB", toCount)
    .option("--gpus <count>", "smallest number of GPUs", toCount)
    .option("--architecture <name>", "x86_64, arm64 or any")
    .option("--location <id>", "location")
    .option("--country <code>", "country, such as DE")
    .option("--currency <code>", "currency to convert prices to, such as USD")
    .option(
      "--rate <code=value>",
      "value of a currency in --currency, such as EUR=1.08; can be repeated",
      toRates,
    )
    .option("--limit <count>", "number of offers in each currency", toCount)
    .action(async (_, command) => {
      const options = command.optsWithGlobals();
      const context = open(options);
      checkSelection(OFFER, options);
      const { cheapest } = await import("../../core/compute/cheapest.ts");
      const { offers, errors } = await cheapest(await context.drivers(), {
        ...context.call,
        vcpus: options.vcpus,
        ramMib: options.ram,
        diskGb: options.disk,
        gpus: options.gpus,
        architecture: options.architecture,
        location: options.location,
        country: options.country,
        currency: options.currency,
        rates: options.rate,
        limit: options.limit,
      });
      const rows = offers.map((offer) => ({
        ...offer,
        locations: offer.locations.map(({ id }) => id),
      }));
      await context.show(OFFER, rows, options);
      failIfAny(errors);
    });
}

/** Parses an amount of memory into MiB. */
function toMib(value: string): number {
  const [, amount, unit] = /^([1-9]\d{0,6})(M|G)(?:i?B)?$/i.exec(value) ?? [];
  if (amount !== undefined) {
    return Number(amount) * (unit?.toUpperCase() === "G" ? 1024 : 1);
  }
  throw new InvalidArgumentError("Use an amount such as 4G or 512M.");
}
