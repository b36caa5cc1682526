/**
 * Servers: lists, records, creation and deletion.
 *
 * @module
 */

import type { Account } from "./_account.ts";
import { microversionOf } from "./_microversions.ts";
import type { Attachment, Flavor, Image, Server } from "./_records.ts";
import {
  badRequest,
  checkKeys,
  labelsIn,
  linkBase,
  objectIn,
  pageLinks,
  readMarkedPage,
  readObject,
  requiredText,
  textIn,
} from "./_requests.ts";
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

/** Name of the only availability zone. */
export const ZONE = "nova";

/** Maximal size of user data, in characters of Base64. */
const MAX_USER_DATA = 65_535;

const UUID = /^[\da-f]{8}-?(?:[\da-f]{4}-?){3}[\da-f]{12}$/i;

const FAULT = "No valid host was found. There are not enough hosts available.";

/** Properties of a new server, and the microversions that have them. */
const PROPERTIES: Readonly<
  Record<string, readonly [from: number, to?: number]>
> = {
  name: [1],
  flavorRef: [1],
  imageRef: [1],
  adminPass: [1],
  metadata: [1],
  networks: [1],
  "OS-DCF:diskConfig": [1],
  accessIPv4: [1],
  accessIPv6: [1],
  personality: [1, 56],
  availability_zone: [1],
  block_device_mapping: [1],
  block_device_mapping_v2: [1],
  config_drive: [1],
  key_name: [1],
  min_count: [1],
  max_count: [1],
  return_reservation_id: [1],
  security_groups: [1],
  user_data: [1],
  description: [19],
  tags: [52],
  trusted_image_certificates: [63],
  host: [74],
  hypervisor_hostname: [74],
  hostname: [90],
};

/** Creates the routes of servers, except their actions. */
export function serverRoutes(account: Account): Routes {
  const list = (isDetailed: boolean) => ({ url, request }: Call) => {
    const all = select(account, url, microversionOf(account, request));
    const { largestPage } = account.settings;
    const page = readMarkedPage(all, url, largestPage, ({ id }) => id);
    return jsonResponse(200, {
      servers: page.items.map((server) =>
        isDetailed
          ? serverJson(account, server, url, request)
          : serverLink(account, server, url)
      ),
      ...pageLinks("servers", page, account, "compute", url),
    });
  };
  return {
    "GET /servers": list(false),
    "GET /servers/detail": list(true),
    "POST /servers": (call) => createServer(account, call),
    "GET /servers/{id}": (call) =>
      jsonResponse(200, {
        server: shownServer(account, findServer(account, call), call),
      }),
    "PUT /servers/{id}": (call) => updateServer(account, call),
    "DELETE /servers/{id}": (call) => {
      const server = findServer(account, call);
      requireUnlocked(server);
      removeServer(account, server);
      return noContent();
    },
    ...metadataRoutes(account),
    ...tagRoutes(account),
    ...attachmentRoutes(account),
    "GET /servers/{id}/ips": (call) => {
      const server = findServer(account, call);
      return jsonResponse(200, { addresses: plainAddresses(account, server) });
    },
    "GET /servers/{id}/ips/{network}": (call) => {
      const server = findServer(account, call);
      const network = call.params.get("network") ?? "";
      const addresses = plainAddresses(account, server)[network];
      if (addresses === undefined) {
        throw new Refusal(404, "Network name not found");
      }
      return jsonResponse(200, { [network]: addresses });
    },
    "GET /servers/{id}/os-security-groups": (call) =>
      jsonResponse(200, {
        security_groups: account.network.groupsOf(
          findServer(account, call).id,
        ),
      }),
  };
}

/** Finds the server in the path. */
export function findServer(account: Account, call: Call): Server {
  return findInPath(account.servers, call, () =>
    new Refusal(
      404,
      `Instance ${call.params.get("id")} could not be found.`,
    ));
}

/** Refuses an action on a locked server. */
export function requireUnlocked(server: Server): void {
  if (!server.isLocked) return;
  throw new Refusal(
    409,
    `Instance ${server.id} is locked`,
  );
}

