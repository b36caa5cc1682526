/**
 * Answers: what a provider's response class reads out of them.
 *
 * @module
 */

import type { Call } from "./call.ts";
import {
  type ApiError,
  type ApiErrorClass,
  CloudError,
  errorClassFor,
  MalformedResponseError,
  ServiceUnavailableError,
} from "./errors.ts";
import { toOptionalId } from "./json.ts";
import type { RateLimit } from "./rate_limit.ts";
import { retryAfterMs } from "./retry.ts";
import { parseXml, type XmlElement } from "./xml.ts";

/** An answer as it came off the wire, and what was asked. */
export interface RawResponse {
  /** What it answers. */
  readonly call: Call;
  /** URL without its query. */
  readonly url: string;
  /** HTTP status. */
  readonly status: number;
  /** Headers of the answer. */
  readonly headers: Headers;
  /** Body of the answer, decoded. */
  readonly text: string;
}

/**
 * An answer whose body is text. A provider overrides the smallest of
 * `parseBody()`, `isSuccess()`, `reason()`, `code()`, `requestId()`,
 * `errorClass()` and `parseError()` that differs.
 *
 * @typeParam T What the provider documents the body to be; nobody has checked.
 */
export class ApiResponse<T = unknown> {
  /** What it answers. */
  declare readonly call: Call;
  /** URL without its query. */
  declare readonly url: string;
  /** HTTP status. */
  declare readonly status: number;
  /** Headers of the answer. */
  declare readonly headers: Headers;
  /** Body of the answer as text. */
  declare readonly text: string;
  /** Whether a body came that `parseBody()` could not read. */
  readonly isIllegible: boolean = false;
  /** Parsed body; `undefined` where it is empty or cannot be parsed. */
  protected readonly body: unknown;

  /** Parses an answer. */
  constructor(raw: RawResponse) {
    Object.assign(this, raw);
    try {
      this.body = this.parseBody();
    } catch {
      // Not kept as a cause: parsers quote the body, and a body may hold keys.
      this.isIllegible = true;
    }
  }

  /** Parsed body. */
  get object(): T {
    return this.body as T;
  }

  /** Whether the provider sends us elsewhere; browsers show no more than that. */
  get isRedirect(): boolean {
    const { status } = this;
    return status === 0 ||
      (status > 300 && status < 400 && this.headers.has("location"));
  }

  /** Parses `text`; what it throws marks the answer as illegible. */
  protected parseBody(): unknown {
    return this.text;
  }

  /** Whether the provider did what it was asked to. */
  isSuccess(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  /** The error for an answer that is not a success. */
  parseError(): CloudError {
    // Whatever a provider has in the place of its reason.
    return this.error(toOptionalId(this.reason()) ?? `HTTP ${this.status}`);
  }

  /** Why the provider refused, in its words. */
  protected reason(): string | undefined {
    return undefined;
  }

  /** The provider's own code for why. */
  protected code(): string | undefined {
    return undefined;
  }

  /** The class that fits the failure: by status, unless the provider knows better. */
  protected errorClass(): ApiErrorClass {
    return errorClassFor(this.status);
  }

  /** The provider's id of the request. */
  requestId(): string | undefined {
    return this.headers.get("x-request-id") ?? undefined;
  }

  /** The same, without secrets. */
  get cleanRequestId(): string | undefined {
    return this.#clean(this.requestId());
  }

  /** How much the provider still lets one ask, if it says so. */
  rateLimit(): RateLimit | undefined {
    return undefined;
  }

  /** How long the provider asks to wait, in milliseconds. */
  protected retryAfterMs(): number | undefined {
    return retryAfterMs(this.headers);
  }

  /**
   * Makes an error that carries this answer.
   *
   * @param reason Why, in few words.
   * @param errorClass The class, if another one fits better.
   * @param status HTTP status, if another one would have been honest.
   * @returns The error, without secrets.
   */
  error(
    reason: string,
    errorClass: ApiErrorClass = this.errorClass(),
    status: number = this.status,
  ): ApiError {
    const { call, url } = this;
    // A provider whose code says more than its 5xx has not failed, but refused.
    const isUnclear = errorClass === ServiceUnavailableError ||
      status < 400 && status >= 300;
    return call.error(errorClass, reason, {
      status,
      code: this.#clean(this.code()),
      requestId: this.cleanRequestId,
      retryAfterMs: this.retryAfterMs(),
      method: call.method,
      // A redirect may have put anything into it.
      url: call.clean(url),
      // Cut last: half a secret would not be known for one.
      body: call.clean(this.text).slice(0, 4096),
    }, isUnclear);
  }

  /** Whatever a provider has in the place of a text, without secrets. */
  #clean(value: unknown): string | undefined {
    const text = toOptionalId(value);
    return text && this.call.clean(text);
  }

  /**
   * Makes the error for a success that makes no sense.
   *
   * @param reason Why, in few words; it must not quote the body.
   * @param cause The error behind it, if it quotes nothing either.
   * @returns The error.
   */
  malformed(reason: string, cause?: unknown): MalformedResponseError {
    const type = this.headers.get("content-type") ?? "no type";
    return this.call.error(
      MalformedResponseError,
      `${reason} in ${type}`,
      { cause },
    );
  }

  /**
   * Converts the parsed body. What the converter throws, because the body is
   * not what the provider documents, becomes a `MalformedResponseError`.
   *
   * @typeParam R What it is converted to.
   * @param convert Makes something of the parsed body.
   * @returns What it made.
   * @throws {MalformedResponseError} If the converter throws.
   */
  read<R>(convert: (body: T) => R): R {
    try {
      return convert(this.object);
    } catch (error) {
      if (CloudError.is(error)) throw error;
      throw this.malformed("other fields", error);
    }
  }
}

/** An answer whose body is JSON, or empty. */
export class JsonResponse<T = unknown> extends ApiResponse<T> {
  /** Parses `text` as JSON. */
  protected override parseBody(): unknown {
    return this.text ? JSON.parse(this.text) : undefined;
  }
}

/** An answer whose body is XML, or empty. */
export class XmlResponse<T = XmlElement | undefined> extends ApiResponse<T> {
  /** Parses `text` as XML. */
  protected override parseBody(): XmlElement | undefined {
    return this.text ? parseXml(this.text) : undefined;
  }
}
