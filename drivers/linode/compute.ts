/**
 * Linode, the cloud of Akamai: virtual machines, block storage and images in
 * some forty regions.
 *
 * ```ts
 * import { LinodeNodeDriver } from "@nephos/nephos/drivers/linode";
 * import { LinodeSimulator } from "@nephos/nephos/simulators/linode";
 *
 * const { credentials, fetch } = new LinodeSimulator();
 * const linode = new LinodeNodeDriver({ ...credentials, fetch });
 * const node = await linode.createNode({
 *   name: "web-1",
 *   size: "g6-nanode-1",
 *   image: "linode/debian12",
 *   location: "us-east",
 * });
 * console.log(node.id, node.rootPassword?.length); // told once
 * ```
 *
 * @see {@link https://techdocs.akamai.com/linode-api/reference/api | Linode API}
 *
 * @module
 */

import { encodeBase64 } from "@std/encoding/base64";
import {
  type ApiErrorClass,
  type CallOptions,
  checkNumber,
  checkSecret,
  checkText,
  CloudError,
  ConflictError,
  type Connection,
  type ConnectionOptions,
  Deadline,
  generatePassword,
  idOf,
  JsonResponse,
  linkedPages,
  type Listing,
  type ListOptions,
  lookUp,
  numberedPages,
  type Paging,
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
  type Images,
  type ImportKeyPairOptions,
  type KeyPair,
  type KeyPairs,
  type Node,
  type NodeAuth,
  NodeDriver,
  type NodeImage,
  type NodeLocation,
  type NodeSize,
  type NodeState,
  type PowerControl,
  type Price,
  type RenameNodeOptions,
  type Renaming,
  type ResizeNodeOptions,
  type Resizing,
  type TakesUserData,
  type UserDataSupport,
  type Volume,
  type Volumes,
  type VolumeState,
} from "../../core/compute/mod.ts";

/** Credentials and settings of {@linkcode LinodeNodeDriver}. */
export interface LinodeOptions extends TokenCredentials, ConnectionOptions {}

/** Options of the lists that Linode can filter. */
export interface LinodeListOptions extends ListOptions {
  /**
   * What to list, in Linode's words: `{ region: "us-east" }`,
   * `{ tags: "web" }`, `{ label: { "+contains": "db" } }`,
   * `{ "+order_by": "created", "+order": "desc" }`.
   *
   * @default {all}
   * @see {@link https://techdocs.akamai.com/linode-api/reference/filtering-and-sorting | Filtering and sorting}
   */
  readonly filter?: Readonly<Record<string, unknown>> | undefined;
}

/** Options of {@linkcode LinodeNodeDriver.listImages}. */
export interface LinodeListImagesOptions extends LinodeListOptions {
  /**
   * Whether to list the images that Linode offers, or those of the account.
   *
   * @default {both}
   */
  readonly isPublic?: boolean | undefined;
  /**
   * Whether to list images that someone made, or those that Linode made of
   * deleted disks.
   *
   * @default {both}
   */
  readonly type?: "manual" | "automatic" | undefined;
}

/** Options of {@linkcode LinodeNodeDriver.listStackScripts}. */
export interface LinodeListStackScriptsOptions extends LinodeListOptions {
  /**
   * Whether to list the account's own, or everybody else's: those are many.
   *
   * @default {both}
   */
  readonly isMine?: boolean | undefined;
}

/** Options of {@linkcode LinodeNodeDriver.listEvents}. */
export interface LinodeListEventsOptions extends LinodeListOptions {
  /** Lists what happened to one node. */
  readonly node?: Ref | undefined;
  /** Lists one kind of events, such as `"linode_boot"`. */
  readonly action?: string | undefined;
}

/** What is put on the disks of a node, when it is made or made anew. */
export interface LinodeDeployOptions extends CallOptions {
  /** Image, from `listImages()`. */
  readonly image: Ref;
  /**
   * A public key or the password of root. Linode wants a password in any case.
   *
   * @default {24 random letters and digits, in `rootPassword` of the answer}
   */
  readonly auth?: NodeAuth | undefined;
  /**
   * Keys from `listKeyPairs()`. Linode takes the keys themselves and not their
   * ids: a record is used as it is, and a bare id costs a request.
   */
  readonly keyPairs?: readonly Ref[] | undefined;
  /** Users of the account all of whose keys log in. */
  readonly authorizedUsers?: readonly string[] | undefined;
  /** What cloud-init reads when the node boots first, up to 65 535 bytes. */
  readonly userData?: string | Uint8Array<ArrayBuffer> | undefined;
  /** StackScript that runs when the node boots first. */
  readonly stackScript?: Ref | undefined;
  /** Values of the fields that the StackScript asks for. */
  readonly stackScriptData?: Readonly<Record<string, string>> | undefined;
  /**
   * Whether the node is started.
   *
   * @default {true}
   */
  readonly isBooted?: boolean | undefined;
}

/** Options of {@linkcode LinodeNodeDriver.createNode}. */
export interface LinodeCreateNodeOptions
  extends CreateNodeOptions, LinodeDeployOptions {
  /** Location, from `listLocations()`; Linode wants one. */
  readonly location?: Ref | undefined;
  /** Tags of the node, which have no values at Linode. */
  readonly tags?: CreateNodeOptions["tags"];
  /**
   * Whether the node gets a private IPv4 address, too.
   *
   * @default {false}
   */
  readonly hasPrivateIp?: boolean | undefined;
  /**
   * Whether the node is backed up every day, which costs extra.
   *
   * @default {false}
   */
  readonly isBackedUp?: boolean | undefined;
  /** Firewall that the node is put behind. */
  readonly firewall?: Ref | undefined;
  /**
   * Network interfaces, for VPCs and VLANs, in Linode's own JSON:
   * `[{ purpose: "vpc", subnet_id: 321, primary: true }]`.
   *
   * @default {one on the internet}
   */
  readonly interfaces?:
    | readonly Readonly<Record<string, unknown>>[]
    | undefined;
}

/** Options of {@linkcode LinodeNodeDriver.cloneNode}. */
export interface LinodeCloneNodeOptions extends CallOptions {
  /**
   * Name of the clone.
   *
   * @default {one that Linode makes up}
   */
  readonly name?: string | undefined;
  /**
   * Size of the clone.
   *
   * @default {that of the node}
   */
  readonly size?: Ref | undefined;
  /**
   * Location of the clone.
   *
   * @default {that of the node}
   */
  readonly location?: Ref | undefined;
}

