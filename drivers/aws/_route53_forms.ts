/**
 * Changes of record sets, as Amazon Route 53 expects them.
 *
 * @module
 */

import { checkText, mistake } from "../../core/mod.ts";
import {
  absoluteName,
  checkRecordSet,
  checkRecordSetKey,
  dataKey,
  formatRecordData,
  hostName,
  type RecordData,
  type RecordSet,
  type RecordSetInput,
  type RecordType,
} from "../../core/dns/mod.ts";
import { DISPLAY_NAME } from "./_route53_connection.ts";
import {
  ALIAS,
  fieldOf,
  LATE_ROUTING,
  type Members,
  OCTAL,
  type Route53Alias,
  type Route53RecordSetExtra,
  type Route53Routing,
  ROUTING,
  toBareId,
  toData,
} from "./_route53_records.ts";
import type { XmlContent, XmlContents } from "./_rest_xml.ts";

/** A record set to write, with all that only Route 53 has. */
export interface Route53RecordSetInput {
  /** Name inside the zone, or an absolute name that ends in a dot. */
  readonly name: string;
  /** Type of the records; of an alias, the type of its target. */
  readonly type: RecordType;
  /**
   * TTL in seconds. An alias has none.
   *
   * @default {300}
   */
  readonly ttl?: number | undefined;
  /** Data of each record. An alias has none. */
  readonly data?: readonly RecordData[] | undefined;
  /** The target of an alias. */
  readonly alias?: Route53Alias | undefined;
  /** The routing policy. It needs `setIdentifier`. */
  readonly routing?: Route53Routing | undefined;
  /** Tells record sets of the same name, type and policy apart. */
  readonly setIdentifier?: string | undefined;
  /** Id of a health check. */
  readonly healthCheckId?: string | undefined;
}

/** A record set as it is sent. */
export type SetToSend =
  & Pick<RecordSetInput, "name" | "type" | "ttl">
  & {
    readonly data: readonly RecordData[];
    readonly extra: Partial<Route53RecordSetExtra>;
  };

/** One element of a batch. */
export interface BatchStep {
  /** What is done. */
  readonly action: "CREATE" | "DELETE" | "UPSERT";
  /** The record set. */
  readonly set: SetToSend;
}

/** Types of records that Route 53 can hold. */
export const TYPES: readonly RecordType[] = [
  "A",
  "AAAA",
  "CAA",
  "CNAME",
  "DS",
  "HTTPS",
  "MX",
  "NAPTR",
  "NS",
  "PTR",
  "SOA",
  "SPF",
  "SRV",
  "SSHFP",
  "SVCB",
  "TLSA",
  "TXT",
];

/** TTL of a record set whose TTL is not given, in seconds. */
export const DEFAULT_TTL = 300;

/** Largest number of elements, and of records, in a batch. */
export const MAX_BATCH = 1000;

/** Largest number of characters in the values of a batch. */
const MAX_BATCH_TEXT = 32_000;

const MAX_VALUE = 4000;
const MAX_VALUES = 400;

/**
 * Checks that the values of a record set are not too long, and not too many.
 *
 * @param operation Name of the method, for the error.
 * @param set The record set.
 * @throws {RangeError} If there are more than 400 values, or one has more than
 *   4000 characters.
 */
export function checkValues(
  operation: string,
  { type, data }: RecordSetInput,
): void {
  const check = (size: number, max: number, what: string) => {
    if (size <= max) return;
    throw new RangeError(
      `${operation}: ${what}; ${DISPLAY_NAME} accepts at most ${max}`,
    );
  };
  check(data.length, MAX_VALUES, `data has ${data.length} values`);
  for (const [index, value] of data.entries()) {
    const { length } = format(type, value as RecordData);
    check(length, MAX_VALUE, `data[${index}] has ${length} characters`);
  }
}

