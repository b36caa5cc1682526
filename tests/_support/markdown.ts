/**
 * Code blocks, tables, headings and links of Markdown documents.
 *
 * @module
 */

import { slugOf } from "../../tools/site/markdown.ts";

/** A fenced code block. */
export interface CodeBlock {
  /** Language, such as `"ts"`. */
  readonly language: string;
  /** The code, with a line break at its end. */
  readonly text: string;
  /** The paragraph before the block; `""` if the block has no paragraph before it. */
  readonly before: string;
}

/**
 * Reads the code blocks of a document.
 *
 * @param markdown The document.
 * @returns The blocks in their order.
 */
export function codeBlocks(markdown: string): CodeBlock[] {
  const fence = /^```(\S*)[^\n]*\n([^]*?)^```$/gm;
  return [...markdown.matchAll(fence)].map(
    ({ 1: language = "", 2: text = "", index }) => {
      const paragraphs = markdown.slice(0, index).trimEnd().split(/\n{2,}/);
      return { language, text, before: paragraphs.at(-1) ?? "" };
    },
  );
}

/**
 * Reads the files that a document consists of. The paragraph before each of
 * their blocks ends with the name of the file and a colon, as in "`acme.ts`:".
 * A file with several blocks is continued: "`acme.ts`, continued:".
 *
 * @param markdown The document.
 * @returns Contents of the files by name, in the order of their first blocks.
 */
export function filesIn(markdown: string): Map<string, string> {
  const files = new Map<string, string>();
  for (const { text, before } of codeBlocks(markdown)) {
    const [, name] = /`([\w./]+\.\w+)`(?:, continued)?:$/.exec(before) ?? [];
    if (name === undefined) continue;
    const begun = files.get(name);
    files.set(name, begun === undefined ? text : `${begun}\n${text}`);
  }
  return files;
}

/**
 * Reads the rows of all tables of a document, without their headers.
 *
 * @param markdown The document.
 * @returns The cells of each row.
 */
export function tableRows(markdown: string): string[][] {
  return withoutCode(markdown).split("\n")
    .filter((line, index, lines) =>
      line.startsWith("|") && !isRule(line) && !isRule(lines[index + 1])
    )
    .map((line) => line.slice(1, -1).split(" | ").map((cell) => cell.trim()));
}

/**
 * Reads the code spans of a text.
 *
 * @param text The text.
 * @returns The content of each span.
 */
export function codeSpans(text: string): string[] {
  return [...text.matchAll(/`([^`\n]+)`/g)].map(([, code = ""]) => code);
}

/**
 * Computes the anchors of the headings of a document, as GitHub does.
 *
 * @param markdown The document.
 * @returns The anchors, without `#`.
 */
export function anchors(markdown: string): string[] {
  return [...withoutCode(markdown).matchAll(/^#+ (.+)$/gm)]
    .map(([, heading = ""]) => slugOf(heading));
}

/**
 * Reads the links of a document to other files or to headings.
 *
 * @param markdown The document.
 * @returns The file, which is empty for the document itself, and the anchor.
 */
export function localLinks(
  markdown: string,
): { readonly file: string; readonly anchor: string }[] {
  const link = /\]\((?![a-z]+:)([^)#\s]*)(?:#([^)\s]+))?\)/g;
  return [...withoutCode(markdown).matchAll(link)]
    .map(([, file = "", anchor = ""]) => ({ file, anchor }));
}

function isRule(line = ""): boolean {
  return /^\|(?: ?:?-+:? ?\|)+$/.test(line);
}

function withoutCode(markdown: string): string {
  return markdown.replace(/^```[^]*?^```$/gm, "");
}
