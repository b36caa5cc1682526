/**
 * Responses: parse the body, and convert a failure into an error.
 *
 * @module
 */

import type { Call } from "./call.ts";
import {
  type ApiError,
  type ApiErrorClass,
  CloudError,
  ConflictError,
  errorClassFor,
  MalformedResponseError,
  NotFoundError,
  ServiceUnavailableError,
} from "./errors.ts";
import { parseJson, toOptionalId, toText } from "./json.ts";
import { oneLine } from "./message.ts";
import { type RateLimit, rateLimitResetMs } from "./rate_limit.ts";
import { retryAfterMs } from "./retry.ts";
import { parseXml, type XmlElement } from "./xml.ts";

// Length at which the body and the URL in an error are cut, after secrets are
// removed: redact() would not recognize a part of a secret.
const MAX_LENGTH = 4096;

/** A raw HTTP response, and the call that it belongs to. */
export interface RawResponse {
  /** The call. */
  readonly call: Call;
  /** URL of the request, without its query. */
  readonly url: string;
  /** HTTP status. */
  readonly status: number;
  /** Headers of the response. */
  readonly headers: Headers;
  /** Body of the response, decoded. */
  readonly text: string;
}

/** Content of the body of a failed response. All fields are optional. */
export interface Failure {
  /** Reason in the provider's words. */
  readonly reason?: unknown;
  /** The provider's own code. */
  readonly code?: unknown;
  /**
   * The provider's id of the request.
   *
   * @default {the header `x-request-id`}
   */
  readonly requestId?: unknown;
  /**
   * Class of the error, if the provider's code tells more than the status.
   *
   * @default {the class for the status}
   */
  readonly errorClass?: ApiErrorClass | undefined;
  /**
   * Whether the provider did nothing because another change is in progress. The
   * request is sent again, even a POST. If the provider stays busy, the error
   * is a `ConflictError`.
   *
   * @default {true for status 423}
   */
  readonly isBusy?: boolean | undefined;
}

/**
 * A response whose body is a string. The class of a provider overrides
 * `failure()`. If the provider differs there, the class also overrides
 * `parseBody()`, `isSuccess()`, `requestId()` or `rateLimit()`.
 *
 * @typeParam T Type of the body in the provider's documentation. It is not
 *   verified.
 */
export class ApiResponse<T = unknown> {
  /** The call that this response belongs to. */
  declare readonly call: Call;
  /** URL of the request, without its query. */
  declare readonly url: string;
  /** HTTP status. */
  declare readonly status: number;
  /** Headers of the response. */
  declare readonly headers: Headers;
  /** Body of the response as a string. */
  declare readonly text: string;
  /** Whether `parseBody()` could not parse the body. */
  readonly isUnparsable: boolean = false;
  /** Parsed body; `undefined` if it is empty or cannot be parsed. */
  protected readonly body: unknown;
  /** Name of the body's format, for errors. */
  protected readonly format: string = "text";
  #failure: Failure | undefined;

  /** Parses a response. */
  constructor(raw: RawResponse) {
    Object.assign(this, raw);
    try {
      this.body = this.parseBody();
    } catch {
      // The error is not kept as a cause: parsers quote the body, and a body
      // may contain private keys.
      this.isUnparsable = true;
    }
  }

  /** Parsed body. */
  get object(): T {
    return this.body as T;
  }

  /**
   * Whether the response is a redirect. Browsers hide its status and location.
   */
  get isRedirect(): boolean {
    const { status } = this;
    // The other statuses from 300 on have another meaning, even with a location.
    return status === 0 ||
      /^30[12378]$/.test(`${status}`) && this.headers.has("location");
  }

  /**
   * Parses `text`. If this method throws, the response counts as unparsable.
   */
  protected parseBody(): unknown {
    return this.text;
  }