/** Servers that the query selects, the newest first. */
function select(account: Account, { searchParams }: URL, minor: number) {
  const query = Object.fromEntries(searchParams);
  const name = query["name"];
  const pattern = name === undefined ? undefined : toPattern(name);
  const tags = minor >= 26 ? query["tags"]?.split(",") ?? [] : [];
  const since = Date.parse(query["changes-since"] ?? "");
  checkQuery(searchParams, minor);
  const order = toOrder(query);
  const tests: ((server: Server) => boolean)[] = [
    ({ name }) => pattern?.test(name) ?? true,
    ({ status }) =>
      !query["status"] || status === query["status"].toUpperCase(),
    ({ flavor }) => !query["flavor"] || flavor.id === query["flavor"],
    ({ imageId }) => !query["image"] || imageId === query["image"],
    ({ id }) => !query["uuid"] || id === query["uuid"],
    (server) => tags.every((tag) => server.tags.includes(tag)),
    ({ updated }) => !(Date.parse(updated) < since),
  ];
  // A page may begin after a server that was deleted meanwhile: Nova remembers it.
  const marker = account.deletedServers.get(query["marker"] ?? "");
  const servers = marker
    ? [...account.servers.list, marker].sort((a, b) => a.id < b.id ? -1 : 1)
    : [...account.servers.list];
  return servers.reverse()
    .filter((server) => tests.every((test) => test(server)))
    .sort(order);
}

/** Statuses that a list can be filtered by. */
const STATUSES: ReadonlySet<string> = new Set([
  "ACTIVE",
  "BUILD",
  "DELETED",
  "ERROR",
  "HARD_REBOOT",
  "MIGRATING",
  "PASSWORD",
  "PAUSED",
  "REBOOT",
  "REBUILD",
  "RESCUE",
  "RESIZE",
  "REVERT_RESIZE",
  "SHELVED",
  "SHELVED_OFFLOADED",
  "SHUTOFF",
  "SOFT_DELETED",
  "SUSPENDED",
  "UNKNOWN",
  "VERIFY_RESIZE",
]);

/** Parameters of lists; from 2.75 on others are refused. */
const PARAMETERS: ReadonlySet<string> = new Set([
  "access_ip_v4",
  "access_ip_v6",
  "all_tenants",
  "availability_zone",
  "changes-before",
  "changes-since",
  "config_drive",
  "created_at",
  "deleted",
  "description",
  "flavor",
  "host",
  "hostname",
  "image",
  "ip",
  "ip6",
  "key_name",
  "launched_at",
  "limit",
  "locked",
  "marker",
  "name",
  "not-tags",
  "not-tags-any",
  "power_state",
  "project_id",
  "progress",
  "reservation_id",
  "sort_dir",
  "sort_key",
  "status",
  "tags",
  "tags-any",
  "task_state",
  "tenant_id",
  "terminated_at",
  "user_id",
  "uuid",
  "vm_state",
]);

function checkQuery(searchParams: URLSearchParams, minor: number): void {
  const unknown = [...searchParams.keys()].find((it) => !PARAMETERS.has(it));
  if (minor >= 75 && unknown !== undefined) {
    throw badRequest(`'${unknown}' does not match any of the regexes: '^_'`);
  }
  const status = searchParams.get("status")?.toUpperCase();
  if (status && !STATUSES.has(status)) throw badRequest("Invalid status value");
  if (/^(?:1|true)$/i.test(searchParams.get("all_tenants") ?? "")) {
    throw new Refusal(
      403,
      "Policy doesn't allow os_compute_api:servers:index:get_all_tenants to " +
        "be performed.",
    );
  }
}

/** Keys that a list can be sorted by. */
const SORT_KEYS: Readonly<Record<string, (server: Server) => string>> = {
  created_at: ({ created }) => created,
  display_name: ({ name }) => name,
  updated_at: ({ updated }) => updated,
  uuid: ({ id }) => id,
  vm_state: ({ vmState }) => vmState,
};

/** Reads the order of a list; without one it keeps the order that it has. */
function toOrder({ sort_key: key, sort_dir: direction = "desc" }: Readonly<
  Record<string, string>
>): (a: Server, b: Server) => number {
  if (key === undefined) return () => 0;
  const read = SORT_KEYS[key];
  if (read === undefined) {
    throw badRequest(
      `Invalid input for query parameters sort_key. Value: ${key}. '${key}' ` +
        `is not one of ['${Object.keys(SORT_KEYS).join("', '")}']`,
    );
  }
  const sign = direction === "asc" ? 1 : -1;
  return (a, b) => {
    const [left, right] = [read(a), read(b)];
    return left === right ? 0 : left < right ? -sign : sign;
  };
}

