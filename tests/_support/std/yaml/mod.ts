/**
 * Stands in for `jsr:@std/yaml` where JSR does not answer, by way of the
 * package that `@std/yaml` was ported from.
 *
 * @module
 */

// @ts-types="npm:@types/js-yaml@4.0.9"
import * as yaml from "npm:js-yaml@4.1.1";

export { stringify, type StringifyOptions } from "./stringify.ts";

/** Options of {@linkcode parse}, of which the stand-in knows just one. */
export interface ParseOptions {
  /** Whether a key may be there twice, the last one winning. */
  allowDuplicateKeys?: boolean;
}

/** Parses one YAML document. */
export function parse(content: string, options: ParseOptions = {}): unknown {
  try {
    // An empty document is null there and undefined in js-yaml.
    return yaml.load(content, { json: options.allowDuplicateKeys === true }) ??
      null;
  } catch (error) {
    // @std/yaml throws a SyntaxError, js-yaml a class of its own.
    throw new SyntaxError((error as Error).message, { cause: error });
  }
}
