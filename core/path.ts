/**
 * Builds URL paths from ids, and percent-encodes each id as one segment.
 *
 * @module
 */

import { idOf } from "./check.ts";
import type { Ref } from "./ref.ts";

/**
 * Part of a path: an id or a record. In the form `{ node }`, the part has a
 * name. If the id is invalid, the error shows this name.
 */
export type PathPart = Ref | Readonly<Record<string, Ref>>;

/** A path. Its ids are checked when a request uses the path. */
export class Path {
  readonly #literals: readonly string[];
  readonly #parts: readonly PathPart[];

  /** Creates a path. Use the {@linkcode path} tag instead. */
  constructor(literals: readonly string[], parts: readonly PathPart[]) {
    this.#literals = literals;
    this.#parts = parts;
  }

  /**
   * Builds the path.
   *
   * @param operation Name of the method, for the error.
   * @returns The path, in which each id is one segment.
   * @throws {TypeError} If an id is invalid; see {@linkcode idOf}.
   */
  build(operation: string): string {
    const segments = this.#parts.map((part) =>
      encodeURIComponent(toId(part, operation))
    );
    return String.raw({ raw: this.#literals }, ...segments);
  }

  /** Builds the path. */
  toString(): string {
    return this.build("path");
  }
}

/**
 * Builds a path. Each id becomes one segment, whatever it contains.
 *
 * ```ts
 * import { path } from "@nephos/nephos/core";
 *
 * const node = { id: "a/b" };
 * console.log(`${path`/servers/${{ node }}/start`}`); // "/servers/a%2Fb/start"
 * ```
 *
 * @param literals The constant parts of the path.
 * @param parts The ids between the constant parts. Write `${{ node }}` instead
 *   of `${node}`, so that errors can name the argument.
 * @returns The path.
 */
export function path(
  literals: TemplateStringsArray,
  ...parts: readonly PathPart[]
): Path {
  return new Path(literals, parts);
}

function toId(part: PathPart, operation: string): string {
  const isBare = typeof part !== "object" || part === null ||
    Array.isArray(part) || "id" in part;
  if (isBare) return idOf(part as Ref, operation);
  const [named, ...others] = Object.entries(part);
  if (named && others.length === 0) return idOf(named[1], operation, named[0]);
  return idOf(part as unknown as Ref, operation);
}
