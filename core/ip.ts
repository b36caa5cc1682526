/**
 * Which addresses are public and which are not, told by parsing them.
 *
 * @module
 */

/** Addresses told apart. */
export interface SplitIps {
  /** Those that the internet reaches. */
  readonly publicIps: string[];
  /** The other ones. */
  readonly privateIps: string[];
}

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
// IPv4 in IPv6, as URL parsers write it.
const MAPPED = /^::ffff:([\da-f]+):([\da-f]+)$/;
// In this order: unspecified, loopback, private (RFC 1918), shared (RFC 6598),
// link-local; then the same of IPv6, and unique local (RFC 4193).
const NOT_PUBLIC =
  /^(?:0\.|127\.|10\.|172\.(?:1[6-9]|2\d|3[01])\.|192\.168\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|169\.254\.|::1?$|fe[89ab].:|f[cd]..:)/;

/**
 * Tells whether the internet reaches an IPv4 or IPv6 address: whether it is not
 * private, shared, unique local, link-local, loopback or unspecified. IPv4
 * mapped into IPv6 is taken for what it is.
 *
 * @param address An address, without a prefix length; a zone (`%eth0`) is
 *   ignored.
 * @returns Whether it is public, or `undefined` where the text is no address.
 * @see {@link https://www.iana.org/assignments/iana-ipv4-special-registry | IANA special-purpose addresses}
 */
export function isPublicIp(address: string): boolean | undefined {
  const text = IPV4.test(address) ? address : toCanonicalIpv6(address);
  return text ? !NOT_PUBLIC.test(text) : undefined;
}

/**
 * Tells public and private addresses apart; what is no address is left out.
 *
 * @param addresses Any number of addresses.
 * @returns Both lists, in the given order.
 */
export function splitIps(addresses: readonly string[]): SplitIps {
  const split: SplitIps = { publicIps: [], privateIps: [] };
  for (const address of addresses) {
    const isPublic = isPublicIp(address);
    if (isPublic) split.publicIps.push(address);
    else if (isPublic === false) split.privateIps.push(address);
  }
  return split;
}

function toCanonicalIpv6(address: string): string | undefined {
  // URL parsers know every way to write an IPv6 address, and write it in one.
  const bare = /^[\da-f:.]+(?=%|$)/i.exec(address);
  const text = bare && URL.parse(`http://[${bare}]`)?.hostname.slice(1, -1);
  const [, high, low] = MAPPED.exec(text ?? "") ?? [];
  return high && low
    ? [high, low].map((group) => parseInt(group, 16))
      .flatMap((group) => [group >> 8, group & 0xff]).join(".")
    : text ?? undefined;
}
