/**
 * The licences of the packages whose code is bundled.
 *
 * @module
 */

/** A package in the cache of Deno. */
interface Bundled {
  readonly name: string;
  readonly version: string;
  /** Folder of the package, with a trailing slash. */
  readonly folder: URL;
}

/** Text of the MIT licence, after the line with the copyright. */
const MIT =
  `Permission is hereby granted, free of charge, to any person obtaining a copy of
this software and associated documentation files (the "Software"), to deal in
the Software without restriction, including without limitation the rights to
use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of
the Software, and to permit persons to whom the Software is furnished to do so,
subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS
FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER
IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN
CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;

/** JSR has no file with the licence beside the code of `@std`. */
const STD = `== @std, https://jsr.io/@std (MIT)

Copyright 2018-2026 the Deno authors
@std/yaml is a port of js-yaml: Copyright (c) 2011-2015 by Vitaly Puzrin

${MIT}`;

/**
 * Writes the licences of the packages whose code is bundled.
 *
 * @param sources Addresses of the bundled files.
 * @returns A text with a section for each package of npm, and one for `@std`.
 * @throws {Error} If a package of npm has no file with its licence.
 */
export async function notices(sources: Iterable<string>): Promise<string> {
  const packages = new Map<string, Bundled>();
  for (const source of sources) {
    const found = packageOf(source);
    if (found) packages.set(found.folder.href, found);
  }
  const sections = await Promise.all(
    [...packages.values()]
      .toSorted((a, b) => a.folder.href < b.folder.href ? -1 : 1)
      .map(sectionOf),
  );
  return [
    "This package contains parts of other packages, under these licences.",
    ...sections,
    STD,
  ].join("\n\n") + "\n";
}

/** Finds the package of a file in the cache of Deno. */
function packageOf(source: string): Bundled | undefined {
  const [folder, name, version] =
    /^.*\/npm\/registry\.npmjs\.org\/((?:@[^/]+\/)?[^/]+)\/([^/]+)\//
      .exec(source) ?? [];
  if (folder === undefined || name === undefined || version === undefined) {
    return undefined;
  }
  return { name, version, folder: new URL(folder) };
}

async function sectionOf({ name, version, folder }: Bundled): Promise<string> {
  const { license } = JSON.parse(
    await Deno.readTextFile(new URL("package.json", folder)),
  ) as { license?: string };
  const files = await Array.fromAsync(Deno.readDir(folder));
  const file = files.find((it) => /^(?:licen[cs]e|copying)/i.test(it.name));
  if (license === undefined || file === undefined) {
    throw new Error(`notices: ${name} ${version} has no licence`);
  }
  const text = await Deno.readTextFile(new URL(file.name, folder));
  return `== ${name} ${version} (${license})\n\n${text.trim()}`;
}
