/**
 * Domains and their DNS records.
 *
 * @module
 */

import type { Account, Domain, DomainRecord } from "./_account.ts";
import { FILTERS } from "./_filters.ts";
import {
  BadRequest,
  findInPath,
  notFound,
  ok,
  readFields,
} from "./_requests.ts";
import { readTags } from "./_tags.ts";
import {
  type Call,
  type Fields,
  isObject,
  type JsonObject,
  type Routes,
  toNumericId,
} from "../kit/mod.ts";

/** What a request says about a record. */
type Values = Omit<DomainRecord, "id" | "created" | "updated">;

const TTLS = [
  30,
  120,
  300,
  3600,
  7200,
  14_400,
  28_800,
  57_600,
  86_400,
  172_800,
  345_600,
  604_800,
  1_209_600,
  2_419_200,
];
const MAX_RECORDS = 12_000;
const PRIORITY = { min: 0, max: 255 };
const NUMBER = { min: 0, max: 65_535 };
const NAME = { min: 0, max: 100 };
const TARGET = { min: 0, max: 65_535 };
const TYPES = ["A", "AAAA", "NS", "MX", "CNAME", "TXT", "SRV", "PTR", "CAA"];
const TAGS = ["issue", "issuewild", "iodef"];
const PROTOCOLS = ["tcp", "udp", "xmpp", "tls", "smtp"];

const DOMAIN =
  /^(\*\.)?([a-zA-Z0-9-_]{1,63}\.)+([a-zA-Z]{2,3}\.)?([a-zA-Z]{2,16}|xn--[a-zA-Z0-9]+)$/;
const LABEL = String.raw`(?:[\w-]{1,63})`;
const RECORD_NAME = new RegExp(
  String.raw`^(?:|(?:\*|${LABEL})(?:\.${LABEL})*)$`,
);
const HOST = new RegExp(String.raw`^${LABEL}(?:\.${LABEL})*$`);
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/;

/** Routes of domains and their records. */
export function domainRoutes(account: Account): Routes {
  const domain = (call: Call) => findInPath(account.domains, call);
  const records = "/domains/{id}/records";
  return {
    "GET /domains": (call) =>
      account.list(call, account.domains, domainJson, FILTERS.domains),
    "POST /domains": async (call) =>
      ok(domainJson(createDomain(account, await readFields(call)))),
    "GET /domains/{id}": (call) => ok(domainJson(domain(call))),
    "PUT /domains/{id}": async (call) => {
      const found = domain(call);
      updateDomain(account, found, await readFields(call));
      return ok(domainJson(found));
    },
    "DELETE /domains/{id}": (call) => {
      account.domains.delete(domain(call).id);
      return ok({});
    },
    "POST /domains/{id}/clone": async (call) => {
      const found = domain(call);
      const fields = await readFields(call);
      return ok(domainJson(cloneDomain(account, found, fields)));
    },
    "GET /domains/{id}/zone-file": (call) =>
      ok({ zone_file: zoneFile(domain(call)) }),
    [`GET ${records}`]: (call) =>
      account.list(call, domain(call).records, recordJson, FILTERS.records),
    [`POST ${records}`]: async (call) => {
      const found = domain(call);
      return ok(recordJson(createRecord(
        account,
        found,
        await readFields(call),
      )));
    },
    [`GET ${records}/{record}`]: (call) =>
      ok(recordJson(recordIn(domain(call), call))),
    [`PUT ${records}/{record}`]: async (call) => {
      const found = domain(call);
      const { id, created, ...before } = recordIn(found, call);
      const values = readValues(await readFields(call), before);
      check(found, values, id);
      const record = { id, created, updated: account.timestamp(), ...values };
      found.records.set(id, record);
      return ok(recordJson(record));
    },
    [`DELETE ${records}/{record}`]: (call) => {
      const found = domain(call);
      found.records.delete(recordIn(found, call).id);
      return ok({});
    },
  };
}

/**
 * Adds a domain without records.
 *
 * @param account The account.
 * @param domain Name of the domain.
 * @param values Settings that differ from the default.
 * @returns The domain.
 */
export function addDomain(
  account: Account,
  domain: string,
  values: Partial<Domain> = {},
): Domain {
  return account.domains.add({ ...newDomain(account, domain), ...values });
}

