/**
 * Requests of Designate: bodies, ids and lists, and the errors about them.
 *
 * @module
 */

import type { Account } from "./_account.ts";
import { identityError, linkBase, pathBelow } from "./_requests.ts";
import {
  type Call,
  isObject,
  type JsonObject,
  jsonResponse,
  readBody,
  Refusal,
} from "../kit/mod.ts";

const DEFAULT_PAGE = 20;

const MAX_TTL = 2 ** 31 - 1;

/** An invalid field, as the API describes it. */
export interface Invalid {
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly validator: string;
  readonly validator_value: unknown;
}

/** A refusal that lists invalid fields instead of a message. */
export class InvalidObject extends Refusal {
  constructor(readonly errors: readonly Invalid[]) {
    super(400, "", { code: "invalid_object" });
  }
}

const CODES: Readonly<Record<number, readonly [code: string, text?: string]>> =
  {
    400: ["invalid_json", "Expecting value: line 1 column 1 (char 0)"],
    404: ["not_found", "resource not found"],
    405: ["method_not_allowed"],
    415: ["unsupported_content_type", "Content-type must be application/json"],
  };

/**
 * Creates an error response of Designate.
 *
 * @param refusal What was refused.
 * @param request_id Id of the request.
 * @returns The response.
 */
export function dnsError(refusal: Refusal, request_id: string): Response {
  const { status, headers } = refusal;
  if (status === 401) return identityError(refusal);
  const [type = "unknown", message] = refusal.code === undefined
    ? CODES[status] ?? []
    : [refusal.code, refusal.message];
  return jsonResponse(status, {
    code: status,
    type,
    ...refusal instanceof InvalidObject
      ? { errors: { errors: refusal.errors } }
      : message && { message },
    request_id,
  }, headers);
}

export function requireQuota(
  { settings: { quotas } }: Account,
  name: string,
  count: number,
): void {
  const limit = quotas[name] ?? -1;
  if (limit < 0 || count <= limit) return;
  throw new Refusal(413, `Quota exceeded for ${name}.`, { code: "over_quota" });
}

export function uuidIn({ params }: Call, name: string, field: string): string {
  const id = params.get(name) ?? "";
  if (isUuid(id)) return id;
  throw new Refusal(400, `Invalid UUID ${field}: ${id}`, {
    code: "invalid_uuid",
  });
}

function isUuid(id: string): boolean {
  return /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i.test(id);
}

