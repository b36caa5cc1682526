import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ConflictError, type ConnectionOptions } from "../../../core/mod.ts";
import { PowerDnsDriver } from "../../../drivers/powerdns/dns.ts";
import { PowerDnsSimulator } from "../../../simulators/powerdns/mod.ts";
import { replay } from "../../_support/replay.ts";

const ZONES = "/api/v1/servers/localhost/zones";
const ZONE = `${ZONES}/example.com.`;

/** Creates a driver whose responses the test chooses. */
function powerdns(fetch: ConnectionOptions["fetch"]): PowerDnsDriver {
  return new PowerDnsDriver({ apiKey: "k3y", retry: false, fetch });
}

Deno.test("PowerDnsDriver sends its key as X-API-Key, and accepts JSON", async () => {
  using fetch = replay([{
    request: `GET ${ZONES}?dnssec=false`,
    headers: { "x-api-key": "k3y", accept: "application/json" },
    fixture: "powerdns/list_zones.json",
  }]);
  const zones = await powerdns(fetch).listZones();
  assertEquals(zones, [
    {
      id: "example.com.",
      name: "example.com",
      kind: "primary",
      state: "active",
      nameServers: [],
      extra: {
        kind: "Native",
        serial: 2026112801,
        primaries: [],
        account: undefined,
      },
    },
    {
      id: "0=2F25.2.0.192.in-addr.arpa.",
      name: "0/25.2.0.192.in-addr.arpa",
      kind: "secondary",
      state: "active",
      nameServers: [],
      extra: {
        kind: "Slave",
        serial: 2026112801,
        primaries: ["192.0.2.53"],
        account: "acct",
      },
    },
  ]);
});

Deno.test("PowerDnsDriver.getZone() reads the name servers with the zone", async () => {
  const request = `GET ${ZONE}?rrset_name=example.com.&rrset_type=NS`;
  const zone = { request, fixture: "powerdns/get_zone.json" };
  using fetch = replay([zone, zone, zone]);
  const dns = powerdns(fetch);
  for (
    const ref of ["example.com.", { name: "Example.com" }, {
      id: "example.com.",
    }]
  ) {
    const { nameServers } = await dns.getZone(ref);
    assertEquals(nameServers, ["ns1.example.net", "ns2.example.net"]);
  }
});

Deno.test("PowerDnsDriver.listRecordSets() has disabled values and comments in extra", async () => {
  using fetch = replay([
    { request: `GET ${ZONE}`, fixture: "powerdns/get_zone.json" },
  ]);
  const sets = await powerdns(fetch).listRecordSets("example.com.");
  assertEquals(
    sets.map(({ name, type, data }) => [name, type, data]),
    [
      ["@", "SOA", [
        "ns1.example.net. hostmaster.example.com. 2026112801 10800 3600 604800 3600",
      ]],
      ["@", "NS", ["ns1.example.net", "ns2.example.net"]],
      ["www", "A", ["192.0.2.1"]],
      ["www", "HTTPS", [
        { priority: 1, target: ".", params: { alpn: "h2,h3", ech: "AAAA" } },
      ]],
      // A type that only PowerDNS has.
      ["@", "ALIAS", ["www.example.net."]],
      ["@", "TXT", ["v=spf1 -all", ['a"b', "c"]]],
    ] as unknown as typeof sets extends never ? never : never[],
  );
  assertEquals(sets[2]?.extra, {
    disabled: ["192.0.2.2"],
    comments: [{
      content: "hi",
      account: "me",
      modifiedAt: "2026-11-28T18:32:53.000Z",
    }],
  });
});

Deno.test("PowerDnsDriver.createZone() sends absolute names, and rejects a TTL", async () => {
  using fetch = replay([{
    request: `POST ${ZONES}`,
    body: {
      name: "example.com.",
      kind: "Master",
      nameservers: ["ns1.example.net."],
    },
    status: 201,
    fixture: "powerdns/get_zone.json",
  }]);
  const dns = powerdns(fetch);
  const zone = await dns.createZone({
    name: "Example.com.",
    kind: "Master",
    nameServers: ["ns1.example.net"],
  });
  assertEquals(zone.id, "example.com.");
  await assertRejects(
    () => dns.createZone({ name: "example.com", ttl: 60 }),
    TypeError,
    "createZone: PowerDNS does not support ttl; set it on record sets",
  );
});

Deno.test("PowerDnsDriver.changeRecordSets() makes all changes in one request, deletions that are in the way first", async () => {
  using fetch = replay([
    {
      request:
        `GET ${ZONE}?rrset_name=new.example.com.&rrset_type=TXT&include_disabled=true`,
      fixture: "powerdns/get_zone.json",
    },
    {
      request: `PATCH ${ZONE}`,
      status: 204,
      body: {
        rrsets: [
          { name: "www.example.com.", type: "CNAME", changetype: "DELETE" },
          {
            name: "www.example.com.",
            type: "A",
            ttl: 3600,
            changetype: "REPLACE",
            records: [{ content: "192.0.2.7", disabled: false }],
          },
          {
            name: "new.example.com.",
            type: "TXT",
            ttl: 60,
            changetype: "REPLACE",
            records: [{ content: '"a\\"b\\255"', disabled: false }],
          },
          { name: "old.example.com.", type: "A", changetype: "DELETE" },
        ],
      },
    },
  ]);
  const result = await powerdns(fetch).changeRecordSets("example.com.", [
    { action: "delete", before: { name: "old", type: "A" } },
    {
      action: "replace",
      after: { name: "www.example.com.", type: "A", data: ["192.0.2.7"] },
    },
    {
      action: "create",
      after: { name: "new", type: "TXT", ttl: 60, data: ['a"b\udcff'] },
    },
    { action: "delete", before: { name: "WWW", type: "CNAME" } },
  ]);
  assertEquals(result, { state: "done" });
});

