/**
 * Observability hooks, and the events that they receive.
 *
 * @module
 */

import type { CloudError } from "./errors.ts";
import type { RateLimit } from "./rate_limit.ts";

/** A request is about to be sent. */
export interface RequestEvent {
  /** Id of the provider. */
  readonly provider: string;
  /** Method of the driver, such as `"listNodes"`. */
  readonly operation: string;
  /** HTTP method. */
  readonly method: string;
  /** Path, without the query. */
  readonly path: string;
  /** Number of the attempt, from 1. */
  readonly attempt: number;
}

/** A response has been read. */
export interface ResponseEvent extends RequestEvent {
  /** Milliseconds from sending the request to the end of the response. */
  readonly ms: number;
  /** HTTP status. */
  readonly status: number;
  /** The provider's id of the request. */
  readonly requestId?: string | undefined;
  /** Remaining rate limit, if the provider reports it. */
  readonly rateLimit?: RateLimit | undefined;
}

/** A request will be sent again. */
export interface RetryEvent extends RequestEvent {
  /** Delay before the next attempt, in milliseconds. */
  readonly delayMs: number;
  /** The failure of this attempt; it contains no secret. */
  readonly error: CloudError;
}

/**
 * Observability hooks. Events contain no secrets. If a hook throws an
 * exception, the call fails.
 */
export interface Hooks {
  /** Called before each attempt. */
  readonly onRequest?: ((event: RequestEvent) => void) | undefined;
  /** Called after each response. */
  readonly onResponse?: ((event: ResponseEvent) => void) | undefined;
  /** Called before the delay, if there is going to be another attempt. */
  readonly onRetry?: ((event: RetryEvent) => void) | undefined;
}
