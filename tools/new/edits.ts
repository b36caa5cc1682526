/**
 * Insertions into files that list all providers. Each finds its place by what
 * stands there, not by the number of a line, and keeps the order of the list.
 *
 * @module
 */

/** A place in a text that was not found. */
export class PlaceNotFoundError extends Error {
  /** Names the place. */
  constructor(place: string) {
    super(`there is no ${place}; add the lines for the provider by hand`);
  }
}

/** A block of lines that is a list of entries. */
export interface Block {
  /** Matches the line before the first entry. */
  readonly start: RegExp;
  /** Matches the line after the last entry. */
  readonly end: RegExp;
  /** Matches the line of an entry that has its key, the first group. */
  readonly key: RegExp;
  /**
   * Whether an entry has a comment line before the line with its key.
   *
   * @default {false}
   */
  readonly hasComments?: boolean;
}

/**
 * Inserts an entry into a sorted block, before the first entry with a greater
 * key.
 *
 * @param text The text.
 * @param block The block.
 * @param key Key of the new entry.
 * @param entry Lines of the new entry, each with its line break.
 * @returns The text with the entry.
 * @throws {PlaceNotFoundError} If the block is missing.
 */
export function insertSorted(
  text: string,
  { start, end, key: pattern, hasComments = false }: Block,
  key: string,
  entry: string,
): string {
  const lines = text.split("\n");
  const first = lines.findIndex((line) => start.test(line)) + 1;
  if (first === 0) throw new PlaceNotFoundError(`line ${start}`);
  const length = lines.slice(first).findIndex((line) => end.test(line));
  if (length < 0) throw new PlaceNotFoundError(`line ${end} after ${start}`);
  const last = first + length;
  let place = last;
  for (let index = last - 1; index >= first; index--) {
    const found = pattern.exec(lines[index]!)?.[1];
    if (found === undefined) continue;
    if (found === key) throw new PlaceNotFoundError(`place for ${key} twice`);
    if (found < key) break;
    place = hasComments ? index - 1 : index;
  }
  lines.splice(place, 0, ...entry.replace(/\n$/, "").split("\n"));
  return lines.join("\n");
}

/**
 * Inserts lines before the first line that matches.
 *
 * @param text The text.
 * @param anchor Matches the line.
 * @param entry The lines, each with its line break.
 * @returns The text with the lines.
 * @throws {PlaceNotFoundError} If no line matches.
 */
export function insertBefore(
  text: string,
  anchor: RegExp,
  entry: string,
): string {
  const lines = text.split("\n");
  const index = lines.findIndex((line) => anchor.test(line));
  if (index < 0) throw new PlaceNotFoundError(`line ${anchor}`);
  lines.splice(index, 0, ...entry.replace(/\n$/, "").split("\n"));
  return lines.join("\n");
}

/**
 * Inserts a row into a Markdown table, sorted by its first cell.
 *
 * @param text The document.
 * @param head First cell of the table's head.
 * @param cells The cells of the row.
 * @returns The document.
 */
export function insertRow(
  text: string,
  head: string,
  cells: readonly string[],
): string {
  return insertSorted(
    text,
    {
      start: new RegExp(`^\\| ${head} +\\|.*\\n?`),
      end: /^(?!\|)/,
      key: /^\| ([^|-]*?) +\|/,
    },
    cells[0] ?? "",
    `| ${cells.join(" | ")} |\n`,
  );
}

/**
 * Inserts a column into a Markdown table, sorted by its head. The first and the
 * last column keep their places.
 *
 * @param text The document.
 * @param head First cell of the table's head.
 * @param name Head of the new column.
 * @param cell Content of its other cells.
 * @returns The document.
 */
export function insertColumn(
  text: string,
  head: string,
  name: string,
  cell: string,
): string {
  const lines = text.split("\n");
  const first = lines.findIndex((line) => line.startsWith(`| ${head} `));
  if (first < 0) throw new PlaceNotFoundError(`table with the head ${head}`);
  const names = cellsOf(lines[first]!);
  const found = names.slice(1, -1).findIndex((it) => it > name);
  const column = found < 0 ? names.length - 1 : found + 1;
  for (let index = first; lines[index]?.startsWith("|"); index++) {
    const cells = cellsOf(lines[index]!);
    const isRule = index === first + 1;
    const added = index === first ? name : isRule ? "---" : cell;
    lines[index] = `| ${cells.toSpliced(column, 0, added).join(" | ")} |`;
  }
  return lines.join("\n");
}

function cellsOf(row: string): string[] {
  return row.split("|").slice(1, -1).map((cell) => cell.trim());
}
