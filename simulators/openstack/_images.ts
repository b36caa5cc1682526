/**
 * Glance: images, their data, tags and members.
 *
 * @module
 */

import { type Account, urlOf } from "./_account.ts";
import { memberRoutes } from "./_image_members.ts";
import type { Image, Server } from "./_records.ts";
import { badRequest, linkBase, pathBelow } from "./_requests.ts";
import {
  type Call,
  findInPath,
  isObject,
  type JsonObject,
  jsonResponse,
  md5,
  noContent,
  readBody,
  readJson,
  Refusal,
  type Routes,
} from "../kit/mod.ts";

/** Fields that a client can set, by the type of their values. */
const FIELDS: Readonly<Record<string, "boolean" | "integer" | "string">> = {
  name: "string",
  visibility: "string",
  disk_format: "string",
  container_format: "string",
  min_disk: "integer",
  min_ram: "integer",
  protected: "boolean",
  os_hidden: "boolean",
};

/** Words that a field can have. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  visibility: ["community", "public", "private", "shared"],
  disk_format: [
    ...["ami", "ari", "aki", "vhd", "vhdx", "vmdk", "raw", "qcow2", "vdi"],
    ...["iso", "ploop"],
  ],
  container_format: [
    ...["ami", "ari", "aki", "bare", "ovf", "ova", "docker", "compressed"],
  ],
};

/** Fields that no client can set. */
const READ_ONLY = [
  "status",
  "size",
  "virtual_size",
  "checksum",
  "created_at",
  "updated_at",
  "self",
  "file",
  "schema",
  "direct_url",
  "os_hash_algo",
  "os_hash_value",
];

const PATCH_TYPES = [
  "application/openstack-images-v2.0-json-patch",
  "application/openstack-images-v2.1-json-patch",
];

/** Creates the routes of Glance. */
export function imageRoutes(account: Account): Routes {
  account.image = {
    snapshot: (server, name, metadata) =>
      snapshot(account, server, name, metadata),
  };
  return {
    "GET /": ({ url }) => versionsResponse(account, url),
    "GET /versions": ({ url }) => versionsResponse(account, url),
    ...imageOnly(account),
    ...dataRoutes(account),
    ...tagRoutes(account),
    ...memberRoutes(account, findOwn(account)),
  };
}

/** Sends the versions of the API; clients search them for the newest one. */
function versionsResponse(account: Account, url: URL): Response {
  const href = `${linkBase(account, "image", url)}/v2/`;
  const minors = [15, 13, 12, 11, 10, 9, 7, 6, 5, 4, 3, 2, 1, 0];
  const versions = minors.map((minor) => ({
    id: `v2.${minor}`,
    status: minor === 15 ? "CURRENT" : "SUPPORTED",
    links: [{ rel: "self", href }],
  }));
  return jsonResponse(300, { versions });
}

function unknownImage(id: unknown): Refusal {
  return new Refusal(404, `No image found with ID ${id}`);
}

function forbidden(message: string): Refusal {
  return new Refusal(403, message);
}

function findImage({ images }: Account): (call: Call) => Image {
  return (call) =>
    findInPath(images, call, () => unknownImage(call.params.get("id")));
}

/** Finds an image that the project may change. */
function findOwn(account: Account): (call: Call) => Image {
  const find = findImage(account);
  return (call) => {
    const image = find(call);
    if (image.owner === account.projectId) return image;
    throw forbidden("You do not own this image");
  };
}

function imageOnly(account: Account): Routes {
  const { images } = account;
  const find = findImage(account);
  const own = findOwn(account);
  return {
    "GET /v2/images": ({ url }) => listImages(account, url),
    "POST /v2/images": async ({ request, url }) => {
      const value = await readJson(request).catch(() => {
        throw badRequest("Malformed JSON in request body.");
      });
      const image = newImage(account, value);
      const location = `${urlOf("image", url)}/v2/images/${image.id}`;
      return jsonResponse(201, imageJson(images.add(image)), {
        Location: location,
      });
    },
    "GET /v2/images/{id}": (call) => jsonResponse(200, imageJson(find(call))),
    "PATCH /v2/images/{id}": async (call) => {
      const image = find(call);
      await patchImage(account, image, call.request);
      return jsonResponse(200, imageJson(image));
    },
    "DELETE /v2/images/{id}": (call) => {
      const id = call.params.get("id") ?? "";
      if (!images.has(id)) {
        throw new Refusal(404, `Failed to find image ${id} to delete`);
      }
      const image = own(call);
      if (image.protected) {
        throw forbidden(`Image ${id} is protected and cannot be deleted.`);
      }
      images.delete(image.id);
      return noContent();
    },
  };
}

