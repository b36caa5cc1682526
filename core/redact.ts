/**
 * Keeps secrets out of what people read.
 *
 * @module
 */

// Replacing shorter ones would eat letters out of every word, and protect
// nothing: a secret of three characters is none.
const SHORTEST = 4;

/**
 * Replaces secrets, in every form they travel in.
 *
 * @param text Anything that people may read.
 * @param secrets What they must not.
 * @returns The text without them.
 */
export function redact(text: string, secrets: Iterable<string>): string {
  const forms = [...secrets].flatMap((secret) => [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    `${new URLSearchParams([["", secret]])}`.slice(1),
  ]);
  // The longest first: a secret may be part of another.
  forms.sort((a, b) => b.length - a.length);
  // Services escape more than we do, such as "&" in Go and "é" in Python.
  const clean = text
    .replace(
      /(?:\\(?:u[\da-fA-F]{4}|["\\/bfnrt]))+/g,
      (it) => JSON.stringify(JSON.parse(`"${it}"`)).slice(1, -1),
    )
    .replace(/%[\da-f]{2}/g, (it) => it.toUpperCase());
  return forms.reduce(
    (text, form) =>
      form.length < SHORTEST ? text : text.replaceAll(form, "[redacted]"),
    clean,
  );
}
