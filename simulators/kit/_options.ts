/**
 * Options of a simulator: their default values and their checks.
 *
 * @module
 */

import type { Fails } from "./_operations.ts";

/**
 * Options that most simulators have; times are in milliseconds. A simulator
 * whose options extend this interface passes {@linkcode COMMON_OPTIONS} to
 * {@linkcode readOptions}.
 */
export interface CommonOptions {
  /**
   * Number of running nodes at the start.
   *
   * @default {0}
   */
  readonly nodes?: number | undefined;
  /**
   * Time from the response to a create request until the node is running.
   *
   * @default {50}
   */
  readonly createMs?: number | undefined;
  /**
   * Time from the response to any other operation until it is finished.
   *
   * @default {20}
   */
  readonly actionMs?: number | undefined;
  /**
   * How long a new resource is unknown: requests for it get 404, and it is not
   * listed.
   *
   * @default {0}
   */
  readonly hiddenMs?: number | undefined;
  /**
   * How far lists lag behind: a new item is missing, a deleted one is still
   * there, a state is old. A request for a single resource is up to date.
   *
   * @default {0}
   */
  readonly listLagMs?: number | undefined;
  /**
   * Time from the moment when a new node is running until it has its public IP
   * addresses.
   *
   * @default {0}
   */
  readonly addressMs?: number | undefined;
  /**
   * How long a resource still refuses changes after an operation on it has
   * ended. If this is more than 0, a node also refuses to be deleted during an
   * operation and this time.
   *
   * @default {0}
   */
  readonly busyMs?: number | undefined;
  /**
   * Decides which operations fail; it is called at the start of each.
   *
   * @default {() => false}
   */
  readonly fails?: Fails | undefined;
  /**
   * Clock, in milliseconds since 1970. To control the time in a test, pass your
   * own function.
   *
   * @default {Date.now}
   */
  readonly now?: (() => number) | undefined;
}

/**
 * Reads one option: checks the value, or returns the default value if it is
 * `undefined`.
 *
 * @typeParam T Type of the result.
 * @param value Value of the option.
 * @param label Class name of the simulator and name of the option, such as
 * `"AcmeSimulator: nodes"`, for the message.
 * @returns The value to use.
 * @throws {TypeError} If `value` has the wrong type.
 * @throws {RangeError} If `value` is out of range.
 */
export type OptionReader<T> = (value: unknown, label: string) => T;

/** The values that {@linkcode readOptions} returns. */
export type Settings<Readers> = {
  readonly [Name in keyof Readers]: Readers[Name] extends OptionReader<infer T>
    ? T
    : never;
};

/**
 * Reads the options of a simulator in one call: fills in default values, checks
 * types and ranges, and refuses unknown names.
 *
 * @typeParam Options Type of the options.
 * @typeParam Readers Type of the readers.
 * @param simulator Class name of the simulator, for messages.
 * @param options Options to read.
 * @param readers A reader for each option, such as {@linkcode count}.
 * @returns The values, by name.
 * @throws {TypeError} If there is an unknown option, or one of a wrong type.
 * @throws {RangeError} If a number is out of range.
 */
export function readOptions<
  Options extends object,
  Readers extends { readonly [Name in keyof Options]-?: OptionReader<unknown> },
>(
  simulator: string,
  options: Options,
  readers: Readers,
): Settings<Readers> {
  const unknown = Object.keys(options).find((it) =>
    !Object.hasOwn(readers, it)
  );
  if (unknown !== undefined) {
    throw new TypeError(
      `${simulator}: unknown option ${JSON.stringify(unknown)}`,
    );
  }
  const values = options as Readonly<Record<string, unknown>>;
  const entries = Object.entries<OptionReader<unknown>>(readers)
    .map(([name, read]) => [name, read(values[name], `${simulator}: ${name}`)]);
  return Object.fromEntries(entries) as Settings<Readers>;
}

/**
 * Creates the reader of a duration in milliseconds, which must be finite.
 *
 * @param byDefault Default value.
 * @returns The reader.
 */
