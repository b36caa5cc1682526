/**
 * Runs the command line, and reports its failure.
 *
 * @module
 */

import { CommanderError } from "npm:@commander-js/extra-typings@15.1.0";
import { Context } from "./context.ts";
import { ExitCode, type Failure, toFailure } from "./errors.ts";
import { createProgram } from "./program.ts";
import type { Program } from "./root.ts";
import type { Surroundings } from "./surroundings.ts";

/**
 * Runs a command.
 *
 * @param args Arguments after the name of the program.
 * @param surroundings The process, or what stands in for it.
 * @returns The exit code.
 */
export async function run(
  args: readonly string[],
  surroundings: Surroundings,
): Promise<ExitCode> {
  const program = createProgram(
    surroundings,
    (options) => new Context(options, surroundings),
  );
  try {
    await program.parseAsync(args, { from: "user" });
    return ExitCode.OK;
  } catch (error) {
    if (
      error instanceof CommanderError &&
      /^commander\.(?:help|version)/.test(error.code)
    ) {
      // The help is on standard error if a command is missing.
      return error.exitCode === 0 ? ExitCode.OK : ExitCode.USAGE;
    }
    const failure = toFailure(error, wordsOf(program, args));
    const isJson = program.opts().output === "json";
    surroundings.stderr.write(isJson ? toJson(failure) : toLines(failure));
    return failure.exitCode;
  }
}

function toJson(failure: Failure): string {
  return JSON.stringify({ error: failure }) + "\n";
}

function toLines({ message, hint }: Failure): string {
  return `error: ${message}\n${hint === undefined ? "" : `hint: ${hint}\n`}`;
}

/** The words of the command, such as `"nodes list"`, for its help. */
function wordsOf(program: Program, args: readonly string[]): string {
  const words: string[] = [];
  let { commands } = program as { readonly commands: Program["commands"] };
  for (const arg of args) {
    const command = commands.find((it) => it.name() === arg);
    if (command === undefined) continue;
    words.push(arg);
    commands = command.commands;
  }
  return words.join(" ");
}
