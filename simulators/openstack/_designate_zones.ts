/**
 * Zones of Designate, and their exports.
 *
 * @module
 */

import { DOMAIN } from "./_designate_records.ts";
import {
  baseOf,
  checkDomain,
  checkKeys,
  created,
  InvalidObject,
  invalidValue,
  isSameName,
  page,
  readDescription,
  readObject,
  readTtl,
  requireQuota,
  unknown,
  uuidIn,
  wholeSeconds,
} from "./_designate_requests.ts";
import {
  addSet,
  DEFAULT_TTL,
  type Export,
  findZone,
  NAME_SERVER,
  publish,
  recordsOf,
  requireLiving,
  touch,
  type Zone,
  type Zones,
} from "./_designate_state.ts";
import {
  type Call,
  isObject,
  type JsonObject,
  jsonResponse,
  noContent,
  Refusal,
  type Routes,
  Store,
} from "../kit/mod.ts";

const POOL = "794ccc2c-d751-44fe-b57f-8894c9f5c842";

export function zoneRoutes(state: Zones): Routes {
  const { account, zones } = state;
  const show = (zone: Zone, url: URL) => zoneJson(state, zone, url);
  return {
    "GET /zones": ({ url }) => {
      const shown = zones.list.map((zone) => show(zone, url));
      return page(account, shown, url, {
        key: "zones",
        filters: ["name", "type", "email", "status", "description", "ttl"],
        sortKeys: [
          ...["created_at", "id", "updated_at", "name"],
          ...["tenant_id", "serial", "ttl", "status"],
        ],
      });
    },
    "POST /zones": async (call) => {
      const zone = createZone(state, await readObject(call));
      return created(show(zone, call.url), 202);
    },
    "GET /zones/{zone}": (call) =>
      jsonResponse(200, show(findZone(state, call), call.url)),
    "PATCH /zones/{zone}": async (call) => {
      const body = await readObject(call);
      const zone = findZone(state, call);
      updateZone(state, zone, body);
      return jsonResponse(202, show(zone, call.url));
    },
    "DELETE /zones/{zone}": (call) => {
      const zone = findZone(state, call);
      const end = `.${zone.name}`;
      if (zones.list.some(({ name }) => name.endsWith(end))) {
        throw new Refusal(
          400,
          "Please delete any subzones before deleting this zone",
          { code: "zone_has_sub_zone" },
        );
      }
      zone.action = "DELETE";
      zone.status = "PENDING";
      zone.version++;
      account.timeline.begin(zone, account.settings.actionMs, () => {
        zones.delete(zone.id);
      });
      return jsonResponse(202, show(zone, call.url));
    },
    "GET /zones/{zone}/nameservers": (call) => {
      findZone(state, call);
      const nameservers = [{ hostname: NAME_SERVER, priority: 1 }];
      return jsonResponse(200, { nameservers });
    },
  };
}

const NEW_ZONE = [
  ...["name", "email", "ttl", "description", "type", "masters", "attributes"],
];

export function createZone(state: Zones, body: JsonObject): Zone {
  const { account, zones } = state;
  checkKeys(body, NEW_ZONE, "zone");
  const { type = "PRIMARY", masters = [], attributes = {} } = body;
  const isPrimary = type === "PRIMARY";
  const needed = isPrimary ? "email" : "masters";
  if (body[needed] === undefined) {
    throw new InvalidObject([{
      path: ["type", needed],
      message: `'${needed}' is a required property`,
      validator: "required",
      validator_value: isPrimary ? needed : [needed],
    }]);
  }
  if (!isPrimary && body["email"] !== undefined) {
    throw new InvalidObject([{
      path: ["type"],
      message: "'email' can't be specified when type is SECONDARY",
      validator: "not_allowed",
      validator_value: "email",
    }]);
  }
  const name = checkDomain(body["name"], "Domain", DOMAIN);
  const settings = readZoneSettings(body);
  requireQuota(account, "zones", zones.size + 1);
  if (name.split(".").length < 3) {
    throw new Refusal(400, "More than one label is required", {
      code: "invalid_zone_name",
    });
  }
  if (zones.list.some((zone) => isSameName(zone.name, name))) {
    throw new Refusal(409, "Duplicate Zone", { code: "duplicate_zone" });
  }
  const zone = zones.add({
    id: account.takeId(),
    name,
    type: `${type}`,
    masters: Array.isArray(masters) ? masters : [],
    attributes: isObject(attributes) ? attributes : {},
    created_at: wholeSeconds(account),
    recordSets: new Store(),
    email: "hostmaster@example.net",
    description: null,
    ttl: DEFAULT_TTL,
    ...settings,
    serial: isPrimary ? Math.floor(account.timeline.now / 1000) : 1,
    status: "PENDING",
    action: "CREATE",
    version: 1,
    updated_at: null,
    operation: undefined,
    busyUntil: 0,
  });
  if (isPrimary) {
    addSet(account, zone, { name, type: "SOA", records: [], isManaged: true });
    const records = [NAME_SERVER];
    addSet(account, zone, { name, type: "NS", records, isManaged: true });
  }
  publish(account, zone, account.settings.createMs);
  return zone;
}

