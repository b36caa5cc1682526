/**
 * Connection to DigitalOcean: credentials, errors, rate limits and paging. The
 * drivers of all services of DigitalOcean share this connection.
 *
 * @module
 */

import {
  ConflictError,
  type ConnectionOptions,
  type EnvironmentVariable,
  type Failure,
  JsonResponse,
  numberedPages,
  type Paging,
  type RateLimit,
  readRateLimit,
  TokenConnection,
  type TokenCredentials,
  toText,
} from "../../core/mod.ts";

/** Token and settings of every DigitalOcean driver. */
export interface DigitalOceanOptions
  extends TokenCredentials, ConnectionOptions {
  /**
   * Base URL of the API, with or without `/v2` at the end.
   *
   * @default {"https://api.digitalocean.com"}
   */
  readonly baseUrl?: string | undefined;
}

/** Name of the provider in messages. */
export const DISPLAY_NAME = "DigitalOcean";

const BASE_URL = "https://api.digitalocean.com";
const VERSION = /\/v2\/*$/;

/** Environment variables of every DigitalOcean driver. */
export const VARIABLES: readonly EnvironmentVariable[] = [
  {
    option: "token",
    // Terraform reads both names. DigitalOcean's command line tool (doctl)
    // reads the second name.
    names: ["DIGITALOCEAN_TOKEN", "DIGITALOCEAN_ACCESS_TOKEN"],
  },
];

/** The fields of a page that are the same in every list. */
export interface PageJson {
  /** Links to other pages; absent or empty if there is only one page. */
  links?: { pages?: { next?: string } };
  /** Number of items on all pages. */
  meta?: { total?: number };
}

/** Paging of every list. */
export const PAGES: Paging<PageJson> = numberedPages({
  page: "page",
  size: "per_page",
  maxSize: 200,
  total: ({ meta }) => meta?.total,
  // Without a link to the next page, the page is the last one.
  next: ({ links }) => toText(links?.pages?.next) ?? null,
});

interface ErrorJson {
  id?: string;
  message?: string;
  request_id?: string;
  // The endpoints for tags send this field instead of the others.
  error?: string;
}

class DigitalOceanResponse<T> extends JsonResponse<T> {
  protected override failure(body: ErrorJson): Failure {
    const reason = toText(body.message) ?? toText(body.error);
    return {
      reason,
      code: body.id,
      requestId: body.request_id,
      // So says the name of a domain, and a record.
      errorClass: this.status === 422 && /already exists/i.test(reason ?? "")
        ? ConflictError
        : undefined,
      // A busy droplet and an invalid field have the same status and code. Only
      // the message differs: "Droplet already has a pending event."
      isBusy: this.status === 422 && /pending event/i.test(reason ?? "") ||
        undefined,
    };
  }

  override rateLimit(): RateLimit | undefined {
    return readRateLimit(this.headers, "ratelimit-");
  }
}

/** Connection to the API of DigitalOcean. */
export class DigitalOceanConnection extends TokenConnection {
  override readonly provider = "digitalocean";
  override readonly displayName = DISPLAY_NAME;
  protected override readonly responseClass = DigitalOceanResponse;

  /**
   * Creates a connection. Nothing is sent until the first request.
   *
   * @param options Token and settings. A `/v2` at the end of the base URL is left
   *   out, because paths contain it.
   * @param owner Name of the class that the caller creates, for errors.
   * @throws {TypeError} If `token` or `baseUrl` is invalid.
   */
  constructor(options: DigitalOceanOptions, owner?: string) {
    const { baseUrl }: Partial<DigitalOceanOptions> = Object(options);
    const isVersioned = typeof baseUrl === "string" && VERSION.test(baseUrl);
    super(
      BASE_URL,
      isVersioned
        ? { ...options, baseUrl: baseUrl.replace(VERSION, "") }
        : options,
      owner,
    );
  }
}
