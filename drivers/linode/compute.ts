/**
 * Linode, the cloud of Akamai: virtual machines, block storage and images in
 * about forty regions.
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
 * console.log(node.id, node.rootPassword?.length); // only in this result
 * ```
 *
 * @see {@link https://techdocs.akamai.com/linode-api/reference/api | Linode API}
 *
 * @module
 */

import {
  type CallOptions,
  checkSecret,
  checkText,
  CloudError,
  type Connection,
  emptyListing,
  type EnvironmentVariable,
  given,
  idJson,
  idOf,
  JsonApi,
  type Listing,
  type ListOptions,
  mistake,
  oneLine,
  path,
  poll,
  type PollOptions,
  type Ref,
  refuse,
  sequence,
} from "../../core/mod.ts";
import {
  checkPublicKey,
  checkSize,
  checkSomeTags,
  type CopyImageOptions,
  hasTagStrings,
  type ImageRuleList,
  type Images,
  type ImportKeyPairOptions,
  type KeyPairs,
  NodeDriver,
  type PowerControl,
  type RenameNodeOptions,
  type Renaming,
  type Resizing,
  type TakesUserData,
  toTagStrings,
  type UserDataSupport,
  type Volumes,
} from "../../core/compute/mod.ts";
import {
  BASE_URL,
  DISPLAY_NAME,
  filtered,
  LinodeConnection,
  type LinodeListOptions,
  type LinodeOptions,
  matchesNothing,
  type PageJson,
  PAGES,
  UNSIZED_PAGES,
  VARIABLES,
} from "./_connection.ts";
import {
  type LinodeAttachVolumeOptions,
  type LinodeCloneNodeOptions,
  type LinodeCreateImageOptions,
  type LinodeCreateNodeOptions,
  type LinodeCreateVolumeOptions,
  type LinodeDeployOptions,
  type LinodeListEventsOptions,
  type LinodeListImagesOptions,
  type LinodeListNodesOptions,
  type LinodeListStackScriptsOptions,
  type LinodeNameOptions,
  type LinodeResetPasswordOptions,
  type LinodeResizeNodeOptions,
  type LinodeResizeVolumeOptions,
  type LinodeSetTagsOptions,
  type NodeForm,
  toDeployRequest,
  toNodeForm,
  toVolumeForm,
  USER_DATA,
} from "./_options.ts";
import {
  backupsOf,
  type KeyJson,
  type LinodeAccount,
  type LinodeBackup,
  type LinodeDisk,
  type LinodeEvent,
  type LinodeImage,
  type LinodeKeyPair,
  type LinodeLocation,
  type LinodeNode,
  type LinodeSize,
  type LinodeStackScript,
  type LinodeTag,
  type LinodeVolume,
  toAccount,
  toBackup,
  toDisk,
  toEvent,
  toImage,
  toKeyPair,
  toLocation,
  toNode,
  toSize,
  toStackScript,
  toTag,
  toVolume,
  toVpcIps,
} from "./_records.ts";

export type { LinodeListOptions, LinodeOptions } from "./_connection.ts";
export type {
  LinodeAttachVolumeOptions,
  LinodeCloneNodeOptions,
  LinodeCreateImageOptions,
  LinodeCreateNodeOptions,
  LinodeCreateVolumeOptions,
  LinodeDeployOptions,
  LinodeListEventsOptions,
  LinodeListImagesOptions,
  LinodeListNodesOptions,
  LinodeListStackScriptsOptions,
  LinodeNameOptions,
  LinodeResetPasswordOptions,
  LinodeResizeNodeOptions,
  LinodeResizeVolumeOptions,
  LinodeSetTagsOptions,
} from "./_options.ts";
export type {
  LinodeAccount,
  LinodeBackup,
  LinodeDisk,
  LinodeEvent,
  LinodeImage,
  LinodeImageCopy,
  LinodeKeyPair,
  LinodeLocation,
  LinodeNode,
  LinodeSize,
  LinodeStackScript,
  LinodeTag,
  LinodeVolume,
} from "./_records.ts";

const NODES = "/linode/instances";
const KEY_PAIRS = "/profile/sshkeys";
const IMAGES = "/images";
const VOLUMES = "/volumes";

