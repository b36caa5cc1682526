/**
 * Markdown of the guides: anchors of headings, and links between documents.
 *
 * @module
 */

/** A token of markdown-it. */
interface Token {
  readonly type: string;
  readonly content: string;
  readonly children: Token[] | null;
  attrGet(name: string): string | null;
  attrSet(name: string, value: string): void;
}

/** Data of the page that markdown-it renders. */
export interface PageEnvironment {
  /** Finds the address of a link, relative to the page. */
  readonly resolveLink: (href: string) => string;
}

/** The parts of markdown-it that this module uses. */
export interface MarkdownIt {
  readonly core: {
    readonly ruler: {
      push(
        name: string,
        rule: (state: { tokens: Token[]; env: PageEnvironment }) => void,
      ): void;
    };
  };
}

/**
 * Computes the anchor of a heading, as GitHub does.
 *
 * @param heading Text of the heading.
 * @returns The anchor, without `#`.
 */
export function slugOf(heading: string): string {
  return heading.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
}

/**
 * Gives headings their anchors, and links the addresses of the site.
 *
 * @param markdown The renderer.
 */
export function addSiteRules({ core }: MarkdownIt): void {
  core.ruler.push("heading_anchors", ({ tokens }) => {
    const counts = new Map<string, number>();
    for (const [index, token] of tokens.entries()) {
      if (token.type !== "heading_open") continue;
      const slug = slugOf(textOf(tokens[index + 1]));
      const count = counts.get(slug) ?? 0;
      counts.set(slug, count + 1);
      token.attrSet("id", count === 0 ? slug : `${slug}-${count}`);
    }
  });
  core.ruler.push("site_links", ({ tokens, env }) => {
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      const href = token.type === "link_open" ? token.attrGet("href") : null;
      if (href !== null) token.attrSet("href", env.resolveLink(href));
    }
  });
}

/** Text of a heading, without its marks. */
function textOf(token: Token | undefined): string {
  return (token?.children ?? [])
    .filter(({ type }) => type === "text" || type === "code_inline")
    .map(({ content }) => content).join("");
}
