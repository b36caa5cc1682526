/**
 * Checks of failing requests and unusable responses.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { CloudError, type Fetch } from "../../core/mod.ts";
import type { Node } from "../../core/compute/mod.ts";
import { type Check, outcomeOf, show } from "../checks.ts";
import { checkFailingLists } from "../failures.ts";
import type { Fault } from "../faults.ts";
import { networkError, respond } from "../responses.ts";
import type { Context } from "./context.ts";

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
