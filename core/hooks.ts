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
 * Observability hooks. Events contain no secrets. Hooks may be asynchronous;
 * calls do not wait for them. If a hook throws or rejects, the call continues,
 * and `onError` gets the error. Without `onError`, the error is ignored.
 */
export interface Hooks {
  /** Called before each attempt. */
  readonly onRequest?: ((event: RequestEvent) => unknown) | undefined;
  /** Called after each response. */
  readonly onResponse?: ((event: ResponseEvent) => unknown) | undefined;
  /** Called before the delay, if there is going to be another attempt. */
  readonly onRetry?: ((event: RetryEvent) => unknown) | undefined;
  /**
   * Called if another hook throws or rejects, with its error and its event. If
   * `onError` itself fails, its error is ignored.
   */
  readonly onError?:
    | ((error: unknown, event: RequestEvent) => unknown)
    | undefined;
}

/** Names of the hooks that observe requests, and their events. */
interface Events {
  readonly onRequest: RequestEvent;
  readonly onResponse: ResponseEvent;
  readonly onRetry: RetryEvent;
}

/** Names of all hooks. */
export const HOOKS: readonly (keyof Hooks)[] = [
  "onRequest",
  "onResponse",
  "onRetry",
  "onError",
];

/**
 * Calls a hook. Its failure never reaches the caller of this function.
 *
 * @typeParam K Name of the hook.
 * @param hooks The hooks of the caller, if any.
 * @param name Name of the hook.
 * @param describe Creates the event; not called if there are no hooks.
 */
export function callHook<K extends keyof Events>(
  hooks: Hooks | undefined,
  name: K,
  describe: () => Events[K],
): void {
  if (!hooks) return;
  const event = describe();
  guard(
    () => hooks[name]?.(event as never),
    (error) => guard(() => hooks.onError?.(error, event), () => {}),
  );
}

/** Calls a function, and handles its exception or its later rejection. */
function guard(run: () => unknown, onError: (error: unknown) => void): void {
  try {
    const result = run();
    if (result) Promise.resolve(result).catch(onError);
  } catch (error) {
    onError(error);
  }
}
