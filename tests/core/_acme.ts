/**
 * A fictitious provider for the tests of the core: the classes that the author of
 * a driver would write.
 *
 * @module
 */

import {
  type ApiResponse,
  BasicConnection,
  Connection,
  type ConnectionOptions,
  type Failure,
  JsonResponse,
  type RequestOptions,
  TokenConnection,
  type TokenCredentials,
} from "../../core/mod.ts";

/** Acme nests its reason: `{"fault": {"text": "...", "code": "..."}}`. */
export class AcmeResponse<T> extends JsonResponse<T> {
  protected override failure({ fault }: FaultJson): Failure {
    const { text, code, busy } = fault;
    return { reason: text, code, isBusy: busy };
  }
}

interface FaultJson {
  fault: { text?: string; code?: string; busy?: boolean };
}

/** Connection to Acme with a user name and a password. */
export class AcmeConnection extends BasicConnection {
  override readonly provider = "acme";
  override readonly displayName = "Acme";
  protected override readonly responseClass = AcmeResponse;
}

/** Connection to Acme with a bearer token. */
export class AcmeTokenConnection extends TokenConnection {
  override readonly provider = "acme";
  override readonly displayName = "Acme";
  protected override readonly responseClass = AcmeResponse;
}

/** Connection to Acme with a key in a header that runtimes do not redact. */
export class AcmeKeyConnection extends Connection {
  override readonly provider = "acme";
  override readonly displayName = "Acme";
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

/** Retry policy with minimal delays. */
export const FAST = { baseMs: 1, maxMs: 2 };

/** Base URL of Acme for tests that replace `fetch`. */
export const ACME = "https://api.acme.example/v1";

/** Creates a connection with a user name and a password. */
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

/** Creates a connection with a token. */
export function acmeToken(
  baseUrl: string,
  token: TokenCredentials["token"],
  options: ConnectionOptions = {},
): AcmeTokenConnection {
  return new AcmeTokenConnection(baseUrl, { token, retry: FAST, ...options });
}

/** Creates a connection and sends one request. */
export function send<T = unknown>(
  baseUrl: string,
  path: string,
  { connection, ...options }: RequestOptions & {
    connection?: ConnectionOptions;
  } = {},
): Promise<ApiResponse<T>> {
  return acme(baseUrl, connection).request<T>(path, options);
}

/** Creates a JSON response. */
export function json(value: unknown, init: ResponseInit = {}): Response {
  return Response.json(value, init);
}

/** Time limit for a promise that should settle at once. */
export const LONG_MS = 20_000;

/** Waits for a promise, for at most {@linkcode LONG_MS}. */
export async function inTime<T>(promise: PromiseLike<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new Error("the promise did not settle")),
      LONG_MS,
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits for the reason with which a promise rejects; it may be any value. */
export function rejection(promise: PromiseLike<unknown>): Promise<unknown> {
  return inTime(promise.then(
    () => {
      throw new Error("the promise did not reject");
    },
    (error) => error,
  ));
}
