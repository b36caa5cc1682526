/**
 * Numbered pages. Several pages are read at the same time.
 *
 * @module
 */

import {
  checkNew,
  type FetchedPage,
  fromPosition,
  manyPages,
  type NextPage,
  type PagedList,
  type Paging,
  readAll,
  toPosition,
  toQuery,
} from "./paging.ts";
import type { Limits } from "./deadline.ts";
import type { Position } from "./listing.ts";

/**
 * How a provider numbers its pages.
 *
 * @typeParam Body The parsed body of a page.
 */
export interface NumberedPagesOptions<Body> {
  /** Parameter for the number of the page, such as `"page"`. */
  readonly page: string;
  /** Parameter for the items per page, such as `"per_page"`. */
  readonly size: string;
  /** Largest number of items per page in the provider's documentation. */
  readonly maxSize: number;
  /**
   * Smallest number of items per page in the provider's documentation.
   *
   * @default {1}
   */
  readonly minSize?: number | undefined;
  /** Reads the total: the number of items on all pages. */
  readonly total: (body: Body) => number | undefined;
  /**
   * Returns the position of the next page, if the provider also sends a link.
   */
  readonly next?: NextPage<Body> | undefined;
}

interface CountedPage<T> extends FetchedPage<T> {
  /** Number of items on this page. */
  readonly count: number;
  /** Number of items on all pages, as the provider reports it. */
  readonly total: number | undefined;
}

/**
 * Describes pages that are numbered from 1. The provider must report the total
 * number of items. If you await the list, several pages are loaded at the same
 * time. If the total changes in the meantime, the list is read again, page by
 * page.
 *
 * ```ts
 * import { numberedPages, type PageReader } from "@nephos/nephos/core";
 *
 * interface ServersJson {
 *   servers: { id: string }[];
 *   total: number;
 * }
 *
 * const reader: PageReader<ServersJson, { id: string }> = {
 *   items: ({ servers }) => servers,
 *   pages: numberedPages({
 *     page: "page",
 *     size: "per_page",
 *     maxSize: 200,
 *     total: ({ total }) => total,
 *   }),
 * };
 * console.log(typeof reader.pages); // "function"
 * ```
 *
 * @typeParam Body The parsed body of a page.
 * @param options How the provider numbers its pages.
 * @returns The paging, for `PageReader.pages`.
 */
export function numberedPages<Body>(
  options: NumberedPagesOptions<Body>,
): Paging<Body> {
  const { page, size, minSize = 1, maxSize, total: readTotal } = options;
  const within = (count: number) => Math.max(minSize, Math.min(count, maxSize));
  return <T>(
    { request, read, baseUrl, pageSize = maxSize }: PagedList<Body, T>,
  ) => {
    const fetchPage = async (
      position: Position,
      limits: Limits,
    ): Promise<CountedPage<T>> => {
      const params = fromPosition(position);
      const response = await request(params, limits);
      return response.read((body) => {
        const { count, records } = read(body);
        const total = readTotal(body);
        const number = Number(params[page] ?? 1);
        const requested = Number(params[size]);
        // The server's largest page may be smaller than documented, and its
        // total may be larger than the number of items.
        const actual = number === 1
          ? Math.min(count, requested)
          : count && requested;
        const pages = total && actual ? Math.ceil(total / actual) : 0;
        const at = (later: number) =>
          toQuery({ ...params, [page]: later, [size]: within(actual) });
        const left = pages - number;
        const next = toPosition(options.next?.(body), baseUrl) ??
          (left > 0 ? at(number + 1) : undefined);
        const counted: CountedPage<T> = {
          records: () => response.read(() => records()),
          count,
          next,
          total,
        };
        return left < 2 ? counted : {
          ...counted,
          gather: (concurrency = 4) =>
            gather(
              counted,
              left,
              (index) => at(number + 1 + index),
              (position) => fetchPage(position, limits),
              concurrency,
            ),
        };
      });
    };
    return manyPages(fetchPage, toQuery({ [size]: within(pageSize) }));
  };
}

async function gather<T>(
  first: CountedPage<T>,
  left: number,
  positionAt: (index: number) => Position,
  fetchPage: (position: Position) => Promise<CountedPage<T>>,
  concurrency: number,
): Promise<T[] | undefined> {
  const seen = new Set<unknown>();
  const chunks: (readonly T[])[] = [];
  const add = (index: number, page: CountedPage<T>, position: Position) => {
    const records = page.records();
    checkNew(seen, records, position);
    chunks[index] = records;
  };
  add(0, first, "");
  let taken = 0;
  let last = first;
  let hasChanged = false;
  // Each worker takes the next position that no other worker has taken.
  const work = async () => {
    while (taken < left) {
      const index = taken++;
      const position = positionAt(index);
      const page = await fetchPage(position);
      hasChanged ||= page.total !== first.total || page.count === 0;
      if (hasChanged) return;
      add(index + 1, page, position);
      if (index === left - 1) last = page;
    }
  };
  const workers = Math.min(concurrency, left);
  await Promise.all(Array.from({ length: workers }, work));
  if (hasChanged) return undefined;
  // The provider may have more pages than its total says.
  if (last.next !== undefined) chunks.push(await readAll(fetchPage, last.next));
  return chunks.flat() as T[];
}
