/**
 * Ranges of IPv4 and IPv6 addresses, and the addresses that are in use.
 *
 * @module
 */

import {
  ipv4ToNumber,
  ipv6ToNumber,
  numberToIpv4,
  numberToIpv6,
} from "../kit/mod.ts";

/** Version of the Internet Protocol. */
export type IpVersion = 4 | 6;

/** An address, as a number. */
export interface Address {
  readonly version: IpVersion;
  readonly number: bigint;
}

/** A range of addresses, as numbers. */
export interface Range {
  readonly version: IpVersion;
  readonly first: bigint;
  readonly last: bigint;
}

/** A range in CIDR notation. */
export interface Cidr extends Range {
  readonly prefix: number;
  /** The range as a string, with its first address. */
  readonly text: string;
}

/** Parses an address of either version. */
export function parseAddress(text: string): Address | undefined {
  if (text.includes(":")) {
    const number = ipv6ToNumber(text);
    return number === undefined ? undefined : { version: 6, number };
  }
  const number = ipv4ToNumber(text);
  return Number.isNaN(number)
    ? undefined
    : { version: 4, number: BigInt(number) };
}

/** Formats an address. */
export function formatAddress({ version, number }: Address): string {
  return version === 6 ? numberToIpv6(number) : numberToIpv4(Number(number));
}

/**
 * Parses a range in CIDR notation. The address need not be the first one of the
 * range; without a length, the range has one address.
 */
export function parseCidr(text: string): Cidr | undefined {
  const [address = "", length, ...rest] = text.split("/");
  const parsed = parseAddress(address);
  if (parsed === undefined || rest.length > 0) return undefined;
  const { version, number } = parsed;
  const bits = version === 6 ? 128 : 32;
  const prefix = Number(length ?? bits);
  if (!/^\d{0,3}$/.test(length ?? "") || length === "" || prefix > bits) {
    return undefined;
  }
  const size = 1n << BigInt(bits - prefix);
  const first = number - number % size;
  const start = formatAddress({ version, number: first });
  return {
    version,
    first,
    last: first + size - 1n,
    prefix,
    text: `${start}/${prefix}`,
  };
}

/** Whether a range contains an address. */
export function contains(range: Range, address: Address): boolean {
  return range.version === address.version &&
    range.first <= address.number && address.number <= range.last;
}

/** Whether two ranges have an address in common. */
export function overlap(one: Range, other: Range): boolean {
  return one.version === other.version &&
    one.first <= other.last && other.first <= one.last;
}

/** Addresses of a subnet that are in use. */
export class AddressAllocator {
  #pools: readonly Range[];
  #next: bigint;
  readonly #used = new Set<bigint>();

  /** Creates an allocator whose addresses are all free. */
  constructor(pools: readonly Range[]) {
    this.#pools = pools;
    this.#next = pools[0]?.first ?? 0n;
  }

  /** Replaces the pools; addresses in use stay in use. */
  setPools(pools: readonly Range[]): void {
    this.#pools = pools;
    this.#next = pools[0]?.first ?? 0n;
  }

  /**
   * Takes an address of the pools: the next one that is free, and after the last
   * one those that were released.
   */
  take(): Address | undefined {
    const found = this.#search(this.#next) ?? this.#search(0n);
    if (found === undefined) return undefined;
    this.#next = found.number + 1n;
    this.#used.add(found.number);
    return found;
  }

  /** Takes an address, which need not be in the pools; `false` if it is used. */
  claim({ number }: Address): boolean {
    if (this.#used.has(number)) return false;
    this.#used.add(number);
    return true;
  }

  /** Releases an address. */
  release({ number }: Address): void {
    this.#used.delete(number);
  }

  #search(from: bigint): Address | undefined {
    for (const { version, first, last } of this.#pools) {
      let number = from > first ? from : first;
      while (number <= last && this.#used.has(number)) number++;
      if (number <= last) return { version, number };
    }
    return undefined;
  }
}

/** Formats a number as the MAC address of a port. */
export function toMacAddress(number: number): string {
  const hex = number.toString(16).padStart(6, "0").slice(-6);
  return `fa:16:3e:${hex.match(/../g)!.join(":")}`;
}

/** Address that a device with a MAC address gives itself (EUI-64). */
export function toAutomaticAddress({ first }: Range, mac: string): Address {
  const [a = "", b, c, d, e, f] = mac.split(":");
  const flipped = (parseInt(a, 16) ^ 2).toString(16).padStart(2, "0");
  const suffix = BigInt(`0x${flipped}${b}${c}fffe${d}${e}${f}`);
  return { version: 6, number: first + suffix };
}
