/**
 * Verification of Signature Version 4.
 *
 * @see {@link https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html | Create a signed AWS API request}
 *
 * @module
 */

/** Largest accepted clock difference of a client. */
const SKEW_MS = 5 * 60_000;

const FORM =
  /^AWS4-HMAC-SHA256 +Credential=([^,\s]+)\s*,\s*SignedHeaders=([^,\s]+)\s*,\s*Signature=([0-9a-f]{64})$/;

/** What is wrong with a signature. Each service has its own errors. */
export type SignatureFault =
  /** There is no signature. */
  | "missing"
  /** The header cannot be read, or a header that must be signed is not. */
  | "malformed"
  /** The id of the access key, or the session token, is unknown. */
  | "key"
  /** It is for another service. */
  | "scope"
  /** It does not match the request. */
  | "mismatch"
  /** The clock of the client differs too much. */
  | "skew"
  /** The session token has expired. */
  | "expired";

/** Refuses a request. It throws a `Refusal`. */
export type RefuseSignature = (fault: SignatureFault) => never;

/** The access key that requests must be signed with. */
export interface AccessKey {
  /** Id of the access key. */
  readonly accessKeyId: string;
  /** Secret of the access key. */
  readonly secretAccessKey: string;
  /** Session token, if the access key is temporary. */
  readonly sessionToken?: string | undefined;
  /** Expiry of the session token, in milliseconds since 1970. */
  readonly expiresAt: number;
  /** Refuses a request, with the error of the service. */
  readonly refuse: RefuseSignature;
}

/** A request to verify. */
export interface SignedRequest {
  /** The request; its body has been read. */
  readonly request: Request;
  /** URL of the request. */
  readonly url: URL;
  /** Body of the request. */
  readonly body: Uint8Array<ArrayBuffer>;
  /** Name of the service that it must be signed for, such as `"ec2"`. */
  readonly service: string;
  /** Time at the service, in milliseconds since 1970. */
  readonly now: number;
}

/** Verifies signatures made with one access key; caches derived keys. */
export class Verifier {
  readonly #accessKey: AccessKey;
  readonly #signingKeys = new Map<string, Promise<CryptoKey>>();

  /** Creates a verifier. */
  constructor(accessKey: AccessKey) {
    this.#accessKey = accessKey;
  }

  /**
   * Verifies the signature of a request.
   *
   * @param signed Request to verify.
   * @returns The region that the request is signed for.
   * @throws {Refusal} If the signature is missing, invalid or expired.
   */
  async verify(
    { request, url, body, service, now }: SignedRequest,
  ): Promise<string> {
    // The annotation tells the compiler that the function does not return.
    const refuse: RefuseSignature = this.#accessKey.refuse;
    const header = request.headers.get("authorization");
    if (header === null) {
      return refuse(
        url.searchParams.has("Signature") ? "malformed" : "missing",
      );
    }
    const [, credential = "", signedNames = "", signature = ""] =
      FORM.exec(header) ?? refuse("malformed");
    const [id, date = "", region = "", signedFor, end, ...rest] = credential
      .split("/");
    const stamp = request.headers.get("x-amz-date") ?? "";
    const at = readStamp(stamp);
    const names = signedNames.split(";");
    const { accessKeyId, sessionToken, expiresAt } = this.#accessKey;
    const token = request.headers.get("x-amz-security-token") ?? undefined;
    if (at === undefined || rest.length > 0) return refuse("malformed");
    if (id !== accessKeyId || token !== sessionToken) return refuse("key");
    if (
      signedFor !== service || end !== "aws4_request" ||
      date !== stamp.slice(0, 8)
    ) return refuse("scope");
    // The host and all headers that begin with x-amz- must be signed.
    for (const name of request.headers.keys()) {
      const mustBeSigned = name === "host" || name.startsWith("x-amz-");
      if (mustBeSigned && !names.includes(name)) return refuse("malformed");
    }
    if (!names.includes("host")) return refuse("malformed");
    const query = canonicalQuery(url) ?? refuse("mismatch");
    const canonical = [
      request.method,
      // An encoded path is encoded once more.
      recode(url.pathname.replaceAll("%", "%25"))?.replaceAll("%2F", "/"),
      query,
      ...names.map((name) => `${name}:${headerOf(request, url, name)}`),
      "",
      signedNames,
      await sha256(body),
    ].join("\n");
    const scope = `${date}/${region}/${service}/aws4_request`;
    const toSign = [
      "AWS4-HMAC-SHA256",
      stamp,
      scope,
      await sha256(encode(canonical)),
    ].join("\n");
    const key = await this.#signingKey(date, region, service);
    if (
      !await crypto.subtle.verify(
        "HMAC",
        key,
        bytesOf(signature),
        encode(toSign),
      )
    ) return refuse("mismatch");
    if (Math.abs(now - at) > SKEW_MS) return refuse("skew");
    return now >= expiresAt ? refuse("expired") : region;
  }

