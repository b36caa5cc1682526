/**
 * EBS volumes.
 *
 * @module
 */

import { action, type Actions, page, PAGE_PARAMS, SUCCESS } from "./action.ts";
import { idempotent } from "./idempotency.ts";
import { pick, pickAll, SNAPSHOT, VOLUME, zoneOf } from "./lookup.ts";
import {
  applyFilters,
  boolean,
  type Fields,
  filters,
  integer,
  list,
  oneOf,
  refuse,
  refuseMissing,
  refuseValue,
  required,
  string,
  tagSet,
  tagsFor,
  tagSpecifications,
} from "./query.ts";
import type { Attachment, Volume } from "./records.ts";
import type { Region } from "./region.ts";
import { toTimestamp, type Xml } from "./xml.ts";

/** Volume types. */
export const VOLUME_TYPES = [
  "standard",
  "io1",
  "io2",
  "gp2",
  "sc1",
  "st1",
  "gp3",
] as const;

/** Smallest and largest size of each volume type, in GiB. */
const SIZE_LIMITS: Readonly<Record<string, readonly [number, number]>> = {
  standard: [1, 1024],
  io1: [4, 16_384],
  io2: [4, 65_536],
  gp2: [1, 16_384],
  gp3: [1, 65_536],
  sc1: [125, 16_384],
  st1: [125, 16_384],
};

/** Operations on volumes. */
export const VOLUME_ACTIONS: Actions = {
  DescribeVolumes: action(
    {
      ...PAGE_PARAMS,
      Filter: filters,
      IncludeManagedResources: boolean,
      VolumeId: list(required(string)),
    },
    (params, context) => {
      const ids = params.VolumeId;
      const { volumes } = context.region.described(ids);
      const all = pickAll(volumes, ids, VOLUME);
      const found = applyFilters(all, params.Filter, VOLUME_FIELDS);
      const { items, nextToken } = page(found, params, context, {
        ids,
        order: ({ order }) => order,
        isClamped: true,
      });
      return { volumeSet: items.map(volumeXml), nextToken };
    },
  ),

  CreateVolume: action(
    {
      AvailabilityZone: string,
      AvailabilityZoneId: string,
      ClientToken: string,
      Encrypted: boolean,
      Iops: integer(),
      KmsKeyId: string,
      MultiAttachEnabled: boolean,
      Size: integer(),
      SnapshotId: string,
      TagSpecification: tagSpecifications,
      Throughput: integer(),
      VolumeType: oneOf(...VOLUME_TYPES),
    },
    (params, { region, parameters }) => {
      const volume = idempotent(
        region.volumeResults,
        params.ClientToken,
        parameters,
        () => {
          const zone = zoneOf(region, params) ??
            refuseMissing("AvailabilityZone");
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
          const created = addVolume(region, {
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
          const fails = region.account.fails({
            kind: "volume",
            name: "CreateVolume",
            id: created.id,
          });
          region.after(region.account.actionMs, () => {
            if (created.state !== "creating") return;
            created.state = fails ? "error" : "available";
          });
          return created;
        },
      );
      return volumeXml(volume);
    },
  ),

  DeleteVolume: action(
    { VolumeId: required(string) },
    ({ VolumeId: id }, context) => {
      const { region } = context;
      const volume = pick(region.volumes, id, VOLUME);
      if (volume.attachment) {
        refuse(
          "VolumeInUse",
          `Volume ${id} is currently attached to ${volume.attachment.instance.id}`,
        );
      }
      requireIdle(volume, region);
      if (volume.state !== "available" && volume.state !== "error") {
        refuseVolumeState(volume);
      }
      volume.state = "deleting";
      region.after(region.account.actionMs, () => region.volumes.delete(id));
      return SUCCESS;
    },
  ),

  AttachVolume: action(
    {
      Device: required(string),
      InstanceId: required(string),
      VolumeId: required(string),
    },
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
      requireIdle(volume, region);
      if (volume.state !== "available") refuseVolumeState(volume);
      const canAttach = instance.state === "running" ||
        instance.state === "stopped";
      const { busyUntil } = instance;
      if (!canAttach || region.timeline.isBusy({ busyUntil })) {
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
      Device: string,
      Force: boolean,
      InstanceId: string,
      VolumeId: required(string),
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
      region.after(region.account.actionMs, (at) => {
        // The instance may have been terminated meanwhile.
        if (volume.attachment !== attachment) return;
        volume.attachment = undefined;
        volume.state = "available";
        region.timeline.keepBusy(volume, at);
        instance.volumes.delete(device);
      });
      return attachmentXml(volume, attachment);
    },
  ),

  ModifyVolume: action(
    {
      Iops: integer(),
      MultiAttachEnabled: boolean,
      Size: integer(),
      Throughput: integer(),
      VolumeId: required(string),
      VolumeType: oneOf(...VOLUME_TYPES),
    },
    (params, { region }) => {
      const volume = pick(region.volumes, params.VolumeId, VOLUME);
      if (volume.state !== "available" && volume.state !== "in-use") {
        refuseVolumeState(volume);
      }
      if (volume.isModifying) {
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
      volume.isModifying = true;
      region.after(region.account.actionMs, () => {
        volume.isModifying = false;
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
};

function checkVolume(
  type: string,
  sizeGib: number,
  iops: number | undefined,
): void {
  const [min, max] = SIZE_LIMITS[type]!;
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

/** Refuses a volume that was detached a moment ago. */
function requireIdle({ id, busyUntil }: Volume, region: Region): void {
  if (!region.timeline.isBusy({ busyUntil })) return;
  refuse("VolumeInUse", `Volume ${id} is currently attached to an instance`);
}

/** Refuses a volume whose state does not allow an operation. */
export function refuseVolumeState({ id, state }: Volume): never {
  refuse("IncorrectState", `Volume '${id}' is in the '${state}' state.`);
}

/**
 * Adds a volume in the state `creating`.
 *
 * @param region Region of the volume.
 * @param properties Properties of the volume.
 * @returns The volume.
 */
export function addVolume(
  region: Region,
  properties: Pick<
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
  return region.timeline.add(region.volumes, {
    ...properties,
    id,
    order: region.ids.order,
    createdAt: region.now,
    state: "creating",
    attachment: undefined,
    isModifying: false,
    busyUntil: 0,
  });
}

/**
 * Returns the IOPS and the throughput of a volume, with the defaults of its
 * type.
 */
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
