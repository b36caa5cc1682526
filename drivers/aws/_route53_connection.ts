/**
 * The connection to Amazon Route 53: its options, bodies and error codes.
 *
 * @module
 */

import {
  type ApiErrorClass,
  type ApiResponse,
  choose,
  ConflictError,
  type ConnectionOptions,
  type EnvironmentVariable,
  type Failure,
  InvalidCredsError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitReachedError,
  type UnsignedRequest,
  type XmlElement,
  XmlResponse,
} from "../../core/mod.ts";
import {
  AWS_VARIABLES,
  AwsConnection,
  type AwsCredentials,
  type AwsCredentialsSource,
} from "./_connection.ts";
import { toXml, type XmlContents } from "./_rest_xml.ts";

/** Settings of {@linkcode Route53DnsDriver}. */
export interface Route53Settings extends ConnectionOptions {
  /**
   * Part of AWS that the account belongs to. Route 53 has no regions, but one
   * endpoint for each partition.
   *
   * @default {"aws"}
   */
  readonly partition?: "aws" | "aws-cn" | "aws-us-gov" | undefined;
  /**
   * Base URL of the API, such as an emulator.
   *
   * @default {the public endpoint of the partition}
   */
  readonly baseUrl?: string | undefined;
}

/** Credentials and settings of {@linkcode Route53DnsDriver}. */
export type Route53Options =
  & (AwsCredentials | AwsCredentialsSource)
  & Route53Settings;

/** Name of the service in messages. */
export const DISPLAY_NAME = "Amazon Route 53";

/** Environment variables of the driver. Requests are not sent to a region. */
export const VARIABLES: readonly EnvironmentVariable[] = AWS_VARIABLES.filter(
  ({ option }) => option !== "region",
);

/** Code of a batch of changes that cannot be made. */
export const INVALID_BATCH = "InvalidChangeBatch";

const NAMESPACE = "https://route53.amazonaws.com/doc/2013-04-01/";

// The endpoint of each partition, and the region in its signatures.
const PARTITIONS = {
  "aws": ["route53.amazonaws.com", "us-east-1"],
  "aws-cn": ["route53.amazonaws.com.cn", "cn-northwest-1"],
  "aws-us-gov": ["route53.us-gov.amazonaws.com", "us-gov-west-1"],
} as const;

/** Route 53 accepts five requests per second from an account. */
const INTERVAL_MS = 200;

/** How long requests keep this interval after one was refused. */
const PACED_MS = 10_000;

/** Delay after a request that was refused because of others. */
const RETRY_MS = 1000;

const THROTTLED = /Throttl|RequestLimit/;
const BUSY = "PriorRequestNotComplete";

// A record set is not as the batch expects it.
const STALE =
  /but it already exists|but it was not found|do not match the current values/;

// Route 53 uses the status 400 for most errors, so the code decides. The first
// pattern that matches counts. For all other codes the status decides.
const ERROR_CLASSES: readonly (readonly [RegExp, ApiErrorClass])[] = [
  [THROTTLED, RateLimitReachedError],
  [
    /Signature|Expired|ClientTokenId|MissingAuthenticationToken|UnrecognizedClient/,
    InvalidCredsError,
  ],
  // Quotas: the account may not have more.
  [/^TooMany|LimitExceeded$/, PermissionDeniedError],
  [/^NoSuch/, NotFoundError],
  [/AlreadyExists$|NotEmpty$|^Conflict/, ConflictError],
];

class Route53Response<T> extends XmlResponse<T> {
  declare protected readonly body: XmlElement | undefined;

  protected override failure(body: XmlElement): Failure {
    const code = codeIn(body);
    const reason = messageIn(body);
    return {
      reason,
      code,
      requestId: body.textAt("RequestId"),
      errorClass: code === INVALID_BATCH && STALE.test(reason)
        ? ConflictError
        : ERROR_CLASSES.find(([pattern]) => pattern.test(code))?.[1],
      isBusy: code === BUSY || undefined,
    };
  }

  override requestId(): string | undefined {
    return super.requestId() ??
      this.headers.get("x-amzn-requestid") ?? undefined;
  }

  /** Route 53 does not tell how long to wait. */
  protected override retryAfterMs(): number | undefined {
    const mustWait = this.isThrottled || this.isBusy();
    return super.retryAfterMs() ?? (mustWait ? RETRY_MS : undefined);
  }

  /** Whether the account has sent too many requests. */
  get isThrottled(): boolean {
    return !this.isSuccess() && THROTTLED.test(codeIn(this.body));
  }
}

/**
 * A connection to Route 53. When Route 53 has refused a request because there
 * were too many, those that follow are sent one every 200 milliseconds.
 */
export class Route53Connection extends AwsConnection {
  /** Id of the provider. */
  override readonly provider = "route53";
  /** Name of the service in messages. */
  override readonly displayName = DISPLAY_NAME;
  protected override readonly service = "route53";
  protected override readonly responseClass = Route53Response;
  // When the next request may be sent, and until when requests are paced.
  #nextAt = 0;
  #pacedUntil = 0;

  /**
   * Creates a connection. Nothing is sent until the first request.
   *
   * @param options Credentials and settings.
   * @param owner Name of the class that the caller creates, for errors.
   * @throws {TypeError} If a key, `partition` or `baseUrl` is invalid.
   */
  constructor(options: Route53Options, owner: string) {
    const { partition = "aws" }: Partial<Route53Settings> = Object(options);
    const [host, region] = choose(PARTITIONS, partition, owner, "partition");
    super(`https://${host}`, { ...options, region }, owner);
  }

  /** Waits for its turn, and signs a request. */
  protected override async signRequest(
    request: UnsignedRequest,
  ): Promise<void> {
    const now = performance.now();
    if (now < this.#pacedUntil) {
      const at = Math.max(now, this.#nextAt);
      this.#nextAt = at + INTERVAL_MS;
      await pause(at - now, request.signal);
    }
    await super.signRequest(request);
  }

  /** Notes that requests must be paced. */
  protected override renewCredentials(
    rejected: Headers,
    response: ApiResponse,
  ): boolean {
    if (response instanceof Route53Response && response.isThrottled) {
      this.#pacedUntil = performance.now() + PACED_MS;
    }
    return super.renewCredentials(rejected, response);
  }

  protected override encodeData(data: XmlContents, headers: Headers): string {
    headers.set("content-type", "application/xml");
    return toXml(data, NAMESPACE, "request");
  }
}

/** Code of an error; older errors have a root element of that name. */
function codeIn(body: XmlElement | undefined): string {
  return body?.textAt("Error", "Code") ?? body?.name ?? "";
}

/** Reason of an error in one text; older errors have several. */
function messageIn(body: XmlElement): string {
  const messages = body.all("Messages", "Message");
  const all = messages.length > 0 ? messages : body.all("Error", "Message");
  return all.map(({ text }) => text).join("; ");
}

/** Waits; ends early, without an error, if the signal aborts. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
  });
}
