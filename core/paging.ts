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
import {
  hash,
  type PageParameters,
  type PageParams,
  type PositionedList,
  Positions,
} from "./position.ts";
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
  /** Converts all items into records, before any filter. */
  records(): readonly T[];
}

/**
 * A list of several pages.
 *
 * @typeParam Body The parsed body of a page.
 * @typeParam T A record of the list.
 */
export interface PagedList<Body, T> extends PositionedList {
  /**
   * Requests the page with these parameters. The parameters of the list itself
   * win over those of the page.
   */
  readonly request: (
    params: PageParams,
    limits: Limits,
  ) => Promise<ApiResponse<Body>>;
  /** Reads the items of a page. */
  readonly read: (body: Body) => PageItems<T>;
  /** Selects records, if the provider cannot filter. */
  readonly keep?: ((record: T) => boolean) | undefined;
  /** Id of the provider, for errors. */
  readonly provider: string;
  /** Base URL of the API. */
  readonly baseUrl: string;
  /** Items per page, if the caller passed `pageSize`. */
  readonly pageSize: number | undefined;
}

/**
 * Returns the parameters of the next page, or the provider's link to it. Of a
 * link, only the declared parameters in its query are used. An empty value means
 * that this page is the last one.
 *
 * @typeParam Body The parsed body of a page.
 */
export type NextPage<Body> = (
  body: Body,
) => Params | string | false | null | undefined;

/** Further settings of {@linkcode linkedPages}. */
export interface LinkedPagesOptions {
  /**
   * Name of the parameter that sets the size of a page.
   *
   * @default {the provider chooses the size, and `pageSize` has no effect}
   */
  readonly size?: string | undefined;
  /**
   * Items on the largest page that the provider sends.
   *
   * @default {100}
   */
  readonly maxSize?: number | undefined;
}

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
  return ({ request, read, operation, keep = () => true }) =>
    onePage(async (limits) => {
      const response = await request({}, limits);
      return response.read((body) => {
        const page = read(body);
        const expected = total(body) ?? 0;
        if (page.count >= expected) return page.records().filter(keep);
        throw new RangeError(`the list has ${page.count} of ${expected} items`);
      });
    }, operation);
}

/**
 * Describes linked pages: each page contains the position of the next page, such
 * as a token or a link.
 *
 * Use this function if the position stays valid when the list changes. If it is
 * the number of a page, use `numberedPages()`, which notices changes.
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
 *   pages: linkedPages(["page"], ({ next }) => next && { page: next }),
 * };
 * console.log(typeof reader.pages); // "function"
 * ```
 *
 * @typeParam Body The parsed body of a page.
 * @param parameters The parameters that select a page: their names, as in
 *   `["page"]`, or the form of each, as in `{ page: "number" }`. No other
 *   parameter of a link or of a position is ever sent.
 * @param next Returns the parameters of the next page, or a link to it.
 * @param options The parameter for the size of a page.
 * @returns The paging, for {@linkcode PageReader.pages}.
 */
export function linkedPages<Body>(
  parameters: PageParameters,
  next: NextPage<Body>,
  { size, maxSize = 100 }: LinkedPagesOptions = {},
): Paging<Body> {
  return (list) => {
    const { request, read, keep, baseUrl, pageSize = maxSize } = list;
    // The size is no part of a position, so it may differ when a list is resumed.
    const sized = size === undefined
      ? {}
      : { [size]: Math.min(pageSize, maxSize) };
    const positions = new Positions(list, parameters);
    return manyPages(list, positions, {}, async (params, limits) => {
      const response = await request({ ...params, ...sized }, limits);
      return response.read((body) => {
        const page = read(body);
        const following = next(body);
        const query = typeof following === "string"
          ? following && new URL(following, baseUrl).searchParams
          : following && toSearchParams(following);
        return {
          records: () => response.read(() => page.records()),
          keep,
          next: query ? positions.pick(query) : undefined,
        };
      });
    });
  };
}

/**
 * A page that was fetched and is not converted yet.
 *
 * @typeParam T A record of the list.
 */
export interface FetchedPage<T> {
  /** Converts all items into records. */
  records(): readonly T[];
  /** Selects records, if the provider cannot filter. */
  readonly keep?: ((record: T) => boolean) | undefined;
  /** Parameters of the next page; `undefined` on the last one. */
  readonly next: PageParams | undefined;
  /**
   * Reads this page and all later ones, several at a time. Resolves to
   * `undefined` if the pages must be read one after the other.
   *
   * @throws {ListChangedError} If the list changed in the meantime.
   */
  gather?(concurrency: number | undefined): Promise<T[] | undefined>;
}

/**
 * Fetches the page with these parameters.
 *
 * @typeParam T A record of the list.
 */
export type FetchPage<T> = (
  params: PageParams,
  limits: Limits,
) => Promise<FetchedPage<T>>;

/**
 * The pages of a list contradict each other: the list changed while it was read,
 * or the provider sent a page twice. To callers, this is a
 * `MalformedResponseError`.
 */
export class ListChangedError extends MalformedResponseError {
  /**
   * Describes the contradiction.
   *
   * @param list The list.
   * @param reason The contradiction, such as `"the total was 3, then 2"`.
   */
  constructor(
    { provider, operation }: Pick<
      PagedList<never, never>,
      "provider" | "operation"
    >,
    reason: string,
  ) {
    super(`${operation}: ${reason}`, { provider, operation });
  }
}

/**
 * Creates the source of a list whose pages are fetched one by one. If you await
 * the whole list and it changes meanwhile, it is read again once, page by page.
 *
 * @typeParam T A record of the list.
 * @param list The list.
 * @param positions The positions of the list.
 * @param first Parameters of the first page.
 * @param fetchPage Fetches a page.
 * @returns The source, for {@linkcode Listing}.
 */
