/**
 * Amazon machine images (AMIs).
 *
 * @module
 */

import {
  action,
  type Actions,
  type Context,
  page,
  PAGE_PARAMS,
  SUCCESS,
} from "./action.ts";
import { REGIONS } from "./catalog.ts";
import { idempotent } from "./idempotency.ts";
import { IMAGE, pick, pickAll } from "./lookup.ts";
import { checkOwner, isOwnedBy } from "./owner.ts";
import {
  applyFilters,
  boolean,
  type Fields,
  filters,
  integer,
  list,
  oneOf,
  refuse,
  refuseValue,
  required,
  string,
  structure,
  tagSet,
  tagsFor,
  tagSpecifications,
} from "./query.ts";
import { ACCOUNT, type Image } from "./records.ts";
import type { Region } from "./region.ts";
import { addSnapshot } from "./snapshots.ts";
import { VOLUME_TYPES } from "./volumes.ts";
import { toTimestamp, type Xml } from "./xml.ts";

/** Operations on images. */
export const IMAGE_ACTIONS: Actions = {
  DescribeImages: action(
    {
      ...PAGE_PARAMS,
      ExecutableBy: list(required(string)),
      Filter: filters,
      ImageId: list(required(string)),
      IncludeDeprecated: boolean,
      IncludeDisabled: boolean,
      Owner: list(required(string)),
    },
    (params, context) => {
      const ids = params.ImageId;
      const by = params.ExecutableBy;
      const { images } = context.region.described(ids);
      const isHidden = ({ owner, deprecatedAt }: Image) =>
        ids.length === 0 && !params.IncludeDeprecated && owner !== ACCOUNT &&
        deprecatedAt !== undefined &&
        Date.parse(deprecatedAt) <= context.region.now;
      const all = pickAll(images, ids, IMAGE)
        .filter((it) => !isHidden(it))
        .filter((it) => isOwnedBy(it, params.Owner))
        // "all" selects public images; no image is shared with other accounts.
        .filter((it) => by.length === 0 || (by.includes("all") && it.isPublic));
      const found = applyFilters(all, params.Filter, IMAGE_FIELDS);
      const { items, nextToken } = page(found, params, context, {
        min: 1,
        order: ({ order }) => order,
      });
      return { imagesSet: items.map(imageXml), nextToken };
    },
  ),

  CreateImage: action(
    {
      BlockDeviceMapping: list(structure({
        DeviceName: required(string),
        Ebs: structure({
          DeleteOnTermination: boolean,
          VolumeSize: integer(1),
          VolumeType: oneOf(...VOLUME_TYPES),
        }),
        NoDevice: string,
      })),
      Description: string,
      InstanceId: required(string),
      Name: required(string),
      NoReboot: boolean,
      TagSpecification: tagSpecifications,
    },
    (params, { region }) => {
      const instance = region.pickInstance(params.InstanceId);
      checkImageName(region, params.Name, params.Description);
      if (instance.state !== "running" && instance.state !== "stopped") {
        refuse(
          "IncorrectInstanceState",
          `The instance '${instance.id}' is not in the 'running' or 'stopped' state.`,
        );
      }
      const tags = tagsFor(params.TagSpecification, "image", ["snapshot"]);
      const snapshotTags = tagsFor(params.TagSpecification, "snapshot", [
        "image",
      ]);
      const changes = new Map(
        params.BlockDeviceMapping.map((it) => [it.DeviceName, it] as const),
      );
      const id = region.ids.next("ami");
      const { order } = region.ids;
      const disks = [...instance.volumes].flatMap(([device, volume]) => {
        const change = changes.get(device);
        if (change?.NoDevice !== undefined) return [];
        const snapshot = addSnapshot(region, volume, {
          description:
            `Created by CreateImage(${instance.id}) for ${id} from ${volume.id}`,
          tags: new Map(snapshotTags),
        });
        return [{
          device,
          snapshot,
          sizeGib: change?.Ebs?.VolumeSize ?? volume.sizeGib,
          type: change?.Ebs?.VolumeType ?? volume.type,
          isDeletedOnTermination: change?.Ebs?.DeleteOnTermination ??
            volume.attachment?.isDeletedOnTermination ?? true,
        }];
      });
      const fails = region.account.fails({
        kind: "image",
        name: "CreateImage",
        id: instance.id,
      });
      addImage(region, {
        id,
        order,
        name: params.Name,
        description: params.Description ?? "",
        arch: instance.image.arch,
        isWindows: instance.image.isWindows,
        rootDevice: instance.image.rootDevice,
        disks,
        source: { instance: instance.id },
        tags,
      }, fails);
      return { imageId: id };
    },
  ),

  CopyImage: action(
    {
      ClientToken: string,
      CopyImageTags: boolean,
      Description: string,
      Encrypted: boolean,
      KmsKeyId: string,
      Name: required(string),
      SourceImageId: required(string),
      SourceRegion: required(string),
      TagSpecification: tagSpecifications,
    },
    (params, context) => {
      const { region } = context;
      const { id } = idempotent(
        region.imageResults,
        params.ClientToken,
        context.parameters,
        () => {
          const { SourceRegion: name } = params;
          const from = REGIONS.some((it) => it.name === name)
            ? region.account.region(name)
            : undefined;
          if (from === undefined) {
            return refuseValue(
              `Invalid value '${name}' for SourceRegion. It is no region`,
            );
          }
          const source = pick(from.images, params.SourceImageId, IMAGE);
          if (source.state !== "available") {
            refuse(
              "InvalidAMIID.Unavailable",
              `The image ID '${source.id}' is not available`,
            );
          }
          checkImageName(region, params.Name, params.Description);
          return copyImage(source, from, context, {
            name: params.Name,
            description: params.Description ??
              `[Copied ${source.id} from ${name}] ${source.name}`,
            tags: new Map([
              ...(params.CopyImageTags ? source.tags : []),
              ...tagsFor(params.TagSpecification, "image", ["snapshot"]),
            ]),
            isEncrypted: params.Encrypted ?? false,
            kmsKeyId: params.KmsKeyId,
          });
        },
      );
      return { imageId: id };
    },
  ),

  DeregisterImage: action(
    { DeleteAssociatedSnapshots: boolean, ImageId: required(string) },
    (params, { region }) => {
      const { ImageId: id } = params;
      if (region.deregisteredImages.has(id)) {
        refuse(
          "InvalidAMIID.Unavailable",
          `The image ID '${id}' is no longer available`,
        );
      }
      const image = pick(region.images, id, IMAGE);
      checkOwner(image, "image");
      region.images.delete(id);
      region.deregisteredImages.add(id);
      if (!params.DeleteAssociatedSnapshots) return SUCCESS;
      return {
        ...SUCCESS,
        deleteSnapshotResultSet: image.disks.map(({ snapshot }) => {
          const isUsed = region.images.all.some((it) =>
            it.disks.some((disk) => disk.snapshot === snapshot)
          );
          if (!isUsed) region.snapshots.delete(snapshot.id);
          return {
            snapshotId: snapshot.id,
            returnCode: isUsed ? "skipped" : "success",
          };
        }),
      };
    },
  ),
};