function updateZone(
  { account }: Zones,
  zone: Zone,
  body: JsonObject,
): void {
  checkKeys(body, ["email", "ttl", "description", "masters"], "zone");
  const settings = readZoneSettings(body);
  requireLiving(zone);
  Object.assign(zone, settings);
  touch(account, zone);
}

function readZoneSettings(body: JsonObject): Partial<Zone> {
  const { email } = body;
  if (email !== undefined) {
    const domain = `${email}.`.replace("@", ".");
    if (`${email}`.split("@").length !== 2) {
      throw invalidValue(`${email} is not an email`);
    }
    if (!DOMAIN.test(domain)) throw invalidValue(`Email ${email} is invalid`);
  }
  const ttl = readTtl(body);
  return {
    ...email !== undefined && { email: `${email}` },
    ...typeof ttl === "number" && { ttl },
    ...readDescription(body),
  };
}

function zoneJson({ account }: Zones, zone: Zone, url: URL): JsonObject {
  return {
    id: zone.id,
    pool_id: POOL,
    project_id: account.projectId,
    name: zone.name,
    email: zone.email,
    description: zone.description,
    ttl: zone.ttl,
    serial: zone.serial,
    status: zone.status,
    action: zone.action,
    version: zone.version,
    attributes: zone.attributes,
    type: zone.type,
    masters: zone.masters,
    created_at: zone.created_at,
    updated_at: zone.updated_at,
    transferred_at: null,
    links: { self: `${baseOf(account, url)}/zones/${zone.id}` },
  };
}

export function exportRoutes(state: Zones): Routes {
  const { account, exports } = state;
  const show = (task: Export, url: URL) => exportJson(state, task, url);
  const find = (call: Call): Export => {
    const task = exports.get(uuidIn(call, "export", "export_id"));
    if (task) return task;
    throw unknown("ZoneExport", "zone_export_not_found");
  };
  return {
    "POST /zones/{zone}/tasks/export": (call) => {
      const zone = findZone(state, call);
      const task: Export = exports.add({
        id: account.takeId(),
        zone,
        created_at: wholeSeconds(account),
        updated_at: null,
        text: undefined,
      });
      account.timeline.after(account.settings.actionMs, () => {
        task.text = zoneFile(zone);
        task.updated_at = wholeSeconds(account);
      });
      return created(show(task, call.url), 202);
    },
    "GET /zones/tasks/exports": ({ url }) =>
      page(account, exports.list.map((task) => show(task, url)), url, {
        key: "exports",
        filters: ["status", "zone_id"],
        sortKeys: ["created_at", "id", "updated_at"],
      }),
    "GET /zones/tasks/exports/{export}": (call) =>
      jsonResponse(200, show(find(call), call.url)),
    "GET /zones/tasks/exports/{export}/export": (call) =>
      new Response(find(call).text ?? "", {
        headers: { "Content-Type": "text/dns; charset=UTF-8" },
      }),
    "DELETE /zones/tasks/exports/{export}": (call) => {
      exports.delete(find(call).id);
      return noContent();
    },
  };
}

function exportJson({ account }: Zones, task: Export, url: URL): JsonObject {
  const path = `zones/tasks/exports/${task.id}`;
  const self = `${baseOf(account, url)}/${path}`;
  const isComplete = task.text !== undefined;
  return {
    id: task.id,
    status: isComplete ? "COMPLETE" : "PENDING",
    message: null,
    location: isComplete ? `designate://v2/${path}/export` : null,
    zone_id: task.zone.id,
    project_id: account.projectId,
    created_at: task.created_at,
    updated_at: task.updated_at,
    version: isComplete ? 2 : 1,
    links: { self, ...isComplete && { export: `${self}/export` } },
  };
}

function zoneFile(zone: Zone): string {
  const lines = zone.recordSets.list.flatMap((set) =>
    recordsOf(zone, set).map((data) =>
      `${set.name} ${set.ttl ?? ""} IN ${set.type} ${data}`
    )
  );
  return [`$ORIGIN ${zone.name}`, `$TTL ${zone.ttl}`, "", ...lines, "", "", ""]
    .join("\n");
}