function newDomain(account: Account, domain: string): Domain {
  const created = account.timestamp();
  return {
    id: account.takeId(),
    created,
    updated: created,
    domain,
    type: "master",
    status: "active",
    soa_email: `admin@${domain}`,
    description: null,
    master_ips: [],
    axfr_ips: [],
    tags: [],
    ttl_sec: 0,
    refresh_sec: 0,
    retry_sec: 0,
    expire_sec: 0,
    records: new Map(),
  };
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
  values: Pick<Values, "type" | "name" | "target"> & Partial<Values>,
): DomainRecord {
  const created = account.timestamp();
  const record = {
    id: account.takeId(),
    created,
    updated: created,
    ttl_sec: 0,
    priority: 0,
    weight: 0,
    port: 0,
    service: null,
    protocol: null,
    tag: null,
    ...values,
  };
  domain.records.set(record.id, record);
  return record;
}

function recordIn({ records }: Domain, { params }: Call): DomainRecord {
  const found = records.get(toNumericId(params.get("record")));
  if (found === undefined) throw notFound();
  return found;
}

function createDomain(account: Account, fields: Fields): Domain {
  const name = readDomainName(account, fields);
  const type = fields.choice("type", ["master", "slave"]);
  const isMaster = type === "master";
  const soa_email = readEmail(fields) ?? "";
  if (isMaster && soa_email === "") required("soa_email");
  const domain = { ...newDomain(account, name), type, soa_email };
  updateDomain(account, domain, fields);
  if (!isMaster && domain.master_ips.length === 0) required("master_ips");
  return account.domains.add(domain);
}

function updateDomain(
  account: Account,
  domain: Domain,
  fields: Fields,
): void {
  const { optional } = fields;
  const seconds = (
    name: "ttl_sec" | "refresh_sec" | "retry_sec" | "expire_sec",
  ) => toStep(optional.integer(name, { min: 0 }) ?? domain[name]);
  const values = {
    domain: optional.any("domain") === undefined
      ? domain.domain
      : readDomainName(account, fields, domain),
    soa_email: readEmail(fields) ?? domain.soa_email,
    status: optional.choice("status", ["active", "disabled"]) ?? domain.status,
    description: optional.string("description", { max: 253 }) ??
      domain.description,
    master_ips: optional.strings("master_ips") ?? domain.master_ips,
    axfr_ips: optional.strings("axfr_ips") ?? domain.axfr_ips,
    tags: readTags(account, fields) ?? domain.tags,
    ttl_sec: seconds("ttl_sec"),
    refresh_sec: seconds("refresh_sec"),
    retry_sec: seconds("retry_sec"),
    expire_sec: seconds("expire_sec"),
    updated: account.timestamp(),
  };
  Object.assign(domain, values);
}

function cloneDomain(
  account: Account,
  source: Domain,
  fields: Fields,
): Domain {
  const domain = readDomainName(account, fields);
  const { id: _, records, ...values } = source;
  const clone = addDomain(account, domain, { ...values, domain });
  for (const record of records.values()) {
    const { id: _, ...values } = record;
    addRecord(account, clone, values);
  }
  return clone;
}

function readDomainName(
  account: Account,
  fields: Fields,
  own?: Domain,
): string {
  const name = fields.string("domain", { max: 253 });
  if (!DOMAIN.test(name)) throw new BadRequest("Domain is invalid", "domain");
  if (account.domains.isTaken((it) => it.domain === name, own)) {
    throw new BadRequest("DNS zone already exists.", "domain");
  }
  return name;
}

function readEmail({ optional }: Fields): string | undefined {
  const email = optional.string("soa_email");
  if (email === undefined || /^[^\s@]+@[^\s@]+$/.test(email)) return email;
  throw new BadRequest("Must be an email address", "soa_email");
}

function required(field: string): never {
  throw new BadRequest(`${field} is required`, field);
}

/** A TTL that Linode does not have becomes the nearest one. */
function toStep(seconds: number): number {
  if (seconds === 0) return 0;
  return TTLS.reduce((nearest, step) =>
    Math.abs(step - seconds) < Math.abs(nearest - seconds) ? step : nearest
  );
}

function createRecord(
  account: Account,
  domain: Domain,
  fields: Fields,
): DomainRecord {
  if (domain.records.size >= MAX_RECORDS) {
    throw new BadRequest("The domain has too many records");
  }
  const type = fields.choice("type", TYPES);
  const values = readValues(fields, {
    type,
    name: "",
    target: "",
    ttl_sec: 0,
    priority: 0,
    weight: 0,
    port: 0,
    service: null,
    protocol: null,
    tag: null,
  });
  check(domain, values, undefined);
  return addRecord(account, domain, values);
}

