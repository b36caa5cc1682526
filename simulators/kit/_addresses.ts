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

/** A range of addresses. */
interface Range {
  /** First address, as a number. */
  readonly base: bigint;
  /** Number of bits of an address: 32 or 128. */
  readonly bits: number;
  /** Number of addresses or networks to hand out. */
  readonly size: bigint;
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
  readonly #shift: bigint;
  readonly #first: bigint;
  readonly #taken = new Set<string>();
  readonly #released: string[] = [];
  #next = 0n;

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
    this.#first = BigInt(first);
    this.#suffix = prefix === undefined ? "" : `/${prefix}`;
    const parsed = ranges.map(parseRange);
    const bits = parsed[0]?.bits ?? 32;
    this.#shift = BigInt(prefix === undefined ? 0 : bits - prefix);
    this.#ranges = parsed.map((it) => ({
      ...it,
      size: it.size >> this.#shift,
    }));
  }

  /** Number of addresses in use. */
  get size(): number {
    return this.#taken.size;
  }

  /**
   * Takes an address.
   *
   * @returns The address, or `undefined` if all are in use.
   */
  take(): string | undefined {
    const address = this.#nextNew() ?? this.#released.shift();
    if (address !== undefined) this.#taken.add(address);
    return address;
  }

  /**
   * Releases addresses, so that they can be taken again.
   *
   * @param addresses Addresses that {@linkcode AddressPool.take} has returned;
   * others are ignored.
   */
  release(...addresses: readonly (string | null | undefined)[]): void {
    for (const address of addresses) {
      if (!address || !this.#taken.delete(address)) continue;
      this.#released.push(address);
    }
  }

  #nextNew(): string | undefined {
    let index = this.#next;
    for (const { base, bits, size } of this.#ranges) {
      const usable = size - this.#first - 1n;
      if (index < usable) {
        this.#next++;
        const number = base + ((index + this.#first) << this.#shift);
        return format(number, bits) + this.#suffix;
      }
      index -= usable;
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
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join(".");
}

function parseRange(range: string): Range {
  const [address = "", length = ""] = range.split("/");
  const isV6 = address.includes(":");
  const bits = isV6 ? 128 : 32;
  const number = isV6 ? ipv6ToNumber(address) : ipv4ToNumber(address);
  const prefix = /^\d{1,3}$/.test(length) ? Number(length) : NaN;
  if (number === undefined || Number.isNaN(number) || !(prefix <= bits)) {
    throw new RangeError(
      `AddressPool: ranges must be in CIDR notation, got ${range}`,
    );
  }
  return { base: BigInt(number), bits, size: 1n << BigInt(bits - prefix) };
}

function format(number: bigint, bits: number): string {
  if (bits === 32) return numberToIpv4(Number(number));
  const groups = Array.from(
    { length: 8 },
    (_, index) => ((number >> BigInt(112 - index * 16)) & 0xffffn).toString(16),
  );
  const full = groups.join(":");
  // The first of the longest runs of zeros is left out (RFC 5952).
  const zerosIn = (run: string) => run.replaceAll(":", "").length;
  const [run] = [...full.matchAll(/(?:^|:)0(?::0)+(?:$|:)/g)]
    .sort((a, b) => zerosIn(b[0]) - zerosIn(a[0]));
  if (run === undefined) return full;
  return `${full.slice(0, run.index)}::${
    full.slice(run.index + run[0].length)
  }`;
}

function ipv6ToNumber(address: string): bigint | undefined {
  const [head = "", tail] = address.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = !tail ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  const groups = [...left, ...Array(Math.max(0, zeros)).fill("0"), ...right];
  const isValid = groups.length === 8 &&
    groups.every((group) => /^[\da-f]{1,4}$/i.test(group));
  return isValid
    ? groups.reduce((sum, group) => (sum << 16n) + BigInt(`0x${group}`), 0n)
    : undefined;
}
