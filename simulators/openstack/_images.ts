/**
 * Glance: images.
 *
 * @module
 */

import type { Account } from "./_account.ts";
import type { Image, Server } from "./_records.ts";
import { badRequest, linkBase, pathBelow } from "./_requests.ts";
import {
  type Call,
  findInPath,
  isObject,
  type JsonObject,
  jsonResponse,
  noContent,
  readJson,
  Refusal,
  type Routes,
} from "../kit/mod.ts";

/** Properties of an image that have a field of their own. */
const FIELDS = [
  "name",
  "visibility",
  "protected",
  "tags",
  "min_disk",
  "min_ram",
  "disk_format",
  "container_format",
  "os_hidden",
] as const;

const PATCH_TYPE = "application/openstack-images-v2.1-json-patch";

/** Creates the routes of Glance. */
export function imageRoutes(account: Account): Routes {
  account.image = {
    snapshot: (server, name, metadata) =>
      snapshot(account, server, name, metadata),
  };
  const { images } = account;
  const find = (call: Call) =>
    findInPath(
      images,
      call,
      () => new Refusal(404, `No image found with ID ${call.params.get("id")}`),
    );
  const versions = ({ url }: Call) =>
    jsonResponse(300, { versions: versionsJson(account, url) });
  return {
    "GET /": versions,
    "GET /versions": versions,
    "GET /v2/images": ({ url }) => listImages(account, url),
    "POST /v2/images": async ({ request }) => {
      const value = await readJson(request);
      const image = newImage(account, value);
      return jsonResponse(201, imageJson(images.add(image)));
    },
    "GET /v2/images/{id}": (call) => jsonResponse(200, imageJson(find(call))),
    "PATCH /v2/images/{id}": async (call) => {
      const image = find(call);
      await patchImage(account, image, call.request);
      return jsonResponse(200, imageJson(image));
    },
    "PUT /v2/images/{id}/file": async (call) => {
      const image = find(call);
      if (image.status !== "queued") {
        throw new Refusal(
          409,
          `Image status transition from ${image.status} to saving is not allowed`,
        );
      }
      const { byteLength } = await call.request.arrayBuffer();
      Object.assign(image, { status: "active", size: byteLength });
      return noContent();
    },
    "DELETE /v2/images/{id}": (call) => {
      const image = find(call);
      if (image.protected) {
        throw new Refusal(
          403,
          `Image ${image.id} is protected and cannot be deleted.`,
        );
      }
      if (image.owner !== account.projectId) {
        throw new Refusal(403, "You are not permitted to delete this image.");
      }
      images.delete(image.id);
      return noContent();
    },
    ...Object.fromEntries(
      [["deactivate", "deactivated"], ["reactivate", "active"]].map((
        [action, status],
      ) => [
        `POST /v2/images/{id}/actions/${action}`,
        (call: Call) => {
          find(call).status = status!;
          return noContent();
        },
      ]),
    ),
  };
}

/** Versions of the API; clients search them for the newest one. */
function versionsJson(account: Account, url: URL): object[] {
  const href = `${linkBase(account, "image", url)}/v2/`;
  return [15, 13, 12, 11, 10, 9, 7, 6, 5, 4, 3, 2, 1, 0].map((minor) => ({
    id: `v2.${minor}`,
    status: minor === 15 ? "CURRENT" : "SUPPORTED",
    links: [{ rel: "self", href }],
  }));
}

function listImages(account: Account, url: URL): Response {
  const { searchParams } = url;
  const query = Object.fromEntries(searchParams);
  const limit = query["limit"];
  if (limit !== undefined && !/^\d+$/.test(limit)) {
    throw badRequest("limit param must be an integer");
  }
  const tags = searchParams.getAll("tag");
  const tests: ((image: Image) => boolean)[] = [
    ({ os_hidden }) => os_hidden === (query["os_hidden"] === "true"),
    ...["name", "status", "visibility", "owner", "disk_format"].map(
      (field) => (image: Image) =>
        query[field] === undefined ||
        image[field as "name"] === query[field].replace(/^in:/, ""),
    ),
    (image) => tags.every((tag) => image.tags.includes(tag)),
  ];
  const all = [...account.images.list].reverse()
    .filter((image) => tests.every((test) => test(image)));
  const { marker } = query;
  const start = marker === undefined
    ? 0
    : all.findIndex(({ id }) => id === marker) + 1;
  if (marker !== undefined && start === 0) {
    throw badRequest(`Image ${marker} could not be found.`);
  }
  const { largestPage } = account.settings;
  // Glance sends 25 images, unless the client requests another number.
  const size = Math.min(Number(limit ?? 25), largestPage);
  const items = all.slice(start, start + size);
  const path = pathBelow("image", url);
  const first = new URLSearchParams(searchParams);
  first.delete("marker");
  const next = new URLSearchParams(searchParams);
  next.set("marker", items.at(-1)?.id ?? "");
  const withQuery = (params: URLSearchParams) =>
    params.size === 0 ? path : `${path}?${params}`;
  return jsonResponse(200, {
    images: items.map(imageJson),
    first: withQuery(first),
    // A full page has a link, even if it is the last one.
    ...items.length > 0 && items.length === size && { next: withQuery(next) },
    schema: "/v2/schemas/images",
  });
}

