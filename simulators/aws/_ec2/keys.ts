/**
 * Formats of EC2 key pairs: public keys of OpenSSH, private keys in PEM, and
 * the three kinds of fingerprints.
 *
 * @see {@link https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/verify-keys.html | Fingerprints of key pairs}
 *
 * @module
 */

import { decodeBase64, encodeBase64 } from "@std/encoding/base64";
import { toHex } from "../_signature.ts";
import { md5 } from "../../kit/mod.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** An imported public key. */
export interface PublicKey {
  /** Type of the key. */
  readonly type: "rsa" | "ed25519";
  /** Public key in OpenSSH's format, without a comment. */
  readonly line: string;
  /** Fingerprint, as EC2 computes it. */
  readonly fingerprint: string;
}

/** A generated key pair. */
export interface GeneratedKey extends PublicKey {
  /** Private key in PEM. */
  readonly material: string;
}

const RSA_BITS = [1024, 2048, 4096];

/**
 * Reads a public key in the format of OpenSSH or of RFC 4716.
 *
 * @param text Public key.
 * @returns The key, or `undefined` if EC2 would not accept it.
 */
export async function readPublicKey(
  text: string,
): Promise<PublicKey | undefined> {
  const bare = text.trim();
  const [, framed] =
    /^---- BEGIN SSH2 PUBLIC KEY ----\r?\n((?:[^\n]*:[^\n]*\n|[^\n]*\\\n)*[\w+/=\s]+)---- END SSH2 PUBLIC KEY ----$/
      .exec(bare) ?? [];
  const encoded = framed === undefined
    ? /^(?:ssh-rsa|ssh-ed25519)[ \t]+([\w+/]+={0,2})(?:[ \t][^\r\n]*)?$/
      .exec(bare)?.[1]
    : framed.replaceAll(/^.*:.*$/gm, "").replaceAll(/\s/g, "");
  let blob: Bytes;
  try {
    blob = decodeBase64(encoded ?? "");
  } catch {
    return undefined;
  }
  const [name, ...parts] = readStrings(blob) ?? [];
  const kind = name && new TextDecoder().decode(name);
  if (!bare.startsWith("----") && !bare.startsWith(`${kind} `)) {
    return undefined;
  }
  const line = `${kind} ${encodeBase64(blob)}`;
  if (kind === "ssh-ed25519") {
    const [point] = parts;
    if (parts.length !== 1 || point?.length !== 32) return undefined;
    const digest = await crypto.subtle.digest("SHA-256", blob);
    return { type: "ed25519", line, fingerprint: encodeBase64(digest) };
  }
  const [exponent, modulus] = parts;
  if (kind !== "ssh-rsa" || parts.length !== 2 || !exponent || !modulus) {
    return undefined;
  }
  const bits = toHex(modulus.buffer).replace(/^0+/, "").length * 4;
  if (!RSA_BITS.includes(bits)) return undefined;
  return { type: "rsa", line, fingerprint: md5(toSpki(modulus, exponent)) };
}

/**
 * Generates a key pair.
 *
 * @param type Type of the key.
 * @param bits Size of an RSA key.
 * @returns The key pair. Its fingerprint is computed as for keys that EC2
 * creates.
 */
export async function generateKeyPair(
  type: "rsa" | "ed25519",
  bits: number,
): Promise<GeneratedKey> {
  return await (type === "rsa" ? generateRsa(bits) : generateEd25519());
}

async function generateRsa(bits: number): Promise<GeneratedKey> {
  const { privateKey, publicKey } = await crypto.subtle.generateKey(
    {
      name: "RSASSA-PKCS1-v1_5",
      hash: "SHA-256",
      modulusLength: bits,
      publicExponent: new Uint8Array([1, 0, 1]),
    },
    true,
    ["sign", "verify"],
  );
  const { n = "", e = "" } = await crypto.subtle.exportKey("jwk", publicKey);
  const pkcs8 = await crypto.subtle.exportKey("pkcs8", privateKey);
  const blob = joinStrings([
    encode("ssh-rsa"),
    unsigned(fromUrl(e)),
    unsigned(fromUrl(n)),
  ]);
  return {
    type: "rsa",
    line: `ssh-rsa ${encodeBase64(blob)}`,
    fingerprint: toHex(await crypto.subtle.digest("SHA-1", pkcs8), ":"),
    material: toPem("RSA PRIVATE KEY", toPkcs1(new Uint8Array(pkcs8)), 64),
  };
}

