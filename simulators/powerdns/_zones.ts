/**
 * Zones of the simulated server, and their record sets.
 *
 * @module
 */

import { checkContent, isType } from "./_content.ts";
import { type Fields, type JsonObject, Refusal } from "../kit/mod.ts";

/** A record, in the format of the API. */
export interface StoredRecord {
  readonly content: string;
  readonly disabled: boolean;
}

/** A comment on a record set, in the format of the API. */
export interface StoredComment {
  readonly content: string;
  readonly account: string;
  readonly modified_at: number;
}

/** A record set. */
export interface RecordSet {
  readonly name: string;
  readonly type: string;
  readonly ttl: number;
  readonly records: readonly StoredRecord[];
  readonly comments: readonly StoredComment[];
}

/** A zone. */
export interface Zone {
  /** Name in lower case, with the final dot. */
  readonly name: string;
  kind: string;
  masters: readonly string[];
  account: string;
  isSigned: boolean;
  soaEditApi: string;
  /** Record sets by name in lower case and type. */
  sets: ReadonlyMap<string, RecordSet>;
}

/** Kinds by their names in lower case; the newer names mean the older ones. */
const KINDS: Readonly<Record<string, string>> = {
  native: "Native",
  master: "Master",
  primary: "Master",
  slave: "Slave",
  secondary: "Slave",
  producer: "Producer",
  consumer: "Consumer",
};

const MAX_TTL = 2 ** 31;

/** Refuses a request, as the server does with everything that it understands. */
export function refuse(message: string): never {
  throw new Refusal(422, message);
}

/** Returns the kind that the server makes of a word; any other is Native. */
export function toKind(word: string): string {
  return KINDS[word.toLowerCase()] ?? "Native";
}

/** Whether a zone has no records of its own at the start. */
export function isCopy(kind: string): boolean {
  return kind === "Slave" || kind === "Consumer";
}

/** Checks an absolute name. */
export function checkName(name: string): string {
  if (!name.endsWith(".")) refuse(`DNS Name '${name}' is not canonical`);
  const isPlain = /^(?:(?:[\w*/-]|\\.)+\.)+$|^\.$/.test(name);
  if (!isPlain) refuse(`Name '${name}' contains unsupported characters`);
  return name;
}

/** Key of a record set in its zone. */
export function keyOf(name: string, type: string): string {
  return `${name.toLowerCase()} ${type}`;
}

/** The SOA record of a zone; its serial is given by the server. */
export function soaOf({ sets, name }: Zone): string | undefined {
  return sets.get(keyOf(name, "SOA"))?.records[0]?.content;
}

/** Serial of a zone. */
export function serialOf(zone: Zone): number {
  return Number(soaOf(zone)?.split(" ")[2] ?? 0);
}

/** Raises the serial after a change, as `DEFAULT` of `soa_edit_api` does. */
export function raiseSerial(zone: Zone, now: number): void {
  const soa = zone.sets.get(keyOf(zone.name, "SOA"));
  const [content] = soa?.records ?? [];
  if (!soa || !content || zone.soaEditApi === "") return;
  const words = content.content.split(" ");
  const today = Number(
    new Date(now).toISOString().slice(0, 10).replaceAll("-", ""),
  ) * 100;
  words[2] = String(Math.max(Number(words[2]), today) + 1);
  const records = [{ ...content, content: words.join(" ") }];
  zone.sets = new Map(zone.sets).set(keyOf(zone.name, "SOA"), {
    ...soa,
    records,
  });
}

/**
 * Applies the record sets of a PATCH to a zone: all of them, or none.
 *
 * @param zone The zone.
 * @param changes The record sets, with their `changetype`.
 * @param now Current time.
 */
export function patch(
  zone: Zone,
  changes: readonly Fields[],
  now: number,
): void {
  const sets = new Map(zone.sets);
  const seen = new Set<string>();
  for (const fields of changes) {
    const name = checkName(stringOf(fields, "name"));
    const type = stringOf(fields, "type").toUpperCase();
    if (!isType(type)) refuse(`RRset ${name} IN ${type}: unknown type given`);
    if (!isInside(name, zone.name)) {
      refuse(`RRset ${name} IN ${type}: Name is out of zone`);
    }
    const change = stringOf(fields, "changetype").toUpperCase();
    const key = keyOf(name, type);
    if (seen.has(`${change} ${key}`)) {
      refuse(`Duplicate RRset ${name} IN ${type} with changetype: ${change}`);
    }
    seen.add(`${change} ${key}`);
    if (change === "DELETE") sets.delete(key);
    else if (change === "REPLACE") {
      const set = replaced(name, type, fields, sets.get(key), now);
      checkConflicts(set, zone.name, sets);
      if (set.records.length + set.comments.length > 0) sets.set(key, set);
      else sets.delete(key);
    } else refuse("Changetype not understood");
  }
  zone.sets = sets;
  raiseSerial(zone, now);
}