function toPattern(name: string): RegExp {
  try {
    return new RegExp(name);
  } catch {
    throw badRequest(
      `Invalid input for query parameters name. Value: ${name}.`,
    );
  }
}

function serverLink(
  account: Account,
  { id, name }: Pick<Server, "id" | "name">,
  url: URL,
) {
  const base = linkBase(account, "compute", url);
  return {
    id,
    name,
    links: [
      { rel: "self", href: `${base}/v2.1/servers/${id}` },
      { rel: "bookmark", href: `${base}/servers/${id}` },
    ],
  };
}

function addressesOf(account: Account, server: Server) {
  return account.timeline.now < server.addressesAt
    ? {}
    : account.network.addressesOf(server.id);
}

/** Addresses of a server without what extensions of Nova add to them. */
function plainAddresses(
  account: Account,
  server: Server,
): Record<string, object[]> {
  return Object.fromEntries(
    Object.entries(addressesOf(account, server)).map(([network, all]) => [
      network,
      all.map(({ version, addr }) => ({ version, addr })),
    ]),
  );
}

/** Converts one server, which has more fields than those of lists. */
export function shownServer(
  account: Account,
  server: Server,
  call: Call,
): object {
  return {
    ...serverJson(account, server, call.url, call.request),
    ...microversionOf(account, call.request) >= 71 && {
      server_groups: server.group === undefined ? [] : [server.group],
    },
  };
}

/** Fields that Nova returns after a change from version 2.75 on only. */
const LATE_FIELDS: readonly string[] = [
  "OS-EXT-AZ:availability_zone",
  "OS-EXT-STS:power_state",
  "OS-EXT-STS:task_state",
  "OS-EXT-STS:vm_state",
  "OS-SRV-USG:launched_at",
  "OS-SRV-USG:terminated_at",
  "config_drive",
  "os-extended-volumes:volumes_attached",
  "security_groups",
  "server_groups",
];

/**
 * Converts a server for the response to a change.
 *
 * @param account The account.
 * @param server The server.
 * @param call The request.
 * @param firstWithKey Version from which on the response names the key pair.
 */
export function changedServer(
  account: Account,
  server: Server,
  call: Call,
  firstWithKey: number,
): object {
  const shown = shownServer(account, server, call);
  const minor = microversionOf(account, call.request);
  if (minor >= 75) return shown;
  const hidden = minor < firstWithKey
    ? [...LATE_FIELDS, "key_name"]
    : LATE_FIELDS;
  return {
    ...Object.fromEntries(
      Object.entries(shown).filter(([name]) => !hidden.includes(name)),
    ),
    addresses: plainAddresses(account, server),
  };
}

/** Converts a server to the format of the requested microversion. */
function serverJson(
  account: Account,
  server: Server,
  url: URL,
  request: Request,
): object {
  const minor = microversionOf(account, request);
  const base = linkBase(account, "compute", url);
  const { flavor, imageId } = server;
  const bookmark = (kind: string, id: string) => [{
    rel: "bookmark",
    href: `${base}/${kind}/${id}`,
  }];
  const isBuilt = server.launchedAt !== null;
  return {
    id: server.id,
    name: server.name,
    status: server.status,
    tenant_id: account.projectId,
    user_id: account.userId,
    metadata: server.metadata,
    hostId: isBuilt ? "7a1f".repeat(14) : "",
    image: imageId === ""
      ? ""
      : { id: imageId, links: bookmark("images", imageId) },
    flavor: minor >= 47
      ? embeddedFlavor(flavor)
      : { id: flavor.id, links: bookmark("flavors", flavor.id) },
    created: server.created,
    updated: server.updated,
    addresses: addressesOf(account, server),
    accessIPv4: server.accessIPv4,
    accessIPv6: server.accessIPv6,
    links: serverLink(account, server, url).links,
    "OS-DCF:diskConfig": "MANUAL",
    ...["ACTIVE", "BUILD", "REBUILD", "RESIZE", "VERIFY_RESIZE"].includes(
      server.status,
    ) && { progress: server.progress },
    ...server.fault && server.status === "ERROR" && { fault: server.fault },
    "OS-EXT-AZ:availability_zone": isBuilt ? server.availabilityZone : "",
    config_drive: server.configDrive ? "True" : "",
    key_name: server.keyName,
    "OS-SRV-USG:launched_at": server.launchedAt,
    "OS-SRV-USG:terminated_at": null,
    ...isBuilt && {
      security_groups: account.network.groupsOf(server.id),
    },
    "OS-EXT-STS:task_state": server.taskState,
    "OS-EXT-STS:vm_state": server.vmState,
    "OS-EXT-STS:power_state": server.powerState,
    "os-extended-volumes:volumes_attached": server.attachments.map((it) => ({
      id: it.volume,
      ...minor >= 3 && { delete_on_termination: it.deletesWithServer },
    })),
    ...minor >= 9 && { locked: server.isLocked },
    ...minor >= 19 && { description: server.description },
    ...minor >= 26 && { tags: server.tags },
    ...minor >= 63 && { trusted_image_certificates: null },
    ...minor >= 73 && { locked_reason: server.lockedReason },
    ...minor >= 90 && { "OS-EXT-SRV-ATTR:hostname": toHostname(server.name) },
  };
}

