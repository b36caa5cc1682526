import { dnsConformance } from "../../testing/mod.ts";
import { subject } from "./cloudflare_dns.ts";

for (const { name, run } of dnsConformance(subject)) {
  Deno.test(`CloudflareDnsDriver ${name}`, run);
}
