/**
 * Errors about nodes.
 *
 * @module
 */

import { CloudError, type CloudErrorOptions } from "../errors.ts";
import type { Node } from "./records.ts";
import type { StepResult, StepSummary } from "./steps.ts";

/** What every {@linkcode NodeFailedError} tells. */
export interface NodeFailedErrorOptions extends CloudErrorOptions {
  /** The node as last seen. */
  readonly node: Node;
}

/** A node will not come up: its state is `"error"` or `"terminated"`. */
export class NodeFailedError extends CloudError<NodeFailedErrorOptions> {
  /** Name of the class, which minifying leaves alone. */
  static override readonly kind: string = "NodeFailedError";
  /** The node as last seen. */
  declare readonly node: Node;
}

/** What every {@linkcode DeploymentError} tells. */
export interface DeploymentErrorOptions extends CloudErrorOptions {
  /** The node as last seen. */
  readonly node: Node;
  /** Whether the node was destroyed; otherwise it is there, and costs money. */
  readonly isDestroyed: boolean;
  /** The step that failed; absent where none had begun. */
  readonly step?: StepSummary | undefined;
  /** How the steps went, the failed one last if it has ended. */
  readonly steps: readonly StepResult[];
}

/** A node was created, and could not be made ready. */
export class DeploymentError extends CloudError<DeploymentErrorOptions> {
  /** Name of the class, which minifying leaves alone. */
  static override readonly kind: string = "DeploymentError";
  /** The node as last seen. */
  declare readonly node: Node;
  /** Whether the node was destroyed; otherwise it is there, and costs money. */
  declare readonly isDestroyed: boolean;
  /** The step that failed; absent where none had begun. */
  declare readonly step: StepSummary | undefined;
  /** How the steps went, the failed one last if it has ended. */
  declare readonly steps: readonly StepResult[];

  /** How the failed step went, if it ended. */
  get result(): StepResult | undefined {
    const { step, steps } = this;
    const last = steps.at(-1);
    return step && last?.exitStatus !== 0 ? last : undefined;
  }
}

/**
 * Finds the node in an error: the one that failed or could not be made ready,
 * or that `createNode()` has made before something else went wrong. It costs
 * money, unless the error says that it was destroyed.
 *
 * ```ts
 * import { type CreateNodeOptions, type NodeDriver, nodeOf } from "@nephos/nephos";
 *
 * async function create(driver: NodeDriver, options: CreateNodeOptions) {
 *   try {
 *     return await driver.createNode(options);
 *   } catch (error) {
 *     const node = nodeOf(error);
 *     if (node) await driver.destroyNode(node);
 *     throw error;
 *   }
 * }
 * ```
 *
 * @param error Anything that was thrown.
 * @returns The node, or `undefined` if the error knows of none.
 */
export function nodeOf(error: unknown): Node | undefined {
  return CloudError.is(error)
    ? (error as { readonly node?: Node }).node
    : undefined;
}
