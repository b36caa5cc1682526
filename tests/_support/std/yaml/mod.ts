/**
 * Replaces `jsr:@std/yaml` if JSR is not reachable, with the package that
 * `@std/yaml` was ported from.
 *
 * @module
 */

// @ts-types="npm:@types/js-yaml@4.0.9"
import * as yaml from "npm:js-yaml@4.1.1";

export { stringify, type StringifyOptions } from "./stringify.ts";

/** Options of {@linkcode parse}, as far as the stand-in supports them. */
export interface ParseOptions {
  /** Whether a key may occur twice; the last value is used. */
  allowDuplicateKeys?: boolean;
}

/** Parses one YAML document. */
export function parse(content: string, options: ParseOptions = {}): unknown {
  try {
    // An empty document is null in @std/yaml and undefined in js-yaml.
    return yaml.load(content, { json: options.allowDuplicateKeys === true }) ??
      null;
  } catch (error) {
    // @std/yaml throws a SyntaxError, js-yaml its own class.
    throw new SyntaxError((error as Error).message, { cause: error });
  }
}
