/**
 * MD5 digests.
 *
 * @module
 */

const SHIFTS = [
  [7, 12, 17, 22],
  [5, 9, 14, 20],
  [4, 11, 16, 23],
  [6, 10, 15, 21],
] as const;

/**
 * Computes an MD5 digest, such as the fingerprint of an SSH key. Web Crypto does
 * not have MD5.
 *
 * @param bytes Bytes to hash.
 * @returns The digest in hexadecimal, with colons.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc1321 | RFC 1321}
 */
export function md5(bytes: Uint8Array): string {
  const state = Uint32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476);
  const padded = new Uint8Array(((bytes.length + 72) >> 6) << 6);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, bytes.length * 8, true);
  for (let block = 0; block < padded.length; block += 64) {
    let [a, b, c, d] = state as unknown as [number, number, number, number];
    for (let step = 0; step < 64; step++) {
      const round = step >> 4;
      const [mix, word] = round === 0
        ? [(b & c) | (~b & d), step]
        : round === 1
        ? [(d & b) | (~d & c), 5 * step + 1]
        : round === 2
        ? [b ^ c ^ d, 3 * step + 5]
        : [c ^ (b | ~d), 7 * step];
      const sine = Math.floor(Math.abs(Math.sin(step + 1)) * 2 ** 32);
      const sum = (a + mix + sine +
        view.getUint32(block + (word % 16) * 4, true)) | 0;
      const shift = SHIFTS[round]![step % 4]!;
      [a, d, c] = [d, c, b];
      b = (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0;
    }
    [a, b, c, d].forEach((value, index) => state[index]! += value);
  }
  const digest = new DataView(new ArrayBuffer(16));
  state.forEach((value, index) => digest.setUint32(index * 4, value, true));
  return Array.from(
    new Uint8Array(digest.buffer),
    (byte) => byte.toString(16).padStart(2, "0"),
  ).join(":");
}
