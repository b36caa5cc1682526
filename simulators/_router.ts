/**
 * HTTP helpers that the simulators share: routing, credentials, forms, JSON,
 * numbered pages and error responses.
 *
 * @module
 */

import { decodeBase64 } from "@std/encoding/base64";
import { STATUS_CODE } from "@std/http/status";

/** A request that matches a route. */
export interface Call {
  /** The request; its body is still unread. */
  readonly request: Request;
  /** URL of the request. */
  readonly url: URL;
  /** Decoded values of the `{name}` segments in the route's path. */
  readonly params: ReadonlyMap<string, string>;
}

/**
 * Handles the requests of one route. To send an error response, it throws a
 * {@linkcode Refusal}.
 */
export type Handler = (call: Call) => Response | Promise<Response>;

/** Handlers by method and path, such as `"GET /servers/{id}/"`. */
export type Routes = Readonly<Record<string, Handler>>;

/** The parts of a simulated service, for {@linkcode serveRoutes}. */
export interface Service {
  /**
   * Handlers by method and path. `{name}` matches one segment, a trailing slash
   * is significant, and the first path that matches is used.
   */
  readonly routes: Routes;
  /** Checks every request before routing: credentials, rate limits, clock. */
  readonly before?: (request: Request) => void;
  /** Runs after each request other than GET and HEAD that was not refused. */
  readonly changed?: () => void;
  /** Converts a refusal to an error response in the provider's format. */
  readonly refuse: (refusal: Refusal) => Response;
  /** Adds the headers that every response has, error responses included. */
  readonly after?: (headers: Headers) => void;
}

/** An error that the client receives as an HTTP error response. */
export class Refusal extends Error {
  /** Name of the class. */
  override readonly name = "Refusal";

