/**
 * `nephos completion`: scripts that complete commands in a shell.
 *
 * @module
 */

import { Argument } from "npm:@commander-js/extra-typings@15.1.0";
import { SHELLS } from "../completion.ts";
import type { Open } from "../context.ts";
import type { Program } from "../root.ts";

/** Adds the command that writes completions. */
export function addCompletion(program: Program, open: Open): void {
  program.command("completion")
    .description("print a script that completes commands in a shell")
    .addArgument(new Argument("<shell>", "shell").choices(SHELLS))
    .action(async (shell, _, command) => {
      const { completionScript } = await import("../completion.ts");
      const { surroundings: { stdout } } = open(command.optsWithGlobals());
      stdout.write(completionScript(program, shell));
    });
}
