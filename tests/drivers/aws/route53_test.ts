import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  type ApiError,
  type ApiErrorClass,
  ConflictError,
  InvalidCredsError,
  MalformedResponseError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitReachedError,
  ValidationError,
} from "../../../core/mod.ts";
import { copyZone } from "../../../core/dns/copy.ts";
import { planZone, syncZone } from "../../../core/dns/plan.ts";
import {
  type RecordSetChange,
  RecordSetConflictError,
  type RecordSetInput,
  type RecordSetKey,
} from "../../../core/dns/mod.ts";
import {
  Route53DnsDriver,
  type Route53Options,
  type Route53RecordSet,
  type Route53RecordSetInput,
} from "../../../drivers/aws/route53.ts";
import {
  Route53Simulator,
  type Route53SimulatorOptions,
} from "../../../simulators/aws/route53.ts";
import { type Exchange, replay } from "../../_support/replay.ts";

const API = "/2013-04-01";
const ZONE = `${API}/hostedzone/Z1D633PJN98FT9`;
const EXAMPLE = { id: "Z1D633PJN98FT9", name: "example.com" };
const NAMESPACE = "https://route53.amazonaws.com/doc/2013-04-01/";

/** Creates a driver whose responses the test chooses. */
function route53(
  fetch: Route53Options["fetch"],
  options: Partial<Route53Options> = {},
): Route53DnsDriver {
  return new Route53DnsDriver({
    accessKeyId: "AKIDEXAMPLE",
    secretAccessKey: "s3cr3t+acc3ss",
    retry: false,
    fetch,
    ...options,
  });
}

/** A driver with a simulator; records the requests. */
function simulated(options: Route53SimulatorOptions = {}) {
  const simulator = new Route53Simulator(options);
  const requests: string[] = [];
  const fetch = async (request: Request) => {
    const { pathname, search } = new URL(request.url);
    requests.push(
      `${request.method} ${pathname}${search} ${await request.clone().text()}`,
    );
    return await simulator.fetch(request);
  };
  const dns = new Route53DnsDriver({ ...simulator.credentials, fetch });
  return { simulator, requests, dns };
}

/** The record sets of the first zone. */
function setsOf(simulator: Route53Simulator) {
  return simulator.inventory().zones[0]?.recordSets ?? [];
}

/** The body of a batch of changes. */
function batch(...changes: readonly string[]): string {
  return '<?xml version="1.0" encoding="UTF-8"?>' +
    `<ChangeResourceRecordSetsRequest xmlns="${NAMESPACE}"><ChangeBatch>` +
    `<Changes>${changes.join("")}</Changes></ChangeBatch>` +
    "</ChangeResourceRecordSetsRequest>";
}

/** A change of an ordinary record set. */
function change(action: string, set: string): string {
  return `<Change><Action>${action}</Action><ResourceRecordSet>${set}` +
    "</ResourceRecordSet></Change>";
}

/** The members of an ordinary record set. */
function plain(
  name: string,
  type: string,
  ttl: number,
  ...values: readonly string[]
): string {
  const records = values.map((value) =>
    `<ResourceRecord><Value>${value}</Value></ResourceRecord>`
  );
  return `<Name>${name}</Name><Type>${type}</Type><TTL>${ttl}</TTL>` +
    `<ResourceRecords>${records.join("")}</ResourceRecords>`;
}

const CHANGE: Exchange = {
  request: `POST ${ZONE}/rrset/`,
  fixture: "route53/change_record_sets.xml",
};

/** A page with one record set, or with another one that comes after it. */
function page(set: string): string {
  return `<ListResourceRecordSetsResponse xmlns="${NAMESPACE}">` +
    `<ResourceRecordSets><ResourceRecordSet>${set}</ResourceRecordSet>` +
    "</ResourceRecordSets><IsTruncated>false</IsTruncated><MaxItems>1</MaxItems>" +
    "</ListResourceRecordSetsResponse>";
}

const WWW = { name: "www", type: "A" } as const;
const WWW_PAGE =
  `GET ${ZONE}/rrset?maxitems=300&name=www.example.com.&type=A` as const;
const WWW_ONE =
  `GET ${ZONE}/rrset?maxitems=1&name=www.example.com.&type=A` as const;
const OLD = plain("www.example.com.", "A", 60, "192.0.2.1");

/** A record set that was read. */
function read(fields: Partial<Route53RecordSet> = {}): Route53RecordSet {
  return {
    id: "www A",
    name: "www",
    type: "A",
    ttl: 60,
    data: ["192.0.2.1"],
    extra: {
      setIdentifier: undefined,
      routing: undefined,
      alias: undefined,
      healthCheckId: undefined,
      trafficPolicyInstanceId: undefined,
      values: ["192.0.2.1"],
    },
    ...fields,
  } as Route53RecordSet;
}

Deno.test("Route53DnsDriver signs requests for route53 in us-east-1", async () => {
  using fetch = replay([{
    request: `GET https://route53.amazonaws.com${API}/hostedzone?maxitems=100`,
    headers: {
      authorization:
        /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/us-east-1\/route53\/aws4_request, /,
    },
    fixture: "route53/list_zones_2.xml",
  }]);
  await route53(fetch).listZones();
});

Deno.test("Route53DnsDriver sends requests to the endpoint of its partition", async () => {
  for (
    const [partition, host, region] of [
      ["aws-us-gov", "route53.us-gov.amazonaws.com", "us-gov-west-1"],
      ["aws-cn", "route53.amazonaws.com.cn", "cn-northwest-1"],
    ] as const
  ) {
    using fetch = replay([{
      request: `GET https://${host}${API}/hostedzone?maxitems=100`,
      headers: { authorization: new RegExp(`/${region}/route53/`) },
      fixture: "route53/list_zones_2.xml",
    }]);
    await route53(fetch, { partition }).listZones();
  }
  assertThrows(
    () => route53(undefined, { partition: "mars" as "aws" }),
    TypeError,
    'Route53DnsDriver: partition must be "aws", "aws-cn" or "aws-us-gov", got "mars"',
  );
});

