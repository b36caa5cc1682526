/**
 * NephoScale: virtual and bare-metal servers in California and Virginia.
 *
 * The service shut down. If you want to write a driver, read this one first,
 * because the API was small. It consists of a response class, a connection
 * class, a driver class, and converters that create plain records.
 *
 * ```ts
 * import { NephoScaleNodeDriver } from "@nephos/nephos/drivers/nephoscale";
 * import { NephoScaleSimulator } from "@nephos/nephos/simulators/nephoscale";
 *
 * const { credentials, fetch } = new NephoScaleSimulator({ nodes: 2 });
 * const nephoscale = new NephoScaleNodeDriver({ ...credentials, fetch });
 * for (const node of await nephoscale.listNodes()) {
 *   console.log(node.name, node.state, node.publicIps);
 * }
 * ```
 *
 * @see {@link https://github.com/apache/libcloud/blob/v3.6.0/libcloud/compute/drivers/nephoscale.py | Apache Libcloud's driver}, the only remaining description of the API
 *
 * @module
 */

import {
  BasicConnection,
  type BasicCredentials,
  type CallOptions,
  checkSecret,
  checkText,
  choose,
  type Connection,
  type ConnectionOptions,
  type EnvironmentVariable,
  errorClassFor,
  type Failure,
  field,
  generatePassword,
  given,
  idOf,
  idsOf,
  JsonApi,
  JsonResponse,
  type Listing,
  type ListOptions,
  lookUp,
  type Params,
  path,
  type PollOptions,
  type Ref,
  refuse,
  sequence,
  singlePage,
  splitIps,
  toBoolean,
  toId,
  toNumber,
  toOptionalId,
  toSearchParams,
  toText,
  toTime,
  WAIT_MS,
} from "../core/mod.ts";
import {
  checkPublicKey,
  type CreateKeyPairOptions,
  type CreateNodeOptions,
  type ImageRuleList,
  type ImportKeyPairOptions,
  type KeyPair,
  type KeyPairs,
  type Node,
  NodeDriver,
  type NodeImage,
  type NodeListOptions,
  type NodeLocation,
  type NodeSize,
  type NodeState,
  type PowerControl,
  priceOf,
  type RenameNodeOptions,
  type Renaming,
} from "../core/compute/mod.ts";
import data from "../data/nephoscale.json" with { type: "json" };

/** Credentials and settings of {@linkcode NephoScaleNodeDriver}. */
export interface NephoScaleOptions
  extends BasicCredentials, ConnectionOptions {}

/** Options of {@linkcode NephoScaleNodeDriver.createNode}. */
export interface NephoScaleCreateNodeOptions
  extends CreateNodeOptions, PollOptions {
  /** The key pair for logins to the server. NephoScale accepts only one. */
  readonly keyPairs?: readonly Ref[] | undefined;
  /** The password key for logins to the console. */
  readonly consoleKey?: Ref | undefined;
  /**
   * Host name inside the node.
   *
   * @default {the name}
   */
  readonly hostname?: string | undefined;
}

/** Options of {@linkcode NephoScaleNodeDriver.renameNode}. */
export interface NephoScaleRenameNodeOptions extends RenameNodeOptions {
  /**
   * New host name.
   *
   * @default {the host name does not change}
   */
  readonly hostname?: string | undefined;
}

/** Kind of a key: a public key or a password. */
export type NephoScaleKeyKind = "ssh" | "password";

/** Use of a key: for the server itself, or for its console. */
export type NephoScaleKeyGroup = "server" | "console";

/** Options of {@linkcode NephoScaleNodeDriver.listKeyPairs}. */
export interface NephoScaleListKeyPairsOptions extends ListOptions {
  /** Lists only keys of this kind. */
  readonly kind?: NephoScaleKeyKind | undefined;
  /** Lists only keys of this group. */
  readonly group?: NephoScaleKeyGroup | undefined;
}

/** Options of {@linkcode NephoScaleNodeDriver.createKeyPair}. */
export interface NephoScaleCreateKeyPairOptions extends CreateKeyPairOptions {
  /**
   * The password.
   *
   * @default {24 random letters and digits}
   */
  readonly password?: string | undefined;
  /**
   * Use of the key.
   *
   * @default {"console"}
   */
  readonly group?: NephoScaleKeyGroup | undefined;
}

