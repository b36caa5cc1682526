/**
 * Pages with numbers, which are read side by side.
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

/** How a provider numbers its pages. */
export interface NumberedPagesOptions<Body> {
  /** Parameter for the number of the page, such as `"page"`. */
  readonly page: string;
  /** Parameter for its size, such as `"per_page"`. */
  readonly size: string;
  /** Largest page the provider documents. */
  readonly maxSize: number;
  /**
   * Smallest page the provider documents.
   *
   * @default {1}
   */
  readonly minSize?: number | undefined;
  /** Reads the number of items on all pages. */
  readonly total: (body: Body) => number | undefined;
  /** Says where the next page is, if the provider says that too. */
  readonly next?: NextPage<Body> | undefined;
}

interface CountedPage<T> extends FetchedPage<T> {
  /** How many items the provider says there are, on all pages. */
  readonly total: number | undefined;
}

/**
 * Describes pages that are numbered from 1 by a provider that tells how many
 * items there are, so that all pages after the first are read side by side. If
 * the number changes meanwhile, the list is read anew, one page after the
 * other.
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
 * @returns What a `PageReader` takes as `pages`.
 */
export function numberedPages<Body>(
  options: NumberedPagesOptions<Body>,
): Paging<Body> {
  const { page, size, minSize = 1, maxSize, total: readTotal } = options;
  const within = (count: number) => Math.max(minSize, Math.min(count, maxSize));
  return <T>(
    { ask, items: convert, baseUrl, pageSize = maxSize }: PagedList<Body, T>,
  ) => {
    const fetchPage = async (
      position: Position,
      limits: Limits,
    ): Promise<CountedPage<T>> => {
      const params = fromPosition(position);
      const response = await ask(params, limits);
      return response.read((body) => {
        const items = convert(body);
        const total = readTotal(body);
        const number = Number(params[page] ?? 1);
        const asked = Number(params[size]);
        // A server may have a smaller largest page than it documents, and tell
        // of more items than it has.
        const actual = number === 1
          ? Math.min(items.length, asked)
          : items.length && asked;
        const pages = total && actual ? Math.ceil(total / actual) : 0;
        const at = (later: number) =>
          toQuery({ ...params, [page]: later, [size]: within(actual) });
        const left = pages - number;
        const next = toPosition(options.next?.(body), baseUrl) ??
          (left > 0 ? at(number + 1) : undefined);
        const whole = { items: () => items, next, total };
        return left < 2 ? whole : {
          ...whole,
          gather: (concurrency = 4) =>
            gather(
              whole,
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
  const chunks: (readonly T[])[] = [first.items()];
  checkNew(seen, first.items(), "");
  let taken = 0;
  let last = first;
  let hasChanged = false;
  // Each worker takes the next position that no other has taken.
  const work = async () => {
    while (taken < left) {
      const index = taken++;
      const position = positionAt(index);
      const page = await fetchPage(position);
      const items = page.items();
      hasChanged ||= page.total !== first.total || items.length === 0;
      if (hasChanged) return;
      checkNew(seen, chunks[index + 1] = items, position);
      if (index === left - 1) last = page;
    }
  };
  const workers = Math.min(concurrency, left);
  await Promise.all(Array.from({ length: workers }, work));
  if (hasChanged) return undefined;
  // The provider may know of more pages than its total says.
  if (last.next !== undefined) chunks.push(await readAll(fetchPage, last.next));
  return chunks.flat() as T[];
}