Deno.test("PowerDnsDriver.removeRecord() keeps disabled values and comments", async () => {
  const simulator = new PowerDnsSimulator({ zones: 1 });
  const { credentials, fetch } = simulator;
  const dns = new PowerDnsDriver({ ...credentials, fetch });
  const [zone] = await dns.listZones();
  await dns.connection.request(`${ZONES}/zone-1.example.`, {
    method: "PATCH",
    data: {
      rrsets: [{
        name: "x.zone-1.example.",
        type: "A",
        ttl: 60,
        changetype: "REPLACE",
        records: [
          { content: "192.0.2.1" },
          { content: "192.0.2.2", disabled: true },
        ],
        comments: [{ content: "hi", account: "me" }],
      }],
    },
  });
  const stored = () =>
    simulator.inventory().zones[0]?.rrsets
      .find(({ name }) => name === "x.zone-1.example.");
  const set = { name: "x", type: "A", data: ["192.0.2.1"] } as const;
  await dns.removeRecord(zone!, set, { settleMs: 0 });
  assertEquals(stored()?.records, [{ content: "192.0.2.2", disabled: true }]);
  await dns.addRecord(zone!, set, { settleMs: 0 });
  assertEquals(stored()?.records, [
    { content: "192.0.2.1", disabled: false },
    { content: "192.0.2.2", disabled: true },
  ]);
  assertEquals(stored()?.comments.map(({ content }) => content), ["hi"]);
  assertEquals(stored()?.ttl, 60);
});

Deno.test("PowerDnsDriver escapes the ids of zones as PowerDNS does", async () => {
  using fetch = replay(
    ["0%3D2F25.2.0.192.in-addr.arpa.", "%3D5Fx.example."].map((id) => ({
      request: `DELETE ${ZONES}/${id}`,
      status: 204,
    })),
  );
  const dns = powerdns(fetch);
  await dns.deleteZone({ name: "0/25.2.0.192.in-addr.arpa" });
  await dns.deleteZone({ name: "_x.example" });
});

Deno.test("PowerDnsDriver accepts a base URL with the version", async () => {
  for (
    const baseUrl of ["http://127.0.0.1:81", "http://127.0.0.1:81/api/v1/"]
  ) {
    using fetch = replay([{
      request: `GET http://127.0.0.1:81${ZONES}?dnssec=false`,
      json: [],
    }]);
    await new PowerDnsDriver({ apiKey: "k3y", baseUrl, fetch }).listZones();
  }
});

Deno.test("PowerDnsDriver reads the errors that are text", async () => {
  using fetch = replay([
    {
      request: `POST ${ZONES}`,
      body: /./,
      status: 409,
      text: "Conflict",
      responseHeaders: { "content-type": "text/plain; charset=utf-8" },
    },
    {
      request: `POST ${ZONES}`,
      body: /./,
      status: 422,
      json: { error: "DNS Name 'x' is not canonical" },
    },
  ]);
  const dns = powerdns(fetch);
  const create = () => dns.createZone({ name: "example.com" });
  await assertRejects(create, ConflictError, "PowerDNS refused (409)");
  await assertRejects(
    create,
    Error,
    `createZone: PowerDNS refused: "DNS Name 'x' is not canonical" (422)`,
  );
});

Deno.test("PowerDnsDriver rejects keys that no header can carry", () => {
  for (const apiKey of ["", "a b", "ä", undefined, 5]) {
    assertThrows(
      () => new PowerDnsDriver({ apiKey: apiKey as string }),
      TypeError,
      "PowerDnsDriver: apiKey ",
    );
  }
});

Deno.test("PowerDnsDriver.fromEnv() reads the variables of other tools", async () => {
  for (const name of ["PDNS_SERVER_URL", "PDNS_API_URL"]) {
    const env = { PDNS_API_KEY: "k3y", [name]: "http://127.0.0.1:81" };
    using fetch = replay([{
      request: `GET http://127.0.0.1:81${ZONES}?dnssec=false`,
      headers: { "x-api-key": "k3y" },
      json: [],
    }]);
    await PowerDnsDriver.fromEnv(env, { fetch }).listZones();
  }
  assertThrows(
    () => PowerDnsDriver.fromEnv({}),
    TypeError,
    "fromEnv: missing environment variables: PDNS_API_KEY",
  );
});

Deno.test("PowerDnsDriver.setDnssec() signs a zone, and getDnssec() has its DS records", async () => {
  const { credentials, fetch } = new PowerDnsSimulator({ zones: 1 });
  const dns = new PowerDnsDriver({ ...credentials, fetch });
  const zone = { name: "zone-1.example" };
  assertEquals(await dns.getDnssec(zone), { isSigned: false, ds: [] });
  await dns.setDnssec(zone, { isSigned: true });
  const { isSigned, ds } = await dns.getDnssec(zone);
  assertEquals([isSigned, ds[0]?.algorithm], [true, 13]);
});

Deno.test("PowerDnsDriver.createSecondaryZone() sends the servers to copy from", async () => {
  using fetch = replay([{
    request: `POST ${ZONES}`,
    body: {
      name: "example.com.",
      kind: "Slave",
      masters: ["192.0.2.53"],
      nameservers: [],
    },
    status: 201,
    fixture: "powerdns/get_zone.json",
  }]);
  const dns = powerdns(fetch);
  const name = "example.com";
  await dns.createSecondaryZone({ name, primaries: ["192.0.2.53"] });
  await assertRejects(
    () => dns.createSecondaryZone({ name, primaries: [] }),
    TypeError,
    "primaries must be a non-empty array",
  );
});
