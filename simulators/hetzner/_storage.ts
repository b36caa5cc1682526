/**
 * Images, SSH keys and volumes.
 *
 * @module
 */

import { decodeBase64 } from "@std/encoding/base64";
import { type Account, findById, readLocation } from "./_account.ts";
import { type Draft, type Kind, protection } from "./_collections.ts";
import { LOCATIONS } from "./_catalog.ts";
import type { Image, Server, SshKey, Volume } from "./_records.ts";
import { invalid, unfit } from "./_requests.ts";
import { type Fields, md5, Refusal } from "../kit/mod.ts";

/** A public key in OpenSSH's format; the second part is Base64. */
const PUBLIC_KEY = /^(?:ssh-(?:rsa|dss|ed25519)|ecdsa-\S+|sk-\S+) ([\w+/]+=*)/;

/** Sizes of volumes, in GB. */
const VOLUME_GB = { min: 10, max: 10_240 };

/** Creates the kind of images. */
export function imageKind(account: Account): Kind<Image> {
  return {
    list: "images",
    type: "image",
    filters: ["type", "status", "bound_to", "architecture"],
    isListed: ({ deprecated }, query) =>
      deprecated === null || query.get("include_deprecated") === "true",
    update(image, { optional }) {
      requireOwn(image);
      image.description = optional.string("description", { min: 0 }) ??
        image.description;
      image.type = optional.choice("type", ["snapshot"]) ?? image.type;
    },
    remove: requireOwn,
    actions: protection(account, "image"),
  };
}

/** Creates the kind of SSH keys. */
export function keyKind(account: Account): Kind<SshKey> {
  return {
    list: "ssh_keys",
    type: "ssh_key",
    filters: ["fingerprint"],
    create: (fields, draft) => ({
      ssh_key: addKey(account, draft, fields.string("public_key").trim()),
    }),
  };
}

/** Adds an SSH key. */
export function addKey(account: Account, draft: Draft, line: string): SshKey {
  const [, encoded] = PUBLIC_KEY.exec(line) ?? [];
  if (encoded === undefined) {
    throw invalid("public_key", "is not a valid public key");
  }
  let fingerprint: string;
  try {
    fingerprint = md5(decodeBase64(encoded));
  } catch {
    throw invalid("public_key", "is not a valid public key");
  }
  if (account.ssh_keys.isTaken((it) => it.fingerprint === fingerprint)) {
    throw new Refusal(409, "SSH key with the same fingerprint already exists", {
      code: "uniqueness_error",
      field: "public_key",
    });
  }
  const id = account.takeId();
  return account.ssh_keys.add({ ...draft, id, fingerprint, public_key: line });
}

/** Creates the kind of volumes. */
export function volumeKind(account: Account): Kind<Volume> {
  return {
    list: "volumes",
    type: "volume",
    filters: ["status"],
    create: (fields, draft) => createVolume(account, fields, draft),
    remove(volume) {
      if (volume.server === null) return;
      throw unfit("resource_in_use", "volume is still attached to a server");
    },
    actions: {
      ...protection(account, "volume"),
      attach(volume, fields) {
        const server = findById(account.servers, fields, "server");
        fields.optional.boolean("automount");
        if (volume.server !== null) {
          throw unfit("volume_already_attached", "volume is already attached");
        }
        requireSameLocation(volume, server);
        const end = () => volume.server = server.id;
        return {
          action: account.begin("attach_volume", { volume, server }, {
            kind: "volume",
            end,
          }),
        };
      },
      detach(volume) {
        const server = account.servers.get(volume.server ?? 0);
        if (server === undefined) {
          throw unfit("invalid_input", "volume is not attached");
        }
        const end = () => volume.server = null;
        return {
          action: account.begin("detach_volume", { volume, server }, {
            kind: "volume",
            end,
          }),
        };
      },
      resize(volume, fields) {
        const size = fields.integer("size", VOLUME_GB);
        if (size <= volume.size) {
          throw invalid("size", "must be greater than the current size");
        }
        const end = () => volume.size = size;
        return {
          action: account.begin("resize_volume", { volume }, {
            kind: "volume",
            end,
          }),
        };
      },
    },
  };
}

/** Adds a volume. */
export function addVolume(
  account: Account,
  draft: Draft,
  size: number,
  location = LOCATIONS[0]!,
  format: Volume["format"] = null,
): Volume {
  const id = account.takeId();
  return account.timeline.add(account.volumes, {
    ...draft,
    id,
    size,
    status: "available",
    server: null,
    location,
    format,
    linux_device: `/dev/disk/by-id/scsi-0HC_Volume_${id}`,
    protection: { delete: false },
  });
}

function createVolume(account: Account, fields: Fields, draft: Draft): object {
  const { optional } = fields;
  const size = fields.integer("size", VOLUME_GB);
  const format = optional.choice("format", ["xfs", "ext4"]) ?? null;
  optional.boolean("automount");
  const server = optional.any("server") === undefined
    ? undefined
    : findById(account.servers, fields, "server");
  const location = readLocation(fields) ?? server?.location;
  if (location === undefined) {
    throw invalid("location", "location or server is required");
  }
  if (server !== undefined) {
    requireSameLocation({ location }, server);
    account.requireIdle("server", server);
  }
  const volume = addVolume(account, draft, size, location, format);
  volume.status = "creating";
  const attach = server && account.open("attach_volume", { server, volume });
  const action = account.begin(
    "create_volume",
    server ? { volume, server } : { volume },
    {
      kind: "volume",
      end() {
        volume.status = "available";
        volume.server = server?.id ?? null;
        if (attach) account.close(attach, account.timeline.now);
      },
      failed() {
        account.volumes.delete(volume.id);
        if (attach) account.close(attach, account.timeline.now, true);
      },
    },
  );
  return {
    volume,
    action,
    next_actions: attach ? [attach] : [],
  };
}

function requireSameLocation(
  { location }: Pick<Volume, "location">,
  server: Server,
): void {
  if (server.location.id === location.id) return;
  throw invalid("server", "server must be in the same location as the volume");
}

function requireOwn({ type }: Image): void {
  if (type !== "system") return;
  throw new Refusal(403, "image is not owned by the project");
}
