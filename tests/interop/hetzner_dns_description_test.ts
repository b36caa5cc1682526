/**
 * Checks the DNS driver and the simulator against Hetzner's published OpenAPI
 * description of zones, which is not part of the repository.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { HetznerSimulator } from "../../simulators/hetzner/mod.ts";
import { dnsConformance } from "../../testing/mod.ts";
import {
  describedBy,
  type Description,
  operationsOf,
} from "../../testing/openapi.ts";
import { needsReference, readReference } from "../_support/reference.ts";
import { subject } from "../conformance/hetzner_dns.ts";

const FILE = "hetzner.dns-lb.openapi.json";

const description = await readReference<Description>(FILE);

Deno.test({
  ...needsReference(
    "requests and responses match the description of Hetzner's zones",
    FILE,
    description,
  ),
  async fn() {
    const url = new URL(`../../../shared/reference/${FILE}`, import.meta.url);
    const checks = dnsConformance({
      ...subject,
      description: { url, prefix: "/v1" },
    });
    const check = checks.find(({ see }) => see === "the-description");
    assert(check);
    await check.run();
  },
});

Deno.test({
  ...needsReference(
    "HetznerSimulator has every operation of zones in the description",
    FILE,
    description,
  ),
  async fn() {
    const { credentials, fetch } = new HetznerSimulator({
      zones: 2,
      actionMs: 0,
    });
    const described = describedBy(description!, fetch, { prefix: "/v1" });
    const send = async (call: string, body?: unknown, status = 0) => {
      // Requests that are refused may be invalid.
      const { fetch: sendRequest } = status < 400 ? described : { fetch };
      const [method = "", path = ""] = call.split(" ");
      const response = await sendRequest(
        new Request(`https://api.hetzner.cloud/v1/zones${path}`, {
          method,
          headers: {
            authorization: `Bearer ${credentials.token}`,
            "content-type": "application/json",
          },
          body: body === undefined ? null : JSON.stringify(body),
        }),
      );
      const json = await response.json();
      const isExpected = status === 0
        ? response.ok
        : response.status === status;
      assert(isExpected, `${call}: ${JSON.stringify(json)}`);
      return json;
    };
    const refused = (call: string, status: number, body?: unknown) =>
      send(call, body, status);
    const labels = { "example.com/team": "a" };
    const { zone: { id }, action } = await send("POST ", {
      name: "example.com",
      mode: "primary",
      ttl: 600,
      labels,
      rrsets: [{
        name: "www",
        type: "A",
        ttl: null,
        records: [{ value: "198.51.100.1", comment: "web" }],
      }],
    });
    const found = await send(
      "GET ?name=example.com&mode=primary&sort=name:asc",
    );
    assertEquals(found.zones.length, 1);
    await send("GET ?label_selector=example.com/team%3Da&page=1&per_page=50");
    await refused("GET ?per_page=51", 422);
    await send("GET /actions?status=success&sort=id:desc");
    await send(`GET /actions/${action.id}`);
    await send("GET /example.com/actions");
    await send(`GET /${id}/actions/${action.id}`);
    const { zone } = await send(`PUT /${id}`, { labels: {} });
    assertEquals(zone.labels, {});
    await send(`POST /${id}/actions/change_ttl`, { ttl: 3600 });
    await refused(`POST /${id}/actions/change_ttl`, 422, { ttl: 59 });
    await send(`POST /${id}/actions/change_protection`, { delete: true });
    await refused(`DELETE /${id}`, 403);
    await send(`POST /${id}/actions/change_protection`, { delete: false });

    const sets = `/${id}/rrsets`;
    const records = (...values: readonly string[]) => ({
      records: values.map((value) => ({ value })),
    });
    const txt = `${sets}/txt/TXT`;
    await send(`POST ${sets}`, {
      name: "txt",
      type: "TXT",
      ttl: 60,
      labels,
      ...records('"a"'),
    });
    const again = { name: "txt", type: "TXT", ...records('"b"') };
    await refused(`POST ${sets}`, 409, again);
    await send(`GET ${sets}?name=txt&type=TXT&per_page=100&sort=name:asc`);
    await send(`GET ${sets}?label_selector=example.com/team`);
    await refused(`GET ${sets}?per_page=101`, 422);
    await send(`GET ${txt}`);
    await refused(`GET ${sets}/none/TXT`, 404);
    await send(`PUT ${txt}`, { labels: {} });
    const act = (verb: string, body: object) =>
      send(`POST ${txt}/actions/${verb}`, body);
    await act("add_records", records('"b"', '"c"'));
    await refused(`POST ${txt}/actions/add_records`, 409, records('"b"'));
    const other = { ...records('"d"'), ttl: 61 };
    await refused(`POST ${txt}/actions/add_records`, 422, other);
    await act("remove_records", records('"b"'));
    await refused(`POST ${txt}/actions/remove_records`, 422, records('"b"'));
    await act("update_records", {
      records: [{ value: '"a"', comment: "note" }],
    });
    await act("change_ttl", { ttl: null });
    const { rrset } = await send(`GET ${txt}`);
    assertEquals([rrset.ttl, rrset.records], [null, [
      { value: '"a"', comment: "note" },
      { value: '"c"' },
    ]]);
    await act("set_records", records('"e"'));
    for (
      const value of ["e", `"${"x".repeat(256)}"`, '"a" b', '"a', "10 mail"]
    ) {
      await refused(`POST ${txt}/actions/set_records`, 422, records(value));
    }
    await act("change_protection", { change: true });
    await refused(`DELETE ${txt}`, 403);
    await refused(`POST ${txt}/actions/set_records`, 403, records('"f"'));
    await act("change_protection", { change: false });
    await send(`DELETE ${txt}`);
    await refused(`DELETE ${txt}`, 404);
    await refused(`DELETE ${sets}/@/SOA`, 422);
    const { zonefile } = await send(`GET /${id}/zonefile`);
    await send(`POST /${id}/actions/import_zonefile`, { zonefile });
    assertEquals((await send(`GET /${id}/zonefile`)).zonefile, zonefile);
    await send(`DELETE /${id}`);
    await refused(`GET /${id}`, 404);

    const servers = (address: string) => ({
      primary_nameservers: [{ address, port: 53 }],
    });
    const secondary = { name: "example.org", mode: "secondary" };
    await refused("POST ", 422, secondary);
    await send("POST ", { ...secondary, ...servers("198.51.100.1") });
    await send(
      "POST /example.org/actions/change_primary_nameservers",
      servers("198.51.100.2"),
    );
    const { zone: copy } = await send("GET /example.org");
    assertEquals(
      copy.primary_nameservers,
      servers("198.51.100.2")
        .primary_nameservers,
    );
    await refused("GET /example.org/zonefile", 422);
    await refused("POST /example.org/rrsets", 422, again);

    assertEquals(described.faults, []);
    const missing = operationsOf(description!)
      .filter((it) => /zone|rrset/.test(it))
      .filter((it) => !described.operations.has(it));
    assertEquals(missing, []);
    console.log(
      `${described.count} responses of ${described.operations.size} operations`,
    );
  },
});