/** Options of {@linkcode NephoScaleNodeDriver.importKeyPair}. */
export interface NephoScaleImportKeyPairOptions extends ImportKeyPairOptions {
  /**
   * Use of the key.
   *
   * @default {"server"}
   */
  readonly group?: NephoScaleKeyGroup | undefined;
}

/** Options of the methods that act on one key. */
export interface NephoScaleKeyPairOptions extends CallOptions {
  /**
   * Kind of the key.
   *
   * @default {the kind in the record, requested if you pass an id}
   */
  readonly kind?: NephoScaleKeyKind | undefined;
}

/** A network interface of a node. */
export interface NephoScaleNetworkPort {
  /** Name of the device, such as `"eth0"`. */
  readonly device?: string | undefined;
  /** MAC address. */
  readonly macAddress?: string | undefined;
  /** Name of the network. */
  readonly network?: string | undefined;
}

/** A node at NephoScale. */
export type NephoScaleNode = Node<{
  /** Host name inside the node. */
  readonly hostname?: string | undefined;
  /** The provider's own word for the state, such as `"on"`. */
  readonly powerStatus?: string | undefined;
  /** Name of the zone. */
  readonly zone?: string | undefined;
  /** Network interfaces. */
  readonly networkPorts: readonly NephoScaleNetworkPort[];
  /** Whether the console is enabled. */
  readonly isConsoleEnabled?: boolean | undefined;
}>;

/** A size at NephoScale. */
export type NephoScaleSize = NodeSize<{
  /** Short name on the price list, such as `"CS05"`. */
  readonly sku?: string | undefined;
}>;

/** An image at NephoScale. */
export type NephoScaleImage = NodeImage<{
  /** Architecture, such as `"x86_64"`. */
  readonly architecture?: string | undefined;
  /** Whether nodes can be created from this image. */
  readonly isActive?: boolean | undefined;
  /** Time of creation, ISO 8601 in UTC. */
  readonly createdAt?: string | undefined;
}>;

/** A zone of NephoScale. */
export type NephoScaleLocation = NodeLocation;

/** A key at NephoScale: a public key or a password, for server or console. */
export interface NephoScaleKeyPair extends
  KeyPair<{
    /** Kind of the key. */
    readonly kind: NephoScaleKeyKind | "unknown";
    /** Use of the key. */
    readonly group: NephoScaleKeyGroup | "unknown";
    /** The provider's own number for the group. */
    readonly keyGroup?: number | undefined;
    /** Time of creation, ISO 8601 in UTC. */
    readonly createdAt?: string | undefined;
  }> {
  /** The password. Only the result of `createKeyPair()` contains it. */
  readonly password?: string | undefined;
}

const STATES: Readonly<Record<string, NodeState>> = {
  on: "running",
  off: "stopped",
};

// The provider's path and number for each kind of key.
const KINDS: Readonly<
  Record<NephoScaleKeyKind, { readonly path: string; readonly number: number }>
> = {
  ssh: { path: "/key/sshrsa/", number: 2 },
  password: { path: "/key/password/", number: 1 },
};

// The provider's number for each group of keys.
const GROUPS: Readonly<Record<NephoScaleKeyGroup, number>> = {
  server: 1,
  console: 4,
};

const DISPLAY_NAME = "NephoScale";
const SERVERS = "/server/cloud/";
const ALL_KEYS = "/key/";

// {"success": true, "response": 200, "message": "", "total_count": 2, "data": [...]}
interface EnvelopeJson {
  success?: boolean;
  response?: number;
  subcode?: number;
  message?: string;
  total_count?: number;
  data?: unknown;
}

interface ServerJson {
  id: number;
  name: string;
  hostname?: string;
  power_status?: string;
  ipaddresses?: string;
  create_time?: string;
  is_console_enabled?: boolean;
  zone?: { id: number; name: string };
  image?: { id: number };
  service_type?: { id: number };
  network_ports?: PortJson[];
}

interface PortJson {
  devname?: string;
  macaddress?: string;
  network_domain?: { name?: string };
}

interface SizeJson {
  id: number;
  friendly_name: string;
  ram: number;
  storage: number;
  vcpus: number;
  sku?: { name: string };
}

interface ImageJson {
  id: number;
  friendly_name: string;
  architecture?: string;
  is_active?: boolean;
  create_time?: string;
}

interface ZoneJson {
  id: number;
  name: string;
}

interface KeyJson {
  id: number;
  name: string;
  key_type?: number;
  key_group?: number;
  public_key?: string;
  create_time?: string;
}

