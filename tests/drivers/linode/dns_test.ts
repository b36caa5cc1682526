import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  ConflictError,
  type ConnectionOptions,
  ValidationError,
} from "../../../core/mod.ts";
import type { RecordSetInput } from "../../../core/dns/mod.ts";
import { HetznerNodeDriver } from "../../../drivers/hetzner/compute.ts";
import { LinodeNodeDriver } from "../../../drivers/linode/compute.ts";
import { LinodeDnsDriver } from "../../../drivers/linode/dns.ts";
import { LinodeSimulator } from "../../../simulators/linode/mod.ts";
import { replay } from "../../_support/replay.ts";

const RECORDS = "/v4/domains/1234/records";

/** Creates a driver whose responses the test chooses. */
function linode(fetch: ConnectionOptions["fetch"]) {
  return new LinodeDnsDriver({ token: "t0ken", retry: false, fetch });
}

/** A driver for a simulator with one zone. */
function simulated() {
  const { credentials, fetch } = new LinodeSimulator({ zones: 1 });
  const create = () => new LinodeDnsDriver({ ...credentials, fetch });
  return { dns: create(), create, zone: { name: "zone-1.example" } };
}

/** A record as Linode returns it. */
function record(id: number, values: Readonly<Record<string, unknown>>) {
  return {
    id,
    name: "",
    target: "",
    priority: 0,
    weight: 0,
    port: 0,
    service: null,
    protocol: null,
    ttl_sec: 0,
    tag: null,
    created: "2018-01-01T00:01:01",
    updated: "2018-01-01T00:01:01",
    ...values,
  };
}

const page = (...data: readonly unknown[]) => ({
  data,
  page: 1,
  pages: 1,
  results: data.length,
});

/** The exchange that reads the records of a name and type. */
const read = (filter: object, ...found: readonly object[]) => ({
  request: `GET ${RECORDS}?page_size=500`,
  headers: { "x-filter": JSON.stringify(filter) },
  json: page(...found),
});

Deno.test("LinodeDnsDriver converts zones", async () => {
  using fetch = replay([
    {
      request: "GET /v4/domains?page_size=500",
      fixture: "linode/list_domains.json",
    },
    {
      request: "POST /v4/domains",
      body: {
        domain: "example.org",
        type: "master",
        soa_email: "admin@example.org",
        ttl_sec: 300,
        tags: ["example tag"],
      },
      fixture: "linode/get_domain.json",
    },
    {
      request: "POST /v4/domains",
      body: {
        domain: "example.org",
        type: "master",
        soa_email: "hostmaster@example.org",
      },
      fixture: "linode/get_domain.json",
    },
    { request: "GET /v4/domains/1234", fixture: "linode/get_domain.json" },
    { request: "DELETE /v4/domains/1234", json: {} },
  ]);
  const dns = linode(fetch);
  const zone = {
    id: "1234",
    name: "example.org",
    kind: "primary" as const,
    state: "active" as const,
    ttl: 300,
    nameServers: [1, 2, 3, 4, 5].map((it) => `ns${it}.linode.com`),
    createdAt: undefined,
    extra: {
      status: "active",
      soaEmail: "admin@example.org",
      description: undefined,
      tags: ["example tag", "another example"],
      primaries: [],
    },
  };
  assertEquals(await dns.listZones(), [zone]);
  const created = await dns.createZone({
    name: "Example.org.",
    ttl: 300,
    soaEmail: "admin@example.org",
    tags: ["example tag"],
  });
  assertEquals(created, zone);
  await dns.createZone({ name: "example.org" });
  assertEquals(await dns.getZone("1234"), zone);
  await dns.deleteZone("1234");
});

Deno.test("LinodeDnsDriver knows every state of a zone", async () => {
  const json = JSON.parse(
    await Deno.readTextFile(
      new URL("../../../fixtures/linode/get_domain.json", import.meta.url),
    ),
  );
  const cases = [
    ["active", "active"],
    ["disabled", "paused"],
    ["edit_mode", "pending"],
    ["has_errors", "error"],
    ["else", "unknown"],
  ] as const;
  for (const [status, state] of cases) {
    using fetch = replay([
      {
        request: "GET /v4/domains/1234",
        json: { ...json, status, ttl_sec: 0, created: "2018-01-01T00:01:01" },
      },
    ]);
    const zone = await linode(fetch).getZone("1234");
    assertEquals([zone.state, zone.extra.status], [state, status]);
    assertEquals(zone.ttl, undefined);
    assertEquals(zone.createdAt, "2018-01-01T00:01:01Z");
  }
});

