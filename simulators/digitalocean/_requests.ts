/**
 * Helpers for the request handlers: read bodies and paths, and send responses
 * and errors in DigitalOcean's format.
 *
 * @module
 */

import { STATUS_CODE } from "@std/http/status";
import {
  type Call,
  Fields,
  findInPath as findIn,
  type InvalidField,
  jsonResponse,
  readJson,
  Refusal,
  toNumericId,
} from "../kit/mod.ts";

/** A valid tag name. */
const TAG = /^[\w:-]{1,255}$/;

/** Responds with 200 and a JSON body. */
export function ok(body: unknown): Response {
  return jsonResponse(STATUS_CODE.OK, body);
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
  throw notFound();
}

function notFound(): Refusal {
  return new Refusal(
    STATUS_CODE.NotFound,
    "The resource you were accessing could not be found.",
  );
}

/** Creates the error of an invalid field. */
export function invalid(
  { field, rule, expected, message }: InvalidField,
): Refusal {
  const isMissing = rule === "missing" || rule === "length" ||
    expected === "a string";
  if (isMissing) message = `${field} is missing or invalid`;
  if (expected === "an array") message = `${field} is not a list`;
  return new Refusal(STATUS_CODE.UnprocessableEntity, message);
}

/** Reads the fields of a request body. */
export async function readFields({ request }: Call): Promise<Fields> {
  return new Fields(await readJson(request), { invalid });
}

/** Finds the resource whose id is in the path. */
export function findInPath<Id extends string | number, T>(
  all: ReadonlyMap<Id, T>,
  call: Call,
  name?: string,
): T {
  return findIn(all, call, notFound, name);
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

/** Reads the size of a volume from a body. */
export function readSizeGb({ optional }: Fields): number {
  // Libcloud sends the number as a string.
  const size = toNumericId(optional.any("size_gigabytes"));
  return size >= 1 && size <= 16_384
    ? size
    : refuseInvalid("size_gigabytes must be from 1 to 16384");
}

/** Reads the tags of a resource; none if the field is missing. */
export function readTags({ optional }: Fields): string[] {
  return (optional.list("tags") ?? []).map(readTag);
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
