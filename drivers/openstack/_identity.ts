/**
 * Login at Keystone, the identity service of OpenStack: credentials, tokens and
 * the service catalogue.
 *
 * @see {@link https://docs.openstack.org/api-ref/identity/v3/ | Identity API v3}
 *
 * @module
 */

import {
  checkSecret,
  checkText,
  CloudError,
  Connection,
  type ConnectionOptions,
  type EnvironmentVariable,
  given,
  mistake,
  show,
  toText,
} from "../../core/mod.ts";
import { OpenStackResponse } from "./_response.ts";

/** Which of the addresses of a service is used. */
export type OpenStackInterface = "public" | "internal" | "admin";

/** Credentials and settings of the drivers for OpenStack. */
export interface OpenStackOptions extends ConnectionOptions {
  /**
   * URL of the identity service, Keystone. The version at its end is optional:
   * `https://cloud.example.com:5000/v3` or `https://cloud.example.com/identity`.
   */
  readonly authUrl?: string | undefined;
  /**
   * Id of a public cloud, such as `"ovh"`, instead of `authUrl`. The ids and the
   * known regions are in `data/openstack.json`.
   */
  readonly profile?: string | undefined;
  /** Name of the user. */
  readonly username?: string | undefined;
  /** Id of the user, instead of the name and the domain. */
  readonly userId?: string | undefined;
  /** Password of the user. */
  readonly password?: string | undefined;
  /** Name of the user's domain. */
  readonly userDomainName?: string | undefined;
  /**
   * Id of the user's domain.
   *
   * @default {"default", unless there is a name}
   */
  readonly userDomainId?: string | undefined;
  /** Id of an application credential, instead of a user and a project. */
  readonly applicationCredentialId?: string | undefined;
  /** Name of an application credential of the user, instead of its id. */
  readonly applicationCredentialName?: string | undefined;
  /** Secret of the application credential. */
  readonly applicationCredentialSecret?: string | undefined;
  /**
   * Token of Keystone, instead of a password. It is exchanged for a token with
   * the scope of the other options, which ends at the same time.
   */
  readonly token?: string | undefined;
  /** Id of the project. */
  readonly projectId?: string | undefined;
  /** Name of the project, instead of its id. */
  readonly projectName?: string | undefined;
  /** Name of the project's domain. */
  readonly projectDomainName?: string | undefined;
  /**
   * Id of the project's domain.
   *
   * @default {the domain of the user}
   */
  readonly projectDomainId?: string | undefined;
  /** Id of a domain, for a token that is valid for the domain. */
  readonly domainId?: string | undefined;
  /** Name of a domain, for a token that is valid for the domain. */
  readonly domainName?: string | undefined;
  /** For a token that is valid for the whole cloud. */
  readonly systemScope?: "all" | undefined;
  /**
   * Version of the identity API, such as `3`.
   *
   * @default {the version in `authUrl`, or 3}
   */
  readonly identityApiVersion?: number | string | undefined;
  /**
   * Region whose services are used.
   *
   * @default {the only region of the cloud}
   */
  readonly region?: string | undefined;
  /**
   * Which addresses of the services are used.
   *
   * @default {"public"}
   */
  readonly interface?: OpenStackInterface | undefined;
  /**
   * Base URLs by type of service, such as `compute`. They replace those in the
   * service catalogue.
   */
  readonly endpoints?: Readonly<Record<string, string>> | undefined;
  /**
   * Compute microversion of all requests, such as `"2.79"`. From `"2.47"` on,
   * nodes have no `sizeId`, because the provider no longer tells it.
   *
   * @default {the newest one that the driver and the cloud know, up to "2.46"}
   */
  readonly microversion?: string | undefined;
}