/** Reads the fields of a record. A missing field is the one before. */
function readValues({ optional }: Fields, before: Values): Values {
  const { type } = before;
  const name = optional.string("name", NAME)?.toLowerCase() ?? before.name;
  const values: Values = {
    type,
    name,
    target: optional.string("target", TARGET) ?? before.target,
    ttl_sec: toStep(
      optional.integer("ttl_sec", { min: 0 }) ?? before.ttl_sec,
    ),
    priority: optional.integer("priority", PRIORITY) ?? before.priority,
    weight: optional.integer("weight", NUMBER) ?? before.weight,
    port: optional.integer("port", NUMBER) ?? before.port,
    service: optional.string("service", { min: 0 }) ?? before.service,
    protocol: optional.string("protocol", { min: 0 }) ?? before.protocol,
    tag: optional.choice("tag", TAGS) ?? before.tag,
  };
  return type === "SRV" ? toService(values) : values;
}

/** Responses have the underscores, and the name that results. */
function toService(values: Values): Values {
  const bare = (word: string | null) => (word ?? "").replace(/^_/, "");
  const [service, protocol] = [bare(values.service), bare(values.protocol)];
  if (!/^[\w-]+$/.test(service)) required("service");
  if (!PROTOCOLS.includes(protocol)) {
    throw new BadRequest(`Must be one of ${PROTOCOLS.join(", ")}`, "protocol");
  }
  return {
    ...values,
    service: `_${service}`,
    protocol: `_${protocol}`,
    name: `_${service}._${protocol}`,
  };
}

/** Checks a record by its type. */
function check(
  { records }: Domain,
  values: Values,
  own: number | undefined,
): void {
  const { type, name, target, priority, tag } = values;
  if (type !== "SRV" && !RECORD_NAME.test(name)) {
    throw new BadRequest("Invalid hostname", "name");
  }
  const isNull = type === "MX" && target === "" && name === "" &&
    priority === 0;
  if (!isNull) checkTarget(type, target);
  if (type === "CAA" && tag === null) required("tag");
  if (type === "NS" && name.startsWith("*")) {
    throw new BadRequest("Wildcards are not allowed", "name");
  }
  if (type === "CNAME" && name === "") required("name");
  const here = [...records.values()]
    .filter((it) => it.id !== own && it.name === name);
  const isConflict = type === "CNAME"
    ? here.length > 0
    : here.some((it) => it.type === "CNAME");
  if (isConflict) {
    throw new BadRequest("Record conflict - CNAMES must be unique", "name");
  }
  const servers = here.filter((it) => it.type === "MX");
  const isMixed = type === "MX" &&
    servers.some((it) => (it.target === "") !== isNull);
  if (isMixed) {
    throw new BadRequest("A null MX record must be the only one", "target");
  }
}

function checkTarget(type: string, target: string): void {
  const isValid = type === "A"
    ? IPV4.test(target)
    : type === "AAAA"
    ? /^[\da-f:.]+$/i.test(target) && URL.canParse(`http://[${target}]`)
    : type === "TXT"
    ? true
    : type === "CAA"
    ? /^[!-~]+$/.test(target)
    : HOST.test(target);
  if (!isValid) throw new BadRequest("Invalid target", "target");
}

function domainJson(domain: Domain): JsonObject {
  const { records: _, ...fields } = domain;
  return { ...fields, group: null };
}

function recordJson(record: DomainRecord): JsonObject {
  return isObject(record) ? record : {};
}

/** The lines of the zone as Linode publishes it. */
function zoneFile({ id, domain, ttl_sec, soa_email, records }: Domain) {
  const mailbox = soa_email.replace("@", ".");
  return [
    `; ${domain} [${id}]`,
    `$TTL ${ttl_sec || 86_400}`,
    `@  IN  SOA  ns1.linode.com. ${mailbox}. 2021000066 14400 14400 1209600 86400`,
    ...[1, 2, 3, 4, 5].map((number) => `@    NS  ns${number}.linode.com.`),
    ...[...records.values()].map((record) =>
      [
        record.name || "@",
        ...record.ttl_sec ? [record.ttl_sec] : [],
        record.type,
        content(record),
      ].join("  ")
    ),
  ];
}

function content(record: DomainRecord): string {
  const { type, target, priority, weight, port, tag } = record;
  switch (type) {
    case "MX":
      return `${priority}  ${target}.`;
    case "SRV":
      return `${priority}  ${weight}  ${port}  ${target}.`;
    case "CAA":
      return `0  ${tag}  "${target}"`;
    case "TXT":
      return target.replace(/["\\]/g, "\\$&").match(/(?:\\.|[^\\]){1,255}/gsu)
        ?.map((part) => `"${part}"`).join(" ") ?? '""';
    case "CNAME":
    case "NS":
    case "PTR":
      return `${target}.`;
    default:
      return target;
  }
}
