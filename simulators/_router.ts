/**
 * What the simulators share: from a request to a handler by method and path,
 * credentials, forms, JSON, numbered pages, and one way to refuse.
 *
 * @module
 */

import { decodeBase64 } from "@std/encoding/base64";
import { STATUS_CODE } from "@std/http/status";

/** A request that found its route. */
export interface Call {
  /** The request, its body unread. */
  readonly request: Request;
  /** Its address. */
  readonly url: URL;
  /** Values of the `{names}` in the route's path, decoded. */
  readonly params: ReadonlyMap<string, string>;
}

/** Answers the calls of one route; throws a {@linkcode Refusal} to refuse. */
export type Handler = (call: Call) => Response | Promise<Response>;

/** What {@linkcode serveRoutes} needs to know of a provider. */
export interface Service {
  /**
   * Handlers by method and path, such as `"GET /servers/{id}/"`. A slash at
   * the end counts, `{name}` stands for one segment, and the first path that
   * fits is taken.
   */
  readonly routes: Readonly<Record<string, Handler>>;
  /** Looks at every request before its route is sought: credentials, state. */
  readonly before?: (request: Request) => void;
  /** Writes a refusal in the provider's shape. */
  readonly refuse: (refusal: Refusal) => Response;
  /** Adds to every answer, refusals included, what they all have. */
  readonly after?: (headers: Headers) => void;
}

/** Ends a call with an error that its caller gets as an answer. */
export class Refusal extends Error {
  /** Name of the class. */
  override readonly name = "Refusal";

  /**
   * Creates a refusal.
   *
   * @param status The HTTP status that says what is wrong.
   * @param message What is wrong, for people to read.
   * @param headers Headers that the answer must have.
   */
  constructor(
    readonly status: number,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

/** Largest body that is read, in characters. */
const MAX_BODY = 1_000_000;

interface Route {
  readonly segments: readonly string[];
  readonly handlers: Map<string, Handler>;
}

/**
 * Makes the `fetch` function of a provider.
 *
 * Whatever the request holds, the function resolves to a response; it rejects
 * only as `fetch` does, when the signal of the request has fired.
 *
 * @param service The provider's routes and manners.
 * @returns The function.
 */
export function serveRoutes(
  service: Service,
): (request: Request) => Promise<Response> {
  const routes = parseRoutes(service.routes);

  async function answer(request: Request): Promise<Response> {
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
    return await handler({ request, url, params });
  }

  async function respond(request: Request): Promise<Response> {
    let response: Response;
    try {
      response = await answer(request);
    } catch (error) {
      response = service.refuse(
        error instanceof Refusal
          ? error
          : new Refusal(STATUS_CODE.InternalServerError, String(error)),
      );
    }
    service.after?.(response.headers);
    // As a server does, and as a Response for a HEAD request has to be.
    return request.method === "HEAD" ? new Response(null, response) : response;
  }

  return async function fetch(request: Request, ...server: unknown[]) {
    // A server passes more than the request. Who asked is its business then,
    // and Deno.serve() warns of whoever looks at its signal.
    if (server.length > 0) return await respond(request);
    request.signal.throwIfAborted();
    const response = await respond(request);
    // Too late to undo anything, as it would be with a real service.
    request.signal.throwIfAborted();
    return response;
  };
}

function parseRoutes(table: Readonly<Record<string, Handler>>): Route[] {
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
 * Reads the user and password of HTTP Basic authentication, in UTF-8.
 *
 * @param request The request.
 * @returns Both, or `undefined` if the header is absent or malformed.
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
  // Only the user may not hold a colon; the password may.
  const colon = text.indexOf(":");
  if (colon < 0) return undefined;
  return { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

/**
 * Reads a body in `application/x-www-form-urlencoded`.
 *
 * A body whose type is not given counts as a form, as it does for servers that
 * know no other; some clients leave the header out.
 *
 * @param request The request.
 * @returns The fields by name.
 * @throws {Refusal} If the body is something else, too long, or gives a field
 * twice.
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
 * @param request The request.
 * @returns The token, or `undefined` if the header is absent or malformed.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6750 | RFC 6750}
 */
export function readBearerToken(request: Request): string | undefined {
  const header = request.headers.get("Authorization") ?? "";
  return header.match(/^bearer +([\w~+/.-]+=*) *$/i)?.[1];
}

/** An object of JSON, as it came; its fields can be anything. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Reads a body of JSON. No body counts as one without fields: an action that
 * needs none is asked for with either.
 *
 * @param request The request.
 * @returns The fields of the object in it.
 * @throws {Refusal} If the body is something else, or too long.
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

/** How a provider numbers its pages, for {@linkcode readPage}. */
export interface PageRules {
  /** Parameter for the size of a page, such as `"per_page"`. */
  readonly size: string;
  /**
   * Smallest size that may be asked for.
   *
   * @default {1}
   */
  readonly min?: number | undefined;
  /** Largest size that may be asked for. */
  readonly max: number;
  /** Size of a page that nobody asked a size for. */
  readonly usual: number;
  /**
   * Largest page that is sent, whatever was asked for.
   *
   * @default {max}
   */
  readonly largest?: number | undefined;
}

/** One page of a list. */
export interface NumberedPage<T> {
  /** What is on it. */
  readonly items: readonly T[];
  /** Its number, from 1. */
  readonly page: number;
  /** Number of all pages, at least 1. */
  readonly pages: number;
  /** Number of items on a full page. */
  readonly size: number;
  /** Number of items on all pages. */
  readonly total: number;
}

/**
 * Takes the page that a request asks for, by its parameter `page` and the one
 * that gives the size. A page after the last one is empty.
 *
 * @typeParam T What is listed.
 * @param all All there is.
 * @param url Address of the request.
 * @param rules How the provider numbers its pages.
 * @returns The page.
 * @throws {RangeError} If the number or the size is none, or out of range: the
 * message says which, and each provider refuses in its own words.
 */
export function readPage<T>(
  all: readonly T[],
  url: URL,
  rules: PageRules,
): NumberedPage<T> {
  const { min = 1, max, usual, largest = max } = rules;
  const page = readCount(url, "page", 1, 1, Number.MAX_SAFE_INTEGER);
  const asked = readCount(url, rules.size, Math.min(usual, max), min, max);
  const size = Math.min(asked, largest);
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
  usual: number,
  min: number,
  max: number,
): number {
  const text = url.searchParams.get(name);
  if (text === null) return usual;
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
 * Makes a JSON answer.
 *
 * @param status The HTTP status.
 * @param value What to send.
 * @param headers Headers beside `Content-Type`.
 * @returns The answer.
 */
export function jsonResponse(
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return jsonTextResponse(status, JSON.stringify(value), headers);
}

/**
 * Makes a JSON answer of JSON that is encoded already.
 *
 * @param status The HTTP status.
 * @param text What to send.
 * @param headers Headers beside `Content-Type`.
 * @returns The answer.
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
