/**
 * Replaces `jsr:@std/yaml/parse` if JSR is not reachable, with the package that
 * `@std/yaml` was ported from.
 *
 * @module
 */

// @ts-types="npm:@types/js-yaml@4.0.9"
import * as yaml from "npm:js-yaml@4.1.1";

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
    throw new SyntaxError(toMessage(error as Error), { cause: error });
  }
}

/** Writes the position and the quoted lines as @std/yaml does. */
function toMessage(error: Error): string {
  if (!(error instanceof yaml.YAMLException) || !error.mark) {
    return error.message;
  }
  const { reason, mark: { line, column, snippet } } = error;
  return `${reason} at line ${line + 1}, column ${column + 1}:\n${snippet}`;
}
