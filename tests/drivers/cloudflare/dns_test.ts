import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  ConflictError,
  type ConnectionOptions,
  InvalidCredsError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitReachedError,
  ServiceUnavailableError,
  TimeoutError,
  ValidationError,
} from "../../../core/mod.ts";
import {
  joinText,
  parseRecordData,
  type RecordSetInput,
  relativeName,
} from "../../../core/dns/mod.ts";
import { planZone, syncZone } from "../../../core/dns/plan.ts";
import {
  CloudflareDnsDriver,
  type CloudflareRecordSetInput,
} from "../../../drivers/cloudflare/dns.ts";
import { CloudflareSimulator } from "../../../simulators/cloudflare/mod.ts";
import { replay } from "../../_support/replay.ts";

const ZONE = { id: "1".repeat(32), name: "example.com" };
const AT = `/client/v4/zones/${ZONE.id}`;
const RECORDS = `${AT}/dns_records`;
const A = { name: "www", type: "A" } as const;
const LIST_A = `GET ${RECORDS}?name.exact=www.example.com&type=A&per_page=1000`;

/** Creates a driver whose responses the test chooses. */
function cloudflare(fetch: ConnectionOptions["fetch"], accountId?: string) {
  return new CloudflareDnsDriver({
    token: "t0ken",
    accountId,
    retry: false,
    fetch,
  });
}

/** Creates a driver with a simulated account, and a log of its requests. */
function simulated(
  options: ConstructorParameters<typeof CloudflareSimulator>[0] = { zones: 1 },
) {
  const simulator = new CloudflareSimulator(options);
  const log: string[] = [];
  const fetch = (request: Request) => {
    const { pathname } = new URL(request.url);
    log.push(`${request.method} ${pathname.replace(/[\da-f]{32}/g, "ID")}`);
    return simulator.fetch(request);
  };
  const dns = new CloudflareDnsDriver({
    ...simulator.credentials,
    retry: false,
    fetch,
  });
  return { dns, simulator, log, zone: { name: "zone-1.example" } };
}

const result = (result: unknown) => ({
  result,
  success: true,
  errors: [],
  messages: [],
});

const page = (items: readonly unknown[]) => ({
  ...result(items),
  result_info: {
    page: 1,
    per_page: 1000,
    count: items.length,
    total_count: items.length,
    total_pages: 1,
  },
});

/** A record as Cloudflare returns it. */
function record(id: number, content: string, values: object = {}) {
  return {
    id: String(id).padStart(32, "0"),
    type: "A",
    name: "www.example.com",
    content,
    ttl: 1,
    proxied: false,
    comment: null,
    tags: [],
    ...values,
  };
}

Deno.test("CloudflareDnsDriver.listZones() maps states and kinds", async () => {
  using fetch = replay([{
    request: "GET /client/v4/zones?per_page=50",
    headers: { authorization: "Bearer t0ken" },
    fixture: "cloudflare/list_zones.json",
  }]);
  const zones = await cloudflare(fetch).listZones();
  assertEquals(zones.map(({ name, kind, state }) => [name, kind, state]), [
    ["example.com", "primary", "active"],
    ["example.net", "primary", "pending"],
    ["example.org", "primary", "paused"],
    ["moved.example", "primary", "error"],
    ["copy.example", "secondary", "active"],
  ]);
  assertEquals(zones[0], {
    id: ZONE.id,
    name: "example.com",
    kind: "primary",
    state: "active",
    nameServers: ["ada.ns.cloudflare.com", "bob.ns.cloudflare.com"],
    createdAt: "2026-08-04T12:05:21.115Z",
    extra: {
      status: "active",
      isPaused: false,
      type: "full",
      accountId: "023e105f4ecef8ad9ca31a8372d0c353",
      plan: "Free Website",
      originalNameServers: ["ns1.example.net", "ns2.example.net"],
    },
  });
  assertEquals(zones[4]?.nameServers, []);
});

Deno.test("CloudflareDnsDriver reads names that Cloudflare writes in Unicode", async () => {
  const zone = { id: ZONE.id, name: "bücher.example", status: "active" };
  using fetch = replay([
    { request: "GET /client/v4/zones?per_page=50", json: page([zone]) },
    {
      request: `GET ${RECORDS}?per_page=1000`,
      json: page([
        record(1, "192.0.2.1", { name: "*.straße.bücher.example" }),
      ]),
    },
  ]);
  const dns = cloudflare(fetch);
  const [found] = await dns.listZones();
  assertEquals(found?.name, "xn--bcher-kva.example");
  const sets = await dns.listRecordSets(found!);
  assertEquals(sets.map(({ name }) => name), ["*.xn--strae-oqa"]);
});

