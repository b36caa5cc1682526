/**
 * Client tokens: a repeated request returns the result of the first one.
 *
 * @module
 */

import { refuse } from "./query.ts";

/** Result of a request that had a client token. */
export interface PastResult<T> {
  /** Parameters of the request; see {@linkcode idempotent}. */
  readonly parameters: string;
  /** Resource that the request created. */
  readonly result: T;
}

/**
 * Runs a request at most once per client token.
 *
 * @typeParam T Type of the result.
 * @param past Results by client token.
 * @param token Client token of the request, if it has one.
 * @param parameters All other parameters of the request, in a canonical form.
 * @param create Runs the request.
 * @returns The new result, or that of the earlier request with the same token.
 * @throws {Ec2Refusal} If `token` is invalid, or if the earlier request had
 * other parameters.
 */
export function idempotent<T>(
  past: Map<string, PastResult<T>>,
  token: string | undefined,
  parameters: string,
  create: () => T,
): T {
  if (!token) return create();
  if (!/^[\x21-\x7e]{1,64}$/.test(token)) {
    refuse(
      "InvalidParameterValue",
      "Invalid client token: it must have at most 64 ASCII characters",
    );
  }
  const earlier = past.get(token);
  if (earlier !== undefined) {
    if (earlier.parameters === parameters) return earlier.result;
    refuse(
      "IdempotentParameterMismatch",
      "Arguments on this idempotent request are inconsistent with arguments used in previous request(s).",
    );
  }
  const result = create();
  past.set(token, { parameters, result });
  return result;
}
