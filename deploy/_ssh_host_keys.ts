/**
 * Which host key a new node may show.
 *
 * @module
 */

import { decodeBase64, encodeBase64 } from "@std/encoding/base64";
import { kindOfKey } from "../core/compute/public_key.ts";
import type { Libraries } from "./_ssh2.ts";

/** Kinds of host keys, the best first, and the names of their signatures. */
const ALGORITHMS: Readonly<Record<string, readonly string[]>> = {
  "ssh-ed25519": ["ssh-ed25519"],
  "ecdsa-sha2-nistp256": ["ecdsa-sha2-nistp256"],
  "ecdsa-sha2-nistp384": ["ecdsa-sha2-nistp384"],
  "ecdsa-sha2-nistp521": ["ecdsa-sha2-nistp521"],
  "ssh-rsa": ["rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"],
};
const FINGERPRINT = /^SHA256:[A-Za-z\d+/]{43}$/;
// Perhaps after the name of the host, as in known_hosts.
const PUBLIC_KEY =
  /^(?:\S+ )?((?:ssh|ecdsa)-[\w-]+) ([A-Za-z\d+/]+={0,2})(?: .*)?$/;

/** What a caller says of a key: its fingerprint, or all of it. */
export interface Pin {
  /** Kind of key, where all of it is known. */
  readonly type?: string | undefined;
  /** The fingerprint, or the key in base64. */
  readonly text: string;
}

/**
 * Reads what a caller says of a key.
 *
 * @param line A fingerprint, or a public key as in `known_hosts` or in the file
 *   of the host.
 * @returns What it says, or `undefined` where it makes no sense.
 */
export function toPin(line: string): Pin | undefined {
  const text = line.trim().replace(/^(SHA256:.*)=$/, "$1");
  if (FINGERPRINT.test(text)) return { text };
  const [, type = "", base64 = ""] = PUBLIC_KEY.exec(text) ?? [];
  return Object.hasOwn(ALGORITHMS, type) && kindOfKey(base64) === type
    // As the key is written where it is compared.
    ? { type, text: btoa(atob(base64)) }
    : undefined;
}

/** The host keys of one deployment. */
export class HostKeys {
  readonly #pins: Pin[];
  readonly #sha256: Libraries["sha256"];
  readonly #isNewAccepted: boolean;
  /** Kinds of which the host has shown one that nobody knows. */
  readonly #strange = new Set<string>();
  #fault: string | undefined;
  #isDone = false;

  /** Takes what the caller knows; nothing is the first that comes. */
  constructor(pins: readonly Pin[], { sha256 }: Libraries) {
    this.#pins = [...pins];
    this.#sha256 = sha256;
    this.#isNewAccepted = pins.length === 0;
  }

  /** What to ask the host for, so that it shows a key that may be known. */
  get algorithms(): string[] {
    const types = this.#pins.map(({ type }) => type);
    const isAny = types.length === 0 || types.includes(undefined);
    return Object.entries(ALGORITHMS).flatMap(([type, names]) =>
      (isAny || types.includes(type)) && !this.#strange.has(type) ? names : []
    );
  }

  /** Whether the host may have another key, of a kind that it has not shown. */
  get hasMore(): boolean {
    return !this.#isNewAccepted && !this.#isDone && this.algorithms.length > 0;
  }

  /**
   * Takes note that the host has no key of the kinds that are left.
   *
   * @returns What is wrong with those it has.
   */
  exhaust(): string {
    this.#isDone = true;
    return this.#fault ?? "it has no host key of the kind that is expected";
  }

  /**
   * Looks whether a key is known. At once: ssh2 hangs where it waits for the
   * answer, and the server does not.
   *
   * @param key The key that the host has shown.
   * @returns What is wrong with it, if anything.
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
      // From here on it is the one and only.
      this.#pins.push({ type, text });
      return undefined;
    }
    this.#strange.add(type);
    const known = this.#pins.map(({ type, text }) =>
      type ? `${this.#fingerprintOf(decodeBase64(text))} (${type})` : text
    );
    return this.#fault = `its host key is ${fingerprint} (${type}), not ${
      this.#isNewAccepted ? "the one seen before, " : ""
    }${known.join(" or ")}`;
  }

  #fingerprintOf(key: Uint8Array): string {
    // As ssh-keygen prints it.
    return `SHA256:${encodeBase64(this.#sha256(key)).replace(/=+$/, "")}`;
  }
}
