/**
 * The records of a zone: lists, changes one by one, and batches.
 *
 * @module
 */

import {
  isProxiable,
  readName,
  readValue,
  toZoneFile,
  TYPES,
  type Value,
} from "./_content.ts";
import {
  refusal,
  sorted,
  textFilters,
  toTime,
  ValidationRefusal,
} from "./_requests.ts";
import { isObject, type JsonObject } from "../kit/mod.ts";

/** A record. */
export interface DnsRecord extends Value {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  /** Seconds; 1 stands for the choice of the service. */
  readonly ttl: number;
  readonly proxied: boolean;
  readonly comment: string | null;
  readonly tags: readonly string[];
  readonly settings: JsonObject;
  /** Times in milliseconds since 1970. */
  readonly createdAt: number;
  readonly modifiedAt: number;
}

/** What limits the records of a zone. */
export interface RecordLimits {
  /** Largest number of records. */
  readonly recordLimit: number;
  /** Largest number of operations in a batch. */
  readonly batchLimit: number;
}

/** The zone that records are in. */
export interface RecordOwner {
  readonly name: string;
  records: ReadonlyMap<string, DnsRecord>;
}

/** What a change needs to know. */
export interface Context extends RecordLimits {
  /** Current time, in milliseconds since 1970. */
  readonly now: number;
  /** Returns the id of the next record. */
  readonly takeId: () => string;
}

const MIN_TTL = 60;
const MAX_TTL = 86_400;
const MAX_COMMENT = 100;
const MAX_CHARACTERS = 8192;
const HELP = "For more details, refer to <https://developers.cloudflare.com/" +
  "dns/manage-dns-records/troubleshooting/records-with-same-name/>.";

/** Types of which only one can be at a name. */
const ADDRESSES: readonly string[] = ["A", "AAAA", "CNAME"];

/** Shows a record. */
export function toJson(record: DnsRecord): JsonObject {
  const { createdAt, modifiedAt, ...json } = record;
  return {
    ...json,
    proxiable: isProxiable(record.type, record),
    meta: {},
    created_on: toTime(createdAt),
    modified_on: toTime(modifiedAt),
    ...record.comment !== null && { comment_modified_on: toTime(modifiedAt) },
    ...record.tags.length > 0 && { tags_modified_on: toTime(modifiedAt) },
  };
}

/** Selects and sorts the records of a list. */
export function selectRecords(
  { records }: RecordOwner,
  query: URLSearchParams,
): readonly DnsRecord[] {
  const type = query.get("type");
  const proxied = query.get("proxied");
  const search = query.get("search")?.toLowerCase();
  if (type !== null && !TYPES.includes(type)) {
    throw refusal(9004, `DNS record type "${type}" is invalid.`);
  }
  const filters: ((record: DnsRecord) => boolean)[] = [
    ...type === null ? [] : [(it: DnsRecord) => it.type === type],
    ...proxied === null
      ? []
      : [(it: DnsRecord) => String(it.proxied) === proxied],
    ...search === undefined
      ? []
      : [(it: DnsRecord) =>
        `${it.name} ${it.content}`.toLowerCase().includes(search)],
    ...textFilters(query, "name").map((matches) => (it: DnsRecord) =>
      matches(it.name)
    ),
    ...textFilters(query, "content").map((matches) => (it: DnsRecord) =>
      matches(it.content)
    ),
    ...textFilters(query, "comment").map((matches) => (it: DnsRecord) =>
      matches(it.comment ?? "")
    ),
    ...textFilters(query, "tag").map((matches) => (it: DnsRecord) =>
      it.tags.some(matches)
    ),
  ];
  const isAny = query.get("match") === "any" && filters.length > 0;
  const found = [...records.values()].filter((record) =>
    isAny
      ? filters.some((filter) => filter(record))
      : filters.every((filter) => filter(record))
  );
  return sorted(found, query.get("order"), query.get("direction"));
}

/** Finds a record by its id. */
export function findRecord({ records }: RecordOwner, id: unknown): DnsRecord {
  const record = records.get(String(id));
  if (record) return record;
  throw refusal(81044, "Record does not exist.", 404);
}

