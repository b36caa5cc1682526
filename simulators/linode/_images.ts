/**
 * Images, public and private.
 *
 * @module
 */

import { STATUS_CODE } from "@std/http/status";
import {
  type Account,
  type Disk,
  type Image,
  type Linode,
  USERNAME,
} from "./_account.ts";
import { REGIONS } from "./_catalog.ts";
import { beginEvent, finishEvent, linodeEntity } from "./_events.ts";
import { FILTERS } from "./_filters.ts";
import {
  BadRequest,
  hasCredentials,
  notFound,
  ok,
  readFields,
} from "./_requests.ts";
import { readTags } from "./_tags.ts";
import { type Call, Refusal, type Routes } from "../kit/mod.ts";

/** Routes of images. */
export function imageRoutes(account: Account): Routes {
  const get = (call: Call) => ok(imageJson(imageInPath(account, call)));
  const update = (call: Call) => updateImage(account, call);
  const remove = (call: Call) => deleteImage(account, call);
  return {
    "GET /images": (call) =>
      account.list(
        call,
        [...account.listed.images.values()].filter(({ isPublic }) =>
          isPublic || hasCredentials(call.request)
        ),
        imageJson,
        FILTERS.images,
      ),
    "POST /images": (call) => createImage(account, call),
    "POST /images/{id}/regions": (call) => replicateImage(account, call),
    "GET /images/{id}": get,
    "PUT /images/{id}": update,
    "DELETE /images/{id}": remove,
    // Some clients do not encode the slash in the id of an image.
    "GET /images/{kind}/{id}": get,
    "PUT /images/{kind}/{id}": update,
    "DELETE /images/{kind}/{id}": remove,
  };
}

/** Adds a private image of a disk, which is not available yet. */
export function addImage(
  account: Account,
  label: string,
  linode: Linode,
  disk: Disk,
  description: string | null,
  tags: readonly string[],
): Image {
  const created = account.timestamp();
  const base = account.images.get(linode.image ?? "");
  return account.timeline.add(account.images, {
    id: `private/${account.takeId()}`,
    label,
    description,
    created,
    updated: created,
    createdBy: USERNAME,
    isPublic: false,
    deprecated: false,
    eol: null,
    vendor: null,
    size: Math.min(disk.size, base?.size ?? disk.size),
    status: "creating",
    capabilities: base?.capabilities ?? [],
    regions: [{ region: linode.region.id, status: "creating" }],
    tags,
  });
}

function imageInPath(account: Account, { params }: Call): Image {
  const kind = params.get("kind");
  const id = (kind === undefined ? "" : `${kind}/`) + params.get("id");
  const image = account.images.get(id);
  if (!image) throw notFound();
  return image;
}

function privateImageInPath(account: Account, call: Call): Image {
  const image = imageInPath(account, call);
  if (image.isPublic) throw new Refusal(STATUS_CODE.Forbidden, "Forbidden");
  return image;
}

async function createImage(account: Account, call: Call): Promise<Response> {
  const fields = await readFields(call);
  const diskId = fields.integer("disk_id");
  const linode = [...account.linodes.values()].find(({ disks }) =>
    disks.some(({ id }) => id === diskId)
  );
  const disk = linode?.disks.find(({ id }) => id === diskId);
  if (!linode || !disk) throw new BadRequest("disk_id is not valid", "disk_id");
  const label = fields.optional.string("label") ?? disk.label;
  const description = fields.optional.string("description") ?? null;
  const tags = readTags(account, fields) ?? [];
  const image = addImage(account, label, linode, disk, description, tags);
  const event = beginEvent(account, "disk_imagize", linodeEntity(linode));
  account.timeline.after(account.settings.actionMs, (at) => {
    finishEvent(event, at);
    // There is no status for an image that could not be created.
    if (event.fails) {
      account.images.delete(image.id);
      return;
    }
    image.status = "available";
    for (const copy of image.regions) copy.status = "available";
    image.updated = account.timestamp(at);
  });
  return ok(imageJson(image));
}

async function updateImage(account: Account, call: Call): Promise<Response> {
  const image = privateImageInPath(account, call);
  const fields = await readFields(call);
  image.label = fields.optional.string("label") ?? image.label;
  image.description = fields.optional.string("description") ??
    image.description;
  image.tags = readTags(account, fields) ?? image.tags;
  image.updated = account.timestamp();
  return ok(imageJson(image));
}

async function replicateImage(account: Account, call: Call): Promise<Response> {
  const image = privateImageInPath(account, call);
  const wanted = (await readFields(call)).optional.strings("regions") ?? [];
  for (const id of wanted) {
    if (!REGIONS.some((region) => region.id === id)) {
      throw new BadRequest(`${id} is not valid`, "regions");
    }
  }
  const kept = image.regions.filter(({ region }) => wanted.includes(region));
  if (!kept.some(({ status }) => status === "available")) {
    throw new BadRequest(
      "At least one region where the image is available must stay",
      "regions",
    );
  }
  const added = wanted
    .filter((id) => !image.regions.some(({ region }) => region === id))
    .map((region) => ({ region, status: "pending replication" }));
  // The image is deleted in regions that are not in the list.
  image.regions = [...kept, ...added];
  account.timeline.after(account.settings.actionMs, () => {
    for (const copy of added) copy.status = "available";
  });
  return ok(imageJson(image));
}

function deleteImage(account: Account, call: Call): Response {
  account.images.delete(privateImageInPath(account, call).id);
  return ok({});
}

function imageJson(image: Image) {
  return {
    capabilities: image.capabilities,
    created: image.created,
    created_by: image.createdBy,
    deprecated: image.deprecated,
    description: image.description || null,
    eol: image.eol,
    expiry: null,
    id: image.id,
    is_public: image.isPublic,
    label: image.label,
    regions: image.regions,
    size: image.size,
    status: image.status,
    tags: image.tags,
    total_size: image.size * Math.max(1, image.regions.length),
    type: "manual",
    updated: image.updated,
    vendor: image.vendor,
  };
}
