/**
 * Connections to the APIs of AWS: access keys, their environment variables, and
 * signed requests.
 *
 * @module
 */

import {
  ApiError,
  type ApiResponse,
  checkSecret,
  Connection,
  type ConnectionOptions,
  CredentialsSource,
  type EnvironmentVariable,
  type ForbiddenCharacters,
  mistake,
  type UnsignedRequest,
} from "../../core/mod.ts";
import { deriveKey, signV4, toCanonicalQuery } from "./_signature.ts";

/** An access key of an AWS account. */
export interface AwsCredentials {
  /** Id of the access key. */
  readonly accessKeyId: string;
  /** The secret access key. */
  readonly secretAccessKey: string;
  /** Session token of a temporary access key. */
  readonly sessionToken?: string | undefined;
}

/** A function that gets an access key. */
export interface AwsCredentialsSource {
  /**
   * Gets an access key. The function is called before the first request. It is
   * called again, once for all requests that wait, when AWS refuses the access
   * key, such as a temporary one that has expired. If it does not return within
   * the time limit of a request, the next request calls it again.
   */
  readonly credentials: () => AwsCredentials | Promise<AwsCredentials>;
}

/** Settings of {@linkcode AwsConnection}. */
export interface AwsSettings extends ConnectionOptions {
  /** Id of the region, such as `"us-east-1"`. */
  readonly region: string;
}

/** Credentials and settings of {@linkcode AwsConnection}. */
export type AwsOptions =
  & (AwsCredentials | AwsCredentialsSource)
  & AwsSettings;

/** The environment variables that the tools of AWS and Terraform read. */
export const AWS_VARIABLES: readonly EnvironmentVariable[] = [
  {
    option: "accessKeyId",
    names: ["AWS_ACCESS_KEY_ID"],
    unless: ["credentials", "secretAccessKey"],
  },
  // Not read if the caller passes the id of another access key.
  {
    option: "secretAccessKey",
    names: ["AWS_SECRET_ACCESS_KEY"],
    unless: ["credentials", "accessKeyId"],
  },
  {
    option: "sessionToken",
    names: ["AWS_SESSION_TOKEN"],
    isOptional: true,
    unless: ["credentials", "accessKeyId", "secretAccessKey"],
  },
  { option: "region", names: ["AWS_REGION", "AWS_DEFAULT_REGION"] },
];

