/**
 * Conformance suite: checks that every driver passes with its simulator, for any
 * test runner.
 *
 * ```ts ignore
 * for (const { name, run } of conformance(options)) {
 *   Deno.test(`AcmeNodeDriver ${name}`, run);
 * }
 * ```
 *
 * The suite runs in any runtime: it uses no files, no network and no `Deno`.
 *
 * @module
 */

import { badInputChecks, type Check, withInherited } from "./bad_input.ts";
import { capabilityChecks } from "./conformance/capabilities.ts";
import { type ConformanceOptions, Context } from "./conformance/context.ts";
import { faultChecks, responseChecks } from "./conformance/faults.ts";
import { lifecycleChecks } from "./conformance/lifecycle.ts";
import { limitChecks } from "./conformance/limits.ts";
import { listingChecks } from "./conformance/listings.ts";
import { secretChecks } from "./conformance/secrets.ts";

export type { ConformanceOptions };

/**
 * Creates the checks of a driver.
 *
 * @param subject The driver.
 * @returns The checks. Each creates its own simulators and drivers.
 */
export function conformance(subject: ConformanceOptions): Check[] {
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
