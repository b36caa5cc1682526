/**
 * What goes wrong, as classes that say whose fault it is and whether to try
 * again.
 *
 * A caller's own mistake is a `TypeError` or a `RangeError`, thrown before any
 * request. All else is a {@linkcode CloudError}.
 *
 * @module
 */

/** What every {@linkcode CloudError} can be told. */
export interface CloudErrorOptions {
  /** Id of the provider. */
  readonly provider?: string | undefined;
  /** What was asked of the driver, such as `"createNode"`. */
  readonly operation?: string | undefined;
  /** Whether a write may have taken effect all the same. */
  readonly mayHaveBeenApplied?: boolean | undefined;
  /** The error behind this one. */
  readonly cause?: unknown;
}

/**
 * Any failure of a provider, or of the way to it.
 *
 * @typeParam O What the class can be told.
 */
export class CloudError<O extends CloudErrorOptions = CloudErrorOptions>
  extends Error {
  /** Name of the class, which minifying leaves alone. */
  static readonly kind: string = "CloudError";
  /** Id of the provider. */
  declare readonly provider: string | undefined;
  /** What was asked of the driver, such as `"createNode"`. */
  declare readonly operation: string | undefined;
  /**
   * Whether a write may have taken effect all the same: look before sending it
   * again.
   */
  declare readonly mayHaveBeenApplied: boolean;

  /**
   * Creates an error; neither the message nor the options may hold a secret.
   * Classes derived from this one declare the further options they keep.
   */
  constructor(message: string, options: O) {
    const { cause, mayHaveBeenApplied = false, ...details } = options;
    super(message, cause ? { cause } : undefined);
    Object.assign(this, { mayHaveBeenApplied }, details);
  }

  /** Name of the class. */
  override get name(): string {
    return (this.constructor as typeof CloudError).kind;
  }

  /**
   * Tells whether a value is an error of this class, or of one derived from it,
   * also when it comes from another copy of this package.
   *
   * ```ts
   * import { NotFoundError } from "@nephos/nephos";
   *
   * function isGone(error: unknown): boolean {
   *   return NotFoundError.is(error);
   * }
   * ```
   *
   * @typeParam T The class asked.
   * @param error Anything that was thrown.
   * @returns Whether it is one.
   */
  static is<T extends CloudError>(
    this: { readonly kind: string; readonly prototype: T },
    error: unknown,
  ): error is T {
    let prototype = error;
    while (prototype instanceof Error) {
      if (
        (prototype.constructor as { kind?: unknown }).kind === this.kind
      ) return true;
      prototype = Object.getPrototypeOf(prototype);
    }
    return false;
  }
}

/** What every {@linkcode ApiError} tells. */
export interface ApiErrorOptions extends CloudErrorOptions {
  /** HTTP status. */
  readonly status: number;
  /** The provider's own code. */
  readonly code?: string | undefined;
  /** The provider's id of the request, for its support. */
  readonly requestId?: string | undefined;
  /** How long the provider asks to wait, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** HTTP method. */
  readonly method: string;
  /** URL without its query. */
  readonly url: string;
  /** Body of the answer as text, shortened and without secrets. */
  readonly body: string;
}

/** The provider refused, or failed. */
export class ApiError extends CloudError<ApiErrorOptions> {
  /** Name of the class, which minifying leaves alone. */
  static override readonly kind: string = "ApiError";
  /** HTTP status. */
  declare readonly status: number;
  /** The provider's own code. */
  declare readonly code: string | undefined;
  /** The provider's id of the request, for its support. */
  declare readonly requestId: string | undefined;
  /** How long the provider asks to wait, in milliseconds. */
  declare readonly retryAfterMs: number | undefined;
  /** HTTP method. */
  declare readonly method: string;
  /** URL without its query. */
  declare readonly url: string;
  /** Body of the answer as text, shortened and without secrets. */
  declare readonly body: string;
}

/** The credentials are not valid: 401. */
export class InvalidCredsError extends ApiError {
  /** Name of the class, which minifying leaves alone. */
  static override readonly kind: string = "InvalidCredsError";
}

/** The credentials do not allow this: 403. */
export class PermissionDeniedError extends ApiError {
  /** Name of the class, which minifying leaves alone. */
  static override readonly kind: string = "PermissionDeniedError";
}

/** There is no such thing: 404. */
export class NotFoundError extends ApiError {
  /** Name of the class, which minifying leaves alone. */
  static override readonly kind: string = "NotFoundError";
}

/** The thing is in a state that forbids this: 409. */
export class ConflictError extends ApiError {
  /** Name of the class, which minifying leaves alone. */
  static override readonly kind: string = "ConflictError";
}

/** The provider does not accept a value: 400, 422. */
export class ValidationError extends ApiError {
  /** Name of the class, which minifying leaves alone. */
  static override readonly kind: string = "ValidationError";
}

/** Too many requests: 429. */
export class RateLimitReachedError extends ApiError {
  /** Name of the class, which minifying leaves alone. */
  static override readonly kind: string = "RateLimitReachedError";
}

/** The provider failed: 5xx. */
export class ServiceUnavailableError extends ApiError {
  /** Name of the class, which minifying leaves alone. */
  static override readonly kind: string = "ServiceUnavailableError";
}

/** The provider said yes, but its answer makes no sense. */
export class MalformedResponseError extends CloudError {
  /** Name of the class, which minifying leaves alone. */
  static override readonly kind: string = "MalformedResponseError";
}

/** What every {@linkcode ConnectionError} tells. */
export interface ConnectionErrorOptions extends CloudErrorOptions {
  /** Whether it is certain that not a byte of the request was sent. */
  readonly isUnsent: boolean;
}

/** No answer, or not all of it: the line broke. */
export class ConnectionError extends CloudError<ConnectionErrorOptions> {
  /** Name of the class, which minifying leaves alone. */
  static override readonly kind: string = "ConnectionError";
  /** Whether it is certain that not a byte of the request was sent. */
  declare readonly isUnsent: boolean;
}

/** A deadline passed. */
export class TimeoutError extends CloudError {
  /** Name of the class, which minifying leaves alone. */
  static override readonly kind: string = "TimeoutError";
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
 * Chooses the class for an HTTP status, or for a provider's code that is one.
 *
 * @param status HTTP status.
 * @returns The class; `ApiError` itself where no other fits.
 */
export function errorClassFor(status: number): ApiErrorClass {
  return CLASSES[status] ??
    (status >= 500 ? ServiceUnavailableError : ApiError);
}