Deno.test("CloudflareDnsDriver.createZone() needs the id of an account", async () => {
  const request = "POST /client/v4/zones";
  const fixture = "cloudflare/create_zone.json";
  const body = (id: string) => ({
    name: "example.net",
    account: { id },
    type: "full",
  });
  using fetch = replay([
    { request, body: body("mine"), fixture },
    { request, body: body("other"), fixture },
  ]);
  const dns = cloudflare(fetch, "mine");
  const zone = await dns.createZone({ name: "Example.NET." });
  assertEquals(zone.state, "pending");
  await dns.createZone({ name: "example.net", accountId: "other" });
  await assertRejects(
    () => cloudflare(fetch).createZone({ name: "example.net" }),
    TypeError,
    "createZone: accountId must be a non-empty string, got undefined",
  );
  await assertRejects(
    () => dns.createZone({ name: "example.net", ttl: 60 }),
    TypeError,
    "createZone: Cloudflare does not support ttl",
  );
  assertThrows(() => cloudflare(fetch, ""), TypeError, "accountId");
});

Deno.test("CloudflareDnsDriver.findZone() looks up names from the longest on, in its account", async () => {
  const lookUp = (name: string) =>
    `GET /client/v4/zones?name=${name}&account.id=mine&per_page=50`;
  const zone = (id: string, status: string) => ({
    id,
    name: "example.com",
    status,
    type: "full",
  });
  using fetch = replay([
    { request: lookUp("a.www.example.com"), json: page([]) },
    { request: lookUp("www.example.com"), json: page([]) },
    {
      request: lookUp("example.com"),
      json: page([zone("1", "moved"), zone("2", "active")]),
    },
    { request: lookUp("example.org"), json: page([]) },
  ]);
  const dns = cloudflare(fetch, "mine");
  assertEquals((await dns.findZone("a.www.example.com")).id, "2");
  await assertRejects(() => dns.findZone("example.org"), NotFoundError);
});

Deno.test("CloudflareDnsDriver.listRecordSets() reads every type", async () => {
  using fetch = replay([{
    request: `GET ${RECORDS}?per_page=1000`,
    fixture: "cloudflare/list_dns_records.json",
  }]);
  const sets = await cloudflare(fetch).listRecordSets(ZONE);
  const found = Object.fromEntries(
    sets.map((
      { name, type, ttl, data },
    ) => [`${name} ${type}`, [ttl, ...data]]),
  );
  assertEquals(found, {
    "@ A": [300, "192.0.2.1"],
    "www A": [120, "192.0.2.2", "192.0.2.3"],
    "www AAAA": [300, "2001:db8::1"],
    "@ MX": [300, { preference: 5, host: "mx1.example.net" }],
    "none MX": [300, { preference: 0, host: "." }],
    "*.dev CNAME": [300, "www.example.net"],
    "sub NS": [300, "ns1.example.net"],
    "4 PTR": [300, "localhost."],
    "q TXT": [
      300,
      'in"side',
      "v=spf1 ip4:192.0.2.1 -all",
      ["1back\\slash", "\udcff "],
    ],
    "@ CAA": [300, {
      flags: 0,
      tag: "issue",
      value: "letsencrypt.org; validationmethods=dns-01",
    }],
    "_sip._tcp SRV": [300, {
      priority: 5,
      weight: 6,
      port: 7,
      host: "sip.example.net",
    }],
    "n NAPTR": [300, {
      order: 103,
      preference: 20,
      flags: "A",
      services: "E2U+sip",
      regexp: "",
      replacement: "n.example.net",
    }],
    "@ SSHFP": [300, {
      algorithm: 1,
      fingerprintType: 1,
      fingerprint: "66c7d5540b7d75a1fb4c84febfa178ad99bdd67c",
    }],
    "_443._tcp TLSA": [300, {
      usage: 3,
      selector: 1,
      matchingType: 1,
      data: "0123456789abcdef",
    }],
    "sub DS": [300, {
      keyTag: 35632,
      algorithm: 13,
      digestType: 1,
      digest: "1e07663ff507a40874b8605463dd41de482079d6",
    }],
    "loc LOC": [
      300,
      "42 21 43.950 N 71 5 6.340 W -24.05m 30.00m 0.00m 0.00m",
    ],
    "h HTTPS": [300, {
      priority: 1,
      target: ".",
      params: { alpn: "h3,h2", port: "8443" },
    }],
    "u URI": [300, '10 1 "https://example.net/a\\"b"'],
    "c CERT": [300, "1 2 3 YWJj"],
    "o OPENPGPKEY": [300, "YWJj"],
    "old SPF": [300, "v=spf1 -all"],
  });
  const extraOf = (name: string, type: string) =>
    sets.find((set) => set.name === name && set.type === type)?.extra;
  assertEquals(extraOf("@", "A"), {
    proxied: true,
    records: [{
      id: "1".padStart(32, "0"),
      extra: {
        proxied: true,
        isTtlAutomatic: true,
        comment: "main site",
        tags: [],
      },
    }],
  });
  assertEquals(extraOf("www", "A")?.proxied, false);
  assertEquals(
    extraOf("www", "A")?.records.map(({ ttl, extra }) => [ttl, extra.tags]),
    [[3600, ["team:web"]], [undefined, []]],
  );
});

