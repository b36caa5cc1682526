/**
 * Cinder: volumes, snapshots and types.
 *
 * @module
 */

import { type Account, urlOf } from "./_account.ts";
import type { Volume, VolumeSnapshot } from "./_records.ts";
import {
  badRequest,
  checkKeys,
  labelsIn,
  pageLinks,
  readMarkedPage,
  requiredText,
  textIn,
} from "./_requests.ts";
import {
  cinderMinor,
  linksOf,
  NEWEST,
  requireQuota,
  requireVolumeVersion,
} from "./_cinder.ts";
import { ZONE } from "./_servers.ts";
import {
  type Call,
  findInPath,
  isObject,
  type JsonObject,
  jsonResponse,
  readJson,
  Refusal,
  type Routes,
  toUuid,
} from "../kit/mod.ts";

/** The only type of volumes. */
const TYPE = {
  id: toUuid(1, "7ab1e000-0000-4000-8000"),
  name: "fake",
  description: "Volumes of the simulator",
  is_public: true,
  extra_specs: {},
};
const LISTED_TYPE = { ...TYPE, "os-volume-type-access:is_public": true };

/** Creates the routes of Cinder. */
export function volumeRoutes(account: Account): Routes {
  account.volume = {
    create: (size, image, name) =>
      newVolume(account, { size, name, imageId: image }).id,
    attach: (volume, server, device) => attach(account, volume, server, device),
    detach: (volume, server) => detach(account, volume, server),
    remove: (volume) => {
      account.volumes.delete(volume);
    },
  };
  const routes: Routes = {
    ...volumesOnly(account),
    ...volumeActions(account),
    ...snapshotRoutes(account),
    ...quotaRoutes(account),
    "GET /types": () => jsonResponse(200, { volume_types: [LISTED_TYPE] }),
    "GET /types/default": () => jsonResponse(200, { volume_type: TYPE }),
    "GET /types/{id}": ({ params }) => {
      const id = params.get("id");
      if (id === TYPE.id) {
        return jsonResponse(200, { volume_type: LISTED_TYPE });
      }
      throw new Refusal(404, `Volume type ${id} could not be found.`);
    },
    "GET /os-availability-zone": () =>
      jsonResponse(200, {
        availabilityZoneInfo: [{
          zoneName: ZONE,
          zoneState: { available: true },
        }],
      }),
  };
  return {
    "GET /": ({ url }) => jsonResponse(300, { versions: [versionOf(url)] }),
    "GET /v3/": ({ url }) => jsonResponse(200, { versions: [versionOf(url)] }),
    ...Object.fromEntries(
      Object.entries(routes).map(([route, handler]) => [
        route.replace(" ", ` /v3/${account.projectId}`),
        requireVolumeVersion(handler),
      ]),
    ),
  };
}

function versionOf(url: URL): object {
  return {
    id: "v3.0",
    status: "CURRENT",
    version: `3.${NEWEST}`,
    min_version: "3.0",
    updated: "2022-08-31T00:00:00Z",
    links: [{ rel: "self", href: `${urlOf("volume", url)}/v3/` }],
    "media-types": [{
      base: "application/json",
      type: "application/vnd.openstack.volume+json;version=3",
    }],
  };
}

/** What a project uses, by the name of the quota. */
function usageOf({ volumes, snapshots }: Account) {
  return {
    volumes: volumes.all.length,
    snapshots: snapshots.all.length,
    // Snapshots use as much as their volumes.
    gigabytes: [...volumes.all, ...snapshots.all]
      .reduce((sum, { size }) => sum + size, 0),
  };
}

/** Checks the quotas of a new volume or snapshot. */
function requireRoom(
  account: Account,
  kind: "volumes" | "snapshots",
  sizeGb: number,
): void {
  requireQuota(account, kind, usageOf(account), sizeGb);
}

