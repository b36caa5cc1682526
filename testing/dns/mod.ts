/**
 * Conformance suite of DNS drivers: checks that every driver passes with its
 * simulator, for any test runner.
 *
 * ```ts
 * import { dnsConformance, type DnsSubject } from "@nephos/nephos/testing";
 *
 * function test(subject: DnsSubject): void {
 *   for (const { name, run } of dnsConformance(subject)) {
 *     Deno.test(`AcmeDnsDriver ${name}`, run);
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
import { errorCheck } from "../errors.ts";
import { checkFailingLists, responseChecks } from "../failures.ts";
import { limitChecks } from "../limits.ts";
import { pagingChecks } from "../listings.ts";
import { optionChecks } from "../options.ts";
import { resultChecks } from "../results.ts";
import { secretChecks } from "../secrets.ts";
import type { Call } from "../table.ts";
import { writeChecks } from "../writes.ts";
import { changeChecks } from "./changes.ts";
import { DnsContext } from "./context.ts";
import { recordSetChecks } from "./record_sets.ts";
import type { DnsSubject } from "./subject.ts";
import { writerChecks } from "./writers.ts";
import { zoneChecks } from "./zones.ts";

export type { DnsFacts, DnsSubject } from "./subject.ts";

/**
 * Creates the checks of a DNS driver.
 *
 * @param subject The driver.
 * @returns The checks. Each creates its own simulators and drivers.
 * @throws {TypeError} If `expected` is missing.
 */
export function dnsConformance(subject: DnsSubject): Check[] {
  const { expected } = subject;
  if (expected === undefined) {
    throw new TypeError("dnsConformance: expected is missing");
  }
  const context = new DnsContext(subject);
  const { calls } = context;
  return [
    ...under(
      "zones",
      "The methods of zones do what their names say.",
      zoneChecks(context),
    ),
    ...under(
      "record-sets",
      "What a caller sets is what the provider keeps, or it is refused before any request.",
      recordSetChecks(context),
    ),
    ...under(
      "changes",
      "A change has the effect that its documentation tells, completely or not at all.",
      changeChecks(context),
    ),
    ...under(
      "writers",
      "No writer loses what another one adds at the same time.",
      writerChecks(context),
    ),
    errorCheck(context, expected.errors, async (driver) => {
      await driver.deleteZone(expected.zone.id);
    }),
    ...optionChecks(subject, calls, {}),
    ...writeChecks(subject, calls),
    ...descriptionChecks(subject, calls, subject.description),
    ...resultChecks(subject, context.allCalls),
    ...under(
      "lists",
      "Lists are complete and lazy, and another process can continue them.",
      [...pagingChecks(context, expected.total), {
        name: "listings are complete if every request fails twice",
        run: () => checkFailingLists(context),
      }],
    ),
    ...under(
      "time-limits",
      "A call ends at its time limit or abort, and sends nothing afterwards.",
      limitChecks(context),
    ),
    ...secretChecks(context),
    ...under(
      "errors",
      "A response that cannot be used is a typed error.",
      responseChecks(new StatusContext(subject)),
    ),
    ...under(
      "invalid-input",
      "A mistake of the caller is a TypeError or RangeError before any request.",
      badInputChecks(subject, (call) => context.sendsRequests(call)),
    ),
  ].map(explained);
}

/**
 * A change that is done says no more than its status. So these checks take it for
 * no result.
 */
class StatusContext extends DnsContext {
  override readonly calls: readonly Call[] = withoutDone(this.allCalls)
    .filter((call) => this.sendsRequests(call));
}

function withoutDone(calls: readonly Call[]): readonly Call[] {
  return calls.map((call) => ({
    ...call,
    run: async (...args) => {
      const value = await call.run(...args);
      const isDone = JSON.stringify(value) === '{"state":"done"}';
      return isDone ? undefined : value;
    },
  }));
}

/** Adds a rule and its section to the checks that have none. */
function under(see: string, rule: string, checks: readonly Check[]): Check[] {
  return checks.map((check) => ({ rule, see, ...check }));
}
