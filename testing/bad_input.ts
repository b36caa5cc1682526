/**
 * Checks of invalid input for every method of a driver. The methods are read from
 * the class. A table must have valid arguments for each of them, so that a new
 * method cannot be forgotten.
 *
 * Like the conformance suite, this module runs in any runtime: it uses no files, no
 * network and no `Deno`.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { type Check, each, outcomeOf, show, sideBySide } from "./checks.ts";
import { secretsOf } from "./forms.ts";
import { record } from "./requests.ts";
import { createDriver, fetchLate, methodsOf, type Subject } from "./subject.ts";
import {
  type Call,
  callsOf,
  fieldOf,
  idsIn,
  type Probe,
  type ProbeKind,
  probesIn,
  type TestedDriver,
} from "./table.ts";

/** Ids that must be rejected. */
const BAD_IDS: readonly unknown[] = [
  ...["", ".", "..", "%2e", "%2e%2e", ".%2E", "%2E.", "\r\n", "x\0y", "\x7f"],
  ...["\ud800", "a\udc00b", undefined, null, 0, 5, NaN, true, {}],
  ...["", "..", ".%2e", "a\nb", 5, null, undefined, {}].map((id) => ({ id })),
];

/** Ids that must be encoded or rejected. */
const HOSTILE_IDS: readonly string[] = [
  ...["a/b", "a?b", "a#b", "/", "?", "#", "../x", "x/..", "..\\x", "a%2fb"],
  ...["%2e%2e%2f", "a&b=c", "a=b", "a+b", "a b", "a;b", "@x", ":", "//x", "ä"],
  ...["__proto__", "constructor", "💥", "null"],
];

const BAD: Readonly<Record<ProbeKind, readonly unknown[]>> = {
  id: BAD_IDS,
  text: ["", "  ", "a\nb", "\0", "\ud800", undefined, null, 5, {}, ["a"]],
  secret: ["", undefined, null, 5, {}],
  time: [0, -1, NaN, Infinity, -Infinity, 2 ** 31],
  count: [0, -1, NaN, Infinity, 1.5],
};

/** An unknown id that needs no encoding. */
const HARMLESS_ID = "harmless-id";

/** A message begins with the method, the class or the request. */
const MESSAGE = /^(?:[A-Za-z]\w*|[A-Z]+ \/\S*): \S(?:.*[^\s.])?$/s;

