/**
 * Domains and their DNS records.
 *
 * @module
 */

import { STATUS_CODE } from "@std/http/status";
import type { Account, Domain, DomainRecord } from "./_account.ts";
import { ok, readFields, refuseInvalid, refuseNotFound } from "./_requests.ts";
import {
  type Call,
  type Fields,
  jsonResponse,
  noContent,
  type Routes,
  toNumericId,
} from "../kit/mod.ts";

/** What a request says about a record; the rest of it stays as it is. */
type Values = Omit<DomainRecord, "id">;

const DEFAULT_TTL = 1800;
const MIN_TTL = 30;
const MAX_TTL = 2_147_483_647;
const MAX_TEXT = 512;

const NAME_SERVERS = ["ns1", "ns2", "ns3"].map((it) =>
  `${it}.digitalocean.com`
);

/** Fields that each type needs besides its name and its data. */
const REQUIRED: Readonly<Record<string, readonly (keyof Values)[]>> = {
  A: [],
  AAAA: [],
  CAA: ["flags", "tag"],
  CNAME: [],
  MX: ["priority"],
  NS: [],
  SRV: ["priority", "port", "weight"],
  TXT: [],
};

const LABEL = String.raw`[\w*-]([\w-]{0,61}[\w-])?`;
const HOST = new RegExp(String.raw`^(?:${LABEL}\.)*${LABEL}\.$`);
const DOMAIN = new RegExp(String.raw`^(?:${LABEL}\.)+[a-z][a-z\d-]*$`);

/** Routes of domains and their records. */
export function domainRoutes(account: Account): Routes {
  const records = "/v2/domains/{name}/records";
  return {
    "GET /v2/domains": (call) =>
      account.page(call, "domains", [...account.domains.values()], toJson),
    "POST /v2/domains": (call) => createDomain(account, call),
    "GET /v2/domains/{name}": (call) =>
      ok({ domain: toJson(domainIn(account, call)) }),
    "DELETE /v2/domains/{name}": (call) => {
      account.domains.delete(domainIn(account, call).name);
      return noContent();
    },
    [`GET ${records}`]: (call) =>
      account.page(call, "domain_records", select(account, call)),
    [`POST ${records}`]: (call) => createRecord(account, call),
    [`GET ${records}/{id}`]: (call) =>
      ok({ domain_record: recordIn(account, call) }),
    [`PATCH ${records}/{id}`]: (call) => changeRecord(account, call, false),
    [`PUT ${records}/{id}`]: (call) => changeRecord(account, call, true),
    [`DELETE ${records}/{id}`]: (call) => {
      const { id, type } = recordIn(account, call);
      if (type === "SOA") refuseInvalid("SOA records cannot be deleted.");
      domainIn(account, call).records.delete(id);
      return noContent();
    },
  };
}

/**
 * Adds a domain with the records that each has.
 *
 * @param account The account.
 * @param name Name of the domain.
 * @returns The domain.
 */
export function addDomain(account: Account, name: string): Domain {
  const domain: Domain = { name, records: new Map() };
  addRecord(account, domain, { type: "SOA", name: "@", data: "1800" });
  for (const data of NAME_SERVERS) {
    addRecord(account, domain, { type: "NS", name: "@", data });
  }
  account.domains.set(name, domain);
  return domain;
}

/**
 * Adds a record that is not checked.
 *
 * @param account The account.
 * @param domain The domain.
 * @param values Fields of the record; absent ones are not used.
 * @returns The record.
 */
export function addRecord(
  account: Account,
  domain: Domain,
  values: Pick<Values, "type" | "name" | "data"> & Partial<Values>,
): DomainRecord {
  const record = {
    id: account.takeId(),
    priority: null,
    port: null,
    ttl: DEFAULT_TTL,
    weight: null,
    flags: null,
    tag: null,
    ...values,
  };
  domain.records.set(record.id, record);
  return record;
}

function domainIn(account: Account, { params }: Call): Domain {
  const name = params.get("name")?.toLowerCase() ?? "";
  return account.domains.get(name) ?? refuseNotFound();
}

function recordIn(account: Account, call: Call): DomainRecord {
  const id = toNumericId(call.params.get("id"));
  return domainIn(account, call).records.get(id) ?? refuseNotFound();
}

