/**
 * Methods that every compute driver inherits.
 *
 * @module
 */

import {
  type CreateNodeOptions,
  type DeploymentPlan,
  DeploymentTransport,
  type NodeDriver,
} from "../../core/compute/mod.ts";
import { type MethodSpec, type MethodTable, Probe, time } from "../table.ts";

/** A transport that does nothing, or fails. */
export class IdleTransport extends DeploymentTransport {
  readonly #failure: Error | undefined;

  /** Creates a transport that does nothing, or fails with the given error. */
  constructor(failure?: Error) {
    super();
    this.#failure = failure;
  }

  protected override plan(
    _driver: NodeDriver,
    _steps: unknown,
    create: CreateNodeOptions,
  ): DeploymentPlan {
    return {
      create,
      run: async () => {
        await undefined;
        if (this.#failure) throw this.#failure;
      },
    };
  }
}

/**
 * Adds the methods that every driver inherits: `deployNode()`, with the options
 * of `createNode()`, and `waitForState()`, with those of `waitUntilRunning()`.
 * Waits do not continue if the node is unknown, so that checks see each error.
 *
 * @param table Valid arguments of the methods of the driver.
 * @returns The table with the inherited methods.
 */
export function withInherited(table: MethodTable): MethodTable {
  const { createNode = [], waitUntilRunning = [] } = table;
  // Probes are compared by identity, so they must not be shared.
  const copy = (input: unknown): unknown =>
    input instanceof Probe
      ? new Probe(input.kind, input.value, input.isOptional)
      : Array.isArray(input)
      ? input.map(copy)
      : input;
  const copyAll = (options: MethodSpec["options"] = {}) =>
    Object.fromEntries(
      Object.entries(options).map(([name, input]) => [name, copy(input)]),
    );
  const deployNode = [createNode].flat().map((
    { options, sends, isIdempotent = false, operation = "createNode" }:
      MethodSpec,
  ) => ({
    isIdempotent,
    ...(sends === undefined ? {} : { sends }),
    options: {
      ...copyAll(options),
      intervalMs: time(2),
      deploy: [],
      via: new IdleTransport(),
    },
    operation,
  }));
  const toWaits = (settings: MethodSpec["options"]) =>
    [waitUntilRunning].flat().map((
      { on, options, operation, responds = [] }: MethodSpec,
    ) => ({
      on: copy(on) as Probe,
      responds,
      ...(operation === undefined ? {} : { operation }),
      options: { ...copyAll(options), notFoundGraceMs: 0, ...settings },
    }));
  return {
    ...table,
    waitUntilRunning: toWaits({}),
    waitForState: toWaits({ state: "running" }),
    deployNode,
  };
}
