/**
 * What a skeleton says about the API of a provider: either an invented API, or
 * what a description tells.
 *
 * @module
 */

import { lookUp, splitIps, toText, toTime } from "../../core/mod.ts";
import type { NodeState } from "../../core/compute/mod.ts";
import type { Description, Schema } from "../wire/description.ts";
import { defaultFixtures, makeFixture } from "../wire/fixtures.ts";
import { pascalCase } from "../wire/names.ts";
import { findResource, type Resource } from "../wire/resources.ts";

/** How requests are authenticated. */
export type Auth = "bearer" | "basic" | "aws4";

/** How the pages of lists follow each other. */
export type Pages = "numbered" | "linked" | "cursor" | "single";

/** What the templates need to know of an API. */
export interface Facts {
  /** Values of placeholders. */
  readonly values: Readonly<Record<string, string>>;
  /** Flags of conditions. */
  readonly flags: readonly string[];
  /** Content of fixtures, by the name of the operation. */
  readonly fixtures: Readonly<Record<string, unknown>>;
  /** Resources for wire types; none for an invented API. */
  readonly resources: readonly string[];
  /** Constants of the catalog of the simulator, by name. */
  readonly catalog: Readonly<Record<string, unknown>>;
  /** Operation and status of each fixture, such as `"GET /servers 200"`. */
  readonly operations: Readonly<Record<string, string>>;
}

type Json = Readonly<Record<string, unknown>>;

/** Nouns of providers, the most likely ones first. */
const NOUNS = {
  node: ["server", "instance", "droplet", "machine", "virtual_machine", "vm"],
  size: [
    "server_type",
    "instance_type",
    "size",
    "plan",
    "flavor",
    "type",
    "/linode/types",
  ],
  image: ["image", "os", "template", "operating_system"],
  location: ["location", "region", "zone", "datacenter"],
} as const;

/** Names of fields, the most likely ones first. */
const FIELDS = {
  id: ["id", "slug", "uuid", "name"],
  name: ["name", "label", "hostname", "title", "description", "slug", "id"],
  status: ["status", "state", "power_status", "power_state"],
  created: ["created", "created_at", "date_created", "creation_date"],
  size: ["server_type", "size", "plan", "flavor", "type", "commercial_type"],
  image: ["image", "os_id", "image_id", "template"],
  location: ["location", "region", "zone", "datacenter"],
  vcpus: ["vcpus", "cores", "vcpu_count", "ncpus", "cpus"],
  ramMib: ["memory", "ram", "memory_mib", "ram_mib"],
  diskGb: ["disk", "disk_gb", "storage"],
  country: ["country", "country_code"],
} as const;

/** Fields that say how pages go on, by kind of pages. */
const MARKS: Readonly<Record<Pages, readonly string[]>> = {
  numbered: ["total_entries", "total_count", "total", "results", "count"],
  linked: ["next", "next_link", "next_page"],
  cursor: ["next_cursor", "next", "next_token", "next_page_token", "cursor"],
  single: ["total", "total_count", "total_entries", "count"],
};

const SIZE_PARAMS = ["per_page", "page_size", "limit", "size", "pageSize"];
const CURSOR_PARAMS = ["cursor", "page", "page_token", "marker", "next"];

/** Common words for states. */
const WORDS: Readonly<Record<string, NodeState>> = {
  active: "running",
  booting: "starting",
  building: "pending",
  created: "pending",
  creating: "pending",
  deleting: "terminated",
  deleted: "terminated",
  error: "error",
  failed: "error",
  halted: "stopped",
  initializing: "pending",
  migrating: "migrating",
  new: "pending",
  off: "stopped",
  offline: "stopped",
  on: "running",
  paused: "paused",
  pending: "pending",
  provisioning: "pending",
  rebooting: "rebooting",
  rebuilding: "reconfiguring",
  resizing: "reconfiguring",
  restoring: "reconfiguring",
  running: "running",
  shutting_down: "stopping",
  starting: "starting",
  stopped: "stopped",
  stopping: "stopping",
  suspended: "suspended",
};

/**
 * Invents an API.
 *
 * @param pages How its pages follow each other.
 * @returns What the templates need.
 */
