/**
 * Bad input for every method of a driver. The methods are found by walking the
 * class, and each must have its valid arguments in a table, so that a new one
 * cannot be forgotten.
 *
 * Like the conformance suite beside it, this needs no runtime of its own: no
 * files, no network, no `Deno`.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { type ConnectionOptions, type Fetch } from "../../core/mod.ts";
import {
  type CreateNodeOptions,
  type DeploymentPlan,
  DeploymentTransport,
  type NodeDriver,
} from "../../core/compute/mod.ts";

/** Something a driver must do, for any test runner. */
export interface Check {
  /** What it must do. */
  readonly name: string;
  /** Rejects if it does not. */
  run(): Promise<void>;
}

/** What an argument is, and so which values must be refused. */
export type ProbeKind = "id" | "text" | "secret" | "time" | "count";

/** A valid argument, at a place where invalid ones are tried too. */
export class Probe {
  /** Creates a probe. */
  constructor(
    /** What the argument is. */
    readonly kind: ProbeKind,
    /** A valid one. */
    readonly value: unknown,
    /** Whether it may be left out. */
    readonly isOptional: boolean = false,
  ) {}
}

/**
 * An id, or a record with one.
 *
 * @param value Id of something in the simulator.
 * @returns The probe.
 */
export function id(value: string): Probe {
  return new Probe("id", value);
}

/**
 * A text of one line, such as a name.
 *
 * @param value A valid one.
 * @returns The probe.
 */
export function text(value: string): Probe {
  return new Probe("text", value);
}

/**
 * A text that no message may show, and in which spaces may count.
 *
 * @param value A valid one.
 * @returns The probe.
 */
export function secret(value: string): Probe {
  return new Probe("secret", value);
}

/**
 * Milliseconds.
 *
 * @param value A valid number of them.
 * @returns The probe.
 */
export function time(value: number): Probe {
  return new Probe("time", value);
}

/**
 * Something that may be left out.
 *
 * @param probe What it is.
 * @returns The probe.
 */
export function optional({ kind, value }: Probe): Probe {
  return new Probe(kind, value, true);
}

/** Valid arguments of a method: what it acts on, if anything, and options. */
export interface MethodSpec {
  /** What it acts on. */
  readonly on?: Probe | readonly Probe[];
  /** Its options: probes, lists of probes, and plain values. */
  readonly options?: Readonly<Record<string, unknown>>;
  /**
   * What errors call it where the provider is asked first.
   *
   * @default {the method}
   */
  readonly operation?: string;
}

/** Valid arguments by method; several where a method has several ways. */
export type MethodTable = Readonly<
  Record<string, MethodSpec | readonly MethodSpec[]>
>;

/** A way to deploy that leaves the node as it is, or fails. */
export class IdleTransport extends DeploymentTransport {
  readonly #failure: Error | undefined;

