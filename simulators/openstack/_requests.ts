/**
 * Errors, tokens, pages and fields in the formats of the services.
 *
 * @module
 */

import { type Account, HOSTS, type Service, urlOf } from "./_account.ts";
import {
  type Call,
  isObject,
  type JsonObject,
  jsonResponse,
  readJson,
  Refusal,
} from "../kit/mod.ts";

/** Keys of the errors of Nova and Cinder, by status. */
const KEYS: Readonly<Record<number, string>> = {
  400: "badRequest",
  401: "unauthorized",
  403: "forbidden",
  404: "itemNotFound",
  405: "badMethod",
  409: "conflictingRequest",
  413: "overLimit",
  429: "overLimit",
  503: "serviceUnavailable",
};

const TITLES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  409: "Conflict",
  405: "Method Not Allowed",
};

/** Creates an error response of Nova or Cinder. */
export function faultResponse({ status, message, headers }: Refusal): Response {
  // The middleware in front of the services checks the token.
  if (status === 401) {
    return identityError(new Refusal(status, message, { headers }));
  }
  const fault: Record<string, unknown> = { code: status, message };
  const retryAfter = headers["Retry-After"];
  if (retryAfter !== undefined) fault["retryAfter"] = retryAfter;
  const body = { [KEYS[status] ?? "computeFault"]: fault };
  return jsonResponse(status, body, headers);
}

/** Creates an error response of Keystone. */
export function identityError({ status, message, headers }: Refusal): Response {
  const error = { code: status, message, title: TITLES[status] ?? "Error" };
  return jsonResponse(status, { error }, headers);
}

/** Creates an error response of Neutron. */
export function networkError(refusal: Refusal): Response {
  const { status, message, code = "HTTPNotFound", headers } = refusal;
  if (status === 401) return identityError(refusal);
  const error = { type: code, message, detail: "" };
  return jsonResponse(status, { NeutronError: error }, headers);
}

/** Creates an error response of Glance, in JSON with line breaks of HTML. */
export function imageError(refusal: Refusal): Response {
  const { status, message, headers } = refusal;
  if (status === 401) return identityError(refusal);
  const title = TITLES[status] ?? "Error";
  return jsonResponse(status, {
    message: `${message}<br /><br />\n\n\n`,
    code: `${status} ${title}`,
    title,
  }, headers);
}

/** Refuses a request without a valid token. */
export function requireToken(account: Account, request: Request): void {
  if (isToken(account, request.headers.get("x-auth-token"))) return;
  throw authenticationRequired();
}

/** Tells whether a token exists and has not expired. */
export function isToken({ tokens, timeline }: Account, id: unknown): boolean {
  return timeline.now < (tokens.get(`${id}`) ?? -Infinity);
}

/** Creates the error of wrong credentials, or of none. */
export function authenticationRequired(): Refusal {
  return new Refusal(
    401,
    "The request you have made requires authentication.",
    {
      headers: {
        "WWW-Authenticate": `Keystone uri="https://${HOSTS.identity}/v3"`,
      },
    },
  );
}

/** Creates the error of an invalid request. */
export function badRequest(message: string): Refusal {
  return new Refusal(400, message);
}

/** Reads the object below a key of the body, such as `{"server": {...}}`. */
export async function readObject(
  { request }: Call,
  key: string,
): Promise<JsonObject> {
  return objectIn(await readJson(request), key);
}

/** The object below a key of a body. */
export function objectIn(body: JsonObject, key: string): JsonObject {
  const value = body[key];
  if (isObject(value)) return value;
  throw badRequest(
    `Invalid input for field/attribute ${key}. Value: ${
      JSON.stringify(value) ?? "None"
    }. ${JSON.stringify(value)} is not of type 'object'`,
  );
}

/** Refuses properties that the schema of a request does not have. */
export function checkKeys(
  value: JsonObject,
  allowed: readonly string[],
  name: string,
): void {
  const [unexpected] = Object.keys(value).filter((it) => !allowed.includes(it));
  if (unexpected === undefined) return;
  throw badRequest(
    `Invalid input for field/attribute ${name}. Value: ${
      JSON.stringify(value)
    }. Additional properties are not allowed ('${unexpected}' was unexpected)`,
  );
}

