/**
 * The program itself: its name, and the options that all commands have.
 *
 * @module
 */

import {
  Command,
  type CommandUnknownOpts,
  Option,
} from "npm:@commander-js/extra-typings@15.1.0";
import { VERSION } from "../core/version.ts";
import { toMilliseconds, toMore } from "./options.ts";
import { FORMATS } from "./formats.ts";
import { SIMULATED, SIMULATED_DNS } from "./simulators.ts";
import type { Surroundings } from "./surroundings.ts";

/** Tells the help and the completions which values an option can have. */
function withChoices<O extends Option>(
  option: O,
  choices: readonly string[],
): O {
  // `choices()` would replace the parser, which collects several values.
  option.argChoices = [...choices];
  return option;
}

/** The options that all commands have; those of a group are its own. */
function optionsOfRoot(command: CommandUnknownOpts): Option[] {
  return command.parent
    ? optionsOfRoot(command.parent)
    : command.options.filter(({ hidden }) => !hidden);
}

/** Width of the help if it is not written to a terminal. */
const HELP_WIDTH = 80;

/** Creates the program, and the options that all commands have. */
export function rootCommand({ stdout, stderr }: Surroundings) {
  return new Command("nephos")
    // Commands that are added later get these settings, too.
    .exitOverride()
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      // `run()` writes errors.
      outputError: () => {},
      getOutHelpWidth: () => stdout.columns ?? HELP_WIDTH,
      getErrHelpWidth: () => stderr.columns ?? HELP_WIDTH,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .configureHelp({
      showGlobalOptions: true,
      visibleGlobalOptions: (command) =>
        command.parent ? optionsOfRoot(command) : [],
    })
    .description("Manage servers and DNS at many cloud providers")
    .version(VERSION, "-V, --version", "show the version")
    .helpOption("-h, --help", "show the help of a command")
    .helpCommand("help [command]", "show the help of a command")
    .addOption(withChoices(
      new Option(
        "-p, --provider <id>",
        "provider; its variables have the credentials",
      ).argParser(toMore),
      [...new Set([...SIMULATED, ...SIMULATED_DNS])].sort(),
    ))
    .option("--profile <name>", "account in the file with profiles", toMore)
    .option("--config <file>", "file with profiles")
    .option("--region <id>", "region, at providers that need one")
    .option("--endpoint <url>", "base URL of the API")
    .option("--simulate", "use a simulated account with 3 nodes and 2 zones")
    .addOption(
      new Option("-o, --output <format>", "format of the result")
        .choices(FORMATS).default("table" as const),
    )
    .option(
      "--timeout <duration>",
      "time limit of each call, such as 30s or 10m",
      toMilliseconds,
    )
    .option("--debug", "show the requests, without secrets")
    .option("-q, --quiet", "show only results and errors");
}

/** The program, with the options that all commands have. */
export type Program = ReturnType<typeof rootCommand>;

/** The options that all commands have. */
export type GlobalOptions = ReturnType<Program["opts"]>;

/**
 * Adds a group of commands.
 *
 * @param program The program.
 * @param name Name of the group, such as `"nodes"`.
 * @param description Purpose of the group.
 * @returns The group.
 */
export function group(program: Program, name: string, description: string) {
  return program.command(name).description(description);
}

/** A group of commands. */
export type Group = ReturnType<typeof group>;
