/**
 * Snapshots of volumes and droplets.
 *
 * @module
 */

import { STATUS_CODE } from "@std/http/status";
import type { Account, StoredSnapshot, StoredVolume } from "./_account.ts";
import {
  findInPath,
  ok,
  readFields,
  readTags,
  refuseInvalid,
  refuseNotFound,
} from "./_requests.ts";
import {
  type Call,
  jsonResponse,
  noContent,
  type Routes,
  toUuid,
} from "../kit/mod.ts";

/** Routes of snapshots. */
export function snapshotRoutes(account: Account): Routes {
  return {
    "GET /v2/volumes/{id}/snapshots": (call) =>
      listSnapshots(
        account.listed,
        call,
        findInPath(account.volumes, call).id,
      ),
    "POST /v2/volumes/{id}/snapshots": (call) =>
      createVolumeSnapshot(account, call),
    "GET /v2/snapshots": (call) => listSnapshots(account.listed, call),
    "GET /v2/snapshots/{id}": (call) =>
      ok({ snapshot: snapshotInPath(account, call) }),
    "DELETE /v2/snapshots/{id}": (call) => {
      const { id, resource_type } = snapshotInPath(account, call);
      if (resource_type === "volume") account.snapshots.delete(id);
      else account.images.delete(Number(id));
      return noContent();
    },
  };
}

/** Adds a snapshot of a volume. */
export function addVolumeSnapshot(
  account: Account,
  volume: StoredVolume,
  name: string,
  tags: readonly string[],
): StoredSnapshot {
  return account.timeline.add(account.snapshots, {
    id: toUuid(account.takeId(), "fbe805e8-866b-11e6-96bf"),
    name,
    created_at: account.timestamp(),
    regions: [volume.region.slug],
    resource_id: volume.id,
    resource_type: "volume",
    min_disk_size: volume.sizeGb,
    size_gigabytes: 0.1008,
    tags,
  });
}

async function createVolumeSnapshot(
  account: Account,
  call: Call,
): Promise<Response> {
  const volume = findInPath(account.volumes, call);
  const fields = await readFields(call);
  const tags = readTags(fields);
  for (const tag of tags) account.tags.add(tag);
  const snapshot = addVolumeSnapshot(
    account,
    volume,
    fields.string("name"),
    tags,
  );
  return jsonResponse(STATUS_CODE.Created, { snapshot });
}

/**
 * Returns the snapshots of droplets, which are images, and those of volumes.
 */
function allSnapshots(account: Account): StoredSnapshot[] {
  const owners = new Map<number, number>();
  for (const { id, snapshots } of account.droplets.values()) {
    for (const snapshot of snapshots) owners.set(snapshot, id);
  }
  const images = account.images.list.filter((image) =>
    !image.public && image.type === "snapshot"
  );
  return [
    ...images.map((image) => ({
      id: String(image.id),
      name: image.name,
      created_at: image.created_at,
      regions: image.regions,
      resource_id: String(owners.get(image.id) ?? 0),
      resource_type: "droplet",
      min_disk_size: image.min_disk_size,
      size_gigabytes: image.size_gigabytes,
      tags: image.tags,
    })),
    ...account.snapshots.values(),
  ];
}

function listSnapshots(
  account: Account,
  call: Call,
  volume?: string,
): Response {
  const type = call.url.searchParams.get("resource_type");
  if (type && !["droplet", "volume"].includes(type)) {
    refuseInvalid("Invalid resource_type");
  }
  const snapshots = allSnapshots(account).filter((snapshot) =>
    (!type || snapshot.resource_type === type) &&
    (!volume || snapshot.resource_id === volume)
  );
  return account.page(call, "snapshots", snapshots);
}

function snapshotInPath(account: Account, { params }: Call): StoredSnapshot {
  return allSnapshots(account).find(({ id }) => id === params.get("id")) ??
    refuseNotFound();
}