Deno.test("CloudflareDnsDriver sends parts for the types that have them", async () => {
  const cases = [
    ["A", "192.0.2.1", { content: "192.0.2.1" }],
    ["CNAME", "www.example.net", { content: "www.example.net" }],
    ["PTR", "localhost.", { content: "localhost" }],
    ["MX", { preference: 5, host: "mx.example.net" }, {
      content: "mx.example.net",
      priority: 5,
    }],
    ["MX", { preference: 0, host: "." }, { content: ".", priority: 0 }],
    ["TXT", 'a "b"; \\c\0\udcff', {
      content: '"a \\"b\\"; \\\\c\\000\\255"',
    }],
    ["TXT", ["a", "b"], { content: '"a" "b"' }],
    ["SRV", { priority: 1, weight: 2, port: 3, host: "." }, {
      data: { priority: 1, weight: 2, port: 3, target: "." },
    }],
    ["CAA", { flags: 128, tag: "issue", value: 'ca.example; a="b"' }, {
      data: { flags: 128, tag: "issue", value: 'ca.example; a="b"' },
    }],
    ["DS", { keyTag: 1, algorithm: 13, digestType: 2, digest: "AB" }, {
      data: { key_tag: 1, algorithm: 13, digest_type: 2, digest: "ab" },
    }],
    ["SSHFP", { algorithm: 1, fingerprintType: 2, fingerprint: "ab" }, {
      data: { algorithm: 1, type: 2, fingerprint: "ab" },
    }],
    ["TLSA", { usage: 3, selector: 1, matchingType: 2, data: "ab" }, {
      data: { usage: 3, selector: 1, matching_type: 2, certificate: "ab" },
    }],
    ["NAPTR", {
      order: 1,
      preference: 2,
      flags: "U",
      services: "E2U+sip",
      regexp: "!^.*$!sip:\\1@example.net!",
      replacement: "n.example.net",
    }, {
      data: {
        order: 1,
        preference: 2,
        flags: "U",
        service: "E2U+sip",
        regex: "!^.*$!sip:\\1@example.net!",
        replacement: "n.example.net",
      },
    }],
    ["HTTPS", {
      priority: 1,
      target: "www.example.net",
      params: { alpn: "h2,h3", port: "8443" },
    }, {
      data: {
        priority: 1,
        target: "www.example.net",
        value: "alpn=h2,h3 port=8443",
      },
    }],
    ["SVCB", { priority: 0, target: "www.example.net", params: {} }, {
      data: { priority: 0, target: "www.example.net", value: "" },
    }],
    ["URI", '10 1 "https://example.net/\\"a\\\\b"', {
      priority: 10,
      data: { weight: 1, target: 'https://example.net/"a\\b' },
    }],
    ["CERT", "1 2 3 YWJj", {
      data: { type: 1, key_tag: 2, algorithm: 3, certificate: "YWJj" },
    }],
    ["DNSKEY", "257 3 13 YWJj", {
      data: { flags: 257, protocol: 3, algorithm: 13, public_key: "YWJj" },
    }],
    ["SMIMEA", "3 1 2 ab", {
      data: { usage: 3, selector: 1, matching_type: 2, certificate: "ab" },
    }],
    ["OPENPGPKEY", "YWJj", { content: "YWJj" }],
    ["LOC", "52 22 23.5 S 4 53 32 W -2.05m 1m 10000m 10m", {
      data: {
        lat_degrees: 52,
        lat_minutes: 22,
        lat_seconds: 23.5,
        lat_direction: "S",
        long_degrees: 4,
        long_minutes: 53,
        long_seconds: 32,
        long_direction: "W",
        altitude: -2.05,
        size: 1,
        precision_horz: 10000,
        precision_vert: 10,
      },
    }],
  ] as const;
  for (const [type, value, sent] of cases) {
    using fetch = replay([
      {
        request:
          `GET ${RECORDS}?name.exact=x.example.com&type=${type}&per_page=1000`,
        json: page([]),
      },
      {
        request: `POST ${RECORDS}`,
        body: { type, name: "x.example.com", ...sent, ttl: 60, proxied: false },
        json: result(record(1, "")),
      },
    ]);
    const set = { name: "x", type, ttl: 60, data: [value] } as RecordSetInput;
    await cloudflare(fetch).addRecord(ZONE, set);
  }
});