Deno.test("LinodeDnsDriver looks up names with one filter", async () => {
  const names = ["a.b.example.org", "b.example.org", "example.org", "org"];
  const filter = { "+or": names.map((domain) => ({ domain })) };
  using fetch = replay([
    {
      request: "GET /v4/domains?page_size=500",
      headers: { "x-filter": JSON.stringify(filter) },
      fixture: "linode/list_domains.json",
    },
  ]);
  const zone = await linode(fetch).findZone("a.b.example.org");
  assertEquals(zone.id, "1234");
});

Deno.test("LinodeDnsDriver.listRecordSets() groups records of all types by name", async () => {
  using fetch = replay([
    {
      request: `GET ${RECORDS}?page_size=500`,
      json: page(
        record(1, { type: "MX", target: "mx1.example.net", priority: 10 }),
        record(2, {
          type: "A",
          name: "WWW",
          target: "192.0.2.1",
          ttl_sec: 300,
        }),
        record(3, { type: "MX", target: "mx2.example.net", ttl_sec: 120 }),
        record(4, { type: "A", name: "www", target: "192.0.2.2" }),
        record(5, {
          type: "SRV",
          name: "_sip._tcp",
          service: "_sip",
          protocol: "_tcp",
          target: "sip.example.net",
          priority: 1,
          weight: 2,
          port: 5060,
        }),
        record(6, { type: "CAA", tag: "issue", target: "ca.example" }),
        record(7, { type: "AAAA", target: "2001:DB8:0::1" }),
        record(8, { type: "NS", name: "sub", target: "localhost" }),
        record(9, {
          type: "SRV",
          service: "xmpp",
          protocol: "udp",
          target: "a.b",
        }),
        record(10, { type: "TXT", name: "txt", target: 'a "b" \\ c' }),
        record(11, { type: "PTR", name: "ptr", target: "a.example.net" }),
      ),
    },
    read({ type: "MX" }, record(12, { type: "MX" })),
  ]);
  const dns = linode(fetch);
  const sets = await dns.listRecordSets("1234");
  assertEquals(
    sets.map(({ id, ttl, data }) => ({ id, ttl, data })),
    [
      {
        id: "@ MX",
        ttl: 120,
        data: [
          { preference: 10, host: "mx1.example.net" },
          { preference: 0, host: "mx2.example.net" },
        ],
      },
      { id: "www A", ttl: 300, data: ["192.0.2.1", "192.0.2.2"] },
      {
        id: "_sip._tcp SRV",
        ttl: undefined,
        data: [{ priority: 1, weight: 2, port: 5060, host: "sip.example.net" }],
      },
      {
        id: "@ CAA",
        ttl: undefined,
        data: [{ flags: 0, tag: "issue", value: "ca.example" }],
      },
      { id: "@ AAAA", ttl: undefined, data: ["2001:db8::1"] },
      { id: "sub NS", ttl: undefined, data: ["localhost."] },
      {
        id: "_xmpp._udp SRV",
        ttl: undefined,
        data: [{ priority: 0, weight: 0, port: 0, host: "a.b" }],
      },
      { id: "txt TXT", ttl: undefined, data: ['a "b" \\ c'] },
      { id: "ptr PTR", ttl: undefined, data: ["a.example.net"] },
    ] as never[],
  );
  assertEquals(sets[1]?.extra.records, [
    { id: "2", extra: {} },
    { id: "4", ttl: undefined, extra: {} },
  ]);
  const set = await dns.getRecordSet("1234", { name: "@", type: "MX" });
  assertEquals(set.data, [{ preference: 0, host: "." }]);
});

