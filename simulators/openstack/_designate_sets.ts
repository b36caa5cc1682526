/**
 * Record sets of Designate.
 *
 * @module
 */

import type { Account } from "./_account.ts";
import { isRecord, RECORD_NAME, SERVICE_NAME } from "./_designate_records.ts";
import {
  bad,
  baseOf,
  checkDomain,
  checkKeys,
  created,
  type Invalid,
  invalid,
  InvalidObject,
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
  findZone,
  type RecordSet,
  recordsOf,
  requireLiving,
  touch,
  type Zone,
  type Zones,
} from "./_designate_state.ts";
import {
  type Call,
  type JsonObject,
  jsonResponse,
  Refusal,
  type Routes,
} from "../kit/mod.ts";

const SET_LIST = {
  key: "recordsets",
  filters: [
    ...["name", "type", "data", "status", "description", "ttl", "zone_id"],
  ],
  sortKeys: [
    ...["created_at", "id", "updated_at", "zone_id", "tenant_id"],
    ...["name", "type", "ttl", "records"],
  ],
};

export function recordSetRoutes(state: Zones): Routes {
  const { account, zones } = state;
  const show = (zone: Zone, set: RecordSet, url: URL) =>
    setJson(state, zone, set, url);
  const allOf = (zone: Zone, url: URL) =>
    zone.recordSets.list.map((set) => show(zone, set, url));
  return {
    "GET /recordsets": ({ url }) =>
      page(
        account,
        zones.list.flatMap((zone) => allOf(zone, url)),
        url,
        SET_LIST,
      ),
    "GET /recordsets/{set}": (call) => {
      const id = uuidIn(call, "set", "recordset_id");
      const zone = zones.list.find(({ recordSets }) => recordSets.has(id));
      if (!zone) throw unknown("RecordSet", "recordset_not_found");
      return jsonResponse(200, show(zone, zone.recordSets.get(id)!, call.url));
    },
    "GET /zones/{zone}/recordsets": (call) =>
      page(account, allOf(findZone(state, call), call.url), call.url, SET_LIST),
    "POST /zones/{zone}/recordsets": async (call) => {
      const body = await readObject(call);
      checkKeys(
        body,
        ["name", "type", "ttl", "description", "records"],
        "recordset",
      );
      const { zone, set } = createSet(state, call, body);
      return created(
        show(zone, set, call.url),
        set.status === "PENDING" ? 202 : 201,
      );
    },
    "GET /zones/{zone}/recordsets/{set}": (call) => {
      const { zone, set } = findSet(state, call);
      return jsonResponse(200, show(zone, set, call.url));
    },
    "PUT /zones/{zone}/recordsets/{set}": async (call) => {
      const body = await readObject(call);
      const { zone, set } = findSet(state, call);
      if (set.isManaged) throw bad("Managed records may not be updated");
      checkKeys(body, ["ttl", "description", "records"], "recordset");
      updateSet(account, zone, set, body);
      const status = set.status === "PENDING" ? 202 : 200;
      return jsonResponse(status, show(zone, set, call.url));
    },
    "DELETE /zones/{zone}/recordsets/{set}": (call) => {
      const { zone, set } = findSet(state, call);
      if (set.type === "SOA") {
        throw bad("Deleting a SOA recordset is not allowed");
      }
      requireLiving(zone);
      if (set.isManaged) throw bad("Managed records may not be deleted");
      zone.recordSets.delete(set.id);
      touch(account, zone);
      if (set.records.length > 0) {
        Object.assign(set, { status: "PENDING", action: "DELETE" });
      }
      set.version++;
      set.updated_at = wholeSeconds(account);
      return jsonResponse(202, show(zone, set, call.url));
    },
  };
}

function findSet(state: Zones, call: Call) {
  const id = uuidIn(call, "set", "recordset_id");
  const zone = findZone(state, call);
  const set = zone.recordSets.get(id);
  if (set) return { zone, set };
  throw unknown("RecordSet", "recordset_not_found");
}

