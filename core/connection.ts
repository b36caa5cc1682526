/**
 * Connections: turn a path into an authenticated request, send it, and return
 * the parsed response.
 *
 * @module
 */

import { readBody, readOwnBody } from "./body.ts";
import { Call } from "./call.ts";
import { checkNumber, mistake } from "./check.ts";
import { Deadline } from "./deadline.ts";
import {
  AbortedError,
  type ApiError,
  CloudError,
  ConnectionError,
  MalformedResponseError,
  NotFoundError,
  RateLimitReachedError,
  ServiceUnavailableError,
} from "./errors.ts";
import { callHook, HOOKS, type RequestEvent } from "./hooks.ts";
import { admit } from "./limiter.ts";
import { Listing } from "./listing.ts";
import {
  type ConnectionOptions,
  type ListOptions,
  type RequestOptions,
  SECRETS,
} from "./options.ts";
import {
  type PageItems,
  type PageReader,
  type Params,
  singlePage,
  toSearchParams,
} from "./paging.ts";
import { oneLine } from "./message.ts";
import { toConnectionError } from "./network_error.ts";
import { Path } from "./path.ts";
import { hash } from "./position.ts";
import { redact, Redactor } from "./redact.ts";
import type { ApiResponse, RawResponse } from "./response.ts";
import { backoffMs, checkRetry, type RetryOptions } from "./retry.ts";
import { VERSION } from "./version.ts";

/** An encoded body: a string or bytes. */
export type EncodedData = string | Uint8Array<ArrayBuffer>;

/** A request that is complete except for its signature. */
export interface UnsignedRequest {
  /** HTTP method. */
  readonly method: string;
  /** URL; `signRequest()` may encode its query differently. */
  readonly url: URL;
  /** Headers, to which `signRequest()` adds its own. */
  readonly headers: Headers;
  /** The body; empty if there is none. */
  readonly body: EncodedData;
  /** Aborts when the request must end. Pass it to everything that may wait. */
  readonly signal: AbortSignal;
}

/** A class of responses, such as `JsonResponse`. */
export type ResponseClass = new <T>(raw: RawResponse) => ApiResponse<T>;

const RETRY_TOKENS = 20;
const MAX_REDIRECTS = 5;
// A shorter delay that the provider requests does not relieve the provider.
const SHORTEST_RELIEF_MS = 1000;
// Default of maxBodyBytes: a Worker has 128 MiB, for the text and its parsed
// form.
const MAX_BODY_BYTES = 32 * 1024 ** 2;
const MAX_ERROR_BODY_BYTES = 1024 ** 2;

/**
 * A connection to the API of a provider. It authenticates every request, and
 * repeats requests that are safe to repeat. For each provider there is a
 * derived class, which overrides `addDefaultHeaders()`, `addDefaultParams()` or
 * `encodeData()`.
 *
 * Some runtimes send a request again by themselves if a kept-alive connection
 * breaks before the response: Deno those without a body, Bun also PUT and DELETE.
 * A connection cannot prevent this. If the provider accepts a body in a POST that
 * needs none, pass `data: {}`: no runtime repeats a POST with a body.
 */
export abstract class Connection {
  /** Id of the provider, such as `"digitalocean"`. */
  abstract readonly provider: string;
  /**
   * Name of the provider in messages, such as `"DigitalOcean"`.
   *
   * @default {the id of the provider}
   */
  readonly displayName?: string;
  /** Base URL of the API, without a slash at the end. */
  readonly baseUrl: string;
  /** Class of the responses. */
  protected abstract readonly responseClass: ResponseClass;
  /** Name of the class that the caller created, for errors. */
  protected readonly owner: string;
  readonly #settings: ConnectionOptions;
  // Limits retries, so that an overloaded provider gets few additional
  // requests. Each retry takes a token. Each success returns a tenth of a
  // token.
  #retryTokens = RETRY_TOKENS;
  // Kept, because most calls have the same secrets.
  #redactor = new Redactor([]);