/**
 * Checks a record set with all that only Route 53 has.
 *
 * @param operation Name of the method, for the error.
 * @param set The value that the caller passed.
 * @returns The record set to send. Its name is as the caller passed it.
 * @throws {TypeError} If a field is invalid, or fields exclude each other.
 * @throws {RangeError} If a number is out of range.
 */
export function checkInput(
  operation: string,
  set: Route53RecordSetInput,
): SetToSend {
  const { name, type } = checkRecordSetKey(set, operation);
  const { ttl, data, alias, routing, setIdentifier, healthCheckId } = set;
  const isRouted = routing !== undefined;
  if (isRouted !== (setIdentifier !== undefined)) {
    throw new TypeError(
      `${operation}: routing and setIdentifier must be given together`,
    );
  }
  const extra = {
    setIdentifier: isRouted
      ? checkText(setIdentifier, operation, "setIdentifier")
      : undefined,
    routing: isRouted ? checkRouting(operation, routing) : undefined,
    healthCheckId,
  };
  if (alias === undefined) {
    const fields = { name, type, ttl: ttl ?? DEFAULT_TTL, data };
    const checked = checkRecordSet(fields as RecordSetInput, operation);
    checkValues(operation, checked);
    return { ...checked, data: checked.data, extra };
  }
  if (ttl !== undefined || data !== undefined) {
    throw new TypeError(`${operation}: an alias must have no ttl and no data`);
  }
  const target = { ...extra, alias: checkAlias(operation, alias) };
  return { name, type, ttl: undefined, data: [], extra: target };
}

/**
 * Writes a batch of changes.
 *
 * @param steps The changes, in the order in which to make them.
 * @param zone Name of the zone.
 * @returns The body of the request.
 */
export function toBatch(
  steps: readonly BatchStep[],
  zone: string,
): XmlContents {
  const Change = steps.map(({ action, set }) => ({
    Action: action,
    ResourceRecordSet: toForm(set, zone),
  }));
  const ChangeBatch = { Changes: { Change } };
  return { ChangeResourceRecordSetsRequest: { ChangeBatch } };
}

/**
 * Divides changes into batches that Route 53 accepts.
 *
 * @param steps The changes, in the order in which to make them.
 * @returns The batches.
 */
export function toBatches(steps: readonly BatchStep[]): BatchStep[][] {
  const batches: BatchStep[][] = [];
  let size = { records: 0, characters: 0 };
  for (const step of steps) {
    const own = sizeOf([step]);
    const sum = {
      records: size.records + own.records,
      characters: size.characters + own.characters,
    };
    const last = batches.at(-1);
    if (last && fits(sum)) {
      last.push(step);
      size = sum;
    } else {
      batches.push([step]);
      size = own;
    }
  }
  return batches;
}

/**
 * Checks that changes fit into one batch.
 *
 * @param operation Name of the method, for the error.
 * @param steps The changes.
 * @throws {RangeError} If there are more than 1000 records in them, or more than
 *   32000 characters.
 */
export function checkBatch(
  operation: string,
  steps: readonly BatchStep[],
): void {
  const size = sizeOf(steps);
  if (fits(size)) return;
  throw new RangeError(
    `${operation}: changes have ${size.records} records with ` +
      `${size.characters} characters, old values included; ${DISPLAY_NAME} ` +
      `accepts at most ${MAX_BATCH} records with ${MAX_BATCH_TEXT} characters`,
  );
}

/**
 * Returns the share of a batch that changes take.
 *
 * @param steps The changes.
 * @returns 1 if a batch holds no more.
 */
export function shareOf(steps: readonly BatchStep[]): number {
  const { records, characters } = sizeOf(steps);
  return Math.max(records / MAX_BATCH, characters / MAX_BATCH_TEXT);
}

interface BatchSize {
  readonly records: number;
  readonly characters: number;
}