/** Creates a record. */
export function createRecord(
  zone: RecordOwner,
  body: JsonObject,
  context: Context,
): DnsRecord {
  const { takeId, now, recordLimit } = context;
  if (zone.records.size >= recordLimit) {
    throw refusal(81045, "Record quota exceeded.");
  }
  const record = readRecord(zone, body, {
    id: takeId(),
    createdAt: now,
    modifiedAt: now,
  });
  checkNeighbours(zone, record, 81058, "An identical record already exists.");
  return put(zone, record);
}

/** Replaces a record. Fields that are left out get their default values. */
export function replaceRecord(
  zone: RecordOwner,
  id: unknown,
  body: JsonObject,
  { now }: Context,
): DnsRecord {
  const { createdAt, id: known } = findRecord(zone, id);
  const record = readRecord(zone, body, {
    id: known,
    createdAt,
    modifiedAt: now,
  });
  checkNeighbours(zone, record, 81057, "The record already exists.");
  return put(zone, record);
}

/** Changes the fields of a record that are in a request. */
export function changeRecord(
  zone: RecordOwner,
  id: unknown,
  body: JsonObject,
  context: Context,
): DnsRecord {
  const { name, type, ttl, proxied, ...rest } = findRecord(zone, id);
  const { content, priority, data, comment, tags, settings } = rest;
  const old = { name, type, ttl, proxied, comment, tags, settings };
  const value = { content, priority, data };
  return replaceRecord(zone, id, { ...old, ...value, ...body }, context);
}

/** Deletes a record. */
export function deleteRecord(zone: RecordOwner, id: unknown): DnsRecord {
  const record = findRecord(zone, id);
  const records = new Map(zone.records);
  records.delete(record.id);
  zone.records = records;
  return record;
}

/** Makes all operations of a batch, or none. */
export function runBatch(
  zone: RecordOwner,
  body: JsonObject,
  context: Context,
): JsonObject {
  const [deletes, patches, puts, posts] = [
    "deletes",
    "patches",
    "puts",
    "posts",
  ]
    .map((key) => readOperations(body, key));
  const count = [deletes, patches, puts, posts]
    .reduce((sum, list) => sum + (list?.length ?? 0), 0);
  if (count > context.batchLimit) {
    throw refusal(
      81059,
      `A batch has at most ${context.batchLimit} operations, got ${count}.`,
    );
  }
  const before = zone.records;
  try {
    return {
      deletes: deletes?.map(({ id }) => toJson(deleteRecord(zone, id))),
      patches: patches?.map(({ id, ...fields }) =>
        toJson(changeRecord(zone, id, fields, context))
      ),
      puts: puts?.map(({ id, ...fields }) =>
        toJson(replaceRecord(zone, id, fields, context))
      ),
      posts: posts?.map((fields) =>
        toJson(createRecord(zone, fields, context))
      ),
    };
  } catch (error) {
    zone.records = before;
    throw error;
  }
}

/** Formats the records as a zone file. */
export function exportZone(
  { name, records }: RecordOwner,
  nameServers: readonly string[],
  now: number,
): string {
  const [first = "ns.cloudflare.com"] = nameServers;
  const lines = (type: string) =>
    [...records.values()].filter((record) => record.type === type)
      .map((record) => {
        const tag = `cf_tags=cf-proxied:${record.proxied}`;
        const comment = isProxiable(type, record) ? ` ; ${tag}` : "";
        const content = toZoneFile(type, record);
        return `${record.name}.\t${record.ttl}\tIN\t${type}\t${content}${comment}`;
      });
  return [
    ";;",
    `;; Domain:     ${name}.`,
    `;; Exported:   ${toTime(now).slice(0, 19).replace("T", " ")}`,
    ";;",
    "",
    ";; SOA Record",
    `${name}\t3600\tIN\tSOA\t${first}. dns.cloudflare.com. ` +
    "2052000000 10000 2400 604800 3600",
    "",
    ";; NS Records",
    ...nameServers.map((host) => `${name}.\t86400\tIN\tNS\t${host}.`),
    ...TYPES.flatMap((type) => {
      const records = lines(type);
      return records.length > 0 ? ["", `;; ${type} Records`, ...records] : [];
    }),
    "",
  ].join("\n");
}

function put(zone: RecordOwner, record: DnsRecord): DnsRecord {
  zone.records = new Map(zone.records).set(record.id, record);
  return record;
}

function readOperations(
  body: JsonObject,
  key: string,
): readonly JsonObject[] | undefined {
  const list = body[key] ?? undefined;
  if (list === undefined) return undefined;
  if (Array.isArray(list) && list.every(isObject)) return list;
  throw refusal(9207, `Request body is invalid: ${key} must be a list.`);
}

