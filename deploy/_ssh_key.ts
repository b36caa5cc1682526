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
    // which Deno stumbles over when it signs.
    const isPem = /-BEGIN (?!OPENSSH)[A-Z ]*PRIVATE KEY-/.test(text);
    const key = isPem ? toOldForm(libraries, text, passphrase) : text;
    const parsed = libraries.utils.parseKey(
      key,
      isPem ? undefined : passphrase,
    );
    if (parsed instanceof Error) throw parsed;
    const [first] = [parsed].flat();
    if (!first?.isPrivateKey()) throw new Error("it is public");
    return first;
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

function toOldForm(
  { createPrivateKey }: Libraries,
  key: string,
  passphrase: string | undefined,
): string {
  const object = createPrivateKey({ key, passphrase });
  switch (object.asymmetricKeyType) {
    case "rsa":
      return object.export({ format: "pem", type: "pkcs1" });
    case "ec":
      return object.export({ format: "pem", type: "sec1" });
    default: {
      const { x = "", d = "" } = object.export({ format: "jwk" });
      return toOpenSsh(fromBase64Url(x), fromBase64Url(d));
    }
  }
}

/**
 * Writes an Ed25519 key as OpenSSH does, without a passphrase.
 *
 * @see {@link https://cvsweb.openbsd.org/src/usr.bin/ssh/PROTOCOL.key | PROTOCOL.key}
 */
function toOpenSsh(x: Uint8Array, d: Uint8Array): string {
  const type = new TextEncoder().encode("ssh-ed25519");
  const publicKey = join(field(type), field(x));
  const none = field(new TextEncoder().encode("none"));
  const check = new Uint8Array(8);
  const secret = join(
    check,
    publicKey,
    field(join(d, x)),
    field(new Uint8Array()),
  );
  const padding = Uint8Array.from(
    { length: (8 - secret.length % 8) % 8 },
    (_, index) => index + 1,
  );
  const bytes = join(
    new TextEncoder().encode("openssh-key-v1\0"),
    none,
    none,
    field(new Uint8Array()),
    uint32(1),
    field(publicKey),
    field(join(secret, padding)),
  );
  const lines = encodeBase64(bytes).replace(/.{70}/g, "$&\n");
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines}\n` +
    "-----END OPENSSH PRIVATE KEY-----\n";
}

function field(bytes: Uint8Array): Uint8Array {
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

function fromBase64Url(text: string): Uint8Array {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}
