/**
 * Lists that span pages.
 *
 * @module
 */

import { checkNumber, checkText } from "./check.ts";
import { Deadline, type Limits } from "./deadline.ts";
import { MalformedResponseError } from "./errors.ts";

/**
 * A place between two pages: opaque, and JSON-safe, so that another process can
 * go on from there.
 */
export type Position = string;

/** A page of a list. */
export interface Page<T> {
  /** What is on it, in the provider's order. */
  readonly items: readonly T[];
  /** Where the next page is; absent on the last one. */
  readonly next?: Position | undefined;
}

/** A page that was fetched, and whose items wait to be converted. */
export interface FetchedPage<T> {
  /** Converts the items. */
  items(): readonly T[];
  /** Where the next page is; `undefined` on the last one. */
  readonly next: Position | undefined;
  /** How many items the provider says there are, on all pages. */
  readonly total?: number | undefined;
  /**
   * Reads this page and all that follow faster than one after the other;
   * resolves to nothing where the list changed on the way.
   */
  gather?(
    fetchPage: (position: Position | undefined) => Promise<FetchedPage<T>>,
    concurrency: number | undefined,
  ): Promise<T[] | undefined>;
}

/** Fetches the page at a position, or the first one. */
export type FetchPage<T> = (
  position: Position | undefined,
  limits: Limits,
) => Promise<FetchedPage<T>>;

/** How a {@linkcode Listing} is read. */
export interface ListingOptions extends Limits {
  /** Where to start: a `next` of an earlier page. */
  readonly from?: Position | undefined;
  /**
   * How many pages may be under way at once when the list is awaited.
   *
   * @default {4}
   */
  readonly concurrency?: number | undefined;
  /**
   * Items to a page; the provider's own limits apply.
   *
   * @default {the provider's largest page}
   */
  readonly pageSize?: number | undefined;
}

/**
 * A list that spans pages. Await it for one complete array; iterate it for a
 * stream that holds one page at a time and never reads ahead; call `pages()`
 * for the pages themselves. It asks for nothing until then, and anew each time.
 *
 * ```ts
 * import { Listing } from "@nephos/nephos";
 *
 * const numbers = Listing.of([1, 2, 3]);
 * console.log((await numbers).length);
 * for await (const number of numbers) {
 *   if (number === 2) break; // asks for no further page
 * }
 * ```
 *
 * @typeParam T What is listed.
 */
export class Listing<T> implements PromiseLike<T[]>, AsyncIterable<T> {
  readonly #fetchPage: FetchPage<T>;
  readonly #options: ListingOptions & { operation?: string | undefined };

  /** Creates a listing; {@linkcode Connection.list} does it for drivers. */
  constructor(
    fetchPage: FetchPage<T>,
    options: ListingOptions & { readonly operation?: string | undefined } = {},
  ) {
    const { from } = options;
    if (from !== undefined) checkText(from, "list", "position");
    checkNumber("concurrency", options.concurrency);
    checkNumber("pageSize", options.pageSize);
    checkNumber("timeoutMs", options.timeoutMs);
    this.#fetchPage = fetchPage;
    this.#options = options;
  }

  /**
   * Makes a listing of what is already here.
   *
   * @typeParam T What is listed.
   * @param items The items, read anew each time.
   * @returns A listing of one page.
   */
  static of<T>(items: Iterable<T>): Listing<T> {
    return new Listing(() =>
      Promise.resolve({ items: () => [...items], next: undefined })
    );
  }

  /** Reads all pages into one array, in the provider's order. */
  then<R = T[], E = never>(
    onFulfilled?: ((items: T[]) => R | PromiseLike<R>) | null,
    onRejected?: ((reason: unknown) => E | PromiseLike<E>) | null,
  ): Promise<R | E> {
    return this.#all().then(onFulfilled, onRejected);
  }

  /** Reads all pages, and handles a failure. */
  catch<E = never>(
    onRejected?: ((reason: unknown) => E | PromiseLike<E>) | null,
  ): Promise<T[] | E> {
    return this.#all().catch(onRejected);
  }

  /** Reads all pages, and does something afterwards. */
  finally(onFinally?: (() => void) | null): Promise<T[]> {
    return this.#all().finally(onFinally);
  }

  /** Streams the items, a page in memory at a time. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for await (const { items } of this.pages()) yield* items;
  }

  /** Streams the pages, asking for the next one only when it is wanted. */
  pages(): AsyncGenerator<Page<T>, void, undefined> {
    const { from, signal, timeoutMs } = this.#options;
    return readPages(
      (position) => this.#fetchPage(position, { signal, timeoutMs }),
      from,
    );
  }

  #all(): Promise<T[]> {
    const { from, signal, timeoutMs, concurrency, operation = "list" } =
      this.#options;
    return Deadline.run(
      { signal, timeoutMs },
      { operation },
      async (deadline) => {
        const limits = { signal: deadline.signal, timeoutMs };
        const fetchPage = (position: Position | undefined) =>
          deadline.race(this.#fetchPage(position, limits));
        const first = await fetchPage(from);
        return await first.gather?.(fetchPage, concurrency) ??
          // What changed on the way is read anew.
          await readAll(fetchPage, from, first.gather ? undefined : first);
      },
    );
  }
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
  fetchPage: (position: Position | undefined) => Promise<FetchedPage<T>>,
  from: Position | undefined,
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
    ahead?.catch(() => {});
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
  fetchPage: (position: Position | undefined) => Promise<FetchedPage<T>>,
  from: Position | undefined,
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
  position: Position | undefined,
): void {
  // Ids do not repeat: pages with the same first one are the same.
  const mark = (items[0] as { id?: unknown } | undefined)?.id ?? `@${position}`;
  if (seen.has(mark)) {
    throw new MalformedResponseError(
      "Cannot list: the provider gave the same page again",
      {},
    );
  }
  seen.add(mark);
}