Deno.test("CloudflareDnsDriver.setRecordSet() makes several changes in one batch, and a single one by itself", async () => {
  const form = (content: string) => ({
    type: "A",
    name: "www.example.com",
    content,
    ttl: 1,
  });
  const id = (number: number) => String(number).padStart(32, "0");
  const [one, two, three] = ["192.0.2.1", "192.0.2.2", "192.0.2.3"] as const;
  using fetch = replay([
    { request: LIST_A, json: page([record(1, one), record(2, two)]) },
    {
      request: `POST ${RECORDS}/batch`,
      body: {
        patches: [{ id: id(1), ...form(three) }],
        posts: [{ ...form("192.0.2.4"), proxied: false }],
      },
      json: result({}),
    },
    {
      request: LIST_A,
      json: page([record(1, three, { ttl: 60 }), record(2, two)]),
    },
    {
      request: `POST ${RECORDS}/batch`,
      body: {
        deletes: [{ id: id(2) }],
        patches: [{ id: id(1), ...form(three) }],
      },
      json: result({}),
    },
    { request: LIST_A, json: page([record(1, three)]) },
    {
      request: `PATCH ${RECORDS}/${id(1)}`,
      body: form(one),
      json: result(record(1, one)),
    },
    { request: LIST_A, json: page([record(1, one)]) },
    { request: `DELETE ${RECORDS}/${id(1)}`, json: result({ id: id(1) }) },
  ]);
  const dns = cloudflare(fetch);
  const set = (...data: string[]) => dns.setRecordSet(ZONE, { ...A, data });
  await set(two, three, "192.0.2.4");
  await set(three);
  await set(one);
  await dns.deleteRecordSet(ZONE, A);
});

Deno.test("CloudflareDnsDriver.changeRecordSets() makes all changes, or none", async () => {
  const { dns, simulator, log, zone } = simulated();
  const before = simulator.inventory();
  const cname = {
    name: "www",
    type: "CNAME",
    data: ["x.example.net"],
  } as const;
  await assertRejects(
    () =>
      dns.changeRecordSets(zone, [
        {
          action: "create",
          after: { name: "a", type: "A", data: ["192.0.2.1"] },
        },
        { action: "create", after: cname },
      ]),
    ConflictError,
    "code 81053",
  );
  assertEquals(simulator.inventory(), before);
  log.length = 0;
  await dns.changeRecordSets(zone, [
    { action: "create", after: cname },
    { action: "delete", before: { name: "www", type: "A" } },
    { action: "delete", before: { name: "www", type: "AAAA" } },
    { action: "delete", before: { name: "www", type: "MX" } },
  ]);
  assertEquals(log, [
    "GET /client/v4/zones",
    "GET /client/v4/zones/ID/dns_records",
    "POST /client/v4/zones/ID/dns_records/batch",
  ]);
  const sets = await dns.listRecordSets(zone, { name: "www" });
  assertEquals(sets.map(({ type }) => type), ["CNAME"]);
});

Deno.test("CloudflareDnsDriver: a plan takes several calls if its operations do not fit into one", async () => {
  const { dns, zone, log } = simulated({ zones: 1, recordLimit: 1000 });
  const desired = Array.from({ length: 90 }, (_, index): RecordSetInput => ({
    name: `host-${index}`,
    type: "A",
    data: [1, 2, 3].map((it) => `192.0.2.${it}`),
  }));
  await syncZone(dns, zone, desired);
  const batches = log.filter((it) => it.endsWith("/batch"));
  assertEquals(batches.length, 2);
  const smaller = desired.map((set) => ({ ...set, data: ["192.0.2.9"] }));
  await syncZone(dns, zone, smaller as RecordSetInput[]);
  assertEquals(
    (await planZone(dns, zone, smaller as RecordSetInput[])).changes,
    [],
  );
});

Deno.test("CloudflareDnsDriver reads the records again if another writer was faster", async () => {
  const set = { ...A, data: ["192.0.2.2"] };
  const form = {
    type: "A",
    name: "www.example.com",
    content: "192.0.2.2",
    ttl: 1,
  };
  const post = (fixture: string) => ({
    request: `POST ${RECORDS}`,
    body: { ...form, proxied: false },
    status: 400,
    fixture,
  });
  const gone = {
    request: `PATCH ${RECORDS}/${"1".padStart(32, "0")}`,
    body: form,
    status: 404,
    fixture: "cloudflare/error_404_record.json",
  };
  using fetch = replay([
    { request: LIST_A, json: page([record(1, "192.0.2.1")]) },
    gone,
    post("cloudflare/error_400_identical.json"),
    { request: LIST_A, json: page([record(2, "192.0.2.2")]) },
  ]);
  // Another writer has replaced the record by the same value.
  await cloudflare(fetch).setRecordSet(ZONE, set);

  const again = [
    { request: LIST_A, json: page([]) },
    post("cloudflare/error_400_identical.json"),
  ];
  using never = replay([...again, ...again, ...again, ...again, ...again]);
  await assertRejects(
    () => cloudflare(never).setRecordSet(ZONE, set),
    ConflictError,
    "An identical record already exists.",
  );
  // Other refusals are final.
  using once = replay([
    { request: LIST_A, json: page([]) },
    post("cloudflare/error_400_validation.json"),
  ]);
  await assertRejects(
    () => cloudflare(once).setRecordSet(ZONE, set),
    ValidationError,
    'setRecordSet: Cloudflare refused: "DNS Validation Error: Invalid TTL.',
  );
});

