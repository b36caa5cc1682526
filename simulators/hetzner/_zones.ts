/**
 * DNS zones and their record sets.
 *
 * @module
 */

import type { Account } from "./_account.ts";
import {
  invalid,
  isProtected,
  listResponse,
  lookUp,
  notFound,
  notUnique,
  readFields,
  readLabels,
  selectsLabels,
  toFields,
  unfit,
} from "./_requests.ts";
import {
  type DnsRecord,
  newSet,
  type RecordSet,
  type Zone,
} from "./_records.ts";
import { checkValue, isType, SINGLES } from "./_values.ts";
import { formatZoneFile, parseZoneFile } from "./_zone_files.ts";
import {
  type Call,
  type Fields,
  jsonResponse,
  type Refusal,
  type Routes,
} from "../kit/mod.ts";

/** The changes of a record set that an action makes at its end. */
type Change = (sets: Map<string, RecordSet>) => void;

/** An action on a record set: reads the request, and returns the change. */
type Operation = (fields: Fields, set: RecordSet) => Change;

const TTL = { min: 60, max: 2_147_483_647 };
const RECORDS = { min: 1, max: 50 };
const NAME_SERVERS = [
  "hydrogen.ns.hetzner.com.",
  "oxygen.ns.hetzner.com.",
  "helium.ns.hetzner.de.",
];
const SOA = "hydrogen.ns.hetzner.com. dns.hetzner.com. 2025010100 86400 " +
  "10800 3600000 3600";
const ZONE_NAME = /^(?:xn--)?[a-z\d](?:[a-z\d-]*[a-z\d])?\.(?:[a-z][a-z\d-]*)$/;
const SET_NAME = /^(?:@|(?:\*|(?:[a-z\d_/-]|\\.)+)(?:\.(?:[a-z\d_/-]|\\.)+)*)$/;

const ZONE_RULES = {
  filters: ["name", "mode"],
  conditions: { label_selector: selectsLabels },
  sorts: ["id", "name", "created"],
};
const SET_RULES = {
  filters: ["name", "type"],
  conditions: { label_selector: selectsLabels },
  sorts: ["id", "name", "created"],
};
const ACTION_RULES = {
  filters: ["id", "status"],
  sorts: ["id", "command", "status", "started", "finished"],
};

/** Routes of zones, record sets and their actions. */
export function zoneRoutes(account: Account): Routes {
  const zone = (call: Call) => zoneIn(account, call);
  const started = (body: object) => jsonResponse(201, body);
  const one = "/zones/{zone}";
  const sets = `${one}/rrsets`;
  const set = `${sets}/{name}/{type}`;
  return {
    // Fixed paths are before those that match any id.
    ...zoneActions(account),
    "GET /zones/actions": (call) => listActions(account, call),
    "GET /zones/actions/{id}": (call) => getAction(account, call, "id"),
    [`GET ${one}/actions`]: (call) => listActions(account, call, zone(call)),
    [`GET ${one}/actions/{action}`]: (call) => {
      zone(call);
      return getAction(account, call, "action");
    },
    "GET /zones": ({ url }) =>
      listResponse(
        url,
        account.zones.list,
        { ...ZONE_RULES, largest: account.settings.largestPage },
        "zones",
        zoneJson,
      ),
    "POST /zones": async (call) =>
      started(createZone(account, await readFields(call))),
    [`GET ${one}`]: (call) => jsonResponse(200, { zone: zoneJson(zone(call)) }),
    [`PUT ${one}`]: async (call) => {
      const found = zone(call);
      found.labels = readLabels(await readFields(call)) ?? found.labels;
      return jsonResponse(200, { zone: zoneJson(found) });
    },
    [`DELETE ${one}`]: (call) => started(deleteZone(account, zone(call))),
    [`GET ${one}/zonefile`]: (call) => {
      const found = zone(call);
      requirePrimary(found);
      return jsonResponse(200, { zonefile: formatZoneFile(found) });
    },
    [`GET ${sets}`]: (call) => {
      const found = zone(call);
      return listResponse(
        call.url,
        [...found.sets.values()],
        {
          ...SET_RULES,
          largest: account.settings.largestPage,
          max: 100,
        },
        "rrsets",
        (it) => setJson(found, it),
      );
    },
    [`POST ${sets}`]: async (call) =>
      started(createSet(account, zone(call), await readFields(call))),
    [`GET ${set}`]: (call) => {
      const found = zone(call);
      const rrset = setJson(found, setIn(found, call));
      return jsonResponse(200, { rrset });
    },
    [`PUT ${set}`]: async (call) => {
      const found = zone(call);
      const wanted = setIn(found, call);
      wanted.labels = readLabels(await readFields(call)) ?? wanted.labels;
      return jsonResponse(200, { rrset: setJson(found, wanted) });
    },
    [`DELETE ${set}`]: (call) => {
      const found = zone(call);
      return started(deleteSet(account, found, setIn(found, call)));
    },
    ...setActions(account, set),
  };
}