  /**
   * Creates a connection. Nothing is sent until the first request.
   *
   * @param baseUrl The provider's base URL.
   * @param options Settings. If they contain `baseUrl`, it replaces the
   *   provider's base URL.
   * @param owner Name of the class that the caller creates, for errors.
   * @throws {TypeError} If `baseUrl` is not a URL, contains credentials, a
   *   query or a fragment, or is plain `http:` to another host without
   *   `allowInsecure`; or if `fetch` or a hook is not a function.
   * @throws {RangeError} If a limit is out of range.
   */
  constructor(
    baseUrl: string,
    options: ConnectionOptions = {},
    owner = "connection",
  ) {
    const settings: ConnectionOptions = options ?? {};
    const { timeoutMs, maxBodyBytes, userAgent = "", allowInsecure } = settings;
    checkNumber(timeoutMs, owner, "timeoutMs");
    checkNumber(maxBodyBytes, owner, "maxBodyBytes");
    checkRetry(settings.retry, owner);
    checkFunctions(settings, ["fetch"], owner);
    checkFunctions(settings.hooks ?? {}, HOOKS, owner, "hooks.");
    toHeaders({ "user-agent": userAgent }, owner);
    this.owner = owner;
    this.baseUrl = checkBaseUrl(
      settings.baseUrl ?? baseUrl,
      allowInsecure,
      owner,
    );
    this.#settings = settings;
  }

  /**
   * Adds the headers of every request, such as credentials. Called at each
   * attempt.
   *
   * @param headers The headers of the request.
   * @param signal Aborts when the request must end.
   */
  protected addDefaultHeaders?(
    headers: Headers,
    signal: AbortSignal,
  ): void | Promise<void>;

  /** Adds the parameters of every query. */
  protected addDefaultParams?(params: URLSearchParams): void | Promise<void>;

  /** Encodes data and sets its type. The default is JSON. */
  protected encodeData(data: unknown, headers: Headers): EncodedData {
    headers.set("content-type", "application/json");
    return JSON.stringify(data);
  }

  /**
   * Finds the base URL of a request, if the provider tells it only after a login.
   * Called once per request, before its first attempt. The URL must follow the
   * same rules as the option `baseUrl`.
   *
   * @param signal Aborts when the request must end.
   * @param operation Method of the driver, for errors.
   * @returns The base URL.
   * @default {the property `baseUrl`}
   */
  protected findBaseUrl?(
    signal: AbortSignal,
    operation: string,
  ): string | Promise<string>;

  /** Signs a request. Called at each attempt, after all other changes to it. */
  protected signRequest?(request: UnsignedRequest): void | Promise<void>;

  /**
   * What makes the lists of this connection differ from the same lists of
   * another one, such as the region. Positions of lists depend on it.
   */
  protected get scope(): string {
    return "";
  }

  /**
   * Names of the headers that select or sort the records of a list, in lower
   * case. Positions of lists depend on their values.
   */
  protected get filterHeaders(): readonly string[] {
    return [];
  }

  /** Strings that no error may show. */
  protected secrets(): Iterable<string> {
    return [];
  }

  /**
   * Called when the response is an error. If the method returns `true`, the
   * request is sent again, even a write, once per call.
   *
   * @param rejected Headers of the request.
   * @param response The response.
   * @returns Whether the credentials or the signature were the reason for the
   *   error, and new ones are available.
   */
  protected renewCredentials?(
    rejected: Headers,
    response: ApiResponse,
  ): boolean | Promise<boolean>;

