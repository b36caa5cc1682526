/**
 * Certificates with an ACME client and a certificate authority that nobody here
 * wrote: `acme-client` of npm, Debian's Pebble, and a real PowerDNS.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { X509Certificate } from "node:crypto";
import { Agent } from "node:https";
import acme from "npm:acme-client@5.4.0";
import { dns01 } from "../../core/dns/acme.ts";
import type { Resolve } from "../../core/dns/propagation.ts";
import { PowerDnsDriver } from "../../drivers/powerdns/dns.ts";
import { needs } from "../_support/needs.ts";
import { PEBBLE_NEEDS, startPebble } from "../services/pebble.ts";
import { FILES, startPowerDns } from "../services/powerdns.ts";

const CHALLENGE = { name: "_acme-challenge", type: "TXT" } as const;

/** Of another program that uses the name at the same time. */
const FOREIGN = "of another writer";

Deno.test({
  ...needs(
    "dns01() gets a certificate for a domain and its wildcard, and removes only its own values",
    { commands: [...Object.values(FILES), ...PEBBLE_NEEDS.commands] },
  ),
  fn: async () => {
    await using server = await startPowerDns();
    const { apiKey, url: baseUrl, dnsPort: port } = server;
    const nameServer = { ipAddr: "127.0.0.1", port };
    await using pebble = await startPebble({ nameServer });
    const driver = new PowerDnsDriver({ apiKey, baseUrl });
    const zone = await driver.createZone({
      name: "x.test",
      nameServers: ["ns1.x.test"],
    });
    await driver.setRecordSet(zone, { ...CHALLENGE, ttl: 60, data: [FOREIGN] });

    const resolve: Resolve = (name) =>
      Deno.resolveDns(name, "TXT", { nameServer });
    const challenges = dns01(driver, { resolve, intervalMs: 20, settleMs: 20 });
    const added: string[] = [];
    const agent = new Agent({ ca: pebble.serverCertificate });
    acme.axios.defaults.httpsAgent = agent;
    const client = new acme.Client({
      directoryUrl: pebble.directoryUrl,
      accountKey: await acme.crypto.createPrivateEcdsaKey(),
      backoffMin: 100,
      backoffMax: 1000,
    });
    const domains = ["x.test", "*.x.test"];
    const [, csr] = await acme.crypto.createCsr({ altNames: domains });
    const chain = await client.auto({
      csr,
      termsOfServiceAgreed: true,
      challengePriority: ["dns-01"],
      // It would ask the name servers of this machine.
      skipChallengeVerification: true,
      challengeCreateFn: async ({ identifier }, _challenge, value) => {
        const { isServed } = await challenges.add(identifier.value, value);
        assert(isServed);
        added.push(value);
      },
      challengeRemoveFn: ({ identifier }, _challenge, value) =>
        challenges.remove(identifier.value, value),
    });
    agent.destroy();

    const { domains: { altNames } } = acme.crypto.readCertificateInfo(chain);
    assertEquals(altNames.toSorted(), domains.toSorted());
    const [leaf, issuer] = acme.crypto.splitPemChain(chain)
      .map((pem) => new X509Certificate(pem));
    const root = new X509Certificate(await pebble.root());
    assert(leaf?.verify(issuer!.publicKey) && issuer!.verify(root.publicKey));
    // Two values of one name, in one order.
    assertEquals(new Set(added).size, 2);
    const { data, ttl } = await driver.getRecordSet(zone, CHALLENGE);
    assertEquals({ data, ttl }, { data: [FOREIGN], ttl: 60 });
    const served = await Deno.resolveDns("_acme-challenge.x.test", "TXT", {
      nameServer,
    });
    assertEquals(served, [[FOREIGN]]);
  },
});
