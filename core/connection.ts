/**
 * Connections: what turns a path into an authenticated request, and its answer
 * into a response.
 *
 * @module
 */

import { encodeBase64 } from "@std/encoding/base64";
import { Call } from "./call.ts";
import { checkNumber, checkSecret, mistake } from "./check.ts";
import { Deadline, type Limits } from "./deadline.ts";
import {
  type ApiError,
  CloudError,
  ConnectionError,
  MalformedResponseError,
  NotFoundError,
  RateLimitReachedError,
  ServiceUnavailableError,
} from "./errors.ts";
import { Listing, type ListingOptions, onePage } from "./listing.ts";
import { type PageReader, type Params, toSearchParams } from "./paging.ts";
import type { RateLimit } from "./rate_limit.ts";
import type { ApiResponse, RawResponse } from "./response.ts";
import { backoffMs, checkRetry, type RetryOptions } from "./retry.ts";
import { VERSION } from "./version.ts";

/** Options of every call of a driver. */
export interface CallOptions extends Limits {
  /** Headers for every request of this call. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** How to retry this call; `false` for a single attempt. */
  readonly retry?: RetryOptions | false | undefined;
}

/** Options of every list. */
export interface ListOptions extends CallOptions, ListingOptions {}

/** A request is about to be sent. */
export interface RequestEvent {
  /** Id of the provider. */
  readonly provider: string;
  /** What was asked of the driver, such as `"listNodes"`. */
  readonly operation: string;
  /** HTTP method. */
  readonly method: string;
  /** Path, without the query. */
  readonly path: string;
  /** Number of the attempt, from 1. */
  readonly attempt: number;
}

/** An answer has been read. */
export interface ResponseEvent extends RequestEvent {
  /** Milliseconds from sending the request to reading the whole answer. */
  readonly ms: number;
  /** HTTP status. */
  readonly status: number;
  /** The provider's id of the request. */
  readonly requestId?: string | undefined;
  /** How much the provider still lets one ask, if it says so. */
  readonly rateLimit?: RateLimit | undefined;
}

/** A request is going to be sent again. */
export interface RetryEvent extends RequestEvent {
  /** Milliseconds until then. */
  readonly delayMs: number;
  /** Why; it holds no secret. */
  readonly error: CloudError;
}

/**
 * Functions that are told what a connection does; they see no secret. What one
 * throws fails the call.
 */
export interface Hooks {
  /** Called before each attempt. */
  readonly onRequest?: ((event: RequestEvent) => void) | undefined;
  /** Called after each answer. */
  readonly onResponse?: ((event: ResponseEvent) => void) | undefined;
  /** Called before the pause that precedes a further attempt. */
  readonly onRetry?: ((event: RetryEvent) => void) | undefined;
}

/** A `fetch` of the caller's, called as a plain function. */
export type Fetch = (request: Request) => Promise<Response>;

/** Settings of every connection. */
export interface ConnectionOptions {
  /** Where the API is, if not where the provider has it. */
  readonly baseUrl?: string | undefined;
  /**
   * What sends requests.
   *
   * @default {globalThis.fetch}
   */
  readonly fetch?: Fetch | undefined;
  /**
   * Time limit of a request in milliseconds, from connecting to the end of the
   * body, retries included.
   *
   * @default {60000}
   */
  readonly timeoutMs?: number | undefined;
  /** How to retry; `false` for a single attempt. */
  readonly retry?: RetryOptions | false | undefined;
  /** Functions that are told of requests. */
  readonly hooks?: Hooks | undefined;
  /** Put before our own in the `User-Agent`. */
  readonly userAgent?: string | undefined;
  /**
   * Allows plain `http:` to hosts other than this one: anyone on the way can
   * read the credentials.
   *
   * @default {false}
   */
  readonly allowInsecure?: boolean | undefined;
  /**
   * Longest body read, in bytes.
   *
   * @default {268435456}
   */
  readonly maxBodyBytes?: number | undefined;
}

/** Options of {@linkcode Connection.request}. */
export interface RequestOptions extends CallOptions {
  /**
   * HTTP method.
   *
   * @default {"GET"}
   */
  readonly method?: string | undefined;
  /** Parameters of the query. */
  readonly params?: Params | undefined;
  /** What to send, before `encodeData()`. */
  readonly data?: unknown;
  /** What the driver was asked, for errors and hooks. */
  readonly operation?: string | undefined;
  /**
   * Whether sending it twice does no more than sending it once.
   *
   * @default {true for GET, HEAD, PUT and DELETE}
   */
  readonly idempotent?: boolean | undefined;
  /** Parts of `data` that no error may show. */
  readonly secrets?: readonly string[] | undefined;
}

