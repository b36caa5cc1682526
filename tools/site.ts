/**
 * Builds the website of the documentation: the guides in `docs/`, and the API
 * reference, with one search over both.
 *
 * - The guides are built by Eleventy. It is kept up to date, writes plain HTML
 *   without a framework in the browser, and is a quarter of the size of
 *   VitePress and docmd, which both install 100 MB. It contains markdown-it,
 *   and so this file needs no Markdown library of its own.
 * - The reference is built by `deno doc --html`.
 * - The search is Pagefind. It indexes the finished pages, whoever built them,
 *   and a browser loads only the parts of the index that it needs.
 *
 * A dead link inside the site fails the build. Links to other hosts are not
 * requested.
 *
 * ```sh
 * deno task docs
 * ```
 *
 * @module
 */

import Eleventy from "npm:@11ty/eleventy@3.1.8";
import * as pagefind from "npm:pagefind@1.6.0";
import { path, ROOT, runDeno } from "./deno.ts";
import { escape, type NavigationGroup, toPage } from "./site/layout.ts";
import { filesIn, findDeadLinks } from "./site/links.ts";
import { addSiteRules, type MarkdownIt } from "./site/markdown.ts";

/** Documents outside of `docs/` that have a page. */
const DOCUMENTS: readonly string[] = [
  "README.md",
  "CHANGELOG.md",
  "CODE_OF_CONDUCT.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  "bench/README.md",
];

/** Folders whose sources have a page, because links lead to them. */
const SOURCES: readonly string[] = [
  "bench",
  "core",
  "data",
  "deploy",
  "drivers",
  "examples",
  "fleet_page",
  "simulators",
  "testing",
  "tests/_support/std",
];

/** A document and its page. */
interface Page {
  /** Path of the document. */
  readonly file: string;
  /** Address of the page, from the top of the site. */
  readonly url: string;
  readonly title: string;
  readonly markdown: string;
}

/** Result of {@linkcode buildSite}. */
export interface Site {
  /** Number of guides. */
  readonly guides: number;
  /** Dead links: the page, and the address. */
  readonly deadLinks: readonly string[];
}

/** Settings of {@linkcode buildSite}. */
export interface SiteOptions {
  /** Folder to write to, without a slash at its end. It is emptied first. */
  readonly out: string;
  /**
   * Further documents by path, which replace those of the repository.
   *
   * @default {none}
   */
  readonly documents?: Readonly<Record<string, string>> | undefined;
  /**
   * Modules of the reference, relative to the repository: two or more, because
   * `deno doc` gives the pages of a single module other addresses.
   *
   * @default {all modules of the package}
   */
  readonly modules?: readonly string[] | undefined;
}

/**
 * Builds the site.
 *
 * @param options Where to write, and what to build.
 * @returns What was built, and the dead links in it.
 * @throws {Error} If a part cannot be built.
 */
export async function buildSite(options: SiteOptions): Promise<Site> {
  const { out, documents, modules = await entryPoints() } = options;
  await Deno.remove(out, { recursive: true }).catch(() => {});
  await Deno.mkdir(out, { recursive: true });
  const pages = await readPages(documents);
  const groups = navigationOf(pages);
  await buildReference(out, modules, groups);
  await buildGuides(out, pages, groups);
  await writeSearchPage(out, groups);
  await writeSources(out, groups);
  for (const name of ["site.css", "site.js", "reference.css"]) {
    await Deno.copyFile(path(`tools/site/${name}`), `${out}/${name}`);
  }
  await buildIndex(out);
  const deadLinks = await findDeadLinks(out);
  return { guides: pages.length, deadLinks };
}

async function entryPoints(): Promise<string[]> {
  const text = await Deno.readTextFile(path("deno.json"));
  return Object.values(JSON.parse(text).exports as Record<string, string>);
}