export function duration(byDefault: number): OptionReader<number> {
  return (value = byDefault, label) => {
    if (typeof value === "number" && value >= 0 && value < Infinity) {
      return value;
    }
    throw outOfRange(label, "a finite number of at least 0", value);
  };
}

/**
 * Creates the reader of a number that need not be finite, such as a rate.
 *
 * @param byDefault Default value.
 * @param min Smallest value.
 * @returns The reader.
 */
export function amount(byDefault: number, min = 0): OptionReader<number> {
  return (value = byDefault, label) => {
    if (typeof value === "number" && value >= min) return value;
    throw outOfRange(label, `a number of at least ${min}`, value);
  };
}

/**
 * Creates the reader of a count.
 *
 * @param byDefault Default value. If it is `Infinity`, callers can pass
 * `Infinity`, too.
 * @param min Smallest value.
 * @returns The reader.
 */
export function count(byDefault: number, min = 0): OptionReader<number> {
  return (value = byDefault, label) => {
    const isCount = Number.isSafeInteger(value) || value === byDefault;
    if (isCount && typeof value === "number" && value >= min) return value;
    throw outOfRange(label, `an integer of at least ${min}`, value);
  };
}

/**
 * Creates the reader of a string.
 *
 * @param byDefault Default value.
 * @returns The reader. Its message omits the value, which may be a secret.
 */
export function text(byDefault: string): OptionReader<string> {
  return (value = byDefault, label) => {
    if (typeof value === "string") return value;
    throw new TypeError(`${label} must be a string, got ${typeof value}`);
  };
}

/**
 * Creates the reader of a user name for HTTP Basic authentication, which must
 * not contain a colon.
 *
 * @param byDefault Default value.
 * @returns The reader. Its message omits the value, which may be
 * `"user:password"`.
 */
export function userName(byDefault: string): OptionReader<string> {
  const read = text(byDefault);
  return (value, label) => {
    const name = read(value, label);
    const colon = name.indexOf(":");
    if (colon < 0) return name;
    throw new TypeError(
      `${label} must be a string without a colon, got a colon at index ${colon}`,
    );
  };
}

/**
 * Creates the reader of a base URL.
 *
 * @param byDefault Default value.
 * @returns The reader. The URL that it returns has no slash at its end.
 */
export function baseUrl(byDefault: string): OptionReader<string> {
  const read = text(byDefault);
  return (value, label) => read(value, label).replace(/\/+$/, "");
}

/**
 * Creates the reader of a function.
 *
 * @typeParam T Type of the function.
 * @param byDefault Default value.
 * @returns The reader.
 */
export function callback<T extends (...args: never[]) => unknown>(
  byDefault: T,
): OptionReader<T> {
  return (value = byDefault, label) => {
    if (typeof value === "function") return value as T;
    throw new TypeError(`${label} must be a function, got ${typeof value}`);
  };
}

/**
 * Creates the reader of an option that the simulator checks itself.
 *
 * @typeParam T Type of the option.
 * @param byDefault Default value.
 * @returns The reader, which accepts every value.
 */
export function unchecked<T>(byDefault: T): OptionReader<T> {
  return (value) => value === undefined ? byDefault : value as T;
}

/** Readers of {@linkcode CommonOptions}. */
export const COMMON_OPTIONS: {
  readonly [Name in keyof CommonOptions]-?: OptionReader<
    Exclude<CommonOptions[Name], undefined>
  >;
} = {
  nodes: count(0),
  createMs: duration(50),
  actionMs: duration(20),
  hiddenMs: duration(0),
  listLagMs: duration(0),
  addressMs: duration(0),
  busyMs: duration(0),
  fails: callback<Fails>(() => false),
  now: callback(() => Date.now()),
};

function outOfRange(
  label: string,
  expected: string,
  value: unknown,
): RangeError {
  return new RangeError(`${label} must be ${expected}, got ${value}`);
}
