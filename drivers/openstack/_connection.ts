/**
 * Connections to the services of OpenStack. The drivers of all services share
 * the login, the service catalogue and the token.
 *
 * @module
 */

import {
  type ApiError,
  type ApiResponse,
  Connection,
  CredentialsSource,
  joinWords,
  mistake,
  type ResponseClass,
  shareConnection,
  type SharedConnection,
  SharedValue,
} from "../../core/mod.ts";
import {
  IdentityConnection,
  type OpenStackCloudDescription,
  type OpenStackEndpoint,
  type OpenStackInterface,
  type OpenStackOptions,
  type OpenStackSession,
  toInterface,
  toLogin,
} from "./_identity.ts";
import { profileOf } from "./_profiles.ts";
import { OpenStackResponse } from "./_response.ts";

export { type OpenStackOptions, VARIABLES } from "./_identity.ts";

/** Name of the provider in messages. */
export const DISPLAY_NAME = "OpenStack";

/** A service that a driver uses. */
export type OpenStackService =
  | "block-storage"
  | "compute"
  | "dns"
  | "image"
  | "network";

/** How to find a service in the catalogue, and its API behind the URL there. */
interface ServiceDescription {
  /** Types of the service in catalogues, the best one first. */
  readonly types: readonly string[];
  /** Completes the URL of the catalogue, which may lack the version. */
  readonly complete: (url: string) => string;
}

const withVersion = (version: string) => (url: string) =>
  /\/v\d+(?:\.\d+)?(?:\/[^/]*)?$/.test(url) ? url : `${url}/${version}`;

/**
 * The types are those that OpenStack assigns, and their aliases.
 *
 * @see {@link https://service-types.openstack.org/ | OpenStack Service Types Authority}
 */
const SERVICES: Readonly<Record<OpenStackService, ServiceDescription>> = {
  "block-storage": {
    types: ["block-storage", "volumev3", "block-store", "volume", "volumev2"],
    complete: (url) => url,
  },
  compute: { types: ["compute"], complete: withVersion("v2.1") },
  dns: { types: ["dns"], complete: withVersion("v2") },
  image: { types: ["image"], complete: withVersion("v2") },
  network: { types: ["network"], complete: withVersion("v2.0") },
};

/**
 * From 2.47 on, a server does not contain the id of its flavor, which
 * `Node.sizeId` needs.
 */
const USUAL_MICROVERSION = "2.46";
// Earlier versions of Nova know only the older name of the header.
const FIRST_WITH_NEW_HEADER = "2.27";

/** Login, token and service catalogue of a cloud. */
export class OpenStackCloud {
  /** Id of the provider. */
  readonly provider: string;
  /** Name of the provider in messages. */
  readonly displayName: string;
  /** URL of the identity API, with its version. */
  readonly identityUrl: string;
  /** Location of all nodes and volumes, in a cloud without availability zones. */
  readonly locationId: string | undefined;
  readonly #session: CredentialsSource<OpenStackSession>;
  readonly #options: OpenStackOptions;
  readonly #owner: string;
  readonly #interface: OpenStackInterface;
  readonly #secrets: readonly string[];