function quotaRoutes(account: Account): Routes {
  const limitOf = (name: string, byDefault = -1) =>
    account.settings.quotas[name] ?? byDefault;
  const limits = () => ({
    volumes: limitOf("volumes"),
    per_volume_gigabytes: limitOf("per_volume_gigabytes"),
    snapshots: limitOf("snapshots"),
    gigabytes: limitOf("gigabytes"),
    backups: limitOf("backups", 10),
    backup_gigabytes: limitOf("backup_gigabytes", 1000),
    groups: limitOf("groups", 10),
  });
  return {
    "GET /limits": () => {
      const limit = limits();
      const used = usageOf(account);
      const absolute = {
        maxTotalVolumes: limit.volumes,
        maxTotalSnapshots: limit.snapshots,
        maxTotalVolumeGigabytes: limit.gigabytes,
        maxTotalBackups: limit.backups,
        maxTotalBackupGigabytes: limit.backup_gigabytes,
        totalVolumesUsed: used.volumes,
        totalGigabytesUsed: used.gigabytes,
        totalSnapshotsUsed: used.snapshots,
        totalBackupsUsed: 0,
        totalBackupGigabytesUsed: 0,
      };
      return jsonResponse(200, { limits: { rate: [], absolute } });
    },
    "GET /os-quota-sets/{project}": ({ url, params }) => {
      const used: Readonly<Record<string, number>> = usageOf(account);
      const withUsage = url.searchParams.get("usage")?.toLowerCase() === "true";
      const entries = Object.entries(limits()).map(([name, limit]) => [
        name,
        withUsage ? { limit, in_use: used[name] ?? 0, reserved: 0 } : limit,
      ]);
      const id = params.get("project");
      const quota_set = { ...Object.fromEntries(entries), id };
      return jsonResponse(200, { quota_set });
    },
  };
}

function volumesOnly(account: Account): Routes {
  const { volumes } = account;
  const find = findVolume(account);
  const list = (isDetailed: boolean) => ({ request, url }: Call) => {
    const filters = ["name", "status", "bootable", "availability_zone"];
    const all = select(volumes.list, url, filters);
    const page = readVolumePage(account, all, url, unknownVolume);
    return jsonResponse(200, {
      volumes: page.items.map((volume) =>
        isDetailed ? volumeJson(account, volume, request, true) : {
          id: volume.id,
          name: volume.name,
          links: linksOf(account, url, "volumes", volume.id),
        }
      ),
      ...pageLinks("volumes", page, account, "volume", url),
    });
  };
  return {
    "GET /volumes": list(false),
    "GET /volumes/detail": list(true),
    "GET /volumes/summary": () => {
      const total_size = volumes.list.reduce((sum, { size }) => sum + size, 0);
      const summary = { total_count: volumes.size, total_size, metadata: {} };
      return jsonResponse(200, { "volume-summary": summary });
    },
    "POST /volumes": async ({ request }) => {
      const value = await readCinderObject(request, "volume");
      const volume = newVolume(account, readVolume(account, value));
      const body = { volume: volumeJson(account, volume, request) };
      return jsonResponse(202, body);
    },
    "GET /volumes/{id}": (call) => {
      const volume = volumeJson(account, find(call), call.request, true);
      return jsonResponse(200, { volume });
    },
    "PUT /volumes/{id}": async (call) => {
      const volume = find(call);
      const value = await readCinderObject(call.request, "volume");
      checkKeys(value, ["name", "description", "metadata"], "volume");
      rename(account, volume, value);
      const body = { volume: volumeJson(account, volume, call.request) };
      return jsonResponse(200, body);
    },
    "DELETE /volumes/{id}": (call) => {
      const volume = find(call);
      const isUsed = account.snapshots.list.some((it) =>
        it.volume_id === volume.id
      );
      if (!["available", "error"].includes(volume.status) || isUsed) {
        throw badRequest(
          "Invalid volume: Volume status must be available or error or " +
            "error_restoring or error_extending or error_managing and must " +
            "not be migrating, attached, belong to a group, have snapshots, " +
            "awaiting a transfer, or be disassociated from snapshots after " +
            "volume transfer.",
        );
      }
      volume.status = "deleting";
      account.timeline.after(account.settings.actionMs, () => {
        volumes.delete(volume.id);
      });
      return accepted();
    },
    "GET /volumes/{id}/metadata": (call) =>
      jsonResponse(200, { metadata: find(call).metadata }),
  };
}

/** Actions that only an administrator can send. */
const ADMIN_ACTIONS: Readonly<Record<string, string>> = {
  "os-reset_status": "reset_status",
  "os-force_delete": "force_delete",
  "os-force_detach": "force_detach",
};

