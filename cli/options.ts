/**
 * Options that several commands share, and the parsers of their values.
 *
 * @module
 */

import {
  type Command,
  InvalidArgumentError,
  type OptionValues,
} from "npm:@commander-js/extra-typings@15.1.0";

/**
 * Adds the options of commands that show records.
 *
 * @typeParam A Arguments of the command.
 * @typeParam O Options of the command.
 * @typeParam G Options of the program.
 * @param command The command.
 * @returns The command.
 */
export function withColumns<
  A extends unknown[],
  O extends OptionValues,
  G extends OptionValues,
>(command: Command<A, O, G>) {
  return command.option(
    "--columns <fields>",
    "fields to show, such as id,name,extra.zone",
    toNames,
  );
}

/**
 * Adds the options of commands that show lists.
 *
 * @typeParam A Arguments of the command.
 * @typeParam O Options of the command.
 * @typeParam G Options of the program.
 * @param command The command.
 * @returns The command.
 */
export function withList<
  A extends unknown[],
  O extends OptionValues,
  G extends OptionValues,
>(command: Command<A, O, G>) {
  return withColumns(command)
    .option("--sort <field>", "field to sort by; --sort=-field for descending")
    .option(
      "--filter <field=value>",
      "show only records with this value; * is any text; can be repeated",
      toMore,
    );
}

/**
 * Adds the option of commands that change something.
 *
 * @typeParam A Arguments of the command.
 * @typeParam O Options of the command.
 * @typeParam G Options of the program.
 * @param command The command.
 * @returns The command.
 */
export function withDryRun<
  A extends unknown[],
  O extends OptionValues,
  G extends OptionValues,
>(command: Command<A, O, G>) {
  return command.option(
    "--dry-run",
    "check the values, and send no change",
  );
}

/**
 * Adds the options of commands that destroy something.
 *
 * @typeParam A Arguments of the command.
 * @typeParam O Options of the command.
 * @typeParam G Options of the program.
 * @param command The command.
 * @returns The command.
 */
export function withYes<
  A extends unknown[],
  O extends OptionValues,
  G extends OptionValues,
>(command: Command<A, O, G>) {
  return withDryRun(command).option("-y, --yes", "do not ask for confirmation");
}

/** Collects the values of an option that can be repeated. */
export function toMore(value: string, values: string[] = []): string[] {
  return [...values, value];
}

/** Parses names that are separated by commas. */
export function toNames(value: string): string[] {
  return value.split(",").map((name) => name.trim()).filter((name) =>
    name !== ""
  );
}

/** Parses a whole number from 1. */
export function toCount(value: string): number {
  if (/^[1-9]\d{0,8}$/.test(value)) return Number(value);
  throw new InvalidArgumentError("Use a whole number from 1.");
}

/** Parses a part, such as `0.5` or `50%`, into a number from 0 to 1. */
export function toShare(value: string): number {
  const [, amount, percent] = /^(\d{1,3}(?:\.\d+)?)(%)?$/.exec(value) ?? [];
  const share = Number(amount) / (percent ? 100 : 1);
  if (share <= 1) return share;
  throw new InvalidArgumentError("Use a part such as 0.5 or 50%.");
}

/** Parses a port, or 0 for any free port. */
export function toPort(value: string): number {
  if (/^\d{1,5}$/.test(value) && Number(value) < 65536) return Number(value);
  throw new InvalidArgumentError("Use a number from 0 to 65535.");
}

const UNITS: Readonly<Record<string, number>> = {
  "": 1000,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** Parses a duration, such as `30s` or `10m`, into milliseconds. */
export function toMilliseconds(value: string): number {
  const [, amount = "", unit = ""] = /^(\d{1,6}(?:\.\d+)?)(ms|s|m|h)?$/
    .exec(value) ?? [];
  const ms = Number(amount) * (UNITS[unit] ?? NaN);
  if (amount !== "" && ms >= 1) return ms;
  throw new InvalidArgumentError("Use a duration such as 30s, 10m or 1h.");
}

/** Parses `CODE=number`, such as `EUR=1.08`, and collects the pairs. */
export function toRates(
  value: string,
  rates: Readonly<Record<string, number>> = {},
): Readonly<Record<string, number>> {
  const [, code, rate] = /^([A-Z]{3})=(\d+(?:\.\d+)?)$/.exec(value) ?? [];
  if (code !== undefined) return { ...rates, [code]: Number(rate) };
  throw new InvalidArgumentError(
    "Use a currency and its rate, such as EUR=1.08.",
  );
}
