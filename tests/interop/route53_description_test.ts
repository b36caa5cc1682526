/**
 * Compares the Route 53 simulator, the fixtures and the requests of the driver
 * with the official model of the service. The model is not part of this
 * repository.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { CloudError } from "../../core/mod.ts";
import type { RecordSetInput } from "../../core/dns/mod.ts";
import { Route53DnsDriver } from "../../drivers/aws/route53.ts";
import { Route53Simulator } from "../../simulators/aws/route53.ts";
import { type AwsRestModel, heldToRest } from "../_support/aws_rest_model.ts";
import { readXml } from "../_support/aws_model.ts";
import { methodsOf } from "../../testing/subject.ts";
import { needsReference, readReference } from "../_support/reference.ts";

const FILE = "aws-route53.model.json";
const FIXTURES = new URL("../../fixtures/route53/", import.meta.url);
const NAME =
  "Route53DnsDriver, Route53Simulator and the fixtures conform to the official model";
const model = await readReference<AwsRestModel>(FILE);

const HEALTH_CHECK = "abcdef11-2222-3333-4444-555555fedcba";

Deno.test({
  ...needsReference(NAME, FILE, model),
  async fn() {
    const simulator = new Route53Simulator({
      zones: 3,
      largestPage: 2,
      syncMs: 0,
    });
    const held = heldToRest(model!, simulator.fetch);
    const called = new Set<string>();
    const dns = watched(
      new Route53DnsDriver({ ...simulator.credentials, fetch: held.fetch }),
      called,
    );
    await exercise(dns);
    await refusals(dns);
    assertEquals(held.faults, []);
    const methods = methodsOf(Route53DnsDriver)
      .filter((name) => name !== "constructor" && isPublic(name));
    assertEquals(methods.filter((name) => !called.has(name)), []);
    assertEquals(
      [...held.operations].sort(),
      Object.keys(model!.operations).sort(),
    );
    let fixtures = 0;
    for (const { name } of Deno.readDirSync(FIXTURES)) {
      // The older form of an error is not in the model.
      if (name === "error_400_messages.xml") continue;
      const xml = await Deno.readTextFile(new URL(name, FIXTURES));
      const root = readXml(xml).name;
      held.checkResponse(root.replace(/Response$/, ""), xml);
      fixtures++;
    }
    console.log(
      `compared ${held.count} requests of ${methods.length} methods and their responses, ${held.errors} of them errors, for ${held.operations.size} of ${
        Object.keys(model!.operations).length
      } operations with ${held.parameters.size} parameters, and ${fixtures} fixtures`,
    );
    assertEquals(held.faults, []);
    assert(
      held.count >= 100 && held.errors >= 15 && held.parameters.size >= 41,
      `${held.count} ${held.errors} ${held.parameters.size}`,
    );
  },
});

/** Calls every method, with every option. */
async function exercise(dns: Route53DnsDriver): Promise<void> {
  const zone = await dns.createZone({
    name: "example.com",
    comment: "a & b",
    idempotencyKey: "one",
    delegationSetId: "N1PA6795SAMPLE",
  });
  await dns.waitForChange(zone.extra.change!);
  const vpc = { id: "vpc-1a2b3c4d", region: "eu-central-1" };
  const hidden = await dns.createZone({ name: "example.com", vpc });
  assertEquals((await dns.getZone(hidden)).extra.vpcs, [vpc]);
  await dns.setZoneComment(zone, { comment: "new" });
  assertEquals((await dns.listZones()).length, 5);
  await dns.findZone("a.b.example.com");
  for (const set of everyType()) await dns.setRecordSet(zone, set);
  for (const set of everyType()) {
    const { data } = await dns.getRecordSet(zone, set);
    assertEquals(data, dns.normalizeRecordSet(set).data);
  }
  const values = { type: "A", ttl: 60, data: ["192.0.2.1"] } as const;
  for (
    const routing of [
      { weight: 255 },
      { region: "eu-central-1" },
      { geoLocation: { continentCode: "EU" } },
      { geoLocation: { countryCode: "US", subdivisionCode: "CA" } },
      { failover: "SECONDARY" as const },
      { multiValueAnswer: true },
      {
        cidrRoutingConfig: { collectionId: HEALTH_CHECK, locationName: "home" },
      },
      {
        geoProximityLocation: {
          coordinates: { latitude: "49.20", longitude: "-122.71" },
          bias: -99,
        },
      },
      { geoProximityLocation: { awsRegion: "eu-central-1" } },
      { geoProximityLocation: { localZoneGroup: "us-east-1-bos-1" } },
    ]
  ) {
    const [kind] = Object.keys(routing);
    await dns.upsertRecordSet(zone, {
      ...values,
      name: `${kind}-${JSON.stringify(routing).length}`,
      setIdentifier: "a b",
      routing,
      healthCheckId: HEALTH_CHECK,
    });
  }
  await dns.upsertRecordSet(zone, {
    name: "@",
    type: "A",
    alias: {
      hostedZoneId: "Z2FDTNDATAQYW2",
      dnsName: "d111111abcdef8.cloudfront.net",
      evaluateTargetHealth: false,
    },
  });
  await dns.addRecord(zone, { ...values, name: "many", data: ["192.0.2.1"] });
  await dns.addRecord(zone, { ...values, name: "many", data: ["192.0.2.2"] });
  await dns.removeRecord(zone, { ...values, name: "many" });
  await dns.deleteRecordSet(zone, { name: "many", type: "A" });
  const sets = await dns.listRecordSets(zone);
  assert(sets.length > 25, `${sets.length} record sets`);
  await dns.listRecordSets(zone, { name: "*", type: "TXT" });
  await dns.changeRecordSets(
    zone,
    sets.filter(({ type }) => type === "CAA")
      .map((before) => ({ action: "replace", before, after: before })),
  );
  await dns.deleteZone(zone);
  await dns.deleteZone(hidden);
}