async function readPages(
  documents: Readonly<Record<string, string>> = {},
): Promise<Page[]> {
  const guides = (await filesIn(path("docs"))).filter((name) =>
    name.endsWith(".md")
  ).map((name) => `docs/${name}`);
  const files = new Set([...DOCUMENTS, ...guides, ...Object.keys(documents)]);
  return await Promise.all([...files].map(async (file) => {
    const markdown = documents[file] ?? await Deno.readTextFile(path(file));
    const [, title = file] = /^# (.+)$/m.exec(markdown) ?? [];
    return { file, url: urlOf(file), title, markdown };
  }));
}

/** Address of the page of a document. */
function urlOf(file: string): string {
  return file.replace(/README\.md$/, "index.md").replace(/\.md$/, ".html");
}

/** Way from a page to the top of the site. */
function topOf(url: string): string {
  return "../".repeat(url.split("/").length - 1);
}

/** The navigation has the links of `docs/README.md`, with its headings. */
function navigationOf(pages: readonly Page[]): NavigationGroup[] {
  const index = pages.find(({ file }) => file === "docs/README.md");
  const [, ...sections] = index?.markdown.split(/^## /m) ?? [];
  return sections.map((section) => ({
    title: section.slice(0, section.indexOf("\n")),
    links: [...section.matchAll(/^\| \[([^\]]+)\]\(([^)]+)\)/gm)]
      .map(([, title = "", file = ""]) => ({
        title,
        url: urlOf(`docs/${file}`),
      })),
  }));
}

/** Builds the guides with Eleventy. */
async function buildGuides(
  out: string,
  pages: readonly Page[],
  groups: readonly NavigationGroup[],
): Promise<void> {
  const known = new Set(pages.map(({ file }) => file));
  // Eleventy needs a folder for its input; the pages are not read from it.
  const input = await Deno.makeTempDir({ prefix: "nephos-site-" });
  try {
    const eleventy = new Eleventy(input, out, {
      quietMode: true,
      config(config: EleventyConfig) {
        config.amendLibrary("md", (markdown) => {
          addSiteRules(markdown);
        });
        config.addTransform("frame", function (content) {
          const page = pages.find(({ url }) =>
            `/${url.replace(/index\.html$/, "")}` === this.page.url
          )!;
          const { url, title } = page;
          return toPage({
            title,
            content,
            top: topOf(url),
            groups,
            url,
            isSearchable: page.file !== "CHANGELOG.md",
          });
        });
        for (const { file, url, markdown } of pages) {
          config.addTemplate(file, markdown, {
            permalink: url,
            // Otherwise "{{" in code would be a variable of a template.
            templateEngineOverride: "md",
            resolveLink: (href: string) => resolveLink(file, href, known),
          });
        }
      },
    });
    await eleventy.write();
  } finally {
    await Deno.remove(input, { recursive: true });
  }
}

/** The parts of Eleventy's configuration that this file uses. */
interface EleventyConfig {
  amendLibrary(name: "md", change: (markdown: MarkdownIt) => void): void;
  addTransform(
    name: string,
    transform: (this: { page: { url: string } }, content: string) => string,
  ): void;
  addTemplate(file: string, text: string, data: object): void;
}

