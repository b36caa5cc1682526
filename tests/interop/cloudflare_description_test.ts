/**
 * Checks the driver and the simulator against a description of Cloudflare's API,
 * which is not part of the repository. It was made from the types of Cloudflare's
 * own JavaScript client.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import type { RecordSetInput } from "../../core/dns/mod.ts";
import { ConflictError, NotFoundError } from "../../core/mod.ts";
import { CloudflareDnsDriver } from "../../drivers/cloudflare/dns.ts";
import { CloudflareSimulator } from "../../simulators/cloudflare/mod.ts";
import {
  describedBy,
  type Description,
  operationsOf,
} from "../../testing/openapi.ts";
import { needsReference, readReference } from "../_support/reference.ts";

const FILE = "cloudflare.openapi.json";
const PREFIX = "/client/v4";

/** Operations that the simulator does not have. */
const MISSING = /\/(?:import|scan(?:\/\w+)?)$/;

const OPTIONS = {
  prefix: PREFIX,
  // The types say that only MX and URI have it, and their documentation that
  // other types may have it, too. SRV does.
  except: [/records\.result(?:\.\d+)? .*"unevaluatedProperty":"priority"/],
};

/** A record set of each type. */
const SETS: readonly RecordSetInput[] = [
  { name: "a", type: "A", data: ["192.0.2.1", "192.0.2.2"] },
  { name: "a", type: "AAAA", data: ["2001:db8::1"] },
  { name: "@", type: "CAA", data: [{ flags: 0, tag: "issue", value: ";" }] },
  { name: "c", type: "CERT", data: ["1 2 3 YWJj"] },
  { name: "*.dev", type: "CNAME", data: ["www.example.net"] },
  { name: "k", type: "DNSKEY", data: ["257 3 13 YWJj"] },
  {
    name: "sub",
    type: "DS",
    data: [{ keyTag: 1, algorithm: 13, digestType: 2, digest: "ab" }],
  },
  {
    name: "@",
    type: "HTTPS",
    data: [{ priority: 1, target: ".", params: { alpn: "h2,h3" } }],
  },
  { name: "l", type: "LOC", data: ["52 22 23.5 N 4 53 32 E -2.05m 1m 9m 9m"] },
  {
    name: "@",
    type: "MX",
    data: [
      { preference: 10, host: "mx1.example.net" },
      { preference: 20, host: "mx2.example.net" },
    ],
  },
  {
    name: "n",
    type: "NAPTR",
    data: [{
      order: 1,
      preference: 2,
      flags: "U",
      services: "E2U+sip",
      regexp: "!^.*$!sip:a@example.net!",
      replacement: ".",
    }],
  },
  { name: "sub", type: "NS", data: ["ns1.example.net"] },
  { name: "o", type: "OPENPGPKEY", data: ["YWJj"] },
  { name: "4", type: "PTR", data: ["www.example.net"] },
  { name: "m", type: "SMIMEA", data: ["3 1 1 ab"] },
  {
    name: "_sip._tcp",
    type: "SRV",
    data: [{ priority: 1, weight: 2, port: 3, host: "sip.example.net" }],
  },
  {
    name: "s",
    type: "SSHFP",
    data: [{ algorithm: 1, fingerprintType: 1, fingerprint: "ab" }],
  },
  {
    name: "v",
    type: "SVCB",
    data: [{ priority: 0, target: "www.example.net", params: {} }],
  },
  {
    name: "_443._tcp",
    type: "TLSA",
    data: [{ usage: 3, selector: 1, matchingType: 1, data: "ab" }],
  },
  { name: "t", type: "TXT", data: ['a "b"; \\ \0\udcff', "x".repeat(300)] },
  { name: "u", type: "URI", data: ['10 1 "https://example.net/"'] },
];

const description = await readReference<Description>(
  FILE,
  // A record without a comment has null, which the client's types leave out.
  (key, value) =>
    key === "comment" && Object(value).type === "string"
      ? { ...Object(value), nullable: true }
      : value,
);