// NephoScale has no pages.
const PAGES = singlePage(({ total_count }: EnvelopeJson) =>
  toNumber(total_count)
);

class NephoScaleResponse<T> extends JsonResponse<T> {
  // A failure may have status 200. Then the envelope contains the true status.
  get #envelope(): EnvelopeJson {
    return Object(this.body);
  }

  get #trueStatus(): number {
    return Math.max(this.status, toNumber(this.#envelope.response) ?? 0);
  }

  override isSuccess(): boolean {
    return super.isSuccess() && this.#trueStatus < 300 &&
      this.#envelope.success !== false;
  }

  protected override failure({ message, subcode }: EnvelopeJson): Failure {
    return {
      reason: message,
      // 0 means that there is no code.
      code: subcode || undefined,
      errorClass: this.#trueStatus === this.status
        ? undefined
        : errorClassFor(this.#trueStatus),
    };
  }
}

class NephoScaleConnection extends BasicConnection {
  override readonly provider = "nephoscale";
  override readonly displayName = DISPLAY_NAME;
  protected override readonly responseClass = NephoScaleResponse;

  // NephoScale expects forms, and responds in JSON.
  protected override encodeData(data: Params, headers: Headers): string {
    headers.set("content-type", "application/x-www-form-urlencoded");
    return toSearchParams(data).toString();
  }
}

/** Driver for NephoScale. */
export class NephoScaleNodeDriver extends NodeDriver<NephoScaleNode>
  implements PowerControl, Renaming, KeyPairs {
  /** Environment variables that `fromEnv()` reads. */
  static readonly variables: readonly EnvironmentVariable[] = [
    // Both come from the same source.
    {
      option: "username",
      names: ["NEPHOSCALE_USERNAME"],
      unless: ["password"],
    },
    {
      option: "password",
      names: ["NEPHOSCALE_PASSWORD"],
      unless: ["username"],
    },
  ];

  /** Id of the provider. */
  override readonly provider = "nephoscale";
  /** Connection to the API. Use it for endpoints that this class lacks. */
  override readonly connection: Connection;
  readonly #api: JsonApi<EnvelopeJson>;
  // Ids of nodes that a call of createNode() has already returned.
  readonly #claimed = new Set<string>();
  #creating = 0;

  /**
   * Creates a driver. Nothing is sent until the first call.
   *
   * @param options Credentials and settings.
   * @throws {TypeError} If `username`, `password` or `baseUrl` is invalid.
   */
  constructor(options: NephoScaleOptions) {
    super();
    this.connection = new NephoScaleConnection(
      "https://api.nephoscale.com",
      options,
      "NephoScaleNodeDriver",
    );
    this.#api = new JsonApi(this.connection, PAGES);
  }

  /**
   * Lists the nodes of the account. NephoScale has no pages and no tags.
   *
   * @throws {TypeError} If `tags` is given.
   */
  override listNodes(options: NodeListOptions = {}): Listing<NephoScaleNode> {
    const operation = "listNodes";
    refuse(operation, DISPLAY_NAME, options, { tags: "" });
    return this.#servers(operation, options);
  }

  /** Lists the sizes. Their prices are from 2013-10-07. */
  override listSizes(options: ListOptions = {}): Listing<NephoScaleSize> {
    return this.#api.list(
      "listSizes",
      "/server/type/cloud/",
      "data",
      toSize,
      options,
    );
  }

  /** Lists the images. */
  override listImages(options: ListOptions = {}): Listing<NephoScaleImage> {
    return this.#api.list(
      "listImages",
      "/image/server/",
      "data",
      toImage,
      options,
    );
  }

  /** Returns the rules for official images, for `findImage()`. */
  override imageRules(): Promise<ImageRuleList> {
    return Promise.resolve(data.images);
  }

  /** Lists the zones. */
  override listLocations(
    options: ListOptions = {},
  ): Listing<NephoScaleLocation> {
    const zones = "/datacenter/zone/";
    return this.#api.list("listLocations", zones, "data", toLocation, options);
  }

  /**
   * Creates a node. If another program creates a node with the same name, size,
   * image and zone at the same time, this method may return the wrong node.
   *
   * NephoScale's response does not contain the id of the node. Therefore the
   * driver lists the nodes before the request. Afterwards it lists them again,
   * until a new node with the requested name, size, image and zone appears.
   * Several calls on one driver never return the same node.
   *
   * @param options The node to create. `auth`, `userData`, `tags`,
   *   `idempotencyKey` and a second key pair are rejected. The default of
   *   `timeoutMs` is 10 minutes, for all requests together.
   * @returns The node. It may still be stopped.
   * @throws {TypeError} If an option is invalid or not supported.
   * @throws {CloudError} If the request fails, or the node was not found. If
   *   `mayHaveBeenApplied` is `true`, the node may exist and be billed.
   */
  override async createNode(
    options: NephoScaleCreateNodeOptions,
  ): Promise<NephoScaleNode> {
    const operation = "createNode";
    const wanted = toServerForm(options);
    const { timeoutMs = WAIT_MS } = options;
    const limited = { ...options, timeoutMs };
    const about = { provider: this.provider, operation, creates: true };
    this.#creating++;
    try {
      return await sequence(
        about,
        limited,
        async ({ call, write, poll }) => {
          const nodes = this.#servers(operation, call);
          const before = new Set((await nodes).map(({ id }) => id));
          await write((call) => {
            const create = { ...call, creates: true };
            return this.#api.send(operation, "POST", SERVERS, create, wanted);
          });
          return await poll(async () => {
            const node = (await nodes).find((node) =>
              !before.has(node.id) && !this.#claimed.has(node.id) &&
              isLike(node, wanted)
            );
            if (node) this.#claimed.add(node.id);
            return given(node, (node) => this.noteCreated(node));
          });
        },
      );
    } finally {
      // If no call is running, later calls see these nodes in their first list.
      if (--this.#creating === 0) this.#claimed.clear();
    }
  }

  /** Restarts a node. */
  override async rebootNode(
    node: Ref,
    options: CallOptions = {},
  ): Promise<void> {
    const action = path`/server/cloud/${{ node }}/initiator/restart/`;
    await this.#api.send("rebootNode", "POST", action, options);
  }

  /** Destroys a node. All its data is lost. */
  override async destroyNode(
    node: Ref,
    options: CallOptions = {},
  ): Promise<void> {
    const server = path`/server/cloud/${{ node }}/`;
    const call = { ...options, mayBeUnknown: this.isYoung(node) };
    await this.#api.send("destroyNode", "DELETE", server, call);
    this.noteDestroyed(node);
  }

  /** Starts a stopped node. */
  async startNode(node: Ref, options: CallOptions = {}): Promise<void> {
    const action = path`/server/cloud/${{ node }}/initiator/start/`;
    await this.#api.send("startNode", "POST", action, options);
  }

  /** Stops a running node. */
  async stopNode(node: Ref, options: CallOptions = {}): Promise<void> {
    const action = path`/server/cloud/${{ node }}/initiator/stop/`;
    await this.#api.send("stopNode", "POST", action, options);
  }

  /** Renames a node, and changes its host name if `hostname` is given. */
  async renameNode(
    node: Ref,
    options: NephoScaleRenameNodeOptions,
  ): Promise<void> {
    const operation = "renameNode";
    const server = path`/server/cloud/${{ node }}/`;
    const check = (hostname: string) =>
      checkText(hostname, operation, "hostname");
    await this.#api.send(operation, "PUT", server, options, {
      name: checkText(options.name, operation, "name"),
      hostname: given(options.hostname, check),
    });
  }

  /**
   * Lists all keys, or the keys of one kind or group. Only the list of kind
   * `"ssh"` contains public keys. No list contains passwords.
   */
  listKeyPairs(
    options: NephoScaleListKeyPairsOptions = {},
  ): Listing<NephoScaleKeyPair> {
    const operation = "listKeyPairs";
    const { kind, group } = options;
    if (group !== undefined) choose(GROUPS, group, operation, "group");
    const keys = kind === undefined
      ? ALL_KEYS
      : choose(KINDS, kind, operation, "kind").path;
    const keep = ({ extra }: NephoScaleKeyPair) =>
      group === undefined || extra.group === group;
    return this.#api.list(operation, keys, "data", toKeyPair, options, {
      keep,
    });
  }

  /**
   * Gets one key. NephoScale has no endpoint for a single key. Therefore the
   * driver lists all keys of the same kind. If neither the options nor the record
   * contain the kind, the driver first lists all keys to find it.
   *
   * @param keyPair The key or its id.
   * @param options Kind of the key.
   * @returns The key.
   * @throws {NotFoundError} If no key has that id.
   */
  async getKeyPair(
    keyPair: Ref,
    options: NephoScaleKeyPairOptions = {},
  ): Promise<NephoScaleKeyPair> {
    const operation = "getKeyPair";
    const keys = await this.#pathOfKey(operation, keyPair, options);
    return await this.#api.find(
      operation,
      keys,
      "data",
      toKeyPair,
      { keyPair },
      options,
    );
  }

  /**
   * Creates a password key. Keep the password: only this result contains it.
   *
   * @param options Name, password and use of the key.
   * @returns The key, with its password.
   * @throws {TypeError} If `name` or `password` is invalid.
   */
  async createKeyPair(
    options: NephoScaleCreateKeyPairOptions,
  ): Promise<NephoScaleKeyPair> {
    const operation = "createKeyPair";
    const { password = generatePassword(), group = "console" } = options;
    checkSecret(password, operation, "password");
    const create = this.#createKey(operation, "password", group, options, {
      password,
    });
    return { ...await create, password };
  }

  /**
   * Uploads a public key.
   *
   * @param options Name, public key and use of the key.
   * @returns The key.
   * @throws {TypeError} If `name` or `publicKey` is invalid.
   */
  async importKeyPair(
    options: NephoScaleImportKeyPairOptions,
  ): Promise<NephoScaleKeyPair> {
    const operation = "importKeyPair";
    const { group = "server" } = options;
    const publicKey = checkPublicKey(options.publicKey, operation);
    const secret = { public_key: publicKey };
    const key = await this.#createKey(operation, "ssh", group, options, secret);
    return { ...key, publicKey };
  }

  /**
   * Deletes a key. If neither the options nor the record contain its kind, the
   * driver first lists all keys to find it.
   *
   * @param keyPair The key or its id.
   * @param options Kind of the key.
   * @throws {NotFoundError} If no key has that id.
   */
  async deleteKeyPair(
    keyPair: Ref,
    options: NephoScaleKeyPairOptions = {},
  ): Promise<void> {
    const operation = "deleteKeyPair";
    const id = idOf(keyPair, operation, "keyPair");
    const keys = await this.#pathOfKey(operation, keyPair, options);
    const key = `${keys}${encodeURIComponent(id)}/`;
    await this.#api.send(operation, "DELETE", key, options);
  }

  /** Gets one node from the list: there is no endpoint for a single node. */
  protected override async readNode(
    operation: string,
    node: Ref,
    options: CallOptions,
  ): Promise<NephoScaleNode> {
    return await this.#api.find(
      operation,
      SERVERS,
      "data",
      toNode,
      { node },
      options,
    );
  }

  /** Gets all nodes: one list is the only request that there is. */
  protected override async readNodes(
    operation: string,
    _ids: readonly string[],
    options: CallOptions,
  ): Promise<NephoScaleNode[]> {
    return await this.#servers(operation, options);
  }

  #servers(operation: string, options: ListOptions): Listing<NephoScaleNode> {
    return this.#api.list(operation, SERVERS, "data", toNode, options);
  }

  /** Path of the list that contains a key. It depends on the kind of the key. */
  async #pathOfKey(
    operation: string,
    keyPair: Ref,
    options: NephoScaleKeyPairOptions,
  ): Promise<string> {
    if (options.kind) {
      return choose(KINDS, options.kind, operation, "kind").path;
    }
    const known = keyPair as Partial<NephoScaleKeyPair> | undefined;
    const { extra } = known?.extra?.kind
      ? known as NephoScaleKeyPair
      : await this.#api.find(operation, ALL_KEYS, "data", toKeyPair, {
        keyPair,
      }, options);
    // If the kind is unknown to this driver, use the path of all keys.
    return lookUp(KINDS, extra.kind)?.path ?? ALL_KEYS;
  }

  async #createKey(
    operation: string,
    kind: NephoScaleKeyKind,
    group: NephoScaleKeyGroup,
    options: CreateKeyPairOptions,
    secret: Readonly<Record<string, string>>,
  ): Promise<NephoScaleKeyPair> {
    const name = checkText(options.name, operation, "name");
    const keyGroup = choose(GROUPS, group, operation, "group");
    const id = await this.#api.create(
      operation,
      KINDS[kind].path,
      field("data", ({ id }: KeyJson) => toId(id)),
      { ...options, secrets: Object.values(secret) },
      { name, ...secret, key_group: keyGroup },
    );
    return { id, name, extra: { kind, group, keyGroup } };
  }
}

