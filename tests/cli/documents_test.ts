/**
 * The commands in the documents, and the commands that they leave out.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { CommandUnknownOpts } from "npm:@commander-js/extra-typings@15.1.0";
import { ExitCode } from "../../cli/errors.ts";
import { createProgram } from "../../cli/program.ts";
import type { Surroundings } from "../../cli/surroundings.ts";
import { codeSpans, tableRows } from "../_support/markdown.ts";

const ROOT = new URL("../../", import.meta.url);
const read = (name: string) => Deno.readTextFileSync(new URL(name, ROOT));

/** Thrown when a command has been parsed without a mistake. */
const PARSED = new Error("parsed");

/** A program that parses commands, and does not run them. */
function program() {
  const output = { isTerminal: false, write: () => {} };
  const surroundings = { stdout: output, stderr: output } as unknown;
  return createProgram(surroundings as Surroundings, () => {
    throw PARSED;
  });
}

/** The commands in blocks of shell code, without what follows them. */
function commandsIn(name: string): string[] {
  return [...read(name).matchAll(/^```sh\n([^]*?)^```/gm)]
    .flatMap(([, code = ""]) => code.replaceAll("\\\n", " ").split("\n"))
    .flatMap((line) =>
      /(?:^|"\$\()(?:npx (?:@nephos\/)?)?nephos (.*?)(?: [|>].*|\)")?$/.exec(
        line,
      )
        ?.[1] ?? []
    );
}

for (const name of ["README.md", "docs/command-line.md"]) {
  Deno.test(`the commands in ${name} have no mistake`, async () => {
    const commands = commandsIn(name);
    assert(commands.length > 2);
    for (const command of commands) {
      const args = command.replace(/^\/nephos /, "").split(/ +/);
      const error = await program().parseAsync(args, { from: "user" })
        .then(() => "nothing ran", (error) => error);
      assertEquals(error, PARSED, command);
    }
  });
}

Deno.test("docs/command-line.md lists every command", () => {
  const listed = tableRows(read("docs/command-line.md"))
    .map(([first = ""]) => codeSpans(first))
    .filter(([command]) => command?.startsWith("nephos "))
    .flatMap(([command = "", ...others]) => {
      const [, group = ""] = command.split(" ");
      const words = command.split(" ").slice(1).join(" ");
      return [words, ...others.map((word) => `${group} ${word}`)];
    });
  assertEquals(listed.toSorted(), leaves(program()).toSorted());
});

Deno.test("docs/command-line.md lists every exit code", () => {
  const codes = tableRows(read("docs/command-line.md"))
    .map(([first = ""]) => first.trim()).filter((it) => /^\d+$/.test(it));
  assertEquals(codes.map(Number), Object.values(ExitCode));
});

/** Words of the commands that do something. */
function leaves(
  command: CommandUnknownOpts,
  path: readonly string[] = [],
): string[] {
  return command.commands.length === 0
    ? [path.join(" ")]
    : command.commands.flatMap((it) => leaves(it, [...path, it.name()]));
}