/**
 * Adds a primary zone with the records that each has.
 *
 * @param account The account.
 * @param name Name of the zone.
 * @param values Settings that differ from the default.
 * @returns The zone.
 */
export function addZone(
  account: Account,
  name: string,
  values: Partial<Zone> = {},
): Zone {
  const zone: Zone = {
    id: account.takeId(),
    name,
    mode: "primary",
    created: account.timestamp(),
    ttl: 3600,
    status: "ok",
    labels: {},
    protection: { delete: false },
    primaries: [],
    sets: new Map(),
    ...values,
  };
  if (zone.mode === "primary") {
    zone.sets = new Map([
      addSet("@", "SOA", [SOA]),
      addSet("@", "NS", NAME_SERVERS),
      ...zone.sets,
    ]);
  }
  return account.zones.add(zone);
}

/**
 * Creates an entry of the record sets of a zone.
 *
 * @param name Name inside the zone.
 * @param type Type of the records.
 * @param values Values of the records.
 * @param ttl TTL in seconds; null for that of the zone.
 * @returns The key and the record set.
 */
export function addSet(
  name: string,
  type: string,
  values: readonly string[],
  ttl: number | null = null,
): [string, RecordSet] {
  const records = values.map((value) => ({ value }));
  return [keyOf(name, type), { ...newSet(name, type), ttl, records }];
}

function keyOf(name: string, type: string): string {
  return `${name} ${type}`;
}

function zoneIn({ zones }: Account, { params }: Call): Zone {
  const key = params.get("zone") ?? "";
  if (/^\d+$/.test(key)) return lookUp(zones, key, "zone");
  const found = zones.list.find(({ name }) => name === key);
  if (found === undefined) throw notFound("zone", key);
  return found;
}

function keyIn({ params }: Call) {
  const name = params.get("name") ?? "";
  const type = params.get("type") ?? "";
  return { name, type, key: keyOf(name, type) };
}

function setIn(zone: Zone, call: Call): RecordSet {
  const { key } = keyIn(call);
  const found = zone.sets.get(key);
  if (found === undefined) throw notFound("rrset", key);
  return found;
}

function listActions(account: Account, { url }: Call, zone?: Zone): Response {
  const found = account.actions.list.filter(({ resources }) =>
    resources.some(({ id, type }) =>
      type === "zone" && (zone === undefined || id === zone.id)
    )
  );
  const { largestPage: largest } = account.settings;
  return listResponse(url, found, { ...ACTION_RULES, largest }, "actions");
}

function getAction(account: Account, { params }: Call, key: string): Response {
  const action = lookUp(account.actions, params.get(key), "action");
  return jsonResponse(200, { action });
}