interface ServerForm extends Params {
  readonly name: string;
  readonly service_type: string;
  readonly image: string;
  readonly zone: string | undefined;
}

function toServerForm(options: NephoScaleCreateNodeOptions): ServerForm {
  const operation = "createNode";
  refuse(operation, DISPLAY_NAME, options, {
    auth: "use importKeyPair()",
    userData: "",
    tags: "",
    idempotencyKey: "",
  });
  const { keyPairs = [] } = options;
  if (keyPairs.length > 1) {
    throw new TypeError(
      `${operation}: ${DISPLAY_NAME} accepts one key pair per node, ` +
        `got ${keyPairs.length}`,
    );
  }
  const id = (field: string) => (ref: Ref) => idOf(ref, operation, field);
  const name = checkText(options.name, operation, "name");
  return {
    name,
    hostname: checkText(options.hostname ?? name, operation, "hostname"),
    service_type: idOf(options.size, operation, "size"),
    image: idOf(options.image, operation, "image"),
    server_key: idsOf(keyPairs, operation, "keyPairs")?.[0],
    console_key: given(options.consoleKey, id("consoleKey")),
    zone: given(options.location, id("location")),
  };
}

/** Whether a node matches the request. Absent fields are not compared. */
function isLike(node: NephoScaleNode, wanted: ServerForm): boolean {
  return [
    [node.name, wanted.name],
    [node.sizeId, wanted.service_type],
    [node.imageId, wanted.image],
    [node.locationId, wanted.zone],
  ].every(([is, asked]) => !is || !asked || is === asked);
}

