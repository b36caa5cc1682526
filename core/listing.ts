/**
 * Lists that span pages.
 *
 * @module
 */

import { checkNumber, checkText, mistake } from "./check.ts";
import { Deadline, type Limits } from "./deadline.ts";

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

/** Where the pages of a {@linkcode Listing} come from. */
export interface PageSource<T> {
  /** Reads the pages from a position on, asking for one when it is wanted. */
  pages(
    from: Position | undefined,
    limits: Limits,
  ): AsyncGenerator<Page<T>, void, undefined>;
  /** Reads all items from a position on, as fast as the provider allows. */
  all(
    from: Position | undefined,
    limits: Limits,
    concurrency: number | undefined,
  ): Promise<T[]>;
}

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
  readonly #source: PageSource<T>;
  readonly #options: ListingOptions & { operation?: string | undefined };

  /** Creates a listing; {@linkcode Connection.list} does it for drivers. */
  constructor(
    source: PageSource<T>,
    options: ListingOptions & { readonly operation?: string | undefined } = {},
  ) {
    const { from } = options;
    if (from !== undefined) checkText(from, "list", "position");
    checkNumber("concurrency", options.concurrency);
    checkNumber("pageSize", options.pageSize);
    checkNumber("timeoutMs", options.timeoutMs);
    this.#source = source;
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
    return new Listing(onePage(() => Promise.resolve([...items])));
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
 * Describes a list of one page, which is all there is.
 *
 * @typeParam T What is listed.
 * @param read Reads the page.
 * @returns What a {@linkcode Listing} is made of.
 */
export function onePage<T>(
  read: (limits: Limits) => Promise<readonly T[]>,
): PageSource<T> {
  const all = async (from: Position | undefined, limits: Limits) => {
    if (from !== undefined) throw mistake("list from", from, "a position");
    return [...await read(limits)];
  };
  return {
    all,
    async *pages(from, limits) {
      yield { items: await all(from, limits), next: undefined };
    },
  };
}