Deno.test("Route53DnsDriver.fromEnv() needs an access key and no region", () => {
  const dns = Route53DnsDriver.fromEnv({
    AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
    AWS_SECRET_ACCESS_KEY: "s3cr3t",
    AWS_REGION: "eu-central-1",
  });
  assertEquals(dns.connection.baseUrl, "https://route53.amazonaws.com");
});

Deno.test("Route53DnsDriver.listZones() reads pages by their marker", async () => {
  using fetch = replay([
    {
      request: `GET ${API}/hostedzone?maxitems=1`,
      fixture: "route53/list_zones_1.xml",
    },
    {
      request: `GET ${API}/hostedzone?marker=Z222222VVVVVVV&maxitems=1`,
      fixture: "route53/list_zones_2.xml",
    },
  ]);
  const zones = await route53(fetch).listZones({ pageSize: 1 });
  const extra = {
    recordSetCount: 17,
    linkedService: undefined,
    delegationSetId: undefined,
    vpcs: [],
    change: undefined,
  };
  assertEquals(zones, [
    {
      id: "Z1D633PJN98FT9",
      name: "example.com",
      kind: "primary",
      state: "active",
      nameServers: [],
      extra: {
        ...extra,
        isPrivate: false,
        comment: "Main & only",
        callerReference: "2014-10-01T11:22:14Z",
      },
    },
    {
      id: "Z222222VVVVVVV",
      // An octal escape.
      name: "0/25.2.0.192.in-addr.arpa",
      kind: "primary",
      state: "active",
      nameServers: [],
      extra: {
        ...extra,
        recordSetCount: 2,
        isPrivate: true,
        comment: undefined,
        callerReference: "RISWorkflow-1",
        linkedService: "servicediscovery.amazonaws.com",
      },
    },
  ]);
});

Deno.test("Route53DnsDriver.getZone() takes an id with or without its kind, or a name", async () => {
  const zone = { request: `GET ${ZONE}`, fixture: "route53/get_zone.xml" };
  using fetch = replay([zone, zone, {
    request: `GET ${API}/hostedzonesbyname?dnsname=example.com.&maxitems=100`,
    fixture: "route53/list_zones_by_name.xml",
  }, zone]);
  const dns = route53(fetch);
  for (
    const ref of [
      "Z1D633PJN98FT9",
      "/hostedzone/Z1D633PJN98FT9",
      { name: "Example.com." },
    ]
  ) {
    const { id, nameServers, extra } = await dns.getZone(ref);
    assertEquals([id, extra.delegationSetId], [
      "Z1D633PJN98FT9",
      "N1PA6795SAMPLE",
    ]);
    assertEquals(nameServers, [
      "ns-2048.awsdns-64.com",
      "ns-2049.awsdns-65.net",
      "ns-2050.awsdns-66.org",
      "ns-2051.awsdns-67.co.uk",
    ]);
  }
});

Deno.test("Route53DnsDriver.getZone() reads the VPCs of a private zone", async () => {
  using fetch = replay([{
    request: `GET ${API}/hostedzone/Z222222VVVVVVV`,
    fixture: "route53/get_zone_private.xml",
  }]);
  const { nameServers, extra } = await route53(fetch).getZone("Z222222VVVVVVV");
  assertEquals(nameServers, []);
  assertEquals(extra.vpcs, [
    { id: "vpc-1a2b3c4d", region: "us-east-1" },
    { id: "vpc-5e6f7a8b", region: "eu-west-1" },
  ]);
});

Deno.test("Route53DnsDriver uses the public one of several zones with a name", async () => {
  const { dns } = simulated();
  const vpc = { id: "vpc-1a2b3c4d", region: "us-east-1" };
  const name = "example.com";
  const hidden = await dns.createZone({ name, vpc });
  assertEquals((await dns.getZone({ name })).id, hidden.id);
  assertEquals(hidden.nameServers, []);
  const shown = await dns.createZone({ name });
  assertEquals((await dns.getZone({ name })).id, shown.id);
  assertEquals((await dns.findZone(`a.b.${name}`)).id, shown.id);
  const other = await dns.createZone({ name, allowSameName: true });
  await assertRejects(
    () => dns.getRecordSet({ name }, { name: "@", type: "NS" }),
    ConflictError,
    `several zones have the name example.com; pass one of the ids ${shown.id}, ${other.id}`,
  );
});

Deno.test("Route53DnsDriver.createZone() sends its options in the order of the API", async () => {
  using fetch = replay([{
    request: `POST ${API}/hostedzone`,
    headers: { "content-type": "application/xml" },
    body: '<?xml version="1.0" encoding="UTF-8"?>' +
      `<CreateHostedZoneRequest xmlns="${NAMESPACE}"><Name>example.com.</Name>` +
      "<VPC><VPCRegion>us-east-1</VPCRegion><VPCId>vpc-1a2b3c4d</VPCId></VPC>" +
      "<CallerReference>one-key</CallerReference><HostedZoneConfig><Comment>" +
      "a &#60;b&#62; &#38; c</Comment><PrivateZone>true</PrivateZone>" +
      "</HostedZoneConfig><DelegationSetId>N1PA6795SAMPLE</DelegationSetId>" +
      "</CreateHostedZoneRequest>",
    fixture: "route53/create_zone.xml",
    status: 201,
  }]);
  const zone = await route53(fetch).createZone({
    name: "Example.com",
    idempotencyKey: "one-key",
    comment: "a <b> & c",
    vpc: { id: "vpc-1a2b3c4d", region: "us-east-1" },
    delegationSetId: "/delegationset/N1PA6795SAMPLE",
  });
  assertEquals([zone.id, zone.state, zone.extra.comment, zone.extra.change], [
    "Z1PA6795UKMFR9",
    "pending",
    "a <b> & c",
    { id: "C1PA6795UKMFR9", state: "pending" },
  ]);
});