Deno.test("LinodeDnsDriver.setRecordSet() changes records in place, and creates before it deletes", async () => {
  const filter = { name: "www", type: "A" };
  const a = (target: string) => ({ name: "www", ttl_sec: 300, target });
  const json = record(1, { type: "A", name: "www", ttl_sec: 300 });
  const found = (id: number, target: string, ttl_sec = 300) =>
    record(id, { type: "A", name: "www", target, ttl_sec });
  using fetch = replay([
    read(filter, found(1, "192.0.2.1"), found(2, "192.0.2.2")),
    { request: `PUT ${RECORDS}/1`, body: a("192.0.2.3"), json },
    {
      request: `POST ${RECORDS}`,
      body: { type: "A", ...a("192.0.2.4") },
      json: { ...json, target: "192.0.2.4" },
    },
    read(
      filter,
      found(1, "192.0.2.3", 120),
      found(2, "192.0.2.2"),
      found(3, "192.0.2.4"),
    ),
    { request: `PUT ${RECORDS}/1`, body: a("192.0.2.3"), json },
    { request: `DELETE ${RECORDS}/2`, json: {} },
    { request: `DELETE ${RECORDS}/3`, json: {} },
  ]);
  const dns = linode(fetch);
  const set = (...data: string[]) =>
    dns.setRecordSet("1234", { name: "www", type: "A", ttl: 300, data });
  await set("192.0.2.2", "192.0.2.3", "192.0.2.4");
  await set("192.0.2.3");
});

Deno.test("LinodeDnsDriver sends the TTL again if Linode did not keep it", async () => {
  const body = { name: "a", ttl_sec: 300, target: "192.0.2.1" };
  const json = record(5, { ...body, type: "A" });
  using fetch = replay([
    read({ name: "a", type: "A" }),
    {
      request: `POST ${RECORDS}`,
      body: { type: "A", ...body },
      json: { ...json, ttl_sec: 0 },
    },
    { request: `PUT ${RECORDS}/5`, body, json },
  ]);
  await linode(fetch).addRecord("1234", {
    name: "a",
    type: "A",
    ttl: 301,
    data: ["192.0.2.1"],
  });
});

Deno.test("LinodeDnsDriver tells that a record was created if its TTL could not be sent", async () => {
  const body = { name: "a", ttl_sec: 300, target: "192.0.2.1" };
  const json = record(5, { ...body, type: "A" });
  using fetch = replay([
    read({ name: "a", type: "A" }),
    {
      request: `POST ${RECORDS}`,
      body: { type: "A", ...body },
      json: { ...json, ttl_sec: 0 },
    },
    {
      request: `PUT ${RECORDS}/5`,
      body,
      status: 400,
      json: { errors: [{ reason: "no" }] },
    },
  ]);
  const error = await assertRejects(
    () =>
      linode(fetch).addRecord("1234", {
        name: "a",
        type: "A",
        ttl: 300,
        data: ["192.0.2.1"],
      }),
    ValidationError,
  );
  assertEquals(error.mayHaveBeenApplied, true);
});

Deno.test("LinodeDnsDriver.addRecord() keeps the TTL of a record set that has that of the zone", async () => {
  const { dns, zone } = simulated();
  const set = { name: "a", type: "A", data: ["192.0.2.1"] } as const;
  await dns.setRecordSet(zone, set);
  await dns.addRecord(zone, { ...set, ttl: 300, data: ["192.0.2.2"] });
  const { ttl, data, extra } = await dns.getRecordSet(zone, set);
  assertEquals(ttl, undefined);
  assertEquals(data, ["192.0.2.1", "192.0.2.2"]);
  assertEquals(extra.records.map((it) => "ttl" in it), [false, false]);
});

