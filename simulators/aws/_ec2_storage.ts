/**
 * Volumes, snapshots and images of EC2.
 *
 * @module
 */

import {
  action,
  type Actions,
  type Context,
  DONE,
  page,
  PAGED,
} from "./_ec2_action.ts";
import { REGIONS } from "./_ec2_catalog.ts";
import {
  applyFilters,
  type Fields,
  filters,
  flag,
  group,
  integer,
  list,
  need,
  oneOf,
  refuse,
  refuseValue,
  tagSet,
  tagsFor,
  tagSpecifications,
  text,
} from "./_ec2_query.ts";
import {
  ACCOUNT,
  type Attachment,
  IMAGE,
  type Image,
  once,
  pick,
  type Region,
  SNAPSHOT,
  type Snapshot,
  VOLUME,
  type Volume,
  zoneOf,
} from "./_ec2_region.ts";
import { toTimestamp, type Xml } from "./_ec2_xml.ts";

/** Types of volumes. */
export const VOLUME_TYPES = [
  "standard",
  "io1",
  "io2",
  "gp2",
  "sc1",
  "st1",
  "gp3",
] as const;

/** The sizes that each type has, in GiB. */
const SIZES: Readonly<Record<string, readonly [number, number]>> = {
  standard: [1, 1024],
  io1: [4, 16_384],
  io2: [4, 65_536],
  gp2: [1, 16_384],
  gp3: [1, 65_536],
  sc1: [125, 16_384],
  st1: [125, 16_384],
};

const volumeIds = list(need(text));