export function manyPages<T>(
  list: Pick<PagedList<never, never>, "provider" | "operation">,
  positions: Positions,
  first: PageParams,
  fetchPage: FetchPage<T>,
): PageSource<T> {
  const startOf = (from: Position | undefined) =>
    from === undefined ? first : positions.read(from);
  return {
    async *pages(from, limits) {
      const fetch = (params: PageParams) => fetchPage(params, limits);
      const seen = new SeenPages(list);
      for await (const page of readPages(fetch, startOf(from), seen)) {
        const { items, next } = page;
        yield { items, next: next && positions.write(next) };
      }
    },
    async all(from, limits, concurrency) {
      const start = startOf(from);
      const fetch = (params: PageParams) => fetchPage(params, limits);
      // The pages before a position cannot be read again.
      let canRestart = from === undefined;
      try {
        const page = await fetch(start);
        const records = await page.gather?.(concurrency);
        if (records) return records;
        canRestart &&= !page.gather;
        const first = page.gather ? undefined : page;
        return await readAll(fetch, start, new SeenPages(list), first);
      } catch (error) {
        if (!canRestart || !(error instanceof ListChangedError)) throw error;
        return await readAll(fetch, start, new SeenPages(list));
      }
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

/** A page that was converted. */
interface ReadPage<T> extends Omit<Page<T>, "next"> {
  readonly next: PageParams | undefined;
}

/**
 * Reads pages one after the other.
 *
 * @typeParam T A record of the list.
 * @param fetchPage Fetches a page.
 * @param start Parameters of the first page to read.
 * @param seen Pages that were read before.
 * @param first The first page, if it has been fetched already.
 * @param isAhead Whether the next page is requested before this one is
 *   converted.
 */
async function* readPages<T>(
  fetchPage: (params: PageParams) => Promise<FetchedPage<T>>,
  start: PageParams,
  seen: SeenPages,
  first?: FetchedPage<T>,
  isAhead = false,
): AsyncGenerator<ReadPage<T>, void, undefined> {
  seen.checkParams(start);
  let page: FetchedPage<T> | undefined = first ?? await fetchPage(start);
  while (page) {
    const next: PageParams | undefined = page.next;
    if (next) seen.checkParams(next);
    const ahead: Promise<FetchedPage<T>> | undefined = isAhead && next
      ? fetchPage(next)
      : undefined;
    // If the next page fails, the await below throws, unless this page fails
    // first.
    if (ahead) await settledOrSent(ahead.catch(() => {}));
    let items: readonly T[] | undefined = seen.checkRecords(page);
    // No part of this page stays in memory while the next one is loaded.
    page = undefined;
    yield { items, next };
    if (!next) return;
    items = undefined;
    page = await (ahead ?? fetchPage(next));
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
 * Reads all records from a page on, page by page. The next page is loaded while
 * this one is converted.
 *
 * @typeParam T A record of the list.
 * @param fetchPage Fetches a page.
 * @param start Parameters of the first page to read.
 * @param seen Pages that were read before.
 * @param first The first page, if it has been fetched already.
 * @returns All records.
 */
export async function readAll<T>(
  fetchPage: (params: PageParams) => Promise<FetchedPage<T>>,
  start: PageParams,
  seen: SeenPages,
  first?: FetchedPage<T>,
): Promise<T[]> {
  const chunks: (readonly T[])[] = [];
  for await (
    const { items } of readPages(fetchPage, start, seen, first, true)
  ) {
    chunks.push(items);
  }
  return chunks.flat() as T[];
}

/** Detects a provider that sends a page twice, or links pages in a circle. */
export class SeenPages {
  readonly #list: Pick<PagedList<never, never>, "provider" | "operation">;
  readonly #params = new Set<string>();
  readonly #marks = new Set<string>();

  /** Starts with no page of a list. */
  constructor(list: Pick<PagedList<never, never>, "provider" | "operation">) {
    this.#list = list;
  }

  /**
   * Adds a page that is about to be requested.
   *
   * @param params Parameters of the page.
   * @throws {ListChangedError} If the page was requested before.
   */
  checkParams(params: PageParams): void {
    const key = JSON.stringify(params);
    this.#add(this.#params, key);
  }

  /**
   * Converts a page, and adds it.
   *
   * @typeParam T A record of the list.
   * @param page The page.
   * @returns The records of the page, after its filter.
   * @throws {ListChangedError} If a page with the same records was added before.
   */
  checkRecords<T>(page: FetchedPage<T>): readonly T[] {
    const records = page.records();
    const mark = markOf(records);
    if (mark) this.#add(this.#marks, mark);
    return page.keep ? records.filter(page.keep) : records;
  }

  #add(marks: Set<string>, mark: string): void {
    if (marks.has(mark)) {
      const reason = "the provider sent the same page twice";
      throw new ListChangedError(this.#list, reason);
    }
    marks.add(mark);
  }
}

/**
 * Creates a mark that is the same for two pages with the same records, and empty
 * if the page has no content. Different records may have the same id, such as
 * the price of a size in two regions. Therefore the mark contains all ids and
 * one complete record.
 */
function markOf(records: readonly unknown[]): string {
  const parts = records.map((record, index) => {
    const { id } = Object(record) as { id?: unknown };
    const isShort = index > 0 && (typeof id === "string" && id !== "");
    return isShort ? id : JSON.stringify(record);
  });
  // Elements of XML are "{}".
  return parts.some((part) => part !== "{}") ? hash(parts.join("\n")) : "";
}
