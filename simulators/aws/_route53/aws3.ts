/**
 * Verification of the older scheme `AWS3-HTTPS`, which signs only the date.
 *
 * @module
 */

import { decodeBase64 } from "@std/encoding/base64";
import type { SignatureFault } from "../_signature.ts";

const HASHES: Readonly<Record<string, string>> = {
  HmacSHA1: "SHA-1",
  HmacSHA256: "SHA-256",
};

/**
 * Verifies the header `X-Amzn-Authorization`. Whether the date is right is not
 * checked here.
 *
 * @param header The header.
 * @param headers All headers of the request.
 * @param accessKey The access key that requests must be signed with.
 * @returns What is wrong, if anything is.
 */
export async function verifyAws3(
  header: string,
  headers: Headers,
  accessKey: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  },
): Promise<SignatureFault | undefined> {
  const [scheme, rest = ""] = header.split(/ (.*)/s);
  const fields = new Map(
    rest.split(",").map((it) => it.trim().split(/=(.*)/s) as [string, string]),
  );
  const hash = HASHES[fields.get("Algorithm") ?? ""];
  const date = headers.get("date");
  if (scheme !== "AWS3-HTTPS" || !hash || date === null) return "malformed";
  const token = headers.get("x-amz-security-token") ?? undefined;
  const isKnown = fields.get("AWSAccessKeyId") === accessKey.accessKeyId &&
    token === accessKey.sessionToken;
  if (!isKnown) return "key";
  const encoder = new TextEncoder();
  const key = await crypto.subtle.importKey(
    "raw",
    encoder.encode(accessKey.secretAccessKey),
    { name: "HMAC", hash },
    false,
    ["verify"],
  );
  let signature: Uint8Array<ArrayBuffer>;
  try {
    signature = decodeBase64(fields.get("Signature") ?? "");
  } catch {
    return "malformed";
  }
  const bytes = encoder.encode(date);
  const isValid = await crypto.subtle.verify("HMAC", key, signature, bytes);
  return isValid ? undefined : "mismatch";
}
