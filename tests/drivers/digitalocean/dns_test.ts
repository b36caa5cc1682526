import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  AbortedError,
  ConflictError,
  type ConnectionOptions,
} from "../../../core/mod.ts";
import { DigitalOceanNodeDriver } from "../../../drivers/digitalocean/compute.ts";
import { DigitalOceanDnsDriver } from "../../../drivers/digitalocean/dns.ts";
import { HetznerNodeDriver } from "../../../drivers/hetzner/compute.ts";
import { DigitalOceanSimulator } from "../../../simulators/digitalocean/mod.ts";
import { replay } from "../../_support/replay.ts";

const ZONE = "/v2/domains/example.com";
const RECORDS = `${ZONE}/records`;

/** Creates a driver whose responses the test chooses. */
function digitalocean(fetch: ConnectionOptions["fetch"]) {
  return new DigitalOceanDnsDriver({ token: "t0ken", retry: false, fetch });
}

/** A record as DigitalOcean returns it. */
function record(id: number, values: Readonly<Record<string, unknown>>) {
  const unused = {
    priority: null,
    port: null,
    weight: null,
    flags: null,
    tag: null,
  };
  return { id, ttl: 300, ...unused, ...values };
}

const page = (domain_records: readonly unknown[]) => ({
  domain_records,
  links: {},
  meta: { total: domain_records.length },
});

const UNUSED = {
  priority: null,
  port: null,
  weight: null,
  flags: null,
  tag: null,
};

Deno.test("DigitalOceanDnsDriver.listZones() takes a domain without a zone file as pending", async () => {
  using fetch = replay([
    {
      request: "GET /v2/domains?per_page=200",
      fixture: "digitalocean/list_domains.json",
    },
    {
      request: "POST /v2/domains",
      body: { name: "example.com", ip_address: "192.0.2.1" },
      status: 201,
      fixture: "digitalocean/create_domain.json",
    },
  ]);
  const dns = digitalocean(fetch);
  const nameServers = [1, 2, 3].map((it) => `ns${it}.digitalocean.com`);
  const zone = {
    id: "example.com",
    name: "example.com",
    kind: "primary" as const,
    state: "active" as const,
    ttl: 1800,
    nameServers,
    extra: {},
  };
  assertEquals(await dns.listZones(), [zone]);
  assertEquals(
    await dns.createZone({ name: "example.com", ipAddress: "192.0.2.1" }),
    { ...zone, state: "pending" },
  );
});

Deno.test("DigitalOceanDnsDriver.listRecordSets() groups records of all types by name", async () => {
  const json = page([
    record(1, { type: "MX", name: "@", data: "@", priority: 10 }),
    record(2, { type: "A", name: "WWW", data: "192.0.2.1", ttl: 60 }),
    record(3, { type: "MX", name: "@", data: "mx.example.net", priority: 5 }),
    record(4, { type: "A", name: "www", data: "192.0.2.2" }),
    record(5, {
      type: "SRV",
      name: "_sip._tcp",
      data: ".",
      priority: 1,
      weight: 2,
      port: 0,
    }),
    record(6, {
      type: "CAA",
      name: "@",
      data: "ca.example",
      flags: 0,
      tag: "issue",
    }),
    record(7, { type: "AAAA", name: "@", data: "2001:DB8:0::1" }),
    record(8, { type: "NS", name: "sub", data: "localhost" }),
    record(9, { type: "SOA", name: "@", data: "1800" }),
  ]);
  const request = `GET ${RECORDS}?per_page=200`;
  using fetch = replay([{ request, json }]);
  const sets = await digitalocean(fetch).listRecordSets("example.com");
  assertEquals(
    sets.map(({ name, type, ttl, data }) => ({ name, type, ttl, data })),
    [
      {
        name: "@",
        type: "MX",
        ttl: 300,
        data: [
          { preference: 10, host: "example.com" },
          { preference: 5, host: "mx.example.net" },
        ],
      },
      { name: "www", type: "A", ttl: 60, data: ["192.0.2.1", "192.0.2.2"] },
      {
        name: "_sip._tcp",
        type: "SRV",
        ttl: 300,
        data: [{ priority: 1, weight: 2, port: 0, host: "." }],
      },
      {
        name: "@",
        type: "CAA",
        ttl: 300,
        data: [{ flags: 0, tag: "issue", value: "ca.example" }],
      },
      { name: "@", type: "AAAA", ttl: 300, data: ["2001:db8::1"] },
      { name: "sub", type: "NS", ttl: 300, data: ["localhost."] },
      { name: "@", type: "SOA", ttl: 300, data: ["1800"] },
    ] as unknown as never[],
  );
  assertEquals(sets[1]?.extra.records, [
    { id: "2", extra: {} },
    { id: "4", ttl: 300, extra: {} },
  ]);
});

