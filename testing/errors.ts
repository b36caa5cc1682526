/**
 * Checks of the errors that a provider sends, for drivers of any service.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { CloudError } from "../core/mod.ts";
import { type Check, each, outcomeOf, show } from "./checks.ts";
import { type CallContext, rejection } from "./context.ts";
import type { TestedDriver } from "./table.ts";

/** An error response of the provider, and the error that the driver throws. */
export interface ErrorFacts {
  /** Status of the response. */
  readonly status: number;
  /** Body of the response, as the provider sends it. */
  readonly body: string;
  /** Headers of the response. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Name of the class of the error, such as `"ConflictError"`. */
  readonly errorClass: string;
  /** Code of the error. */
  readonly code?: string;
  /** Reason that the message contains. */
  readonly reason?: string;
  /** Request id of the error. */
  readonly requestId?: string;
  /** Delay that the provider requests, in milliseconds. */
  readonly retryAfterMs?: number;
  /**
   * Whether the provider did nothing because it was busy, so that the driver
   * sends the request again.
   *
   * @default {false}
   */
  readonly isBusy?: boolean;
}

/**
 * Creates the check of error responses.
 *
 * @typeParam D The driver.
 * @param context The driver.
 * @param errors The error responses.
 * @param write Calls a method that sends one write.
 * @returns The check.
 */
export function errorCheck<D extends TestedDriver>(
  context: CallContext<D>,
  errors: readonly ErrorFacts[],
  write: (driver: D) => Promise<unknown>,
): Check {
  return {
    name: "maps each response of expected.errors to its error",
    rule:
      "The class, the code and the reason of an error come from the response.",
    see: "errors",
    async run() {
      assert(errors.length > 0, "expected.errors is empty");
      const labelled = errors.map((facts) => ({
        ...facts,
        label: `status ${facts.status}, ${facts.body}`,
      }));
      await each(labelled, (facts) => checkError(context, facts, write));
    },
  };
}

async function checkError<D extends TestedDriver>(
  context: CallContext<D>,
  facts: ErrorFacts,
  write: (driver: D) => Promise<unknown>,
): Promise<void> {
  const { status, body, headers, errorClass, isBusy = false } = facts;
  const refuse = () => new Response(body, { status, headers: headers ?? {} });
  const { driver } = context.open(
    (request, fetch) =>
      context.isWrite(request) ? Promise.resolve(refuse()) : fetch(request),
    { retry: false },
  );
  const error = await rejection(() => write(driver));
  assert(CloudError.is(error), `expected a CloudError, got ${show(error)}`);
  assertEquals(error.name, errorClass);
  const { code, requestId } = error as {
    readonly code?: string;
    readonly requestId?: string;
  };
  assertEquals(code, facts.code, "code");
  assertEquals(requestId, facts.requestId, "requestId");
  if (facts.retryAfterMs !== undefined) {
    const { retryAfterMs } = error as { readonly retryAfterMs?: number };
    assertEquals(retryAfterMs, facts.retryAfterMs, "retryAfterMs");
  }
  if (facts.reason !== undefined) {
    assert(
      error.message.includes(facts.reason),
      `the message lacks the reason: ${error.message}`,
    );
  }
  // Whether the same write is sent again if the provider was busy.
  let writes = 0;
  const retrying = context.open((request, fetch) =>
    !context.isWrite(request) || ++writes > 1
      ? fetch(request)
      : Promise.resolve(refuse())
  );
  await outcomeOf(() => write(retrying.driver));
  const mustRetry = isBusy || status === 429;
  assertEquals(
    writes > 1,
    mustRetry,
    mustRetry ? "the write must be sent again" : "the write was sent again",
  );
}
