/**
 * Checks the DNS driver and the simulator against Linode's published OpenAPI
 * description of domains, which is not part of the repository.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { LinodeSimulator } from "../../simulators/linode/mod.ts";
import { dnsConformance } from "../../testing/mod.ts";
import {
  describedBy,
  type Description,
  operationsOf,
} from "../../testing/openapi.ts";
import { checkFixtures } from "../_support/fixtures.ts";
import { needsReference, readReference } from "../_support/reference.ts";
import { subject } from "../conformance/linode_dns.ts";

const FILE = "linode.dns-lb-storage.openapi.json";

const except = [
  // Records of the domain itself have an empty name.
  /^response .*\/records.*\.name must NOT have fewer than 1 characters/,
  // A secondary zone has no address.
  /^response .*\.soa_email must match format "email"/,
  // Clients of others read these fields.
  /^response .* properties \{"additionalProperty":"(?:created|updated)"\}$/,
];

const description = await readReference<Description>(FILE, readSchema);

/** Adds the format of times: the examples show that they have no zone. */
function readSchema(_key: string, value: unknown): unknown {
  const { format, ...schema } = { ...value as Record<string, unknown> };
  return format === "date-time" && typeof value === "object"
    ? { ...schema, pattern: "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d$" }
    : value;
}

Deno.test({
  ...needsReference(
    "requests and responses match the description of Linode's domains",
    FILE,
    description,
  ),
  async fn() {
    const url = new URL(`../../../shared/reference/${FILE}`, import.meta.url);
    const checks = dnsConformance({
      ...subject,
      description: {
        url,
        prefix: "/v4",
        except,
        read: async (url) =>
          JSON.stringify(
            JSON.parse(await Deno.readTextFile(new URL(url)), readSchema),
          ),
      },
    });
    const check = checks.find(({ see }) => see === "the-description");
    assert(check);
    await check.run();
  },
});

Deno.test({
  ...needsReference(
    "LinodeSimulator has every operation of domains in the description",
    FILE,
    description,
  ),
  async fn() {
    const { credentials, fetch } = new LinodeSimulator({ zones: 2 });
    const described = describedBy(description!, fetch, {
      prefix: "/v4",
      except,
    });
    const send = async (call: string, body?: unknown, status = 200) => {
      // Requests that are refused may be invalid.
      const { fetch: sendRequest } = status < 400 ? described : { fetch };
      const [method = "", path = ""] = call.split(" ");
      const response = await sendRequest(
        new Request(`https://api.linode.com/v4/domains${path}`, {
          method,
          headers: {
            authorization: `Bearer ${credentials.token}`,
            "content-type": "application/json",
          },
          body: body === undefined ? null : JSON.stringify(body),
        }),
      );
      const json = await response.json();
      assertEquals(response.status, status, `${call}: ${JSON.stringify(json)}`);
      return json;
    };
    const refused = (call: string, body: unknown, status = 400) =>
      send(call, body, status);
    const master = {
      domain: "example.com",
      type: "master",
      soa_email: "me@example.com",
    };
    const { id } = await send("POST ", { ...master, ttl_sec: 301 });
    await refused("POST ", master);
    await refused("POST ", { domain: "a.example", type: "master" });
    await refused("POST ", { domain: "a.example", type: "slave" });
    await send("POST ", {
      domain: "a.example",
      type: "slave",
      master_ips: ["198.51.100.1"],
    });
    await send("GET ?page=1&page_size=25");
    const { ttl_sec } = await send(`GET /${id}`);
    assertEquals(ttl_sec, 300);
    const { status } = await send(`PUT /${id}`, { status: "disabled" });
    assertEquals(status, "disabled");

    const records = `/${id}/records`;
    const create = (values: object) => send(`POST ${records}`, values);
    const { id: record } = await create({
      type: "A",
      name: "www",
      target: "192.0.2.1",
      ttl_sec: 30,
    });
    await create({ type: "AAAA", target: "2001:db8::1" });
    await create({ type: "MX", target: "mx.example.net", priority: 255 });
    await create({ type: "CAA", target: "ca.example", tag: "issue" });
    await create({ type: "TXT", name: "txt", target: 'a "b"' });
    await create({
      type: "SRV",
      target: "sip.example.net",
      service: "sip",
      protocol: "tcp",
      priority: 1,
      weight: 2,
      port: 3,
    });
    for (
      const values of [
        { type: "A", target: "192.0.2.256" },
        { type: "AAAA", target: "192.0.2.1" },
        { type: "MX", target: "a.example.net", priority: 256 },
        { type: "MX", target: "" },
        { type: "CAA", target: "ca.example; a=b", tag: "issue" },
        { type: "CAA", target: "ca.example" },
        { type: "CNAME", target: "a.example.net" },
        { type: "CNAME", name: "www", target: "a.example.net" },
        { type: "NS", name: "*", target: "a.example.net" },
        { type: "SRV", target: "a.example.net", protocol: "tcp" },
        { type: "SRV", target: "a.example.net", service: "a", protocol: "x" },
        { type: "A", name: "a..b", target: "192.0.2.1" },
        { type: "SSHFP", target: "1 1 ab" },
      ]
    ) {
      await refused(`POST ${records}`, values);
    }
    const one = `${records}/${record}`;
    await send(`GET ${records}?page=1&page_size=25`);
    await send(`GET ${one}`);
    const { target } = await send(`PUT ${one}`, { target: "192.0.2.2" });
    assertEquals(target, "192.0.2.2");
    const { zone_file } = await send(`GET /${id}/zone-file`);
    assert(zone_file.includes("www  30  A  192.0.2.2"), zone_file.join("\n"));
    await send(`DELETE ${one}`);
    await refused(`GET ${one}`, undefined, 404);
    const { id: clone } = await send(`POST /${id}/clone`, {
      domain: "b.example",
    });
    assertEquals((await send(`GET /${clone}/records`)).results, 5);
    await send(`DELETE /${clone}`);

    assertEquals(described.faults, []);
    const missing = operationsOf(description!)
      .filter((it) => /domain/i.test(it))
      .filter((it) => !described.operations.has(it));
    // The simulator cannot copy a zone from another server.
    assertEquals(missing.length, 1, missing.join(", "));
    console.log(
      `${described.count} responses of ${described.operations.size} operations`,
    );
  },
});

Deno.test({
  ...needsReference(
    "the fixtures of Linode's domains match the description",
    FILE,
    description,
  ),
  async fn() {
    const { fetch } = new LinodeSimulator();
    const described = describedBy(description!, fetch, {
      except,
      prefix: "/v4",
    });
    const responses = {
      get_domain: "GET /domains/1234 200",
      get_zone_file: "GET /domains/1234/zone-file 200",
      list_domain_records: "GET /domains/1234/records 200",
      list_domains: "GET /domains 200",
    };
    await checkFixtures(
      described,
      "linode",
      responses,
      (name) => /domain|zone/.test(name),
    );
    assertEquals(described.faults, []);
  },
});
