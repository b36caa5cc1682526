/**
 * SoftLayer, which is now the classic infrastructure of IBM Cloud: virtual
 * servers in America, Europe, Asia and Australia.
 *
 * ```ts
 * import { SoftLayerNodeDriver } from "@nephos/nephos/drivers/softlayer";
 * import { SoftLayerSimulator } from "@nephos/nephos/simulators/softlayer";
 *
 * const { credentials, fetch } = new SoftLayerSimulator();
 * const softlayer = new SoftLayerNodeDriver({ ...credentials, fetch });
 * const node = await softlayer.createNode({
 *   name: "web-1",
 *   domain: "example.org",
 *   cpus: 2,
 *   ramMib: 4096,
 *   diskGb: 100,
 *   image: "DEBIAN_12_64",
 *   location: "dal05",
 * });
 * console.log(node.id, node.state, node.sizeId); // … "pending" "5"
 * ```
 *
 * @see {@link https://sldn.softlayer.com/reference/softlayerapi/ | SoftLayer API reference}
 *
 * @module
 */

import {
  type CallOptions,
  checkText,
  type Connection,
  type EnvironmentVariable,
  given,
  idJson,
  idOf,
  Listing,
  type ListOptions,
  mistake,
  NotFoundError,
  onePage,
  path,
  type Ref,
  sequence,
  toId,
  toNumber,
  toText,
  WAIT_MS,
} from "../../core/mod.ts";
import {
  checkPublicKey,
  checkSomeTags,
  type CreateImageOptions,
  hasTagStrings,
  type ImageRuleList,
  type Images,
  type KeyPairs,
  NodeDriver,
  type NodeListOptions,
  type PowerControl,
  type Renaming,
  type Resizing,
  type TakesUserData,
  toTags,
  toTagStrings,
  type UserDataSupport,
} from "../../core/compute/mod.ts";
import { type AccountList, SoftLayerApi } from "./_api.ts";
import {
  DISPLAY_NAME,
  SoftLayerConnection,
  type SoftLayerOptions,
  VARIABLES,
} from "./_connection.ts";
import type {
  ConfigurationJson,
  GuestJson,
  ItemPriceJson,
  KeyJson,
  LocationJson,
  TemplateJson,
} from "./_json.ts";
import type {
  SoftLayerCreateNodeOptions,
  SoftLayerImportKeyPairOptions,
  SoftLayerPowerOptions,
  SoftLayerRenameNodeOptions,
  SoftLayerResizeNodeOptions,
  SoftLayerSetTagsOptions,
} from "./_options.ts";
import {
  checkHostname,
  checkTagStrings,
  GUID,
  SIZES,
  type SoftLayerSize,
  toChoice,
  toOrder,
  USER_DATA,
} from "./_order.ts";
import {
  DEVICES_MASK,
  GUEST_MASK,
  KEY_MASK,
  LOCATION_MASK,
  type SoftLayerImage,
  type SoftLayerKeyPair,
  type SoftLayerLocation,
  type SoftLayerLogin,
  type SoftLayerNode,
  TEMPLATE_MASK,
  toDisks,
  toFlag,
  toFlavor,
  toKeyPair,
  toLocation,
  toLogin,
  toNode,
  toSystem,
  toTemplate,
} from "./_records.ts";

export type { SoftLayerOptions } from "./_connection.ts";
export type * from "./_options.ts";
export type { SoftLayerSize } from "./_order.ts";
export type {
  SoftLayerImage,
  SoftLayerKeyPair,
  SoftLayerLocation,
  SoftLayerLogin,
  SoftLayerNode,
} from "./_records.ts";

const GUEST = "SoftLayer_Virtual_Guest";
const TEMPLATE = `${GUEST}_Block_Device_Template_Group`;
const OPTIONS = `/${GUEST}/getCreateObjectOptions.json`;

