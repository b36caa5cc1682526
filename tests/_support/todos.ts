/**
 * What an author of a driver has not done yet. `deno task new` leaves comments
 * such as `// TODO(acme): look up the paths`; each is a check that fails.
 *
 * @module
 */

import { path } from "../../tools/deno.ts";
import type { Check } from "../../testing/mod.ts";

/** Folders with files of a driver. */
const FOLDERS = ["drivers", "simulators", "tests"];

const TODO = /^ *\/\/ TODO\((\w+)\): (.+(?:\n *\/\/ (?!TODO).+)*)/gm;

/**
 * Lists what is left to do for a provider.
 *
 * @param id Id of the provider.
 * @returns A check for each comment, which fails.
 */
export async function todosOf(id: string): Promise<Check[]> {
  const files = (await Promise.all(FOLDERS.map(sourcesIn))).flat().sort();
  const found = await Promise.all(files.map(async (file) => {
    const source = await Deno.readTextFile(path(file));
    return [...source.matchAll(TODO)]
      .filter(([, provider]) => provider === id)
      .map(({ 2: words = "", index }) =>
        toCheck(file, source.slice(0, index).split("\n").length, words)
      );
  }));
  return found.flat();
}

function toCheck(file: string, line: number, words: string): Check {
  const task = words.replace(/\n *\/\/ /g, " ").replace(/\.$/, "");
  return {
    name: `${task} (${file}:${line})`,
    run: () =>
      Promise.reject(
        new Error(`${file}:${line}: ${task}; then delete the comment`),
      ),
  };
}

async function sourcesIn(folder: string): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(path(folder))) {
    const file = `${folder}/${name}`;
    if (isDirectory) files.push(...await sourcesIn(file));
    else if (name.endsWith(".ts")) files.push(file);
  }
  return files;
}