export function inventFacts(pages: Pages): Facts {
  const mark = { numbered: "total", linked: "next", cursor: "next_cursor" };
  const markName = lookUp<string>(mark, pages) ?? "total";
  const isCount = markName === "total";
  const page = (key: string, item: object) => ({
    [key]: [item],
    [markName]: isCount ? 1 : null,
  });
  const server = {
    id: 101,
    name: "web-1",
    status: "on",
    addresses: ["203.0.113.1"],
    created_at: "2026-01-02T03:04:05Z",
    size: "small",
    image: "debian-13",
    location: "north",
  };
  const created = { ...server, id: 102, status: "booting", addresses: [] };
  const states = {
    booting: "pending",
    on: "running",
    rebooting: "rebooting",
    off: "stopped",
    failed: "error",
  };
  return {
    flags: ["usesField", "numericIds", "usesIdOf"],
    resources: [],
    catalog: {},
    operations: {},
    fixtures: {
      list_nodes: page("servers", server),
      get_node: { server },
      create_node: { server: created },
      list_sizes: page("sizes", {
        id: "small",
        name: "Small",
        vcpus: 1,
        ram_mib: 1024,
        disk_gb: 25,
        price_hourly: 0.01,
      }),
      list_images: page("images", { id: "debian-13", name: "Debian 13" }),
      list_locations: page("locations", {
        id: "north",
        name: "North",
        country: "NO",
      }),
      error_404: {
        error: { code: "not_found", message: "There is no such server" },
      },
    },
    values: {
      nodes: "/servers",
      nodesKey: "servers",
      sizes: "/sizes",
      sizesKey: "sizes",
      images: "/images",
      imagesKey: "images",
      locations: "/locations",
      locationsKey: "locations",
      one: "server",
      got: 'field("server", toNode)',
      created: 'field("server", toNode)',
      createStatus: "201",
      createName: "name",
      createSize: "size",
      createImage: "image",
      createLocation: "location",
      ...sending("size", "size", new Map()),
      ...sending("image", "image", new Map()),
      ...sending("location", "location", new Map()),
      sizeJson: '"small"',
      imageJson: '"debian-13"',
      locationJson: '"north"',
      nodeRefs: "",
      rebootPath: "/servers/${{ node }}/reboot",
      rebootRoute: "/servers/{id}/reboot",
      states: linesOf(states),
      running: "on",
      pending: "booting",
      pendingState: "pending",
      rebooting: "rebooting",
      failed: "failed",
      failedState: "error",
      nodeType: "ServerJson",
      sizeType: "SizeJson",
      imageType: "ImageJson",
      locationType: "LocationJson",
      nodeId: "id",
      nodeName: "name",
      nodeStatus: "status",
      nodeIps: "",
      sizeId: "id",
      sizeName: "name",
      imageId: "id",
      imageName: "name",
      locationId: "id",
      locationName: "name",
      nodeFields: [
        "createdAt: toTime(server.created_at),",
        "sizeId: toOptionalId(server.size),",
        "imageId: toOptionalId(server.image),",
        "locationId: toOptionalId(server.location),",
      ].join("\n"),
      sizeFields: [
        "vcpus: toNumber(size.vcpus),",
        "ramMib: toNumber(size.ram_mib),",
        "diskGb: toNumber(size.disk_gb),",
        "// TODO(acme): look up the currency.",
        'price: { currency: "EUR", hourly: toNumber(size.price_hourly) },',
      ].join("\n"),
      locationFields: "country: toText(location.country),",
      sizeParam: "per_page",
      cursorParam: pages === "linked" ? "page" : "cursor",
      maxSize: "100",
      defaultSize: "25",
      firstId: "101",
      mark: `body.${markName}`,
      markName,
      markPath: "",
      noNext: "null",
      pageJson: `{ ${markName}: ${isCount ? "number" : "string | null"} }`,
      errorJson: "{ error?: { code?: string; message?: string } }",
      errorCode: "body.error?.code",
      errorMessage: "body.error?.message",
      errorBody: "{ error: { code, message } }",
      errorParts: "message, code",
      node1: "101",
      node2: "102",
      unknownId: "1",
      size: "small",
      image: "debian-13",
      location: "north",
      query: pages === "single" ? "" : "?per_page=100",
      linkedSize: ', { size: "per_page", maxSize: 100 }',
      createdId: '"102"',
      listedNode: print({
        id: "101",
        name: "web-1",
        state: "running",
        publicIps: server.addresses,
        privateIps: [],
        createdAt: "2026-01-02T03:04:05Z",
        sizeId: "small",
        imageId: "debian-13",
        locationId: "north",
        tags: {},
        extra: { status: "on" },
      }),
      refusal: refusalOf("There is no such server", "not_found"),
      rebootSent: "/servers/${NODE}/reboot",
      expectedSize: print({
        id: "small",
        name: "Small",
        vcpus: 1,
        ramMib: 1024,
        diskGb: 25,
        currency: "EUR",
        hourly: 0.01,
      }),
      expectedNode: print({
        id: "101",
        name: "node-1",
        state: "running",
        publicIps: server.addresses,
        privateIps: [],
        sizeId: "small",
        imageId: "debian-13",
        locationId: "north",
        tags: {},
        extra: { status: "on" },
      }),
      expectedImage: print({ id: "debian-13", name: "Debian 13" }),
      expectedLocation: print({ id: "north", name: "North", country: "NO" }),
      expectedErrors: [
        print({
          status: 404,
          body: JSON.stringify({
            error: { code: "not_found", message: "There is no such server" },
          }),
          errorClass: "NotFoundError",
          code: "not_found",
          reason: "There is no such server",
        }),
        print({
          status: 409,
          body: JSON.stringify({
            error: { code: "busy", message: "The server is busy" },
          }),
          errorClass: "ConflictError",
          code: "busy",
          isBusy: true,
        }),
      ].map((it) => `${it},`).join("\n"),
      totalName: markName,
      sizeIds: '"small", "large"',
      imageIds: '"debian-13", "ubuntu-24"',
      locationIds: '"north", "south"',
    },
  };
}