const NODES: AccountList<GuestJson, SoftLayerNode> = {
  relation: "virtualGuests",
  method: "getVirtualGuests",
  mask: GUEST_MASK,
  convert: toNode,
};
const TEMPLATES: AccountList<TemplateJson, SoftLayerImage> = {
  relation: "privateBlockDeviceTemplateGroups",
  method: "getPrivateBlockDeviceTemplateGroups",
  mask: TEMPLATE_MASK,
  convert: toTemplate,
};
const KEY_PAIRS: AccountList<KeyJson, SoftLayerKeyPair> = {
  relation: "sshKeys",
  method: "getSshKeys",
  mask: KEY_MASK,
  convert: toKeyPair,
};

/**
 * Driver for SoftLayer. The ids of nodes and key pairs are numbers. The id of a
 * location is its short name, such as `"dal05"`. The id of an operating system
 * is its code, such as `"DEBIAN_12_64"`, and that of an image of the account is a
 * GUID.
 *
 * SoftLayer has no sizes: an order names the processors, the memory and the
 * disk. Pass these to `createNode()`, or a size from `listSizes()`, which is a
 * list of this package. Both send the same request. `listFlavors()` lists
 * SoftLayer's own fixed combinations.
 *
 * The state of a node comes from several fields:
 *
 * - `"terminated"`: a transaction reclaims or cancels it, or it has no status.
 * - `"unknown"`: it is disconnected.
 * - `"pending"`: it is being provisioned, and has no `provisionedAt` yet. Its
 *   power state is then `HALTED`.
 * - Otherwise, the power state decides: `RUNNING`, `HALTED`, `PAUSED`.
 *
 * While a transaction changes a node, SoftLayer refuses to destroy the node and
 * to start another transaction. The driver repeats the request according to the
 * retry policy. If the transaction lasts longer, the call fails with a
 * `ConflictError`. A new node has a transaction until it is provisioned, which
 * takes minutes. Wait with `waitUntilRunning()` before you destroy it.
 *
 * SoftLayer has no idempotency key. Therefore a request that creates or orders
 * something is never repeated if its response was lost. `mayHaveBeenApplied` of
 * the error is `true` then.
 *
 * Lists are sorted by id. Each page begins with the last record of the page
 * before. Therefore each record that exists the whole time is returned exactly
 * once, or the list rejects with a `MalformedResponseError`, however many others
 * are created and deleted meanwhile. This holds as long as SoftLayer keeps the
 * order. Not promised: a list need not contain what was created or deleted while
 * you read it. If nodes are deleted all the time, even the second attempt of an
 * awaited list may fail.
 */
