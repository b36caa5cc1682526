/**
 * DigitalOcean: droplets, volumes, snapshots and reserved addresses in fourteen
 * data centers.
 *
 * ```ts
 * import { DigitalOceanNodeDriver } from "@nephos/nephos/drivers/digitalocean";
 * import { DigitalOceanSimulator } from "@nephos/nephos/simulators/digitalocean";
 *
 * const { credentials, fetch } = new DigitalOceanSimulator({ nodes: 2 });
 * const digitalocean = new DigitalOceanNodeDriver({ ...credentials, fetch });
 * for (const node of await digitalocean.listNodes()) {
 *   console.log(node.name, node.state, node.publicIps);
 * }
 * ```
 *
 * @see {@link https://docs.digitalocean.com/reference/api/digitalocean/ | DigitalOcean API reference}
 *
 * @module
 */

import {
  type ApiErrorClass,
  type CallOptions,
  checkNumber,
  checkText,
  CloudError,
  ConflictError,
  type Connection,
  type ConnectionOptions,
  Deadline,
  idOf,
  JsonResponse,
  type Listing,
  type ListOptions,
  lookUp,
  numberedPages,
  type Params,
  path,
  type RateLimit,
  rateLimitResetMs,
  readRateLimit,
  type Ref,
  refuse,
  splitIps,
  toBoolean,
  toId,
  TokenConnection,
  type TokenCredentials,
  toNumber,
  toOptionalId,
  toText,
  toTime,
} from "../../core/mod.ts";
import {
  type AttachVolumeOptions,
  checkUserData,
  type CopyImageOptions,
  type CreateImageOptions,
  type CreateNodeOptions,
  type CreateVolumeOptions,
  type CreateVolumeSnapshotOptions,
  type Images,
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
  type RenameNodeOptions,
  type Renaming,
  type ResizeNodeOptions,
  type Resizing,
  type Snapshots,
  type TakesUserData,
  type UserDataSupport,
  type Volume,
  type Volumes,
  type VolumeSnapshot,
} from "../../core/compute/mod.ts";

/** Token and settings of {@linkcode DigitalOceanNodeDriver}. */
export interface DigitalOceanOptions
  extends TokenCredentials, ConnectionOptions {}

/** Options of {@linkcode DigitalOceanNodeDriver.listNodes}. */
export interface DigitalOceanListNodesOptions extends ListOptions {
  /** Lists nodes with this tag only. */
  readonly tag?: Ref | undefined;
  /** Lists nodes with this name only. */
  readonly name?: string | undefined;
  /**
   * Lists nodes with a graphics processor, which are in no other list.
   *
   * @default {false}
   */
  readonly hasGpu?: boolean | undefined;
}

/** Options of {@linkcode DigitalOceanNodeDriver.listImages}. */
export interface DigitalOceanListImagesOptions extends ListOptions {
  /** Lists public images of this type only. */
  readonly type?: "distribution" | "application" | undefined;
  /** Lists only what the account has made: snapshots, backups and uploads. */
  readonly isPrivate?: boolean | undefined;
  /** Lists images with this tag only. */
  readonly tag?: Ref | undefined;
}

/** Options of {@linkcode DigitalOceanNodeDriver.createNode}. */
export interface DigitalOceanCreateNodeOptions extends CreateNodeOptions {
  /**
   * Tags of the node; of a table, each becomes `"key:value"`. Firewalls that
   * hold for a tag protect the node from its first moment on.
   */
  readonly tags?: CreateNodeOptions["tags"];
  /**
   * Gives the node an IPv6 address.
   *
   * @default {false}
   */
  readonly ipv6?: boolean | undefined;
  /**
   * Makes backups, which cost extra.
   *
   * @default {false}
   */
  readonly backups?: boolean | undefined;
  /**
   * Installs the agent that measures memory and disk.
   *
   * @default {false}
   */
  readonly monitoring?: boolean | undefined;
  /**
   * Private network that the node is in.
   *
   * @default {the default one of the location}
   */
  readonly vpc?: Ref | undefined;
  /** Volumes in the same location to attach. */
  readonly volumes?: readonly Ref[] | undefined;
  /**
   * Firewalls, each attached by a request of its own after the node has been
   * accepted: the node is open for a moment, unlike with `tags`.
   */
  readonly firewalls?: readonly Ref[] | undefined;
}

/** Options of the calls that stop or restart a node. */
export interface DigitalOceanStopOptions extends CallOptions {
  /**
   * Pulls the plug, in place of asking the system to shut down.
   *
   * @default {false}
   */
  readonly force?: boolean | undefined;
}

/** Options of {@linkcode DigitalOceanNodeDriver.resizeNode}. */
export interface DigitalOceanResizeNodeOptions extends ResizeNodeOptions {
  /**
   * Grows the disk as well, after which there is no way back.
   *
   * @default {false}
   */
  readonly disk?: boolean | undefined;
}

/** Options of {@linkcode DigitalOceanNodeDriver.rebuildNode}. */
export interface DigitalOceanRebuildNodeOptions extends CallOptions {
  /** The image, by its id or its slug. */
  readonly image: Ref;
}

/** What {@linkcode DigitalOceanNodeDriver.startAction} can start. */
export type DigitalOceanActionType =
  | "change_kernel"
  | "disable_backups"
  | "enable_backups"
  | "enable_ipv6"
  | "password_reset"
  | "power_cycle"
  | "power_off"
  | "power_on"
  | "reboot"
  | "rebuild"
  | "rename"
  | "resize"
  | "restore"
  | "shutdown"
  | "snapshot";

/** Options of {@linkcode DigitalOceanNodeDriver.startAction}. */
export interface DigitalOceanStartActionOptions extends CallOptions {
  /** What to do. */
  readonly type: DigitalOceanActionType;
  /** What it needs to know, as the API names it, such as `{ image: 7 }`. */
  readonly fields?: Readonly<Record<string, unknown>> | undefined;
}

/** Options of {@linkcode DigitalOceanNodeDriver.listActions}. */
export interface DigitalOceanListActionsOptions extends ListOptions {
  /** Lists the actions on this node only. */
  readonly node?: Ref | undefined;
}

/** Options of the calls that wait for an action. */
export interface DigitalOceanWaitOptions extends CallOptions {
  /**
   * First pause in milliseconds between two looks; it grows up to tenfold.
   *
   * @default {1000}
   */
  readonly intervalMs?: number | undefined;
}

/** Options of {@linkcode DigitalOceanNodeDriver.createImage}. */
export interface DigitalOceanCreateImageOptions
  extends CreateImageOptions, DigitalOceanWaitOptions {}

/** Options of {@linkcode DigitalOceanNodeDriver.copyImage}. */
export interface DigitalOceanCopyImageOptions
  extends CopyImageOptions, DigitalOceanWaitOptions {}

/** Options of {@linkcode DigitalOceanNodeDriver.createVolume}. */
export interface DigitalOceanCreateVolumeOptions extends CreateVolumeOptions {
  /** Text for people. */
  readonly description?: string | undefined;
  /**
   * File system to make, such as `"ext4"`.
   *
   * @default {none}
   */
  readonly filesystem?: string | undefined;
  /** Tags of the volume. */
  readonly tags?: readonly string[] | undefined;
}