function createZone(account: Account, fields: Fields): object {
  const { optional } = fields;
  const name = fields.string("name");
  if (!ZONE_NAME.test(name)) {
    throw invalid("name", "is not a registered domain");
  }
  const mode = fields.choice("mode", ["primary", "secondary"]);
  if (account.zones.isTaken((it) => it.name === name)) {
    throw notUnique("name", "zone name is already used");
  }
  const ttl = optional.integer("ttl", TTL) ?? 3600;
  const labels = readLabels(fields) ?? {};
  const file = optional.string("zonefile");
  const rrsets = optional.list("rrsets") ?? [];
  if (file !== undefined && rrsets.length > 0) {
    throw invalid("zonefile", "cannot be combined with rrsets");
  }
  const primaries = readPrimaries(optional.list("primary_nameservers"), mode);
  const sets = new Map<string, RecordSet>();
  for (const item of rrsets) {
    const set = readSet(sets, toFields(item, "rrsets"));
    sets.set(keyOf(set.name, set.type), set);
  }
  const zone = addZone(account, name, {
    mode,
    ttl,
    labels,
    primaries,
    status: "updating",
    sets,
  });
  if (file !== undefined) zone.sets = readFile(zone, file);
  const body = account.begin(
    "create_zone",
    { zone },
    () => zone.status = "ok",
    () => account.zones.delete(zone.id),
  );
  return { ...body, zone: zoneJson(zone) };
}

function deleteZone(account: Account, zone: Zone): object {
  if (zone.protection.delete) throw isProtected("zone");
  return account.begin("delete_zone", { zone }, () => {
    account.zones.delete(zone.id);
  });
}

function readPrimaries(
  list: readonly unknown[] | undefined,
  mode: string,
): readonly object[] {
  if (mode === "secondary" && !list?.length) {
    throw invalid("primary_nameservers", "is required");
  }
  if (mode === "primary" && list?.length) {
    throw invalid("primary_nameservers", "is for secondary zones");
  }
  return (list ?? []).map((item) => {
    const fields = toFields(item, "primary_nameservers");
    const port = fields.optional.integer("port", { min: 1, max: 65_535 }) ?? 53;
    return { address: fields.string("address"), port };
  });
}

/** The actions on a zone. */
function zoneActions(account: Account): Routes {
  const act = (
    verb: string,
    command: string,
    read: (fields: Fields, zone: Zone) => () => void,
  ): Routes => ({
    [`POST /zones/{zone}/actions/${verb}`]: async (call) => {
      const zone = zoneIn(account, call);
      const end = read(await readFields(call), zone);
      return jsonResponse(201, account.begin(command, { zone }, end));
    },
  });
  return {
    ...act("change_ttl", "change_ttl", (fields, zone) => {
      requirePrimary(zone);
      const ttl = fields.integer("ttl", TTL);
      return () => zone.ttl = ttl;
    }),
    ...act("change_protection", "change_protection", (fields, zone) => {
      const value = fields.optional.boolean("delete");
      return () => zone.protection.delete = value ?? zone.protection.delete;
    }),
    ...act(
      "change_primary_nameservers",
      "change_primary_nameservers",
      (fields, zone) => {
        if (zone.mode === "primary") throw incorrectMode();
        const list = fields.optional.list("primary_nameservers");
        const primaries = readPrimaries(list, zone.mode);
        return () => zone.primaries = primaries;
      },
    ),
    ...act("import_zonefile", "import_zonefile", (fields, zone) => {
      requirePrimary(zone);
      const text = fields.string("zonefile");
      const { ttl = zone.ttl } = parseZoneFile(text, zone.name);
      const sets = readFile(zone, text);
      return () => Object.assign(zone, { ttl, sets });
    }),
  };
}

/** Reads the record sets of a zone file, and checks them. */
function readFile(zone: Zone, text: string): ReadonlyMap<string, RecordSet> {
  const sets = new Map<string, RecordSet>();
  for (const [key, file] of parseZoneFile(text, zone.name).sets) {
    const { name, type, ttl, records } = file;
    checkRecords(type, records);
    checkAlias(sets, name, type);
    const { labels, protection } = zone.sets.get(key) ?? newSet(name, type);
    sets.set(key, { name, type, ttl, records, labels, protection });
  }
  const servers = sets.get(keyOf("@", "NS"))?.records ?? [];
  const isComplete = sets.has(keyOf("@", "SOA")) &&
    NAME_SERVERS.every((host) => servers.some(({ value }) => value === host));
  if (!isComplete) {
    throw invalid("zonefile", "needs the SOA record and the NS records");
  }
  return sets;
}