/** Environment variables of OpenStack's command line tools. */
export const VARIABLES: readonly EnvironmentVariable[] = [
  { option: "authUrl", names: ["OS_AUTH_URL"], alternatives: ["profile"] },
  {
    option: "username",
    names: ["OS_USERNAME"],
    alternatives: ["userId", "token", "applicationCredentialSecret"],
  },
  {
    option: "password",
    names: ["OS_PASSWORD"],
    alternatives: ["token", "applicationCredentialSecret"],
  },
  ...Object.entries({
    userId: ["OS_USER_ID"],
    userDomainName: ["OS_USER_DOMAIN_NAME"],
    userDomainId: ["OS_USER_DOMAIN_ID"],
    applicationCredentialId: ["OS_APPLICATION_CREDENTIAL_ID"],
    applicationCredentialName: ["OS_APPLICATION_CREDENTIAL_NAME"],
    applicationCredentialSecret: ["OS_APPLICATION_CREDENTIAL_SECRET"],
    token: ["OS_TOKEN"],
    projectId: ["OS_PROJECT_ID", "OS_TENANT_ID"],
    projectName: ["OS_PROJECT_NAME", "OS_TENANT_NAME"],
    projectDomainName: ["OS_PROJECT_DOMAIN_NAME"],
    projectDomainId: ["OS_PROJECT_DOMAIN_ID"],
    domainId: ["OS_DOMAIN_ID"],
    domainName: ["OS_DOMAIN_NAME"],
    systemScope: ["OS_SYSTEM_SCOPE"],
    identityApiVersion: ["OS_IDENTITY_API_VERSION"],
    region: ["OS_REGION_NAME"],
    interface: ["OS_INTERFACE", "OS_ENDPOINT_TYPE"],
    microversion: ["OS_COMPUTE_API_VERSION"],
  }).map(([option, names]) => ({ option, names, isOptional: true })),
];

/** An address of a service. */
export interface OpenStackEndpoint {
  /** Type of the service, such as `"compute"`. */
  readonly service: string;
  /** Region of the endpoint, if it has one. */
  readonly region: string | undefined;
  /** Who the endpoint is for. */
  readonly interface: string;
  /** URL of the endpoint. */
  readonly url: string;
}

/** A token, and the service catalogue that came with it. */
export interface OpenStackSession {
  /** The token. */
  readonly token: string;
  /** When another token is needed, as `performance.now()` counts. */
  readonly endsAt: number;
  /** The service catalogue. */
  readonly endpoints: readonly OpenStackEndpoint[];
}

/** How to get a token. */
export interface OpenStackLogin {
  /** URL of the identity API, with its version. */
  readonly url: string;
  /** Path of the request. */
  readonly path: string;
  /** Data of the request. */
  readonly data: unknown;
  /** Strings that no error may show. */
  readonly secrets: readonly string[];
  /** Reads the response. */
  readonly read: (body: unknown, headers: Headers) => OpenStackSession;
}

/** Provider, login and settings of a connection. */
export interface OpenStackCloudDescription {
  /** Id of the provider. */
  readonly provider: string;
  /** Name of the provider in messages. */
  readonly displayName: string;
  /** How to get a token. */
  readonly login: OpenStackLogin;
  /**
   * Location of all nodes and volumes.
   *
   * @default {the availability zone of each}
   */
  readonly locationId?: string | undefined;
}

// A token must outlast the request that it is sent with, and its retries.
const LONGEST_MARGIN_MS = 60_000;

/** Connection to Keystone. */
export class IdentityConnection extends Connection {
  override readonly provider: string;
  override readonly displayName: string;
  protected override readonly responseClass = OpenStackResponse;
  readonly #login: OpenStackLogin;

  /** Creates a connection. Nothing is sent until the first request. */
  constructor(
    { provider, displayName, login }: OpenStackCloudDescription,
    options: ConnectionOptions,
    owner: string,
  ) {
    super(login.url, { ...options, baseUrl: undefined }, owner);
    this.provider = provider;
    this.displayName = displayName;
    this.#login = login;
  }

  protected override secrets(): Iterable<string> {
    return this.#login.secrets;
  }

  /** Gets a token and the service catalogue. */
  async authenticate(signal: AbortSignal): Promise<OpenStackSession> {
    const { path, data, read } = this.#login;
    try {
      const response = await this.request(path, {
        operation: "authenticate",
        method: "POST",
        data,
        signal,
        // A second token does no harm.
        idempotent: true,
      });
      return response.read((body) => read(body, response.headers));
    } catch (error) {
      // The request that needs the token was not sent.
      if (!CloudError.is(error)) throw error;
      throw Object.assign(error, { mayHaveBeenApplied: false });
    }
  }
}

interface TokenJson {
  token: {
    issued_at?: string;
    expires_at: string;
    catalog?: {
      type: string;
      endpoints: {
        interface: string;
        region_id?: string | null;
        region?: string | null;
        url: string;
      }[];
    }[];
  };
}

