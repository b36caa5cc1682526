/**
 * Routes, errors and fields that all kinds of resources of Neutron have.
 *
 * @module
 */

import { type Account, urlOf } from "./_account.ts";
import type { AddressAllocator } from "./_addresses.ts";
import type {
  FloatingIp,
  Network,
  Port,
  Router,
  SecurityGroup,
  SecurityGroupRule,
  Subnet,
} from "./_network_records.ts";
import { linkBase, pathBelow } from "./_requests.ts";
import {
  type Call,
  isObject,
  type JsonObject,
  jsonResponse,
  noContent,
  readBody,
  Refusal,
  type Routes,
  Store,
} from "../kit/mod.ts";

/** Id of the project of the operator, which owns the external network. */
const OPERATOR = "b838d4ddd103403b9e6abf90677b78e4";

/** The networks of a project. */
export interface Project {
  readonly account: Account;
  readonly networks: StampedStore<Network>;
  readonly subnets: StampedStore<Subnet>;
  readonly ports: StampedStore<Port>;
  /** Returns the ports of a server or a router. */
  readonly portsOf: (device: string) => readonly Port[];
  readonly routers: StampedStore<Router>;
  readonly floatingIps: StampedStore<FloatingIp>;
  readonly groups: StampedStore<SecurityGroup>;
  readonly rules: StampedStore<SecurityGroupRule>;
  /** Addresses in use, by subnet. */
  readonly addresses: Map<string, AddressAllocator>;
}

/** What Neutron notes about each resource. */
interface Stamp {
  readonly created_at: string;
  updated_at: string;
  revision_number: number;
  tags: readonly string[];
}

/** Resources, with what Neutron notes about each. */
export class StampedStore<T extends { readonly id: string }>
  extends Store<string, T> {
  readonly #stamps = new Map<string, Stamp>();
  readonly #account: Account;
  #changes = 0;

  /** Creates an empty store. */
  constructor(account: Account) {
    super();
    this.#account = account;
  }

  /** Adds a resource, which is created now. */
  override add(resource: T): T {
    const now = this.#account.timestamp();
    this.#stamps.set(resource.id, {
      created_at: now,
      updated_at: now,
      revision_number: 0,
      tags: [],
    });
    return super.add(resource);
  }

  /** Number of changes of resources, besides those that are new or deleted. */
  get changes(): number {
    return this.#changes;
  }

  /** Returns the notes about a resource. */
  stampOf({ id }: Pick<T, "id">): Stamp {
    return this.#stamps.get(id)!;
  }

  /** Notes a change of a resource. */
  touch(resource: Pick<T, "id">): void {
    this.#changes++;
    const stamp = this.stampOf(resource);
    stamp.updated_at = this.#account.timestamp();
    stamp.revision_number++;
  }
}

/** What is special about a kind of resources. */
export interface Kind<T extends { readonly id: string }> {
  /** Name of one resource, such as `"port"`. */
  readonly one: string;
  /** Name of a list, which is also the path with dashes. */
  readonly many: string;
  /** Fields that a client can set at any time. */
  readonly changeable: readonly string[];
  /** Further fields that a client can set when it creates a resource. */
  readonly initial?: readonly string[];
  /** Creates the error of an unknown id. */
  readonly unknown: (id: unknown) => Refusal;
  readonly store: StampedStore<T>;
  /** Whether the operator of the cloud owns a resource. */
  readonly isForeign?: (resource: T) => boolean;
  /** Whether the project sees a resource. */
  readonly isVisible?: (resource: T) => boolean;
  /** Adds the fields that are not stored. */
  readonly show: (resource: T) => object;
  readonly create: (value: JsonObject) => T;
  readonly update: (resource: T, value: JsonObject) => void;
  /** Checks that a resource can be deleted, and deletes what it contains. */
  readonly remove: (resource: T) => void;
}

