/**
 * What EC2 can be asked for, and how it wants to be asked.
 *
 * @module
 */

import { encodeBase64 } from "@std/encoding/base64";
import {
  type CallOptions,
  checkText,
  idOf,
  type ListOptions,
  type Ref,
  refuse,
} from "../../core/mod.ts";
import {
  type AttachVolumeOptions,
  checkUserData,
  type CopyImageOptions,
  type CreateImageOptions,
  type CreateKeyPairOptions,
  type CreateNodeOptions,
  type CreateVolumeOptions,
  type CreateVolumeSnapshotOptions,
  type ImportKeyPairOptions,
  type UserDataSupport,
} from "../../core/compute/mod.ts";
import type { Ec2Rule } from "./_ec2_records.ts";

/** Tags: a table, or keys alone, whose values are empty then. */
export type Ec2TagOptions = NonNullable<CreateNodeOptions["tags"]>;

/**
 * Filters by their names, such as `{ "tag:env": ["prod", "test"] }`. All of
 * them must fit, and one of the values of each; `*` and `?` in a value stand
 * for other characters.
 */
export type Ec2Filters = Readonly<Record<string, string | readonly string[]>>;

/** Options of the lists that EC2 filters. */
export interface Ec2ListOptions extends ListOptions {
  /**
   * Lists what fits these filters only. They travel in the URL, which has room
   * for some 200 ids.
   */
  readonly filters?: Ec2Filters | undefined;
}

/** Options of {@linkcode Ec2NodeDriver.listSizes}. */
export interface Ec2ListSizesOptions extends Ec2ListOptions {
  /**
   * Asks EC2 for the types that the region has today, 100 to a page, in place
   * of the list in this package; what they cost is always from that list. Only
   * then can there be `filters`.
   *
   * @default {false}
   */
  readonly live?: boolean | undefined;
}

/** Options of {@linkcode Ec2NodeDriver.listImages}. */
export interface Ec2ListImagesOptions extends Ec2ListOptions {
  /**
   * Lists images of these owners only: `"self"`, `"amazon"`, or numbers of
   * accounts. An empty list is for images of anybody, a hundred thousand of
   * them unless something else narrows it down; then anybody can call an image
   * as you expect yours to be called.
   *
   * @default {["self"], or anybody where `ids` are given}
   */
  readonly owners?: readonly string[] | undefined;
  /** Lists images of this name only; `*` and `?` stand for other characters. */
  readonly name?: string | undefined;
  /** Lists these images only; some 200 fit into a request. */
  readonly ids?: readonly Ref[] | undefined;
}

/** Options of {@linkcode Ec2NodeDriver.listLocations}. */
export interface Ec2ListLocationsOptions extends Ec2ListOptions {
  /**
   * Lists also those that the account has not opted into.
   *
   * @default {false}
   */
  readonly all?: boolean | undefined;
}

/** Options of {@linkcode Ec2NodeDriver.listVolumeSnapshots}. */
export interface Ec2ListVolumeSnapshotsOptions extends Ec2ListOptions {
  /**
   * Lists snapshots of these owners only: `"self"`, `"amazon"`, or numbers of
   * accounts.
   *
   * @default {["self"]}
   */
  readonly owners?: readonly string[] | undefined;
}

/** What kind of volume it is. */
export interface Ec2DiskOptions {
  /**
   * Such as `"gp3"`.
   *
   * @default {EC2's choice: that of the snapshot, or `"gp2"`}
   */
  readonly volumeType?: string | undefined;
  /** Operations a second, where the type lets one choose. */
  readonly iops?: number | undefined;
  /** MiB a second, where the type lets one choose. */
  readonly throughput?: number | undefined;
}

/** What a new volume is, apart from its size. */
export interface Ec2NewDiskOptions extends Ec2DiskOptions {
  /** Encrypts it. */
  readonly encrypted?: boolean | undefined;
  /**
   * Key to encrypt it with: id, alias or ARN.
   *
   * @default {the account's own}
   */
  readonly kmsKeyId?: string | undefined;
}