Deno.test("Route53DnsDriver.createZone() rejects wrong options before any request", async () => {
  using fetch = replay([]);
  const dns = route53(fetch);
  const name = "example.com";
  for (
    const [options, expected] of [
      [{ name, ttl: 60 }, "does not support ttl; set it on record sets"],
      [{ name: "" }, "name must be"],
      [{ name, idempotencyKey: "x".repeat(129) }, "at most 128 characters"],
      [{ name, comment: "x".repeat(257) }, "at most 256 characters"],
      [{ name, vpc: { id: "", region: "us-east-1" } }, "vpc.id must be"],
    ] as const
  ) {
    await assertRejects(() => dns.createZone(options), TypeError, expected);
  }
});

Deno.test("Route53DnsDriver.createZone() refuses a second public zone with a name", async () => {
  const { dns, requests } = simulated({ zones: 1 });
  const name = "zone-1.example";
  await assertRejects(
    () => dns.createZone({ name }),
    ConflictError,
    "createZone: zone-1.example is the name of the zone Z00000000000000000001; set allowSameName to create another one",
  );
  assertEquals(requests.length, 1);
  assertEquals(
    (await dns.createZone({ name, allowSameName: true })).name,
    name,
  );
  assertEquals(requests.length, 2);
});

Deno.test("Route53DnsDriver.createZone() creates one zone for each idempotency key", async () => {
  const { dns, simulator } = simulated();
  const options = { name: "example.com", idempotencyKey: "k" };
  const first = await dns.createZone(options);
  const again = await dns.createZone(options);
  assertEquals([again.id, again.nameServers], [first.id, first.nameServers]);
  assertEquals(simulator.inventory().zones.length, 1);
  await assertRejects(
    () => dns.createZone({ name: "example.net", idempotencyKey: "k" }),
    ConflictError,
    "already been created with the specified caller reference",
  );
  await dns.deleteZone(first);
  // Route 53 never forgets a key.
  await assertRejects(() => dns.createZone(options), ConflictError);
});

Deno.test("Route53DnsDriver.createZone() finds the zone of a response that was lost", async () => {
  const simulator = new Route53Simulator();
  let lost = 0;
  const dns = route53(async (request) => {
    const response = await simulator.fetch(request);
    if (request.method !== "POST" || lost++ > 0) return response;
    throw new TypeError("connection closed");
  }, { ...simulator.credentials, retry: { baseMs: 1 } });
  const { id, nameServers } = await dns.createZone({ name: "example.com" });
  assertEquals(lost, 2);
  assertEquals(simulator.inventory().zones.map((zone) => zone.id), [id]);
  assertEquals(nameServers.length, 4);
});

Deno.test("Route53DnsDriver.setZoneComment() sets and removes the comment", async () => {
  const { dns } = simulated({ zones: 1 });
  const zone = { name: "zone-1.example" };
  const { extra } = await dns.setZoneComment(zone, { comment: "a & b" });
  assertEquals(extra.comment, "a & b");
  await dns.setZoneComment(zone, { comment: "" });
  assertEquals((await dns.getZone(zone)).extra.comment, undefined);
});

Deno.test("Route53DnsDriver.deleteZone() deletes all record sets of a zone first", async () => {
  const { dns, simulator, requests } = simulated({ zones: 1 });
  const zone = { name: "zone-1.example" };
  const sets: RecordSetInput[] = Array.from({ length: 450 }, (_, index) => ({
    name: `n${index}`,
    type: "TXT",
    data: ["x".repeat(200)],
  }));
  for (let at = 0; at < sets.length; at += 150) {
    await dns.changeRecordSets(
      zone,
      sets.slice(at, at + 150).map((after) => ({ action: "create", after })),
    );
  }
  requests.length = 0;
  await dns.deleteZone(zone);
  assertEquals(simulator.inventory().zones, []);
  // A look-up, two pages, three batches of 32000 characters, and the zone.
  assertEquals(requests.map((it) => it.split(" ")[0]), [
    "GET",
    "GET",
    "GET",
    "POST",
    "POST",
    "POST",
    "DELETE",
  ]);
});

Deno.test("Route53DnsDriver.listRecordSets() continues at a name, type and identifier", async () => {
  const next = "identifier=eu%20%26%20near&maxitems=3&name=api.example.com.";
  using fetch = replay([
    {
      request: `GET ${ZONE}/rrset?maxitems=3`,
      fixture: "route53/list_record_sets_1.xml",
    },
    {
      request: `GET ${ZONE}/rrset?${next}&type=A`,
      fixture: "route53/list_record_sets_2.xml",
    },
  ]);
  const sets = await route53(fetch).listRecordSets(EXAMPLE, { pageSize: 3 });
  const none = {
    setIdentifier: undefined,
    routing: undefined,
    alias: undefined,
    healthCheckId: undefined,
    trafficPolicyInstanceId: undefined,
    values: [] as readonly string[],
  };
  const expected: unknown = [
    {
      id: "@ A",
      name: "@",
      type: "A",
      ttl: undefined,
      data: [],
      extra: {
        ...none,
        alias: {
          hostedZoneId: "Z2FDTNDATAQYW2",
          dnsName: "d111111abcdef8.cloudfront.net.",
          evaluateTargetHealth: false,
        },
      },
    },
    {
      id: "@ TXT",
      name: "@",
      type: "TXT",
      ttl: 300,
      data: [['a;b "q" c\\é\udcff', "second"]],
      extra: {
        ...none,
        values: ['"a;b \\"q\\" c\\134\\303\\251\\377" "second"'],
      },
    },
    {
      id: "* MX",
      name: "*",
      type: "MX",
      ttl: 60,
      data: [
        { preference: 10, host: "mail.example.com" },
        { preference: 20, host: "mail2.example.com" },
      ],
      extra: {
        ...none,
        values: ["10 Mail.example.com", "20 mail2.example.com."],
      },
    },
    {
      id: "api A eu & near",
      name: "api",
      type: "A",
      ttl: 60,
      data: ["192.0.2.1"],
      extra: {
        ...none,
        setIdentifier: "eu & near",
        routing: {
          geoProximityLocation: { awsRegion: "eu-central-1", bias: -10 },
        },
        healthCheckId: "abcdef11-2222-3333-4444-555555fedcba",
        values: ["192.0.2.1"],
      },
    },
    {
      id: "api A us",
      name: "api",
      type: "A",
      ttl: 60,
      data: ["192.0.2.2"],
      extra: {
        ...none,
        setIdentifier: "us",
        routing: {
          geoProximityLocation: {
            coordinates: { latitude: "49.20", longitude: "-122.71" },
          },
        },
        values: ["192.0.2.2"],
      },
    },
  ];
  assertEquals(sets as unknown, expected);
});

