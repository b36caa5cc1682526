/**
 * Signature Version 4, which the APIs of AWS require on every request.
 *
 * `npm:aws4fetch` would do this as well. It guesses the service, which a driver
 * knows, and it leaves `content-type` unsigned. Corrected clocks and renewed
 * keys would have to be written around it.
 *
 * @see {@link https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html | Create a signed AWS API request}
 *
 * @module
 */

import type { EncodedData, UnsignedRequest } from "../../core/mod.ts";

/** The key that signs a request. */
export interface Signer {
  /** Id of the access key. */
  readonly accessKeyId: string;
  /** Scope of the key: date, region, service and `aws4_request`. */
  readonly scope: string;
  /** The signing key: the result of {@linkcode deriveKey} for this scope. */
  readonly key: CryptoKey;
}

/** A signature, and the intermediate results that AWS documents. */
export interface Signature {
  /** The request in canonical form. */
  readonly canonicalRequest: string;
  /** The string that the key signs. */
  readonly stringToSign: string;
  /** Value of the `Authorization` header. */
  readonly authorization: string;
}

/**
 * Signs a request.
 *
 * @param request The request, with only those headers that are to be signed.
 * @param signer The key.
 * @returns The signature.
 */
export async function signV4(
  { method, url, headers, body }: Omit<UnsignedRequest, "signal">,
  { accessKeyId, scope, key }: Signer,
): Promise<Signature> {
  // Headers iterate sorted by name, and their names are in lower case.
  const signed = [...headers];
  const names = signed.map(([name]) => name).join(";");
  const canonicalRequest = [
    method,
    // Every service but S3 expects an encoded path to be encoded once more.
    encode(url.pathname.replace(/\/+/g, "/")).replaceAll("%2F", "/"),
    toCanonicalQuery(url),
    ...signed.map(([name, value]) =>
      `${name}:${value.trim().replace(/ +/g, " ")}`
    ),
    "",
    names,
    await sha256(body),
  ].join("\n");
  const stringToSign = [
    "AWS4-HMAC-SHA256",
    headers.get("x-amz-date"),
    scope,
    await sha256(canonicalRequest),
  ].join("\n");
  const signature = toHex(await hmac(key, stringToSign));
  return {
    canonicalRequest,
    stringToSign,
    authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, ` +
      `SignedHeaders=${names}, Signature=${signature}`,
  };
}

/**
 * Derives the key that signs the requests of one day.
 *
 * @param secretAccessKey The secret access key.
 * @param scope Date, region and service.
 * @returns The key; it cannot be exported.
 */
export async function deriveKey(
  secretAccessKey: string,
  ...scope: readonly string[]
): Promise<CryptoKey> {
  let key = await toKey(toBytes(`AWS4${secretAccessKey}`));
  for (const part of [...scope, "aws4_request"]) {
    key = await toKey(await hmac(key, part));
  }
  return key;
}

/**
 * Encodes a query in the form that AWS signs: sorted by name and value, and
 * percent-encoded as in RFC 3986.
 *
 * @param url The URL with the query.
 * @returns The query, without a question mark.
 */
export function toCanonicalQuery({ searchParams }: URL): string {
  return Array.from(
    searchParams,
    ([name, value]) => [encode(name), encode(value)] as const,
  )
    .sort(([name, value], [otherName, otherValue]) =>
      compare(name, otherName) || compare(value, otherValue)
    )
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

/** Compares by code units. `localeCompare()` would use the user's language. */
function compare(text: string, other: string): number {
  return text < other ? -1 : text > other ? 1 : 0;
}

/** Percent-encodes everything but letters, digits, "-", "_", "." and "~". */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function toBytes(data: EncodedData): Uint8Array<ArrayBuffer> {
  return typeof data === "string" ? new TextEncoder().encode(data) : data;
}

function toKey(bytes: BufferSource): Promise<CryptoKey> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  return crypto.subtle.importKey("raw", bytes, algorithm, false, ["sign"]);
}

function hmac(key: CryptoKey, text: string): Promise<ArrayBuffer> {
  return crypto.subtle.sign("HMAC", key, toBytes(text));
}

async function sha256(data: EncodedData): Promise<string> {
  return toHex(await crypto.subtle.digest("SHA-256", toBytes(data)));
}

function toHex(bytes: ArrayBuffer): string {
  return [...new Uint8Array(bytes)]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}
