/**
 * Droplets, their actions and their snapshots.
 *
 * @module
 */

import { STATUS_CODE } from "@std/http/status";
import type { Account, Droplet } from "./_account.ts";
import {
  actionInPath,
  actionJson,
  actionLink,
  beginDropletAction,
  type DropletEffect,
} from "./_actions.ts";
import { REGIONS, SIZES } from "./_catalog.ts";
import { addDropletSnapshot, imageForDroplet } from "./_images.ts";
import { findKey } from "./_keys.ts";
import { networksOf, vpcOf } from "./_networks.ts";
import {
  findBySlug,
  findInPath,
  ok,
  readFields,
  readTags,
  refuseBusy,
  refuseInvalid,
} from "./_requests.ts";
import { volumeToAttach } from "./_volumes.ts";
import {
  type Call,
  type Fields,
  jsonResponse,
  noContent,
  type Routes,
} from "../kit/mod.ts";

/** A valid host name, which the name of a droplet must be. */
const NAME = /^[a-zA-Z0-9]?[a-z0-9A-Z.-]*[a-z0-9A-Z]$/;

/** Routes of droplets. */
export function dropletRoutes(account: Account): Routes {
  return {
    "GET /v2/droplets": (call) => listDroplets(account.listed, call),
    "POST /v2/droplets": (call) => createDroplets(account, call),
    "GET /v2/droplets/{id}": (call) =>
      ok({ droplet: dropletJson(account, dropletInPath(account, call)) }),
    "DELETE /v2/droplets/{id}": (call) => destroyDroplet(account, call),
    "GET /v2/droplets/{id}/snapshots": (call) =>
      listDropletSnapshots(account, call),
    "GET /v2/droplets/{id}/actions": (call) => {
      const { id } = dropletInPath(account, call);
      const actions = account.listed.dropletActions.get(id) ?? [];
      return account.page(call, "actions", actions.toReversed(), actionJson);
    },
    "POST /v2/droplets/{id}/actions": (call) =>
      startDropletAction(account, call),
    "GET /v2/droplets/{id}/actions/{action}": (call) => {
      dropletInPath(account, call);
      const action = actionInPath(account, call, "action");
      return ok({ action: actionJson(action) });
    },
  };
}

function dropletInPath(account: Account, call: Call): Droplet {
  return findInPath(account.droplets, call);
}

function listDroplets(account: Account, call: Call): Response {
  const { searchParams } = call.url;
  const tag = searchParams.get("tag_name");
  const name = searchParams.get("name");
  const type = searchParams.get("type") ?? "droplets";
  if (!["droplets", "gpus"].includes(type)) refuseInvalid("Invalid type");
  let all = account.droplets.list;
  if (tag !== null) all = all.filter(({ tags }) => tags.includes(tag));
  if (name !== null) all = all.filter((droplet) => droplet.name === name);
  // No size of the catalog has a GPU.
  if (type === "gpus") all = [];
  return account.page(call, "droplets", all, (it) => dropletJson(account, it));
}

