/**
 * The options of the methods of the drivers for Amazon EC2.
 *
 * @module
 */

import type { CallOptions, ListOptions, Ref } from "../../core/mod.ts";
import type {
  AttachVolumeOptions,
  CopyImageOptions,
  CreateImageOptions,
  CreateKeyPairOptions,
  CreateNodeOptions,
  CreateVolumeOptions,
  CreateVolumeSnapshotOptions,
  ImportKeyPairOptions,
  NodeListOptions,
  TagInput,
} from "../../core/compute/mod.ts";
import type { Ec2Rule } from "./_ec2_records.ts";

/**
 * Filters by name, such as `{ "tag:env": ["prod", "test"] }`. A record matches
 * if it matches every filter, and one of the values of each filter. If a filter
 * has no values, no record matches, and no request is sent. In a value, `*`
 * stands for any characters and `?` for one character.
 */
export type Ec2Filters = Readonly<Record<string, string | readonly string[]>>;

/** Options of the lists that EC2 can filter. */
export interface Ec2ListOptions extends ListOptions {
  /**
   * Lists only what matches these filters. They are part of the URL, so about
   * 200 ids are the most that a list can be filtered by.
   */
  readonly filters?: Ec2Filters | undefined;
}

/** Options of {@linkcode Ec2NodeDriver.listNodes}. */
export interface Ec2ListNodesOptions extends Ec2ListOptions, NodeListOptions {
  /**
   * Lists only nodes that have all of these tags. A tag `Name` is rejected,
   * because it is the name of the node.
   *
   * @default {nodes with any tags, and without tags}
   */
  readonly tags?: TagInput | undefined;
}

/** Options of {@linkcode Ec2NodeDriver.listSizes}. */
export interface Ec2ListSizesOptions extends Ec2ListOptions {
  /**
   * Lists the instance types that the region has now, from the API, 100 on a
   * page. Otherwise the list bundled with this package is used, and `filters`
   * are rejected.
   *
   * @default {false}
   */
  readonly live?: boolean | undefined;
  /**
   * Source of the prices: `"live"` requests them from the price API of AWS, for
   * which the access key needs the permission `pricing:GetProducts`.
   * `"bundled"` takes them from the list in this package.
   *
   * @default {"live" with `live`, otherwise "bundled"}
   */
  readonly prices?: "live" | "bundled" | undefined;
}

/**
 * Owners of images or snapshots: `"self"`, `"amazon"` or account numbers. With
 * an empty array, nothing is listed; with `"any"`, what all accounts share.
 */
export type Ec2Owners = "any" | readonly string[];

/** Options of {@linkcode Ec2NodeDriver.listImages}. */
export interface Ec2ListImagesOptions extends Ec2ListOptions {
  /**
   * Lists only images of these owners.
   *
   * All accounts together have more than 100 000 images. Anyone can publish an
   * image under any name, so do not trust an image by its name alone.
   *
   * @default {["self"], or "any" if `ids` is given}
   */
  readonly owners?: Ec2Owners | undefined;
  /** Lists only images with this name; `*` and `?` are wildcards. */
  readonly name?: string | undefined;
  /**
   * Lists only these images; about 200 fit into a request. With an empty array,
   * nothing is listed, and no request is sent.
   */
  readonly ids?: readonly Ref[] | undefined;
}

/**
 * Options of {@linkcode Ec2NodeDriver.listLocations} and
 * {@linkcode Ec2NodeDriver.listRegions}.
 */
export interface Ec2ListLocationsOptions extends Ec2ListOptions {
  /**
   * Also lists zones or regions that are not enabled for the account.
   *
   * @default {false}
   */
  readonly all?: boolean | undefined;
}

/** Options of {@linkcode Ec2NodeDriver.listVolumeSnapshots}. */
export interface Ec2ListVolumeSnapshotsOptions extends Ec2ListOptions {
  /**
   * Lists only snapshots of these owners.
   *
   * @default {["self"]}
   */
  readonly owners?: Ec2Owners | undefined;
}