/** Reads a record set of a request. */
export function readSet(
  name: string,
  type: string,
  fields: Fields,
  now: number,
): RecordSet {
  const records = readRecords(name, type, fields) ?? [];
  const ttl = records.length > 0 ? readTtl(fields) : 0;
  return {
    name,
    type,
    ttl,
    records,
    comments: readComments(fields, now) ?? [],
  };
}

function replaced(
  name: string,
  type: string,
  fields: Fields,
  before: RecordSet | undefined,
  now: number,
): RecordSet {
  const records = readRecords(name, type, fields);
  const comments = readComments(fields, now);
  if (!records && !comments) refuse(`No change for RRset ${name} IN ${type}`);
  // A set without records loses its comments, too.
  const kept = records?.length === 0 ? [] : before?.comments ?? [];
  return {
    name,
    type,
    ttl: records ? readTtl(fields) : before?.ttl ?? 0,
    records: records ?? before?.records ?? [],
    comments: comments ?? kept,
  };
}

function readRecords(
  name: string,
  type: string,
  { optional }: Fields,
): StoredRecord[] | undefined {
  const records = optional.list("records")?.map((item) => {
    const { content, disabled = false } = Object(item) as JsonObject;
    if (typeof content !== "string") {
      refuse("Key 'content' not present or not a String");
    }
    return {
      content: checkContent(name, type, content),
      disabled: disabled === true,
    };
  });
  for (const [index, { content }] of records?.entries() ?? []) {
    if (records?.slice(0, index).some((it) => it.content === content)) {
      refuse(
        `Duplicate record in RRset ${name} IN ${type} with content "${content}"`,
      );
    }
  }
  return records;
}

function readComments(
  { optional }: Fields,
  now: number,
): StoredComment[] | undefined {
  return optional.list("comments")?.map((item) => {
    const { content, account, modified_at } = Object(item) as JsonObject;
    if (typeof content !== "string") {
      refuse("Key 'content' not present or not a String");
    }
    if (typeof account !== "string") {
      refuse("Key 'account' not present or not a String");
    }
    const modified = typeof modified_at === "number"
      ? modified_at
      : Math.floor(now / 1000);
    return { content, account, modified_at: modified };
  });
}

function readTtl({ optional }: Fields): number {
  const ttl = Number(optional.any("ttl"));
  if (!Number.isInteger(ttl)) {
    refuse("Key 'ttl' not an Integer or not present");
  }
  // The server does not refuse what does not fit.
  if (ttl < 0) return 2 ** 32 + ttl;
  return Math.min(ttl, MAX_TTL);
}

/** Refuses what cannot be at the same name. */
function checkConflicts(
  { name, type, records }: RecordSet,
  zone: string,
  sets: ReadonlyMap<string, RecordSet>,
): void {
  if (records.length === 0) return;
  const isApex = name.toLowerCase() === zone;
  const isOne = type === "CNAME" || type === "DNAME" || type === "SOA";
  if (isOne && records.length > 1) {
    refuse(`RRset ${name} IN ${type} has more than one record`);
  }
  if (type === "CNAME" && isApex || type === "SOA" && !isApex) {
    refuse(`RRset ${name} IN ${type}: Conflicts with pre-existing RRset`);
  }
  if (type === "DNSKEY" && !isApex) {
    refuse(`Record ${name} IN DNSKEY is only allowed at apex`);
  }
  const others = [...sets.values()].filter((set) =>
    set.records.length > 0 && set.type !== type &&
    set.name.toLowerCase() === name.toLowerCase()
  );
  const isConflict = type === "CNAME"
    ? others.length > 0
    : others.some((set) => set.type === "CNAME");
  if (isConflict) {
    refuse(`RRset ${name} IN ${type}: Conflicts with pre-existing RRset`);
  }
}

function isInside(name: string, zone: string): boolean {
  const lower = name.toLowerCase();
  return lower === zone || lower.endsWith(zone === "." ? zone : `.${zone}`);
}

function stringOf({ optional }: Fields, field: string): string {
  const value = optional.any(field);
  if (typeof value === "string") return value;
  return refuse(`Key '${field}' not present or not a String`);
}