Deno.test("CloudflareDnsDriver keeps the proxy of a record set", async () => {
  const { dns, zone } = simulated();
  const read = async () => {
    const { ttl, data, extra } = await dns.getRecordSet(zone, A);
    return [extra.proxied, ttl, data.length];
  };
  await dns.setRecordSet(zone, { ...A, ttl: 60, data: ["192.0.2.9"] });
  assertEquals(await read(), [false, 60, 1]);
  const set = { ...A, data: ["192.0.2.9"] } as const;
  await dns.setRecordSet(zone, { ...set, extra: { proxied: true } });
  assertEquals(await read(), [true, 300, 1]);
  await dns.addRecord(zone, { ...A, ttl: 60, data: ["192.0.2.8"] });
  assertEquals(await read(), [true, 300, 2]);
  await dns.setRecordSet(zone, {
    ...A,
    ttl: 60,
    data: ["192.0.2.7", "192.0.2.6", "192.0.2.5"],
  });
  assertEquals(await read(), [true, 300, 3]);
  await dns.setRecordSet(zone, { ...set, ttl: 60, extra: { proxied: false } });
  assertEquals(await read(), [false, 60, 1]);
  await dns.addRecord(zone, {
    ...A,
    data: ["192.0.2.4"],
    extra: { proxied: true },
  });
  const { extra } = await dns.getRecordSet(zone, A);
  assertEquals(extra.records.map((it) => it.extra.proxied), [false, true]);
  // A record set that was read can be written as it is.
  await dns.setRecordSet(zone, await dns.getRecordSet(zone, A));
  assertEquals(await read(), [true, 300, 2]);
});

Deno.test("CloudflareDnsDriver writes nothing if a record set is as wanted", async () => {
  const { dns, log, zone } = simulated();
  const apex = { name: "@", type: "A", ttl: 60, data: ["192.0.2.1"] } as const;
  await dns.setRecordSet(zone, apex);
  assertEquals(log.filter((line) => !line.startsWith("GET")), []);
});

Deno.test("CloudflareDnsDriver keeps comments of records that change", async () => {
  const { dns, simulator, zone } = simulated();
  const { id, extra: { records: [first] } } = await dns.getRecordSet(zone, A);
  assertEquals(id, "www A");
  const { id: zoneId } = await dns.getZone(zone);
  await dns.connection.request(
    `/zones/${zoneId}/dns_records/${first?.id}`,
    { method: "PATCH", data: { comment: "mine" } },
  );
  await dns.setRecordSet(zone, { ...A, data: ["192.0.2.77"] });
  const records = simulator.inventory().zones[0]?.records
    .filter(({ content }) => content === "192.0.2.77");
  assertEquals(records?.map(({ comment }) => comment), ["mine"]);
});

Deno.test("CloudflareDnsDriver.normalizeRecordSet() chooses the TTL", () => {
  const dns = cloudflare(replay([]));
  const normalize = (set: Partial<CloudflareRecordSetInput>) =>
    dns.normalizeRecordSet(
      { ...A, data: ["192.0.2.1"], ...set } as CloudflareRecordSetInput,
    );
  assertEquals(
    [undefined, 1, 300, 60, 86_400].map((ttl) => normalize({ ttl }).ttl),
    [300, 300, 300, 60, 86_400],
  );
  for (const ttl of [0, 2, 59, 86_401]) {
    assertThrows(
      () => normalize({ ttl }),
      RangeError,
      "normalizeRecordSet: ttl must be an integer from 60 to 86400",
    );
  }
  const token = "t0ken";
  const enterprise = new CloudflareDnsDriver({ token, isEnterprise: true });
  const short = { ...A, ttl: 30, data: ["192.0.2.1"] };
  assertEquals(enterprise.normalizeRecordSet(short).ttl, 30);
  assertThrows(
    () => enterprise.normalizeRecordSet({ ...short, ttl: 29 }),
    RangeError,
    "from 30 to 86400",
  );
  assertThrows(
    () => new CloudflareDnsDriver({ token, isEnterprise: 1 as never }),
    TypeError,
    "CloudflareDnsDriver: isEnterprise must be true or false, got number 1",
  );
  assertEquals(normalize({ ttl: 60, extra: { proxied: true } }), {
    ...A,
    ttl: 300,
    data: ["192.0.2.1"],
    extra: { proxied: true },
  });
  // What another provider keeps in `extra` means nothing here.
  assertEquals(
    "extra" in normalize({ extra: { records: [] } as never }),
    false,
  );
});