// AWS creates keys from letters, digits, "/", "+" and "=". A response may
// encode other characters, as XML encodes "&", and the key would not be
// redacted.
const NOT_IN_KEYS: ForbiddenCharacters = {
  pattern: /[^!-~]|[&<>"'\\,]/,
  description: "characters that no key of AWS has",
};
// Proxies do not change these headers.
const SIGNED_HEADER = /^(?:content-type$|x-amz-)/;
// Codes of a request with a wrong time. Some mean wrong keys as well: EC2 sends
// AuthFailure for both, and RequestExpired for an expired temporary key.
const BAD_TIME =
  /AuthFailure|Signature|Request(?:Has)?Expired|RequestInTheFuture|RequestTimeTooSkewed/;
const BAD_KEYS = /Expired|ClientTokenId|InvalidAccessKey|UnrecognizedClient/;
const REGION = /^[a-z\d]+(?:-[a-z\d]+)*$/;
// Zones of the region "us-east-1" are "us-east-1a", "us-east-1-bos-1a" and
// "us-east-1-wl1-bos-wlz-1". "use1-az1" is the id of a zone.
const ZONE = /^[a-z]+(?:-[a-z]+)+-\d+(?:[a-z]|-.+)$|-az\d+$/;
// AWS accepts times that are up to 5 minutes off, some services 15.
const MAX_SKEW_MS = 4 * 60_000;
// Times that the clock of AWS may show. Anyone can claim another one.
const EARLIEST_TIME = Date.UTC(2020);
const LATEST_TIME = Date.UTC(2100);

/** A connection whose requests are signed with an access key of AWS. */
export abstract class AwsConnection extends Connection {
  /** Id of the region. */
  readonly region: string;
  /** Name of the service in signatures, such as `"ec2"`. */
  protected abstract readonly service: string;
  readonly #credentials: CredentialsSource<AwsCredentials>;
  // Time of each signature in milliseconds since 1970, by the headers of the
  // request.
  readonly #signedAt = new WeakMap<Headers, number>();
  #signingKey:
    | { readonly id: string; readonly key: Promise<CryptoKey> }
    | undefined;
  // Difference between the clock of AWS and the clock of this machine.
  #skewMs = 0;

  /**
   * Creates a connection. Nothing is sent until the first request.
   *
   * @param baseUrl Base URL of the API.
   * @param options Credentials and settings.
   * @param owner Name of the class that the caller creates, for errors.
   * @throws {TypeError} If a key, `region` or `baseUrl` is invalid.
   */
  constructor(baseUrl: string, options: AwsOptions, owner?: string) {
    super(baseUrl, options, owner);
    const { region, credentials }: Partial<AwsSettings & AwsCredentialsSource> =
      Object(options);
    this.region = checkRegion(region, this.owner);
    this.#credentials = new CredentialsSource(
      typeof credentials === "function" ? credentials : options,
      (keys) => toCredentials(keys, this.owner),
    );
  }

  /** Signs a request. */
  protected override async signRequest(
    request: UnsignedRequest,
  ): Promise<void> {
    const { url, headers, signal } = request;
    const { accessKeyId, secretAccessKey, sessionToken } = await this
      .#credentials.get(headers, signal);
    const { service, region } = this;
    const now = Date.now() + this.#skewMs;
    this.#signedAt.set(headers, now);
    // As in "20150830T123600Z".
    const time = new Date(now).toISOString().replace(/[-:]|\.\d+/g, "");
    headers.set("x-amz-date", time);
    if (sessionToken) headers.set("x-amz-security-token", sessionToken);
    const signedHeaders = new Headers({ host: url.host });
    for (const [name, value] of headers) {
      if (SIGNED_HEADER.test(name)) signedHeaders.set(name, value);
    }
    // The query is sent exactly as it is signed.
    url.search = toCanonicalQuery(url);
    const date = time.slice(0, 8);
    const id = date + secretAccessKey;
    if (this.#signingKey?.id !== id) {
      const key = deriveKey(secretAccessKey, date, region, service);
      this.#signingKey = { id, key };
    }
    const { authorization } = await signV4(
      { ...request, headers: signedHeaders },
      {
        accessKeyId,
        scope: `${date}/${region}/${service}/aws4_request`,
        key: await this.#signingKey.key,
      },
    );
    headers.set("authorization", authorization);
  }

  /** Each region has its own lists. */
  protected override get scope(): string {
    return this.region;
  }

  /** The last few keys. */
  protected override secrets(): Iterable<string> {
    return this.#credentials.recent.flatMap((
      { accessKeyId, secretAccessKey, sessionToken = "" },
    ) => [accessKeyId, secretAccessKey, sessionToken]);
  }

  /** Corrects the clock, or forgets a refused key if it can get another one. */
  protected override renewCredentials(
    rejected: Headers,
    response: ApiResponse,
  ): boolean {
    const error = response.parseError();
    const signedAt = this.#signedAt.get(rejected);
    if (signedAt === undefined || !(error instanceof ApiError)) return false;
    const { code = "", status } = error;
    if (BAD_TIME.test(code)) {
      // NaN if the response has no time.
      const responseTime = Date.parse(response.headers.get("date") ?? "");
      const isPlausible = responseTime > EARLIEST_TIME &&
        responseTime < LATEST_TIME;
      if (isPlausible && Math.abs(responseTime - signedAt) > MAX_SKEW_MS) {
        this.#skewMs = responseTime - Date.now();
        return true;
      }
    }
    const isBadKey = status === 401 || BAD_KEYS.test(code);
    return isBadKey && this.#credentials.renew(rejected);
  }
}

/** Checks the parts of an access key. */
function toCredentials(credentials: unknown, owner: string): AwsCredentials {
  const { accessKeyId, secretAccessKey, sessionToken }: Partial<
    AwsCredentials
  > = Object(credentials);
  checkSecret(accessKeyId, owner, "accessKeyId", NOT_IN_KEYS);
  checkSecret(secretAccessKey, owner, "secretAccessKey", NOT_IN_KEYS);
  if (sessionToken === undefined) return { accessKeyId, secretAccessKey };
  checkSecret(sessionToken, owner, "sessionToken", NOT_IN_KEYS);
  return { accessKeyId, secretAccessKey, sessionToken };
}

/**
 * Checks the id of a region, which becomes part of a host name.
 *
 * @param region The value that the caller passed.
 * @param operation Name of the method or the class, for the error.
 * @param field Name of the option, for the error.
 * @returns The id.
 * @throws {TypeError} If the value cannot be part of a host name, or is a zone
 *   such as `"us-east-1a"`.
 */
export function checkRegion(
  region: unknown,
  operation: string,
  field = "region",
): string {
  const isRegion = typeof region === "string" && REGION.test(region) &&
    !ZONE.test(region);
  if (isRegion) return region;
  throw mistake(operation, field, 'a region such as "eu-central-1"', region);
}