export class SoftLayerNodeDriver extends NodeDriver<SoftLayerNode>
  implements PowerControl, Renaming, Resizing, KeyPairs, Images, TakesUserData {
  /** Environment variables that `fromEnv()` reads. */
  static readonly variables: readonly EnvironmentVariable[] = VARIABLES;

  /** Id of the provider. */
  override readonly provider = "softlayer";
  /** Connection to the API. Use it for services that this class lacks. */
  override readonly connection: Connection;
  /** User data is a string of at most 64 KiB. Bytes, such as gzip, are rejected. */
  readonly userDataSupport: UserDataSupport = USER_DATA;
  readonly #api: SoftLayerApi;

  /**
   * Creates a driver. Nothing is sent until the first call.
   *
   * @param options Credentials and settings.
   * @param owner Name of the class that the caller creates, for errors.
   * @throws {TypeError} If `username`, `apiKey` or `baseUrl` is invalid.
   */
  constructor(options: SoftLayerOptions, owner = "SoftLayerNodeDriver") {
    super();
    this.connection = new SoftLayerConnection(options, owner);
    this.#api = new SoftLayerApi(this.connection);
  }

  /** Lists the nodes of the account, at most 100 per page, sorted by id. */
  override listNodes(options: NodeListOptions = {}): Listing<SoftLayerNode> {
    const operation = "listNodes";
    const tags = given(
      options.tags,
      (tags) => toTagStrings(checkSomeTags(tags, operation), operation),
    );
    if (!tags) return this.#api.list(operation, NODES, options);
    // SoftLayer selects the nodes that have any of several tags.
    const value = tags.slice(0, 1);
    const name = { operation: "in", options: [{ name: "data", value }] };
    return this.#api.list(operation, NODES, options, {
      filter: { tagReferences: { tag: { name } } },
      keep: (node) => hasTagStrings(node.tags, tags),
    });
  }

  /**
   * Lists the sizes in this package, with prices of 2015 for the processors, the
   * memory and the disk. Sends no request. For other machines, pass `cpus`,
   * `ramMib` and `diskGb` to `createNode()`, or see `listFlavors()`.
   */
  override listSizes(options: ListOptions = {}): Listing<SoftLayerSize> {
    const read = () => Promise.resolve([...SIZES]);
    return this.#listing("listSizes", options, read);
  }

  /**
   * Lists the operating systems, which are the first page, and then the images of
   * the account, at most 100 per page.
   */
  override listImages(options: ListOptions = {}): Listing<SoftLayerImage> {
    const operation = "listImages";
    return this.#api.list(operation, TEMPLATES, options, {
      before: (call) => this.#readSystems(operation, { ...options, ...call }),
    });
  }

  /** Lists the data centers. */
  override listLocations(
    options: ListOptions = {},
  ): Listing<SoftLayerLocation> {
    const operation = "listLocations";
    const centers = "/SoftLayer_Location/getDatacenters.json";
    const convert = (body: LocationJson[]) => body.map(toLocation);
    return this.#listing(
      operation,
      options,
      (call) => this.#api.get(operation, centers, LOCATION_MASK, convert, call),
    );
  }

  /**
   * Lists the flavors: fixed combinations of processors, memory and disk. Their
   * ids are sizes for `createNode()`. SoftLayer does not tell their prices here.
   */
  listFlavors(options: ListOptions = {}): Listing<SoftLayerSize> {
    const operation = "listFlavors";
    const convert = ({ flavors }: ConfigurationJson) =>
      flavors
        // SoftLayer may take transient nodes away at any time.
        .filter(({ template }) => !toFlag(template.transientGuestFlag))
        .map(toFlavor);
    return this.#listing(
      operation,
      options,
      (call) => this.#api.get(operation, OPTIONS, undefined, convert, call),
    );
  }

  /**
   * Creates a node. Resolves when the node has an id. It gets its addresses and
   * its password later: see `waitUntilRunning()` and `getLogins()`.
   *
   * If there are `tags`, the driver sends a second request. If that fails, the
   * node exists, and `nodeOf()` returns it from the error.
   *
   * @param options The node to create. `location` is required, and so are either
   *   `size`, or `cpus`, `ramMib` and `diskGb`. `name` has no dots; the rest of
   *   the fully qualified name is `domain`. `auth` and `idempotencyKey` are
   *   rejected. Instead of `auth`, import a key with `importKeyPair()`, and pass
   *   it in `keyPairs`. With `tags`, the default of `timeoutMs` is 10 minutes,
   *   for all requests together.
   * @returns The node, in state `"pending"`.
   * @throws {TypeError} If an option is invalid or not supported.
   * @throws {RangeError} If SoftLayer does not offer the machine, or `userData`
   *   is longer than 64 KiB. The message names the nearest machine.
   */
  override async createNode(
    options: SoftLayerCreateNodeOptions,
  ): Promise<SoftLayerNode> {
    const operation = "createNode";
    const { template, record, tags, secrets } = toOrder(options);
    const create = async (call: CallOptions) => {
      const write = { ...call, secrets, creates: true };
      const guests = `/${GUEST}/createObject.json`;
      const response = await this.#api
        .post<GuestJson>(operation, guests, write, template);
      // The response has no relations, such as the data center.
      return this.noteCreated(
        response.read((guest): SoftLayerNode => ({
          ...toNode(guest),
          ...record,
          state: "pending",
        })),
      );
    };
    if (!tags?.length) return await create(options);
    const { timeoutMs = WAIT_MS } = options;
    const about = { provider: this.provider, operation, creates: true };
    const limited = { ...options, timeoutMs };
    return await sequence(about, limited, async ({ call, write, poll }) => {
      const node = await write(create, "node");
      // SoftLayer may not know the new node yet.
      await poll(async () => {
        try {
          return await this.readNode(operation, node, call);
        } catch (error) {
          if (!NotFoundError.is(error)) throw error;
        }
      });
      await this.#setTags(operation, node, tags, call);
      return { ...node, tags: toTags(tags) };
    });
  }

  /**
   * Restarts a node. With `force`, SoftLayer switches the power off and on
   * again. Then data that is not yet written to the disk is lost.
   */
  override async rebootNode(
    node: Ref,
    options: SoftLayerPowerOptions = {},
  ): Promise<void> {
    const { force } = options;
    const method = force ? "rebootHard" : "rebootSoft";
    await this.#act("rebootNode", node, method, options);
  }

  /**
   * Destroys a node. All its data is lost. SoftLayer stops billing an hourly node
   * at once, and removes the node in the background.
   *
   * @throws {ConflictError} If a transaction changes the node. A new node has one
   *   until it is provisioned.
   */
  override async destroyNode(
    node: Ref,
    options: CallOptions = {},
  ): Promise<void> {
    const guest = path`/${GUEST}/${{ node }}.json`;
    const call = { ...options, mayBeUnknown: this.isYoung(node) };
    await this.#api.confirm("destroyNode", guest, {
      ...call,
      method: "DELETE",
    });
    this.noteDestroyed(node);
  }

  /** Starts a stopped node. */
  async startNode(node: Ref, options: CallOptions = {}): Promise<void> {
    await this.#act("startNode", node, "powerOn", options);
  }

  /**
   * Stops a running node. SoftLayer continues to bill it. With `force`, data that
   * is not yet written to the disk is lost.
   */
  async stopNode(
    node: Ref,
    options: SoftLayerPowerOptions = {},
  ): Promise<void> {
    const { force } = options;
    const method = force ? "powerOff" : "powerOffSoft";
    await this.#act("stopNode", node, method, options);
  }

  /** Changes the host name of a node, and its domain if you pass one. */
  async renameNode(
    node: Ref,
    options: SoftLayerRenameNodeOptions,
  ): Promise<void> {
    const operation = "renameNode";
    const { name, domain } = options;
    const changes = {
      hostname: checkHostname(name, operation),
      domain: given(domain, (it) => checkText(it, operation, "domain")),
    };
    await this.#api.confirm(operation, path`/${GUEST}/${{ node }}.json`, {
      ...options,
      method: "PUT",
      data: { parameters: [changes] },
    });
  }

  /**
   * Changes the processors and the memory of a node. SoftLayer stops the node,
   * and starts it again. It bills the new size from then on.
   *
   * This is an order of an upgrade: the driver gets the prices of all upgrades,
   * and orders those with the wanted processors and memory, for now. The first
   * disk cannot change.
   *
   * @param node The node or its id.
   * @param options The new size. Flavors are rejected. The default of
   *   `timeoutMs` is 10 minutes, for all requests together.
   * @throws {TypeError} If the size is invalid, or a flavor.
   * @throws {RangeError} If SoftLayer does not offer the machine, or cannot
   *   change this node into it. The message names what would do.
   * @throws {ConflictError} If a transaction changes the node.
   */
  async resizeNode(
    node: Ref,
    options: SoftLayerResizeNodeOptions,
  ): Promise<void> {
    const operation = "resizeNode";
    const choice = toChoice(options, operation);
    if ("flavor" in choice) {
      throw mistake(operation, "size", "an id from listSizes()", choice.flavor);
    }
    const id = idJson(node, operation, "node");
    const { timeoutMs = WAIT_MS } = options;
    const about = { provider: this.provider, operation };
    await sequence(
      about,
      { ...options, timeoutMs },
      async ({ call, write }) => {
        const { extra } = await this.readNode(operation, node, call);
        const { diskGb = choice.diskGb } = extra;
        if (diskGb !== choice.diskGb) {
          throw new RangeError(
            `${operation}: the first disk has ${diskGb} GB and cannot change; ` +
              `choose a size with this disk`,
          );
        }
        const prices = await this.#readUpgrades(operation, node, call);
        const order = {
          complexType:
            "SoftLayer_Container_Product_Order_Virtual_Guest_Upgrade",
          virtualGuests: [{ id }],
          prices: [
            priceIn(prices, "guest_core", choice.cpus, operation, "cpus"),
            priceIn(prices, "ram", choice.ramMib / 1024, operation, "ramMib"),
          ],
          properties: [{
            name: "MAINTENANCE_WINDOW",
            value: new Date().toISOString().replace(/\.\d+Z$/, "+00:00"),
          }],
        };
        const orders = "/SoftLayer_Product_Order/placeOrder.json";
        await write((call) => this.#api.post(operation, orders, call, order));
      },
    );
  }

  /** Lists the key pairs of the account, sorted by id. */
  listKeyPairs(options: ListOptions = {}): Listing<SoftLayerKeyPair> {
    return this.#api.list("listKeyPairs", KEY_PAIRS, options);
  }

  /** Gets one key pair. */
  async getKeyPair(
    keyPair: Ref,
    options: CallOptions = {},
  ): Promise<SoftLayerKeyPair> {
    return await this.#api.get(
      "getKeyPair",
      path`/SoftLayer_Security_Ssh_Key/${{ keyPair }}/getObject.json`,
      KEY_MASK,
      toKeyPair,
      options,
    );
  }

  /** Uploads a public key. Several key pairs may have the same name. */
  async importKeyPair(
    options: SoftLayerImportKeyPairOptions,
  ): Promise<SoftLayerKeyPair> {
    const operation = "importKeyPair";
    const { name, publicKey, notes } = options;
    const template = {
      label: checkText(name, operation, "name"),
      key: checkPublicKey(publicKey, operation),
      notes: given(notes, (it) => checkText(it, operation, "notes")),
    };
    const keys = "/SoftLayer_Security_Ssh_Key.json";
    const write = { ...options, creates: true };
    const response = await this.#api
      .post<KeyJson>(operation, keys, write, template);
    return response.read(toKeyPair);
  }

  /** Deletes a key pair. Nodes that use it keep the key. */
  async deleteKeyPair(keyPair: Ref, options: CallOptions = {}): Promise<void> {
    const key = path`/SoftLayer_Security_Ssh_Key/${{ keyPair }}.json`;
    const call = { ...options, method: "DELETE" };
    await this.#api.confirm("deleteKeyPair", key, call);
  }

  /**
   * Gets one image: an operating system by its code, or an image of the account.
   *
   * @throws {NotFoundError} If there is no such image.
   */
  async getImage(
    image: Ref,
    options: CallOptions = {},
  ): Promise<SoftLayerImage> {
    const operation = "getImage";
    const id = idOf(image, operation, "image");
    if (GUID.test(id)) return await this.#findImage(operation, id, options);
    const systems = await this.#readSystems(operation, options);
    return this.#api.pick(
      operation,
      "getCreateObjectOptions",
      systems,
      "image",
      id,
    );
  }

  /**
   * Creates an image of the disks of a node. Resolves when the image has an id.
   * SoftLayer stops the node while it copies the disks, which takes minutes.
   *
   * @param node The node or its id.
   * @param options Name of the image. `description` is its note. The default of
   *   `timeoutMs` is 10 minutes, for both requests together.
   * @returns The image.
   * @throws {TypeError} If `name` or `description` is invalid.
   * @throws {ConflictError} If a transaction changes the node.
   */
  async createImage(
    node: Ref,
    options: CreateImageOptions,
  ): Promise<SoftLayerImage> {
    const operation = "createImage";
    const name = checkText(options.name, operation, "name");
    const note = given(
      options.description,
      (it) => checkText(it, operation, "description"),
    );
    const archive = path`/${GUEST}/${{ node }}/createArchiveTemplate.json`;
    const { timeoutMs = WAIT_MS } = options;
    const about = { provider: this.provider, operation, creates: true };
    return await sequence(about, { ...options, timeoutMs }, async (steps) => {
      const devices = await this.#api.get(
        operation,
        path`/${GUEST}/${{ node }}/getObject.json`,
        DEVICES_MASK,
        ({ blockDevices }: GuestJson) => toDisks(blockDevices),
        steps.call,
      );
      return await steps.write(async (call) => {
        const write = { ...call, creates: true };
        const response = await this.#api.post<TemplateJson>(
          operation,
          archive,
          write,
          name,
          devices,
          note ?? "",
        );
        return response.read((json) => toTemplate({ ...json, name, note }));
      }, "image");
    });
  }

  /**
   * Deletes an image of the account. Its data is lost.
   *
   * @throws {NotFoundError} If the account has no such image.
   */
  async deleteImage(image: Ref, options: CallOptions = {}): Promise<void> {
    const operation = "deleteImage";
    const id = idOf(image, operation, "image");
    const { timeoutMs = WAIT_MS } = options;
    const about = { provider: this.provider, operation };
    await sequence(
      about,
      { ...options, timeoutMs },
      async ({ call, write }) => {
        // The path needs the number of the image.
        const { extra } = await this.#findImage(operation, id, call);
        const template = path`/${TEMPLATE}/${{
          image: toId(extra.number),
        }}.json`;
        await write((call) =>
          this.connection.request(template, {
            ...call,
            operation,
            method: "DELETE",
          })
        );
      },
    );
  }

  /**
   * Gets the users and passwords that SoftLayer created on a node, such as that
   * of `root`. The result is `[]` before the node is
   * provisioned.
   */
  async getLogins(
    node: Ref,
    options: CallOptions = {},
  ): Promise<SoftLayerLogin[]> {
    const guest = path`/${GUEST}/${{ node }}/getObject.json`;
    const mask = "mask[id,operatingSystem[passwords[username,password]]]";
    const convert = ({ id, operatingSystem }: GuestJson) => {
      toId(id);
      return (operatingSystem?.passwords ?? []).map(toLogin);
    };
    return await this.#api.get("getLogins", guest, mask, convert, options);
  }

  /** Pauses a running node. It stays in the memory of its host. */
  async pauseNode(node: Ref, options: CallOptions = {}): Promise<void> {
    await this.#act("pauseNode", node, "pause", options);
  }

  /** Resumes a paused node. */
  async resumeNode(node: Ref, options: CallOptions = {}): Promise<void> {
    await this.#act("resumeNode", node, "resume", options);
  }

  /** Replaces all tags of a node. Without tags, all are removed. */
  async setTags(node: Ref, options: SoftLayerSetTagsOptions): Promise<void> {
    const operation = "setTags";
    const { tags } = options;
    const strings = checkTagStrings(tags, operation);
    if (!strings) throw mistake(operation, "tags", "tags", tags);
    await this.#setTags(operation, node, strings, options);
  }

  /** Returns the rules for official images, for `findImage()`. */
  override async imageRules(): Promise<ImageRuleList> {
    const { default: data } = await import("../../data/softlayer.json", {
      with: { type: "json" },
    });
    return data.images;
  }

  /** Requests one node. */
  protected override async readNode(
    operation: string,
    node: Ref,
    options: CallOptions,
  ): Promise<SoftLayerNode> {
    const guest = path`/${GUEST}/${{ node }}/getObject.json`;
    return await this.#api.get(operation, guest, GUEST_MASK, toNode, options);
  }

  /** Calls a method of a guest without parameters. */
  async #act(
    operation: string,
    node: Ref,
    method: string,
    options: CallOptions,
  ): Promise<void> {
    const action = path`/${GUEST}/${{ node }}/${method}.json`;
    // SoftLayer expects GET for methods without parameters. It is not repeated,
    // because a repeated restart is a second restart.
    await this.#api.confirm(operation, action, { ...options, writes: true });
  }

  async #setTags(
    operation: string,
    node: Ref,
    tags: readonly string[],
    options: CallOptions,
  ): Promise<void> {
    await this.#api.confirm(
      operation,
      path`/${GUEST}/${{ node }}/setTags.json`,
      {
        ...options,
        method: "POST",
        data: { parameters: [tags.join()] },
        idempotent: true,
      },
    );
  }

  async #findImage(
    operation: string,
    id: string,
    options: CallOptions,
  ): Promise<SoftLayerImage> {
    const property = "globalIdentifier";
    return await this.#api
      .find(operation, TEMPLATES, property, id, "image", options);
  }

  async #readSystems(
    operation: string,
    options: CallOptions,
  ): Promise<SoftLayerImage[]> {
    const convert = ({ operatingSystems }: ConfigurationJson) =>
      operatingSystems.map(toSystem);
    return await this.#api.get(operation, OPTIONS, undefined, convert, options);
  }

  /** Requests the prices of all changes of a guest. */
  async #readUpgrades(
    operation: string,
    node: Ref,
    options: CallOptions,
  ): Promise<readonly ItemPriceJson[]> {
    const upgrades = path`/${GUEST}/${{ node }}/getUpgradeItemPrices.json`;
    const params = { objectMask: UPGRADE_MASK };
    const read = { ...options, params, writes: false };
    const response = await this.#api
      .post<ItemPriceJson[]>(operation, upgrades, read, true);
    return response.read((prices) => prices.map((price) => price));
  }

  /** A list of one page. */
  #listing<T>(
    operation: string,
    options: ListOptions,
    read: (call: CallOptions) => Promise<T[]>,
  ): Listing<T> {
    const source = onePage(
      (limits) => read({ ...options, ...limits }),
      operation,
    );
    return new Listing(source, { ...options, operation });
  }
}