  /**
   * Creates a refusal.
   *
   * @param status HTTP status of the response.
   * @param message Reason, for people to read.
   * @param headers Additional headers of the response.
   */
  constructor(
    readonly status: number,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

/** Longest accepted request body, in characters. */
const MAX_BODY = 1_000_000;

/** Methods of requests that change nothing. */
const READING: ReadonlySet<string> = new Set(["GET", "HEAD"]);

interface Route {
  readonly segments: readonly string[];
  readonly handlers: Map<string, Handler>;
}

/**
 * Creates the `fetch` function of a simulated service.
 *
 * The function resolves to a response for every request, however malformed. It
 * rejects only if the signal of the request is aborted.
 *
 * @param service Routes and common behaviour of the service.
 * @returns A function with the signature of `fetch`.
 */
export function serveRoutes(
  service: Service,
): (request: Request) => Promise<Response> {
  const routes = parseRoutes(service.routes);

  async function dispatch(request: Request): Promise<Response> {
    service.before?.(request);
    const url = new URL(request.url);
    const [route, params] = findRoute(routes, url.pathname);
    const handler = route.handlers.get(request.method);
    if (handler === undefined) {
      const allowed = [...route.handlers.keys()].join(", ");
      throw new Refusal(
        STATUS_CODE.MethodNotAllowed,
        `Method ${request.method} is not allowed here.`,
        { Allow: allowed },
      );
    }
    const response = await handler({ request, url, params });
    if (!READING.has(request.method)) service.changed?.();
    return response;
  }

  async function respond(request: Request): Promise<Response> {
    let response: Response;
    try {
      response = await dispatch(request);
    } catch (error) {
      response = service.refuse(
        error instanceof Refusal
          ? error
          : new Refusal(STATUS_CODE.InternalServerError, String(error)),
      );
    }
    service.after?.(response.headers);
    // A response to HEAD must not have a body.
    return request.method === "HEAD" ? new Response(null, response) : response;
  }

  return async function fetch(request: Request, ...server: unknown[]) {
    // A server passes further arguments. It handles disconnected clients itself,
    // and Deno.serve() prints a warning when the signal is read.
    if (server.length > 0) return await respond(request);
    request.signal.throwIfAborted();
    const response = await respond(request);
    // As with a real service, the request has been applied by now.
    request.signal.throwIfAborted();
    return response;
  };
}

function parseRoutes(table: Routes): Route[] {
  const routes = new Map<string, Route>();
  for (const [key, handler] of Object.entries(table)) {
    const [method = "", path = ""] = key.split(" ");
    let route = routes.get(path);
    if (route === undefined) {
      route = { segments: path.split("/"), handlers: new Map() };
      routes.set(path, route);
    }
    route.handlers.set(method, handler);
  }
  return [...routes.values()];
}

function findRoute(
  routes: readonly Route[],
  pathname: string,
): [Route, Map<string, string>] {
  const segments = pathname.split("/");
  for (const route of routes) {
    const params = matchSegments(route.segments, segments);
    if (params !== undefined) return [route, params];
  }
  throw new Refusal(STATUS_CODE.NotFound, "There is nothing at this address.");
}

function matchSegments(
  pattern: readonly string[],
  segments: readonly string[],
): Map<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined;
  const params = new Map<string, string>();
  for (const [index, expected] of pattern.entries()) {
    const segment = segments[index] ?? "";
    if (expected.startsWith("{")) {
      const value = decode(segment);
      if (!value) return undefined;
      params.set(expected.slice(1, -1), value);
    } else if (segment !== expected) {
      return undefined;
    }
  }
  return params;
}

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

/**
 * Reads the user name and password of HTTP Basic authentication, in UTF-8.
 *
 * @param request Request to read.
 * @returns Both, or `undefined` if the header is missing or malformed.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7617 | RFC 7617}
 */
export function readBasicCredentials(
  request: Request,
): { readonly username: string; readonly password: string } | undefined {
  const header = request.headers.get("Authorization") ?? "";
  const [, encoded] = header.match(/^basic +([A-Za-z0-9+/]+={0,2}) *$/i) ?? [];
  if (encoded === undefined) return undefined;
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
      .decode(decodeBase64(encoded));
  } catch {
    return undefined;
  }
  // The password may contain colons; the user name may not.
  const colon = text.indexOf(":");
  if (colon < 0) return undefined;
  return { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

/**
 * Reads a body in `application/x-www-form-urlencoded`.
 *
 * A body without `Content-Type` is read as a form, because some clients omit
 * the header.
 *
 * @param request Request to read.
 * @returns Values by field name.
 * @throws {Refusal} If the body has another type, is too long, or repeats a
 * field.
 */
export async function readForm(request: Request): Promise<Map<string, string>> {
  const type = request.headers.get("Content-Type")?.split(";")[0]?.trim();
  if (type && type.toLowerCase() !== "application/x-www-form-urlencoded") {
    throw new Refusal(
      STATUS_CODE.UnsupportedMediaType,
      "The body must be of type application/x-www-form-urlencoded.",
    );
  }
  const fields = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(await readText(request))) {
    if (fields.has(name)) {
      throw new Refusal(
        STATUS_CODE.BadRequest,
        `Field ${JSON.stringify(name)} is given twice.`,
      );
    }
    fields.set(name, value);
  }
  return fields;
}

/**
 * Reads the token of HTTP bearer authentication.
 *
 * @param request Request to read.
 * @returns The token, or `undefined` if the header is missing or malformed.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6750 | RFC 6750}
 */
export function readBearerToken(request: Request): string | undefined {
  const header = request.headers.get("Authorization") ?? "";
  return header.match(/^bearer +([\w~+/.-]+=*) *$/i)?.[1];
}

/** A JSON object from a request; its fields are not validated. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Reads a JSON object from the body. An empty body is read as `{}`, because
 * clients send either for an action without parameters.
 *
 * @param request Request to read.
 * @returns The object.
 * @throws {Refusal} If the body is not a JSON object, or is too long.
 */
export async function readJson(request: Request): Promise<JsonObject> {
  const type = request.headers.get("Content-Type")?.split(";")[0]?.trim();
  const text = await readText(request);
  if (text === "") return {};
  if (type && !/^application\/(?:[\w.-]+\+)?json$/i.test(type)) {
    throw new Refusal(
      STATUS_CODE.UnsupportedMediaType,
      "The body must be of type application/json.",
    );
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Refusal(STATUS_CODE.BadRequest, "The body is not JSON.");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Refusal(STATUS_CODE.BadRequest, "The body is not an object.");
  }
  return value as JsonObject;
}

/** Page sizes of a provider, for {@linkcode readPage}. */
export interface PageRules {
  /** Name of the page size parameter, such as `"per_page"`. */
  readonly size: string;
  /**
   * Smallest page size that a client may request.
   *
   * @default {1}
   */
  readonly min?: number | undefined;
  /** Largest page size that a client may request. */
  readonly max: number;
  /** Page size if the client requests none. */
  readonly defaultSize: number;
  /**
   * Largest page that is sent, even if the client requests a larger one.
   *
   * @default {max}
   */
  readonly largest?: number | undefined;
}

/** One page of a list. */
export interface NumberedPage<T> {
  /** Items on the page. */
  readonly items: readonly T[];
  /** Page number, from 1. */
  readonly page: number;
  /** Number of pages, at least 1. */
  readonly pages: number;
  /** Number of items on a full page. */
  readonly size: number;
  /** Number of items on all pages. */
  readonly total: number;
}

/**
 * Selects the requested page, by the parameter `page` and the page size
 * parameter. A page after the last one is empty.
 *
 * @typeParam T Type of the items.
 * @param all Items of the whole list.
 * @param url URL of the request.
 * @param rules Page sizes of the provider.
 * @returns The page.
 * @throws {RangeError} If the page number or the page size is out of range or
 * not an integer. The caller converts it to the provider's error format.
 */
export function readPage<T>(
  all: readonly T[],
  url: URL,
  rules: PageRules,
): NumberedPage<T> {
  const { min = 1, max, defaultSize, largest = max } = rules;
  const page = readCount(url, "page", 1, 1, Number.MAX_SAFE_INTEGER);
  const requested = readCount(
    url,
    rules.size,
    Math.min(defaultSize, max),
    min,
    max,
  );
  const size = Math.min(requested, largest);
  const total = all.length;
  const items = all.slice((page - 1) * size, page * size);
  return {
    items,
    page,
    pages: Math.max(1, Math.ceil(total / size)),
    size,
    total,
  };
}

function readCount(
  url: URL,
  name: string,
  fallback: number,
  min: number,
  max: number,
): number {
  const text = url.searchParams.get(name);
  if (text === null) return fallback;
  const count = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  if (count >= min && count <= max) return count;
  throw new RangeError(`${name} must be a number from ${min} to ${max}`);
}

async function readText(request: Request): Promise<string> {
  let text: string;
  try {
    text = await request.text();
  } catch {
    throw new Refusal(STATUS_CODE.BadRequest, "The body cannot be read.");
  }
  if (text.length > MAX_BODY) {
    throw new Refusal(STATUS_CODE.ContentTooLarge, "The body is too long.");
  }
  return text;
}

/**
 * Creates a JSON response.
 *
 * @param status HTTP status.
 * @param value Value to encode as JSON.
 * @param headers Headers besides `Content-Type`.
 * @returns The response.
 */
export function jsonResponse(
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return jsonTextResponse(status, JSON.stringify(value), headers);
}

/**
 * Creates a JSON response from a string that is already JSON.
 *
 * @param status HTTP status.
 * @param text JSON to send.
 * @param headers Headers besides `Content-Type`.
 * @returns The response.
 */
export function jsonTextResponse(
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(text, {
    status,
    headers: { "Content-Type": "application/json; charset=utf-8", ...headers },
  });
}
