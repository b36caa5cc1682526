/**
 * The Route 53 client of boto3 with the Route 53 simulator, over loopback.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { Route53DnsDriver } from "../../drivers/aws/route53.ts";
import {
  Route53Simulator,
  type Route53SimulatorOptions,
} from "../../simulators/aws/route53.ts";
import { startLibcloud } from "../_support/libcloud.ts";
import { needs } from "../_support/needs.ts";
import { serve } from "../_support/serve.ts";

/** A record set of boto3. */
interface ResourceRecordSet {
  readonly Name: string;
  readonly Type: string;
  readonly TTL?: number;
  readonly SetIdentifier?: string;
  readonly ResourceRecords?: readonly { readonly Value: string }[];
}

const boto3 = (name: string, fn: () => Promise<void>) =>
  Deno.test({ ...needs(name, { python: ["boto3"] }), fn });

/** Starts a simulator on loopback, boto3 in its own process, and a driver. */
function setUp(options: Route53SimulatorOptions = {}) {
  const simulator = new Route53Simulator({ zones: 3, ...options });
  const server = serve(simulator.fetch);
  const { accessKeyId, secretAccessKey } = simulator.credentials;
  const { call, ...process } = startLibcloud("boto3_route53.py", [
    "127.0.0.1",
    String(server.port),
    accessKeyId,
    secretAccessKey,
  ]);
  return {
    /** Calls an operation of boto3. */
    run: <T>(name: string, parameters: object = {}) =>
      call<T>(name, [], parameters as Readonly<Record<string, unknown>>),
    dns: new Route53DnsDriver({
      ...simulator.credentials,
      baseUrl: server.url,
    }),
    async [Symbol.asyncDispose]() {
      await process[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

boto3(
  "boto3 lists all pages of zones and record sets of the Route 53 simulator",
  async () => {
    await using both = setUp({ largestPage: 2 });
    const { run, dns } = both;
    const { HostedZones } = await run<{ HostedZones: { Id: string }[] }>(
      "paginate",
      { Operation: "list_hosted_zones" },
    );
    const zones = await dns.listZones();
    assertEquals(
      HostedZones.map(({ Id }) => Id),
      zones.map(({ id }) => `/hostedzone/${id}`),
    );
    const HostedZoneId = zones[0]!.id;
    const { ResourceRecordSets } = await run<
      { ResourceRecordSets: ResourceRecordSet[] }
    >("paginate", { Operation: "list_resource_record_sets", HostedZoneId });
    const sets = await dns.listRecordSets(HostedZoneId);
    assertEquals(
      ResourceRecordSets.map((it) => [
        it.Type,
        it.TTL,
        it.SetIdentifier,
        it.ResourceRecords?.map(({ Value }) => Value) ?? [],
      ]),
      sets.map(({ type, ttl, extra }) => [
        type,
        ttl,
        extra.setIdentifier,
        extra.values,
      ]) as unknown[][],
    );
  },
);

boto3("boto3 and the driver see each other's changes at Route 53", async () => {
  await using both = setUp();
  const { run, dns } = both;
  const created = await run<{
    HostedZone: { Id: string };
    ChangeInfo: { Id: string; Status: string };
    DelegationSet: { NameServers: string[] };
  }>("create_hosted_zone", {
    Name: "example.com",
    CallerReference: "boto3",
    HostedZoneConfig: { Comment: "a & b" },
  });
  assertEquals(created.ChangeInfo.Status, "PENDING");
  await run("wait", {
    Operation: "resource_record_sets_changed",
    Id: created.ChangeInfo.Id,
  });
  const HostedZoneId = created.HostedZone.Id;
  const zone = await dns.getZone(HostedZoneId);
  assertEquals(zone.nameServers, created.DelegationSet.NameServers);
  const set = {
    Name: "Txt.example.com",
    Type: "TXT",
    TTL: 60,
    ResourceRecords: [{ Value: '"a \\"b\\" <&>" "second\\303\\251"' }],
  };
  const change = (Action: string, ResourceRecordSet: object) =>
    run("change_resource_record_sets", {
      HostedZoneId,
      ChangeBatch: { Changes: [{ Action, ResourceRecordSet }] },
    });
  await change("CREATE", set);
  const read = await dns.getRecordSet(zone, { name: "txt", type: "TXT" });
  assertEquals(read.data as unknown, [['a "b" <&>', "secondé"]]);
  await dns.addRecord(zone, { name: "txt", type: "TXT", data: ["ü"] });
  // The record set has another value now.
  const error = await assertRejects(() => change("DELETE", set));
  assertMatch(
    String(error),
    /InvalidChangeBatch.*\[Tried to delete resource record set \[name='txt\.example\.com\.', type='TXT'\] but the values provided do not match the current values\]/,
  );
  const both_ = [...set.ResourceRecords, { Value: '"\\303\\274"' }];
  await change("DELETE", { ...set, ResourceRecords: both_ });
  const alias = {
    Name: "example.com",
    Type: "A",
    AliasTarget: {
      HostedZoneId: "Z2FDTNDATAQYW2",
      DNSName: "d111111abcdef8.cloudfront.net",
      EvaluateTargetHealth: false,
    },
  };
  await change("UPSERT", alias);
  const { extra } = await dns.getRecordSet(zone, { name: "@", type: "A" });
  assertEquals(extra.alias?.dnsName, "d111111abcdef8.cloudfront.net.");
  await assertRejects(
    () => run("delete_hosted_zone", { Id: HostedZoneId }),
    Error,
    "HostedZoneNotEmpty",
  );
  await dns.deleteZone(zone);
  await assertRejects(
    () => run("get_hosted_zone", { Id: HostedZoneId }),
    Error,
    "NoSuchHostedZone",
  );
});

boto3("boto3 retries what the Route 53 simulator throttles", async () => {
  await using both = setUp({ requestsPerSecond: 2 });
  const { run } = both;
  for (let time = 1; time <= 4; time++) {
    const { HostedZones } = await run<{ HostedZones: unknown[] }>(
      "list_hosted_zones_by_name",
      { DNSName: "zone-2.example" },
    );
    assert(HostedZones.length === 2);
  }
});
