/**
 * Builds the npm package: its folder is dist/npm/, its tarball in dist/.
 *
 * ```sh
 * deno task npm
 * npm publish ./dist/nephos-nephos-0.1.0.tgz
 * ```
 *
 * The JavaScript is that of one `deno bundle` over all exports, which share
 * what they have in common, so that `instanceof` holds from one to the other;
 * `@std` and JSON are inside, and what only some take is an optional peer. The types are those of `deno pack`, whose own
 * JavaScript still imports `@std` by name (denoland/deno#36017). A package
 * built with the stand-ins for `@std` is private: npm refuses to publish it.
 *
 * @module
 */

import { path, runDeno, type Std, std } from "./deno.ts";

/** What was built. */
export interface NpmPackage {
  /** Folder of the package, with no slash at the end. */
  readonly folder: string;
  /** Path of the tarball. */
  readonly tarball: string;
  /** Bytes of the tarball. */
  readonly size: number;
}

/** What package.json holds that this program reads or writes. */
export interface PackageJson {
  /** Name of the package. */
  readonly name: string;
  /** Its version. */
  readonly version: string;
  /** What it is. */
  readonly description: string;
  /** Its license. */
  readonly license: string;
  /** Set where it must not be published. */
  readonly private?: boolean;
  /** That its files are modules. */
  readonly type: "module";
  /** Types and JavaScript of each entry point. */
  readonly exports: Readonly<Record<string, PackageExport>>;
  /** Packages that one entry point or another takes, and their versions. */
  readonly peerDependencies?: Readonly<Record<string, string>>;
  /** That nobody else has to have them. */
  readonly peerDependenciesMeta?: Readonly<
    Record<string, { readonly optional: true }>
  >;
  /** That a bundler may drop what is not used. */
  readonly sideEffects: boolean;
  /** Where it runs. */
  readonly engines: Readonly<Record<string, string>>;
  /** What is in it, besides what npm adds. */
  readonly files: readonly string[];
}

/** An entry point; the order of the two is the order of the look-up. */
export interface PackageExport {
  /** File of its types. */
  readonly types: string;
  /** File of its JavaScript. */
  readonly default: string;
}

interface Settings {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly exports: Readonly<Record<string, string>>;
}

/**
 * Packages that are not bundled: who deploys over SSH installs them, and nobody
 * else. The code imports them when it needs them.
 */
const PEERS: readonly string[] = ["ssh2"];

/** Files that go along as they are, where they are there. */
const PAPERS: readonly string[] = ["LICENSE", "README.md", "CHANGELOG.md"];

/** Goes along where the code of `@std` does, as its license asks. */
const NOTICES = `This package contains parts of @std, https://jsr.io/@std

MIT License

Copyright 2018-2026 the Deno authors

Permission is hereby granted, free of charge, to any person obtaining a copy of
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
CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
`;

/**
 * Builds the package and packs it.
 *
 * @param outDir Where to: the package goes into its folder `npm`, which is
 * emptied first, and the tarball beside that.
 * @returns What was built.
 */
