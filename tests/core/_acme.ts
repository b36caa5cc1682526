/**
 * A small provider of our own, for the tests of the core: what a driver author
 * would write.
 *
 * @module
 */

import {
  type ApiResponse,
  BasicConnection,
  Connection,
  type ConnectionOptions,
  JsonResponse,
  type RequestOptions,
  TokenConnection,
  type TokenCredentials,
} from "../../core/mod.ts";

/** Acme nests its reason: `{"fault": {"text": "...", "code": "..."}}`. */
export class AcmeResponse<T> extends JsonResponse<T> {
  get #fault(): { text?: string; code?: string } {
    return (this.body as { fault?: { text?: string } } | undefined)?.fault ??
      {};
  }

  protected override reason(): string | undefined {
    return this.#fault.text;
  }

  protected override code(): string | undefined {
    return this.#fault.code;
  }
}

/** Acme, logging in with user and password. */
export class AcmeConnection extends BasicConnection {
  override readonly provider = "acme";
  protected override readonly responseClass = AcmeResponse;
}

/** Acme, logging in with a bearer token. */
export class AcmeTokenConnection extends TokenConnection {
  override readonly provider = "acme";
  protected override readonly responseClass = AcmeResponse;
}

/** Acme, logging in with a header that no runtime knows for a secret. */
export class AcmeKeyConnection extends Connection {
  override readonly provider = "acme";
  protected override readonly responseClass = AcmeResponse;
  readonly #key: string;

  constructor(baseUrl: string, options: ConnectionOptions & { key: string }) {
    super(baseUrl, options);
    this.#key = options.key;
  }

  protected override addDefaultHeaders(headers: Headers): void {
    headers.set("x-auth-token", this.#key);
  }

  protected override secrets(): Iterable<string> {
    return [this.#key];
  }
}

/** Retries without the waiting. */
export const FAST = { baseMs: 1, maxMs: 2 };

/** Where Acme is when nothing is sent over a socket. */
export const ACME = "https://api.acme.example/v1";

/** Connects to Acme with a user and a password. */
export function acme(
  baseUrl: string,
  options: ConnectionOptions = {},
): AcmeConnection {
  return new AcmeConnection(baseUrl, {
    username: "user-name",
    password: "pass-word",
    retry: FAST,
    ...options,
  });
}

/** Connects to Acme with a token. */
export function acmeToken(
  baseUrl: string,
  token: TokenCredentials["token"],
  options: ConnectionOptions = {},
): AcmeTokenConnection {
  return new AcmeTokenConnection(baseUrl, { token, retry: FAST, ...options });
}

/** Connects to Acme and sends one request. */
export function ask<T = unknown>(
  baseUrl: string,
  path: string,
  { connection, ...options }: RequestOptions & {
    connection?: ConnectionOptions;
  } = {},
): Promise<ApiResponse<T>> {
  return acme(baseUrl, connection).request<T>(path, options);
}

/** An answer that is JSON. */
export function json(value: unknown, init: ResponseInit = {}): Response {
  return Response.json(value, init);
}

/** Far more than anything here takes, for what might never end. */
export const LONG_MS = 20_000;

/** Waits for a promise, but not for ever. */
export async function inTime<T>(promise: PromiseLike<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error("It never ended")), LONG_MS);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits for what a promise is rejected with, whatever it is. */
export function rejection(promise: PromiseLike<unknown>): Promise<unknown> {
  return inTime(promise.then(
    () => {
      throw new Error("It was not rejected");
    },
    (error) => error,
  ));
}