/** Type and speed of a volume. */
export interface Ec2DiskOptions {
  /**
   * Type of the volume, such as `"gp3"`.
   *
   * @default {EC2's choice: the type of the snapshot, or `"gp2"`}
   */
  readonly volumeType?: string | undefined;
  /** I/O operations per second, if the type lets you choose. */
  readonly iops?: number | undefined;
  /** Throughput in MiB per second, if the type lets you choose. */
  readonly throughput?: number | undefined;
}

/** Type, speed and encryption of a new volume. */
export interface Ec2NewDiskOptions extends Ec2DiskOptions {
  /**
   * Encrypts the volume.
   *
   * @default {the setting of the account}
   */
  readonly encrypted?: boolean | undefined;
  /**
   * KMS key that encrypts the volume: an id, an alias or an ARN.
   *
   * @default {the key of the account}
   */
  readonly kmsKeyId?: string | undefined;
}

/** A volume of a new node, with the names of the API. */
export interface Ec2BlockDevice {
  /**
   * Name of the device, such as `"/dev/sdf"`. To change the root volume, pass
   * its name in the image.
   */
  readonly deviceName: string;
  /** Properties of the volume. */
  readonly ebs?:
    | Ec2NewDiskOptions & {
      /**
       * Capacity in GiB.
       *
       * @default {the capacity of the image's volume or of the snapshot}
       */
      readonly volumeSize?: number | undefined;
      /** Id of the snapshot that it is created from. */
      readonly snapshotId?: string | undefined;
      /**
       * Whether the volume is deleted when the node is destroyed.
       *
       * @default {true}
       */
      readonly deleteOnTermination?: boolean | undefined;
    }
    | undefined;
  /** Pass `""` to leave out the volume that the image has at this device. */
  readonly noDevice?: string | undefined;
}

/** Options of a Spot Instance, which uses spare capacity. */
export interface Ec2SpotOptions {
  /**
   * Highest price per hour in US dollars.
   *
   * @default {the on-demand price}
   */
  readonly maxPrice?: string | number | undefined;
  /**
   * Whether the node is started again after an interruption.
   *
   * @default {"one-time"}
   */
  readonly spotInstanceType?: "one-time" | "persistent" | undefined;
  /**
   * Effect of an interruption.
   *
   * @default {"terminate"}
   */
  readonly instanceInterruptionBehavior?:
    | "hibernate"
    | "stop"
    | "terminate"
    | undefined;
  /** End of a persistent request, ISO 8601. */
  readonly validUntil?: string | undefined;
}

/** Options of the metadata service of a node. */
export interface Ec2MetadataOptions {
  /** `"required"` allows only version 2 of the service, which needs tokens. */
  readonly httpTokens?: "optional" | "required" | undefined;
  /** Largest number of network hops of a token, 1 to 64; containers need 2. */
  readonly httpPutResponseHopLimit?: number | undefined;
  /** Whether the service is available. */
  readonly httpEndpoint?: "disabled" | "enabled" | undefined;
  /** Whether the service has an IPv6 address. */
  readonly httpProtocolIpv6?: "disabled" | "enabled" | undefined;
  /** Whether the service returns the tags of the node. */
  readonly instanceMetadataTags?: "disabled" | "enabled" | undefined;
}

