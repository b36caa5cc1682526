/**
 * Random zones for property tests, and zone files that spell them in every way
 * that RFC 1035 permits.
 *
 * @module
 */

import type {
  KnownType,
  RecordData,
  RecordSetInput,
  RecordType,
} from "../../core/dns/records.ts";
import { fromOctets, toOctets } from "../../core/dns/octets.ts";
import { formatRecordData } from "../../core/dns/rdata.ts";
import type { ZoneFile } from "../../core/dns/zone_file.ts";
import type { Random } from "./_random.ts";

/** What a random zone may contain. */
export interface ZoneLimits {
  /** Types of the record sets. The default is all types. */
  readonly types?: readonly RecordType[];
  /** Longest text in bytes. The default is 2000. */
  readonly maxText?: number;
  /**
   * Whether labels, parameters, HINFO and CAA may contain any byte. TXT may in
   * any case. The default is `true`.
   */
  readonly anyBytes?: boolean;
}

type Make<T extends RecordType> = (
  random: Random,
  limits: Required<ZoneLimits>,
) => RecordData<T>;

const LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789";
const HEX = "0123456789abcdef";

const uint8 = (random: Random) => random.int(0, 255);
const uint16 = (random: Random) => random.int(0, 65_535);
const uint32 = (random: Random) => random.int(0, 2 ** 32 - 1);

/** Makes data of each type that has a structure, in its usual form. */
const KNOWN: { readonly [T in KnownType]: Make<T> } = {
  A: ipv4,
  AAAA: ipv6,
  CNAME: host,
  DNAME: host,
  NS: host,
  PTR: host,
  TXT: text,
  MX: (random, limits) => ({
    preference: uint16(random),
    host: host(random, limits),
  }),
  SRV: (random, limits) => ({
    priority: uint16(random),
    weight: uint16(random),
    port: uint16(random),
    host: host(random, limits),
  }),
  CAA: (random, limits) => ({
    flags: uint8(random),
    tag: random.pick(["issue", "issuewild", "iodef", "x1"]),
    value: fromOctets(bytes(random, limits, 300)),
  }),
  DS: (random) => ({
    keyTag: uint16(random),
    algorithm: uint8(random),
    digestType: 2,
    digest: hex(random, 32),
  }),
  SSHFP: (random) => ({
    algorithm: random.int(1, 6),
    fingerprintType: 2,
    fingerprint: hex(random, 32),
  }),
  TLSA: (random) => ({
    usage: uint8(random),
    selector: uint8(random),
    matchingType: uint8(random),
    data: hex(random, random.int(1, 70)),
  }),
  NAPTR: (random, limits) => ({
    order: uint16(random),
    preference: uint16(random),
    flags: random.pick(["", "S", "A", "U", "P"]),
    services: random.pick(["", "SIP+D2U", "E2U+sip"]),
    regexp: random.pick([
      "",
      "!^.*$!sip:info@example.com!",
      "!^(.*)$!\\1!",
    ]),
    replacement: host(random, limits),
  }),
  SVCB: service,
  HTTPS: service,
};

/** Makes data of the other types. */
const TEXTS: Readonly<
  Record<string, (random: Random, limits: Required<ZoneLimits>) => string>
