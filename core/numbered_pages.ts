/**
 * Pages with numbers, which are read side by side.
 *
 * @module
 */

import {
  checkNew,
  type FetchedPage,
  type Position,
  readAll,
} from "./listing.ts";
import { fromPosition, type PageNumbers, toPosition } from "./paging.ts";

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
 *   numbered: numberedPages({
 *     page: "page",
 *     size: "per_page",
 *     maxSize: 200,
 *     total: ({ total }) => total,
 *   }),
 * };
 * console.log(reader.numbered?.first(50)); // "?per_page=50"
 * ```
 *
 * @typeParam Body The parsed body of a page.
 * @param options How the provider numbers its pages.
 * @returns What a `PageReader` takes as `numbered`.
 */
export function numberedPages<Body>(
  options: NumberedPagesOptions<Body>,
): PageNumbers<Body> {
  const { page, size, minSize = 1, maxSize, total: readTotal } = options;
  const within = (count: number) => Math.max(minSize, Math.min(count, maxSize));
  return {
    first: (pageSize = maxSize) => toPosition({ [size]: within(pageSize) }),
    extend(fetched, body, position) {
      const params = fromPosition(position);
      const items = fetched.items();
      const total = readTotal(body);
      const number = Number(params[page] ?? 1);
      const asked = Number(params[size]);
      // A server may have a smaller largest page than it documents, and tell of
      // more items than it has.
      const actual = number === 1
        ? Math.min(items.length, asked)
        : items.length && asked;
      const pages = total && actual ? Math.ceil(total / actual) : 0;
      const at = (later: number) =>
        toPosition({ ...params, [page]: later, [size]: within(actual) });
      const left = pages - number;
      const next = fetched.next ?? (left > 0 ? at(number + 1) : undefined);
      const whole = { items: () => items, next, total };
      return left < 2 ? whole : {
        ...whole,
        gather: (fetchPage, concurrency = 4) =>
          gather(
            whole,
            left,
            (index) => at(number + 1 + index),
            fetchPage,
            concurrency,
          ),
      };
    },
  };
}

async function gather<T>(
  first: FetchedPage<T>,
  left: number,
  positionAt: (index: number) => Position,
  fetchPage: (position: Position | undefined) => Promise<FetchedPage<T>>,
  concurrency: number,
): Promise<T[] | undefined> {
  const seen = new Set<unknown>();
  const chunks: (readonly T[])[] = [first.items()];
  checkNew(seen, first.items(), undefined);
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