Deno.test("DigitalOceanDnsDriver.setRecordSet() changes records in place, and creates before it deletes", async () => {
  const list = `GET ${RECORDS}?name=www.example.com&type=A&per_page=200`;
  const a = (data: string) => ({
    type: "A",
    name: "www",
    data,
    ttl: 300,
    ...UNUSED,
  });
  const ok = { json: { domain_record: record(1, {}) } };
  using fetch = replay([
    {
      request: list,
      json: page([
        record(1, { type: "A", name: "www", data: "192.0.2.1" }),
        record(2, { type: "A", name: "www", data: "192.0.2.2" }),
      ]),
    },
    { request: `PUT ${RECORDS}/1`, body: a("192.0.2.3"), ...ok },
    { request: `POST ${RECORDS}`, body: a("192.0.2.4"), status: 201, ...ok },
    {
      request: list,
      json: page([
        record(1, { type: "A", name: "www", data: "192.0.2.3", ttl: 60 }),
        record(2, { type: "A", name: "www", data: "192.0.2.2" }),
        record(3, { type: "A", name: "www", data: "192.0.2.4" }),
      ]),
    },
    { request: `PUT ${RECORDS}/1`, body: a("192.0.2.3"), ...ok },
    { request: `DELETE ${RECORDS}/2`, status: 204 },
    { request: `DELETE ${RECORDS}/3`, status: 204 },
  ]);
  const dns = digitalocean(fetch);
  const set = (...data: string[]) =>
    dns.setRecordSet("example.com", { name: "www", type: "A", ttl: 300, data });
  await set("192.0.2.2", "192.0.2.3", "192.0.2.4");
  await set("192.0.2.3");
});

Deno.test("DigitalOceanDnsDriver sends hosts with the final dot", async () => {
  const cases = [
    ["CNAME", "www.example.net", { data: "www.example.net." }],
    ["NS", "localhost.", { data: "localhost." }],
    ["MX", { preference: 5, host: "mx.example.net" }, {
      data: "mx.example.net.",
      priority: 5,
    }],
    ["SRV", { priority: 1, weight: 2, port: 3, host: "." }, {
      data: ".",
      priority: 1,
      weight: 2,
      port: 3,
    }],
    ["CAA", { flags: 128, tag: "issue", value: "ca.example" }, {
      data: "ca.example.",
      flags: 128,
      tag: "issue",
    }],
    ["CAA", { flags: 0, tag: "issuewild", value: ";" }, {
      data: ";",
      flags: 0,
      tag: "issuewild",
    }],
    ["CAA", { flags: 0, tag: "iodef", value: "mailto:a@example.com" }, {
      data: "mailto:a@example.com",
      flags: 0,
      tag: "iodef",
    }],
    ["TXT", 'a "b"; c', { data: 'a "b"; c' }],
  ] as const;
  for (const [type, value, sent] of cases) {
    using fetch = replay([
      {
        request: `GET ${RECORDS}?name=x.example.com&type=${type}&per_page=200`,
        json: page([]),
      },
      {
        request: `POST ${RECORDS}`,
        body: { type, name: "x", ttl: 1800, ...UNUSED, ...sent },
        status: 201,
        json: { domain_record: record(1, {}) },
      },
    ]);
    const set = { name: "x", type, data: [value] } as never;
    await digitalocean(fetch).addRecord("example.com", set);
  }
});

