/**
 * Hetzner Cloud: virtual machines, volumes and images in Germany, Finland, the
 * USA and Singapore.
 *
 * ```ts
 * import { HetznerNodeDriver } from "@nephos/nephos/drivers/hetzner";
 * import { HetznerSimulator } from "@nephos/nephos/simulators/hetzner";
 *
 * const { credentials, fetch } = new HetznerSimulator();
 * const hetzner = new HetznerNodeDriver({ ...credentials, fetch });
 * const node = await hetzner.createNode({
 *   name: "web-1",
 *   size: "cx22",
 *   image: "debian-12",
 *   location: "fsn1",
 * });
 * console.log(node.id, node.rootPassword?.length); // only in this result
 * ```
 *
 * @see {@link https://docs.hetzner.cloud/ | Hetzner Cloud API}
 *
 * @module
 */

import {
  type CallOptions,
  checkText,
  choose,
  type Connection,
  type EnvironmentVariable,
  field,
  given,
  idJson,
  idOf,
  idsOf,
  JsonKind,
  type JsonWriteOptions,
  type Listing,
  type ListOptions,
  mistake,
  type PagedList,
  poll,
  type PollOptions,
  type Ref,
  refuse,
  toId,
} from "../../core/mod.ts";
import {
  type AttachVolumeOptions,
  checkPublicKey,
  checkSize,
  checkSomeTags,
  checkTags,
  checkUserData,
  hasTags,
  type ImageRuleList,
  type Images,
  type ImportKeyPairOptions,
  type KeyPairs,
  NodeDriver,
  type NodeListOptions,
  type PowerControl,
  type RenameNodeOptions,
  type Renaming,
  type Resizing,
  type TakesUserData,
  type UserDataSupport,
  type Volumes,
} from "../../core/compute/mod.ts";
import {
  ACTIONS,
  type HetznerAction,
  isCompleted,
  toAction,
} from "./_actions.ts";
import { HetznerApi, optionalId, optionalIds, toNamed } from "./_api.ts";
import {
  DISPLAY_NAME,
  HetznerConnection,
  type HetznerOptions,
  type PageJson,
  PAGES,
  VARIABLES,
} from "./_connection.ts";
import type {
  ActionJson,
  PricingJson,
  ServerJson,
  ServerTypeJson,
} from "./_json.ts";
import type {
  HetznerAddressOptions,
  HetznerAddToPlacementGroupOptions,
  HetznerAssignAddressOptions,
  HetznerAttachToNetworkOptions,
  HetznerCreateAddressOptions,
  HetznerCreateFirewallOptions,
  HetznerCreateImageOptions,
  HetznerCreateNetworkOptions,
  HetznerCreateNodeOptions,
  HetznerCreateVolumeOptions,
  HetznerDetachFromNetworkOptions,
  HetznerEnableRescueOptions,
  HetznerFirewallNodesOptions,
  HetznerListActionsOptions,
  HetznerListImagesOptions,
  HetznerNamedOptions,
  HetznerRebuildNodeOptions,
  HetznerResizeNodeOptions,
  HetznerResizeVolumeOptions,
  HetznerSetFirewallRulesOptions,
  HetznerStopOptions,
} from "./_options.ts";
import {
  type HetznerAddress,
  type HetznerConsole,
  type HetznerFirewall,
  type HetznerFirewallRule,
  type HetznerImage,
  type HetznerKeyPair,
  type HetznerLocation,
  type HetznerNetwork,
  type HetznerNode,
  type HetznerPasswordAction,
  type HetznerPlacementGroup,
  type HetznerSize,
  type HetznerVolume,
  toAddress,
  toFirewall,
  toImage,
  toKeyPair,
  toLocation,
  toNetwork,
  toNode,
  toPlacementGroup,
  toSize,
  toVolume,
} from "./_records.ts";

export type { HetznerOptions } from "./_connection.ts";
export type * from "./_options.ts";
export type { HetznerAction } from "./_actions.ts";
export type {
  HetznerAddress,
  HetznerConsole,
  HetznerFirewall,
  HetznerFirewallRule,
  HetznerImage,
  HetznerKeyPair,
  HetznerLocation,
  HetznerLocationPrice,
  HetznerNetwork,
  HetznerNode,
  HetznerPasswordAction,
  HetznerPlacementGroup,
  HetznerSize,
  HetznerSubnet,
  HetznerVolume,
} from "./_records.ts";