/** Creates the routes of a kind of resources. */
export function kindRoutes<T extends { readonly id: string }>(
  project: Project,
  kind: Kind<T>,
): Routes {
  const { one, many, store, isVisible = () => true } = kind;
  const { account } = project;
  const path = `/${many.replaceAll("_", "-")}`;

  function find({ params }: Call): T {
    const id = params.get("id") ?? "";
    const found = store.get(id);
    if (found === undefined || !isVisible(found)) throw kind.unknown(id);
    return found;
  }

  /** Finds a resource to change, which must belong to the project. */
  function findOwn(call: Call, action: "delete" | "update"): T {
    const found = find(call);
    if (kind.isForeign?.(found)) throw forbidden(`rule:${action}_${one}`);
    return found;
  }

  function show(resource: T): Item {
    const owner = kind.isForeign?.(resource) ? OPERATOR : account.projectId;
    return {
      ...kind.show(resource),
      id: resource.id,
      tenant_id: owner,
      project_id: owner,
      ...store.stampOf(resource),
    };
  }

  /** Checks the fields of a request against those that Neutron knows. */
  function check(value: JsonObject, isNew: boolean): void {
    const { changeable, initial = [] } = kind;
    const settable = isNew
      ? [...changeable, ...initial, "project_id", "tenant_id"]
      : changeable;
    const refused = Object.keys(value).filter((it) => !settable.includes(it));
    const [sample] = store.list;
    const known = [...initial, ...Object.keys(sample ? show(sample) : {})];
    const unknown = refused.filter((it) => !known.includes(it));
    if (unknown.length > 0) {
      const names = unknown.map((it) => `'${it}'`).join(", ");
      throw invalidRequest(`Unrecognized attribute(s) ${names}`);
    }
    if (refused.length > 0) {
      throw invalidRequest(
        isNew
          ? `Attribute '${refused[0]}' not allowed in POST`
          : `Cannot update read-only attribute ${refused[0]}`,
      );
    }
    for (const name of ["project_id", "tenant_id"]) {
      if (name in value && value[name] !== account.projectId) {
        throw forbidden(`rule:create_${one}`);
      }
    }
  }

  function create(value: JsonObject): Item {
    check(value, true);
    const limit = account.settings.quotas[one] ?? -1;
    const used = store.list.filter((it) => !kind.isForeign?.(it)).length;
    if (limit >= 0 && used >= limit) {
      const message = `Quota exceeded for resources: ['${one}'].`;
      throw inUse("OverQuota", message);
    }
    return show(kind.create(value));
  }

  return {
    [`GET ${path}`]: ({ url }) => {
      const all = store.list.filter(isVisible).map(show);
      return listResponse(account, kind, all, url);
    },
    [`POST ${path}`]: async (call) => {
      const body = await readObjectBody(call);
      const list = body[many];
      if (Array.isArray(list) && list.every(isObject)) {
        return jsonResponse(201, { [many]: list.map(create) });
      }
      return jsonResponse(201, { [one]: create(valueIn(body, one)) });
    },
    [`GET ${path}/{id}`]: (call) => {
      const fields = call.url.searchParams.getAll("fields");
      return jsonResponse(200, { [one]: pick(show(find(call)), fields) });
    },
    [`PUT ${path}/{id}`]: async (call) => {
      const resource = findOwn(call, "update");
      const value = valueIn(await readObjectBody(call), one);
      check(value, false);
      kind.update(resource, value);
      store.touch(resource);
      return jsonResponse(200, { [one]: show(resource) });
    },
    [`DELETE ${path}/{id}`]: (call) => {
      const resource = findOwn(call, "delete");
      kind.remove(resource);
      store.delete(resource.id);
      return noContent();
    },
  };
}

/** Creates the routes of the tags of a kind of resources. */
export function tagRoutes<T extends { readonly id: string }>(
  { many, store }: Kind<T>,
): Routes {
  const path = `/${many.replaceAll("_", "-")}/{id}/tags`;
  function find({ params }: Call): T {
    const id = params.get("id") ?? "";
    const found = store.get(id);
    if (found !== undefined) return found;
    const message = `Resource ${many} ${id} could not be found.`;
    throw new Refusal(404, message, { code: "TagResourceNotFound" });
  }
  function change(call: Call, toTags: (tags: readonly string[]) => string[]) {
    const resource = find(call);
    const stamp = store.stampOf(resource);
    stamp.tags = [...new Set(toTags(stamp.tags))].sort();
    store.touch(resource);
    return stamp.tags;
  }
  const tagOf = ({ params }: Call) => params.get("tag") ?? "";
  function requireTag(call: Call): void {
    if (store.stampOf(find(call)).tags.includes(tagOf(call))) return;
    const message = `Tag ${tagOf(call)} could not be found.`;
    throw new Refusal(404, message, { code: "TagNotFound" });
  }
  return {
    [`GET ${path}`]: (call) =>
      jsonResponse(200, { tags: store.stampOf(find(call)).tags }),
    [`PUT ${path}`]: async (call) => {
      const { tags } = await readObjectBody(call);
      if (!Array.isArray(tags)) {
        throw invalidRequest("Invalid input for tags.");
      }
      const changed = change(call, () => tags.map((tag) => `${tag}`));
      return jsonResponse(200, { tags: changed });
    },
    [`DELETE ${path}`]: (call) => {
      change(call, () => []);
      return noContent();
    },
    [`GET ${path}/{tag}`]: (call) => {
      requireTag(call);
      return noContent();
    },
    [`PUT ${path}/{tag}`]: (call) => {
      change(call, (tags) => [...tags, tagOf(call)]);
      return jsonResponse(201, null);
    },
    [`DELETE ${path}/{tag}`]: (call) => {
      requireTag(call);
      change(call, (tags) => tags.filter((tag) => tag !== tagOf(call)));
      return noContent();
    },
  };
}

