/**
 * Replaces `jsr:@std/yaml` if JSR is not reachable, with the package that
 * `@std/yaml` was ported from.
 *
 * @module
 */

export { parse, type ParseOptions } from "./parse.ts";
export { stringify, type StringifyOptions } from "./stringify.ts";
