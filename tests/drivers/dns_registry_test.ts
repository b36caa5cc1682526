import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  DNS_CAPABILITIES,
  DnsDriver,
  supportsDns,
} from "../../core/dns/mod.ts";
import {
  createDnsDriver,
  createDnsDriverFromEnv,
  type DnsDriverClass,
  DnsProvider,
  getDnsDriver,
  registerDnsDriver,
} from "../../drivers/dns_registry.ts";
import { PowerDnsDriver } from "../../drivers/powerdns/dns.ts";
import * as nephos from "../../mod.ts";
import { PowerDnsSimulator } from "../../simulators/powerdns/mod.ts";

/** Subjects of the conformance suite, by id of the provider. */
const SUBJECTS = [
  ...Deno.readDirSync(new URL("../conformance/", import.meta.url)),
].map(({ name }) => /^(\w+)_dns\.ts$/.exec(name)?.[1])
  .filter((id) => id !== undefined);

Deno.test("DnsProvider has the id of every provider with a DNS driver, in upper case", () => {
  assertEquals(Object.values(DnsProvider).sort(), SUBJECTS.sort());
  for (const [name, id] of Object.entries(DnsProvider)) {
    assertEquals(name, id.toUpperCase());
  }
});

Deno.test("getDnsDriver() resolves to the class of each provider", async () => {
  for (const id of Object.values(DnsProvider)) {
    const Driver = await getDnsDriver(id);
    assert(Driver.prototype instanceof DnsDriver);
    const { subject } = await import(`../conformance/${id}_dns.ts`);
    assertStrictEquals(Driver, subject.Driver);
    const options = { ...subject.settings, ...subject.credentials };
    assertEquals(new (Driver as DnsDriverClass)(options as never).provider, id);
  }
  assertStrictEquals(await getDnsDriver("powerdns"), PowerDnsDriver);
});

Deno.test("createDnsDriver() creates a typed driver", async () => {
  const { credentials, fetch } = new PowerDnsSimulator({ zones: 2 });
  const dns = await createDnsDriver("powerdns", { ...credentials, fetch });
  // A method that only this driver has.
  assertEquals((await dns.getDnssec("zone-1.example.")).isSigned, false);
  assertEquals((await dns.listZones()).length, 2);
  await assertRejects(
    // @ts-expect-error: a key is required
    () => createDnsDriver("powerdns", {}),
    TypeError,
    "PowerDnsDriver: apiKey is required",
  );
});

Deno.test("the DNS registry rejects unknown ids with the known ones", async () => {
  for (const id of ["", "POWERDNS", "ec2", "__proto__"]) {
    await assertRejects(
      () => getDnsDriver(id),
      TypeError,
      "getDnsDriver: no driver has the id ",
    );
    await assertRejects(
      () => createDnsDriver(id, {}),
      TypeError,
      "createDnsDriver: no driver has the id ",
    );
    const error = await assertRejects(
      () => createDnsDriverFromEnv(id, {}),
      TypeError,
      "createDnsDriverFromEnv: no driver has the id ",
    );
    assert(error.message.includes("powerdns"), error.message);
  }
});

Deno.test("createDnsDriverFromEnv() reads variables, and names those that are missing", async () => {
  const { credentials, fetch } = new PowerDnsSimulator({ zones: 1 });
  const env = { PDNS_API_KEY: credentials.apiKey };
  const dns = await createDnsDriverFromEnv("powerdns", env, { fetch });
  assertEquals((await dns.listZones()).length, 1);
  await assertRejects(
    () => createDnsDriverFromEnv("powerdns", {}),
    TypeError,
    "PDNS_API_KEY",
  );
});

Deno.test("registerDnsDriver() adds a driver from elsewhere", async () => {
  registerDnsDriver("elsewheredns", () => Promise.resolve(PowerDnsDriver));
  const Driver = await getDnsDriver<typeof PowerDnsDriver>("elsewheredns");
  assertStrictEquals(Driver, PowerDnsDriver);
  assertThrows(
    () => registerDnsDriver("powerdns", () => Promise.resolve(PowerDnsDriver)),
    TypeError,
    'registerDnsDriver: another driver has the id "powerdns"',
  );
});

Deno.test("supportsDns() tells which capabilities a driver has", async () => {
  const powerdns = await createDnsDriver("powerdns", { apiKey: "k3y" });
  assertEquals(DNS_CAPABILITIES.filter((it) => supportsDns(powerdns, it)), [
    "zoneFiles",
    "dnssec",
    "secondaryZones",
  ]);
  const digitalocean = await createDnsDriver("digitalocean", { token: "t" });
  assertEquals(DNS_CAPABILITIES.filter((it) => supportsDns(digitalocean, it)), [
    "zoneFiles",
  ]);
});

Deno.test("mod.ts exports the DNS registry", () => {
  assertStrictEquals(nephos.getDnsDriver, getDnsDriver);
  assertStrictEquals(nephos.DnsProvider, DnsProvider);
});