Deno.test("Route53DnsDriver.listRecordSets() starts at a name, and stops after it", async () => {
  const { dns, requests } = simulated({ zones: 1, largestPage: 1 });
  const zone = await dns.getZone({ name: "zone-1.example" });
  for (
    const [filter, ids, count] of [
      [{ name: "api" }, ["api A blue", "api A green"], 2],
      [{ name: "*" }, ["* CNAME"], 1],
      [{ name: "@", type: "NS" }, ["@ NS"], 1],
      [{ name: "api", type: "TXT" }, [], 1],
      [{ name: "www", type: "AAAA" }, ["www AAAA"], 1],
      [{ type: "TXT" }, ["@ TXT"], 10],
      [{ name: "absent" }, [], 1],
    ] as const
  ) {
    requests.length = 0;
    const sets = await dns.listRecordSets(zone, filter);
    assertEquals(sets.map(({ id }) => id), [...ids]);
    assertEquals(requests.length, count, JSON.stringify(filter));
  }
});

Deno.test("Route53DnsDriver.listRecordSets() rejects a position of another list", async () => {
  const { dns } = simulated({ zones: 1, largestPage: 1 });
  const zone = await dns.getZone({ name: "zone-1.example" });
  let next: string | undefined;
  for await (const page of dns.listRecordSets(zone, { name: "api" }).pages()) {
    next = page.next;
    break;
  }
  assert(next);
  const from = next;
  const rest = await dns.listRecordSets(zone, { name: "api", from });
  assertEquals(rest.map(({ id }) => id), ["api A green"]);
  await assertRejects(
    async () => await dns.listRecordSets(zone, { from }),
    TypeError,
    "from is a position of another list",
  );
});

Deno.test("Route53DnsDriver.getRecordSet() compares what the page begins with", async () => {
  using fetch = replay([
    { request: WWW_ONE, text: page(OLD) },
    {
      request: WWW_ONE,
      text: page(plain("x.example.com.", "A", 60, "192.0.2.1")),
    },
    {
      request: WWW_ONE,
      text: page(plain("www.example.com.", "AAAA", 60, "2001:db8::1")),
    },
  ]);
  const dns = route53(fetch);
  assertEquals(await dns.getRecordSet(EXAMPLE, WWW), read());
  for (let time = 1; time <= 2; time++) {
    await assertRejects(() => dns.getRecordSet(EXAMPLE, WWW), NotFoundError);
  }
});

Deno.test("Route53DnsDriver.setRecordSet() creates a record set, or replaces what it reads", async () => {
  const after = plain("www.example.com.", "A", 300, "192.0.2.2");
  using fetch = replay([
    {
      request: WWW_PAGE,
      text: page(plain("x.example.com.", "A", 60, "192.0.2.1")),
    },
    { ...CHANGE, body: batch(change("CREATE", after)) },
    { request: WWW_PAGE, text: page(OLD) },
    { ...CHANGE, body: batch(change("DELETE", OLD), change("CREATE", after)) },
  ]);
  const dns = route53(fetch);
  const set = { ...WWW, data: ["192.0.2.2"] };
  for (let time = 1; time <= 2; time++) {
    assertEquals(await dns.setRecordSet(EXAMPLE, set), {
      id: "C2682N5HXP0BZ4",
      state: "pending",
    });
  }
});

Deno.test("Route53DnsDriver deletes values in the form in which it read them", async () => {
  const old = plain(
    "www.example.com.",
    "MX",
    60,
    "10 Mail.example.com",
    "20 b.",
  );
  using fetch = replay([
    {
      request: `GET ${ZONE}/rrset?maxitems=1&name=www.example.com.&type=MX`,
      text: page(old),
    },
    { ...CHANGE, body: batch(change("DELETE", old)) },
    // A record set that the caller has changed is sent as the caller has it.
    {
      ...CHANGE,
      body: batch(
        change("DELETE", plain("www.example.com.", "MX", 60, "10 c.example.")),
      ),
    },
  ]);
  const dns = route53(fetch);
  const set = await dns.getRecordSet(EXAMPLE, { name: "www", type: "MX" });
  await dns.deleteRecordSet(EXAMPLE, set);
  const data = [{ preference: 10, host: "c.example" }];
  await dns.deleteRecordSet(EXAMPLE, { ...set, data } as Route53RecordSet);
});

Deno.test("Route53DnsDriver.addRecord() sends what it read, and repeats when it has changed", async () => {
  const changed = plain("www.example.com.", "A", 60, "192.0.2.1", "192.0.2.9");
  const wanted = plain("www.example.com.", "A", 60, "192.0.2.1", "192.0.2.2");
  const all = plain(
    "www.example.com.",
    "A",
    60,
    "192.0.2.1",
    "192.0.2.9",
    "192.0.2.2",
  );
  using fetch = replay([
    { request: WWW_ONE, text: page(OLD) },
    {
      ...CHANGE,
      body: batch(change("DELETE", OLD), change("CREATE", wanted)),
      fixture: "route53/error_400_mismatch.xml",
      status: 400,
    },
    { request: WWW_ONE, text: page(changed) },
    {
      ...CHANGE,
      body: batch(change("DELETE", changed), change("CREATE", all)),
    },
  ]);
  const set = { ...WWW, ttl: 5, data: ["192.0.2.2"] };
  await route53(fetch).addRecord(EXAMPLE, set);
});

