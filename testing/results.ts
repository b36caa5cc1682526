/**
 * Checks of what methods return.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { CloudError } from "../core/mod.ts";
import { type Check, each, type Outcome, outcomeOf, show } from "./checks.ts";
import { isRecord, isWrite, record } from "./requests.ts";
import { createDriver, fetchLate, type Subject } from "./subject.ts";
import type { Call, TestedDriver } from "./table.ts";

/**
 * Creates the checks of results.
 *
 * @typeParam D The driver.
 * @param subject The driver.
 * @param calls Its calls.
 * @returns The checks.
 */
export function resultChecks<D extends TestedDriver>(
  subject: Subject<D>,
  calls: readonly Call[],
): Check[] {
  return [
    {
      name: "returns what its table of methods prescribes",
      rule:
        "A method with valid arguments succeeds; its result has what the entry returns says.",
      see: "returns",
      run: () => each(calls, (call) => checkResult(subject, call)),
    },
    ...(calls.some(({ spec }) => spec.refuses)
      ? [{
        name: "refuses what its table of methods calls a mistake",
        rule:
          "A method refuses the options in the entry refuses before any request.",
        see: "invalid-input",
        run: () => each(calls, (call) => checkMistakes(subject, call)),
      }]
      : []),
  ];
}

async function checkResult<D extends TestedDriver>(
  subject: Subject<D>,
  call: Call,
): Promise<void> {
  const { returns, responds = [] } = call.spec;
  for (const { body, returns, throws } of responds) {
    const fetch = ({ url }: Request) => {
      const text = typeof body === "string"
        ? body
        : body[new URL(url).pathname];
      return Promise.resolve(new Response(text ?? ""));
    };
    const outcome = await outcomeOf(() =>
      call.run(createDriver(subject, { fetch }))
    );
    if (throws === undefined) assertReturned(outcome, returns);
    else assertEquals(nameOf(outcome), throws, `the error for ${show(body)}`);
  }
  const { requests, fetch } = record(fetchLate(subject.createSimulator));
  const driver = createDriver(subject, { fetch });
  const outcome = await outcomeOf(() => call.run(driver));
  if (returns === undefined) {
    // The provider may refuse a write that needs another state.
    const isChange = subject.isWrite ?? isWrite;
    const mayFail = requests.some((request) => isChange(request.clone()));
    assert(
      "value" in outcome || mayFail && CloudError.is(outcome.error),
      `the arguments are valid, but the call failed: ${show(outcome)}`,
    );
    return;
  }
  assertReturned(outcome, returns);
}

function nameOf(outcome: Outcome): string {
  return "error" in outcome && outcome.error instanceof Error
    ? outcome.error.name
    : show(outcome);
}

function assertReturned(outcome: Outcome, returns: unknown): void {
  assert("value" in outcome, `the call failed: ${show(outcome)}`);
  assertEquals(
    partOf(outcome.value, returns),
    returns,
    "the result differs from returns in the table of methods",
  );
}

async function checkMistakes<D extends TestedDriver>(
  subject: Subject<D>,
  call: Call,
): Promise<void> {
  for (const mistake of call.spec.refuses ?? []) {
    const { requests, fetch } = record(fetchLate(subject.createSimulator));
    const driver = createDriver(subject, { fetch });
    const outcome = await outcomeOf(() => call.run(driver, mistake));
    const error = "error" in outcome ? outcome.error : undefined;
    assert(
      error instanceof TypeError || error instanceof RangeError,
      `expected a TypeError or RangeError for ${show(mistake)}, got ${
        show(outcome)
      }`,
    );
    assertEquals(requests.length, 0, `requests in spite of ${show(mistake)}`);
  }
}

/** The part of a result that the table prescribes. */
function partOf(actual: unknown, wanted: unknown): unknown {
  if (Array.isArray(wanted)) {
    return Array.isArray(actual)
      ? actual.map((it, index) => partOf(it, wanted[index]))
      : actual;
  }
  if (Array.isArray(actual) && isRecord(wanted)) {
    const found = actual.find(({ id }) => id === wanted.id);
    return partOf(found, wanted);
  }
  if (!isRecord(actual)) return actual;
  if (!isRecord(wanted)) return wanted === undefined ? actual : actual.id;
  return Object.fromEntries(
    Object.entries(wanted).map(([key, part]) => [
      key,
      partOf(actual[key], part),
    ]),
  );
}