  /**
   * Sends a request. Use this method for endpoints that the driver does not
   * cover. It has the same authentication, retries, time limits and redaction.
   *
   * @typeParam T Type of the body in the provider's documentation. It is not
   *   verified.
   * @param path Path below the base URL, beginning with a slash. If the path
   *   contains ids, build it with the `path` tag.
   * @param options The data to send, and the options of the call.
   * @returns The response, whose `object` is the parsed body.
   * @throws {TypeError} If `path` does not begin with a slash, contains a
   *   fragment, or could lead to another API, or if an option is invalid.
   * @throws {RangeError} If `timeoutMs` or a number in `retry` is out of range.
   * @throws {ConnectionError} If the connection fails.
   * @throws {TimeoutError} If the time limit is reached.
   * @throws {AbortedError} If the signal aborts after a request with the option
   *   `creates` was sent.
   * @throws {MalformedResponseError} If the response cannot be parsed, or is
   *   longer than `maxBodyBytes`.
   */
  async request<T = unknown>(
    path: string | Path,
    options: RequestOptions = {},
  ): Promise<ApiResponse<T>> {
    const { signal, writes } = options;
    const { method, operation, url, headers, secrets } = this.#check(
      path,
      options,
    );
    signal?.throwIfAborted();
    const barePath = toBarePath(url.href.slice(this.baseUrl.length));
    if (options.params) toSearchParams(options.params, url.searchParams);
    const { provider, displayName = provider } = this;
    const call = new Call(
      { provider, operation, method, path: barePath },
      { displayName, secrets, redactor: this.#ownRedactor(), writes },
    );
    const { timeoutMs = this.#settings.timeoutMs ?? 60_000 } = options;
    try {
      return await Deadline.run(
        { timeoutMs, signal },
        call,
        async (deadline) => {
          const located = this.findBaseUrl
            ? await this.#locate(url, call, deadline)
            : url;
          return await this.#send<T>(call, located, headers, options, deadline);
        },
      );
    } catch (error) {
      const isAborted = signal?.aborted && Object.is(error, signal.reason);
      if (!isAborted || !call.mayHaveBeenApplied) throw error;
      // The signal belongs to a method that limits the time of several requests.
      if (Deadline.isTimeout(error)) {
        throw Object.assign(error, { mayHaveBeenApplied: true });
      }
      if (!options.creates) throw error;
      throw call.error(
        AbortedError,
        "aborted; the request may have been applied",
        { cause: error },
      );
    }
  }

  /**
   * Checks a request without sending it. Call this method before other requests
   * that prepare it, so that a mistake of the caller causes no request.
   *
   * @param path Path below the base URL.
   * @param options Options of the caller and of the driver.
   * @throws {TypeError} If the path or an option is invalid.
   * @throws {RangeError} If a number is out of range.
   * @throws The reason of `signal`, if it is aborted.
   */
  check(path: string | Path, options: RequestOptions = {}): void {
    this.#check(path, options);
    options.signal?.throwIfAborted();
  }

  /**
   * Lists the records of an endpoint, page by page.
   *
   * @typeParam Body The parsed body of a page.
   * @typeParam T A record of the list.
   * @typeParam Item An item of a page, before conversion.
   * @param path Path below the base URL.
   * @param reader How to read a page, and how the pages follow each other.
   * @param options Options of the caller and of the driver.
   * @returns The listing. Nothing is requested until you await or iterate it.
   */
  list<Body, T, Item = T>(
    path: string | Path,
    reader: PageReader<Body, T, Item>,
    options: ListOptions & RequestOptions = {},
  ): Listing<T> {
    const { operation = "list", pageSize } = options;
    const { baseUrl, provider } = this;
    const built = path instanceof Path ? path.build(operation) : path;
    const own = definedIn(options.params);
    const { pages = singlePage<Body>(() => undefined), keep } = reader;
    const check = () => this.#checkOf(built, operation, own, options.headers);
    const source = pages<T>({
      request: (params, limits) =>
        this.request<Body>(built, {
          ...options,
          ...limits,
          // The second `own` wins, and the first one determines the order.
          params: { ...own, ...params, ...own },
        }),
      read: (body) => readItems(reader, body),
      keep,
      provider,
      operation,
      get check() {
        return check();
      },
      baseUrl,
      pageSize,
    });
    return new Listing(source, options);
  }

  /** A redactor for the secrets of this connection. */
  #ownRedactor(): Redactor {
    const secrets = [...this.secrets()];
    if (!this.#redactor.isFor(secrets)) this.#redactor = new Redactor(secrets);
    return this.#redactor;
  }

  /** Hash of what makes a list differ from others; positions contain it. */
  #checkOf(
    path: string,
    operation: string,
    params: Params,
    headers: RequestOptions["headers"],
  ): string {
    const filters = Object.entries(headers ?? {})
      .map(([name, value]) => [name.toLowerCase(), value] as const)
      .filter(([name]) => this.filterHeaders.includes(name));
    const query = toSearchParams(params);
    query.sort();
    return hash(JSON.stringify([
      this.provider,
      this.scope,
      operation,
      new URL(this.baseUrl).pathname + path,
      String(query),
      filters,
    ]));
  }

