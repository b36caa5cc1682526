/**
 * Conformance suite: checks that every driver passes with its simulator, for any
 * test runner.
 *
 * ```ts
 * import { computeConformance, type ComputeSubject } from "@nephos/nephos/testing";
 *
 * function test(subject: ComputeSubject): void {
 *   for (const { name, run } of computeConformance(subject)) {
 *     Deno.test(`AcmeNodeDriver ${name}`, run);
 *   }
 * }
 * ```
 *
 * The suite runs in any runtime: it uses no files, no network and no `Deno`.
 *
 * @module
 */

import { badInputChecks } from "../bad_input.ts";
import { type Check, explained } from "../checks.ts";
import { descriptionChecks } from "../description.ts";
import { optionChecks } from "../options.ts";
import { resultChecks } from "../results.ts";
import { writeChecks } from "../writes.ts";
import { commonOptions } from "./common_options.ts";
import { factChecks } from "./facts.ts";
import { imageChecks } from "./images.ts";
import { nodeOptionChecks } from "./node_options.ts";
import { volumeChecks } from "./volumes.ts";
import { withInherited } from "./inherited.ts";
import { capabilityChecks } from "./capabilities.ts";
import { Context } from "./context.ts";
import type { ComputeSubject } from "./subject.ts";
import { responseChecks } from "../failures.ts";
import { limitChecks } from "../limits.ts";
import { secretChecks } from "../secrets.ts";
import { faultChecks } from "./faults.ts";
import { lifecycleChecks } from "./lifecycle.ts";
import { listingChecks } from "./listings.ts";

export type { ErrorFacts } from "../errors.ts";
export type {
  ComputeFacts,
  ComputeSubject,
  RecordFacts,
  SizeFacts,
  StateFacts,
} from "./subject.ts";

/**
 * Creates the checks of a driver.
 *
 * @param subject The driver.
 * @returns The checks. Each creates its own simulators and drivers.
 * @throws {TypeError} If `expected` is missing.
 */
export function computeConformance(subject: ComputeSubject): Check[] {
  if (subject.expected === undefined) {
    throw new TypeError("computeConformance: expected is missing");
  }
  const options = { ...subject, methods: withInherited(subject.methods) };
  const context = new Context(options);
  // These checks are about arguments and single requests. Delays would change
  // the number of polls from call to call, and prove nothing more.
  const prompt = { ...options, createSimulator: options.createPromptSimulator };
  const promptContext = new Context(prompt);
  return [
    ...under(
      "capabilities",
      "A driver has all methods of a capability, or none of them.",
      capabilityChecks(context),
    ),
    ...factChecks(promptContext),
    ...optionChecks(prompt, promptContext.calls, commonOptions(subject)),
    ...writeChecks(prompt, promptContext.calls),
    ...descriptionChecks(prompt, promptContext.calls, subject.description),
    ...resultChecks(prompt, promptContext.allCalls),
    ...nodeOptionChecks(context),
    ...imageChecks(context),
    ...volumeChecks(context),
    ...under(
      "lists",
      "Lists are complete and lazy, and another process can continue them.",
      listingChecks(context),
    ),
    ...under(
      "the-life-of-a-node",
      "The methods of nodes and key pairs do what their names say, although the provider is late or busy.",
      lifecycleChecks(context),
    ),
    ...under(
      "retries",
      "One createNode() makes at most one node, and its error tells what may exist.",
      faultChecks(context),
    ),
    ...under(
      "time-limits",
      "A call ends at its time limit or abort, and sends nothing afterwards.",
      limitChecks(promptContext),
    ),
    ...secretChecks(promptContext),
    ...under(
      "errors",
      "A response that cannot be used is a typed error.",
      responseChecks(promptContext),
    ),
    ...under(
      "invalid-input",
      "A mistake of the caller is a TypeError or RangeError before any request.",
      badInputChecks(prompt, (call) => promptContext.sendsRequests(call)),
    ),
  ].map(explained);
}

/** Adds a rule and its section to the checks that have none. */
function under(see: string, rule: string, checks: readonly Check[]): Check[] {
  return checks.map((check) => ({ rule, see, ...check }));
}
