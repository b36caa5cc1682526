/**
 * Check of every request and response against a published description of the
 * API.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { type Check, outcomeOf } from "./checks.ts";
import type { Described, Description } from "./openapi.ts";
import { createDriver, type Subject } from "./subject.ts";
import type { Call, TestedDriver } from "./table.ts";

/** An OpenAPI description in JSON, and what to ignore in it. */
export interface DescriptionOptions {
  /** Address of the file, `https:` or `file:`. */
  readonly url: string | URL;
  /**
   * Deviations that are errors of the description, each with a comment that says
   * why.
   *
   * @default {none}
   */
  readonly except?: readonly RegExp[];
  /**
   * Prefix of the paths of the description at the server.
   *
   * @default {""}
   */
  readonly prefix?: string;
}

/**
 * Creates the check of the description. It needs the npm packages `ajv` and
 * `ajv-formats`, and permission to read the file.
 *
 * @typeParam D The driver.
 * @param subject The driver.
 * @param calls Its calls.
 * @param options The description, if there is one.
 * @returns The check, or none without a description.
 */
export function descriptionChecks<D extends TestedDriver>(
  subject: Subject<D>,
  calls: readonly Call[],
  options: DescriptionOptions | undefined,
): Check[] {
  if (options === undefined) return [];
  return [{
    name: "matches the description in every request and response",
    rule:
      "Requests and responses of all methods have the paths, parameters and schemas of the description.",
    see: "the-description",
    run: () => checkDescription(subject, calls, options),
  }];
}

async function checkDescription<D extends TestedDriver>(
  subject: Subject<D>,
  calls: readonly Call[],
  options: DescriptionOptions,
): Promise<void> {
  // It loads a large library, which only this check needs.
  const { describedBy } = await import("./openapi.ts");
  const description = await readDescription(options.url);
  let simulator = subject.createSimulator();
  const described: Described = describedBy(
    description,
    (request) => simulator.fetch(request),
    options,
  );
  const { fetch } = described;
  for (const call of calls) {
    simulator = subject.createSimulator();
    const before = described.count;
    await outcomeOf(() => call.run(createDriver(subject, { fetch })));
    assert(
      described.count > before || described.faults.length > 0,
      `${call.label} sent no request that the description has`,
    );
  }
  const faults = [...new Set(described.faults)];
  assertEquals(faults, [], `deviations from ${options.url}`);
  const { count, operations } = described;
  console.log(
    `${count} requests and responses, of ${operations.size} operations, match ${options.url}`,
  );
}

async function readDescription(url: string | URL): Promise<Description> {
  const { protocol } = new URL(url);
  if (protocol !== "file:") return await (await fetch(url)).json();
  // Node cannot fetch files; an import of its module would end this package on
  // the edge.
  const { process } = globalThis as unknown as {
    readonly process?: {
      getBuiltinModule?(name: string): {
        readFile(url: URL, encoding: "utf8"): Promise<string>;
      };
    };
  };
  const files = process?.getBuiltinModule?.("node:fs/promises");
  assert(files, `this runtime cannot read ${url}`);
  return JSON.parse(await files.readFile(new URL(url), "utf8"));
}