  /** Checks and converts the path and the options of a request. */
  #check(path: string | Path, options: RequestOptions) {
    const method = `${options.method ?? "GET"}`.toUpperCase();
    const secrets = () => [
      ...this.secrets(),
      ...options.secrets ?? [],
      ...options[SECRETS] ?? [],
    ];
    // The caller may have put a secret into the path.
    const clean = (text: string) => redact(text, secrets());
    const {
      operation = oneLine(clean(`${method} ${toBarePath(`${path}`)}`)),
    } = options;
    checkRequest(method, options, operation);
    const url = this.#resolve(path, operation, clean);
    const headers = toHeaders({
      accept: "application/json",
      "user-agent": `${this.#settings.userAgent ?? ""} nephos/${VERSION}`,
      ...options.headers,
    }, operation);
    checkRetry(options.retry, operation);
    return { method, operation, url, headers, secrets };
  }

  /** Builds the URL of a path below the base URL. */
  #resolve(
    path: string | Path,
    operation: string,
    clean: (text: string) => string,
  ): URL {
    const text = path instanceof Path ? path.build(operation) : path;
    const url = URL.parse(this.baseUrl + text);
    // If the URL parser changes the path, the path could lead to another API.
    if (url?.href === this.baseUrl + text && /^\/[^#]*$/.test(text)) return url;
    const shown = clean(toBarePath(String(text)));
    throw mistake(operation, "path", "a path that begins with a slash", shown);
  }

  /** Moves a URL to the base URL that the provider tells after a login. */
  async #locate(url: URL, call: Call, deadline: Deadline): Promise<URL> {
    const { signal } = deadline;
    const { operation } = call;
    const found = await deadline.race(
      Promise.resolve(this.findBaseUrl!(signal, operation)),
    );
    const { isSafe, href } = parseBaseUrl(found, this.#settings.allowInsecure);
    if (isSafe) return new URL(href + url.href.slice(this.baseUrl.length));
    throw call.error(
      MalformedResponseError,
      "the provider's endpoint is no https:// URL; set allowInsecure for http://",
      {},
      false,
    );
  }

  /** Sends a request. Follows redirects, and retries if that is safe. */
  async #send<T>(
    call: Call,
    url: URL,
    headers: Headers,
    options: RequestOptions,
    deadline: Deadline,
  ): Promise<ApiResponse<T>> {
    const { hooks, retry: defaultRetry = {} } = this.#settings;
    const {
      retry = defaultRetry,
      idempotent = !call.isWrite || /^(?:PUT|DELETE)$/.test(call.method),
      data,
    } = options;
    const policy: RetryOptions = retry || { maxAttempts: 1 };
    // Encoded once: all attempts send the same body, even if the caller changes
    // the data meanwhile.
    const body = data === undefined ? "" : this.encodeData(data, headers);
    let redirects = 0;
    let isRenewed = false;
    for (let attempt = 1;; attempt++) {
      const unsigned: UnsignedRequest = {
        method: call.method,
        // Copies, to which each attempt adds its own parameters and headers.
        url: new URL(url),
        headers: new Headers(headers),
        body,
        signal: deadline.signal,
      };
      // A login has its own retries. If it fails, nothing was sent.
      await deadline.race(this.#authenticate(unsigned));
      // Each hook gets an event of its own, because hooks may change events.
      const event = (): RequestEvent => ({ ...call, attempt });
      let startedAt = 0;
      let response: ApiResponse<T> | undefined;
      try {
        const received = await this.#admitted(deadline, () => {
          callHook(hooks, "onRequest", event);
          // A hook may abort. Then nothing is sent.
          deadline.signal.throwIfAborted();
          startedAt = performance.now();
          return deadline.race(this.#attempt<T>(call, unsigned));
        });
        response = received;
        call.end();
        callHook(hooks, "onResponse", () => ({
          ...event(),
          ms: performance.now() - startedAt,
          status: received.status,
          requestId: received.cleanRequestId,
          rateLimit: received.rateLimit(),
        }));
        if (response.isSuccess()) {
          if (response.isUnparsable) throw response.unparsable();
          this.#retryTokens = Math.min(RETRY_TOKENS, this.#retryTokens + 0.1);
          return response;
        }
        if (response.isRedirect) {
          const isTooFar = ++redirects > MAX_REDIRECTS;
          const hasBody = !/^(?:GET|HEAD)$/.test(call.method);
          url = redirected(response, url, hasBody || isTooFar);
        } else {
          const error = response.parseError();
          // An earlier attempt destroyed the resource, but the response was
          // lost.
          const isGone = call.mayHaveBeenApplied && call.method === "DELETE" &&
            error instanceof NotFoundError && !options.mayBeUnknown;
          // The call may end while the credentials are renewed.
          call.end(error.mayHaveBeenApplied);
          const canRepeat = !isRenewed &&
            await this.#renew(unsigned.headers, response, deadline);
          if (!canRepeat) {
            if (isGone) return response;
            throw error;
          }
          isRenewed = true;
        }
        attempt--;
      } catch (error) {
        if (deadline.signal.aborted || !(error instanceof CloudError)) {
          throw error;
        }
        call.end(error.mayHaveBeenApplied);
        const { mayHaveBeenApplied } = call;
        Object.assign(error, { mayHaveBeenApplied });
        const delayMs = isRetryable(error, response, idempotent)
          ? this.#retryDelayMs(error, attempt, policy, deadline)
          : undefined;
        if (delayMs === undefined) throw error;
        callHook(hooks, "onRetry", () => ({ ...event(), delayMs, error }));
        await deadline.sleep(delayMs);
      }
    }
  }

  /**
   * Sends a request when the limiter of the call, if it has one, admits the
   * request.
   */
  async #admitted<T>(deadline: Deadline, send: () => Promise<T>): Promise<T> {
    const release = await deadline.race(admit(deadline.signal));
    try {
      return await send();
    } finally {
      // Also at the time limit, even if the caller's own `fetch` ignores it.
      release?.();
    }
  }

  /** Gets new credentials, if they were the reason for the error. */
  async #renew(
    sent: Headers,
    response: ApiResponse,
    deadline: Deadline,
  ): Promise<boolean | undefined> {
    return await deadline.race(
      Promise.resolve(this.renewCredentials?.(sent, response)),
    );
  }

  /**
   * Delay before the next attempt; `undefined` if no further attempt is
   * allowed.
   */
  #retryDelayMs(
    error: CloudError,
    attempt: number,
    policy: RetryOptions,
    deadline: Deadline,
  ): number | undefined {
    const { retryAfterMs = 0 } = error as Partial<ApiError>;
    const delayMs = Math.max(retryAfterMs, backoffMs(attempt, policy));
    if (
      attempt >= (policy.maxAttempts ?? 4) || delayMs >= deadline.remainingMs
    ) return undefined;
    // If the provider requests a delay, the delay limits the retries.
    if (retryAfterMs < SHORTEST_RELIEF_MS) {
      if (this.#retryTokens < 1) return undefined;
      this.#retryTokens--;
    }
    return delayMs;
  }

  /** Adds the credentials to a request. */
  async #authenticate(unsigned: UnsignedRequest): Promise<void> {
    const { url, headers, signal } = unsigned;
    await this.addDefaultHeaders?.(headers, signal);
    await this.addDefaultParams?.(url.searchParams);
    await this.signRequest?.(unsigned);
  }

  /** Sends a request once, and reads the response. */
  async #attempt<T>(
    call: Call,
    unsigned: UnsignedRequest,
  ): Promise<ApiResponse<T>> {
    const { method, url, headers, body, signal } = unsigned;
    const { fetch: send, maxBodyBytes = MAX_BODY_BYTES } = this.#settings;
    const init: RequestInit = {
      method,
      headers,
      // If a kept-alive connection closes before the response, Deno itself
      // repeats requests whose body is a string or bytes, even a POST. The
      // provider may have applied the first request (denoland/deno#32566). Deno
      // never repeats a request whose body is a Blob.
      body: body.length > 0 ? new Blob([body]) : null,
      signal,
      redirect: "manual",
    };
    let response: Response | undefined;
    try {
      call.begin();
      // fetch() itself creates a Request. Without another one, it is faster.
      response = await (send ? send(new Request(url, init)) : fetch(url, init));
      const { status, ok } = response;
      const maxBytes = ok
        ? maxBodyBytes
        : Math.min(maxBodyBytes, MAX_ERROR_BODY_BYTES);
      // The headers of a response that the caller created guarantee nothing.
      const read = send ? readBody : readOwnBody;
      const { text, isTooLong } = await read(response, maxBytes, signal);
      // The status of a failure tells enough without the rest of the body.
      if (ok && isTooLong) {
        throw call.error(
          MalformedResponseError,
          `response body is longer than maxBodyBytes (${maxBodyBytes})`,
        );
      }
      return new this.responseClass<T>({
        call,
        url: url.origin + url.pathname,
        status,
        headers: response.headers,
        text,
      });
    } catch (thrown) {
      signal.throwIfAborted();
      throw CloudError.is(thrown)
        ? thrown
        : toConnectionError(call, unsigned, thrown, response !== undefined);
    }
  }
}

