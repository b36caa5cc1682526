/**
 * OpenStack: virtual machines, images and volumes of any cloud that runs Nova,
 * Glance and Cinder. Networks are in `drivers/openstack/network`.
 *
 * ```ts
 * import { OpenStackNodeDriver } from "@nephos/nephos/drivers/openstack";
 * import { OpenStackSimulator } from "@nephos/nephos/simulators/openstack";
 *
 * const { credentials, fetch } = new OpenStackSimulator();
 * const openstack = new OpenStackNodeDriver({ ...credentials, fetch });
 * const [size] = await openstack.listSizes();
 * const [image] = await openstack.listImages();
 * if (size && image) {
 *   const node = await openstack.createNode({ name: "web-1", size, image });
 *   console.log(node.id, node.state); // "pending"
 * }
 * ```
 *
 * @see {@link https://docs.openstack.org/api-ref/compute/ | Compute API of OpenStack}
 *
 * @module
 */

import {
  type ApiResponse,
  type CallOptions,
  checkNumber,
  checkSecret,
  checkText,
  choose,
  ConflictError,
  type Connection,
  type EnvironmentVariable,
  field,
  given,
  idOf,
  JsonKind,
  type JsonWriteOptions,
  type Listing,
  type ListOptions,
  oneLine,
  type Path,
  path,
  type PollOptions,
  type Ref,
  type Sequence,
  sequence,
  toId,
  toOptionalId,
  toText,
  WAIT_MS,
} from "../../core/mod.ts";
import {
  type AttachVolumeOptions,
  checkPublicKey,
  checkSize,
  checkSomeTags,
  checkTags,
  type CreateKeyPairOptions,
  hasTags,
  type ImageRuleList,
  type Images,
  type ImportKeyPairOptions,
  type KeyPairs,
  NodeDriver,
  NodeFailedError,
  type PowerControl,
  type RenameNodeOptions,
  type Renaming,
  type Resizing,
  type Snapshots,
  type TakesUserData,
  type UserDataSupport,
  type Volumes,
} from "../../core/compute/mod.ts";
import { OpenStackApi, PAGES, UNSIZED_PAGES } from "./_api.ts";
import {
  OpenStackCloud,
  type OpenStackComputeConnection,
  type OpenStackFeature,
  type OpenStackOptions,
  VARIABLES,
} from "./_connection.ts";
import {
  checkServerTags,
  type CreateForm,
  type Feature,
  featuresOf,
  NETWORKS,
  toCreateForm,
  USER_DATA,
} from "./_forms.ts";
import type { CreatedJson, ServerJson, VolumeJson } from "./_json.ts";
import type {
  OpenStackChangePasswordOptions,
  OpenStackConsoleLogOptions,
  OpenStackConsoleUrlOptions,
  OpenStackCreateImageOptions,
  OpenStackCreateNodeOptions,
  OpenStackCreateServerGroupOptions,
  OpenStackCreateVolumeOptions,
  OpenStackCreateVolumeSnapshotOptions,
  OpenStackDeleteTagOptions,
  OpenStackDetachVolumeOptions,
  OpenStackListImagesOptions,
  OpenStackListNodesOptions,
  OpenStackListSizesOptions,
  OpenStackRebootOptions,
  OpenStackRebuildNodeOptions,
  OpenStackRescueNodeOptions,
  OpenStackResizeNodeOptions,
  OpenStackResizeVolumeOptions,
  OpenStackServerTagsOptions,
  OpenStackTagsOptions,
} from "./_options.ts";
import {
  type OpenStackAction,
  type OpenStackImage,
  type OpenStackKeyPair,
  type OpenStackLimits,
  type OpenStackLocation,
  type OpenStackNode,
  type OpenStackPassword,
  type OpenStackQuotas,
  type OpenStackRegion,
  type OpenStackServerGroup,
  type OpenStackSize,
  type OpenStackVolume,
  type OpenStackVolumeAttachment,
  type OpenStackVolumeSnapshot,
  type OpenStackVolumeType,
  toAction,
  toAttachment,
  toImage,
  toKeyPair,
  toLimits,
  toLocation,
  toNewKeyPair,
  toNode,
  toPassword,
  toQuotas,
  toServerGroup,
  toSize,
  toSnapshot,
  toVolume,
  toVolumeType,
  withPassword,
} from "./_records.ts";

export type {
  OpenStackCloud,
  OpenStackComputeConnection,
  OpenStackConnection,
  OpenStackFeature,
  OpenStackService,
} from "./_connection.ts";
export type {
  OpenStackCloudDescription,
  OpenStackEndpoint,
  OpenStackInterface,
  OpenStackLogin,
  OpenStackOptions,
  OpenStackSession,
} from "./_identity.ts";
export type * from "./_options.ts";
export type {
  OpenStackAction,
  OpenStackAddress,
  OpenStackFault,
  OpenStackImage,
  OpenStackKeyPair,
  OpenStackLimits,
  OpenStackLocation,
  OpenStackNode,
  OpenStackNodeSize,
  OpenStackPassword,
  OpenStackQuotas,
  OpenStackRegion,
  OpenStackServerGroup,
  OpenStackSize,
  OpenStackVolume,
  OpenStackVolumeAttachment,
  OpenStackVolumeSnapshot,
  OpenStackVolumeType,
} from "./_records.ts";

