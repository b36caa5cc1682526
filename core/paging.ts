/**
 * Paging: how the pages of a list follow each other.
 *
 * @module
 */

import type { Limits } from "./deadline.ts";
import { MalformedResponseError } from "./errors.ts";
import {
  onePage,
  type Page,
  type PageSource,
  type Position,
} from "./listing.ts";
import type { ApiResponse } from "./response.ts";

/**
 * Parameters of a query. A parameter that is `undefined` is left out; an array
 * becomes one parameter for each of its items.
 */
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
 * @typeParam T A record of the list.
 * @typeParam Item An item of a page, before conversion.
 */
export interface PageReader<Body, T, Item = T> {
  /**
   * Reads the items of a page. The number of items is compared with the
   * provider's total. Therefore do not filter here; use `keep`.
   */
  readonly items: (body: Body) => readonly Item[];
  /**
   * Converts an item into a record.
   *
   * @default {the item is the record}
   */
  readonly convert?: ((item: Item) => T) | undefined;
  /**
   * Selects records after conversion, if the provider cannot filter.
   *
   * @default {all records}
   */
  readonly keep?: ((record: T) => boolean) | undefined;
  /**
   * How the pages follow each other: `linkedPages()` or `numberedPages()`.
   *
   * @default {the list has one page}
   */
  readonly pages?: Paging<Body> | undefined;
}

/**
 * How the pages of a list follow each other.
 *
 * @typeParam Body The parsed body of a page.
 */
export type Paging<Body> = <T>(list: PagedList<Body, T>) => PageSource<T>;

/**
 * The items of one page, counted but not converted yet.
 *
 * @typeParam T A record of the list.
 */
export interface PageItems<T> {
  /** Number of items on the page, before any filter. */
  readonly count: number;
  /** Converts the items into records. */
  records(): readonly T[];
}

/**
 * A list of several pages.
 *
 * @typeParam Body The parsed body of a page.
 * @typeParam T A record of the list.
 */
export interface PagedList<Body, T> {
  /** Requests the page with these parameters. */
  readonly request: (
    params: Params,
    limits: Limits,
  ) => Promise<ApiResponse<Body>>;
  /** Reads the items of a page. */
  readonly read: (body: Body) => PageItems<T>;
  /** Method of the driver, for errors. */
  readonly operation: string;
  /** Base URL of the API. */
  readonly baseUrl: string;
  /** Items per page, if the caller passed `pageSize`. */
  readonly pageSize: number | undefined;
}

/**
 * Returns the position of the next page: its parameters, or the provider's
 * link. Only the query of a link is used. An empty value means that this page
 * is the last one.
 *
 * @typeParam Body The parsed body of a page.
 */
export type NextPage<Body> = (
  body: Body,
) => Params | string | false | null | undefined;

/**
 * Describes a list that has one page. If the provider reports more items than the
 * page contains, the list fails, because it would be incomplete.
 *
 * @typeParam Body The parsed body of the page.
 * @param total Reads the number of items that the provider reports.
 * @returns The paging, for {@linkcode PageReader.pages}.
 */
export function singlePage<Body>(
  total: (body: Body) => number | undefined,
): Paging<Body> {
  return ({ request, read, operation }) =>
    onePage(async (limits) => {
      const response = await request({}, limits);
      return response.read((body) => {
        const page = read(body);
        const expected = total(body) ?? 0;
        if (page.count >= expected) return page.records();
        throw new RangeError(`the list has ${page.count} of ${expected} items`);
      });
    }, operation);
}

/**
 * Describes linked pages: each page contains the position of the next page.
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
 * @param next Returns the position of the next page.
 * @returns The paging, for {@linkcode PageReader.pages}.
 */
export function linkedPages<Body>(next: NextPage<Body>): Paging<Body> {
  return ({ request, read, baseUrl }) =>
    manyPages(async (position, limits) => {
      const response = await request(fromPosition(position), limits);
      return response.read((body) => {
        const page = read(body);
        return {
          records: () => response.read(() => page.records()),
          next: toPosition(next(body), baseUrl),
        };
      });
    });
}

/**
 * A page that was fetched and is not converted yet.
 *
 * @typeParam T A record of the list.
 */
export interface FetchedPage<T> {
  /** Converts the items into records. */
  records(): readonly T[];
  /** Position of the next page; `undefined` on the last one. */
  readonly next: Position | undefined;
  /**
   * Reads this page and all later ones, several at a time. Resolves to
   * `undefined` if the list changed in the meantime.
   */
  gather?(concurrency: number | undefined): Promise<T[] | undefined>;
}

/**
 * Creates the source of a list whose pages are fetched by position.
 *
 * @typeParam T A record of the list.
 * @param fetchPage Fetches the page at a position.
 * @param first Position of the first page.
 * @returns The source, for {@linkcode Listing}.
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
        // A list that changed in the meantime is read again, page by page.
        await readAll(fetch, from, page.gather ? undefined : page);
    },
  };
}

/**
 * Adds parameters to a query.
 *
 * @param params The parameters.
 * @param query The query.
 * @returns The query.
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
 * Converts the parameters of a page, or a link to it, into a position. Only the
 * query of a link is kept, because a link may lead to another host.
 *
 * @param next Parameters or a link; empty if there is no further page.
 * @param baseUrl Base of relative links.
 * @returns The position, or `undefined` if there is no further page.
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
 * Returns the position of the page with these parameters.
 *
 * @param params The parameters.
 * @returns The position.
 */
export function toQuery(params: Params): Position {
  return `?${toSearchParams(params)}`;
}

/**
 * Returns the parameters of the page at a position.
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
 * Reads pages one after the other.
 *
 * @typeParam T A record of the list.
 * @param fetchPage Fetches a page.
 * @param from Position of the first page to read.
 * @param first That page, if it has been fetched already.
 * @param isAhead Whether the next page is requested before this one is
 *   converted.
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
    // If the next page fails, the await below throws, unless this page fails
    // first.
    if (ahead) await settledOrSent(ahead.catch(() => {}));
    let items: readonly T[] | undefined = page.records();
    checkNew(seen, items, position);
    // No part of this page stays in memory while the next one is loaded.
    page = undefined;
    yield { items, next };
    if (next === undefined) return;
    items = undefined;
    page = await (ahead ?? fetchPage(next));
    position = next;
  }
}

/**
 * Waits until a request has been sent. The conversion of a page blocks the
 * thread, and would delay the request.
 */
async function settledOrSent(response: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  // No runtime reports that a request was sent. During a short pause, all
  // runtimes send it.
  const pause = new Promise((resolve) => timer = setTimeout(resolve, 1));
  await Promise.race([response, pause]);
  clearTimeout(timer);
}

/**
 * Reads all records from a position on, page by page. The next page is loaded
 * while this one is converted.
 *
 * @typeParam T A record of the list.
 * @param fetchPage Fetches a page.
 * @param from Position of the first page to read.
 * @param first That page, if it has been fetched already.
 * @returns All records.
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
 * Detects a provider that sends a page twice, or links pages in a circle.
 *
 * @param seen Marks of the pages so far.
 * @param items Records of this page.
 * @param position Position of this page.
 * @throws {MalformedResponseError} If the page was read before.
 */
export function checkNew(
  seen: Set<unknown>,
  items: readonly unknown[],
  position: Position,
): void {
  // Ids are unique. If two pages have the same first id, they are the same
  // page.
  const mark = (items[0] as { id?: unknown } | undefined)?.id ?? `@${position}`;
  if (seen.has(mark)) {
    throw new MalformedResponseError(
      "list: the provider sent the same page twice",
      {},
    );
  }
  seen.add(mark);
}
