/**
 * Checks of zones and record sets that a caller passes, made before any request.
 *
 * @module
 */

import { checkNumber, idOf, mistake } from "../check.ts";
import { show } from "../message.ts";
import type { Ref } from "../ref.ts";
import { parseName, relativeName, zoneName } from "./names.ts";
import { normalizeValues } from "./rdata.ts";
import type {
  RecordSetInput,
  RecordSetKey,
  RecordType,
  ZoneRef,
} from "./records.ts";

/** Largest TTL in seconds (RFC 2181, section 8). */
export const MAX_TTL = 2 ** 31 - 1;

/** Types of which a name has at most one record. */
const SINGLES: readonly RecordType[] = ["CNAME", "DNAME", "SOA"];

/** What a reference tells about a zone: its id, its name, or both. */
export type NamedZone =
  | { readonly id: string; readonly name: string }
  | { readonly id: undefined; readonly name: string };

/**
 * Reads a reference to a zone.
 *
 * @param zone The zone of the caller.
 * @param operation Name of the method, for the error.
 * @returns The id, or `undefined` if there is only a name; and the name, or `""`
 *   if there is only an id.
 * @throws {TypeError} If the reference has neither a valid id nor a valid name.
 */
export function checkZoneRef(zone: ZoneRef, operation: string): NamedZone {
  const { id, name } = Object(zone) as {
    readonly id?: unknown;
    readonly name?: unknown;
  };
  const readName = () => checkZoneName(name as string, operation, "zone");
  if (typeof zone === "object" && id === undefined && name !== undefined) {
    return { id: undefined, name: readName() };
  }
  return {
    id: idOf(zone as Ref, operation, "zone"),
    name: typeof zone === "object" && name !== undefined ? readName() : "",
  };
}

/**
 * Checks the name of a zone.
 *
 * @param name The value that the caller passed.
 * @param operation Name of the method, for the error.
 * @param field Name of the option, for the error.
 * @returns The name in lower case, without the final dot.
 * @throws {TypeError} If the name is invalid.
 * @throws {RangeError} If the name is too long.
 */
export function checkZoneName(
  name: string,
  operation: string,
  field = "name",
): string {
  const options = { operation, field };
  checkSpaces(name, options);
  return zoneName(name, options);
}

/**
 * Checks the name and the type of a record set.
 *
 * @typeParam K The record set, or its name and type.
 * @param key The value that the caller passed.
 * @param operation Name of the method, for the error.
 * @param field Name of the argument, for the error.
 * @returns The same with its name in lower case.
 * @throws {TypeError} If the name or the type is invalid.
 * @throws {RangeError} If the name is too long.
 */
export function checkRecordSetKey<K extends RecordSetKey>(
  key: K,
  operation: string,
  field = "set",
): K {
  if (Object(key) !== key) {
    throw mistake(operation, field, "a record set", key);
  }
  const { name } = key;
  checkType(key.type, operation);
  return { ...key, name: checkName(name, { operation, field: "name" }) };
}

/**
 * Checks a record set, and brings it into the form in which record sets are
 * compared. Values that occur twice are left out.
 *
 * @param set The value that the caller passed.
 * @param operation Name of the method, for the error.
 * @returns The record set.
 * @throws {TypeError} If a field is invalid.
 * @throws {RangeError} If the TTL is not from 0 to 2147483647, or a number or a
 *   name is too long.
 */
export function checkRecordSet(
  set: RecordSetInput,
  operation: string,
): RecordSetInput {
  const { name, type } = checkRecordSetKey(set, operation);
  const { ttl } = set;
  checkTtl(ttl, operation);
  const data = normalizeValues(type, set.data, operation);
  if (data.length > 1 && SINGLES.includes(type)) {
    throw new TypeError(
      `${operation}: data must have one value for ${type}, got ${data.length}`,
    );
  }
  return { name, type, ttl, data } as RecordSetInput;
}

/**
 * Checks a TTL.
 *
 * @param ttl The value that the caller passed, if any.
 * @param operation Name of the method, for the error.
 * @param min Smallest TTL that the provider accepts, in seconds.
 * @param max Largest TTL that the provider accepts, in seconds.
 * @throws {RangeError} If the TTL is out of range.
 */
export function checkTtl(
  ttl: number | undefined,
  operation: string,
  min = 0,
  max: number = MAX_TTL,
): void {
  checkNumber(ttl, operation, "ttl", min, max);
}

/**
 * Checks that a provider can hold the type of a record set.
 *
 * @param type The type.
 * @param types The types that the provider can hold.
 * @param operation Name of the method, for the error.
 * @param provider Name of the provider, for the error.
 * @throws {TypeError} If the provider cannot hold the type.
 */
export function checkTypeIn(
  type: RecordType,
  types: readonly RecordType[],
  operation: string,
  provider: string,
): void {
  if (types.includes(type)) return;
  throw new TypeError(
    `${operation}: ${provider} does not support the type ${type}; it supports ` +
      types.join(", "),
  );
}

/** Reads the name of a record set; an absolute one stays absolute. */
function checkName(
  name: string,
  options: { readonly operation: string; readonly field: string },
): string {
  checkSpaces(name, options);
  if (name === "@") return name;
  const { isAbsolute } = parseName(name, options);
  const relative = relativeName(name, ".", options);
  if (!isAbsolute) return relative;
  return relative === "@" ? "." : `${relative}.`;
}

/** Rejects spaces: DNS allows them, but they are mistakes unless escaped. */
function checkSpaces(
  name: string,
  { operation, field }: { readonly operation: string; readonly field: string },
): void {
  if (typeof name !== "string" || !/[\s\p{Cc}]/u.test(name)) return;
  throw mistake(operation, field, "a name without spaces", name);
}

function checkType(type: unknown, operation: string): void {
  if (typeof type === "string" && /^[A-Z][A-Z\d-]*$/.test(type)) return;
  throw new TypeError(
    `${operation}: type must be a type such as "A", got ${show(type)}`,
  );
}