function dataRoutes(account: Account): Routes {
  const find = findImage(account);
  const own = findOwn(account);
  // What clients have uploaded, by the id of the image.
  const data = new Map<string, Uint8Array<ArrayBuffer>>();
  const switchTo =
    (action: string, from: string, to: string) => (call: Call) => {
      const image = own(call);
      if (image.status !== from && image.status !== to) {
        throw forbidden(
          `Not allowed to ${action} image in status '${image.status}'`,
        );
      }
      image.status = to;
      image.updated_at = account.timestamp();
      return noContent();
    };
  return {
    "PUT /v2/images/{id}/file": async (call) => {
      const image = own(call);
      const type = call.request.headers.get("content-type") ?? "";
      if (type !== "application/octet-stream") throw unsupported(type);
      if (image.status !== "queued") {
        throw new Refusal(
          409,
          `Image status transition from ${image.status} to saving is not allowed`,
        );
      }
      const bytes = await readBody(call.request);
      const digest = await crypto.subtle.digest("SHA-512", bytes);
      data.set(image.id, bytes);
      Object.assign(image, {
        status: "active",
        size: bytes.length,
        checksum: md5(bytes).replaceAll(":", ""),
        sha512: toHex(new Uint8Array(digest)),
        updated_at: account.timestamp(),
      });
      return noContent();
    },
    "GET /v2/images/{id}/file": (call) => {
      const image = find(call);
      if (image.status === "deactivated") {
        throw forbidden(
          "The requested image has been deactivated. Image data download is " +
            "forbidden.",
        );
      }
      const bytes = data.get(image.id);
      if (bytes === undefined) return noContent();
      return new Response(bytes, {
        headers: {
          "Content-Type": "application/octet-stream",
          "Content-Md5": image.checksum ?? "",
        },
      });
    },
    "POST /v2/images/{id}/actions/deactivate": switchTo(
      "deactivate",
      "active",
      "deactivated",
    ),
    "POST /v2/images/{id}/actions/reactivate": switchTo(
      "reactivate",
      "deactivated",
      "active",
    ),
  };
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}

function tagRoutes(account: Account): Routes {
  const own = findOwn(account);
  const path = "/v2/images/{id}/tags/{tag}";
  return {
    [`PUT ${path}`]: (call) => {
      const image = own(call);
      image.tags = [...new Set([...image.tags, call.params.get("tag")!])];
      return noContent();
    },
    [`DELETE ${path}`]: (call) => {
      const image = own(call);
      const tag = call.params.get("tag")!;
      if (!image.tags.includes(tag)) {
        throw new Refusal(404, "The resource could not be found.");
      }
      image.tags = image.tags.filter((it) => it !== tag);
      return noContent();
    },
  };
}

/** Parameters of a list that are no filters. */
const NO_FILTERS = [
  ...["limit", "marker", "sort", "sort_key", "sort_dir", "member_status"],
];

/** Images that a query selects. */
function selectImages(
  { images, projectId }: Account,
  searchParams: URLSearchParams,
): readonly Image[] {
  const visibility = searchParams.get("visibility");
  const isKnown = ["all", ...WORDS["visibility"]!].includes(
    visibility ?? "all",
  );
  if (!isKnown) throw badRequest(`Invalid visibility value: ${visibility}`);
  const query = new URLSearchParams(searchParams);
  if (visibility === "all") query.delete("visibility");
  if (!query.has("os_hidden")) query.set("os_hidden", "false");
  const names = [...new Set(query.keys())]
    .filter((it) => !NO_FILTERS.includes(it));
  const isWanted = (image: Image, name: string, wanted: string) => {
    if (name === "tag") return image.tags.includes(wanted);
    if (name === "size_min") return (image.size ?? 0) >= Number(wanted);
    if (name === "size_max") return (image.size ?? 0) <= Number(wanted);
    const value = `${Reflect.get(imageJson(image), name)}`;
    return wanted.startsWith("in:")
      ? wanted.slice(3).split(",").includes(value)
      : value === (name === "os_hidden" ? wanted.toLowerCase() : wanted);
  };
  // Images of a community are listed only for who asks for them.
  const isListed = ({ visibility: own, owner }: Image) =>
    own !== "community" || visibility !== null || owner === projectId;
  return images.list.filter((image) =>
    isListed(image) &&
    names.every((name) =>
      query.getAll(name).every((wanted) => isWanted(image, name, wanted))
    )
  );
}

