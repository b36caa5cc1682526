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
  readObject,
  requiredText,
  textIn,
} from "./_requests.ts";
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
  description: null,
  is_public: true,
  extra_specs: {},
  qos_specs_id: null,
  "os-volume-type-access:is_public": true,
};

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
    ...snapshotRoutes(account),
    "GET /types": () => jsonResponse(200, { volume_types: [TYPE] }),
    "GET /os-availability-zone": () =>
      jsonResponse(200, {
        availabilityZoneInfo: [{
          zoneName: ZONE,
          zoneState: { available: true },
        }],
      }),
    "GET /limits": () =>
      jsonResponse(200, { limits: { rate: [], absolute: absolute(account) } }),
  };
  return {
    "GET /": ({ url }) =>
      jsonResponse(300, { versions: [versionJson(urlOf("volume", url))] }),
    "GET /v3/": ({ url }) =>
      jsonResponse(200, { versions: [versionJson(urlOf("volume", url))] }),
    ...Object.fromEntries(
      Object.entries(routes).map(([route, handler]) => [
        route.replace(" ", ` /v3/${account.projectId}`),
        handler,
      ]),
    ),
  };
}

function versionJson(base: string): object {
  return {
    id: "v3.0",
    status: "CURRENT",
    version: "3.70",
    min_version: "3.0",
    updated: "2022-08-31T00:00:00Z",
    links: [{ rel: "self", href: `${base}/v3/` }],
    "media-types": [{
      base: "application/json",
      type: "application/vnd.openstack.volume+json;version=3",
    }],
  };
}

function absolute(account: Account): object {
  const gigabytes = account.volumes.list.reduce((sum, it) => sum + it.size, 0);
  return {
    totalVolumesUsed: account.volumes.size,
    totalSnapshotsUsed: account.snapshots.size,
    totalGigabytesUsed: gigabytes,
    totalBackupsUsed: 0,
    totalBackupGigabytesUsed: 0,
    maxTotalVolumes: -1,
    maxTotalSnapshots: -1,
    maxTotalVolumeGigabytes: -1,
    maxTotalBackups: 10,
    maxTotalBackupGigabytes: 1000,
  };
}

const VOLUME_KEYS = [
  "name",
  "description",
  "size",
  "availability_zone",
  "volume_type",
  "snapshot_id",
  "source_volid",
  "imageRef",
  "metadata",
  "consistencygroup_id",
  "scheduler_hints",
  "multiattach",
  "backup_id",
];