async function createDroplets(account: Account, call: Call): Promise<Response> {
  const fields = await readFields(call);
  const { optional } = fields;
  const several = optional.any("names");
  const names = Array.isArray(several) ? several : [optional.any("name")];
  if (names.length === 0 || names.length > 10) refuseInvalid("1 to 10 names");
  for (const name of names) {
    if (typeof name !== "string" || name.length > 255) refuseName();
    checkName(name);
  }
  const size = findBySlug(SIZES, optional.any("size"), "size");
  const slug = optional.any("region") ?? "nyc3";
  const region = findBySlug(REGIONS, slug, "region");
  const image = imageForDroplet(account, optional.any("image"));
  if (!size.available || !region.sizes.includes(size.slug)) {
    refuseInvalid("Size is not available in this region.");
  }
  if (!image.regions.includes(region.slug)) {
    refuseInvalid("Image is not available in this region.");
  }
  if (image.min_disk_size > size.disk) {
    refuseInvalid("You specified an invalid size for Droplet creation.");
  }
  const keys = optional.list("ssh_keys") ?? [];
  if (keys.some((id) => !findKey(account, id))) {
    refuseInvalid(`${keys} are invalid key identifiers for Droplet creation.`);
  }
  const vpc = optional.any("vpc_uuid") ?? vpcOf(region);
  if (vpc !== vpcOf(region)) {
    refuseInvalid("There is no such VPC in the region");
  }
  const userData = optional.any("user_data") ?? "";
  if (typeof userData !== "string" || userData.length > 65_536) {
    refuseInvalid("User data is invalid.");
  }
  const tags = readTags(fields);
  const volumes = (optional.list("volumes") ?? []).map((id) =>
    volumeToAttach(account, id, region)
  );
  const features = [
    ...(optional.any("backups") === true ? ["backups"] : []),
    ...(optional.any("monitoring") === true ? ["monitoring"] : []),
    "private_networking",
    ...(optional.any("ipv6") === true ? ["ipv6"] : []),
  ];
  for (const tag of tags) account.tags.add(tag);
  const created = names.map((name: string) => {
    const droplet: Droplet = account.timeline.add(account.droplets, {
      id: account.takeId(),
      name,
      size,
      disk: size.disk,
      image,
      region,
      status: "new",
      operation: undefined,
      busyUntil: 0,
      createdAt: account.timestamp(),
      features,
      tags: [...tags],
      vpc: vpcOf(region),
      addresses: undefined,
      publicAt: Infinity,
      snapshots: [],
    });
    const { createMs, addressMs } = account.settings;
    const apply = (at: number) => {
      droplet.status = "active";
      droplet.publicAt = at + addressMs;
      droplet.addresses = account.takeAddresses();
      for (const volume of volumes) volume.droplet = droplet.id;
    };
    const action = beginDropletAction(
      account,
      droplet,
      "create",
      { apply },
      createMs,
    );
    return { droplet: dropletJson(account, droplet), action };
  });
  const actions = created.map(({ action }) =>
    actionLink(account, action, "create")
  );
  const droplets = created.map(({ droplet }) => droplet);
  return jsonResponse(
    STATUS_CODE.Accepted,
    Array.isArray(several)
      ? { droplets, links: { actions } }
      : { droplet: droplets[0], links: { actions } },
  );
}

function destroyDroplet(account: Account, call: Call): Response {
  const droplet = dropletInPath(account, call);
  const { id } = droplet;
  if (account.settings.busyMs > 0) requireIdle(account, droplet);
  account.droplets.delete(id);
  account.releaseAddresses(droplet);
  account.dropletActions.delete(id);
  for (
    const attached of [
      ...account.volumes.values(),
      ...account.reservedIps.values(),
    ]
  ) {
    if (attached.droplet === id) attached.droplet = undefined;
  }
  for (const { droplets } of account.firewalls.values()) droplets.delete(id);
  return noContent();
}

async function startDropletAction(
  account: Account,
  call: Call,
): Promise<Response> {
  const droplet = dropletInPath(account, call);
  const fields = await readFields(call);
  const type = fields.string("type");
  const effect = effectOf(account, droplet, type, fields);
  requireIdle(account, droplet);
  const action = beginDropletAction(account, droplet, type, effect);
  return jsonResponse(STATUS_CODE.Created, { action: actionJson(action) });
}

