/**
 * Checks of the options that you pass to a simulator.
 *
 * @module
 */

/**
 * Checks an option that is a duration or a rate.
 *
 * @param simulator Class name of the simulator, for the message.
 * @param field Name of the option.
 * @param value Value of the option.
 * @param limits Smallest value, and whether `Infinity` is allowed.
 * @returns The value.
 * @throws {RangeError} If `value` is out of range or not a number.
 */
export function checkNumber(
  simulator: string,
  field: string,
  value: number,
  { min = 0, isFinite = false }: {
    readonly min?: number;
    readonly isFinite?: boolean;
  } = {},
): number {
  const isInRange = typeof value === "number" && value >= min;
  if (isInRange && (!isFinite || Number.isFinite(value))) return value;
  const kind = isFinite ? "a finite number" : "a number";
  throw outOfRange(simulator, field, value, `${kind} of at least ${min}`);
}

/**
 * Checks an option that is a count.
 *
 * @param simulator Class name of the simulator, for the message.
 * @param field Name of the option.
 * @param value Value of the option.
 * @param min Smallest value.
 * @returns The value.
 * @throws {RangeError} If `value` is less than `min` or not an integer.
 */
export function checkCount(
  simulator: string,
  field: string,
  value: number,
  min = 0,
): number {
  if (Number.isSafeInteger(value) && value >= min) return value;
  throw outOfRange(simulator, field, value, `an integer of at least ${min}`);
}

/**
 * Checks an option that is a function.
 *
 * @typeParam T Type of the function.
 * @param simulator Class name of the simulator, for the message.
 * @param field Name of the option.
 * @param value Value of the option.
 * @returns The value.
 * @throws {TypeError} If `value` is not a function.
 */
export function checkFunction<T extends (...args: never[]) => unknown>(
  simulator: string,
  field: string,
  value: T,
): T {
  if (typeof value === "function") return value;
  throw new TypeError(
    `${simulator}: ${field} must be a function, got ${typeof value}`,
  );
}

/**
 * Checks that all options are known.
 *
 * @param simulator Class name of the simulator, for the message.
 * @param unknown Options that the simulator does not have.
 * @throws {TypeError} If there is an unknown option.
 */
export function checkNames(simulator: string, unknown: object): void {
  const [name] = Object.keys(unknown);
  if (name === undefined) return;
  throw new TypeError(`${simulator}: unknown option ${JSON.stringify(name)}`);
}

function outOfRange(
  simulator: string,
  field: string,
  value: number,
  expected: string,
): RangeError {
  return new RangeError(
    `${simulator}: ${field} must be ${expected}, got ${value}`,
  );
}
