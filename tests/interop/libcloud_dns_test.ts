/**
 * Runs Apache Libcloud's DNS drivers against the simulators of PowerDNS,
 * DigitalOcean and Linode over loopback, as independent clients, and compares what they see
 * with what the drivers of this package see.
 *
 * Differences that the comparison allows for:
 *
 * - Libcloud's records are single values, and its names of PowerDNS are absolute.
 * - Libcloud's data of PowerDNS is that of the server; TXT has quotes.
 * - Libcloud's data of DigitalOcean has no priority, which is in `extra`.
 * - Libcloud shows names, targets and TTLs of Linode as they are.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import { type DnsDriver, formatRecordData } from "../../core/dns/mod.ts";
import { DigitalOceanDnsDriver } from "../../drivers/digitalocean/dns.ts";
import { LinodeDnsDriver } from "../../drivers/linode/dns.ts";
import { PowerDnsDriver } from "../../drivers/powerdns/dns.ts";
import { DigitalOceanSimulator } from "../../simulators/digitalocean/mod.ts";
import { LinodeSimulator } from "../../simulators/linode/mod.ts";
import { PowerDnsSimulator } from "../../simulators/powerdns/mod.ts";
import { startLibcloud } from "../_support/libcloud.ts";
import { needs } from "../_support/needs.ts";
import { serve } from "../_support/serve.ts";

/** A record in the form that the Python script prints. */
interface LibcloudRecord {
  readonly name: string | null;
  readonly type: string;
  readonly data: string;
  readonly ttl: number;
}

const KEY = "k3y-0123456789abcdef";

const libcloud = (name: string, fn: () => Promise<void>) =>
  Deno.test({ ...needs(name, { python: ["libcloud.dns.providers"] }), fn });