/** Options of {@linkcode DigitalOceanNodeDriver.detachVolume}. */
export interface DigitalOceanDetachVolumeOptions extends CallOptions {
  /**
   * The node it is attached to.
   *
   * @default {the one that the record tells, else asked for}
   */
  readonly node?: Ref | undefined;
}

/** Options of {@linkcode DigitalOceanNodeDriver.resizeVolume}. */
export interface DigitalOceanResizeVolumeOptions extends CallOptions {
  /** The new capacity in GB; a volume cannot shrink. */
  readonly sizeGb: number;
}

/** Options of {@linkcode DigitalOceanNodeDriver.createTag}. */
export interface DigitalOceanCreateTagOptions extends CallOptions {
  /** The tag: letters, digits, colons, dashes and underscores. */
  readonly name: string;
}

/** Options of the calls that put a tag on a node or take it off. */
export interface DigitalOceanTagNodeOptions extends CallOptions {
  /** The tag, which must exist. */
  readonly tag: Ref;
}

/** Options of the calls that name a node for an address or a firewall. */
export interface DigitalOceanAssignOptions extends CallOptions {
  /** The node. */
  readonly node: Ref;
}

/**
 * Options of {@linkcode DigitalOceanNodeDriver.createReservedIp}: one of both.
 */
export interface DigitalOceanCreateReservedIpOptions extends CallOptions {
  /** Node to assign the address to at once. */
  readonly node?: Ref | undefined;
  /** Location to hold an address in that no node has. */
  readonly location?: Ref | undefined;
}

/** An address of a node, as DigitalOcean tells it. */
export interface DigitalOceanAddress {
  /** IPv4 or IPv6 address. */
  readonly ip: string;
  /** DigitalOcean's own word: `"public"` or `"private"`. */
  readonly type?: string | undefined;
  /** Address of the gateway. */
  readonly gateway?: string | undefined;
}

/** A droplet. */
export type DigitalOceanNode = Node<{
  /** DigitalOcean's own word for the state, such as `"active"`. */
  readonly status?: string | undefined;
  /** Whether an action is under way; the state is still the one before it. */
  readonly isLocked?: boolean | undefined;
  /** Slug of the image, such as `"debian-12-x64"`; snapshots have none. */
  readonly imageSlug?: string | undefined;
  /** Number of virtual processors. */
  readonly vcpus?: number | undefined;
  /** Memory in MiB. */
  readonly ramMib?: number | undefined;
  /** Disk in GB. */
  readonly diskGb?: number | undefined;
  /** Tags. */
  readonly tags: readonly string[];
  /** What is switched on, such as `"backups"`. */
  readonly features: readonly string[];
  /** Ids of the attached volumes. */
  readonly volumeIds: readonly string[];
  /** Id of the private network. */
  readonly vpcId?: string | undefined;
  /** All addresses. */
  readonly addresses: readonly DigitalOceanAddress[];
}>;

/** A size at DigitalOcean. */
export type DigitalOceanSize = NodeSize<{
  /** Kind of size, such as `"Basic"`. */
  readonly description?: string | undefined;
  /** Whether nodes can be made with it. */
  readonly isAvailable?: boolean | undefined;
  /** Ids of the locations that have it. */
  readonly locationIds: readonly string[];
}>;

/** An image at DigitalOcean. */
export type DigitalOceanImage = NodeImage<{
  /** Name that stays when the id changes, such as `"debian-12-x64"`. */
  readonly slug?: string | undefined;
  /** `"base"`, `"snapshot"`, `"backup"`, `"custom"` or `"admin"`. */
  readonly type?: string | undefined;
  /** Such as `"Debian"`. */
  readonly distribution?: string | undefined;
  /** DigitalOcean's own word for the state, such as `"available"`. */
  readonly status?: string | undefined;
  /** Text for people. */
  readonly description?: string | undefined;
  /** Whether everyone can use it. */
  readonly isPublic?: boolean | undefined;
  /** Smallest disk it fits on, in GB. */
  readonly minDiskGb?: number | undefined;
  /** Size in GB. */
  readonly sizeGb?: number | undefined;
  /** Ids of the locations that have it. */
  readonly locationIds: readonly string[];
  /** Time of creation, ISO 8601 in UTC. */
  readonly createdAt?: string | undefined;
}>;

/** A region of DigitalOcean. */
export type DigitalOceanLocation = NodeLocation<{
  /** Whether nodes can be made there. */
  readonly isAvailable?: boolean | undefined;
  /** What nodes can have there, such as `"ipv6"`. */
  readonly features: readonly string[];
  /** Ids of the sizes that nodes can have there. */
  readonly sizeIds: readonly string[];
}>;

/** A volume at DigitalOcean. */
export type DigitalOceanVolume = Volume<{
  /** Text for people. */
  readonly description?: string | undefined;
  /** File system it was made with, such as `"ext4"`. */
  readonly filesystem?: string | undefined;
  /** Tags. */
  readonly tags: readonly string[];
}>;

/** A snapshot of a volume at DigitalOcean. */
export type DigitalOceanVolumeSnapshot = VolumeSnapshot<{
  /** Ids of the locations that have it. */
  readonly locationIds: readonly string[];
  /** Smallest volume it fits on, in GB. */
  readonly minDiskGb?: number | undefined;
  /** Tags. */
  readonly tags: readonly string[];
}>;

/** Something that DigitalOcean does, and that takes time. */
export interface DigitalOceanAction {
  /** Id at DigitalOcean. */
  readonly id: string;
  /** What it does, such as `"reboot"`. */
  readonly type?: string | undefined;
  /** How it stands: `"in-progress"`, `"completed"` or `"errored"`. */
  readonly status?: string | undefined;
  /** When it began, ISO 8601 in UTC. */
  readonly startedAt?: string | undefined;
  /** When it ended, ISO 8601 in UTC. */
  readonly completedAt?: string | undefined;
  /** Id of what it is done to. */
  readonly resourceId?: string | undefined;
  /** What that is, such as `"droplet"`. */
  readonly resourceType?: string | undefined;
  /** Id of the location. */
  readonly locationId?: string | undefined;
}

/** A tag; its id is its name. */
export interface DigitalOceanTag {
  /** The tag. */
  readonly id: string;
  /** The tag. */
  readonly name: string;
  /** Number of things that have it. */
  readonly count?: number | undefined;
}

/** A reserved address; its id is the address. */
export interface DigitalOceanReservedIp {
  /** The address. */
  readonly id: string;
  /** The address. */
  readonly ip: string;
  /** Id of the node that it leads to. */
  readonly nodeId?: string | undefined;
  /** Id of its location. */
  readonly locationId?: string | undefined;
  /** Whether an action is under way. */
  readonly isLocked?: boolean | undefined;
}

/** A firewall. */
export interface DigitalOceanFirewall {
  /** Id at DigitalOcean. */
  readonly id: string;
  /** Name for people. */
  readonly name: string;
  /** `"waiting"`, `"succeeded"` or `"failed"`. */
  readonly status?: string | undefined;
  /** Ids of the nodes that it is attached to. */
  readonly nodeIds: readonly string[];
  /** Tags that it holds for. */
  readonly tags: readonly string[];
}

