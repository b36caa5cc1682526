/**
 * Zones and record sets of Amazon Route 53, and how they are read from XML.
 *
 * @module
 */

import { given, type XmlElement } from "../../core/mod.ts";
import {
  type ChangeResult,
  isRecordType,
  nameInZone,
  parseRecordData,
  type RecordSet,
  type RecordType,
  type Zone,
  zoneName,
} from "../../core/dns/mod.ts";

/** A VPC, in which a private zone is served. */
export interface Route53Vpc {
  /** Id of the VPC, such as `"vpc-0123456789abcdef0"`. */
  readonly id: string;
  /** Region of the VPC, such as `"eu-central-1"`. */
  readonly region: string;
}

/** Fields of a zone that only Route 53 has. */
export type Route53ZoneExtra = {
  /** Whether the zone is served in VPCs only, and not on the Internet. */
  readonly isPrivate: boolean;
  /** The comment on the zone, if it has one. */
  readonly comment: string | undefined;
  /** The idempotency key with which the zone was created. */
  readonly callerReference: string;
  /** Number of record sets in the zone, if Route 53 tells it. */
  readonly recordSetCount: number | undefined;
  /** Service of AWS that made the zone. Only this service can change the zone. */
  readonly linkedService: string | undefined;
  /** Id of the reusable delegation set with the name servers, if there is one. */
  readonly delegationSetId: string | undefined;
  /** VPCs in which a private zone is served. Lists do not have them. */
  readonly vpcs: readonly Route53Vpc[];
  /** The creation of a new zone, for `waitForChange()`. */
  readonly change: ChangeResult | undefined;
};

/**
 * A zone of Route 53. Lists do not have its `nameServers`; `getZone()` and
 * `createZone()` do. A private zone has none.
 */
export type Route53Zone = Zone<Route53ZoneExtra>;

/** The resource of AWS, or the record set, that an alias stands for. */
export type Route53Alias = {
  /**
   * Id of the zone of the target. Each service has its own, and each region: that
   * of CloudFront is `"Z2FDTNDATAQYW2"`. For a record set, the id of its zone.
   */
  readonly hostedZoneId: string;
  /** Host name of the target. */
  readonly dnsName: string;
  /** Whether the alias is left out of responses while its target is not healthy. */
  readonly evaluateTargetHealth: boolean;
};

/**
 * How Route 53 chooses between the record sets of one name and type. A record set
 * has one of these policies; all record sets of the name and type have the same.
 */
export type Route53Routing = {
  /** Weighted: share of the responses, from 0 to 255. */
  readonly weight?: number | undefined;
  /** By latency: region of AWS in which the target is. */
  readonly region?: string | undefined;
  /** By the location of the client; `{ countryCode: "*" }` is all others. */
  readonly geoLocation?: {
    readonly continentCode?: string | undefined;
    readonly countryCode?: string | undefined;
    readonly subdivisionCode?: string | undefined;
  } | undefined;
  /** By health: the secondary record set is used if the primary one fails. */
  readonly failover?: "PRIMARY" | "SECONDARY" | undefined;
  /** Several answers: up to 8 healthy record sets are sent. */
  readonly multiValueAnswer?: boolean | undefined;
  /** By the network of the client. */
  readonly cidrRoutingConfig?: {
    readonly collectionId: string;
    readonly locationName: string;
  } | undefined;
  /** By distance; a bias from -99 to 99 makes the area smaller or larger. */
  readonly geoProximityLocation?: {
    readonly awsRegion?: string | undefined;
    readonly localZoneGroup?: string | undefined;
    readonly coordinates?: {
      readonly latitude: string;
      readonly longitude: string;
    } | undefined;
    readonly bias?: number | undefined;
  } | undefined;
};

