import { dnsConformance } from "../../testing/mod.ts";
import { subject } from "./powerdns_dns.ts";

for (const { name, run } of dnsConformance(subject)) {
  Deno.test(`PowerDnsDriver ${name}`, run);
}
