/**
 * Public keys, as OpenSSH writes them.
 *
 * @module
 */

/**
 * Reads which kind a public key is, which it says itself at its beginning.
 *
 * @param base64 The key.
 * @returns The kind, such as `"ssh-ed25519"`, or `undefined` where it says none.
 */
export function kindOfKey(base64: string): string | undefined {
  try {
    const bytes = atob(base64);
    // Four bytes say how long the name is; no name takes more than one.
    const [, name] = /^\0\0\0([^])/.exec(bytes) ?? [];
    const end = 4 + (name?.charCodeAt(0) ?? NaN);
    return end < bytes.length ? bytes.slice(4, end) : undefined;
  } catch {
    return undefined;
  }
}
