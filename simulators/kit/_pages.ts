/**
 * Numbered pages of lists.
 *
 * @module
 */

import { Fields, type Invalid } from "./_fields.ts";

/** Page sizes of a provider, for {@linkcode readPage}. */
export interface PageRules {
  /** Name of the page size parameter, such as `"per_page"`. */
  readonly size: string;
  /**
   * Smallest page size that a client may request.
   *
   * @default {1}
   */
  readonly min?: number | undefined;
  /** Largest page size that a client may request. */
  readonly max: number;
  /** Page size if the client requests none. */
  readonly defaultSize: number;
  /**
   * Largest page that is sent, even if the client requests a larger one.
   *
   * @default {max}
   */
  readonly largest?: number | undefined;
  /**
   * Creates the error of an invalid page number or page size.
   *
   * @default {a refusal with status 400}
   */
  readonly invalid?: Invalid | undefined;
}

/** One page of a list. */
export interface NumberedPage<T> {
  /** Items on the page. */
  readonly items: readonly T[];
  /** Page number, from 1. */
  readonly page: number;
  /** Number of pages, at least 1. */
  readonly pages: number;
  /** Number of items on a full page. */
  readonly size: number;
  /** Number of items on all pages. */
  readonly total: number;
}

/**
 * Selects the requested page, by the parameter `page` and the page size
 * parameter. A page after the last one is empty.
 *
 * @typeParam T Type of the items.
 * @param all Items of the whole list.
 * @param url URL of the request.
 * @param rules Page sizes of the provider.
 * @returns The page.
 * @throws {Error} If the page number or the page size is out of range or not an
 * integer; the error is that of `rules.invalid`.
 */
export function readPage<T>(
  all: readonly T[],
  url: URL,
  rules: PageRules,
): NumberedPage<T> {
  const { min = 1, max, defaultSize, largest = max, invalid } = rules;
  const query = new Fields(url.searchParams, { invalid }).optional;
  const page = readCount("page", 1, Number.MAX_SAFE_INTEGER) ?? 1;
  const requested = readCount(rules.size, min, max) ?? defaultSize;
  const size = Math.min(requested, largest);
  const total = all.length;
  const items = all.slice((page - 1) * size, page * size);
  return {
    items,
    page,
    pages: Math.max(1, Math.ceil(total / size)),
    size,
    total,
  };

  function readCount(name: string, min: number, max: number) {
    return query.integer(name, { min, max });
  }
}
