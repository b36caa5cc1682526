/**
 * Property: text survives. What is written to a zone file is read from it again,
 * for every type of record and every byte of text; however a zone file spells a
 * zone, the same zone is read; and broken text is an error with a line.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { fromOctets } from "../../core/dns/octets.ts";
import type { RecordSetInput } from "../../core/dns/records.ts";
import {
  formatZoneFile,
  parseZoneFile,
  type ZoneFile,
  ZoneFileError,
} from "../../core/dns/zone_file.ts";
import { Random, schedules } from "./_random.ts";
import { spellZone } from "./_zone_text.ts";
import { randomZone, TYPES } from "./_zones.ts";

const { count, seed } = schedules();

Deno.test(`parseZoneFile() reads what formatZoneFile() writes, in ${count} zones from seed ${seed}`, () => {
  const types = new Set<string>();
  const octets = new Set<string>();
  forEachZone((zone, at) => {
    const text = formatZoneFile(zone);
    assertEquals(parseZoneFile(text, zone), zone, `--seed=${at}\n${text}`);
    // A zone survives a database of JSON, too.
    assertEquals(JSON.parse(JSON.stringify(zone)), zone);
    for (const { type } of zone.recordSets) types.add(type);
    for (const [octet] of text.matchAll(/\\\d{3}|[^]/g)) octets.add(octet);
  });
  // Guards against zones that are all alike.
  if (count >= 500) {
    assertEquals(types.size, TYPES.length + 1);
    assert(octets.size > 250, `${octets.size} octets`);
  }
});

Deno.test(`parseZoneFile() reads other spellings of the same zone, in ${count} zones from seed ${seed}`, () => {
  forEachZone((zone, at, random) => {
    const text = spellZone(random, zone);
    assertEquals(parseZoneFile(text, zone), zone, `--seed=${at}\n${text}`);
  });
});

Deno.test("zone files keep every byte of text, and every pair of bytes", () => {
  const recordSets = Array.from({ length: 256 }, (_, first) => {
    const octet = String.fromCharCode(first);
    const pairs = Array.from(
      { length: 256 },
      (_, second) => octet + String.fromCharCode(second),
    );
    const data = [octet, ...pairs].map(fromOctets);
    return { name: `b${first}`, type: "TXT", ttl: 60, data } as RecordSetInput;
  });
  const zone = { origin: "example.com", recordSets };
  assertEquals(parseZoneFile(formatZoneFile(zone), zone), zone);
});

Deno.test(`parseZoneFile() throws only ZoneFileError, in ${count} broken files from seed ${seed}`, () => {
  let errors = 0;
  forEachZone((zone, at, random) => {
    const text = damage(random, spellZone(random, zone));
    const error = failureOf(() => parseZoneFile(text, zone));
    if (error === undefined) return;
    const message = `--seed=${at}\n${error}\n${text}`;
    assert(error instanceof ZoneFileError, message);
    const lines = text.split("\n").length;
    assert(error.line >= 1 && error.line <= lines, message);
    assert(
      error.message.startsWith(`parseZoneFile: line ${error.line}: `),
      message,
    );
    // A TypeError of our own code would not begin with the method.
    const { cause } = error;
    assert(!(cause instanceof Error) || cause.message === error.message);
    errors++;
  });
  assert(errors > count / 4, `${errors} errors`);
});

function forEachZone(
  check: (zone: ZoneFile, seed: number, random: Random) => void,
): void {
  for (let at = seed; at < seed + count; at++) {
    const random = new Random(at);
    check(randomZone(random), at, random);
  }
}

function failureOf(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
}

/** Deletes, repeats, swaps and inserts parts of a text. */
function damage(random: Random, text: string): string {
  let damaged = text;
  const times = random.int(1, 4);
  for (let time = 0; time < times; time++) {
    const start = random.int(0, damaged.length);
    const end = Math.min(damaged.length, start + random.int(0, 30));
    const part = damaged.slice(start, end);
    const other = random.pick([
      "",
      part + part,
      random.pick(['"', "\\", "(", ")", ";", "\n", "\r", "\0", "$", "@", "."]),
      random.pick(["$TTL", "\n$ORIGIN .\n", "\n$GENERATE 1-99 a$ A 1.2.3.$\n"]),
      random.pick([
        "\ud800",
        "\udcff",
        "ü",
        "\\999",
        "\\1",
        "99999999999",
        "\\#",
      ]),
      [...part].reverse().join(""),
    ]);
    damaged = damaged.slice(0, start) + other + damaged.slice(end);
  }
  return damaged;
}
