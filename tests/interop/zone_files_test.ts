/**
 * Compares zone files with the programs of others: `named-compilezone` of BIND,
 * `kzonecheck` of Knot DNS, `ldns-read-zone` and dnspython.
 *
 * Each reads random zones, in many spellings and as `formatZoneFile()` writes
 * them. Our parser must read the same from its output. The programs read one file
 * with many zones, each under a name of its own, because starting a program
 * takes longer than reading a zone.
 *
 * Known differences:
 *
 * - Knot DNS only checks the file; it does not write it. It looks for the
 *   addresses of name servers.
 * - Only BIND reads an `$ORIGIN` whose name is relative.
 * - ldns and dnspython read no class in front of a TTL.
 * - ldns replaces a TTL of 0 that a record takes from `$TTL` by 3600.
 * - ldns reads no line of more than 10 kB. It writes special characters in names
 *   and parameters without escapes, so that no program can read them.
 * - dnspython reads no CRLF. Outside of TXT, it takes the escape of a byte for a
 *   character, which it encodes as UTF-8.
 * - BIND and Knot DNS refuse signatures in a zone that is not signed.
 *
 * @module
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import type { RecordSetInput, RecordType } from "../../core/dns/records.ts";
import {
  formatZoneFile,
  parseZoneFile,
  type ZoneFile,
  ZoneFileError,
} from "../../core/dns/zone_file.ts";
import { path } from "../../tools/deno.ts";
import { needs, PYTHON } from "../_support/needs.ts";
import { Random, schedules } from "../properties/_random.ts";
import { type Spelling, spellZone } from "../properties/_zone_text.ts";
import { randomZone, TYPES, type ZoneLimits } from "../properties/_zones.ts";

const ORIGIN = "example.com";

/** Number of zones in one file. */
const BATCH = 500;

const { count, seed } = schedules();

const ORDINARY = Deno.readTextFileSync(path("fixtures/dns/ordinary.zone"));

/** BIND checks only the form of names and data. */
const NAMED_CHECKS = [
  "-i",
  "none",
  ..."kmMnrSTW".split("").flatMap((option) => [
    `-${option}`,
    "ignore",
  ]),
];

/** A program that reads a zone file. */
interface Program {
  readonly name: string;
  readonly command: string;
  readonly args: (file: string) => string[];
  readonly spelling?: Spelling;
  readonly limits?: ZoneLimits;
  /** Whether the program writes what it has read. */
  readonly writes: boolean;
}

const SIGNED = ["NSEC", "NSEC3", "NSEC3PARAM", "RRSIG"];
const UNSIGNED = {
  types: TYPES.filter((type) => !SIGNED.includes(type)),
};

/** Types that parseZoneFile() does not read in the form of RFC 3597. */
const UNNAMED: readonly string[] = [
  ...["APL", "CSYNC", "EUI48", "EUI64", "LOC", ...SIGNED],
  ...[29, 42, 46, 47, 50, 51, 62, 108, 109].map((number) => `TYPE${number}`),
];

const PROGRAMS: readonly Program[] = [
  {
    name: "named-compilezone",
    command: "named-compilezone",
    args: (file) => ["-q", ...NAMED_CHECKS, "-o", "-", ORIGIN, file],
    limits: UNSIGNED,
    writes: true,
  },
  {
    name: "ldns-read-zone",
    command: "ldns-read-zone",
    args: (file) => [file],
    spelling: { anyOrder: false, inheritsZero: false, relativeOrigins: false },
    limits: { maxText: 1500, anyBytes: false },
    writes: true,
  },
  {
    name: "kzonecheck",
    command: "kzonecheck",
    args: (file) => ["-o", ORIGIN, file],
    spelling: { relativeOrigins: false },
    limits: { types: UNSIGNED.types.filter((type) => type !== "NS") },
    writes: false,
  },
];