/** Whom a token belongs to. */
export interface DigitalOceanAccount {
  /** Id at DigitalOcean. */
  readonly id: string;
  /** Name for people. */
  readonly name?: string | undefined;
  /** Address for mail. */
  readonly email?: string | undefined;
  /** `"active"`, `"warning"` or `"locked"`. */
  readonly status?: string | undefined;
  /** How many nodes it may have. */
  readonly nodeLimit?: number | undefined;
}

const STATES: Readonly<Record<string, NodeState>> = {
  new: "pending",
  active: "running",
  off: "stopped",
  // Off for good: no call starts it again.
  archive: "terminated",
};

// By the letters of a region; the digits count its data centers.
const COUNTRIES: Readonly<Record<string, string>> = {
  ams: "NL",
  atl: "US",
  blr: "IN",
  fra: "DE",
  lon: "GB",
  nyc: "US",
  sfo: "US",
  sgp: "SG",
  syd: "AU",
  tor: "CA",
};

const DROPLETS = "/v2/droplets";
const IMAGES = "/v2/images";
const KEYS = "/v2/account/keys";
const VOLUMES = "/v2/volumes";
const SNAPSHOTS = "/v2/snapshots";
const TAGS = "/v2/tags";
const RESERVED_IPS = "/v2/reserved_ips";

const WAIT_MS = 600_000;
const USER_DATA = { maxBytes: 65_536, takesBytes: false };

interface PageJson {
  links?: { pages?: { next?: string } };
  meta?: { total?: number };
}

interface DropletJson {
  id: number;
  name: string;
  status?: string;
  locked?: boolean;
  memory?: number;
  vcpus?: number;
  disk?: number;
  created_at?: string;
  size_slug?: string;
  image?: ImageJson | null;
  region?: RegionJson | null;
  tags?: string[];
  features?: string[];
  volume_ids?: string[];
  vpc_uuid?: string;
  networks?: { v4?: AddressJson[]; v6?: AddressJson[] };
}

interface AddressJson {
  ip_address: string;
  type?: string;
  gateway?: string;
}

interface SizeJson {
  slug: string;
  memory?: number;
  vcpus?: number;
  disk?: number;
  transfer?: number;
  price_monthly?: number;
  price_hourly?: number;
  regions?: string[];
  available?: boolean;
  description?: string;
}

interface ImageJson {
  id: number;
  name?: string;
  type?: string;
  distribution?: string;
  slug?: string | null;
  public?: boolean;
  regions?: string[];
  created_at?: string;
  min_disk_size?: number | null;
  size_gigabytes?: number | null;
  description?: string;
  status?: string;
}

interface RegionJson {
  slug: string;
  name?: string;
  features?: string[];
  available?: boolean;
  sizes?: string[];
}

interface KeyJson {
  id: number;
  name: string;
  fingerprint?: string;
  public_key?: string;
}

interface VolumeJson {
  id: string;
  name: string;
  size_gigabytes: number;
  droplet_ids?: number[] | null;
  region?: RegionJson;
  created_at?: string;
  description?: string;
  filesystem_type?: string;
  tags?: string[] | null;
}

interface SnapshotJson {
  id: string | number;
  name?: string;
  created_at?: string;
  regions?: string[];
  min_disk_size?: number;
  size_gigabytes?: number;
  resource_id?: string;
  tags?: string[] | null;
}

interface ActionJson {
  id: number;
  type?: string;
  status?: string;
  started_at?: string;
  completed_at?: string | null;
  resource_id?: number | null;
  resource_type?: string;
  region_slug?: string | null;
}

interface ActionForm {
  readonly type: string;
  readonly [field: string]: unknown;
}

interface TagJson {
  name: string;
  resources?: { count?: number };
}

interface ReservedIpJson {
  ip: string;
  region?: RegionJson;
  droplet?: { id?: number } | null;
  locked?: boolean;
}

interface FirewallJson {
  id: string;
  name: string;
  status?: string;
  droplet_ids?: number[] | null;
  tags?: string[] | null;
}

interface AccountJson {
  uuid: string;
  name?: string;
  email?: string;
  status?: string;
  droplet_limit?: number;
}

interface ErrorJson {
  id?: string;
  message?: string;
  request_id?: string;
  // Calls about tags answer in a shape of their own.
  error?: string;
}

const pages = numberedPages<PageJson>({
  page: "page",
  size: "per_page",
  maxSize: 200,
  total: ({ meta }) => toNumber(meta?.total),
  next: ({ links }) => toText(links?.pages?.next),
});