Deno.test("CloudflareDnsDriver rejects before any request what Cloudflare cannot hold", async () => {
  using fetch = replay([]);
  const dns = cloudflare(fetch);
  const cases = [
    ["DNAME", "example.net", "the type DNAME"],
    ["TXT", "", "an empty text in data[0]"],
    ["TXT", ["", ""], "an empty text in data[0]"],
    ["TXT", "x".repeat(4081), "data[0] is 4098 bytes; Cloudflare accepts"],
    ["TXT", "\0".repeat(2048), "data is 8218 characters; Cloudflare accepts"],
    ["CAA", { flags: 0, tag: "issue", value: "ü" }, "not printable ASCII"],
    ["URI", '1 1 "\\200"', "not printable ASCII"],
  ] as const;
  for (const [type, value, message] of cases) {
    const set = { name: "x", type, data: [value] } as RecordSetInput;
    await assertRejects(() => dns.setRecordSet(ZONE, set), Error, message);
    assertThrows(() => dns.normalizeRecordSet(set), Error, message);
  }
  const proxied = (type: string, proxied: unknown, ttl?: number) => ({
    name: "x",
    type,
    ttl,
    data: [type === "A" ? "192.0.2.1" : "x"],
    extra: { proxied },
  } as CloudflareRecordSetInput);
  const refused = [
    [proxied("TXT", true), "supports extra.proxied only for A, AAAA, CNAME"],
    [proxied("A", "yes"), "extra.proxied must be true or false"],
    [proxied("A", true, 2), "ttl must be an integer from 60 to 86400, got 2"],
  ] as const;
  for (const [set, message] of refused) {
    await assertRejects(() => dns.addRecord(ZONE, set), Error, message);
  }
  assertEquals(dns.normalizeRecordSet(proxied("TXT", false)).ttl, 300);
});

Deno.test("CloudflareDnsDriver keeps every byte of a text, or rejects it", async () => {
  const { dns, zone } = simulated({
    zones: 1,
    recordLimit: 1000,
    requests: 10_000,
  });
  const bytes = Array.from(
    { length: 256 },
    (_, byte) =>
      byte < 128
        ? String.fromCharCode(byte)
        : String.fromCharCode(0xdc00 + byte),
  );
  const texts = [
    ...bytes,
    bytes.join(""),
    "ü€😀",
    " x ",
    "x".repeat(255),
    "x".repeat(256),
    "\\".repeat(300),
    "x".repeat(4079),
  ];
  for (const [index, text] of texts.entries()) {
    const set = { name: `t${index}`, type: "TXT", data: [text] } as const;
    await dns.setRecordSet(zone, set);
    const { data: [read] } = await dns.getRecordSet(zone, set);
    assertEquals(read, text);
  }
  const sets = await dns.listRecordSets(zone, { type: "TXT" });
  assertEquals(
    sets.filter(({ name }) => name !== "@")
      .map(({ data: [text] }) => joinText(text as string)),
    texts,
  );
});

Deno.test("CloudflareDnsDriver: 20 writers add 20 values to one name, and none is lost", async () => {
  const { simulator, zone } = simulated();
  const writers = Array.from(
    { length: 20 },
    () =>
      new CloudflareDnsDriver({
        ...simulator.credentials,
        // Each step of each writer takes a turn of the event loop.
        fetch: async (request) => {
          await new Promise((resolve) => setTimeout(resolve, 0));
          const response = await simulator.fetch(request);
          await new Promise((resolve) => setTimeout(resolve, 0));
          return response;
        },
      }),
  );
  const name = "_acme-challenge";
  const set = (
    value: string,
  ) => ({ name, type: "TXT", data: [value] } as const);
  await Promise.all(
    writers.map((dns, index) => dns.addRecord(zone, set(`token ${index}`))),
  );
  const dns = writers[0]!;
  const { data } = await dns.getRecordSet(zone, { name, type: "TXT" });
  assertEquals(
    data.map(String).toSorted(),
    writers.map((_, index) => `token ${index}`).toSorted(),
  );
  // All of them add the same value, and then remove it and their own.
  await Promise.all(writers.map((dns) => dns.addRecord(zone, set("shared"))));
  assertEquals(
    (await dns.getRecordSet(zone, { name, type: "TXT" })).data.length,
    21,
  );
  await Promise.all(
    writers.map((dns, index) =>
      dns.removeRecord(zone, {
        name,
        type: "TXT",
        data: ["shared", `token ${index}`],
      })
    ),
  );
  assertEquals(await dns.listRecordSets(zone, { name }), []);
});

