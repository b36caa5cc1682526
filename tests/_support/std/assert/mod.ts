/**
 * Replaces `jsr:@std/assert` if JSR is not reachable: the assertions that the
 * tests use, with the signatures and behaviour of the original.
 *
 * `node:assert` creates the messages. Equality is implemented here, because the
 * two differ: for `@std/assert`, 0 equals -0, a plain object equals one without a
 * prototype, and errors are compared by their enumerable properties only.
 *
 * @module
 */

import nodeAssert from "node:assert/strict";
import { inspect } from "node:util";

// deno-lint-ignore no-explicit-any -- the signature of the original
type AnyConstructor = abstract new (...args: any[]) => any;
// deno-lint-ignore no-explicit-any -- the signature of the original
type ErrorConstructorOf<E extends Error> = abstract new (...args: any[]) => E;

/** Thrown by an assertion that fails. */
export class AssertionError extends Error {
  /** Creates an error. */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AssertionError";
  }
}

/** Fails unless the expression is truthy. */
export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError(msg);
}

/** Falsy values. */
export type Falsy = false | 0 | 0n | "" | null | undefined;

/** Fails unless the expression is falsy. */
export function assertFalse(expr: unknown, msg = ""): asserts expr is Falsy {
  if (expr) throw new AssertionError(msg);
}

/** Always fails. */
export function fail(msg?: string): never {
  throw new AssertionError(`Failed assertion${suffix(msg)}`);
}

/** Whether two values are deeply equal; a missing property differs from `undefined`. */
export function equal(actual: unknown, expected: unknown): boolean {
  return same(actual, expected, new Map());
}

/** Fails unless the values are deeply equal. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  if (equal(actual, expected)) return;
  throw new AssertionError(
    `Values are not equal${suffix(msg)}\n${difference(actual, expected)}`,
  );
}

/** Fails if the values are deeply equal. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  if (!equal(actual, expected)) return;
  throw new AssertionError(
    `Expected actual: ${inspect(actual)} not to be: ${inspect(expected)}${
      suffix(msg)
    }`,
  );
}

/** Fails unless `Object.is()` is true. */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  msg?: string,
): asserts actual is T {
  if (Object.is(actual, expected)) return;
  throw new AssertionError(
    `Values are not strictly equal${suffix(msg)}\n${
      difference(actual, expected)
    }`,
  );
}

/** Fails if `Object.is()` is true. */
export function assertNotStrictEquals<T>(
  actual: T,
  expected: T,
  msg?: string,
): void {
  if (!Object.is(actual, expected)) return;
  throw new AssertionError(
    `Expected "actual" to not be strictly equal to: ${inspect(actual)}${
      suffix(msg)
    }`,
  );
}

/** Fails on `null` and `undefined`. */
export function assertExists<T>(
  actual: T,
  msg?: string,
): asserts actual is NonNullable<T> {
  if (actual !== undefined && actual !== null) return;
  throw new AssertionError(
    `Expected actual: "${actual}" to not be null or undefined${suffix(msg)}`,
  );
}

/** Fails unless the value is an instance of the class. */
export function assertInstanceOf<T extends AnyConstructor>(
  actual: unknown,
  expectedType: T,
  msg?: string,
): asserts actual is InstanceType<T> {
  if (actual instanceof expectedType) return;
  throw new AssertionError(
    `Expected object to be an instance of "${expectedType.name}" but was ${
      inspect(actual)
    }${suffix(msg)}`,
  );
}

/** Fails unless the value is an error of the class whose message contains or matches `msgMatches`. */
export function assertIsError<E extends Error = Error>(
  error: unknown,
  ErrorClass?: ErrorConstructorOf<E>,
  msgMatches?: string | RegExp,
  msg?: string,
): asserts error is E {
  if (!(error instanceof Error)) {
    throw new AssertionError(
      `Expected "error" to be an Error object, not ${inspect(error)}${
        suffix(msg)
      }`,
    );
  }
  if (ErrorClass !== undefined && !(error instanceof ErrorClass)) {
    throw new AssertionError(
      `Expected error to be instance of "${ErrorClass.name}", but was "${error.constructor.name}"${
        suffix(msg)
      }`,
      { cause: error },
    );
  }
  if (msgMatches === undefined) return;
  const matches = typeof msgMatches === "string"
    ? error.message.includes(msgMatches)
    : msgMatches.test(error.message);
  if (!matches) {
    throw new AssertionError(
      `Expected error message to include ${inspect(msgMatches)}, but got ${
        inspect(error.message)
      }${suffix(msg)}`,
      { cause: error },
    );
  }
}

