/**
 * Shows what happens to the ordinary zone file elsewhere: in the parsers
 * `zone-file` and `dns-zonefile` of npm, and in the export of Apache Libcloud.
 * Each loses or changes records without an error. Nothing is lost here.
 *
 * If one of these tests fails, that program has become better.
 *
 * @module
 */

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import zoneFile from "npm:zone-file@1.0.0";
import dnsZonefile from "npm:dns-zonefile@0.3.2";
import { formatRecordData } from "../../core/dns/rdata.ts";
import type { RecordSetInput } from "../../core/dns/records.ts";
import { formatZoneFile, parseZoneFile } from "../../core/dns/zone_file.ts";
import { path } from "../../tools/deno.ts";
import { needs, PYTHON } from "../_support/needs.ts";

/** What the parsers of npm return: the records of each type. */
interface NpmZone {
  readonly $origin: string;
  readonly txt: readonly { readonly name: string; readonly txt: string }[];
  readonly caa?: unknown;
  readonly https?: unknown;
  readonly a: readonly { readonly name: string; readonly ip: string }[];
}

const ORIGIN = "example.com";
const TEXT = Deno.readTextFileSync(path("fixtures/dns/ordinary.zone"));
const ours = parseZoneFile(TEXT, { origin: ORIGIN });

Deno.test("zone-file of npm cuts text, and drops types that it does not know", () => {
  const theirs = zoneFile.parseZoneFile(TEXT) as unknown as NpmZone;
  assertEquals(textIn(theirs, "text"), "a");
  assertEquals(textIn(theirs, "sel._domainkey"), "v=DKIM1");
  assertEquals(textIn(theirs, "back"), "back\\\\slash");
  assertEquals([theirs.caa, theirs.https], [undefined, undefined]);
  // The class is taken for a name, and all records get the last origin.
  assert(JSON.stringify(theirs).includes('"name":"IN"'));
  assertEquals(theirs.$origin, "dev2.example.com.");
});

Deno.test("dns-zonefile of npm cuts text in parentheses, and drops HTTPS", () => {
  const theirs = dnsZonefile.parse(TEXT) as unknown as NpmZone;
  assertEquals(textIn(theirs, "long").slice(0, 3), '( "');
  assertEquals(theirs.https, undefined);
  // Two hosts in two origins are one.
  const hosts = theirs.a.filter(({ name }) => name === "ns1");
  assertEquals(hosts.map(({ ip }) => ip), ["192.0.2.53", "192.0.2.54"]);
  assertEquals(theirs.$origin, "dev2.example.com.");
});

Deno.test("parseZoneFile() reads what the parsers of npm lose", () => {
  assertEquals(valuesOf("text", "TXT"), [['a;b "q" c', "second"]]);
  assertEquals(valuesOf("sel._domainkey", "TXT"), ["v=DKIM1;k=rsa;p=AAAA"]);
  assertEquals(valuesOf("back", "TXT"), ["back\\slash"]);
  assertEquals(valuesOf("@", "CAA").length, 2);
  assertEquals(valuesOf("@", "HTTPS").length, 1);
  assertEquals(valuesOf("ns1", "A"), ["192.0.2.53"]);
  assertEquals(valuesOf("ns1.sub", "A"), ["192.0.2.54"]);
});

Deno.test({
  ...needs("Libcloud exports another zone than it has read", {
    python: ["libcloud.dns.base"],
  }),
  fn: async () => {
    const zone = {
      origin: ORIGIN,
      recordSets: [
        set("sel._domainkey", ["v=DKIM1;k=rsa;p=AAAA"]),
        set("short", ["a b"], 60),
        set("back", ["back\\slash"]),
      ],
    };
    const exported = await exportByLibcloud(zone.recordSets);
    const theirs = parseZoneFile(exported, { origin: ORIGIN }).recordSets;
    assertEquals(theirs, [
      set("sel._domainkey", ["v=DKIM1"]),
      set("short", ["a b"]),
      set("back", ["backslash"]),
    ]);
    assertNotEquals(theirs, zone.recordSets);
    const { recordSets } = parseZoneFile(formatZoneFile(zone), zone);
    assertEquals(recordSets, zone.recordSets);
  },
});

function set(name: string, data: string[], ttl = 3600): RecordSetInput {
  return { name, type: "TXT", ttl, data };
}

function textIn({ txt }: NpmZone, name: string): string {
  return txt.find((record) => record.name === name)?.txt ?? "";
}

function valuesOf(name: string, type: string): RecordSetInput["data"] {
  return ours.recordSets.find((it) => it.name === name && it.type === type)
    ?.data ?? [];
}

/** Records as Libcloud's drivers return them: text without quotes. */
async function exportByLibcloud(
  recordSets: readonly RecordSetInput[],
): Promise<string> {
  const records = recordSets.flatMap(({ name, type, ttl, data }) =>
    data.map((value) => {
      const text = type === "TXT"
        ? value
        : formatRecordData(type, value as never);
      return [name, type, ttl, text];
    })
  );
  const child = new Deno.Command(PYTHON, {
    args: [path("tests/interop/libcloud_zone_file.py"), ORIGIN],
    env: { PYTHONDONTWRITEBYTECODE: "1" },
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const [, { stdout }] = await Promise.all([
    new Blob([JSON.stringify(records)]).stream().pipeTo(child.stdin),
    child.output(),
  ]);
  return new TextDecoder().decode(stdout);
}
