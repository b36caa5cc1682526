/**
 * Volumes and their actions.
 *
 * @module
 */

import { STATUS_CODE } from "@std/http/status";
import { type Account, dropletById, type StoredVolume } from "./_account.ts";
import { actionInPath, actionJson, beginAction } from "./_actions.ts";
import { type Region, REGIONS } from "./_catalog.ts";
import {
  findBySlug,
  findInPath,
  ok,
  readFields,
  readSizeGb,
  readTags,
  refuseBusy,
  refuseConflict,
  refuseInvalid,
  refuseNotFound,
} from "./_requests.ts";
import {
  type Call,
  type Fields,
  jsonResponse,
  noContent,
  type Routes,
  toNumericId,
  toUuid,
} from "../kit/mod.ts";

/** Routes of volumes; the more specific path comes first. */
export function volumeRoutes(account: Account): Routes {
  return {
    "GET /v2/volumes": (call) => listVolumes(account.listed, call),
    "POST /v2/volumes": (call) => createVolume(account, call),
    "POST /v2/volumes/actions": (call) => startNamedVolumeAction(account, call),
    "GET /v2/volumes/{id}": (call) =>
      ok({ volume: volumeJson(findInPath(account.volumes, call)) }),
    "DELETE /v2/volumes/{id}": (call) => destroyVolume(account, call),
    "POST /v2/volumes/{id}/actions": (call) => startVolumeAction(account, call),
    "GET /v2/volumes/{id}/actions/{action}": (call) => {
      findInPath(account.volumes, call);
      const action = actionInPath(account, call, "action");
      return ok({ action: actionJson(action) });
    },
  };
}

/** Finds a volume that can be attached to a droplet in a region. */
export function volumeToAttach(
  account: Account,
  id: unknown,
  region: Region,
): StoredVolume {
  const volume = account.volumes.get(String(id));
  if (!volume || volume.region !== region || volume.droplet !== undefined) {
    return refuseInvalid(`Volume ${id} cannot be attached here`);
  }
  return volume;
}

function listVolumes(account: Account, call: Call): Response {
  const { searchParams } = call.url;
  const name = searchParams.get("name");
  const region = searchParams.get("region");
  const volumes = account.volumes.list.filter((volume) =>
    (name === null || volume.name === name) &&
    (region === null || volume.region.slug === region)
  );
  return account.page(call, "volumes", volumes, volumeJson);
}

async function createVolume(account: Account, call: Call): Promise<Response> {
  const fields = await readFields(call);
  const { optional } = fields;
  const name = fields.string("name");
  if (!/^[a-z][a-z\d-]{0,63}$/.test(name)) {
    refuseInvalid("invalid volume name: lower-case letters, digits and dashes");
  }
  const snapshotId = optional.any("snapshot_id");
  const snapshot = snapshotId === undefined
    ? undefined
    : account.snapshots.get(String(snapshotId)) ??
      refuseInvalid("snapshot not found");
  const sizeGb = readSizeGb(fields);
  if (snapshot && snapshot.min_disk_size > sizeGb) {
    refuseInvalid("volume is smaller than its snapshot");
  }
  const region = findBySlug(
    REGIONS,
    optional.any("region") ?? snapshot?.regions[0],
    "region",
  );
  if (
    account.volumes.isTaken((it) => it.name === name && it.region === region)
  ) {
    refuseConflict("a volume with this name already exists");
  }
  const tags = readTags(fields);
  for (const tag of tags) account.tags.add(tag);
  const volume: StoredVolume = account.timeline.add(account.volumes, {
    id: toUuid(account.takeId(), "506f78a4-e098-11e5-ad9f"),
    name,
    region,
    createdAt: account.timestamp(),
    description: String(optional.any("description") ?? ""),
    filesystem: String(optional.any("filesystem_type") ?? ""),
    tags,
    sizeGb,
    droplet: undefined,
    operation: undefined,
    busyUntil: 0,
  });
  return jsonResponse(STATUS_CODE.Created, { volume: volumeJson(volume) });
}

function destroyVolume(account: Account, call: Call): Response {
  const volume = findInPath(account.volumes, call);
  if (volume.droplet !== undefined || account.timeline.isBusy(volume)) {
    refuseConflict("attached volume cannot be deleted");
  }
  account.volumes.delete(volume.id);
  return noContent();
}

async function startVolumeAction(
  account: Account,
  call: Call,
): Promise<Response> {
  const volume = findInPath(account.volumes, call);
  return beginVolumeAction(account, volume, await readFields(call));
}

/** Starts an action on a volume that the body names, with its region. */
async function startNamedVolumeAction(
  account: Account,
  call: Call,
): Promise<Response> {
  const fields = await readFields(call);
  const name = fields.optional.any("volume_name");
  const region = fields.optional.any("region");
  const volume = account.volumes.list.find((volume) =>
    volume.name === name && volume.region.slug === region
  );
  return beginVolumeAction(account, volume ?? refuseNotFound(), fields);
}

function beginVolumeAction(
  account: Account,
  volume: StoredVolume,
  fields: Fields,
): Response {
  const type = fields.string("type");
  const apply = volumeEffect(account, volume, type, fields);
  if (account.timeline.isBusy(volume)) refuseBusy("Volume");
  const { id } = volume;
  const isError = account.settings.fails({ kind: "volume", name: type, id });
  const action = beginAction(account, `${type}_volume`, {
    id: null,
    type: "volume",
    region: volume.region,
  }, {
    isError,
    locks: volume,
    finish() {
      if (!isError) apply();
    },
  });
  return jsonResponse(STATUS_CODE.Accepted, { action: actionJson(action) });
}

/** Returns the function that applies a requested action. */
function volumeEffect(
  account: Account,
  volume: StoredVolume,
  type: string,
  fields: Fields,
): () => void {
  const droplet = fields.optional.any("droplet_id");
  switch (type) {
    case "attach": {
      const { id, region } = dropletById(account, droplet);
      if (volume.region !== region || volume.droplet !== undefined) {
        refuseInvalid("volume cannot be attached to this droplet");
      }
      return () => {
        volume.droplet = id;
      };
    }
    case "detach":
      if (volume.droplet !== toNumericId(droplet)) {
        refuseInvalid("volume is not attached to this droplet");
      }
      return () => {
        volume.droplet = undefined;
      };
    case "resize": {
      const sizeGb = readSizeGb(fields);
      if (sizeGb < volume.sizeGb) refuseInvalid("a volume cannot shrink");
      return () => {
        volume.sizeGb = sizeGb;
      };
    }
    default:
      return refuseInvalid(`"${type}" is not an action`);
  }
}

function volumeJson(volume: StoredVolume) {
  return {
    id: volume.id,
    region: volume.region,
    droplet_ids: volume.droplet === undefined ? [] : [volume.droplet],
    name: volume.name,
    description: volume.description,
    size_gigabytes: volume.sizeGb,
    created_at: volume.createdAt,
    filesystem_type: volume.filesystem,
    filesystem_label: "",
    tags: volume.tags,
  };
}