Deno.test("CloudflareDnsDriver: errors have the class of their code", async () => {
  const error = (code: number, message: string, chain: object[] = []) => ({
    result: null,
    success: false,
    errors: [{ code, message, ...chain.length > 0 && { error_chain: chain } }],
    messages: [],
  });
  const cases = [
    [401, error(10000, "Authentication error"), InvalidCredsError],
    [403, error(10000, "Authentication error"), PermissionDeniedError],
    [403, error(9109, "Invalid access token"), InvalidCredsError],
    [403, error(9109, "Unauthorized to access"), PermissionDeniedError],
    [400, error(6003, "Invalid request headers"), InvalidCredsError],
    [400, error(7003, "Could not route"), NotFoundError],
    [400, error(1061, "exists"), ConflictError],
    [400, error(81053, "exists"), ConflictError],
    [400, error(81054, "exists"), ConflictError],
    [400, error(81056, "exists"), ConflictError],
    [400, error(1004, "x", [{ code: 81057, message: "y" }]), ConflictError],
    [400, error(9005, "invalid"), ValidationError],
    // A failure may have the status 200.
    [200, error(7003, "Could not route"), NotFoundError],
  ] as const;
  for (const [status, json, errorClass] of cases) {
    using fetch = replay([{ request: `GET ${AT}`, status, json }]);
    const { code } = await assertRejects(
      () => cloudflare(fetch).getZone(ZONE.id),
      errorClass,
    );
    assertEquals(code, String(json.errors[0]?.code));
  }
});

Deno.test("CloudflareDnsDriver waits as long as Cloudflare says, and tells the request id", async () => {
  const headers = {
    "Ratelimit": '"default";r=0;t=30',
    "Ratelimit-Policy": '"default";q=1200;w=300',
    "CF-Ray": "8f1e2d3c4b5a6978-AMS",
    "Date": "Fri, 02 Jan 2026 03:04:05 GMT",
  };
  const fetch = () =>
    Promise.resolve(
      new Response('{"success":false,"errors":[]}', { status: 429, headers }),
    );
  const seen: unknown[] = [];
  const dns = new CloudflareDnsDriver({
    token: "t0ken",
    retry: false,
    fetch,
    hooks: { onResponse: ({ rateLimit }) => void seen.push(rateLimit) },
  });
  const { retryAfterMs, requestId } = await assertRejects(
    () => dns.getZone(ZONE.id),
    RateLimitReachedError,
  );
  assertEquals([retryAfterMs, requestId], [30_000, "8f1e2d3c4b5a6978-AMS"]);
  assertEquals(seen, [{
    limit: 1200,
    remaining: 0,
    resetsAt: "2026-01-02T03:04:35.000Z",
  }]);
});

Deno.test("CloudflareDnsDriver.exportZoneFile() repairs what is not as in RFC 1035", async () => {
  const { dns, zone } = simulated();
  const text = await dns.exportZoneFile(zone);
  const lines = text.split("\n").filter((line) => /^[^;]/.test(line))
    .map((line) => line.replace(/ ; cf_tags=.*/, "").split("\t"));
  // All names are absolute, and no TTL stands for something else.
  assertEquals(lines.filter(([name]) => !name?.endsWith(".")), []);
  assertEquals(lines.filter(([, ttl]) => Number(ttl) < 300), []);
  assertEquals(lines[0]?.slice(0, 4), ["zone-1.example.", "3600", "IN", "SOA"]);
  const listed = await dns.listRecordSets(zone);
  const found = lines.slice(3).map((
    [name = "", ttl, , type = "", data = ""],
  ) => [
    relativeName(name, "zone-1.example"),
    type,
    Number(ttl),
    parseRecordData(type as "TXT", data),
  ]);
  const expected = listed.flatMap(({ name, type, ttl, data }) =>
    data.map((value: unknown) => [name, type, ttl, value])
  );
  const sort = (rows: readonly unknown[]) =>
    rows.map((row) => JSON.stringify(row)).toSorted();
  assertEquals(sort(found), sort(expected));
});

Deno.test("CloudflareDnsDriver.getDnssec() reads the DS record", async () => {
  using fetch = replay([
    { request: `GET ${AT}/dnssec`, fixture: "cloudflare/get_dnssec.json" },
    {
      request: `GET ${AT}/dnssec`,
      json: result({ status: "disabled", digest: null }),
    },
    {
      request: `PATCH ${AT}/dnssec`,
      body: { status: "active" },
      json: result({ status: "pending" }),
    },
    {
      request: `PATCH ${AT}/dnssec`,
      body: { status: "disabled" },
      json: result({ status: "disabled" }),
    },
  ]);
  const dns = cloudflare(fetch);
  assertEquals(await dns.getDnssec(ZONE), {
    isSigned: true,
    ds: [parseRecordData(
      "DS",
      "16953 13 2 48E939042E82C22542CB377B580DFDC52A361CEFDC72E7F9107E2B6BD9306A45",
    )],
  });
  assertEquals(await dns.getDnssec(ZONE), { isSigned: false, ds: [] });
  await dns.setDnssec(ZONE, { isSigned: true });
  await dns.setDnssec(ZONE, { isSigned: false });
  await assertRejects(
    () => dns.setDnssec(ZONE, { isSigned: "no" as never }),
    TypeError,
    "setDnssec: isSigned must be true or false",
  );
});

