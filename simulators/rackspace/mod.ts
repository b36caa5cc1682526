/**
 * Simulator of Rackspace's cloud: the simulator of OpenStack, with Rackspace's
 * login, addresses, flavors and older versions of the services.
 *
 * Where it is simpler than Rackspace, it behaves as follows:
 *
 * - There is one region, and no limit of requests.
 * - Volumes may have any size.
 * - The public address of a node is derived from its private one. More than 700
 *   nodes share addresses.
 *
 * @module
 */

import {
  OpenStackSimulator,
  type OpenStackSimulatorFlavor,
  type OpenStackSimulatorImage,
} from "../openstack/mod.ts";
import {
  COMMON_OPTIONS,
  type CommonOptions,
  count,
  type Inventory,
  isObject,
  type JsonObject,
  jsonResponse,
  readOptions,
  text,
} from "../kit/mod.ts";

export type {
  CommonOptions,
  Fails,
  Inventory,
  InventoryItem,
  SimulatedOperation,
} from "../kit/mod.ts";

/**
 * Options of {@linkcode RackspaceSimulator}; times are in milliseconds. With
 * nodes at the start there is also one resource of each kind.
 */
export interface RackspaceSimulatorOptions extends CommonOptions {
  /**
   * Name of the user.
   *
   * @default {"demo"}
   */
  readonly username?: string | undefined;
  /**
   * API key of the user.
   *
   * @default {"demo-secret"}
   */
  readonly apiKey?: string | undefined;
  /**
   * Name of the region.
   *
   * @default {"DFW"}
   */
  readonly region?: string | undefined;
  /**
   * Largest page that is sent, even if the client requests a larger one.
   *
   * @default {1000}
   */
  readonly largestPage?: number | undefined;
}

/** Credentials to pass to a driver. */
export interface RackspaceSimulatorCredentials {
  /** Name of the user. */
  readonly username: string;
  /** API key of the user. */
  readonly apiKey: string;
  /** Name of the region. */
  readonly region: string;
}

const OPTIONS = {
  ...COMMON_OPTIONS,
  username: text("demo"),
  apiKey: text("demo-secret"),
  region: text("DFW"),
  largestPage: count(1000, 1),
};

/** Number of the account. */
const TENANT = "123456";

const IDENTITY_HOST = "identity.api.rackspacecloud.com";

/** A service in the catalogue. */
interface Service {
  readonly type: string;
  readonly name: string;
  /** Part of the host name, after the region. */
  readonly host: string;
  /** Path of the API. */
  readonly path: string;
  /** Name of the same service in the catalogue of the simulated OpenStack. */
  readonly inner: string;
  /** Version of the API behind the URL in that catalogue. */
  readonly innerVersion: string;
}

const SERVICES: readonly Service[] = [
  {
    type: "compute",
    name: "cloudServersOpenStack",
    host: "servers",
    path: `/v2/${TENANT}`,
    inner: "nova",
    innerVersion: "",
  },
  {
    type: "image",
    name: "cloudImages",
    host: "images",
    path: `/v2/${TENANT}`,
    inner: "glance",
    innerVersion: "/v2",
  },
  {
    type: "network",
    name: "cloudNetworks",
    host: "networks",
    path: "/v2.0",
    inner: "neutron",
    innerVersion: "/v2.0",
  },
  {
    type: "volume",
    name: "cloudBlockStorage",
    host: "blockstorage",
    path: `/v1/${TENANT}`,
    inner: "cinderv3",
    innerVersion: "",
  },
];

/**
 * Images of Rackspace. The last four are not what people look for: without the
 * faster drivers, for another product, retired, and of a stranger.
 */
const IMAGES: readonly OpenStackSimulatorImage[] = [
  { name: "CentOS 7 (PVHVM)" },
  { name: "Debian 7 (Wheezy) (PVHVM)" },
  { name: "Debian 8 (Jessie) (PVHVM)" },
  { name: "Debian Unstable (Sid) (PVHVM)" },
  { name: "Fedora 23 (PVHVM)" },
  { name: "Ubuntu 14.04 LTS (Trusty Tahr) (PVHVM)" },
  { name: "Ubuntu 16.04 LTS (Xenial Xerus) (PVHVM)" },
  { name: "Ubuntu 14.04 LTS (Trusty Tahr) (PV)" },
  { name: "OnMetal - Debian 8 (Jessie)" },
  { name: "Fedora 24 (PVHVM)", status: "deactivated" },
  { name: "Debian 9 (Stretch) (PVHVM)", visibility: "shared" },
];

