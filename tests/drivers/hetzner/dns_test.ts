import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  CloudError,
  ConflictError,
  type ConnectionOptions,
  NotFoundError,
  ValidationError,
} from "../../../core/mod.ts";
import {
  changesOf,
  RecordSetConflictError,
  type RecordSetInput,
} from "../../../core/dns/mod.ts";
import { HetznerNodeDriver } from "../../../drivers/hetzner/compute.ts";
import { HetznerDnsDriver } from "../../../drivers/hetzner/dns.ts";
import { LinodeNodeDriver } from "../../../drivers/linode/compute.ts";
import {
  HetznerSimulator,
  type HetznerSimulatorOptions,
} from "../../../simulators/hetzner/mod.ts";
import { replay } from "../../_support/replay.ts";

/** Creates a driver whose responses the test chooses. */
function hetzner(fetch: ConnectionOptions["fetch"]) {
  return new HetznerDnsDriver({ token: "t0ken", retry: false, fetch });
}

const ZONE = { id: "42", name: "example.com" };
const SETS = "/v1/zones/42/rrsets";
const meta = (total_entries: number) => ({
  pagination: { next_page: null, total_entries },
});

/** A record set as Hetzner returns it. */
function rrset(
  name: string,
  type: string,
  values: readonly string[],
  more: object = {},
) {
  return {
    id: `${name}/${type}`,
    name,
    type,
    ttl: null,
    labels: {},
    protection: { change: false },
    records: values.map((value) => ({ value })),
    zone: 42,
    ...more,
  };
}

const list = (...rrsets: readonly object[]) => ({
  rrsets,
  meta: meta(rrsets.length),
});

/** The exchange that reads one record set. */
const read = (name: string, type: string, ...found: readonly object[]) => ({
  request: `GET ${SETS}?name=${name}&type=${type}&per_page=100`,
  json: list(...found),
});

const action = (status: string, id = 7) => ({
  action: {
    id,
    command: "set_rrset_records",
    status,
    progress: 100,
    started: "2016-01-30T23:50:00Z",
    finished: null,
    resources: [{ id: 42, type: "zone" }],
    error: status === "error"
      ? { code: "action_failed", message: "Action failed" }
      : null,
  },
});

const started = { status: 201, json: action("running") };
const applied = { status: 201, json: action("success") };
const finished = {
  request: "GET /v1/zones/actions/7",
  json: action("success"),
};

const error = (status: number, code: string) => ({
  status,
  json: { error: { code, message: code, details: null } },
});

/** A driver for a simulator, which also handles other requests. */
function simulated(options: HetznerSimulatorOptions = {}) {
  const { credentials, fetch } = new HetznerSimulator({ zones: 1, ...options });
  const create = () =>
    new HetznerDnsDriver({
      ...credentials,
      fetch,
      retry: { baseMs: 2, maxAttempts: 4 },
    });
  const send = async (method: string, path: string, body: object) => {
    const response = await fetch(
      new Request(`https://api.hetzner.cloud/v1${path}`, {
        method,
        headers: {
          authorization: `Bearer ${credentials.token}`,
          "content-type": "application/json",
        },
        body: JSON.stringify(body),
      }),
    );
    return await response.json();
  };
  return { dns: create(), create, send, zone: { name: "zone-1.example" } };
}

Deno.test("HetznerDnsDriver converts zones", async () => {
  using fetch = replay([
    {
      request: "GET /v1/zones?per_page=50",
      fixture: "hetzner/list_zones.json",
    },
    {
      request: "POST /v1/zones",
      body: {
        name: "example.com",
        mode: "primary",
        ttl: 10800,
        labels: { key: "value" },
      },
      status: 201,
      fixture: "hetzner/create_zone.json",
    },
    {
      request: "GET /v1/zones/example.com",
      fixture: "hetzner/get_zone.json",
    },
    { request: "DELETE /v1/zones/42", ...applied },
  ]);
  const dns = hetzner(fetch);
  const zone = {
    id: "42",
    name: "example.com",
    kind: "primary" as const,
    state: "active" as const,
    ttl: 3600,
    nameServers: [
      "hydrogen.ns.hetzner.com",
      "oxygen.ns.hetzner.com",
      "helium.ns.hetzner.de",
    ],
    createdAt: "2016-01-30T23:50:00Z",
    extra: {
      status: "ok",
      labels: { key: "value" },
      isProtected: false,
      delegation: "valid",
      recordCount: 4,
      primaries: [],
    },
  };
  assertEquals(await dns.listZones(), [zone]);
  assertEquals(
    await dns.createZone({
      name: "Example.com.",
      ttl: 10800,
      labels: { key: "value" },
    }),
    zone,
  );
  assertEquals(await dns.getZone({ name: "example.com" }), zone);
  await dns.deleteZone(zone);
});