/**
 * Reads what a description tells of an API.
 *
 * @param description The description.
 * @param pages How its pages follow each other.
 * @returns What the templates need.
 * @throws {TypeError} If it has no list of servers, sizes, images or locations.
 */
export function describedFacts(
  description: Description,
  pages: Pages,
): Facts {
  const found = {
    node: pick(description, "node"),
    size: pick(description, "size"),
    image: pick(description, "image"),
    location: pick(description, "location"),
  };
  const resources = Object.entries(found).map(([noun, it]) => ({
    ...it,
    noun,
  }));
  const invented = inventFacts(pages);
  const lists = {
    nodes: listOf(description, found.node),
    sizes: listOf(description, found.size),
    images: listOf(description, found.image),
    locations: listOf(description, found.location),
  };
  const { nodes, sizes, images, locations } = lists;
  const node = nodes.item;
  const statusName = nameIn(node, FIELDS.status);
  const id = nameIn(node, FIELDS.id);
  const created = createdOf(description, found.node, nodes);
  const states = statesOf(description, found.node.schema, statusName, [
    node[statusName],
    created.record[statusName],
  ]);
  const word = (state: NodeState, ...others: NodeState[]) =>
    [state, ...others].map((it) =>
      Object.keys(states).find((word) => states[word] === it)
    ).find(Boolean) ?? state;
  const running = word("running");
  const pending = word("pending", "starting");
  const failed = word("error", "pending", "starting");
  const mark = markOf(nodes.page, nodes.key, MARKS[pages]);
  const params = paramsOf(description, nodes.path);
  const sized = SIZE_PARAMS.find((name) => params.has(name));
  const sizeParam = sized ?? "per_page";
  const hasSize = pages === "numbered" || pages !== "single" && sized;
  const cursorParam = CURSOR_PARAMS.find((name) => params.has(name)) ??
    (pages === "linked" ? "page" : "cursor");
  const { maximum = 100, default: byDefault = 25 } = {
    ...params.get(sizeParam),
  };
  const requests = requestOf(description, nodes.path);
  const sent = {
    size: FIELDS.size.find((it) => requests.has(it)) ?? "size",
    image: FIELDS.image.find((it) => requests.has(it)) ?? "image",
    location: FIELDS.location.find((it) => requests.has(it)) ?? "location",
  };
  const needsLocation = requests.get(sent.location)?.isRequired ?? false;
  const ids = {
    size: nameIn(sizes.item, FIELDS.id),
    image: nameIn(images.item, FIELDS.id),
    location: nameIn(locations.item, FIELDS.id),
  };
  const reboot = rebootOf(description, nodes.path);
  const one = singleOf(description, found.node);
  const error = errorOf(description, found.node);
  const isNumeric = typeof node[id] === "number";
  const firstId = isNumeric ? Number(node[id]) : 1;
  const idOf = (offset: number) =>
    isNumeric
      ? String(firstId + offset)
      : `5f2a9c1e-7d43-4b8e-9a06-${String(offset + 1).padStart(12, "0")}`;
  const wholeOf = (field: string | undefined) =>
    field === undefined ? "toNode" : `field("${field}", toNode)`;
  const ipFields = Object.keys(node)
    .filter((name) => ipsIn(node[name]).length > 0);
  const refs = (["size", "image", "location"] as const).flatMap((noun) => {
    const name = nameIn(node, FIELDS[noun], undefined);
    if (name === undefined) return [];
    const key = isRecord(node[name])
      ? nameIn(node[name], [ids[noun], "id"])
      : "";
    return [{ noun, name, key }];
  });
  const catalogs = { size: sizes, image: images, location: locations };
  // Those that name an entry of the catalog, as far as the example shows.
  const kept = refs.filter(({ noun, name, key }) => {
    const inner = key ? (node[name] as Json)[key] : node[name];
    return (key === "" || key === ids[noun]) &&
      typeof inner === typeof catalogs[noun].item[ids[noun]];
  });
  const createdName = nameIn(node, FIELDS.created, undefined);
  const jsonOf = (name: string, id: string) =>
    requests.get(name)?.isNumber ? id : JSON.stringify(id);
  const listed = {
    id: String(node[id]),
    name: toText(node[nameIn(node, FIELDS.name)]) ?? String(node[id]),
    state: lookUp(states, String(node[statusName])) ?? "unknown",
    ...splitIps(ipFields.flatMap((name) => ipsIn(node[name]))),
    ...createdName ? { createdAt: toTime(node[createdName]) } : {},
    ...Object.fromEntries(refs.map(({ noun, name, key }) => [
      `${noun}Id`,
      idText(key ? (node[name] as Json)[key] : node[name]),
    ])),
    tags: {},
    extra: { status: toText(node[statusName]) },
  };
  const wholeName = nameIn(node, FIELDS.name);
  const markPath = mark ?? [invented.values["markName"]!];
  const example = (list: ListFacts, name: string) => String(list.item[name]);
  return {
    flags: [
      "openapi",
      ...(one ?? created.field ? ["usesField"] : []),
      ...(isNumeric ? ["numericIds"] : []),
      ...(needsLocation ? ["needsLocation"] : []),
      ...(error.isDescribed ? [] : ["undescribedErrors"]),
      ...new Set(
        Object.values(sent).map((name) =>
          requests.get(name)?.isNumber ? "usesIdJson" : "usesIdOf"
        ),
      ),
    ],
    resources: resources.map(({ argument, noun }) => `${argument}=${noun}`),
    operations: Object.fromEntries(
      defaultFixtures(description, resources).map(({ name, reply }) => {
        const { method, path, status } = reply;
        return [name, `${method} ${path.replace(/\{[^}]+\}/g, "1")} ${status}`];
      }),
    ),
    catalog: {
      SERVER: node,
      SIZES: [sizes.item],
      IMAGES: [images.item],
      LOCATIONS: [locations.item],
      PAGE: Object.fromEntries(
        Object.entries(nodes.page).filter(([key]) => key !== nodes.key),
      ),
    },
    fixtures: { error_404: error.body },
    values: {
      ...invented.values,
      nodes: nodes.path,
      nodesKey: nodes.key,
      sizes: sizes.path,
      sizesKey: sizes.key,
      images: images.path,
      imagesKey: images.key,
      locations: locations.path,
      locationsKey: locations.key,
      one: one ?? "",
      got: wholeOf(one ?? undefined),
      created: wholeOf(created.field),
      createStatus: String(created.status ?? 201),
      createName: FIELDS.name.find((it) => requests.has(it)) ?? "name",
      createSize: sent.size,
      createImage: sent.image,
      createLocation: sent.location,
      ...sending("size", sent.size, requests),
      ...sending("image", sent.image, requests),
      ...sending("location", sent.location, requests),
      sizeJson: jsonOf(sent.size, example(sizes, ids.size)),
      imageJson: jsonOf(sent.image, example(images, ids.image)),
      locationJson: jsonOf(sent.location, example(locations, ids.location)),
      nodeRefs: [
        ...createdName ? [`${createdName}: server.createdAt,`] : [],
        ...kept.map(({ noun, name, key }) => {
          const inner = key ? (node[name] as Json)[key] : node[name];
          const value = typeof inner === "number"
            ? `Number(server.${noun})`
            : `server.${noun}`;
          return key
            ? `${name}: { ...SERVER.${name}, ${key}: ${value} },`
            : `${name}: ${value},`;
        }),
      ].join("\n"),
      rebootPath: reboot.replace(/\{[^}]+\}/, "${{ node }}"),
      rebootRoute: reboot.replace(/\{[^}]+\}/, "{id}"),
      states: linesOf(states),
      running,
      pending,
      pendingState: lookUp(states, pending) ?? "unknown",
      rebooting: word("rebooting", "starting", "pending"),
      failed,
      failedState: lookUp(states, failed) ?? "unknown",
      nodeType: typeOf(found.node),
      sizeType: typeOf(found.size),
      imageType: typeOf(found.image),
      locationType: typeOf(found.location),
      nodeId: id,
      nodeName: wholeName,
      nodeStatus: statusName,
      nodeIps: ipFields.map((name) => `server.${name}`).join(", "),
      sizeId: ids.size,
      sizeName: nameIn(sizes.item, FIELDS.name),
      imageId: ids.image,
      imageName: nameIn(images.item, FIELDS.name),
      locationId: ids.location,
      locationName: nameIn(locations.item, FIELDS.name),
      nodeFields: [
        ...createdName ? [`createdAt: toTime(server.${createdName}),`] : [],
        ...refs.map(({ noun, name, key }) =>
          `${noun}Id: toOptionalId(server.${name}${key ? `?.${key}` : ""}),`
        ),
      ].join("\n"),
      sizeFields: (["vcpus", "ramMib", "diskGb"] as const).flatMap((field) => {
        const name = nameIn(sizes.item, FIELDS[field], undefined);
        return name ? [`${field}: toNumber(size.${name}),`] : [];
      }).join("\n"),
      locationFields: FIELDS.country.filter((it) => it in locations.item)
        .slice(0, 1).map((it) =>
          `country: toText(location.${it})?.toUpperCase(),`
        ).join(),
      sizeParam,
      cursorParam,
      maxSize: String(maximum),
      defaultSize: String(byDefault),
      firstId: String(firstId),
      mark: accessOf("body", markPath),
      markPath: markPath.map((it) => JSON.stringify(it)).join(", "),
      noNext: valueAt(nodes.page, markPath) === "" ? '""' : "null",
      pageJson: typeAt(
        markPath,
        pages === "numbered" || pages === "single"
          ? "number | null"
          : "string | null",
      ),
      errorJson: error.type,
      errorCode: error.code,
      errorMessage: error.message,
      errorBody: error.create,
      errorParts: /\bcode\b(?!":)/.test(error.create)
        ? "message, code"
        : "message",
      node1: idOf(0),
      node2: idOf(1),
      unknownId: isNumeric ? "1" : idOf(-1 + 1_000_000),
      size: example(sizes, ids.size),
      image: example(images, ids.image),
      location: example(locations, ids.location),
      query: hasSize ? `?${sizeParam}=${maximum}` : "",
      linkedSize: hasSize
        ? `, { size: "${sizeParam}", maxSize: ${maximum} }`
        : "",
      createdId: JSON.stringify(String(created.record[id])),
      listedNode: print(listed),
      refusal: error.refusal,
      rebootSent: reboot.replace(/\{[^}]+\}/, "${NODE}"),
      expectedSize: print({
        id: example(sizes, ids.size),
        name: example(sizes, nameIn(sizes.item, FIELDS.name)),
        ...Object.fromEntries(
          (["vcpus", "ramMib", "diskGb"] as const).flatMap((field) => {
            const name = nameIn(sizes.item, FIELDS[field], undefined);
            return name ? [[field, sizes.item[name]]] : [];
          }),
        ),
      }),
      expectedNode: print({
        // The time is that of the simulator.
        ...known({ ...listed, createdAt: undefined }),
        ...Object.fromEntries(
          kept.map((
            { noun },
          ) => [`${noun}Id`, example(catalogs[noun], ids[noun])]),
        ),
        id: idOf(0),
        name: "node-1",
        state: "running",
        extra: { status: running },
      }),
      expectedImage: print({
        id: example(images, ids.image),
        name: example(images, nameIn(images.item, FIELDS.name)),
      }),
      expectedLocation: print({
        id: example(locations, ids.location),
        name: example(locations, nameIn(locations.item, FIELDS.name)),
        ...Object.fromEntries(
          FIELDS.country.filter((it) => it in locations.item).slice(0, 1)
            .map((it) => ["country", String(locations.item[it]).toUpperCase()]),
        ),
      }),
      expectedErrors: error.expected,
      totalName: markPath.at(-1)!,
      sizeIds: print(example(sizes, ids.size)),
      imageIds: print(example(images, ids.image)),
      locationIds: print(example(locations, ids.location)),
    },
  };
}

