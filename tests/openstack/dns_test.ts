/**
 * The DNS driver against the real Designate: the parts of the conformance suite
 * about zones, record sets, changes and writers; what its name server then serves
 * by DNS; and what OpenStack's own client sees.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { path } from "../../core/mod.ts";
import type {
  RecordData,
  RecordSetInput,
  RecordType,
} from "../../core/dns/mod.ts";
import { OpenStackDnsDriver } from "../../drivers/openstack/dns.ts";
import { OpenStackSimulator } from "../../simulators/openstack/mod.ts";
import { SAMPLES, TEXTS } from "../../testing/dns/samples.ts";
import { dnsConformance, type DnsSubject } from "../../testing/mod.ts";
import { query } from "../_support/dns_query.ts";
import { run } from "../_support/sshd.ts";
import { subject } from "../conformance/openstack_dns.ts";
import { credentials, dnsPort, needsCloud, uniqueName } from "./_cloud.ts";

/** Types that came after the release of the real cloud. */
const NEW_TYPES: readonly RecordType[] = ["HTTPS", "SVCB", "TLSA"];

/**
 * Checks whose result depends on the server. Others need the contents of the
 * simulator, or send nothing; texts and writers have tests of their own below.
 */
const CHECKS =
  /^(?:createZone|findZone|keeps a record|accepts relative|setRecordSet|addRecord|changeRecordSets\(\) (?:rejects with|replaces|is all)|waitForChange)/;

/** Time limit of a request: a busy machine is slow. */
const TIMEOUT_MS = 120_000;

const connect = () =>
  new OpenStackDnsDriver({ ...credentials(), timeoutMs: TIMEOUT_MS });

/** Creates a zone, and deletes it at the end of a block. */
async function openZone() {
  const dns = connect();
  const zone = await dns.createZone({ name: `${uniqueName()}.example` });
  const end = { [Symbol.asyncDispose]: () => deleteZones(zone.name) };
  return { dns, zone, end };
}

Deno.test({
  ...needsCloud(
    "OpenStackDnsDriver passes the conformance suite against the real Designate",
  ),
  fn: async () => {
    const checks = dnsConformance(realSubject()).filter(({ see = "", name }) =>
      ["zones", "record-sets", "changes"].includes(see) && CHECKS.test(name)
    );
    assert(checks.length > 15, `${checks.length} checks`);
    const failures: string[] = [];
    for (const { name, run } of checks) {
      await run().catch((error) => failures.push(`${name}: ${error}`));
    }
    await deleteZones(".suite.example");
    assertEquals(failures, []);
    console.log(`${checks.length} checks pass against the real Designate`);
  },
});

Deno.test({
  ...needsCloud("Designate serves the data of every type as it was set"),
  fn: async () => {
    const { dns, zone, end } = await openZone();
    await using _end = end;
    const sets = [...SAMPLES.filter(isHeld), ...OWN_SAMPLES];
    assert(sets.length >= 12, `${sets.length} record sets`);
    let change;
    for (const set of sets) {
      change = await dns.setRecordSet(
        zone,
        { ...set, ttl: 77 } as RecordSetInput,
      );
    }
    await dns.waitForChange(change!);
    for (const set of sets) {
      const name = set.name === "@" ? zone.name : `${set.name}.${zone.name}`;
      const served = await query(dnsPort(), name, set.type);
      assertEquals(
        served.map(({ fields }) => JSON.stringify(fields)).sort(),
        set.data.map((data) => JSON.stringify(toFields(set.type, data)))
          .sort(),
        `the data of ${set.type}`,
      );
      assertEquals(new Set(served.map(({ ttl }) => ttl)), new Set([77]));
    }
  },
});

