import { dnsConformance } from "../../testing/mod.ts";
import { subject } from "./hetzner_dns.ts";

for (const { name, run } of dnsConformance(subject)) {
  Deno.test(`HetznerDnsDriver ${name}`, run);
}