/** Sorts images; by default the newest is the first. */
function sortImages(
  all: readonly Image[],
  query: URLSearchParams,
): readonly Image[] {
  const [key = "created_at", direction = "desc"] =
    query.get("sort")?.split(",")[0]?.split(":") ??
      [query.get("sort_key") ?? "created_at", query.get("sort_dir") ?? "desc"];
  const sign = direction === "asc" ? 1 : -1;
  const ordered = sign === 1 ? all : [...all].reverse();
  return [...ordered].sort((one, other) => {
    const [a, b] = [`${Reflect.get(one, key)}`, `${Reflect.get(other, key)}`];
    return a === b ? 0 : a < b ? -sign : sign;
  });
}

function listImages(account: Account, url: URL): Response {
  const { searchParams } = url;
  const limit = searchParams.get("limit");
  if (limit !== null && !/^\d+$/.test(limit)) {
    throw badRequest("limit param must be an integer");
  }
  const all = sortImages(selectImages(account, searchParams), searchParams);
  const marker = searchParams.get("marker");
  if (marker !== null && !account.images.has(marker)) {
    throw badRequest(`No image found with ID ${marker}`);
  }
  const start = all.findIndex(({ id }) => id === marker) + 1;
  // Glance sends 25 images, unless the client requests another number.
  const size = Math.min(Number(limit ?? 25), account.settings.largestPage);
  const items = all.slice(start, start + size);
  const path = pathBelow("image", url);
  const link = (marker?: string) => {
    const params = new URLSearchParams(searchParams);
    params.delete("marker");
    if (marker !== undefined) params.set("marker", marker);
    return params.size === 0 ? path : `${path}?${params}`;
  };
  return jsonResponse(200, {
    images: items.map(imageJson),
    first: link(),
    schema: "/v2/schemas/images",
    // A full page has a link, even if it is the last one.
    ...items.length > 0 && items.length === size && {
      next: link(items.at(-1)!.id),
    },
  });
}

/** Creates the error of a value that the schema of images does not allow. */
function schemaError(reason: string): Refusal {
  return badRequest(`Provided object does not match schema 'image': ${reason}`);
}

/** Checks the value of a field or of a custom property. */
function checkValue(
  account: Account,
  key: string,
  value: unknown,
  id = "",
): void {
  if (READ_ONLY.includes(key)) {
    throw forbidden(`Attribute '${key}' is read-only.`);
  }
  if (key === "owner" && value !== account.projectId) {
    throw forbidden(
      id === ""
        ? `You are not permitted to create images owned by '${value}'.`
        : "You are not permitted to set owner on this image.",
    );
  }
  if (key === "tags") {
    if (Array.isArray(value)) return;
    throw schemaError(`${JSON.stringify(value)} is not of type 'array'`);
  }
  const isNullable = ["name", "disk_format", "container_format"].includes(key);
  if (value === null && isNullable) return;
  const type = FIELDS[key] ?? "string";
  const isType = {
    boolean: typeof value === "boolean",
    integer: Number.isInteger(value),
    string: typeof value === "string",
  }[type];
  const shown = typeof value === "string" ? `'${value}'` : `${value}`;
  if (!isType) {
    const types = isNullable ? `'null', '${type}'` : `'${type}'`;
    throw schemaError(`${shown} is not of type ${types}`);
  }
  const words = WORDS[key];
  if (words !== undefined && !words.includes(value as string)) {
    const list = words.map((it) => `'${it}'`).join(", ");
    throw schemaError(
      `${shown} is not one of [${isNullable ? "None, " : ""}${list}]`,
    );
  }
  if (typeof value === "number" && value < 0) {
    throw badRequest(
      `Invalid value '${value}' for parameter '${key}': Cannot be a negative ` +
        "value",
    );
  }
  if (key === "visibility" && value === "public") {
    throw forbidden(
      "You are not authorized to complete publicize_image action.",
    );
  }
}

