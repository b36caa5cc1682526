/**
 * Zones and record sets: plain, readonly, JSON-safe data.
 *
 * The unit is the record set: all records of one name and one type. They share
 * one TTL (RFC 2181, section 5.2).
 *
 * @module
 */

import type { Extra } from "../extra.ts";
import type { Ref } from "../ref.ts";

/**
 * Data of one record, for each type that has a structure.
 *
 * - A host is absolute, in lower case and without the final dot, such as
 *   `"mx1.example.com"`. The root is `"."`. Only a host of one label keeps its
 *   dot, as in `"localhost."`: without it, the label could be meant relative to
 *   the zone, and is refused.
 * - Text is encoded as UTF-8. A byte that is not part of valid UTF-8 is one
 *   character from U+DC80 to U+DCFF: the byte 0xFF is `"\udcff"`. These lone
 *   surrogates survive JSON; Python's `surrogateescape` does the same.
 */
export interface RecordDataTypes {
  /** An IPv4 address. */
  readonly A: string;
  /** An IPv6 address, in the short form of RFC 5952. */
  readonly AAAA: string;
  /** The host that this name is an alias of. */
  readonly CNAME: string;
  /** The host whose subdomains replace the subdomains of this name. */
  readonly DNAME: string;
  /** A name server. */
  readonly NS: string;
  /** The host of an address, in a reverse zone. */
  readonly PTR: string;
  /**
   * One text. It is cut into strings of 255 bytes for DNS, and joined again when
   * it is read. An array keeps strings that are cut elsewhere.
   */
  readonly TXT: string | readonly string[];
  /** A mail server. Preference 0 and host `"."`: the name accepts no mail. */
  readonly MX: { readonly preference: number; readonly host: string };
  /** A server of a service. Host `"."`: the service is not offered. */
  readonly SRV: {
    readonly priority: number;
    readonly weight: number;
    readonly port: number;
    readonly host: string;
  };
  /** A certificate authority that may issue certificates (RFC 8659). */
  readonly CAA: {
    readonly flags: number;
    readonly tag: string;
    readonly value: string;
  };
  /** Digest of a key of a signed subdomain; `digest` is hexadecimal. */
  readonly DS: {
    readonly keyTag: number;
    readonly algorithm: number;
    readonly digestType: number;
    readonly digest: string;
  };
  /** Fingerprint of an SSH host key; `fingerprint` is hexadecimal. */
  readonly SSHFP: {
    readonly algorithm: number;
    readonly fingerprintType: number;
    readonly fingerprint: string;
  };
  /** A certificate or key of a TLS server; `data` is hexadecimal. */
  readonly TLSA: {
    readonly usage: number;
    readonly selector: number;
    readonly matchingType: number;
    readonly data: string;
  };
  /** A rule that rewrites a name or a URI (RFC 3403). */
  readonly NAPTR: {
    readonly order: number;
    readonly preference: number;
    readonly flags: string;
    readonly services: string;
    readonly regexp: string;
    readonly replacement: string;
  };
  /** How to reach a service (RFC 9460). */
  readonly SVCB: ServiceBinding;
  /** How to reach a web server (RFC 9460). */
  readonly HTTPS: ServiceBinding;
}

/** How to reach a service (RFC 9460). */
export interface ServiceBinding {
  /** The smallest is tried first; 0 makes the record an alias. */
  readonly priority: number;
  /** The host; `"."` is the name of the record itself. */
  readonly target: string;
  /**
   * Parameters as in a zone file, without quotes: `{ alpn: "h2,h3" }`. The value
   * of a key without a value is `""`: `{ "no-default-alpn": "" }`.
   */
  readonly params: Readonly<Record<string, string>>;
}

/** Types whose data has a structure; see {@linkcode RecordDataTypes}. */
export type KnownType = keyof RecordDataTypes;

/**
 * Types whose data is text in the form of a zone file. Names in it are absolute
 * with the final dot. The data of `TYPE…` has the form of RFC 3597:
 * `"\\# 3 abcdef"`.
 */