/** Name of the host that Nova derives from the name of a server. */
function toHostname(name: string): string {
  return name.toLowerCase().replace(/[ _]/g, "-").replace(/[^\w.-]+/g, "");
}

function embeddedFlavor(flavor: Flavor): object {
  const { name, vcpus, ram, disk, ephemeral, swap, extraSpecs } = flavor;
  return {
    vcpus,
    ram,
    disk,
    ephemeral,
    swap,
    original_name: name,
    extra_specs: extraSpecs,
  };
}

/** What a new server gets, besides its networks. */
interface Plan {
  readonly image: string;
  readonly attachments: readonly Attachment[];
}

async function createServer(account: Account, call: Call): Promise<Response> {
  const minor = microversionOf(account, call.request);
  const { url } = call;
  const body = await readJson(call.request);
  const value = objectIn(body, "server");
  checkKeys(
    value,
    Object.entries(PROPERTIES)
      .filter(([, [from, to = 999]]) => minor >= from && minor <= to)
      .map(([name]) => name),
    "server",
  );
  const name = requiredText(value, "name");
  const flavorRef = value["flavorRef"];
  if (typeof flavorRef !== "string" && typeof flavorRef !== "number") {
    throw missing(value, "server", "flavorRef");
  }
  const metadata = labelsIn(value, "metadata") ?? {};
  const description = textIn(value, "description", { min: 0 }) ??
    (minor < 19 ? name : null);
  const tags = readTags(value["tags"]);
  const keyName = textIn(value, "key_name") ?? null;
  const zone = textIn(value, "availability_zone") ?? ZONE;
  const userData = readUserData(value["user_data"]);
  const password = textIn(value, "adminPass") ?? account.takeSecret();
  const group = readHint(account, body);
  const networks = readNetworks(value, minor);
  const configDrive = readFlag(value, "config_drive");
  const count = readServerCount(value);
  const groups = readGroups(value["security_groups"]);
  const flavor = account.flavors.get(`${flavorRef}`);
  if (flavor === undefined) {
    throw badRequest(`Flavor ${flavorRef} could not be found.`);
  }
  if (keyName !== null && !account.keyPairs.has(keyName)) {
    throw badRequest("Invalid key_name provided.");
  }
  if (zone !== ZONE) {
    throw badRequest("The requested availability zone is not available");
  }
  const image = readImage(account, value["imageRef"]);
  const alive = account.servers.list.filter(({ isDeleted }) => !isDeleted);
  const { serverLimit } = account.settings;
  if (alive.length + count > serverLimit) {
    throw new Refusal(
      403,
      `Quota exceeded for instances: Requested ${count}, but already used ` +
        `${alive.length} of ${serverLimit} instances`,
    );
  }
  const ids = Array.from({ length: count }, () => account.takeId());
  for (const [index, id] of ids.entries()) {
    const plan = plug(account, id, value, image, flavor, networks, groups);
    addServer(account, {
      id,
      name: count === 1 ? name : `${name}-${index + 1}`,
      description,
      flavor,
      imageId: plan.image,
      keyName,
      metadata: { ...metadata },
      tags: [...tags],
      attachments: [...plan.attachments],
      availabilityZone: zone,
      configDrive,
      userData,
      accessIPv4: textIn(value, "accessIPv4") ?? "",
      accessIPv6: textIn(value, "accessIPv6") ?? "",
      group,
    });
  }
  const [id = ""] = ids;
  const names = groups.length > 0 ? groups : ["default"];
  return jsonResponse(202, {
    server: {
      id,
      links: serverLink(account, { id, name }, url).links,
      "OS-DCF:diskConfig": "MANUAL",
      security_groups: names.map((name) => ({ name })),
      adminPass: password,
    },
  }, { Location: `${linkBase(account, "compute", url)}/v2.1/servers/${id}` });
}

