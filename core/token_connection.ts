/**
 * Connections with a bearer token.
 *
 * @module
 */

import { checkSecret, type ForbiddenCharacters } from "./check.ts";
import { Connection } from "./connection.ts";
import type { ConnectionOptions } from "./options.ts";
import type { ApiResponse } from "./response.ts";

/** Token of {@linkcode TokenConnection}. */
export interface TokenCredentials {
  /**
   * The token, or a function that returns a token. The function is called
   * before the first request, and again when the provider refuses the token. If
   * several requests need a token at the same time, the function is called
   * once.
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
  readonly #source: TokenCredentials["token"];
  #token: Promise<string> | undefined;
  readonly #seen = new Set<string>();

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
    if (typeof token !== "function") this.#check(token);
    this.#source = token;
  }

  /** Adds the header `Authorization`. */
  protected override async addDefaultHeaders(headers: Headers): Promise<void> {
    headers.set("authorization", `Bearer ${await this.#currentToken()}`);
  }

  /** The tokens used so far. */
  protected override secrets(): Iterable<string> {
    return this.#seen;
  }

  /** Forgets a refused token, if a function can return another one. */
  protected override async renewCredentials(
    rejected: Headers,
    { status }: ApiResponse,
  ): Promise<boolean> {
    if (status !== 401 || typeof this.#source !== "function") return false;
    // The provider may refuse several requests with the same token. Only the
    // first of these requests removes the token.
    const token = await this.#token;
    if (rejected.get("authorization") === `Bearer ${token}`) {
      this.#token = undefined;
    }
    return true;
  }

  #currentToken(): Promise<string> {
    return this.#token ??= this.#getToken();
  }

  async #getToken(): Promise<string> {
    const source = this.#source;
    try {
      // Makes sure that #token is set before the function is called. Otherwise,
      // if the function throws, the failed promise would be stored.
      await undefined;
      const token = typeof source === "function" ? await source() : source;
      this.#check(token);
      this.#seen.add(token);
      return token;
    } catch (error) {
      this.#token = undefined;
      throw error;
    }
  }

  #check(token: unknown): asserts token is string {
    checkSecret(token, this.owner, "token", NOT_IN_HEADERS);
  }
}
