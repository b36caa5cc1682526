/**
 * Completions, in the shells that they are for.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { SHELLS } from "../../cli/completion.ts";
import { needs } from "../_support/needs.ts";
import { nephos } from "./_nephos.ts";

/** How to ask a shell for the words that complete a line. */
const ASK: Readonly<
  Record<string, (file: string, line: readonly string[]) => string[]>
> = {
  bash: (file, line) => [
    "-c",
    `source "${file}"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _nephos
printf '%s\\n' "\${COMPREPLY[@]}"`,
    "bash",
    ...line,
  ],
  // The widgets that show completions need a terminal.
  zsh: (file, line) => [
    "-f",
    "-c",
    `compdef() { :; }; _files() { print files; }
compadd() { shift; print -l -- $@; }
_describe() { (( \${#\${(P)2}} )) || return 1; print -l -- \${\${(P)2}%%:*}; }
source "${file}"; words=("$@"); CURRENT=$#; _nephos`,
    "zsh",
    ...line,
  ],
  fish: (file, line) => [
    "--no-config",
    "-c",
    `source "${file}"; complete -C "${
      line.join(" ")
    }" | string replace -r '\\t.*' ''`,
  ],
};

const LINES: readonly (readonly [line: string, words: readonly string[]])[] = [
  ["nephos volumes ", [
    "list",
    "get",
    "create",
    "attach",
    "detach",
    "destroy",
  ]],
  ["nephos simulate soft", ["softlayer"]],
  ["nephos -p hetzner snapshots ", ["list", "create", "destroy"]],
  ["nephos nodes list --output ", ["table", "json", "yaml", "name"]],
  ["nephos nodes deploy web --on-failure ", ["keep", "destroy"]],
  ["nephos completion ", [...SHELLS]],
  ["nephos nodes destroy --dr", ["--dry-run"]],
  ["nephos nodes list --prov", ["--provider"]],
];

for (const shell of SHELLS) {
  Deno.test({
    ...needs(`${shell} completes commands, options and values`, {
      commands: [shell],
    }),
    fn: async () => {
      const { stdout } = await nephos(`completion ${shell}`);
      const file = await Deno.makeTempFile({ suffix: `.${shell}` });
      try {
        await Deno.writeTextFile(file, stdout);
        for (const [line, words] of LINES) {
          const parts = line.split(" ");
          const { stdout, stderr } = await new Deno.Command(shell, {
            args: ASK[shell]!(file, parts),
            stdin: "null",
          }).output();
          assertEquals(new TextDecoder().decode(stderr), "", line);
          const found = new TextDecoder().decode(stdout).split("\n")
            // zsh filters later, and shows the help of a group, too.
            .filter((it) =>
              it.startsWith(parts.at(-1)!) && it !== "" && it !== "help"
            );
          assertEquals(found.toSorted(), words.toSorted(), line);
        }
      } finally {
        await Deno.remove(file);
      }
    },
  });
}
