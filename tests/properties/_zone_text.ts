/**
 * Zone files that spell a zone in many ways: relative and absolute names, names,
 * TTLs and classes that are left out, parentheses, comments, quotes and escapes.
 *
 * @module
 */

import { unescapeOctets } from "../../core/dns/octets.ts";
import { formatRecordData } from "../../core/dns/rdata.ts";
import type { RecordSetInput, RecordType } from "../../core/dns/records.ts";
import { entriesOf, type Word } from "../../core/dns/words.ts";
import type { ZoneFile } from "../../core/dns/zone_file.ts";
import type { Random } from "./_random.ts";

/** What a program can read. */
export interface Spelling {
  /** Whether the class may be in front of the TTL. The default is `true`. */
  readonly anyOrder?: boolean;
  /** Whether records may take a TTL of 0 from `$TTL`. The default is `true`. */
  readonly inheritsZero?: boolean;
  /** Whether names of `$ORIGIN` may be relative. The default is `true`. */
  readonly relativeOrigins?: boolean;
  /** Whether TTLs have units, as in `1h30m`. The default is `true`. */
  readonly units?: boolean;
  /** Whether text is written without quotes. The default is `true`. */
  readonly bare?: boolean;
  /** Whether lines end in CRLF in some files. The default is `true`. */
  readonly crlf?: boolean;
}

/** Words of each type that are names, by their index. */
const HOSTS: Readonly<Record<string, readonly number[]>> = {
  AFSDB: [1],
  CNAME: [0],
  DNAME: [0],
  HTTPS: [1],
  KX: [1],
  MX: [1],
  NAPTR: [5],
  NS: [0],
  NSEC: [0],
  PTR: [0],
  RP: [0, 1],
  RRSIG: [7],
  SOA: [0, 1],
  SRV: [3],
  SVCB: [1],
};

/** Types whose text needs its quotes in BIND or ldns. */
const QUOTED: readonly RecordType[] = ["CAA", "URI"];

/**
 * Writes a zone file.
 *
 * @param random Random numbers.
 * @param zone The zone, in its usual form.
 * @param spelling What the reader understands.
 * @returns The text.
 */
export function spellZone(
  random: Random,
  zone: ZoneFile,
  spelling: Spelling = {},
): string {
  const writer = new Writer(random, zone.origin, {
    anyOrder: true,
    inheritsZero: true,
    relativeOrigins: true,
    units: true,
    bare: true,
    crlf: true,
    ...spelling,
  });
  return writer.write(zone);
}

class Writer {
  readonly #random: Random;
  readonly #zone: string;
  readonly #spelling: Required<Spelling>;
  #origin: string;
  #ttl: number | undefined;
  #owner: string | undefined;

  constructor(random: Random, zone: string, spelling: Required<Spelling>) {
    this.#random = random;
    this.#zone = zone;
    this.#origin = zone;
    this.#spelling = spelling;
  }

