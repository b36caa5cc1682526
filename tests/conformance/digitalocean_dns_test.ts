import { dnsConformance } from "../../testing/mod.ts";
import { subject } from "./digitalocean_dns.ts";

for (const { name, run } of dnsConformance(subject)) {
  Deno.test(`DigitalOceanDnsDriver ${name}`, run);
}