/** Returns the effect of a requested action. */
function effectOf(
  account: Account,
  droplet: Droplet,
  type: string,
  fields: Fields,
): DropletEffect {
  const { optional } = fields;
  const setFeature = (name: string, isOn: boolean) => ({
    apply() {
      const others = droplet.features.filter((it) => it !== name);
      droplet.features = isOn ? [...others, name] : others;
    },
  });
  switch (type) {
    case "reboot":
    case "password_reset":
      return { requires: "active", apply: () => {} };
    case "power_cycle":
      return {
        apply() {
          droplet.status = "active";
        },
      };
    case "shutdown":
    case "power_off":
      return {
        requires: "active",
        apply() {
          droplet.status = "off";
        },
      };
    case "power_on":
      return {
        requires: "off",
        apply() {
          droplet.status = "active";
        },
      };
    case "rename": {
      const name = fields.string("name");
      checkName(name);
      return {
        apply() {
          droplet.name = name;
        },
      };
    }
    case "resize": {
      const size = findBySlug(SIZES, optional.any("size"), "size");
      return {
        requires: "off",
        apply() {
          droplet.size = size;
          if (optional.any("disk") === true) {
            droplet.disk = Math.max(size.disk, droplet.disk);
          }
        },
      };
    }
    case "rebuild":
    case "restore": {
      const image = imageForDroplet(account, optional.any("image"));
      return {
        apply() {
          droplet.image = image;
          droplet.status = "active";
        },
      };
    }
    case "snapshot": {
      const name = optional.string("name") ??
        `${droplet.name}-${account.timeline.now}`;
      return { apply: () => addDropletSnapshot(account, droplet, name) };
    }
    case "enable_ipv6":
      return setFeature("ipv6", true);
    case "enable_backups":
    case "disable_backups":
      return setFeature("backups", type === "enable_backups");
    case "change_kernel":
      return { apply: () => {} };
    default:
      return refuseInvalid(`"${type}" is not an action`);
  }
}

function requireIdle(account: Account, droplet: Droplet): void {
  if (account.timeline.isBusy(droplet)) refuseBusy();
}

function checkName(name: string): void {
  if (!NAME.test(name)) refuseName();
}

function refuseName(): never {
  refuseInvalid(
    "Only valid hostname characters are allowed. (a-z, A-Z, 0-9, . and -)",
  );
}

function listDropletSnapshots(account: Account, call: Call): Response {
  const { id } = dropletInPath(account, call);
  const { droplets, images: all } = account.listed;
  const snapshots = droplets.get(id)?.snapshots ?? [];
  const images = snapshots.flatMap((id) => all.get(id) ?? []);
  return account.page(call, "snapshots", images, (image) => ({
    id: image.id,
    name: image.name,
    created_at: image.created_at,
    regions: image.regions,
    min_disk_size: image.min_disk_size,
    size_gigabytes: image.size_gigabytes,
    type: "snapshot",
  }));
}

/** Converts a droplet to the format of the API. */
export function dropletJson(account: Account, droplet: Droplet) {
  const { size, addresses, features } = droplet;
  const hasBackups = features.includes("backups");
  const volumes: string[] = [];
  for (const { id, droplet: owner } of account.volumes.values()) {
    if (owner === droplet.id) volumes.push(id);
  }
  return {
    id: droplet.id,
    name: droplet.name,
    memory: size.memory,
    vcpus: size.vcpus,
    disk: droplet.disk,
    disk_info: [
      { type: "local", size: { amount: droplet.disk, unit: "gib" } },
    ],
    locked: droplet.operation !== undefined,
    status: droplet.status,
    kernel: null,
    created_at: droplet.createdAt,
    features,
    backup_ids: [],
    next_backup_window: hasBackups
      ? { start: "2024-03-06T00:00:00Z", end: "2024-03-06T23:00:00Z" }
      : null,
    snapshot_ids: droplet.snapshots,
    image: droplet.image,
    volume_ids: volumes,
    size,
    size_slug: size.slug,
    networks: addresses === undefined ? { v4: [], v6: [] } : networksOf(
      addresses,
      account.timeline.now >= droplet.publicAt,
      features.includes("ipv6"),
    ),
    region: droplet.region,
    tags: droplet.tags,
    vpc_uuid: droplet.vpc,
  };
}