/** Options of {@linkcode Ec2NodeDriver.createNode}. */
export interface Ec2CreateNodeOptions extends CreateNodeOptions {
  /**
   * Tags of the node. A tag `Name` is rejected, because it is the name of the
   * node.
   */
  readonly tags?: TagInput | undefined;
  /** The key pair for logins to the node; EC2 accepts one. */
  readonly keyPairs?: readonly Ref[] | undefined;
  /**
   * Security groups, by id.
   *
   * @default {the default group of the VPC}
   */
  readonly securityGroups?: readonly Ref[] | undefined;
  /**
   * Subnet.
   *
   * @default {the default subnet of the zone}
   */
  readonly subnet?: Ref | undefined;
  /**
   * Whether the node gets a public IPv4 address.
   *
   * @default {the setting of the subnet}
   */
  readonly associatePublicIpAddress?: boolean | undefined;
  /** IAM instance profile: its name or its ARN. */
  readonly iamProfile?: Ref | undefined;
  /**
   * Creates a Spot Instance, which is cheaper. AWS may interrupt it at any
   * time.
   *
   * @default {false}
   */
  readonly spot?: boolean | Ec2SpotOptions | undefined;
  /** Options of the metadata service. */
  readonly metadataOptions?: Ec2MetadataOptions | undefined;
  /** Volumes, in addition to those of the image or instead of them. */
  readonly blockDevices?: readonly Ec2BlockDevice[] | undefined;
  /**
   * Turns on detailed monitoring, with a value per minute. It is billed.
   *
   * @default {false}
   */
  readonly monitoring?: boolean | undefined;
  /**
   * Effect of a shutdown from inside the node.
   *
   * @default {"stop"}
   */
  readonly instanceInitiatedShutdownBehavior?: "stop" | "terminate" | undefined;
  /**
   * Turns on termination protection: EC2 then refuses `destroyNode()`.
   *
   * @default {false}
   */
  readonly disableApiTermination?: boolean | undefined;
  /**
   * Idempotency key: EC2 creates only one node for requests with the same key.
   *
   * @default {a random key for each call}
   */
  readonly idempotencyKey?: string | undefined;
  /**
   * Further parameters of `RunInstances`, with the names of the API, such as
   * `{ CpuOptions: { CoreCount: 2 } }`. They replace the parameters of this
   * driver, except that tags in `TagSpecification` are added, such as tags for
   * volumes. A `Date` is sent in ISO 8601. `Action`, `MinCount` and `MaxCount`
   * are rejected. A `DryRun` always ends in an error, whose code is the result.
   *
   * @see {@link https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html | RunInstances}
   */
  readonly parameters?: Readonly<Record<string, unknown>> | undefined;
}

/** Options of {@linkcode Ec2NodeDriver.stopNode}. */
export interface Ec2StopOptions extends CallOptions {
  /**
   * Powers off immediately instead of shutting down gracefully. Data that was
   * not written to a disk may be lost.
   *
   * @default {false}
   */
  readonly force?: boolean | undefined;
  /**
   * Saves the memory to the root volume. The node must have been created with
   * hibernation.
   *
   * @default {false}
   */
  readonly hibernate?: boolean | undefined;
}

/** Options of the methods that create something with tags. */
export interface Ec2TaggedOptions extends CallOptions {
  /**
   * Tags of what is created. A tag `Name` is rejected if `name` becomes that
   * tag.
   */
  readonly tags?: TagInput | undefined;
}

/** Options of {@linkcode Ec2NodeDriver.createKeyPair}. */
export interface Ec2CreateKeyPairOptions
  extends CreateKeyPairOptions, Ec2TaggedOptions {
  /**
   * Type of the key pair; Windows supports only RSA.
   *
   * @default {"rsa"}
   */
  readonly keyType?: "rsa" | "ed25519" | undefined;
  /**
   * Format of the private key.
   *
   * @default {"pem"}
   */
  readonly keyFormat?: "pem" | "ppk" | undefined;
}

/** Options of {@linkcode Ec2NodeDriver.importKeyPair}. */
export interface Ec2ImportKeyPairOptions
  extends ImportKeyPairOptions, Ec2TaggedOptions {}

/** Options of {@linkcode Ec2NodeDriver.createImage}. */
export interface Ec2CreateImageOptions
  extends CreateImageOptions, Ec2TaggedOptions {
  /**
   * Does not restart the node. The image may then contain half-written files.
   *
   * @default {false}
   */
  readonly noReboot?: boolean | undefined;
}

/** Options of {@linkcode Ec2NodeDriver.copyImage}. */
export interface Ec2CopyImageOptions extends CopyImageOptions {
  /** Region of the copy, or a zone in it. */
  readonly location: Ref;
  /**
   * Name of the copy.
   *
   * @default {the name in the image's record, or the image's id}
   */
  readonly name?: string | undefined;
  /** Description for people. */
  readonly description?: string | undefined;
  /**
   * Encrypts the copy. A copy of an encrypted image is always encrypted.
   *
   * @default {the encryption of the image}
   */
  readonly encrypted?: boolean | undefined;
  /**
   * KMS key that encrypts the copy: an id, an alias or an ARN.
   *
   * @default {the key of the account}
   */
  readonly kmsKeyId?: string | undefined;
  /**
   * Copies the tags of the image.
   *
   * @default {false}
   */
  readonly copyImageTags?: boolean | undefined;
  /**
   * Idempotency key: EC2 creates only one copy for requests with the same key.
   *
   * @default {a random key for each call}
   */
  readonly idempotencyKey?: string | undefined;
}