Deno.test({
  ...needsCloud(
    "Designate serves every byte and every text in TXT as it was set",
  ),
  fn: async () => {
    const { dns, zone, end } = await openZone();
    await using _end = end;
    const cuts = [["y".repeat(200), "z".repeat(200)]];
    const texts = [...TEXTS, ...cuts];
    let change;
    for (const [index, text] of texts.entries()) {
      const set = { name: `t${index}`, type: "TXT", data: [text] } as const;
      change = await dns.setRecordSet(zone, set);
      // What is read is what was set.
      const [data] = (await dns.getRecordSet(zone, set)).data;
      assertEquals(data, text);
    }
    await dns.waitForChange(change!);
    for (const [index, text] of texts.entries()) {
      const name = `t${index}.${zone.name}`;
      const [served, ...more] = await query(dnsPort(), name, "TXT");
      assertEquals(more, []);
      const [strings] = served!.fields as [readonly string[]];
      assert(strings.every(({ length }) => length <= 255));
      if (typeof text === "string") {
        assertEquals(strings.join(""), toBytes(text));
      } else {
        assertEquals(strings, text.map(toBytes));
      }
    }
  },
});

Deno.test({
  ...needsCloud("Designate serves the values that several writers add at once"),
  fn: async () => {
    const { dns, zone, end } = await openZone();
    await using _end = end;
    // The suite has 20 writers. Here, each of their many repeats takes 10 seconds.
    const values = Array.from({ length: 6 }, (_, index) => `value-${index}`);
    await Promise.all(values.map((value) =>
      connect().addRecord(
        zone,
        { name: "_acme-challenge", type: "TXT", data: [value] },
        // Requests to a busy cloud take seconds.
        { settleMs: 10_000, timeoutMs: 400_000 },
      )
    ));
    await dns.waitForChange({ id: zone.id, state: "pending" });
    const name = `_acme-challenge.${zone.name}`;
    const served = await query(dnsPort(), name, "TXT");
    assertEquals(
      served.map(({ fields: [strings] }) => `${strings}`).sort(),
      values.sort(),
    );
  },
});

Deno.test({
  ...needsCloud(
    "python3-designateclient and the driver list the same zones and record sets",
    { commands: ["/usr/bin/openstack"] },
  ),
  fn: async (test) => {
    await test.step("of the real cloud", async () => {
      const { dns, zone, end } = await openZone();
      await using _end = end;
      for (const set of SAMPLES.filter(isHeld).slice(0, 6)) {
        await dns.setRecordSet(zone, set);
      }
      await dns.waitForChange({ id: zone.id, state: "pending" });
      await compareLists(dns, zone.name, credentials());
    });
    await test.step("of the simulator", async () => {
      const simulator = new OpenStackSimulator({ zones: 2 });
      const { username, password, projectName } = simulator.credentials;
      await using server = Deno.serve(
        { port: 0, hostname: "127.0.0.1", onListen: () => {} },
        simulator.fetch,
      );
      const authUrl = `http://127.0.0.1:${server.addr.port}/identity/v3`;
      const user = { authUrl, username, password, projectName };
      await compareLists(new OpenStackDnsDriver(user), "zone-1.example", user);
    });
  },
});

/** Compares what OpenStack's client lists with what the driver lists. */
async function compareLists(
  dns: OpenStackDnsDriver,
  zone: string,
  user: Omit<Parameters<typeof openstack>[0], "kind">,
): Promise<void> {
  const zones = await openstack(user, "zone", "list");
  assertEquals(
    zones.map((row) => [row["id"], row["name"], row["type"], row["status"]])
      .sort(),
    (await dns.listZones()).map(({ id, name, kind, extra }) => [
      id,
      `${name}.`,
      kind.toUpperCase(),
      extra.status,
    ]).sort(),
  );
  const sets = await openstack(user, "recordset", "list", `${zone}.`);
  const ours = await dns.listRecordSets({ name: zone });
  assert(ours.length >= 5);
  assertEquals(
    sets.filter((row) => row["records"] !== "").map((row) => [
      row["id"],
      row["type"],
      `${row["name"]}`.replace(new RegExp(`\\.?${zone}\\.$`), "") || "@",
      [row["records"]].flat().join("\n").split("\n").length,
    ]).sort(),
    ours.map(({ id, type, name, data }) => [id, type, name, data.length])
      .sort(),
  );
}

