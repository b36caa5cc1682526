/**
 * DigitalOcean: virtual machines (droplets), volumes, snapshots, reserved IP
 * addresses, tags and firewalls.
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
  type CallOptions,
  checkText,
  choose,
  CloudError,
  ConflictError,
  type Connection,
  type EnvironmentVariable,
  field,
  given,
  idJson,
  idOf,
  idsOf,
  JsonApi,
  type Listing,
  type ListOptions,
  mistake,
  oneLine,
  type Path,
  path,
  poll,
  type PollOptions,
  type Ref,
  refuse,
  type Sequence,
  sequence,
  WAIT_MS,
} from "../../core/mod.ts";
import {
  type AttachVolumeOptions,
  checkPublicKey,
  checkSize,
  checkSomeTags,
  type CreateVolumeSnapshotOptions,
  hasTagStrings,
  type ImageRuleList,
  type Images,
  type ImportKeyPairOptions,
  type KeyPair,
  type KeyPairs,
  NodeDriver,
  NodeFailedError,
  type PowerControl,
  type RenameNodeOptions,
  type Renaming,
  type Resizing,
  type Snapshots,
  type TakesUserData,
  toTagStrings,
  type UserDataSupport,
  type Volume,
  type Volumes,
} from "../../core/compute/mod.ts";
import {
  DigitalOceanConnection,
  type DigitalOceanOptions,
  DISPLAY_NAME,
  type PageJson,
  PAGES,
  VARIABLES,
} from "./_connection.ts";
import {
  type ActionForm,
  type DigitalOceanAssignOptions,
  type DigitalOceanCopyImageOptions,
  type DigitalOceanCreateImageOptions,
  type DigitalOceanCreateNodeOptions,
  type DigitalOceanCreateReservedIpOptions,
  type DigitalOceanCreateTagOptions,
  type DigitalOceanCreateVolumeOptions,
  type DigitalOceanDetachVolumeOptions,
  type DigitalOceanListActionsOptions,
  type DigitalOceanListImagesOptions,
  type DigitalOceanListNodesOptions,
  type DigitalOceanRebuildNodeOptions,
  type DigitalOceanResizeNodeOptions,
  type DigitalOceanResizeVolumeOptions,
  type DigitalOceanStartActionOptions,
  type DigitalOceanStopOptions,
  type DigitalOceanTagNodeOptions,
  IMAGE_TYPES,
  MAX_VOLUME_GB,
  toDropletForm,
  toVolumeForm,
  USER_DATA,
} from "./_options.ts";
import {
  type DigitalOceanAccount,
  type DigitalOceanAction,
  type DigitalOceanFirewall,
  type DigitalOceanImage,
  type DigitalOceanLocation,
  type DigitalOceanNode,
  type DigitalOceanReservedIp,
  type DigitalOceanSize,
  type DigitalOceanTag,
  type DigitalOceanVolume,
  type DigitalOceanVolumeSnapshot,
  toAccount,
  toAction,
  toFirewall,
  toImage,
  toKeyPair,
  toLocation,
  toNode,
  toReservedIp,
  toSize,
  toSnapshot,
  toTag,
  toVolume,
  type VolumeJson,
} from "./_records.ts";

export type { DigitalOceanOptions } from "./_connection.ts";
export type {
  DigitalOceanActionType,
  DigitalOceanAssignOptions,
  DigitalOceanCopyImageOptions,
  DigitalOceanCreateImageOptions,
  DigitalOceanCreateNodeOptions,
  DigitalOceanCreateReservedIpOptions,
  DigitalOceanCreateTagOptions,
  DigitalOceanCreateVolumeOptions,
  DigitalOceanDetachVolumeOptions,
  DigitalOceanListActionsOptions,
  DigitalOceanListImagesOptions,
  DigitalOceanListNodesOptions,
  DigitalOceanRebuildNodeOptions,
  DigitalOceanResizeNodeOptions,
  DigitalOceanResizeVolumeOptions,
  DigitalOceanStartActionOptions,
  DigitalOceanStopOptions,
  DigitalOceanTagNodeOptions,
} from "./_options.ts";
export type {
  DigitalOceanAccount,
  DigitalOceanAction,
  DigitalOceanAddress,
  DigitalOceanFirewall,
  DigitalOceanImage,
  DigitalOceanLocation,
  DigitalOceanNode,
  DigitalOceanReservedIp,
  DigitalOceanSize,
  DigitalOceanTag,
  DigitalOceanVolume,
  DigitalOceanVolumeSnapshot,
} from "./_records.ts";

/**
 * Driver for DigitalOcean.
 *
 * Methods that change a resource resolve when DigitalOcean has accepted the
 * request. DigitalOcean then runs an action in the background. Some methods
 * return the action, and `listActions()` lists all actions. To wait until an
 * action is completed, call `waitForAction()`.
 *
 * A node runs one action at a time. If another action is in progress, the
 * driver repeats the request according to the retry policy. If the node stays
 * busy, the call fails with a `ConflictError`.
 *
 * DigitalOcean numbers the pages of its lists. If a record is created and another one
 * is deleted while you read a list, the total stays the same, and the driver
 * cannot notice it: a record may be missing or listed twice. Any other change
 * is noticed; see `Listing`.
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
  /** Environment variables that `fromEnv()` reads. */
  static readonly variables: readonly EnvironmentVariable[] = VARIABLES;

  /** Id of the provider. */
  override readonly provider = "digitalocean";
  /** Connection to the API. Use it for endpoints that this class lacks. */
  override readonly connection: Connection;
  /** User data is a string of at most 64 KiB. Bytes, such as gzip, are rejected. */
  readonly userDataSupport: UserDataSupport = USER_DATA;
  readonly #api: JsonApi<PageJson>;

  /**
   * Creates a driver. Nothing is sent until the first call.
   *
   * @param options Token and settings.
   * @throws {TypeError} If `token` or `baseUrl` is invalid.
   */
  constructor(options: DigitalOceanOptions) {
    super();
    this.connection = new DigitalOceanConnection(
      options,
      "DigitalOceanNodeDriver",
    );
    this.#api = new JsonApi(this.connection, PAGES);
  }

  /**
   * Lists the nodes of the account, at most 200 per page. DigitalOcean filters by
   * one tag, and not together with `name` or `hasGpu`. The driver then compares
   * the tags itself.
   */
  override listNodes(
    options: DigitalOceanListNodesOptions = {},
  ): Listing<DigitalOceanNode> {
    const operation = "listNodes";
    const { name, hasGpu } = options;
    const tags = given(
      options.tags,
      (tags) => toTagStrings(checkSomeTags(tags, operation), operation),
    );
    const params = {
      name: given(name, (name) => checkText(name, operation, "name")),
      type: hasGpu ? "gpus" : undefined,
    };
    const hasFilter = name !== undefined || hasGpu;
    const droplets = "/v2/droplets";
    return this.#api.list(operation, droplets, "droplets", toNode, options, {
      params: { ...params, tag_name: hasFilter ? undefined : tags?.[0] },
      keep: tags && ((node) => hasTagStrings(node.tags, tags)),
    });
  }

  /**
   * Lists the sizes with their current prices. The list includes sizes that are
   * no longer available.
   */
  override listSizes(options: ListOptions = {}): Listing<DigitalOceanSize> {
    return this.#api.list("listSizes", "/v2/sizes", "sizes", toSize, options);
  }

  /** Lists the images: all public images, and the images of the account. */
  override listImages(
    options: DigitalOceanListImagesOptions = {},
  ): Listing<DigitalOceanImage> {
    const operation = "listImages";
    const { type, isPrivate, tag } = options;
    const params = {
      type: given(type, (type) => choose(IMAGE_TYPES, type, operation, "type")),
      private: isPrivate || undefined,
      tag_name: given(tag, (tag) => idOf(tag, operation, "tag")),
    };
    return this.#api.list(operation, "/v2/images", "images", toImage, options, {
      params,
    });
  }

  /** Returns the rules for official images, for `findImage()`. */
  override async imageRules(): Promise<ImageRuleList> {
    const { default: data } = await import("../../data/digitalocean.json", {
      with: { type: "json" },
    });
    return data.images;
  }

  /** Lists the regions. */
  override listLocations(
    options: ListOptions = {},
  ): Listing<DigitalOceanLocation> {
    return this.#api.list(
      "listLocations",
      "/v2/regions",
      "regions",
      toLocation,
      options,
    );
  }

  /**
   * Creates a node. Resolves when the node has an id. At that time, the node
   * has no IP address yet. If you pass no key pair, DigitalOcean sends a root
   * password by email.
   *
   * @param options The node to create. `auth` and `idempotencyKey` are
   *   rejected. Instead of `auth`, import a key with `importKeyPair()`, and
   *   pass it in `keyPairs`. If you pass `firewalls`, `timeoutMs` limits all
   *   requests together.
   * @returns The node, in state `"pending"`.
   * @throws {TypeError} If an option is invalid or not supported.
   * @throws {RangeError} If `userData` is longer than 64 KiB.
   * @throws {CloudError} If the request fails. If `mayHaveBeenApplied` is
   *   `true`, the node may exist and be billed. If the node was created but a
   *   firewall was not assigned, `nodeOf(error)` returns the node.
   */
  override async createNode(
    options: DigitalOceanCreateNodeOptions,
  ): Promise<DigitalOceanNode> {
    const operation = "createNode";
    const form = toDropletForm(options);
    const firewalls = idsOf(options.firewalls, operation, "firewalls") ?? [];
    const secrets = form.user_data === undefined ? [] : [form.user_data];
    return await sequence(
      this.#about(operation),
      options,
      async ({ call, write }) => {
        const created = await write(() =>
          this.#api.create(
            operation,
            "/v2/droplets",
            field("droplet", toNode),
            { ...call, secrets },
            form,
          ), "node");
        const node = this.noteCreated(created);
        for (const firewall of firewalls) {
          await this.#sendFirewallNode(operation, "POST", firewall, {
            ...call,
            node,
          });
        }
        return node;
      },
    );
  }

  /**
   * Restarts a node. With `force`, data that is not yet written to the disk is
   * lost.
   */
  override async rebootNode(
    node: Ref,
    options: DigitalOceanStopOptions = {},
  ): Promise<void> {
    const type = options.force ? "power_cycle" : "reboot";
    await this.#sendNodeAction("rebootNode", node, options, { type });
  }

  /**
   * Destroys a node. All data on its disk is lost. Volumes and snapshots are
   * kept, and DigitalOcean continues to bill them.
   */
  override async destroyNode(
    node: Ref,
    options: CallOptions = {},
  ): Promise<void> {
    const droplet = path`/v2/droplets/${{ node }}`;
    const call = { ...options, mayBeUnknown: this.isYoung(node) };
    await this.#api.send("destroyNode", "DELETE", droplet, call);
    this.noteDestroyed(node);
  }

  /** Starts a stopped node. */
  async startNode(node: Ref, options: CallOptions = {}): Promise<void> {
    const type = "power_on";
    await this.#sendNodeAction("startNode", node, options, { type });
  }

  /** Stops a running node. DigitalOcean continues to bill stopped nodes. */
  async stopNode(
    node: Ref,
    options: DigitalOceanStopOptions = {},
  ): Promise<void> {
    const type = options.force ? "power_off" : "shutdown";
    await this.#sendNodeAction("stopNode", node, options, { type });
  }

  /** Renames a node. */
  async renameNode(node: Ref, options: RenameNodeOptions): Promise<void> {
    const operation = "renameNode";
    const name = checkText(options.name, operation, "name");
    const form = { type: "rename", name };
    await this.#sendNodeAction(operation, node, options, form);
  }

  /** Resizes a node. The node must be stopped. */
  async resizeNode(
    node: Ref,
    options: DigitalOceanResizeNodeOptions,
  ): Promise<void> {
    const operation = "resizeNode";
    await this.#sendNodeAction(operation, node, options, {
      type: "resize",
      size: idOf(options.size, operation, "size"),
      disk: options.disk,
    });
  }

  /**
   * Lists the key pairs of the account. DigitalOcean accepts 10 of these
   * requests per minute.
   */
  listKeyPairs(options: ListOptions = {}): Listing<KeyPair> {
    return this.#api.list(
      "listKeyPairs",
      "/v2/account/keys",
      "ssh_keys",
      toKeyPair,
      options,
    );
  }

  /**
   * Gets one key pair.
   *
   * @param keyPair The key pair, its id or its fingerprint.
   * @param options Options of the call.
   * @returns The key pair.
   * @throws {NotFoundError} If no key pair has that id or fingerprint.
   */
  async getKeyPair(keyPair: Ref, options: CallOptions = {}): Promise<KeyPair> {
    return await this.#api.get(
      "getKeyPair",
      path`/v2/account/keys/${{ keyPair }}`,
      field("ssh_key", toKeyPair),
      options,
    );
  }

  /**
   * Uploads a public key.
   *
   * @param options Name and public key.
   * @returns The key pair.
   * @throws {TypeError} If `name` or `publicKey` is invalid.
   */
  async importKeyPair(options: ImportKeyPairOptions): Promise<KeyPair> {
    const operation = "importKeyPair";
    return await this.#api.create(
      operation,
      "/v2/account/keys",
      field("ssh_key", toKeyPair),
      options,
      {
        name: checkText(options.name, operation, "name"),
        public_key: checkPublicKey(options.publicKey, operation),
      },
    );
  }

  /**
   * Deletes a key pair. Nodes that use it keep the key.
   *
   * @param keyPair The key pair, its id or its fingerprint.
   * @param options Options of the call.
   */
  async deleteKeyPair(keyPair: Ref, options: CallOptions = {}): Promise<void> {
    const key = path`/v2/account/keys/${{ keyPair }}`;
    await this.#api.send("deleteKeyPair", "DELETE", key, options);
  }

  /**
   * Gets one image.
   *
   * @param image The image, its id or its slug.
   * @param options Options of the call.
   * @returns The image.
   * @throws {NotFoundError} If no image has that id or slug.
   */
  async getImage(
    image: Ref,
    options: CallOptions = {},
  ): Promise<DigitalOceanImage> {
    return await this.#readImage("getImage", image, options);
  }

  /**
   * Creates an image of a node, and waits until it is complete. DigitalOcean does
   * not return the id of the image. Therefore the driver lists the snapshots of
   * the node before and afterwards, and returns the new one with this name.
   *
   * @param node The node. To get a consistent image, stop the node first.
   * @param options Name of the image. `description` is rejected. The default of
   *   `timeoutMs` is 10 minutes, for all requests together.
   * @returns The image.
   * @throws {TypeError} If an option is invalid or not supported.
   * @throws {CloudError} If the action fails. If DigitalOcean accepted the
   *   action, the property `action` of the error holds it. If the image was
   *   found, `imageOf(error)` returns it.
   * @throws {AbortedError} If `signal` aborts after DigitalOcean accepted the
   *   action.
   * @throws {TimeoutError} If the time limit is reached.
   */
  async createImage(
    node: Ref,
    options: DigitalOceanCreateImageOptions,
  ): Promise<DigitalOceanImage> {
    const operation = "createImage";
    refuse(operation, DISPLAY_NAME, options, { description: "" });
    const name = checkText(options.name, operation, "name");
    const actions = path`/v2/droplets/${{ node }}/actions`;
    const form = { type: "snapshot", name };
    return await this.#runAction(operation, options, async (sequence) => {
      const { call, keep, poll } = sequence;
      const snapshots = this.#snapshotsOf(operation, node, call);
      const before = new Set((await snapshots).map(({ id }) => id));
      await this.#completeAction(operation, actions, form, sequence);
      // The list may lag behind the action.
      const snapshot = await poll(async () =>
        (await snapshots).find((it) => it.name === name && !before.has(it.id))
      );
      const { id, extra } = snapshot;
      keep("image", { id, name, extra });
      return await poll(() => this.#readImage(operation, id, call));
    });
  }

  /**
   * Makes an image available in another location, and waits until the image is
   * available there. The image keeps its id, and stays available in its other
   * locations.
   *
   * @param image The image or its id.
   * @param options The location. `name` is rejected. The default of `timeoutMs`
   *   is 10 minutes, for all requests together.
   * @returns The image.
   * @throws {TypeError} If an option is invalid or not supported.
   * @throws {CloudError} If the action fails. If DigitalOcean accepted the
   *   action, the property `action` of the error holds it.
   * @throws {TimeoutError} If the time limit is reached.
   */
  async copyImage(
    image: Ref,
    options: DigitalOceanCopyImageOptions,
  ): Promise<DigitalOceanImage> {
    const operation = "copyImage";
    refuse(operation, DISPLAY_NAME, options, { name: "" });
    const region = idOf(options.location, operation, "location");
    const actions = path`/v2/images/${{ image }}/actions`;
    const form = { type: "transfer", region };
    return await this.#runAction(operation, options, async (sequence) => {
      await this.#completeAction(operation, actions, form, sequence);
      return await this.#readImage(operation, image, sequence.call);
    });
  }

  /**
   * Deletes an image of the account. Its data is lost.
   *
   * @param image The image or its id. A slug is not accepted.
   * @param options Options of the call.
   */
  async deleteImage(image: Ref, options: CallOptions = {}): Promise<void> {
    const target = path`/v2/images/${{ image }}`;
    await this.#api.send("deleteImage", "DELETE", target, options);
  }

  /** Lists the volumes of the account. */
  listVolumes(options: ListOptions = {}): Listing<DigitalOceanVolume> {
    return this.#api.list(
      "listVolumes",
      "/v2/volumes",
      "volumes",
      toVolume,
      options,
    );
  }

  /**
   * Creates a volume.
   *
   * @param options The volume to create. `location` is required.
   * @returns The volume.
   * @throws {TypeError} If an option is missing or invalid.
   * @throws {RangeError} If `sizeGb` is not an integer from 1 to 16384.
   */
  async createVolume(
    options: DigitalOceanCreateVolumeOptions,
  ): Promise<DigitalOceanVolume> {
    return await this.#api.create(
      "createVolume",
      "/v2/volumes",
      field("volume", toVolume),
      options,
      toVolumeForm(options),
    );
  }

  /**
   * Attaches a volume to a node in the same location.
   *
   * @param volume The volume or its id.
   * @param options The node. `device` is rejected.
   * @throws {TypeError} If an option is invalid or not supported.
   */
  async attachVolume(
    volume: Ref,
    options: AttachVolumeOptions,
  ): Promise<void> {
    const operation = "attachVolume";
    refuse(operation, DISPLAY_NAME, options, { device: "" });
    const form = {
      type: "attach",
      droplet_id: idJson(options.node, operation, "node"),
    };
    await this.#sendVolumeAction(operation, volume, options, form);
  }

  /**
   * Detaches a volume. DigitalOcean requires the id of the node. If this id is
   * neither in the options nor in the record of the volume, the driver requests
   * the volume first.
   *
   * @param volume The volume or its id.
   * @param options The node that the volume is attached to, if you know it.
   * @throws {ConflictError} If the volume is not attached to a node.
   */
  async detachVolume(
    volume: Ref,
    options: DigitalOceanDetachVolumeOptions = {},
  ): Promise<void> {
    const operation = "detachVolume";
    idOf(volume, operation, "volume");
    // The record of an attached volume contains the id of the node.
    const known = options.node ?? (volume as Partial<Volume>).nodeId;
    const nodeId = given(known, (node) => idJson(node, operation, "node"));
    await sequence(
      this.#about(operation),
      options,
      async ({ call, write }) => {
        const form = {
          type: "detach",
          droplet_id: nodeId ??
            await this.#findNodeOfVolume(operation, volume, call),
        };
        await write(() =>
          this.#sendVolumeAction(operation, volume, call, form)
        );
      },
    );
  }

  /** Destroys a volume. All its data is lost. Detach the volume first. */
  async destroyVolume(volume: Ref, options: CallOptions = {}): Promise<void> {
    const target = path`/v2/volumes/${{ volume }}`;
    await this.#api.send("destroyVolume", "DELETE", target, options);
  }

  /**
   * Lists snapshots of volumes.
   *
   * @param volume The volume or its id. If absent, the snapshots of all volumes
   *   are listed.
   * @param options Options of the list.
   * @returns The snapshots.
   */
  listVolumeSnapshots(
    volume?: Ref,
    options: ListOptions = {},
  ): Listing<DigitalOceanVolumeSnapshot> {
    const isOfAllVolumes = volume === undefined;
    const snapshots = isOfAllVolumes
      ? "/v2/snapshots"
      : path`/v2/volumes/${{ volume }}/snapshots`;
    const params = { resource_type: isOfAllVolumes ? "volume" : undefined };
    return this.#api.list(
      "listVolumeSnapshots",
      snapshots,
      "snapshots",
      toSnapshot,
      options,
      { params },
    );
  }

  /**
   * Creates a snapshot of a volume.
   *
   * @param volume The volume or its id.
   * @param options Name of the snapshot. The default is `"snapshot-"`, followed
   *   by the current time.
   * @returns The snapshot.
   * @throws {TypeError} If `name` is invalid.
   */
  async createVolumeSnapshot(
    volume: Ref,
    options: CreateVolumeSnapshotOptions = {},
  ): Promise<DigitalOceanVolumeSnapshot> {
    const operation = "createVolumeSnapshot";
    // DigitalOcean requires a name.
    const { name = `snapshot-${new Date().toISOString()}` } = options;
    return await this.#api.create(
      operation,
      path`/v2/volumes/${{ volume }}/snapshots`,
      field("snapshot", toSnapshot),
      options,
      { name: checkText(name, operation, "name") },
    );
  }

  /** Destroys a snapshot of a volume. Its data is lost. */
  async destroyVolumeSnapshot(
    snapshot: Ref,
    options: CallOptions = {},
  ): Promise<void> {
    const target = path`/v2/snapshots/${{ snapshot }}`;
    await this.#api.send("destroyVolumeSnapshot", "DELETE", target, options);
  }

  /**
   * Enlarges a volume. This cannot be undone. Afterwards, enlarge the file
   * system yourself.
   *
   * @param volume The volume or its id.
   * @param options The new capacity.
   * @returns The action.
   * @throws {TypeError} If `sizeGb` is missing.
   * @throws {RangeError} If `sizeGb` is not an integer from 1 to 16384.
   */
  async resizeVolume(
    volume: Ref,
    options: DigitalOceanResizeVolumeOptions,
  ): Promise<DigitalOceanAction> {
    const operation = "resizeVolume";
    return await this.#sendVolumeAction(operation, volume, options, {
      type: "resize",
      size_gigabytes: checkSize(options.sizeGb, operation, MAX_VOLUME_GB),
    });
  }

  /**
   * Rebuilds a node from an image. All data on its disk is lost. Its IP
   * addresses are kept.
   *
   * @param node The node or its id.
   * @param options The image.
   * @returns The action.
   */
  async rebuildNode(
    node: Ref,
    options: DigitalOceanRebuildNodeOptions,
  ): Promise<DigitalOceanAction> {
    const operation = "rebuildNode";
    return await this.#sendNodeAction(operation, node, options, {
      type: "rebuild",
      image: idJson(options.image, operation, "image"),
    });
  }

  /**
   * Sets a new root password, and restarts the node. DigitalOcean sends the
   * password by email to the owner of the account.
   *
   * @param node The node or its id.
   * @param options Options of the call.
   * @returns The action.
   */
  async resetPassword(
    node: Ref,
    options: CallOptions = {},
  ): Promise<DigitalOceanAction> {
    const type = "password_reset";
    return await this.#sendNodeAction("resetPassword", node, options, {
      type,
    });
  }

  /**
   * Starts any action on a node. Some actions delete data: `"rebuild"` and
   * `"restore"` overwrite the disk.
   *
   * @param node The node or its id.
   * @param options Type of the action, and the fields that it needs.
   * @returns The action. Pass it to `waitForAction()`.
   * @throws {TypeError} If `type` is not a non-empty string, or `fields` contains
   *   `type`.
   * @see {@link https://docs.digitalocean.com/reference/api/digitalocean/#tag/Droplet-Actions | Droplet actions}
   */
  async startAction(
    node: Ref,
    options: DigitalOceanStartActionOptions,
  ): Promise<DigitalOceanAction> {
    const operation = "startAction";
    const type = checkText(options.type, operation, "type");
    const { fields = {} } = options;
    if ("type" in fields) {
      throw mistake(operation, "fields", "fields other than type", fields);
    }
    const form = { ...fields, type };
    return await this.#sendNodeAction(operation, node, options, form);
  }

  /** Lists the actions of the account or of one node, the newest first. */
  listActions(
    options: DigitalOceanListActionsOptions = {},
  ): Listing<DigitalOceanAction> {
    const { node } = options;
    const actions = node === undefined
      ? "/v2/actions"
      : path`/v2/droplets/${{ node }}/actions`;
    return this.#api.list("listActions", actions, "actions", toAction, options);
  }

  /**
   * Gets one action, on any kind of resource.
   *
   * @param action The action or its id.
   * @param options Options of the call.
   * @returns The action.
   * @throws {NotFoundError} If no action has that id.
   */
  async getAction(
    action: Ref,
    options: CallOptions = {},
  ): Promise<DigitalOceanAction> {
    return await this.#readAction("getAction", action, options);
  }

  /**
   * Waits until an action is completed.
   *
   * @param action The action or its id.
   * @param options Polling interval and time limit. The default time limit is 10
   *   minutes.
   * @returns The completed action.
   * @throws {CloudError} If the action fails: its status is `"errored"`.
   * @throws {TimeoutError} If the time limit is reached.
   */
  async waitForAction(
    action: Ref,
    options: PollOptions = {},
  ): Promise<DigitalOceanAction> {
    const operation = "waitForAction";
    const id = idOf(action, operation, "action");
    const about = {
      ...this.#about(operation),
      describe: () => `action ${id} is not completed`,
    };
    return await poll(
      about,
      options,
      (call) => this.#readIfCompleted(operation, id, call),
    );
  }

  /** Lists the tags of the account. */
  listTags(options: ListOptions = {}): Listing<DigitalOceanTag> {
    return this.#api.list("listTags", "/v2/tags", "tags", toTag, options);
  }

  /**
   * Creates a tag. You do not need this method before `createNode()`, because
   * `createNode()` creates missing tags.
   *
   * @param options Name of the tag.
   * @returns The tag.
   * @throws {TypeError} If `name` is invalid.
   */
  async createTag(
    options: DigitalOceanCreateTagOptions,
  ): Promise<DigitalOceanTag> {
    const operation = "createTag";
    return await this.#api.create(
      operation,
      "/v2/tags",
      field("tag", toTag),
      options,
      { name: checkText(options.name, operation, "name") },
    );
  }

  /** Deletes a tag, and removes it from all resources that have it. */
  async deleteTag(tag: Ref, options: CallOptions = {}): Promise<void> {
    const target = path`/v2/tags/${{ tag }}`;
    await this.#api.send("deleteTag", "DELETE", target, options);
  }

  /** Adds a tag to a node. */
  async tagNode(node: Ref, options: DigitalOceanTagNodeOptions): Promise<void> {
    await this.#sendTagNode("tagNode", "POST", node, options);
  }

  /** Removes a tag from a node. */
  async untagNode(
    node: Ref,
    options: DigitalOceanTagNodeOptions,
  ): Promise<void> {
    await this.#sendTagNode("untagNode", "DELETE", node, options);
  }

  /** Lists the reserved IP addresses of the account. */
  listReservedIps(options: ListOptions = {}): Listing<DigitalOceanReservedIp> {
    return this.#api.list(
      "listReservedIps",
      "/v2/reserved_ips",
      "reserved_ips",
      toReservedIp,
      options,
    );
  }

  /**
   * Reserves an IP address for a node or in a location. If a reserved IP
   * address is not assigned to a node, DigitalOcean bills it.
   *
   * @param options The node or the location.
   * @returns The reserved IP address.
   * @throws {TypeError} If both or neither of `node` and `location` are given.
   */
  async createReservedIp(
    options: DigitalOceanCreateReservedIpOptions,
  ): Promise<DigitalOceanReservedIp> {
    const operation = "createReservedIp";
    const { node, location } = options;
    if ((node === undefined) === (location === undefined)) {
      throw new TypeError(
        `${operation}: exactly one of node and location must be given`,
      );
    }
    return await this.#api.create(
      operation,
      "/v2/reserved_ips",
      field("reserved_ip", toReservedIp),
      options,
      {
        droplet_id: given(node, (node) => idJson(node, operation, "node")),
        region: given(location, (it) => idOf(it, operation, "location")),
      },
    );
  }

  /**
   * Assigns a reserved IP address to a node in the same location.
   *
   * @param reservedIp The address, or its record.
   * @param options The node.
   * @returns The action.
   */
  async assignReservedIp(
    reservedIp: Ref,
    options: DigitalOceanAssignOptions,
  ): Promise<DigitalOceanAction> {
    const operation = "assignReservedIp";
    return await this.#sendAction(
      operation,
      path`/v2/reserved_ips/${{ reservedIp }}/actions`,
      options,
      { type: "assign", droplet_id: idJson(options.node, operation, "node") },
    );
  }

  /**
   * Unassigns a reserved IP address from its node. DigitalOcean then bills the
   * address, because it stays reserved.
   *
   * @param reservedIp The address, or its record.
   * @param options Options of the call.
   * @returns The action.
   */
  async unassignReservedIp(
    reservedIp: Ref,
    options: CallOptions = {},
  ): Promise<DigitalOceanAction> {
    return await this.#sendAction(
      "unassignReservedIp",
      path`/v2/reserved_ips/${{ reservedIp }}/actions`,
      options,
      { type: "unassign" },
    );
  }

  /**
   * Releases a reserved IP address. The address is lost: you cannot rely on
   * getting it again.
   *
   * @param reservedIp The address, or its record.
   * @param options Options of the call.
   */
  async releaseReservedIp(
    reservedIp: Ref,
    options: CallOptions = {},
  ): Promise<void> {
    const target = path`/v2/reserved_ips/${{ reservedIp }}`;
    await this.#api.send("releaseReservedIp", "DELETE", target, options);
  }

  /** Lists the firewalls of the account. */
  listFirewalls(options: ListOptions = {}): Listing<DigitalOceanFirewall> {
    return this.#api.list(
      "listFirewalls",
      "/v2/firewalls",
      "firewalls",
      toFirewall,
      options,
    );
  }

  /** Assigns a firewall to a node. */
  async assignFirewall(
    firewall: Ref,
    options: DigitalOceanAssignOptions,
  ): Promise<void> {
    await this.#sendFirewallNode("assignFirewall", "POST", firewall, options);
  }

  /** Unassigns a firewall from a node. */
  async unassignFirewall(
    firewall: Ref,
    options: DigitalOceanAssignOptions,
  ): Promise<void> {
    const operation = "unassignFirewall";
    await this.#sendFirewallNode(operation, "DELETE", firewall, options);
  }

  /** Gets the account of the token. Use this method to check a token. */
  async getAccount(options: CallOptions = {}): Promise<DigitalOceanAccount> {
    return await this.#api.get(
      "getAccount",
      "/v2/account",
      field("account", toAccount),
      options,
    );
  }

  /** Requests one node. */
  protected override async readNode(
    operation: string,
    node: Ref,
    options: CallOptions,
  ): Promise<DigitalOceanNode> {
    return await this.#api.get(
      operation,
      path`/v2/droplets/${{ node }}`,
      field("droplet", toNode),
      options,
    );
  }

  /** Requests several nodes, and rejects if the creation of one has failed. */
  protected override async readNodes(
    operation: string,
    ids: readonly string[],
    options: CallOptions,
  ): Promise<DigitalOceanNode[]> {
    const nodes = await super.readNodes(operation, ids, options);
    for (const node of nodes) {
      // While DigitalOcean creates a droplet, the droplet is locked. If that
      // fails, the droplet stays "new" for ever.
      const isIdle = node.state === "pending" && !node.extra.isLocked;
      if (isIdle) await this.#checkCreation(operation, node, options);
    }
    return nodes;
  }

  /** Rejects if the action that creates a node has failed. */
  async #checkCreation(
    operation: string,
    node: DigitalOceanNode,
    options: CallOptions,
  ): Promise<void> {
    const actions = path`/v2/droplets/${{ node }}/actions`;
    const list = this.#api.list(
      operation,
      actions,
      "actions",
      toAction,
      options,
    );
    const creation = (await list).find(({ type }) => type === "create");
    if (creation?.status !== "errored") return;
    throw new NodeFailedError(
      `${operation}: the creation of node ${oneLine(node.id)} failed: ` +
        `action ${oneLine(creation.id)} has status "errored"`,
      { ...this.#about(operation), node },
    );
  }

  #about(operation: string) {
    return { provider: this.provider, operation };
  }

  async #readImage(
    operation: string,
    image: Ref,
    options: CallOptions,
  ): Promise<DigitalOceanImage> {
    return await this.#api.get(
      operation,
      path`/v2/images/${{ image }}`,
      field("image", toImage),
      options,
    );
  }

  async #readAction(
    operation: string,
    action: Ref,
    options: CallOptions,
  ): Promise<DigitalOceanAction> {
    return await this.#api.get(
      operation,
      path`/v2/actions/${{ action }}`,
      toAction,
      options,
    );
  }

  /** Starts an action. */
  async #sendAction(
    operation: string,
    actions: Path,
    options: CallOptions,
    form: ActionForm,
  ): Promise<DigitalOceanAction> {
    const call = { ...options, creates: form.type === "snapshot" };
    return await this.#api.create(operation, actions, toAction, call, form);
  }

  /** Starts an action on a node. */
  async #sendNodeAction(
    operation: string,
    node: Ref,
    options: CallOptions,
    form: ActionForm,
  ): Promise<DigitalOceanAction> {
    const actions = path`/v2/droplets/${{ node }}/actions`;
    return await this.#sendAction(operation, actions, options, form);
  }

  /** Starts an action on a volume. */
  async #sendVolumeAction(
    operation: string,
    volume: Ref,
    options: CallOptions,
    form: ActionForm,
  ): Promise<DigitalOceanAction> {
    const actions = path`/v2/volumes/${{ volume }}/actions`;
    return await this.#sendAction(operation, actions, options, form);
  }

  /** Gets an action, or `undefined` if it is still in progress. */
  async #readIfCompleted(
    operation: string,
    action: Ref,
    options: CallOptions,
  ): Promise<DigitalOceanAction | undefined> {
    const current = await this.#readAction(operation, action, options);
    if (current.status === "errored") {
      throw new CloudError(
        `${operation}: action ${oneLine(current.id)} has status "errored"`,
        this.#about(operation),
      );
    }
    return current.status === "completed" ? current : undefined;
  }

  /** Sends requests around an action, by default within 10 minutes. */
  async #runAction<T>(
    operation: string,
    options: PollOptions,
    run: (sequence: Sequence) => Promise<T>,
  ): Promise<T> {
    const { timeoutMs = WAIT_MS } = options;
    return await sequence(
      this.#about(operation),
      { ...options, timeoutMs },
      run,
    );
  }

  /** Starts an action, and waits until it is completed. */
  async #completeAction(
    operation: string,
    actions: Path,
    form: ActionForm,
    { call, write, poll }: Sequence,
  ): Promise<void> {
    const action = await write(
      () => this.#sendAction(operation, actions, call, form),
      "action",
    );
    await poll(() => this.#readIfCompleted(operation, action, call));
  }

  #snapshotsOf(
    operation: string,
    node: Ref,
    options: CallOptions,
  ): Listing<DigitalOceanVolumeSnapshot> {
    const snapshots = path`/v2/droplets/${{ node }}/snapshots`;
    return this.#api.list(
      operation,
      snapshots,
      "snapshots",
      toSnapshot,
      options,
    );
  }

  /** Finds the id of the node that a volume is attached to. */
  async #findNodeOfVolume(
    operation: string,
    volume: Ref,
    options: CallOptions,
  ): Promise<string | number> {
    const response = await this.connection.request<{ volume: VolumeJson }>(
      path`/v2/volumes/${{ volume }}`,
      { ...options, operation },
    );
    const { id, nodeId } = response.read(({ volume }) => toVolume(volume));
    if (nodeId) return idJson(nodeId, operation, "node");
    throw response.error(
      `volume ${oneLine(id)} is not attached to a node`,
      ConflictError,
    );
  }

  /** Adds a tag to a node, or removes a tag from it. */
  async #sendTagNode(
    operation: string,
    method: "POST" | "DELETE",
    node: Ref,
    options: DigitalOceanTagNodeOptions,
  ): Promise<void> {
    const { tag } = options;
    const resources = path`/v2/tags/${{ tag }}/resources`;
    await this.#api.send(operation, method, resources, options, {
      resources: [{
        resource_id: idOf(node, operation, "node"),
        resource_type: "droplet",
      }],
    });
  }

  /** Assigns a firewall to a node, or unassigns it from the node. */
  async #sendFirewallNode(
    operation: string,
    method: "POST" | "DELETE",
    firewall: Ref,
    options: DigitalOceanAssignOptions,
  ): Promise<void> {
    const droplets = path`/v2/firewalls/${{ firewall }}/droplets`;
    await this.#api.send(operation, method, droplets, options, {
      droplet_ids: [idJson(options.node, operation, "node")],
    });
  }
}
