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
import { mapConcurrently } from "../../core/concurrency.ts";
import type { ConnectionOptions, Fetch } from "../../core/mod.ts";
import {
  type CreateNodeOptions,
  type DeploymentPlan,
  DeploymentTransport,
  type NodeDriver,
} from "../../core/compute/mod.ts";

/** A check of a driver, for any test runner. */
export interface Check {
  /** Name of the check, to follow the name of the driver. */
  readonly name: string;
  /** Runs the check; rejects if it fails. */
  run(): Promise<void>;
}

/** Kind of an argument; determines the values that must be rejected. */
export type ProbeKind = "id" | "text" | "secret" | "time" | "count";

/** A valid argument that is replaced by invalid ones. */
export class Probe {
  /** Creates a probe. */
  constructor(
    /** Kind of the argument. */
    readonly kind: ProbeKind,
    /** Valid value. */
    readonly value: unknown,
    /** Whether the argument is optional. */
    readonly isOptional: boolean = false,
  ) {}
}

/**
 * Creates a probe for an id or a record with an id.
 *
 * @param value Id that exists in the simulator.
 * @returns The probe.
 */
export function id(value: string): Probe {
  return new Probe("id", value);
}

/**
 * Creates a probe for a string without control characters, such as a name.
 *
 * @param value Valid string.
 * @returns The probe.
 */
export function text(value: string): Probe {
  return new Probe("text", value);
}

/**
 * Creates a probe for a secret string, which no message may show.
 *
 * @param value Valid string; it may contain spaces.
 * @returns The probe.
 */
export function secret(value: string): Probe {
  return new Probe("secret", value);
}

/**
 * Creates a probe for a number of milliseconds.
 *
 * @param value Valid number.
 * @returns The probe.
 */
export function time(value: number): Probe {
  return new Probe("time", value);
}

/**
 * Makes a probe optional.
 *
 * @param probe Probe of the argument.
 * @returns The optional probe.
 */
export function optional({ kind, value }: Probe): Probe {
  return new Probe(kind, value, true);
}

/** Valid arguments of a method. */
export interface MethodSpec {
  /** First argument, if it is not the options. */
  readonly on?: Probe | readonly Probe[];
  /** Options: probes, arrays of probes, and plain values. */
  readonly options?: Readonly<Record<string, unknown>>;
  /**
   * Operation in the errors of its first request.
   *
   * @default {name of the method}
   */
  readonly operation?: string;
}

/** Valid arguments by method; several for a method with several variants. */
export type MethodTable = Readonly<
  Record<string, MethodSpec | readonly MethodSpec[]>
>;

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
    { options }: MethodSpec,
  ) => ({
    options: {
      ...copyAll(options),
      intervalMs: time(2),
      deploy: [],
      via: new IdleTransport(),
    },
    operation: "createNode",
  }));
  const toWaits = (settings: MethodSpec["options"]) =>
    [waitUntilRunning].flat().map(({ on, options }: MethodSpec) => ({
      on: copy(on) as Probe,
      options: { ...copyAll(options), notFoundGraceMs: 0, ...settings },
    }));
  return {
    ...table,
    waitUntilRunning: toWaits({}),
    waitForState: toWaits({ state: "running" }),
    deployNode,
  };
}

/** A simulated account. */
export interface Simulator {
  /** Sends a request to the provider. */
  readonly fetch: Fetch;
  /** Lists what exists, whether or not requests see it yet. */
  inventory(): {
    readonly nodes: readonly {
      readonly id: string;
      readonly isDestroyed: boolean;
    }[];
  };
}

/** A driver under test. */
export interface Subject {
  /** Class of the driver. */
  readonly Driver: new (options: never) => NodeDriver;
  /**
   * Credentials that the simulator accepts. Their values must be unique strings,
   * since the checks search for them in errors and events.
   */
  readonly credentials: Readonly<Record<string, string>>;
  /** Additional invalid credentials. */
  readonly badCredentials?: readonly Readonly<Record<string, unknown>>[];
  /** Other required options of the class. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /**
   * Creates a simulator with at least two running nodes, whose operations take
   * milliseconds.
   */
  createSimulator(): Simulator;
  /** Valid arguments of every public method, except inherited ones. */
  readonly methods: MethodTable;
}

/** A call of a method with valid arguments. */
export interface Call {
  /** Name of the method. */
  readonly method: string;
  /** Name of the method, and the number of the variant. */
  readonly label: string;
  /** Arguments. */
  readonly spec: MethodSpec;
  /**
   * Calls the method.
   *
   * @param driver The driver.
   * @param options Options that override the valid ones.
   * @param replaced Probe to replace by `value`.
   * @param value Replacement.
   * @returns Result of the method.
   */
  run(
    driver: NodeDriver,
    options?: Readonly<Record<string, unknown>>,
    replaced?: Probe,
    value?: unknown,
  ): unknown;
}