Deno.test("HetznerDnsDriver knows every state of a zone", async () => {
  const { zone } = JSON.parse(
    await Deno.readTextFile(
      new URL("../../../fixtures/hetzner/get_zone.json", import.meta.url),
    ),
  );
  const cases = [
    ["ok", "active"],
    ["updating", "pending"],
    ["error", "error"],
    ["else", "unknown"],
  ] as const;
  for (const [status, state] of cases) {
    using fetch = replay([
      { request: "GET /v1/zones/42", json: { zone: { ...zone, status } } },
    ]);
    const found = await hetzner(fetch).getZone("42");
    assertEquals(found.state, state);
    assertEquals(found.extra.status, status);
  }
});

Deno.test("HetznerDnsDriver.createSecondaryZone() sends the primary servers", async () => {
  const { dns } = simulated();
  const zone = await dns.createSecondaryZone({
    name: "example.com",
    primaries: ["198.51.100.1"],
  });
  assertEquals(zone.kind, "secondary");
  assertEquals(zone.extra.primaries, ["198.51.100.1"]);
  await assertRejects(
    () => dns.createSecondaryZone({ name: "a.example", primaries: [] }),
    TypeError,
    "createSecondaryZone: primaries must be a non-empty array",
  );
  const set = { name: "a", type: "A", data: ["192.0.2.1"] } as const;
  await assertRejects(
    () => dns.addRecord(zone, set),
    ValidationError,
    "zone has the wrong mode",
  );
});

Deno.test("HetznerDnsDriver.listRecordSets() reads the values of zone files", async () => {
  using fetch = replay([
    { request: "GET /v1/zones/42", fixture: "hetzner/get_zone.json" },
    {
      request: `GET ${SETS}?per_page=100`,
      fixture: "hetzner/list_rrsets.json",
    },
  ]);
  // The name of the zone is needed for relative values.
  const sets = await hetzner(fetch).listRecordSets("42");
  assertEquals(
    sets.map(({ id, ttl, data }) => ({ id, ttl, data })),
    [
      {
        id: "@ SOA",
        ttl: undefined,
        data: [
          "hydrogen.ns.hetzner.com. dns.hetzner.com. 2024010100 86400 10800 3600000 3600",
        ],
      },
      {
        id: "@ NS",
        ttl: 10800,
        data: [
          "hydrogen.ns.hetzner.com",
          "oxygen.ns.hetzner.com",
          "helium.ns.hetzner.de",
        ],
      },
      { id: "www A", ttl: 3600, data: ["198.51.100.1"] },
      {
        id: "@ MX",
        ttl: 300,
        data: [
          { preference: 10, host: "mail.example.com" },
          { preference: 20, host: "mx.example.net" },
        ],
      },
      { id: "txt TXT", ttl: undefined, data: [['a "b"; c', "ü"]] },
      { id: "*.dev CNAME", ttl: 60, data: ["www.example.com"] },
      {
        id: "_sip._tcp SRV",
        ttl: undefined,
        data: [{
          priority: 10,
          weight: 20,
          port: 5060,
          host: "sip.example.net",
        }],
      },
      {
        id: "@ CAA",
        ttl: undefined,
        data: [{ flags: 0, tag: "issue", value: "ca.example; a=b" }],
      },
      {
        id: "@ HTTPS",
        ttl: undefined,
        data: [{ priority: 1, target: ".", params: { alpn: "h2,h3" } }],
      },
    ] as never[],
  );
  assertEquals(sets[1]?.extra.records[0], {
    value: "hydrogen.ns.hetzner.com.",
    comment: "Some comment.",
  });
});

Deno.test("HetznerDnsDriver.listRecordSets() lists a type that is not known here with its text", async () => {
  using fetch = replay([{
    request: `GET ${SETS}?per_page=100`,
    json: list(rrset("@", "ALIAS", ["web.example.net."])),
  }]);
  const [set] = await hetzner(fetch).listRecordSets(ZONE);
  assertEquals(set?.data as unknown, ["web.example.net."]);
});

