/**
 * Amazon EC2: instances, images, key pairs, volumes and snapshots. A driver
 * works in one region of AWS.
 *
 * ```ts
 * import { Ec2NodeDriver } from "@nephos/nephos/drivers/aws/ec2";
 * import { Ec2Simulator } from "@nephos/nephos/simulators/aws/ec2";
 *
 * const { credentials, fetch } = new Ec2Simulator({ nodes: 2 });
 * const region = "us-east-1";
 * const ec2 = new Ec2NodeDriver({ ...credentials, region, fetch });
 * for (const node of await ec2.listNodes()) {
 *   console.log(node.name, node.state, node.publicIps);
 * }
 * ```
 *
 * Security groups, VPCs, subnets and Elastic IP addresses are in
 * `drivers/aws/ec2_network`.
 *
 * @see {@link https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Welcome.html | Amazon EC2 API reference}
 *
 * @module
 */

import { encodeBase64 } from "@std/encoding/base64";
import {
  type CallOptions,
  checkBaseUrl,
  checkText,
  choose,
  type Connection,
  type EnvironmentVariable,
  given,
  idOf,
  idsOf,
  type Limits,
  Listing,
  mistake,
  NotFoundError,
  oneLine,
  onePage,
  type Ref,
  refuse,
  sequence,
  type XmlElement,
} from "../../core/mod.ts";
import {
  checkPublicKey,
  checkSize,
  checkTags,
  type CreateKeyPairOptions,
  hasTags,
  type ImageRuleList,
  type Images,
  type KeyPairs,
  NodeDriver,
  type PowerControl,
  type Price,
  type RenameNodeOptions,
  type Renaming,
  type ResizeNodeOptions,
  type Resizing,
  type Snapshots,
  type TakesUserData,
  type UserDataSupport,
  type Volumes,
} from "../../core/compute/mod.ts";
import { AWS_VARIABLES, checkRegion } from "./_connection.ts";
import {
  DISPLAY_NAME,
  Ec2Connection,
  type Ec2Options,
  inRegion,
} from "./_ec2_connection.ts";
import {
  checkNodeTags,
  EC2_API,
  literalId,
  newTags,
  optionalId,
  optionalText,
  tagsIn,
  textIn,
  toClientToken,
  toNodeForm,
  toOwners,
  toTagFilters,
  toTags,
  toTagSpecification,
  USER_DATA,
  withFilter,
} from "./_ec2_forms.ts";
import type {
  Ec2AttachVolumeOptions,
  Ec2ConsoleOptions,
  Ec2CopyImageOptions,
  Ec2CreateImageOptions,
  Ec2CreateKeyPairOptions,
  Ec2CreateNodeOptions,
  Ec2CreateTagsOptions,
  Ec2CreateVolumeOptions,
  Ec2CreateVolumeSnapshotOptions,
  Ec2DeleteImageOptions,
  Ec2DeleteTagsOptions,
  Ec2DetachVolumeOptions,
  Ec2ImportKeyPairOptions,
  Ec2ListImagesOptions,
  Ec2ListLocationsOptions,
  Ec2ListNodesOptions,
  Ec2ListOptions,
  Ec2ListSizesOptions,
  Ec2ListVolumeSnapshotsOptions,
  Ec2ResizeVolumeOptions,
  Ec2StopOptions,
  Ec2TaggedOptions,
} from "./_ec2_options.ts";
import {
  type Ec2Image,
  type Ec2KeyPair,
  type Ec2Location,
  type Ec2Node,
  type Ec2Region,
  type Ec2Size,
  type Ec2Volume,
  type Ec2VolumeSnapshot,
  NAME,
  toConsoleText,
  toImage,
  toKeyPair,
  toNewImage,
  toNewNode,
  toNode,
  toPlain,
  toSnapshot,
  toVolume,
} from "./_ec2_records.ts";
import type { Ec2Prices } from "./_ec2_prices.ts";
import type { InstanceTypeFields } from "./_ec2_sizes.ts";
import { type Collection, QueryApi } from "./_query_api.ts";

