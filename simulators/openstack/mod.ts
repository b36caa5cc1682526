/**
 * Simulator of an OpenStack cloud: Keystone, Nova, Glance, Cinder, Neutron and
 * Designate in memory, behind one `fetch` function.
 *
 * The cloud has one user and one project in the domain `Default`. Its services
 * respond as those of the release Zed do: Nova has the microversions 2.1 to 2.93.
 * The tests of this package compare it with the real services. Where it is
 * simpler, it behaves as follows:
 *
 * - All tokens are valid for the project, whatever their scope is.
 * - Every server fits on a host; to let one fail, use the option `fails`.
 * - Names of images, flavors and networks need not be unique.
 *
 * @module
 */

import { Account, HOSTS, type Service } from "./_account.ts";
import { computeRoutes } from "./_compute.ts";
import { dnsError, dnsRoutes } from "./_designate.ts";
import { RECORD_TYPES } from "./_designate_records.ts";
import { imageRoutes } from "./_images.ts";
import { APPLICATION_CREDENTIAL_ID, identityRoutes } from "./_keystone.ts";
import { addMicroversion, requireMicroversion } from "./_microversions.ts";
import { networkRoutes } from "./_networks.ts";
import {
  faultResponse,
  identityError,
  imageError,
  networkError,
  requireToken,
} from "./_requests.ts";
import {
  FLAVORS,
  type OpenStackSimulatorFlavor,
  type OpenStackSimulatorImage,
  seed,
} from "./_seed.ts";
import { volumeRoutes } from "./_volumes.ts";
import {
  COMMON_OPTIONS,
  type CommonOptions,
  count,
  duration,
  type Inventory,
  readOptions,
  type Refusal,
  type Routes,
  serveRoutes,
  text,
  toInventory,
  toItems,
  toUuid,
  unchecked,
} from "../kit/mod.ts";

export type {
  OpenStackSimulatorFlavor,
  OpenStackSimulatorImage,
} from "./_seed.ts";
export type {
  CommonOptions,
  Fails,
  Inventory,
  InventoryItem,
  SimulatedOperation,
} from "../kit/mod.ts";

/**
 * Options of {@linkcode OpenStackSimulator}; times are in milliseconds. With
 * nodes at the start there is also one resource of each kind.
 */
export interface OpenStackSimulatorOptions extends CommonOptions {
  /**
   * Name of the user.
   *
   * @default {"demo"}
   */
  readonly username?: string | undefined;
  /**
   * Password of the user, and secret of the application credential.
   *
   * @default {"demo-secret"}
   */
  readonly password?: string | undefined;
  /**
   * Name of the project.
   *
   * @default {"demo"}
   */
  readonly projectName?: string | undefined;
  /**
   * Name of the region.
   *
   * @default {"RegionOne"}
   */
  readonly region?: string | undefined;
  /**
   * Lifetime of a token in milliseconds. The default is 1 hour.
   *
   * @default {3600000}
   */
  readonly tokenMs?: number | undefined;
  /**
   * Largest page that is sent, even if the client requests a larger one.
   *
   * @default {1000}
   */
  readonly largestPage?: number | undefined;
  /**
   * Number of servers that the project can have.
   *
   * @default {Infinity}
   */
  readonly serverLimit?: number | undefined;
  /**
   * Newest microversion of Nova; `""` for a cloud without microversions.
   *
   * @default {"2.93"}
   */
  readonly newestMicroversion?: string | undefined;
  /**
   * Flavors of the cloud. There must be at least one.
   *
   * @default {four flavors, from `m1.tiny` to `m1.large`}
   */
  readonly flavors?: readonly OpenStackSimulatorFlavor[] | undefined;
  /**
   * Further images of the cloud.
   *
   * @default {[]}
   */
  readonly images?: readonly OpenStackSimulatorImage[] | undefined;
  /**
   * Host that the links in responses name, such as an internal one.
   *
   * @default {the host of the request}
   */
  readonly linkHost?: string | undefined;
  /**
   * Number of zones at the start. The first two are `zone-1.example` and
   * `zone-2.example`.
   *
   * @default {0}
   */
  readonly zones?: number | undefined;
  /**
   * Types of records that Designate accepts. The simulator also knows HTTPS, SVCB
   * and TLSA, which newer releases have.
   *
   * @default {the types of the release Zed}
   */
  readonly dnsRecordTypes?: readonly string[] | undefined;
  /**
   * Limits of Neutron, Cinder and Designate, by the name of a resource, such as
   * `"floatingip"`, `"volumes"`, `"gigabytes"` or `"zones"`; -1 is unlimited.
   *
   * @default {{}}
   */
  readonly quotas?: Readonly<Record<string, number>> | undefined;
}

