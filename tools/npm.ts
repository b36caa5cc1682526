/**
 * Builds the npm package in dist/npm/ and its tarball in dist/.
 *
 * ```sh
 * deno task npm
 * npm publish ./dist/nephos-nephos-0.1.0.tgz
 * ```
 *
 * One `deno bundle` over all exports writes the JavaScript. Entry points share
 * chunks, so `instanceof` works across them. `@std` and JSON are bundled;
 * libraries that only some entry points need are optional peer dependencies.
 *
 * `deno pack` writes the types. Its JavaScript is not used, because it imports
 * `@std` by name (denoland/deno#36017). A package that was built with offline
 * copies of `@std`, or without the address of the repository, is marked private:
 * npm refuses to publish it.
 *
 * @module
 */

import { path, ROOT, runDeno, type Std, std } from "./deno.ts";
import { notices } from "./notices.ts";
import { isPlaceholder, REPOSITORY } from "./repository.ts";

/** Result of {@linkcode build}. */
export interface NpmPackage {
  /** Folder of the package, without a trailing slash. */
  readonly folder: string;
  /** Path of the tarball. */
  readonly tarball: string;
  /** Size of the tarball in bytes. */
  readonly size: number;
}

/** Fields of package.json that this program reads or writes. */
export interface PackageJson {
  /** Name of the package. */
  readonly name: string;
  /** Version of the package. */
  readonly version: string;
  /** Description of the package. */
  readonly description: string;
  /** Words that people search for. */
  readonly keywords: readonly string[];
  /** Page of the package. */
  readonly homepage: string;
  /** Where the sources are. */
  readonly repository: { readonly type: "git"; readonly url: string };
  /** Where to report bugs. */
  readonly bugs: { readonly url: string };
  /** SPDX identifier of the license. */
  readonly license: string;
  /** Whether npm refuses to publish the package. */
  readonly private?: boolean;
  /** Format of the JavaScript files. */
  readonly type: "module";
  /** Types and JavaScript of each entry point, and `./package.json`. */
  readonly exports: Readonly<Record<string, PackageExport | string>>;
  /** Programs of the package, by the name of their command. */
  readonly bin: Readonly<Record<string, string>>;
  /** Version ranges of the packages that some entry points need. */
  readonly peerDependencies?: Readonly<Record<string, string>>;
  /** Marks these packages as optional. */
  readonly peerDependenciesMeta?: Readonly<
    Record<string, { readonly optional: true }>
  >;
  /** Files whose import has side effects; bundlers drop the others if unused. */
  readonly sideEffects: readonly string[];
  /** Version ranges of the runtimes. */
  readonly engines: Readonly<Record<string, string>>;
  /** Files of the package, except those that npm always adds. */
  readonly files: readonly string[];
}

/** An entry point. Resolvers try the fields in this order. */
export interface PackageExport {
  /** File with the types. */
  readonly types: string;
  /** File with the JavaScript. */
  readonly default: string;
}

interface Settings {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly exports: Readonly<Record<string, string>>;
}

/**
 * Packages that are not bundled. Only programs that deploy over SSH, or tests with
 * an OpenAPI description, need them; the code imports them on first use.
 */
const PEERS: readonly string[] = ["ajv", "ajv-formats", "ssh2"];

/** The command line: to import it is to run it. */
const PROGRAM = "./cli/main.js";

/** Words that people search for on npm. */
const KEYWORDS: readonly string[] = [
  "cloud",
  "multi-cloud",
  "compute",
  "aws",
  "ec2",
  "digitalocean",
  "hetzner",
  "linode",
  "openstack",
  "rackspace",
  "softlayer",
  "libcloud",
  "cloudflare-workers",
  "cli",
  "deno",
];

/** Documents to copy if they exist. */
const DOCUMENTS: readonly string[] = ["LICENSE", "README.md", "CHANGELOG.md"];

/**
 * Builds the package and packs it.
 *
 * @param outDir Folder for the tarball and for the folder `npm`, which is
 * emptied first.
 * @returns The folder, the tarball and its size.
 */
export async function build(outDir: string): Promise<NpmPackage> {
  const folder = `${outDir}/npm`;
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  await Deno.mkdir(folder, { recursive: true });
  const settings: Settings = JSON.parse(
    await Deno.readTextFile(path("deno.json")),
  );
  const source = await std();
  const { peers, sources } = await writeCode(folder, settings);
  await writeTypes(folder, settings);
  for (const name of DOCUMENTS) {
    await Deno.copyFile(path(name), `${folder}/${name}`).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
  await copyFolder(path("docs"), `${folder}/docs`);
  await Deno.writeTextFile(`${folder}/NOTICES`, await notices(sources));
  const reasons = reasonsNotToPublish(source);
  for (const reason of reasons) {
    console.error(`${reason}: marked "private" so npm refuses to publish it.`);
  }
  await Deno.writeTextFile(
    `${folder}/package.json`,
    JSON.stringify(
      toPackageJson(settings, reasons.length > 0, peers),
      null,
      2,
    ) + "\n",
  );
  const tarball = await packUp(folder, outDir);
  return { folder, tarball, size: (await Deno.stat(tarball)).size };
}

/** Copies a folder with its subfolders. */
async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to);
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    const copy = isDirectory ? copyFolder : Deno.copyFile;
    await copy(`${from}/${name}`, `${to}/${name}`);
  }
}

/** Tells why npm must refuse to publish the package. */
function reasonsNotToPublish(source: Std): string[] {
  return [
    ...(source === "jsr" ? [] : ["Built with offline copies of @std"]),
    ...(isPlaceholder() ? ["The address of the repository is missing"] : []),
  ];
}

