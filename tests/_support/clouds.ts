/**
 * What property tests need to know of a provider. `tests/conformance/<id>.ts`
 * exports it as `cloud`.
 *
 * @module
 */

import type { Fetch } from "../../core/mod.ts";
import type {
  CreateNodeOptions,
  CreateVolumeOptions,
} from "../../core/compute/mod.ts";
import type { SimulatedOperation } from "../../simulators/kit/mod.ts";
import type { Random } from "../properties/_random.ts";

/** A resource of an account. */
export interface Item {
  readonly id: string;
  readonly isDestroyed: boolean;
}

/** An account of a simulator. */
export interface SimulatedAccount {
  readonly fetch: Fetch;
  readonly credentials: object;
  inventory(): {
    readonly nodes: readonly Item[];
    readonly volumes: readonly Item[];
    readonly images: readonly Item[];
  };
}

/** A provider, and a simulator with its delays and failures. */
export interface Cloud {
  /** Options of `createNode()`, without the name. */
  readonly node: Omit<CreateNodeOptions, "name">;
  /** Options of `createVolume()`, without the name, if the driver has volumes. */
  readonly volume?: Omit<CreateVolumeOptions, "name">;
  /**
   * Kinds whose create response does not contain the id of the resource.
   *
   * @default {none}
   */
  readonly idless?: readonly ("node" | "image")[];
  /**
   * How the pages of the list of nodes follow each other. Linked pages stay
   * valid if the list changes. Pages by offset overlap by one node.
   *
   * @default {"numbered"}
   */
  readonly paging?: "numbered" | "linked" | "overlapping" | "single";
  /**
   * Whether keys and values of tags consist of letters, digits, "-", "_" and "."
   * only.
   *
   * @default {false}
   */
  readonly hasPlainTags?: boolean;
  /** Creates an account with one node, and random delays and failures. */
  simulate(random: Random): SimulatedAccount;
}

/**
 * Draws delays and failures that all simulators have.
 *
 * @param random Draws them.
 * @returns Options of a simulator, in milliseconds.
 */
export function randomFaults(random: Random) {
  const upTo = (ms: number) => random.chance(0.5) ? 0 : random.int(0, ms);
  const failing = random.chance(0.2) ? 0.3 : 0;
  return {
    listLagMs: upTo(8_000),
    busyMs: upTo(15_000),
    // A delete that was accepted counts as done.
    fails: ({ name }: SimulatedOperation) =>
      !/delet|destroy|terminat/i.test(name) && random.chance(failing),
  };
}