function volumeActions(account: Account): Routes {
  const find = findVolume(account);
  return {
    "POST /volumes/{id}/action": async (call) => {
      const volume = find(call);
      const body = await readJson(call.request);
      const [name = ""] = Object.keys(body);
      const rule = ADMIN_ACTIONS[name];
      if (rule !== undefined) {
        throw new Refusal(
          403,
          `Policy doesn't allow volume_extension:volume_admin_actions:${rule} ` +
            "to be performed.",
        );
      }
      const value = isObject(body[name]) ? body[name] : {};
      switch (name) {
        case "os-extend":
          extend(account, volume, value, call.request);
          return accepted();
        case "os-retype":
          requireType(requiredText(value, "new_type"));
          return accepted();
        case "os-update_readonly_flag":
          volume.metadata = {
            ...volume.metadata,
            readonly: value["readonly"] === true ? "True" : "False",
          };
          return accepted();
        case "os-set_bootable":
          volume.bootable = value["bootable"] === true;
          return new Response(null, { status: 200 });
      }
      throw badRequest(
        `There is no such action: ${name}. Verify the request body and ` +
          "Content-Type header and try again.",
      );
    },
  };
}

function findVolume({ volumes }: Account): (call: Call) => Volume {
  return (call) =>
    findInPath(volumes, call, () => unknownVolume(call.params.get("id")));
}

function accepted(): Response {
  return new Response(null, { status: 202 });
}

/** Reads the object below a key of the body. */
async function readCinderObject(
  request: Request,
  key: string,
): Promise<JsonObject> {
  const value = (await readJson(request))[key];
  if (isObject(value)) return value;
  throw badRequest(
    value === undefined
      ? `'${key}' is a required property`
      : `Invalid input for field/attribute ${key}. Value: ${
        JSON.stringify(value)
      }. ${JSON.stringify(value)} is not of type 'object'`,
  );
}

/** Changes the name, the description and the metadata. */
function rename(
  account: Account,
  resource: Volume | VolumeSnapshot,
  value: JsonObject,
): void {
  const { name, description, metadata } = resource;
  resource.name = textIn(value, "name", { min: 0 }) ?? name;
  resource.description = textIn(value, "description", { min: 0 }) ??
    description;
  resource.metadata = labelsIn(value, "metadata") ?? metadata;
  resource.updated_at = account.microTimestamp();
}

/** Reads a page of a list, which begins with the newest resource. */
function readVolumePage<T extends { readonly id: string }>(
  account: Account,
  all: readonly T[],
  url: URL,
  unknown: (id: unknown) => Refusal,
) {
  const { searchParams } = url;
  const marker = searchParams.get("marker");
  if (!/^\d*$/.test(searchParams.get("limit") ?? "")) {
    throw badRequest("limit param must be an integer");
  }
  if (marker !== null && !all.some(({ id }) => id === marker)) {
    throw unknown(marker);
  }
  const isAscending = /:asc$/.test(searchParams.get("sort") ?? "") ||
    searchParams.get("sort_dir") === "asc";
  const ordered = isAscending ? all : [...all].reverse();
  const { largestPage } = account.settings;
  return readMarkedPage(ordered, url, largestPage, ({ id }) => id);
}

function unknownVolume(id: unknown): Refusal {
  return new Refusal(404, `Volume ${id} could not be found.`);
}

/** Resources whose fields have the values in the query. */
function select<T extends object>(
  all: readonly T[],
  { searchParams }: URL,
  fields: readonly string[],
): T[] {
  return all.filter((item) =>
    fields.every((field) => {
      const wanted = searchParams.get(field);
      return wanted === null || `${Reflect.get(item, field)}` === wanted;
    })
  );
}

/** What a request decides about a new volume. */
interface VolumeDraft {
  readonly size: number;
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly imageId?: string | undefined;
  readonly snapshot?: VolumeSnapshot | undefined;
  readonly source?: Volume | undefined;
  readonly metadata?: Record<string, string> | undefined;
  readonly multiattach?: boolean;
}

