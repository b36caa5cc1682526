/**
 * Writes the skeleton of a driver: driver, simulator, tests and fixtures, and
 * the lines that other files need.
 *
 * ```sh
 * deno task new acme --auth bearer --pages numbered --openapi acme.openapi.json
 * ```
 *
 * What is written compiles and passes the tests, except for one check in
 * `tests/conformance/<id>_test.ts` for each thing that you must look up.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { VERSION } from "../core/version.ts";
import { path, runDeno } from "./deno.ts";
import { PlaceNotFoundError } from "./new/edits.ts";
import {
  type Auth,
  describedFacts,
  type Facts,
  inventFacts,
  type Pages,
} from "./new/facts.ts";
import { registrations } from "./new/registration.ts";
import { fill, type Filling, type ProviderNames } from "./new/template.ts";
import { wire } from "./wire.ts";
import { Description } from "./wire/description.ts";

const AUTHS: readonly Auth[] = ["bearer", "basic", "aws4"];
const PAGES: readonly Pages[] = ["numbered", "linked", "cursor", "single"];

const USAGE = `usage: deno task new <id> --auth ${AUTHS.join("|")}
  --pages ${PAGES.join("|")}
  [--openapi <file>]  read paths, fields and responses from a description
  [--name "<name>"]   name for people; by default the id with a capital letter
  [--url <url>]       base URL of the API
  [--package]         write a package of its own instead
  [--in <folder>]     folder to write to; by default this repository, and
                      nephos-<id> for a package`;

/** Settings of {@linkcode writeDriver}. */
export interface NewOptions {
  /** Id of the provider: lower-case letters and digits. */
  readonly id: string;
  /** How requests are authenticated. */
  readonly auth: Auth;
  /** How the pages of lists follow each other. */
  readonly pages: Pages;
  /** Path of an OpenAPI description. */
  readonly openapi?: string | undefined;
  /**
   * Name for people.
   *
   * @default {the id with a capital letter}
   */
  readonly name?: string | undefined;
  /** Base URL of the API. */
  readonly url?: string | undefined;
  /** Whether to write a package of its own. */
  readonly isPackage?: boolean | undefined;
  /** Folder to write to, without a slash at its end. */
  readonly folder: string;
}

/** Templates of the files in this repository. */
const FILES: Readonly<Record<string, string>> = {
  "drivers/acme/compute.ts": "driver.ts.txt",
  "simulators/acme/mod.ts": "simulator.ts.txt",
  "tests/conformance/acme.ts": "conformance.ts.txt",
  "tests/conformance/acme_test.ts": "conformance_test.ts.txt",
  "tests/drivers/acme/compute_test.ts": "driver_test.ts.txt",
  "tests/simulators/acme_test.ts": "simulator_test.ts.txt",
  "docs/providers/acme.md": "provider_page.md.txt",
};

/** Templates of the files in a package. */
const PACKAGE_FILES: Readonly<Record<string, string>> = {
  "package.json": "package.json.txt",
  "tsconfig.json": "package_tsconfig.json.txt",
  "README.md": "package_readme.md.txt",
  "src/driver.ts": "driver.ts.txt",
  "src/simulator.ts": "simulator.ts.txt",
  "tests/subject.ts": "conformance.ts.txt",
  "tests/conformance.test.ts": "package_conformance.test.ts.txt",
};

/** Modules of this repository, by their specifiers in templates. */
const PACKAGE_MODULES: Readonly<Record<string, string>> = {
  '"../../core/mod.ts"': '"@nephos/nephos/core"',
  '"../../core/compute/mod.ts"': '"@nephos/nephos/compute"',
  '"../kit/mod.ts"': '"@nephos/nephos/simulators/kit"',
  '"../../testing/mod.ts"': '"@nephos/nephos/testing"',
  '"../../drivers/acme/compute.ts"': '"../src/driver.ts"',
  '"../../simulators/acme/mod.ts"': '"../src/simulator.ts"',
  '"@nephos/nephos/drivers/acme"': '"nephos-acme"',
  '"@nephos/nephos/simulators/acme"': '"nephos-acme/simulator"',
};

/**
 * Writes the skeleton of a driver. Nothing is written if one of the files
 * exists, or if a place for a line is not found.
 *
 * @param options What to write.
 * @returns One line for each file that was written or changed.
 * @throws {TypeError} If an option is invalid, or a file exists.
 */