function createSet(account: Account, zone: Zone, fields: Fields): object {
  requirePrimary(zone);
  account.requireIdle({ zone });
  const set = readSet(zone.sets, fields);
  const key = keyOf(set.name, set.type);
  const body = account.begin("create_rrset", { zone }, () => {
    change(zone, (sets) => sets.set(key, set));
  });
  return { ...body, rrset: setJson(zone, set) };
}

/** Reads a record set, which must be new. */
function readSet(sets: Zone["sets"], fields: Fields): RecordSet {
  const { optional } = fields;
  const name = fields.string("name");
  const type = fields.string("type");
  if (sets.has(keyOf(name, type))) {
    throw notUnique("name", "rrset with this name and type already exists");
  }
  checkNew(sets, name, type);
  const records = readRecords(fields, type);
  const ttl = optional.integer("ttl", TTL) ?? null;
  const labels = readLabels(fields) ?? {};
  return { ...newSet(name, type), ttl, labels, records };
}

function deleteSet(account: Account, zone: Zone, set: RecordSet): object {
  requirePrimary(zone);
  requireChangeable(set);
  requireNotOfZone(set);
  return account.begin("delete_rrset", { zone }, () => {
    change(zone, (sets) => sets.delete(keyOf(set.name, set.type)));
  });
}

/** The actions on a record set. */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  set_records(fields, set) {
    const records = readRecords(fields, set.type);
    return (sets) => update(sets, set, { records });
  },
  add_records: addRecords,
  remove_records: removeRecords,
  update_records: updateRecords,
  change_ttl(fields, set) {
    const ttl = fields.optional.integer("ttl", TTL) ?? null;
    return (sets) => update(sets, set, { ttl });
  },
  change_protection(fields, set) {
    const value = fields.optional.boolean("change") ?? set.protection.change;
    return (sets) => update(sets, set, { protection: { change: value } });
  },
};

function setActions(account: Account, path: string): Routes {
  return Object.fromEntries(
    Object.entries(OPERATIONS).map(([verb, operation]) => [
      `POST ${path}/actions/${verb}`,
      async (call: Call) => {
        const zone = zoneIn(account, call);
        requirePrimary(zone);
        const fields = await readFields(call);
        // What follows depends on the state after other actions.
        account.requireIdle({ zone });
        const set = verb === "add_records"
          ? setToExtend(zone, call)
          : setIn(zone, call);
        if (verb !== "change_protection") requireChangeable(set);
        const apply = operation(fields, set);
        const command = verb.replace("_", "_rrset_");
        const body = account.begin(
          command,
          { zone },
          () => change(zone, apply),
        );
        return jsonResponse(verb === "update_records" ? 200 : 201, body);
      },
    ]),
  );
}

/** A set that may not exist yet: its first records create it. */
function setToExtend(zone: Zone, call: Call): RecordSet {
  const { name, type, key } = keyIn(call);
  const found = zone.sets.get(key);
  if (found) return found;
  checkNew(zone.sets, name, type);
  return newSet(name, type);
}

function addRecords(fields: Fields, set: RecordSet): Change {
  const isNew = set.records.length === 0;
  const added = readRecords(fields, set.type);
  const ttl = fields.optional.integer("ttl", TTL);
  if (!isNew && ttl !== undefined && ttl !== set.ttl) {
    throw invalid("ttl", "must be the TTL of the existing rrset");
  }
  const records = [...set.records, ...added];
  requireDistinct(records);
  requireSingle(set.type, records);
  const values = { records, ...isNew && { ttl: ttl ?? null } };
  return (sets) => update(sets, set, values);
}

function removeRecords(fields: Fields, set: RecordSet): Change {
  const removed = readRecords(fields, set.type).map(({ value }) => value);
  for (const value of removed) {
    if (set.records.some((it) => it.value === value)) continue;
    throw invalid("records", `'${value}' is not in the rrset`);
  }
  const records = set.records.filter(({ value }) => !removed.includes(value));
  if (records.length === 0) requireNotOfZone(set);
  return (sets) => {
    if (records.length > 0) update(sets, set, { records });
    else sets.delete(keyOf(set.name, set.type));
  };
}

