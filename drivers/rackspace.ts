/**
 * Rackspace Cloud Servers: the first public cloud that runs OpenStack, in the
 * USA, London, Sydney and Hong Kong.
 *
 * ```ts
 * import { RackspaceNodeDriver } from "@nephos/nephos/drivers/rackspace";
 * import { RackspaceSimulator } from "@nephos/nephos/simulators/rackspace";
 *
 * const { credentials, fetch } = new RackspaceSimulator({ nodes: 2 });
 * const rackspace = new RackspaceNodeDriver({ ...credentials, fetch });
 * for (const node of await rackspace.listNodes()) {
 *   console.log(node.name, node.state, node.publicIps);
 * }
 * ```
 *
 * @see {@link https://docs.rackspace.com/docs/cloud-servers/v2 | Rackspace Cloud Servers API}
 *
 * @module
 */

import {
  type CallOptions,
  checkSecret,
  checkText,
  choose,
  type ConnectionOptions,
  type EnvironmentVariable,
  given,
  idOf,
  JsonKind,
  Listing,
  type ListOptions,
  mistake,
  onePage,
  type Ref,
  refuse,
} from "../core/mod.ts";
import { type ImageRuleList, priceOf } from "../core/compute/mod.ts";
import data from "../data/rackspace.json" with { type: "json" };
import { OpenStackApi, PAGES } from "./openstack/_api.ts";
import {
  OpenStackCloud,
  type OpenStackComputeConnection,
  OpenStackConnection,
  type OpenStackService,
} from "./openstack/_connection.ts";
import {
  type OpenStackLogin,
  type OpenStackOptions,
  readAccess,
} from "./openstack/_identity.ts";
import type { FlavorJson } from "./openstack/_json.ts";
import { toSize } from "./openstack/_records.ts";
import { OpenStackResponse } from "./openstack/_response.ts";
import {
  type OpenStackCreateNodeOptions,
  type OpenStackCreateServerGroupOptions,
  type OpenStackCreateVolumeOptions,
  type OpenStackListNodesOptions,
  type OpenStackListSizesOptions,
  type OpenStackLocation,
  type OpenStackNode,
  OpenStackNodeDriver,
  type OpenStackServerTagsOptions,
  type OpenStackSize,
  type OpenStackVolume,
} from "./openstack/compute.ts";

/** Credentials and settings of {@linkcode RackspaceNodeDriver}. */
export interface RackspaceOptions extends ConnectionOptions {
  /** Name of the user. */
  readonly username: string;
  /** API key of the user, from the control panel. It is not the password. */
  readonly apiKey: string;
  /** Region: `"DFW"`, `"ORD"`, `"IAD"`, `"LON"`, `"SYD"` or `"HKG"`. */
  readonly region: string;
  /**
   * URL of the identity service. Accounts of the United Kingdom had one of their
   * own, `https://lon.identity.api.rackspacecloud.com/v2.0`.
   *
   * @default {"https://identity.api.rackspacecloud.com/v2.0"}
   */
  readonly authUrl?: string | undefined;
  /**
   * Base URLs by type of service, such as `compute`. They replace those in the
   * service catalogue.
   */
  readonly endpoints?: Readonly<Record<string, string>> | undefined;
}

/** Name of the provider in messages. */
const DISPLAY_NAME = "Rackspace";

/** Environment variables of Rackspace's command line tool and of Ansible. */
const VARIABLES: readonly EnvironmentVariable[] = [
  { option: "username", names: ["RS_USERNAME", "RAX_USERNAME"] },
  { option: "apiKey", names: ["RS_API_KEY", "RAX_API_KEY"] },
  { option: "region", names: ["RS_REGION_NAME", "RAX_REGION"] },
  { option: "authUrl", names: ["RS_AUTH_URL"], isOptional: true },
];

/** ISO 3166-1 code of the country of each region. */
const COUNTRIES: Readonly<Record<string, string>> = {
  DFW: "US",
  ORD: "US",
  IAD: "US",
  LON: "GB",
  SYD: "AU",
  HKG: "HK",
};

interface RackspaceFlavorJson extends FlavorJson {
  "OS-FLV-WITH-EXT-SPECS:extra_specs"?: Record<string, string>;
}

// Version 1 of Cinder has other names for two fields.
const VOLUME_FIELDS: Readonly<Record<string, string>> = {
  name: "display_name",
  description: "display_description",
};

class RackspaceVolumeResponse<T> extends OpenStackResponse<T> {
  protected override parseBody(): unknown {
    return renameFields(
      super.parseBody(),
      Object.fromEntries(
        Object.entries(VOLUME_FIELDS).map(([name, old]) => [old, name]),
      ),
    );
  }
}

