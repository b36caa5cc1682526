/**
 * Runs Apache Libcloud's driver for Cloudflare, and lexicon, against the simulator
 * over loopback, and compares their results with those of `CloudflareDnsDriver`.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { CloudflareDnsDriver } from "../../drivers/cloudflare/dns.ts";
import { CloudflareSimulator } from "../../simulators/cloudflare/mod.ts";
import { startLibcloud } from "../_support/libcloud.ts";
import { needs } from "../_support/needs.ts";
import { serve } from "../_support/serve.ts";

interface RecordJson {
  readonly id: string;
  readonly name: string | null;
  readonly type: string;
  readonly data: string;
  readonly ttl: number;
  readonly priority: number | null;
  readonly proxied: boolean;
}

interface ZoneJson {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly status: string;
  readonly name_servers: readonly string[];
}

/** Starts a simulator on loopback, and creates our driver. */
function setUp(hasZoneNames: boolean) {
  const simulator = new CloudflareSimulator({ zones: 3 });
  // With a second argument, as from a server, it leaves the signal alone.
  const fetch: (request: Request, info?: unknown) => Promise<Response> =
    simulator.fetch;
  const server = serve(
    hasZoneNames
      ? async (request) => await addZoneNames(await fetch(request, undefined))
      : fetch,
  );
  const ours = new CloudflareDnsDriver({
    ...simulator.credentials,
    baseUrl: `${server.url}/client/v4`,
  });
  return { simulator, server, ours };
}

/**
 * Adds the field that records had until November 2024. Libcloud needs it.
 */
async function addZoneNames(response: Response): Promise<Response> {
  const { result, ...rest } = await response.json();
  const add = (record: { name?: string; content?: string }) => {
    const [zone] = /[\w-]+\.[\w-]+$/.exec(record.name ?? "") ?? [];
    return record.content === undefined
      ? record
      : { ...record, zone_name: zone };
  };
  const added = Array.isArray(result) ? result.map(add) : result && add(result);
  const body = JSON.stringify({ ...rest, result: added });
  return new Response(body, response);
}

Deno.test({
  ...needs("Libcloud and CloudflareDnsDriver read what the other has written", {
    python: ["libcloud"],
  }),
  async fn() {
    const { simulator, server, ours } = setUp(true);
    await using _server = server;
    const { token, accountId } = simulator.credentials;
    await using libcloud = startLibcloud("libcloud_cloudflare.py", [
      "127.0.0.1",
      String(server.port),
      token,
    ]);
    const zones = await libcloud.call<ZoneJson[]>("list_zones");
    assertEquals<unknown>(
      zones.map((it) => [it.id, it.name, it.status, it.name_servers]),
      (await ours.listZones()).map((it) => [
        it.id,
        it.name,
        it.extra.status,
        it.nameServers,
      ]),
    );
    const { id } = zones[0]!;
    const records = await libcloud.call<RecordJson[]>("list_records", [id]);
    const sets = await ours.listRecordSets(id);
    assertEquals(
      records.map((it) => [it.name ?? "@", it.type, it.id]).sort(),
      sets.flatMap(({ name, type, extra }) =>
        extra.records.map((it) => [name, type, it.id])
      ).sort(),
    );
    const mx = await libcloud.call<RecordJson>(
      "create_record",
      [id, "sub", "MX", "mx.example.net"],
      { priority: 7, ttl: 600 },
    );
    assertEquals([mx.name, mx.priority, mx.ttl], ["sub", 7, 600]);
    const set = await ours.getRecordSet(id, { name: "sub", type: "MX" });
    assertEquals([set.ttl, set.data], [600, [
      { preference: 7, host: "mx.example.net" },
    ]]);
    await ours.setRecordSet(id, {
      name: "t",
      type: "TXT",
      ttl: 60,
      data: ['say "hi"'],
    });
    const found = (await libcloud.call<RecordJson[]>("list_records", [id]))
      .find(({ name }) => name === "t");
    assertEquals([found?.data, found?.ttl], ['"say \\"hi\\""', 60]);
    await libcloud.call("update_record", [id, found?.id, '"bye"']);
    const text = await ours.getRecordSet(id, { name: "t", type: "TXT" });
    assertEquals(text.data, ["bye"]);
    assertEquals(await libcloud.call("delete_record", [id, found?.id]), true);
    assertEquals(await ours.listRecordSets(id, { name: "t" }), []);
    const fingerprint = "66c7d5540b7d75a1fb4c84febfa178ad99bdd67c";
    await libcloud.call("create_record", [
      id,
      "host",
      "SSHFP",
      `1 1 ${fingerprint}`,
    ]);
    const sshfp = await ours.getRecordSet(id, { name: "host", type: "SSHFP" });
    assertEquals<unknown>(sshfp.data, [
      { algorithm: 1, fingerprintType: 1, fingerprint },
    ]);
    const { message } = await assertRejects(
      () => libcloud.call("create_record", [id, "www", "A", "192.0.2.1"]),
      Error,
    );
    // Some versions fail to create their own error.
    assertMatch(message, /RecordAlreadyExistsError|'record_id'/);

    const created = await libcloud.call<ZoneJson>("create_zone", [
      "example.com",
      accountId,
    ]);
    assertEquals([created.type, created.status], ["master", "pending"]);
    const again = await assertRejects(
      () => libcloud.call("create_zone", ["example.com", accountId]),
      Error,
    );
    assertMatch(again.message, /ZoneAlreadyExistsError|'zone_id'/);
    await libcloud.call("update_zone", [created.id], { paused: true });
    assertEquals((await ours.getZone(created.id)).extra.isPaused, true);
    assertEquals(await libcloud.call("delete_zone", [created.id]), true);
    assertEquals((await ours.listZones()).length, 3);
    await assertRejects(
      () => libcloud.call("list_zones_as", ["wrong"]),
      Error,
      "10000: Authentication error",
    );
    await using withKey = startLibcloud("libcloud_cloudflare.py", [
      "127.0.0.1",
      String(server.port),
      "global-key",
      "user@example.com",
    ]);
    assertEquals((await withKey.call<ZoneJson[]>("list_zones")).length, 3);
  },
});

