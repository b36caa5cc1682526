/**
 * Replaces `jsr:@std/yaml/stringify` if JSR is not reachable.
 *
 * @module
 */

// @ts-types="npm:@types/js-yaml@4.0.9"
import * as yaml from "npm:js-yaml@4.1.1";

/** Options of {@linkcode stringify}, as far as the stand-in supports them. */
export interface StringifyOptions {
  /** Number of spaces for indentation. */
  indent?: number;
  /** Maximum line width; -1 for no limit. */
  lineWidth?: number;
  /** Omits values that YAML cannot represent. */
  skipInvalid?: boolean;
  /** Whether to sort the keys. */
  sortKeys?: boolean;
}

/** Serializes a value as one YAML document. */
export function stringify(
  data: unknown,
  options: StringifyOptions = {},
): string {
  return yaml.dump(data, options);
}