Deno.test("LinodeDnsDriver sends the fields of each type", async () => {
  const cases = [
    ["CNAME", "x", "www.example.net", { name: "x", target: "www.example.net" }],
    ["NS", "x", "localhost.", { name: "x", target: "localhost" }],
    ["PTR", "x", "a.example.net", { name: "x", target: "a.example.net" }],
    ["TXT", "@", 'a "b"; \\c', { target: 'a "b"; \\c' }],
    ["MX", "@", { preference: 0, host: "." }, { target: "", priority: 0 }],
    ["MX", "@", { preference: 255, host: "mx.example.net" }, {
      target: "mx.example.net",
      priority: 255,
    }],
    ["SRV", "_sip._tcp", {
      priority: 1,
      weight: 2,
      port: 3,
      host: "sip.example.net",
    }, {
      target: "sip.example.net",
      priority: 1,
      weight: 2,
      port: 3,
      service: "sip",
      protocol: "tcp",
    }],
    ["CAA", "@", { flags: 0, tag: "issue", value: "ca.example" }, {
      target: "ca.example",
      tag: "issue",
    }],
  ] as const;
  for (const [type, name, value, sent] of cases) {
    const filter = name === "x" ? { name, type } : { type };
    using fetch = replay([
      read(filter),
      {
        request: `POST ${RECORDS}`,
        body: { type, ttl_sec: 0, ...sent },
        json: record(1, { type, ...sent }),
      },
    ]);
    const set = { name, type, data: [value] } as never;
    await linode(fetch).addRecord("1234", set);
  }
});

Deno.test("LinodeDnsDriver.normalizeRecordSet() chooses the nearest TTL that Linode has", () => {
  const dns = linode(undefined);
  const cases = [
    [0, 30],
    [30, 30],
    [74, 30],
    [76, 120],
    [301, 300],
    [1949, 300],
    [1951, 3600],
    [86_400, 86_400],
    [2_147_483_647, 2_419_200],
  ] as const;
  for (const [ttl, kept] of cases) {
    const set = { name: "a", type: "A", ttl, data: ["192.0.2.1"] } as const;
    assertEquals(dns.normalizeRecordSet(set).ttl, kept, `${ttl}`);
  }
  const set = { name: "a", type: "A", data: ["192.0.2.1"] } as const;
  assertEquals(dns.normalizeRecordSet(set).ttl, undefined);
});

Deno.test("LinodeDnsDriver rejects before any request what Linode cannot hold", async () => {
  using fetch = replay([]);
  const dns = linode(fetch);
  const srv = { priority: 1, weight: 2, port: 3, host: "a.example.net" };
  const cases = [
    ["HTTPS", "x", { priority: 1, target: ".", params: {} }, "the type HTTPS"],
    ["A", `${"a".repeat(50)}.${"b".repeat(50)}`, "192.0.2.1", "101 characters"],
    ["CNAME", "@", "a.example.net", "a CNAME for the zone itself"],
    ["NS", "*.x", "a.example.net", "NS records of wildcards"],
    ["MX", "x", { preference: 256, host: "a.example.net" }, "at most 255"],
    ["MX", "x", { preference: 0, host: "." }, 'the host "."'],
    ["MX", "@", { preference: 1, host: "." }, 'the host "."'],
    ["SRV", "_sip._tcp.x", srv, '"_service._protocol"'],
    ["SRV", "x", srv, '"_service._protocol"'],
    ["SRV", "_sip._tcp", { ...srv, priority: 256 }, "at most 255"],
    ["SRV", "_sip._tcp", { ...srv, host: "." }, 'the host "."'],
    [
      "CAA",
      "x",
      { flags: 128, tag: "issue", value: "a" },
      "flags other than 0",
    ],
    ["CAA", "x", { flags: 0, tag: "policy", value: "a" }, "tags other than"],
    ["CAA", "x", { flags: 0, tag: "issue", value: "a; b=c" }, "spaces in the"],
    ["CAA", "x", { flags: 0, tag: "issue", value: "" }, "spaces in the value"],
    ["TXT", "x", ["a", "b"], "strings that are cut"],
    ["TXT", "x", "a\nb", "not printable"],
    ["TXT", "x", "\udcff", "not printable"],
  ] as const;
  for (const [type, name, value, message] of cases) {
    const set = { name, type, data: [value] } as never;
    const error = await assertRejects(
      () => dns.setRecordSet("1234", set),
      Error,
      message,
    );
    assert(error instanceof TypeError || error instanceof RangeError);
    assert(error.message.startsWith("setRecordSet: "), error.message);
    assertThrows(() => dns.normalizeRecordSet(set), Error, message);
  }
});