const FLAVORS: readonly OpenStackSimulatorFlavor[] = [
  {
    id: "2",
    name: "512MB Standard Instance",
    ram: 512,
    disk: 20,
    vcpus: 1,
  },
  { id: "3", name: "1GB Standard Instance", ram: 1024, disk: 40, vcpus: 1 },
  { id: "4", name: "2GB Standard Instance", ram: 2048, disk: 80, vcpus: 2 },
  {
    id: "performance1-1",
    name: "1 GB Performance",
    ram: 1024,
    disk: 20,
    vcpus: 1,
  },
  {
    id: "performance1-2",
    name: "2 GB Performance",
    ram: 2048,
    disk: 40,
    vcpus: 2,
  },
  {
    id: "performance2-60",
    name: "60 GB Performance",
    ram: 61_440,
    disk: 40,
    vcpus: 16,
  },
  {
    id: "general1-1",
    name: "1 GB General Purpose v1",
    ram: 1024,
    disk: 20,
    vcpus: 1,
  },
];

/** Ids of the networks `public` and `private`, which every node may join. */
const COMMON_NETWORKS: readonly unknown[] = [
  "00000000-0000-0000-0000-000000000000",
  "11111111-1111-1111-1111-111111111111",
];

/** Fields of servers that Rackspace lacks. */
const NO_FIELDS = ["OS-EXT-AZ:availability_zone", "security_groups"];

/** Fields of version 1 of the volume API, by their names in version 3. */
const VOLUME_FIELDS: readonly (readonly [string, string])[] = [
  ["name", "display_name"],
  ["description", "display_description"],
];

const PUBLIC_NETWORKS = ["198.51.100", "203.0.113", "192.0.2"];

/**
 * A simulated account at Rackspace, kept in memory.
 *
 * Pass {@linkcode RackspaceSimulator.fetch} to a driver to test without a
 * network, or to an HTTP server to serve any other client. Then each service is
 * below a path of the server, and the identity service is at `/identity/v2.0`.
 *
 * @example Testing a script in process
 * ```ts
 * import { RackspaceNodeDriver } from "@nephos/nephos/drivers/rackspace";
 * import { RackspaceSimulator } from "@nephos/nephos/simulators/rackspace";
 *
 * const { credentials, fetch } = new RackspaceSimulator({ nodes: 3 });
 * const rackspace = new RackspaceNodeDriver({ ...credentials, fetch });
 * const nodes = await rackspace.listNodes();
 * console.log(nodes.length); // 3
 * ```
 */
export class RackspaceSimulator {
  /**
   * Options that switch on every delay that the services have or may have. The
   * times are short, for tests.
   */
  static readonly realistic: RackspaceSimulatorOptions =
    OpenStackSimulator.realistic;

  /**
   * Handles one request. The function is bound, so you can pass it on as it is.
   * It rejects only if the signal of the request is aborted.
   */
  readonly fetch: (request: Request) => Promise<Response>;

  /** Credentials to pass to a driver. */
  readonly credentials: RackspaceSimulatorCredentials;

  readonly #cloud: OpenStackSimulator;
  /** URLs of the services of the simulated OpenStack, by name. */
  readonly #inner = new Map<string, string>();
  #project = "";