/** Word for one of the provider's numbers. */
function wordFor<W extends string, T>(
  table: Readonly<Record<W, T>>,
  isIt: (entry: T) => boolean,
): W | "unknown" {
  const words = Object.keys(table) as W[];
  return words.find((word) => isIt(table[word])) ?? "unknown";
}

function toNode(server: ServerJson): NephoScaleNode {
  const id = toId(server.id);
  const powerStatus = toText(server.power_status);
  const addresses = toText(server.ipaddresses)?.split(/[\s,]+/) ?? [];
  const { publicIps, privateIps } = splitIps(addresses);
  return {
    id,
    name: toText(server.name) ?? id,
    state: lookUp(STATES, powerStatus) ?? "unknown",
    publicIps,
    privateIps,
    createdAt: toTime(server.create_time),
    sizeId: toOptionalId(server.service_type?.id),
    imageId: toOptionalId(server.image?.id),
    locationId: toOptionalId(server.zone?.id),
    tags: {},
    extra: {
      hostname: toText(server.hostname),
      powerStatus,
      zone: toText(server.zone?.name),
      networkPorts: server.network_ports?.map(toNetworkPort) ?? [],
      isConsoleEnabled: toBoolean(server.is_console_enabled),
    },
  };
}

function toNetworkPort(port: PortJson): NephoScaleNetworkPort {
  return {
    device: toText(port.devname),
    macAddress: toText(port.macaddress),
    network: toText(port.network_domain?.name),
  };
}