function sizeOf(steps: readonly BatchStep[]): BatchSize {
  const values = steps.map(({ set }) => valuesOf(set));
  return {
    // An alias counts as one record.
    records: values.reduce((sum, { length }) => sum + Math.max(length, 1), 0),
    characters: values.flat().reduce((sum, { length }) => sum + length, 0),
  };
}

function fits({ records, characters }: BatchSize): boolean {
  return records <= MAX_BATCH && characters <= MAX_BATCH_TEXT;
}

/** Writes a record set; the order of its members matters to Route 53. */
function toForm(set: SetToSend, zone: string): XmlContents {
  const { name, type, ttl, extra } = set;
  const { setIdentifier, routing, alias } = extra;
  const values = valuesOf(set);
  const records = values.map((Value) => ({ Value }));
  return {
    Name: `${absoluteName(name, zone, OCTAL)}.`,
    Type: type,
    SetIdentifier: setIdentifier,
    ...write(routing, ROUTING),
    TTL: ttl,
    ResourceRecords: alias ? undefined : { ResourceRecord: records },
    AliasTarget: alias && write(alias, ALIAS),
    HealthCheckId: extra.healthCheckId,
    TrafficPolicyInstanceId: extra.trafficPolicyInstanceId,
    ...write(routing, LATE_ROUTING),
  };
}

/**
 * The values of a record set. Those that were read are sent as they are, because
 * Route 53 compares them with its own.
 */
function valuesOf({ type, data, extra }: SetToSend): readonly string[] {
  const { values = [] } = extra;
  const isAsRead = values.length === data.length &&
    values.every((value, index) =>
      dataKey(toData(type, value)) === dataKey(data[index] as RecordData)
    );
  return isAsRead ? values : data.map((value) => format(type, value));
}

function format(type: RecordType, value: RecordData): string {
  return formatRecordData(type, value, OCTAL);
}

/** Writes members in the order of Route 53. */
function write(fields: object | undefined, members: Members): XmlContents {
  const values = (fields ?? {}) as Readonly<Record<string, XmlContent>>;
  return Object.fromEntries(
    Object.entries(members).map(([name, member]) => {
      const value = values[fieldOf(name)];
      const isNested = typeof member === "object" && value !== undefined;
      return [name, isNested ? write(value as object, member) : value];
    }),
  );
}

function checkRouting(operation: string, routing: unknown): Route53Routing {
  const members = { ...ROUTING, ...LATE_ROUTING };
  const known = Object.keys(members).map(fieldOf);
  const given = Object.keys(Object(routing));
  if (given.length === 1 && given.every((name) => known.includes(name))) {
    return routing as Route53Routing;
  }
  const expected = `an object with one of ${known.join(", ")}`;
  throw mistake(operation, "routing", expected, routing);
}

function checkAlias(operation: string, alias: Route53Alias): Route53Alias {
  const { hostedZoneId, dnsName, evaluateTargetHealth }: Partial<Route53Alias> =
    Object(alias);
  const id = checkText(hostedZoneId, operation, "alias.hostedZoneId");
  const field = "alias.evaluateTargetHealth";
  if (typeof evaluateTargetHealth !== "boolean") {
    throw mistake(operation, field, "true or false", evaluateTargetHealth);
  }
  const host = hostName(`${dnsName}`, { operation, field: "alias.dnsName" });
  const target = host.endsWith(".") ? host : `${host}.`;
  return {
    hostedZoneId: toBareId(id),
    dnsName: target,
    evaluateTargetHealth,
  };
}

/**
 * Returns a record set as it is sent.
 *
 * @param set A record set that was read, or another one.
 * @param extra What the record set has besides its values, if it was not read.
 * @returns The record set to send.
 */
export function toSend(
  set: RecordSetInput & Partial<Pick<RecordSet, "extra">>,
  extra: Partial<Route53RecordSetExtra> = set.extra ?? {},
): SetToSend {
  const { name, type, ttl, data } = set;
  return { name, type, ttl, data, extra };
}