function newImage(account: Account, value: JsonObject): Image {
  const { name = null, visibility = "shared", tags = [] } = value;
  const now = account.timestamp();
  if (name !== null && typeof name !== "string") {
    throw badRequest(
      "Failed validating 'type' in schema['properties']['name']",
    );
  }
  const properties = Object.entries(value)
    .filter(([key]) => !(FIELDS as readonly string[]).includes(key))
    .map(([key, text]) => [key, `${text}`]);
  return {
    id: account.takeId(),
    name: name as string | null,
    status: "queued",
    visibility: `${visibility}`,
    protected: value["protected"] === true,
    tags: [tags].flat().map((tag) => `${tag}`),
    created_at: now,
    updated_at: now,
    owner: account.projectId,
    size: null,
    min_disk: Number(value["min_disk"] ?? 0),
    min_ram: Number(value["min_ram"] ?? 0),
    disk_format: value["disk_format"] as string ?? null,
    container_format: value["container_format"] as string ?? null,
    checksum: null,
    os_hidden: value["os_hidden"] === true,
    properties: Object.fromEntries(properties),
  };
}

/** Creates the image of a server, which is complete after a while. */
function snapshot(
  account: Account,
  server: Server,
  name: string,
  metadata: Readonly<Record<string, string>>,
): string {
  const { createMs, fails } = account.settings;
  const image = account.images.add({
    ...newImage(account, { name, visibility: "private" }),
    disk_format: "raw",
    container_format: "bare",
    min_disk: server.flavor.disk,
    properties: {
      ...metadata,
      base_image_ref: server.imageId,
      image_type: "snapshot",
      instance_uuid: server.id,
    },
  });
  const willFail = fails({ kind: "create", name, id: image.id });
  account.timeline.after(createMs, () => {
    // Glance has no status for a failure: Nova deletes the image.
    if (willFail) account.images.delete(image.id);
    else Object.assign(image, { status: "active", size: 1024 });
  });
  return image.id;
}

/** Applies a JSON patch, as Glance restricts it. */
async function patchImage(
  account: Account,
  image: Image,
  request: Request,
): Promise<void> {
  if (request.headers.get("content-type") !== PATCH_TYPE) {
    throw new Refusal(415, "Unsupported Media Type");
  }
  const changes: unknown = await request.json().catch(() => undefined);
  if (!Array.isArray(changes) || !changes.every(isObject)) {
    throw badRequest("Request body must be a JSON array of operation objects.");
  }
  for (const { op, path, value } of changes as JsonObject[]) {
    const [, key = ""] = /^\/([^/]+)$/.exec(`${path}`) ?? [];
    const isField = (FIELDS as readonly string[]).includes(key);
    if (isField && op === "replace") Object.assign(image, { [key]: value });
    else if (isField || key === "") {
      throw new Refusal(403, `Attribute '${key}' is read-only.`);
    } else if (op === "remove") delete image.properties[key];
    else image.properties[key] = `${value}`;
  }
  image.updated_at = account.timestamp();
}

function imageJson({ properties, ...image }: Image): object {
  return {
    ...properties,
    ...image,
    virtual_size: image.size,
    os_hash_algo: image.size === null ? null : "sha512",
    os_hash_value: image.size === null ? null : "0a1b2c3d".repeat(16),
    self: `/v2/images/${image.id}`,
    file: `/v2/images/${image.id}/file`,
    schema: "/v2/schemas/image",
  };
}
