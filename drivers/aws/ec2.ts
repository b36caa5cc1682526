/**
 * Amazon EC2: instances, volumes, snapshots, images, keys, security groups and
 * elastic addresses, in one region of AWS to a driver.
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
 * @see {@link https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Welcome.html | Amazon EC2 API reference}
 *
 * @module
 */

import { encodeBase64 } from "@std/encoding/base64";
import {
  type ApiErrorClass,
  type CallOptions,
  checkNumber,
  checkText,
  ConflictError,
  type Connection,
  idOf,
  InvalidCredsError,
  Listing,
  NotFoundError,
  onePage,
  PermissionDeniedError,
  RateLimitReachedError,
  type Ref,
  refuse,
  toSearchParams,
  toText,
  type XmlElement,
  XmlResponse,
} from "../../core/mod.ts";
import {
  type CreateKeyPairOptions,
  type Images,
  type KeyPairs,
  NodeDriver,
  type PowerControl,
  type RenameNodeOptions,
  type Renaming,
  type ResizeNodeOptions,
  type Resizing,
  type Snapshots,
  type TakesUserData,
  type UserDataSupport,
  type Volumes,
} from "../../core/compute/mod.ts";
import {
  ask,
  get,
  kind,
  list,
  listWith,
  lookAndSend,
  remove,
  send,
} from "./_query_api.ts";
import {
  AwsConnection,
  type AwsCredentials,
  type AwsCredentialsSource,
  type AwsSettings,
  checkRegion,
} from "./_signing.ts";
import {
  type Ec2Image,
  type Ec2KeyPair,
  type Ec2Location,
  type Ec2Node,
  type Ec2Region,
  type Ec2Size,
  type Ec2Volume,
  type Ec2VolumeSnapshot,
  newImage,
  plain,
  toConsoleText,
  toImage,
  toKeyPair,
  toNode,
  toSnapshot,
  toVolume,
} from "./_ec2_records.ts";
import {
  type Ec2AttachVolumeOptions,
  type Ec2ConsoleOptions,
  type Ec2CopyImageOptions,
  type Ec2CreateImageOptions,
  type Ec2CreateKeyPairOptions,
  type Ec2CreateNodeOptions,
  type Ec2CreateTagsOptions,
  type Ec2CreateVolumeOptions,
  type Ec2CreateVolumeSnapshotOptions,
  type Ec2DeleteImageOptions,
  type Ec2DeleteTagsOptions,
  type Ec2DetachVolumeOptions,
  type Ec2ImportKeyPairOptions,
  type Ec2ListImagesOptions,
  type Ec2ListLocationsOptions,
  type Ec2ListOptions,
  type Ec2ListSizesOptions,
  type Ec2ListVolumeSnapshotsOptions,
  type Ec2ResizeVolumeOptions,
  type Ec2StopOptions,
  type Ec2TaggedOptions,
  optionalId,
  optionalText,
  toClientToken,
  toFilters,
  toForm,
  toNodeForm,
  toTags,
  toTagSpecification,
  USER_DATA,
} from "./_ec2_requests.ts";

export type {
  AwsCredentials,
  AwsCredentialsSource,
  AwsSettings,
} from "./_signing.ts";
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
  Ec2Tags,
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
  Ec2ListOptions,
  Ec2ListSizesOptions,
  Ec2ListVolumeSnapshotsOptions,
  Ec2MetadataOptions,
  Ec2NewDiskOptions,
  Ec2ResizeVolumeOptions,
  Ec2RulesOptions,
  Ec2SpotOptions,
  Ec2StopOptions,
  Ec2TaggedOptions,
  Ec2TagOptions,
} from "./_ec2_requests.ts";

/** Settings of {@linkcode Ec2NodeDriver}. */
export interface Ec2Settings extends AwsSettings {
  /**
   * Region, such as `"eu-central-1"`: a driver sees what is in it, and signs
   * for it. There is no default, which would be the wrong one in silence.
   */
  readonly region: string;
  /**
   * Where the API is, if not where AWS has it in the region: an endpoint for
   * IPv6 or FIPS, one in a private network, or an emulator.
   */
  readonly baseUrl?: string | undefined;
}

/** Credentials and settings of {@linkcode Ec2NodeDriver}. */
export type Ec2Options =
  & (AwsCredentials | AwsCredentialsSource)
  & Ec2Settings;