async function generateEd25519(): Promise<GeneratedKey> {
  const pair = await crypto.subtle.generateKey("Ed25519", true, [
    "sign",
    "verify",
  ]) as CryptoKeyPair;
  const point = new Uint8Array(
    await crypto.subtle.exportKey("raw", pair.publicKey),
  );
  const pkcs8 = new Uint8Array(
    await crypto.subtle.exportKey("pkcs8", pair.privateKey),
  );
  const kind = encode("ssh-ed25519");
  const blob = joinStrings([kind, point]);
  const none = encode("none");
  const empty = new Uint8Array();
  // Two equal numbers let a reader check that it decrypted the key correctly.
  const check = crypto.getRandomValues(new Uint8Array(4));
  const secret = join([
    check,
    check,
    // The seed is at the end of the PKCS #8 form.
    joinStrings([kind, point, join([pkcs8.slice(-32), point]), empty]),
  ]);
  const padding = Uint8Array.from(
    { length: -secret.length & 7 },
    (_, index) => index + 1,
  );
  const digest = await crypto.subtle.digest("SHA-256", blob);
  return {
    type: "ed25519",
    line: `ssh-ed25519 ${encodeBase64(blob)}`,
    fingerprint: encodeBase64(digest),
    material: toPem(
      "OPENSSH PRIVATE KEY",
      join([
        encode("openssh-key-v1\0"),
        joinStrings([none, none, empty]),
        uint32(1),
        joinStrings([blob, join([secret, padding])]),
      ]),
      70,
    ),
  };
}

// OpenSSH's format: strings with a length prefix.

function readStrings(blob: Bytes): Bytes[] | undefined {
  const strings: Bytes[] = [];
  const view = new DataView(blob.buffer, blob.byteOffset, blob.length);
  for (let at = 0; at < blob.length;) {
    const end = at + 4 <= blob.length ? at + 4 + view.getUint32(at) : Infinity;
    if (end > blob.length) return undefined;
    strings.push(blob.slice(at + 4, end));
    at = end;
  }
  return strings;
}

function joinStrings(strings: readonly Bytes[]): Bytes {
  return join(strings.flatMap((it) => [uint32(it.length), it]));
}

function uint32(number: number): Bytes {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes;
}

function join(parts: readonly Bytes[]): Bytes {
  const all = new Uint8Array(parts.reduce((sum, it) => sum + it.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function encode(text: string): Bytes {
  return new TextEncoder().encode(text);
}

function fromUrl(text: string): Bytes {
  return decodeBase64(text.replaceAll("-", "+").replaceAll("_", "/"));
}

/** Adds a zero byte if the number would otherwise be read as negative. */
function unsigned(bytes: Bytes): Bytes {
  return bytes[0]! < 0x80 ? bytes : join([new Uint8Array(1), bytes]);
}

// DER: elements with a type and a length prefix.

/** `rsaEncryption`, without parameters. */
const RSA = new Uint8Array([
  ...[0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7],
  ...[0x0d, 0x01, 0x01, 0x01, 0x05, 0x00],
]);

function der(type: number, content: Bytes): Bytes {
  const { length } = content;
  const head = length < 0x80
    ? [type, length]
    : length < 0x100
    ? [type, 0x81, length]
    : [type, 0x82, length >> 8, length & 0xff];
  return join([new Uint8Array(head), content]);
}

function toSpki(modulus: Bytes, exponent: Bytes): Bytes {
  const key = der(0x30, join([der(2, modulus), der(2, exponent)]));
  const bits = der(3, join([new Uint8Array(1), key]));
  return der(0x30, join([RSA, bits]));
}

/** Extracts the PKCS #1 key, which EC2 returns, from its PKCS #8 wrapper. */
function toPkcs1(pkcs8: Bytes): Bytes {
  // Skips the outer header, the version, the algorithm and the inner header.
  const at = headOf(pkcs8, 0) + 3 + RSA.length;
  return pkcs8.slice(at + headOf(pkcs8, at));
}

function headOf(bytes: Bytes, at: number): number {
  const length = bytes[at + 1]!;
  return length < 0x80 ? 2 : 2 + (length & 0x7f);
}

function toPem(label: string, bytes: Bytes, width: number): string {
  const lines = encodeBase64(bytes).match(new RegExp(`.{1,${width}}`, "g"));
  return [`-----BEGIN ${label}-----`, ...lines ?? [], `-----END ${label}-----`]
    .join("\n");
}
