/**
 * Connection to SoftLayer: credentials and errors. The drivers of all services
 * of SoftLayer share this connection.
 *
 * @module
 */

import {
  type ApiErrorClass,
  BasicConnection,
  checkSecret,
  ConflictError,
  type ConnectionOptions,
  type EnvironmentVariable,
  type Failure,
  InvalidCredsError,
  JsonResponse,
  lookUp,
  NotFoundError,
  PermissionDeniedError,
  RateLimitReachedError,
  toText,
  ValidationError,
} from "../../core/mod.ts";

/** Credentials and settings of the drivers for SoftLayer. */
export interface SoftLayerOptions extends ConnectionOptions {
  /** Name of the user; it cannot contain a colon. */
  readonly username: string;
  /** API key of the user, from the control panel. It is not the password. */
  readonly apiKey: string;
}

/** Name of the provider in messages. */
export const DISPLAY_NAME = "SoftLayer";

/** Environment variables of SoftLayer's command line tool and of Terraform. */
export const VARIABLES: readonly EnvironmentVariable[] = [
  {
    option: "username",
    names: ["SL_USERNAME", "SOFTLAYER_USERNAME", "IAAS_CLASSIC_USERNAME"],
    unless: ["apiKey"],
  },
  {
    option: "apiKey",
    names: ["SL_API_KEY", "SOFTLAYER_API_KEY", "IAAS_CLASSIC_API_KEY"],
    unless: ["username"],
  },
];

const PREFIX = "SoftLayer_Exception_";

// SoftLayer sends the status 500 for most requests that it refuses. These codes
// tell more. The prefix is left out, except for that of an unknown user.
const CLASSES: Readonly<Record<string, ApiErrorClass>> = {
  SoftLayer_Account: InvalidCredsError,
  InvalidLegacyToken: InvalidCredsError,
  NotAuthenticated: InvalidCredsError,
  User_Customer_LoginFailed: InvalidCredsError,
  PermissionDenied: PermissionDeniedError,
  ObjectNotFound: NotFoundError,
  WebService_RateLimitExceeded: RateLimitReachedError,
};

// Codes of invalid values. "Public" stands for all other refusals, which have a
// reason for people to read.
const INVALID = /^(?:Public$|Invalid|Missing|Order_)|Invalid/;

interface FailureJson {
  error?: unknown;
  code?: unknown;
}

class SoftLayerResponse<T> extends JsonResponse<T> {
  // {"error": "Unable to find object …", "code": "SoftLayer_Exception_ObjectNotFound"}
  protected override failure({ error, code }: FailureJson): Failure {
    // A change of a guest is a transaction, and a guest runs one at a time. There
    // is no code for it.
    const isBusy = /\bactive transaction/i.test(toText(error) ?? "");
    return {
      reason: error,
      code,
      errorClass: isBusy ? ConflictError : this.#classFor(toText(code) ?? ""),
      isBusy: isBusy || undefined,
    };
  }

  /** The class that a code tells, if it tells more than the status. */
  #classFor(code: string): ApiErrorClass | undefined {
    const reason = code.startsWith(PREFIX) ? code.slice(PREFIX.length) : code;
    const isRefusal = this.status === 500 && INVALID.test(reason);
    return lookUp(CLASSES, reason) ?? (isRefusal ? ValidationError : undefined);
  }
}

/** Connection to the REST API of SoftLayer. */
export class SoftLayerConnection extends BasicConnection {
  override readonly provider = "softlayer";
  override readonly displayName = DISPLAY_NAME;
  protected override readonly responseClass = SoftLayerResponse;

  /**
   * Creates a connection. Nothing is sent until the first request.
   *
   * @param options Credentials and settings.
   * @param owner Name of the class that the caller creates, for errors.
   * @throws {TypeError} If `username`, `apiKey` or `baseUrl` is invalid.
   */
  constructor(options: SoftLayerOptions, owner: string) {
    const { apiKey } = Object(options) as SoftLayerOptions;
    checkSecret(apiKey, owner, "apiKey");
    const settings = { ...options, password: apiKey };
    super("https://api.softlayer.com/rest/v3.1", settings, owner);
  }
}
