/**
 * Bodies of responses: read them, up to a limit.
 *
 * @module
 */

/** The body of a response. */
export interface Body {
  /** The body, decoded. If the body is too long, its beginning. */
  readonly text: string;
  /** Whether the body is longer than the limit. */
  readonly isTooLong: boolean;
}

/**
 * Reads the body of a response that the runtime's own `fetch` returned. The
 * runtime decodes a short body itself, which takes much less time.
 *
 * @param response The response. The signal of its request must be `signal`.
 * @param maxBytes Largest number of bytes, after decompression.
 * @param signal Cancels the body.
 * @returns The body. It is not longer than `maxBytes`.
 */
export async function readOwnBody(
  response: Response,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Body> {
  if (!isShort(response.headers, maxBytes)) {
    return await readBody(response, maxBytes, signal);
  }
  return { text: await response.text(), isTooLong: false };
}

/** Whether the headers guarantee that the body is not longer than the limit. */
function isShort(headers: Headers, maxBytes: number): boolean {
  const length = headers.get("content-length");
  return length !== null && /^\d+$/.test(length) &&
    Number(length) <= maxBytes &&
    // The length is that of the compressed body.
    !headers.has("content-encoding") &&
    // Runtimes ignore the length of a body that is sent in chunks.
    !headers.has("transfer-encoding");
}

/**
 * Reads a body, and cancels the rest of a body that is too long.
 *
 * @param response The response.
 * @param maxBytes Largest number of bytes, after decompression.
 * @param signal Cancels the body.
 * @returns The body. It is not longer than `maxBytes`.
 */
export async function readBody(
  { body }: Response,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Body> {
  const decoder = new TextDecoder();
  // Joined at the end: a string that is built by appending is slower to parse.
  const texts: string[] = [];
  const tooLong = new Error("the body is too long");
  let bytesLeft = maxBytes;
  // pipeTo() cancels the body if the signal aborts or the sink throws. This also
  // works if the caller's own `fetch` created the body.
  const isTooLong = await body?.pipeTo(
    new WritableStream({
      write(chunk: Uint8Array) {
        const part = chunk.subarray(0, bytesLeft);
        texts.push(decoder.decode(part, { stream: true }));
        bytesLeft -= part.length;
        if (part.length < chunk.length) throw tooLong;
      },
    }),
    { signal },
  ).then(() => false, (error) => {
    if (error === tooLong) return true;
    throw error;
  });
  return { text: texts.join("") + decoder.decode(), isTooLong: !!isTooLong };
}