Deno.test({
  ...needs("Libcloud cannot read records as Cloudflare sends them since 2024", {
    python: ["libcloud"],
  }),
  async fn() {
    const { simulator, server } = setUp(false);
    await using _server = server;
    await using libcloud = startLibcloud("libcloud_cloudflare.py", [
      "127.0.0.1",
      String(server.port),
      simulator.credentials.token,
    ]);
    const [zone] = await libcloud.call<ZoneJson[]>("list_zones");
    await assertRejects(
      () => libcloud.call("list_records", [zone?.id]),
      Error,
      "KeyError: 'zone_name'",
    );
  },
});

Deno.test({
  ...needs("lexicon and CloudflareDnsDriver read what the other has written", {
    python: ["lexicon"],
  }),
  async fn() {
    const { simulator, server, ours } = setUp(false);
    await using _server = server;
    const zone = { name: "zone-2.example" };
    await using lexicon = startLibcloud("lexicon_cloudflare.py", [
      `${server.url}/client/v4`,
      simulator.credentials.token,
      zone.name,
    ]);
    await lexicon.call("authenticate");
    const name = "_acme-challenge";
    const key = { name, type: "TXT" } as const;
    assert(await lexicon.call("create_record", ["TXT", name, "theirs"]));
    // The record set has the TTL that lexicon chooses.
    await ours.addRecord(zone, { ...key, ttl: 60, data: ["ours"] });
    assertEquals((await ours.getRecordSet(zone, key)).data, ["theirs", "ours"]);
    const records = await lexicon.call<{ content: string; ttl: number }[]>(
      "list_records",
      ["TXT", name],
    );
    assertEquals(records.map(({ content, ttl }) => [content, ttl]), [
      ["theirs", 3600],
      ['"ours"', 3600],
    ]);
    assert(await lexicon.call("delete_record", [null, "TXT", name, "theirs"]));
    assertEquals((await ours.getRecordSet(zone, key)).data, ["ours"]);
    await ours.removeRecord(zone, { ...key, data: ["ours"] });
    assertEquals(await lexicon.call("list_records", ["TXT", name]), []);
  },
});
