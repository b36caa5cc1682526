/**
 * Credentials of requests.
 *
 * @module
 */

import { decodeBase64 } from "@std/encoding/base64";

/** User name and password of a simulated account. */
export interface UserCredentials {
  /** User name, without a colon. */
  readonly username: string;
  /** Password. */
  readonly password: string;
}

/**
 * Reads the user name and password of HTTP Basic authentication, in UTF-8.
 *
 * @param request Request to read.
 * @returns Both, or `undefined` if the header is missing or malformed.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7617 | RFC 7617}
 */
export function readBasicCredentials(
  request: Request,
): UserCredentials | undefined {
  const header = request.headers.get("Authorization") ?? "";
  const [, encoded] = header.match(/^basic +([A-Za-z0-9+/]+={0,2}) *$/i) ?? [];
  if (encoded === undefined) return undefined;
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
      .decode(decodeBase64(encoded));
  } catch {
    return undefined;
  }
  // The password may contain colons; the user name may not.
  const colon = text.indexOf(":");
  if (colon < 0) return undefined;
  return { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

/**
 * Whether a request has a user name and a password by HTTP Basic
 * authentication.
 *
 * @param request Request to check.
 * @param expected User name and password of the account.
 * @returns Whether both are those of the account.
 */
export function hasUser(request: Request, expected: UserCredentials): boolean {
  const given = readBasicCredentials(request);
  return given?.username === expected.username &&
    given.password === expected.password;
}

/**
 * Reads the token of HTTP bearer authentication.
 *
 * @param request Request to read.
 * @returns The token, or `undefined` if the header is missing or malformed.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6750 | RFC 6750}
 */
export function readBearerToken(request: Request): string | undefined {
  const header = request.headers.get("Authorization") ?? "";
  return header.match(/^bearer +([\w~+/.-]+=*) *$/i)?.[1];
}
