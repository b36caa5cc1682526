/**
 * Private keys, in every form that people have them in.
 *
 * @module
 */

import { encodeBase64 } from "@std/encoding/base64";
import type { Libraries, ParsedKey } from "./_ssh2.ts";

/**
 * Reads a private key: of OpenSSH, or in PEM (PKCS#1, SEC 1 or PKCS#8).
 *
 * @param libraries What reads it.
 * @param text The key.
 * @param passphrase What it is encrypted with, if it is.
 * @returns The key.
 * @throws {TypeError} If it is none, or the passphrase is not its own; neither
 *   is shown.
 */
export function readPrivateKey(
  libraries: Libraries,
  text: string,
  passphrase: string | undefined,
): ParsedKey {
  const isEncrypted = /ENCRYPTED/.test(text);
  try {
    // ssh2 knows no PKCS#8, and leaves in old PEM the padding of the cipher,
    // which Deno stumbles over when it signs; nor has Deno all that ssh2 takes
    // to read old PEM with a curve.
    const isPem = /-BEGIN (?!OPENSSH)[A-Z ]*PRIVATE KEY-/.test(text);
    const key = isPem ? toKnownForm(libraries, text, passphrase) : text;
    const parsed = libraries.utils.parseKey(
      key,
      isPem ? undefined : passphrase,
    );
    if (parsed instanceof Error) throw parsed;
    const [first] = [parsed].flat();
    if (!first?.isPrivateKey()) throw new Error("it is public");
    return first.type.startsWith("ecdsa-")
      ? libraries.utils.parseKey(toExactLength(first)) as ParsedKey
      : first;
  } catch (error) {
    const { message } = error as Error;
    const why = passphrase === undefined &&
        (isEncrypted || /no passphrase given/.test(message))
      ? "it is encrypted, and there is no passphrase"
      : isEncrypted || /passphrase/i.test(message)
      ? "it cannot be read with this passphrase"
      : "it is not a private key, of OpenSSH or in PEM";
    // Not kept as a cause: what reads keys may quote them.
    throw new TypeError(`Cannot use the privateKey: ${why}`);
  }
}

/** The curves of NIST, as JWK calls them and as OpenSSH does. */
const CURVES: Readonly<Record<string, string>> = {
  "P-256": "nistp256",
  "P-384": "nistp384",
  "P-521": "nistp521",
};

/** Bytes of a private number on a curve. */
const BYTES: Readonly<Record<string, number>> = {
  "ecdsa-sha2-nistp256": 32,
  "ecdsa-sha2-nistp384": 48,
  "ecdsa-sha2-nistp521": 66,
};

/** Writes a key in a form that ssh2 reads, without a passphrase. */
function toKnownForm(
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
    const publicKey = join(field("ssh-ed25519"), field(x));
    return toOpenSsh(publicKey, join(publicKey, field(join(d, x))));
  }
  const curve = CURVES[jwk.crv ?? ""] ?? "";
  const publicKey = join(
    field(`ecdsa-sha2-${curve}`),
    field(curve),
    field(join(Uint8Array.of(4), x, y)),
  );
  return toOpenSsh(publicKey, join(publicKey, field(d)));
}

/**
 * Writes a key with as many bytes as its curve has. In OpenSSH's form numbers
 * have one more where they would be negative, and fewer where they are small;
 * ssh2 hands them on as they are, and Deno takes them for none.
 */
function toExactLength(key: ParsedKey): string {
  const body = key.getPrivatePEM().replace(/-----[^-]+-----|\s/g, "");
  const der = fromBase64Url(body);
  // After the version in a sequence, whose length has one byte or two.
  const at = der[1] === 0x81 ? 7 : 6;
  const d = der.subarray(at + 1, at + 1 + der[at]!);
  const size = BYTES[key.type] ?? 0;
  const exact = join(new Uint8Array(size), d).slice(-size);
  const publicKey = key.getPublicSSH();
  return toOpenSsh(publicKey, join(publicKey, field(exact)));
}

/**
 * Writes a key as OpenSSH does.
 *
 * @see {@link https://cvsweb.openbsd.org/src/usr.bin/ssh/PROTOCOL.key | PROTOCOL.key}
 */
function toOpenSsh(publicKey: Uint8Array, privateKey: Uint8Array): string {
  const check = new Uint8Array(8);
  const secret = join(check, privateKey, field(""));
  const padding = Uint8Array.from(
    { length: (8 - secret.length % 8) % 8 },
    (_, index) => index + 1,
  );
  const bytes = join(
    new TextEncoder().encode("openssh-key-v1\0"),
    field("none"),
    field("none"),
    field(""),
    uint32(1),
    field(publicKey),
    field(join(secret, padding)),
  );
  const lines = encodeBase64(bytes).replace(/.{70}/g, "$&\n");
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines}\n` +
    "-----END OPENSSH PRIVATE KEY-----\n";
}

function field(content: string | Uint8Array): Uint8Array {
  const bytes = typeof content === "string"
    ? new TextEncoder().encode(content)
    : content;
  return join(uint32(bytes.length), bytes);
}

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

function join(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, it) => sum + it.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function fromBase64Url(text = ""): Uint8Array {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}