  /** Whether the request succeeded. */
  isSuccess(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  /**
   * Reads the reason and the code of a failure from the body.
   *
   * @param _body The parsed body; never `null` or `undefined`. The body may
   *   have any shape. If this method throws, the failure has no reason.
   * @returns The reason, the code and the other fields of the failure.
   */
  protected failure(_body: never): Failure {
    return {};
  }

  /** Creates the error for a response that is not a success. */
  parseError(): CloudError {
    const { displayName } = this.call;
    const { status, cleanRequestId } = this;
    const reason = this.#clean(toText(this.#failed().reason));
    const verb = status >= 500 ? "failed" : "refused";
    const facts = [`${status}`];
    const code = this.#clean(this.#failed().code);
    // A code that repeats the status is left out.
    if (code && code !== String(status)) facts.push(`code ${code}`);
    if (cleanRequestId) facts.push(`request id ${cleanRequestId}`);
    const said = reason ? `: "${reason}"` : "";
    return this.error(`${displayName} ${verb}${said} (${facts.join(", ")})`);
  }

  /**
   * Whether the provider did nothing because another change is in progress.
   * Then the request can be sent again.
   */
  isBusy(): boolean {
    return !this.isSuccess() && (this.#failed().isBusy ?? this.status === 423);
  }

  /**
   * Whether the same request may succeed if it is sent again: the body of a
   * success was cut off, the provider did not receive the whole request in time,
   * or a gateway in front of the provider did not understand it. The provider
   * may have applied the request.
   */
  isTemporary(): boolean {
    const { status, isUnparsable } = this;
    if (this.isSuccess()) return isUnparsable;
    // Providers describe an invalid request in their own format.
    const isFromGateway = isUnparsable || /html/i.test(this.#contentType());
    return status === 408 || status === 400 && isFromGateway;
  }

  /** The provider's id of the request, as the provider sent it. */
  requestId(): string | undefined {
    const id = this.isSuccess() ? undefined : this.#failed().requestId;
    return toOptionalId(id) ?? this.headers.get("x-request-id") ?? undefined;
  }

  /** The provider's id of the request in one line, without secrets. */
  get cleanRequestId(): string | undefined {
    return this.#clean(this.requestId());
  }

  /** Remaining rate limit, if the provider reports it. */
  rateLimit(): RateLimit | undefined {
    return undefined;
  }

  /**
   * Delay that the provider requests, in milliseconds. This is `Retry-After`.
   * If that header is absent and the status is 429, the delay is the time until
   * the rate limit resets.
   */
  protected retryAfterMs(): number | undefined {
    return retryAfterMs(this.headers) ??
      (this.status === 429
        ? rateLimitResetMs(this.rateLimit(), this.headers)
        : undefined);
  }

  /**
   * Creates an error with the details of this response.
   *
   * @param reason The message, without the name of the method.
   * @param errorClass Class of the error.
   * @param status Status to report. Pass another one if the provider sends a
   *   misleading status, such as 200 for an error.
   * @returns The error, without secrets.
   */
  error(
    reason: string,
    errorClass: ApiErrorClass = this.#errorClass(),
    status: number = this.status,
  ): ApiError {
    const { call, url } = this;
    // If a code of the provider selects another class for a 5xx, the provider
    // refused the request, so nothing was applied. Some runtimes repeat a DELETE
    // by themselves, so the first one may have been applied before a 404.
    const isUnclear = errorClass === ServiceUnavailableError ||
      errorClass === NotFoundError && call.method === "DELETE" ||
      status < 400 && status >= 300;
    return call.error(errorClass, reason, {
      status,
      code: this.#clean(this.#failed().code),
      requestId: this.cleanRequestId,
      retryAfterMs: this.retryAfterMs(),
      method: call.method,
      // After a redirect, the URL may be any.
      url: call.clean(url).slice(0, MAX_LENGTH),
      body: call.clean(this.text).slice(0, MAX_LENGTH),
    }, isUnclear);
  }

  /**
   * Creates the error for a successful response whose body cannot be used.
   *
   * @param reason The message, without the name of the method. It must not
   *   quote the body.
   * @param cause The error that caused this error. It must not quote the body.
   * @returns The error.
   */
  malformed(reason: string, cause?: unknown): MalformedResponseError {
    return this.call.error(MalformedResponseError, reason, { cause });
  }

  /** Creates the error for a successful response that could not be parsed. */
  unparsable(): MalformedResponseError {
    const { format } = this;
    const type = this.#contentType();
    return this.malformed(
      type.toUpperCase().includes(format)
        ? `response is not valid ${format} (${type}, HTTP ${this.status})`
        : `expected ${format}, got ${type} (HTTP ${this.status})`,
    );
  }

  /**
   * Converts the parsed body. The converter throws if the body does not have
   * the documented shape.
   *
   * @typeParam R Type of the result.
   * @param convert Converts the parsed body.
   * @returns The result of `convert`.
   * @throws {MalformedResponseError} If `convert` throws.
   */
  read<R>(convert: (body: T) => R): R {
    try {
      return convert(this.object);
    } catch (error) {
      if (CloudError.is(error)) throw error;
      const facts = `${this.#contentType()}, HTTP ${this.status}`;
      throw this.malformed(`unexpected response fields (${facts})`, error);
    }
  }

  /** The fields of the failure in the body. */
  #failed(): Failure {
    if (this.#failure) return this.#failure;
    try {
      this.#failure = this.body === undefined || this.body === null
        ? {}
        : this.failure(this.body as never);
    } catch {
      // The response may come from a gateway instead of the provider.
      this.#failure = {};
    }
    return this.#failure;
  }

  #errorClass(): ApiErrorClass {
    return this.#failed().errorClass ??
      (this.isBusy() ? ConflictError : errorClassFor(this.status));
  }

  #contentType(): string {
    const header = this.call.clean(this.headers.get("content-type") ?? "");
    const [type = ""] = header.split(";");
    return oneLine(type) || "no content type";
  }

  /** Converts a value of the provider into one line without secrets. */
  #clean(value: unknown): string | undefined {
    const text = toOptionalId(value);
    return text && oneLine(this.call.clean(text));
  }
}

/** A response whose body is JSON, or empty. */
export class JsonResponse<T = unknown> extends ApiResponse<T> {
  /** Name of the body's format, for errors. */
  protected override readonly format = "JSON";

  /** Parses `text` as JSON. Integers above 2⁵³ become strings. */
  protected override parseBody(): unknown {
    return this.text ? parseJson(this.text) : undefined;
  }
}

/** A response whose body is XML, or empty. */
export class XmlResponse<T = XmlElement | undefined> extends ApiResponse<T> {
  /** Name of the body's format, for errors. */
  protected override readonly format = "XML";

  /** Parses `text` as XML. */
  protected override parseBody(): XmlElement | undefined {
    return this.text ? parseXml(this.text) : undefined;
  }
}
