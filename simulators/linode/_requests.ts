/**
 * Helpers for the request handlers: read bodies and paths, and send responses
 * and errors in Linode's format.
 *
 * @module
 */

import { STATUS_CODE } from "@std/http/status";
import {
  type Call,
  type JsonObject,
  jsonResponse,
  readJson,
  Refusal,
} from "../_router.ts";

/** A refusal with status 400, which may name the field that is invalid. */
export class BadRequest extends Refusal {
  /** Creates a refusal. */
  constructor(reason: string, readonly field?: string) {
    super(STATUS_CODE.BadRequest, reason);
  }
}

/**
 * Fields of a body, read by type. `null` counts as missing. A field of another
 * type is refused.
 */
export class Fields {
  readonly #values: JsonObject;

  /** Reads the fields of a JSON object. */
  constructor(values: JsonObject) {
    this.#values = values;
  }

  #read<T>(
    name: string,
    kind: string,
    isKind: (value: unknown) => value is T,
  ): T | undefined {
    const value = Object.hasOwn(this.#values, name)
      ? this.#values[name] ?? undefined
      : undefined;
    if (value === undefined || isKind(value)) return value;
    throw new BadRequest(`${name} must be ${kind}`, name);
  }

  /** Reads a string; its length must be in range. */
  string(name: string, min = 1, max = 65_535): string | undefined {
    const value = this.#read(name, "a string", isString);
    if (value === undefined) return undefined;
    if (value.length >= min && value.length <= max) return value;
    throw new BadRequest(`Length must be ${min}-${max} characters`, name);
  }

  /** Reads a required string. */
  requiredString(name: string, min?: number, max?: number): string {
    return this.#required(name, this.string(name, min, max));
  }

  /** Reads an integer. */
  integer(name: string): number | undefined {
    return this.#read(name, "an integer", isInteger);
  }

  /** Reads a required integer. */
  requiredInteger(name: string): number {
    return this.#required(name, this.integer(name));
  }

  /** Reads a boolean. */
  boolean(name: string): boolean | undefined {
    return this.#read(name, "a boolean", isBoolean);
  }

  /** Reads an array. */
  list(name: string): readonly unknown[] | undefined {
    return this.#read(name, "an array", Array.isArray);
  }

  /** Reads an array of strings. */
  strings(name: string): readonly string[] | undefined {
    const list = this.list(name);
    if (list === undefined || list.every(isString)) return list;
    throw new BadRequest(`${name} must be an array of strings`, name);
  }

  /** Reads an object. */
  object(name: string): JsonObject | undefined {
    return this.#read(name, "an object", isObject);
  }

  #required<T>(name: string, value: T | undefined): T {
    if (value !== undefined) return value;
    throw new BadRequest(`${name} is required`, name);
  }
}

/** Reads the fields of a request body. */
export async function readFields({ request }: Call): Promise<Fields> {
  return new Fields(await readJson(request));
}

/** Responds with 200 and a JSON body. */
export function ok(value: unknown): Response {
  return jsonResponse(STATUS_CODE.OK, value);
}

/** Converts a refusal to Linode's error format. */
export function errorResponse(refusal: Refusal): Response {
  const { status, message: reason, headers } = refusal;
  const field = refusal instanceof BadRequest ? refusal.field : undefined;
  return jsonResponse(status, { errors: [{ reason, field }] }, headers);
}

/** Creates a refusal with status 404. */
export function notFound(): Refusal {
  return new Refusal(STATUS_CODE.NotFound, "Not found");
}

/** Finds the resource whose id is in the path. */
export function findInPath<T>(
  all: ReadonlyMap<number, T>,
  { params }: Call,
): T {
  const id = params.get("id") ?? "";
  const found = /^[1-9]\d{0,14}$/.test(id) ? all.get(Number(id)) : undefined;
  if (found === undefined) throw notFound();
  return found;
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
  const wanted = fields.requiredString(field);
  const found = all.find(({ id }) => id === wanted);
  if (found === undefined) throw new BadRequest(`${field} is not valid`, field);
  return found;
}

/** Whether a request has credentials, valid or not. */
export function hasCredentials(request: Request): boolean {
  return request.headers.has("Authorization");
}

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a value is a string. */
export function isString(value: unknown): value is string {
  return typeof value === "string";
}

function isInteger(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function isBoolean(value: unknown): value is boolean {
  return typeof value === "boolean";
}
