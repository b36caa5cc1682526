/**
 * Forms in which a service may return a secret.
 *
 * @module
 */

/**
 * Lists the encoded forms of the credentials.
 *
 * @param subject The driver.
 * @returns Strings that must not be shown.
 */
export function secretsOf({ credentials }: {
  readonly credentials: Readonly<Record<string, string>>;
}): string[] {
  const values = Object.values(credentials);
  return [...values, values.join(":")]
    .flatMap((value) => [
      ...Object.values(formsOf(value)),
      // As the end of a longer string with any prefix.
      base64(`:${value}`).slice(4).replace(/=+$/, ""),
      base64(`::${value}`).slice(4).replace(/=+$/, ""),
    ]);
}

/**
 * Lists the forms in which a service may return a string.
 *
 * @param value The string.
 * @returns The forms by name.
 */
export function formsOf(value: string): Record<string, string> {
  const json = JSON.stringify(value).slice(1, -1);
  const url = encodeURIComponent(value);
  const escapeAll = (escape: (code: number) => string) =>
    [...value].map((it) => escape(it.codePointAt(0)!)).join("");
  const toUrlSafe = (text: string) =>
    text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  return {
    plain: value,
    json,
    "json in json": JSON.stringify(json).slice(1, -1),
    "json in hexadecimal": escapeAll((code) =>
      `\\u${code.toString(16).padStart(4, "0")}`
    ),
    "json with escaped slashes": json.replaceAll("/", "\\/"),
    html: value.replace(
      /[&<>"'+/=]/g,
      (it) => `&#x${it.charCodeAt(0).toString(16)};`,
    ),
    xml: escapeAll((code) => `&#${code};`),
    url,
    "url in lower case": url.replace(/%../g, (it) => it.toLowerCase()),
    "url with slashes": url.replaceAll("%2F", "/"),
    form: `${new URLSearchParams({ "": value })}`.slice(1),
    base64: base64(value),
    "base64 without padding": base64(value).replace(/=+$/, ""),
    base64url: toUrlSafe(base64(value)),
    "base64 after a character": base64(`:${value}`),
    "base64 after two characters": base64(`::${value}`),
  };
}

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}