/** A volume that a new node gets, as the API names what it is. */
export interface Ec2BlockDevice {
  /**
   * Name of the device, such as `"/dev/sdf"`; that of the image's root volume
   * for changing that one.
   */
  readonly deviceName: string;
  /** What it is. */
  readonly ebs?:
    | Ec2NewDiskOptions & {
      /**
       * Capacity in GiB.
       *
       * @default {that of the image or the snapshot}
       */
      readonly volumeSize?: number | undefined;
      /** Id of the snapshot it is filled from. */
      readonly snapshotId?: string | undefined;
      /**
       * Whether the volume goes when the node does.
       *
       * @default {true}
       */
      readonly deleteOnTermination?: boolean | undefined;
    }
    | undefined;
  /** Leaves out what the image has there: `""`. */
  readonly noDevice?: string | undefined;
}

/** How a node may use capacity that is left over. */
export interface Ec2SpotOptions {
  /**
   * Most to pay for an hour, in dollars.
   *
   * @default {the price on demand}
   */
  readonly maxPrice?: string | number | undefined;
  /**
   * Whether it comes back after an interruption.
   *
   * @default {"one-time"}
   */
  readonly spotInstanceType?: "one-time" | "persistent" | undefined;
  /**
   * What an interruption does.
   *
   * @default {"terminate"}
   */
  readonly instanceInterruptionBehavior?:
    | "hibernate"
    | "stop"
    | "terminate"
    | undefined;
  /** When a persistent request ends, ISO 8601. */
  readonly validUntil?: string | undefined;
}

/** How the metadata service of a node answers. */
export interface Ec2MetadataOptions {
  /** `"required"` for version 2 of the service only, which wants tokens. */
  readonly httpTokens?: "optional" | "required" | undefined;
  /** How many hops a token may travel, 1 to 64; containers need 2. */
  readonly httpPutResponseHopLimit?: number | undefined;
  /** Whether there is such a service. */
  readonly httpEndpoint?: "disabled" | "enabled" | undefined;
  /** Whether it answers over IPv6. */
  readonly httpProtocolIpv6?: "disabled" | "enabled" | undefined;
  /** Whether it tells the tags. */
  readonly instanceMetadataTags?: "disabled" | "enabled" | undefined;
}

/** Options of {@linkcode Ec2NodeDriver.createNode}. */
export interface Ec2CreateNodeOptions extends CreateNodeOptions {
  /** The key that logs in to the node; EC2 takes one. */
  readonly keyPairs?: readonly Ref[] | undefined;
  /**
   * Security groups, by their ids.
   *
   * @default {the default one of the private network}
   */
  readonly securityGroups?: readonly Ref[] | undefined;
  /**
   * Subnet.
   *
   * @default {the default one of the zone}
   */
  readonly subnet?: Ref | undefined;
  /**
   * Gives the node a public address, or none.
   *
   * @default {what the subnet says}
   */
  readonly associatePublicIpAddress?: boolean | undefined;
  /** IAM instance profile, by its name or ARN. */
  readonly iamProfile?: Ref | undefined;
  /** Uses capacity that is left over: cheaper, and may be taken back. */
  readonly spot?: boolean | Ec2SpotOptions | undefined;
  /** How the metadata service answers. */
  readonly metadataOptions?: Ec2MetadataOptions | undefined;
  /** Volumes, in place of or besides those of the image. */
  readonly blockDevices?: readonly Ec2BlockDevice[] | undefined;
  /**
   * Measures every minute, which costs extra.
   *
   * @default {false}
   */
  readonly monitoring?: boolean | undefined;
  /**
   * What a shutdown from inside does.
   *
   * @default {"stop"}
   */
  readonly instanceInitiatedShutdownBehavior?: "stop" | "terminate" | undefined;
  /**
   * Refuses to terminate it.
   *
   * @default {false}
   */
  readonly disableApiTermination?: boolean | undefined;
  /**
   * A text by which EC2 knows a repeated request again.
   *
   * @default {a random one for each call}
   */
  readonly idempotencyKey?: string | undefined;
  /**
   * Anything else that `RunInstances` takes, as the API names it, such as
   * `{ CpuOptions: { CoreCount: 2 } }`. It comes before what this driver would
   * send; a `TagSpecification` comes after it, for volumes. Of a `DryRun`, which
   * ends in an error, the code says how it would have gone.
   *
   * @see {@link https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html | RunInstances}
   */
  readonly parameters?: Readonly<Record<string, unknown>> | undefined;
}

