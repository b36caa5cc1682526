/** Converts the input of an encoder of `@std/encoding` to bytes. */
export function toBytes(src: string | Uint8Array | ArrayBuffer): Uint8Array {
  if (typeof src === "string") return new TextEncoder().encode(src);
  return src instanceof Uint8Array ? src : new Uint8Array(src);
}