export async function readObject({ request }: Call): Promise<JsonObject> {
  const text = new TextDecoder().decode(await readBody(request));
  if (text === "") {
    throw new Refusal(400, "Request Body is empty", {
      code: "empty_request_body",
    });
  }
  if (!/json/.test(request.headers.get("content-type") ?? "")) {
    throw new Refusal(415, "");
  }
  const body = parse(text);
  if (isObject(body)) return body;
  throw new Refusal(400, "");
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function checkKeys(
  body: JsonObject,
  known: readonly string[],
  noun: string,
): void {
  const wrong = Object.keys(body).filter((key) => !known.includes(key));
  if (wrong.length === 0) return;
  const keys = wrong.map((key) => `'${key}'`).join(", ");
  throw invalid(
    "Provided object does not match schema. " +
      `Keys [${keys}] are not valid for ${noun}`,
  );
}

export function checkDomain(
  name: unknown,
  noun: string,
  pattern: RegExp,
): string {
  const text = `${name}`;
  const long = text.split(".").find(({ length }) => length > 63);
  if (long !== undefined) throw invalidValue(`Host ${long} is too long`);
  if (!text.endsWith(".")) {
    throw invalidValue(`${noun} ${text} does not end with a dot`);
  }
  if (!pattern.test(text)) throw invalidValue(`${noun} ${text} is invalid`);
  return text;
}

/** Reads a TTL; a string with digits is a number, too. */
export function readTtl({ ttl }: JsonObject): number | null | undefined {
  if (ttl === undefined || ttl === null) return ttl;
  const seconds = Number(ttl);
  if (!Number.isInteger(seconds)) {
    throw invalidValue(`invalid literal for int() with base 10: '${ttl}'`);
  }
  if (seconds < 0) throw invalidValue("Value must be >= 0 for field ttl");
  if (seconds > MAX_TTL) throw invalidValue("Value too high for ttl");
  return seconds;
}

export function readDescription({ description }: JsonObject) {
  if (description === undefined) return {};
  if (`${description}`.length > 160) {
    throw invalidValue("Value too long for description");
  }
  return { description: description === null ? null : `${description}` };
}

export function isSameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** Creates the response to a request that creates something. */
export function created(body: JsonObject, status: number): Response {
  const { self } = body["links"] as { readonly self: string };
  return jsonResponse(status, body, { Location: self });
}

/** The key, the filters and the orders of a list. */
export interface ListRules {
  readonly key: string;
  readonly filters: readonly string[];
  readonly sortKeys: readonly string[];
}

/** Creates a page of a list. */
export function page(
  account: Account,
  all: readonly JsonObject[],
  url: URL,
  { key, filters, sortKeys }: ListRules,
): Response {
  const { searchParams } = url;
  const { limit, marker, sort_key, sort_dir, ...wanted } = Object.fromEntries(
    searchParams,
  );
  const size = readLimit(limit, account.settings.largestPage);
  if (sort_key !== undefined && !sortKeys.includes(sort_key)) {
    const keys = sortKeys.map((it) => `'${it}'`).join(", ");
    throw new Refusal(400, `sort key must be one of [${keys}]`, {
      code: "invalid_sort_key",
    });
  }
  const foreign = Object.keys(wanted).filter((it) => !filters.includes(it));
  if (foreign.length > 0) throw bad(`Invalid filters ${foreign.join(", ")}`);
  const found = all.filter((item) =>
    Object.entries(wanted).every((filter) => matches(item, filter))
  );
  const sorted = sort_key === undefined
    ? found
    : found.toSorted((a, b) => `${a[sort_key]}` < `${b[sort_key]}` ? -1 : 1);
  const ordered = sort_dir === "desc" ? sorted.toReversed() : sorted;
  const start = readMarker(ordered, marker);
  const items = ordered.slice(start, start + size);
  const self = `${linkBase(account, "dns", url)}${pathBelow("dns", url)}`;
  const isLast = items.length < size || limit === undefined &&
      start + items.length === ordered.length;
  const next = new URLSearchParams(searchParams);
  if (!isLast) next.set("marker", `${items.at(-1)?.["id"]}`);
  const query = searchParams.size > 0 ? `?${searchParams}` : "";
  return jsonResponse(200, {
    [key]: items,
    links: {
      self: `${self}${query}`,
      ...!isLast && { next: `${self}?${next}` },
    },
    ...key !== "exports" && { metadata: { total_count: found.length } },
  });
}

function readLimit(limit: string | undefined, largest: number): number {
  if (limit === undefined) return Math.min(DEFAULT_PAGE, largest);
  if (limit.toLowerCase() === "max") return largest;
  if (/^[1-9]\d*$/.test(limit)) return Math.min(Number(limit), largest);
  throw new Refusal(400, "limit should be an integer between 1 and 1000", {
    code: "invalid_limit",
  });
}

function readMarker(
  items: readonly JsonObject[],
  marker: string | undefined,
): number {
  if (marker === undefined) return 0;
  if (!isUuid(marker)) throw new Refusal(400, "", { code: "invalid_marker" });
  const index = items.findIndex(({ id }) => id === marker);
  if (index >= 0) return index + 1;
  throw new Refusal(400, "Marker None could not be found", {
    code: "marker_not_found",
  });
}

/** Whether an item has a value, in which a star stands for any text. */
function matches(
  item: JsonObject,
  [name, wanted]: readonly [string, string],
): boolean {
  const value = name === "data" ? item["records"] : item[name];
  const pattern = new RegExp(
    `^${wanted.split("*").map(escape).join(".*")}$`,
    "is",
  );
  return [value].flat().some((it) => pattern.test(`${it ?? ""}`));
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

/** Base of the links in responses. */
export function baseOf(account: Account, url: URL): string {
  return `${linkBase(account, "dns", url)}/v2`;
}

/** The time as Designate has it: without parts of a second. */
export function wholeSeconds(account: Account): string {
  const { now } = account.timeline;
  return account.microTimestamp(Math.floor(now / 1000) * 1000);
}

export function bad(message: string): Refusal {
  return new Refusal(400, message, { code: "bad_request" });
}

export function invalid(message: string): Refusal {
  return new Refusal(400, message, { code: "invalid_object" });
}

export function invalidValue(message: string): Refusal {
  return invalid(
    `Provided object is not valid. Got a ValueError error with message ` +
      message,
  );
}

export function unknown(noun: string, code: string): Refusal {
  return new Refusal(404, `Could not find ${noun}`, { code });
}