/** Attaches networks and disks to a new server. */
function plug(
  account: Account,
  id: string,
  value: JsonObject,
  image: string,
  flavor: Flavor,
  networks: ReturnType<typeof readNetworks>,
  groups: readonly string[],
): Plan {
  if (networks !== "none") account.network.attach(id, networks, groups);
  try {
    return attachDisks(account, id, value, image, flavor, `${value["name"]}`);
  } catch (error) {
    // Refusals of the other services leave nothing behind.
    account.network.release(id);
    throw error;
  }
}

/** What a request decides about a new server. */
type ServerDraft = Pick<
  Server,
  | "id"
  | "name"
  | "description"
  | "flavor"
  | "imageId"
  | "keyName"
  | "metadata"
  | "tags"
  | "attachments"
  | "availabilityZone"
  | "configDrive"
  | "userData"
  | "accessIPv4"
  | "accessIPv6"
  | "group"
>;

/** Adds a server, and boots it. */
function addServer(account: Account, draft: ServerDraft): void {
  const now = account.timestamp();
  const server = account.timeline.add(account.servers, {
    ...draft,
    status: "BUILD",
    vmState: "building",
    taskState: "scheduling",
    powerState: 0,
    progress: 0,
    oldFlavor: undefined,
    created: now,
    updated: now,
    launchedAt: null,
    lockedReason: null,
    isLocked: false,
    fault: undefined,
    addressesAt: Infinity,
    isDeleted: false,
  });
  if (draft.group !== undefined) {
    account.serverGroups.get(draft.group)?.members.push(server.id);
  }
  build(account, server);
}

/** Adds one of the servers that a new cloud has. */
export function seedServer(
  account: Account,
  name: string,
  flavor: Flavor,
  image: Image,
): void {
  const id = account.takeId();
  account.network.attach(id, "auto", []);
  addServer(account, {
    id,
    name,
    description: name,
    flavor,
    imageId: image.id,
    keyName: "seed-key",
    metadata: { role: "web" },
    tags: ["seed"],
    attachments: [],
    availabilityZone: ZONE,
    configDrive: false,
    userData: undefined,
    accessIPv4: "",
    accessIPv6: "",
    group: undefined,
  });
}

/** Boots a new server. */
function build(account: Account, server: Server): void {
  const { createMs, addressMs, fails } = account.settings;
  const willFail = fails({ kind: "create", name: server.name, id: server.id });
  account.timeline.after(createMs, (at) => {
    if (server.isDeleted) return;
    if (willFail) {
      Object.assign(server, { status: "ERROR", vmState: "error" });
      server.taskState = null;
      server.fault = {
        code: 500,
        message: FAULT,
        created: account.timestamp(at),
      };
    } else {
      setActive(server);
      server.launchedAt = account.timestamp(at).replace("Z", ".000000");
      server.addressesAt = at + addressMs;
    }
    server.updated = account.timestamp(at);
  });
}

/** Puts a server into the status of a running one. */
export function setActive(server: Server): void {
  Object.assign(server, {
    status: "ACTIVE",
    vmState: "active",
    taskState: null,
    powerState: 1,
    progress: 0,
    fault: undefined,
  });
}

/** Begins the deletion of a server. */
export function removeServer(account: Account, server: Server): void {
  if (server.isDeleted) return;
  server.isDeleted = true;
  server.taskState = "deleting";
  account.timeline.after(account.settings.actionMs, () => {
    account.network.release(server.id);
    for (const { volume, deletesWithServer } of server.attachments) {
      account.volume.detach(volume, server.id);
      if (deletesWithServer) account.volume.remove(volume);
    }
    account.servers.delete(server.id);
    account.deletedServers.set(server.id, server);
  });
}