/** Calls that Route 53 refuses, each in another way. */
async function refusals(dns: Route53DnsDriver): Promise<void> {
  const zone = { name: "zone-1.example" };
  const { id } = await dns.getZone(zone);
  const www = { name: "www", type: "A", data: ["192.0.2.1"] } as const;
  const conflicting = { ...www, type: "CNAME", data: ["a.example"] } as const;
  const vpc = { id: "vpc-1a2b3c4d", region: "eu-central-1" };
  await dns.createZone({ name: "taken.example", vpc });
  const alias = {
    hostedZoneId: id,
    dnsName: "nowhere.zone-1.example",
    evaluateTargetHealth: true,
  };
  for (
    const call of [
      () => dns.getZone("Z999"),
      () => dns.deleteZone("Z999"),
      () => dns.waitForChange({ id: "C999", state: "pending" }),
      () => dns.createZone({ name: "com" }),
      () => dns.createZone({ name: "taken.example", vpc }),
      () => dns.createZone({ name: "n.example", vpc: { ...vpc, id: "vpc-x" } }),
      () => dns.createZone({ name: "n.example", idempotencyKey: "one" }),
      () => dns.setZoneComment({ id: "Z999", ...zone }, { comment: "x" }),
      () => dns.changeRecordSets(zone, [{ action: "create", after: www }]),
      () => dns.setRecordSet(zone, conflicting),
      () => dns.setRecordSet(zone, { ...conflicting, name: "@" }),
      () => dns.deleteRecordSet(zone, { name: "@", type: "SOA" }),
      () => dns.deleteRecordSet(zone, { name: "@", type: "NS" }),
      () => dns.upsertRecordSet(zone, { name: "x", type: "A", alias }),
      () => dns.upsertRecordSet(zone, { ...www, healthCheckId: "none" }),
      () => dns.setRecordSet({ id: "Z999", ...zone }, www),
    ]
  ) {
    const error = await assertRejects(call);
    assert(CloudError.is(error), `${error}`);
  }
}

/** A record set of each type that Route 53 has. */
function everyType(): RecordSetInput[] {
  const service = { priority: 1, target: ".", params: { alpn: "h2,h3" } };
  return [
    { name: "*", type: "TXT", data: ['a "b" \\ é\udcff', "x".repeat(600)] },
    { name: "n", type: "A", data: ["192.0.2.1"] },
    { name: "n", type: "AAAA", data: ["2001:db8::1"] },
    { name: "n", type: "CAA", data: [{ flags: 0, tag: "issue", value: ";" }] },
    { name: "c", type: "CNAME", data: ["example.net"] },
    {
      name: "n",
      type: "DS",
      data: [{
        keyTag: 1,
        algorithm: 13,
        digestType: 2,
        digest: "ab".repeat(32),
      }],
    },
    { name: "n", type: "HTTPS", data: [service] },
    { name: "n", type: "MX", data: [{ preference: 0, host: "." }] },
    {
      name: "n",
      type: "NAPTR",
      data: [{
        order: 1,
        preference: 2,
        flags: "U",
        services: "E2U+sip",
        regexp: "!^.*$!sip:a@example.com!",
        replacement: ".",
      }],
    },
    { name: "n", type: "NS", data: ["ns1.example.net"] },
    { name: "p", type: "PTR", data: ["example.net"] },
    { name: "n", type: "SPF", data: ['"v=spf1 -all"'] },
    {
      name: "_sip._udp",
      type: "SRV",
      data: [{ priority: 1, weight: 2, port: 5060, host: "sip.example.com" }],
    },
    {
      name: "n",
      type: "SSHFP",
      data: [{
        algorithm: 4,
        fingerprintType: 2,
        fingerprint: "ab".repeat(32),
      }],
    },
    { name: "n", type: "SVCB", data: [{ ...service, priority: 2 }] },
    {
      name: "_443._tcp",
      type: "TLSA",
      data: [{
        usage: 3,
        selector: 1,
        matchingType: 1,
        data: "ab".repeat(32),
      }],
    },
  ];
}

/** Whether callers use a method; others are for derived classes. */
function isPublic(name: string): boolean {
  const hook = /^(?:read|write|fit|check|zone|to)[A-Z]|Values$|^removeZone$/;
  const others = ["conflict", "isPlain", "resolve"];
  return !hook.test(name) && !others.includes(name);
}

/** Notes which methods are called. */
function watched<T extends object>(target: T, called: Set<string>): T {
  return new Proxy(target, {
    get(target, name) {
      const value = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      called.add(String(name));
      return value.bind(target);
    },
  });
}
