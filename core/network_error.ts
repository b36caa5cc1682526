/**
 * Failures of `fetch()`, whose form differs between runtimes.
 *
 * @module
 */

import type { Call } from "./call.ts";
import { ConnectionError } from "./errors.ts";
import { oneLine } from "./message.ts";

/** The parts of an error that runtimes fill in. */
interface Thrown {
  readonly message: string;
  readonly code: string;
  readonly syscall: unknown;
  readonly errors: unknown;
}

// Node.js connects before it sends, and names the system call that failed.
const CONNECTING = /^(?:connect|getaddrinfo)$/;
// Codes of Node.js and Bun. The last ones are those of a certificate that the
// client did not accept.
const UNSENT_CODE =
  /^(?:ECONNREFUSED|ENOTFOUND|EAI_[A-Z]+|UND_ERR_CONNECT_TIMEOUT|CERT_[A-Z_]+|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_[A-Z_]+|ERR_TLS_CERT_ALTNAME_INVALID)$/;
// Messages of Deno, Node.js and Bun, in this order. A URL contains no blank, so
// the URL in Deno's message cannot contain the rest of it.
const UNSENT_MESSAGE =
  /^(?:error sending request for url \(\S+\): client error \(Connect\)|Client network socket disconnected before secure TLS connection was established$|E[A-Z]+: Unable to connect\. Is the computer able to access the url\?$|EPROTO: The TLS handshake failed\.)/;

/** The parts of a request that its error depends on. */
export interface SentRequest {
  /** HTTP method. */
  readonly method: string;
  /** URL. */
  readonly url: URL;
  /** Body. */
  readonly body: string | Uint8Array;
}

/**
 * Describes a failure of `fetch()`, or of reading the body of its response.
 *
 * @param call The call, which ends with this failure.
 * @param request The request. An empty body means that it has none.
 * @param thrown The value that `fetch()` threw.
 * @param hasResponse Whether the response had begun.
 * @returns The error, without secrets.
 */
export function toConnectionError(
  call: Call,
  request: SentRequest,
  thrown: unknown,
  hasResponse: boolean,
): ConnectionError {
  const errors = causesOf(thrown);
  const isUnconnected = !hasResponse && errors.some(isUnconnectedError);
  // Deno itself repeats requests without a body, and Bun repeats PUT and DELETE.
  // If the second attempt cannot connect, the first was sent nevertheless.
  // Node.js repeats nothing.
  const isRepeated = request.body.length === 0 ||
    /^(?:PUT|DELETE)$/.test(request.method);
  const isUnsent = isUnconnected &&
    (!isRepeated || errors.some(isNodeConnecting));
  const { host } = request.url;
  const what = isUnconnected
    ? `could not connect to ${host}`
    : `connection to ${host} lost`;
  const reason = reasonOf(errors);
  const details = reason ? ` (${oneLine(call.clean(reason))})` : "";
  const consequence = !isUnsent && call.isWrite
    ? "; the request may have been applied"
    : "";
  return call.error(
    ConnectionError,
    what + details + consequence,
    { isUnsent },
    !isUnsent,
  );
}

/** The error and its causes, the outermost first. */
function causesOf(thrown: unknown): Thrown[] {
  const errors: Thrown[] = [];
  let error = thrown;
  while (error instanceof Error && errors.length < 4) {
    const { code, syscall, errors: parts } = error as Error & Partial<Thrown>;
    errors.push({
      message: error.message,
      code: typeof code === "string" ? code : "",
      syscall,
      errors: parts,
    });
    error = error.cause;
  }
  return errors;
}

/** Whether a runtime reports that it could not connect. */
function isUnconnectedError(error: Thrown): boolean {
  return isNodeConnecting(error) || UNSENT_CODE.test(error.code) ||
    UNSENT_MESSAGE.test(error.message);
}

/** Whether Node.js reports that it could not connect, to any of the addresses. */
function isNodeConnecting({ syscall, errors }: Thrown): boolean {
  if (typeof syscall === "string" && CONNECTING.test(syscall)) return true;
  return Array.isArray(errors) && errors.length > 0 &&
    errors.every((error) => causesOf(error).some(isNodeConnecting));
}

/** The reason in the words of the runtime. */
function reasonOf(errors: readonly Thrown[]): string {
  return errors
    // The outermost message of Node is "fetch failed". The cause has the
    // details.
    .filter(({ message }, index) =>
      message !== "fetch failed" || index === errors.length - 1
    )
    .map(({ message, code }) =>
      message.includes(code) ? message : `${message} ${code}`
    )
    .join("; ")
    // Runtimes quote the URL, and some providers require credentials in the
    // query.
    .replace(/\?[^\s)]*/g, "");
}
