/**
 * What plans promise with every DNS driver of this package, against its simulator.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import {
  type DnsDriver,
  keyOf,
  type RecordSetInput,
} from "../../../core/dns/mod.ts";
import { copyZone } from "../../../core/dns/copy.ts";
import { applyPlan, planZone, syncZone } from "../../../core/dns/plan.ts";
import {
  DNS_PROVIDERS,
  simulatedDns,
} from "../../_support/simulated_dns_drivers.ts";

/**
 * Record sets of many types, with values that providers like to change. Without
 * TLSA, which only some installations of Designate have.
 */
const SETS: readonly RecordSetInput[] = [
  { name: "WWW", type: "A", ttl: 75, data: ["192.0.2.2", "192.0.2.1"] },
  { name: "www", type: "AAAA", ttl: 3600, data: ["2001:DB8:0:0::1"] },
  { name: "no-ttl", type: "A", data: ["192.0.2.1"] },
  { name: "*.dev", type: "CNAME", ttl: 86_400, data: ["Web.Example.net."] },
  {
    name: "@",
    type: "MX",
    ttl: 86_401,
    data: [{ preference: 10, host: "MX1.example.net." }],
  },
  {
    name: "@",
    type: "TXT",
    ttl: 300,
    data: ["v=spf1 -all", 'a "quoted" \\ text; with; marks'],
  },
  { name: "long", type: "TXT", ttl: 300, data: ["0123456789".repeat(45)] },
  { name: "cut", type: "TXT", ttl: 300, data: [["one", "two"]] },
  {
    name: "_sip._tcp",
    type: "SRV",
    ttl: 300,
    data: [{ priority: 1, weight: 2, port: 5060, host: "sip.example.net" }],
  },
  {
    name: "@",
    type: "CAA",
    ttl: 300,
    data: [{ flags: 0, tag: "issue", value: "ca.example" }],
  },
  {
    name: "sub",
    type: "NS",
    ttl: 300,
    data: ["ns2.example.org", "ns1.example.org"],
  },
  {
    name: "sub",
    type: "DS",
    ttl: 300,
    data: [{
      keyTag: 1,
      algorithm: 13,
      digestType: 2,
      digest: "AB".repeat(32),
    }],
  },
  { name: "ptr", type: "PTR", ttl: 300, data: ["host.example.net"] },
  {
    name: "ssh",
    type: "SSHFP",
    ttl: 300,
    data: [{ algorithm: 4, fingerprintType: 2, fingerprint: "CD".repeat(32) }],
  },
  {
    name: "svc",
    type: "HTTPS",
    ttl: 300,
    data: [{
      priority: 1,
      target: ".",
      params: { alpn: "h2,h3", port: "8443" },
    }],
  },
  { name: "loc", type: "LOC", ttl: 300, data: ["52 22 23 N 4 53 32 E -2m"] },
];

/** Those record sets that all providers can hold, perhaps with another TTL. */
function fitting(...drivers: readonly DnsDriver[]): RecordSetInput[] {
  return SETS.flatMap((set) => {
    const data = (set.data as readonly unknown[]).filter((value) =>
      drivers.every((driver) => {
        try {
          const one = { ...set, ttl: 3600, data: [value] } as RecordSetInput;
          return driver.normalizeRecordSet(one);
        } catch {
          return false;
        }
      })
    );
    return data.length === 0 ? [] : [{ ...set, data } as RecordSetInput];
  });
}

for (const id of DNS_PROVIDERS) {
  Deno.test(`the plan of a synchronized zone is empty: ${id}`, async () => {
    const { driver, createZone } = await simulatedDns(id);
    const zone = await createZone("example.com");
    const desired = fitting(driver);
    assert(desired.length >= 8, desired.map(keyOf).join(", "));
    const options = { onMisfit: "adapt", prunes: true } as const;
    const first = await syncZone(driver, zone, desired, options);
    assertEquals(first.changes.length, desired.length);
    const again = await planZone(driver, zone, desired, options);
    assertEquals(again.changes, []);
    // What is listed is a wish that is fulfilled, too.
    const listed = await driver.listRecordSets(zone);
    const asListed = await planZone(driver, zone, listed, options);
    assertEquals(asListed.changes, []);
  });

  Deno.test(`a CNAME replaces an address, and the other way round: ${id}`, async () => {
    const { driver, createZone } = await simulatedDns(id);
    const zone = await createZone("example.com");
    const ttl = 3600;
    const address: RecordSetInput[] = [
      { name: "www", type: "A", ttl, data: ["192.0.2.1"] },
      { name: "www", type: "TXT", ttl, data: ["text"] },
    ];
    const alias: RecordSetInput[] = [
      { name: "www", type: "CNAME", ttl, data: ["web.example.net"] },
    ];
    for (const desired of [address, alias, address]) {
      await syncZone(driver, zone, desired);
      const sets = await driver.listRecordSets(zone, { name: "www" });
      assertEquals(sets.map(keyOf).sort(), desired.map(keyOf).sort());
      const again = await planZone(driver, zone, desired, { prunes: true });
      assertEquals(again.changes, []);
    }
  });
}

// Each provider is the original once, and the copy once.
for (const [index, id] of DNS_PROVIDERS.entries()) {
  const other = DNS_PROVIDERS[(index + 1) % DNS_PROVIDERS.length]!;
  Deno.test(`copyZone() copies a zone from ${id} to ${other}`, async () => {
    const from = await simulatedDns(id);
    const to = await simulatedDns(other);
    const original = await from.createZone("example.com");
    const zone = await to.createZone("example.com");
    const desired = fitting(from.driver, to.driver);
    const adapt = { onMisfit: "adapt" } as const;
    await syncZone(from.driver, original, desired, adapt);
    const source = { driver: from.driver, zone: original };
    const target = { driver: to.driver, zone };
    const plan = await copyZone(source, target, adapt);
    assertEquals(plan.changes.length, desired.length);
    const back = await copyZone(target, source, { ...adapt, prunes: true });
    // Only a TTL that one of them does not accept may differ.
    for (const change of back.changes) assertEquals(change.action, "replace");
  });
}

Deno.test("planZone() plans options that only the provider has, and keeps them: cloudflare", async () => {
  const { driver, createZone } = await simulatedDns("cloudflare");
  const zone = await createZone("example.com");
  const plain: RecordSetInput = {
    name: "www",
    type: "A",
    ttl: 3600,
    data: ["192.0.2.1"],
  };
  await syncZone(driver, zone, [plain]);
  const proxied = { ...plain, ttl: undefined, extra: { proxied: true } };
  const plan = await planZone(driver, zone, [proxied]);
  assertEquals(plan.changes.length, 1);
  await applyPlan(driver, JSON.parse(JSON.stringify(plan)));
  assertEquals((await planZone(driver, zone, [proxied])).changes, []);
  // A proxied record has no TTL of its own, so this one is no change.
  assertEquals((await planZone(driver, zone, [plain])).changes, []);
  await syncZone(driver, zone, [{ ...plain, data: ["192.0.2.2"] }]);
  const { extra, data } = await driver.getRecordSet(zone, plain);
  assertEquals({ data, proxied: extra.proxied }, {
    data: ["192.0.2.2"],
    proxied: true,
  });
});
