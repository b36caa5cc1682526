/**
 * Options from environment variables, which the caller passes in. This module
 * does not read the environment by itself.
 *
 * @module
 */

import { mistake } from "./check.ts";

/** Environment variable for one option of a driver. */
export interface EnvironmentVariable {
  /** Option of the driver, such as `"token"`. */
  readonly option: string;
  /**
   * Names of the variable, such as those that the provider's own tools read.
   * The first variable that is set and not empty is used.
   */
  readonly names: readonly string[];
  /**
   * Whether the driver works without the variable.
   *
   * @default {false}
   */
  readonly isOptional?: boolean | undefined;
  /**
   * Other options. If the caller passes one of them, this variable is not read.
   */
  readonly unless?: readonly string[] | undefined;
  /**
   * Other options that replace this one. If the caller passes one of them, or a
   * variable sets it, this variable may be missing.
   */
  readonly alternatives?: readonly string[] | undefined;
}

/**
 * Options that replace variables. An option that is `undefined` replaces none.
 *
 * @typeParam O Options of the driver.
 */
export type OptionsOverEnvironment<O> = {
  readonly [K in keyof O]?: O[K] | undefined;
};

/**
 * Reads the options of a driver from environment variables.
 *
 * @typeParam O Options of the driver.
 * @param operation Name of the method, for the error.
 * @param env The variables by name: `Deno.env.toObject()`, `process.env`, or the
 *   `env` of a Worker. Values that are not strings are ignored.
 * @param variables The variables that the driver reads.
 * @param options Options of the caller. They take precedence over variables.
 * @returns The options.
 * @throws {TypeError} If a variable is missing. The message names all missing
 *   variables, but contains no values.
 */
export function optionsFromEnv<O extends object>(
  operation: string,
  env: object,
  variables: readonly EnvironmentVariable[],
  options: OptionsOverEnvironment<O> = {},
): O {
  if (Object(env) !== env) throw mistake(operation, "env", "an object", env);
  const isGiven = (name: string) => Reflect.get(options, name) !== undefined;
  const read: Record<string, string> = {};
  const absent: EnvironmentVariable[] = [];
  for (const variable of variables) {
    const { option, names, isOptional, unless = [] } = variable;
    if ([option, ...unless].some(isGiven)) continue;
    const value = names.map((name) => Reflect.get(env, name))
      .find((value) => typeof value === "string" && value !== "");
    if (value !== undefined) read[option] = value;
    else if (!isOptional) absent.push(variable);
  }
  const missing = absent
    .filter(({ alternatives = [] }) =>
      !alternatives.some((option) => isGiven(option) || option in read)
    )
    .map(({ names }) => names.join(" or "));
  if (missing.length > 0) {
    throw new TypeError(
      `${operation}: missing environment variables: ${missing.join(", ")}`,
    );
  }
  return { ...options, ...read } as O;
}

/**
 * Creates a driver from environment variables, for the static method `fromEnv()`
 * of every driver.
 *
 * @typeParam O Options of the driver.
 * @typeParam D The driver.
 * @param Driver The class, with the variables that it reads.
 * @param env The variables by name.
 * @param options Options of the caller. They take precedence over variables.
 * @returns The driver.
 * @throws {TypeError} If a variable is missing. The message names all missing
 *   variables, but contains no values.
 */
export function driverFromEnv<O extends object, D>(
  Driver: {
    new (options: O): D;
    readonly variables: readonly EnvironmentVariable[];
  },
  env: object,
  options?: OptionsOverEnvironment<O>,
): D {
  // A class from JavaScript may lack them.
  if (!Driver.variables) {
    throw new TypeError("fromEnv: this driver reads no environment variables");
  }
  return new Driver(
    optionsFromEnv<O>("fromEnv", env, Driver.variables, options),
  );
}