function toPackageJson(
  settings: Settings,
  isPrivate: boolean,
  peers: Readonly<Record<string, string>>,
): PackageJson {
  const { name, version, license, exports } = settings;
  return {
    name,
    version,
    description:
      "One typed interface to many cloud providers: servers, volumes, images",
    keywords: KEYWORDS,
    homepage: `https://jsr.io/${name}`,
    repository: { type: "git", url: `git+${REPOSITORY}.git` },
    bugs: { url: `${REPOSITORY}/issues` },
    license,
    ...(isPrivate ? { private: true } : {}),
    type: "module",
    exports: {
      ...Object.fromEntries(
        Object.entries(exports).map(([subpath, file]) => [subpath, {
          types: file.replace(/\.ts$/, ".d.ts"),
          default: file.replace(/\.ts$/, ".js"),
        }]),
      ),
      // Tools read the version from it.
      "./package.json": "./package.json",
    },
    bin: { nephos: PROGRAM },
    peerDependencies: peers,
    peerDependenciesMeta: Object.fromEntries(
      Object.keys(peers).map((name) => [name, { optional: true }]),
    ),
    sideEffects: [PROGRAM],
    engines: { node: ">=22" },
    files: [
      "**/*.js",
      "**/*.js.map",
      "**/*.d.ts",
      "CHANGELOG.md",
      "NOTICES",
      "docs/**/*.md",
    ],
  };
}

/**
 * Writes the JavaScript, in the same folders as the sources.
 *
 * @returns The version ranges of the peer dependencies, and the addresses of the
 *   bundled files.
 */
async function writeCode(
  folder: string,
  { exports }: Settings,
): Promise<{ peers: Record<string, string>; sources: Set<string> }> {
  await deno([
    "bundle",
    "--code-splitting",
    "--sourcemap=linked",
    "--platform=browser",
    "--external=node:*",
    ...PEERS.map((name) => `--external=npm:${name}@*`),
    `--outdir=${folder}`,
    ...Object.values(exports),
  ]);
  const peers: Record<string, string> = {};
  const sources = new Set<string>();
  for await (const file of filesIn(folder)) {
    const text = await Deno.readTextFile(file);
    if (file.endsWith(".map")) {
      for (const source of sourcesOf(text, file)) sources.add(source);
      await Deno.writeTextFile(file, withoutMachinePaths(text, file));
      continue;
    }
    const code = text.replace(
      /(["'])npm:((?:@[^/@"']+\/)?[^/@"']+)@([\d.]+)((?:\/[^"']+)?)\1/g,
      (
        specifier,
        quote: string,
        name: string,
        version: string,
        file: string,
      ) => {
        if (!PEERS.includes(name)) return specifier;
        peers[name] = `^${version}`;
        return quote + name + file + quote;
      },
    );
    if (code !== text) await Deno.writeTextFile(file, code);
  }
  return { peers, sources };
}

/** Addresses of the files that a source map names. */
function sourcesOf(text: string, file: string): string[] {
  const { sources } = JSON.parse(text) as { sources: string[] };
  return sources.map((it) => new URL(it, new URL(file, "file:///")).href);
}

/**
 * Names the sources of a source map by their path in the repository, or in the
 * npm package that a bundled copy of @std contains. The bundler writes paths from
 * the output folder, which tell where it was built.
 */
function withoutMachinePaths(text: string, file: string): string {
  const map = JSON.parse(text) as { sources: string[] };
  const sources = map.sources.map((source) => {
    const { href } = new URL(source, new URL(file, "file:///"));
    if (href.startsWith(ROOT.href)) {
      return `nephos:///${href.slice(ROOT.href.length)}`;
    }
    const [, cached] = /\/npm\/registry\.npmjs\.org\/(.+)$/.exec(href) ?? [];
    return cached === undefined ? source : `nephos:///npm/${cached}`;
  });
  return JSON.stringify({ ...map, sources });
}

async function* filesIn(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* filesIn(`${folder}/${name}`);
    else yield `${folder}/${name}`;
  }
}

/** Writes the types that the entry points reach. */
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
    // The loop also visits names that it adds.
    for (const name of names) {
      const text = withLibrary(
        asModule(await Deno.readTextFile(`${scratch}/package/${name}`)),
      );
      for (const specifier of importsOf(text)) {
        if (!/^\.\.?\//.test(specifier)) {
          throw new Error(
            `build: imports in types must be relative, got "${specifier}" in ${name}`,
          );
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

/** A program exports nothing; without this, its types are no module. */
function asModule(text: string): string {
  return text.replace(/^#!.*\n/, "") || "export {};\n";
}

/** Adds the library of TypeScript that `using` needs: its default has none. */
function withLibrary(text: string): string {
  return /\bDisposable\b/.test(text)
    ? `/// <reference lib="esnext.disposable" />\n${text}`
    : text;
}

function toTypes(file: string): string {
  return file.replace(/\.[jt]s$/, ".d.ts");
}

/** Finds the imports of types, except those of examples in comments. */
function importsOf(text: string): string[] {
  const code = text.replace(/\/\*.*?\*\//gs, "");
  return [
    ...code.matchAll(/(?<!["'])\b(?:from|import)\s*\(?\s*["']([^"']+)["']/g),
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
  if (code !== 0) throw new Error(`build: deno ${args[0]} failed: ${output}`);
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
    throw new Error(`build: ${name} failed: ${decoder.decode(stderr)}`);
  }
  return decoder.decode(stdout);
}

if (import.meta.main) {
  const { tarball, size } = await build(path("dist"));
  console.log(`${tarball}: ${size} bytes`);
}
