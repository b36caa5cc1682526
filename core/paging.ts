/**
 * How the pages of a provider follow each other.
 *
 * @module
 */

import type { FetchedPage, Position } from "./listing.ts";

/** Parameters of a query; `undefined` ones are left out, lists are repeated. */
export type Params = Readonly<
  Record<
    string,
    | string
    | number
    | boolean
    | undefined
    | readonly (string | number | boolean)[]
  >
>;

/**
 * How to read a page of a list, and where the next one is.
 *
 * @typeParam Body The parsed body of a page.
 * @typeParam T What is listed.
 */
export interface PageReader<Body, T> {
  /** Converts the items of a page. */
  readonly items: (body: Body) => readonly T[];
  /**
   * Says where the next page is: as parameters, or as the provider's link, of
   * which only the query is used. Anything empty says that there is none.
   */
  readonly next?:
    | ((body: Body) => Params | string | false | null | undefined)
    | undefined;
  /** Pages with numbers: see `numberedPages()`. */
  readonly numbered?: PageNumbers<Body> | undefined;
}

/** What `numberedPages()` knows, for {@linkcode PageReader}. */
export interface PageNumbers<Body> {
  /** Where the first page is. */
  readonly first: (pageSize: number | undefined) => Position;
  /** Adds to a page where all the others are. */
  readonly extend: <T>(
    page: FetchedPage<T>,
    body: Body,
    position: Position,
  ) => FetchedPage<T>;
}

/**
 * Turns parameters into a query.
 *
 * @param params The parameters.
 * @returns The query; `undefined` parameters are left out.
 */
export function toSearchParams(params: Params): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    for (const item of [value].flat()) {
      if (item !== undefined) query.append(name, String(item));
    }
  }
  return query;
}

/**
 * Makes a position of the parameters of a page, or of a link to it. A link may
 * lead to another host, so no more of it than the query is kept.
 *
 * @param next Parameters, or a link.
 * @param baseUrl What a link may be relative to.
 * @returns The position.
 */
export function toPosition(next: Params | string, baseUrl?: string): Position {
  return typeof next === "string"
    ? new URL(next, baseUrl).search
    : `?${toSearchParams(next)}`;
}

/**
 * Parameters of the page at a position.
 *
 * @param position The position.
 * @returns The parameters.
 */
export function fromPosition(position: Position): Params {
  const query = new URLSearchParams(position);
  return Object.fromEntries(
    Array.from(query.keys(), (name) => [name, query.getAll(name)]),
  );
}