interface Picked extends Resource {
  readonly argument: string;
}

/** Finds a resource by the nouns of other providers. */
function pick(description: Description, kind: keyof typeof NOUNS): Picked {
  for (const argument of NOUNS[kind]) {
    try {
      const resource = findResource(description, argument);
      if (resource.list) return { ...resource, argument };
    } catch (error) {
      // Another provider's noun, or one that means several things.
      if (!(error instanceof TypeError)) throw error;
    }
  }
  throw new TypeError(
    `the description has no list of ${kind}s with one of these names: ` +
      `${NOUNS[kind].join(", ")}; leave out --openapi, and use deno task wire`,
  );
}

interface ListFacts {
  readonly path: string;
  readonly key: string;
  /** Body of a page. */
  readonly page: Json;
  /** One item. */
  readonly item: Json;
}

/** Reads the body of a list, which is made as its fixture is. */
function listOf(description: Description, { list, name }: Resource): ListFacts {
  const reply = description.reply(list!)!;
  const { text } = makeFixture(description, { name, reply });
  const page: Json = JSON.parse(text);
  const [key = "", items] =
    Object.entries(page).find(([, value]) =>
      Array.isArray(value) && isRecord(value[0])
    ) ?? [];
  const [item] = items as Json[] ?? [];
  if (item === undefined) {
    throw new TypeError(
      `the response of GET ${list!.path} has no field with a list; ` +
        "leave out --openapi, and use deno task wire",
    );
  }
  return { path: list!.path, key, page, item };
}

