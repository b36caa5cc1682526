import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  CloudError,
  ConflictError,
  type Fetch,
  MalformedResponseError,
  PermissionDeniedError,
} from "../../../core/mod.ts";
import type { RecordSet } from "../../../core/dns/mod.ts";
import { HetznerNodeDriver } from "../../../drivers/hetzner/compute.ts";
import { OpenStackNodeDriver } from "../../../drivers/openstack/compute.ts";
import { OpenStackDnsDriver } from "../../../drivers/openstack/dns.ts";
import {
  OpenStackSimulator,
  type OpenStackSimulatorOptions,
} from "../../../simulators/openstack/mod.ts";

const WWW = { name: "www", type: "A", data: ["192.0.2.1"] } as const;
const PROMPT = { createMs: 0, actionMs: 0 };

/** Creates a driver, and keeps the requests that it sends to Designate. */
function open(
  options: OpenStackSimulatorOptions = PROMPT,
  intercept: (request: Request, fetch: Fetch) => Promise<Response> = (
    request,
    fetch,
  ) => fetch(request),
) {
  const simulator = new OpenStackSimulator(options);
  const sent: string[] = [];
  const fetch = async (request: Request) => {
    const { pathname, search } = new URL(request.url);
    if (!pathname.endsWith("/tokens")) {
      sent.push(`${request.method} ${pathname}${search}`);
    }
    return await intercept(request, simulator.fetch);
  };
  const dns = new OpenStackDnsDriver({ ...simulator.credentials, fetch });
  return { dns, sent, simulator, fetch };
}

function json(body: unknown): Promise<Response> {
  return Promise.resolve(Response.json(body));
}

Deno.test("OpenStackDnsDriver reads zones of all kinds and states", async () => {
  const zone = {
    name: "Upper.Example.",
    type: "PRIMARY",
    status: "ACTIVE",
    action: "NONE",
    created_at: "2026-11-28T18:35:01.000000",
  };
  const zones = [
    { ...zone, id: "1", ttl: 60, masters: [], serial: 7, email: "a@b.example" },
    { ...zone, id: "2", type: "SECONDARY", status: "ERROR", ttl: null },
    { ...zone, id: "3", type: "CATALOG", status: "DELETED" },
    { ...zone, id: "4", status: "PENDING", masters: ["192.0.2.53"] },
  ];
  const { dns } = open(
    PROMPT,
    (request, fetch) =>
      request.url.includes("/zones")
        ? json({ zones, links: {} })
        : fetch(request),
  );
  const read = await dns.listZones();
  assertEquals(
    read.map(({ id, kind, state, ttl }) => [id, kind, state, ttl]),
    [
      ["1", "primary", "active", 60],
      ["2", "secondary", "error", undefined],
      ["3", "unknown", "unknown", undefined],
      ["4", "primary", "pending", undefined],
    ],
  );
  assertEquals(read[0]!.name, "upper.example");
  assertEquals(
    Date.parse(read[0]!.createdAt!),
    Date.UTC(2026, 10, 28, 18, 35, 1),
  );
  assertEquals(read[0]!.extra.serial, 7);
  assertEquals(read[0]!.extra.email, "a@b.example");
  assertEquals(read[3]!.extra.primaries, ["192.0.2.53"]);
});

