/**
 * Block Storage volumes.
 *
 * @module
 */

import type { Account, Linode, Volume } from "./_account.ts";
import { type Region, REGIONS } from "./_catalog.ts";
import { beginEvent, finishEvent, notify, volumeEntity } from "./_events.ts";
import { FILTERS } from "./_filters.ts";
import { requireIdle } from "./_operations.ts";
import {
  BadRequest,
  findByField,
  findInPath,
  ok,
  readFields,
} from "./_requests.ts";
import { readTags } from "./_tags.ts";
import type { Call, Fields, Routes } from "../kit/mod.ts";

const VOLUME_LABEL = /^[a-zA-Z]((?!--|__)[a-zA-Z0-9-_])+$/;

/** Routes of volumes. */
export function volumeRoutes(account: Account): Routes {
  const volume = (call: Call) => findInPath(account.volumes, call);
  return {
    "GET /volumes": (call) =>
      account.list(call, account.listed.volumes, volumeJson, FILTERS.volumes),
    "POST /volumes": (call) => createVolume(account, call),
    "GET /volumes/{id}": (call) => ok(volumeJson(volume(call))),
    "DELETE /volumes/{id}": (call) => deleteVolume(account, volume(call)),
    "POST /volumes/{id}/attach": (call) =>
      attachVolume(account, call, volume(call)),
    "POST /volumes/{id}/detach": (call) => detachVolume(account, volume(call)),
    "POST /volumes/{id}/resize": (call) =>
      resizeVolume(account, call, volume(call)),
    "POST /volumes/{id}/clone": (call) =>
      cloneVolume(account, call, volume(call)),
  };
}

/** Adds a volume that is ready to use. */
export function addVolume(
  account: Account,
  label: string,
  region: Region,
  size: number,
  linode: Linode | undefined,
  tags: readonly string[],
): Volume {
  const created = account.timestamp();
  return account.timeline.add(account.volumes, {
    id: account.takeId(),
    label,
    region,
    size,
    status: "active",
    linode,
    busyUntil: 0,
    created,
    updated: created,
    tags,
  });
}

async function createVolume(account: Account, call: Call): Promise<Response> {
  const fields = await readFields(call);
  const label = readVolumeLabel(account, fields);
  const size = readSizeGb(fields, 20);
  const linode = readLinode(account, fields);
  const region = linode && fields.optional.string("region") === undefined
    ? linode.region
    : findByField(REGIONS, fields, "region");
  requireBlockStorage(region);
  if (linode && linode.region !== region) {
    throw new BadRequest(
      "Volume and Linode must be in one region",
      "linode_id",
    );
  }
  const tags = readTags(account, fields) ?? [];
  return ok(
    volumeJson(beginVolume(account, label, region, size, linode, tags)),
  );
}

/** Adds a volume, which becomes active after a while. */
function beginVolume(
  account: Account,
  label: string,
  region: Region,
  size: number,
  linode: Linode | undefined,
  tags: readonly string[],
): Volume {
  const volume = addVolume(account, label, region, size, linode, tags);
  volume.status = "creating";
  beginVolumeChange(account, volume, "volume_create", (fails) => {
    // A volume that could not be created stays in this status.
    if (!fails) volume.status = "active";
  });
  return volume;
}

/** Starts a change of a volume. When the time is over, `end` runs. */
function beginVolumeChange(
  account: Account,
  volume: Volume,
  action: string,
  end: (fails: boolean) => void,
): void {
  const event = beginEvent(account, action, volumeEntity(volume));
  account.timeline.after(account.settings.actionMs, (at) => {
    end(event.fails);
    account.timeline.keepBusy(volume, at);
    volume.updated = account.timestamp(at);
    finishEvent(event, at);
  });
}

