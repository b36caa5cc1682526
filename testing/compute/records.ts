/**
 * Checks of the records that a driver returns.
 *
 * @module
 */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { isPublicIp } from "../../core/mod.ts";
import type {
  KeyPair,
  Node,
  Volume,
  VolumeSnapshot,
} from "../../core/compute/mod.ts";
import { NODE_STATES } from "../../core/compute/states.ts";
import { show } from "../checks.ts";

/** Common properties of records. */
export interface AnyRecord {
  readonly id: string;
  readonly name?: string | undefined;
  readonly extra: Readonly<Record<string, unknown>>;
}

/**
 * Checks that a record is plain and JSON-safe, and that absent values are
 * `undefined`.
 */
export function checkRecord(record: AnyRecord): void {
  const { id, name, extra } = record;
  assert(typeof id === "string" && id !== "", `id ${show(id)}`);
  assert(typeof name === "string" && name !== "", `name ${show(name)}`);
  assert(typeof extra === "object" && extra !== null, `extra ${show(extra)}`);
  checkValue(record, "record");
  assertEquals(
    JSON.parse(JSON.stringify(record)),
    withoutUndefined(record),
    "the record must survive JSON",
  );
}

function checkValue(value: unknown, at: string): void {
  switch (typeof value) {
    case "undefined":
    case "boolean":
      return;
    case "string":
      assert(value !== "", `${at} must not be empty`);
      if (/(?:At|Time)$/.test(at)) checkTime(value, at);
      return;
    case "number":
      assert(
        Number.isFinite(value) && value !== -1,
        `${at} must be a finite number other than -1, got ${value}`,
      );
      return;
    case "object":
      break;
    default:
      throw new TypeError(`${at} must be plain data, got a ${typeof value}`);
  }
  assert(value !== null, `${at} must not be null`);
  if (Array.isArray(value)) {
    value.forEach((item, index) => checkValue(item, `${at}[${index}]`));
    return;
  }
  assertStrictEquals(
    Object.getPrototypeOf(value),
    Object.prototype,
    `${at} must be a plain object`,
  );
  for (const key of Reflect.ownKeys(value)) {
    assert(typeof key === "string", `${at} must not have symbol keys`);
    const { get } = Object.getOwnPropertyDescriptor(value, key) ?? {};
    assert(!get, `${at}.${key} must not be a getter`);
    checkValue(Reflect.get(value, key), `${at}.${key}`);
  }
}

function checkTime(value: string, at: string): void {
  assert(
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/.test(value) &&
      !Number.isNaN(Date.parse(value)),
    `${at} must be ISO 8601 in UTC, got "${value}"`,
  );
}

/** Checks a node. */
export function checkNode(node: Node): void {
  // A tag without a value has the value "".
  const { tags, ...rest } = node;
  checkRecord(rest);
  checkTags(tags);
  assert(Object.hasOwn(NODE_STATES, node.state), `state ${show(node.state)}`);
  for (const ip of node.publicIps) assertEquals(isPublicIp(ip), true, ip);
  for (const ip of node.privateIps) assertEquals(isPublicIp(ip), false, ip);
  for (const id of [node.sizeId, node.imageId, node.locationId]) {
    assert(id === undefined || typeof id === "string", `id ${show(id)}`);
  }
}

function checkTags(tags: Node["tags"]): void {
  assertStrictEquals(Object.getPrototypeOf(tags), Object.prototype, "tags");
  assertEquals(JSON.parse(JSON.stringify(tags)), tags);
  for (const [key, value] of Object.entries(tags)) {
    assert(key !== "", "keys of tags must not be empty");
    assert(typeof value === "string", `tag ${show(key)}: ${show(value)}`);
  }
}