function createSet(
  state: Zones,
  call: Call,
  body: JsonObject,
): { readonly zone: Zone; readonly set: RecordSet } {
  const { account } = state;
  const type = `${body["type"]}`;
  const isService = type === "SRV";
  const name = checkDomain(body["name"], "Host name", RECORD_NAME);
  if (!isRecordType(account, type)) {
    throw new InvalidObject([{
      path: ["recordset", "type"],
      message: `'${type}' is not a valid record type`,
      validator: "value",
      validator_value: [type],
    }]);
  }
  const records = readRecords(body, type) ?? [];
  if (isService && !SERVICE_NAME.test(name)) throw invalid("name is invalid");
  if (type === "SOA") throw bad("Creating a SOA recordset is not allowed");
  const ttl = readTtl(body);
  const description = readDescription(body);
  const zone = findZone(state, call);
  requireLiving(zone);
  if (zone.type !== "PRIMARY") {
    throw new Refusal(403, "", { code: "forbidden" });
  }
  requireQuota(account, "zone_recordsets", zone.recordSets.size + 1);
  checkPlace(state, zone, name, type);
  if (type === "CNAME" && records.length > 1) {
    throw bad("CNAME recordsets may not have more than 1 record");
  }
  requireRecords(account, zone, records);
  const isTaken = zone.recordSets.list.some((set) =>
    set.type === type && isSameName(set.name, name)
  );
  if (isTaken) {
    throw new Refusal(409, "Duplicate RecordSet", {
      code: "duplicate_recordset",
    });
  }
  const set = addSet(account, zone, {
    name,
    type,
    records,
    ttl: ttl ?? null,
    ...description,
  });
  if (records.length > 0) touch(account, zone);
  return { zone, set };
}

function updateSet(
  account: Account,
  zone: Zone,
  set: RecordSet,
  body: JsonObject,
): void {
  const records = readRecords(body, set.type) ?? set.records;
  const ttl = readTtl(body);
  const description = readDescription(body);
  requireLiving(zone);
  requireRecords(account, zone, records, set);
  set.records = records;
  if (ttl !== undefined) set.ttl = ttl;
  Object.assign(set, description);
  const hasRecords = records.length > 0;
  set.status = hasRecords ? "PENDING" : "ACTIVE";
  set.action = hasRecords ? "UPDATE" : "NONE";
  set.version++;
  set.updated_at = wholeSeconds(account);
  touch(account, zone);
}

function isRecordType({ settings }: Account, type: string): boolean {
  return settings.dnsRecordTypes.includes(type) &&
    isRecord(type, "") !== undefined;
}

/** Reads the records of a body; duplicates are left out. */
function readRecords(
  { records }: JsonObject,
  type: string,
): readonly string[] | undefined {
  if (records === undefined) return undefined;
  const all = Array.isArray(records) ? records.map(String) : [];
  const errors = all.flatMap((data, index): Invalid[] =>
    isRecord(type, data) ? [] : [{
      path: ["records", index],
      message: `'${data}' is not a '${type}' Record`,
      validator: "format",
      validator_value: [type],
    }]
  );
  if (errors.length > 0) throw new InvalidObject(errors);
  // The order is that of the database.
  return [...new Set(all)].reverse();
}

function checkPlace(
  { zones }: Zones,
  zone: Zone,
  name: string,
  type: string,
): void {
  const refuse = (message: string) =>
    new Refusal(400, message, { code: "invalid_recordset_location" });
  // Only here, capital letters make a difference.
  if (name !== zone.name && !name.endsWith(`.${zone.name}`)) {
    throw refuse("RecordSet is not contained within it's parent zone");
  }
  if (type === "CNAME" && name === zone.name) {
    throw refuse("CNAME recordsets may not be created at the zone apex");
  }
  const isBeside = zone.recordSets.list.some((set) =>
    isSameName(set.name, name) && set.type !== type &&
    (type === "CNAME" || set.type === "CNAME")
  );
  if (isBeside) {
    throw refuse(
      "CNAME recordsets may not share a name with any other records",
    );
  }
  const child = zones.list.find((other) =>
    other.name.endsWith(`.${zone.name}`) &&
    (name === other.name || name.endsWith(`.${other.name}`))
  );
  if (child && name !== zone.name) {
    throw refuse(`RecordSet belongs in a child zone: ${child.name}`);
  }
}

function requireRecords(
  account: Account,
  zone: Zone,
  records: readonly string[],
  own?: RecordSet,
): void {
  const others = zone.recordSets.list.filter((set) =>
    set !== own && !set.isManaged
  );
  const used = others.reduce((sum, { records }) => sum + records.length, 0);
  requireQuota(account, "zone_records", used + records.length);
  requireQuota(account, "recordset_records", records.length);
}

function setJson(
  { account }: Zones,
  zone: Zone,
  set: RecordSet,
  url: URL,
): JsonObject {
  const self = `${baseOf(account, url)}/zones/${zone.id}/recordsets/${set.id}`;
  return {
    id: set.id,
    zone_id: zone.id,
    project_id: account.projectId,
    name: set.name,
    zone_name: zone.name,
    type: set.type,
    records: recordsOf(zone, set),
    description: set.description,
    ttl: set.ttl,
    status: set.status,
    action: set.action,
    version: set.version,
    created_at: set.created_at,
    // The record of SOA changes with the zone.
    updated_at: set.type === "SOA" ? zone.updated_at : set.updated_at,
    links: { self },
  };
}
