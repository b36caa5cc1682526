/**
 * Verification of host keys.
 *
 * @module
 */

import { decodeBase64, encodeBase64 } from "@std/encoding/base64";
import { kindOfKey, parsePublicKey } from "../core/compute/public_key.ts";
import type { Libraries } from "./_ssh2.ts";

/**
 * Key types and their signature algorithms. Both are in order of preference,
 * because the client offers them to the server in this order.
 */
const ALGORITHMS: Readonly<Record<string, readonly string[]>> = {
  "ssh-ed25519": ["ssh-ed25519"],
  "ecdsa-sha2-nistp256": ["ecdsa-sha2-nistp256"],
  "ecdsa-sha2-nistp384": ["ecdsa-sha2-nistp384"],
  "ecdsa-sha2-nistp521": ["ecdsa-sha2-nistp521"],
  "ssh-rsa": ["rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"],
};
const FINGERPRINT = /^SHA256:[A-Za-z\d+/]{43}$/;

/** A host key that the caller trusts: a fingerprint or a public key. */
export interface Pin {
  /** Key type; `undefined` if the pin is a fingerprint. */
  readonly type?: string | undefined;
  /** The fingerprint, or the public key in base64. */
  readonly text: string;
}

/**
 * Parses a host key that the caller trusts.
 *
 * @param line A fingerprint, or a public key as in `known_hosts` or in a `.pub`
 *   file.
 * @returns The pin, or `undefined` if `line` is neither of them.
 */
export function toPin(line: string): Pin | undefined {
  const text = line.trim().replace(/^(SHA256:.*)=$/, "$1");
  if (FINGERPRINT.test(text)) return { text };
  // In known_hosts, the host name precedes the key, in the place of options.
  const { options = "", type = "", base64 = "" } = parsePublicKey(text) ?? {};
  const isTrusted = !options.startsWith("@");
  return isTrusted && Object.hasOwn(ALGORITHMS, type) &&
      kindOfKey(base64) === type
    ? { type, text: base64 }
    : undefined;
}

/** Verifies the host keys that the server presents during one deployment. */
export class HostKeys {
  readonly #pins: Pin[];
  readonly #sha256: Libraries["sha256"];
  readonly #isNewAccepted: boolean;
  /** Key types of which the server has presented a key that does not match. */
  readonly #rejectedTypes = new Set<string>();
  #mismatch: string | undefined;
  #isExhausted = false;

  /**
   * Creates a verifier.
   *
   * @param pins Keys to trust. If the array is empty, the first key that the
   *   server presents is accepted, and only that key from then on.
   * @param libraries The loaded libraries.
   */
  constructor(pins: readonly Pin[], { sha256 }: Libraries) {
    this.#pins = [...pins];
    this.#sha256 = sha256;
    this.#isNewAccepted = pins.length === 0;
  }

  /** Signature algorithms to offer, so that the server picks a trusted key. */
  get algorithms(): string[] {
    return this.#types.flatMap((type) => ALGORITHMS[type] ?? []);
  }

  /** Whether the server may have a trusted key of another type. */
  get hasMore(): boolean {
    return !this.#isNewAccepted && !this.#isExhausted &&
      this.algorithms.length > 0;
  }

  /** Key types that may match a pin and have not been rejected. */
  get #types(): string[] {
    const pinned = this.#pins.map(({ type }) => type);
    // The key type of a fingerprint is not known.
    const isAny = pinned.length === 0 || pinned.includes(undefined);
    return Object.keys(ALGORITHMS).filter((type) =>
      (isAny || pinned.includes(type)) && !this.#rejectedTypes.has(type)
    );
  }

  /**
   * Records that the server has no key of the remaining types.
   *
   * @returns The reason to reject the host.
   */
  exhaust(): string {
    this.#isExhausted = true;
    return this.#mismatch ??
      `the server has no host key of type ${this.#types.join(" or ")}`;
  }

  /**
   * Checks a key that the server presents. The result is not a promise: ssh2
   * hangs if the server sends its next message before the promise resolves.
   *
   * @param key The key in the SSH wire format.
   * @returns The reason to reject the key, or `undefined` to accept it.
   */
  check(key: Uint8Array<ArrayBuffer>): string | undefined {
    const text = encodeBase64(key);
    const type = kindOfKey(text) ?? "unknown";
    const fingerprint = this.#fingerprintOf(key);
    if (
      this.#pins.some((pin) => pin.text === text || pin.text === fingerprint)
    ) {
      return undefined;
    }
    if (this.#pins.length === 0) {
      // "accept-new": from now on, the server must present this key.
      this.#pins.push({ type, text });
      return undefined;
    }
    this.#rejectedTypes.add(type);
    const trusted = this.#pins.map((pin) => this.#describe(pin)).join(" or ");
    const presented = `${fingerprint} (${type})`;
    return this.#mismatch = this.#isNewAccepted
      ? `host key changed from ${trusted} to ${presented}`
      : `host key mismatch: expected ${trusted}, got ${presented}`;
  }

  #describe({ type, text }: Pin): string {
    return type ? `${this.#fingerprintOf(decodeBase64(text))} (${type})` : text;
  }

  #fingerprintOf(key: Uint8Array): string {
    // Without padding, as ssh-keygen prints it.
    return `SHA256:${encodeBase64(this.#sha256(key)).replace(/=+$/, "")}`;
  }
}