const SIZES = new JsonKind("/flavors", "size", toSize);
const ZONES = new JsonKind("/os-availability-zone", "location", toLocation, {
  plural: "availabilityZoneInfo",
});
// In a list, too, each key pair is in an object of its own.
const KEY_PAIRS = new JsonKind("/os-keypairs", "keyPair", toKeyPair, {
  plural: "keypairs",
  singular: "",
});
const GROUPS = new JsonKind(
  "/os-server-groups",
  "serverGroup",
  toServerGroup,
  { plural: "server_groups" },
);
const IMAGES = new JsonKind("/images", "image", toImage, { singular: "" });
const SNAPSHOTS = new JsonKind("/snapshots", "snapshot", toSnapshot);
const QUOTAS = new JsonKind("/os-quota-sets", "project", toQuotas, {
  singular: "quota_set",
});
const VOLUME_TYPES = new JsonKind("/types", "volumeType", toVolumeType, {
  plural: "volume_types",
});

/** Action that opens a console of a kind. */
const CONSOLES: Readonly<Record<string, string>> = {
  "novnc": "os-getVNCConsole",
  "spice-html5": "os-getSPICEConsole",
  "serial": "os-getSerialConsole",
};

/** The oldest microversion that has a policy of server groups. */
const POLICIES: Readonly<Record<string, string>> = {
  "affinity": "2.1",
  "anti-affinity": "2.1",
  "soft-affinity": "2.15",
  "soft-anti-affinity": "2.15",
};

/**
 * Driver for OpenStack. It works in one project and one region of a cloud.
 *
 * Methods that change a resource resolve when OpenStack has accepted the
 * request. If a change fails later, the state of the node is `"error"`, and
 * `extra.fault` has the reason. Some changes fail without a trace in the record:
 * see `listActions()`.
 *
 * Requests to Nova have microversion 2.46, or the newest one of an older cloud.
 * If a feature needs a newer microversion, only that request has it. You can
 * choose one with the option `microversion`.
 */
