/**
 * Record sets of each type, and texts that are hard to carry.
 *
 * @module
 */

import type { RecordSetInput } from "../../core/dns/mod.ts";

const HEX = "d2abde240d7cd3ee6b4b28c54df034b97983a1d16e8a410e4561cb106618e971";

/** A record set of each type, in the form that `normalizeRecordSet()` returns. */
export const SAMPLES: readonly RecordSetInput[] = [
  { name: "a", type: "A", data: ["192.0.2.7", "192.0.2.8"] },
  { name: "aaaa", type: "AAAA", data: ["2001:db8::7", "::1"] },
  { name: "*.wild", type: "CNAME", data: ["www.example.net"] },
  { name: "dname", type: "DNAME", data: ["other.example.net"] },
  { name: "ns", type: "NS", data: ["ns1.example.net", "localhost."] },
  { name: "ptr", type: "PTR", data: ["host.example.net"] },
  { name: "txt", type: "TXT", data: ["v=DKIM1;k=rsa;p=AAAA", 'a "b" c'] },
  {
    name: "@",
    type: "MX",
    data: [
      { preference: 10, host: "mx1.example.net" },
      { preference: 20, host: "mx2.example.net" },
    ],
  },
  {
    name: "_sip._tcp",
    type: "SRV",
    data: [
      { priority: 1, weight: 2, port: 5060, host: "sip.example.net" },
      { priority: 2, weight: 0, port: 443, host: "sip2.example.net" },
    ],
  },
  {
    name: "@",
    type: "CAA",
    data: [
      { flags: 0, tag: "issue", value: "ca.example.net" },
      { flags: 128, tag: "iodef", value: "mailto:ca@example.net" },
    ],
  },
  {
    name: "ds",
    type: "DS",
    data: [{ keyTag: 7626, algorithm: 13, digestType: 2, digest: HEX }],
  },
  {
    name: "sshfp",
    type: "SSHFP",
    data: [{ algorithm: 4, fingerprintType: 2, fingerprint: HEX }],
  },
  {
    name: "_443._tcp",
    type: "TLSA",
    data: [{ usage: 3, selector: 1, matchingType: 1, data: HEX }],
  },
  {
    name: "naptr",
    type: "NAPTR",
    data: [{
      order: 100,
      preference: 10,
      flags: "u",
      services: "E2U+sip",
      regexp: "!^(.*)$!sip:\\1@example.net!",
      replacement: ".",
    }],
  },
  {
    name: "svcb",
    type: "SVCB",
    data: [{ priority: 0, target: "alias.example.net", params: {} }],
  },
  {
    name: "https",
    type: "HTTPS",
    data: [{
      priority: 1,
      target: ".",
      params: { alpn: "h2,h3", port: "8443", ipv4hint: "192.0.2.7" },
    }],
  },
  { name: "cert", type: "CERT", data: ["1 2 3 AAAA"] },
  { name: "hinfo", type: "HINFO", data: ['"a b" "c"'] },
  { name: "uri", type: "URI", data: ['10 1 "ftp://ftp.example.net/a"'] },
  { name: "type", type: "TYPE65280", data: ["\\# 3 abcdef"] },
];

/**
 * Texts that providers quote, cut and mangle. A provider that cannot hold one
 * refuses it before any request.
 */
export const TEXTS: readonly string[] = [
  "",
  " ",
  "a",
  '"',
  '""',
  "a\\b",
  "\\",
  "\\032",
  "; a comment",
  "( )",
  "a\tb\r\nc",
  "v=spf1 -all",
  " spaces around ",
  "$ORIGIN @ TXT",
  "ünïcödé 💥",
  "x".repeat(255),
  "x".repeat(256),
  "é".repeat(200),
  '"'.repeat(255),
  "y".repeat(600),
  ...bytes(),
];

/** Every byte, 32 to a text. Those outside ASCII are no UTF-8. */
function bytes(): string[] {
  return Array.from(
    { length: 8 },
    (_, part) =>
      Array.from({ length: 32 }, (_, index) => {
        const byte = part * 32 + index;
        return String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte);
      }).join(""),
  );
}