/** Fields of a record set that only Route 53 has. */
export type Route53RecordSetExtra = {
  /** Tells record sets with a routing policy apart; `undefined` without one. */
  readonly setIdentifier: string | undefined;
  /** The routing policy; `undefined` without one. */
  readonly routing: Route53Routing | undefined;
  /** The target of an alias, which has no `data` and no `ttl` of its own. */
  readonly alias: Route53Alias | undefined;
  /** Id of the health check that decides whether the set is used. */
  readonly healthCheckId: string | undefined;
  /** Id of the traffic policy instance that made the record set. */
  readonly trafficPolicyInstanceId: string | undefined;
  /** The values as Route 53 has them, in the order of `data`. */
  readonly values: readonly string[];
};

/**
 * A record set of Route 53. Aliases, whose `data` is empty, and record sets with a
 * routing policy are listed, too. Several of the latter share a name and a type,
 * and differ by their `id`.
 */
export type Route53RecordSet = RecordSet<Route53RecordSetExtra>;

/** Route 53 escapes names and text with octal digits. */
export const OCTAL = { radix: 8 } as const;

/** Type of a member, and how its text is read. */
type Member =
  | typeof String
  | typeof Number
  | ((text: string) => boolean)
  | { readonly [name: string]: Member };

/** Members of an element, in the order in which Route 53 expects them. */
export type Members = Readonly<Record<string, Member>>;

/** Members of an alias. */
export const ALIAS: Members = {
  HostedZoneId: String,
  DNSName: String,
  EvaluateTargetHealth: isTrue,
};

/** Members of a routing policy that are written before the values. */
export const ROUTING: Members = {
  Weight: Number,
  Region: String,
  GeoLocation: {
    ContinentCode: String,
    CountryCode: String,
    SubdivisionCode: String,
  },
  Failover: String,
  MultiValueAnswer: isTrue,
};

/** Members of a routing policy that are written after the values. */
export const LATE_ROUTING: Members = {
  CidrRoutingConfig: { CollectionId: String, LocationName: String },
  GeoProximityLocation: {
    AWSRegion: String,
    LocalZoneGroup: String,
    Coordinates: { Latitude: String, Longitude: String },
    Bias: Number,
  },
};

/**
 * Converts the name of a member into that of a field.
 *
 * @param member Name of the member, such as `"AWSRegion"`.
 * @returns Name of the field, such as `"awsRegion"`.
 */
export function fieldOf(member: string): string {
  return member.replace(
    /^(?:[A-Z]+(?=[A-Z][a-z])|[A-Z])/,
    (start) => start.toLowerCase(),
  );
}

/**
 * Checks that a response has the element that was requested.
 *
 * @param body Root of the response.
 * @param names Names of the elements on the path.
 * @returns The element.
 * @throws {TypeError} If there is no such element.
 */
export function childOf(
  body: XmlElement | undefined,
  ...names: readonly string[]
): XmlElement {
  const [child] = body?.all(...names) ?? [];
  if (child) return child;
  throw new TypeError(`the response has no element "${names.join("/")}"`);
}

/**
 * Removes the kind from an id, as in `"/hostedzone/Z123"`.
 *
 * @param id The id, with or without the kind.
 * @returns The id without it.
 */