Deno.test("HetznerDnsDriver.setRecordSet() creates a record set that is missing", async () => {
  using fetch = replay([
    read("www", "A"),
    {
      request: `POST ${SETS}`,
      body: {
        name: "www",
        type: "A",
        ttl: 300,
        records: [{ value: "192.0.2.1" }],
      },
      ...started,
    },
    { request: "GET /v1/zones/actions/7", json: action("running") },
    finished,
  ]);
  const dns = hetzner(fetch);
  const set = {
    name: "www",
    type: "A",
    ttl: 300,
    data: ["192.0.2.1"],
  } as const;
  const change = await dns.setRecordSet(ZONE, set);
  assertEquals(change, { state: "done" });
});

Deno.test("HetznerDnsDriver.setRecordSet() changes values and TTL, and keeps comments", async () => {
  const found = rrset("www", "A", [], {
    ttl: 60,
    records: [
      { value: "192.0.2.1", comment: "first" },
      { value: "192.0.2.2", comment: "second" },
    ],
  });
  const path = `POST ${SETS}/www/A/actions`;
  using fetch = replay([
    read("www", "A", found),
    {
      request: `${path}/set_records`,
      body: {
        records: [
          { value: "192.0.2.2", comment: "second" },
          { value: "192.0.2.3" },
        ],
      },
      ...started,
    },
    finished,
    {
      request: `${path}/change_ttl`,
      body: { ttl: null },
      status: 201,
      json: action("success"),
    },
    read("www", "A", found),
    { request: `${path}/change_ttl`, body: { ttl: 300 }, ...applied },
    read("www", "A", found),
  ]);
  const dns = hetzner(fetch);
  const set = (data: readonly string[], ttl?: number) =>
    dns.setRecordSet(ZONE, { name: "www", type: "A", ttl, data });
  assertEquals(await set(["192.0.2.3", "192.0.2.2"]), { state: "done" });
  assertEquals(await set(["192.0.2.2", "192.0.2.1"], 300), { state: "done" });
  // Nothing differs.
  assertEquals(await set(["192.0.2.2", "192.0.2.1"], 60), { state: "done" });
});

Deno.test("HetznerDnsDriver.setRecordSet() tells that values were changed if the TTL was not", async () => {
  const found = rrset("www", "A", ["192.0.2.1"], { ttl: 60 });
  const path = `POST ${SETS}/www/A/actions`;
  using fetch = replay([
    read("www", "A", found),
    {
      request: `${path}/set_records`,
      body: { records: [{ value: "192.0.2.2" }] },
      ...applied,
    },
    {
      request: `${path}/change_ttl`,
      body: { ttl: 300 },
      status: 422,
      json: { error: { code: "invalid_input", message: "no" } },
    },
  ]);
  const set = {
    name: "www",
    type: "A",
    ttl: 300,
    data: ["192.0.2.2"],
  } as const;
  const error = await assertRejects(
    () => hetzner(fetch).setRecordSet(ZONE, set),
    ValidationError,
  );
  assertEquals(error.mayHaveBeenApplied, true);
});

Deno.test("HetznerDnsDriver.setRecordSet() goes on if another writer creates or deletes the set", async () => {
  const found = rrset("www", "A", ["192.0.2.1"]);
  const records = [{ value: "192.0.2.2" }];
  const create = {
    request: `POST ${SETS}`,
    body: { name: "www", type: "A", records },
  };
  const replace = {
    request: `POST ${SETS}/www/A/actions/set_records`,
    body: { records },
  };
  using fetch = replay([
    read("www", "A"),
    { ...create, ...error(409, "uniqueness_error") },
    read("www", "A", found),
    { ...replace, ...applied },
    read("www", "A", found),
    { ...replace, ...error(404, "not_found") },
    read("www", "A"),
    { ...create, ...applied },
    // It is still there, so the reason is another one.
    read("www", "A", found),
    { ...replace, ...error(404, "not_found") },
    read("www", "A", found),
  ]);
  const dns = hetzner(fetch);
  const set = { name: "www", type: "A", data: ["192.0.2.2"] } as const;
  await dns.setRecordSet(ZONE, set);
  await dns.setRecordSet(ZONE, set);
  await assertRejects(() => dns.setRecordSet(ZONE, set), NotFoundError);
});

Deno.test("HetznerDnsDriver.deleteRecordSet() deletes only what is there", async () => {
  const found = rrset("@", "MX", ["10 mail"]);
  using fetch = replay([
    read("%40", "MX", found),
    { request: `DELETE ${SETS}/%40/MX`, ...applied },
    read("%40", "MX"),
  ]);
  const dns = hetzner(fetch);
  const key = { name: "@", type: "MX" } as const;
  assertEquals(await dns.deleteRecordSet(ZONE, key), { state: "done" });
  assertEquals(await dns.deleteRecordSet(ZONE, key), { state: "done" });
});

