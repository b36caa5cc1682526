/**
 * Check of every request and response against a published description of the
 * API.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { type Check, outcomeOf } from "./checks.ts";
import type { Described, DescribedOptions, Description } from "./openapi.ts";
import { createDriver, type Subject } from "./subject.ts";
import type { Call, TestedDriver } from "./table.ts";

/** An OpenAPI description in JSON, and what to ignore in it. */
export interface DescriptionOptions extends DescribedOptions {
  /** Address of the file. */
  readonly url: string | URL;
  /**
   * Reads the file. Node cannot fetch a `file:` address. There, read it with
   * `readFile()`.
   *
   * @default {the address is fetched}
   */
  readonly read?: (url: string | URL) => Promise<string>;
}

/**
 * Creates the check of the description. It needs the npm packages `ajv` and
 * `ajv-formats`.
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
  // It loads large libraries, which only this check needs.
  const { describedBy } = await import("./openapi.ts").catch((cause) => {
    throw new TypeError(
      'computeConformance: description needs the ajv library; run "npm install ajv ajv-formats"',
      { cause },
    );
  });
  const { url, read = readText } = options;
  const description: Description = JSON.parse(await read(url));
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
  assertEquals(faults, [], `deviations from ${url}`);
  const { count, operations } = described;
  console.log(
    `${count} requests and responses, of ${operations.size} operations, match ${url}`,
  );
}

async function readText(url: string | URL): Promise<string> {
  return await (await fetch(url)).text();
}