/** Options of {@linkcode Ec2NodeDriver.stopNode}. */
export interface Ec2StopOptions extends CallOptions {
  /**
   * Pulls the plug, in place of asking the system to shut down.
   *
   * @default {false}
   */
  readonly force?: boolean | undefined;
  /**
   * Keeps what is in memory, for a node that was created to.
   *
   * @default {false}
   */
  readonly hibernate?: boolean | undefined;
}

/** Options of the calls that make something with tags. */
export interface Ec2TaggedOptions extends CallOptions {
  /** Its tags. */
  readonly tags?: Ec2TagOptions | undefined;
}

/** Options of {@linkcode Ec2NodeDriver.createKeyPair}. */
export interface Ec2CreateKeyPairOptions
  extends CreateKeyPairOptions, Ec2TaggedOptions {
  /**
   * Kind of key; Windows takes RSA only.
   *
   * @default {"rsa"}
   */
  readonly keyType?: "rsa" | "ed25519" | undefined;
  /**
   * How the private half is written.
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
   * Leaves the node running, so that the image may hold half-written files.
   *
   * @default {false}
   */
  readonly noReboot?: boolean | undefined;
}

/** Options of {@linkcode Ec2NodeDriver.copyImage}. */
export interface Ec2CopyImageOptions extends CopyImageOptions {
  /** Region it goes to, or a zone of it. */
  readonly location: Ref;
  /**
   * Name of the copy.
   *
   * @default {that of the image's record, or its id}
   */
  readonly name?: string | undefined;
  /** Text for people. */
  readonly description?: string | undefined;
  /** Encrypts the copy. */
  readonly encrypted?: boolean | undefined;
  /** Key to encrypt it with: id, alias or ARN. */
  readonly kmsKeyId?: string | undefined;
  /**
   * Copies the tags as well.
   *
   * @default {false}
   */
  readonly copyImageTags?: boolean | undefined;
  /**
   * A text by which EC2 knows a repeated request again.
   *
   * @default {a random one for each call}
   */
  readonly idempotencyKey?: string | undefined;
}

/** Options of {@linkcode Ec2NodeDriver.deleteImage}. */
export interface Ec2DeleteImageOptions extends CallOptions {
  /**
   * Deletes the snapshots it is made of, which go on costing otherwise.
   *
   * @default {false}
   */
  readonly deleteAssociatedSnapshots?: boolean | undefined;
}

/** Options of {@linkcode Ec2NodeDriver.createVolume}. */
export interface Ec2CreateVolumeOptions
  extends CreateVolumeOptions, Ec2NewDiskOptions, Ec2TaggedOptions {
  /**
   * Lets several nodes have it, of few types.
   *
   * @default {false}
   */
  readonly multiAttachEnabled?: boolean | undefined;
  /**
   * A text by which EC2 knows a repeated request again.
   *
   * @default {a random one for each call}
   */
  readonly idempotencyKey?: string | undefined;
}

/** Options of {@linkcode Ec2NodeDriver.attachVolume}. */
export interface Ec2AttachVolumeOptions extends AttachVolumeOptions {
  /**
   * Name of the device, which EC2 insists on.
   *
   * @default {the first free one from /dev/sdf to /dev/sdp, for which the node is asked}
   */
  readonly device?: string | undefined;
}

