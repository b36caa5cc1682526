/**
 * How the pages of a provider follow each other.
 *
 * @module
 */

import type { Limits } from "./deadline.ts";
import { MalformedResponseError } from "./errors.ts";
import type { Page, PageSource, Position } from "./listing.ts";
import type { ApiResponse } from "./response.ts";

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
 * How to read a list.
 *
 * @typeParam Body The parsed body of a page.
 * @typeParam T What is listed.
 */
export interface PageReader<Body, T> {
  /** Converts the items of a page. */
  readonly items: (body: Body) => readonly T[];
  /**
   * How the pages follow each other: `linkedPages()` or `numberedPages()`.
   *
   * @default {all there is comes on one page}
   */
  readonly pages?: Paging<Body> | undefined;
}

/**
 * How the pages of a provider follow each other.
 *
 * @typeParam Body The parsed body of a page.
 */
export type Paging<Body> = <T>(list: PagedList<Body, T>) => PageSource<T>;

/**
 * A list of many pages.
 *
 * @typeParam Body The parsed body of a page.
 * @typeParam T What is listed.
 */
export interface PagedList<Body, T> {
  /** Asks for the page with these parameters. */
  readonly ask: (params: Params, limits: Limits) => Promise<ApiResponse<Body>>;
  /** Converts the items of a page. */
  readonly items: (body: Body) => readonly T[];
  /** Where the API is. */
  readonly baseUrl: string;
  /** Items to a page, if the caller chose. */
  readonly pageSize: number | undefined;
}

/**
 * Says where the next page is: as parameters, or as the provider's link, of
 * which only the query is used. Anything empty says that there is none.
 *
 * @typeParam Body The parsed body of a page.
 */
export type NextPage<Body> = (
  body: Body,
) => Params | string | false | null | undefined;

/**
 * Describes pages each of which says where the next one is.
 *
 * ```ts
 * import { linkedPages, type PageReader } from "@nephos/nephos/core";
 *
 * interface ServersJson {
 *   servers: { id: string }[];
 *   next?: string;
 * }
 *
 * const reader: PageReader<ServersJson, { id: string }> = {
 *   items: ({ servers }) => servers,
 *   pages: linkedPages(({ next }) => next && { page: next }),
 * };
 * console.log(typeof reader.pages); // "function"
 * ```
 *
 * @typeParam Body The parsed body of a page.
 * @param next Says where the next page is.
 * @returns What a {@linkcode PageReader} takes as `pages`.
 */
export function linkedPages<Body>(next: NextPage<Body>): Paging<Body> {
  return ({ ask, items, baseUrl }) =>
    manyPages(async (position, limits) => {
      const response = await ask(fromPosition(position), limits);
      return response.read((body) => ({
        items: () => response.read(items),
        next: toPosition(next(body), baseUrl),
      }));
    });
}

/** A page that was fetched, and whose items wait to be converted. */
export interface FetchedPage<T> {
  /** Converts the items. */
  items(): readonly T[];
  /** Where the next page is; `undefined` on the last one. */
  readonly next: Position | undefined;
  /**
   * Reads this page and all that follow faster than one after the other;
   * resolves to nothing where the list changed on the way.
   */
  gather?(concurrency: number | undefined): Promise<T[] | undefined>;
}

/**
 * Makes the source of a list whose pages are fetched by their positions.
 *
 * @typeParam T What is listed.
 * @param fetchPage Fetches the page at a position.
 * @param first Where the first page is.
 * @returns What a {@linkcode Listing} is made of.
 */
export function manyPages<T>(
  fetchPage: (position: Position, limits: Limits) => Promise<FetchedPage<T>>,
  first: Position = "",
): PageSource<T> {
  return {
    pages: (from = first, limits) =>
      readPages((position) => fetchPage(position, limits), from),
    async all(from = first, limits, concurrency) {
      const fetch = (position: Position) => fetchPage(position, limits);
      const page = await fetch(from);
      return await page.gather?.(concurrency) ??
        // What changed on the way is read anew.
        await readAll(fetch, from, page.gather ? undefined : page);
    },
  };
}

