/**
 * What a call of a driver is about, for its requests, answers and errors.
 *
 * @module
 */

import type { CloudError, CloudErrorOptions } from "./errors.ts";
import { redact } from "./redact.ts";

/** What hooks may know of a {@linkcode Call}. */
export type CallDescription = Pick<
  Call,
  "provider" | "operation" | "method" | "path"
>;

/**
 * A request that a driver makes, with all its attempts. Its own properties are
 * what hooks may see.
 */
export class Call {
  /** Id of the provider. */
  declare readonly provider: string;
  /** What was asked of the driver, such as `"createNode"`. */
  declare readonly operation: string;
  /** HTTP method. */
  declare readonly method: string;
  /** Path, without the query. */
  declare readonly path: string;
  readonly #secrets: () => Iterable<string>;

  /** Describes a call; `secrets` gets what no error may show. */
  constructor(about: CallDescription, secrets: () => Iterable<string>) {
    Object.assign(this, about);
    this.#secrets = secrets;
  }

  /** Whether the call may have been applied, if it ends now. */
  get mayHaveBeenApplied(): boolean {
    return !/^(?:GET|HEAD)$/.test(this.method);
  }

  /** A text without the secrets of this call. */
  clean(text: string): string {
    return redact(text, this.#secrets());
  }

  /**
   * Makes an error about this call.
   *
   * @typeParam E Its class.
   * @param errorClass Its class.
   * @param reason Why, in few words.
   * @param details What else the class is told, without secrets.
   * @param isUnclear Whether this attempt may have been applied.
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
      mayHaveBeenApplied: isUnclear && this.mayHaveBeenApplied,
      ...details,
    };
    return new errorClass(
      `Cannot ${operation}: ${this.clean(reason)}`,
      options as never,
    );
  }
}