/** Reads the response of Keystone v3. */
export function readToken(body: unknown, headers: Headers): OpenStackSession {
  const { token } = body as TokenJson;
  const secret = headers.get("x-subject-token");
  if (!secret) throw new TypeError("the header x-subject-token is missing");
  return {
    token: secret,
    endsAt: toEnd(token.expires_at, token.issued_at, headers),
    endpoints: (token.catalog ?? []).flatMap(({ type, endpoints }) =>
      endpoints.map(({ region_id, region, url, ...endpoint }) => ({
        service: type,
        region: toText(region_id) ?? toText(region),
        interface: endpoint.interface,
        url,
      }))
    ),
  };
}

interface AccessJson {
  access: {
    token: { id: string; issued_at?: string; expires: string };
    serviceCatalog?: {
      type: string;
      endpoints: Record<string, string | undefined>[];
    }[];
  };
}

/** Reads the response of Keystone v2. */
export function readAccess(body: unknown, headers: Headers): OpenStackSession {
  const { token, serviceCatalog = [] } = (body as AccessJson).access;
  if (!toText(token.id)) throw new TypeError("the token has no id");
  return {
    token: token.id,
    endsAt: toEnd(token.expires, token.issued_at, headers),
    endpoints: serviceCatalog.flatMap(({ type, endpoints }) =>
      endpoints.flatMap((endpoint) =>
        ["public", "internal", "admin"].flatMap((name) =>
          given(toText(endpoint[`${name}URL`]), (url): OpenStackEndpoint[] => [{
            service: type,
            region: toText(endpoint["region"]),
            interface: name,
            url,
          }]) ?? []
        )
      )
    ),
  };
}

/**
 * When another token is needed. The clock of this machine may be wrong, so the
 * provider's times are only compared with each other.
 */
function toEnd(
  expires: string,
  issued: string | undefined,
  headers: Headers,
): number {
  const [from, to] = [issued ?? headers.get("date") ?? "", expires]
    .map((time) => Date.parse(time));
  const lifetimeMs = to! - (from || Date.now());
  // A provider that tells no time refuses the token at the end.
  if (Number.isNaN(lifetimeMs)) return Infinity;
  const marginMs = Math.min(LONGEST_MARGIN_MS, lifetimeMs / 10);
  return performance.now() + lifetimeMs - marginMs;
}

/**
 * Decides how to log in.
 *
 * @param options Options of the caller.
 * @param owner Name of the class that the caller creates, for errors.
 * @returns The login.
 * @throws {TypeError} If credentials are missing or contradict each other.
 */
export function toLogin(
  options: OpenStackOptions,
  owner: string,
): OpenStackLogin {
  const { authUrl, identityApiVersion } = options;
  for (const name of TEXTS) {
    given(options[name], (value) => checkText(value, owner, name));
  }
  for (const name of SECRET_NAMES) {
    given(options[name], (value) => checkSecret(value, owner, name));
  }
  const url = checkText(authUrl as string, owner, "authUrl")
    .replace(/\/+$/, "");
  const [, root = "", inUrl] = /^(.*?)(?:\/v(2\.0|3))?$/s.exec(url) ?? [];
  const version = `${identityApiVersion ?? inUrl ?? "3"}`;
  if (!/^(?:2(?:\.0)?|3)$/.test(version)) {
    throw mistake(owner, "identityApiVersion", "2 or 3", identityApiVersion);
  }
  return version === "3"
    ? toLoginV3(`${root}/v3`, options, owner)
    : toLoginV2(`${root}/v2.0`, options, owner);
}

/** Options that are names or ids. */
const TEXTS = [
  "username",
  "userId",
  "userDomainName",
  "userDomainId",
  "applicationCredentialId",
  "applicationCredentialName",
  "projectId",
  "projectName",
  "projectDomainName",
  "projectDomainId",
  "domainId",
  "domainName",
  "region",
] as const satisfies (keyof OpenStackOptions)[];

/** Options that no error may show. */
const SECRET_NAMES = [
  "password",
  "token",
  "applicationCredentialSecret",
] as const satisfies (keyof OpenStackOptions)[];

function toLoginV3(
  url: string,
  options: OpenStackOptions,
  owner: string,
): OpenStackLogin {
  const { method, secret, identity } = toIdentity(options, owner);
  const scope = toScope(options, owner);
  // An application credential contains its project.
  if (method === "application_credential" && scope) {
    throw new TypeError(
      `${owner}: an application credential has a project already; ` +
        `remove ${Object.keys(scope)[0]} options`,
    );
  }
  return {
    url,
    path: "/auth/tokens",
    data: {
      auth: {
        identity: { methods: [method], [method]: identity },
        scope,
      },
    },
    secrets: [secret],
    read: readToken,
  };
}