  /**
   * Creates an account.
   *
   * @param options Initial contents and timing of the simulated account.
   * @throws {TypeError} If an option is unknown or has the wrong type.
   * @throws {RangeError} If a number is out of range.
   */
  constructor(options: RackspaceSimulatorOptions = {}) {
    const { username, apiKey, region, ...common } = readOptions(
      "RackspaceSimulator",
      options,
      OPTIONS,
    );
    this.credentials = { username, apiKey, region };
    this.#cloud = new OpenStackSimulator({
      ...common,
      username,
      password: apiKey,
      region,
      flavors: FLAVORS,
      images: IMAGES,
    });
    const serve = (request: Request) => this.#serve(request);
    this.fetch = async (request: Request, ...server: unknown[]) => {
      // A server passes further arguments, and handles disconnected clients.
      if (server.length > 0) return await serve(request);
      request.signal.throwIfAborted();
      const response = await serve(request);
      request.signal.throwIfAborted();
      return response;
    };
  }

  /** Ends all tokens at once. */
  revokeTokens(): void {
    this.#cloud.revokeTokens();
  }

  /**
   * Lists the resources that exist now, for assertions in tests.
   *
   * @returns The resources, in the order of their creation.
   */
  inventory(): Inventory {
    return this.#cloud.inventory();
  }

  async #serve(request: Request): Promise<Response> {
    const url = new URL(request.url);
    if (`${url.origin}${url.pathname}` === `${identityUrl(url)}/tokens`) {
      return await this.#login(request, url);
    }
    const bases = SERVICES.map((service) => this.#urlOf(service, url));
    const index = bases.findIndex((base) => request.url.startsWith(`${base}/`));
    const service = SERVICES[index];
    const inner = service && this.#inner.get(service.inner);
    if (service && inner) {
      const base = bases[index]!;
      const target = inner + request.url.slice(base.length);
      return await this.#forward(request, service, target, base, inner);
    }
    return service ? unauthorized("No valid token provided.") : lost(url);
  }

  /** Base URL of a service, as the client reaches it. */
  #urlOf({ host, path, type }: Service, { origin, host: asked }: URL): string {
    const region = this.credentials.region.toLowerCase();
    return asked.endsWith(".rackspacecloud.com")
      ? `https://${region}.${host}.api.rackspacecloud.com${path}`
      : `${origin}/${type}${path}`;
  }

  async #login(request: Request, url: URL): Promise<Response> {
    const body = await readJson(request);
    const auth = isObject(body["auth"]) ? body["auth"] : {};
    const { "RAX-KSKEY:apiKeyCredentials": key, passwordCredentials } = auth;
    const passwordOfKey = isObject(key)
      ? { username: key["username"], password: key["apiKey"] }
      : passwordCredentials;
    const response = await this.#cloud.fetch(
      new Request("https://keystone.openstack.example/v2.0/tokens", {
        method: request.method,
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ auth: { passwordCredentials: passwordOfKey } }),
      }),
    );
    if (!response.ok) {
      return unauthorized(
        "Unable to authenticate user with credentials provided.",
      );
    }
    const { access } = await response.json();
    this.#project = access.token.tenant.id;
    for (const { name, endpoints } of access.serviceCatalog) {
      const service = SERVICES.find(({ inner }) => inner === name);
      const version = service?.innerVersion ?? "";
      this.#inner.set(name, endpoints[0].publicURL + version);
    }
    const { id, expires } = access.token;
    return jsonResponse(200, {
      access: {
        token: {
          id,
          expires: expires.endsWith("Z") ? expires : `${expires}Z`,
          tenant: { id: TENANT, name: TENANT },
          "RAX-AUTH:authenticatedBy": [isObject(key) ? "APIKEY" : "PASSWORD"],
        },
        serviceCatalog: SERVICES.map((service) => ({
          type: service.type,
          name: service.name,
          endpoints: [{
            region: this.credentials.region,
            tenantId: TENANT,
            publicURL: this.#urlOf(service, url),
          }],
        })),
        user: {
          id: "7654321",
          name: this.credentials.username,
          roles: [],
          "RAX-AUTH:defaultRegion": this.credentials.region,
        },
      },
    });
  }

  /** Passes a request to the simulated OpenStack. */
  async #forward(
    request: Request,
    { type }: Service,
    target: string,
    base: string,
    inner: string,
  ): Promise<Response> {
    const headers = new Headers(request.headers);
    headers.delete("openstack-api-version");
    headers.delete("x-openstack-nova-api-version");
    const body = await request.text();
    const response = await this.#cloud.fetch(
      new Request(target, {
        method: request.method,
        headers,
        ...body && { body: toInner(type, body) },
      }),
    );
    const text = (await response.text())
      .replaceAll(inner, base)
      .replaceAll(this.#project, TENANT);
    const kept = new Headers(response.headers);
    kept.delete("content-length");
    const location = kept.get("location");
    if (location) kept.set("location", location.replace(inner, base));
    const { status } = response;
    const isEmpty = status === 204 || text === "";
    return new Response(isEmpty ? null : toOuter(type, text), {
      status,
      headers: kept,
    });
  }
}