function readVolume(account: Account, value: JsonObject): VolumeDraft {
  const snapshotId = idIn(value, "snapshot_id");
  const sourceId = idIn(value, "source_volid");
  const imageId = textIn(value, "imageRef");
  const snapshot = account.snapshots.get(snapshotId ?? "");
  const source = account.volumes.get(sourceId ?? "");
  const image = account.images.get(imageId ?? "");
  if (snapshotId !== undefined && !snapshot) throw unknownSnapshot(snapshotId);
  if (sourceId !== undefined && !source) throw unknownVolume(sourceId);
  if (imageId !== undefined && image?.status !== "active") {
    throw badRequest(
      "Invalid image identifier or unable to access requested image.",
    );
  }
  const zone = textIn(value, "availability_zone") ?? ZONE;
  if (zone !== ZONE) {
    throw badRequest(`Availability zone '${zone}' is invalid.`);
  }
  requireType(textIn(value, "volume_type") ?? TYPE.name);
  const origin = snapshot ?? source;
  const size = readSize(value["size"] ?? origin?.size);
  if (origin !== undefined && size < origin.size) {
    throw badRequest(
      `Invalid input received: Volume size '${size}'GB cannot be smaller than ` +
        `original volume size  ${origin.size}GB. They must be >= original ` +
        "volume size.",
    );
  }
  if (image !== undefined && size < image.min_disk) {
    throw badRequest(
      `Invalid input received: Volume size ${size}GB cannot be smaller than ` +
        `the image minDisk size ${image.min_disk}GB.`,
    );
  }
  requireRoom(account, "volumes", size);
  return {
    size,
    name: textIn(value, "name", { min: 0 }),
    description: textIn(value, "description", { min: 0 }),
    imageId,
    snapshot,
    source,
    metadata: labelsIn(value, "metadata"),
    multiattach: value["multiattach"] === true,
  };
}

/** Reads the id of a resource. */
function idIn(value: JsonObject, name: string): string | undefined {
  const id = textIn(value, name);
  if (id === undefined || /^[\da-f-]{32,36}$/i.test(id)) return id;
  throw badRequest(
    `Invalid input for field/attribute ${name}. Value: ${id}. '${id}' is not ` +
      "valid under any of the given schemas",
  );
}

function readSize(size: unknown): number {
  if (size === undefined || size === null) {
    throw badRequest(
      "The server could not comply with the request since it is either " +
        "malformed or otherwise incorrect.",
    );
  }
  const reason = !/^\d+$/.test(`${size}`)
    ? `'${size}' does not match '^[0-9]+$'`
    : Number(size) < 1
    ? `${size} is less than the minimum of 1`
    : undefined;
  if (reason === undefined) return Number(size);
  throw badRequest(
    `Invalid input for field/attribute size. Value: ${size}. ${reason}`,
  );
}

function requireType(type: string): void {
  if (type === TYPE.name || type === TYPE.id) return;
  throw new Refusal(404, `Volume type with name ${type} could not be found.`);
}

function newVolume(account: Account, draft: VolumeDraft): Volume {
  const { createMs, fails } = account.settings;
  const now = account.microTimestamp();
  const { snapshot, source, name = null, description = null } = draft;
  const volume = account.timeline.add(account.volumes, {
    id: account.takeId(),
    name,
    description,
    status: draft.imageId === undefined ? "creating" : "downloading",
    size: draft.size,
    created_at: now,
    updated_at: null,
    volume_type: TYPE.name,
    bootable: draft.imageId !== undefined || source?.bootable === true ||
      account.volumes.get(snapshot?.volume_id ?? "")?.bootable === true,
    availability_zone: ZONE,
    snapshot_id: snapshot?.id ?? null,
    source_volid: source?.id ?? null,
    metadata: draft.metadata ?? {},
    attachments: [],
    multiattach: draft.multiattach ?? false,
    imageId: draft.imageId,
  });
  const willFail = fails({ kind: "volume", name: "create", id: volume.id });
  account.timeline.after(createMs, (at) => {
    if (volume.status === "creating" || volume.status === "downloading") {
      volume.status = willFail ? "error" : "available";
      volume.updated_at = account.microTimestamp(at);
    }
  });
  return volume;
}