/** Counts the items of a page; they are converted later. */
function readItems<Body, T, Item>(
  reader: PageReader<Body, T, Item>,
  body: Body,
): PageItems<T> {
  const { convert = (item: Item) => item as unknown as T } = reader;
  const items = reader.items(body);
  if (!Array.isArray(items)) throw new TypeError("the items are no array");
  return {
    count: items.length,
    // Converters may have optional parameters. Therefore only the item is
    // passed.
    records: () => items.map((item) => convert(item)),
  };
}

/** The parameters that are not `undefined`. */
function definedIn(params: Params = {}): Params {
  const isDefined = ([, value]: [string, unknown]) => value !== undefined;
  return Object.fromEntries(Object.entries(params).filter(isDefined));
}

function toBarePath(path: string): string {
  return path.replace(/\?.*/s, "");
}

/** Whether a request may be sent again after an error. */
function isRetryable(
  error: CloudError,
  response: ApiResponse | undefined,
  isIdempotent: boolean,
): boolean {
  // The provider did not apply the request.
  if (response?.isBusy() || error instanceof RateLimitReachedError) return true;
  if (error instanceof ConnectionError && error.isUnsent) return true;
  if (!isIdempotent) return false;
  return error instanceof ConnectionError ||
    error instanceof ServiceUnavailableError && error.status !== 501 ||
    response?.isTemporary() === true;
}

