/**
 * Domain names, as Route 53 stores and sorts them.
 *
 * @module
 */

/** A name: its labels, each as a string of bytes in lower case. */
export type Labels = readonly string[];

/** The labels of a name, or what is wrong with it. */
export type ParsedName =
  | { readonly labels: Labels; readonly problem?: undefined }
  | { readonly labels?: undefined; readonly problem: string };

const MAX_LABEL = 63;
const MAX_NAME = 255;

/**
 * Parses a name. `\ooo` with three octal digits is one byte; the final dot is
 * optional.
 *
 * @param text The name.
 * @returns The labels, or the problem in the words of Route 53.
 */
export function parseName(text: string): ParsedName {
  const labels: string[] = [];
  let label = "";
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    if (character === ".") {
      if (label === "" && text !== ".") {
        return { problem: "DomainLabelEmpty (Domain label is empty)" };
      }
      if (label) labels.push(label);
      label = "";
    } else if (character === "\\") {
      const [digits] = /^[0-3][0-7]{2}/.exec(text.slice(at + 1)) ?? [];
      if (digits === undefined) {
        return { problem: "InvalidEscape (Invalid escape sequence)" };
      }
      label += String.fromCharCode(parseInt(digits, 8));
      at += digits.length;
    } else if (/[!-~]/.test(character)) {
      label += character;
    } else {
      return {
        problem: "UnsupportedCharacter (Value contains unsupported characters)",
      };
    }
  }
  if (label) labels.push(label);
  if (text === "") {
    return { problem: "DomainLabelEmpty (Domain label is empty)" };
  }
  if (labels.some(({ length }) => length > MAX_LABEL)) {
    return { problem: "DomainLabelTooLong (Domain label is too long)" };
  }
  if (labels.reduce((sum, { length }) => sum + length + 1, 1) > MAX_NAME) {
    return { problem: "DomainTooLong (Domain name is too long)" };
  }
  return {
    labels: labels.map((it) => it.replace(/[A-Z]/g, (c) => c.toLowerCase())),
  };
}

/**
 * Formats a name as Route 53 returns it: everything but letters, digits, hyphens
 * and underscores as octal digits, and a dot at the end.
 *
 * @param labels The labels.
 * @returns The name.
 */
export function formatName(labels: Labels): string {
  return labels.map((label) => `${label.replace(/[^a-z0-9_-]/g, toOctal)}.`)
    .join("") || ".";
}

/**
 * Whether a name is that of a zone, or below it.
 *
 * @param name The name, as {@linkcode formatName} writes it.
 * @param zone The name of the zone, in the same form.
 * @returns Whether it is in the zone.
 */
export function isInZone(name: string, zone: string): boolean {
  return name === zone || name.endsWith(`.${zone}`);
}

/**
 * Returns a key by which names are sorted: their labels in reversed order.
 *
 * @param name The name, as {@linkcode formatName} writes it.
 * @returns The key, to compare by code units.
 */
export function sortKey(name: string): string {
  return name.split(".").slice(0, -1).reverse().map((it) => `${it}\0`).join("");
}

function toOctal(character: string): string {
  return `\\${character.charCodeAt(0).toString(8).padStart(3, "0")}`;
}