function attach(
  account: Account,
  id: string,
  server: string,
  device?: string,
): string {
  const volume = account.volumes.get(id);
  if (volume === undefined) throw unknownVolume(id);
  const isNew = volume.status === "creating" || volume.status === "downloading";
  // A server that boots from a new volume waits for it.
  const isFree = volume.status === "available" || isNew ||
    volume.status === "in-use" && volume.multiattach;
  if (!isFree) {
    throw badRequest(
      `Invalid volume: volume '${id}' status must be 'available'. Currently in ` +
        `'${volume.status}' status.`,
    );
  }
  const used = account.servers.get(server)?.attachments.length ?? 0;
  const name = device ?? `/dev/vd${String.fromCharCode(98 + used)}`;
  volume.attachments.push({
    server_id: server,
    attachment_id: account.takeId(),
    attached_at: account.microTimestamp(),
    host_name: null,
    volume_id: id,
    device: name,
    id,
  });
  volume.status = "attaching";
  account.timeline.after(account.settings.actionMs, () => {
    if (volume.status === "attaching") volume.status = "in-use";
  });
  return name;
}

function detach(account: Account, id: string, server: string): void {
  const volume = account.volumes.get(id);
  if (volume === undefined) return;
  volume.status = "detaching";
  account.timeline.after(account.settings.actionMs, () => {
    volume.attachments = volume.attachments.filter((it) =>
      it.server_id !== server
    );
    volume.status = volume.attachments.length > 0 ? "in-use" : "available";
  });
}

function extend(
  account: Account,
  volume: Volume,
  value: JsonObject,
  request: Request,
): void {
  const wanted = value["new_size"];
  if (!/^\d+$/.test(`${wanted}`)) {
    throw badRequest(
      `Invalid input for field/attribute new_size. Value: ${wanted}. ` +
        `'${wanted}' does not match '^[0-9]+$'`,
    );
  }
  const size = Number(wanted);
  const minor = cinderMinor(request);
  if (!(size > volume.size)) {
    throw badRequest(
      `Invalid input received: New size for extend must be greater than current ` +
        `size. (current: ${volume.size}, extended: ${value["new_size"]}).`,
    );
  }
  const isPossible = volume.status === "available" ||
    volume.status === "in-use" && minor >= 42;
  if (!isPossible) {
    throw badRequest(
      `Invalid volume: Volume ${volume.id} status must be '('available',)' to ` +
        `extend, currently ${volume.status}.`,
    );
  }
  const { status } = volume;
  volume.status = "extending";
  account.timeline.after(account.settings.actionMs, () => {
    volume.size = size;
    volume.status = status;
  });
}

/**
 * Adds a free volume, and a volume of a server with a snapshot.
 *
 * @param account The account.
 * @param server Id of the server.
 */
export function seedVolumes(account: Account, server: string): void {
  newVolume(account, { size: 1, name: "data" });
  const attached = newVolume(account, { size: 2, name: "disk" });
  const device = attach(account, attached.id, server);
  account.servers.get(server)?.attachments.push({
    volume: attached.id,
    device,
    deletesWithServer: false,
    tag: null,
  });
  newSnapshot(account, attached, {
    name: "backup",
    metadata: { plan: "daily" },
  });
}

/** Converts a volume to the format of the API. */
function volumeJson(
  account: Account,
  volume: Volume,
  request: Request,
  isDetailed = false,
): object {
  const { imageId, ...fields } = volume;
  const minor = cinderMinor(request);
  return {
    ...fields,
    bootable: `${volume.bootable}`,
    encrypted: false,
    replication_status: null,
    consistencygroup_id: null,
    links: linksOf(account, new URL(request.url), "volumes", volume.id),
    user_id: account.userId,
    ...minor >= 13 && { group_id: null },
    ...minor >= 48 && { shared_targets: false, service_uuid: null },
    ...minor >= 63 && { volume_type_id: TYPE.id },
    ...minor >= 65 && { consumes_quota: true },
    ...isDetailed && {
      "os-vol-tenant-attr:tenant_id": account.projectId,
    },
    ...isDetailed && imageId !== undefined && {
      volume_image_metadata: imageMetadata(account, imageId),
    },
  };
}

