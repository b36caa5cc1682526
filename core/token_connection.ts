/**
 * Connections with a bearer token.
 *
 * @module
 */

import { checkSecret, type ForbiddenCharacters } from "./check.ts";
import { Connection } from "./connection.ts";
import { CredentialsSource } from "./credentials.ts";
import type { ConnectionOptions } from "./options.ts";
import type { ApiResponse } from "./response.ts";

/** Token of {@linkcode TokenConnection}. */
export interface TokenCredentials {
  /**
   * The token, or a function that returns a token. The function is called
   * before the first request, and again when the provider refuses the token. If
   * several requests need a token at the same time, the function is called
   * once. If it does not return within the time limit of a request, the next
   * request calls it again.
   *
   * White space before and after the token is removed.
   */
  readonly token: string | (() => string | Promise<string>);
}

const NOT_IN_HEADERS: ForbiddenCharacters = {
  pattern: /[^ -~]/,
  description: "characters that an HTTP header cannot carry",
};

/**
 * A connection with a bearer token.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6750 | RFC 6750}
 */
export abstract class TokenConnection extends Connection {
  readonly #tokens: CredentialsSource<string>;

  /**
   * Creates a connection. Nothing is sent until the first request.
   *
   * @param baseUrl The provider's base URL.
   * @param options Token and settings.
   * @param owner Name of the class that the caller creates, for errors.
   * @throws {TypeError} If `token` or `baseUrl` is invalid.
   */
  constructor(
    baseUrl: string,
    options: TokenCredentials & ConnectionOptions,
    owner?: string,
  ) {
    super(baseUrl, options, owner);
    const { token } = Object(options) as TokenCredentials;
    this.#tokens = new CredentialsSource(token, (token) => {
      // The end of a line often comes with a token that is read from a file.
      const sent = typeof token === "string" ? token.trim() : token;
      checkSecret(sent, this.owner, "token", NOT_IN_HEADERS);
      return sent;
    });
  }

  /** Adds the header `Authorization`. */
  protected override async addDefaultHeaders(
    headers: Headers,
    signal: AbortSignal,
  ): Promise<void> {
    const token = await this.#tokens.get(headers, signal);
    headers.set("authorization", `Bearer ${token}`);
  }

  /** The last few tokens. */
  protected override secrets(): Iterable<string> {
    return this.#tokens.recent;
  }

  /** Forgets a refused token, if a function can return another one. */
  protected override renewCredentials(
    rejected: Headers,
    { status }: ApiResponse,
  ): boolean {
    return status === 401 && this.#tokens.renew(rejected);
  }
}
