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

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.?\b){4}$/;

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
  return IPV4.test(address)
    // What parseInt() reads ends at the dot.
    ? isPublicIpv4(
      parseInt(address),
      parseInt(address.slice(address.indexOf(".") + 1)),
    )
    : isPublicIpv6(address);
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

function isPublicIpv4(first: number, second: number): boolean {
  return !(
    // Unspecified, private (RFC 1918), loopback.
    first === 0 || first === 10 || first === 127 ||
    // Private: 172.16.0.0/12 and 192.168.0.0/16.
    first === 172 && second >> 4 === 1 || first === 192 && second === 168 ||
    // Shared (RFC 6598): 100.64.0.0/10. Link-local: 169.254.0.0/16.
    first === 100 && second >> 6 === 1 || first === 169 && second === 254
  );
}

function isPublicIpv6(address: string): boolean | undefined {
  // URL parsers know every way to write an IPv6 address, and write it in one.
  const bare = /^[\da-f:.]+(?=%|$)/i.exec(address);
  const text = bare && URL.parse(`http://[${bare}]`)?.hostname.slice(1, -1);
  // IPv4 in IPv6, as URL parsers write it; the first two octets tell.
  const mapped = /^::ffff:([\da-f]+):[\da-f]+$/.exec(text ?? "")?.[1];
  const head = parseInt(mapped ?? "", 16);
  if (head >= 0) return isPublicIpv4(head >> 8, head & 255);
  // Unspecified, loopback, link-local, unique local (RFC 4193).
  return text ? !/^(?:::1?$|fe[89ab].:|f[cd]..:)/.test(text) : undefined;
}