/** Serves a simulator, and starts Libcloud. */
function setUp(
  provider: string,
  fetch: (request: Request) => Promise<Response>,
  key = KEY,
) {
  const server = serve(fetch);
  const args = [provider, "127.0.0.1", String(server.port), key];
  const { call, ...process } = startLibcloud("libcloud_dns.py", args);
  return {
    call,
    url: server.url,
    async [Symbol.asyncDispose]() {
      await process[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** Records with their data as in a zone file. */
async function recordsOf(dns: DnsDriver, zone: string): Promise<string[]> {
  // DigitalOcean's data of SOA is not that of a zone file.
  const sets = (await dns.listRecordSets(zone))
    .filter(({ type, data: [text] }) => type !== "SOA" || text !== "1800");
  return sets.flatMap(({ name, type, ttl, data }) =>
    data.map((value) => {
      const text = formatRecordData(type, value as never);
      return `${name} ${type} ${ttl} ${text}`;
    })
  ).sort();
}

libcloud(
  "Libcloud and PowerDnsDriver list the same zones and records",
  async () => {
    const simulator = new PowerDnsSimulator({ apiKey: KEY, zones: 2 });
    await using api = setUp("powerdns", simulator.fetch);
    const ours = new PowerDnsDriver({ apiKey: KEY, baseUrl: api.url });
    assertEquals(
      await api.call("list_zones"),
      (await ours.listZones()).map(({ id }) => ({ id, domain: id })),
    );
    const theirs = await api.call<LibcloudRecord[]>("list_records", [
      "zone-1.example.",
    ]);
    assertEquals(
      theirs.map(({ name, type, ttl, data }) => {
        const relative = name!.replace(/\.?zone-1\.example\.$/, "") || "@";
        return `${relative} ${type} ${ttl} ${data}`;
      }).sort(),
      await recordsOf(ours, "zone-1.example."),
    );
  },
);

libcloud(
  "Libcloud creates and deletes a zone and records of PowerDNS",
  async () => {
    const simulator = new PowerDnsSimulator({ apiKey: KEY });
    await using api = setUp("powerdns", simulator.fetch);
    const ours = new PowerDnsDriver({ apiKey: KEY, baseUrl: api.url });
    const nameservers = ["ns1.example.net."];
    await api.call("create_zone", ["new.example.", { nameservers }]);
    const zone = "new.example.";
    const create = (type: string, data: string) =>
      api.call("create_record", [`www.${zone}`, zone, type, data, { ttl: 60 }]);
    await create("A", "192.0.2.1");
    await create("TXT", '"a \\"b\\"; c"');
    await create("MX", "10 mx.example.net.");
    assertEquals(
      (await recordsOf(ours, zone)).filter((it) => it.startsWith("www")),
      [
        "www A 60 192.0.2.1",
        "www MX 60 10 mx.example.net.",
        'www TXT 60 "a \\"b\\"; c"',
      ],
    );
    // The server refuses what is not canonical.
    await assertRejects(() => create("MX", "10 mx.example.net"), Error, "422");
    await assertRejects(() => create("TXT", "text"), Error, "422");
    await api.call("delete_record", [zone, `www.${zone}`, "TXT"]);
    const set = { name: "www", type: "TXT" } as const;
    await assertRejects(() => ours.getRecordSet(zone, set), Error, "no record");
    assertEquals(await api.call("delete_zone", [zone]), true);
    assertEquals(await ours.listZones(), []);
  },
);

libcloud(
  "Libcloud and DigitalOceanDnsDriver list the same zones and records",
  async () => {
    const simulator = new DigitalOceanSimulator({ token: KEY, zones: 6 });
    await using api = setUp("digitalocean", simulator.fetch);
    const ours = new DigitalOceanDnsDriver({ token: KEY, baseUrl: api.url });
    const zones = await ours.listZones();
    assertEquals(
      await api.call("list_zones"),
      zones.map(({ id, name }) => ({ id, domain: name })),
    );
    const zone = "zone-1.example";
    const theirs = await api.call<LibcloudRecord[]>("list_records", [zone]);
    const hostOf = (data: string) => `${data === "@" ? zone : data}.`;
    assertEquals(
      theirs.filter(({ type }) => type !== "SOA" && type !== "MX")
        .map(({ name, type, ttl, data }) => {
          const text = /^(?:NS|CNAME)$/.test(type)
            ? hostOf(data)
            : type === "TXT"
            ? JSON.stringify(data)
            : data;
          return `${name ?? "@"} ${type} ${ttl} ${text}`;
        }).sort(),
      (await recordsOf(ours, zone)).filter((it) => !/ MX /.test(it)),
    );
  },
);

libcloud(
  "Libcloud creates, changes and deletes records of DigitalOcean",
  async () => {
    const simulator = new DigitalOceanSimulator({ token: KEY });
    await using api = setUp("digitalocean", simulator.fetch);
    const ours = new DigitalOceanDnsDriver({ token: KEY, baseUrl: api.url });
    const zone = "new.example";
    await api.call("create_zone", [zone, { ip: "192.0.2.9" }]);
    const { id } = await ours.getZone(zone);
    assertEquals(id, zone);
    const create = (name: string, type: string, data: string, extra = {}) =>
      api.call("create_record", [name, zone, type, data, extra]);
    await create("www", "A", "192.0.2.1");
    await create("www", "A", "192.0.2.2");
    await create("@", "MX", "mx.example.net.", { priority: 10 });
    const www = () => ours.getRecordSet(zone, { name: "www", type: "A" });
    assertEquals((await www()).data, ["192.0.2.1", "192.0.2.2"]);
    const mx = await ours.getRecordSet(zone, { name: "@", type: "MX" });
    assertEquals(mx.data, [{ preference: 10, host: "mx.example.net" }]);
    await api.call("update_record", [zone, "www", "A", "192.0.2.3", {}]);
    assertEquals((await www()).data, ["192.0.2.3", "192.0.2.2"]);
    await assertRejects(() => create("x", "CNAME", "www.example.net"), Error);
    assertEquals(await api.call("delete_record", [zone, "www", "A"]), true);
    assertEquals((await www()).data, ["192.0.2.2"]);
    assertEquals(await api.call("delete_zone", [zone]), true);
    assertEquals(await ours.listZones(), []);
  },
);

/** Linode's simulator, Libcloud and a driver for it. */
function setUpLinode(zones: number) {
  const simulator = new LinodeSimulator({ token: KEY, zones });
  const api = setUp("linode", simulator.fetch);
  const baseUrl = `${api.url}/v4`;
  return { api, ours: new LinodeDnsDriver({ token: KEY, baseUrl }) };
}

libcloud(
  "Libcloud and LinodeDnsDriver list the same zones and records",
  async () => {
    const { api, ours } = setUpLinode(30);
    await using _ = api;
    const zones = await ours.listZones();
    assertEquals(zones.length, 30);
    assertEquals(
      await api.call("list_zones"),
      zones.map(({ id, name }) => ({ id, domain: name })),
    );
    const zone = zones[0]!.id;
    const theirs = await api.call<LibcloudRecord[]>("list_records", [zone]);
    assertEquals(
      theirs.map(({ name, type, ttl, data }) =>
        `${name || "@"} ${type} ${ttl || undefined} ${data}`
      ).sort(),
      (await ours.listRecordSets(zone)).flatMap(({ name, type, ttl, data }) =>
        data.map((value) => {
          const target = typeof value === "object" && "host" in value
            ? value.host
            : value;
          return `${name} ${type} ${ttl} ${target}`;
        })
      ).sort(),
    );
  },
);

libcloud(
  "Libcloud creates, changes and deletes records of Linode",
  async () => {
    const { api, ours } = setUpLinode(0);
    await using _ = api;
    const create = (name: string, type: string, data: string, extra = {}) =>
      api.call("create_record", [name, id, type, data, extra]);
    await assertRejects(
      () => api.call("create_zone", ["new.example", {}]),
      Error,
      "soa_email",
    );
    await api.call("create_zone", ["new.example", {
      soa_email: "a@b.example",
    }]);
    const { id, extra } = await ours.getZone({ name: "new.example" });
    assertEquals(extra.soaEmail, "a@b.example");
    await create("www", "A", "192.0.2.1", { ttl_sec: 300 });
    await create("www", "A", "192.0.2.2", { ttl_sec: 300 });
    await create("", "MX", "mx.example.net", { priority: 10 });
    await create("", "SRV", "sip.example.net", {
      service: "sip",
      protocol: "tcp",
      priority: 1,
      weight: 2,
      port: 5060,
    });
    const www = () => ours.getRecordSet(id, { name: "www", type: "A" });
    assertEquals((await www()).data, ["192.0.2.1", "192.0.2.2"]);
    const mx = await ours.getRecordSet(id, { name: "@", type: "MX" });
    assertEquals(mx.data, [{ preference: 10, host: "mx.example.net" }]);
    const srv = await ours.getRecordSet(id, { name: "_sip._tcp", type: "SRV" });
    assertEquals(srv.data, [
      { priority: 1, weight: 2, port: 5060, host: "sip.example.net" },
    ]);
    await api.call("update_record", [id, "www", "A", "192.0.2.3", {}]);
    assertEquals((await www()).data, ["192.0.2.3", "192.0.2.2"]);
    await ours.setRecordSet(id, {
      name: "txt",
      type: "TXT",
      data: ['a "b" \\ c'],
    });
    const theirs = await api.call<LibcloudRecord[]>("list_records", [id]);
    assertEquals(theirs.at(-1)?.data, 'a "b" \\ c');
    await assertRejects(() => create("www", "CNAME", "a.example.net"), Error);
    assertEquals(await api.call("delete_record", [id, "www", "A"]), true);
    assertEquals((await www()).data, ["192.0.2.2"]);
    assertEquals(await api.call("delete_zone", [id]), true);
    assertEquals(await ours.listZones(), []);
  },
);