/** The records of a domain that fit the filters, whose name is absolute. */
function select(account: Account, call: Call): readonly DomainRecord[] {
  const { name: zone, records } = domainIn(account, call);
  const { searchParams } = call.url;
  const type = searchParams.get("type");
  const name = searchParams.get("name");
  return [...records.values()].filter((record) =>
    (type === null || record.type === type) &&
    (name === null ||
      name === (record.name === "@" ? zone : `${record.name}.${zone}`))
  );
}

async function createDomain(account: Account, call: Call): Promise<Response> {
  const fields = await readFields(call);
  const name = fields.string("name").toLowerCase();
  if (!DOMAIN.test(name)) refuseInvalid("Name is invalid");
  if (account.domains.has(name)) refuseInvalid("Name already exists");
  const address = fields.optional.string("ip_address");
  if (address !== undefined && !isIpv4(address)) {
    refuseInvalid("IP address is not valid");
  }
  const domain = addDomain(account, name);
  if (address !== undefined) {
    addRecord(account, domain, { type: "A", name: "@", data: address });
  }
  // A new domain has not been published yet.
  const json = { ...toJson(domain), zone_file: null };
  return jsonResponse(STATUS_CODE.Created, { domain: json });
}

async function createRecord(account: Account, call: Call): Promise<Response> {
  const domain = domainIn(account, call);
  const fields = await readFields(call);
  const values = check(domain, readValues(fields), undefined);
  const record = addRecord(account, domain, values);
  return jsonResponse(STATUS_CODE.Created, { domain_record: record });
}

async function changeRecord(
  account: Account,
  call: Call,
  isComplete: boolean,
): Promise<Response> {
  const domain = domainIn(account, call);
  const { id, ...before } = recordIn(account, call);
  const fields = await readFields(call);
  if (fields.string("type") !== before.type) {
    refuseInvalid("The type of a record cannot change.");
  }
  if (before.type === "SOA") {
    const ttl = readTtl(fields) ?? before.ttl;
    const record = { id, ...before, ttl };
    domain.records.set(id, record);
    return ok({ domain_record: record });
  }
  const data = isHost(before) ? toAbsolute(before.data, domain) : before.data;
  const kept = isComplete ? undefined : { ...before, data };
  const values = check(domain, readValues(fields, kept), id);
  const record = { id, ...values };
  domain.records.set(id, record);
  return ok({ domain_record: record });
}

/** Reads the fields of a record. A missing field is the one before. */
function readValues(fields: Fields, before?: Values): Values {
  const { optional } = fields;
  const type = fields.string("type");
  if (!Object.hasOwn(REQUIRED, type)) refuseInvalid(`Type ${type} is invalid`);
  const number = (name: "priority" | "port" | "weight", max: number) =>
    optional.integer(name, { min: 0, max }) ?? before?.[name] ?? null;
  const values = {
    type,
    name: (optional.string("name") ?? before?.name ?? "@").toLowerCase(),
    data: optional.string("data", { min: 0 }) ?? before?.data ?? "",
    priority: number("priority", 65_535),
    port: number("port", 65_535),
    ttl: readTtl(fields) ?? before?.ttl ?? DEFAULT_TTL,
    weight: number("weight", 65_535),
    flags: optional.integer("flags", { min: 0, max: 255 }) ?? before?.flags ??
      null,
    tag: optional.choice("tag", ["issue", "issuewild", "iodef"]) ??
      before?.tag ?? null,
  };
  for (const name of REQUIRED[type] ?? []) {
    if (values[name] === null) refuseInvalid(`${name} is missing or invalid`);
  }
  return values;
}

function readTtl({ optional }: Fields): number | undefined {
  return optional.integer("ttl", { min: MIN_TTL, max: MAX_TTL });
}

/** Checks a record, and converts its data to the form of responses. */
function check(
  domain: Domain,
  values: Values,
  own: number | undefined,
): Values {
  const data = convertData(domain, values);
  const converted = { ...values, data };
  const others = [...domain.records.values()].filter(({ id }) => id !== own);
  const here = others.filter(({ name }) => name === values.name);
  if (here.some((other) => isSame(other, converted))) {
    refuseInvalid("Record already exists");
  }
  const isConflict = values.type === "CNAME"
    ? here.length > 0
    : here.some(({ type }) => type === "CNAME");
  if (isConflict) {
    refuseInvalid("CNAME records cannot share a name with other records");
  }
  if (values.type === "CNAME" && values.name === "@") {
    refuseInvalid("CNAME records cannot be at the root of a domain");
  }
  return converted;
}

