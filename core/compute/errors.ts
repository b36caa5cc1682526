/**
 * Errors about nodes.
 *
 * @module
 */

import {
  type ApiErrorOptions,
  CloudError,
  type CloudErrorOptions,
  NotFoundError,
} from "../errors.ts";
import type { Node, NodeImage, Volume } from "./records.ts";
import type { StepResult, StepSummary } from "./steps.ts";

/** Options of every {@linkcode NodeFailedError}. */
export interface NodeFailedErrorOptions extends CloudErrorOptions {
  /** The node, as it was at the last check. */
  readonly node: Node;
}

/** The node failed to start: its state is `"error"` or `"terminated"`. */
export class NodeFailedError extends CloudError<NodeFailedErrorOptions> {
  /** Name of the class; it survives minification. */
  static override readonly kind: string = "NodeFailedError";
  /** The node, as it was at the last check. */
  declare readonly node: Node;
}

/** What an official image contains. */
export interface OfficialImage {
  /** Name of the distribution, such as `"debian"`. */
  readonly distribution: string;
  /** Version, such as `"12"`; absent if the distribution has no versions. */
  readonly version: string | undefined;
  /** Architecture of the processors, such as `"x86_64"`. */
  readonly architecture: string;
}

/** Options of every {@linkcode ImageNotFoundError}. */
export interface ImageNotFoundErrorOptions extends ApiErrorOptions {
  /** The nearest images that are there, the nearest first. */
  readonly nearest: readonly OfficialImage[];
}

/** The provider has no official image of a distribution. */
export class ImageNotFoundError extends NotFoundError {
  /** Name of the class; it survives minification. */
  static override readonly kind: string = "ImageNotFoundError";
  /**
   * The nearest images that are there, the nearest first: other versions or
   * architectures of the distribution. If the provider does not have the
   * distribution, the newest version of each other one.
   */
  declare readonly nearest: readonly OfficialImage[];

  /** Creates an error; see {@linkcode CloudError}. */
  constructor(message: string, options: ImageNotFoundErrorOptions) {
    super(message, options);
  }
}

/** Options of every {@linkcode DeploymentError}. */
export interface DeploymentErrorOptions extends CloudErrorOptions {
  /** The node, as it was at the last check. */
  readonly node: Node;
  /** Whether the node was destroyed. If not, it exists and is billed. */
  readonly isDestroyed: boolean;
  /** The step that failed; absent if no step was running. */
  readonly step?: StepSummary | undefined;
  /**
   * Results of the steps. If the failed step ended, its result is the last one.
   */
  readonly steps: readonly StepResult[];
}

/** The node was created but could not be set up. */
export class DeploymentError extends CloudError<DeploymentErrorOptions> {
  /** Name of the class; it survives minification. */
  static override readonly kind: string = "DeploymentError";
  /** The node, as it was at the last check. */
  declare readonly node: Node;
  /** Whether the node was destroyed. If not, it exists and is billed. */
  declare readonly isDestroyed: boolean;
  /** The step that failed; absent if no step was running. */
  declare readonly step: StepSummary | undefined;
  /**
   * Results of the steps. If the failed step ended, its result is the last one.
   */
  declare readonly steps: readonly StepResult[];

  /** Result of the failed step, if it ended. */
  get result(): StepResult | undefined {
    const { step, steps } = this;
    const last = steps.at(-1);
    return step && last?.exitStatus !== 0 ? last : undefined;
  }
}

/**
 * Returns the node that was created before an error occurred. The provider
 * bills the node, unless `isDestroyed` of the error is `true`.
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
 * @param error Any thrown value.
 * @returns The node, or `undefined` if the error contains no node.
 */
export function nodeOf(error: unknown): Node | undefined {
  return createdIn<{ readonly node?: Node }>(error)?.node;
}

/**
 * Returns the volume that was created before an error occurred. The provider
 * bills the volume.
 *
 * @param error Any thrown value.
 * @returns The volume, or `undefined` if the error contains no volume.
 */
export function volumeOf(error: unknown): Volume | undefined {
  return createdIn<{ readonly volume?: Volume }>(error)?.volume;
}

/**
 * Returns the image that was created before an error occurred. The provider
 * bills the image.
 *
 * @param error Any thrown value.
 * @returns The image, or `undefined` if the error contains no image.
 */
export function imageOf(error: unknown): NodeImage | undefined {
  return createdIn<{ readonly image?: NodeImage }>(error)?.image;
}

/** What a call created before it failed is kept in properties of the error. */
function createdIn<T>(error: unknown): T | undefined {
  return CloudError.is(error) ? error as T : undefined;
}