/**
 * Finds an image that instances can be launched from.
 *
 * @param region Region of the image.
 * @param id Id of the image.
 * @returns The image.
 * @throws {Ec2Refusal} If there is no such image, or if it is not available.
 */
export function availableImage(region: Region, id: string): Image {
  if (region.deregisteredImages.has(id)) {
    refuse(
      "InvalidAMIID.Unavailable",
      `The image ID '${id}' is no longer available`,
    );
  }
  const image = pick(region.images, id, IMAGE);
  if (image.state !== "available") {
    refuse("InvalidAMIID.Unavailable", `The image ID '${id}' is not available`);
  }
  return image;
}

function checkImageName(
  region: Region,
  name: string,
  description: string | undefined,
): void {
  if (!/^[\w()[\]. /'@-]{3,128}$/.test(name)) {
    refuse(
      "InvalidAMIName.Malformed",
      "AMI names must be between 3 and 128 characters long, and may contain letters, numbers, '(', ')', '.', '-', '/' and '_'",
    );
  }
  if ((description?.length ?? 0) > 255) {
    refuseValue("The description must have at most 255 characters");
  }
  for (const image of region.images.all) {
    if (image.owner !== ACCOUNT || image.name !== name) continue;
    refuse(
      "InvalidAMIName.Duplicate",
      `AMI name ${name} is already in use by AMI ${image.id}`,
    );
  }
}

/**
 * Adds an image of the account, which is available after a while.
 *
 * @param region Region of the image.
 * @param properties Properties of the image.
 * @param fails Whether it ends in the state `failed`.
 * @returns The image.
 */
export function addImage(
  region: Region,
  properties: Omit<
    Image,
    "owner" | "alias" | "isPublic" | "createdAt" | "state"
  >,
  fails = false,
): Image {
  const image: Image = {
    ...properties,
    owner: ACCOUNT,
    alias: undefined,
    isPublic: false,
    createdAt: toTimestamp(region.now),
    state: "pending",
  };
  region.timeline.add(region.images, image);
  region.after(region.account.actionMs, () => {
    image.state = fails ? "failed" : "available";
  });
  return image;
}

function copyImage(
  source: Image,
  from: Region,
  { region }: Context,
  properties: Pick<Image, "name" | "description" | "tags"> & {
    readonly isEncrypted: boolean;
    readonly kmsKeyId: string | undefined;
  },
): Image {
  const { isEncrypted, kmsKeyId, ...rest } = properties;
  const id = region.ids.next("ami");
  const { order } = region.ids;
  const disks = source.disks.map((disk) => ({
    ...disk,
    snapshot: addSnapshot(
      region,
      {
        // The id that EC2 gives instead of a source volume.
        id: "vol-ffffffff",
        sizeGib: disk.snapshot.sizeGib,
        isEncrypted: isEncrypted || disk.snapshot.isEncrypted,
        // A KMS key belongs to one region, so the source's key is not used.
        kmsKeyId,
      },
      {
        description:
          `Copied for DestinationAmi ${id} from SourceAmi ${source.id} for SourceSnapshot ${disk.snapshot.id}.`,
        tags: new Map(),
      },
    ),
  }));
  const fails = region.account.fails({
    kind: "image",
    name: "CopyImage",
    id: source.id,
  });
  const { arch, isWindows, rootDevice } = source;
  return addImage(region, {
    ...rest,
    id,
    order,
    arch,
    isWindows,
    rootDevice,
    disks,
    source: { image: source.id, region: from.name },
  }, fails);
}

function imageXml(image: Image): Xml {
  const { source, tags } = image;
  return {
    imageId: image.id,
    imageLocation: `${image.alias ?? image.owner}/${image.name}`,
    imageState: image.state,
    stateReason: image.state === "failed"
      ? {
        code: "Server.InternalError",
        message: "Server.InternalError: Internal error on image creation",
      }
      : undefined,
    imageOwnerId: image.owner,
    imageOwnerAlias: image.alias,
    creationDate: image.createdAt,
    deprecationTime: image.deprecatedAt,
    isPublic: image.isPublic,
    architecture: image.arch,
    imageType: "machine",
    platform: image.isWindows ? "windows" : undefined,
    platformDetails: image.isWindows ? "Windows" : "Linux/UNIX",
    usageOperation: image.isWindows ? "RunInstances:0002" : "RunInstances",
    sriovNetSupport: "simple",
    enaSupport: true,
    name: image.name,
    description: image.description || undefined,
    rootDeviceType: "ebs",
    rootDeviceName: image.rootDevice,
    blockDeviceMapping: image.disks.map((disk) => ({
      deviceName: disk.device,
      ebs: {
        snapshotId: disk.snapshot.id,
        volumeSize: disk.sizeGib,
        deleteOnTermination: disk.isDeletedOnTermination,
        volumeType: disk.type,
        encrypted: disk.snapshot.isEncrypted,
      },
    })),
    virtualizationType: "hvm",
    tagSet: tags.size > 0 ? tagSet(tags) : undefined,
    hypervisor: "xen",
    ...(source === undefined
      ? {}
      : "instance" in source
      ? { sourceInstanceId: source.instance }
      : { sourceImageId: source.image, sourceImageRegion: source.region }),
  };
}

const IMAGE_FIELDS: Fields<Image> = {
  architecture: ({ arch }) => arch,
  "block-device-mapping.device-name": ({ disks }) =>
    disks.map(({ device }) => device),
  "block-device-mapping.snapshot-id": ({ disks }) =>
    disks.map(({ snapshot }) => snapshot.id),
  "block-device-mapping.volume-size": ({ disks }) =>
    disks.map(({ sizeGib }) => sizeGib),
  "block-device-mapping.volume-type": ({ disks }) =>
    disks.map(({ type }) => type),
  "creation-date": ({ createdAt }) => createdAt,
  description: ({ description }) => description,
  "ena-support": () => true,
  hypervisor: () => "xen",
  "image-id": ({ id }) => id,
  "image-type": () => "machine",
  "is-public": ({ isPublic }) => isPublic,
  name: ({ name }) => name,
  "owner-alias": ({ alias }) => alias,
  "owner-id": ({ owner }) => owner,
  platform: ({ isWindows }) => isWindows ? "windows" : undefined,
  "root-device-name": ({ rootDevice }) => rootDevice,
  "root-device-type": () => "ebs",
  "source-instance-id": ({ source }) =>
    source && "instance" in source ? source.instance : undefined,
  state: ({ state }) => state,
  "virtualization-type": () => "hvm",
};
