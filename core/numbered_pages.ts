/**
 * Numbered pages. Several pages are read at the same time.
 *
 * @module
 */

import type { Limits } from "./deadline.ts";
import { NotFoundError } from "./errors.ts";
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
import {
  type PageParameterForm,
  type PageParams,
  Positions,
} from "./position.ts";

/**
 * How a provider numbers its pages.
 *
 * @typeParam Body The parsed body of a page.
 */
export interface NumberedPagesOptions<Body> {
  /** Parameter for the number of the page, such as `"page"`. */
  readonly page: string;
  /**
   * Parameter for the items per page, such as `"per_page"`.
   *
   * @default {the provider chooses the size}
   */
  readonly size?: string | undefined;
  /**
   * Largest number of items per page in the provider's documentation.
   *
   * @default {100}
   */
  readonly maxSize?: number | undefined;
  /**
   * Smallest number of items per page in the provider's documentation.
   *
   * @default {1}
   */
  readonly minSize?: number | undefined;
  /**
   * Reads the total: the number of items on all pages, as a number or a string.
   * Without this option, a change of the list while it is read cannot be
   * noticed.
   *
   * @default {the provider does not tell the total}
   */
  readonly total?: ((body: Body) => unknown) | undefined;
  /**
   * Reads the provider's own mark of the end, such as a link to the next page:
   * a truthy value if another page follows, `undefined` if the page does not
   * tell, and any other value, such as `null`, on the last page.
   *
   * @default {the total decides}
   */
  readonly next?: ((body: Body) => unknown) | undefined;
}

// Parameters that are part of a position, and are not sent: the number of items
// on the pages before, and the total that these pages reported.
const SEEN = "seen";
const TOTAL = "total";

/**
 * If the provider always says that another page follows, the list fails when it
 * has this many more pages than items.
 */
const MAX_EMPTY_PAGES = 20;

/** A page whose items were counted. */
interface NumberedPage<T> extends FetchedPage<T> {
  /** Number of items on this page, before any filter. */
  readonly count: number;
}

/** The total of a page differs from that of the page before. */
class TotalChangedError extends ListChangedError {}

/** A page that does not exist. */
const END = { count: 0, records: () => [], next: undefined };

/**
 * Describes pages that are numbered from 1. If you await the list, several pages
 * are loaded at the same time.
 *
 * The list is complete, or an error:
 *
 * - The provider's own mark of the end decides whether another page follows; if
 *   there is none, the total does.
 * - Every page must report the same total, and the number of all items must be
 *   the total. Otherwise an awaited list is read again once, page by page. If
 *   that fails, too, or if the list is iterated, a `MalformedResponseError` is
 *   thrown.
 * - Items that are created or deleted while the list is read change the total.
 *   If one item is created and another one is deleted between two pages, the
 *   total stays the same. This cannot be noticed: an item may then be missing,
 *   or returned twice.
 * - If the total is too small, and nothing else marks the end, the items after a
 *   full page are missing. Pass `next` if the provider has such a mark.
 *
 * The page size never changes, even if a page has fewer items: the provider may
 * hide items, or its largest page may be smaller than documented.
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
 * @param options How the provider numbers its pages. Pass at least one of
 *   `total` and `next`.
 * @returns The paging, for `PageReader.pages`.
 */
export function numberedPages<Body>(
  options: NumberedPagesOptions<Body>,
): Paging<Body> {
  const { page, size, minSize = 1, maxSize = 100 } = options;
  const names = [page, size ?? [], SEEN, options.total ? TOTAL : []].flat();
  const forms = Object.fromEntries(
    names.map((name): [string, PageParameterForm] => [name, "number"]),
  );
  return (list) => {
    const { pageSize = maxSize } = list;
    const first = size === undefined
      ? {}
      : { [size]: Math.max(minSize, Math.min(pageSize, maxSize)) };
    const positions = new Positions(list, forms, true);
    return manyPages(
      list,
      positions,
      first,
      (params, limits) => fetchNumbered(list, options, params, limits),
    );
  };
}

/**
 * Fetches a page, and compares it with the pages before it.
 *
 * @throws {ListChangedError} If the total changed, or differs from the number of
 *   all items.
 */