/** Fails unless the function throws; returns the thrown value. */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
/** Fails unless the function throws such an error; returns it. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ErrorClass: ErrorConstructorOf<E>,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  errorClassOrMsg?: ErrorConstructorOf<E> | string,
  msgIncludes?: string,
  msg?: string,
): unknown {
  const text = typeof errorClassOrMsg === "string" ? errorClassOrMsg : msg;
  try {
    fn();
  } catch (error) {
    if (typeof errorClassOrMsg === "function") {
      assertIsError(error, errorClassOrMsg, msgIncludes, msg);
    }
    return error;
  }
  throw new AssertionError(`Expected function to throw${suffix(text)}`);
}

/** Fails unless the promise rejects; resolves to the reason. */
export function assertRejects(
  fn: () => PromiseLike<unknown>,
  msg?: string,
): Promise<unknown>;
/** Fails unless the promise rejects with such an error; resolves to it. */
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass: ErrorConstructorOf<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  errorClassOrMsg?: ErrorConstructorOf<E> | string,
  msgIncludes?: string,
  msg?: string,
): Promise<unknown> {
  const text = typeof errorClassOrMsg === "string" ? errorClassOrMsg : msg;
  let promise: PromiseLike<unknown>;
  try {
    promise = fn();
  } catch (cause) {
    throw new AssertionError(
      `Function throws when expected to reject${suffix(text)}`,
      { cause },
    );
  }
  if (typeof promise?.then !== "function") {
    throw new AssertionError(
      `Function throws when expected to reject${suffix(text)}`,
    );
  }
  try {
    await promise;
  } catch (error) {
    if (typeof errorClassOrMsg === "function") {
      assertIsError(error, errorClassOrMsg, msgIncludes, msg);
    }
    return error;
  }
  throw new AssertionError(`Expected function to reject${suffix(text)}`);
}

/** Fails unless the string matches. */
export function assertMatch(
  actual: string,
  expected: RegExp,
  msg?: string,
): void {
  if (expected.test(actual)) return;
  throw new AssertionError(
    `Expected actual: ${inspect(actual)} to match: ${expected}${suffix(msg)}`,
  );
}

/** Fails if the string matches. */
export function assertNotMatch(
  actual: string,
  expected: RegExp,
  msg?: string,
): void {
  if (!expected.test(actual)) return;
  throw new AssertionError(
    `Expected actual: ${inspect(actual)} to not match: ${expected}${
      suffix(msg)
    }`,
  );
}

/** Fails unless the string contains the expected one. */
export function assertStringIncludes(
  actual: string,
  expected: string,
  msg?: string,
): void {
  if (actual.includes(expected)) return;
  throw new AssertionError(
    `Expected actual: ${inspect(actual)} to contain: ${inspect(expected)}${
      suffix(msg)
    }`,
  );
}

/** An array or a similar object. */
export type ArrayLikeArg<T> = ArrayLike<T> & object;

/** Fails unless every expected value is in the array. */
export function assertArrayIncludes<T>(
  actual: ArrayLikeArg<T>,
  expected: ArrayLikeArg<T>,
  msg?: string,
): void {
  const values = Array.from(actual);
  const missing = Array.from(expected).filter((wanted) =>
    !values.some((value) => equal(value, wanted))
  );
  if (missing.length === 0) return;
  throw new AssertionError(
    `Expected actual: ${inspect(values)} to include: ${
      inspect(Array.from(expected))
    }${suffix(msg)}\nmissing: ${inspect(missing)}`,
  );
}

/** Fails unless the actual value has all properties of the expected value. */
export function assertObjectMatch(
  // deno-lint-ignore no-explicit-any -- the signature of the original
  actual: Record<PropertyKey, any>,
  expected: Record<PropertyKey, unknown>,
  msg?: string,
): void {
  const filtered = pick(actual, expected);
  if (equal(filtered, expected)) return;
  throw new AssertionError(
    `Values are not equal${suffix(msg)}\n${difference(filtered, expected)}`,
  );
}

/** Fails unless the first is greater. */
export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  if (actual > expected) return;
  throw new AssertionError(
    `Expect ${inspect(actual)} > ${inspect(expected)}${suffix(msg)}`,
  );
}

/** Fails unless the first is greater, or they are equal. */
export function assertGreaterOrEqual<T>(
  actual: T,
  expected: T,
  msg?: string,
): void {
  if (actual >= expected) return;
  throw new AssertionError(
    `Expect ${inspect(actual)} >= ${inspect(expected)}${suffix(msg)}`,
  );
}

/** Fails unless the first is less. */
export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  if (actual < expected) return;
  throw new AssertionError(
    `Expect ${inspect(actual)} < ${inspect(expected)}${suffix(msg)}`,
  );
}