Deno.test("LinodeDnsDriver checks an absolute name when it knows the zone", async () => {
  const { dns, zone } = simulated();
  const host = { priority: 1, weight: 2, port: 3, host: "a.example.net" };
  const set = (name: string): RecordSetInput => ({
    name: `${name}.zone-1.example.`,
    type: "SRV",
    data: [host],
  });
  await dns.setRecordSet(zone, set("_sip._tcp"));
  const key = { name: "_sip._tcp", type: "SRV" } as const;
  assertEquals((await dns.getRecordSet(zone, key)).data, [host]);
  await assertRejects(
    () => dns.setRecordSet(zone, set("_sip._tcp.x")),
    TypeError,
    'got "_sip._tcp.x"',
  );
});

Deno.test("LinodeDnsDriver creates and changes zones", async () => {
  const { dns } = simulated();
  const zone = await dns.createZone({ name: "example.com" });
  assertEquals(zone.extra.soaEmail, "hostmaster@example.com");
  const changed = await dns.updateZone(zone, { ttl: 3600, soaEmail: "a@b.c" });
  assertEquals([changed.ttl, changed.extra.soaEmail], [3600, "a@b.c"]);
  assertEquals(await dns.getZone({ name: "example.com" }), changed);
  assertEquals((await dns.updateZone(zone, {})).ttl, 3600);
  for (
    const run of [
      () => dns.updateZone(zone, { ttl: 301 }),
      () => dns.createZone({ name: "a.example", ttl: 301 }),
    ]
  ) {
    await assertRejects(run, RangeError, "ttl must be one of 30, 120, 300");
  }
  await assertRejects(
    () => dns.createZone({ name: "example.com" }),
    ConflictError,
    "domain: DNS zone already exists",
  );
  const secondary = await dns.createSecondaryZone({
    name: "b.example",
    primaries: ["198.51.100.1"],
  });
  assertEquals(secondary.kind, "secondary");
  assertEquals(secondary.extra.primaries, ["198.51.100.1"]);
  await assertRejects(
    () => dns.createSecondaryZone({ name: "c.example", primaries: [] }),
    TypeError,
    "createSecondaryZone: primaries must be a non-empty array",
  );
  await assertRejects(
    () =>
      dns.createSecondaryZone({ name: "c.example", primaries: ["a"], ttl: 30 }),
    TypeError,
    "createSecondaryZone: Linode does not support ttl",
  );
});

Deno.test("LinodeDnsDriver.exportZoneFile() joins the lines", async () => {
  using fetch = replay([{
    request: "GET /v4/domains/1234/zone-file",
    fixture: "linode/get_zone_file.json",
  }]);
  const text = await linode(fetch).exportZoneFile("1234");
  const lines = text.split("\n");
  assertEquals(lines.slice(0, 2), ["; example.com [123]", "$TTL 864000"]);
  assertEquals(lines.at(-1), "");
});

Deno.test("LinodeDnsDriver shares the connection of a sibling", async () => {
  const { credentials, fetch } = new LinodeSimulator({ nodes: 1, zones: 1 });
  const { connection } = new LinodeNodeDriver({ ...credentials, fetch });
  const dns = new LinodeDnsDriver({ connection });
  assertEquals(dns.connection, connection);
  assertEquals((await dns.listZones()).map(({ name }) => name), [
    "zone-1.example",
  ]);
  const other = new HetznerNodeDriver({ token: "t0ken" });
  assertThrows(
    () => new LinodeDnsDriver({ connection: other.connection }),
    TypeError,
    "LinodeDnsDriver: connection must be that of a driver for linode",
  );
});

Deno.test("LinodeDnsDriver loses no value of 20 writers", async () => {
  const { create, dns, zone } = simulated();
  const values = Array.from({ length: 20 }, (_, index) => `value-${index}`);
  const key = { name: "_acme-challenge", type: "TXT" } as const;
  await Promise.all(
    values.map((value) =>
      create().addRecord(zone, { ...key, ttl: 30, data: [value] })
    ),
  );
  const { data } = await dns.getRecordSet(zone, key);
  assertEquals([...data].sort(), values.toSorted());
});