  /** Creates a way to deploy that does nothing, or fails with an error. */
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
 * Adds what every driver inherits and none overrides: `deployNode()`, which
 * takes what `createNode()` takes.
 *
 * @param table Valid arguments of a driver's own methods.
 * @returns The table with `deployNode`.
 */
export function withInherited(table: MethodTable): MethodTable {
  const { createNode = [] } = table;
  // A probe is found again by its identity, so that each table has its own.
  const copy = (input: unknown): unknown =>
    input instanceof Probe
      ? new Probe(input.kind, input.value, input.isOptional)
      : Array.isArray(input)
      ? input.map(copy)
      : input;
  const deployNode = [createNode].flat().map((
    { options = {} }: MethodSpec,
  ) => ({
    options: {
      ...Object.fromEntries(
        Object.entries(options).map(([name, input]) => [name, copy(input)]),
      ),
      intervalMs: time(2),
      deploy: [],
      via: new IdleTransport(),
    },
    operation: "createNode",
  }));
  return { ...table, deployNode };
}

/** A driver to examine. */
export interface Subject {
  /** Its class. */
  readonly Driver: new (options: never) => NodeDriver;
  /**
   * Credentials that the simulator accepts: texts found nowhere else, for they
   * are searched in all that comes out.
   */
  readonly credentials: Readonly<Record<string, string>>;
  /** Credentials of the right type that are impossible all the same. */
  readonly badCredentials?: readonly Readonly<Record<string, unknown>>[];
  /** What else the class must be told. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /**
   * Makes an account with at least two running nodes, in which all takes
   * milliseconds.
   */
  createSimulator(): { readonly fetch: Fetch };
  /** Valid arguments of every public method but the inherited ones. */
  readonly methods: MethodTable;
}

/** A method with valid arguments. */
export interface Call {
  /** Name of the method. */
  readonly method: string;
  /** Its name, and which of its ways. */
  readonly label: string;
  /** Its arguments. */
  readonly spec: MethodSpec;
  /**
   * Calls it.
   *
   * @param driver The driver.
   * @param options Put over the valid ones.
   * @param replaced A probe for which another value is given.
   * @param value That value.
   * @returns What the method returns.
   */
  run(
    driver: NodeDriver,
    options?: Readonly<Record<string, unknown>>,
    replaced?: Probe,
    value?: unknown,
  ): unknown;
}

/** What came of a call: a value or an error. */
export type Outcome = { readonly value: unknown } | { readonly error: unknown };

/** Methods that are protected in TypeScript, which nothing else can see. */
const PROTECTED: ReadonlySet<string> = new Set(["getNodes"]);

/** No path can be made of these. */
const BAD_IDS: readonly unknown[] = [
  ...["", ".", "..", "%2e", "%2e%2e", ".%2E", "%2E.", "\r\n", "x\0y", "\x7f"],
  ...["\ud800", "a\udc00b", undefined, null, 0, 5, NaN, true, {}],
  ...["", "..", ".%2e", "a\nb", 5, null, undefined, {}].map((id) => ({ id })),
];

/** Paths can be made of these, with care. */
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

/** An id that the simulator does not know, and that needs no escape. */
const HARMLESS_ID = "harmless-id";

/** What a runtime says when code trips over a value. */
const STUMBLED =
  /^Cannot (?:read|set|convert|destructure|access|mix|delete|assign)\b|is not (?:a function|iterable|a constructor|defined)|undefined \(|null \(/;

/**
 * Makes the checks of bad input.
 *
 * @param subject The driver.
 * @returns The checks.
 */
export function badInputChecks(subject: Subject): Check[] {
  const calls = callsOf(subject.methods);
  const byMethod = Map.groupBy(calls, ({ method }) => method);
  return [
    {
      name: "has valid arguments of every public method in its table",
      run: () => Promise.resolve(assertTable(subject)),
    },
    ...[...byMethod].flatMap(([method, calls]) => [
      {
        name: `${method}() refuses bad input before any request`,
        run: () => each(calls, (call) => assertRefusals(subject, call)),
      },
      ...(calls.some(({ spec }) => idsIn(spec).length > 0)
        ? [{
          name: `${method}() keeps any id in its place`,
          run: () => each(calls, (call) => assertContained(subject, call)),
        }]
        : []),
    ]),
    {
      name: "refuses missing and impossible credentials, and shows none",
      run: () => Promise.resolve(assertCredentials(subject)),
    },
    {
      name: "refuses an unsafe base URL, and does not show it",
      run: () => Promise.resolve(assertBaseUrls(subject)),
    },
    {
      name: "refuses settings out of range",
      run: () => Promise.resolve(assertSettings(subject)),
    },
  ];
}

/**
 * Makes a driver with its valid credentials, that repeats without delay.
 *
 * @param subject The driver.
 * @param options Put over its settings.
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
 * Finds the public methods of a driver, those it inherits among them.
 *
 * @param Driver Its class.
 * @returns Their names.
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
 * Makes calls of a table.
 *
 * @param table Valid arguments.
 * @returns A call for each way of each method.
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
        assert(typeof run === "function", `there is no ${method}()`);
        return run.apply(driver, [
          ...("on" in spec ? [fill(spec.on)] : []),
          { ...bag, ...options },
        ]);
      },
    }))
  );
}

/**
 * Waits for what a call makes, also where it throws at once.
 *
 * @param run The call.
 * @returns Its value or its error.
 */
export async function outcomeOf(run: () => unknown): Promise<Outcome> {
  try {
    return { value: await run() };
  } catch (error) {
    return { error };
  }
}

/**
 * Runs a check for one thing after the other, and says for which it failed.
 *
 * @typeParam T What has a label.
 * @param things The things.
 * @param check The check.
 */
export async function each<T extends { readonly label: string }>(
  things: readonly T[],
  check: (thing: T) => Promise<void>,
): Promise<void> {
  for (const thing of things) {
    try {
      await check(thing);
    } catch (error) {
      if (error instanceof Error) {
        error.message = `${thing.label}: ${error.message}`;
      }
      throw error;
    }
  }
}

/**
 * Puts a value into words, for messages of this harness.
 *
 * @param value Any value.
 * @returns Words.
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
 * Makes the forms in which credentials could come out.
 *
 * @param subject The driver.
 * @returns Texts that must be seen nowhere.
 */
export function secretsOf({ credentials }: Subject): string[] {
  const values = Object.values(credentials);
  return [...values, values.join(":")].flatMap((value) => [
    value,
    encodeURIComponent(value),
    JSON.stringify(value).slice(1, -1),
    base64(value),
    // As the end of something longer, whatever comes before it.
    base64(`:${value}`).slice(4).replace(/=+$/, ""),
    base64(`::${value}`).slice(4).replace(/=+$/, ""),
  ]);
}

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

function assertTable({ Driver, methods }: Subject): void {
  assertEquals(
    Object.keys(methods).sort(),
    methodsOf(Driver),
    "the table must have all methods of the class and no others",
  );
  // A probe is found again by its identity.
  const probes = callsOf(methods).flatMap(({ spec }) => probesIn(spec));
  assertEquals(new Set(probes).size, probes.length, "a probe is used twice");
}

async function assertRefusals(subject: Subject, call: Call): Promise<void> {
  const { spec, method } = call;
  const probes = probesIn(spec);
  for (const probe of probes) {
    for (const value of BAD[probe.kind]) {
      // Nothing in place of what may be left out is nothing wrong.
      if (probe.isOptional && (value ?? undefined) === undefined) continue;
      await assertRefused(
        subject,
        (driver) => call.run(driver, {}, probe, value),
        `${probe.kind} ${show(value)} in place of ${show(probe.value)}`,
        probe.kind === "secret" && typeof value === "string" ? [value] : [],
      );
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
      const refused = (run: (driver: NodeDriver) => unknown, how: string) =>
        assertRefused(subject, run, `${name} ${show(value)}${how}`);
      await refused((driver) => call.run(driver, { [name]: value }), "");
      if (!isList || name === "concurrency") continue;
      await refused(async (driver) => {
        const list = call.run(driver, { [name]: value });
        for await (const _ of list as AsyncIterable<unknown>);
      }, " when iterated");
    }
  }
  for (
    const headers of [
      { "x-trace": "a\r\nx: b" },
      { "x trace": "a" },
      { "": "a" },
    ]
  ) {
    await assertRefused(
      subject,
      (driver) => call.run(driver, { headers }),
      `headers ${show(headers)}`,
    );
  }
  if (!isList) return;
  await assertRefused(
    subject,
    (driver) => call.run(driver, { from: 5 }),
    "a position that is a number",
  );
}

async function assertRefused(
  subject: Subject,
  run: (driver: NodeDriver) => unknown,
  what: string,
  hidden: readonly string[] = [],
): Promise<void> {
  const { requests, fetch } = record(subject.createSimulator().fetch);
  const driver = createDriver(subject, { fetch });
  const outcome = await outcomeOf(() => run(driver));
  // A request that goes out all the same does so by now.
  await new Promise((resolve) => setTimeout(resolve));
  const sent = requests.map(({ method, url }) => `${method} ${url}`);
  assertEquals(sent, [], `${what} was sent`);
  assert("error" in outcome, `${what} was accepted`);
  assertClear(outcome.error, what);
  for (const text of hidden.filter(Boolean)) {
    assert(
      !String(outcome.error).includes(text),
      `the error about ${what} shows it`,
    );
  }
}

/** A caller's mistake, in words for the caller. */
function assertClear(error: unknown, what: string): void {
  assert(
    error instanceof TypeError || error instanceof RangeError,
    `${what} gives no TypeError or RangeError: ${show(error)}`,
  );
  assert(
    /^Cannot \S+ .*\S$/s.test(error.message) && !STUMBLED.test(error.message),
    `${what} gives an error in no clear words: ${show(error)}`,
  );
}

async function assertContained(subject: Subject, call: Call): Promise<void> {
  for (const probe of idsIn(call.spec)) {
    const expected = await requestsWith(subject, call, probe, HARMLESS_ID);
    assert(!("error" in expected), "a harmless id was refused");
    assert(expected.shapes.length > 0, "nothing was sent for a harmless id");
    for (const hostile of HOSTILE_IDS) {
      for (const value of [hostile, { id: hostile }]) {
        const actual = await requestsWith(subject, call, probe, value);
        if ("error" in actual) {
          assertEquals(actual.shapes, [], `${show(hostile)} was sent`);
          assertClear(actual.error, show(hostile));
        } else {
          const others = actual.shapes
            .filter((shape) => !expected.shapes.includes(shape));
          // What waits looks more or less often, and what the provider refuses
          // is followed by nothing.
          assertEquals(
            [actual.shapes[0], ...others],
            [expected.shapes[0]],
            `${show(hostile)} makes other requests than a harmless id`,
          );
        }
      }
    }
  }
}

/** What is sent for an id, with a mark wherever that id is, and no more. */
async function requestsWith(
  subject: Subject,
  call: Call,
  probe: Probe,
  value: string | { readonly id: string },
): Promise<{ shapes: string[]; error?: unknown }> {
  const { requests, fetch } = record(subject.createSimulator().fetch);
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
    ["", undefined, null, 5, {}, "canary\r\n", "\0canary", "ca\x7fnary"].map((
      value,
    ) => ({ [name]: value }))
  );
  for (const credentials of [...bad, ...subject.badCredentials ?? []]) {
    assertNotMade(subject, credentials, ["canary"]);
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
  ) assertNotMade(subject, { baseUrl }, ["canary"]);
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
  for (const timeoutMs of BAD.time) assertNotMade(subject, { timeoutMs });
  for (const value of [-1, NaN, 1.5]) {
    assertNotMade(subject, { retry: { maxAttempts: value } });
  }
  for (const value of [0, -1, NaN]) {
    assertNotMade(subject, { maxBodyBytes: value });
  }
  for (const value of [-1, NaN]) {
    assertNotMade(subject, { retry: { baseMs: value } });
    assertNotMade(subject, { retry: { maxMs: value } });
  }
  assertNotMade(subject, { userAgent: "me\r\nx: y" });
}

/** The constructor refuses these options, and shows no secret. */
function assertNotMade(
  subject: Subject,
  options: Readonly<Record<string, unknown>>,
  hidden: readonly string[] = [],
): void {
  const what = show(options);
  let error: unknown;
  try {
    createDriver(subject, {
      fetch: () => Promise.reject(new Error("a constructor asked")),
      ...options,
    });
  } catch (thrown) {
    error = thrown;
  }
  assert(error !== undefined, `${what} was accepted`);
  assertClear(error, what);
  for (const secret of [...secretsOf(subject), ...hidden]) {
    assert(!String(error).includes(secret), `${what} shows: ${error}`);
  }
}

/** Keeps what is sent, for reading later. */
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

function idsIn(spec: MethodSpec): Probe[] {
  return probesIn(spec).filter(({ kind }) => kind === "id");
}
