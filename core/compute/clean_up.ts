/**
 * Clean-up: destroys a new node, although the provider may be busy, not
 * reachable, or not know the node yet.
 *
 * @module
 */

import { toReason } from "../calls.ts";
import { Deadline } from "../deadline.ts";
import {
  type ApiError,
  ConflictError,
  isTransient,
  NotFoundError,
} from "../errors.ts";
import type { CallOptions } from "../options.ts";
import type { Nodes } from "./nodes.ts";
import type { Node } from "./records.ts";

/** Time limit of a clean-up: 2 minutes. */
const CLEAN_UP_MS = 120_000;

/** Settings of {@linkcode cleanUp}. */
export interface CleanUpOptions extends Pick<CallOptions, "headers"> {
  /** First delay between two attempts, in milliseconds. */
  readonly intervalMs: number | undefined;
  /** Time in which the provider may still not know the node, in milliseconds. */
  readonly graceMs: number;
}

/**
 * Destroys a new node. Attempts are repeated for 2 minutes while the provider is
 * busy, fails, or does not know the node yet. After the grace period, a node that
 * the provider does not know is gone.
 *
 * @param driver The driver.
 * @param node The node.
 * @param options Options of the requests, and the grace period.
 * @returns `undefined` if the node is destroyed, otherwise the reason why not.
 */
export async function cleanUp(
  driver: Nodes,
  node: Node,
  { headers, intervalMs, graceMs }: CleanUpOptions,
): Promise<string | undefined> {
  const knownAt = performance.now() + graceMs;
  const timeoutMs = Math.max(CLEAN_UP_MS, graceMs + CLEAN_UP_MS / 2);
  let obstacle: unknown = "the time limit was reached";
  const attempt = async (deadline: Deadline): Promise<true | undefined> => {
    const { signal } = deadline;
    try {
      // Each attempt is one request, so that a 404 is seen here: for a young node,
      // it does not mean that an earlier attempt was applied.
      await driver.destroyNode(node, { headers, signal, retry: false });
      return true;
    } catch (error) {
      if (signal.aborted) throw error;
      obstacle = error;
      if (NotFoundError.is(error)) {
        return performance.now() < knownAt ? undefined : true;
      }
      if (!ConflictError.is(error) && !isTransient(error)) throw error;
      await deadline.sleep((error as Partial<ApiError>).retryAfterMs ?? 0);
      return undefined;
    }
  };
  const operation = "destroyNode";
  try {
    await Deadline.run(
      { timeoutMs },
      { operation },
      (deadline) => deadline.poll(() => attempt(deadline), intervalMs),
    );
    return undefined;
  } catch {
    return toReason(obstacle);
  }
}