Deno.test("OpenStackDnsDriver reads each value once, and types that it does not know", async () => {
  const set = { zone_name: "Zone.Example.", status: "ERROR", action: "UPDATE" };
  const recordsets = [
    {
      ...set,
      id: "1",
      name: "WWW.zone.example.",
      type: "AAAA",
      ttl: null,
      records: ["2001:DB8:0::1", "2001:db8::1"],
      updated_at: "2026-11-28T18:35:01.000000",
      description: "d",
    },
    {
      ...set,
      id: "2",
      name: "zone.example.",
      type: "NEW",
      ttl: 5,
      records: ["some text"],
    },
    // Another client has sent them without quotes.
    {
      ...set,
      id: "3",
      name: "t.zone.example.",
      type: "TXT",
      records: ["hello", "a;b", '"a" "b"'],
    },
    { ...set, id: "4", name: "empty.zone.example.", type: "A", records: [] },
  ];
  const { dns } = open(
    PROMPT,
    (request, fetch) =>
      request.url.includes("/zones")
        ? json({ recordsets, links: {} })
        : fetch(request),
  );
  const read = await dns.listRecordSets("1");
  assertEquals(
    read.map(({ id, name, ttl, data }) => [id, name, ttl, data]),
    [
      ["1", "www", undefined, ["2001:db8::1"]],
      ["2", "@", 5, ["some text"]],
      // Name servers take what follows the semicolon for a comment.
      ["3", "t", undefined, ["hello", "a", ["a", "b"]]],
    ],
  );
  assertEquals(read[0]!.extra.status, "ERROR");
  assertEquals(read[0]!.extra.description, "d");
  assert(read[0]!.extra.updatedAt?.endsWith("Z"));
});

Deno.test("OpenStackDnsDriver shares the token of another driver", async () => {
  const simulator = new OpenStackSimulator({ zones: 2 });
  let logins = 0;
  const fetch = async (request: Request) => {
    if (request.url.endsWith("/tokens")) logins++;
    return await simulator.fetch(request);
  };
  const node = new OpenStackNodeDriver({ ...simulator.credentials, fetch });
  await node.listNodes();
  const dns = new OpenStackDnsDriver({ connection: node.connection });
  const again = new OpenStackDnsDriver({ connection: dns.connection });
  assertEquals((await dns.listZones()).length, 2);
  assertEquals((await again.listZones()).length, 2);
  assertEquals(logins, 1);
  const hetzner = new HetznerNodeDriver({ token: "t" });
  assertThrows(
    () => new OpenStackDnsDriver({ connection: hetzner.connection }),
    TypeError,
    "OpenStackDnsDriver: connection must be that of a driver for openstack",
  );
});

Deno.test("OpenStackDnsDriver finds Designate by the catalogue, or by baseUrl", async () => {
  const simulator = new OpenStackSimulator({ zones: 2 });
  for (const end of ["", "/", "/v2", "/v2/"]) {
    const urls: string[] = [];
    const fetch = async (request: Request) => {
      urls.push(request.url);
      const response = await simulator.fetch(request);
      if (!request.url.endsWith("/tokens")) return response;
      const text = (await response.text()).replaceAll(
        '"https://designate.openstack.example"',
        `"https://designate.openstack.example${end}"`,
      );
      return new Response(text, response);
    };
    const own = new OpenStackDnsDriver({ ...simulator.credentials, fetch });
    assertEquals((await own.listZones()).length, 2);
    assertEquals(
      urls.at(-1),
      "https://designate.openstack.example/v2/zones?limit=1000",
    );
  }
  const fetch = simulator.fetch;
  const baseUrl = "https://designate.openstack.example/v2";
  for (const own of [{ baseUrl }, { endpoints: { dns: baseUrl } }]) {
    const options = { ...simulator.credentials, ...own, fetch };
    const zones = await new OpenStackDnsDriver(options).listZones();
    assertEquals(zones.length, 2);
  }
});

Deno.test("OpenStackDnsDriver follows links that name an internal host", async () => {
  const options = { zones: 5, largestPage: 2, linkHost: "10.0.0.1:9001" };
  const { dns, sent } = open(options);
  const names = (await dns.listZones()).map(({ name }) => name);
  assertEquals(names, [1, 2, 3, 4, 5].map((it) => `zone-${it}.example`));
  assertEquals(sent.length, 3);
  const [zone] = await dns.listZones();
  assertEquals((await dns.listRecordSets(zone!)).length, 7);
});

Deno.test("OpenStackDnsDriver.addRecord() adds to a set that another writer has just created", async () => {
  let hasOther = false;
  const { dns, simulator } = open(PROMPT, async (request, fetch) => {
    if (request.method === "POST" && request.url.endsWith("/recordsets")) {
      const { name } = await request.clone().json();
      if (name.startsWith("www") && !hasOther) {
        hasOther = true;
        const other = new OpenStackDnsDriver({
          ...simulator.credentials,
          fetch,
        });
        await other.setRecordSet({ name: "a.example" }, WWW);
      }
    }
    return await fetch(request);
  });
  const zone = await dns.createZone({ name: "a.example" });
  const added = { ...WWW, data: ["192.0.2.2"] };
  await dns.addRecord(zone, added, { settleMs: 0 });
  const { data } = await dns.getRecordSet(zone, WWW);
  assertEquals([...data].sort(), ["192.0.2.1", "192.0.2.2"]);
});

