/**
 * Connection to PowerDNS: the key of the API, and its errors.
 *
 * @module
 */

import {
  checkSecret,
  Connection,
  type ConnectionOptions,
  type EnvironmentVariable,
  type Failure,
  JsonResponse,
  toText,
} from "../../core/mod.ts";

/** Key and settings of {@linkcode PowerDnsDriver}. */
export interface PowerDnsOptions extends ConnectionOptions {
  /** The key of the API: `api-key` in the configuration of the server. */
  readonly apiKey: string;
  /**
   * Base URL of the server, with or without `/api/v1` at the end.
   *
   * @default {"http://127.0.0.1:8081"}
   */
  readonly baseUrl?: string | undefined;
}

/** Name of the provider in messages. */
export const DISPLAY_NAME = "PowerDNS";

const BASE_URL = "http://127.0.0.1:8081";
const VERSION = /\/api\/v1\/*$/;

/** Environment variables of the driver. */
export const VARIABLES: readonly EnvironmentVariable[] = [
  // Terraform's provider, lego and octoDNS read the same name.
  { option: "apiKey", names: ["PDNS_API_KEY"] },
  // Terraform's provider reads the first name, and lego the second one.
  {
    option: "baseUrl",
    names: ["PDNS_SERVER_URL", "PDNS_API_URL"],
    isOptional: true,
  },
];

interface ErrorJson {
  error?: string;
  errors?: readonly string[];
}

class PowerDnsResponse<T> extends JsonResponse<T> {
  protected override failure({ error, errors = [] }: ErrorJson): Failure {
    const details = errors.map(toText).filter((text) => text !== undefined);
    return { reason: [toText(error) ?? "", ...details].join(" ").trim() };
  }
}

/** Connection to the API of PowerDNS. */
export class PowerDnsConnection extends Connection {
  override readonly provider = "powerdns";
  override readonly displayName = DISPLAY_NAME;
  protected override readonly responseClass = PowerDnsResponse;
  readonly #apiKey: string;

  /**
   * Creates a connection. Nothing is sent until the first request.
   *
   * @param options Key and settings.
   * @param owner Name of the class that the caller created, for errors.
   * @throws {TypeError} If `apiKey` or `baseUrl` is invalid.
   */
  constructor(options: PowerDnsOptions, owner?: string) {
    const { apiKey, baseUrl }: Partial<PowerDnsOptions> = Object(options);
    super(
      BASE_URL,
      typeof baseUrl === "string"
        ? { ...options, baseUrl: baseUrl.replace(VERSION, "") }
        : options,
      owner,
    );
    checkSecret(apiKey, this.owner, "apiKey", {
      pattern: /[^!-~]/,
      description: "characters that an HTTP header cannot carry",
    });
    this.#apiKey = apiKey;
  }

  protected override addDefaultHeaders(headers: Headers): void {
    headers.set("x-api-key", this.#apiKey);
  }

  protected override secrets(): Iterable<string> {
    return [this.#apiKey];
  }
}
