/**
 * Tags and the droplets that have them.
 *
 * @module
 */

import { STATUS_CODE } from "@std/http/status";
import { type Account, dropletById } from "./_account.ts";
import {
  ok,
  readFields,
  readTag,
  refuseInvalid,
  refuseNotFound,
} from "./_requests.ts";
import {
  type Call,
  isObject,
  jsonResponse,
  noContent,
  type Routes,
} from "../kit/mod.ts";

/** Routes of tags. */
export function tagRoutes(account: Account): Routes {
  return {
    "GET /v2/tags": (call) => {
      const { listed } = account;
      const toJson = (tag: string) => tagJson(listed, tag);
      return account.page(call, "tags", [...listed.tags], toJson);
    },
    "POST /v2/tags": (call) => createTag(account, call),
    "GET /v2/tags/{id}": (call) =>
      ok({ tag: tagJson(account, tagInPath(account, call)) }),
    "DELETE /v2/tags/{id}": (call) => deleteTag(account, call),
    "POST /v2/tags/{id}/resources": (call) => setTag(account, call, true),
    "DELETE /v2/tags/{id}/resources": (call) => setTag(account, call, false),
  };
}

function tagInPath(account: Account, { params }: Call): string {
  const tag = params.get("id") ?? "";
  return account.tags.has(tag) ? tag : refuseNotFound();
}

async function createTag(account: Account, call: Call): Promise<Response> {
  const tag = readTag((await readFields(call)).string("name"));
  account.tags.add(tag);
  return jsonResponse(STATUS_CODE.Created, { tag: tagJson(account, tag) });
}

function deleteTag(account: Account, call: Call): Response {
  const tag = tagInPath(account, call);
  account.tags.delete(tag);
  for (const droplet of account.droplets.values()) {
    droplet.tags = droplet.tags.filter((it) => it !== tag);
  }
  return noContent();
}

/** Adds a tag to droplets, or removes it from them. */
async function setTag(
  account: Account,
  call: Call,
  isOn: boolean,
): Promise<Response> {
  const tag = tagInPath(account, call);
  const { optional } = await readFields(call);
  const droplets = (optional.list("resources") ?? []).map((resource) => {
    const it = isObject(resource) ? resource : {};
    if (it.resource_type !== "droplet") {
      refuseInvalid(
        `resource_type "${it.resource_type}" is not supported here`,
      );
    }
    return dropletById(account, it.resource_id);
  });
  for (const droplet of droplets) {
    const others = droplet.tags.filter((it) => it !== tag);
    droplet.tags = isOn ? [...others, tag] : others;
  }
  return noContent();
}

function tagJson(account: Account, name: string) {
  let last: number | undefined;
  let count = 0;
  for (const { id, tags } of account.droplets.values()) {
    if (!tags.includes(name)) continue;
    count++;
    last = id;
  }
  const counted = {
    count,
    ...(last === undefined
      ? {}
      : { last_tagged_uri: `${account.settings.baseUrl}/v2/droplets/${last}` }),
  };
  return {
    name,
    resources: {
      ...counted,
      droplets: counted,
      images: { count: 0 },
      volumes: { count: 0 },
      volume_snapshots: { count: 0 },
      databases: { count: 0 },
    },
  };
}
