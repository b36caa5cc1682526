/**
 * Helpers for the request handlers: read forms and paths, and send errors in
 * the envelope of NephoScale.
 *
 * @module
 */

import { STATUS_CODE } from "@std/http/status";
import { type Call, jsonResponse, Refusal } from "../_router.ts";

/** Error statuses that are sent with HTTP status 200, in the envelope. */
const ENVELOPED: ReadonlySet<number> = new Set([
  STATUS_CODE.BadRequest,
  STATUS_CODE.Conflict,
  STATUS_CODE.UnsupportedMediaType,
]);

/** Fields of a form, read by type. Unknown fields are refused. */
export class Form {
  readonly #fields: ReadonlyMap<string, string>;

  /** Reads a form that may have the fields in `known`. */
  constructor(fields: ReadonlyMap<string, string>, known: readonly string[]) {
    for (const name of fields.keys()) {
      if (!known.includes(name)) {
        throw new Refusal(
          STATUS_CODE.BadRequest,
          `Field ${JSON.stringify(name)} is unknown.`,
        );
      }
    }
    this.#fields = fields;
  }

  /** Reads a required string. */
  string(name: string): string {
    const value = this.optionalString(name);
    if (value === undefined) {
      throw new Refusal(STATUS_CODE.BadRequest, `Field "${name}" is required.`);
    }
    return value;
  }

  /** Reads an optional string, which must not be empty. */
  optionalString(name: string): string | undefined {
    const value = this.#fields.get(name);
    if (value?.trim() === "") {
      throw new Refusal(STATUS_CODE.BadRequest, `Field "${name}" is empty.`);
    }
    return value;
  }

  /** Reads a required integer. */
  integer(name: string): number {
    const value = this.string(name);
    if (!/^\d{1,9}$/.test(value)) {
      throw new Refusal(
        STATUS_CODE.BadRequest,
        `Field "${name}" is not a number.`,
      );
    }
    return Number(value);
  }

  /** Reads an optional integer. One client sends "None" for a missing value. */
  optionalInteger(name: string): number | undefined {
    const value = this.#fields.get(name);
    return value === undefined || value === "None"
      ? undefined
      : this.integer(name);
  }
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
export function findInPath<T>(
  all: ReadonlyMap<number, T>,
  { params }: Call,
): T {
  const id = params.get("id") ?? "";
  // Only plain decimal digits are an id, not "0x1", "1e3" or "01".
  const found = /^[1-9]\d{0,8}$/.test(id) ? all.get(Number(id)) : undefined;
  if (found === undefined) throw notFound();
  return found;
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
