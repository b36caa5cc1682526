/**
 * Pages by offset. Each page begins with the last item of the page before, so
 * that a change of the list between two pages is noticed.
 *
 * @module
 */

import { mapConcurrently } from "./concurrency.ts";
import { toNumber } from "./json.ts";
import {
  type FetchedPage,
  ListChangedError,
  manyPages,
  type PagedList,
  type Paging,
  readAll,
  SeenPages,
} from "./paging.ts";
import { type PageParams, Positions } from "./position.ts";
import type { ApiResponse } from "./response.ts";

/**
 * How a provider selects a page by offset.
 *
 * @typeParam Body The parsed body of a page.
 */
export interface OffsetPagesOptions<Body> {
  /**
   * Creates the parameters of the query for a page.
   *
   * @param offset Number of items before the page.
   * @param limit Largest number of items on the page.
   */
  readonly params: (offset: number, limit: number) => PageParams;
  /** Reads the ids of the items on a page, in their order. */
  readonly ids: (body: Body) => readonly string[];
  /**
   * Reads the total: the number of all items, as a number or a string. Without
   * it, a page with fewer items than requested is the last one.
   *
   * @default {the provider does not tell the total}
   */
  readonly total?: ((response: ApiResponse<Body>) => unknown) | undefined;
  /**
   * Largest number of items per page in the provider's documentation.
   *
   * @default {100}
   */
  readonly maxSize?: number | undefined;
}

/** A page, with what the pages beside it must match. */
interface OffsetPage<T> extends FetchedPage<T> {
  readonly firstId: string | undefined;
  readonly lastId: string | undefined;
  readonly isFull: boolean;
}

/** A page has room for the last item of the page before, and for a new one. */
const MIN_SIZE = 2;

/**
 * Describes pages that are selected by an offset and a limit. Each page begins
 * with the last item of the page before. If you await the list, several pages
 * are loaded at the same time.
 *
 * Use it if the provider keeps the order of the items, for example because it
 * sorts them by id. If all pages match, each item that existed the whole time is
 * returned exactly once, whatever was created and deleted meanwhile. Items that
 * were created or deleted meanwhile may be missing.
 *
 * A page does not match if items before it were created or deleted, and the
 * numbers of both differ, or if the last item of the page before was deleted.
 * Then an awaited list is read again once, page by page. If that fails, too, or
 * if the list is iterated, a `MalformedResponseError` is thrown.
 *
 * If the provider changes the order of items between two pages, this cannot be
 * noticed in all cases: an item may then be missing, or returned twice.
 *
 * ```ts
 * import { offsetPages, type PageReader } from "@nephos/nephos/core";
 *
 * type ServersJson = readonly { id: string }[];
 *
 * const reader: PageReader<ServersJson, { id: string }> = {
 *   items: (servers) => servers,
 *   pages: offsetPages({
 *     params: (offset, limit) => ({ offset, limit }),
 *     ids: (servers) => servers.map(({ id }) => id),
 *     total: ({ headers }) => headers.get("x-total-count"),
 *   }),
 * };
 * console.log(typeof reader.pages); // "function"
 * ```
 *
 * @typeParam Body The parsed body of a page.
 * @param options How the provider selects a page.
 * @returns The paging, for `PageReader.pages`.
 */
export function offsetPages<Body>(
  options: OffsetPagesOptions<Body>,
): Paging<Body> {
  const { maxSize = 100 } = options;
  return (list) => {
    const { pageSize = maxSize } = list;
    const size = Math.max(MIN_SIZE, Math.min(pageSize, maxSize));
    const forms = { offset: "number", last: "token" } as const;
    const positions = new Positions(list, forms);
    const { provider, operation, read, keep } = list;
    return manyPages(list, positions, {}, (params, limits) => {
      const request = (sent: PageParams) => list.request(sent, limits);
      const limited = { provider, operation, read, keep, request };
      return fetchOffset(limited, options, size, params);
    });
  };
}

