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
import type { Check } from "../checks.ts";
import { withInherited } from "./inherited.ts";
import { capabilityChecks } from "./capabilities.ts";
import { Context } from "./context.ts";
import type { ComputeSubject } from "./subject.ts";
import { faultChecks, responseChecks } from "./faults.ts";
import { lifecycleChecks } from "./lifecycle.ts";
import { limitChecks } from "./limits.ts";
import { listingChecks } from "./listings.ts";
import { secretChecks } from "./secrets.ts";

export type { ComputeSubject } from "./subject.ts";

/**
 * Creates the checks of a driver.
 *
 * @param subject The driver.
 * @returns The checks. Each creates its own simulators and drivers.
 */
export function computeConformance(subject: ComputeSubject): Check[] {
  const options = { ...subject, methods: withInherited(subject.methods) };
  const context = new Context(options);
  // These checks are about arguments and single requests. Delays would change
  // the number of polls from call to call, and prove nothing more.
  const prompt = { ...options, createSimulator: options.createPromptSimulator };
  const promptContext = new Context(prompt);
  return [
    ...capabilityChecks(context),
    ...listingChecks(context),
    ...lifecycleChecks(context),
    ...faultChecks(context),
    ...limitChecks(promptContext),
    ...secretChecks(promptContext),
    ...responseChecks(promptContext),
    ...badInputChecks(prompt),
  ];
}