/** URL of a redirect, if it may be followed. */
function redirected(
  response: ApiResponse,
  from: URL,
  isForbidden: boolean,
): URL {
  const location = response.headers.get("location");
  const target = location ? URL.parse(location, from) : null;
  // If the URL contains a user name, some runtimes log in with it, and others
  // throw a TypeError.
  const isSameOrigin = target?.href.startsWith(`${from.origin}/`);
  if (target && isSameOrigin && !isForbidden) return target;
  throw response.error(
    `redirect to ${
      oneLine(response.call.clean(target?.origin ?? "an unknown location"))
    } is not followed`,
  );
}

/** Checks the options of a request that runtimes report unclearly. */
function checkRequest(
  method: string,
  { data, signal }: RequestOptions,
  operation: string,
): void {
  if (!/^[A-Z]+$/.test(method) || /^(?:CONNECT|TRACE|TRACK)$/.test(method)) {
    throw mistake(operation, "method", "an HTTP method", method);
  }
  if (data !== undefined && /^(?:GET|HEAD)$/.test(method)) {
    throw new TypeError(`${operation}: data is not possible with ${method}`);
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw mistake(operation, "signal", "an AbortSignal", signal);
  }
}

/** Checks options that must be functions, if they are present. */
function checkFunctions(
  options: object,
  names: readonly string[],
  operation: string,
  prefix = "",
): void {
  for (const name of names) {
    const value = (options as Readonly<Record<string, unknown>>)[name];
    if (value === undefined || typeof value === "function") continue;
    throw mistake(operation, prefix + name, "a function", value);
  }
}