/** Options of {@linkcode Ec2NodeDriver.detachVolume}. */
export interface Ec2DetachVolumeOptions extends CallOptions {
  /** The node, where several have it. */
  readonly node?: Ref | undefined;
  /**
   * Pulls it out, with what was not written yet lost.
   *
   * @default {false}
   */
  readonly force?: boolean | undefined;
}

/** Options of {@linkcode Ec2NodeDriver.resizeVolume}. */
export interface Ec2ResizeVolumeOptions extends CallOptions, Ec2DiskOptions {
  /** The new capacity in GiB; a volume cannot shrink. */
  readonly sizeGb: number;
}

/** Options of {@linkcode Ec2NodeDriver.createVolumeSnapshot}. */
export interface Ec2CreateVolumeSnapshotOptions
  extends CreateVolumeSnapshotOptions, Ec2TaggedOptions {
  /** Text for people. */
  readonly description?: string | undefined;
}

/** Options of {@linkcode Ec2NodeDriver.createSecurityGroup}. */
export interface Ec2CreateSecurityGroupOptions extends Ec2TaggedOptions {
  /** Its name. */
  readonly name: string;
  /** Text for people, which EC2 insists on. */
  readonly description: string;
  /**
   * Private network that it is for.
   *
   * @default {the default one}
   */
  readonly vpc?: Ref | undefined;
}

/** Options of the calls that change what a security group lets through. */
export interface Ec2RulesOptions extends CallOptions {
  /** What is let through, or no longer. */
  readonly rules: readonly Ec2Rule[];
}

/** Options of {@linkcode Ec2NodeDriver.createTags}. */
export interface Ec2CreateTagsOptions extends CallOptions {
  /** The tags; one that is there gets the new value. */
  readonly tags: Ec2TagOptions;
}

/** Options of {@linkcode Ec2NodeDriver.deleteTags}. */
export interface Ec2DeleteTagsOptions extends CallOptions {
  /** Keys of the tags, whatever their values. */
  readonly keys: readonly string[];
}

/** Options of {@linkcode Ec2NodeDriver.associateAddress}. */
export interface Ec2AssociateAddressOptions extends CallOptions {
  /** The node. */
  readonly node: Ref;
  /**
   * Takes it from the node that has it.
   *
   * @default {true}
   */
  readonly allowReassociation?: boolean | undefined;
}

/** Options of {@linkcode Ec2NodeDriver.getConsoleOutput}. */
export interface Ec2ConsoleOptions extends CallOptions {
  /**
   * What is there now, which newer types can tell.
   *
   * @default {false: what was there after the last start}
   */
  readonly latest?: boolean | undefined;
}

const SAME =
  /^(?:allowReassociation|copyImageTags|deleteAssociatedSnapshots|description|disableApiTermination|encrypted|force|hibernate|instanceInitiatedShutdownBehavior|iops|key(?:Type|Format)|kmsKeyId|latest|metadataOptions|multiAttachEnabled|noReboot|throughput|volumeType)$/;

/** What EC2 takes as user data, before it is encoded. */
export const USER_DATA: UserDataSupport = {
  maxBytes: 16_384,
  takesBytes: true,
};

/**
 * Writes parameters as EC2 wants them: `{ filter: [{ name: "a" }] }` becomes
 * `Filter.1.Name=a`.
 *
 * @param value Texts, numbers, booleans, and lists and tables of them.
 * @param name Name of what is written.
 * @param form Where it is written.
 * @returns The form; what is `undefined` is left out.
 */
export function toForm(
  value: unknown,
  name = "",
  form: [string, string][] = [],
): Record<string, string> {
  if (value === Object(value)) {
    const isList = Array.isArray(value);
    for (const [key, part] of Object.entries(value as object)) {
      const own = isList
        ? Number(key) + 1
        : key.replace(/^./, (letter) => letter.toUpperCase());
      toForm(part, name ? `${name}.${own}` : `${own}`, form);
    }
  } else if (value !== undefined) form.push([name, String(value)]);
  return Object.fromEntries(form);
}