/** A list whose requests have their time limit already. */
interface LimitedList<Body, T>
  extends Pick<PagedList<Body, T>, "provider" | "operation" | "read" | "keep"> {
  readonly request: (params: PageParams) => Promise<ApiResponse<Body>>;
}

/**
 * Fetches a page, and compares it with the page before.
 *
 * @throws {ListChangedError} If the page does not continue the page before, or
 *   contradicts the total.
 */
async function fetchOffset<Body, T>(
  list: LimitedList<Body, T>,
  options: OffsetPagesOptions<Body>,
  size: number,
  { offset = 0, last }: PageParams,
): Promise<OffsetPage<T>> {
  const start = Number(offset);
  const response = await list.request(options.params(start, size));
  return response.read((body) => {
    const { count, records } = list.read(body);
    const ids = options.ids(body);
    const [firstId, lastId] = [ids[0], ids[count - 1]];
    if (last !== undefined) checkSeam(list, String(last), firstId);
    const end = start + count;
    const total = toNumber(options.total?.(response));
    const hasNext = total === undefined ? count >= size : end < total;
    const isStuck = hasNext && count < MIN_SIZE;
    if (total !== undefined && (end > total || isStuck)) {
      throw new ListChangedError(
        list,
        `the provider sent ${end} items and the total ${total}`,
      );
    }
    const page: OffsetPage<T> = {
      firstId,
      lastId,
      isFull: count === size,
      records: () =>
        response.read(() => records().slice(last === undefined ? 0 : 1)),
      keep: list.keep,
      next: hasNext && lastId !== undefined
        ? { offset: end - 1, last: lastId }
        : undefined,
    };
    const step = size - 1;
    const left = page.isFull && total ? Math.ceil((total - end) / step) : 0;
    if (left < 2) return page;
    const fetch = (params: PageParams) =>
      fetchOffset(list, options, size, params);
    const offsets = Array.from({ length: left }, (_, k) => end - 1 + k * step);
    return {
      ...page,
      gather: (concurrency) => gather(list, page, offsets, fetch, concurrency),
    };
  });
}

/**
 * Reads the pages after the first one, several at a time. They need not be read
 * in their order: each of them contains all items between its first and its last
 * one.
 *
 * @returns All records; `undefined` if a page in the middle is not full, so that
 *   the pages must be read one after the other.
 * @throws {ListChangedError} If a page does not continue the page before.
 */
async function gather<T>(
  list: Pick<PagedList<never, T>, "provider" | "operation" | "keep">,
  first: OffsetPage<T>,
  offsets: readonly number[],
  fetch: (params: PageParams) => Promise<OffsetPage<T>>,
  concurrency = 4,
): Promise<T[] | undefined> {
  const select = (records: readonly T[]) =>
    list.keep ? records.filter(list.keep) : records;
  const later = await mapConcurrently(offsets, concurrency, async (offset) => {
    const page = await fetch({ offset });
    // No part of the response stays in memory, only the records.
    const { firstId, lastId, isFull, next } = page;
    const records = select(page.records().slice(1));
    return { firstId, lastId, isFull, next, records };
  });
  const last = later.at(-1)!;
  if (later.some((page) => page !== last && !page.isFull)) return undefined;
  let before: Pick<OffsetPage<T>, "lastId"> = first;
  for (const page of later) {
    checkSeam(list, before.lastId, page.firstId);
    before = page;
  }
  const chunks = [first.records(), ...later.map(({ records }) => records)];
  chunks[0] = select(chunks[0]!);
  // Items that were created meanwhile are at the end.
  if (last.next) {
    chunks.push(await readAll(fetch, last.next, new SeenPages(list)));
  }
  return chunks.flat() as T[];
}

/** Checks that a page begins with the last item of the page before. */
function checkSeam(
  list: Pick<PagedList<never, never>, "provider" | "operation">,
  expected: string | undefined,
  firstId: string | undefined,
): void {
  if (firstId === expected) return;
  throw new ListChangedError(
    list,
    `the list changed: a page begins with ${firstId ?? "nothing"} instead of ` +
      expected,
  );
}
