/**
 * What an edge function pays for a driver: its bundle for the browser,
 * minified, after gzip, without what it only loads when asked to; and that
 * nobody pays for a way to deploy that he does not use.
 *
 * @module
 */

import { assert, assertFalse, assertLessOrEqual } from "@std/assert";
import { gzipSync } from "node:zlib";
import { path, runDeno } from "../tools/deno.ts";

/** Bytes after gzip that an entry point may take with all that it imports. */
const LIMITS: readonly { readonly entry: string; readonly limit: number }[] = [
  { entry: "drivers/digitalocean.ts", limit: 11_000 },
  { entry: "drivers/ec2.ts", limit: 14_000 },
  { entry: "drivers/linode.ts", limit: 11_000 },
  { entry: "drivers/nephoscale.ts", limit: 8_000 },
];

/** Libraries behind a subpath of their own, and what gives them away. */
const LIBRARIES: readonly {
  readonly entry: string;
  readonly mark: RegExp;
}[] = [
  { entry: "deploy/cloud_init.ts", mark: /tag:yaml\.org/ },
  { entry: "deploy/ssh.ts", mark: /ssh2|SSH-2\.0-/ },
];

/** Bundles an entry point for the browser, and hands the bytes on. */
async function bundle(
  entry: string,
  ...flags: readonly string[]
): Promise<Uint8Array<ArrayBuffer>> {
  const folder = await Deno.makeTempDir({ prefix: "nephos-size-" });
  try {
    const { code, output } = await runDeno([
      "bundle",
      "--platform=browser",
      "--minify",
      // What ssh2 can do without is not there to be bundled.
      "--external=*.node",
      `--outdir=${folder}`,
      ...flags,
      path(entry),
    ], { capture: true });
    assert(code === 0, output);
    const name = entry.replace(/^.*\/|\.ts$/g, "");
    return await Deno.readFile(`${folder}/${name}.js`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

for (const { entry, limit } of LIMITS) {
  Deno.test(`${entry} is at most ${limit} bytes in a bundle, after gzip`, async () => {
    const bytes = await bundle(entry, "--code-splitting");
    // What is loaded with it would have to be counted.
    const text = new TextDecoder().decode(bytes);
    assertFalse(/\b(?:from|import)\s*"\.\//.test(text), "it is in pieces");
    const size = gzipSync(bytes, { level: 9 }).byteLength;
    console.log(`${entry}: ${bytes.byteLength} bytes, ${size} after gzip`);
    assertLessOrEqual(size, limit);
  });
}

Deno.test("mod.ts and the drivers have nothing of the libraries to deploy with", async () => {
  const read = async (entry: string) =>
    new TextDecoder().decode(await bundle(entry));
  // A mark that is not there would make the rest of this a pass.
  for (const { entry, mark } of LIBRARIES) assert(mark.test(await read(entry)));
  const drivers = [...Deno.readDirSync(path("drivers"))]
    .filter(({ name }) => /^[^_].*\.ts$/.test(name))
    .map(({ name }) => `drivers/${name}`);
  assert(drivers.length > 2);
  for (const entry of ["mod.ts", "core/mod.ts", ...drivers]) {
    const text = await read(entry);
    for (const { mark } of LIBRARIES) assertFalse(mark.test(text), entry);
  }
});
