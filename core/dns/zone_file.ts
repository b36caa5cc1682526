/**
 * Zone files: the text form of a zone (RFC 1035, section 5), as BIND, Knot, NSD
 * and PowerDNS read and write it. No driver loads this module.
 *
 * ```ts
 * import { formatZoneFile, parseZoneFile } from "@nephos/nephos/dns/zone-file";
 *
 * const text = `
 * $TTL 1h
 * @    MX   10 mx1
 * mx1  A    192.0.2.1
 *      AAAA 2001:db8::1
 * `;
 * const zone = parseZoneFile(text, { origin: "example.com" });
 * for (const { name, type, ttl, data } of zone.recordSets) {
 *   console.log(name, type, ttl, data);
 * }
 * // @ MX 3600 [ { preference: 10, host: "mx1.example.com" } ]
 * // mx1 A 3600 [ "192.0.2.1" ]
 * // mx1 AAAA 3600 [ "2001:db8::1" ]
 * console.log(formatZoneFile(zone));
 * ```
 *
 * @module
 */

import { checkNumber, mistake } from "../check.ts";
import { show } from "../message.ts";
import { MAX_TTL } from "./check.ts";
import { parseSeconds } from "./fields.ts";
import { generate } from "./generate.ts";
import { type NamedData, toNamedData } from "./generic_data.ts";
import {
  absoluteLabels,
  formatLabels,
  type Labels,
  parseName,
  relativeLabels,
  relativeName,
  zoneName,
} from "./names.ts";
import {
  formatRecordData,
  isRecordType,
  parseGeneric,
  parseWords,
} from "./rdata.ts";
import type { RecordData, RecordSetInput, RecordType } from "./records.ts";
import { entriesOf, type Entry, type Word } from "./words.ts";

/** Content of a zone file. */
export interface ZoneFile {
  /** Name of the zone: `"example.com"`. */
  readonly origin: string;
  /** TTL of record sets without their own, in seconds: `$TTL`. */
  readonly ttl?: number | undefined;
  /** The record sets; the SOA record is one of them. */
  readonly recordSets: readonly RecordSetInput[];
}

/** Options of {@linkcode parseZoneFile}. */
export interface ParseZoneFileOptions {
  /** Name of the zone; names that are not absolute are relative to it. */
  readonly origin: string;
}

/** A zone file cannot be read. */
export class ZoneFileError extends SyntaxError {
  /** Name of the class. */
  override readonly name: string = "ZoneFileError";
  /** Number of the line, from 1. */
  readonly line: number;

  /** Creates an error. */
  constructor(message: string, line: number, options?: ErrorOptions) {
    super(message, options);
    this.line = line;
  }
}

/** Values that are collected for one record set. */
interface Collected {
  readonly name: string;
  readonly type: RecordType;
  ttl: number | undefined;
  /** The values by their JSON, because equal records are one. */
  readonly data: Map<string, RecordData>;
}

// All that $GENERATE may write in one file, in characters.
const MAX_GENERATED = 2 ** 21;

const CLASSES = ["IN", "CH", "HS", "CS", "CLASS1", "CLASS3", "CLASS4"];
const INTERNET = ["IN", "CLASS1"];

/**
 * Parses a zone file.
 *
 * - The directives `$ORIGIN`, `$TTL` and `$GENERATE` have their usual effect.
 *   `$INCLUDE` is an error, because this module reads no files.
 * - A record without a TTL has that of `$TTL`, or else that of the record before
 *   it, as in BIND. If there is neither, the record set has no `ttl`.
 * - Records of one name and type become one record set. If their TTLs differ, it
 *   has the smallest. Equal records become one.
 *
 * @param text The text of the file.
 * @param options Name of the zone.
 * @returns The content, with the record sets in the order in which they begin.
 * @throws {TypeError} If the text is not a string, or the origin is invalid.
 * @throws {ZoneFileError} If a line cannot be read, has a type that is unknown,
 *   or has a name outside of the zone.
 */
export function parseZoneFile(
  text: string,
  options: ParseZoneFileOptions,
): ZoneFile {
  const operation = "parseZoneFile";
  if (typeof text !== "string") {
    throw mistake(operation, "text", "a string", text);
  }
  const parser = new Parser(
    zoneName(options?.origin, { operation, field: "origin" }),
  );
  // A byte order mark is no part of the first name.
  for (const entry of entriesOf(text.replace(/^\ufeff/, ""), { fail })) {
    parser.read(entry);
  }
  return parser.finish();
}

