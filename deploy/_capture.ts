/**
 * Capturing of output with bounded memory.
 *
 * @module
 */

/** Number of bytes to keep from each end of an output stream. */
const HALF_BYTES = 512 * 1024;

/**
 * Captures an output stream. If the stream is too long, its middle is left out.
 */
export class Capture {
  #bytes = new Uint8Array(8192);
  #length = 0;
  #removedBytes = 0;

  /**
   * Adds bytes to the end.
   *
   * @param data The bytes, which are copied.
   */
  add(data: Uint8Array): void {
    if (this.#length > 3 * HALF_BYTES) this.#removeMiddle();
    const length = this.#length + data.length;
    if (length > this.#bytes.length) {
      const larger = new Uint8Array(2 * length);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(data, this.#length);
    this.#length = length;
  }

  /** Removes the bytes between the first half and the last. */
  #removeMiddle(): void {
    const excess = this.#length - 2 * HALF_BYTES;
    if (excess <= 0) return;
    this.#bytes.copyWithin(HALF_BYTES, HALF_BYTES + excess, this.#length);
    this.#length -= excess;
    this.#removedBytes += excess;
  }

  /** Decodes the captured bytes. A note replaces the bytes that were removed. */
  toString(): string {
    this.#removeMiddle();
    const bytes = this.#bytes.subarray(0, this.#length);
    const decode = (part: Uint8Array, stream: boolean) =>
      new TextDecoder("utf-8", { ignoreBOM: true }).decode(part, { stream });
    if (this.#removedBytes === 0) return decode(bytes, false);
    // Leaves out both parts of a character that was cut in two: streaming drops
    // the first part, and this loop skips the continuation bytes.
    let end = HALF_BYTES;
    while (end < HALF_BYTES + 4 && (bytes[end] ?? 0) >> 6 === 0b10) end++;
    return `${decode(bytes.subarray(0, HALF_BYTES), true)}\n` +
      `[… ${this.#removedBytes} bytes …]\n${
        decode(bytes.subarray(end), false)
      }`;
  }
}