/** Waits, until the signal is aborted at most. */
function delay(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  signal.addEventListener("abort", () => {
    clearTimeout(timer);
    reject(signal.reason);
  }, { once: true });
  return promise;
}

Deno.test("CloudflareDnsDriver: a time limit includes the look-up of the zone", async () => {
  const { credentials, fetch } = new CloudflareSimulator({ zones: 1 });
  const dns = new CloudflareDnsDriver({
    ...credentials,
    retry: false,
    fetch: async (request) => {
      await delay(60, request.signal);
      return await fetch(request);
    },
  });
  const zone = { name: "zone-1.example" };
  // Each request alone is fast enough.
  const limit = { timeoutMs: 100 };
  const calls = [
    () => dns.exportZoneFile(zone, limit),
    () => dns.getDnssec(zone, limit),
    () => dns.setDnssec(zone, { ...limit, isSigned: true }),
    () => dns.setPaused(zone, { ...limit, isPaused: true }),
  ];
  for (const call of calls) await assertRejects(call, TimeoutError);
});

Deno.test("CloudflareDnsDriver.setPaused() switches the proxy off and on", async () => {
  const { dns, zone } = simulated();
  const paused = await dns.setPaused(zone, { isPaused: true });
  assertEquals([paused.state, paused.extra.isPaused], ["paused", true]);
  assertEquals((await dns.getZone(zone)).state, "paused");
  const { state } = await dns.setPaused(zone, { isPaused: false });
  assertEquals(state, "active");
  await assertRejects(
    () => dns.setPaused(zone, {} as never),
    TypeError,
    "setPaused: isPaused must be true or false, got undefined",
  );
});

Deno.test("CloudflareDnsDriver sends a PATCH again after a failure, and no POST", async () => {
  const simulator = new CloudflareSimulator({ zones: 1 });
  const log: string[] = [];
  const failed = new Set<string>();
  const dns = new CloudflareDnsDriver({
    ...simulator.credentials,
    retry: { baseMs: 1 },
    fetch: async (request) => {
      const { method } = request;
      const response = await simulator.fetch(request);
      if (method === "GET") return response;
      log.push(method);
      if (failed.has(method)) return response;
      failed.add(method);
      // The request was applied, but the client cannot know.
      return new Response("", { status: 503 });
    },
  });
  const zone = { name: "zone-1.example" };
  await dns.setPaused(zone, { isPaused: true });
  failed.clear();
  await dns.setDnssec(zone, { isSigned: true });
  failed.clear();
  await dns.setRecordSet(zone, { name: "www", type: "AAAA", data: ["::1"] });
  failed.clear();
  assertEquals(log, Array(6).fill("PATCH"));
  const two = ["192.0.2.7", "192.0.2.8"];
  const error = await assertRejects(
    () => dns.setRecordSet(zone, { name: "new", type: "A", data: two }),
    ServiceUnavailableError,
  );
  assertEquals(error.mayHaveBeenApplied, true);
  assertEquals(log.slice(6), ["POST"]);
});

Deno.test("CloudflareDnsDriver.listRecordSets() reads all pages, however small they are", async () => {
  const { dns, log, zone } = simulated({ zones: 1, largestPage: 3 });
  const sets = await dns.listRecordSets(zone);
  const count = sets.reduce((sum, { data }) => sum + data.length, 0);
  assertEquals(count, 10);
  assertEquals(log.filter((line) => line.endsWith("dns_records")).length, 4);
});

Deno.test("CloudflareDnsDriver.fromEnv() reads the variables of Cloudflare's tools", async () => {
  const simulator = new CloudflareSimulator({ zones: 1, token: "secret" });
  const dns = CloudflareDnsDriver.fromEnv({
    CLOUDFLARE_API_TOKEN: "secret",
    CLOUDFLARE_ACCOUNT_ID: simulator.credentials.accountId,
  }, { fetch: simulator.fetch });
  assertEquals((await dns.listZones()).length, 1);
  const sibling = new CloudflareDnsDriver({
    connection: dns.connection,
    accountId: "0".repeat(32),
  });
  // It lists only the zones of its own account.
  assertEquals(await sibling.listZones(), []);
});
