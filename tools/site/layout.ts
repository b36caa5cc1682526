/**
 * The frame of a page: head, navigation and search. The script that colours code
 * is that of the API reference.
 *
 * @module
 */

/** What the frame needs to know about a page. */
export interface PageFrame {
  /** Title of the page. */
  readonly title: string;
  /** HTML of the page. */
  readonly content: string;
  /** Way from the page to the top of the site: `""`, `"../"`, … */
  readonly top: string;
  /** Links of the navigation, in groups. Addresses begin at the top. */
  readonly groups: readonly NavigationGroup[];
  /** Address of the page, from the top. */
  readonly url: string;
  /** Whether the search finds the page. */
  readonly isSearchable: boolean;
}

/** Links below one heading. */
export interface NavigationGroup {
  readonly title: string;
  readonly links: readonly { readonly title: string; readonly url: string }[];
}

/**
 * Writes a page.
 *
 * @param frame The page.
 * @returns Its HTML.
 */
export function toPage(frame: PageFrame): string {
  const { title, content, top, groups, url, isSearchable } = frame;
  const navigation = groups.map((group) => {
    const items = group.links.map((link) => {
      const current = link.url === url ? ' aria-current="page"' : "";
      return `<li><a href="${top}${link.url}"${current}>${
        escape(link.title)
      }</a></li>`;
    });
    return `<h2>${escape(group.title)}</h2>\n<ul>\n${items.join("\n")}\n</ul>`;
  });
  const body = isSearchable
    ? ' data-pagefind-body data-pagefind-weight="2"'
    : "";
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title === "nephos" ? title : `${escape(title)} – nephos`}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${top}pagefind/pagefind-ui.css">
<link rel="stylesheet" href="${top}site.css">
<script src="${top}api/prism.js" defer></script>
<script src="${top}pagefind/pagefind-ui.js" defer></script>
<script src="${top}site.js" defer></script>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header>
<a class="home" href="${top}index.html">nephos</a>
<a href="${top}docs/index.html">Guides</a>
<a href="${top}api/index.html">API reference</a>
<div id="search" role="search"></div>
</header>
<div class="columns">
<main id="content"${body}>
${content}
</main>
<nav aria-label="Pages">
${navigation.join("\n")}
</nav>
</div>
</body>
</html>
`;
}

/**
 * Escapes a text for HTML.
 *
 * @param text The text.
 * @returns HTML for an element or an attribute.
 */
export function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
