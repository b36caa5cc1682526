/**
 * A compute driver under test, and the facts that the checks compare it with.
 *
 * @module
 */

import type { CreateNodeOptions, NodeDriver } from "../../core/compute/mod.ts";
import type { Simulator, Subject } from "../subject.ts";

/** A driver, its simulator, and arguments for the checks. */
export interface ComputeSubject extends Subject<NodeDriver> {
  /**
   * Creates a simulator with at least two running nodes, whose operations take
   * milliseconds. It has all delays of the provider: new nodes are unknown,
   * lists are old, nodes are busy, and addresses are late.
   */
  createSimulator(): Simulator;
  /** Creates the same simulator without these delays. */
  createPromptSimulator(): Simulator;
  /** Credentials that the simulator rejects. */
  readonly wrongCredentials: Readonly<Record<string, string>>;
  /** Options for `createNode()`, including required ones of the driver. */
  readonly create: CreateNodeOptions;
  /** Well-formed id of a node that does not exist. */
  readonly unknownId: string;
  /**
   * Status of the response for an unknown node.
   *
   * @default {404}
   */
  readonly unknownStatus?: number;
  /**
   * Whether the provider rejects a second node with the same name.
   *
   * @default {false}
   */
  readonly hasUniqueNames?: boolean;
  /**
   * Whether a request creates a node.
   *
   * @default {true for every POST}
   */
  readonly isCreate?: (request: Request) => boolean;
  /** Formats a value as the console of the runtime does. */
  readonly inspect?: (value: unknown) => string;
}