// One launch may have made several of them.
const NODES = kind(
  "Instances",
  "InstanceId",
  "reservationSet.item.instancesSet",
  toNode,
);
const IMAGES = kind("Images", "ImageId", "imagesSet", toImage);
const KEY_PAIRS = kind("KeyPairs", "KeyName", "keySet", toKeyPair, 0);
const VOLUMES = kind("Volumes", "VolumeId", "volumeSet", toVolume);
const SNAPSHOTS = kind("Snapshots", "SnapshotId", "snapshotSet", toSnapshot);
// What these are takes data, which is loaded when it is asked for.
const TYPES = kind<unknown>(
  "InstanceTypes",
  "InstanceType",
  "instanceTypeSet",
  plain,
  100,
);
const ZONES = kind<unknown>(
  "AvailabilityZones",
  "ZoneName",
  "availabilityZoneInfo",
  plain,
  0,
);
const REGIONS = kind<unknown>("Regions", "RegionName", "regionInfo", plain, 0);

// What a code says that its status does not. The first that fits counts; the
// status decides about all others, such as a value that is malformed.
const CODES: readonly (readonly [RegExp, ApiErrorClass])[] = [
  [/RequestLimit|Throttl/, RateLimitReachedError],
  [
    /Signature|Expired|TokenId|tionToken|UnrecognizedClient/,
    InvalidCredsError,
  ],
  // What belongs to others among them, which is AuthFailure with another status
  // than 401, and quotas: the account may not have more.
  [
    /^Unauth|^Auth|Denied|OptIn|Permitted|Blocked|Verification|(?:Limit|Count)Exceeded$/,
    PermissionDeniedError,
  ],
  // A deregistered image is "Unavailable".
  [/NotFound$|\.Un(?:known|available)$/, NotFoundError],
  // Capacity among them, though its status is 500: nothing was done, and asking
  // again at once helps nobody.
  [
    /State$|InUse|Duplicate|Conflict|Already|Mismatch|Dependency|^Insufficient|^Concurrent|RateExceeded/,
    ConflictError,
  ],
];

// Lists of keys tell the public halves only if asked to.
const WITH_KEY = { IncludePublicKey: true };
// How long EC2 may not know yet what it has just made.
const UNKNOWN_MS = 120_000;
const IDS_A_REQUEST = 100;

class Ec2Response<T> extends XmlResponse<T> {
  #read(...names: string[]): string | undefined {
    return (this.body as XmlElement | undefined)?.textAt(...names);
  }

  protected override reason(): string | undefined {
    return this.#read("Errors", "Error", "Message");
  }

  protected override code(): string | undefined {
    return this.#read("Errors", "Error", "Code");
  }

  protected override errorClass(): ApiErrorClass {
    const code = this.status === 401 ? "" : this.code() ?? "";
    return CODES.find(([pattern]) => pattern.test(code))?.[1] ??
      super.errorClass();
  }

  override requestId(): string | undefined {
    return this.#read("RequestID") ?? this.#read("requestId");
  }
}

class Ec2Connection extends AwsConnection {
  override readonly provider = "ec2";
  protected override readonly service = "ec2";
  protected override readonly responseClass = Ec2Response;

  protected override encodeData(data: object, headers: Headers): string {
    headers.set(
      "content-type",
      "application/x-www-form-urlencoded; charset=utf-8",
    );
    return toSearchParams(toForm(data)).toString();
  }
}

