/**
 * Tables for terminals.
 *
 * @module
 */

/** A cell. Numbers are aligned to the right; `undefined` is an empty cell. */
export type Cell = string | number | undefined;

/**
 * Formats a table with aligned columns.
 *
 * @param header Names of the columns.
 * @param rows The rows. A column without any value is left out.
 * @returns The text, without a line break at its end.
 */
export function formatTable(
  header: readonly string[],
  rows: readonly (readonly Cell[])[],
): string {
  const columns = header.map((name, index) => {
    const cells = rows.map((row) => row[index]);
    const texts = [name, ...cells].map(textOf);
    const width = texts.reduce((max, { length }) => Math.max(max, length), 0);
    const isNumber = cells.some((cell) => typeof cell === "number");
    const isEmpty = cells.every((cell) => cell === undefined);
    const align = (text: string) =>
      isNumber ? text.padStart(width) : text.padEnd(width);
    return isEmpty ? [] : texts.map(align);
  }).filter((column) => column.length > 0);
  return [...rows.keys(), rows.length]
    .map((row) => columns.map((column) => column[row]).join("  ").trimEnd())
    .join("\n");
}

function textOf(cell: Cell): string {
  return cell === undefined ? "" : String(cell);
}