/** Options of {@linkcode Ec2NodeDriver.deleteImage}. */
export interface Ec2DeleteImageOptions extends CallOptions {
  /**
   * Also deletes the snapshots of the image. Otherwise they are kept and
   * billed.
   *
   * @default {false}
   */
  readonly deleteAssociatedSnapshots?: boolean | undefined;
}

/** Options of {@linkcode Ec2NodeDriver.createVolume}. */
export interface Ec2CreateVolumeOptions
  extends CreateVolumeOptions, Ec2NewDiskOptions, Ec2TaggedOptions {
  /** Availability zone of the volume. EC2 requires it. */
  readonly location?: Ref | undefined;
  /**
   * Allows several nodes to attach the volume; few types support it.
   *
   * @default {false}
   */
  readonly multiAttachEnabled?: boolean | undefined;
  /**
   * Idempotency key: EC2 creates only one volume for requests with the same
   * key.
   *
   * @default {a random key for each call}
   */
  readonly idempotencyKey?: string | undefined;
}

/** Options of {@linkcode Ec2NodeDriver.attachVolume}. */
export interface Ec2AttachVolumeOptions extends AttachVolumeOptions {
  /**
   * Name of the device.
   *
   * @default {the first free device from /dev/sdf to /dev/sdp}
   */
  readonly device?: string | undefined;
}

/** Options of {@linkcode Ec2NodeDriver.detachVolume}. */
export interface Ec2DetachVolumeOptions extends CallOptions {
  /** The node, if the volume is attached to several. */
  readonly node?: Ref | undefined;
  /**
   * Detaches the volume even if the node does not respond. Data that was not
   * written yet is lost.
   *
   * @default {false}
   */
  readonly force?: boolean | undefined;
}

/** Options of {@linkcode Ec2NodeDriver.resizeVolume}. */
export interface Ec2ResizeVolumeOptions extends CallOptions, Ec2DiskOptions {
  /** New capacity in GiB; it cannot become smaller. */
  readonly sizeGb: number;
}

/** Options of {@linkcode Ec2NodeDriver.createVolumeSnapshot}. */
export interface Ec2CreateVolumeSnapshotOptions
  extends CreateVolumeSnapshotOptions, Ec2TaggedOptions {
  /** Description for people. */
  readonly description?: string | undefined;
}

/** Options of {@linkcode Ec2NodeDriver.createTags}. */
export interface Ec2CreateTagsOptions extends CallOptions {
  /** The tags; they replace tags with the same keys. */
  readonly tags: TagInput;
}

/** Options of {@linkcode Ec2NodeDriver.deleteTags}. */
export interface Ec2DeleteTagsOptions extends CallOptions {
  /** Keys of the tags; their values do not matter. */
  readonly keys: readonly string[];
}

/** Options of {@linkcode Ec2NodeDriver.getConsoleOutput}. */
export interface Ec2ConsoleOptions extends CallOptions {
  /**
   * Gets the current output, which only newer instance types support.
   *
   * @default {false: the output shortly after the last start}
   */
  readonly latest?: boolean | undefined;
}

/** Options of {@linkcode Ec2NetworkDriver.createSecurityGroup}. */
export interface Ec2CreateSecurityGroupOptions extends Ec2TaggedOptions {
  /** Name of the group. */
  readonly name: string;
  /** Description for people. EC2 requires it. */
  readonly description: string;
  /**
   * VPC of the group.
   *
   * @default {the default VPC}
   */
  readonly vpc?: Ref | undefined;
}

/** Options of the methods that change the rules of a security group. */
export interface Ec2RulesOptions extends CallOptions {
  /** The rules to add or to remove. */
  readonly rules: readonly Ec2Rule[];
}

/** Options of {@linkcode Ec2NetworkDriver.associateAddress}. */
export interface Ec2AssociateAddressOptions extends CallOptions {
  /** Node to associate the address with. */
  readonly node: Ref;
  /**
   * Whether an address that is associated with another node is moved.
   *
   * @default {true}
   */
  readonly allowReassociation?: boolean | undefined;
}