export function toBareId(id: string): string {
  return id.replace(/^\/?(?:hostedzone|change|delegationset)\//, "");
}

/**
 * Converts a zone.
 *
 * @param zone The element `HostedZone`.
 * @param body Root of the response, if it is about this zone alone.
 * @returns The zone.
 */
export function toZone(zone: XmlElement, body?: XmlElement): Route53Zone {
  const change = given(body?.get("ChangeInfo"), toChange);
  const count = zone.textAt("ResourceRecordSetCount");
  const setId = body?.textAt("DelegationSet", "Id");
  const vpcs = [...body?.all("VPC") ?? [], ...body?.all("VPCs", "VPC") ?? []];
  const isPrivate = zone.textAt("Config", "PrivateZone") === "true";
  const hosts = body?.all("DelegationSet", "NameServers", "NameServer") ?? [];
  return {
    id: toBareId(textIn(zone, "Id")),
    name: zoneName(textIn(zone, "Name"), OCTAL),
    kind: "primary",
    state: change?.state === "pending" ? "pending" : "active",
    nameServers: isPrivate
      ? []
      : hosts.map(({ text }) => zoneName(text, OCTAL)),
    extra: {
      isPrivate,
      comment: zone.textAt("Config", "Comment"),
      callerReference: textIn(zone, "CallerReference"),
      recordSetCount: given(count, Number),
      linkedService: zone.textAt("LinkedService", "ServicePrincipal"),
      delegationSetId: given(setId, toBareId),
      vpcs: vpcs.map((vpc) => ({
        id: textIn(vpc, "VPCId"),
        region: textIn(vpc, "VPCRegion"),
      })),
      change,
    },
  };
}

/**
 * Converts a change.
 *
 * @param info The element `ChangeInfo`.
 * @returns The change.
 */
export function toChange(info: XmlElement): ChangeResult {
  return {
    id: toBareId(textIn(info, "Id")),
    state: textIn(info, "Status") === "INSYNC" ? "done" : "pending",
  };
}

/**
 * Converts a record set.
 *
 * @param set The element `ResourceRecordSet`.
 * @param zone Name of its zone.
 * @returns The record set.
 */
export function toRecordSet(set: XmlElement, zone: string): Route53RecordSet {
  const name = nameInZone(textIn(set, "Name"), zone, OCTAL);
  const type = textIn(set, "Type") as RecordType;
  const setIdentifier = set.get("SetIdentifier")?.text;
  const values = set.all("ResourceRecords", "ResourceRecord", "Value")
    .map(({ text }) => text);
  const routing = read(set, { ...ROUTING, ...LATE_ROUTING }) as Route53Routing;
  const alias = given(set.get("AliasTarget"), (it) => read(it, ALIAS));
  return {
    id: [name, type, setIdentifier].filter((it) => it !== undefined).join(" "),
    name,
    type,
    ttl: given(set.textAt("TTL"), Number),
    data: values.map((value) => toData(type, value)),
    extra: {
      setIdentifier,
      routing: Object.keys(routing).length > 0 ? routing : undefined,
      alias,
      healthCheckId: set.textAt("HealthCheckId"),
      trafficPolicyInstanceId: set.textAt("TrafficPolicyInstanceId"),
      values,
    },
  } as Route53RecordSet;
}

/**
 * Parses a value.
 *
 * @typeParam T The type of the record.
 * @param type The type of the record.
 * @param value The value, as Route 53 has it.
 * @returns The data.
 */
export const toData: typeof parseRecordData = (type, value) =>
  // A type that is newer than this package stays text.
  isRecordType(type) ? parseRecordData(type, value, OCTAL) : value as never;

/**
 * Whether a record set has more than a TTL and values: it is an alias, or one of
 * several with a routing policy.
 *
 * @param set The record set.
 * @returns Whether other record sets cannot express it.
 */
export function isSpecial({ extra }: Pick<RecordSet, "extra">): boolean {
  const { setIdentifier, alias, trafficPolicyInstanceId } = (extra ??
    {}) as Partial<Route53RecordSetExtra>;
  return [setIdentifier, alias, trafficPolicyInstanceId]
    .some((it) => it !== undefined);
}

/** Reads the members of an element that are there. */
function read(element: XmlElement, members: Members): object {
  return Object.fromEntries(
    Object.entries(members).flatMap(([name, member]) => {
      const child = element.get(name);
      if (!child) return [];
      const value = typeof member === "function"
        ? member(child.text)
        : read(child, member);
      return [[fieldOf(name), value]];
    }),
  );
}

function textIn(element: XmlElement, name: string): string {
  return element.textAt(name) ?? childOf(element, name).text;
}

function isTrue(text: string): boolean {
  return text === "true";
}