/** Options of {@linkcode LinodeNodeDriver.resizeNode}. */
export interface LinodeResizeNodeOptions extends ResizeNodeOptions {
  /**
   * Whether a disk grows with the node, where it has but one.
   *
   * @default {true}
   */
  readonly resizesDisk?: boolean | undefined;
  /**
   * Whether the node is switched off first, or only for the last moment.
   *
   * @default {"cold"}
   */
  readonly migration?: "cold" | "warm" | undefined;
}

/** Options of {@linkcode LinodeNodeDriver.resetPassword}. */
export interface LinodeResetPasswordOptions extends CallOptions {
  /** The new password of root: 7 to 128 characters, and hard to guess. */
  readonly password: string;
}

/** Options of {@linkcode LinodeNodeDriver.setTags}. */
export interface LinodeSetTagsOptions extends CallOptions {
  /** All tags that the node is to have. */
  readonly tags: readonly string[];
}

/** Options of {@linkcode LinodeNodeDriver.createImage}. */
export interface LinodeCreateImageOptions extends CreateImageOptions {
  /**
   * Disk of the node, from `listDisks()`.
   *
   * @default {the first that is no swap space; the disks are listed for it}
   */
  readonly disk?: Ref | undefined;
}

/** Options of {@linkcode LinodeNodeDriver.createVolume}. */
export interface LinodeCreateVolumeOptions extends CreateVolumeOptions {
  /**
   * Where it is made.
   *
   * @default {where the node is}
   */
  readonly location?: Ref | undefined;
  /** Node that it is attached to at once. */
  readonly node?: Ref | undefined;
  /** Tags of the volume. */
  readonly tags?: readonly string[] | undefined;
}

/** Options of {@linkcode LinodeNodeDriver.attachVolume}. */
export interface LinodeAttachVolumeOptions extends AttachVolumeOptions {
  /**
   * Whether the volume is attached again each time the node boots.
   *
   * @default {true}
   */
  readonly persists?: boolean | undefined;
}

/** Options of {@linkcode LinodeNodeDriver.resizeVolume}. */
export interface LinodeResizeVolumeOptions extends CallOptions {
  /** New capacity in GB; volumes only grow. */
  readonly sizeGb: number;
}

/** Options of the methods that make something with a name. */
export interface LinodeNameOptions extends CallOptions {
  /** Its name. */
  readonly name: string;
}

/** Options of {@linkcode LinodeNodeDriver.waitForEvent}. */
export interface LinodeWaitOptions extends CallOptions {
  /**
   * First pause in milliseconds between two looks; it grows up to tenfold.
   *
   * @default {1000}
   */
  readonly intervalMs?: number | undefined;
}

/** A node at Linode. */
export interface LinodeNode extends
  Node<{
    /** Linode's own word for the state, such as `"shutting_down"`. */
    readonly status?: string | undefined;
    /** Tags. */
    readonly tags: readonly string[];
    /** Number of virtual processors. */
    readonly vcpus?: number | undefined;
    /** Memory in MiB. */
    readonly ramMib?: number | undefined;
    /** Disk in GB, as Linode counts them. */
    readonly diskGb?: number | undefined;
    /** Outgoing transfer included, in GB a month. */
    readonly transferGb?: number | undefined;
    /** Whether it is backed up every day. */
    readonly isBackedUp?: boolean | undefined;
    /** Whether it was given user data. */
    readonly hasUserData?: boolean | undefined;
    /** Id of the Kubernetes cluster that it belongs to. */
    readonly lkeClusterId?: string | undefined;
    /** Time of the last change, ISO 8601 in UTC. */
    readonly updatedAt?: string | undefined;
  }> {
  /**
   * Password of root, where Linode wanted one and the caller gave none: only in
   * the answer to `createNode()`, `deployNode()` and `rebuildNode()`, once.
   */
  readonly rootPassword?: string | undefined;
}

/** What something costs in one location. */
export interface LinodeLocationPrice extends Price {
  /** Id of the location. */
  readonly locationId: string;
}

/** A size at Linode. */
export type LinodeSize = NodeSize<{
  /** Kind of machine, such as `"dedicated"`. */
  readonly class?: string | undefined;
  /** Number of graphics processors. */
  readonly gpus?: number | undefined;
  /** Outgoing bandwidth in Mbit/s. */
  readonly networkMbps?: number | undefined;
  /** What it costs where it does not cost what it does elsewhere. */
  readonly locationPrices: readonly LinodeLocationPrice[];
  /** What backups cost in addition. */
  readonly backupPrice?: Price | undefined;
  /** Id of the size that one should take instead. */
  readonly successorId?: string | undefined;
}>;

/** Where an image is. */
export interface LinodeImageCopy {
  /** Id of the location. */
  readonly locationId: string;
  /** Whether it is there yet: `"available"`, `"replicating"` … */
  readonly status?: string | undefined;
}

/** An image at Linode. */
export type LinodeImage = NodeImage<{
  /** Text for people. */
  readonly description?: string | undefined;
  /** Whether it is there yet: `"available"`, `"creating"` … */
  readonly status?: string | undefined;
  /** Whether Linode offers it, or the account has made it. */
  readonly isPublic?: boolean | undefined;
  /** Whether it will not be there for long. */
  readonly isDeprecated?: boolean | undefined;
  /** Who makes what is in it, such as `"Debian"`. */
  readonly vendor?: string | undefined;
  /** Size in MiB. */
  readonly sizeMib?: number | undefined;
  /** What it can do, such as `"cloud-init"`. */
  readonly capabilities: readonly string[];
  /** Where it is. */
  readonly copies: readonly LinodeImageCopy[];
  /** Tags. */
  readonly tags: readonly string[];
  /** Time of creation, ISO 8601 in UTC. */
  readonly createdAt?: string | undefined;
  /** When its maker stops caring for it, ISO 8601 in UTC. */
  readonly endOfLifeAt?: string | undefined;
  /** When Linode deletes it, ISO 8601 in UTC. */
  readonly expiresAt?: string | undefined;
}>;

/** A region of Linode. */
export type LinodeLocation = NodeLocation<{
  /** Whether all is well: `"ok"` or `"outage"`. */
  readonly status?: string | undefined;
  /** Kind of site, `"core"` or `"distributed"`. */
  readonly siteType?: string | undefined;
  /** What there is, such as `"Block Storage"`. */
  readonly capabilities: readonly string[];
}>;

/** A public key of the user at Linode, which tells no fingerprints. */
export type LinodeKeyPair = KeyPair<{
  /** Time of creation, ISO 8601 in UTC. */
  readonly createdAt?: string | undefined;
}>;

