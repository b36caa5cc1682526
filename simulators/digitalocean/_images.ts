/**
 * Images, and the snapshots of droplets, which are images.
 *
 * @module
 */

import { STATUS_CODE } from "@std/http/status";
import type { Account, Droplet } from "./_account.ts";
import { actionJson, beginAction } from "./_actions.ts";
import { APPLICATIONS, type Image, REGIONS } from "./_catalog.ts";
import {
  findBySlug,
  ok,
  readFields,
  refuseInvalid,
  refuseNotFound,
} from "./_requests.ts";
import {
  type Call,
  jsonResponse,
  noContent,
  Refusal,
  type Routes,
  toNumericId,
} from "../kit/mod.ts";

/** Routes of images. */
export function imageRoutes(account: Account): Routes {
  return {
    "GET /v2/images": (call) => listImages(account.listed, call),
    "GET /v2/images/{id}": (call) => ok({ image: imageInPath(account, call) }),
    "PUT /v2/images/{id}": (call) => renameImage(account, call),
    "DELETE /v2/images/{id}": (call) => {
      account.images.delete(privateImageInPath(account, call).id);
      return noContent();
    },
    "POST /v2/images/{id}/actions": (call) => startImageAction(account, call),
  };
}

/** Finds the image for a droplet, by id or slug. */
export function imageForDroplet(account: Account, id: unknown): Image {
  return findImage(account, id) ??
    refuseInvalid("You specified an invalid image for Droplet creation.");
}

/** Adds a snapshot of a droplet, which is a private image. */
export function addDropletSnapshot(
  account: Account,
  droplet: Droplet,
  name: string,
): void {
  const id = account.takeId();
  account.timeline.add(account.images, {
    id,
    name,
    distribution: droplet.image.distribution,
    slug: null,
    public: false,
    regions: [droplet.region.slug],
    created_at: account.timestamp(),
    type: "snapshot",
    min_disk_size: droplet.disk,
    size_gigabytes: 2.34,
    description: "",
    tags: [],
    status: "available",
    error_message: "",
  });
  droplet.snapshots = [...droplet.snapshots, id];
}

function findImage(account: Account, id: unknown): Image | undefined {
  return account.images.get(toNumericId(id)) ??
    account.images.list.find(({ slug }) => slug && slug === id);
}

function imageInPath(account: Account, call: Call): Image {
  return findImage(account, call.params.get("id")) ?? refuseNotFound();
}

function privateImageInPath(account: Account, call: Call): Image {
  const image = imageInPath(account, call);
  if (!image.public) return image;
  throw new Refusal(
    STATUS_CODE.Forbidden,
    "You do not have access for the attempted action.",
  );
}

function listImages(account: Account, call: Call): Response {
  const { searchParams } = call.url;
  const type = searchParams.get("type");
  const tag = searchParams.get("tag_name");
  const isPrivate = searchParams.get("private") === "true";
  if (type && !["distribution", "application"].includes(type)) {
    refuseInvalid("Invalid type");
  }
  const images = account.images.list.filter((image) =>
    (!isPrivate || !image.public) &&
    (tag === null || image.tags.includes(tag)) &&
    (!type || image.public &&
        APPLICATIONS.includes(image.slug ?? "") === (type === "application"))
  );
  return account.page(call, "images", images);
}

async function renameImage(account: Account, call: Call): Promise<Response> {
  const image = privateImageInPath(account, call);
  image.name = (await readFields(call)).string("name");
  return ok({ image });
}

async function startImageAction(
  account: Account,
  call: Call,
): Promise<Response> {
  const image = privateImageInPath(account, call);
  const fields = await readFields(call);
  const type = fields.string("type");
  if (type !== "transfer" && type !== "convert") {
    refuseInvalid(`"${type}" is not an action`);
  }
  const region = type === "transfer"
    ? findBySlug(REGIONS, fields.optional.any("region"), "region")
    : findBySlug(REGIONS, image.regions[0], "region");
  const id = String(image.id);
  const isError = account.settings.fails({ kind: "image", name: type, id });
  const action = beginAction(account, type, {
    id: image.id,
    type: "image",
    region,
  }, {
    isError,
    finish() {
      if (!isError && !image.regions.includes(region.slug)) {
        image.regions.push(region.slug);
      }
    },
  });
  return jsonResponse(STATUS_CODE.Created, { action: actionJson(action) });
}
