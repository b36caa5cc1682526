/**
 * Helpers for the request handlers: read forms and paths, and send errors in
 * the envelope of NephoScale.
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
  readForm,
  Refusal,
} from "../kit/mod.ts";

/** Error statuses that are sent with HTTP status 200, in the envelope. */
const ENVELOPED: ReadonlySet<number> = new Set([
  STATUS_CODE.BadRequest,
  STATUS_CODE.Conflict,
  STATUS_CODE.UnsupportedMediaType,
]);

/** Fields for which one client sends "None" if it has no value. */
const NONE: readonly string[] = ["zone", "server_key", "console_key"];

/** Reasons by the rule that a field breaks. */
const REASONS: Readonly<Record<string, string>> = {
  unknown: "is unknown",
  missing: "is required",
};

/** Reads a form that may have the fields in `known`. */
export async function readFields(
  request: Request,
  known: readonly string[],
): Promise<Fields> {
  const form = await readForm(request);
  for (const name of NONE) if (form.get(name) === "None") form.delete(name);
  return new Fields(form, { known, invalid });
}

function invalid({ field, rule, value }: InvalidField): Refusal {
  const isEmpty = String(value).trim() === "";
  const reason = isEmpty ? "is empty" : REASONS[rule] ?? "is not a number";
  return new Refusal(
    STATUS_CODE.BadRequest,
    `Field ${JSON.stringify(field)} ${reason}.`,
  );
}

/** Converts a refusal to an error response in the envelope. */
export function errorResponse({ status, message, headers }: Refusal): Response {
  return jsonResponse(
    ENVELOPED.has(status) ? STATUS_CODE.OK : status,
    { subcode: 1, message, response: status, success: false },
    headers,
  );
}

/** Creates a refusal with status 404. */
export function notFound(): Refusal {
  return new Refusal(
    STATUS_CODE.NotFound,
    "The resource you are looking for is not found.",
  );
}

/** Creates the refusal of an id that does not exist. */
export function unknownId(field: string, id: number): Refusal {
  return new Refusal(
    STATUS_CODE.BadRequest,
    `Field "${field}": there is no ${id}.`,
  );
}

/** Finds the resource whose id is in the path. */
export function findInPath<T>(all: ReadonlyMap<number, T>, call: Call): T {
  return findIn(all, call, notFound);
}

/** Finds the catalog entry whose id is in a form. */
export function findById<T extends { readonly id: number }>(
  all: readonly T[],
  id: number,
  field: string,
): T {
  const found = all.find((entry) => entry.id === id);
  if (found === undefined) throw unknownId(field, id);
  return found;
}