const USER_DATA: UserDataSupport = { maxBytes: 32_768, takesBytes: false };
const MAX_VOLUME_GB = 10_240;

const IMAGE_TYPES: Readonly<
  Record<NonNullable<HetznerListImagesOptions["type"]>, string>
> = {
  system: "system",
  app: "app",
  snapshot: "snapshot",
  backup: "backup",
};

const NODES = new JsonKind("/servers", "node", toNode);
const IMAGES = new JsonKind("/images", "image", toImage);
const LOCATIONS = new JsonKind("/locations", "location", toLocation);
const KEY_PAIRS = new JsonKind("/ssh_keys", "keyPair", toKeyPair);
const VOLUMES = new JsonKind("/volumes", "volume", toVolume);
const GROUPS = new JsonKind(
  "/placement_groups",
  "placementGroup",
  toPlacementGroup,
);
const NETWORKS = new JsonKind("/networks", "network", toNetwork);
const FIREWALLS = new JsonKind("/firewalls", "firewall", toFirewall);
const ADDRESSES = {
  primary: new JsonKind("/primary_ips", "address", toAddress),
  floating: new JsonKind("/floating_ips", "address", toAddress),
};

interface ConsoleJson {
  wss_url: string;
  password: string;
}

interface PasswordJson {
  root_password?: string | null;
}

/**
 * Driver for Hetzner Cloud. The ids of sizes and locations are their names, such
 * as `"cx22"` and `"fsn1"`. All other ids are numbers. `createNode()` accepts the
 * names of images and key pairs, too.
 *
 * Methods that change a resource resolve when Hetzner has accepted the request.
 * Hetzner then runs an action in the background, which may still fail. Some
 * methods return the action, and `listActions()` lists those on nodes. To wait
 * until an action is completed, call `waitForAction()`.
 *
 * A resource runs one action at a time. If another action is in progress, the
 * driver repeats the request according to the retry policy. If the resource
 * stays busy, the call fails with a `ConflictError`.
 *
 * Hetzner numbers the pages of its lists. If a record is created and another one
 * is deleted while you read a list, the total stays the same, and the driver
 * cannot notice it: a record may be missing or listed twice. Any other change is
 * noticed; see `Listing`.
 */