class DigitalOceanResponse<T> extends JsonResponse<T> {
  get #error(): ErrorJson {
    return (this.body as ErrorJson | null | undefined) ?? {};
  }

  protected override reason(): string | undefined {
    return toText(this.#error.message) ?? toText(this.#error.error);
  }

  protected override code(): string | undefined {
    return toText(this.#error.id);
  }

  // The only way to tell a droplet that is busy from a value that is wrong.
  protected override errorClass(): ApiErrorClass {
    return this.status === 422 && /pending event/i.test(this.reason() ?? "")
      ? ConflictError
      : super.errorClass();
  }

  override requestId(): string | undefined {
    return toText(this.#error.request_id) ?? super.requestId();
  }

  override rateLimit(): RateLimit | undefined {
    return readRateLimit(this.headers, "ratelimit-");
  }

  // Every answer has the headers of the limit; only this one is refused by it.
  protected override retryAfterMs(): number | undefined {
    return super.retryAfterMs() ??
      (this.status === 429
        ? rateLimitResetMs(this.rateLimit(), this.headers)
        : undefined);
  }
}

/** Requests under one deadline. */
interface Steps {
  /** Options of each. */
  readonly call: DigitalOceanWaitOptions;
  readonly deadline: Deadline;
  /** Sends the one that changes something; errors have what it answers. */
  write<T extends { readonly id: string }>(
    send: (call: CallOptions) => Promise<T>,
    field?: string,
  ): Promise<T>;
}

class DigitalOceanConnection extends TokenConnection {
  override readonly provider = "digitalocean";
  protected override readonly responseClass = DigitalOceanResponse;
}

/**
 * Driver for DigitalOcean.
 *
 * Calls that change a node resolve once DigitalOcean has accepted them. What it
 * does then is an action, which `waitForAction()` waits for; a node does one at
 * a time, and another one meanwhile is a `ConflictError`.
 */
export class DigitalOceanNodeDriver extends NodeDriver<DigitalOceanNode>
  implements
    PowerControl,
    Renaming,
    Resizing,
    KeyPairs,
    Images,
    Volumes,
    Snapshots,
    TakesUserData {
  /** Id of the provider. */
  override readonly provider = "digitalocean";
  /** Connection to the API, for what this class does not cover. */
  override readonly connection: Connection;
  /** 64 KiB of text; no bytes, so no gzip. */
  readonly userDataSupport: UserDataSupport = USER_DATA;

  /**
   * Creates a driver; the first call sends the first request.
   *
   * @param options Token and settings.
   * @throws {TypeError} If the token is missing, or the base URL is unsafe.
   */
  constructor(options: DigitalOceanOptions) {
    super();
    this.connection = new DigitalOceanConnection(
      "https://api.digitalocean.com",
      options,
    );
  }

  /** Lists the nodes of the account, at most 200 to a page. */
  override listNodes(
    options: DigitalOceanListNodesOptions = {},
  ): Listing<DigitalOceanNode> {
    const what = "list nodes";
    const { tag, name, hasGpu } = options;
    return this.#list("listNodes", DROPLETS, "droplets", toNode, options, {
      tag_name: optionalId(tag, what),
      name: name === undefined ? name : checkText(name, what, "name"),
      type: hasGpu ? "gpus" : undefined,
    });
  }

  /**
   * Lists the sizes, with what they cost today; also those that are no longer
   * available.
   */
  override listSizes(options: ListOptions = {}): Listing<DigitalOceanSize> {
    return this.#list("listSizes", "/v2/sizes", "sizes", toSize, options);
  }

  /** Lists the images: all that are public, and those of the account. */
  override listImages(
    options: DigitalOceanListImagesOptions = {},
  ): Listing<DigitalOceanImage> {
    const what = "list images";
    const { type, isPrivate, tag } = options;
    return this.#list("listImages", IMAGES, "images", toImage, options, {
      type: type === undefined ? type : checkText(type, what, "type"),
      private: isPrivate || undefined,
      tag_name: optionalId(tag, what),
    });
  }

  /** Lists the regions. */
  override listLocations(
    options: ListOptions = {},
  ): Listing<DigitalOceanLocation> {
    const regions = "/v2/regions";
    return this.#list("listLocations", regions, "regions", toLocation, options);
  }

  /**
   * Gets one node.
   *
   * @throws {NotFoundError} If there is none of that id.
   */
  override async getNode(
    node: Ref,
    options: CallOptions = {},
  ): Promise<DigitalOceanNode> {
    return await this.#getNode("getNode", node, options);
  }

  /**
   * Creates a node; resolves once it has an id, but no address yet. One that is
   * given no key gets a password by mail.
   *
   * @param options What to create; `auth` and `idempotencyKey` are refused: a
   *   key has to be imported first, and nothing tells a repeated request.
   * @returns The node, in state `"pending"`.
   * @throws {TypeError} If an option is refused or makes no sense.
   * @throws {RangeError} If `userData` is longer than 64 KiB.
   * @throws {CloudError} With `mayHaveBeenApplied`, if the node may exist, or
   *   does but a firewall could not be attached: then `nodeOf()` finds it.
   */
  override async createNode(
    options: DigitalOceanCreateNodeOptions,
  ): Promise<DigitalOceanNode> {
    const operation = "createNode";
    const data = toDropletForm(options);
    const { userData, firewalls = [], timeoutMs } = options;
    for (const firewall of firewalls) path`${firewall}`;
    const secrets = [userData as string ?? ""];
    return await this.#steps(operation, options, timeoutMs, async (steps) => {
      const node = await steps.write((call) =>
        this.#ask(
          operation,
          DROPLETS,
          "droplet",
          toNode,
          { ...call, secrets } as CallOptions,
          "POST",
          data,
        ), "node");
      for (const firewall of firewalls) {
        const assign = { ...steps.call, node };
        await this.#protect(operation, firewall, assign, "POST");
      }
      return node;
    });
  }

  /** Restarts a node. */
  override async rebootNode(
    node: Ref,
    options: DigitalOceanStopOptions = {},
  ): Promise<void> {
    const type = options.force ? "power_cycle" : "reboot";
    await this.#act("rebootNode", "droplets", node, options, {
      type,
    });
  }

  /** Destroys a node and its disk; volumes and snapshots stay. */
  override async destroyNode(
    node: Ref,
    options: CallOptions = {},
  ): Promise<void> {
    await this.#send("destroyNode", at("droplets", node), options);
  }

  /** Starts a stopped node. */
  async startNode(node: Ref, options: CallOptions = {}): Promise<void> {
    const type = "power_on";
    await this.#act("startNode", "droplets", node, options, { type });
  }

  /** Stops a running node, which goes on costing what it does. */
  async stopNode(
    node: Ref,
    options: DigitalOceanStopOptions = {},
  ): Promise<void> {
    const type = options.force ? "power_off" : "shutdown";
    await this.#act("stopNode", "droplets", node, options, { type });
  }

  /** Gives a node another name. */
  async renameNode(node: Ref, options: RenameNodeOptions): Promise<void> {
    const name = checkText(options.name, "rename a node", "name");
    await this.#act("renameNode", "droplets", node, options, {
      type: "rename",
      name,
    });
  }

  /** Gives a stopped node another size. */
  async resizeNode(
    node: Ref,
    options: DigitalOceanResizeNodeOptions,
  ): Promise<void> {
    await this.#act("resizeNode", "droplets", node, options, {
      type: "resize",
      size: idOf(options.size, "resize a node"),
      disk: options.disk,
    });
  }

  /** Lists the keys of the account; DigitalOcean allows 10 calls a minute. */
  listKeyPairs(options: ListOptions = {}): Listing<KeyPair> {
    return this.#list("listKeyPairs", KEYS, "ssh_keys", toKeyPair, options);
  }

  /**
   * Gets one key, by its id or its fingerprint.
   *
   * @throws {NotFoundError} If there is none.
   */
  async getKeyPair(keyPair: Ref, options: CallOptions = {}): Promise<KeyPair> {
    return await this.#ask(
      "getKeyPair",
      at("account/keys", keyPair),
      "ssh_key",
      toKeyPair,
      options,
    );
  }

  /**
   * Uploads a public key.
   *
   * @throws {TypeError} If the name or the public key is empty.
   */
  async importKeyPair(options: ImportKeyPairOptions): Promise<KeyPair> {
    const what = "import a key pair";
    // Files of keys end with a line break.
    const publicKey = toText(options.publicKey)?.trim();
    return await this.#ask(
      "importKeyPair",
      KEYS,
      "ssh_key",
      toKeyPair,
      options,
      "POST",
      {
        name: checkText(options.name, what, "name"),
        public_key: checkText(publicKey, what, "public key"),
      },
    );
  }

  /** Deletes a key, by its id or its fingerprint. */
  async deleteKeyPair(keyPair: Ref, options: CallOptions = {}): Promise<void> {
    const key = at("account/keys", keyPair);
    await this.#send("deleteKeyPair", key, options);
  }

  /** Gets one image, by its id or its slug. */
  async getImage(
    image: Ref,
    options: CallOptions = {},
  ): Promise<DigitalOceanImage> {
    return await this.#getImage("getImage", image, options);
  }

  /**
   * Makes an image of a node, and waits until it is done. The answer does not
   * tell the id of the image, so the snapshots of the node are listed then.
   *
   * @param node The node; one that is stopped gives a consistent image.
   * @param options `description` is refused. `timeoutMs` is for the whole,
   *   600 000 by default.
   * @returns The image.
   * @throws {TypeError} If an option is refused or makes no sense.
   * @throws {CloudError} If the action fails.
   */
  async createImage(
    node: Ref,
    options: DigitalOceanCreateImageOptions,
  ): Promise<DigitalOceanImage> {
    const operation = "createImage";
    const what = "create an image";
    refuse(what, options, ["description"]);
    const name = checkText(options.name, what, "name");
    const data = { type: "snapshot", name };
    const look = async (call: CallOptions) => {
      const url = `${at("droplets", node)}/snapshots`;
      const key = "snapshots";
      const all = await this.#list(operation, url, key, toSnapshot, call);
      // Ids go up; an older snapshot may have the same name.
      const [newest] = all.filter((snapshot) => snapshot.name === name)
        .sort((a, b) => Number(b.id) - Number(a.id));
      if (newest) return await this.#getImage(operation, newest, call);
      const { provider } = this;
      throw new CloudError(
        `Cannot ${operation}: no snapshot of that name was made`,
        { provider, operation },
      );
    };
    return await this.#complete(
      operation,
      "droplets",
      node,
      data,
      options,
      look,
    );
  }

  /**
   * Makes an image available in a further location, and waits until it is. The
   * image stays the same one.
   *
   * @param image The image, by its id.
   * @param options `name` is refused. `timeoutMs` is for the whole, 600 000 by
   *   default.
   * @returns The image.
   * @throws {TypeError} If an option is refused or makes no sense.
   * @throws {CloudError} If the action fails.
   */
  async copyImage(
    image: Ref,
    options: DigitalOceanCopyImageOptions,
  ): Promise<DigitalOceanImage> {
    const operation = "copyImage";
    const what = "copy an image";
    refuse(what, options, ["name"]);
    const region = idOf(options.location, what);
    return await this.#complete(
      operation,
      "images",
      image,
      { type: "transfer", region },
      options,
      (call) => this.#getImage(operation, image, call),
    );
  }

  /** Deletes an image of the account, by its id. */
  async deleteImage(image: Ref, options: CallOptions = {}): Promise<void> {
    await this.#send("deleteImage", at("images", image), options);
  }

  /** Lists the volumes of the account. */
  listVolumes(options: ListOptions = {}): Listing<DigitalOceanVolume> {
    return this.#list("listVolumes", VOLUMES, "volumes", toVolume, options);
  }

  /**
   * Makes a volume.
   *
   * @param options What to make; DigitalOcean insists on the location.
   * @returns The volume.
   * @throws {TypeError} If the name or the location is missing.
   * @throws {RangeError} If the capacity is not from 1 to 16384 GB.
   */
  async createVolume(
    options: DigitalOceanCreateVolumeOptions,
  ): Promise<DigitalOceanVolume> {
    const what = "create a volume";
    const { sizeGb, location, snapshot, description, filesystem, tags } =
      options;
    checkSize(sizeGb);
    return await this.#ask(
      "createVolume",
      VOLUMES,
      "volume",
      toVolume,
      options,
      "POST",
      {
        name: checkText(options.name, what, "name"),
        size_gigabytes: sizeGb,
        region: idOf(location as Ref, what),
        snapshot_id: optionalId(snapshot, what),
        description,
        filesystem_type: filesystem,
        tags,
      },
    );
  }

  /** Attaches a volume to a node in the same location; `device` is refused. */
  async attachVolume(
    volume: Ref,
    options: AttachVolumeOptions,
  ): Promise<void> {
    const what = "attach a volume";
    refuse(what, options, ["device"]);
    await this.#act("attachVolume", "volumes", volume, options, {
      type: "attach",
      droplet_id: numberOf(options.node, what),
    });
  }

  /**
   * Detaches a volume. DigitalOcean wants to know from which node: where
   * neither the options nor the record tell, the volume is asked for first.
   *
   * @param volume The volume.
   * @param options Which node it is attached to, if it is known.
   * @throws {ConflictError} If it is attached to none.
   */
  async detachVolume(
    volume: Ref,
    options: DigitalOceanDetachVolumeOptions = {},
  ): Promise<void> {
    const operation = "detachVolume";
    const { timeoutMs, node: given } = options;
    const what = "detach a volume";
    idOf(volume, what);
    const known = given ?? (volume as Partial<Volume>).nodeId;
    const id = known === undefined ? undefined : numberOf(known, what);
    await this.#steps(operation, options, timeoutMs, async (steps) => {
      const data = {
        type: "detach",
        droplet_id: id ?? await this.#attachedTo(operation, volume, steps.call),
      };
      await steps.write((call) =>
        this.#act(operation, "volumes", volume, call, data)
      );
    });
  }

  /** Destroys a volume that is attached to no node, and what is on it. */
  async destroyVolume(volume: Ref, options: CallOptions = {}): Promise<void> {
    await this.#send("destroyVolume", at("volumes", volume), options);
  }

  /** Lists the snapshots of all volumes, or of one. */
  listVolumeSnapshots(
    volume?: Ref,
    options: ListOptions = {},
  ): Listing<DigitalOceanVolumeSnapshot> {
    return this.#list(
      "listVolumeSnapshots",
      volume === undefined ? SNAPSHOTS : `${at("volumes", volume)}/snapshots`,
      "snapshots",
      toSnapshot,
      options,
      { resource_type: volume === undefined ? "volume" : undefined },
    );
  }

  /**
   * Makes a snapshot of a volume; without a name it is called after the time.
   *
   * @param volume The volume.
   * @param options The name.
   * @returns The snapshot.
   */
  async createVolumeSnapshot(
    volume: Ref,
    options: CreateVolumeSnapshotOptions = {},
  ): Promise<DigitalOceanVolumeSnapshot> {
    // DigitalOcean insists on one.
    const { name = `snapshot-${new Date().toISOString()}` } = options;
    return await this.#ask(
      "createVolumeSnapshot",
      `${at("volumes", volume)}/snapshots`,
      "snapshot",
      toSnapshot,
      options,
      "POST",
      { name: checkText(name, "create a snapshot", "name") },
    );
  }

  /** Destroys a snapshot. */
  async destroyVolumeSnapshot(
    snapshot: Ref,
    options: CallOptions = {},
  ): Promise<void> {
    const url = at("snapshots", snapshot);
    await this.#send("destroyVolumeSnapshot", url, options);
  }

  /**
   * Gives a volume more room; the file system on it has to be told.
   *
   * @param volume The volume.
   * @param options The new capacity.
   * @returns The action that does it.
   * @throws {RangeError} If the capacity is not from 1 to 16384 GB.
   */
  async resizeVolume(
    volume: Ref,
    options: DigitalOceanResizeVolumeOptions,
  ): Promise<DigitalOceanAction> {
    const { sizeGb } = options;
    checkSize(sizeGb);
    return await this.#act("resizeVolume", "volumes", volume, options, {
      type: "resize",
      size_gigabytes: sizeGb,
    });
  }

  /**
   * Overwrites the disk of a node with an image; its addresses stay.
   *
   * @param node The node.
   * @param options The image.
   * @returns The action that does it.
   */
  async rebuildNode(
    node: Ref,
    options: DigitalOceanRebuildNodeOptions,
  ): Promise<DigitalOceanAction> {
    const image = numberOf(options.image, "rebuild a node");
    const data = { type: "rebuild", image };
    return await this.#act("rebuildNode", "droplets", node, options, data);
  }

  /**
   * Has DigitalOcean set a new root password, restart the node, and mail the
   * password to the owner of the account.
   *
   * @param node The node.
   * @param options Limits of the call.
   * @returns The action that does it.
   */
  async resetPassword(
    node: Ref,
    options: CallOptions = {},
  ): Promise<DigitalOceanAction> {
    const data = { type: "password_reset" };
    return await this.#act("resetPassword", "droplets", node, options, data);
  }

  /**
   * Starts any action on a node, and tells its id, by which one can wait for
   * it.
   *
   * @param node The node.
   * @param options What to do.
   * @returns The action.
   * @see {@link https://docs.digitalocean.com/reference/api/digitalocean/#tag/Droplet-Actions | Droplet actions}
   */
  async startAction(
    node: Ref,
    options: DigitalOceanStartActionOptions,
  ): Promise<DigitalOceanAction> {
    const type = checkText(options.type, "start an action", "type");
    const data = { ...options.fields, type };
    return await this.#act("startAction", "droplets", node, options, data);
  }

  /** Lists the actions of the account, or of one node, the newest first. */
  listActions(
    options: DigitalOceanListActionsOptions = {},
  ): Listing<DigitalOceanAction> {
    const { node } = options;
    const url = node === undefined
      ? "/v2/actions"
      : `${at("droplets", node)}/actions`;
    return this.#list("listActions", url, "actions", toAction, options);
  }

  /** Gets one action, of whatever it is done to. */
  async getAction(
    action: Ref,
    options: CallOptions = {},
  ): Promise<DigitalOceanAction> {
    return await this.#getAction("getAction", action, options);
  }

  /**
   * Waits until an action is completed.
   *
   * @param action The action.
   * @param options Pauses and limits; 600 000 ms in all, unless `timeoutMs`
   *   says otherwise.
   * @returns The action, completed.
   * @throws {CloudError} If it fails: its status is `"errored"`.
   * @throws {TimeoutError} If the time is up first.
   */
  async waitForAction(
    action: Ref,
    options: DigitalOceanWaitOptions = {},
  ): Promise<DigitalOceanAction> {
    const operation = "waitForAction";
    const { timeoutMs = WAIT_MS } = options;
    idOf(action, "wait for an action");
    return await this.#steps(
      operation,
      options,
      timeoutMs,
      (steps) => this.#wait(operation, action, steps),
    );
  }

  /** Lists the tags of the account. */
  listTags(options: ListOptions = {}): Listing<DigitalOceanTag> {
    return this.#list("listTags", TAGS, "tags", toTag, options);
  }

  /** Makes a tag; nodes can be created with tags that do not exist yet. */
  async createTag(
    options: DigitalOceanCreateTagOptions,
  ): Promise<DigitalOceanTag> {
    return await this.#ask(
      "createTag",
      TAGS,
      "tag",
      toTag,
      options,
      "POST",
      { name: checkText(options.name, "create a tag", "name") },
    );
  }

  /** Deletes a tag, and takes it off all that has it. */
  async deleteTag(tag: Ref, options: CallOptions = {}): Promise<void> {
    await this.#send("deleteTag", at("tags", tag), options);
  }

  /** Puts a tag on a node. */
  async tagNode(node: Ref, options: DigitalOceanTagNodeOptions): Promise<void> {
    await this.#tag("tagNode", node, options, "POST");
  }

  /** Takes a tag off a node. */
  async untagNode(
    node: Ref,
    options: DigitalOceanTagNodeOptions,
  ): Promise<void> {
    await this.#tag("untagNode", node, options, "DELETE");
  }

  /** Lists the reserved addresses of the account. */
  listReservedIps(options: ListOptions = {}): Listing<DigitalOceanReservedIp> {
    return this.#list(
      "listReservedIps",
      RESERVED_IPS,
      "reserved_ips",
      toReservedIp,
      options,
    );
  }

  /**
   * Reserves an address, for a node or for a location. One that no node has
   * costs extra.
   *
   * @param options The node or the location.
   * @returns The address.
   * @throws {TypeError} If it is not exactly one of both.
   */
  async createReservedIp(
    options: DigitalOceanCreateReservedIpOptions,
  ): Promise<DigitalOceanReservedIp> {
    const what = "reserve an address";
    const { node, location } = options;
    if ((node === undefined) === (location === undefined)) {
      throw new TypeError(`Cannot ${what}: a node or a location, one of both`);
    }
    return await this.#ask(
      "createReservedIp",
      RESERVED_IPS,
      "reserved_ip",
      toReservedIp,
      options,
      "POST",
      node === undefined
        ? { region: idOf(location as Ref, what) }
        : { droplet_id: numberOf(node, what) },
    );
  }

  /**
   * Has a reserved address lead to a node in its location.
   *
   * @param reservedIp The address.
   * @param options The node.
   * @returns The action that does it.
   */
  async assignReservedIp(
    reservedIp: Ref,
    options: DigitalOceanAssignOptions,
  ): Promise<DigitalOceanAction> {
    return await this.#act(
      "assignReservedIp",
      "reserved_ips",
      reservedIp,
      options,
      {
        type: "assign",
        droplet_id: numberOf(options.node, "move an address"),
      },
    );
  }

  /**
   * Has a reserved address lead nowhere; it stays reserved.
   *
   * @param reservedIp The address.
   * @param options Limits of the call.
   * @returns The action that does it.
   */
  async unassignReservedIp(
    reservedIp: Ref,
    options: CallOptions = {},
  ): Promise<DigitalOceanAction> {
    const data = { type: "unassign" };
    return await this.#act(
      "unassignReservedIp",
      "reserved_ips",
      reservedIp,
      options,
      data,
    );
  }

  /** Gives a reserved address back. */
  async releaseReservedIp(
    reservedIp: Ref,
    options: CallOptions = {},
  ): Promise<void> {
    const url = at("reserved_ips", reservedIp);
    await this.#send("releaseReservedIp", url, options);
  }

  /** Lists the firewalls of the account. */
  listFirewalls(options: ListOptions = {}): Listing<DigitalOceanFirewall> {
    const url = "/v2/firewalls";
    return this.#list("listFirewalls", url, "firewalls", toFirewall, options);
  }

  /** Attaches a firewall to a node. */
  async assignFirewall(
    firewall: Ref,
    options: DigitalOceanAssignOptions,
  ): Promise<void> {
    await this.#protect("assignFirewall", firewall, options, "POST");
  }

  /** Detaches a firewall from a node. */
  async unassignFirewall(
    firewall: Ref,
    options: DigitalOceanAssignOptions,
  ): Promise<void> {
    await this.#protect("unassignFirewall", firewall, options, "DELETE");
  }

  /** Gets whom the token belongs to: the cheapest way to check it. */
  async getAccount(options: CallOptions = {}): Promise<DigitalOceanAccount> {
    return await this.#ask(
      "getAccount",
      "/v2/account",
      "account",
      toAccount,
      options,
    );
  }

  /** Gets nodes one by one; DigitalOcean can list all, or those of a tag. */
  protected override getNodes(
    ids: readonly string[],
    options: CallOptions,
  ): Promise<DigitalOceanNode[]> {
    const operation = "waitUntilRunning";
    return Promise.all(ids.map((id) => this.#getNode(operation, id, options)));
  }

  #getNode(
    operation: string,
    node: Ref,
    options: CallOptions,
  ): Promise<DigitalOceanNode> {
    return this.#ask(
      operation,
      at("droplets", node),
      "droplet",
      toNode,
      options,
    );
  }

  #list<Json, T>(
    operation: string,
    path: string,
    key: string,
    convert: (json: Json) => T,
    options: ListOptions,
    params?: Params,
  ): Listing<T> {
    return this.connection.list<PageJson, T>(
      path,
      {
        items: (body) =>
          (body as unknown as Record<string, Json[]>)[key]!
            .map((json) => convert(json)),
        pages,
      },
      { ...options, operation, params },
    );
  }

  /** Sends one request, and reads what its answer has under a key. */
  async #ask<Json, T>(
    operation: string,
    path: string,
    key: string,
    convert: (json: Json) => T,
    options: CallOptions,
    method?: string,
    data?: unknown,
  ): Promise<T> {
    const response = await this.connection.request<
      Readonly<Record<string, Json>> | undefined
    >(path, { ...options, operation, method, data });
    // Actions on images may come bare.
    return response.read((body) => convert(body?.[key] ?? body as Json));
  }

  /** Sends a request whose answer tells nothing. */
  async #send(
    operation: string,
    path: string,
    options: CallOptions,
    method = "DELETE",
    data?: unknown,
  ): Promise<void> {
    await this.connection.request(path, {
      ...options,
      operation,
      method,
      data,
    });
  }

  /** Starts an action on something. */
  async #act(
    operation: string,
    kind: string,
    ref: Ref,
    options: CallOptions,
    data: ActionForm,
  ): Promise<DigitalOceanAction> {
    const url = `${at(kind, ref)}/actions`;
    return await this.#ask(
      operation,
      url,
      "action",
      toAction,
      options,
      "POST",
      data,
    );
  }

  #getAction(
    operation: string,
    action: Ref,
    options: CallOptions,
  ): Promise<DigitalOceanAction> {
    return this.#ask(
      operation,
      at("actions", action),
      "action",
      toAction,
      options,
    );
  }

  #getImage(
    operation: string,
    image: Ref,
    options: CallOptions,
  ): Promise<DigitalOceanImage> {
    return this.#ask(
      operation,
      at("images", image),
      "image",
      toImage,
      options,
    );
  }

  /** Polls an action until it is done. */
  #wait(
    operation: string,
    action: Ref,
    { call, deadline }: Steps,
  ): Promise<DigitalOceanAction> {
    const { provider } = this;
    return deadline.poll(async () => {
      const seen = await this.#getAction(operation, action, call);
      if (seen.status === "completed") return seen;
      if (seen.status !== "errored") return undefined;
      throw new CloudError(
        `Cannot ${operation}: the status of action ${seen.id} is "errored"`,
        { provider, operation },
      );
    }, call.intervalMs);
  }

  /** Starts an action, waits for it, and looks at what came of it. */
  async #complete<T>(
    operation: string,
    kind: string,
    ref: Ref,
    data: ActionForm,
    options: DigitalOceanWaitOptions,
    look: (call: CallOptions) => Promise<T>,
  ): Promise<T> {
    const { timeoutMs = WAIT_MS } = options;
    return await this.#steps(operation, options, timeoutMs, async (steps) => {
      const action = await steps.write((call) =>
        this.#act(operation, kind, ref, call, data)
      );
      await this.#wait(operation, action, steps);
      return await look(steps.call);
    });
  }

  /** Makes several requests under one deadline, at most one of them a write. */
  async #steps<T>(
    operation: string,
    options: DigitalOceanWaitOptions,
    timeoutMs: number | undefined,
    run: (steps: Steps) => Promise<T>,
  ): Promise<T> {
    checkNumber("intervalMs", options.intervalMs);
    const { signal } = options;
    const { provider } = this;
    const about = { provider, operation, mayHaveBeenApplied: false };
    let made: { readonly id: string } | undefined;
    try {
      return await Deadline.run({ signal, timeoutMs }, about, (deadline) => {
        const call = {
          ...options,
          signal: deadline.signal,
          timeoutMs: undefined,
        };
        const write: Steps["write"] = async (send, field = "action") => {
          about.mayHaveBeenApplied = true;
          const answer = await send(call);
          made = answer;
          Object.assign(about, { [field]: answer });
          return answer;
        };
        return run({ call, deadline, write });
      });
    } catch (error) {
      // What failed came after the write, and the caller has to know of it.
      if (made && CloudError.is(error) && !signal?.aborted) {
        error.message += ` (${made.id} was accepted before)`;
        Object.assign(error, about);
      }
      throw error;
    }
  }

  /** Id of the node that a volume is attached to. */
  async #attachedTo(
    operation: string,
    volume: Ref,
    call: CallOptions,
  ): Promise<number> {
    const response = await this.connection.request<{ volume: VolumeJson }>(
      at("volumes", volume),
      { ...call, operation },
    );
    const id = response.read(({ volume }) => volume.droplet_ids?.[0]);
    if (id) return id;
    throw response.error("the volume is attached to no node", ConflictError);
  }

  async #tag(
    operation: string,
    node: Ref,
    options: DigitalOceanTagNodeOptions,
    method: string,
  ): Promise<void> {
    const url = `${at("tags", options.tag)}/resources`;
    await this.#send(operation, url, options, method, {
      resources: [
        { resource_id: idOf(node, "tag a node"), resource_type: "droplet" },
      ],
    });
  }

  async #protect(
    operation: string,
    firewall: Ref,
    options: DigitalOceanAssignOptions,
    method: string,
  ): Promise<void> {
    const url = `${at("firewalls", firewall)}/droplets`;
    await this.#send(operation, url, options, method, {
      droplet_ids: [numberOf(options.node, "attach a firewall")],
    });
  }
}