function readVolumeLabel(account: Account, fields: Fields): string {
  const label = fields.string("label", { min: 1, max: 32 });
  if (!VOLUME_LABEL.test(label)) {
    throw new BadRequest("Label has characters that it cannot have", "label");
  }
  if (account.volumes.isTaken((it) => it.label === label)) {
    throw new BadRequest("Label must be unique among your volumes", "label");
  }
  return label;
}

function readLinode(account: Account, fields: Fields): Linode | undefined {
  const id = fields.optional.integer("linode_id");
  if (id === undefined) return undefined;
  const linode = account.linodes.get(id);
  if (!linode) throw new BadRequest("linode_id is not valid", "linode_id");
  return linode;
}

async function attachVolume(
  account: Account,
  call: Call,
  volume: Volume,
): Promise<Response> {
  const fields = await readFields(call);
  const linode = readLinode(account, fields);
  if (!linode) throw new BadRequest("linode_id is required", "linode_id");
  requireActive(account, volume);
  if (volume.linode) throw new BadRequest("Volume is already attached");
  if (linode.region !== volume.region) {
    throw new BadRequest(
      "Volume and Linode must be in one region",
      "linode_id",
    );
  }
  volume.linode = linode;
  account.timeline.keepBusy(volume);
  notify(account, "volume_attach", volumeEntity(volume));
  return ok(volumeJson(volume));
}

function detachVolume(account: Account, volume: Volume): Response {
  requireActive(account, volume);
  if (!volume.linode) throw new BadRequest("Volume is not attached");
  volume.linode = undefined;
  account.timeline.keepBusy(volume);
  notify(account, "volume_detach", volumeEntity(volume));
  return ok({});
}

async function resizeVolume(
  account: Account,
  call: Call,
  volume: Volume,
): Promise<Response> {
  const size = readSizeGb(await readFields(call));
  requireActive(account, volume);
  if (size <= volume.size) {
    throw new BadRequest("Volumes can only be resized up", "size");
  }
  const before = volume.size;
  volume.size = size;
  volume.status = "resizing";
  beginVolumeChange(account, volume, "volume_resize", (fails) => {
    volume.status = "active";
    if (fails) volume.size = before;
  });
  return ok(volumeJson(volume));
}

async function cloneVolume(
  account: Account,
  call: Call,
  volume: Volume,
): Promise<Response> {
  const label = readVolumeLabel(account, await readFields(call));
  requireActive(account, volume);
  const { region, size, tags } = volume;
  const clone = beginVolume(account, label, region, size, undefined, tags);
  return ok(volumeJson(clone));
}

function deleteVolume(account: Account, volume: Volume): Response {
  requireIdle(account, volume);
  if (volume.linode) {
    throw new BadRequest("Volume must be detached before it can be deleted.");
  }
  account.volumes.delete(volume.id);
  notify(account, "volume_delete", volumeEntity(volume));
  return ok({});
}

function readSizeGb(fields: Fields, defaultGb?: number): number {
  const size = fields.optional.integer("size") ?? defaultGb;
  if (size === undefined) throw new BadRequest("size is required", "size");
  if (size >= 10 && size <= 10_240) return size;
  throw new BadRequest("Must be 10-10240", "size");
}

function requireActive(account: Account, volume: Volume): void {
  if (volume.status !== "active") throw new BadRequest("Volume is not active");
  requireIdle(account, volume);
}

function requireBlockStorage({ capabilities }: Region): void {
  if (capabilities.includes("Block Storage")) return;
  throw new BadRequest("This region has no Block Storage", "region");
}

/** Converts a volume to the format of the API. */
export function volumeJson(volume: Volume) {
  const { id, label, linode } = volume;
  return {
    created: volume.created,
    encryption: "disabled",
    filesystem_path: `/dev/disk/by-id/scsi-0Linode_Volume_${label}`,
    hardware_type: "nvme",
    id,
    label,
    linode_id: linode?.id ?? null,
    linode_label: linode?.label ?? null,
    region: volume.region.id,
    size: volume.size,
    status: volume.status,
    tags: volume.tags,
    updated: volume.updated,
  };
}