function volumesOnly(account: Account): Routes {
  const { volumes } = account;
  const find = (call: Call) =>
    findInPath(volumes, call, () => unknownVolume(call.params.get("id")));
  const list = (isDetailed: boolean) => ({ url }: Call) => {
    const all = select(volumes.list, url, ["name", "status"]);
    const { largestPage } = account.settings;
    const page = readMarkedPage(all, url, largestPage, ({ id }) => id);
    return jsonResponse(200, {
      volumes: page.items.map((volume) =>
        isDetailed
          ? volumeJson(account, volume)
          : { id: volume.id, name: volume.name, links: [] }
      ),
      ...pageLinks("volumes", page, account, "volume", url),
    });
  };
  return {
    "GET /volumes": list(false),
    "GET /volumes/detail": list(true),
    "POST /volumes": async (call) => {
      const value = await readObject(call, "volume");
      checkKeys(value, VOLUME_KEYS, "volume");
      const volume = newVolume(account, readVolume(account, value));
      return jsonResponse(202, { volume: volumeJson(account, volume) });
    },
    "GET /volumes/{id}": (call) =>
      jsonResponse(200, { volume: volumeJson(account, find(call)) }),
    "PUT /volumes/{id}": async (call) => {
      const volume = find(call);
      const value = await readObject(call, "volume");
      checkKeys(value, ["name", "description", "metadata"], "volume");
      volume.name = textIn(value, "name", { min: 0 }) ?? volume.name;
      volume.description = textIn(value, "description", { min: 0 }) ??
        volume.description;
      volume.metadata = labelsIn(value, "metadata") ?? volume.metadata;
      volume.updated_at = account.microTimestamp();
      return jsonResponse(200, { volume: volumeJson(account, volume) });
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
            "not be migrating, attached, belong to a group, have snapshots or " +
            "be disassociated from snapshots after volume transfer.",
        );
      }
      volume.status = "deleting";
      account.timeline.after(account.settings.actionMs, () => {
        volumes.delete(volume.id);
      });
      return new Response(null, { status: 202 });
    },
    "POST /volumes/{id}/action": async (call) => {
      const volume = find(call);
      const body = await readJson(call.request);
      const value = body["os-extend"];
      if (!isObject(value)) {
        throw badRequest(`There is no such action: ${Object.keys(body)[0]}`);
      }
      extend(account, volume, value, call.request);
      return new Response(null, { status: 202 });
    },
  };
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
  const snapshotId = textIn(value, "snapshot_id");
  const sourceId = textIn(value, "source_volid");
  const imageId = textIn(value, "imageRef");
  const snapshot = account.snapshots.get(snapshotId ?? "");
  const source = account.volumes.get(sourceId ?? "");
  if (snapshotId !== undefined && !snapshot) throw unknownSnapshot(snapshotId);
  if (sourceId !== undefined && !source) throw unknownVolume(sourceId);
  if (imageId !== undefined && !account.images.has(imageId)) {
    throw badRequest(
      `Invalid image identifier or unable to access requested image.`,
    );
  }
  const zone = textIn(value, "availability_zone") ?? ZONE;
  if (zone !== ZONE) {
    throw badRequest(`Availability zone '${zone}' is invalid.`);
  }
  const type = textIn(value, "volume_type") ?? TYPE.name;
  if (type !== TYPE.name && type !== TYPE.id) {
    throw new Refusal(404, `Volume type ${type} could not be found.`);
  }
  const smallest = snapshot?.size ?? source?.size ?? 1;
  const size = value["size"] ?? (snapshot || source ? smallest : undefined);
  if (!/^[1-9]\d*$/.test(`${size}`)) {
    throw badRequest(
      `Invalid input for field/attribute size. Value: ${size}. '${size}' ` +
        "does not match '^[0-9]*$'",
    );
  }
  if (Number(size) < smallest) {
    throw badRequest(
      `Invalid input received: Volume size '${size}'GB cannot be smaller than ` +
        `original volume size ${smallest}GB. They must be >= original volume size.`,
    );
  }
  return {
    size: Number(size),
    name: textIn(value, "name", { min: 0 }),
    description: textIn(value, "description", { min: 0 }),
    imageId,
    snapshot,
    source,
    metadata: labelsIn(value, "metadata"),
    multiattach: value["multiattach"] === true,
  };
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
    updated_at: now,
    volume_type: TYPE.name,
    bootable: draft.imageId !== undefined,
    availability_zone: ZONE,
    snapshot_id: snapshot?.id ?? null,
    source_volid: source?.id ?? null,
    metadata: draft.metadata ?? {},
    attachments: [],
    multiattach: draft.multiattach ?? false,
    imageId: draft.imageId,
  });
  const willFail = fails({ kind: "create", name: name ?? "", id: volume.id });
  account.timeline.after(createMs, () => {
    if (volume.status === "creating" || volume.status === "downloading") {
      volume.status = willFail ? "error" : "available";
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
  const isFree = volume.status === "available" || isNew;
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
  const size = Number(value["new_size"]);
  const version = request.headers.get("openstack-api-version") ?? "";
  const minor = Number(/volume 3\.(\d+)/.exec(version)?.[1] ?? 0);
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

function volumeJson(account: Account, volume: Volume): object {
  const { imageId, ...fields } = volume;
  return {
    ...fields,
    bootable: `${volume.bootable}`,
    encrypted: false,
    replication_status: null,
    consistencygroup_id: null,
    links: [],
    user_id: account.userId,
    "os-vol-tenant-attr:tenant_id": account.projectId,
    ...imageId !== undefined && {
      volume_image_metadata: { image_id: imageId },
    },
  };
}

function unknownSnapshot(id: unknown): Refusal {
  return new Refusal(404, `Snapshot ${id} could not be found.`);
}

function snapshotRoutes(account: Account): Routes {
  const { snapshots } = account;
  const find = (call: Call) =>
    findInPath(snapshots, call, () => unknownSnapshot(call.params.get("id")));
  const list = ({ url }: Call) => {
    const all = select(snapshots.list, url, ["name", "status", "volume_id"]);
    const { largestPage } = account.settings;
    const page = readMarkedPage(all, url, largestPage, ({ id }) => id);
    return jsonResponse(200, {
      snapshots: page.items.map((it) => snapshotJson(account, it)),
      ...pageLinks("snapshots", page, account, "volume", url),
    });
  };
  return {
    "GET /snapshots": list,
    "GET /snapshots/detail": list,
    "POST /snapshots": async (call) => {
      const value = await readObject(call, "snapshot");
      const keys = ["volume_id", "name", "description", "force", "metadata"];
      checkKeys(value, keys, "snapshot");
      const id = requiredText(value, "volume_id");
      const volume = account.volumes.get(id);
      if (volume === undefined) throw unknownVolume(id);
      const isForced = value["force"] === true;
      const isPossible = volume.status === "available" ||
        volume.status === "in-use" && isForced;
      if (!isPossible) {
        throw badRequest(
          `Invalid volume: Volume ${id} status must be available, but current ` +
            `status is: ${volume.status}.`,
        );
      }
      const snapshot = newSnapshot(account, volume, value);
      return jsonResponse(202, { snapshot: snapshotJson(account, snapshot) });
    },
    "GET /snapshots/{id}": (call) =>
      jsonResponse(200, { snapshot: snapshotJson(account, find(call)) }),
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
      return new Response(null, { status: 202 });
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
    updated_at: now,
    metadata: labelsIn(value, "metadata") ?? {},
  });
  const { id, name } = snapshot;
  const willFail = fails({ kind: "create", name: name ?? "", id });
  account.timeline.after(createMs, () => {
    if (snapshot.status !== "creating") return;
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