function checkSize(sizeGb: number): void {
  checkNumber("sizeGb", sizeGb ?? 0, 1, 16384);
}

function at(kind: string, ref: Ref): string {
  return `/v2/${kind}${path`/${ref}`}`;
}

function optionalId(ref: Ref | undefined, what: string): string | undefined {
  return ref === undefined ? ref : idOf(ref, what);
}

/** An id in a body, where DigitalOcean tells numbers from slugs. */
function numberOf(ref: Ref, what: string): string | number {
  const id = idOf(ref, what);
  return /^[1-9]\d{0,14}$/.test(id) ? Number(id) : id;
}

function toDropletForm(options: DigitalOceanCreateNodeOptions): unknown {
  const what = "create a node";
  refuse(what, options, ["auth", "idempotencyKey"]);
  const { location, keyPairs, tags, vpc, volumes } = options;
  const { ipv6, backups, monitoring, userData } = options;
  checkUserData(userData, USER_DATA);
  return {
    name: checkText(options.name, what, "name"),
    region: optionalId(location, what),
    size: idOf(options.size, what),
    image: numberOf(options.image, what),
    ssh_keys: keyPairs?.map((keyPair) => numberOf(keyPair, what)),
    user_data: userData,
    tags: tags === undefined || Array.isArray(tags)
      ? tags
      : Object.entries(tags).map(([key, value]) => `${key}:${value}`),
    ipv6,
    backups,
    monitoring,
    vpc_uuid: optionalId(vpc, what),
    volumes: volumes?.map((volume) => idOf(volume, what)),
  };
}

