/**
 * IP addresses that an account hands out.
 *
 * @module
 */

/**
 * Ranges for public IPv4 addresses: first one for documentation, then one for
 * benchmarks. Nothing on the Internet has such an address.
 */
export const PUBLIC_IPV4: readonly string[] = [
  "203.0.113.0/24",
  "198.18.0.0/15",
];

/** Range for public IPv4 addresses that do not belong to a node. */
export const RESERVED_IPV4: readonly string[] = ["198.51.100.0/24"];

/** Range for private IPv4 addresses. */
export const PRIVATE_IPV4: readonly string[] = ["10.128.0.0/9"];

/** Range for IPv6 addresses and networks, for documentation. */
export const PUBLIC_IPV6: readonly string[] = ["2001:db8::/32"];

/** A range of addresses, of which the first is the number 0. */
interface Range {
  /** Number of the first address to hand out. */
  readonly first: number;
  /** Number of the last address, which is not handed out. */
  readonly end: number;
  /** Formats an address by its number. */
  readonly format: (number: number) => string;
  /** Number of an address; not an integer from 0 if it is not in the range. */
  readonly parse: (address: string) => number;
}

/** What an {@linkcode AddressPool} hands out. */
export interface AddressPoolOptions {
  /**
   * Length of the prefix if the pool hands out networks, such as 64 for
   * `"2001:db8:0:1::/64"`.
   *
   * @default {addresses}
   */
  readonly prefix?: number | undefined;
  /**
   * Number of the first address in its range. Before it are the address of the
   * network and, at some providers, a gateway.
   *
   * @default {1}
   */
  readonly first?: number | undefined;
}

/**
 * Addresses, or networks, of an account. Each is used once at a time: the pool
 * hands out those that were never used first, in order, and then those that
 * were released.
 */
export class AddressPool {
  readonly #ranges: readonly Range[];
  readonly #suffix: string;
  // All addresses before this position were handed out. There may be very many,
  // so the pool remembers only those that were released.
  #next = 0;
  readonly #released = new Set<number>();

  /**
   * Creates a pool.
   *
   * @param ranges Ranges in CIDR notation, such as {@linkcode PUBLIC_IPV4}. The
   * first and the last address of each is left out.
   * @param options What to hand out.
   * @throws {RangeError} If a range is not in CIDR notation.
   */
  constructor(ranges: readonly string[], options: AddressPoolOptions = {}) {
    const { prefix, first = 1 } = options;
    this.#suffix = prefix === undefined ? "" : `/${prefix}`;
    this.#ranges = ranges.map((range) => parseRange(range, first, prefix));
  }

  /** Number of addresses in use. */
  get size(): number {
    return this.#next - this.#released.size;
  }

  /**
   * Takes an address.
   *
   * @returns The address, or `undefined` if all are in use.
   */
  take(): string | undefined {
    const address = this.#format(this.#next);
    if (address !== undefined) {
      this.#next++;
      return address;
    }
    const [position] = this.#released;
    if (position === undefined) return undefined;
    this.#released.delete(position);
    return this.#format(position);
  }

  /**
   * Releases addresses, so that they can be taken again.
   *
   * @param addresses Addresses that {@linkcode AddressPool.take} has returned;
   * others are ignored.
   */
  release(...addresses: readonly (string | null | undefined)[]): void {
    for (const address of addresses) {
      const position = address ? this.#parse(address) : undefined;
      if (position !== undefined && position < this.#next) {
        this.#released.add(position);
      }
    }
  }