/** Fails unless the first is less, or they are equal. */
export function assertLessOrEqual<T>(
  actual: T,
  expected: T,
  msg?: string,
): void {
  if (actual <= expected) return;
  throw new AssertionError(
    `Expect ${inspect(actual)} <= ${inspect(expected)}${suffix(msg)}`,
  );
}

/** Fails unless the numbers are closer than the tolerance, by default 1e-7 of the expected one. */
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance?: number,
  msg?: string,
): void {
  if (Object.is(actual, expected)) return;
  const delta = Math.abs(expected - actual);
  const limit = tolerance ??
    (Number.isFinite(expected) ? Math.abs(expected * 1e-7) : 1e-7);
  if (delta <= limit) return;
  throw new AssertionError(
    `Expected actual: ${actual} to be close to ${expected}: delta ${delta} is greater than ${limit}${
      suffix(msg)
    }`,
  );
}

function suffix(msg: string | undefined): string {
  return msg ? `: ${msg}` : ".";
}

/** The difference as shown by `node:assert`, or both values if it finds none. */
function difference(actual: unknown, expected: unknown): string {
  try {
    nodeAssert.deepStrictEqual(actual, expected);
  } catch (error) {
    return (error as Error).message;
  }
  return `actual: ${inspect(actual)}\nexpected: ${inspect(expected)}`;
}

function same(
  a: unknown,
  b: unknown,
  seen: Map<object, unknown>,
): boolean {
  // === for 0 and -0, Object.is() for NaN.
  if (a === b || Object.is(a, b)) return true;
  if (
    typeof a !== "object" || typeof b !== "object" || a === null || b === null
  ) {
    return false;
  }
  if (!sameConstructor(a, b)) return false;
  if (a instanceof Date && b instanceof Date) {
    return Object.is(a.getTime(), b.getTime());
  }
  if (
    (a instanceof RegExp && b instanceof RegExp) ||
    (a instanceof URL && b instanceof URL)
  ) {
    return String(a) === String(b);
  }
  if (
    a instanceof WeakMap || a instanceof WeakSet || a instanceof Promise
  ) {
    throw new TypeError(`cannot compare ${a.constructor.name} instances`);
  }
  // Two cycles of the same shape are equal.
  if (seen.get(a) === b) return true;
  seen.set(a, b);
  if (
    (a instanceof Set && b instanceof Set) ||
    (a instanceof Map && b instanceof Map)
  ) {
    return sameEntries([...a.entries()], [...b.entries()], seen);
  }
  const keys = ownKeys(a);
  return keys.length === ownKeys(b).length &&
    keys.every((key) =>
      Object.hasOwn(b, key) && same(field(a, key), field(b, key), seen)
    );
}

function sameConstructor(a: object, b: object): boolean {
  return a.constructor === b.constructor ||
    (a.constructor === Object && !b.constructor) ||
    (!a.constructor && b.constructor === Object);
}

/** Compares entries in any order, since keys may be objects that are deeply equal. */
function sameEntries(
  a: [unknown, unknown][],
  b: [unknown, unknown][],
  seen: Map<object, unknown>,
): boolean {
  if (a.length !== b.length) return false;
  const rest = [...b];
  return a.every(([key, value]) => {
    const at = rest.findIndex(([otherKey, otherValue]) =>
      same(key, otherKey, seen) && same(value, otherValue, seen)
    );
    if (at < 0) return false;
    rest.splice(at, 1);
    return true;
  });
}

function ownKeys(value: object): PropertyKey[] {
  return Reflect.ownKeys(value).filter((key) =>
    Object.prototype.propertyIsEnumerable.call(value, key)
  );
}

function field(value: object, key: PropertyKey): unknown {
  return (value as Record<PropertyKey, unknown>)[key];
}

/** Selects the properties of the actual value that the expected one has. */
function pick(actual: unknown, expected: unknown): unknown {
  if (
    typeof actual !== "object" || actual === null ||
    typeof expected !== "object" || expected === null ||
    actual instanceof Date || actual instanceof RegExp ||
    actual instanceof Map || actual instanceof Set
  ) {
    return actual;
  }
  if (Array.isArray(actual)) {
    if (!Array.isArray(expected)) return actual;
    // The start of a longer array is sufficient.
    return actual.slice(0, expected.length)
      .map((value, i) => pick(value, expected[i]));
  }
  const picked: Record<PropertyKey, unknown> = {};
  for (const key of ownKeys(expected)) {
    if (key in actual) {
      picked[key] = pick(field(actual, key), field(expected, key));
    }
  }
  return picked;
}