/** A resource as Neutron shows it. */
type Item = JsonObject & { readonly id: string };

/** Parameters of a list that are no filters. */
const NO_FILTERS = new Set([
  "fields",
  "limit",
  "marker",
  "page_reverse",
  "sort_dir",
  "sort_key",
]);

/** Filters by tags: a resource has all, one, not all or none of them. */
const TAG_FILTERS: Readonly<
  Record<string, (has: (tag: string) => boolean, tags: string[]) => boolean>
> = {
  "tags": (has, tags) => tags.every(has),
  "tags-any": (has, tags) => tags.some(has),
  "not-tags": (has, tags) => !tags.every(has),
  "not-tags-any": (has, tags) => !tags.some(has),
};

/** Sends the part of a list that a query selects. */
function listResponse<T extends { readonly id: string }>(
  account: Account,
  { many, unknown }: Kind<T>,
  all: readonly Item[],
  url: URL,
): Response {
  const query = url.searchParams;
  const found = sorted(filtered(all, query), query);
  const page = readPage(found, query, account.settings.largestPage, unknown);
  const fields = query.getAll("fields");
  const link = (rel: "next" | "previous", marker: string) => {
    const params = new URLSearchParams(query);
    params.delete("page_reverse");
    params.set("marker", marker);
    if (rel === "previous") params.set("page_reverse", "True");
    const base = linkBase(account, "network", url);
    return { rel, href: `${base}${pathBelow("network", url)}?${params}` };
  };
  const links = [
    ...page.hasNext ? [link("next", page.items.at(-1)!.id)] : [],
    ...page.hasPrevious ? [link("previous", page.items[0]!.id)] : [],
  ];
  return jsonResponse(200, {
    [many]: page.items.map((item) => pick(item, fields)),
    ...links.length > 0 && { [`${many}_links`]: links },
  });
}

/** Reads a page; without a limit, Neutron sends the largest one. */
function readPage(
  all: readonly Item[],
  query: URLSearchParams,
  largest: number,
  unknown: (id: unknown) => Refusal,
) {
  const text = query.get("limit") ?? "0";
  if (!/^\d+$/.test(text)) {
    throw new Refusal(
      400,
      "Bad limit request: Limit must be an integer 0 or greater and not " +
        `'${text}'.`,
      { code: "BadRequest" },
    );
  }
  const marker = query.get("marker");
  const position = all.findIndex(({ id }) => id === marker);
  if (marker !== null && position < 0) throw unknown(marker);
  const isReverse = query.get("page_reverse")?.toLowerCase() === "true";
  const size = Math.min(Number(text) || largest, largest);
  const end = marker === null ? all.length : position;
  const items = isReverse
    ? all.slice(Math.max(0, end - size), end)
    : all.slice(position + 1, position + 1 + size);
  const isPaged = Number(text) > 0 || all.length > largest;
  const isFull = items.length >= size;
  return {
    items,
    // A full page has a link, even if it is the last one.
    hasNext: isPaged && items.length > 0 && (isFull || isReverse),
    hasPrevious: isPaged && items.length > 0 && (isFull || !isReverse),
  };
}

function filtered(all: readonly Item[], query: URLSearchParams): Item[] {
  const names = [...new Set(query.keys())].filter((it) => !NO_FILTERS.has(it));
  const [sample] = all;
  const unknown = names.filter((name) =>
    sample !== undefined && !(name in sample) && !(name in TAG_FILTERS)
  );
  if (unknown.length > 0) {
    const list = unknown.map((it) => `'${it}'`).join(", ");
    throw invalidRequest(`[${list}] is invalid attribute for filtering`);
  }
  return all.filter((item) =>
    names.every((name) => {
      const values = query.getAll(name);
      const byTags = TAG_FILTERS[name];
      if (byTags === undefined) {
        return values.some((value) => matches(item[name], value));
      }
      const tags = item["tags"] as readonly string[];
      return byTags((tag) => tags.includes(tag), values.join(",").split(","));
    })
  );
}

function matches(value: unknown, wanted: string): boolean {
  if (typeof value === "boolean") return value === toBoolean(wanted);
  if (!Array.isArray(value)) return `${value ?? ""}` === wanted;
  // A list of objects is filtered by a field: "ip_address=10.0.0.2".
  const [name = "", text] = wanted.split("=");
  return value.some((it) =>
    isObject(it) ? `${it[name]}` === text : it === wanted
  );
}