function toNode(droplet: DropletJson): DigitalOceanNode {
  const id = toId(droplet.id);
  const { status, image, networks, features, tags, volume_ids } = droplet;
  const addresses = [...networks?.v4 ?? [], ...networks?.v6 ?? []]
    .map(toAddress);
  const { publicIps, privateIps } = splitIps(addresses.map(({ ip }) => ip));
  return {
    id,
    name: toText(droplet.name) ?? id,
    state: lookUp(STATES, status) ?? "unknown",
    publicIps,
    privateIps,
    createdAt: toTime(droplet.created_at),
    sizeId: toText(droplet.size_slug),
    imageId: toOptionalId(image?.id),
    locationId: toText(droplet.region?.slug),
    extra: {
      status: toText(status),
      isLocked: toBoolean(droplet.locked),
      imageSlug: toText(image?.slug),
      vcpus: toNumber(droplet.vcpus),
      ramMib: toNumber(droplet.memory),
      diskGb: toNumber(droplet.disk),
      tags: tags ?? [],
      features: features ?? [],
      volumeIds: volume_ids ?? [],
      vpcId: toText(droplet.vpc_uuid),
      addresses,
    },
  };
}

function toAddress(address: AddressJson): DigitalOceanAddress {
  const { type, gateway } = address;
  return {
    ip: address.ip_address,
    type: toText(type),
    // Private addresses may have the text "nil" for theirs.
    gateway: gateway === "nil" ? undefined : toText(gateway),
  };
}

