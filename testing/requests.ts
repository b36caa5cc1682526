/**
 * What requests contain: the values in their address, headers and body.
 *
 * @module
 */

import type { Fetch } from "../core/mod.ts";

/** A request that a driver has sent. */
export interface SentRequest {
  /** Method. */
  readonly method: string;
  /** Path, decoded segment by segment. */
  readonly path: string;
  /** Fields of the query, of unusual headers, and of a form or JSON body. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** All single values: of the host, path, query, unusual headers and body. */
  readonly values: readonly string[];
  /** The complete request, to compare it with others. */
  readonly text: string;
}

/** Headers that say nothing about what is requested, or that are signatures. */
const USUAL_HEADERS =
  /^(?:accept.*|authorization|content-.*|user-agent|date|x-amz-.*)$/;

/** Whether a request is a write. */
export function isWrite({ method }: Request): boolean {
  return method !== "GET" && method !== "HEAD";
}

/**
 * Records the requests of a `fetch` function.
 *
 * @param fetch The function.
 * @returns The requests so far, with unread bodies, and the function to pass on.
 */
export function record(
  fetch: Fetch,
): { readonly requests: Request[]; readonly fetch: Fetch } {
  const requests: Request[] = [];
  return {
    requests,
    fetch: async (request) => {
      requests.push(request.clone());
      return await fetch(request);
    },
  };
}

/**
 * Reads what a request contains.
 *
 * @param request The request, with an unread body.
 * @returns Its contents.
 */
export async function readRequest(request: Request): Promise<SentRequest> {
  const { hostname, pathname, searchParams } = new URL(request.url);
  const segments = pathname.split("/").map(decodeURIComponent);
  const text = await request.text();
  const body = parseBody(request, text);
  const query = Object.fromEntries(searchParams);
  const headers = Object.fromEntries(
    [...request.headers].filter(([name]) => !USUAL_HEADERS.test(name))
      .map(([name, value]) => [name, parseHeader(value)]),
  );
  return {
    method: request.method,
    path: segments.join("/"),
    fields: { ...headers, ...query, ...isRecord(body) ? body : {} },
    values: [
      ...hostname.split("."),
      ...segments,
      ...leavesOf(query),
      ...leavesOf(headers),
      ...leavesOf(body),
    ].filter((value) => value !== ""),
    text: `${request.method} ${request.url}\n${text}`,
  };
}

/**
 * Checks whether a request contains a value: as it is, as a part of a longer
 * string, or in base64.
 *
 * @param request The request.
 * @param value The value.
 * @returns Whether it does.
 */
export function contains(request: SentRequest, value: unknown): boolean {
  const wanted = String(value);
  return request.values.some((it) =>
    it === wanted ||
    // A short value would be part of some string by accident.
    wanted.length >= 4 && it.includes(wanted) ||
    decodeBase64(it)?.includes(wanted) === true ||
    it.split(/[:,=;]/).includes(wanted)
  );
}

function parseHeader(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

function parseBody(request: Request, text: string): unknown {
  const type = request.headers.get("content-type") ?? "";
  if (text === "") return {};
  if (type.includes("json")) return JSON.parse(text);
  if (type.includes("form")) {
    return Object.fromEntries(new URLSearchParams(text));
  }
  return { text };
}

/** Lists the keys and the single values of a body. */
function leavesOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(leavesOf);
  if (!isRecord(value)) return value === undefined ? [] : [String(value)];
  return Object.entries(value).flatMap(([key, it]) => [key, ...leavesOf(it)]);
}

/** Whether a value is an object with fields, not a list. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function decodeBase64(text: string): string | undefined {
  if (!/^[A-Za-z\d+/]{4,}={0,2}$/.test(text) || text.length % 4 !== 0) return;
  const bytes = Uint8Array.from(atob(text), (it) => it.charCodeAt(0));
  return new TextDecoder().decode(bytes);
}
