/**
 * Runs Cloudflare's own JavaScript client against the simulator over loopback,
 * and compares its results with those of `CloudflareDnsDriver`.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import Cloudflare from "npm:cloudflare@7.3.0";
import { CloudflareDnsDriver } from "../../drivers/cloudflare/dns.ts";
import { CloudflareSimulator } from "../../simulators/cloudflare/mod.ts";
import { serve } from "../_support/serve.ts";

/** Starts a simulator on loopback, and creates both clients. */
function setUp(options: ConstructorParameters<typeof CloudflareSimulator>[0]) {
  const simulator = new CloudflareSimulator(options);
  const server = serve(simulator.fetch);
  const baseUrl = `${server.url}/client/v4`;
  const { token, accountId } = simulator.credentials;
  return {
    accountId,
    theirs: new Cloudflare({
      apiToken: token,
      baseURL: baseUrl,
      maxRetries: 0,
    }),
    withToken: (apiToken: string) =>
      new Cloudflare({ apiToken, baseURL: baseUrl, maxRetries: 0 }),
    ours: new CloudflareDnsDriver({ token, accountId, baseUrl }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Reads all pages of a list of their client. */
async function all<T>(list: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of list) items.push(item);
  return items;
}

Deno.test("npm:cloudflare lists the same zones and records as CloudflareDnsDriver", async () => {
  await using api = setUp({ zones: 23 });
  const { theirs, ours } = api;
  // Their client reads five pages, our driver one.
  const zones = await all(theirs.zones.list({ per_page: 5 }));
  assertEquals<unknown>(
    zones.map((it) => [it.id, it.name, it.status, it.name_servers]),
    (await ours.listZones()).map((it) => [
      it.id,
      it.name,
      it.extra.status,
      it.nameServers,
    ]),
  );
  const [zone] = await all(theirs.zones.list({ name: "zone-7.example" }));
  assert(zone);
  assertEquals(zone.id, (await ours.getZone({ name: "zone-7.example" })).id);

  const records = await all(
    theirs.dns.records.list({ zone_id: zone.id, per_page: 3 }),
  );
  const sets = await ours.listRecordSets(zone);
  assertEquals(
    records.map(({ id }) => id).toSorted(),
    sets.flatMap(({ extra }) => extra.records.map(({ id }) => id)).toSorted(),
  );
  const www = await all(
    theirs.dns.records.list({
      zone_id: zone.id,
      name: { exact: "www.zone-7.example" },
      type: "A",
    }),
  );
  assertEquals(
    www.map(({ content }) => content),
    (await ours.getRecordSet(zone, { name: "www", type: "A" }))
      .data as string[],
  );
});

Deno.test("npm:cloudflare and CloudflareDnsDriver read what the other has written", async () => {
  await using api = setUp({});
  const { theirs, ours, accountId } = api;
  const { id: zone_id } = await theirs.zones.create({
    name: "example.com",
    account: { id: accountId },
  });
  assertEquals((await ours.getZone(zone_id)).state, "pending");
  const record = await theirs.dns.records.create({
    zone_id,
    type: "SRV",
    name: "_sip._tcp.example.com",
    ttl: 60,
    data: { priority: 1, weight: 2, port: 3, target: "sip.example.net" },
    comment: "theirs",
  });
  const srv = await ours.getRecordSet(zone_id, {
    name: "_sip._tcp",
    type: "SRV",
  });
  assertEquals(srv.ttl, 60);
  assertEquals<unknown>(srv.data, [
    { priority: 1, weight: 2, port: 3, host: "sip.example.net" },
  ]);
  assertEquals(srv.extra.records[0]?.extra.comment, "theirs");
  await theirs.dns.records.edit(record.id!, {
    zone_id,
    type: "SRV",
    name: "_sip._tcp.example.com",
    ttl: 1,
    data: { priority: 1, weight: 2, port: 4, target: "sip.example.net" },
  });
  await ours.addRecord(zone_id, {
    name: "_sip._tcp",
    type: "SRV",
    data: [{ priority: 9, weight: 0, port: 5, host: "sip2.example.net" }],
  });
  const found = await all(
    theirs.dns.records.list({ zone_id, type: "SRV", order: "content" }),
  );
  assertEquals<unknown>(
    found.map((it) => [it.content, it.ttl, it.comment]),
    [["0 5 sip2.example.net", 1, null], ["2 4 sip.example.net", 1, "theirs"]],
  );

  await ours.setRecordSet(zone_id, {
    name: "@",
    type: "A",
    data: ["192.0.2.1", "192.0.2.2"],
    extra: { proxied: true },
  });
  await ours.setRecordSet(zone_id, {
    name: "@",
    type: "TXT",
    data: ['v=DKIM1; k=rsa; p="' + "x".repeat(300)],
  });
  const texts = await all(theirs.dns.records.list({ zone_id, type: "TXT" }));
  assertEquals(
    texts[0]?.content,
    `"v=DKIM1; k=rsa; p=\\"${"x".repeat(236)}" "${"x".repeat(64)}"`,
  );
  const proxied = await all(
    theirs.dns.records.list({ zone_id, proxied: true }),
  );
  assertEquals(proxied.map(({ content, ttl }) => [content, ttl]), [
    ["192.0.2.1", 1],
    ["192.0.2.2", 1],
  ]);
  const batch = await theirs.dns.records.batch({
    zone_id,
    deletes: proxied.map(({ id }) => ({ id: id! })),
    posts: [{
      type: "CNAME",
      name: "example.com",
      content: "www.example.net",
      ttl: 1,
    }],
  });
  assertEquals(batch.deletes?.length, 2);
  const apex = await ours.listRecordSets(zone_id, { name: "@" });
  assertEquals(apex.map(({ type }) => type), ["TXT", "CNAME"]);
  const theirText = await theirs.dns.records.export({ zone_id });
  assert(theirText.includes("www.example.net."));

  await theirs.dns.dnssec.edit({ zone_id, status: "active" });
  const { key_tag } = await theirs.dns.dnssec.get({ zone_id });
  const dnssec = await ours.getDnssec(zone_id);
  assertEquals(dnssec.ds.map(({ keyTag }) => keyTag), [key_tag]);
  await ours.setPaused(zone_id, { isPaused: true });
  assertEquals((await theirs.zones.get({ zone_id })).paused, true);
  await theirs.zones.edit({ zone_id, paused: false });
  await theirs.dns.records.delete(found[0]!.id!, { zone_id });
  await ours.deleteZone(zone_id);
  assertEquals(await all(theirs.zones.list()), []);
});

Deno.test("npm:cloudflare takes the errors of CloudflareSimulator for those of Cloudflare", async () => {
  await using api = setUp({ zones: 1 });
  const { theirs, ours, accountId, withToken } = api;
  const { id: zone_id } = await ours.getZone({ name: "zone-1.example" });
  await assertRejects(
    () => withToken("no").zones.get({ zone_id }),
    Cloudflare.AuthenticationError,
    "Authentication error",
  );
  await assertRejects(
    () => theirs.dns.records.get("0".repeat(32), { zone_id }),
    Cloudflare.NotFoundError,
    "81044",
  );
  const { errors } = await assertRejects(
    () =>
      theirs.dns.records.create({
        zone_id,
        type: "A",
        name: "www",
        content: "192.0.2.1",
        ttl: 1,
      }),
    Cloudflare.BadRequestError,
  );
  assertEquals(errors[0]?.code, 81058);
  await assertRejects(
    () =>
      theirs.zones.create({
        name: "zone-1.example",
        account: { id: accountId },
      }),
    Cloudflare.BadRequestError,
    "already exists",
  );
});