/** Outcome of a call: a value or an error. */
export type Outcome = { readonly value: unknown } | { readonly error: unknown };

/** Methods that are protected in TypeScript, which is not visible at run time. */
const PROTECTED: ReadonlySet<string> = new Set([
  "isYoung",
  "noteCreated",
  "noteDestroyed",
  "readNode",
  "readNodes",
]);

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
 * @returns The checks.
 */
export function badInputChecks(subject: Subject): Check[] {
  const calls = callsOf(subject.methods);
  const byMethod = Map.groupBy(calls, ({ method }) => method);
  return [
    {
      name: "has valid arguments for every public method in its table",
      run: () => Promise.resolve(assertTable(subject)),
    },
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

/**
 * Creates a driver with valid credentials and minimal retry delays.
 *
 * @param subject The driver.
 * @param options Options that override its settings.
 * @returns The driver.
 */
export function createDriver(
  { Driver, credentials, settings }: Subject,
  options: ConnectionOptions & Readonly<Record<string, unknown>>,
): NodeDriver {
  const retry = { baseMs: 1, maxMs: 2 };
  return new Driver(
    { ...settings, ...credentials, retry, ...options } as never,
  );
}

/**
 * Lists the public methods of a driver, including inherited ones.
 *
 * @param Driver Class of the driver.
 * @returns Names of the methods.
 */
export function methodsOf({ prototype }: Subject["Driver"]): string[] {
  const names = new Set<string>();
  for (
    let level: object | null = prototype;
    level !== null && level !== Object.prototype;
    level = Object.getPrototypeOf(level)
  ) {
    for (
      const [name, { value }] of Object.entries(
        Object.getOwnPropertyDescriptors(level),
      )
    ) {
      if (typeof value === "function" && name !== "constructor") {
        names.add(name);
      }
    }
  }
  return [...names].filter((name) => !PROTECTED.has(name)).sort();
}

/**
 * Converts a table to calls.
 *
 * @param table Valid arguments.
 * @returns A call for each variant of each method.
 */
export function callsOf(table: MethodTable): Call[] {
  return Object.entries(table).flatMap(([method, specs]) =>
    [specs].flat().map((spec: MethodSpec, index, { length }): Call => ({
      method,
      label: length > 1 ? `${method}() #${index + 1}` : `${method}()`,
      spec,
      run(driver, options, replaced, value) {
        const fill = (input: unknown): unknown =>
          input instanceof Probe
            ? input === replaced ? value : input.value
            : Array.isArray(input)
            ? input.map(fill)
            : input;
        const bag = Object.fromEntries(
          Object.entries(spec.options ?? {}).map((
            [name, input],
          ) => [name, fill(input)]),
        );
        const run = (driver as unknown as Record<string, unknown>)[method];
        assert(
          typeof run === "function",
          `the driver has no method ${method}()`,
        );
        return run.apply(driver, [
          ...("on" in spec ? [fill(spec.on)] : []),
          { ...bag, ...options },
        ]);
      },
    }))
  );
}

/**
 * Waits for the outcome of a call that may also throw synchronously.
 *
 * @param run The call.
 * @returns The value or the error.
 */
export async function outcomeOf(run: () => unknown): Promise<Outcome> {
  try {
    return { value: await run() };
  } catch (error) {
    return { error };
  }
}

/** Largest number of checks that run at the same time. */
const SIDE_BY_SIDE = 16;

/**
 * Runs a check for each item, several at the same time: most checks wait.
 *
 * @typeParam T An item.
 * @param items The items.
 * @param check The check; it must not share state with those of other items.
 */
export async function sideBySide<T>(
  items: readonly T[],
  check: (item: T) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  await mapConcurrently(items, SIDE_BY_SIDE, async (item) => {
    if (failures.length > 0) return;
    try {
      await check(item);
    } catch (error) {
      failures.push(error);
    }
  });
  // Only now, so that nothing runs on into the next test.
  if (failures.length > 0) throw failures[0];
}

/**
 * Runs a check for each item, as {@linkcode sideBySide} does. The error of a
 * check begins with the label of the item.
 *
 * @typeParam T An item.
 * @param items The items.
 * @param check The check; it must not share state with those of other items.
 */
export async function each<T extends { readonly label: string }>(
  items: readonly T[],
  check: (item: T) => Promise<void>,
): Promise<void> {
  await sideBySide(items, async (item) => {
    try {
      await check(item);
    } catch (error) {
      if (error instanceof Error) {
        error.message = `${item.label}: ${error.message}`;
      }
      throw error;
    }
  });
}

/**
 * Creates a `fetch` function that creates its simulator at the first request.
 * Many checks expect that there is none.
 *
 * @param create Creates the simulator.
 * @returns The function.
 */
export function fetchLate(create: () => { readonly fetch: Fetch }): Fetch {
  let simulator: { readonly fetch: Fetch } | undefined;
  return (request) => (simulator ??= create()).fetch(request);
}

/**
 * Formats a value for messages of the checks.
 *
 * @param value Any value.
 * @returns The string.
 */
export function show(value: unknown): string {
  if (value instanceof Error) return value.stack ?? String(value);
  return JSON.stringify(
    value,
    (_key, part) =>
      part === undefined ? "undefined" : part !== part ? "NaN" : part,
  ) ?? String(value);
}

/**
 * Lists the encoded forms of the credentials.
 *
 * @param subject The driver.
 * @returns Strings that must not be shown.
 */
export function secretsOf({ credentials }: Subject): string[] {
  const values = Object.values(credentials);
  return [...values, values.join(":")]
    .flatMap((value) => [
      ...Object.values(formsOf(value)),
      // As the end of a longer string with any prefix.
      base64(`:${value}`).slice(4).replace(/=+$/, ""),
      base64(`::${value}`).slice(4).replace(/=+$/, ""),
    ]);
}

/**
 * Lists the forms in which a service may return a string.
 *
 * @param value The string.
 * @returns The forms by name.
 */
export function formsOf(value: string): Record<string, string> {
  const json = JSON.stringify(value).slice(1, -1);
  const url = encodeURIComponent(value);
  const escapeAll = (escape: (code: number) => string) =>
    [...value].map((it) => escape(it.codePointAt(0)!)).join("");
  const toUrlSafe = (text: string) =>
    text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  return {
    plain: value,
    json,
    "json in json": JSON.stringify(json).slice(1, -1),
    "json in hexadecimal": escapeAll((code) =>
      `\\u${code.toString(16).padStart(4, "0")}`
    ),
    "json with escaped slashes": json.replaceAll("/", "\\/"),
    html: value.replace(
      /[&<>"'+/=]/g,
      (it) => `&#x${it.charCodeAt(0).toString(16)};`,
    ),
    xml: escapeAll((code) => `&#${code};`),
    url,
    "url in lower case": url.replace(/%../g, (it) => it.toLowerCase()),
    "url with slashes": url.replaceAll("%2F", "/"),
    form: `${new URLSearchParams({ "": value })}`.slice(1),
    base64: base64(value),
    "base64 without padding": base64(value).replace(/=+$/, ""),
    base64url: toUrlSafe(base64(value)),
    "base64 after a character": base64(`:${value}`),
    "base64 after two characters": base64(`::${value}`),
  };
}

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

function assertTable({ Driver, methods }: Subject): void {
  assertEquals(
    Object.keys(methods).sort(),
    methodsOf(Driver),
    "the table must have exactly the methods of the class",
  );
  // Probes are compared by identity.
  const probes = callsOf(methods).flatMap(({ spec }) => probesIn(spec));
  assertEquals(
    new Set(probes).size,
    probes.length,
    "a probe must not be used twice",
  );
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
  run(driver: NodeDriver): unknown;
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
      // The number of polls varies, and a method may stop after a request that
      // fails.
      assertEquals(
        [actual.shapes[0], ...others],
        [expected.shapes[0]],
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
  const path = pathname.split("/").map((segment) =>
    decodeURIComponent(segment) === id ? "{id}" : segment
  );
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
      .map((
        value,
      ) => ({ [name]: value }))
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

/** Records the requests of a `fetch` function. */
function record(fetch: Fetch): { requests: Request[]; fetch: Fetch } {
  const requests: Request[] = [];
  return {
    requests,
    fetch: async (request) => {
      requests.push(request.clone());
      return await fetch(request);
    },
  };
}

function probesIn({ on, options = {} }: MethodSpec): Probe[] {
  return [on, Object.values(options)].flat(3).filter((it) =>
    it instanceof Probe
  );
}

/** Name of the option of a probe, which the error must contain. */
function fieldOf({ options = {} }: MethodSpec, probe: Probe): string {
  const [name = ""] = Object.entries(options)
    .find(([, input]) => [input].flat(2).includes(probe)) ?? [];
  return name;
}

function idsIn(spec: MethodSpec): Probe[] {
  return probesIn(spec).filter(({ kind }) => kind === "id");
}