> = {
  AFSDB: (random, limits) => `${uint16(random)} ${dotted(random, limits)}`,
  APL: (random) =>
    random.pick(["1:192.0.2.0/24", "1:192.0.2.0/24 !1:192.0.2.64/28"]),
  CDNSKEY: (random) => `257 3 ${random.int(1, 15)} ${base64(random)}`,
  CDS: (random) => `${uint16(random)} 13 2 ${hex(random, 32)}`,
  CERT: (random) => `${random.int(1, 8)} ${uint16(random)} 8 ${base64(random)}`,
  CSYNC: (random) => `${uint32(random)} ${random.int(0, 3)} A NS AAAA`,
  DHCID: base64,
  DNSKEY: (random) => `256 3 ${random.int(1, 15)} ${base64(random)}`,
  EUI48: () => "00-00-5e-00-53-2a",
  EUI64: () => "00-00-5e-ef-10-00-00-2a",
  HINFO: (random, limits) =>
    `${string(random, limits)} ${string(random, limits)}`,
  KX: (random, limits) => `${uint16(random)} ${dotted(random, limits)}`,
  LOC: (random) =>
    `${random.int(0, 89)} ${random.int(0, 59)} ${random.int(0, 59)}.250 N ` +
    `${random.int(1, 179)} 0 0.000 W ${random.int(-99, 4000)}.00m 1.00m ` +
    "10000.00m 10.00m",
  NSEC: (random, limits) => `${dotted(random, limits)} A MX RRSIG NSEC`,
  NSEC3: () => "1 1 12 aabbccdd 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR A RRSIG",
  NSEC3PARAM: () => "1 0 0 -",
  OPENPGPKEY: base64,
  RP: (random, limits) => `${dotted(random, limits)} ${dotted(random, limits)}`,
  RRSIG: (random, limits) =>
    `A 8 2 3600 20261201000000 20261101000000 ${uint16(random)} ` +
    `${dotted(random, limits)} ${base64(random)}`,
  SMIMEA: (random) => `3 1 1 ${hex(random, 32)}`,
  SPF: (random, limits) =>
    `${string(random, limits)} ${string(random, limits)}`,
  TYPE65280: generic,
  TYPE65534: generic,
  URI: (random) => `${uint16(random)} ${uint16(random)} "https://example.com/"`,
  ZONEMD: (random) => `${uint32(random)} 1 1 ${hex(random, 48)}`,
};

/** All types, without SOA: a zone has just one. */
export const TYPES: readonly RecordType[] = [
  ...Object.keys(KNOWN),
  ...Object.keys(TEXTS),
] as RecordType[];

/**
 * Makes up a zone. Its record sets are in their usual form, so that they can be
 * compared.
 *
 * @param random Random numbers.
 * @param limits What it may contain.
 * @returns The zone, with a SOA record first.
 */
export function randomZone(random: Random, limits: ZoneLimits = {}): ZoneFile {
  const all = { types: TYPES, maxText: 2000, anyBytes: true, ...limits };
  const soa = `${dotted(random, all)} ${dotted(random, all)} ` +
    `${uint32(random)} 7200 900 1209600 300`;
  const first = { name: "@", type: "SOA", ttl: ttl(random), data: [soa] };
  const count = random.int(1, 12);
  const others = Array.from(
    { length: count },
    (_, index) => randomSet(random, all, index),
  );
  return {
    origin: "example.com",
    ttl: ttl(random),
    recordSets: [first as RecordSetInput, ...others],
  };
}

/** No name is above another one, so that a CNAME or DNAME disturbs none. */
function randomSet(
  random: Random,
  limits: Required<ZoneLimits>,
  index: number,
): RecordSetInput {
  const type = random.pick(limits.types);
  const isSingle = ["CNAME", "DNAME", "NSEC", "NSEC3PARAM"].includes(type);
  const count = isSingle ? 1 : random.int(1, 4);
  const make = Object.hasOwn(TEXTS, type)
    ? TEXTS[type]
    : KNOWN[type as KnownType];
  const values = new Map(
    Array.from({ length: count }, () => {
      const data = (make as Make<RecordType>)(random, limits);
      return [JSON.stringify(data), data];
    }),
  );
  // BIND refuses a wildcard that is delegated.
  const hasWildcard = type !== "NS" && type !== "DNAME" && random.chance(0.1);
  const wildcard = hasWildcard ? "*." : "";
  return {
    name: `${wildcard}${name(random, limits, 2)}.s${index}`,
    type,
    ttl: ttl(random),
    data: [...values.values()],
  } as RecordSetInput;
}

function ttl(random: Random): number {
  return random.pick([0, 60, 300, 3600, 5400, 86_400, 1_209_600, 2 ** 31 - 1]);
}

function ipv4(random: Random): string {
  return Array.from({ length: 4 }, () => uint8(random)).join(".");
}

function ipv6(random: Random): string {
  return random.pick([
    "::",
    "::1",
    "2001:db8::1",
    `2001:db8:${random.int(1, 65_535).toString(16)}::53`,
    "1:2:3:4:5:6:7:8",
  ]);
}

/** An absolute host without the final dot, except if it has one label. */
function host(random: Random, limits: Required<ZoneLimits>): string {
  if (random.chance(0.1)) return random.pick([".", "localhost."]);
  const parent = random.pick(["example.com", "a.example.com", "example.net"]);
  return random.chance(0.1) ? parent : `${name(random, limits, 2)}.${parent}`;
}

