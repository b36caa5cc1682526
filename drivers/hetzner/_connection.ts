/**
 * Connection to Hetzner Cloud: credentials, errors, rate limits and paging. The
 * drivers of all services of Hetzner Cloud share this connection.
 *
 * @module
 */

import {
  ConflictError,
  type ConnectionOptions,
  type EnvironmentVariable,
  type Failure,
  given,
  JsonResponse,
  lookUp,
  numberedPages,
  type Paging,
  type RateLimit,
  readRateLimit,
  TokenConnection,
  type TokenCredentials,
  toText,
} from "../../core/mod.ts";

/** Token and settings of the drivers for Hetzner Cloud. */
export interface HetznerOptions extends TokenCredentials, ConnectionOptions {}

/** Name of the provider in messages. */
export const DISPLAY_NAME = "Hetzner Cloud";

/** Environment variables of Hetzner's command line tool and of Terraform. */
export const VARIABLES: readonly EnvironmentVariable[] = [
  { option: "token", names: ["HCLOUD_TOKEN"] },
  { option: "baseUrl", names: ["HCLOUD_ENDPOINT"], isOptional: true },
];

/** The field of a page that tells its position. */
export interface PageJson {
  meta?: {
    pagination: { next_page: number | null; total_entries: number | null };
  };
}

const NUMBERS = {
  page: "page",
  size: "per_page",
  total: ({ meta }: PageJson) => meta?.pagination.total_entries,
  next: ({ meta }: PageJson) => meta && (meta.pagination.next_page ?? null),
};

/** Paging of every list but that of record sets. */
export const PAGES: Paging<PageJson> = numberedPages({
  ...NUMBERS,
  maxSize: 50,
});

/** Paging of the record sets of a zone. */
export const RECORD_SET_PAGES: Paging<PageJson> = numberedPages({
  ...NUMBERS,
  maxSize: 100,
});

// Codes whose status, such as 412 or 423, would give another class.
const CLASSES: Readonly<Record<string, typeof ConflictError>> = {
  protected: ConflictError,
  resource_locked: ConflictError,
  resource_unavailable: ConflictError,
};

interface FailureJson {
  error: { code?: string; message?: string };
}

class HetznerResponse<T> extends JsonResponse<T> {
  // {"error": {"code": "locked", "message": "server is locked"}}
  protected override failure({ error }: FailureJson): Failure {
    const code = toText(error.code);
    return {
      reason: error.message,
      code,
      errorClass: lookUp(CLASSES, code),
      // "conflict" means: the resource changed meanwhile, please retry. Other
      // codes with the status 423 do not pass by themselves.
      isBusy: given(code, () => code === "locked" || code === "conflict"),
    };
  }

  // Requests come back one by one. The header tells when all of them are back,
  // which is an hour after the last one was used.
  override rateLimit(): RateLimit | undefined {
    const rateLimit = readRateLimit(this.headers, "ratelimit-");
    const { limit = 0, remaining = 0, resetsAt } = rateLimit ?? {};
    const used = limit - remaining;
    if (resetsAt === undefined || used < 1) return rateLimit;
    const now = Date.parse(this.headers.get("date") ?? "") || Date.now();
    const next = now + (Date.parse(resetsAt) - now) / used;
    return { limit, remaining, resetsAt: new Date(next).toISOString() };
  }
}

/** Connection to the API of Hetzner Cloud. */
export class HetznerConnection extends TokenConnection {
  override readonly provider = "hetzner";
  override readonly displayName = DISPLAY_NAME;
  protected override readonly responseClass = HetznerResponse;

  /**
   * Creates a connection. Nothing is sent until the first request.
   *
   * @param options Token and settings.
   * @param owner Name of the class that the caller creates, for errors.
   * @throws {TypeError} If `token` or `baseUrl` is invalid.
   */
  constructor(options: HetznerOptions, owner: string) {
    super("https://api.hetzner.cloud/v1", options, owner);
  }
}