/** Field of the response that contains one node; `null` if there is no GET. */
function singleOf(
  description: Description,
  { get, name }: Resource,
): string | undefined | null {
  const reply = get && description.reply(get);
  if (!reply) return null;
  const { text } = makeFixture(description, { name, reply });
  return fieldWithRecord(JSON.parse(text), name);
}

/** Field, status and record of the response of a create. */
function createdOf(
  description: Description,
  { create, name }: Resource,
  { item }: ListFacts,
): { field?: string | undefined; status?: number; record: Json } {
  const reply = create && description.reply(create);
  if (!reply) return { field: name, record: item };
  const { text } = makeFixture(description, { name, reply });
  const body = JSON.parse(text);
  const field = fieldWithRecord(body, name);
  const record = field === undefined ? body : body[field];
  return { field, status: reply.status, record };
}

function fieldWithRecord(body: Json, name: string): string | undefined {
  const fields = Object.keys(body).filter((key) => isRecord(body[key]));
  return fields.find((key) => key === name) ??
    ("id" in body || fields.length === 0 ? undefined : fields[0]);
}

/** Finds the field that says how pages go on. */
function markOf(
  body: Json,
  except: string,
  names: readonly string[],
): string[] | undefined {
  for (const name of names) {
    if (name in body && name !== except && !isRecord(body[name])) return [name];
  }
  for (const [key, value] of Object.entries(body)) {
    if (key === except || !isRecord(value)) continue;
    const found = markOf(value, "", names);
    if (found) return [key, ...found];
  }
  return undefined;
}