export async function build(outDir: string): Promise<NpmPackage> {
  const folder = `${outDir}/npm`;
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  await Deno.mkdir(folder, { recursive: true });
  const settings: Settings = JSON.parse(
    await Deno.readTextFile(path("deno.json")),
  );
  const source = await std();
  const peers = await writeCode(folder, settings);
  await writeTypes(folder, settings);
  for (const paper of PAPERS) {
    await Deno.copyFile(path(paper), `${folder}/${paper}`).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
  if (source === "jsr") {
    await Deno.writeTextFile(`${folder}/NOTICES`, NOTICES);
  } else {
    console.error(
      "This package must not be published, and says so: @std comes from the stand-ins in tests/_support/std",
    );
  }
  await Deno.writeTextFile(
    `${folder}/package.json`,
    JSON.stringify(toPackageJson(settings, source, peers), null, 2) + "\n",
  );
  const tarball = await packUp(folder, outDir);
  return { folder, tarball, size: (await Deno.stat(tarball)).size };
}

function toPackageJson(
  settings: Settings,
  source: Std,
  peers: Readonly<Record<string, string>>,
): PackageJson {
  const { name, version, license, exports } = settings;
  return {
    name,
    version,
    description: "One typed interface to many clouds, on fetch alone",
    license,
    ...(source === "jsr" ? {} : { private: true }),
    type: "module",
    exports: Object.fromEntries(
      Object.entries(exports).map(([subpath, file]) => [subpath, {
        types: file.replace(/\.ts$/, ".d.ts"),
        default: file.replace(/\.ts$/, ".js"),
      }]),
    ),
    peerDependencies: peers,
    peerDependenciesMeta: Object.fromEntries(
      Object.keys(peers).map((name) => [name, { optional: true }]),
    ),
    sideEffects: false,
    engines: { node: ">=22" },
    files: ["**/*.js", "**/*.d.ts", "CHANGELOG.md", "NOTICES"],
  };
}

/**
 * Writes the JavaScript; the folders are those of the entry points.
 *
 * @returns The versions of the peers that it imports.
 */
async function writeCode(
  folder: string,
  { exports }: Settings,
): Promise<Record<string, string>> {
  await deno([
    "bundle",
    "--code-splitting",
    "--platform=browser",
    "--external=node:*",
    ...PEERS.map((name) => `--external=npm:${name}@*`),
    `--outdir=${folder}`,
    ...Object.values(exports),
  ]);
  const peers: Record<string, string> = {};
  for await (const file of filesIn(folder)) {
    const text = await Deno.readTextFile(file);
    const code = text.replace(
      /(["'])npm:((?:@[^/@"']+\/)?[^/@"']+)@([\d.]+)\1/g,
      (specifier, quote: string, name: string, version: string) => {
        if (!PEERS.includes(name)) return specifier;
        peers[name] = `^${version}`;
        return quote + name + quote;
      },
    );
    if (code !== text) await Deno.writeTextFile(file, code);
  }
  return peers;
}

async function* filesIn(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* filesIn(`${folder}/${name}`);
    else yield `${folder}/${name}`;
  }
}

/** Writes the types that the entry points lead to, and no others. */
async function writeTypes(
  folder: string,
  { exports }: Settings,
): Promise<void> {
  const scratch = await Deno.makeTempDir({ prefix: "nephos-types-" });
  try {
    const tarball = `${scratch}/types.tgz`;
    await deno(["pack", "--allow-dirty", `--output=${tarball}`]);
    await command("tar", ["-xzf", tarball, "-C", scratch]);
    const names = new Set(
      Object.values(exports).map((file) => toTypes(file.slice("./".length))),
    );
    // A set that grows is iterated to its end.
    for (const name of names) {
      const text = await Deno.readTextFile(`${scratch}/package/${name}`);
      for (const specifier of importsOf(text)) {
        if (!/^\.\.?\//.test(specifier)) {
          throw new Error(`Cannot build: ${name} imports "${specifier}"`);
        }
        const { pathname } = new URL(specifier, `file:///${name}`);
        names.add(toTypes(pathname.slice("/".length)));
      }
      const file = `${folder}/${name}`;
      await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), {
        recursive: true,
      });
      await Deno.writeTextFile(file, text);
    }
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
}

function toTypes(file: string): string {
  return file.replace(/\.[jt]s$/, ".d.ts");
}

/** Finds what types import, which the examples in their comments do as well. */
function importsOf(text: string): string[] {
  const code = text.replace(/\/\*.*?\*\//gs, "");
  return [
    ...code.matchAll(/\b(?:from|import)\s*\(?\s*["']([^"']+)["']/g),
  ].map(([, specifier = ""]) => specifier);
}

async function packUp(folder: string, outDir: string): Promise<string> {
  const output = await command("npm", [
    "pack",
    "--json",
    "--ignore-scripts",
    `--pack-destination=${outDir}`,
    folder,
  ]);
  const [packed] = JSON.parse(output) as [{ filename: string }];
  return `${outDir}/${packed.filename}`;
}

async function deno(args: readonly string[]): Promise<void> {
  const { code, output } = await runDeno(args, {
    capture: true,
    cwd: path("."),
  });
  if (code !== 0) throw new Error(`Cannot run deno ${args[0]}: ${output}`);
}

async function command(
  name: string,
  args: readonly string[],
): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(name, {
    args: [...args],
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  if (code !== 0) {
    throw new Error(`Cannot run ${name}: ${decoder.decode(stderr)}`);
  }
  return decoder.decode(stdout);
}

if (import.meta.main) {
  const { tarball, size } = await build(path("dist"));
  console.log(`${tarball}: ${size} bytes`);
}