Deno.test("OpenStackDnsDriver.changeRecordSets() notices that a record set was deleted", async () => {
  const { dns } = open();
  const zone = await dns.createZone({ name: "a.example" });
  await dns.setRecordSet(zone, WWW);
  const before = await dns.getRecordSet(zone, WWW) as RecordSet;
  await dns.deleteRecordSet(zone, WWW);
  await assertRejects(
    () =>
      dns.changeRecordSets(zone, [{ action: "replace", before, after: WWW }]),
    ConflictError,
  );
  assertEquals(await dns.deleteRecordSet(zone, before), { state: "done" });
});

Deno.test("OpenStackDnsDriver creates a record set of which another client has left an empty one", async () => {
  const { dns, sent } = open({ ...PROMPT, zones: 1 });
  const zone = await dns.getZone({ name: "zone-1.example" });
  const after = { ...WWW, name: "empty" };
  assertEquals(await dns.listRecordSets(zone, { name: "empty" }), []);
  sent.length = 0;
  await dns.changeRecordSets(zone, [{ action: "create", after }]);
  const writes = sent.filter((it) => !it.startsWith("GET"))
    .map((it) => it.split(" ")[0]);
  assertEquals(writes, ["POST", "PUT"]);
  assertEquals((await dns.getRecordSet(zone, after)).data, WWW.data);
});

Deno.test("OpenStackDnsDriver keeps the description of a record set", async () => {
  const { dns } = open({ ...PROMPT, zones: 1 });
  const zone = await dns.getZone({ name: "zone-1.example" });
  await dns.setRecordSet(zone, { ...WWW, ttl: 60 });
  const set = await dns.getRecordSet(zone, WWW);
  assertEquals([set.ttl, set.extra.description], [60, "Web servers"]);
});

Deno.test("OpenStackDnsDriver cuts texts by their length with escapes, and joins them again", async () => {
  const contents: string[] = [];
  const { dns } = open(PROMPT, async (request, fetch) => {
    if (/POST|PUT/.test(request.method) && /recordsets/.test(request.url)) {
      contents.push(...(await request.clone().json()).records);
    }
    return await fetch(request);
  });
  const zone = await dns.createZone({ name: "a.example" });
  const texts = [
    "x".repeat(253),
    "x".repeat(254),
    `${"x".repeat(252)}"`,
    "\0".repeat(64),
    "\\".repeat(300),
    '" "'.repeat(100),
  ];
  for (const text of texts) {
    const set = { name: "t", type: "TXT", data: [text] } as const;
    await dns.setRecordSet(zone, set);
    assertEquals((await dns.getRecordSet(zone, set)).data, [text]);
  }
  const lengths = contents.map((content) =>
    content.match(/"(?:\\.|[^"\\])*"/g)!.map(({ length }) => length)
  );
  assertEquals(lengths.slice(0, 4), [[255], [255, 3], [254, 4], [254, 6]]);
  assertEquals(lengths.length, texts.length);
  assert(lengths.flat().every((length) => length <= 255));
});

Deno.test("OpenStackDnsDriver rejects with a PermissionDeniedError at a quota, and sends nothing again", async () => {
  const { dns, sent } = open({ ...PROMPT, quotas: { zones: 0 } });
  const error = await assertRejects(
    () => dns.createZone({ name: "a.example" }),
    PermissionDeniedError,
    'createZone: OpenStack refused: "Quota exceeded for zones."',
  );
  assertEquals((error as PermissionDeniedError).code, "over_quota");
  assertEquals(sent, ["POST /v2/zones"]);
});