/** A volume at Linode. */
export type LinodeVolume = Volume<{
  /** Linode's own word for the state, such as `"active"`. */
  readonly status?: string | undefined;
  /** Where it is in the file system of its node. */
  readonly path?: string | undefined;
  /** What it is made of, `"nvme"` or `"hdd"`. */
  readonly hardware?: string | undefined;
  /** Tags. */
  readonly tags: readonly string[];
  /** Time of the last change, ISO 8601 in UTC. */
  readonly updatedAt?: string | undefined;
}>;

/** A disk of a node. */
export interface LinodeDisk {
  /** Id at Linode. */
  readonly id: string;
  /** Name for people. */
  readonly name: string;
  /** Size in MiB. */
  readonly sizeMib?: number | undefined;
  /** What is on it, such as `"ext4"` or `"swap"`. */
  readonly filesystem?: string | undefined;
  /** Whether it can be used: `"ready"`, `"not ready"`, `"deleting"`. */
  readonly status?: string | undefined;
}

/** A backup of a node. */
export interface LinodeBackup {
  /** Id at Linode. */
  readonly id: string;
  /** Name, which only a snapshot has. */
  readonly name?: string | undefined;
  /** Whether Linode made it, or someone took it. */
  readonly type?: string | undefined;
  /** How it went: `"successful"`, `"running"`, `"failed"` … */
  readonly status?: string | undefined;
  /** Whether a node can be made from it. */
  readonly isAvailable?: boolean | undefined;
  /** When it was begun, ISO 8601 in UTC. */
  readonly createdAt?: string | undefined;
  /** When it was done, ISO 8601 in UTC. */
  readonly finishedAt?: string | undefined;
}

/** A script that can be run on new nodes. */
export interface LinodeStackScript {
  /** Id at Linode. */
  readonly id: string;
  /** Name for people. */
  readonly name: string;
  /** Text for people. */
  readonly description?: string | undefined;
  /** Whose it is. */
  readonly username?: string | undefined;
  /** Whether it is the account's own. */
  readonly isMine?: boolean | undefined;
  /** Whether everybody can use it. */
  readonly isPublic?: boolean | undefined;
  /** Ids of the images that it is for. */
  readonly imageIds: readonly string[];
  /** Names of the fields in `stackScriptData`. */
  readonly fields: readonly string[];
  /** The script. */
  readonly script?: string | undefined;
}

/** A tag. */
export interface LinodeTag {
  /** The tag, which is its own id. */
  readonly id: string;
}

/** Something that happens, or has happened, in the account. */
export interface LinodeEvent {
  /** Id at Linode. */
  readonly id: string;
  /** What happens, such as `"linode_boot"`. */
  readonly action?: string | undefined;
  /**
   * How it stands: `"scheduled"`, `"started"`, `"finished"`, `"failed"`, or
   * `"notification"` for what happens at once.
   */
  readonly status?: string | undefined;
  /** To what kind of thing, such as `"linode"`, which is a node. */
  readonly entityType?: string | undefined;
  /** Its id. */
  readonly entityId?: string | undefined;
  /** Its name. */
  readonly entityName?: string | undefined;
  /** How far it is, from 0 to 100. */
  readonly percent?: number | undefined;
  /** Text for people. */
  readonly message?: string | undefined;
  /** Who did it. */
  readonly username?: string | undefined;
  /** Time of creation, ISO 8601 in UTC. */
  readonly createdAt?: string | undefined;
}

/** The account of a token. */
export interface LinodeAccount {
  /** Id at Linode, a UUID. */
  readonly id: string;
  /** Name of the company. */
  readonly company?: string | undefined;
  /** Address that bills go to. */
  readonly email?: string | undefined;
  /** What is owed, in USD; negative where something is left. */
  readonly balance?: number | undefined;
  /** Time of creation, ISO 8601 in UTC. */
  readonly createdAt?: string | undefined;
}

const STATES: Readonly<Record<string, NodeState>> = {
  running: "running",
  offline: "stopped",
  stopped: "stopped",
  booting: "starting",
  rebooting: "rebooting",
  shutting_down: "stopping",
  provisioning: "pending",
  // Booting, while a placement group is assigned.
  busy: "pending",
  deleting: "terminated",
  migrating: "migrating",
  rebuilding: "reconfiguring",
  cloning: "reconfiguring",
  restoring: "reconfiguring",
  resizing: "reconfiguring",
  billing_suspension: "suspended",
};

const VOLUME_STATES: Readonly<Record<string, VolumeState>> = {
  creating: "creating",
  active: "available",
  resizing: "updating",
  key_rotating: "updating",
};

const NODES = "/linode/instances";
const KEYS = "/profile/sshkeys";
const VOLUMES = "/volumes";
const WAIT_MS = 600_000;

interface PageJson<T> {
  data: T[];
  page: number;
  pages: number;
  results: number;
}

interface NodeJson {
  id: number;
  label: string;
  status?: string;
  type?: string;
  region?: string;
  image?: string | null;
  ipv4?: string[];
  ipv6?: string | null;
  created?: string;
  updated?: string;
  tags?: string[];
  has_user_data?: boolean;
  lke_cluster_id?: number | null;
  backups?: { enabled?: boolean };
  specs?: { disk?: number; memory?: number; vcpus?: number; transfer?: number };
}

interface PriceJson {
  hourly?: number | null;
  monthly?: number | null;
}

interface SizeJson {
  id: string;
  label: string;
  class?: string;
  disk?: number;
  memory?: number;
  vcpus?: number;
  gpus?: number;
  transfer?: number;
  network_out?: number;
  price?: PriceJson;
  region_prices?: (PriceJson & { id: string })[];
  addons?: { backups?: { price?: PriceJson } };
  successor?: string | null;
}

interface ImageJson {
  id: string;
  label: string;
  description?: string | null;
  status?: string;
  is_public?: boolean;
  deprecated?: boolean;
  vendor?: string | null;
  size?: number;
  capabilities?: string[];
  regions?: { region: string; status?: string }[];
  tags?: string[];
  created?: string;
  eol?: string | null;
  expiry?: string | null;
}

interface RegionJson {
  id: string;
  label: string;
  country?: string;
  status?: string;
  site_type?: string;
  capabilities?: string[];
}

interface KeyJson {
  id: number;
  label: string;
  ssh_key: string;
  created?: string;
}

interface VolumeJson {
  id: number;
  label: string;
  size: number;
  status?: string;
  region?: string;
  linode_id?: number | null;
  filesystem_path?: string;
  hardware_type?: string;
  tags?: string[];
  created?: string;
  updated?: string;
}