export class HetznerNodeDriver extends NodeDriver<HetznerNode>
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
  override readonly provider = "hetzner";
  /** Connection to the API. Use it for endpoints that this class lacks. */
  override readonly connection: Connection;
  /** User data is a string of at most 32 KiB. Bytes, such as gzip, are rejected. */
  readonly userDataSupport: UserDataSupport = USER_DATA;
  readonly #api: HetznerApi;
  #currency: string | undefined;

  /**
   * Creates a driver. Nothing is sent until the first call.
   *
   * @param options Token of a project, and settings.
   * @param owner Name of the class that the caller creates, for errors.
   * @throws {TypeError} If `token` or `baseUrl` is invalid.
   */
  constructor(options: HetznerOptions, owner = "HetznerNodeDriver") {
    super();
    this.connection = new HetznerConnection(options, owner);
    this.#api = new HetznerApi(this.connection, PAGES);
  }

  /** Lists the nodes of the project, at most 50 per page. */
  override listNodes(options: NodeListOptions = {}): Listing<HetznerNode> {
    const operation = "listNodes";
    const tags = given(
      options.tags,
      (tags) => checkTags(checkSomeTags(tags, operation), operation),
    );
    // A selector cannot contain an empty value: then only the key is selected.
    const selectors = Object.entries(tags ?? {})
      .map(([key, value]) => value ? `${key}==${value}` : key);
    return this.#api.listOf(operation, NODES, options, {
      params: { label_selector: selectors.join() || undefined },
      keep: tags && ((node) => hasTags(node.tags, tags)),
    });
  }

  /**
   * Lists the sizes with their current prices, without VAT. A size does not tell
   * the currency of its prices. Therefore the first list of a driver sends one
   * more request.
   */
  override listSizes(options: ListOptions = {}): Listing<HetznerSize> {
    const operation = "listSizes";
    const readCurrency = (call: CallOptions) =>
      this.#readCurrency(operation, { ...options, ...call });
    let currency = "";
    const pages = <T>(list: PagedList<PageJson, T>) =>
      PAGES({
        ...list,
        async request(params, limits) {
          currency = await readCurrency(limits);
          return await list.request(params, limits);
        },
      });
    return this.#api.list(
      operation,
      "/server_types",
      "server_types",
      (type: ServerTypeJson) => toSize(type, currency),
      options,
      { pages },
    );
  }

  /** Lists the images of Hetzner and those of the project. */
  override listImages(
    options: HetznerListImagesOptions = {},
  ): Listing<HetznerImage> {
    const operation = "listImages";
    const type = given(
      options.type,
      (type) => choose(IMAGE_TYPES, type, operation, "type"),
    );
    return this.#api.listOf(operation, IMAGES, options, { params: { type } });
  }

  /** Returns the rules for official images, for `findImage()`. */
  override async imageRules(): Promise<ImageRuleList> {
    const { default: data } = await import("../../data/hetzner.json", {
      with: { type: "json" },
    });
    return data.images;
  }

  /** Lists the locations. */
  override listLocations(options: ListOptions = {}): Listing<HetznerLocation> {
    return this.#api.listOf("listLocations", LOCATIONS, options);
  }

  /**
   * Creates a node. Resolves when the node has an id. Without `keyPairs`, Hetzner
   * generates a root password. It is returned once, in `rootPassword` of this
   * result only.
   *
   * @param options The node to create. `name` must be unique in the project, and
   *   a valid host name. `auth` and `idempotencyKey` are rejected. Instead of
   *   `auth`, import a key with `importKeyPair()`, and pass it in `keyPairs`.
   * @returns The node, in state `"pending"`.
   * @throws {TypeError} If an option is invalid or not supported.
   * @throws {RangeError} If `userData` is longer than 32 KiB.
   * @throws {ConflictError} If the name is in use, or the location cannot offer
   *   the size at the moment.
   */
  override async createNode(
    options: HetznerCreateNodeOptions,
  ): Promise<HetznerNode> {
    const form = toServerForm(options);
    const secrets = form.user_data === undefined ? [] : [form.user_data];
    const call = { ...options, secrets };
    const convert = (body: PasswordJson & { server: ServerJson }) =>
      withPassword(toNode(body.server), body);
    const node = await this.#api.create(
      "createNode",
      "/servers",
      convert,
      call,
      form,
    );
    return this.noteCreated(node);
  }

  /**
   * Restarts a node. With `force`, data that is not yet written to the disk is
   * lost.
   */
  override async rebootNode(
    node: Ref,
    options: HetznerStopOptions = {},
  ): Promise<void> {
    const verb = options.force ? "reset" : "reboot";
    await this.#api.act("rebootNode", NODES, node, verb, options);
  }

  /** Destroys a node. All data on its disk is lost. Volumes are kept. */
  override async destroyNode(
    node: Ref,
    options: CallOptions = {},
  ): Promise<void> {
    const call = { ...options, mayBeUnknown: this.isYoung(node) };
    await this.#api.deleteOf("destroyNode", NODES, node, call);
    this.noteDestroyed(node);
  }

  /** Starts a stopped node. */
  async startNode(node: Ref, options: CallOptions = {}): Promise<void> {
    await this.#api.act("startNode", NODES, node, "poweron", options);
  }

  /** Stops a running node. Hetzner continues to bill stopped nodes. */
  async stopNode(node: Ref, options: HetznerStopOptions = {}): Promise<void> {
    const verb = options.force ? "poweroff" : "shutdown";
    await this.#api.act("stopNode", NODES, node, verb, options);
  }

  /** Renames a node. The name must be unique in the project. */
  async renameNode(node: Ref, options: RenameNodeOptions): Promise<void> {
    const operation = "renameNode";
    const name = checkText(options.name, operation, "name");
    const data = { name };
    await this.#api.updateOf(operation, NODES, node, options, data);
  }

  /**
   * Resizes a node. The node must be stopped: call `stopNode()`, and then
   * `waitForState(node, { state: "stopped" })`.
   */
  async resizeNode(
    node: Ref,
    options: HetznerResizeNodeOptions,
  ): Promise<void> {
    const operation = "resizeNode";
    await this.#api.act(operation, NODES, node, "change_type", options, {
      server_type: idOf(options.size, operation, "size"),
      upgrade_disk: options.disk ?? false,
    });
  }

  /** Lists the public keys of the project. */
  listKeyPairs(options: ListOptions = {}): Listing<HetznerKeyPair> {
    return this.#api.listOf("listKeyPairs", KEY_PAIRS, options);
  }

  /** Gets one public key. */
  async getKeyPair(
    keyPair: Ref,
    options: CallOptions = {},
  ): Promise<HetznerKeyPair> {
    return await this.#api.getOf("getKeyPair", KEY_PAIRS, keyPair, options);
  }

  /**
   * Uploads a public key.
   *
   * @throws {TypeError} If `name` or `publicKey` is invalid.
   * @throws {ConflictError} If the project has the name or the key already.
   */
  async importKeyPair(options: ImportKeyPairOptions): Promise<HetznerKeyPair> {
    const operation = "importKeyPair";
    return await this.#api.createOf(operation, KEY_PAIRS, options, {
      name: checkText(options.name, operation, "name"),
      public_key: checkPublicKey(options.publicKey, operation),
    });
  }

  /** Deletes a public key. Nodes that were created with it keep it. */
  async deleteKeyPair(keyPair: Ref, options: CallOptions = {}): Promise<void> {
    await this.#api.deleteOf("deleteKeyPair", KEY_PAIRS, keyPair, options);
  }

  /** Gets one image. */
  async getImage(image: Ref, options: CallOptions = {}): Promise<HetznerImage> {
    return await this.#api.getOf("getImage", IMAGES, image, options);
  }

  /**
   * Creates an image of the disk of a node: a snapshot, which Hetzner bills. To
   * get a consistent image, stop the node first.
   *
   * @param node The node or its id.
   * @param options Name and tags of the image. At Hetzner, snapshots have a
   *   description instead of a name: `name` is sent as the description, and
   *   `description` is rejected.
   * @returns The image. It is complete when its `extra.status` is `"available"`.
   * @throws {TypeError} If an option is invalid or not supported.
   */
  async createImage(
    node: Ref,
    options: HetznerCreateImageOptions,
  ): Promise<HetznerImage> {
    const operation = "createImage";
    refuse(operation, DISPLAY_NAME, options, {
      description: "name becomes the description",
    });
    const { name, labels } = toNamed(options, operation);
    const action = NODES.at(node, "/actions/create_image");
    const convert = field("image", toImage);
    return await this.#api.create(operation, action, convert, options, {
      type: "snapshot",
      description: name,
      labels,
    });
  }

  /** Deletes an image of the project. Its data is lost. */
  async deleteImage(image: Ref, options: CallOptions = {}): Promise<void> {
    await this.#api.deleteOf("deleteImage", IMAGES, image, options);
  }

  /** Lists the volumes of the project. */
  listVolumes(options: ListOptions = {}): Listing<HetznerVolume> {
    return this.#api.listOf("listVolumes", VOLUMES, options);
  }

  /**
   * Creates a volume in a location, or attached to a node.
   *
   * @param options The volume to create. `snapshot` is rejected, because Hetzner
   *   has no snapshots of volumes.
   * @returns The volume, in state `"creating"` or `"available"`.
   * @throws {TypeError} If an option is invalid or not supported, or if both
   *   `location` and `node` are missing.
   * @throws {RangeError} If `sizeGb` is not an integer from 1 to 10240. Hetzner
   *   requires at least 10.
   */
  async createVolume(
    options: HetznerCreateVolumeOptions,
  ): Promise<HetznerVolume> {
    const operation = "createVolume";
    const { location, node } = options;
    refuse(operation, DISPLAY_NAME, options, { snapshot: "" });
    if (location === undefined && node === undefined) {
      throw new TypeError(`${operation}: location or node is required`);
    }
    return await this.#api.createOf(operation, VOLUMES, options, {
      ...toNamed(options, operation),
      size: checkSize(options.sizeGb, operation, MAX_VOLUME_GB),
      location: given(location, (ref) => idOf(ref, operation, "location")),
      server: optionalId(node, operation, "node"),
      format: options.format,
    });
  }

  /**
   * Attaches a volume to a node in the same location.
   *
   * @throws {TypeError} If `node` is invalid, or `device` is given.
   */
  async attachVolume(
    volume: Ref,
    options: AttachVolumeOptions,
  ): Promise<void> {
    const operation = "attachVolume";
    refuse(operation, DISPLAY_NAME, options, {
      device: "see extra.device of the volume",
    });
    await this.#api.act(operation, VOLUMES, volume, "attach", options, {
      server: idJson(options.node, operation, "node"),
    });
  }

  /** Detaches a volume from its node. Unmount it first. */
  async detachVolume(volume: Ref, options: CallOptions = {}): Promise<void> {
    await this.#api.act("detachVolume", VOLUMES, volume, "detach", options);
  }

  /** Destroys a volume. All its data is lost. Detach the volume first. */
  async destroyVolume(volume: Ref, options: CallOptions = {}): Promise<void> {
    await this.#api.deleteOf("destroyVolume", VOLUMES, volume, options);
  }

  /**
   * Enlarges a volume. This cannot be undone. Afterwards, enlarge the file
   * system yourself.
   *
   * @throws {TypeError} If `sizeGb` is missing.
   * @throws {RangeError} If `sizeGb` is not an integer from 1 to 10240.
   */
  async resizeVolume(
    volume: Ref,
    options: HetznerResizeVolumeOptions,
  ): Promise<HetznerAction> {
    const operation = "resizeVolume";
    const size = checkSize(options.sizeGb, operation, MAX_VOLUME_GB);
    return await this.#api.act(operation, VOLUMES, volume, "resize", options, {
      size,
    });
  }

  /**
   * Rebuilds a node from an image. All data on its disk is lost. Its addresses
   * are kept.
   *
   * @throws {TypeError} If an option is invalid.
   * @throws {RangeError} If `userData` is longer than 32 KiB.
   */
  async rebuildNode(
    node: Ref,
    options: HetznerRebuildNodeOptions,
  ): Promise<HetznerPasswordAction> {
    const operation = "rebuildNode";
    const { userData } = options;
    checkUserData(userData, operation, DISPLAY_NAME, USER_DATA);
    const call = { ...options, secrets: userData ? [userData] : [] };
    return await this.#actForLogin(operation, node, "rebuild", call, {
      image: idOf(options.image, operation, "image"),
      user_data: userData,
    });
  }

  /** Sets a new root password. The node must run the QEMU guest agent. */
  async resetPassword(
    node: Ref,
    options: CallOptions = {},
  ): Promise<HetznerPasswordAction> {
    const operation = "resetPassword";
    const verb = "reset_password";
    return await this.#actForLogin(operation, node, verb, options);
  }

  /**
   * Enables the rescue system: the next restart of the node, within 60 minutes,
   * boots it. The result has its root password.
   */
  async enableRescue(
    node: Ref,
    options: HetznerEnableRescueOptions = {},
  ): Promise<HetznerPasswordAction> {
    const operation = "enableRescue";
    const verb = "enable_rescue";
    return await this.#actForLogin(operation, node, verb, options, {
      type: "linux64",
      ssh_keys: optionalIds(options.keyPairs, operation, "keyPairs"),
    });
  }

  /** Disables the rescue system: the next restart boots the disk. */
  async disableRescue(
    node: Ref,
    options: CallOptions = {},
  ): Promise<HetznerAction> {
    const verb = "disable_rescue";
    return await this.#api.act("disableRescue", NODES, node, verb, options);
  }

  /** Opens the console of a node. */
  async requestConsole(
    node: Ref,
    options: CallOptions = {},
  ): Promise<HetznerConsole> {
    const operation = "requestConsole";
    const action = NODES.at(node, "/actions/request_console");
    const call = { ...options, creates: false };
    return await this.#api.create(
      operation,
      action,
      toConsole,
      call,
      undefined,
    );
  }

  /** Lists the placement groups of the project. */
  listPlacementGroups(
    options: ListOptions = {},
  ): Listing<HetznerPlacementGroup> {
    return this.#api.listOf("listPlacementGroups", GROUPS, options);
  }

  /** Creates a placement group, which spreads its nodes over several hosts. */
  async createPlacementGroup(
    options: HetznerNamedOptions,
  ): Promise<HetznerPlacementGroup> {
    const operation = "createPlacementGroup";
    return await this.#api.createOf(operation, GROUPS, options, {
      ...toNamed(options, operation),
      type: "spread",
    });
  }

  /** Deletes a placement group. Its nodes stay where they are. */
  async deletePlacementGroup(
    placementGroup: Ref,
    options: CallOptions = {},
  ): Promise<void> {
    const operation = "deletePlacementGroup";
    await this.#api.deleteOf(operation, GROUPS, placementGroup, options);
  }

  /** Adds a node to a placement group. The node must be stopped. */
  async addToPlacementGroup(
    node: Ref,
    options: HetznerAddToPlacementGroupOptions,
  ): Promise<HetznerAction> {
    const operation = "addToPlacementGroup";
    const { placementGroup } = options;
    const verb = "add_to_placement_group";
    return await this.#api.act(operation, NODES, node, verb, options, {
      placement_group: idJson(placementGroup, operation, "placementGroup"),
    });
  }

  /** Removes a node from its placement group. */
  async removeFromPlacementGroup(
    node: Ref,
    options: CallOptions = {},
  ): Promise<HetznerAction> {
    const operation = "removeFromPlacementGroup";
    const verb = "remove_from_placement_group";
    return await this.#api.act(operation, NODES, node, verb, options);
  }

  /** Lists the private networks of the project. */
  listNetworks(options: ListOptions = {}): Listing<HetznerNetwork> {
    return this.#api.listOf("listNetworks", NETWORKS, options);
  }

  /** Creates a private network. */
  async createNetwork(
    options: HetznerCreateNetworkOptions,
  ): Promise<HetznerNetwork> {
    const operation = "createNetwork";
    return await this.#api.createOf(operation, NETWORKS, options, {
      ...toNamed(options, operation),
      ip_range: checkText(options.ipRange, operation, "ipRange"),
      subnets: options.subnets?.map(({ ipRange, networkZone }) => ({
        type: "cloud",
        ip_range: ipRange,
        network_zone: checkText(networkZone, operation, "networkZone"),
      })),
    });
  }

  /** Deletes a private network. */
  async deleteNetwork(network: Ref, options: CallOptions = {}): Promise<void> {
    await this.#api.deleteOf("deleteNetwork", NETWORKS, network, options);
  }

  /** Attaches a node to a private network. */
  async attachToNetwork(
    node: Ref,
    options: HetznerAttachToNetworkOptions,
  ): Promise<HetznerAction> {
    const operation = "attachToNetwork";
    const verb = "attach_to_network";
    return await this.#api.act(operation, NODES, node, verb, options, {
      network: idJson(options.network, operation, "network"),
      ip: given(options.ip, (ip) => checkText(ip, operation, "ip")),
    });
  }

  /** Detaches a node from a private network. */
  async detachFromNetwork(
    node: Ref,
    options: HetznerDetachFromNetworkOptions,
  ): Promise<HetznerAction> {
    const operation = "detachFromNetwork";
    const verb = "detach_from_network";
    return await this.#api.act(operation, NODES, node, verb, options, {
      network: idJson(options.network, operation, "network"),
    });
  }

  /** Lists the firewalls of the project. */
  listFirewalls(options: ListOptions = {}): Listing<HetznerFirewall> {
    return this.#api.listOf("listFirewalls", FIREWALLS, options);
  }

  /** Creates a firewall. Without rules, it drops all incoming traffic. */
  async createFirewall(
    options: HetznerCreateFirewallOptions,
  ): Promise<HetznerFirewall> {
    const operation = "createFirewall";
    return await this.#api.createOf(operation, FIREWALLS, options, {
      ...toNamed(options, operation),
      rules: options.rules?.map(toRuleForm),
      apply_to: toTargets(options.nodes ?? [], operation),
    });
  }

  /** Replaces all rules of a firewall. */
  async setFirewallRules(
    firewall: Ref,
    options: HetznerSetFirewallRulesOptions,
  ): Promise<void> {
    const operation = "setFirewallRules";
    const { rules } = options;
    if (!Array.isArray(rules)) {
      throw mistake(operation, "rules", "an array", rules);
    }
    const action = FIREWALLS.at(firewall, "/actions/set_rules");
    const data = { rules: rules.map(toRuleForm) };
    await this.#api.send(operation, "POST", action, options, data);
  }

  /** Protects nodes with a firewall. */
  async applyFirewall(
    firewall: Ref,
    options: HetznerFirewallNodesOptions,
  ): Promise<void> {
    const operation = "applyFirewall";
    const apply_to = toTargets(options.nodes, operation);
    if (apply_to.length === 0) return;
    const action = FIREWALLS.at(firewall, "/actions/apply_to_resources");
    await this.#api.send(operation, "POST", action, options, { apply_to });
  }

  /** Removes the protection of a firewall from nodes. */
  async removeFirewall(
    firewall: Ref,
    options: HetznerFirewallNodesOptions,
  ): Promise<void> {
    const operation = "removeFirewall";
    const remove_from = toTargets(options.nodes, operation);
    if (remove_from.length === 0) return;
    const action = FIREWALLS.at(firewall, "/actions/remove_from_resources");
    await this.#api.send(operation, "POST", action, options, { remove_from });
  }

  /** Deletes a firewall. It must not protect any node. */
  async deleteFirewall(
    firewall: Ref,
    options: CallOptions = {},
  ): Promise<void> {
    await this.#api.deleteOf("deleteFirewall", FIREWALLS, firewall, options);
  }

  /** Lists the primary IP addresses of the project, with those of its nodes. */
  listPrimaryIps(options: ListOptions = {}): Listing<HetznerAddress> {
    return this.#api.listOf("listPrimaryIps", ADDRESSES.primary, options);
  }

  /** Lists the floating IP addresses of the project. */
  listFloatingIps(options: ListOptions = {}): Listing<HetznerAddress> {
    return this.#api.listOf("listFloatingIps", ADDRESSES.floating, options);
  }

  /** Creates an IP address. Hetzner bills it until you delete it. */
  async createAddress(
    options: HetznerCreateAddressOptions,
  ): Promise<HetznerAddress> {
    const operation = "createAddress";
    const { node, location } = options;
    if (location === undefined && node === undefined) {
      throw new TypeError(`${operation}: location or node is required`);
    }
    const isPrimary = options.kind === "primary";
    const place = given(location, (ref) => idOf(ref, operation, "location"));
    const kind = kindIn(options, operation);
    return await this.#api.createOf(operation, kind, options, {
      ...toNamed(options, operation),
      type: checkText(options.type, operation, "type"),
      [isPrimary ? "location" : "home_location"]: place,
      ...toAssignee(options, operation),
    });
  }

  /** Assigns an IP address to a node. For a primary one, it must be stopped. */
  async assignAddress(
    address: Ref,
    options: HetznerAssignAddressOptions,
  ): Promise<HetznerAction> {
    const operation = "assignAddress";
    const kind = kindIn(options, operation);
    const node = idOf(options.node, operation, "node");
    const data = toAssignee({ ...options, node }, operation);
    const verb = "assign";
    return await this.#api.act(operation, kind, address, verb, options, data);
  }

  /** Unassigns an IP address from its node. Hetzner continues to bill it. */
  async unassignAddress(
    address: Ref,
    options: HetznerAddressOptions,
  ): Promise<HetznerAction> {
    const operation = "unassignAddress";
    const kind = kindIn(options, operation);
    return await this.#api.act(operation, kind, address, "unassign", options);
  }

  /** Deletes an IP address. You may not get the same one again. */
  async deleteAddress(
    address: Ref,
    options: HetznerAddressOptions,
  ): Promise<void> {
    const operation = "deleteAddress";
    const kind = kindIn(options, operation);
    await this.#api.deleteOf(operation, kind, address, options);
  }

  /** Lists the actions on nodes, the newest first. */
  listActions(
    options: HetznerListActionsOptions = {},
  ): Listing<HetznerAction> {
    const operation = "listActions";
    const { node } = options;
    const all = node === undefined
      ? "/servers/actions"
      : NODES.at(node, "/actions");
    const params = { sort: "id:desc" };
    return this.#api.list(operation, all, "actions", toAction, options, {
      params,
    });
  }

  /** Gets one action, on any kind of resource. */
  async getAction(
    action: Ref,
    options: CallOptions = {},
  ): Promise<HetznerAction> {
    return await this.#api.getOf("getAction", ACTIONS, action, options);
  }

  /**
   * Waits until an action is completed.
   *
   * @param action The action or its id.
   * @param options Polling interval and time limit. The default time limit is 10
   *   minutes.
   * @returns The completed action.
   * @throws {CloudError} If the action fails: its status is `"error"`.
   * @throws {TimeoutError} If the time limit is reached.
   */
  async waitForAction(
    action: Ref,
    options: PollOptions = {},
  ): Promise<HetznerAction> {
    const operation = "waitForAction";
    const { provider } = this;
    const id = idOf(action, operation, "action");
    const describe = () => `action ${id} is not completed`;
    const about = { provider, operation, describe };
    return await poll(about, options, async (call) => {
      const current = await this.#api.getOf(operation, ACTIONS, id, call);
      return isCompleted(current, about) ? current : undefined;
    });
  }

  /** Requests one node. */
  protected override async readNode(
    operation: string,
    node: Ref,
    options: CallOptions,
  ): Promise<HetznerNode> {
    return await this.#api.getOf(operation, NODES, node, options);
  }

  /** Starts an action whose response may contain a new root password. */
  async #actForLogin(
    operation: string,
    node: Ref,
    verb: string,
    options: JsonWriteOptions,
    data?: object,
  ): Promise<HetznerPasswordAction> {
    const action = NODES.at(node, `/actions/${verb}`);
    const call = { ...options, creates: false };
    const convert = (body: PasswordJson & { action: ActionJson }) =>
      withPassword<HetznerPasswordAction>(toAction(body.action), body);
    return await this.#api.create(operation, action, convert, call, data);
  }

  /** Reads the currency of all prices. It is that of the project's owner. */
  async #readCurrency(
    operation: string,
    options: CallOptions,
  ): Promise<string> {
    const toCurrency = ({ currency }: PricingJson) => toId(currency);
    return this.#currency ??= await this.#api.get(
      operation,
      "/pricing",
      field("pricing", toCurrency),
      options,
    );
  }
}