Deno.test("Route53DnsDriver keeps the health check and the routing policy of what it replaces", async () => {
  const before = read({
    extra: {
      ...read().extra,
      setIdentifier: "eu",
      routing: { weight: 0 },
      healthCheckId: "h1",
    },
  });
  const set = (ttl: number, value: string) =>
    "<Name>www.example.com.</Name><Type>A</Type><SetIdentifier>eu" +
    `</SetIdentifier><Weight>0</Weight><TTL>${ttl}</TTL><ResourceRecords>` +
    `<ResourceRecord><Value>${value}</Value></ResourceRecord>` +
    "</ResourceRecords><HealthCheckId>h1</HealthCheckId>";
  using fetch = replay([{
    ...CHANGE,
    body: batch(
      change("DELETE", set(60, "192.0.2.1")),
      change("CREATE", set(90, "192.0.2.2")),
    ),
  }]);
  await route53(fetch).changeRecordSets(EXAMPLE, [{
    action: "replace",
    before,
    after: { ...WWW, ttl: 90, data: ["192.0.2.2"] },
  }]);
});

Deno.test("Route53DnsDriver never replaces an alias or a routing policy unawares", async () => {
  const { dns, simulator } = simulated({ zones: 1 });
  const zone = await dns.getZone({ name: "zone-1.example" });
  const before = simulator.inventory();
  for (const [name, kind] of [["@", "alias"], ["api", "routing policy"]]) {
    const set = { name, type: "A", data: ["192.0.2.9"] } as const;
    const other = { name: "other", type: "A", data: ["192.0.2.9"] } as const;
    for (
      const attempt of [
        () => dns.setRecordSet(zone, set as RecordSetInput),
        () => dns.addRecord(zone, set as RecordSetInput),
        () => dns.removeRecord(zone, set as RecordSetInput),
        () => dns.deleteRecordSet(zone, { name, type: "A" } as RecordSetKey),
        () =>
          dns.changeRecordSets(zone, [
            { action: "replace", after: set as RecordSetInput },
            { action: "create", after: other },
          ]),
      ]
    ) {
      const error = await assertRejects(attempt, RecordSetConflictError, kind);
      assertEquals(error.recordSet, { name, type: "A" } as never);
    }
  }
  assertEquals(simulator.inventory(), before);
  // Both are deleted if they are passed as they were listed.
  const sets = await dns.listRecordSets(zone, { type: "A" });
  await dns.changeRecordSets(
    zone,
    sets.filter(({ name }) => name !== "www")
      .map((before) => ({ action: "delete", before })),
  );
  const left = await dns.listRecordSets(zone, { type: "A" });
  assertEquals(left.map(({ id }) => id), ["www A"]);
});

Deno.test("Route53DnsDriver.isPlain() tells aliases and routing policies from other record sets", async () => {
  const { dns } = simulated({ zones: 1 });
  const sets = await dns.listRecordSets({ name: "zone-1.example" });
  const special = sets.filter((set) => !dns.isPlain(set));
  assertEquals(special.map(({ id }) => id), [
    "@ A",
    "api A blue",
    "api A green",
  ]);
});

Deno.test("Plans for Route 53 delete no alias and no routing policy, and change what they replace", async () => {
  const { dns, simulator } = simulated({ zones: 1 });
  const zone = await dns.getZone({ name: "zone-1.example" });
  // The only record set with this name and type.
  await dns.upsertRecordSet(zone, {
    name: "alone",
    type: "A",
    data: ["192.0.2.1"],
    setIdentifier: "a",
    routing: { weight: 7 },
  });
  const plan = await syncZone(dns, zone, [
    { name: "www", type: "A", ttl: 60, data: ["192.0.2.20"] },
  ], { prunes: true, maxDeletedShare: 1 });
  assertEquals(plan.changes.length, 5);
  const left = await dns.listRecordSets(zone);
  assertEquals(left.map(({ id }) => id), [
    "@ A",
    "@ NS",
    "@ SOA",
    "alone A a",
    "api A blue",
    "api A green",
    "www A",
  ]);
  await assertRejects(
    () =>
      copyZone({ driver: dns, zone }, { driver: dns, zone }, {
        ignores: ({ name }) => name !== "alone",
      }),
    TypeError,
    "only Amazon Route 53 has record sets such as alone A",
  );
  assertEquals(simulator.inventory().zones[0]?.recordSets.length, 7);
});

Deno.test("Plans for Route 53 are applied in batches that it accepts", async () => {
  const { dns, requests } = simulated({ zones: 1 });
  const zone = await dns.getZone({ name: "zone-1.example" });
  const sets = (text: string) =>
    Array.from({ length: 400 }, (_, index): RecordSetInput => ({
      name: `n${index}`,
      type: "TXT",
      ttl: 60,
      data: [text.repeat(200)],
    }));
  const posts = () => requests.filter((it) => it.startsWith("POST")).length;
  await syncZone(dns, zone, sets("x"));
  // 400 values of 202 characters, and 32000 in each batch.
  assertEquals(posts(), 3);
  await syncZone(dns, zone, sets("y"));
  assertEquals(posts(), 3 + 6);
  const { changes } = await planZone(dns, zone, sets("y"));
  assertEquals(changes, []);
});

Deno.test("Route53DnsDriver refuses to delete an alias that has another target since", async () => {
  const { dns } = simulated({ zones: 1 });
  const zone = await dns.getZone({ name: "zone-1.example" });
  const before = await dns.getRecordSet(zone, { name: "@", type: "A" });
  await dns.upsertRecordSet(zone, {
    name: "@",
    type: "A",
    alias: {
      hostedZoneId: zone.id,
      dnsName: "www.zone-1.example",
      evaluateTargetHealth: true,
    },
  });
  await assertRejects(
    () => dns.deleteRecordSet(zone, before),
    RecordSetConflictError,
    "but the values provided do not match the current values",
  );
});

