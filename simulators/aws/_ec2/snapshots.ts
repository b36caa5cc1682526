/**
 * EBS snapshots.
 *
 * @module
 */

import { action, type Actions, page, PAGE_PARAMS, SUCCESS } from "./action.ts";
import { pick, pickAll, SNAPSHOT, VOLUME } from "./lookup.ts";
import { checkOwner, isOwnedBy } from "./owner.ts";
import {
  applyFilters,
  type Fields,
  filters,
  list,
  refuse,
  required,
  string,
  tagSet,
  tagsFor,
  tagSpecifications,
} from "./query.ts";
import { ACCOUNT, type Snapshot, type Volume } from "./records.ts";
import type { Region } from "./region.ts";
import { refuseVolumeState } from "./volumes.ts";
import type { Xml } from "./xml.ts";

/** Operations on snapshots. */
export const SNAPSHOT_ACTIONS: Actions = {
  DescribeSnapshots: action(
    {
      ...PAGE_PARAMS,
      Filter: filters,
      Owner: list(required(string)),
      RestorableBy: list(required(string)),
      SnapshotId: list(required(string)),
    },
    (params, context) => {
      const ids = params.SnapshotId;
      const { snapshots } = context.region.described(ids);
      const all = pickAll(snapshots, ids, SNAPSHOT)
        .filter((it) => isOwnedBy(it, params.Owner));
      const found = applyFilters(all, params.Filter, SNAPSHOT_FIELDS);
      const { items, nextToken } = page(found, params, context, {
        ids,
        order: ({ order }) => order,
        isClamped: true,
      });
      return { snapshotSet: items.map(snapshotXml), nextToken };
    },
  ),

  CreateSnapshot: action(
    {
      Description: string,
      TagSpecification: tagSpecifications,
      VolumeId: required(string),
    },
    (params, { region }) => {
      const volume = pick(region.volumes, params.VolumeId, VOLUME);
      if (volume.state !== "available" && volume.state !== "in-use") {
        refuseVolumeState(volume);
      }
      const fails = region.account.fails({
        kind: "snapshot",
        name: "CreateSnapshot",
        id: volume.id,
      });
      const snapshot = addSnapshot(region, volume, {
        description: params.Description ?? "",
        tags: tagsFor(params.TagSpecification, "snapshot"),
      }, fails);
      return snapshotXml(snapshot);
    },
  ),

  DeleteSnapshot: action(
    { SnapshotId: required(string) },
    ({ SnapshotId: id }, { region }) => {
      const snapshot = pick(region.snapshots, id, SNAPSHOT);
      checkOwner(snapshot, "snapshot");
      for (const image of region.images.all) {
        if (!image.disks.some((disk) => disk.snapshot === snapshot)) continue;
        refuse(
          "InvalidSnapshot.InUse",
          `The snapshot ${id} is currently in use by ${image.id}`,
        );
      }
      region.snapshots.delete(id);
      return SUCCESS;
    },
  ),
};

/**
 * Adds a snapshot, which completes after a while.
 *
 * @param region Region of the snapshot.
 * @param volume Volume that the snapshot is of.
 * @param properties Description and tags.
 * @param fails Whether it ends in the state `error`.
 * @returns The snapshot.
 */
export function addSnapshot(
  region: Region,
  volume: Pick<Volume, "id" | "sizeGib" | "isEncrypted" | "kmsKeyId">,
  properties: Pick<Snapshot, "description" | "tags">,
  fails = false,
): Snapshot {
  const id = region.ids.next("snap");
  const snapshot: Snapshot = {
    ...properties,
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
  region.timeline.add(region.snapshots, snapshot);
  region.after(region.account.actionMs, () => {
    snapshot.state = fails ? "error" : "completed";
  });
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
    statusMessage: snapshot.state === "error"
      ? "Snapshot creation failed."
      : undefined,
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