Deno.test("HetznerDnsDriver.addRecord() adds single values, and sends a TTL only for a new set", async () => {
  const path = `POST ${SETS}/_acme-challenge/TXT/actions/add_records`;
  using fetch = replay([
    read("_acme-challenge", "TXT"),
    {
      request: path,
      body: { records: [{ value: '"a \\"b\\""' }], ttl: 60 },
      ...applied,
    },
    read(
      "_acme-challenge",
      "TXT",
      rrset("_acme-challenge", "TXT", ['"a \\"b\\""', '"c"'], { ttl: 300 }),
    ),
    { request: path, body: { records: [{ value: '"d"' }] }, ...applied },
    read(
      "_acme-challenge",
      "TXT",
      rrset("_acme-challenge", "TXT", ['"d"']),
    ),
  ]);
  const dns = hetzner(fetch);
  const add = (...data: readonly string[]) =>
    dns.addRecord(ZONE, {
      name: "_acme-challenge",
      type: "TXT",
      ttl: 60,
      data,
    });
  assertEquals(await add('a "b"'), { state: "done" });
  await add("c", "d");
  assertEquals(await add("d"), { state: "done" });
});

Deno.test("HetznerDnsDriver.removeRecord() sends values as Hetzner has them", async () => {
  // Another client cut the text elsewhere, and wrote a relative host.
  const text = rrset("txt", "TXT", ['"ab" "c"', '"d"']);
  const mx = rrset("@", "MX", ["10 mail", "20 mx.example.net."]);
  using fetch = replay([
    read("txt", "TXT", text),
    {
      request: `POST ${SETS}/txt/TXT/actions/remove_records`,
      body: { records: [{ value: '"ab" "c"' }] },
      ...applied,
    },
    read("%40", "MX", mx),
    {
      request: `POST ${SETS}/%40/MX/actions/remove_records`,
      body: { records: [{ value: "10 mail" }] },
      ...applied,
    },
  ]);
  const dns = hetzner(fetch);
  await dns.removeRecord(ZONE, {
    name: "txt",
    type: "TXT",
    data: ["abc", "x"],
  });
  await dns.removeRecord(ZONE, {
    name: "@",
    type: "MX",
    data: [{ preference: 10, host: "mail.example.com" }],
  });
});

Deno.test("HetznerDnsDriver.addRecord() reads again if another writer was faster", async () => {
  const add = {
    request: `POST ${SETS}/a/A/actions/add_records`,
    body: { records: [{ value: "192.0.2.1" }] },
  };
  const set = { name: "a", type: "A", ttl: 60, data: ["192.0.2.1"] } as const;
  const other = rrset("a", "A", ["192.0.2.9"], { ttl: 300 });
  using fetch = replay([
    read("a", "A"),
    {
      ...add,
      body: { ...add.body, ttl: 60 },
      ...error(422, "invalid_input"),
    },
    read("a", "A", other),
    read("a", "A", other),
    { ...add, ...applied },
    // The set stays the same, so the request is really invalid.
    read("a", "A", other),
    { ...add, ...error(422, "invalid_input") },
    read("a", "A", other),
    // What another writer protects stays protected.
    read("a", "A", other),
    { ...add, ...error(403, "protected") },
  ]);
  const dns = hetzner(fetch);
  await dns.addRecord(ZONE, set);
  await assertRejects(() => dns.addRecord(ZONE, set), ValidationError);
  const refused = await assertRejects(
    () => dns.addRecord(ZONE, set),
    ConflictError,
  );
  assert(!RecordSetConflictError.is(refused));
});

Deno.test("HetznerDnsDriver waits for each change, and tells which failed", async () => {
  const sets = ["a", "b", "c"].map((name): RecordSetInput => ({
    name,
    type: "A",
    data: ["192.0.2.1"],
  }));
  const create = (id: number) => ({
    request: `POST ${SETS}`,
    body: {
      name: sets[id - 1]?.name,
      type: "A",
      records: [{ value: "192.0.2.1" }],
    },
    status: 201,
    json: action("running", id),
  });
  using fetch = replay([
    { request: `GET ${SETS}?per_page=100`, json: list() },
    create(1),
    { request: "GET /v1/zones/actions/1", json: action("success", 1) },
    create(2),
    { request: "GET /v1/zones/actions/2", json: action("error", 2) },
  ]);
  const failed = await assertRejects(
    () =>
      hetzner(fetch).changeRecordSets(
        ZONE,
        sets.map((after) => ({ action: "create", after })),
      ),
    CloudError,
    'changeRecordSets: set_rrset_records failed: "Action failed" (action 2); ' +
      "1 of 3 changes were made",
  );
  const progress = changesOf(failed);
  assertEquals([progress?.done.length, progress?.left.length], [1, 2]);
});