/** Connection to Cloud Block Storage, which is version 1 of Cinder. */
class RackspaceVolumeConnection extends OpenStackConnection {
  protected override readonly responseClass = RackspaceVolumeResponse;

  protected override encodeData(data: unknown, headers: Headers) {
    return super.encodeData(renameFields(data, VOLUME_FIELDS), headers);
  }
}

/** Login and service catalogue of Rackspace, in one region. */
class RackspaceCloud extends OpenStackCloud {
  readonly #settings: OpenStackOptions;
  readonly #class: string;

  constructor(options: OpenStackOptions, owner: string, login: OpenStackLogin) {
    super(options, owner, {
      provider: "rackspace",
      displayName: DISPLAY_NAME,
      login,
      locationId: options.region,
    });
    this.#settings = options;
    this.#class = owner;
  }

  override connect(service: "compute"): OpenStackComputeConnection;
  override connect(service: OpenStackService): OpenStackConnection;
  override connect(service: OpenStackService): OpenStackConnection {
    if (service !== "block-storage") return super.connect(service);
    const baseUrl = this.#settings.endpoints?.[service];
    const options = { ...this.#settings, baseUrl };
    return new RackspaceVolumeConnection(this, service, options, this.#class);
  }
}

/**
 * Driver for Rackspace Cloud Servers, in one region. It is the driver for
 * OpenStack with Rackspace's login.
 *
 * Rackspace runs an old version of OpenStack without microversions. It has no
 * availability zones, security groups, server groups, server tags and
 * descriptions of nodes. Their methods and options are rejected before any
 * request. Rackspace also refuses to pause, suspend and shelve nodes and to
 * enlarge volumes.
 *
 * The region is the location of all nodes and volumes.
 *
 * A new node has an address in each of the networks `public` and `private`, and
 * in all networks of the project.
 *
 * Rackspace accepts 1000 GET requests and 100 POST requests per minute. Further
 * ones fail with a `RateLimitReachedError`, which tells when to continue.
 */
export class RackspaceNodeDriver extends OpenStackNodeDriver {
  /** Environment variables that `fromEnv()` reads. */
  static override readonly variables: readonly EnvironmentVariable[] =
    VARIABLES;

  /** Id of the provider. */
  override readonly provider: string = "rackspace";
  /** Region, in upper case. */
  readonly region: string;
  readonly #api: OpenStackApi;

  /**
   * Creates a driver. Nothing is sent until the first call.
   *
   * @param options Credentials, region and settings.
   * @param owner Name of the class that the caller creates, for errors.
   * @throws {TypeError} If an option is missing or invalid.
   */
  constructor(options: RackspaceOptions, owner = "RackspaceNodeDriver") {
    const login = toLogin(options, owner);
    const region = toRegion(options.region, owner);
    const settings = { ...options, region };
    super(settings, owner, new RackspaceCloud(settings, owner, login));
    this.region = region;
    this.#api = new OpenStackApi(this.connection, PAGES);
  }

  /**
   * Lists the nodes of the project, at most 1000 per page. With `tags`, all nodes
   * are read, because only administrators can search for metadata.
   *
   * @throws {TypeError} If there are `serverTags`, which Rackspace lacks.
   */
  override listNodes(
    options: OpenStackListNodesOptions = {},
  ): Listing<OpenStackNode> {
    refuse("listNodes", DISPLAY_NAME, options, { serverTags: "" });
    return super.listNodes(options);
  }

  /**
   * Lists the sizes of the region. Rackspace's API has no prices: they come from a
   * price list of this package, which is old. Check them before you rely on
   * them.
   *
   * @throws {TypeError} If there is `isPublic`, which Rackspace lacks.
   */
  override listSizes(
    options: OpenStackListSizesOptions = {},
  ): Listing<OpenStackSize> {
    refuse("listSizes", DISPLAY_NAME, options, { isPublic: "" });
    const toPricedSize = (flavor: RackspaceFlavorJson): OpenStackSize => {
      const { "OS-FLV-WITH-EXT-SPECS:extra_specs": extra_specs } = flavor;
      const size = toSize({ extra_specs, ...flavor } as FlavorJson);
      const price = priceOf(data.prices, size.id, this.region);
      return { ...size, price };
    };
    const sizes = new JsonKind("/flavors", "size", toPricedSize);
    return this.#api.detailsOf("listSizes", sizes, options);
  }

  /** Returns the rules for official images, for `findImage()`. */
  override imageRules(): Promise<ImageRuleList> {
    return Promise.resolve(data.images);
  }

  /** Lists the only location: the region. Sends no request. */
  override listLocations(
    options: ListOptions = {},
  ): Listing<OpenStackLocation> {
    const operation = "listLocations";
    const { region } = this;
    const country = COUNTRIES[region];
    const location = { id: region, name: region, country, extra: {} };
    const locations = onePage(({ signal }) => {
      signal?.throwIfAborted();
      return Promise.resolve([location]);
    }, operation);
    return new Listing(locations, { ...options, operation });
  }

  /**
   * Creates a node. Resolves when the node has an id. The password of the
   * administrator is returned once, in `rootPassword` of this result only.
   *
   * @param options The node to create. If there is `userData`, the node gets a
   *   configuration drive, because Rackspace has no metadata service.
   * @returns The node, in state `"pending"`.
   * @throws {TypeError} If an option is invalid or not supported, or `location`
   *   is not the region of the driver.
   * @throws {RangeError} If `userData` is too long.
   */
  override async createNode(
    options: OpenStackCreateNodeOptions,
  ): Promise<OpenStackNode> {
    const operation = "createNode";
    refuse(operation, DISPLAY_NAME, options, {
      securityGroups: "",
      serverGroup: "",
      serverTags: "",
      description: "",
    });
    const { location, userData } = options;
    this.#checkLocation(location, operation);
    return await super.createNode({
      ...options,
      location: undefined,
      configDrive: options.configDrive ?? given(userData, () => true),
    });
  }

  /**
   * Creates a volume: an empty one, or one from a snapshot or an image.
   *
   * @param options The volume to create.
   * @returns The volume, in state `"creating"`.
   * @throws {TypeError} If an option is invalid, or `location` is not the region
   *   of the driver.
   * @throws {RangeError} If `sizeGb` is not a positive integer.
   */
  override async createVolume(
    options: OpenStackCreateVolumeOptions,
  ): Promise<OpenStackVolume> {
    this.#checkLocation(options.location, "createVolume");
    return await super.createVolume({ ...options, location: undefined });
  }

  /** Rejects: Rackspace has no server tags. */
  override setServerTags(
    _node: Ref,
    _options: OpenStackServerTagsOptions,
  ): Promise<never> {
    return Promise.reject(unsupported("setServerTags", "server tags"));
  }

  /** Throws: Rackspace has no server groups. */
  override listServerGroups(_options?: ListOptions): never {
    throw unsupported("listServerGroups", "server groups");
  }

  /** Rejects: Rackspace has no server groups. */
  override createServerGroup(
    _options: OpenStackCreateServerGroupOptions,
  ): Promise<never> {
    return Promise.reject(unsupported("createServerGroup", "server groups"));
  }

  /** Rejects: Rackspace has no server groups. */
  override deleteServerGroup(
    _serverGroup: Ref,
    _options?: CallOptions,
  ): Promise<never> {
    return Promise.reject(unsupported("deleteServerGroup", "server groups"));
  }

  /** The region is the only location, and no request contains it. */
  #checkLocation(location: Ref | undefined, operation: string): void {
    const id = given(location, (ref) => idOf(ref, operation, "location"));
    if (id === undefined || id === this.region) return;
    throw mistake(operation, "location", `"${this.region}"`, id);
  }
}

function unsupported(operation: string, feature: string): TypeError {
  return new TypeError(
    `${operation}: ${DISPLAY_NAME} does not support ${feature}`,
  );
}

function toLogin(options: RackspaceOptions, owner: string): OpenStackLogin {
  const { apiKey, authUrl = "https://identity.api.rackspacecloud.com/v2.0" } =
    Object(options) as RackspaceOptions;
  const username = checkText(Object(options).username, owner, "username");
  checkSecret(apiKey, owner, "apiKey");
  return {
    url: checkText(authUrl, owner, "authUrl").replace(/\/+$/, ""),
    path: "/tokens",
    data: { auth: { "RAX-KSKEY:apiKeyCredentials": { username, apiKey } } },
    secrets: [apiKey],
    read: readAccess,
  };
}

/** Checks the name of a region. Some tools write it in lower case. */
function toRegion(region: unknown, owner: string): string {
  const name = checkText(region, owner, "region").toUpperCase();
  choose(COUNTRIES, name, owner, "region");
  return name;
}

/** Renames fields of the records in a body. */
function renameFields(
  body: unknown,
  names: Readonly<Record<string, string>>,
): unknown {
  const rename = (record: unknown): unknown =>
    Array.isArray(record) ? record.map(rename) : Object.fromEntries(
      Object.entries(Object(record)).map((
        [name, value],
      ) => [names[name] ?? name, value]),
    );
  if (typeof body !== "object" || body === null) return body;
  return Object.fromEntries(
    Object.entries(body).map(([key, records]) => [
      key,
      typeof records === "object" && records !== null
        ? rename(records)
        : records,
    ]),
  );
}