function updateRecords(fields: Fields, set: RecordSet): Change {
  const comments = new Map(
    readRecords(fields, set.type).map(({ value, comment }) => [value, comment]),
  );
  const records = set.records.map(({ value, comment: before }) => {
    const comment = comments.get(value) ?? before;
    return { value, ...comment && { comment } };
  });
  return (sets) => update(sets, set, { records });
}

function update(
  sets: Map<string, RecordSet>,
  set: RecordSet,
  values: Partial<RecordSet>,
): void {
  sets.set(keyOf(set.name, set.type), { ...set, ...values });
}

/** Applies a change, and raises the serial number of the zone. */
function change(zone: Zone, apply: Change): void {
  const sets = new Map(zone.sets);
  apply(sets);
  const soa = sets.get(keyOf("@", "SOA"));
  const [record] = soa?.records ?? [];
  if (soa && record) {
    const words = record.value.split(" ");
    words[2] = String(Number(words[2]) + 1);
    update(sets, soa, { records: [{ ...record, value: words.join(" ") }] });
  }
  zone.sets = sets;
}

function readRecords(fields: Fields, type: string): DnsRecord[] {
  const list = fields.optional.list("records", RECORDS);
  if (list === undefined) throw invalid("records", "is required");
  const records = list.map((item) => {
    const record = toFields(item, "records");
    const comment = record.optional.string("comment", { min: 0 });
    return { value: record.string("value"), ...comment && { comment } };
  });
  checkRecords(type, records);
  return records;
}

function checkRecords(type: string, records: readonly DnsRecord[]): void {
  for (const { value } of records) checkValue(type, value);
  requireDistinct(records);
  requireSingle(type, records);
}

function requireDistinct(records: readonly DnsRecord[]): void {
  const values = new Set(records.map(({ value }) => value));
  if (values.size === records.length) return;
  throw notUnique("records", "the values of an rrset must differ");
}

function requireSingle(type: string, records: readonly DnsRecord[]): void {
  if (!SINGLES.has(type) || records.length < 2) return;
  throw invalid("records", `an rrset of type ${type} has one record`);
}

/** Checks name and type of a new record set. */
function checkNew(
  sets: Zone["sets"],
  name: string,
  type: string,
): void {
  if (!SET_NAME.test(name)) throw invalid("name", "has an invalid format");
  if (!isType(type)) throw invalid("type", `'${type}' is not supported`);
  checkAlias(sets, name, type);
}

/** A name with a CNAME has no other records. */
function checkAlias(
  sets: ReadonlyMap<string, RecordSet>,
  name: string,
  type: string,
): void {
  const others = [...sets.values()].filter((it) =>
    it.name === name && it.type !== type
  );
  const isTaken = type === "CNAME"
    ? others.length > 0 || name === "@"
    : others.some((it) => it.type === "CNAME");
  if (isTaken) {
    throw invalid("type", "a CNAME cannot share its name with other records");
  }
}

function requireChangeable({ protection }: RecordSet): void {
  if (protection.change) throw isProtected("rrset");
}

/** The SOA record and the NS records of the zone itself come and go with it. */
function requireNotOfZone({ name, type }: RecordSet): void {
  if (name !== "@" || !/^(?:SOA|NS)$/.test(type)) return;
  throw unfit("invalid_input", `the rrset ${name} ${type} cannot be deleted`);
}

function requirePrimary({ mode }: Zone): void {
  if (mode !== "primary") throw incorrectMode();
}

function incorrectMode(): Refusal {
  return unfit("incorrect_zone_mode", "zone has the wrong mode");
}

function zoneJson(zone: Zone): object {
  const { sets, primaries, ...fields } = zone;
  const isPrimary = zone.mode === "primary";
  return {
    ...fields,
    authoritative_nameservers: {
      assigned: isPrimary ? NAME_SERVERS : [],
      delegated: isPrimary ? NAME_SERVERS : [],
      delegation_last_check: zone.created,
      delegation_status: "valid",
    },
    ...!isPrimary && { primary_nameservers: primaries },
    record_count: [...sets.values()]
      .reduce((sum, { records }) => sum + records.length, 0),
    registrar: "other",
  };
}

function setJson(zone: Zone, set: RecordSet): object {
  return { id: `${set.name}/${set.type}`, ...set, zone: zone.id };
}
