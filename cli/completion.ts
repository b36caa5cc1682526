/**
 * Scripts that complete commands and options in a shell, from the tree of
 * commands.
 *
 * @module
 */

import type { CommandUnknownOpts } from "npm:@commander-js/extra-typings@15.1.0";

/** Shells with a script. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

/** A shell with a script. */
export type Shell = typeof SHELLS[number];

/** A word that can be typed, and what it means. */
interface Word {
  readonly word: string;
  readonly description: string;
}

/** An option, and the values that it can have. */
interface OptionWord extends Word {
  readonly takesValue: boolean;
  /** Values to choose from; `[]` if any value will do. */
  readonly values: readonly string[];
  /** Whether the value is a path. */
  readonly isFile: boolean;
}

/** A command, and what can follow it. */
interface Place {
  /** Words of the command, such as `"nodes list"`; `""` for the program. */
  readonly path: string;
  /** Commands, and values of the argument. */
  readonly words: readonly Word[];
  readonly options: readonly OptionWord[];
}

/**
 * Writes the script of a shell.
 *
 * @param program The program.
 * @param shell The shell.
 * @returns The script.
 */
export function completionScript(
  program: CommandUnknownOpts,
  shell: Shell,
): string {
  return SCRIPTS[shell](placesOf(program, [], []));
}

/** The commands of a tree, the outer ones first. */
function placesOf(
  command: CommandUnknownOpts,
  path: readonly string[],
  inherited: readonly OptionWord[],
): Place[] {
  const help = command.createHelp();
  const own = help.visibleOptions(command)
    .flatMap((option) => toOptions(option));
  const options = [
    ...own,
    ...inherited.filter(({ word }) => !own.some((it) => it.word === word)),
  ];
  const commands = help.visibleCommands(command);
  const place: Place = {
    path: path.join(" "),
    words: [
      ...commands.map((it) => ({
        word: it.name(),
        description: it.description(),
      })),
      ...command.registeredArguments.flatMap((
        { argChoices = [], description },
      ) => argChoices.map((word) => ({ word, description }))),
    ],
    options,
  };
  // The options of a group are its own.
  const passedOn = command.parent ? inherited : options;
  const below = commands.flatMap((it) =>
    placesOf(it, [...path, it.name()], passedOn)
  );
  return [place, ...below];
}

type Option = CommandUnknownOpts["options"][number];

function toOptions(
  { short, long, description, argChoices = [], required, optional, flags }:
    Option,
): OptionWord[] {
  return [short, long].filter((word) => word !== undefined).map((word) => ({
    word,
    description,
    takesValue: required || optional,
    values: argChoices,
    isFile: /<file>/.test(flags),
  }));
}

const SCRIPTS: Readonly<Record<Shell, (places: readonly Place[]) => string>> = {
  bash: toBash,
  zsh: toZsh,
  fish: toFish,
};

function wordsIn(words: readonly Word[]): string {
  return words.map(({ word }) => word).join(" ");
}

/** Options of all places, each once. */
function allOptions(places: readonly Place[]): OptionWord[] {
  const options = places.flatMap(({ options }) => options);
  return [...new Map(options.map((it) => [it.word, it])).values()];
}

function valueCases(places: readonly Place[], run: (it: OptionWord) => string) {
  return allOptions(places).filter(({ takesValue }) => takesValue)
    .map((it) => `    ${it.word}) ${run(it)} ;;`).join("\n");
}

/** Shell code that finds the command on the line, for bash and zsh. */
function pathLoop(
  places: readonly Place[],
  words: string,
): string {
  const paths = places.map(({ path }) => `"${path}"`).join("|");
  const valued = allOptions(places).filter(({ takesValue }) => takesValue)
    .map(({ word }) => word).join("|");
  return `  local at="" skip="" word
  for word in ${words}; do
    if [[ -n $skip ]]; then skip=""; continue; fi
    case $word in
      ${valued}) skip=1 ;;
      -*) ;;
      *) case "\${at:+$at }$word" in ${paths}) at="\${at:+$at }$word" ;; esac ;;
    esac
  done`;
}