/**
 * Turns parameters into a query.
 *
 * @param params The parameters.
 * @param query What they are added to.
 * @returns The query; `undefined` parameters are left out.
 */
export function toSearchParams(
  params: Params,
  query: URLSearchParams = new URLSearchParams(),
): URLSearchParams {
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
 * @param next Parameters, or a link; empty where there is no page.
 * @param baseUrl What a link may be relative to.
 * @returns The position, if there is one.
 */
export function toPosition(
  next: ReturnType<NextPage<never>>,
  baseUrl?: string,
): Position | undefined {
  if (!next) return undefined;
  return typeof next === "string"
    ? new URL(next, baseUrl).search
    : toQuery(next);
}

/**
 * Position of the page with these parameters.
 *
 * @param params The parameters.
 * @returns The position.
 */
export function toQuery(params: Params): Position {
  return `?${toSearchParams(params)}`;
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

/**
 * Reads the pages from a position on, one after the other.
 *
 * @typeParam T What is listed.
 * @param fetchPage Fetches a page.
 * @param from Where to start.
 * @param first The first page, if it is already here.
 * @param isAhead Whether to ask for a page before the last one is converted.
 */
async function* readPages<T>(
  fetchPage: (position: Position) => Promise<FetchedPage<T>>,
  from: Position,
  first?: FetchedPage<T>,
  isAhead = false,
): AsyncGenerator<Page<T>, void, undefined> {
  const seen = new Set<unknown>();
  let position = from;
  let page: FetchedPage<T> | undefined = first ?? await fetchPage(from);
  while (page) {
    const next: Position | undefined = page.next;
    const ahead: Promise<FetchedPage<T>> | undefined =
      isAhead && next !== undefined ? fetchPage(next) : undefined;
    // Its failure is thrown by the await below, unless this page fails first.
    if (ahead) await settledOrSent(ahead.catch(() => {}));
    let items: readonly T[] | undefined = page.items();
    checkNew(seen, items, position);
    // Nothing of this page is held while the next one is on its way.
    page = undefined;
    yield { items, next };
    if (next === undefined) return;
    items = undefined;
    page = await (ahead ?? fetchPage(next));
    position = next;
  }
}

/**
 * Waits until a request is on its way: converting keeps the thread that sends
 * busy, and so the provider waiting.
 */
async function settledOrSent(answer: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  // No runtime tells when it has sent, but all do it as soon as they may.
  const pause = new Promise((resolve) => timer = setTimeout(resolve, 1));
  await Promise.race([answer, pause]);
  clearTimeout(timer);
}

/**
 * Reads all items from a position on, one page after the other; the next one is
 * under way while this one is converted.
 *
 * @typeParam T What is listed.
 * @param fetchPage Fetches a page.
 * @param from Where to start.
 * @param first The first page, if it is already here.
 * @returns All items.
 */
export async function readAll<T>(
  fetchPage: (position: Position) => Promise<FetchedPage<T>>,
  from: Position,
  first?: FetchedPage<T>,
): Promise<T[]> {
  const chunks: (readonly T[])[] = [];
  for await (const { items } of readPages(fetchPage, from, first, true)) {
    chunks.push(items);
  }
  return chunks.flat() as T[];
}

/**
 * Notices a provider that gives a page twice, or leads round in a circle.
 *
 * @param seen Marks of the pages so far.
 * @param items What is on this one.
 * @param position Where it is.
 * @throws {MalformedResponseError} If it was there before.
 */
export function checkNew(
  seen: Set<unknown>,
  items: readonly unknown[],
  position: Position,
): void {
  // Ids do not repeat: pages with the same first one are the same.
  const mark = (items[0] as { id?: unknown } | undefined)?.id ?? `@${position}`;
  if (seen.has(mark)) {
    throw new MalformedResponseError(
      "Cannot list: a page came twice",
      {},
    );
  }
  seen.add(mark);
}
