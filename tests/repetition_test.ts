/**
 * Drivers do not repeat each other: code that two drivers need belongs to core.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";

const ROOT = new URL("..", import.meta.url);

/** A body of this many lines may not occur in two drivers. */
const MAX_LINES = 6;

/** The body of a function or method. */
interface Body {
  readonly provider: string;
  readonly name: string;
  /** Its lines, without comments and white space around them. */
  readonly lines: readonly string[];
}

Deno.test("two drivers do not share the body of a function", () => {
  const bodies = [...filesIn("drivers")]
    .filter((file) => !/^drivers\/(?:\w+_)?registry\.ts$/.test(file))
    .flatMap((file) => bodiesIn(file, Deno.readTextFileSync(url(file))));
  // Guards against a search that finds nothing.
  assert(bodies.length > 200, `${bodies.length} bodies`);
  assertEquals(repetitionsIn(bodies), []);
});

Deno.test("repetitionsIn() finds equal bodies of two providers, and no others", () => {
  const lines = Array.from(
    { length: MAX_LINES },
    (_, line) => `call(${line});`,
  );
  const source = (name: string) =>
    `  #${name}(a: string): void {\n    ${lines.join("\n    ")}\n  }\n`;
  const one = bodiesIn("drivers/acme/compute.ts", source("list"));
  const other = bodiesIn("drivers/zeta.ts", `// A comment.\n${source("find")}`);
  assertEquals([one.length, other.length], [1, 1]);
  assertEquals(repetitionsIn([...one, ...one]), []);
  assertEquals(repetitionsIn([...one, ...other]), [
    "acme #list() and zeta #find()",
  ]);
  const short = source("list").replace("    call(5);\n", "");
  const shorter = [
    ...bodiesIn("drivers/acme.ts", short),
    ...bodiesIn("drivers/zeta.ts", short),
  ];
  assertEquals(repetitionsIn(shorter), []);
});

/** Finds the bodies in formatted code, where a closing brace ends its block. */
function bodiesIn(file: string, source: string): Body[] {
  const provider = /^drivers\/([^/.]+)/.exec(file)?.[1] ?? "";
  const lines = source.split("\n");
  const bodies: Body[] = [];
  for (const [start, line] of lines.entries()) {
    // The head of a function, or its last line: "): Promise<void> {".
    const head = /^( *)(?:.*\)|.*\): .*|.*=>) \{$/.exec(line);
    if (!head || /^\s*(?:if|for|while|switch|\}|try|do)\b/.test(line)) continue;
    const end = lines.findIndex((it, at) =>
      at > start && it.startsWith(`${head[1]}}`)
    );
    const body = lines.slice(start + 1, end)
      .map((it) => it.trim())
      .filter((it) => it && !/^(?:\/\/|\/?\*)/.test(it));
    const name = nameBefore(lines, start);
    if (name === "constructor") continue;
    bodies.push({ provider, name, lines: body });
  }
  return bodies;
}

/** Name of the function whose head ends in this line. */
function nameBefore(lines: readonly string[], end: number): string {
  for (let at = end; at >= 0 && at > end - 12; at--) {
    const name = /(#?\w+)\s*(?:<[^(]*>)?\(/.exec(lines[at] ?? "")?.[1];
    if (name) return name;
  }
  return "?";
}

function repetitionsIn(bodies: readonly Body[]): string[] {
  const long = bodies.filter(({ lines }) => lines.length >= MAX_LINES);
  const found: string[] = [];
  for (const [index, a] of long.entries()) {
    for (const b of long.slice(index + 1)) {
      if (a.provider === b.provider) continue;
      if (a.lines.join("\n") !== b.lines.join("\n")) continue;
      found.push(`${a.provider} ${a.name}() and ${b.provider} ${b.name}()`);
    }
  }
  return found;
}

function* filesIn(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(url(folder))) {
    if (isDirectory) yield* filesIn(`${folder}/${name}`);
    else if (name.endsWith(".ts")) yield `${folder}/${name}`;
  }
}

function url(path: string): URL {
  return new URL(path, ROOT);
}
