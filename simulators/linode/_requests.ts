/**
 * Helpers for the request handlers: read bodies and paths, and send responses
 * and errors in Linode's format.
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
} from "../kit/mod.ts";

/** A refusal with status 400, which may name the field that is invalid. */
export class BadRequest extends Refusal {
  /** Creates a refusal. */
  constructor(reason: string, field?: string) {
    super(STATUS_CODE.BadRequest, reason, { field });
  }
}

/** Creates the error of an invalid field. */
export function invalid(
  { field, rule, expected, message }: InvalidField,
): BadRequest {
  const reason = rule === "length" ? `Length must be ${expected}` : message;
  return new BadRequest(reason, field);
}

/** Reads the fields of a request body. */
export async function readFields({ request }: Call): Promise<Fields> {
  return new Fields(await readJson(request), { invalid });
}

/** Responds with 200 and a JSON body. */
export function ok(value: unknown): Response {
  return jsonResponse(STATUS_CODE.OK, value);
}

/** Converts a refusal to Linode's error format. */
export function errorResponse(refusal: Refusal): Response {
  const { status, message: reason, field, headers } = refusal;
  return jsonResponse(status, { errors: [{ reason, field }] }, headers);
}

/** Creates a refusal with status 404. */
export function notFound(): Refusal {
  return new Refusal(STATUS_CODE.NotFound, "Not found");
}

/** Finds the resource whose id is in the path. */
export function findInPath<T>(all: ReadonlyMap<number, T>, call: Call): T {
  return findIn(all, call, notFound);
}

/** Finds the catalog entry whose id is in the path. */
export function findInCatalog<T extends { readonly id: string | number }>(
  all: readonly T[],
  { params }: Call,
): T {
  const found = all.find(({ id }) => String(id) === params.get("id"));
  if (found === undefined) throw notFound();
  return found;
}

/** Finds the catalog entry whose id is in a field. */
export function findByField<T extends { readonly id: string }>(
  all: readonly T[],
  fields: Fields,
  field: string,
): T {
  const wanted = fields.string(field);
  const found = all.find(({ id }) => id === wanted);
  if (found === undefined) throw new BadRequest(`${field} is not valid`, field);
  return found;
}

/** Whether a request has credentials, valid or not. */
export function hasCredentials(request: Request): boolean {
  return request.headers.has("Authorization");
}