interface DiskJson {
  id: number;
  label: string;
  size?: number;
  filesystem?: string;
  status?: string;
}

interface BackupJson {
  id: number;
  label?: string | null;
  type?: string;
  status?: string;
  available?: boolean;
  created?: string;
  finished?: string;
}

interface BackupsJson {
  automatic: BackupJson[];
  snapshot?: {
    current?: BackupJson | null;
    in_progress?: BackupJson | null;
  };
}

interface StackScriptJson {
  id: number;
  label: string;
  description?: string;
  username?: string;
  mine?: boolean;
  is_public?: boolean;
  images?: string[];
  user_defined_fields?: { name: string }[];
  script?: string;
}

interface EventJson {
  id: number;
  action?: string;
  status?: string;
  entity?: { type?: string; id?: number | string; label?: string } | null;
  percent_complete?: number | null;
  message?: string | null;
  username?: string | null;
  created?: string;
}

interface AccountJson {
  euuid: string;
  company?: string;
  email?: string;
  balance?: number;
  active_since?: string;
}

class LinodeResponse<T> extends JsonResponse<T> {
  // {"errors": [{"reason": "Label must be unique", "field": "label"}]}
  protected override reason(): string | undefined {
    const { errors } = (this.body ?? {}) as { errors?: unknown };
    return [errors].flat().map((error) => {
      const { field, reason } = (error ?? {}) as Record<string, unknown>;
      return [toText(field), toText(reason)].filter(Boolean).join(": ");
    }).filter(Boolean).join("; ");
  }

  // "Linode busy." says that something else is under way, with status 400.
  protected override errorClass(): ApiErrorClass {
    return this.status === 400 && /\bbusy\b/i.test(this.reason() ?? "")
      ? ConflictError
      : super.errorClass();
  }

  override rateLimit(): RateLimit | undefined {
    return readRateLimit(this.headers, "x-ratelimit-");
  }

  protected override retryAfterMs(): number | undefined {
    return super.retryAfterMs() ??
      (this.status === 429
        ? rateLimitResetMs(this.rateLimit(), this.headers)
        : undefined);
  }
}

class LinodeConnection extends TokenConnection {
  override readonly provider = "linode";
  protected override readonly responseClass = LinodeResponse;
}

// Sizes and locations have pages too, but are not said to take a size of them.
const NEXT = linkedPages<PageJson<unknown>>(({ page, pages }) =>
  page < pages && { page: page + 1 }
);

const PAGES = numberedPages<PageJson<unknown>>({
  page: "page",
  size: "page_size",
  minSize: 25,
  maxSize: 500,
  total: ({ results }) => toNumber(results),
});

/**
 * Driver for Linode. What changes a node is accepted at once and done later:
 * wait for the node with `waitUntilRunning()`, or for the event with
 * `listEvents()` and `waitForEvent()`. Meanwhile Linode refuses other changes,
 * which is a `ConflictError`.
 */