/**
 * Driver for Amazon EC2. Security groups, subnets and elastic addresses are in
 * `Ec2NetworkDriver`, of `drivers/ec2_network`, which has all of this as well.
 *
 * What it makes has a client token wherever EC2 knows one, so that a request
 * whose answer is lost is sent again and still makes one thing.
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
  /** Id of the provider. */
  override readonly provider = "ec2";
  /**
   * Connection to the API, for what this class does not cover: actions go to
   * `"/"`, those that read as `params`, those that write as `data` of a POST.
   */
  override readonly connection: Connection;
  /** Region that it sees. */
  readonly region: string;
  /** What it does with user data: EC2 takes 16 384 bytes of any kind. */
  readonly userDataSupport: UserDataSupport = USER_DATA;
  readonly #options: Ec2Options;
  // Nodes so new that EC2 may not know them yet, and until when.
  readonly #young = new Map<string, { node: Ec2Node; until: number }>();

  /**
   * Creates a driver; the first call sends the first request.
   *
   * @param options Credentials, region and settings.
   * @throws {TypeError} If a credential is missing, the region is none, or the
   *   base URL is unsafe.
   */
  constructor(options: Ec2Options) {
    super();
    this.connection = connect(options, options.region);
    this.region = options.region;
    this.#options = options;
  }

  /**
   * Lists the nodes of the region; those that are terminated stay in it for
   * about an hour.
   */
  override listNodes(options: Ec2ListOptions = {}): Listing<Ec2Node> {
    return list(this.connection, "listNodes", NODES, options);
  }

  /**
   * Lists the sizes: all that AWS had when this package was made, or, with
   * `live`, those that the region has today. What they cost in the region is
   * from the package: on demand, with Linux, on the day that is in `asOf`.
   */
  override listSizes(options: Ec2ListSizesOptions = {}): Listing<Ec2Size> {
    const operation = "listSizes";
    const { region } = this;
    const load = () => import("./_ec2_sizes.ts");
    if (options.live) {
      return listWith(this.connection, operation, TYPES, async () => {
        const { toSize } = await load();
        return (type) => toSize(region, plain(type) as object);
      }, options);
    }
    refuse(operation, options, ["filters"]);
    return new Listing(
      onePage(async ({ signal }) => {
        signal?.throwIfAborted();
        return (await load()).knownSizes(region);
      }),
      { ...options, operation },
    );
  }

  /**
   * Lists images: those of the account, unless `owners` or `ids` say otherwise.
   *
   * ```ts
   * import type { Ec2NodeDriver } from "@nephos/nephos/drivers/aws/ec2";
   *
   * async function newestDebian(ec2: Ec2NodeDriver): Promise<string> {
   *   const images = await ec2.listImages({
   *     owners: ["136693071363"], // Debian's account
   *     name: "debian-12-amd64-*",
   *   });
   *   const at = ({ extra }: typeof images[number]) => extra.creationDate ?? "";
   *   images.sort((a, b) => at(b).localeCompare(at(a)));
   *   return images[0]?.id ?? "";
   * }
   * ```
   */
  override listImages(options: Ec2ListImagesOptions = {}): Listing<Ec2Image> {
    const operation = "listImages";
    const { ids, name } = options;
    const ImageId = ids?.length
      ? ids.map((id) => idOf(id, operation))
      : undefined;
    const { owners = ImageId ? [] : ["self"] } = options;
    return list(this.connection, operation, IMAGES, options, {
      Owner: owners,
      ImageId,
      Filter: toFilters({
        ...(name !== undefined &&
          { name: checkText(name, operation, "name") }),
        ...options.filters,
      }),
    });
  }

  /** Lists the zones of the region. */
  override listLocations(
    options: Ec2ListLocationsOptions = {},
  ): Listing<Ec2Location> {
    return listWith(
      this.connection,
      "listLocations",
      ZONES,
      async () => {
        const { toLocation } = await import("./_ec2_regions.ts");
        return (zone) => toLocation(plain(zone) as object);
      },
      options,
      { AllAvailabilityZones: options.all },
    );
  }

  /**
   * Gets one node.
   *
   * @throws {NotFoundError} If there is none of that id, or not yet: EC2 may
   *   not know a new one for some seconds.
   */
  override async getNode(
    node: Ref,
    options: CallOptions = {},
  ): Promise<Ec2Node> {
    return await get(this.connection, "getNode", NODES, node, options);
  }

  /**
   * Creates a node; resolves once it has an id, and most often a private
   * address.
   *
   * @param options What to create; `auth` is refused: a key has to be imported
   *   first. A second key pair is refused too.
   * @returns The node, in state `"pending"`.
   * @throws {TypeError} If an option is refused or makes no sense.
   * @throws {RangeError} If the user data is longer than 16 384 bytes.
   * @throws {ConflictError} If EC2 has no room for it at the moment: its code
   *   is `"InsufficientInstanceCapacity"`.
   */
  override async createNode(options: Ec2CreateNodeOptions): Promise<Ec2Node> {
    const operation = "createNode";
    const form = toNodeForm(options, operation);
    const { userData = "" } = options;
    const secrets = [form.UserData ?? "", String(userData)];
    return await ask(
      this.connection,
      operation,
      { ...options, secrets } as CallOptions,
      {},
      form,
      (answer) =>
        this.#remember(toNode(answer.all("instancesSet", "item")[0]!)),
      true,
    );
  }

  /** Restarts a node. */
  override async rebootNode(
    node: Ref,
    options: CallOptions = {},
  ): Promise<void> {
    await send(this.connection, "rebootNode", options, { InstanceId: [node] }, {
      Action: "RebootInstances",
    });
  }

  /**
   * Terminates a node; the volumes go that were made with it, unless they were
   * told not to.
   *
   * @throws {PermissionDeniedError} If it is protected from that.
   */
  override async destroyNode(
    node: Ref,
    options: CallOptions = {},
  ): Promise<void> {
    await send(
      this.connection,
      "destroyNode",
      options,
      { InstanceId: [node] },
      {
        Action: "TerminateInstances",
      },
      true,
    );
  }

  /** Starts a stopped node, which may get another public address. */
  async startNode(node: Ref, options: CallOptions = {}): Promise<void> {
    await send(this.connection, "startNode", options, { InstanceId: [node] }, {
      Action: "StartInstances",
    }, true);
  }

  /** Stops a node, whose volumes go on costing what they do. */
  async stopNode(node: Ref, options: Ec2StopOptions = {}): Promise<void> {
    await send(this.connection, "stopNode", options, { InstanceId: [node] }, {
      Action: "StopInstances",
    }, true);
  }

  /** Gives a node another name, which is its tag `Name`. */
  async renameNode(node: Ref, options: RenameNodeOptions): Promise<void> {
    const operation = "renameNode";
    await send(this.connection, operation, options, { ResourceId: [node] }, {
      Action: "CreateTags",
      Tag: toTags({ Name: checkText(options.name, operation, "name") }),
    }, true);
  }

  /**
   * Gives a stopped node another size.
   *
   * @throws {ConflictError} If it is not stopped.
   */
  async resizeNode(node: Ref, options: ResizeNodeOptions): Promise<void> {
    await send(
      this.connection,
      "resizeNode",
      options,
      { InstanceId: node, "InstanceType.Value": options.size },
      { Action: "ModifyInstanceAttribute" },
      true,
    );
  }

  /** Lists the keys of the region; EC2 has no pages of them. */
  listKeyPairs(options: Ec2ListOptions = {}): Listing<Ec2KeyPair> {
    return list(this.connection, "listKeyPairs", KEY_PAIRS, options, WITH_KEY);
  }

  /**
   * Gets one key, by its name.
   *
   * @throws {NotFoundError} If there is none.
   */
  async getKeyPair(
    keyPair: Ref,
    options: CallOptions = {},
  ): Promise<Ec2KeyPair> {
    const operation = "getKeyPair";
    return await get(
      this.connection,
      operation,
      KEY_PAIRS,
      keyPair,
      options,
      WITH_KEY,
    );
  }

  /**
   * Has EC2 make a key.
   *
   * @param options Its name and kind.
   * @returns The key, with its private half.
   * @throws {ConflictError} If there is one of that name.
   */
  async createKeyPair(options: Ec2CreateKeyPairOptions): Promise<Ec2KeyPair> {
    return await this.#makeKey("createKeyPair", options);
  }

  /**
   * Uploads a public key: RSA or ED25519.
   *
   * @param options Its name and public half.
   * @returns The key.
   * @throws {ConflictError} If there is one of that name.
   */
  async importKeyPair(options: Ec2ImportKeyPairOptions): Promise<Ec2KeyPair> {
    const operation = "importKeyPair";
    // Files of keys end with a line break.
    const publicKey = checkText(
      toText(options.publicKey)?.trim(),
      operation,
      "public key",
    );
    const keyPair = await this.#makeKey(operation, options, {
      PublicKeyMaterial: encodeBase64(publicKey),
    });
    return { ...keyPair, publicKey };
  }

  /**
   * Deletes a key, by its name.
   *
   * @throws {NotFoundError} If there was none: EC2 says that it has deleted it,
   *   but tells no id. Emulators that never tell one seem never to have any.
   */
  async deleteKeyPair(keyPair: Ref, options: CallOptions = {}): Promise<void> {
    const response = await send(this.connection, "deleteKeyPair", options, {
      KeyName: keyPair,
    });
    if (response.read((answer) => answer.textAt("keyPairId"))) return;
    throw response.error("there was no such key", NotFoundError, 404);
  }

  /**
   * Gets one image, whoever owns it.
   *
   * @throws {NotFoundError} If there is none of that id.
   */
  async getImage(image: Ref, options: CallOptions = {}): Promise<Ec2Image> {
    return await get(this.connection, "getImage", IMAGES, image, options);
  }

  /**
   * Makes an image of a node, which is restarted for it unless `noReboot` says
   * otherwise; resolves once the image has an id.
   *
   * @param node The node.
   * @param options Its name, 3 to 128 characters.
   * @returns The image, in state `"pending"`.
   */
  async createImage(
    node: Ref,
    options: Ec2CreateImageOptions,
  ): Promise<Ec2Image> {
    const operation = "createImage";
    const name = checkText(options.name, operation, "name");
    return await ask(
      this.connection,
      operation,
      options,
      { InstanceId: node },
      {
        name,
        TagSpecification: toTagSpecification("image", options.tags),
      },
      (answer) => newImage(answer, name, options.description),
    );
  }

  /**
   * Copies an image to another region; resolves once the copy has an id, which
   * is another one. Where the base URL has the name of this driver's region in
   * it, the request goes to the same place with that of the other region.
   *
   * @param image The image, of this region.
   * @param options Where to, and what the copy is called.
   * @returns The copy, in state `"pending"`.
   * @throws {TypeError} If the location is no region.
   */
  async copyImage(
    image: Ref,
    options: Ec2CopyImageOptions,
  ): Promise<Ec2Image> {
    const operation = "copyImage";
    const id = idOf(image, operation);
    const { name = (image as Partial<Ec2Image>).name ?? id } = options;
    const target = idOf(options.location, operation);
    // A zone begins with the name of its region.
    const [region] = /^[a-z]+(?:-[a-z]+)+-\d+/.exec(target) ?? [target];
    return await ask(
      region === this.region ? this.connection : connect(this.#options, region),
      operation,
      options,
      { SourceImageId: id },
      {
        SourceRegion: this.region,
        Name: checkText(name, operation, "name"),
        ClientToken: toClientToken(options.idempotencyKey, operation),
      },
      (answer) => newImage(answer, name, options.description),
      true,
    );
  }

  /** Deregisters an image of the account; nodes made of it stay. */
  async deleteImage(
    image: Ref,
    options: Ec2DeleteImageOptions = {},
  ): Promise<void> {
    await remove(this.connection, "deleteImage", options, { ImageId: image }, {
      Action: "DeregisterImage",
    });
  }

  /** Lists the volumes of the region. */
  listVolumes(options: Ec2ListOptions = {}): Listing<Ec2Volume> {
    return list(this.connection, "listVolumes", VOLUMES, options);
  }

  /**
   * Gets one volume.
   *
   * @throws {NotFoundError} If there is none of that id.
   */
  async getVolume(volume: Ref, options: CallOptions = {}): Promise<Ec2Volume> {
    return await get(this.connection, "getVolume", VOLUMES, volume, options);
  }

  /**
   * Makes a volume.
   *
   * @param options What to make; EC2 insists on the location.
   * @returns The volume, in state `"creating"`.
   * @throws {TypeError} If the name or the location is missing.
   * @throws {RangeError} If the capacity is not from 1 to 65536 GiB.
   */
  async createVolume(options: Ec2CreateVolumeOptions): Promise<Ec2Volume> {
    const operation = "createVolume";
    const { sizeGb, location, snapshot } = options;
    checkSize(sizeGb);
    const name = checkText(options.name, operation, "name");
    const refs = { AvailabilityZone: location as Ref };
    return await ask(
      this.connection,
      operation,
      options,
      refs,
      {
        Size: sizeGb,
        SnapshotId: optionalId(snapshot, operation),
        ClientToken: toClientToken(options.idempotencyKey, operation),
        TagSpecification: toTagSpecification("volume", options.tags, name),
      },
      toVolume,
      true,
    );
  }

  /**
   * Attaches a volume to a node in the same zone. Where `device` does not say
   * as which, the node is asked first for one that is free.
   */
  async attachVolume(
    volume: Ref,
    options: Ec2AttachVolumeOptions,
  ): Promise<void> {
    const operation = "attachVolume";
    const device = optionalText(options.device, operation, "device");
    const refs = { VolumeId: volume, InstanceId: options.node };
    await lookAndSend(
      this.connection,
      operation,
      options,
      refs,
      async (call) => {
        if (device) return { device };
        const { extra } = await get(
          this.connection,
          operation,
          NODES,
          options.node,
          call,
        );
        // One disk is "/dev/sdf" here and "/dev/xvdf" there.
        const taken = extra.volumes.map((it) => it.deviceName?.at(-1));
        const free = [..."fghijklmnop"].find((it) => !taken.includes(it));
        return { Device: `/dev/sd${free ?? "p"}` };
      },
    );
  }

  /** Detaches a volume, which its node should have unmounted. */
  async detachVolume(
    volume: Ref,
    options: Ec2DetachVolumeOptions = {},
  ): Promise<void> {
    const operation = "detachVolume";
    const InstanceId = optionalId(options.node, operation);
    await send(this.connection, operation, options, { VolumeId: volume }, {
      InstanceId,
    });
  }

  /** Destroys a volume that is attached to no node, and what is on it. */
  async destroyVolume(volume: Ref, options: CallOptions = {}): Promise<void> {
    await remove(this.connection, "destroyVolume", options, {
      VolumeId: volume,
    }, {
      Action: "DeleteVolume",
    });
  }

  /**
   * Gives a volume more room, or other speed; the file system on it has to be
   * told. Then it cannot be changed again for six hours.
   *
   * @param volume The volume.
   * @param options What it becomes.
   * @throws {RangeError} If the capacity is not from 1 to 65536 GiB.
   * @throws {ConflictError} If it was changed a short while ago.
   */
  async resizeVolume(
    volume: Ref,
    options: Ec2ResizeVolumeOptions,
  ): Promise<void> {
    const { sizeGb } = options;
    checkSize(sizeGb);
    await send(this.connection, "resizeVolume", options, { VolumeId: volume }, {
      Action: "ModifyVolume",
      Size: sizeGb,
    });
  }

  /** Lists the snapshots of the account, or of one volume. */
  listVolumeSnapshots(
    volume?: Ref,
    options: Ec2ListVolumeSnapshotsOptions = {},
  ): Listing<Ec2VolumeSnapshot> {
    const operation = "listVolumeSnapshots";
    const { owners = ["self"], filters } = options;
    return list(this.connection, operation, SNAPSHOTS, {
      ...options,
      filters: volume === undefined
        ? filters
        : { ...filters, "volume-id": literalId(volume, operation) },
    }, { Owner: owners });
  }

  /**
   * Gets one snapshot.
   *
   * @throws {NotFoundError} If there is none of that id.
   */
  async getVolumeSnapshot(
    snapshot: Ref,
    options: CallOptions = {},
  ): Promise<Ec2VolumeSnapshot> {
    return await get(
      this.connection,
      "getVolumeSnapshot",
      SNAPSHOTS,
      snapshot,
      options,
    );
  }

  /**
   * Makes a snapshot of a volume; resolves once it has an id.
   *
   * @param volume The volume.
   * @param options What it is called.
   * @returns The snapshot, in state `"creating"`.
   */
  async createVolumeSnapshot(
    volume: Ref,
    options: Ec2CreateVolumeSnapshotOptions = {},
  ): Promise<Ec2VolumeSnapshot> {
    const operation = "createVolumeSnapshot";
    const name = optionalText(options.name, operation, "name");
    return await ask(
      this.connection,
      operation,
      options,
      { VolumeId: volume },
      {
        Action: "CreateSnapshot",
        TagSpecification: toTagSpecification("snapshot", options.tags, name),
      },
      toSnapshot,
    );
  }

  /** Destroys a snapshot. */
  async destroyVolumeSnapshot(
    snapshot: Ref,
    options: CallOptions = {},
  ): Promise<void> {
    await remove(this.connection, "destroyVolumeSnapshot", options, {
      SnapshotId: snapshot,
    }, { Action: "DeleteSnapshot" });
  }

  /** Lists the regions that the account can use, or all. */
  listRegions(options: Ec2ListLocationsOptions = {}): Listing<Ec2Region> {
    return listWith(
      this.connection,
      "listRegions",
      REGIONS,
      async () => {
        const { toRegion } = await import("./_ec2_regions.ts");
        return (region) => toRegion(plain(region) as object);
      },
      options,
      { AllRegions: options.all },
    );
  }

  /** Puts tags on things: nodes, volumes, images, whatever has an id. */
  async createTags(
    resources: Ref | readonly Ref[],
    options: Ec2CreateTagsOptions,
  ): Promise<void> {
    await send(
      this.connection,
      "createTags",
      options,
      { ResourceId: [resources].flat() as Ref[] },
      { Tag: toTags(options.tags) },
      true,
    );
  }

  /** Takes tags off things. */
  async deleteTags(
    resources: Ref | readonly Ref[],
    options: Ec2DeleteTagsOptions,
  ): Promise<void> {
    // Without a key EC2 would take off all.
    checkText(options.keys?.[0], "deleteTags", "key");
    await send(
      this.connection,
      "deleteTags",
      options,
      { ResourceId: [resources].flat() as Ref[] },
      { Tag: options.keys.map((Key) => ({ Key })) },
      true,
    );
  }

  /**
   * Gets what a node has written to its console.
   *
   * @param node The node.
   * @param options Which.
   * @returns The last of it, up to 64 KiB; empty for minutes after the start.
   */
  async getConsoleOutput(
    node: Ref,
    options: Ec2ConsoleOptions = {},
  ): Promise<string> {
    return await ask(
      this.connection,
      "getConsoleOutput",
      options,
      { InstanceId: node },
      {},
      toConsoleText,
    );
  }

  /**
   * Gets nodes, a hundred to a request. One that this driver has made a short
   * while ago may be unknown to EC2 still; then it is as it was when made.
   */
  protected override async getNodes(
    ids: readonly string[],
    options: CallOptions,
  ): Promise<Ec2Node[]> {
    const operation = "waitUntilRunning";
    const literals = ids.map((id) => literalId(id, operation));
    const lists: Listing<Ec2Node>[] = [];
    while (literals.length > 0) {
      // A filter leaves out what it does not know, and is no error.
      const filters = { "instance-id": literals.splice(0, IDS_A_REQUEST) };
      lists.push(
        list(this.connection, operation, NODES, { ...options, filters }),
      );
    }
    const nodes = (await Promise.all(lists)).flat();
    const missing = ids.filter((id) => !nodes.some((node) => node.id === id));
    return [
      ...nodes,
      ...await Promise.all(missing.map((id) => {
        const young = this.#young.get(id);
        return young && Date.now() < young.until
          ? young.node
          : get(this.connection, operation, NODES, id, options);
      })),
    ];
  }

  /** Keeps a new node for the time in which EC2 may not know it. */
  #remember(node: Ec2Node): Ec2Node {
    const now = Date.now();
    for (const [id, { until }] of this.#young) {
      if (until < now) this.#young.delete(id);
    }
    this.#young.set(node.id, { node, until: now + UNKNOWN_MS });
    return node;
  }

  async #makeKey(
    operation: string,
    options: CreateKeyPairOptions & Ec2TaggedOptions,
    parameters?: object,
  ): Promise<Ec2KeyPair> {
    return await ask(this.connection, operation, options, {}, {
      KeyName: checkText(options.name, operation, "name"),
      ...parameters,
      TagSpecification: toTagSpecification("key-pair", options.tags),
    }, toKeyPair);
  }
}

/** Makes a connection to a region. */
function connect(options: Ec2Options, region: string): Connection {
  const suffix = /^cn-/.test(checkRegion(region))
    ? "com.cn"
    : /^eusc-/.test(region)
    ? "eu"
    : "com";
  return new Ec2Connection(`https://ec2.${region}.amazonaws.${suffix}`, {
    ...options,
    region,
    baseUrl: region === options.region
      ? options.baseUrl
      : options.baseUrl?.replaceAll(options.region, region),
  });
}

/** Checks a capacity; the largest volumes have 64 TiB. */
function checkSize(sizeGb = 0): void {
  checkNumber("sizeGb", sizeGb, 1, 65_536);
}

/** An id for a filter, in which some characters stand for others. */
function literalId(ref: Ref, what: string): string {
  const id = idOf(ref, what);
  if (!/[*?\\]/.test(id)) return id;
  throw new TypeError(`Cannot ${what}: ${JSON.stringify(id)} is not an id`);
}