/** The operations on volumes, snapshots and images. */
export const STORAGE_ACTIONS: Actions = {
  DescribeVolumes: action(
    {
      ...PAGED,
      Filter: filters,
      IncludeManagedResources: flag,
      VolumeId: volumeIds,
    },
    (params, context) => {
      const { volumes } = context.region;
      const ids = params.VolumeId;
      const all = pickAll(volumes, ids, VOLUME);
      const found = applyFilters(all, params.Filter, VOLUME_FIELDS);
      const { items, nextToken } = page(found, params, context, {
        ids,
        order: ({ order }) => order,
        isLenient: true,
      });
      return { volumeSet: items.map(volumeXml), nextToken };
    },
  ),

  CreateVolume: action(
    {
      AvailabilityZone: text,
      AvailabilityZoneId: text,
      ClientToken: text,
      Encrypted: flag,
      Iops: integer(),
      KmsKeyId: text,
      MultiAttachEnabled: flag,
      Size: integer(),
      SnapshotId: text,
      TagSpecification: tagSpecifications,
      Throughput: integer(),
      VolumeType: oneOf(...VOLUME_TYPES),
    },
    (params, { region, asked }) => {
      const volume = once(
        region.madeVolumes,
        params.ClientToken,
        asked,
        () => {
          const zone = zoneOf(region, params) ?? refuse(
            "MissingParameter",
            "The request must contain the parameter AvailabilityZone",
          );
          const snapshot = params.SnapshotId === undefined
            ? undefined
            : pick(region.snapshots, params.SnapshotId, SNAPSHOT);
          const sizeGib = params.Size ?? snapshot?.sizeGib ?? refuse(
            "MissingParameter",
            "The request must contain the parameter size or snapshotId",
          );
          if (snapshot?.state === "pending") {
            refuse(
              "IncorrectState",
              `Snapshot is in invalid state - pending: '${snapshot.id}'`,
            );
          }
          if (snapshot !== undefined && sizeGib < snapshot.sizeGib) {
            refuseValue(
              `Volume of ${sizeGib}GiB is too small; it must be at least as large as the snapshot '${snapshot.id}' of ${snapshot.sizeGib}GiB`,
            );
          }
          const type = params.VolumeType ?? "gp2";
          checkVolume(type, sizeGib, params.Iops);
          const made = addVolume(region, {
            zone,
            sizeGib,
            type,
            iops: params.Iops,
            throughput: params.Throughput,
            snapshotId: snapshot?.id,
            isEncrypted: params.Encrypted ?? snapshot?.isEncrypted ?? false,
            kmsKeyId: params.KmsKeyId ?? snapshot?.kmsKeyId,
            isMultiAttach: params.MultiAttachEnabled ?? false,
            tags: tagsFor(params.TagSpecification, "volume"),
          });
          region.after(region.account.actionMs, () => {
            if (made.state === "creating") made.state = "available";
          });
          return made;
        },
      );
      return volumeXml(volume);
    },
  ),

  DeleteVolume: action(
    { VolumeId: need(text) },
    ({ VolumeId: id }, context) => {
      const { region } = context;
      const volume = pick(region.volumes, id, VOLUME);
      if (volume.attachment) {
        refuse(
          "VolumeInUse",
          `Volume ${id} is currently attached to ${volume.attachment.instance.id}`,
        );
      }
      if (volume.state !== "available") refuseVolumeState(volume);
      volume.state = "deleting";
      region.after(region.account.actionMs, () => region.volumes.delete(id));
      return DONE;
    },
  ),

  AttachVolume: action(
    { Device: need(text), InstanceId: need(text), VolumeId: need(text) },
    (params, { region }) => {
      const volume = pick(region.volumes, params.VolumeId, VOLUME);
      const instance = region.pickInstance(params.InstanceId);
      const { Device: device } = params;
      if (volume.attachment) {
        refuse(
          "VolumeInUse",
          `${volume.id} is already attached to an instance`,
        );
      }
      if (volume.state !== "available") refuseVolumeState(volume);
      if (instance.state !== "running" && instance.state !== "stopped") {
        refuse("IncorrectState", `Instance '${instance.id}' is not 'running'.`);
      }
      if (volume.zone !== instance.subnet.zone) {
        refuse(
          "InvalidVolume.ZoneMismatch",
          `The volume '${volume.id}' is not in the same availability zone as instance '${instance.id}'`,
        );
      }
      if (!/^(?:\/dev\/)?(?:sd|xvd|hd)[a-z]{1,2}\d{0,2}$/.test(device)) {
        refuseValue(
          `Value (${device}) for parameter device is invalid. ${device} is not a valid EBS device name.`,
        );
      }
      if (instance.volumes.has(device)) {
        refuseValue(
          `Invalid value '${device}' for unixDevice. Attachment point ${device} is already in use`,
        );
      }
      const attachment: Attachment = {
        instance,
        device,
        status: "attaching",
        at: region.now,
        isDeletedOnTermination: false,
      };
      volume.attachment = attachment;
      volume.state = "in-use";
      instance.volumes.set(device, volume);
      region.after(region.account.actionMs, () => {
        if (attachment.status === "attaching") attachment.status = "attached";
      });
      return attachmentXml(volume, attachment);
    },
  ),

  DetachVolume: action(
    {
      Device: text,
      Force: flag,
      InstanceId: text,
      VolumeId: need(text),
    },
    (params, { region }) => {
      const volume = pick(region.volumes, params.VolumeId, VOLUME);
      const { attachment } = volume;
      if (params.InstanceId !== undefined) {
        region.pickInstance(params.InstanceId);
      }
      if (!attachment) return refuseVolumeState(volume);
      const { instance, device } = attachment;
      if (
        (params.InstanceId ?? instance.id) !== instance.id ||
        (params.Device ?? device) !== device
      ) {
        refuse(
          "InvalidAttachment.NotFound",
          `The volume '${volume.id}' is attached to '${instance.id}' as ${device}, and not as given`,
        );
      }
      if (
        device === instance.image.rootDevice && instance.state !== "stopped"
      ) {
        refuse(
          "OperationNotPermitted",
          `Unable to detach root volume '${volume.id}' from instance '${instance.id}'`,
        );
      }
      if (attachment.status === "attaching" && !params.Force) {
        refuse(
          "IncorrectState",
          `Volume '${volume.id}' is still being attached.`,
        );
      }
      attachment.status = "detaching";
      region.after(region.account.actionMs, () => {
        // Its instance may have ended meanwhile.
        if (volume.attachment !== attachment) return;
        volume.attachment = undefined;
        volume.state = "available";
        instance.volumes.delete(device);
      });
      return attachmentXml(volume, attachment);
    },
  ),

  ModifyVolume: action(
    {
      Iops: integer(),
      MultiAttachEnabled: flag,
      Size: integer(),
      Throughput: integer(),
      VolumeId: need(text),
      VolumeType: oneOf(...VOLUME_TYPES),
    },
    (params, { region }) => {
      const volume = pick(region.volumes, params.VolumeId, VOLUME);
      if (volume.state !== "available" && volume.state !== "in-use") {
        refuseVolumeState(volume);
      }
      if (volume.isChanging) {
        refuse(
          "IncorrectModificationState",
          `Volume ${volume.id} cannot be modified in modification state OPTIMIZING`,
        );
      }
      const type = params.VolumeType ?? volume.type;
      const sizeGib = params.Size ?? volume.sizeGib;
      if (sizeGib < volume.sizeGib) {
        refuseValue("New size cannot be smaller than existing size");
      }
      checkVolume(type, sizeGib, params.Iops);
      const iops = params.Iops ??
        (type === volume.type ? volume.iops : undefined);
      const throughput = params.Throughput ?? volume.throughput;
      const before = performanceOf(volume);
      const after = performanceOf({ type, sizeGib, iops, throughput });
      const original = {
        originalSize: volume.sizeGib,
        originalVolumeType: volume.type,
        originalIops: before.iops,
        originalThroughput: before.throughput,
        originalMultiAttachEnabled: volume.isMultiAttach,
      };
      volume.isChanging = true;
      region.after(region.account.actionMs, () => {
        volume.isChanging = false;
        volume.type = type;
        volume.sizeGib = sizeGib;
        volume.iops = iops;
        volume.throughput = throughput;
      });
      return {
        volumeModification: {
          volumeId: volume.id,
          modificationState: "modifying",
          targetSize: sizeGib,
          targetVolumeType: type,
          targetIops: after.iops,
          targetThroughput: after.throughput,
          targetMultiAttachEnabled: volume.isMultiAttach,
          ...original,
          progress: 0,
          startTime: toTimestamp(region.now),
        },
      };
    },
  ),

  DescribeSnapshots: action(
    {
      ...PAGED,
      Filter: filters,
      Owner: list(need(text)),
      RestorableBy: list(need(text)),
      SnapshotId: list(need(text)),
    },
    (params, context) => {
      const ids = params.SnapshotId;
      const all = pickAll(context.region.snapshots, ids, SNAPSHOT)
        .filter((it) => isOwnedBy(it, params.Owner));
      const found = applyFilters(all, params.Filter, SNAPSHOT_FIELDS);
      const { items, nextToken } = page(found, params, context, {
        ids,
        order: ({ order }) => order,
        isLenient: true,
      });
      return { snapshotSet: items.map(snapshotXml), nextToken };
    },
  ),

  CreateSnapshot: action(
    {
      Description: text,
      TagSpecification: tagSpecifications,
      VolumeId: need(text),
    },
    (params, { region }) => {
      const volume = pick(region.volumes, params.VolumeId, VOLUME);
      if (volume.state !== "available" && volume.state !== "in-use") {
        refuseVolumeState(volume);
      }
      const snapshot = addSnapshot(region, volume, {
        description: params.Description ?? "",
        tags: tagsFor(params.TagSpecification, "snapshot"),
      });
      return snapshotXml(snapshot);
    },
  ),

  DeleteSnapshot: action(
    { SnapshotId: need(text) },
    ({ SnapshotId: id }, { region }) => {
      const snapshot = pick(region.snapshots, id, SNAPSHOT);
      checkOwner(snapshot, "snapshot");
      for (const image of region.images.values()) {
        if (!image.disks.some((disk) => disk.snapshot === snapshot)) continue;
        refuse(
          "InvalidSnapshot.InUse",
          `The snapshot ${id} is currently in use by ${image.id}`,
        );
      }
      region.snapshots.delete(id);
      return DONE;
    },
  ),

  DescribeImages: action(
    {
      ...PAGED,
      ExecutableBy: list(need(text)),
      Filter: filters,
      ImageId: list(need(text)),
      IncludeDeprecated: flag,
      IncludeDisabled: flag,
      Owner: list(need(text)),
    },
    (params, context) => {
      const ids = params.ImageId;
      const by = params.ExecutableBy;
      const all = pickAll(context.region.images, ids, IMAGE)
        .filter((it) => isOwnedBy(it, params.Owner))
        // Public ones are everybody's; the others are for their owner alone.
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
      BlockDeviceMapping: list(group({
        DeviceName: need(text),
        Ebs: group({
          DeleteOnTermination: flag,
          VolumeSize: integer(1),
          VolumeType: oneOf(...VOLUME_TYPES),
        }),
        NoDevice: text,
      })),
      Description: text,
      InstanceId: need(text),
      Name: need(text),
      NoReboot: flag,
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
      });
      return { imageId: id };
    },
  ),

  CopyImage: action(
    {
      ClientToken: text,
      CopyImageTags: flag,
      Description: text,
      Encrypted: flag,
      KmsKeyId: text,
      Name: need(text),
      SourceImageId: need(text),
      SourceRegion: need(text),
      TagSpecification: tagSpecifications,
    },
    (params, context) => {
      const { region } = context;
      const { id } = once(
        region.copiedImages,
        params.ClientToken,
        context.asked,
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
    { DeleteAssociatedSnapshots: flag, ImageId: need(text) },
    (params, { region }) => {
      const { ImageId: id } = params;
      if (region.gone.has(id)) {
        refuse(
          "InvalidAMIID.Unavailable",
          `The image ID '${id}' is no longer available`,
        );
      }
      const image = pick(region.images, id, IMAGE);
      checkOwner(image, "image");
      region.images.delete(id);
      region.gone.add(id);
      if (!params.DeleteAssociatedSnapshots) return DONE;
      return {
        ...DONE,
        deleteSnapshotResultSet: image.disks.map(({ snapshot }) => {
          const isUsed = [...region.images.values()].some((it) =>
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

function pickAll<T>(
  all: ReadonlyMap<string, T>,
  ids: readonly string[],
  spec: Parameters<typeof pick>[2],
): readonly T[] {
  if (ids.length === 0) return [...all.values()];
  const picked = ids.map((id) => pick(all, id, spec));
  // In the order of the whole, whatever the order of the ids.
  return [...new Set(picked)].sort((a, b) =>
    (a as { order: number }).order - (b as { order: number }).order
  );
}

function isOwnedBy(
  { owner, alias }: {
    readonly owner: string;
    readonly alias?: string | undefined;
  },
  owners: readonly string[],
): boolean {
  return owners.length === 0 ||
    owners.some((it) =>
      it === owner || it === alias || (it === "self" && owner === ACCOUNT)
    );
}

function checkOwner(
  { id, owner }: { readonly id: string; readonly owner: string },
  what: string,
): void {
  if (owner === ACCOUNT) return;
  refuse("AuthFailure", `Not authorized for ${what}:${id}`, 403);
}

// Volumes

function checkVolume(
  type: string,
  sizeGib: number,
  iops: number | undefined,
): void {
  const [min, max] = SIZES[type]!;
  if (sizeGib < min || sizeGib > max) {
    refuseValue(
      `Volume of ${sizeGib}GiB is ${
        sizeGib < min ? "too small" : "too large"
      } for volume type ${type}; minimum is ${min}GiB, maximum is ${max}GiB.`,
    );
  }
  if (/^io/.test(type) && iops === undefined) {
    refuse(
      "MissingParameter",
      `The request must contain the parameter iops for volume type ${type}`,
    );
  }
  if (iops !== undefined && !/^(?:io|gp3)/.test(type)) {
    refuse(
      "InvalidParameterCombination",
      `The parameter iops is not supported for ${type} volumes.`,
    );
  }
}

function refuseVolumeState({ id, state }: Volume): never {
  refuse("IncorrectState", `Volume '${id}' is in the '${state}' state.`);
}

/**
 * Adds a volume, which is not ready yet.
 *
 * @param region Where.
 * @param facts What it is to be.
 * @returns The volume.
 */
export function addVolume(
  region: Region,
  facts: Pick<
    Volume,
    | "zone"
    | "sizeGib"
    | "type"
    | "iops"
    | "throughput"
    | "snapshotId"
    | "isEncrypted"
    | "kmsKeyId"
    | "isMultiAttach"
    | "tags"
  >,
): Volume {
  const id = region.ids.next("vol");
  const volume: Volume = {
    ...facts,
    id,
    order: region.ids.order,
    createdAt: region.now,
    state: "creating",
    attachment: undefined,
    isChanging: false,
  };
  region.volumes.set(id, volume);
  return volume;
}

/** What a volume does, where it is not told. */
function performanceOf(
  { type, sizeGib, iops, throughput }: Pick<
    Volume,
    "type" | "sizeGib" | "iops" | "throughput"
  >,
) {
  return {
    iops: iops ??
      (type === "gp3"
        ? 3000
        : type === "gp2"
        ? Math.min(16_000, Math.max(100, sizeGib * 3))
        : undefined),
    throughput: throughput ?? (type === "gp3" ? 125 : undefined),
  };
}

function attachmentXml(volume: Volume, attachment: Attachment) {
  return {
    volumeId: volume.id,
    instanceId: attachment.instance.id,
    device: attachment.device,
    status: attachment.status,
    attachTime: toTimestamp(attachment.at),
    deleteOnTermination: attachment.isDeletedOnTermination,
  };
}

function volumeXml(volume: Volume): { readonly [name: string]: Xml } {
  const { attachment, tags } = volume;
  return {
    volumeId: volume.id,
    size: volume.sizeGib,
    snapshotId: volume.snapshotId ?? "",
    availabilityZone: volume.zone.name,
    availabilityZoneId: volume.zone.id,
    status: volume.state,
    createTime: toTimestamp(volume.createdAt),
    attachmentSet: attachment ? [attachmentXml(volume, attachment)] : [],
    tagSet: tags.size > 0 ? tagSet(tags) : undefined,
    volumeType: volume.type,
    ...performanceOf(volume),
    encrypted: volume.isEncrypted,
    kmsKeyId: volume.kmsKeyId,
    multiAttachEnabled: volume.isMultiAttach,
  };
}

const VOLUME_FIELDS: Fields<Volume> = {
  "attachment.attach-time": ({ attachment: it }) => it && toTimestamp(it.at),
  "attachment.delete-on-termination": ({ attachment: it }) =>
    it?.isDeletedOnTermination,
  "attachment.device": ({ attachment: it }) => it?.device,
  "attachment.instance-id": ({ attachment: it }) => it?.instance.id,
  "attachment.status": ({ attachment: it }) => it?.status,
  "availability-zone": ({ zone }) => zone.name,
  "create-time": ({ createdAt }) => toTimestamp(createdAt),
  encrypted: ({ isEncrypted }) => isEncrypted,
  "multi-attach-enabled": ({ isMultiAttach }) => isMultiAttach,
  size: ({ sizeGib }) => sizeGib,
  "snapshot-id": ({ snapshotId }) => snapshotId,
  status: ({ state }) => state,
  "volume-id": ({ id }) => id,
  "volume-type": ({ type }) => type,
};

// Snapshots

/**
 * Adds a snapshot, which is done after a while.
 *
 * @param region Where.
 * @param volume Of what.
 * @param facts What else it is.
 * @returns The snapshot.
 */
export function addSnapshot(
  region: Region,
  volume: Pick<Volume, "id" | "sizeGib" | "isEncrypted" | "kmsKeyId">,
  facts: Pick<Snapshot, "description" | "tags">,
): Snapshot {
  const id = region.ids.next("snap");
  const snapshot: Snapshot = {
    ...facts,
    id,
    order: region.ids.order,
    volumeId: volume.id,
    sizeGib: volume.sizeGib,
    isEncrypted: volume.isEncrypted,
    kmsKeyId: volume.kmsKeyId,
    startedAt: region.now,
    owner: ACCOUNT,
    alias: undefined,
    state: "pending",
  };
  region.snapshots.set(id, snapshot);
  region.after(region.account.actionMs, () => snapshot.state = "completed");
  return snapshot;
}

function progressOf({ state }: Snapshot): string {
  return state === "completed" ? "100%" : "0%";
}

function snapshotXml(snapshot: Snapshot): { readonly [name: string]: Xml } {
  const { tags } = snapshot;
  return {
    snapshotId: snapshot.id,
    volumeId: snapshot.volumeId,
    status: snapshot.state,
    startTime: new Date(snapshot.startedAt).toISOString(),
    progress: progressOf(snapshot),
    ownerId: snapshot.owner,
    ownerAlias: snapshot.alias,
    volumeSize: snapshot.sizeGib,
    description: snapshot.description,
    tagSet: tags.size > 0 ? tagSet(tags) : undefined,
    encrypted: snapshot.isEncrypted,
    kmsKeyId: snapshot.kmsKeyId,
    storageTier: "standard",
  };
}

const SNAPSHOT_FIELDS: Fields<Snapshot> = {
  description: ({ description }) => description,
  encrypted: ({ isEncrypted }) => isEncrypted,
  "owner-alias": ({ alias }) => alias,
  "owner-id": ({ owner }) => owner,
  progress: progressOf,
  "snapshot-id": ({ id }) => id,
  "start-time": ({ startedAt }) => new Date(startedAt).toISOString(),
  status: ({ state }) => state,
  "storage-tier": () => "standard",
  "volume-id": ({ volumeId }) => volumeId,
  "volume-size": ({ sizeGib }) => sizeGib,
};

// Images

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
  for (const image of region.images.values()) {
    if (image.owner !== ACCOUNT || image.name !== name) continue;
    refuse(
      "InvalidAMIName.Duplicate",
      `AMI name ${name} is already in use by AMI ${image.id}`,
    );
  }
}

/**
 * Adds an image of the account, which is ready after a while.
 *
 * @param region Where.
 * @param facts What it is.
 * @returns The image.
 */
export function addImage(
  region: Region,
  facts: Omit<Image, "owner" | "alias" | "isPublic" | "createdAt" | "state">,
): Image {
  const image: Image = {
    ...facts,
    owner: ACCOUNT,
    alias: undefined,
    isPublic: false,
    createdAt: toTimestamp(region.now),
    state: "pending",
  };
  region.images.set(image.id, image);
  region.after(region.account.actionMs, () => image.state = "available");
  return image;
}

function copyImage(
  source: Image,
  from: Region,
  { region }: Context,
  facts: Pick<Image, "name" | "description" | "tags"> & {
    readonly isEncrypted: boolean;
    readonly kmsKeyId: string | undefined;
  },
): Image {
  const { isEncrypted, kmsKeyId, ...rest } = facts;
  const id = region.ids.next("ami");
  const { order } = region.ids;
  const disks = source.disks.map((disk) => ({
    ...disk,
    snapshot: addSnapshot(
      region,
      {
        // Copies come from no volume that there is.
        id: "vol-ffffffff",
        sizeGib: disk.snapshot.sizeGib,
        isEncrypted: isEncrypted || disk.snapshot.isEncrypted,
        // A key belongs to one region.
        kmsKeyId,
      },
      {
        description:
          `Copied for DestinationAmi ${id} from SourceAmi ${source.id} for SourceSnapshot ${disk.snapshot.id}.`,
        tags: new Map(),
      },
    ),
  }));
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
  });
}

function imageXml(image: Image): Xml {
  const { source, tags } = image;
  return {
    imageId: image.id,
    imageLocation: `${image.alias ?? image.owner}/${image.name}`,
    imageState: image.state,
    imageOwnerId: image.owner,
    imageOwnerAlias: image.alias,
    creationDate: image.createdAt,
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