function sorted(all: readonly Item[], query: URLSearchParams): Item[] {
  const keys = query.getAll("sort_key");
  const directions = query.getAll("sort_dir");
  if (keys.length !== directions.length) {
    throw invalidRequest("The number of sort_keys and sort_dirs must be same");
  }
  return [...all].sort((one, other) => {
    for (const [index, key] of keys.entries()) {
      const [a, b] = [`${one[key]}`, `${other[key]}`];
      const sign = directions[index] === "desc" ? -1 : 1;
      if (a !== b) return a < b ? -sign : sign;
    }
    return 0;
  });
}

function pick(item: Item, fields: readonly string[]): object {
  if (fields.length === 0) return item;
  return Object.fromEntries(
    Object.entries(item).filter(([key]) => fields.includes(key)),
  );
}

/** Creates the error of a request whose form is invalid. */
export function invalidRequest(message: string): Refusal {
  return new Refusal(400, message, { code: "HTTPBadRequest" });
}

/** Creates the error of values that do not fit together. */
export function invalidInput(message: string): Refusal {
  return new Refusal(400, `Invalid input for operation: ${message}`, {
    code: "InvalidInput",
  });
}

/** Creates the error of a request that only an administrator can send. */
export function forbidden(rule: string): Refusal {
  return new Refusal(403, `${rule} is disallowed by policy`, {
    code: "PolicyNotAuthorized",
  });
}

/** Creates the error of an unknown id. */
export function unknown(code: string, noun: string, id: unknown): Refusal {
  return new Refusal(404, `${noun} ${id} could not be found.`, { code });
}

/** Creates the error of a resource that is in use. */
export function inUse(code: string, message: string): Refusal {
  return new Refusal(409, message, { code });
}

/** Creates the error of a request that has an invalid combination. */
export function badRequestOf(resource: string, message: string): Refusal {
  return new Refusal(400, `Bad ${resource} request: ${message}`, {
    code: "BadRequest",
  });
}

/** Reads a body, which is an object. */
export async function readObjectBody({ request }: Call): Promise<JsonObject> {
  const json = new TextDecoder().decode(await readBody(request));
  let value: unknown = {};
  try {
    if (json !== "") value = JSON.parse(json);
  } catch {
    // It is no object, either.
    value = undefined;
  }
  if (isObject(value)) return value;
  throw invalidRequest("Body contains invalid data");
}

function valueIn(body: JsonObject, name: string): JsonObject {
  const value = body[name];
  if (isObject(value)) return value;
  throw invalidRequest(`Unable to find '${name}' in request body`);
}

/** Reads a string that must be present. */
export function required(value: JsonObject, name: string): string {
  requirePresent(value, name);
  return text(value, name);
}

/** Refuses a request without a field. */
export function requirePresent(value: JsonObject, name: string): void {
  if (value[name] !== undefined) return;
  throw invalidRequest(
    `Failed to parse request. Required attribute '${name}' not specified`,
  );
}

/** Reads the id of a resource that must be present. */
export function requiredId(value: JsonObject, name: string): string {
  const id = required(value, name);
  if (/^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i.test(id)) return id;
  throw invalidRequest(
    `Invalid input for ${name}. Reason: '${id}' is not a valid UUID.`,
  );
}

/** Reads a string. */
export function text(value: JsonObject, name: string, byDefault = ""): string {
  const found = value[name] ?? byDefault;
  const reason = typeof found !== "string"
    ? "is not a valid string"
    : found.length > 255
    ? "exceeds maximum length of 255"
    : undefined;
  if (reason === undefined) return found as string;
  throw invalidRequest(
    `Invalid input for ${name}. Reason: '${found}' ${reason}.`,
  );
}

/** Reads a boolean, which may also be a string or a number. */
export function flag(
  value: JsonObject,
  name: string,
  byDefault: boolean,
): boolean {
  return toBoolean(value[name] ?? byDefault);
}

function toBoolean(value: unknown): boolean {
  const text = `${value}`.toLowerCase();
  if (text === "true" || text === "1") return true;
  if (text === "false" || text === "0") return false;
  throw invalidInput(`'${value}' cannot be converted to boolean.`);
}

/** Sends the list of versions. */
export function versionsResponse({ url }: Call): Response {
  const href = `${urlOf("network", url)}/v2.0/`;
  return jsonResponse(200, {
    versions: [{
      id: "v2.0",
      status: "CURRENT",
      links: [{ rel: "self", href }],
    }],
  });
}