Deno.test("OpenStackDnsDriver.deleteZone() waits until the zone is gone", async () => {
  let now = Date.now();
  const { dns, sent } = open(
    { createMs: 0, actionMs: 5000, now: () => now },
    (request, fetch) => {
      now += 2000;
      return fetch(request);
    },
  );
  const zone = await dns.createZone({ name: "a.example" });
  sent.length = 0;
  await dns.deleteZone(zone);
  const path = `/v2/zones/${zone.id}`;
  assertEquals(sent[0], `DELETE ${path}`);
  assert(sent.length > 2 && sent.slice(1).every((it) => it === `GET ${path}`));
  assertEquals(await dns.listZones(), []);
});

Deno.test("OpenStackDnsDriver rejects when Designate cannot publish or delete a zone", async () => {
  const { dns } = open({ ...PROMPT, fails: ({ name }) => name === "dns" });
  const zone = await dns.createZone({ name: "a.example" });
  const change = await dns.setRecordSet(zone, WWW);
  await assertRejects(
    () => dns.waitForChange(change),
    CloudError,
    "waitForChange: OpenStack failed: the zone a.example has the status ERROR",
  );
});

Deno.test("OpenStackDnsDriver.createZone() keeps the zone in the error if its name servers cannot be read", async () => {
  const { dns } = open(
    PROMPT,
    (request, fetch) =>
      request.url.endsWith("/nameservers")
        ? json({ nameservers: "ns1" })
        : fetch(request),
  );
  const error = await assertRejects(
    () => dns.createZone({ name: "a.example" }),
    MalformedResponseError,
  );
  assert((error as MalformedResponseError).mayHaveBeenApplied);
  const { zone } = error as unknown as {
    readonly zone: { readonly name: string };
  };
  assertEquals(zone.name, "a.example");
});

Deno.test("OpenStackDnsDriver.exportZoneFile() returns the file, and deletes the export", async () => {
  const { dns, sent } = open({ ...PROMPT, zones: 1 });
  const text = await dns.exportZoneFile({ name: "zone-1.example" });
  assert(text.startsWith("$ORIGIN zone-1.example.\n$TTL 3600\n"));
  assert(text.includes("www.zone-1.example. 300 IN AAAA 2001:db8::1\n"));
  assert(sent.at(-1)!.startsWith("DELETE /v2/zones/tasks/exports/"));
});

Deno.test("OpenStackDnsDriver.exportZoneFile() rejects with the reason of Designate", async () => {
  const task = { id: "7", status: "ERROR", message: "zone too large" };
  const { dns } = open(
    { ...PROMPT, zones: 1 },
    (request, fetch) => /tasks/.test(request.url) ? json(task) : fetch(request),
  );
  await assertRejects(
    () => dns.exportZoneFile({ name: "zone-1.example" }),
    CloudError,
    "exportZoneFile: OpenStack failed: zone too large",
  );
});

Deno.test("OpenStackDnsDriver.setRecordSet() replaces a record set that another writer has just created", async () => {
  const { credentials, fetch } = new OpenStackSimulator({ zones: 1 });
  const zone = { name: "zone-1.example" };
  const set = { name: "race", type: "A", ttl: 300 } as const;
  const other = new OpenStackDnsDriver({ ...credentials, fetch });
  let isFirst = true;
  const dns = new OpenStackDnsDriver({
    ...credentials,
    fetch: async (request) => {
      const isCreation = request.method === "POST" &&
        request.url.endsWith("/recordsets");
      if (isCreation && isFirst) {
        isFirst = false;
        await other.setRecordSet(zone, { ...set, data: ["192.0.2.1"] });
      }
      return await fetch(request);
    },
  });
  await dns.setRecordSet(zone, { ...set, data: ["192.0.2.2"] });
  assertEquals((await dns.getRecordSet(zone, set)).data, ["192.0.2.2"]);
  // One that has to be new is never replaced.
  isFirst = true;
  const after = { ...set, name: "new", data: ["192.0.2.2"] } as const;
  await dns.setRecordSet(zone, { ...set, name: "new", data: ["192.0.2.1"] });
  await assertRejects(
    () => dns.changeRecordSets(zone, [{ action: "create", after }]),
    ConflictError,
  );
});
