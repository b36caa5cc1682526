/**
 * Helpers for the request handlers: read bodies and paths, and send responses
 * and errors in DigitalOcean's format.
 *
 * @module
 */

import { STATUS_CODE } from "@std/http/status";
import {
  type Call,
  type JsonObject,
  jsonResponse,
  Refusal,
} from "../_router.ts";

/** A valid tag name. */
const TAG = /^[\w:-]{1,255}$/;

/** Responds with 200 and a JSON body. */
export function ok(body: unknown): Response {
  return jsonResponse(STATUS_CODE.OK, body);
}

/** Responds with 204. */
export function noContent(): Response {
  return new Response(null, { status: STATUS_CODE.NoContent });
}

/** Responds with 422: the request is understood but not acceptable. */
export function refuseInvalid(message: string): never {
  throw new Refusal(STATUS_CODE.UnprocessableEntity, message);
}

/** Responds with 409: a name is taken, or a resource is in use. */
export function refuseConflict(message: string): never {
  throw new Refusal(STATUS_CODE.Conflict, message);
}

/** Responds with 422: another action on the resource is in progress. */
export function refuseBusy(resource = "Droplet"): never {
  refuseInvalid(`${resource} already has a pending event.`);
}

/** Responds with 404. */
export function refuseNotFound(): never {
  throw new Refusal(
    STATUS_CODE.NotFound,
    "The resource you were accessing could not be found.",
  );
}

/** Finds the resource whose id is in the path. */
export function findInPath<Id, T>(
  all: ReadonlyMap<Id, T>,
  { params }: Call,
  read: (id: string) => Id = (id) => id as Id,
): T {
  return all.get(read(params.get("id") ?? "")) ?? refuseNotFound();
}

/** Finds the catalog entry whose slug is in the body. */
export function findBySlug<T extends { readonly slug: string }>(
  all: readonly T[],
  slug: unknown,
  field: string,
): T {
  return all.find((entry) => entry.slug === slug) ??
    refuseInvalid(`You specified an invalid ${field}.`);
}

/**
 * Converts an id or a size to a number. Other strings than plain decimal
 * digits, such as "0x1" or "01", become `NaN`.
 */
export function toNumber(id: unknown): number {
  return /^[1-9]\d{0,14}$/.test(String(id)) ? Number(id) : NaN;
}

/** Reads a required string from a body. */
export function readString(body: JsonObject, field: string): string {
  const value = body[field];
  return typeof value === "string" && value.trim() !== ""
    ? value
    : refuseInvalid(`${field} is missing or invalid`);
}

/** Reads an optional list from a body; a missing list is empty. */
export function readList(body: JsonObject, field: string): readonly unknown[] {
  const value = body[field] ?? [];
  return Array.isArray(value) ? value : refuseInvalid(`${field} is not a list`);
}

/** Reads the size of a volume from a body. */
export function readSizeGb(body: JsonObject): number {
  const value = body.size_gigabytes;
  // Libcloud sends the number as a string.
  const size = toNumber(value);
  return size >= 1 && size <= 16_384
    ? size
    : refuseInvalid("size_gigabytes must be from 1 to 16384");
}

/** Checks the name of a tag. */
export function readTag(tag: unknown): string {
  return typeof tag === "string" && TAG.test(tag) ? tag : refuseInvalid(
    "a tag has letters, digits, colons, dashes and underscores",
  );
}

/** Formats a time as DigitalOcean does: UTC, to the second. */
export function toTimestamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** Creates a UUID that ends with a number. */
export function toUuid(number: number, prefix: string): string {
  return `${prefix}-${number.toString(16).padStart(12, "0")}`;
}