Deno.test("Route53DnsDriver.upsertRecordSet() writes every kind of record set, which lists return", async () => {
  const { dns } = simulated({ zones: 1 });
  const zone = await dns.getZone({ name: "zone-1.example" });
  const values = { type: "A", ttl: 60, data: ["192.0.2.1"] } as const;
  const sets: readonly Route53RecordSetInput[] = [
    { ...values, name: "plain" },
    {
      ...values,
      name: "weight",
      setIdentifier: "a",
      routing: { weight: 0 },
      healthCheckId: "abcdef11-2222-3333-4444-555555fedcba",
    },
    {
      ...values,
      name: "latency",
      setIdentifier: "a",
      routing: { region: "eu-central-1" },
    },
    {
      ...values,
      name: "geo",
      setIdentifier: "a",
      routing: { geoLocation: { countryCode: "US", subdivisionCode: "CA" } },
    },
    {
      ...values,
      name: "failover",
      setIdentifier: "a",
      routing: { failover: "PRIMARY" },
    },
    {
      ...values,
      name: "multi",
      setIdentifier: "a",
      routing: { multiValueAnswer: true },
    },
    {
      ...values,
      name: "cidr",
      setIdentifier: "a",
      routing: {
        cidrRoutingConfig: {
          collectionId: "abcdef11-2222-3333-4444-555555fedcba",
          locationName: "office",
        },
      },
    },
    {
      ...values,
      name: "near",
      setIdentifier: "a",
      routing: {
        geoProximityLocation: {
          coordinates: { latitude: "49.20", longitude: "-122.71" },
          bias: 5,
        },
      },
    },
    {
      name: "alias",
      type: "A",
      setIdentifier: "a",
      routing: { weight: 255 },
      alias: {
        hostedZoneId: "Z2FDTNDATAQYW2",
        dnsName: "d111111abcdef8.cloudfront.net",
        evaluateTargetHealth: false,
      },
    },
  ];
  for (const set of sets) await dns.upsertRecordSet(zone, set);
  const listed = await dns.listRecordSets(zone);
  for (const set of sets) {
    const found = listed.find(({ name }) => name === set.name);
    const { ttl, data, extra } = found as Route53RecordSet;
    const alias = set.alias && {
      ...set.alias,
      dnsName: `${set.alias.dnsName}.`,
    };
    assertEquals(
      [ttl, data, extra.routing, extra.setIdentifier, extra.healthCheckId],
      [
        set.ttl,
        set.data ?? [],
        set.routing,
        set.setIdentifier,
        set.healthCheckId,
      ],
    );
    assertEquals(extra.alias, alias);
  }
  // All of them can be deleted as they were listed.
  await dns.deleteZone(zone);
});

Deno.test("Route53DnsDriver.upsertRecordSet() rejects fields that exclude each other, before any request", async () => {
  using fetch = replay([]);
  const dns = route53(fetch);
  const alias = {
    hostedZoneId: "Z2FDTNDATAQYW2",
    dnsName: "d111111abcdef8.cloudfront.net",
    evaluateTargetHealth: false,
  };
  const set = { name: "www", type: "A" } as const;
  const values = { ...set, data: ["192.0.2.1"] };
  for (
    const [input, expected] of [
      [{ ...values, alias }, "an alias must have no ttl and no data"],
      [{ ...set, ttl: 60, alias }, "an alias must have no ttl and no data"],
      [set, "data must be a non-empty array"],
      [
        { ...values, routing: { weight: 1 } },
        "routing and setIdentifier must be given together",
      ],
      [
        { ...values, setIdentifier: "a" },
        "routing and setIdentifier must be given together",
      ],
      [
        {
          ...values,
          setIdentifier: "a",
          routing: { weight: 1, region: "eu-west-1" },
        },
        "routing must be an object with one of weight, region, geoLocation, failover, multiValueAnswer, cidrRoutingConfig, geoProximityLocation",
      ],
      [
        { ...set, alias: { ...alias, dnsName: "localhost" } },
        "alias.dnsName must be an absolute name",
      ],
      [
        { ...set, alias: { ...alias, hostedZoneId: "" } },
        "alias.hostedZoneId must be",
      ],
      [
        { ...set, alias: { ...alias, evaluateTargetHealth: undefined } },
        "alias.evaluateTargetHealth must be true or false",
      ],
      [
        { ...set, type: "LOC", data: ["1 2 3 N 4 5 6 E 0m 0m 0m 0m"] },
        "does not support the type LOC",
      ],
    ] as const
  ) {
    await assertRejects(
      () => dns.upsertRecordSet(EXAMPLE, input as Route53RecordSetInput),
      TypeError,
      expected,
    );
  }
});

Deno.test("Route53DnsDriver.changeRecordSets() sends changes without a look-up if it knows enough", async () => {
  const created = plain("b.example.com.", "A", 300, "192.0.2.3");
  const after = plain("www.example.com.", "A", 300, "192.0.2.2");
  using fetch = replay([{
    ...CHANGE,
    body: batch(
      change("DELETE", OLD),
      change("CREATE", after),
      change("CREATE", created),
    ),
  }]);
  await route53(fetch).changeRecordSets(EXAMPLE, [
    {
      action: "replace",
      before: read(),
      after: { ...WWW, data: ["192.0.2.2"] },
    },
    { action: "create", after: { name: "b", type: "A", data: ["192.0.2.3"] } },
  ]);
});

Deno.test("Route53DnsDriver.changeRecordSets() names the record set that has changed", async () => {
  const { dns } = simulated({ zones: 1 });
  const zone = await dns.getZone({ name: "zone-1.example" });
  const before = await dns.getRecordSet(zone, WWW);
  const set = { ...WWW, data: ["192.0.2.20"] };
  await dns.setRecordSet(zone, set);
  const other = { name: "b", type: "A", data: ["192.0.2.3"] } as const;
  const changes: readonly RecordSetChange[] = [
    { action: "create", after: other },
    { action: "replace", before, after: set },
  ];
  const error = await assertRejects(
    () => dns.changeRecordSets(zone, changes),
    RecordSetConflictError,
    'changeRecordSets: Amazon Route 53 refused: "[Tried to delete resource ' +
      "record set [name='www.zone-1.example.', type='A'] but the values " +
      "provided do not match the current values, ",
  );
  assertEquals(error.recordSet, { ...WWW });
  await assertRejects(
    () => dns.getRecordSet(zone, { name: "b", type: "A" }),
    NotFoundError,
  );
});