Deno.test("HetznerDnsDriver.setRecordSet() rejects if its action fails", async () => {
  const { dns, zone } = simulated({ fails: () => true, actionMs: 5 });
  const set = { name: "a", type: "A", data: ["192.0.2.1"] } as const;
  const error = await assertRejects(
    () => dns.setRecordSet(zone, set),
    CloudError,
    "setRecordSet: create_rrset failed",
  );
  assertEquals(error.mayHaveBeenApplied, true);
});

Deno.test("HetznerDnsDriver lists a change as soon as it is made", async () => {
  const { dns, zone } = simulated({ actionMs: 5 });
  const set = { name: "a", type: "A", ttl: 300, data: ["192.0.2.1"] } as const;
  await dns.setRecordSet(zone, set);
  assertEquals((await dns.getRecordSet(zone, set)).data, ["192.0.2.1"]);
  await dns.addRecord(zone, { ...set, data: ["192.0.2.2"] });
  const { data } = await dns.getRecordSet(zone, set);
  assertEquals(data, ["192.0.2.1", "192.0.2.2"]);
  await dns.deleteRecordSet(zone, set);
  await assertRejects(() => dns.getRecordSet(zone, set), NotFoundError);
});

Deno.test("HetznerDnsDriver waits while a zone is locked", async () => {
  const { dns, send, zone } = simulated({ actionMs: 5 });
  const set = { name: "a", type: "A", data: ["192.0.2.1"] } as const;
  await send("POST", "/zones/zone-1.example/actions/change_ttl", { ttl: 600 });
  await dns.setRecordSet(zone, set);
  assertEquals((await dns.getRecordSet(zone, set)).data, ["192.0.2.1"]);
  assertEquals((await dns.getZone(zone)).ttl, 600);
});

Deno.test("HetznerDnsDriver loses no value of 20 writers while changes lock the zone", async () => {
  const { create, dns, zone } = simulated({ actionMs: 1 });
  const values = Array.from({ length: 20 }, (_, index) => `value-${index}`);
  const key = { name: "_acme-challenge", type: "TXT" } as const;
  const changes = await Promise.all(
    values.map((value) =>
      create().addRecord(zone, { ...key, ttl: 60, data: [value] })
    ),
  );
  for (const change of changes) {
    await dns.waitForChange(change, { intervalMs: 2 });
  }
  const { data } = await dns.getRecordSet(zone, key);
  assertEquals([...data].sort(), values.toSorted());
  const removals = await Promise.all(
    values.slice(1).map((value) =>
      create().removeRecord(zone, { ...key, data: [value] })
    ),
  );
  for (const change of removals) {
    await dns.waitForChange(change, { intervalMs: 2 });
  }
  assertEquals((await dns.getRecordSet(zone, key)).data, ["value-0"]);
});

Deno.test("HetznerDnsDriver rejects changes of what is protected at once", async () => {
  const { dns, send, zone } = simulated({ actionMs: 0 });
  const path = "/zones/zone-1.example";
  await send("POST", `${path}/actions/change_protection`, { delete: true });
  await send("POST", `${path}/rrsets/www/A/actions/change_protection`, {
    change: true,
  });
  const set = { name: "www", type: "A", data: ["192.0.2.9"] } as const;
  assertEquals((await dns.getZone(zone)).extra.isProtected, true);
  assertEquals((await dns.getRecordSet(zone, set)).extra.isProtected, true);
  for (
    const run of [
      () => dns.deleteZone(zone),
      () => dns.setRecordSet(zone, set),
      () => dns.addRecord(zone, set),
      () => dns.removeRecord(zone, { ...set, data: ["192.0.2.1"] }),
      () => dns.deleteRecordSet(zone, { name: "www", type: "A" }),
    ]
  ) {
    const error = await assertRejects(run, ConflictError, "is protected");
    assertEquals(error.code, "protected");
  }
});

