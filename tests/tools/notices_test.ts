import { assertEquals, assertRejects } from "@std/assert";
import { notices } from "../../tools/notices.ts";

/** A cache of npm packages; `await using` removes it. */
async function makeCache(files: Readonly<Record<string, string>>) {
  const folder = await Deno.makeTempDir({ prefix: "nephos-notices-" });
  const url = new URL(`file://${folder}/npm/registry.npmjs.org/`);
  for (const [name, text] of Object.entries(files)) {
    const file = new URL(name, url);
    await Deno.mkdir(new URL(".", file), { recursive: true });
    await Deno.writeTextFile(file, text);
  }
  return {
    url,
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

Deno.test("notices() has the licence of each npm package once, and that of @std", async () => {
  await using cache = await makeCache({
    "zip/1.2.3/package.json": '{ "license": "MIT" }',
    "zip/1.2.3/LICENSE.md": "Copyright (c) Zip\n",
    "@acme/sums/4.5.6/package.json": '{ "license": "ISC" }',
    "@acme/sums/4.5.6/licence": "\nCopyright (c) Acme\n",
    "unused/1.0.0/package.json": '{ "license": "MIT" }',
  });
  const text = await notices([
    new URL("zip/1.2.3/dist/a.js", cache.url).href,
    new URL("zip/1.2.3/b.js", cache.url).href,
    new URL("@acme/sums/4.5.6/mod.js", cache.url).href,
    "file:///project/core/call.ts",
  ]);
  const [, first, second, third] = text.split("\n== ");
  assertEquals(first, "@acme/sums 4.5.6 (ISC)\n\nCopyright (c) Acme\n");
  assertEquals(second, "zip 1.2.3 (MIT)\n\nCopyright (c) Zip\n");
  assertEquals(third?.split("\n")[0], "@std, https://jsr.io/@std (MIT)");
});

Deno.test("notices() rejects a package without a licence", async () => {
  await using cache = await makeCache({
    "zip/1.2.3/package.json": '{ "license": "MIT" }',
    "zip/1.2.3/README.md": "No licence.\n",
  });
  await assertRejects(
    () => notices([new URL("zip/1.2.3/a.js", cache.url).href]),
    Error,
    "notices: zip 1.2.3 has no licence",
  );
});