/**
 * Checks a base URL that the caller passed.
 *
 * @param text The URL.
 * @param allowInsecure Whether plain `http:` is allowed to other hosts than this
 *   machine.
 * @param owner Name of the class that the caller creates, for errors.
 * @param field Name of the option, for errors. The default is `"baseUrl"`.
 * @returns The URL, without slashes at its end.
 * @throws {TypeError} If it is not a URL, contains credentials, a query or a
 *   fragment, or is not allowed to be plain `http:`.
 */
export function checkBaseUrl(
  text: string,
  allowInsecure: boolean | undefined,
  owner: string,
  field = "baseUrl",
): string {
  const { isSafe, isPlain, href } = parseBaseUrl(text, allowInsecure);
  if (isSafe) return href;
  // The URL is not shown, since it may contain a secret.
  throw new TypeError(
    isPlain
      ? `${owner}: ${field} must start with https:// (or set allowInsecure)`
      : `${owner}: ${field} must be an https:// URL without credentials, ` +
        "query or fragment",
  );
}

/** Parses a base URL, and checks whether requests may go there. */
function parseBaseUrl(text: string, allowInsecure = false) {
  const { protocol, hostname, href = "", origin, pathname } = URL.parse(text) ??
    {} as Partial<URL>;
  const isLocal = /^(?:(?:.+\.)?localhost|127[\d.]+|\[::1\])$/.test(
    hostname ?? "",
  );
  const mayBePlain = allowInsecure || isLocal;
  const isPlain = protocol === "http:" && !mayBePlain;
  const isAllowed = protocol === "https:" ||
    protocol === "http:" && mayBePlain;
  return {
    // Credentials, a query or a fragment make the URL longer.
    isSafe: isAllowed && href === `${origin}${pathname}`,
    /** Whether the only problem is plain `http:`. */
    isPlain,
    href: href.replace(/\/+$/, ""),
  };
}

function toHeaders(
  values: Readonly<Record<string, string>>,
  operation: string,
): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(values)) {
    if (!/^[!#$%&'*+.^`|~\w-]+$/.test(name)) {
      throw new TypeError(
        `${operation}: headers has the invalid name ${JSON.stringify(name)}`,
      );
    }
    try {
      headers.set(name, value);
    } catch {
      // The error is not kept as a cause, because runtimes quote the value.
      throw new TypeError(
        `${operation}: the header ${name} has an invalid value`,
      );
    }
  }
  return headers;
}
