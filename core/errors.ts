/**
 * Error classes.
 *
 * If an argument is invalid, a method throws a `TypeError` or a `RangeError`
 * before any request. Every other failure is a {@linkcode CloudError}. If the
 * caller's signal aborts, the promise rejects with the reason of the signal, or
 * with an {@linkcode AbortedError} if something may have been created.
 *
 * @module
 */

import { oneLine } from "./message.ts";

// Length at which messages are cut. They consist of several parts, each of which
// is shorter.
const LONGEST_MESSAGE = 2000;

/** Options of every {@linkcode CloudError}. */
export interface CloudErrorOptions {
  /** Id of the provider. */
  readonly provider?: string | undefined;
  /** Method of the driver, such as `"createNode"`. */
  readonly operation?: string | undefined;
  /** Whether a write may have succeeded despite the error. */
  readonly mayHaveBeenApplied?: boolean | undefined;
  /** Idempotency key of the request. */
  readonly idempotencyKey?: string | undefined;
  /** The error that caused this error. */
  readonly cause?: unknown;
}

/**
 * A failure of the provider or of the connection to it.
 *
 * @typeParam O Options of the class.
 */
export class CloudError<O extends CloudErrorOptions = CloudErrorOptions>
  extends Error {
  /** Name of the class; it survives minification. */
  static readonly kind: string = "CloudError";
  /** Id of the provider. */
  declare readonly provider: string | undefined;
  /** Method of the driver, such as `"createNode"`. */
  declare readonly operation: string | undefined;
  /**
   * Whether a write may have succeeded despite the error. If `true`, check
   * whether it did before you send it again.
   */
  declare readonly mayHaveBeenApplied: boolean;
  /**
   * Idempotency key of the request, if the request may have been applied and had
   * one. If you call the method again with the same options and this key, there
   * is at most one result.
   */
  declare readonly idempotencyKey: string | undefined;

  /**
   * Creates an error. Neither the message nor the options may contain a secret.
   * The message may quote a provider: it is converted into one line of at most
   * 2000 characters.
   *
   * Derived classes declare the further options that they keep.
   */
  constructor(message: string, options: O) {
    const { cause, mayHaveBeenApplied = false, ...details } = options;
    super(
      oneLine(message, LONGEST_MESSAGE),
      cause === undefined ? undefined : { cause },
    );
    Object.assign(this, { mayHaveBeenApplied }, details);
  }

  /** Name of the class. */
  override get name(): string {
    return (this.constructor as typeof CloudError).kind;
  }

  /**
   * Checks whether a value is an error of this class or of a derived class, even
   * if it comes from another copy of this package.
   *
   * ```ts
   * import { NotFoundError } from "@nephos/nephos";
   *
   * function isGone(error: unknown): boolean {
   *   return NotFoundError.is(error);
   * }
   * ```
   *
   * @typeParam T This class.
   * @param error Any thrown value.
   * @returns Whether the value is such an error.
   */
  static is<T extends CloudError>(
    this: { readonly kind: string; readonly prototype: T },
    error: unknown,
  ): error is T {
    let prototype = error;
    try {
      while (prototype instanceof Error) {
        const owner = prototype.constructor as { kind?: unknown } | undefined;
        if (owner?.kind === this.kind) return true;
        prototype = Object.getPrototypeOf(prototype);
      }
    } catch {
      // The value is an object whose own code throws.
    }
    return false;
  }
}

/** Options of every {@linkcode ApiError}. */
export interface ApiErrorOptions extends CloudErrorOptions {
  /** HTTP status. */
  readonly status: number;
  /** The provider's own code. */
  readonly code?: string | undefined;
  /**
   * The provider's id of the request, for questions to the provider's support.
   */
  readonly requestId?: string | undefined;
  /** Delay that the provider requests, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** HTTP method. */
  readonly method: string;
  /** URL without its query. */
  readonly url: string;
  /** Body of the response, at most 4096 characters, without secrets. */
  readonly body: string;
}

/** The provider refused the request, or could not process it. */
export class ApiError extends CloudError<ApiErrorOptions> {
  /** Name of the class; it survives minification. */
  static override readonly kind: string = "ApiError";
  /** HTTP status. */
  declare readonly status: number;
  /** The provider's own code. */
  declare readonly code: string | undefined;
  /**
   * The provider's id of the request, for questions to the provider's support.
   */
  declare readonly requestId: string | undefined;
  /** Delay that the provider requests, in milliseconds. */
  declare readonly retryAfterMs: number | undefined;
  /** HTTP method. */
  declare readonly method: string;
  /** URL without its query. */
  declare readonly url: string;
  /** Body of the response, at most 4096 characters, without secrets. */
  declare readonly body: string;
}