async function updateServer(account: Account, call: Call): Promise<Response> {
  const minor = microversionOf(account, call.request);
  const server = findServer(account, call);
  const value = await readObject(call, "server");
  const keys = ["name", "accessIPv4", "accessIPv6", "OS-DCF:diskConfig"];
  if (minor >= 19) keys.push("description");
  if (minor >= 90) keys.push("hostname");
  checkKeys(value, keys, "server");
  server.name = textIn(value, "name") ?? server.name;
  server.accessIPv4 = textIn(value, "accessIPv4") ?? server.accessIPv4;
  server.accessIPv6 = textIn(value, "accessIPv6") ?? server.accessIPv6;
  if ("description" in value) {
    server.description = textIn(value, "description", { min: 0 }) ?? null;
  }
  touch(account, server);
  return jsonResponse(200, {
    server: changedServer(account, server, call, 75),
  });
}

/** Notes that a server was changed. */
export function touch(account: Account, server: Server): void {
  server.updated = account.timestamp();
}

function readImage(account: Account, ref: unknown): string {
  if (ref === undefined || ref === "") return "";
  const image = account.images.get(`${ref}`);
  if (image === undefined) {
    throw badRequest(
      UUID.test(`${ref}`)
        ? "Can not find requested image"
        : `Invalid input for field/attribute imageRef. Value: ${ref}. ` +
          `'${ref}' is not valid under any of the given schemas`,
    );
  }
  if (image.status === "active") return image.id;
  throw badRequest(`Image ${image.id} is not active.`);
}

function readUserData(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string" || !/^[\w+/]*={0,2}$/.test(value)) {
    throw badRequest(
      "Invalid input for field/attribute user_data. Value is not a 'base64'",
    );
  }
  if (value.length <= MAX_USER_DATA) return value;
  throw badRequest(
    `Invalid input for field/attribute user_data. Value is too long`,
  );
}

/** Reads how many servers to create: the largest number that is allowed. */
function readServerCount(value: JsonObject): number {
  const [min, max] = ["min_count", "max_count"].map((name) => {
    const count = Number(value[name] ?? 1);
    if (Number.isInteger(count) && count >= 1) return count;
    throw badRequest(
      `Invalid input for field/attribute ${name}. Value: ${value[name]}. ` +
        `${value[name]} is less than the minimum of 1`,
    );
  }) as [number, number];
  if (value["max_count"] === undefined || min <= max) return Math.max(min, max);
  throw badRequest("min_count must be <= max_count");
}

/** Reads a boolean, which may be a word. */
function readFlag(value: JsonObject, name: string): boolean {
  const flag = value[name];
  if (flag === undefined || flag === null) return false;
  const word = `${flag}`.toLowerCase();
  if (["true", "1", "on", "yes"].includes(word)) return true;
  if (["false", "0", "off", "no"].includes(word)) return false;
  throw badRequest(
    `Invalid input for field/attribute ${name}. Value: ${flag}. '${flag}' is ` +
      "not one of [True, 'True', 'TRUE', 'true', False]",
  );
}

function missing(value: JsonObject, name: string, property: string): Refusal {
  return badRequest(
    `Invalid input for field/attribute ${name}. Value: ${
      JSON.stringify(value)
    }. '${property}' is a required property`,
  );
}

function readTags(value: unknown): string[] {
  if (value === undefined) return [];
  const isValid = Array.isArray(value) && value.length <= 50 &&
    value.every((tag) => typeof tag === "string" && /^[^,/]{1,60}$/.test(tag));
  if (isValid) return [...new Set(value as string[])];
  throw badRequest("Invalid input for field/attribute tags.");
}

/** Group in `os:scheduler_hints`, which is beside the server. */
function readHint(account: Account, body: JsonObject): string | undefined {
  const { "os:scheduler_hints": hints } = body;
  if (!isObject(hints) || hints["group"] === undefined) return undefined;
  const group = `${hints["group"]}`;
  if (account.serverGroups.has(group)) return group;
  throw badRequest(`Instance group ${group} could not be found.`);
}

