/**
 * Key pairs of EC2: OpenSSH's public keys, private keys in PEM, and the three
 * ways in which EC2 makes a fingerprint.
 *
 * @see {@link https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/verify-keys.html | How the fingerprints are made}
 *
 * @module
 */

import { decodeBase64, encodeBase64 } from "@std/encoding/base64";
import { toHex } from "./_ec2_signature.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** What is known of a key whose public part was given. */
export interface PublicKey {
  /** Its kind. */
  readonly type: "rsa" | "ed25519";
  /** OpenSSH's line, without a comment. */
  readonly line: string;
  /** EC2's fingerprint of an imported key. */
  readonly fingerprint: string;
}

/** A key that was made. */
export interface MadeKey extends PublicKey {
  /** The private key, in PEM. */
  readonly material: string;
}

const RSA_BITS = [1024, 2048, 4096];

/**
 * Reads a public key: OpenSSH's line, or the same in RFC 4716.
 *
 * @param text What was given.
 * @returns The key, or `undefined` if it is none that EC2 takes.
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
 * Makes a key.
 *
 * @param type Its kind.
 * @param bits Size of an RSA key.
 * @returns The key; its fingerprint is that of a key made by EC2.
 */
export async function makeKey(
  type: "rsa" | "ed25519",
  bits: number,
): Promise<MadeKey> {
  return await (type === "rsa" ? makeRsa(bits) : makeEd25519());
}

async function makeRsa(bits: number): Promise<MadeKey> {
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

async function makeEd25519(): Promise<MadeKey> {
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
  const nothing = new Uint8Array();
  // Twice the same number tells a reader that a password was the right one.
  const check = crypto.getRandomValues(new Uint8Array(4));
  const secret = join([
    check,
    check,
    // The seed ends the PKCS #8 form.
    joinStrings([kind, point, join([pkcs8.slice(-32), point]), nothing]),
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
        joinStrings([none, none, nothing]),
        uint32(1),
        joinStrings([blob, join([secret, padding])]),
      ]),
      70,
    ),
  };
}

// OpenSSH: texts with their lengths before them.

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

/** A number that no reader takes for a negative one. */
function unsigned(bytes: Bytes): Bytes {
  return bytes[0]! < 0x80 ? bytes : join([new Uint8Array(1), bytes]);
}

// DER: elements with their types and lengths before them.

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

/** Takes the key out of its PKCS #8 wrapper, as EC2 hands it out. */
function toPkcs1(pkcs8: Bytes): Bytes {
  // The outer head, the version, the algorithm, and the head of the rest.
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

// MD5, which Web Crypto does not have, and EC2 uses for imported RSA keys.

const SHIFTS = [
  [7, 12, 17, 22],
  [5, 9, 14, 20],
  [4, 11, 16, 23],
  [6, 10, 15, 21],
] as const;

/**
 * The MD5 of bytes, in hexadecimal with colons.
 *
 * @param bytes The bytes.
 * @returns The digest.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc1321 | RFC 1321}
 */
export function md5(bytes: Bytes): string {
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
  return toHex(digest.buffer, ":");
}