function convertData(domain: Domain, values: Values): string {
  const { type, data } = values;
  if (data === "") refuseInvalid("Data is missing or invalid");
  if (type === "A" && !isIpv4(data)) {
    refuseInvalid("IP address is not valid");
  }
  if (type === "AAAA") return toIpv6(data);
  if (type === "TXT") return convertText(data);
  return isHost(values) ? convertHost(data, domain, type) : data;
}

/** Whether the data of a record is the name of a host. */
function isHost({ type, data, tag }: Values): boolean {
  return /^(?:CNAME|MX|NS|SRV)$/.test(type) ||
    type === "CAA" && tag !== "iodef" && data !== ";";
}

/** Responses have no final dot, and `@` for the domain itself. */
function convertHost(data: string, domain: Domain, type: string): string {
  if (data === "." && type === "SRV") return data;
  if (data === "@") return data;
  if (!data.endsWith(".")) refuseInvalid("Data needs to end with a dot (.)");
  if (!HOST.test(data)) refuseInvalid("Data is not a valid hostname");
  const host = data.slice(0, -1).toLowerCase();
  return host === domain.name && type !== "CAA" ? "@" : host;
}

/** The data of a stored record as a request would send it. */
function toAbsolute(data: string, { name }: Domain): string {
  if (data === ".") return data;
  return `${data === "@" ? name : data}.`;
}

/** Backslashes are lost, and the text in quotes has a limit. */
function convertText(data: string): string {
  const text = data.replaceAll("\\", "");
  const octets = new TextEncoder().encode(text).length;
  const quoted = octets + (text.match(/"/g)?.length ?? 0) +
    3 * Math.ceil(octets / 255) - 1;
  if (quoted > MAX_TEXT) refuseInvalid("TXT record data is too long");
  return text;
}

function isSame(a: Values, b: Values): boolean {
  return a.type === b.type && a.data === b.data &&
    a.priority === b.priority && a.port === b.port && a.weight === b.weight &&
    a.flags === b.flags && a.tag === b.tag;
}

function isIpv4(data: string): boolean {
  return /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/.test(data);
}

function toIpv6(data: string): string {
  const url = /^[\da-f:.]+$/i.test(data) ? URL.parse(`http://[${data}]`) : null;
  return url?.hostname.slice(1, -1) ??
    refuseInvalid("IP address is not valid");
}

function toJson(domain: Domain) {
  return { name: domain.name, ttl: DEFAULT_TTL, zone_file: zoneFile(domain) };
}

/** The zone as DigitalOcean publishes it. */
function zoneFile(domain: Domain): string {
  const lines = [...domain.records.values()].map((record) =>
    `${owner(record, domain)}. ` +
    `${record.ttl} IN ${record.type} ${content(record, domain)}`
  );
  return [`$ORIGIN ${domain.name}.`, "$TTL 1800", ...lines, ""].join("\n");
}

function owner({ name }: DomainRecord, domain: Domain): string {
  return name === "@" ? domain.name : `${name}.${domain.name}`;
}

function content(record: DomainRecord, domain: Domain): string {
  const { type, data, priority, weight, port, flags, tag } = record;
  const host = toAbsolute(data, domain);
  switch (type) {
    case "SOA":
      return `ns1.digitalocean.com. hostmaster.${domain.name}. ` +
        "1415982611 10800 3600 604800 1800";
    case "MX":
      return `${priority} ${host}`;
    case "SRV":
      return `${priority} ${weight} ${port} ${host}`;
    case "CAA":
      return `${flags} ${tag} "${data}"`;
    case "TXT":
      return data.replaceAll('"', '\\"').match(/.{1,255}/gsu)
        ?.map((part) => `"${part}"`).join(" ") ?? '""';
    case "CNAME":
    case "NS":
      return host;
    default:
      return data;
  }
}
