/**
 * Choice of the strings that errors and events must not show.
 *
 * @module
 */

/** Strings of fewer characters are ordinary words, numbers or names. */
const SHORTEST = 8;

// One or two words, such as "available", "load balancer" or "example.com:", and
// the lines around a key.
const WORD = "(?:[A-Za-z][a-z]{0,14}|[A-Z]{1,15})";
const ORDINARY = new RegExp(
  `^(?:${WORD}(?:[ ./_-]${WORD})?[.,:;]?|-----(?:BEGIN|END) [A-Z\\d ]+-----)$`,
);

/**
 * Chooses the strings that may be secret. Short strings and ordinary words are
 * left out: without them, a message could not be understood.
 *
 * @param texts Strings that may be secret.
 * @returns The strings to redact, without the white space around them.
 */
export function toSecrets(texts: readonly string[]): string[] {
  return texts.map((text) => text.trim())
    .filter((text) => text.length >= SHORTEST && !ORDINARY.test(text));
}

/**
 * Chooses the lines of a text that may be secret, because a message may quote
 * only one of them.
 *
 * @param text The text.
 * @returns The lines to redact.
 */
export function secretLines(text: string): string[] {
  return toSecrets(text.split(/[\r\n]+/));
}