function readRecord(
  zone: RecordOwner,
  body: JsonObject,
  rest: Pick<DnsRecord, "id" | "createdAt" | "modifiedAt">,
): DnsRecord {
  const type = String(body.type ?? "").toUpperCase();
  if (!TYPES.includes(type)) {
    throw refusal(9004, `DNS record type "${body.type}" is invalid.`);
  }
  const name = readName(body.name, zone.name);
  const value = readValue(type, body);
  const proxied = body.proxied ?? false;
  if (typeof proxied !== "boolean") {
    throw new ValidationRefusal(9003, "proxied must be a boolean.");
  }
  if (proxied && !isProxiable(type, value)) {
    throw refusal(
      9041,
      ADDRESSES.includes(type)
        ? `Target ${value.content} is not allowed for a proxied record.`
        : "This record type cannot be proxied.",
    );
  }
  return {
    ...rest,
    name,
    type,
    ...value,
    ttl: proxied ? 1 : readTtl(body.ttl),
    proxied,
    comment: readComment(body.comment),
    tags: readTags(body.tags),
    settings: type === "CNAME"
      ? { flatten_cname: false, ...Object(body.settings) }
      : {},
  };
}

function readTtl(ttl: unknown = 1): number {
  const isValid = ttl === 1 ||
    Number.isInteger(ttl) && Number(ttl) >= MIN_TTL && Number(ttl) <= MAX_TTL;
  if (isValid) return Number(ttl);
  throw new ValidationRefusal(
    9021,
    `Invalid TTL. Must be between ${MIN_TTL} and ${MAX_TTL} seconds, ` +
      "or 1 for automatic.",
  );
}

function readComment(comment: unknown): string | null {
  if (comment === undefined || comment === null || comment === "") return null;
  if (typeof comment === "string" && comment.length <= MAX_COMMENT) {
    return comment;
  }
  const reason = `Comment must have at most ${MAX_COMMENT} characters.`;
  throw refusal(9301, reason);
}

/** Reads tags, which the Free plan does not have. */
function readTags(tags: unknown = []): readonly string[] {
  if (Array.isArray(tags) && tags.length === 0) return [];
  const count = Array.isArray(tags) ? tags.length : 1;
  const reason = `DNS record has ${count} tags, exceeding the quota of 0.`;
  throw refusal(9300, reason);
}

/** Checks a record against the others of its name. */
function checkNeighbours(
  zone: RecordOwner,
  record: DnsRecord,
  code: number,
  message: string,
): void {
  const others = [...zone.records.values()]
    .filter(({ id, name }) => name === record.name && id !== record.id);
  const same = others.filter(({ type }) => type === record.type);
  if (same.some((other) => keyOf(other) === keyOf(record))) {
    throw refusal(code, message);
  }
  const isTaken = (types: readonly string[]) =>
    others.some(({ type }) => types.includes(type));
  if (record.type === "CNAME" && isTaken(ADDRESSES)) {
    throw refusal(
      81053,
      `An A, AAAA, or CNAME record with that host already exists. ${HELP}`,
    );
  }
  if (ADDRESSES.includes(record.type) && isTaken(["CNAME"])) {
    const reason = "A CNAME record with that host already exists.";
    throw refusal(81054, `${reason} ${HELP}`);
  }
  checkDelegation(zone, record, others);
  const length = [...same, record]
    .reduce((sum, { content }) => sum + content.length, 0);
  if (length > MAX_CHARACTERS) {
    throw refusal(
      83011,
      `The combined content of the records exceeds ${MAX_CHARACTERS} characters.`,
    );
  }
}

/** Below the zone itself, an NS record makes a name another zone. */
function checkDelegation(
  zone: RecordOwner,
  { name, type }: DnsRecord,
  others: readonly DnsRecord[],
): void {
  if (name === zone.name) return;
  const allowed = ["NS", "DS"];
  const isInvalid = type === "NS"
    ? others.some((other) => !allowed.includes(other.type))
    : !allowed.includes(type) && others.some((other) => other.type === "NS");
  if (isInvalid) {
    throw refusal(81056, `NS records with that host already exist. ${HELP}`);
  }
}

function keyOf({ content, data, priority }: DnsRecord): string {
  return JSON.stringify([content, data, priority]);
}