function imageMetadata({ images }: Account, image_id: string): object {
  const image = images.get(image_id);
  const { name, checksum, container_format, disk_format } = image ?? {};
  return {
    ...image?.properties,
    image_id,
    image_name: name ?? "",
    checksum: checksum ?? "",
    container_format: container_format ?? "",
    disk_format: disk_format ?? "",
    min_disk: `${image?.min_disk ?? 0}`,
    min_ram: `${image?.min_ram ?? 0}`,
    size: `${image?.size ?? 0}`,
  };
}

function unknownSnapshot(id: unknown): Refusal {
  return new Refusal(404, `Snapshot ${id} could not be found.`);
}

function snapshotRoutes(account: Account): Routes {
  const { snapshots } = account;
  const find = (call: Call) =>
    findInPath(snapshots, call, () => unknownSnapshot(call.params.get("id")));
  const list = (isDetailed: boolean) => ({ url }: Call) => {
    const all = select(snapshots.list, url, ["name", "status", "volume_id"]);
    const page = readVolumePage(account, all, url, unknownSnapshot);
    return jsonResponse(200, {
      snapshots: page.items.map((it) =>
        isDetailed ? snapshotJson(account, it) : it
      ),
      ...pageLinks("snapshots", page, account, "volume", url),
    });
  };
  return {
    "GET /snapshots": list(false),
    "GET /snapshots/detail": list(true),
    "POST /snapshots": async ({ request }) => {
      const value = await readCinderObject(request, "snapshot");
      if (value["volume_id"] === undefined) {
        throw badRequest(
          `Invalid input for field/attribute snapshot. Value: ${
            JSON.stringify(value)
          }. 'volume_id' is a required property`,
        );
      }
      const id = requiredText(value, "volume_id");
      const volume = account.volumes.get(id);
      if (volume === undefined) throw unknownVolume(id);
      const isForced = value["force"] === true || cinderMinor(request) >= 66;
      const isPossible = volume.status === "available" ||
        volume.status === "in-use" && isForced;
      if (!isPossible) {
        throw badRequest(
          `Invalid volume: Volume ${id} status must be available, but current ` +
            `status is: ${volume.status}.`,
        );
      }
      requireRoom(account, "snapshots", volume.size);
      const snapshot = newSnapshot(account, volume, value);
      return jsonResponse(202, { snapshot });
    },
    "GET /snapshots/{id}": (call) =>
      jsonResponse(200, { snapshot: snapshotJson(account, find(call)) }),
    "PUT /snapshots/{id}": async (call) => {
      const snapshot = find(call);
      const value = await readCinderObject(call.request, "snapshot");
      checkKeys(value, ["name", "description"], "snapshot");
      rename(account, snapshot, value);
      return jsonResponse(200, { snapshot });
    },
    "DELETE /snapshots/{id}": (call) => {
      const snapshot = find(call);
      if (!["available", "error"].includes(snapshot.status)) {
        throw badRequest(
          "Invalid snapshot: Snapshot status must be available or error.",
        );
      }
      snapshot.status = "deleting";
      account.timeline.after(account.settings.actionMs, () => {
        snapshots.delete(snapshot.id);
      });
      return accepted();
    },
  };
}

function newSnapshot(
  account: Account,
  volume: Volume,
  value: JsonObject,
): VolumeSnapshot {
  const { createMs, fails } = account.settings;
  const now = account.microTimestamp();
  const snapshot = account.timeline.add(account.snapshots, {
    id: account.takeId(),
    name: textIn(value, "name", { min: 0 }) ?? null,
    description: textIn(value, "description", { min: 0 }) ?? null,
    status: "creating",
    size: volume.size,
    volume_id: volume.id,
    created_at: now,
    updated_at: null,
    metadata: labelsIn(value, "metadata") ?? {},
  });
  const willFail = fails({ kind: "snapshot", name: "create", id: volume.id });
  account.timeline.after(createMs, (at) => {
    if (snapshot.status !== "creating") return;
    snapshot.updated_at = account.microTimestamp(at);
    snapshot.status = willFail ? "error" : "available";
  });
  return snapshot;
}

function snapshotJson(account: Account, snapshot: VolumeSnapshot): object {
  return {
    ...snapshot,
    "os-extended-snapshot-attributes:progress": "100%",
    "os-extended-snapshot-attributes:project_id": account.projectId,
  };
}
