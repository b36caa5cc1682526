/**
 * Public keys in the format of OpenSSH.
 *
 * @module
 */

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
