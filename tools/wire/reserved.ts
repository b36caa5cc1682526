/**
 * Replaces private values by reserved ones: 203.0.113.0/24 (RFC 5737),
 * 2001:db8::/32 (RFC 3849) and example.com (RFC 2606).
 *
 * @module
 */

import { isPublicIp } from "../../core/ip.ts";

// Documentation addresses, and netmasks.
const RESERVED_IPV4 = /^(?:192\.0\.2|198\.51\.100|203\.0\.113|255\.\d+\.\d+)\./;
const RESERVED_IPV6 = /^2001:0?db8:/i;
const RESERVED_HOST =
  /(?:^|\.)example(?:\.(?:com|net|org))?$|\.test$|^localhost$/;
const HOST = /^(?:[a-z\d](?:[a-z\d-]*[a-z\d])?\.)+[a-z]{2,}\.?$/i;
const HOST_KEYS = /dns|host|domain|fqdn|reverse|rdns/i;

/**
 * Replaces public addresses, e-mail addresses and host names in a value. Equal
 * values get equal replacements.
 *
 * @param value A JSON value.
 * @param own Host names that stay, such as that of the API.
 * @returns The value with reserved values.
 */
export function toReserved(
  value: unknown,
  own: readonly string[] = [],
): unknown {
  const known = new Map<string, string>();
  const reserve = (text: string, make: (index: number) => string): string => {
    const found = known.get(text) ?? make(known.size + 1);
    known.set(text, found);
    return found;
  };

  function visit(value: unknown, key: string): unknown {
    if (typeof value === "string") return visitText(value, key);
    if (Array.isArray(value)) return value.map((item) => visit(item, key));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, visit(item, key)]),
    );
  }

  function visitText(text: string, key: string): string {
    const [address = "", prefix] = text.split("/");
    if (/^[\da-f:.]+$/i.test(address) && isPublicIp(address)) {
      const end = prefix === undefined ? "" : `/${prefix}`;
      return reserveIp(address, prefix) + end;
    }
    if (HOST_KEYS.test(key) && HOST.test(text)) return reserveHost(text);
    return text
      .replace(
        /\b([\w.+-]+)@([a-z\d.-]+\.[a-z]{2,})\b/gi,
        (_all, user, host) => `${user}@${reserveHost(host, "example.com")}`,
      )
      .replace(
        /\b(https?:\/\/)([a-z\d.-]+)/gi,
        (_all, scheme, host) => scheme + reserveHost(host, "example.com"),
      );
  }

  function reserveIp(address: string, prefix: string | undefined): string {
    if (address.includes(":")) {
      if (RESERVED_IPV6.test(address)) return address;
      return reserve(address, (index) => {
        const network = `2001:db8:${index.toString(16)}::`;
        return prefix === undefined || prefix === "128"
          ? `${network}1`
          : network;
      });
    }
    if (RESERVED_IPV4.test(address)) return address;
    return reserve(
      address,
      (index) =>
        address.endsWith(".0") && prefix !== undefined
          ? "203.0.113.0"
          : `203.0.113.${index % 254 || 254}`,
    );
  }

  function reserveHost(host: string, replacement?: string): string {
    const isOwn = own.some((it) => host === it || host.endsWith(`.${it}`));
    if (isOwn || RESERVED_HOST.test(host.toLowerCase())) return host;
    return replacement ??
      reserve(host, (index) => `host-${index}.example.com`);
  }

  return visit(value, "");
}
