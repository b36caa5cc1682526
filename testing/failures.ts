/**
 * Checks of failing requests and unusable responses, for drivers of any service.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { CloudError, RateLimitReachedError } from "../core/mod.ts";
import { type Check, each, type Outcome, outcomeOf, show } from "./checks.ts";
import { type CallContext, rejection } from "./context.ts";
import { respond, UNUSABLE_BODIES } from "./responses.ts";
import type { TestedDriver } from "./table.ts";

/** Creates the checks of unusable responses. */
export function responseChecks<D extends TestedDriver>(
  context: CallContext<D>,
): Check[] {
  return [
    {
      name:
        "every method rejects with a typed error if a success has an unusable body",
      run: () => checkUnusableBodies(context),
    },
    {
      name:
        "every write sets mayHaveBeenApplied if a success has an unusable body",
      run: () => checkUnusableWrites(context),
    },
    {
      name:
        "every method rejects with the status if an error has an unusable body",
      run: () => checkErrorBodies(context),
    },
  ];
}

/** Checks that lists are complete although every request fails twice. */
export async function checkFailingLists<D extends TestedDriver>(
  context: CallContext<D>,
): Promise<void> {
  await context.eachList(async (method) => {
    const failures = new Map<string, number>();
    const { driver, observer } = context.open((request, fetch) => {
      const count = (failures.get(request.url) ?? 0) + 1;
      failures.set(request.url, count);
      return count > 2 ? fetch(request) : respond("", count === 1 ? 500 : 503);
    });
    assertEquals(
      await context.list(driver, method),
      await context.list(observer, method),
    );
    for (const count of failures.values()) assertEquals(count, 3);
  });
}

async function checkUnusableBodies<D extends TestedDriver>(
  context: CallContext<D>,
): Promise<void> {
  const { hasArrayBodies } = context.options;
  const bodies = UNUSABLE_BODIES
    .filter(({ body }) => !hasArrayBodies || body !== "[]");
  await each(context.calls, async (call) => {
    for (const { description, body, isUnparsable } of bodies) {
      const { driver } = context.open(() => respond(body));
      const outcome = await outcomeOf(() =>
        call.run(driver, { timeoutMs: 200 })
      );
      const error = assertUnusable(outcome, description, isUnparsable);
      assert(!RateLimitReachedError.is(error));
    }
  });
}

async function checkUnusableWrites<D extends TestedDriver>(
  context: CallContext<D>,
): Promise<void> {
  await each(context.calls, async (call) => {
    for (const { description, body, isUnparsable } of UNUSABLE_BODIES) {
      const { driver, sent } = context.open((request, fetch) =>
        context.isWrite(request) ? respond(body) : fetch(request)
      );
      const outcome = await outcomeOf(() =>
        call.run(driver, { timeoutMs: 100 })
      );
      if (!sent.some((it) => context.isWrite(it))) return;
      const error = assertUnusable(outcome, description, isUnparsable);
      assert(error?.mayHaveBeenApplied ?? true, description);
    }
  });
}

async function checkErrorBodies<D extends TestedDriver>(
  context: CallContext<D>,
): Promise<void> {
  await each(context.calls, async (call) => {
    for (const status of [400, 404, 409, 422, 429, 500, 502, 503, 504, 418]) {
      // Waits continue after a failure that may pass.
      const isPassing = status === 429 || status >= 500;
      if (isPassing && /^wait/.test(call.method)) continue;
      // All bodies with all statuses are slow, and prove nothing more.
      const bodies = status === 400 || status === 500
        ? UNUSABLE_BODIES
        : UNUSABLE_BODIES.slice(0, 3);
      for (const { description, body } of bodies) {
        const { driver, sent } = context.open(() => respond(body, status), {
          retry: false,
        });
        const error = assertCloudError(
          await rejection(() => call.run(driver)),
          `${description} with status ${status}`,
        );
        assertEquals(
          (error as { status?: unknown }).status,
          status,
          `${description}: ${error.message}`,
        );
        assertEquals(
          error.mayHaveBeenApplied,
          status >= 500 && sent.some((it) => context.isWrite(it)) ||
            // A runtime may have sent the DELETE twice.
            status === 404 && sent.at(-1)?.method === "DELETE",
          `mayHaveBeenApplied after ${status}`,
        );
      }
    }
  });
}

/**
 * Checks that a call rejects because of an unusable body. A method without a
 * result may resolve, because it can rely on the status.
 */
function assertUnusable(
  outcome: Outcome,
  description: string,
  isUnparsable = false,
): CloudError | undefined {
  if ("error" in outcome) return assertCloudError(outcome.error, description);
  const message = `expected a rejection for ${description}`;
  assert(!isUnparsable, message);
  assertEquals(outcome.value, undefined, message);
}

function assertCloudError(error: unknown, description: string): CloudError {
  // The stack in the message is slow to create.
  if (!CloudError.is(error)) {
    assert(
      false,
      `expected a CloudError for ${description}, got ${show(error)}`,
    );
  }
  assert(/^(?:\w+|[A-Z]+ \/\S*): \S/.test(error.message), error.message);
  return error;
}
