/**
 * Routing of requests, bodies of requests, and responses.
 *
 * @module
 */

import { STATUS_CODE } from "@std/http/status";
import type { JsonObject } from "./_fields.ts";
import { Refusal } from "./_refusal.ts";
import { toNumericId } from "./_store.ts";
import type { Timeline } from "./_timeline.ts";

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
  /**
   * Clock and changes of the account. Changes that are due are applied before
   * each request, and each request other than GET and HEAD counts as a change,
   * unless it was refused.
   */
  readonly timeline?: Timeline<unknown> | undefined;
  /**
   * Checks every request before routing: credentials and rate limits. It throws
   * a {@linkcode Refusal}.
   */
  readonly before?: (request: Request) => unknown;
  /**
   * Converts a refusal to an error response in the provider's format. Each
   * error that a client receives goes through it, including those of routing
   * (404, 405) and of bodies (400, 413, 415).
   */
  readonly error: (refusal: Refusal) => Response;
  /** Adds the headers that every response has, error responses included. */
  readonly after?: (headers: Headers, request: Request) => void;
}

/** Longest accepted request body, in bytes. */
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
    service.timeline?.advance();
    service.before?.(request);
    const url = new URL(request.url);
    const [route, params] = findRoute(routes, url.pathname);
    const handler = route.handlers.get(request.method);
    if (handler === undefined) {
      const allowed = [...route.handlers.keys()].join(", ");
      throw new Refusal(
        STATUS_CODE.MethodNotAllowed,
        `Method ${request.method} is not allowed here.`,
        { headers: { Allow: allowed } },
      );
    }
    const response = await handler({ request, url, params });
    if (!READING.has(request.method)) service.timeline?.changed();
    return response;
  }

  async function respond(request: Request): Promise<Response> {
    let response: Response;
    try {
      response = await dispatch(request);
    } catch (error) {
      response = service.error(
        error instanceof Refusal
          ? error
          : new Refusal(STATUS_CODE.InternalServerError, String(error)),
      );
    }
    service.after?.(response.headers, request);
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

/**
 * Reads the body.
 *
 * @param request Request to read.
 * @returns The bytes.
 * @throws {Refusal} If the body cannot be read, or is too long.
 */
export async function readBody(
  request: Request,
): Promise<Uint8Array<ArrayBuffer>> {
  let body: Uint8Array<ArrayBuffer>;
  try {
    body = new Uint8Array(await request.arrayBuffer());
  } catch {
    throw new Refusal(STATUS_CODE.BadRequest, "The body cannot be read.");
  }
  if (body.length > MAX_BODY) {
    throw new Refusal(STATUS_CODE.ContentTooLarge, "The body is too long.");
  }
  return body;
}

async function readText(request: Request): Promise<string> {
  return new TextDecoder().decode(await readBody(request));
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

/**
 * Creates a response without a body.
 *
 * @returns The response, with status 204.
 */
export function noContent(): Response {
  return new Response(null, { status: STATUS_CODE.NoContent });
}

/**
 * Finds the resource whose id is in the path.
 *
 * @typeParam Id Type of the ids.
 * @typeParam T Type of the resources.
 * @param all Resources by id.
 * @param call Request, whose route has `{id}` in its path.
 * @param notFound Creates the error of an unknown id.
 * @param name Name of the segment with the id.
 * @returns The resource.
 * @throws {Error} If no resource has the id: the error that `notFound` creates.
 */
export function findInPath<Id extends string | number, T>(
  all: ReadonlyMap<Id, T>,
  { params }: Call,
  notFound: () => Error,
  name = "id",
): T {
  const id = params.get(name) ?? "";
  // The keys are either strings or numbers.
  const found = all.get(id as Id) ?? all.get(toNumericId(id) as Id);
  if (found === undefined) throw notFound();
  return found;
}