Deno.test({
  ...needsReference(
    "requests of CloudflareDnsDriver match the description of Cloudflare",
    FILE,
    description,
  ),
  async fn() {
    const simulator = new CloudflareSimulator({ zones: 3 });
    const described = describedBy(description!, simulator.fetch, OPTIONS);
    const dns = new CloudflareDnsDriver({
      ...simulator.credentials,
      fetch: described.fetch,
      retry: false,
    });
    assertEquals((await dns.listZones({ pageSize: 5 })).length, 3);
    const zone = await dns.createZone({ name: "example.com" });
    assertEquals((await dns.findZone("www.example.com")).id, zone.id);
    // One after the other, then all of them at once.
    for (const after of SETS) await dns.setRecordSet(zone, after);
    const listed = await dns.listRecordSets(zone);
    assertEquals(listed.length, SETS.length);
    for (const { name, type, data } of SETS) {
      const found = await dns.getRecordSet(zone, { name, type });
      assertEquals(found.data.length, data.length);
    }
    await dns.changeRecordSets(
      zone,
      listed.map((before) => ({ action: "delete", before })),
    );
    const creations = SETS
      // The description lacks this type among the operations of a batch.
      .filter(({ type }) => type !== "OPENPGPKEY")
      .map((after) => ({ action: "create", after } as const));
    await dns.changeRecordSets(zone, creations);
    await dns.changeRecordSets(
      zone,
      creations.map(({ after }) => ({
        action: "replace",
        after: { ...after, ttl: 60 },
      })),
    );
    const www = { name: "a", type: "A" } as const;
    await dns.setRecordSet(zone, {
      ...www,
      data: ["192.0.2.3"],
      extra: { proxied: true },
    });
    await dns.addRecord(zone, { ...www, data: ["192.0.2.4", "192.0.2.3"] });
    await dns.removeRecord(zone, { ...www, data: ["192.0.2.4"] });
    await dns.deleteRecordSet(zone, www);
    await assertRejects(
      () => dns.addRecord(zone, { name: "a", type: "CNAME", data: ["x.test"] }),
      ConflictError,
    );
    await assertRejects(() => dns.getZone("0".repeat(32)), NotFoundError);
    assert((await dns.exportZoneFile(zone)).includes("SOA"));
    await dns.setDnssec(zone, { isSigned: true });
    assertEquals((await dns.getDnssec(zone)).ds.length, 1);
    await dns.setDnssec(zone, { isSigned: false });
    await dns.getDnssec(zone);
    await dns.setPaused(zone, { isPaused: true });
    await dns.deleteZone(zone);
    const { faults, operations, count } = described;
    assertEquals(faults, []);
    console.log(
      `Cloudflare: checked ${count} requests and responses of ` +
        `${operations.size} operations that the driver uses`,
    );
  },
});

Deno.test({
  ...needsReference(
    "CloudflareSimulator matches the description of Cloudflare",
    FILE,
    description,
  ),
  async fn() {
    const simulator = new CloudflareSimulator({ zones: 2 });
    const described = describedBy(description!, simulator.fetch, OPTIONS);
    const send = async (call: string, body?: object) => {
      const [method = "", path = ""] = call.split(" ");
      const response = await described.fetch(
        new Request(`https://api.cloudflare.com${PREFIX}${path}`, {
          method,
          headers: { authorization: "Bearer token" },
          body: body
            ? new Blob([JSON.stringify(body)], { type: "application/json" })
            : null,
        }),
      );
      const { status } = response;
      const json = await response.json().catch(() => ({}));
      return { status, result: json.result };
    };
    const ok = async (call: string, body?: object) => {
      const { status, result } = await send(call, body);
      assertEquals([call, status], [call, 200]);
      return result;
    };
    const [{ id }] = await ok(
      "GET /zones?name=zone-1.example&status=active&match=all&order=name&direction=asc&page=1&per_page=5",
    );
    const zone = `/zones/${id}`;
    const records = `${zone}/dns_records`;
    const form = { type: "A", name: "x", content: "192.0.2.9", ttl: 60 };
    const { id: record } = await ok(`POST ${records}`, {
      ...form,
      comment: "mine",
      proxied: false,
    });
    const one = `${records}/${record}`;
    await ok(`GET ${one}`);
    await ok(`PUT ${one}`, { ...form, ttl: 1, proxied: true });
    await ok(`PATCH ${one}`, { ...form, comment: "yours" });
    await ok(`POST ${records}/batch`, {
      deletes: [{ id: record }],
      puts: [],
      posts: [{ ...form, name: "y" }],
    });
    await ok(
      `GET ${records}?type=A&proxied=false&name.startswith=y&content.contains=192&match=all&order=name&direction=desc&page=1&per_page=1`,
    );
    await ok(`GET ${records}?search=y&comment.absent=1&match=any`);
    const missing = `${records}/${record}`;
    const fails = async (call: string, status: number, body?: object) =>
      assertEquals([call, (await send(call, body)).status], [call, status]);
    await fails(`GET ${missing}`, 404);
    await fails(`DELETE ${missing}`, 404);
    await fails(`POST ${records}`, 400, { ...form, content: "x" });
    await fails(`POST ${records}`, 400, { ...form, name: "y" });
    await fails(`POST ${records}`, 400, { ...form, ttl: 2 });
    await fails(`PATCH ${zone}`, 400, { paused: true, type: "full" });
    await ok(`PATCH ${zone}`, { paused: true });
    await ok(`GET ${zone}/dns_settings`);
    await ok(`PATCH ${zone}/dns_settings`, { flatten_all_cnames: true });
    await ok(`PUT ${zone}/activation_check`);
    await ok(`PATCH ${zone}/dnssec`, { status: "active" });
    await ok(`GET ${zone}/dnssec`);
    await ok(`DELETE ${zone}/dnssec`);
    await ok(`GET ${zone}/dnssec`);
    assertEquals((await send(`GET ${records}/export`)).status, 200);
    const [{ id: last }] = await ok(
      `GET ${records}?name.exact=y.zone-1.example`,
    );
    await ok(`DELETE ${records}/${last}`);
    await ok("POST /zones", {
      name: "example.com",
      account: { id: simulator.credentials.accountId },
      type: "full",
    });
    await ok(`GET ${zone}`);
    await ok(`DELETE ${zone}`);
    await fails(`GET ${zone}`, 404);
    const { faults, operations, count } = described;
    assertEquals(faults, []);
    const unused = operationsOf(description!)
      .filter((it) => !operations.has(it) && !MISSING.test(it));
    assertEquals(unused, []);
    console.log(
      `Cloudflare: checked ${count} responses of ${operations.size} operations`,
    );
  },
});