export class LinodeNodeDriver extends NodeDriver<LinodeNode>
  implements
    PowerControl,
    Renaming,
    Resizing,
    KeyPairs,
    Images,
    Volumes,
    TakesUserData {
  /** Id of the provider. */
  override readonly provider = "linode";
  /** Connection to the API, for what this class does not cover. */
  override readonly connection: Connection;
  /** 65 535 bytes, gzip or not. */
  readonly userDataSupport: UserDataSupport = {
    maxBytes: 65_535,
    takesBytes: true,
  };

  /**
   * Creates a driver; the first call sends the first request.
   *
   * @param options A personal access token, and settings.
   * @throws {TypeError} If the token is missing or impossible, or the base URL
   *   is unsafe.
   */
  constructor(options: LinodeOptions) {
    super();
    this.connection = new LinodeConnection(
      "https://api.linode.com/v4",
      options,
    );
  }

  /** Lists the nodes of the account, 25 to 500 to a page. */
  override listNodes(options: LinodeListOptions = {}): Listing<LinodeNode> {
    return this.#list("listNodes", NODES, toNode, options);
  }

  /** Lists the sizes with today's prices; Linode chooses the size of pages. */
  override listSizes(options: ListOptions = {}): Listing<LinodeSize> {
    return this.#list("listSizes", "/linode/types", toSize, options, {}, NEXT);
  }

  /** Lists the images that Linode offers and those of the account. */
  override listImages(
    options: LinodeListImagesOptions = {},
  ): Listing<LinodeImage> {
    const { isPublic: is_public, type } = options;
    const filter = { is_public, type };
    return this.#list("listImages", "/images", toImage, options, filter);
  }

  /** Lists the regions; Linode chooses the size of pages. */
  override listLocations(options: ListOptions = {}): Listing<LinodeLocation> {
    return this.#list(
      "listLocations",
      "/regions",
      toLocation,
      options,
      {},
      NEXT,
    );
  }

  /**
   * Gets one node.
   *
   * @throws {NotFoundError} If there is none of that id.
   */
  override async getNode(
    node: Ref,
    options: CallOptions = {},
  ): Promise<LinodeNode> {
    const at = path`/linode/instances/${node}`;
    return await this.#get("getNode", at, toNode, options);
  }

  /**
   * Creates a node. A password of root is made for it, unless `auth` has one,
   * and is in this answer only. Keys that are given by their ids alone are
   * asked for first, since Linode takes none but the keys themselves.
   *
   * @param options What to create; `idempotencyKey` and tags with values are
   *   refused, and so is a missing `location`.
   * @returns The node, which has yet to be provisioned and booted.
   * @throws {TypeError} If an option is refused or makes no sense.
   * @throws {RangeError} If `userData` is longer than 65 535 bytes.
   */
  override async createNode(
    options: LinodeCreateNodeOptions,
  ): Promise<LinodeNode> {
    const what = "create a node";
    refuse(what, options, ["idempotencyKey"]);
    if (options.location === undefined) {
      throw new TypeError(`Cannot ${what}: Linode needs a location`);
    }
    return await this.#deploy("createNode", what, NODES, options, {
      label: checkText(options.name, what, "name"),
      type: idOf(options.size, what),
      region: idOf(options.location, what),
      tags: toTags(what, options.tags),
      private_ip: options.hasPrivateIp,
      backups_enabled: options.isBackedUp,
      firewall_id: toIdJson(what, options.firewall),
      interfaces: options.interfaces,
    });
  }

  /** Restarts a node. */
  override async rebootNode(
    node: Ref,
    options: CallOptions = {},
  ): Promise<void> {
    const at = path`/linode/instances/${node}/reboot`;
    await this.#send("rebootNode", at, options);
  }

  /** Destroys a node, its disks and its backups. */
  override async destroyNode(
    node: Ref,
    options: CallOptions = {},
  ): Promise<void> {
    const at = path`/linode/instances/${node}`;
    await this.#send("destroyNode", at, options, undefined, "DELETE");
  }

  /** Boots a node. */
  async startNode(node: Ref, options: CallOptions = {}): Promise<void> {
    const at = path`/linode/instances/${node}/boot`;
    await this.#send("startNode", at, options);
  }

  /** Shuts a node down; Linode keeps charging for it. */
  async stopNode(node: Ref, options: CallOptions = {}): Promise<void> {
    const at = path`/linode/instances/${node}/shutdown`;
    await this.#send("stopNode", at, options);
  }

  /** Gives a node another name, which no other node of the account has. */
  async renameNode(node: Ref, options: RenameNodeOptions): Promise<void> {
    const at = path`/linode/instances/${node}`;
    const label = checkText(options.name, "rename a node", "name");
    await this.#send("renameNode", at, options, { label }, "PUT");
  }

  /** Gives a node another size. It is off meanwhile, and may move. */
  async resizeNode(node: Ref, options: LinodeResizeNodeOptions): Promise<void> {
    const at = path`/linode/instances/${node}/resize`;
    await this.#send("resizeNode", at, options, {
      type: idOf(options.size, "resize a node"),
      allow_auto_disk_resize: options.resizesDisk,
      migration_type: options.migration,
    });
  }

  /** Lists the public keys of the user. */
  listKeyPairs(options: ListOptions = {}): Listing<LinodeKeyPair> {
    return this.#list("listKeyPairs", KEYS, toKeyPair, options);
  }

  /**
   * Gets one public key.
   *
   * @throws {NotFoundError} If there is none of that id.
   */
  async getKeyPair(
    keyPair: Ref,
    options: CallOptions = {},
  ): Promise<LinodeKeyPair> {
    const at = path`/profile/sshkeys/${keyPair}`;
    return await this.#get("getKeyPair", at, toKeyPair, options);
  }

  /** Uploads a public key. */
  async importKeyPair(options: ImportKeyPairOptions): Promise<LinodeKeyPair> {
    const what = "import a key pair";
    return await this.#get("importKeyPair", KEYS, toKeyPair, options, {
      label: checkText(options.name, what, "name"),
      ssh_key: toKey(what, options.publicKey),
    });
  }

  /** Deletes a public key; nodes that were given it keep it. */
  async deleteKeyPair(keyPair: Ref, options: CallOptions = {}): Promise<void> {
    const at = path`/profile/sshkeys/${keyPair}`;
    await this.#send("deleteKeyPair", at, options, undefined, "DELETE");
  }

  /**
   * Gets one image.
   *
   * @throws {NotFoundError} If there is none of that id.
   */
  async getImage(image: Ref, options: CallOptions = {}): Promise<LinodeImage> {
    const at = path`/images/${image}`;
    return await this.#get("getImage", at, toImage, options);
  }

  /**
   * Makes an image of a disk of a node. Unless `disk` says which, the disks are
   * listed first, and the first that is no swap space is taken: the one with
   * the system, unless disks were added by hand.
   *
   * @throws {CloudError} If the node has no such disk.
   */
  async createImage(
    node: Ref,
    options: LinodeCreateImageOptions,
  ): Promise<LinodeImage> {
    const what = "create an image";
    const operation = "createImage";
    const disks = path`/linode/instances/${node}/disks`;
    const label = checkText(options.name, what, "name");
    let disk = toIdJson(what, options.disk);
    if (disk === undefined) {
      const found = await this.#list(operation, disks, toDisk, options);
      disk = toIdJson(
        what,
        found.find(({ filesystem }) => filesystem !== "swap"),
      );
    }
    if (disk === undefined) {
      const { provider } = this;
      throw new CloudError(
        `Cannot ${what}: node ${idOf(node)} has no disk for it`,
        { provider, operation },
      );
    }
    const { description } = options;
    const data = { disk_id: disk, label, description };
    return await this.#get(operation, "/images", toImage, options, data);
  }

  /**
   * Copies an image of the account to another location. It keeps its id and has
   * one more of its `copies`; a `name` is refused. Linode wants all locations
   * that the image is to be in, so the image is asked for first: of two copies
   * at the same moment, one may undo the other.
   *
   * @throws {TypeError} If there is a name.
   */
  async copyImage(
    image: Ref,
    options: CopyImageOptions,
  ): Promise<LinodeImage> {
    const what = "copy an image";
    const operation = "copyImage";
    refuse(what, options, ["name"]);
    const location = idOf(options.location, what);
    const at = path`/images/${image}`;
    const { extra } = await this.#get(operation, at, toImage, options);
    const regions = extra.copies
      .filter(({ status }) => status !== "pending deletion")
      .map(({ locationId }) => locationId);
    return await this.#get(operation, `${at}/regions`, toImage, options, {
      regions: [...new Set([...regions, location])],
    });
  }

  /** Deletes an image of the account, with all its copies. */
  async deleteImage(image: Ref, options: CallOptions = {}): Promise<void> {
    const at = path`/images/${image}`;
    await this.#send("deleteImage", at, options, undefined, "DELETE");
  }

  /** Lists the volumes of the account. */
  listVolumes(options: LinodeListOptions = {}): Listing<LinodeVolume> {
    return this.#list("listVolumes", VOLUMES, toVolume, options);
  }

  /**
   * Gets one volume.
   *
   * @throws {NotFoundError} If there is none of that id.
   */
  async getVolume(
    volume: Ref,
    options: CallOptions = {},
  ): Promise<LinodeVolume> {
    const at = path`/volumes/${volume}`;
    return await this.#get("getVolume", at, toVolume, options);
  }

  /**
   * Makes a volume, in a location or for a node.
   *
   * @param options What to make; a `snapshot` is refused, for Linode has none.
   * @returns The volume, which is `"creating"`.
   * @throws {TypeError} If there is neither a location nor a node.
   * @throws {RangeError} If the size is none.
   */
  async createVolume(
    options: LinodeCreateVolumeOptions,
  ): Promise<LinodeVolume> {
    const what = "create a volume";
    refuse(what, options, ["snapshot"]);
    const { location } = options;
    const node = toIdJson(what, options.node);
    if (location === undefined && node === undefined) {
      throw new TypeError(`Cannot ${what}: Linode needs a location or a node`);
    }
    return await this.#get("createVolume", VOLUMES, toVolume, options, {
      label: checkText(options.name, what, "name"),
      size: toSizeGb(options),
      region: location === undefined ? undefined : idOf(location, what),
      linode_id: node,
      tags: toTags(what, options.tags),
    });
  }

  /**
   * Attaches a volume to a node in the same location. A `device` is refused:
   * `extra.path` says where the volume is.
   */
  async attachVolume(
    volume: Ref,
    options: LinodeAttachVolumeOptions,
  ): Promise<void> {
    const what = "attach a volume";
    refuse(what, options, ["device"]);
    const at = path`/volumes/${volume}/attach`;
    await this.#send("attachVolume", at, options, {
      linode_id: toIdJson(what, idOf(options.node, what)),
      persist_across_boots: options.persists,
    });
  }

  /** Detaches a volume from its node; unmount it first. */
  async detachVolume(volume: Ref, options: CallOptions = {}): Promise<void> {
    const at = path`/volumes/${volume}/detach`;
    await this.#send("detachVolume", at, options);
  }

  /** Destroys a volume, which must be detached, and what is on it. */
  async destroyVolume(volume: Ref, options: CallOptions = {}): Promise<void> {
    const at = path`/volumes/${volume}`;
    await this.#send("destroyVolume", at, options, undefined, "DELETE");
  }

  /**
   * Makes a volume larger.
   *
   * @throws {RangeError} If the size is none.
   */
  async resizeVolume(
    volume: Ref,
    options: LinodeResizeVolumeOptions,
  ): Promise<void> {
    const at = path`/volumes/${volume}/resize`;
    const size = toSizeGb(options);
    await this.#send("resizeVolume", at, options, { size });
  }

  /** Makes a volume with all that is on another one, in the same location. */
  async cloneVolume(
    volume: Ref,
    options: LinodeNameOptions,
  ): Promise<LinodeVolume> {
    const at = path`/volumes/${volume}/clone`;
    const label = checkText(options.name, "clone a volume", "name");
    return await this.#get("cloneVolume", at, toVolume, options, { label });
  }

  /**
   * Destroys all that is on the disks of a node, and puts an image there; the
   * addresses stay. A password of root is made, unless `auth` has one, and is
   * in this answer only.
   *
   * @throws {TypeError} If an option makes no sense.
   */
  async rebuildNode(
    node: Ref,
    options: LinodeDeployOptions,
  ): Promise<LinodeNode> {
    const at = path`/linode/instances/${node}/rebuild`;
    return await this.#deploy("rebuildNode", "rebuild a node", at, options);
  }

  /** Makes a node with all that is on the disks of another one. */
  async cloneNode(
    node: Ref,
    options: LinodeCloneNodeOptions = {},
  ): Promise<LinodeNode> {
    const what = "clone a node";
    const { name, size, location } = options;
    const at = path`/linode/instances/${node}/clone`;
    return await this.#get("cloneNode", at, toNode, options, {
      label: name === undefined ? name : checkText(name, what, "name"),
      type: size === undefined ? size : idOf(size, what),
      region: location === undefined ? location : idOf(location, what),
    });
  }

  /**
   * Gives root another password. The node must be stopped.
   *
   * @throws {TypeError} If the password is empty.
   */
  async resetPassword(
    node: Ref,
    options: LinodeResetPasswordOptions,
  ): Promise<void> {
    const { password } = options;
    const at = path`/linode/instances/${node}/password`;
    checkSecret("password", password);
    await this.#send("resetPassword", at, options, { root_pass: password });
  }

  /** Gives a node other tags in place of those that it has. */
  async setTags(node: Ref, options: LinodeSetTagsOptions): Promise<void> {
    const at = path`/linode/instances/${node}`;
    const tags = toTags("tag a node", options.tags ?? [undefined]);
    await this.#send("setTags", at, options, { tags }, "PUT");
  }

  /** Lists the tags of the account. */
  listTags(options: ListOptions = {}): Listing<LinodeTag> {
    return this.#list("listTags", "/tags", toTag, options);
  }

  /** Lists the disks of a node. */
  listDisks(node: Ref, options: ListOptions = {}): Listing<LinodeDisk> {
    const at = path`/linode/instances/${node}/disks`;
    return this.#list("listDisks", at, toDisk, options);
  }

  /** Lists the backups of a node: the daily ones, then those that were taken. */
  listBackups(node: Ref, options: ListOptions = {}): Listing<LinodeBackup> {
    return this.connection.list(path`/linode/instances/${node}/backups`, {
      items: ({ automatic, snapshot = {} }: BackupsJson) =>
        [...automatic, snapshot.current, snapshot.in_progress]
          .flatMap((backup) => backup ? [toBackup(backup)] : []),
    }, { ...options, operation: "listBackups" });
  }

  /**
   * Takes a backup of a node now; it replaces the one that was taken before.
   * Backups must be enabled.
   */
  async takeBackup(
    node: Ref,
    options: LinodeNameOptions,
  ): Promise<LinodeBackup> {
    const at = path`/linode/instances/${node}/backups`;
    const label = checkText(options.name, "take a backup", "name");
    return await this.#get("takeBackup", at, toBackup, options, { label });
  }

  /** Has a node backed up every day, which costs extra. */
  async enableBackups(node: Ref, options: CallOptions = {}): Promise<void> {
    const at = path`/linode/instances/${node}/backups/enable`;
    await this.#send("enableBackups", at, options);
  }

  /** Ends the backups of a node, and deletes them all. */
  async cancelBackups(node: Ref, options: CallOptions = {}): Promise<void> {
    const at = path`/linode/instances/${node}/backups/cancel`;
    await this.#send("cancelBackups", at, options);
  }

  /** Lists the StackScripts: the account's own, and all that are public. */
  listStackScripts(
    options: LinodeListStackScriptsOptions = {},
  ): Listing<LinodeStackScript> {
    const at = "/linode/stackscripts";
    const filter = { mine: options.isMine };
    return this.#list("listStackScripts", at, toStackScript, options, filter);
  }

  /** Lists what happened in the account in the last 90 days, the newest first. */
  listEvents(options: LinodeListEventsOptions = {}): Listing<LinodeEvent> {
    const { node, action } = options;
    const filter = {
      ...(node === undefined ? {} : {
        "entity.type": "linode",
        "entity.id": toIdJson("list events", node),
      }),
      action,
      "+order_by": "created",
      "+order": "desc",
    };
    return this.#list(
      "listEvents",
      "/account/events",
      toEvent,
      options,
      filter,
    );
  }

  /**
   * Gets one event.
   *
   * @throws {NotFoundError} If there is none of that id.
   */
  async getEvent(event: Ref, options: CallOptions = {}): Promise<LinodeEvent> {
    const at = path`/account/events/${event}`;
    return await this.#get("getEvent", at, toEvent, options);
  }

  /**
   * Waits until what an event tells of is done.
   *
   * ```ts
   * import type { LinodeNodeDriver } from "@nephos/nephos/drivers/linode";
   *
   * async function boot(linode: LinodeNodeDriver, node: string): Promise<void> {
   *   await linode.startNode(node);
   *   for await (const event of linode.listEvents({ node })) {
   *     await linode.waitForEvent(event); // the newest one
   *     break;
   *   }
   * }
   * ```
   *
   * @param event The event.
   * @param options Pauses and limits; 600 000 ms in all, unless `timeoutMs`
   *   says otherwise.
   * @returns The event as last seen.
   * @throws {CloudError} If it failed.
   * @throws {TimeoutError} If the time is up first.
   */
  async waitForEvent(
    event: Ref,
    options: LinodeWaitOptions = {},
  ): Promise<LinodeEvent> {
    const { signal, timeoutMs = WAIT_MS, intervalMs } = options;
    const operation = "waitForEvent";
    const about = { provider: this.provider, operation };
    const at = path`/account/events/${event}`;
    return await Deadline.run({ signal, timeoutMs }, about, (deadline) => {
      const { signal } = deadline;
      const call = { ...options, signal, timeoutMs: undefined };
      return deadline.poll(async () => {
        const seen = await this.#get(operation, at, toEvent, call);
        const { id, action, status } = seen;
        if (status === "failed") {
          throw new CloudError(
            `Cannot ${operation}: ${action} failed in event ${id}`,
            about,
          );
        }
        return /^(?:finished|notification)$/.test(status ?? "")
          ? seen
          : undefined;
      }, intervalMs);
    });
  }

  /**
   * Gets the account: a cheap check of a token, which may lack the right to see
   * it (`PermissionDeniedError`) and be valid all the same.
   */
  async getAccount(options: CallOptions = {}): Promise<LinodeAccount> {
    return await this.#get("getAccount", "/account", toAccount, options);
  }

  /** Gets nodes one by one, for there may be many others. */
  protected override async getNodes(
    ids: readonly string[],
    options: CallOptions,
  ): Promise<LinodeNode[]> {
    const operation = "waitUntilRunning";
    return await Promise.all(
      ids.map((id) =>
        this.#get(operation, path`/linode/instances/${id}`, toNode, options)
      ),
    );
  }

  /** Lists what has numbered pages and can be filtered. */
  #list<Json, T>(
    operation: string,
    path: string,
    convert: (json: Json) => T,
    options: LinodeListOptions,
    filter: object = {},
    pages: Paging<PageJson<unknown>> = PAGES,
  ): Listing<T> {
    const text = JSON.stringify({ ...filter, ...options.filter });
    const headers = text === "{}"
      ? options.headers
      : { ...options.headers, "x-filter": text.replace(BEYOND_ASCII, escape) };
    return this.connection.list(path, {
      items: ({ data }: PageJson<unknown>) =>
        data.map((json) => convert(json as Json)),
      pages,
    }, { ...options, headers, operation });
  }

  /** Gets one thing, or makes it where there is something to send. */
  async #get<Json, T>(
    operation: string,
    path: string,
    convert: (json: Json) => T,
    options: CallOptions,
    data?: unknown,
    secrets?: readonly string[],
  ): Promise<T> {
    const method = data === undefined ? "GET" : "POST";
    const call = { ...options, operation, method, data, secrets };
    const response = await this.connection.request<Json>(path, call);
    return response.read(convert);
  }

  /** Asks for something whose answer says no more than that it is accepted. */
  async #send(
    operation: string,
    path: string,
    options: CallOptions,
    data?: Readonly<Record<string, unknown>>,
    method = "POST",
  ): Promise<void> {
    const secrets = [toText(data?.root_pass) ?? ""];
    const call = { ...options, operation, method, data, secrets };
    await this.connection.request(path, call);
  }

  /** Puts an image on a node, which may be new. */
  async #deploy(
    operation: string,
    what: string,
    at: string,
    options: LinodeDeployOptions,
    rest: object = {},
  ): Promise<LinodeNode> {
    const { auth, userData, authorizedUsers, stackScriptData } = options;
    const { sshKey, password } = { ...auth } as Record<string, unknown>;
    if (password !== undefined) checkSecret("password", password);
    const key = auth && password === undefined ? [toKey(what, sshKey)] : [];
    const root_pass = password ?? generatePassword();
    checkUserData(userData, this.userDataSupport);
    const user_data = userData ? encodeBase64(userData) : "";
    const data = {
      image: idOf(options.image, what),
      root_pass,
      authorized_users: authorizedUsers,
      metadata: user_data ? { user_data } : undefined,
      stackscript_id: toIdJson(what, options.stackScript),
      stackscript_data: stackScriptData,
      booted: options.isBooted,
      ...rest,
    };
    const keyPairs = (options.keyPairs ?? []).map((keyPair) => ({
      id: idOf(keyPair, what),
      publicKey: toText((keyPair as Partial<KeyPair>).publicKey)?.trim(),
    }));
    const keys = await Promise.all(keyPairs.map(async ({ id, publicKey }) => {
      const one = path`/profile/sshkeys/${id}`;
      const convert = ({ ssh_key }: KeyJson) => toKey(what, ssh_key);
      return publicKey ?? await this.#get(operation, one, convert, options);
    }));
    const authorized_keys = [...key, ...keys];
    const node = await this.#get(operation, at, toNode, options, {
      ...data,
      authorized_keys: authorized_keys.length > 0 ? authorized_keys : undefined,
    }, [root_pass, user_data, ...Object.values(stackScriptData ?? {})]);
    return password === undefined ? { ...node, rootPassword: root_pass } : node;
  }
}