  /**
   * Describes a cloud. Nothing is sent until a service is used.
   *
   * @param options Credentials and settings.
   * @param owner Name of the class that the caller creates, for errors.
   * @param description Provider and login, for clouds with their own login.
   * @throws {TypeError} If an option is missing or invalid.
   */
  constructor(
    options: OpenStackOptions,
    owner: string,
    description?: OpenStackCloudDescription,
  ) {
    const settings = withProfile(Object(options), owner);
    const {
      provider,
      displayName,
      login,
      locationId,
    }: OpenStackCloudDescription = description ?? {
      provider: "openstack",
      displayName: DISPLAY_NAME,
      login: toLogin(settings, owner),
    };
    this.provider = provider;
    this.displayName = displayName;
    this.locationId = locationId;
    this.#options = settings;
    this.#owner = owner;
    this.#interface = toInterface(settings.interface, owner);
    this.#secrets = login.secrets;
    this.identityUrl = login.url;
    const identity = new IdentityConnection(
      { provider, displayName, login },
      settings,
      owner,
    );
    this.#session = new CredentialsSource<OpenStackSession>(
      (signal: AbortSignal) => identity.authenticate(signal),
      (session) => session as OpenStackSession,
      ({ endsAt }) => performance.now() < endsAt,
    );
  }

  /** What makes this cloud differ from others, for positions of lists. */
  get scope(): string {
    const { region = "", baseUrl = "" } = this.#options;
    return `${region} ${this.#interface} ${baseUrl.replace(/^.*?\w\//, "")}`;
  }

  /** Strings that no error may show: the last few tokens, and the login. */
  get secrets(): string[] {
    const tokens = this.#session.recent.map(({ token }) => token);
    return [...tokens, ...this.#secrets];
  }

  /**
   * Connects to a service. Nothing is sent until the first request.
   *
   * @param service The service.
   * @returns The connection.
   * @throws {TypeError} If a base URL is invalid.
   */
  connect(service: "compute"): OpenStackComputeConnection;
  /** Connects to another service. */
  connect(service: OpenStackService): OpenStackConnection;
  connect(service: OpenStackService): OpenStackConnection {
    const { endpoints = {}, baseUrl, microversion } = this.#options;
    const isCompute = service === "compute";
    const { types } = SERVICES[service];
    const given = isCompute && baseUrl !== undefined
      ? baseUrl
      : types.map((type) => endpoints[type]).find((url) => url !== undefined);
    const options = { ...this.#options, baseUrl: given };
    return isCompute
      ? new OpenStackComputeConnection(this, options, this.#owner, microversion)
      : new OpenStackConnection(this, service, options, this.#owner);
  }

  /**
   * Gets the token and the service catalogue.
   *
   * @param headers Headers of the request that needs the token.
   * @param signal Ends the wait.
   * @returns The session.
   */
  async session(
    headers: Headers,
    signal: AbortSignal,
  ): Promise<OpenStackSession> {
    return await this.#session.get(headers, signal);
  }

  /**
   * Forgets a token that a service refused.
   *
   * @param rejected Headers of the request with the token.
   * @returns Whether there may be another token.
   */
  renew(rejected: Headers): boolean {
    return this.#session.renew(rejected);
  }

  /**
   * Lists the regions in which the cloud has a service.
   *
   * @param signal Ends the wait.
   * @param service The service.
   * @returns Names of the regions, in the order of the catalogue.
   */
  async regions(
    signal: AbortSignal,
    service: OpenStackService = "compute",
  ): Promise<string[]> {
    const { endpoints } = await this.session(new Headers(), signal);
    return regionsOf(this.#candidates(service, endpoints));
  }

  /**
   * Finds the base URL of a service in the catalogue.
   *
   * @param service The service.
   * @param operation Method of the driver, for errors.
   * @param signal Ends the wait.
   * @returns The URL, with the version of the API.
   * @throws {TypeError} If the cloud lacks the service, or has several regions
   *   and none was chosen.
   */
  async find(
    service: OpenStackService,
    operation: string,
    signal: AbortSignal,
  ): Promise<string> {
    const { region } = this.#options;
    const { endpoints } = await this.session(new Headers(), signal);
    const candidates = this.#candidates(service, endpoints);
    const regions = regionsOf(candidates);
    if (region === undefined && regions.length > 1) {
      throw mistake(operation, "region", joinWords(regions), region);
    }
    const found = candidates.find((endpoint) =>
      region === undefined || endpoint.region === region
    );
    if (found) return SERVICES[service].complete(found.url.replace(/\/+$/, ""));
    const known = regions.length > 0
      ? `; it is available in ${regions.join(", ")}`
      : "";
    throw new TypeError(
      `${operation}: the cloud has no ${this.#interface} endpoint of the ` +
        `service ${service}` +
        (region === undefined ? "" : ` in the region ${region}`) + known,
    );
  }

  /** Endpoints of a service, those of its best type first. */
  #candidates(
    service: OpenStackService,
    endpoints: readonly OpenStackEndpoint[],
  ): OpenStackEndpoint[] {
    return SERVICES[service].types.flatMap((type) =>
      endpoints.filter((endpoint) =>
        endpoint.service === type && endpoint.interface === this.#interface
      )
    );
  }
}

/**
 * Connects to a service, with credentials of its own or with the login of
 * another driver.
 *
 * @param options Credentials and settings, or the connection of another driver
 *   for OpenStack.
 * @param service The service.
 * @param owner Name of the class that the caller creates, for errors.
 * @returns The connection.
 * @throws {TypeError} If an option is missing or invalid.
 */
export function connectTo(
  options: OpenStackOptions | SharedConnection,
  service: OpenStackService,
  owner: string,
): OpenStackConnection {
  let own: OpenStackConnection | undefined;
  const shared = shareConnection<OpenStackOptions>(
    options,
    "openstack",
    owner,
    (options) => {
      const cloud = new OpenStackCloud(withBaseUrl(options, service), owner);
      return own = cloud.connect(service);
    },
  );
  return own ?? (shared as OpenStackConnection).sibling(service);
}

/** Makes the base URL that of a service, for a driver of that service alone. */
function withBaseUrl(
  options: OpenStackOptions,
  service: OpenStackService,
): OpenStackOptions {
  const { baseUrl, endpoints }: OpenStackOptions = Object(options);
  if (baseUrl === undefined) return options;
  const [type = service] = SERVICES[service].types;
  return { ...options, endpoints: { ...endpoints, [type]: baseUrl } };
}

/** Fills in what is known of a public cloud. */
function withProfile(
  options: OpenStackOptions,
  owner: string,
): OpenStackOptions {
  const { profile, authUrl, region } = options;
  if (profile === undefined) return options;
  const known = profileOf(profile, owner, region);
  return {
    ...options,
    authUrl: authUrl ?? known.authUrl,
    region: known.region,
  };
}

/** Regions of endpoints, without repetition. */
function regionsOf(endpoints: readonly OpenStackEndpoint[]): string[] {
  return [...new Set(endpoints.flatMap(({ region }) => region ?? []))];
}

/** Connection to a service of OpenStack. */
export class OpenStackConnection extends Connection {
  /** Id of the provider. */
  override readonly provider: string;
  /** Name of the provider in messages. */
  override readonly displayName: string;
  /** Class of the responses. */
  protected override readonly responseClass: ResponseClass = OpenStackResponse;
  /** The cloud of the service. */
  protected readonly cloud: OpenStackCloud;
  readonly #service: OpenStackService;
  readonly #isGiven: boolean;

  /**
   * Creates a connection. Nothing is sent until the first request.
   *
   * @param cloud The cloud.
   * @param service The service.
   * @param options Settings. `baseUrl` replaces the URL in the catalogue.
   * @param owner Name of the class that the caller creates, for errors.
   */
  constructor(
    cloud: OpenStackCloud,
    service: OpenStackService,
    options: OpenStackOptions,
    owner: string,
  ) {
    super(cloud.identityUrl, options, owner);
    this.provider = cloud.provider;
    this.displayName = cloud.displayName;
    this.cloud = cloud;
    this.#service = service;
    this.#isGiven = options.baseUrl !== undefined;
  }

  /**
   * Connects to another service of the same cloud. Both connections share the
   * token.
   *
   * @param service The service.
   * @returns The connection.
   */
  sibling(service: OpenStackService): OpenStackConnection {
    return this.cloud.connect(service);
  }

  /** Where positions of lists are valid. */
  protected override get scope(): string {
    return this.cloud.scope;
  }

  /** Finds the service in the catalogue. */
  protected override async findBaseUrl(
    signal: AbortSignal,
    operation: string,
  ): Promise<string> {
    return this.#isGiven
      ? this.baseUrl
      : await this.cloud.find(this.#service, operation, signal);
  }

  /** Adds the token. */
  protected override async addDefaultHeaders(
    headers: Headers,
    signal: AbortSignal,
  ): Promise<void> {
    const { token } = await this.cloud.session(headers, signal);
    headers.set("x-auth-token", token);
  }

  /** The last few tokens, and the secret of the login. */
  protected override secrets(): Iterable<string> {
    return this.cloud.secrets;
  }

  /** Forgets a token that the service refused. */
  protected override renewCredentials(
    rejected: Headers,
    { status }: ApiResponse,
  ): boolean {
    return status === 401 && this.cloud.renew(rejected);
  }
}

/** A feature of Nova, and the microversions that have it. */
export interface OpenStackFeature {
  /** Method of the driver, for errors. */
  readonly operation: string;
  /** Name of the feature, for errors. */
  readonly name: string;
  /** The oldest microversion that has the feature, such as `"2.52"`. */
  readonly since?: string | undefined;
  /** The newest microversion that has the feature. */
  readonly until?: string | undefined;
}

/** Connection to Nova, which has microversions. */
export class OpenStackComputeConnection extends OpenStackConnection {
  readonly #microversion: string | undefined;
  readonly #newest: SharedValue<string | undefined>;

  /** Creates a connection. Nothing is sent until the first request. */
  constructor(
    cloud: OpenStackCloud,
    options: OpenStackOptions,
    owner: string,
    microversion: string | undefined,
  ) {
    super(cloud, "compute", options, owner);
    this.#microversion = toMicroversion(microversion, owner);
    const versions = new VersionConnection(cloud, "compute", options, owner);
    this.#newest = new SharedValue((signal) => versions.newest(signal));
  }

  /**
   * Checks whether the cloud has a microversion.
   *
   * @param microversion The microversion, such as `"2.37"`.
   * @param signal Ends the wait.
   * @returns Whether requests may have that microversion.
   */
  async has(microversion: string, signal: AbortSignal): Promise<boolean> {
    const newest = await this.#newest.get(signal) ?? "2.1";
    return !isOlder(newest, microversion);
  }

  /**
   * Finds the headers of a request that needs certain microversions.
   *
   * @param feature The feature, and the microversions that have it.
   * @param signal Ends the wait.
   * @returns The headers; empty if the usual microversion has the feature.
   * @throws {TypeError} If the cloud is too old for the feature.
   */
  async headersFor(
    feature: OpenStackFeature,
    signal: AbortSignal,
  ): Promise<Readonly<Record<string, string>>> {
    const { operation, name, since = "2.1", until } = feature;
    const newest = await this.#newest.get(signal) ?? "2.1";
    if (isOlder(newest, since)) {
      throw new TypeError(
        `${operation}: ${name} needs compute microversion ${since}; ` +
          `this cloud has at most ${newest}`,
      );
    }
    const usual = await this.#usual(signal) ?? "2.1";
    if (isOlder(usual, since)) return toHeaders(since);
    return until !== undefined && isOlder(until, usual) ? toHeaders(until) : {};
  }

  /** Adds the token and the microversion. */
  protected override async addDefaultHeaders(
    headers: Headers,
    signal: AbortSignal,
  ): Promise<void> {
    await super.addDefaultHeaders(headers, signal);
    if (headers.has("openstack-api-version")) return;
    const microversion = await this.#usual(signal);
    if (microversion === undefined) return;
    for (const [name, value] of Object.entries(toHeaders(microversion))) {
      headers.set(name, value);
    }
  }

  /** Microversion of requests that need no other one. */
  async #usual(signal: AbortSignal): Promise<string | undefined> {
    if (this.#microversion !== undefined) return this.#microversion;
    const newest = await this.#newest.get(signal);
    return newest !== undefined && isOlder(newest, USUAL_MICROVERSION)
      ? newest
      : newest && USUAL_MICROVERSION;
  }
}

/** Connection to the document that tells the versions of Nova. */
class VersionConnection extends OpenStackConnection {
  // .../v2.1/<project> -> .../v2.1
  protected override async findBaseUrl(
    signal: AbortSignal,
    operation: string,
  ): Promise<string> {
    const url = await super.findBaseUrl(signal, operation);
    return url.replace(/(\/v2(?:\.\d+)?)\/[^/]*$/, "$1");
  }

  /** Gets the newest microversion; `undefined` if Nova has none. */
  async newest(signal: AbortSignal): Promise<string | undefined> {
    try {
      const response = await this.request<VersionJson>("/", {
        operation: "getVersion",
        signal,
      });
      const { version } = response.object?.version ?? {};
      return isMicroversion(version) ? version : undefined;
    } catch (error) {
      // Rackspace and old clouds have no such document.
      const { status = 0, operation } = error as Partial<ApiError>;
      const isMissing = operation === "getVersion" && status >= 400 &&
        status < 500 && status !== 401 && status !== 429;
      if (isMissing) return undefined;
      throw error;
    }
  }
}

interface VersionJson {
  readonly version?: { readonly version?: string };
}

function isMicroversion(value: unknown): value is string {
  return typeof value === "string" && /^2\.\d+$/.test(value);
}

/** Checks a microversion. The command line tools also accept `"2"`. */
function toMicroversion(
  value: string | undefined,
  owner: string,
): string | undefined {
  if (value === undefined || value === "2") return undefined;
  if (isMicroversion(value)) return value;
  throw mistake(owner, "microversion", 'a version such as "2.79"', value);
}

/** Whether a microversion is older than another one. */
function isOlder(version: string, other: string): boolean {
  return Number(version.slice(2)) < Number(other.slice(2));
}

function toHeaders(microversion: string): Record<string, string> {
  return {
    "openstack-api-version": `compute ${microversion}`,
    ...isOlder(microversion, FIRST_WITH_NEW_HEADER) &&
      { "x-openstack-nova-api-version": microversion },
  };
}
