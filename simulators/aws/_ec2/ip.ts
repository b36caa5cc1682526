/**
 * IPv4 addresses as numbers.
 *
 * @module
 */

/**
 * Converts an IPv4 address to a number.
 *
 * @param ip Address to convert.
 * @returns The number, or `NaN` if the string is not an address.
 */
export function toNumber(ip: string): number {
  if (!/^\d{1,3}(?:\.\d{1,3}){3}$/.test(ip)) return NaN;
  return ip.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

/**
 * Converts a number to an IPv4 address.
 *
 * @param number Number to convert.
 * @returns The address.
 */
export function toIp(number: number): string {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join(".");
}