/** Method of authentication, and its part of the request. */
function toIdentity(options: OpenStackOptions, owner: string) {
  const { applicationCredentialId: id, applicationCredentialName: name } =
    options;
  const secretName = chooseSecret(options, owner);
  const secret = options[secretName]!;
  if (secretName === "token") {
    return { method: "token", secret, identity: { id: secret } };
  }
  if (secretName === "password") {
    const identity = { user: { ...toUser(options, owner), password: secret } };
    return { method: "password", secret, identity };
  }
  if (id === undefined && name === undefined) {
    throw new TypeError(
      `${owner}: applicationCredentialId or applicationCredentialName is required`,
    );
  }
  // A name is unique only among the credentials of a user.
  const credential = id === undefined
    ? { name, user: toUser(options, owner) }
    : { id };
  return {
    method: "application_credential",
    secret,
    identity: { ...credential, secret },
  };
}

/** The only secret among the options. */
function chooseSecret(options: OpenStackOptions, owner: string) {
  const [name, other] = SECRET_NAMES.filter((it) => options[it] !== undefined);
  if (name === undefined) {
    throw new TypeError(
      `${owner}: password, token or applicationCredentialSecret is required`,
    );
  }
  if (other === undefined) return name;
  throw new TypeError(`${owner}: use either ${name} or ${other}, not both`);
}

function toUser(options: OpenStackOptions, owner: string) {
  const { userId, username } = options;
  if (userId !== undefined) return { id: userId };
  if (username === undefined) {
    throw new TypeError(`${owner}: username or userId is required`);
  }
  return { name: username, domain: toUserDomain(options) };
}

/** Domain of the user; the first domain of every cloud has the id `"default"`. */
function toUserDomain({ userDomainId, userDomainName }: OpenStackOptions) {
  return toDomain(userDomainId, userDomainName) ?? { id: "default" };
}

function toDomain(id: string | undefined, name: string | undefined) {
  if (id !== undefined) return { id };
  return name === undefined ? undefined : { name };
}

/** What the token is valid for. */
function toScope(options: OpenStackOptions, owner: string) {
  const { projectId, projectName, domainId, domainName, systemScope } = options;
  const { projectDomainId, projectDomainName } = options;
  const domain = toDomain(domainId, domainName);
  const project = projectId !== undefined
    ? { id: projectId }
    : given(projectName, (name) => ({
      name,
      domain: toDomain(projectDomainId, projectDomainName) ??
        toUserDomain(options),
    }));
  if (systemScope !== undefined && systemScope !== "all") {
    throw mistake(owner, "systemScope", '"all"', systemScope);
  }
  const scopes = [
    ...project ? [{ project }] : [],
    ...domain ? [{ domain }] : [],
    ...systemScope ? [{ system: { all: true } }] : [],
  ];
  if (scopes.length < 2) return scopes[0];
  throw new TypeError(
    `${owner}: use only one of a project, a domain and systemScope`,
  );
}

function toLoginV2(
  url: string,
  options: OpenStackOptions,
  owner: string,
): OpenStackLogin {
  const { username, projectId, projectName } = options;
  const secretName = chooseSecret(options, owner);
  const secret = options[secretName]!;
  if (secretName === "applicationCredentialSecret") {
    throw new TypeError(
      `${owner}: application credentials need version 3 of the identity API`,
    );
  }
  if (secretName === "password" && username === undefined) {
    throw new TypeError(`${owner}: username is required`);
  }
  return {
    url,
    path: "/tokens",
    data: {
      auth: {
        ...secretName === "password"
          ? { passwordCredentials: { username, password: secret } }
          : { token: { id: secret } },
        tenantId: projectId,
        tenantName: projectId === undefined ? projectName : undefined,
      },
    },
    secrets: [secret],
    read: readAccess,
  };
}

/**
 * Checks which addresses of the services are used.
 *
 * @param value The option, or a variable such as `"publicURL"`.
 * @param owner Name of the class that the caller creates, for errors.
 * @returns The interface.
 */
export function toInterface(
  value: string | undefined,
  owner: string,
): OpenStackInterface {
  const name = `${value ?? "public"}`.replace(/URL$/, "");
  const known = ["public", "internal", "admin"] as const;
  const found = known.find((it) => it === name);
  if (found) return found;
  throw new TypeError(
    `${owner}: interface must be public, internal or admin, got ${show(value)}`,
  );
}
