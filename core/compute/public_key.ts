/**
 * Public keys in the format of OpenSSH.
 *
 * @module
 */

/** A public key, as in a line of `authorized_keys` or `known_hosts`. */
export interface PublicKey {
  /** Word before the key: options, or the names of a host. */
  readonly options?: string | undefined;
  /** Type of the key, such as `"ssh-ed25519"`. */
  readonly type: string;
  /** The key in Base64, with its padding: sshd ignores a key without it. */
  readonly base64: string;
  /** Comment after the key. */
  readonly comment?: string | undefined;
}

// As sshd reads a line: the options end at the first space or tab that is not
// within double quotes, and \" does not end a quote.
const OPTIONS = String.raw`(?:\\"|"(?:\\"|(?!\\")[^"])*"|(?!\\")[^\s"])+`;
const LINE = new RegExp(
  `^(?:(?<options>${OPTIONS})[ \\t]+)?` +
    "(?<type>(?:ssh|ecdsa|sk)-[\\w@.-]+)[ \\t]+" +
    "(?<base64>[A-Za-z\\d+/]+={0,2})(?:[ \\t]+(?<comment>[^]+))?$",
);
const CONTROL_EXCEPT_TAB = /[^\P{Cc}\t]|\p{Cs}/u;

// RFC 4716: headers, whose lines a backslash continues, then the key in Base64.
const RFC_4716 =
  /^---- BEGIN SSH2 PUBLIC KEY ----\s([^]*)---- END SSH2 PUBLIC KEY ----$/;
const HEADER = /^([\w@.-]+):[ \t]*((?:[^\n]*\\\n)*[^\n]*)\n/;

/**
 * Parses a public key: a line of `authorized_keys`, or the format of RFC 4716,
 * which PuTTYgen writes.
 *
 * @param text The public key. White space around it is ignored.
 * @returns The parts of the key, or `undefined` if `text` is not a public key.
 *   The content of the key is not checked; see {@linkcode kindOfKey}.
 */
export function parsePublicKey(text: string): PublicKey | undefined {
  const line = text.trim();
  const [, body] = RFC_4716.exec(line) ?? [];
  if (body !== undefined) {
    return fromRfc4716(body.trim().replace(/\r\n?/g, "\n"));
  }
  if (CONTROL_EXCEPT_TAB.test(line)) return undefined;
  const key = LINE.exec(line)?.groups as PublicKey | undefined;
  return key && { ...key, base64: pad(key.base64) };
}

/**
 * Writes a public key as a line of `authorized_keys`, with single spaces between
 * its parts.
 *
 * @param key The public key.
 * @returns The line, without a line break.
 */
export function formatPublicKey(
  { options, type, base64, comment }: PublicKey,
): string {
  return [options, type, base64, comment]
    .filter((part) => part !== undefined)
    .join(" ");
}

function pad(base64: string): string {
  return base64.padEnd(Math.ceil(base64.length / 4) * 4, "=");
}

function fromRfc4716(body: string): PublicKey | undefined {
  let comment: string | undefined;
  let rest = body;
  for (;;) {
    const [header, name, value = ""] = HEADER.exec(rest) ?? [];
    if (header === undefined) break;
    rest = rest.slice(header.length);
    if (name?.toLowerCase() !== "comment") continue;
    const unfolded = value.replaceAll("\\\n", "").trim();
    comment = unfolded.replace(/^"(.*)"$/, "$1") || undefined;
  }
  const base64 = rest.replace(/\s+/g, "");
  const type = kindOfKey(base64);
  // Formatted and parsed again, to check each part.
  return type === undefined
    ? undefined
    : parsePublicKey(formatPublicKey({ type, base64, comment }));
}

/**
 * Reads the type of a public key. The bytes of a key begin with its type.
 *
 * @param base64 The key in Base64.
 * @returns The type, such as `"ssh-ed25519"`, or `undefined` if the bytes are not
 *   a public key.
 */
export function kindOfKey(base64: string): string | undefined {
  try {
    const bytes = atob(base64);
    // Four bytes hold the length of the name. No name is longer than 255 bytes,
    // so the first three are zero.
    const [, name] = /^\0\0\0([^])/.exec(bytes) ?? [];
    const end = 4 + (name?.charCodeAt(0) ?? NaN);
    return end < bytes.length ? bytes.slice(4, end) : undefined;
  } catch {
    return undefined;
  }
}