function toSize(size: SizeJson): DigitalOceanSize {
  const id = toId(size.slug);
  const hourly = round(size.price_hourly);
  const monthly = round(size.price_monthly);
  const transferTb = toNumber(size.transfer);
  return {
    id,
    name: id,
    vcpus: toNumber(size.vcpus),
    ramMib: toNumber(size.memory),
    diskGb: toNumber(size.disk),
    transferGb: transferTb && round(transferTb * 1000),
    price: hourly === undefined && monthly === undefined
      ? undefined
      : { currency: "USD", hourly, monthly },
    extra: {
      description: toText(size.description),
      isAvailable: toBoolean(size.available),
      locationIds: size.regions ?? [],
    },
  };
}

// Some figures have the noise of single precision: 0.00743999984115362.
function round(value: unknown): number | undefined {
  const number = toNumber(value);
  return number && Math.round(number * 1e5) / 1e5;
}

function toImage(image: ImageJson): DigitalOceanImage {
  const id = toId(image.id);
  const name = toText(image.name) ?? id;
  const distribution = toText(image.distribution);
  return {
    id,
    // A public one is called "12 x64", which alone tells nobody anything.
    name: image.public && distribution && !name.includes(distribution)
      ? `${distribution} ${name}`
      : name,
    extra: {
      slug: toText(image.slug),
      type: toText(image.type),
      distribution,
      status: toText(image.status),
      description: toText(image.description),
      isPublic: toBoolean(image.public),
      minDiskGb: toNumber(image.min_disk_size),
      sizeGb: toNumber(image.size_gigabytes),
      locationIds: image.regions ?? [],
      createdAt: toTime(image.created_at),
    },
  };
}

