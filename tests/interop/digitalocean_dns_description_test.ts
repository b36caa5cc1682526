/**
 * Checks the DNS driver and the simulator against DigitalOcean's published OpenAPI
 * description of domains, which is not part of the repository.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { DigitalOceanSimulator } from "../../simulators/digitalocean/mod.ts";
import { dnsConformance } from "../../testing/mod.ts";
import {
  describedBy,
  type Description,
  operationsOf,
} from "../../testing/openapi.ts";
import { checkFixtures } from "../_support/fixtures.ts";
import { needsReference, readReference } from "../_support/reference.ts";
import { subject } from "../conformance/digitalocean_dns.ts";

const FILE = "digitalocean.dns-lb-storage.openapi.json";

/** Fields that the description requires, although they are for other types. */
const except = [/^request of POST .*\/records.* must match a schema in anyOf/];

/** The request that each fixture of domains answers, and its status. */
const RESPONSES: Readonly<Record<string, string>> = {
  create_domain: "POST /v2/domains 201",
  create_domain_record: "POST /v2/domains/example.com/records 201",
  get_domain: "GET /v2/domains/example.com 200",
  list_domain_records: "GET /v2/domains/example.com/records 200",
  list_domains: "GET /v2/domains 200",
};

const description = await readReference<Description>(FILE);

Deno.test({
  ...needsReference(
    "requests and responses match the description of DigitalOcean's domains",
    FILE,
    description,
  ),
  async fn() {
    const url = new URL(`../../../shared/reference/${FILE}`, import.meta.url);
    const checks = dnsConformance({
      ...subject,
      description: { url, except: [] },
    });
    const check = checks.find(({ see }) => see === "the-description");
    assert(check);
    await check.run();
  },
});

Deno.test({
  ...needsReference(
    "DigitalOceanSimulator has every operation of domains in the description",
    FILE,
    description,
  ),
  async fn() {
    const { credentials, fetch } = new DigitalOceanSimulator({ zones: 2 });
    const described = describedBy(description!, fetch, { except });
    const send = async (call: string, body?: unknown) => {
      const [method = "", path = ""] = call.split(" ");
      const response = await described.fetch(
        new Request(`https://api.digitalocean.com/v2/domains${path}`, {
          method,
          headers: {
            authorization: `Bearer ${credentials.token}`,
            "content-type": "application/json",
          },
          body: body === undefined ? null : JSON.stringify(body),
        }),
      );
      const text = await response.text();
      return text === "" ? undefined : JSON.parse(text);
    };
    const records = "/zone-1.example/records";
    await send("GET ?per_page=1");
    await send("GET ?page=2&per_page=1");
    await send("POST ", { name: "example.com", ip_address: "192.0.2.1" });
    await send("GET /example.com");
    await send("DELETE /example.com");
    await send("GET /example.com");
    await send(`GET ${records}?type=A&name=www.zone-1.example`);
    for (
      const values of [
        { type: "A", data: "192.0.2.1" },
        { type: "MX", data: "mx.example.com.", priority: 1 },
        {
          type: "SRV",
          data: "sip.example.com.",
          priority: 1,
          weight: 2,
          port: 3,
        },
        { type: "CAA", data: "ca.example.com.", flags: 0, tag: "issue" },
        { type: "TXT", data: "text" },
      ]
    ) {
      const name = values.type.toLowerCase();
      const { domain_record: { id, type } } = await send(
        `POST ${records}`,
        { name, ttl: 60, ...values },
      );
      const record = `${records}/${id}`;
      await send(`GET ${record}`);
      const { domain_record: patched } = await send(`PATCH ${record}`, {
        type,
        ttl: 90,
      });
      assertEquals([patched.ttl, patched.name], [90, name]);
      const { data } = patched;
      const put = { ...values, name: `${name}2` };
      const { domain_record: changed } = await send(`PUT ${record}`, put);
      assertEquals([changed.name, changed.data], [`${name}2`, data]);
      await send(`DELETE ${record}`);
    }
    assertEquals(described.faults, []);
    const missing = operationsOf(description!)
      .filter((it) => /\/v2\/domains/.test(it))
      .filter((it) => !described.operations.has(it));
    assertEquals(missing, []);
    console.log(
      `${described.count} responses of ${described.operations.size} operations`,
    );
  },
});

Deno.test({
  ...needsReference(
    "the fixtures of DigitalOcean's domains match the description",
    FILE,
    description,
  ),
  async fn() {
    const { fetch } = new DigitalOceanSimulator();
    const described = describedBy(description!, fetch, { except });
    await checkFixtures(
      described,
      "digitalocean",
      RESPONSES,
      (name) => name.includes("domain"),
    );
    assertEquals(described.faults, []);
  },
});