/** Converts the options of `createNode()`. */
function toServerForm(options: HetznerCreateNodeOptions) {
  const operation = "createNode";
  const { location, userData, firewalls, placementGroup, ipv4, ipv6 } = options;
  refuse(operation, DISPLAY_NAME, options, {
    auth: "use importKeyPair()",
    idempotencyKey: "",
  });
  checkUserData(userData, operation, DISPLAY_NAME, USER_DATA);
  const ids = (refs: readonly Ref[] | undefined, name: string) =>
    optionalIds(refs, operation, name);
  const address = (ip: false | Ref | undefined, name: string) =>
    ip === false ? undefined : optionalId(ip, operation, name);
  return {
    ...toNamed(options, operation),
    server_type: idOf(options.size, operation, "size"),
    image: idOf(options.image, operation, "image"),
    location: given(location, (ref) => idOf(ref, operation, "location")),
    ssh_keys: idsOf(options.keyPairs, operation, "keyPairs"),
    user_data: typeof userData === "string" ? userData : undefined,
    networks: ids(options.networks, "networks"),
    firewalls: ids(firewalls, "firewalls")?.map((firewall) => ({ firewall })),
    volumes: ids(options.volumes, "volumes"),
    automount: options.automount,
    placement_group: optionalId(placementGroup, operation, "placementGroup"),
    public_net: ipv4 === undefined && ipv6 === undefined ? undefined : {
      enable_ipv4: ipv4 !== false,
      enable_ipv6: ipv6 !== false,
      ipv4: address(ipv4, "ipv4"),
      ipv6: address(ipv6, "ipv6"),
    },
    start_after_create: options.startAfterCreate,
  };
}