/** An id that may be left out. */
export function optionalId(
  ref: Ref | undefined,
  what: string,
): string | undefined {
  return ref === undefined ? ref : idOf(ref, what);
}

/** A text that may be left out. */
export function optionalText(
  text: string | undefined,
  what: string,
  field: string,
): string | undefined {
  return text === undefined ? text : checkText(text, what, field);
}

/** Makes `Filter`. */
export function toFilters(filters: Ec2Filters = {}): object[] {
  return Object.entries(filters)
    .map(([Name, value]) => ({ Name, Value: [value].flat() }));
}

/** Makes `Tag`; a name comes before a tag of that key. */
export function toTags(tags: Ec2TagOptions = [], name?: string): object[] {
  const table = Array.isArray(tags)
    ? Object.fromEntries(tags.map((key) => [key, ""]))
    : tags;
  return Object.entries(name ? { ...table, Name: name } : table)
    .map(([Key, Value]) => ({ Key, Value }));
}

/** Makes `TagSpecification`, for the tags of what is made. */
export function toTagSpecification(
  ResourceType: string,
  tags?: Ec2TagOptions,
  name?: string,
): object[] {
  const Tag = toTags(tags, name);
  return Tag.length > 0 ? [{ ResourceType, Tag }] : [];
}

/** The text by which EC2 knows a repeated request again. */
export function toClientToken(key: string | undefined, what: string): string {
  return optionalText(key, what, "idempotency key") ?? crypto.randomUUID();
}

/** Picks the options that EC2 knows under the same name. */
export function toSame(options: object): object {
  return Object.fromEntries(
    Object.entries(options).filter(([name]) => SAME.test(name)),
  );
}

/** Makes the form of a new node. */
export function toNodeForm(
  options: Ec2CreateNodeOptions,
  what: string,
): Record<string, string> {
  refuse(what, options, ["auth"]);
  const { keyPairs = [], spot, associatePublicIpAddress, userData } = options;
  const { TagSpecification = [], ...parameters } = options.parameters ?? {};
  checkUserData(userData, USER_DATA);
  if (keyPairs.length > 1) {
    throw new TypeError(`Cannot ${what}: ${keyPairs.length} key pairs`);
  }
  const ids = (refs?: readonly Ref[]) => refs?.map((ref) => idOf(ref, what));
  const profile = optionalId(options.iamProfile, what);
  const network = {
    SubnetId: optionalId(options.subnet, what),
    SecurityGroupId: ids(options.securityGroups),
  };
  return {
    ...toForm({
      ImageId: idOf(options.image, what),
      InstanceType: idOf(options.size, what),
      KeyName: ids(keyPairs)?.[0],
      UserData: encodeBase64(userData ?? "") || undefined,
      Placement: { AvailabilityZone: optionalId(options.location, what) },
      ...(associatePublicIpAddress === undefined ? network : {
        NetworkInterface: [
          { DeviceIndex: 0, associatePublicIpAddress, ...network },
        ],
      }),
      IamInstanceProfile: profile && {
        [/^arn:/.test(profile) ? "Arn" : "Name"]: profile,
      },
      InstanceMarketOptions: spot
        // Of `true` this makes an object that has nothing in it.
        ? { MarketType: "spot", SpotOptions: Object(spot) }
        : undefined,
      BlockDeviceMapping: options.blockDevices,
      Monitoring: { Enabled: options.monitoring },
      ClientToken: toClientToken(options.idempotencyKey, what),
      // Volumes may have tags of their own, in parameters.
      TagSpecification: [
        ...toTagSpecification(
          "instance",
          options.tags,
          checkText(options.name, what, "name"),
        ),
        ...TagSpecification as object[],
      ],
    }),
    ...toForm(parameters),
    Action: "RunInstances",
    // One call makes one node.
    MinCount: "1",
    MaxCount: "1",
  };
}