for (const program of PROGRAMS) {
  Deno.test({
    ...needs(
      `${program.name} and parseZoneFile() read the same, in ${count} zones from seed ${seed}`,
      { commands: [program.command] },
    ),
    fn: async () => {
      for (let at = seed; at < seed + count; at += BATCH) {
        const size = Math.min(BATCH, seed + count - at);
        const { zone, text } = randomFile(at, size, program);
        const expected = sorted(zone);
        assertEquals(sorted(parseZoneFile(text, zone)), expected);
        // One of ten is enough: formatZoneFile() writes no text that is spelled
        // otherwise than here.
        const isTenth = (at - seed) % (10 * BATCH) === 0;
        const written = isTenth ? [formatZoneFile(zone)] : [];
        for (const file of [text, ...written]) {
          const output = await run(program, file, `--seed=${at}`);
          if (!program.writes) continue;
          const theirs = sorted(parseZoneFile(output, zone));
          assertEquals(theirs, expected, `--seed=${at}`);
        }
      }
    },
  });

  Deno.test({
    ...needs(`${program.name} reads the ordinary zone file`, {
      commands: [program.command],
    }),
    fn: async () => {
      const zone = parseZoneFile(ORDINARY, { origin: ORIGIN });
      for (const file of [ORDINARY, formatZoneFile(zone)]) {
        const output = await run(program, file, "");
        if (!program.writes) continue;
        assertEquals(sorted(parseZoneFile(output, zone)), sorted(zone));
      }
    },
  });
}

Deno.test({
  ...needs(
    `dnspython and parseZoneFile() read the same, in ${count} zones from seed ${seed}`,
    { python: ["dns.zone"] },
  ),
  fn: async () => {
    const zones = Array.from({ length: count }, (_, index) => {
      const random = new Random(seed + index);
      const zone = randomZone(random, { anyBytes: false });
      return {
        zone,
        text: spellZone(random, zone, {
          anyOrder: false,
          relativeOrigins: false,
          crlf: false,
        }),
      };
    });
    const files = zones.flatMap(({ zone, text }, index) =>
      index % 10 === 0
        ? [{ zone, text }, { zone, text: formatZoneFile(zone) }]
        : [{ zone, text }]
    );
    const theirs = await dnspython(files.map(({ text }) => text));
    for (const [index, { zone, text }] of files.entries()) {
      const { text: output, generic } = theirs[index] as Dnspython;
      assertEquals(sorted(parseZoneFile(output, zone)), sorted(zone), text);
      const isNamed = ({ type }: RecordSetInput) => !UNNAMED.includes(type);
      const recordSets = zone.recordSets.filter(isNamed);
      const { recordSets: all } = parseZoneFile(generic, zone);
      assertEquals(
        sorted({ ...zone, recordSets: all.filter(isNamed) }),
        sorted({ ...zone, recordSets }),
        generic,
      );
    }
  },
});

Deno.test({
  ...needs("dnspython finds every byte of text that formatZoneFile() writes", {
    python: ["dns.zone"],
  }),
  fn: async () => {
    const data = [
      "\u00fc\u{1f480}",
      ...Array.from(
        { length: 256 },
        (_, byte) =>
          byte < 0x80
            ? String.fromCharCode(byte)
            : String.fromCharCode(0xdc00 + byte),
      ),
    ];
    const recordSets: RecordSetInput[] = [{
      name: "a",
      type: "TXT",
      ttl: 60,
      data,
    }];
    const soa = {
      name: "@",
      type: "SOA",
      ttl: 60,
      data: ["a. b. 1 2 3 4 5"],
    } as const;
    const text = formatZoneFile({
      origin: ORIGIN,
      recordSets: [soa, ...recordSets],
    });
    const [theirs] = await dnspython([text]);
    // The first byte of a string is its length.
    const bytes = Array.from({ length: 256 }, (_, byte) => `01${hex(byte)}`);
    assertEquals(
      theirs?.texts["a.example.com."]?.toSorted(),
      ["06c3bcf09f9280", ...bytes].toSorted(),
    );
  },
});

Deno.test({
  ...needs("named-compilezone and parseZoneFile() refuse the same lines", {
    commands: ["named-compilezone"],
  }),
  fn: async () => {
    const [program] = PROGRAMS;
    assert(program);
    const head = "$TTL 60\n@ SOA a. b. 1 2 3 4 5\n@ NS a.\n";
    await run(program, `${head}good A 192.0.2.1\n`, "");
    for (const line of BROKEN) {
      const text = `${head}${line}\n`;
      const error = assertThrows(
        () => parseZoneFile(text, { origin: ORIGIN }),
        ZoneFileError,
        "parseZoneFile: line 4: ",
        line,
      );
      assertEquals(error.line, 4);
      const { success } = await execute(program, text);
      assert(!success, line);
    }
  },
});