  #format(position: number): string | undefined {
    let start = 0;
    for (const { first, end, format } of this.#ranges) {
      const number = position - start + first;
      if (number < end) return format(number) + this.#suffix;
      start += end - first;
    }
    return undefined;
  }

  #parse(address: string): number | undefined {
    if (!address.endsWith(this.#suffix)) return undefined;
    const text = address.slice(0, address.length - this.#suffix.length);
    let start = 0;
    for (const { first, end, parse } of this.#ranges) {
      const number = parse(text);
      if (Number.isInteger(number) && number >= first && number < end) {
        return start + number - first;
      }
      start += end - first;
    }
    return undefined;
  }
}

/**
 * Converts an IPv4 address to a number.
 *
 * @param address Address to convert.
 * @returns The number, or `NaN` if the string is not an address.
 */
export function ipv4ToNumber(address: string): number {
  const parts = address.split(".").map((part) =>
    /^\d{1,3}$/.test(part) ? Number(part) : NaN
  );
  if (parts.length !== 4 || !parts.every((part) => part < 256)) return NaN;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

/**
 * Converts a number to an IPv4 address.
 *
 * @param number Number to convert.
 * @returns The address.
 */
export function numberToIpv4(number: number): string {
  const byte = (shift: number) => (number >>> shift) & 255;
  return `${byte(24)}.${byte(16)}.${byte(8)}.${byte(0)}`;
}

/** A range of IPv4 addresses, as numbers. */
export interface Ipv4Range {
  /** First address, which is that of the network. */
  readonly first: number;
  /** Last address, which is the one for broadcasts. */
  readonly last: number;
}

/**
 * Parses a range of IPv4 addresses, such as `"10.0.0.0/8"`.
 *
 * @param range Range in CIDR notation.
 * @returns The range, or `undefined` if the string is not one, or does not start
 * with the first address.
 */
export function parseIpv4Range(range: string): Ipv4Range | undefined {
  const [, address = "", length] =
    /^([\d.]+)\/(\d|[12]\d|3[0-2])$/.exec(range) ?? [];
  const size = 2 ** (32 - Number(length));
  const first = ipv4ToNumber(address);
  return first % size === 0 ? { first, last: first + size - 1 } : undefined;
}

/**
 * Whether a range contains all addresses of another one.
 *
 * @param outer Range that may contain the other one.
 * @param inner The other range.
 * @returns Whether it does.
 */
export function containsRange(outer: Ipv4Range, inner: Ipv4Range): boolean {
  return outer.first <= inner.first && inner.last <= outer.last;
}

/**
 * Whether two ranges have an address in common.
 *
 * @param one One range.
 * @param other The other range.
 * @returns Whether they have.
 */
export function rangesOverlap(one: Ipv4Range, other: Ipv4Range): boolean {
  return one.first <= other.last && other.first <= one.last;
}

function parseRange(
  range: string,
  first: number,
  unit: number | undefined,
): Range {
  const [address = "", length = ""] = range.split("/");
  const isV6 = address.includes(":");
  const bits = isV6 ? 128 : 32;
  const base = isV6 ? ipv6ToNumber(address) : ipv4ToNumber(address);
  const prefix = /^\d{1,3}$/.test(length) ? Number(length) : NaN;
  if (base === undefined || Number.isNaN(base) || !(prefix <= bits)) {
    throw new RangeError(
      `AddressPool: ranges must be in CIDR notation, got ${range}`,
    );
  }
  const end = 2 ** ((unit ?? bits) - prefix) - 1;
  const shift = bits - (unit ?? bits);
  if (typeof base === "number") {
    return {
      first,
      end,
      format: (number) => numberToIpv4(base + number * 2 ** shift),
      parse: (text) => (ipv4ToNumber(text) - base) / 2 ** shift,
    };
  }
  return {
    first,
    end,
    format: (number) => numberToIpv6(base + (BigInt(number) << BigInt(shift))),
    parse: (text) => Number((ipv6ToNumber(text) ?? -1n) - base) / 2 ** shift,
  };
}

/**
 * Converts a number to an IPv6 address, in the short form of RFC 5952.
 *
 * @param number Number to convert.
 * @returns The address.
 */
export function numberToIpv6(number: bigint): string {
  // There may be many addresses, and operations on big integers are slow.
  const digits = number.toString(16).padStart(32, "0");
  const groups = Array.from(
    { length: 8 },
    (_, index) => parseInt(digits.slice(index * 4, index * 4 + 4), 16),
  );
  const [start, length] = longestZeros(groups);
  const join = (part: readonly number[]) =>
    part.map((group) => group.toString(16)).join(":");
  if (length < 2) return join(groups);
  return `${join(groups.slice(0, start))}::${
    join(groups.slice(start + length))
  }`;
}

/** Start and length of the first of the longest runs of zeros (RFC 5952). */
function longestZeros(groups: readonly number[]): [number, number] {
  let longest: [number, number] = [0, 0];
  let start = 0;
  groups.forEach((group, index) => {
    if (group !== 0) start = index + 1;
    else if (index - start + 1 > longest[1]) {
      longest = [start, index - start + 1];
    }
  });
  return longest;
}

/**
 * Converts an IPv6 address to a number.
 *
 * @param address Address to convert, without an IPv4 address at its end.
 * @returns The number, or `undefined` if the string is not an address.
 */
export function ipv6ToNumber(address: string): bigint | undefined {
  const [head = "", tail, ...more] = address.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = !tail ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  const groups = [...left, ...Array(Math.max(0, zeros)).fill("0"), ...right];
  const isValid = groups.length === 8 && more.length === 0 &&
    groups.every((group) => /^[\da-f]{1,4}$/i.test(group));
  return isValid
    ? groups.reduce((sum, group) => (sum << 16n) + BigInt(`0x${group}`), 0n)
    : undefined;
}
