/**
 * Images, SSH keys and volumes.
 *
 * @module
 */

import { decodeBase64 } from "@std/encoding/base64";
import type { Account } from "./_account.ts";
import type { Image } from "./_catalog.ts";
import { type Kind, protection } from "./_collections.ts";
import {
  type Draft,
  newVolume,
  type Server,
  type SshKey,
  type Volume,
} from "./_records.ts";
import {
  invalid,
  lookUp,
  notUnique,
  readLocation,
  unfit,
} from "./_requests.ts";
import { type Fields, md5, Refusal } from "../kit/mod.ts";

/** A public key in OpenSSH's format; the second word is Base64. */
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
export function keyKind({ ssh_keys, takeId }: Account): Kind<SshKey> {
  return {
    list: "ssh_keys",
    type: "ssh_key",
    filters: ["fingerprint"],
    create(fields, draft) {
      const public_key = fields.string("public_key").trim();
      const fingerprint = readFingerprint(public_key);
      if (ssh_keys.isTaken((it) => it.fingerprint === fingerprint)) {
        throw notUnique(
          "public_key",
          "SSH key with the same fingerprint already exists",
        );
      }
      const key = { ...draft, id: takeId(), fingerprint, public_key };
      return { ssh_key: ssh_keys.add(key) };
    },
  };
}

/** Creates the kind of volumes. */
export function volumeKind(account: Account): Kind<Volume> {
  return {
    list: "volumes",
    type: "volume",
    filters: ["status"],
    create: (fields, draft) => createVolume(account, fields, draft),
    remove({ server }) {
      if (server === null) return;
      throw unfit("resource_in_use", "volume is still attached to a server");
    },
    actions: {
      ...protection(account, "volume"),
      attach(volume, fields) {
        const server = lookUp(account.servers, fields.any("server"), "server");
        fields.optional.boolean("automount");
        if (volume.server !== null) {
          throw unfit("volume_already_attached", "volume is already attached");
        }
        requireSameLocation(volume, server);
        return account.begin("attach_volume", { volume, server }, () => {
          volume.server = server.id;
        });
      },
      detach(volume) {
        const server = account.servers.get(volume.server ?? 0);
        if (server === undefined) {
          throw unfit("volume_not_attached", "volume is not attached");
        }
        return account.begin("detach_volume", { volume, server }, () => {
          volume.server = null;
        });
      },
      resize(volume, fields) {
        const size = fields.integer("size", VOLUME_GB);
        if (size <= volume.size) {
          throw invalid("size", "must be greater than the current size");
        }
        return account.begin("resize_volume", { volume }, () => {
          volume.size = size;
        });
      },
    },
  };
}

function createVolume(account: Account, fields: Fields, draft: Draft): object {
  const { optional } = fields;
  const { timeline, volumes } = account;
  const size = fields.integer("size", VOLUME_GB);
  const format = optional.choice("format", ["xfs", "ext4"]);
  optional.boolean("automount");
  const id = optional.any("server");
  const server = id === undefined
    ? undefined
    : lookUp(account.servers, id, "server");
  const location = readLocation(fields) ?? server?.location;
  if (location === undefined) {
    throw invalid("location", "location or server is required");
  }
  if (server !== undefined) {
    requireSameLocation({ location }, server);
    account.requireIdle({ server });
  }
  const volume = timeline.add(
    volumes,
    newVolume(account.takeId(), draft, size, location, format),
  );
  const targets = server ? { volume, server } : { volume };
  const next = server ? [account.open("attach_volume", targets)] : [];
  const body = account.begin("create_volume", targets, (at) => {
    volume.status = "available";
    volume.server = server?.id ?? null;
    for (const it of next) account.close(it, at);
  }, (at) => {
    volumes.delete(volume.id);
    for (const it of next) account.close(it, at, true);
  }, "volume");
  return { ...body, volume, next_actions: next };
}

function readFingerprint(publicKey: string): string {
  const [, encoded] = PUBLIC_KEY.exec(publicKey) ?? [];
  try {
    if (encoded !== undefined) return md5(decodeBase64(encoded));
  } catch {
    // It is not Base64.
  }
  throw invalid("public_key", "is not a valid public key");
}

function requireSameLocation(
  { location }: Pick<Volume, "location">,
  server: Server,
): void {
  if (server.location.id === location.id) return;
  throw invalid("server", "server is in another location than the volume");
}

function requireOwn({ type }: Image): void {
  if (type !== "system") return;
  throw new Refusal(403, "public images cannot be changed");
}