const BEYOND_ASCII = /[^\x20-\x7e]/g;

/** Writes a character as JSON can: headers have none but those of ASCII. */
function escape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** An id in JSON, where most of Linode's are numbers. */
function toIdJson(
  what: string,
  ref: Ref | undefined,
): number | string | undefined {
  if (ref === undefined) return undefined;
  const id = idOf(ref, what);
  return /^\d{1,15}$/.test(id) ? Number(id) : id;
}

/** Tags are plain texts at Linode; one with a value is "name:value". */
function toTags(
  what: string,
  tags: CreateNodeOptions["tags"],
): string[] | undefined {
  const texts = tags && !Array.isArray(tags)
    ? Object.entries(tags).map(([name, value]) => `${name}:${value}`)
    : tags;
  return texts?.map((tag) => checkText(tag, what, "tag"));
}

function toKey(what: string, key: unknown): string {
  // Files of keys end with a line break.
  return checkText(toText(key)?.trim(), what, "public key");
}

function toSizeGb({ sizeGb }: { readonly sizeGb: number }): number {
  checkNumber("sizeGb", sizeGb ?? NaN);
  return sizeGb;
}

function toNode(node: NodeJson): LinodeNode {
  const { specs = {} } = node;
  const ipv6 = toText(node.ipv6)?.replace(/\/\d+$/, "");
  return {
    id: toId(node.id),
    name: node.label,
    state: lookUp(STATES, node.status) ?? "unknown",
    ...splitIps([...node.ipv4 ?? [], ...ipv6 ? [ipv6] : []]),
    createdAt: toTime(node.created),
    sizeId: toOptionalId(node.type),
    imageId: toOptionalId(node.image),
    locationId: toOptionalId(node.region),
    extra: {
      status: toText(node.status),
      tags: node.tags ?? [],
      vcpus: toNumber(specs.vcpus),
      ramMib: toNumber(specs.memory),
      diskGb: toGb(specs.disk),
      transferGb: toNumber(specs.transfer),
      isBackedUp: toBoolean(node.backups?.enabled),
      hasUserData: toBoolean(node.has_user_data),
      lkeClusterId: toOptionalId(node.lke_cluster_id),
      updatedAt: toTime(node.updated),
    },
  };
}