export type {
  AwsCredentials,
  AwsCredentialsSource,
  AwsSettings,
} from "./_connection.ts";
export type { Ec2Options, Ec2Settings } from "./_ec2_connection.ts";
export type {
  Ec2Address,
  Ec2Attachment,
  Ec2GroupName,
  Ec2Image,
  Ec2ImageVolume,
  Ec2KeyPair,
  Ec2Location,
  Ec2Node,
  Ec2NodeVolume,
  Ec2Region,
  Ec2Rule,
  Ec2SecurityGroup,
  Ec2Size,
  Ec2Subnet,
  Ec2Volume,
  Ec2VolumeSnapshot,
  Ec2Vpc,
} from "./_ec2_records.ts";
export type {
  Ec2AssociateAddressOptions,
  Ec2AttachVolumeOptions,
  Ec2BlockDevice,
  Ec2ConsoleOptions,
  Ec2CopyImageOptions,
  Ec2CreateImageOptions,
  Ec2CreateKeyPairOptions,
  Ec2CreateNodeOptions,
  Ec2CreateSecurityGroupOptions,
  Ec2CreateTagsOptions,
  Ec2CreateVolumeOptions,
  Ec2CreateVolumeSnapshotOptions,
  Ec2DeleteImageOptions,
  Ec2DeleteTagsOptions,
  Ec2DetachVolumeOptions,
  Ec2DiskOptions,
  Ec2Filters,
  Ec2ImportKeyPairOptions,
  Ec2ListImagesOptions,
  Ec2ListLocationsOptions,
  Ec2ListNodesOptions,
  Ec2ListOptions,
  Ec2ListSizesOptions,
  Ec2ListVolumeSnapshotsOptions,
  Ec2MetadataOptions,
  Ec2NewDiskOptions,
  Ec2Owners,
  Ec2ResizeVolumeOptions,
  Ec2RulesOptions,
  Ec2SpotOptions,
  Ec2StopOptions,
  Ec2TaggedOptions,
} from "./_ec2_options.ts";

const NODES: Collection<Ec2Node> = {
  action: "DescribeInstances",
  // Instances that were created by one request share a reservation.
  path: ["reservationSet", "item", "instancesSet", "item"],
  idParameter: "InstanceId",
  convert: toNode,
  largestPage: 1000,
};
const IMAGES: Collection<Ec2Image> = {
  action: "DescribeImages",
  path: ["imagesSet", "item"],
  idParameter: "ImageId",
  convert: toImage,
  largestPage: 1000,
};
const KEY_PAIRS: Collection<Ec2KeyPair> = {
  action: "DescribeKeyPairs",
  path: ["keySet", "item"],
  idParameter: "KeyName",
  convert: toKeyPair,
};
const VOLUMES: Collection<Ec2Volume> = {
  action: "DescribeVolumes",
  path: ["volumeSet", "item"],
  idParameter: "VolumeId",
  convert: toVolume,
  largestPage: 1000,
};
const SNAPSHOTS: Collection<Ec2VolumeSnapshot> = {
  action: "DescribeSnapshots",
  path: ["snapshotSet", "item"],
  idParameter: "SnapshotId",
  convert: toSnapshot,
  largestPage: 1000,
};
// The records of the following collections need data that is loaded on demand.
const INSTANCE_TYPES: Collection<InstanceTypeFields> = {
  action: "DescribeInstanceTypes",
  path: ["instanceTypeSet", "item"],
  idParameter: "InstanceType",
  convert: toPlain,
  largestPage: 100,
};
const ZONES: Collection<Ec2Location["extra"]> = {
  action: "DescribeAvailabilityZones",
  path: ["availabilityZoneInfo", "item"],
  idParameter: "ZoneName",
  convert: toPlain,
};
const REGIONS: Collection<Ec2Region["extra"]> = {
  action: "DescribeRegions",
  path: ["regionInfo", "item"],
  idParameter: "RegionName",
  convert: toPlain,
};

/** Whether the prices of each source are live. */
const PRICE_SOURCES = { live: true, bundled: false };
const WITH_PUBLIC_KEY = { IncludePublicKey: true };
const MAX_IDS_PER_REQUEST = 100;
// The largest volumes have 64 TiB.
const MAX_VOLUME_GIB = 65_536;
// A zone, such as "us-east-1a", starts with the name of its region.
const REGION_OF_ZONE = /^[a-z]+(?:-[a-z]+)+-\d+/;
// Last letters of the names of devices that AWS recommends for volumes.
const DEVICE_LETTERS = [..."fghijklmnop"];

/**
 * Driver for Amazon EC2. `Ec2NetworkDriver` of `drivers/aws/ec2_network` has
 * the same methods, and those for security groups, VPCs, subnets and Elastic IP
 * addresses.
 *
 * `listSizes()` knows current prices of us-east-1 and the us-gov regions only.
 * With `live`, it requests those of all other regions from AWS.
 *
 * Nodes, volumes and copies of images are created with an idempotency key.
 * Therefore these requests are retried when a response is lost, and still
 * create one resource.
 */