export type TextType =
  | "AFSDB"
  | "APL"
  | "CDNSKEY"
  | "CDS"
  | "CERT"
  | "CSYNC"
  | "DHCID"
  | "DNSKEY"
  | "EUI48"
  | "EUI64"
  | "HINFO"
  | "KX"
  | "LOC"
  | "NSEC"
  | "NSEC3"
  | "NSEC3PARAM"
  | "OPENPGPKEY"
  | "RP"
  | "RRSIG"
  | "SMIMEA"
  | "SOA"
  | "SPF"
  | "URI"
  | "ZONEMD"
  | `TYPE${number}`;

/** Every type of record. */
export type RecordType = KnownType | TextType;

/**
 * Data of one record of a type.
 *
 * @typeParam T The type of the record.
 */
export type RecordData<T extends RecordType = RecordType> = T extends KnownType
  ? RecordDataTypes[T]
  : string;

/**
 * A record set of one type.
 *
 * @typeParam T The type of the records.
 */
export interface RecordSetFields<T extends RecordType> {
  /**
   * Name inside the zone: `"www"`, `"*.dev"`, or `"@"` for the zone itself. A name
   * that ends in a dot is absolute, and must be in the zone.
   */
  readonly name: string;
  /** Type of the records, in upper case. */
  readonly type: T;
  /**
   * How long a resolver may keep the records, in seconds.
   *
   * @default {that of the zone}
   */
  readonly ttl?: number | undefined;
  /** Data of each record, in any order. */
  readonly data: readonly RecordData<T>[];
}

/** The record sets that you can write: `type` decides what `data` holds. */
export type RecordSetInput = {
  readonly [T in RecordType]: RecordSetFields<T>;
}[RecordType];

/**
 * A record set as listed.
 *
 * @typeParam E Type of `extra`.
 */
export type RecordSet<E extends Extra = Extra> = RecordSetInput & {
  /** Differs even if sets share name and type, as they can at Route 53. */
  readonly id: string;
  /** Fields that only this provider has. */
  readonly extra: E;
};

/** What identifies a record set in a zone. */
export interface RecordSetKey {
  /** Name inside the zone, or an absolute name that ends in a dot. */
  readonly name: string;
  /** Type of the records. */
  readonly type: RecordType;
}

/**
 * A zone.
 *
 * @typeParam E Type of `extra`.
 */
export interface Zone<E extends Extra = Extra> {
  /** Id of the zone at the provider. */
  readonly id: string;
  /** Name in lower case, without the final dot: `"example.com"`. */
  readonly name: string;
  /** Whether the provider has the records, or copies them from elsewhere. */
  readonly kind: "primary" | "secondary" | "unknown";
  /** Whether the zone is served; it is `"pending"` until then. */
  readonly state: "active" | "pending" | "paused" | "error" | "unknown";
  /** TTL of record sets without their own, in seconds. */
  readonly ttl?: number | undefined;
  /** Hosts that the registrar of the domain has to name. */
  readonly nameServers: readonly string[];
  /** Time of creation, ISO 8601 in UTC. */
  readonly createdAt?: string | undefined;
  /** Fields that only this provider has. */
  readonly extra: E;
}

/**
 * Reference to a zone: its id, a record with an id, or its name. A name costs one
 * more request if the provider expects ids.
 */
export type ZoneRef = Ref | { readonly name: string };

/**
 * One step of a change. `before` is the record set that you have read: the
 * provider compares it if it can; otherwise, the driver reads the set again.
 */
export type RecordSetChange =
  | { readonly action: "create"; readonly after: RecordSetInput }
  | {
    readonly action: "replace";
    readonly before?: RecordSet | undefined;
    readonly after: RecordSetInput;
  }
  | { readonly action: "delete"; readonly before: RecordSet | RecordSetKey };

/** State of a change. */
export interface ChangeResult {
  /** Id for `waitForChange()`; absent if there is nothing to wait for. */
  readonly id?: string | undefined;
  /** Whether all name servers of the provider have the change. */
  readonly state: "done" | "pending";
}
