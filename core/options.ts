/**
 * Options of connections, calls, lists and requests.
 *
 * @module
 */

import type { Limits } from "./deadline.ts";
import type { Hooks } from "./hooks.ts";
import type { ListingOptions } from "./listing.ts";
import type { Params } from "./paging.ts";
import type { RetryOptions } from "./retry.ts";

/**
 * Key of further secrets in the options of a call. Deployments pass their
 * secrets with this key. Then the secrets are redacted before the text of a
 * provider is shortened.
 */
export const SECRETS: unique symbol = Symbol("secrets");

/** Options of every call of a driver. */
export interface CallOptions extends Limits {
  /** Headers for every request of this call. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Retry policy of this call. `false` means a single attempt. */
  readonly retry?: RetryOptions | false | undefined;
  /** Further strings that no error may show. Deployments use this option. */
  readonly [SECRETS]?: readonly string[] | undefined;
}

/** Options of every list. */
export interface ListOptions extends CallOptions, ListingOptions {}

/** A `fetch` function of the caller. It is called without `this`. */
export type Fetch = (request: Request) => Promise<Response>;

/** Settings of every connection. */
export interface ConnectionOptions {
  /**
   * Base URL of the API.
   *
   * @default {the provider's own}
   */
  readonly baseUrl?: string | undefined;
  /**
   * Sends the requests.
   *
   * @default {globalThis.fetch}
   */
  readonly fetch?: Fetch | undefined;
  /**
   * Time limit of a request in milliseconds: from the start of the connection
   * to the end of the body, including retries. The default is 1 minute.
   *
   * @default {60000}
   */
  readonly timeoutMs?: number | undefined;
  /** Retry policy. `false` means a single attempt. */
  readonly retry?: RetryOptions | false | undefined;
  /** Observability hooks. A hook that fails does not affect the call. */
  readonly hooks?: Hooks | undefined;
  /** Prefix of the `User-Agent` header, sent as `<yours> nephos/<version>`. */
  readonly userAgent?: string | undefined;
  /**
   * Allows plain `http:` to hosts other than this machine. If you set this
   * option, everyone on the network path can read the credentials.
   *
   * @default {false}
   */
  readonly allowInsecure?: boolean | undefined;
  /**
   * Largest response body in bytes, after decompression. The default is 32 MiB.
   * Of the body of an error, at most 1 MiB is read.
   *
   * @default {33554432}
   */
  readonly maxBodyBytes?: number | undefined;
}

/** Options of `Connection.request()`. */
export interface RequestOptions extends CallOptions {
  /**
   * HTTP method.
   *
   * @default {"GET"}
   */
  readonly method?: string | undefined;
  /** Parameters of the query. */
  readonly params?: Params | undefined;
  /** Data to send. `encodeData()` encodes it. */
  readonly data?: unknown;
  /**
   * Method of the driver, for errors and hooks.
   *
   * @default {the HTTP method and the path}
   */
  readonly operation?: string | undefined;
  /**
   * Whether the request may change something, if its HTTP method does not tell.
   *
   * @default {true for all methods but GET and HEAD}
   */
  readonly writes?: boolean | undefined;
  /**
   * Whether sending the request twice has the same effect as sending it once.
   *
   * @default {true for GET, HEAD, PUT and DELETE, and if nothing is written}
   */
  readonly idempotent?: boolean | undefined;
  /**
   * Whether the provider may not know the resource yet. If a DELETE is retried
   * and gets status 404, this is then not taken as a sign that the first attempt
   * was applied.
   *
   * @default {false}
   */
  readonly mayBeUnknown?: boolean | undefined;
  /**
   * Whether the request creates something. If the caller aborts after such a
   * request was sent, the promise rejects with an `AbortedError`.
   *
   * @default {false}
   */
  readonly creates?: boolean | undefined;
  /** Parts of `data` that no error may show. */
  readonly secrets?: readonly string[] | undefined;
}