/** What can be sent: a text, or bytes. */
export type EncodedData = string | Uint8Array<ArrayBuffer>;

/** A request that lacks nothing but its signature. */
export interface UnsignedRequest {
  /** HTTP method. */
  readonly method: string;
  /** Where it goes; `signRequest()` may write its query in another way. */
  readonly url: URL;
  /** Headers, to which `signRequest()` adds its own. */
  readonly headers: Headers;
  /** What is sent; empty where there is no body. */
  readonly body: EncodedData;
}

/** A class of responses, such as `JsonResponse`. */
export type ResponseClass = new <T>(raw: RawResponse) => ApiResponse<T>;

const RETRY_TOKENS = 20;

/**
 * A connection to the API of a provider. It authenticates every request, and
 * repeats what is safe to repeat. A provider derives its own, and overrides
 * `addDefaultHeaders()`, `addDefaultParams()` or `encodeData()`.
 */
export abstract class Connection {
  /** Id of the provider. */
  abstract readonly provider: string;
  /** Where the API is, without a slash at the end. */
  readonly baseUrl: string;
  /** What reads the answers. */
  protected abstract readonly responseClass: ResponseClass;
  readonly #settings: ConnectionOptions;
  // Keeps retries a small part of the traffic, so that a provider in trouble is
  // not asked several times as much as one that is well: each costs a token,
  // each success gives a tenth of one back.
  #retryTokens = RETRY_TOKENS;

  /**
   * Creates a connection; nothing is sent until the first request.
   *
   * @param baseUrl Where the provider has its API.
   * @param options Settings; a `baseUrl` in them comes first.
   * @throws {TypeError} If the URL is none, holds credentials or a query, or is
   *   plain `http:` to another host.
   * @throws {RangeError} If a limit is out of range.
   */
  constructor(baseUrl: string, options: ConnectionOptions = {}) {
    checkNumber("timeoutMs", options.timeoutMs);
    checkNumber("maxBodyBytes", options.maxBodyBytes);
    checkRetry(options.retry);
    toHeaders({ "user-agent": options.userAgent ?? "" });
    this.baseUrl = checkBaseUrl(
      options.baseUrl ?? baseUrl,
      options.allowInsecure,
    );
    this.#settings = options;
  }

  /** Adds what every request carries, credentials among it. */
  protected addDefaultHeaders?(headers: Headers): void | Promise<void>;

  /** Adds the parameters that every query carries. */
  protected addDefaultParams?(params: URLSearchParams): void | Promise<void>;

  /** Encodes what to send, and names its type; JSON, unless overridden. */
  protected encodeData(data: unknown, headers: Headers): EncodedData {
    headers.set("content-type", "application/json");
    return JSON.stringify(data);
  }

  /** Signs a request; called at each attempt, after all else is in it. */
  protected signRequest?(request: UnsignedRequest): void | Promise<void>;

  /** What no error may show. */
  protected secrets(): Iterable<string> {
    return [];
  }

  /**
   * Called when the provider refuses a request: whether that was for its
   * credentials or its signature, and better ones are here now. Then the
   * request is sent again, also a write, but only once a call.
   *
   * @param rejected Headers of the request.
   * @param response Why it was refused.
   */
  protected renewCredentials?(
    rejected: Headers,
    response: ApiResponse,
  ): boolean | Promise<boolean>;