const OPTIONS = {
  ...COMMON_OPTIONS,
  username: text("demo"),
  password: text("demo-secret"),
  projectName: text("demo"),
  region: text("RegionOne"),
  tokenMs: duration(3_600_000),
  largestPage: count(1000, 1),
  serverLimit: count(Infinity),
  newestMicroversion: unchecked("2.93"),
  linkHost: unchecked(""),
  zones: count(0),
  dnsRecordTypes: unchecked(RECORD_TYPES),
  quotas: unchecked<Readonly<Record<string, number>>>({}),
  flavors: unchecked(FLAVORS),
  images: unchecked<readonly OpenStackSimulatorImage[]>([]),
};

/** Credentials to pass to a driver. */
export interface OpenStackSimulatorCredentials {
  /** URL of Keystone. */
  readonly authUrl: string;
  /** Name of the user. */
  readonly username: string;
  /** Password of the user. */
  readonly password: string;
  /** Name of the project. */
  readonly projectName: string;
}

/** Parts of a service. */
interface Part {
  readonly routes: Routes;
  /** Checks requests before routing. */
  readonly before?: (request: Request) => unknown;
  readonly error: (refusal: Refusal, requestId: string) => Response;
  /** Adds headers to all responses that the middleware did not refuse. */
  readonly after?: (headers: Headers, request: Request) => void;
}

/**
 * A simulated OpenStack cloud, kept in memory.
 *
 * Pass {@linkcode OpenStackSimulator.fetch} to a driver to test without a
 * network, or to an HTTP server to serve any other client. Then each service is
 * below a path of the server, and Keystone is at `/identity/v3`. Time comes only
 * from the option `now`: no timers run in the background, so there is nothing to
 * close.
 *
 * @example Testing a script in process
 * ```ts
 * import { OpenStackNodeDriver } from "@nephos/nephos/drivers/openstack";
 * import { OpenStackSimulator } from "@nephos/nephos/simulators/openstack";
 *
 * const { credentials, fetch } = new OpenStackSimulator({ nodes: 3 });
 * const cloud = new OpenStackNodeDriver({ ...credentials, fetch });
 * const nodes = await cloud.listNodes();
 * console.log(nodes.length); // 3
 * ```
 *
 * @example Serving other clients
 * ```ts
 * import { OpenStackSimulator } from "@nephos/nephos/simulators/openstack";
 *
 * function serve(): void {
 *   Deno.serve({ port: 8080 }, new OpenStackSimulator({ nodes: 3 }).fetch);
 * }
 * ```
 */
export class OpenStackSimulator {
  /**
   * Options that switch on every delay that the services have or may have. The
   * times are short, for tests.
   */
  static readonly realistic: OpenStackSimulatorOptions = { addressMs: 20 };

  /**
   * Handles one request. The function is bound, so you can pass it on as it is.
   * It rejects only if the signal of the request is aborted.
   */
  readonly fetch: (request: Request) => Promise<Response>;

  /** Credentials to pass to a driver. */
  readonly credentials: OpenStackSimulatorCredentials;

  /** An application credential of the user. */
  readonly applicationCredential: {
    /** Id of the application credential. */
    readonly id: string;
    /** Secret of the application credential. */
    readonly secret: string;
  };

  readonly #account: Account;

  /**
   * Creates a cloud.
   *
   * @param options Initial contents and timing of the simulated cloud.
   * @throws {TypeError} If an option is unknown or has the wrong type.
   * @throws {RangeError} If a number is out of range.
   */
  constructor(options: OpenStackSimulatorOptions = {}) {
    const { nodes, flavors, images, zones, ...settings } = readOptions(
      "OpenStackSimulator",
      options,
      OPTIONS,
    );
    const { username, password, projectName } = settings;
    const account = new Account(settings);
    this.credentials = {
      authUrl: `https://${HOSTS.identity}/v3`,
      username,
      password,
      projectName,
    };
    this.applicationCredential = {
      id: APPLICATION_CREDENTIAL_ID,
      secret: password,
    };
    this.#account = account;
    const parts = partsOf(account, zones);
    seed(account, nodes, flavors, images);
    account.start(settings);
    this.fetch = dispatch(account, parts);
  }

  /** Ends all tokens at once, as an administrator can. */
  revokeTokens(): void {
    this.#account.tokens.clear();
  }

  /**
   * Lists the resources that exist now, for assertions in tests.
   *
   * @returns The resources, in the order of their creation.
   */
  inventory(): Inventory {
    const { timeline, servers, images, keyPairs, volumes, snapshots } =
      this.#account;
    timeline.advance();
    const named = (all: readonly { id: string; name: string | null }[]) =>
      toItems(all.map(({ id, name }) => ({ id, name: name ?? "" })));
    return toInventory({
      nodes: toItems(
        servers.all,
        ({ name }) => name,
        ({ isDeleted }) => isDeleted,
      ),
      images: named(images.all),
      keyPairs: named(keyPairs.all),
      volumes: named(volumes.all),
      snapshots: named(snapshots.all),
    });
  }
}

