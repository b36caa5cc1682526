/**
 * The table of methods: valid arguments for each public method of a driver.
 *
 * @module
 */

import { assert } from "@std/assert";
import type { Connection } from "../core/mod.ts";

/** What the checks need of a driver of any service. */
export interface TestedDriver {
  /** Id of the provider. */
  readonly provider: string;
  /** Connection to the API. */
  readonly connection: Connection;
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
 * Creates a probe for a positive integer, such as a number of GB.
 *
 * @param value Valid number.
 * @returns The probe.
 */
export function count(value: number): Probe {
  return new Probe("count", value);
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
  /** First argument, if it is not the options; `undefined` to leave it out. */
  readonly on?: Probe | readonly Probe[] | undefined;
  /**
   * Further arguments between the first one and the options: plain values.
   *
   * @default {none}
   */
  readonly with?: readonly unknown[];
  /** Options: probes, arrays of probes, and plain values. */
  readonly options?: Readonly<Record<string, unknown>>;
  /**
   * Operation in the errors of its first request.
   *
   * @default {name of the method}
   */
  readonly operation?: string;
  /**
   * The write that the provider's documentation prescribes: method, path, and
   * after a space the fields that its body or query must have, as JSON; `null`
   * for a field that must be absent. Several for a method with several writes.
   * Example: `'POST /servers/1/actions {"type":"reboot"}'`. Requests that read
   * may be prescribed, too.
   *
   * @default {none; required for each method that writes}
   */
  readonly sends?: string | readonly string[];
  /**
   * Some fields of the result, from the provider's documentation. In place of
   * records in an array, their ids are enough. An array is the whole list; an
   * object with an id is one record of a list.
   *
   * @default {any result}
   */
  readonly returns?: unknown;
  /**
   * Bodies of responses that the simulator does not send, such as examples of
   * the provider's documentation, and the results.
   *
   * @default {none}
   */
  readonly responds?: readonly ResponseSpec[];
  /**
   * Options that are mistakes of the caller, each with the other valid ones. The
   * method must refuse them before any request.
   *
   * @default {none}
   */
  readonly refuses?: readonly Readonly<Record<string, unknown>>[];
  /**
   * Whether the method sends its first POST again if the response was lost,
   * because the provider applies it only once.
   *
   * @default {false}
   */
  readonly isIdempotent?: boolean;
  /**
   * Whether a list sends no request with these options, but not with others. If
   * it never does, name it in `staticLists` instead.
   *
   * @default {false}
   */
  readonly isStatic?: boolean;
}

/** A response, and the result or the error that a method makes of it. */
export interface ResponseSpec {
  /** Body of the response to all requests of the call, or bodies by path. */
  readonly body: string | Readonly<Record<string, string>>;
  /** Some fields of the result, as in `returns` of a method. */
  readonly returns?: unknown;
  /**
   * Name of the class of the error, such as `"MalformedResponseError"`.
   *
   * @default {the method succeeds}
   */
  readonly throws?: string;
}

/** Valid arguments by method; several for a method with several variants. */
export type MethodTable = Readonly<
  Record<string, MethodSpec | readonly MethodSpec[]>
>;

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
    driver: TestedDriver,
    options?: Readonly<Record<string, unknown>>,
    replaced?: Probe,
    value?: unknown,
  ): unknown;
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
          ...spec.with ?? [],
          { ...bag, ...options },
        ]);
      },
    }))
  );
}

/**
 * Replaces the probes of an argument by their values.
 *
 * @param input The argument.
 * @returns The valid argument.
 */
export function valueOf(input: unknown): unknown {
  return input instanceof Probe
    ? input.value
    : Array.isArray(input)
    ? input.map(valueOf)
    : input;
}

/** Lists the probes in the arguments of a method. */
export function probesIn({ on, options = {} }: MethodSpec): Probe[] {
  return [on, Object.values(options)].flat(3).filter((it) =>
    it instanceof Probe
  );
}

/** Name of the option of a probe, which the error must contain. */
export function fieldOf({ options = {} }: MethodSpec, probe: Probe): string {
  const [name = ""] = Object.entries(options)
    .find(([, input]) => [input].flat(2).includes(probe)) ?? [];
  return name;
}

/** Lists the probes of ids in the arguments of a method. */
export function idsIn(spec: MethodSpec): Probe[] {
  return probesIn(spec).filter(({ kind }) => kind === "id");
}