/** Disks are counted in MiB, and sold by the GB of 1024 of them. */
function toGb(mib: unknown): number | undefined {
  const number = toNumber(mib);
  return number === undefined ? undefined : number / 1024;
}

function toPrice(price: PriceJson | undefined): Price | undefined {
  const hourly = toNumber(price?.hourly);
  const monthly = toNumber(price?.monthly);
  return (hourly ?? monthly) === undefined
    ? undefined
    : { currency: "USD", hourly, monthly };
}

function toSize(size: SizeJson): LinodeSize {
  return {
    id: toId(size.id),
    name: size.label,
    vcpus: toNumber(size.vcpus),
    ramMib: toNumber(size.memory),
    diskGb: toGb(size.disk),
    transferGb: toNumber(size.transfer),
    price: toPrice(size.price),
    extra: {
      class: toText(size.class),
      gpus: toNumber(size.gpus),
      networkMbps: toNumber(size.network_out),
      locationPrices: (size.region_prices ?? []).flatMap((json) => {
        const price = toPrice(json);
        return price ? [{ locationId: toId(json.id), ...price }] : [];
      }),
      backupPrice: toPrice(size.addons?.backups?.price),
      successorId: toText(size.successor),
    },
  };
}

function toImage(image: ImageJson): LinodeImage {
  return {
    id: toId(image.id),
    name: image.label,
    extra: {
      description: toText(image.description),
      status: toText(image.status),
      isPublic: toBoolean(image.is_public),
      isDeprecated: toBoolean(image.deprecated),
      vendor: toText(image.vendor),
      sizeMib: toNumber(image.size),
      capabilities: image.capabilities ?? [],
      copies: (image.regions ?? []).map(({ region, status }) => ({
        locationId: region,
        status: toText(status),
      })),
      tags: image.tags ?? [],
      createdAt: toTime(image.created),
      endOfLifeAt: toTime(image.eol),
      expiresAt: toTime(image.expiry),
    },
  };
}

