/**
 * Envelopes, errors and lists in the format of the API.
 *
 * @module
 */

import {
  type InvalidField,
  type JsonObject,
  jsonResponse,
  md5,
  readPage,
  Refusal,
} from "../kit/mod.ts";

/** Codes of refusals that have none of their own, by status. */
const CODES: Readonly<Record<number, number>> = {
  400: 9207,
  404: 7000,
  405: 10405,
  413: 10413,
  415: 10415,
  429: 10429,
  500: 10500,
};

/** A refusal whose reason is in the `error_chain` of another error. */
export class ValidationRefusal extends Refusal {
  /** Creates a refusal with the code of the reason. */
  constructor(code: number, message: string) {
    super(400, message, { code: String(code) });
  }
}

/** Creates the error of an invalid request, with its reason at the top. */
export function refusal(code: number, message: string, status = 400): Refusal {
  return new Refusal(status, message, { code: String(code) });
}

/** Creates the error of an id that does not exist. */
export function noRoute(path: string): Refusal {
  return refusal(
    7003,
    `Could not route to ${path}, perhaps your object identifier is invalid?`,
    404,
  );
}

/** Creates the error of a field of a request. */
export function invalidField({ message }: InvalidField): Refusal {
  return refusal(9207, `Request body is invalid: ${message}.`);
}

/** Converts a refusal to an error response. */
export function errorResponse(error: Refusal): Response {
  const { status, headers } = error;
  return jsonResponse(status, {
    result: null,
    success: false,
    errors: errorsOf(error),
    messages: [],
  }, headers);
}

function errorsOf(error: Refusal): JsonObject[] {
  const { status, message } = error;
  const code = Number(error.code ?? CODES[status] ?? 10500);
  if (error instanceof ValidationRefusal) {
    const error_chain = [{ code, message }];
    return [{ code: 1004, message: "DNS Validation Error", error_chain }];
  }
  if (code === 6003) {
    const reason = "Invalid format for Authorization header";
    return [{ code, message, error_chain: [{ code: 6111, message: reason }] }];
  }
  return [{ code, message }];
}

/** Sends a result. */
export function resultResponse(result: unknown, further: object = {}) {
  const body = { result, success: true, errors: [], messages: [], ...further };
  return jsonResponse(200, body);
}

/** How a list is divided into pages. */
export interface ListRules {
  /** Smallest page that a client may request. */
  readonly min: number;
  /** Largest page that a client may request. */
  readonly max: number;
  /** Page size if the client requests none. */
  readonly defaultSize: number;
  /** Largest page that is sent. */
  readonly largest: number;
}

/** Sends one page of a list. */
export function listResponse<T>(
  all: readonly T[],
  url: URL,
  rules: ListRules,
  show: (item: T) => unknown,
): Response {
  const { items, page, pages, size, total } = readPage(all, url, {
    size: "per_page",
    ...rules,
    largest: Math.min(rules.largest, rules.max),
    invalid: ({ message }) => refusal(6004, `Invalid query: ${message}.`),
  });
  return resultResponse(items.map(show), {
    result_info: {
      page,
      per_page: size,
      count: items.length,
      total_count: total,
      total_pages: total === 0 ? 0 : pages,
    },
  });
}

/** Creates an id of 32 hexadecimal digits, the same for the same name. */
export function toId(name: string): string {
  return md5(new TextEncoder().encode(name)).replaceAll(":", "");
}

/** Formats a time, with six digits after the point. */
export function toTime(ms: number): string {
  return new Date(ms).toISOString().replace("Z", "000Z");
}

/** A condition on a text: `{ exact: "a" }`, or several of them. */
export interface TextFilter {
  readonly [operator: string]: string | undefined;
}

const OPERATORS: Readonly<
  Record<string, (text: string, wanted: string) => boolean>
> = {
  exact: (text, wanted) => text === wanted,
  contains: (text, wanted) => text.includes(wanted),
  startswith: (text, wanted) => text.startsWith(wanted),
  endswith: (text, wanted) => text.endsWith(wanted),
  present: (text) => text !== "",
  absent: (text) => text === "",
};

/**
 * Reads the conditions on a field: `name.exact=a`, `name.contains=b`, or the old
 * `name=a`.
 *
 * @param query Query of the request.
 * @param field Name of the field.
 * @returns Whether a text meets each condition. Case makes no difference.
 */
export function textFilters(
  query: URLSearchParams,
  field: string,
): ((text: string) => boolean)[] {
  return [...query].flatMap(([key, value]) => {
    const [name, operator = "exact"] = key.split(".");
    const matches = name === field ? OPERATORS[operator] : undefined;
    if (!matches) return [];
    const wanted = value.toLowerCase();
    return [(text: string) => matches(text.toLowerCase(), wanted)];
  });
}

const ZONE_OPERATORS: Readonly<
  Record<string, (text: string, wanted: string) => boolean>
> = {
  equal: (text, wanted) => text === wanted,
  not_equal: (text, wanted) => text !== wanted,
  starts_with: (text, wanted) => text.startsWith(wanted),
  ends_with: (text, wanted) => text.endsWith(wanted),
  contains: (text, wanted) => text.includes(wanted),
};

/** Whether a text meets a condition such as `contains:.org` or `example.com`. */
export function meets(text: string, condition: string): boolean {
  const [operator = "", ...rest] = condition.toLowerCase().split(":");
  const matches = rest.length > 0 ? ZONE_OPERATORS[operator] : undefined;
  return matches
    ? matches(text.toLowerCase(), rest.join(":"))
    : text.toLowerCase() === condition.toLowerCase();
}

/** Sorts a list by a field. */
export function sorted<T extends object>(
  all: readonly T[],
  field: string | null,
  direction: string | null,
): readonly T[] {
  if (field === null) return all;
  const valueOf = (item: T) =>
    field.split(".").reduce<unknown>(
      (value, key) => Object(value)[key],
      item,
    ) as string | number;
  const sign = direction === "desc" ? -1 : 1;
  return all.toSorted((a, b) =>
    valueOf(a) === valueOf(b) ? 0 : valueOf(a) < valueOf(b) ? -sign : sign
  );
}
