/**
 * What an edge function pays for a driver: its bundle for the browser,
 * minified, after gzip, without what it only loads when asked to.
 *
 * @module
 */

import { assert, assertLessOrEqual } from "@std/assert";
import { gzipSync } from "node:zlib";
import { path, runDeno } from "../tools/deno.ts";

/** Bytes after gzip that an entry point may take with all that it imports. */
const LIMITS: readonly { readonly entry: string; readonly limit: number }[] = [
  { entry: "drivers/digitalocean.ts", limit: 11_000 },
  { entry: "drivers/ec2.ts", limit: 14_000 },
  { entry: "drivers/linode.ts", limit: 11_000 },
  // The aim is 8 000: what is above it went into answers that nobody promised.
  { entry: "drivers/nephoscale.ts", limit: 8_700 },
];

for (const { entry, limit } of LIMITS) {
  Deno.test(`${entry} is at most ${limit} bytes in a bundle, after gzip`, async () => {
    const folder = await Deno.makeTempDir({ prefix: "nephos-size-" });
    try {
      const file = `${folder}/${entry.replace(/.*\/(.*)\.ts/, "$1.js")}`;
      const { code, output } = await runDeno([
        "bundle",
        "--platform=browser",
        "--minify",
        "--code-splitting",
        `--outdir=${folder}`,
        path(entry),
      ], { capture: true });
      assert(code === 0, output);
      const bundle = await Deno.readFile(file);
      const size = gzipSync(bundle, { level: 9 }).byteLength;
      console.log(`${entry}: ${bundle.byteLength} bytes, ${size} after gzip`);
      assertLessOrEqual(size, limit);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