/** Messages of the runtime for an unexpected value. */
const RUNTIME_MESSAGE =
  /^Cannot (?:read|set|convert|destructure|access|mix|delete|assign)\b|is not (?:a function|iterable|a constructor|defined)|undefined \(|null \(/;

/**
 * Creates the checks of invalid input.
 *
 * @param subject The driver.
 * @param sendsRequests Whether a call sends requests; static lists do not.
 * @returns The checks.
 */
export function badInputChecks(
  subject: Subject,
  sendsRequests: (call: Call) => boolean = () => true,
): Check[] {
  const calls = callsOf(subject.methods).filter(sendsRequests);
  const byMethod = Map.groupBy(calls, ({ method }) => method);
  return [
    {
      name: "has valid arguments for every public method in its table",
      run: () => Promise.resolve(assertTable(subject)),
    },
    ...(subject.lacks
      ? [{
        name: "refuses the methods that its provider lacks",
        run: () => assertLacks(subject, subject.lacks ?? []),
      }]
      : []),
    ...[...byMethod].flatMap(([method, calls]) => [
      {
        name: `${method}() rejects invalid input before any request`,
        run: () => each(calls, (call) => assertInvalidInput(subject, call)),
      },
      ...(calls.some(({ spec }) => idsIn(spec).length > 0)
        ? [{
          name: `${method}() encodes or rejects ids with special characters`,
          run: () => each(calls, (call) => assertContained(subject, call)),
        }]
        : []),
    ]),
    {
      name: "rejects missing and invalid credentials, and does not show them",
      run: () => Promise.resolve(assertCredentials(subject)),
    },
    {
      name: "rejects an unsafe base URL and does not show it",
      run: () => Promise.resolve(assertBaseUrls(subject)),
    },
    {
      name: "rejects settings out of range",
      run: () => Promise.resolve(assertSettings(subject)),
    },
  ];
}

function assertTable({ Driver, methods, lacks = [] }: Subject): void {
  assertEquals(
    [...Object.keys(methods), ...lacks].sort(),
    methodsOf(Driver),
    "the table must have exactly the public methods of the class; helpers must be #private",
  );
  // Probes are compared by identity.
  const probes = callsOf(methods).flatMap(({ spec }) => probesIn(spec));
  assertEquals(
    new Set(probes).size,
    probes.length,
    "a probe must not be used twice",
  );
}

/** Valid arguments are unknown, so the error must name the provider. */
async function assertLacks(
  subject: Subject,
  lacks: readonly string[],
): Promise<void> {
  for (const method of lacks) {
    const { requests, fetch } = record(fetchLate(subject.createSimulator));
    const driver = createDriver(subject, { fetch });
    const run = Reflect.get(driver, method) as () => unknown;
    const outcome = await outcomeOf(() => run.call(driver));
    const error = "error" in outcome ? outcome.error : undefined;
    const { displayName } = driver.connection;
    assert(
      error instanceof TypeError &&
        error.message.startsWith(
          `${method}: ${displayName} does not support `,
        ),
      `expected a TypeError of ${method}(), got ${show(outcome)}`,
    );
    assertEquals(requests.length, 0, `requests of ${method}()`);
  }
}

async function assertInvalidInput(subject: Subject, call: Call): Promise<void> {
  await sideBySide(
    [...invalidInput(call)],
    (input) => assertRejected(subject, input),
  );
}

/** A call that must be rejected before any request. */
interface InvalidInput {
  /** Description of the invalid value. */
  readonly what: string;
  /** Calls the method. */
  run(driver: TestedDriver): unknown;
  /** Value that the error must not show. */
  readonly hidden?: unknown;
  /** Name that the error must contain. */
  readonly field?: string;
}

function* invalidInput(call: Call): Iterable<InvalidInput> {
  const { spec, method } = call;
  for (const probe of probesIn(spec)) {
    for (const value of BAD[probe.kind]) {
      // null and undefined are valid for an optional argument.
      if (probe.isOptional && (value ?? undefined) === undefined) continue;
      yield {
        what: `${probe.kind} ${show(value)} instead of ${show(probe.value)}`,
        run: (driver) => call.run(driver, {}, probe, value),
        hidden: probe.kind === "secret" ? value : undefined,
        field: fieldOf(spec, probe),
      };
    }
  }
  const isList = method.startsWith("list");
  for (
    const [name, kind] of [
      ["timeoutMs", "time"],
      ...(isList ? [["pageSize", "count"], ["concurrency", "count"]] : []),
    ] as [string, ProbeKind][]
  ) {
    for (const value of BAD[kind]) {
      const what = `${name} ${show(value)}`;
      yield { what, run: (driver) => call.run(driver, { [name]: value }) };
      if (!isList || name === "concurrency") continue;
      yield {
        what: `${what} of an iteration`,
        async run(driver) {
          const list = call.run(driver, { [name]: value });
          for await (const _ of list as AsyncIterable<unknown>);
        },
      };
    }
  }
  for (
    const headers of [
      { "x-trace": "a\r\nx: b" },
      { "x trace": "a" },
      { "": "a" },
    ]
  ) {
    yield {
      what: `headers ${show(headers)}`,
      run: (driver) => call.run(driver, { headers }),
    };
  }
  if (!isList) return;
  yield {
    what: "a cursor that is a number",
    run: (driver) => call.run(driver, { from: 5 }),
  };
}

async function assertRejected(
  subject: Subject,
  { what, run, hidden, field = "" }: InvalidInput,
): Promise<void> {
  const { requests, fetch } = record(fetchLate(subject.createSimulator));
  const driver = createDriver(subject, { fetch });
  const outcome = await outcomeOf(() => run(driver));
  // A request that is not awaited would have been sent now.
  await new Promise((resolve) => setTimeout(resolve));
  const sent = requests.map(({ method, url }) => `${method} ${url}`);
  assertEquals(sent, [], `requests for ${what}`);
  assert("error" in outcome, `expected ${what} to be rejected`);
  const error = assertClear(outcome.error, what);
  assert(
    error.message.includes(field),
    `expected the error for ${what} to name ${field}, got: ${error.message}`,
  );
  assert(
    typeof hidden !== "string" || hidden === "" ||
      !String(outcome.error).includes(hidden),
    `the error for ${what} shows the value`,
  );
}

/** Checks that an error is a TypeError or RangeError in the house style. */
function assertClear(error: unknown, what: string): Error {
  if (!(error instanceof TypeError || error instanceof RangeError)) {
    assert(
      false,
      `expected a TypeError or RangeError for ${what}, got ${show(error)}`,
    );
  }
  const isClear = MESSAGE.test(error.message) &&
    !RUNTIME_MESSAGE.test(error.message);
  // The stack in the message is slow to create.
  if (!isClear) {
    assert(
      false,
      `expected "<method>: <problem>" for ${what}, got ${show(error)}`,
    );
  }
  return error;
}

async function assertContained(subject: Subject, call: Call): Promise<void> {
  for (const probe of idsIn(call.spec)) {
    const expected = await requestsWith(subject, call, probe, HARMLESS_ID);
    assert(!("error" in expected), "expected an unknown id to be accepted");
    assert(expected.shapes.length > 0, "expected a request for an unknown id");
    const values = HOSTILE_IDS.flatMap((id) => [id, { id }]);
    await sideBySide(values, async (value) => {
      const actual = await requestsWith(subject, call, probe, value);
      if ("error" in actual) {
        assertEquals(actual.shapes, [], `requests for ${show(value)}`);
        assertClear(actual.error, show(value));
        return;
      }
      const others = actual.shapes
        .filter((shape) => !expected.shapes.includes(shape));
      // The number of polls varies, and so does the order of requests that are
      // sent at the same time. A method may stop after a request that fails.
      assertEquals(
        { isSent: actual.shapes.length > 0, others },
        { isSent: true, others: [] },
        `requests for ${show(value)} must only differ in the id`,
      );
    });
  }
}

/** Sends the requests for an id; returns them with a placeholder for the id. */
async function requestsWith(
  subject: Subject,
  call: Call,
  probe: Probe,
  value: string | { readonly id: string },
): Promise<{ shapes: string[]; error?: unknown }> {
  const { requests, fetch } = record(fetchLate(subject.createSimulator));
  const driver = createDriver(subject, { fetch, retry: false });
  const outcome = await outcomeOf(() => call.run(driver, {}, probe, value));
  const id = typeof value === "string" ? value : value.id;
  const shapes: string[] = [];
  for (const request of requests) shapes.push(await shapeOf(request, id));
  return "error" in outcome && outcome.error instanceof TypeError
    ? { shapes, error: outcome.error }
    : { shapes };
}

async function shapeOf(request: Request, id: string): Promise<string> {
  const { origin, pathname, searchParams } = new URL(request.url);
  // Some services expect ".json" after the id.
  const path = pathname.split("/").map((segment) => {
    const [, name = "", ending = ""] = /^(.*?)(\.json)?$/.exec(segment) ?? [];
    return decodeURIComponent(name) === id ? `{id}${ending}` : segment;
  });
  const body = await request.text();
  const fields = (pairs: Iterable<[string, unknown]>) =>
    [...pairs].map(([name, value]) => `${name}=${value === id ? "{id}" : "*"}`);
  const isJson = request.headers.get("content-type")?.includes("json");
  return [
    request.method,
    origin + path.join("/"),
    ...fields(searchParams),
    "|",
    ...fields(
      isJson
        ? Object.entries<unknown>(JSON.parse(body))
        : new URLSearchParams(body),
    ),
  ].join(" ");
}

function assertCredentials(subject: Subject): void {
  const bad = Object.keys(subject.credentials).flatMap((name) =>
    ["", undefined, null, 5, {}, "canary\r\nx: y", "\0canary", "ca\x7fnary"]
      .filter((value) =>
        value !== undefined || !subject.optionalCredentials?.includes(name)
      )
      .map((value) => ({ [name]: value }))
  );
  for (const credentials of [...bad, ...subject.badCredentials ?? []]) {
    assertNotCreated(subject, credentials, ["canary"]);
  }
}

function assertBaseUrls(subject: Subject): void {
  for (
    const baseUrl of [
      "",
      "canary",
      "//canary.example",
      "https://",
      "https://canary:pass@api.example",
      "https://:canary@api.example",
      "https://api.example/?canary",
      "https://api.example/#canary",
      "http://api.example",
      "http://10.0.0.1",
      "http://127.0.0.1.example",
      "http://localhost.example",
      "http://[2001:db8::1]",
      "ftp://api.example/canary",
      "file:///canary",
      "javascript:canary()",
      "data:text/plain,canary",
      5,
      {},
    ]
  ) assertNotCreated(subject, { baseUrl }, ["canary"]);
  for (
    const options of [
      { baseUrl: "https://api.example/v1/" },
      { baseUrl: "http://127.0.0.1:8080" },
      { baseUrl: "http://localhost" },
      { baseUrl: "http://[::1]:8080" },
      { baseUrl: "http://api.example", allowInsecure: true },
    ]
  ) {
    const { connection } = createDriver(subject, options);
    assertEquals(connection.baseUrl, options.baseUrl.replace(/\/$/, ""));
  }
}

function assertSettings(subject: Subject): void {
  for (const timeoutMs of BAD.time) assertNotCreated(subject, { timeoutMs });
  for (const value of [-1, 0, NaN, 1.5]) {
    assertNotCreated(subject, { retry: { maxAttempts: value } });
  }
  for (const value of [0, -1, NaN]) {
    assertNotCreated(subject, { maxBodyBytes: value });
  }
  for (const value of [-1, NaN]) {
    assertNotCreated(subject, { retry: { baseMs: value } });
    assertNotCreated(subject, { retry: { maxMs: value } });
  }
  assertNotCreated(subject, { userAgent: "me\r\nx: y" });
}

/** Checks that the constructor rejects options and shows no secret. */
function assertNotCreated(
  subject: Subject,
  options: Readonly<Record<string, unknown>>,
  hidden: readonly string[] = [],
): void {
  const what = show(options);
  let error: unknown;
  try {
    createDriver(subject, {
      fetch: () => Promise.reject(new Error("a constructor sent a request")),
      ...options,
    });
  } catch (thrown) {
    error = thrown;
  }
  assert(error !== undefined, `expected ${what} to be rejected`);
  assertClear(error, what);
  for (const secret of [...secretsOf(subject), ...hidden]) {
    assert(
      !String(error).includes(secret),
      `the error for ${what} shows a secret: ${error}`,
    );
  }
}