function readNetworks(server: JsonObject, minor: number) {
  const { networks: value } = server;
  if (value === undefined || value === null) {
    if (minor < 37) return "auto";
    throw missing(server, "server", "networks");
  }
  if (minor >= 37 && (value === "auto" || value === "none")) return value;
  if (!Array.isArray(value) || !value.every(isObject)) {
    throw badRequest("Invalid input for field/attribute networks.");
  }
  for (const network of value as JsonObject[]) {
    const keys = ["uuid", "port", "fixed_ip", ...minor >= 42 ? ["tag"] : []];
    checkKeys(network, keys, "networks");
  }
  return value.length === 0 ? "auto" : value as JsonObject[];
}

function readGroups(value: unknown): string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) {
    throw badRequest("Invalid input for field/attribute security_groups.");
  }
  return value.map((group) => {
    if (isObject(group)) return requiredText(group, "name");
    throw badRequest("Invalid input for field/attribute security_groups.");
  });
}

/** Attaches the disks in `block_device_mapping_v2`. */
function attachDisks(
  account: Account,
  server: string,
  value: JsonObject,
  image: string,
  flavor: Flavor,
  name: string,
): Plan {
  const mappings = value["block_device_mapping_v2"];
  if (mappings === undefined) {
    if (image === "") {
      throw badRequest("Missing imageRef attribute");
    }
    return { image, attachments: [] };
  }
  if (!Array.isArray(mappings) || !mappings.every(isObject)) {
    throw badRequest(
      "Invalid input for field/attribute block_device_mapping_v2.",
    );
  }
  const attachments = (mappings as JsonObject[]).flatMap((mapping) => {
    const { source_type, destination_type, uuid, volume_size } = mapping;
    // The disk of the flavor, as another way to name the image.
    if (destination_type === "local") return [];
    const size = Number(volume_size ?? (flavor.disk || 1));
    const volume = source_type === "volume" ? `${uuid}` : account.volume.create(
      size,
      source_type === "image" ? readImage(account, uuid) : undefined,
      name,
    );
    return [{
      volume,
      device: account.volume.attach(volume, server),
      deletesWithServer: mapping["delete_on_termination"] === true,
      tag: textIn(mapping, "tag") ?? null,
    }];
  });
  const isLocal = (mappings as JsonObject[]).some((mapping) =>
    mapping["destination_type"] === "local" && mapping["boot_index"] === 0
  );
  return { image: isLocal ? image : "", attachments };
}

/** Finds the metadata that has the key in the path. */
function findLabel(
  account: Account,
  call: Call,
): [metadata: Record<string, string>, key: string] {
  const { metadata } = findServer(account, call);
  const key = call.params.get("key") ?? "";
  if (Object.hasOwn(metadata, key)) return [metadata, key];
  throw new Refusal(404, "Metadata item was not found");
}

function metadataRoutes(account: Account): Routes {
  return {
    "GET /servers/{id}/metadata": (call) =>
      jsonResponse(200, { metadata: findServer(account, call).metadata }),
    "PUT /servers/{id}/metadata": async (call) => {
      const server = findServer(account, call);
      const metadata = labelsIn(
        { metadata: await readObject(call, "metadata") },
        "metadata",
      );
      server.metadata = metadata ?? {};
      return jsonResponse(200, { metadata: server.metadata });
    },
    "POST /servers/{id}/metadata": async (call) => {
      const server = findServer(account, call);
      const metadata = labelsIn(
        { metadata: await readObject(call, "metadata") },
        "metadata",
      );
      Object.assign(server.metadata, metadata);
      return jsonResponse(200, { metadata: server.metadata });
    },
    "GET /servers/{id}/metadata/{key}": (call) => {
      const [metadata, key] = findLabel(account, call);
      return jsonResponse(200, { meta: { [key]: metadata[key] } });
    },
    "PUT /servers/{id}/metadata/{key}": async (call) => {
      const { metadata } = findServer(account, call);
      const key = call.params.get("key") ?? "";
      const meta = labelsIn({ meta: await readObject(call, "meta") }, "meta");
      if (meta?.[key] === undefined || Object.keys(meta).length !== 1) {
        throw badRequest("Request body and URI mismatch");
      }
      Object.assign(metadata, meta);
      return jsonResponse(200, { meta });
    },
    "DELETE /servers/{id}/metadata/{key}": (call) => {
      const [metadata, key] = findLabel(account, call);
      delete metadata[key];
      return noContent();
    },
  };
}

/** Reads the tag in the path, which the server must have. */
function requireTag({ id, tags }: Server, { params }: Call): string {
  const tag = params.get("tag") ?? "";
  if (tags.includes(tag)) return tag;
  throw new Refusal(404, `Server ${id} has no tag '${tag}'`);
}