/** Schemas of the parameters of a list. */
function paramsOf(
  description: Description,
  path: string,
): ReadonlyMap<string, { maximum?: number; default?: number }> {
  const { parameters = [] } = description.json.paths[path]!["get"] as {
    parameters?: readonly { name: string; schema?: object }[];
  };
  return new Map(
    parameters.map((it) => description.resolve(it))
      .map(({ name, schema = {} }) => [name, description.resolve(schema)]),
  );
}

/** A field of a request. */
interface RequestField {
  readonly isNumber: boolean;
  readonly isRequired: boolean;
}

/** Fields of the request that creates a node, by name. */
function requestOf(
  description: Description,
  path: string,
): ReadonlyMap<string, RequestField> {
  const operation = description.json.paths[path]?.["post"] as {
    requestBody?: { content?: Record<string, { schema?: Schema }> };
  } | undefined;
  const { content = {} } = description.resolve(operation?.requestBody) ?? {};
  const [{ schema = {} } = {}] = Object.values(content);
  const flat = description.flatten(schema);
  const all = [flat, ...flat.alternatives.map((it) => description.flatten(it))];
  return new Map(
    all.flatMap(({ properties, required }) =>
      Object.entries(properties).map(([name, schema]) => [name, {
        isNumber: description.flatten(schema).type === "number",
        isRequired: required.includes(name),
      }])
    ),
  );
}