function newImage(account: Account, value: JsonObject): Image {
  for (const [key, it] of Object.entries(value)) {
    if (key !== "id") checkValue(account, key, it);
  }
  const { id = account.takeId() } = value;
  if (!/^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i.test(`${id}`)) {
    throw schemaError(
      `'${id}' does not match '^([0-9a-fA-F]){8}-([0-9a-fA-F]){4}-` +
        "([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){12}$'",
    );
  }
  if (account.images.has(`${id}`)) {
    throw new Refusal(409, `Image ID ${id} already exists!`);
  }
  const now = account.timestamp();
  const isOwn = (key: string) =>
    key in FIELDS || ["id", "owner", "tags"].includes(key);
  const fields = Object.entries(value).filter(([key]) => key in FIELDS);
  const properties = Object.entries(value).filter(([key]) => !isOwn(key));
  return {
    name: null,
    status: "queued",
    visibility: "shared",
    protected: false,
    created_at: now,
    updated_at: now,
    owner: account.projectId,
    size: null,
    min_disk: 0,
    min_ram: 0,
    disk_format: null,
    container_format: null,
    checksum: null,
    os_hidden: false,
    ...Object.fromEntries(fields) as Partial<Image>,
    id: `${id}`,
    tags: readTags(value["tags"]),
    properties: Object.fromEntries(properties) as Record<string, string>,
  };
}

function readTags(value: unknown): string[] {
  return [...new Set([value ?? []].flat().map((tag) => `${tag}`))];
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
  const willFail = fails({ kind: "image", name: "createImage", id: server.id });
  account.timeline.after(createMs, (at) => {
    // Glance has no status for a failure: Nova deletes the image.
    if (willFail) account.images.delete(image.id);
    const updated_at = account.timestamp(at);
    Object.assign(image, { status: "active", size: 1024, updated_at });
  });
  return image.id;
}

function unsupported(type: string): Refusal {
  return new Refusal(
    415,
    `The request media type ${type} is not supported by this server.`,
    { headers: { "Accept-Patch": PATCH_TYPES.join(", ") } },
  );
}

/** Applies a JSON patch, as Glance restricts it: all of its changes or none. */
async function patchImage(
  account: Account,
  image: Image,
  request: Request,
): Promise<void> {
  const type = request.headers.get("content-type") ?? "";
  if (!PATCH_TYPES.includes(type)) throw unsupported(type);
  const changes: unknown = await request.json().catch(() => undefined);
  if (!Array.isArray(changes) || !changes.every(isObject)) {
    throw badRequest("Request body must be a JSON array of operation objects.");
  }
  if (image.owner !== account.projectId) {
    throw forbidden("You do not own this image");
  }
  const draft = structuredClone(image);
  for (const change of changes) applyChange(account, draft, change);
  Object.assign(image, draft, { updated_at: account.timestamp() });
}

function applyChange(account: Account, image: Image, change: JsonObject): void {
  const { op, path, value } = change;
  if (op !== "add" && op !== "remove" && op !== "replace") {
    throw badRequest(
      `Invalid operation: \`${op}\`. It must be one of the following: add, ` +
        "remove, replace.",
    );
  }
  const [, escaped] = /^\/([^/]+)$/.exec(`${path}`) ?? [];
  if (escaped === undefined) {
    throw badRequest(`Pointer \`${path}\` does not start with "/".`);
  }
  const key = escaped.replaceAll("~1", "/").replaceAll("~0", "~");
  const isField = key in FIELDS || key === "tags" || key === "owner";
  const isThere = Object.hasOwn(image.properties, key);
  if (op === "remove" && isField) {
    throw forbidden(`Property ${key} may not be removed.`);
  }
  if (op !== "add" && !isField && !isThere && !READ_ONLY.includes(key)) {
    throw new Refusal(409, `Property ${key} does not exist.`);
  }
  checkValue(account, key, op === "remove" ? "" : value, image.id);
  if (op === "remove") delete image.properties[key];
  else if (key === "tags") image.tags = readTags(value);
  else if (isField) Object.assign(image, { [key]: value });
  else image.properties[key] = `${value}`;
}

function imageJson({ properties, sha512, ...image }: Image): object {
  const hasData = image.size !== null;
  return {
    ...properties,
    ...image,
    virtual_size: image.size,
    checksum: hasData ? image.checksum ?? "0a1b2c3d".repeat(4) : null,
    os_hash_algo: hasData ? "sha512" : null,
    os_hash_value: hasData ? sha512 ?? "0a1b2c3d".repeat(16) : null,
    self: `/v2/images/${image.id}`,
    file: `/v2/images/${image.id}/file`,
    schema: "/v2/schemas/image",
    ...image.status === "active" && { stores: "file" },
  };
}
