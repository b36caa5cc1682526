/**
 * Paths that ids cannot escape from.
 *
 * @module
 */

import { idOf } from "./check.ts";
import type { Ref } from "./ref.ts";

/**
 * Builds a path; each id becomes one segment, whatever it holds.
 *
 * ```ts
 * import { path } from "@nephos/nephos/core";
 *
 * const node = { id: "a/b" };
 * console.log(path`/servers/${node}/start`); // "/servers/a%2Fb/start"
 * ```
 *
 * @param literals The parts of the path that the driver wrote.
 * @param refs The ids between them.
 * @returns The path.
 * @throws {TypeError} If an id is none: see {@linkcode idOf}.
 */
export function path(
  literals: TemplateStringsArray,
  ...refs: readonly Ref[]
): string {
  const segments = refs.map((ref) => encodeURIComponent(idOf(ref)));
  return String.raw({ raw: literals }, ...segments);
}