/** How the templates send a reference in the request that creates a node. */
function sending(
  noun: "size" | "image" | "location",
  name: string,
  requests: ReadonlyMap<string, RequestField>,
): Record<string, string> {
  const { isNumber, isRequired } = {
    isNumber: false,
    isRequired: noun !== "location",
    ...requests.get(name),
  };
  const isOptional = noun === "location" && !isRequired;
  const fields = isOptional ? "fields.optional" : "fields";
  const constant = noun.toUpperCase();
  return {
    [`${noun}IdOf`]: isNumber ? "idJson" : "idOf",
    [`${noun}Field`]: isNumber && isOptional
      ? `${fields}.integer("${name}")?.toString()`
      : isNumber
      ? `String(${fields}.integer("${name}"))`
      : `${fields}.string("${name}")`,
    [`${noun}Sent`]: isNumber ? `Number(${constant})` : constant,
  };
}

/** Path of the request that restarts a node. */
function rebootOf(description: Description, path: string): string {
  const found = description.operations().find((operation) =>
    operation.method === "POST" &&
    operation.path.startsWith(`${path}/{`) &&
    /\/(?:reboot|restart|reset)$/.test(operation.path)
  );
  return found?.path ?? `${path}/{id}/reboot`;
}

/**
 * The words of the description for states, else those of its examples, and what
 * they probably mean.
 */
function statesOf(
  description: Description,
  schema: Schema,
  name: string,
  examples: readonly unknown[],
): Record<string, NodeState> {
  const { properties } = description.flatten(schema);
  const { enum: words = examples } = description.flatten(
    properties[name] ?? {},
  );
  const meant = words.filter((word) => typeof word === "string").map((word) =>
    [word, lookUp(WORDS, word.toLowerCase().replaceAll(/[ -]/g, "_"))] as const
  ).filter(([, state]) => state !== undefined);
  return meant.length > 0
    ? Object.fromEntries(meant as [string, NodeState][])
    : { running: "running", pending: "pending", stopped: "stopped" };
}

/** The body of an error: its type, how to read it and how to create it. */
function errorOf(description: Description, { get, list }: Resource) {
  const operation = get ?? list!;
  const reply = description.reply(operation, 404) ??
    description.replies(operation).find(({ status }) => status >= 400);
  const { text } = reply
    ? makeFixture(description, { name: "error_404", reply })
    : { text: JSON.stringify(inventFacts("single").fixtures["error_404"]) };
  const body: Json = JSON.parse(text);
  const message = findPath(body, /^(?:message|reason|detail|text|error)$/i);
  const code = findPath(body, /^(?:code|id|type)$/i);
  if (message === undefined) {
    const { values, fixtures } = inventFacts("single");
    return {
      isDescribed: false,
      body: fixtures["error_404"],
      type: values["errorJson"]!,
      code: values["errorCode"]!,
      message: values["errorMessage"]!,
      create: values["errorBody"]!,
      refusal: values["refusal"]!,
      expected: values["expectedErrors"]!,
    };
  }
  const marked = replaceAt(replaceAt(body, message, "@message"), code, "@code");
  const read = (path: readonly string[] | undefined) =>
    path ? accessOf("Object(body)", path) : "undefined";
  const reason = String(valueAt(body, message));
  const word = code && String(valueAt(body, code));
  const busy = replaceAt(body, code, "busy");
  return {
    isDescribed: reply !== undefined,
    body,
    type: "{ readonly [field: string]: unknown }",
    code: read(code),
    message: read(message),
    create: JSON.stringify(marked).replace('"@message"', "message")
      .replace('"@code"', "code"),
    refusal: refusalOf(reason, word),
    expected: [
      {
        status: 404,
        body: JSON.stringify(body),
        errorClass: "NotFoundError",
        ...word ? { code: word } : {},
        reason,
      },
      ...code
        ? [{
          status: 409,
          body: JSON.stringify(busy),
          errorClass: "ConflictError",
          code: "busy",
          isBusy: true,
        }]
        : [],
    ].map((it) => `${print(it)},`).join("\n"),
  };
}

