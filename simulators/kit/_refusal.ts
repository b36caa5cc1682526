/**
 * Refused requests.
 *
 * @module
 */

/** Details of a {@linkcode Refusal}. */
export interface RefusalDetails {
  /** The provider's error code, such as `"uniqueness_error"`. */
  readonly code?: string | undefined;
  /** Field of the request that is invalid. */
  readonly field?: string | undefined;
  /** Additional headers of the response. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/**
 * An error that the client receives as an HTTP error response.
 * {@linkcode Service.error} gives it the provider's format.
 */
export class Refusal extends Error {
  /** Name of the class. */
  override readonly name = "Refusal";
  /** The provider's error code, if the refusal has one. */
  readonly code: string | undefined;
  /** Field of the request that is invalid, if it is only one. */
  readonly field: string | undefined;
  /** Additional headers of the response. */
  readonly headers: Readonly<Record<string, string>>;

  /**
   * Creates a refusal.
   *
   * @param status HTTP status of the response.
   * @param message Reason, for people to read.
   * @param details Error code, invalid field and headers.
   */
  constructor(
    readonly status: number,
    message: string,
    { code, field, headers = {} }: RefusalDetails = {},
  ) {
    super(message);
    this.code = code;
    this.field = field;
    this.headers = headers;
  }
}