/** Runs `openstack`, and reads its JSON. */
async function openstack(
  user: {
    readonly authUrl: string;
    readonly username: string;
    readonly password: string;
    readonly projectName: string;
  },
  ...args: readonly string[]
): Promise<Record<string, unknown>[]> {
  const output = await run("/usr/bin/openstack", [
    `--os-auth-url=${user.authUrl}`,
    `--os-username=${user.username}`,
    `--os-password=${user.password}`,
    `--os-project-name=${user.projectName}`,
    "--os-user-domain-name=Default",
    "--os-project-domain-name=Default",
    ...args,
    "--format=json",
  ]);
  return JSON.parse(output);
}

function isHeld({ type }: RecordSetInput): boolean {
  return subject.types.includes(type) && !NEW_TYPES.includes(type);
}

/** The subject of the suite, with the real cloud in place of the simulator. */
function realSubject(): DnsSubject {
  return {
    ...subject,
    credentials: { password: credentials().password },
    settings: { ...credentials(), timeoutMs: TIMEOUT_MS },
    createSimulator: () => ({ fetch }),
    // Each check has a zone of its own.
    get create() {
      return { name: `${uniqueName()}.suite.example` };
    },
    types: subject.types.filter((type) => !NEW_TYPES.includes(type)),
    misfits: [],
  };
}

/** Starts to delete the zones that the checks have left behind. */
async function deleteZones(end: string): Promise<void> {
  const dns = connect();
  const zones = (await dns.listZones()).filter(({ name }) =>
    name.endsWith(end)
  );
  for (const { id } of zones) {
    // A zone with another one inside cannot be deleted yet.
    await dns.connection.request(path`/zones/${{ zone: id }}`, {
      operation: "deleteZone",
      method: "DELETE",
    }).catch(() => {});
  }
}

/** Record sets of types whose samples of the suite Designate cannot hold. */
const OWN_SAMPLES: readonly RecordSetInput[] = [
  {
    name: "caa",
    type: "CAA",
    data: [
      { flags: 0, tag: "issue", value: "ca.example.net" },
      { flags: 1, tag: "issuewild", value: "ca.example.net" },
      { flags: 0, tag: "iodef", value: "mailto:ca+a@example.net" },
      { flags: 0, tag: "iodef", value: 'https://example.net/a;b "c\\' },
    ],
  },
  {
    name: "naptr",
    type: "NAPTR",
    data: [{
      order: 100,
      preference: 10,
      flags: "U",
      services: "E2U+sip",
      regexp: "!^(.*)$!sip:\\1@ex ;ample!",
      replacement: "a.example.net",
    }],
  },
];

/** The fields of data as they are on the wire. Written by hand. */
function toFields(type: string, data: RecordData): readonly unknown[] {
  const values = Object.values(Object(data) as Record<string, unknown>);
  switch (type) {
    case "AAAA":
      return [
        data === "::1" ? "0:0:0:0:0:0:0:1" : "2001:db8:0:0:0:0:0:7",
      ];
    case "TXT":
      return [[data]];
    case "CAA":
    case "MX":
    case "NAPTR":
    case "SRV":
      return values;
    case "SSHFP":
      return values.map((it) => typeof it === "string" ? fromHex(it) : it);
    case "CERT":
      return [1, 2, 3, "\0\0\0"];
    default:
      return [(data as string).replace(/\.$/, "")];
  }
}

function fromHex(text: string): string {
  return text.replace(
    /../g,
    (digits) => String.fromCharCode(parseInt(digits, 16)),
  );
}

/** UTF-8, and lone surrogates as single bytes; each character is one byte. */
function toBytes(text: string): string {
  return [...text].map((character) => {
    const code = character.charCodeAt(0);
    return character.length === 1 && code >= 0xdc80 && code <= 0xdcff
      ? String.fromCharCode(code - 0xdc00)
      : String.fromCharCode(...new TextEncoder().encode(character));
  }).join("");
}
