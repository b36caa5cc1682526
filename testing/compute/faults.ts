/**
 * Checks of failing requests and unusable responses.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import {
  CloudError,
  type Fetch,
  RateLimitReachedError,
} from "../../core/mod.ts";
import type { Node } from "../../core/compute/mod.ts";
import { type Check, each, type Outcome, outcomeOf, show } from "../checks.ts";
import { type Context, rejection } from "./context.ts";
import type { Fault } from "../faults.ts";
import { networkError, respond, UNUSABLE_BODIES } from "./responses.ts";

/** Creates the checks of failing requests. */
export function faultChecks(context: Context): Check[] {
  return [
    {
      name: "listings are complete if every request fails twice",
      run: () => checkFailingLists(context),
    },
    ...createFaults(context).map(({ label, run }) => ({
      name: `createNode() ${label}`,
      run,
    })),
  ];
}

/** Creates the checks of unusable responses. */
export function responseChecks(context: Context): Check[] {
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

async function checkFailingLists(context: Context): Promise<void> {
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

function createFaults(
  context: Context,
): { label: string; run(): Promise<void> }[] {
  const { isCreate = ({ method }) => method === "POST" } = context.options;
  /** Creates a node with a fault for the first request that creates it. */
  const create = async (
    fault: Fault,
    examine: (outcome: {
      readonly node?: Node;
      readonly error?: unknown;
      readonly created: readonly string[];
    }) => void,
    count: number,
  ) => {
    let creates = 0;
    const { driver, nodeIds } = context.open((request, fetch) =>
      isCreate(request) && ++creates === 1
        ? fault(request, fetch)
        : fetch(request)
    );
    const before = nodeIds();
    const outcome = await outcomeOf(() => context.create(driver));
    assert(creates > 0, "isCreate must be true for a request of createNode()");
    const created = nodeIds().filter((id) => !before.includes(id));
    assertEquals(created.length, count, "number of created nodes");
    examine(
      "error" in outcome
        ? { error: outcome.error, created }
        : { node: outcome.value as Node, created },
    );
  };
  /** A provider with idempotency may succeed; others must set mayHaveBeenApplied. */
  const succeedsOrWarns = (
    { node, error, created }: {
      readonly node?: Node;
      readonly error?: unknown;
      readonly created: readonly string[];
    },
  ) => {
    if (node) return assertEquals([node.id], created);
    assert(CloudError.is(error), show(error));
    assertEquals(error.mayHaveBeenApplied, true);
    assertEquals(error.operation, "createNode");
  };
  const apply = async (request: Request, fetch: Fetch) => {
    await (await fetch(request)).body?.cancel();
  };
  return [
    {
      label: "creates one node if the connection is lost after the create",
      run: () =>
        create(
          async (request, fetch) => {
            await apply(request, fetch);
            throw networkError("ECONNRESET");
          },
          succeedsOrWarns,
          1,
        ),
    },
    {
      label: "creates one node if a gateway fails after the create",
      run: () =>
        create(
          async (request, fetch) => {
            await apply(request, fetch);
            return await respond("<h1>502</h1>", 502);
          },
          succeedsOrWarns,
          1,
        ),
    },
    {
      label: "creates one node if the response is truncated",
      run: () =>
        create(
          async (request, fetch) => {
            await apply(request, fetch);
            return await respond('{"succ');
          },
          succeedsOrWarns,
          1,
        ),
    },
    {
      label: "is retried if the connection was refused",
      run: () =>
        create(
          () => Promise.reject(networkError("ECONNREFUSED")),
          ({ node, error, created }) => {
            assert(node, show(error));
            assertEquals([node.id], created);
          },
          1,
        ),
    },
    {
      label: "is retried after status 429",
      run: () =>
        create(
          () => respond("", 429, { "retry-after": "0" }),
          ({ node, error, created }) => {
            assert(node, show(error));
            assertEquals([node.id], created);
          },
          1,
        ),
    },
    {
      label: "rejects with mayHaveBeenApplied false if the provider refuses",
      run: () =>
        create(
          () => respond("", 403),
          ({ error }) => {
            assert(CloudError.is(error), show(error));
            assertEquals(error.mayHaveBeenApplied, false);
          },
          0,
        ),
    },
  ];
}

async function checkUnusableBodies(context: Context): Promise<void> {
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

async function checkUnusableWrites(context: Context): Promise<void> {
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

async function checkErrorBodies(context: Context): Promise<void> {
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