Deno.test("Route53DnsDriver.changeRecordSets() takes a record set that is gone for deleted", async () => {
  const { dns } = simulated({ zones: 1 });
  const zone = await dns.getZone({ name: "zone-1.example" });
  const before = await dns.getRecordSet(zone, WWW);
  await dns.deleteRecordSet(zone, before);
  assertEquals(await dns.deleteRecordSet(zone, before), { state: "done" });
  assertEquals(await dns.deleteRecordSet(zone, WWW), { state: "done" });
  const other = { name: "b", type: "A", data: ["192.0.2.3"] } as const;
  await dns.changeRecordSets(zone, [
    { action: "delete", before },
    { action: "create", after: other },
  ]);
  assertEquals((await dns.getRecordSet(zone, other)).data, other.data as never);
});

Deno.test("Route53DnsDriver.changeRecordSets() turns A records into a CNAME in one batch", async () => {
  const { dns, simulator } = simulated({ zones: 1 });
  const zone = await dns.getZone({ name: "zone-1.example" });
  await dns.changeRecordSets(zone, [
    {
      action: "create",
      after: { name: "www", type: "CNAME", data: ["example.net"] },
    },
    { action: "delete", before: { name: "www", type: "A" } },
    { action: "delete", before: { name: "www", type: "AAAA" } },
  ]);
  const recordSets = setsOf(simulator);
  const www = recordSets
    .filter(({ name }) => name.startsWith("www"));
  assertEquals(www.map(({ type }) => type), ["CNAME"]);
});

Deno.test("Route53DnsDriver.changeRecordSets() refuses batches that are too large", async () => {
  const { dns, requests } = simulated({ zones: 1 });
  const zone = await dns.getZone({ name: "zone-1.example" });
  requests.length = 0;
  const create = (length: number, count: number): RecordSetChange[] =>
    Array.from({ length: count }, (_, index) => ({
      action: "create",
      after: { name: `n${index}`, type: "TXT", data: ["x".repeat(length)] },
    }));
  await assertRejects(
    () => dns.changeRecordSets(zone, create(1, 501)),
    RangeError,
    "changes has 501 items; Amazon Route 53 accepts at most 500",
  );
  await assertRejects(
    () => dns.changeRecordSets(zone, create(200, 200)),
    RangeError,
    "changes have 200 records with 40400 characters, old values included; Amazon Route 53 accepts at most 1000 records with 32000 characters",
  );
  assertEquals(requests, []);
  await dns.changeRecordSets(zone, create(1, 500));
});

Deno.test("Route53DnsDriver.normalizeRecordSet() has the limits of Route 53", () => {
  const dns = route53(undefined);
  const set = { ...WWW, data: ["192.0.2.1"] } as const;
  assertEquals(dns.normalizeRecordSet(set).ttl, 300);
  assertEquals(dns.normalizeRecordSet({ ...set, ttl: 0 }).ttl, 0);
  const many = Array.from(
    { length: 401 },
    (_, n) => `10.0.${n >> 8}.${n & 255}`,
  );
  assertThrows(
    () => dns.normalizeRecordSet({ ...WWW, data: many }),
    RangeError,
    "normalizeRecordSet: data has 401 values; Amazon Route 53 accepts at most 400",
  );
  // Each byte needs four characters.
  const text = "\0".repeat(1000);
  assertThrows(
    () => dns.normalizeRecordSet({ name: "t", type: "TXT", data: [text] }),
    RangeError,
    "data[0] has 4011 characters; Amazon Route 53 accepts at most 4000",
  );
  assertThrows(
    () => dns.normalizeRecordSet({ name: "u", type: "URI", data: ['1 1 "x"'] }),
    TypeError,
    "Amazon Route 53 does not support the type URI; it supports A, AAAA,",
  );
});

Deno.test("Route53DnsDriver keeps every byte of a text, and every octet of a name", async () => {
  const { dns, simulator } = simulated({ zones: 1 });
  const zone = await dns.getZone({ name: "zone-1.example" });
  const bytes = Array.from(
    { length: 256 },
    (_, byte) =>
      byte < 0x80
        ? String.fromCharCode(byte)
        : String.fromCharCode(0xdc00 + byte),
  );
  const texts = [
    bytes.join(""),
    "é漢😀",
    '\\"',
    "",
    'a;b "q" c\\',
    "x".repeat(800),
  ];
  const cuts = [["a", "", "b"], ["x".repeat(255), "y"]];
  const data = [...texts, ...cuts];
  const name = "a\\.b\\000\\@\\255_*";
  await dns.setRecordSet(zone, { name, type: "TXT", data });
  const recordSets = setsOf(simulator);
  const [stored] = recordSets
    .filter(({ name }) => name.startsWith("a\\056"));
  assertEquals(
    stored?.name,
    "a\\056b\\000\\100\\377_\\052.zone-1.example.",
  );
  assert(stored?.values.every((value) => /^[ -~]+$/.test(value)));
  const set = await dns.getRecordSet(zone, { name, type: "TXT" });
  assertEquals(set.name, name);
  // The usual cuts are joined.
  assertEquals(set.data as unknown, [
    ...texts,
    ["a", "", "b"],
    `${"x".repeat(255)}y`,
  ]);
  await dns.deleteRecordSet(zone, set);
});

Deno.test("Route53DnsDriver loses nothing when 20 writers add 20 values at once", async () => {
  const simulator = new Route53Simulator({ zones: 1 });
  const writers = Array.from(
    { length: 20 },
    () => route53(simulator.fetch, simulator.credentials),
  );
  const zone = { id: "Z00000000000000000001", name: "zone-1.example" };
  const set = { name: "shared", type: "TXT" } as const;
  await Promise.all(
    writers.map((dns, index) =>
      dns.addRecord(zone, { ...set, data: [`value ${index}`] })
    ),
  );
  const [dns] = writers;
  const { data } = await dns!.getRecordSet(zone, set);
  const expected = writers.map((_, index) => `value ${index}`);
  assertEquals((data as string[]).toSorted(), expected.toSorted());
  await Promise.all(
    writers.slice(1).map((dns, index) =>
      dns.removeRecord(zone, { ...set, data: [`value ${index + 1}`] })
    ),
  );
  assertEquals((await dns!.getRecordSet(zone, set)).data as unknown, [
    "value 0",
  ]);
});

