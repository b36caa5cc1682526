/**
 * Checks that every option of a method is used: a request contains it, or the
 * method refuses it.
 *
 * @module
 */

import { assert } from "@std/assert";
import { type Check, each, outcomeOf, show } from "./checks.ts";
import { contains, readRequest, record, type SentRequest } from "./requests.ts";
import { createDriver, fetchLate, type Subject } from "./subject.ts";
import { type Call, Probe, type TestedDriver } from "./table.ts";

/** Options that decide how requests are sent or repeated, not what they say. */
const HOW: ReadonlySet<string> = new Set([
  ...["signal", "timeoutMs", "headers", "retry", "from", "pageSize"],
  ...["concurrency", "intervalMs", "once", "onProgress", "notFoundGraceMs"],
  ...["needsAddress", "deploy", "via", "onFailure", "settleMs"],
]);

/** Methods that use options only to decide when they resolve. */
const WAITS = /^wait/;

/** An option that a method of a capability has, whether a driver knows it or not. */
export interface CommonOption {
  /** Name of the option. */
  readonly name: string;
  /** Its value. */
  readonly value: unknown;
  /** Strings of the value that a request must contain. */
  readonly parts: readonly string[];
}

/**
 * Creates the checks of the options in the table of methods.
 *
 * @typeParam D The driver.
 * @param subject The driver.
 * @param calls Its calls.
 * @param common Options that the methods of its capabilities have.
 * @returns The checks.
 */
export function optionChecks<D extends TestedDriver>(
  subject: Subject<D>,
  calls: readonly Call[],
  common: Readonly<Record<string, readonly CommonOption[]>>,
): Check[] {
  const firsts = calls.filter(({ method }, index) =>
    calls.findIndex((call) => call.method === method) === index
  );
  return [
    {
      name: "sends every option in its table of methods",
      rule: "Each option of a method changes what is requested or returned.",
      see: "options",
      run: () => each(calls, (call) => checkOptions(subject, call)),
    },
    {
      name: "sends or refuses every option of the interface",
      rule:
        "An option that the provider lacks is a TypeError before any request.",
      see: "options",
      run: () =>
        each(firsts, async (call) => {
          for (const option of common[call.method] ?? []) {
            await checkCommonOption(subject, call, option);
          }
        }),
    },
  ];
}

async function checkOptions<D extends TestedDriver>(
  subject: Subject<D>,
  call: Call,
): Promise<void> {
  if (WAITS.test(call.method)) return;
  const complete = await observe(subject, call);
  const { on } = call.spec;
  for (const probe of [on ?? []].flat()) {
    assert(
      isVisible(complete, probe.value),
      `neither a request nor the result contains ${show(probe.value)}, ` +
        `on which the method acts; ${describe(complete)}`,
    );
  }
  for (const [name, input] of Object.entries(call.spec.options ?? {})) {
    if (HOW.has(name)) continue;
    const isSent = [input].flat().every((it) =>
      it instanceof Probe &&
      complete.sent.some((sent) => contains(sent, it.value))
    );
    if (isSent) continue;
    const without = await observe(subject, call, { [name]: undefined });
    const isRequired = without.error instanceof TypeError;
    const hasEffect = async (others: Observed) =>
      differs(complete, await observe(subject, call), others);
    // The provider may have words of its own for true and false.
    const isUsed = !isRequired
      ? await hasEffect(without)
      : isVisible(complete, input) || typeof input === "boolean" &&
          await hasEffect(await observe(subject, call, { [name]: !input }));
    assert(
      isUsed,
      `the option ${name} is ignored: no request contains it, and ` +
        `nothing changes without it; ${describe(complete)}`,
    );
  }
}

async function checkCommonOption<D extends TestedDriver>(
  subject: Subject<D>,
  call: Call,
  { name, value, parts }: CommonOption,
): Promise<void> {
  const { sent, error } = await observe(subject, call, { [name]: value });
  if (sent.length === 0) {
    assert(
      error instanceof TypeError || error instanceof RangeError,
      `expected a TypeError for the option ${name}, got ${show(error)}`,
    );
    return;
  }
  for (const part of parts) {
    assert(
      sent.some((it) => contains(it, part)),
      `the option ${name} is ignored: no request contains ${show(part)}; ` +
        "send it, or refuse it before any request",
    );
  }
}

/** Requests and outcome of a call. */
interface Observed {
  readonly sent: readonly SentRequest[];
  readonly value?: unknown;
  readonly error?: unknown;
}

async function observe<D extends TestedDriver>(
  subject: Subject<D>,
  call: Call,
  options: Readonly<Record<string, unknown>> = {},
): Promise<Observed> {
  const { requests, fetch } = record(fetchLate(subject.createSimulator));
  const driver = createDriver(subject, { fetch });
  const outcome = await outcomeOf(() => call.run(driver, options));
  return { sent: await Promise.all(requests.map(readRequest)), ...outcome };
}

/** Whether a request or the result contains all values of an option. */
function isVisible({ sent, value }: Observed, input: unknown): boolean {
  const result = { ...EMPTY, values: valuesOf(value) };
  return valuesOf(input).every((it) =>
    [...sent, result].some((request) => contains(request, it))
  );
}

const EMPTY: SentRequest = {
  method: "",
  path: "",
  fields: {},
  values: [],
  text: "",
};

function valuesOf(input: unknown): string[] {
  if (input instanceof Probe) return valuesOf(input.value);
  if (typeof input !== "object" || input === null) {
    return input === undefined ? [] : [String(input)];
  }
  return Object.values(input).flatMap(valuesOf);
}

/**
 * Whether two calls send different requests, or have different results. Fields
 * that also differ between two equal calls, such as random keys, do not count.
 */
function differs(one: Observed, equal: Observed, other: Observed): boolean {
  const noise = new Set(differences(one, equal).map(({ field }) => field));
  const isSame = (it: Observed) => show(one.value) === show(it.value);
  return isSame(equal) && !isSame(other) ||
    differences(one, other).some(({ field }) => !noise.has(field));
}

/** Lists the fields whose values occur in the requests of one call only. */
function differences(one: Observed, other: Observed): { field: string }[] {
  const [left, right] = [one, other].map(({ sent }) =>
    new Map(
      sent.flatMap(({ method, path, fields }) =>
        [["", ""], ...Object.entries(fields)].map(([name, value]) => {
          const field = `${method} ${path} ${name}`;
          return [`${field}=${show(value)}`, { field }] as const;
        })
      ),
    )
  ) as [Map<string, { field: string }>, Map<string, { field: string }>];
  return [
    ...[...left].filter(([key]) => !right.has(key)),
    ...[...right].filter(([key]) => !left.has(key)),
  ].map(([, it]) => it);
}

function describe({ sent, error }: Observed): string {
  const requests = sent.map(({ method, path }) => `${method} ${path}`);
  return `requests: ${requests.join(", ") || "none"}` +
    (error === undefined ? "" : `; error: ${error}`);
}