const BROKEN = [
  "a",
  "a 60 IN",
  "a A",
  "a A 192.0.2",
  "a A 192.0.2.256",
  "a A 192.0.2.1 192.0.2.2",
  "a AAAA 192.0.2.1",
  "a AAAA 2001:db8:::1",
  "a CH A 192.0.2.1",
  "a FOO bar",
  "a MX mail",
  "a MX 65536 mail",
  "a SRV 1 2 70000 host",
  'a TXT "open',
  'a TXT ( "open"',
  'a TXT "\\256"',
  "a TXT )",
  "a HINFO one",
  "a CAA 256 issue x",
  "a CAA 0 issue",
  "a DS 1 13 2 xyz",
  "a TYPE65280 \\# 3 abcd",
  "a TYPE65280 abcd",
  "a HTTPS 1 . port=65536",
  "a HTTPS 1 . mandatory=port alpn=h2",
  "a HTTPS 1 . no-default-alpn",
  "a LOC 91 N 0 E 0",
  "a..b A 192.0.2.1",
  `${"a".repeat(64)} A 192.0.2.1`,
  `${"a.".repeat(122)}b A 192.0.2.1`,
  "$TTL soon",
  "$TTL",
  "$ORIGIN a..b",
  "$UNKNOWN",
  "$GENERATE 3-1 a$ A 192.0.2.$",
];

/** Makes one file with many zones, each below a name of its own. */
function randomFile(
  first: number,
  size: number,
  { spelling, limits }: Program,
): { zone: ZoneFile; text: string } {
  const soa: ZoneFile = {
    origin: ORIGIN,
    ttl: 300,
    recordSets: [
      { name: "@", type: "SOA", ttl: 60, data: ["a.test. b.test. 1 2 3 4 5"] },
      { name: "@", type: "NS", ttl: 60, data: ["ns.example.net"] },
    ],
  };
  const recordSets = [...soa.recordSets];
  const texts = [formatZoneFile(soa)];
  for (let at = first; at < first + size; at++) {
    const random = new Random(at);
    const [, ...sets] = randomZone(random, limits).recordSets;
    const origin = `z${at}.${ORIGIN}`;
    const zone = { origin, ttl: random.int(0, 9999), recordSets: sets };
    texts.push(spellZone(random, zone, { crlf: false, ...spelling }));
    recordSets.push(
      ...sets.map((set) => ({ ...set, name: `${set.name}.z${at}` })),
    );
  }
  return { zone: { origin: ORIGIN, recordSets }, text: texts.join("") };
}

/** The record sets in alphabetical order, and their values likewise. */
function sorted({ recordSets }: ZoneFile): unknown {
  return recordSets
    .map(({ name, type, ttl, data }) => ({
      name,
      type: type as RecordType,
      ttl,
      data: data.map((value) => JSON.stringify(value)).sort(),
    }))
    .sort((a, b) => `${a.name} ${a.type}` < `${b.name} ${b.type}` ? -1 : 1);
}

/** Lets a program read a zone file. Returns what it writes. */
async function run(
  program: Program,
  text: string,
  message: string,
): Promise<string> {
  const { success, output, problems } = await execute(program, text);
  assert(success && problems === "", `${message} ${problems}`);
  return output;
}

async function execute({ command, args }: Program, text: string) {
  const file = await Deno.makeTempFile({ suffix: ".zone" });
  try {
    await Deno.writeTextFile(file, text);
    const { success, stdout, stderr } = await new Deno.Command(command, {
      args: args(file),
    }).output();
    const [output, problems] = [stdout, stderr].map((bytes) =>
      new TextDecoder().decode(bytes)
    );
    return { success, output: output ?? "", problems: problems ?? "" };
  } finally {
    await Deno.remove(file);
  }
}

/** What dnspython has read from a zone file. */
interface Dnspython {
  readonly text: string;
  readonly generic: string;
  readonly texts: Readonly<Record<string, readonly string[]>>;
}

/** Lets one process of dnspython read zone files. */
async function dnspython(texts: readonly string[]): Promise<Dnspython[]> {
  const child = new Deno.Command(PYTHON, {
    args: [path("tests/interop/dnspython_zones.py")],
    env: { PYTHONIOENCODING: "utf-8", PYTHONDONTWRITEBYTECODE: "1" },
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const input = texts.map((text) => `${JSON.stringify([ORIGIN, text])}\n`);
  const [, { stdout }] = await Promise.all([
    new Blob(input).stream().pipeTo(child.stdin),
    child.output(),
  ]);
  const lines = new TextDecoder().decode(stdout).trimEnd().split("\n");
  assertEquals(lines.length, texts.length);
  return lines.map((line, index) => {
    const { error, ...zone } = JSON.parse(line);
    assertEquals(error, undefined, texts[index]);
    return zone;
  });
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}
