/**
 * Signature Version 4, from the side of the one who checks it.
 *
 * @see {@link https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html | How a request is signed}
 *
 * @module
 */

import { STATUS_CODE } from "@std/http/status";
import { refuse } from "./_ec2_query.ts";

/** How far the clock of a client may be off. */
const SKEW_MS = 5 * 60_000;

const FORM =
  /^AWS4-HMAC-SHA256 +Credential=([^,\s]+)\s*,\s*SignedHeaders=([^,\s]+)\s*,\s*Signature=([0-9a-f]{64})$/;

/** Who may ask. */
export interface Keys {
  /** Id of the key. */
  readonly accessKeyId: string;
  /** The key. */
  readonly secretAccessKey: string;
  /** Token that must come along, where the key is a temporary one. */
  readonly sessionToken?: string | undefined;
  /** When the token ends, in milliseconds since 1970. */
  readonly expiresAt: number;
  /** What a clock that is off gets. */
  readonly skewCode: "RequestExpired" | "AuthFailure";
}

/** What else is known when a request is checked. */
export interface SignedRequest {
  /** The request, its body read. */
  readonly request: Request;
  /** Its address. */
  readonly url: URL;
  /** Its body. */
  readonly body: Uint8Array<ArrayBuffer>;
  /** The time at the service, in milliseconds since 1970. */
  readonly now: number;
}

/** Checks signatures for one key; it keeps what is the same for a day. */
export class Verifier {
  readonly #keys: Keys;
  readonly #signingKeys = new Map<string, Promise<CryptoKey>>();

  /** Creates a verifier. */
  constructor(keys: Keys) {
    this.#keys = keys;
  }

  /**
   * Checks who asks.
   *
   * @param signed The request.
   * @returns The region that it is signed for.
   * @throws {Ec2Refusal} If it is signed by nobody, or not for here and now.
   */
  async verify({ request, url, body, now }: SignedRequest): Promise<string> {
    const header = request.headers.get("authorization");
    if (header === null) {
      if (url.searchParams.has("Signature")) {
        refuseCredentials();
      }
      refuse(
        "MissingAuthenticationToken",
        "Request is missing Authentication Token",
        STATUS_CODE.Forbidden,
      );
    }
    const [, credential = "", signedNames = "", signature = ""] =
      FORM.exec(header) ?? refuseCredentials();
    const [id, date = "", region = "", service, end, ...rest] = credential
      .split("/");
    const stamp = request.headers.get("x-amz-date") ?? "";
    const at = readStamp(stamp);
    const names = signedNames.split(";");
    const { accessKeyId, sessionToken, expiresAt, skewCode } = this.#keys;
    const token = request.headers.get("x-amz-security-token") ?? undefined;
    if (
      id !== accessKeyId || token !== sessionToken || at === undefined ||
      service !== "ec2" || end !== "aws4_request" || rest.length > 0 ||
      date !== stamp.slice(0, 8)
    ) refuseCredentials();
    // All that says what is asked, of whom and when must be signed.
    for (const name of request.headers.keys()) {
      const isBinding = name === "host" || name.startsWith("x-amz-");
      if (isBinding && !names.includes(name)) refuseCredentials();
    }
    if (!names.includes("host")) refuseCredentials();
    const canonical = [
      request.method,
      // The one path there is; a client that encodes it twice gets the same.
      url.pathname,
      canonicalQuery(url),
      ...names.map((name) => `${name}:${headerOf(request, url, name)}`),
      "",
      signedNames,
      await sha256(body),
    ].join("\n");
    const scope = `${date}/${region}/ec2/aws4_request`;
    const toSign = [
      "AWS4-HMAC-SHA256",
      stamp,
      scope,
      await sha256(encode(canonical)),
    ].join("\n");
    const key = await this.#signingKey(date, region);
    if (
      !await crypto.subtle.verify(
        "HMAC",
        key,
        bytesOf(signature),
        encode(toSign),
      )
    ) {
      refuseCredentials();
    }
    const isSkewed = Math.abs(now - at) > SKEW_MS;
    if (isSkewed && skewCode === "AuthFailure") refuseCredentials();
    // A temporary key that has ended gets the same answer as an old request.
    if (isSkewed || now >= expiresAt) {
      refuse("RequestExpired", "Request has expired.");
    }
    return region;
  }

  #signingKey(date: string, region: string): Promise<CryptoKey> {
    const scope = `${date}/${region}`;
    let key = this.#signingKeys.get(scope);
    if (key === undefined) {
      key = deriveKey(this.#keys.secretAccessKey, [date, region]);
      // Whoever signs for ever new regions shall not fill the memory.
      if (this.#signingKeys.size > 100) this.#signingKeys.clear();
      this.#signingKeys.set(scope, key);
    }
    return key;
  }
}

/** EC2 has one answer for all that is wrong with credentials. */
function refuseCredentials(): never {
  refuse(
    "AuthFailure",
    "AWS was not able to validate the provided access credentials",
    STATUS_CODE.Unauthorized,
  );
}

async function deriveKey(
  secret: string,
  scope: readonly string[],
): Promise<CryptoKey> {
  let key = encode(`AWS4${secret}`);
  for (const part of [...scope, "ec2", "aws4_request"]) {
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
    // In process there is no such header; the address says the same.
    ? request.headers.get(name) ?? url.host
    : request.headers.get(name);
  return (value ?? "").trim().replaceAll(/ +/g, " ");
}

/** The query, sorted and encoded anew: clients differ in what they encode. */
function canonicalQuery({ search }: URL): string {
  if (search.length < 2) return "";
  return search.slice(1).split("&")
    .map((pair) => {
      const [name = "", ...value] = pair.split("=");
      return [recode(name), recode(value.join("="))] as const;
    })
    .sort(([a, x], [b, y]) => a < b ? -1 : a > b ? 1 : x < y ? -1 : 1)
    .map(([name, value]) => `${name}=${value}`).join("&");
}

function recode(text: string): string {
  let decoded: string;
  try {
    decoded = decodeURIComponent(text.replaceAll("+", "%20"));
  } catch {
    return refuseCredentials();
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
 * Writes bytes in hexadecimal.
 *
 * @param buffer The bytes.
 * @param separator What stands between two bytes.
 * @returns The text.
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
