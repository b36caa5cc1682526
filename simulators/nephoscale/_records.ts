/**
 * Resources of the simulated account.
 *
 * @module
 */

import type { Image, Size, Zone } from "./_catalog.ts";
import type { Occupied } from "../kit/mod.ts";

/** A node. */
export interface Server extends Occupied {
  readonly id: number;
  name: string;
  hostname: string;
  readonly zone: Zone;
  readonly size: Size;
  readonly image: Image;
  readonly serverKey: number | undefined;
  readonly consoleKey: number | undefined;
  readonly createTime: string;
  addresses: string;
  power: "on" | "off" | "unknown";
  /** Whether the request to destroy the node was accepted. */
  isDestroyed: boolean;
}

/** Kind of a key, as in the path of its list. */
export type KeyKind = "sshrsa" | "password";

/** A key. */
export interface Key {
  readonly id: number;
  readonly name: string;
  readonly kind: KeyKind;
  readonly group: number;
  readonly createTime: string;
  /** The public key or the password. */
  readonly value: string;
}

/** Resources of an account: plain data, which can be copied. */
export interface Contents {
  readonly servers: ReadonlyMap<number, Server>;
  readonly keys: ReadonlyMap<number, Key>;
}
