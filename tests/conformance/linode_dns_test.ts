import { dnsConformance } from "../../testing/mod.ts";
import { subject } from "./linode_dns.ts";

for (const { name, run } of dnsConformance(subject)) {
  Deno.test(`LinodeDnsDriver ${name}`, run);
}
