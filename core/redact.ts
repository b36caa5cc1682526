/**
 * Redaction: removes secrets from text that people may read.
 *
 * @module
 */

// If shorter strings were replaced, ordinary words would lose letters. A secret
// of three characters is easy to guess anyway.
const SHORTEST = 4;

/**
 * Replaces secrets in a text: as they are, in JSON, and percent-encoded.
 *
 * @param text The text.
 * @param secrets The secrets.
 * @returns The text with `[redacted]` in place of secrets.
 */
export function redact(text: string, secrets: Iterable<string>): string {
  const forms = [...secrets].flatMap((secret) => [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    `${new URLSearchParams([["", secret]])}`.slice(1),
  ]);
  // The longest form first: a secret may be part of another.
  forms.sort((a, b) => b.length - a.length);
  // Some servers escape more characters than JavaScript: Go escapes "&", and
  // Python escapes "é".
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