Deno.test("DigitalOceanDnsDriver rejects before any request what DigitalOcean cannot hold", async () => {
  using fetch = replay([]);
  const dns = digitalocean(fetch);
  const cases = [
    ["HTTPS", { priority: 1, target: ".", params: {} }, "the type HTTPS"],
    ["MX", { preference: 0, host: "." }, 'the host "."'],
    ["TXT", "", "an empty text"],
    ["TXT", "a\\b", "backslashes"],
    ["TXT", "a\nb", "not printable"],
    ["TXT", "\udcff", "not printable"],
    ["TXT", ["a", "b"], "strings that are cut"],
    ["TXT", "x".repeat(508), "accepts at most 512"],
    ["CAA", { flags: 0, tag: "contactemail", value: "a@b.c" }, "tags other"],
    ["CAA", { flags: 0, tag: "issue", value: "ca.example; a=b" }, "parameters"],
  ] as const;
  for (const [type, value, message] of cases) {
    const set = { name: "x", type, data: [value] } as never;
    await assertRejects(
      () => dns.setRecordSet("example.com", set),
      Error,
      message,
    );
    assertThrows(() => dns.normalizeRecordSet(set), Error, message);
  }
  const short = { name: "x", type: "A", ttl: 29, data: ["192.0.2.1"] } as const;
  await assertRejects(
    () => dns.addRecord("example.com", short),
    RangeError,
    "addRecord: ttl must be an integer from 30 to 2147483647, got 29",
  );
  assertEquals(dns.normalizeRecordSet({ ...short, ttl: 30 }).ttl, 30);
  const text = { name: "x", type: "TXT", data: ["x".repeat(507)] } as const;
  assertEquals(dns.normalizeRecordSet(text).ttl, 1800);
});

Deno.test("DigitalOceanDnsDriver.exportZoneFile() returns the published zone", async () => {
  using fetch = replay([
    { request: `GET ${ZONE}`, fixture: "digitalocean/get_domain.json" },
    {
      request: `GET ${ZONE}`,
      fixture: "digitalocean/create_domain.json",
      status: 200,
    },
  ]);
  const dns = digitalocean(fetch);
  const text = await dns.exportZoneFile({ name: "example.com" });
  assertEquals(text.split("\n")[0], "$ORIGIN example.com.");
  await assertRejects(
    () => dns.exportZoneFile("example.com"),
    ConflictError,
    "exportZoneFile: DigitalOcean has not published the zone yet",
  );
});

Deno.test("DigitalOceanDnsDriver shares the connection of a sibling", async () => {
  const { credentials, fetch } = new DigitalOceanSimulator({
    nodes: 1,
    zones: 1,
  });
  const { connection } = new DigitalOceanNodeDriver({ ...credentials, fetch });
  const dns = new DigitalOceanDnsDriver({ connection });
  assertEquals(dns.connection, connection);
  assertEquals((await dns.listZones()).map(({ name }) => name), [
    "zone-1.example",
  ]);
  const other = new HetznerNodeDriver({ token: "t0ken" });
  assertThrows(
    () => new DigitalOceanDnsDriver({ connection: other.connection }),
    TypeError,
    "DigitalOceanDnsDriver: connection must be that of a driver for digitalocean",
  );
  assertThrows(
    () => new DigitalOceanDnsDriver({ connection, fetch } as never),
    TypeError,
    "leave out fetch",
  );
});

Deno.test("DigitalOceanDnsDriver.createZone() rejects with a ConflictError if the name exists", async () => {
  const { credentials, fetch } = new DigitalOceanSimulator({ zones: 1 });
  const dns = new DigitalOceanDnsDriver({ ...credentials, fetch });
  await assertRejects(
    () => dns.createZone({ name: "zone-1.example" }),
    ConflictError,
    "Name already exists",
  );
  await assertRejects(
    () => dns.createZone({ name: "example.com", ttl: 60 }),
    TypeError,
    "createZone: DigitalOcean does not support ttl",
  );
});

Deno.test("DigitalOceanDnsDriver rejects with an AbortedError if a record may have been created", async () => {
  const { credentials, fetch } = new DigitalOceanSimulator({ zones: 1 });
  const controller = new AbortController();
  const reason = new Error("enough");
  const dns = new DigitalOceanDnsDriver({
    ...credentials,
    fetch: async (request) => {
      const response = await fetch(request);
      if (request.method !== "POST") return response;
      controller.abort(reason);
      return await new Promise<Response>(() => {});
    },
  });
  const set = { name: "new", type: "A", data: ["192.0.2.1"] } as const;
  const { signal } = controller;
  const error = await assertRejects(
    () => dns.addRecord("zone-1.example", set, { signal }),
    AbortedError,
    "addRecord: aborted; the request may have been applied",
  );
  assertEquals([error.cause, error.mayHaveBeenApplied], [reason, true]);
});