export async function writeDriver(options: NewOptions): Promise<string[]> {
  const { folder, isPackage = false, auth } = options;
  const names = namesOf(options);
  if (isPackage && auth === "aws4") {
    throw new TypeError(
      "--package: the package does not export the connection for aws4",
    );
  }
  const description = options.openapi === undefined
    ? undefined
    : new Description(
      await Deno.readTextFile(options.openapi),
      options.openapi,
    );
  const facts = description
    ? describedFacts(description, options.pages)
    : inventFacts(options.pages);
  const url = (options.url ?? description?.url ??
    `https://api.${names.id}.example/v1`).replace(/\/+$/, "");
  const filling = fillingOf({ ...names, url }, facts, options);
  const files = await newFiles(filling, facts, options);
  await refuseExisting(folder, Object.keys(files));
  const changed = isPackage ? {} : await changedFiles(filling, facts, options);
  for (const [file, text] of Object.entries({ ...files, ...changed })) {
    const target = `${folder}/${file}`;
    await Deno.mkdir(target.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.writeTextFile(target, text);
  }
  const wired = await writeWire(facts, options);
  const formatted = [...Object.keys({ ...files, ...changed })]
    .filter((file) => /\.(?:ts|md|json)$/.test(file))
    .filter((file) => !file.startsWith("fixtures/"));
  await format(folder, formatted);
  return [
    ...Object.keys(files).map((file) => `wrote ${file}`),
    ...wired,
    ...Object.keys(changed).map((file) => `changed ${file}`),
  ];
}

function namesOf({ id, name }: NewOptions): Omit<ProviderNames, "url"> {
  if (!/^[a-z][a-z\d]*$/.test(id)) {
    throw new TypeError(
      `the id must consist of lower-case letters and digits, got "${id}"`,
    );
  }
  const prefix = id.charAt(0).toUpperCase() + id.slice(1);
  return { id, prefix, name: name ?? prefix };
}

function fillingOf(
  names: ProviderNames,
  facts: Facts,
  { auth, pages, isPackage, openapi }: NewOptions,
): Filling {
  const { pathname } = new URL(names.url);
  return {
    names,
    flags: new Set([
      auth,
      pages,
      ...facts.flags,
      ...isPackage ? ["package"] : [],
    ]),
    values: {
      ...facts.values,
      basePath: pathname === "/" ? "" : pathname,
      version: VERSION,
      file: openapi?.replace(/^.*\//, "") ?? "",
      operations: Object.entries({
        ...facts.operations,
        error_404: `GET ${facts.values["nodes"]}/1 404`,
      }).map(([name, operation]) => `  ${name}: "${operation}",`).join("\n"),
    },
  };
}

/** Texts of all new files, but those that `wire` writes. */
async function newFiles(
  filling: Filling,
  facts: Facts,
  { auth, isPackage, openapi }: NewOptions,
): Promise<Record<string, string>> {
  const { id } = filling.names;
  const templates: Record<string, string> = {
    ...isPackage ? PACKAGE_FILES : FILES,
    ...auth === "aws4"
      ? { "simulators/acme/_signature.ts": "signature.ts.txt" }
      : {},
    ...openapi !== undefined && !isPackage
      ? { "tests/interop/acme_description_test.ts": "description_test.ts.txt" }
      : {},
  };
  const files: Record<string, string> = {};
  for (const [file, template] of Object.entries(templates)) {
    const text = await readTemplate(template);
    const source = isPackage ? toPackageModules(text) : text;
    files[file.replaceAll("acme", id)] = fill(source, filling);
  }
  if (openapi !== undefined) {
    const file = isPackage ? "src/_catalog.ts" : `simulators/${id}/_catalog.ts`;
    files[file] = catalogOf(facts, filling.names.name);
  }
  if (!isPackage) {
    for (const [name, body] of Object.entries(facts.fixtures)) {
      files[`fixtures/${id}/${name}.json`] = JSON.stringify(body, null, 2) +
        "\n";
    }
  }
  return files;
}

function readTemplate(name: string): Promise<string> {
  return Deno.readTextFile(new URL(`./new/templates/${name}`, import.meta.url));
}

function toPackageModules(text: string): string {
  return Object.entries(PACKAGE_MODULES).reduce(
    (text, [specifier, module]) => text.replaceAll(specifier, module),
    text,
  );
}

/** Module with what a simulated account has at the start. */
function catalogOf({ catalog }: Facts, name: string): string {
  const constants = Object.entries(catalog).map(([key, value]) =>
    `export const ${key} = ${JSON.stringify(value, null, 2)};\n`
  );
  return `/**
 * Catalog of the simulator of ${name}: the examples of the description.
 *
 * @module
 */

${constants.join("\n")}`;
}

async function refuseExisting(
  folder: string,
  files: readonly string[],
): Promise<void> {
  for (const file of files) {
    const exists = await Deno.stat(`${folder}/${file}`)
      .then(() => true, () => false);
    if (exists) throw new TypeError(`${file} exists; nothing was written`);
  }
}

/** Texts of the files that list all providers. */
async function changedFiles(
  { names, flags }: Filling,
  facts: Facts,
  { folder, openapi }: NewOptions,
): Promise<Record<string, string>> {
  const { size = "", image = "", location = "" } = facts.values;
  const edits = registrations({
    ...names,
    isAws: flags.has("aws4"),
    isDescribed: openapi !== undefined,
    node: { size, image, location },
  });
  const changed: Record<string, string> = {};
  for (const [file, edit] of Object.entries(edits)) {
    const text = await Deno.readTextFile(`${folder}/${file}`);
    try {
      changed[file] = edit(text);
    } catch (error) {
      if (!(error instanceof PlaceNotFoundError)) throw error;
      throw new TypeError(`${file}: ${error.message}`);
    }
    if (changed[file] === text) throw new TypeError(`${file} did not change`);
  }
  return changed;
}

/** Writes wire types and fixtures of a description. */
async function writeWire(
  { resources }: Facts,
  { id, openapi, isPackage, folder }: NewOptions,
): Promise<readonly string[]> {
  if (openapi === undefined) return [];
  const { lines } = await wire({
    file: openapi,
    resources,
    out: isPackage
      ? `${folder}/src/_json.ts`
      : `${folder}/drivers/${id}/_json.ts`,
    fixtures: isPackage ? undefined : `${folder}/fixtures/${id}`,
  });
  return lines.map((line) => line.replace(`${folder}/`, ""));
}

async function format(
  folder: string,
  files: readonly string[],
): Promise<void> {
  const { code, output } = await runDeno(
    ["fmt", "--quiet", ...files.map((file) => `${folder}/${file}`)],
    { capture: true, cwd: path(".") },
  );
  if (code !== 0) throw new Error(`deno fmt failed: ${output}`);
}

async function main(args: readonly string[]): Promise<number> {
  let parsed;
  try {
    parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        auth: { type: "string" },
        pages: { type: "string" },
        openapi: { type: "string" },
        name: { type: "string" },
        url: { type: "string" },
        package: { type: "boolean" },
        in: { type: "string" },
      },
    });
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`);
    return 2;
  }
  const { positionals: [id, ...rest], values } = parsed;
  const auth = AUTHS.find((it) => it === values.auth);
  const pages = PAGES.find((it) => it === values.pages);
  if (id === undefined || rest.length > 0 || !auth || !pages) {
    console.error(USAGE);
    return 2;
  }
  const { openapi, name, url, package: isPackage } = values;
  const folder = values.in ??
    (isPackage ? `nephos-${id}` : path(".").replace(/\/$/, ""));
  try {
    const lines = await writeDriver({
      id,
      auth,
      pages,
      openapi,
      name,
      url,
      isPackage,
      folder,
    });
    console.log(lines.join("\n"));
    console.log(isPackage ? PACKAGE_NEXT : NEXT.replaceAll("acme", id));
    return 0;
  } catch (error) {
    if (
      !(error instanceof TypeError || error instanceof Deno.errors.NotFound)
    ) throw error;
    console.error(`new: ${error.message}`);
    return 1;
  }
}

const NEXT = `
To see what is left to do, run:
  deno task test tests/conformance/acme_test.ts
To describe the driver in docs/, after each change of its methods, run:
  deno task pages`;

const PACKAGE_NEXT = `
To see what is left to do, search for TODO. To run the checks: npm test`;

if (import.meta.main) Deno.exit(await main(Deno.args));
