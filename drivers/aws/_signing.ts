/**
 * Signature Version 4, which the APIs of AWS want on every request.
 *
 * Our own rather than `npm:aws4fetch`, which is well kept: its signer alone is
 * 2.6 kB in a bundle, after gzip, twice as much as this module with its
 * connection. It guesses services that we know, leaves `content-type` unsigned,
 * and for clocks and keys that go wrong there would be as much to write.
 *
 * @see {@link https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html | Create a signed AWS API request}
 *
 * @module
 */

import {
  ApiError,
  type ApiResponse,
  checkSecret,
  Connection,
  type ConnectionOptions,
  type UnsignedRequest,
} from "../../core/mod.ts";

/** Keys of an account of AWS. */
export interface AwsCredentials {
  /** Id of the access key. */
  readonly accessKeyId: string;
  /** Secret of the access key. */
  readonly secretAccessKey: string;
  /** What temporary keys come with. */
  readonly sessionToken?: string | undefined;
}

/** Keys that a function gets. */
export interface AwsCredentialsSource {
  /**
   * Gets keys: called before the first request, and again, once for all that
   * wait, when AWS refuses the keys, as it does once temporary ones expire.
   */
  readonly credentials: () => AwsCredentials | Promise<AwsCredentials>;
}

/** Settings of {@linkcode AwsConnection}. */
export interface AwsSettings extends ConnectionOptions {
  /** Id of the region, such as `"us-east-1"`. */
  readonly region: string;
}

/** Keys and settings of {@linkcode AwsConnection}. */
export type AwsOptions =
  & (AwsCredentials | AwsCredentialsSource)
  & AwsSettings;

/** Who signs. */
export interface Signer {
  /** Id of the access key. */
  readonly accessKeyId: string;
  /** What the key is for: date, region, service and `aws4_request`. */
  readonly scope: string;
  /** The key that `deriveKey()` makes for that. */
  readonly key: CryptoKey;
}

/** What is signed, and what comes of it. */
export interface Signature {
  /** The request as AWS writes it before it compares. */
  readonly canonicalRequest: string;
  /** What the key signs. */
  readonly stringToSign: string;
  /** The `Authorization` header. */
  readonly authorization: string;
}

// AWS makes keys of letters, digits, "/", "+" and "=". What no key has, no answer
// can write in a way of its own, as XML writes "&", and so show it.
const IMPOSSIBLE = /[^!-~]|[&<>"'\\,]/;
// Those that every way to the server leaves as they are.
const SIGNED_HEADER = /^(?:content-type$|x-amz-)/;
// What AWS says where the time in a request is wrong: RequestExpired,
// RequestInTheFuture, RequestTimeTooSkewed, SignatureDoesNotMatch and the like.
// EC2 may say no more than that the keys are wrong; and where it says that the
// time is, it may mean that temporary keys have expired.
const BAD_TIME = /AuthFailure|Signature|Request[EHIT]/;
const BAD_KEYS = /Expired|ClientTokenId|InvalidAccessKey|UnrecognizedClient/;
const REGION = /^[a-z\d]+(?:-[a-z\d]+)*$/;
// AWS takes times that are up to five minutes off, some services fifteen.
const MAX_SKEW_MS = 4 * 60_000;

/** A connection whose requests are signed with keys of AWS. */
export abstract class AwsConnection extends Connection {
  /** Id of the region. */
  readonly region: string;
  /** Name that signatures have for the service, such as `"ec2"`. */
  protected abstract readonly service: string;
  readonly #source: AwsCredentialsSource["credentials"] | undefined;
  #credentials: Promise<AwsCredentials> | undefined;
  readonly #seen = new Set<string>();
  // By the headers of a request: what it was signed with, and when by our clock.
  readonly #signed = new WeakMap<
    Headers,
    [Promise<AwsCredentials>, now: number]
  >();
  #signingKey:
    | { readonly of: string; readonly key: Promise<CryptoKey> }
    | undefined;
  #skewMs = 0;

  /**
   * Creates a connection; nothing is sent until the first request.
   *
   * @param baseUrl Where AWS has the API.
   * @param options Keys and settings.
   * @throws {TypeError} If a key is missing or impossible, or the region or the
   *   URL is.
   */
  constructor(baseUrl: string, options: AwsOptions) {
    super(baseUrl, options);
    this.region = checkRegion(options.region);
    if ("credentials" in options && typeof options.credentials === "function") {
      this.#source = options.credentials;
    } else {
      this.#credentials = Promise.resolve(
        this.#keep(options as AwsCredentials),
      );
    }
  }

  /** Signs a request. */
  protected override async signRequest(
    request: UnsignedRequest,
  ): Promise<void> {
    const credentials = this.#credentials ??= this.#getCredentials();
    const { accessKeyId, secretAccessKey, sessionToken } = await credentials;
    const { url, headers } = request;
    const { service, region } = this;
    const now = Date.now() + this.#skewMs;
    this.#signed.set(headers, [credentials, now]);
    // As in "20150830T123600Z".
    const time = new Date(now).toISOString().replace(/[-:]|\.\d+/g, "");
    headers.set("x-amz-date", time);
    if (sessionToken) headers.set("x-amz-security-token", sessionToken);
    const signed = new Headers({ host: url.host });
    for (const [name, value] of headers) {
      if (SIGNED_HEADER.test(name)) signed.set(name, value);
    }
    // What is sent is what was signed, to the letter.
    url.search = toCanonicalQuery(url);
    const date = time.slice(0, 8);
    const of = date + secretAccessKey;
    if (this.#signingKey?.of !== of) {
      const key = deriveKey(secretAccessKey, date, region, service);
      this.#signingKey = { of, key };
    }
    const { authorization } = await signV4({ ...request, headers: signed }, {
      accessKeyId,
      scope: `${date}/${region}/${service}/aws4_request`,
      key: await this.#signingKey.key,
    });
    headers.set("authorization", authorization);
  }

  /** All keys used so far. */
  protected override secrets(): Iterable<string> {
    return this.#seen;
  }

  /** Sets the clock right, or forgets keys if it can get others. */
  protected override renewCredentials(
    rejected: Headers,
    response: ApiResponse,
  ): boolean {
    const error = response.parseError();
    const signed = this.#signed.get(rejected);
    if (!signed || !(error instanceof ApiError)) return false;
    const { code = "", status } = error;
    const [credentials, sentAt] = signed;
    if (BAD_TIME.test(code)) {
      const answeredAt = Date.parse(response.headers.get("date") ?? "");
      if (Math.abs(answeredAt - sentAt) > MAX_SKEW_MS) {
        this.#skewMs = answeredAt - Date.now();
        return true;
      }
    }
    if (!this.#source || status !== 401 && !BAD_KEYS.test(code)) return false;
    // Of many calls that were refused the same keys, the first forgets them.
    if (this.#credentials === credentials) this.#credentials = undefined;
    return true;
  }

  async #getCredentials(): Promise<AwsCredentials> {
    try {
      // One that throws at once must not do so before the promise is kept.
      await undefined;
      return this.#keep(await this.#source?.());
    } catch (error) {
      this.#credentials = undefined;
      throw error;
    }
  }

  /** Checks keys, and keeps them out of all that people read. */
  #keep(credentials: AwsCredentials | undefined): AwsCredentials {
    const { accessKeyId, secretAccessKey, sessionToken } = credentials ??
      {} as AwsCredentials;
    const keys = { accessKeyId, secretAccessKey, sessionToken };
    for (const [name, value] of Object.entries(keys)) {
      if (name === "sessionToken" && value === undefined) continue;
      checkSecret(name, value, IMPOSSIBLE);
      this.#seen.add(value);
    }
    return keys;
  }
}

