/**
 * Lists that span pages.
 *
 * @module
 */

import { checkNumber, checkText, mistake } from "./check.ts";
import { Deadline, type Limits } from "./deadline.ts";

/**
 * An opaque, serializable cursor. Pass it as `from` to resume a list later, even
 * in another process. It belongs to one list: the same provider, region, method
 * and filters. Credentials, limits and `pageSize` may differ.
 */
export type Position = string;

/**
 * A page of a list.
 *
 * @typeParam T A record of the list.
 */
export interface Page<T> {
  /** Records of the page, in the provider's order. */
  readonly items: readonly T[];
  /** Cursor of the next page; absent on the last one. */
  readonly next?: Position | undefined;
}

/**
 * Source of the pages of a {@linkcode Listing}.
 *
 * @typeParam T A record of the list.
 */
export interface PageSource<T> {
  /** Reads the pages from a position on. Each page is loaded on demand. */
  pages(
    from: Position | undefined,
    limits: Limits,
  ): AsyncGenerator<Page<T>, void, undefined>;
  /** Reads all records from a position on, several pages at a time if possible. */
  all(
    from: Position | undefined,
    limits: Limits,
    concurrency: number | undefined,
  ): Promise<T[]>;
}

/** Options of a {@linkcode Listing}. */
export interface ListingOptions extends Limits {
  /**
   * Cursor to start from: the `next` of an earlier page of the same list. If it
   * belongs to another list, or to another version of its format, the list
   * rejects with a `TypeError` before any request.
   */
  readonly from?: Position | undefined;
  /**
   * Largest number of pages that are loaded at the same time when you await the
   * list.
   *
   * @default {4}
   */
  readonly concurrency?: number | undefined;
  /**
   * Items per page, within the provider's limits.
   *
   * @default {the provider's largest page}
   */
  readonly pageSize?: number | undefined;
}

/**
 * A list that spans pages.
 *
 * - Await it to get one complete array.
 * - Iterate it to stream the records, with one page in memory and no page loaded
 *   ahead.
 * - Call `pages()` to stream the pages.
 *
 * Nothing is requested until you await or iterate it. Each await or iteration
 * sends new requests.
 *
 * A list is complete, or an error. If the provider numbers its pages, and items
 * are created or deleted while you read the list:
 *
 * - An awaited list is read again once. If it changes again, or if it was
 *   resumed with `from`, it rejects with a `MalformedResponseError`.
 * - An iteration throws a `MalformedResponseError` at the next page. Therefore
 *   await the list before you delete its items:
 *   `for (const node of await driver.listNodes()) …`.
 *
 * Lists whose pages have tokens, such as those of EC2, may change meanwhile.
 *
 * ```ts
 * import { Listing } from "@nephos/nephos";
 *
 * const numbers = Listing.of([1, 2, 3]);
 * console.log((await numbers).length);
 * for await (const number of numbers) {
 *   if (number === 2) break; // no further page is requested
 * }
 * ```
 *
 * @typeParam T A record of the list.
 */
export class Listing<T> implements PromiseLike<T[]>, AsyncIterable<T> {
  static {
    // If you forgot to await a listing, the console shows this.
    const value = () => "Listing (await it for an array, or iterate it)";
    const symbol = Symbol.for("nodejs.util.inspect.custom");
    Object.defineProperty(this.prototype, symbol, { value });
  }

  readonly #source: PageSource<T>;
  readonly #options: ListingOptions & { operation?: string | undefined };

  /** Creates a listing. Drivers call {@linkcode Connection.list}. */
  constructor(
    source: PageSource<T>,
    options: ListingOptions & { readonly operation?: string | undefined } = {},
  ) {
    const { from, operation = "list" } = options;
    if (from !== undefined) checkText(from, operation, "from");
    checkNumber(options.concurrency, operation, "concurrency");
    checkNumber(options.pageSize, operation, "pageSize");
    checkNumber(options.timeoutMs, operation, "timeoutMs");
    this.#source = source;
    this.#options = options;
  }

  /**
   * Creates a listing of records that need no request.
   *
   * @typeParam T A record of the list.
   * @param items The records. They are read again for each await or iteration.
   * @returns A listing of one page.
   */
  static of<T>(items: Iterable<T>): Listing<T> {
    return new Listing(onePage(() => Promise.resolve([...items])));
  }

  /** Reads all pages into one array, in the provider's order. */
  then<R = T[], E = never>(
    onFulfilled?: ((items: T[]) => R | PromiseLike<R>) | null,
    onRejected?: ((reason: unknown) => E | PromiseLike<E>) | null,
  ): Promise<R | E> {
    return this.#all().then(onFulfilled, onRejected);
  }

  /** Reads all pages, and calls `onRejected` if that fails. */
  catch<E = never>(
    onRejected?: ((reason: unknown) => E | PromiseLike<E>) | null,
  ): Promise<T[] | E> {
    return this.#all().catch(onRejected);
  }

  /** Reads all pages, and calls `onFinally` afterwards. */
  finally(onFinally?: (() => void) | null): Promise<T[]> {
    return this.#all().finally(onFinally);
  }

  /** Streams the records, with one page in memory. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for await (const { items } of this.pages()) yield* items;
  }

  /** Streams the pages. Each page is loaded on demand. */
  pages(): AsyncGenerator<Page<T>, void, undefined> {
    return this.#source.pages(this.#options.from, this.#options);
  }

  #all(): Promise<T[]> {
    const options = this.#options;
    const { from, concurrency, operation = "list" } = options;
    return Deadline.run(options, { operation }, (deadline) => {
      const limits = { ...options, signal: deadline.signal };
      return deadline.race(this.#source.all(from, limits, concurrency));
    });
  }
}

/**
 * Creates a list that has no records, because the caller passed an empty list of
 * ids. It sends no request.
 *
 * @typeParam T A record of the list.
 * @param options Options of the list, checked as those of any other list.
 * @returns The listing.
 */
export function emptyListing<T>(
  options: ListingOptions & { readonly operation: string },
): Listing<T> {
  const read = ({ signal }: Limits) => {
    signal?.throwIfAborted();
    return Promise.resolve([]);
  };
  return new Listing<T>(
    onePage(async (limits) => await read(limits), options.operation),
    options,
  );
}

/**
 * Creates the source of a list that has one page.
 *
 * @typeParam T A record of the list.
 * @param read Reads the page.
 * @param operation Method of the driver, for errors.
 * @returns The source, for {@linkcode Listing}.
 */
export function onePage<T>(
  read: (limits: Limits) => Promise<readonly T[]>,
  operation = "list",
): PageSource<T> {
  const all = async (from: Position | undefined, limits: Limits) => {
    if (from !== undefined) {
      throw mistake(
        operation,
        "from",
        "undefined for a list of one page",
        from,
      );
    }
    return [...await read(limits)];
  };
  return {
    all,
    async *pages(from, limits) {
      yield { items: await all(from, limits), next: undefined };
    },
  };
}
