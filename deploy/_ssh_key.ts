/**
 * Reading of private keys in all common formats.
 *
 * @module
 */

import { encodeBase64 } from "@std/encoding/base64";
import type { Libraries, ParsedKey } from "./_ssh2.ts";

const PRIVATE_KEY =
  /-----BEGIN ([A-Z\d ]*PRIVATE KEY)-----[^]*?-----END \1-----/;

/**
 * Reads a private key in OpenSSH or PEM format (PKCS#1, SEC 1 or PKCS#8).
 *
 * @param libraries The loaded libraries.
 * @param text The private key.
 * @param passphrase The passphrase, if the key is encrypted.
 * @returns The parsed key.
 * @throws {TypeError} If `text` is not a private key, or `passphrase` is missing
 *   or wrong. The message contains neither of them.
 */
export function readPrivateKey(
  libraries: Libraries,
  text: string,
  passphrase: string | undefined,
): ParsedKey {
  try {
    const key = parse(libraries, cutOut(text), passphrase);
    if (!key.isPrivateKey()) throw new Error("public key");
    return key.type.startsWith("ecdsa-")
      ? libraries.utils.parseKey(toFixedLength(key)) as ParsedKey
      : key;
  } catch (error) {
    const { message } = error as Error;
    // Without a cause: the messages of parsers may quote parts of the key.
    throw new TypeError(`ssh: ${explain(message, text, passphrase)}`);
  }
}

/**
 * Cuts the key out of a text that may have other lines around it, line breaks of
 * Windows, indented lines or a byte order mark. Parsers reject all of these.
 */
function cutOut(text: string): string {
  const [key = text] = PRIVATE_KEY.exec(text) ?? [];
  return `${key.trim().replace(/[ \t]*(?:\r\n?|\n)[ \t]*/g, "\n")}\n`;
}

function parse(
  libraries: Libraries,
  text: string,
  passphrase: string | undefined,
): ParsedKey {
  // ssh2 does not read PKCS#8. When it decrypts an older PEM key, it keeps the
  // padding of the cipher, which makes signing fail in Deno. Deno also lacks
  // functions that ssh2 needs for ECDSA keys in older PEM.
  const isPem = /-BEGIN (?!OPENSSH)[A-Z ]*PRIVATE KEY-/.test(text);
  const parsed = isPem
    ? libraries.utils.parseKey(toSsh2Format(libraries, text, passphrase))
    : libraries.utils.parseKey(text, passphrase);
  if (parsed instanceof Error) throw parsed;
  const [key] = [parsed].flat();
  if (!key) throw new Error("no key");
  return key;
}

/** Explains why a key could not be read, without quoting the parser. */
function explain(
  message: string,
  text: string,
  passphrase: string | undefined,
): string {
  const isEncrypted = /ENCRYPTED/.test(text);
  if (
    passphrase === undefined &&
    (isEncrypted || /no passphrase given/.test(message))
  ) {
    return "privateKey is encrypted; passphrase is required";
  }
  if (isEncrypted || /passphrase/i.test(message)) {
    return "privateKey cannot be decrypted with this passphrase";
  }
  return "privateKey must be a private key in OpenSSH or PEM format";
}

/** The NIST curves by their names in JWK, and their names in OpenSSH. */
const CURVES: Readonly<Record<string, string>> = {
  "P-256": "nistp256",
  "P-384": "nistp384",
  "P-521": "nistp521",
};

/** Length of the private number of each ECDSA key type, in bytes. */
const PRIVATE_BYTES: Readonly<Record<string, number>> = {
  "ecdsa-sha2-nistp256": 32,
  "ecdsa-sha2-nistp384": 48,
  "ecdsa-sha2-nistp521": 66,
};

/** Decrypts a PEM key and converts it to a format that ssh2 reads. */
function toSsh2Format(
  { createPrivateKey }: Libraries,
  key: string,
  passphrase: string | undefined,
): string {
  const object = createPrivateKey({ key, passphrase });
  if (object.asymmetricKeyType === "rsa") {
    return object.export({ format: "pem", type: "pkcs1" });
  }
  const jwk = object.export({ format: "jwk" });
  const [x, y, d] = [jwk.x, jwk.y, jwk.d].map(fromBase64Url) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  if (jwk.crv === "Ed25519") {
    const publicKey = concat(sshString("ssh-ed25519"), sshString(x));
    return toOpenSsh(publicKey, concat(publicKey, sshString(concat(d, x))));
  }
  const curve = CURVES[jwk.crv ?? ""] ?? "";
  const publicKey = concat(
    sshString(`ecdsa-sha2-${curve}`),
    sshString(curve),
    // 4 marks an uncompressed point.
    sshString(concat(Uint8Array.of(4), x, y)),
  );
  return toOpenSsh(publicKey, concat(publicKey, sshString(d)));
}

/**
 * Writes an ECDSA key so that its private number has the full length of the
 * curve.
 *
 * The OpenSSH format adds a zero byte to numbers that would be negative, and
 * drops leading zero bytes. ssh2 passes the number on with that length, which
 * Deno rejects.
 */
function toFixedLength(key: ParsedKey): string {
  const body = key.getPrivatePEM().replace(/-----[^-]+-----|\s/g, "");
  const der = fromBase64Url(body);
  // The private number follows the header of the sequence, whose length takes
  // one byte or two, and the version.
  const at = der[1] === 0x81 ? 7 : 6;
  const d = der.subarray(at + 1, at + 1 + der[at]!);
  const size = PRIVATE_BYTES[key.type] ?? 0;
  const fixed = concat(new Uint8Array(size), d).slice(-size);
  const publicKey = key.getPublicSSH();
  return toOpenSsh(publicKey, concat(publicKey, sshString(fixed)));
}

/**
 * Writes an unencrypted key in OpenSSH format.
 *
 * @see {@link https://cvsweb.openbsd.org/src/usr.bin/ssh/PROTOCOL.key | PROTOCOL.key}
 */
function toOpenSsh(publicKey: Uint8Array, privateKey: Uint8Array): string {
  const check = new Uint8Array(8);
  const comment = sshString("");
  const secret = concat(check, privateKey, comment);
  const padding = Uint8Array.from(
    { length: (8 - secret.length % 8) % 8 },
    (_, index) => index + 1,
  );
  const bytes = concat(
    new TextEncoder().encode("openssh-key-v1\0"),
    sshString("none"), // Cipher.
    sshString("none"), // Key derivation function.
    sshString(""), // Options of that function.
    uint32(1), // Number of keys.
    sshString(publicKey),
    sshString(concat(secret, padding)),
  );
  const lines = encodeBase64(bytes).replace(/.{70}/g, "$&\n");
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines}\n` +
    "-----END OPENSSH PRIVATE KEY-----\n";
}

/** Encodes a string of the SSH protocol: its length, then its bytes. */
function sshString(content: string | Uint8Array): Uint8Array {
  const bytes = typeof content === "string"
    ? new TextEncoder().encode(content)
    : content;
  return concat(uint32(bytes.length), bytes);
}

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

function concat(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function fromBase64Url(text = ""): Uint8Array {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}