/**
 * Checks a region that a caller gave, since it becomes a part of a host name.
 *
 * @param region Id of the region.
 * @returns The id.
 * @throws {TypeError} If it cannot be a part of a host name.
 */
export function checkRegion(region: string): string {
  if (typeof region === "string" && REGION.test(region)) return region;
  throw new TypeError(
    `Cannot connect: ${JSON.stringify(region)} is not a region`,
  );
}

/**
 * Signs a request.
 *
 * @param request The request, with the headers that are signed and no others.
 * @param signer Who signs.
 * @returns The signature, and what led to it.
 */
export async function signV4(
  { method, url, headers, body }: UnsignedRequest,
  { accessKeyId, scope, key }: Signer,
): Promise<Signature> {
  // They come sorted, and their names in lower case.
  const signed = [...headers];
  const names = signed.map(([name]) => name).join(";");
  const canonicalRequest = [
    method,
    // AWS, but for S3, encodes what is encoded once more.
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
 * Makes the key that signs the requests of a day.
 *
 * @param secretAccessKey The secret.
 * @param scope Date, region and service.
 * @returns The key, which nobody can read.
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

/** Writes a query as AWS signs it: sorted, and encoded as RFC 3986 has it. */
function toCanonicalQuery({ searchParams }: URL): string {
  return [...searchParams]
    // What stands between them must come before all that names are made of.
    .map(([name, value]) => `${encode(name)} ${encode(value)}`)
    .sort()
    .join("&")
    .replaceAll(" ", "=");
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (it) => `%${it.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function toBytes(
  data: string | Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  return typeof data === "string" ? new TextEncoder().encode(data) : data;
}

function toKey(bytes: BufferSource): Promise<CryptoKey> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  return crypto.subtle.importKey("raw", bytes, algorithm, false, ["sign"]);
}

function hmac(key: CryptoKey, text: string): Promise<ArrayBuffer> {
  return crypto.subtle.sign("HMAC", key, toBytes(text));
}

async function sha256(
  data: string | Uint8Array<ArrayBuffer>,
): Promise<string> {
  return toHex(await crypto.subtle.digest("SHA-256", toBytes(data)));
}

function toHex(bytes: ArrayBuffer): string {
  return [...new Uint8Array(bytes)]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}
