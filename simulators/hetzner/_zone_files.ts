/**
 * Zone files of DNS zones.
 *
 * @module
 */

import {
  type DnsRecord,
  newSet,
  type RecordSet,
  type Zone,
} from "./_records.ts";
import { invalid } from "./_requests.ts";
import { isType } from "./_values.ts";

/** The contents of a zone file. */
export interface ZoneFile {
  /** TTL of records without their own. */
  readonly ttl: number | undefined;
  /** Records by name and type, such as `"www A"`. */
  readonly sets: ReadonlyMap<string, {
    readonly name: string;
    readonly type: string;
    readonly ttl: number | null;
    readonly records: readonly DnsRecord[];
  }>;
}

/** A line, or several within parentheses. */
interface Line {
  readonly hasOwner: boolean;
  readonly words: readonly string[];
  readonly comment: string | undefined;
}

const TOKEN =
  /(?<space>[ \t\r]+)|;(?<comment>[^\n]*)|(?<mark>[\n()])|(?<word>"(?:[^"\\]|\\[^])*"|(?:[^\s;()"\\]|\\.)+)/gy;

/** Formats a zone as Hetzner exports it. */
export function formatZoneFile({ name, ttl, sets }: Zone): string {
  const lines = [...sets.values()].flatMap((set) =>
    set.records.map(({ value, comment }) => {
      const fields = [set.name, set.ttl ?? "", "IN", set.type, value];
      const line = fields.filter((it) => it !== "").join("\t");
      return comment ? `${line} ; ${comment}` : line;
    })
  );
  return [`$ORIGIN\t${name}.`, `$TTL\t${ttl}`, "", ...lines, ""].join("\n");
}

/**
 * Parses a zone file for a zone.
 *
 * @param text The zone file.
 * @param zone Name of the zone, which must be the origin.
 * @returns The contents.
 * @throws {Refusal} If the file is invalid.
 */
export function parseZoneFile(text: string, zone: string): ZoneFile {
  const sets = new Map<string, RecordSet>();
  let ttl: number | undefined;
  let owner = "@";
  for (const { hasOwner, words, comment } of linesIn(text)) {
    const [first = "", second = ""] = words;
    if (first === "$ORIGIN") {
      if (second.toLowerCase() !== `${zone}.`) {
        throw refuse(`the origin must be ${zone}.`);
      }
    } else if (first === "$TTL") ttl = Number(second);
    else if (first.startsWith("$")) throw refuse(`${first} is not supported`);
    else {
      if (hasOwner) owner = relative(first, zone);
      addRecord(sets, owner, hasOwner ? words.slice(1) : words, comment);
    }
  }
  return { ttl, sets };
}

function addRecord(
  sets: Map<string, RecordSet>,
  name: string,
  words: readonly string[],
  comment: string | undefined,
): void {
  const at = words.findIndex((word) => isType(word.toUpperCase()));
  if (at < 0) throw refuse(`'${words.join(" ")}' has no known type`);
  const type = words[at]!.toUpperCase();
  const before = words.slice(0, at).filter((it) => it.toUpperCase() !== "IN");
  if (before.length > 1 || before.some((it) => !/^\d+$/.test(it))) {
    throw refuse(`'${before.join(" ")}' is no TTL`);
  }
  const ttl = before[0] === undefined ? null : Number(before[0]);
  const key = `${name} ${type}`;
  const set = sets.get(key) ?? { ...newSet(name, type), ttl };
  const value = words.slice(at + 1).join(" ");
  set.records = [...set.records, { value, ...comment && { comment } }];
  sets.set(key, set);
}

function* linesIn(text: string): Generator<Line> {
  let words: string[] = [];
  let comment: string | undefined;
  let hasOwner = false;
  let isStart = true;
  let depth = 0;
  let end = 0;
  for (const match of `${text}\n`.matchAll(TOKEN)) {
    end = match.index + match[0].length;
    const { space, mark, word, comment: note } = match.groups ?? {};
    if (isStart) hasOwner = space === undefined;
    isStart = false;
    if (word !== undefined) words.push(word);
    if (note !== undefined) comment = note.trim();
    if (mark === "(") depth++;
    if (mark === ")") depth--;
    if (mark !== "\n" || depth > 0) continue;
    if (words.length > 0) yield { hasOwner, words, comment };
    words = [];
    comment = undefined;
    isStart = true;
  }
  if (end <= text.length || depth !== 0) throw refuse("the syntax is invalid");
}

function relative(name: string, zone: string): string {
  const lower = name.toLowerCase();
  if (!lower.endsWith(".")) return lower;
  if (lower === `${zone}.`) return "@";
  const suffix = `.${zone}.`;
  if (!lower.endsWith(suffix)) throw refuse(`'${name}' is not in the zone`);
  return lower.slice(0, -suffix.length);
}

function refuse(reason: string) {
  return invalid("zonefile", reason);
}
