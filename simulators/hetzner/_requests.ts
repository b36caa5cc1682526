/**
 * Errors, fields and lists in the format of the API.
 *
 * @module
 */

import {
  type Call,
  Fields,
  type InvalidField,
  jsonResponse,
  readJson,
  readPage,
  Refusal,
} from "../kit/mod.ts";

/** Codes of errors that have none of their own, by status. */
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
const LABEL = /^(?:[a-z\d]|[a-z\d][\w.-]{0,61}[a-z\d])$/i;

/** A term of a label selector. */
const TERM =
  /^(?<not>!\s*)?(?<key>[\w./-]+)\s*(?:(?<sign>==?|!=)\s*(?<value>[\w.-]*)|(?<word>in|notin)\s*\((?<values>[^()]*)\))?$/;

/** Converts a refusal to an error response. */
export function errorResponse(refusal: Refusal): Response {
  const { status, field, headers } = refusal;
  const code = refusal.code ?? CODES[status] ?? "invalid_input";
  const messages = [refusal.message];
  const isInput = code === "invalid_input" && field !== undefined;
  const message = isInput
    ? `invalid input in field '${field}': ${refusal.message}`
    : refusal.message;
  const details = code === "resource_limit_exceeded"
    ? { limits: [{ name: field }] }
    : field === undefined
    ? null
    : { fields: [isInput ? { name: field, messages } : { name: field }] };
  return jsonResponse(status, { error: { code, message, details } }, headers);
}

/** Creates the error of an invalid field. */
export function invalid(field: string, reason: string): Refusal {
  return new Refusal(422, reason, { code: "invalid_input", field });
}

/** Creates the error of a request that the state of a resource forbids. */
export function unfit(code: string, reason: string): Refusal {
  return new Refusal(422, reason, { code });
}

/** Creates the error of an unknown id. */
export function notFound(type: string, id: unknown): Refusal {
  return new Refusal(404, `${type} with ID '${id}' not found`);
}

/** Reads the fields of a request body. */
export async function readFields({ request }: Call): Promise<Fields> {
  const body = await readJson(request);
  return new Fields(body, { invalid: refuseField });
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

/**
 * Creates the response with one page of a list.
 *
 * @param call Request, with filters, order and page.
 * @param name Name of the list in the response.
 * @param all All items.
 * @param show Converts an item to the format of the API.
 * @param filters Parameters that select items by their property of that name.
 * @param sorts Properties that the list can be sorted by.
 * @param largest Largest page that is sent.
 * @param further Further fields of the response.
 * @returns The response.
 */
export function listResponse<T extends { readonly id: number }>(
  { url }: Call,
  name: string,
  all: readonly T[],
  show: (item: T) => unknown,
  filters: readonly string[],
  sorts: readonly string[],
  largest: number,
  further: object = {},
): Response {
  const value = (item: T, key: string) =>
    (item as Record<string, unknown>)[key];
  let found = all;
  for (const key of filters) {
    const wanted = url.searchParams.getAll(key);
    if (wanted.length === 0) continue;
    found = key === "label_selector"
      ? found.filter(selects(wanted.join(",")))
      : found.filter((it) => wanted.includes(String(value(it, key))));
  }
  for (const order of url.searchParams.getAll("sort").reverse()) {
    const [key = "", direction = "asc"] = order.split(":");
    if (!sorts.includes(key) || !/^(?:asc|desc)$/.test(direction)) {
      throw invalid("sort", `'${order}' is not allowed`);
    }
    const sign = direction === "asc" ? 1 : -1;
    found = found.toSorted((a, b) =>
      sign * compare(value(a, key), value(b, key))
    );
  }
  const { items, page, pages, size, total } = readPage(found, url, {
    size: "per_page",
    max: 50,
    defaultSize: 25,
    largest,
    invalid: refuseField,
  });
  return jsonResponse(200, {
    [name]: items.map(show),
    ...further,
    meta: {
      pagination: {
        page,
        per_page: size,
        previous_page: page > 1 ? page - 1 : null,
        next_page: page < pages ? page + 1 : null,
        last_page: pages,
        total_entries: total,
      },
    },
  });
}

/** Parses a label selector; returns whether a resource matches it. */
export function selects(
  selector: string,
): (resource: object) => boolean {
  // Commas in parentheses separate values.
  const terms = selector.split(/,(?![^(]*\))/).map((term) => {
    const { groups } = TERM.exec(term.trim()) ?? {};
    if (groups === undefined || (groups.not && (groups.sign || groups.word))) {
      throw invalid("label_selector", `'${term}' is invalid`);
    }
    return groups as Partial<Record<string, string>>;
  });
  return (resource) => {
    const { labels } = resource as { labels: Record<string, string> };
    return terms.every(({ not, key = "", sign, value, word, values = "" }) => {
      const own = Object.hasOwn(labels, key) ? labels[key] : undefined;
      if (!sign && !word) return (own === undefined) === Boolean(not);
      const isOne = own !== undefined &&
        (sign ? [value] : split(values)).includes(own);
      return isOne !== (sign === "!=" || word === "notin");
    });
  };
}

function split(list: string): string[] {
  return list.split(",").map((it) => it.trim());
}

function compare(a: unknown, b: unknown): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a) < String(b) ? -1 : Number(String(a) > String(b));
}

function refuseField({ field, rule, expected, message }: InvalidField) {
  return invalid(field, rule === "length" ? `must have ${expected}` : message);
}
