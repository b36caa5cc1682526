/**
 * The connection to Linode's API: credentials, paging, filters and errors.
 * Every service of Linode uses it.
 *
 * @module
 */

import {
  ConflictError,
  type ConnectionOptions,
  type EnvironmentVariable,
  type Failure,
  JsonResponse,
  type ListOptions,
  numberedPages,
  type Paging,
  type RateLimit,
  readRateLimit,
  TokenConnection,
  type TokenCredentials,
  toNumber,
  toText,
} from "../../core/mod.ts";

/** Credentials and settings of the drivers for Linode. */
export interface LinodeOptions extends TokenCredentials, ConnectionOptions {}

/** Options of the lists that Linode can filter. */
export interface LinodeListOptions extends ListOptions {
  /**
   * Filter and order in Linode's syntax, such as `{ region: "us-east" }`,
   * `{ tags: "web" }`, `{ label: { "+contains": "db" } }` or
   * `{ "+order_by": "created", "+order": "desc" }`. If `"+or"` is an empty array,
   * nothing matches, and no request is sent.
   *
   * @default {no filter}
   * @see {@link https://techdocs.akamai.com/linode-api/reference/filtering-and-sorting | Filtering and sorting}
   */
  readonly filter?: Readonly<Record<string, unknown>> | undefined;
}

/** Name of the provider in messages. */
export const DISPLAY_NAME = "Linode";

/** Base URL of the API. */
export const BASE_URL = "https://api.linode.com/v4";

/** Environment variables of Terraform and of Linode's own command line. */
export const VARIABLES: readonly EnvironmentVariable[] = [
  { option: "token", names: ["LINODE_TOKEN", "LINODE_CLI_TOKEN"] },
];

/** The fields of a page that tell its position; `data` holds the records. */
export interface PageJson {
  page: number;
  pages: number;
  results: number;
}

const NUMBERS = {
  page: "page",
  total: ({ results }: PageJson) => results,
  next({ page, pages }: PageJson): boolean | undefined {
    const number = toNumber(page);
    const last = toNumber(pages);
    return number && last ? number < last : undefined;
  },
};

/** Paging of lists whose page size can be chosen. */
export const PAGES: Paging<PageJson> = numberedPages({
  ...NUMBERS,
  size: "page_size",
  minSize: 25,
  maxSize: 500,
});

/** Paging of lists that are not documented to accept a page size. */
export const UNSIZED_PAGES: Paging<PageJson> = numberedPages(NUMBERS);

const FILTER_HEADER = "x-filter";
const NOT_ASCII = /[^\x20-\x7e]/g;

/**
 * Adds a filter to the options of a list. Linode expects it as JSON in the
 * header `X-Filter`.
 *
 * @param options Options of the caller; their filter wins.
 * @param filter Filter of the method. Fields that are `undefined` are left out.
 * @returns The options with the header, if there is anything to filter.
 */
export function filtered(
  options: LinodeListOptions,
  filter: Readonly<Record<string, unknown>> = {},
): ListOptions {
  const json = JSON.stringify({ ...filter, ...options.filter });
  if (json === "{}") return options;
  // Headers carry ASCII only; in JSON, every character has an ASCII notation.
  const ascii = json.replace(NOT_ASCII, escapeInJson);
  return {
    ...options,
    headers: { ...options.headers, [FILTER_HEADER]: ascii },
  };
}

/**
 * Whether a filter matches no record, because a list of alternatives is empty.
 *
 * @param filter The filter.
 * @returns Whether a request is unnecessary.
 */
export function matchesNothing(filter: object): boolean {
  return Object.entries(filter).some(([name, value]) => {
    if (!Array.isArray(value)) return false;
    const isEmpty = (part: unknown) => matchesNothing(Object(part));
    return name === "+and" ? value.some(isEmpty) : value.every(isEmpty);
  });
}

function escapeInJson(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

interface FailureJson {
  errors?: unknown;
}

class LinodeResponse<T> extends JsonResponse<T> {
  // {"errors": [{"reason": "Label must be unique", "field": "label"}]}
  protected override failure({ errors }: FailureJson): Failure {
    const reasons = [errors].flat().map((error) => {
      const { field, reason }: { field?: unknown; reason?: unknown } = Object(
        error,
      );
      return [toText(field), toText(reason)].filter(Boolean).join(": ");
    });
    const reason = reasons.filter(Boolean).join("; ");
    // "Linode busy." means that another change is in progress.
    if (this.status !== 400) return { reason };
    if (/^linode busy\b/i.test(reason)) return { reason, isBusy: true };
    // So says the name of a domain.
    return /\balready exists\b/i.test(reason)
      ? { reason, errorClass: ConflictError }
      : { reason };
  }

  override rateLimit(): RateLimit | undefined {
    return readRateLimit(this.headers, "x-ratelimit-");
  }
}

/** Connection to Linode's API. */
export class LinodeConnection extends TokenConnection {
  override readonly provider = "linode";
  override readonly displayName = DISPLAY_NAME;
  protected override readonly responseClass = LinodeResponse;

  protected override get filterHeaders(): readonly string[] {
    return [FILTER_HEADER];
  }
}
