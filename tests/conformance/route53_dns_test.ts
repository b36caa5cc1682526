import { dnsConformance } from "../../testing/mod.ts";
import { subject } from "./route53_dns.ts";

for (const { name, run } of dnsConformance(subject)) {
  Deno.test(`Route53DnsDriver ${name}`, run);
}
