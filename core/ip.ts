/**
 * Public and private IP addresses.
 *
 * @module
 */

/** Public and private addresses. */
export interface SplitIps {
  /** Addresses that are reachable from the internet. */
  readonly publicIps: string[];
  /** All other addresses. */
  readonly privateIps: string[];
}

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.?\b){4}$/;
// An address whose first group is canonical. A URL parser takes more time.
const FULL_IPV6 = /^[1-9a-f][\da-f]{3}(?::[\da-f]{1,4}){7}$/i;
// Unspecified, loopback, link-local, unique local (RFC 4193).
const LOCAL_IPV6 = /^(?:::1?$|fe[89ab].:|f[cd]..:)/i;

/**
 * Checks whether an IPv4 or IPv6 address is public: not private, shared, unique
 * local, link-local, loopback or unspecified. An IPv4 address mapped into IPv6
 * counts as the IPv4 address.
 *
 * @param address An address without a prefix length. A zone such as `%eth0` is
 *   ignored.
 * @returns Whether the address is public, or `undefined` if the string is not an
 *   address.
 * @see {@link https://www.iana.org/assignments/iana-ipv4-special-registry | IANA special-purpose addresses}
 */
export function isPublicIp(address: string): boolean | undefined {
  return IPV4.test(address)
    // parseInt() reads only the digits before the first dot.
    ? isPublicIpv4(
      parseInt(address),
      parseInt(address.slice(address.indexOf(".") + 1)),
    )
    : isPublicIpv6(address);
}

/**
 * Separates public and private addresses. Strings that are not addresses are
 * left out.
 *
 * @param addresses The addresses.
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
  if (FULL_IPV6.test(address)) return !LOCAL_IPV6.test(address);
  // A URL parser accepts all notations of an IPv6 address, and returns the
  // canonical one.
  const bare = /^[\da-f:.]+(?=%|$)/i.exec(address);
  const text = bare && URL.parse(`http://[${bare}]`)?.hostname.slice(1, -1);
  // IPv4 in IPv6, as URL parsers write it. The first two octets are sufficient.
  const mapped = /^::ffff:([\da-f]+):[\da-f]+$/.exec(text ?? "")?.[1];
  const head = parseInt(mapped ?? "", 16);
  if (head >= 0) return isPublicIpv4(head >> 8, head & 255);
  return text ? !LOCAL_IPV6.test(text) : undefined;
}
