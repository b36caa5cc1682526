/**
 * Parts of error messages.
 *
 * @module
 */

// Lengths at which values of callers and reasons of providers are cut.
const LONGEST_VALUE = 32;
const LONGEST_REASON = 300;

/**
 * Describes a value that a caller passed.
 *
 * @param value Any value that is not a secret.
 * @returns A short description, such as `"web-1"` in quotes, `number 5` or
 *   `an array`.
 */
export function show(value: unknown): string {
  switch (typeof value) {
    case "string":
      return oneLine(JSON.stringify(cut(value, LONGEST_VALUE)));
    case "number":
    case "bigint":
      return `number ${value}`;
    case "function":
      return "a function";
    case "object":
      if (value === null) return "null";
      return Array.isArray(value) ? "an array" : "an object";
    default:
      return String(value);
  }
}

/**
 * Converts text of a provider into one line, and cuts it.
 *
 * @param text Text that the provider sent.
 * @param maxLength Number of characters to keep. The default is 300.
 * @returns The text without line breaks, other control characters, and
 *   characters that change the direction of text.
 */
export function oneLine(text: string, maxLength = LONGEST_REASON): string {
  // Cut first, because a body may have megabytes.
  const part = cut(text, maxLength);
  return part
    .replace(/[\p{Cc}\p{Cs}\p{Bidi_Control}\u2028\u2029]+/gu, " ")
    .trim();
}

/**
 * Formats a duration for people.
 *
 * @param ms Milliseconds.
 * @returns The duration, such as `"800 ms"`, `"1.5 seconds"` or `"10 minutes"`.
 */
export function formatMs(ms: number): string {
  const [amount, unit] = ms < 1000
    ? [Math.round(ms), "ms"]
    : ms < 60_000
    ? [ms / 1000, "second"]
    : [ms / 60_000, "minute"];
  const rounded = Math.round(amount * 100) / 100;
  return `${rounded} ${unit}${rounded === 1 || unit === "ms" ? "" : "s"}`;
}

/**
 * Joins alternatives.
 *
 * @param words The alternatives.
 * @returns The alternatives in the form `"a", "b" or "c"`.
 */
export function joinWords(words: readonly string[]): string {
  const quoted = words.map((word) => JSON.stringify(word));
  const last = quoted.pop() ?? "";
  return quoted.length > 0 ? `${quoted.join(", ")} or ${last}` : last;
}

/**
 * Joins the first of many texts.
 *
 * @param texts The texts.
 * @param limit Number of texts to show. The default is 5.
 * @returns The texts in the form `a, b and 7 more`.
 */
export function joinFew(texts: readonly string[], limit = 5): string {
  const more = texts.length - limit;
  return texts.slice(0, limit).join(", ") +
    (more > 0 ? ` and ${more} more` : "");
}

/**
 * Turns the name of an option into words.
 *
 * @param field Name of the option, such as `"keyPairs[0]"`.
 * @returns The words, such as `"key pair"`.
 */
export function toWords(field: string): string {
  return field
    .replace(/s?\[\d+\]$/, "")
    .replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    .replace(/\b(?:ip|vpc)$/, (word) => word.toUpperCase());
}

/**
 * Turns the name of an option into words with an article.
 *
 * @param field Name of the option, such as `"keyPairs[0]"`.
 * @returns The words, such as `"a key pair"`.
 */
export function toNoun(field: string): string {
  const words = toWords(field);
  return `${/^[aeio]/i.test(words) ? "an" : "a"} ${words}`;
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}