function toBash(places: readonly Place[]): string {
  const cases = places.map(({ path, words, options }) =>
    `    "${path}") words="${wordsIn(words)}"; options="${wordsIn(options)}" ;;`
  ).join("\n");
  return `# Completion of nephos for bash. Add this line to ~/.bashrc:
#   source <(nephos completion bash)
_nephos() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  local words="" options=""
${pathLoop(places, '"${COMP_WORDS[@]:1:COMP_CWORD-1}"')}
  case $previous in
${
    valueCases(places, ({ values, isFile }) =>
      isFile
        ? 'COMPREPLY=($(compgen -f -- "$current")); return'
        : `COMPREPLY=($(compgen -W "${
          values.join(" ")
        }" -- "$current")); return`)
  }
  esac
  case $at in
${cases}
  esac
  [[ $current == -* ]] && words=$options
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o bashdefault -F _nephos nephos
`;
}

function toZsh(places: readonly Place[]): string {
  const described = (words: readonly Word[]) =>
    words.map(({ word, description }) => quote(`${word}:${description}`)).join(
      " ",
    );
  const cases = places.map(({ path, words, options }) =>
    `    "${path}") commands=(${described(words)}); options=(${
      described(options)
    }) ;;`
  ).join("\n");
  return `#compdef nephos
# Completion of nephos for zsh. Add this line to ~/.zshrc, after compinit:
#   source <(nephos completion zsh)
_nephos() {
  local current="\${words[CURRENT]}" previous="\${words[CURRENT-1]}"
  local -a commands options
${pathLoop(places, '"${(@)words[2,CURRENT-1]}"')}
  case $previous in
${
    valueCases(places, ({ values, isFile }) =>
      isFile ? "_files; return" : `compadd -- ${values.join(" ")}; return`)
  }
  esac
  case $at in
${cases}
  esac
  if [[ $current == -* ]]; then _describe option options
  else _describe command commands || _files
  fi
}
compdef _nephos nephos
`;
}

function toFish(places: readonly Place[]): string {
  const lines = places.flatMap(({ path, words, options }) => {
    const condition = `-n ${quote(`__nephos_at ${quote(path)}`)}`;
    return [
      ...words.map(({ word, description }) =>
        `complete -c nephos -f ${condition} -a ${word} -d ${quote(description)}`
      ),
      ...options.map((it) =>
        `complete -c nephos ${condition} ${fishOption(it)}`
      ),
    ];
  });
  const paths = places.map(({ path }) => quote(path)).join(" ");
  const valued = allOptions(places).filter(({ takesValue }) => takesValue)
    .map(({ word }) => word).join(" ");
  return `# Completion of nephos for fish. Save it as
# ~/.config/fish/completions/nephos.fish
function __nephos_at
  set -l path ''
  set -l skip 0
  for word in (commandline -opc)[2..-1]
    if test $skip = 1; set skip 0; continue; end
    if contains -- $word ${valued}; set skip 1; continue; end
    set -l next (string trim "$path $word")
    if contains -- $next ${paths}; set path $next; end
  end
  test "$path" = "$argv[1]"
end
${lines.join("\n")}
`;
}

function fishOption(
  { word, description, takesValue, values, isFile }: OptionWord,
): string {
  const name = word.startsWith("--")
    ? `-l ${word.slice(2)}`
    : `-s ${word.slice(1)}`;
  const kind = !takesValue ? "" : isFile ? " -r -F" : " -x";
  const choices = values.length > 0 ? ` -a ${quote(values.join(" "))}` : "";
  return `${name}${kind}${choices} -d ${quote(description)}`;
}

/** Quotes a text for bash, zsh and fish. */
function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
