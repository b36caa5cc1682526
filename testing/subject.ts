/**
 * A driver under test, of any service.
 *
 * @module
 */

import type { ConnectionOptions, Fetch } from "../core/mod.ts";
import type { MethodTable, TestedDriver } from "./table.ts";

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

/**
 * A driver under test.
 *
 * @typeParam D The driver.
 */
export interface Subject<D extends TestedDriver = TestedDriver> {
  /** Class of the driver. */
  readonly Driver: new (options: never) => D;
  /**
   * Credentials that the simulator accepts. Their values must be unique strings,
   * since the checks search for them in errors and events.
   */
  readonly credentials: Readonly<Record<string, string>>;
  /**
   * Names of those credentials that may be missing.
   *
   * @default {none}
   */
  readonly optionalCredentials?: readonly string[];
  /** Additional invalid credentials. */
  readonly badCredentials?: readonly Readonly<Record<string, unknown>>[];
  /** Other required options of the class. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Creates a simulator, whose operations take milliseconds. */
  createSimulator(): { readonly fetch: Fetch };
  /**
   * Whether a request changes something.
   *
   * @default {every request but GET and HEAD}
   */
  readonly isWrite?: (request: Request) => boolean;
  /** Valid arguments of every public method, except inherited ones. */
  readonly methods: MethodTable;
  /**
   * Methods of a base class that the provider lacks. The driver refuses every
   * call of them with a `TypeError` before any request, and the table has no
   * arguments for them.
   *
   * @default {none}
   */
  readonly lacks?: readonly string[];
}

/**
 * Methods that are protected in TypeScript, which is not visible at run time;
 * and `imageRules`, `isPlain` and `normalizeRecordSet`, which send no request.
 */
const PROTECTED: ReadonlySet<string> = new Set([
  "addValues",
  "checkUnchanged",
  "completeRecord",
  "conflict",
  "createRecord",
  "deleteRecord",
  "failureOf",
  "imageRules",
  "fitRecordSet",
  "isPlain",
  "isAsWanted",
  "isYoung",
  "listRecords",
  "normalizeRecordSet",
  "noteCreated",
  "noteDestroyed",
  "readBeforeWrite",
  "readChange",
  "readNode",
  "readNodes",
  "readRecordSet",
  "readRecordSets",
  "readZone",
  "readZoneNamed",
  "readZones",
  "removeValues",
  "removeZone",
  "resolve",
  "toRemoval",
  "toSet",
  "updateRecord",
  "withZone",
  "writeChanges",
  "writeRecords",
  "writeValues",
  "zoneIdOf",
  "zoneNameOf",
]);

/**
 * Creates a driver with valid credentials and minimal retry delays.
 *
 * @typeParam D The driver.
 * @param subject The driver.
 * @param options Options that override its settings.
 * @returns The driver.
 */
export function createDriver<D extends TestedDriver>(
  { Driver, credentials, settings }: Subject<D>,
  options: ConnectionOptions & Readonly<Record<string, unknown>>,
): D {
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
 * Creates a `fetch` function that creates its simulator at the first request.
 * Many checks expect that no request is sent, and need no simulator.
 *
 * @param create Creates the simulator.
 * @returns The function.
 */
export function fetchLate(create: () => { readonly fetch: Fetch }): Fetch {
  let simulator: { readonly fetch: Fetch } | undefined;
  return (request) => (simulator ??= create()).fetch(request);
}
