/**
 * The Route 53 client of the AWS SDK with the Route 53 simulator, over loopback.
 * The client and the driver list the same zones and record sets, and each sees the
 * other's changes.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import * as sdk from "npm:@aws-sdk/client-route-53@3.1169.0";
import { Route53DnsDriver } from "../../drivers/aws/route53.ts";
import {
  Route53Simulator,
  type Route53SimulatorOptions,
} from "../../simulators/aws/route53.ts";
import { serve } from "../_support/serve.ts";

/** Starts a simulator on loopback, with a client of the AWS SDK and a driver. */
function setUp(
  options: Route53SimulatorOptions = {},
  credentials: Partial<Route53Simulator["credentials"]> = {},
) {
  const simulator = new Route53Simulator({ zones: 5, ...options });
  const server = serve(simulator.fetch);
  const theirs = new sdk.Route53Client({
    endpoint: server.url,
    region: "us-east-1",
    credentials: { ...simulator.credentials, ...credentials },
    maxAttempts: 2,
  });
  return {
    theirs,
    ours: new Route53DnsDriver({
      ...simulator.credentials,
      baseUrl: server.url,
    }),
    async [Symbol.asyncDispose]() {
      theirs.destroy();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** Reads all pages of record sets; the client has no paginator for them. */
async function theirSets(client: sdk.Route53Client, HostedZoneId: string) {
  const sets: sdk.ResourceRecordSet[] = [];
  let next: Partial<sdk.ListResourceRecordSetsCommandInput> = {};
  for (;;) {
    const page = await client.send(
      new sdk.ListResourceRecordSetsCommand({
        HostedZoneId,
        MaxItems: 3,
        ...next,
      }),
    );
    sets.push(...page.ResourceRecordSets!);
    if (!page.IsTruncated) return sets;
    next = {
      StartRecordName: page.NextRecordName,
      StartRecordType: page.NextRecordType,
      StartRecordIdentifier: page.NextRecordIdentifier,
    };
  }
}

Deno.test("The AWS SDK and the driver list the same zones and record sets", async () => {
  await using both = setUp();
  const { theirs, ours } = both;
  const zones: sdk.HostedZone[] = [];
  const pages = sdk.paginateListHostedZones(
    { client: theirs, pageSize: 2 },
    {},
  );
  for await (const { HostedZones } of pages) zones.push(...HostedZones!);
  const listed = await ours.listZones({ pageSize: 2 });
  assertEquals(
    zones.map(({ Id, Name, CallerReference, Config }) => [
      Id!.replace("/hostedzone/", ""),
      Name!.replace(/\.$/, ""),
      CallerReference!,
      Config?.PrivateZone ?? false,
    ]),
    listed.map(({ id, name, extra }) => [
      id,
      name,
      extra.callerReference,
      extra.isPrivate,
    ]),
  );
  const id = listed[0]!.id;
  const sets = await theirSets(theirs, id);
  const expected = await ours.listRecordSets(id, { pageSize: 3 });
  assertEquals(
    sets.map((set) => ({
      type: set.Type as string,
      ttl: set.TTL,
      values: set.ResourceRecords?.map(({ Value }) => Value!) ?? [],
      setIdentifier: set.SetIdentifier,
      weight: set.Weight,
      target: set.AliasTarget?.DNSName,
    })),
    expected.map(({ type, ttl, extra }) => ({
      type: type as string,
      ttl,
      values: [...extra.values],
      setIdentifier: extra.setIdentifier,
      weight: extra.routing?.weight,
      target: extra.alias?.dnsName,
    })),
  );
});

Deno.test("The AWS SDK and the driver see each other's zones and changes", async () => {
  await using both = setUp();
  const { theirs, ours } = both;
  const created = await theirs.send(
    new sdk.CreateHostedZoneCommand({
      Name: "example.com",
      CallerReference: "sdk",
      HostedZoneConfig: { Comment: 'a & "b" <c>' },
    }),
  );
  assert(created.Location?.includes("/hostedzone/Z"));
  await sdk.waitUntilResourceRecordSetsChanged(
    { client: theirs, maxWaitTime: 30, minDelay: 1, maxDelay: 1 },
    { Id: created.ChangeInfo!.Id! },
  );
  const id = created.HostedZone!.Id!;
  const zone = await ours.getZone(id);
  assertEquals(zone.extra.comment, 'a & "b" <c>');
  assertEquals(zone.nameServers, created.DelegationSet!.NameServers!);
  await ours.setZoneComment(zone, { comment: "ours" });
  const { HostedZone } = await theirs.send(
    new sdk.GetHostedZoneCommand({ Id: id }),
  );
  assertEquals(HostedZone?.Config?.Comment, "ours");

  const set = {
    Name: "www.example.com",
    Type: "A",
    SetIdentifier: "near & far",
    GeoProximityLocation: {
      Coordinates: { Latitude: "49.20", Longitude: "-122.71" },
      Bias: 5,
    },
    TTL: 60,
    ResourceRecords: [{ Value: "192.0.2.1" }],
    HealthCheckId: "abcdef11-2222-3333-4444-555555fedcba",
  } as const;
  const change = (Action: sdk.ChangeAction, ResourceRecordSet: object) =>
    theirs.send(
      new sdk.ChangeResourceRecordSetsCommand({
        HostedZoneId: id,
        ChangeBatch: {
          Comment: "a change",
          Changes: [{ Action, ResourceRecordSet } as sdk.Change],
        },
      }),
    );
  const { ChangeInfo } = await change("CREATE", set);
  assertEquals(ChangeInfo?.Comment, "a change");
  const read = await ours.getRecordSet(zone, { name: "www", type: "A" });
  assertEquals([read.id, read.extra.routing], [
    "www A near & far",
    {
      geoProximityLocation: {
        coordinates: { latitude: "49.20", longitude: "-122.71" },
        bias: 5,
      },
    },
  ]);
  await ours.deleteRecordSet(zone, read);
  await assertRejects(
    () => change("DELETE", set),
    sdk.InvalidChangeBatch,
    "but it was not found",
  );

  const text = 'a;b "q" c\\ é\udcff';
  await ours.setRecordSet(zone, { name: "*", type: "TXT", data: [text] });
  const [wild] = (await theirSets(theirs, id))
    .filter(({ Type }) => Type === "TXT");
  assertEquals(wild?.Name, "\\052.example.com.");
  assertEquals(
    wild?.ResourceRecords?.[0]?.Value,
    '"a;b \\"q\\" c\\\\ \\303\\251\\377"',
  );
  await change("DELETE", wild!);
  await ours.deleteZone(zone);
  await assertRejects(
    () => theirs.send(new sdk.GetHostedZoneCommand({ Id: id })),
    sdk.NoSuchHostedZone,
  );
});

Deno.test("The AWS SDK and the driver add values at once, and none is lost", async () => {
  await using both = setUp();
  const { theirs, ours } = both;
  const zone = await ours.getZone({ name: "zone-1.example" });
  /** Adds a value as the driver does: what was read must still be there. */
  async function add(value: string): Promise<void> {
    for (;;) {
      const { ResourceRecordSets } = await theirs.send(
        new sdk.ListResourceRecordSetsCommand({
          HostedZoneId: zone.id,
          StartRecordName: "shared.zone-1.example",
          StartRecordType: "TXT",
          MaxItems: 1,
        }),
      );
      const [found] = ResourceRecordSets!
        .filter(({ Name }) => Name === "shared.zone-1.example.");
      const set = found ?? {
        Name: "shared.zone-1.example",
        Type: "TXT",
        TTL: 300,
        ResourceRecords: [],
      };
      const ResourceRecords = [...set.ResourceRecords!, { Value: value }];
      const Changes = [
        ...found ? [{ Action: "DELETE", ResourceRecordSet: found }] : [],
        { Action: "CREATE", ResourceRecordSet: { ...set, ResourceRecords } },
      ] as sdk.Change[];
      try {
        await theirs.send(
          new sdk.ChangeResourceRecordSetsCommand({
            HostedZoneId: zone.id,
            ChangeBatch: { Changes },
          }),
        );
        return;
      } catch (error) {
        if (!(error instanceof sdk.InvalidChangeBatch)) throw error;
      }
    }
  }
  const numbers = Array.from({ length: 10 }, (_, index) => index);
  await Promise.all(numbers.flatMap((index) => [
    add(`"theirs ${index}"`),
    ours.addRecord(zone, {
      name: "shared",
      type: "TXT",
      data: [`ours ${index}`],
    }),
  ]));
  const { data } = await ours.getRecordSet(zone, {
    name: "shared",
    type: "TXT",
  });
  assertEquals(
    (data as string[]).toSorted(),
    numbers.flatMap((index) => [`ours ${index}`, `theirs ${index}`]).toSorted(),
  );
});

Deno.test("The AWS SDK shows the errors of the Route 53 simulator", async () => {
  await using both = setUp({}, { secretAccessKey: "another" });
  const { theirs } = both;
  const error = await assertRejects(() =>
    theirs.send(new sdk.ListHostedZonesCommand())
  ) as sdk.Route53ServiceException;
  assertEquals(error.name, "SignatureDoesNotMatch");
  assertEquals(error.$metadata.httpStatusCode, 403);
  await using busy = setUp({ requestsPerSecond: 1 });
  const list = () => busy.theirs.send(new sdk.ListHostedZonesCommand());
  // Its own retries come sooner than the next second.
  await assertRejects(() => Promise.all([list(), list(), list(), list()]));
});