function dotted(random: Random, limits: Required<ZoneLimits>): string {
  const text = host(random, limits);
  return text.endsWith(".") ? text : `${text}.`;
}

/** Labels with dots between them, in their usual form. */
function name(
  random: Random,
  limits: Required<ZoneLimits>,
  max: number,
): string {
  return Array.from(
    { length: random.int(1, max) },
    () => label(random, limits),
  ).join(".");
}

function label(random: Random, { anyBytes }: Required<ZoneLimits>): string {
  if (!anyBytes || random.chance(0.8)) {
    const start = random.pick(["", "_", "xn--"]);
    return start + letters(random, LETTERS, random.int(1, 12));
  }
  return Array.from(octets(random, 20) || "-", (octet) => {
    const code = octet.charCodeAt(0);
    if (/["().;\\@$]/.test(octet)) return `\\${octet}`;
    if (/[\w*/-]/.test(octet)) return octet.toLowerCase();
    return `\\${String(code).padStart(3, "0")}`;
  }).join("");
}

/** One text, or strings that are cut elsewhere than after 255 bytes. */
function text(
  random: Random,
  { maxText }: Required<ZoneLimits>,
): string | readonly string[] {
  const joined = random.chance(0.2) ? ascii(random) : octets(random, maxText);
  if (random.chance(0.7)) return fromOctets(joined);
  // The first string is short, so that the cut is not the usual one.
  const first = joined.slice(0, random.int(0, 254));
  const rest = joined.slice(first.length).match(/[^]{1,255}/g) ?? [""];
  return [first, ...rest].map(fromOctets);
}

function service(
  random: Random,
  limits: Required<ZoneLimits>,
): RecordData<"HTTPS"> {
  const target = host(random, limits);
  if (random.chance(0.2)) return { priority: 0, target, params: {} };
  const all: Readonly<Record<string, string>> = {
    alpn: random.pick(["h2", "h2,h3", "h3,http/1.1"]),
    "no-default-alpn": "",
    port: String(uint16(random)),
    ipv4hint: `${ipv4(random)},${ipv4(random)}`,
    ech: "AEX+DQBB",
    ipv6hint: "2001:db8::1,2001:db8::2",
    key65333: fromOctets(bytes(random, limits, 30)),
  };
  const params: Record<string, string> = { alpn: all["alpn"] as string };
  for (const [key, value] of Object.entries(all)) {
    if (random.chance(0.4)) params[key] = value;
  }
  const keys = Object.keys(params);
  const mandatory = random.chance(0.3)
    ? { mandatory: keys.join(",") }
    : undefined;
  return {
    priority: random.int(1, 65_535),
    target,
    params: {
      ...mandatory,
      ...params,
    },
  };
}

function generic(random: Random): string {
  const length = random.int(0, 40);
  return `\\# ${length} ${hex(random, length)}`.trimEnd();
}

function string(random: Random, limits: Required<ZoneLimits>): string {
  return formatRecordData("TXT", fromOctets(bytes(random, limits, 40)));
}

function ascii(random: Random): string {
  return random.pick([
    "v=spf1 include:_spf.example.com -all",
    "v=DKIM1;k=rsa;p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A",
    'a;b "q" c\\d',
    "\u{1f480} \u00fc \u0645\u0631\u062d\u0628\u0627",
  ].map(toOctets));
}

/** Bytes of any value, or only letters. */
function bytes(
  random: Random,
  { anyBytes }: Required<ZoneLimits>,
  max: number,
): string {
  return anyBytes
    ? octets(random, max)
    : letters(random, LETTERS, random.int(0, max));
}

/** Bytes of any value. */
function octets(random: Random, max: number): string {
  const length = random.chance(0.1) ? max : random.int(0, Math.min(max, 80));
  return Array.from(
    { length },
    () => String.fromCharCode(random.int(0, random.pick([127, 255]))),
  ).join("");
}

function hex(random: Random, bytes: number): string {
  return letters(random, HEX, 2 * bytes);
}

function base64(random: Random): string {
  return btoa(octets(random, 60) || "key");
}

function letters(random: Random, alphabet: string, length: number): string {
  return Array.from({ length }, () => random.pick([...alphabet])).join("");
}