function toLocation(region: RegionJson): LinodeLocation {
  const country = toText(region.country)?.toUpperCase();
  return {
    id: toId(region.id),
    name: region.label,
    // London used to be in "uk", which is no code of a country.
    country: country === "UK" ? "GB" : country,
    extra: {
      status: toText(region.status),
      siteType: toText(region.site_type),
      capabilities: region.capabilities ?? [],
    },
  };
}

function toKeyPair(key: KeyJson): LinodeKeyPair {
  const id = toId(key.id);
  return {
    id,
    name: toText(key.label) ?? id,
    publicKey: toText(key.ssh_key),
    extra: { createdAt: toTime(key.created) },
  };
}

function toVolume(volume: VolumeJson): LinodeVolume {
  const nodeId = toOptionalId(volume.linode_id);
  const state = lookUp(VOLUME_STATES, volume.status) ?? "unknown";
  return {
    id: toId(volume.id),
    name: volume.label,
    sizeGb: volume.size,
    state: state === "available" && nodeId ? "inuse" : state,
    nodeId,
    locationId: toOptionalId(volume.region),
    createdAt: toTime(volume.created),
    extra: {
      status: toText(volume.status),
      path: toText(volume.filesystem_path),
      hardware: toText(volume.hardware_type),
      tags: volume.tags ?? [],
      updatedAt: toTime(volume.updated),
    },
  };
}

function toDisk(disk: DiskJson): LinodeDisk {
  return {
    id: toId(disk.id),
    name: disk.label,
    sizeMib: toNumber(disk.size),
    filesystem: toText(disk.filesystem),
    status: toText(disk.status),
  };
}

function toBackup(backup: BackupJson): LinodeBackup {
  return {
    id: toId(backup.id),
    name: toText(backup.label),
    type: toText(backup.type),
    status: toText(backup.status),
    isAvailable: toBoolean(backup.available),
    createdAt: toTime(backup.created),
    finishedAt: toTime(backup.finished),
  };
}

function toStackScript(script: StackScriptJson): LinodeStackScript {
  return {
    id: toId(script.id),
    name: script.label,
    description: toText(script.description),
    username: toText(script.username),
    isMine: toBoolean(script.mine),
    isPublic: toBoolean(script.is_public),
    imageIds: script.images ?? [],
    fields: (script.user_defined_fields ?? []).map(({ name }) => name),
    script: toText(script.script),
  };
}

function toTag({ label }: { label: string }): LinodeTag {
  return { id: toId(label) };
}

function toEvent(event: EventJson): LinodeEvent {
  const { entity } = event;
  return {
    id: toId(event.id),
    action: toText(event.action),
    status: toText(event.status),
    entityType: toText(entity?.type),
    entityId: toOptionalId(entity?.id),
    entityName: toText(entity?.label),
    percent: toNumber(event.percent_complete),
    message: toText(event.message),
    username: toText(event.username),
    createdAt: toTime(event.created),
  };
}

function toAccount(account: AccountJson): LinodeAccount {
  return {
    id: toId(account.euuid),
    company: toText(account.company),
    email: toText(account.email),
    balance: toNumber(account.balance),
    createdAt: toTime(account.active_since),
  };
}
