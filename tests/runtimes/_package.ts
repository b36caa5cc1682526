/**
 * The npm package, built once for all tests that install it.
 *
 * @module
 */

import { path, std } from "../../tools/deno.ts";
import { build, type NpmPackage } from "../../tools/npm.ts";

/** Folder of the package; it is kept until the sources change. */
const KEPT = path(".out/npm");

/** Files and folders that the package is made from, besides its sources. */
const TOOLS: readonly string[] = [
  "tools/deno.ts",
  "tools/notices.ts",
  "tools/npm.ts",
  "tools/repository.ts",
  "tests/_support/std",
];

/**
 * Builds the package, unless it was built from the same files before.
 *
 * @returns The package. Do not change its files.
 */
export async function builtPackage(): Promise<NpmPackage> {
  const key = await hashOfSources();
  const folder = `${KEPT}/${key}`;
  const isThere = await Deno.stat(folder).catch(() => undefined);
  if (!isThere) {
    await Deno.remove(KEPT, { recursive: true }).catch(() => {});
    await Deno.mkdir(KEPT, { recursive: true });
    // An interrupted build must not look like a complete one.
    const draft = await Deno.makeTempDir({ dir: KEPT });
    await build(draft);
    await Deno.rename(draft, folder);
  }
  for await (const { name } of Deno.readDir(folder)) {
    if (!name.endsWith(".tgz")) continue;
    const tarball = `${folder}/${name}`;
    const { size } = await Deno.stat(tarball);
    return { folder: `${folder}/npm`, tarball, size };
  }
  throw new Error(`no tarball in ${folder}`);
}

async function hashOfSources(): Promise<string> {
  const { publish } = JSON.parse(
    await Deno.readTextFile(path("deno.json")),
  ) as { publish: { include: string[] } };
  const names: string[] = [];
  for (const name of [...publish.include, ...TOOLS].toSorted()) {
    for await (const file of filesAt(name.replace(/\/$/, ""))) names.push(file);
  }
  const hashes = await Promise.all(
    names.map(async (name) =>
      `${name} ${await hashOf(await Deno.readFile(path(name)))}`
    ),
  );
  const text = [await std(), Deno.version.deno, ...hashes].join("\n");
  return await hashOf(new TextEncoder().encode(text));
}

async function* filesAt(name: string): AsyncGenerator<string> {
  const { isFile } = await Deno.stat(path(name));
  if (isFile) return yield name;
  const inside = await Array.fromAsync(Deno.readDir(path(name)));
  for (const entry of inside.map((it) => it.name).toSorted()) {
    yield* filesAt(`${name}/${entry}`);
  }
}

async function hashOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}