function identityUrl({ origin, host }: URL): string {
  return host.endsWith(".rackspacecloud.com")
    ? `https://${IDENTITY_HOST}/v2.0`
    : `${origin}/identity/v2.0`;
}

async function readJson(request: Request): Promise<JsonObject> {
  try {
    const body: unknown = await request.json();
    return isObject(body) ? body : {};
  } catch {
    return {};
  }
}

function unauthorized(message: string): Response {
  return jsonResponse(401, { unauthorized: { code: 401, message } });
}

/** Responds for a URL of no service, such as the document of versions. */
function lost({ pathname }: URL): Response {
  const version = { id: "v2.0", status: "CURRENT", links: [] };
  return pathname.endsWith("/v2/")
    ? jsonResponse(200, { version })
    : jsonResponse(404, {
      itemNotFound: { code: 404, message: "The resource could not be found." },
    });
}

/** Converts a body of Rackspace's request. */
function toInner(type: string, body: string): string {
  return convert(type, body, (record) => {
    if (type === "volume") {
      return rename(record, VOLUME_FIELDS.map(([name, old]) => [old, name]));
    }
    const { networks, ...server } = record;
    if (!Array.isArray(networks)) return record;
    const others = networks.filter((it) =>
      !isObject(it) || !COMMON_NETWORKS.includes(it["uuid"])
    );
    return others.length > 0 ? { ...server, networks: others } : server;
  });
}

/** Converts a body of a response of the simulated OpenStack. */
function toOuter(type: string, body: string): string {
  return convert(type, body, (record) => {
    if (type === "volume") return rename(record, VOLUME_FIELDS);
    return isObject(record["addresses"]) ? toServer(record) : record;
  });
}

/** Converts the records in a body, if it is JSON. */
function convert(
  type: string,
  body: string,
  convertRecord: (record: JsonObject) => JsonObject,
): string {
  if (type !== "volume" && type !== "compute") return body;
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return body;
  }
  if (!isObject(json)) return body;
  const convertAny = (value: unknown) =>
    isObject(value) ? convertRecord(value) : value;
  return JSON.stringify(Object.fromEntries(
    Object.entries(json).map(([key, value]) => [
      key,
      Array.isArray(value) ? value.map(convertAny) : convertAny(value),
    ]),
  ));
}

function rename(
  record: JsonObject,
  names: readonly (readonly [string, string])[],
): JsonObject {
  const table = new Map(names);
  return Object.fromEntries(
    Object.entries(record).map((
      [name, value],
    ) => [table.get(name) ?? name, value]),
  );
}

/** Converts a server: it has an address in each common network. */
function toServer(server: JsonObject): JsonObject {
  const known = Object.fromEntries(
    Object.entries(server).filter(([name]) => !NO_FIELDS.includes(name)),
  );
  const networks = Object.entries(server["addresses"] as JsonObject).map((
    [name, addresses],
  ) => [name, plain(addresses)] as const);
  const [, [first] = []] = networks[0] ?? [];
  if (first === undefined) return known;
  const [, , third = 0, fourth = 0] = `${first.addr}`.split(".").map(Number);
  const ipv4 = `${PUBLIC_NETWORKS[third % 3]}.${fourth}`;
  const ipv6 = `2001:db8:0:${(third + 1).toString(16)}::${fourth.toString(16)}`;
  return {
    ...known,
    accessIPv4: ipv4,
    accessIPv6: ipv6,
    addresses: {
      public: [{ version: 4, addr: ipv4 }, { version: 6, addr: ipv6 }],
      ...Object.fromEntries(networks),
    },
  };
}

/** Addresses without the extensions that Rackspace lacks. */
function plain(addresses: unknown): { version: unknown; addr: unknown }[] {
  return Array.isArray(addresses)
    ? addresses.map(({ version, addr }) => ({ version, addr }))
    : [];
}
