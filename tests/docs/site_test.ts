/**
 * The website: it has all pages and no dead link, and its search finds what the
 * guides and the reference contain.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { path } from "../../tools/deno.ts";
import { buildSite } from "../../tools/site.ts";
import { findDeadLinks } from "../../tools/site/links.ts";

/** A result of the search. */
interface Found {
  readonly url: string;
  readonly meta: { readonly title: string };
}

/** The parts of Pagefind's module for browsers that the tests use. */
interface Pagefind {
  options(options: { basePath: string; baseUrl: string }): Promise<void>;
  search(
    term: string,
  ): Promise<{ results: { data(): Promise<Found> }[] }>;
}

/** An empty folder in the repository; `await using` removes it. */
async function makeFolder() {
  await Deno.mkdir(path(".out"), { recursive: true });
  const folder = await Deno.makeTempDir({ dir: path(".out"), prefix: "site-" });
  return {
    folder,
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

/** Searches a site as a browser does. */
async function search(folder: string, term: string): Promise<Found[]> {
  const base = `file://${folder}/`;
  const pagefind: Pagefind = await import(`${base}pagefind/pagefind.js`);
  await pagefind.options({ basePath: `${base}pagefind/`, baseUrl: "/" });
  const { results } = await pagefind.search(term);
  return await Promise.all(results.map((result) => result.data()));
}

/** Addresses of the links of a page, relative to the site. */
async function linksOf(folder: string, url: string): Promise<string[]> {
  const html = await Deno.readTextFile(`${folder}/${url}`);
  const [, main = ""] = html.split("<main");
  return [...main.matchAll(/<a href="([^"#]*)/g)].map(([, href = ""]) =>
    new URL(href, new URL(url, "http://site.test/")).pathname.slice(1)
  );
}

Deno.test("the site has no dead link, and its search finds guides and the reference", async (t) => {
  await using site = await makeFolder();
  const { folder } = site;
  const built = await buildSite({ out: folder });

  await t.step("has no dead link", () => {
    assertEquals(built.deadLinks, []);
    assert(built.guides > 30);
  });

  await t.step("finds waitUntilRunning", async () => {
    const found = await search(folder, "waitUntilRunning");
    const urls = found.map(({ url }) => url);
    assert(urls.includes("/docs/creating.html"), urls.join("\n"));
    assert(urls.some((url) => url.startsWith("/api/")), urls.join("\n"));
  });

  await t.step("finds nothing that is nowhere", async () => {
    assertEquals(await search(folder, "xyzzyplugh"), []);
  });

  await t.step(
    "leads from the first page to a first list in three clicks",
    async () => {
      const pages = (await linksOf(folder, "index.html"))
        .filter((url) => url.startsWith("docs/providers/"));
      assert(pages.length > 6);
      for (const url of pages) {
        const html = await Deno.readTextFile(`${folder}/${url}`);
        // The second click leads to the code on the same page.
        assert(html.includes('<a href="#first-list">'), url);
        assert(html.includes('<h2 id="first-list">'), url);
        assert(/list(?:Nodes|Zones)\(\)/.test(html), url);
      }
    },
  );

  await t.step("lists every module, as programs import it", async () => {
    const { name, exports } = JSON.parse(
      await Deno.readTextFile(path("deno.json")),
    ) as { name: string; exports: Record<string, string> };
    const index = await Deno.readTextFile(`${folder}/api/index.html`);
    const linked = await linksOf(folder, "api/index.html");
    for (const [subpath, file] of Object.entries(exports)) {
      const specifier = name + subpath.slice(1);
      assert(index.includes(`<code>${specifier}</code>`), specifier);
      const url = `api/${file.slice(2)}/index.html`;
      assert(linked.includes(url), url);
      const page = await Deno.readTextFile(`${folder}/${url}`);
      assert(page.includes(`<title>${specifier} - `), url);
      assert(page.includes(` from &quot;${specifier}&quot;`), url);
    }
  });

  await t.step("names no file of this machine", async () => {
    const html = await Deno.readTextFile(
      `${folder}/api/mod.ts/~/WaitOptions.html`,
    );
    assert(html.includes("source/core/compute/nodes.ts.html"));
    assert(!html.includes("file:"));
  });
});

Deno.test("buildSite() finds a dead link of a document", async () => {
  await using site = await makeFolder();
  const { deadLinks } = await buildSite({
    out: site.folder,
    modules: ["deploy/cloud_init.ts", "core/mod.ts"],
    documents: { "docs/broken.md": "# Broken\n\n[a](a.md) [b](fleet.md#b)\n" },
  });
  assertEquals(deadLinks, [
    "docs/broken.html: ../source/docs/a.md.html",
    "docs/broken.html: ../docs/fleet.html#b",
  ]);
});

Deno.test("findDeadLinks() checks files, ids and folders, and no other sites", async () => {
  await using site = await makeFolder();
  const { folder } = site;
  await Deno.mkdir(`${folder}/sub`);
  const write = (name: string, html: string) =>
    Deno.writeTextFile(`${folder}/${name}`, html);
  await write(
    "index.html",
    `<p id="here"></p><a href="#here"></a><a href="sub/">x</a>
     <a class="x" href="sub/~a.html#%C3%A4">x</a>
     <a href="https://example.com/nowhere">x</a>
     <a href="mailto:me@example.com">x</a><script src="run.js">"<a href='x'>"</script>`,
  );
  await write("run.js", "");
  await write("sub/index.html", '<a href="&#x2E;./index.html">x</a>');
  await write("sub/~a.html", '<p id="ä">x</p>');
  assertEquals(await findDeadLinks(folder), []);
  for (
    const dead of [
      "nowhere.html",
      "sub/nowhere.html",
      "#nowhere",
      "sub/~a.html#here",
      "../index.html/x",
      "file:///etc/passwd",
    ]
  ) {
    await write("other.html", `<p><a title="x" href="${dead}">x</a></p>`);
    assertEquals(await findDeadLinks(folder), [`other.html: ${dead}`]);
  }
});
