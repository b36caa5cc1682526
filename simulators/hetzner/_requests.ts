/**
 * Errors, fields and lists in the format of the API.
 *
 * @module
 */

import { type Location, LOCATIONS } from "./_catalog.ts";
import type { Draft } from "./_records.ts";
import {
  type Call,
  Fields,
  type InvalidField,
  isObject,
  jsonResponse,
  type PageRules,
  parseLabelSelector,
  readJson,
  readPage,
  Refusal,
  type SelectionRules,
  selectItems,
  toNumericId,
} from "../kit/mod.ts";

/** Codes of refusals that have none of their own, by status. */
const CODES: Readonly<Record<number, string>> = {
  400: "json_error",
  401: "unauthorized",
  403: "forbidden",
  404: "not_found",
  405: "method_not_allowed",
  429: "rate_limit_exceeded",
  500: "server_error",
};

/** The value of a label, and the last part of its key. */
const LABEL = /^[a-z\d](?:[\w.-]{0,61}[a-z\d])?$/i;

/** Converts a refusal to an error response. */
export function errorResponse(refusal: Refusal): Response {
  const { status, message, field: name, headers } = refusal;
  const code = refusal.code ?? CODES[status] ?? "invalid_input";
  const error = { code, message, details: null as object | null };
  if (code === "resource_limit_exceeded") {
    error.details = { limits: [{ name }] };
  } else if (name !== undefined) {
    error.details = { fields: [{ name, messages: [message] }] };
  }
  if (code === "invalid_input" && name !== undefined) {
    error.message = `invalid input in field '${name}': ${message}`;
  }
  return jsonResponse(status, { error }, headers);
}

/** Creates the error of an invalid field. */
export function invalid(field: string, reason: string): Refusal {
  return new Refusal(422, reason, { code: "invalid_input", field });
}

/** Creates the error of a request that the state of a resource forbids. */
export function unfit(code: string, reason: string): Refusal {
  return new Refusal(422, reason, { code });
}

/** Creates the error of a value that another resource has. */
export function notUnique(field: string, reason: string): Refusal {
  return new Refusal(409, reason, { code: "uniqueness_error", field });
}

/** Creates the error of an unknown id. */
export function notFound(type: string, id: unknown): Refusal {
  return new Refusal(404, `${type} with ID '${id}' not found`);
}

/** Creates the error of a protected resource. */
export function isProtected(type: string): Refusal {
  return new Refusal(403, `${type} is protected`, { code: "protected" });
}

/** Reads the fields of a request body. */
export async function readFields({ request }: Call): Promise<Fields> {
  return new Fields(await readJson(request), { invalid: refuseField });
}

/** Reads the fields of an object in a field. */
export function toFields(value: unknown, field: string): Fields {
  if (!isObject(value)) throw invalid(field, "must be an object");
  return new Fields(value, { invalid: refuseField });
}

/** Reads labels. */
export function readLabels(fields: Fields) {
  const labels = fields.optional.labels("labels");
  for (const [key, value] of Object.entries(labels ?? {})) {
    const name = key.slice(key.lastIndexOf("/") + 1);
    if (LABEL.test(name) && (value === "" || LABEL.test(value))) continue;
    throw invalid("labels", `label '${key}' is invalid`);
  }
  return labels;
}

/** Finds the resource with an id. */
export function lookUp<T>(
  all: ReadonlyMap<number, T>,
  id: unknown,
  type: string,
): T {
  const number = toNumericId(id);
  if (Number.isNaN(number)) throw invalid(type, "must be an integer");
  const found = all.get(number);
  if (found === undefined) throw notFound(type, id);
  return found;
}

/** Finds the item with an id or a name. */
export function findByName<
  T extends { readonly id: number; readonly name: string | null },
>(all: readonly T[], value: unknown, field: string): T {
  const number = toNumericId(value);
  const found = all.find(({ id, name }) => id === number || name === value);
  if (found === undefined) throw invalid(field, `'${value}' was not found`);
  return found;
}

/** Finds the location, also by the name of a data center. */
export function readLocation({ optional }: Fields, field = "location") {
  const name = optional.any(field) ??
    optional.string("datacenter")?.split("-")[0];
  return name === undefined
    ? undefined
    : findByName<Location>(LOCATIONS, name, field);
}

/**
 * Sends one page of a list.
 *
 * @param url URL of the request, with filters, order and page.
 * @param all All items.
 * @param rules How the list can be filtered and sorted, and its largest page:
 * 50 items, unless there is another maximum.
 * @param key Name of the list.
 * @param show Converts an item.
 * @param further Further properties of the body.
 * @returns The response.
 */
export function listResponse<T extends object>(
  url: URL,
  all: readonly T[],
  rules: SelectionRules<T> & Partial<Pick<PageRules, "largest" | "max">>,
  key: string,
  show: (item: T) => unknown = (it) => it,
  further: object = {},
): Response {
  const invalid = refuseField;
  const found = selectItems(all, url.searchParams, { ...rules, invalid });
  const { items, page, pages, size, total } = readPage(found, url, {
    size: "per_page",
    max: rules.max ?? 50,
    defaultSize: 25,
    largest: rules.largest,
    invalid,
  });
  const pagination = {
    page,
    per_page: size,
    previous_page: page > 1 ? page - 1 : null,
    next_page: page < pages ? page + 1 : null,
    last_page: pages,
    total_entries: total,
  };
  const body = { [key]: items.map(show), meta: { pagination }, ...further };
  return jsonResponse(200, body);
}

/** Parses a label selector; returns whether a resource matches it. */
export function selectsLabels(selector: string) {
  const refuse = (term: string) =>
    invalid("label_selector", `'${term}' is invalid`);
  const matches = parseLabelSelector(selector, refuse);
  return (resource: object) => matches((resource as Draft).labels);
}

function refuseField({ field, rule, expected, message }: InvalidField) {
  return invalid(field, rule === "length" ? `must have ${expected}` : message);
}