const UPGRADE_MASK =
  "mask[id,locationGroupId,categories[categoryCode],item[capacity,units]]";

/** Units of processors on dedicated hosts. */
const DEDICATED = /^(?:PRIVATE|DEDICATED)_CORE$/;

/**
 * Finds the price of an upgrade.
 *
 * @throws {RangeError} If SoftLayer offers no such price.
 */
function priceIn(
  prices: readonly ItemPriceJson[],
  category: string,
  capacity: number,
  operation: string,
  field: string,
): { readonly id: number } {
  const offered = prices.filter(({ categories = [], item }) =>
    categories.some(({ categoryCode }) => categoryCode === category) &&
    !DEDICATED.test(toText(item?.units) ?? "")
  );
  const found = offered
    .filter(({ item }) => toNumber(item?.capacity) === capacity)
    // Prices without a group are those of every location.
    .sort((a, b) =>
      Number(a.locationGroupId ?? 0) - Number(b.locationGroupId ?? 0)
    )
    .map(({ id }) => toNumber(id))[0];
  if (found !== undefined) return { id: found };
  const unit = field === "ramMib" ? 1024 : 1;
  const capacities = offered
    .map(({ item }) => toNumber(item?.capacity))
    .filter((it) => it !== undefined)
    .map((it) => it * unit);
  const choices = [...new Set(capacities)].sort((a, b) => a - b).join(", ");
  throw new RangeError(
    `${operation}: ${DISPLAY_NAME} cannot change ${field} of the node to ` +
      `${capacity * unit}; it offers ${choices || "nothing"}`,
  );
}