/**
 * Formats a zone file. Each record is one line, with an absolute name for each
 * host. Text outside ASCII has escapes.
 *
 * @param zone The content.
 * @returns The text of the file. {@linkcode parseZoneFile} returns the same
 *   content for it, in its usual form and with the SOA record first. A record set
 *   without a TTL gets that of the zone, or else the one that follows from the SOA
 *   record, if there is one.
 * @throws {TypeError} If a name, a type or the data of a record is invalid.
 * @throws {RangeError} If a number is out of range, or a name or text is too
 *   long.
 */
export function formatZoneFile(zone: ZoneFile): string {
  const operation = "formatZoneFile";
  const origin = zoneName(zone.origin, { operation, field: "origin" });
  checkNumber(zone.ttl, operation, "ttl", 0, MAX_TTL);
  // A record without a TTL would inherit that of the record before it.
  const rank = ({ type, ttl }: RecordSetInput) =>
    type === "SOA" ? 0 : ttl === undefined ? 1 : 2;
  const records = zone.recordSets
    .map((set, index) => ({ set, place: `${operation}: recordSets[${index}]` }))
    .toSorted((a, b) => rank(a.set) - rank(b.set))
    .flatMap(({ set, place }) => formatRecords(set, origin, place));
  const ttl = zone.ttl === undefined ? [] : [`$TTL ${zone.ttl}`];
  return [`$ORIGIN ${origin}.`, ...ttl, ...records, ""].join("\n");
}

function formatRecords(
  { name, type, ttl, data }: RecordSetInput,
  zone: string,
  operation: string,
): string[] {
  const owner = relativeName(name, zone, { operation });
  checkNumber(ttl, operation, "ttl", 0, MAX_TTL);
  const head = [owner, ...ttl === undefined ? [] : [ttl], "IN", type].join(" ");
  return data.map((value, index) => {
    const field = `data[${index}]`;
    return `${head} ${formatRecordData(type, value, { operation, field })}`;
  });
}

/** Reads the entries of one file. */
class Parser {
  readonly #zone: string;
  readonly #zoneLabels: Labels;
  readonly #sets = new Map<string, Collected>();
  #origin: Labels;
  #owner: Labels | undefined;
  // The TTL of $TTL, that of the last record, and the first of $TTL.
  #defaultTtl: number | undefined;
  #lastTtl: number | undefined;
  #fileTtl: number | undefined;
  #generated = 0;
  // What an error starts with.
  #operation = "";

  readonly #directives: Readonly<
    Record<string, (words: readonly Word[]) => void>
  > = {
    $GENERATE: (words) => this.#generate(words),
    $INCLUDE: () => this.#refuse("$INCLUDE is not supported; insert the file"),
    $ORIGIN: (words) => this.#origin = this.#toLabels(this.#only(words)),
    $TTL: (words) => this.#setTtl(this.#only(words).text),
  };

  constructor(zone: string) {
    this.#zone = zone;
    this.#zoneLabels = parseName(zone, {}).labels;
    this.#origin = this.#zoneLabels;
  }

  /** Reads a directive or a record. */
  read(entry: Entry): void {
    this.#operation = placeOf(entry.line);
    try {
      this.#readEntry(entry);
    } catch (error) {
      const isMistake = error instanceof TypeError ||
        error instanceof RangeError;
      if (!isMistake) throw error;
      throw new ZoneFileError(error.message, entry.line, { cause: error });
    }
  }

  /** Returns what was read. */
  finish(): ZoneFile {
    const recordSets = [...this.#sets.values()].map(
      ({ name, type, ttl, data }) => ({
        name,
        type,
        ...ttl === undefined ? {} : { ttl },
        data: [...data.values()],
      } as RecordSetInput),
    );
    const ttl = this.#fileTtl;
    return {
      origin: this.#zone,
      ...ttl === undefined ? {} : { ttl },
      recordSets,
    };
  }

  #readEntry({ words, isIndented }: Entry): void {
    const [first, ...rest] = words;
    if (first === undefined) return;
    if (!first.isQuoted && first.text.startsWith("$") && !isIndented) {
      const name = first.text.toUpperCase();
      const directive = Object.hasOwn(this.#directives, name)
        ? this.#directives[name]
        : undefined;
      if (directive) directive(rest);
      else this.#refuse(`unknown directive ${show(first.text)}`);
    } else {
      if (!isIndented) this.#owner = this.#toLabels(first);
      this.#readRecord(isIndented ? words : rest);
    }
  }