Deno.test("Route53DnsDriver paces its requests when there are too many", async () => {
  const simulator = new Route53Simulator({
    ...Route53Simulator.realistic,
    zones: 1,
  });
  let throttled = 0;
  const dns = new Route53DnsDriver({
    ...simulator.credentials,
    async fetch(request) {
      const response = await simulator.fetch(request);
      if (response.status === 400) throttled++;
      return response;
    },
  });
  const zone = { id: "Z00000000000000000001", name: "zone-1.example" };
  const names = Array.from({ length: 8 }, (_, index) => `n${index}`);
  // 16 requests to an account that accepts five each second.
  await Promise.all(
    names.map((name) =>
      dns.addRecord(zone, { name, type: "A", data: ["192.0.2.1"] })
    ),
  );
  assert(throttled > 0);
  const recordSets = setsOf(simulator);
  const created = recordSets
    .filter(({ name }) => /^n\d/.test(name));
  assertEquals(created.length, names.length);
});

Deno.test("Route53DnsDriver sends a batch again only if it was refused unread", async () => {
  const after = plain("www.example.com.", "A", 300, "192.0.2.2");
  const body = batch(change("CREATE", after));
  const refused = (name: string): Exchange => ({
    ...CHANGE,
    body,
    fixture: `route53/error_400_${name}.xml`,
    status: 400,
  });
  const changes = [
    { action: "create", after: { ...WWW, data: ["192.0.2.2"] } },
  ] as const;
  for (const name of ["busy", "throttling"]) {
    using fetch = replay([refused(name), { ...CHANGE, body }]);
    const dns = route53(fetch, { retry: { baseMs: 1 } });
    await dns.changeRecordSets(EXAMPLE, changes);
  }
  using fetch = replay([
    { ...CHANGE, body, fixture: undefined as never, text: "", status: 503 },
  ]);
  const dns = route53(fetch, { retry: { baseMs: 1 } });
  const error = await assertRejects(
    () => dns.changeRecordSets(EXAMPLE, changes),
  ) as ApiError;
  assertEquals([error.status, error.mayHaveBeenApplied], [503, true]);
});

Deno.test("Route53DnsDriver signs with the time of Route 53 if the clock is wrong", async () => {
  const { dns, requests } = simulated({ zones: 1, clockOffsetMs: 3.6e6 });
  assertEquals((await dns.listZones()).length, 1);
  assertEquals(requests.length, 2);
});

Deno.test("Route53DnsDriver.waitForChange() waits until all name servers have a change", async () => {
  let now = Date.now();
  const simulator = new Route53Simulator({
    zones: 1,
    syncMs: 1000,
    now: () => now,
  });
  const dns = route53(async (request) => {
    const response = await simulator.fetch(request);
    if (request.url.includes("/change/")) now += 400;
    return response;
  }, simulator.credentials);
  const zone = { id: "Z00000000000000000001", name: "zone-1.example" };
  const change = await dns.setRecordSet(zone, { ...WWW, data: ["192.0.2.2"] });
  assertEquals(change.state, "pending");
  assertEquals(await dns.waitForChange(change, { once: true }), change);
  const done = await dns.waitForChange(change, { intervalMs: 1 });
  assertEquals(done, { ...change, state: "done" });
});

Deno.test("Route53DnsDriver chooses the class of an error by its code", async () => {
  const cases: readonly (readonly [string, ApiErrorClass, string])[] = [
    ["400_exists", ConflictError, "but it already exists"],
    ["400_not_found", ConflictError, "but it was not found"],
    ["400_value", ValidationError, "ARRDATAIllegalIPv4Address"],
    ["400_throttling", RateLimitReachedError, "Rate exceeded"],
    ["400_busy", ConflictError, "still processing a prior request"],
    ["400_not_empty", ConflictError, "non-required resource record sets"],
    ["400_quota", PermissionDeniedError, "MaxHostedZonesPerAccount"],
    ["403", InvalidCredsError, "signature we calculated"],
    ["403_denied", PermissionDeniedError, "not authorized"],
    ["404", NotFoundError, "No hosted zone found with ID: Z999"],
    ["409", ConflictError, "specified caller reference"],
    [
      "400_messages",
      ConflictError,
      "already exists; Tried to delete resource record set noexist.example.com.",
    ],
  ];
  for (const [name, errorClass, message] of cases) {
    using fetch = replay([{
      request: `GET ${ZONE}`,
      fixture: `route53/error_${name}.xml`,
      status: Number(name.slice(0, 3)),
    }]);
    const error = await assertRejects(
      () => route53(fetch).connection.request(ZONE),
      errorClass,
      message,
    );
    assertEquals(
      error.requestId,
      name === "400_messages" ? "7a1b" : "4fd9e0a6-1a3e-4c0e-9a6e-0d9f7f6b5c4d",
    );
  }
});

Deno.test("Route53DnsDriver rejects responses of another kind", async () => {
  using fetch = replay([
    { request: `GET ${API}/hostedzone?maxitems=100`, text: "<Other/>" },
    { request: `GET ${ZONE}`, text: "<Other/>" },
    { request: WWW_ONE, text: "<Other/>" },
  ]);
  const dns = route53(fetch);
  for (
    const call of [
      async () => await dns.listZones(),
      () => dns.getZone(EXAMPLE.id),
      () => dns.getRecordSet(EXAMPLE, WWW),
    ]
  ) {
    await assertRejects(call, MalformedResponseError);
  }
});

Deno.test("Route53DnsDriver.listRecordSets() lists a type that is not known here with its text", async () => {
  using fetch = replay([{
    request: `GET ${ZONE}/rrset?maxitems=300`,
    text: page(plain("www.example.com.", "NEWTYPE", 60, "1 text")),
  }]);
  const zone = { id: "Z1D633PJN98FT9", name: "example.com" };
  const [set] = await route53(fetch).listRecordSets(zone);
  assertEquals(set?.data as unknown, ["1 text"]);
});
