import { dnsConformance } from "../../testing/mod.ts";
import { subject } from "./openstack_dns.ts";

for (const { name, run } of dnsConformance(subject)) {
  Deno.test(`OpenStackDnsDriver ${name}`, run);
}