  #signingKey(...parts: readonly string[]): Promise<CryptoKey> {
    const scope = parts.join("/");
    let key = this.#signingKeys.get(scope);
    if (key === undefined) {
      key = deriveKey(this.#accessKey.secretAccessKey, parts);
      // Limits the memory that requests for ever new regions can use.
      if (this.#signingKeys.size > 100) this.#signingKeys.clear();
      this.#signingKeys.set(scope, key);
    }
    return key;
  }
}

async function deriveKey(
  secret: string,
  scope: readonly string[],
): Promise<CryptoKey> {
  let key = encode(`AWS4${secret}`);
  for (const part of [...scope, "aws4_request"]) {
    const hmac = await importKey(key, "sign");
    key = new Uint8Array(await crypto.subtle.sign("HMAC", hmac, encode(part)));
  }
  return await importKey(key, "verify");
}

function importKey(
  bytes: Uint8Array<ArrayBuffer>,
  usage: "sign" | "verify",
): Promise<CryptoKey> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  return crypto.subtle.importKey("raw", bytes, algorithm, false, [usage]);
}

function readStamp(stamp: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(stamp);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(at) ? undefined : at;
}

function headerOf(request: Request, url: URL, name: string): string {
  const value = name === "host"
    // Without a server there is no Host header; the URL has the same value.
    ? request.headers.get(name) ?? url.host
    : request.headers.get(name);
  return (value ?? "").trim().replaceAll(/ +/g, " ");
}

/**
 * Sorts and re-encodes the query, because clients encode it differently. Returns
 * `undefined` if it cannot be decoded.
 */
function canonicalQuery({ search }: URL): string | undefined {
  if (search.length < 2) return "";
  const pairs = search.slice(1).split("&").map((pair) => {
    const [name = "", ...value] = pair.split("=");
    return [recode(name), recode(value.join("="))] as const;
  });
  if (pairs.flat().includes(undefined)) return undefined;
  return (pairs as readonly (readonly [string, string])[])
    .toSorted(([a, x], [b, y]) => a < b ? -1 : a > b ? 1 : x < y ? -1 : 1)
    .map(([name, value]) => `${name}=${value}`).join("&");
}

function recode(text: string): string | undefined {
  let decoded: string;
  try {
    decoded = decodeURIComponent(text.replaceAll("+", "%20"));
  } catch {
    return undefined;
  }
  return encodeURIComponent(decoded).replaceAll(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return toHex(await crypto.subtle.digest("SHA-256", bytes));
}

/**
 * Encodes bytes in hexadecimal.
 *
 * @param buffer Bytes to encode.
 * @param separator Separator between two bytes.
 * @returns The hexadecimal string.
 */
export function toHex(buffer: ArrayBuffer, separator = ""): string {
  return [...new Uint8Array(buffer)]
    .map((byte) => byte.toString(16).padStart(2, "0")).join(separator);
}

function bytesOf(hex: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(
    (hex.match(/../g) ?? []).map((byte) => parseInt(byte, 16)),
  );
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
