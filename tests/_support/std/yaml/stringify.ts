/**
 * Stands in for `jsr:@std/yaml/stringify`.
 *
 * @module
 */

// @ts-types="npm:@types/js-yaml@4.0.9"
import * as yaml from "npm:js-yaml@4.1.1";

/** Options of {@linkcode stringify}, of which the stand-in knows just these. */
export interface StringifyOptions {
  /** Spaces to indent by. */
  indent?: number;
  /** Width at which to fold; -1 is never. */
  lineWidth?: number;
  /** Leaves out what YAML has no word for. */
  skipInvalid?: boolean;
  /** Whether to sort the keys. */
  sortKeys?: boolean;
}

/** Writes a value as one YAML document. */
export function stringify(
  data: unknown,
  options: StringifyOptions = {},
): string {
  return yaml.dump(data, options);
}