/** Expression that reads nested properties, each of which may be missing. */
function accessOf(base: string, path: readonly string[]): string {
  const steps = path.map((key) =>
    /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`
  );
  return base + steps.map((step, index) => {
    const mark = index === 0 ? "" : step.startsWith("[") ? "?." : "?";
    return mark + step;
  }).join("");
}

function refusalOf(reason: string, code: string | undefined): string {
  const details = code === undefined ? "404" : `404, code ${code}`;
  return JSON.stringify(
    `getNode: Acme Cloud refused: "${reason}" (${details})`,
  );
}

/** Path to the first string whose name matches, lists included. */
function findPath(value: unknown, name: RegExp): string[] | undefined {
  for (const [key, inner] of Object.entries(Object(value))) {
    if (name.test(key) && typeof inner === "string") return [key];
  }
  for (const [key, inner] of Object.entries(Object(value))) {
    if (typeof inner !== "object") continue;
    const found = findPath(inner, name);
    if (found) return [key, ...found];
  }
  return undefined;
}

function replaceAt(
  value: unknown,
  path: readonly string[] | undefined,
  replacement: string,
): unknown {
  if (path === undefined) return value;
  const [key, ...rest] = path;
  if (key === undefined) return replacement;
  const copy = structuredClone(value) as Record<string, unknown>;
  copy[key] = replaceAt(copy[key], rest, replacement);
  return copy;
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce((inner, key) => Object(inner)[key], value);
}

/** Type of nested objects with one property each. */
function typeAt([name, ...rest]: readonly string[], innermost: string): string {
  if (name === undefined) return innermost;
  return `{ ${name}?: ${typeAt(rest, innermost)} }`;
}

/** The first name that a record has. */
function nameIn(record: Json, names: readonly string[]): string;
function nameIn(
  record: Json,
  names: readonly string[],
  byDefault: undefined,
): string | undefined;
function nameIn(
  record: Json,
  names: readonly string[],
  ...byDefault: [undefined?]
): string | undefined {
  return names.find((name) => name in record) ??
    (byDefault.length > 0 ? undefined : names[0]);
}

function ipsIn(value: unknown): string[] {
  if (typeof value !== "object" || value === null) {
    const { publicIps, privateIps } = splitIps([String(value)]);
    return [...publicIps, ...privateIps];
  }
  return Object.values(value).flatMap(ipsIn);
}

function idText(value: unknown): string | undefined {
  return value === undefined || value === null || value === ""
    ? undefined
    : String(value);
}

function typeOf({ name }: Resource): string {
  return `${pascalCase(name)}Json`;
}

function isRecord(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function linesOf(states: Readonly<Record<string, string>>): string {
  return Object.entries(states).map(([word, state]) => {
    const key = /^[a-z_]\w*$/i.test(word) ? word : JSON.stringify(word);
    return `  ${key}: "${state}",`;
  }).join("\n");
}

/** The properties of a record that are not `undefined`. */
function known(record: Json): Json {
  return JSON.parse(JSON.stringify(record));
}

/** Prints a value as TypeScript. */
function print(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(print).join(", ")}]`;
  if (!isRecord(value)) return JSON.stringify(value) ?? "undefined";
  const entries = Object.entries(value)
    .map(([key, inner]) => `${key}: ${print(inner)}`);
  return `{ ${entries.join(", ")} }`;
}