function kindIn({ kind }: HetznerAddressOptions, operation: string) {
  return choose(ADDRESSES, kind, operation, "kind");
}

/** Converts a node that gets an address. */
function toAssignee(
  { kind, node }: HetznerAddressOptions & { readonly node?: Ref | undefined },
  operation: string,
) {
  const id = optionalId(node, operation, "node");
  return kind === "primary"
    ? { assignee_id: id, assignee_type: "server" }
    : { server: id };
}

/** Converts the nodes that a firewall protects. */
function toTargets(nodes: readonly Ref[], operation: string) {
  const ids = optionalIds(nodes, operation, "nodes");
  if (!ids) throw mistake(operation, "nodes", "an array", nodes);
  return ids.map((id) => ({ type: "server", server: { id } }));
}

function toRuleForm(rule: HetznerFirewallRule) {
  const { direction = "in", protocol, port, ips } = rule;
  return {
    direction,
    protocol,
    port,
    [direction === "in" ? "source_ips" : "destination_ips"]: ips,
  };
}

/** Adds the new root password, if the response contains one. */
function withPassword<T extends Pick<HetznerPasswordAction, "rootPassword">>(
  record: T,
  { root_password }: PasswordJson,
): T {
  return root_password ? { ...record, rootPassword: root_password } : record;
}

function toConsole({ wss_url, password }: ConsoleJson): HetznerConsole {
  return { url: toId(wss_url), password: toId(password) };
}