  #readRecord(words: readonly Word[]): void {
    const name = this.#relativeOwner();
    const { ttl, type, rest } = this.#readHead(words);
    if (!isRecordType(type)) this.#refuse(`unknown type ${show(type)}`);
    const named = this.#toNamed(type, rest);
    const place = { operation: this.#operation };
    const data = parseWords(named.type, named.words, this.#origin, place);
    this.#collect(name, named.type, this.#ttlOf(ttl, named.type, data), data);
  }

  #toNamed(type: RecordType, words: readonly Word[]): NamedData {
    const place = { operation: this.#operation, field: type };
    const generic = parseGeneric(words, place);
    const named = generic && toNamedData(type, generic, place);
    return named || { type, words };
  }

  /** Reads TTL and class, in either order, and the type. */
  #readHead(words: readonly Word[]) {
    let ttl: number | undefined;
    let kind: string | undefined;
    for (const [at, { text }] of words.entries()) {
      const word = text.toUpperCase();
      const seconds = parseSeconds(text);
      if (ttl === undefined && seconds !== undefined) ttl = seconds;
      else if (kind === undefined && CLASSES.includes(word)) kind = word;
      else {
        this.#checkHead(ttl, kind);
        return { ttl, type: word, rest: words.slice(at + 1) };
      }
    }
    return this.#refuse("the record has no type");
  }

  #checkHead(ttl: number | undefined, kind = "IN"): void {
    checkNumber(ttl, this.#operation, "ttl", 0, MAX_TTL);
    if (!INTERNET.includes(kind)) {
      this.#refuse(`class must be IN, got ${show(kind)}`);
    }
  }

  #relativeOwner(): string {
    if (this.#owner === undefined) {
      return this.#refuse("the first record has no name");
    }
    return relativeLabels(this.#owner, this.#zoneLabels) ??
      this.#refuse(
        `${show(`${formatLabels(this.#owner)}.`)} is not in the zone ` +
          show(this.#zone),
      );
  }

  #ttlOf(
    ttl: number | undefined,
    type: RecordType,
    data: RecordData,
  ): number | undefined {
    const inherited = this.#defaultTtl ?? this.#lastTtl;
    if (ttl === undefined && inherited === undefined && type === "SOA") {
      // RFC 1035 says so, and BIND: the minimum holds for all that follows.
      this.#defaultTtl = Number(String(data).split(" ").at(-1));
    }
    this.#lastTtl = ttl ?? this.#defaultTtl ?? this.#lastTtl;
    return this.#lastTtl;
  }

  #collect(
    name: string,
    type: RecordType,
    ttl: number | undefined,
    data: RecordData,
  ): void {
    const key = `${name} ${type}`;
    const set = this.#sets.get(key) ?? { name, type, ttl, data: new Map() };
    set.ttl = Math.min(set.ttl ?? Infinity, ttl ?? Infinity);
    if (set.ttl === Infinity) set.ttl = undefined;
    set.data.set(JSON.stringify(data), data);
    this.#sets.set(key, set);
  }

  #setTtl(text: string): void {
    const ttl = parseSeconds(text);
    if (ttl === undefined) {
      throw mistake(this.#operation, "$TTL", "a time such as 1h", text);
    }
    checkNumber(ttl, this.#operation, "$TTL", 0, MAX_TTL);
    this.#defaultTtl = ttl;
    this.#fileTtl ??= ttl;
  }

  #generate([range, ...words]: readonly Word[]): void {
    const template = words.map(({ text }) => text).join(" ");
    for (
      const text of generate(range?.text ?? "", template, this.#operation)
    ) {
      this.#generated += text.length;
      if (this.#generated > MAX_GENERATED) {
        this.#refuse(`$GENERATE makes more than ${MAX_GENERATED} characters`);
      }
      const refuse = (problem: string) => this.#refuse(problem);
      for (const entry of entriesOf(text, { fail: refuse })) {
        this.#readEntry({ ...entry, isIndented: false });
      }
    }
  }

  #toLabels(word: Word): Labels {
    const place = { operation: this.#operation, field: "name" };
    return absoluteLabels(word.text, this.#origin, place);
  }

  #only([word, ...more]: readonly Word[]): Word {
    if (word && more.length === 0) return word;
    return this.#refuse("the directive must have one value");
  }

  #refuse(problem: string): never {
    throw new TypeError(`${this.#operation}: ${problem}`);
  }
}

function fail(problem: string, line: number): ZoneFileError {
  return new ZoneFileError(`${placeOf(line)}: ${problem}`, line);
}

function placeOf(line: number): string {
  return `parseZoneFile: line ${line}`;
}