/** Finds the address of a link in a document, relative to its page. */
function resolveLink(
  file: string,
  href: string,
  known: ReadonlySet<string>,
): string {
  if (/^(?:[a-z]+:|#)/.test(href)) return href;
  const { pathname, hash } = new URL(href, new URL(file, "file:///"));
  const target = pathname.slice(1);
  const page = known.has(target)
    ? urlOf(target)
    : known.has(`${target}README.md`)
    ? urlOf(`${target}README.md`)
    : `source/${target}.html`;
  return topOf(urlOf(file)) + page + hash;
}

/** Writes the page to which the reference links instead of its own search. */
async function writeSearchPage(
  out: string,
  groups: readonly NavigationGroup[],
): Promise<void> {
  const page = toPage({
    title: "Search",
    content: "<h1>Search</h1>\n<p>The field at the top of the page searches " +
      "the guides and the API reference.</p>",
    top: "",
    groups,
    url: "search.html",
    isSearchable: false,
  });
  await Deno.writeTextFile(`${out}/search.html`, page);
}

/** Writes a page for each source file. */
async function writeSources(
  out: string,
  groups: readonly NavigationGroup[],
): Promise<void> {
  const folders = await Promise.all(
    SOURCES.map(async (folder) =>
      (await filesIn(path(folder))).map((name) => `${folder}/${name}`)
    ),
  );
  const names = ["mod.ts", "LICENSE", "deno.json", ...folders.flat()]
    .filter((name) => /(?:\.(?:ts|json)|LICENSE)$/.test(name))
    // The list of EC2 has 3 MB.
    .filter((name) => name !== "data/ec2_sizes.json");
  for (const name of names) {
    const code = escape(await Deno.readTextFile(path(name)));
    const lines = code.trimEnd().split("\n")
      .map((line, index) => `<span id="L${index + 1}">${line}</span>`);
    const url = `source/${name}.html`;
    const content = `<h1>${name}</h1>\n<pre><code>${
      lines.join("\n")
    }</code></pre>`;
    const page = toPage({
      title: name,
      content,
      top: topOf(url),
      groups,
      url,
      isSearchable: false,
    });
    await Deno.mkdir(`${out}/${url.replace(/\/[^/]*$/, "")}`, {
      recursive: true,
    });
    await Deno.writeTextFile(`${out}/${url}`, page);
  }
}

/** Builds the API reference, and connects it with the site. */
async function buildReference(
  out: string,
  modules: readonly string[],
  groups: readonly NavigationGroup[],
): Promise<void> {
  const { code, output } = await runDeno(
    ["doc", "--html", "--name=nephos", `--output=${out}/api`, ...modules],
    { cwd: path("."), capture: true, env: { NO_COLOR: "1" } },
  );
  if (code !== 0) throw new Error(`deno doc failed: ${output}`);
  const names = new Set(await filesIn(`${out}/api`));
  const specifiers = await specifiersByFile();
  for (const name of names) {
    if (!name.endsWith(".html")) continue;
    const file = `${out}/api/${name}`;
    const [module = "", symbol] = name.replace(/\/index\.html$/, "").split(
      "/~/",
    );
    const html = toSitePage(await Deno.readTextFile(file), {
      top: topOf(`api/${name}`),
      module,
      specifier: specifiers.get(module) ?? module,
      // Pages of options and fields would hide all others. `mod.ts` exports most
      // of core again.
      isSearchable: specifiers.has(module) &&
        !/^\w+\.(?!prototype\.)\w+\.html$/.test(symbol ?? "") &&
        (!module.startsWith("core/") || !names.has(`mod.ts/~/${symbol}`)),
    });
    await Deno.writeTextFile(file, html);
  }
  await writeModules(out, modules, specifiers, groups);
  for (const name of ["search.js", "search_index.js", "fuse.js"]) {
    await Deno.remove(`${out}/api/${name}`);
  }
}

/** Writes the first page of the reference: `deno doc` leaves it almost empty. */
async function writeModules(
  out: string,
  modules: readonly string[],
  specifiers: ReadonlyMap<string, string>,
  groups: readonly NavigationGroup[],
): Promise<void> {
  const entries = await Promise.all(modules.map(async (module) => {
    const file = module.replace(/^\.\//, "");
    const summary = summaryOf(await Deno.readTextFile(path(file)));
    const specifier = escape(specifiers.get(file) ?? file);
    return `<dt><a href="${file}/index.html"><code>${specifier}</code></a></dt>\n` +
      `<dd>${toCodeElements(escape(summary))}</dd>`;
  }));
  const url = "api/index.html";
  const page = toPage({
    title: "API reference",
    content: "<h1>API reference</h1>\n<p>The package has these modules. " +
      'There is also a list of <a href="all_symbols.html">all symbols</a>.</p>\n' +
      `<dl>\n${entries.join("\n")}\n</dl>`,
    top: topOf(url),
    groups,
    url,
    isSearchable: false,
  });
  await Deno.writeTextFile(`${out}/${url}`, page);
}

/** First paragraph of the doc comment of a module. */
function summaryOf(source: string): string {
  const [, comment = ""] = /^\/\*\*\n([^]*?)\n \*(?:\/|\n)/m.exec(source) ?? [];
  return comment.replace(/^ \* ?/gm, "").replaceAll("\n", " ");
}

function toCodeElements(html: string): string {
  return html.replace(/`([^`]+)`/g, "<code>$1</code>");
}

/** Specifiers of the modules of the package, such as `"@nephos/nephos"`. */
async function specifiersByFile(): Promise<Map<string, string>> {
  const { name, exports } = JSON.parse(
    await Deno.readTextFile(path("deno.json")),
  );
  return new Map(
    Object.entries(exports as Record<string, string>)
      .map(([subpath, file]) => [file.slice(2), name + subpath.slice(1)]),
  );
}

/** A page of the reference. */
interface ReferencePage {
  /** Way from the page to the top of the site. */
  readonly top: string;
  /** File of the module. */
  readonly module: string;
  /** How programs import the module. */
  readonly specifier: string;
  /** Whether the search finds the page. */
  readonly isSearchable: boolean;
}

/** Replaces the search of a page of the reference by that of the site. */
function toSitePage(
  html: string,
  { top, module, specifier, isSearchable }: ReferencePage,
): string {
  const [, symbol] = /<title>(.*?) - .* - /.exec(html) ?? [];
  const title = symbol ? `${symbol} (${specifier})` : specifier;
  const body = `<main data-pagefind-body data-pagefind-meta="title:${title}"`;
  const file = module.split("/").map(RegExp.escape).join("(?:/|&#x2F;)");
  return html
    .replace(/<html>/, '<html lang="en">')
    .replace(
      /<\/head>/,
      `<link rel="icon" href="data:,"><link rel="stylesheet" href="${top}reference.css"></head>`,
    )
    .replace(
      /\s*<script src="[^"]*(?:search_index|fuse|search)\.js"[^>]*><\/script>/g,
      "",
    )
    .replace(
      /<input\b[^>]*\bid="searchbar"[^>]*>/,
      `<a href="${top}docs/index.html">Guides</a> <a href="${top}search.html">Search</a>`,
    )
    .replace(/<main\b/, isSearchable ? body : "<main")
    .replace(
      /<div class="symbolTitle"/,
      '<div data-pagefind-weight="10" class="symbolTitle"',
    )
    // `deno doc` writes the file instead of what programs import: in the title,
    // in the path at the top, and in the example of an import.
    .replace(
      new RegExp(
        `((?:<title>| - |class="contextLink">|</span>| from &quot;))${file}(?=<|&quot;| - )`,
        "g",
      ),
      `$1${specifier}`,
    )
    // It links some type parameters that it does not show.
    .replace(
      /<a href="#(type_param_\w+)"/g,
      (link, id: string) => html.includes(`id="${id}"`) ? link : "<a",
    )
    // Links to the sources on this machine.
    .replace(/href="(file:[^"]*)"/g, (_, href: string) => {
      const source = href.replaceAll("&#x2F;", "/").replace(/#.*/, "");
      return `href="${top}source/${source.slice(ROOT.href.length)}.html"`;
    });
}

/** Builds the index of the search. */
async function buildIndex(out: string): Promise<void> {
  const { index, errors: problems } = await pagefind.createIndex({});
  if (!index) throw new Error(`pagefind failed: ${problems.join("; ")}`);
  try {
    const { errors } = await index.addDirectory({ path: out });
    if (errors.length > 0) throw new Error(errors.join("; "));
    await index.writeFiles({ outputPath: `${out}/pagefind` });
  } finally {
    await pagefind.close();
  }
}

if (import.meta.main) {
  const out = path(".out/site");
  const { guides, deadLinks } = await buildSite({ out });
  console.log(`${out}: ${guides} guides and the API reference`);
  for (const link of deadLinks) console.error(`dead link: ${link}`);
  if (deadLinks.length > 0) Deno.exit(1);
}