export class Ec2NodeDriver extends NodeDriver<Ec2Node>
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
  static readonly variables: readonly EnvironmentVariable[] = AWS_VARIABLES;

  /** Id of the provider. */
  override readonly provider = "ec2";
  /**
   * Connection to the API. Use it for actions that this class lacks. Their path
   * is `"/"`. Send actions that read as `params`, and actions that write as
   * `data` of a POST.
   */
  override readonly connection: Connection;
  /** Id of the region. */
  readonly region: string;
  /** EC2 may not know a new node for some seconds; 2 minutes are generous. */
  override readonly notFoundGraceMs = 120_000;
  /** User data that EC2 accepts: strings and bytes, 16 384 bytes at most. */
  readonly userDataSupport: UserDataSupport = USER_DATA;
  readonly #api: QueryApi<Ec2ListOptions>;
  readonly #options: Ec2Options;
  readonly #owner: string;
  #prices: Ec2Prices | undefined;

  /**
   * Creates a driver. Nothing is sent until the first call.
   *
   * @param options Credentials, region and settings.
   * @param owner Name of the class that the caller creates, for errors.
   * @throws {TypeError} If a key, `region`, `baseUrl` or `pricingUrl` is
   *   invalid.
   */
  constructor(options: Ec2Options, owner = "Ec2NodeDriver") {
    super();
    this.connection = new Ec2Connection(options, owner);
    const { pricingUrl, allowInsecure } = options;
    given(
      pricingUrl,
      (url) => checkBaseUrl(url, allowInsecure, owner, "pricingUrl"),
    );
    this.region = options.region;
    this.#api = new QueryApi(this.connection, EC2_API);
    this.#options = options;
    this.#owner = owner;
  }

  /**
   * Lists the nodes of the region. Terminated nodes are listed for about an
   * hour.
   */
  override listNodes(options: Ec2ListNodesOptions = {}): Listing<Ec2Node> {
    const operation = "listNodes";
    const tags = given(options.tags, (tags) => checkNodeTags(tags, operation));
    if (!tags) return this.#api.list(operation, NODES, options);
    // A filter of the caller replaces the one of a tag with the same name.
    const filters = { ...toTagFilters(tags), ...options.filters };
    const keep = (node: Ec2Node) => hasTags(node.tags, tags);
    return this.#api.list(operation, NODES, { ...options, filters }, {}, keep);
  }

  /**
   * Lists the sizes: instance types. They come from the list bundled with this
   * package, without a request; with `live`, from the API. Prices are those on
   * demand, for Linux, on shared hardware.
   *
   * Bundled prices are current for us-east-1 and the us-gov regions, and from
   * 2024 for cn-north-1. For all other regions they are from 2017 and
   * incomplete. `price.asOf` is the day of the price.
   *
   * With `live`, prices come from the price API of AWS and have no `asOf`. Each
   * list then sends one more request for every 100 sizes of the region. The
   * access key needs the permission `pricing:GetProducts`; without it, pass
   * `prices: "bundled"`. The us-gov regions have no price API, so their prices
   * are always the bundled ones.
   *
   * @throws {TypeError} If an option is invalid, or needs `live`.
   * @throws {PermissionDeniedError} If the access key must not read prices.
   */
  override listSizes(options: Ec2ListSizesOptions = {}): Listing<Ec2Size> {
    const operation = "listSizes";
    const { region } = this;
    const { prices = options.live ? "live" : "bundled" } = options;
    const isPriceLive = choose(PRICE_SOURCES, prices, operation, "prices");
    const load = () => import("./_ec2_sizes.ts");
    if (options.live) {
      const loadLive = this.#livePrices(operation, options);
      return this.#api.listWith(operation, INSTANCE_TYPES, async (limits) => {
        const { bundledPrice, toSize } = await load();
        const live = isPriceLive ? await loadLive(limits) : undefined;
        const findPrice = (id: string) =>
          live ? live.get(id) : bundledPrice(region, id);
        return (type) => toSize(type, findPrice);
      }, options);
    }
    refuse(operation, DISPLAY_NAME, options, {
      filters: "set live: true",
      ...isPriceLive && { prices: "set live: true" },
    });
    const sizes = onePage(async ({ signal }) => {
      signal?.throwIfAborted();
      return (await load()).bundledSizes(region);
    }, operation);
    return new Listing(sizes, { ...options, operation });
  }

  /**
   * Lists images: those of the account, unless `owners` or `ids` is given.
   *
   * ```ts
   * import type { Ec2NodeDriver } from "@nephos/nephos/drivers/aws/ec2";
   *
   * async function listDebian(ec2: Ec2NodeDriver): Promise<void> {
   *   const images = ec2.listImages({
   *     owners: ["136693071363"], // Debian's account
   *     name: "debian-12-amd64-*",
   *   });
   *   for await (const { id, extra } of images) {
   *     console.log(id, extra.creationDate);
   *   }
   * }
   * ```
   *
   * For the newest official image of a distribution, use `findImage()`.
   */
  override listImages(options: Ec2ListImagesOptions = {}): Listing<Ec2Image> {
    const operation = "listImages";
    const { ids, owners = ids === undefined ? ["self"] : "any" } = options;
    const name = optionalText(options.name, operation, "name");
    const filters = withFilter(
      options.filters,
      operation,
      "name",
      "name",
      name,
    );
    return this.#api.list(operation, IMAGES, { ...options, filters }, {
      Owner: toOwners(owners, operation),
      ImageId: idsOf(ids, operation, "ids"),
    });
  }

  /** Returns the rules for official images, for `findImage()`. */
  override async imageRules(): Promise<ImageRuleList> {
    const { imageRules } = await import("./_ec2_images.ts");
    return imageRules(this.region);
  }

  /** Lists the availability zones of the region. */
  override listLocations(
    options: Ec2ListLocationsOptions = {},
  ): Listing<Ec2Location> {
    const load = async () => (await import("./_ec2_regions.ts")).toLocation;
    return this.#api.listWith("listLocations", ZONES, load, options, {
      AllAvailabilityZones: options.all,
    });
  }

  /**
   * Creates a node. Resolves as soon as the node has an id; most nodes have a
   * private IP address then.
   *
   * @param options The node to create. `auth` and a second key pair are
   *   rejected.
   * @returns The node, in state `"pending"`.
   * @throws {TypeError} If an option is invalid or not supported.
   * @throws {RangeError} If `userData` is longer than 16 384 bytes.
   * @throws {ConflictError} If EC2 has no capacity for the node; then `code` is
   *   `"InsufficientInstanceCapacity"`.
   */
  override async createNode(options: Ec2CreateNodeOptions): Promise<Ec2Node> {
    const operation = "createNode";
    const form = toNodeForm(options, operation);
    // User data often contains passwords.
    const secrets = [options.userData, form.UserData]
      .filter((data) => typeof data === "string");
    const repeatable = { ...options, secrets, idempotent: true };
    const node = await this.#api.create(
      operation,
      "RunInstances",
      toNewNode,
      repeatable,
      form,
    );
    return this.noteCreated(node);
  }

  /** Restarts a node. */
  override async rebootNode(
    node: Ref,
    options: CallOptions = {},
  ): Promise<void> {
    const operation = "rebootNode";
    await this.#api.send(operation, "RebootInstances", options, {
      InstanceId: [idOf(node, operation, "node")],
    });
  }

  /**
   * Terminates a node. All data on its instance store is lost. Volumes that
   * were created with the node are deleted, unless their `deleteOnTermination`
   * is `false`.
   *
   * @throws {PermissionDeniedError} If the node has termination protection.
   */
  override async destroyNode(
    node: Ref,
    options: CallOptions = {},
  ): Promise<void> {
    const operation = "destroyNode";
    const repeatable = { ...options, idempotent: true };
    await this.#api.send(operation, "TerminateInstances", repeatable, {
      InstanceId: [idOf(node, operation, "node")],
    });
    this.noteDestroyed(node);
  }

  /** Starts a stopped node. Its public IP address may change. */
  async startNode(node: Ref, options: CallOptions = {}): Promise<void> {
    const operation = "startNode";
    const repeatable = { ...options, idempotent: true };
    await this.#api.send(operation, "StartInstances", repeatable, {
      InstanceId: [idOf(node, operation, "node")],
    });
  }

  /** Stops a node. AWS keeps billing its volumes, but not the node. */
  async stopNode(node: Ref, options: Ec2StopOptions = {}): Promise<void> {
    const operation = "stopNode";
    const repeatable = { ...options, idempotent: true };
    await this.#api.send(operation, "StopInstances", repeatable, {
      InstanceId: [idOf(node, operation, "node")],
      Force: options.force,
      Hibernate: options.hibernate,
    });
  }

  /** Renames a node: sets its tag `Name`. */
  async renameNode(node: Ref, options: RenameNodeOptions): Promise<void> {
    const operation = "renameNode";
    const repeatable = { ...options, idempotent: true };
    await this.#api.send(operation, "CreateTags", repeatable, {
      ResourceId: [idOf(node, operation, "node")],
      Tag: toTags({ [NAME]: checkText(options.name, operation, "name") }),
    });
  }

  /**
   * Resizes a stopped node.
   *
   * @throws {ConflictError} If the node is not stopped.
   */
  async resizeNode(node: Ref, options: ResizeNodeOptions): Promise<void> {
    const operation = "resizeNode";
    const repeatable = { ...options, idempotent: true };
    await this.#api.send(operation, "ModifyInstanceAttribute", repeatable, {
      InstanceId: idOf(node, operation, "node"),
      InstanceType: { Value: idOf(options.size, operation, "size") },
    });
  }

  /** Lists the key pairs of the region. EC2 returns them on one page. */
  listKeyPairs(options: Ec2ListOptions = {}): Listing<Ec2KeyPair> {
    const operation = "listKeyPairs";
    return this.#api.list(operation, KEY_PAIRS, options, WITH_PUBLIC_KEY);
  }

  /**
   * Gets one key pair by its name.
   *
   * @throws {NotFoundError} If no key pair has that name.
   */
  async getKeyPair(
    keyPair: Ref,
    options: CallOptions = {},
  ): Promise<Ec2KeyPair> {
    return await this.#api.find(
      "getKeyPair",
      KEY_PAIRS,
      { keyPair },
      options,
      WITH_PUBLIC_KEY,
    );
  }

  /**
   * Creates a key pair. The private key is returned once, in this result only.
   *
   * @param options Name, type and tags of the key pair.
   * @returns The key pair, with the private key.
   * @throws {ConflictError} If a key pair has that name already.
   */
  async createKeyPair(options: Ec2CreateKeyPairOptions): Promise<Ec2KeyPair> {
    return await this.#createKey("createKeyPair", "CreateKeyPair", options, {
      KeyType: options.keyType,
      KeyFormat: options.keyFormat,
    });
  }

  /**
   * Uploads a public key: RSA or Ed25519.
   *
   * @param options Name, public key and tags of the key pair.
   * @returns The key pair.
   * @throws {TypeError} If `name` or `publicKey` is invalid.
   * @throws {ConflictError} If a key pair has that name already.
   */
  async importKeyPair(options: Ec2ImportKeyPairOptions): Promise<Ec2KeyPair> {
    const operation = "importKeyPair";
    const publicKey = checkPublicKey(options.publicKey, operation);
    const keyPair = await this.#createKey(operation, "ImportKeyPair", options, {
      PublicKeyMaterial: encodeBase64(publicKey),
    });
    return { ...keyPair, publicKey };
  }

  /**
   * Deletes a key pair by its name. Nodes that use it keep the key.
   *
   * @throws {NotFoundError} If no key pair had that name.
   */
  async deleteKeyPair(keyPair: Ref, options: CallOptions = {}): Promise<void> {
    const operation = "deleteKeyPair";
    const name = idOf(keyPair, operation, "keyPair");
    const response = await this.#api.send(operation, "DeleteKeyPair", options, {
      KeyName: name,
    });
    // EC2 reports success for an unknown name too, but without an id. With
    // emulators that never return an id, this throws even if the key existed.
    if (response.object.textAt("keyPairId")) return;
    throw response.error(
      `no key pair has the id ${oneLine(name)}`,
      NotFoundError,
      404,
    );
  }

  /**
   * Gets one image, of any account.
   *
   * @throws {NotFoundError} If no image has that id.
   */
  async getImage(image: Ref, options: CallOptions = {}): Promise<Ec2Image> {
    return await this.#api.find("getImage", IMAGES, { image }, options);
  }

  /**
   * Creates an image of a node. The node is restarted, unless `noReboot` is
   * set. Resolves as soon as the image has an id.
   *
   * @param node The node or its id.
   * @param options Name (3 to 128 characters), description and tags of the
   *   image.
   * @returns The image, whose `extra.imageState` is `"pending"`.
   */
  async createImage(
    node: Ref,
    options: Ec2CreateImageOptions,
  ): Promise<Ec2Image> {
    const operation = "createImage";
    const { description, noReboot } = options;
    const instanceId = idOf(node, operation, "node");
    const name = checkText(options.name, operation, "name");
    const tags = newTags(operation, options.tags);
    return await this.#api.create(
      operation,
      "CreateImage",
      (body) => toNewImage(body, { name, description, tags }),
      options,
      {
        InstanceId: instanceId,
        Name: name,
        Description: description,
        NoReboot: noReboot,
        TagSpecification: toTagSpecification("image", tags),
      },
    );
  }

  /**
   * Copies an image to another region, where the copy has another id. Resolves
   * as soon as the copy has an id.
   *
   * The request is sent to the other region. If `baseUrl` of the driver
   * contains the name of its region, that name is replaced.
   *
   * @param image The image or its id.
   * @param options Region of the copy, and its name.
   * @returns The copy, whose `extra.imageState` is `"pending"`.
   * @throws {TypeError} If `location` is neither a region nor a zone.
   */
  async copyImage(
    image: Ref,
    options: Ec2CopyImageOptions,
  ): Promise<Ec2Image> {
    const operation = "copyImage";
    const { description, copyImageTags } = options;
    const id = idOf(image, operation, "image");
    const name = optionalText(options.name, operation, "name") ??
      textIn(image, "name") ?? id;
    const location = idOf(options.location, operation, "location");
    const [region] = REGION_OF_ZONE.exec(location) ?? [location];
    checkRegion(region, operation, "location");
    const api = region === this.region ? this.#api : new QueryApi(
      new Ec2Connection(inRegion(this.#options, region), operation),
      EC2_API,
    );
    // With an id alone, the driver does not know the tags that EC2 copies.
    const tags = copyImageTags ? tagsIn(image) : {};
    return await api.create(
      operation,
      "CopyImage",
      (body) => toNewImage(body, { name, description, tags }),
      { ...options, idempotent: true },
      {
        SourceImageId: id,
        SourceRegion: this.region,
        Name: name,
        Description: description,
        Encrypted: options.encrypted,
        KmsKeyId: options.kmsKeyId,
        CopyImageTags: copyImageTags,
        ClientToken: toClientToken(options.idempotencyKey, operation),
      },
    );
  }

  /**
   * Deregisters an image of the account. Nodes that were created from it are
   * not affected. The snapshots of the image are kept and billed, unless
   * `deleteAssociatedSnapshots` is set.
   */
  async deleteImage(
    image: Ref,
    options: Ec2DeleteImageOptions = {},
  ): Promise<void> {
    const operation = "deleteImage";
    await this.#api.delete(operation, "DeregisterImage", options, {
      ImageId: idOf(image, operation, "image"),
      DeleteAssociatedSnapshots: options.deleteAssociatedSnapshots,
    });
  }

  /** Lists the volumes of the region. */
  listVolumes(options: Ec2ListOptions = {}): Listing<Ec2Volume> {
    return this.#api.list("listVolumes", VOLUMES, options);
  }

  /**
   * Gets one volume.
   *
   * @throws {NotFoundError} If no volume has that id.
   */
  async getVolume(volume: Ref, options: CallOptions = {}): Promise<Ec2Volume> {
    return await this.#api.find("getVolume", VOLUMES, { volume }, options);
  }

  /**
   * Creates a volume.
   *
   * @param options The volume to create. EC2 requires `location`.
   * @returns The volume, in state `"creating"`.
   * @throws {TypeError} If `name`, `sizeGb` or `location` is missing.
   * @throws {RangeError} If `sizeGb` is not from 1 to 65536 GiB.
   */
  async createVolume(options: Ec2CreateVolumeOptions): Promise<Ec2Volume> {
    const operation = "createVolume";
    const { location, snapshot } = options;
    if (location === undefined) {
      throw mistake(operation, "location", "a location or its id", location);
    }
    const name = checkText(options.name, operation, "name");
    const tags = newTags(operation, options.tags, name);
    return await this.#api.create(
      operation,
      "CreateVolume",
      (body) => toVolume(body, tags),
      { ...options, idempotent: true },
      {
        AvailabilityZone: idOf(location, operation, "location"),
        Size: checkSize(options.sizeGb, operation, MAX_VOLUME_GIB),
        SnapshotId: optionalId(snapshot, operation, "snapshot"),
        VolumeType: options.volumeType,
        Iops: options.iops,
        Throughput: options.throughput,
        Encrypted: options.encrypted,
        KmsKeyId: options.kmsKeyId,
        MultiAttachEnabled: options.multiAttachEnabled,
        ClientToken: toClientToken(options.idempotencyKey, operation),
        TagSpecification: toTagSpecification("volume", tags),
      },
    );
  }

  /**
   * Attaches a volume to a node in the same availability zone. If `device` is
   * absent, the node is requested first, to find a free device.
   */
  async attachVolume(
    volume: Ref,
    options: Ec2AttachVolumeOptions,
  ): Promise<void> {
    const operation = "attachVolume";
    const { node } = options;
    const ids = {
      VolumeId: idOf(volume, operation, "volume"),
      InstanceId: idOf(node, operation, "node"),
    };
    const device = optionalText(options.device, operation, "device");
    await sequence(this.#about(operation), options, async ({ call, write }) => {
      const Device = device ??
        freeDevice(await this.readNode(operation, node, call));
      const parameters = { ...ids, Device };
      await write((call) =>
        this.#api.send(operation, "AttachVolume", call, parameters)
      );
    });
  }

  /** Detaches a volume. Unmount its file system first. */
  async detachVolume(
    volume: Ref,
    options: Ec2DetachVolumeOptions = {},
  ): Promise<void> {
    const operation = "detachVolume";
    await this.#api.send(operation, "DetachVolume", options, {
      VolumeId: idOf(volume, operation, "volume"),
      InstanceId: optionalId(options.node, operation, "node"),
      Force: options.force,
    });
  }

  /** Destroys a volume that is not attached to a node. All its data is lost. */
  async destroyVolume(volume: Ref, options: CallOptions = {}): Promise<void> {
    const operation = "destroyVolume";
    await this.#api.delete(operation, "DeleteVolume", options, {
      VolumeId: idOf(volume, operation, "volume"),
    });
  }

  /**
   * Resizes a volume, and changes its type and speed. You still have to grow
   * its file system. EC2 does not accept another change for 6 hours.
   *
   * @param volume The volume or its id.
   * @param options New capacity, type and speed.
   * @throws {RangeError} If `sizeGb` is not from 1 to 65536 GiB.
   * @throws {ConflictError} If the volume was changed less than 6 hours ago.
   */
  async resizeVolume(
    volume: Ref,
    options: Ec2ResizeVolumeOptions,
  ): Promise<void> {
    const operation = "resizeVolume";
    await this.#api.send(operation, "ModifyVolume", options, {
      VolumeId: idOf(volume, operation, "volume"),
      Size: checkSize(options.sizeGb, operation, MAX_VOLUME_GIB),
      VolumeType: options.volumeType,
      Iops: options.iops,
      Throughput: options.throughput,
    });
  }

  /** Lists the snapshots of the account, or of one volume. */
  listVolumeSnapshots(
    volume?: Ref,
    options: Ec2ListVolumeSnapshotsOptions = {},
  ): Listing<Ec2VolumeSnapshot> {
    const operation = "listVolumeSnapshots";
    const { owners = ["self"] } = options;
    const volumeId = given(
      volume,
      (volume) => literalId(volume, operation, "volume"),
    );
    const filters = withFilter(
      options.filters,
      operation,
      "volume",
      "volume-id",
      volumeId,
    );
    return this.#api.list(operation, SNAPSHOTS, { ...options, filters }, {
      Owner: toOwners(owners, operation),
    });
  }

  /**
   * Gets one snapshot.
   *
   * @throws {NotFoundError} If no snapshot has that id.
   */
  async getVolumeSnapshot(
    snapshot: Ref,
    options: CallOptions = {},
  ): Promise<Ec2VolumeSnapshot> {
    const operation = "getVolumeSnapshot";
    return await this.#api.find(operation, SNAPSHOTS, { snapshot }, options);
  }

  /**
   * Creates a snapshot of a volume. Resolves as soon as the snapshot has an id.
   *
   * @param volume The volume or its id.
   * @param options Name, description and tags of the snapshot.
   * @returns The snapshot, in state `"creating"`.
   */
  async createVolumeSnapshot(
    volume: Ref,
    options: Ec2CreateVolumeSnapshotOptions = {},
  ): Promise<Ec2VolumeSnapshot> {
    const operation = "createVolumeSnapshot";
    const { description } = options;
    const name = optionalText(options.name, operation, "name");
    const tags = newTags(operation, options.tags, name);
    const volumeId = idOf(volume, operation, "volume");
    return await this.#api.create(
      operation,
      "CreateSnapshot",
      (body) => toSnapshot(body, tags),
      options,
      {
        VolumeId: volumeId,
        Description: description,
        TagSpecification: toTagSpecification("snapshot", tags),
      },
    );
  }

  /** Destroys a snapshot. Its data is lost. */
  async destroyVolumeSnapshot(
    snapshot: Ref,
    options: CallOptions = {},
  ): Promise<void> {
    const operation = "destroyVolumeSnapshot";
    await this.#api.delete(operation, "DeleteSnapshot", options, {
      SnapshotId: idOf(snapshot, operation, "snapshot"),
    });
  }

  /** Lists the regions that are enabled for the account, or all regions. */
  listRegions(options: Ec2ListLocationsOptions = {}): Listing<Ec2Region> {
    const load = async () => (await import("./_ec2_regions.ts")).toRegion;
    return this.#api.listWith("listRegions", REGIONS, load, options, {
      AllRegions: options.all,
    });
  }

  /**
   * Adds tags to resources, or replaces tags with the same keys.
   *
   * @param resources Nodes, volumes, images or other resources, or their ids.
   *   With an empty array, no request is sent.
   * @param options The tags.
   */
  async createTags(
    resources: Ref | readonly Ref[],
    options: Ec2CreateTagsOptions,
  ): Promise<void> {
    const operation = "createTags";
    const ids = resourceIds(resources, operation);
    const Tag = toTags(checkTags(options.tags, operation));
    if (ids.length === 0) return;
    const repeatable = { ...options, idempotent: true };
    await this.#api.send(operation, "CreateTags", repeatable, {
      ResourceId: ids,
      Tag,
    });
  }

  /**
   * Deletes tags of resources.
   *
   * @param resources Nodes, volumes, images or other resources, or their ids.
   *   With an empty array, no request is sent.
   * @param options Keys of the tags.
   * @throws {TypeError} If `keys` is empty: EC2 would delete all tags.
   */
  async deleteTags(
    resources: Ref | readonly Ref[],
    options: Ec2DeleteTagsOptions,
  ): Promise<void> {
    const operation = "deleteTags";
    const keys = options.keys?.map((key) => checkText(key, operation, "keys"));
    if (!keys || keys.length === 0) {
      throw new TypeError(
        `${operation}: keys is required; without keys, ` +
          `${DISPLAY_NAME} deletes all tags`,
      );
    }
    const ids = resourceIds(resources, operation);
    if (ids.length === 0) return;
    const repeatable = { ...options, idempotent: true };
    await this.#api.send(operation, "DeleteTags", repeatable, {
      ResourceId: ids,
      Tag: keys.map((Key) => ({ Key })),
    });
  }

  /**
   * Gets the console output of a node. It is empty for some minutes after the
   * start.
   *
   * @param node The node or its id.
   * @param options Whether to get the current output.
   * @returns The last 64 KiB of the output at most.
   */
  async getConsoleOutput(
    node: Ref,
    options: Ec2ConsoleOptions = {},
  ): Promise<string> {
    const operation = "getConsoleOutput";
    return await this.#api.get(
      operation,
      "GetConsoleOutput",
      toConsoleText,
      options,
      {
        InstanceId: idOf(node, operation, "node"),
        Latest: options.latest,
      },
    );
  }

  /** Requests one node. EC2 may not know a new node for some seconds. */
  protected override async readNode(
    operation: string,
    node: Ref,
    options: CallOptions,
  ): Promise<Ec2Node> {
    return await this.#api.find(operation, NODES, { node }, options);
  }

  /** Requests nodes, 100 per request. */
  protected override async readNodes(
    operation: string,
    ids: readonly string[],
    options: CallOptions,
  ): Promise<Ec2Node[]> {
    const literals = ids.map((id) => literalId(id, operation, "node"));
    const lists: Listing<Ec2Node>[] = [];
    for (let at = 0; at < literals.length; at += MAX_IDS_PER_REQUEST) {
      // A filter ignores unknown ids; the parameter InstanceId rejects them.
      const filters = {
        "instance-id": literals.slice(at, at + MAX_IDS_PER_REQUEST),
      };
      lists.push(this.#api.list(operation, NODES, { ...options, filters }));
    }
    return (await Promise.all(lists)).flat();
  }

  #about(operation: string) {
    return { provider: this.provider, operation };
  }

  /**
   * Returns a function that loads the current prices of the region once, for all
   * pages of a list. It resolves to `undefined` if there is no price API.
   */
  #livePrices(operation: string, options: CallOptions) {
    let prices: ReadonlyMap<string, Price> | undefined;
    return async ({ signal, timeoutMs }: Limits) => {
      if (prices) return prices;
      const { Ec2Prices } = await import("./_ec2_prices.ts");
      this.#prices ??= new Ec2Prices(this.#options, this.#owner);
      const call = { ...options, signal, timeoutMs };
      prices = await this.#prices.load(operation, call);
      return prices;
    };
  }

  async #createKey(
    operation: string,
    action: string,
    options: CreateKeyPairOptions & Ec2TaggedOptions,
    parameters: object,
  ): Promise<Ec2KeyPair> {
    const name = checkText(options.name, operation, "name");
    const tags = newTags(operation, options.tags);
    const convert = (body: XmlElement) => toKeyPair(body, tags);
    return await this.#api.create(operation, action, convert, options, {
      KeyName: name,
      ...parameters,
      TagSpecification: toTagSpecification("key-pair", tags),
    });
  }
}

/** Finds a free device. The same disk may be "/dev/sdf" or "/dev/xvdf". */
function freeDevice({ extra }: Ec2Node): string {
  const taken = extra.volumes.map(({ deviceName }) => deviceName?.at(-1));
  const free = DEVICE_LETTERS.find((letter) => !taken.includes(letter));
  // If no letter is free, EC2 refuses the last one with its own reason.
  return `/dev/sd${free ?? "p"}`;
}

function resourceIds(
  resources: Ref | readonly Ref[],
  operation: string,
): string[] {
  const refs: readonly Ref[] = [resources].flat();
  return refs.map((ref) => idOf(ref, operation, "resource"));
}