  write(zone: ZoneFile): string {
    const start = [`$ORIGIN ${this.#zone}.`];
    if (zone.ttl !== undefined) start.push(this.#newTtl(zone.ttl));
    const lines = zone.recordSets.flatMap((set) => [
      ...this.#directives(),
      ...this.#records(set),
    ]);
    const end = this.#spelling.crlf && this.#random.chance(0.3) ? "\r\n" : "\n";
    return [...start, ...lines, ""].join("\n").replaceAll("\n", end);
  }

  #directives(): string[] {
    const random = this.#random;
    const lines: string[] = [];
    if (random.chance(0.1)) lines.push(random.pick(["", "; a comment", "  "]));
    if (random.chance(0.1)) lines.push(this.#newTtl(random.int(0, 9999)));
    if (random.chance(0.15)) {
      const origin = random.pick([this.#zone, `sub.${this.#zone}`]);
      const name = this.#spelling.relativeOrigins
        ? this.#name(origin)
        : `${origin}.`;
      lines.push(`$ORIGIN ${name}`);
      this.#origin = origin;
    }
    return lines;
  }

  #newTtl(ttl: number): string {
    this.#ttl = ttl;
    return `$TTL ${this.#seconds(ttl)}`;
  }

  #records({ name, type, ttl, data }: RecordSetInput): string[] {
    const owner = name === "@" ? this.#zone : `${name}.${this.#zone}`;
    return data.map((value) => {
      const head = [...this.#head(ttl, type), this.#case(type)];
      const text = formatRecordData(type, value as never);
      const [entry] = entriesOf(text, { fail: (problem) => Error(problem) });
      const words = (entry?.words ?? []).map((word, index) =>
        this.#word(word, type, index)
      );
      const start = this.#owner === owner && this.#random.chance(0.6)
        ? this.#random.pick(["  ", "\t"])
        : `${this.#name(owner)} `;
      this.#owner = owner;
      return start + head.join(" ") + " " + this.#lines(join(words));
    });
  }

  #head(ttl: number | undefined, type: RecordType): string[] {
    const random = this.#random;
    // BIND reads the TTL of a record before it knows that this is the SOA.
    const isLeftOut = ttl === this.#ttl && type !== "SOA" &&
      random.chance(0.7) && (ttl !== 0 || this.#spelling.inheritsZero);
    const time = ttl === undefined || isLeftOut ? [] : [this.#seconds(ttl)];
    const kind = random.chance(0.5) ? [this.#case("IN")] : [];
    const both = [time, kind];
    return (this.#spelling.anyOrder ? random.shuffle(both) : both).flat();
  }

  /** Puts some words on lines of their own, within parentheses. */
  #lines(words: readonly string[]): string {
    const random = this.#random;
    if (words.length === 0 || random.chance(0.7)) {
      return words.join(" ") + random.pick(["", "", " ", ' ; comment ("']);
    }
    const start = random.int(0, words.length - 1);
    const inner = words.slice(start)
      .map((word) =>
        word + random.pick([" ", "\t", "\n  ", ' ; a "quote\n\t', "\n\n "])
      );
    return `${words.slice(0, start).join(" ")} ( ${inner.join("")})`;
  }

  #word(word: Word, type: RecordType, index: number): Spelled {
    const { text, isQuoted, isAdjacent } = word;
    const isHost = HOSTS[type]?.includes(index);
    const spelled = isHost
      ? this.#name(text.replace(/(?<=[^\\])\.$/, "") || ".")
      : !isQuoted
      ? text
      : isAdjacent || QUOTED.includes(type)
      ? `"${text}"`
      : this.#text(text);
    return { text: spelled, isAdjacent };
  }

  /** Spells text with or without quotes, and with other escapes. */
  #text(text: string): string {
    const octets = unescapeOctets(text) ?? "";
    const isBare = this.#spelling.bare && octets !== "" &&
      this.#random.chance(0.3);
    const spelled = Array.from(octets, (octet) => this.#octet(octet, isBare));
    return isBare ? spelled.join("") : `"${spelled.join("")}"`;
  }

  #octet(octet: string, isBare: boolean): string {
    const isPrintable = isBare ? /[!-~]/.test(octet) : /[ -~]/.test(octet);
    if (!isPrintable || this.#random.chance(0.05)) return toDigits(octet);
    const isSpecial = isBare
      ? '"\\();@$'.includes(octet)
      : '"\\'.includes(octet);
    // Digits would change the escape, and "\\#" begins data of RFC 3597.
    const isPlain = /[\dA-Za-z#]/.test(octet);
    return isSpecial || !isPlain && this.#random.chance(0.1)
      ? `\\${octet}`
      : octet;
  }

  /** Spells an absolute name without the final dot. */
  #name(name: string): string {
    const random = this.#random;
    if (name === ".") return name;
    if (name === this.#origin && random.chance(0.5)) return "@";
    const suffix = `.${this.#origin}`;
    const isInside = name.endsWith(suffix) && name.length > suffix.length;
    return isInside && random.chance(0.7)
      ? this.#case(name.slice(0, -suffix.length))
      : this.#case(`${name}.`);
  }

  #case(text: string): string {
    return this.#random.chance(0.2) ? text.toUpperCase() : text;
  }

  #seconds(seconds: number): string {
    const isPlain = !this.#spelling.units || this.#random.chance(0.6) ||
      seconds === 0;
    if (isPlain) return String(seconds);
    const hours = Math.floor(seconds / 3600);
    const minutes = Math.floor(seconds % 3600 / 60);
    return [[hours, "h"], [minutes, "m"], [seconds % 60, "s"]]
      .filter(([amount]) => amount !== 0)
      .map(([amount, unit]) => `${amount}${unit}`).join("");
  }
}

interface Spelled {
  readonly text: string;
  readonly isAdjacent: boolean;
}

/** Joins words that belong together, such as `key="value"`. */
function join(words: readonly Spelled[]): string[] {
  const joined: string[] = [];
  for (const { text, isAdjacent } of words) {
    if (isAdjacent) joined.push(`${joined.pop() ?? ""}${text}`);
    else joined.push(text);
  }
  return joined;
}

function toDigits(octet: string): string {
  return `\\${String(octet.charCodeAt(0)).padStart(3, "0")}`;
}
