/**
 * Text of data files.
 *
 * @module
 */

/**
 * Formats a data file: JSON with one line for each size and for each price. The
 * same data always gives the same text, so that a comparison of two versions
 * shows what changed.
 *
 * @param data The data.
 * @returns The text.
 */
export function formatData(data: object): string {
  return formatValue(data, "") + "\n";
}

function formatValue(value: unknown, indent: string, isRow = false): string {
  if (typeof value !== "object" || value === null || isRow) {
    return JSON.stringify(value);
  }
  const isList = Array.isArray(value);
  const inner = `${indent}  `;
  const lines = Object.entries(value).map(([key, part]) => {
    const name = isList
      ? ""
      : `${JSON.stringify(key)}:${isPrice(part) ? "" : " "}`;
    return inner + name + formatValue(part, inner, isList || isPrice(part));
  });
  const [open, close] = isList ? "[]" : "{}";
  return `${open}\n${lines.join(",\n")}\n${indent}${close}`;
}

function isPrice(value: unknown): boolean {
  return typeof value === "object" && value !== null &&
    ("hourly" in value || "monthly" in value);
}
