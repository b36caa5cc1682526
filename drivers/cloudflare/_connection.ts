/**
 * Connection to Cloudflare: credentials, errors, rate limits and paging.
 *
 * @module
 */

import {
  type ApiErrorClass,
  ConflictError,
  type ConnectionOptions,
  type EnvironmentVariable,
  type Failure,
  InvalidCredsError,
  JsonResponse,
  lookUp,
  NotFoundError,
  numberedPages,
  type Paging,
  type RateLimit,
  TokenConnection,
  type TokenCredentials,
  toOptionalId,
  toText,
} from "../../core/mod.ts";

/** Token and settings of the drivers for Cloudflare. */
export interface CloudflareOptions extends TokenCredentials, ConnectionOptions {
  /**
   * Id of the account. New zones belong to it, and zones of other accounts are
   * neither listed nor found by name.
   *
   * @default {all accounts of the token; `createZone()` then needs an id}
   */
  readonly accountId?: string | undefined;
  /**
   * Whether all zones have the Enterprise plan. A TTL can then be from 30
   * seconds.
   *
   * @default {false: a TTL is from 60 seconds}
   */
  readonly isEnterprise?: boolean | undefined;
}

/** Name of the provider in messages. */
export const DISPLAY_NAME = "Cloudflare";

/** Environment variables of Cloudflare's own tools and of others. */
export const VARIABLES: readonly EnvironmentVariable[] = [
  {
    option: "token",
    // Wrangler, Terraform and Cloudflare's clients read the first name. Lego
    // and others read the other names.
    names: ["CLOUDFLARE_API_TOKEN", "CF_API_TOKEN", "CF_DNS_API_TOKEN"],
  },
  {
    option: "accountId",
    names: ["CLOUDFLARE_ACCOUNT_ID", "CF_ACCOUNT_ID"],
    isOptional: true,
  },
  { option: "baseUrl", names: ["CLOUDFLARE_BASE_URL"], isOptional: true },
];

/** The field of a page that tells its position. */
export interface PageJson {
  result_info?: {
    page?: number;
    total_count?: number;
    total_pages?: number;
  };
}

/**
 * Returns the paging of a list.
 *
 * @param minSize Smallest page that the list accepts.
 * @param maxSize Largest page to request.
 * @returns The paging.
 */
export function pagesOf(minSize: number, maxSize: number): Paging<PageJson> {
  return numberedPages({
    page: "page",
    size: "per_page",
    minSize,
    maxSize,
    total: ({ result_info }) => result_info?.total_count,
    next: ({ result_info: { page, total_pages } = {} }) =>
      page !== undefined && total_pages !== undefined
        ? page < total_pages
        : undefined,
  });
}

/** Codes of errors that mean: another writer was faster. */
export const OVERTAKEN: Readonly<Record<string, ApiErrorClass>> = {
  // There is no record with this id.
  81044: NotFoundError,
  // There is a record with this name, type and content.
  81057: ConflictError,
  81058: ConflictError,
};

// Codes whose status, which is 400 or 403, would give another class.
const CLASSES: Readonly<Record<string, ApiErrorClass>> = {
  ...OVERTAKEN,
  // There is a zone with this name.
  1061: ConflictError,
  6003: InvalidCredsError,
  // There is no resource with this id.
  7003: NotFoundError,
  // The name has a CNAME, or the new CNAME would be beside other records.
  81053: ConflictError,
  81054: ConflictError,
  81056: ConflictError,
};

interface MessageJson {
  code?: number;
  message?: string;
  error_chain?: readonly MessageJson[];
}

interface FailureJson {
  success?: boolean;
  errors?: readonly MessageJson[];
}

class CloudflareResponse<T> extends JsonResponse<T> {
  /** Parses `text` as JSON, except a zone file. */
  protected override parseBody(): unknown {
    const type = this.headers.get("content-type") ?? "";
    const isZoneFile = this.url.endsWith("/export") && /^text\//.test(type);
    return isZoneFile ? this.text : super.parseBody();
  }

  /** Whether the request succeeded. A failure may have the status 200. */
  override isSuccess(): boolean {
    const { success } = Object(this.body) as FailureJson;
    return super.isSuccess() && success !== false;
  }

  // {"success": false, "errors": [{"code": 81044, "message": "Record ..."}]}
  protected override failure({ errors = [] }: FailureJson): Failure {
    const all = errors.flatMap((error) => [error, ...error.error_chain ?? []]);
    const codes = all.map(({ code }) => toOptionalId(code));
    const classes = codes.map((code) => lookUp(CLASSES, code));
    const reasons = all.map(({ message }) => toText(message))
      .filter((reason) => reason !== undefined);
    return {
      reason: reasons.join(": "),
      code: codes[0],
      errorClass: isTokenInvalid(all)
        ? InvalidCredsError
        : classes.find((it) => it !== undefined),
    };
  }

  /** The provider's id of the request, which the support asks for. */
  override requestId(): string | undefined {
    return this.headers.get("cf-ray") ?? super.requestId();
  }

  // Ratelimit: "default";r=50;t=30
  // Ratelimit-Policy: "default";q=1200;w=300
  override rateLimit(): RateLimit | undefined {
    const read = (header: string, name: string) => {
      const text = this.headers.get(header) ?? "";
      const [, digits] = new RegExp(`;\\s*${name}=(\\d{1,9})`).exec(text) ?? [];
      return digits === undefined ? undefined : Number(digits);
    };
    const limit = read("ratelimit-policy", "q");
    const remaining = read("ratelimit", "r");
    const seconds = read("ratelimit", "t");
    if (remaining === undefined || seconds === undefined) return undefined;
    const now = Date.parse(this.headers.get("date") ?? "") || Date.now();
    const resetsAt = new Date(now + seconds * 1000).toISOString();
    return { limit, remaining, resetsAt };
  }
}

/** The code 9109 stands for invalid tokens, and for missing permissions. */
function isTokenInvalid(errors: readonly MessageJson[]): boolean {
  return errors.some(({ code, message = "" }) =>
    code === 9109 && /access token/i.test(message)
  );
}

/** Connection to the API of Cloudflare. */
export class CloudflareConnection extends TokenConnection {
  override readonly provider = "cloudflare";
  override readonly displayName = DISPLAY_NAME;
  protected override readonly responseClass = CloudflareResponse;

  /**
   * Creates a connection. Nothing is sent until the first request.
   *
   * @param options Token and settings.
   * @param owner Name of the class that the caller creates, for errors.
   * @throws {TypeError} If `token` or `baseUrl` is invalid.
   */
  constructor(options: CloudflareOptions, owner: string) {
    super("https://api.cloudflare.com/client/v4", options, owner);
  }
}
