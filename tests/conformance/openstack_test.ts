import { computeConformance } from "../../testing/mod.ts";
import { subject } from "./openstack.ts";

for (const { name, run } of computeConformance(subject)) {
  Deno.test(`OpenStackNodeDriver ${name}`, run);
}
