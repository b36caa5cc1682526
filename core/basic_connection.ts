/**
 * Connections with a user name and a password.
 *
 * @module
 */

import { encodeBase64 } from "@std/encoding/base64";
import { checkSecret } from "./check.ts";
import { Connection } from "./connection.ts";
import type { ConnectionOptions } from "./options.ts";
import { isDistinctive } from "./redact.ts";

/** User name and password of {@linkcode BasicConnection}. */
export interface BasicCredentials {
  /** User name; it cannot contain a colon. */
  readonly username: string;
  /** Password. */
  readonly password: string;
}

/**
 * A connection with HTTP Basic authentication, in UTF-8.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7617 | RFC 7617}
 */
export abstract class BasicConnection extends Connection {
  readonly #credentials: string;
  readonly #secrets: readonly string[];

  /**
   * Creates a connection. Nothing is sent until the first request.
   *
   * @param baseUrl The provider's base URL.
   * @param options Credentials and settings.
   * @param owner Name of the class that the caller creates, for errors.
   * @throws {TypeError} If `username`, `password` or `baseUrl` is invalid.
   */
  constructor(
    baseUrl: string,
    options: BasicCredentials & ConnectionOptions,
    owner?: string,
  ) {
    super(baseUrl, options, owner);
    const { username, password } = Object(options) as BasicCredentials;
    checkSecret(username, this.owner, "username", {
      pattern: /[:\p{Cc}\p{Cs}]/u,
      description: "a colon or a control character",
    });
    checkSecret(password, this.owner, "password");
    this.#credentials = encodeBase64(`${username}:${password}`);
    // A user name such as "server" is no secret, but part of many messages.
    const secretName = isDistinctive(username) ? [username] : [];
    this.#secrets = [password, this.#credentials, ...secretName];
  }

  /** Adds the header `Authorization`. */
  protected override addDefaultHeaders(headers: Headers): void | Promise<void> {
    headers.set("authorization", `Basic ${this.#credentials}`);
  }

  /**
   * The password, the credentials as sent, and the user name if it is no
   * ordinary word.
   */
  protected override secrets(): Iterable<string> {
    return this.#secrets;
  }
}