  /**
   * Sends a request, for whatever the driver does not cover; it keeps
   * authentication, retries, deadlines and redaction.
   *
   * @typeParam T What the provider documents the body to be.
   * @param path Path below the base URL, with a slash first; built with the
   *   `path` tag where it holds ids.
   * @param options What to send, and how.
   * @returns The response, whose `object` is the parsed body.
   * @throws {TypeError} If the path could leave the API, or a header is none.
   * @throws {ConnectionError} If the line breaks.
   * @throws {TimeoutError} If the time is up.
   * @throws {MalformedResponseError} If the answer cannot be read.
   */
  async request<T = unknown>(
    path: string,
    options: RequestOptions = {},
  ): Promise<ApiResponse<T>> {
    const { operation, signal } = options;
    const method = (options.method ?? "GET").toUpperCase();
    const url = URL.parse(this.baseUrl + path);
    // What a URL parser turns into something else could lead elsewhere.
    if (url?.href !== this.baseUrl + path || !/^\/[^#]*$/.test(path)) {
      throw mistake(method, path, "a path");
    }
    const headers = toHeaders({
      accept: "application/json",
      "user-agent": `${this.#settings.userAgent ?? ""} nephos/${VERSION}`,
      ...options.headers,
    });
    checkRetry(options.retry);
    signal?.throwIfAborted();
    toSearchParams(options.params ?? {}, url.searchParams);
    const bare = path.replace(/\?.*/, "");
    const call = new Call({
      provider: this.provider,
      operation: operation ?? `${method} ${bare}`,
      method,
      path: bare,
    }, () => [...this.secrets(), ...options.secrets ?? []]);
    const { timeoutMs = this.#settings.timeoutMs ?? 60_000 } = options;
    return await Deadline.run(
      { timeoutMs, signal },
      call,
      (deadline) => this.#send<T>(call, url, headers, options, deadline),
    );
  }

  /**
   * Lists what an endpoint has, page by page.
   *
   * @typeParam Body The parsed body of a page.
   * @typeParam T What is listed.
   * @param path Path below the base URL.
   * @param reader How to read a page, and where the next one is.
   * @param options What the caller of the driver chose, and what the driver
   *   adds.
   * @returns The listing, which asks for nothing until it is read.
   */
  list<Body, T>(
    path: string,
    reader: PageReader<Body, T>,
    options: ListOptions & RequestOptions = {},
  ): Listing<T> {
    const { items, pages } = reader;
    const ask = (params: Params, limits: Limits) =>
      this.request<Body>(path, {
        ...options,
        ...limits,
        params: { ...options.params, ...params },
      });
    const { baseUrl } = this;
    const { pageSize } = options;
    const source = pages?.({ ask, items, baseUrl, pageSize }) ??
      onePage(async (limits) => (await ask({}, limits)).read(items));
    return new Listing(source, options);
  }

  /** Sends until there is an answer that counts. */
  async #send<T>(
    call: Call,
    url: URL,
    headers: Headers,
    options: RequestOptions,
    deadline: Deadline,
  ): Promise<ApiResponse<T>> {
    const { hooks, retry: usual = {} } = this.#settings;
    const {
      retry = usual,
      idempotent = /^(?:GET|HEAD|PUT|DELETE)$/.test(call.method),
    } = options;
    const policy: RetryOptions = retry || { maxAttempts: 1 };
    let redirects = 0;
    let isRenewed = false;
    // Whether one of the attempts so far may have been applied.
    let isUnclear = false;
    for (let attempt = 1;; attempt++) {
      const event = { ...call, attempt };
      hooks?.onRequest?.(event);
      const startedAt = performance.now();
      // What the driver adds, it adds at each attempt anew.
      const sent = new Headers(headers);
      try {
        const response = await deadline.race(
          this.#attempt<T>(
            call,
            new URL(url),
            sent,
            options.data,
            deadline.signal,
          ),
        );
        const { status } = response;
        hooks?.onResponse?.({
          ...event,
          ms: performance.now() - startedAt,
          status,
          requestId: response.cleanRequestId,
          rateLimit: response.rateLimit(),
        });
        if (response.isSuccess()) {
          if (response.isIllegible) throw response.malformed("nonsense");
          this.#retryTokens = Math.min(RETRY_TOKENS, this.#retryTokens + 0.1);
          return response;
        }
        if (response.isRedirect) {
          url = redirected(
            response,
            url,
            call.mayHaveBeenApplied || ++redirects > 5,
          );
        } else if (
          !isRenewed &&
          await deadline.race(
            Promise.resolve(this.renewCredentials?.(sent, response)),
          )
        ) {
          isRenewed = true;
        } else {
          const error = response.parseError();
          // An earlier attempt has destroyed it, though its answer was lost.
          const isGone = isUnclear && call.method === "DELETE" &&
            error instanceof NotFoundError;
          if (isGone) return response;
          throw error;
        }
        attempt--;
      } catch (error) {
        if (deadline.signal.aborted || !(error instanceof CloudError)) {
          throw error;
        }
        Object.assign(error, {
          mayHaveBeenApplied: isUnclear ||= error.mayHaveBeenApplied,
        });
        const told = (error as Partial<ApiError>).retryAfterMs;
        const delayMs = told ?? backoffMs(attempt, policy);
        if (
          attempt >= (policy.maxAttempts ?? 4) ||
          !isRetryable(error, idempotent) ||
          delayMs >= deadline.remainingMs ||
          // A pause that the provider asked for costs nothing.
          told === undefined &&
            (this.#retryTokens < 1 || !this.#retryTokens--)
        ) throw error;
        hooks?.onRetry?.({ ...event, delayMs, error });
        await deadline.sleep(delayMs);
      }
    }
  }

  /** Sends once, and reads the answer. */
  async #attempt<T>(
    call: Call,
    url: URL,
    headers: Headers,
    data: unknown,
    signal: AbortSignal,
  ): Promise<ApiResponse<T>> {
    const { method } = call;
    const body = data === undefined ? "" : this.encodeData(data, headers);
    await this.addDefaultHeaders?.(headers);
    await this.addDefaultParams?.(url.searchParams);
    await this.signRequest?.({ method, url, headers, body });
    const { fetch: send = (request: Request) => fetch(request) } =
      this.#settings;
    const request = new Request(url, {
      method,
      headers,
      // Texts and bytes Deno sends again by itself, also with POST, when a
      // connection that it kept open closes before the answer, though the first
      // time may have counted (denoland/deno#32566); never a Blob.
      body: body.length > 0 ? new Blob([body]) : null,
      signal,
      redirect: "manual",
    });
    try {
      const answer = await send(request);
      return new this.responseClass<T>({
        call,
        url: url.origin + url.pathname,
        status: answer.status,
        headers: answer.headers,
        text: await this.#readText(call, answer, signal),
      });
    } catch (thrown) {
      signal.throwIfAborted();
      throw CloudError.is(thrown) ? thrown : brokenLine(call, thrown);
    }
  }

