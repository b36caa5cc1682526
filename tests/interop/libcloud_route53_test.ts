/**
 * The Route 53 driver of Apache Libcloud with the Route 53 simulator, over
 * loopback. Libcloud and the driver list the same record sets, and each sees the
 * other's changes.
 *
 * Known differences of Libcloud:
 *
 * - It uses the version 2012-02-29 of the API, and signatures of the scheme
 *   `AWS3-HTTPS`.
 * - Each value is a record. It does not show aliases, cannot tell record sets with
 *   a routing policy apart, and raises an error for every type that it lacks.
 * - Names have octal escapes, and zones a final dot. Text is not unescaped.
 * - It cannot delete one value of several.
 * - Its pages continue at a name only. So it never ends if a page ends between two
 *   record sets of one name, and it is tested with large pages.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { Route53DnsDriver } from "../../drivers/aws/route53.ts";
import { Route53Simulator } from "../../simulators/aws/route53.ts";
import { startLibcloud } from "../_support/libcloud.ts";
import { needs } from "../_support/needs.ts";
import { serve } from "../_support/serve.ts";

/** A zone of Libcloud. */
interface LibcloudZone {
  readonly id: string;
  readonly domain: string;
  readonly extra: {
    readonly Comment: string | null;
    readonly ResourceRecordSetCount: number;
  };
}

/** A record of Libcloud: name, type, data and TTL. */
type LibcloudRecord = readonly [
  name: string,
  type: string,
  data: string,
  ttl: number | null,
];

const libcloud = (name: string, fn: () => Promise<void>) =>
  Deno.test({
    ...needs(name, { python: ["libcloud.dns.drivers.route53"] }),
    fn,
  });

/** Starts a simulator on loopback, Libcloud in its own process, and a driver. */
function setUp({ secret = "" } = {}) {
  const simulator = new Route53Simulator({ zones: 2 });
  const server = serve(simulator.fetch);
  const { accessKeyId, secretAccessKey } = simulator.credentials;
  const { call, ...process } = startLibcloud("libcloud_route53.py", [
    "127.0.0.1",
    String(server.port),
    accessKeyId,
    secret || secretAccessKey,
  ]);
  return {
    call,
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

libcloud(
  "Libcloud lists the zones and the records of the Route 53 simulator",
  async () => {
    await using both = setUp();
    const { call, dns } = both;
    const theirs = await call<LibcloudZone[]>("list_zones");
    const ours = await dns.listZones();
    assertEquals(
      theirs.map(({ id, domain, extra }) => ({
        id,
        name: domain.replace(/\.$/, ""),
        count: extra.ResourceRecordSetCount,
      })),
      ours.map(({ id, name, extra }) => ({
        id,
        name,
        count: extra.recordSetCount,
      })),
    );
    const [zone] = ours;
    const records = await call<LibcloudRecord[]>("list_records", [zone!.id]);
    const sets = await dns.listRecordSets(zone!);
    assertEquals(
      records.map(([name, type, data]) => `${name || "@"} ${type} ${data}`),
      sets.flatMap(({ name, type, extra }) =>
        extra.values.map((value) =>
          // The preference of a mail server is not part of the data.
          `${name === "*" ? "\\052" : name} ${type} ${
            type === "MX" ? value.replace(/^\d+ /, "") : value
          }`
        )
      ),
    );
  },
);

libcloud(
  "Libcloud and the driver see each other's changes at Route 53",
  async () => {
    await using both = setUp();
    const { call, dns } = both;
    const { id } = await call<LibcloudZone>("create_zone", [
      "example.com",
      "a & b",
    ]);
    const zone = await dns.getZone(id);
    assertEquals([zone.name, zone.extra.comment], ["example.com", "a & b"]);

    await call("create_record", [id, "www", "A", "192.0.2.1", 60]);
    await call("create_record", [id, "txt", "TXT", "a;b", 90]);
    await call("create_multi_value_record", [
      id,
      "many",
      "A",
      "192.0.2.1\n192.0.2.2",
      120,
    ]);
    const sets = await dns.listRecordSets(zone);
    assertEquals(
      sets.filter(({ name }) => name !== "@")
        .map(({ name, type, ttl, data }) => [name, type, ttl, data]) as unknown,
      [
        ["many", "A", 120, ["192.0.2.1", "192.0.2.2"]],
        ["txt", "TXT", 90, ["a;b"]],
        ["www", "A", 60, ["192.0.2.1"]],
      ],
    );

    await call("update_record", [id, "A:many", "192.0.2.9"]);
    const many = await dns.getRecordSet(zone, { name: "many", type: "A" });
    assertEquals(many.data as unknown, ["192.0.2.9", "192.0.2.2"]);

    await dns.addRecord(zone, { name: "www", type: "A", data: ["192.0.2.3"] });
    await dns.setRecordSet(zone, {
      name: "mail",
      type: "MX",
      data: [{ preference: 10, host: "mx.example.com" }],
    });
    const records = await call<LibcloudRecord[]>("list_records", [id]);
    assertEquals(
      records.filter(([name]) => name === "www" || name === "mail"),
      [
        ["mail", "MX", "mx.example.com.", 300],
        ["www", "A", "192.0.2.1", 60],
        ["www", "A", "192.0.2.3", 60],
      ],
    );

    assert(await call("delete_record", [id, "TXT:txt"]));
    await assertRejects(() => call("get_record", [id, "TXT:txt"]));
    // It deletes only record sets with one value.
    await dns.deleteRecordSet(zone, { name: "www", type: "A" });
    await dns.deleteRecordSet(zone, { name: "many", type: "A" });
    await dns.deleteRecordSet(zone, { name: "mail", type: "MX" });
    await call("create_record", [id, "www", "A", "192.0.2.1", 60]);
    assert(await call("delete_zone", [id]));
    assertEquals((await dns.listZones()).length, 2);
  },
);

libcloud("Libcloud shows the errors of the Route 53 simulator", async () => {
  await using both = setUp();
  const { call } = both;
  await assertRejects(
    () => call("list_records", ["Z999"]),
    Error,
    "ZoneDoesNotExistError",
  );
  const [zone] = await call<LibcloudZone[]>("list_zones");
  await assertRejects(
    () => call("create_record", [zone!.id, "www", "A", "192.0.2.1", 60]),
    Error,
    "InvalidChangeBatch",
  );
  await using other = setUp({ secret: "another" });
  await assertRejects(() => other.call("list_zones"), Error, "Signature");
});
