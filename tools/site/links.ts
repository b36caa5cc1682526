/**
 * Checks the links of a built site.
 *
 * @module
 */

/** Addresses that a page refers to, and the ids that it has. */
interface PageLinks {
  readonly hrefs: readonly string[];
  readonly ids: ReadonlySet<string>;
}

/**
 * Finds links to files or ids that do not exist. Addresses on other hosts are
 * not requested.
 *
 * @param folder Folder of the site, without a slash at its end.
 * @returns One line for each dead link: the page, and the address.
 */
export async function findDeadLinks(folder: string): Promise<string[]> {
  const files = await filesIn(folder);
  const pages = new Map<string, PageLinks>();
  for (const file of files) {
    if (!file.endsWith(".html")) continue;
    pages.set(file, linksIn(await Deno.readTextFile(`${folder}/${file}`)));
  }
  const known = new Set(files);
  const dead: string[] = [];
  for (const [file, { hrefs }] of pages) {
    for (const href of new Set(hrefs)) {
      if (isExternal(href)) continue;
      const target = toFile(file, href);
      const anchor = anchorOf(href);
      const isThere = target !== undefined && known.has(target) &&
        (anchor === "" || pages.get(target)?.ids.has(anchor) !== false);
      if (!isThere) dead.push(`${file}: ${href}`);
    }
  }
  return dead;
}

function linksIn(html: string): PageLinks {
  const text = html.replace(/<script\b[^]*?<\/script>/g, (script) =>
    // Keep the address of the script.
    script.slice(0, script.indexOf(">") + 1));
  const values = (attribute: RegExp) =>
    [...text.matchAll(attribute)].map(([, value = ""]) => decode(value));
  return {
    hrefs: values(/<\w[^>]*?\s(?:href|src)="([^"]*)"/g),
    ids: new Set(values(/\s(?:id|name)="([^"]*)"/g)),
  };
}

/** Whether an address belongs to another site. */
function isExternal(href: string): boolean {
  // A link to a file of this machine is dead elsewhere.
  return /^[a-z][a-z+.-]*:/i.test(href) && !/^file:/i.test(href);
}

/** File that an address refers to; `undefined` if it is not in the site. */
function toFile(page: string, href: string): string | undefined {
  const root = "http://site.test/";
  const base = new URL(page.split("/").map(encodeURIComponent).join("/"), root);
  const url = URL.parse(href, base);
  if (url?.origin !== base.origin) return undefined;
  const file = decodeURIComponent(url.pathname.slice(1));
  return file === "" || file.endsWith("/") ? `${file}index.html` : file;
}

function anchorOf(href: string): string {
  const [, anchor = ""] = /#(.*)$/.exec(href) ?? [];
  try {
    return decodeURIComponent(anchor);
  } catch {
    return anchor;
  }
}

/** Decodes the character references that occur in attributes. */
function decode(value: string): string {
  return value
    .replace(
      /&#x([\da-f]+);/gi,
      (_, hex) => String.fromCodePoint(parseInt(hex, 16)),
    )
    .replace(/&#(\d+);/g, (_, number) => String.fromCodePoint(Number(number)))
    .replaceAll("&lt;", "<").replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"').replaceAll("&amp;", "&");
}

/**
 * Lists the files of a folder and its subfolders.
 *
 * @param folder The folder, without a slash at its end.
 * @returns Paths relative to the folder.
 */
export async function filesIn(folder: string): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (!isDirectory) files.push(name);
    else {
      for (const file of await filesIn(`${folder}/${name}`)) {
        files.push(`${name}/${file}`);
      }
    }
  }
  return files;
}