/** The credentials are invalid: status 401. */
export class InvalidCredsError extends ApiError {
  /** Name of the class; it survives minification. */
  static override readonly kind: string = "InvalidCredsError";
}

/** The credentials do not permit this request: status 403. */
export class PermissionDeniedError extends ApiError {
  /** Name of the class; it survives minification. */
  static override readonly kind: string = "PermissionDeniedError";
}

/**
 * The resource does not exist: status 404. For a DELETE, `mayHaveBeenApplied` is
 * `true`: some runtimes repeat a DELETE by themselves if a kept-alive connection
 * breaks, so this call may have deleted the resource.
 */
export class NotFoundError extends ApiError {
  /** Name of the class; it survives minification. */
  static override readonly kind: string = "NotFoundError";
}

/**
 * The state of the resource does not allow this request: status 409, or busy.
 */
export class ConflictError extends ApiError {
  /** Name of the class; it survives minification. */
  static override readonly kind: string = "ConflictError";
}

/** The provider rejected a value: status 400 or 422. */
export class ValidationError extends ApiError {
  /** Name of the class; it survives minification. */
  static override readonly kind: string = "ValidationError";
}

/** Too many requests: status 429. */
export class RateLimitReachedError extends ApiError {
  /** Name of the class; it survives minification. */
  static override readonly kind: string = "RateLimitReachedError";
}

/** The provider failed: status 5xx. */
export class ServiceUnavailableError extends ApiError {
  /** Name of the class; it survives minification. */
  static override readonly kind: string = "ServiceUnavailableError";
}

/** The provider reported success, but its response cannot be used. */
export class MalformedResponseError extends CloudError {
  /** Name of the class; it survives minification. */
  static override readonly kind: string = "MalformedResponseError";
}

/** Options of every {@linkcode ConnectionError}. */
export interface ConnectionErrorOptions extends CloudErrorOptions {
  /** Whether it is certain that no part of the request was sent. */
  readonly isUnsent: boolean;
}

/** The connection failed: no response, or an incomplete one. */
export class ConnectionError extends CloudError<ConnectionErrorOptions> {
  /** Name of the class; it survives minification. */
  static override readonly kind: string = "ConnectionError";
  /** Whether it is certain that no part of the request was sent. */
  declare readonly isUnsent: boolean;
}

/** The time limit of a call was reached. */
export class TimeoutError extends CloudError {
  /** Name of the class; it survives minification. */
  static override readonly kind: string = "TimeoutError";
}

/** Options of every {@linkcode AbortedError}. */
export interface AbortedErrorOptions extends CloudErrorOptions {
  /** Whether what was created has been destroyed again. */
  readonly isDestroyed?: boolean | undefined;
}

/**
 * The caller's signal aborted after a request that creates something was sent.
 * `name` is `"AbortError"`, as for other aborts, and `cause` is the reason of
 * the signal. If `mayHaveBeenApplied` is `true`, look for what the request may
 * have created, because the provider bills it.
 *
 * If nothing was sent before the abort, and for requests that create nothing,
 * the promise rejects with the reason of the signal instead.
 */
export class AbortedError extends CloudError<AbortedErrorOptions> {
  /** Name of the error; it survives minification. */
  static override readonly kind: string = "AbortError";
  /** Whether what was created has been destroyed again. */
  declare readonly isDestroyed: boolean | undefined;
}

/** A constructor of {@linkcode ApiError} or of a class derived from it. */
export type ApiErrorClass = new (
  message: string,
  options: ApiErrorOptions,
) => ApiError;

const CLASSES: Readonly<Record<number, ApiErrorClass>> = {
  400: ValidationError,
  401: InvalidCredsError,
  403: PermissionDeniedError,
  404: NotFoundError,
  409: ConflictError,
  422: ValidationError,
  429: RateLimitReachedError,
};

/**
 * Chooses the error class for an HTTP status.
 *
 * @param status HTTP status, or a code of the provider with the same meaning.
 * @returns The class; `ApiError` itself if no other class fits.
 */
export function errorClassFor(status: number): ApiErrorClass {
  return CLASSES[status] ??
    (status >= 500 ? ServiceUnavailableError : ApiError);
}

/**
 * Whether a failed request may succeed later without any change: the provider is
 * overloaded, failed, or cannot be reached.
 *
 * @param error Any thrown value.
 * @returns Whether the failure may pass.
 */
export function isTransient(error: unknown): boolean {
  if (ServiceUnavailableError.is(error)) return error.status !== 501;
  return RateLimitReachedError.is(error) || ConnectionError.is(error) ||
    TimeoutError.is(error) || ApiError.is(error) && error.status === 408;
}