function toLocation(region: RegionJson): DigitalOceanLocation {
  const id = toId(region.slug);
  return {
    id,
    name: toText(region.name) ?? id,
    country: lookUp(COUNTRIES, id.replace(/\d+$/, "")),
    extra: {
      isAvailable: toBoolean(region.available),
      features: region.features ?? [],
      sizeIds: region.sizes ?? [],
    },
  };
}

function toKeyPair(key: KeyJson): KeyPair {
  const id = toId(key.id);
  return {
    id,
    name: toText(key.name) ?? id,
    publicKey: toText(key.public_key),
    fingerprint: toText(key.fingerprint),
    extra: {},
  };
}

function toVolume(volume: VolumeJson): DigitalOceanVolume {
  const id = toId(volume.id);
  const nodeId = toOptionalId(volume.droplet_ids?.[0]);
  return {
    id,
    name: toText(volume.name) ?? id,
    sizeGb: toNumber(volume.size_gigabytes) ?? 0,
    // DigitalOcean has no word for it.
    state: nodeId ? "inuse" : "available",
    nodeId,
    locationId: toText(volume.region?.slug),
    createdAt: toTime(volume.created_at),
    extra: {
      description: toText(volume.description),
      filesystem: toText(volume.filesystem_type),
      tags: volume.tags ?? [],
    },
  };
}

function toSnapshot(snapshot: SnapshotJson): DigitalOceanVolumeSnapshot {
  return {
    id: toId(snapshot.id),
    name: toText(snapshot.name),
    sizeGb: toNumber(snapshot.size_gigabytes),
    // It is listed once it is done.
    state: "available",
    volumeId: toText(snapshot.resource_id),
    createdAt: toTime(snapshot.created_at),
    extra: {
      locationIds: snapshot.regions ?? [],
      minDiskGb: toNumber(snapshot.min_disk_size),
      tags: snapshot.tags ?? [],
    },
  };
}

function toAction(action: ActionJson): DigitalOceanAction {
  return {
    id: toId(action.id),
    type: toText(action.type),
    status: toText(action.status),
    startedAt: toTime(action.started_at),
    completedAt: toTime(action.completed_at),
    resourceId: toOptionalId(action.resource_id),
    resourceType: toText(action.resource_type),
    locationId: toText(action.region_slug),
  };
}

function toTag(tag: TagJson): DigitalOceanTag {
  const id = toId(tag.name);
  return { id, name: id, count: toNumber(tag.resources?.count) };
}

function toReservedIp(reserved: ReservedIpJson): DigitalOceanReservedIp {
  const id = toId(reserved.ip);
  return {
    id,
    ip: id,
    nodeId: toOptionalId(reserved.droplet?.id),
    locationId: toText(reserved.region?.slug),
    isLocked: toBoolean(reserved.locked),
  };
}

function toFirewall(firewall: FirewallJson): DigitalOceanFirewall {
  const id = toId(firewall.id);
  return {
    id,
    name: toText(firewall.name) ?? id,
    status: toText(firewall.status),
    nodeIds: firewall.droplet_ids?.map(toId) ?? [],
    tags: firewall.tags ?? [],
  };
}

function toAccount(account: AccountJson): DigitalOceanAccount {
  return {
    id: toId(account.uuid),
    name: toText(account.name),
    email: toText(account.email),
    status: toText(account.status),
    nodeLimit: toNumber(account.droplet_limit),
  };
}