export class OpenStackNodeDriver extends NodeDriver<OpenStackNode>
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
  override readonly provider: string = "openstack";
  /** Connection to Nova. Use it for endpoints that this class lacks. */
  override readonly connection: OpenStackComputeConnection;
  /** User data has at most 49149 bytes, which may be compressed. */
  readonly userDataSupport: UserDataSupport = USER_DATA;
  /** Login and service catalogue, for subclasses. */
  protected readonly cloud: OpenStackCloud;
  readonly #nova: OpenStackApi;
  readonly #glance: OpenStackApi;
  readonly #cinder: OpenStackApi;
  readonly #storage: Connection;
  readonly #nodes: JsonKind<ServerJson, OpenStackNode>;
  readonly #volumes: JsonKind<VolumeJson, OpenStackVolume>;

  /**
   * Creates a driver. Nothing is sent until the first call.
   *
   * @param options Credentials and settings.
   * @param owner Name of the class that the caller creates, for errors.
   * @param cloud Login of a cloud that does not use Keystone as OpenStack does.
   * @throws {TypeError} If an option is missing or invalid.
   */
  constructor(
    options: OpenStackOptions,
    owner = "OpenStackNodeDriver",
    cloud: OpenStackCloud = new OpenStackCloud(options, owner),
  ) {
    super();
    this.cloud = cloud;
    this.connection = cloud.connect("compute");
    this.#nova = new OpenStackApi(this.connection, PAGES);
    this.#glance = new OpenStackApi(cloud.connect("image"), PAGES);
    this.#storage = cloud.connect("block-storage");
    this.#cinder = new OpenStackApi(this.#storage, PAGES);
    const { locationId } = cloud;
    this.#nodes = new JsonKind(
      "/servers",
      "node",
      (server) => toNode(server, locationId),
    );
    this.#volumes = new JsonKind(
      "/volumes",
      "volume",
      (volume) => toVolume(volume, locationId),
    );
  }

  /**
   * Lists the nodes of the project, at most 1000 per page. With `tags`, all nodes
   * are read, because only administrators can search for metadata.
   */
  override listNodes(
    options: OpenStackListNodesOptions = {},
  ): Listing<OpenStackNode> {
    const operation = "listNodes";
    const { name, status, changedSince, allProjects } = options;
    const tags = given(
      options.tags,
      (tags) => checkTags(checkSomeTags(tags, operation), operation),
    );
    const serverTags = given(
      options.serverTags,
      (tags) => checkServerTags(tags, operation),
    );
    return this.#nova.detailsOf(operation, this.#nodes, options, {
      params: {
        name,
        status,
        "tags": serverTags?.join(),
        "changes-since": changedSince,
        "all_tenants": allProjects,
      },
      // Clouds without server tags ignore the parameter.
      keep: (tags || serverTags) &&
        (({ tags: own, extra }) =>
          hasTags(own, tags ?? {}) &&
          (serverTags ?? []).every((tag) => extra.serverTags.includes(tag))),
    });
  }

  /** Lists the sizes that the project may use. OpenStack has no prices. */
  override listSizes(
    options: OpenStackListSizesOptions = {},
  ): Listing<OpenStackSize> {
    const { isPublic } = options;
    // "none" means: whether it is public or not.
    const params = { is_public: isPublic === "all" ? "none" : isPublic };
    return this.#nova.detailsOf("listSizes", SIZES, options, { params });
  }

  /** Lists the images that the project may use. */
  override listImages(
    options: OpenStackListImagesOptions = {},
  ): Listing<OpenStackImage> {
    const { name, status, visibility } = options;
    const params = { name, status, visibility };
    return this.#glance.listOf("listImages", IMAGES, options, { params });
  }

  /** Returns the rules for official images, for `findImage()`. */
  override async imageRules(): Promise<ImageRuleList> {
    const { default: data } = await import("../../data/openstack.json", {
      with: { type: "json" },
    });
    return data.images;
  }

  /** Lists the availability zones of the region; see also `getRegions()`. */
  override listLocations(
    options: ListOptions = {},
  ): Listing<OpenStackLocation> {
    const pages = UNSIZED_PAGES;
    return this.#nova.listOf("listLocations", ZONES, options, { pages });
  }

  /**
   * Creates a node, and reads it. Resolves when the node has an id. If the cloud
   * sets passwords, that of the administrator is in `rootPassword` of this
   * result only. It is your `auth.password`, or else a generated one.
   *
   * @param options The node to create. `auth.sshKey` and `idempotencyKey` are
   *   rejected. Instead of `auth.sshKey`, import a key with `importKeyPair()`,
   *   and pass its name in `keyPairs`. `timeoutMs` limits all requests together.
   * @returns The node, in state `"pending"`.
   * @throws {TypeError} If an option is invalid or not supported, or the cloud is
   *   too old for it.
   * @throws {RangeError} If `userData` is longer than 49149 bytes.
   * @throws {CloudError} If the request fails. If the node was created but could
   *   not be read, `nodeOf(error)` returns the node, without `rootPassword`.
   */
  override async createNode(
    options: OpenStackCreateNodeOptions,
  ): Promise<OpenStackNode> {
    const operation = "createNode";
    const { form, secrets } = toCreateForm(options, this.displayName);
    return await this.#sequence(
      operation,
      this.#nodes.path,
      options,
      async (calls) => {
        const { call, write, keep, deadline: { signal } } = calls;
        const data = await this.#withNetworks(form, signal);
        const features = featuresOf(data.server);
        const headers = await this.#headersFor(operation, features, signal);
        const convert = field("server", toCreated);
        const { id, adminPass } = await write((call) => {
          const create = { ...call, headers, secrets };
          return this.#nova.create(
            operation,
            this.#nodes.path,
            convert,
            create,
            data,
          );
        });
        const node = toNewNode(id, data, this.cloud.locationId);
        keep("node", this.noteCreated(node));
        return withPassword(
          await this.readNode(operation, id, call),
          adminPass,
        );
      },
    );
  }

  /**
   * Restarts a node. With `force`, data that is not yet written to the disk is
   * lost.
   */
  override async rebootNode(
    node: Ref,
    options: OpenStackRebootOptions = {},
  ): Promise<void> {
    const type = options.force ? "HARD" : "SOFT";
    await this.#act("rebootNode", node, options, { reboot: { type } });
  }

  /**
   * Destroys a node. All data on its disk is lost. Volumes are kept, except those
   * that are to be destroyed with the node.
   */
  override async destroyNode(
    node: Ref,
    options: CallOptions = {},
  ): Promise<void> {
    const call = { ...options, mayBeUnknown: this.isYoung(node) };
    await this.#nova.deleteOf("destroyNode", this.#nodes, node, call);
    this.noteDestroyed(node);
  }

  /** Starts a stopped node. */
  async startNode(node: Ref, options: CallOptions = {}): Promise<void> {
    await this.#act("startNode", node, options, { "os-start": null });
  }

  /**
   * Stops a running node: its operating system gets a signal to shut down. If it
   * does not react, the cloud cuts the power, usually after 1 minute.
   */
  async stopNode(node: Ref, options: CallOptions = {}): Promise<void> {
    await this.#act("stopNode", node, options, { "os-stop": null });
  }

  /** Renames a node. The host name of its operating system stays the same. */
  async renameNode(node: Ref, options: RenameNodeOptions): Promise<void> {
    const operation = "renameNode";
    const name = checkText(options.name, operation, "name");
    const data = { server: { name } };
    await this.#nova.updateOf(operation, this.#nodes, node, options, data);
  }

  /**
   * Resizes a node, which may be running or stopped. By default, the method waits
   * until the node runs with the new size, and confirms the resize. After that,
   * the old disk is gone, and the resize cannot be reverted.
   *
   * @param node The node or its id.
   * @param options The new size. `confirm: false` leaves the choice to you. The
   *   default of `timeoutMs` is 10 minutes, for all requests together.
   * @throws {TypeError} If `size` is invalid.
   * @throws {NodeFailedError} If OpenStack accepted the resize, but could not
   *   apply it.
   * @throws {TimeoutError} If the time limit is reached.
   */
  async resizeNode(
    node: Ref,
    options: OpenStackResizeNodeOptions,
  ): Promise<void> {
    const operation = "resizeNode";
    const flavorRef = idOf(options.size, operation, "size");
    const { confirm = true, timeoutMs = WAIT_MS } = options;
    const action = { resize: { flavorRef } };
    if (!confirm) {
      await this.#act(operation, node, options, action);
      return;
    }
    await this.#sequence(
      operation,
      this.#nodes.at(node),
      { ...options, timeoutMs },
      async ({ call, write, poll }) => {
        await write((call) => this.#act(operation, node, call, action));
        const isWaiting = await poll(async () => {
          const current = await this.readNode(operation, node, call);
          return this.#needsConfirmation(operation, current, flavorRef);
        });
        if (!isWaiting) return;
        await this.#act(operation, node, call, { confirmResize: null });
        // Until then, Nova refuses most other actions.
        await poll(async () => {
          const { extra } = await this.readNode(operation, node, call);
          return extra.status === "VERIFY_RESIZE" ? undefined : true;
        });
      },
    );
  }

  /** Lists the key pairs of the user. */
  listKeyPairs(options: ListOptions = {}): Listing<OpenStackKeyPair> {
    return this.#nova.listOf("listKeyPairs", KEY_PAIRS, options);
  }

  /** Gets one key pair, by name. */
  async getKeyPair(
    keyPair: Ref,
    options: CallOptions = {},
  ): Promise<OpenStackKeyPair> {
    return await this.#nova.getOf("getKeyPair", KEY_PAIRS, keyPair, options);
  }

  /**
   * Creates a key pair. The private key is returned once, in `privateKey` of this
   * result only.
   *
   * @throws {TypeError} If `name` is invalid.
   * @throws {ConflictError} If the user has a key pair with that name already.
   */
  async createKeyPair(
    options: CreateKeyPairOptions,
  ): Promise<OpenStackKeyPair> {
    const operation = "createKeyPair";
    const data = {
      keypair: { name: checkText(options.name, operation, "name") },
    };
    // Later versions create no keys.
    const feature = { operation, name: "createKeyPair()", until: "2.91" };
    return await this.#writeWith(
      feature,
      KEY_PAIRS.path,
      options,
      (call) =>
        this.#nova.create(
          operation,
          KEY_PAIRS.path,
          toNewKeyPair,
          call,
          data,
        ),
    );
  }

  /**
   * Uploads a public key.
   *
   * @throws {TypeError} If `name` or `publicKey` is invalid.
   * @throws {ConflictError} If the user has a key pair with that name already.
   */
  async importKeyPair(
    options: ImportKeyPairOptions,
  ): Promise<OpenStackKeyPair> {
    const operation = "importKeyPair";
    return await this.#nova.createOf(operation, KEY_PAIRS, options, {
      keypair: {
        name: checkText(options.name, operation, "name"),
        public_key: checkPublicKey(options.publicKey, operation),
      },
    });
  }

  /** Deletes a key pair. Nodes that were created with it keep the public key. */
  async deleteKeyPair(keyPair: Ref, options: CallOptions = {}): Promise<void> {
    await this.#nova.deleteOf("deleteKeyPair", KEY_PAIRS, keyPair, options);
  }

  /** Gets one image. */
  async getImage(
    image: Ref,
    options: CallOptions = {},
  ): Promise<OpenStackImage> {
    return await this.#readImage("getImage", image, options);
  }

  /**
   * Creates an image of the disk of a node, and reads it. To get a consistent
   * image, stop the node first. If the node boots from a volume, the image refers
   * to a snapshot of the volume.
   *
   * @param node The node or its id.
   * @param options Name, description and properties of the image. `timeoutMs`
   *   limits all requests together.
   * @returns The image. It is complete when its `extra.status` is `"active"`.
   * @throws {TypeError} If an option is invalid.
   * @throws {CloudError} If the request fails. If the image was created but could
   *   not be read, `imageOf(error)` returns the image.
   */
  async createImage(
    node: Ref,
    options: OpenStackCreateImageOptions,
  ): Promise<OpenStackImage> {
    const operation = "createImage";
    const { description, properties } = options;
    const name = checkText(options.name, operation, "name");
    const metadata = checkTags({
      ...properties,
      ...description !== undefined &&
        { description: checkText(description, operation, "description") },
    }, operation);
    return await this.#sequence(
      operation,
      this.#nodes.at(node),
      options,
      async ({ call, write, keep }) => {
        const id = await write(async (call) => {
          const create = { ...call, creates: true };
          const action = { createImage: { name, metadata } };
          const response = await this.#act(operation, node, create, action);
          return response.read((body) => toImageId(body, response.headers));
        });
        keep("image", toImage({ id, name }));
        return await this.#readImage(operation, id, call);
      },
    );
  }

  /** Deletes an image of the project. Its data is lost. */
  async deleteImage(image: Ref, options: CallOptions = {}): Promise<void> {
    await this.#glance.deleteOf("deleteImage", IMAGES, image, options);
  }

  /** Lists the volumes of the project. */
  listVolumes(options: ListOptions = {}): Listing<OpenStackVolume> {
    return this.#cinder.detailsOf("listVolumes", this.#volumes, options);
  }

  /**
   * Creates a volume: an empty one, or one from a snapshot or an image.
   *
   * @param options The volume to create.
   * @returns The volume, in state `"creating"`.
   * @throws {TypeError} If an option is invalid.
   * @throws {RangeError} If `sizeGb` is not a positive integer.
   */
  async createVolume(
    options: OpenStackCreateVolumeOptions,
  ): Promise<OpenStackVolume> {
    const operation = "createVolume";
    const { volumeType } = options;
    const id = (ref: Ref | undefined, name: string) =>
      given(ref, (ref) => idOf(ref, operation, name));
    return await this.#cinder.createOf(operation, this.#volumes, options, {
      volume: {
        name: checkText(options.name, operation, "name"),
        size: checkSize(options.sizeGb, operation),
        availability_zone: id(options.location, "location"),
        snapshot_id: id(options.snapshot, "snapshot"),
        imageRef: id(options.image, "image"),
        volume_type: given(
          volumeType,
          (type) => checkText(type, operation, "volumeType"),
        ),
        ...toDescribed(options, operation),
      },
    });
  }

  /**
   * Attaches a volume to a node.
   *
   * @param volume The volume or its id.
   * @param options The node. `device` is a wish such as `"/dev/vdb"`, which most
   *   clouds ignore.
   */
  async attachVolume(
    volume: Ref,
    options: AttachVolumeOptions,
  ): Promise<void> {
    const operation = "attachVolume";
    const volumeId = idOf(volume, operation, "volume");
    const { node, device } = options;
    const attachments = path`/servers/${{ node }}/os-volume_attachments`;
    await this.#nova.send(operation, "POST", attachments, options, {
      volumeAttachment: {
        volumeId,
        device: given(device, (it) => checkText(it, operation, "device")),
      },
    });
  }

  /**
   * Detaches a volume from its node. Unmount it first. OpenStack requires the id
   * of the node. If this id is neither in the options nor in the record of the
   * volume, the driver requests the volume first.
   *
   * @param volume The volume or its id.
   * @param options The node, if you know it.
   * @throws {ConflictError} If the volume is not attached to a node.
   * @throws {TypeError} If the volume is attached to several nodes, and `node` is
   *   not given.
   */
  async detachVolume(
    volume: Ref,
    options: OpenStackDetachVolumeOptions = {},
  ): Promise<void> {
    const operation = "detachVolume";
    const volumeId = idOf(volume, operation, "volume");
    const known = options.node ?? nodeIn(volume);
    const nodeId = given(known, (node) => idOf(node, operation, "node"));
    await this.#sequence(
      operation,
      this.#volumes.at(volume),
      options,
      async ({ call, write }) => {
        const node = nodeId ??
          await this.#findNodeOfVolume(operation, volumeId, call);
        const attachment = path`/servers/${{ node }}/os-volume_attachments/${{
          volume,
        }}`;
        await write((call) =>
          this.#nova.send(operation, "DELETE", attachment, call)
        );
      },
    );
  }

  /**
   * Destroys a volume. All its data is lost. Detach the volume and destroy its
   * snapshots first.
   */
  async destroyVolume(volume: Ref, options: CallOptions = {}): Promise<void> {
    await this.#cinder.deleteOf(
      "destroyVolume",
      this.#volumes,
      volume,
      options,
    );
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
  ): Listing<OpenStackVolumeSnapshot> {
    const operation = "listVolumeSnapshots";
    const volume_id = given(volume, (ref) => idOf(ref, operation, "volume"));
    return this.#cinder.detailsOf(operation, SNAPSHOTS, options, {
      params: { volume_id },
    });
  }

  /**
   * Creates a snapshot of a volume, also if it is attached to a node. To get a
   * consistent snapshot, unmount the volume first.
   *
   * @param volume The volume or its id.
   * @param options Name, description and tags of the snapshot.
   * @returns The snapshot, in state `"creating"`.
   */
  async createVolumeSnapshot(
    volume: Ref,
    options: OpenStackCreateVolumeSnapshotOptions = {},
  ): Promise<OpenStackVolumeSnapshot> {
    const operation = "createVolumeSnapshot";
    const { name } = options;
    return await this.#cinder.createOf(operation, SNAPSHOTS, options, {
      snapshot: {
        volume_id: idOf(volume, operation, "volume"),
        name: given(name, (name) => checkText(name, operation, "name")),
        // Cinder refuses to copy an attached volume otherwise.
        force: true,
        ...toDescribed(options, operation),
      },
    });
  }

  /** Destroys a snapshot. Its data is lost. */
  async destroyVolumeSnapshot(
    snapshot: Ref,
    options: CallOptions = {},
  ): Promise<void> {
    const operation = "destroyVolumeSnapshot";
    await this.#cinder.deleteOf(operation, SNAPSHOTS, snapshot, options);
  }

  /** Gets one volume. */
  async getVolume(
    volume: Ref,
    options: CallOptions = {},
  ): Promise<OpenStackVolume> {
    return await this.#cinder.getOf(
      "getVolume",
      this.#volumes,
      volume,
      options,
    );
  }

  /**
   * Enlarges a volume, which must not be attached. This cannot be undone.
   * Afterwards, enlarge the file system yourself.
   *
   * @throws {RangeError} If `sizeGb` is not a positive integer.
   */
  async resizeVolume(
    volume: Ref,
    options: OpenStackResizeVolumeOptions,
  ): Promise<void> {
    const operation = "resizeVolume";
    const new_size = checkSize(options.sizeGb, operation);
    const action = { "os-extend": { new_size } };
    await this.#cinder.act(operation, this.#volumes, volume, options, action);
  }

  /** Lists the types that a volume can have. */
  listVolumeTypes(options: ListOptions = {}): Listing<OpenStackVolumeType> {
    return this.#cinder.listOf("listVolumeTypes", VOLUME_TYPES, options);
  }

  /** Gets one snapshot of a volume. */
  async getVolumeSnapshot(
    snapshot: Ref,
    options: CallOptions = {},
  ): Promise<OpenStackVolumeSnapshot> {
    const operation = "getVolumeSnapshot";
    return await this.#cinder.getOf(operation, SNAPSHOTS, snapshot, options);
  }

  /** Lists the volumes that are attached to a node. */
  listVolumeAttachments(
    node: Ref,
    options: ListOptions = {},
  ): Listing<OpenStackVolumeAttachment> {
    return this.#nova.list(
      "listVolumeAttachments",
      this.#nodes.at(node, "/os-volume_attachments"),
      "volumeAttachments",
      toAttachment,
      options,
      { pages: UNSIZED_PAGES },
    );
  }

  /** Gets the regions in which the cloud has Nova. */
  async getRegions(options: CallOptions = {}): Promise<OpenStackRegion[]> {
    const operation = "getRegions";
    const names = await this.#sequence(
      operation,
      this.#nodes.path,
      options,
      ({ deadline }) => this.cloud.regions(deadline.signal),
    );
    return names.map((id) => ({ id }));
  }

  /** Pauses a node: it keeps its memory, and uses no processor. */
  async pauseNode(node: Ref, options: CallOptions = {}): Promise<void> {
    await this.#act("pauseNode", node, options, { pause: null });
  }

  /** Continues a paused node. */
  async unpauseNode(node: Ref, options: CallOptions = {}): Promise<void> {
    await this.#act("unpauseNode", node, options, { unpause: null });
  }

  /** Suspends a node: its memory is written to the disk of the host. */
  async suspendNode(node: Ref, options: CallOptions = {}): Promise<void> {
    await this.#act("suspendNode", node, options, { suspend: null });
  }

  /** Continues a suspended node. */
  async resumeNode(node: Ref, options: CallOptions = {}): Promise<void> {
    await this.#act("resumeNode", node, options, { resume: null });
  }

  /**
   * Shelves a node: it is shut down, and its disk is kept as an image. After some
   * time, it no longer uses a host.
   */
  async shelveNode(node: Ref, options: CallOptions = {}): Promise<void> {
    await this.#act("shelveNode", node, options, { shelve: null });
  }

  /** Starts a shelved node. */
  async unshelveNode(node: Ref, options: CallOptions = {}): Promise<void> {
    await this.#act("unshelveNode", node, options, { unshelve: null });
  }

  /** Locks a node: only an administrator can change or destroy it. */
  async lockNode(node: Ref, options: CallOptions = {}): Promise<void> {
    await this.#act("lockNode", node, options, { lock: null });
  }

  /** Unlocks a node. */
  async unlockNode(node: Ref, options: CallOptions = {}): Promise<void> {
    await this.#act("unlockNode", node, options, { unlock: null });
  }

  /**
   * Confirms a resize: the old disk is deleted.
   *
   * @throws {ConflictError} If `extra.status` of the node is not
   *   `"VERIFY_RESIZE"`.
   */
  async confirmResize(node: Ref, options: CallOptions = {}): Promise<void> {
    await this.#act("confirmResize", node, options, { confirmResize: null });
  }

  /**
   * Reverts a resize that is not confirmed yet. Changes on the disk since then
   * are lost.
   *
   * @throws {ConflictError} If `extra.status` of the node is not
   *   `"VERIFY_RESIZE"`.
   */
  async revertResize(node: Ref, options: CallOptions = {}): Promise<void> {
    await this.#act("revertResize", node, options, { revertResize: null });
  }

  /**
   * Rebuilds a node from an image. All data on its disk is lost. Its addresses
   * and volumes are kept.
   *
   * @param node The node or its id.
   * @param options The image; name, password and tags, if they change.
   * @returns The password of the administrator; `undefined` if the cloud sets no
   *   passwords.
   * @throws {TypeError} If an option is invalid.
   */
  async rebuildNode(
    node: Ref,
    options: OpenStackRebuildNodeOptions,
  ): Promise<OpenStackPassword | undefined> {
    const operation = "rebuildNode";
    const { name, tags } = options;
    const adminPass = checkPassword(options.password, operation);
    const convert = field("server", toPassword);
    return await this.#actForPassword(operation, node, options, convert, {
      rebuild: {
        imageRef: idOf(options.image, operation, "image"),
        name: given(name, (name) => checkText(name, operation, "name")),
        metadata: given(tags, (tags) => checkTags(tags, operation)),
        adminPass,
      },
    });
  }

  /**
   * Starts the rescue system of a node. Its disk is the second one there. To end
   * it, call `unrescueNode()`.
   *
   * @param node The node or its id.
   * @param options Image and password of the rescue system.
   * @returns The password of the administrator; `undefined` if the cloud sets no
   *   passwords.
   */
  async rescueNode(
    node: Ref,
    options: OpenStackRescueNodeOptions = {},
  ): Promise<OpenStackPassword | undefined> {
    const operation = "rescueNode";
    const { image } = options;
    const adminPass = checkPassword(options.password, operation);
    return await this.#actForPassword(operation, node, options, toPassword, {
      rescue: {
        rescue_image_ref: given(image, (ref) => idOf(ref, operation, "image")),
        adminPass,
      },
    });
  }

  /** Ends the rescue system: the node boots its disk again. */
  async unrescueNode(node: Ref, options: CallOptions = {}): Promise<void> {
    await this.#act("unrescueNode", node, options, { unrescue: null });
  }

  /**
   * Sets the password of the administrator. The image must have an agent for it.
   *
   * @throws {TypeError} If `password` is invalid.
   * @throws {ConflictError} If the node cannot change it.
   */
  async changePassword(
    node: Ref,
    options: OpenStackChangePasswordOptions,
  ): Promise<void> {
    const operation = "changePassword";
    checkSecret(options.password, operation, "password");
    const { password: adminPass } = options;
    const call = { ...options, secrets: [adminPass] };
    await this.#act(operation, node, call, { changePassword: { adminPass } });
  }

  /**
   * Gets the end of the log of a node's console.
   *
   * @throws {RangeError} If `lines` is not a positive integer.
   */
  async getConsoleLog(
    node: Ref,
    options: OpenStackConsoleLogOptions = {},
  ): Promise<string> {
    const operation = "getConsoleLog";
    const { lines: length } = options;
    checkNumber(length, operation, "lines");
    const action = { "os-getConsoleOutput": { length } };
    const response = await this.#act(operation, node, options, action);
    return response.read((body) => toOutput(body));
  }

  /**
   * Opens a console of a node in the browser.
   *
   * @returns The URL. It is secret: whoever knows it can use the console. It is
   *   valid for some minutes.
   */
  async getConsoleUrl(
    node: Ref,
    options: OpenStackConsoleUrlOptions = {},
  ): Promise<string> {
    const operation = "getConsoleUrl";
    const { kind = "novnc" } = options;
    const action = choose(CONSOLES, kind, operation, "kind");
    // Later versions have another endpoint, which old clouds lack.
    const feature = { operation, name: "getConsoleUrl()", until: "2.5" };
    const response = await this.#writeWith(
      feature,
      this.#nodes.at(node),
      options,
      (call) => this.#act(operation, node, call, { [action]: { type: kind } }),
    );
    return response.read((body) => toConsoleUrl(body));
  }

  /** Replaces all tags of a node. */
  async setTags(node: Ref, options: OpenStackTagsOptions): Promise<void> {
    await this.#sendTags("setTags", "PUT", node, options);
  }

  /** Adds tags to a node, or replaces those with the same keys. */
  async addTags(node: Ref, options: OpenStackTagsOptions): Promise<void> {
    await this.#sendTags("addTags", "POST", node, options);
  }

  /** Deletes one tag of a node. */
  async deleteTag(
    node: Ref,
    options: OpenStackDeleteTagOptions,
  ): Promise<void> {
    const { key } = options;
    const tag = path`/servers/${{ node }}/metadata/${{ key }}`;
    await this.#nova.send("deleteTag", "DELETE", tag, options);
  }

  /**
   * Replaces all server tags of a node. They are strings for Nova itself, and not
   * in `tags` of the node.
   *
   * @throws {TypeError} If a tag is invalid, or the cloud is older than compute
   *   microversion 2.26.
   */
  async setServerTags(
    node: Ref,
    options: OpenStackServerTagsOptions,
  ): Promise<void> {
    const operation = "setServerTags";
    const tags = checkServerTags(options.serverTags, operation);
    const feature = { operation, name: "serverTags", since: "2.26" };
    await this.#writeWith(
      feature,
      this.#nodes.at(node),
      options,
      (call) =>
        this.#nova.send(operation, "PUT", this.#nodes.at(node, "/tags"), call, {
          tags,
        }),
    );
  }

  /** Lists the last actions on a node, the newest first. */
  listActions(
    node: Ref,
    options: ListOptions = {},
  ): Listing<OpenStackAction> {
    return this.#nova.list(
      "listActions",
      this.#nodes.at(node, "/os-instance-actions"),
      "instanceActions",
      toAction,
      options,
      { pages: UNSIZED_PAGES },
    );
  }

  /** Lists the server groups of the project: at most 1000. */
  listServerGroups(
    options: ListOptions = {},
  ): Listing<OpenStackServerGroup> {
    const pages = UNSIZED_PAGES;
    return this.#nova.listOf("listServerGroups", GROUPS, options, { pages });
  }

  /** Creates a server group. New nodes join it with the option `serverGroup`. */
  async createServerGroup(
    options: OpenStackCreateServerGroupOptions,
  ): Promise<OpenStackServerGroup> {
    const operation = "createServerGroup";
    const { policy } = options;
    const since = choose(POLICIES, policy, operation, "policy");
    const name = checkText(options.name, operation, "name");
    const data = { server_group: { name, policies: [policy] } };
    // Later versions accept one policy, with rules.
    const feature = { operation, name: "policy", since, until: "2.63" };
    return await this.#writeWith(
      feature,
      GROUPS.path,
      options,
      (call) => this.#nova.createOf(operation, GROUPS, call, data),
    );
  }

  /** Deletes a server group. Its nodes stay where they are. */
  async deleteServerGroup(
    serverGroup: Ref,
    options: CallOptions = {},
  ): Promise<void> {
    const operation = "deleteServerGroup";
    await this.#nova.deleteOf(operation, GROUPS, serverGroup, options);
  }

  /** Gets the limits of the project, and how much of them is used. */
  async getLimits(options: CallOptions = {}): Promise<OpenStackLimits> {
    const convert = field("limits", toLimits);
    return await this.#nova.get("getLimits", "/limits", convert, options);
  }

  /** Gets the quotas of a project, by its id. */
  async getQuotas(
    project: Ref,
    options: CallOptions = {},
  ): Promise<OpenStackQuotas> {
    return await this.#nova.getOf("getQuotas", QUOTAS, project, options);
  }

  /** Requests one node. */
  protected override async readNode(
    operation: string,
    node: Ref,
    options: CallOptions,
  ): Promise<OpenStackNode> {
    return await this.#nova.getOf(operation, this.#nodes, node, options);
  }

  /** Reads the fault of a node. */
  protected override failureOf({ extra }: OpenStackNode): string | undefined {
    return extra.fault?.message;
  }

  #about(operation: string) {
    return { provider: this.provider, operation };
  }

  /**
   * Sends requests around a write. The login comes first, so that its failure
   * leaves nothing unknown.
   */
  async #sequence<O extends PollOptions, T>(
    operation: string,
    path: string | Path,
    options: O,
    run: (calls: Sequence<O>) => Promise<T>,
  ): Promise<T> {
    this.connection.check(path, { ...options, operation });
    return await sequence(this.#about(operation), options, async (calls) => {
      await this.connection.has("2.1", calls.deadline.signal);
      return await run(calls);
    });
  }

  async #act(
    operation: string,
    node: Ref,
    options: JsonWriteOptions,
    action: Readonly<Record<string, unknown>>,
  ): Promise<ApiResponse> {
    return await this.#nova.act(operation, this.#nodes, node, options, action);
  }

  /** Starts an action whose response may contain a new password. */
  async #actForPassword(
    operation: string,
    node: Ref,
    options: PasswordOptions,
    convert: (body: never) => OpenStackPassword | undefined,
    action: Readonly<Record<string, unknown>>,
  ): Promise<OpenStackPassword | undefined> {
    const { password } = options;
    const call = { ...options, secrets: password ? [password] : [] };
    const response = await this.#act(operation, node, call, action);
    return response.read((body) => convert(body as never));
  }

  async #sendTags(
    operation: string,
    method: string,
    node: Ref,
    options: OpenStackTagsOptions,
  ): Promise<void> {
    const metadata = checkTags(options.tags, operation);
    const tags = this.#nodes.at(node, "/metadata");
    await this.#nova.send(operation, method, tags, options, { metadata });
  }

  async #readImage(
    operation: string,
    image: Ref,
    options: CallOptions,
  ): Promise<OpenStackImage> {
    return await this.#glance.getOf(operation, IMAGES, image, options);
  }

  /** Lets OpenStack choose the network, if the caller and the cloud do. */
  async #withNetworks(
    form: CreateForm,
    signal: AbortSignal,
  ): Promise<CreateForm> {
    const { server } = form;
    // Older clouds choose the network if the request has none.
    const isChosen = server.networks !== undefined ||
      !await this.connection.has(NETWORKS.since, signal);
    return isChosen
      ? form
      : { ...form, server: { ...server, networks: "auto" } };
  }

  /** Finds the headers of a request that uses several features. */
  async #headersFor(
    operation: string,
    features: readonly Feature[],
    signal: AbortSignal,
  ): Promise<Readonly<Record<string, string>>> {
    const minor = ({ since }: Feature) => Number(since.slice(2));
    const [newest] = features.toSorted((one, other) =>
      minor(other) - minor(one)
    );
    return newest
      ? await this.connection.headersFor({ operation, ...newest }, signal)
      : {};
  }

  /** Sends a write with the microversion of a feature. */
  async #writeWith<T>(
    feature: OpenStackFeature,
    path: string | Path,
    options: CallOptions,
    send: (call: CallOptions) => Promise<T>,
  ): Promise<T> {
    const { operation } = feature;
    return await this.#sequence(operation, path, options, async (calls) => {
      const { write, deadline: { signal } } = calls;
      const headers = await this.connection.headersFor(feature, signal);
      return await write((call) =>
        send({ ...call, headers: { ...headers, ...call.headers } })
      );
    });
  }

  /**
   * Whether a resize waits for its confirmation; `undefined` if it is still in
   * progress. Some clouds confirm it by themselves.
   */
  #needsConfirmation(
    operation: string,
    node: OpenStackNode,
    flavorRef: string,
  ): boolean | undefined {
    const { state, sizeId = flavorRef, extra } = node;
    const { status, taskState } = extra;
    if (state === "reconfiguring" || taskState !== undefined) return undefined;
    if (status === "VERIFY_RESIZE") return true;
    const isResized = state !== "error" && sizeId === flavorRef;
    if (isResized) return false;
    const fault = this.failureOf(node);
    const reason = fault === undefined ? "" : `: "${oneLine(fault)}"`;
    throw new NodeFailedError(
      `${operation}: ${oneLine(node.name)} kept its size${reason}`,
      { ...this.#about(operation), node },
    );
  }

  /** Finds the id of the only node that a volume is attached to. */
  async #findNodeOfVolume(
    operation: string,
    volume: string,
    options: CallOptions,
  ): Promise<string> {
    const response = await this.#storage.request<{ volume: VolumeJson }>(
      this.#volumes.at(volume),
      { ...options, operation },
    );
    const { nodeId, extra } = response.read(this.#volumes.convertBody);
    if (nodeId && extra.nodeIds.length === 1) return nodeId;
    if (nodeId) {
      throw new TypeError(
        `${operation}: node is required; volume ${oneLine(volume)} is ` +
          `attached to ${extra.nodeIds.length} nodes`,
      );
    }
    throw response.error(
      `volume ${oneLine(volume)} is not attached to a node`,
      ConflictError,
    );
  }
}