  /** Reads a body that is not too long. */
  async #readText(
    call: Call,
    { body }: Response,
    signal: AbortSignal,
  ): Promise<string> {
    const { maxBodyBytes = 2 ** 28 } = this.#settings;
    const decoder = new TextDecoder();
    // Joined at the end: what is added up piece by piece is slower to parse.
    const texts: string[] = [];
    let bytes = 0;
    // A pipe lets go of the body when the signal aborts, also of one that no
    // fetch of ours has made, and when what it writes to throws.
    await body?.pipeTo(
      new WritableStream({
        write(chunk: Uint8Array) {
          bytes += chunk.length;
          if (bytes > maxBodyBytes) {
            throw call.error(MalformedResponseError, "it is too long");
          }
          texts.push(decoder.decode(chunk, { stream: true }));
        },
      }),
      { signal },
    );
    return texts.join("") + decoder.decode();
  }
}

/** User and password of {@linkcode BasicConnection}. */
export interface BasicCredentials {
  /** User name; it cannot contain a colon. */
  readonly username: string;
  /** Password. */
  readonly password: string;
}

/**
 * A connection with HTTP Basic authentication, in UTF-8.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7617 | RFC 7617}
 */
export abstract class BasicConnection extends Connection {
  readonly #secrets: readonly [string, string, string];

  /**
   * Creates a connection; nothing is sent until the first request.
   *
   * @param baseUrl Where the provider has its API.
   * @param options Credentials and settings.
   * @throws {TypeError} If a credential is missing or impossible, or the URL
   *   is.
   */
  constructor(baseUrl: string, options: BasicCredentials & ConnectionOptions) {
    super(baseUrl, options);
    const { username, password } = options;
    checkSecret("username", username, /[:\p{Cc}]/u);
    checkSecret("password", password);
    const credentials = encodeBase64(`${username}:${password}`);
    this.#secrets = [username, password, credentials];
  }

  /** Adds `Authorization`. */
  protected override addDefaultHeaders(headers: Headers): void | Promise<void> {
    headers.set("authorization", `Basic ${this.#secrets[2]}`);
  }

  /** The user name and the password, plain and as sent. */
  protected override secrets(): Iterable<string> {
    return this.#secrets;
  }
}

/** Token of {@linkcode TokenConnection}. */
export interface TokenCredentials {
  /**
   * The token, or a function that gets one: it is called before the first
   * request, and again, once for all that wait, when the provider refuses the
   * token.
   */
  readonly token: string | (() => string | Promise<string>);
}

/**
 * A connection with a bearer token.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6750 | RFC 6750}
 */
export abstract class TokenConnection extends Connection {
  readonly #source: TokenCredentials["token"];
  #token: Promise<string> | undefined;
  readonly #seen = new Set<string>();

