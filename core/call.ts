/**
 * A call to a provider: the data that its requests, responses, errors and hook
 * events share.
 *
 * @module
 */

import type { CloudError, CloudErrorOptions } from "./errors.ts";
import { Redactor } from "./redact.ts";

/** The part of a {@linkcode Call} that hooks see. */
export type CallDescription = Pick<
  Call,
  "provider" | "operation" | "method" | "path"
>;

/** The part of a {@linkcode Call} that hooks do not see. */
export interface CallInternals {
  /** Name of the provider in messages, such as `"DigitalOcean"`. */
  readonly displayName: string;
  /** Returns the strings that no error may show. */
  readonly secrets: () => Iterable<string>;
  /** A redactor for the secrets that most calls have. */
  readonly redactor: Redactor;
  /**
   * Whether the call may change something.
   *
   * @default {true for all methods but GET and HEAD}
   */
  readonly writes?: boolean | undefined;
}

/**
 * A request with all its attempts. Hooks see only its own enumerable properties.
 */
export class Call {
  /** Id of the provider. */
  declare readonly provider: string;
  /** Method of the driver, such as `"createNode"`. */
  declare readonly operation: string;
  /** HTTP method. */
  declare readonly method: string;
  /** Path, without the query. */
  declare readonly path: string;
  readonly #internals: CallInternals;
  #redactor: Redactor;
  #isInFlight = false;
  // Whether one of the attempts that ended may have been applied.
  #isUnclear = false;

  /** Describes a call. */
  constructor(description: CallDescription, internals: CallInternals) {
    this.#internals = internals;
    this.#redactor = internals.redactor;
    Object.assign(this, description);
    this.#clean();
  }

  /** Name of the provider in messages. */
  get displayName(): string {
    return this.#internals.displayName;
  }

  /** Whether the call may change something. */
  get isWrite(): boolean {
    return this.#internals.writes ?? !/^(?:GET|HEAD)$/.test(this.method);
  }

  /** Whether the provider may have applied the call, if the call ends now. */
  get mayHaveBeenApplied(): boolean {
    return this.isWrite && (this.#isInFlight || this.#isUnclear);
  }

  /** Notes that an attempt is sent now, and that all its secrets are known. */
  begin(): void {
    if (this.#hasNewSecrets()) this.#clean();
    this.#isInFlight = true;
  }

  /**
   * Notes that an attempt has ended.
   *
   * @param isUnclear Whether the provider may have applied the attempt.
   */
  end(isUnclear = false): void {
    this.#isInFlight = false;
    this.#isUnclear ||= isUnclear;
  }

  /** Removes the secrets of this call from a string. */
  clean(text: string): string {
    this.#hasNewSecrets();
    return this.#redactor.redact(text);
  }

  /**
   * Creates an error about this call.
   *
   * @typeParam E Class of the error.
   * @param errorClass Class of the error.
   * @param reason The message, without the name of the method.
   * @param details Further options of the class, without secrets.
   * @param isUnclear Whether the provider may have applied this attempt.
   * @returns The error, without secrets in its message.
   */
  error<E extends CloudError>(
    errorClass: new (message: string, options: never) => E,
    reason: string,
    details: object = {},
    isUnclear = true,
  ): E {
    const { provider, operation } = this;
    const options: CloudErrorOptions = {
      provider,
      operation,
      mayHaveBeenApplied: isUnclear && this.isWrite,
      ...details,
    };
    return new errorClass(
      `${operation}: ${this.clean(reason)}`,
      options as never,
    );
  }

  /** Prepares for secrets that are new since the last time, if there are any. */
  #hasNewSecrets(): boolean {
    const secrets = [...this.#internals.secrets()];
    if (this.#redactor.isFor(secrets)) return false;
    this.#redactor = new Redactor(secrets);
    return true;
  }

  /** Removes the secrets that the caller has put into the path. */
  #clean(): void {
    const { operation, path } = this;
    Object.assign(this, {
      operation: this.clean(operation),
      path: this.clean(path),
    });
  }
}