function partsOf(
  account: Account,
  zones: number,
): Readonly<Record<Service, Part>> {
  const before = (request: Request) => {
    if (!isVersionDocument(request)) requireToken(account, request);
  };
  return {
    identity: {
      routes: identityRoutes(account),
      error: identityError,
      after: (headers) => headers.set("Vary", "X-Auth-Token"),
    },
    compute: {
      routes: computeRoutes(account),
      error: faultResponse,
      before(request) {
        if (isVersionDocument(request)) return;
        requireToken(account, request);
        requireMicroversion(account, request);
      },
      after: (headers, request) => addMicroversion(account, headers, request),
    },
    dns: { routes: dnsRoutes(account, zones), error: dnsError, before },
    image: {
      routes: imageRoutes(account),
      error: imageError,
      before,
    },
    network: { routes: networkRoutes(account), error: networkError, before },
    volume: { routes: volumeRoutes(account), error: faultResponse, before },
  };
}

type ServeFunction = (
  request: Request,
  ...server: readonly unknown[]
) => Promise<Response>;

/** Whether a request is for a list of versions, which needs no token. */
function isVersionDocument({ url }: Request): boolean {
  const { pathname } = new URL(url);
  return /^(?:\/[a-z]+)?\/?(?:v\d(?:\.\d)?\/?|versions)?$/.test(pathname);
}

/**
 * Sends each request to its service: by the host, or by the first part of the
 * path if one host serves all services.
 */
function dispatch(account: Account, parts: Readonly<Record<Service, Part>>) {
  let requests = 0;
  const nextRequestId = () => `req-${toUuid(requests + 1)}`;
  const addRequestId = (headers: Headers) => {
    const id = nextRequestId();
    requests++;
    headers.set("X-Openstack-Request-Id", id);
    return id;
  };
  const services = Object.entries(HOSTS).map(([name, host]) => {
    const { routes, before, error, after } = parts[name as Service];
    const { timeline } = account;
    const service = {
      timeline,
      error: (refusal: Refusal) => error(refusal, nextRequestId()),
      ...before && { before },
      after(headers: Headers, request: Request) {
        const id = addRequestId(headers);
        if (name === "compute") headers.set("X-Compute-Request-Id", id);
        // The middleware that checks the token knows nothing of the service.
        if (name === "identity" || !headers.has("WWW-Authenticate")) {
          after?.(headers, request);
        }
      },
    };
    return {
      name,
      host,
      serve: serveRoutes({ ...service, routes }),
      servePrefixed: serveRoutes({
        ...service,
        routes: Object.fromEntries(
          Object.entries(routes).flatMap(([route, handler]) => {
            const prefixed = route.replace(" ", ` /${name}`);
            // The root of a service has no slash in the catalogue.
            const root = route.endsWith(" /") ? [prefixed.slice(0, -1)] : [];
            return [prefixed, ...root].map((it) => [it, handler]);
          }),
        ),
      }),
    };
  });
  const lost = serveRoutes({
    routes: {},
    error: faultResponse,
    after: addRequestId,
  });
  return async (request: Request, ...server: unknown[]): Promise<Response> => {
    const { host, pathname } = new URL(request.url);
    const byHost = services.find((it) => it.host === host);
    const byPath = services.find(({ name }) =>
      `${pathname}/`.startsWith(`/${name}/`)
    );
    const serve = byHost?.serve ?? byPath?.servePrefixed ?? lost;
    // A server passes further arguments.
    const response = await (serve as ServeFunction)(request, ...server);
    return (byHost ?? byPath)?.name === "image"
      ? await asRequested(request, response)
      : response;
  };
}

/** Converts an error of Glance to HTML, unless the client accepts JSON. */
async function asRequested(
  { headers }: Request,
  response: Response,
): Promise<Response> {
  const accepted = headers.get("accept") ?? "";
  const { status } = response;
  if (status < 400 || status === 401 || accepted.includes("json")) {
    return response;
  }
  const { code, message } = await response.json();
  const [reason = ""] = `${message}`.split("<br />");
  const escaped = reason.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
    .replaceAll("'", "&#x27;").replaceAll('"', "&quot;");
  const body = `<html>
 <head>
  <title>${code}</title>
 </head>
 <body>
  <h1>${code}</h1>
  ${escaped}<br /><br />



 </body>
</html>`;
  const kept = new Headers(response.headers);
  kept.set("content-type", "text/html; charset=UTF-8");
  return new Response(body, { status, headers: kept });
}