/** Checks a size and its prices. */
export function checkSize(
  size: AnyRecord & {
    readonly price?: Readonly<Record<string, unknown>> | undefined;
    readonly locationPrices?:
      | readonly Readonly<Record<string, unknown>>[]
      | undefined;
  } & Readonly<Record<string, unknown>>,
): void {
  checkRecord(size);
  for (const key of ["vcpus", "ramMib", "diskGb", "transferGb"]) {
    const value = size[key];
    assert(
      value === undefined || (typeof value === "number" && value >= 0),
      `${key} ${show(value)}`,
    );
  }
  const { architecture, gpus } = size;
  assert(
    architecture === undefined || typeof architecture === "string",
    `architecture ${show(architecture)}`,
  );
  assert(
    gpus === undefined || Number.isInteger(gpus) && Number(gpus) > 0,
    `gpus ${show(gpus)}`,
  );
  const { isAvailable, locationIds, locationPrices = [] } = size;
  assert(
    isAvailable === undefined || typeof isAvailable === "boolean",
    `isAvailable ${show(isAvailable)}`,
  );
  assert(
    locationIds === undefined ||
      Array.isArray(locationIds) && locationIds.every(isId),
    `locationIds ${show(locationIds)}`,
  );
  for (const { locationId, ...price } of locationPrices) {
    assert(isId(locationId), `locationId ${show(locationId)}`);
    checkPrice(price);
  }
  if (size.price !== undefined) checkPrice(size.price);
}

function isId(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}

function checkPrice(
  { currency, hourly, monthly, asOf }: Readonly<Record<string, unknown>>,
): void {
  assert(/^[A-Z]{3}$/.test(String(currency)), `currency ${show(currency)}`);
  assert(
    hourly !== undefined || monthly !== undefined,
    "a price must be hourly or monthly",
  );
  for (const price of [hourly, monthly]) {
    assert(
      price === undefined || (typeof price === "number" && price >= 0),
      `price ${show(price)}`,
    );
  }
  assert(
    asOf === undefined || /^\d{4}-\d\d-\d\d$/.test(String(asOf)),
    `asOf ${show(asOf)}`,
  );
}

/** Checks a location and its country. */
export function checkLocation(
  location: AnyRecord & { readonly country?: string | undefined },
): void {
  checkRecord(location);
  const { country } = location;
  if (country === undefined) return;
  assert(/^[A-Z]{2}$/.test(country), `country ${show(country)}`);
  // Reserved codes that are often used for countries.
  assert(!["UK", "EU"].includes(country), `country ${show(country)}`);
  const names = new Intl.DisplayNames(["en"], {
    type: "region",
    fallback: "none",
  });
  assert(names.of(country) !== undefined, `country ${show(country)}`);
}

/** Checks a key pair. */
export function checkKeyPair(keyPair: KeyPair): void {
  checkRecord(keyPair);
  for (const key of ["publicKey", "fingerprint", "privateKey"] as const) {
    const value = keyPair[key];
    assert(value === undefined || typeof value === "string", show(value));
  }
}

/** Checks a volume. */
export function checkVolume(volume: Volume): void {
  checkRecord(volume);
  const { sizeGb, state, nodeId, locationId } = volume;
  assert(Number.isFinite(sizeGb) && sizeGb > 0, `sizeGb ${show(sizeGb)}`);
  assert(typeof state === "string", `state ${show(state)}`);
  for (const id of [nodeId, locationId]) {
    assert(id === undefined || typeof id === "string", `id ${show(id)}`);
  }
}

/** Checks a snapshot of a volume. */
export function checkSnapshot(snapshot: VolumeSnapshot): void {
  checkRecord({ ...snapshot, name: snapshot.name ?? snapshot.id });
  const { sizeGb, state, volumeId } = snapshot;
  assert(sizeGb === undefined || sizeGb >= 0, `sizeGb ${show(sizeGb)}`);
  assert(typeof state === "string", `state ${show(state)}`);
  assert(
    volumeId === undefined || typeof volumeId === "string",
    `volumeId ${show(volumeId)}`,
  );
}

/** Checks that secrets of a created key pair are not returned again. */
export function assertNoSecrets(created: KeyPair, seen: KeyPair): void {
  for (const field of ["privateKey", "password"]) {
    assertEquals(Reflect.get(seen, field), undefined, field);
    const secret = Reflect.get(created, field);
    if (secret === undefined) continue;
    assert(
      !JSON.stringify(seen).includes(secret),
      `${field} must be returned only once`,
    );
  }
}

function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, part]) => part !== undefined)
      .map(([key, part]) => [key, withoutUndefined(part)]),
  );
}