function toSize(size: SizeJson): NephoScaleSize {
  const id = toId(size.id);
  return {
    id,
    name: toText(size.friendly_name) ?? id,
    vcpus: toNumber(size.vcpus),
    ramMib: toNumber(size.ram),
    diskGb: toNumber(size.storage),
    price: priceOf(data.prices, id),
    extra: { sku: toText(size.sku?.name) },
  };
}

function toImage(image: ImageJson): NephoScaleImage {
  const id = toId(image.id);
  return {
    id,
    name: toText(image.friendly_name) ?? id,
    extra: {
      architecture: toText(image.architecture),
      isActive: toBoolean(image.is_active),
      createdAt: toTime(image.create_time),
    },
  };
}

function toLocation(zone: ZoneJson): NephoScaleLocation {
  const id = toId(zone.id);
  return {
    id,
    name: toText(zone.name) ?? id,
    country: "US",
    extra: {},
  };
}

// Responses contain passwords. Records must not contain them.
function toKeyPair(key: KeyJson): NephoScaleKeyPair {
  const id = toId(key.id);
  const keyType = toNumber(key.key_type);
  const keyGroup = toNumber(key.key_group);
  return {
    id,
    name: toText(key.name) ?? id,
    publicKey: toText(key.public_key),
    extra: {
      kind: wordFor(KINDS, ({ number }) => number === keyType),
      group: wordFor(GROUPS, (number) => number === keyGroup),
      keyGroup,
      createdAt: toTime(key.create_time),
    },
  };
}