function tagRoutes(account: Account): Routes {
  const find = (call: Call) => {
    if (microversionOf(account, call.request) < 26) {
      throw new Refusal(404, "The resource could not be found.");
    }
    return findServer(account, call);
  };
  return {
    "GET /servers/{id}/tags": (call) =>
      jsonResponse(200, { tags: find(call).tags }),
    "PUT /servers/{id}/tags": async (call) => {
      const server = find(call);
      const { tags } = await call.request.json();
      server.tags = readTags(tags);
      return jsonResponse(200, { tags: server.tags });
    },
    "DELETE /servers/{id}/tags": (call) => {
      find(call).tags = [];
      return noContent();
    },
    "GET /servers/{id}/tags/{tag}": (call) => {
      requireTag(find(call), call);
      return noContent();
    },
    "PUT /servers/{id}/tags/{tag}": (call) => {
      const server = find(call);
      const [tag = ""] = readTags([call.params.get("tag")]);
      if (server.tags.includes(tag)) return noContent();
      server.tags.push(tag);
      return new Response(null, { status: 201 });
    },
    "DELETE /servers/{id}/tags/{tag}": (call) => {
      const server = find(call);
      const tag = requireTag(server, call);
      server.tags = server.tags.filter((it) => it !== tag);
      return noContent();
    },
  };
}

function attachmentRoutes(account: Account): Routes {
  const show = (server: Server, it: Attachment, request: Request) => {
    const minor = microversionOf(account, request);
    return {
      ...minor < 89 && { id: it.volume },
      serverId: server.id,
      volumeId: it.volume,
      device: it.device,
      ...minor >= 70 && { tag: it.tag },
      ...minor >= 79 && { delete_on_termination: it.deletesWithServer },
      ...minor >= 89 && {
        bdm_uuid: it.volume,
        attachment_id: it.volume,
      },
    };
  };
  const find = (server: Server, call: Call) => {
    const volume = call.params.get("volume");
    const found = server.attachments.find((it) => it.volume === volume);
    if (found !== undefined) return found;
    throw new Refusal(
      404,
      `Instance ${server.id} is not attached to volume ${volume}`,
    );
  };
  return {
    "GET /servers/{id}/os-volume_attachments": (call) => {
      const server = findServer(account, call);
      return jsonResponse(200, {
        volumeAttachments: server.attachments.map((it) =>
          show(server, it, call.request)
        ),
      });
    },
    "POST /servers/{id}/os-volume_attachments": async (call) => {
      const server = findServer(account, call);
      const minor = microversionOf(account, call.request);
      const value = await readObject(call, "volumeAttachment");
      const keys = ["volumeId", "device", ...minor >= 49 ? ["tag"] : []];
      const further = minor >= 79 ? ["delete_on_termination"] : [];
      checkKeys(value, [...keys, ...further], "volumeAttachment");
      const volume = requiredText(value, "volumeId");
      requireUnlocked(server);
      if (
        !["ACTIVE", "SHUTOFF", "PAUSED", "SUSPENDED"].includes(server.status)
      ) {
        throw new Refusal(
          409,
          `Cannot 'attach_volume' instance ${server.id} while it is in ` +
            `vm_state ${server.vmState}`,
        );
      }
      const device = account.volume.attach(
        volume,
        server.id,
        textIn(value, "device"),
      );
      const attachment = {
        volume,
        device,
        deletesWithServer: value["delete_on_termination"] === true,
        tag: textIn(value, "tag") ?? null,
      };
      server.attachments.push(attachment);
      return jsonResponse(200, {
        volumeAttachment: show(server, attachment, call.request),
      });
    },
    "GET /servers/{id}/os-volume_attachments/{volume}": (call) => {
      const server = findServer(account, call);
      return jsonResponse(200, {
        volumeAttachment: show(server, find(server, call), call.request),
      });
    },
    "DELETE /servers/{id}/os-volume_attachments/{volume}": (call) => {
      const server = findServer(account, call);
      const { volume } = find(server, call);
      requireUnlocked(server);
      account.volume.detach(volume, server.id);
      server.attachments = server.attachments.filter((it) =>
        it.volume !== volume
      );
      return new Response(null, { status: 202 });
    },
  };
}