Deno.test("HetznerDnsDriver.updateZone() changes the TTL, and returns the zone", async () => {
  const { dns, zone } = simulated({ actionMs: 1 });
  assertEquals((await dns.updateZone(zone, { ttl: 120 })).ttl, 120);
  assertEquals((await dns.updateZone(zone, {})).ttl, 120);
  await assertRejects(
    () => dns.updateZone(zone, { ttl: 59 }),
    RangeError,
    "updateZone: ttl must be an integer from 60 to 2147483647, got 59",
  );
});

Deno.test("HetznerDnsDriver exports and imports zone files", async () => {
  const { dns, zone } = simulated({ actionMs: 1 });
  const text = await dns.exportZoneFile(zone);
  assert(text.includes("\nwww\t300\tIN\tA\t192.0.2.1 ; web-1\n"), text);
  const changed = text.replace("$TTL\t3600", "$TTL\t600")
    .replace(
      /^www\t300\tIN\tAAAA.*\n/m,
      'b 60 IN TXT ( "x;y"\n "z" ) ; note\n',
    );
  const change = await dns.importZoneFile(zone, changed);
  await dns.waitForChange(change, { intervalMs: 2 });
  assertEquals((await dns.getZone(zone)).ttl, 600);
  const set = await dns.getRecordSet(zone, { name: "b", type: "TXT" });
  assertEquals([set.ttl, set.data], [60, [["x;y", "z"]]]);
  assertEquals(set.extra.records, [{ value: '"x;y" "z"', comment: "note" }]);
  await assertRejects(
    () => dns.getRecordSet(zone, { name: "www", type: "AAAA" }),
    NotFoundError,
  );
  const www = await dns.getRecordSet(zone, { name: "www", type: "A" });
  assertEquals(www.extra.records[0]?.comment, "web-1");
  await assertRejects(
    () => dns.importZoneFile(zone, "www IN A 192.0.2.1"),
    ValidationError,
    "needs the SOA record",
  );
  await assertRejects(
    () => dns.importZoneFile(zone, 5 as never),
    TypeError,
    "importZoneFile: text must be a string, got number 5",
  );
});

Deno.test("HetznerDnsDriver rejects before any request what Hetzner cannot hold", async () => {
  using fetch = replay([]);
  const dns = hetzner(fetch);
  const a = { name: "x", type: "A", data: ["192.0.2.1"] } as const;
  const many = Array.from({ length: 51 }, (_, index) => `192.0.2.${index}`);
  const cases: readonly (readonly [set: RecordSetInput, message: string])[] = [
    [
      { name: "x", type: "LOC", data: ["1 N 1 E 0m"] },
      "Hetzner Cloud does not support the type LOC; it supports A, AAAA",
    ],
    [{ ...a, ttl: 59 }, "ttl must be an integer from 60 to 2147483647, got 59"],
    [
      { ...a, data: many },
      "data has 51 values; Hetzner Cloud accepts at most 50",
    ],
  ];
  for (const [set, message] of cases) {
    const error = await assertRejects(
      () => dns.setRecordSet(ZONE, set),
      Error,
      `setRecordSet: ${message}`,
    );
    assert(error instanceof TypeError || error instanceof RangeError);
    assertThrows(() => dns.normalizeRecordSet(set), Error, message);
  }
  assertEquals(dns.normalizeRecordSet(a).ttl, undefined);
  assertEquals(
    dns.normalizeRecordSet({ ...a, data: many.slice(1) }).data.length,
    50,
  );
});

Deno.test("HetznerDnsDriver does not filter by a type that Hetzner lacks", async () => {
  using fetch = replay([
    {
      request: `GET ${SETS}?name=x&per_page=100`,
      json: list(rrset("x", "A", ["192.0.2.1"])),
    },
  ]);
  await assertRejects(
    () => hetzner(fetch).getRecordSet(ZONE, { name: "x", type: "SSHFP" }),
    NotFoundError,
    "getRecordSet: no record set x SSHFP",
  );
});

Deno.test("HetznerDnsDriver shares the connection of a sibling", async () => {
  const { credentials, fetch } = new HetznerSimulator({ nodes: 1, zones: 1 });
  const { connection } = new HetznerNodeDriver({ ...credentials, fetch });
  const dns = new HetznerDnsDriver({ connection });
  assertEquals(dns.connection, connection);
  assertEquals((await dns.listZones()).map(({ name }) => name), [
    "zone-1.example",
  ]);
  const other = new LinodeNodeDriver({ token: "t0ken" });
  assertThrows(
    () => new HetznerDnsDriver({ connection: other.connection }),
    TypeError,
    "HetznerDnsDriver: connection must be that of a driver for hetzner",
  );
});