/**
 * Driver for Linode. Linode accepts most changes at once and applies them later:
 * wait with `waitUntilRunning()`, or find the event with `listEvents()` and pass
 * it to `waitForEvent()`. While a change to a node is in progress, Linode refuses
 * others with "Linode busy." The driver then sends the request again, according
 * to the retry policy. If that does not help, it throws a `ConflictError`.
 *
 * Linode numbers the pages of its lists. If a record is created and another one
 * is deleted while you read a list, the total stays the same, and the driver
 * cannot notice it: a record may be missing or listed twice. Any other change
 * is noticed; see `Listing`.
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
  /** Environment variables that `fromEnv()` reads. */
  static readonly variables: readonly EnvironmentVariable[] = VARIABLES;

  /** Id of the provider. */
  override readonly provider = "linode";
  /** Connection to the API. Use it for endpoints that this class lacks. */
  override readonly connection: Connection;
  /** Linode accepts 65535 bytes of user data, which may be compressed. */
  readonly userDataSupport: UserDataSupport = USER_DATA;
  readonly #api: JsonApi<PageJson>;

  /**
   * Creates a driver. Nothing is sent until the first call.
   *
   * @param options A personal access token, and settings.
   * @throws {TypeError} If `token` or `baseUrl` is invalid.
   */
  constructor(options: LinodeOptions) {
    super();
    this.connection = new LinodeConnection(
      BASE_URL,
      options,
      "LinodeNodeDriver",
    );
    this.#api = new JsonApi(this.connection, PAGES);
  }

  /** Lists the nodes of the account, 25 to 500 per page. */
  override listNodes(
    options: LinodeListNodesOptions = {},
  ): Listing<LinodeNode> {
    const operation = "listNodes";
    const tags = given(
      options.tags,
      (tags) => toTagStrings(checkSomeTags(tags, operation), operation),
    );
    const filter = { "+and": tags?.map((tag) => ({ tags: tag })) };
    // The filter of the caller may replace this one.
    const keep = tags && ((node: LinodeNode) => hasTagStrings(node.tags, tags));
    return this.#select(operation, NODES, toNode, options, filter, keep);
  }

  /** Lists the sizes with current prices. Linode chooses the page size. */
  override listSizes(options: ListOptions = {}): Listing<LinodeSize> {
    const sizes = "/linode/types";
    const settings = { pages: UNSIZED_PAGES };
    return this.#api.list(
      "listSizes",
      sizes,
      "data",
      toSize,
      options,
      settings,
    );
  }

  /** Lists the images of Linode and those of the account. */
  override listImages(
    options: LinodeListImagesOptions = {},
  ): Listing<LinodeImage> {
    const { isPublic, type } = options;
    const filter = { is_public: isPublic, type };
    return this.#select("listImages", IMAGES, toImage, options, filter);
  }

  /** Returns the rules for official images, for `findImage()`. */
  override async imageRules(): Promise<ImageRuleList> {
    const { default: data } = await import("../../data/linode.json", {
      with: { type: "json" },
    });
    return data.images;
  }

  /** Lists the regions. Linode chooses the page size. */
  override listLocations(options: ListOptions = {}): Listing<LinodeLocation> {
    const settings = { pages: UNSIZED_PAGES };
    return this.#api.list(
      "listLocations",
      "/regions",
      "data",
      toLocation,
      options,
      settings,
    );
  }

  /**
   * Creates a node. If `auth` contains no password, the driver generates a root
   * password. It is returned once, in `rootPassword` of this result only. Public
   * keys of key pairs that are passed by id are fetched first, because Linode
   * requires the keys themselves.
   *
   * @param options The node to create. `location` is required, and
   *   `idempotencyKey` is rejected. `timeoutMs` limits all requests together.
   * @returns The node, which Linode still has to provision and boot.
   * @throws {TypeError} If an option is invalid or not supported.
   * @throws {RangeError} If `userData` is longer than 65535 bytes.
   * @throws {MalformedResponseError} If a key pair has no public key.
   */
  override async createNode(
    options: LinodeCreateNodeOptions,
  ): Promise<LinodeNode> {
    const node = toNodeForm(options);
    return await this.#deploy("createNode", NODES, options, node);
  }

  /** Restarts a node. */
  override async rebootNode(
    node: Ref,
    options: CallOptions = {},
  ): Promise<void> {
    const action = path`/linode/instances/${{ node }}/reboot`;
    await this.#api.send("rebootNode", "POST", action, options, {});
  }

  /** Destroys a node. All data on its disks and all its backups are lost. */
  override async destroyNode(
    node: Ref,
    options: CallOptions = {},
  ): Promise<void> {
    const instance = path`/linode/instances/${{ node }}`;
    const call = { ...options, mayBeUnknown: this.isYoung(node) };
    await this.#api.send("destroyNode", "DELETE", instance, call);
    this.noteDestroyed(node);
  }

  /** Boots a stopped node. */
  async startNode(node: Ref, options: CallOptions = {}): Promise<void> {
    const action = path`/linode/instances/${{ node }}/boot`;
    // Deno may repeat a POST without a body by itself.
    await this.#api.send("startNode", "POST", action, options, {});
  }

  /** Shuts a node down. Linode keeps billing it. */
  async stopNode(node: Ref, options: CallOptions = {}): Promise<void> {
    const action = path`/linode/instances/${{ node }}/shutdown`;
    await this.#api.send("stopNode", "POST", action, options);
  }

  /** Renames a node. The name must be unique in the account. */
  async renameNode(node: Ref, options: RenameNodeOptions): Promise<void> {
    const operation = "renameNode";
    const instance = path`/linode/instances/${{ node }}`;
    const label = checkText(options.name, operation, "name");
    await this.#api.send(operation, "PUT", instance, options, { label });
  }

  /**
   * Resizes a node. Linode shuts it down in the meantime, and may move it to
   * another machine.
   */
  async resizeNode(node: Ref, options: LinodeResizeNodeOptions): Promise<void> {
    const operation = "resizeNode";
    const action = path`/linode/instances/${{ node }}/resize`;
    await this.#api.send(operation, "POST", action, options, {
      type: idOf(options.size, operation, "size"),
      allow_auto_disk_resize: options.resizesDisk,
      migration_type: options.migration,
    });
  }

  /** Lists the public keys of the user. */
  listKeyPairs(options: ListOptions = {}): Listing<LinodeKeyPair> {
    const operation = "listKeyPairs";
    return this.#api.list(operation, KEY_PAIRS, "data", toKeyPair, options);
  }

  /**
   * Gets one public key.
   *
   * @throws {NotFoundError} If no public key has that id.
   */
  async getKeyPair(
    keyPair: Ref,
    options: CallOptions = {},
  ): Promise<LinodeKeyPair> {
    const key = path`/profile/sshkeys/${{ keyPair }}`;
    return await this.#api.get("getKeyPair", key, toKeyPair, options);
  }

  /**
   * Uploads a public key.
   *
   * @throws {TypeError} If `name` or `publicKey` is invalid.
   */
  async importKeyPair(options: ImportKeyPairOptions): Promise<LinodeKeyPair> {
    const operation = "importKeyPair";
    return await this.#api.create(operation, KEY_PAIRS, toKeyPair, options, {
      label: checkText(options.name, operation, "name"),
      ssh_key: checkPublicKey(options.publicKey, operation),
    });
  }

  /** Deletes a public key. Nodes that were created with it keep it. */
  async deleteKeyPair(keyPair: Ref, options: CallOptions = {}): Promise<void> {
    const key = path`/profile/sshkeys/${{ keyPair }}`;
    await this.#api.send("deleteKeyPair", "DELETE", key, options);
  }

  /**
   * Gets one image.
   *
   * @throws {NotFoundError} If no image has that id.
   */
  async getImage(image: Ref, options: CallOptions = {}): Promise<LinodeImage> {
    const record = path`/images/${{ image }}`;
    return await this.#api.get("getImage", record, toImage, options);
  }

  /**
   * Creates an image of one disk of a node. Without `disk`, the disks are listed
   * first, and the first one that is not swap space is used. That is the system
   * disk, unless you added disks yourself. `timeoutMs` limits all requests
   * together.
   *
   * @throws {TypeError} If `name` or `disk` is invalid.
   * @throws {CloudError} If all disks of the node are swap space, or if it has
   *   none.
   */
  async createImage(
    node: Ref,
    options: LinodeCreateImageOptions,
  ): Promise<LinodeImage> {
    const operation = "createImage";
    const about = this.#about(operation);
    const { description } = options;
    const nodeId = idOf(node, operation, "node");
    const label = checkText(options.name, operation, "name");
    const diskId = given(
      options.disk,
      (disk) => idJson(disk, operation, "disk"),
    );
    return await sequence(about, options, async ({ call, write }) => {
      const disk_id = diskId ?? await this.#systemDisk(operation, nodeId, call);
      const data = { disk_id, label, description };
      return await write((call) =>
        this.#api.create(operation, IMAGES, toImage, call, data)
      );
    });
  }

  /**
   * Copies an image of the account to another location. The image keeps its id
   * and gets another entry in `extra.copies`.
   *
   * A copy may be deleted if two calls copy the same image at the same time.
   * Linode expects all locations that the image shall have, so the driver gets
   * the image first. `timeoutMs` limits both requests together.
   *
   * @throws {TypeError} If `location` is invalid, or `name` is given.
   */
  async copyImage(
    image: Ref,
    options: CopyImageOptions,
  ): Promise<LinodeImage> {
    const operation = "copyImage";
    refuse(operation, DISPLAY_NAME, options, { name: "" });
    const location = idOf(options.location, operation, "location");
    const record = path`/images/${{ image }}`;
    const copies = path`/images/${{ image }}/regions`;
    const about = this.#about(operation);
    return await sequence(about, options, async ({ call, write }) => {
      const { extra } = await this.#api.get(operation, record, toImage, call);
      const locations = extra.copies
        .filter(({ status }) => status !== "pending deletion")
        .map(({ locationId }) => locationId);
      const data = { regions: [...new Set([...locations, location])] };
      return await write((call) =>
        this.#api.create(operation, copies, toImage, call, data)
      );
    });
  }

  /** Deletes an image of the account, and all its copies. */
  async deleteImage(image: Ref, options: CallOptions = {}): Promise<void> {
    const record = path`/images/${{ image }}`;
    await this.#api.send("deleteImage", "DELETE", record, options);
  }

  /** Lists the volumes of the account. */
  listVolumes(options: LinodeListOptions = {}): Listing<LinodeVolume> {
    const operation = "listVolumes";
    return this.#select(operation, VOLUMES, toVolume, options);
  }

  /**
   * Gets one volume.
   *
   * @throws {NotFoundError} If no volume has that id.
   */
  async getVolume(
    volume: Ref,
    options: CallOptions = {},
  ): Promise<LinodeVolume> {
    const record = path`/volumes/${{ volume }}`;
    return await this.#api.get("getVolume", record, toVolume, options);
  }

  /**
   * Creates a volume in a location, or attached to a node.
   *
   * @param options The volume to create. `snapshot` is rejected, because Linode
   *   has no snapshots of volumes.
   * @returns The volume, which is in state `"creating"`.
   * @throws {TypeError} If an option is invalid or not supported, or if both
   *   `location` and `node` are missing.
   * @throws {RangeError} If `sizeGb` is not a positive integer.
   */
  async createVolume(
    options: LinodeCreateVolumeOptions,
  ): Promise<LinodeVolume> {
    const operation = "createVolume";
    const form = toVolumeForm(options);
    return await this.#api.create(operation, VOLUMES, toVolume, options, form);
  }

  /**
   * Attaches a volume to a node in the same location. Linode chooses the device:
   * `extra.path` of the volume is its path.
   *
   * @throws {TypeError} If `node` is invalid, or `device` is given.
   */
  async attachVolume(
    volume: Ref,
    options: LinodeAttachVolumeOptions,
  ): Promise<void> {
    const operation = "attachVolume";
    refuse(operation, DISPLAY_NAME, options, {
      device: "see extra.path of the volume",
    });
    const action = path`/volumes/${{ volume }}/attach`;
    await this.#api.send(operation, "POST", action, options, {
      linode_id: idJson(options.node, operation, "node"),
      persist_across_boots: options.persists,
    });
  }

  /**
   * Detaches a volume from its node. Data may be lost unless you unmount the
   * volume first.
   */
  async detachVolume(volume: Ref, options: CallOptions = {}): Promise<void> {
    const action = path`/volumes/${{ volume }}/detach`;
    await this.#api.send("detachVolume", "POST", action, options);
  }

  /** Destroys a volume. All its data is lost. Detach the volume first. */
  async destroyVolume(volume: Ref, options: CallOptions = {}): Promise<void> {
    const record = path`/volumes/${{ volume }}`;
    await this.#api.send("destroyVolume", "DELETE", record, options);
  }

  /**
   * Makes a volume larger.
   *
   * @throws {TypeError} If `sizeGb` is missing.
   * @throws {RangeError} If `sizeGb` is not a positive integer.
   */
  async resizeVolume(
    volume: Ref,
    options: LinodeResizeVolumeOptions,
  ): Promise<void> {
    const operation = "resizeVolume";
    const action = path`/volumes/${{ volume }}/resize`;
    const size = checkSize(options.sizeGb, operation);
    await this.#api.send(operation, "POST", action, options, { size });
  }

  /** Creates a volume with the data of another one, in the same location. */
  async cloneVolume(
    volume: Ref,
    options: LinodeNameOptions,
  ): Promise<LinodeVolume> {
    const operation = "cloneVolume";
    const action = path`/volumes/${{ volume }}/clone`;
    const data = { label: checkText(options.name, operation, "name") };
    return await this.#api.create(operation, action, toVolume, options, data);
  }

  /**
   * Rebuilds a node from an image. All data on its disks is lost; IP addresses
   * are kept. If `auth` contains no password, the driver generates a root
   * password. It is returned once, in `rootPassword` of this result only.
   *
   * @param node The node or its id.
   * @param options The image and the logins. `timeoutMs` limits all requests
   *   together.
   * @returns The node, which Linode still has to rebuild and boot.
   * @throws {TypeError} If an option is invalid.
   * @throws {RangeError} If `userData` is longer than 65535 bytes.
   * @throws {MalformedResponseError} If a key pair has no public key.
   */
  async rebuildNode(
    node: Ref,
    options: LinodeDeployOptions,
  ): Promise<LinodeNode> {
    const operation = "rebuildNode";
    const action = path`/linode/instances/${{ node }}/rebuild`;
    // Built here, so that an invalid id is found before any key is fetched.
    return await this.#deploy(operation, action.build(operation), options);
  }

  /** Creates a node with the disks of another one. */
  async cloneNode(
    node: Ref,
    options: LinodeCloneNodeOptions = {},
  ): Promise<LinodeNode> {
    const operation = "cloneNode";
    const { name, size, location } = options;
    const action = path`/linode/instances/${{ node }}/clone`;
    const clone = await this.#api.create(operation, action, toNode, options, {
      label: given(name, (name) => checkText(name, operation, "name")),
      type: given(size, (ref) => idOf(ref, operation, "size")),
      region: given(location, (ref) => idOf(ref, operation, "location")),
    });
    return this.noteCreated(clone);
  }

  /**
   * Changes the root password of a node, which must be stopped.
   *
   * @throws {TypeError} If `password` is missing or invalid.
   */
  async resetPassword(
    node: Ref,
    options: LinodeResetPasswordOptions,
  ): Promise<void> {
    const operation = "resetPassword";
    const { password } = options;
    const action = path`/linode/instances/${{ node }}/password`;
    checkSecret(password, operation, "password");
    const call = { ...options, secrets: [password] };
    const data = { root_pass: password };
    await this.#api.send(operation, "POST", action, call, data);
  }

  /**
   * Replaces all tags of a node.
   *
   * @throws {TypeError} If `tags` is missing or invalid.
   */
  async setTags(node: Ref, options: LinodeSetTagsOptions): Promise<void> {
    const operation = "setTags";
    const instance = path`/linode/instances/${{ node }}`;
    if (options.tags === undefined) {
      throw mistake(
        operation,
        "tags",
        "an object or an array of strings",
        options.tags,
      );
    }
    const tags = toTagStrings(options.tags, operation);
    await this.#api.send(operation, "PUT", instance, options, { tags });
  }

  /** Lists the tags of the account. */
  listTags(options: ListOptions = {}): Listing<LinodeTag> {
    return this.#api.list("listTags", "/tags", "data", toTag, options);
  }

  /** Lists the disks of a node. */
  listDisks(node: Ref, options: ListOptions = {}): Listing<LinodeDisk> {
    return this.#disks("listDisks", node, options);
  }

  /** Lists the backups of a node: the daily ones, then those of `takeBackup()`. */
  listBackups(node: Ref, options: ListOptions = {}): Listing<LinodeBackup> {
    return this.connection.list(path`/linode/instances/${{ node }}/backups`, {
      items: backupsOf,
      convert: toBackup,
    }, { ...options, operation: "listBackups" });
  }

  /**
   * Takes a backup of a node. The previous backup from `takeBackup()` is deleted.
   * The backup service must be enabled; see `enableBackups()`.
   */
  async takeBackup(
    node: Ref,
    options: LinodeNameOptions,
  ): Promise<LinodeBackup> {
    const operation = "takeBackup";
    const backups = path`/linode/instances/${{ node }}/backups`;
    const data = { label: checkText(options.name, operation, "name") };
    return await this.#api.create(operation, backups, toBackup, options, data);
  }

  /** Enables daily backups of a node. Linode charges for them. */
  async enableBackups(node: Ref, options: CallOptions = {}): Promise<void> {
    const action = path`/linode/instances/${{ node }}/backups/enable`;
    await this.#api.send("enableBackups", "POST", action, options);
  }

  /** Disables the backups of a node. All its backups are deleted. */
  async cancelBackups(node: Ref, options: CallOptions = {}): Promise<void> {
    const action = path`/linode/instances/${{ node }}/backups/cancel`;
    await this.#api.send("cancelBackups", "POST", action, options);
  }

  /** Lists the StackScripts of the account and all public ones. */
  listStackScripts(
    options: LinodeListStackScriptsOptions = {},
  ): Listing<LinodeStackScript> {
    const filter = { mine: options.isMine };
    return this.#select(
      "listStackScripts",
      "/linode/stackscripts",
      toStackScript,
      options,
      filter,
    );
  }

  /** Lists the events of the account in the last 90 days, newest first. */
  listEvents(options: LinodeListEventsOptions = {}): Listing<LinodeEvent> {
    const operation = "listEvents";
    const { node, action } = options;
    const nodeId = given(node, (ref) => idJson(ref, operation, "node"));
    const filter = {
      "entity.type": given(node, () => "linode"),
      "entity.id": nodeId,
      action,
      "+order_by": "created",
      "+order": "desc",
    };
    return this.#select(
      operation,
      "/account/events",
      toEvent,
      options,
      filter,
    );
  }

  /**
   * Gets one event.
   *
   * @throws {NotFoundError} If no event has that id.
   */
  async getEvent(event: Ref, options: CallOptions = {}): Promise<LinodeEvent> {
    return await this.#event("getEvent", event, options);
  }

  /**
   * Waits until the operation that an event describes has finished.
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
   * @param event The event or its id.
   * @param options Polling interval and limits. The default time limit is 10
   *   minutes.
   * @returns The event after it finished.
   * @throws {CloudError} If the operation failed.
   * @throws {TimeoutError} If the time is up first.
   */
  async waitForEvent(
    event: Ref,
    options: PollOptions = {},
  ): Promise<LinodeEvent> {
    const operation = "waitForEvent";
    const about = this.#about(operation);
    let last: LinodeEvent | undefined;
    const describe = () =>
      oneLine(last ? `event ${last.id} is ${last.status}` : "");
    return await poll({ ...about, describe }, options, async (call) => {
      last = await this.#event(operation, event, call);
      const { id, action = "the operation", status } = last;
      if (status === "failed") {
        const reason = oneLine(`${action} failed (event ${id})`);
        throw new CloudError(`${operation}: ${reason}`, about);
      }
      const isDone = status === "finished" || status === "notification";
      return isDone ? last : undefined;
    });
  }

  /**
   * Gets the account. The request is a cheap check of a token. A valid token may
   * lack the permission to read the account; the error is then a
   * `PermissionDeniedError`.
   */
  async getAccount(options: CallOptions = {}): Promise<LinodeAccount> {
    return await this.#api.get("getAccount", "/account", toAccount, options);
  }

  /**
   * Requests one node. The addresses in VPCs of a running node without other
   * addresses are requested, too; lists do not contain these addresses.
   */
  protected override async readNode(
    operation: string,
    node: Ref,
    options: CallOptions,
  ): Promise<LinodeNode> {
    const instance = path`/linode/instances/${{ node }}`;
    const record = await this.#api.get(operation, instance, toNode, options);
    const { publicIps, privateIps, state } = record;
    const hasAddress = publicIps.length + privateIps.length > 0;
    if (hasAddress || state !== "running") return record;
    // The node is in VPCs only.
    const ips = path`/linode/instances/${{ node }}/ips`;
    const vpcIps = await this.#api.get(operation, ips, toVpcIps, options);
    return { ...record, privateIps: vpcIps };
  }

  #about(operation: string) {
    return { provider: this.provider, operation };
  }

  /** Lists the records that match a filter, and that `keep` selects. */
  #select<Json, T>(
    operation: string,
    path: string,
    convert: (json: Json) => T,
    options: LinodeListOptions,
    filter: Readonly<Record<string, unknown>> = {},
    keep?: (record: T) => boolean,
  ): Listing<T> {
    return matchesNothing({ ...filter, ...options.filter })
      ? emptyListing({ ...options, operation })
      : this.#api.list(
        operation,
        path,
        "data",
        convert,
        filtered(options, filter),
        { keep },
      );
  }

  #disks(
    operation: string,
    node: Ref,
    options: ListOptions,
  ): Listing<LinodeDisk> {
    const disks = path`/linode/instances/${{ node }}/disks`;
    return this.#api.list(operation, disks, "data", toDisk, options);
  }

  /** Finds the first disk of a node that is not swap space. */
  async #systemDisk(
    operation: string,
    nodeId: string,
    options: CallOptions,
  ): Promise<string | number> {
    const disks = await this.#disks(operation, nodeId, options);
    const disk = disks.find(({ filesystem }) => filesystem !== "swap");
    if (disk) return idJson(disk, operation, "disk");
    throw new CloudError(
      `${operation}: node ${oneLine(nodeId)} has no disk other than swap space`,
      this.#about(operation),
    );
  }

  async #event(
    operation: string,
    event: Ref,
    options: CallOptions,
  ): Promise<LinodeEvent> {
    const record = path`/account/events/${{ event }}`;
    return await this.#api.get(operation, record, toEvent, options);
  }

  /** Deploys an image to a new node or an existing one. */
  async #deploy(
    operation: string,
    path: string,
    options: LinodeDeployOptions,
    node?: NodeForm,
  ): Promise<LinodeNode> {
    const request = toDeployRequest(options, operation);
    const { form, keys, secrets, isPasswordGenerated } = request;
    const about = this.#about(operation);
    return await sequence(about, options, async ({ call, write }) => {
      const publicKeys = await Promise.all(
        keys.map(async (key) =>
          typeof key === "string"
            ? key
            : await this.#publicKey(operation, key, call)
        ),
      );
      const data = {
        ...form,
        ...node,
        authorized_keys: publicKeys.length > 0 ? publicKeys : undefined,
      };
      // A rebuild creates nothing.
      const creates = node !== undefined;
      const deployed = await write((call) =>
        this.#api.create(
          operation,
          path,
          toNode,
          { ...call, secrets, creates },
          data,
        )
      );
      if (node) this.noteCreated(deployed);
      return isPasswordGenerated
        ? { ...deployed, rootPassword: form.root_pass }
        : deployed;
    });
  }

  async #publicKey(
    operation: string,
    keyPair: Ref,
    options: CallOptions,
  ): Promise<string> {
    const key = path`/profile/sshkeys/${{ keyPair }}`;
    const convert = (json: KeyJson) => checkPublicKey(json.ssh_key, operation);
    return await this.#api.get(operation, key, convert, options);
  }
}
