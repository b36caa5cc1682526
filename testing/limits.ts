/**
 * Checks of aborts and timeouts.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertStrictEquals,
  assertStringIncludes,
} from "@std/assert";
import {
  AbortedError,
  CloudError,
  ConnectionError,
  TimeoutError,
} from "../core/mod.ts";
import { type Check, each, outcomeOf } from "./checks.ts";
import { type CallContext, rejection, sleep } from "./context.ts";
import { never, stalledBody } from "./responses.ts";
import type { Call, TestedDriver } from "./table.ts";

// Methods whose first write creates something. Tags are not billed.
const CREATING = /^(?:create(?!Tags)|import)/;

/** Creates the checks of aborts and timeouts. */
export function limitChecks<D extends TestedDriver>(
  context: CallContext<D>,
): Check[] {
  return [
    {
      name:
        "every method rejects with the reason of a signal that is already aborted",
      run: () => checkAbortedBefore(context),
    },
    {
      name:
        "every method rejects with the reason of an abort during a request, or with an AbortedError if a create was sent",
      run: () => checkAbortedDuring(context),
    },
    {
      name: "every method enforces timeoutMs if no response arrives",
      run: () =>
        each(context.calls, (call) => checkStall(context, call, never)),
    },
    {
      name: "every method enforces timeoutMs if a body does not end",
      run: () =>
        each(context.calls, (call) => checkStall(context, call, stalledBody)),
    },
  ];
}

async function checkAbortedBefore<D extends TestedDriver>(
  context: CallContext<D>,
): Promise<void> {
  await each(context.calls, async (call) => {
    for (const reason of reasons()) {
      const { driver, sent } = context.open();
      const signal = AbortSignal.abort(reason);
      const error = await rejection(() => call.run(driver, { signal }));
      assertStrictEquals(error, signal.reason);
      assertEquals(sent.length, 0, "requests after the abort");
    }
  });
}

async function checkAbortedDuring<D extends TestedDriver>(
  context: CallContext<D>,
): Promise<void> {
  await each(context.calls, async (call) => {
    const requests = await context.countRequests(call);
    for (let number = 1; number <= requests; number++) {
      for (const reason of reasons()) {
        for (const inBody of [false, true]) {
          const controller = new AbortController();
          const { signal } = controller;
          // Concurrent requests are sent before the abort.
          let sentBefore = 0;
          const { driver, sent } = context.open((request, fetch) => {
            if (sent.length < number) return fetch(request);
            setTimeout(() => {
              sentBefore ||= sent.length;
              controller.abort(reason);
            });
            return inBody ? stalledBody() : never();
          });
          const outcome = await outcomeOf(() => call.run(driver, { signal }));
          // A method that polls may need fewer requests than before.
          if (sent.length < number) continue;
          assert(
            "error" in outcome,
            `expected a rejection in request ${number}`,
          );
          const { error } = outcome;
          const pending = sent[number - 1]!;
          const isAborted = AbortedError.is(error);
          assertStrictEquals(
            isAborted ? error.cause : error,
            reason,
            `in request ${number}`,
          );
          // Further writes of a method change what its first one created.
          const creates = CREATING.test(call.method) &&
            pending === sent.find((it) => context.isWrite(it));
          assert(isAborted || !creates, `in request ${number}`);
          const wasWritten = sent.some((it) => context.isWrite(it));
          assert(!isAborted || wasWritten && error.mayHaveBeenApplied);
          await sleep(1);
          assertEquals(sent.length, sentBefore, "requests after the abort");
        }
      }
    }
  });
}

/** Checks the timeout of a call whose n-th request stalls, for every n. */
async function checkStall<D extends TestedDriver>(
  context: CallContext<D>,
  call: Call,
  stall: () => Promise<Response>,
): Promise<void> {
  const requests = await context.countRequests(call);
  for (let number = 1; number <= requests; number++) {
    const { driver, sent } = context.open((request, fetch) =>
      sent.length < number ? fetch(request) : stall()
    );
    const startedAt = performance.now();
    const outcome = await outcomeOf(() => call.run(driver, { timeoutMs: 60 }));
    const ms = performance.now() - startedAt;
    // A method that polls may need fewer requests than before.
    if (sent.length < number) continue;
    assert("error" in outcome, `expected a rejection in request ${number}`);
    const isDeployment = call.method === "deployNode";
    // If the node exists, a DeploymentError wraps the timeout.
    const error = isDeployment && !TimeoutError.is(outcome.error)
      ? (outcome.error as Error).cause
      : outcome.error;
    assertInstanceOf(error, TimeoutError);
    assertStringIncludes(error.message, "timed out after 60 ms");
    assert(ms > 50, `expected at least 60 ms, got ${ms} ms`);
    assertEquals(
      error.mayHaveBeenApplied,
      // deployNode() does not know which requests createNode() has sent.
      isDeployment || sent.some((it) => context.isWrite(it)),
      `mayHaveBeenApplied, stalled in request ${number}`,
    );
    // A list of several pages does not know the provider.
    assertEquals(error.provider ?? driver.provider, driver.provider);
  }
}

/** Reasons of aborts, frozen so that a modification throws. */
function reasons(): unknown[] {
  return [
    "enough",
    new Error("enough"),
    new CloudError("test: enough", {}),
    new ConnectionError("test: another call failed", {
      isUnsent: false,
    }),
    new TimeoutError("test: another call took too long", {}),
  ].map((reason) => Object.freeze(reason));
}