  /**
   * Creates a connection; nothing is sent until the first request.
   *
   * @param baseUrl Where the provider has its API.
   * @param options Token and settings.
   * @throws {TypeError} If the token is missing or impossible, or the URL is.
   */
  constructor(baseUrl: string, options: TokenCredentials & ConnectionOptions) {
    super(baseUrl, options);
    const { token } = options;
    if (typeof token !== "function") checkSecret("token", token);
    this.#source = token;
  }

  /** Adds `Authorization`. */
  protected override async addDefaultHeaders(headers: Headers): Promise<void> {
    headers.set("authorization", `Bearer ${await this.#currentToken()}`);
  }

  /** The tokens used so far. */
  protected override secrets(): Iterable<string> {
    return this.#seen;
  }

  /** Forgets a refused token, if it can get another one. */
  protected override async renewCredentials(
    rejected: Headers,
    { status }: ApiResponse,
  ): Promise<boolean> {
    if (status !== 401 || typeof this.#source !== "function") return false;
    // Of many calls that were refused the same token, the first forgets it.
    const token = await this.#token;
    if (rejected.get("authorization") === `Bearer ${token}`) {
      this.#token = undefined;
    }
    return true;
  }

  #currentToken(): Promise<string> {
    return this.#token ??= this.#getToken();
  }

  async #getToken(): Promise<string> {
    const source = this.#source;
    try {
      // One that throws at once must not do so before the promise is kept.
      await undefined;
      const token = typeof source === "function" ? await source() : source;
      checkSecret("token", token);
      this.#seen.add(token);
      return token;
    } catch (error) {
      this.#token = undefined;
      throw error;
    }
  }
}

function isRetryable(
  error: CloudError,
  isIdempotent: boolean,
): boolean | undefined {
  return error instanceof RateLimitReachedError ||
    (error as Partial<ConnectionError>).isUnsent ||
    isIdempotent && (
        error instanceof ConnectionError ||
        error instanceof ServiceUnavailableError && error.status !== 501 ||
        (error as Partial<ApiError>).status === 408
      );
}

/** Where a redirect leads, if it may be followed there. */
function redirected(
  response: ApiResponse,
  from: URL,
  isTooFar: boolean,
): URL {
  const location = response.headers.get("location");
  const target = location ? URL.parse(location, from) : null;
  // With a user in it, some runtimes would log in as somebody else, others throw
  // a TypeError.
  if (!isTooFar && target?.href.startsWith(`${from.origin}/`)) return target;
  throw response.error(
    `a redirect to ${target?.origin ?? "nowhere"} is not followed`,
  );
}

function brokenLine(call: Call, thrown: unknown): ConnectionError {
  const reasons: string[] = [];
  let error = thrown;
  while (error instanceof Error && reasons.length < 4) {
    const { code = "" } = error as { code?: unknown };
    reasons.push(`${error.message} ${code}`.trim());
    error = error.cause;
  }
  // Runtimes quote the URL, and some providers want credentials in its query.
  const reason = reasons.join("; ").replace(/\?[^\s)]*/g, "");
  // How Deno, Node and Bun say that not a byte was sent; no word in the URL must
  // pass for that.
  const isUnsent = /\(connect\)|refused|NOTFOUND|AI_AGAIN|CONNECT_T/i
    .test(reason.replace(/\S+:\/\/\S+/g, ""));
  return call.error(
    ConnectionError,
    reason || "the line broke",
    { isUnsent },
    !isUnsent,
  );
}

function checkBaseUrl(text: string, allowInsecure = false): string {
  const { protocol, hostname, href, origin, pathname } = URL.parse(text) ??
    {} as URL;
  // A user, a password, a query or a fragment makes it longer.
  const isSafe = protocol === "https:" ||
    protocol === "http:" && (allowInsecure ||
        /^(?:(?:.+\.)?localhost|127[\d.]+|\[::1\])$/.test(hostname));
  if (isSafe && href === origin + pathname) return href.replace(/\/+$/, "");
  // It is not shown, since it may hold a secret.
  throw new TypeError(
    "Cannot connect: the base URL is not plain https",
  );
}

function toHeaders(values: Readonly<Record<string, string>>): Headers {
  try {
    const headers = new Headers();
    for (const [name, value] of Object.entries(values)) {
      headers.set(name, value);
    }
    return headers;
  } catch {
    // Not kept as a cause: runtimes quote the value of a header they refuse.
    throw new TypeError(
      `Cannot send the headers ${Object.keys(values)}: one is not a header`,
    );
  }
}