async function fetchNumbered<Body, T>(
  list: PagedList<Body, T>,
  options: NumberedPagesOptions<Body>,
  params: PageParams,
  limits: Limits,
): Promise<NumberedPage<T>> {
  const { page, size = "" } = options;
  const { [SEEN]: before = 0, [TOTAL]: expected, ...sent } = params;
  const number = Number(sent[page] ?? 1);
  const response = await list.request(sent, limits).catch((error) => {
    if (number === 1 || !NotFoundError.is(error)) throw error;
  });
  if (!response) {
    // The page does not exist. That is the end, unless items are missing.
    if (Number(before) === Number(expected)) return END;
    throw new ListChangedError(list, `page ${number} no longer exists`);
  }
  return response.read((body) => {
    const { count, records } = list.read(body);
    const seen = Number(before) + count;
    const total = toCount(options.total?.(body));
    if (expected !== undefined && total !== Number(expected)) {
      throw new TotalChangedError(
        list,
        `the total was ${expected}, then ${total ?? "missing"}`,
      );
    }
    const hasNext = isFollowed(options.next?.(body), count, seen, total);
    if (total !== undefined && (hasNext ? seen > total : seen !== total)) {
      throw new ListChangedError(
        list,
        `the provider sent ${seen} items and the total ${total}`,
      );
    }
    if (number - seen > MAX_EMPTY_PAGES) {
      throw new RangeError(`${number} pages have only ${seen} items`);
    }
    if (hasNext && options.total && total === undefined) {
      throw new TypeError("the response has no total");
    }
    const at = (later: number): PageParams => ({
      ...sent,
      [page]: number + later,
      [SEEN]: seen + (later - 1) * count,
      ...total !== undefined && { [TOTAL]: total },
    });
    const counted: NumberedPage<T> = {
      count,
      records: () => response.read(() => records()),
      keep: list.keep,
      next: hasNext ? at(1) : undefined,
    };
    // If the page is not full, the size of the other pages is unknown.
    const isFull = count === Number(sent[size]);
    const left = isFull && total ? Math.ceil((total - seen) / count) : 0;
    if (left < 2) return counted;
    const fetch = (params: PageParams) =>
      fetchNumbered(list, options, params, limits);
    return {
      ...counted,
      gather: (concurrency) =>
        gather(list, counted, left, at, fetch, concurrency),
    };
  });
}

/** Reads a number of items. */
function toCount(value: unknown): number | undefined {
  const count = toNumber(value);
  return Number.isSafeInteger(count) && Number(count) >= 0 ? count : undefined;
}

/**
 * Decides whether another page follows.
 *
 * @throws {TypeError} If neither the mark nor the total tells.
 */
function isFollowed(
  mark: unknown,
  count: number,
  seen: number,
  total: number | undefined,
): boolean {
  if (mark === undefined && total === undefined) {
    throw new TypeError("the response tells neither the total nor the end");
  }
  return mark === undefined ? count > 0 && seen < Number(total) : Boolean(mark);
}

/**
 * Reads the pages after the first one, several at a time.
 *
 * @returns All records; `undefined` if the pages do not have the same size, so
 *   that they must be read one after the other.
 * @throws {TotalChangedError} If the list changed in the meantime.
 */
async function gather<T>(
  list: Pick<PagedList<never, never>, "provider" | "operation">,
  first: NumberedPage<T>,
  left: number,
  paramsAt: (later: number) => PageParams,
  fetchPage: (params: PageParams) => Promise<NumberedPage<T>>,
  concurrency = 4,
): Promise<T[] | undefined> {
  const seen = new SeenPages(list);
  const chunks = [seen.checkRecords(first)];
  let last = first;
  let taken = 0;
  let isUneven = false;
  let change: TotalChangedError | undefined;
  const read = async (later: number) => {
    const page = await fetchPage(paramsAt(later));
    if (later === left) last = page;
    else isUneven ||= page.count !== first.count;
    chunks[later] = seen.checkRecords(page);
  };
  // Each worker takes the next page that no other worker has taken.
  const work = async () => {
    while (taken < left && !isUneven && !change) {
      try {
        await read(++taken);
      } catch (error) {
        if (!(error instanceof ListChangedError)) throw error;
        if (error instanceof TotalChangedError) change = error;
        isUneven = true;
      }
    }
  };
  const workers = Math.min(concurrency, left);
  await Promise.all(Array.from({ length: workers }, work));
  if (change) throw change;
  if (isUneven) return undefined;
  // The provider may have more pages than its total says.
  if (last.next) chunks.push(await readAll(fetchPage, last.next, seen));
  return chunks.flat() as T[];
}