interface PasswordOptions extends CallOptions {
  readonly password?: string | undefined;
}

function checkPassword(
  password: string | undefined,
  operation: string,
): string | undefined {
  if (password !== undefined) checkSecret(password, operation, "password");
  return password;
}

/** Converts the description and the tags of a volume or a snapshot. */
function toDescribed(
  { description, tags }: Pick<
    OpenStackCreateVolumeOptions,
    "description" | "tags"
  >,
  operation: string,
) {
  return {
    description: given(
      description,
      (text) => checkText(text, operation, "description"),
    ),
    metadata: given(tags, (tags) => checkTags(tags, operation)),
  };
}

/** The node in the record of a volume, if it is attached to no other one. */
function nodeIn(volume: Ref): string | undefined {
  const { nodeId, extra }: Partial<OpenStackVolume> = Object(volume);
  return (extra?.nodeIds?.length ?? 1) === 1 ? nodeId : undefined;
}

/** Reads a new server: its id, and the password of the administrator. */
function toCreated({ id, adminPass }: CreatedJson): CreatedJson {
  const password = toText(adminPass);
  return { id: toId(id), ...password !== undefined && { adminPass: password } };
}

/** A new node, as far as it is known without reading it. */
function toNewNode(
  id: string,
  { server }: CreateForm,
  locationId: string | undefined,
): OpenStackNode {
  const json: ServerJson = {
    id,
    name: server.name,
    status: "BUILD",
    flavor: { id: server.flavorRef },
    image: server.imageRef === "" ? "" : { id: server.imageRef },
    ...server.metadata && { metadata: server.metadata },
  };
  return toNode(json, locationId);
}

// {"image_id": "..."} since 2.45, before that a header.
function toImageId(body: unknown, headers: Headers): string {
  const { image_id }: { image_id?: unknown } = Object(body);
  const location = headers.get("location") ?? "";
  return toOptionalId(image_id) ?? toId(location.replace(/^.*\//, ""));
}

function toOutput(body: unknown): string {
  const { output } = body as { output: unknown };
  if (typeof output !== "string") throw new TypeError("the log is missing");
  return output;
}

function toConsoleUrl(body: unknown): string {
  return toId((body as { console: { url: unknown } }).console.url);
}
