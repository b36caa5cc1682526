/**
 * Makes wire types and fixtures from an OpenAPI description.
 *
 * ```sh
 * deno task wire acme.openapi.json server=node size image ssh_key=key_pair \
 *   --out drivers/acme/_json.ts --fixtures fixtures/acme
 * ```
 *
 * A resource is the name of a schema, of a property of responses, or of a path,
 * such as `server` for `GET /servers`; or it is a path itself, such as
 * `/linode/types`. The noun after `=` is used in the names of fixtures.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { path, runDeno } from "./deno.ts";
import { Description, type JsonReply } from "./wire/description.ts";
import {
  defaultFixtures,
  makeFixture,
  readFixtureOption,
} from "./wire/fixtures.ts";
import { findResource } from "./wire/resources.ts";
import { writeTypes } from "./wire/types.ts";

const USAGE = `usage: deno task wire <openapi.json> <resource>[=<noun>] ...
  [--out <file>]        write the types there, instead of printing them
  [--fixtures <folder>] write responses of the operations that list, get and
                        create the resources
  [--operation "<name>=<METHOD> <path> [<status>]"]
                        write one more response; may be repeated
  [--force]             replace fixtures that exist`;

const GENERATED = "generated from";

/** Settings of {@linkcode wire}. */
export interface WireOptions {
  /** Path of the description. */
  readonly file: string;
  /** Resources, such as `"server=node"`. */
  readonly resources: readonly string[];
  /** Path of the file with types; without it, the types are only returned. */
  readonly out?: string | undefined;
  /** Path of the folder with fixtures. */
  readonly fixtures?: string | undefined;
  /** More fixtures, such as `"start_node=POST /servers/{id}/start"`. */
  readonly operations?: readonly string[] | undefined;
  /** Whether to replace fixtures that exist. */
  readonly force?: boolean | undefined;
}

/** Result of {@linkcode wire}. */
export interface Wired {
  /** The types. */
  readonly types: string;
  /** What was written, one line for each file. */
  readonly lines: readonly string[];
  /**
   * Fixtures that deviate from the description, one line for each. Examples of
   * descriptions do, and are often nearer to the truth.
   */
  readonly faults: readonly string[];
}

/**
 * Makes wire types and fixtures.
 *
 * @param options What to make.
 * @returns The types and what was written.
 * @throws {TypeError} If a resource or an operation is not in the description,
 *   or if the file with types was not generated.
 */
export async function wire(options: WireOptions): Promise<Wired> {
  const { file, out, fixtures: folder, force = false } = options;
  const description = new Description(await Deno.readTextFile(file), file);
  const resources = options.resources
    .map((argument) => findResource(description, argument));
  const more = (options.operations ?? [])
    .map((option) => readFixtureOption(description, option));
  const types = await format(
    header(description, options) + writeTypes(description, resources),
  );
  const lines: string[] = [];
  const faults: string[] = [];
  if (out !== undefined) {
    await writeGenerated(out, types);
    lines.push(`wrote ${out}`);
  }
  if (folder === undefined) return { types, lines, faults };

  // A name that was asked for replaces the default name of the same response.
  const isRenamed = (reply: JsonReply) =>
    more.some((it) => sourceOf(it.reply) === sourceOf(reply));
  const wanted = [
    ...defaultFixtures(description, resources)
      .filter(({ reply }) => !isRenamed(reply)),
    ...more,
  ];
  await Deno.mkdir(folder, { recursive: true });
  for (const item of wanted) {
    const fixture = makeFixture(description, item);
    const target = `${folder.replace(/\/$/, "")}/${fixture.name}.json`;
    if (!force && await exists(target)) {
      lines.push(`kept ${target} (--force replaces it)`);
      continue;
    }
    await Deno.writeTextFile(target, fixture.text);
    lines.push(`wrote ${target} (${fixture.source})`);
    const [fault] = fixture.faults;
    if (fault !== undefined) {
      const count = fixture.faults.length;
      faults.push(
        `${target} deviates from the description in ` +
          (count === 1 ? `this place: ${fault}` : `${count} places: ${fault}`),
      );
    }
  }
  return { types, lines, faults };
}

function sourceOf({ method, path, status }: JsonReply): string {
  return `${method} ${path} ${status}`;
}

function header({ title }: Description, options: WireOptions): string {
  const name = options.file.replace(/^.*\//, "");
  const { resources, out } = options;
  // A path outside of the project says nothing to others.
  const target = out?.replace(path("."), "").replace(/^(?:\.\.)?\/.*\//, "");
  const command = [
    "deno task wire",
    name,
    ...resources,
    ...(target === undefined ? [] : [`--out ${target}`]),
  ].join(" ");
  return `/**
 * JSON of ${title}, ${GENERATED} \`${name}\`.
 * To change it, run this command again:
 *
 * \`\`\`sh
 * ${command}
 * \`\`\`
 *
 * @module
 */

`;
}

/** Formats TypeScript as `deno fmt` does. */
async function format(code: string): Promise<string> {
  const draft = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(draft, code);
    const { code: status, output } = await runDeno(["fmt", draft], {
      cwd: path("."),
      capture: true,
    });
    if (status !== 0) throw new Error(`deno fmt failed: ${output}`);
    return await Deno.readTextFile(draft);
  } finally {
    await Deno.remove(draft);
  }
}

async function writeGenerated(file: string, types: string): Promise<void> {
  const old = await Deno.readTextFile(file).catch(() => undefined);
  if (old !== undefined && !old.includes(GENERATED)) {
    throw new TypeError(
      `${file} exists and was not generated; choose another file`,
    );
  }
  const folder = file.replace(/\/?[^/]*$/, "");
  if (folder) await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(file, types);
}

async function exists(file: string): Promise<boolean> {
  return await Deno.stat(file).then(() => true, () => false);
}

async function main(args: readonly string[]): Promise<number> {
  let parsed;
  try {
    parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        out: { type: "string" },
        fixtures: { type: "string" },
        operation: { type: "string", multiple: true },
        force: { type: "boolean" },
      },
    });
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`);
    return 2;
  }
  const { positionals: [file, ...resources], values } = parsed;
  if (file === undefined || resources.length === 0) {
    console.error(USAGE);
    return 2;
  }
  const { operation: operations, ...rest } = values;
  let wired;
  try {
    wired = await wire({ file, resources, operations, ...rest });
  } catch (error) {
    if (
      !(error instanceof TypeError || error instanceof Deno.errors.NotFound)
    ) {
      throw error;
    }
    console.error(`wire: ${error.message}`);
    return 1;
  }
  const { types, lines, faults } = wired;
  console.log(values.out === undefined ? types : lines.join("\n"));
  for (const fault of faults) console.error(fault);
  return 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
