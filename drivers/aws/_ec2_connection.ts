/**
 * The connection to Amazon EC2: its options, host names, forms and error codes.
 *
 * @module
 */

import {
  type ApiErrorClass,
  ConflictError,
  type Failure,
  InvalidCredsError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitReachedError,
  toSearchParams,
  type XmlElement,
  XmlResponse,
} from "../../core/mod.ts";
import {
  AwsConnection,
  type AwsCredentials,
  type AwsCredentialsSource,
  type AwsSettings,
  checkRegion,
} from "./_connection.ts";
import { toForm } from "./_query_api.ts";

/** Settings of {@linkcode Ec2NodeDriver}. */
export interface Ec2Settings extends AwsSettings {
  /**
   * Id of the region, such as `"eu-central-1"`. A driver sees only what is in
   * this region. There is no default.
   */
  readonly region: string;
  /**
   * Base URL of the API, such as an endpoint for IPv6 or FIPS, an endpoint in a
   * private network, or an emulator.
   *
   * @default {the public endpoint of the region}
   */
  readonly baseUrl?: string | undefined;
  /**
   * Base URL of the price API, which `listSizes({ live: true })` uses. If you
   * set `baseUrl` to an endpoint that serves only EC2, set this one, too.
   *
   * @default {`baseUrl`, or the public endpoint near the region}
   */
  readonly pricingUrl?: string | undefined;
}

/** Credentials and settings of {@linkcode Ec2NodeDriver}. */
export type Ec2Options =
  & (AwsCredentials | AwsCredentialsSource)
  & Ec2Settings;

/** Name of the service in messages. */
export const DISPLAY_NAME = "Amazon EC2";

// Domains of the partitions, by the beginning of their regions, as in
// partitions.json of botocore. All other regions have amazonaws.com.
const DOMAINS: readonly (readonly [prefix: string, domain: string])[] = [
  ["cn-", "amazonaws.com.cn"],
  ["eusc-", "amazonaws.eu"],
  ["us-iso-", "c2s.ic.gov"],
  ["us-isob-", "sc2s.sgov.gov"],
  ["eu-isoe-", "cloud.adc-e.uk"],
  ["us-isof-", "csp.hci.ic.gov"],
];

// EC2 uses the status 400 for most errors, so the code decides. The first
// pattern that matches counts. For all other codes the status decides.
const ERROR_CLASSES: readonly (readonly [RegExp, ApiErrorClass])[] = [
  [/RequestLimit|Throttl/, RateLimitReachedError],
  [
    /Signature|Expired|ClientTokenId|MissingAuthenticationToken|UnrecognizedClient/,
    InvalidCredsError,
  ],
  [
    // AuthFailure is about a resource of another account here; wrong keys have
    // the status 401.
    /^Auth|^Unauthorized|Denied|NotPermitted|OptIn|Blocked|Verification/,
    PermissionDeniedError,
  ],
  // Quotas: the account may not have more.
  [/(?:Limit|Count)Exceeded$/, PermissionDeniedError],
  // Images that were deregistered are "Unavailable".
  [/NotFound$|\.Unknown$|\.Unavailable$/, NotFoundError],
  [
    /State$|InUse|Duplicate|Conflict|Already|Mismatch|Dependency|RateExceeded|^Concurrent/,
    ConflictError,
  ],
  // No capacity, with status 500. Nothing was done, and a retry within seconds
  // does not help.
  [/^Insufficient/, ConflictError],
];

class Ec2Response<T> extends XmlResponse<T> {
  declare protected readonly body: XmlElement | undefined;

  protected override failure(body: XmlElement): Failure {
    const code = body.textAt("Errors", "Error", "Code");
    const [message] = body.all("Errors", "Error", "Message");
    return {
      // The exact text, because secrets in it may end with white space.
      reason: message?.text,
      code,
      requestId: body.textAt("RequestID"),
      errorClass: this.status === 401 ? InvalidCredsError : errorClassFor(code),
      // Another request is changing the tags of the same resource.
      isBusy: code === "ConcurrentTagAccess" || undefined,
    };
  }

  override requestId(): string | undefined {
    return this.body?.textAt("requestId") ?? super.requestId();
  }
}

/**
 * Finds the class of an error by its code.
 *
 * @param code Code of the error, such as `"AccessDenied"`.
 * @returns The class; `undefined` if the status decides.
 */
export function errorClassFor(code = ""): ApiErrorClass | undefined {
  return ERROR_CLASSES.find(([pattern]) => pattern.test(code))?.[1];
}

/** A connection to EC2 in one region. */
export class Ec2Connection extends AwsConnection {
  /** Id of the provider. */
  override readonly provider = "ec2";
  /** Name of the service in messages. */
  override readonly displayName = DISPLAY_NAME;
  protected override readonly service = "ec2";
  protected override readonly responseClass = Ec2Response;

  /**
   * Creates a connection. Nothing is sent until the first request.
   *
   * @param options Credentials and settings.
   * @param owner Name of the class that the caller creates, for errors.
   * @throws {TypeError} If a key, `region` or `baseUrl` is invalid.
   */
  constructor(options: Ec2Options, owner: string) {
    const { region }: Partial<Ec2Settings> = Object(options);
    super(toBaseUrl(checkRegion(region, owner)), options, owner);
  }

  protected override encodeData(data: object, headers: Headers): string {
    headers.set(
      "content-type",
      "application/x-www-form-urlencoded; charset=utf-8",
    );
    return toSearchParams(toForm(data, "request")).toString();
  }
}

/**
 * Changes the region of a driver's options. A base URL that contains the name
 * of the region gets the name of the other one.
 *
 * @param options Options of the driver.
 * @param region The other region.
 * @returns The options for the other region.
 */
export function inRegion(options: Ec2Options, region: string): Ec2Options {
  const baseUrl = options.baseUrl?.replaceAll(options.region, region);
  return { ...options, region, baseUrl };
}

/** Base URL of the API in a region. */
function toBaseUrl(region: string): string {
  return `https://ec2.${region}.${domainOf(region)}`;
}

/**
 * Finds the domain of a region. Some partitions have their own.
 *
 * @param region Id of the region.
 * @returns The domain, such as `"amazonaws.com"`.
 */
export function domainOf(region: string): string {
  const [, domain = "amazonaws.com"] =
    DOMAINS.find(([prefix]) => region.startsWith(prefix)) ?? [];
  return domain;
}
