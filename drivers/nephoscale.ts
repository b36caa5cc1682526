/**
 * NephoScale: virtual and bare-metal servers in California and Virginia.
 *
 * The service is closed, and its API was small and plain, which makes this the
 * driver to read first: a response class, a connection class and a driver class
 * whose converters make plain records.
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
 * @see {@link https://github.com/apache/libcloud/blob/v3.6.0/libcloud/compute/drivers/nephoscale.py | The driver of Apache Libcloud}, the only description that survives
 *
 * @module
 */

import {
  type ApiErrorClass,
  BasicConnection,
  type BasicCredentials,
  type CallOptions,
  checkNumber,
  checkSecret,
  checkText,
  choose,
  CloudError,
  type Connection,
  type ConnectionOptions,
  Deadline,
  errorClassFor,
  generatePassword,
  idOf,
  JsonResponse,
  type Listing,
  type ListOptions,
  lookUp,
  NotFoundError,
  type Params,
  path,
  type Ref,
  refuse,
  splitIps,
  toBoolean,
  toId,
  toNumber,
  toOptionalId,
  toSearchParams,
  toText,
  toTime,
} from "../core/mod.ts";
import {
  type CreateKeyPairOptions,
  type CreateNodeOptions,
  type ImportKeyPairOptions,
  type KeyPair,
  type KeyPairs,
  type Node,
  NodeDriver,
  type NodeImage,
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
export interface NephoScaleCreateNodeOptions extends CreateNodeOptions {
  /** The key that logs in to the server; NephoScale takes one. */
  readonly keyPairs?: readonly Ref[] | undefined;
  /** The password key that logs in to the console. */
  readonly consoleKey?: Ref | undefined;
  /**
   * Host name inside the node.
   *
   * @default {the name}
   */
  readonly hostname?: string | undefined;
  /**
   * First pause in milliseconds between two looks for the new node; it grows.
   *
   * @default {1000}
   */
  readonly intervalMs?: number | undefined;
}

/** Options of {@linkcode NephoScaleNodeDriver.renameNode}. */
export interface NephoScaleRenameNodeOptions extends RenameNodeOptions {
  /**
   * New host name.
   *
   * @default {the old one}
   */
  readonly hostname?: string | undefined;
}

/** Which kind of key: a public key, or a password. */
export type NephoScaleKeyKind = "ssh" | "password";

/** What a key opens: the server itself, or its console. */
export type NephoScaleKeyGroup = "server" | "console";

/** Options of {@linkcode NephoScaleNodeDriver.listKeyPairs}. */
export interface NephoScaleListKeyPairsOptions extends ListOptions {
  /** Lists keys of one kind only. */
  readonly kind?: NephoScaleKeyKind | undefined;
  /** Lists keys of one group only. */
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
   * What the key opens.
   *
   * @default {"console"}
   */
  readonly group?: NephoScaleKeyGroup | undefined;
}

/** Options of {@linkcode NephoScaleNodeDriver.importKeyPair}. */
export interface NephoScaleImportKeyPairOptions extends ImportKeyPairOptions {
  /**
   * What the key opens.
   *
   * @default {"server"}
   */
  readonly group?: NephoScaleKeyGroup | undefined;
}

/** Options of the calls that act on one key. */
export interface NephoScaleKeyPairOptions extends CallOptions {
  /**
   * The kind of the key, where only its id is known.
   *
   * @default {the kind that the record tells, else asked for}
   */
  readonly kind?: NephoScaleKeyKind | undefined;
}

/** A network interface of a node. */
export interface NephoScaleNetworkPort {
  /** Name of the device, such as `"eth0"`. */
  readonly device?: string | undefined;
  /** Hardware address. */
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
  /** Whether the console can be used. */
  readonly isConsoleEnabled?: boolean | undefined;
}>;

/** A size at NephoScale. */
export type NephoScaleSize = NodeSize<{
  /** Short name on the price list, such as `"CS05"`. */
  readonly sku?: string | undefined;
}>;

/** An image at NephoScale. */
export type NephoScaleImage = NodeImage<{
  /** Such as `"x86_64"`. */
  readonly architecture?: string | undefined;
  /** Whether nodes can be made from it. */
  readonly isActive?: boolean | undefined;
}>;

/** A zone of NephoScale. */
export type NephoScaleLocation = NodeLocation;

/** A key at NephoScale: a public key or a password, for server or console. */
export interface NephoScaleKeyPair extends
  KeyPair<{
    /** Which kind of key it is. */
    readonly kind: NephoScaleKeyKind | "unknown";
    /** What it opens. */
    readonly group: NephoScaleKeyGroup | "unknown";
    /** The provider's own number of the group. */
    readonly keyGroup?: number | undefined;
    /** Time of creation, ISO 8601 in UTC. */
    readonly createdAt?: string | undefined;
  }> {
  /** The password: only in the answer to `createKeyPair()`, once. */
  readonly password?: string | undefined;
}

const STATES: Readonly<Record<string, NodeState>> = {
  on: "running",
  off: "stopped",
};

const SERVERS = "/server/cloud/";

const KEYS: Readonly<Record<NephoScaleKeyKind, string>> = {
  ssh: "/key/sshrsa/",
  password: "/key/password/",
};

// The provider's numbers.
const KINDS: Readonly<Record<NephoScaleKeyKind, number>> = {
  ssh: 2,
  password: 1,
};

const GROUPS: Readonly<Record<NephoScaleKeyGroup, number>> = {
  server: 1,
  console: 4,
};

interface EnvelopeJson<T = unknown> {
  success?: boolean;
  response?: number;
  subcode?: number;
  message?: string;
  total_count?: number;
  data: T;
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

class NephoScaleResponse<T> extends JsonResponse<T> {
  get #envelope(): Partial<EnvelopeJson> {
    return (this.body as EnvelopeJson | null | undefined) ?? {};
  }

  // A failure may come with status 200; then the envelope tells.
  get #status(): number {
    return Math.max(this.status, toNumber(this.#envelope.response) ?? 0);
  }

  override isSuccess(): boolean {
    return super.isSuccess() && this.#status < 300 &&
      this.#envelope.success !== false;
  }

  protected override reason(): string | undefined {
    return toText(this.#envelope.message);
  }

  protected override code(): string | undefined {
    return toOptionalId(this.#envelope.subcode || undefined);
  }

  protected override errorClass(): ApiErrorClass {
    return errorClassFor(this.#status);
  }
}

class NephoScaleConnection extends BasicConnection {
  override readonly provider = "nephoscale";
  protected override readonly responseClass = NephoScaleResponse;

  // NephoScale reads forms, and answers in JSON.
  protected override encodeData(data: Params, headers: Headers): string {
    headers.set("content-type", "application/x-www-form-urlencoded");
    return toSearchParams(data).toString();
  }
}

/** Driver for NephoScale. */
export class NephoScaleNodeDriver extends NodeDriver<NephoScaleNode>
  implements PowerControl, Renaming, KeyPairs {
  /** Id of the provider. */
  override readonly provider = "nephoscale";
  /** Connection to the API, for what this class does not cover. */
  override readonly connection: Connection;
  // Nodes that one of the creates under way has taken for its own.
  readonly #claimed = new Set<string>();
  #creating = 0;

  /**
   * Creates a driver; the first call sends the first request.
   *
   * @param options Credentials and settings.
   * @throws {TypeError} If a credential is missing, or the base URL is unsafe.
   */
  constructor(options: NephoScaleOptions) {
    super();
    this.connection = new NephoScaleConnection(
      "https://api.nephoscale.com",
      options,
    );
  }

  /** Lists the nodes of the account; NephoScale has no pages. */
  override listNodes(options: ListOptions = {}): Listing<NephoScaleNode> {
    return this.#list("listNodes", SERVERS, toNode, options);
  }

  /** Lists the sizes; their prices are those of 2013-10-07. */
  override listSizes(options: ListOptions = {}): Listing<NephoScaleSize> {
    return this.#list("listSizes", "/server/type/cloud/", toSize, options);
  }

  /** Lists the images. */
  override listImages(options: ListOptions = {}): Listing<NephoScaleImage> {
    return this.#list("listImages", "/image/server/", toImage, options);
  }

  /** Lists the zones. */
  override listLocations(
    options: ListOptions = {},
  ): Listing<NephoScaleLocation> {
    const zones = "/datacenter/zone/";
    return this.#list("listLocations", zones, toLocation, options);
  }

  /**
   * Gets one node, out of a list of all: no call for a single one is known.
   *
   * @throws {NotFoundError} If there is none of that id.
   */
  override async getNode(
    node: Ref,
    options: CallOptions = {},
  ): Promise<NephoScaleNode> {
    return await this.#find("getNode", SERVERS, toNode, node, options);
  }

  /**
   * Creates a node. NephoScale answers with a job that does not tell the id, so
   * the nodes are listed before and, until the new one appears, after: one that
   * was not there before, with the name, size, image and zone asked for. Creates
   * on one driver keep out of each other's way; those of another program at the
   * same moment, with the same name and size, cannot be told apart.
   *
   * @param options What to create; `auth`, `userData`, `tags`,
   *   `idempotencyKey` and a second server key are refused. `timeoutMs` is for
   *   the whole, 600 000 by default.
   * @returns The node, which may still be off.
   * @throws {TypeError} If an option is refused or makes no sense.
   * @throws {CloudError} With `mayHaveBeenApplied`, if the node may exist
   *   though it was not found.
   */
  override async createNode(
    options: NephoScaleCreateNodeOptions,
  ): Promise<NephoScaleNode> {
    const wanted = toServerForm(options);
    const { signal, timeoutMs = 600_000, intervalMs } = options;
    checkNumber("intervalMs", intervalMs);
    const operation = "createNode";
    const about = {
      provider: this.provider,
      operation,
      mayHaveBeenApplied: false,
    };
    this.#creating++;
    try {
      return await Deadline.run(
        { signal, timeoutMs },
        about,
        async (deadline) => {
          const { signal } = deadline;
          const call = { ...options, signal, timeoutMs: undefined };
          const nodes = this.#list(operation, SERVERS, toNode, call);
          const before = new Set((await nodes).map(({ id }) => id));
          about.mayHaveBeenApplied = true;
          await this.connection.request(SERVERS, {
            ...call,
            operation,
            method: "POST",
            data: wanted,
          });
          return await deadline.poll(async () => {
            const node = (await nodes).find((node) =>
              !before.has(node.id) && !this.#claimed.has(node.id) &&
              isLike(node, wanted)
            );
            if (node) this.#claimed.add(node.id);
            return node;
          }, intervalMs).catch((error) => {
            // What a caller aborts with is the caller's.
            if (signal.aborted || !CloudError.is(error)) throw error;
            // It was accepted: what failed is no more than looking for the node.
            throw Object.assign(error, { mayHaveBeenApplied: true });
          });
        },
      );
    } finally {
      // A later create finds these nodes in its own first list.
      if (--this.#creating === 0) this.#claimed.clear();
    }
  }

  /** Restarts a node. */
  override async rebootNode(
    node: Ref,
    options: CallOptions = {},
  ): Promise<void> {
    await this.#initiate("rebootNode", "restart", node, options);
  }

  /** Destroys a node and what is on it. */
  override async destroyNode(
    node: Ref,
    options: CallOptions = {},
  ): Promise<void> {
    await this.connection.request(
      path`/server/cloud/${node}/`,
      { ...options, operation: "destroyNode", method: "DELETE" },
    );
  }

  /** Starts a stopped node. */
  async startNode(node: Ref, options: CallOptions = {}): Promise<void> {
    await this.#initiate("startNode", "start", node, options);
  }

  /** Stops a running node. */
  async stopNode(node: Ref, options: CallOptions = {}): Promise<void> {
    await this.#initiate("stopNode", "stop", node, options);
  }

  /** Gives a node another name, and another host name if asked to. */
  async renameNode(
    node: Ref,
    options: NephoScaleRenameNodeOptions,
  ): Promise<void> {
    const operation = "renameNode";
    const { hostname } = options;
    const data = {
      name: checkText(options.name, operation, "name"),
      hostname: hostname === undefined
        ? undefined
        : checkText(hostname, operation, "hostname"),
    };
    await this.connection.request(
      path`/server/cloud/${node}/`,
      { ...options, operation, method: "PUT", data },
    );
  }

  /**
   * Lists keys: all, or those of one kind or group. Only a list of the kind
   * `"ssh"` tells public keys; no list tells passwords.
   */
  listKeyPairs(
    options: NephoScaleListKeyPairsOptions = {},
  ): Listing<NephoScaleKeyPair> {
    const { kind, group } = options;
    if (group) choose(GROUPS, group, "group");
    const keys = kind ? choose(KEYS, kind, "kind") : "/key/";
    return this.#list(
      "listKeyPairs",
      keys,
      toKeyPair,
      options,
      (key) => !group || key.extra.group === group,
    );
  }

  /**
   * Gets one key, out of a list of its kind: no call for a single one is known.
   * Where the kind is not known either, it is looked for among all keys first.
   *
   * @throws {NotFoundError} If there is none of that id.
   */
  async getKeyPair(
    keyPair: Ref,
    options: NephoScaleKeyPairOptions = {},
  ): Promise<NephoScaleKeyPair> {
    const operation = "getKeyPair";
    const keys = await this.#keysWith(operation, keyPair, options);
    return await this.#find(operation, keys, toKeyPair, keyPair, options);
  }

  /**
   * Creates a password key; the password is in this answer only.
   *
   * @throws {TypeError} If the name or the password is empty.
   */
  async createKeyPair(
    options: NephoScaleCreateKeyPairOptions,
  ): Promise<NephoScaleKeyPair> {
    const { password = generatePassword(), group = "console" } = options;
    checkSecret("password", password);
    const key = await this.#createKey(
      "createKeyPair",
      "password",
      group,
      options,
      { password },
    );
    return { ...key, password };
  }

  /**
   * Uploads a public key.
   *
   * @throws {TypeError} If the name or the public key is empty.
   */
  async importKeyPair(
    options: NephoScaleImportKeyPairOptions,
  ): Promise<NephoScaleKeyPair> {
    const operation = "importKeyPair";
    const { group = "server" } = options;
    // Files of keys end with a line break.
    const text = toText(options.publicKey)?.trim();
    const publicKey = checkText(text, operation, "public key");
    const key = await this.#createKey(
      operation,
      "ssh",
      group,
      options,
      { public_key: publicKey },
    );
    return { ...key, publicKey };
  }

  /**
   * Deletes a key. Where its kind is not known, it is looked for among all keys
   * first.
   *
   * @throws {NotFoundError} If there is none of that id.
   */
  async deleteKeyPair(
    keyPair: Ref,
    options: NephoScaleKeyPairOptions = {},
  ): Promise<void> {
    const operation = "deleteKeyPair";
    const keys = await this.#keysWith(operation, keyPair, options);
    await this.connection.request(
      keys + path`${keyPair}/`,
      { ...options, operation, method: "DELETE" },
    );
  }

  /** Gets nodes out of one list of all. */
  protected override async getNodes(
    ids: readonly string[],
    options: CallOptions,
  ): Promise<NephoScaleNode[]> {
    const operation = "waitUntilRunning";
    const nodes = await this.#list(operation, SERVERS, toNode, options);
    return ids.map((id) => this.#pick(operation, SERVERS, nodes, id));
  }

  async #initiate(
    operation: string,
    action: string,
    node: Ref,
    options: CallOptions,
  ): Promise<void> {
    await this.connection.request(
      path`/server/cloud/${node}/initiator/${action}/`,
      { ...options, operation, method: "POST" },
    );
  }

  #list<Json, T>(
    operation: string,
    path: string,
    convert: (json: Json) => T,
    options: ListOptions,
    filter: (item: T) => boolean = () => true,
  ): Listing<T> {
    const items = ({ data, total_count }: EnvelopeJson<Json[]>) => {
      // No way to ask for more is known; a part must not pass for the whole.
      if (data.length < (toNumber(total_count) ?? 0)) {
        throw new RangeError(`${data.length} of ${total_count} entries`);
      }
      return data.map((json) => convert(json)).filter(filter);
    };
    return this.connection.list(path, { items }, { ...options, operation });
  }

  async #find<Json, T extends { readonly id: string }>(
    operation: string,
    path: string,
    convert: (json: Json) => T,
    ref: Ref,
    options: CallOptions,
  ): Promise<T> {
    const id = idOf(ref);
    const items = await this.#list(operation, path, convert, options);
    return this.#pick(operation, path, items, id);
  }

  /** Finds what has an id, as a call for it would. */
  #pick<T extends { readonly id: string }>(
    operation: string,
    path: string,
    items: readonly T[],
    id: string,
  ): T {
    const found = items.find((item) => item.id === id);
    if (found) return found;
    throw new NotFoundError(`Cannot ${operation}: ${id} is not there`, {
      provider: this.provider,
      operation,
      status: 404,
      method: "GET",
      url: this.connection.baseUrl + path,
      body: "",
    });
  }

  /** Path of the list that a key is in, which is that of its kind. */
  async #keysWith(
    operation: string,
    keyPair: Ref,
    options: NephoScaleKeyPairOptions,
  ): Promise<string> {
    if (options.kind) return choose(KEYS, options.kind, "kind");
    const known = keyPair as Partial<NephoScaleKeyPair> | undefined;
    const kind = known?.extra?.kind ??
      (await this.#find(operation, "/key/", toKeyPair, keyPair, options))
        .extra.kind;
    // Where a key of a new kind is, only the provider knows.
    return lookUp(KEYS, kind) ?? "/key/";
  }

  async #createKey(
    operation: string,
    kind: NephoScaleKeyKind,
    group: NephoScaleKeyGroup,
    options: CreateKeyPairOptions,
    secret: Readonly<Record<string, string>>,
  ): Promise<NephoScaleKeyPair> {
    const name = checkText(options.name, operation, "name");
    const keyGroup = choose(GROUPS, group, "group");
    const response = await this.connection.request<
      EnvelopeJson<{ id: number }>
    >(KEYS[kind], {
      ...options,
      operation,
      method: "POST",
      data: { name, ...secret, key_group: keyGroup },
      secrets: Object.values(secret),
    });
    const id = response.read(({ data }) => toId(data.id));
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
  const what = "createNode";
  refuse(what, options, ["auth", "userData", "tags", "idempotencyKey"]);
  const { location, consoleKey, keyPairs = [] } = options;
  if (keyPairs.length > 1) {
    throw new TypeError(`Cannot ${what}: ${keyPairs.length} server keys`);
  }
  const idIn = (ref: Ref | undefined) =>
    ref === undefined ? undefined : idOf(ref, what);
  const name = checkText(options.name, what, "name");
  return {
    name,
    hostname: checkText(options.hostname ?? name, what, "hostname"),
    service_type: idOf(options.size, what),
    image: idOf(options.image, what),
    server_key: keyPairs.map((keyPair) => idOf(keyPair, what))[0],
    console_key: idIn(consoleKey),
    zone: idIn(location),
  };
}

/** Whether a node is as it was asked for, as far as both tell. */
function isLike(node: NephoScaleNode, wanted: ServerForm): boolean {
  return [
    [node.name, wanted.name],
    [node.sizeId, wanted.service_type],
    [node.imageId, wanted.image],
    [node.locationId, wanted.zone],
  ].every(([is, asked]) => !is || !asked || is === asked);
}

function wordFor<W extends string>(
  table: Readonly<Record<W, number>>,
  number: number | undefined,
): W | "unknown" {
  const words = Object.keys(table) as W[];
  return words.find((word) => table[word] === number) ?? "unknown";
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
    price: priceOf(data, id),
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

// Passwords come in the answers, and go no further.
function toKeyPair(key: KeyJson): NephoScaleKeyPair {
  const id = toId(key.id);
  const keyGroup = toNumber(key.key_group);
  return {
    id,
    name: toText(key.name) ?? id,
    publicKey: toText(key.public_key),
    extra: {
      kind: wordFor(KINDS, toNumber(key.key_type)),
      group: wordFor(GROUPS, keyGroup),
      keyGroup,
      createdAt: toTime(key.create_time),
    },
  };
}