/** Reads a string, which may be missing. */
export function textIn(
  value: JsonObject,
  name: string,
  { min = 1, max = 255 } = {},
): string | undefined {
  const text = value[name];
  if (text === undefined || text === null) return undefined;
  if (typeof text === "string" && text.length >= min && text.length <= max) {
    return text;
  }
  throw badRequest(
    `Invalid input for field/attribute ${name}. Value: ${
      JSON.stringify(text)
    }. ${
      typeof text !== "string"
        ? `${JSON.stringify(text)} is not of type 'string'`
        : text.length < min
        ? `'${text}' is too short`
        : `'${text}' is too long`
    }`,
  );
}

/** Reads a string that must be present. */
export function requiredText(
  value: JsonObject,
  name: string,
  limits: { min?: number; max?: number } = {},
): string {
  const text = textIn(value, name, limits);
  if (text !== undefined) return text;
  throw badRequest(
    `Invalid input for field/attribute ${name}. Value: ${
      JSON.stringify(value)
    }. '${name}' is a required property`,
  );
}

/** Reads an object of strings, such as metadata. */
export function labelsIn(
  value: JsonObject,
  name: string,
): Record<string, string> | undefined {
  const labels = value[name];
  if (labels === undefined || labels === null) return undefined;
  const isValid = isObject(labels) &&
    Object.entries(labels).every(([key, text]) =>
      key.length > 0 && key.length <= 255 && typeof text === "string" &&
      text.length <= 255
    );
  if (isValid) return { ...labels as Record<string, string> };
  throw badRequest(
    `Invalid input for field/attribute ${name}. Value: ${
      JSON.stringify(labels)
    }.`,
  );
}

/** A page of a list, which begins after the item with the id `marker`. */
export interface MarkedPage<T> {
  readonly items: readonly T[];
  /** Query of the next page; `undefined` on the last one. */
  readonly next: URLSearchParams | undefined;
}

/**
 * Reads one page of a list.
 *
 * @param all All items of the list.
 * @param url URL of the request.
 * @param largest Largest page that the service sends.
 * @param idOf Returns what `marker` names.
 * @returns The page.
 */
export function readMarkedPage<T>(
  all: readonly T[],
  url: URL,
  largest: number,
  idOf: (item: T) => string,
): MarkedPage<T> {
  const { searchParams } = url;
  const limit = searchParams.get("limit");
  if (limit !== null && !/^\d+$/.test(limit)) {
    throw badRequest(
      `Invalid input for query parameters limit. Value: ${limit}. '${limit}' ` +
        "does not match '^[0-9]*$'",
    );
  }
  const marker = searchParams.get("marker");
  const start = marker === null
    ? 0
    : all.findIndex((item) => idOf(item) === marker) + 1;
  if (marker !== null && start === 0) {
    throw badRequest(`marker [${marker}] not found`);
  }
  // 0 is the largest page.
  const size = Math.min(Number(limit) || largest, largest);
  const items = all.slice(start, start + size);
  // A full page has a link, even if it is the last one.
  if (items.length < size) return { items, next: undefined };
  const next = new URLSearchParams(searchParams);
  next.set("marker", idOf(items.at(-1)!));
  return { items, next };
}

/** Links to the next page of a list, as Nova, Cinder and Neutron send them. */
export function pageLinks(
  key: string,
  { next }: MarkedPage<unknown>,
  account: Account,
  service: Service,
  url: URL,
): Record<string, unknown> {
  if (next === undefined) return {};
  const href = `${linkBase(account, service, url)}${
    pathBelow(service, url)
  }?${next}`;
  return { [`${key}_links`]: [{ rel: "next", href }] };
}

/** Base of the links in responses, which may have an internal host. */
export function linkBase(account: Account, service: Service, url: URL): string {
  const { linkHost } = account.settings;
  return linkHost ? `http://${linkHost}` : urlOf(service, url);
}

/** Path of a request without the prefix of the service. */
export function pathBelow(service: Service, { pathname }: URL): string {
  const prefix = `/${service}/`;
  return pathname.startsWith(prefix)
    ? pathname.slice(prefix.length - 1)
    : pathname;
}
